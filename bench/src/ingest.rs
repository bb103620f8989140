//! The plan of the ingest measurement: which cases, in which order, how often.
//!
//! All cases of a round follow one another, in the opposite order in every second round, so that what else the machine
//! does meets all of them alike. Each gets a database of its own, made for it and removed after it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;
use waymark_collector::store::Kind;

use crate::database::{Database, Places, settings};
use crate::figures::percentile;
use crate::load::{self, Load};
use crate::machine::Machine;
use crate::raw::{self, COMMIT_ITEMS};
use crate::report::{Environment, Report, Settings};
use crate::server::Server;
use crate::traffic::{BATCH_ITEMS, Fitness};

/// What decides every batch. Committed, so that two runs send the same.
const SEED: u64 = 20_260_101;
/// Load before anything is measured: the collector's patterns compile and connections are made.
const WARM_UP: Duration = Duration::from_secs(1);

/// What `waymark-bench ingest` can be told.
#[derive(Debug, Args)]
pub struct IngestOptions {
    /// The collector's binary
    #[arg(long, value_name = "FILE")]
    collector: PathBuf,
    /// A PostgreSQL server on this machine that is durable and idle, as its superuser
    #[arg(long, value_name = "URL")]
    postgres: String,
    /// Folder for SQLite files, on the disk that PostgreSQL uses
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// Where the JSON goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Times that every case is measured
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Seconds of every measurement
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Keep-alive connections, each with one batch on its way
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1024))]
    connections: u32,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// HTTP without a commit: every item is read, dropped and answered.
    Floor,
    /// Commits without HTTP.
    Raw,
    /// From the request to the answer after the commit.
    Full,
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
    /// Events within the time measured.
    pub events: u64,
    /// The time measured.
    pub seconds: f64,
    /// The rate of the two.
    pub events_per_second: f64,
    /// Half of the batches were answered within this.
    pub p50_ms: Option<f64>,
    /// 99 of 100 batches were answered within this.
    pub p99_ms: Option<f64>,
    /// Processor time of the collector (on SQLite the database is in it) for one event.
    pub collector_cpu_us_per_event: Option<f64>,
    /// Processor time of the load generator for one event: what the collector could not have.
    pub generator_cpu_us_per_event: Option<f64>,
}

/// The cases of a round.
const CASES: [(Case, Kind); 5] = [
    (Case::Floor, Kind::Sqlite),
    (Case::Raw, Kind::Sqlite),
    (Case::Full, Kind::Sqlite),
    (Case::Raw, Kind::Postgres),
    (Case::Full, Kind::Postgres),
];

/// The name of a database in the report.
pub fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "sqlite",
        Kind::Postgres => "postgres",
    }
}

/// Measures, prints the table and writes the JSON.
///
/// # Errors
/// Anything that would make a figure untrue: an answer that is not the expected one, rows that are not there, a
/// PostgreSQL server without durability.
pub async fn run(options: &IngestOptions) -> Result<()> {
    std::fs::create_dir_all(&options.data)
        .with_context(|| format!("cannot make {}", options.data.display()))?;
    let (sqlite, postgres) = settings(&options.postgres).await?;
    let environment = Environment {
        machine: Machine::look(&std::env::current_dir()?),
        collector: env!("CARGO_PKG_VERSION"),
        sqlite,
        postgres,
    };
    let mut samples = Vec::new();
    for round in 1..=options.rounds {
        let mut cases = CASES;
        if round.is_multiple_of(2) {
            cases.reverse();
        }
        for (case, kind) in cases {
            let sample = measure(options, round, case, kind).await?;
            eprintln!(
                "  round {round}/{}  {case:?} on {kind}: {:.0} events/s",
                options.rounds, sample.events_per_second
            );
            samples.push(sample);
        }
    }
    let settings = Settings {
        rounds: options.rounds,
        seconds: options.seconds,
        connections: options.connections,
        batch_items: BATCH_ITEMS,
        raw_commit_items: COMMIT_ITEMS,
        seed: SEED,
    };
    let report = Report::new(settings, environment, samples)?;
    report.write(&options.out)?;
    report.print();
    Ok(())
}

async fn measure(options: &IngestOptions, round: u32, case: Case, kind: Kind) -> Result<Sample> {
    let places = Places {
        folder: &options.data,
        server: &options.postgres,
    };
    let label = format!("bench_{}_{round}_{case:?}", std::process::id()).to_lowercase();
    let database = Database::create(places, kind, &label).await?;
    let sample = match case {
        Case::Raw => committed(options, round, kind, &database).await?,
        Case::Floor => loaded(options, round, kind, &database, Fitness::Unfit).await?,
        Case::Full => loaded(options, round, kind, &database, Fitness::Fit).await?,
    };
    database.remove().await?;
    Ok(sample)
}

async fn committed(
    options: &IngestOptions,
    round: u32,
    kind: Kind,
    database: &Database,
) -> Result<Sample> {
    let (store, site) = database.open().await?;
    let plan = raw::Plan {
        seed: SEED + u64::from(round),
        senders: options.connections as usize,
        block_items: raw::BLOCK_ITEMS,
        time: Duration::from_secs(options.seconds.into()),
    };
    let raw = raw::run(&store, &site, plan).await?;
    store.close().await;
    database.check_events(raw.committed).await?;
    let seconds = raw.time.as_secs_f64();
    Ok(Sample {
        round,
        case: Case::Raw,
        database: name(kind),
        events: raw.events,
        seconds,
        events_per_second: raw.events as f64 / seconds,
        p50_ms: None,
        p99_ms: None,
        collector_cpu_us_per_event: None,
        generator_cpu_us_per_event: None,
    })
}

async fn loaded(
    options: &IngestOptions,
    round: u32,
    kind: Kind,
    database: &Database,
    fitness: Fitness,
) -> Result<Sample> {
    let (store, _) = database.open().await?;
    store.close().await;
    let server = Server::start(&options.collector, database.url())?;
    let plan = load::Plan {
        address: server.address(),
        process: server.process(),
        seed: SEED + u64::from(round),
        fitness,
        connections: options.connections as usize,
        warm_up: WARM_UP,
        time: Duration::from_secs(options.seconds.into()),
    };
    let seconds = plan.time.as_secs_f64();
    let load = tokio::task::spawn_blocking(move || load::run(&plan)).await??;
    server.stop()?;
    let (case, stored) = match fitness {
        Fitness::Fit => (Case::Full, load.answered),
        Fitness::Unfit => (Case::Floor, 0),
    };
    database.check_events(stored).await?;
    ensure!(load.events > 0, "no batch was answered in {seconds} s");
    Ok(sample(round, case, kind, seconds, &load))
}

fn sample(round: u32, case: Case, kind: Kind, seconds: f64, load: &Load) -> Sample {
    let events = load.events as f64;
    let millis = |percent| percentile(&load.latencies, percent).map(|us| f64::from(us) / 1000.0);
    let per_event = |time: Option<Duration>| Some(time?.as_secs_f64() * 1e6 / events);
    Sample {
        round,
        case,
        database: name(kind),
        events: load.events,
        seconds,
        events_per_second: events / seconds,
        p50_ms: millis(50),
        p99_ms: millis(99),
        collector_cpu_us_per_event: per_event(load.collector_cpu),
        generator_cpu_us_per_event: per_event(load.own_cpu),
    }
}
