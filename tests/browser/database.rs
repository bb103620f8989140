//! The owner's database, asked directly: what a test believes is what the rows say.

use std::path::PathBuf;

use sqlx::{PgPool, Row, SqlitePool};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// A database of its own for one test, gone with it.
pub enum Database {
    /// A file in a temporary folder.
    Sqlite {
        /// As the collector takes it.
        url: String,
        /// Opened with the first question, after the collector has made the file.
        pool: OnceCell<SqlitePool>,
        /// Keeps the folder.
        _folder: tempfile::TempDir,
    },
    /// A database on the cluster that the test command started.
    Postgres {
        /// As the collector takes it.
        url: String,
        /// Connected to it.
        pool: PgPool,
    },
}

impl Database {
    /// An empty SQLite file.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the database");
        let file: PathBuf = folder.path().join("waymark.db");
        Self::Sqlite {
            url: format!("sqlite:{}", file.display()),
            pool: OnceCell::new(),
            _folder: folder,
        }
    }

    /// An empty database on the test cluster, which itself ends with the test command.
    pub async fn postgres() -> Self {
        let base = std::env::var("WAYMARK_TEST_POSTGRES_URL").unwrap_or_else(|_| {
            panic!("WAYMARK_TEST_POSTGRES_URL is not set: run the tests by `cargo xtask test`")
        });
        let name = format!("browser_{}", Uuid::now_v7().simple());
        let admin = PgPool::connect(&base).await.expect("the test cluster");
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&admin)
            .await
            .expect("a new database");
        admin.close().await;
        let (server, _) = base.rsplit_once('/').expect("a database in the URL");
        let url = format!("{server}/{name}");
        let pool = PgPool::connect(&url).await.expect("the new database");
        Self::Postgres { url, pool }
    }

    /// As the collector takes it.
    pub fn url(&self) -> &str {
        match self {
            Self::Sqlite { url, .. } | Self::Postgres { url, .. } => url,
        }
    }

    /// The single number that `sql` selects.
    pub async fn number(&self, sql: &'static str) -> i64 {
        match self {
            Self::Sqlite { .. } => sqlx::query_scalar(sql).fetch_one(self.file().await).await,
            Self::Postgres { pool, .. } => sqlx::query_scalar(sql).fetch_one(pool).await,
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The rows that `sql` selects, of which every column has to be text or null.
    pub async fn texts(&self, sql: &'static str) -> Vec<Vec<Option<String>>> {
        match self {
            Self::Sqlite { .. } => sqlx::query(sql).fetch_all(self.file().await).await.map(|rows| {
                rows.iter()
                    .map(|row| (0..row.len()).map(|column| row.get(column)).collect())
                    .collect()
            }),
            Self::Postgres { pool, .. } => sqlx::query(sql).fetch_all(pool).await.map(|rows| {
                rows.iter()
                    .map(|row| (0..row.len()).map(|column| row.get(column)).collect())
                    .collect()
            }),
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    async fn file(&self) -> &SqlitePool {
        let Self::Sqlite { url, pool, .. } = self else {
            unreachable!("asked for the file of a server")
        };
        pool.get_or_init(|| async { SqlitePool::connect(url).await.expect("the database file") })
            .await
    }
}

/// The one text of a row's one column.
pub fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}
