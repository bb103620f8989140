//! The weeks of the shop: whole ones by the site's days, and the present one as far as it has come.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::WEEKS;
use super::dice::Dice;

pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// Nothing happens later than so long before the present moment.
const REST: i64 = 10 * MINUTE;
/// Longer than any visit.
const VISIT: i64 = 90 * MINUTE;
/// How many weeks ago those came who come back most.
const BEST: i64 = 6;
/// Hours of the day by how many come in them.
const HOURS: [(i64, i64); 8] = [
    (1, 6),
    (4, 8),
    (9, 10),
    (8, 12),
    (7, 14),
    (8, 16),
    (9, 19),
    (4, 21),
];
/// Days of the week, likewise.
const DAYS: [(i64, i64); 7] = [(8, 0), (9, 1), (9, 2), (8, 3), (6, 4), (3, 5), (4, 6)];

/// Weeks, numbered from 0 to the present one, which is [`WEEKS`].
#[derive(Debug)]
pub(super) struct Calendar {
    monday: Date,
    zone: TimeZone,
    now: i64,
}

impl Calendar {
    pub(super) fn new(now: i64, zone: &TimeZone) -> Self {
        let at = Timestamp::from_millisecond(now).unwrap_or_default();
        let today = at.to_zoned(zone.clone()).date();
        let since = i64::from(today.weekday().to_monday_zero_offset());
        let monday = today.saturating_sub(Span::new().days(since + 7 * WEEKS));
        Self {
            monday,
            zone: zone.clone(),
            now,
        }
    }

    /// The week whose people come back most.
    pub(super) fn best() -> i64 {
        WEEKS - BEST
    }

    /// A moment of a week, as people have time for such a shop; of the present week possibly one that is to come.
    pub(super) fn moment(&self, week: i64, dice: &mut Dice) -> i64 {
        let day = dice.one_of(&DAYS).copied().unwrap_or_default();
        let hour = dice.one_of(&HOURS).copied().unwrap_or_default();
        self.at(week, day, hour) + dice.between(0, 2 * HOUR)
    }

    /// An hour of a day of a week.
    pub(super) fn at(&self, week: i64, day: i64, hour: i64) -> i64 {
        let date = self.monday.saturating_add(Span::new().days(7 * week + day));
        let begin = date
            .to_zoned(self.zone.clone())
            .map_or(self.now, |begin| begin.timestamp().as_millisecond());
        begin + hour * HOUR
    }

    /// Whether a visit that begins then is over.
    pub(super) fn is_over(&self, at: i64) -> bool {
        at + VISIT <= self.now - REST
    }
}
