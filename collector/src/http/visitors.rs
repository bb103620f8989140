//! `/api/v1/visitors`: journeys, and one journey in full.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::caller::Caller;
use super::input::{self, Id, Limit, Query};
use crate::app::App;
use crate::error::ApiError;
use crate::journey::{Entry, Journey, Session, Stage};
use crate::store::{EntryFilter, Page, SessionFilter, VisitorFilter};

/// Sessions that come with a journey; the list of sessions has the rest.
const SESSIONS: u32 = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListParams {
    site: Option<i64>,
    q: Option<String>,
    #[serde(default, deserialize_with = "input::parsed")]
    stage: Option<Stage>,
    source: Option<String>,
    cursor: Option<String>,
    #[serde(default)]
    limit: Limit,
}

/// `GET /api/v1/visitors`
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Result<Json<Page<Journey>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let filter = VisitorFilter {
        q: params.q,
        stage: params.stage,
        source: params.source,
    };
    let page = app
        .store()
        .visitors(
            site.id,
            &filter,
            params.cursor.as_deref(),
            params.limit.get(),
        )
        .await?;
    Ok(Json(page))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OneParams {
    site: Option<i64>,
    cursor: Option<String>,
    #[serde(default)]
    limit: Limit,
}

#[derive(Serialize)]
pub(crate) struct Full {
    journey: Journey,
    sessions: Vec<Session>,
    timeline: Page<Entry>,
}

/// `GET /api/v1/visitors/{id}`
pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<OneParams>,
) -> Result<Json<Full>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let journey = app
        .store()
        .journey(site.id, id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let filter = SessionFilter { visitor: Some(id) };
    let sessions = app
        .store()
        .sessions(site.id, &filter, None, SESSIONS)
        .await?
        .data;
    let filter = EntryFilter {
        visitor: Some(id),
        ..EntryFilter::default()
    };
    let timeline = app
        .store()
        .entries(
            site.id,
            &filter,
            params.cursor.as_deref(),
            params.limit.get(),
        )
        .await?;
    Ok(Json(Full {
        journey,
        sessions,
        timeline,
    }))
}
