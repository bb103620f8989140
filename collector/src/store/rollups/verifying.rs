//! Whether kept hours are what their rows add up to.

use std::collections::BTreeMap;
use std::ops::Range;

use sqlx::{AssertSqlSafe, Connection};

use super::rows::{Bounds, HourRow, TouchRow, add_kept};
use super::statements::{count, kept_from, marks};
use super::{TOGETHER, moment};
use crate::rollups::hours::{HOUR_MS, Hours, hour_of};
use crate::store::verify::EXAMPLES;
use crate::store::{Store, StoreError, on};

/// An hour of which something else is kept than is counted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WrongHour {
    /// Its first moment, in milliseconds since the Unix epoch.
    pub at: i64,
    /// What differs.
    pub what: &'static str,
}

/// Hours that are kept, held against a recount.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct VerifiedHours {
    /// Kept hours that nothing has changed since.
    pub kept: usize,
    /// Hours that will be counted anew, and are when they are read.
    pub due: usize,
    /// How many differ.
    pub different: usize,
    /// The first of them.
    pub examples: Vec<WrongHour>,
}

impl Store {
    /// Counts every kept hour of a site anew and says which differ.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn verify_hours(&self, site_id: i64) -> Result<VerifiedHours, StoreError> {
        let bounds = self.by_second(include_str!("../sql/rollups/bounds.sql"));
        let mut verified = VerifiedHours::default();
        let span: Option<Range<i64>> = on!(self, read of site_id, |pool| {
            let mut moment = pool.begin_with(moment(self.kind())).await?;
            let Some(from) = kept_from!(moment, site_id) else {
                return Ok(verified);
            };
            let bounds: Bounds = sqlx::query_as(AssertSqlSafe(bounds))
                .bind(site_id)
                .fetch_one(&mut *moment)
                .await?;
            let kept: (Option<i64>, Option<i64>) =
                sqlx::query_as(include_str!("../sql/rollups/span.sql"))
                    .bind(site_id)
                    .fetch_one(&mut *moment)
                    .await?;
            moment.rollback().await?;
            let seconds = |at: Option<i64>| at.map(|at| hour_of(at * 1000));
            let first = [
                bounds.first_session.map(hour_of),
                seconds(bounds.first_event),
                kept.0,
            ];
            let last = [
                bounds.last_session.map(hour_of),
                seconds(bounds.last_event),
                kept.1,
            ];
            let first = first.into_iter().flatten().min();
            let last = last.into_iter().flatten().max();
            Ok::<_, StoreError>(
                first
                    .zip(last)
                    .map(|(first, last)| first.max(from)..last + 1),
            )
        })?;
        let Some(span) = span else {
            return Ok(verified);
        };
        let mut from = span.start;
        while from < span.end {
            let slice = from..(from + TOGETHER).min(span.end);
            from = slice.end;
            self.verify_slice(site_id, slice, &mut verified).await?;
        }
        Ok(verified)
    }

    async fn verify_slice(
        &self,
        site_id: i64,
        hours: Range<i64>,
        verified: &mut VerifiedHours,
    ) -> Result<(), StoreError> {
        let (kept, counted, due): (Hours, Hours, BTreeMap<i64, i64>) = on!(self, read of site_id, |pool| {
            let mut moment = pool.begin_with(moment(self.kind())).await?;
            let due = marks!(moment, site_id, &hours);
            let rows: Vec<HourRow> = sqlx::query_as(include_str!("../sql/rollups/hours.sql"))
                .bind(site_id)
                .bind(hours.start)
                .bind(hours.end)
                .fetch_all(&mut *moment)
                .await?;
            let touches: Vec<TouchRow> =
                sqlx::query_as(include_str!("../sql/rollups/touches.sql"))
                    .bind(site_id)
                    .bind(hours.start)
                    .bind(hours.end)
                    .fetch_all(&mut *moment)
                    .await?;
            let (mut kept, mut counted) = (Hours::default(), Hours::default());
            add_kept(&mut kept, rows, touches)?;
            count!(self, moment, site_id, hours.clone(), &mut counted);
            moment.rollback().await?;
            Ok::<_, StoreError>((kept, counted, due))
        })?;
        verified.due += due.len();
        for hour in hours {
            if due.contains_key(&hour) {
                continue;
            }
            let both = [false, true].map(|bot| (hour, bot));
            let differs = both.iter().find_map(|key| {
                if kept.happened.get(key) != counted.happened.get(key) {
                    return Some("what happened");
                }
                let began = kept.began.get(key) != counted.began.get(key);
                began.then_some("sessions that began")
            });
            let is_there = both.iter().any(|key| kept.happened.contains_key(key));
            verified.kept += usize::from(is_there);
            if let Some(what) = differs {
                verified.different += 1;
                if verified.examples.len() < EXAMPLES {
                    let at = hour * HOUR_MS;
                    verified.examples.push(WrongHour { at, what });
                }
            }
        }
        Ok(())
    }
}
