//! What is concluded of somebody when their journey is read: score, insights, usage.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::journey::{
    DAY_MS, EngagementScore, Insight, Occasion, Occasions, PersonVisitor, RecordKind, Seen,
    Session, Usage, WINDOW_DAYS, Weights, insights,
};
use crate::store::sites::Site;
use crate::store::{Page, Somebody};

/// Part of the answer about a visitor or a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct Scores {
    engagement: EngagementScore,
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
    pub(super) stage: &'t str,
    pub(super) orders: i64,
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
    let sessions = &told.sessions.data;
    let (mut occasions, mut whole_since) = store.interaction_occasions(site.id, somebody).await?;
    occasions.extend(sessions.iter().map(|one| occasion(one, told.visitors)));
    for one in &mut occasions {
        // A clock that is ahead by less than a minute is not corrected.
        one.began = one.began.min(now);
    }
    if told.sessions.next_cursor.is_some() {
        whole_since = whole_since.max(sessions.last().map(|last| last.started_at));
    }
    let occasions = Occasions::of(occasions, whole_since);
    let engagement = occasions.score(now, Weights::default());
    let window = (now - WINDOW_DAYS * DAY_MS + 1, now);
    let found = if told.bot {
        Vec::new()
    } else {
        let last = app
            .store()
            .stages(site.id)
            .stages()
            .last()
            .map(|s| s.key.clone());
        insights(&Seen {
            now,
            occasions: &occasions,
            score: &engagement,
            total_sessions: told.total_sessions,
            orders: told.orders,
            is_converted: last.as_deref() == Some(told.stage),
            price_views: &store.price_views(site.id, somebody, window).await?,
        })
    };
    let ids: Vec<Uuid> = sessions.iter().map(|one| one.session_id).collect();
    Ok(Scores {
        engagement,
        insights: found,
        usage: store.usage(site.id, somebody, &ids).await?,
    })
}

/// A session as an occasion. On a browser that others used too it is the person's only while they were there.
fn occasion(session: &Session, visitors: &[PersonVisitor]) -> Occasion {
    let (mut began, mut last) = (session.started_at, session.last_activity_at);
    let own = visitors
        .iter()
        .find(|visitor| visitor.shared && visitor.visitor_id == session.visitor_id);
    if let Some(own) = own {
        began = began.max(own.first_seen);
        last = last.min(own.last_seen);
    }
    Occasion {
        kind: RecordKind::Session,
        id: session.session_id,
        began,
        last,
        channel: session
            .touch
            .as_ref()
            .and_then(|touch| touch.channel.clone()),
    }
}
