//! Lists, filters and one journey, read back.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, identify, milestone, now, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    pages_have_every_row_once,
    filters_narrow_the_lists,
    one_journey_in_full,
    parameters_that_cannot_be_read_are_named,
    a_search_for_what_cannot_be_there_finds_nothing,
);

/// Walks a list to its end by its cursors.
async fn walk(app: &TestApp, path: &str, limit: usize) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.json(&format!("{path}?limit={limit}{cursor}")).await;
        let data = page["data"].as_array().unwrap();
        assert!(data.len() <= limit);
        rows.extend(data.iter().cloned());
        match page["next_cursor"].as_str() {
            None => return rows,
            Some(next) => {
                assert_eq!(data.len(), limit, "only the last page is short");
                cursor = format!("&cursor={next}");
            }
        }
        assert!(rows.len() < 1000, "the list does not end");
    }
}

async fn pages_have_every_row_once(database: Database) {
    let app = TestApp::start(database).await;
    let at = now() - 1000;
    let mut visits = Vec::new();
    for n in 0..7 {
        let visit = Visit::new(&app.key);
        let mut items: Vec<Value> = (0..3).map(|m| event(&format!("e{n}{m}"))).collect();
        // All at the same moment: the order has to come from more than the time.
        for item in &mut items {
            item["at"] = json!(at);
        }
        app.accept(&visit.batch(&items)).await;
        visits.push(visit);
    }
    for (path, id, count) in [
        ("/api/v1/visitors", "visitor_id", 7),
        ("/api/v1/sessions", "session_id", 7),
        ("/api/v1/events", "id", 21),
    ] {
        let whole: Vec<Value> = walk(&app, path, 500).await;
        for limit in [1, 3, 7] {
            let rows = walk(&app, path, limit).await;
            let ids: HashSet<&str> = rows.iter().map(|row| row[id].as_str().unwrap()).collect();
            assert_eq!((rows.len(), ids.len()), (count, count), "{path} by {limit}");
            assert_eq!(rows, whole, "{path} by {limit}");
        }
    }
    app.log.assert_quiet();
}

async fn filters_narrow_the_lists(database: Database) {
    let app = TestApp::start(database).await;
    let plain = Visit::new(&app.key);
    app.accept(&plain.batch(&[page_view("https://shop.example/")]))
        .await;
    let known = Visit::new(&app.key);
    let mut batch = known.batch(&[
        page_view("https://shop.example/pricing"),
        event("cta_clicked"),
        milestone("signup_at"),
        identify("user-77"),
    ]);
    batch["context"]["touch"] = json!({
        "at": now(),
        "landing_url": "https://shop.example/pricing?utm_source=newsletter&utm_medium=email",
        "source": "newsletter",
        "medium": "email",
    });
    app.accept(&batch).await;

    let ids = |path: String, id: &'static str| {
        let app = &app;
        async move {
            let page = app.json(&path).await;
            let rows = page["data"].as_array().unwrap();
            rows.iter()
                .map(|row| row[id].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        }
    };
    for filter in ["stage=registered", "source=newsletter", "q=user-77"] {
        let found = ids(format!("/api/v1/visitors?{filter}"), "visitor_id").await;
        assert_eq!(found, [known.visitor.to_string()], "{filter}");
    }
    let found = ids("/api/v1/visitors?stage=anonymous".into(), "visitor_id").await;
    assert_eq!(found, [plain.visitor.to_string()]);
    let found = ids(
        format!("/api/v1/sessions?visitor={}", plain.visitor),
        "session_id",
    )
    .await;
    assert_eq!(found, [plain.session.to_string()]);
    for (filter, kinds) in [
        ("name=cta_clicked".to_owned(), vec!["event"]),
        ("type=milestone".to_owned(), vec!["milestone"]),
        (format!("visitor={}", plain.visitor), vec!["page_view"]),
        (
            format!("session={}&type=identify", known.session),
            vec!["identify"],
        ),
        (format!("session={}&type=identify", plain.session), vec![]),
    ] {
        assert_eq!(
            ids(format!("/api/v1/events?{filter}"), "type").await,
            kinds,
            "{filter}"
        );
    }
}

async fn one_journey_in_full(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    app.accept(&visit.batch(&[page_view("https://shop.example/"), milestone("signup_at")]))
        .await;
    let path = format!("/api/v1/visitors/{}", visit.visitor);
    let full = app.json(&path).await;
    assert_eq!(full["journey"]["stage"], "registered");
    assert_eq!(full["journey"]["milestones"][0]["name"], "signup_at");
    assert_eq!(full["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(full["timeline"]["data"].as_array().unwrap().len(), 2);
    assert_eq!(full["timeline"]["next_cursor"], Value::Null);

    let first = app.json(&format!("{path}?limit=1")).await;
    let cursor = first["timeline"]["next_cursor"].as_str().unwrap();
    let second = app.json(&format!("{path}?limit=1&cursor={cursor}")).await;
    let ids: HashSet<&str> = [&first, &second]
        .iter()
        .map(|page| page["timeline"]["data"][0]["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 2);

    let stranger = app
        .get(&format!("/api/v1/visitors/{}", visit.session))
        .await;
    assert_eq!(error(stranger).await, (404, "not_found".into(), None));
}

async fn parameters_that_cannot_be_read_are_named(database: Database) {
    let app = TestApp::start(database).await;
    for (path, name) in [
        ("/api/v1/visitors?limit=0", "limit"),
        ("/api/v1/visitors?limit=501", "limit"),
        ("/api/v1/visitors?limit=many", "limit"),
        ("/api/v1/visitors?stage=enlightened", "stage"),
        ("/api/v1/visitors?cursor=elsewhere", "cursor"),
        ("/api/v1/visitors?site=one", "site"),
        ("/api/v1/visitors?soruce=ads", "soruce"),
        ("/api/v1/visitors/not-an-id", "id"),
        ("/api/v1/visitors/%ff", "id"),
        ("/api/v1/sessions?visitor=7", "visitor"),
        ("/api/v1/events?type=smell", "type"),
        ("/api/v1/events?session=7", "session"),
    ] {
        let answer = error(app.get(path).await).await;
        assert_eq!(
            answer,
            (400, "invalid_parameter".into(), Some(name.into())),
            "{path}"
        );
    }
    app.log.assert_quiet();
}

async fn a_search_for_what_cannot_be_there_finds_nothing(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    app.accept(&visit.batch(&[identify("user-1")])).await;
    let long = format!("/api/v1/visitors?q={}", "a".repeat(60_000));
    for path in [
        long.as_str(),
        "/api/v1/visitors?q=%00",
        "/api/v1/visitors?source=%00",
        "/api/v1/events?name=%00",
    ] {
        let found = app.json(path).await;
        assert_eq!(found["data"], json!([]), "{path:.60}");
        assert_eq!(found["next_cursor"], Value::Null);
    }
    app.log.assert_quiet();
}
