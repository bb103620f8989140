//! What is to be told of alerts: what is due, who has taken it, what became of it.
//!
//! A row is written with the change that it tells of, by [`Store::settle_alert`], and taken by one collector for a time: whoever
//! dies with it has it taken by another after that. What ends stays as long as the change does.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::alerts::Alert;
use super::deliveries::Ended;
use super::{Database, Store, StoreError, on};
use crate::alerts::Channel;
use crate::alerts::notice::Told;

/// Keeps one; the columns as they stand in it.
pub(super) const INSERT: &str = include_str!("sql/alert_notices/insert.sql");

/// What is told of a change to one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AlertNotice)]
pub struct Notice {
    /// Its id, which every attempt tells the receiver.
    pub id: Uuid,
    /// Who is told; null for who may not change the alert.
    pub channel: Option<Channel>,
    /// When it was written.
    pub created_at: i64,
    /// `waiting`, `delivered`, `skipped` or `dead`.
    pub state: String,
    /// When it is due, or when it ended.
    pub due_at: i64,
    /// Attempts so far.
    pub attempts: i64,
    /// The status of the last answer of a webhook, or the code of the mail server's.
    pub status: Option<i64>,
    /// Why it was not delivered, so far or at all.
    pub error: Option<String>,
}

#[derive(FromRow)]
struct Row {
    change_id: Uuid,
    id: Uuid,
    channel: String,
    created_at: i64,
    state: String,
    due_at: i64,
    attempts: i64,
    status: Option<i64>,
    error: Option<String>,
}

#[derive(FromRow)]
struct Taken {
    site_id: i64,
    alert_id: Uuid,
    id: Uuid,
    change_id: Uuid,
    channel: String,
    attempts: i64,
}

/// A notice that somebody has taken.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) site_id: i64,
    pub(crate) alert_id: Uuid,
    pub(crate) id: Uuid,
    pub(crate) change_id: Uuid,
    /// None where only another version of the program knows it.
    pub(crate) channel: Option<Channel>,
    /// This one included.
    pub(crate) attempts: i64,
}

impl Store {
    /// The notices of an alert, by the change that they are of.
    pub(super) async fn alert_notices(
        &self,
        own: &Alert,
    ) -> Result<HashMap<Uuid, Vec<Notice>>, StoreError> {
        let rows: Vec<Row> = on!(self, read of own.site_id, |pool| {
            sqlx::query_as(include_str!("sql/alert_notices/list.sql"))
                .bind(own.site_id)
                .bind(own.id)
                .fetch_all(pool)
                .await
        })?;
        let mut all: HashMap<Uuid, Vec<Notice>> = HashMap::new();
        for row in rows {
            all.entry(row.change_id).or_default().push(Notice {
                id: row.id,
                channel: serde_json::from_str(&row.channel).ok(),
                created_at: row.created_at,
                state: row.state,
                due_at: row.due_at,
                attempts: row.attempts,
                status: row.status,
                error: row.error,
            });
        }
        Ok(all)
    }

    /// When the next notice of any site is due.
    pub(crate) async fn next_notice(&self) -> Result<Option<i64>, StoreError> {
        let (at,): (Option<i64>,) = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/alert_notices/next_due.sql"))
                .fetch_one(pool)
                .await
        })?;
        Ok(at)
    }

    /// Takes up to `most` notices that are due, of any site, until `until`, in the name of `claim`.
    pub(crate) async fn claim_notices(
        &self,
        claim: Uuid,
        now: i64,
        until: i64,
        most: i64,
    ) -> Result<Vec<Claimed>, StoreError> {
        let sql = match self.database() {
            Database::Sqlite { .. } => include_str!("sql/alert_notices/claim.sqlite.sql"),
            Database::Postgres { .. } => include_str!("sql/alert_notices/claim.postgres.sql"),
        };
        let taken: Vec<Taken> = on!(self, write, |pool| {
            sqlx::query_as(sql)
                .bind(now)
                .bind(claim)
                .bind(until)
                .bind(most)
                .fetch_all(pool)
                .await
        })?;
        let read = |taken: Taken| Claimed {
            site_id: taken.site_id,
            alert_id: taken.alert_id,
            id: taken.id,
            change_id: taken.change_id,
            channel: serde_json::from_str(&taken.channel).ok(),
            attempts: taken.attempts,
        };
        Ok(taken.into_iter().map(read).collect())
    }

    /// What a notice tells of. Nothing where the alert is gone.
    pub(crate) async fn notice_tells(&self, claimed: &Claimed) -> Result<Option<Told>, StoreError> {
        let told: Option<(String,)> = on!(self, read of claimed.site_id, |pool| {
            sqlx::query_as(include_str!("sql/alert_notices/told.sql"))
                .bind(claimed.site_id)
                .bind(claimed.alert_id)
                .bind(claimed.change_id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(told.and_then(|(text,)| serde_json::from_str(&text).ok()))
    }

    /// Notes what became of an attempt, if it is still `claim`'s.
    pub(crate) async fn finish_notice(
        &self,
        claimed: &Claimed,
        claim: Uuid,
        ended: &Ended,
    ) -> Result<(), StoreError> {
        on!(self, write of claimed.site_id, |pool| {
            sqlx::query(include_str!("sql/alert_notices/finish.sql"))
                .bind(claimed.site_id)
                .bind(claimed.alert_id)
                .bind(claimed.id)
                .bind(claim)
                .bind(ended.state.as_str())
                .bind(ended.due_at)
                .bind(ended.status.map(i64::from))
                .bind(ended.error)
                .bind(i64::from(ended.uncounted))
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(())
    }

    /// Gives back whatever `claim` has taken and not finished.
    pub(crate) async fn release_notices(&self, claim: Uuid, now: i64) -> Result<(), StoreError> {
        on!(self, write, |pool| {
            sqlx::query(include_str!("sql/alert_notices/release.sql"))
                .bind(claim)
                .bind(now)
                .execute(pool)
                .await
                .map(drop)
        })?;
        Ok(())
    }
}
