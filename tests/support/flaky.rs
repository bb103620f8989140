//! A network that lets nothing pass at the first try: what stands between a client and its collector, so that it has to
//! send again.
//!
//! Every body of messages is turned away once, then carried without its answer, then turned away by a rate limit, and only
//! then carried as it should be. Clients put messages together anew when they are told to wait, so a body has been tried
//! as often as the message in it that was tried least.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// Tries that a message needs.
pub(crate) const TRIES: usize = 4;

/// What became of one message so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Passage {
    /// How often it was sent.
    pub(crate) tries: usize,
    /// How often the collector had it.
    pub(crate) carried: usize,
}

struct Network {
    collector: String,
    client: reqwest::Client,
    messages: Mutex<HashMap<String, Passage>>,
}

/// It, on a port of its own, for as long as the test runs.
pub(crate) struct Flaky {
    /// Where it is, without a slash at the end.
    pub(crate) base: String,
    network: Arc<Network>,
}

impl Flaky {
    /// Before the collector at this origin.
    pub(crate) async fn before(collector: &str) -> Self {
        let network = Arc::new(Network {
            collector: collector.to_owned(),
            client: reqwest::Client::new(),
            messages: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .fallback(carry)
            .with_state(Arc::clone(&network));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, network }
    }

    /// What became of each message so far.
    pub(crate) fn passages(&self) -> Vec<Passage> {
        let messages = self.network.messages.lock().unwrap();
        messages.values().copied().collect()
    }
}

async fn carry(
    State(network): State<Arc<Network>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match network.tried(&ids(&body)) {
        1 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        2 => {
            let answer = network.pass_on(&uri, &headers, body).await;
            assert_eq!(answer.status(), StatusCode::OK);
            broken()
        }
        3 => (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")]).into_response(),
        _ => network.pass_on(&uri, &headers, body).await,
    }
}

fn ids(body: &[u8]) -> Vec<String> {
    let mut text = String::new();
    if body.starts_with(&[0x1f, 0x8b]) {
        let mut decoder = flate2::read::GzDecoder::new(body);
        decoder.read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(body.to_vec()).unwrap();
    }
    let body: Value = serde_json::from_str(&text).unwrap();
    let batch = body["batch"].as_array().unwrap();
    let id = |message: &Value| message["messageId"].as_str().unwrap().to_owned();
    batch.iter().map(id).collect()
}

impl Network {
    /// Counts a try of these messages, and says which it is.
    fn tried(&self, ids: &[String]) -> usize {
        let mut messages = self.messages.lock().unwrap();
        let tried = ids
            .iter()
            .map(|id| messages.entry(id.clone()).or_default().tries);
        let now = 1 + tried.min().unwrap_or_default();
        for id in ids {
            let message = messages.entry(id.clone()).or_default();
            message.tries += 1;
            message.carried += usize::from(now == 2 || now >= TRIES);
        }
        now
    }

    /// With every header but those that are between two ends alone.
    async fn pass_on(&self, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Response {
        const HOPS: [HeaderName; 4] = [
            header::HOST,
            header::CONNECTION,
            header::CONTENT_LENGTH,
            header::TRANSFER_ENCODING,
        ];
        let mut request = self.client.post(format!("{}{uri}", self.collector));
        for (name, value) in headers.iter().filter(|(name, _)| !HOPS.contains(name)) {
            request = request.header(name, value);
        }
        let answer = request.body(body).send().await.unwrap();
        let status = answer.status();
        let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
        let mut response = (status, answer.bytes().await.unwrap()).into_response();
        if let Some(kind) = kind {
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
        }
        response
    }
}

/// A connection that ends before an answer is complete.
pub(crate) fn broken() -> Response {
    let end = std::io::Error::other("the connection is gone");
    Body::from_stream(futures_util::stream::iter([Err::<Bytes, _>(end)])).into_response()
}
