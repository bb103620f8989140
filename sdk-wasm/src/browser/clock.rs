//! Time and chance.

use js_sys::{Date, Math};
use uuid::Uuid;
use wasm_bindgen::prelude::*;

use super::dom;
use crate::core::id;

/// The wall clock, milliseconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    Date::now() as i64
}

/// A clock that runs evenly whatever happens to the wall clock, in milliseconds.
pub(crate) fn even() -> f64 {
    dom::call(&dom::get(&dom::window(), "performance"), "now", &[])
        .ok()
        .and_then(|at| at.as_f64())
        .unwrap_or_else(Date::now)
}

/// A number in 0..1, for jitter.
pub(crate) fn chance() -> f64 {
    Math::random()
}

/// A new id made at `at`.
pub(crate) fn id(at: i64) -> Uuid {
    let mut random = [0; id::RANDOM_BYTES];
    let array = js_sys::Uint8Array::new_with_length(id::RANDOM_BYTES as u32);
    let crypto = dom::get(&dom::window(), "crypto");
    if dom::call(&crypto, "getRandomValues", &[array.unchecked_ref()]).is_ok() {
        array.copy_to(&mut random);
    } else {
        // Only a browser without Web Crypto, which none is that runs WebAssembly, or a page that broke it.
        random.fill_with(|| (chance() * 256.0) as u8);
    }
    id::new(at, &random)
}
