//! The page that every contender is on, its script, and endpoints that answer as the contenders' own do.
//!
//! Every file is on one origin and uncompressed, so that the network has no part in the figures.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as Wild, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// How long after a page was left its last events may take.
const LAST_EVENTS: Duration = Duration::from_secs(10);

/// A running site.
pub(crate) struct Site {
    origin: String,
    state: Arc<Content>,
}

struct Content {
    files: HashMap<String, (Bytes, &'static str)>,
    script: String,
    heard: Mutex<HashMap<&'static str, u64>>,
    news: Notify,
}

impl Site {
    pub(crate) async fn start(dist: &Path, peers: &Path) -> Result<Self> {
        let mut files = HashMap::new();
        for folder in [dist, peers] {
            for entry in std::fs::read_dir(folder)
                .with_context(|| format!("cannot read {}", folder.display()))?
            {
                let path = entry?.path();
                let kind = match path.extension().and_then(|end| end.to_str()) {
                    Some("js") => "text/javascript",
                    Some("wasm") => "application/wasm",
                    _ => continue,
                };
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                files.insert(
                    name.into_owned(),
                    (Bytes::from(std::fs::read(&path)?), kind),
                );
            }
        }
        let state = Arc::new(Content {
            files,
            script: "waymark.js".to_owned(),
            heard: Mutex::default(),
            news: Notify::new(),
        });
        ensure!(
            state.files.contains_key(&state.script),
            "the SDK is not built"
        );
        let routes = Router::new()
            .route("/pages/{contender}", get(page))
            .route("/files/{name}", get(file))
            .route("/v1/events", axum::routing::post(batch))
            .route("/peers/posthog/{*rest}", get(nothing).post(posthog))
            .route("/peers/snowplow/{*rest}", get(nothing).post(snowplow))
            .route("/peers/plausible", axum::routing::post(plausible))
            .with_state(state.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://localhost:{}", listener.local_addr()?.port());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { origin, state })
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn page(&self, contender: &str) -> String {
        format!("{}/pages/{contender}", self.origin)
    }

    /// Requests with events of a contender so far.
    pub(crate) fn heard(&self, contender: &str) -> u64 {
        let heard = self.state.heard.lock();
        heard.map_or(0, |heard| heard.get(contender).copied().unwrap_or(0))
    }

    /// Waits until more has been heard of a contender than `before`.
    pub(crate) async fn hears(&self, contender: &str, before: u64) -> Result<()> {
        let heard = async {
            loop {
                let news = self.state.news.notified();
                if self.heard(contender) > before {
                    return;
                }
                news.await;
            }
        };
        tokio::time::timeout(LAST_EVENTS, heard)
            .await
            .context("no event has arrived")
    }
}

impl Content {
    fn hear(&self, contender: &'static str) {
        if let Ok(mut heard) = self.heard.lock() {
            *heard.entry(contender).or_default() += 1;
        }
        self.news.notify_waiters();
    }
}

/// A page of some length, as the same for all; the script is asynchronous and in the head.
async fn page(State(content): State<Arc<Content>>, Wild(contender): Wild<String>) -> Response {
    let tag = match contender.as_str() {
        "none" => String::new(),
        "waymark" => format!(
            "<script async src=/files/{} data-key=wk_bench onload=\"bench.track = () => waymark.track('cta_clicked', \
             {{ place: 'hero' }}); bench.loaded(); waymark.ready().then(() => bench.ready())\"></script>",
            content.script
        ),
        peer => format!("<script async src=/files/{peer}.js onload=bench.loaded()></script>"),
    };
    let wanted = if contender == "none" { 0 } else { 2 };
    let paragraphs =
        "<p>Every boat is a story, and every story begins at a landing.</p>".repeat(60);
    Html(format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Harbour</title><link rel=icon href=data:,>
         <script>
           const bench = window.bench = {{ tasks: [] }};
           new PerformanceObserver((list) => bench.tasks.push(...list.getEntries().map((e) => e.duration)))
             .observe({{ type: 'longtask', buffered: true }});
           bench.done = new Promise((resolve) => {{
             let open = 1 + {wanted};
             const close = () => --open || resolve();
             addEventListener('load', close);
             bench.loaded = () => {{ bench.track(); bench.queuedAt = performance.now(); close(); }};
             bench.ready = () => {{ bench.readyAt = performance.now(); close(); }};
           }});
         </script>{tag}</head><body><h1>Harbour</h1>{paragraphs}</body></html>"
    ))
    .into_response()
}

async fn file(State(content): State<Arc<Content>>, Wild(name): Wild<String>) -> Response {
    match content.files.get(&name) {
        Some((bytes, kind)) => ([(header::CONTENT_TYPE, *kind)], bytes.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// As the collector: a line for each item.
async fn batch(State(content): State<Arc<Content>>, body: Bytes) -> Response {
    content.hear("waymark");
    let Ok(batch) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let items = batch["items"].as_array().cloned().unwrap_or_default();
    let lines: Vec<Value> = items
        .iter()
        .map(|item| json!({ "id": item["id"], "status": "accepted" }))
        .collect();
    axum::Json(json!({ "v": 1, "received_at": batch["sent_at"], "results": lines })).into_response()
}

/// As its flags and its capture endpoint, of which the second is `/e/`.
async fn posthog(State(content): State<Arc<Content>>, Wild(rest): Wild<String>) -> Response {
    if rest.starts_with("e/") {
        content.hear("posthog");
        return axum::Json(json!({ "status": "Ok" })).into_response();
    }
    axum::Json(json!({ "flags": {}, "errorsWhileComputingFlags": false, "supportedCompression": ["gzip-js"],
        "sessionRecording": false, "toolbarParams": {}, "config": { "enable_collect_everything": false } }))
    .into_response()
}

async fn snowplow(State(content): State<Arc<Content>>, _headers: HeaderMap) -> Response {
    content.hear("snowplow");
    "ok".into_response()
}

async fn plausible(State(content): State<Arc<Content>>) -> Response {
    content.hear("plausible");
    (StatusCode::ACCEPTED, "ok").into_response()
}

async fn nothing() -> Response {
    axum::Json(json!({})).into_response()
}
