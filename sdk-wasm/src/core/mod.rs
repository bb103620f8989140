//! What the SDK decides, without a browser: every module is a state machine or a pure function over plain data.
//!
//! Owns the rules for ids, sessions, touches, Google Analytics' cookies, the queue, batches, back-off, page figures
//! and consent. Refuses the clock, random bytes, storage and the network: times, bytes and texts come in as arguments,
//! so the rules are tested on the host. `browser/` supplies them and carries out what is decided here.
//!
//! The code avoids `format!`, `{:?}` and float formatting, which would bring `core::fmt` into the module that every
//! first page view downloads.

pub mod attribution;
pub mod batch;
pub mod call;
pub mod consent;
pub mod context;
pub mod delivery;
pub mod ga4;
pub mod id;
pub mod item;
pub mod json;
pub mod keepalive;
pub mod number;
pub mod options;
pub mod page;
pub mod problem;
pub mod queue;
pub mod session;
pub mod signal;
pub mod tab;
pub mod text;
pub mod visitor;
