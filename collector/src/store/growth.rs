//! That PostgreSQL knows its tables while they are young.
//!
//! It plans by what it found when it last looked through a table. Autovacuum comes by once a minute, and by then a new installation may
//! have stored a million items by plans that were made for nothing: to a planner that knows no rows, every index is as good as the
//! key, and a statement that goes through all of a site's rows for each row that it is told of costs no more than one that does not.
//! A connection keeps such a plan until a table is looked through, which also takes it away.
//!
//! So whoever stores items looks at sizes after the first hundreds of a process, and after twice as many each time, and has those
//! tables looked through that have doubled. A database that is not young costs a glance at the catalogue each time.

use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::AssertSqlSafe;

use super::wall::as_owner;
use super::{Database, Store, StoreError};

/// Items of a process after which sizes are looked at for the first time. A transaction may have more.
const FIRST: u64 = 200;

/// Items that a process has stored.
#[derive(Debug, Default)]
pub(super) struct Growth {
    stored: AtomicU64,
    looked_at: AtomicU64,
}

impl Growth {
    /// Counts items; says whether sizes are to be looked at. One of those who count at the same time is told so.
    fn is_due_after(&self, items: usize) -> bool {
        let stored = self.stored.fetch_add(items as u64, Ordering::Relaxed) + items as u64;
        let looked_at = self.looked_at.load(Ordering::Relaxed);
        stored >= FIRST.max(2 * looked_at)
            && self
                .looked_at
                .compare_exchange(looked_at, stored, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}

impl Store {
    /// Counts items that have been stored, and has tables looked through that have grown much by then. Nothing hangs on it: where it
    /// fails, autovacuum does it later.
    pub(super) async fn has_grown_by(&self, items: usize) {
        if self.growth().is_due_after(items)
            && let Err(error) = self.look_through_young().await
        {
            tracing::info!(%error, "tables were not looked through");
        }
    }

    async fn look_through_young(&self) -> Result<(), StoreError> {
        let Database::Postgres { write, .. } = self.database() else {
            return Ok(());
        };
        let unknown: Vec<String> =
            sqlx::query_scalar(include_str!("sql/growth/unknown.postgres.sql"))
                .fetch_all(write)
                .await?;
        if unknown.is_empty() {
            return Ok(());
        }
        let mut owner = as_owner(write).await?;
        // Whoever else is at one of them does it.
        let sql = format!("ANALYZE (SKIP_LOCKED) {}", unknown.join(", "));
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut owner)
            .await?;
        Ok(sqlx::Connection::close(owner).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_looked_at_after_some_and_after_twice_as_many_each_time() {
        let growth = Growth::default();
        let due: Vec<u64> = (1..=100).filter(|_| growth.is_due_after(60)).collect();
        assert_eq!(due, [4, 8, 16, 32, 64]);
        assert!(growth.is_due_after(1_000_000));
        assert!(!growth.is_due_after(1_000_000));
    }
}
