//! How many of those who began together came back, period by period.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use super::beginning::{Beginning, first_seen};
use super::breakdown::{Figures, Group, Groups};
use super::buckets::{Buckets, Interval, day_of};
use super::dimension::Dimension;
use super::quantile::rate;
use super::scope::{Sample, Scope};
use super::steps::Sought;
use super::whose::By;
use crate::columns::{NO_SESSION, Visitor};

/// The most periods of which a cohort's return is told, its own included: bits of what a person is noted in.
pub const MOST_OFFSETS: usize = 100;
/// The most cohorts of one answer.
pub const MOST_COHORTS: usize = 200;

/// Days, weeks or months of the calendar: those in which cohorts began, and as many after them as their return is told of.
#[derive(Debug, Clone)]
pub struct Periods {
    buckets: Buckets,
    cohorts: usize,
    zone: TimeZone,
}

impl Periods {
    /// The whole periods in which the days from `from` to `to` lie, and `offsets` more. Nothing where a day has no moments that
    /// can be told, or where there would be more than [`MOST_COHORTS`].
    pub fn of(
        from: Date,
        to: Date,
        zone: &TimeZone,
        period: Interval,
        offsets: usize,
    ) -> Option<Self> {
        let first = match period {
            Interval::Hour | Interval::Day => from,
            Interval::Week if from.weekday() == Weekday::Monday => from,
            Interval::Week => from.nth_weekday(-1, Weekday::Monday).ok()?,
            Interval::Month => from.first_of_month(),
        };
        let (mut next, mut cohorts) = (first, 0);
        while next <= to {
            next = period.next(next)?;
            cohorts += 1;
            if cohorts > MOST_COHORTS {
                return None;
            }
        }
        for _ in 0..offsets {
            next = period.next(next)?;
        }
        Some(Self {
            buckets: Buckets::of(first, next.yesterday().ok()?, zone, period)?,
            cohorts,
            zone: zone.clone(),
        })
    }

    fn start(&self, place: usize) -> i64 {
        let starts = self.buckets.starts();
        starts
            .get(place)
            .copied()
            .unwrap_or(self.buckets.span().end)
    }

    /// Whether a period is over.
    fn is_over(&self, place: usize, as_of: i64) -> bool {
        place < self.buckets.len() && self.start(place + 1) <= as_of
    }
}

/// When somebody becomes part of a cohort.
#[derive(Debug)]
pub enum Since {
    /// When they are first seen; cohorts are periods.
    FirstSeen,
    /// When they are first seen; cohorts are values of a dimension of the first touch.
    Split(Dimension),
    /// When they first do the first of these steps; cohorts are periods.
    Doing(Sought),
}

/// What counts as coming back.
#[derive(Debug)]
pub enum Returning {
    /// A session that begins.
    Session,
    /// The first of these steps.
    Doing(Sought),
}

/// What is asked.
#[derive(Debug)]
pub struct Asking {
    /// When somebody becomes part of a cohort.
    pub since: Since,
    /// What counts as coming back.
    pub returning: Returning,
    /// Who counts as one.
    pub by: By,
    /// The periods.
    pub periods: Periods,
    /// Periods of which a cohort's return is told, its own included: at most [`MOST_OFFSETS`].
    pub offsets: usize,
}

/// What a cohort is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CohortKind {
    /// Those who began in a period.
    Period,
    /// Those of a value of the dimension.
    Value,
    /// Those of all other values.
    Others,
}

/// A cohort in one of the periods after it began.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = RetentionRow)]
pub struct Row {
    /// What the cohort is of.
    pub kind: CohortKind,
    /// The first day of its period, or the dimension's value, which may be null.
    pub cohort: Option<String>,
    /// The first moment of its period.
    pub begins_at: Option<i64>,
    /// Whether nobody can become part of it any more.
    pub is_whole: bool,
    /// People of the cohort.
    pub size: u64,
    /// Periods after the one in which they began.
    pub offset: usize,
    /// Of them, those for whom this period is over; all of them at offset 0.
    pub of: u64,
    /// Of those, who came back in it; null where it is over for nobody, or has not come. At offset 0 all of them.
    pub people: Option<u64>,
    /// Those, of `of`.
    pub rate: Option<f64>,
}

/// All cohorts together, one of the periods after they began.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = RetentionPoint)]
pub struct Point {
    /// Periods after the one in which they began.
    pub offset: usize,
    /// People for whom this period is over.
    pub of: u64,
    /// Who came back in it; null where it is over for nobody.
    pub people: Option<u64>,
    /// Those, of `of`: the mean of the cohorts' rates, weighted by their size.
    pub rate: Option<f64>,
}

/// Who came back.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CohortsOfRetention)]
pub struct Retention {
    /// Cohorts, the earliest or greatest first, each with its periods in their order.
    pub rows: Vec<Row>,
    /// All of them together.
    pub curve: Vec<Point>,
}

/// People of a cohort.
#[derive(Debug, Clone, Default)]
struct Cells {
    /// By the period in which they began.
    began: Vec<u64>,
    /// By offset, in periods that are over.
    back: Vec<u64>,
}

impl Cells {
    fn new(asking: &Asking) -> Self {
        Self {
            began: vec![0; asking.periods.cohorts],
            back: vec![0; asking.offsets],
        }
    }
}

impl Figures for Cells {
    fn join(&mut self, other: Self) {
        let all = self.began.iter_mut().chain(&mut self.back);
        all.zip(other.began.into_iter().chain(other.back))
            .for_each(|(all, other)| *all += other);
    }

    fn size(&self) -> u64 {
        self.began.iter().sum()
    }
}

struct Gathered {
    by_period: Vec<Cells>,
    by_value: Groups<Cells>,
    sample: Sample,
}

/// Counts.
pub fn retention(scope: &Scope<'_>, asking: &Asking) -> (Retention, Sample) {
    let periods = &asking.periods;
    let new = || Gathered {
        by_period: vec![Cells::new(asking); periods.cohorts],
        by_value: Groups::default(),
        sample: Sample::default(),
    };
    let add = |gathered: &mut Gathered, browsers: &[Visitor<'_>]| {
        gathered.add(scope, asking, browsers);
    };
    let gathered = asking.by.fold(scope.columns, new, add, |all, other| {
        for (all, other) in all.by_period.iter_mut().zip(other.by_period) {
            all.join(other);
        }
        all.by_value.join(other.by_value);
        all.sample.add(other.sample);
    });
    let as_of = scope.columns.as_of();
    let cohort = |kind, cohort, began: std::ops::Range<usize>, cells: &Cells| {
        let single = matches!(kind, CohortKind::Period).then_some(began.start);
        let (begin, end) = (periods.start(began.start), periods.start(began.end));
        let is_inside = match single {
            Some(_) => scope.span.begin <= begin && end <= scope.span.end && end <= as_of,
            None => scope.span.end <= as_of,
        };
        let size = cells.size();
        let row = |offset: usize| {
            let over = |place: &usize| offset == 0 || periods.is_over(place + offset, as_of);
            let is_known = began.clone().any(|place| over(&place));
            let of = began
                .clone()
                .filter(over)
                .map(|place| cells.began[place])
                .sum();
            let back = if offset == 0 {
                size
            } else {
                cells.back[offset]
            };
            Row {
                kind,
                cohort: Clone::clone(&cohort),
                begins_at: single.map(|place| periods.start(place)),
                is_whole: is_inside,
                size,
                offset,
                of,
                people: is_known.then_some(back),
                rate: is_known.then(|| rate(back, of)).flatten(),
            }
        };
        (0..asking.offsets).map(row).collect::<Vec<_>>()
    };
    let mut rows = Vec::new();
    if let Since::Split(_) = asking.since {
        for (group, value, cells) in gathered.by_value.ranked(scope.columns) {
            let kind = match group {
                Group::Others => CohortKind::Others,
                _ => CohortKind::Value,
            };
            rows.extend(cohort(kind, value, 0..periods.cohorts, &cells));
        }
    } else {
        for (place, cells) in gathered.by_period.iter().enumerate() {
            let day = day_of(periods.start(place), &periods.zone).map(|day| day.to_string());
            rows.extend(cohort(CohortKind::Period, day, place..place + 1, cells));
        }
    }
    let curve = curve(&rows, asking.offsets);
    (Retention { rows, curve }, gathered.sample)
}

fn curve(rows: &[Row], offsets: usize) -> Vec<Point> {
    let point = |offset| {
        let known = rows.iter().filter(|row| row.offset == offset);
        let known: Vec<&Row> = known.filter(|row| row.people.is_some()).collect();
        let of = known.iter().map(|row| row.of).sum();
        let people = known.iter().filter_map(|row| row.people).sum();
        Point {
            offset,
            of,
            people: (!known.is_empty()).then_some(people),
            rate: rate(people, of),
        }
    };
    (0..offsets).map(point).collect()
}

impl Asking {
    /// When somebody becomes part of a cohort: the time, the browser's place and the session.
    fn since(&self, scope: &Scope<'_>, browsers: &[Visitor<'_>]) -> Option<(i64, usize, u32)> {
        let Since::Doing(sought) = &self.since else {
            return first_seen(scope, browsers);
        };
        let mut first: Option<(i64, usize, u32)> = None;
        let mut add = |at, browser, session| {
            if first.is_none_or(|(known, _, _)| at < known) {
                first = Some((at, browser, session));
            }
        };
        for (browser, visitor) in browsers.iter().enumerate() {
            if !scope.bots.shows(visitor.is_bot()) {
                continue;
            }
            let events = visitor.events();
            let found = (0..events.at.len())
                .find(|place| sought.item(scope.columns, *visitor, &events, *place) & 1 == 1);
            if let Some(place) = found {
                add(events.at[place], browser, events.session[place]);
            }
            if sought.has_milestones() {
                let firsts = visitor.firsts();
                for (name, at) in firsts.name.iter().zip(firsts.at) {
                    if sought.first(scope.columns, *visitor, *name) & 1 == 1 {
                        add(*at, browser, NO_SESSION);
                    }
                }
            }
        }
        first
    }

    /// The offsets at which somebody who began in a period came back, as bits.
    fn back(&self, scope: &Scope<'_>, began: usize, browsers: &[Visitor<'_>]) -> u128 {
        let mut back = 0;
        let next = self.periods.start(began + 1);
        let mut add = |at: i64| {
            if let Some(offset) = self.periods.buckets.find(at).map(|place| place - began)
                && offset < self.offsets
            {
                back |= 1_u128 << offset;
            }
        };
        for visitor in browsers {
            if visitor.last_at() < next || !scope.bots.shows(visitor.is_bot()) {
                continue;
            }
            match &self.returning {
                Returning::Session => {
                    let started = visitor.sessions().started_at;
                    let from = started.partition_point(|at| *at < next);
                    started[from..].iter().for_each(|at| add(*at));
                }
                Returning::Doing(sought) => {
                    let events = visitor.events();
                    let from = events.at.partition_point(|at| *at < next);
                    for place in from..events.at.len() {
                        if sought.item(scope.columns, *visitor, &events, place) & 1 == 1 {
                            add(events.at[place]);
                        }
                    }
                }
            }
        }
        back
    }
}

impl Gathered {
    fn add(&mut self, scope: &Scope<'_>, asking: &Asking, browsers: &[Visitor<'_>]) {
        let Some((at, browser, session)) = asking.since(scope, browsers) else {
            return;
        };
        let visitor = browsers[browser];
        if !scope.span.has(at) || !Beginning::of(scope, visitor).counts(session) {
            return;
        }
        let periods = &asking.periods;
        let Some(began) = periods
            .buckets
            .find(at)
            .filter(|place| *place < periods.cohorts)
        else {
            return;
        };
        let cells = match asking.since {
            Since::Split(dimension) => {
                let word = dimension.of_visitor(scope.columns, visitor);
                self.by_value.of(word, || Cells::new(asking))
            }
            _ => &mut self.by_period[began],
        };
        cells.began[began] += 1;
        let back = asking.back(scope, began, browsers);
        let as_of = scope.columns.as_of();
        for offset in 1..asking.offsets {
            if back >> offset & 1 == 1 && periods.is_over(began + offset, as_of) {
                cells.back[offset] += 1;
            }
        }
        self.sample.people += 1;
        for visitor in browsers {
            self.sample.sessions += visitor.sessions().started_at.len() as u64;
            self.sample.items += visitor.events().at.len() as u64;
        }
    }
}
