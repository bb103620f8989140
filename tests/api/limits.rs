//! Rates: who sends more than their share is told when to come back, and nobody else is.

use std::time::Duration;

use reqwest::{Method, Response};

use crate::support::app::{ORIGIN, TestApp, error};
use crate::support::batch::{Visit, event};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    a_client_over_its_rate_waits_and_goes_on,
    a_write_key_over_its_rate_leaves_others_alone,
);

async fn send(app: &TestApp, key: &str) -> Response {
    app.send(&Visit::new(key).batch(&[event("x")])).await
}

/// Sends until refused; gives the answer that refused.
async fn exhaust(app: &TestApp, key: &str) -> Response {
    for _ in 0..500 {
        let answer = send(app, key).await;
        if answer.status() != 200 {
            return answer;
        }
    }
    panic!("500 requests were let through");
}

async fn a_client_over_its_rate_waits_and_goes_on(database: Database) {
    let app = TestApp::with(database, |config| config.client_rate = 2).await;
    let refused = exhaust(&app, &app.key).await;
    // The page has to see it.
    assert_eq!(refused.headers()["access-control-allow-origin"], ORIGIN);
    let wait = refused.headers()["retry-after"].to_str().unwrap();
    assert_eq!(wait, "1");
    assert_eq!(error(refused).await, (429, "rate_limited".into(), None));
    // The reading API counts with it; what says whether the process lives does not.
    let read = app.get("/api/v1/sites").await;
    assert!(read.headers().contains_key("retry-after"));
    assert_eq!(error(read).await.1, "rate_limited");
    let alive = app.request(Method::GET, "/healthz").send().await.unwrap();
    assert_eq!(alive.status(), 200);
    tokio::time::timeout(
        Duration::from_secs(10),
        eventually("the bucket fills", || async {
            send(&app, &app.key).await.status() == 200
        }),
    )
    .await
    .unwrap();
    app.log.assert_quiet();
}

async fn a_write_key_over_its_rate_leaves_others_alone(database: Database) {
    let app = TestApp::with(database, |config| config.key_rate = 1).await;
    let other = app.add_site("Other", &[]).await;
    let refused = exhaust(&app, &app.key).await;
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(error(refused).await, (429, "rate_limited".into(), None));
    assert_eq!(send(&app, &other).await.status(), 200);
    app.log.assert_quiet();
}
