//! What the two databases say of the move that they are part of, and which process is at it.
//!
//! ```text
//! source   nothing ──► copying ──► moved        the move's id, and triggers that note what changes
//! target   empty ────► copying ──► nothing      the same id, the run that is at it, how far each table is
//! ```
//!
//! A run draws its own name and writes it into the target. Every transaction there begins by asking for that name, so a run
//! that another one has followed writes nothing more.

use sqlx::{PgConnection, SqliteConnection};
use uuid::Uuid;

use super::MoveError;
use crate::store::dump::connection::Connection;
use crate::store::wall::Access;
use crate::store::{Database, Kind, Store, StoreError};

const READ: &str = "SELECT side, state, other FROM moving";

/// What a source says.
pub(super) struct Leaving {
    pub(super) id: String,
    pub(super) is_moved: bool,
    /// To where.
    pub(super) other: String,
}

/// How a target is found.
pub(super) enum Standing {
    /// There is no row in it.
    Empty,
    /// It is being filled, by the move of this id.
    Arriving(String),
    /// It has rows of its own, in this table.
    Foreign(String),
}

/// Looks at the source.
pub(super) async fn leaving(source: &mut Connection) -> Result<Option<Leaving>, MoveError> {
    if !source.has_table("moving").await? {
        return Ok(None);
    }
    let targets = "SELECT id, side, other FROM moving WHERE side = 'target'";
    if let Some((_, _, other)) = source.texts(targets).await?.pop() {
        return Err(MoveError::Filling(other));
    }
    let sql = "SELECT id, state, other FROM moving WHERE side = 'source'";
    let found = source.texts(sql).await?.pop();
    Ok(found.map(|(id, state, other)| Leaving {
        id,
        is_moved: state == "moved",
        other,
    }))
}

/// Looks at the target, and changes nothing.
pub(super) async fn standing(target: &mut Connection) -> Result<Standing, MoveError> {
    if target.has_table("moving").await? {
        let sql = "SELECT id, side, state FROM moving";
        for (id, side, _) in target.texts(sql).await? {
            if side == "target" {
                return Ok(Standing::Arriving(id));
            }
        }
    }
    let sql = match target.kind() {
        Kind::Sqlite => include_str!("../sql/moving/tables.sqlite.sql"),
        Kind::Postgres => include_str!("../sql/moving/tables.postgres.sql"),
    };
    let is_collectors = target.schema().await?.is_some();
    for (table, _, _) in target.texts(sql).await? {
        if !is_collectors || target.has_rows(&table).await? {
            return Ok(Standing::Foreign(table));
        }
    }
    Ok(Standing::Empty)
}

/// Makes an empty target with the schema the one of the move `id`.
pub(super) async fn arrive(
    target: &mut Connection,
    id: &str,
    from: &str,
    now: i64,
) -> Result<(), MoveError> {
    target.begin_writing().await?;
    target
        .execute(include_str!("../sql/moving/make_marks.sql").to_owned())
        .await?;
    target
        .execute(include_str!("../sql/moving/make_progress.sql").to_owned())
        .await?;
    mark(target, id, "target", from, now).await?;
    target.execute("COMMIT".to_owned()).await?;
    Ok(())
}

/// Writes the mark of one side.
pub(super) async fn mark(
    connection: &mut Connection,
    id: &str,
    side: &str,
    other: &str,
    now: i64,
) -> Result<(), MoveError> {
    let sql = format!(
        "INSERT INTO moving (id, side, state, other, run, beats, began_at) VALUES ($1, $2, 'copying', $3, '', 0, {now})"
    );
    connection.change(&sql, &[id, side, other]).await?;
    Ok(())
}

/// Makes this process the one that is at it, and gives the name that it has drawn.
pub(super) async fn take_over(target: &mut Connection, id: &str) -> Result<String, MoveError> {
    let run = Uuid::now_v7().to_string();
    let sql = "UPDATE moving SET run = $1 WHERE side = 'target' AND id = $2";
    match target.change(sql, &[&run, id]).await? {
        1 => Ok(run),
        _ => Err(MoveError::Followed),
    }
}

/// Begins a transaction of the target, which only the run of this name may.
pub(super) async fn begin(target: &mut Connection, run: &str) -> Result<(), MoveError> {
    target.begin_writing().await?;
    let sql = "UPDATE moving SET beats = beats + 1 WHERE side = 'target' AND run = $1";
    if target.change(sql, &[run]).await? == 1 {
        return Ok(());
    }
    target.execute("ROLLBACK".to_owned()).await?;
    Err(MoveError::Followed)
}

pub(super) async fn commit(target: &mut Connection) -> Result<(), MoveError> {
    Ok(target.execute("COMMIT".to_owned()).await?)
}

/// What triggers of a source that has been moved refuse with, and what a start says.
pub(super) fn moved_to(other: &str) -> String {
    format!(
        "{}{other}: the collector has to be pointed there",
        StoreError::MOVED_TO
    )
}

/// Refuses a SQLite file that has been moved, or is being filled.
pub(in crate::store) async fn admit_sqlite(
    connection: &mut SqliteConnection,
) -> Result<(), StoreError> {
    let there = "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'moving'";
    let there: i64 = sqlx::query_scalar(there)
        .fetch_one(&mut *connection)
        .await?;
    if there == 0 {
        return Ok(());
    }
    admit(sqlx::query_as(READ).fetch_all(connection).await?)
}

/// Refuses a PostgreSQL database that has been moved, or is being filled.
pub(in crate::store) async fn admit_postgres(
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    let there = "SELECT COUNT(to_regclass('moving'))";
    let there: i64 = sqlx::query_scalar(there)
        .fetch_one(&mut *connection)
        .await?;
    if there == 0 {
        return Ok(());
    }
    admit(sqlx::query_as(READ).fetch_all(connection).await?)
}

impl Store {
    /// Refuses where the database has been moved since it was opened.
    pub(in crate::store) async fn is_here(&self) -> Result<(), StoreError> {
        let is_moved: bool = match self.database() {
            Database::Sqlite { read, .. } => {
                let sql = include_str!("../sql/moving/refuses.sqlite.sql");
                sqlx::query_scalar(sql).fetch_one(read).await?
            }
            // The role that it is asked as may not read the mark.
            Database::Postgres { read, .. } => {
                let sql = include_str!("../sql/moving/refuses.postgres.sql");
                let mut connection = read.of(Access::Nothing).await?;
                sqlx::query_scalar(sql).fetch_one(&mut *connection).await?
            }
        };
        match is_moved {
            true => Err(StoreError::Moved("the database has been moved".to_owned())),
            false => Ok(()),
        }
    }
}

fn admit(marks: Vec<(String, String, String)>) -> Result<(), StoreError> {
    for (side, state, other) in marks {
        match (side.as_str(), state.as_str()) {
            ("source", "moved") => return Err(StoreError::Moved(moved_to(&other))),
            ("target", _) => {
                return Err(StoreError::Configuration(format!(
                    "the database is being filled from {other} and is not whole yet: `collector migrate-to` has to come to its end, \
                     and goes on where it was when it is run again"
                )));
            }
            _ => tracing::info!(
                to = other,
                "the database is being moved; `collector migrate-to` goes on with it or, with --give-up, lets it be"
            ),
        }
    }
    Ok(())
}
