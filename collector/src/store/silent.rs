//! Reading connections to PostgreSQL that went silent: a machine is gone, or a firewall has forgotten them, and nothing says so.
//!
//! Whoever asked gives up, and the connection goes back to the others. It is asked for a sign of life first, and closed where
//! none comes in time: it would keep its place in the pool for as long as the system's TCP goes on trying, a quarter of an
//! hour. A statement that is merely slow is closed in the same way, and would go on at the server while another connection
//! takes its place; so this is done only where the server has been told to look for its asker
//! (`client_connection_check_interval`, PostgreSQL 14 and later, on systems that can tell) and ends what nobody waits for.
//!
//! Connections that write wait: a commit is not given up.

use std::io::ErrorKind;
use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection};

/// How long a server may take to say that a connection is of use for others.
const SILENT: Duration = Duration::from_secs(5);

/// Whether the server ends statements whose asker is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Looks(bool);

impl Looks {
    /// Tells the server to, and finds out whether it can.
    ///
    /// # Errors
    /// When it does not answer at all.
    pub(super) async fn of(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        match Self(true).tell(connection).await {
            Ok(()) => Ok(Self(true)),
            // It knows no such setting, or takes only 0 for it.
            Err(sqlx::Error::Database(_)) => Ok(Self(false)),
            Err(error) => Err(error),
        }
    }

    /// Has a connection's server look every second.
    pub(super) async fn tell(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.0 {
            sqlx::raw_sql("SET client_connection_check_interval = '1s'")
                .execute(connection)
                .await?;
        }
        Ok(())
    }

    /// Has a pool close what went silent.
    pub(super) fn give_up(self, pool: PgPoolOptions) -> PgPoolOptions {
        if self.0 {
            pool.after_release(|connection, _| Box::pin(answers(connection)))
        } else {
            pool
        }
    }
}

/// Whether a connection is of use for others; an error, with which it is closed without a word, where that is not said in time.
async fn answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let answer = tokio::time::timeout(SILENT, connection.ping()).await;
    answer.map_err(|_| sqlx::Error::Io(ErrorKind::TimedOut.into()))??;
    Ok(true)
}
