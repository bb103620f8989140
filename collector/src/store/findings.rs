//! What event catalogues found wrong, counted by event, problem and field.
//!
//! Bounded by number per site: those that were not seen for the longest time go first.

use std::collections::BTreeSet;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::rows::{Marks, Rows, Value, bind};
use super::{Kind, Store, StoreError, on};

/// Findings of one site.
const ROWS: i64 = 500;

/// How often something was found, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Events.
    pub items: i64,
    /// The collector's clock at the first of them.
    pub first_at: i64,
    /// And at the last.
    pub last_at: i64,
}

impl Count {
    /// Adds another count of the same.
    pub fn merge(&mut self, other: Self) {
        self.items += other.items;
        self.first_at = self.first_at.min(other.first_at);
        self.last_at = self.last_at.max(other.last_at);
    }
}

/// Something to be counted.
#[derive(Debug, Clone, Copy)]
pub struct NewFinding<'a> {
    /// The site.
    pub site_id: i64,
    /// The event's name.
    pub name: &'a str,
    /// The problem's name.
    pub problem: &'a str,
    /// Where it is.
    pub field: &'a str,
    /// How often.
    pub count: Count,
}

/// Something that a catalogue found, as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow, ToSchema)]
pub struct Counted {
    /// The event's name.
    pub name: String,
    /// `unknown_event` or `invalid_props`.
    pub problem: String,
    /// Where, such as `data.name` or `data.props.plan`.
    pub field: String,
    /// How many events.
    pub count: i64,
    /// When the first of them arrived.
    pub first_seen: i64,
    /// When the last of them arrived.
    pub last_seen: i64,
}

static UPSERT: Rows = Rows::new(include_str!("sql/findings/upsert.sql"), 7);

impl Store {
    /// Adds counts. `rows` are in the order of their keys.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was counted then.
    pub async fn add_findings(&self, rows: &[NewFinding<'_>]) -> Result<(), StoreError> {
        let marks = match self.kind() {
            Kind::Sqlite => Marks::Bare,
            Kind::Postgres => Marks::Numbered,
        };
        let sites: BTreeSet<i64> = rows.iter().map(|row| row.site_id).collect();
        let values: Vec<Value<'_>> = rows
            .iter()
            .flat_map(|row| -> [Value<'_>; 7] {
                [
                    row.site_id.into(),
                    row.name.into(),
                    row.problem.into(),
                    row.field.into(),
                    row.count.items.into(),
                    row.count.first_at.into(),
                    row.count.last_at.into(),
                ]
            })
            .collect();
        on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            for (sql, values) in UPSERT.chunks(marks, &values) {
                bind!(sqlx::query(sql), values)
                    .execute(&mut *transaction)
                    .await?;
            }
            for site_id in &sites {
                sqlx::query(include_str!("sql/findings/delete_beyond.sql"))
                    .bind(*site_id)
                    .bind(ROWS)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(())
        })
    }

    /// What was found of a site's events, the latest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn findings(&self, site_id: i64) -> Result<Vec<Counted>, StoreError> {
        Ok(on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/findings/list.sql"))
                .bind(site_id)
                .fetch_all(pool)
                .await
        })?)
    }

    /// Forgets what was found: of one event, or of all. Says how many findings there were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_findings(
        &self,
        site_id: i64,
        name: Option<&str>,
    ) -> Result<u64, StoreError> {
        Ok(on!(self, write of site_id, |pool| {
            sqlx::query(include_str!("sql/findings/delete.sql"))
                .bind(site_id)
                .bind(name)
                .execute(pool)
                .await
                .map(|done| done.rows_affected())
        })?)
    }
}
