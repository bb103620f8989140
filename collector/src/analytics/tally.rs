//! The fold behind the questions that count sessions and what happened in them, by stretches of time and by groups.
//!
//! Most sessions lie wholly within one stretch; what happened in those is known without looking at it. The items of the
//! others, and all items where there are conditions on items, are looked at one by one.

use std::ops::Range;

use super::buckets::Buckets;
use super::figures::Figures;
use super::groups::{By, Groups};
use super::prices::Prices;
use super::rows::TooMany;
use super::scope::{Sample, Scope};
use crate::columns::{Block, Orders, Sessions, Visitor};
use crate::journey::EntryKind;

/// What to count.
#[derive(Debug, Clone, Copy)]
pub struct Tally<'q> {
    /// Of which rows.
    pub scope: &'q Scope<'q>,
    /// How orders are converted.
    pub prices: &'q Prices,
    /// The stretches of time, together the scope's.
    pub buckets: &'q Buckets,
    /// Told apart by what.
    pub by: Option<&'q By>,
    /// When what happened in a session belongs to its start, whenever it happened; else it belongs to its own time.
    pub is_whole: bool,
}

/// Counts by values of dimensions.
///
/// # Errors
/// [`TooMany`].
pub fn by_values(
    scope: &Scope<'_>,
    prices: &Prices,
    by: &By,
    is_whole: bool,
) -> Result<Tallied, TooMany> {
    let tally = Tally {
        scope,
        prices,
        buckets: &Buckets::whole(scope.span),
        by: Some(by),
        is_whole,
    };
    let tallied = tally.count();
    if tallied.groups.is_full() {
        return Err(TooMany);
    }
    Ok(tallied)
}

/// What was counted.
#[derive(Debug, Default)]
pub struct Tallied {
    /// All of it.
    pub total: Figures,
    /// By stretches of time; nothing where it is by groups.
    pub by_bucket: Vec<Figures>,
    /// By groups.
    pub groups: Groups<Grouped>,
    /// Visitors who count.
    visitors: u64,
    /// Counts those who were looked at.
    serial: u32,
    /// Of the visitor's sessions: whether each meets the conditions.
    counts: Vec<bool>,
    /// Of the visitor's sessions, where their items or orders are looked at: whether and how each counts.
    marks: Vec<Mark>,
    /// Of those whose items are looked at: page views and events that are there.
    there: Vec<(u32, u32)>,
}

/// A group's figures.
#[derive(Debug, Default)]
pub struct Grouped {
    pub(super) figures: Figures,
    /// The last visitor that was counted.
    seen: u32,
}

/// The sessions of a block.
struct Rows<'s> {
    sessions: Sessions<'s>,
    /// See [`By::things`].
    things: Option<&'s [u32]>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    counts: bool,
    /// Whether its items have to be looked at.
    looks: bool,
    group: u32,
}

/// Where a session stands.
#[derive(Debug, Clone, Copy)]
struct Found {
    /// The stretch in which it began.
    started: Option<usize>,
    /// Whether its items have to be looked at.
    looks: bool,
}

const NOT: Mark = Mark {
    counts: false,
    looks: false,
    group: 0,
};

impl Grouped {
    /// Its figures, to be added to.
    pub(super) fn figures_mut(&mut self) -> &mut Figures {
        &mut self.figures
    }
}

impl Tallied {
    /// What was counted elsewhere, by stretches of time.
    pub(super) fn of_buckets(total: Figures, by_bucket: Vec<Figures>) -> Self {
        Self {
            total,
            by_bucket,
            ..Self::default()
        }
    }

    /// The same by groups.
    pub(super) fn of_groups(total: Figures, groups: Groups<Grouped>) -> Self {
        Self {
            total,
            groups,
            ..Self::default()
        }
    }

    /// How much it rests on.
    pub fn sample(&self) -> Sample {
        Sample {
            people: self.total.visitors,
            sessions: self.total.sessions,
            items: self.total.page_views + self.total.events,
        }
    }

    /// Where something counts: in its group, else in its stretch of time.
    fn slot(&mut self, bucket: usize, group: Option<u32>) -> &mut Figures {
        match group {
            Some(group) => &mut self.groups.at(group).figures,
            None => &mut self.by_bucket[bucket],
        }
    }

    /// All together: the sum of what was told apart, but for visitors, who may be in several.
    fn add_up(&mut self) {
        let mut total = Figures::default();
        for figures in &self.by_bucket {
            total.join(figures);
        }
        for (_, grouped) in self.groups.iter() {
            total.join(&grouped.figures);
        }
        total.visitors = self.visitors;
        self.total = total;
    }

    fn join(&mut self, other: Self) {
        self.visitors += other.visitors;
        for (all, one) in self.by_bucket.iter_mut().zip(&other.by_bucket) {
            all.join(one);
        }
        self.groups
            .join(other.groups, |all, one| all.figures.join(&one.figures));
    }
}

impl Tally<'_> {
    /// Counts.
    pub fn count(&self) -> Tallied {
        let rows = self.by.map_or(self.buckets.len(), |_| 0);
        let new = || Tallied {
            by_bucket: vec![Figures::default(); rows],
            ..Tallied::default()
        };
        let columns = self.scope.columns;
        let add = |all: &mut Tallied, block: Block<'_>| self.add(all, block);
        let mut all = columns.fold_blocks(new, add, Tallied::join);
        all.add_up();
        all
    }

    fn add(&self, all: &mut Tallied, block: Block<'_>) {
        let scope = self.scope;
        let sessions = block.sessions();
        let things = self.by.and_then(|by| by.things(&sessions));
        let rows = Rows { sessions, things };
        if scope.filters.asks_nothing_of_sessions() {
            for visitor in block.visitors() {
                let own = visitor.own_sessions();
                if scope.reaches(visitor, &rows.sessions, &own) {
                    self.add_visitor(all, visitor, (&rows, own), |_| true);
                }
            }
            return;
        }
        let mut counts = std::mem::take(&mut all.counts);
        for visitor in block.visitors() {
            if scope.reach(visitor, &mut counts).is_some() {
                let own = visitor.own_sessions();
                let first = own.start;
                let meets = |place| counts[place - first];
                self.add_visitor(all, visitor, (&rows, own), meets);
            }
        }
        all.counts = counts;
    }

    /// Adds the sessions of a visitor, some of a block's, that meet the conditions.
    #[inline(always)]
    fn add_visitor(
        &self,
        all: &mut Tallied,
        visitor: Visitor<'_>,
        (rows, own): (&Rows<'_>, Range<usize>),
        meets: impl Fn(usize) -> bool,
    ) {
        all.serial += 1;
        let mut last = None;
        let mut looks = false;
        for place in own.clone() {
            if meets(place)
                && let Some(found) = self.find(&rows.sessions, place)
            {
                let group = self.group(all, visitor, rows, place);
                let is_first = place == own.start;
                self.add_session(all, rows, (place, is_first), (found, group), &mut last);
                looks |= found.looks;
            }
        }
        all.visitors += u64::from(last.is_some());
        if looks || visitor.has_orders() {
            self.add_within(all, visitor, (rows, own), looks, meets);
        }
    }

    /// Adds items and orders of a visitor, as far as they have to be looked at. Of most nothing more has to be known than what
    /// their sessions say, so that it is worked out here once more which count.
    #[cold]
    fn add_within(
        &self,
        all: &mut Tallied,
        visitor: Visitor<'_>,
        (rows, own): (&Rows<'_>, Range<usize>),
        looks: bool,
        meets: impl Fn(usize) -> bool,
    ) {
        all.marks.clear();
        for place in own.clone() {
            let found = self.find(&rows.sessions, place).filter(|_| meets(place));
            let mark = found.map_or(NOT, |found| Mark {
                counts: true,
                looks: found.looks,
                group: self.group(all, visitor, rows, place).unwrap_or_default(),
            });
            all.marks.push(mark);
        }
        if looks {
            self.add_items(all, visitor, (&rows.sessions, own));
        }
        self.add_orders(all, visitor, &visitor.orders());
    }

    /// Where a session stands; nothing where it is beside the time.
    #[inline(always)]
    fn find(&self, sessions: &Sessions<'_>, place: usize) -> Option<Found> {
        let (began, ended) = (sessions.started_at[place], sessions.last_at[place]);
        let started = self.buckets.find(began);
        let is_within = match started {
            Some(bucket) => self.is_whole || self.buckets.holds(bucket, ended),
            None => {
                let span = self.scope.span;
                if self.is_whole || began >= span.end || ended < span.begin {
                    return None;
                }
                false
            }
        };
        Some(Found {
            started,
            looks: !is_within || self.scope.filters.asks_items(),
        })
    }

    /// The number of a session's group, where there are groups.
    #[inline(always)]
    fn group(
        &self,
        all: &mut Tallied,
        visitor: Visitor<'_>,
        rows: &Rows<'_>,
        place: usize,
    ) -> Option<u32> {
        self.by.map(|by| {
            let of = (visitor, &rows.sessions, place);
            let columns = self.scope.columns;
            all.groups.of_session(by, rows.things, columns, of)
        })
    }

    /// Adds a session; `last` is the stretch of the visitor's one before.
    #[inline(always)]
    fn add_session(
        &self,
        all: &mut Tallied,
        rows: &Rows<'_>,
        (place, is_first): (usize, bool),
        (found, group): (Found, Option<u32>),
        last: &mut Option<usize>,
    ) {
        let Some(bucket) = found.started else { return };
        let is_new = last.replace(bucket) != Some(bucket);
        let figures = match group {
            Some(group) => {
                let serial = all.serial;
                let grouped = all.groups.at(group);
                grouped.figures.visitors += u64::from(grouped.seen != serial);
                grouped.seen = serial;
                &mut grouped.figures
            }
            None => {
                let figures = &mut all.by_bucket[bucket];
                figures.visitors += u64::from(is_new);
                figures
            }
        };
        figures.add_session(&rows.sessions, place, is_first);
        if !found.looks {
            figures.add_items(&rows.sessions, place);
        }
    }

    fn add_items(
        &self,
        all: &mut Tallied,
        visitor: Visitor<'_>,
        (sessions, own): (&Sessions<'_>, Range<usize>),
    ) {
        let events = visitor.events();
        let scope = self.scope;
        for place in 0..events.at.len() {
            let session = events.session[place] as usize;
            let mark = all.marks.get(session).copied().unwrap_or(NOT);
            if !mark.looks || !scope.filters.item(scope.columns, &events, place) {
                continue;
            }
            let at = if self.is_whole {
                sessions.started_at[own.start + session]
            } else {
                events.at[place]
            };
            all.there.resize(all.marks.len(), (0, 0));
            let there = &mut all.there[session];
            there.0 += u32::from(events.kind[place] == EntryKind::PageView);
            there.1 += u32::from(events.kind[place] == EntryKind::Event);
            if let Some(bucket) = self.buckets.find(at) {
                let group = self.by.map(|_| mark.group);
                all.slot(bucket, group).add_item(&events, place);
            }
        }
        if !scope.filters.asks_items() {
            self.add_gone(all, sessions, own.start);
        }
        all.there.clear();
    }

    /// Adds items of which only their session's counts are left, where it began.
    fn add_gone(&self, all: &mut Tallied, sessions: &Sessions<'_>, first: usize) {
        all.there.resize(all.marks.len(), (0, 0));
        for place in 0..all.marks.len() {
            let (mark, there) = (all.marks[place], all.there[place]);
            let own = first + place;
            let gone = (
                sessions.page_views[own].saturating_sub(there.0),
                sessions.events[own].saturating_sub(there.1),
            );
            if !mark.looks || gone == (0, 0) {
                continue;
            }
            if let Some(bucket) = self.buckets.find(sessions.started_at[own]) {
                let group = self.by.map(|_| mark.group);
                all.slot(bucket, group).add_gone(gone);
            }
        }
    }

    fn add_orders(&self, all: &mut Tallied, visitor: Visitor<'_>, orders: &Orders<'_>) {
        for place in 0..orders.at.len() {
            let session = orders.session[place] as usize;
            let mark = all.marks.get(session).copied().unwrap_or(NOT);
            let scope = self.scope;
            if !mark.counts || !scope.filters.order(scope.columns, visitor, orders, place) {
                continue;
            }
            let bucket = match self.buckets.find(orders.at[place]) {
                Some(bucket) => bucket,
                // Of a session that began within; there is one stretch where it counts as a whole.
                None if self.is_whole => 0,
                None => continue,
            };
            let group = self.by.map(|_| mark.group);
            let figures = all.slot(bucket, group);
            figures.takings.add(self.prices, orders, place);
        }
    }
}
