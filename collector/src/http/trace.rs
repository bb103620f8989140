//! A request's id and its span in the log.
//!
//! The span names the method, the route's pattern and the id; never the path as sent, the query, an address or a
//! header, because those carry personal data. The id goes back in `X-Request-Id`, so that who reports a failure
//! can name the lines.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

/// The answer's header with the request's id.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Runs the request in its span.
pub(crate) async fn span(request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().simple().to_string();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(other)", MatchedPath::as_str);
    // At the error level, so that a filter for errors alone still says to which request they belong.
    let span = tracing::error_span!("request", %id, method = %request.method(), route);
    let started = Instant::now();
    let mut response = async {
        let response = next.run(request).await;
        tracing::debug!(
            status = response.status().as_u16(),
            duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            "answered"
        );
        response
    }
    .instrument(span)
    .await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}
