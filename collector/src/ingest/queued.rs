//! What a writer behind a queue asks of ingest: facts are stored that somebody else has read and answered for.
//!
//! Nobody waits for an answer to be told why an item was dropped, so what the database refuses is for the inbox.

use std::sync::Arc;

use super::inbox::{Dropped, Origin};
use super::{Ingest, writer};
use crate::journey::Fact;
use crate::outcome::{Fault, Outcome};
use crate::scale::form;

impl Ingest {
    /// Stores facts and says what became of each, in their order; nothing once there is no writer any more.
    pub async fn store(&self, facts: Vec<Fact>) -> Option<Vec<Outcome>> {
        let items = facts.len();
        match self.queue(facts, true) {
            Ok(Some(verdicts)) => verdicts.await.ok(),
            Ok(None) => Some(Vec::new()),
            // Full, which whoever hands in no more than there is room for does not meet.
            Err(_) => Some(vec![Outcome::Retry; items]),
        }
    }

    /// Hands facts to the inbox that the database refuses.
    pub fn keep_refused(&self, facts: &[Fact], fault: &Fault) {
        if !self.inbox.is_on() {
            return;
        }
        for fact in facts {
            let (context, told) = form::show(fact);
            let origin = Arc::new(Origin::of_fact(fact, &context));
            let dropped = Dropped::new(&origin, Some(fact.id), fault.clone(), &told);
            self.inbox.push(dropped);
        }
    }

    /// Whether somebody watches, so that commits of other processes are worth telling.
    pub fn is_watched(&self) -> bool {
        self.live.is_watched()
    }

    /// Tells those who watch of facts that another process has committed.
    pub async fn tell_of_others(&self, facts: &[Fact]) {
        writer::tell_of_others(&self.store, &self.live, facts).await;
    }
}
