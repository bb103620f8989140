//! What went with the next stage: events of journeys that were alike.
//!
//! Among the journeys of a stage that were seen as lately, those in which an event happened within 30 days are held against
//! the others. The difference of the parts that went on has Newcombe's interval, from Wilson's of each part (Newcombe,
//! *Interval estimation for the difference between independent proportions*, 1998, method 10). One journey counts once.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::snapshots::{Kinds, Recency, Snapshot};
use crate::analytics::chance;

/// Journeys on either side, below which nothing is said.
const FEWEST: usize = 30;
/// The normal quantile of an interval that misses one in twenty.
const QUANTILE: f64 = 1.959_963_984_540_054;

/// An event with which more went on than without.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = NextAction)]
pub struct Action {
    /// How lately the journeys were seen that are compared.
    pub recency: Recency,
    /// The event's name.
    pub event: String,
    /// Journeys in which it happened within 30 days.
    pub with: usize,
    /// Those of them that went on.
    pub with_went_on: usize,
    /// Journeys in which it did not.
    pub without: usize,
    /// Those of them that went on.
    pub without_went_on: usize,
    /// By how much the part that went on is greater with it.
    pub difference: f64,
    /// The lower end of its interval; above 0.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Of each recency the event with which the most went on, as far as one is beyond chance.
pub(super) fn best(kinds: &Kinds, rows: &[Snapshot], seed: u64) -> Vec<Action> {
    let alone = one_each(rows, seed);
    let of = |recency: Recency| {
        let alike: Vec<&Snapshot> = alone
            .iter()
            .filter(|row| row.recency() == recency)
            .copied()
            .collect();
        let events = kinds.events().iter().enumerate();
        let actions =
            events.filter_map(|(place, event)| action(&alike, place, recency, event.clone()));
        actions.max_by(|a, b| {
            let by_name = || b.event.cmp(&a.event);
            a.difference.total_cmp(&b.difference).then_with(by_name)
        })
    };
    Recency::ALL.into_iter().filter_map(of).collect()
}

/// One look at each journey, whichever the seed picks.
fn one_each(rows: &[Snapshot], seed: u64) -> Vec<&Snapshot> {
    let mut picked: HashMap<u64, (u64, &Snapshot)> = HashMap::new();
    for row in rows.iter().filter(|row| row.is_known) {
        let mark = chance::Chance::new(seed ^ row.person, row.at as u64).draw();
        let kept = picked.entry(row.person).or_insert((mark, row));
        if mark < kept.0 {
            *kept = (mark, row);
        }
    }
    picked.into_values().map(|(_, row)| row).collect()
}

fn action(alike: &[&Snapshot], place: usize, recency: Recency, event: String) -> Option<Action> {
    let [mut with, mut with_went_on, mut without, mut without_went_on] = [0; 4];
    for row in alike {
        if row.events >> place & 1 == 1 {
            with += 1;
            with_went_on += usize::from(row.went_on);
        } else {
            without += 1;
            without_went_on += usize::from(row.went_on);
        }
    }
    if with < FEWEST || without < FEWEST {
        return None;
    }
    let (difference, low, high) = newcombe((with_went_on, with), (without_went_on, without));
    (low > 0.0).then_some(Action {
        recency,
        event,
        with,
        with_went_on,
        without,
        without_went_on,
        difference,
        low,
        high,
    })
}

/// Wilson's interval of a part.
fn wilson((of, all): (usize, usize)) -> (f64, f64) {
    let (of, all) = (of as f64, all as f64);
    let square = QUANTILE * QUANTILE;
    let middle = of + square / 2.0;
    let spread = QUANTILE * (of * (all - of) / all + square / 4.0).sqrt();
    let whole = all + square;
    ((middle - spread) / whole, (middle + spread) / whole)
}

/// The difference of two parts, with its interval.
fn newcombe(one: (usize, usize), other: (usize, usize)) -> (f64, f64, f64) {
    let part = |(of, all): (usize, usize)| of as f64 / all as f64;
    let (p, q) = (part(one), part(other));
    let ((p_low, p_high), (q_low, q_high)) = (wilson(one), wilson(other));
    let difference = p - q;
    (
        difference,
        difference - (p - p_low).hypot(q_high - q),
        difference + (p_high - p).hypot(q - q_low),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_article() {
        // Newcombe 1998, table II: 56/70 − 48/80 by method 10, and 9/10 − 3/10.
        for (one, other, low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((10, 10), (0, 20), 0.6791, 1.0),
        ] {
            let (_, found_low, found_high) = newcombe(one, other);
            assert!((found_low - low).abs() < 5e-5, "{found_low}");
            assert!((found_high - high).abs() < 5e-5, "{found_high}");
        }
    }
}
