//! More than can be stored, from senders who do not wait for each other: the rest is refused at once, what is accepted is stored, and
//! nothing grows.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::Value;
use tokio::task::JoinSet;

use super::{ORIGIN, collector};
use crate::support::batch::{Visit, event};
use crate::support::collector::{Collector, KEY};
use crate::support::database::Database;
use crate::support::{long, on_both_databases};

on_both_databases!(what_is_too_much_is_refused_and_what_is_accepted_is_stored);

/// Items of a batch.
const ITEMS: usize = 50;
/// A time that a machine of any speed cannot keep with so many senders, so that the bound is what is tried and not the machine.
const SETTINGS: [&str; 6] = [
    "--queue-wait-ms",
    "20",
    "--client-rate",
    "0",
    "--key-rate",
    "0",
];
/// Senders at work at a time, each with a batch of its own.
const SENDERS: usize = 200;
/// Of the process, beyond what it had before. Fifty thousand waiting items alone would be more.
const MEMORY: u64 = 128 * 1024 * 1024;

#[derive(Default)]
struct Counts {
    accepted: AtomicUsize,
    refused: AtomicUsize,
}

async fn what_is_too_much_is_refused_and_what_is_accepted_is_stored(database: Database) {
    let collector = collector(database, &SETTINGS).await;
    let before = resident(&collector);
    let counts = Arc::new(Counts::default());
    let until = Instant::now() + Duration::from_secs(if long() { 60 } else { 5 });
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        let url = format!("{}/v1/events", collector.origin());
        senders.spawn(send(url, until, Arc::clone(&counts)));
    }
    while let Some(sender) = senders.join_next().await {
        sender.unwrap();
    }
    let most = resident(&collector);
    assert!(most < before + MEMORY, "{before} bytes before, {most} then");
    let refused = counts.refused.load(Ordering::SeqCst);
    assert!(refused > 0, "nothing was too much");
    // Some are taken in all the time, and after it everybody is.
    let accepted = counts.accepted.load(Ordering::SeqCst);
    assert!(accepted > SENDERS, "{accepted} accepted, {refused} refused");
    let client = Client::new();
    let batch = Visit::new(KEY).batch(&[event("after")]);
    let url = format!("{}/v1/events", collector.origin());
    assert!(
        post(&client, &url, &batch).await,
        "nobody is there any more"
    );
    let stored = collector.database().number("SELECT COUNT(*) FROM events");
    assert_eq!(usize::try_from(stored.await).unwrap(), accepted + 1);
    collector.assert_quiet_log();
}

/// New batches one after the other, none of them twice.
async fn send(url: String, until: Instant, counts: Arc<Counts>) {
    let client = Client::new();
    while Instant::now() < until {
        let items: Vec<Value> = (0..ITEMS).map(|_| event("x")).collect();
        let batch = Visit::new(KEY).batch(&items);
        if post(&client, &url, &batch).await {
            counts.accepted.fetch_add(ITEMS, Ordering::SeqCst);
        } else {
            counts.refused.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Whether all of a batch was accepted; if not, it was refused as it should be.
async fn post(client: &Client, url: &str, batch: &Value) -> bool {
    let request = client.post(url).header("Origin", ORIGIN);
    let answer = request.body(batch.to_string()).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    if status == 503 {
        let wait = headers["retry-after"].to_str().unwrap();
        assert!((1..=60).contains(&wait.parse::<u64>().unwrap()), "{wait}");
        assert!(text.contains("overloaded"), "{text}");
        // A page sees it.
        assert!(headers.contains_key("access-control-allow-origin"));
        return false;
    }
    assert_eq!(status, 200, "{text}");
    let answer: Value = serde_json::from_str(&text).unwrap();
    let results = answer["results"].as_array().unwrap();
    assert!(
        results.iter().all(|line| line["status"] == "accepted"),
        "{text}"
    );
    true
}

/// Bytes that the process has had in memory at most.
fn resident(collector: &Collector) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", collector.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = line
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    kib * 1024
}
