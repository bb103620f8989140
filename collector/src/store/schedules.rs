//! Which days of a site have been written to a folder, how far that has come, and who is at it.
//!
//! Several collectors on one database write each day once: who writes holds the schedule for a minute at a time. What a day was
//! when it was written stands as a mark, by which a later change is seen.

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::exports::{Span, of_bots};
use super::rows::{Filters, bind};
use super::wall::Narrow;
use super::{Store, StoreError, on, wall};

/// How long a schedule is held without a sign of life, in milliseconds.
const HELD_MS: i64 = 60_000;

/// What is written of a site: its days have an order of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) site_id: i64,
    /// As `export_schedules.what` has it.
    pub(crate) what: &'static str,
}

/// A day that has been written.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct ExportedDay {
    pub(crate) day: String,
    pub(crate) format: String,
    pub(crate) row_count: i64,
    pub(crate) mark: String,
    pub(crate) written_at: i64,
    pub(crate) looked_at: i64,
}

impl Store {
    /// The first day that has not been written; where nobody has looked yet, `first` from now on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn next_export(
        &self,
        schedule: Schedule,
        first: &str,
    ) -> Result<String, StoreError> {
        let Schedule { site_id, what } = schedule;
        let known: Option<(String,)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/exports/next_day.sql"))
                .bind(site_id)
                .bind(what)
                .fetch_optional(pool)
                .await
        })?;
        if let Some((day,)) = known {
            return Ok(day);
        }
        on!(self, write of site_id, |pool| {
            sqlx::query(include_str!("sql/exports/first_look.sql"))
                .bind(site_id)
                .bind(what)
                .bind(first)
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(first.to_owned())
    }

    /// Days from `since` on that have been written, in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn exported_days(
        &self,
        schedule: Schedule,
        since: &str,
    ) -> Result<Vec<ExportedDay>, StoreError> {
        let Schedule { site_id, what } = schedule;
        Ok(on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/exports/days.sql"))
                .bind(site_id)
                .bind(what)
                .bind(since)
                .fetch_all(pool)
                .await
        })?)
    }

    /// Holds a schedule, or goes on holding it; false where somebody else does.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn hold_export(
        &self,
        schedule: Schedule,
        holder: Uuid,
        now: i64,
    ) -> Result<bool, StoreError> {
        let Schedule { site_id, what } = schedule;
        let held = on!(self, write of site_id, |pool| {
            sqlx::query(include_str!("sql/exports/hold.sql"))
                .bind(site_id)
                .bind(what)
                .bind(holder)
                .bind(now)
                .bind(now + HELD_MS)
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(held > 0)
    }

    /// Lets somebody else hold it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn let_export_go(
        &self,
        schedule: Schedule,
        holder: Uuid,
    ) -> Result<(), StoreError> {
        let Schedule { site_id, what } = schedule;
        on!(self, write of site_id, |pool| {
            sqlx::query(include_str!("sql/exports/let_go.sql"))
                .bind(site_id)
                .bind(what)
                .bind(holder)
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(())
    }

    /// Says that a day has been written, and which one is next; false where somebody else holds the schedule by now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn day_was_exported(
        &self,
        schedule: Schedule,
        holder: Uuid,
        day: &ExportedDay,
        next: &str,
    ) -> Result<bool, StoreError> {
        let Schedule { site_id, what } = schedule;
        on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            transaction.narrow(wall::Access::Site(site_id)).await?;
            let went_on = sqlx::query(include_str!("sql/exports/go_on.sql"))
                .bind(site_id)
                .bind(what)
                .bind(holder)
                .bind(next)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if went_on > 0 {
                sqlx::query(include_str!("sql/exports/written.sql"))
                    .bind(site_id)
                    .bind(what)
                    .bind(&day.day)
                    .bind(&day.format)
                    .bind(day.row_count)
                    .bind(&day.mark)
                    .bind(day.written_at)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(went_on > 0)
        })
    }

    /// Says that a day is as it was written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn day_was_looked_at(
        &self,
        schedule: Schedule,
        day: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let Schedule { site_id, what } = schedule;
        on!(self, write of site_id, |pool| {
            sqlx::query(include_str!("sql/exports/looked.sql"))
                .bind(site_id)
                .bind(what)
                .bind(day)
                .bind(now)
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(())
    }

    /// What tells whether a day is another by now: how many rows it has, what moves with whatever is added to one, and how
    /// many ids of the site have been erased.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn export_mark(
        &self,
        schedule: Schedule,
        span: Span,
    ) -> Result<String, StoreError> {
        let Schedule { site_id, what } = schedule;
        let (text, marked) = match what {
            "events" => (
                include_str!("sql/exports/mark_events.sql"),
                of_bots!("events"),
            ),
            "sessions" => (
                include_str!("sql/exports/mark_sessions.sql"),
                of_bots!("sessions"),
            ),
            _ => (
                include_str!("sql/exports/mark_journeys.sql"),
                "COALESCE(bot_decision, device_type = 'bot', FALSE) = $?",
            ),
        };
        let mut filters = Filters::new(3);
        filters.add(marked, span.bots.wanted());
        let sql = filters.apply(&self.by_second(text));
        let (rows, moved): (i64, i64) = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(span.from.unwrap_or(i64::MIN))
                .bind(span.to.unwrap_or(i64::MAX));
            bind!(query, &filters.values).fetch_one(pool).await
        })?;
        let (erased,): (i64,) = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/exports/erased.sql"))
                .bind(site_id)
                .fetch_one(pool)
                .await
        })?;
        Ok(format!("{rows}:{moved}:{erased}"))
    }
}
