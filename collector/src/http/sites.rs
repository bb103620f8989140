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
use crate::site_demo::{self, DemoError};
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

/// Where a demo site is to be, all of which may be left out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WantedDemo)]
pub(crate) struct WantedDemo {
    /// Whose it is to be; may be absent where the caller may make sites in one workspace only.
    workspace: Option<i64>,
    /// The IANA name of the time zone in which its days begin; UTC where nobody says.
    time_zone: Option<String>,
}

/// `POST /api/v1/sites/demo`
#[utoipa::path(post, path = "/api/v1/sites/demo", tag = "sites", security(("api_key" = []), ("cookie" = [])), request_body = WantedDemo, responses((status = 201, body = Described), failures::Owning))]
pub(crate) async fn demo(
    State(app): State<App>,
    caller: Caller,
    Json(wanted): Json<WantedDemo>,
) -> Result<(StatusCode, Answer<Described>), ApiError> {
    let workspace = caller.workspace(wanted.workspace)?;
    let actor = caller.actor();
    // Whoever goes away leaves no half of a demo.
    let (store, ingest) = (app.store().clone(), app.ingest().clone());
    let made = tokio::spawn(async move {
        site_demo::make(
            &store,
            &ingest,
            workspace,
            wanted.time_zone.as_deref(),
            &actor,
        )
        .await
    });
    let site = made.await.map_err(ApiError::internal)??;
    tracing::info!(site = site.id, "demo site made");
    Ok((StatusCode::CREATED, Answer(Described::new(site, &app))))
}

/// `DELETE /api/v1/sites/{id}`
#[utoipa::path(delete, path = "/api/v1/sites/{id}", tag = "sites", security(("cookie" = [])), params(("id" = i64, Path)), responses((status = 204, description = "Removed"), failures::Owning))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
) -> Result<StatusCode, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let actor = caller.actor();
    let store = app.store().clone();
    let removed = tokio::spawn(async move { site_demo::remove(&store, &site, &actor).await });
    removed.await.map_err(ApiError::internal)??;
    tracing::info!(site = id, "demo site removed");
    Ok(StatusCode::NO_CONTENT)
}

impl From<DemoError> for ApiError {
    fn from(error: DemoError) -> Self {
        match error {
            DemoError::Exists => {
                Self::new(Code::DemoExists, "The workspace has a demo site already.")
            }
            DemoError::NotADemo => Self::new(
                Code::NotADemo,
                "Only a demo site can be removed: this one has visitors of its own.",
            ),
            DemoError::Site(error) => error.into(),
            DemoError::Store(error) => error.into(),
            DemoError::Ingest(error) => error.into(),
            DemoError::Dropped(detail) => Self::internal(detail),
        }
    }
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
