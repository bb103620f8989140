//! `GET /api/v1/analytics/stages`

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::length::Length;
use super::range::wrong;
use super::{Answer, Asked, Common};
use crate::analytics::bottlenecks::Judging;
use crate::analytics::definitions::STAGES;
use crate::analytics::dimension::{Dimension, Of};
use crate::analytics::scope::Scope;
use crate::analytics::stages::{Asking, Stages, stages};
use crate::app::App;
use crate::error::ApiError;
use crate::http::input;
use crate::http::openapi::failures;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// The dimension of the first visit by which the answer is broken down, such as `first_source`.
    #[serde(default, deserialize_with = "input::parsed")]
    breakdown: Option<Dimension>,
    /// How long after entering a stage somebody goes on in time: `24h`, `7d`; seven days where there is none.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>)]
    within: Option<Length>,
    /// The loss, above 0 and below 1, beyond which a stage is a bottleneck; 0.3 where there is none.
    threshold: Option<f64>,
}

/// Journeys by stage, how long they took, and where they stay behind.
#[utoipa::path(get, path = "/api/v1/analytics/stages", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(Common, Params), responses((status = 200, body = Answer<Stages>), failures::Asking))]
pub(crate) async fn journeys(
    State(app): State<App>,
    asked: Asked<Params>,
) -> Result<Response, ApiError> {
    let own = &asked.own;
    if let Some(dimension) = own.breakdown {
        asked.allow(dimension, "breakdown")?;
        if dimension.of() == Of::Item {
            return Err(wrong(
                "breakdown",
                "has to be a dimension of sessions or visitors",
            ));
        }
    }
    let limit = own.threshold.unwrap_or(0.3);
    if !(limit > 0.0 && limit < 1.0) {
        return Err(wrong("threshold", "has to be above 0 and below 1"));
    }
    let breakdown = own.breakdown;
    let within = own.within.unwrap_or(Length::days(7));
    let definition = app.store().stages(asked.site.id);
    let question = move |scope: &Scope<'_>, _: &super::Range| {
        let asking = Asking {
            definition: &definition,
            breakdown,
            judging: Judging {
                limit,
                within_ms: within.ms,
                before_ms: Length::days(90).ms,
                as_of: scope.columns.as_of(),
            },
        };
        Ok(stages(scope, &asking))
    };
    asked.answer(&app, STAGES, question).await
}
