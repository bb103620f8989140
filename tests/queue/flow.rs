//! Without faults: what is sent arrives, once, and everybody says how it stands.

use reqwest::Client;
use serde_json::{Value, json};

use super::nats::{Nats, STREAM};
use super::writer::Writer;
use crate::faults::load::Load;
use crate::support::batch::{Visit, event, milestone, page_view};
use crate::support::collector::{Collector, KEY};
use crate::support::database::Database;
use crate::support::eventually;
use crate::support::program::{good, run};

/// The value of a sample, by its name and labels.
pub(super) fn sample(text: &str, name: &str) -> f64 {
    let name = format!("waymark_{name}");
    let mut lines = text.lines().filter_map(|line| line.rsplit_once(' '));
    let found = lines.find(|(known, _)| *known == name);
    let (_, value) = found.unwrap_or_else(|| panic!("no {name}: {text}"));
    value.parse().unwrap()
}

/// Sends a batch and gives the statuses of its items.
pub(super) async fn send(collector: &Collector, batch: &Value) -> Vec<String> {
    let response = Client::new()
        .post(format!("{}/v1/events", collector.origin()))
        .header("Origin", crate::faults::ORIGIN)
        .body(batch.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    let results = answer["results"].as_array().unwrap();
    let status = |line: &Value| line["status"].as_str().unwrap().to_owned();
    results.iter().map(status).collect()
}

/// History does not go through the stream, whoever brings it in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_imported_is_stored_directly() {
    let nats = Nats::three().await;
    let collector = super::collector(&nats, Database::sqlite(), &[]).await;
    let (_, token) = collector.setup_link().split_once("#token=").unwrap();
    let owner =
        json!({"token": token, "email": "owner@shop.example", "password": "a long password"});
    let setup = Client::new().post(format!("{}/api/v1/setup", collector.origin()));
    let setup = setup.json(&owner).send().await.unwrap();
    let cookie = crate::support::app::cookie(&setup);
    let path = "/api/v1/sites/1/imports?kind=sessions&file=a.csv";
    let file = "visitor_id,started_at\nv1,2026-06-01T00:00:00Z\n";
    let sent = Client::new().post(format!("{}{path}", collector.origin()));
    let sent = sent.header("Cookie", cookie).body(file).send().await;
    assert_eq!(sent.unwrap().status(), 202);
    eventually("it is stored", || async {
        let sessions = "SELECT COUNT(*) FROM sessions";
        collector.database().number(sessions).await == 1
    })
    .await;
    assert_eq!(nats.messages(STREAM).await, 0);
    collector.assert_quiet_log();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_collectors_and_writers_store_everything_once() {
    let nats = Nats::three().await;
    let metrics = free_port();
    let listen = format!("127.0.0.1:{metrics}");
    let database = Database::postgres().await;
    let first = super::collector(&nats, database, &["--metrics-listen", &listen]).await;
    let second = super::another(&nats, first.database()).await;

    // As long as nobody writes, what is accepted waits, and what comes twice is noticed.
    let batch = Visit::new(KEY).batch(&[page_view("https://shop.example/"), event("waits")]);
    assert_eq!(send(&first, &batch).await, ["accepted", "accepted"]);
    assert_eq!(send(&second, &batch).await, ["accepted", "accepted"]);
    assert_eq!(nats.messages(STREAM).await, 1);
    assert_eq!(
        first.database().number("SELECT COUNT(*) FROM events").await,
        0
    );
    let text = reqwest::get(format!("http://{listen}/metrics"))
        .await
        .unwrap();
    let text = text.text().await.unwrap();
    for (name, value) in [
        ("stream_published_messages_total", 1.0),
        ("stream_published_items_total", 2.0),
        ("stream_ack_seconds_count", 1.0),
        ("stream_up", 1.0),
        ("stream_messages", 1.0),
        ("stream_replicas", 3.0),
        ("stream_replicas_in_step", 3.0),
        ("stream_dead_letters", 0.0),
    ] {
        assert_eq!(sample(&text, name), value, "{name}");
    }

    let mut load = Load::spread(&[&first, &second]);
    // Two on everything, one on a part.
    let mut writers = [
        Writer::start(&nats, first.database(), &[]).await,
        Writer::start(&nats, first.database(), &[]).await,
        Writer::start(&nats, first.database(), &["--partitions", "0-7,9"]).await,
    ];
    load.acknowledges(2_000).await;
    let ledger = load.finish().await;
    nats.is_empty().await;
    let stored = crate::faults::load::stored(first.database()).await.len();
    assert_eq!(stored, ledger.acknowledged() + 2);
    good(first.database().url(), &["verify"]).await;

    // What was committed is a duplicate for whoever commits it again, and still one row.
    assert_eq!(send(&second, &batch).await, ["accepted", "accepted"]);
    let mut taken = 0.0;
    for writer in &writers {
        let acknowledged = writer.metric("stream_acknowledged_messages_total").await;
        assert!(acknowledged > 0.0, "one writer did nothing");
        taken += acknowledged;
        assert_eq!(writer.metric("stream_waiting_messages").await, 0.0);
        assert_eq!(writer.metric("database_up").await, 1.0);
    }
    assert!(taken >= 400.0, "{taken}");
    for writer in &mut writers {
        writer.end().await;
    }
    first.assert_quiet_log();
    second.assert_quiet_log();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_has_one_writer_and_an_end_in_order_leaves_nothing() {
    let nats = Nats::one().await;
    let mut collector = super::collector(&nats, Database::sqlite(), &[]).await;
    let queue = nats.url();
    let mut writer = Writer::start(&nats, collector.database(), &[]).await;
    let mut load = Load::begin(&collector);
    load.acknowledges(300).await;
    // A collector that ends publishes first what it has taken, and a writer commits it.
    collector.terminate().await;
    let status = collector.ended(std::time::Duration::from_secs(30)).await;
    assert!(status.success(), "{status}");
    nats.is_empty().await;
    let stored = crate::faults::load::stored(collector.database()).await;
    assert!(load.known().is_subset(&stored));
    collector.up().await;
    load.acknowledges(100).await;
    writer.end().await;
    assert!(!writer.log().contains("WARN"), "{}", writer.log());
    writer.up();
    load.finish()
        .await
        .check_soon(collector.database(), &nats)
        .await;

    let report = run(
        collector.database().url(),
        &[
            "check",
            "--json",
            "--queue",
            &queue,
            "--listen",
            "127.0.0.1:0",
        ],
    )
    .await;
    let report: Value = serde_json::from_str(&report.out).unwrap();
    let line = |name: &str| {
        let checks = report["checks"].as_array().unwrap();
        let found = checks.iter().find(|line| line["name"] == name);
        found.unwrap_or_else(|| panic!("{report}")).clone()
    };
    assert_eq!(line("queue")["status"], "ok");
    let copies = line("queue_stream");
    assert_eq!(copies["status"], "warning");
    assert!(copies["message"].as_str().unwrap().contains("one copy"));
    drop(nats);
    let arguments = [
        "check",
        "--json",
        "--queue",
        &queue,
        "--listen",
        "127.0.0.1:0",
    ];
    let printed = run(collector.database().url(), &arguments).await;
    assert_eq!(printed.code, 1);
    assert!(
        printed.out.contains("cannot reach the queue"),
        "{}",
        printed.out
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_watches_sees_what_other_processes_commit() {
    let nats = Nats::one().await;
    let collector = super::collector(&nats, Database::sqlite(), &[]).await;
    let _writer = Writer::start(&nats, collector.database(), &[]).await;
    let printed = good(
        collector.database().url(),
        &["keys", "add", "--name", "tests"],
    )
    .await;
    let secret = crate::support::app::after(&printed, "Secret, shown this once: ");
    let answer = Client::new()
        .get(format!("{}/api/v1/live", collector.origin()))
        .bearer_auth(&secret)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let mut stream = crate::support::stream::Events::of(answer);
    // First that there is news which it may have missed.
    while stream.next().await.unwrap().0 != "resync" {}
    let visit = Visit::new(KEY);
    let batch = visit.batch(&[event("seen"), milestone("signup_at")]);
    send(&collector, &batch).await;
    let mut names = Vec::new();
    while names.len() < 2 {
        let (name, data) = stream.next().await.unwrap();
        if name == "entry" {
            names.push(data["name"].clone());
        }
    }
    assert_eq!(names, [json!("seen"), json!("signup_at")]);
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl crate::faults::load::Ledger {
    /// The same as its check, once everything has been committed.
    pub(super) async fn check_soon(&self, database: &Database, nats: &Nats) {
        nats.is_empty().await;
        // The stream forgets a message after its commit.
        eventually("the rows are there", || async {
            database.number("SELECT COUNT(*) FROM events").await > 0
        })
        .await;
        self.check(database).await;
    }
}
