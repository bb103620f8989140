//! `/api/v1/reports`: questions that were saved. Who may read the site reads them, and asks their path with their parameters.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::caller::Caller;
use super::input::{Id, Json, Query};
use super::openapi::failures;
use super::visitors::SiteParams;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::saved::{self, MOST_REPORTS, Unfit};
use crate::store::audit::By;
use crate::store::saved::Report;

impl From<Unfit> for ApiError {
    fn from(unfit: Unfit) -> Self {
        Self::new(Code::InvalidField, unfit.message).field(unfit.field)
    }
}

/// More of something than a site may have.
pub(super) fn too_many(most: usize, what: &str) -> ApiError {
    let message = format!("A site has at most {most} {what}: remove one first.");
    ApiError::new(Code::InvalidField, message).limit(most)
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Reports {
    data: Vec<Report>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReport {
    /// 1 to 100 characters.
    name: String,
    /// The route of the question, below `/api/v1/analytics/`.
    path: String,
    /// Its parameters but `site`, by their names.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    parameters: Map<String, Value>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportChange {
    /// 1 to 100 characters.
    name: Option<String>,
    /// The route of the question, below `/api/v1/analytics/`.
    path: Option<String>,
    /// Its parameters but `site`, all of them.
    #[schema(value_type = Option<std::collections::HashMap<String, serde_json::Value>>)]
    parameters: Option<Map<String, Value>>,
}

/// `GET /api/v1/reports`
#[utoipa::path(get, path = "/api/v1/reports", tag = "saved", security(("api_key" = []), ("cookie" = [])), params(SiteParams), responses((status = 200, body = Reports), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
) -> Result<Answer<Reports>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let data = app.store().reports(site.id).await?;
    Ok(Answer(Reports { data }))
}

/// `POST /api/v1/reports`
#[utoipa::path(post, path = "/api/v1/reports", tag = "saved", security(("api_key" = []), ("cookie" = [])), params(SiteParams), request_body = NewReport, responses((status = 201, body = Report), failures::Changing))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
    Json(new): Json<NewReport>,
) -> Result<(StatusCode, Answer<Report>), ApiError> {
    let site = caller.site(&app, params.site).await?;
    let now = clock::now();
    let report = Report {
        id: Uuid::now_v7(),
        name: saved::name(&new.name)?,
        path: saved::path(&new.path)?,
        parameters: saved::parameters(&new.parameters)?,
        created_at: now,
        created_by: caller.actor(),
        changed_at: now,
    };
    let store = app.store();
    if store.reports(site.id).await?.len() >= MOST_REPORTS {
        return Err(too_many(MOST_REPORTS, "reports"));
    }
    store.add_report(site.id, &report).await?;
    Ok((StatusCode::CREATED, Answer(report)))
}

async fn find(app: &App, site_id: i64, id: Uuid) -> Result<Report, ApiError> {
    let mut all = app.store().reports(site_id).await?.into_iter();
    all.find(|report| report.id == id)
        .ok_or_else(ApiError::not_found)
}

/// `PATCH /api/v1/reports/{id}`
#[utoipa::path(patch, path = "/api/v1/reports/{id}", tag = "saved", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), SiteParams), request_body = ReportChange, responses((status = 200, body = Report), failures::Changing))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
    Json(change): Json<ReportChange>,
) -> Result<Answer<Report>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let mut report = find(&app, site.id, id).await?;
    if let Some(name) = change.name {
        report.name = saved::name(&name)?;
    }
    if let Some(path) = change.path {
        report.path = saved::path(&path)?;
    }
    if let Some(parameters) = change.parameters {
        report.parameters = saved::parameters(&parameters)?;
    }
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    report.changed_at = by.now;
    if !app.store().change_report(site.id, &report, by).await? {
        return Err(ApiError::not_found());
    }
    Ok(Answer(report))
}

/// `DELETE /api/v1/reports/{id}`
#[utoipa::path(delete, path = "/api/v1/reports/{id}", tag = "saved", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), SiteParams), responses((status = 204, description = "Removed"), failures::Changing))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
) -> Result<StatusCode, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let report = find(&app, site.id, id).await?;
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    if !app.store().remove_report(site.id, &report, by).await? {
        return Err(ApiError::not_found());
    }
    Ok(StatusCode::NO_CONTENT)
}
