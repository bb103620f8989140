//! HTTP: the route table, the handlers, and what they need to read requests.
//!
//! A handler reads the request into types, asks [`crate::store`] or [`crate::ingest`], and answers. No SQL, no
//! rule about what an item means. An error leaves as [`crate::error::ApiError`].

mod access;
pub(crate) mod assets;
mod body;
mod caller;
pub(crate) mod client_address;
mod cors;
pub(crate) mod directory;
mod entries;
mod events;
mod geo;
mod health;
mod input;
pub(crate) mod keys;
mod live;
mod loss;
pub(crate) mod metrics;
pub(crate) mod origin;
mod rejected;
pub(crate) mod router;
mod sessions;
mod sites;
pub(crate) mod throttle;
mod trace;
mod visitors;
