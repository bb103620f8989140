//! A move: everything in one database goes to another, of whichever kind, while a collector goes on with the first.
//!
//! ```text
//! source  ─ notes ───────────────────────────────────────────────────────────► moved: refuses every change
//!             │  first pass     rounds        compare      rounds   last round │
//! target      └─ slice, slice ─ what changed ─ every cell ─ … ───── held ──────┴─► a database like any other
//! ```
//!
//! Owns: triggers in the source that note the key of every row that changes, and in the end refuse ([`notes`]); what both databases
//! say of the move and of who is at it ([`marks`]); the first pass ([`copying`]), what is copied again because it has changed
//! ([`catching`]) and the comparison ([`comparing`]). Why each comes to the same rows stands with it. A run that is killed at any
//! moment leaves the source serving, or moved, and another one goes on where it was.
//!
//! Refuses: a target that has rows or tables of its own, two schemas that are not of one version, another run beside a later one, and
//! an end with anything different. Nothing that the two databases cannot say of themselves is listed: tables, columns and keys are
//! those of their catalogues, as in a backup ([`super::dump`]).

mod catching;
mod comparing;
mod copying;
mod digest;
pub(super) mod marks;
mod notes;
mod pair;

use std::time::Duration;

use uuid::Uuid;

use super::dump::DumpError;
use super::dump::connection::Connection;
use super::open::shown;
use super::schema::wanted;
use super::{Store, StoreError};
use marks::Standing;
use pair::Pair;

/// Why nothing is moved, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// One of the databases.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row or a column that cannot be read or written.
    #[error(transparent)]
    Dump(DumpError),
    /// There is nothing to move.
    #[error("there is no database of a collector at {0}")]
    Nothing(String),
    /// The source is the target of another move, which has not ended.
    #[error("the database is being filled from {0}, and is not whole yet")]
    Filling(String),
    /// The source's schema is not this program's.
    #[error(
        "the database is of schema version {found} and this program knows {wanted}: run the version that serves it, or start a \
         collector of this version on it first"
    )]
    Schema {
        /// The source's.
        found: i64,
        /// This program's.
        wanted: i64,
    },
    /// The two schemas differ though they are of one version.
    #[error("the two databases do not have the same tables and columns")]
    Unlike,
    /// The target has something.
    #[error("the table {table} of {target} is not empty: a database is moved into an empty one")]
    Foreign {
        /// The table.
        table: String,
        /// The target.
        target: String,
    },
    /// The target is being filled by another move.
    #[error(
        "{0} has part of a move that was given up or is another database's: use a database that is empty"
    )]
    Other(String),
    /// The source and the target are one.
    #[error("that is the database itself")]
    Itself,
    /// A move to another one is under way.
    #[error("a move to {0} is under way: go on with that, or let it be with --give-up")]
    UnderWay(String),
    /// The source has been moved to another one.
    #[error("the database has been moved to {0} already")]
    Moved(String),
    /// Another run goes on with it, or it is none any more.
    #[error("another `collector migrate-to` goes on with this move, or has given it up")]
    Followed,
    /// More changes than can be copied.
    #[error(
        "the database changes faster than it can be copied: run it again when there is less to do; it goes on where it was"
    )]
    TooFast,
    /// Rows that are not the same on both sides.
    #[error(
        "what is there is not what is here, as the lines above say: the database was not moved. Should it refuse what is sent to it, \
         `collector migrate-to --give-up` lets it go on"
    )]
    Different(Vec<TableReport>),
}

impl From<DumpError> for MoveError {
    fn from(error: DumpError) -> Self {
        match error {
            DumpError::Store(error) => Self::Store(error),
            error => Self::Dump(error),
        }
    }
}

impl From<serde_json::Error> for MoveError {
    fn from(error: serde_json::Error) -> Self {
        Self::Dump(DumpError::File(error.into()))
    }
}

/// A table on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableReport {
    /// Its name.
    pub name: String,
    /// Its rows in the source.
    pub rows: u64,
    /// Its rows in the target.
    pub rows_there: u64,
    /// Whether the rows that were compared are the same.
    pub is_same: bool,
}

impl TableReport {
    /// Whether nothing differs.
    pub fn is_equal(&self) -> bool {
        self.is_same && self.rows == self.rows_there
    }
}

/// What was moved, or would be.
#[derive(Debug, Clone)]
pub struct Report {
    /// The target, without a password.
    pub target: String,
    /// Every table.
    pub tables: Vec<TableReport>,
    /// Rows of which every cell was compared while the source went on; none where another run did that.
    pub compared: u64,
    /// Rows that changed after that and were read back.
    pub since: u64,
    /// How long nobody could write to the source; nothing where another run had held it.
    pub held: Option<Duration>,
}

/// What a move begins or has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The first pass, of so many rows.
    Copying {
        /// Rows of the source.
        rows: u64,
        /// Rows that another run has copied.
        already: u64,
    },
    /// A round is over.
    CaughtUp {
        /// Rows that had changed.
        noted: u64,
    },
    /// Every cell is compared.
    Comparing {
        /// Rows of the source.
        rows: u64,
    },
    /// The last round: whoever writes to the source waits.
    Holding,
}

/// Who is told how far it is.
pub trait Watch: Send {
    /// Something begins.
    fn begins(&mut self, stage: Stage);
    /// So many of its rows are done.
    fn at(&mut self, rows: u64);
}

/// A move that is under way.
struct Mover {
    source: Connection,
    target: Connection,
    pairs: Vec<Pair>,
    /// What the two are called.
    shown: (String, String),
    /// The move.
    id: String,
    /// What this process has drawn.
    run: String,
    /// Whether it has written the tables that are bound together.
    has_bound: bool,
    compared: u64,
    since: u64,
}

impl Store {
    /// Says what would be moved from the database at `from` to that at `to`, of which neither is changed or made.
    ///
    /// # Errors
    /// [`MoveError`] with what would stand in the way.
    pub async fn plan_move(from: &str, to: &str) -> Result<Report, MoveError> {
        let mut source = open_source(from).await?;
        let target = shown(to)?;
        let mark = marks::leaving(&mut source).await?;
        if let Some(mark) = mark.as_ref().filter(|mark| mark.is_moved) {
            return Err(MoveError::Moved(mark.other.clone()));
        }
        match Connection::open(to, false).await {
            Err(DumpError::Nothing) => {}
            Err(error) => return Err(error.into()),
            Ok(mut connection) => {
                let standing = marks::standing(&mut connection).await?;
                connection.close().await?;
                admit(standing, mark.as_ref(), &target)?;
            }
        }
        let mut tables = Vec::new();
        source.begin_reading().await?;
        let catalog = super::dump::catalog::Catalog::read(&mut source, &pair::LEFT_OUT).await?;
        for table in catalog.tables() {
            let count = format!("SELECT COUNT(*) FROM \"{}\"", table.name);
            let rows = source.number(count).await?;
            tables.push(TableReport {
                name: table.name.clone(),
                rows: rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0),
                rows_there: 0,
                is_same: true,
            });
        }
        source.close().await?;
        Ok(Report {
            target,
            tables,
            compared: 0,
            since: 0,
            held: None,
        })
    }

    /// Moves everything from the database at `from`, which a collector may serve meanwhile, to the empty one at `to`, or goes on with
    /// a move between the two. Nothing comes of it where that has come to its end before.
    ///
    /// # Errors
    /// [`MoveError`]; the source serves as before then, and another call goes on.
    pub async fn move_to(
        from: &str,
        to: &str,
        now: i64,
        watch: &mut dyn Watch,
    ) -> Result<Option<Report>, MoveError> {
        let mut source = open_source(from).await?;
        let shown = (shown(from)?, shown(to)?);
        if shown.0 == shown.1 {
            return Err(MoveError::Itself);
        }
        let mark = marks::leaving(&mut source).await?;
        let mut target = open_target(to, mark.as_ref()).await?;
        let standing = marks::standing(&mut target).await?;
        let id = match admit(standing, mark.as_ref(), &shown.1)? {
            Next::GoOn(id) => id,
            Next::IsDone => return Ok(None),
            Next::Begin => {
                let id = Uuid::now_v7().to_string();
                let version = wanted(target.kind());
                target.migrate(version).await?;
                begin(&mut source, &mut target, &id, &shown, now).await?;
                marks::arrive(&mut target, &id, &shown.0, now).await?;
                id
            }
        };
        let run = marks::take_over(&mut target, &id).await?;
        let pairs = Pair::all(&mut source, &mut target).await?;
        for connection in [&mut source, &mut target] {
            connection.search_by_key().await?;
        }
        let mut mover = Mover {
            source,
            target,
            pairs,
            shown,
            id,
            run,
            has_bound: false,
            compared: 0,
            since: 0,
        };
        let report = mover
            .work(mark.is_some_and(|mark| mark.is_moved), watch)
            .await?;
        mover.source.close().await?;
        mover.target.close().await?;
        // Once as a collector opens it.
        Self::open(to).await?.close().await;
        Ok(Some(report))
    }

    /// Takes everything of a move out of the database at `url`, which is served as before then, also if it had been moved. Says to
    /// where that was.
    ///
    /// # Errors
    /// [`MoveError`]; may be tried again.
    pub async fn give_up_move(url: &str) -> Result<Option<String>, MoveError> {
        let mut source = open_source(url).await?;
        let mark = marks::leaving(&mut source).await?;
        notes::give_up(&mut source).await?;
        source.close().await?;
        Ok(mark.map(|mark| mark.other))
    }
}

impl Mover {
    async fn work(&mut self, is_moved: bool, watch: &mut dyn Watch) -> Result<Report, MoveError> {
        let (tables, held) = if is_moved {
            // A run was killed between the two ends: the source stands still.
            (self.counts().await?, None)
        } else {
            let rows = self.rows_here().await?;
            let already = self.copied().await?;
            watch.begins(Stage::Copying { rows, already });
            self.copy(watch).await?;
            self.catch_up(watch).await?;
            self.compare(watch).await?;
            self.catch_up(watch).await?;
            watch.begins(Stage::Holding);
            let (tables, held) = self.finish_source().await?;
            (tables, Some(held))
        };
        if !tables.iter().all(TableReport::is_equal) {
            return Err(MoveError::Different(tables));
        }
        self.finish_target().await?;
        Ok(Report {
            target: self.shown.1.clone(),
            tables,
            compared: self.compared,
            since: self.since,
            held,
        })
    }
}

/// Has the source note what changes, as the source of the move `id`. Whatever an earlier move left is not gone on with.
async fn begin(
    source: &mut Connection,
    target: &mut Connection,
    id: &str,
    shown: &(String, String),
    now: i64,
) -> Result<(), MoveError> {
    notes::give_up(source).await?;
    let pairs = Pair::all(source, target).await?;
    notes::hold(source, &pairs).await?;
    source
        .execute(include_str!("../sql/moving/make_marks.sql").to_owned())
        .await?;
    marks::mark(source, id, "source", &shown.1, now).await?;
    notes::note(source, &pairs).await?;
    source.execute("COMMIT".to_owned()).await?;
    Ok(())
}

/// What there is to do.
enum Next {
    Begin,
    /// Another run began the move of this id.
    GoOn(String),
    /// Another run has come to its end.
    IsDone,
}

fn admit(
    standing: Standing,
    mark: Option<&marks::Leaving>,
    target: &str,
) -> Result<Next, MoveError> {
    match (standing, mark) {
        (Standing::Arriving(id), Some(mark)) if mark.id == id => Ok(Next::GoOn(id)),
        (Standing::Foreign(_), Some(mark)) if mark.is_moved && mark.other == target => {
            Ok(Next::IsDone)
        }
        (_, Some(mark)) if mark.is_moved => Err(MoveError::Moved(mark.other.clone())),
        (Standing::Arriving(_), _) => Err(MoveError::Other(target.to_owned())),
        (Standing::Foreign(table), _) => Err(MoveError::Foreign {
            table,
            target: target.to_owned(),
        }),
        // One to here was killed before it marked the target, or the target was emptied: it begins anew.
        (Standing::Empty, Some(mark)) if mark.other != target => {
            Err(MoveError::UnderWay(mark.other.clone()))
        }
        (Standing::Empty, _) => Ok(Next::Begin),
    }
}

async fn open_source(url: &str) -> Result<Connection, MoveError> {
    let nothing = || Ok::<_, MoveError>(MoveError::Nothing(shown(url)?));
    let mut source = match Connection::open(url, false).await {
        Err(DumpError::Nothing) => return Err(nothing()?),
        other => other?,
    };
    let wanted = wanted(source.kind());
    match source.schema().await? {
        None => Err(nothing()?),
        Some(found) if found != wanted => Err(MoveError::Schema { found, wanted }),
        Some(_) => Ok(source),
    }
}

/// Makes a file that is not there, unless the source has been moved to somewhere else.
async fn open_target(url: &str, mark: Option<&marks::Leaving>) -> Result<Connection, MoveError> {
    let make = mark.is_none_or(|mark| !mark.is_moved);
    if make && let Some(folder) = super::folder(url) {
        std::fs::create_dir_all(folder).map_err(DumpError::from)?;
    }
    match (Connection::open(url, make).await, mark) {
        (Err(DumpError::Nothing), Some(mark)) => Err(MoveError::Moved(mark.other.clone())),
        (opened, _) => Ok(opened?),
    }
}
