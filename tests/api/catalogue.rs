//! `/api/v1/sites/{id}/catalogue` and what a catalogue does with events, on both databases.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::app::{ORIGIN, TestApp, error};
use crate::support::batch::{Visit, event, item};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    a_catalogue_is_off_until_it_is_set,
    flagged_events_are_kept_counted_once_and_named,
    rejected_events_wait_until_the_catalogue_is_mended,
    an_unknown_event_can_be_adopted,
    without_an_inbox_rejected_events_are_still_counted,
    errors_name_the_place,
    sites_never_see_each_other,
    a_page_may_ask_for_its_document,
);

pub(super) const PATH: &str = "/api/v1/sites/1/catalogue";

pub(super) fn document() -> Value {
    json!({
        "version": 1,
        "events": {
            "plan_chosen": {
                "description": "A plan was chosen.",
                "props": {
                    "properties": {"plan": {"enum": ["free", "pro"]}, "seats": {"type": "integer", "minimum": 1}},
                    "required": ["plan"],
                    "additionalProperties": false
                }
            },
            "opened": {}
        }
    })
}

fn with(name: &str, props: Value) -> Value {
    item("event", json!({"name": name, "props": props}))
}

/// A collector whose owner is signed in.
pub(super) struct Owner {
    pub(super) app: TestApp,
    cookie: String,
}

impl Owner {
    async fn of(app: TestApp) -> Self {
        let cookie = app.set_up("owner@shop.example", "a long password").await;
        Self { app, cookie }
    }

    pub(super) async fn start(database: Database) -> Self {
        Self::of(TestApp::start(database).await).await
    }

    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let mut request = self
            .app
            .request(method, path)
            .header("Cookie", &self.cookie);
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }

    async fn set(&self, change: &Value) -> Value {
        let response = self.ask(Method::PATCH, PATH, Some(change)).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// The answer's lines, without ids.
    async fn send(&self, batch: &Value) -> Vec<Value> {
        let answer: Value = self.app.send(batch).await.json().await.unwrap();
        let mut lines = answer["results"].as_array().unwrap().clone();
        for line in &mut lines {
            line.as_object_mut().unwrap().remove("id");
        }
        lines
    }

    /// Waits until the findings are these: count, problem, event, field; in the order of the last two.
    async fn found(&self, expected: Value) {
        let app = &self.app;
        let expected = &expected;
        eventually("the findings", || async move {
            let answer = app.json(&format!("{PATH}/findings")).await;
            let mut rows: Vec<Value> = answer["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| json!([row["count"], row["problem"], row["name"], row["field"]]))
                .collect();
            rows.sort_by_key(|row| format!("{}{}", row[2], row[3]));
            Value::Array(rows) == *expected
        })
        .await;
    }
}

async fn a_catalogue_is_off_until_it_is_set(database: Database) {
    let owner = Owner::start(database).await;
    let none = json!({"mode": "off", "revision": 0, "changed_at": null, "document": null});
    assert_eq!(owner.app.json(PATH).await, none);
    let set = owner.set(&json!({"document": document()})).await;
    assert_eq!((&set["mode"], &set["revision"]), (&json!("off"), &json!(1)));
    assert_eq!(set["document"], document());
    assert!(set["changed_at"].as_i64().unwrap() > 0);

    let visit = Visit::new(&owner.app.key);
    let lines = owner
        .send(&visit.batch(&[event("whatever"), with("plan_chosen", json!({}))]))
        .await;
    assert_eq!(
        lines,
        [json!({"status": "accepted"}), json!({"status": "accepted"})]
    );
    let set = owner.set(&json!({"mode": "flag"})).await;
    assert_eq!(
        (&set["revision"], &set["document"]),
        (&json!(2), &document())
    );
    let none: Value = owner.set(&json!({"document": null})).await;
    assert_eq!(
        (&none["mode"], &none["document"]),
        (&json!("flag"), &Value::Null)
    );
    // Without a document every event is one to be adopted.
    let lines = owner.send(&visit.batch(&[event("opened")])).await;
    assert_eq!(lines[0]["flagged"], json!(["data.name"]));
    owner
        .found(json!([[1, "unknown_event", "opened", "data.name"]]))
        .await;
    owner.app.log.assert_quiet();
}

async fn flagged_events_are_kept_counted_once_and_named(database: Database) {
    let owner = Owner::start(database).await;
    owner
        .set(&json!({"document": document(), "mode": "flag"}))
        .await;
    let visit = Visit::new(&owner.app.key);
    let batch = visit.batch(&[
        with("plan_chosen", json!({"plan": "pro", "seats": 3})),
        with("plan_chosen", json!({"plan": "gold"})),
        event("plan_chosen"),
        with("plan_chosen", json!({"plan": "free", "seats": 0})),
        with("plan_chosen", json!({"plan": "free", "colour": "red"})),
        event("closed"),
        event("closed"),
        with("rage_click", json!({"text": "Buy"})),
        item("milestone", json!({"name": "signup_at"})),
    ]);
    let flagged = |field: &str| json!({"status": "accepted", "flagged": [field]});
    let accepted = json!({"status": "accepted"});
    assert_eq!(
        owner.send(&batch).await,
        [
            accepted.clone(),
            flagged("data.props.plan"),
            flagged("data.props.plan"),
            flagged("data.props.seats"),
            flagged("data.props.colour"),
            flagged("data.name"),
            flagged("data.name"),
            accepted.clone(),
            accepted,
        ]
    );
    let found = json!([
        [2, "unknown_event", "closed", "data.name"],
        [1, "invalid_props", "plan_chosen", "data.props.colour"],
        [2, "invalid_props", "plan_chosen", "data.props.plan"],
        [1, "invalid_props", "plan_chosen", "data.props.seats"],
    ]);
    owner.found(found.clone()).await;
    // What is sent again is a duplicate, which is not held against anybody and counts nowhere.
    for line in owner.send(&batch).await {
        assert_eq!(line, json!({"status": "duplicate"}));
    }
    owner.send(&visit.batch(&[event("other")])).await;
    let mut more = found.as_array().unwrap().clone();
    more.insert(1, json!([1, "unknown_event", "other", "data.name"]));
    owner.found(Value::Array(more)).await;
    let stored = "SELECT COUNT(*) FROM events WHERE kind = 'event'";
    assert_eq!(owner.app.database.number(stored).await, 9);

    let rest = owner
        .ask(
            Method::DELETE,
            &format!("{PATH}/findings?name=plan_chosen"),
            None,
        )
        .await;
    assert_eq!(rest.json::<Value>().await.unwrap(), json!({"removed": 3}));
    let rest = owner
        .ask(Method::DELETE, &format!("{PATH}/findings"), None)
        .await;
    assert_eq!(rest.json::<Value>().await.unwrap(), json!({"removed": 2}));
    owner.found(json!([])).await;
    owner.app.log.assert_quiet();
}

async fn rejected_events_wait_until_the_catalogue_is_mended(database: Database) {
    let owner = Owner::start(database).await;
    owner
        .set(&json!({"document": document(), "mode": "reject"}))
        .await;
    let visit = Visit::new(&owner.app.key);
    let batch = visit.batch(&[
        with("plan_chosen", json!({"plan": "team"})),
        event("closed"),
        event("opened"),
    ]);
    let lines = [
        json!({"status": "dropped", "reason": "invalid_props", "field": "data.props.plan"}),
        json!({"status": "dropped", "reason": "unknown_event", "field": "data.name"}),
        json!({"status": "accepted"}),
    ];
    assert_eq!(owner.send(&batch).await, lines);
    let app = &owner.app;
    let inbox = async |reason: &str| {
        let list = app.json(&format!("/api/v1/rejected?reason={reason}")).await;
        list["data"].as_array().unwrap().clone()
    };
    let inbox = &inbox;
    eventually("the inbox", || async move {
        inbox("invalid_props").await.len() == 1 && inbox("unknown_event").await.len() == 1
    })
    .await;
    // Sent again by a page that has not heard, they are dropped again and stay one line and one count.
    assert_eq!(owner.send(&batch).await[..2], lines[..2]);
    owner.send(&visit.batch(&[event("last")])).await;
    owner
        .found(json!([
            [1, "unknown_event", "closed", "data.name"],
            [1, "unknown_event", "last", "data.name"],
            [1, "invalid_props", "plan_chosen", "data.props.plan"],
        ]))
        .await;

    let again = || owner.ask(Method::POST, "/api/v1/rejected/retry", None);
    let tried: Value = again().await.json().await.unwrap();
    assert_eq!(
        (&tried["accepted"], &tried["dropped"]),
        (&json!(0), &json!(3))
    );
    let mut mended = document();
    mended["events"]["plan_chosen"]["props"]["properties"]["plan"]["enum"] =
        json!(["free", "pro", "team"]);
    owner.set(&json!({"document": mended})).await;
    let tried: Value = again().await.json().await.unwrap();
    assert_eq!(
        (&tried["accepted"], &tried["dropped"]),
        (&json!(1), &json!(2))
    );
    // Let in as it is, what was counted when it was dropped does not count again.
    owner.set(&json!({"mode": "flag"})).await;
    let tried: Value = again().await.json().await.unwrap();
    assert_eq!(
        (&tried["accepted"], &tried["dropped"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(owner.send(&batch).await[1], json!({"status": "duplicate"}));
    owner.send(&visit.batch(&[event("closed")])).await;
    owner
        .found(json!([
            [2, "unknown_event", "closed", "data.name"],
            [1, "unknown_event", "last", "data.name"],
            [1, "invalid_props", "plan_chosen", "data.props.plan"],
        ]))
        .await;
    owner.app.log.assert_quiet();
}

async fn an_unknown_event_can_be_adopted(database: Database) {
    let owner = Owner::start(database).await;
    owner
        .set(&json!({"document": document(), "mode": "reject"}))
        .await;
    let visit = Visit::new(&owner.app.key);
    owner
        .send(&visit.batch(&[with("closed", json!({"n": 1})), event("spam")]))
        .await;
    owner
        .found(json!([
            [1, "unknown_event", "closed", "data.name"],
            [1, "unknown_event", "spam", "data.name"],
        ]))
        .await;
    let adopt = |name: &str| {
        let body = json!({"name": name});
        let owner = &owner;
        async move {
            let path = format!("{PATH}/adopt");
            owner.ask(Method::POST, &path, Some(&body)).await
        }
    };
    let adopted: Value = adopt("closed").await.json().await.unwrap();
    assert_eq!(adopted["revision"], 2);
    assert!(adopted["document"]["events"]["closed"]["description"].is_string());
    assert_eq!(adopted["document"]["events"]["opened"], json!({}));
    let same: Value = adopt("closed").await.json().await.unwrap();
    assert_eq!(same["revision"], 2);
    assert_eq!(
        error(adopt(" ").await).await,
        (400, "invalid_field".into(), Some("name".into()))
    );
    owner
        .found(json!([[1, "unknown_event", "spam", "data.name"]]))
        .await;
    let lines = owner
        .send(&visit.batch(&[with("closed", json!({"any": [1]}))]))
        .await;
    assert_eq!(lines, [json!({"status": "accepted"})]);
    owner.app.log.assert_quiet();
}

async fn without_an_inbox_rejected_events_are_still_counted(database: Database) {
    let app = TestApp::with(database, |config| config.rejected_items = 0).await;
    let owner = Owner::of(app).await;
    owner
        .set(&json!({"document": document(), "mode": "reject"}))
        .await;
    owner
        .send(&Visit::new(&owner.app.key).batch(&[event("closed")]))
        .await;
    owner
        .found(json!([[1, "unknown_event", "closed", "data.name"]]))
        .await;
    assert_eq!(owner.app.json("/api/v1/rejected").await["data"], json!([]));
}

async fn errors_name_the_place(database: Database) {
    let owner = Owner::start(database).await;
    let broken = |at: &str, value: Value| {
        let mut document = document();
        *document.pointer_mut(at).unwrap() = value;
        json!({"document": document})
    };
    for (change, field) in [
        (json!({"mode": "strict"}), "mode"),
        (json!({"mode": "reject"}), "mode"),
        (
            json!({"document": {"version": 1, "events": {}}, "mode": "reject"}),
            "mode",
        ),
        (json!({"document": []}), "document"),
        (json!({"document": {"events": {}}}), "document"),
        (json!({"documnet": {}}), "documnet"),
        (broken("/version", json!("1")), "document/version"),
        (
            broken(
                "/events/plan_chosen/props/properties/seats/type",
                json!("int"),
            ),
            "document/events/plan_chosen/props/properties/seats/type",
        ),
        (
            broken(
                "/events/opened",
                json!({"props": {"$ref": "https://a.example/schema.json"}}),
            ),
            "document/events/opened/props/$ref",
        ),
    ] {
        let answer = owner.ask(Method::PATCH, PATH, Some(&change)).await;
        let expected = (400, "invalid_field".to_owned(), Some(field.to_owned()));
        assert_eq!(error(answer).await, expected, "{change}");
    }
    let pattern = broken(
        "/events/opened",
        json!({"props": {"properties": {"x": {"pattern": "(a)\\1"}}}}),
    );
    let (status, _, field) = error(owner.ask(Method::PATCH, PATH, Some(&pattern)).await).await;
    assert_eq!(status, 400);
    assert!(field.unwrap().starts_with("document/events/opened/props"));
    let large =
        json!({"document": {"version": 1, "events": {}, "description": "x".repeat(400_000)}});
    assert_eq!(
        error(owner.ask(Method::PATCH, PATH, Some(&large)).await)
            .await
            .0,
        413
    );
    assert_eq!(owner.app.json(PATH).await["revision"], 0);
    owner.app.log.assert_quiet();
}

async fn sites_never_see_each_other(database: Database) {
    let owner = Owner::start(database).await;
    let second = owner.app.add_site("Second", &[]).await;
    let own_key = owner.app.add_key(Some(2)).await;
    owner
        .set(&json!({"document": document(), "mode": "reject"}))
        .await;
    let line = owner
        .send(&Visit::new(&second).batch(&[event("closed")]))
        .await;
    assert_eq!(line, [json!({"status": "accepted"})]);
    owner
        .send(&Visit::new(&owner.app.key).batch(&[event("closed")]))
        .await;
    owner
        .found(json!([[1, "unknown_event", "closed", "data.name"]]))
        .await;
    let other = owner.app.json("/api/v1/sites/2/catalogue/findings").await;
    assert_eq!(other["data"], json!([]));
    for path in [PATH.to_owned(), format!("{PATH}/findings")] {
        assert_eq!(
            error(owner.app.get_with(&path, &own_key).await).await.0,
            404
        );
        let anonymous = owner.app.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(error(anonymous).await.0, 401);
    }
    for (method, path, body) in [
        (Method::PATCH, PATH.to_owned(), json!({"mode": "off"})),
        (
            Method::POST,
            format!("{PATH}/adopt"),
            json!({"name": "closed"}),
        ),
        (Method::DELETE, format!("{PATH}/findings"), json!({})),
    ] {
        let request = owner
            .app
            .request(method, &path)
            .bearer_auth(&owner.app.secret);
        let answer = request.json(&body).send().await.unwrap();
        assert_eq!(error(answer).await.1, "forbidden", "{path}");
    }
    assert_eq!(owner.app.json(PATH).await["revision"], 1);
}

async fn a_page_may_ask_for_its_document(database: Database) {
    let owner = Owner::start(database).await;
    let listed = owner.app.add_site("Listed", &[ORIGIN]).await;
    owner
        .set(&json!({"document": document(), "mode": "flag"}))
        .await;
    let ask = |key: &str, origin: &'static str| {
        let request = owner
            .app
            .request(Method::GET, &format!("/v1/catalogue?key={key}"));
        async move { request.header("Origin", origin).send().await.unwrap() }
    };
    let answer = ask(&owner.app.key, ORIGIN).await;
    assert_eq!(answer.headers()["access-control-allow-origin"], ORIGIN);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer, json!({"mode": "flag", "document": document()}));
    let none: Value = ask(&listed, ORIGIN).await.json().await.unwrap();
    assert_eq!(none, json!({"mode": "off", "document": null}));
    let refused = error(ask(&listed, "https://evil.example").await).await;
    assert_eq!(refused.1, "origin_not_allowed");
    assert_eq!(
        error(ask("wk_nobody1234", ORIGIN).await).await.1,
        "unknown_key"
    );
    let bare = owner.app.get("/v1/catalogue").await;
    assert_eq!(error(bare).await.0, 400);
}
