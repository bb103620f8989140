//! Addresses that items told before they were looked for: a migration gathers them as they were told, because no SQL of
//! both databases knows their hash, and whoever opens the database hashes them.

use std::collections::BTreeMap;

use super::commit::EMAILS;
use super::rows::{Marks, Value, bind};
use super::{Store, StoreError, on};
use crate::journey::{email_hash, known_hash};

/// Addresses of one transaction.
const TOGETHER: i64 = 500;

impl Store {
    /// Hashes what is left to be hashed. Nearly always nothing is, which costs a look.
    ///
    /// # Errors
    /// [`StoreError`] where the database cannot be written.
    pub(super) async fn hash_told_emails(&self) -> Result<(), StoreError> {
        loop {
            let left: Option<(i64,)> = on!(self, read of every site, |pool| {
                sqlx::query_as(include_str!("sql/told_emails/left.sql"))
                    .fetch_optional(pool)
                    .await
            })?;
            if left.is_none() {
                return Ok(());
            }
            on!(self, write, |pool| {
                let mut transaction = pool.begin().await?;
                let told: Vec<(i64, String, String, i64)> =
                    sqlx::query_as(include_str!("sql/told_emails/take.sql"))
                        .bind(TOGETHER)
                        .fetch_all(&mut *transaction)
                        .await?;
                let hashed = hashed(&told);
                let values: Vec<Value<'_>> = hashed
                    .iter()
                    .flat_map(|((site_id, hash, user), last_at)| -> [Value<'_>; 4] {
                        [
                            (*site_id).into(),
                            hash.as_str().into(),
                            (*user).into(),
                            (*last_at).into(),
                        ]
                    })
                    .collect();
                for (sql, values) in EMAILS.chunks(Marks::Numbered, &values) {
                    bind!(sqlx::query(sql), values)
                        .execute(&mut *transaction)
                        .await?;
                }
                transaction.commit().await?;
            });
        }
    }
}

/// By site, hash and user: when it was told last. One address may have been written in several ways.
fn hashed(told: &[(i64, String, String, i64)]) -> BTreeMap<(i64, String, &str), i64> {
    let mut hashed = BTreeMap::new();
    for (site_id, told, user, at) in told {
        if let Some(hash) = email_hash(told).or_else(|| known_hash(told)) {
            let last_at = hashed.entry((*site_id, hash, user.as_str())).or_insert(*at);
            *last_at = (*at).max(*last_at);
        }
    }
    hashed
}
