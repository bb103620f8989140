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
use crate::{build, npm, sdk, tools};

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
    /// What scores cost: reading a person, judging, storing beside it, on SQLite and on a private PostgreSQL
    Scores(ScoresOptions),
    /// Milliseconds of every question over millions of events, on SQLite and on a private PostgreSQL, beside DuckDB
    Query(QueryOptions),
    /// Milliseconds from a click or key in the dashboard to the next frame, over the events of `query`, in Chromium
    Dashboard(DashboardOptions),
    /// Writers and a queue on this machine: events per second, what each tier costs, latency, and three times too much
    Scale(ScaleOptions),
    /// The browser SDK beside others on one page, in Chromium
    Sdk(SdkOptions),
}

#[derive(Args)]
struct ScaleOptions {
    /// Times that every case with writers is measured
    #[arg(long, default_value_t = 2)]
    rounds: u32,
    /// Seconds of every measurement but the overload
    #[arg(long, default_value_t = 8)]
    seconds: u32,
    /// Seconds of overload; 0 leaves that out
    #[arg(long, default_value_t = 60)]
    overload_seconds: u32,
    /// Only these of sqlite, postgres and queue are overloaded, with commas between
    #[arg(long)]
    overload: Option<String>,
    /// A collector that is built already, instead of the one that is shipped
    #[arg(long, value_name = "FILE")]
    collector: Option<PathBuf>,
    /// The profile that is built; figures are of `dist`
    #[arg(long, default_value = "dist")]
    profile: String,
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

#[derive(Args)]
struct QueryOptions {
    /// Rows of events
    #[arg(long, default_value_t = 10_000_000)]
    events: u64,
    /// The databases: sqlite, postgres or both
    #[arg(long, default_value = "both")]
    engine: String,
    /// Times that each question is measured, at most 100
    #[arg(long, default_value_t = 100)]
    repeats: u64,
    /// Events per second that are stored while questions are asked for the second time; 0 leaves that out
    #[arg(long, default_value_t = 2_000)]
    ingest_rate: u32,
    /// The end of the three months, such as 2026-03-31T12:00:00Z; the present hour if absent
    #[arg(long, value_name = "TIME")]
    end: Option<String>,
    /// Load anew what an earlier run has kept
    #[arg(long)]
    fresh: bool,
    /// Do not wait until everybody is judged, which collectors then do while they are asked: for trying
    #[arg(long)]
    unjudged: bool,
    /// A collector that is built already, instead of the one that is shipped
    #[arg(long, value_name = "FILE")]
    collector: Option<PathBuf>,
    /// The profile that is built; figures are of `dist`
    #[arg(long, default_value = "dist")]
    profile: String,
}

#[derive(Args)]
struct DashboardOptions {
    /// Rows of events; those that `bench query` keeps are taken
    #[arg(long, default_value_t = 10_000_000)]
    events: u64,
    /// The databases: sqlite, postgres or both
    #[arg(long, default_value = "both")]
    engine: String,
    /// Times that everything is done
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// A collector that is built already, instead of the one that is shipped
    #[arg(long, value_name = "FILE")]
    collector: Option<PathBuf>,
    /// The profile that is built; figures are of `dist`
    #[arg(long, default_value = "dist")]
    profile: String,
}

#[derive(Args)]
struct ScoresOptions {
    /// Events of the people who are judged and read
    #[arg(long, default_value_t = 300_000)]
    events: u64,
    /// Times that storing is measured with and without the judge
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Seconds of every measurement of storing
    #[arg(long, default_value_t = 4)]
    seconds: u32,
}

/// Builds, measures, prints the table and leaves the figures in `target/bench/<what>.json`.
pub fn bench(steps: &Steps, options: &BenchOptions) -> Result<()> {
    match &options.what {
        Measurement::Ingest(options) => ingest(steps, options),
        Measurement::Import(options) => import(steps, options),
        Measurement::Scores(options) => of_databases(
            steps,
            "scores",
            &[
                ("--events", options.events.to_string()),
                ("--rounds", options.rounds.to_string()),
                ("--seconds", options.seconds.to_string()),
            ],
        ),
        Measurement::Query(options) => query(steps, options),
        Measurement::Dashboard(options) => dashboard(steps, options),
        Measurement::Scale(options) => scale(steps, options),
        Measurement::Sdk(options) => sdk(steps, options),
    }
}

fn dashboard(steps: &Steps, options: &DashboardOptions) -> Result<()> {
    let (chromium, driver) = tools::chromium(steps)?;
    // The collector has the dashboard in it.
    build::web(steps)?;
    let settings = [
        ("--events", options.events.to_string()),
        ("--engine", options.engine.clone()),
        ("--rounds", options.rounds.to_string()),
        ("--chromium", chromium.display().to_string()),
        ("--chromedriver", driver.display().to_string()),
    ];
    let of = (options.profile.as_str(), options.collector.as_ref());
    let stop = stop_on_signal()?;
    let measuring = measuring(steps, "dashboard", of, EVENTS)?;
    measuring.finish(steps, &mut measuring.command(steps, &settings), &stop)
}

/// Builds what measures by a profile, with a collector that may be there already.
fn measuring(
    steps: &Steps,
    what: &'static str,
    (profile, collector): (&str, Option<&PathBuf>),
    (data, cluster): (&'static str, fn(&Steps) -> Result<Cluster>),
) -> Result<Measuring> {
    let mut packages = vec!["waymark-bench"];
    if collector.is_none() {
        packages.push("waymark-collector");
    }
    let built = compile(steps, profile, &packages)?;
    Ok(Measuring {
        what,
        collector: collector
            .cloned()
            .unwrap_or_else(|| built.join("collector")),
        built,
        data,
        cluster: cluster(steps)?,
    })
}

/// Where the events of `query` are kept. PostgreSQL is set up as docs/running.md asks for.
const EVENTS: (&str, fn(&Steps) -> Result<Cluster>) = ("target/bench/query", |steps| {
    let settings = format!("-c shared_buffers={}MB", memory_mib()? / 4);
    Cluster::lasting_in(steps, "target/bench/query/postgres", &settings)
});

/// The machine's memory.
fn memory_mib() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").context("cannot read the memory's size")?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kib: u64 = number.context("/proc/meminfo tells no MemTotal")?.parse()?;
    Ok(kib / 1024)
}

fn scale(steps: &Steps, options: &ScaleOptions) -> Result<()> {
    let nats_server = tools::nats_server(steps)?;
    let of = (options.profile.as_str(), options.collector.as_ref());
    let mut settings = vec![
        ("--rounds", options.rounds.to_string()),
        ("--seconds", options.seconds.to_string()),
        ("--overload-seconds", options.overload_seconds.to_string()),
        ("--nats-server", nats_server.display().to_string()),
    ];
    settings.extend(options.overload.clone().map(|cases| ("--overload", cases)));
    let stop = stop_on_signal()?;
    let measuring = measuring(steps, "scale", of, ("target/bench", Cluster::durable))?;
    measuring.finish(steps, &mut measuring.command(steps, &settings), &stop)
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

fn query(steps: &Steps, options: &QueryOptions) -> Result<()> {
    let python = tools::duckdb_python(steps)?;
    let script = steps.root().join("bench/duckdb/limit.py");
    let mut settings = vec![
        ("--events", options.events.to_string()),
        ("--engine", options.engine.clone()),
        ("--repeats", options.repeats.to_string()),
        ("--ingest-rate", options.ingest_rate.to_string()),
        ("--python", python.display().to_string()),
        ("--script", script.display().to_string()),
    ];
    settings.extend(options.end.clone().map(|end| ("--end", end)));
    let stop = stop_on_signal()?;
    let of = (options.profile.as_str(), options.collector.as_ref());
    let measuring = measuring(steps, "query", of, EVENTS)?;
    let mut command = measuring.command(steps, &settings);
    for (is_asked, flag) in [(options.fresh, "--fresh"), (options.unjudged, "--unjudged")] {
        if is_asked {
            command.arg(flag);
        }
    }
    measuring.finish(steps, &mut command, &stop)
}

/// Measures what is about the collector and both databases.
fn of_databases(steps: &Steps, what: &'static str, settings: &[(&str, String)]) -> Result<()> {
    let built = compile(steps, "dist", &["waymark-collector", "waymark-bench"])?;
    let stop = stop_on_signal()?;
    let measuring = Measuring {
        what,
        collector: built.join("collector"),
        built,
        data: "target/bench",
        cluster: Cluster::durable(steps)?,
    };
    measuring.finish(steps, &mut measuring.command(steps, settings), &stop)
}

/// Builds packages by a profile, and gives the folder where they are then.
fn compile(steps: &Steps, profile: &str, packages: &[&str]) -> Result<PathBuf> {
    let packages = packages.iter().flat_map(|package| ["--package", package]);
    steps.run(
        "compile what is measured and the bench",
        Command::new("cargo")
            .args(["build", "--profile", profile])
            .args(packages),
    )?;
    let folder = match profile {
        "dev" => "debug",
        other => other,
    };
    Ok(target(steps.root()).join(folder))
}

/// A measurement that is about the collector and a private PostgreSQL.
struct Measuring {
    what: &'static str,
    built: PathBuf,
    collector: PathBuf,
    /// Where its databases are made.
    data: &'static str,
    cluster: Cluster,
}

impl Measuring {
    fn out(&self, steps: &Steps) -> PathBuf {
        steps
            .root()
            .join(format!("target/bench/{}.json", self.what))
    }

    fn command(&self, steps: &Steps, settings: &[(&str, String)]) -> Command {
        let mut command = Command::new(self.built.join("waymark-bench"));
        command
            .current_dir(steps.root())
            .arg(self.what)
            .arg("--collector")
            .arg(&self.collector)
            .args(["--postgres", &self.cluster.url()])
            .arg("--data")
            .arg(steps.root().join(self.data))
            .arg("--out")
            .arg(self.out(steps));
        for (name, value) in settings {
            command.args([name, value.as_str()]);
        }
        command
    }

    fn finish(&self, steps: &Steps, command: &mut Command, stop: &AtomicBool) -> Result<()> {
        measure(command, stop)?;
        eprintln!("\nAll rounds: {}", self.out(steps).display());
        Ok(())
    }
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
