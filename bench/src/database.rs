//! A fresh database for every measurement, with the bench's site in it, gone afterwards.
//!
//! Refuses a PostgreSQL server that does not keep its promises on disk: its figures would mean nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;
use waymark_collector::store::sites::{NewSite, Site};
use waymark_collector::store::{Kind, Store};

use crate::machine::{now_ms, parent};
use crate::traffic::{KEY, ORIGIN};

/// Settings of a PostgreSQL server that decide its figures. The first three have to be `on`.
const POSTGRES_SETTINGS: [&str; 6] = [
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "server_version",
    "shared_buffers",
    "max_wal_size",
];

/// Where databases are made.
#[derive(Debug, Clone, Copy)]
pub struct Places<'p> {
    /// A folder on a real disk.
    pub folder: &'p Path,
    /// URL of a PostgreSQL server's superuser, ending in the name of a database.
    pub server: &'p str,
}

/// A database of this program alone.
#[derive(Debug)]
pub struct Database {
    url: String,
    keep: Keep,
}

#[derive(Debug)]
enum Keep {
    Folder(TempDir),
    Postgres { server: String, name: String },
}

/// The same loop on either connection.
macro_rules! bare_commits {
    ($connection:expr, $time:expr) => {{
        let mut latencies = Vec::new();
        let began = Instant::now();
        while began.elapsed() < $time {
            let sent = Instant::now();
            let mut transaction = $connection.begin().await?;
            sqlx::query("INSERT INTO bare (id) VALUES ($1)")
                .bind(latencies.len() as i64)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            latencies.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
        Ok(latencies)
    }};
}

impl Database {
    /// Makes an empty one.
    ///
    /// # Errors
    /// A folder that cannot be written, a server that does not answer.
    pub async fn create(places: Places<'_>, kind: Kind, name: &str) -> Result<Self> {
        match kind {
            Kind::Sqlite => {
                let folder = tempfile::Builder::new()
                    .prefix(&format!("{name}-"))
                    .tempdir_in(places.folder)
                    .with_context(|| format!("cannot write {}", places.folder.display()))?;
                Ok(Self {
                    url: format!("sqlite:{}", folder.path().join("waymark.db").display()),
                    keep: Keep::Folder(folder),
                })
            }
            Kind::Postgres => {
                let (base, _) = places
                    .server
                    .rsplit_once('/')
                    .context("--postgres: has to end with the name of a database")?;
                execute(places.server, format!("CREATE DATABASE {name}")).await?;
                Ok(Self {
                    url: format!("{base}/{name}"),
                    keep: Keep::Postgres {
                        server: places.server.to_owned(),
                        name: name.to_owned(),
                    },
                })
            }
        }
    }

    /// What a collector takes for it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Brings the schema up to date and adds the site.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn open(&self) -> Result<(Store, Site)> {
        let store = Store::open(&self.url).await?;
        let new = NewSite {
            name: "Bench".to_owned(),
            key: KEY.to_owned(),
            origins: vec![ORIGIN.to_owned()],
            time_zone: "UTC".to_owned(),
        };
        let (site, _) = store.add_site(&new, now_ms()).await?;
        Ok((store, site))
    }

    /// Holds the events that are there against those that were said to be.
    ///
    /// # Errors
    /// Another number of rows.
    pub async fn check_events(&self, expected: u64) -> Result<()> {
        let rows = self.events().await?;
        ensure!(
            rows == expected,
            "{expected} events were said to be stored, {rows} are"
        );
        Ok(())
    }

    /// The events that are there.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn events(&self) -> Result<u64> {
        self.number("SELECT COUNT(*) FROM events").await
    }

    /// Bytes on disk, without the log.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn bytes(&self) -> Result<u64> {
        match &self.keep {
            Keep::Folder(folder) => Ok(folder.path().join("waymark.db").metadata()?.len()),
            Keep::Postgres { .. } => {
                self.number("SELECT pg_database_size(current_database())")
                    .await
            }
        }
    }

    /// The server's first process; none for SQLite.
    ///
    /// # Errors
    /// A server that does not answer.
    pub async fn process(&self) -> Result<Option<u32>> {
        match self.keep {
            Keep::Folder(_) => Ok(None),
            Keep::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url).await?;
                let own: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
                    .fetch_one(&mut connection)
                    .await?;
                Ok(parent(own.try_into()?))
            }
        }
    }

    async fn number(&self, sql: &'static str) -> Result<u64> {
        let number: i64 = match self.keep {
            Keep::Folder(_) => {
                let mut connection = SqliteConnection::connect(&self.url).await?;
                sqlx::query_scalar(sql).fetch_one(&mut connection).await?
            }
            Keep::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url).await?;
                sqlx::query_scalar(sql).fetch_one(&mut connection).await?
            }
        };
        Ok(number.try_into()?)
    }

    /// Commits one small row after another for so long, and gives the microseconds that each took.
    ///
    /// # Errors
    /// A database that fails.
    pub async fn bare_commits(&self, time: Duration) -> Result<Vec<u32>> {
        const TABLE: &str = "CREATE TABLE bare (id BIGINT NOT NULL)";
        match self.keep {
            Keep::Folder(_) => {
                let options = SqliteConnectOptions::from_str(&self.url)?
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full);
                let mut connection = options.connect().await?;
                sqlx::query(TABLE).execute(&mut connection).await?;
                bare_commits!(&mut connection, time)
            }
            Keep::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url).await?;
                sqlx::query(TABLE).execute(&mut connection).await?;
                bare_commits!(&mut connection, time)
            }
        }
    }

    /// Takes it away.
    ///
    /// # Errors
    /// A folder or database that cannot be removed.
    pub async fn remove(self) -> Result<()> {
        match self.keep {
            Keep::Folder(folder) => Ok(folder.close()?),
            Keep::Postgres { server, name } => {
                execute(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await
            }
        }
    }
}

/// The version of SQLite, and the settings of the PostgreSQL server.
///
/// # Errors
/// A server that does not answer, or that may lose what it has acknowledged.
pub async fn settings(server: &str) -> Result<(String, BTreeMap<&'static str, String>)> {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
    let sqlite = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(&mut connection)
        .await?;
    let mut connection = PgConnection::connect(server)
        .await
        .context("--postgres: the server does not answer")?;
    let mut settings = BTreeMap::new();
    for (index, name) in POSTGRES_SETTINGS.into_iter().enumerate() {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await?;
        ensure!(
            index >= 3 || value == "on",
            "--postgres: the server has {name} {value}, so that figures of durable commits cannot be had from it"
        );
        settings.insert(name, value);
    }
    Ok((sqlite, settings))
}

async fn execute(server: &str, statement: String) -> Result<()> {
    let mut connection = PgConnection::connect(server)
        .await
        .context("--postgres: the server does not answer")?;
    sqlx::query(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_count_that_differs_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places {
            folder: folder.path(),
            server: "",
        };
        let database = Database::create(places, Kind::Sqlite, "counted")
            .await
            .unwrap();
        let (store, site) = database.open().await.unwrap();
        let plan = crate::raw::Plan {
            seed: 7,
            senders: 4,
            block_items: 2_000,
            commit_items: 500,
            time: std::time::Duration::from_millis(1),
        };
        let raw = crate::raw::run(&store, &site, plan).await.unwrap();
        store.close().await;
        assert!(raw.events > 0 && raw.committed > raw.events);
        database.check_events(raw.committed).await.unwrap();
        let error = database.check_events(raw.events).await.unwrap_err();
        assert!(error.to_string().contains("said to be stored"));
        database.remove().await.unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
