//! `/api/v1/sites/{id}/retention`: how long a site keeps things, what a round would remove and has removed, and the sums that
//! stay of it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::days::Period;
use super::input::{self, Id, Query};
use super::openapi::failures;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::store::Store;
use crate::store::retention::{Keep, KeptTotal, Limits, MOST_DAYS, MOST_EVENTS, Removed, Round};

#[derive(Serialize, ToSchema)]
pub(crate) struct Retention {
    #[serde(flatten)]
    limits: Limits,
    /// The last round, or the one that is under way; null where there was none.
    round: Option<Round>,
    /// When the next one begins at the earliest; null while one is under way, and until the collector has looked at the site.
    next_at: Option<i64>,
    /// Days for which an erasure can be taken back where nobody says how many.
    grace_days: i64,
    /// What a round would remove, where that was asked for.
    would: Option<Removed>,
}

async fn described(
    app: &App,
    site_id: i64,
    would: Option<Removed>,
    limits: Option<Limits>,
) -> Result<Retention, ApiError> {
    let store = app.store();
    let round = store.round(site_id).await?;
    let limits = match limits {
        Some(limits) => limits,
        None => store.limits(site_id).await?,
    };
    Ok(Retention {
        next_at: round
            .as_ref()
            .and_then(|round| round.ended_at)
            .map(|ended| app.expirer().next(ended)),
        limits,
        round,
        grace_days: store.grace_days(site_id).await?,
        would,
    })
}

/// `GET /api/v1/sites/{id}/retention`
#[utoipa::path(get, path = "/api/v1/sites/{id}/retention", tag = "sites", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path)), responses((status = 200, body = Retention), failures::Asking))]
pub(crate) async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
) -> Result<Json<Retention>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    Ok(Json(described(&app, site.id, None, None).await?))
}

/// A limit as a request says it: days, `"forever"`, or `"default"`.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = RetentionLimit)]
pub(crate) enum Wanted {
    Days(i64),
    Word(Word),
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RetentionWord)]
pub(crate) enum Word {
    /// For ever.
    Forever,
    /// As long as the site's other things, or of a site 365 days.
    Default,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RetentionChange)]
pub(crate) struct Change {
    /// For how long the site keeps things.
    days: Option<Wanted>,
    /// The same of events, by name.
    #[serde(default)]
    events: BTreeMap<String, Wanted>,
    /// Days for which an erasure can be taken back where nobody says how many.
    grace_days: Option<i64>,
    /// Whether to say what a round would remove by these limits, and change nothing.
    #[serde(default)]
    dry_run: bool,
}

/// `PATCH /api/v1/sites/{id}/retention`
#[utoipa::path(patch, path = "/api/v1/sites/{id}/retention", tag = "sites", security(("cookie" = [])), params(("id" = i64, Path)), request_body = Change, responses((status = 200, body = Retention), failures::Changing))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    input::Json(change): input::Json<Change>,
) -> Result<Json<Retention>, ApiError> {
    let actor = caller.actor();
    let site = caller.site(&app, Some(id)).await?;
    let mut wanted = BTreeMap::new();
    if let Some(days) = change.days {
        wanted.insert(None, keep(days, "days".to_owned())?);
    }
    for (name, days) in change.events {
        let days = keep(days, format!("events.{name}"))?;
        wanted.insert(Some(name), days);
    }
    let store = app.store();
    let limits = changed(store, site.id, &wanted).await?;
    if change.dry_run {
        let would = store.expirable(site.id, &limits, clock::now()).await?;
        return Ok(Json(
            described(&app, site.id, Some(would), Some(limits)).await?,
        ));
    }
    if let Some(days) = change.grace_days {
        if !(0..=MOST_GRACE).contains(&days) {
            return Err(
                ApiError::new(Code::InvalidField, "has to be from 0 to 365 days")
                    .field("grace_days"),
            );
        }
        store
            .set_grace_days(site.id, days, &actor, clock::now())
            .await?;
    }
    if !wanted.is_empty() {
        store
            .set_limits(site.id, &wanted, &actor, clock::now())
            .await?;
    }
    Ok(Json(described(&app, site.id, None, None).await?))
}

/// The most days of a time of grace.
pub(crate) const MOST_GRACE: i64 = 365;

fn keep(wanted: Wanted, field: String) -> Result<Keep, ApiError> {
    match wanted {
        Wanted::Days(days) if (1..=MOST_DAYS).contains(&days) => Ok(Keep::Days(days)),
        Wanted::Days(_) => {
            let message = "has to be from 1 to 36500 days, \"forever\" or \"default\"";
            Err(ApiError::new(Code::InvalidField, message).field(field))
        }
        Wanted::Word(Word::Forever) => Ok(Keep::Forever),
        Wanted::Word(Word::Default) => Ok(Keep::Default),
    }
}

/// The limits of a site once these are changed.
pub(crate) async fn changed(
    store: &Store,
    site_id: i64,
    wanted: &BTreeMap<Option<String>, Keep>,
) -> Result<Limits, ApiError> {
    let limits = store.limits(site_id).await?.with(wanted);
    let wrong =
        |message: &'static str| Err(ApiError::new(Code::InvalidField, message).field("events"));
    if limits.events.len() > MOST_EVENTS {
        return wrong("a site has at most 100 events with a limit of their own");
    }
    if wanted
        .keys()
        .flatten()
        .any(|name| name.is_empty() || name.len() > 1000 || name.contains('\0'))
    {
        return wrong("no event has this name");
    }
    Ok(limits)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Days {
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<jiff::civil::Date>,
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    to: Option<jiff::civil::Date>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct KeptTotals {
    data: Vec<KeptTotal>,
}

/// `GET /api/v1/sites/{id}/retention/totals`
#[utoipa::path(get, path = "/api/v1/sites/{id}/retention/totals", tag = "sites", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path), Days), responses((status = 200, body = KeptTotals), failures::Asking))]
pub(crate) async fn totals(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    Query(days): Query<Days>,
) -> Result<Json<KeptTotals>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let period = Period::between(days.from, days.to, &site)?;
    let (from, to) = (period.from.to_string(), period.to.to_string());
    let data = app.store().kept_totals(site.id, &from, &to).await?;
    Ok(Json(KeptTotals { data }))
}
