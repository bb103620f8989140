//! `POST /v1/events`: what is taken, what is refused, and how it is said.

use std::io::Write;
use std::pin::pin;

use futures_util::future::{Either, select};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{ORIGIN, TestApp, error};
use crate::support::batch::{Visit, event, identify, item, milestone, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    answers_name_every_item_in_order,
    any_content_type_and_both_encodings,
    bodies_that_cannot_be_taken,
    the_body_limit_is_named,
    a_new_site_works_at_once,
    origins_are_checked_and_answers_can_be_read,
    a_preflight_is_answered,
    a_full_queue_says_when_to_come_back,
);

async fn answers_name_every_item_in_order(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    let mut nameless = event("x");
    nameless["data"].as_object_mut().unwrap().remove("name");
    let items = [
        page_view("https://shop.example/"),
        nameless,
        item("hologram", json!({})),
        milestone("signup_at"),
        identify("user-1"),
    ];
    let batch = visit.batch(&items);
    let answer: Value = app.send(&batch).await.json().await.unwrap();
    assert_eq!(answer["v"], 1);
    let said = |answer: &Value| -> Vec<(Value, Value, Value)> {
        let results = answer["results"].as_array().unwrap();
        assert_eq!(results.len(), items.len());
        for (result, item) in results.iter().zip(&items) {
            assert_eq!(result["id"], item["id"]);
        }
        results
            .iter()
            .map(|r| (r["status"].clone(), r["reason"].clone(), r["field"].clone()))
            .collect()
    };
    let dropped = |reason, field: Value| (json!("dropped"), json!(reason), field);
    let stored = |status| (json!(status), Value::Null, Value::Null);
    let first = said(&answer);
    assert_eq!(first[0], stored("accepted"));
    assert_eq!(first[1], dropped("invalid_field", json!("data.name")));
    assert_eq!(
        (&first[2].0, &first[2].1),
        (&json!("dropped"), &json!("unknown_type"))
    );
    assert_eq!(first[3], stored("accepted"));
    assert_eq!(first[4], stored("accepted"));

    let answer: Value = app.send(&batch).await.json().await.unwrap();
    let second = said(&answer);
    assert_eq!(second[0], stored("duplicate"));
    assert_eq!(second[1], first[1]);
    assert_eq!(second[3], stored("duplicate"));
    assert_eq!(app.database.number("SELECT COUNT(*) FROM events").await, 3);
    app.log.assert_quiet();
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

fn brotli(text: &str) -> Vec<u8> {
    let mut packed = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
    packed.write_all(text.as_bytes()).unwrap();
    packed.into_inner()
}

async fn send_raw(app: &TestApp, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
    let mut request = app.request(Method::POST, "/v1/events").body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn any_content_type_and_both_encodings(database: Database) {
    let app = TestApp::start(database).await;
    type Encode = fn(&str) -> Vec<u8>;
    let plain: Encode = |text| text.as_bytes().to_vec();
    let cases: [(&[(&str, &str)], Encode); 5] = [
        (&[("Content-Type", "text/plain;charset=UTF-8")], plain),
        (&[("Content-Type", "application/json")], plain),
        (&[], plain),
        (&[("Content-Encoding", "gzip")], gzip),
        (&[("Content-Encoding", "br")], brotli),
    ];
    for (headers, encode) in cases {
        let batch = Visit::new(&app.key).batch(&[page_view("https://shop.example/ü")]);
        let response = send_raw(&app, headers, encode(&batch.to_string())).await;
        assert_eq!(response.status(), 200, "{headers:?}");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["results"][0]["status"], "accepted", "{headers:?}");
    }
    assert_eq!(
        app.database.number("SELECT COUNT(*) FROM visitors").await,
        5
    );
}

async fn bodies_that_cannot_be_taken(database: Database) {
    let app = TestApp::start(database).await;
    let good = Visit::new(&app.key).batch(&[event("x")]);
    let without = |path: &[&str]| {
        let mut batch = good.clone();
        let (last, parents) = path.split_last().unwrap();
        let mut place = &mut batch;
        for name in parents {
            place = &mut place[*name];
        }
        place.as_object_mut().unwrap().remove(*last);
        batch.to_string()
    };
    let with = |name: &str, value: Value| {
        let mut batch = good.clone();
        batch[name] = value;
        batch.to_string()
    };
    let many: Vec<Value> = (0..501).map(|_| event("x")).collect();
    let cases: [(&str, String, u16, &str, Option<&str>); 11] = [
        ("", "{\"v\":1,".into(), 400, "invalid_json", None),
        ("", "[]".into(), 400, "invalid_json", None),
        ("", without(&["key"]), 400, "invalid_field", Some("key")),
        (
            "",
            without(&["context", "visitor_id"]),
            400,
            "invalid_field",
            Some("context.visitor_id"),
        ),
        (
            "",
            without(&["context", "session", "id"]),
            400,
            "invalid_field",
            Some("context.session.id"),
        ),
        (
            "",
            with("v", json!(99)),
            400,
            "unsupported_version",
            Some("v"),
        ),
        (
            "",
            with("key", json!("wk_nobody0")),
            401,
            "unknown_key",
            Some("key"),
        ),
        (
            "",
            with("items", json!(many)),
            413,
            "too_many_items",
            Some("items"),
        ),
        (
            "zstd",
            good.to_string(),
            415,
            "unsupported_encoding",
            Some("Content-Encoding"),
        ),
        (
            "gzip",
            good.to_string(),
            400,
            "invalid_encoding",
            Some("Content-Encoding"),
        ),
        ("", String::new(), 400, "invalid_json", None),
    ];
    for (encoding, body, status, code, field) in cases {
        let mut headers = vec![("Origin", ORIGIN)];
        if !encoding.is_empty() {
            headers.push(("Content-Encoding", encoding));
        }
        let response = send_raw(&app, &headers, body.clone().into_bytes()).await;
        assert_eq!(response.headers()["access-control-allow-origin"], ORIGIN);
        let expected = (status, code.to_owned(), field.map(str::to_owned));
        assert_eq!(error(response).await, expected, "{:.200}", body);
    }
    let response = app
        .request(Method::GET, "/v1/events")
        .header("Origin", ORIGIN)
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], ORIGIN);
    assert_eq!(error(response).await.1, "method_not_allowed");
    assert_eq!(app.database.number("SELECT COUNT(*) FROM events").await, 0);
    app.log.assert_quiet();
}

async fn the_body_limit_is_named(database: Database) {
    let app = TestApp::with(database, |config| config.body_limit = 4_000).await;
    let mut big = event("x");
    big["data"]["props"] = json!({"text": "a".repeat(4_000)});
    let batch = Visit::new(&app.key).batch(&[big]).to_string();
    assert!(gzip(&batch).len() < 4_000);
    for (headers, body) in [
        (vec![], batch.clone().into_bytes()),
        (vec![("Content-Encoding", "gzip")], gzip(&batch)),
        (vec![("Content-Encoding", "br")], brotli(&batch)),
    ] {
        let response = send_raw(&app, &headers, body).await;
        assert_eq!(response.status(), 413);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "body_too_large");
        assert!(body["error"]["message"].as_str().unwrap().contains("4000"));
    }
    app.accept(&Visit::new(&app.key).batch(&[event("x")])).await;
}

async fn a_new_site_works_at_once(database: Database) {
    let app = TestApp::start(database).await;
    // The collector knows its sites from here on, and has just learnt that there is no such key.
    app.accept(&Visit::new(&app.key).batch(&[event("x")])).await;
    let unknown = app
        .send(&Visit::new("wk_nobody0").batch(&[event("x")]))
        .await;
    assert_eq!(unknown.status(), 401);
    let key = app.add_site("Second", &[]).await;
    app.accept(&Visit::new(&key).batch(&[event("x")])).await;
}

async fn origins_are_checked_and_answers_can_be_read(database: Database) {
    let app = TestApp::start(database).await;
    let listed = [ORIGIN, "https://*.shop.example", "http://localhost:*"];
    let closed = app.add_site("Closed", &listed).await;
    let cases = [
        (&app.key, Some("https://anywhere.example"), 200, None),
        (&app.key, None, 200, None),
        (&app.key, Some("null"), 200, None),
        (&closed, Some(ORIGIN), 200, Some("true")),
        (&closed, Some("https://a.shop.example"), 200, Some("true")),
        (&closed, Some("http://localhost:5173"), 200, Some("true")),
        (&closed, None, 200, None),
        (&closed, Some("https://evilshop.example"), 403, None),
        (&closed, Some("https://shop.example.evil.test"), 403, None),
        (&closed, Some("http://shop.example"), 403, None),
        (&closed, Some("null"), 403, None),
    ];
    for (key, origin, status, credentials) in cases {
        let mut request = app
            .request(Method::POST, "/v1/events")
            .body(Visit::new(key).batch(&[event("x")]).to_string());
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{origin:?}");
        let header = |name| response.headers().get(name).map(|v| v.to_str().unwrap());
        assert_eq!(header("access-control-allow-origin"), origin);
        assert_eq!(
            header("access-control-allow-credentials"),
            credentials,
            "{origin:?}"
        );
        let vary: Vec<&str> = response
            .headers()
            .get_all("vary")
            .iter()
            .map(|v| v.to_str().unwrap())
            .collect();
        assert!(vary.contains(&"Origin"), "{vary:?}");
        if status == 403 {
            assert_eq!(error(response).await.1, "origin_not_allowed");
        }
    }
    assert_eq!(app.database.number("SELECT COUNT(*) FROM events").await, 7);
}

async fn a_preflight_is_answered(database: Database) {
    let app = TestApp::start(database).await;
    app.add_site("Closed", &[ORIGIN]).await;
    for (origin, credentials) in [(ORIGIN, true), ("https://anywhere.example", false)] {
        let response = app
            .request(Method::OPTIONS, "/v1/events")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "content-type")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 204);
        let headers = response.headers();
        assert_eq!(headers["access-control-allow-origin"], origin);
        assert_eq!(headers["access-control-allow-methods"], "POST");
        assert_eq!(
            headers.contains_key("access-control-allow-credentials"),
            credentials
        );
    }
}

async fn a_full_queue_says_when_to_come_back(database: Database) {
    let app = TestApp::with(database, |config| config.queue_items = 2).await;
    // While nothing can be committed, one of the two waits for its commit and fills the queue.
    let blocked = app.database.block_writes().await;
    let first = Visit::new(&app.key).batch(&[event("a"), event("b")]);
    let second = Visit::new(&app.key).batch(&[event("a"), event("b")]);
    let (one, other) = (pin!(app.send(&first)), pin!(app.send(&second)));
    let (response, waiting) = match select(one, other).await {
        Either::Left((response, waiting)) | Either::Right((response, waiting)) => {
            (response, waiting)
        }
    };
    let wait = response.headers()["retry-after"].to_str().unwrap();
    assert!((1..=60).contains(&wait.parse::<u64>().unwrap()), "{wait}");
    let exposed = &response.headers()["access-control-expose-headers"];
    assert!(exposed.to_str().unwrap().contains("Retry-After"));
    let request_id = response.headers()["x-request-id"].to_str().unwrap();
    assert!(Uuid::try_parse(request_id).is_ok());
    assert_eq!(error(response).await, (503, "overloaded".into(), None));
    drop(blocked);
    let answer: Value = waiting.await.json().await.unwrap();
    assert_eq!(answer["results"][1]["status"], "accepted");
    assert_eq!(app.database.number("SELECT COUNT(*) FROM events").await, 2);
    // There is room again for the one that was sent away.
    app.send(&first).await;
    app.send(&second).await;
    assert_eq!(app.database.number("SELECT COUNT(*) FROM events").await, 4);
}
