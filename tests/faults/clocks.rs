//! Senders whose clock is wrong by a day or by a year: what they did is told in the collector's time.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::batch::{Visit, event, now, page_view};
use crate::support::collector::KEY;
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(a_wrong_clock_moves_nothing);

const DAY: i64 = 24 * 60 * 60 * 1000;
/// What a request and a busy machine may take.
const SLACK: i64 = 60_000;

async fn a_wrong_clock_moves_nothing(database: Database) {
    let collector = super::collector(database, &[]).await;
    let client = reqwest::Client::new();
    for wrong in [-365 * DAY, -DAY, 365 * DAY, DAY] {
        let mut visit = Visit::new(KEY);
        visit.visitor = Uuid::now_v7();
        visit.started_at = now() - 20_000 + wrong;
        let mut items = [page_view("https://shop.example/"), event("cta_clicked")];
        for (item, before) in items.iter_mut().zip([15_000, 5_000]) {
            item["at"] = json!(now() - before + wrong);
        }
        let mut batch = visit.batch(&items);
        batch["sent_at"] = json!(now() + wrong);
        let sent = now();
        let response = client
            .post(format!("{}/v1/events", collector.origin()))
            .header("Origin", super::ORIGIN)
            .body(batch.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        let answer: Value = response.json().await.unwrap();
        for line in answer["results"].as_array().unwrap() {
            assert_eq!(line["status"], "accepted", "{wrong}: {answer}");
            assert_eq!(line["ignored"], Value::Null, "{wrong}: {answer}");
        }
        for (sql, before) in [
            ("SELECT MIN(at) FROM events", 15_000),
            ("SELECT MAX(at) FROM events", 5_000),
            ("SELECT MAX(first_at) FROM visitors", 15_000),
            ("SELECT MAX(last_at) FROM visitors", 5_000),
            ("SELECT MAX(started_at) FROM sessions", 20_000),
        ] {
            let off = collector.database().number(sql).await - (sent - before);
            // The least of all batches up to now may be that of the first one.
            assert!(off.abs() < SLACK, "{wrong}: {sql} is off by {off} ms");
        }
    }
    assert_eq!(
        collector
            .database()
            .number("SELECT COUNT(*) FROM sessions WHERE last_at - first_at BETWEEN 9000 AND 11000")
            .await,
        4
    );
    collector.assert_quiet_log();
}
