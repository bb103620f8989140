//! What stays of rows that are gone: sums by day of the site's time zone, written in the transaction that removes them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use crate::store::rows::{Rows, Value};
use crate::store::sites::Site;
use crate::store::{Store, StoreError, on};

pub(super) const COLUMNS: usize = 6;
pub(in crate::store) static ADD: Rows =
    Rows::new(include_str!("../sql/retention/add_totals.sql"), COLUMNS);

/// A sum of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow, ToSchema)]
pub struct KeptTotal {
    /// As `2026-01-31`.
    pub day: String,
    /// What was counted: `event`, `page_view`, another type of items, `session`, `visitor`, `interaction`,
    /// `unmatched_interaction`.
    pub kind: String,
    /// The name of events and milestones, the channel of sessions and interactions, else empty.
    pub name: String,
    /// How many there were.
    pub items: i64,
}

/// Sums that a transaction adds.
pub(in crate::store) struct Sums {
    zone: TimeZone,
    rows: BTreeMap<(&'static str, String, String), (i64, i64)>,
}

impl Sums {
    pub(in crate::store) fn of(site: &Site) -> Self {
        Self {
            // Checked when the site was made.
            zone: TimeZone::get(&site.time_zone).unwrap_or(TimeZone::UTC),
            rows: BTreeMap::new(),
        }
    }

    /// Adds an item with a row of its own.
    pub(in crate::store) fn add_item(&mut self, kind: &str, name: Option<&str>, at: i64) {
        match kind {
            "event" => self.add("event", name.unwrap_or(""), at),
            "milestone" => self.add("milestone", name.unwrap_or(""), at),
            "page_view" => self.add("page_view", "", at),
            "identify" => self.add("identify", "", at),
            "group" => self.add("group", "", at),
            "consent" => self.add("consent", "", at),
            _ => self.add("other", "", at),
        }
    }

    pub(in crate::store) fn add(&mut self, kind: &'static str, name: &str, at: i64) {
        let day = Timestamp::from_millisecond(at).map_or_else(
            |_| String::new(),
            |at| at.to_zoned(self.zone.clone()).date().to_string(),
        );
        let sum = self
            .rows
            .entry((kind, name.to_owned(), day))
            .or_insert((0, at));
        *sum = (sum.0 + 1, sum.1.max(at));
    }

    /// Rows for `sql/retention/add_totals.sql`, in the order of their key.
    pub(in crate::store) fn values(&self, site_id: i64) -> Vec<Value<'_>> {
        self.rows
            .iter()
            .flat_map(|((kind, name, day), (items, last_at))| {
                [
                    site_id.into(),
                    Value::from(*kind),
                    name.as_str().into(),
                    day.as_str().into(),
                    (*items).into(),
                    (*last_at).into(),
                ]
            })
            .collect()
    }
}

impl Store {
    /// The sums of a site from one day to another, both included.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn kept_totals(
        &self,
        site_id: i64,
        from: &str,
        to: &str,
    ) -> Result<Vec<KeptTotal>, StoreError> {
        Ok(on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("../sql/retention/totals.sql"))
                .bind(site_id)
                .bind(from)
                .bind(to)
                .fetch_all(pool)
                .await
        })?)
    }

    /// Of interactions that are gone, by channel: whether they were nobody's, how many, and when the last one was.
    pub(in crate::store) async fn kept_channels(
        &self,
        site_id: i64,
    ) -> Result<Vec<(String, String, i64, i64)>, StoreError> {
        Ok(on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("../sql/retention/totals_of_kinds.sql"))
                .bind(site_id)
                .fetch_all(pool)
                .await
        })?)
    }
}
