//! Which tables and columns hold something of a person, and what becomes of it when they are erased.
//!
//! The tables and columns are those that the database itself names. Each has to be known here: a test fails where the schema
//! has one that is not, so that a new table cannot be left out of export and erasure unnoticed.

use serde::Serialize;

use super::tables::{IMPERSONAL, PERSONAL};
use crate::store::dump::{POSTGRES_COLUMNS, SQLITE_COLUMNS};
use crate::store::wall::Access;
use crate::store::{Database, Store, StoreError};

/// What becomes of a column when somebody is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Erasure {
    /// It is of nobody, or stays: a time, a figure, a kind.
    Kept,
    /// A random id takes its place.
    Replaced,
    /// An address loses query and fragment, and is emptied where it tells a user or an e-mail address; so is another text.
    Shortened,
    /// It is emptied.
    Emptied,
    /// The row goes.
    Deleted,
}

/// One column of the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its table.
    pub table: String,
    /// Its name.
    pub column: String,
    /// Its type, as the database calls it.
    pub kind: String,
    /// Whether the table has rows of persons, which an export has.
    pub personal: bool,
    /// What becomes of it; nothing where nobody has said so, which is a defect.
    pub erasure: Option<Erasure>,
}

fn erasure(table: &str, column: &str) -> (bool, Option<Erasure>) {
    let Some(own) = PERSONAL.iter().find(|own| own.name == table) else {
        return (false, IMPERSONAL.contains(&table).then_some(Erasure::Kept));
    };
    let erasure = [
        (own.replaced, Erasure::Replaced),
        (own.shortened, Erasure::Shortened),
        (own.emptied, Erasure::Emptied),
        (own.kept, Erasure::Kept),
    ]
    .into_iter()
    .find_map(|(columns, erasure)| columns.contains(&column).then_some(erasure));
    let whole = match column {
        "site_id" => Some(Erasure::Kept),
        _ => None,
    };
    if own.is_deleted() {
        return (true, Some(Erasure::Deleted));
    }
    (true, erasure.or(whole))
}

impl Store {
    /// Every column of the database, in the order of tables.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn inventory(&self) -> Result<Vec<Column>, StoreError> {
        let columns: Vec<(String, String, String)> = match self.database() {
            Database::Sqlite { read, .. } => sqlx::query_as(SQLITE_COLUMNS).fetch_all(read).await?,
            Database::Postgres { read, .. } => {
                let mut reader = read.of(Access::Nothing).await?;
                sqlx::query_as(POSTGRES_COLUMNS)
                    .fetch_all(&mut *reader)
                    .await?
            }
        };
        Ok(columns
            .into_iter()
            .map(|(table, column, kind)| {
                let (personal, erasure) = erasure(&table, &column);
                Column {
                    table,
                    column,
                    kind,
                    personal,
                    erasure,
                }
            })
            .collect())
    }
}
