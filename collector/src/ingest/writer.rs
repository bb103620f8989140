//! The committing writer: takes what waits, commits it as one transaction, answers.
//!
//! It never waits for more work to come. While one transaction is being flushed to disk the next one gathers in the
//! queue by itself, so batches grow with the load and a lone request is committed at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use uuid::Uuid;
use waymark_protocol::Reason;

use super::live::Update;
use super::queue::{Job, Queue};
use crate::journey::Fact;
use crate::outcome::{Fault, Outcome};
use crate::store::{Committed, Store, StoreError};

/// How long a transaction that meets others is tried again, before its items are sent back.
const CONFLICT_PATIENCE: Duration = Duration::from_secs(8);
/// The pause before the first repetition; it doubles.
const CONFLICT_PAUSE: Duration = Duration::from_millis(5);

/// Works until the queue is closed and empty.
pub(super) async fn run(store: Store, queue: Arc<Queue>, live: broadcast::Sender<Arc<Update>>) {
    while let Some(jobs) = queue.take().await {
        let facts: Vec<&Fact> = jobs.iter().flat_map(|job| &job.facts).collect();
        let outcomes = commit(&store, &facts).await;
        let news = Changes::of(&facts, &outcomes, live.receiver_count() > 0);
        queue.done(split(jobs, outcomes));
        // After the answers: those who watch can wait a moment longer than those who send.
        news.tell(&store, &live).await;
    }
}

/// Deals the outcomes of all jobs out to each.
fn split(jobs: Vec<Job>, outcomes: Vec<Outcome>) -> Vec<(Job, Vec<Outcome>)> {
    let mut outcomes = outcomes.into_iter();
    jobs.into_iter()
        .map(|job| {
            let own = outcomes.by_ref().take(job.facts.len()).collect();
            (job, own)
        })
        .collect()
}

/// Commits facts, all in one transaction if the database takes them all. If it refuses the data, halves are tried until
/// the item at fault stands alone: it is dropped, and everything else is stored.
async fn commit(store: &Store, facts: &[&Fact]) -> Vec<Outcome> {
    match attempt(store, facts).await {
        Ok(committed) => committed
            .into_iter()
            .map(|committed| match committed {
                Committed::New => Outcome::Accepted,
                Committed::Duplicate => Outcome::Duplicate,
            })
            .collect(),
        Err(StoreError::Rejected(reason)) => match facts {
            [] => Vec::new(),
            [fact] => {
                tracing::warn!(
                    site_id = fact.arrival.site_id,
                    item_id = %fact.id,
                    kind = ?fact.kind,
                    reason,
                    "an item was dropped because the database refuses it"
                );
                vec![Outcome::Dropped(Fault {
                    reason: Reason::Rejected,
                    field: None,
                })]
            }
            facts => {
                let (left, right) = facts.split_at(facts.len() / 2);
                let mut outcomes = Box::pin(commit(store, left)).await;
                outcomes.extend(Box::pin(commit(store, right)).await);
                outcomes
            }
        },
        Err(error) => {
            tracing::error!(
                items = facts.len(),
                error = %error,
                "items could not be stored and were sent back to be tried again"
            );
            vec![Outcome::Retry; facts.len()]
        }
    }
}

/// One transaction, again for as long as it only met others.
async fn attempt(store: &Store, facts: &[&Fact]) -> Result<Vec<Committed>, StoreError> {
    let patience = tokio::time::Instant::now() + CONFLICT_PATIENCE;
    let mut pause = CONFLICT_PAUSE;
    loop {
        match store.commit(facts).await {
            Err(StoreError::Conflict(reason)) if tokio::time::Instant::now() + pause < patience => {
                tracing::debug!(reason, "a transaction met another one and is repeated");
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            other => return other,
        }
    }
}

/// What a commit changed, by site.
struct Changes(BTreeMap<i64, (Vec<crate::journey::Entry>, Vec<Uuid>)>);

impl Changes {
    /// Gathers the changes; none when nobody watches, because then they would be built for nothing.
    fn of(facts: &[&Fact], outcomes: &[Outcome], watched: bool) -> Self {
        let mut sites: BTreeMap<i64, (Vec<_>, Vec<Uuid>)> = BTreeMap::new();
        if watched {
            for (fact, _) in facts
                .iter()
                .zip(outcomes)
                .filter(|(_, outcome)| **outcome == Outcome::Accepted)
            {
                let (entries, visitors) = sites.entry(fact.arrival.site_id).or_default();
                entries.extend(fact.entry());
                visitors.push(fact.arrival.visitor_id);
            }
        }
        Self(sites)
    }

    async fn tell(self, store: &Store, live: &broadcast::Sender<Arc<Update>>) {
        for (site_id, (mut entries, mut visitors)) in self.0 {
            entries.sort_by_key(|entry| (entry.at, entry.id));
            visitors.sort_unstable();
            visitors.dedup();
            let journeys = match store.journeys(site_id, &visitors).await {
                Ok(journeys) => journeys,
                Err(error) => {
                    tracing::warn!(site_id, %error, "journeys could not be read for those who watch");
                    Vec::new()
                }
            };
            // Fails only when the last one has left in the meantime.
            let _ = live.send(Arc::new(Update {
                site_id,
                entries,
                journeys,
            }));
        }
    }
}
