//! The processes of a case, and the processor time that each tier of them takes.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use waymark_collector::store::Kind;
use waymark_collector::store::audit::By;
use waymark_collector::store::sites::NewSite;

use super::ScaleOptions;
use super::nats::Nats;
use crate::client::Connection;
use crate::database::{Database, Places};
use crate::machine::{family_time, now_ms, peak_memory, processor_time};
use crate::query::ask;
use crate::server::Server;
use crate::traffic::ORIGIN;

/// The key of the site that is small beside the load.
pub const SMALL_KEY: &str = "wk_small";
/// How long a writer may take to be ready, and one scrape of metrics.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a stream that does not say how it stands is asked again.
const ASKED: u32 = 20;
/// How long what waits may take to be committed.
const DRAIN: Duration = Duration::from_secs(300);

/// What a case is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Make {
    /// The database.
    pub kind: Kind,
    /// Servers of NATS; none for collectors that commit by themselves.
    pub nodes: usize,
    /// Writers behind them.
    pub writers: usize,
    /// Whether the collector refuses what would take too long. Where senders are held back, what they have under way is no overload.
    pub refuses: bool,
}

/// All processes of a case.
pub struct Stand {
    database: Database,
    server: Server,
    writers: Vec<Writer>,
    nats: Option<Nats>,
    postgres: Option<u32>,
    small: (i64, String),
    before: u64,
    bytes_before: u64,
    log_before: u64,
}

/// A process of `collector write`. Dropping it ends it.
struct Writer {
    child: Child,
    watched: SocketAddr,
}

/// Processor time by tier, in microseconds since the processes began; or between two moments, or for an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Tiers {
    /// What stands for the browsers.
    pub generator: f64,
    /// Collectors; with SQLite what stores, too.
    pub collector: f64,
    /// All servers of NATS.
    pub nats: f64,
    /// All writers.
    pub writers: f64,
    /// The server of PostgreSQL with all its processes.
    pub database: f64,
}

impl Tiers {
    /// All of them together.
    pub fn sum(&self) -> f64 {
        self.generator + self.collector + self.nats + self.writers + self.database
    }

    /// Each of both taken together.
    pub fn zip(self, other: Self, each: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            generator: each(self.generator, other.generator),
            collector: each(self.collector, other.collector),
            nats: each(self.nats, other.nats),
            writers: each(self.writers, other.writers),
            database: each(self.database, other.database),
        }
    }

    /// Each divided.
    pub fn per(self, events: f64) -> Self {
        self.zip(self, |own, _| own / events)
    }
}

impl Stand {
    /// Starts all of it on a database of its own.
    ///
    /// # Errors
    /// A process that does not start.
    pub async fn start(options: &ScaleOptions, label: &str, make: Make) -> Result<Self> {
        let places = Places {
            folder: &options.data,
            server: &options.postgres,
        };
        let name = format!("bench_{}_scale_{label}", std::process::id());
        let database = Database::create(places, make.kind, &name).await?;
        let (store, _) = database.open().await?;
        let by = By {
            actor: "bench",
            now: now_ms(),
        };
        let new = NewSite {
            workspace: store.first_workspace(by.now).await?.id,
            name: "Small".to_owned(),
            key: SMALL_KEY.to_owned(),
            origins: vec![ORIGIN.to_owned()],
            time_zone: "UTC".to_owned(),
            is_demo: false,
        };
        let (small, _) = store.add_site(&new, by).await?;
        store.close().await;
        let nats = match make.nodes {
            0 => None,
            nodes => Some(Nats::start(&options.nats_server, &options.data, nodes).await?),
        };
        let queue = nats.as_ref().map(Nats::url);
        let mut settings: Vec<&str> = match &queue {
            Some(url) => vec!["--queue", url],
            None => Vec::new(),
        };
        if !make.refuses {
            settings.extend(["--queue-wait-ms", "0"]);
        }
        let server = Server::start(&options.collector, database.url(), &settings)?;
        let mut writers = Vec::new();
        for _ in 0..make.writers {
            let queue = queue.as_deref().context("writers are behind a queue")?;
            writers.push(Writer::start(&options.collector, database.url(), queue)?);
        }
        for writer in &writers {
            writer.is_ready().await?;
        }
        let secret = ask::key(&options.collector, database.url(), small.id)?;
        let postgres = database.process().await?;
        let mut stand = Self {
            before: database.events().await?,
            bytes_before: database.bytes().await?,
            log_before: 0,
            database,
            server,
            writers,
            nats,
            postgres,
            small: (small.id, secret),
        };
        stand.log_before = stand.log().await?;
        Ok(stand)
    }

    /// Where the collector listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The small site's number, and a key that may read it.
    pub fn small(&self) -> (i64, &str) {
        (self.small.0, &self.small.1)
    }

    /// The most memory that the collector has had, in MiB.
    pub fn memory(&self) -> Option<f64> {
        peak_memory(self.server.process()).map(|bytes| bytes as f64 / 1024.0 / 1024.0)
    }

    /// Processor time up to now.
    pub fn processor(&self) -> Tiers {
        let us = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64() * 1e6;
        let all = |ids: Vec<u32>| ids.into_iter().map(|id| us(processor_time(id))).sum();
        let servers = self.nats.as_ref().map(Nats::processes);
        Tiers {
            generator: us(processor_time(std::process::id())),
            collector: us(processor_time(self.server.process())),
            nats: all(servers.unwrap_or_default()),
            writers: all(self
                .writers
                .iter()
                .map(|writer| writer.child.id())
                .collect()),
            database: us(self.postgres.and_then(family_time)),
        }
    }

    /// Messages and bytes that the stream has; nothing without one.
    ///
    /// # Errors
    /// A writer that does not say.
    pub async fn backlog(&self) -> Result<Option<(u64, u64)>> {
        match self.writers.first() {
            Some(writer) => writer.backlog().await.map(Some),
            None => Ok(None),
        }
    }

    /// Where the backlog can be asked for.
    pub fn watched(&self) -> Option<SocketAddr> {
        self.writers.first().map(|writer| writer.watched)
    }

    /// Waits until everything that was accepted is committed, and gives the time it took.
    ///
    /// # Errors
    /// Not within minutes.
    pub async fn drain(&self) -> Result<Duration> {
        let began = Instant::now();
        while let Some((messages, _)) = self.backlog().await? {
            if messages == 0 {
                break;
            }
            ensure!(
                began.elapsed() < DRAIN,
                "{messages} messages are still in the stream"
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(began.elapsed())
    }

    /// The events that are stored since the start.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn stored(&self) -> Result<u64> {
        Ok(self.database.events().await?.saturating_sub(self.before))
    }

    /// Bytes that the database's files, and its log, have grown by since the start.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn grown(&self) -> Result<(u64, u64)> {
        let bytes = self
            .database
            .bytes()
            .await?
            .saturating_sub(self.bytes_before);
        Ok((bytes, self.log().await? - self.log_before))
    }

    async fn log(&self) -> Result<u64> {
        match self.database.kind() {
            Kind::Sqlite => Ok(0),
            Kind::Postgres => {
                let sql = "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint";
                self.database.number(sql).await
            }
        }
    }

    /// Ends everything in order.
    ///
    /// # Errors
    /// A process that ended with a fault.
    pub async fn end(self) -> Result<()> {
        self.server.stop()?;
        for mut writer in self.writers {
            let status = writer.end()?;
            ensure!(status.success(), "a writer ended with {status}");
        }
        drop(self.nats);
        self.database.remove().await
    }
}

impl Writer {
    fn start(collector: &Path, database_url: &str, queue: &str) -> Result<Self> {
        let watched = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(collector);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("WAYMARK_") {
                command.env_remove(name);
            }
        }
        let child = command
            .args(["--database-url", database_url, "--queue", queue])
            .args(["--metrics-listen", &watched.to_string()])
            .args(["--log-level", "warn"])
            .arg("write")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", collector.display()))?;
        Ok(Self { child, watched })
    }

    async fn is_ready(&self) -> Result<()> {
        let began = Instant::now();
        loop {
            if let Ok(mut connection) = Connection::open(self.watched, "bench").await
                && let Ok(answer) = connection.get("/readyz", "", PATIENCE).await
                && answer.status == 200
            {
                return Ok(());
            }
            ensure!(began.elapsed() < PATIENCE, "a writer was not ready in time");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A stream that is too busy to say within seconds is asked again.
    async fn backlog(&self) -> Result<(u64, u64)> {
        let mut said = backlog(self.watched).await;
        for _ in 0..ASKED {
            if said.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
            said = backlog(self.watched).await;
        }
        said
    }

    fn end(&mut self) -> Result<std::process::ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()?;
        Ok(self.child.wait()?)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("could not end a writer: {error:#}");
        }
    }
}

/// Messages and bytes of the stream, as a writer at this address says.
///
/// # Errors
/// No answer, or none that has them.
pub async fn backlog(watched: SocketAddr) -> Result<(u64, u64)> {
    let mut connection = Connection::open(watched, "bench").await?;
    let answer = connection.get("/metrics", "", PATIENCE).await?;
    let text = String::from_utf8_lossy(answer.body);
    let value = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.rsplit_once(' '));
        let (_, value) = lines.find(|(known, _)| *known == name)?;
        value.parse::<u64>().ok()
    };
    match (
        value("waymark_stream_messages"),
        value("waymark_stream_bytes"),
    ) {
        (Some(messages), Some(bytes)) => Ok((messages, bytes)),
        _ => bail!("the writer does not say how the stream stands"),
    }
}
