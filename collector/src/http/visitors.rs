//! `/api/v1/visitors`: journeys, one journey in full, and what the owner says of it.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa::ToSchema;
use uuid::Uuid;

use super::caller::Caller;
use super::input::{self, Id, Limit, Query};
use super::openapi::failures;
use super::questions;
use super::scores::{self, Scores};
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::journey::{Entry, Journey, Revenue, Scale, Session, UnknownName};
use crate::store::audit::By;
use crate::store::judgements::{KeptScore, Ranking};
use crate::store::sites::Site;
use crate::store::{
    Bots, Came, EntryFilter, OrderFilter, Page, SessionFilter, Somebody, VisitorFilter,
};

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
    #[serde(default, deserialize_with = "input::parsed")]
    sort: Option<Sort>,
    /// From 0 to 1. Leaves out who has no score; of lists by score or stage.
    #[param(minimum = 0.0, maximum = 1.0)]
    min_score: Option<f64>,
    cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Limit,
}

/// What a list is of.
pub(super) struct Asked {
    pub(super) filter: VisitorFilter,
    /// Where it goes by what is kept, with the least standing of those who are there.
    pub(super) ranking: Option<(Ranking, Option<i64>)>,
    pub(super) scale: Scale,
    pub(super) now: i64,
    pub(super) cursor: Option<String>,
    pub(super) limit: u32,
}

impl ListParams {
    /// What is asked. An error if the site has no such stage, or there is no such score.
    pub(super) async fn asked(self, app: &App, site: &Site) -> Result<Asked, ApiError> {
        let ranking = match self.sort.unwrap_or_default() {
            Sort::LastSeen => None,
            Sort::Score => Some(Ranking::Score),
            Sort::Stage => Some(Ranking::Stage),
        };
        let wrong = |message| ApiError::new(Code::InvalidParameter, message).field("min_score");
        if let Some(score) = self.min_score {
            if !(0.0..=1.0).contains(&score) {
                return Err(wrong("A score is from 0 to 1."));
            }
            if ranking.is_none() {
                return Err(wrong("Only a list by score or stage has a least score."));
            }
        }
        let (scale, now) = (app.store().scale(site.id).await?, clock::now());
        // Whose score has fallen to nothing has no least one.
        let least = self.min_score.filter(|score| *score > 0.0);
        let least = least.map(|score| scale.standing_of(score, now));
        Ok(Asked {
            filter: VisitorFilter {
                q: self.q,
                stage: stage_of(app, site, self.stage)?,
                source: self.source,
                bots: self.bots.unwrap_or_default(),
                ..VisitorFilter::default()
            },
            ranking: ranking.map(|by| (by, least)),
            scale,
            now,
            cursor: self.cursor,
            limit: self.limit.get(),
        })
    }
}

/// What the list is ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Sort {
    /// Most recently seen first.
    #[default]
    LastSeen,
    /// The highest kept score first.
    Score,
    /// The highest stage first, and of one stage the highest score.
    Stage,
}

impl FromStr for Sort {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "last_seen" => Ok(Self::LastSeen),
            "score" => Ok(Self::Score),
            "stage" => Ok(Self::Stage),
            _ => Err(UnknownName),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = KeptScore)]
pub(crate) struct Kept {
    /// The score as of now, of the occasions as of `judged_at`; null where nothing is known.
    score: Option<f64>,
    /// When they were judged.
    judged_at: i64,
}

impl Kept {
    pub(super) fn at(now: i64, scale: &Scale, kept: &KeptScore) -> Self {
        Self {
            score: kept.standing.map(|standing| scale.score_of(standing, now)),
            judged_at: kept.judged_at,
        }
    }
}

/// A journey in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = ListedJourney)]
pub(crate) struct Listed {
    #[serde(flatten)]
    journey: Journey,
    /// What was kept of the person whose browser it is; null before they were judged. Of a browser that several used, the
    /// highest score of theirs.
    kept: Option<Kept>,
}

/// The stage that a list is of. An error if the site has no such stage.
fn stage_of(app: &App, site: &Site, stage: Option<String>) -> Result<Option<String>, ApiError> {
    if let Some(stage) = &stage {
        let definition = app.store().stages(site.id);
        if definition.rank(stage).is_none() {
            let keys: Vec<&str> = definition.stages().iter().map(|s| s.key.as_str()).collect();
            let message = format!("The site has the stages {}.", keys.join(", "));
            return Err(ApiError::new(Code::InvalidParameter, message).field("stage"));
        }
    }
    Ok(stage)
}

/// What the list of visitors takes: as [`ListParams`], and how and when somebody came.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VisitorParams {
    site: Option<i64>,
    q: Option<String>,
    stage: Option<String>,
    source: Option<String>,
    /// Whose first channel is this.
    channel: Option<String>,
    /// Part of the address of the first landing page.
    entry_page: Option<String>,
    /// Two letters.
    country: Option<String>,
    /// Seen on this day or later.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// Seen first on this day or before.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// The IANA name of the time zone in which days begin; the site's where there is none.
    zone: Option<String>,
    #[serde(default, deserialize_with = "input::parsed")]
    bots: Option<Bots>,
    #[serde(default, deserialize_with = "input::parsed")]
    sort: Option<Sort>,
    /// From 0 to 1. Leaves out who has no score; of lists by score or stage.
    #[param(minimum = 0.0, maximum = 1.0)]
    min_score: Option<f64>,
    cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Limit,
}

impl VisitorParams {
    async fn asked(self, app: &App, site: &Site) -> Result<Asked, ApiError> {
        let (from, until) = questions::moments(self.from, self.to, self.zone.as_deref(), site)?;
        let came = Came {
            channel: self.channel,
            entry_page: self.entry_page,
            country: self.country,
            from,
            until,
        };
        let rest = ListParams {
            site: self.site,
            q: self.q,
            stage: self.stage,
            source: self.source,
            bots: self.bots,
            sort: self.sort,
            min_score: self.min_score,
            cursor: self.cursor,
            limit: self.limit,
        };
        let mut asked = rest.asked(app, site).await?;
        asked.filter.came = came;
        Ok(asked)
    }
}

/// `GET /api/v1/visitors`
#[utoipa::path(get, path = "/api/v1/visitors", tag = "journeys", security(("api_key" = []), ("cookie" = [])), params(VisitorParams), responses((status = 200, body = Page<Listed>), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<VisitorParams>,
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
        None => store.visitors(site.id, &filter, cursor, limit).await?,
        Some(by) => {
            store
                .ranked_visitors(site.id, &filter, by, cursor, limit)
                .await?
        }
    };
    let ids = page.data.iter().map(|journey| journey.visitor_id);
    let kept = store.kept_scores_of_visitors(site.id, ids).await?;
    let listed = |journey: Journey| Listed {
        kept: kept
            .get(&journey.visitor_id)
            .map(|kept| Kept::at(now, &scale, kept)),
        journey,
    };
    Ok(Json(Page {
        data: page.data.into_iter().map(listed).collect(),
        next_cursor: page.next_cursor,
    }))
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
    let of_sessions = SessionFilter {
        visitor: Some(id),
        bots: Bots::Include,
        within: None,
        ..SessionFilter::default()
    };
    let of_orders = OrderFilter {
        visitor: Some(id),
        within: None,
    };
    let of_entries = EntryFilter {
        visitor: Some(id),
        bots: Bots::Include,
        ..EntryFilter::default()
    };
    let store = app.store();
    let (cursor, limit) = (params.cursor.as_deref(), params.limit.get());
    let (sessions, revenue, timeline) = tokio::try_join!(
        store.sessions(site.id, &of_sessions, None, SESSIONS),
        store.revenue(&site, &of_orders),
        store.timeline(site.id, &of_entries, cursor, limit),
    )?;
    let told = scores::Told {
        sessions: &sessions,
        visitors: &[],
        total_sessions: journey.total_sessions,
        stages: &journey.stages,
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
#[utoipa::path(put, path = "/api/v1/visitors/{id}/bot", tag = "journeys", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), SiteParams), request_body = Decision, responses((status = 200, body = Journey), failures::Changing))]
pub(crate) async fn decide_bot(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
    input::Json(decision): input::Json<Decision>,
) -> Result<Json<Journey>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    if !app
        .store()
        .decide_bot(site.id, id, decision.bot, by)
        .await?
    {
        return Err(ApiError::not_found());
    }
    let journey = app.store().journey(site.id, id).await?;
    journey.map(Json).ok_or_else(ApiError::not_found)
}
