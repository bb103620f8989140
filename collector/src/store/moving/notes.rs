//! Triggers on the source: they note the key of every row that comes, changes or goes while a move is under way, in the
//! transaction that does it, and refuse every change once it is over. Foreign keys that delete, other triggers, other processes
//! and the command line fire them as well: nothing that changes a row passes by.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::MoveError;
use super::marks::{self, moved_to};
use super::pair::{LEFT_OUT, Pair};
use crate::store::dump::DumpError;
use crate::store::dump::connection::Connection;
use crate::store::open::BUSY;
use crate::store::{Kind, StoreError};

/// How long one try for all the locks of a PostgreSQL source takes: less than it takes to look for deadlocks, so that who waits
/// for it is never the one who is thrown out.
const LOCK_MS: u32 = 300;
/// How long it is tried.
const PATIENCE: Duration = Duration::from_secs(120);
/// The pause between.
const PAUSE: Duration = Duration::from_millis(50);
/// The pause between where a gap between two transactions of somebody else is looked for.
const GAP: Duration = Duration::from_millis(1);
/// Notes of one statement that removes them: a SQLite file has one writer, and the collector waits meanwhile.
const NOTES: u64 = 10_000;

/// Begins a transaction of the source in which nobody else writes, and in which everything that others wrote is seen.
pub(super) async fn hold(source: &mut Connection, pairs: &[Pair]) -> Result<(), MoveError> {
    match source.kind() {
        Kind::Sqlite => seize(source).await,
        Kind::Postgres => {
            let give_up = Instant::now() + PATIENCE;
            loop {
                match try_to_lock(source, pairs).await {
                    Err(DumpError::Store(StoreError::Conflict(_))) if Instant::now() < give_up => {
                        // Without a transaction that is an error as well, and changes nothing.
                        let _ = source.execute("ROLLBACK".to_owned()).await;
                        sleep(PAUSE).await;
                    }
                    other => return Ok(other?),
                }
            }
        }
    }
}

async fn try_to_lock(source: &mut Connection, pairs: &[Pair]) -> Result<(), DumpError> {
    source.begin_writing().await?;
    let names: Vec<String> = every_table(pairs)
        .map(|name| format!("\"{name}\""))
        .collect();
    let names = names.join(", ");
    source
        .execute(format!(
            "SET LOCAL lock_timeout = '{LOCK_MS}ms'; LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"
        ))
        .await
}

/// Begins a transaction of a SQLite source. A collector under load writes without a pause, and SQLite looks for one ten times a
/// second at last: too seldom to find it.
async fn seize(source: &mut Connection) -> Result<(), MoveError> {
    let give_up = Instant::now() + PATIENCE;
    source.execute("PRAGMA busy_timeout = 0".to_owned()).await?;
    loop {
        match source.begin_writing().await {
            Err(DumpError::Store(StoreError::Conflict(_))) if Instant::now() < give_up => {
                sleep(GAP).await;
            }
            other => break other?,
        }
    }
    let busy = format!("PRAGMA busy_timeout = {}", BUSY.as_millis());
    Ok(source.execute(busy).await?)
}

/// Also those that are not copied.
fn every_table(pairs: &[Pair]) -> impl Iterator<Item = &str> {
    let copied = pairs.iter().map(|pair| pair.name.as_str());
    copied.chain(LEFT_OUT)
}

/// Makes the triggers that note, within a transaction that holds the source.
pub(super) async fn note(source: &mut Connection, pairs: &[Pair]) -> Result<(), MoveError> {
    let notes = match source.kind() {
        Kind::Sqlite => include_str!("../sql/moving/make_notes.sqlite.sql"),
        Kind::Postgres => include_str!("../sql/moving/make_notes.postgres.sql"),
    };
    source.execute(notes.to_owned()).await?;
    for pair in pairs {
        let sql = match source.kind() {
            Kind::Sqlite => noting_sqlite(pair),
            Kind::Postgres => noting_postgres(pair),
        };
        source.execute(sql).await?;
    }
    Ok(())
}

fn noting_sqlite(pair: &Pair) -> String {
    let name = &pair.name;
    let (new, old) = (pair.key_in("NEW"), pair.key_in("OLD"));
    format!(
        "CREATE TRIGGER \"moving_{name}_come\" AFTER INSERT ON \"{name}\"
         BEGIN INSERT INTO moving_keys (of_table, row_key) VALUES ('{name}', {new}); END;
         CREATE TRIGGER \"moving_{name}_change\" AFTER UPDATE ON \"{name}\"
         BEGIN INSERT INTO moving_keys (of_table, row_key) SELECT '{name}', {old} UNION SELECT '{name}', {new}; END;
         CREATE TRIGGER \"moving_{name}_go\" AFTER DELETE ON \"{name}\"
         BEGIN INSERT INTO moving_keys (of_table, row_key) VALUES ('{name}', {old}); END;"
    )
}

fn noting_postgres(pair: &Pair) -> String {
    let name = &pair.name;
    let (new, old) = (pair.key_in("fresh"), pair.key_in("stale"));
    let insert = "INSERT INTO moving_keys (of_table, row_key)";
    // As whoever made it: the role that a collector puts on has no right to the notes.
    format!(
        "CREATE FUNCTION \"moving_{name}\"() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $note$
         BEGIN
             IF TG_OP = 'INSERT' THEN
                 {insert} SELECT '{name}', {new} FROM fresh;
             ELSIF TG_OP = 'DELETE' THEN
                 {insert} SELECT '{name}', {old} FROM stale;
             ELSE
                 {insert} SELECT '{name}', {old} FROM stale UNION SELECT '{name}', {new} FROM fresh;
             END IF;
             RETURN NULL;
         END
         $note$;
         CREATE TRIGGER \"moving_{name}_come\" AFTER INSERT ON \"{name}\" REFERENCING NEW TABLE AS fresh
             FOR EACH STATEMENT EXECUTE FUNCTION \"moving_{name}\"();
         CREATE TRIGGER \"moving_{name}_change\" AFTER UPDATE ON \"{name}\" REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
             FOR EACH STATEMENT EXECUTE FUNCTION \"moving_{name}\"();
         CREATE TRIGGER \"moving_{name}_go\" AFTER DELETE ON \"{name}\" REFERENCING OLD TABLE AS stale
             FOR EACH STATEMENT EXECUTE FUNCTION \"moving_{name}\"();"
    )
}

/// Makes the triggers that refuse, within the transaction that ends the move.
pub(super) async fn refuse(
    source: &mut Connection,
    pairs: &[Pair],
    other: &str,
) -> Result<(), MoveError> {
    let message = moved_to(other).replace('\'', "''");
    if source.kind() == Kind::Postgres {
        source
            .execute(format!(
                "CREATE FUNCTION moving_refuse() RETURNS TRIGGER LANGUAGE plpgsql AS $refuse$
                 BEGIN RAISE EXCEPTION USING ERRCODE = '{}', MESSAGE = '{message}'; END $refuse$",
                StoreError::MOVED
            ))
            .await?;
    }
    for name in every_table(pairs) {
        let sql = match source.kind() {
            Kind::Sqlite => ["INSERT", "UPDATE", "DELETE"]
                .map(|event| {
                    format!(
                        "CREATE TRIGGER \"moving_{name}_refuse_{event}\" BEFORE {event} ON \"{name}\"
                         BEGIN SELECT RAISE(ABORT, '{message}'); END;"
                    )
                })
                .concat(),
            Kind::Postgres => format!(
                "CREATE TRIGGER \"moving_{name}_refuse\" BEFORE INSERT OR UPDATE OR DELETE ON \"{name}\"
                 FOR EACH STATEMENT EXECUTE FUNCTION moving_refuse()"
            ),
        };
        source.execute(sql).await?;
    }
    Ok(())
}

/// Takes everything of a move out of the source. First of all the mark, without which nothing goes on with a move of which triggers
/// are gone.
pub(super) async fn give_up(source: &mut Connection) -> Result<(), MoveError> {
    match source.kind() {
        Kind::Sqlite => {
            seize(source).await?;
            source.execute(DROP_MARK.to_owned()).await?;
            let triggers = include_str!("../sql/moving/triggers.sqlite.sql");
            for (name, _, _) in source.texts(triggers).await? {
                source.execute(format!("DROP TRIGGER \"{name}\"")).await?;
            }
            source.execute(DROP_NOTES.to_owned()).await?;
            Ok(source.execute("COMMIT".to_owned()).await?)
        }
        Kind::Postgres => {
            let give_up = Instant::now() + PATIENCE;
            loop {
                match drop_postgres(source).await {
                    Err(DumpError::Store(StoreError::Conflict(_))) if Instant::now() < give_up => {
                        let _ = source.execute("ROLLBACK".to_owned()).await;
                        sleep(PAUSE).await;
                    }
                    other => return Ok(other?),
                }
            }
        }
    }
}

const DROP_MARK: &str = "DROP TABLE IF EXISTS moving";
const DROP_NOTES: &str = "DROP TABLE IF EXISTS moving_keys";

async fn drop_postgres(source: &mut Connection) -> Result<(), DumpError> {
    source.execute(DROP_MARK.to_owned()).await?;
    // One at a time: each waits until nobody reads the table, and nobody may wait for long behind it.
    let triggers = include_str!("../sql/moving/triggers.postgres.sql");
    for (name, table, _) in source.texts(triggers).await? {
        source
            .execute(format!(
                "BEGIN; SET LOCAL lock_timeout = '{LOCK_MS}ms'; DROP TRIGGER \"{name}\" ON \"{table}\"; COMMIT"
            ))
            .await?;
    }
    let functions = include_str!("../sql/moving/functions.postgres.sql");
    for (name, _, _) in source.texts(functions).await? {
        source
            .execute(format!("DROP FUNCTION \"{name}\"()"))
            .await?;
    }
    source.execute(DROP_NOTES.to_owned()).await
}

/// Which notes of a move a snapshot has.
pub(super) struct Seen {
    id: String,
    upto: String,
}

impl Seen {
    /// Asked first thing in a transaction that reads.
    pub(super) async fn now(source: &mut Connection, id: &str) -> Result<Self, MoveError> {
        let sql = match source.kind() {
            Kind::Sqlite => "SELECT CAST(COALESCE(MAX(id), 0) AS TEXT) FROM moving_keys",
            Kind::Postgres => "SELECT txid_current_snapshot()::text",
        };
        // Notes that another move makes say nothing of what changed before it began.
        match marks::leaving(source).await? {
            Some(mark) if mark.id == id && !mark.is_moved => {}
            _ => return Err(MoveError::Followed),
        }
        let upto = source.lines(sql.to_owned(), &[]).await?.pop();
        Ok(Self {
            id: id.to_owned(),
            upto: upto.unwrap_or_default(),
        })
    }

    /// Removes those notes, when that transaction is over and what they tell has been copied.
    pub(super) async fn forget(self, source: &mut Connection) -> Result<(), MoveError> {
        let own = "EXISTS (SELECT 1 FROM moving WHERE id = $2)";
        let given = [self.upto.as_str(), self.id.as_str()];
        match source.kind() {
            Kind::Sqlite => {
                // Numbers are in the order of the commits: there is one writer.
                let noted = "SELECT id FROM moving_keys WHERE id <= CAST($1 AS BIGINT)";
                let sql = format!(
                    "DELETE FROM moving_keys WHERE id IN ({noted} AND {own} ORDER BY id LIMIT {NOTES})"
                );
                let mut is_left = self.upto != "0";
                while is_left {
                    seize(source).await?;
                    is_left = source.change(&sql, &given).await? == NOTES;
                    source.execute("COMMIT".to_owned()).await?;
                    if is_left {
                        // For whoever has waited meanwhile.
                        sleep(PAUSE).await;
                    }
                }
            }
            Kind::Postgres => {
                // Here they are not: what was not visible then may have a lower number than what was.
                let sql = format!(
                    "DELETE FROM moving_keys WHERE txid_visible_in_snapshot(change, $1::text::txid_snapshot) AND {own}"
                );
                source.change(&sql, &given).await?;
            }
        }
        Ok(())
    }
}
