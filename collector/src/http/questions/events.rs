//! `GET /api/v1/analytics/events`

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::rows::{self, USUAL_ROWS};
use super::{Answer, Asked, Common, Range};
use crate::analytics::definitions::EVENTS;
use crate::analytics::events::{Sort, Table, events, tables};
use crate::analytics::field::Field;
use crate::analytics::prices::Prices;
use crate::analytics::scope::Scope;
use crate::app::App;
use crate::error::ApiError;
use crate::http::input;
use crate::http::openapi::failures;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// By what rows are sorted; their number where nobody says.
    #[serde(default, deserialize_with = "input::parsed")]
    sort: Option<Sort>,
    /// How many rows, 100 where nobody says.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `property:NAME`: names are told apart by what each event tells of it.
    #[serde(default, deserialize_with = "input::parsed")]
    breakdown: Option<Field>,
}

/// Events and milestones by their names.
#[utoipa::path(get, path = "/api/v1/analytics/events", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(Common, Params), responses((status = 200, body = Answer<Table>), failures::Asking))]
pub(crate) async fn table(
    State(app): State<App>,
    mut asked: Asked<Params>,
) -> Result<Response, ApiError> {
    let by = asked.own.breakdown.take();
    if let Some(field) = &by {
        if field.name().is_none() {
            let message = "has to be property: and the name of a property";
            return Err(rows::wrong("breakdown", message));
        }
        asked.reads(field, "breakdown")?;
    }
    let told = by.clone();
    let shown = (
        asked.own.sort.unwrap_or_default(),
        rows::limit(asked.own.limit, USUAL_ROWS)?,
    );
    let question = move |scope: &Scope<'_>, _: &Range, prices: &Prices| {
        events(scope, prices, by.as_ref()).map_err(rows::too_many("breakdown"))
    };
    asked
        .answer_priced(&app, EVENTS, question, move |known, now, before| {
            tables(known, shown, told.as_ref(), &now, before.as_ref())
        })
        .await
}
