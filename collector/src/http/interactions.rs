//! Interactions: `POST /v1/interactions`, by which servers tell them, and `/api/v1/interactions`, which shows them.
//!
//! Server key → its site's rate → body → [`crate::ingest::interactions`], which answers after the commit. The key decides
//! the site; a write key is public and tells nothing here.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use waymark_protocol::ItemAnswer;

use super::caller::{self, Caller};
use super::directory::Listed;
use super::input::{Limit, Query};
use super::openapi::{InteractionAnswer, InteractionBatch, failures};
use super::visitors::SiteParams;
use super::{body, client};
use crate::app::App;
use crate::clock;
use crate::credentials;
use crate::error::{ApiError, Code};
use crate::ingest::{IngestError, interactions};
use crate::journey::{ChannelTotals, Entry};
use crate::store::{InteractionFilter, Page};

/// What became of each interaction, in order.
#[derive(Serialize)]
pub(crate) struct Answer {
    received_at: i64,
    results: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    /// As it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(flatten)]
    answer: ItemAnswer,
}

/// Takes interactions of a server.
#[utoipa::path(post, path = "/v1/interactions", tag = "sending", security(("server_key" = [])), request_body(content = InteractionBatch, description = "Of any content type"), responses((status = 200, body = InteractionAnswer), failures::Sending))]
pub(crate) async fn take(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Answer>, ApiError> {
    let (parts, body) = request.into_parts();
    let listed = sender(&app, &parts).await?;
    let site = &listed.site;
    app.key_rate()
        .take(site.id)
        .map_err(|wait| ApiError::rate_limited("with this write key", wait))?;
    let rules = body::Rules {
        limit: app.body_limit(),
        patience: app.body_timeout(),
        budget: app.bodies(),
        sniff: false,
    };
    let body = body::read(&parts.headers, body, rules).await?;
    let batch = interactions::read(&body).map_err(IngestError::from)?;
    let received_at = clock::now();
    let lines = app
        .ingest()
        .submit_interactions(site, &batch, received_at)
        .await?;
    let line = |line: interactions::Line| Line {
        id: line.key,
        answer: ItemAnswer {
            id: None,
            ..line.answer
        },
    };
    Ok(Json(Answer {
        received_at,
        results: lines.into_iter().map(line).collect(),
    }))
}

/// The site of the server key.
async fn sender(app: &App, parts: &Parts) -> Result<Arc<Listed>, ApiError> {
    let secret = parts.headers.get(AUTHORIZATION).and_then(caller::bearer);
    if let Some(secret) = secret {
        let digest = credentials::digest(secret);
        if let Some(listed) = app.directory().of_server_key(&digest).await? {
            return Ok(listed);
        }
    }
    client::check_rate(app, &parts.extensions, &parts.headers)?;
    let is_write_key = match secret {
        Some(key) => app.directory().find(key).await?.is_some(),
        None => false,
    };
    let error = if is_write_key {
        ApiError::new(
            Code::ServerKeyRequired,
            "A write key is public. Interactions are told with a server key: Authorization: Bearer wsk_…",
        )
    } else {
        ApiError::new(
            Code::UnknownKey,
            "No site has this server key. Say one as Authorization: Bearer wsk_…",
        )
    };
    Err(error.field("Authorization"))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    site: Option<i64>,
    channel: Option<String>,
    kind: Option<String>,
    /// Somebody's, or nobody's.
    matched: Option<bool>,
    /// The sender's id of it.
    key: Option<String>,
    cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Limit,
}

/// `GET /api/v1/interactions`
#[utoipa::path(get, path = "/api/v1/interactions", tag = "journeys", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, body = Page<Entry>), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Page<Entry>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let key = params.key.as_deref();
    let filter = InteractionFilter {
        channel: params.channel.map(|channel| channel.to_lowercase()),
        kind: params.kind.map(|kind| kind.to_lowercase()),
        matched: params.matched,
        ids: key.map(|key| vec![interactions::id(site.id, key)]),
    };
    let (cursor, limit) = (params.cursor.as_deref(), params.limit.get());
    let page = app
        .store()
        .interactions(site.id, &filter, cursor, limit)
        .await?;
    Ok(Json(page))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Channels {
    data: Vec<ChannelTotals>,
}

/// `GET /api/v1/interactions/channels`
#[utoipa::path(get, path = "/api/v1/interactions/channels", tag = "journeys", security(("api_key" = []), ("cookie" = [])), params(SiteParams), responses((status = 200, body = Channels), failures::Asking))]
pub(crate) async fn channels(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
) -> Result<Json<Channels>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let data = app.store().channels(site.id).await?;
    Ok(Json(Channels { data }))
}
