//! `GET /api/v1/analytics/pages`

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::rows::{self, USUAL_ROWS};
use super::{Answer, Asked, Common, Range};
use crate::analytics::definitions::PAGES;
use crate::analytics::pages::{Sort, Table, pages, tables};
use crate::analytics::scope::Scope;
use crate::app::App;
use crate::error::ApiError;
use crate::http::input;
use crate::http::openapi::failures;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// By what rows are sorted; views where nobody says.
    #[serde(default, deserialize_with = "input::parsed")]
    sort: Option<Sort>,
    /// How many rows, 100 where nobody says.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Pages: how often, by whom, for how long and how far.
#[utoipa::path(get, path = "/api/v1/analytics/pages", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(Common, Params), responses((status = 200, body = Answer<Table>), failures::Asking))]
pub(crate) async fn table(
    State(app): State<App>,
    asked: Asked<Params>,
) -> Result<Response, ApiError> {
    let shown = (
        asked.own.sort.unwrap_or_default(),
        rows::limit(asked.own.limit, USUAL_ROWS)?,
    );
    let question = |scope: &Scope<'_>, _: &Range| Ok(pages(scope));
    asked
        .answer_beside(&app, PAGES, question, move |columns, now, before| {
            tables(columns, shown, &now, before.as_ref())
        })
        .await
}
