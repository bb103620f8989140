//! The Segment HTTP API as its clients see it: keys, bodies, answers.

use std::io::Write;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use waymark_collector::enrich::address::KeptAddress;

use super::server_keys::{add_server_key, demand};
use crate::support::app::{ORIGIN, TestApp, error};
use crate::support::batch::now;
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases, places};

on_both_databases!(
    a_key_is_taken_where_clients_put_it,
    a_site_that_wants_server_keys_wants_them_here,
    a_page_sends_from_a_listed_origin,
    gzip_is_known_by_how_it_begins,
    what_cannot_be_read_is_refused_by_name,
    an_address_counts_from_who_has_a_secret,
    who_sends_too_much_is_told_when_to_come_back,
    what_cannot_be_stored_now_is_wanted_again,
);

pub(super) const BROWSER: &str = "0197f0a2-5e1f-7c3a-9a44-5f0c2ab1d001";
const GERMAN: &str = "193.99.144.80";
const FIREFOX: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A message of the browser above.
pub(super) fn track(event: &str, ago: i64) -> Value {
    json!({"type": "track", "event": event, "anonymousId": BROWSER, "messageId": format!("id of {event}"),
           "timestamp": now() - ago})
}

pub(super) fn to(app: &TestApp, path: &str, body: &Value) -> RequestBuilder {
    app.request(Method::POST, path).body(body.to_string())
}

pub(super) async fn batch(app: &TestApp, messages: &[Value]) -> Response {
    to(
        app,
        "/v1/batch",
        &json!({"batch": messages, "sentAt": now()}),
    )
    .basic_auth(&app.key, Some(""))
    .send()
    .await
    .unwrap()
}

pub(super) async fn succeeds(response: Response) {
    let status = response.status();
    let answer: Value = response.json().await.unwrap();
    assert_eq!((status.as_u16(), &answer), (200, &json!({"success": true})));
}

pub(super) async fn events(app: &TestApp) -> i64 {
    app.database.number("SELECT COUNT(*) FROM events").await
}

async fn a_key_is_taken_where_clients_put_it(database: Database) {
    let app = TestApp::start(database).await;
    let other = app.add_site("Other", &[]).await;
    let secret = add_server_key(&app, 1).await;
    let message = |n: usize| json!({"batch": [track(&format!("e{n}"), 0)]});
    let with = |n: usize, key: &str| {
        let mut body = message(n);
        body["writeKey"] = json!(key);
        to(&app, "/v1/batch", &body)
    };
    let send = |request: RequestBuilder| async { request.send().await.unwrap() };
    succeeds(send(to(&app, "/v1/batch", &message(1)).basic_auth(&app.key, Some(""))).await).await;
    succeeds(send(to(&app, "/v1/batch", &message(2)).basic_auth(&app.key, None::<&str>)).await)
        .await;
    succeeds(send(with(3, &app.key)).await).await;
    succeeds(send(to(&app, "/v1/batch", &message(4)).basic_auth(&secret, Some(""))).await).await;
    succeeds(send(to(&app, "/v1/batch", &message(5)).bearer_auth(&secret)).await).await;
    succeeds(send(with(6, &secret)).await).await;
    // What authenticates the request stands before what its body says.
    succeeds(send(with(7, &other).basic_auth(&app.key, Some(""))).await).await;
    assert_eq!(events(&app).await, 7);
    let of_site = "SELECT COUNT(*) FROM events WHERE site_id = 1";
    assert_eq!(app.database.number(of_site).await, 7);

    let refused = |field: &str| (401, "unknown_key".to_owned(), Some(field.to_owned()));
    let wrong = format!("wsk_{}", "0".repeat(64));
    for key in ["wk_nobody", wrong.as_str(), ""] {
        let sent = send(to(&app, "/v1/batch", &message(8)).basic_auth(key, Some(""))).await;
        assert_eq!(error(sent).await, refused("Authorization"), "{key}");
    }
    let garbled = to(&app, "/v1/batch", &message(8)).header("Authorization", "Basic %%%");
    assert_eq!(error(send(garbled).await).await, refused("Authorization"));
    for request in [
        with(8, "wk_nobody"),
        with(8, &wrong),
        with(8, ""),
        to(&app, "/v1/batch", &message(8)),
    ] {
        assert_eq!(error(send(request).await).await, refused("writeKey"));
    }
    // An API key reads.
    let reading = to(&app, "/v1/batch", &message(8)).bearer_auth(&app.secret);
    assert_eq!(error(send(reading).await).await, refused("Authorization"));
    assert_eq!(events(&app).await, 7);
    app.log.assert_quiet();
}

async fn a_site_that_wants_server_keys_wants_them_here(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    app.command(&demand(1)).await;
    eventually("the demand is known", || async {
        batch(&app, &[track("e", 0)]).await.status() == 403
    })
    .await;
    let refused = error(batch(&app, &[track("e", 0)]).await).await;
    assert_eq!(
        (refused.0, refused.1.as_str()),
        (403, "server_key_required")
    );
    let body = json!({"batch": [track("e", 0)]});
    let sent = to(&app, "/v1/batch", &body).basic_auth(&secret, Some(""));
    succeeds(sent.send().await.unwrap()).await;
}

async fn a_page_sends_from_a_listed_origin(database: Database) {
    let app = TestApp::start(database).await;
    let key = app.add_site("Listed", &[ORIGIN]).await;
    let mut message = track("seen", 0);
    message["writeKey"] = json!(key);
    let from = |origin: &'static str| {
        to(&app, "/v1/track", &message)
            .header("Origin", origin)
            .header("Content-Type", "text/plain")
            .header("User-Agent", FIREFOX)
            .send()
    };
    let elsewhere = from("https://elsewhere.example").await.unwrap();
    assert_eq!(
        elsewhere.headers()["access-control-allow-origin"],
        "https://elsewhere.example"
    );
    assert_eq!(
        error(elsewhere).await,
        (403, "origin_not_allowed".into(), None)
    );
    let listed = from(ORIGIN).await.unwrap();
    assert_eq!(listed.headers()["access-control-allow-credentials"], "true");
    succeeds(listed).await;
    // Its browser is the visitor's.
    let journey = app
        .json(&format!("/api/v1/visitors/{BROWSER}?site=2"))
        .await;
    assert_eq!(journey["journey"]["device"]["browser"], "Firefox");
    let asked = app
        .request(Method::OPTIONS, "/v1/track")
        .header("Origin", ORIGIN)
        .header("Access-Control-Request-Method", "POST")
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), 204);
}

async fn gzip_is_known_by_how_it_begins(database: Database) {
    let app = TestApp::start(database).await;
    let packed = |n: usize| {
        let body = json!({"batch": [track(&format!("e{n}"), 0)]}).to_string();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(body.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let send = |headers: &'static [(&'static str, &'static str)], body: Vec<u8>| {
        let mut request = app.request(Method::POST, "/v1/batch").body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.basic_auth(&app.key, Some("")).send()
    };
    const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
    for (n, headers) in [
        &[][..],
        &[FORM],
        &[FORM, ("Content-Encoding", "gzip")],
        &[("Content-Encoding", "deflate")],
        &[
            ("Content-Encoding", "identity"),
            ("Content-Type", "application/json"),
        ],
    ]
    .into_iter()
    .enumerate()
    {
        succeeds(send(headers, packed(n)).await.unwrap()).await;
    }
    assert_eq!(events(&app).await, 5);
    let plain = json!({"batch": [track("plain", 0)]}).to_string();
    succeeds(
        send(&[("Content-Encoding", "gzip")], plain.into())
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(events(&app).await, 6);

    let mut cut = packed(7);
    cut.truncate(cut.len() - 4);
    let refused = error(send(&[], cut).await.unwrap()).await;
    assert_eq!((refused.0, refused.1.as_str()), (400, "invalid_encoding"));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![b' '; 20_000_000]).unwrap();
    let bomb = encoder.finish().unwrap();
    let refused = error(send(&[], bomb).await.unwrap()).await;
    assert_eq!((refused.0, refused.1.as_str()), (413, "body_too_large"));
    app.log.assert_quiet();
}

async fn what_cannot_be_read_is_refused_by_name(database: Database) {
    let app = TestApp::start(database).await;
    let many = vec![json!({}); 501];
    let large = "x".repeat(2_000_000);
    for (path, body, status, code, field) in [
        (
            "/v1/batch",
            "{\"batch\": [".to_owned(),
            400,
            "invalid_json",
            None,
        ),
        ("/v1/track", "[]".to_owned(), 400, "invalid_json", None),
        (
            "/v1/batch",
            "{}".to_owned(),
            400,
            "invalid_field",
            Some("batch"),
        ),
        (
            "/v1/batch",
            json!({"batch": {}}).to_string(),
            400,
            "invalid_field",
            Some("batch"),
        ),
        (
            "/v1/import",
            json!({"batch": many}).to_string(),
            413,
            "too_many_items",
            Some("batch"),
        ),
        (
            "/v1/track",
            json!({"event": large}).to_string(),
            413,
            "body_too_large",
            Some("body"),
        ),
    ] {
        let sent = app
            .request(Method::POST, path)
            .body(body)
            .basic_auth(&app.key, Some(""))
            .send()
            .await
            .unwrap();
        let expected = (status, code.to_owned(), field.map(str::to_owned));
        assert_eq!(error(sent).await, expected);
    }
    assert_eq!(events(&app).await, 0);
    let asked = app.request(Method::GET, "/v1/batch").send().await.unwrap();
    assert_eq!(asked.status(), 405);
}

async fn an_address_counts_from_who_has_a_secret(database: Database) {
    let app = TestApp::with(database, |config| {
        config.geo_database = places();
        config.ip = KeptAddress::Truncate;
    })
    .await;
    let secret = add_server_key(&app, 1).await;
    let send = async |key: &str, user: &str| {
        let message = json!({"userId": user, "event": "paid", "messageId": user,
            "context": {"ip": GERMAN, "userAgent": FIREFOX, "locale": "de-DE"}});
        let sent = to(&app, "/v1/track", &message)
            .header("User-Agent", "python-requests/2.34")
            .basic_auth(key, Some(""));
        succeeds(sent.send().await.unwrap()).await;
        let sessions = app.json("/api/v1/sessions?bots=include").await;
        sessions["data"][0].clone()
    };
    let stranger = send(&app.key, "u1").await;
    assert_eq!(stranger["ip"], Value::Null);
    for field in ["country", "browser", "os", "type"] {
        assert_eq!(stranger["device"][field], Value::Null, "{stranger}");
    }
    assert_eq!(stranger["bot"], false);
    let journeys = app.json("/api/v1/visitors").await;
    assert_eq!(journeys["data"][0]["device"]["language"], "de-DE");

    let believed = send(&secret, "u2").await;
    assert_eq!(believed["ip"], "193.99.144.0");
    assert_eq!(believed["device"]["country"], "DE");
    assert_eq!(believed["device"]["browser"], "Firefox");
    assert_eq!(believed["device"]["os"], "Windows");
}

async fn who_sends_too_much_is_told_when_to_come_back(database: Database) {
    let app = TestApp::with(database, |config| {
        config.client_rate = 2;
        config.key_rate = 4;
    })
    .await;
    let secret = add_server_key(&app, 1).await;
    let body = json!({"batch": [track("e", 0)]});
    // A client's rate is used up long before the key's, and holds for who sends with what everybody knows.
    for key in [&app.key, &secret] {
        let mut sent = 0;
        let refused = loop {
            let request = to(&app, "/v1/batch", &body).basic_auth(key, Some(""));
            let answer = request.send().await.unwrap();
            if answer.status() != 200 {
                break answer;
            }
            sent += 1;
        };
        assert!(sent > 5, "{sent}");
        assert!(refused.headers().contains_key("retry-after"));
        let whose = match key == &app.key {
            true => "from this address",
            false => "with this write key",
        };
        let answer: Value = refused.json().await.unwrap();
        assert_eq!(answer["error"]["code"], "rate_limited");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(whose), "{message}");
    }
    app.log.assert_quiet();
}

async fn what_cannot_be_stored_now_is_wanted_again(database: Database) {
    let app = TestApp::start(database).await;
    succeeds(batch(&app, &[track("before", 0)]).await).await;
    let mut blocked = None;
    match app.database.is_sqlite() {
        true => blocked = Some(app.database.block_writes().await),
        false => app.database.lose().await,
    }
    // The one that is no good is not what has to come again.
    let messages = [track("one", 0), track("two", 0), json!({"type": "track"})];
    let refused = batch(&app, &messages).await;
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(
        error(refused).await,
        (503, "store_unavailable".into(), None)
    );
    if let Some(blocked) = blocked {
        drop(blocked);
        succeeds(batch(&app, &messages).await).await;
        assert_eq!(events(&app).await, 3);
    }
}
