//! Collectors and writers with a queue of real servers between them, on loopback: what comes through, what is told of it, and
//! what is lost when any of them is killed, which is nothing.
//!
//! Each test has servers of its own, and ends them. The short form runs everywhere; `cargo xtask test --long` repeats more.

mod faults;
mod flow;
mod fold;
mod nats;
mod odd;
mod writer;

use nats::Nats;

use crate::support::collector::Collector;
use crate::support::database::Database;

/// A collector that publishes to this queue.
async fn collector(nats: &Nats, database: Database, settings: &[&str]) -> Collector {
    let queue = nats.url();
    let settings = [&["--queue", &queue], settings].concat();
    crate::faults::collector(database, &settings).await
}

/// Another one on the same database.
async fn another(nats: &Nats, database: &Database) -> Collector {
    let queue = nats.url();
    Collector::joining_with(Database::shared(database.url()), &["--queue", &queue]).await
}
