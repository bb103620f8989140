//! Sums by day that another tool exported: table `imported_totals`.
//!
//! Nothing here is ever added to figures of the collector's own items. A row that is written again replaces itself.

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::rows::{Marks, Rows, Value, bind};
use super::{Kind, Store, StoreError, on};

/// One row of another tool's sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTotal {
    /// The tool.
    pub source: &'static str,
    /// What the sums are by.
    pub dimension: String,
    /// As `2026-01-31`.
    pub day: String,
    /// Follows from the labels.
    pub id: Uuid,
    /// What the row is about: the JSON text of an object of texts.
    pub labels: String,
    /// The sums.
    pub figures: Figures,
}

/// Sums; null where the tool has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, FromRow, ToSchema)]
#[schema(as = ImportedFigures)]
pub struct Figures {
    /// Visitors of each day, added up.
    pub visitors: Option<i64>,
    /// Visits.
    pub visits: Option<i64>,
    /// Page views.
    pub page_views: Option<i64>,
    /// Visits of a single page.
    pub bounces: Option<i64>,
    /// Seconds that the visits lasted.
    pub seconds: Option<i64>,
    /// Events.
    pub events: Option<i64>,
}

/// Sums of one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow, ToSchema)]
#[schema(as = ImportedTotal)]
pub struct Total {
    /// The label's value, or the day; null for rows without one.
    pub value: Option<String>,
    /// The sums.
    #[serde(flatten)]
    #[sqlx(flatten)]
    pub figures: Figures,
}

/// Which sums are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What they are by.
    pub dimension: &'a str,
    /// The label whose values are told apart; the days if none.
    pub label: Option<&'a str>,
    /// The first day, as `2026-01-31`.
    pub from: &'a str,
    /// The last one.
    pub to: &'a str,
    /// The most rows.
    pub limit: i64,
}

const COLUMNS: usize = 12;
static UPSERT: Rows = Rows::new(include_str!("sql/imported_totals/upsert.sql"), COLUMNS);

impl Store {
    /// Writes rows, no two of which have one key, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Rejected`]; nothing was written then.
    pub async fn put_totals(&self, site_id: i64, totals: &[NewTotal]) -> Result<(), StoreError> {
        let marks = match self.kind() {
            Kind::Sqlite => Marks::Bare,
            Kind::Postgres => Marks::Numbered,
        };
        let values: Vec<Value<'_>> = totals
            .iter()
            .flat_map(|total| -> [Value<'_>; COLUMNS] {
                let figures = total.figures;
                [
                    site_id.into(),
                    total.source.into(),
                    total.dimension.as_str().into(),
                    total.day.as_str().into(),
                    total.id.into(),
                    Value::Json(Some(&total.labels)),
                    figures.visitors.into(),
                    figures.visits.into(),
                    figures.page_views.into(),
                    figures.bounces.into(),
                    figures.seconds.into(),
                    figures.events.into(),
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
            transaction.commit().await
        })?;
        Ok(())
    }

    /// Sums of the days asked for: by day in their order, or by label with the most visitors first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn totals(&self, site_id: i64, asked: Asked<'_>) -> Result<Vec<Total>, StoreError> {
        let mut rows: Vec<Total> = match asked.label {
            None => on!(self, read of site_id, |pool| {
                sqlx::query_as(include_str!("sql/imported_totals/by_day.sql"))
                    .bind(site_id)
                    .bind(asked.dimension)
                    .bind(asked.from)
                    .bind(asked.to)
                    .bind(asked.limit)
                    .fetch_all(pool)
                    .await
            })?,
            Some(label) => on!(self, read of site_id, |pool| {
                sqlx::query_as(include_str!("sql/imported_totals/by_label.sql"))
                    .bind(site_id)
                    .bind(asked.dimension)
                    .bind(asked.from)
                    .bind(asked.to)
                    .bind(asked.limit)
                    .bind(label)
                    .fetch_all(pool)
                    .await
            })?,
        };
        if asked.label.is_some() {
            // Databases do not agree on the order of texts.
            rows.sort_by(|a, b| {
                let most = b.figures.visitors.cmp(&a.figures.visitors);
                most.then_with(|| a.value.cmp(&b.value))
            });
        }
        Ok(rows)
    }
}
