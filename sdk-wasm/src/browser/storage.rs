//! What the browser keeps: `localStorage`, the tab's `sessionStorage`, and the visitor's cookie.
//!
//! Any of them may be refused, full or absent. What cannot be written is remembered in memory, so that the page works on
//! as if it had been.

use super::host::{self, Ask};
use crate::core::text;

/// The record that the tabs share; see `core/session`.
pub(crate) const RECORD: &str = "wm_s";
/// How the visitor came to the session.
pub(crate) const TOUCH: &str = "wm_t";
/// How the visitor came first.
pub(crate) const FIRST_TOUCH: &str = "wm_f";
/// Of the tab alone: its id and count of items.
pub(crate) const TAB: &str = "wm_tab";
/// Followed by `<tab>.<seq>`: an item.
pub(crate) const ITEM: &str = "wm_q.";
/// Followed by `<tab>.<number>`: a context.
pub(crate) const CONTEXT: &str = "wm_c.";
/// Followed by `<tab>`: when the tab was last alive; only in a browser without locks.
pub(crate) const BEAT: &str = "wm_h.";

/// What storage has refused to keep.
#[derive(Debug)]
pub(crate) struct Store {
    memory: Vec<(&'static str, String)>,
}

impl Store {
    /// With nothing refused yet.
    pub(crate) const fn new() -> Store {
        Store { memory: Vec::new() }
    }

    /// Reads a text that [`Store::keep`] wrote.
    pub(crate) fn get(&self, key: &'static str) -> String {
        for (kept, value) in &self.memory {
            if *kept == key {
                return value.clone();
            }
        }
        host::load(key)
    }

    /// Writes a text, in memory if there is no other way.
    pub(crate) fn keep(&mut self, key: &'static str, value: String) {
        self.memory.retain(|(kept, _)| *kept != key);
        if !host::save(key, &value) {
            self.memory.push((key, value));
        }
    }

    /// Removes everything.
    pub(crate) fn clear(&mut self) {
        let keys = host::ask(Ask::Keys as u32);
        let mut keys = text::fields(&keys);
        while !keys.is_done() {
            host::save(keys.take(), "");
        }
        self.memory.clear();
        host::save(TAB, "");
    }
}
