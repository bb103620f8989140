//! What comes through from the request to the commit, and what each tier takes for it.
//!
//! Senders are held back while the stream has more than [`MOST_WAITING`]: then the collectors take as much as the writers commit, writers
//! always have enough to take, and the rate is that of the whole way. Without a queue senders are held back by the answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde::Serialize;

use super::drive::{self, Fate, Pace, Plan};
use super::stand::{self, Make, Stand, Tiers};
use super::{ScaleOptions, cores};
use crate::case::name;
use crate::traffic::BATCH_ITEMS;

/// Messages beyond which nothing is sent: more than four writers hold at a time.
const MOST_WAITING: u64 = 3_000;
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(100);
/// Connections that send.
const CONNECTIONS: usize = 64;

/// One measurement.
#[derive(Debug, Clone, Serialize)]
pub struct Through {
    /// The round, from 1.
    pub round: u32,
    /// The database.
    pub database: &'static str,
    /// Servers of NATS, 0 without a queue.
    pub nodes: usize,
    /// Writers.
    pub writers: usize,
    /// Events that were committed a second.
    pub events_per_second: f64,
    /// Processor time for one of them.
    pub cpu_us_per_event: Tiers,
    /// Their sum.
    pub cpu_us_per_event_of_all: f64,
    /// What of the machine's processors was used by what is measured.
    pub busy: f64,
    /// Bytes of a message in the stream.
    pub message_bytes: Option<f64>,
    /// Bytes that the database has grown by for an event, and bytes of its log.
    pub disk_bytes_per_event: f64,
    /// The same of the log, that goes to a replica too.
    pub log_bytes_per_event: f64,
}

/// Measures one case.
///
/// # Errors
/// What makes a figure untrue.
pub async fn measure(options: &ScaleOptions, round: u32, make: Make) -> Result<Through> {
    let Make { nodes, writers, .. } = make;
    let label = format!("{round}_{nodes}_{writers}");
    let stand = Stand::start(options, &label, make).await?;
    let held_back = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU64::new(0));
    let (lead, time) = (
        Duration::from_secs(options.lead.into()),
        Duration::from_secs(options.seconds.into()),
    );
    let plan = Plan {
        address: stand.address(),
        pace: Pace::Closed(CONNECTIONS, Arc::clone(&held_back)),
        // Beyond what is measured, so that no end is in it.
        time: lead + time + Duration::from_millis(500),
        seed: crate::ingest::SEED + u64::from(round),
        answered: Arc::clone(&answered),
    };
    let holding = stand
        .watched()
        .map(|watched| tokio::spawn(hold_back(watched, held_back)));
    let driving = tokio::spawn(drive::run(plan));
    tokio::time::sleep(lead).await;
    let before = look(&stand, &answered).await?;
    tokio::time::sleep(time).await;
    let after = look(&stand, &answered).await?;
    let phase = driving.await??;
    if let Some(holding) = holding {
        holding.abort();
    }
    ensure!(
        phase.all.iter().all(|sent| sent.fate == Fate::Accepted),
        "a batch was refused although senders were held back"
    );
    stand.drain().await?;
    let stored = stand.stored().await?;
    ensure!(
        stored == phase.accepted(),
        "{} events were accepted, {stored} are stored",
        phase.accepted()
    );
    let (disk, log) = stand.grown().await?;
    stand.end().await?;
    let events = (after.committed - before.committed) * BATCH_ITEMS as f64;
    ensure!(events > 0.0, "nothing was committed in the time measured");
    let seconds = (after.at - before.at).as_secs_f64();
    let used = after.processor.zip(before.processor, |a, b| a - b);
    let per_event = used.per(events);
    Ok(Through {
        round,
        database: name(make.kind),
        nodes,
        writers,
        events_per_second: events / seconds,
        cpu_us_per_event: per_event,
        cpu_us_per_event_of_all: per_event.sum(),
        busy: used.sum() / 1e6 / seconds / cores(),
        message_bytes: after.message_bytes.or(before.message_bytes),
        disk_bytes_per_event: disk as f64 / stored as f64,
        log_bytes_per_event: log as f64 / stored as f64,
    })
}

/// One moment.
struct Look {
    at: Instant,
    processor: Tiers,
    /// Batches that were answered and are not in the stream any more.
    committed: f64,
    message_bytes: Option<f64>,
}

async fn look(stand: &Stand, answered: &AtomicU64) -> Result<Look> {
    let (messages, bytes) = stand.backlog().await?.unwrap_or_default();
    Ok(Look {
        at: Instant::now(),
        processor: stand.processor(),
        committed: answered.load(Ordering::Relaxed) as f64 - messages as f64,
        message_bytes: (messages > 0).then(|| bytes as f64 / messages as f64),
    })
}

/// Holds senders back while too much waits.
async fn hold_back(watched: SocketAddr, held_back: Arc<AtomicBool>) {
    loop {
        // Whoever does not say is asked again; a stream that is lost shows in what is stored.
        if let Ok((messages, _)) = stand::backlog(watched).await {
            held_back.store(messages > MOST_WAITING, Ordering::Relaxed);
        }
        tokio::time::sleep(LOOK).await;
    }
}
