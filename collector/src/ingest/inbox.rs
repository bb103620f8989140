//! The inbox of dropped items: what was sent, why it was not stored, and what it takes to try again.
//!
//! Items come here after their batch has been taken in, over a bounded channel that nobody waits for: when it is full,
//! when the database cannot be written, an item is let go and counted, and no request and no commit is slower for it. A
//! task masks, cuts and writes them, a group at a time and few groups a second.
//!
//! An item that is kept whole can be read again: its context, the sender's clock, the time of arrival and the browser's
//! name are kept with it. One of which a part was masked or cut can be looked at and no more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use waymark_protocol::Sdk;

use super::findings::Findings;
use super::mask::{self, Sample};
use super::meter::Meter;
use super::{Envelope, IngestOptions, Protocol, Received};
use crate::catalogue::{Finding, Problem};
use crate::enrich::client_hints::ClientHints;
use crate::enrich::geo::Place;
use crate::journey::Fact;
use crate::outcome::{Fault, reason_name};
use crate::store::rejected::{Again, Bounds, NewRejected, State};
use crate::store::sites::Site;
use crate::store::{Store, StoreError};

/// Bytes that are kept of an item, and of a context.
const SAMPLE_BYTES: usize = 8 * 1024;
/// Characters that are kept of the sender's name and version, and of the browser's name.
const SDK_CHARS: usize = 64;
const USER_AGENT_BYTES: usize = 512;
/// Items that wait to be written.
const WAITING: usize = 1_024;
/// Items of one group.
const GROUP: usize = 256;
/// The time between groups, in which the next one gathers.
const PAUSE: Duration = Duration::from_millis(500);
/// Times that a group is written when another transaction is in the way.
const TRIES: u32 = 4;
/// How often rows are looked for that are too old, when nothing comes.
const SWEEP: Duration = Duration::from_secs(60 * 60);

/// Why the inbox does not hold an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    /// The site has newer ones, as many as the inbox holds.
    TooMany,
    /// It was too old.
    TooOld,
    /// It came too fast.
    TooFast,
    /// The database could not be written.
    Unwritten,
}

impl Gone {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::TooMany => "too_many",
            Self::TooOld => "too_old",
            Self::TooFast => "too_fast",
            Self::Unwritten => "unwritten",
        }
    }
}

/// What the dropped items of one batch have in common. Made when the first of them is dropped.
#[derive(Debug)]
pub(super) struct Origin {
    site_id: i64,
    key: String,
    sdk: Option<String>,
    /// As much as is kept, and whether that is all of it.
    context: (String, bool),
    sent_at: i64,
    received_at: i64,
    sender: Sender,
}

/// What is known of a sender beside the batch, and kept for the next reading. Its address is not.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Sender {
    protocol: Protocol,
    by_server: bool,
    user_agent: Option<String>,
    hints: ClientHints,
    place: Place,
}

impl Sender {
    fn of(received: &Received) -> Self {
        let kept = |header: &Option<String>| {
            let header = header.as_deref()?;
            Some(header[..header.floor_char_boundary(USER_AGENT_BYTES)].to_owned())
        };
        Self {
            protocol: received.protocol,
            by_server: received.by_server,
            user_agent: kept(&received.user_agent),
            hints: ClientHints {
                brands: kept(&received.hints.brands),
                mobile: kept(&received.hints.mobile),
                platform: kept(&received.hints.platform),
            },
            place: received.place.clone(),
        }
    }

    /// The request of a kept item as it was; one that was kept by another program may say less.
    pub(super) fn received(json: Option<&str>, at_ms: i64) -> Received {
        let sender: Self = json
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default();
        Received {
            at_ms,
            protocol: sender.protocol,
            by_server: sender.by_server,
            user_agent: sender.user_agent,
            hints: sender.hints,
            place: sender.place,
            ip: None,
        }
    }
}

/// What a site's catalogue found wrong with a dropped item.
struct Found {
    key: (i64, Uuid),
    name: String,
    finding: Finding,
    at: i64,
}

impl Found {
    fn count(&self, findings: &Findings) {
        findings.add(self.key.0, &self.name, &self.finding, self.at);
    }
}

/// One dropped item on its way.
#[derive(Debug)]
pub(super) struct Dropped {
    origin: Arc<Origin>,
    id: Uuid,
    fault: Fault,
    item: (String, bool),
    /// The event's name, where its site's catalogue is why it was dropped.
    event: Option<String>,
}

/// The way in.
#[derive(Debug)]
pub(super) struct Inbox {
    sender: mpsc::Sender<Dropped>,
    missed: Arc<Missed>,
    meter: Meter,
    findings: Arc<Findings>,
    closing: CancellationToken,
    bounds: Bounds,
}

/// How many items of each site found no room on the way.
#[derive(Debug, Default)]
struct Missed(Mutex<HashMap<i64, i64>>);

impl Missed {
    fn add(&self, site_id: i64, items: i64) {
        let mut missed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *missed.entry(site_id).or_default() += items;
    }

    fn is_empty(&self) -> bool {
        let missed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        missed.is_empty()
    }

    fn take(&self) -> Vec<(i64, i64)> {
        let mut missed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        missed.drain().collect()
    }
}

impl Origin {
    pub(super) fn of(site: &Site, envelope: &Envelope<'_>, received: &Received) -> Self {
        Self {
            site_id: site.id,
            key: site.key.clone(),
            sdk: envelope.sdk.as_ref().and_then(sender),
            context: first(envelope.context.get()),
            sent_at: envelope.sent_at,
            received_at: received.at_ms,
            sender: Sender::of(received),
        }
    }
}

impl Origin {
    /// Of a fact whose batch is not there any more. What stands in the place of the context is what was read of it.
    pub(super) fn of_fact(fact: &Fact, context: &str) -> Self {
        let (context, _) = first(context);
        Self {
            site_id: fact.arrival.site_id,
            key: String::new(),
            sdk: None,
            // Never whole: nobody sent this.
            context: (context, false),
            sent_at: fact.arrival.received_at,
            received_at: fact.arrival.received_at,
            sender: Sender::default(),
        }
    }
}

/// Name and version in one short line of plain characters.
fn sender(sdk: &Sdk) -> Option<String> {
    let line: String = format!("{} {}", sdk.name, sdk.version)
        .chars()
        .filter(|c| c.is_ascii_graphic() || *c == ' ')
        .take(SDK_CHARS)
        .collect();
    Some(line.trim().to_owned()).filter(|line| !line.is_empty())
}

fn first(json: &str) -> (String, bool) {
    let end = json.floor_char_boundary(SAMPLE_BYTES);
    (json[..end].to_owned(), end == json.len())
}

impl Dropped {
    /// `id` is the item's own, where it could be read.
    pub(super) fn new(origin: &Arc<Origin>, id: Option<Uuid>, fault: Fault, json: &str) -> Self {
        Self {
            origin: Arc::clone(origin),
            id: id.unwrap_or_else(Uuid::now_v7),
            fault,
            item: first(json),
            event: None,
        }
    }

    /// The same, of an event that its site's catalogue does not describe.
    pub(super) fn event(self, name: Option<String>) -> Self {
        Self {
            event: name,
            ..self
        }
    }

    /// What the catalogue found, for the counts.
    fn found(&self) -> Option<Found> {
        let problem = Problem::of(self.fault.reason)?;
        Some(Found {
            key: (self.origin.site_id, self.id),
            name: self.event.clone()?,
            finding: Finding {
                problem,
                field: self.fault.field.clone().unwrap_or_default(),
            },
            at: self.origin.received_at,
        })
    }

    fn into_row(self) -> NewRejected {
        let origin = &self.origin;
        let sample = |(text, whole): &(String, bool)| {
            let sample = mask::sample(text, SAMPLE_BYTES, &origin.key);
            Sample {
                cut: sample.cut || !whole,
                ..sample
            }
        };
        let (item, context) = (sample(&self.item), sample(&origin.context));
        let state = if item.cut || context.cut {
            State::Cut
        } else if item.masked || context.masked {
            State::Masked
        } else {
            State::Whole
        };
        NewRejected {
            site_id: origin.site_id,
            id: self.id,
            received_at: origin.received_at,
            reason: reason_name(self.fault.reason),
            field: self.fault.field,
            sdk: origin.sdk.clone(),
            payload: item.text,
            state,
            again: (state == State::Whole).then(|| Again {
                context: context.text,
                sent_at: origin.sent_at,
                sender: serde_json::to_string(&origin.sender).ok(),
            }),
        }
    }
}

impl Inbox {
    /// Starts nothing: the future given back writes what comes, until [`Inbox::close`].
    pub(super) fn new(
        store: Store,
        options: IngestOptions,
        meter: Meter,
        findings: Arc<Findings>,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let missed = Arc::new(Missed::default());
        let closing = CancellationToken::new();
        let bounds = Bounds {
            items: i64::try_from(options.rejected_items).unwrap_or(i64::MAX),
            age: options.rejected_age,
        };
        let writing = Writing {
            store,
            receiver,
            missed: Arc::clone(&missed),
            meter: meter.clone(),
            findings: Arc::clone(&findings),
            closing: closing.clone(),
            bounds,
        };
        let inbox = Self {
            sender,
            missed,
            meter,
            findings,
            closing,
            bounds,
        };
        (inbox, writing.run())
    }

    /// Whether items are kept at all.
    pub(super) fn is_on(&self) -> bool {
        self.bounds.items > 0
    }

    /// Takes an item in, or lets it go. Never waits.
    pub(super) fn push(&self, dropped: Dropped) {
        let (site_id, found) = (dropped.origin.site_id, dropped.found());
        let kept = self.is_on() && self.sender.try_send(dropped).is_ok();
        if kept {
            return;
        }
        // Nobody will know whether it came before.
        if let Some(found) = found {
            found.count(&self.findings);
        }
        if self.is_on() {
            self.missed.add(site_id, 1);
            self.meter.let_go(Gone::TooFast, 1);
        }
    }

    /// Lets the task write what waits, and end.
    pub(super) fn close(&self) {
        self.closing.cancel();
    }
}

/// The task's own.
struct Writing {
    store: Store,
    receiver: mpsc::Receiver<Dropped>,
    missed: Arc<Missed>,
    meter: Meter,
    findings: Arc<Findings>,
    closing: CancellationToken,
    bounds: Bounds,
}

impl Writing {
    async fn run(mut self) {
        let mut group = Vec::new();
        loop {
            tokio::select! {
                biased;
                count = self.receiver.recv_many(&mut group, GROUP) => if count == 0 { break },
                () = self.closing.cancelled() => break,
                () = tokio::time::sleep(SWEEP) => {}
            }
            self.write(std::mem::take(&mut group)).await;
            tokio::select! {
                () = self.closing.cancelled() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        if !self.missed.is_empty() {
            self.write(Vec::new()).await;
        }
    }

    async fn write(&self, group: Vec<Dropped>) {
        let found: Vec<Found> = group.iter().filter_map(Dropped::found).collect();
        let mut rows: Vec<NewRejected> = group.into_iter().map(Dropped::into_row).collect();
        // In one order everywhere, so that two collectors wait for each other and seldom stand in each other's way.
        rows.sort_by_key(|row| (row.site_id, row.id));
        let missed = self.missed.take();
        let now = crate::clock::now();
        let mut tries = 1;
        let written = loop {
            let add = self.store.add_rejected(&rows, &missed, self.bounds, now);
            match add.await {
                Err(StoreError::Conflict(_)) if tries < TRIES => tries += 1,
                other => break other,
            }
            tokio::time::sleep(PAUSE).await;
        };
        match written {
            Ok(mut done) => {
                self.meter.let_go(Gone::TooMany, done.too_many);
                self.meter.let_go(Gone::TooOld, done.too_old);
                // Taken out, since the same item may stand in a group twice.
                for found in found {
                    if done.new.remove(&found.key) {
                        found.count(&self.findings);
                    }
                }
            }
            Err(error) => {
                tracing::warn!(items = rows.len(), %error, "dropped items could not be written into the inbox");
                self.meter.let_go(Gone::Unwritten, rows.len() as u64);
                found.iter().for_each(|found| found.count(&self.findings));
                for (site_id, items) in missed {
                    self.missed.add(site_id, items);
                }
                for row in rows {
                    self.missed.add(row.site_id, 1);
                }
            }
        }
    }
}
