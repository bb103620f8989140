//! Keys of machines: API keys, which may read, and server keys, which may send for one site.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Store, StoreError, on};

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Reads from the API.
    Api,
    /// Sends events from a server, for one site.
    Server,
}

impl KeyKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Server => "server",
        }
    }
}

/// A key, without its secret, which nobody can read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApiKey {
    /// The id.
    pub id: i64,
    /// What its maker calls it.
    pub name: String,
    /// What it is good for.
    pub kind: KeyKind,
    /// The one site it is for; none for an API key that sees every site.
    pub site: Option<i64>,
    /// The secret's first characters.
    pub hint: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: i64,
}

/// A key to be kept. Of its secret only the digest and the first characters come here.
#[derive(Debug, Clone, Copy)]
pub struct NewKey<'a> {
    /// See [`ApiKey::name`].
    pub name: &'a str,
    /// See [`ApiKey::kind`].
    pub kind: KeyKind,
    /// See [`ApiKey::site`].
    pub site: Option<i64>,
    /// The secret's digest.
    pub digest: &'a [u8],
    /// See [`ApiKey::hint`].
    pub hint: &'a str,
}

type Row = (i64, String, String, Option<i64>, String, i64);

fn api_key((id, name, kind, site, hint, created_at): Row) -> ApiKey {
    ApiKey {
        id,
        name,
        kind: if kind == KeyKind::Server.as_str() {
            KeyKind::Server
        } else {
            KeyKind::Api
        },
        site,
        hint,
        created_at,
    }
}

impl Store {
    /// Every key of either kind, the oldest first.
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

    /// Keeps a new key.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] when there is no such site, [`StoreError::Unavailable`] without a database.
    pub async fn add_api_key(&self, key: &NewKey<'_>, now: i64) -> Result<ApiKey, StoreError> {
        let row: Row = on!(self, write, |pool| {
            sqlx::query_as(include_str!("sql/keys/insert.sql"))
                .bind(key.name)
                .bind(key.kind.as_str())
                .bind(key.site)
                .bind(key.digest)
                .bind(key.hint)
                .bind(now)
                .fetch_one(pool)
                .await
        })?;
        Ok(api_key(row))
    }

    /// Takes a key away, at once and for good. Says whether there was one.
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

    /// The digest of every server key, and the site it sends for.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn server_keys(&self) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
        let rows = on!(self, read, |pool| {
            sqlx::query_as(include_str!("sql/keys/list_server.sql"))
                .fetch_all(pool)
                .await
        })?;
        Ok(rows)
    }

    /// The API key with this secret. A server key is none.
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
