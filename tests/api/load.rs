//! Many at once, and the end in the middle of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::support::app::{ORIGIN, TestApp};
use crate::support::batch::{Visit, event, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;
use crate::support::stream::PATIENCE;

on_both_databases!(
    fifty_first_requests_make_one_visitor,
    the_end_under_load_answers_what_it_stored,
    two_collectors_on_one_database_agree,
);

const REQUESTS: usize = 50;

/// SQLite has nothing that keeps its readers waiting, so this is about PostgreSQL alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_that_hang_do_not_keep_items_from_being_stored() {
    let app = TestApp::start(Database::postgres().await).await;
    app.accept(&Visit::new(&app.key).batch(&[event("x")])).await;
    let mut hold = PgConnection::connect(app.database.url()).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE milestones, sites IN ACCESS EXCLUSIVE MODE")
        .execute(&mut hold)
        .await
        .unwrap();
    // More than there are connections, and each takes one and waits on a locked table.
    let asking: Vec<_> = (0..30)
        .map(|_| {
            tokio::spawn(
                app.request(Method::GET, "/api/v1/visitors")
                    .bearer_auth(&app.secret)
                    .send(),
            )
        })
        .collect();
    let busy = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    let deadline = Instant::now() + PATIENCE;
    while app.database.number(busy).await < 4 {
        assert!(Instant::now() < deadline, "nobody waits for the lock");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Beyond the age at which what is known of the sites is asked for again.
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        let sent = Instant::now();
        app.accept(&Visit::new(&app.key).batch(&[event("x")])).await;
        assert!(
            sent.elapsed() < Duration::from_secs(3),
            "{:?}",
            sent.elapsed()
        );
    }
    drop(hold);
    for answer in asking {
        answer.await.unwrap().unwrap();
    }
}

async fn fifty_first_requests_make_one_visitor(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    let batches: Vec<Value> = (0..REQUESTS)
        .map(|n| {
            visit.batch(&[
                page_view(&format!("https://shop.example/{n}")),
                event("first"),
            ])
        })
        .collect();
    join_all(batches.iter().map(|batch| app.accept(batch))).await;
    check_one_visitor(&app, &visit, 1).await;
    // Sent again, all at once, they change nothing.
    let again = join_all(batches.iter().map(|batch| app.send(batch))).await;
    for response in again {
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["results"][0]["status"], "duplicate");
    }
    check_one_visitor(&app, &visit, 1).await;
    app.log.assert_quiet();
}

async fn check_one_visitor(app: &TestApp, visit: &Visit, sessions: usize) {
    let list = app.json("/api/v1/visitors").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    let journey = &list["data"][0];
    assert_eq!(journey["visitor_id"], json!(visit.visitor));
    assert_eq!(journey["total_sessions"], json!(sessions));
    assert_eq!(journey["total_page_views"], json!(REQUESTS));
    let list = app.json("/api/v1/sessions").await;
    assert_eq!(list["data"].as_array().unwrap().len(), sessions);
    assert_eq!(list["data"][0]["page_views"], json!(REQUESTS));
    let stored = app.database.number("SELECT COUNT(*) FROM events").await;
    assert_eq!(usize::try_from(stored).unwrap(), 2 * REQUESTS);
}

async fn the_end_under_load_answers_what_it_stored(database: Database) {
    let mut app = TestApp::start(database).await;
    let accepted = Arc::new(AtomicUsize::new(0));
    let senders: Vec<_> = (0..16)
        .map(|_| {
            let (client, url) = (app.client.clone(), format!("{}/v1/events", app.base));
            let (visit, accepted) = (Visit::new(&app.key), Arc::clone(&accepted));
            tokio::spawn(async move {
                // Until the collector takes no more connections.
                loop {
                    let batch = visit.batch(&[event("a"), event("b")]);
                    let request = client.post(&url).header("Origin", ORIGIN);
                    let Ok(response) = request.body(batch.to_string()).send().await else {
                        return;
                    };
                    if response.status() == 503 {
                        assert!(response.headers().contains_key("retry-after"));
                        continue;
                    }
                    assert_eq!(response.status(), 200);
                    let answer: Value = response.json().await.unwrap();
                    for result in answer["results"].as_array().unwrap() {
                        assert_eq!(result["status"], "accepted");
                        accepted.fetch_add(1, Ordering::SeqCst);
                    }
                }
            })
        })
        .collect();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while accepted.load(Ordering::SeqCst) < 200 {
        assert!(
            tokio::time::Instant::now() < deadline,
            "too slow to be true"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    app.stop().await;
    for sender in senders {
        sender.await.unwrap();
    }
    let stored = app.database.number("SELECT COUNT(*) FROM events").await;
    assert_eq!(
        usize::try_from(stored).unwrap(),
        accepted.load(Ordering::SeqCst)
    );
    app.log.assert_quiet();
}

async fn two_collectors_on_one_database_agree(database: Database) {
    let url = database.url().to_owned();
    let first = TestApp::start(database).await;
    let second = TestApp::start(Database::shared(&url)).await;
    let visit = Visit::new(&first.key);
    let batches: Vec<Value> = (0..REQUESTS)
        .map(|n| {
            visit.batch(&[
                page_view(&format!("https://shop.example/{n}")),
                event("first"),
            ])
        })
        .collect();
    let sent = batches
        .iter()
        .flat_map(|batch| [first.send(batch), second.send(batch)]);
    let mut accepted = 0;
    for response in join_all(sent).await {
        assert_eq!(response.status(), 200);
        let answer: Value = response.json().await.unwrap();
        for result in answer["results"].as_array().unwrap() {
            match result["status"].as_str().unwrap() {
                "accepted" => accepted += 1,
                "duplicate" => {}
                other => panic!("{other}: {answer}"),
            }
        }
    }
    assert_eq!(
        accepted,
        2 * REQUESTS,
        "each item is accepted by one of them"
    );
    let list = second.json("/api/v1/visitors?site=1").await;
    assert_eq!(list["data"][0]["total_page_views"], json!(REQUESTS));
    assert_eq!(list["data"][0]["total_sessions"], 1);
    assert_eq!(first.database.number("SELECT COUNT(*) FROM users").await, 1);
    first.log.assert_quiet();
    second.log.assert_quiet();
}
