//! `GET /api/v1/live`.

use futures_util::future::join_all;
use reqwest::Method;
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
    who_was_away_goes_on_where_it_was,
    a_thousand_watch_and_the_slow_ones_hold_up_nobody,
);

/// The name of the next entry, whatever else comes before it.
async fn entry(stream: &mut Events) -> String {
    loop {
        let (name, data) = stream.next().await.unwrap();
        assert_ne!(name, "resync");
        if name == "entry" {
            return data["name"].as_str().unwrap().to_owned();
        }
    }
}

async fn who_was_away_goes_on_where_it_was(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    let mut first = Events::of(app.get("/api/v1/live").await);
    assert!(!first.is_resumed().await);
    app.accept(&visit.batch(&[event("seen")])).await;
    assert_eq!(entry(&mut first).await, "seen");
    assert_eq!(first.next().await.unwrap().0, "journey");
    let id = first.id().to_owned();
    drop(first);
    app.accept(&visit.batch(&[event("missed")])).await;
    app.accept(&visit.batch(&[event("missed_too")])).await;
    let again = format!("/api/v1/live?last_event_id={id}");
    // A browser sends what it saw last by itself, and that is later than what the address says.
    for mut stream in [
        Events::of(app.get(&again).await),
        Events::of(
            app.request(Method::GET, "/api/v1/live?last_event_id=other-1")
                .bearer_auth(&app.secret)
                .header("last-event-id", &id)
                .send()
                .await
                .unwrap(),
        ),
    ] {
        assert!(stream.is_resumed().await);
        assert_eq!(entry(&mut stream).await, "missed");
        assert_eq!(entry(&mut stream).await, "missed_too");
        app.accept(&visit.batch(&[event("new")])).await;
        assert_eq!(entry(&mut stream).await, "new");
    }
    let unknown = id.replace('-', "0-");
    let mut stream = Events::of(
        app.get(&format!("/api/v1/live?last_event_id={unknown}"))
            .await,
    );
    assert!(!stream.is_resumed().await);
}

async fn a_thousand_watch_and_the_slow_ones_hold_up_nobody(database: Database) {
    const STREAMS: usize = 1000;
    let app = TestApp::start(database).await;
    let open = (0..STREAMS).map(|_| async { Events::of(app.get("/api/v1/live").await) });
    let mut streams = join_all(open).await;
    for stream in &mut streams {
        stream.is_resumed().await;
    }
    let visit = Visit::new(&app.key);
    // Half of them do not read while more is stored than waits for anybody.
    let (reading, slow) = streams.split_at_mut(STREAMS / 2);
    let long = "x".repeat(20_000);
    for round in 0..40 {
        let mut large = event(&format!("round_{round}"));
        large["data"]["props"] = json!({"text": long});
        app.accept(&visit.batch(&[large])).await;
    }
    app.accept(&visit.batch(&[event("last")])).await;
    let to_the_end = async |stream: &mut Events| loop {
        let (name, data) = stream.next().await.unwrap();
        if name == "resync" || data["name"] == "last" {
            break;
        }
    };
    join_all(reading.iter_mut().map(to_the_end)).await;
    join_all(slow.iter_mut().map(to_the_end)).await;
    app.log.assert_quiet();
}

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
