//! A request's id and its span in the log.
//!
//! The span names the method, the route's pattern and the id; never the path as sent, the query, an address or a
//! header, because those carry personal data. The id is the one that a proxy gave in `X-Request-Id`, if it is one that
//! may stand in a log, or a new one. It goes back in the same header, so that who reports a failure can name the lines.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

use crate::app::App;

/// The header with the request's id.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of an id that somebody else made.
const ID_CHARS: std::ops::RangeInclusive<usize> = 8..=64;

/// Runs the request in its span.
pub(crate) async fn span(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(X_REQUEST_ID)
        .and_then(given)
        .map_or_else(|| Uuid::now_v7().simple().to_string(), str::to_owned);
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("(other)", MatchedPath::as_str);
    // At the error level, so that a filter for errors alone still says to which request they belong.
    let span = tracing::error_span!("request", %id, %method, route);
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
    app.requests()
        .answered(&method, route, response.status(), started.elapsed());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

/// An id that reads as one: it cannot break a line of the log, and an address or a name does not fit.
fn given(value: &HeaderValue) -> Option<&str> {
    let id = value.to_str().ok()?;
    let good = ID_CHARS.contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    good.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reads_as_an_id_is_taken() {
        let given =
            |text: &str| given(&HeaderValue::from_bytes(text.as_bytes()).unwrap()).is_some();
        assert!(given("0197556070007000"));
        assert!(given("a1b2-c3_d4.e5"));
        for bad in [
            "",
            "short",
            "a b c d e f",
            "bob@mail.example",
            "x\"}{\"y\":1",
            "é1234567",
        ] {
            assert!(!given(bad), "{bad}");
        }
        assert!(!given(&"a".repeat(65)));
    }
}
