//! API keys: machines that may read.

use serde::Serialize;

use super::{Store, StoreError, on};

/// An API key, without its secret, which nobody can read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiKey {
    /// The id.
    pub id: i64,
    /// What its maker calls it.
    pub name: String,
    /// The one site it sees; none for every site.
    pub site: Option<i64>,
    /// The secret's first characters.
    pub hint: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: i64,
}

type Row = (i64, String, Option<i64>, String, i64);

fn api_key((id, name, site, hint, created_at): Row) -> ApiKey {
    ApiKey {
        id,
        name,
        site,
        hint,
        created_at,
    }
}

impl Store {
    /// Every API key, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let rows: Vec<Row> = on!(self, read, |pool| {
            sqlx::query_as(include_str!("sql/keys/list.sql"))
                .fetch_all(pool)
                .await
        })?;
        Ok(rows.into_iter().map(api_key).collect())
    }

    /// Keeps a new API key, of whose secret only the digest and the first characters come here.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] when there is no such site, [`StoreError::Unavailable`] without a database.
    pub async fn add_api_key(
        &self,
        name: &str,
        site: Option<i64>,
        digest: &[u8],
        hint: &str,
        now: i64,
    ) -> Result<ApiKey, StoreError> {
        let row: Row = on!(self, write, |pool| {
            sqlx::query_as(include_str!("sql/keys/insert.sql"))
                .bind(name)
                .bind(site)
                .bind(digest)
                .bind(hint)
                .bind(now)
                .fetch_one(pool)
                .await
        })?;
        Ok(api_key(row))
    }

    /// Takes an API key away, at once and for good. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn revoke_api_key(&self, id: i64) -> Result<bool, StoreError> {
        let gone = on!(self, write, |pool| {
            sqlx::query(include_str!("sql/keys/delete.sql"))
                .bind(id)
                .execute(pool)
                .await
                .map(|done| done.rows_affected())
        })?;
        Ok(gone > 0)
    }

    /// The API key with this secret.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn api_key_by_secret(&self, digest: &[u8]) -> Result<Option<ApiKey>, StoreError> {
        let row: Option<Row> = on!(self, read, |pool| {
            sqlx::query_as(include_str!("sql/keys/by_secret.sql"))
                .bind(digest)
                .fetch_optional(pool)
                .await
        })?;
        Ok(row.map(api_key))
    }
}
