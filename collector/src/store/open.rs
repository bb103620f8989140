//! Opening a database: connections with the settings that durability rests on, and the schema.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqlitePool};

use super::moving::marks::{admit_postgres, admit_sqlite};
use super::schema::{self, POSTGRES, SQLITE};
use super::silent::Looks;
use super::sqlite::{Items, KEPT_BYTES};
use super::wall::{self, Access, Readers};
use super::{Database, StoreError};

/// How long a call waits for a connection before it says that the database is unavailable.
const ACQUIRE: Duration = Duration::from_secs(5);
/// How long SQLite waits for a lock of another process.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// How long opening a SQLite file goes on while other processes open it at the same moment, and the pause between two tries.
const OPENING: (Duration, Duration) = (Duration::from_secs(30), Duration::from_millis(20));
/// How long a change of the schema may wait for a table on PostgreSQL. All who come after it wait too, also those who would go
/// together with whoever has the table, so it stands back and tries again.
const STANDING: &str = "SET lock_timeout = '2s'";
/// For how long it tries again, and the pause in which the others go on.
const CHANGING: (Duration, Duration) = (Duration::from_secs(600), Duration::from_secs(1));
/// Statements that a connection keeps prepared; one for several rows exists for each small number of them.
const PREPARED: usize = 256;
/// Readers of a SQLite file. It is a file on this machine: more would wait for the same disk.
const SQLITE_READERS: u32 = 4;
/// Pages that each of them keeps in memory at most: what is above the leaves of the indexes of millions of rows.
const READER_CACHE_KIB: u32 = 8 << 10;
/// Connections to a PostgreSQL server for questions.
const POSTGRES_READERS: u32 = 8;
/// Connections to a PostgreSQL server for writing. They are apart, so that questions which take long, however many,
/// do not keep items from being stored.
const POSTGRES_WRITERS: u32 = 6;

/// The folder of a SQLite file; nothing for a server.
pub fn folder(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let folder = Path::new(path.split('?').next().unwrap_or(path)).parent()?;
    Some(if folder.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        folder.to_owned()
    })
}

/// A database's URL as it may be printed: without a password.
///
/// # Errors
/// [`StoreError::Configuration`] for one that cannot be understood.
pub fn shown(url: &str) -> Result<String, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", _)) => {
            let options = url.parse::<SqliteConnectOptions>()?;
            Ok(format!("sqlite:{}", options.get_filename().display()))
        }
        Some(("postgres" | "postgresql", _)) => {
            let options = url.parse::<PgConnectOptions>()?;
            let database = options.get_database();
            let place = match options.get_socket() {
                Some(socket) => socket.display().to_string(),
                None => format!("{}:{}", options.get_host(), options.get_port()),
            };
            Ok(format!(
                "postgres://{}@{place}/{}",
                options.get_username(),
                database.unwrap_or_else(|| options.get_username())
            ))
        }
        _ => Err(unknown()),
    }
}

/// The URL may hold a password and is not repeated.
fn unknown() -> StoreError {
    StoreError::Configuration("the database URL has to start with sqlite: or postgres:".to_owned())
}

pub(super) async fn open(url: &str) -> Result<Database, StoreError> {
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => sqlite(url).await,
        Some("postgres" | "postgresql") => postgres(url).await,
        _ => Err(unknown()),
    }
}

async fn sqlite(url: &str) -> Result<Database, StoreError> {
    let options = url
        .parse::<SqliteConnectOptions>()?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL mode NORMAL loses the latest commits with the power; `accepted` promises that nothing does.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .statement_cache_capacity(PREPARED)
        .optimize_on_close(true, None)
        // The log is copied beside the connection that stores items, and by nobody else (sqlite.rs).
        .pragma("wal_autocheckpoint", "0")
        .pragma("journal_size_limit", KEPT_BYTES.to_string())
        // The driver writes out a slow statement in full. The writer says by itself when a transaction is slow.
        .disable_statement_logging();
    let path = options.get_filename().to_owned();
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE);
    // Switching a new file to WAL does not wait for its lock (SQLite returns BUSY without asking the busy handler),
    // so processes that start together may have to try again.
    let write = patiently(OPENING, || write.clone().connect_with(options.clone())).await?;
    admit_sqlite(&mut *write.acquire().await?).await?;
    patiently(OPENING, || migrate_sqlite(&write)).await?;
    let reading = options.pragma("cache_size", format!("-{READER_CACHE_KIB}"));
    let read = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(ACQUIRE)
        .connect_with(reading)
        .await?;
    let items = Box::new(Items::open(&path)?);
    let rows = Box::new(super::sqlite::Readers::new(&path));
    Ok(Database::Sqlite {
        read,
        write,
        items,
        rows,
    })
}

/// Repeats `attempt` while another process is in the way, for a time, with pauses.
async fn patiently<T, E, F>(
    (time, pause): (Duration, Duration),
    mut attempt: impl FnMut() -> F,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, E>>,
    StoreError: From<E>,
{
    let deadline = tokio::time::Instant::now() + time;
    loop {
        match attempt().await.map_err(StoreError::from) {
            Err(StoreError::Conflict(_)) if tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(pause).await;
            }
            other => return other,
        }
    }
}

/// sqlx takes no lock of its own on SQLite, so all migrations run inside one transaction that excludes other writers.
async fn migrate_sqlite(pool: &SqlitePool) -> Result<(), StoreError> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    schema::of_sqlite(&mut transaction).await?.admit()?;
    SQLITE.run_direct(None, &mut *transaction, false).await?;
    transaction.commit().await?;
    Ok(())
}

async fn postgres(url: &str) -> Result<Database, StoreError> {
    let options = url
        .parse::<PgConnectOptions>()?
        .application_name("waymark")
        .statement_cache_capacity(PREPARED)
        .disable_statement_logging();
    let pool = |connections| {
        PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE)
    };
    // As whoever signs in: the schema is theirs, and so is the role that the others put on.
    let opening = pool(1)
        .after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::raw_sql(STANDING).execute(&mut *connection).await?;
                Access::EverySite.set(connection).await
            })
        })
        .connect_with(options.clone())
        .await?;
    admit_postgres(&mut *opening.acquire().await?).await?;
    schema::of_postgres(&mut *opening.acquire().await?)
        .await?
        .admit()?;
    // Takes an advisory lock, so that several collectors may start at once.
    patiently(CHANGING, || POSTGRES.run(&opening)).await?;
    let mut signed_in = opening.acquire().await?;
    sqlx::raw_sql("RESET lock_timeout")
        .execute(&mut *signed_in)
        .await?;
    let role = wall::role(&mut signed_in).await?;
    let looks = Looks::of(&mut signed_in).await?;
    drop(signed_in);
    opening.close().await;
    let write = pool(POSTGRES_WRITERS)
        // With `off` a commit is answered before it is on disk, and `accepted` promises that it is. Any other setting
        // is the operator's choice of how many copies there are, and stays. And statements are planned once: with arrays
        // before its eyes PostgreSQL would plan one for few rows anew each time, for longer than it runs.
        .after_connect(move |connection, _| {
            Box::pin(async move {
                sqlx::query(
                    "SELECT set_config('plan_cache_mode', 'force_generic_plan', false),
                        CASE WHEN current_setting('synchronous_commit') = 'off'
                            THEN set_config('synchronous_commit', 'on', false) END",
                )
                .execute(&mut *connection)
                .await?;
                // Items of many sites are one transaction.
                Access::EverySite.set(connection).await?;
                wall::put_on(role, connection).await
            })
        })
        .connect_with(options.clone())
        .await?;
    let read = Readers::connect(pool(POSTGRES_READERS), options, role, looks).await?;
    Ok(Database::Postgres { read, write })
}
