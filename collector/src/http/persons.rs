//! `/api/v1/persons`: people with everything they did on all of their browsers, and what the owner says of their ids.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::input::{self, Id, Query};
use super::openapi::failures;
use super::scores::{self, Scores};
use super::visitors::{Asked, Kept, ListParams, OneParams, SESSIONS, SiteParams};
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::journey::{
    ChannelContacts, Entry, Identity, MOST_IDS, Merge, Order, Person, Revenue, Session,
};
use crate::judging;
use crate::store::kept_insights::KeptInsight;
use crate::store::persons::{Found, Merged, Slices};
use crate::store::sites::Site;
use crate::store::{Bots, EntryFilter, OrderFilter, Page, SessionFilter, Somebody};

/// A person in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = ListedPerson)]
pub(crate) struct Listed {
    #[serde(flatten)]
    person: Person,
    /// What was kept when they were judged last; null before that.
    kept: Option<Kept>,
}

/// `GET /api/v1/persons`
#[utoipa::path(get, path = "/api/v1/persons", tag = "persons", security(("api_key" = []), ("cookie" = [])), params(ListParams), responses((status = 200, body = Page<Listed>), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Result<Json<Page<Listed>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let Asked {
        filter,
        ranking,
        scale,
        now,
        cursor,
        limit,
    } = params.asked(&app, &site).await?;
    let (store, cursor) = (app.store(), cursor.as_deref());
    let page = match ranking {
        None => store.persons(site.id, &filter, cursor, limit).await?,
        Some(by) => {
            store
                .ranked_persons(site.id, &filter, by, cursor, limit)
                .await?
        }
    };
    let ids = page.data.iter().map(|person| &person.id);
    let kept = store.kept_scores(site.id, ids).await?;
    let listed = |person: Person| Listed {
        kept: kept.get(&person.id).map(|kept| Kept::at(now, &scale, kept)),
        person,
    };
    Ok(Json(Page {
        data: page.data.into_iter().map(listed).collect(),
        next_cursor: page.next_cursor,
    }))
}

#[derive(Serialize, ToSchema)]
#[schema(as = FullPerson)]
pub(crate) struct Full {
    person: Person,
    /// What the owner said of their ids, and can take back.
    merges: Vec<Merge>,
    revenue: Revenue,
    sessions: Vec<Session>,
    timeline: Page<Entry>,
    /// What passed between them and the site outside of its pages, by channel.
    interactions: Vec<ChannelContacts>,
    #[serde(flatten)]
    scores: Scores,
    /// Kept insights that have begun, the newest first, whether they hold or have ended.
    insight_history: Vec<KeptInsight>,
}

/// `GET /api/v1/persons/{id}`
#[utoipa::path(get, path = "/api/v1/persons/{id}", tag = "persons", security(("api_key" = []), ("cookie" = [])), params(("id" = String, Path), OneParams), responses((status = 200, body = Full), failures::Asking))]
pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Identity>,
    Query(params): Query<OneParams>,
) -> Result<Json<Full>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let found = find(&app, &site, &id).await?;
    let within = Slices::of_people([&found]);
    let interactions = app.store().person_channels(site.id, &within).await?;
    let sessions = sessions_of(&app, &site, within.clone(), None, SESSIONS).await?;
    let revenue = app
        .store()
        .revenue(&site, &orders_of(within.clone()))
        .await?;
    let told = scores::Told {
        sessions: &sessions,
        visitors: &found.person.visitors,
        total_sessions: found.person.figures.total_sessions,
        stages: &found.person.figures.stages,
        bot: found.person.bot,
    };
    let scores = scores::of(&app, &site, Somebody::Person(&within), told).await?;
    let cursor = params.cursor.as_deref();
    let timeline = timeline_of(&app, &site, within, cursor, params.limit.get()).await?;
    let insight_history = app
        .store()
        .insights_of(site.id, &judging::ids(&found), clock::now())
        .await?;
    Ok(Json(Full {
        person: found.person,
        merges: found.merges,
        revenue,
        sessions: sessions.data,
        timeline,
        interactions,
        scores,
        insight_history,
    }))
}

/// `GET /api/v1/persons/{id}/timeline`
#[utoipa::path(get, path = "/api/v1/persons/{id}/timeline", tag = "persons", security(("api_key" = []), ("cookie" = [])), params(("id" = String, Path), OneParams), responses((status = 200, body = Page<Entry>), failures::Asking))]
pub(crate) async fn timeline(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Identity>,
    Query(params): Query<OneParams>,
) -> Result<Json<Page<Entry>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let found = find(&app, &site, &id).await?;
    let cursor = params.cursor.as_deref();
    let within = Slices::of_people([&found]);
    let page = timeline_of(&app, &site, within, cursor, params.limit.get()).await?;
    Ok(Json(page))
}

/// `GET /api/v1/persons/{id}/sessions`
#[utoipa::path(get, path = "/api/v1/persons/{id}/sessions", tag = "persons", security(("api_key" = []), ("cookie" = [])), params(("id" = String, Path), OneParams), responses((status = 200, body = Page<Session>), failures::Asking))]
pub(crate) async fn sessions(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Identity>,
    Query(params): Query<OneParams>,
) -> Result<Json<Page<Session>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let found = find(&app, &site, &id).await?;
    let cursor = params.cursor.as_deref();
    let within = Slices::of(&found.slices);
    let page = sessions_of(&app, &site, within, cursor, params.limit.get()).await?;
    Ok(Json(page))
}

/// `GET /api/v1/persons/{id}/orders`
#[utoipa::path(get, path = "/api/v1/persons/{id}/orders", tag = "persons", security(("api_key" = []), ("cookie" = [])), params(("id" = String, Path), OneParams), responses((status = 200, body = Page<Order>), failures::Asking))]
pub(crate) async fn orders(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Identity>,
    Query(params): Query<OneParams>,
) -> Result<Json<Page<Order>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let found = find(&app, &site, &id).await?;
    let filter = orders_of(Slices::of(&found.slices));
    let (cursor, limit) = (params.cursor.as_deref(), params.limit.get());
    let page = app.store().orders(site.id, &filter, cursor, limit).await?;
    Ok(Json(page))
}

/// The orders of some browsers, or parts of browsers.
pub(super) fn orders_of(within: Slices) -> OrderFilter {
    OrderFilter {
        within: Some(within),
        ..OrderFilter::default()
    }
}

async fn find(app: &App, site: &Site, id: &Identity) -> Result<Found, ApiError> {
    let found = app.store().person(site.id, id).await?;
    found.ok_or_else(ApiError::not_found)
}

async fn sessions_of(
    app: &App,
    site: &Site,
    within: Slices,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Session>, ApiError> {
    let filter = SessionFilter {
        bots: Bots::Include,
        within: Some(within),
        ..SessionFilter::default()
    };
    Ok(app
        .store()
        .sessions(site.id, &filter, cursor, limit)
        .await?)
}

/// The entries of some browsers, or parts of browsers, as one timeline.
pub(super) async fn timeline_of(
    app: &App,
    site: &Site,
    within: Slices,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Entry>, ApiError> {
    let filter = EntryFilter {
        bots: Bots::Include,
        within: Some(within),
        ..EntryFilter::default()
    };
    Ok(app
        .store()
        .timeline(site.id, &filter, cursor, limit)
        .await?)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pair {
    /// One id, such as `user:42`.
    #[schema(value_type = String)]
    person: Identity,
    /// The other one.
    #[schema(value_type = String)]
    other: Identity,
}

/// `POST /api/v1/persons/merge`
#[utoipa::path(post, path = "/api/v1/persons/merge", tag = "persons", security(("api_key" = []), ("cookie" = [])), params(SiteParams), request_body = Pair, responses((status = 200, body = Person), failures::Changing))]
pub(crate) async fn merge(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
    input::Json(pair): input::Json<Pair>,
) -> Result<Json<Person>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let actor = caller.actor();
    let ids = [&pair.person, &pair.other];
    let done = app
        .store()
        .merge_persons(site.id, ids, &actor, clock::now())
        .await?;
    check(&pair, done)?;
    Ok(Json(find(&app, &site, &pair.person).await?.person))
}

/// `POST /api/v1/persons/unmerge`
#[utoipa::path(post, path = "/api/v1/persons/unmerge", tag = "persons", security(("api_key" = []), ("cookie" = [])), params(SiteParams), request_body = Pair, responses((status = 200, body = Person), failures::Changing))]
pub(crate) async fn unmerge(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
    input::Json(Pair { person, other }): input::Json<Pair>,
) -> Result<Json<Person>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let actor = caller.actor();
    let store = app.store();
    let ids = [&person, &other];
    if !store
        .unmerge_persons(site.id, ids, &actor, clock::now())
        .await?
    {
        return Err(ApiError::not_found());
    }
    Ok(Json(find(&app, &site, &person).await?.person))
}

/// Says which id is at fault, if one is.
fn check(pair: &Pair, done: Merged) -> Result<(), ApiError> {
    let field = |id: &Identity| {
        if *id == pair.person {
            "person"
        } else {
            "other"
        }
    };
    match done {
        Merged::Done | Merged::Nothing => Ok(()),
        Merged::Unknown(id) => Err(ApiError::not_found().field(field(&id))),
        Merged::Shared(id) => Err(ApiError::new(
            Code::InvalidField,
            "Several users are known of this visitor: say which one, as user:<id>.",
        )
        .field(field(&id))),
        Merged::TooMany => Err(ApiError::new(
            Code::InvalidField,
            format!("Together they would have more than {MOST_IDS} ids."),
        )
        .field("other")
        .limit(MOST_IDS)),
    }
}
