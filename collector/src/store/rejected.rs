//! The inbox of dropped items.
//!
//! Bounded by number per site and by age; the oldest go first, and how many went is kept by site. What is written here
//! has been masked by [`crate::ingest`].

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use serde::Serialize;
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::page::{Cursor, Page};
use super::rows::{Filters, Marks, Rows, Value, bind};
use super::{Kind, Store, StoreError, on};

/// What is left of an item's JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// All of it.
    Whole,
    /// Secrets were hidden, in it or in its context, and nobody can bring them back.
    Masked,
    /// It, or its context, was too long to be kept.
    Cut,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Masked => "masked",
            Self::Cut => "cut",
        }
    }

    fn of(text: &str) -> Self {
        match text {
            "whole" => Self::Whole,
            "masked" => Self::Masked,
            _ => Self::Cut,
        }
    }
}

/// What it takes to read an item again, beside the item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// The batch's context, as JSON.
    pub context: String,
    /// The sender's clock when it sent.
    pub sent_at: i64,
    /// What was known of the sender beside the batch, as JSON that [`crate::ingest`] reads.
    pub sender: Option<String>,
}

/// A dropped item to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRejected {
    /// The site.
    pub site_id: i64,
    /// The item's id, or a new one.
    pub id: Uuid,
    /// When it arrived.
    pub received_at: i64,
    /// Why it was dropped.
    pub reason: &'static str,
    /// The field at fault.
    pub field: Option<String>,
    /// Who sent it.
    pub sdk: Option<String>,
    /// What was sent.
    pub payload: String,
    /// What is left of that.
    pub state: State,
    /// What it takes to try again; only for [`State::Whole`].
    pub again: Option<Again>,
}

/// A dropped item as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Rejected {
    /// The item's id, or one that the collector made.
    pub id: Uuid,
    /// When it arrived, by the collector's clock.
    pub received_at: i64,
    /// Why it was dropped.
    pub reason: String,
    /// The field at fault.
    pub field: Option<String>,
    /// Name and version of the sender.
    pub sdk: Option<String>,
    /// What was sent, as JSON text.
    pub payload: String,
    /// What is left of that.
    pub state: State,
    /// Whether it can go the way of ingest again.
    pub retryable: bool,
    /// What that takes.
    #[serde(skip)]
    pub again: Option<Again>,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Rows of one site.
    pub items: i64,
    /// From an item's arrival on.
    pub age: Duration,
}

/// What writing did with the inbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows that had to go because there were too many.
    pub too_many: u64,
    /// Rows that had to go because they were too old.
    pub too_old: u64,
    /// Site and id of items that were not there before.
    pub new: HashSet<(i64, Uuid)>,
}

static INSERT: Rows = Rows::new(include_str!("sql/rejected/insert.sql"), 11);
static LET_GO: Rows = Rows::new(include_str!("sql/rejected/let_go.sql"), 2);

#[derive(FromRow)]
struct Row {
    id: Uuid,
    received_at: i64,
    reason: String,
    field: Option<String>,
    sdk: Option<String>,
    payload: String,
    state: String,
    context: Option<String>,
    sent_at: Option<i64>,
    sender: Option<String>,
}

impl From<Row> for Rejected {
    fn from(row: Row) -> Self {
        let again = row
            .context
            .zip(row.sent_at)
            .map(|(context, sent_at)| Again {
                context,
                sent_at,
                sender: row.sender,
            });
        Self {
            id: row.id,
            received_at: row.received_at,
            reason: row.reason,
            field: row.field,
            sdk: row.sdk,
            payload: row.payload,
            state: State::of(&row.state),
            retryable: again.is_some(),
            again,
        }
    }
}

fn values(row: &NewRejected) -> [Value<'_>; 11] {
    let again = row.again.as_ref();
    [
        row.site_id.into(),
        row.id.into(),
        row.received_at.into(),
        row.reason.into(),
        (&row.field).into(),
        (&row.sdk).into(),
        row.payload.as_str().into(),
        row.state.as_str().into(),
        again.map(|again| again.context.as_str()).into(),
        again.map(|again| again.sent_at).into(),
        Value::Text(again.and_then(|again| again.sender.as_deref())),
    ]
}

impl Store {
    /// Keeps dropped items, and lets the oldest go where that makes too many. An item that is there already stays as it
    /// is, and is not among the new ones. `missed` are numbers of items, by site, that never got here.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was written then.
    pub async fn add_rejected(
        &self,
        dropped: &[NewRejected],
        missed: &[(i64, i64)],
        bounds: Bounds,
        now: i64,
    ) -> Result<Written, StoreError> {
        let marks = match self.kind() {
            Kind::Sqlite => Marks::Bare,
            Kind::Postgres => Marks::Numbered,
        };
        let rows: Vec<Value<'_>> = dropped.iter().flat_map(values).collect();
        let mut sites: BTreeMap<i64, i64> = dropped.iter().map(|row| (row.site_id, 0)).collect();
        for (site_id, items) in missed {
            *sites.entry(*site_id).or_default() += items;
        }
        let counts = |sites: &BTreeMap<i64, i64>| -> Vec<Value<'static>> {
            let pairs = sites.iter();
            pairs
                .flat_map(|(site, n)| [(*site).into(), (*n).into()])
                .collect()
        };
        let age = i64::try_from(bounds.age.as_millis()).unwrap_or(i64::MAX);
        on!(self, write, |pool| {
            // The first statement writes, so that SQLite takes its lock before it reads. On PostgreSQL it makes the
            // collectors that write to a site wait for each other, so that each sees what the one before left there.
            let mut transaction = pool.begin().await?;
            for (sql, values) in LET_GO.chunks(marks, &counts(&sites)) {
                bind!(sqlx::query(sql), values)
                    .execute(&mut *transaction)
                    .await?;
            }
            let too_old = sqlx::query(include_str!("sql/rejected/delete_old.sql"))
                .bind(now.saturating_sub(age))
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            let mut new = HashSet::new();
            for (sql, values) in INSERT.chunks(marks, &rows) {
                let rows: Vec<(i64, Uuid)> = bind!(sqlx::query_as(sql), values)
                    .fetch_all(&mut *transaction)
                    .await?;
                new.extend(rows);
            }
            let mut too_many = 0;
            for (site_id, let_go) in &mut sites {
                let gone = sqlx::query(include_str!("sql/rejected/delete_beyond.sql"))
                    .bind(*site_id)
                    .bind(bounds.items)
                    .execute(&mut *transaction)
                    .await?
                    .rows_affected();
                *let_go = gone.cast_signed();
                too_many += gone;
            }
            if too_many > 0 {
                for (sql, values) in LET_GO.chunks(marks, &counts(&sites)) {
                    bind!(sqlx::query(sql), values)
                        .execute(&mut *transaction)
                        .await?;
                }
            }
            transaction.commit().await?;
            Ok(Written {
                too_many,
                too_old,
                new,
            })
        })
    }

    /// Dropped items of a site, the latest first. `cursor` is what the page before gave, `None` for the first.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn rejected(
        &self,
        site_id: i64,
        reason: Option<&str>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Rejected>, StoreError> {
        let cursor = Cursor::read(cursor)?;
        let mut filters = Filters::new(4);
        filters.add("reason = $?", reason);
        let sql = filters.apply(include_str!("sql/rejected/list.sql"));
        let rows: Vec<Row> = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(cursor.at)
                .bind(cursor.id)
                .bind(i64::from(limit) + 1);
            bind!(query, &filters.values).fetch_all(pool).await
        })?;
        let page = Page::cut(rows, limit, |row| Cursor {
            at: row.received_at,
            id: row.id,
            tie: Uuid::nil(),
        });
        Ok(Page {
            data: page.data.into_iter().map(Rejected::from).collect(),
            next_cursor: page.next_cursor,
        })
    }

    /// One dropped item.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rejected_item(
        &self,
        site_id: i64,
        id: Uuid,
    ) -> Result<Option<Rejected>, StoreError> {
        let row: Option<Row> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/rejected/get.sql"))
                .bind(site_id)
                .bind(id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(row.map(Rejected::from))
    }

    /// When the items of a site arrived that the inbox holds, since a moment.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn dropped_since(
        &self,
        site_id: i64,
        since: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let rows: Vec<(i64,)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/rejected/times.sql"))
                .bind(site_id)
                .bind(since)
                .fetch_all(pool)
                .await
        })?;
        Ok(rows.into_iter().map(|(at,)| at).collect())
    }

    /// How many items of a site the inbox let go so far.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rejected_let_go(&self, site_id: i64) -> Result<i64, StoreError> {
        let items: Option<(i64,)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/rejected/let_go_of_site.sql"))
                .bind(site_id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(items.map_or(0, |(items,)| items))
    }

    /// How many items of all sites the inbox holds.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rejected_count(&self) -> Result<i64, StoreError> {
        let (count,) = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/rejected/count.sql"))
                .fetch_one(pool)
                .await
        })?;
        Ok(count)
    }

    /// Takes one item out of the inbox. Says whether it was there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn remove_rejected(&self, site_id: i64, id: Uuid) -> Result<bool, StoreError> {
        let gone = on!(self, write of site_id, |pool| {
            sqlx::query(include_str!("sql/rejected/delete.sql"))
                .bind(site_id)
                .bind(id)
                .execute(pool)
                .await
                .map(|done| done.rows_affected())
        })?;
        Ok(gone > 0)
    }

    /// Takes all items of a reason, or of any, out of a site's inbox, and says how many there were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn empty_rejected(
        &self,
        site_id: i64,
        reason: Option<&str>,
    ) -> Result<u64, StoreError> {
        let mut filters = Filters::new(1);
        filters.add("reason = $?", reason);
        let sql = filters.apply(include_str!("sql/rejected/delete_all.sql"));
        Ok(on!(self, write of site_id, |pool| {
            let query = sqlx::query(AssertSqlSafe(sql)).bind(site_id);
            bind!(query, &filters.values)
                .execute(pool)
                .await
                .map(|done| done.rows_affected())
        })?)
    }

    /// Notes that an item was dropped again, and why this time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn reject_again(
        &self,
        site_id: i64,
        id: Uuid,
        reason: &str,
        field: Option<&str>,
    ) -> Result<(), StoreError> {
        on!(self, write of site_id, |pool| {
            sqlx::query(include_str!("sql/rejected/update_reason.sql"))
                .bind(site_id)
                .bind(id)
                .bind(reason)
                .bind(field)
                .execute(pool)
                .await
                .map(drop)
        })?;
        Ok(())
    }
}
