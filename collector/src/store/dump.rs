//! Everything in a database as JSON Lines, and back into an empty one of either kind.
//!
//! ```text
//! {"waymark_backup":1,"schema":4,"database":"SQLite","program":"0.1.0","made_at":1764000000000}
//! {"table":"sites","columns":["id","name",…]}
//! [1,"Shop",…]
//! …
//! {"end":{"tables":12,"rows":4711}}
//! ```
//!
//! Tables and columns are those that the database itself names, so that none is forgotten when the schema grows; only the
//! secrets of destinations stay out. Whole numbers and flags are numbers, ids and digests hexadecimal texts, everything else
//! texts. What is written is one moment's state: a collector may go on writing meanwhile. What is read is one transaction.

pub(super) mod catalog;
pub(super) mod connection;

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::schema::wanted;
use super::{Kind, Store, StoreError};
use catalog::{Catalog, KEPT_BACK, Table};
pub(super) use catalog::{POSTGRES_COLUMNS, SQLITE_COLUMNS};
use connection::Connection;

/// The format that this describes.
const FORMAT: u32 = 1;
/// Rows, and bytes, of one statement.
const ROWS: usize = 500;
const BYTES: usize = 1024 * 1024;

/// What was written or restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dumped {
    /// Which database.
    pub kind: Kind,
    /// Its tables.
    pub tables: usize,
    /// Their rows.
    pub rows: u64,
}

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database has something that a backup does not know how to keep.
    #[error("{table}.{column} is of the type {kind}, which a backup cannot keep")]
    UnknownType {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its type.
        kind: String,
    },
    /// There is nothing to back up.
    #[error("there is no database of a collector to back up")]
    Nothing,
    /// The file cannot be written or read.
    #[error("the backup: {0}")]
    File(#[from] std::io::Error),
    /// The file is not a whole backup.
    #[error("line {line} of the backup: {message}")]
    Broken {
        /// The line.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// The file was made for another schema than can be restored here.
    #[error("the backup is of schema version {backup}, {reason}")]
    Schema {
        /// The backup's.
        backup: i64,
        /// What stands in the way.
        reason: String,
    },
    /// Something is there already.
    #[error(
        "the table {0} of the database is not empty: a backup is restored into an empty database"
    )]
    NotEmpty(String),
}

impl From<sqlx::Error> for DumpError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    waymark_backup: u32,
    schema: i64,
    database: String,
    program: String,
    made_at: i64,
}

#[derive(Serialize, Deserialize)]
struct TableHead {
    table: String,
    columns: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct End {
    end: Totals,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Totals {
    tables: usize,
    rows: u64,
}

impl Store {
    /// Writes the database at `url` to `out`.
    ///
    /// # Errors
    /// [`DumpError`]; what was written until then is not a whole backup and says so when it is read.
    pub async fn dump(
        url: &str,
        out: &mut (impl Write + Send),
        now: i64,
    ) -> Result<Dumped, DumpError> {
        let mut connection = Connection::open(url, false).await?;
        connection.begin_reading().await?;
        let kind = connection.kind();
        let Some(schema) = connection.schema().await? else {
            return Err(DumpError::Nothing);
        };
        let catalog = Catalog::read(&mut connection, &KEPT_BACK).await?;
        let head = Head {
            waymark_backup: FORMAT,
            schema,
            database: kind.to_string(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: now,
        };
        line(out, &head)?;
        let mut totals = Totals::default();
        for table in catalog.tables() {
            let head = TableHead {
                table: table.name.clone(),
                columns: table.columns.iter().map(|c| c.name.clone()).collect(),
            };
            line(out, &head)?;
            totals.tables += 1;
            totals.rows += connection
                .each(table.select(kind), |row| writeln!(out, "{row}"))
                .await?;
        }
        line(out, &End { end: totals })?;
        out.flush()?;
        connection.close().await?;
        Ok(Dumped {
            kind,
            tables: totals.tables,
            rows: totals.rows,
        })
    }

    /// Fills the empty database at `url` from a backup and brings its schema up to date.
    ///
    /// # Errors
    /// [`DumpError`]; no row was written then.
    pub async fn restore(url: &str, source: &mut dyn BufReadSend) -> Result<Dumped, DumpError> {
        let mut lines = Lines { source, number: 0 };
        let head: Head = lines.head()?;
        if let Some(folder) = super::folder(url) {
            std::fs::create_dir_all(folder)?;
        }
        let mut connection = Connection::open(url, true).await?;
        let kind = connection.kind();
        if head.schema > wanted(kind) {
            return Err(DumpError::Schema {
                backup: head.schema,
                reason: format!(
                    "of a newer program (it was written by {}); this one knows {}",
                    head.program,
                    wanted(kind)
                ),
            });
        }
        // Restored as it was, and then brought up to date, as if it had been there all the time.
        connection.migrate(head.schema).await?;
        if let Some(there) = connection.schema().await?
            && there != head.schema
        {
            return Err(DumpError::Schema {
                backup: head.schema,
                reason: format!("and the database is of {there} already: use a new one"),
            });
        }
        let catalog = Catalog::read(&mut connection, &KEPT_BACK).await?;
        connection.begin_writing().await?;
        for table in catalog.tables() {
            if connection.has_rows(&table.name).await? {
                return Err(DumpError::NotEmpty(table.name.clone()));
            }
        }
        let totals = fill(&mut connection, &catalog, &mut lines).await?;
        for table in catalog.tables() {
            if let Some(sql) = table.go_on_counting(kind) {
                connection.execute(sql).await?;
            }
        }
        connection.execute("COMMIT".to_owned()).await?;
        connection.close().await?;
        Self::open(url).await?.close().await;
        Ok(Dumped {
            kind,
            tables: totals.tables,
            rows: totals.rows,
        })
    }
}

/// A source of lines that may be read on any thread.
pub trait BufReadSend: BufRead + Send {}
impl<T: BufRead + Send> BufReadSend for T {}

fn line(out: &mut impl Write, value: &impl Serialize) -> Result<(), DumpError> {
    let text = serde_json::to_string(value).map_err(std::io::Error::from)?;
    writeln!(out, "{text}")?;
    Ok(())
}

/// Inserts every row, up to the line that says that there are no more.
async fn fill(
    connection: &mut Connection,
    catalog: &Catalog,
    lines: &mut Lines<'_>,
) -> Result<Totals, DumpError> {
    let mut totals = Totals::default();
    let mut rows = Group::default();
    let mut insert: Option<(String, usize)> = None;
    loop {
        let Some(text) = lines.next()? else {
            return Err(lines.broken("the file ends here, and is not a whole backup"));
        };
        if text.starts_with('[') {
            let Some((sql, columns)) = &insert else {
                return Err(lines.broken("a row without a table"));
            };
            let cells = serde_json::from_str::<Vec<&RawValue>>(&text);
            if !cells.is_ok_and(|cells| cells.len() == *columns) {
                return Err(lines.broken("not a row of this table"));
            }
            totals.rows += 1;
            rows.push(&text);
            if rows.is_full() {
                connection.insert(sql, &rows.take()).await?;
            }
            continue;
        }
        if let Some((sql, _)) = &insert
            && !rows.is_empty()
        {
            connection.insert(sql, &rows.take()).await?;
        }
        if let Ok(End { end }) = serde_json::from_str::<End>(&text) {
            if end != totals {
                return Err(lines.broken("rows are missing before here"));
            }
            return Ok(totals);
        }
        let head: TableHead =
            serde_json::from_str(&text).map_err(|_| lines.broken("neither a row nor a table"))?;
        let sql = catalog
            .table(&head.table)
            .and_then(|table: &Table| table.insert(connection.kind(), &head.columns));
        let Some(sql) = sql else {
            return Err(lines.broken("a table or column that the schema does not have"));
        };
        insert = Some((sql, head.columns.len()));
        totals.tables += 1;
    }
}

/// Rows that wait for their statement, as the inside of a JSON array.
#[derive(Default)]
pub(super) struct Group {
    text: String,
    rows: usize,
    /// Where the last one begins.
    last: usize,
}

impl Group {
    pub(super) fn push(&mut self, row: &str) {
        if self.rows > 0 {
            self.text.push(',');
        }
        self.last = self.text.len();
        self.text.push_str(row);
        self.rows += 1;
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows >= ROWS || self.text.len() >= BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The last row.
    pub(super) fn last(&self) -> Option<&str> {
        (self.rows > 0)
            .then(|| self.text.get(self.last..))
            .flatten()
    }

    pub(super) fn take(&mut self) -> String {
        self.rows = 0;
        format!("[{}]", std::mem::take(&mut self.text))
    }
}

struct Lines<'s> {
    source: &'s mut dyn BufReadSend,
    number: u64,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<String>, DumpError> {
        let mut text = String::new();
        self.number += 1;
        match self.source.read_line(&mut text) {
            Ok(0) => Ok(None),
            Ok(_) => {
                text.truncate(text.trim_end_matches(['\n', '\r']).len());
                Ok(Some(text))
            }
            // A compressed file that ends early, or is none, or is no text.
            Err(error) => Err(self.broken(&error.to_string())),
        }
    }

    fn head(&mut self) -> Result<Head, DumpError> {
        let head = self
            .next()?
            .and_then(|text| serde_json::from_str::<Head>(&text).ok())
            .ok_or_else(|| self.broken("this is not a backup of a collector"))?;
        if head.waymark_backup != FORMAT {
            return Err(self.broken("a newer program made this backup"));
        }
        Ok(head)
    }

    fn broken(&self, message: &str) -> DumpError {
        DumpError::Broken {
            line: self.number,
            message: message.to_owned(),
        }
    }
}
