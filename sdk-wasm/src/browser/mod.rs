//! The browser's side of the SDK: the only users of web-sys, js-sys and gloo.
//!
//! Owns the clock, storage, locks, requests and listeners, and the [`engine::Engine`] that carries out what `core/`
//! decides. Refuses decisions of its own. Nothing here throws into the page: every access that a browser may refuse
//! is caught where it is made, and what is lost with it is the smallest possible part.

pub(crate) mod clock;
pub(crate) mod dom;
pub(crate) mod engine;
pub(crate) mod ga;
pub(crate) mod history;
pub(crate) mod identity;
pub(crate) mod inspect;
pub(crate) mod lifecycle;
pub(crate) mod locks;
pub(crate) mod methods;
pub(crate) mod options;
pub(crate) mod outbox;
pub(crate) mod pages;
pub(crate) mod storage;
pub(crate) mod tabs;
pub(crate) mod transport;
