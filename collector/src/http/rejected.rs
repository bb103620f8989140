//! `/api/v1/rejected`: the inbox of dropped items, to be read by who sees the site and emptied or tried again by people.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use waymark_protocol::{ItemAnswer, Status};

use super::caller::Caller;
use super::input::{self, Id, Limit, Query};
use super::openapi::{self, failures};
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::ingest::IngestError;
use crate::outcome::{DROPPED, reason_name};
use crate::store::Page;
use crate::store::rejected::Rejected;
use crate::store::sites::Site;

/// Items that are tried again at a time: they share commits.
const TOGETHER: usize = 32;
/// Items that are read from the inbox at a time.
const READ: u32 = 200;

/// A reason by its name.
#[derive(Clone, Copy)]
struct Name(&'static str);

impl std::str::FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = DROPPED.map(reason_name);
        names
            .into_iter()
            .find(|name| *name == text)
            .map(Self)
            .ok_or_else(|| format!("has to be one of {}", names.join(", ")))
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    site: Option<i64>,
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<openapi::Reason>)]
    reason: Option<Name>,
    cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Limit,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ListedRejected)]
pub(crate) struct Listed {
    #[serde(flatten)]
    page: Page<Rejected>,
    let_go: i64,
}

/// `GET /api/v1/rejected`
#[utoipa::path(get, path = "/api/v1/rejected", tag = "outcomes", security(("api_key" = []), ("cookie" = [])), params(ListParams), responses((status = 200, body = Listed), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Result<Json<Listed>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let reason = params.reason.map(|Name(name)| name);
    let page = app
        .store()
        .rejected(
            site.id,
            reason,
            params.cursor.as_deref(),
            params.limit.get(),
        )
        .await?;
    let let_go = app.store().rejected_let_go(site.id).await?;
    Ok(Json(Listed { page, let_go }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OneParams {
    site: Option<i64>,
}

/// `DELETE /api/v1/rejected/{id}`
#[utoipa::path(delete, path = "/api/v1/rejected/{id}", tag = "outcomes", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), OneParams), responses((status = 204, description = "Removed"), failures::Changing))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<OneParams>,
) -> Result<StatusCode, ApiError> {
    let site = caller.site(&app, params.site).await?;
    if app.store().remove_rejected(site.id, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AllParams {
    site: Option<i64>,
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<openapi::Reason>)]
    reason: Option<Name>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Emptied {
    removed: u64,
}

/// `DELETE /api/v1/rejected`
#[utoipa::path(delete, path = "/api/v1/rejected", tag = "outcomes", security(("api_key" = []), ("cookie" = [])), params(AllParams), responses((status = 200, body = Emptied), failures::Changing))]
pub(crate) async fn empty(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<AllParams>,
) -> Result<Json<Emptied>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let reason = params.reason.map(|Name(name)| name);
    let removed = app.store().empty_rejected(site.id, reason).await?;
    tracing::info!(site = site.id, removed, "inbox emptied");
    Ok(Json(Emptied { removed }))
}

/// `POST /api/v1/rejected/{id}/retry`
#[utoipa::path(post, path = "/api/v1/rejected/{id}/retry", tag = "outcomes", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), OneParams), responses((status = 200, body = openapi::ItemAnswer), failures::Retrying))]
pub(crate) async fn retry(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<OneParams>,
) -> Result<Json<ItemAnswer>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let rejected = app
        .store()
        .rejected_item(site.id, id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    // A catalogue that was mended a moment ago, perhaps by another process, counts.
    app.ingest().catalogues().refresh().await?;
    try_again(&app, &site, &rejected)
        .await?
        .map(Json)
        .ok_or_else(|| {
            ApiError::new(
                Code::NotRetryable,
                "A part of this item was masked or cut when it was kept, and cannot be brought back.",
            )
        })
}

/// What became of items that were tried again.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = RejectedTried)]
pub(crate) struct Tried {
    accepted: u64,
    duplicate: u64,
    dropped: u64,
    retry: u64,
    not_retryable: u64,
}

/// `POST /api/v1/rejected/retry`
#[utoipa::path(post, path = "/api/v1/rejected/retry", tag = "outcomes", security(("api_key" = []), ("cookie" = [])), params(AllParams), responses((status = 200, body = Tried), failures::Retrying))]
pub(crate) async fn retry_all(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<AllParams>,
) -> Result<Json<Tried>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let reason = params.reason.map(|Name(name)| name);
    app.ingest().catalogues().refresh().await?;
    let mut tried = Tried::default();
    let mut cursor = None;
    // From the latest to the oldest: what is dropped again keeps its place, so that each is met once.
    loop {
        let page = app
            .store()
            .rejected(site.id, reason, cursor.as_deref(), READ)
            .await?;
        let next = page.next_cursor;
        let mut answers = stream::iter(page.data)
            .map(|rejected| {
                let (app, site) = (&app, &site);
                async move { try_again(app, site, &rejected).await }
            })
            .buffer_unordered(TOGETHER);
        while let Some(answer) = answers.next().await {
            let count = match answer {
                Ok(None) => &mut tried.not_retryable,
                Ok(Some(line)) => match line.status {
                    Status::Accepted => &mut tried.accepted,
                    Status::Duplicate => &mut tried.duplicate,
                    Status::Dropped => &mut tried.dropped,
                    Status::Retry => &mut tried.retry,
                },
                Err(Failed::Ingest(IngestError::Overloaded { .. })) => &mut tried.retry,
                Err(failed) => return Err(failed.into()),
            };
            *count += 1;
        }
        match next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    tracing::info!(
        site = site.id,
        accepted = tried.accepted,
        dropped = tried.dropped,
        "dropped items were tried again"
    );
    Ok(Json(tried))
}

/// Why an item could not be tried.
enum Failed {
    Ingest(IngestError),
    Store(crate::store::StoreError),
}

impl From<Failed> for ApiError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Ingest(error) => error.into(),
            Failed::Store(error) => error.into(),
        }
    }
}

/// Sends an item the way of ingest again. One that is stored leaves the inbox; one that is dropped again stays, with the
/// reason of this time.
async fn try_again(
    app: &App,
    site: &Site,
    rejected: &Rejected,
) -> Result<Option<ItemAnswer>, Failed> {
    let Some(line) = app
        .ingest()
        .again(site, rejected)
        .await
        .map_err(Failed::Ingest)?
    else {
        return Ok(None);
    };
    let store = app.store();
    match (line.status, line.reason) {
        (Status::Accepted | Status::Duplicate, _) => {
            let gone = store.remove_rejected(site.id, rejected.id).await;
            gone.map_err(Failed::Store)?;
        }
        (Status::Dropped, Some(reason)) => {
            let noted = store.reject_again(
                site.id,
                rejected.id,
                reason_name(reason),
                line.field.as_deref(),
            );
            noted.await.map_err(Failed::Store)?;
        }
        _ => {}
    }
    Ok(Some(line))
}
