//! One connection to either database, for statements whose text is put together from the database's own catalogue.

use futures_util::StreamExt;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, PgConnection, SqliteConnection};

use super::{DumpError, Group};
use crate::store::open::BUSY;
use crate::store::schema::{POSTGRES, SQLITE};
use crate::store::wall::Access;
use crate::store::{Kind, StoreError};

pub(in crate::store) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Runs the same expression on whichever connection it is.
macro_rules! on_connection {
    ($own:expr, |$connection:ident| $body:expr) => {
        match $own {
            Connection::Sqlite($connection) => $body,
            Connection::Postgres($connection) => $body,
        }
    };
}

impl Connection {
    /// `make` makes a SQLite file that is not there.
    pub(in crate::store) async fn open(url: &str, make: bool) -> Result<Self, DumpError> {
        if url.starts_with("sqlite:") {
            let options = url
                .parse::<SqliteConnectOptions>()?
                .create_if_missing(make)
                .busy_timeout(BUSY)
                .foreign_keys(true)
                .disable_statement_logging();
            if !make && !options.get_filename().exists() {
                return Err(DumpError::Nothing);
            }
            let options = if make {
                options
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
            } else {
                // A collector that serves it copies its log, and notices a disk that fails (sqlite.rs).
                options.pragma("wal_autocheckpoint", "0")
            };
            Ok(Self::Sqlite(options.connect().await?))
        } else {
            let options = url
                .parse::<PgConnectOptions>()?
                .application_name("waymark")
                .disable_statement_logging();
            let mut connection = options.connect().await?;
            Access::EverySite.set(&mut connection).await?;
            Ok(Self::Postgres(connection))
        }
    }

    pub(in crate::store) fn kind(&self) -> Kind {
        match self {
            Self::Sqlite(_) => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }

    /// From here on everything that is read is of one moment.
    pub(in crate::store) async fn begin_reading(&mut self) -> Result<(), DumpError> {
        let sql = match self.kind() {
            // The moment is that of the first statement after this one.
            Kind::Sqlite => "BEGIN",
            Kind::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        self.execute(sql.to_owned()).await
    }

    pub(in crate::store) async fn begin_writing(&mut self) -> Result<(), DumpError> {
        let sql = match self.kind() {
            Kind::Sqlite => "BEGIN IMMEDIATE",
            Kind::Postgres => "BEGIN",
        };
        self.execute(sql.to_owned()).await
    }

    /// The number of the latest migration; nothing without a schema.
    pub(in crate::store) async fn schema(&mut self) -> Result<Option<i64>, DumpError> {
        let there = match self.kind() {
            Kind::Sqlite => "SELECT COUNT(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'",
            Kind::Postgres => "SELECT COUNT(to_regclass('_sqlx_migrations'))",
        };
        if self.number(there.to_owned()).await? == Some(0) {
            return Ok(None);
        }
        self.number("SELECT MAX(version) FROM _sqlx_migrations".to_owned())
            .await
    }

    /// Applies the migrations up to the one of this number.
    pub(in crate::store) async fn migrate(&mut self, version: i64) -> Result<(), DumpError> {
        match self {
            Self::Sqlite(connection) => SQLITE.run_to(version, &mut *connection).await,
            Self::Postgres(connection) => POSTGRES.run_to(version, &mut *connection).await,
        }
        .map_err(StoreError::from)?;
        Ok(())
    }

    pub(in crate::store) async fn has_table(&mut self, table: &str) -> Result<bool, DumpError> {
        let there = match self.kind() {
            Kind::Sqlite => format!(
                "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = '{table}'"
            ),
            Kind::Postgres => format!("SELECT COUNT(to_regclass('{table}'))"),
        };
        Ok(self.number(there).await? == Some(1))
    }

    /// Has PostgreSQL look rows up one by one where it is given their keys: what it guesses of tables that are being filled would
    /// have it read them from end to end.
    pub(in crate::store) async fn search_by_key(&mut self) -> Result<(), DumpError> {
        match self.kind() {
            Kind::Sqlite => Ok(()),
            Kind::Postgres => {
                let sql = "SET enable_hashjoin = off; SET enable_mergejoin = off";
                self.execute(sql.to_owned()).await
            }
        }
    }

    pub(in crate::store) async fn has_rows(&mut self, table: &str) -> Result<bool, DumpError> {
        let one = self.number(format!("SELECT CAST(1 AS BIGINT) FROM \"{table}\" LIMIT 1"));
        Ok(one.await?.is_some())
    }

    pub(in crate::store) async fn number(&mut self, sql: String) -> Result<Option<i64>, DumpError> {
        let row: Option<(Option<i64>,)> = on_connection!(self, |connection| {
            sqlx::query_as(AssertSqlSafe(sql))
                .fetch_optional(&mut *connection)
                .await
        })?;
        Ok(row.and_then(|(number,)| number))
    }

    pub(in crate::store) async fn execute(&mut self, sql: String) -> Result<(), DumpError> {
        on_connection!(self, |connection| {
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&mut *connection)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Inserts rows, given as a JSON array of arrays.
    pub(in crate::store) async fn insert(
        &mut self,
        sql: &str,
        rows: &str,
    ) -> Result<(), DumpError> {
        on_connection!(self, |connection| {
            sqlx::query(AssertSqlSafe(sql.to_owned()))
                .bind(rows)
                .execute(&mut *connection)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Runs a statement with these texts as its parameters, and says how many rows it changed.
    pub(in crate::store) async fn change(
        &mut self,
        sql: &str,
        given: &[&str],
    ) -> Result<u64, DumpError> {
        Ok(on_connection!(self, |connection| {
            let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
            for text in given {
                query = query.bind(*text);
            }
            query.execute(&mut *connection).await?.rows_affected()
        }))
    }

    /// The texts that a statement selects, one a row.
    pub(in crate::store) async fn lines(
        &mut self,
        sql: String,
        given: &[&str],
    ) -> Result<Vec<String>, DumpError> {
        Ok(on_connection!(self, |connection| {
            let mut query = sqlx::query_scalar(AssertSqlSafe(sql));
            for text in given {
                query = query.bind(*text);
            }
            query.fetch_all(&mut *connection).await?
        }))
    }

    /// Hands the texts that a statement selects on by groups, and reads no further before one has been taken. Says how many
    /// there were.
    pub(in crate::store) async fn in_groups<E: From<DumpError>>(
        &mut self,
        sql: String,
        given: &[&str],
        mut take: impl AsyncFnMut(Group) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut count = 0;
        let mut group = Group::default();
        on_connection!(self, |connection| {
            let mut query = sqlx::query_scalar(AssertSqlSafe(sql));
            for text in given {
                query = query.bind(*text);
            }
            let mut rows = query.fetch(&mut *connection);
            while let Some(row) = rows.next().await {
                let row: String = row.map_err(DumpError::from)?;
                count += 1;
                group.push(&row);
                if group.is_full() {
                    take(std::mem::take(&mut group)).await?;
                }
            }
        });
        if !group.is_empty() {
            take(group).await?;
        }
        Ok(count)
    }

    /// Rows of three texts, of a statement with these texts as its parameters.
    pub(in crate::store) async fn texts_of(
        &mut self,
        sql: &'static str,
        given: &[&str],
    ) -> Result<Vec<(String, String, String)>, DumpError> {
        Ok(on_connection!(self, |connection| {
            let mut query = sqlx::query_as(sql);
            for text in given {
                query = query.bind(*text);
            }
            query.fetch_all(&mut *connection).await?
        }))
    }

    /// Rows of three texts.
    pub(in crate::store) async fn texts(
        &mut self,
        sql: &'static str,
    ) -> Result<Vec<(String, String, String)>, DumpError> {
        self.texts_of(sql, &[]).await
    }

    /// Hands every row, one text each, to `take`, and says how many there were.
    pub(in crate::store) async fn each(
        &mut self,
        sql: String,
        mut take: impl FnMut(String) -> std::io::Result<()>,
    ) -> Result<u64, DumpError> {
        let mut count = 0;
        on_connection!(self, |connection| {
            let mut rows = sqlx::query_scalar(AssertSqlSafe(sql)).fetch(&mut *connection);
            while let Some(row) = rows.next().await {
                take(row?)?;
                count += 1;
            }
        });
        Ok(count)
    }

    pub(in crate::store) async fn close(self) -> Result<(), DumpError> {
        on_connection!(self, |connection| connection.close().await)?;
        Ok(())
    }
}
