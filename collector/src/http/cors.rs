//! What lets pages of other origins read the answers to their batches.
//!
//! Every answer names the page's origin, errors too: the script in the page has to see that the key is wrong or
//! the queue full, and there is nothing private in an answer. Credentials are allowed only to an origin that a site
//! lists by name. Whether a batch is taken is not decided here.

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN,
    VARY,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;

/// Left in an answer's extensions by a handler that found the page's origin in the site's list.
#[derive(Debug, Clone, Copy)]
struct OriginListed;

/// An answer to a page whose origin the site lists, or does not.
pub(super) fn marked(mut response: Response, listed: bool) -> Response {
    if listed {
        response.extensions_mut().insert(OriginListed);
    }
    response
}

/// Adds the headers to an answer.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN).cloned();
    let mut response = next.run(request).await;
    let listed = response.extensions().get::<OriginListed>().is_some();
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("Retry-After, X-Request-Id"),
        );
        if listed {
            headers.insert(
                ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
    }
    response
}

/// Answers the question a browser asks first. Which site it is about is not said in it.
pub(crate) async fn preflight(State(app): State<App>, headers: axum::http::HeaderMap) -> Response {
    let response = (
        StatusCode::NO_CONTENT,
        [
            (ACCESS_CONTROL_ALLOW_METHODS, "POST"),
            (
                ACCESS_CONTROL_ALLOW_HEADERS,
                "Content-Type, Content-Encoding",
            ),
            (ACCESS_CONTROL_MAX_AGE, "86400"),
        ],
    )
        .into_response();
    let listed = match headers.get(ORIGIN).and_then(|value| value.to_str().ok()) {
        Some(origin) => app.directory().lists(origin).await,
        None => false,
    };
    marked(response, listed)
}
