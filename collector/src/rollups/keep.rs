//! Who counts hours and keeps them: those from before there were sums, and those that something has changed since.
//!
//! An hour that is still being changed would be counted again and again, so it waits until a look finds it as the look before did;
//! questions meanwhile count it themselves. Each slice is followed by a rest, so that those who store have the database most
//! of the time.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::hours::{hour_of, ranges};
use crate::clock;
use crate::store::rollups::Rolled;
use crate::store::{Store, StoreError};

/// How long it is between looks.
const EVERY: Duration = Duration::from_secs(5);
/// How long a slice of the past should take.
const SLICE: Duration = Duration::from_millis(100);
/// The most hours of a slice of the past, and of what has changed.
const MOST: i64 = 48;
const MOST_DUE: usize = 6;

/// Counts and keeps all of a site's hours that are over now, one after the other without a rest. Hours that somebody changes
/// meanwhile may be left.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn finish(store: &Store, site_id: i64) -> Result<(), StoreError> {
    while store.roll_past(site_id, MOST, clock::now()).await? == Some(Rolled::Kept) {}
    let present = hour_of(clock::now());
    let due: Vec<i64> = store.due_hours(site_id).await?.into_keys().collect();
    let over: Vec<i64> = due.into_iter().filter(|hour| *hour < present).collect();
    for hours in over.chunks(MOST_DUE) {
        store
            .roll_due(site_id, ranges(hours.iter().copied()))
            .await?;
    }
    Ok(())
}

/// Counts hours in the background.
#[derive(Debug)]
pub struct Roller {
    store: Store,
    /// By site: marked hours, as the last look found them.
    seen: HashMap<i64, BTreeMap<i64, i64>>,
    /// Hours of the next slice of the past.
    slice: i64,
}

impl Roller {
    /// Of what this store has.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            seen: HashMap::new(),
            slice: 1,
        }
    }

    /// Goes on until `stopping` is cancelled.
    pub(crate) async fn run(mut self, stopping: CancellationToken) {
        tokio::select! {
            () = stopping.cancelled() => {}
            () = self.work() => {}
        }
    }

    async fn work(&mut self) {
        loop {
            if let Err(error) = self.look().await {
                tracing::debug!(%error, "hours cannot be counted, which is tried again");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        for site in self.store.sites().await? {
            self.past(site.id).await?;
            self.due(site.id).await?;
        }
        Ok(())
    }

    /// Counts what was stored before there were sums, until all of it is kept or somebody else is at it.
    async fn past(&mut self, site_id: i64) -> Result<(), StoreError> {
        loop {
            let began = Instant::now();
            let rolled = self
                .store
                .roll_past(site_id, self.slice, clock::now())
                .await?;
            if rolled != Some(Rolled::Kept) {
                return Ok(());
            }
            let took = began.elapsed();
            self.slice = match took {
                took if took < SLICE / 2 => (self.slice * 2).min(MOST),
                took if took > SLICE => (self.slice / 2).max(1),
                _ => self.slice,
            };
            tokio::time::sleep(took).await;
        }
    }

    /// Counts hours that are over and as the last look found them.
    async fn due(&mut self, site_id: i64) -> Result<(), StoreError> {
        let marked = self.store.due_hours(site_id).await?;
        let before = self.seen.remove(&site_id).unwrap_or_default();
        let present = hour_of(clock::now());
        let quiet = marked
            .iter()
            .filter(|(hour, mark)| **hour < present && before.get(hour) == Some(mark));
        let quiet: Vec<i64> = quiet.map(|(hour, _)| *hour).collect();
        for hours in quiet.chunks(MOST_DUE) {
            let began = Instant::now();
            // Where it was disturbed, the next look finds them again.
            self.store
                .roll_due(site_id, ranges(hours.iter().copied()))
                .await?;
            tokio::time::sleep(began.elapsed()).await;
        }
        if !marked.is_empty() {
            self.store.thin_marks(site_id).await?;
            self.seen.insert(site_id, marked);
        }
        Ok(())
    }
}
