//! What is measured, and what one measurement gives.

use clap::ValueEnum;
use serde::Serialize;
use waymark_collector::store::Kind;

/// One of the measurements of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// HTTP without a commit: every item is read, dropped and answered.
    Floor,
    /// Commits without HTTP, in transactions of the size that the database likes best.
    Raw,
    /// From the request to the answer after the commit.
    Full,
    /// The same collector with a transaction for every request.
    PerRequest,
    /// The full path on a table that holds millions of events already.
    Grown,
    /// The full path while dashboards have a thousand streams open.
    Watched,
    /// A transaction of one small row, one after the other.
    Bare,
}

/// One measurement.
#[derive(Debug, Clone, Serialize)]
pub struct Sample {
    /// The round, from 1.
    pub round: u32,
    /// What was measured.
    pub case: Case,
    /// The database; the floor has one only to look up the site in.
    pub database: &'static str,
    /// Keep-alive connections, or none without HTTP.
    pub connections: u32,
    /// Events within the time measured.
    pub events: u64,
    /// The time measured.
    pub seconds: f64,
    /// What was measured, in the terms of the report.
    #[serde(flatten)]
    pub figures: Figures,
}

/// The figures of a measurement, or the medians of several. None where a case has no such thing.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    /// The rate.
    pub events_per_second: Option<f64>,
    /// Half of the batches (or bare commits) were answered within this.
    pub p50_ms: Option<f64>,
    /// 99 of 100 were answered within this.
    pub p99_ms: Option<f64>,
    /// Processor time of the collector for one event, without the database.
    pub collector_cpu_us_per_event: Option<f64>,
    /// Processor time of the database for one event: the server's processes, or the collector's threads that run SQLite.
    pub database_cpu_us_per_event: Option<f64>,
    /// Processor time of the load generator for one event: what the collector could not have.
    pub generator_cpu_us_per_event: Option<f64>,
    /// The most memory that the collector had resident.
    pub peak_memory_mib: Option<f64>,
    /// Bytes that the database has grown by for one event, indexes, sessions and visitors included.
    pub disk_bytes_per_event: Option<f64>,
}

impl Figures {
    /// All of them, by what they are called in the report's order.
    pub const ALL: [fn(&mut Self) -> &mut Option<f64>; 8] = [
        |figures| &mut figures.events_per_second,
        |figures| &mut figures.p50_ms,
        |figures| &mut figures.p99_ms,
        |figures| &mut figures.collector_cpu_us_per_event,
        |figures| &mut figures.database_cpu_us_per_event,
        |figures| &mut figures.generator_cpu_us_per_event,
        |figures| &mut figures.peak_memory_mib,
        |figures| &mut figures.disk_bytes_per_event,
    ];
}

/// The name of a database in the report.
pub fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "sqlite",
        Kind::Postgres => "postgres",
    }
}
