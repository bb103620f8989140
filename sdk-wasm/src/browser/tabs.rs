//! Which tab this is, and the queues of tabs that are gone.
//!
//! A tab's id lives in `sessionStorage`, which a duplicated tab copies; the lock `wm-tab-<id>`, held for the life of the
//! page, tells the copy from the original. The same lock guards the tab's queue: whoever holds it sends the queue, so
//! two tabs never send the same items at the same time. Without locks a time stamp written now and then stands in.

use std::rc::Rc;

use uuid::Uuid;

use super::engine::{Engine, with};
use super::{clock, locks, storage};
use crate::core::context::Context;
use crate::core::queue::Entry;
use crate::core::text::split;
use crate::core::{id, number};

/// Milliseconds between two looks for queues of tabs that are gone.
const LOOK_EVERY: i64 = 60_000;
/// Without locks: a tab that has been silent for so long is gone. Browsers let hidden tabs wake once a minute.
const STALE: i64 = 180_000;

/// What goes on once it is known whether a tab's queue was free.
type Claimed = Box<dyn FnOnce(&mut Engine, bool)>;

impl Engine {
    /// Claims this tab's id, or a new one if a duplicate of this tab has it; then goes on to agree on the session.
    pub(crate) fn claim_tab(&mut self) {
        let known = self.store.tab().and_then(|text| {
            let (tab, seq) = split(&text, b' ')?;
            Some((id::parse(tab)?, number::parse(seq)?))
        });
        let (tab, seq) = known.unwrap_or_else(|| (clock::id(clock::now()), 0));
        self.try_tab(tab, seq);
    }

    fn try_tab(&mut self, tab: Uuid, seq: u64) {
        let epoch = self.epoch;
        self.claim(
            &tab,
            Box::new(move |engine, free| {
                if engine.epoch != epoch {
                    return;
                }
                if !free {
                    engine.try_tab(clock::id(clock::now()), 0);
                    return;
                }
                engine.tab = tab;
                engine.seq = seq;
                engine.save_tab();
                engine.load(&tab);
                let at = engine.line_starts_at();
                engine.agree_on_session(at);
            }),
        );
    }

    /// Takes charge of a tab's queue, if nobody has it.
    fn claim(&mut self, tab: &Uuid, then: Claimed) {
        if locks::exist() {
            locks::request(
                &key("wm-tab-", tab),
                true,
                Box::new(move |free| with(Box::new(move |engine| then(engine, free)))),
            );
        } else {
            let key = key(storage::BEAT, tab);
            let now = clock::now();
            let free = self
                .store
                .get(&key)
                .and_then(|at| number::parse_time(&at))
                .is_none_or(|at| (now - at).abs() > STALE);
            if free {
                self.write_beat(tab, now);
            }
            then(self, free);
        }
    }

    fn write_beat(&self, tab: &Uuid, now: i64) {
        let mut at = String::new();
        number::push_time(&mut at, now);
        self.store.set(&key(storage::BEAT, tab), &at);
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
        if !locks::exist() {
            for tab in &own {
                self.write_beat(tab, now);
            }
        }
        for key in self.store.keys() {
            let Some((_, tab, _)) = place(&key) else {
                continue;
            };
            if own.contains(&tab) {
                continue;
            }
            own.push(tab);
            let epoch = self.epoch;
            self.claim(
                &tab,
                Box::new(move |engine, free| {
                    if free && engine.epoch == epoch {
                        engine.adopted.push(tab);
                        engine.load(&tab);
                        engine.send_all();
                    }
                }),
            );
        }
    }

    /// Without locks: the next page of this tab need not wait for the time stamps to get stale.
    pub(crate) fn end_beats(&self) {
        for tab in self.adopted.iter().chain([&self.tab]) {
            self.store.remove(&key(storage::BEAT, tab));
        }
    }

    /// Reads a tab's items and contexts from storage into the queue, and removes what cannot be read.
    fn load(&mut self, tab: &Uuid) {
        let mut contexts: Vec<Rc<Context>> = Vec::new();
        let mut seqs = Vec::new();
        for key in self.store.keys() {
            match place(&key) {
                Some((true, owner, seq)) if owner == *tab => {
                    // Few, and read once: no sort is worth its bytes.
                    let before = |item: &&(u64, String)| item.0 < seq;
                    seqs.insert(seqs.iter().filter(before).count(), (seq, key));
                }
                Some((false, owner, number)) if owner == *tab => {
                    if let Some(json) = self.store.get(&key) {
                        contexts.push(Rc::new(Context::restored(owner, number, json)));
                    }
                }
                _ => {}
            }
        }
        for (seq, key) in seqs {
            let entry = self.store.get(&key).and_then(|text| {
                let (number, json) = split(&text, b' ')?;
                let number = number::parse(number)?;
                let context = contexts.iter().find(|context| context.number == number)?;
                Entry::restored(seq, Rc::clone(context), json.to_owned())
            });
            match entry {
                Some(entry) => {
                    let gone = self.queue.push(entry);
                    self.erase(gone);
                }
                None => self.store.remove(&key),
            }
        }
        for context in contexts {
            self.erase_unused(&context);
        }
    }
}

/// The name of something of a tab's.
fn key(prefix: &str, tab: &Uuid) -> String {
    let mut key = String::from(prefix);
    key.push_str(&id::text(tab));
    key
}

/// The tab and number that a key of storage names; whether it is an item's, else it is a context's.
fn place(key: &str) -> Option<(bool, Uuid, u64)> {
    let (is_item, rest) = match key.strip_prefix(storage::ITEM) {
        Some(rest) => (true, rest),
        None => (false, key.strip_prefix(storage::CONTEXT)?),
    };
    let (tab, number) = split(rest, b'.')?;
    Some((is_item, id::parse(tab)?, number::parse(number)?))
}
