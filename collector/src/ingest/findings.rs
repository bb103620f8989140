//! Counts of what the sites' event catalogues found wrong, on their way to the database.
//!
//! An event is counted when it has become a new row: of the events, where it was flagged, or of the inbox, where it was
//! dropped; so what is sent again counts once. Where there is no inbox, each arrival of a dropped event counts. Counts
//! gather here for a second at most, and nobody waits for them; a collector that is killed loses those of that second.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::catalogue::Finding;
use crate::store::Store;
use crate::store::findings::{Count, NewFinding};

/// The time between two writings.
const PAUSE: Duration = Duration::from_millis(500);
/// Different findings that wait at most; what comes beyond is not counted.
const WAITING: usize = 10_000;

/// Site, event, problem, field.
type Key = (i64, String, &'static str, String);

/// What waits to be written.
#[derive(Debug, Default)]
pub(super) struct Findings {
    counts: Mutex<BTreeMap<Key, Count>>,
    arrived: Notify,
    closing: CancellationToken,
}

impl Findings {
    /// Counts an event. Never waits for the database.
    pub(super) fn add(&self, site_id: i64, name: &str, finding: &Finding, at: i64) {
        let key = (
            site_id,
            name.to_owned(),
            finding.problem.as_str(),
            finding.field.clone(),
        );
        let count = Count {
            items: 1,
            first_at: at,
            last_at: at,
        };
        self.merge(key, count);
        self.arrived.notify_one();
    }

    fn merge(&self, key: Key, count: Count) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() < WAITING || counts.contains_key(&key) {
            counts
                .entry(key)
                .and_modify(|kept| kept.merge(count))
                .or_insert(count);
        }
    }

    /// Lets [`Findings::run`] write what waits, and end.
    pub(super) fn close(&self) {
        self.closing.cancel();
    }

    /// Writes what comes, until it is closed.
    pub(super) async fn run(self: Arc<Self>, store: Store) {
        while !self.closing.is_cancelled() {
            tokio::select! {
                () = self.arrived.notified() => {}
                () = self.closing.cancelled() => {}
            }
            self.write(&store).await;
            tokio::select! {
                () = self.closing.cancelled() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        self.write(&store).await;
    }

    async fn write(&self, store: &Store) {
        let counts = {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *counts)
        };
        if counts.is_empty() {
            return;
        }
        let rows: Vec<NewFinding<'_>> = counts
            .iter()
            .map(|((site_id, name, problem, field), count)| NewFinding {
                site_id: *site_id,
                name,
                problem,
                field,
                count: *count,
            })
            .collect();
        if let Err(error) = store.add_findings(&rows).await {
            tracing::warn!(%error, "what event catalogues found could not be counted yet");
            for (key, count) in counts {
                self.merge(key, count);
            }
            if !self.closing.is_cancelled() {
                self.arrived.notify_one();
            }
        }
    }
}
