//! Signs of life, and paths that are no API.

use reqwest::Method;

use crate::support::app::{TestApp, error};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    it_says_whether_it_is_ready,
    a_full_queue_is_not_ready,
    every_answer_is_guarded,
    a_path_of_the_api_is_no_page,
);

async fn it_says_whether_it_is_ready(database: Database) {
    let app = TestApp::start(database).await;
    for path in ["/healthz", "/readyz"] {
        let response = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
    }
}

async fn a_full_queue_is_not_ready(database: Database) {
    let app = TestApp::with(database, |config| config.queue_items = 2).await;
    let response = app.request(Method::GET, "/readyz").send().await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(error(response).await, (503, "overloaded".into(), None));
    let response = app.request(Method::GET, "/healthz").send().await.unwrap();
    assert_eq!(response.status(), 200);
}

async fn every_answer_is_guarded(database: Database) {
    let app = TestApp::start(database).await;
    for path in ["/healthz", "/api/v1/me", "/v1/events", "/", "/nothing.js"] {
        let response = app.request(Method::GET, path).send().await.unwrap();
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{path}");
        assert!(headers.contains_key("x-request-id"), "{path}");
    }
    let page = app
        .request(Method::GET, "/journeys/x")
        .send()
        .await
        .unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("script-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let missing = app
        .request(Method::GET, "/assets/gone.js")
        .send()
        .await
        .unwrap();
    assert_eq!(error(missing).await.1, "not_found");
    let wrong = app.request(Method::POST, "/journeys").send().await.unwrap();
    assert_eq!(error(wrong).await.1, "method_not_allowed");
}

async fn a_path_of_the_api_is_no_page(database: Database) {
    let app = TestApp::start(database).await;
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v2/visitors",
        "/v1",
        "/v1/events/",
        "/v1/nothing",
    ] {
        let answer = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(error(answer).await.1, "not_found", "{path}");
    }
}
