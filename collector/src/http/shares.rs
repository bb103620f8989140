//! `/api/v1/shares`: links by which somebody without a sign-in reads of one site; for the owner. And what their holders may
//! read: the routes named here and no others, by no other method.

use axum::Json as Answer;
use axum::extract::{MatchedPath, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::caller::{Caller, Who};
use super::input::{Id, Json, Query};
use super::openapi::failures;
use super::visitors::SiteParams;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::site_shares::{self, NewShare, ShareError};
use crate::store::shares::{Share, Shows, Standing};

/// What tells of no single person: every holder reads it.
const FIGURES: &[&str] = &[
    "/api/v1/me",
    "/api/v1/analytics/overview",
    "/api/v1/analytics/sources",
    "/api/v1/analytics/pages",
    "/api/v1/analytics/events",
    "/api/v1/analytics/realtime",
    "/api/v1/analytics/attribution",
    "/api/v1/analytics/conversions",
    "/api/v1/analytics/insights",
    "/api/v1/analytics/prediction",
    "/api/v1/analytics/funnel",
    "/api/v1/analytics/paths",
    "/api/v1/analytics/retention",
    "/api/v1/analytics/stages",
    "/api/v1/definitions",
    "/api/v1/definitions/{id}",
    "/api/v1/imported",
    "/api/v1/interactions/channels",
    "/api/v1/loss",
    "/api/v1/revenue",
];

/// What holders of a link that shows journeys read too.
const JOURNEYS: &[&str] = &[
    "/api/v1/accounts",
    "/api/v1/accounts/{id}",
    "/api/v1/events",
    "/api/v1/geo",
    "/api/v1/interactions",
    "/api/v1/live",
    "/api/v1/persons",
    "/api/v1/persons/{id}",
    "/api/v1/persons/{id}/orders",
    "/api/v1/persons/{id}/sessions",
    "/api/v1/persons/{id}/timeline",
    "/api/v1/sessions",
    "/api/v1/sites/{id}/stages",
    "/api/v1/visitors",
    "/api/v1/visitors/{id}",
];

/// The least that a link has to show for its holder to read a route; nothing of a route that no link shows.
pub(crate) fn shown_by(method: &str, path: &str) -> Option<Shows> {
    if !["get", "head"].contains(&method.to_ascii_lowercase().as_str()) {
        None
    } else if FIGURES.contains(&path) {
        Some(Shows::Figures)
    } else if JOURNEYS.contains(&path) {
        Some(Shows::Journeys)
    } else {
        None
    }
}

/// Lets the holder of a link that shows `shows` ask for what is theirs.
///
/// # Errors
/// 403 `forbidden` for everything else, also for a route that nobody has thought of here.
pub(crate) fn allow(shows: Shows, parts: &Parts) -> Result<(), ApiError> {
    let path = parts.extensions.get::<MatchedPath>();
    let path = path.map_or("", MatchedPath::as_str);
    if shown_by(parts.method.as_str(), path).is_some_and(|least| least <= shows) {
        Ok(())
    } else {
        Err(ApiError::new(
            Code::Forbidden,
            "This link does not show that.",
        ))
    }
}

/// Who has this link; nobody where it is good for nothing any more.
///
/// # Errors
/// 401 `share_ended` for one that has expired or was taken back.
pub(crate) async fn holder(app: &App, digest: &[u8]) -> Result<Option<Who>, ApiError> {
    let Some(share) = app.store().share_by_token(digest).await? else {
        return Ok(None);
    };
    let now = clock::now();
    let message = match share.standing(now) {
        Standing::Good => {
            if let Err(error) = app.store().use_share(&share, now).await {
                tracing::warn!(%error, share = %share.id, "the use of a share link is not noted");
            }
            let site = app.store().site(share.site_id).await?;
            return Ok(site.map(|site| Who::Share {
                workspace: site.workspace,
                site: site.id,
                name: share.name,
                shows: share.shows,
                expires_at: share.expires_at,
            }));
        }
        Standing::Expired => "This link has expired. Ask whoever sent it for another one.",
        Standing::Revoked => "This link was taken back. Ask whoever sent it for another one.",
    };
    Err(ApiError::new(Code::ShareEnded, message))
}

impl From<ShareError> for ApiError {
    fn from(error: ShareError) -> Self {
        match error {
            ShareError::Unfit { field, message } => {
                Self::new(Code::InvalidField, message).field(field)
            }
            ShareError::Credential(error) => error.into(),
            ShareError::Store(error) => error.into(),
        }
    }
}

/// A link and whether it may be used.
#[derive(Serialize, ToSchema)]
#[schema(as = ListedShare)]
pub(crate) struct Listed {
    #[serde(flatten)]
    share: Share,
    standing: Standing,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Shares {
    data: Vec<Listed>,
}

/// `GET /api/v1/shares`
#[utoipa::path(get, path = "/api/v1/shares", tag = "shares", security(("cookie" = [])), params(SiteParams), responses((status = 200, body = Shares), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
) -> Result<Answer<Shares>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let now = clock::now();
    let all = app.store().share_links(site.id).await?;
    let data = all.into_iter().map(|share| Listed {
        standing: share.standing(now),
        share,
    });
    Ok(Answer(Shares {
        data: data.collect(),
    }))
}

/// A link with its token, which nobody can read again.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeShare {
    #[serde(flatten)]
    share: Share,
    /// What its holder sends as `Authorization: Bearer wms_…`.
    token: String,
    /// The page that shows it; without a host where the collector does not know its own.
    link: String,
}

/// `POST /api/v1/shares`
#[utoipa::path(post, path = "/api/v1/shares", tag = "shares", security(("cookie" = [])), params(SiteParams), request_body = NewShare, responses((status = 201, body = MadeShare), failures::Changing))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
    Json(new): Json<NewShare>,
) -> Result<(StatusCode, Answer<MadeShare>), ApiError> {
    let site = caller.site(&app, params.site).await?;
    let actor = caller.actor();
    let (share, token) = site_shares::add(app.store(), site.id, &new, &actor).await?;
    tracing::info!(site_id = site.id, share = %share.id, "share link added");
    let base = app.public_url().map_or("", url::Url::as_str);
    let link = site_shares::page(base, &token);
    let made = MadeShare { share, token, link };
    Ok((StatusCode::CREATED, Answer(made)))
}

/// `DELETE /api/v1/shares/{id}`
#[utoipa::path(delete, path = "/api/v1/shares/{id}", tag = "shares", security(("cookie" = [])), params(("id" = Uuid, Path), SiteParams), responses((status = 204, description = "Revoked"), failures::Changing))]
pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
) -> Result<StatusCode, ApiError> {
    let site = caller.site(&app, params.site).await?;
    if site_shares::revoke(app.store(), site.id, id, &caller.actor()).await? {
        tracing::info!(site_id = site.id, share = %id, "share link revoked");
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}
