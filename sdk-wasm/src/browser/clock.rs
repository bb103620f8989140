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
pub(crate) fn id(at: i64) -> Uuid {
    numbered_id(at, host::entropy() as u64)
}

/// A new id made at `at` that comes behind those of lower numbers made in the same millisecond, until after 4,096 of them
/// (RFC 9562, section 6.2, method 1).
#[inline(never)]
pub(crate) fn numbered_id(at: i64, number: u64) -> Uuid {
    let random = host::entropy() as u64 & 0xffff_ffff;
    id::new(at, [number << 32 | random, host::entropy() as u64])
}
