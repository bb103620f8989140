//! Alerts by webhook as their owners and receivers see them, on both databases.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use waymark_collector::config::Config;

use super::destinations::{Desk, is_signed_by};
use crate::support::app::TestApp;
use crate::support::batch::{Visit, event, now};
use crate::support::database::Database;
use crate::support::receiver::{Receiver, Reply};
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    a_change_is_told_once_whatever_becomes_of_the_answers,
    windows_that_nobody_looked_at_are_made_up_for,
    several_collectors_look_once,
    a_test_is_marked_as_one,
    a_segment_that_is_gone_changes_no_state,
    metrics_count_looks_and_notices,
);

const DAY: i64 = 24 * 60 * 60 * 1000;

/// Each alert has fired, and somebody was told.
const ALERT_FIRED: [&str; 2] = [
    r#"INSERT INTO alert_history (site_id, alert_id, id, at, told)
    SELECT site_id, id, id, 1, '{"site_name": "Shop", "alert_id": "00000000-0000-0000-0000-000000000000", "name": "Silence",
        "state": "firing", "was": "ok", "rule": ' || rule || ', "time_zone": "UTC", "currency": null,
        "looked": {"begin": 0, "end": 3600000, "figure": "0", "verdict": "firing", "why": null, "baseline": null}}'
    FROM alerts"#,
    r#"INSERT INTO alert_notices (site_id, alert_id, id, change_id, channel, created_at, state, due_at, attempts, status, error)
    SELECT site_id, id, id, id, '{"kind": "email", "to": "ann@shop.example"}', 1, 'dead', 2, 3, 550, 'refused'
    FROM alerts"#,
];

/// An alert that fired, and stays as it is because nobody looks at it.
pub(super) async fn fired(app: &TestApp, cookie: &str) {
    let alert = json!({
        "name": "Silence", "paused": true, "channels": [],
        "rule": {"figure": "items", "window": "hour", "condition": {"kind": "below", "value": 1}},
    });
    let saved = app.request(Method::POST, "/api/v1/alerts?site=1");
    let saved = saved.header("Cookie", cookie).json(&alert).send().await;
    assert_eq!(saved.unwrap().status(), 201);
    for sql in ALERT_FIRED {
        app.database.execute(sql).await;
    }
}

/// A collector that looks at a window as soon as it is over, with an owner.
pub(super) struct Office {
    pub(super) desk: Desk,
}

impl Office {
    pub(super) async fn open(database: Database, configure: impl FnOnce(&mut Config)) -> Self {
        let desk = Desk::with(database, |config| {
            config.alert_delay = std::time::Duration::ZERO;
            configure(config);
        })
        .await;
        Self { desk }
    }

    pub(super) async fn ask(&self, method: Method, path: &str, body: &Value) -> Response {
        // There may be several sites.
        let site = match path {
            _ if path.contains("site=") => "",
            _ if path.contains('?') => "&site=1",
            _ => "?site=1",
        };
        let path = format!("/api/v1/alerts{path}{site}");
        let request = self.desk.app.request(method, &path);
        let request = request.header("Cookie", &self.desk.cookie);
        request.json(body).send().await.unwrap()
    }

    pub(super) async fn good(&self, method: Method, path: &str, body: Value) -> Value {
        let response = self.ask(method, path, &body).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Sets an alert up, and gives its id.
    pub(super) async fn add(&self, rule: &Value, channels: &Value) -> String {
        let new = json!({"name": "Sign-ups", "rule": rule, "channels": channels});
        let made = self.good(Method::POST, "", new).await;
        made["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn one(&self, id: &str) -> Value {
        self.good(Method::GET, &format!("/{id}"), Value::Null).await
    }

    pub(super) async fn history(&self, id: &str) -> Vec<Value> {
        let path = format!("/{id}/history");
        let page = self.good(Method::GET, &path, Value::Null).await;
        page["data"].as_array().unwrap().clone()
    }

    /// Gives an alert another bound, and waits until it stands so by that.
    pub(super) async fn turn(&self, id: &str, above: u32, state: &str) {
        let rule = above_of(above);
        self.good(Method::PATCH, &format!("/{id}"), json!({"rule": rule}))
            .await;
        self.stands(id, &rule, state).await;
    }

    pub(super) async fn stands(&self, id: &str, rule: &Value, state: &str) {
        eventually("the alert is looked at", async || {
            let alert = self.one(id).await;
            let value = &alert["rule"]["condition"]["value"];
            let is_by_this = value.as_str().map(str::to_owned)
                == rule["condition"]["value"]
                    .as_u64()
                    .map(|value| value.to_string());
            is_by_this && !alert["looked_until"].is_null() && alert["state"] == state
        })
        .await;
    }

    /// Somebody does something at so many days before now.
    pub(super) async fn happens(&self, ago: i64, name: &str) {
        let mut visit = Visit::new(&self.desk.app.key);
        visit.started_at = now() - ago * DAY;
        let mut one = event(name);
        one["at"] = json!(visit.started_at);
        self.desk.app.accept(&visit.batch(&[one])).await;
    }

    /// What happens yesterday and today, so that there is something on the last day that is over, whenever the test runs.
    pub(super) async fn signs_up(&self) {
        for ago in [0, 1] {
            self.happens(ago, "signup").await;
        }
    }
}

/// It fires on days with more sign-ups.
pub(super) fn above_of(value: u32) -> Value {
    json!({
        "figure": "events", "event": "signup", "window": "day",
        "condition": {"kind": "above", "value": value},
    })
}

async fn a_change_is_told_once_whatever_becomes_of_the_answers(database: Database) {
    let office = Office::open(database, |_| {}).await;
    office.signs_up().await;
    let receiver = Receiver::start().await;
    let lost = [Reply::Close, Reply::HalfHead, Reply::Status(503)];
    receiver.next(&lost);
    let webhook = json!({"kind": "webhook", "name": "Ops", "url": receiver.url("/hook")});
    let (destination, secret) = office.desk.add(webhook).await;
    let channel = json!({"kind": "webhook", "destination": destination});
    let id = office.add(&above_of(0), &json!([channel])).await;
    office.stands(&id, &above_of(0), "firing").await;
    let asked = receiver.gets(lost.len() + 1).await;
    let body = asked[0].json();
    assert_eq!(body["type"], "alert.firing");
    let data = &body["data"];
    assert_eq!(
        (&data["site_id"], &data["name"]),
        (&json!(1), &json!("Sign-ups"))
    );
    assert_eq!(
        (&data["state"], &data["was"]),
        (&json!("firing"), &json!("unknown"))
    );
    assert_eq!(data["looked"]["figure"], "1");
    assert_eq!(data["looked"]["baseline"]["high"], "0");
    assert_eq!(
        data["looked"]["end"].as_i64().unwrap() - data["looked"]["begin"].as_i64().unwrap(),
        DAY
    );
    assert_eq!(data["link"], format!("{}/?site=1", office.desk.app.base));
    for one in &asked {
        assert_eq!((one.id(), &one.body), (asked[0].id(), &asked[0].body));
        assert!(is_signed_by(one, &secret));
    }

    // Another rule by which it stands as before is nobody's news.
    let same = json!({"rule": {
        "figure": "events", "window": "day", "condition": {"kind": "above", "value": 0},
    }});
    office.good(Method::PATCH, &format!("/{id}"), same).await;
    eventually("it is looked at", async || {
        let alert = office.one(&id).await;
        alert["rule"]["event"].is_null() && !alert["looked_until"].is_null()
    })
    .await;
    assert_eq!(office.history(&id).await.len(), 1);

    office.turn(&id, 1000, "ok").await;
    office.turn(&id, 0, "firing").await;
    eventually("all are told", async || {
        let history = office.history(&id).await;
        history.len() == 3
            && history
                .iter()
                .all(|one| one["notices"][0]["state"] == "delivered")
    })
    .await;
    let asked = receiver.asked();
    assert_eq!(asked.len(), lost.len() + 3);
    let mut told: Vec<(String, Value)> = asked
        .iter()
        .map(|one| (one.id().to_owned(), one.json()["type"].clone()))
        .collect();
    told.dedup();
    let kinds: Vec<&Value> = told.iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, ["alert.firing", "alert.recovered", "alert.firing"]);
    let history = office.history(&id).await;
    for (change, (notice, _)) in history.iter().rev().zip(&told) {
        assert_eq!(&change["notices"][0]["id"], notice);
        assert_eq!(change["notices"][0]["status"], 204);
    }
    assert_eq!(history[2]["notices"][0]["attempts"], lost.len() + 1);
    assert_eq!(
        history[0]["at"].as_i64().max(history[2]["at"].as_i64()),
        history[0]["at"].as_i64()
    );
    let page = office
        .good(Method::GET, &format!("/{id}/history?limit=2"), Value::Null)
        .await;
    let next = page["next_cursor"].as_str().unwrap();
    let rest = format!("/{id}/history?limit=2&cursor={next}");
    let rest = office.good(Method::GET, &rest, Value::Null).await;
    assert_eq!(rest["data"], json!([history[2]]));

    // With it goes everything.
    let removed = office
        .ask(Method::DELETE, &format!("/{id}"), &Value::Null)
        .await;
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    for sql in [
        "SELECT COUNT(*) FROM alert_history",
        "SELECT COUNT(*) FROM alert_notices",
    ] {
        assert_eq!(office.desk.app.database.number(sql).await, 0);
    }
    let noted = "SELECT COUNT(*) FROM audit WHERE site_id = 1 AND action LIKE 'alerts.%'";
    assert_eq!(office.desk.app.database.number(noted).await, 5);
    office.desk.app.log.assert_quiet();
}

async fn metrics_count_looks_and_notices(database: Database) {
    let office = Office::open(database, |config| {
        config.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
        config.destination_attempts = 2;
    })
    .await;
    office.signs_up().await;
    let receiver = Receiver::start().await;
    receiver.next(&[Reply::Status(500), Reply::Status(500)]);
    let webhook = json!({"kind": "webhook", "name": "Ops", "url": receiver.url("/hook")});
    let (destination, _) = office.desk.add(webhook).await;
    let channel = json!({"kind": "webhook", "destination": destination});
    let id = office.add(&above_of(0), &json!([channel])).await;
    office.stands(&id, &above_of(0), "firing").await;
    receiver.gets(2).await;
    // Nobody hears of the first change; of the two after it somebody does.
    office.turn(&id, 1000, "ok").await;
    office.turn(&id, 0, "firing").await;
    let lines = [
        r#"waymark_alert_looks_total{verdict="firing"} 2"#,
        r#"waymark_alert_looks_total{verdict="ok"} 1"#,
        r#"waymark_alert_notices_total{channel="webhook",outcome="failed"} 1"#,
        r#"waymark_alert_notices_total{channel="webhook",outcome="dead"} 1"#,
        r#"waymark_alert_notices_total{channel="webhook",outcome="delivered"} 2"#,
        "waymark_alerts_firing 1",
    ];
    let url = format!("http://{}/metrics", office.desk.app.metrics.unwrap());
    eventually("the metrics say so", async || {
        let answer = office.desk.app.client.get(&url).send().await.unwrap();
        let text = answer.text().await.unwrap();
        lines
            .iter()
            .all(|line| text.lines().any(|own| own == *line))
    })
    .await;
}

async fn windows_that_nobody_looked_at_are_made_up_for(database: Database) {
    let office = Office::open(database, |_| {}).await;
    // The days before yesterday: something, nothing, something; and again yesterday and today.
    for ago in [5, 3, 1, 0] {
        office.happens(ago, "signup").await;
    }
    let rule = above_of(0);
    let id = office.add(&rule, &json!([])).await;
    office.stands(&id, &rule, "firing").await;
    let before = office.history(&id).await.len();
    assert_eq!(before, 1);
    let until = office.one(&id).await["looked_until"].as_i64().unwrap();
    // As if it had been looked at last when the day with something was over, and all collectors had ended then.
    let back = "UPDATE alerts SET looked_until = looked_until - 4 * 86400000";
    office.desk.app.database.execute(back).await;
    eventually("all days are looked at", async || {
        office.one(&id).await["looked_until"].as_i64() >= Some(until)
    })
    .await;
    let history = office.history(&id).await;
    let states: Vec<&str> = history
        .iter()
        .rev()
        .map(|change| change["state"].as_str().unwrap())
        .collect();
    // Fired at first; then a day without, one with, one without and one with, each once.
    assert_eq!(states, ["firing", "ok", "firing", "ok", "firing"]);
    let ends: Vec<i64> = history[..4]
        .iter()
        .map(|change| change["looked"]["end"].as_i64().unwrap())
        .collect();
    assert!(
        ends.windows(2).all(|two| two[0] - two[1] == DAY),
        "{ends:?}"
    );
    office.desk.app.log.assert_quiet();
}

async fn several_collectors_look_once(database: Database) {
    let office = Office::open(database, |_| {}).await;
    office.signs_up().await;
    let receiver = Receiver::start().await;
    let webhook = json!({"kind": "webhook", "name": "Ops", "url": receiver.url("/hook")});
    let (destination, _) = office.desk.add(webhook).await;
    let more = || {
        let shared = Database::shared(office.desk.app.database.url());
        TestApp::with(shared, |config| {
            config.alert_delay = std::time::Duration::ZERO;
            config.destination_networks = vec!["127.0.0.0/8".parse().unwrap()];
        })
    };
    let (one, other) = tokio::join!(more(), more());
    let channel = json!({"kind": "webhook", "destination": destination});
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(office.add(&above_of(0), &json!([channel])).await);
    }
    let look_again = "UPDATE alerts SET looked_until = NULL";
    for id in &ids {
        office.stands(id, &above_of(0), "firing").await;
        office.desk.app.database.execute(look_again).await;
    }
    eventually("all are looked at again", async || {
        let open = "SELECT COUNT(*) FROM alerts WHERE looked_until IS NULL OR holder IS NOT NULL";
        office.desk.app.database.number(open).await == 0
    })
    .await;
    for id in &ids {
        assert_eq!(office.history(id).await.len(), 1);
    }
    let waiting = "SELECT COUNT(*) FROM alert_notices WHERE state <> 'delivered'";
    eventually("all are told", async || {
        office.desk.app.database.number(waiting).await == 0
    })
    .await;
    let mut told: Vec<String> = receiver
        .asked()
        .iter()
        .map(|one| one.id().to_owned())
        .collect();
    told.sort();
    let count = told.len();
    told.dedup();
    assert_eq!((told.len(), count), (ids.len(), ids.len()));
    for app in [&office.desk.app, &one, &other] {
        app.log.assert_quiet();
    }
}

async fn a_test_is_marked_as_one(database: Database) {
    let office = Office::open(database, |_| {}).await;
    let receiver = Receiver::start().await;
    let webhook = json!({"kind": "webhook", "name": "Ops", "url": receiver.url("/hook")});
    let (destination, secret) = office.desk.add(webhook).await;
    let channel = json!({"kind": "webhook", "destination": destination});
    let id = office.add(&above_of(5), &json!([channel])).await;
    let tested = office
        .good(Method::POST, &format!("/{id}/test"), Value::Null)
        .await;
    let good = json!({"channel": channel, "ok": true, "status": 204, "error": null});
    assert_eq!(tested["data"], json!([good]));
    let asked = receiver.asked();
    assert_eq!(asked.len(), 1);
    let body = asked[0].json();
    assert_eq!(
        (&body["type"], &body["data"]["change_id"]),
        (&json!("alert.test"), &Value::Null)
    );
    assert_eq!(body["data"]["looked"]["figure"], "0");
    assert!(is_signed_by(&asked[0], &secret));
    receiver.next(&[Reply::Status(500)]);
    let tested = office
        .good(Method::POST, &format!("/{id}/test"), Value::Null)
        .await;
    assert_eq!(tested["data"][0]["error"], "refused");
    assert_eq!(tested["data"][0]["status"], 500);
    // A receiver that is no more is told of, and keeps nothing back.
    let gone = office
        .desk
        .ask(Method::DELETE, &format!("/{destination}"), None)
        .await;
    assert_eq!(gone.status(), 204);
    let tested = office
        .good(Method::POST, &format!("/{id}/test"), Value::Null)
        .await;
    assert_eq!(tested["data"][0]["error"], "destination_gone");
    assert_eq!(receiver.asked().len(), 2);
    office.desk.app.log.assert_quiet();
}

async fn a_segment_that_is_gone_changes_no_state(database: Database) {
    let office = Office::open(database, |_| {}).await;
    office.signs_up().await;
    let app = &office.desk.app;
    let segment = json!({"name": "Direct", "filters": [{"dimension": "source", "op": "is", "values": [null]}]});
    let request = app.request(Method::POST, "/api/v1/segments?site=1");
    let made = request
        .header("Cookie", &office.desk.cookie)
        .json(&segment)
        .send()
        .await;
    let made: Value = made.unwrap().json().await.unwrap();
    let mut rule = above_of(0);
    rule["segment"] = json!("Direct");
    let id = office.add(&rule, &json!([])).await;
    office.stands(&id, &rule, "firing").await;
    let path = format!("/api/v1/segments/{}?site=1", made["id"].as_str().unwrap());
    let request = app.request(Method::DELETE, &path);
    let gone = request.header("Cookie", &office.desk.cookie).send().await;
    assert_eq!(gone.unwrap().status(), 204);
    app.database
        .execute("UPDATE alerts SET looked_until = NULL")
        .await;
    eventually("it is looked at", async || {
        office.one(&id).await["looked"]["why"] == "no_segment"
    })
    .await;
    let alert = office.one(&id).await;
    assert_eq!(
        (&alert["state"], &alert["looked"]["verdict"]),
        (&json!("firing"), &json!("unknown"))
    );
    assert_eq!(office.history(&id).await.len(), 1);
    app.log.assert_quiet();
}
