//! `/api/v1/sessions`

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::caller::Caller;
use super::input::{self, Limit, Query};
use super::openapi::failures;
use super::questions;
use super::visitors::bots_of;
use crate::app::App;
use crate::error::ApiError;
use crate::journey::Session;
use crate::store::{Bots, Came, Page, SessionFilter};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    site: Option<i64>,
    #[serde(default, deserialize_with = "input::parsed")]
    visitor: Option<Uuid>,
    /// Part of the campaign, of the last page's address, or of the visitor's name or user id.
    q: Option<String>,
    /// Whose source is this.
    source: Option<String>,
    /// Whose channel is this.
    channel: Option<String>,
    /// Part of the first page's address.
    entry_page: Option<String>,
    /// Two letters.
    country: Option<String>,
    /// Begun on this day or later.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// Begun on this day or before.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// The IANA name of the time zone in which days begin; the site's where there is none.
    zone: Option<String>,
    #[serde(default, deserialize_with = "input::parsed")]
    bots: Option<Bots>,
    cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Limit,
}

/// `GET /api/v1/sessions`
#[utoipa::path(get, path = "/api/v1/sessions", tag = "journeys", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, body = Page<Session>), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Page<Session>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let (from, until) = questions::moments(params.from, params.to, params.zone.as_deref(), &site)?;
    let filter = SessionFilter {
        visitor: params.visitor,
        q: params.q,
        source: params.source,
        came: Came {
            channel: params.channel,
            entry_page: params.entry_page,
            country: params.country,
            from,
            until,
        },
        bots: bots_of(params.bots, params.visitor.is_some()),
        within: None,
    };
    let page = app
        .store()
        .sessions(
            site.id,
            &filter,
            params.cursor.as_deref(),
            params.limit.get(),
        )
        .await?;
    Ok(Json(page))
}
