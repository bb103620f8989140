//! `GET /api/v1/audit`: what was changed of a site by hand.

use axum::Json;
use axum::extract::State;

use super::caller::Caller;
use super::input::Query;
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
    caller.owner()?;
    let site = caller.site(&app, params.site).await?;
    let (cursor, limit) = (params.cursor.as_deref(), params.limit.get());
    let page = app.store().audited(site.id, cursor, limit).await?;
    Ok(Json(page))
}
