//! The fold behind the questions that count sessions and what happened in them, by stretches of time and by groups.
//!
//! Most sessions lie wholly within one stretch; what happened in those is known without looking at it. The items of the
//! others, and all items where there are conditions on items, are looked at one by one.

use super::buckets::Buckets;
use super::figures::Figures;
use super::groups::{By, Groups};
use super::prices::Prices;
use super::rows::TooMany;
use super::scope::{Sample, Scope};
use crate::columns::{Orders, Sessions, Visitor};
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
    /// Of the visitor's sessions: whether and how each counts.
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

#[derive(Debug, Clone, Copy)]
struct Mark {
    counts: bool,
    /// Whether its items have to be looked at.
    looks: bool,
    group: u32,
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
        let add = |all: &mut Tallied, visitor: Visitor<'_>| self.add(all, visitor);
        let columns = self.scope.columns;
        let mut all = columns.fold_visitors(new, add, Tallied::join);
        all.add_up();
        all
    }

    fn add(&self, all: &mut Tallied, visitor: Visitor<'_>) {
        let mut counts = std::mem::take(&mut all.counts);
        if let Some(sessions) = self.scope.reach(visitor, &mut counts) {
            self.add_visitor(all, visitor, &sessions, &counts);
        }
        all.counts = counts;
    }

    fn add_visitor(
        &self,
        all: &mut Tallied,
        visitor: Visitor<'_>,
        sessions: &Sessions<'_>,
        counts: &[bool],
    ) {
        all.serial += 1;
        all.marks.clear();
        let mut last = None;
        let mut looks = false;
        for (place, counts) in counts.iter().enumerate() {
            let mark = if *counts {
                self.add_session(all, visitor, sessions, place, &mut last)
            } else {
                NOT
            };
            looks |= mark.looks;
            all.marks.push(mark);
        }
        all.visitors += u64::from(last.is_some());
        if looks {
            self.add_items(all, visitor, sessions);
        }
        let orders = visitor.orders();
        if !orders.at.is_empty() {
            self.add_orders(all, visitor, &orders);
        }
    }

    /// Adds a session; `last` is the stretch of the one before.
    fn add_session(
        &self,
        all: &mut Tallied,
        visitor: Visitor<'_>,
        sessions: &Sessions<'_>,
        place: usize,
        last: &mut Option<usize>,
    ) -> Mark {
        let started = self.buckets.find(sessions.started_at[place]);
        let span = self.buckets.span();
        let is_beside =
            sessions.started_at[place] >= span.end || sessions.last_at[place] < span.begin;
        if is_beside || (self.is_whole && started.is_none()) {
            return NOT;
        }
        let group = self.by.map(|by| {
            all.groups
                .of_session(by, self.scope.columns, visitor, sessions, place)
        });
        if let Some(bucket) = started {
            let is_new = last.replace(bucket) != Some(bucket);
            let figures = all.slot(bucket, group);
            figures.add_session(sessions, place, place == 0);
            figures.visitors += u64::from(is_new && group.is_none());
            if let Some(group) = group {
                let serial = all.serial;
                let grouped = all.groups.at(group);
                grouped.figures.visitors += u64::from(grouped.seen != serial);
                grouped.seen = serial;
            }
        }
        let is_within = self.is_whole
            || started.is_some() && started == self.buckets.find(sessions.last_at[place]);
        let looks = self.scope.filters.asks_items() || !is_within;
        if let Some(bucket) = started.filter(|_| !looks) {
            all.slot(bucket, group).add_items(sessions, place);
        }
        Mark {
            counts: true,
            looks,
            group: group.unwrap_or_default(),
        }
    }

    fn add_items(&self, all: &mut Tallied, visitor: Visitor<'_>, sessions: &Sessions<'_>) {
        let events = visitor.events();
        let scope = self.scope;
        for place in 0..events.at.len() {
            let session = events.session[place] as usize;
            let mark = all.marks.get(session).copied().unwrap_or(NOT);
            if !mark.looks || !scope.filters.item(scope.columns, &events, place) {
                continue;
            }
            let at = if self.is_whole {
                sessions.started_at[session]
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
            self.add_gone(all, sessions);
        }
        all.there.clear();
    }

    /// Adds items of which only their session's counts are left, where it began.
    fn add_gone(&self, all: &mut Tallied, sessions: &Sessions<'_>) {
        all.there.resize(all.marks.len(), (0, 0));
        for place in 0..all.marks.len() {
            let (mark, there) = (all.marks[place], all.there[place]);
            let gone = (
                sessions.page_views[place].saturating_sub(there.0),
                sessions.events[place].saturating_sub(there.1),
            );
            if !mark.looks || gone == (0, 0) {
                continue;
            }
            if let Some(bucket) = self.buckets.find(sessions.started_at[place]) {
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
