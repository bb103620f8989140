//! `collector import …` as an operator runs it, on both databases, while a collector runs on them.

mod by_api;
mod durable;
mod ended;
mod exports;
mod sessions;

use std::io::Write;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::program::{Printed, good, run};

/// A collector whose site keeps things for ever: what the fixtures tell is years old.
async fn start(database: Database) -> TestApp {
    let app = TestApp::start(database).await;
    let forever = ["privacy", "retention", "--site", "1", "--forever"];
    good(app.database.url(), &forever).await;
    app
}

/// A file with this text.
fn file(text: &str, suffix: &str) -> NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(suffix).tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// Where a fixture is.
fn fixture(name: &str) -> String {
    format!("{}/import/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Runs `collector import` for the test's site.
async fn import(app: &TestApp, arguments: &[&str]) -> Printed {
    let mut all = vec!["import"];
    all.extend(arguments);
    all.extend(["--site", &app.key]);
    run(app.database.url(), &all).await
}

/// The same, which has to import everything.
async fn imported(app: &TestApp, arguments: &[&str]) -> String {
    let printed = import(app, arguments).await;
    assert_eq!(printed.code, 0, "{}{}", printed.out, printed.err);
    printed.out
}

/// A whole list.
async fn list(app: &TestApp, path: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.json(&format!("{path}?limit=500{cursor}")).await;
        rows.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            None => return rows,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
}

/// Everything that is known of the site, but for when it arrived.
async fn state(app: &TestApp) -> Value {
    let mut events = list(app, "/api/v1/events").await;
    for event in &mut events {
        event.as_object_mut().unwrap().remove("received_at");
    }
    // Within a second, a feed is in the order of arrival.
    events.sort_by_key(|event| event["id"].as_str().unwrap().to_owned());
    let mut journeys = Vec::new();
    for visitor in list(app, "/api/v1/visitors").await {
        let id = visitor["visitor_id"].as_str().unwrap();
        let full = app.json(&format!("/api/v1/visitors/{id}")).await;
        journeys.push(full["journey"].clone());
    }
    json!({
        "journeys": journeys,
        "sessions": list(app, "/api/v1/sessions").await,
        "events": events,
    })
}

/// How many of some rows have each value at a pointer.
fn by(rows: &[Value], pointer: &str) -> Value {
    let mut counts = serde_json::Map::new();
    for row in rows {
        let name = match row.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            other => other.map_or_else(|| "null".to_owned(), Value::to_string),
        };
        let count = counts.get(&name).and_then(Value::as_i64).unwrap_or(0) + 1;
        counts.insert(name, count.into());
    }
    Value::Object(counts)
}
