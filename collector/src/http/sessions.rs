//! `/api/v1/sessions`

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::caller::Caller;
use super::input::{self, Limit, Query};
use super::openapi::failures;
use super::visitors::bots_of;
use crate::app::App;
use crate::error::ApiError;
use crate::journey::Session;
use crate::store::{Bots, Page, SessionFilter};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    site: Option<i64>,
    #[serde(default, deserialize_with = "input::parsed")]
    visitor: Option<Uuid>,
    #[serde(default, deserialize_with = "input::parsed")]
    bots: Option<Bots>,
    cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Limit,
}

/// `GET /api/v1/sessions`
#[utoipa::path(get, path = "/api/v1/sessions", tag = "journeys", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, body = Page<Session>), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Page<Session>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let filter = SessionFilter {
        visitor: params.visitor,
        bots: bots_of(params.bots, params.visitor.is_some()),
        within: None,
    };
    let page = app
        .store()
        .sessions(
            site.id,
            &filter,
            params.cursor.as_deref(),
            params.limit.get(),
        )
        .await?;
    Ok(Json(page))
}
