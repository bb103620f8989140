//! Sums by hour ([`crate::rollups`]): marks, recounts, and what is kept of them.
//!
//! `rollup_marks` names hours whose sums are not to be read. Commits mark the hours of their items and of the beginnings of the
//! sessions of these, in their transaction ([`super::commit`]); triggers mark what else changes (migration 26). An hour is counted
//! from the rows of one moment, and kept together with the removal of just the marks that were there at that moment:
//! PostgreSQL sees no others in the transaction, and SQLite's are held against those that were read. Of two who count one hour
//! one gives up.
//!
//! Below `rollups.kept_from` nothing is kept yet: what was stored before there were sums is counted a slice at a time, the latest
//! first.

mod rolling;
mod rows;
mod statements;
mod verifying;

use std::collections::BTreeMap;
use std::ops::Range;

use sqlx::{AssertSqlSafe, Connection};

use self::rows::{HourRow, OrderRow, TouchRow, add_kept};
use self::statements::{count, kept_from, marks};
use super::orders::{RefundRow, refunded};
use super::{Kind, Store, StoreError, on};
use crate::rollups::hours::{HOUR_MS, Hours, Whence, ranges};

pub use rolling::Rolled;
pub use verifying::{VerifiedHours, WrongHour};

/// The most hours that are counted in one statement.
const TOGETHER: i64 = 24;

/// Orders and when they, or the sessions that they are of, have to have been.
#[derive(Debug, Clone, Copy)]
pub enum Sold {
    /// Orders of the time itself.
    Within,
    /// Orders of sessions that began in the time.
    BegunWithin,
}

/// An order, as sums need it.
#[derive(Debug, Clone)]
pub struct Order {
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    /// Whether it is a bot's.
    pub bot: bool,
    /// Where its session came from.
    pub whence: Whence,
    /// Millionths of its currency.
    pub amount: Option<i64>,
    /// Millionths of the order's currency that refunds took back.
    pub refunded: i64,
    /// ISO 4217.
    pub currency: Option<String>,
}

/// What there is of some hours.
#[derive(Debug, Clone)]
pub struct Read {
    /// The sums.
    pub hours: Hours,
    /// Orders are read as they are: they are few, and what they are worth follows from refunds and rates of any time.
    pub orders: Vec<Order>,
    /// How many of the hours were counted anew.
    pub recounted: usize,
}

/// A transaction that reads one moment's state.
fn moment(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "BEGIN",
        Kind::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    }
}

impl Store {
    /// What is kept of some hours, those that were marked counted anew, all of one moment, with orders. Nothing where not all
    /// of them are kept yet.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn read_hours(
        &self,
        site_id: i64,
        hours: Range<i64>,
        sold: Sold,
    ) -> Result<Option<Read>, StoreError> {
        let (begin, end) = (hours.start * HOUR_MS, hours.end * HOUR_MS);
        let when = match sold {
            Sold::Within => [begin, end, i64::MIN, end, begin],
            Sold::BegunWithin => [begin, i64::MAX, begin, end, i64::MIN],
        };
        on!(self, read of site_id, |pool| {
            let mut moment = pool.begin_with(moment(self.kind())).await?;
            let kept_from = kept_from!(moment, site_id);
            if kept_from.is_none_or(|from| from > hours.start) {
                return Ok(None);
            }
            let due = marks!(moment, site_id, &hours);
            let kept: Vec<HourRow> = sqlx::query_as(include_str!("../sql/rollups/hours.sql"))
                .bind(site_id)
                .bind(hours.start)
                .bind(hours.end)
                .fetch_all(&mut *moment)
                .await?;
            // Where sessions came from, who asks about the time itself is not told, and need not wait for.
            let touches: Vec<TouchRow> = match sold {
                Sold::Within => Vec::new(),
                Sold::BegunWithin => {
                    sqlx::query_as(include_str!("../sql/rollups/touches.sql"))
                        .bind(site_id)
                        .bind(hours.start)
                        .bind(hours.end)
                        .fetch_all(&mut *moment)
                        .await?
                }
            };
            let mut all = Hours::default();
            add_kept(&mut all, kept, touches)?;
            for range in ranges(due.keys().copied()) {
                count!(self, moment, site_id, range, &mut all);
            }
            let mut query = sqlx::query_as(include_str!("../sql/rollups/orders.sql")).bind(site_id);
            for when in when {
                query = query.bind(when);
            }
            let orders: Vec<OrderRow> = query.fetch_all(&mut *moment).await?;
            let refunds = include_str!("../sql/columns/refunds.sql")
                .replace("{whose}", "v.site_id = $1 AND v.at >= $2 AND v.at < $3");
            let refunds: Vec<RefundRow> = sqlx::query_as(AssertSqlSafe(refunds))
                .bind(site_id)
                .bind(when[0])
                .bind(when[1])
                .fetch_all(&mut *moment)
                .await?;
            moment.rollback().await?;
            let taken = refunded(refunds);
            let orders = orders.into_iter().map(|row| Order {
                at: row.at,
                bot: row.bot,
                refunded: taken.get(&row.order_key).copied().unwrap_or(0),
                whence: row.whence.whence(),
                amount: row.amount,
                currency: row.currency,
            });
            Ok(Some(Read {
                hours: all,
                orders: orders.collect(),
                recounted: due.len(),
            }))
        })
    }

    /// Which of a site's kept hours are marked, each with its mark.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn due_hours(&self, site_id: i64) -> Result<BTreeMap<i64, i64>, StoreError> {
        on!(self, read of site_id, |pool| {
            let mut moment = pool.begin_with(moment(self.kind())).await?;
            let Some(from) = kept_from!(moment, site_id) else {
                return Ok(BTreeMap::new());
            };
            let marks = marks!(moment, site_id, &(from..i64::MAX));
            moment.rollback().await?;
            Ok(marks)
        })
    }

    /// How many hours of a site are marked.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn count_due_hours(&self, site_id: i64) -> Result<i64, StoreError> {
        Ok(on!(self, read of site_id, |pool| {
            sqlx::query_scalar(include_str!("../sql/rollups/count_due.sql"))
                .bind(site_id)
                .fetch_one(pool)
                .await
        })?)
    }

    /// Removes marks that say no more than later ones.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn thin_marks(&self, site_id: i64) -> Result<(), StoreError> {
        if self.kind() == Kind::Postgres {
            on!(self, write of site_id, |pool| {
                sqlx::query(include_str!("../sql/rollups/thin.postgres.sql"))
                    .bind(site_id)
                    .execute(pool)
                    .await
                    .map(drop)?;
            });
        }
        Ok(())
    }
}
