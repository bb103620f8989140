//! What sessions and items of an hour come to: the fold by which hours are counted, when they are kept and when they are read.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::distinct::Distinct;
use crate::analytics::figures::engages;

/// An hour, in milliseconds.
pub const HOUR_MS: i64 = 3_600_000;

/// The hour of a moment, counted from the Unix epoch.
pub fn hour_of(at: i64) -> i64 {
    at.div_euclid(HOUR_MS)
}

/// Where sessions came from, as far as sums tell it apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Whence {
    /// Nothing for what is not known.
    pub source: Option<String>,
    /// Likewise.
    pub medium: Option<String>,
    /// Likewise.
    pub campaign: Option<String>,
    /// Likewise.
    pub channel: Option<String>,
}

/// A session with what its items add up to.
#[derive(Debug, Clone)]
pub struct Counted {
    /// Whose.
    pub visitor: Uuid,
    /// Whether that is a bot.
    pub bot: bool,
    /// Whether it is their first.
    pub is_first: bool,
    /// Where it came from.
    pub whence: Whence,
    /// Milliseconds since the Unix epoch.
    pub started_at: i64,
    /// Likewise.
    pub last_at: i64,
    /// Page views, those that are gone included.
    pub page_views: i64,
    /// Items of the type event, likewise.
    pub events: i64,
    /// Page views and events that are not gone.
    pub there: (i64, i64),
    /// Items that are a conversion.
    pub conversions: i64,
    /// How long its pages were visible.
    pub visible_ms: i64,
}

impl Counted {
    fn starts(&self) -> Starts {
        let is_engaged = engages(self.visible_ms, self.conversions, self.page_views);
        Starts {
            sessions: 1,
            new_visitors: i64::from(self.is_first),
            engaged: i64::from(is_engaged),
            converted: i64::from(self.conversions > 0),
            visible_ms: self.visible_ms.max(0),
            lasted_ms: (self.last_at - self.started_at).max(0),
        }
    }
}

/// What sessions that began in an hour come to, without what happened in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Starts {
    /// Sessions.
    pub sessions: i64,
    /// Those that were their visitor's first.
    pub new_visitors: i64,
    /// Engaged ones.
    pub engaged: i64,
    /// Those with a conversion.
    pub converted: i64,
    /// How long their pages were visible, in milliseconds.
    pub visible_ms: i64,
    /// From their starts to their last items, in milliseconds.
    pub lasted_ms: i64,
}

impl Starts {
    fn add(&mut self, more: Self) {
        self.sessions += more.sessions;
        self.new_visitors += more.new_visitors;
        self.engaged += more.engaged;
        self.converted += more.converted;
        self.visible_ms += more.visible_ms;
        self.lasted_ms += more.lasted_ms;
    }
}

/// What happened in an hour.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Happened {
    /// Page views; those that are gone are of the hour in which their session began.
    pub page_views: i64,
    /// Items of the type event, likewise.
    pub events: i64,
    /// Items that are a conversion.
    pub conversions: i64,
    /// Sessions that began.
    pub starts: Starts,
    /// Who began one.
    pub visitors: Distinct,
}

/// Sessions that began in an hour, with everything that happened in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Began {
    /// The sessions.
    pub starts: Starts,
    /// Page views in them.
    pub page_views: i64,
    /// Items of the type event in them.
    pub events: i64,
    /// Conversions in them.
    pub conversions: i64,
    /// Whose they are.
    pub visitors: Distinct,
}

/// Sums by hour, of bots and of others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hours {
    /// By what happened in them.
    pub happened: BTreeMap<(i64, bool), Happened>,
    /// By where the sessions that began in them came from.
    pub began: BTreeMap<(i64, bool), BTreeMap<Whence, Began>>,
}

impl Hours {
    /// Adds a session.
    pub fn add_session(&mut self, session: Counted) {
        let key = (hour_of(session.started_at), session.bot);
        let starts = session.starts();
        let hour = self.happened.entry(key).or_default();
        hour.page_views += session.page_views - session.there.0;
        hour.events += session.events - session.there.1;
        hour.starts.add(starts);
        hour.visitors.add(session.visitor);
        let began = self.began.entry(key).or_default();
        let sums = began.entry(session.whence).or_default();
        sums.starts.add(starts);
        sums.page_views += session.page_views;
        sums.events += session.events;
        sums.conversions += session.conversions;
        sums.visitors.add(session.visitor);
    }

    /// Adds items of an hour.
    pub fn add_items(&mut self, (hour, bot): (i64, bool), items: [i64; 3]) {
        let sums = self.happened.entry((hour, bot)).or_default();
        let [page_views, events, conversions] = items;
        sums.page_views += page_views;
        sums.events += events;
        sums.conversions += conversions;
    }

    /// The hours of which there is anything.
    pub fn hours(&self) -> impl Iterator<Item = i64> {
        self.happened.keys().map(|(hour, _)| *hour)
    }
}

/// Hours that follow one another, as ranges of which the end is not part.
pub fn ranges(hours: impl IntoIterator<Item = i64>) -> Vec<std::ops::Range<i64>> {
    let mut ranges: Vec<std::ops::Range<i64>> = Vec::new();
    for hour in hours {
        match ranges.last_mut() {
            Some(last) if last.end == hour => last.end += 1,
            _ => ranges.push(hour..hour + 1),
        }
    }
    ranges
}
