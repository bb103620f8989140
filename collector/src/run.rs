//! The process: opening, serving, ending.
//!
//! The end has an order. New connections are refused first and streams are ended; requests that have begun get
//! their answer, for which the writers still run; then the queue is drained and the database closed. All of it
//! within the grace time and a few seconds for the last two, after which what still hangs is cut.

mod write;

use std::future::Future;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, timeout_at};
use tracing::instrument::WithSubscriber;
use tracing_subscriber::EnvFilter;

use crate::alerts::sending::Sender;
use crate::app::App;
use crate::clock;
use crate::commands::{self, BackupError, CatalogueCommand, Command, CommandError, MigrateError};
use crate::config::{Config, LogFormat};
use crate::destinations::courier::Courier;
use crate::destinations::transport::TransportError;
use crate::following;
use crate::geo::GeoFile;
use crate::http::metrics;
use crate::http::router::router;
use crate::http::serve;
use crate::rollups::keep::Roller;
use crate::scale::{Link, LinkError, Publisher};
use crate::store::{self, Store, StoreError};

/// What the queue gets to drain when the requests have used up the grace time.
const LAST_DRAIN: Duration = Duration::from_secs(2);
/// What the database gets to close. A transaction that hangs holds its connection, and is no reason to hang as well: it
/// has been committed or not, and nobody was told that it is.
const CLOSING: Duration = Duration::from_secs(2);

/// What threads get that still wait when all is done: for a name server that does not answer, of which nobody wants to know
/// any more.
const LAST_THREADS: Duration = Duration::from_secs(1);

/// Why the collector could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        error: std::io::Error,
    },
    /// The folder of the database cannot be made.
    #[error("cannot make the folder {}: {error}", folder.display())]
    Folder {
        /// The folder.
        folder: std::path::PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// The queue.
    #[error(transparent)]
    Queue(#[from] LinkError),
    /// Nothing can be sent to destinations.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// A command did not do its work.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// There is no backup, or nothing was restored.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Nothing was moved, or not to its end.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// Something that was looked at failed, and was printed.
    #[error("not everything is as a start needs it")]
    Check,
    /// The operating system.
    #[error(transparent)]
    System(#[from] std::io::Error),
}

impl RunError {
    /// What the process ends with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Command(CommandError::Argument(_)) => 2,
            Self::Command(CommandError::BadRows(_)) => 3,
            // What shells say of a process that was interrupted.
            Self::Command(CommandError::Interrupted(_)) => 130,
            _ => 1,
        }
    }
}

/// A collector that is open: the database is up to date, the address is bound, connections wait to be served.
pub struct Collector {
    app: App,
    listener: TcpListener,
    address: SocketAddr,
    metrics: Option<TcpListener>,
    setup_link: Option<String>,
    grace: Duration,
    limits: serve::Limits,
}

impl Collector {
    /// Opens the database, brings its schema up to date and binds the address.
    ///
    /// # Errors
    /// [`RunError`] names the address or what is wrong with the database.
    pub async fn open(config: &Config) -> Result<Self, RunError> {
        let store = open_store(config).await?;
        let publisher = match &config.queue {
            Some(queue) => {
                let link = Link::open(queue).await?;
                link.prepare().await?;
                Some(Publisher::new(link))
            }
            None => None,
        };
        let listener = bind(config.listen).await?;
        let metrics = match config.metrics_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let address = listener.local_addr()?;
        let geo = Arc::new(GeoFile::open(&config.geo_database, config.geo_demanded));
        let courier = Courier::open(config, store.clone())?;
        let base = config.public_base(address);
        let sender = Sender::open(config, store.clone(), &courier, base.clone())?;
        let owner = store.owner(clock::now()).await?;
        let setup_link = if owner.has_password {
            None
        } else {
            Some(commands::setup_link(&store, owner.id, &base).await?)
        };
        Ok(Self {
            app: App::new(config, store, geo, courier, sender, publisher),
            listener,
            address,
            metrics,
            setup_link,
            grace: config.shutdown_grace,
            limits: serve::Limits::new(config),
        })
    }

    /// Where it listens; the port is the true one.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where metrics are served, if they are; the port is the true one.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref()?.local_addr().ok()
    }

    /// The link by which the owner chooses address and password, as long as that has not happened. A secret.
    pub fn setup_link(&self) -> Option<&str> {
        self.setup_link.as_deref()
    }

    /// Serves until `shutdown` is ready, then ends in order.
    ///
    /// # Errors
    /// None at present.
    pub async fn serve(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), RunError> {
        let stopping = self.app.stopping().clone();
        if let Some(listener) = self.metrics {
            let server = axum::serve(listener, metrics::router(self.app.clone()));
            let end = stopping.clone();
            tokio::spawn(async move {
                tokio::select! {
                    _ = server.into_future() => {}
                    () = end.cancelled() => {}
                }
            });
        }
        let watching = tokio::spawn(
            Arc::clone(self.app.geo())
                .watch(stopping.clone())
                .with_current_subscriber(),
        );
        let restating = tokio::spawn(
            Arc::clone(self.app.restater())
                .run(stopping.clone())
                .with_current_subscriber(),
        );
        let expiring = tokio::spawn(
            Arc::clone(self.app.expirer())
                .run(stopping.clone())
                .with_current_subscriber(),
        );
        let exporting = tokio::spawn(
            Arc::clone(self.app.exporter())
                .run(stopping.clone())
                .with_current_subscriber(),
        );
        let judging = tokio::spawn(
            Arc::clone(self.app.judge())
                .run(stopping.clone())
                .with_current_subscriber(),
        );
        let rolling = tokio::spawn(
            Roller::new(self.app.store().clone())
                .run(stopping.clone())
                .with_current_subscriber(),
        );
        let keeping = {
            let (app, stopping) = (self.app.clone(), stopping.clone());
            let keeping = async move { app.columns().run(stopping).await };
            tokio::spawn(keeping.with_current_subscriber())
        };
        let sending_on = tokio::spawn(
            Arc::clone(self.app.courier())
                .run(stopping.clone())
                .with_current_subscriber(),
        );
        let watching_figures = tokio::spawn(
            Arc::clone(self.app.watch())
                .run(stopping.clone())
                .with_current_subscriber(),
        );
        if let Some(publisher) = self.app.publisher() {
            let link = publisher.link().clone();
            let following = following::run(
                link,
                self.app.store().clone(),
                self.app.ingest().clone(),
                self.app.live().clone(),
            );
            let end = stopping.clone();
            tokio::spawn(
                async move {
                    tokio::select! {
                        () = following => {}
                        () = end.cancelled() => {}
                    }
                }
                .with_current_subscriber(),
            );
        }
        let telling = tokio::spawn(
            Arc::clone(self.app.watch().sender())
                .run(stopping.clone())
                .with_current_subscriber(),
        );
        let router = router(self.app.clone());
        let mut server = pin!(serve::serve(
            self.listener,
            router,
            self.limits,
            stopping.clone()
        ));
        tokio::select! {
            () = &mut server => {}
            () = shutdown => {
                stopping.cancel();
                tracing::info!("stopping");
                let deadline = Instant::now() + self.grace;
                match timeout_at(deadline, &mut server).await {
                    Ok(()) => {}
                    Err(_) => tracing::warn!("some requests did not end in time and were cut"),
                }
                let deadline = deadline.max(Instant::now() + LAST_DRAIN);
                if timeout_at(deadline, self.app.imports().stop()).await.is_err() {
                    tracing::warn!("an import did not end in time and was cut; the same file goes on from there");
                }
                if timeout_at(deadline, self.app.ingest().drain()).await.is_err() {
                    tracing::error!("the queue could not be drained in time; senders still hold what was not answered");
                }
            }
        }
        let _ = watching.await;
        let _ = restating.await;
        let _ = expiring.await;
        let _ = exporting.await;
        let _ = judging.await;
        let _ = keeping.await;
        let _ = rolling.await;
        let _ = sending_on.await;
        let _ = watching_figures.await;
        let _ = telling.await;
        let closed = tokio::time::timeout(CLOSING, self.app.store().close());
        if closed.await.is_err() {
            tracing::warn!("the database did not let go in time and was left");
        }
        tracing::info!("stopped");
        Ok(())
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, RunError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| RunError::Listen { address, error })
}

/// Opens the database; a SQLite file's folder is made if it is missing.
async fn open_store(config: &Config) -> Result<Store, RunError> {
    if let Some(folder) = store::folder(&config.database_url) {
        std::fs::create_dir_all(&folder).map_err(|error| RunError::Folder { folder, error })?;
    }
    Ok(Store::open(&config.database_url).await?)
}

/// Does what the arguments ask for, from here to the end of the process.
///
/// # Errors
/// [`RunError`], for the last line that is printed.
pub fn process(config: &Config, command: &Command) -> Result<(), RunError> {
    start_log(config, command);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(async {
        let out = &mut std::io::stdout();
        match command {
            Command::Serve => serve(config).await,
            Command::Write(arguments) if arguments.again => Ok(commands::again(config, out).await?),
            Command::Write(arguments) => write::write(config, arguments).await,
            Command::Check(arguments) => match commands::check(arguments, config, out).await? {
                true => Ok(()),
                false => Err(RunError::Check),
            },
            Command::Catalogue(CatalogueCommand::Check { file }) => {
                Ok(commands::check_catalogue(file, out)?)
            }
            Command::Geo(command) => Ok(commands::geo(command, config, out)?),
            Command::Backup(arguments) => Ok(commands::backup(arguments, config, out).await?),
            Command::Restore(arguments) => Ok(commands::restore(arguments, config, out).await?),
            Command::MigrateTo(arguments) => Ok(commands::migrate(arguments, config, out).await?),
            Command::Workspaces(_)
            | Command::Sites(_)
            | Command::Catalogue(_)
            | Command::Stages(_)
            | Command::Rates(_)
            | Command::Keys(_)
            | Command::Shares(_)
            | Command::Persons(_)
            | Command::Privacy(_)
            | Command::Import(_)
            | Command::Destinations(_)
            | Command::Export(_)
            | Command::Users(_)
            | Command::Verify(_)
            | Command::Db(_) => {
                let store = open_store(config).await?;
                let done = commands::run(command, config, &store, out).await;
                store.close().await;
                Ok(done?)
            }
        }
    });
    runtime.shutdown_timeout(LAST_THREADS);
    done
}

async fn serve(config: &Config) -> Result<(), RunError> {
    // Before anything else, so that a signal during the start ends in order too.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let config = &with_room_for_connections(config);
    let collector = Collector::open(config).await?;
    let assets = collector.app.assets();
    if !assets.has_dashboard() {
        tracing::warn!("the dashboard was not built into this program");
    }
    if !assets.has_script(&config.script_name) {
        tracing::warn!("the SDK's script was not built into this program");
    }
    warn_of_weak_durability(collector.app.store()).await?;
    if let Some(wall) = collector.app.store().wall().await?
        && !wall.open.is_empty()
    {
        tracing::warn!(
            role = wall.role,
            tables = wall.open.join(", "),
            "row-level security does not hold for the role that statements run as: nothing else than they keeps sites apart"
        );
    }
    tracing::info!(
        address = %collector.address(),
        database = %collector.app.store().kind(),
        version = env!("CARGO_PKG_VERSION"),
        "collector started"
    );
    if let Some(address) = collector.metrics_address() {
        tracing::info!(%address, "metrics are served at /metrics");
    }
    if let Some(link) = collector.setup_link() {
        // Not a log line: logs are kept and passed on, and this is a secret.
        let mut out = std::io::stdout();
        writeln!(
            out,
            "Choose the owner's e-mail address and password here, once, within 24 hours:"
        )?;
        writeln!(out, "  {link}")?;
        out.flush()?;
    }
    collector
        .serve(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
        .await
}

/// Names each setting of the database by which commits may be lost.
async fn warn_of_weak_durability(store: &Store) -> Result<(), RunError> {
    for (setting, value) in store.durability().await?.weak() {
        tracing::warn!(
            setting,
            value,
            "the database may lose the latest commits with the power: what was answered as accepted would be gone"
        );
    }
    Ok(())
}

/// Files that are open beside the connections: the database's, the log's.
const OTHER_FILES: usize = 128;

/// Each connection is an open file, of which systems allow a process a thousand unless it asks for more.
fn with_room_for_connections(config: &Config) -> Config {
    let mut config = config.clone();
    let wanted = config.max_connections.saturating_add(OTHER_FILES);
    let allowed = rlimit::increase_nofile_limit(wanted as u64)
        .map_or(wanted, |files| usize::try_from(files).unwrap_or(usize::MAX));
    if allowed < wanted {
        config.max_connections = allowed.saturating_sub(OTHER_FILES).max(1);
        tracing::warn!(
            connections = config.max_connections,
            "the system allows fewer open files than max_connections asks for"
        );
    }
    config
}

/// The library that speaks to the queue, as log filters know it.
const QUEUE_CLIENT: &str = "async_nats";

/// Log lines go to the standard error, the standard output is for what a command prints.
fn start_log(config: &Config, command: &Command) {
    let level = match command {
        // It tells by itself how far it is, and large transactions are its nature.
        Command::Import(_) | Command::MigrateTo(_) if config.log_level == "info" => "warn",
        _ => config.log_level.as_str(),
    };
    // What becomes of the connection to a queue is said in words of the collector's own.
    let level = match level.contains(QUEUE_CLIENT) {
        true => level.to_owned(),
        false => format!("{level},{QUEUE_CLIENT}=warn"),
    };
    // Checked when the settings were read.
    let filter = EnvFilter::try_new(level).unwrap_or_default();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match config.log_format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}
