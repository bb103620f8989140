//! Writers and a queue on one machine: what comes through, what each tier takes for an event, how soon it is seen, and what three times
//! too much does.
//!
//! ```text
//! through    1, 2 and 4 writers behind 1 to 3 servers of NATS, at the rate of the whole way      ─► model
//! overload   sustainable, half of it, three times it, and after; SQLite, PostgreSQL, and a queue before it
//!   └ probe  from a request to a dashboard
//! ```
//!
//! All of it is on one machine, so tiers share its processors and the rate is what is left for each. What belongs to a tier
//! is its processor time for an event, and that is what the model goes by.

mod drive;
mod model;
mod nats;
mod overload;
mod probe;
mod report;
mod stand;
mod through;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use waymark_collector::store::Kind;

use crate::database::settings;
use crate::machine::Machine;
use crate::report::Environment;
use report::{Report, Settings};
use stand::Make;

/// Servers of NATS that the cases have.
const NODES: [usize; 3] = [1, 2, 3];
/// Writers that they have.
const WRITERS: [usize; 3] = [1, 2, 4];
/// What is overloaded: each database without a queue, and PostgreSQL behind one as it should be.
const OVERLOADED: [Make; 3] = [
    Make {
        kind: Kind::Sqlite,
        nodes: 0,
        writers: 0,
        refuses: true,
    },
    Make {
        kind: Kind::Postgres,
        nodes: 0,
        writers: 0,
        refuses: true,
    },
    Make {
        kind: Kind::Postgres,
        nodes: 3,
        writers: 1,
        refuses: true,
    },
];

/// Files that this program has open, most of which are connections.
const FILES: u64 = drive::OPEN as u64 + 128;

/// What `waymark-bench scale` can be told.
#[derive(Debug, Args)]
pub struct ScaleOptions {
    /// The collector's binary
    #[arg(long, value_name = "FILE")]
    pub collector: PathBuf,
    /// The program nats-server
    #[arg(long, value_name = "FILE")]
    pub nats_server: PathBuf,
    /// A PostgreSQL server on this machine that is durable and idle, as its superuser
    #[arg(long, value_name = "URL")]
    pub postgres: String,
    /// Folder for SQLite and NATS files, on the disk that PostgreSQL uses
    #[arg(long, value_name = "FOLDER")]
    pub data: PathBuf,
    /// Where the JSON goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Times that every case with writers is measured
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=100))]
    rounds: u32,
    /// Seconds of every measurement but the overload
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub seconds: u32,
    /// Seconds of load before something is measured: each connection to PostgreSQL first makes its plans, and four writers have dozens
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub lead: u32,
    /// Seconds of overload; 0 leaves that out
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=3600))]
    pub overload_seconds: u32,
    /// Only these of sqlite, postgres and queue are overloaded
    #[arg(long, value_delimiter = ',')]
    overload: Vec<String>,
}

/// Measures, prints the table and writes the JSON.
///
/// # Errors
/// Anything that would make a figure untrue.
pub async fn run(options: &ScaleOptions) -> Result<()> {
    std::fs::create_dir_all(&options.data)
        .with_context(|| format!("cannot make {}", options.data.display()))?;
    let files = rlimit::increase_nofile_limit(FILES)?;
    ensure!(
        files >= FILES,
        "the system allows {files} open files, and {FILES} are wanted for connections"
    );
    let (sqlite, postgres) = settings(&options.postgres).await?;
    let environment = Environment {
        machine: Machine::look(&std::env::current_dir()?),
        collector: env!("CARGO_PKG_VERSION"),
        sqlite,
        postgres,
    };
    let mut all = Vec::new();
    for round in 1..=options.rounds {
        let mut plan: Vec<Make> = vec![Make {
            kind: Kind::Postgres,
            nodes: 0,
            writers: 0,
            refuses: false,
        }];
        for nodes in NODES {
            plan.extend(WRITERS.map(|writers| Make {
                kind: Kind::Postgres,
                nodes,
                writers,
                refuses: false,
            }));
        }
        if round.is_multiple_of(2) {
            plan.reverse();
        }
        for make in plan {
            let one = through::measure(options, round, make).await?;
            eprintln!(
                "  round {round}/{}  {} NATS, {} writers: {:.0} events/s, {:.1} µs each, busy {:.2}",
                options.rounds,
                one.nodes,
                one.writers,
                one.events_per_second,
                one.cpu_us_per_event_of_all,
                one.busy
            );
            all.push(one);
        }
    }
    let mut overloaded = Vec::new();
    for make in OVERLOADED {
        let kind = match (make.kind, make.nodes) {
            (Kind::Sqlite, _) => "sqlite",
            (Kind::Postgres, 0) => "postgres",
            (Kind::Postgres, _) => "queue",
        };
        let is_wanted = options.overload.is_empty() || options.overload.iter().any(|o| o == kind);
        if options.overload_seconds == 0 || !is_wanted {
            continue;
        }
        let one = overload::measure(options, make).await?;
        eprintln!(
            "  {kind}: {:.0} events/s sustained; at three times that {:.0} accepted",
            one.sustainable_events_per_second, one.overloaded.accepted_per_second
        );
        overloaded.push(one);
    }
    let settings = Settings {
        rounds: options.rounds,
        seconds: options.seconds,
        lead_seconds: options.lead,
        overload_seconds: options.overload_seconds,
        batch_items: crate::traffic::BATCH_ITEMS,
        seed: crate::ingest::SEED,
        nats: nats::version(&options.nats_server),
    };
    let report = Report::new(settings, environment, all, overloaded);
    report.write(&options.out)?;
    report.print();
    Ok(())
}

/// Processors of this machine.
fn cores() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64)
}
