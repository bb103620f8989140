//! `GET /api/v1/audit`: what was changed of a site by hand; of a whole workspace, `/api/v1/workspaces/{id}/audit`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::caller::Caller;
use super::input::{Id, Limit, Query};
use super::openapi::failures;
use super::visitors::OneParams;
use crate::app::App;
use crate::error::ApiError;
use crate::store::Page;
use crate::store::audit::Audited;

/// `GET /api/v1/audit`
#[utoipa::path(get, path = "/api/v1/audit", tag = "persons", security(("cookie" = [])), params(OneParams), responses((status = 200, body = Page<Audited>), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<OneParams>,
) -> Result<Json<Page<Audited>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let (cursor, limit) = (params.cursor.as_deref(), params.limit.get());
    let page = app.store().audited(site.id, cursor, limit).await?;
    Ok(Json(page))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Limit,
}

/// `GET /api/v1/workspaces/{id}/audit`
#[utoipa::path(get, path = "/api/v1/workspaces/{id}/audit", tag = "workspaces", security(("cookie" = [])), params(("id" = i64, Path), PageParams), responses((status = 200, body = Page<Audited>), failures::Asking))]
pub(crate) async fn list_of_workspace(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    Query(params): Query<PageParams>,
) -> Result<Json<Page<Audited>>, ApiError> {
    let workspace = caller.workspace(Some(id))?;
    let (cursor, limit) = (params.cursor.as_deref(), params.limit.get());
    let page = app.store().audited_of_workspace(workspace, cursor, limit);
    Ok(Json(page.await?))
}
