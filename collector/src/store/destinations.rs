//! The sites' destinations: kept with their secrets, and known in memory to whoever stores items.
//!
//! What is known is learnt anew when [`Store::refresh_destinations`] is called: a destination gets what is committed since
//! a collector knows of it. A secret is written, and read by whoever signs; nobody else asks for it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use serde::Serialize;
use sqlx::FromRow;
use tokio::sync::Notify;
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::{By, Change, noted};
use super::{Store, StoreError, on};
use crate::destinations::signature::Secret;
use crate::destinations::wants::{Kind, Wants};
use crate::journey::Fact;

/// How long a secret signs beside the one that took its place.
const ROTATION_MS: i64 = 24 * 60 * 60 * 1000;

/// The statement that keeps a destination's secret.
macro_rules! insert_secret {
    ($own:expr, $secret:expr) => {
        sqlx::query(include_str!("sql/destinations/insert_secret.sql"))
            .bind($own.site_id)
            .bind($own.id)
            .bind(Uuid::now_v7())
            .bind($secret.reveal())
    };
}
/// Where a site's items are sent on to. Without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Destination {
    /// The site.
    #[serde(skip)]
    pub site_id: i64,
    /// Its id.
    pub id: Uuid,
    /// What kind of receiver.
    pub kind: Kind,
    /// What people call it.
    pub name: String,
    /// Where it is; of `ga4` the server.
    pub url: String,
    /// The measurement id of `ga4`.
    pub measurement_id: Option<String>,
    /// What it gets.
    pub wants: Wants,
    /// Why it gets nothing at present: `owner`, or `gone` where the receiver said that it is. Null while it is on.
    pub paused: Option<String>,
    /// Not tried before this time, because the receiver asked for that; 0 for no such time.
    pub hold_until: i64,
    /// Deliveries that were let go because too many were dead.
    pub let_go: i64,
    /// When it was made.
    pub created_at: i64,
    /// When its settings were changed last.
    pub changed_at: i64,
}

/// A destination that is on, as the way of items knows it.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) destination: Arc<Destination>,
    /// Told when something may be due.
    pub(crate) due: Arc<Notify>,
}

/// The destinations of late.
#[derive(Debug, Default)]
pub(super) struct Destinations {
    known: ArcSwap<Known>,
    loading: tokio::sync::Mutex<()>,
}

/// Those that are on, by site.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<i64, Vec<Open>>);

impl Known {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn of(&self, site_id: i64) -> &[Open] {
        self.0.get(&site_id).map_or(&[], Vec::as_slice)
    }

    /// Has those looked after that may get something of facts that were stored.
    pub(super) fn tell(&self, facts: &[&Fact]) {
        if self.is_empty() {
            return;
        }
        let sites: BTreeSet<i64> = facts.iter().map(|fact| fact.arrival.site_id).collect();
        for open in sites.into_iter().flat_map(|site_id| self.of(site_id)) {
            open.due.notify_one();
        }
    }
}

#[derive(FromRow)]
struct Row {
    site_id: i64,
    id: Uuid,
    kind: String,
    name: String,
    url: String,
    measurement_id: Option<String>,
    wants: String,
    paused: Option<String>,
    hold_until: i64,
    let_go: i64,
    created_at: i64,
    changed_at: i64,
}

impl Row {
    /// Nothing of a kind, or with wishes, that only another version of the program knows.
    fn read(self) -> Option<Destination> {
        Some(Destination {
            kind: self.kind.parse().ok()?,
            wants: serde_json::from_str(&self.wants).ok()?,
            site_id: self.site_id,
            id: self.id,
            name: self.name,
            url: self.url,
            measurement_id: self.measurement_id,
            paused: self.paused,
            hold_until: self.hold_until,
            let_go: self.let_go,
            created_at: self.created_at,
            changed_at: self.changed_at,
        })
    }
}

impl Store {
    /// The destinations of a site, or of all, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn destinations(&self, site_id: Option<i64>) -> Result<Vec<Destination>, StoreError> {
        let rows: Vec<Row> = on!(self, read of site_id or every, |pool| {
            sqlx::query_as(include_str!("sql/destinations/list.sql"))
                .bind(site_id)
                .fetch_all(pool)
                .await
        })?;
        Ok(rows.into_iter().filter_map(Row::read).collect())
    }

    /// One destination of a site.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn destination(
        &self,
        site_id: i64,
        id: Uuid,
    ) -> Result<Option<Destination>, StoreError> {
        let all = self.destinations(Some(site_id)).await?;
        Ok(all.into_iter().find(|own| own.id == id))
    }

    /// Keeps a new destination and its secret.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was kept then.
    pub async fn add_destination(
        &self,
        new: &Destination,
        secret: &Secret,
        actor: &str,
    ) -> Result<(), StoreError> {
        let by = By {
            actor,
            now: new.created_at,
        };
        let wants = text(&new.wants)?;
        noted!(
            self,
            change(new, by, "destinations.add", about(new)),
            sqlx::query(include_str!("sql/destinations/insert.sql"))
                .bind(new.site_id)
                .bind(new.id)
                .bind(new.kind.as_str())
                .bind(&new.name)
                .bind(&new.url)
                .bind(&new.measurement_id)
                .bind(&wants)
                .bind(new.created_at),
            insert_secret!(new, secret),
        );
        self.refresh_destinations().await
    }

    /// Changes a destination as it was read into `new`, if nobody else has changed it since, and has it tried at once. Says
    /// whether it did.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed then.
    pub async fn change_destination(
        &self,
        new: &Destination,
        action: &'static str,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let wants = text(&new.wants)?;
        let done = noted!(
            self,
            change(new, by, action, about(new)),
            sqlx::query(include_str!("sql/destinations/update.sql"))
                .bind(new.site_id)
                .bind(new.id)
                .bind(new.changed_at)
                .bind(&new.name)
                .bind(&new.url)
                .bind(&new.measurement_id)
                .bind(&wants)
                .bind(&new.paused)
                .bind(later(new, by.now))
        );
        self.refresh_destinations().await?;
        Ok(done)
    }

    /// Lets another secret take the place of a destination's. One that signs goes on beside it for a day.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed then.
    pub async fn change_destination_secret(
        &self,
        own: &Destination,
        secret: &Secret,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let ends = match own.kind {
            Kind::Webhook => by.now.saturating_add(ROTATION_MS),
            Kind::Ga4 => by.now,
        };
        Ok(noted!(
            self,
            change(own, by, "destinations.secret", serde_json::json!({})),
            sqlx::query(include_str!("sql/destinations/touch.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(later(own, by.now)),
            sqlx::query(include_str!("sql/destinations/expire_secrets.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(ends),
            insert_secret!(own, secret),
            sqlx::query(include_str!("sql/destinations/delete_expired_secrets.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(by.now),
        ))
    }

    /// Takes a destination away, with its secrets and whatever it was to get. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed then.
    pub async fn remove_destination(
        &self,
        own: &Destination,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let done = noted!(
            self,
            change(own, by, "destinations.remove", about(own)),
            sqlx::query(include_str!("sql/destinations/delete.sql"))
                .bind(own.site_id)
                .bind(own.id),
            sqlx::query(include_str!("sql/destinations/delete_secrets.sql"))
                .bind(own.site_id)
                .bind(own.id),
            sqlx::query(include_str!("sql/destinations/delete_deliveries.sql"))
                .bind(own.site_id)
                .bind(own.id),
        );
        self.refresh_destinations().await?;
        Ok(done)
    }

    /// The secrets of a destination that hold, the newest first.
    pub(crate) async fn destination_secrets(
        &self,
        own: &Destination,
        now: i64,
    ) -> Result<Vec<Secret>, StoreError> {
        let rows: Vec<(String,)> = on!(self, read of own.site_id, |pool| {
            sqlx::query_as(include_str!("sql/destinations/secrets.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(now)
                .fetch_all(pool)
                .await
        })?;
        Ok(rows.into_iter().map(|(text,)| Secret::new(text)).collect())
    }

    /// Has a destination left alone until a time, which its receiver asked for.
    pub(crate) async fn hold_destination(
        &self,
        own: &Destination,
        until: i64,
    ) -> Result<(), StoreError> {
        on!(self, write, |pool| {
            sqlx::query(include_str!("sql/destinations/hold.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(until)
                .execute(pool)
                .await
                .map(drop)
        })?;
        self.refresh_destinations().await
    }

    /// Pauses a destination whose receiver says that it is gone.
    pub(crate) async fn destination_gone(
        &self,
        own: &Destination,
        now: i64,
    ) -> Result<(), StoreError> {
        let by = By {
            actor: "collector",
            now,
        };
        noted!(
            self,
            change(own, by, "destinations.gone", serde_json::json!({})),
            sqlx::query(include_str!("sql/destinations/gone.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(later(own, now))
        );
        self.refresh_destinations().await
    }

    pub(super) fn destinations_known(&self) -> Arc<Known> {
        self.0.destinations.known.load_full()
    }

    /// Every destination that is on, as it was known last.
    pub(crate) fn open_destinations(&self) -> Vec<Open> {
        let known = self.destinations_known();
        known.0.values().flatten().cloned().collect()
    }

    /// A destination, if it is on, as it was known last.
    pub(crate) fn open_destination(&self, site_id: i64, id: Uuid) -> Option<Open> {
        let known = self.destinations_known();
        let mut own = known.of(site_id).iter();
        own.find(|own| own.destination.id == id).cloned()
    }

    /// Learns what the database says now.
    ///
    /// # Errors
    /// [`StoreError`]; what was known before still holds.
    pub async fn refresh_destinations(&self) -> Result<(), StoreError> {
        let _turn = self.0.destinations.loading.lock().await;
        let known = self.destinations_known();
        let mut next: HashMap<i64, Vec<Open>> = HashMap::new();
        let all = self.destinations(None).await?;
        for own in all.into_iter().filter(|own| own.paused.is_none()) {
            let mut before = known.of(own.site_id).iter();
            let before = before.find(|open| open.destination.id == own.id);
            let due = before.map_or_else(Arc::default, |open| Arc::clone(&open.due));
            next.entry(own.site_id).or_default().push(Open {
                destination: Arc::new(own),
                due,
            });
        }
        self.0.destinations.known.store(Arc::new(Known(next)));
        Ok(())
    }
}

/// After the last change, whoever's clock that went by.
fn later(own: &Destination, now: i64) -> i64 {
    now.max(own.changed_at.saturating_add(1))
}

fn text(wants: &Wants) -> Result<String, StoreError> {
    serde_json::to_string(wants).map_err(|error| StoreError::Internal(error.to_string()))
}

/// What the audit log keeps of its settings. An address may hold a key of the receiver's, so only its host is there.
fn about(own: &Destination) -> serde_json::Value {
    let url = url::Url::parse(&own.url);
    let host = url.as_ref().ok().and_then(url::Url::host_str);
    serde_json::json!({
        "kind": own.kind,
        "name": own.name,
        "host": host,
        "measurement_id": own.measurement_id,
        "wants": own.wants,
        "paused": own.paused,
    })
}

fn change<'c>(
    own: &Destination,
    by: By<'c>,
    action: &'static str,
    detail: serde_json::Value,
) -> Change<'c> {
    Change {
        site_id: own.site_id,
        at: by.now,
        actor: by.actor,
        action,
        subject: own.id.to_string(),
        detail,
    }
}
