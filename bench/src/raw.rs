//! What the store takes by itself: the same rows, indexes and durability, in transactions of a thousand items, without
//! HTTP, queue or reading.
//!
//! Batches are read into facts while the clock stands still. As many transactions run at a time as the collector runs.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use waymark_collector::ingest::{self, IngestOptions, Received, envelope};
use waymark_collector::journey::Fact;
use waymark_collector::store::sites::Site;
use waymark_collector::store::{Committed, Kind, Store};

use crate::machine::now_ms;
use crate::traffic::{BATCH_ITEMS, Fitness, Traffic};

/// Items of one transaction.
pub const COMMIT_ITEMS: usize = 1_000;
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
    /// Time that is measured, at least.
    pub time: Duration,
}

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
    let writers = match store.kind() {
        Kind::Sqlite => 1,
        Kind::Postgres => IngestOptions::default().writers,
    };
    // As on connections, a visitor is in one transaction at a time: each writer has its own senders.
    let mut groups: Vec<Vec<Traffic>> = (0..writers).map(|_| Vec::new()).collect();
    for number in 0..plan.senders.max(writers) {
        groups[number % writers].push(Traffic::new(plan.seed, number, Fitness::Fit));
    }
    let mut raw = Raw {
        committed: 0,
        events: 0,
        time: Duration::ZERO,
    };
    let mut is_warm = false;
    while raw.time < plan.time {
        let mut blocks = Vec::with_capacity(writers);
        for group in &mut groups {
            blocks.push(block(site, group, plan.block_items / writers)?);
        }
        let started = Instant::now();
        let mut running = JoinSet::new();
        for block in blocks {
            running.spawn(commit(store.clone(), block));
        }
        let mut events = 0;
        // The facts come back to be dropped when the clock has stopped.
        let mut done = Vec::with_capacity(writers);
        while let Some(block) = running.join_next().await {
            let block = block.context("a writer's task broke")??;
            events += block.iter().map(Vec::len).sum::<usize>() as u64;
            done.push(block);
        }
        let took = started.elapsed();
        drop(done);
        raw.committed += events;
        if is_warm {
            raw.events += events;
            raw.time += took;
        }
        is_warm = true;
    }
    Ok(raw)
}

/// Transactions' worth of facts, from all senders in turn.
fn block(site: &Site, group: &mut [Traffic], items: usize) -> Result<Vec<Vec<Fact>>> {
    let mut body = Vec::new();
    let mut next = 0;
    (0..items / COMMIT_ITEMS)
        .map(|_| {
            let mut facts = Vec::with_capacity(COMMIT_ITEMS);
            while facts.len() < COMMIT_ITEMS {
                let count = group.len();
                let sender = &mut group[next % count];
                next += 1;
                let now = now_ms();
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
