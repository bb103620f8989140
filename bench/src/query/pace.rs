//! Items at a fixed rate, for as long as somebody else measures: batches as browsers send them, at their time whether or not
//! the ones before were answered sooner or later.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::client::Connection;
use crate::figures::percentile;
use crate::machine::now_ms;
use crate::traffic::{BATCH_ITEMS, Fitness, Traffic};

/// Connections, each of which sends in its turn.
const CONNECTIONS: usize = 16;
/// What decides the batches.
const SEED: u64 = 20_260_614;

/// What was stored beside the questions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Paced {
    /// The database.
    pub database: &'static str,
    /// Events per second that were to be sent.
    pub wanted_per_second: u32,
    /// Events per second that were stored.
    pub events_per_second: f64,
    /// Half of the batches were answered within this.
    pub p50_ms: Option<f64>,
    /// 99 of 100 were.
    pub p99_ms: Option<f64>,
}

/// Somebody who sends until told to stop.
#[derive(Debug)]
#[must_use = "nobody is told to stop"]
pub struct Pace {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<(Vec<u32>, Duration)>>,
    database: &'static str,
    rate: u32,
}

impl Pace {
    /// Begins to send `rate` events a second.
    ///
    /// # Errors
    /// No thread to be had.
    pub fn start(address: SocketAddr, rate: u32, database: &'static str) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let told = stop.clone();
        let thread = std::thread::Builder::new()
            .name("pace".to_owned())
            .spawn(move || {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?
                    .block_on(send_all(address, rate, told))
            })?;
        Ok(Self {
            stop,
            thread,
            database,
            rate,
        })
    }

    /// Stops and says what was stored.
    ///
    /// # Errors
    /// A batch of which not every item was accepted.
    pub fn stop(self) -> Result<Paced> {
        self.stop.store(true, Ordering::SeqCst);
        let ended = self.thread.join();
        let (mut latencies, time) = ended.map_err(|_| anyhow!("who sends items broke"))??;
        latencies.sort_unstable();
        let millis = |percent| percentile(&latencies, percent).map(|us| f64::from(us) / 1e3);
        Ok(Paced {
            database: self.database,
            wanted_per_second: self.rate,
            events_per_second: (latencies.len() * BATCH_ITEMS) as f64 / time.as_secs_f64(),
            p50_ms: millis(50),
            p99_ms: millis(99),
        })
    }
}

async fn send_all(
    address: SocketAddr,
    rate: u32,
    stop: Arc<AtomicBool>,
) -> Result<(Vec<u32>, Duration)> {
    let began = Instant::now();
    let every = Duration::from_secs_f64((CONNECTIONS * BATCH_ITEMS) as f64 / f64::from(rate));
    let mut running = JoinSet::new();
    for number in 0..CONNECTIONS {
        let traffic = Traffic::new(SEED, number, Fitness::Fit);
        let first = began + every.mul_f64(number as f64 / CONNECTIONS as f64);
        running.spawn(send(address, traffic, (first, every), stop.clone()));
    }
    let mut latencies = Vec::new();
    while let Some(own) = running.join_next().await {
        latencies.extend(own.context("a connection's task broke")??);
    }
    Ok((latencies, began.elapsed()))
}

async fn send(
    address: SocketAddr,
    mut traffic: Traffic,
    (first, every): (Instant, Duration),
    stop: Arc<AtomicBool>,
) -> Result<Vec<u32>> {
    let mut connection = Connection::open(address, traffic.user_agent()).await?;
    let mut ticks = interval_at(first, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut body = Vec::new();
    let mut latencies = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        ticks.tick().await;
        traffic.next_batch(now_ms(), &mut body)?;
        let sent = Instant::now();
        let answer = connection.post(&body).await?;
        ensure!(
            crate::load::accepted(&answer),
            "a batch was not accepted: {}",
            answer.status
        );
        latencies.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
    Ok(latencies)
}
