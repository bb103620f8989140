//! Interactions of servers: read, stored and answered item by item, without sessions, browsers or the queue of events.
//!
//! ```text
//! body ─ read ─ item ─ store::add_interactions ─ answer
//!                 └──────► inbox
//! ```
//!
//! A request's interactions are one transaction, so the bound on work is one on requests at a time. No e-mail address gets
//! further than [`hashed`]: what is stored, kept in the inbox and logged has its hash. Whose an interaction is nobody asks
//! here; that is said when it is read.

mod item;

use std::borrow::Cow;
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::sync::{Semaphore, TryAcquireError};
use waymark_protocol::{ItemAnswer, Reason, Status};

use super::clock::Clock;
use super::commit::{self, Transaction};
use super::envelope::{self, Refused};
use super::reading::Answers;
use super::segment::moment;
use super::{Envelope, Ingest, IngestError, Protocol, Received};
use crate::journey::Interaction;
use crate::live::{self, Feed, Update};
use crate::outcome::Outcome;
use crate::store::rejected::{Again, Rejected};
use crate::store::sites::Site;
use crate::store::{Committed, InteractionFilter, Store, StoreError};

use item::hashed;

/// Requests that are being stored at a time, at most.
const ROOM: usize = 64;
/// What a sender is told to wait when there is no room.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A request of which nothing but the outside has been read.
#[derive(Debug)]
pub struct Batch<'a> {
    /// The sender's clock when it sent, where it says so.
    sent_at: Option<i64>,
    /// Whether it says so in a way that cannot be read.
    unreadable: bool,
    items: Vec<&'a RawValue>,
}

/// What became of one interaction.
#[derive(Debug)]
pub struct Line {
    /// The sender's id of it, where that could be read.
    pub key: Option<String>,
    /// The rest. Its id is the collector's.
    pub answer: ItemAnswer,
}

/// Reads the outside of a body.
///
/// # Errors
/// [`Refused`], which names the field at fault.
pub fn read(body: &[u8]) -> Result<Batch<'_>, Refused> {
    let fields = envelope::object(envelope::json(body)?)?;
    let items = fields
        .get::<Vec<&RawValue>>("interactions")
        .ok_or_else(|| Refused::field("interactions", "has to be an array of interactions"))?;
    envelope::check_count("interactions", items.len())?;
    let sent_at = fields.raw("sent_at");
    let read = sent_at.and_then(moment::time);
    Ok(Batch {
        sent_at: read,
        unreadable: sent_at.is_some() && read.is_none(),
        items,
    })
}

/// The collector's id of the interaction that a sender calls so.
pub fn id(site_id: i64, key: &str) -> uuid::Uuid {
    super::ids::interaction(site_id, key)
}

/// Where interactions are stored, and who is told.
#[derive(Debug)]
pub(super) struct Desk {
    store: Store,
    live: Feed,
    commit_time: Duration,
    room: Semaphore,
}

impl Desk {
    pub(super) fn new(store: Store, live: Feed, commit_time: Duration) -> Self {
        Self {
            store,
            live,
            commit_time,
            room: Semaphore::new(ROOM),
        }
    }

    /// Takes nothing more.
    pub(super) fn close(&self) {
        self.room.close();
    }

    /// Tells those who watch a site what is new.
    async fn tell(&self, site_id: i64, good: &[Interaction], outcomes: &[Outcome]) {
        if !self.live.is_watched() {
            return;
        }
        let new: Vec<&Interaction> = good
            .iter()
            .zip(outcomes)
            .filter(|(_, outcome)| **outcome == Outcome::Accepted)
            .map(|(one, _)| one)
            .collect();
        if new.is_empty() {
            return;
        }
        let bytes: usize = new.iter().map(|one| one.weight()).sum();
        let filter = InteractionFilter {
            ids: Some(new.iter().map(|one| one.id).collect()),
            ..InteractionFilter::default()
        };
        let limit = u32::try_from(new.len()).unwrap_or(u32::MAX);
        let update = if bytes > live::ENTRY_BYTES {
            Update::reload(site_id)
        } else {
            match self.store.interactions(site_id, &filter, None, limit).await {
                Ok(page) => Update {
                    site_id,
                    entries: page.data.into_iter().rev().collect(),
                    bytes,
                    journeys: Vec::new(),
                    too_much: false,
                },
                Err(error) => {
                    tracing::warn!(site_id, %error, "interactions could not be read for those who watch");
                    Update::reload(site_id)
                }
            }
        };
        self.live.tell(update);
    }
}

impl Transaction for Desk {
    type Item = Interaction;

    async fn run(&self, items: &[&Interaction]) -> Result<Vec<Committed>, StoreError> {
        let add = self.store.add_interactions(items);
        commit::in_time(&self.store, self.commit_time, add).await
    }

    fn refused(&self, item: &Interaction, reason: &str) {
        tracing::warn!(
            site_id = item.site_id,
            item_id = %item.id,
            reason,
            "an interaction was dropped because the database refuses it"
        );
    }
}

/// Interactions that have been read.
#[derive(Debug, Default)]
struct Told {
    good: Vec<Interaction>,
    answers: Answers,
}

impl Told {
    fn of(
        site: &Site,
        clock: Clock,
        received_at: i64,
        left_out: &[String],
        items: &[&RawValue],
    ) -> Self {
        let mut told = Self::default();
        for (index, raw) in items.iter().enumerate() {
            let mut ignored = left_out.to_vec();
            let place = item::Place {
                site_id: site.id,
                index,
                clock,
                received_at,
            };
            match item::read(raw, place, &mut ignored) {
                Ok(one) => {
                    told.answers.open(one.id, ignored);
                    told.good.push(one);
                }
                Err(bad) => told.answers.drop(bad.id, bad.fault),
            }
        }
        told
    }
}

impl Ingest {
    /// Reads interactions for `site`, stores what is good of them, and answers for each.
    ///
    /// # Errors
    /// [`IngestError`]; nothing was stored, and the same request may be sent again.
    pub async fn submit_interactions(
        &self,
        site: &Site,
        batch: &Batch<'_>,
        received_at: i64,
    ) -> Result<Vec<Line>, IngestError> {
        let _room = self
            .contacts
            .room
            .try_acquire()
            .map_err(|full| match full {
                TryAcquireError::NoPermits => IngestError::Overloaded {
                    retry_after: RETRY_AFTER,
                },
                TryAcquireError::Closed => IngestError::ShuttingDown,
            })?;
        let items: Vec<Cow<'_, RawValue>> = batch.items.iter().map(|raw| hashed(raw)).collect();
        let keys = items.iter().map(|raw| item::key(raw)).collect::<Vec<_>>();
        let left_out: &[String] = &if batch.unreadable {
            vec!["sent_at".to_owned()]
        } else {
            Vec::new()
        };
        let envelope = Envelope {
            key: site.key.clone(),
            sent_at: batch.sent_at.unwrap_or(received_at),
            sdk: None,
            context: RawValue::NULL,
            items: items.iter().map(|raw| &**raw).collect(),
        };
        let received = Received {
            at_ms: received_at,
            protocol: Protocol::Interactions,
            by_server: true,
            ..Received::default()
        };
        let clock = Clock::new(envelope.sent_at, received_at);
        let Told { good, mut answers } =
            Told::of(site, clock, received_at, left_out, &envelope.items);
        self.queue.meter.batch(None);
        for line in answers.lines() {
            self.queue.meter.ignored(line);
            if let (Status::Dropped, Some(reason)) = (line.status, line.reason) {
                self.queue.meter.dropped(reason);
            }
        }
        let sent = [(&envelope, &received)];
        self.keep(site, &sent, answers.lines(), |_| true);
        let outcomes = self.store_interactions(&good).await;
        self.queue.meter.outcomes(&outcomes);
        self.contacts.tell(site.id, &good, &outcomes).await;
        answers.settle(outcomes);
        let by_database = |reason| reason == Reason::Rejected;
        self.keep(site, &sent, answers.lines(), by_database);
        let lines = keys.into_iter().zip(answers.into_results());
        Ok(lines.map(|(key, answer)| Line { key, answer }).collect())
    }

    /// Reads an interaction of the inbox again, as [`Ingest::again`] does an item.
    pub(super) async fn interaction_again(
        &self,
        site: &Site,
        rejected: &Rejected,
        kept: &Again,
    ) -> Option<ItemAnswer> {
        let raw: &RawValue = serde_json::from_str(&rejected.payload).ok()?;
        let clock = Clock::new(kept.sent_at, rejected.received_at);
        let raw = hashed(raw);
        let Told { good, mut answers } = Told::of(site, clock, rejected.received_at, &[], &[&*raw]);
        let outcomes = self.store_interactions(&good).await;
        self.contacts.tell(site.id, &good, &outcomes).await;
        answers.settle(outcomes);
        answers.into_results().pop()
    }

    async fn store_interactions(&self, good: &[Interaction]) -> Vec<Outcome> {
        if good.is_empty() {
            return Vec::new();
        }
        let began = tokio::time::Instant::now();
        let all: Vec<&Interaction> = good.iter().collect();
        let outcomes = commit::commit(&*self.contacts, &all).await;
        self.queue.meter.committed(good.len(), began.elapsed());
        outcomes
    }
}
