//! `/metrics` on its own address, request ids, and the log that machines read.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::batch::{Visit, event, item};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    metrics_say_what_became_of_everything,
    metrics_have_no_label_that_a_sender_chooses,
    a_request_keeps_its_id,
);

async fn start(database: Database) -> TestApp {
    TestApp::with(database, |config| {
        config.metrics_listen = Some(([127, 0, 0, 1], 0).into());
    })
    .await
}

async fn text(app: &TestApp) -> String {
    let url = format!("http://{}/metrics", app.metrics.unwrap());
    let response = app.client.get(url).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let kind = response.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    response.text().await.unwrap()
}

/// Every sample by its name and labels.
async fn samples(app: &TestApp) -> HashMap<String, f64> {
    let text = text(app).await;
    assert!(text.ends_with("# EOF\n"));
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

async fn metrics_say_what_became_of_everything(database: Database) {
    let app = start(database).await;
    let mut without_title = event("x");
    without_title["data"]["url"] = json!(7);
    let visit = Visit::new(&app.key);
    let mut first = event("a");
    first["seq"] = json!(1);
    let mut third = event("b");
    third["seq"] = json!(3);
    without_title["seq"] = json!(4);
    let sent = visit.batch(&[first, third, without_title, item("hologram", json!({}))]);
    app.send(&sent).await;
    app.send(&sent).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(15);
    while app.json("/api/v1/rejected").await["data"]
        .as_array()
        .unwrap()
        .is_empty()
    {
        assert!(
            tokio::time::Instant::now() < deadline,
            "nothing in the inbox"
        );
    }

    let samples = samples(&app).await;
    for (name, value) in [
        (r#"items_total{outcome="accepted",reason=""}"#, 3.0),
        (r#"items_total{outcome="duplicate",reason=""}"#, 3.0),
        (
            r#"items_total{outcome="dropped",reason="unknown_type"}"#,
            2.0,
        ),
        (r#"batches_total{engine="none"}"#, 2.0),
        (r#"ignored_fields_total{field="data.url"}"#, 2.0),
        ("commit_seconds_count", 2.0),
        ("commit_items_sum", 6.0),
        ("queue_items", 0.0),
        ("queue_bytes", 0.0),
        ("columns_sites", 0.0),
        ("columns_bytes", 0.0),
        ("columns_age_seconds", 0.0),
        ("columns_loads_total", 0.0),
        ("database_up", 1.0),
        ("rejected_items", 1.0),
        ("loss_received_items", 3.0),
        ("loss_missing_items", 1.0),
        ("loss_ratio", 0.25),
        (
            r#"http_requests_total{method="POST",route="/v1/events",status="200"}"#,
            2.0,
        ),
        (r#"http_request_seconds_count{route="/v1/events"}"#, 2.0),
    ] {
        let name = format!("waymark_{name}");
        assert_eq!(samples.get(&name), Some(&value), "{name}: {samples:#?}");
    }
    // The hour of the items, or two if one ended meanwhile.
    assert!(samples["waymark_rollups_due_hours"] >= 1.0, "{samples:#?}");
    let build = samples
        .keys()
        .find(|name| name.starts_with("waymark_build_info{"));
    assert!(build.unwrap().contains(env!("CARGO_PKG_VERSION")));
    // Nothing else is there, and the metrics are nowhere else.
    let at = |path: &str| {
        let url = format!("http://{}{path}", app.metrics.unwrap());
        app.client.get(url).send()
    };
    assert_eq!(at("/api/v1/me").await.unwrap().status(), 404);
    let outside = app.request(Method::GET, "/metrics").send().await.unwrap();
    assert!(!outside.text().await.unwrap().contains("waymark_items"));
    app.log.assert_quiet();
}

async fn metrics_have_no_label_that_a_sender_chooses(database: Database) {
    let app = start(database).await;
    let made_up = Method::from_bytes(b"PURLOIN").unwrap();
    for path in [
        "/api/v1/purloined",
        "/purloined/page?x=purloined",
        "/v1/purloined",
    ] {
        app.request(Method::GET, path).send().await.unwrap();
        app.request(made_up.clone(), path).send().await.unwrap();
    }
    let mut context = Visit::new(&app.key).batch(&[event("purloined")]);
    context["context"]["touch"] = json!({"at": 1, "click_ids": {"purloined": "x", "gclid": 7}});
    context["context"]["purloined"] = json!(1);
    context["sdk"]["name"] = json!("purloined");
    app.accept(&context).await;
    let id = Visit::new(&app.key).visitor;
    app.get(&format!("/api/v1/visitors/{id}")).await;
    let text = text(&app).await;
    assert!(!text.to_lowercase().contains("purloin"), "{text}");
    assert!(!text.contains(&id.to_string()));
    assert!(text.contains(r#"route="/api/v1/visitors/{id}""#), "{text}");
    assert!(text.contains(r#"method="other""#), "{text}");
    assert!(
        text.contains(r#"field="context.touch.click_ids""#),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_say_when_the_database_is_gone() {
    let app = start(Database::postgres().await).await;
    app.database.lose().await;
    let samples = samples(&app).await;
    assert_eq!(samples["waymark_database_up"], 0.0);
    assert_eq!(
        samples.get("waymark_rejected_items"),
        None,
        "unknown is not zero"
    );
    assert!(samples.contains_key("waymark_queue_items"));
}

async fn a_request_keeps_its_id(database: Database) {
    let app = TestApp::start(database).await;
    let ask = async |id: &str| {
        let request = app
            .request(Method::GET, "/api/v1/nothing")
            .header("X-Request-Id", id);
        let response = request.send().await.unwrap();
        response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(ask("proxy-4711.a_b").await, "proxy-4711.a_b");
    let made = ask("bob@mail.example").await;
    assert!(uuid::Uuid::try_parse(&made).is_ok());
    let log = app.log.text();
    for id in ["proxy-4711.a_b", &made] {
        let line = log.lines().find(|line| line.contains(&format!("id={id}")));
        assert!(
            line.is_some_and(|line| line.contains("answered")),
            "{id}: {log}"
        );
    }
    assert!(!log.contains("bob@"));
}
