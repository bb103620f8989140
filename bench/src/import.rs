//! The import of sessions: how long a file of them takes, into an empty database and into one that has them all.
//!
//! The file is written before anything is measured, with rows like those of a table of sessions: most visitors come once or twice,
//! a third of the sessions have a campaign, one in twenty visitors signs up. The program is the shipped one, with a
//! database of its own.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;
use uuid::Uuid;
use waymark_collector::store::Kind;
use waymark_collector::store::retention::Keep;

use crate::case::name;
use crate::database::{Database, Places, settings};
use crate::ingest::{KINDS, SEED};
use crate::machine::{Machine, peak_memory};
use crate::report::write_json;
use crate::targets::Target;
use crate::traffic::KEY;

/// What was promised: a million sessions within three minutes.
const ROWS_A_SECOND: f64 = 1_000_000.0 / 180.0;
/// What the program may hold, beside the server of PostgreSQL.
const MEMORY_MIB: f64 = 512.0;

/// What `waymark-bench import` can be told.
#[derive(Debug, Args)]
pub struct ImportOptions {
    /// The collector's binary
    #[arg(long, value_name = "FILE")]
    collector: PathBuf,
    /// A PostgreSQL server on this machine that is durable and idle, as its superuser
    #[arg(long, value_name = "URL")]
    postgres: String,
    /// Folder for the rows and for SQLite files, on the disk that PostgreSQL uses
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// Where the JSON goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Sessions
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    rows: u64,
}

#[derive(Serialize)]
struct Report {
    machine: Machine,
    rows: u64,
    file_bytes: u64,
    runs: Vec<Run>,
    targets: Vec<Target>,
}

/// One import.
#[derive(Debug, Serialize)]
struct Run {
    database: &'static str,
    /// Whether the rows were there already.
    again: bool,
    seconds: f64,
    rows_a_second: f64,
    peak_memory_mib: f64,
    /// Afterwards.
    database_bytes: u64,
}

/// Measures, prints and writes the JSON.
///
/// # Errors
/// An import that fails, or after which other rows are there than were in the file.
pub async fn run(options: &ImportOptions) -> Result<()> {
    std::fs::create_dir_all(&options.data)
        .with_context(|| format!("cannot make {}", options.data.display()))?;
    // Also refuses a server that is not durable.
    settings(&options.postgres).await?;
    let folder = tempfile::tempdir_in(&options.data)?;
    let file = folder.path().join("sessions.csv");
    eprintln!("Writing {} rows.", options.rows);
    let items = write_rows(&file, options.rows)?;
    let mut runs = Vec::new();
    let places = Places {
        folder: &options.data,
        server: &options.postgres,
    };
    for kind in KINDS {
        let database = Database::create(places, kind, "waymark_bench_import").await?;
        let (store, site) = database.open().await?;
        // The rows are of years ago.
        let forever = std::collections::BTreeMap::from([(None, Keep::Forever)]);
        store
            .set_limits(site.id, &forever, "bench", crate::machine::now_ms())
            .await?;
        store.close().await;
        for again in [false, true] {
            let run = import(options, &file, &database, kind, again).await?;
            database.check_events(items).await?;
            eprintln!(
                "{:8} {:12} {:7.1} s  {:8.0} rows/s  {:6.0} MiB",
                run.database,
                if again { "again" } else { "first" },
                run.seconds,
                run.rows_a_second,
                run.peak_memory_mib
            );
            runs.push(run);
        }
        database.remove().await?;
    }
    let targets = runs.iter().flat_map(targets).collect::<Vec<_>>();
    for target in &targets {
        eprintln!("{}", target.line());
    }
    let report = Report {
        machine: Machine::look(&std::env::current_dir()?),
        rows: options.rows,
        file_bytes: file.metadata()?.len(),
        runs,
        targets,
    };
    write_json(&report, &options.out)
}

fn targets(run: &Run) -> [Target; 2] {
    let of = |what: &str| {
        let again = if run.again { ", again" } else { "" };
        format!("import into {}{again}: {what}", run.database)
    };
    [
        Target::new(of("rows a second"), run.rows_a_second, ">=", ROWS_A_SECOND),
        Target::new(
            of("peak memory, MiB"),
            run.peak_memory_mib,
            "<=",
            MEMORY_MIB,
        ),
    ]
}

async fn import(
    options: &ImportOptions,
    file: &Path,
    database: &Database,
    kind: Kind,
    again: bool,
) -> Result<Run> {
    let began = Instant::now();
    let mut child = Command::new(&options.collector)
        .args(["--database-url", database.url(), "import", "sessions"])
        .arg(file)
        .args(["--site", KEY])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {}", options.collector.display()))?;
    let mut peak = 0;
    let status = loop {
        peak = peak_memory(child.id()).unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let seconds = began.elapsed().as_secs_f64();
    ensure!(status.success(), "the import ended with {status}");
    Ok(Run {
        database: name(kind),
        again,
        seconds,
        rows_a_second: options.rows as f64 / seconds,
        peak_memory_mib: peak as f64 / (1024.0 * 1024.0),
        database_bytes: database.bytes().await?,
    })
}

/// Writes sessions in the order of their start, and gives how many items they make.
fn write_rows(file: &Path, rows: u64) -> Result<u64> {
    const WAYS: [(&str, &str, &str, &str); 6] = [
        ("", "", "", ""),
        ("https://www.google.com/", "", "", ""),
        ("", "newsletter", "email", "spring"),
        ("https://blog.example/review", "", "", ""),
        ("https://www.google.com/", "google", "cpc", "brand"),
        ("https://t.co/x", "", "", ""),
    ];
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    writeln!(
        out,
        "id,visitor_id,user_id,started_at,ended_at,landing_url,referrer,utm_source,utm_medium,utm_campaign,page_views,country,device,signup_at"
    )?;
    let visitors = (rows * 2 / 3).max(1);
    // 2025-01-01.
    let first = 1_735_689_600_u64;
    let mut items = 0;
    let mut signed = std::collections::HashSet::new();
    for row in 0..rows {
        let number = random.u64(..visitors);
        let mut own = fastrand::Rng::with_seed(number);
        let visitor = Uuid::from_u128(own.u128(..));
        let session = Uuid::from_u128(random.u128(..));
        let started = first + row * 31_536_000 / rows;
        let pages = 1 + random.u64(..3);
        let (referrer, source, medium, campaign) = WAYS[random.usize(..WAYS.len())];
        let ended = started + (pages - 1) * 40;
        items += pages;
        let is_user = number.is_multiple_of(20);
        let (user, signup) = match is_user {
            true => (format!("user-{number}"), (first + number).to_string()),
            false => (String::new(), String::new()),
        };
        if is_user && signed.insert(number) {
            items += 1;
        }
        writeln!(
            out,
            "{session},{visitor},{user},{started},{ended},https://shop.example/p/{},{referrer},{source},{medium},{campaign},{pages},{},{},{signup}",
            random.u64(..500),
            ["DE", "US", "FR", "GB"][random.usize(..4)],
            ["desktop", "mobile"][random.usize(..2)],
        )?;
    }
    out.flush()?;
    Ok(items)
}
