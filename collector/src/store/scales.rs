//! How sites measure engagement: `score_scales`. A site without a row measures as all do.

use super::audit::{Change, noted};
use super::{Store, StoreError, on};
use crate::journey::Scale;

impl Store {
    /// How a site measures engagement.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn scale(&self, site_id: i64) -> Result<Scale, StoreError> {
        let row: Option<(i64, i64, i64, i64, i64, i64)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/score_scales/get.sql"))
                .bind(site_id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(row.map_or_else(Scale::default, |(a, b, c, d, e, f)| {
            Scale::from_numbers([a, b, c, d, e, f])
        }))
    }

    /// Sets how a site measures engagement, for the audit log by `actor`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_scale(
        &self,
        site_id: i64,
        scale: &Scale,
        actor: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let detail = serde_json::to_value(scale.document())
            .map_err(|error| StoreError::Internal(error.to_string()))?;
        let change = Change {
            site_id,
            at: now,
            actor,
            action: "scores.set",
            subject: format!("site:{site_id}"),
            detail,
        };
        let [a, b, c, d, e, f] = scale.numbers();
        noted!(
            self,
            change,
            sqlx::query(include_str!("sql/score_scales/upsert.sql"))
                .bind(site_id)
                .bind(a)
                .bind(b)
                .bind(c)
                .bind(d)
                .bind(e)
                .bind(f)
        );
        self.touched().look();
        Ok(())
    }
}
