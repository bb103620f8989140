//! Rows as they are read.

use sqlx::FromRow;
use uuid::Uuid;

use crate::rollups::distinct::Distinct;
use crate::rollups::hours::{Began, Counted, Happened, Hours, Starts, Whence};
use crate::store::StoreError;

#[derive(FromRow)]
pub(super) struct WhenceRow {
    pub(super) touched: bool,
    pub(super) source: Option<String>,
    pub(super) medium: Option<String>,
    pub(super) campaign: Option<String>,
    pub(super) channel: Option<String>,
}

impl WhenceRow {
    pub(super) fn whence(self) -> Whence {
        if !self.touched {
            return Whence::default();
        }
        Whence {
            source: self.source,
            medium: self.medium,
            campaign: self.campaign,
            channel: self.channel,
        }
    }
}

#[derive(FromRow)]
pub(super) struct SessionRow {
    pub(super) visitor_id: Uuid,
    pub(super) started_at: i64,
    pub(super) last_at: i64,
    pub(super) page_views: i64,
    pub(super) events: i64,
    #[sqlx(flatten)]
    pub(super) whence: WhenceRow,
    pub(super) bot: bool,
    pub(super) is_first: bool,
    pub(super) page_views_there: i64,
    pub(super) events_there: i64,
    pub(super) conversions: i64,
    pub(super) visible_ms: i64,
}

impl SessionRow {
    pub(super) fn counted(self) -> Counted {
        Counted {
            visitor: self.visitor_id,
            bot: self.bot,
            is_first: self.is_first,
            whence: self.whence.whence(),
            started_at: self.started_at,
            last_at: self.last_at,
            page_views: self.page_views,
            events: self.events,
            there: (self.page_views_there, self.events_there),
            conversions: self.conversions,
            visible_ms: self.visible_ms,
        }
    }
}

#[derive(FromRow)]
pub(super) struct StartsRow {
    pub(super) sessions: i64,
    pub(super) new_visitors: i64,
    pub(super) engaged: i64,
    pub(super) converted: i64,
    pub(super) visible_ms: i64,
    pub(super) lasted_ms: i64,
}

impl StartsRow {
    pub(super) fn starts(&self) -> Starts {
        Starts {
            sessions: self.sessions,
            new_visitors: self.new_visitors,
            engaged: self.engaged,
            converted: self.converted,
            visible_ms: self.visible_ms,
            lasted_ms: self.lasted_ms,
        }
    }
}

#[derive(FromRow)]
pub(super) struct HourRow {
    pub(super) hour: i64,
    pub(super) bot: bool,
    pub(super) page_views: i64,
    pub(super) events: i64,
    pub(super) conversions: i64,
    #[sqlx(flatten)]
    pub(super) starts: StartsRow,
    pub(super) visitors: Vec<u8>,
}

#[derive(FromRow)]
pub(super) struct TouchRow {
    pub(super) hour: i64,
    pub(super) bot: bool,
    pub(super) source: Option<String>,
    pub(super) medium: Option<String>,
    pub(super) campaign: Option<String>,
    pub(super) channel: Option<String>,
    pub(super) page_views: i64,
    pub(super) events: i64,
    pub(super) conversions: i64,
    #[sqlx(flatten)]
    pub(super) starts: StartsRow,
    pub(super) visitors: Vec<u8>,
}

#[derive(FromRow)]
pub(super) struct OrderRow {
    pub(super) order_key: String,
    pub(super) at: i64,
    pub(super) amount: Option<i64>,
    pub(super) currency: Option<String>,
    #[sqlx(flatten)]
    pub(super) whence: WhenceRow,
    pub(super) bot: bool,
}

#[derive(FromRow)]
pub(super) struct Bounds {
    pub(super) first_session: Option<i64>,
    /// A second, as the next.
    pub(super) first_event: Option<i64>,
    pub(super) last_session: Option<i64>,
    pub(super) last_event: Option<i64>,
}

fn stored(bytes: &[u8]) -> Result<Distinct, StoreError> {
    Distinct::read(bytes).ok_or_else(|| StoreError::Internal("a set of visitors".to_owned()))
}

/// Adds sums as they are kept.
pub(super) fn add_kept(
    hours: &mut Hours,
    kept: Vec<HourRow>,
    touches: Vec<TouchRow>,
) -> Result<(), StoreError> {
    for row in kept {
        let happened = Happened {
            page_views: row.page_views,
            events: row.events,
            conversions: row.conversions,
            starts: row.starts.starts(),
            visitors: stored(&row.visitors)?,
        };
        hours.happened.insert((row.hour, row.bot), happened);
    }
    for row in touches {
        let whence = Whence {
            source: row.source,
            medium: row.medium,
            campaign: row.campaign,
            channel: row.channel,
        };
        let began = Began {
            page_views: row.page_views,
            events: row.events,
            conversions: row.conversions,
            starts: row.starts.starts(),
            visitors: stored(&row.visitors)?,
        };
        let key = (row.hour, row.bot);
        hours.began.entry(key).or_default().insert(whence, began);
    }
    Ok(())
}
