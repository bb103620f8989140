//! One measurement: a database, a collector if the case has one, the work, the figures.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use waymark_collector::store::Kind;

use crate::case::{Case, Figures, Sample, name};
use crate::database::{Database, Places};
use crate::figures::percentile;
use crate::ingest::{IngestOptions, MAIN, SEED};
use crate::load::{self, Load};
use crate::query::ask;
use crate::raw;
use crate::server::Server;
use crate::traffic::Fitness;
use crate::watch::Watching;

/// Load before anything is measured: the collector's patterns compile and connections are made. On PostgreSQL each of those makes its
/// plans as well, first for tables that are empty and again once they have grown.
fn warm_up(kind: Kind) -> Duration {
    Duration::from_secs(match kind {
        Kind::Sqlite => 1,
        Kind::Postgres => 8,
    })
}

/// Streams that are open in the watched case.
const STREAMS: usize = 1000;

/// What to measure.
#[derive(Debug, Clone, Copy)]
pub struct Measuring<'m> {
    /// What was asked for.
    pub options: &'m IngestOptions,
    /// Where databases are made.
    pub places: Places<'m>,
    /// The round, from 1.
    pub round: u32,
    /// The case.
    pub case: Case,
    /// The database.
    pub kind: Kind,
    /// Keep-alive connections.
    pub connections: u32,
    /// Items of one transaction of the raw case.
    pub commit_items: usize,
}

/// Measures on a database of its own.
///
/// # Errors
/// What makes a figure untrue.
pub async fn alone(measuring: Measuring<'_>) -> Result<Sample> {
    let Measuring {
        round,
        case,
        connections,
        ..
    } = measuring;
    let process = std::process::id();
    let label = format!("bench_{process}_{round}_{case:?}_{connections}").to_lowercase();
    let database = Database::create(measuring.places, measuring.kind, &label).await?;
    let sample = on(measuring, &database).await?;
    database.remove().await?;
    Ok(sample)
}

/// Measures on a database that is there.
///
/// # Errors
/// What makes a figure untrue.
pub async fn on(measuring: Measuring<'_>, database: &Database) -> Result<Sample> {
    match measuring.case {
        Case::Raw => committed(measuring, database).await,
        Case::Bare => bare(measuring, database).await,
        Case::Floor | Case::Full | Case::PerRequest | Case::Watched | Case::Grown => {
            loaded(measuring, database).await
        }
    }
}

impl Measuring<'_> {
    fn time(&self) -> Duration {
        Duration::from_secs(self.options.seconds.into())
    }

    fn sample(&self, events: u64, seconds: f64, figures: Figures) -> Sample {
        Sample {
            round: self.round,
            case: self.case,
            database: name(self.kind),
            connections: self.connections,
            events,
            seconds,
            figures,
        }
    }
}

async fn committed(measuring: Measuring<'_>, database: &Database) -> Result<Sample> {
    let (store, site) = database.open().await?;
    let plan = raw::Plan {
        seed: SEED + u64::from(measuring.round),
        senders: MAIN as usize,
        block_items: raw::BLOCK_ITEMS,
        commit_items: measuring.commit_items,
        time: measuring.time(),
    };
    let raw = raw::run(&store, &site, plan).await?;
    store.close().await;
    database.check_events(raw.committed).await?;
    let seconds = raw.time.as_secs_f64();
    let figures = Figures {
        events_per_second: Some(raw.events as f64 / seconds),
        ..Figures::default()
    };
    Ok(measuring.sample(raw.events, seconds, figures))
}

async fn bare(measuring: Measuring<'_>, database: &Database) -> Result<Sample> {
    let (store, _) = database.open().await?;
    store.close().await;
    let time = measuring.time() / 2;
    let began = Instant::now();
    let mut latencies = database.bare_commits(time).await?;
    latencies.sort_unstable();
    let figures = Figures {
        p50_ms: millis(&latencies, 50),
        p99_ms: millis(&latencies, 99),
        ..Figures::default()
    };
    let commits = latencies.len() as u64;
    Ok(measuring.sample(commits, began.elapsed().as_secs_f64(), figures))
}

async fn loaded(measuring: Measuring<'_>, database: &Database) -> Result<Sample> {
    let (store, site) = database.open().await?;
    store.close().await;
    let (events_before, bytes_before) = (database.events().await?, database.bytes().await?);
    let settings: &[&str] = match measuring.case {
        // A transaction takes at least one batch, and is never cut within one.
        Case::PerRequest => &["--commit-items", "1"],
        _ => &[],
    };
    let server = Server::start(&measuring.options.collector, database.url(), settings)?;
    let watching = if measuring.case == Case::Watched {
        let secret = ask::key(&measuring.options.collector, database.url(), site.id)?;
        Some(Watching::open(server.address(), &secret, site.id, STREAMS).await?)
    } else {
        None
    };
    let fitness = match measuring.case {
        Case::Floor => Fitness::Unfit,
        _ => Fitness::Fit,
    };
    let plan = load::Plan {
        address: server.address(),
        process: server.process(),
        database: database.process().await?,
        seed: SEED + u64::from(measuring.round) + 1000 * u64::from(measuring.connections),
        fitness,
        connections: measuring.connections as usize,
        warm_up: warm_up(measuring.kind),
        time: measuring.time(),
    };
    let load = tokio::task::spawn_blocking(move || load::run(&plan)).await??;
    if let Some(watching) = watching {
        watching.end()?;
    }
    let memory = crate::machine::peak_memory(server.process());
    server.stop()?;
    let stored = match fitness {
        Fitness::Fit => load.answered,
        Fitness::Unfit => 0,
    };
    database.check_events(events_before + stored).await?;
    ensure!(load.events > 0, "no batch was answered in time");
    let grown = database.bytes().await?.saturating_sub(bytes_before);
    let mut figures = figures(measuring, &load);
    figures.peak_memory_mib = memory.map(|bytes| bytes as f64 / 1024.0 / 1024.0);
    figures.disk_bytes_per_event = (stored > 0).then(|| grown as f64 / stored as f64);
    Ok(measuring.sample(load.events, measuring.time().as_secs_f64(), figures))
}

fn figures(measuring: Measuring<'_>, load: &Load) -> Figures {
    let events = load.events as f64;
    let per_event = |time: Option<Duration>| Some(time?.as_secs_f64() * 1e6 / events);
    let collector = match measuring.kind {
        // Its threads that run SQLite are told apart.
        Kind::Sqlite => load
            .cpu
            .collector
            .zip(load.cpu.database)
            .map(|(all, database)| all.saturating_sub(database)),
        Kind::Postgres => load.cpu.collector,
    };
    Figures {
        events_per_second: Some(events / measuring.time().as_secs_f64()),
        p50_ms: millis(&load.latencies, 50),
        p99_ms: millis(&load.latencies, 99),
        collector_cpu_us_per_event: per_event(collector),
        database_cpu_us_per_event: per_event(load.cpu.database),
        generator_cpu_us_per_event: per_event(load.cpu.generator),
        ..Figures::default()
    }
}

fn millis(sorted: &[u32], percent: usize) -> Option<f64> {
    percentile(sorted, percent).map(|us| f64::from(us) / 1000.0)
}
