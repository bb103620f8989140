//! When who comes: visits in the order of their start, each with the number of rows it makes.

use fastrand::Rng;

use super::weights::Weights;
use super::{DAY, DAYS, HOUR, SECOND, Shape, mix};

/// The longest visit, in rows.
pub const MOST_ROWS: u16 = 60;
/// The longest visit, in time, with room to spare.
pub const LONGEST: i64 = 45 * 60 * SECOND;
/// Two visits of one browser begin at least so far apart.
const APART: i64 = 2 * HOUR;
/// Visits of which nothing but one page is seen.
const BOUNCES: f64 = 0.42;
/// How much of a day a weekday is, from Monday on.
const WEEK: [f64; 7] = [1.0, 1.05, 1.05, 1.0, 0.9, 0.6, 0.55];
/// How much of a day an hour is, by the visitor's clock.
const HOURS: [f64; 24] = [
    0.3, 0.2, 0.1, 0.1, 0.1, 0.2, 0.4, 0.8, 1.3, 1.7, 1.8, 1.7, 1.5, 1.6, 1.7, 1.6, 1.5, 1.3, 1.2,
    1.3, 1.4, 1.2, 0.9, 0.5,
];

/// One visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// Seconds from the shape's start.
    pub second: u32,
    /// The browser's number.
    pub visitor: u32,
    /// Rows of events.
    pub rows: u16,
}

/// Every visit, in the order of their start. `hours_before` says of a browser how far its clock is before UTC.
pub fn plan(shape: &Shape, hours_before: impl Fn(u32) -> i64) -> Vec<Planned> {
    let mut random = Rng::with_seed(mix(shape.seed, u64::MAX));
    let rhythm = Rhythm::new(shape);
    let mut visits = Vec::with_capacity(shape.sessions());
    for (visitor, count) in (0_u32..).zip(visits_of_each(shape, &mut random)) {
        let mut own = Rng::with_seed(mix(shape.seed, u64::from(visitor)));
        let times = rhythm.times(&mut own, count, hours_before(visitor));
        visits.extend(times.into_iter().map(|at| Planned {
            second: u32::try_from((at - shape.start()) / SECOND).unwrap_or(0),
            visitor,
            rows: rows(&mut own),
        }));
    }
    fit(&mut visits, shape.events, &mut random);
    visits.sort_unstable_by_key(|visit| (visit.second, visit.visitor));
    visits
}

/// How often each browser comes: all of them once, a few very often.
fn visits_of_each(shape: &Shape, random: &mut Rng) -> Vec<u32> {
    let visitors = shape.visitors();
    let mut counts = vec![1; visitors];
    for _ in visitors..shape.sessions() {
        let place = random.f64().powf(1.5) * visitors as f64;
        counts[(place as usize).min(visitors - 1)] += 1;
    }
    counts
}

/// One, or two and more, of which the mean makes ten in three visits.
fn rows(random: &mut Rng) -> u16 {
    if random.f64() < BOUNCES {
        return 1;
    }
    let more = exponential(random, 3.5).floor();
    (2 + more as u16).min(MOST_ROWS)
}

/// Adds to and takes from random visits until all have exactly so many rows.
fn fit(visits: &mut [Planned], rows: u64, random: &mut Rng) {
    let mut have: u64 = visits.iter().map(|visit| u64::from(visit.rows)).sum();
    let can = visits.len() as u64..=visits.len() as u64 * u64::from(MOST_ROWS);
    assert!(
        can.contains(&rows),
        "{rows} rows in {} visits",
        visits.len()
    );
    while have != rows {
        let visit = &mut visits[random.usize(..visits.len())];
        if have < rows && visit.rows < MOST_ROWS {
            visit.rows += 1;
            have += 1;
        } else if have > rows && visit.rows > 1 {
            visit.rows -= 1;
            have -= 1;
        }
    }
}

/// When people come.
struct Rhythm {
    start: i64,
    /// The last moment at which a visit may begin.
    last: i64,
    days: Weights,
    day_weights: Vec<f64>,
    hours: Weights,
}

impl Rhythm {
    fn new(shape: &Shape) -> Self {
        let start = shape.start();
        let day_weights: Vec<f64> = (0..DAYS)
            .map(|day| {
                // 1970-01-01 was a Thursday.
                let weekday = (start / DAY + day + 3).rem_euclid(7);
                let growth = 0.7 + 0.6 * day as f64 / DAYS as f64;
                WEEK[usize::try_from(weekday).unwrap_or(0)] * growth
            })
            .collect();
        Self {
            start,
            last: shape.end - LONGEST,
            days: Weights::new(day_weights.iter().copied()),
            day_weights,
            hours: Weights::new(HOURS),
        }
    }

    /// So many moments of one browser, in order.
    fn times(&self, random: &mut Rng, count: u32, hours_before: i64) -> Vec<i64> {
        // Who comes often has come for long: the earliest of several draws.
        let draws = 1 + count / 10;
        let first = (0..draws).map(|_| self.days.draw(random)).min();
        let first = first.unwrap_or(0) as i64;
        let mut times = vec![self.moment(random, first, hours_before)];
        for _ in 1..count {
            let day = self.day_after(random, first);
            times.push(self.moment(random, day, hours_before));
        }
        times.sort_unstable();
        for index in 1..times.len() {
            times[index] = times[index].max(times[index - 1] + APART);
        }
        let mut latest = self.last;
        for time in times.iter_mut().rev() {
            *time = (*time).min(latest).max(self.start);
            latest = *time - APART;
        }
        times
    }

    /// A day on which somebody comes again: mostly soon.
    fn day_after(&self, random: &mut Rng, first: i64) -> i64 {
        let mut day = first;
        for _ in 0..4 {
            let gap = if random.f64() < 0.6 {
                exponential(random, 4.0)
            } else {
                exponential(random, 25.0)
            };
            day = first + gap as i64;
            if day >= DAYS {
                day = random.i64(first..DAYS);
            }
            // Not so often at weekends.
            let weight = usize::try_from(day).map_or(1.0, |day| self.day_weights[day]);
            if random.f64() * 1.4 < weight {
                break;
            }
        }
        day
    }

    fn moment(&self, random: &mut Rng, day: i64, hours_before: i64) -> i64 {
        let hour = self.hours.draw(random) as i64 - hours_before;
        let within = random.i64(0..HOUR / SECOND) * SECOND;
        let at = self.start + day * DAY + hour * HOUR + within;
        match at {
            at if at < self.start => at + DAY,
            at if at > self.last => at - DAY,
            at => at,
        }
    }
}

/// A time to wait, by its mean.
pub fn exponential(random: &mut Rng, mean: f64) -> f64 {
    -mean * (1.0 - random.f64()).ln()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const SHAPE: Shape = Shape {
        seed: 7,
        events: 20_000,
        end: 1_790_000_000_000,
    };

    #[test]
    fn counts_are_those_that_were_asked_for() {
        for events in [1_000, 12_340, 20_000] {
            let shape = Shape { events, ..SHAPE };
            let visits = plan(&shape, |_| 0);
            assert_eq!(visits.len(), shape.sessions());
            let rows: u64 = visits.iter().map(|visit| u64::from(visit.rows)).sum();
            assert_eq!(rows, events);
            let visitors: std::collections::HashSet<u32> =
                visits.iter().map(|visit| visit.visitor).collect();
            assert_eq!(visitors.len(), shape.visitors());
        }
    }

    #[test]
    fn a_seed_decides_everything() {
        let first = plan(&SHAPE, |_| 2);
        assert_eq!(first, plan(&SHAPE, |_| 2));
        assert_ne!(first, plan(&Shape { seed: 8, ..SHAPE }, |_| 2));
    }

    #[test]
    fn visits_are_within_the_time_and_those_of_a_browser_apart() {
        let visits = plan(&SHAPE, |visitor| i64::from(visitor % 12) - 6);
        assert!(visits.is_sorted_by_key(|visit| visit.second));
        let mut last = HashMap::new();
        let end = (SHAPE.end - SHAPE.start() - LONGEST) / SECOND;
        for visit in &visits {
            assert!(i64::from(visit.second) <= end);
            if let Some(before) = last.insert(visit.visitor, visit.second) {
                assert!(i64::from(visit.second - before) >= APART / SECOND);
            }
        }
    }

    #[test]
    fn there_are_days_and_weeks() {
        let visits = plan(&SHAPE, |_| 0);
        let (mut weekends, mut nights) = (0, 0);
        for visit in &visits {
            let at = SHAPE.start() + i64::from(visit.second) * SECOND;
            let weekday = (at / DAY + 3).rem_euclid(7);
            weekends += usize::from(weekday >= 5);
            nights += usize::from((at.rem_euclid(DAY) / HOUR) < 6);
        }
        // Two days of seven, and six hours of twenty-four, have less than their share.
        assert!(weekends * 10 < visits.len() * 25 / 10, "{weekends}");
        assert!(nights * 100 < visits.len() * 10, "{nights}");
    }
}
