//! `/api/v1/segments`: conditions under a name, which questions are asked with. [`super::segment`] is another thing: the HTTP API of
//! that name.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::caller::Caller;
use super::input::{Id, Json, Query};
use super::openapi::failures;
use super::reports::too_many;
use super::visitors::SiteParams;
use crate::analytics::filter::Filter;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::saved::{self, MOST_SEGMENTS};
use crate::store::audit::By;
use crate::store::saved::Segment;

#[derive(Serialize, ToSchema)]
pub(crate) struct Segments {
    data: Vec<Segment>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSegment {
    /// 1 to 100 characters; no other segment of the site has it.
    name: String,
    /// 1 to 20 conditions, all of which have to be met.
    filters: Vec<Filter>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentChange {
    /// 1 to 100 characters; no other segment of the site has it.
    name: Option<String>,
    /// 1 to 20 conditions, all of which have to be met.
    filters: Option<Vec<Filter>>,
}

/// `GET /api/v1/segments`
#[utoipa::path(get, path = "/api/v1/segments", tag = "saved", security(("api_key" = []), ("cookie" = [])), params(SiteParams), responses((status = 200, body = Segments), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
) -> Result<Answer<Segments>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let data = app.store().segments(site.id).await?;
    Ok(Answer(Segments { data }))
}

fn taken() -> ApiError {
    let message = "Another segment of the site has this name.";
    ApiError::new(Code::InvalidField, message).field("name")
}

/// `POST /api/v1/segments`
#[utoipa::path(post, path = "/api/v1/segments", tag = "saved", security(("api_key" = []), ("cookie" = [])), params(SiteParams), request_body = NewSegment, responses((status = 201, body = Segment), failures::Changing))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
    Json(new): Json<NewSegment>,
) -> Result<(StatusCode, Answer<Segment>), ApiError> {
    let site = caller.site(&app, params.site).await?;
    let now = clock::now();
    let segment = Segment {
        id: Uuid::now_v7(),
        name: saved::segment_name(&new.name)?,
        filters: saved::filters(&new.filters)?,
        created_at: now,
        created_by: caller.actor(),
        changed_at: now,
    };
    let store = app.store();
    if store.segments(site.id).await?.len() >= MOST_SEGMENTS {
        return Err(too_many(MOST_SEGMENTS, "segments"));
    }
    if !store.add_segment(site.id, &segment).await? {
        return Err(taken());
    }
    Ok((StatusCode::CREATED, Answer(segment)))
}

async fn find(app: &App, site_id: i64, id: Uuid) -> Result<Segment, ApiError> {
    let mut all = app.store().segments(site_id).await?.into_iter();
    all.find(|segment| segment.id == id)
        .ok_or_else(ApiError::not_found)
}

/// `PATCH /api/v1/segments/{id}`
#[utoipa::path(patch, path = "/api/v1/segments/{id}", tag = "saved", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), SiteParams), request_body = SegmentChange, responses((status = 200, body = Segment), failures::Changing))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
    Json(change): Json<SegmentChange>,
) -> Result<Answer<Segment>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let mut segment = find(&app, site.id, id).await?;
    if let Some(name) = change.name {
        segment.name = saved::segment_name(&name)?;
    }
    if let Some(filters) = change.filters {
        segment.filters = saved::filters(&filters)?;
    }
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    segment.changed_at = by.now;
    if !app.store().change_segment(site.id, &segment, by).await? {
        // Either somebody was faster, or the name is taken.
        find(&app, site.id, id).await?;
        return Err(taken());
    }
    Ok(Answer(segment))
}

/// `DELETE /api/v1/segments/{id}`
#[utoipa::path(delete, path = "/api/v1/segments/{id}", tag = "saved", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), SiteParams), responses((status = 204, description = "Removed"), failures::Changing))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
) -> Result<StatusCode, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let segment = find(&app, site.id, id).await?;
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    if !app.store().remove_segment(site.id, &segment, by).await? {
        return Err(ApiError::not_found());
    }
    Ok(StatusCode::NO_CONTENT)
}
