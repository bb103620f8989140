//! A fresh database for one test, gone with it.
//!
//! It has the schema already, as a copy of one in which the collector made it once for all tests of a process: making it is
//! most of what a short test would do otherwise. A test that wants the collector to find nothing asks for an empty one.

use std::path::Path;
use std::sync::OnceLock;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use tempfile::TempDir;
use uuid::Uuid;
use waymark_collector::store::Store;

const VARIABLE: &str = "WAYMARK_TEST_POSTGRES_URL";
/// Set to the first month that there is to be: PostgreSQL keeps items by month then, in every test.
const PARTITIONED: &str = "WAYMARK_TEST_PARTITIONED";

/// A database that nobody else uses.
pub(crate) struct Database {
    url: String,
    /// Where a test looks for itself, which row-level security does not keep from anything.
    looking: String,
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
        /// A role made for it.
        role: Option<String>,
    },
    /// Somebody else does.
    Borrowed,
}

impl Database {
    /// A SQLite file in a folder of its own.
    pub(crate) fn sqlite() -> Self {
        static FILE: OnceLock<Vec<u8>> = OnceLock::new();
        let file = FILE.get_or_init(|| {
            let made = Self::empty_sqlite();
            apart(make_schema(made.url.clone()));
            std::fs::read(made.file()).unwrap()
        });
        let database = Self::empty_sqlite();
        std::fs::write(database.file(), file).unwrap();
        database
    }

    /// The place for a SQLite file, in a folder of its own.
    pub(crate) fn empty_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("waymark.db").display());
        Self {
            looking: url.clone(),
            url,
            _keep: Keep::Folder(folder),
        }
    }

    fn file(&self) -> &str {
        self.url.strip_prefix("sqlite:").unwrap()
    }

    /// A SQLite file in this folder, which somebody else removes.
    pub(crate) fn sqlite_in(folder: &Path) -> Self {
        Self::shared(&format!("sqlite:{}", folder.join("waymark.db").display()))
    }

    /// A new database on the server that `WAYMARK_TEST_POSTGRES_URL` names.
    ///
    /// What it is a copy of stays there as `waymark_template_…`: the test command's own server ends with the tests.
    pub(crate) async fn postgres() -> Self {
        static NAME: OnceLock<String> = OnceLock::new();
        let template = tokio::task::spawn_blocking(|| {
            NAME.get_or_init(|| {
                let name = format!("waymark_template_{}", Uuid::new_v4().simple());
                let server = server();
                let (base, _) = server.rsplit_once('/').unwrap();
                let url = format!("{base}/{name}");
                apart(async move {
                    execute(&server, format!("CREATE DATABASE {name}")).await;
                    make_schema(url).await;
                    name
                })
            })
        });
        Self::postgres_from(template.await.unwrap()).await
    }

    /// The same without anything in it.
    pub(crate) async fn empty_postgres() -> Self {
        Self::postgres_from("template1").await
    }

    /// Another one of the same kind, without anything in it.
    pub(crate) async fn empty(&self) -> Self {
        if self.is_sqlite() {
            Self::empty_sqlite()
        } else {
            Self::empty_postgres().await
        }
    }

    async fn postgres_from(template: &str) -> Self {
        let server = server();
        let name = format!("waymark_test_{}", Uuid::new_v4().simple());
        execute(
            &server,
            format!("CREATE DATABASE {name} TEMPLATE {template}"),
        )
        .await;
        let (base, _) = server.rsplit_once('/').unwrap();
        let url = format!("{base}/{name}");
        Self {
            looking: url.clone(),
            url,
            _keep: Keep::Postgres {
                server,
                name,
                role: None,
            },
        }
    }

    /// The same, for a collector that signs in as a role of these attributes, which owns the database.
    pub(crate) async fn postgres_of(attributes: &str) -> Self {
        let mut database = Self::empty_postgres().await;
        let Keep::Postgres { server, name, role } = &mut database._keep else {
            unreachable!("it was just made");
        };
        let own = format!("{name}_owner");
        execute(server, format!("CREATE ROLE {own} LOGIN {attributes}")).await;
        execute(server, format!("ALTER DATABASE {name} OWNER TO {own}")).await;
        let (_, place) = database.looking.split_once('@').unwrap();
        database.url = format!("postgres://{own}@{place}");
        *role = Some(own);
        database
    }

    /// The database of another one of these, which has to live longer.
    pub(crate) fn shared(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            looking: url.to_owned(),
            _keep: Keep::Borrowed,
        }
    }

    /// The same, where the test looks for itself as somebody else than the collector.
    pub(crate) fn shared_and_seen(url: &str, looking: &str) -> Self {
        let mut database = Self::shared(url);
        looking.clone_into(&mut database.looking);
        database
    }

    /// Its URL, for the collector.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its URL, for a test that looks for itself.
    pub(crate) fn looking(&self) -> &str {
        &self.looking
    }

    /// Keeps everybody else from writing until the connection given back is dropped.
    pub(crate) async fn block_writes(&self) -> Blocked {
        if self.url.starts_with("sqlite:") {
            let mut connection = sqlx::SqliteConnection::connect(&self.looking)
                .await
                .unwrap();
            sqlx::raw_sql("BEGIN IMMEDIATE")
                .execute(&mut connection)
                .await
                .unwrap();
            Blocked::Sqlite(connection)
        } else {
            let mut connection = PgConnection::connect(&self.looking).await.unwrap();
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
            let mut connection = sqlx::SqliteConnection::connect(&self.looking)
                .await
                .unwrap();
            sqlx::query_scalar(sql)
                .fetch_one(&mut connection)
                .await
                .unwrap()
        } else {
            let mut connection = PgConnection::connect(&self.looking).await.unwrap();
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
            let mut connection = sqlx::SqliteConnection::connect(&self.looking)
                .await
                .unwrap();
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        } else {
            let mut connection = PgConnection::connect(&self.looking).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        }
    }

    /// Whether it is a SQLite file.
    pub(crate) fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    /// A new and empty database of the other kind.
    pub(crate) async fn of_the_other_kind(&self) -> Self {
        if self.is_sqlite() {
            Self::empty_postgres().await
        } else {
            Self::empty_sqlite()
        }
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
        self.rows_where(table, "TRUE").await
    }

    /// Those of them that fulfil a condition of the test's own.
    pub(crate) async fn rows_where(&self, table: &str, condition: &str) -> Vec<String> {
        let mut rows: Vec<String> = if self.is_sqlite() {
            let mut connection = sqlx::SqliteConnection::connect(&self.looking)
                .await
                .unwrap();
            let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1)")
                .bind(table)
                .fetch_all(&mut connection)
                .await
                .unwrap();
            let cells: Vec<String> = columns.iter().map(|c| format!("quote(\"{c}\")")).collect();
            let cells = cells.join(" || ',' || ");
            let sql = format!("SELECT {cells} FROM \"{table}\" WHERE {condition}");
            sqlx::query_scalar(AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await
                .unwrap()
        } else {
            let mut connection = PgConnection::connect(&self.looking).await.unwrap();
            sqlx::query_scalar(AssertSqlSafe(format!(
                "SELECT t::text FROM \"{table}\" AS t WHERE {condition}"
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
        let Keep::Postgres { server, name, .. } = &self._keep else {
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
            let mut connection = sqlx::SqliteConnection::connect(&self.looking)
                .await
                .unwrap();
            let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
            rows.iter().map(cells).collect()
        } else {
            let mut connection = PgConnection::connect(&self.looking).await.unwrap();
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

fn server() -> String {
    super::setting(VARIABLE).unwrap_or_else(|| {
        panic!(
            "set {VARIABLE} to a PostgreSQL server for tests, such as \
                 postgres://postgres@127.0.0.1:5432/postgres; `cargo xtask test` starts one"
        )
    })
}

/// Has the collector make its schema.
async fn make_schema(url: String) {
    let store = Store::open(&url).await.unwrap();
    if let Some(first) = super::setting(PARTITIONED) {
        let first = first.parse().unwrap();
        store
            .divide(Some(first), super::batch::now(), false)
            .await
            .unwrap();
    }
    store.close().await;
}

/// Works in a thread and a runtime of their own: whoever asks first may be in a runtime that ends with its test.
fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let worked = std::thread::spawn(|| {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(work)
    });
    worked.join().unwrap()
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
        let Keep::Postgres { server, name, role } = &self._keep else {
            return;
        };
        let (server, name, role) = (server.clone(), name.clone(), role.clone());
        // Dropping cannot wait.
        let dropped = std::panic::catch_unwind(|| {
            apart(async move {
                execute(
                    &server,
                    format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
                )
                .await;
                if let Some(role) = role {
                    execute(&server, format!("DROP ROLE {role}")).await;
                }
            });
        });
        if dropped.is_err() && !std::thread::panicking() {
            panic!("the test database could not be dropped");
        }
    }
}
