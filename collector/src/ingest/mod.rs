//! The way of a batch: read, correct, enrich, queue, commit, answer.
//!
//! ```text
//! envelope → context, item → enrich → catalogue → queue → writer → store::commit
//!     │            │                     │         │        │
//!   Refused     dropped               dropped Overloaded  accepted, duplicate, dropped, retry
//!                  └────────► inbox ◄────┴──────────────────────┘
//! ```
//!
//! Each step hands an item on or names its [`outcome`](crate::outcome). `accepted` and `duplicate` are said after the
//! commit and never before. The queue is bounded, in room and in time ([`pressure`]): beyond, a batch is refused whole, and the
//! sender keeps it.
//!
//! Where there is a stream of another kind behind it ([`crate::scale`]), the writer's place is taken by who publishes
//! ([`publishing`]), and the writer works in another process ([`queued`]).
//!
//! Knows no HTTP and no SQL.

mod catalogues;
mod clock;
mod commit;
mod context;
pub mod envelope;
mod fields;
mod findings;
mod ids;
pub mod import;
mod inbox;
pub mod interactions;
mod item;
mod mask;
mod meter;
mod money;
mod parameters;
mod part;
mod pressure;
mod publishing;
mod queue;
mod queued;
mod reading;
pub mod segment;
mod text;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;
use tracing::instrument::WithSubscriber;
use waymark_protocol::{BatchAnswer, ItemAnswer, Reason, Status};

pub use catalogues::Catalogues;
pub use envelope::{Envelope, RefusalCode, Refused};
pub use meter::Meter;
pub use part::Part;
pub use reading::{Answers, Reading, read};

use crate::catalogue::Problem;
use crate::enrich::client_hints::ClientHints;
use crate::enrich::geo::Place;
use crate::enrich::user_agent;
use crate::journey::Fact;
use crate::live::Feed;
use crate::outcome::{Fault, Outcome};
use crate::scale::Publisher;
use crate::store::rejected::Rejected;
use crate::store::sites::Site;
use crate::store::{Kind, Store};
use findings::Findings;
use inbox::{Dropped, Inbox, Origin, Sender};
use queue::{Full, Job, Queue};

/// How much work may wait and how much one commit takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IngestOptions {
    /// Items that may wait or be in a commit, of all batches together.
    pub queue_items: usize,
    /// Bytes that those may hold.
    pub queue_bytes: usize,
    /// The time that they may be expected to take, of senders who are refused beyond; none for no limit.
    pub queue_wait: Option<Duration>,
    /// Items that one transaction takes at most; a batch is never cut for it.
    pub commit_items: usize,
    /// Transactions at a time on PostgreSQL. SQLite has one writer by nature.
    pub writers: usize,
    /// How long PostgreSQL may take for one transaction before its items are sent back. SQLite bounds its waiting by
    /// itself.
    pub commit_time: Duration,
    /// Dropped items of each site that the inbox holds; none turns it off.
    pub rejected_items: usize,
    /// How long it holds them.
    pub rejected_age: Duration,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            queue_items: 50_000,
            queue_bytes: 128 * 1024 * 1024,
            queue_wait: Some(Duration::from_millis(250)),
            commit_items: 2_000,
            writers: 4,
            commit_time: Duration::from_secs(30),
            rejected_items: 1_000,
            rejected_age: Duration::from_secs(30 * 24 * 60 * 60),
        }
    }
}

/// How items came to be written as they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// By a sender that speaks the wire protocol.
    #[default]
    Waymark,
    /// By [`segment`]. Their ids were made by whoever sends to Segment, so they are UUIDs of any version, and their page
    /// views may have properties.
    Segment,
    /// They are [`interactions`], which are no items of the wire.
    Interactions,
}

/// What is known of a request beside its body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// The collector's clock when the body had been read, in milliseconds.
    pub at_ms: i64,
    /// What the items were before they were items.
    pub protocol: Protocol,
    /// Whether a server sent it: then the program that it names is the server's and not the visitor's.
    pub by_server: bool,
    /// The `User-Agent` header, where it was readable text.
    pub user_agent: Option<String>,
    /// The client hints, where they were readable text.
    pub hints: ClientHints,
    /// Where the sender's address is.
    pub place: Place,
    /// The sender's address, as far as it may be kept.
    pub ip: Option<String>,
}

/// Why a batch was refused whole. Nothing of it was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// The batch cannot be read.
    #[error(transparent)]
    Refused(#[from] envelope::Refused),
    /// The queue is full, or it would take too long.
    #[error("the queue is full")]
    Overloaded {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// The collector is about to end.
    #[error("the collector is shutting down")]
    ShuttingDown,
}

/// How much work waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Items that wait or are being committed.
    pub items: usize,
    /// Bytes that they hold.
    pub bytes: usize,
    /// The most items there may be.
    pub items_limit: usize,
    /// The most bytes there may be.
    pub bytes_limit: usize,
}

impl Depth {
    /// Whether a batch of ordinary size still fits.
    pub fn has_room(&self) -> bool {
        self.items + waymark_protocol::limits::BATCH_ITEMS <= self.items_limit
            && self.bytes + waymark_protocol::limits::BODY_BYTES <= self.bytes_limit
    }
}

/// Takes batches and answers them once they are durable. Clones share one queue.
#[derive(Clone, Debug)]
pub struct Ingest {
    queue: Arc<Queue>,
    inbox: Arc<Inbox>,
    contacts: Arc<interactions::Desk>,
    catalogues: Arc<Catalogues>,
    findings: Arc<Findings>,
    writers: TaskTracker,
    inbox_task: TaskTracker,
    findings_task: TaskTracker,
    store: Store,
    live: Feed,
}

impl Ingest {
    /// Starts the writers. `live` is told of every commit, as long as somebody listens to it.
    ///
    /// Needs to be called within a tokio runtime. The writers end with [`Ingest::drain`].
    pub fn start(store: Store, options: IngestOptions, live: Feed) -> Self {
        Self::start_with(store, options, live, None)
    }

    /// The same, with a stream that items are published to; without one they are committed here.
    pub fn start_with(
        store: Store,
        options: IngestOptions,
        live: Feed,
        publisher: Option<Publisher>,
    ) -> Self {
        // The patterns take a moment to compile, which the first request need not wait for.
        tokio::task::spawn_blocking(user_agent::warm_up);
        let queue = Arc::new(Queue::new(options));
        let findings = Arc::new(Findings::default());
        let writers = TaskTracker::new();
        let writer = || {
            writer::run(
                store.clone(),
                Arc::clone(&queue),
                live.clone(),
                Arc::clone(&findings),
                options.commit_time,
            )
            // A writer logs where whoever started it does.
            .with_current_subscriber()
        };
        match (publisher, store.kind()) {
            (Some(publisher), _) => {
                for _ in 0..publishing::GROUPS {
                    let publishing = publishing::run(publisher.clone(), Arc::clone(&queue));
                    writers.spawn(publishing.with_current_subscriber());
                }
            }
            (None, Kind::Sqlite) => writer::on_its_thread(&writers, writer),
            (None, Kind::Postgres) => {
                for _ in 0..options.writers.max(1) {
                    writers.spawn(writer());
                }
            }
        }
        writers.close();
        let contacts = interactions::Desk::new(store.clone(), live.clone(), options.commit_time);
        let catalogues = Arc::new(Catalogues::new(store.clone()));
        let findings_task = TaskTracker::new();
        let counting = Arc::clone(&findings).run(store.clone());
        findings_task.spawn(counting.with_current_subscriber());
        findings_task.close();
        let (inbox, writing) = Inbox::new(
            store.clone(),
            options,
            queue.meter.clone(),
            Arc::clone(&findings),
        );
        let inbox_task = TaskTracker::new();
        inbox_task.spawn(writing.with_current_subscriber());
        inbox_task.close();
        Self {
            queue,
            inbox: Arc::new(inbox),
            contacts: Arc::new(contacts),
            catalogues,
            findings,
            writers,
            inbox_task,
            findings_task,
            store,
            live,
        }
    }

    /// Reads a batch for `site`, waits until what is good of it is durable, and answers for every item.
    ///
    /// Whether the batch's origin may send to the site is for the caller to have decided. When the returned future is
    /// dropped, what was queued is committed nevertheless.
    ///
    /// # Errors
    /// [`IngestError`]; nothing was stored, and the same batch may be sent again.
    pub async fn submit(
        &self,
        site: &Site,
        envelope: &Envelope<'_>,
        received: &Received,
    ) -> Result<BatchAnswer, IngestError> {
        let reading = read(site, envelope, received)?;
        let answers = self.take(site, reading, &[(envelope, received)]).await?;
        Ok(BatchAnswer {
            v: waymark_protocol::VERSION,
            received_at: received.at_ms,
            results: answers.into_results(),
        })
    }

    /// The same for items that have a context each. One whose context cannot be read is dropped alone, and the answer has a
    /// line for each.
    ///
    /// # Errors
    /// As [`Ingest::submit`].
    pub async fn submit_parts(
        &self,
        site: &Site,
        parts: &[Part],
    ) -> Result<Vec<ItemAnswer>, IngestError> {
        let envelopes: Vec<Envelope<'_>> = parts.iter().map(|part| part.envelope(site)).collect();
        let sent: Vec<(&Envelope<'_>, &Received)> = envelopes
            .iter()
            .zip(parts.iter().map(|part| &part.received))
            .collect();
        let mut reading = Reading::default();
        for (envelope, received) in &sent {
            reading.append(Reading::of_part(site, envelope, received));
        }
        let answers = self.take(site, reading, &sent).await?;
        Ok(answers.into_results())
    }

    /// The same for facts that [`import`] made: there is no batch that they came in, and what is dropped is for the caller to
    /// tell, who has the rows, and not for the inbox.
    ///
    /// # Errors
    /// As [`Ingest::submit`].
    pub async fn submit_facts(
        &self,
        site: &Site,
        facts: Vec<Fact>,
    ) -> Result<Vec<ItemAnswer>, IngestError> {
        let answers = self.take(site, Reading::of_facts(facts), &[]).await?;
        Ok(answers.into_results())
    }

    /// Judges and queues what was read of `sent`, waits until it is durable, and answers for every item.
    async fn take(
        &self,
        site: &Site,
        mut reading: Reading,
        sent: &[(&Envelope<'_>, &Received)],
    ) -> Result<Answers, IngestError> {
        if let Some(catalogue) = self.catalogues.of(site.id) {
            reading.judge(&catalogue);
        }
        let Reading { facts, mut answers } = reading;
        // Facts that came in no batch are of somebody who goes on only when they are stored.
        let verdicts = self.queue(facts, sent.is_empty())?;
        // The batch has been taken in: what is wrong with it now is not for its sender to send again.
        let sdk = sent.first().and_then(|(envelope, _)| envelope.sdk.as_ref());
        self.queue.meter.batch(sdk);
        for line in answers.lines() {
            self.queue.meter.ignored(line);
            if let (Status::Dropped, Some(reason)) = (line.status, line.reason) {
                self.queue.meter.dropped(reason);
            }
        }
        self.keep(site, sent, answers.lines(), |_| true);
        if let Some(verdicts) = verdicts {
            // A writer answers every job it takes; without an answer it has ended, and nothing is promised.
            answers.settle(verdicts.await.map_err(|_| IngestError::ShuttingDown)?);
            let by_database = |reason| reason == Reason::Rejected;
            self.keep(site, sent, answers.lines(), by_database);
        }
        Ok(answers)
    }

    /// Reads an item of the inbox again, as if it had arrived when it did, and waits until it is durable if it is good.
    /// `None` for an item that is not whole any more.
    ///
    /// # Errors
    /// [`IngestError`]; nothing was stored, and it may be tried again.
    pub async fn again(
        &self,
        site: &Site,
        rejected: &Rejected,
    ) -> Result<Option<ItemAnswer>, IngestError> {
        let Some(kept) = &rejected.again else {
            return Ok(None);
        };
        let received = Sender::received(kept.sender.as_deref(), rejected.received_at);
        if received.protocol == Protocol::Interactions {
            return Ok(self.interaction_again(site, rejected, kept).await);
        }
        let envelope = Envelope::again(&site.key, kept.sent_at, &kept.context, &rejected.payload)?;
        let mut reading = Reading::of_part(site, &envelope, &received);
        if let Some(catalogue) = self.catalogues.of(site.id) {
            reading.judge(&catalogue);
            // It was counted when it came here.
            let counted = Problem::ALL.map(Problem::as_str);
            if counted.contains(&rejected.reason.as_str()) {
                reading
                    .facts
                    .iter_mut()
                    .for_each(|fact| fact.finding = None);
            }
        }
        let Reading { facts, mut answers } = reading;
        if let Some(verdicts) = self.queue(facts, true)? {
            answers.settle(verdicts.await.map_err(|_| IngestError::ShuttingDown)?);
        }
        Ok(answers.into_results().pop())
    }

    /// Puts facts in line. What is given back hears what became of them.
    fn queue(
        &self,
        facts: Vec<Fact>,
        is_patient: bool,
    ) -> Result<Option<oneshot::Receiver<Vec<Outcome>>>, IngestError> {
        if facts.is_empty() {
            return Ok(None);
        }
        let (reply, verdicts) = oneshot::channel();
        let job = Job::new(facts, reply);
        let job = if is_patient { job.patient() } else { job };
        self.queue.push(job).map_err(|full| match full {
            Full::NoRoom { retry_after } => IngestError::Overloaded { retry_after },
            Full::Closed => IngestError::ShuttingDown,
        })?;
        Ok(Some(verdicts))
    }

    /// Hands dropped items to the inbox, those whose reason is `wanted`.
    fn keep(
        &self,
        site: &Site,
        sent: &[(&Envelope<'_>, &Received)],
        mut lines: &[ItemAnswer],
        wanted: impl Fn(Reason) -> bool,
    ) {
        for (envelope, received) in sent {
            let (own, others) = lines.split_at(envelope.items.len().min(lines.len()));
            self.keep_batch(site, envelope, received, own, &wanted);
            lines = others;
        }
    }

    /// The same of one batch.
    fn keep_batch(
        &self,
        site: &Site,
        envelope: &Envelope<'_>,
        received: &Received,
        lines: &[ItemAnswer],
        wanted: impl Fn(Reason) -> bool,
    ) {
        let mut origin = None;
        for (line, item) in lines.iter().zip(&envelope.items) {
            let (Status::Dropped, Some(reason)) = (line.status, line.reason) else {
                continue;
            };
            let by_catalogue = Problem::of(reason).is_some();
            if (self.inbox.is_on() || by_catalogue) && wanted(reason) {
                let origin =
                    origin.get_or_insert_with(|| Arc::new(Origin::of(site, envelope, received)));
                let fault = Fault {
                    reason,
                    field: line.field.clone(),
                    limit: line.limit,
                };
                let dropped = Dropped::new(origin, line.id, fault, item.get());
                self.inbox.push(if by_catalogue {
                    dropped.event(item::event_name(item))
                } else {
                    dropped
                });
            }
        }
    }

    /// Takes no more batches, commits what waits, answers everyone, and returns when that is done.
    pub async fn drain(&self) {
        self.contacts.close();
        self.queue.close();
        self.writers.wait().await;
        self.inbox.close();
        self.inbox_task.wait().await;
        self.findings.close();
        self.findings_task.wait().await;
    }

    /// The event catalogues that events are held against.
    pub fn catalogues(&self) -> &Arc<Catalogues> {
        &self.catalogues
    }

    /// What is counted on the way.
    pub fn meter(&self) -> &Meter {
        &self.queue.meter
    }

    /// How much work waits.
    pub fn depth(&self) -> Depth {
        self.queue.depth()
    }
}
