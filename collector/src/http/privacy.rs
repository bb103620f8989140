//! `/api/v1/persons/{id}/export` and `/erase`: everything of a person, and its end; `/api/v1/erasures`: what can be taken back.
//! Only the owner may.

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
use crate::error::{ApiError, Code};
use crate::store::audit::By;
use crate::store::privacy::{Erasable, Erasing, Mode, Pending, Receipt, Subject};

/// `GET /api/v1/persons/{id}/export`
#[utoipa::path(get, path = "/api/v1/persons/{id}/export", tag = "persons", security(("cookie" = [])), params(("id" = String, Path), SiteParams), responses((status = 200, description = "JSON Lines: a head, a line for each row, and an end", body = String, content_type = "application/x-ndjson"), failures::Asking))]
pub(crate) async fn export(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Subject>,
    Query(params): Query<SiteParams>,
) -> Result<Response, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    let lines = app
        .store()
        .export_person(site.id, &id, by)
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
    /// What becomes of the rows: `anonymise` if nobody says.
    mode: Option<Mode>,
    /// Days for which it can be taken back, 0 for none; the site's if nobody says.
    grace_days: Option<i64>,
}

/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Serialize, ToSchema)]
pub(crate) struct Erased {
    /// What would be erased, of a dry run.
    would: Option<Erasable>,
    /// What was: one receipt, or more where something of theirs arrived meanwhile.
    receipts: Vec<Receipt>,
    /// What was hidden and can still be taken back, likewise.
    pending: Vec<Pending>,
    /// Until when it can be taken back; null where not at all.
    due_at: Option<i64>,
}

/// `POST /api/v1/persons/{id}/erase`
#[utoipa::path(post, path = "/api/v1/persons/{id}/erase", tag = "persons", security(("cookie" = [])), params(("id" = String, Path), SiteParams), request_body = Erase, responses((status = 200, body = Erased), failures::Changing))]
pub(crate) async fn erase(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Subject>,
    Query(params): Query<SiteParams>,
    input::Json(asked): input::Json<Erase>,
) -> Result<Json<Erased>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let actor = caller.actor();
    let store = app.store();
    let days = match asked.grace_days {
        Some(days) => days,
        None => store.grace_days(site.id).await?,
    };
    if !(0..=super::retention::MOST_GRACE).contains(&days) {
        let message = "has to be from 0 to 365 days";
        return Err(ApiError::new(Code::InvalidField, message).field("grace_days"));
    }
    let now = clock::now();
    let due_at = (days > 0).then(|| now + days * DAY_MS);
    if asked.dry_run {
        let would = store.erasable(site.id, &id).await?;
        let would = Some(would.ok_or_else(ApiError::not_found)?);
        return Ok(Json(Erased {
            would,
            receipts: Vec::new(),
            pending: Vec::new(),
            due_at,
        }));
    }
    let how = Erasing {
        mode: asked.mode.unwrap_or(Mode::Anonymise),
        due_at,
    };
    let erased = store.erase(&site, &id, how, &actor, now).await?;
    if erased.is_nothing() {
        return Err(ApiError::not_found());
    }
    Ok(Json(Erased {
        would: None,
        receipts: erased.receipts,
        pending: erased.pending,
        due_at,
    }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Erasures {
    data: Vec<Pending>,
}

/// `GET /api/v1/erasures`
#[utoipa::path(get, path = "/api/v1/erasures", tag = "persons", security(("cookie" = [])), params(SiteParams), responses((status = 200, body = Erasures), failures::Asking))]
pub(crate) async fn pending(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
) -> Result<Json<Erasures>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let data = app.store().pending_erasures(site.id).await?;
    Ok(Json(Erasures { data }))
}

/// `POST /api/v1/erasures/{id}/restore`
#[utoipa::path(post, path = "/api/v1/erasures/{id}/restore", tag = "persons", security(("cookie" = [])), params(("id" = uuid::Uuid, Path), SiteParams), responses((status = 200, body = Pending), failures::Changing))]
pub(crate) async fn restore(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<uuid::Uuid>,
    Query(params): Query<SiteParams>,
) -> Result<Json<Pending>, ApiError> {
    let actor = caller.actor();
    let site = caller.site(&app, params.site).await?;
    let store = app.store();
    let restored = store
        .restore_erasure(&site, id, &actor, clock::now())
        .await?;
    restored.map(Json).ok_or_else(ApiError::not_found)
}
