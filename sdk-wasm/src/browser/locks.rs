//! Locks across the tabs of a browser (Web Locks API), where there are any.
//!
//! A page that holds a lock is kept out of the back/forward cache, so everything held is given back on `pagehide`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::dom;

/// How long a lock is waited for. A tab that the system has frozen may have been granted it and not know.
const PATIENCE: u32 = 1_000;

thread_local! {
    /// What every held lock waits for.
    static HELD: RefCell<Option<(Promise, Function)>> = const { RefCell::new(None) };
}

/// What is to be done with a lock, told whether it was free; empty once done.
type Slot = Cell<Option<Box<dyn FnOnce(bool)>>>;

/// Whether the browser has locks: not on plain http, and not before Safari 15.4.
pub(crate) fn exist() -> bool {
    manager().is_object()
}

fn manager() -> JsValue {
    dom::get(&dom::get(&dom::window(), "navigator"), "locks")
}

/// Calls `then` under the lock `name`. With `keep` the lock is only taken if it is free, `then` is told whether it was,
/// and it is held until [`release`]. Without, it is given back when `then` returns. Where no answer comes in time, or
/// locks fail, `then` goes ahead: two tabs sending one item is better than none.
pub(crate) fn request(name: &str, keep: bool, then: Box<dyn FnOnce(bool)>) {
    let slot = Rc::new(Cell::new(Some(then)));
    let go = move |slot: &Slot, free| {
        if let Some(then) = slot.take() {
            then(free);
        }
    };
    let granted = Rc::clone(&slot);
    let callback = dom::once(Box::new(move |lock| {
        let free = lock.is_truthy();
        go(&granted, free);
        if keep && free {
            HELD.with(|held| {
                held.borrow_mut()
                    .get_or_insert_with(dom::deferred)
                    .0
                    .clone()
                    .into()
            })
        } else {
            JsValue::UNDEFINED
        }
    }));
    let options = dom::object();
    dom::set(&options, "ifAvailable", &keep.into());
    if dom::call(&manager(), "request", &[&name.into(), &options, &callback]).is_ok() {
        Timeout::new(PATIENCE, move || go(&slot, true)).forget();
    } else {
        go(&slot, true);
    }
}

/// Gives back every lock.
pub(crate) fn release() {
    if let Some((_, resolve)) = HELD.with(|held| held.borrow_mut().take()) {
        let _ = resolve.call0(&JsValue::UNDEFINED);
    }
}
