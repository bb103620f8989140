//! Messages that cannot be stored: none stands in the way of another, and none is lost.

use serde_json::Value;

use super::nats::{Nats, STREAM};
use super::writer::Writer;
use crate::support::batch::{Visit, event};
use crate::support::collector::KEY;
use crate::support::database::Database;
use crate::support::eventually;
use crate::support::program::good;

/// Where what is set aside waits.
const DEAD: &str = "waymark-dead";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_stored_is_set_aside_with_its_reason() {
    let nats = Nats::one().await;
    let collector = super::collector(&nats, Database::sqlite(), &[]).await;
    let database = collector.database();
    database
        .execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.name = 'poison'
             BEGIN SELECT RAISE(ABORT, 'refused by a test'); END",
        )
        .await;
    let visit = Visit::new(KEY);
    let batch = visit.batch(&[event("good"), event("poison"), event("fine")]);
    assert_eq!(super::flow::send(&collector, &batch).await, ["accepted"; 3]);
    // In front of everything, and of every partition.
    for partition in 0..16 {
        for payload in ["no JSON", r#"{"v":2,"items":[]}"#] {
            let subject = format!("{STREAM}.items.{partition}");
            let sent = nats.jetstream().publish(subject, payload.into()).await;
            sent.unwrap().await.unwrap();
        }
    }
    let mut writer = Writer::start(&nats, database, &[]).await;
    let after = visit.batch(&[event("after")]);
    assert_eq!(super::flow::send(&collector, &after).await, ["accepted"]);
    nats.is_empty().await;
    assert_eq!(names(database).await, ["after", "fine", "good"]);

    assert_eq!(nats.messages(DEAD).await, 33);
    for (reason, count) in [
        ("unreadable", 16.0),
        ("unknown_version", 16.0),
        ("rejected", 1.0),
    ] {
        let name = format!("stream_set_aside_messages_total{{reason=\"{reason}\"}}");
        assert_eq!(writer.metric(&name).await, count, "{reason}");
    }
    eventually("the item is in the inbox", || async {
        database.number("SELECT COUNT(*) FROM rejected").await == 1
    })
    .await;
    let rows = database
        .texts("SELECT reason, state, payload FROM rejected")
        .await;
    let text = |column: usize| rows[0][column].as_deref().unwrap();
    assert_eq!((text(0), text(1)), ("rejected", "cut"));
    let item: Value = serde_json::from_str(text(2)).unwrap();
    assert_eq!(item["name"], "poison");
    assert!(
        !writer.log().contains("refused by a test"),
        "{}",
        writer.log()
    );
    good(database.url(), &["verify"]).await;

    // Mended, and put back in line.
    database.execute("DROP TRIGGER refuse").await;
    let queue = nats.url();
    let printed = good(database.url(), &["--queue", &queue, "write", "--again"]).await;
    assert!(
        printed.contains("33 messages are back in line"),
        "{printed}"
    );
    nats.is_empty().await;
    assert_eq!(names(database).await, ["after", "fine", "good", "poison"]);
    // What cannot be read is set aside again.
    assert_eq!(nats.messages(DEAD).await, 32);
    good(database.url(), &["verify"]).await;
    writer.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_consumer_gives_out_is_found_in_the_stream() {
    let nats = Nats::one().await;
    let collector = super::collector(&nats, Database::sqlite(), &[]).await;
    let mut writer = Writer::start(&nats, collector.database(), &[]).await;
    let stream = nats.stream().await;
    for partition in 0..16 {
        let name = format!("writers-{partition}");
        stream.delete_consumer(&name).await.unwrap();
    }
    for name in ["a", "b", "c"] {
        let batch = Visit::new(KEY).batch(&[event(name)]);
        assert_eq!(super::flow::send(&collector, &batch).await, ["accepted"]);
    }
    nats.is_empty().await;
    assert_eq!(names(collector.database()).await, ["a", "b", "c"]);
    assert_eq!(writer.metric("stream_found_messages_total").await, 3.0);
    writer.end().await;
}

/// Of everything that is stored.
async fn names(database: &Database) -> Vec<String> {
    let rows = database
        .texts("SELECT name FROM events ORDER BY name")
        .await;
    rows.into_iter().flatten().flatten().collect()
}
