//! `/api/v1/visitors`: journeys, one journey in full, and what the owner says of it.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa::ToSchema;
use uuid::Uuid;

use super::caller::Caller;
use super::input::{self, Id, Limit, Query};
use super::openapi::failures;
use super::scores::{self, Scores};
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::journey::{Entry, Journey, Revenue, Session};
use crate::store::sites::Site;
use crate::store::{Bots, EntryFilter, OrderFilter, Page, SessionFilter, Somebody, VisitorFilter};

/// Sessions that come with a journey; the list of sessions has the rest.
pub(super) const SESSIONS: u32 = 500;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    pub(super) site: Option<i64>,
    q: Option<String>,
    stage: Option<String>,
    source: Option<String>,
    #[serde(default, deserialize_with = "input::parsed")]
    bots: Option<Bots>,
    cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Limit,
}

impl ListParams {
    /// The filter, the cursor and the length of the page. An error if the site has no such stage.
    pub(super) fn split(
        self,
        app: &App,
        site: &Site,
    ) -> Result<(VisitorFilter, Option<String>, u32), ApiError> {
        if let Some(stage) = &self.stage {
            let definition = app.store().stages(site.id);
            if definition.rank(stage).is_none() {
                let keys: Vec<&str> = definition.stages().iter().map(|s| s.key.as_str()).collect();
                let message = format!("The site has the stages {}.", keys.join(", "));
                return Err(ApiError::new(Code::InvalidParameter, message).field("stage"));
            }
        }
        let filter = VisitorFilter {
            q: self.q,
            stage: self.stage,
            source: self.source,
            bots: self.bots.unwrap_or_default(),
        };
        Ok((filter, self.cursor, self.limit.get()))
    }
}

/// `GET /api/v1/visitors`
#[utoipa::path(get, path = "/api/v1/visitors", tag = "journeys", security(("api_key" = []), ("cookie" = [])), params(ListParams), responses((status = 200, body = Page<Journey>), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Result<Json<Page<Journey>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let (filter, cursor, limit) = params.split(&app, &site)?;
    let page = app
        .store()
        .visitors(site.id, &filter, cursor.as_deref(), limit)
        .await?;
    Ok(Json(page))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OneParams {
    pub(super) site: Option<i64>,
    pub(super) cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    pub(super) limit: Limit,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Full {
    journey: Journey,
    revenue: Revenue,
    sessions: Vec<Session>,
    timeline: Page<Entry>,
    #[serde(flatten)]
    scores: Scores,
}

/// `GET /api/v1/visitors/{id}`
#[utoipa::path(get, path = "/api/v1/visitors/{id}", tag = "journeys", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), OneParams), responses((status = 200, body = Full), failures::Asking))]
pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<OneParams>,
) -> Result<Json<Full>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let journey = app
        .store()
        .journey(site.id, id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let filter = SessionFilter {
        visitor: Some(id),
        bots: Bots::Include,
        within: None,
    };
    let sessions = app
        .store()
        .sessions(site.id, &filter, None, SESSIONS)
        .await?;
    let filter = OrderFilter {
        visitor: Some(id),
        within: None,
    };
    let revenue = app.store().revenue(&site, &filter).await?;
    let filter = EntryFilter {
        visitor: Some(id),
        bots: Bots::Include,
        ..EntryFilter::default()
    };
    let timeline = app
        .store()
        .timeline(
            site.id,
            &filter,
            params.cursor.as_deref(),
            params.limit.get(),
        )
        .await?;
    let told = scores::Told {
        sessions: &sessions,
        visitors: &[],
        total_sessions: journey.total_sessions,
        stage: &journey.stage,
        orders: revenue.orders,
        bot: journey.bot,
    };
    let scores = scores::of(&app, &site, Somebody::Visitor(id), told).await?;
    Ok(Json(Full {
        journey,
        revenue,
        sessions: sessions.data,
        timeline,
        scores,
    }))
}

/// What a list does with bots: what was asked for, else it leaves them out, unless somebody was asked for by id.
pub(super) fn bots_of(asked: Option<Bots>, named: bool) -> Bots {
    asked.unwrap_or(if named { Bots::Include } else { Bots::Exclude })
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SiteParams {
    pub(super) site: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decision {
    // Null has a meaning of its own here, so it has to be said.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    bot: Option<bool>,
}

/// `PUT /api/v1/visitors/{id}/bot`
#[utoipa::path(put, path = "/api/v1/visitors/{id}/bot", tag = "journeys", security(("cookie" = [])), params(("id" = Uuid, Path), SiteParams), request_body = Decision, responses((status = 200, body = Journey), failures::Changing))]
pub(crate) async fn decide_bot(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
    input::Json(decision): input::Json<Decision>,
) -> Result<Json<Journey>, ApiError> {
    caller.person()?;
    let site = caller.site(&app, params.site).await?;
    if !app.store().decide_bot(site.id, id, decision.bot).await? {
        return Err(ApiError::not_found());
    }
    let journey = app.store().journey(site.id, id).await?;
    journey.map(Json).ok_or_else(ApiError::not_found)
}
