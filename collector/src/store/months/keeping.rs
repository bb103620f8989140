//! Months made ahead of time, and dropped when they are over and empty.
//!
//! A month goes when it has been over for as long as items are late, and no row is in it any more: retention has removed the last
//! one of the last site, or there was none. That is a lower bound: a month in which a single event is kept stays. Empty is what has no page left once it was
//! vacuumed, and not what a statement finds empty: only then no older snapshot, such as a backup's, sees a row in it.
//!
//! What is stored of a month that has been dropped, or of one that nobody has made yet, stands beyond the months. It is moved
//! where a month is made for it.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::time::{Instant, sleep};

use super::{
    AHEAD, LOCK, Month, TABLES, is_partitioned, make, name, of_table, run, stand_back_after,
};
use crate::store::wall::as_owner;
use crate::store::{Database, Store, StoreError};

/// How long after its end a month is not dropped, in milliseconds: what is late finds its place.
const LATE_MS: i64 = 31 * 24 * 60 * 60 * 1000;
/// For how long one try waits for those who use the tables, for how long it is tried, and the pause between. A try takes less
/// than it takes to look for deadlocks, so that who waits for it is never the one who is thrown out.
const STANDING_MS: u32 = 300;
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(500);

/// What was made and dropped, by the names of tables and months.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Made.
    pub made: Vec<String>,
    /// Dropped.
    pub dropped: Vec<String>,
}

impl Store {
    /// Makes the months that are to be there, and drops those that are over and empty. Nothing where items are in one table, or
    /// where somebody else is at it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where those who use the tables left no gap, [`StoreError::Unavailable`]; months that were made
    /// by then are there.
    pub async fn keep_months(&self, now: i64) -> Result<Kept, StoreError> {
        let Database::Postgres { write, .. } = self.database() else {
            return Ok(Kept::default());
        };
        // As the owner of the tables, and not to be used for anything else afterwards.
        let mut owner = as_owner(write).await?;
        let kept = keep(&mut owner, now).await;
        owner.close().await?;
        kept
    }
}

/// Whether nobody else changes partitions, until the connection ends.
pub(super) async fn alone(owner: &mut PgConnection) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(LOCK)
        .fetch_one(owner)
        .await?)
}

async fn keep(owner: &mut PgConnection, now: i64) -> Result<Kept, StoreError> {
    let mut kept = Kept::default();
    if !is_partitioned(owner).await? || !alone(owner).await? {
        return Ok(kept);
    }
    for table in TABLES {
        let there = of_table(owner, table).await?;
        for month in wanted(&there, now) {
            patiently(owner, table, month, Change::Make).await?;
            kept.made.push(format!("{table} {month}"));
        }
        for month in there {
            if month.next().start() + LATE_MS <= now && is_empty(owner, table, month).await? {
                patiently(owner, table, month, Change::Drop).await?;
                if !of_table(owner, table).await?.contains(&month) {
                    kept.dropped.push(format!("{table} {month}"));
                }
            }
        }
        look_through(owner, table).await?;
    }
    Ok(kept)
}

/// The months that are missing: from the present one on, and from the last one on where nobody made any for long. What is before the
/// first one is elsewhere: no item would find it.
fn wanted(there: &[Month], now: i64) -> Vec<Month> {
    let present = Month::of(now);
    let from = there
        .last()
        .map_or(present, |last| last.next().min(present));
    let mut month = there.first().map_or(from, |first| from.max(*first));
    let last = (0..AHEAD).fold(present, |month, _| month.next());
    let mut wanted = Vec::new();
    while month <= last {
        if !there.contains(&month) {
            wanted.push(month);
        }
        month = month.next();
    }
    wanted
}

/// Whether a month has no row, by everybody's account. What is left of removed rows is given back on the way.
async fn is_empty(owner: &mut PgConnection, table: &str, month: Month) -> Result<bool, StoreError> {
    let schema: String = sqlx::query_scalar("SELECT quote_ident(current_schema() || '_months')")
        .fetch_one(&mut *owner)
        .await?;
    // Nothing of it comes from outside.
    let partition = format!("{schema}.\"{table}_{}\"", month.name());
    let has_rows = format!("SELECT EXISTS (SELECT FROM {partition})");
    if sqlx::query_scalar(AssertSqlSafe(has_rows))
        .fetch_one(&mut *owner)
        .await?
    {
        return Ok(false);
    }
    sqlx::raw_sql(AssertSqlSafe(format!("VACUUM {partition}")))
        .execute(owner)
        .await?;
    Ok(true)
}

#[derive(Clone, Copy)]
enum Change {
    Make,
    Drop,
}

/// Changes a partition between those who use the tables.
async fn patiently(
    owner: &mut PgConnection,
    table: &str,
    month: Month,
    change: Change,
) -> Result<(), StoreError> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        match change_month(owner, table, month, change).await {
            Err(StoreError::Conflict(_)) if Instant::now() < give_up => sleep(PAUSE).await,
            other => return other,
        }
    }
}

async fn change_month(
    owner: &mut PgConnection,
    table: &str,
    month: Month,
    change: Change,
) -> Result<(), StoreError> {
    let mut transaction = owner.begin().await?;
    stand_back_after(&mut transaction, STANDING_MS).await?;
    match change {
        Change::Make => make(&mut transaction, table, month).await?,
        Change::Drop => {
            let settings = [("divided", table), ("month", &month.name())];
            name(&mut transaction, &settings).await?;
            let sql = include_str!("../sql/months/drop.postgres.sql");
            run(&mut transaction, sql).await?;
        }
    }
    transaction.commit().await?;
    Ok(())
}

/// What a table has in all its partitions is looked through now and then: PostgreSQL does that by itself for each of them alone.
async fn look_through(owner: &mut PgConnection, table: &str) -> Result<(), StoreError> {
    let sql = include_str!("../sql/months/looked_through.postgres.sql");
    let is_known: bool = sqlx::query_scalar(sql)
        .bind(table)
        .fetch_one(&mut *owner)
        .await?;
    if !is_known {
        sqlx::raw_sql(AssertSqlSafe(format!("ANALYZE \"{table}\"")))
            .execute(owner)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_present_month_and_some_ahead_are_wanted_and_no_gap_is_left() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        let wanted = |there: &[&str], now: &str| -> Vec<String> {
            let there: Vec<Month> = there.iter().map(|text| month(text)).collect();
            let missing = wanted(&there, month(now).start() + 1);
            missing.iter().map(ToString::to_string).collect()
        };
        let ahead = ["2026-11", "2026-12", "2027-01", "2027-02"];
        assert_eq!(wanted(&[], "2026-11"), ahead);
        assert_eq!(wanted(&ahead, "2026-11"), [""; 0]);
        assert_eq!(wanted(&ahead, "2026-12"), ["2027-03"]);
        assert_eq!(wanted(&["2026-09"], "2026-11")[0], "2026-10");
        // One that is not the last was dropped: it was empty.
        assert_eq!(wanted(&["2026-08", "2026-10"], "2026-11"), ahead);
        // What was there before they were, is not of them.
        assert_eq!(wanted(&ahead[1..], "2026-11"), [""; 0]);
    }
}
