//! `GET /api/v1/analytics/conversions`

use std::str::FromStr;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::attribution::{Lookback, within};
use super::{Answer, Asked, Common};
use crate::analytics::conversions::{By, Conversions, Question, conversions};
use crate::analytics::definitions::CONVERSIONS;
use crate::analytics::dimension::Dimension;
use crate::analytics::field::Field;
use crate::analytics::goal::Goal;
use crate::analytics::progress::Stages;
use crate::analytics::scope::Scope;
use crate::app::App;
use crate::error::ApiError;
use crate::http::input;
use crate::http::openapi::failures;
use crate::money::Currency;

/// Rows, and how many where nobody says.
const KEYS: std::ops::RangeInclusive<usize> = 1..=1000;
const DEFAULT_KEYS: usize = 50;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// What persons are counted by: `first_channel` (where there is none), `first_source`, `first_medium`, `first_campaign`,
    /// `stage`, or `property:NAME`, as the item tells it with which somebody converted first.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>)]
    by: Option<By>,
    /// What counts as a conversion: `conversions` (what was told as one; where there is none), `orders`, `event:NAME` or
    /// `milestone:NAME`.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>)]
    conversion: Option<Goal>,
    /// Days before a conversion in which touchpoints count, 1 to 365, or `all`; 30 where there is none.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>)]
    lookback: Option<Lookback>,
    /// How many keys have a row of their own, 1 to 1000; 50 where there is none.
    keys: Option<usize>,
}

impl FromStr for By {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FIRST: [Dimension; 4] = [
            Dimension::FirstChannel,
            Dimension::FirstSource,
            Dimension::FirstMedium,
            Dimension::FirstCampaign,
        ];
        if text == "stage" {
            return Ok(Self::Stage);
        }
        let first = FIRST
            .into_iter()
            .find(|dimension| dimension.as_str() == text);
        let property = || {
            text.parse()
                .ok()
                .filter(|field: &Field| field.name().is_some())
        };
        first
            .map(Self::First)
            .or_else(|| property().map(Self::Told))
            .ok_or("neither stage nor a dimension of the first touch, such as first_source, nor property:NAME")
    }
}

/// How many persons convert, and after how long a journey.
#[utoipa::path(get, path = "/api/v1/analytics/conversions", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(Common, Params), responses((status = 200, body = Answer<Conversions>), failures::Asking))]
pub(crate) async fn rates(
    State(app): State<App>,
    mut asked: Asked<Params>,
) -> Result<Response, ApiError> {
    let by = asked.own.by.take();
    if let Some(By::Told(field)) = &by {
        asked.reads(field, "by")?;
    }
    let question = Question {
        by: by.unwrap_or(By::First(Dimension::FirstChannel)),
        goal: asked.own.conversion.clone().unwrap_or_default(),
        lookback: Lookback::ms(asked.own.lookback),
        keys: within("keys", asked.own.keys, &KEYS, DEFAULT_KEYS)?,
    };
    let exchange = app.store().exchange(&asked.site, Currency::all()).await?;
    let definition = app.store().stages(asked.site.id);
    let answer = move |scope: &Scope<'_>, _: &super::Range| {
        let stages = Stages::of(definition.clone(), scope.columns);
        Ok(conversions(scope, &question, &stages, &exchange))
    };
    asked.answer(&app, CONVERSIONS, answer).await
}
