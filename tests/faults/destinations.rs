//! What destinations are to get survives the collector, and of several collectors one sends it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::ORIGIN;
use crate::support::batch::{Visit, event};
use crate::support::collector::{Collector, KEY};
use crate::support::database::Database;
use crate::support::program::good;
use crate::support::receiver::{Receiver, Reply};
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    what_is_due_survives_a_kill,
    an_end_does_not_wait_for_a_receiver_that_hangs,
);

const SETTINGS: [&str; 6] = [
    "--destination-networks",
    "127.0.0.0/8",
    "--destination-backoff-ms",
    "20",
    "--destination-timeout",
    "2",
];
/// What an end may take: the requests under way get five seconds, and the machine is busy.
const END: Duration = Duration::from_secs(20);

/// Sets up a webhook that gets every event, and gives its id.
async fn webhook(collector: &Collector, receiver: &Receiver) -> String {
    let url = receiver.url("/");
    let mut arguments = vec!["destinations", "add-webhook", "1", "--name", "x", "--url"];
    arguments.extend([url.as_str(), "--event", "*"]);
    arguments.extend(&SETTINGS[..2]);
    let printed = good(collector.database().url(), &arguments).await;
    let (_, rest) = printed.split_once("Destination ").unwrap();
    rest.split(':').next().unwrap().to_owned()
}

async fn accept(collector: &Collector, items: &[Value]) {
    let answer = reqwest::Client::new()
        .post(format!("{}/v1/events", collector.origin()))
        .header("Origin", ORIGIN)
        .body(Visit::new(KEY).batch(items).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

/// How often the receiver took each event, by its name. What it refused does not count.
fn taken(receiver: &Receiver) -> HashMap<String, usize> {
    let mut taken = HashMap::new();
    for asked in receiver.asked() {
        let name = asked.json()["data"]["name"].as_str().unwrap().to_owned();
        *taken.entry(name).or_default() += 1;
    }
    taken
}

async fn what_is_due_survives_a_kill(database: Database) {
    let receiver = Receiver::start().await;
    receiver.always(Some(Reply::Hang));
    let mut collector = Collector::with(database, ORIGIN, &SETTINGS).await;
    webhook(&collector, &receiver).await;
    eventually("it is sent to", || async {
        accept(&collector, &[event("first")]).await;
        receiver.connections() > 0
    })
    .await;
    let names: Vec<String> = (0..10).map(|n| format!("e{n}")).collect();
    let items: Vec<Value> = names.iter().map(|name| event(name)).collect();
    accept(&collector, &items).await;
    // Some of it is on the way, the rest has not been begun.
    collector.kill().await;
    let before = taken(&receiver);
    receiver.always(None);
    collector.up().await;
    eventually("everything is delivered", || async {
        let waiting = "SELECT COUNT(*) FROM deliveries WHERE state <> 'delivered'";
        collector.database().number(waiting).await == 0
    })
    .await;
    let after = taken(&receiver);
    for name in &names {
        let since = after[name] - before.get(name).copied().unwrap_or(0);
        assert_eq!(since, 1, "{name}");
    }
    collector.assert_quiet_log();
}

async fn an_end_does_not_wait_for_a_receiver_that_hangs(database: Database) {
    let receiver = Receiver::start().await;
    receiver.always(Some(Reply::Hang));
    let mut settings = SETTINGS.to_vec();
    settings[5] = "600";
    let mut collector = Collector::with(database, ORIGIN, &settings).await;
    webhook(&collector, &receiver).await;
    eventually("it is sent to", || async {
        accept(&collector, &[event("first")]).await;
        receiver.connections() > 0
    })
    .await;
    let told = Instant::now();
    collector.terminate().await;
    assert!(collector.ended(END).await.success());
    assert!(told.elapsed() < END);
    // What was under way was given back, and is nobody's.
    let left = "SELECT COUNT(*) FROM deliveries WHERE claim IS NOT NULL OR attempts <> 0";
    assert_eq!(collector.database().number(left).await, 0);
    receiver.always(None);
    collector.up().await;
    eventually("everything is delivered", || async {
        let waiting = "SELECT COUNT(*) FROM deliveries WHERE state <> 'delivered'";
        collector.database().number(waiting).await == 0
    })
    .await;
    collector.assert_quiet_log();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_collectors_deliver_each_item_once() {
    let database = Database::postgres().await;
    let shared = Database::shared(database.url());
    let receiver = Receiver::start().await;
    let settings = &SETTINGS[..4];
    let one = Collector::with(database, ORIGIN, settings).await;
    let mut other = Collector::joining_with(shared, settings).await;
    webhook(&one, &receiver).await;
    eventually("both send to it", || async {
        accept(&one, &[event("one")]).await;
        accept(&other, &[event("other")]).await;
        let taken = taken(&receiver);
        taken.contains_key("one") && taken.contains_key("other")
    })
    .await;
    const ITEMS: usize = 200;
    let names: Vec<String> = (0..ITEMS).map(|n| format!("e{n}")).collect();
    for (n, chunk) in names.chunks(20).enumerate() {
        let items: Vec<Value> = chunk.iter().map(|name| event(name)).collect();
        accept(if n % 2 == 0 { &one } else { &other }, &items).await;
    }
    eventually("everything is delivered", || async {
        let waiting = "SELECT COUNT(*) FROM deliveries WHERE state <> 'delivered'";
        one.database().number(waiting).await == 0
    })
    .await;
    let taken = taken(&receiver);
    for name in &names {
        assert_eq!(taken.get(name), Some(&1), "{name}");
    }
    let asked = receiver.asked();
    let ids = asked.iter().map(|asked| asked.id().to_owned());
    let mut ids: Vec<String> = ids.collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), asked.len());
    one.assert_quiet_log();
    other.assert_quiet_log();
    assert!(other.is_up());
}
