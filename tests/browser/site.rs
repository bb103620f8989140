//! A customer's site: pages served on an origin of their own, with the script tag that their owner put in.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::chromium::Prelude;
use super::drivers::Engine;
use super::network::Network;

/// What a page gets in place of these words: the collector's origin and the site's write key.
const ORIGIN: &str = "{{WAYMARK_ORIGIN}}";
const KEY: &str = "{{WAYMARK_KEY}}";

/// A running site.
pub struct Site {
    address: SocketAddr,
    state: Arc<Content>,
    server: JoinHandle<()>,
}

struct Content {
    pages: HashMap<&'static str, String>,
    fill: Vec<(&'static str, String)>,
    delay_engine_ms: AtomicU64,
    prelude: Mutex<Prelude>,
    policy: Mutex<Option<String>>,
    network: Network,
}

/// A site that has been given an address but no content yet: its origin is needed to register it at a collector.
pub struct Address(TcpListener);

impl Address {
    /// Takes a free port on loopback.
    pub async fn take() -> Self {
        Self(
            TcpListener::bind("127.0.0.1:0")
                .await
                .expect("a port for the site"),
        )
    }

    /// The origin that pages of this site will have.
    pub fn origin(&self) -> String {
        let port = self.0.local_addr().expect("the site's address").port();
        format!("http://localhost:{port}")
    }

    /// Leaves the port to a server of the site's own.
    pub fn into_port(self) -> u16 {
        self.0.local_addr().expect("the site's address").port()
    }

    /// Serves `pages` (path without the leading slash → HTML), and the project's demo site for every other path.
    pub fn serve(
        self,
        pages: impl IntoIterator<Item = (&'static str, String)>,
        collector: &str,
        key: &str,
    ) -> Site {
        let address = self.0.local_addr().expect("the site's address");
        let state = Arc::new(Content {
            pages: pages.into_iter().collect(),
            fill: vec![(ORIGIN, collector.to_owned()), (KEY, key.to_owned())],
            delay_engine_ms: AtomicU64::new(0),
            prelude: Mutex::default(),
            policy: Mutex::new(match Engine::asked_for() {
                Engine::Wasm => None,
                // Everything that the pages of the tests have but WebAssembly.
                Engine::Js => {
                    Some("script-src 'self' 'unsafe-inline' http://localhost:*".to_owned())
                }
            }),
            network: Network::to(collector),
        });
        let routes = Router::new()
            .route("/sdk/{file}", get(sdk_file))
            .route("/v1/events", post(events))
            .fallback(get(page))
            .with_state(state.clone());
        let server = tokio::spawn(async move {
            axum::serve(self.0, routes).await.expect("the site serves");
        });
        Site {
            address,
            state,
            server,
        }
    }
}

impl Site {
    /// The full URL of `path`, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.address.port())
    }

    /// Pages begin with this from now on.
    pub fn begin_pages_with(&self, prelude: Prelude) {
        *self.state.prelude.lock().expect("a site that serves") = prelude;
    }

    /// Pages have this content security policy from now on.
    pub fn set_policy(&self, policy: &str) {
        *self.state.policy.lock().expect("a site that serves") = Some(policy.to_owned());
    }

    /// What is between this site's own pages and the collector, for [`page_with_own_sdk`].
    pub fn network(&self) -> &Network {
        &self.state.network
    }

    /// From now on the module that this site serves itself, or the one that stands in for it, comes this much later.
    pub fn delay_engine(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).expect("a short delay");
        self.state.delay_engine_ms.store(ms, Ordering::SeqCst);
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A page with the usual script tag in its head, extended by `attributes`, and `body`.
pub fn page_with_sdk(title: &str, attributes: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title>\
         <script async src=\"{ORIGIN}/waymark.js\" data-key=\"{KEY}\" {attributes}></script>\
         </head><body><h1>{title}</h1>{body}</body></html>"
    )
}

/// The same, from a site that serves the SDK itself and takes the batches on its own origin.
pub fn page_with_own_sdk(title: &str, attributes: &str, body: &str) -> String {
    page_with_sdk(title, attributes, body)
        .replace(&format!("{ORIGIN}/waymark.js"), "/sdk/waymark.js")
}

async fn events(State(content): State<Arc<Content>>, headers: HeaderMap, body: Bytes) -> Response {
    content.network.carry(headers, body).await
}

async fn page(State(content): State<Arc<Content>>, uri: axum::http::Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    match content.pages.get(path) {
        Some(html) => content.page(html),
        None if path.is_empty() => serve_file(&content, "js-wrapper/demo", "index.html").await,
        None => serve_file(&content, "js-wrapper/demo", path).await,
    }
}

/// The SDK's own files, for sites that serve them themselves.
async fn sdk_file(State(content): State<Arc<Content>>, Path(file): Path<String>) -> Response {
    if file.ends_with(".wasm") || file.starts_with("fallback.") {
        let ms = content.delay_engine_ms.load(Ordering::SeqCst);
        if ms > 0 {
            let whole = serve_file(&content, "js-wrapper/dist", &file).await;
            return later(whole, Duration::from_millis(ms));
        }
    }
    serve_file(&content, "js-wrapper/dist", &file).await
}

/// The response, whose body comes this much later. Its head comes at once and says that it is not to be stored: a browser
/// lets a second request for the same URL wait until it knows that of the first.
fn later(whole: Response, by: Duration) -> Response {
    let (mut head, body) = whole.into_parts();
    head.headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    let held = futures_util::stream::once(async move {
        tokio::time::sleep(by).await;
        axum::body::to_bytes(body, usize::MAX).await
    });
    Response::from_parts(head, Body::from_stream(held))
}

async fn serve_file(content: &Content, folder: &str, file: &str) -> Response {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(folder)
        .join(file);
    let Ok(bytes) = tokio::fs::read(&path).await else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = match path.extension().and_then(|e| e.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    if kind.starts_with("text/html") {
        return content.page(&String::from_utf8_lossy(&bytes));
    }
    ([(header::CONTENT_TYPE, kind)], Body::from(bytes)).into_response()
}

impl Content {
    /// A page as it is sent.
    fn page(&self, html: &str) -> Response {
        let prelude = self.prelude.lock().expect("a site that serves").clone();
        let prelude = prelude.lock().expect("a browser that works").clone();
        let html = self.filled(html);
        let at = html.find('>').map_or(0, |end| end + 1);
        let (doctype, rest) = html.split_at(at);
        let mut response = Html(format!("{doctype}{prelude}{rest}")).into_response();
        let policy = self.policy.lock().expect("a site that serves").clone();
        if let Some(policy) = policy {
            let policy = policy.parse().expect("a policy that fits into a header");
            response
                .headers_mut()
                .insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }

    fn filled(&self, text: &str) -> String {
        self.fill
            .iter()
            .fold(text.to_owned(), |text, (word, value)| {
                text.replace(word, value)
            })
    }
}
