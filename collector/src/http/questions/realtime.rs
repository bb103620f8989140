//! `GET /api/v1/analytics/realtime`

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Answer, Asked, Common, Range};
use crate::analytics::definitions::REALTIME;
use crate::analytics::realtime::{Realtime, realtime, span};
use crate::analytics::scope::Scope;
use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::http::openapi::failures;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {}

/// Who is there now. The days that questions are about do not matter here: it is about the last thirty minutes.
#[utoipa::path(get, path = "/api/v1/analytics/realtime", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(Common, Params), responses((status = 200, body = Answer<Realtime>), failures::Asking))]
pub(crate) async fn now(
    State(app): State<App>,
    asked: Asked<Params>,
) -> Result<Response, ApiError> {
    let now = clock::now();
    let asked = asked.about(span(now))?;
    let question = move |scope: &Scope<'_>, _: &Range| Ok(realtime(scope, now));
    asked.answer(&app, REALTIME, question).await
}
