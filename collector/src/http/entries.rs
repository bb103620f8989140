//! `GET /api/v1/events`: the entries of all timelines of a site. Taking events in is [`super::events`].

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::caller::Caller;
use super::input::{self, Limit, Query};
use super::openapi::failures;
use super::visitors::bots_of;
use crate::app::App;
use crate::error::ApiError;
use crate::journey::{Entry, EntryKind};
use crate::store::{Bots, EntryFilter, Page};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    site: Option<i64>,
    #[serde(default, deserialize_with = "input::parsed")]
    visitor: Option<Uuid>,
    #[serde(default, deserialize_with = "input::parsed")]
    session: Option<Uuid>,
    name: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "input::parsed")]
    kind: Option<EntryKind>,
    #[serde(default, deserialize_with = "input::parsed")]
    bots: Option<Bots>,
    cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Limit,
}

/// Answers with a page of entries.
#[utoipa::path(get, path = "/api/v1/events", tag = "journeys", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, body = Page<Entry>), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Page<Entry>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let filter = EntryFilter {
        visitor: params.visitor,
        session: params.session,
        name: params.name,
        kind: params.kind,
        bots: bots_of(
            params.bots,
            params.visitor.is_some() || params.session.is_some(),
        ),
        within: None,
    };
    let page = app
        .store()
        .timeline(
            site.id,
            &filter,
            params.cursor.as_deref(),
            params.limit.get(),
        )
        .await?;
    Ok(Json(page))
}
