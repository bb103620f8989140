//! A database looked at before anything is done to it.

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection};

use super::months::{self, Month};
use super::moving::marks::{admit_postgres, admit_sqlite};
use super::open::BUSY;
use super::schema::{self, Schema};
use super::{Kind, Store, StoreError, Wall};

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Which database.
    pub kind: Kind,
    /// The version of its software.
    pub version: String,
    /// Its schema.
    pub schema: Schema,
    /// Whether it can be written, or why not.
    pub writable: Result<(), String>,
    /// Whether row-level security will hold for the collector, or why not; nothing where there is none.
    pub wall: Option<Result<Wall, String>>,
    /// The months that items have partitions for, where they stand in such.
    pub months: Option<Vec<Month>>,
    /// Its own clock in milliseconds, where it has one.
    pub now: Option<i64>,
}

impl Store {
    /// Looks at the database at `url` and changes nothing, not even by making it.
    ///
    /// # Errors
    /// [`StoreError`] for a database that does not answer.
    pub async fn inspect(url: &str) -> Result<Inspection, StoreError> {
        if url.starts_with("sqlite:") {
            sqlite(url).await
        } else {
            postgres(url).await
        }
    }
}

async fn sqlite(url: &str) -> Result<Inspection, StoreError> {
    let options = url.parse::<SqliteConnectOptions>()?;
    let is_there = options.get_filename().exists();
    let mut connection = if is_there {
        options
            .create_if_missing(false)
            .busy_timeout(BUSY)
            .connect()
            .await?
    } else {
        SqliteConnection::connect("sqlite::memory:").await?
    };
    let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()")
        .fetch_one(&mut connection)
        .await?;
    let schema = schema::of_sqlite(&mut connection).await?;
    // Takes the lock that every writer takes, and writes nothing.
    let writable = match sqlx::raw_sql("BEGIN IMMEDIATE; ROLLBACK")
        .execute(&mut connection)
        .await
        .map_err(StoreError::from)
    {
        Ok(_) => Ok(()),
        Err(StoreError::Conflict(_)) => {
            Err("another program has been writing to it for more than 5 s".to_owned())
        }
        Err(error) => Err(error.to_string()),
    };
    let writable = match admit_sqlite(&mut connection).await {
        Ok(()) => writable,
        Err(error) => Err(error.to_string()),
    };
    connection.close().await?;
    Ok(Inspection {
        kind: Kind::Sqlite,
        version,
        schema,
        writable,
        wall: None,
        months: None,
        now: None,
    })
}

async fn postgres(url: &str) -> Result<Inspection, StoreError> {
    let options = url.parse::<PgConnectOptions>()?.application_name("waymark");
    let mut connection: PgConnection = options.connect().await?;
    let (version, now): (String, i64) = sqlx::query_as(
        "SELECT current_setting('server_version'), (extract(epoch FROM clock_timestamp()) * 1000)::bigint",
    )
    .fetch_one(&mut connection)
    .await?;
    let schema = schema::of_postgres(&mut connection).await?;
    let (read_only, may_make, may_write): (bool, bool, bool) = sqlx::query_as(
        "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean,
                coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
                coalesce(has_table_privilege(to_regclass('events'), 'INSERT, UPDATE, DELETE'), true)",
    )
    .fetch_one(&mut connection)
    .await?;
    let months = if months::is_partitioned(&mut connection).await? {
        Some(months::of_table(&mut connection, months::TABLES[0]).await?)
    } else {
        None
    };
    // Before the role is put on, which may not read it.
    let admitted = admit_postgres(&mut connection).await;
    let wall = Wall::expected(&mut connection).await?;
    connection.close().await?;
    let writable = if let Err(error) = admitted {
        Err(error.to_string())
    } else if read_only {
        Err("the server is a read-only copy".to_owned())
    } else if !may_make {
        Err(
            "this user may not make tables there, which every update of the schema needs"
                .to_owned(),
        )
    } else if !may_write {
        Err("this user may not write the tables".to_owned())
    } else {
        Ok(())
    };
    Ok(Inspection {
        kind: Kind::Postgres,
        version,
        schema,
        writable,
        wall: Some(wall),
        months,
        now: Some(now),
    })
}
