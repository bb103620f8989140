//! The names of what the engine keeps in the browser: in `localStorage`, for all tabs, and in the tab's own
//! `sessionStorage`. How it is kept, and what stands in where it is refused, is with `host.js`.

use uuid::Uuid;

use crate::core::text::{own, push};
use crate::core::{id, number};

/// The record that the tabs share; see `core/session`.
pub(crate) const RECORD: &str = "wm_s";
/// How the visitor came to the session.
pub(crate) const TOUCH: &str = "wm_t";
/// How the visitor came first.
pub(crate) const FIRST_TOUCH: &str = "wm_f";
/// What the site adds to the properties of its events.
pub(crate) const SUPER: &str = "wm_p";
/// Of the tab alone: its id and count of items.
pub(crate) const TAB: &str = "wm_tab";
/// Of a tab: a context, by its number.
pub(crate) const CONTEXT: &str = "wm_c.";
/// Of a tab: an item, by its number.
pub(crate) const ITEM: &str = "wm_q.";

/// What the keys of a tab's contexts or items begin with.
#[inline(never)]
pub(crate) fn prefix(of: &str, tab: &Uuid) -> String {
    let mut key = own(of);
    push(&mut key, &id::text(tab));
    push(&mut key, ".");
    key
}

/// The key of a tab's context or item.
#[inline(never)]
pub(crate) fn key(of: &str, tab: &Uuid, number: u64) -> String {
    let mut key = prefix(of, tab);
    number::push(&mut key, number);
    key
}
