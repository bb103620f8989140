//! `/api/v1/insights`: what was concluded of a site's people and kept, and how a site measures engagement.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::input::{self, Id, Limit, Query};
use super::openapi::failures;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::journey::{InsightKind, Scale, ScaleDocument, UnknownName, rules};
use crate::store::Page;
use crate::store::kept_insights::{InsightFilter, KeptInsight};

/// Whether an insight holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(as = InsightStatus, rename_all = "snake_case")]
pub(crate) enum Status {
    /// It does.
    Current,
    /// It did.
    Ended,
}

impl FromStr for Status {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "current" => Ok(Self::Current),
            "ended" => Ok(Self::Ended),
            _ => Err(UnknownName),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    site: Option<i64>,
    rule: Option<String>,
    #[serde(default, deserialize_with = "input::parsed")]
    kind: Option<InsightKind>,
    #[serde(default, deserialize_with = "input::parsed")]
    status: Option<Status>,
    /// Found at this time or later, in milliseconds.
    since: Option<i64>,
    cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Limit,
}

/// `GET /api/v1/insights`
#[utoipa::path(get, path = "/api/v1/insights", tag = "persons", security(("api_key" = []), ("cookie" = [])), params(ListParams), responses((status = 200, body = Page<KeptInsight>), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Result<Json<Page<KeptInsight>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    if let Some(asked) = &params.rule
        && !rules().any(|(rule, ..)| rule == asked)
    {
        let all: Vec<&str> = rules().map(|(rule, ..)| rule).collect();
        let message = format!("The rules are {}.", all.join(", "));
        return Err(ApiError::new(Code::InvalidParameter, message).field("rule"));
    }
    let filter = InsightFilter {
        rule: params.rule,
        kind: params.kind.map(|kind| kind.as_str().to_owned()),
        current: params.status.map(|status| status == Status::Current),
        since: params.since,
    };
    let (cursor, limit) = (params.cursor.as_deref(), params.limit.get());
    let page = app
        .store()
        .kept_insights(site.id, &filter, clock::now(), cursor, limit)
        .await?;
    Ok(Json(page))
}

/// `GET /api/v1/sites/{id}/scores`
#[utoipa::path(get, path = "/api/v1/sites/{id}/scores", tag = "sites", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path)), responses((status = 200, body = ScaleDocument), failures::Asking))]
pub(crate) async fn scale(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
) -> Result<Json<ScaleDocument>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    Ok(Json(app.store().scale(site.id).await?.document()))
}

/// `PUT /api/v1/sites/{id}/scores`
#[utoipa::path(put, path = "/api/v1/sites/{id}/scores", tag = "sites", security(("cookie" = [])), params(("id" = i64, Path)), request_body = ScaleDocument, responses((status = 200, body = ScaleDocument), failures::Changing))]
pub(crate) async fn set_scale(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    input::Json(document): input::Json<ScaleDocument>,
) -> Result<Json<ScaleDocument>, ApiError> {
    let actor = caller.actor();
    let site = caller.site(&app, Some(id)).await?;
    let scale = Scale::of(&document).map_err(|unfit| {
        ApiError::new(Code::InvalidField, format!("{unfit}.")).field(unfit.field)
    })?;
    app.store()
        .set_scale(site.id, &scale, &actor, clock::now())
        .await?;
    Ok(Json(scale.document()))
}
