//! Hours are counted and kept.

use std::collections::BTreeMap;
use std::ops::Range;

use sqlx::{AssertSqlSafe, Connection};

use super::moment;
use super::rows::Bounds;
use super::statements::{count, keep, kept_from, marks};
use crate::rollups::hours::{Hours, hour_of, ranges};
use crate::store::wall::{Access, Narrow};
use crate::store::{Database, Store, StoreError, on};

/// Kept from here on is everything.
const ALL: i64 = i64::MIN;

/// What counting hours and keeping them came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rolled {
    /// They are kept.
    Kept,
    /// Somebody else was at it, or they changed meanwhile.
    Disturbed,
}

/// What is to be counted and kept.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) hours: Vec<Range<i64>>,
    /// Where what is kept begins, and will.
    pub(super) moves: Option<(i64, i64)>,
}

impl Plan {
    pub(super) fn all(&self) -> impl Iterator<Item = i64> {
        self.hours.iter().cloned().flatten()
    }

    /// Whether all of its hours are still to be counted: if one is not marked, somebody else has counted it.
    fn is_marked(&self, marks: &BTreeMap<i64, i64>) -> bool {
        self.moves.is_some() || self.all().all(|hour| marks.contains_key(&hour))
    }
}

impl Store {
    /// Counts hours that are marked and keeps them. They have to be of those that are kept at all ([`Store::due_hours`]).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn roll_due(
        &self,
        site_id: i64,
        hours: Vec<Range<i64>>,
    ) -> Result<Rolled, StoreError> {
        self.roll(site_id, Plan { hours, moves: None }).await
    }

    /// Counts and keeps so many more of the hours from before there were sums, the latest first. Nothing where all are kept.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn roll_past(
        &self,
        site_id: i64,
        hours: i64,
        now: i64,
    ) -> Result<Option<Rolled>, StoreError> {
        let bounds = self.by_second(include_str!("../sql/rollups/bounds.sql"));
        let (kept_from, bounds): (Option<i64>, Bounds) = on!(self, read of site_id, |pool| {
            let mut moment = pool.begin_with(moment(self.kind())).await?;
            let kept_from = kept_from!(moment, site_id);
            if kept_from == Some(ALL) {
                return Ok(None);
            }
            let bounds = sqlx::query_as(AssertSqlSafe(bounds))
                .bind(site_id)
                .fetch_one(&mut *moment)
                .await?;
            moment.rollback().await?;
            Ok::<_, StoreError>((kept_from, bounds))
        })?;
        let Some(from) = kept_from else {
            // Whatever is stored from now on is marked.
            let latest = [
                Some(now),
                bounds.last_session,
                bounds.last_event.map(|at| at * 1000),
            ];
            let latest = latest.into_iter().flatten().max().unwrap_or(now);
            on!(self, write of site_id, |pool| {
                sqlx::query(include_str!("../sql/rollups/begin.sql"))
                    .bind(site_id)
                    .bind(hour_of(latest) + 1)
                    .execute(pool)
                    .await
                    .map(drop)?;
            });
            return Ok(Some(Rolled::Kept));
        };
        let first = [bounds.first_session, bounds.first_event.map(|at| at * 1000)];
        let first = first.into_iter().flatten().min().map(hour_of);
        let begin = from - hours.max(1);
        let plan = match first {
            Some(first) if first < begin => Plan {
                hours: ranges(begin..from),
                moves: Some((from, begin)),
            },
            Some(first) if first < from => Plan {
                hours: ranges(first..from),
                moves: Some((from, ALL)),
            },
            _ => Plan {
                hours: Vec::new(),
                moves: Some((from, ALL)),
            },
        };
        self.roll(site_id, plan).await.map(Some)
    }

    async fn roll(&self, site_id: i64, plan: Plan) -> Result<Rolled, StoreError> {
        match self.database() {
            Database::Sqlite {
                read, write, items, ..
            } => {
                // What takes long is read, and nobody waits for that.
                let mut moment = read.begin().await?;
                let mut marked = BTreeMap::new();
                let mut counted = Hours::default();
                for hours in &plan.hours {
                    marked.append(&mut marks!(moment, site_id, hours));
                    count!(self, moment, site_id, hours.clone(), &mut counted);
                }
                moment.rollback().await?;
                let _turn = items.turn().await;
                let mut transaction = write.begin_with("BEGIN IMMEDIATE").await?;
                let mut there = BTreeMap::new();
                for hours in &plan.hours {
                    there.append(&mut marks!(transaction, site_id, hours));
                }
                // What is marked by now only is counted again; what is not marked any more somebody else has counted.
                let is_whole = plan.is_marked(&marked) && plan.is_marked(&there);
                let is_same = |(hour, mark)| there.get(hour) == Some(mark);
                let is_as_counted = plan.moves.is_some() || is_whole && marked.iter().all(is_same);
                if !is_as_counted || !keep!(self, transaction, site_id, &plan, &counted, &marked) {
                    transaction.rollback().await?;
                    return Ok(Rolled::Disturbed);
                }
                transaction.commit().await?;
                Ok(Rolled::Kept)
            }
            Database::Postgres { write, .. } => {
                let done = async {
                    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ";
                    let mut transaction = write.begin_with(begin).await?;
                    transaction.narrow(Access::Site(site_id)).await?;
                    let mut marked = BTreeMap::new();
                    let mut counted = Hours::default();
                    for hours in &plan.hours {
                        marked.append(&mut marks!(transaction, site_id, hours));
                        count!(self, transaction, site_id, hours.clone(), &mut counted);
                    }
                    if !plan.is_marked(&marked)
                        || !keep!(self, transaction, site_id, &plan, &counted, &marked)
                    {
                        transaction.rollback().await?;
                        return Ok(Rolled::Disturbed);
                    }
                    transaction.commit().await?;
                    Ok(Rolled::Kept)
                };
                match done.await {
                    Err(StoreError::Conflict(_)) => Ok(Rolled::Disturbed),
                    other => other,
                }
            }
        }
    }
}
