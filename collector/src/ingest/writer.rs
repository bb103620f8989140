//! The committing writer: takes what waits, commits it as one transaction, answers.
//!
//! Where somebody waits for the answer it never waits for more work to come ([`super::queue`]). While one transaction is being flushed to disk the next one gathers in the
//! queue by itself, so batches grow with the load and a lone request is committed at once.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::commit::{self, Transaction};
use super::findings::Findings;
use super::queue::Queue;
use crate::journey::Fact;
use crate::live::{self, Feed, Telling, Update};
use crate::outcome::Outcome;
use crate::store::{Committed, Store, StoreError};

/// A transaction that takes longer is worth a line in the log.
const SLOW: Duration = Duration::from_secs(1);
/// What the system shows the thread as in which SQLite commits.
const SQLITE_THREAD: &str = "sqlite-writer";

/// Works until the queue is closed and empty.
pub(super) async fn run(
    store: Store,
    queue: Arc<Queue>,
    live: Feed,
    findings: Arc<Findings>,
    commit_time: Duration,
) {
    let database = Writing {
        store: &store,
        commit_time,
    };
    outlive_panics(|| work(database, &queue, &live, &findings)).await;
}

/// Runs a writer of SQLite, which blocks its thread while it commits, in one of its own.
pub(super) fn on_its_thread<W>(writers: &TaskTracker, writer: impl Fn() -> W)
where
    W: Future<Output = ()> + Send + 'static,
{
    let token = writers.token();
    let work = writer();
    let runtime = Handle::current();
    let started = std::thread::Builder::new()
        .name(SQLITE_THREAD.to_owned())
        .spawn(move || {
            runtime.block_on(work);
            drop(token);
        });
    if let Err(error) = started {
        tracing::warn!(%error, "SQLite gets no thread of its own, and requests will wait for it now and then");
        writers.spawn(writer());
    }
}

/// Where a writer commits, and how long that may take.
#[derive(Clone, Copy)]
struct Writing<'s> {
    store: &'s Store,
    commit_time: Duration,
}

impl Transaction for Writing<'_> {
    type Item = Fact;

    async fn run(&self, facts: &[&Fact]) -> Result<Vec<Committed>, StoreError> {
        commit::in_time(self.store, self.commit_time, self.store.commit(facts)).await
    }

    fn refused(&self, fact: &Fact, reason: &str) {
        tracing::warn!(
            site_id = fact.arrival.site_id,
            item_id = %fact.id,
            kind = ?fact.kind,
            reason,
            "an item was dropped because the database refuses it"
        );
    }
}

async fn work(database: Writing<'_>, queue: &Queue, live: &Feed, findings: &Findings) {
    while let Some(taken) = queue.take().await {
        let facts: Vec<&Fact> = taken.jobs.iter().flat_map(|job| &job.facts).collect();
        let began = tokio::time::Instant::now();
        let outcomes = commit::commit(&database, &facts).await;
        queue.meter.committed(facts.len(), began.elapsed());
        if began.elapsed() > SLOW {
            let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(items = facts.len(), ms, "a transaction was slow");
        }
        count(&facts, &outcomes, findings);
        let news = Changes::of(database.store, &facts, &outcomes, live);
        let telling = live.turn();
        taken.done(outcomes);
        // After the answers: those who watch can wait a moment longer than those who send.
        news.tell(database.store, telling).await;
    }
}

/// Counts what catalogues found wrong with items that are new.
fn count(facts: &[&Fact], outcomes: &[Outcome], findings: &Findings) {
    for (fact, outcome) in facts.iter().zip(outcomes) {
        if let Some(finding) = &fact.finding
            && let Some(name) = &fact.name
            && *outcome == Outcome::Accepted
        {
            findings.add(
                fact.arrival.site_id,
                name,
                finding,
                fact.arrival.received_at,
            );
        }
    }
}

/// Runs `work` to its end, from the start again where a defect makes it panic: without a writer every request would
/// wait for ever. What the work had taken is answered by [`super::queue::Taken`].
pub(super) async fn outlive_panics<F: Future<Output = ()>>(mut work: impl FnMut() -> F) {
    while AssertUnwindSafe(work()).catch_unwind().await.is_err() {
        tracing::error!("a writer panicked; what it had taken was sent back, and it goes on");
    }
}

/// Tells those who watch of facts that were committed by another process.
pub(super) async fn tell_of_others(store: &Store, live: &Feed, facts: &[Fact]) {
    let facts: Vec<&Fact> = facts.iter().collect();
    let outcomes = vec![Outcome::Accepted; facts.len()];
    let telling = live.turn();
    Changes::of(store, &facts, &outcomes, live)
        .tell(store, telling)
        .await;
}

/// What a commit changed, by site.
struct Changes(BTreeMap<i64, Change>);

/// What a commit changed of one site.
#[derive(Default)]
struct Change {
    entries: Vec<crate::journey::Entry>,
    visitors: BTreeSet<Uuid>,
    bytes: usize,
    /// Whether those who watch will be told so anyhow.
    is_flooded: bool,
}

impl Change {
    fn is_too_much(&self) -> bool {
        self.is_flooded || self.bytes > live::ENTRY_BYTES || self.visitors.len() > live::JOURNEYS
    }
}

impl Changes {
    /// Gathers the changes; none when nobody watches, because then they would be built for nothing.
    fn of(store: &Store, facts: &[&Fact], outcomes: &[Outcome], live: &Feed) -> Self {
        let watched = live.is_watched();
        let mut sites: BTreeMap<i64, Change> = BTreeMap::new();
        let accepted = facts
            .iter()
            .zip(outcomes)
            .filter(|(_, outcome)| watched && **outcome == Outcome::Accepted);
        for (fact, _) in accepted {
            let site_id = fact.arrival.site_id;
            let change = sites.entry(site_id).or_insert_with(|| Change {
                is_flooded: live.is_flooded(site_id),
                ..Change::default()
            });
            if !change.is_too_much() {
                change.bytes += fact.weight();
                change.visitors.insert(fact.arrival.visitor_id);
                let definition = store.stages(site_id);
                change.entries.extend(fact.entry(&definition));
            }
        }
        Self(sites)
    }

    async fn tell(self, store: &Store, mut telling: Telling) {
        for (site_id, change) in self.0 {
            let mut update = Update {
                site_id,
                entries: Vec::new(),
                bytes: 0,
                journeys: Vec::new(),
                too_much: change.is_too_much(),
            };
            if !update.too_much {
                update.bytes = change.bytes;
                update.entries = change.entries;
                let visitors: Vec<Uuid> = change.visitors.into_iter().collect();
                match store.journeys(site_id, &visitors).await {
                    Ok(journeys) => {
                        // The rules' word on each entry's own batch gives way to the visitor's mark.
                        let bots: BTreeSet<Uuid> = journeys
                            .iter()
                            .filter(|journey| journey.bot)
                            .map(|journey| journey.visitor_id)
                            .collect();
                        for entry in &mut update.entries {
                            entry.bot = entry
                                .visitor_id
                                .is_some_and(|visitor| bots.contains(&visitor));
                        }
                        update.journeys = journeys;
                    }
                    Err(error) => {
                        tracing::warn!(site_id, %error, "journeys could not be read for those who watch");
                    }
                }
            }
            telling.add(update);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::ingest::IngestOptions;
    use crate::ingest::queue::Job;
    use crate::journey::Fact;

    fn facts() -> Vec<Fact> {
        let site = crate::store::sites::Site {
            id: 1,
            workspace: 1,
            name: String::new(),
            key: String::new(),
            origins: Vec::new(),
            time_zone: "UTC".to_owned(),
            server_key_required: false,
            renew_cookie: false,
            cookie_domain: None,
            currency: None,
            is_demo: false,
            created_at: 0,
        };
        let body = include_bytes!("../../../protocol/fixtures/v1/batch.full.json");
        let envelope = crate::ingest::envelope::read(body).unwrap();
        let received = crate::ingest::Received {
            at_ms: envelope.sent_at,
            ..crate::ingest::Received::default()
        };
        crate::ingest::read(&site, &envelope, &received)
            .unwrap()
            .facts
    }

    #[tokio::test]
    async fn a_writer_that_panics_sends_its_items_back_and_goes_on() {
        let queue = Queue::new(IngestOptions::default());
        let (first, answered_first) = oneshot::channel();
        let (second, answered_second) = oneshot::channel();
        let count = facts().len();
        queue.push(Job::new(facts(), first)).unwrap();
        let mut runs = 0;
        let (queue, second) = (&queue, &mut Some(second));
        outlive_panics(|| {
            runs += 1;
            let second = second.take();
            async move {
                let Some(second) = second else {
                    let taken = queue.take().await.unwrap();
                    taken.done(vec![Outcome::Accepted; count]);
                    return;
                };
                let _taken = queue.take().await.unwrap();
                queue.push(Job::new(facts(), second)).unwrap();
                panic!("a defect");
            }
        })
        .await;
        assert_eq!(runs, 2);
        assert_eq!(answered_first.await.unwrap(), vec![Outcome::Retry; count]);
        assert_eq!(
            answered_second.await.unwrap(),
            vec![Outcome::Accepted; count]
        );
        assert_eq!((queue.depth().items, queue.depth().bytes), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn patient_jobs_are_gathered_until_somebody_is_in_a_hurry() {
        let queue = Queue::new(IngestOptions::default());
        let job = || Job::new(facts(), oneshot::channel().0);
        let push = |job| queue.push(job).unwrap();
        let taken = async || {
            let began = tokio::time::Instant::now();
            let jobs = queue.take().await.unwrap().jobs.len();
            (jobs, began.elapsed() >= Duration::from_millis(50))
        };
        push(job().patient());
        push(job().patient());
        assert_eq!(taken().await, (2, true));
        // Whoever waits for an answer waits for nobody else.
        push(job().patient());
        push(job());
        assert_eq!(taken().await, (2, false));
        push(job().patient());
        let more = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            push(job());
        };
        assert_eq!(tokio::join!(taken(), more).0, (2, false));
        // Enough of them are enough.
        let many = 500_usize.div_ceil(facts().len());
        (0..many).for_each(|_| push(job().patient()));
        assert_eq!(taken().await, (many, false));
        // At the end there is nothing to wait for.
        push(job().patient());
        queue.close();
        assert_eq!(taken().await, (1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn patient_jobs_are_gathered_for_longer_where_transactions_take_long() {
        let queue = Queue::new(IngestOptions::default());
        let count = facts().len();
        let gathered = async |transaction| {
            let push = || queue.push(Job::new(facts(), oneshot::channel().0).patient());
            push().unwrap();
            let began = tokio::time::Instant::now();
            let taken = queue.take().await.unwrap();
            let gathered = began.elapsed();
            tokio::time::sleep(Duration::from_millis(transaction)).await;
            taken.done(vec![Outcome::Accepted; count]);
            u64::try_from(gathered.as_millis()).unwrap()
        };
        // Half of what the last one took, and of that which was before.
        for (transaction, wanted) in [(80, 50..60), (80, 80..90), (900, 120..130), (0, 250..260)] {
            let gathered = gathered(transaction).await;
            assert!(wanted.contains(&gathered), "{gathered} ms");
        }
        // A fast database is not waited for.
        for _ in 0..10 {
            gathered(1).await;
        }
        assert!((50..60).contains(&gathered(1).await));
    }
}
