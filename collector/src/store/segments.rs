//! Segments: conditions that a site keeps under a name.

use uuid::Uuid;

use super::audit::{By, noted};
use super::saved::{Segment, change};
use super::{Store, StoreError, on};

impl Store {
    /// Every segment of a site, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn segments(&self, site_id: i64) -> Result<Vec<Segment>, StoreError> {
        Ok(on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/segments/list.sql"))
                .bind(site_id)
                .fetch_all(pool)
                .await
        })?)
    }

    /// The conditions of one segment, by its name or its id: the JSON text of a list of
    /// `{"dimension", "op", "values"}`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn segment(
        &self,
        site_id: i64,
        name_or_id: &str,
    ) -> Result<Option<String>, StoreError> {
        // A name with a zero character was never stored, and PostgreSQL would refuse to look for it.
        if name_or_id.contains('\0') {
            return Ok(None);
        }
        let found: Option<(String,)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/segments/find.sql"))
                .bind(site_id)
                .bind(name_or_id)
                .bind(Uuid::try_parse(name_or_id).ok())
                .fetch_optional(pool)
                .await
        })?;
        Ok(found.map(|(filters,)| filters))
    }

    /// Keeps a new segment; false where the site has one of the name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was kept then.
    pub async fn add_segment(&self, site_id: i64, segment: &Segment) -> Result<bool, StoreError> {
        let by = By {
            actor: &segment.created_by,
            now: segment.created_at,
        };
        Ok(noted!(
            self,
            change(site_id, by, "segments.add", segment.id, &segment.name),
            sqlx::query(include_str!("sql/segments/insert.sql"))
                .bind(site_id)
                .bind(segment.id)
                .bind(&segment.name)
                .bind(&segment.filters)
                .bind(segment.created_at)
                .bind(&segment.created_by)
                .bind(segment.changed_at)
        ))
    }

    /// Changes a segment to be as this one; false where there is none, or another one has the name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was changed then.
    pub async fn change_segment(
        &self,
        site_id: i64,
        segment: &Segment,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        Ok(noted!(
            self,
            change(site_id, by, "segments.change", segment.id, &segment.name),
            sqlx::query(include_str!("sql/segments/update.sql"))
                .bind(site_id)
                .bind(segment.id)
                .bind(&segment.name)
                .bind(&segment.filters)
                .bind(by.now)
        ))
    }

    /// Removes a segment. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was changed then.
    pub async fn remove_segment(
        &self,
        site_id: i64,
        segment: &Segment,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        Ok(noted!(
            self,
            change(site_id, by, "segments.remove", segment.id, &segment.name),
            sqlx::query(include_str!("sql/segments/delete.sql"))
                .bind(site_id)
                .bind(segment.id)
        ))
    }
}
