//! That PostgreSQL knows its tables while they are young.
//!
//! It plans by what it found when it last looked through a table. Autovacuum comes by once a minute, and by then a new installation may
//! have stored a million items by plans that were made for nothing: to a planner that knows no rows, every index is as good as the
//! key, and a statement that goes through all of a site's rows for each row that it is told of costs no more than one that does not.
//! A connection keeps such a plan until a table is looked through, which also takes it away.
//!
//! So whoever stores items looks at sizes after the first hundreds of a process, and after eight times as many each time, and has those
//! tables looked through that have grown fourfold. Not more often, since all connections make their plans anew then. A database that
//! is not young costs a glance at the catalogue each time.

use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::AssertSqlSafe;

use super::wall::as_owner;
use super::{Database, Store, StoreError};

/// Items of a process after which sizes are looked at for the first time, and how many times as many it takes to do so again. A
/// transaction may have more.
const FIRST: u64 = 200;
const TIMES: u64 = 8;

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
        stored >= FIRST.max(TIMES * looked_at)
            && self
                .looked_at
                .compare_exchange(looked_at, stored, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}

impl Store {
    /// Counts items that have been stored, and has tables looked through that have grown much by then. Nobody waits for it, and
    /// nothing hangs on it: where it fails, autovacuum does it later.
    pub(super) fn has_grown_by(&self, items: usize) {
        if !self.0.growth.is_due_after(items) {
            return;
        }
        let store = self.clone();
        tokio::spawn(async move {
            if let Err(error) = store.look_through_young().await {
                tracing::info!(%error, "tables were not looked through");
            }
        });
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
        // Whoever else is at one of them does it, and is not worth a warning.
        sqlx::raw_sql("SET client_min_messages = error")
            .execute(&mut owner)
            .await?;
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
    fn sizes_are_looked_at_after_some_and_after_many_times_as_many() {
        let growth = Growth::default();
        let due: Vec<u64> = (1..=100).filter(|_| growth.is_due_after(60)).collect();
        assert_eq!(due, [4, 32]);
        assert!(growth.is_due_after(1_000_000));
        assert!(!growth.is_due_after(1_000_000));
    }
}
