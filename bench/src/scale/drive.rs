//! What stands for browsers here: batches at a constant rate whatever becomes of them, or one after the other on each connection.
//!
//! At a constant rate each batch has a moment at which it is due, and its latency counts from there: a collector that answers late
//! makes nothing later that is not counted (no coordinated omission). A batch that is refused is not sent again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::setpriority_process;
use serde::Serialize;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::client::{Answer, Connection};
use crate::figures::percentile;
use crate::load;
use crate::machine::now_ms;
use crate::traffic::{BATCH_ITEMS, Fitness, Traffic};

/// Connections at a constant rate. Each is busy from a batch's moment to its answer; when all are, batches wait for one. With their
/// items in it, a queue has to be longer than a collector lets it become, or nothing would ever be refused.
pub const OPEN: usize = 2_048;
/// How the thread that sends at a constant rate stands to all others: it is for machines elsewhere, which what is measured here
/// cannot keep from sending.
const FIRST: i32 = -10;
/// The pause of a sender that is held back.
const HELD_BACK: Duration = Duration::from_millis(2);

/// When batches are sent.
#[derive(Debug, Clone)]
pub enum Pace {
    /// At so many events a second.
    Open(f64),
    /// One after the other on so many connections, but none while the switch is on.
    Closed(usize, Arc<AtomicBool>),
}

/// What became of one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// All of it was accepted.
    Accepted,
    /// 429.
    TooMany,
    /// 503.
    Refused,
    /// 200, and to be sent again.
    Retry,
}

/// One batch that was answered.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    /// When it was due, since the start.
    pub due: Duration,
    /// From then to the whole answer, in microseconds.
    pub took: u32,
    /// How late it was sent, in microseconds.
    pub late: u32,
    /// What became of it.
    pub fate: Fate,
    /// Whether a refusal says when to come again.
    pub says_when: bool,
}

/// All batches of a phase.
#[derive(Debug, Default)]
pub struct Phase {
    /// In no order.
    pub all: Vec<Sent>,
}

/// What is said of a phase.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// Events that were due a second.
    pub offered_per_second: f64,
    /// Events that were accepted a second.
    pub accepted_per_second: f64,
    /// Shares of the batches.
    pub accepted: f64,
    /// Answered 429.
    pub too_many: f64,
    /// Answered 503.
    pub refused: f64,
    /// Answered `retry` in at least one item.
    pub retry: f64,
    /// Refusals without `Retry-After`.
    pub without_retry_after: u64,
    /// Of accepted batches, from the moment at which they were due.
    pub p50_ms: Option<f64>,
    /// The same.
    pub p99_ms: Option<f64>,
    /// The same.
    pub longest_ms: Option<f64>,
    /// Of refused batches.
    pub refused_p99_ms: Option<f64>,
    /// How late the generator itself was: what of every latency is its own.
    pub late_p99_ms: Option<f64>,
}

impl Phase {
    /// The events that were accepted.
    pub fn accepted(&self) -> u64 {
        let accepted = self.all.iter().filter(|sent| sent.fate == Fate::Accepted);
        accepted.count() as u64 * BATCH_ITEMS as u64
    }

    /// Of those batches that were due from `from` on, over so much time.
    pub fn summary(&self, from: Duration, time: Duration) -> Summary {
        let all: Vec<&Sent> = self
            .all
            .iter()
            .filter(|sent| sent.due >= from && sent.due < from + time)
            .collect();
        let count = |fate| all.iter().filter(|sent| sent.fate == fate).count() as f64;
        let share = |fate| count(fate) / (all.len() as f64).max(1.0);
        let sorted = |wanted: fn(&Sent) -> bool, of: fn(&Sent) -> u32| {
            let mut values: Vec<u32> = all.iter().filter(|s| wanted(s)).map(|s| of(s)).collect();
            values.sort_unstable();
            values
        };
        let took = sorted(|sent| sent.fate == Fate::Accepted, |sent| sent.took);
        let refused = sorted(is_refusal, |sent| sent.took);
        let late = sorted(|_| true, |sent| sent.late);
        let ms =
            |values: &[u32], percent| percentile(values, percent).map(|us| f64::from(us) / 1e3);
        let a_second = |batches: f64| batches * BATCH_ITEMS as f64 / time.as_secs_f64();
        let unsaid = all.iter().filter(|s| is_refusal(s) && !s.says_when).count();
        Summary {
            offered_per_second: a_second(all.len() as f64),
            accepted_per_second: a_second(count(Fate::Accepted)),
            accepted: share(Fate::Accepted),
            too_many: share(Fate::TooMany),
            refused: share(Fate::Refused),
            retry: share(Fate::Retry),
            without_retry_after: unsaid as u64,
            p50_ms: ms(&took, 50),
            p99_ms: ms(&took, 99),
            longest_ms: ms(&took, 100),
            refused_p99_ms: ms(&refused, 99),
            late_p99_ms: ms(&late, 99),
        }
    }
}

fn is_refusal(sent: &Sent) -> bool {
    matches!(sent.fate, Fate::TooMany | Fate::Refused)
}

/// Where, when and for how long.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The collector.
    pub address: SocketAddr,
    /// When batches are sent.
    pub pace: Pace,
    /// For how long.
    pub time: Duration,
    /// What decides the batches.
    pub seed: u64,
    /// Batches that were answered, counted as they are.
    pub answered: Arc<AtomicU64>,
}

/// Sends until the time is over, on a thread of its own, and waits for the answers to all that was sent.
///
/// # Errors
/// A connection that breaks, or an answer that is neither an acceptance nor a refusal.
pub async fn run(plan: Plan) -> Result<Phase> {
    let (tell, told) = oneshot::channel();
    std::thread::Builder::new()
        .name("generator".to_owned())
        .spawn(move || {
            if matches!(plan.pace, Pace::Open(_)) {
                // Who may not is late where the machine is full, and says so in the summary.
                let _ = setpriority_process(None, FIRST);
            }
            let driving = || {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?
                    .block_on(drive(&plan))
            };
            let _ = tell.send(driving());
        })?;
    told.await.context("the generator broke")?
}

async fn drive(plan: &Plan) -> Result<Phase> {
    let count = match &plan.pace {
        Pace::Open(_) => OPEN,
        Pace::Closed(connections, _) => *connections,
    };
    let mut senders = Vec::with_capacity(count);
    for number in 0..count {
        let traffic = Traffic::new(plan.seed, number, Fitness::Fit);
        let connection = Connection::open(plan.address, traffic.user_agent()).await?;
        senders.push((connection, traffic));
    }
    let start = Instant::now();
    let next = Arc::new(AtomicU64::new(0));
    let mut running = JoinSet::new();
    for (connection, traffic) in senders {
        let due = Due {
            pace: plan.pace.clone(),
            start,
            time: plan.time,
            next: Arc::clone(&next),
        };
        running.spawn(send(connection, traffic, due, Arc::clone(&plan.answered)));
    }
    let mut phase = Phase::default();
    while let Some(own) = running.join_next().await {
        phase.all.extend(own.context("a connection's task broke")??);
    }
    Ok(phase)
}

/// When the next batch is due, over all connections.
struct Due {
    pace: Pace,
    start: Instant,
    time: Duration,
    next: Arc<AtomicU64>,
}

impl Due {
    async fn next(&self) -> Option<Instant> {
        match &self.pace {
            Pace::Open(rate) => {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let due = Duration::from_secs_f64(number as f64 * BATCH_ITEMS as f64 / rate);
                if due >= self.time {
                    return None;
                }
                sleep_until(self.start + due).await;
                Some(self.start + due)
            }
            Pace::Closed(_, held_back) => {
                while held_back.load(Ordering::Relaxed) && self.start.elapsed() < self.time {
                    sleep(HELD_BACK).await;
                }
                (self.start.elapsed() < self.time).then(Instant::now)
            }
        }
    }
}

async fn send(
    mut connection: Connection,
    mut traffic: Traffic,
    schedule: Due,
    answered: Arc<AtomicU64>,
) -> Result<Vec<Sent>> {
    let mut body = Vec::new();
    let mut all = Vec::new();
    while let Some(due) = schedule.next().await {
        let late = micros(due.elapsed());
        traffic.next_batch(now_ms(), &mut body)?;
        let answer = connection.post(&body).await?;
        let (fate, says_when) = (fate(&answer)?, answer.retry_after.is_some());
        answered.fetch_add(1, Ordering::Relaxed);
        all.push(Sent {
            due: due - schedule.start,
            took: micros(due.elapsed()),
            late,
            fate,
            says_when,
        });
    }
    Ok(all)
}

fn fate(answer: &Answer<'_>) -> Result<Fate> {
    match answer.status {
        429 => Ok(Fate::TooMany),
        503 => Ok(Fate::Refused),
        200 if load::accepted(answer) => Ok(Fate::Accepted),
        200 if load::all_retry(answer) => Ok(Fate::Retry),
        status => bail!(
            "the collector answered {status}: {}",
            String::from_utf8_lossy(&answer.body[..answer.body.len().min(400)])
        ),
    }
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_is_told_by_what_was_due_in_it() {
        let sent = |second: u64, took, fate| Sent {
            due: Duration::from_secs(second),
            took,
            late: 5,
            fate,
            says_when: second != 3,
        };
        let phase = Phase {
            all: vec![
                sent(0, 9_000_000, Fate::Accepted),
                sent(1, 2_000, Fate::Accepted),
                sent(2, 1_000, Fate::Refused),
                sent(3, 3_000, Fate::TooMany),
                sent(4, 4_000, Fate::Accepted),
            ],
        };
        let summary = phase.summary(Duration::from_secs(1), Duration::from_secs(4));
        assert_eq!(summary.offered_per_second, 10.0);
        assert_eq!(summary.accepted_per_second, 5.0);
        assert_eq!((summary.accepted, summary.refused), (0.5, 0.25));
        assert_eq!(summary.without_retry_after, 1);
        assert_eq!((summary.p50_ms, summary.p99_ms), (Some(2.0), Some(4.0)));
        assert_eq!(summary.refused_p99_ms, Some(3.0));
        assert_eq!(phase.accepted(), 30);
    }
}
