//! Where something begins, and whether it counts there.
//!
//! Questions that follow somebody through time (a funnel, a cohort, the stages of a journey) hold their conditions against the
//! place where it begins: against the visitor, and against the session of the item with which it begins. What follows may happen
//! anywhere, because who came by an advertisement is to be followed when they come back without one.

use std::cell::OnceCell;

use super::scope::Scope;
use crate::columns::{NO_SESSION, Visitor};

/// A visitor with whom something may begin.
#[derive(Debug)]
pub struct Beginning<'s, 'c, 'v> {
    scope: &'s Scope<'c>,
    visitor: Visitor<'v>,
    counts: OnceCell<bool>,
    /// Of each session, whether its items meet the conditions on items.
    items: OnceCell<Vec<bool>>,
}

impl<'s, 'c, 'v> Beginning<'s, 'c, 'v> {
    /// With this visitor.
    pub fn of(scope: &'s Scope<'c>, visitor: Visitor<'v>) -> Self {
        Self {
            scope,
            visitor,
            counts: OnceCell::new(),
            items: OnceCell::new(),
        }
    }

    /// Whether it counts that something begins in a session of theirs, as items name it. What is in no session counts where no
    /// condition asks for sessions.
    pub fn counts(&self, session: u32) -> bool {
        let (filters, columns) = (&self.scope.filters, self.scope.columns);
        let visitor = || self.scope.has_visitor(self.visitor);
        if !*self.counts.get_or_init(visitor) {
            return false;
        }
        if !filters.asks_sessions() && !filters.asks_items() {
            return true;
        }
        if session == NO_SESSION {
            return false;
        }
        let sessions = self.visitor.sessions();
        if !filters.session(columns, &sessions, session as usize) {
            return false;
        }
        if !filters.asks_items() {
            return true;
        }
        let items = || filters.items(columns, sessions.started_at.len(), &self.visitor.events());
        self.items.get_or_init(items)[session as usize]
    }
}

/// When and where somebody was first seen: the time, the place among their browsers, and the session as items name it. Of bots
/// only where they are shown.
pub fn first_seen(scope: &Scope<'_>, browsers: &[Visitor<'_>]) -> Option<(i64, usize, u32)> {
    let shown = browsers.iter().enumerate();
    let shown = shown.filter(|(_, visitor)| scope.bots.shows(visitor.is_bot()));
    let (browser, visitor) = shown.min_by_key(|(_, visitor)| visitor.first_at())?;
    let at = visitor.first_at();
    let (sessions, events) = (visitor.sessions(), visitor.events());
    // The item may be gone for its age, and its session too; then nothing is known of where it was.
    let session = match (events.at.first(), sessions.started_at.first()) {
        (Some(first), _) if *first == at => events.session[0],
        (_, Some(started)) if *started <= at => 0,
        _ => NO_SESSION,
    };
    Some((at, browser, session))
}
