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

/// A site, and where its pages load the SDK's script from; null where the collector's public URL is not configured,
/// because its own address need not be one that a visitor can reach.
#[derive(Serialize)]
pub(crate) struct Described {
    #[serde(flatten)]
    site: Site,
    script_url: Option<String>,
}

impl Described {
    fn new(site: Site, app: &App) -> Self {
        let script_url = app.script_url().map(str::to_owned);
        Self { site, script_url }
    }
}

#[derive(Serialize)]
pub(crate) struct Sites {
    data: Vec<Described>,
}

/// `GET /api/v1/sites`
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Answer<Sites>, ApiError> {
    let sites = caller.sites(&app).await?.into_iter();
    let data = sites.map(|site| Described::new(site, &app)).collect();
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
) -> Result<(StatusCode, Answer<Described>), ApiError> {
    caller.every_site()?;
    let new = site_rules::new_site(
        &wanted.name,
        &wanted.origins,
        wanted.time_zone.as_deref(),
        None,
    )?;
    let (site, _) = app.store().add_site(&new, clock::now()).await?;
    tracing::info!(site = site.id, "site added");
    Ok((StatusCode::CREATED, Answer(Described::new(site, &app))))
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
