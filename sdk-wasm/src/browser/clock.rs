//! Time and chance.

use js_sys::{Date, Math};
use uuid::Uuid;

use super::host;
use crate::core::id;

/// The wall clock, milliseconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    Date::now() as i64
}

/// What the even clock said at `at`.
#[inline(never)]
pub(crate) fn even_at(at: i64) -> f64 {
    host::even() - (now() - at) as f64
}

/// A number in 0..1, for jitter.
pub(crate) fn chance() -> f64 {
    Math::random()
}

/// A new id made at `at`.
#[inline(never)]
pub(crate) fn id(at: i64) -> Uuid {
    id::new(at, [host::entropy() as u64, host::entropy() as u64])
}
