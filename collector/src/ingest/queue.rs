//! The bounded queue between requests and writers.
//!
//! Work counts against the limits from the moment it is taken in until its writer has answered it, so the limits
//! bound memory, and a database that is slow or gone shows as a full queue and not as a growing process. How long those who
//! send have to wait is bounded by [`Pressure`].
//!
//! Where somebody waits for an answer, what is there is committed at once. Patient jobs are gathered for a moment first: a
//! transaction costs the database as much as some hundred items, and of one that writers take from a stream as they come there
//! would be as many as there are messages. The moment is the longer the longer transactions take: a database that has much to do
//! gets fewer and larger ones, of each of however many processes write.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::meter::Meter;
use super::pressure::Pressure;
use super::{Depth, IngestError, IngestOptions};
use crate::journey::Fact;
use crate::outcome::Outcome;

/// What a sender is told to wait when the queue is full. A commit takes tens of milliseconds; a second is the smallest
/// step of `Retry-After`.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long the first of patient jobs waits for more to be committed with it: so many times as long as transactions take, at least
/// and at most so long, or until there are so many items.
const GATHER: u32 = 2;
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_millis(250);
const ENOUGH: usize = 500;

/// One batch's items, and who waits for them.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) facts: Vec<Fact>,
    pub(super) reply: oneshot::Sender<Vec<Outcome>>,
    bytes: usize,
    is_patient: bool,
    since: Instant,
}

impl Job {
    pub(super) fn new(facts: Vec<Fact>, reply: oneshot::Sender<Vec<Outcome>>) -> Self {
        // Facts that come from one batch share its context and stand beside each other.
        let mut shared = 0;
        let mut last = None;
        for fact in &facts {
            if last.is_none_or(|last| !Arc::ptr_eq(last, &fact.arrival)) {
                shared += fact.arrival.weight();
            }
            last = Some(&fact.arrival);
        }
        let bytes = shared + facts.iter().map(Fact::weight).sum::<usize>();
        Self {
            facts,
            reply,
            bytes,
            is_patient: false,
            since: Instant::now(),
        }
    }

    /// Of somebody who has the time to wait, and is refused for no other reason than room.
    pub(super) fn patient(self) -> Self {
        Self {
            is_patient: true,
            ..self
        }
    }

    /// How many of its items somebody waits for who is refused when it takes too long.
    fn pressing(&self) -> usize {
        match self.is_patient {
            true => 0,
            false => self.facts.len(),
        }
    }
}

/// Why a job was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// A limit would be passed, or it would take too long.
    NoRoom { retry_after: Duration },
    /// The collector is about to end.
    Closed,
}

#[derive(Debug)]
pub(super) struct Queue {
    options: IngestOptions,
    pub(super) meter: Meter,
    state: Mutex<State>,
    ready: Notify,
}

/// Jobs that a writer works on. However that ends, everyone is answered and the room is given back: jobs that are
/// dropped without outcomes are sent back to be tried again.
#[derive(Debug)]
pub(super) struct Taken<'q> {
    queue: &'q Queue,
    pub(super) jobs: Vec<Job>,
    since: Instant,
}

impl Taken<'_> {
    /// Answers the jobs; `outcomes` are those of all their facts, in order.
    pub(super) fn done(mut self, outcomes: Vec<Outcome>) {
        self.settle(outcomes.into_iter());
    }

    fn settle(&mut self, mut outcomes: impl Iterator<Item = Outcome>) {
        let jobs = std::mem::take(&mut self.jobs);
        if !jobs.is_empty() {
            let mut state = self.queue.state();
            let before = state.items;
            for job in &jobs {
                state.items -= job.facts.len();
                state.pressing -= job.pressing();
                state.bytes -= job.bytes;
            }
            let (items, left, now) = (before - state.items, state.items, Instant::now().into_std());
            let took = self.since.elapsed();
            state.took = (state.took + took) / 2;
            state.pressure.answered(items, left, took, now);
        }
        for job in jobs {
            let own: Vec<Outcome> = outcomes.by_ref().take(job.facts.len()).collect();
            self.queue.meter.outcomes(&own);
            // Nobody listens any more when the sender has hung up; its items are stored all the same.
            let _ = job.reply.send(own);
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.settle(std::iter::repeat(Outcome::Retry));
    }
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Job>,
    items: usize,
    /// Those of them that are of no patient job.
    pressing: usize,
    bytes: usize,
    closed: bool,
    /// How long transactions take, the last one as much as all before it.
    took: Duration,
    pressure: Pressure,
}

impl State {
    /// Until when what waits should be joined by more, if it should.
    fn gathering(&self) -> Option<Instant> {
        if self.closed || !self.waiting.iter().all(|job| job.is_patient) {
            return None;
        }
        let until = self.waiting.front()?.since + (self.took * GATHER).clamp(SHORTEST, LONGEST);
        let items: usize = self.waiting.iter().map(|job| job.facts.len()).sum();
        (items < ENOUGH && Instant::now() < until).then_some(until)
    }
}

impl Queue {
    pub(super) fn new(options: IngestOptions) -> Self {
        Self {
            options,
            meter: Meter::default(),
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                items: 0,
                pressing: 0,
                bytes: 0,
                closed: false,
                took: Duration::ZERO,
                pressure: Pressure::new(options.queue_wait),
            }),
            ready: Notify::new(),
        }
    }

    /// Whether a job would be refused now, as far as that can be told before it is there.
    pub(super) fn is_refusing(&self) -> bool {
        let mut state = self.state();
        let (pressing, now) = (state.pressing, Instant::now().into_std());
        state.pressure.is_refusing(now) && !state.pressure.admits(pressing, now)
    }

    /// Takes a job in, or gives the reason why not. Never waits.
    pub(super) fn push(&self, job: Job) -> Result<(), Full> {
        {
            let mut state = self.state();
            if state.closed {
                return Err(Full::Closed);
            }
            // An empty queue takes any batch, so that no limit can be set at which a lawful one never fits.
            let has_room = state.items == 0
                || (state.items + job.facts.len() <= self.options.queue_items
                    && state.bytes + job.bytes <= self.options.queue_bytes);
            let pressing = state.pressing;
            if !(has_room
                && (job.is_patient || state.pressure.admits(pressing, Instant::now().into_std())))
            {
                return Err(Full::NoRoom {
                    retry_after: RETRY_AFTER,
                });
            }
            state.items += job.facts.len();
            state.pressing += job.pressing();
            state.bytes += job.bytes;
            state.waiting.push_back(job);
        }
        self.ready.notify_one();
        Ok(())
    }

    /// Waits for work, and for more of it while nobody is in a hurry, and takes what waits, oldest first, up to the size of a
    /// commit; `None` once the queue is closed and empty.
    pub(super) async fn take(&self) -> Option<Taken<'_>> {
        loop {
            let ready = self.ready.notified();
            let gathering = self.state().gathering();
            if let Some(until) = gathering {
                // It is over by the time, or looked at again with what has come.
                let _ = tokio::time::timeout_at(until, ready).await;
                continue;
            }
            {
                let mut state = self.state();
                let mut jobs = Vec::new();
                let mut items = 0;
                while let Some(job) = state.waiting.pop_front_if(|job| {
                    items == 0 || items + job.facts.len() <= self.options.commit_items
                }) {
                    items += job.facts.len();
                    jobs.push(job);
                }
                if !jobs.is_empty() {
                    let more = !state.waiting.is_empty();
                    drop(state);
                    if more {
                        self.ready.notify_one();
                    }
                    let since = Instant::now();
                    return Some(Taken {
                        queue: self,
                        jobs,
                        since,
                    });
                }
                if state.closed {
                    // Another writer may still wait for the same news.
                    drop(state);
                    self.ready.notify_one();
                    return None;
                }
            }
            ready.await;
        }
    }

    pub(super) fn close(&self) {
        self.state().closed = true;
        self.ready.notify_one();
    }

    pub(super) fn depth(&self) -> Depth {
        let state = self.state();
        Depth {
            items: state.items,
            bytes: state.bytes,
            items_limit: self.options.queue_items,
            bytes_limit: self.options.queue_bytes,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No panic can happen between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl super::Ingest {
    /// Whether a batch that has not been read yet would be taken in: reading it first would cost what is missing.
    ///
    /// # Errors
    /// [`IngestError::Overloaded`].
    pub fn admits(&self) -> Result<(), IngestError> {
        match self.queue.is_refusing() {
            true => Err(IngestError::Overloaded {
                retry_after: RETRY_AFTER,
            }),
            false => Ok(()),
        }
    }
}
