//! The sites' alerts, their history, and who looks at one at present. Their notices are [`super::alert_notices`]'.
//!
//! What came of a window, the state, its change and the notices of that are one transaction, which happens once for each window:
//! it names the window before, and whoever comes second finds another one there.

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::alert_notices::{self, Notice};
use super::audit::{By, Change, noted};
use super::page::{Cursor, Page};
use super::{Store, StoreError, on};
use crate::alerts::look::Looked;
use crate::alerts::notice::Told;
use crate::alerts::{Channel, Rule, State};

/// How long an alert is held without a sign of life, in milliseconds: longer than looking takes.
const HELD_MS: i64 = 120_000;
/// Changes of one alert that are kept.
const CHANGES: i64 = 500;

/// A figure that is looked at, and who is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Alert {
    /// The site.
    #[serde(skip)]
    pub site_id: i64,
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// What is looked at, and when it fires.
    pub rule: Rule,
    /// Who is told; null for who may not change it.
    pub channels: Option<Vec<Channel>>,
    /// Whether it is left alone until further notice.
    pub paused: bool,
    /// How it stands.
    pub state: State,
    /// Since when.
    pub since: i64,
    /// The end of the last window that was looked at; null where the next one is the last that is over.
    pub looked_until: Option<i64>,
    /// What came of that; null before the first.
    pub looked: Option<Looked>,
    /// When it was made.
    pub created_at: i64,
    /// By whom, as in the audit log.
    pub created_by: String,
    /// When its settings were changed last.
    pub changed_at: i64,
}

/// A change of an alert's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AlertChange {
    /// Its id, which all notices of it tell.
    pub id: Uuid,
    /// When it was found.
    pub at: i64,
    /// What was found.
    #[serde(flatten)]
    pub told: Told,
    /// Who was told of it, and whether they were; nobody of the first time that an alert is found to be as it should.
    pub notices: Vec<Notice>,
}

/// What came of one window.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) looked: Looked,
    pub(crate) state: State,
    pub(crate) since: i64,
    /// What is told of a change, and whom.
    pub(crate) change: Option<(Told, Vec<Channel>)>,
}

#[derive(FromRow)]
struct Row {
    site_id: i64,
    id: Uuid,
    name: String,
    rule: String,
    channels: String,
    paused: bool,
    state: String,
    since: i64,
    looked_until: Option<i64>,
    looked: Option<String>,
    created_at: i64,
    created_by: String,
    changed_at: i64,
}

impl Row {
    /// Nothing of one that only another version of the program knows.
    fn read(self) -> Option<Alert> {
        Some(Alert {
            rule: serde_json::from_str(&self.rule).ok()?,
            channels: Some(serde_json::from_str(&self.channels).ok()?),
            looked: self
                .looked
                .and_then(|looked| serde_json::from_str(&looked).ok()),
            site_id: self.site_id,
            id: self.id,
            name: self.name,
            paused: self.paused,
            state: State::read(&self.state),
            since: self.since,
            looked_until: self.looked_until,
            created_at: self.created_at,
            created_by: self.created_by,
            changed_at: self.changed_at,
        })
    }
}

pub(super) fn text(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Internal(error.to_string()))
}

/// A change by hand, as the audit log has it: no address stands in it.
fn change<'c>(alert: &Alert, by: By<'c>, action: &'static str) -> Change<'c> {
    let channels = alert.channels.iter().flatten().map(Channel::kind);
    Change {
        site_id: alert.site_id,
        at: by.now,
        actor: by.actor,
        action,
        subject: format!("alert:{}", alert.id),
        detail: serde_json::json!({
            "name": alert.name,
            "figure": alert.rule.figure,
            "channels": channels.collect::<Vec<_>>(),
            "paused": alert.paused,
        }),
    }
}

impl Store {
    /// The alerts of a site, or of all, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn alerts(&self, site_id: Option<i64>) -> Result<Vec<Alert>, StoreError> {
        let rows: Vec<Row> = on!(self, read of site_id or every, |pool| {
            sqlx::query_as(include_str!("sql/alerts/list.sql"))
                .bind(site_id)
                .fetch_all(pool)
                .await
        })?;
        Ok(rows.into_iter().filter_map(Row::read).collect())
    }

    /// One alert of a site.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn alert(&self, site_id: i64, id: Uuid) -> Result<Option<Alert>, StoreError> {
        let mut all = self.alerts(Some(site_id)).await?.into_iter();
        Ok(all.find(|alert| alert.id == id))
    }

    /// Keeps a new alert.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was kept then.
    pub async fn add_alert(&self, new: &Alert) -> Result<(), StoreError> {
        let by = By {
            actor: &new.created_by,
            now: new.created_at,
        };
        let (rule, channels) = (text(&new.rule)?, text(&new.channels)?);
        noted!(
            self,
            change(new, by, "alerts.add"),
            sqlx::query(include_str!("sql/alerts/insert.sql"))
                .bind(new.site_id)
                .bind(new.id)
                .bind(&new.name)
                .bind(&rule)
                .bind(&channels)
                .bind(new.paused)
                .bind(new.created_at)
                .bind(&new.created_by)
        );
        Ok(())
    }

    /// Changes an alert as it was read into `new`, if nobody else has changed it since. Says whether it did.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed then.
    pub async fn change_alert(&self, new: &Alert, by: By<'_>) -> Result<bool, StoreError> {
        let (rule, channels) = (text(&new.rule)?, text(&new.channels)?);
        // After the last change, whoever's clock that went by.
        let now = by.now.max(new.changed_at.saturating_add(1));
        Ok(noted!(
            self,
            change(new, by, "alerts.change"),
            sqlx::query(include_str!("sql/alerts/update.sql"))
                .bind(new.site_id)
                .bind(new.id)
                .bind(new.changed_at)
                .bind(&new.name)
                .bind(&rule)
                .bind(&channels)
                .bind(new.paused)
                .bind(now)
        ))
    }

    /// Removes an alert with its history, and with what was still to be told. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed then.
    pub async fn remove_alert(&self, own: &Alert, by: By<'_>) -> Result<bool, StoreError> {
        Ok(noted!(
            self,
            change(own, by, "alerts.remove"),
            sqlx::query(include_str!("sql/alerts/delete.sql"))
                .bind(own.site_id)
                .bind(own.id),
            sqlx::query(include_str!("sql/alerts/delete_history.sql"))
                .bind(own.site_id)
                .bind(own.id),
            sqlx::query(include_str!("sql/alerts/delete_notices.sql"))
                .bind(own.site_id)
                .bind(own.id),
        ))
    }

    /// The changes of an alert's state, the latest first. `cursor` is what the page before gave, `None` for the first.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn alert_history(
        &self,
        own: &Alert,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<AlertChange>, StoreError> {
        let cursor = Cursor::read(cursor)?;
        let rows: Vec<(Uuid, i64, String)> = on!(self, read of own.site_id, |pool| {
            sqlx::query_as(include_str!("sql/alerts/history.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(cursor.at)
                .bind(cursor.id)
                .bind(i64::from(limit) + 1)
                .fetch_all(pool)
                .await
        })?;
        let mut notices = self.alert_notices(own).await?;
        let page = Page::cut(rows, limit, |(id, at, _)| Cursor {
            at: *at,
            id: *id,
            tie: Uuid::nil(),
        });
        let read = |(id, at, told): (Uuid, i64, String)| {
            let told = serde_json::from_str(&told).ok()?;
            let notices = notices.remove(&id).unwrap_or_default();
            Some(AlertChange {
                id,
                at,
                told,
                notices,
            })
        };
        Ok(Page {
            data: page.data.into_iter().filter_map(read).collect(),
            next_cursor: page.next_cursor,
        })
    }

    /// Holds an alert to look at it; false where somebody else does, or it is paused or gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn hold_alert(
        &self,
        own: &Alert,
        holder: Uuid,
        now: i64,
    ) -> Result<bool, StoreError> {
        let held = on!(self, write of own.site_id, |pool| {
            sqlx::query(include_str!("sql/alerts/hold.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(holder)
                .bind(now)
                .bind(now.saturating_add(HELD_MS))
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(held > 0)
    }

    /// Lets an alert go.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; it is free after a while then.
    pub(crate) async fn let_alert_go(&self, own: &Alert, holder: Uuid) -> Result<(), StoreError> {
        on!(self, write of own.site_id, |pool| {
            sqlx::query(include_str!("sql/alerts/let_go.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(holder)
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(())
    }

    /// Writes what came of the window after the last one of `own`. Says whether it did: nothing is written where somebody else
    /// was first, or the alert is another by now.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was written then.
    pub(crate) async fn settle_alert(
        &self,
        own: &Alert,
        holder: Uuid,
        now: i64,
        settled: &Settled,
    ) -> Result<bool, StoreError> {
        let looked = text(&settled.looked)?;
        let change_id = Uuid::now_v7();
        let (told, notices) = match &settled.change {
            Some((told, channels)) => {
                let channels: Result<Vec<String>, _> = channels.iter().map(text).collect();
                (Some(text(told)?), channels?)
            }
            None => (None, Vec::new()),
        };
        Ok(on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            let site = super::wall::Access::Site(own.site_id);
            super::wall::Narrow::narrow(&mut *transaction, site).await?;
            let done = sqlx::query(include_str!("sql/alerts/settle.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(holder)
                .bind(own.changed_at)
                .bind(own.looked_until)
                .bind(settled.looked.end)
                .bind(&looked)
                .bind(settled.state.as_str())
                .bind(settled.since)
                .execute(&mut *transaction)
                .await?
                .rows_affected()
                > 0;
            if let Some(told) = told.as_ref().filter(|_| done) {
                sqlx::query(include_str!("sql/alerts/insert_history.sql"))
                    .bind(own.site_id)
                    .bind(own.id)
                    .bind(change_id)
                    .bind(now)
                    .bind(told)
                    .execute(&mut *transaction)
                    .await?;
                for channel in &notices {
                    sqlx::query(alert_notices::INSERT)
                        .bind(own.site_id)
                        .bind(own.id)
                        .bind(Uuid::now_v7())
                        .bind(change_id)
                        .bind(channel)
                        .bind(now)
                        .execute(&mut *transaction)
                        .await?;
                }
                sqlx::query(include_str!("sql/alerts/delete_history_beyond.sql"))
                    .bind(own.site_id)
                    .bind(own.id)
                    .bind(CHANGES)
                    .execute(&mut *transaction)
                    .await?;
                sqlx::query(include_str!("sql/alert_notices/delete_beyond.sql"))
                    .bind(own.site_id)
                    .bind(own.id)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            done
        }))
    }
}
