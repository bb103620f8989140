//! What the browser keeps: `localStorage`, the tab's `sessionStorage`, and the visitor's cookie.
//!
//! Any of them may be refused, full or absent (a blocked cookie setting makes the very access throw). What cannot be
//! written is remembered in memory, so that the page works on as if it had been.

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlDocument, Storage};

use super::dom;

/// Every key begins with this.
pub(crate) const PREFIX: &str = "wm_";
/// The record that the tabs share; see `core/session`.
pub(crate) const RECORD: &str = "wm_s";
/// How the visitor came to the session.
pub(crate) const TOUCH: &str = "wm_t";
/// How the visitor came first.
pub(crate) const FIRST_TOUCH: &str = "wm_f";
/// In `sessionStorage`: the tab's id and count of items.
pub(crate) const TAB: &str = "wm_tab";
/// Followed by `<tab>.<seq>`: an item.
pub(crate) const ITEM: &str = "wm_q.";
/// Followed by `<tab>.<number>`: a context.
pub(crate) const CONTEXT: &str = "wm_c.";
/// Followed by `<tab>`: when the tab was last alive; only in a browser without locks.
pub(crate) const BEAT: &str = "wm_h.";

/// The stores of one page.
#[derive(Debug)]
pub(crate) struct Store {
    local: Option<Storage>,
    tab: Option<Storage>,
    memory: Vec<(&'static str, String)>,
}

impl Store {
    /// Opens what can be opened.
    pub(crate) fn open() -> Store {
        let open = |name| {
            let storage = dom::get(&dom::window(), name);
            storage.is_object().then(|| storage.unchecked_into())
        };
        Store {
            local: open("localStorage"),
            tab: open("sessionStorage"),
            memory: Vec::new(),
        }
    }

    /// Reads a text.
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        if let Some((_, value)) = self.memory.iter().find(|(k, _)| *k == key) {
            return Some(value.clone());
        }
        self.local.as_ref()?.get_item(key).ok()?
    }

    /// Writes a text; false if it was refused.
    pub(crate) fn set(&self, key: &str, value: &str) -> bool {
        self.local
            .as_ref()
            .is_some_and(|local| local.set_item(key, value).is_ok())
    }

    /// Writes a text, in memory if there is no other way.
    pub(crate) fn keep(&mut self, key: &'static str, value: String) {
        self.memory.retain(|(k, _)| *k != key);
        if !self.set(key, &value) {
            self.memory.push((key, value));
        }
    }

    /// Removes a text.
    pub(crate) fn remove(&self, key: &str) {
        if let Some(local) = &self.local {
            let _ = local.remove_item(key);
        }
    }

    /// The keys that begin with [`PREFIX`].
    pub(crate) fn keys(&self) -> Vec<String> {
        let Some(local) = &self.local else {
            return Vec::new();
        };
        let keys: Array = Object::keys(local);
        keys.iter()
            .filter_map(|key| key.as_string())
            .filter(|key| key.starts_with(PREFIX))
            .collect()
    }

    /// Reads the tab's own text.
    pub(crate) fn tab(&self) -> Option<String> {
        self.tab.as_ref()?.get_item(TAB).ok()?
    }

    /// Writes the tab's own text; a refusal means that a reload counts as a new tab.
    pub(crate) fn set_tab(&self, value: &str) {
        if let Some(tab) = &self.tab {
            let _ = tab.set_item(TAB, value);
        }
    }

    /// Removes everything.
    pub(crate) fn clear(&mut self) {
        for key in self.keys() {
            self.remove(&key);
        }
        self.memory.clear();
        if let Some(tab) = &self.tab {
            let _ = tab.remove_item(TAB);
        }
    }
}

/// `document.cookie`; empty if it is refused, as in a sandboxed frame.
pub(crate) fn cookies() -> String {
    dom::text(&dom::document(), "cookie").unwrap_or_default()
}

/// Writes a cookie; a refusal is ignored.
pub(crate) fn set_cookie(cookie: &str) {
    let _ = dom::document()
        .unchecked_into::<HtmlDocument>()
        .set_cookie(cookie);
}
