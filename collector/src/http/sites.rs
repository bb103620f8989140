//! `/api/v1/sites`

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::input::{self, Id, Json};
use super::openapi::failures;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::site_rules;
use crate::store::audit::By;
use crate::store::sites::Site;

/// A site, and where its pages load the SDK's script from; null where the collector's public URL is not configured,
/// because its own address need not be one that a visitor can reach.
#[derive(Serialize, ToSchema)]
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

#[derive(Serialize, ToSchema)]
pub(crate) struct Sites {
    data: Vec<Described>,
}

/// `GET /api/v1/sites`
#[utoipa::path(get, path = "/api/v1/sites", tag = "sites", security(("api_key" = []), ("cookie" = [])), responses((status = 200, body = Sites), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Answer<Sites>, ApiError> {
    let sites = caller.sites(&app).await?.into_iter();
    let data = sites.map(|site| Described::new(site, &app)).collect();
    Ok(Answer(Sites { data }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Whose it is to be; may be absent where the caller may make sites in one workspace only.
    workspace: Option<i64>,
    name: String,
    origins: Vec<String>,
    time_zone: Option<String>,
}

/// `POST /api/v1/sites`
#[utoipa::path(post, path = "/api/v1/sites", tag = "sites", security(("api_key" = []), ("cookie" = [])), request_body = Wanted, responses((status = 201, body = Described), failures::Changing))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Json(wanted): Json<Wanted>,
) -> Result<(StatusCode, Answer<Described>), ApiError> {
    let workspace = caller.workspace(wanted.workspace)?;
    let new = site_rules::new_site(
        workspace,
        &wanted.name,
        &wanted.origins,
        wanted.time_zone.as_deref(),
        None,
    )?;
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    let (site, _) = app.store().add_site(&new, by).await?;
    tracing::info!(site = site.id, "site added");
    Ok((StatusCode::CREATED, Answer(Described::new(site, &app))))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    name: Option<String>,
    origins: Option<Vec<String>>,
    time_zone: Option<String>,
    server_key_required: Option<bool>,
    renew_cookie: Option<bool>,
    #[serde(default, deserialize_with = "input::or_null")]
    #[schema(value_type = Option<String>)]
    cookie_domain: Option<Option<String>>,
    #[serde(default, deserialize_with = "input::or_null")]
    #[schema(value_type = Option<String>)]
    currency: Option<Option<String>>,
}

/// `PATCH /api/v1/sites/{id}`
#[utoipa::path(patch, path = "/api/v1/sites/{id}", tag = "sites", security(("cookie" = [])), params(("id" = i64, Path)), request_body = Change, responses((status = 200, body = Described), failures::Changing))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    Json(change): Json<Change>,
) -> Result<Answer<Described>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let changes = site_rules::Changes {
        name: change.name,
        origins: change.origins,
        time_zone: change.time_zone,
        server_key_required: change.server_key_required,
        renew_cookie: change.renew_cookie,
        cookie_domain: change.cookie_domain,
        currency: change.currency,
    };
    let site = changes.apply(site)?;
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    if !app.store().update_site(&site, by).await? {
        return Err(ApiError::not_found());
    }
    tracing::info!(site = id, "site changed");
    Ok(Answer(Described::new(site, &app)))
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
