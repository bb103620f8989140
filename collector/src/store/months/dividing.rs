//! Bringing a database into the form of months: the tables that there are become the partition of all that is in no month, and
//! months begin with the next one. No row is written again, but those few of senders whose clocks are ahead. It is one transaction, in which nobody else
//! reads or writes items; PostgreSQL reads the old tables through once in it, to be sure that no month has a row there.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::time::{Instant, sleep};

use super::keeping::alone;
use super::{
    AHEAD, END, Month, TABLES, is_partitioned, make, name, of_table, run, stand_back_after,
};
use crate::store::wall::as_owner;
use crate::store::{Database, Store, StoreError};

/// For how long one try waits for the tables, for how long it is tried, and the pause in which others go on.
const STANDING_MS: u32 = 2_000;
const PATIENCE: Duration = Duration::from_secs(600);
const PAUSE: Duration = Duration::from_secs(1);
/// The most months of the past that a new database can be made with.
pub const MOST_PAST: usize = 120;

/// What dividing would come to, or has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Division {
    /// Bytes that PostgreSQL reads, while items wait.
    pub bytes: i64,
    /// The first month, and the last one that is made at once.
    pub months: (Month, Month),
}

/// How items are stored now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Divided {
    /// They were in one table, and are in months from now on; or would be.
    Now(Division),
    /// They were before: the first and the last month.
    Before(Option<(Month, Month)>),
    /// Somebody else is at it.
    Elsewhere,
    /// A database that is being moved stays as it is.
    Moving,
    /// Months of the past are for a database without items.
    HasItems,
    /// SQLite has no partitions.
    Never,
}

impl Store {
    /// Has items stored by month, from the next month on; in a database without items from the present one, or from `from` on.
    /// `dry` says what that would come to, and changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where those who use the tables left no gap, [`StoreError::Unavailable`],
    /// [`StoreError::Internal`] where a schema may not be made; nothing was changed then.
    pub async fn divide(
        &self,
        from: Option<Month>,
        now: i64,
        dry: bool,
    ) -> Result<Divided, StoreError> {
        let Database::Postgres { write, .. } = self.database() else {
            return Ok(Divided::Never);
        };
        let mut owner = as_owner(write).await?;
        let divided = divide(&mut owner, from, now, dry).await;
        owner.close().await?;
        divided
    }
}

async fn divide(
    owner: &mut PgConnection,
    from: Option<Month>,
    now: i64,
    dry: bool,
) -> Result<Divided, StoreError> {
    if !alone(owner).await? {
        return Ok(Divided::Elsewhere);
    }
    if is_partitioned(owner).await? {
        let months = of_table(owner, TABLES[0]).await?;
        let ends = months.first().copied().zip(months.last().copied());
        return Ok(Divided::Before(ends));
    }
    let is_moving: bool = sqlx::query_scalar("SELECT to_regclass('moving') IS NOT NULL")
        .fetch_one(&mut *owner)
        .await?;
    if is_moving {
        return Ok(Divided::Moving);
    }
    let mut bytes = 0;
    let mut has_items = false;
    for table in TABLES {
        let sql =
            format!("SELECT pg_relation_size('\"{table}\"'), EXISTS (SELECT FROM \"{table}\")");
        let (size, has_rows): (i64, bool) = sqlx::query_as(AssertSqlSafe(sql))
            .fetch_one(&mut *owner)
            .await?;
        bytes += size;
        has_items |= has_rows;
    }
    let present = Month::of(now);
    let first = match from {
        Some(_) if has_items => return Ok(Divided::HasItems),
        Some(from) => from.min(present),
        None if has_items => present.next(),
        None => present,
    };
    let mut months = vec![first];
    while months.len() <= MOST_PAST + AHEAD && !is_ahead(&months, present) {
        months.extend(months.last().map(|last| last.next()));
    }
    let division = Division {
        bytes,
        months: (first, months.last().copied().unwrap_or(first)),
    };
    if dry {
        return Ok(Divided::Now(division));
    }
    let give_up = Instant::now() + PATIENCE;
    loop {
        match apart(owner, &months).await {
            Err(StoreError::Conflict(_)) if Instant::now() < give_up => sleep(PAUSE).await,
            Err(error) => return Err(error),
            Ok(()) => break,
        }
    }
    // What they have in all its partitions PostgreSQL finds out only if it is told to.
    for table in TABLES {
        sqlx::raw_sql(AssertSqlSafe(format!("ANALYZE \"{table}\"")))
            .execute(&mut *owner)
            .await?;
    }
    Ok(Divided::Now(division))
}

/// Whether as many months are there beside the present one as there are to be.
fn is_ahead(months: &[Month], present: Month) -> bool {
    months.iter().filter(|month| **month > present).count() >= AHEAD
}

async fn apart(owner: &mut PgConnection, months: &[Month]) -> Result<(), StoreError> {
    let mut transaction = owner.begin().await?;
    stand_back_after(&mut transaction, STANDING_MS).await?;
    // In the order in which items are stored.
    let tables = TABLES.map(|table| format!("\"{table}\"")).join(", ");
    let lock = format!("LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE");
    sqlx::raw_sql(AssertSqlSafe(lock))
        .execute(&mut *transaction)
        .await?;
    sqlx::raw_sql(
        "DO $$ BEGIN EXECUTE format('CREATE SCHEMA %I', current_schema() || '_months'); END $$",
    )
    .execute(&mut *transaction)
    .await?;
    let first = months.first().map_or(END, |month| month.first_id());
    let settings = [
        ("months_from", first.to_string()),
        ("months_to", END.to_string()),
    ];
    for (setting, value) in &settings {
        name(&mut transaction, &[(setting, value)]).await?;
    }
    for table in TABLES {
        name(&mut transaction, &[("divided", table)]).await?;
        let sql = include_str!("../sql/months/divide.postgres.sql");
        run(&mut transaction, sql).await?;
        for month in months {
            make(&mut transaction, table, *month).await?;
        }
        let sql = include_str!("../sql/months/adopt.postgres.sql");
        run(&mut transaction, sql).await?;
    }
    transaction.commit().await?;
    Ok(())
}
