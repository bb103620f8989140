//! Items, sessions and journeys in the order of their time, a slice at a time, for whoever reads all of them. Which days have
//! been written to a folder is [`super::schedules`]'s.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::audit::{By, Change, note};
use super::bots::Bots;
use super::rows::{Filters, bind};
use super::{Store, StoreError, entries, journeys, on, sessions};
use crate::journey::{Entry, Journey, Session};

/// From when until when, and of whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// The first moment.
    pub(crate) from: Option<i64>,
    /// The moment after the last.
    pub(crate) to: Option<i64>,
    pub(crate) bots: Bots,
}

impl Span {
    /// Before the first row.
    fn start(self) -> Place {
        Place {
            // With the greatest ids, what comes next is of `from`.
            at: self.from.map_or(i64::MIN, |from| from.saturating_sub(1)),
            id: Uuid::max(),
            tie: Uuid::max(),
        }
    }

    fn end(self) -> i64 {
        self.to.unwrap_or(i64::MAX)
    }
}

/// A place in the order, which is that of time and then of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    at: i64,
    id: Uuid,
    tie: Uuid,
}

impl From<&Entry> for Place {
    fn from(entry: &Entry) -> Self {
        Self {
            at: entry.at,
            id: entry.id,
            tie: entry.visitor_id.unwrap_or_default(),
        }
    }
}

impl From<&Session> for Place {
    fn from(session: &Session) -> Self {
        Self {
            at: session.started_at,
            id: session.session_id,
            tie: session.visitor_id,
        }
    }
}

impl From<&Journey> for Place {
    fn from(journey: &Journey) -> Self {
        Self {
            at: journey.last_seen,
            id: journey.visitor_id,
            tie: journey.visitor_id,
        }
    }
}

/// That those of `table` are a bot's or nobody's such.
macro_rules! of_bots {
    ($table:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM visitors AS v WHERE v.site_id = ",
            $table,
            ".site_id AND v.visitor_id = ",
            $table,
            ".visitor_id AND COALESCE(v.bot_decision, v.device_type = 'bot', FALSE)) = $?"
        )
    };
}
pub(super) use of_bots;

impl Store {
    /// The items that follow `after`, the earliest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn entries_from(
        &self,
        site_id: i64,
        span: Span,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let mut filters = Filters::new(6);
        filters.add(of_bots!("events"), span.bots.wanted());
        let sql = filters.apply(&self.by_second(include_str!("sql/exports/events.sql")));
        let rows: Vec<entries::Row> = self
            .slice(site_id, sql, &filters, span, after, limit)
            .await?;
        let definition = self.stages(site_id);
        rows.into_iter()
            .map(|row| row.into_entry(&definition))
            .collect()
    }

    /// The sessions that follow `after`, the one that began first before the others.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn sessions_from(
        &self,
        site_id: i64,
        span: Span,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError> {
        let mut filters = Filters::new(6);
        filters.add(of_bots!("sessions"), span.bots.wanted());
        let sql = filters.apply(include_str!("sql/exports/sessions.sql"));
        let rows: Vec<sessions::Row> = self
            .slice(site_id, sql, &filters, span, after, limit)
            .await?;
        self.with_visible_times(site_id, rows).await
    }

    /// The journeys that follow `after`, the one that was not seen for longest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn journeys_from(
        &self,
        site_id: i64,
        span: Span,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Journey>, StoreError> {
        let mut filters = Filters::new(6);
        let marked = "COALESCE(bot_decision, device_type = 'bot', FALSE) = $?";
        filters.add(marked, span.bots.wanted());
        let sql = filters.apply(include_str!("sql/exports/journeys.sql"));
        let rows: Vec<journeys::Row> = self
            .slice(site_id, sql, &filters, span, after, limit)
            .await?;
        self.with_milestones(site_id, rows).await
    }

    async fn slice<R>(
        &self,
        site_id: i64,
        sql: String,
        filters: &Filters<'_>,
        span: Span,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<R>, StoreError>
    where
        R: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>
            + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>
            + Send
            + Unpin,
    {
        let after = after.unwrap_or(span.start());
        Ok(on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(after.at)
                .bind(after.id)
                .bind(after.tie)
                .bind(span.end())
                .bind(i64::from(limit));
            bind!(query, &filters.values).fetch_all(pool).await
        })?)
    }

    /// Notes that something is given out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; then it should not be.
    pub(crate) async fn note_export(
        &self,
        site_id: i64,
        action: &'static str,
        subject: String,
        detail: serde_json::Value,
        by: By<'_>,
    ) -> Result<(), StoreError> {
        let change = Change {
            site_id,
            at: by.now,
            actor: by.actor,
            action,
            subject,
            detail,
        };
        on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            note!(transaction, &change);
            transaction.commit().await?;
            Ok(())
        })
    }
}
