//! `collector check`: everything that a start needs, looked at without changing anything.
//!
//! One function for each thing that is looked at, in the order of [`check`]; each gives its lines. A warning is something that works
//! and may not be meant; only a failure makes the exit code 1.

mod queue;

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use tokio::net::TcpListener;

use super::CommandError;
use crate::clock;
use crate::config::Config;
use crate::destinations::transport::Transport;
use crate::http::assets::Assets;
use crate::store::inspect::Inspection;
use crate::store::months::Month;
use crate::store::schema::Schema;
use crate::store::{Kind, Store, Wall};

/// `collector check …`
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct CheckArguments {
    /// Print one JSON object instead of lines
    #[arg(long)]
    pub json: bool,
}

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ok,
    Warning,
    Failed,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "FAILED",
        })
    }
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Line {
    name: &'static str,
    status: Status,
    message: String,
}

impl Line {
    fn new(name: &'static str, status: Status, message: impl Into<String>) -> Self {
        Self {
            name,
            status,
            message: message.into(),
        }
    }
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    checks: Vec<Line>,
}

/// How long a database may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// A clock that is off by this much writes times that nobody will believe.
const CLOCK_MS: i64 = 60_000;
/// When this was written: no right clock shows an earlier time.
const WRITTEN_MS: i64 = 1_760_000_000_000;

/// Looks at everything, prints what it found, and says whether nothing failed. The settings themselves have been read by
/// then: what is wrong with those ends the program before.
///
/// # Errors
/// When the output is closed.
pub async fn check(
    arguments: &CheckArguments,
    config: &Config,
    out: &mut (impl Write + Send),
) -> Result<bool, CommandError> {
    let mut checks = vec![Line::new("config", Status::Ok, "every setting can be read")];
    checks.extend(folders(config));
    checks.extend(database(config).await);
    checks.extend(queue::check(config).await);
    checks.push(address("listen", config.listen).await);
    if let Some(listen) = config.metrics_listen {
        checks.push(address("metrics_listen", listen).await);
    }
    checks.push(public_url(config));
    checks.push(places(config));
    checks.extend(destinations(config));
    checks.push(built_in(config));
    let report = Report {
        ok: checks.iter().all(|line| line.status != Status::Failed),
        checks,
    };
    if arguments.json {
        let text = serde_json::to_string(&report).map_err(std::io::Error::from)?;
        writeln!(out, "{text}")?;
    } else {
        for line in &report.checks {
            writeln!(out, "{:<8}{:<15} {}", line.status, line.name, line.message)?;
        }
    }
    Ok(report.ok)
}

/// The folder of a SQLite file, since SQLite writes other files beside it, and the one into which days are exported.
fn folders(config: &Config) -> impl Iterator<Item = Line> {
    let database = crate::store::folder(&config.database_url).map(|path| ("folder", path));
    let exports = config.export.as_ref();
    let exports = exports.map(|plan| ("export_folder", plan.folder.clone()));
    let both = database.into_iter().chain(exports);
    both.map(|(name, path)| folder(name, &path))
}

fn folder(name: &'static str, folder: &Path) -> Line {
    let line = |status, message: String| Line::new(name, status, message);
    if !folder.exists() {
        let parent = folder.ancestors().find(|parent| parent.is_dir());
        return match parent.map(writable) {
            Some(Ok(())) => line(
                Status::Ok,
                format!("{} will be made when it is needed", folder.display()),
            ),
            _ => line(
                Status::Failed,
                format!("{} is not there and cannot be made", folder.display()),
            ),
        };
    }
    match writable(folder) {
        Ok(()) => line(Status::Ok, format!("{} can be written", folder.display())),
        Err(error) => line(
            Status::Failed,
            format!("{} cannot be written: {error}", folder.display()),
        ),
    }
}

/// The certificates that destinations may show, where some are named.
fn destinations(config: &Config) -> Option<Line> {
    let path = config.destination_ca.as_deref()?;
    let read = Transport::new(
        config.destination_guard(),
        config.destination_timeout,
        Some(path),
    );
    Some(match read {
        Ok(_) => Line::new(
            "destination_ca",
            Status::Ok,
            format!("{} can be read", path.display()),
        ),
        Err(error) => Line::new("destination_ca", Status::Failed, error.to_string()),
    })
}

/// The database of places. Events are taken without one, so nothing about it is a failure.
fn places(config: &Config) -> Line {
    let line = |status, message| Line::new("geo", status, message);
    let path = &config.geo_database;
    match crate::geo::read(path) {
        Ok(geo) => line(
            Status::Ok,
            format!("{} can be read: {}", path.display(), geo.kind()),
        ),
        Err(_) if !config.geo_demanded && !path.exists() => line(
            Status::Ok,
            "no database of places: country, region and city stay unknown (`collector geo update`)"
                .to_owned(),
        ),
        Err(error) => line(
            Status::Warning,
            format!("{error}; country, region and city stay unknown"),
        ),
    }
}

/// Only writing tells: permissions, read-only mounts and full disks look different from outside.
fn writable(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".waymark-check-{}", std::process::id()));
    std::fs::write(&probe, b"x")?;
    std::fs::remove_file(&probe)
}

async fn database(config: &Config) -> Vec<Line> {
    let failed = |message: String| vec![Line::new("database", Status::Failed, message)];
    let inspection = Store::inspect(&config.database_url);
    let inspection = match tokio::time::timeout(PATIENCE, inspection).await {
        Ok(Ok(inspection)) => inspection,
        Ok(Err(error)) => return failed(error.to_string()),
        Err(_) => return failed(format!("does not answer within {} s", PATIENCE.as_secs())),
    };
    let Inspection {
        kind,
        version,
        schema,
        writable,
        wall,
        months,
        now,
    } = inspection;
    let mut lines = vec![Line::new(
        "database",
        Status::Ok,
        format!("{kind} {version} answers"),
    )];
    lines.push(match schema {
        Schema::Missing => Line::new("schema", Status::Ok, "will be made at the first start"),
        Schema::Current { version } => Line::new(
            "schema",
            Status::Ok,
            format!("version {version}, as this program wants it"),
        ),
        Schema::Behind { version, wanted } => Line::new(
            "schema",
            Status::Warning,
            format!("version {version}; the next start brings it to {wanted}"),
        ),
        Schema::Ahead {
            version,
            wanted,
            needed,
        } => {
            if schema.is_for_this_program() {
                Line::new(
                    "schema",
                    Status::Warning,
                    format!(
                        "version {version} of a newer program; this one knows {wanted} and works with it, but erases nobody and \
                         removes nothing for its age"
                    ),
                )
            } else {
                Line::new(
                    "schema",
                    Status::Failed,
                    format!("version {version} asks for programs that know {needed}; this one knows {wanted}"),
                )
            }
        }
    });
    lines.push(match writable {
        Ok(()) => Line::new("permissions", Status::Ok, "the database can be written"),
        Err(message) => Line::new("permissions", Status::Failed, message),
    });
    lines.extend(wall.map(wall_line));
    lines.extend(months.map(|months| months_line(&months)));
    lines.push(clock_line(kind, now));
    lines
}

/// Sites are kept apart without it too, so nothing about it is a failure.
fn wall_line(wall: Result<Wall, String>) -> Line {
    match wall {
        Ok(wall) if wall.open.is_empty() => Line::new(
            "wall",
            Status::Ok,
            format!(
                "row-level security holds for {}, as which statements run",
                wall.role
            ),
        ),
        Ok(wall) => Line::new(
            "wall",
            Status::Warning,
            format!(
                "row-level security does not hold for {} on {}: nothing but the collector's own statements keeps sites apart there",
                wall.role,
                wall.open.join(", ")
            ),
        ),
        Err(message) => Line::new("wall", Status::Warning, message),
    }
}

/// Items of a month that nobody has made are stored too, so nothing about it is a failure.
fn months_line(months: &[Month]) -> Line {
    let line = |status, message: String| Line::new("months", status, message);
    let coming = Month::of(clock::now()).next();
    match (months.first(), months.last()) {
        (Some(first), Some(last)) if *last >= coming => line(
            Status::Ok,
            format!("items are kept by month, with partitions from {first} to {last}"),
        ),
        (_, last) => line(
            Status::Warning,
            format!(
                "items are kept by month, and there is no partition for {coming}{}: a running collector makes it",
                last.map_or(String::new(), |last| format!(", the last one is {last}"))
            ),
        ),
    }
}

fn clock_line(kind: Kind, database: Option<i64>) -> Line {
    let now = clock::now();
    if now < WRITTEN_MS {
        return Line::new(
            "clock",
            Status::Failed,
            "this machine's clock is years behind",
        );
    }
    match database.map(|other| now - other) {
        Some(difference) if difference.abs() > CLOCK_MS => Line::new(
            "clock",
            Status::Failed,
            format!(
                "{} s away from the clock of {kind}: times of events would be moved by it",
                difference / 1000
            ),
        ),
        Some(_) => Line::new(
            "clock",
            Status::Ok,
            format!("agrees with the clock of {kind}"),
        ),
        None => Line::new("clock", Status::Ok, "is not years behind"),
    }
}

async fn address(name: &'static str, address: std::net::SocketAddr) -> Line {
    match TcpListener::bind(address).await {
        Ok(_) => Line::new(name, Status::Ok, format!("{address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Line::new(
            name,
            Status::Warning,
            format!("{address} is in use: by a running collector, or a start will fail"),
        ),
        Err(error) => Line::new(name, Status::Failed, format!("{address}: {error}")),
    }
}

fn public_url(config: &Config) -> Line {
    let line = |status, message: String| Line::new("public_url", status, message);
    let Some(url) = &config.public_url else {
        return line(
            Status::Warning,
            format!(
                "is not set: links and script tags say {}, which browsers elsewhere cannot reach",
                config.public_base(config.listen)
            ),
        );
    };
    let local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if local {
        line(Status::Warning, format!("{url} is this machine alone"))
    } else if config.is_https() {
        line(Status::Ok, url.to_string())
    } else {
        line(
            Status::Warning,
            format!(
                "{url} is not https: pages on https cannot send there, and sign-ins can be read on the way"
            ),
        )
    }
}

fn built_in(config: &Config) -> Line {
    let assets = Assets::embedded(&config.script_name);
    match (
        assets.has_dashboard(),
        assets.has_script(&config.script_name),
    ) {
        (true, true) => Line::new(
            "program",
            Status::Ok,
            "the dashboard and the SDK are built in",
        ),
        (false, _) => Line::new("program", Status::Warning, "the dashboard was not built in"),
        (true, false) => Line::new("program", Status::Warning, "the SDK was not built in"),
    }
}
