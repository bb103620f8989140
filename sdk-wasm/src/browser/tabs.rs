//! Which tab this is, and the queues of tabs that are gone.
//!
//! A tab's id lives in `sessionStorage`, which a duplicated tab copies; the lock `wm-tab-<id>`, held for the life of the
//! page, tells the copy from the original. The same lock guards the tab's queue: whoever holds it sends the queue, so
//! two tabs never send the same items at the same time. Without locks a time stamp written now and then stands in.

use std::rc::Rc;

use uuid::Uuid;

use super::engine::{Engine, later};
use super::host::Ask;
use super::storage::TAB;
use super::{clock, host, storage};
use crate::core::context::Context;
use crate::core::queue::Entry;
use crate::core::signal::{self, Signal};
use crate::core::text::{self, FIELD, Fields, push};
use crate::core::{id, number};

/// Milliseconds between two looks for queues of tabs that are gone.
const LOOK_EVERY: i64 = 60_000;
/// Without locks: a tab that has been silent for so long is gone. Browsers let hidden tabs wake once a minute.
const STALE: i64 = 180_000;

impl Engine {
    /// Claims this tab's id, or a new one if a duplicate of this tab has it; then goes on to agree on the session.
    pub(crate) fn claim_tab(&mut self) {
        let known = host::load(TAB);
        let mut known = Fields(&known, b' ');
        let tab = id::parse(known.take());
        let seq = number::parse(known.0).unwrap_or(0);
        self.claim = tab.map_or_else(|| (clock::id(clock::now()), 0), |tab| (tab, seq));
        self.ask_for(&self.claim.0);
    }

    /// Whether a tab's queue was free, so that this page is now in charge of it.
    pub(crate) fn claimed(&mut self, tab: Uuid, free: bool) {
        if tab != self.claim.0 {
            if free {
                self.adopted.push(tab);
                self.load(&tab);
                self.send_all();
            }
        } else if free {
            (self.tab, self.seq) = self.claim;
            self.save_tab();
            self.load(&tab);
            self.agree_on_session();
        } else {
            self.claim = (clock::id(clock::now()), 0);
            self.ask_for(&self.claim.0);
        }
    }

    /// Asks to be in charge of a tab's queue; [`Engine::claimed`] is told.
    fn ask_for(&self, tab: &Uuid) {
        let name = key("wm-tab-", tab);
        if self.options.locks {
            return host::lock(&name, true, self.epoch);
        }
        let now = clock::now();
        let beat = host::load(&key(storage::BEAT, tab));
        let free = number::parse_time(&beat).is_none_or(|at| (now - at).abs() > STALE);
        if free {
            self.write_beat(tab, now);
        }
        let mut text = name;
        push(&mut text, FIELD);
        push(&mut text, if free { "1" } else { "0" });
        later(Signal {
            kind: signal::LOCKED,
            number: f64::from(self.epoch),
            text,
        });
    }

    fn write_beat(&self, tab: &Uuid, now: i64) {
        let mut at = String::new();
        number::push_time(&mut at, now);
        host::save(&key(storage::BEAT, tab), &at);
    }

    /// Once a minute: takes over the queues of tabs that are gone, and without locks shows that this one is not.
    pub(crate) fn adopt(&mut self) {
        let now = clock::now();
        if !self.ready || now - self.looked_for_orphans < LOOK_EVERY {
            return;
        }
        self.looked_for_orphans = now;
        let mut own = self.adopted.clone();
        own.push(self.tab);
        if !self.options.locks {
            for tab in &own {
                self.write_beat(tab, now);
            }
        }
        let keys = host::ask(Ask::Keys as u32);
        let mut keys = text::fields(&keys);
        while !keys.is_done() {
            let Some((_, tab, _)) = place(keys.take()) else {
                continue;
            };
            if !own.contains(&tab) {
                own.push(tab);
                self.ask_for(&tab);
            }
        }
    }

    /// Without locks: the next page of this tab need not wait for the time stamps to get stale.
    pub(crate) fn end_beats(&self) {
        if !self.options.locks {
            for tab in self.adopted.iter().chain([&self.tab]) {
                host::save(&key(storage::BEAT, tab), "");
            }
        }
    }

    /// Reads a tab's items and contexts from storage into the queue, and removes what cannot be read.
    fn load(&mut self, tab: &Uuid) {
        let keys = host::ask(Ask::Keys as u32);
        let mut contexts: Vec<Rc<Context>> = Vec::new();
        // Contexts first, since items refer to them.
        for items in [false, true] {
            let mut keys = text::fields(&keys);
            while !keys.is_done() {
                let key = keys.take();
                let Some((is_item, owner, number)) = place(key) else {
                    continue;
                };
                if is_item != items || owner != *tab {
                    continue;
                }
                let text = host::load(key);
                if !is_item {
                    contexts.push(Rc::new(Context::restored(owner, number, text)));
                } else if let Some(entry) = entry(&contexts, number, &text) {
                    let gone = self.queue.push(entry);
                    self.erase(gone);
                } else {
                    host::save(key, "");
                }
            }
        }
        for context in contexts {
            self.erase_unused(&context);
        }
    }
}

/// An item as storage has it: the number of its context, then its JSON.
fn entry(contexts: &[Rc<Context>], seq: u64, text: &str) -> Option<Entry> {
    let mut fields = Fields(text, b' ');
    let number = number::parse(fields.take())?;
    let context = contexts.iter().find(|context| context.number == number)?;
    Entry::restored(seq, Rc::clone(context), fields.0.to_owned())
}

/// The name of something of a tab's.
fn key(prefix: &str, tab: &Uuid) -> String {
    let mut key = String::from(prefix);
    push(&mut key, &id::text(tab));
    key
}

/// The tab and number that a key of storage names; whether it is an item's, else it is a context's.
fn place(key: &str) -> Option<(bool, Uuid, u64)> {
    let (is_item, rest) = match key.strip_prefix(storage::ITEM) {
        Some(rest) => (true, rest),
        None => (false, key.strip_prefix(storage::CONTEXT)?),
    };
    let mut rest = Fields(rest, b'.');
    Some((is_item, id::parse(rest.take())?, number::parse(rest.0)?))
}
