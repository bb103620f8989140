//! What happened in sessions, where it has to be looked at: items of sessions that reach beyond a stretch of time, items
//! under conditions, and orders. Few visitors have any, so here is worked out once more which of their sessions count.

use std::ops::Range;

use super::{Gathered, Tally};
use crate::columns::{Orders, Sessions, Visitor};
use crate::journey::EntryKind;

/// What is kept of the visitor who is looked at.
#[derive(Debug, Default)]
pub(super) struct Within {
    /// Of the visitor's sessions: whether and how each counts.
    marks: Vec<Mark>,
    /// Of those whose items are looked at: page views and events that are there.
    there: Vec<(u32, u32)>,
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

impl Tally<'_> {
    /// Adds items and orders of a visitor, as far as they have to be looked at. Theirs are the sessions `own` of some.
    #[cold]
    pub(super) fn add_within(
        &self,
        all: &mut Gathered,
        visitor: Visitor<'_>,
        (sessions, own): (&Sessions<'_>, Range<usize>),
        looks: bool,
        meets: impl Fn(usize) -> bool,
    ) {
        let mut within = std::mem::take(&mut all.within);
        within.marks.clear();
        within.marks.extend(own.clone().map(|place| {
            let Some(found) = self.find(sessions, place).filter(|_| meets(place)) else {
                return NOT;
            };
            let columns = self.scope.columns;
            let group = self.by.map(|by| {
                let of = (visitor, sessions, place);
                all.groups.of_session(by, columns, of)
            });
            Mark {
                counts: true,
                looks: found.looks,
                group: group.unwrap_or_default(),
            }
        }));
        if looks {
            self.add_items(all, &mut within, visitor, (sessions, own));
        }
        self.add_orders(all, &within, visitor, &visitor.orders());
        all.within = within;
    }

    fn add_items(
        &self,
        all: &mut Gathered,
        within: &mut Within,
        visitor: Visitor<'_>,
        (sessions, own): (&Sessions<'_>, Range<usize>),
    ) {
        let events = visitor.events();
        let scope = self.scope;
        for place in 0..events.at.len() {
            let session = events.session[place] as usize;
            let mark = within.marks.get(session).copied().unwrap_or(NOT);
            if !mark.looks || !scope.filters.item(scope.columns, &events, place) {
                continue;
            }
            let at = if self.is_whole {
                sessions.started_at[own.start + session]
            } else {
                events.at[place]
            };
            within.there.resize(within.marks.len(), (0, 0));
            let there = &mut within.there[session];
            there.0 += u32::from(events.kind[place] == EntryKind::PageView);
            there.1 += u32::from(events.kind[place] == EntryKind::Event);
            if let Some(bucket) = self.buckets.find(at) {
                let group = self.by.map(|_| mark.group);
                all.slot(bucket, group).add_item(&events, place);
            }
        }
        if !scope.filters.asks_items() {
            self.add_gone(all, within, sessions, own.start);
        }
        within.there.clear();
    }

    /// Adds items of which only their session's counts are left, where it began.
    fn add_gone(
        &self,
        all: &mut Gathered,
        within: &mut Within,
        sessions: &Sessions<'_>,
        first: usize,
    ) {
        within.there.resize(within.marks.len(), (0, 0));
        for place in 0..within.marks.len() {
            let (mark, there) = (within.marks[place], within.there[place]);
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

    fn add_orders(
        &self,
        all: &mut Gathered,
        within: &Within,
        visitor: Visitor<'_>,
        orders: &Orders<'_>,
    ) {
        for place in 0..orders.at.len() {
            let session = orders.session[place] as usize;
            let mark = within.marks.get(session).copied().unwrap_or(NOT);
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
