//! The plan of the ingest measurement: which cases, in which order, how often.
//!
//! All cases of a round follow one another, in the opposite order in every second round, so that what else the machine
//! does meets all of them alike. Each gets a database of its own, made for it and removed after it; only the grown ones
//! last from round to round.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use waymark_collector::store::Kind;

use crate::case::{Case, Sample, name};
use crate::database::{Database, Places, settings};
use crate::machine::Machine;
use crate::measure::{self, Measuring};
use crate::raw;
use crate::report::{Environment, Rates, Report, Settings};
use crate::traffic::BATCH_ITEMS;

/// What decides every batch. Committed, so that two runs send the same.
pub const SEED: u64 = 20_260_101;
/// The number of connections that the targets are about.
pub const MAIN: u32 = 64;
/// The numbers of connections of the full path, the main one first.
const CONNECTIONS: [u32; 4] = [MAIN, 256, 16, 1];
/// Both databases.
pub const KINDS: [Kind; 2] = [Kind::Sqlite, Kind::Postgres];

/// What `waymark-bench ingest` can be told.
#[derive(Debug, Args)]
pub struct IngestOptions {
    /// The collector's binary
    #[arg(long, value_name = "FILE")]
    pub collector: PathBuf,
    /// A PostgreSQL server on this machine that is durable and idle, as its superuser
    #[arg(long, value_name = "URL")]
    pub postgres: String,
    /// Folder for SQLite files, on the disk that PostgreSQL uses
    #[arg(long, value_name = "FOLDER")]
    pub data: PathBuf,
    /// Where the JSON goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Times that every case is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Seconds of every measurement
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub seconds: u32,
    /// Events in the tables of the grown case; 0 leaves that case out
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=100_000_000))]
    preload: u64,
    /// Only these cases, to look closer at one: the targets are not judged then
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Case>,
    /// Only these databases
    #[arg(long, value_delimiter = ',', value_parser = kind)]
    database: Vec<Kind>,
    /// Only these numbers of connections of the full path
    #[arg(long, value_delimiter = ',')]
    connections: Vec<u32>,
}

/// A database by its name.
fn kind(text: &str) -> Result<Kind, String> {
    KINDS
        .into_iter()
        .find(|kind| name(*kind) == text)
        .ok_or_else(|| "sqlite or postgres".to_owned())
}

impl IngestOptions {
    /// Whether some cases are left out, so that no ratio can be told.
    fn is_partial(&self) -> bool {
        !(self.only.is_empty() && self.database.is_empty() && self.connections.is_empty())
    }

    fn wants(&self, (case, kind, connections): (Case, Kind, u32)) -> bool {
        (self.only.is_empty() || self.only.contains(&case))
            && (self.database.is_empty() || self.database.contains(&kind))
            && (self.connections.is_empty()
                || case != Case::Full
                || self.connections.contains(&connections))
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
    let places = Places {
        folder: &options.data,
        server: &options.postgres,
    };
    let mut grown = Vec::new();
    if options.preload > 0 {
        for kind in KINDS {
            if options.wants((Case::Grown, kind, MAIN)) {
                grown.push((kind, preloaded(places, kind, options.preload).await?));
            }
        }
    }
    let mut trials = Vec::new();
    for kind in KINDS {
        if options.wants((Case::Raw, kind, 0)) {
            trials.push((kind, try_commits(places, kind).await?));
        }
    }
    let mut samples: Vec<Sample> = Vec::new();
    for round in 1..=options.rounds {
        let mut plan = plan(options.preload > 0);
        plan.retain(|measurement| options.wants(*measurement));
        if round.is_multiple_of(2) {
            plan.reverse();
        }
        for (case, kind, connections) in plan {
            let measuring = Measuring {
                options,
                places,
                round,
                case,
                kind,
                connections,
                commit_items: of(&trials, kind).and_then(best).unwrap_or_default(),
            };
            let sample = match (case, of(&grown, kind)) {
                (Case::Grown, Some(database)) => measure::on(measuring, database).await?,
                _ => measure::alone(measuring).await?,
            };
            eprintln!("  round {round}/{}  {}", options.rounds, line(&sample));
            samples.push(sample);
        }
    }
    for (_, database) in grown {
        database.remove().await?;
    }
    if options.is_partial() {
        return summarize(&samples);
    }
    let settings = Settings {
        rounds: options.rounds,
        seconds: options.seconds,
        preload: options.preload,
        batch_items: BATCH_ITEMS,
        raw_commit_items: trials
            .iter()
            .filter_map(|(kind, rates)| Some((name(*kind), best(rates)?)))
            .collect(),
        raw_trials: trials
            .into_iter()
            .map(|(kind, rates)| (name(kind), rates))
            .collect(),
        seed: SEED,
    };
    let report = Report::new(settings, environment, samples)?;
    report.write(&options.out)?;
    report.print();
    Ok(())
}

/// Prints what was measured in full, a line of JSON each.
fn summarize(samples: &[Sample]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for sample in samples {
        serde_json::to_writer(&mut out, sample)?;
        writeln!(out)?;
    }
    Ok(())
}

/// The cases of a round. Those whose ratio is a target stand beside each other.
fn plan(with_grown: bool) -> Vec<(Case, Kind, u32)> {
    let mut plan = vec![(Case::Floor, Kind::Sqlite, MAIN)];
    for kind in KINDS {
        plan.push((Case::PerRequest, kind, MAIN));
        plan.push((Case::Raw, kind, 0));
        let full = CONNECTIONS.map(|connections| (Case::Full, kind, connections));
        plan.push(full[0]);
        plan.push((Case::Watched, kind, MAIN));
        if with_grown {
            plan.push((Case::Grown, kind, MAIN));
        }
        plan.extend(&full[1..]);
        plan.push((Case::Bare, kind, 0));
    }
    plan
}

fn of<T>(list: &[(Kind, T)], kind: Kind) -> Option<&T> {
    list.iter()
        .find(|(own, _)| *own == kind)
        .map(|(_, value)| value)
}

/// A database with so many events in it.
async fn preloaded(places: Places<'_>, kind: Kind, events: u64) -> Result<Database> {
    eprintln!("  preloading {events} events on {kind}");
    let label = format!("bench_{}_grown", std::process::id());
    let database = Database::create(places, kind, &label).await?;
    let (store, site) = database.open().await?;
    raw::preload(&store, &site, SEED, events).await?;
    store.close().await;
    database.check_events(events).await?;
    Ok(database)
}

/// Items of the transactions at which the rate was highest.
fn best(rates: &Rates) -> Option<usize> {
    rates
        .iter()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map(|(items, _)| *items)
}

/// The raw rate at several sizes of transactions.
async fn try_commits(places: Places<'_>, kind: Kind) -> Result<Rates> {
    let mut rates = Rates::new();
    for items in raw::COMMIT_ITEMS {
        let label = format!("bench_{}_size_{items}", std::process::id());
        let database = Database::create(places, kind, &label).await?;
        let (store, site) = database.open().await?;
        let plan = raw::Plan {
            seed: SEED,
            senders: MAIN as usize,
            block_items: raw::BLOCK_ITEMS,
            commit_items: items,
            time: Duration::from_secs(2),
        };
        let raw = raw::run(&store, &site, plan).await?;
        store.close().await;
        database.remove().await?;
        let rate = raw.events as f64 / raw.time.as_secs_f64();
        eprintln!("  raw on {kind} with {items} items a transaction: {rate:.0} events/s");
        rates.insert(items, rate);
    }
    Ok(rates)
}

fn line(sample: &Sample) -> String {
    let what = format!("{:?} on {}", sample.case, sample.database);
    let connections = match sample.connections {
        0 => String::new(),
        connections => format!(" at {connections}"),
    };
    match (sample.figures.events_per_second, sample.figures.p99_ms) {
        (Some(rate), _) => format!("{what}{connections}: {rate:.0} events/s"),
        (None, Some(p99)) => format!("{what}: p99 {p99:.2} ms"),
        (None, None) => what,
    }
}
