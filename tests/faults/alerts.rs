//! Nobody is told twice of a change by another id, and nobody is not told, although the collector was killed.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::ORIGIN;
use crate::support::app::{after, cookie};
use crate::support::batch::{Visit, event, now};
use crate::support::collector::{Collector, KEY};
use crate::support::database::Database;
use crate::support::receiver::{Receiver, Reply};
use crate::support::{eventually, on_both_databases};

on_both_databases!(a_change_is_told_although_the_collector_was_killed);

/// A claim ends ten seconds after thrice the timeout.
const SETTINGS: [&str; 8] = [
    "--destination-networks",
    "127.0.0.0/8",
    "--destination-backoff-ms",
    "20",
    "--destination-timeout",
    "1",
    "--alert-delay",
    "0",
];

async fn ask(collector: &Collector, cookie: &str, path: &str, body: Value) -> Value {
    let request = reqwest::Client::new()
        .request(
            Method::POST,
            format!("{}/api/v1/{path}", collector.origin()),
        )
        .header("Cookie", cookie);
    let answer = request.json(&body).send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}

async fn owner(collector: &Collector) -> String {
    let token = after(collector.setup_link(), "#token=");
    let body =
        json!({"token": token, "email": "owner@shop.example", "password": "a long password"});
    let url = format!("{}/api/v1/setup", collector.origin());
    let answer = reqwest::Client::new().post(url).json(&body).send().await;
    cookie(&answer.unwrap())
}

async fn a_change_is_told_although_the_collector_was_killed(database: Database) {
    let receiver = Receiver::start().await;
    // It takes what it is told, and never says so.
    receiver.always(Some(Reply::Hang));
    let mut collector = Collector::with(database, ORIGIN, &SETTINGS).await;
    let cookie = owner(&collector).await;
    // Something on the last day that is over, whenever that is.
    for ago in [0, 1] {
        let mut visit = Visit::new(KEY);
        visit.started_at = now() - ago * 24 * 60 * 60 * 1000;
        let mut one = event("signup");
        one["at"] = json!(visit.started_at);
        let url = format!("{}/v1/events", collector.origin());
        let sent = reqwest::Client::new().post(url).header("Origin", ORIGIN);
        let sent = sent.body(visit.batch(&[one]).to_string()).send().await;
        assert_eq!(sent.unwrap().status(), 200);
    }
    let webhook = json!({"kind": "webhook", "name": "Ops", "url": receiver.url("/")});
    let destination = ask(&collector, &cookie, "destinations?site=1", webhook).await;
    let alert = json!({
        "name": "Sign-ups", "channels": [{"kind": "webhook", "destination": destination["id"]}],
        "rule": {"figure": "events", "window": "day", "condition": {"kind": "above", "value": 0}},
    });
    ask(&collector, &cookie, "alerts?site=1", alert).await;
    receiver.gets(1).await;
    // Found and written, and told to nobody who said that they had heard.
    collector.kill().await;
    let told = "SELECT COUNT(*) FROM alert_notices WHERE state = 'waiting'";
    assert_eq!(collector.database().number(told).await, 1);
    receiver.always(None);
    collector.up().await;
    eventually("it is told", || async {
        collector.database().number(told).await == 0
    })
    .await;
    let asked = receiver.asked();
    assert!(asked.len() > 1);
    let ids: BTreeSet<&str> = asked.iter().map(|one| one.id()).collect();
    assert_eq!(ids.len(), 1);
    for one in &asked {
        assert_eq!(one.body, asked[0].body);
    }
    for (sql, count) in [
        ("SELECT COUNT(*) FROM alert_history", 1),
        (
            "SELECT COUNT(*) FROM alert_notices WHERE state = 'delivered'",
            1,
        ),
    ] {
        assert_eq!(collector.database().number(sql).await, count);
    }
    collector.assert_quiet_log();
}
