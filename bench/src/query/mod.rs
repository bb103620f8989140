//! What questions cost: every question of the API over millions of events of a realistic shape, cold and warm, alone and while
//! items are stored, beside the same questions in a columnar engine.
//!
//! Owns the plan. A measurement counts only of answers with figures in them; those that an independent engine can find in the
//! same rows are held against it.
//!
//! ```text
//! shape      events from a seed                     questions  what is asked, as data
//! load       shape → collector's reading → commit   ask        cold, warm
//! duckdb     the same rows as Parquet               pace       items at a fixed rate meanwhile
//! checks     figures of both, held against each other
//! report     table, targets, JSON
//! ```

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;
use waymark_collector::store::Kind;

use crate::case::name;
use crate::database::{Database, Places, settings};
use crate::ingest::{KINDS, SEED};
use crate::machine::{Machine, peak_memory};
use crate::server::Server;
use ask::{Asked, Asker, Phase};
use checks::{CHECKS, Checked, compare};
use duckdb::{Engine, Limits};
use load::{Loaded, Wanted};
use pace::{Pace, Paced};
use questions::{QUESTIONS, Question, World};
use report::{Memory, Report, Settings};

pub mod ask;
mod checks;
mod duckdb;
pub mod load;
mod pace;
mod questions;
mod report;
mod shape;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// The turn of the first question of a process.
const COLD_TURN: usize = 0;
/// The first turn of those that follow one another.
const FIRST_TURN: usize = 1;
/// Turns before the clock is looked at.
const WARM_UP_TURNS: usize = 5;
/// Turns that are measured, at most: there are no more that differ.
const MOST_REPEATS: usize = 100;
/// Turns that DuckDB is measured for, at most. It shows what is possible, and a hundred turns of it take longer than everything else.
const LIMIT_REPEATS: u64 = 20;

/// What `waymark-bench query` can be told.
#[derive(Debug, Args)]
pub struct QueryOptions {
    /// The collector's binary
    #[arg(long, value_name = "FILE")]
    collector: PathBuf,
    /// A PostgreSQL server on this machine that is durable and idle, as its superuser
    #[arg(long, value_name = "URL")]
    postgres: String,
    /// Folder for what is kept, on the disk that PostgreSQL uses
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// Where the JSON goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A Python that has DuckDB
    #[arg(long, value_name = "FILE")]
    python: PathBuf,
    /// The script that asks DuckDB
    #[arg(long, value_name = "FILE")]
    script: PathBuf,
    /// Rows of events
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1_000..=1_000_000_000))]
    events: u64,
    /// The seed of all that is in them
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// The end of the three months, such as 2026-03-31T12:00:00Z; the present hour if absent
    #[arg(long, value_name = "TIME")]
    end: Option<Timestamp>,
    /// The databases
    #[arg(long, value_enum, default_value_t)]
    engine: Which,
    /// Times that each question is measured, after a few without a clock
    #[arg(long, default_value_t = MOST_REPEATS as u64, value_parser = clap::value_parser!(u64).range(1..=MOST_REPEATS as u64))]
    repeats: u64,
    /// Events per second that are stored while questions are asked for the second time; 0 leaves that out
    #[arg(long, default_value_t = 2_000)]
    ingest_rate: u32,
    /// Load anew what is there already
    #[arg(long)]
    fresh: bool,
    /// Do not wait until everybody is judged and every hour counted, which collectors then do while they are asked: for trying
    #[arg(long)]
    unjudged: bool,
}

/// Which databases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// The embedded one.
    Sqlite,
    /// The server.
    Postgres,
    /// One after the other.
    #[default]
    Both,
}

impl Which {
    /// Them.
    pub fn kinds(self) -> impl Iterator<Item = Kind> {
        KINDS.into_iter().filter(move |kind| match self {
            Self::Sqlite => *kind == Kind::Sqlite,
            Self::Postgres => *kind == Kind::Postgres,
            Self::Both => true,
        })
    }
}

/// What was measured of one database.
#[derive(Debug, Default)]
struct Measured {
    asked: Vec<Asked>,
    paced: Vec<Paced>,
    checked: Vec<Checked>,
    memory: Vec<Memory>,
}

/// Measures, prints the table and writes the JSON.
///
/// # Errors
/// A database that fails, a collector that ends, and, once all is written, figures that differ from DuckDB's.
pub async fn run(options: &QueryOptions) -> Result<()> {
    std::fs::create_dir_all(&options.data)
        .with_context(|| format!("cannot make {}", options.data.display()))?;
    let (sqlite, postgres) = settings(&options.postgres).await?;
    let places = Places {
        folder: &options.data,
        server: &options.postgres,
    };
    let wanted = Wanted {
        seed: options.seed,
        events: options.events,
        end: options.end.map(|end| end.as_millisecond()),
        fresh: options.fresh,
        unjudged: options.unjudged,
    };
    let mut loaded = Vec::new();
    for kind in options.engine.kinds() {
        loaded.push(load_at(places, kind, wanted, &loaded).await?);
    }
    let mut limits: Option<Limits> = None;
    let mut measured = Measured::default();
    for loaded in &loaded {
        let world = world(loaded)?;
        if limits.is_none() {
            limits = Some(limit(options, loaded, &world).await?);
        }
        let checks = limits.as_ref().map(|limits| &limits.checks);
        still(options, loaded, &world, checks, &mut measured).await?;
        if options.ingest_rate > 0 {
            while_storing(options, places, loaded, &world, &mut measured).await?;
        }
    }
    let report = Report::new(
        Settings {
            events: options.events,
            seed: options.seed,
            repeats: options.repeats,
            warm_up: WARM_UP_TURNS,
            ingest_rate: options.ingest_rate,
        },
        report::Environment {
            machine: Machine::look(&std::env::current_dir()?),
            collector: env!("CARGO_PKG_VERSION"),
            sqlite,
            postgres,
        },
        &loaded,
        measured,
        limits,
    );
    report.write(&options.out)?;
    report.print();
    report.verdict()
}

/// Takes or makes one database; where another one was taken, with its end, so that both hold the same events.
async fn load_at(
    places: Places<'_>,
    kind: Kind,
    wanted: Wanted,
    others: &[Loaded],
) -> Result<Loaded> {
    let Some(other) = others.first() else {
        return load::take(places, kind, wanted, None).await;
    };
    load::take(places, kind, wanted, Some(other.manifest.end)).await
}

async fn limit(options: &QueryOptions, loaded: &Loaded, world: &World) -> Result<Limits> {
    eprintln!("  asking DuckDB");
    let engine = Engine {
        python: &options.python,
        script: &options.script,
        folder: &options.data,
    };
    let repeats = usize::try_from(options.repeats.min(LIMIT_REPEATS))?;
    tokio::task::block_in_place(|| duckdb::measure(engine, loaded, world, repeats))
}

/// Cold and warm, and figures against DuckDB's, while nothing else happens.
async fn still(
    options: &QueryOptions,
    loaded: &Loaded,
    world: &World,
    found: Option<&std::collections::BTreeMap<&'static str, Value>>,
    measured: &mut Measured,
) -> Result<()> {
    let database = name(loaded.database.kind());
    let secret = ask::key(&options.collector, loaded.database.url(), world.site)?;
    eprintln!("  asking {database} each question for the first time");
    let server = start(options, &loaded.database)?;
    let mut asker = Asker::new(&server, &secret).await?;
    let mut cold = Vec::new();
    for question in &QUESTIONS {
        cold.push(ask::cold(&mut asker, world, question).await?);
    }
    for (question, cold) in QUESTIONS.iter().zip(cold) {
        let mut asked = ask_warm(
            options,
            &mut asker,
            world,
            question,
            (database, Phase::Still),
        )
        .await?;
        asked.cold_ms = (asked.state == ask::State::Answered).then_some(cold);
        measured.asked.push(asked);
    }
    for check in &CHECKS {
        let answer = asker.ask(&(check.target)(world)).await?;
        let rows = found.and_then(|found| found.get(check.name));
        let answer = (answer.status, &answer.body);
        measured
            .checked
            .push(compare(check, database, answer, rows));
    }
    finish(server, database, Phase::Still, measured)
}

/// Warm, on a copy into which items are stored meanwhile.
async fn while_storing(
    options: &QueryOptions,
    places: Places<'_>,
    loaded: &Loaded,
    world: &World,
    measured: &mut Measured,
) -> Result<()> {
    let database = name(loaded.database.kind());
    eprintln!("  copying the {database} database, into which items are stored");
    let label = format!("query_{}_stored", std::process::id());
    let copy = loaded.database.copy(places, &label).await?;
    let secret = ask::key(&options.collector, copy.url(), world.site)?;
    let server = start(options, &copy)?;
    let mut asker = Asker::new(&server, &secret).await?;
    let pace = Pace::start(server.address(), options.ingest_rate, database)?;
    // A start is measured while nothing else happens: here the copy of the rows is there already.
    for question in &QUESTIONS {
        ask::cold(&mut asker, world, question).await?;
    }
    for question in &QUESTIONS {
        let asked = ask_warm(
            options,
            &mut asker,
            world,
            question,
            (database, Phase::Loaded),
        )
        .await?;
        measured.asked.push(asked);
    }
    measured.paced.push(pace.stop()?);
    finish(server, database, Phase::Loaded, measured)?;
    copy.remove().await
}

async fn ask_warm(
    options: &QueryOptions,
    asker: &mut Asker<'_>,
    world: &World,
    question: &Question,
    of: (&'static str, Phase),
) -> Result<Asked> {
    let repeats = usize::try_from(options.repeats)?;
    let asked = ask::warm(asker, world, question, repeats, of).await?;
    eprintln!("  {}", report::line(&asked));
    Ok(asked)
}

fn start(options: &QueryOptions, database: &Database) -> Result<Server> {
    Server::start(&options.collector, database.url(), &[])
}

fn finish(
    server: Server,
    database: &'static str,
    phase: Phase,
    measured: &mut Measured,
) -> Result<()> {
    let bytes = peak_memory(server.process());
    measured.memory.push(Memory {
        database,
        phase,
        peak_mib: bytes.map(|bytes| bytes as f64 / (1024.0 * 1024.0)),
    });
    server.stop()
}

fn world(loaded: &Loaded) -> Result<World> {
    Ok(World {
        site: loaded.manifest.site,
        last_day: day_of(loaded.manifest.end)?.yesterday()?,
        visitors: loaded.manifest.sample.clone(),
    })
}

/// The day of a moment, in UTC.
fn day_of(at: i64) -> Result<Date> {
    let moment = Timestamp::from_millisecond(at)?;
    Ok(TimeZone::UTC.to_datetime(moment).date())
}

/// The moment at which a day begins, in UTC.
fn midnight(day: Date) -> i64 {
    TimeZone::UTC
        .to_timestamp(day.to_datetime(jiff::civil::Time::midnight()))
        .map_or(0, |moment| moment.as_millisecond())
}
