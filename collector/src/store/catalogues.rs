//! The sites' event catalogues.

use super::audit::{By, Change, noted};
use super::{Store, StoreError, on};
use crate::catalogue::Mode;

/// A site's catalogue as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What becomes of events that it does not describe.
    pub mode: Mode,
    /// The document's text; none where only the mode was set.
    pub document: Option<String>,
    /// Counts the changes from 1; 0 where nothing was ever set.
    pub revision: i64,
    /// When it was changed last.
    pub changed_at: i64,
}

/// A site whose catalogue is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Active {
    /// The site.
    pub site_id: i64,
    /// See [`Stored::revision`].
    pub revision: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    mode: String,
    document: Option<String>,
    revision: i64,
    changed_at: i64,
}

impl Store {
    /// A site's catalogue; `None` where nothing was ever set.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn catalogue(&self, site_id: i64) -> Result<Option<Stored>, StoreError> {
        let row: Option<Row> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/catalogues/get.sql"))
                .bind(site_id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(row.map(|row| Stored {
            // A mode of a newer collector is none that this one could follow.
            mode: Mode::of(&row.mode).unwrap_or(Mode::Off),
            document: row.document,
            revision: row.revision,
            changed_at: row.changed_at,
        }))
    }

    /// The sites whose catalogue is on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn active_catalogues(&self) -> Result<Vec<Active>, StoreError> {
        Ok(on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/catalogues/list_active.sql"))
                .fetch_all(pool)
                .await
        })?)
    }

    /// Sets a site's catalogue, if nobody has changed it since `seen`, the revision that the caller knows. Says whether
    /// it did.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_catalogue(
        &self,
        site_id: i64,
        mode: Mode,
        document: Option<&str>,
        seen: i64,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let change = Change {
            site_id,
            at: by.now,
            actor: by.actor,
            action: "catalogue.set",
            subject: format!("site:{site_id}"),
            detail: serde_json::json!({"revision": seen + 1, "mode": mode.as_str()}),
        };
        Ok(noted!(
            self,
            change,
            sqlx::query(include_str!("sql/catalogues/upsert.sql"))
                .bind(site_id)
                .bind(mode.as_str())
                .bind(document)
                .bind(by.now)
                .bind(seen)
        ))
    }
}
