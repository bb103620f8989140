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
const ITEMS: usize = 20;
/// A limit shorter than any transaction, so that it is the pace of a slowed database that decides, and transactions of
/// which many are needed for what is under way.
const SETTINGS: [&str; 8] = [
    "--queue-wait-ms",
    "20",
    "--commit-items",
    "200",
    "--client-rate",
    "0",
    "--key-rate",
    "0",
];
/// Senders at work at a time, each with a batch of its own: four seconds of work for a database that takes a millisecond for an event.
const SENDERS: usize = 200;
/// An event takes a database about a millisecond, on a machine of any speed: how fast those are who send decides nothing then.
const SLOWED_SQLITE: &str = "CREATE TRIGGER slowed AFTER INSERT ON events BEGIN
     SELECT (SELECT COUNT(*) FROM (
         WITH RECURSIVE step(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM step WHERE n < 5000) SELECT n FROM step));
     END";
const SLOWED_POSTGRES: &str = "
     CREATE FUNCTION slowed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.001); RETURN NULL; END';
     CREATE TRIGGER slowed AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION slowed()";
/// Of the process, beyond what it had before. Fifty thousand waiting items alone would be more.
const MEMORY: u64 = 128 * 1024 * 1024;

#[derive(Default)]
struct Counts {
    accepted: AtomicUsize,
    refused: AtomicUsize,
}

async fn what_is_too_much_is_refused_and_what_is_accepted_is_stored(database: Database) {
    let collector = collector(database, &SETTINGS).await;
    let slowed = match collector.database().is_sqlite() {
        true => SLOWED_SQLITE,
        false => SLOWED_POSTGRES,
    };
    collector.database().execute(slowed).await;
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
