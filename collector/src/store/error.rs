//! The one place where a driver's error becomes the store's.

use sqlx::error::DatabaseError;

/// Why the store did not do what it was asked to.
///
/// The display text is for the operator's log. It holds codes and the names of tables and constraints, but never a
/// value of a row: drivers quote those in their messages, so their messages are not passed on for single rows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database cannot be reached or written now; the same call may succeed later.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// Another transaction stood in the way; the same call is worth repeating at once.
    #[error("the transaction met another one: {0}")]
    Conflict(String),
    /// The database refuses this very data.
    #[error("the database refused the data: {0}")]
    Rejected(String),
    /// The database has been moved to another one and takes no changes any more; the text says to where.
    #[error("{0}")]
    Moved(String),
    /// What was asked for needs more memory than there is for it.
    #[error("the site's rows do not fit into the memory that columns_memory allows")]
    Full,
    /// A cursor that no list gave out.
    #[error("the cursor is not one that this list gave out")]
    InvalidCursor,
    /// The database's URL, or what it points at, is not something that can be opened.
    #[error("{0}")]
    Configuration(String),
    /// The schema could not be brought up to date.
    #[error("the database's schema could not be brought up to date: {0}")]
    Migration(String),
    /// The database has become what only a newer program can work with, or do this with.
    #[error("{0}")]
    Newer(String),
    /// The collector and its database disagree: a defect, or a schema changed by hand.
    #[error("the database does not fit this collector: {0}")]
    Internal(String),
}

impl StoreError {
    /// The SQLSTATE by which PostgreSQL says that it has been moved: of no class that there is.
    pub(super) const MOVED: &str = "WMOVD";
    /// How the message begins by which SQLite says so, which has no codes of one's own.
    pub(super) const MOVED_TO: &str = "the database has been moved to ";
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => of_database(error.as_ref()),
            sqlx::Error::Encode(_) => Self::Rejected("a value cannot be encoded".to_owned()),
            sqlx::Error::Io(error) => Self::Unavailable(error.kind().to_string()),
            sqlx::Error::PoolTimedOut => {
                Self::Unavailable("no connection within the time limit".to_owned())
            }
            error @ (sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::BeginFailed) => Self::Unavailable(error.to_string()),
            sqlx::Error::Configuration(error) => Self::Configuration(error.to_string()),
            error => Self::Internal(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(error, message) => {
                let code = error.extended_code.to_string();
                of_sqlite(&code, code.clone(), &message.unwrap_or_default())
            }
            error => Self::Internal(error.to_string()),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(error)
            | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => match error.into() {
                passing @ (Self::Unavailable(_) | Self::Conflict(_)) => passing,
                other => Self::Migration(other.to_string()),
            },
            error => Self::Migration(error.to_string()),
        }
    }
}

fn of_database(error: &dyn DatabaseError) -> StoreError {
    let code = error.code().unwrap_or_default();
    let at = match (error.table(), error.constraint()) {
        (_, Some(constraint)) => format!("{code} at constraint {constraint}"),
        (Some(table), None) => format!("{code} at table {table}"),
        (None, None) => code.to_string(),
    };
    if error
        .try_downcast_ref::<sqlx::sqlite::SqliteError>()
        .is_some()
    {
        of_sqlite(&code, at, error.message())
    } else {
        of_postgres(&code, at, error.message())
    }
}

/// By primary result code, <https://www.sqlite.org/rescode.html>: the low byte of the extended one.
fn of_sqlite(code: &str, at: String, message: &str) -> StoreError {
    // CONSTRAINT_TRIGGER, which triggers of somebody else say too.
    if code == "1811" && message.starts_with(StoreError::MOVED_TO) {
        return StoreError::Moved(message.to_owned());
    }
    let at = format!("SQLite code {at}");
    match code.parse::<u32>().map(|code| code & 0xff) {
        // BUSY, LOCKED
        Ok(5 | 6) => StoreError::Conflict(at),
        // TOOBIG, CONSTRAINT, MISMATCH, RANGE
        Ok(18 | 19 | 20 | 25) => StoreError::Rejected(at),
        // PERM, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB
        Ok(3 | 7 | 8 | 9 | 10 | 11 | 13 | 14 | 26) => StoreError::Unavailable(at),
        _ => StoreError::Internal(format!("{at}: {message}")),
    }
}

/// By class of SQLSTATE, <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn of_postgres(code: &str, at: String, message: &str) -> StoreError {
    let at = format!("SQLSTATE {at}");
    match (code, code.get(..2).unwrap_or_default()) {
        (StoreError::MOVED, _) => StoreError::Moved(message.to_owned()),
        // serialization_failure, deadlock_detected, lock_not_available
        ("40001" | "40P01" | "55P03", _) => StoreError::Conflict(at),
        // data exception, integrity constraint violation, program limit exceeded, raise_exception
        (_, "22" | "23" | "54" | "P0") => StoreError::Rejected(at),
        // The schema is not the one this collector was built for.
        (_, "42") => StoreError::Internal(format!("{at}: {message}")),
        // Everything else is about the server, the network, resources or an operator, and not about one row.
        _ => StoreError::Unavailable(at),
    }
}
