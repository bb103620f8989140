//! `GET /api/v1/live`.

use serde_json::json;

use crate::support::app::TestApp;
use crate::support::batch::{Visit, event, milestone, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;
use crate::support::stream::Events;

on_both_databases!(
    what_is_stored_appears_at_once,
    another_sites_events_do_not_appear,
    the_stream_ends_with_the_collector,
);

async fn what_is_stored_appears_at_once(database: Database) {
    let app = TestApp::start(database).await;
    let mut stream = Events::of(app.get("/api/v1/live").await);
    let visit = Visit::new(&app.key);
    let items = [
        page_view("https://shop.example/pricing"),
        milestone("signup_at"),
    ];
    let batch = visit.batch(&items);
    app.accept(&batch).await;
    let mut entries = Vec::new();
    let journey = loop {
        let (name, data) = stream.next().await.unwrap();
        match name.as_str() {
            "entry" => entries.push(data),
            "journey" => break data,
            other => panic!("{other}"),
        }
    };
    let types: Vec<_> = entries
        .iter()
        .map(|e| e["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["page_view", "milestone"]);
    assert_eq!(entries[0]["url"], "https://shop.example/pricing");
    assert_eq!(journey["visitor_id"], json!(visit.visitor));
    assert_eq!(journey["stage"], "registered");
    assert_eq!(journey["total_page_views"], 1);

    // What was there before is not new; the next one is.
    app.send(&batch).await;
    app.accept(&visit.batch(&[event("cta_clicked")])).await;
    let next = loop {
        let (name, data) = stream.next().await.unwrap();
        if name == "entry" {
            break data;
        }
    };
    assert_eq!(next["name"], "cta_clicked");
}

async fn another_sites_events_do_not_appear(database: Database) {
    let app = TestApp::start(database).await;
    let other = app.add_site("Other", &[]).await;
    let mut stream = Events::of(app.get("/api/v1/live?site=1").await);
    app.accept(&Visit::new(&other).batch(&[event("theirs")]))
        .await;
    app.accept(&Visit::new(&app.key).batch(&[event("ours")]))
        .await;
    let (name, data) = stream.next().await.unwrap();
    assert_eq!((name.as_str(), &data["name"]), ("entry", &json!("ours")));
}

async fn the_stream_ends_with_the_collector(database: Database) {
    let mut app = TestApp::start(database).await;
    let mut stream = Events::of(app.get("/api/v1/live").await);
    app.stop().await;
    assert!(stream.next().await.is_none());
    app.log.assert_quiet();
}
