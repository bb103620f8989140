//! `collector write`: takes messages from the queue, commits what they hold, acknowledges.
//!
//! ```text
//! lane → read → room → ingest::store → accepted, duplicate, erased, expired → acknowledged
//!          │                  │
//!      set aside          retry: held and tried again, then given back
//!                         refused: the inbox and set aside, and the rest acknowledged
//! ```
//!
//! Any number of these work side by side, on the same partitions or on some each. Nothing is said to the queue before the
//! transaction is committed, so whoever is killed leaves messages behind that come to others, and an item that was committed
//! already is a duplicate to them. The order of messages means nothing, as journeys are folds of sets.
//!
//! A message that cannot be read, or of which the database refuses an item, is set aside with its reason and stands in
//! nobody's way. What fails for another reason is never set aside: it waits for its database.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tokio::time::{Instant, interval_at, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::instrument::WithSubscriber;
use waymark_protocol::Reason;

use crate::ingest::Ingest;
use crate::journey::Fact;
use crate::outcome::{Fault, Outcome};
use crate::scale::form::{self, Unreadable};
use crate::scale::{Delivered, Lane, Link};
use crate::store::Store;

/// Messages of one partition that this process holds.
const AT_ONCE: usize = 32;
/// The pause after a database that did not store, which doubles, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// How long a message is held and tried again before it is given back, so that it is in nobody's way.
const PATIENCE: Duration = Duration::from_secs(30);
/// When one that was given back comes again.
const AGAIN: Duration = Duration::from_secs(10);
/// How often it is looked for messages that no consumer gives out, and for how many looks one has to have been there.
const LOOK: Duration = Duration::from_secs(5);
const LOOKS: usize = 3;
/// How soon a destination that was added elsewhere is known.
const DESTINATIONS: Duration = Duration::from_secs(1);
/// What room is measured in.
const KIB: usize = 1024;

/// A writer's work.
pub(crate) struct Writer {
    link: Link,
    store: Store,
    ingest: Ingest,
    /// KiB that facts may take which are read and not committed.
    room: Semaphore,
    whole_room: u32,
    stopping: CancellationToken,
}

/// How a message stands after its items were tried.
enum Tried {
    /// All of them have an outcome that is final. Of those that are new it is told which.
    Settled {
        outcomes: Vec<Outcome>,
        new: Vec<bool>,
    },
    /// Some could not be stored now.
    Open,
}

impl Writer {
    /// Of facts that take so many bytes at a time.
    pub(crate) fn new(
        link: Link,
        store: Store,
        ingest: Ingest,
        bytes: usize,
        stopping: CancellationToken,
    ) -> Self {
        let whole_room =
            u32::try_from((bytes / KIB).clamp(1, Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        Self {
            link,
            store,
            ingest,
            room: Semaphore::new(whole_room as usize),
            whole_room,
            stopping,
        }
    }

    /// Works until it is told to stop, and then until what was taken is committed or given back.
    pub(crate) async fn run(self: Arc<Self>, lanes: Vec<Lane>) {
        let tasks = TaskTracker::new();
        let searching = Arc::clone(&self).search(lanes.clone());
        tasks.spawn(searching.with_current_subscriber());
        for lane in lanes {
            let pulling = Arc::clone(&self).pull(lane, tasks.clone());
            tasks.spawn(pulling.with_current_subscriber());
        }
        let following = Arc::clone(&self).follow_destinations();
        tasks.spawn(following.with_current_subscriber());
        tasks.close();
        tasks.wait().await;
    }

    /// Which destinations there are is learnt where they are served from; what they are to get is written here.
    async fn follow_destinations(self: Arc<Self>) {
        while !self.stopping.is_cancelled() {
            if let Err(error) = self.store.refresh_destinations().await {
                tracing::debug!(%error, "destinations cannot be followed, which is tried again");
            }
            tokio::select! {
                () = self.stopping.cancelled() => {}
                () = sleep(DESTINATIONS) => {}
            }
        }
    }

    /// Looks, now and then, for messages that have been in the stream for a while and that no consumer gives out.
    async fn search(self: Arc<Self>, lanes: Vec<Lane>) {
        // The last number at each look. What has one of the first look's has been there since.
        let mut seen: VecDeque<u64> = VecDeque::new();
        while !self.stopping.is_cancelled() {
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = sleep(LOOK) => {}
            }
            let Some((first, last)) = self.link.extent().await else {
                continue;
            };
            seen.push_back(last);
            let most = (seen.len() > LOOKS).then(|| seen.pop_front()).flatten();
            let Some(most) = most.filter(|_| first.is_some()) else {
                continue;
            };
            if self.store.ping().await.is_err() {
                continue;
            }
            let found = lanes.iter().map(|lane| {
                lane.find(most, |message| {
                    let writer = &self;
                    async move { writer.handle(message).await }
                })
            });
            let all = async {
                join_all(found).await;
                self.sweep(&lanes, most).await;
            };
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = all => {}
            }
        }
    }

    /// Works on the first message of the stream, of a number up to `most`, for as long as that is another one each time.
    async fn sweep(&self, lanes: &[Lane], most: u64) {
        let mut before = 0;
        while let Some((Some(first), _)) = self.link.extent().await
            && first > before
            && first <= most
            && let Some(message) = self.link.at(first, lanes).await
        {
            self.handle(message).await;
            before = first;
        }
    }

    async fn pull(self: Arc<Self>, lane: Lane, tasks: TaskTracker) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let mut is_troubled = false;
        while !self.stopping.is_cancelled() {
            let Ok(first) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            // Nobody but this task takes places, so those that are free now stay free.
            let most = 1 + places.available_permits();
            let mut first = Some(first);
            let taking = lane.take(most, |message| {
                let place = first
                    .take()
                    .or_else(|| Arc::clone(&places).try_acquire_owned().ok());
                let writer = Arc::clone(&self);
                let handling = async move {
                    writer.handle(message).await;
                    drop(place);
                };
                tasks.spawn(handling.with_current_subscriber());
            });
            let taken = tokio::select! {
                taken = taking => taken,
                () = self.stopping.cancelled() => return,
            };
            let was_troubled = std::mem::replace(&mut is_troubled, taken.is_err());
            if let Err(error) = taken {
                if !was_troubled {
                    tracing::warn!(partition = lane.partition(), %error, "no messages can be taken, which is tried again");
                }
                sleep(PAUSE.0).await;
            } else if was_troubled {
                tracing::info!(partition = lane.partition(), "messages can be taken again");
            }
        }
    }

    /// Does with one message what there is to do. While it lasts the stream is told that somebody is at it.
    async fn handle(&self, message: Delivered) {
        let mut work = pin!(self.settle(&message));
        let mut say = interval_at(Instant::now() + Delivered::SAY, Delivered::SAY);
        loop {
            tokio::select! {
                () = &mut work => return,
                _ = say.tick() => message.hold().await,
            }
        }
    }

    async fn settle(&self, message: &Delivered) {
        let tried = match form::decode(message.payload()) {
            Ok(facts) => self.try_patiently(message, facts).await,
            Err(unreadable) => return self.set_aside_whole(message, &unreadable).await,
        };
        match tried {
            Tried::Settled { outcomes, new } => {
                if self.has_kept_refused(message, &outcomes).await {
                    message.done().await;
                    tell(message, &new).await;
                } else {
                    message.give_back(AGAIN).await;
                }
            }
            Tried::Open if self.stopping.is_cancelled() => message.give_back(Duration::ZERO).await,
            Tried::Open => message.give_back(AGAIN).await,
        }
    }

    /// Stores the facts of a message, again for as long as they only met a database that is not there.
    async fn try_patiently(&self, message: &Delivered, facts: Vec<Fact>) -> Tried {
        let weight: usize = facts.iter().map(Fact::weight).sum();
        let weight = u32::try_from(weight / KIB + 1).unwrap_or(u32::MAX);
        let Ok(_room) = self.room.acquire_many(weight.min(self.whole_room)).await else {
            return Tried::Open;
        };
        let began = Instant::now();
        let (mut pause, longest) = PAUSE;
        let mut new = vec![false; facts.len()];
        let mut facts = Some(facts);
        loop {
            let Some(facts) = facts
                .take()
                .or_else(|| form::decode(message.payload()).ok())
            else {
                return Tried::Open;
            };
            let Some(outcomes) = self.ingest.store(facts).await else {
                return Tried::Open;
            };
            for (new, outcome) in new.iter_mut().zip(&outcomes) {
                *new |= *outcome == Outcome::Accepted;
            }
            if !outcomes.contains(&Outcome::Retry) {
                return Tried::Settled { outcomes, new };
            }
            loop {
                if self.stopping.is_cancelled() || began.elapsed() > PATIENCE {
                    return Tried::Open;
                }
                sleep(pause).await;
                pause = (pause * 2).min(longest);
                if self.store.ping().await.is_ok() {
                    break;
                }
            }
        }
    }

    /// Puts the items that the database refuses where they can be looked at, and says whether they are there.
    async fn has_kept_refused(&self, message: &Delivered, outcomes: &[Outcome]) -> bool {
        let is_refused = |outcome: &Outcome| matches!(outcome, Outcome::Dropped(fault) if fault.reason == Reason::Rejected);
        if !outcomes.iter().any(is_refused) {
            return true;
        }
        let Ok(facts) = form::decode(message.payload()) else {
            return false;
        };
        let refused: Vec<Fact> = facts
            .into_iter()
            .zip(outcomes)
            .filter(|(_, outcome)| is_refused(outcome))
            .map(|(fact, _)| fact)
            .collect();
        let fault = Fault {
            reason: Reason::Rejected,
            field: None,
            limit: None,
        };
        if !message
            .set_aside("rejected", form::encode(&refused).into())
            .await
        {
            return false;
        }
        self.ingest.keep_refused(&refused, &fault);
        true
    }

    /// A message that cannot be read is none of the database's business.
    async fn set_aside_whole(&self, message: &Delivered, unreadable: &Unreadable) {
        if message
            .set_aside(unreadable.reason(), message.payload().clone())
            .await
        {
            tracing::error!(
                reason = unreadable.reason(),
                %unreadable,
                "a message cannot be read and was set aside"
            );
            message.done().await;
        } else {
            message.give_back(AGAIN).await;
        }
    }
}

/// Tells those who watch elsewhere what is new of a message.
async fn tell(message: &Delivered, new: &[bool]) {
    if new.iter().all(|new| *new) {
        return message.tell(None).await;
    }
    if !new.contains(&true) {
        return;
    }
    let Ok(facts) = form::decode(message.payload()) else {
        return;
    };
    let facts = facts.into_iter().zip(new).filter(|(_, new)| **new);
    let facts: Vec<Fact> = facts.map(|(fact, _)| fact).collect();
    message.tell(Some(&facts)).await;
}
