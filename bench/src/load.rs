//! Batches over HTTP: a fixed number of keep-alive connections, each with one batch on its way at any time, for a fixed
//! time.
//!
//! Before anything is measured a collector that has just begun may say that it is overloaded; what it refuses is sent again then, as any
//! sender would, and counts once.
//!
//! Runs on one thread, so that the generator never takes more than one core. Counts only answers that say of every item
//! what was expected of it; any other answer ends the measurement with an error.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::client::{Answer, Connection};
use crate::machine::{self, now_ms};
use crate::traffic::{BATCH_ITEMS, Fitness, Traffic};

/// How the threads of the collector begin that store items on SQLite: the one that commits and the one that copies the log.
const SQLITE_THREADS: &str = "sqlite-";

/// The answer of who is overloaded, and how long it is before the same is sent again.
const OVERLOADED: u16 = 503;
const PAUSE: Duration = Duration::from_millis(100);

/// What is sent, where to and for how long.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The collector, on loopback.
    pub address: SocketAddr,
    /// The collector's process, of which the processor time is taken.
    pub process: u32,
    /// The database server's process; none for SQLite, which runs in threads of the collector.
    pub database: Option<u32>,
    /// What decides the batches.
    pub seed: u64,
    /// Whether the collector can store them.
    pub fitness: Fitness,
    /// Connections, each with one request at a time.
    pub connections: usize,
    /// Time before anything is measured.
    pub warm_up: Duration,
    /// Time that is measured.
    pub time: Duration,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// Items answered as expected from the first to the last, measured or not.
    pub answered: u64,
    /// Items answered within the time measured.
    pub events: u64,
    /// Microseconds from sending a batch to its whole answer, in ascending order.
    pub latencies: Vec<u32>,
    /// Processor time within the time measured.
    pub cpu: Cpu,
}

/// Who took how much processor time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cpu {
    /// This process.
    pub generator: Option<Duration>,
    /// The collector, SQLite's threads included.
    pub collector: Option<Duration>,
    /// The database server, or SQLite's threads.
    pub database: Option<Duration>,
}

/// The time that is measured.
#[derive(Debug, Clone, Copy)]
struct Window {
    start: Instant,
    end: Instant,
}

/// Sends until the time is over, and waits for the answers to all that was sent. Blocks its thread.
///
/// # Errors
/// A connection that breaks, or an answer that is not the expected one.
pub fn run(plan: &Plan) -> Result<Load> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(drive(plan))
}

async fn drive(plan: &Plan) -> Result<Load> {
    let mut senders = Vec::with_capacity(plan.connections);
    for number in 0..plan.connections {
        let traffic = Traffic::new(plan.seed, number, plan.fitness);
        let connection = Connection::open(plan.address, traffic.user_agent()).await?;
        senders.push((connection, traffic));
    }
    let start = Instant::now() + plan.warm_up;
    let window = Window {
        start,
        end: start + plan.time,
    };
    let mut running = JoinSet::new();
    for (connection, traffic) in senders {
        running.spawn(send(connection, traffic, plan.fitness, window));
    }
    let processor = tokio::spawn(processor_time(plan.process, plan.database, window));
    let mut answered = 0;
    let mut latencies = Vec::new();
    while let Some(sender) = running.join_next().await {
        let (own, measured) = sender.context("a connection's task broke")??;
        answered += own;
        latencies.extend(measured);
    }
    latencies.sort_unstable();
    let cpu = processor.await?;
    Ok(Load {
        answered: answered * BATCH_ITEMS as u64,
        events: latencies.len() as u64 * BATCH_ITEMS as u64,
        latencies,
        cpu,
    })
}

/// One connection's work: all batches that were answered, and how long those took that were answered in the window.
async fn send(
    mut connection: Connection,
    mut traffic: Traffic,
    fitness: Fitness,
    window: Window,
) -> Result<(u64, Vec<u32>)> {
    let mut body = Vec::new();
    let mut answered = 0;
    let mut latencies = Vec::new();
    loop {
        if Instant::now() >= window.end {
            return Ok((answered, latencies));
        }
        traffic.next_batch(now_ms(), &mut body)?;
        let sent = Instant::now();
        let answer = loop {
            let answer = connection.post(&body).await?;
            if !(answer.status == OVERLOADED && Instant::now() < window.start) {
                break check(&answer, fitness);
            }
            sleep(PAUSE).await;
        };
        answer?;
        answered += 1;
        let done = Instant::now();
        if done >= window.start && done < window.end {
            let took = done.duration_since(sent).as_micros();
            latencies.push(u32::try_from(took).unwrap_or(u32::MAX));
        }
    }
}

/// Processor time that everybody took within the window.
async fn processor_time(collector: u32, database: Option<u32>, window: Window) -> Cpu {
    let look = || Cpu {
        generator: machine::processor_time(std::process::id()),
        collector: machine::processor_time(collector),
        database: match database {
            Some(server) => machine::family_time(server),
            None => machine::thread_time(collector, SQLITE_THREADS),
        },
    };
    sleep_until(window.start).await;
    let before = look();
    sleep_until(window.end).await;
    let after = look();
    let between = |of: fn(&Cpu) -> Option<Duration>| {
        of(&after)
            .zip(of(&before))
            .map(|(after, before)| after.saturating_sub(before))
    };
    Cpu {
        generator: between(|cpu| cpu.generator),
        collector: between(|cpu| cpu.collector),
        database: between(|cpu| cpu.database),
    }
}

/// Whether every item was accepted.
pub fn accepted(answer: &Answer<'_>) -> bool {
    check(answer, Fitness::Fit).is_ok()
}

/// Whether every item is to be sent again.
pub fn all_retry(answer: &Answer<'_>) -> bool {
    answer.status == 200 && occurrences(answer.body, br#""status":"retry""#) == BATCH_ITEMS
}

/// Every item accepted, or every item dropped, and nothing left out of any.
fn check(answer: &Answer<'_>, fitness: Fitness) -> Result<()> {
    let (status, expected): (_, &[u8]) = match fitness {
        Fitness::Fit => ("accepted", br#""status":"accepted""#),
        Fitness::Unfit => ("dropped", br#""status":"dropped""#),
    };
    ensure!(
        answer.status == 200
            && occurrences(answer.body, expected) == BATCH_ITEMS
            && occurrences(answer.body, br#""ignored""#) == 0,
        "the collector did not answer {BATCH_ITEMS} × {status} but {}: {}",
        answer.status,
        String::from_utf8_lossy(&answer.body[..answer.body.len().min(400)])
    );
    Ok(())
}

fn occurrences(text: &[u8], word: &[u8]) -> usize {
    text.windows(word.len())
        .filter(|window| *window == word)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, lines: &[&str]) -> Result<()> {
        let body = format!(r#"{{"v":1,"results":[{}]}}"#, lines.join(","));
        let answer = Answer {
            status,
            retry_after: None,
            body: body.as_bytes(),
        };
        check(&answer, Fitness::Fit)
    }

    #[test]
    fn only_a_whole_batch_of_accepted_items_counts() {
        const GOOD: &str = r#"{"id":"x","status":"accepted"}"#;
        let mut lines = [GOOD; BATCH_ITEMS];
        assert!(answer(200, &lines).is_ok());
        assert!(answer(503, &lines).is_err());
        assert!(answer(200, &lines[1..]).is_err());
        for bad in [
            r#"{"id":"x","status":"duplicate"}"#,
            r#"{"id":"x","status":"accepted","ignored":["data.url"]}"#,
        ] {
            lines[4] = bad;
            assert!(answer(200, &lines).is_err(), "{bad}");
        }
    }
}
