//! Whether somebody comes more or less often than before: a test, not a glance.
//!
//! The occasions of a window are held against those of the window before. If somebody came as often in both, each of their
//! occasions falls into either by the toss of a coin, so how many fall into the later one is binomial. Only where what was seen,
//! or more of it, has a chance of at most [`LEVEL`] under that is a direction named.

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::score::{DAY_MS, Occasions};

/// The chance, of both sides together, up to which a difference counts as one.
pub const LEVEL: f64 = 0.05;

/// Where somebody's engagement goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More often than before.
    Rising,
    /// Less often.
    Falling,
    /// No difference that chance would not make.
    Level,
}

/// Occasions of two windows that follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Of the later one.
    pub now: usize,
    /// Of the one before.
    pub before: usize,
}

/// How engagement went.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Trend {
    /// Null where not all occasions of both windows are known, or none.
    pub direction: Option<Direction>,
    /// The chance of such a difference, or a greater one, if nothing had changed.
    pub chance: Option<f64>,
    /// Occasions within the window.
    pub occasions: i64,
    /// Occasions within the window before; null where not all are known.
    pub occasions_before: Option<i64>,
    /// Days of the window, counted back from the moment, on which somebody was there.
    pub days_active: i64,
    /// The score at the end of each of these days, the earliest first; the last is that of the moment.
    pub series: Vec<Point>,
}

/// A score of a moment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Point {
    /// The moment.
    pub at: i64,
    /// Null where nothing is known of that time, or not all.
    pub score: Option<f64>,
}

impl Counts {
    /// Those of a moment; nothing where not all are known.
    pub fn at(occasions: &Occasions, as_of: i64) -> Option<Self> {
        let earlier = as_of - occasions.scale().window_ms();
        occasions.are_whole_at(earlier).then(|| Self {
            now: occasions.within_window(as_of).count(),
            before: occasions.within_window(earlier).count(),
        })
    }

    /// The chance of such a difference or a greater one, to either side, if each occasion fell into either window alike.
    pub fn chance(self) -> f64 {
        let (less, all) = (self.now.min(self.before), self.now + self.before);
        // The sum of the binomial's terms up to `less`, in logarithms so that none is too small to be told.
        let mut term = -(all as f64) * std::f64::consts::LN_2;
        let mut tail = 0.0;
        for k in 0..=less {
            tail += term.exp();
            term += ((all - k) as f64).ln() - ((k + 1) as f64).ln();
        }
        (2.0 * tail).min(1.0)
    }

    /// Which way it goes.
    pub fn direction(self) -> Direction {
        match self.now.cmp(&self.before) {
            _ if self.chance() > LEVEL => Direction::Level,
            std::cmp::Ordering::Greater => Direction::Rising,
            _ => Direction::Falling,
        }
    }
}

impl Trend {
    /// That of a moment.
    pub fn of(occasions: &Occasions, as_of: i64) -> Self {
        let days = occasions.scale().window_days;
        let counts = Counts::at(occasions, as_of);
        let known = counts.filter(|counts| counts.now + counts.before > 0);
        let within = occasions.within_window(as_of);
        let active: BTreeSet<i64> = within
            .flat_map(|one| {
                let day = |at: i64| (as_of - at.min(as_of)) / DAY_MS;
                day(one.last.max(one.began))..=day(one.began)
            })
            .collect();
        Self {
            direction: known.map(Counts::direction),
            chance: known.map(Counts::chance),
            occasions: occasions.within_window(as_of).count() as i64,
            occasions_before: counts.map(|counts| counts.before as i64),
            days_active: active.len() as i64,
            series: (0..days)
                .rev()
                .map(|ago| {
                    let at = as_of - ago * DAY_MS;
                    let score = occasions.value(at);
                    Point {
                        at,
                        score: score.filter(|_| occasions.are_whole_at(at)),
                    }
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::score::{Occasion, RecordKind};
    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn counts(now: usize, before: usize) -> Counts {
        Counts { now, before }
    }

    fn there(days_ago: &[i64], whole_since: Option<i64>) -> Trend {
        let session = |(place, ago): (usize, &i64)| Occasion {
            kind: RecordKind::Session,
            id: Uuid::from_u128(place as u128),
            began: NOW - ago * DAY_MS,
            last: NOW - ago * DAY_MS,
            channel: None,
        };
        let known = days_ago.iter().enumerate().map(session).collect();
        Trend::of(&Occasions::of(known, whole_since), NOW)
    }

    #[test]
    fn a_difference_that_chance_makes_is_none() {
        // Exact: 2 · (1/2)^5, 2 · (1/2)^6, 2 · (1 + 8) / 2^8.
        for (now, before, chance) in [(0, 5, 0.0625), (0, 6, 0.031_25), (7, 1, 0.070_312_5)] {
            assert!((counts(now, before).chance() - chance).abs() < 1e-12);
        }
        assert!((counts(3, 3).chance() - 1.0).abs() < 1e-12);
        assert_eq!(counts(0, 5).direction(), Direction::Level);
        assert_eq!(counts(0, 6).direction(), Direction::Falling);
        assert_eq!(counts(8, 1).direction(), Direction::Rising);
        assert_eq!(counts(520, 480).direction(), Direction::Level);
        assert_eq!(counts(600, 400).direction(), Direction::Rising);
        assert_eq!(counts(0, 1500).direction(), Direction::Falling);
    }

    #[test]
    fn a_trend_has_its_figures() {
        let trend = there(&[0, 0, 3, 40, 59, 60], None);
        assert_eq!(trend.direction, Some(Direction::Level));
        assert_eq!((trend.occasions, trend.occasions_before), (3, Some(2)));
        assert_eq!(trend.days_active, 2);
        assert_eq!(trend.series.len(), 30);
        assert_eq!(trend.series[29].at, NOW);
        assert_eq!(trend.series[0].at, NOW - 29 * DAY_MS);
        let scores: Vec<f64> = trend.series.iter().filter_map(|p| p.score).collect();
        assert_eq!(scores.len(), 30);
        assert!(scores[26] > scores[25]);
    }

    #[test]
    fn of_what_is_not_known_nothing_is_said() {
        let nothing = there(&[], None);
        assert_eq!((nothing.direction, nothing.chance), (None, None));
        assert!(nothing.series.iter().all(|point| point.score.is_none()));
        let cut = there(&[0, 1, 2, 3, 4, 5, 6, 7], Some(NOW - 31 * DAY_MS));
        assert_eq!((cut.direction, cut.occasions_before), (None, None));
        assert_eq!(cut.series.iter().filter(|p| p.score.is_some()).count(), 2);
    }
}
