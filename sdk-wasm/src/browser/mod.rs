//! The browser's side of the SDK: the only users of js-sys and of the page's own `host.js`.
//!
//! Owns the [`engine::Engine`] that carries out what `core/` decides, and the way to the browser. Most of that way is
//! `host.js`, a few functions that speak in numbers and texts: JavaScript says in a line what takes a binding for each
//! object in Rust. Refuses decisions of its own. Nothing here throws into the page: every access that a browser may
//! refuse is caught where it is made, and what is lost with it is the smallest possible part.

pub(crate) mod clock;
pub(crate) mod engine;
pub(crate) mod ga;
pub(crate) mod host;
pub(crate) mod identity;
pub(crate) mod memory;
pub(crate) mod methods;
pub(crate) mod outbox;
pub(crate) mod pages;
pub(crate) mod storage;
pub(crate) mod tabs;
