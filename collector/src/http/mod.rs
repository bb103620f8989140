//! HTTP: the route table, the handlers, and what they need to read requests.
//!
//! A handler reads the request into types, asks [`crate::store`] or [`crate::ingest`], and answers. No SQL, no
//! rule about what an item means. An error leaves as [`crate::error::ApiError`].

mod access;
mod accounts;
mod admission;
pub(crate) mod assets;
mod audit;
pub(crate) mod body;
mod caller;
mod catalogue;
pub(crate) mod client;
pub(crate) mod client_address;
mod cors;
mod days;
mod destinations;
pub(crate) mod directory;
mod entries;
mod events;
mod geo;
mod guard;
mod health;
mod imported;
mod input;
mod interactions;
pub(crate) mod keys;
mod live;
mod loss;
pub(crate) mod metrics;
mod openapi;
pub(crate) mod origin;
mod persons;
mod privacy;
pub(crate) mod rate;
mod rates;
mod rejected;
mod renewal;
mod revenue;
pub(crate) mod router;
mod scores;
mod segment;
pub(crate) mod serve;
mod sessions;
mod sites;
mod stages;
pub(crate) mod throttle;
mod trace;
mod visitors;
