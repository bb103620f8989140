//! Saved reports, annotations and segments.

use reqwest::Method;
use serde_json::{Value, json};
use waymark_collector::store::Store;

use crate::support::app::{TestApp, error};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    reports_are_saved_changed_and_removed,
    annotations_are_found_by_their_day,
    segments_are_found_by_name_and_id,
    what_may_not_be_saved_is_refused_by_its_field,
    changes_stand_in_the_audit_log,
);

/// An owner.
struct Owner {
    app: TestApp,
    cookie: String,
}

impl Owner {
    async fn of(database: Database) -> Self {
        let app = TestApp::start(database).await;
        let cookie = app.set_up("owner@shop.example", "a long password").await;
        Self { app, cookie }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> reqwest::Response {
        let request = self.app.request(method, &format!("/api/v1/{path}"));
        let request = request.header("Cookie", &self.cookie);
        request.json(&body).send().await.unwrap()
    }

    async fn good(&self, method: Method, path: &str, body: Value) -> Value {
        let response = self.ask(method, path, body).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        // By a key that may read, and nothing else.
        let answer = self.app.json(&format!("/api/v1/{path}")).await;
        answer["data"].as_array().unwrap().clone()
    }
}

async fn reports_are_saved_changed_and_removed(database: Database) {
    let owner = Owner::of(database).await;
    let parameters = json!({"steps": ["a", "b"], "from": "2026-03-01", "filters": [{"dimension": "source", "op": "is", "values": ["news"]}]});
    let new =
        json!({"name": " Sign-up ", "path": "/api/v1/analytics/funnel", "parameters": parameters});
    let made = owner.good(Method::POST, "reports?site=1", new).await;
    assert_eq!(
        (&made["name"], &made["parameters"]),
        (&json!("Sign-up"), &parameters)
    );
    assert_eq!(made["created_by"], "user:1");
    let other = json!({"name": "All", "path": "/api/v1/analytics/overview"});
    let other = owner.good(Method::POST, "reports?site=1", other).await;
    assert_eq!(
        owner.list("reports?site=1").await,
        [other.clone(), made.clone()]
    );

    let path = format!("reports/{}?site=1", made["id"].as_str().unwrap());
    let changed = owner
        .good(
            Method::PATCH,
            &path,
            json!({"name": "A funnel", "parameters": {}}),
        )
        .await;
    assert_eq!(
        (&changed["name"], &changed["parameters"]),
        (&json!("A funnel"), &json!({}))
    );
    assert_eq!(
        (&changed["path"], &changed["created_at"]),
        (&made["path"], &made["created_at"])
    );
    assert!(changed["changed_at"].as_i64() >= made["changed_at"].as_i64());
    assert_eq!(owner.list("reports?site=1").await, [changed, other]);
    let removed = owner.ask(Method::DELETE, &path, json!({})).await;
    assert_eq!(removed.status(), 204);
    for method in [Method::DELETE, Method::PATCH] {
        let again = owner.ask(method, &path, json!({})).await;
        assert_eq!(error(again).await.1, "not_found");
    }
    assert_eq!(owner.list("reports?site=1").await.len(), 1);
    // Of another site there is nothing.
    owner.app.add_site("Second", &[]).await;
    assert_eq!(owner.list("reports?site=2").await, [] as [Value; 0]);
    owner.app.log.assert_quiet();
}

async fn annotations_are_found_by_their_day(database: Database) {
    let owner = Owner::of(database).await;
    owner
        .good(
            Method::PATCH,
            "sites/1",
            json!({"time_zone": "America/New_York"}),
        )
        .await;
    // 02:00 in UTC is the evening before there.
    let evening = "2026-03-02T02:00:00Z"
        .parse::<jiff::Timestamp>()
        .unwrap()
        .as_millisecond();
    for new in [
        json!({"day": "2026-03-03", "text": "third"}),
        json!({"at": evening, "text": "evening"}),
        json!({"day": "2026-03-01", "text": "first"}),
        json!({"at": evening + 24 * 3_600_000, "text": "second"}),
    ] {
        owner.good(Method::POST, "annotations?site=1", new).await;
    }
    let texts = async |query: &str| {
        let list = owner.list(&format!("annotations?site=1{query}")).await;
        let texts: Vec<String> = list
            .iter()
            .map(|one| one["text"].as_str().unwrap().to_owned())
            .collect();
        texts.join(" ")
    };
    assert_eq!(texts("").await, "first evening second third");
    assert_eq!(
        texts("&from=2026-03-01&to=2026-03-01").await,
        "first evening"
    );
    assert_eq!(texts("&from=2026-03-02").await, "second third");
    assert_eq!(texts("&to=2026-03-02").await, "first evening second");
    assert_eq!(texts("&from=2026-03-04").await, "");
    let turned = owner
        .app
        .get("/api/v1/annotations?site=1&from=2026-03-02&to=2026-03-01")
        .await;
    assert_eq!(error(turned).await.2.as_deref(), Some("from"));

    let first = &owner.list("annotations?site=1").await[0];
    let path = format!("annotations/{}?site=1", first["id"].as_str().unwrap());
    let changed = owner
        .good(
            Method::PATCH,
            &path,
            json!({"at": evening, "text": "later"}),
        )
        .await;
    assert_eq!(
        (&changed["day"], &changed["at"]),
        (&Value::Null, &json!(evening))
    );
    assert_eq!(
        owner.ask(Method::DELETE, &path, json!({})).await.status(),
        204
    );
    assert_eq!(texts("").await, "evening second third");
    owner.app.log.assert_quiet();
}

async fn segments_are_found_by_name_and_id(database: Database) {
    let owner = Owner::of(database).await;
    let filters = json!([
        {"values": ["news", null], "op": "is_not", "dimension": "source"},
        {"dimension": "page", "op": "matches", "values": ["^/pricing"]},
    ]);
    let new = json!({"name": "Readers", "filters": filters});
    let made = owner
        .good(Method::POST, "segments?site=1", new.clone())
        .await;
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["filters"], filters);
    assert_eq!(
        owner.list("segments?site=1").await,
        std::slice::from_ref(&made)
    );
    // Another one of the name is none, and neither is one that takes it.
    let again = owner
        .ask(Method::POST, "segments?site=1", new.clone())
        .await;
    assert_eq!(
        error(again).await,
        (400, "invalid_field".into(), Some("name".into()))
    );
    let other = json!({"name": "Others", "filters": [{"dimension": "source", "op": "is", "values": ["x"]}]});
    let other = owner.good(Method::POST, "segments?site=1", other).await;
    let other = format!("segments/{}?site=1", other["id"].as_str().unwrap());
    let taken = owner
        .ask(Method::PATCH, &other, json!({"name": "Readers"}))
        .await;
    assert_eq!(
        error(taken).await,
        (400, "invalid_field".into(), Some("name".into()))
    );
    assert_eq!(
        owner.ask(Method::DELETE, &other, json!({})).await.status(),
        204
    );

    let store = Store::open(owner.app.database.url()).await.unwrap();
    let stored = r#"[{"dimension":"source","op":"is_not","values":["news",null]},{"dimension":"page","op":"matches","values":["^/pricing"]}]"#;
    for named in ["Readers", id] {
        assert_eq!(
            store.segment(1, named).await.unwrap().as_deref(),
            Some(stored)
        );
    }
    for named in [
        "readers",
        "Others",
        "",
        "a\0b",
        "0197555d-0000-7000-8000-000000000000",
    ] {
        assert_eq!(store.segment(1, named).await.unwrap(), None, "{named:?}");
    }
    assert_eq!(store.segment(2, "Readers").await.unwrap(), None);
    let path = format!("segments/{id}?site=1");
    let one = json!([{"dimension": "source", "op": "contains", "values": ["e"]}]);
    let changed = owner
        .good(Method::PATCH, &path, json!({"filters": one}))
        .await;
    assert_eq!(
        (&changed["name"], &changed["filters"]),
        (&json!("Readers"), &one)
    );
    owner
        .good(Method::PATCH, &path, json!({"name": "Readers"}))
        .await;
    assert_eq!(
        owner.ask(Method::DELETE, &path, json!({})).await.status(),
        204
    );
    assert_eq!(store.segment(1, "Readers").await.unwrap(), None);
    store.close().await;
    owner.app.log.assert_quiet();
}

async fn what_may_not_be_saved_is_refused_by_its_field(database: Database) {
    let owner = Owner::of(database).await;
    let condition = json!({"dimension": "source", "op": "is", "values": ["x"]});
    let report = |name: &str, path: &str, parameters: Value| json!({"name": name, "path": path, "parameters": parameters});
    let overview = "/api/v1/analytics/overview";
    for (what, body, field) in [
        ("reports", report("", overview, json!({})), "name"),
        (
            "reports",
            report("x", "/api/v1/visitors", json!({})),
            "path",
        ),
        (
            "reports",
            report("x", "/api/v1/analytics/nothing", json!({})),
            "path",
        ),
        (
            "reports",
            report("x", overview, json!({"site": 2})),
            "parameters.site",
        ),
        ("reports", report("x", overview, json!([])), "parameters"),
        (
            "reports",
            report("x", overview, json!({"steps": "\0"})),
            "parameters.steps",
        ),
        ("annotations", json!({"text": "x"}), "day"),
        (
            "annotations",
            json!({"text": "x", "day": "2026-13-01"}),
            "day",
        ),
        (
            "annotations",
            json!({"text": "x", "day": "2026-03-01", "at": 1}),
            "at",
        ),
        ("annotations", json!({"text": "x", "at": i64::MAX}), "at"),
        (
            "annotations",
            json!({"text": "x".repeat(501), "at": 1}),
            "text",
        ),
        (
            "segments",
            json!({"name": "0197555d-0000-7000-8000-000000000000", "filters": [condition]}),
            "name",
        ),
        ("segments", json!({"name": "x", "filters": []}), "filters"),
        (
            "segments",
            json!({"name": "x", "filters": vec![condition.clone(); 21]}),
            "filters",
        ),
        (
            "segments",
            json!({"name": "x", "filters": [{"dimension": "source", "op": "like", "values": ["x"]}]}),
            "filters[0].op",
        ),
        (
            "segments",
            json!({"name": "x", "filters": [{"dimension": "source", "op": "matches", "values": ["("]}]}),
            "filters[0].values",
        ),
    ] {
        let refused = owner
            .ask(Method::POST, &format!("{what}?site=1"), body.clone())
            .await;
        let expected = (400, "invalid_field".to_owned(), Some(field.to_owned()));
        assert_eq!(error(refused).await, expected, "{what} {body}");
    }
    for what in ["reports", "annotations", "segments"] {
        assert_eq!(
            owner.list(&format!("{what}?site=1")).await.len(),
            0,
            "{what}"
        );
    }
    owner.app.log.assert_quiet();
}

async fn changes_stand_in_the_audit_log(database: Database) {
    let owner = Owner::of(database).await;
    let bodies = [
        (
            "reports",
            json!({"name": "x", "path": "/api/v1/analytics/overview"}),
        ),
        ("annotations", json!({"day": "2026-03-01", "text": "x"})),
        (
            "segments",
            json!({"name": "x", "filters": [{"dimension": "source", "op": "is", "values": ["x"]}]}),
        ),
    ];
    let mut expected = Vec::new();
    for (what, body) in bodies {
        let made = owner
            .good(Method::POST, &format!("{what}?site=1"), body)
            .await;
        let id = made["id"].as_str().unwrap();
        let path = format!("{what}/{id}?site=1");
        owner.good(Method::PATCH, &path, json!({})).await;
        owner.ask(Method::DELETE, &path, json!({})).await;
        let subject = format!("{}:{id}", what.trim_end_matches('s'));
        for action in ["add", "change", "remove"] {
            expected.insert(0, json!([format!("{what}.{action}"), "user:1", subject]));
        }
    }
    let audit = owner.good(Method::GET, "audit?site=1", json!({})).await;
    let noted: Vec<Value> = audit["data"]
        .as_array()
        .unwrap()
        .iter()
        .take(expected.len())
        .map(|line| json!([line["action"], line["actor"], line["subject"]]))
        .collect();
    assert_eq!(noted, expected);
    owner.app.log.assert_quiet();
}
