//! Share links: whoever has one reads of one site, until it expires or is taken back. Of its token only the digest is kept.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::By;
use super::audit::{Change, noted};
use super::{Store, StoreError, on};

/// What the holder of a link is shown.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// Sums that tell of no single person.
    #[default]
    Figures,
    /// These, and every journey, person, account, session and event.
    Journeys,
}

impl Shows {
    /// The text on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Figures => "figures",
            Self::Journeys => "journeys",
        }
    }
}

/// A link, without its token, which nobody can read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Share {
    /// The id.
    pub id: Uuid,
    /// The site it is for.
    pub site_id: i64,
    /// What its maker calls it.
    pub name: String,
    /// What its holder is shown.
    pub shows: Shows,
    /// The token's first characters.
    pub hint: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: i64,
    /// Who made it, as in the audit log.
    pub created_by: String,
    /// From when on it is good for nothing.
    pub expires_at: i64,
    /// When it was taken back.
    pub revoked_at: Option<i64>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<i64>,
}

impl Share {
    /// Whether it may be used at `now`.
    pub fn standing(&self, now: i64) -> Standing {
        if self.revoked_at.is_some() {
            Standing::Revoked
        } else if self.expires_at <= now {
            Standing::Expired
        } else {
            Standing::Good
        }
    }
}

/// Whether a link may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It may.
    Good,
    /// Its time is over.
    Expired,
    /// Somebody took it back.
    Revoked,
}

/// A link as it is stored.
#[derive(FromRow)]
struct Row {
    site_id: i64,
    id: Uuid,
    name: String,
    shows: String,
    hint: String,
    created_at: i64,
    created_by: String,
    expires_at: i64,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl From<Row> for Share {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            site_id: row.site_id,
            name: row.name,
            // What is not known shows the least.
            shows: if row.shows == Shows::Journeys.as_str() {
                Shows::Journeys
            } else {
                Shows::Figures
            },
            hint: row.hint,
            created_at: row.created_at,
            created_by: row.created_by,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
        }
    }
}

fn change<'c>(share: &Share, by: By<'c>, action: &'static str) -> Change<'c> {
    Change {
        site_id: share.site_id,
        at: by.now,
        actor: by.actor,
        action,
        subject: format!("share:{}", share.id),
        detail: serde_json::json!({
            "name": share.name, "shows": share.shows, "expires_at": share.expires_at,
        }),
    }
}

impl Store {
    /// Keeps a new link, whose token has this digest, and notes who made it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was kept then.
    pub async fn add_share(&self, share: &Share, digest: &[u8]) -> Result<(), StoreError> {
        let by = By {
            actor: &share.created_by,
            now: share.created_at,
        };
        noted!(
            self,
            change(share, by, "shares.add"),
            sqlx::query(include_str!("sql/shares/insert.sql"))
                .bind(share.site_id)
                .bind(share.id)
                .bind(&share.name)
                .bind(share.shows.as_str())
                .bind(digest)
                .bind(&share.hint)
                .bind(share.created_at)
                .bind(&share.created_by)
                .bind(share.expires_at)
        );
        Ok(())
    }

    /// Every link of a site, also those that are good for nothing any more, the latest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn share_links(&self, site_id: i64) -> Result<Vec<Share>, StoreError> {
        let rows: Vec<Row> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/shares/list.sql"))
                .bind(site_id)
                .fetch_all(pool)
                .await
        })?;
        Ok(rows.into_iter().map(Share::from).collect())
    }

    /// One link of a site.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn share(&self, site_id: i64, id: Uuid) -> Result<Option<Share>, StoreError> {
        let row: Option<Row> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/shares/get.sql"))
                .bind(site_id)
                .bind(id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(row.map(Share::from))
    }

    /// The link with this token, whatever has become of it. The token says the site, so none is known before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn share_by_token(&self, digest: &[u8]) -> Result<Option<Share>, StoreError> {
        let row: Option<Row> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/shares/by_token.sql"))
                .bind(digest)
                .fetch_optional(pool)
                .await
        })?;
        Ok(row.map(Share::from))
    }

    /// Takes a link back, at once and for good, and notes who did. Says whether it did.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was changed then.
    pub async fn revoke_share(&self, share: &Share, by: By<'_>) -> Result<bool, StoreError> {
        Ok(noted!(
            self,
            change(share, by, "shares.revoke"),
            sqlx::query(include_str!("sql/shares/revoke.sql"))
                .bind(share.site_id)
                .bind(share.id)
                .bind(by.now)
        ))
    }

    /// Notes that a link is being used, once a minute.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn use_share(&self, share: &Share, now: i64) -> Result<(), StoreError> {
        let minute = now - now.rem_euclid(MINUTE_MS);
        if share.last_used_at.is_some_and(|last| last >= minute) {
            return Ok(());
        }
        on!(self, write of share.site_id, |pool| {
            sqlx::query(include_str!("sql/shares/touch.sql"))
                .bind(share.site_id)
                .bind(share.id)
                .bind(minute)
                .execute(pool)
                .await
                .map(drop)
        })?;
        Ok(())
    }
}

const MINUTE_MS: i64 = 60_000;
