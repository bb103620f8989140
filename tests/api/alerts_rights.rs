//! What may stand in an alert, who may set one up, and what is shown to whom, on both databases.

use reqwest::Method;
use serde_json::{Value, json};

use super::alerts::{Office, above_of};
use crate::support::app::error;
use crate::support::database::Database;
use crate::support::on_both_databases;
use crate::support::receiver::Receiver;

on_both_databases!(
    what_may_not_be_is_refused_by_its_field,
    whom_an_alert_tells_is_shown_to_who_may_change_it,
);

async fn what_may_not_be_is_refused_by_its_field(database: Database) {
    let office = Office::open(database, |_| {}).await;
    let receiver = Receiver::start().await;
    let ga4 =
        json!({"kind": "ga4", "name": "x", "measurement_id": "G-ABC1234567", "api_secret": "s"});
    let (ga4, _) = office.desk.add(ga4).await;
    let webhook = json!({"kind": "webhook", "name": "Ops", "url": receiver.url("/hook")});
    let (webhook, _) = office.desk.add(webhook).await;
    let to = |destination: &str| json!({"kind": "webhook", "destination": destination});
    let filter = json!({"dimension": "source", "op": "is", "values": ["a"]});
    let cases = [
        ("name", json!(" "), "name"),
        ("rule/figure", json!("happiness"), "rule.figure"),
        ("rule/figure", json!("revenue"), "rule.figure"),
        ("rule/window", json!("month"), "rule.window"),
        ("rule/event", json!("x".repeat(101)), "rule.event"),
        ("rule/segment", json!("nobody's"), "rule.segment"),
        (
            "rule/filters",
            json!([{"dimension": "source", "op": "matches", "values": ["("]}]),
            "rule.filters[0].values",
        ),
        (
            "rule/filters",
            Value::Array(vec![filter; 21]),
            "rule.filters",
        ),
        (
            "rule/condition",
            json!({"kind": "above"}),
            "rule.condition.value",
        ),
        (
            "rule/condition",
            json!({"kind": "above", "value": "many"}),
            "rule.condition.value",
        ),
        (
            "rule/condition",
            json!({"kind": "change", "percent": -1}),
            "rule.condition.percent",
        ),
        (
            "rule/condition",
            json!({"kind": "anomaly", "weeks": 2}),
            "rule.condition.weeks",
        ),
        (
            "rule",
            json!({"figure": "sessions", "event": "a", "window": "day", "condition": {"kind": "above", "value": 1}}),
            "rule.event",
        ),
        (
            "rule",
            json!({"figure": "rejected", "window": "day", "condition": {"kind": "anomaly"}}),
            "rule.condition.kind",
        ),
        ("channels", json!([to(&ga4)]), "channels[0].destination"),
        (
            "channels",
            json!([to(&webhook), to(&webhook)]),
            "channels[1]",
        ),
        (
            "channels",
            json!([{"kind": "email", "to": "ann@shop.example"}]),
            "channels[0].kind",
        ),
        ("channels", Value::Array(vec![to(&webhook); 11]), "channels"),
    ];
    for (place, value, field) in cases {
        let mut new = json!({"name": "x", "rule": above_of(1), "channels": []});
        match place.strip_prefix("rule/") {
            Some(field) => new["rule"][field] = value,
            None => new[place] = value,
        }
        let response = office.ask(Method::POST, "", &new).await;
        assert_eq!(response.status(), 400, "{new}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "invalid_field", "{new}");
        assert_eq!(body["error"]["field"], field, "{body}");
    }
    for windows in [0, 501] {
        let body = json!({"rule": above_of(1), "windows": windows});
        let response = office.ask(Method::POST, "/preview", &body).await;
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["field"], "windows");
    }
    // Of another site there is nothing.
    office.desk.app.add_site("Second", &[]).await;
    let elsewhere = json!({"name": "x", "rule": above_of(1), "channels": [to(&webhook)]});
    let response = office.ask(Method::POST, "?site=2", &elsewhere).await;
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["field"], "channels[0].destination");
    let id = office.add(&above_of(1), &json!([])).await;
    for (method, path) in [
        (Method::GET, format!("/{id}?site=2")),
        (Method::PATCH, format!("/{id}?site=2")),
        (Method::DELETE, format!("/{id}?site=2")),
        (Method::GET, format!("/{id}/history?site=2")),
        (Method::POST, format!("/{id}/test?site=2")),
    ] {
        let response = office.ask(method, &path, &json!({})).await;
        assert_eq!(error(response).await.1, "not_found", "{path}");
    }
    assert_eq!(receiver.connections(), 0);
    office.desk.app.log.assert_quiet();
}

async fn whom_an_alert_tells_is_shown_to_who_may_change_it(database: Database) {
    let office = Office::open(database, |_| {}).await;
    let receiver = Receiver::start().await;
    let webhook = json!({"kind": "webhook", "name": "Ops", "url": receiver.url("/hook")});
    let (destination, _) = office.desk.add(webhook).await;
    let channel = json!({"kind": "webhook", "destination": destination});
    office.signs_up().await;
    let id = office.add(&above_of(0), &json!([channel])).await;
    office.stands(&id, &above_of(0), "firing").await;
    assert_eq!(office.one(&id).await["channels"], json!([channel]));
    let key = async |scopes: &[&str]| {
        let request = office.desk.app.request(Method::POST, "/api/v1/keys");
        let new = json!({"name": "x", "workspace": 1, "scopes": scopes});
        let made = request
            .header("Cookie", &office.desk.cookie)
            .json(&new)
            .send()
            .await;
        let made: Value = made.unwrap().json().await.unwrap();
        made["secret"].as_str().unwrap().to_owned()
    };
    let reader = key(&["read"]).await;
    let app = &office.desk.app;
    let shown = app
        .get_with(&format!("/api/v1/alerts/{id}?site=1"), &reader)
        .await;
    let shown: Value = shown.json().await.unwrap();
    assert_eq!(
        (&shown["state"], &shown["channels"]),
        (&json!("firing"), &Value::Null)
    );
    let history = app
        .get_with(&format!("/api/v1/alerts/{id}/history?site=1"), &reader)
        .await;
    let history: Value = history.json().await.unwrap();
    assert_eq!(history["data"][0]["notices"][0]["channel"], Value::Null);
    let post = async |path: &str, secret: &str, body: Value| {
        let request = app.request(Method::POST, &format!("/api/v1/alerts{path}?site=1"));
        request
            .bearer_auth(secret)
            .json(&body)
            .send()
            .await
            .unwrap()
    };
    for path in [format!("/{id}/test"), "/preview".to_owned(), String::new()] {
        assert_eq!(
            error(post(&path, &reader, json!({})).await).await.1,
            "forbidden"
        );
    }
    // Who may not be told of single persons may not ask about one this way either.
    let maker = key(&["read", "manage"]).await;
    let mut rule = above_of(0);
    rule["filters"] = json!([{"dimension": "user", "op": "is", "values": ["user-7"]}]);
    for (path, body) in [
        ("/preview", json!({"rule": rule})),
        ("", json!({"name": "x", "rule": rule})),
    ] {
        let refused = post(path, &maker, body).await;
        assert_eq!(error(refused).await.1, "forbidden");
    }
    assert_eq!(
        post("", &maker, json!({"name": "x", "rule": above_of(0)}))
            .await
            .status(),
        201
    );
    app.log.assert_quiet();
}
