//! Sites on several domains, which one server stands behind: the browser takes every name under `.test` for this machine.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{Chromium, Collector, Database, eventually};

/// The write key that all of them share.
const KEY: &str = "wk_sistersites";

/// The sites, a collector that knows them as one, and a visitor's browser.
pub struct Sisters {
    pub browser: Chromium,
    pub collector: Collector,
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

struct Pages {
    collector: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Sisters {
    /// Ready for the first page.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let collector = Collector::start(Database::sqlite(), "http://localhost:1").await;
        collector.add_site("Sisters", KEY).await;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let pages = Arc::new(Pages {
            collector: collector.origin(),
            requests: Arc::clone(&requests),
        });
        let routes = Router::new().fallback(answer).with_state(pages);
        let server = tokio::spawn(async move {
            axum::serve(listener, routes)
                .await
                .expect("the sites serve");
        });
        Self {
            browser: Chromium::start().await,
            collector,
            port,
            requests,
            server,
        }
    }

    /// The full URL of a host and a path, `a.example.test/from`.
    pub fn url(&self, place: &str) -> String {
        let (host, path) = place.split_once('/').expect("a host and a path");
        format!("http://{host}:{}/{path}", self.port)
    }

    /// Opens a page and waits until everything it has made is answered. Who is measured there.
    pub async fn visit(&self, place: &str) -> Value {
        self.browser.open(&self.url(place)).await;
        self.flushed().await
    }

    /// Waits until the current page has an answer for all that it made. Who is measured there.
    pub async fn flushed(&self) -> Value {
        let ids = self.browser.settled("waymark.ready()").await;
        eventually("everything is answered", || async {
            self.browser.settled("waymark.flush()").await == 0
        })
        .await;
        ids
    }

    /// Puts `html` into the page.
    pub async fn add(&self, html: &str) {
        let html = html.replace("PORT", &self.port.to_string());
        let script = format!("document.body.insertAdjacentHTML('beforeend', `{html}`)");
        self.browser.run(&script).await;
    }

    /// Does what leads to a page whose host is `host`, and waits until that has sent everything. Who is measured there.
    pub async fn follow(&self, script: &str, host: &str) -> Value {
        self.browser.run(script).await;
        self.arrived(host).await
    }

    /// Waits for a page whose host is `host`, until that has sent everything. Who is measured there.
    pub async fn arrived(&self, host: &str) -> Value {
        eventually("the page is there", || async {
            let there = format!(
                "return location.hostname == '{host}' && document.readyState == 'complete'"
            );
            self.browser.run(&there).await == true
        })
        .await;
        self.flushed().await
    }

    /// What has been asked for with a path that begins with `path`: method, host and address.
    pub fn requests(&self, path: &str) -> Vec<String> {
        let requests = self.requests.lock().expect("no test has failed meanwhile");
        let wanted = |request: &&String| {
            let address = request.rsplit(' ').next().unwrap_or_default();
            address.starts_with(path)
        };
        requests.iter().filter(wanted).cloned().collect()
    }

    /// A number from the owner's database.
    pub async fn number(&self, sql: &'static str) -> i64 {
        self.collector.database().number(sql).await
    }

    /// Texts from the owner's database.
    pub async fn texts(&self, sql: &'static str) -> Vec<Vec<Option<String>>> {
        self.collector.database().texts(sql).await
    }
}

impl Drop for Sisters {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    State(pages): State<Arc<Pages>>,
    method: axum::http::Method,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let query = uri.query().unwrap_or_default();
    if let Ok(mut requests) = pages.requests.lock() {
        requests.push(format!("{method} {host} {uri}"));
    }
    let attributes = match uri.path() {
        // As many servers do: the query is kept, and something put before it.
        "/redirect" => return Redirect::to(&format!("/to?lang=en&{query}")).into_response(),
        "/favicon.ico" => return StatusCode::NOT_FOUND.into_response(),
        "/plain" => return Html("<!doctype html><h1>Plain").into_response(),
        "/alone" => "",
        "/asking" => "data-link-domains='a.example.test' data-consent=unknown",
        _ => "data-link-domains='a.example.test, *.sister.test shop.other.test'",
    };
    let collector = &pages.collector;
    let path = uri.path();
    Html(format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>{path}</title>\
         <script async src='{collector}/waymark.js' data-key={KEY} {attributes}></script>\
         </head><body><h1>{path}</h1></body></html>"
    ))
    .into_response()
}
