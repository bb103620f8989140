//! Sites: who may send, from where, and under which write key.

use serde::Serialize;

use super::{Store, StoreError, on};

/// A site: one set of pages whose visitors are counted together, and apart from those of every other site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Site {
    /// The id in the API and in every table.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// The public write key, `wk_…`.
    pub key: String,
    /// Patterns of the origins that may send; none means any.
    pub origins: Vec<String>,
    /// The IANA name of the time zone in which its days begin.
    pub time_zone: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: i64,
}

/// A site to be made. Whoever makes it has checked the patterns and the time zone.
#[derive(Debug, Clone)]
pub struct NewSite {
    /// See [`Site::name`].
    pub name: String,
    /// See [`Site::key`].
    pub key: String,
    /// See [`Site::origins`].
    pub origins: Vec<String>,
    /// See [`Site::time_zone`].
    pub time_zone: String,
}

type Row = (i64, String, String, String, String, i64);

fn site((id, name, key, origins, time_zone, created_at): Row) -> Result<Site, StoreError> {
    let origins = serde_json::from_str(&origins)
        .map_err(|e| StoreError::Internal(format!("sites.origins of site {id}: {e}")))?;
    Ok(Site {
        id,
        name,
        key,
        origins,
        time_zone,
        created_at,
    })
}

impl Store {
    /// Every site, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn sites(&self) -> Result<Vec<Site>, StoreError> {
        let rows: Vec<Row> = on!(self, read, |pool| {
            sqlx::query_as(include_str!("sql/sites/list.sql"))
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter().map(site).collect()
    }

    /// Makes a site, unless one with this key is there already; says which, and whether it is new. A site that is
    /// there stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn add_site(&self, new: &NewSite, now: i64) -> Result<(Site, bool), StoreError> {
        let origins =
            serde_json::to_string(&new.origins).map_err(|e| StoreError::Internal(e.to_string()))?;
        let made: Option<Row> = on!(self, write, |pool| {
            sqlx::query_as(include_str!("sql/sites/insert.sql"))
                .bind(&new.name)
                .bind(&new.key)
                .bind(&origins)
                .bind(&new.time_zone)
                .bind(now)
                .fetch_optional(pool)
                .await
        })?;
        if let Some(row) = made {
            return Ok((site(row)?, true));
        }
        let there: Row = on!(self, read, |pool| {
            sqlx::query_as(include_str!("sql/sites/by_key.sql"))
                .bind(&new.key)
                .fetch_one(pool)
                .await
        })?;
        Ok((site(there)?, false))
    }

    /// Keeps a site's name, origins and time zone as they are here; its key stays.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn update_site(&self, site: &Site) -> Result<(), StoreError> {
        let origins = serde_json::to_string(&site.origins)
            .map_err(|e| StoreError::Internal(e.to_string()))?;
        on!(self, write, |pool| {
            sqlx::query(include_str!("sql/sites/update.sql"))
                .bind(site.id)
                .bind(&site.name)
                .bind(&origins)
                .bind(&site.time_zone)
                .execute(pool)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Gives a site another write key. The old one is no site's any more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn set_write_key(&self, id: i64, key: &str) -> Result<(), StoreError> {
        on!(self, write, |pool| {
            sqlx::query(include_str!("sql/sites/set_key.sql"))
                .bind(id)
                .bind(key)
                .execute(pool)
                .await
                .map(drop)
        })?;
        Ok(())
    }
}
