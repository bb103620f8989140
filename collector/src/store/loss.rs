//! How much did not arrive, by the numbers of the tabs' items: `tab_sequences` as they are read.

use super::{Store, StoreError, on};
use crate::journey::Loss;

impl Store {
    /// What the items of a site from `from` on and before `to`, in milliseconds, say of those that are missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn loss(&self, site_id: i64, from: i64, to: i64) -> Result<Loss, StoreError> {
        let blocks: Vec<(i64, i64, bool, i64)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/tab_sequences/loss.sql"))
                .bind(site_id)
                .bind(from)
                .bind(to)
                .fetch_all(pool)
                .await
        })?;
        Ok(blocks
            .into_iter()
            .fold(Loss::default(), |sum, (bits, gap, followed, times)| {
                sum.add_times(Loss::of_block(bits, gap, followed), times)
            }))
    }
}
