//! Which tab this is, and the queues of tabs that are gone.
//!
//! A tab's id lives in `sessionStorage`, which a duplicated tab copies; the tab's lock, held for the life of the page,
//! tells the copy from the original. The same lock guards the tab's queue: whoever holds it sends the queue, so two tabs
//! never send the same items at the same time.

use std::rc::Rc;

use uuid::Uuid;

use super::engine::Engine;
use super::host::Ask;
use super::{clock, host, storage};
use crate::core::context::Context;
use crate::core::queue::Entry;
use crate::core::text::{self, Fields, push};
use crate::core::{id, number, tab};

/// Milliseconds between two looks for queues of tabs that are gone, and for what is seen of them late.
const LOOK_EVERY: i64 = 30_000;

impl Engine {
    /// Claims this tab's id, or a new one if a duplicate of this tab has it; then goes on to agree on the session.
    pub(crate) fn claim_tab(&mut self) {
        self.claim = id::parse(text::before(&host::load(storage::TAB), b' '));
        self.claim();
    }

    fn claim(&mut self) {
        if self.claim.is_nil() {
            // What a tab that has the other id counted is not this one's.
            host::save(storage::TAB, "");
            self.claim = clock::id(clock::now());
        }
        host::lock(&id::text(&self.claim), self.epoch);
    }

    /// Whether a tab's queue was free, so that this page is now in charge of it.
    pub(crate) fn claimed(&mut self, tab: Uuid, free: bool) {
        if tab == self.claim {
            self.claim = Uuid::nil();
            if !free {
                return self.claim();
            }
            self.tab = tab;
            // The page that had the lock counted on until it gave it back.
            self.seq = tab::count(&host::load(storage::TAB), &tab);
            self.save_tab();
            self.load(&tab);
            self.agree_on_session();
        } else if free {
            self.load(&tab);
            self.send_all();
        }
    }

    /// Now and then: takes over the queues of tabs that are gone.
    pub(crate) fn adopt(&mut self) {
        let now = clock::now();
        if self.ready && now - self.looked_for_orphans >= LOOK_EVERY {
            self.looked_for_orphans = now;
            let tabs = host::ask(Ask::Tabs as u32);
            let mut tabs = text::fields(&tabs);
            while !tabs.is_done() {
                let tab = tabs.take();
                let id = id::parse(tab);
                if !id.is_nil() && id != self.tab {
                    host::lock(tab, self.epoch);
                }
            }
        }
    }

    /// Reads a tab's items and contexts from storage into the queue, and removes what cannot be read.
    fn load(&mut self, tab: &Uuid) {
        let mut contexts: Vec<Rc<Context>> = Vec::new();
        // Contexts first, since items refer to them.
        let stored = host::stored(&storage::prefix(storage::CONTEXT, tab));
        let mut stored = text::fields(&stored);
        while !stored.is_done() {
            let number = number::count(stored.take());
            let json = text::own(stored.take());
            contexts.push(Rc::new(Context::restored(*tab, number, json)));
        }
        let stored = host::stored(&storage::prefix(storage::ITEM, tab));
        let mut stored = text::fields(&stored);
        while !stored.is_done() {
            let seq = stored.take();
            // The number of its context, then its JSON.
            let mut item = Fields(stored.take(), b' ');
            let number = number::count(item.take());
            if let Some(context) = contexts.iter().find(|context| context.number == number) {
                let seq = number::count(seq);
                let entry = Entry::restored(seq, Rc::clone(context), text::own(item.0));
                if !entry.id.is_nil() {
                    self.queue.push(entry);
                    continue;
                }
            }
            let mut key = storage::prefix(storage::ITEM, tab);
            push(&mut key, seq);
            host::save(&key, "");
        }
        self.shrink();
        for context in &contexts {
            self.erase_unused(context);
        }
    }
}
