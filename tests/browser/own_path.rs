//! The collector behind a site's own path, as a reverse proxy puts it there, under names of the owner's choice.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;

use super::{Chromium, Collector, Database, KEY, eventually};

/// What the lists of common blockers match in names of files, paths and parameters.
const MATCHED: [&str; 30] = [
    "ad.",
    "ads",
    "advert",
    "amplitude",
    "analyt",
    "beacon",
    "click",
    "collect",
    "conversion",
    "count",
    "fingerprint",
    "gtag",
    "gtm",
    "hit",
    "hotjar",
    "insight",
    "log",
    "matomo",
    "metric",
    "mixpanel",
    "pageview",
    "piwik",
    "pixel",
    "plausible",
    "posthog",
    "segment",
    "stat",
    "telemetry",
    "track",
    "umami",
];

/// Words in `url` behind its host that blockers match.
fn matched(url: &str) -> Vec<&'static str> {
    let path = url.split("//").last().unwrap_or(url);
    let path = path
        .split_once('/')
        .map_or(path, |(_, path)| path)
        .to_lowercase();
    MATCHED
        .into_iter()
        .filter(|word| path.contains(word))
        .collect()
}

#[test]
fn the_names_that_the_sdk_has_by_itself_are_on_no_list() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../js-wrapper/dist/manifest.json"
    );
    let text = std::fs::read_to_string(path).expect("the SDK is built");
    let manifest: Value = serde_json::from_str(&text).expect("a manifest");
    let is_file = |name: &&str| name.ends_with(".js") || name.ends_with(".wasm");
    let files: Vec<&str> = manifest
        .as_object()
        .expect("an object")
        .values()
        .filter_map(Value::as_str)
        .filter(is_file)
        .collect();
    assert!(files.len() >= 3, "{files:?}");
    for name in files.into_iter().chain(["/v1/events"]) {
        assert_eq!(matched(name), [""; 0], "{name}");
    }
}

struct Proxy {
    collector: String,
    client: reqwest::Client,
}

/// What docs/install.md has Caddy and nginx do.
async fn answer(State(proxy): State<std::sync::Arc<Proxy>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(rest) = parts.uri.path().strip_prefix("/harbour/") else {
        let page = format!(
            "<!doctype html><title>Own</title><script async src=/harbour/lines.js data-key={KEY} data-endpoint=/harbour/post></script>"
        );
        let policy = ("content-security-policy", "default-src 'self'");
        return ([policy], Html(page)).into_response();
    };
    let path = if rest == "post" { "v1/events" } else { rest };
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .expect("a body");
    let mut headers = parts.headers;
    headers.remove("host");
    headers.remove("accept-encoding");
    let answer = proxy
        .client
        .request(parts.method, format!("{}/{path}", proxy.collector))
        .headers(headers)
        .body(body)
        .send()
        .await
        .expect("the collector answers");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let bytes = answer.bytes().await.expect("its body");
    (status, headers, Body::from(bytes)).into_response()
}

#[tokio::test]
async fn a_site_serves_everything_under_a_path_and_names_of_its_own() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let origin = format!("http://localhost:{port}");
    let settings = ["--script-name", "lines.js"];
    let collector = Collector::with(Database::sqlite(), &origin, &settings).await;
    let proxy = Proxy {
        collector: collector.origin(),
        client: reqwest::Client::new(),
    };
    let routes = Router::new().fallback(answer).with_state(proxy.into());
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });

    let browser = Chromium::start().await;
    browser.open(&format!("{origin}/?utm_source=partner")).await;
    browser.settled("waymark.ready()").await;
    browser.run("waymark.track('cta_clicked')").await;
    let there = &browser;
    eventually("everything is answered", || async move {
        there.settled("waymark.flush()").await == 0
    })
    .await;
    let events = "SELECT COUNT(*) FROM events WHERE name = 'cta_clicked' OR kind = 'page_view'";
    assert_eq!(collector.database().number(events).await, 2);

    let requested = browser
        .run("return performance.getEntriesByType('resource').map(entry => entry.name)")
        .await;
    let requested: Vec<&str> = requested
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        // A browser asks for it by itself.
        .filter(|url| !url.ends_with("/favicon.ico"))
        .collect();
    // With `default-src 'self'` that is the script, the core as JavaScript and the batches.
    assert!(requested.len() >= 3, "{requested:?}");
    for url in requested {
        assert!(url.starts_with(&format!("{origin}/harbour/")), "{url}");
        assert_eq!(matched(url), [""; 0], "{url}");
    }
    server.abort();
}
