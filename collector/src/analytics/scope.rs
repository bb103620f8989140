//! Which rows count for a question.

use std::borrow::Cow;

use super::buckets::Span;
use super::filter::Decided;
use crate::columns::{Columns, Events, Sessions, Visitor};
use crate::store::Bots;

/// Some columns, and which of their rows a question is about.
#[derive(Debug)]
pub struct Scope<'c> {
    /// The rows.
    pub columns: &'c Columns,
    /// From when until before when.
    pub span: Span,
    /// What becomes of bots.
    pub bots: Bots,
    /// Conditions.
    pub filters: Decided,
}

impl Scope<'_> {
    /// Whether a visitor counts: not left out as a bot, and meeting the conditions on visitors.
    pub fn has_visitor(&self, visitor: Visitor<'_>) -> bool {
        self.bots.shows(visitor.is_bot()) && self.filters.visitor(self.columns, visitor)
    }

    /// The sessions of a visitor who counts and may have something within the span, and of each of them whether it meets the
    /// conditions, whenever it began: in `counts`, which is used again for the next. Nothing of somebody else.
    pub fn reach<'v>(&self, visitor: Visitor<'v>, counts: &mut Vec<bool>) -> Option<Sessions<'v>> {
        if visitor.last_at() < self.span.begin {
            return None;
        }
        let sessions = visitor.sessions();
        let came = sessions.started_at.first()?;
        if *came >= self.span.end || !self.has_visitor(visitor) {
            return None;
        }
        counts.clear();
        let all = 0..sessions.started_at.len();
        counts.extend(all.map(|place| self.filters.session(self.columns, &sessions, place)));
        if self.filters.asks_items() {
            let items = self
                .filters
                .items(self.columns, counts.len(), &visitor.events());
            for (counts, items) in counts.iter_mut().zip(items) {
                *counts &= items;
            }
        }
        Some(sessions)
    }

    /// The browsers of a person that count: those that are shown, if one of them meets the conditions on visitors.
    pub fn browsers_of<'p, 'v>(&self, person: &'p [Visitor<'v>]) -> Cow<'p, [Visitor<'v>]> {
        let is_shown = |browser: &&Visitor<'_>| self.bots.shows(browser.is_bot());
        let shown = if person.iter().all(|one| is_shown(&one)) {
            Cow::Borrowed(person)
        } else {
            Cow::Owned(person.iter().filter(is_shown).copied().collect())
        };
        let meets = |browser: &Visitor<'_>| self.filters.visitor(self.columns, *browser);
        if shown.iter().any(meets) {
            shown
        } else {
            Cow::Borrowed(&[])
        }
    }

    /// When the last session of a visitor began that counts, if one does.
    pub fn last_session(&self, visitor: Visitor<'_>) -> Option<i64> {
        let sessions = visitor.sessions();
        if self.filters.asks_nothing_of_sessions() {
            let end = sessions
                .started_at
                .partition_point(|at| *at < self.span.end);
            let last = sessions.started_at[..end].last().copied();
            return last.filter(|at| self.span.has(*at));
        }
        let counting = self.sessions(&sessions, &visitor.events());
        counting
            .places()
            .last()
            .map(|place| sessions.started_at[place])
    }

    /// Of each session of a visitor whether it counts: begun within the span and meeting all conditions. A session belongs
    /// wholly to the moment at which it began.
    pub fn sessions(&self, sessions: &Sessions<'_>, events: &Events<'_>) -> Counting {
        let count = sessions.started_at.len();
        let mut counting: Vec<bool> = (0..count)
            .map(|place| {
                self.span.has(sessions.started_at[place])
                    && self.filters.session(self.columns, sessions, place)
            })
            .collect();
        if self.filters.asks_items() && counting.contains(&true) {
            let items = self.filters.items(self.columns, count, events);
            for (counting, items) in counting.iter_mut().zip(items) {
                *counting &= items;
            }
        }
        Counting(counting)
    }

    /// Like [`Self::sessions`], into a list that is kept for the next visitor; whether any session counts.
    pub fn mark_sessions(
        &self,
        sessions: &Sessions<'_>,
        events: &Events<'_>,
        counting: &mut Vec<bool>,
    ) -> bool {
        counting.clear();
        counting.extend((0..sessions.started_at.len()).map(|place| {
            self.span.has(sessions.started_at[place])
                && self.filters.session(self.columns, sessions, place)
        }));
        if self.filters.asks_items() && counting.contains(&true) {
            let items = self.filters.items(self.columns, counting.len(), events);
            for (counting, items) in counting.iter_mut().zip(items) {
                *counting &= items;
            }
        }
        counting.contains(&true)
    }

    /// Of each session of a visitor whether it meets the conditions, whenever it began. For questions that look at items of
    /// the span, whose sessions may have begun before.
    pub fn sessions_of_any_time(&self, sessions: &Sessions<'_>, events: &Events<'_>) -> Counting {
        let count = sessions.started_at.len();
        let mut counting: Vec<bool> = (0..count)
            .map(|place| self.filters.session(self.columns, sessions, place))
            .collect();
        if self.filters.asks_items() {
            let items = self.filters.items(self.columns, count, events);
            for (counting, items) in counting.iter_mut().zip(items) {
                *counting &= items;
            }
        }
        Counting(counting)
    }
}

/// Which sessions of a visitor count.
#[derive(Debug)]
pub struct Counting(Vec<bool>);

impl Counting {
    /// Whether one does. What is of no session that is there counts only where there are no conditions.
    pub fn has(&self, session: u32) -> bool {
        self.0.get(session as usize).copied().unwrap_or(false)
    }

    /// The places of those that do.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        let all = self.0.iter().enumerate();
        all.filter(|(_, counts)| **counts).map(|(place, _)| place)
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        !self.0.contains(&true)
    }
}

/// How much an answer rests on, after conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, utoipa::ToSchema)]
pub struct Sample {
    /// Visitors, or persons where the question is about persons.
    pub people: u64,
    /// Sessions.
    pub sessions: u64,
    /// Items.
    pub items: u64,
}

impl Sample {
    /// Adds another's.
    pub fn add(&mut self, other: Self) {
        self.people += other.people;
        self.sessions += other.sessions;
        self.items += other.items;
    }
}
