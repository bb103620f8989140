//! Google Analytics 4 as it would see a site's milestones and conversions, on both databases.

use reqwest::Method;
use serde_json::{Value, json};

use super::destinations::Desk;
use crate::support::app::ORIGIN;
use crate::support::batch::{Visit, event, item, milestone, now};
use crate::support::database::Database;
use crate::support::receiver::{Receiver, Reply};
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    a_conversion_stands_under_the_visitor_that_google_knows,
    a_server_side_conversion_stands_under_its_users_browser,
    ids_that_are_known_later_are_waited_for,
    what_is_not_sent_says_why,
    google_checks_the_settings,
);

const CLIENT: &str = "1162820436.1749482504";

/// A destination at a receiver that gets milestones and conversions.
async fn ga4(desk: &Desk, receiver: &Receiver, needs_consent: bool) -> String {
    let new = json!({
        "kind": "ga4", "name": "GA", "url": receiver.url("/"), "measurement_id": "G-ABCD123", "api_secret": "s&cret",
        "wants": {
            "milestones": ["*"], "conversions": true, "renamed": {"signup_at": "sign_up"}, "needs_consent": needs_consent,
        },
    });
    desk.add(new).await.0
}

fn conversion(props: Value) -> Value {
    let data = json!({
        "name": "paid", "conversion": true, "value": "49.90", "currency": "EUR", "props": props,
    });
    item("event", data)
}

fn with_ids(mut batch: Value) -> Value {
    batch["context"]["ga"] = json!({"client_id": CLIENT, "session_id": "1749482504"});
    batch
}

async fn a_conversion_stands_under_the_visitor_that_google_knows(database: Database) {
    let desk = Desk::open(database).await;
    let receiver = Receiver::start().await;
    ga4(&desk, &receiver, false).await;
    let items = [
        conversion(json!({"plan": "pro", "mail": "a@b.example", "seats": 3})),
        event("no_conversion"),
        milestone("signup_at"),
    ];
    let batch = with_ids(Visit::new(&desk.app.key).batch(&items));
    desk.app.accept(&batch).await;
    let mut asked = receiver.gets(2).await;
    asked.sort_by_key(|one| one.json()["events"][0]["name"].to_string());
    for one in &asked {
        assert_eq!(
            one.target,
            "/mp/collect?measurement_id=G-ABCD123&api_secret=s%26cret"
        );
        assert_eq!(one.headers["content-type"], "application/json");
    }
    let micros = |item: &Value| json!(item["at"].as_i64().unwrap() * 1000);
    assert!(
        asked[0].body.contains(r#""value":49.90"#),
        "{}",
        asked[0].body
    );
    assert_eq!(
        asked[0].json(),
        json!({"client_id": CLIENT, "timestamp_micros": micros(&items[0]), "events": [{
            "name": "paid",
            "params": {
                "session_id": "1749482504", "engagement_time_msec": 1, "value": 49.9, "currency": "EUR", "plan": "pro",
                "seats": 3,
            },
        }]})
    );
    assert_eq!(
        asked[1].json(),
        json!({"client_id": CLIENT, "timestamp_micros": micros(&items[2]), "events": [{
            "name": "sign_up", "params": {"session_id": "1749482504", "engagement_time_msec": 1},
        }]})
    );
    desk.app.log.assert_quiet();
}

async fn a_server_side_conversion_stands_under_its_users_browser(database: Database) {
    let desk = Desk::open(database).await;
    let receiver = Receiver::start().await;
    ga4(&desk, &receiver, false).await;
    let of_user = |mut batch: Value| {
        batch["context"]["user_id"] = json!("u-1");
        batch
    };
    let browser = Visit::new(&desk.app.key).batch(&[event("seen")]);
    desk.app.accept(&of_user(with_ids(browser))).await;
    let server = Visit::new(&desk.app.key).batch(&[conversion(json!({}))]);
    desk.app.accept(&of_user(server)).await;
    let body = receiver.gets(1).await[0].json();
    assert_eq!(body["client_id"], CLIENT);
    assert_eq!(body["events"][0]["params"]["session_id"], "1749482504");
    assert!(!body.to_string().contains("u-1"));
}

async fn ids_that_are_known_later_are_waited_for(database: Database) {
    let desk = Desk::with(database, |config| {
        // A minute, as these things are counted.
        config.destination_backoff = std::time::Duration::from_secs(1);
    })
    .await;
    let receiver = Receiver::start().await;
    let id = ga4(&desk, &receiver, false).await;
    let visit = Visit::new(&desk.app.key);
    desk.app
        .accept(&visit.batch(&[milestone("signup_at")]))
        .await;
    eventually("it waits", || async {
        let waiting = desk.deliveries(&id, "waiting").await;
        waiting[0]["error"] == "no_client_id"
    })
    .await;
    let linked = item("ga_linked", json!({"client_id": CLIENT}));
    desk.app.accept(&visit.batch(&[linked])).await;
    let body = receiver.gets(1).await[0].json();
    assert_eq!(body["client_id"], CLIENT);
    let delivered = desk.has(&id, "delivered", 1).await;
    assert_eq!(delivered[0]["attempts"], 1, "waiting is no attempt");
}

async fn what_is_not_sent_says_why(database: Database) {
    let desk = Desk::open(database).await;
    let receiver = Receiver::start().await;
    let id = ga4(&desk, &receiver, false).await;
    let strict = ga4(&desk, &receiver, true).await;
    let consent = |mut batch: Value, state: &str| {
        batch["context"]["consent"] = json!(state);
        batch
    };
    let batch = |item: Value| with_ids(Visit::new(&desk.app.key).batch(&[item]));
    desk.app
        .accept(&Visit::new(&desk.app.key).batch(&[milestone("nobody")]))
        .await;
    let mut old = milestone("old");
    old["at"] = json!(now() - 73 * 3_600_000);
    desk.app.accept(&batch(old)).await;
    let mut history = milestone("history");
    history["at"] = json!(now() - 8 * 24 * 3_600_000);
    desk.app.accept(&batch(history)).await;
    desk.app
        .accept(&consent(batch(milestone("denied")), "denied"))
        .await;
    desk.app
        .accept(&consent(batch(milestone("unasked")), "unknown"))
        .await;
    let robot = batch(milestone("robot"));
    let sent = desk
        .app
        .request(Method::POST, "/v1/events")
        .header("Origin", ORIGIN)
        .header(
            "User-Agent",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        )
        .body(robot.to_string());
    assert_eq!(sent.send().await.unwrap().status(), 200);
    // Consent that was taken back since counts for what a server sends later.
    let visit = Visit::new(&desk.app.key);
    let first = visit.batch(&[item("consent", json!({"state": "denied"}))]);
    desk.app.accept(&consent(with_ids(first), "granted")).await;
    desk.app
        .accept(&visit.batch(&[milestone("withdrawn")]))
        .await;
    desk.app
        .accept(&consent(batch(milestone("granted")), "granted"))
        .await;

    let why = async |id: &str, count: usize| {
        let skipped = desk.has(id, "skipped", count).await;
        let mut why: Vec<(String, String)> = skipped
            .iter()
            .map(|one| {
                let text = |field: &str| one[field].as_str().unwrap().to_owned();
                (text("milestone"), text("error"))
            })
            .collect();
        why.sort();
        why
    };
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs
            .map(|(one, other)| ((*one).into(), (*other).into()))
            .collect()
    };
    assert_eq!(
        why(&id, 5).await,
        pairs(&[
            ("denied", "consent_denied"),
            ("nobody", "no_client_id"),
            ("old", "too_old"),
            ("robot", "bot"),
            ("withdrawn", "consent_denied"),
        ])
    );
    assert_eq!(
        why(&strict, 6).await,
        pairs(&[
            ("denied", "consent_denied"),
            ("nobody", "consent_not_granted"),
            ("old", "consent_not_granted"),
            ("robot", "bot"),
            ("unasked", "consent_not_granted"),
            ("withdrawn", "consent_denied"),
        ])
    );
    let asked = receiver.gets(3).await;
    let mut names: Vec<Value> = asked
        .iter()
        .map(|one| one.json()["events"][0]["name"].clone())
        .collect();
    names.sort_by_key(Value::to_string);
    assert_eq!(names, ["granted", "granted", "unasked"]);
    desk.app.log.assert_quiet();
}

async fn google_checks_the_settings(database: Database) {
    let desk = Desk::open(database).await;
    let receiver = Receiver::start().await;
    let id = ga4(&desk, &receiver, false).await;
    let path = format!("/{id}/test");
    receiver.next(&[
        Reply::Body(r#"{"validationMessages":[]}"#.to_owned()),
        Reply::Body(
            r#"{"validationMessages":[{"description":"The api_secret is wrong.","validationCode":"X"}]}"#
                .to_owned(),
        ),
        Reply::Status(403),
    ]);
    let tried = desk.json(Method::POST, &path, None).await;
    assert_eq!(tried, json!({"ok": true, "status": 200, "error": null}));
    let tried = desk.json(Method::POST, &path, None).await;
    assert_eq!(
        tried,
        json!({"ok": false, "status": 200, "error": "The api_secret is wrong."})
    );
    let tried = desk.json(Method::POST, &path, None).await;
    assert_eq!(
        tried,
        json!({"ok": false, "status": 403, "error": "refused"})
    );
    let asked = receiver.asked();
    assert!(asked[0].target.starts_with("/debug/mp/collect?"));
}
