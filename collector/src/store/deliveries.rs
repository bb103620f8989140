//! The deliveries of destinations: what is due, who has taken it, what became of it. The items that they are about
//! are read by [`super::outgoing`].
//!
//! A row is written with the item, by [`super::commit`], and taken by one collector for a time: whoever dies with it has it
//! taken by another after that. What ends stays for a while, to be looked at, and the dead to be sent again. Bounded for
//! each destination, in every state.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::{By, Change, noted};
use super::destinations::Destination;
use super::page::{Cursor, Page};
use super::rows::Rows;
use super::{Database, Store, StoreError, on};

/// How many deliveries of one destination there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// That wait. What is beyond is dead, the oldest first.
    pub waiting: i64,
    /// That are dead. What is beyond is let go, and counted.
    pub dead: i64,
    /// That were delivered, and as many that were skipped.
    pub ended: i64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            waiting: 100_000,
            dead: 10_000,
            ended: 10_000,
        }
    }
}

/// Columns of a row for `sql/deliveries/insert.sql`.
pub(super) const COLUMNS: usize = 10;
pub(super) static INSERT: Rows = Rows::new(include_str!("sql/deliveries/insert.sql"), COLUMNS);

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryState)]
pub enum State {
    /// It is due, now or later.
    Waiting,
    /// The receiver took it.
    Delivered,
    /// There was a reason not to send it.
    Skipped,
    /// It failed too often.
    Dead,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Skipped => "skipped",
            Self::Dead => "dead",
        }
    }
}

/// A delivery as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow, ToSchema)]
pub struct Delivery {
    /// Its id, which every attempt tells the receiver.
    pub id: Uuid,
    /// The visitor that it is about.
    pub visitor_id: Uuid,
    /// The item that it is about.
    pub item_id: Uuid,
    /// The milestone that it tells of; null where it tells of an event.
    pub milestone: Option<String>,
    /// When the item was stored.
    pub created_at: i64,
    /// `waiting`, `delivered`, `skipped` or `dead`.
    pub state: String,
    /// When it is due, or when it ended.
    pub due_at: i64,
    /// Attempts so far.
    pub attempts: i64,
    /// The status of the last answer.
    pub status: Option<i64>,
    /// Why it was not delivered, so far or at all.
    pub error: Option<String>,
}

/// Deliveries of one destination by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DeliveryCounts)]
pub struct Counts {
    /// Due, now or later.
    pub waiting: i64,
    /// Taken by the receiver, of those that are kept.
    pub delivered: i64,
    /// Not to be sent, of those that are kept.
    pub skipped: i64,
    /// Failed too often.
    pub dead: i64,
}

/// A delivery that somebody has taken.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Claimed {
    pub(crate) id: Uuid,
    pub(crate) visitor_id: Uuid,
    pub(crate) item_id: Uuid,
    pub(crate) milestone: Option<String>,
    pub(crate) created_at: i64,
    /// This one included.
    pub(crate) attempts: i64,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) state: State,
    /// When it is due again, or when it ended.
    pub(crate) due_at: i64,
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<&'static str>,
    /// Whether it is not to be counted as an attempt.
    pub(crate) uncounted: bool,
}

impl Ended {
    /// What metrics call it; nothing where it was no attempt.
    pub(crate) fn outcome(&self) -> Option<&'static str> {
        match (self.state, self.uncounted) {
            (State::Waiting, true) => None,
            (State::Waiting, false) => Some("failed"),
            (state, _) => Some(state.as_str()),
        }
    }
}

impl Store {
    /// When the next delivery of a destination is due.
    pub(crate) async fn next_delivery(&self, own: &Destination) -> Result<Option<i64>, StoreError> {
        let (at,): (Option<i64>,) = on!(self, read of own.site_id, |pool| {
            sqlx::query_as(include_str!("sql/deliveries/next_due.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .fetch_one(pool)
                .await
        })?;
        Ok(at)
    }

    /// Takes up to `most` deliveries that are due, until `until`, in the name of `claim`.
    pub(crate) async fn claim_deliveries(
        &self,
        own: &Destination,
        claim: Uuid,
        now: i64,
        until: i64,
        most: i64,
    ) -> Result<Vec<Claimed>, StoreError> {
        let sql = match self.database() {
            Database::Sqlite { .. } => include_str!("sql/deliveries/claim.sqlite.sql"),
            Database::Postgres { .. } => include_str!("sql/deliveries/claim.postgres.sql"),
        };
        Ok(on!(self, write, |pool| {
            sqlx::query_as(sql)
                .bind(own.site_id)
                .bind(own.id)
                .bind(now)
                .bind(claim)
                .bind(until)
                .bind(most)
                .fetch_all(pool)
                .await
        })?)
    }

    /// Notes what became of an attempt, if it is still `claim`'s.
    pub(crate) async fn finish_delivery(
        &self,
        own: &Destination,
        id: Uuid,
        claim: Uuid,
        ended: &Ended,
    ) -> Result<(), StoreError> {
        on!(self, write, |pool| {
            sqlx::query(include_str!("sql/deliveries/finish.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(id)
                .bind(claim)
                .bind(ended.state.as_str())
                .bind(ended.due_at)
                .bind(ended.status.map(i64::from))
                .bind(ended.error)
                .bind(i64::from(ended.uncounted))
                .execute(pool)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Gives back whatever `claim` has taken and not finished.
    pub(crate) async fn release_deliveries(
        &self,
        own: &Destination,
        claim: Uuid,
        now: i64,
    ) -> Result<(), StoreError> {
        on!(self, write, |pool| {
            sqlx::query(include_str!("sql/deliveries/release.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(claim)
                .bind(now)
                .execute(pool)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// The deliveries of a destination in a state, the latest first. `cursor` is what the page before gave, `None` for the
    /// first.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn deliveries(
        &self,
        own: &Destination,
        state: State,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Delivery>, StoreError> {
        let cursor = Cursor::read(cursor)?;
        let rows: Vec<Delivery> = on!(self, read of own.site_id, |pool| {
            sqlx::query_as(include_str!("sql/deliveries/list.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(state.as_str())
                .bind(cursor.at)
                .bind(cursor.id)
                .bind(i64::from(limit) + 1)
                .fetch_all(pool)
                .await
        })?;
        Ok(Page::cut(rows, limit, |row| Cursor {
            at: row.due_at,
            id: row.id,
            tie: Uuid::nil(),
        }))
    }

    /// How many deliveries each destination of a site, or of all, has in each state.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delivery_counts(
        &self,
        site_id: Option<i64>,
    ) -> Result<HashMap<Uuid, Counts>, StoreError> {
        let rows: Vec<(Uuid, String, i64)> = on!(self, read of site_id or every, |pool| {
            sqlx::query_as(include_str!("sql/deliveries/count.sql"))
                .bind(site_id)
                .fetch_all(pool)
                .await
        })?;
        let mut all: HashMap<Uuid, Counts> = HashMap::new();
        for (id, state, count) in rows {
            let own = all.entry(id).or_default();
            match state.as_str() {
                "waiting" => own.waiting = count,
                "delivered" => own.delivered = count,
                "skipped" => own.skipped = count,
                _ => own.dead = count,
            }
        }
        Ok(all)
    }

    /// Has the dead deliveries of a destination sent again, or the one that is named, also if it was skipped. Says whether
    /// there was any.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn replay_deliveries(
        &self,
        own: &Destination,
        delivery: Option<Uuid>,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let replayed = Change {
            site_id: own.site_id,
            at: by.now,
            actor: by.actor,
            action: "destinations.replay",
            subject: own.id.to_string(),
            detail: serde_json::json!({ "delivery": delivery }),
        };
        let done = noted!(
            self,
            replayed,
            sqlx::query(include_str!("sql/deliveries/replay.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(by.now)
                .bind(delivery)
        );
        if let Some(open) = self.open_destination(own.site_id, own.id) {
            open.due.notify_one();
        }
        Ok(done)
    }

    /// Keeps the deliveries of a destination within their bounds. Gives how many that waited are dead
    /// now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; some of it may have been done then.
    pub async fn bound_deliveries(
        &self,
        own: &Destination,
        bounds: Bounds,
        now: i64,
    ) -> Result<u64, StoreError> {
        let (buried, gone) = on!(self, write, |pool| {
            let buried = sqlx::query(include_str!("sql/deliveries/bury_beyond.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .bind(bounds.waiting)
                .bind(now)
                .execute(pool)
                .await?
                .rows_affected();
            let mut gone = 0;
            for (state, most) in [
                (State::Dead, bounds.dead),
                (State::Delivered, bounds.ended),
                (State::Skipped, bounds.ended),
            ] {
                let deleted = sqlx::query(include_str!("sql/deliveries/delete_beyond.sql"))
                    .bind(own.site_id)
                    .bind(own.id)
                    .bind(state.as_str())
                    .bind(most)
                    .execute(pool)
                    .await?
                    .rows_affected();
                if state == State::Dead {
                    gone = deleted.cast_signed();
                }
            }
            if gone > 0 {
                sqlx::query(include_str!("sql/destinations/let_go.sql"))
                    .bind(own.site_id)
                    .bind(own.id)
                    .bind(gone)
                    .execute(pool)
                    .await?;
            }
            Ok::<_, StoreError>((buried, gone))
        })?;
        if gone > 0 {
            tracing::warn!(destination = %own.id, gone, "dead deliveries were let go because there were too many");
        }
        Ok(buried)
    }
}
