//! The three modes on the same events, on both databases: they agree on what is wrong and differ in what becomes of it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::batch::{Visit, item};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(the_modes_agree_on_what_is_wrong);

/// The fixtures that the collector and the browser's debug mode are held against, as a document, events, and what is
/// wrong with each.
fn fixtures() -> (Value, Vec<Value>, Vec<Value>) {
    let text = include_str!("../../protocol/fixtures/catalogue/judged.json");
    let fixture: Value = serde_json::from_str(text).unwrap();
    let cases = fixture["cases"].as_array().unwrap();
    let events = cases
        .iter()
        .map(|case| {
            item(
                "event",
                json!({"name": case["name"], "props": case["props"]}),
            )
        })
        .collect();
    let fields = cases.iter().map(|case| case["field"].clone()).collect();
    (fixture["document"].clone(), events, fields)
}

async fn the_modes_agree_on_what_is_wrong(database: Database) {
    let app = TestApp::start(database).await;
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    let (document, events, fields) = fixtures();
    let wrong = fields.iter().filter(|field| field.is_string()).count();
    assert!(wrong > 10 && wrong < events.len());
    let keys = [
        app.key.clone(),
        app.add_site("Flagging", &[]).await,
        app.add_site("Rejecting", &[]).await,
    ];
    let set = async |site: usize, mode: &str| {
        let path = format!("/api/v1/sites/{site}/catalogue");
        let change = json!({"document": document, "mode": mode});
        let request = app.request(Method::PATCH, &path).header("Cookie", &cookie);
        assert_eq!(request.json(&change).send().await.unwrap().status(), 200);
    };
    let mut answers = Vec::new();
    for (at, mode) in ["off", "flag", "reject"].into_iter().enumerate() {
        set(at + 1, mode).await;
        let batch = Visit::new(&keys[at]).batch(&events);
        let answer: Value = app.send(&batch).await.json().await.unwrap();
        answers.push(answer["results"].as_array().unwrap().clone());
    }
    for (at, field) in fields.iter().enumerate() {
        let line = |mode: usize, name: &str| answers[mode][at][name].clone();
        assert_eq!(
            (line(0, "status"), line(0, "flagged")),
            (json!("accepted"), Value::Null)
        );
        let flagged = if field.is_null() {
            Value::Null
        } else {
            json!([field])
        };
        assert_eq!(
            (line(1, "status"), line(1, "flagged")),
            (json!("accepted"), flagged)
        );
        let status = if field.is_null() {
            "accepted"
        } else {
            "dropped"
        };
        assert_eq!(
            (line(2, "status"), line(2, "field")),
            (json!(status), field.clone())
        );
    }

    let app = &app;
    let counted = async |site: usize| {
        let answer = app
            .json(&format!("/api/v1/sites/{site}/catalogue/findings"))
            .await;
        let mut rows: Vec<(String, i64)> = answer["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                (
                    format!("{} {}", row["name"], row["field"]),
                    row["count"].as_i64().unwrap(),
                )
            })
            .collect();
        rows.sort_unstable();
        rows
    };
    let counted = &counted;
    eventually("every finding is counted", || async move {
        let (flagged, rejected) = (counted(2).await, counted(3).await);
        let sum: i64 = flagged.iter().map(|(_, count)| count).sum();
        usize::try_from(sum) == Ok(wrong) && flagged == rejected
    })
    .await;
    assert_eq!(counted(1).await, []);

    // What was dropped is all there, and goes in once nobody asks the catalogue.
    let inbox = format!("/api/v1/rejected?site=3&limit={}", events.len());
    let inbox = &inbox;
    eventually("the inbox", || async move {
        app.json(inbox).await["data"].as_array().unwrap().len() == wrong
    })
    .await;
    set(3, "off").await;
    let retry = app.request(Method::POST, "/api/v1/rejected/retry?site=3");
    let tried: Value = retry
        .header("Cookie", &cookie)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&tried["accepted"], &tried["dropped"]),
        (&json!(wrong), &json!(0))
    );
    let stored = "SELECT COUNT(*) FROM events WHERE kind = 'event'";
    assert_eq!(
        usize::try_from(app.database.number(stored).await),
        Ok(3 * events.len())
    );
    app.log.assert_quiet();
}
