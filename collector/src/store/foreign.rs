//! Another PostgreSQL, from which rows are read by a SELECT of the operator's own.
//!
//! Nothing of it is kept, and it cannot be changed: the transaction is read-only. Each row comes as the JSON text of an object,
//! which the server itself makes of it, whatever types its columns have.

use futures_util::TryStreamExt;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tokio::sync::mpsc;

/// Rows that are on their way between the server and whoever reads them.
const ON_THE_WAY: usize = 1_000;

/// Why rows cannot be read. Unlike the errors of the collector's own database it says what the server says: the query is its
/// reader's own, and so are the rows.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// The URL, or whatever it leads to.
    #[error("the other PostgreSQL: {0}")]
    Connection(String),
    /// The query.
    #[error("the query: {0}")]
    Query(String),
}

fn connection(error: sqlx::Error) -> ForeignError {
    ForeignError::Connection(match error {
        // It may quote the URL, which holds a password.
        sqlx::Error::Configuration(_) => "the URL cannot be understood".to_owned(),
        error => error.to_string(),
    })
}

fn query(error: sqlx::Error) -> ForeignError {
    ForeignError::Query(match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        error => error.to_string(),
    })
}

/// A query that can be run.
#[derive(Debug)]
pub struct Foreign {
    connection: PgConnection,
    query: String,
    total: u64,
}

impl Foreign {
    /// Connects, and counts the rows, which also tells whether the query is one.
    ///
    /// # Errors
    /// [`ForeignError`].
    pub async fn open(url: &str, query: &str) -> Result<Self, ForeignError> {
        let options: PgConnectOptions = url.parse().map_err(connection)?;
        let options = options
            .application_name("waymark-import")
            .disable_statement_logging();
        let mut connected = PgConnection::connect_with(&options)
            .await
            .map_err(connection)?;
        // One state of the tables for the count and for the rows.
        sqlx::query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .execute(&mut connected)
            .await
            .map_err(connection)?;
        let query = query.trim().trim_end_matches(';').to_owned();
        let count = format!("SELECT count(*) FROM (\n{query}\n) AS given");
        let total: i64 = sqlx::query_scalar(AssertSqlSafe(count))
            .fetch_one(&mut connected)
            .await
            .map_err(self::query)?;
        Ok(Self {
            connection: connected,
            query,
            total: u64::try_from(total).unwrap_or(0),
        })
    }

    /// How many rows there are.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The rows, each as JSON, read as fast as they are taken. After an error there are no more.
    ///
    /// Needs to be called within a tokio runtime.
    pub fn texts(mut self) -> mpsc::Receiver<Result<String, ForeignError>> {
        let (give, rows) = mpsc::channel(ON_THE_WAY);
        tokio::spawn(async move {
            let all = format!(
                "SELECT row_to_json(given)::text FROM (\n{}\n) AS given",
                self.query
            );
            let mut found =
                sqlx::query_scalar::<_, String>(AssertSqlSafe(all)).fetch(&mut self.connection);
            loop {
                let row = match found.try_next().await {
                    Ok(Some(row)) => Ok(row),
                    Ok(None) => break,
                    Err(error) => Err(query(error)),
                };
                let is_last = row.is_err();
                // Nobody takes them any more, or there is nothing more to take.
                if give.send(row).await.is_err() || is_last {
                    break;
                }
            }
        });
        rows
    }
}
