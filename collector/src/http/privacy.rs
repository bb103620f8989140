//! `/api/v1/persons/{id}/export` and `/erase`: everything of a person, and its end. Only the owner may.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::input::{self, Id, Query};
use super::openapi::failures;
use super::visitors::SiteParams;
use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::journey::Identity;
use crate::store::privacy::{Erasable, Receipt};

/// `GET /api/v1/persons/{id}/export`
#[utoipa::path(get, path = "/api/v1/persons/{id}/export", tag = "persons", security(("cookie" = [])), params(("id" = String, Path), SiteParams), responses((status = 200, description = "JSON Lines: a head, a line for each row, and an end", body = String, content_type = "application/x-ndjson"), failures::Asking))]
pub(crate) async fn export(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Identity>,
    Query(params): Query<SiteParams>,
) -> Result<Response, ApiError> {
    caller.owner()?;
    let site = caller.site(&app, params.site).await?;
    let lines = app
        .store()
        .export_person(site.id, &id, clock::now())
        .await?
        .ok_or_else(ApiError::not_found)?;
    let lines = lines
        .into_iter()
        .map(|line| Ok::<_, std::convert::Infallible>(Bytes::from(line + "\n")));
    let mut response = Response::new(Body::from_stream(futures_util::stream::iter(lines)));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-ndjson"),
    );
    headers.insert(
        CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"person.jsonl\""),
    );
    Ok(response)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Erase {
    /// Whether to say what would be erased, and change nothing.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Erased {
    /// What would be erased, of a dry run.
    would: Option<Erasable>,
    /// What was: one receipt, or more where something of theirs arrived meanwhile.
    receipts: Vec<Receipt>,
}

/// `POST /api/v1/persons/{id}/erase`
#[utoipa::path(post, path = "/api/v1/persons/{id}/erase", tag = "persons", security(("cookie" = [])), params(("id" = String, Path), SiteParams), request_body = Erase, responses((status = 200, body = Erased), failures::Changing))]
pub(crate) async fn erase(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Identity>,
    Query(params): Query<SiteParams>,
    input::Json(asked): input::Json<Erase>,
) -> Result<Json<Erased>, ApiError> {
    let actor = caller.owner()?;
    let site = caller.site(&app, params.site).await?;
    let store = app.store();
    if asked.dry_run {
        let would = store.erasable(site.id, &id).await?;
        let would = Some(would.ok_or_else(ApiError::not_found)?);
        return Ok(Json(Erased {
            would,
            receipts: Vec::new(),
        }));
    }
    let receipts = store.erase(site.id, &id, &actor, clock::now()).await?;
    if receipts.is_empty() {
        return Err(ApiError::not_found());
    }
    Ok(Json(Erased {
        would: None,
        receipts,
    }))
}
