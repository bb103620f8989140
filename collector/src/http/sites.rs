//! `/api/v1/sites`

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::caller::Caller;
use super::input::Json;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::site_rules;
use crate::store::sites::Site;

#[derive(Serialize)]
pub(crate) struct Sites {
    data: Vec<Site>,
}

/// `GET /api/v1/sites`
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Answer<Sites>, ApiError> {
    let data = caller.sites(&app).await?;
    Ok(Answer(Sites { data }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    name: String,
    origins: Vec<String>,
    time_zone: Option<String>,
}

/// `POST /api/v1/sites`
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Json(wanted): Json<Wanted>,
) -> Result<(StatusCode, Answer<Site>), ApiError> {
    caller.every_site()?;
    let new = site_rules::new_site(
        &wanted.name,
        &wanted.origins,
        wanted.time_zone.as_deref(),
        None,
    )?;
    let (site, _) = app.store().add_site(&new, clock::now()).await?;
    tracing::info!(site = site.id, "site added");
    Ok((StatusCode::CREATED, Answer(site)))
}

impl From<site_rules::SiteError> for ApiError {
    fn from(error: site_rules::SiteError) -> Self {
        match error {
            site_rules::SiteError::Field { field, message } => {
                Self::new(Code::InvalidField, message).field(field)
            }
            site_rules::SiteError::Credential(error) => error.into(),
        }
    }
}
