//! The network between a site's pages and its collector: as bad as a test wants it, and with a memory of what passed.
//!
//! A site that serves the SDK itself takes the batches on its own origin and passes them on, as an owner's reverse proxy
//! does. What becomes of each is said by a rule.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::support::flaky::broken;

/// What becomes of one batch.
#[derive(Debug)]
pub enum Fate {
    /// The collector gets it, and its answer arrives.
    Through,
    /// The same, so much later.
    Late(Duration),
    /// The collector never gets it, and the page has no answer.
    LostBefore,
    /// The collector gets it, and the page has no answer.
    LostAfter,
    /// Somebody between answers in the collector's place.
    Answered(u16, Option<u32>, String),
}

/// A batch that a page has sent.
#[derive(Clone)]
pub struct Sent {
    /// When it arrived here.
    pub at: Instant,
    /// Of the whole body.
    pub bytes: usize,
    /// What it says.
    pub batch: Value,
}

impl Sent {
    /// The names of its events, in order.
    pub fn names(&self) -> Vec<&str> {
        names(&self.batch)
    }
}

/// The names of a batch's events, in order.
pub fn names(batch: &Value) -> Vec<&str> {
    let items = batch["items"].as_array().into_iter().flatten();
    items
        .filter_map(|item| item["data"]["name"].as_str())
        .collect()
}

type Rule = Box<dyn FnMut(&Value) -> Fate + Send>;

/// The network of one site.
pub struct Network {
    collector: String,
    client: reqwest::Client,
    rule: Mutex<Rule>,
    sent: Mutex<Vec<Sent>>,
}

impl Network {
    /// A good one to the collector at this origin.
    pub fn to(collector: &str) -> Self {
        Self {
            collector: collector.to_owned(),
            client: reqwest::Client::new(),
            rule: Mutex::new(Box::new(|_| Fate::Through)),
            sent: Mutex::new(Vec::new()),
        }
    }

    /// From now on this says what becomes of a batch.
    pub fn set(&self, rule: impl FnMut(&Value) -> Fate + Send + 'static) {
        *self.rule.lock().expect("a rule that has not panicked") = Box::new(rule);
    }

    /// What pages have sent so far, whatever became of it.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().expect("the list").clone()
    }

    /// Carries one batch.
    pub async fn carry(&self, headers: HeaderMap, body: Bytes) -> Response {
        let batch: Value = serde_json::from_slice(&body).expect("the SDK sends JSON");
        let fate = (self.rule.lock().expect("a rule that has not panicked"))(&batch);
        self.sent.lock().expect("the list").push(Sent {
            at: Instant::now(),
            bytes: body.len(),
            batch,
        });
        match fate {
            Fate::Through => self.pass_on(&headers, body).await,
            Fate::Late(by) => {
                tokio::time::sleep(by).await;
                self.pass_on(&headers, body).await
            }
            Fate::LostBefore => broken(),
            Fate::LostAfter => {
                self.pass_on(&headers, body).await;
                broken()
            }
            Fate::Answered(status, retry_after, body) => {
                let status = StatusCode::from_u16(status).expect("a status");
                let mut response = (status, body).into_response();
                if let Some(seconds) = retry_after {
                    response
                        .headers_mut()
                        .insert(header::RETRY_AFTER, seconds.into());
                }
                response
            }
        }
    }

    async fn pass_on(&self, headers: &HeaderMap, body: Bytes) -> Response {
        let mut request = self
            .client
            .post(format!("{}/v1/events", self.collector))
            .body(body);
        for name in [
            header::ORIGIN,
            header::USER_AGENT,
            header::COOKIE,
            header::CONTENT_TYPE,
        ] {
            if let Some(value) = headers.get(&name) {
                request = request.header(name, value);
            }
        }
        let Ok(answer) = request.send().await else {
            return StatusCode::BAD_GATEWAY.into_response();
        };
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut response = match answer.bytes().await {
            Ok(body) => (status, body).into_response(),
            Err(_) => return StatusCode::BAD_GATEWAY.into_response(),
        };
        for name in [
            header::CONTENT_TYPE,
            header::RETRY_AFTER,
            header::SET_COOKIE,
        ] {
            if let Some(value) = headers.get(&name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        response
    }
}
