//! A fresh database for one test, gone with it.

use std::path::Path;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use tempfile::TempDir;
use uuid::Uuid;

const VARIABLE: &str = "WAYMARK_TEST_POSTGRES_URL";

/// A database that nobody else uses.
pub(crate) struct Database {
    url: String,
    _keep: Keep,
}

/// A transaction that stands in the way of all others.
#[expect(dead_code, reason = "held, and never looked at")]
pub(crate) enum Blocked {
    Sqlite(sqlx::SqliteConnection),
    Postgres(PgConnection),
}

enum Keep {
    Folder(#[expect(dead_code, reason = "removes the folder when it is dropped")] TempDir),
    Postgres {
        server: String,
        name: String,
    },
    /// Somebody else does.
    Borrowed,
}

impl Database {
    /// A SQLite file in a folder of its own.
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            url: format!("sqlite:{}", folder.path().join("waymark.db").display()),
            _keep: Keep::Folder(folder),
        }
    }

    /// A SQLite file in this folder, which somebody else removes.
    pub(crate) fn sqlite_in(folder: &Path) -> Self {
        Self::shared(&format!("sqlite:{}", folder.join("waymark.db").display()))
    }

    /// A new database on the server that `WAYMARK_TEST_POSTGRES_URL` names.
    pub(crate) async fn postgres() -> Self {
        let server = super::setting(VARIABLE).unwrap_or_else(|| {
            panic!(
                "set {VARIABLE} to a PostgreSQL server for tests, such as \
                     postgres://postgres@127.0.0.1:5432/postgres; `cargo xtask test` starts one"
            )
        });
        let name = format!("waymark_test_{}", Uuid::new_v4().simple());
        execute(&server, format!("CREATE DATABASE {name}")).await;
        let (base, _) = server.rsplit_once('/').unwrap();
        Self {
            url: format!("{base}/{name}"),
            _keep: Keep::Postgres { server, name },
        }
    }

    /// The database of another one of these, which has to live longer.
    pub(crate) fn shared(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            _keep: Keep::Borrowed,
        }
    }

    /// Its URL, for the collector.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Keeps everybody else from writing until the connection given back is dropped.
    pub(crate) async fn block_writes(&self) -> Blocked {
        if self.url.starts_with("sqlite:") {
            let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
            sqlx::raw_sql("BEGIN IMMEDIATE")
                .execute(&mut connection)
                .await
                .unwrap();
            Blocked::Sqlite(connection)
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            sqlx::raw_sql("BEGIN; LOCK TABLE events, sessions, visitors IN EXCLUSIVE MODE")
                .execute(&mut connection)
                .await
                .unwrap();
            Blocked::Postgres(connection)
        }
    }

    /// The one number that `sql` asks for.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        if self.url.starts_with("sqlite:") {
            let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql)
                .fetch_one(&mut connection)
                .await
                .unwrap()
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql)
                .fetch_one(&mut connection)
                .await
                .unwrap()
        }
    }
}

impl Database {
    /// Runs a statement that both databases understand.
    pub(crate) async fn execute(&self, sql: &'static str) {
        if self.url.starts_with("sqlite:") {
            let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        }
    }

    /// Whether it is a SQLite file.
    pub(crate) fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    /// The names of its tables, in order.
    pub(crate) async fn tables(&self) -> Vec<String> {
        let rows = if self.is_sqlite() {
            self.texts(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '!_%' ESCAPE '!'
                 ORDER BY name",
            )
            .await
        } else {
            self.texts(
                "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '!_%' ESCAPE '!'
                 ORDER BY tablename COLLATE \"C\"",
            )
            .await
        };
        rows.into_iter().flatten().flatten().collect()
    }

    /// Every row of a table as the database itself writes it, in order.
    pub(crate) async fn rows(&self, table: &str) -> Vec<String> {
        let mut rows: Vec<String> = if self.is_sqlite() {
            let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
            let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1)")
                .bind(table)
                .fetch_all(&mut connection)
                .await
                .unwrap();
            let cells: Vec<String> = columns.iter().map(|c| format!("quote(\"{c}\")")).collect();
            let sql = format!("SELECT {} FROM \"{table}\"", cells.join(" || ',' || "));
            sqlx::query_scalar(AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await
                .unwrap()
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            sqlx::query_scalar(AssertSqlSafe(format!(
                "SELECT t::text FROM \"{table}\" AS t"
            )))
            .fetch_all(&mut connection)
            .await
            .unwrap()
        };
        rows.sort();
        rows
    }

    /// Takes a PostgreSQL database away from everybody, as an operator does: nobody can connect to it any more.
    pub(crate) async fn lose(&self) {
        let Keep::Postgres { server, name } = &self._keep else {
            panic!("only a server can be taken away");
        };
        execute(
            server,
            format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
        )
        .await;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname";
        execute(server, format!("{end} = '{name}'")).await;
    }

    /// The rows that `sql` selects, of which every column has to be text or null.
    pub(crate) async fn texts(&self, sql: &'static str) -> Vec<Vec<Option<String>>> {
        if self.url.starts_with("sqlite:") {
            let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
            let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
            rows.iter().map(cells).collect()
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
            rows.iter().map(cells).collect()
        }
    }
}

fn cells<'r, R: Row>(row: &'r R) -> Vec<Option<String>>
where
    usize: sqlx::ColumnIndex<R>,
    Option<String>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    (0..row.len()).map(|column| row.get(column)).collect()
}

async fn execute(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server)
        .await
        .unwrap_or_else(|e| panic!("{VARIABLE} names a server that does not answer: {e}"));
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
}

impl Drop for Database {
    fn drop(&mut self) {
        let Keep::Postgres { server, name } = &self._keep else {
            return;
        };
        let (server, name) = (server.clone(), name.clone());
        // Dropping cannot wait, and a runtime cannot be started within another: a thread can.
        let dropped = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(execute(
                    &server,
                    format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
                ));
        })
        .join();
        if dropped.is_err() && !std::thread::panicking() {
            panic!("the test database could not be dropped");
        }
    }
}
