//! What some sessions and what happened in them come to.

use std::cmp::Ordering;
use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;

use super::prices::{Earned, Prices, Takings};
use super::rolled::count;
use crate::columns::{Columns, Events, Sessions};
use crate::journey::{EntryKind, UnknownName};
use crate::rollups::hours::{Happened, Starts};

/// How long the pages of a session are visible at most for it not to be engaged by that.
const ENGAGED_MS: i64 = 10_000;
/// Page views that make a session engaged.
const ENGAGED_VIEWS: i64 = 2;

/// Figures while they are added up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    pub(super) visitors: u64,
    pub(super) new_visitors: u64,
    pub(super) sessions: u64,
    engaged: u64,
    converted: u64,
    pub(super) page_views: u64,
    pub(super) events: u64,
    pub(super) conversions: u64,
    visible_ms: u64,
    lasted_ms: u64,
    pub(super) takings: Takings,
}

impl Figures {
    /// Adds a session; `is_first` says whether it is its visitor's first.
    #[inline(always)]
    pub(super) fn add_session(&mut self, sessions: &Sessions<'_>, place: usize, is_first: bool) {
        let lasted = sessions.last_at[place] - sessions.started_at[place];
        self.sessions += 1;
        self.new_visitors += u64::from(is_first);
        self.engaged += u64::from(is_engaged(sessions, place));
        self.converted += u64::from(sessions.conversions[place] > 0);
        self.visible_ms += u64::try_from(sessions.visible_ms[place]).unwrap_or(0);
        self.lasted_ms += u64::try_from(lasted).unwrap_or(0);
    }

    /// Adds everything that happened in a session.
    #[inline(always)]
    pub(super) fn add_items(&mut self, sessions: &Sessions<'_>, place: usize) {
        self.page_views += u64::from(sessions.page_views[place]);
        self.events += u64::from(sessions.events[place]);
        self.conversions += u64::from(sessions.conversions[place]);
    }

    /// Adds page views and events that are gone for their age.
    pub(super) fn add_gone(&mut self, (page_views, events): (u32, u32)) {
        self.page_views += u64::from(page_views);
        self.events += u64::from(events);
    }

    /// Adds an item.
    pub(super) fn add_item(&mut self, events: &Events<'_>, place: usize) {
        self.page_views += u64::from(events.kind[place] == EntryKind::PageView);
        self.events += u64::from(events.kind[place] == EntryKind::Event);
        self.conversions += u64::from(events.is_conversion[place]);
    }

    /// Adds what happened in an hour. Visitors are counted apart.
    pub(super) fn add_happened(&mut self, sums: &Happened) {
        self.page_views += count(sums.page_views);
        self.events += count(sums.events);
        self.conversions += count(sums.conversions);
    }

    /// Adds sessions that began in an hour, without what happened in them. Visitors are counted apart.
    pub(super) fn add_starts(&mut self, sums: &Starts) {
        self.new_visitors += count(sums.new_visitors);
        self.sessions += count(sums.sessions);
        self.engaged += count(sums.engaged);
        self.converted += count(sums.converted);
        self.visible_ms += count(sums.visible_ms);
        self.lasted_ms += count(sums.lasted_ms);
    }

    /// Adds figures of other visitors.
    pub(super) fn join(&mut self, other: &Self) {
        self.visitors += other.visitors;
        self.new_visitors += other.new_visitors;
        self.sessions += other.sessions;
        self.engaged += other.engaged;
        self.converted += other.converted;
        self.page_views += other.page_views;
        self.events += other.events;
        self.conversions += other.conversions;
        self.visible_ms += other.visible_ms;
        self.lasted_ms += other.lasted_ms;
        self.takings.join(&other.takings);
    }

    /// As answers say it.
    pub fn told(&self, columns: &Columns, prices: &Prices) -> Told {
        let of_sessions = |count: u64| rate(count, self.sessions);
        Told {
            visitors: self.visitors,
            new_visitors: self.new_visitors,
            sessions: self.sessions,
            engaged_sessions: self.engaged,
            engaged_rate: of_sessions(self.engaged),
            bounce_rate: of_sessions(self.sessions - self.engaged),
            page_views: self.page_views,
            events: self.events,
            conversions: self.conversions,
            converted_sessions: self.converted,
            conversion_rate: of_sessions(self.converted),
            mean_duration_ms: mean(self.lasted_ms, self.sessions),
            mean_visible_ms: mean(self.visible_ms, self.sessions),
            earned: self.takings.told(columns, prices),
        }
    }
}

/// Whether a session is engaged.
#[inline(always)]
pub fn is_engaged(sessions: &Sessions<'_>, place: usize) -> bool {
    let (conversions, page_views) = (sessions.conversions[place], sessions.page_views[place]);
    engages(
        sessions.visible_ms[place],
        i64::from(conversions),
        i64::from(page_views),
    )
}

/// Whether a session of so much is engaged. Half of them are, so that a processor guesses wrong as often: no step depends on
/// the one before.
#[inline(always)]
pub fn engages(visible_ms: i64, conversions: i64, page_views: i64) -> bool {
    (visible_ms > ENGAGED_MS) | (conversions > 0) | (page_views >= ENGAGED_VIEWS)
}

/// A part of a whole; nothing where the whole is nothing.
#[allow(clippy::cast_precision_loss, reason = "a rate is for reading")]
pub(super) fn rate(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// A mean of whole numbers, rounded; nothing of nothing.
pub(super) fn mean(sum: u64, count: u64) -> Option<u64> {
    (sum + count / 2).checked_div(count)
}

/// What some sessions and what happened in them come to. Rates are parts of one; null where there is nothing to divide by.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = OverviewFigures)]
pub struct Told {
    /// Visitors with a session that began.
    pub visitors: u64,
    /// Those whose first session it was.
    pub new_visitors: u64,
    /// Sessions that began.
    pub sessions: u64,
    /// Those with more than ten seconds of visible pages, a conversion, or two page views.
    pub engaged_sessions: u64,
    /// Engaged sessions of all sessions.
    pub engaged_rate: Option<f64>,
    /// The other sessions of all sessions.
    pub bounce_rate: Option<f64>,
    /// Page views.
    pub page_views: u64,
    /// Items of the type event.
    pub events: u64,
    /// Items that are a conversion.
    pub conversions: u64,
    /// Sessions with a conversion.
    pub converted_sessions: u64,
    /// Those of all sessions.
    pub conversion_rate: Option<f64>,
    /// From a session's start to its last item, in milliseconds.
    pub mean_duration_ms: Option<u64>,
    /// How long the pages of a session were visible, in milliseconds.
    pub mean_visible_ms: Option<u64>,
    /// What orders brought.
    #[serde(flatten)]
    pub earned: Earned,
}

/// What rows are sorted by, the greatest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ToSchema)]
#[schema(as = FiguresSort, rename_all = "snake_case")]
pub enum Sort {
    /// Visitors.
    Visitors,
    /// New visitors.
    NewVisitors,
    /// Sessions.
    #[default]
    Sessions,
    /// Engaged sessions.
    EngagedSessions,
    /// Page views.
    PageViews,
    /// Events.
    Events,
    /// Conversions.
    Conversions,
    /// Orders.
    Orders,
    /// What is left of them in the site's currency.
    Revenue,
}

impl FromStr for Sort {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "visitors" => Self::Visitors,
            "new_visitors" => Self::NewVisitors,
            "sessions" => Self::Sessions,
            "engaged_sessions" => Self::EngagedSessions,
            "page_views" => Self::PageViews,
            "events" => Self::Events,
            "conversions" => Self::Conversions,
            "orders" => Self::Orders,
            "revenue" => Self::Revenue,
            _ => return Err(UnknownName),
        })
    }
}

impl Sort {
    /// Which of two rows is greater.
    pub(super) fn compare(self, one: &Figures, other: &Figures) -> Ordering {
        let count = |figures: &Figures| match self {
            Self::Visitors => figures.visitors,
            Self::NewVisitors => figures.new_visitors,
            Self::Sessions => figures.sessions,
            Self::EngagedSessions => figures.engaged,
            Self::PageViews => figures.page_views,
            Self::Events => figures.events,
            Self::Conversions => figures.conversions,
            Self::Orders => figures.takings.orders(),
            Self::Revenue => 0,
        };
        match self {
            Self::Revenue => one.takings.net().cmp(&other.takings.net()),
            _ => count(one).cmp(&count(other)),
        }
    }
}
