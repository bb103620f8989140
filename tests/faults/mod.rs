//! Faults on real processes: killed, cut off, filled up, lied to. What was acknowledged is there once, always.
//!
//! Each test has a collector process and a database of its own, and [`load`] to send while the fault happens. The short
//! form runs everywhere; `cargo xtask test --long` repeats more.

mod alerts;
mod clocks;
pub(crate) mod cluster;
mod crash;
mod destinations;
mod disk;
mod durability;
mod end;
mod failover;
mod flood;
pub(crate) mod load;
mod moving;
mod outage;
mod overload;
pub(crate) mod patroni;
mod replay;
mod retention;
mod slow_loris;
mod stages;

use crate::support::collector::Collector;
use crate::support::database::Database;

/// A page of the site, which lists no origin of its own.
pub(crate) const ORIGIN: &str = "https://shop.example";

/// A collector with flags of the test's own.
pub(crate) async fn collector(database: Database, settings: &[&str]) -> Collector {
    Collector::with(database, ORIGIN, settings).await
}
