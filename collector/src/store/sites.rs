//! Sites: who may send, from where, and under which write key.

use serde::Serialize;
use utoipa::ToSchema;

use super::audit::{By, Change, OfWorkspace, note, noted};
use super::{Store, StoreError, on};

/// A site: one set of pages whose visitors are counted together, and apart from those of every other site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Site {
    /// The id in the API and in every table.
    pub id: i64,
    /// The workspace whose it is.
    pub workspace: i64,
    /// What its owner calls it.
    pub name: String,
    /// The public write key, `wk_…`.
    pub key: String,
    /// Patterns of the origins that may send; none means any.
    pub origins: Vec<String>,
    /// The IANA name of the time zone in which its days begin.
    pub time_zone: String,
    /// Whether what comes without one of its origins has to carry a server key.
    pub server_key_required: bool,
    /// Whether answers renew the visitor's cookie.
    pub renew_cookie: bool,
    /// The domain of that cookie; the collector's own host if absent.
    pub cookie_domain: Option<String>,
    /// The currency of its figures, ISO 4217; nothing is converted where it has none.
    pub currency: Option<String>,
    /// Whether everything of it is made up: it takes nothing in, and can be removed.
    pub is_demo: bool,
    /// Milliseconds since the Unix epoch.
    pub created_at: i64,
}

/// A site to be made. Whoever makes it has checked the patterns and the time zone.
#[derive(Debug, Clone)]
pub struct NewSite {
    /// See [`Site::workspace`].
    pub workspace: i64,
    /// See [`Site::name`].
    pub name: String,
    /// See [`Site::key`].
    pub key: String,
    /// See [`Site::origins`].
    pub origins: Vec<String>,
    /// See [`Site::time_zone`].
    pub time_zone: String,
    /// See [`Site::is_demo`].
    pub is_demo: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    workspace_id: i64,
    name: String,
    write_key: String,
    origins: String,
    time_zone: String,
    server_key_required: bool,
    renew_cookie: bool,
    cookie_domain: Option<String>,
    currency: Option<String>,
    is_demo: bool,
    created_at: i64,
}

fn site(row: Row) -> Result<Site, StoreError> {
    let origins = serde_json::from_str(&row.origins)
        .map_err(|e| StoreError::Internal(format!("sites.origins of site {}: {e}", row.id)))?;
    Ok(Site {
        id: row.id,
        workspace: row.workspace_id,
        name: row.name,
        key: row.write_key,
        origins,
        time_zone: row.time_zone,
        server_key_required: row.server_key_required,
        renew_cookie: row.renew_cookie,
        cookie_domain: row.cookie_domain,
        currency: row.currency,
        is_demo: row.is_demo,
        created_at: row.created_at,
    })
}

fn origins_text(origins: &[String]) -> Result<String, StoreError> {
    serde_json::to_string(origins).map_err(|e| StoreError::Internal(e.to_string()))
}

impl Store {
    /// Every site, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn sites(&self) -> Result<Vec<Site>, StoreError> {
        let rows: Vec<Row> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/sites/list.sql"))
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter().map(site).collect()
    }

    /// The site with this id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn site(&self, id: i64) -> Result<Option<Site>, StoreError> {
        let row: Option<Row> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/sites/one.sql"))
                .bind(id)
                .fetch_optional(pool)
                .await
        })?;
        row.map(site).transpose()
    }

    /// Makes a site, unless one with this key is there already; says which, and whether it is new. A site that is
    /// there stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn add_site(&self, new: &NewSite, by: By<'_>) -> Result<(Site, bool), StoreError> {
        let origins = origins_text(&new.origins)?;
        let made: Option<Row> = on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            let made: Option<Row> = sqlx::query_as(include_str!("sql/sites/insert.sql"))
                .bind(new.workspace)
                .bind(&new.name)
                .bind(&new.key)
                .bind(&origins)
                .bind(&new.time_zone)
                .bind(new.is_demo)
                .bind(by.now)
                .fetch_optional(&mut *transaction)
                .await?;
            if let Some(row) = &made {
                note!(
                    transaction,
                    OfWorkspace {
                        workspace: row.workspace_id,
                        by,
                        action: "sites.add",
                        subject: format!("site:{}", row.id),
                        detail: serde_json::json!({}),
                    }
                );
            }
            transaction.commit().await?;
            Ok::<_, StoreError>(made)
        })?;
        if let Some(row) = made {
            return Ok((site(row)?, true));
        }
        let there: Row = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/sites/by_key.sql"))
                .bind(&new.key)
                .fetch_one(pool)
                .await
        })?;
        Ok((site(there)?, false))
    }

    /// Keeps what may change of a site: name, origins and the settings after them. Says whether it is there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn update_site(&self, site: &Site, by: By<'_>) -> Result<bool, StoreError> {
        let origins = origins_text(&site.origins)?;
        let change = Change {
            site_id: site.id,
            at: by.now,
            actor: by.actor,
            action: "sites.change",
            subject: format!("site:{}", site.id),
            detail: serde_json::json!({
                "origins": site.origins,
                "time_zone": site.time_zone,
                "server_key_required": site.server_key_required,
                "renew_cookie": site.renew_cookie,
                "cookie_domain": site.cookie_domain,
                "currency": site.currency,
            }),
        };
        Ok(noted!(
            self,
            change,
            sqlx::query(include_str!("sql/sites/update.sql"))
                .bind(site.id)
                .bind(&site.name)
                .bind(&origins)
                .bind(&site.time_zone)
                .bind(site.server_key_required)
                .bind(site.renew_cookie)
                .bind(&site.cookie_domain)
                .bind(&site.currency)
        ))
    }

    /// Gives a site another write key. The old one is no site's any more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn set_write_key(&self, id: i64, key: &str, by: By<'_>) -> Result<(), StoreError> {
        let change = Change {
            site_id: id,
            at: by.now,
            actor: by.actor,
            action: "sites.rotate_key",
            subject: format!("site:{id}"),
            detail: serde_json::json!({}),
        };
        noted!(
            self,
            change,
            sqlx::query(include_str!("sql/sites/set_key.sql"))
                .bind(id)
                .bind(key)
        );
        Ok(())
    }
}
