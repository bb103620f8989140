//! One batch, a hundred times at once.

use futures_util::future::join_all;
use serde_json::Value;

use crate::support::batch::{Visit, event, identify, milestone, page_view};
use crate::support::collector::{Collector, KEY};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(a_batch_sent_a_hundred_times_at_once_counts_once);

const TIMES: usize = 100;

async fn a_batch_sent_a_hundred_times_at_once_counts_once(database: Database) {
    let url = database.url().to_owned();
    let first = super::collector(database, &[]).await;
    // A second process on the same database, which knows nothing of the first one.
    let second = Collector::joining(Database::shared(&url)).await;
    let batch = Visit::new(KEY)
        .batch(&[
            page_view("https://shop.example/"),
            event("cta_clicked"),
            milestone("signup_at"),
            identify("user-7"),
            event("video_played"),
        ])
        .to_string();
    let client = reqwest::Client::new();
    let send = async |number: usize| {
        let to = if number.is_multiple_of(2) {
            &first
        } else {
            &second
        };
        let mut answers = Vec::new();
        // As often as it takes: under this a transaction may be sent back to be tried again.
        loop {
            let request = client
                .post(format!("{}/v1/events", to.origin()))
                .header("Origin", super::ORIGIN);
            let response = request.body(batch.clone()).send().await.unwrap();
            if response.status() == 503 || response.status() == 429 {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
            assert_eq!(response.status(), 200);
            let answer: Value = response.json().await.unwrap();
            let results = answer["results"].as_array().unwrap();
            answers.extend(
                results
                    .iter()
                    .map(|line| line["status"].as_str().unwrap().to_owned()),
            );
            if results.iter().all(|line| line["status"] != "retry") {
                return answers;
            }
        }
    };
    let answers: Vec<String> = join_all((0..TIMES).map(send)).await.concat();
    let said = |status: &str| answers.iter().filter(|answer| *answer == status).count();
    assert_eq!(said("accepted"), 5);
    assert_eq!(said("duplicate"), 5 * (TIMES - 1));
    for (sql, expected) in [
        ("SELECT COUNT(*) FROM events", 5),
        ("SELECT COUNT(*) FROM visitors", 1),
        ("SELECT COUNT(*) FROM sessions", 1),
        ("SELECT total_sessions FROM visitors", 1),
        ("SELECT total_events FROM visitors", 2),
        ("SELECT total_page_views FROM visitors", 1),
        ("SELECT events FROM sessions", 2),
        ("SELECT page_views FROM sessions", 1),
        ("SELECT COUNT(*) FROM milestones", 1),
    ] {
        assert_eq!(first.database().number(sql).await, expected, "{sql}");
    }
}
