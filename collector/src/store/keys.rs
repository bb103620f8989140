//! Keys of machines: API keys, which may do what their scopes say, and server keys, which may send for one site.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::ToSchema;

use super::audit::{By, OfWorkspace, note, noted};
use super::{Store, StoreError, on};

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Asks the API, as far as its scopes go.
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

/// What an API key may do; `http/capability.rs` says what each means.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Reads figures and definitions.
    Read,
    /// Reads what tells of single persons.
    Persons,
    /// Changes definitions.
    Manage,
    /// Makes sites. Only of a key for every site.
    Sites,
}

/// A text that names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not read, persons, manage or sites")]
pub struct UnknownScope;

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Read, Self::Persons, Self::Manage, Self::Sites];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Persons => "persons",
            Self::Manage => "manage",
            Self::Sites => "sites",
        }
    }

    /// What a key may do of which nobody says it: read everything, and make sites if it is for every one.
    pub fn usual(site: Option<i64>) -> BTreeSet<Self> {
        let mut usual = BTreeSet::from([Self::Read, Self::Persons]);
        if site.is_none() {
            usual.insert(Self::Sites);
        }
        usual
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let named = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        named.ok_or(UnknownScope)
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
    /// The workspace whose it is.
    pub workspace: i64,
    /// The one site it is for; none for an API key that sees every site of its workspace.
    pub site: Option<i64>,
    /// What it may do; nothing of a server key, which sends.
    pub scopes: BTreeSet<Scope>,
    /// The secret's first characters.
    pub hint: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: i64,
    /// The hour in which it was used last; none where it never was, and of server keys.
    pub last_used_at: Option<i64>,
}

/// A key to be kept. Of its secret only the digest and the first characters come here.
#[derive(Debug, Clone, Copy)]
pub struct NewKey<'a> {
    /// See [`ApiKey::name`].
    pub name: &'a str,
    /// See [`ApiKey::kind`].
    pub kind: KeyKind,
    /// See [`ApiKey::workspace`].
    pub workspace: i64,
    /// See [`ApiKey::site`].
    pub site: Option<i64>,
    /// See [`ApiKey::scopes`].
    pub scopes: &'a BTreeSet<Scope>,
    /// The secret's digest.
    pub digest: &'a [u8],
    /// See [`ApiKey::hint`].
    pub hint: &'a str,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    name: String,
    kind: String,
    workspace_id: i64,
    site_id: Option<i64>,
    scopes: String,
    hint: String,
    created_at: i64,
    last_used_at: Option<i64>,
}

fn api_key(row: Row) -> ApiKey {
    // A word that this program does not know opens nothing.
    let scopes = row.scopes.split_whitespace().filter_map(|s| s.parse().ok());
    ApiKey {
        id: row.id,
        name: row.name,
        kind: if row.kind == KeyKind::Server.as_str() {
            KeyKind::Server
        } else {
            KeyKind::Api
        },
        workspace: row.workspace_id,
        site: row.site_id,
        scopes: scopes.collect(),
        hint: row.hint,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    }
}

fn words(scopes: &BTreeSet<Scope>) -> String {
    let words: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    words.join(" ")
}

const HOUR_MS: i64 = 60 * 60 * 1000;

impl Store {
    /// Every key of either kind, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let rows: Vec<Row> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/keys/list.sql"))
                .fetch_all(pool)
                .await
        })?;
        Ok(rows.into_iter().map(api_key).collect())
    }

    /// The key with this id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn api_key(&self, id: i64) -> Result<Option<ApiKey>, StoreError> {
        let row: Option<Row> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/keys/one.sql"))
                .bind(id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(row.map(api_key))
    }

    /// Keeps a new key.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] when there is no such site, [`StoreError::Unavailable`] without a database.
    pub async fn add_api_key(&self, key: &NewKey<'_>, by: By<'_>) -> Result<ApiKey, StoreError> {
        on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            let row: Row = sqlx::query_as(include_str!("sql/keys/insert.sql"))
                .bind(key.name)
                .bind(key.kind.as_str())
                .bind(key.workspace)
                .bind(key.site)
                .bind(words(key.scopes))
                .bind(key.digest)
                .bind(key.hint)
                .bind(by.now)
                .fetch_one(&mut *transaction)
                .await?;
            let made = api_key(row);
            let detail =
                serde_json::json!({"kind": made.kind, "site": made.site, "scopes": made.scopes});
            note!(
                transaction,
                OfWorkspace {
                    workspace: made.workspace,
                    by,
                    action: "keys.add",
                    subject: format!("api_key:{}", made.id),
                    detail,
                }
            );
            transaction.commit().await?;
            Ok(made)
        })
    }

    /// Takes a key of a workspace away, at once and for good. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn revoke_api_key(
        &self,
        workspace: i64,
        id: i64,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let change = OfWorkspace {
            workspace,
            by,
            action: "keys.revoke",
            subject: format!("api_key:{id}"),
            detail: serde_json::json!({}),
        };
        Ok(noted!(
            self,
            change,
            sqlx::query(include_str!("sql/keys/delete.sql"))
                .bind(workspace)
                .bind(id)
        ))
    }

    /// Keeps the hour in which an API key was used, which is a write for the first use in it and for no other.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn key_was_used(&self, key: &ApiKey, now: i64) -> Result<(), StoreError> {
        let hour = now - now.rem_euclid(HOUR_MS);
        if key.last_used_at.is_some_and(|known| known >= hour) {
            return Ok(());
        }
        on!(self, write, |pool| {
            sqlx::query(include_str!("sql/keys/use.sql"))
                .bind(key.id)
                .bind(hour)
                .execute(pool)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// The digest of every server key, and the site it sends for.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn server_keys(&self) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
        let rows = on!(self, read of every site, |pool| {
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
        let row: Option<Row> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/keys/by_secret.sql"))
                .bind(digest)
                .fetch_optional(pool)
                .await
        })?;
        Ok(row.map(api_key))
    }
}
