//! `cargo xtask bench`: builds what is shipped and what measures it, starts what they need, and measures.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};

use crate::postgres::Cluster;
use crate::step::Steps;
use crate::{npm, sdk, tools};

/// What `cargo xtask bench` can be told.
#[derive(Args)]
pub struct BenchOptions {
    #[command(subcommand)]
    what: Measurement,
}

#[derive(Subcommand)]
enum Measurement {
    /// Events per second from a request to stable storage, on SQLite and on a private PostgreSQL
    Ingest(IngestOptions),
    /// Sessions per second from a file, on SQLite and on a private PostgreSQL
    Import(ImportOptions),
    /// The browser SDK beside others on one page, in Chromium
    Sdk(SdkOptions),
}

#[derive(Args)]
struct SdkOptions {
    /// Times that every SDK is visited, at the machine's speed and at a sixth of it
    #[arg(long, default_value_t = 20)]
    rounds: u32,
}

#[derive(Args)]
struct IngestOptions {
    /// Times that every case is measured
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Seconds of every measurement
    #[arg(long, default_value_t = 4)]
    seconds: u32,
    /// Measure on tables of so many events too, such as 5000000; 0 leaves that out
    #[arg(long, default_value_t = 0)]
    preload: u64,
}

#[derive(Args)]
struct ImportOptions {
    /// Sessions
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
}

/// Builds, measures, prints the table and leaves the figures in `target/bench/<what>.json`.
pub fn bench(steps: &Steps, options: &BenchOptions) -> Result<()> {
    match &options.what {
        Measurement::Ingest(options) => ingest(steps, options),
        Measurement::Import(options) => import(steps, options),
        Measurement::Sdk(options) => sdk(steps, options),
    }
}

fn sdk(steps: &Steps, options: &SdkOptions) -> Result<()> {
    tools::node()?;
    sdk::build(steps)?;
    let (chromium, driver) = tools::chromium(steps)?;
    let peers = steps.root().join("bench/sdk");
    npm::install(steps, &peers)?;
    npm::run(steps, &peers, "build")?;
    // What is measured runs in the browser.
    steps.run(
        "compile the bench",
        Command::new("cargo").args(["build", "--package", "waymark-bench"]),
    )?;
    let out = steps.root().join("target/bench/sdk.json");
    let stop = stop_on_signal()?;
    let mut command = Command::new(target(steps.root()).join("debug/waymark-bench"));
    command
        .current_dir(steps.root())
        .arg("sdk")
        .args(["--rounds", &options.rounds.to_string()])
        .arg("--chromium")
        .arg(chromium)
        .arg("--chromedriver")
        .arg(driver)
        .arg("--dist")
        .arg(steps.root().join("js-wrapper/dist"))
        .arg("--peers")
        .arg(steps.root().join("target/bench/sdk"))
        .arg("--out")
        .arg(&out);
    measure(&mut command, &stop)?;
    eprintln!("\nAll rounds: {}", out.display());
    Ok(())
}

fn ingest(steps: &Steps, options: &IngestOptions) -> Result<()> {
    of_databases(
        steps,
        "ingest",
        &[
            ("--rounds", options.rounds.to_string()),
            ("--seconds", options.seconds.to_string()),
            ("--preload", options.preload.to_string()),
        ],
    )
}

fn import(steps: &Steps, options: &ImportOptions) -> Result<()> {
    of_databases(steps, "import", &[("--rows", options.rows.to_string())])
}

/// Measures what is about the collector and both databases.
fn of_databases(steps: &Steps, what: &str, settings: &[(&str, String)]) -> Result<()> {
    steps.run(
        "compile the collector and the bench as shipped",
        Command::new("cargo")
            .args(["build", "--profile", "dist"])
            .args(["--package", "waymark-collector"])
            .args(["--package", "waymark-bench"]),
    )?;
    let built = target(steps.root()).join("dist");
    let out = steps.root().join(format!("target/bench/{what}.json"));

    let stop = stop_on_signal()?;
    let cluster = Cluster::durable(steps)?;
    let mut command = Command::new(built.join("waymark-bench"));
    command
        .current_dir(steps.root())
        .arg(what)
        .arg("--collector")
        .arg(built.join("collector"))
        .args(["--postgres", &cluster.url()])
        .arg("--data")
        .arg(steps.root().join("target/bench"))
        .arg("--out")
        .arg(&out);
    for (name, value) in settings {
        command.args([name, value.as_str()]);
    }
    measure(&mut command, &stop)?;
    eprintln!("\nAll rounds: {}", out.display());
    Ok(())
}

/// A signal ends the measurement, after which what was started for it is stopped here.
fn stop_on_signal() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let on_signal = stop.clone();
    ctrlc::set_handler(move || on_signal.store(true, Ordering::SeqCst))?;
    Ok(stop)
}

/// Runs the bench with this terminal until it ends by itself or is told to.
fn measure(command: &mut Command, stop: &AtomicBool) -> Result<()> {
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    let mut told = false;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if stop.load(Ordering::SeqCst) && !told {
            told = true;
            Command::new("kill")
                .args(["-TERM", &child.id().to_string()])
                .status()?;
        }
        tools::pause(Duration::from_millis(200));
    };
    if !status.success() {
        bail!("the bench ended with {status}");
    }
    Ok(())
}

/// Where cargo puts what it builds.
fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |folder| root.join(folder))
}
