//! `/api/v1/sites/{id}/stages`: the milestones and stages of a site, to be read by who sees the site and set by people;
//! what another definition would change, and the definitions there were.

use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::caller::{Caller, Who};
use super::input::{Id, Json};
use super::openapi::failures;
use crate::app::App;
use crate::catalogue::Unfit;
use crate::error::{ApiError, Code};
use crate::journey::{Definition, StagesDocument};
use crate::site_stages::{self, SiteStages, StagesPreview, StagesVersion};

/// `GET /api/v1/sites/{id}/stages`
#[utoipa::path(get, path = "/api/v1/sites/{id}/stages", tag = "stages", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path)), responses((status = 200, body = SiteStages), failures::Asking))]
pub(crate) async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
) -> Result<Answer<SiteStages>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    Ok(Answer(site_stages::current(app.store(), site.id).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStages {
    #[schema(value_type = StagesDocument)]
    document: Value,
}

impl NewStages {
    fn definition(self) -> Result<Definition, ApiError> {
        Ok(Definition::of(self.document)?)
    }
}

/// `PUT /api/v1/sites/{id}/stages`
#[utoipa::path(put, path = "/api/v1/sites/{id}/stages", tag = "stages", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path)), request_body = NewStages, responses((status = 200, body = SiteStages), failures::Changing))]
pub(crate) async fn set(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    Json(new): Json<NewStages>,
) -> Result<Answer<SiteStages>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let definition = new.definition()?;
    let by = match caller.who() {
        Who::User(user) => user.email.as_deref(),
        Who::ApiKey { .. } | Who::Share { .. } => None,
    };
    let stages = site_stages::set(app.store(), site.id, &definition, &caller.actor(), by).await?;
    app.restater().look();
    tracing::info!(
        site_id = site.id,
        version = stages.version,
        "stages changed"
    );
    Ok(Answer(stages))
}

/// `POST /api/v1/sites/{id}/stages/preview`
#[utoipa::path(post, path = "/api/v1/sites/{id}/stages/preview", tag = "stages", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path)), request_body = NewStages, responses((status = 200, body = StagesPreview), failures::Changing))]
pub(crate) async fn preview(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    Json(new): Json<NewStages>,
) -> Result<Answer<StagesPreview>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let definition = new.definition()?;
    let preview = site_stages::preview(app.store(), site.id, &definition).await?;
    Ok(Answer(preview))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct StagesHistory {
    data: Vec<StagesVersion>,
}

/// `GET /api/v1/sites/{id}/stages/history`
#[utoipa::path(get, path = "/api/v1/sites/{id}/stages/history", tag = "stages", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path)), responses((status = 200, body = StagesHistory), failures::Asking))]
pub(crate) async fn history(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
) -> Result<Answer<StagesHistory>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let data = site_stages::history(app.store(), site.id).await?;
    Ok(Answer(StagesHistory { data }))
}

impl From<Unfit> for ApiError {
    fn from(unfit: Unfit) -> Self {
        let field = format!("document{}", unfit.at);
        Self::new(Code::InvalidField, unfit.message).field(field)
    }
}
