//! `/api/v1/alerts`: figures that are looked at once for each window of time, and who is told. Who may read the site reads them;
//! whom they tell is shown to who may change them.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::caller::Caller;
use super::capability::Capability;
use super::input::{Id, Json, Limit, Query};
use super::openapi::failures;
use super::reports::too_many;
use super::visitors::SiteParams;
use crate::alerts::look::{Glass, Looked};
use crate::alerts::sending::Tried;
use crate::alerts::{Channel, Rule, State as Standing, watch};
use crate::analytics::filter::Filter;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::saved;
use crate::site_alerts::{self, AlertError, MOST};
use crate::store::alerts::{Alert, AlertChange};
use crate::store::audit::By;
use crate::store::sites::Site;
use crate::store::{Page, StoreError};

/// Windows of a preview, when nobody says, and at most.
const WINDOWS: usize = 30;
const MOST_WINDOWS: usize = 500;

impl From<AlertError> for ApiError {
    fn from(error: AlertError) -> Self {
        match error {
            AlertError::Unfit(unfit) => unfit.into(),
            AlertError::Store(error) => error.into(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Alerts {
    data: Vec<Alert>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAlert {
    /// 1 to 100 characters.
    name: String,
    /// What is looked at, and when it fires.
    rule: Rule,
    /// Who is told; up to ten.
    #[serde(default)]
    channels: Vec<Channel>,
    /// Whether it is left alone until further notice.
    #[serde(default)]
    paused: bool,
}

/// What is to be another than it is; what is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertChanges {
    /// 1 to 100 characters.
    name: Option<String>,
    /// What is looked at, and when it fires, all of it. The last window that is over is looked at anew.
    rule: Option<Rule>,
    /// Who is told, all of them.
    channels: Option<Vec<Channel>>,
    /// Whether it is left alone until further notice.
    paused: Option<bool>,
}

/// Hides whom an alert tells from who may not change it.
fn shown(mut alert: Alert, caller: &Caller, site: &Site) -> Alert {
    if !caller.may(Capability::Define, site.workspace) {
        alert.channels = None;
    }
    alert
}

/// Checks a rule, and whether whoever tells it may ask about what its conditions are on.
async fn check(app: &App, caller: &Caller, site: &Site, rule: &Rule) -> Result<(), ApiError> {
    let filters: Vec<Filter> = site_alerts::check_rule(app.store(), site, rule).await?;
    let personal = filters.iter().find(|filter| filter.dimension.is_personal());
    match personal {
        Some(filter) if !caller.may(Capability::ReadPersons, site.workspace) => {
            let message = format!(
                "The dimension {} tells of single persons, which you may not be told of.",
                filter.dimension
            );
            Err(ApiError::new(Code::Forbidden, message).field("rule.filters"))
        }
        _ => Ok(()),
    }
}

async fn channels(app: &App, site: &Site, told: Vec<Channel>) -> Result<Vec<Channel>, ApiError> {
    let has_mail = app.watch().sender().has_mail();
    Ok(site_alerts::check_channels(app.store(), site.id, told, has_mail).await?)
}

async fn find(app: &App, site: &Site, id: Uuid) -> Result<Alert, ApiError> {
    let found = app.store().alert(site.id, id).await?;
    found.ok_or_else(ApiError::not_found)
}

/// `GET /api/v1/alerts`
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts", security(("api_key" = []), ("cookie" = [])), params(SiteParams), responses((status = 200, body = Alerts), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
) -> Result<Answer<Alerts>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let all = app.store().alerts(Some(site.id)).await?.into_iter();
    let data = all.map(|alert| shown(alert, &caller, &site)).collect();
    Ok(Answer(Alerts { data }))
}

/// `POST /api/v1/alerts`
#[utoipa::path(post, path = "/api/v1/alerts", tag = "alerts", security(("api_key" = []), ("cookie" = [])), params(SiteParams), request_body = NewAlert, responses((status = 201, body = Alert), failures::Changing))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
    Json(new): Json<NewAlert>,
) -> Result<(StatusCode, Answer<Alert>), ApiError> {
    let site = caller.site(&app, params.site).await?;
    check(&app, &caller, &site, &new.rule).await?;
    let now = clock::now();
    let alert = Alert {
        site_id: site.id,
        id: Uuid::now_v7(),
        name: saved::name(&new.name)?,
        rule: new.rule,
        channels: Some(channels(&app, &site, new.channels).await?),
        paused: new.paused,
        state: Standing::Unknown,
        since: now,
        looked_until: None,
        looked: None,
        created_at: now,
        created_by: caller.actor(),
        changed_at: now,
    };
    let store = app.store();
    if store.alerts(Some(site.id)).await?.len() >= MOST {
        return Err(too_many(MOST, "alerts"));
    }
    store.add_alert(&alert).await?;
    app.watch().look_soon();
    tracing::info!(site_id = site.id, alert = %alert.id, "alert added");
    Ok((StatusCode::CREATED, Answer(alert)))
}

/// `GET /api/v1/alerts/{id}`
#[utoipa::path(get, path = "/api/v1/alerts/{id}", tag = "alerts", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), SiteParams), responses((status = 200, body = Alert), failures::Asking))]
pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
) -> Result<Answer<Alert>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let alert = find(&app, &site, id).await?;
    Ok(Answer(shown(alert, &caller, &site)))
}

/// `PATCH /api/v1/alerts/{id}`
#[utoipa::path(patch, path = "/api/v1/alerts/{id}", tag = "alerts", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), SiteParams), request_body = AlertChanges, responses((status = 200, body = Alert), failures::Changing))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
    Json(changes): Json<AlertChanges>,
) -> Result<Answer<Alert>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let mut alert = find(&app, &site, id).await?;
    if let Some(name) = changes.name {
        alert.name = saved::name(&name)?;
    }
    if let Some(rule) = changes.rule {
        check(&app, &caller, &site, &rule).await?;
        alert.rule = rule;
    }
    if let Some(told) = changes.channels {
        alert.channels = Some(channels(&app, &site, told).await?);
    }
    alert.paused = changes.paused.unwrap_or(alert.paused);
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    if !app.store().change_alert(&alert, by).await? {
        let message = "the alert is being changed by others".to_owned();
        return Err(StoreError::Conflict(message).into());
    }
    app.watch().look_soon();
    tracing::info!(site_id = site.id, alert = %id, "alert changed");
    Ok(Answer(find(&app, &site, id).await?))
}

/// `DELETE /api/v1/alerts/{id}`
#[utoipa::path(delete, path = "/api/v1/alerts/{id}", tag = "alerts", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), SiteParams), responses((status = 204, description = "Removed"), failures::Changing))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
) -> Result<StatusCode, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let alert = find(&app, &site, id).await?;
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    if !app.store().remove_alert(&alert, by).await? {
        return Err(ApiError::not_found());
    }
    tracing::info!(site_id = site.id, alert = %id, "alert removed");
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryParams {
    site: Option<i64>,
    cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Limit,
}

/// `GET /api/v1/alerts/{id}/history`
#[utoipa::path(get, path = "/api/v1/alerts/{id}/history", tag = "alerts", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), HistoryParams), responses((status = 200, body = Page<AlertChange>), failures::Asking))]
pub(crate) async fn history(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<HistoryParams>,
) -> Result<Answer<Page<AlertChange>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let alert = find(&app, &site, id).await?;
    let (cursor, limit) = (params.cursor.as_deref(), params.limit.get());
    let mut page = app.store().alert_history(&alert, cursor, limit).await?;
    if !caller.may(Capability::Define, site.workspace) {
        let notices = page.data.iter_mut().flat_map(|change| &mut change.notices);
        notices.for_each(|notice| notice.channel = None);
    }
    Ok(Answer(page))
}

/// A rule to be tried on the past.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlertToPreview)]
pub(crate) struct Preview {
    rule: Rule,
    /// How many windows that are over, the last ones; 30 where nobody says.
    #[schema(minimum = 1, maximum = 500)]
    windows: Option<usize>,
}

/// What a rule would have come to, by window, the earliest first.
#[derive(Serialize, ToSchema)]
#[schema(as = AlertPreview)]
pub(crate) struct Previewed {
    data: Vec<Looked>,
}

async fn look(app: &App, site: &Site, rule: Rule, windows: usize) -> Result<Vec<Looked>, ApiError> {
    let windows = app.watch().over(&rule, site, windows);
    let since = windows.first().map_or(0, |first| first.begin);
    let glass = Glass::of(app.store(), app.columns(), site, rule, since).await?;
    let look = move || Ok(glass.look(&windows));
    app.questions().work(look).await
}

/// `POST /api/v1/alerts/preview`
#[utoipa::path(post, path = "/api/v1/alerts/preview", tag = "alerts", security(("api_key" = []), ("cookie" = [])), params(SiteParams), request_body = Preview, responses((status = 200, body = Previewed), failures::Changing))]
pub(crate) async fn preview(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
    Json(preview): Json<Preview>,
) -> Result<Answer<Previewed>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    check(&app, &caller, &site, &preview.rule).await?;
    let windows = preview.windows.unwrap_or(WINDOWS);
    if !(1..=MOST_WINDOWS).contains(&windows) {
        let message = format!("It has to be 1 to {MOST_WINDOWS}.");
        return Err(ApiError::new(Code::InvalidField, message).field("windows"));
    }
    let data = look(&app, &site, preview.rule, windows).await?;
    Ok(Answer(Previewed { data }))
}

/// What came of telling each channel that this is a test.
#[derive(Serialize, ToSchema)]
#[schema(as = AlertTested)]
pub(crate) struct Tested {
    data: Vec<Tried>,
}

/// `POST /api/v1/alerts/{id}/test`
#[utoipa::path(post, path = "/api/v1/alerts/{id}/test", tag = "alerts", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), SiteParams), responses((status = 200, body = Tested), failures::Changing))]
pub(crate) async fn test(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
) -> Result<Answer<Tested>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let alert = find(&app, &site, id).await?;
    let looked = look(&app, &site, alert.rule.clone(), 1).await?;
    let looked = looked.into_iter().next().ok_or_else(ApiError::not_found)?;
    let told = watch::tell(&alert, &site, alert.state, looked);
    let channels = alert.channels.unwrap_or_default();
    let data = app.watch().sender().test(site.id, &told, &channels).await?;
    Ok(Answer(Tested { data }))
}
