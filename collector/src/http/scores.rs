//! What is concluded of somebody when their journey is read: score, trend, insights, usage.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::journey::{
    EngagementScore, Insight, Occasion, PersonVisitor, ReachedStage, RecordKind, Session, Trend,
    Usage,
};
use crate::judging::known::{self, Of};
use crate::store::sites::Site;
use crate::store::{Page, Somebody};

/// Part of the answer about a visitor or a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct Scores {
    engagement: EngagementScore,
    trend: Trend,
    /// Those that speak for interest first. None of bots.
    insights: Vec<Insight>,
    usage: Usage,
}

/// What else the answer says of them.
pub(super) struct Told<'t> {
    /// Their latest sessions.
    pub(super) sessions: &'t Page<Session>,
    /// Their browsers, where others may have used them too.
    pub(super) visitors: &'t [PersonVisitor],
    pub(super) total_sessions: i64,
    pub(super) stages: &'t [ReachedStage],
    pub(super) bot: bool,
}

/// Concludes it, as of now.
pub(super) async fn of(
    app: &App,
    site: &Site,
    somebody: Somebody<'_>,
    told: Told<'_>,
) -> Result<Scores, ApiError> {
    let (store, now) = (app.store(), clock::now());
    let scale = store.scale(site.id).await?;
    let sessions = &told.sessions.data;
    let whole_since = match &told.sessions.next_cursor {
        Some(_) => sessions.last().map(|last| last.started_at),
        None => None,
    };
    let of = Of {
        somebody,
        sessions: (
            sessions
                .iter()
                .map(|one| occasion(one, told.visitors))
                .collect(),
            whole_since,
        ),
        total_sessions: told.total_sessions,
        stages: told.stages,
        definition: &store.stages(site.id),
        // A clock that is ahead by less than a minute is not corrected.
        latest: now,
        price_views: (now - scale.window_ms() + 1, now),
    };
    let known = known::of(store, site.id, of, scale).await?;
    let ids: Vec<Uuid> = sessions.iter().map(|one| one.session_id).collect();
    Ok(Scores {
        engagement: known.occasions.score(now),
        trend: Trend::of(&known.occasions, now),
        insights: if told.bot {
            Vec::new()
        } else {
            known.insights(now)
        },
        usage: store.usage(site.id, somebody, &ids).await?,
    })
}

/// A session as an occasion.
fn occasion(session: &Session, visitors: &[PersonVisitor]) -> Occasion {
    let touch = session.touch.as_ref();
    Occasion {
        kind: RecordKind::Session,
        id: session.session_id,
        began: session.started_at,
        last: session.last_activity_at,
        channel: touch.and_then(|touch| touch.channel.clone()),
    }
    .on(session.visitor_id, visitors)
}
