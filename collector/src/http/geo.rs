//! `GET /api/v1/geo`: which database of places is in use, and what its licence asks to be shown.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::openapi::failures;
use crate::app::App;
use crate::enrich::geo::Attribution;
use crate::error::ApiError;

#[derive(Serialize, ToSchema)]
pub(crate) struct Answer {
    database: Option<Database>,
}

#[derive(Serialize, ToSchema)]
struct Database {
    #[serde(rename = "type")]
    kind: String,
    built_at: Option<i64>,
    attribution: Option<Attribution>,
}

/// Answers with the database in use.
#[utoipa::path(get, path = "/api/v1/geo", tag = "about", security(("api_key" = []), ("cookie" = [])), responses((status = 200, body = Answer), failures::Asking))]
pub(crate) async fn about(State(app): State<App>, _: Caller) -> Result<Json<Answer>, ApiError> {
    let database = app.geo().current().map(|geo| Database {
        kind: geo.kind().to_owned(),
        built_at: geo.built_at(),
        attribution: geo.attribution(),
    });
    Ok(Json(Answer { database }))
}
