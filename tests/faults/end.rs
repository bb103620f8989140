//! The orderly end, in the middle of work and against a database that hangs.

use std::time::{Duration, Instant};

use waymark_protocol::limits;

use super::load::{Load, stored};
use crate::support::batch::{Visit, event};
use crate::support::collector::KEY;
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    an_end_under_load_loses_nothing_and_is_in_time,
    an_end_is_in_time_although_the_database_hangs,
);

/// The grace time that these tests give, and what the process may take beyond it: draining, closing, a busy machine.
const GRACE: Duration = Duration::from_secs(4);
const BEYOND: Duration = Duration::from_secs(8);

async fn an_end_under_load_loses_nothing_and_is_in_time(database: Database) {
    let mut collector = super::collector(database, &["--shutdown-grace", "4"]).await;
    let mut load = Load::begin(&collector);
    for _ in 0..3 {
        load.acknowledges(300).await;
        collector.terminate().await;
        let status = collector.ended(GRACE + BEYOND).await;
        assert!(status.success(), "{status}");
        let acknowledged = load.known();
        let stored = stored(collector.database()).await;
        assert_eq!(acknowledged.difference(&stored).count(), 0);
        collector.up().await;
    }
    load.finish().await.check(collector.database()).await;
    collector.assert_quiet_log();
}

async fn an_end_is_in_time_although_the_database_hangs(database: Database) {
    // With room for one batch of ordinary size and no more, it is not ready as long as an item waits.
    let room = limits::BATCH_ITEMS.to_string();
    let settings = ["--shutdown-grace", "4", "--queue-items", &room];
    let mut collector = super::collector(database, &settings).await;
    let client = reqwest::Client::new();
    let post = || {
        let batch = Visit::new(KEY).batch(&[event("x")]);
        client
            .post(format!("{}/v1/events", collector.origin()))
            .header("Origin", super::ORIGIN)
            .body(batch.to_string())
            .send()
    };
    // So that the collector knows the site when it can no longer ask for it.
    assert_eq!(post().await.unwrap().status(), 200);
    let blocked = collector.database().block_writes().await;
    let waiting = tokio::spawn(post());
    let ready = format!("{}/readyz", collector.origin());
    eventually("the item waits", || async {
        let answer = client.get(&ready).send().await.unwrap();
        answer.text().await.unwrap().contains("overloaded")
    })
    .await;
    let told = Instant::now();
    collector.terminate().await;
    collector.ended(GRACE + BEYOND).await;
    assert!(told.elapsed() < GRACE + BEYOND);
    // An answer, if there was one, did not say that the item is durable.
    if let Ok(answer) = waiting.await.unwrap() {
        let text = answer.text().await.unwrap_or_default();
        assert!(!text.contains("accepted"), "{text}");
    }
    drop(blocked);
    assert_eq!(
        collector
            .database()
            .number("SELECT COUNT(*) FROM events")
            .await,
        1
    );
}
