//! Windows: the hours, days and weeks of a time zone, one after the other without a gap, and which past ones are like one.
//!
//! Days begin at their first moment and weeks on Monday, so a day may have 23 or 25 hours, as in the overview. Hours are counted
//! from the first moment of their day; where the clock goes back, an hour comes twice, and where it goes forward one is missing.

use jiff::civil::{Date, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span as Time, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analytics::buckets::{Span, day_of};

const HOUR_MS: i64 = 3_600_000;

/// How long a window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlertWindow)]
pub enum Length {
    /// An hour.
    Hour,
    /// A day of the site's time zone.
    Day,
    /// A week of it, from Monday on.
    Week,
}

/// The first moment of a day.
fn first(day: Date, zone: &TimeZone) -> Option<i64> {
    let day = day.to_zoned(zone.clone()).ok()?;
    Some(day.timestamp().as_millisecond())
}

impl Length {
    /// The window that a moment is in. Nothing beyond the times that there are days of.
    pub fn around(self, at: i64, zone: &TimeZone) -> Option<Span> {
        let day = day_of(at, zone)?;
        match self {
            Self::Hour => {
                let (begin, end) = (first(day, zone)?, first(day.tomorrow().ok()?, zone)?);
                let begin = begin + (at - begin).div_euclid(HOUR_MS) * HOUR_MS;
                Some(Span {
                    begin,
                    end: end.min(begin + HOUR_MS),
                })
            }
            Self::Day => days(day, 1, zone),
            Self::Week => {
                let since = i64::from(day.weekday().since(Weekday::Monday));
                days(day.checked_sub(Time::new().days(since)).ok()?, 7, zone)
            }
        }
    }

    /// The window before one.
    pub fn before(self, window: Span, zone: &TimeZone) -> Option<Span> {
        self.around(window.begin - 1, zone)
    }

    /// The last window that was over at a moment.
    pub fn last_over(self, at: i64, zone: &TimeZone) -> Option<Span> {
        self.before(self.around(at, zone)?, zone)
    }

    /// The windows that were over at a moment, of which none is before `since` and at most `most` are given: the last ones, in
    /// their order.
    pub fn over(self, at: i64, since: i64, most: usize, zone: &TimeZone) -> Vec<Span> {
        let last = self.last_over(at, zone);
        let before = |window: &Span| self.before(*window, zone);
        let all = std::iter::successors(last, before);
        let mut all: Vec<Span> = all
            .take_while(|window| window.begin >= since)
            .take(most)
            .collect();
        all.reverse();
        all
    }

    /// The windows that are like one in each of so many weeks before: the same hour of the week, the same day of the week, or
    /// the weeks themselves. The latest first. A week in which the clock left the hour out has none.
    pub fn like(self, window: Span, weeks: u32, zone: &TimeZone) -> Vec<Span> {
        let like = |week: u32| {
            let at = Timestamp::from_millisecond(window.begin).ok()?;
            let at = at.to_zoned(zone.clone()).datetime();
            let ago = at.checked_sub(Time::new().weeks(i64::from(week))).ok()?;
            let begin = match self {
                Self::Hour => {
                    let offset = match zone.to_ambiguous_timestamp(ago).offset() {
                        AmbiguousOffset::Unambiguous { offset } => offset,
                        // The hour came twice: the first of them.
                        AmbiguousOffset::Fold { before, .. } => before,
                        AmbiguousOffset::Gap { .. } => return None,
                    };
                    offset.to_timestamp(ago).ok()?.as_millisecond()
                }
                Self::Day | Self::Week => first(ago.date(), zone)?,
            };
            self.around(begin, zone)
        };
        (1..=weeks).filter_map(like).collect()
    }
}

fn days(from: Date, count: i64, zone: &TimeZone) -> Option<Span> {
    let to = from.checked_add(Time::new().days(count)).ok()?;
    Some(Span {
        begin: first(from, zone)?,
        end: first(to, zone)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn shown(window: Span, zone: &TimeZone) -> String {
        let begin = Timestamp::from_millisecond(window.begin).unwrap();
        let hours = (window.end - window.begin) / HOUR_MS;
        format!(
            "{} {hours}h",
            begin.to_zoned(zone.clone()).strftime("%F %H:%M %z")
        )
    }

    #[test]
    fn windows_are_those_of_the_time_zone() {
        let berlin = zone("Europe/Berlin");
        for (length, text, window) in [
            (
                Length::Hour,
                "2026-03-29T00:59:59Z",
                "2026-03-29 01:00 +0100 1h",
            ),
            (
                Length::Hour,
                "2026-03-29T01:00:00Z",
                "2026-03-29 03:00 +0200 1h",
            ),
            (
                Length::Day,
                "2026-03-29T12:00:00Z",
                "2026-03-29 00:00 +0100 23h",
            ),
            (
                Length::Day,
                "2026-10-25T12:00:00Z",
                "2026-10-25 00:00 +0200 25h",
            ),
            (
                Length::Week,
                "2026-03-29T12:00:00Z",
                "2026-03-23 00:00 +0100 167h",
            ),
            (
                Length::Week,
                "2026-03-30T00:00:00Z",
                "2026-03-30 00:00 +0200 168h",
            ),
        ] {
            let found = length.around(at(text), &berlin).unwrap();
            assert_eq!(shown(found, &berlin), window, "{length:?} {text}");
        }
    }

    #[test]
    fn what_is_like_an_hour_is_the_same_hour_by_the_clock() {
        let berlin = zone("Europe/Berlin");
        let like = |text: &str, weeks| {
            let window = Length::Hour.around(at(text), &berlin).unwrap();
            let like = Length::Hour.like(window, weeks, &berlin);
            like.iter()
                .map(|one| shown(*one, &berlin))
                .collect::<Vec<_>>()
        };
        // Ten in the morning stays ten in the morning, across the change.
        assert_eq!(
            like("2026-04-06T08:30:00Z", 2),
            ["2026-03-30 10:00 +0200 1h", "2026-03-23 10:00 +0100 1h"]
        );
        // On 29 March there was no hour from two to three.
        assert_eq!(
            like("2026-04-05T00:00:00Z", 2),
            ["2026-03-22 02:00 +0100 1h"]
        );
        // On 25 October it came twice.
        assert_eq!(
            like("2026-11-01T01:00:00Z", 1),
            ["2026-10-25 02:00 +0200 1h"]
        );
        let second = Length::Hour
            .around(at("2026-10-25T01:00:00Z"), &berlin)
            .unwrap();
        assert_eq!(shown(second, &berlin), "2026-10-25 02:00 +0100 1h");
        assert_eq!(
            like("2026-10-25T01:00:00Z", 1),
            ["2026-10-18 02:00 +0200 1h"]
        );
    }

    #[test]
    fn what_is_like_a_day_or_a_week_is_so_by_the_calendar() {
        let havana = zone("America/Havana");
        // There a day may begin at one, because the clock goes forward at midnight.
        let day = Length::Day
            .around(at("2026-03-15T12:00:00Z"), &havana)
            .unwrap();
        let like = Length::Day.like(day, 2, &havana);
        assert_eq!(
            like.iter()
                .map(|one| shown(*one, &havana))
                .collect::<Vec<_>>(),
            ["2026-03-08 01:00 -0400 23h", "2026-03-01 00:00 -0500 24h"]
        );
        let week = Length::Week
            .around(at("2026-03-15T12:00:00Z"), &havana)
            .unwrap();
        let like = Length::Week.like(week, 1, &havana);
        assert_eq!(shown(like[0], &havana), "2026-03-02 00:00 -0500 167h");
    }

    proptest! {
        #[test]
        fn windows_follow_each_other_without_a_gap(
            seconds in 1_500_000_000_i64..1_900_000_000, name in prop::sample::select(&[
                "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu",
            ][..]),
            length in prop::sample::select(&[Length::Hour, Length::Day, Length::Week][..]),
        ) {
            let (zone, moment) = (zone(name), seconds * 1000);
            let window = length.around(moment, &zone).unwrap();
            prop_assert!(window.has(moment));
            prop_assert_eq!(length.around(window.begin, &zone), Some(window));
            prop_assert_eq!(length.around(window.end - 1, &zone), Some(window));
            let before = length.before(window, &zone).unwrap();
            prop_assert_eq!(before.end, window.begin);
            prop_assert_eq!(length.last_over(window.end, &zone), Some(window));
            prop_assert_eq!(length.last_over(window.end - 1, &zone), Some(before));
            let over = length.over(window.end, before.begin, 5, &zone);
            prop_assert_eq!(over, vec![before, window]);
            for like in length.like(window, 3, &zone) {
                prop_assert!(like.end <= window.begin);
                prop_assert_eq!(length.around(like.begin, &zone), Some(like));
            }
        }
    }
}
