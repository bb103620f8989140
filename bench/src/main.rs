//! Measurements on this machine: of the collector beside limits of the same run, of the SDK beside its peers.
//!
//! Owns the traffic, the load generator and the report. Refuses any address but loopback, any database but ones it made
//! for the purpose, and figures of work that was not done: every answer is read, and every round ends with a count of
//! the rows. `cargo xtask bench` builds and starts what this needs.
//!
//! ```text
//! ingest      the plan: which case, how often, in which order
//! measure     one case on one database
//!   ├ raw     traffic → store::commit, in this process
//!   ├ load    traffic → client → a collector's process (server)
//!   └ report  medians, ratios, targets; table and JSON
//! ```

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

mod case;
mod chromium;
mod client;
mod dashboard;
mod database;
mod figures;
mod import;
mod ingest;
mod load;
mod machine;
mod measure;
mod query;
mod raw;
mod report;
mod scale;
mod scores;
mod sdk;
mod server;
mod targets;
mod traffic;
mod watch;

/// Measure the collector and the browser SDK.
#[derive(Parser)]
#[command(name = "waymark-bench", max_term_width = 100)]
enum Arguments {
    /// Events per second from a browser's request to stable storage, beside what the store alone takes
    Ingest(ingest::IngestOptions),
    /// Sessions per second from a file, into an empty database and into one that has them
    Import(import::ImportOptions),
    /// Reading and storing with scores and the judge, and without
    Scores(scores::ScoresOptions),
    /// Milliseconds of every question over millions of events, beside a columnar engine
    Query(Box<query::QueryOptions>),
    /// The dashboard over the events of `query`: from a click or key to the next frame
    Dashboard(dashboard::DashboardOptions),
    /// One machine with writers and a queue: events per second, what each tier costs, latency, and three times too much
    Scale(scale::ScaleOptions),
    /// The browser SDK beside others on one page: bytes, times, tasks, heap
    Sdk(sdk::SdkOptions),
}

fn main() -> ExitCode {
    match measure(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("waymark-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // Whichever way this ends, what was started is dropped here, and so stopped.
        tokio::select! {
            result = async {
                match arguments {
                    Arguments::Ingest(options) => ingest::run(options).await,
                    Arguments::Import(options) => import::run(options).await,
                    Arguments::Scores(options) => scores::run(options).await,
                    Arguments::Query(options) => query::run(options).await,
                    Arguments::Dashboard(options) => dashboard::run(options).await,
                    Arguments::Scale(options) => scale::run(options).await,
                    Arguments::Sdk(options) => sdk::run(options).await,
                }
            } => result,
            _ = terminate.recv() => bail!("ended by a signal, nothing was written"),
            _ = interrupt.recv() => bail!("ended by a signal, nothing was written"),
        }
    });
    // After a signal the load's thread still runs until it notices that nobody answers.
    runtime.shutdown_background();
    result
}
