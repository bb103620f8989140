//! What the database takes by itself through its driver: the same rows, upserts, indexes and durability, without HTTP,
//! queue or reading, in transactions of whatever size is fastest.
//!
//! Batches are read into facts while the clock stands still, and the senders' clock goes on at the pace of the commits:
//! ids are made from times, so that a clock that stood still would scatter them over the index as no load does. As many
//! transactions run at a time as the collector runs.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use waymark_collector::ingest::{self, IngestOptions, Received, envelope};
use waymark_collector::journey::Fact;
use waymark_collector::store::sites::Site;
use waymark_collector::store::{Committed, Kind, Store};

use crate::machine::now_ms;
use crate::traffic::{BATCH_ITEMS, Fitness, Traffic};

/// Sizes of transactions that are tried, in items. From 64 connections at most 640 items are on their way at a time, and
/// half of them while the other half is being committed.
pub const COMMIT_ITEMS: [usize; 5] = [320, 640, 1_000, 2_000, 4_000];
/// Items of a block, read before the clock runs: enough to outlast a checkpoint, few enough for memory.
pub const BLOCK_ITEMS: usize = 64_000;

/// What is committed and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// What decides the batches.
    pub seed: u64,
    /// Browsers that send, as the full path has connections.
    pub senders: usize,
    /// Items that are committed before the clock stops for the next block to be read; the first block is not measured.
    pub block_items: usize,
    /// Items of one transaction.
    pub commit_items: usize,
    /// Time that is measured, at least.
    pub time: Duration,
}

/// Milliseconds of the senders' clock.
#[derive(Debug, Clone, Copy)]
struct Pace {
    now: f64,
    /// From one batch to the next.
    step: f64,
}

/// Events per second before anything is known.
const GUESS: f64 = 20_000.0;
/// The time that preloaded events are spread over.
const HISTORY: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Items of a preloading transaction.
const PRELOAD_ITEMS: usize = 10_000;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Raw {
    /// Items committed from the first to the last, measured or not.
    pub committed: u64,
    /// Items committed within the time measured.
    pub events: u64,
    /// The time measured.
    pub time: Duration,
}

/// Commits blocks of items until the plan's time has been measured.
///
/// # Errors
/// A database that fails, or an item that is not new.
pub async fn run(store: &Store, site: &Site, plan: Plan) -> Result<Raw> {
    let mut groups = groups(store, plan.seed, plan.senders);
    let mut raw = Raw {
        committed: 0,
        events: 0,
        time: Duration::ZERO,
    };
    let mut pace = Pace {
        now: now_ms() as f64,
        step: 1000.0 * BATCH_ITEMS as f64 / GUESS,
    };
    let mut is_warm = false;
    while raw.time < plan.time {
        let blocks = blocks(
            site,
            &mut groups,
            plan.block_items,
            plan.commit_items,
            &mut pace,
        )?;
        let (events, took) = commit_all(store, blocks).await?;
        pace.step = took.as_secs_f64() * 1000.0 * BATCH_ITEMS as f64 / events as f64;
        raw.committed += events;
        if is_warm {
            raw.events += events;
            raw.time += took;
        }
        is_warm = true;
    }
    Ok(raw)
}

/// Stores so many events of the past month, as fast as it goes.
///
/// # Errors
/// A database that fails.
pub async fn preload(store: &Store, site: &Site, seed: u64, events: u64) -> Result<()> {
    let mut groups = groups(store, seed, 64);
    let batches = (events / BATCH_ITEMS as u64).max(1) as f64;
    let step = HISTORY.as_millis() as f64 / batches;
    let mut pace = Pace {
        now: now_ms() as f64 - HISTORY.as_millis() as f64,
        step,
    };
    let mut left = events;
    while left > 0 {
        let block = usize::try_from(left)?.min(4 * PRELOAD_ITEMS);
        let items = PRELOAD_ITEMS.min(block / groups.len()).max(BATCH_ITEMS);
        let blocks = blocks(site, &mut groups, block, items, &mut pace)?;
        let (stored, _) = commit_all(store, blocks).await?;
        ensure!(
            stored > 0 && stored <= left,
            "{events} events are no number of whole batches for every writer"
        );
        left -= stored;
    }
    Ok(())
}

/// Senders for each writer. As on connections, a visitor is in one transaction at a time: each writer has its own.
fn groups(store: &Store, seed: u64, senders: usize) -> Vec<Vec<Traffic>> {
    let writers = match store.kind() {
        Kind::Sqlite => 1,
        Kind::Postgres => IngestOptions::default().writers,
    };
    let mut groups: Vec<Vec<Traffic>> = (0..writers).map(|_| Vec::new()).collect();
    for number in 0..senders.max(writers) {
        groups[number % writers].push(Traffic::new(seed, number, Fitness::Fit));
    }
    groups
}

/// What each writer commits. The clock of all goes over the same time.
fn blocks(
    site: &Site,
    groups: &mut [Vec<Traffic>],
    items: usize,
    commit_items: usize,
    pace: &mut Pace,
) -> Result<Vec<Vec<Vec<Fact>>>> {
    let writers = groups.len();
    let start = *pace;
    groups
        .iter_mut()
        .map(|group| {
            *pace = Pace {
                step: start.step * writers as f64,
                ..start
            };
            let block = block(site, group, items / writers, commit_items, pace);
            pace.step = start.step;
            block
        })
        .collect()
}

/// Commits what each writer has, and gives the number of events and the time it took.
async fn commit_all(store: &Store, blocks: Vec<Vec<Vec<Fact>>>) -> Result<(u64, Duration)> {
    let started = Instant::now();
    let mut running = JoinSet::new();
    for block in blocks {
        running.spawn(commit(store.clone(), block));
    }
    let mut events = 0;
    // The facts come back to be dropped when the clock has stopped.
    let mut done = Vec::new();
    while let Some(block) = running.join_next().await {
        let block = block.context("a writer's task broke")??;
        events += block.iter().map(Vec::len).sum::<usize>() as u64;
        done.push(block);
    }
    Ok((events, started.elapsed()))
}

/// Transactions' worth of facts, from all senders in turn.
fn block(
    site: &Site,
    group: &mut [Traffic],
    items: usize,
    commit_items: usize,
    pace: &mut Pace,
) -> Result<Vec<Vec<Fact>>> {
    let mut body = Vec::new();
    let mut next = 0;
    (0..items / commit_items)
        .map(|_| {
            let mut facts = Vec::with_capacity(commit_items);
            while facts.len() < commit_items {
                let count = group.len();
                let sender = &mut group[next % count];
                next += 1;
                pace.now += pace.step;
                let now = pace.now as i64;
                sender.next_batch(now, &mut body)?;
                let received = Received {
                    at_ms: now,
                    user_agent: Some(sender.user_agent().to_owned()),
                    ..Received::default()
                };
                let reading = ingest::read(site, &envelope::read(&body)?, &received)?;
                ensure!(
                    reading.facts.len() == BATCH_ITEMS,
                    "an item could not be read"
                );
                facts.extend(reading.facts);
            }
            Ok(facts)
        })
        .collect()
}

async fn commit(store: Store, block: Vec<Vec<Fact>>) -> Result<Vec<Vec<Fact>>> {
    for facts in &block {
        let facts: Vec<&Fact> = facts.iter().collect();
        let committed = store.commit(&facts).await?;
        ensure!(
            committed.iter().all(|item| *item == Committed::New),
            "an item was a duplicate"
        );
    }
    Ok(block)
}
