//! Stretches of time: what a question is about, and what its series is cut into.
//!
//! Days, weeks and months are those of a time zone, so one may have 23 or 25 hours; each is known by its first moment.

use std::str::FromStr;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span as Length, Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::journey::UnknownName;

/// From one moment until before another, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub begin: i64,
    /// The first one after it.
    pub end: i64,
}

impl Span {
    /// Whether a moment is within.
    pub fn has(self, at: i64) -> bool {
        self.begin <= at && at < self.end
    }
}

/// What a series is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// Hours.
    Hour,
    /// Days of the time zone.
    Day,
    /// Weeks from Monday on.
    Week,
    /// Months.
    Month,
}

impl FromStr for Interval {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "hour" => Ok(Self::Hour),
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            _ => Err(UnknownName),
        }
    }
}

impl Interval {
    /// What days are shown in where nobody says.
    pub fn usual(days: i64) -> Self {
        match days {
            ..=2 => Self::Hour,
            3..=100 => Self::Day,
            101..=500 => Self::Week,
            _ => Self::Month,
        }
    }
}

/// A span, cut into pieces. The first and the last may be parts of an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    starts: Vec<i64>,
    /// The first moment after each piece.
    ends: Vec<i64>,
    end: i64,
    /// From the first moment to the end.
    length: u64,
    /// By hours from the first moment on: the piece at the beginning of each.
    hours: Vec<u32>,
}

const HOUR_MS: i64 = 3_600_000;

impl Buckets {
    /// Cuts the days from `from` to `to`, both included. Nothing where a day has no moments that can be told.
    pub fn of(from: Date, to: Date, zone: &TimeZone, interval: Interval) -> Option<Self> {
        let moment = |day: Date| -> Option<Zoned> { day.to_zoned(zone.clone()).ok() };
        let end = moment(to.tomorrow().ok()?)?.timestamp();
        let mut starts = Vec::new();
        match interval {
            Interval::Hour => {
                // By the clock's own hours: where it is turned back, the hour comes twice.
                let mut at = moment(from)?.timestamp();
                while at < end {
                    starts.push(at.as_millisecond());
                    at = at.checked_add(Length::new().hours(1)).ok()?;
                }
            }
            _ => {
                let mut day = from;
                while day <= to {
                    starts.push(moment(day)?.timestamp().as_millisecond());
                    day = interval.next(day)?;
                }
            }
        }
        Some(Self::between(starts, end.as_millisecond()))
    }

    /// All of a span, in one piece.
    pub fn whole(span: Span) -> Self {
        Self::between(vec![span.begin], span.end)
    }

    /// These spans, each a piece, and the time between them as more pieces. They are in their order and do not overlap.
    pub fn among(spans: &[Span]) -> Self {
        let mut starts: Vec<i64> = spans.iter().flat_map(|one| [one.begin, one.end]).collect();
        starts.dedup();
        let end = starts.pop().unwrap_or_default();
        Self::between(starts, end)
    }

    fn between(starts: Vec<i64>, end: i64) -> Self {
        let mut hours = Vec::new();
        let mut at = starts.first().copied().unwrap_or(end);
        let mut piece = 0;
        while at < end {
            while starts.get(piece + 1).is_some_and(|next| *next <= at) {
                piece += 1;
            }
            hours.push(u32::try_from(piece).unwrap_or(u32::MAX));
            at += HOUR_MS;
        }
        let mut ends: Vec<i64> = starts.iter().skip(1).copied().collect();
        ends.extend(starts.last().map(|_| end));
        let first = starts.first().copied().unwrap_or(end);
        Self {
            starts,
            ends,
            end,
            length: u64::try_from(end - first).unwrap_or(0),
            hours,
        }
    }

    /// How many pieces.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The piece of a moment. It is asked for each of millions of sessions.
    #[inline(always)]
    pub fn find(&self, at: i64) -> Option<usize> {
        let since = at.wrapping_sub(*self.starts.first()?).cast_unsigned();
        if since >= self.length {
            return None;
        }
        let hour = usize::try_from(since / HOUR_MS.cast_unsigned()).ok()?;
        let mut piece = *self.hours.get(hour)? as usize;
        while at >= *self.ends.get(piece)? {
            piece += 1;
        }
        Some(piece)
    }

    /// Whether a moment is in a piece.
    #[inline(always)]
    pub fn holds(&self, piece: usize, at: i64) -> bool {
        self.starts.get(piece).is_some_and(|begin| *begin <= at)
            && self.ends.get(piece).is_some_and(|end| at < *end)
    }

    /// The first moments of the pieces.
    pub fn starts(&self) -> &[i64] {
        &self.starts
    }

    /// The whole.
    pub fn span(&self) -> Span {
        Span {
            begin: self.starts.first().copied().unwrap_or(self.end),
            end: self.end,
        }
    }
}

impl Interval {
    /// The first day of the next piece.
    pub(super) fn next(self, day: Date) -> Option<Date> {
        match self {
            Self::Hour | Self::Day => day.tomorrow().ok(),
            Self::Week => day.nth_weekday(1, Weekday::Monday).ok(),
            Self::Month => day
                .first_of_month()
                .checked_add(Length::new().months(1))
                .ok(),
        }
    }
}

/// The day of a moment in a time zone.
pub fn day_of(at: i64, zone: &TimeZone) -> Option<Date> {
    let at = Timestamp::from_millisecond(at).ok()?;
    Some(at.to_zoned(zone.clone()).date())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const HOUR: i64 = 3_600_000;

    fn lengths(buckets: &Buckets) -> Vec<i64> {
        buckets
            .starts
            .iter()
            .zip(&buckets.ends)
            .map(|(a, b)| (b - a) / HOUR)
            .collect()
    }

    #[test]
    fn days_have_the_hours_that_the_time_zone_gives_them() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let spring = Buckets::of(date(2026, 3, 28), date(2026, 3, 30), &berlin, Interval::Day);
        assert_eq!(lengths(&spring.unwrap()), [24, 23, 24]);
        let autumn = (date(2026, 10, 25), date(2026, 10, 25));
        let days = Buckets::of(autumn.0, autumn.1, &berlin, Interval::Day).unwrap();
        assert_eq!(lengths(&days), [25]);
        let hours = Buckets::of(autumn.0, autumn.1, &berlin, Interval::Hour).unwrap();
        assert_eq!(hours.len(), 25);
        assert_eq!(hours.span(), days.span());
    }

    #[test]
    fn weeks_begin_on_monday_and_the_first_may_be_a_part() {
        let buckets = Buckets::of(
            date(2026, 1, 1),
            date(2026, 1, 14),
            &TimeZone::UTC,
            Interval::Week,
        );
        // Thursday to Sunday, a whole week, and Monday to Wednesday.
        assert_eq!(lengths(&buckets.unwrap()), [4 * 24, 7 * 24, 3 * 24]);
        let months = Buckets::of(
            date(2026, 1, 31),
            date(2026, 3, 1),
            &TimeZone::UTC,
            Interval::Month,
        );
        assert_eq!(lengths(&months.unwrap()), [24, 28 * 24, 24]);
    }

    #[test]
    fn a_moment_is_in_the_piece_that_began_last() {
        let day = date(2026, 1, 1);
        let buckets = Buckets::of(day, day, &TimeZone::UTC, Interval::Hour).unwrap();
        let Span { begin, end } = buckets.span();
        assert_eq!(buckets.find(begin - 1), None);
        assert_eq!(buckets.find(begin), Some(0));
        assert_eq!(buckets.find(begin + HOUR - 1), Some(0));
        assert_eq!(buckets.find(end - 1), Some(23));
        assert_eq!(buckets.find(end), None);
        let howe = TimeZone::get("Australia/Lord_Howe").unwrap();
        let (from, to) = (date(2026, 3, 1), date(2026, 12, 31));
        let days = Buckets::of(from, to, &howe, Interval::Day).unwrap();
        for (piece, start) in days.starts().iter().enumerate() {
            assert_eq!(days.find(start - 1), piece.checked_sub(1));
            assert_eq!(days.find(*start), Some(piece));
            assert_eq!(days.find(start + HOUR + 1), Some(piece));
        }
        let apart = [(0, 5), (5, 7), (9, 10)].map(|(begin, end)| Span {
            begin: begin * HOUR,
            end: end * HOUR,
        });
        let among = Buckets::among(&apart);
        assert_eq!(among.starts(), [0, 5, 7, 9].map(|hour| hour * HOUR));
        assert_eq!(
            (among.find(9 * HOUR), among.find(10 * HOUR)),
            (Some(3), None)
        );
        let whole = Buckets::whole(days.span());
        assert_eq!(whole.find(days.span().begin - 1), None);
        assert_eq!(whole.find(days.span().end - 1), Some(0));
    }
}
