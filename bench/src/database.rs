//! A fresh database for every measurement, with the bench's site in it, gone afterwards; or one that is kept, and copies of it.
//!
//! Refuses a PostgreSQL server that does not keep its promises on disk: its figures would mean nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;
use waymark_collector::store::audit::By;
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
    File(PathBuf),
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

/// The one value that a statement gives, on a connection of its own.
macro_rules! scalar {
    ($database:expr, $sql:expr) => {
        match $database.kind() {
            Kind::Sqlite => {
                let mut connection = SqliteConnection::connect(&$database.url).await?;
                sqlx::query_scalar($sql).fetch_one(&mut connection).await?
            }
            Kind::Postgres => {
                let mut connection = PgConnection::connect(&$database.url).await?;
                sqlx::query_scalar($sql).fetch_one(&mut connection).await?
            }
        }
    };
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
                execute(places.server, format!("CREATE DATABASE {name}")).await?;
                Self::on_server(places.server, name)
            }
        }
    }

    /// The one of this name that lasts, made empty where it is not there.
    ///
    /// # Errors
    /// As for [`Self::create`].
    pub async fn lasting(places: Places<'_>, kind: Kind, name: &str) -> Result<Self> {
        match kind {
            Kind::Sqlite => {
                let folder = places.folder.join(name);
                std::fs::create_dir_all(&folder)
                    .with_context(|| format!("cannot make {}", folder.display()))?;
                let file = folder.join("waymark.db");
                Ok(Self {
                    url: format!("sqlite:{}", file.display()),
                    keep: Keep::File(file),
                })
            }
            Kind::Postgres => {
                if !exists(places.server, name).await? {
                    execute(places.server, format!("CREATE DATABASE {name}")).await?;
                }
                Self::on_server(places.server, name)
            }
        }
    }

    /// A copy of this one, which nobody has open.
    ///
    /// # Errors
    /// As for [`Self::create`], and a disk without room.
    pub async fn copy(&self, places: Places<'_>, name: &str) -> Result<Self> {
        let from = match &self.keep {
            Keep::Postgres { name: own, .. } => {
                let copy = format!("CREATE DATABASE {name} TEMPLATE {own} STRATEGY FILE_COPY");
                execute(places.server, copy).await?;
                return Self::on_server(places.server, name);
            }
            Keep::File(file) => file.clone(),
            Keep::Folder(folder) => folder.path().join("waymark.db"),
        };
        let copy = Self::create(places, Kind::Sqlite, name).await?;
        if let Keep::Folder(folder) = &copy.keep {
            let to = folder.path().join("waymark.db");
            tokio::task::spawn_blocking(move || std::fs::copy(from, to)).await??;
        }
        Ok(copy)
    }

    fn on_server(server: &str, name: &str) -> Result<Self> {
        let (base, _) = server
            .rsplit_once('/')
            .context("--postgres: has to end with the name of a database")?;
        Ok(Self {
            url: format!("{base}/{name}"),
            keep: Keep::Postgres {
                server: server.to_owned(),
                name: name.to_owned(),
            },
        })
    }

    /// Which database it is.
    pub fn kind(&self) -> Kind {
        match self.keep {
            Keep::Postgres { .. } => Kind::Postgres,
            Keep::Folder(_) | Keep::File(_) => Kind::Sqlite,
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
        let by = By {
            actor: "bench",
            now: now_ms(),
        };
        let new = NewSite {
            workspace: store.first_workspace(by.now).await?.id,
            name: "Bench".to_owned(),
            key: KEY.to_owned(),
            origins: vec![ORIGIN.to_owned()],
            time_zone: "UTC".to_owned(),
            is_demo: false,
        };
        let (site, _) = store.add_site(&new, by).await?;
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
            Keep::File(file) => Ok(file.metadata()?.len()),
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
            Keep::Folder(_) | Keep::File(_) => Ok(None),
            Keep::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url).await?;
                let own: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
                    .fetch_one(&mut connection)
                    .await?;
                Ok(parent(own.try_into()?))
            }
        }
    }

    /// What a statement counts.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn number(&self, sql: &'static str) -> Result<u64> {
        let number: i64 = scalar!(self, sql);
        Ok(number.try_into()?)
    }

    /// The migrations that were run, each with what it held.
    ///
    /// # Errors
    /// A database that does not answer, or has no schema.
    pub async fn migrations(&self) -> Result<String> {
        Ok(match self.kind() {
            Kind::Sqlite => scalar!(
                self,
                "SELECT group_concat(version || hex(checksum)) FROM (SELECT * FROM _sqlx_migrations ORDER BY version)"
            ),
            Kind::Postgres => scalar!(
                self,
                "SELECT string_agg(version || encode(checksum, 'hex'), ',' ORDER BY version) FROM _sqlx_migrations"
            ),
        })
    }

    /// Does what a server does by itself in the time in which such a database grows: it takes away what was left of changed
    /// rows, looks how columns are distributed, and writes to its files what is in memory alone. Nothing for SQLite, of which the
    /// collector looks at the columns when it closes.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn settle(&self) -> Result<()> {
        match self.keep {
            Keep::Postgres { .. } => {
                execute(&self.url, "VACUUM (ANALYZE)".to_owned()).await?;
                execute(&self.url, "CHECKPOINT".to_owned()).await
            }
            Keep::Folder(_) | Keep::File(_) => Ok(()),
        }
    }

    /// Commits one small row after another for so long, and gives the microseconds that each took.
    ///
    /// # Errors
    /// A database that fails.
    pub async fn bare_commits(&self, time: Duration) -> Result<Vec<u32>> {
        const TABLE: &str = "CREATE TABLE bare (id BIGINT NOT NULL)";
        match self.keep {
            Keep::Folder(_) | Keep::File(_) => {
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
            Keep::File(file) => match file.parent() {
                Some(folder) if folder.exists() => Ok(std::fs::remove_dir_all(folder)?),
                _ => Ok(()),
            },
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

/// Whether a server has a database of this name.
async fn exists(server: &str, name: &str) -> Result<bool> {
    let mut connection = PgConnection::connect(server)
        .await
        .context("--postgres: the server does not answer")?;
    let found = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(name)
        .fetch_one(&mut connection)
        .await?;
    Ok(found)
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
