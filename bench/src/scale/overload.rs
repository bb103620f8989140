//! What is sustainable, and three times as much.
//!
//! ```text
//! closed loop → steps at a constant rate until nothing is refused: sustainable
//!   → half of it: uncongested → seen by dashboards → three times it → half of it: recovery → everything committed, counted
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::drive::{self, Fate, Pace, Phase, Plan, Summary};
use super::probe::{self, Seen};
use super::stand::{Make, Stand, Tiers};
use super::{ScaleOptions, cores};
use crate::case::name;
use crate::traffic::BATCH_ITEMS;

/// Connections of the closed loop that says where to begin.
const CONNECTIONS: usize = 64;
/// What of its rate is tried, one after the other.
const STEPS: [f64; 12] = [
    0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.5, 0.4, 0.3, 0.2,
];
/// A rate is sustained when so many batches are accepted, and 99 of 100 within this.
const SUSTAINED: (f64, f64) = (0.999, 100.0);
/// The first part of a phase, which is not looked at.
const LEAD: Duration = Duration::from_secs(1);
/// Events per second beside which dashboards are hardly used.
const LOW: f64 = 100.0;
/// How many times what is sustainable.
const TIMES: f64 = 3.0;
/// Parts of the recovery that are looked at by themselves.
const PART: Duration = Duration::from_millis(250);
/// A part is as it was before when its p99 is at most so many times that.
pub const AS_BEFORE: f64 = 2.0;

/// One case.
#[derive(Debug, Clone, Serialize)]
pub struct Overload {
    /// The database.
    pub database: &'static str,
    /// Servers of NATS, 0 without a queue.
    pub nodes: usize,
    /// Writers behind them.
    pub writers: usize,
    /// Of a closed loop.
    pub closed_events_per_second: f64,
    /// Every step, the last of which was sustained.
    pub steps: Vec<Summary>,
    /// The rate that was sustained.
    pub sustainable_events_per_second: f64,
    /// At half of it.
    pub uncongested: Summary,
    /// At half of it, what a dashboard sees, and beside hardly any load.
    pub seen_at_half: Seen,
    /// The same beside hardly any load.
    pub seen_at_low: Seen,
    /// At three times of it.
    pub overloaded: Summary,
    /// The same, second by second.
    pub overloaded_by_second: Vec<Summary>,
    /// Processor time for an event that was accepted then.
    pub overloaded_cpu_us_per_event: Tiers,
    /// What of the processors the generator took then.
    pub generator_share: f64,
    /// The most memory of the collector before, and by the end of it.
    pub memory_before_mib: Option<f64>,
    /// By the end of it.
    pub memory_mib: Option<f64>,
    /// Accepted to sustainable.
    pub goodput: f64,
    /// p99 of accepted to that of uncongested.
    pub p99_ratio: Option<f64>,
    /// After the end of the overload: until nobody was refused and it was as before.
    pub recovery_ms: Option<f64>,
    /// What was in the stream when the overload ended, and how long its commit took.
    pub backlog_messages: Option<u64>,
    /// How long until all of that was committed, the recovery included.
    pub drain_s: f64,
    /// Events that were accepted from the first to the last.
    pub accepted: u64,
    /// Events that were stored.
    pub stored: u64,
}

/// Somebody who drives one case.
struct Driver<'d> {
    stand: &'d Stand,
    seed: u64,
    accepted: u64,
}

impl Driver<'_> {
    async fn run(&mut self, pace: Pace, time: Duration) -> Result<Phase> {
        self.seed += 1;
        let plan = Plan {
            address: self.stand.address(),
            pace,
            time,
            seed: self.seed,
            answered: Arc::new(AtomicU64::new(0)),
        };
        let phase = drive::run(plan).await?;
        self.accepted += phase.accepted();
        Ok(phase)
    }

    /// A phase at a constant rate, but for its first moments.
    async fn at(&mut self, rate: f64, time: Duration) -> Result<Summary> {
        let phase = self.run(Pace::Open(rate), LEAD + time).await?;
        Ok(phase.summary(LEAD, time))
    }

    /// What dashboards see beside a constant rate.
    async fn seen(&mut self, rate: f64, time: Duration) -> Result<Seen> {
        let site = self.stand.small();
        let (address, seed) = (self.stand.address(), self.seed + 500);
        let loading = self.run(Pace::Open(rate), LEAD * 2 + time);
        let probing = async {
            tokio::time::sleep(LEAD).await;
            probe::run(address, site, seed, time).await
        };
        let (_, seen) = tokio::try_join!(loading, probing)?;
        self.accepted += seen.probes as u64 * BATCH_ITEMS as u64;
        Ok(seen)
    }
}

/// Measures one case.
///
/// # Errors
/// What makes a figure untrue.
pub async fn measure(options: &ScaleOptions, make: Make) -> Result<Overload> {
    let label = format!("over_{}", make.nodes);
    let stand = Stand::start(options, &label, make).await?;
    let mut driver = Driver {
        stand: &stand,
        seed: crate::ingest::SEED + 10_000,
        accepted: 0,
    };
    let time = Duration::from_secs(options.seconds.into());
    let (closed, steps) = sustainable(&mut driver, time).await?;
    let last = steps.last().context("a step was tried")?;
    ensure!(is_sustained(last), "no rate was sustained");
    let rate = last.offered_per_second;
    stand.drain().await?;
    let uncongested = driver.at(rate / 2.0, time * 2).await?;
    let seen_at_half = driver.seen(rate / 2.0, time).await?;
    stand.drain().await?;
    let seen_at_low = driver.seen(LOW, time).await?;
    let memory_before_mib = stand.memory();
    let before = stand.processor();
    let long = Duration::from_secs(options.overload_seconds.into());
    let phase = driver.run(Pace::Open(rate * TIMES), long).await?;
    let used = stand.processor().zip(before, |a, b| a - b);
    let backlog_messages = stand.backlog().await?.map(|(messages, _)| messages);
    let recovering = driver.run(Pace::Open(rate / 2.0), time * 2).await?;
    let recovery_ms = recovery(&recovering, time * 2, uncongested.p99_ms);
    let memory_mib = stand.memory();
    let drained = stand.drain().await?;
    let (accepted, stored) = (driver.accepted, stand.stored().await?);
    stand.end().await?;
    let overloaded = phase.summary(Duration::ZERO, long);
    let second = Duration::from_secs(1);
    let overloaded_by_second = (0..options.overload_seconds)
        .map(|number| phase.summary(second * number, second))
        .collect();
    Ok(Overload {
        database: name(make.kind),
        nodes: make.nodes,
        writers: make.writers,
        closed_events_per_second: closed,
        sustainable_events_per_second: rate,
        steps,
        goodput: overloaded.accepted_per_second / rate,
        p99_ratio: overloaded
            .p99_ms
            .zip(uncongested.p99_ms)
            .map(|(over, under)| over / under),
        overloaded_cpu_us_per_event: used.per(phase.accepted() as f64),
        generator_share: used.generator / 1e6 / long.as_secs_f64() / cores(),
        overloaded,
        overloaded_by_second,
        uncongested,
        seen_at_half,
        seen_at_low,
        memory_before_mib,
        memory_mib,
        recovery_ms,
        backlog_messages,
        drain_s: (time * 2 + drained).as_secs_f64(),
        accepted,
        stored,
    })
}

/// The rate of a closed loop, and the steps down to one that is sustained.
async fn sustainable(driver: &mut Driver<'_>, time: Duration) -> Result<(f64, Vec<Summary>)> {
    let pace = Pace::Closed(CONNECTIONS, Arc::new(AtomicBool::new(false)));
    let phase = driver.run(pace, LEAD + time).await?;
    let closed = phase.summary(LEAD, time).accepted_per_second;
    driver.stand.drain().await?;
    let mut steps = Vec::new();
    for step in STEPS {
        let summary = driver.at(closed * step, time).await?;
        driver.stand.drain().await?;
        let is_enough = is_sustained(&summary);
        steps.push(summary);
        if is_enough {
            break;
        }
        // Who was refused is not there any more.
        tokio::time::sleep(LEAD * 3).await;
    }
    Ok((closed, steps))
}

fn is_sustained(step: &Summary) -> bool {
    step.accepted >= SUSTAINED.0 && step.p99_ms.is_some_and(|p99| p99 <= SUSTAINED.1)
}

/// From when on nobody is refused and the p99 is as before; nothing if that never is.
fn recovery(phase: &Phase, time: Duration, before: Option<f64>) -> Option<f64> {
    let parts = u32::try_from(time.as_millis() / PART.as_millis()).ok()?;
    let is_as_before = |part: &Summary| {
        let p99 = part.p99_ms.zip(before);
        part.accepted >= 1.0 && p99.is_some_and(|(p99, before)| p99 <= before * AS_BEFORE)
    };
    let first = (0..parts).find(|part| is_as_before(&phase.summary(PART * *part, PART)))?;
    let refused = phase.all.iter().filter(|sent| sent.fate != Fate::Accepted);
    let last = refused.map(|sent| sent.due).max().unwrap_or_default();
    Some((PART * first).max(last).as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::drive::Sent;

    #[test]
    fn it_has_recovered_when_nobody_is_refused_and_nobody_waits() {
        let sent = |ms: u64| Sent {
            due: Duration::from_millis(ms),
            took: if ms < 600 { 50_000 } else { 5_000 },
            late: 0,
            fate: match ms {
                0..310 => Fate::Refused,
                _ => Fate::Accepted,
            },
            says_when: true,
        };
        let phase = Phase {
            all: (0..200).map(|number| sent(number * 10)).collect(),
        };
        let time = Duration::from_secs(2);
        assert_eq!(recovery(&phase, time, Some(5.0)), Some(750.0));
        assert_eq!(recovery(&phase, time, Some(40.0)), Some(500.0));
        assert_eq!(recovery(&phase, time, Some(1.0)), None);
    }
}
