//! `/api/v1/sites/{id}/catalogue`: the event catalogue of a site, to be read by who sees the site and changed by people,
//! and what it found wrong. `/v1/catalogue`: the document alone, for pages in debug mode and for `npx waymark types`.

use axum::Json as Answer;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, ORIGIN};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::client;
use super::input::{self, Id, Json, Large, Query};
use super::openapi::failures;
use super::origin;
use crate::app::App;
use crate::catalogue::Mode;
use crate::error::{ApiError, Code};
use crate::site_catalogue::{self, CatalogueError, Changes};
use crate::store::catalogues::Stored;
use crate::store::findings::Counted;

/// A site's event catalogue.
#[derive(Serialize, ToSchema)]
pub(crate) struct SiteCatalogue {
    mode: Mode,
    /// Counts the changes; 0 where nothing was ever set.
    revision: i64,
    changed_at: Option<i64>,
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
}

impl SiteCatalogue {
    fn new(stored: Stored) -> Result<Self, ApiError> {
        Ok(Self {
            mode: stored.mode,
            revision: stored.revision,
            changed_at: (stored.revision > 0).then_some(stored.changed_at),
            document: json(stored.document.as_deref())?,
        })
    }
}

fn json(text: Option<&str>) -> Result<Option<Value>, ApiError> {
    let document = text.map(serde_json::from_str).transpose();
    document.map_err(|error| ApiError::internal(format_args!("catalogues.document: {error}")))
}

/// `GET /api/v1/sites/{id}/catalogue`
#[utoipa::path(get, path = "/api/v1/sites/{id}/catalogue", tag = "catalogue", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path)), responses((status = 200, body = SiteCatalogue), failures::Asking))]
pub(crate) async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
) -> Result<Answer<SiteCatalogue>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let stored = site_catalogue::current(app.store(), site.id).await?;
    Ok(Answer(SiteCatalogue::new(stored)?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CatalogueChange {
    mode: Option<Mode>,
    #[serde(default, deserialize_with = "input::or_null")]
    #[schema(value_type = Option<Object>)]
    document: Option<Option<Value>>,
}

/// `PATCH /api/v1/sites/{id}/catalogue`
#[utoipa::path(patch, path = "/api/v1/sites/{id}/catalogue", tag = "catalogue", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path)), request_body = CatalogueChange, responses((status = 200, body = SiteCatalogue), failures::Changing))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    Large(change): Large<CatalogueChange>,
) -> Result<Answer<SiteCatalogue>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let changes = Changes {
        mode: change.mode,
        document: change.document,
    };
    let stored = site_catalogue::change(app.store(), site.id, changes, &caller.actor()).await?;
    changed(&app, stored).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdoptedEvent {
    name: String,
}

/// `POST /api/v1/sites/{id}/catalogue/adopt`
#[utoipa::path(post, path = "/api/v1/sites/{id}/catalogue/adopt", tag = "catalogue", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path)), request_body = AdoptedEvent, responses((status = 200, body = SiteCatalogue), failures::Changing))]
pub(crate) async fn adopt(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    Json(adopted): Json<AdoptedEvent>,
) -> Result<Answer<SiteCatalogue>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let stored =
        site_catalogue::adopt(app.store(), site.id, &adopted.name, &caller.actor()).await?;
    changed(&app, stored).await
}

/// The catalogue after a change, which holds at once for what arrives here.
async fn changed(app: &App, stored: Stored) -> Result<Answer<SiteCatalogue>, ApiError> {
    app.ingest().catalogues().refresh().await?;
    tracing::info!(
        revision = stored.revision,
        mode = stored.mode.as_str(),
        "event catalogue changed"
    );
    Ok(Answer(SiteCatalogue::new(stored)?))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CatalogueFindings {
    data: Vec<Counted>,
}

/// `GET /api/v1/sites/{id}/catalogue/findings`
#[utoipa::path(get, path = "/api/v1/sites/{id}/catalogue/findings", tag = "catalogue", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path)), responses((status = 200, body = CatalogueFindings), failures::Asking))]
pub(crate) async fn findings(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
) -> Result<Answer<CatalogueFindings>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let data = app.store().findings(site.id).await?;
    Ok(Answer(CatalogueFindings { data }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ForgetParams {
    /// An event's name; all findings if absent.
    name: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ForgottenFindings {
    removed: u64,
}

/// `DELETE /api/v1/sites/{id}/catalogue/findings`
#[utoipa::path(delete, path = "/api/v1/sites/{id}/catalogue/findings", tag = "catalogue", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path), ForgetParams), responses((status = 200, body = ForgottenFindings), failures::Changing))]
pub(crate) async fn forget(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    Query(params): Query<ForgetParams>,
) -> Result<Answer<ForgottenFindings>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let name = params.name.as_deref();
    // No event has such a name, and PostgreSQL would refuse to look for one.
    let removed = if name.is_some_and(|name| name.contains('\0')) {
        0
    } else {
        app.store().forget_findings(site.id, name).await?
    };
    Ok(Answer(ForgottenFindings { removed }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PublicParams {
    /// The site's write key.
    key: String,
}

/// What a page may know of its site's catalogue.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublicCatalogue {
    mode: Mode,
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
}

/// The event catalogue of the site with this write key, as pages in debug mode ask for it.
#[utoipa::path(get, path = "/v1/catalogue", tag = "sending", params(PublicParams), responses((status = 200, body = PublicCatalogue), failures::Sending))]
pub(crate) async fn public(
    State(app): State<App>,
    Query(params): Query<PublicParams>,
    request: Request,
) -> Result<Response, ApiError> {
    let headers = request.headers();
    client::check_rate(&app, request.extensions(), headers)?;
    let site = app.directory().find(&params.key).await?.ok_or_else(|| {
        ApiError::new(Code::UnknownKey, "No site has this write key.").field("key")
    })?;
    if !may_ask(&site.patterns, headers) {
        return Err(ApiError::new(
            Code::OriginNotAllowed,
            "This page's origin is not among the site's allowed origins.",
        ));
    }
    let stored = site_catalogue::current(app.store(), site.site.id).await?;
    let answer = PublicCatalogue {
        mode: stored.mode,
        document: json(stored.document.as_deref())?,
    };
    Ok(([(CACHE_CONTROL, "no-store")], Answer(answer)).into_response())
}

/// Browsers say with every request to another origin where it comes from; a page of the collector's own and a program
/// say nothing.
fn may_ask(patterns: &[origin::OriginPattern], headers: &HeaderMap) -> bool {
    match headers.get(ORIGIN) {
        Some(value) if !patterns.is_empty() => value
            .to_str()
            .is_ok_and(|origin| origin::is_listed(patterns, origin)),
        _ => true,
    }
}

impl From<CatalogueError> for ApiError {
    fn from(error: CatalogueError) -> Self {
        match error {
            CatalogueError::Unfit(unfit) => unfit.into(),
            CatalogueError::Mode(message) => Self::new(Code::InvalidField, message).field("mode"),
            CatalogueError::Name(message) => Self::new(Code::InvalidField, message).field("name"),
            CatalogueError::Store(error) => error.into(),
        }
    }
}
