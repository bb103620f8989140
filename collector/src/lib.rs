//! The collector: makes every accepted event durable exactly once, and answers questions about it.
//!
//! The way of one event through this crate:
//!
//! ```text
//! http::events   body → envelope → site → origin
//!   └ ingest     read each item → enrich → bounded queue → writer
//!       └ store  one transaction: entry, page view, session, journey
//!   ┌ ingest     accepted, duplicate, dropped or retry, for every item
//! http::events   the answer, after the commit
//! ```
//!
//! Reading goes `http → store`. Nothing points back: [`ingest`] knows no HTTP, [`store`] is the only user of SQL,
//! [`journey`] and [`enrich`] do no I/O. The program is [`config::load`] and [`run::process`]; a test opens a
//! [`run::Collector`] in its own process instead.

pub mod alerts;
pub mod analytics;
pub mod catalogue;
pub mod columns;
pub mod commands;
pub mod config;
pub mod destinations;
pub mod enrich;
pub mod error;
pub mod expiring;
pub mod export;
pub mod exporting;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
pub mod ingest;
pub mod journey;
pub mod judging;
pub mod live;
pub mod money;
pub mod outcome;
pub mod rollups;
pub mod run;
pub mod saved;
pub mod scale;
pub mod store;

mod app;
mod clock;
mod credentials;
mod following;
mod geo;
mod http;
mod importing;
mod predicting;
mod restating;
mod site_alerts;
mod site_catalogue;
mod site_demo;
mod site_destinations;
mod site_rules;
mod site_shares;
mod site_stages;
mod writing;
