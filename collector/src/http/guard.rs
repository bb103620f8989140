//! The headers that tell browsers what an answer may not be used for.
//!
//! The dashboard and its API are for the collector's own pages alone; what sites load and send to (the script,
//! `/v1`) is for everybody's. On the latter nothing is said about the host as a whole, which may be the site's own.

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;

/// For pages: nothing inline and nothing from elsewhere, so that text stored by a stranger can never run.
pub(crate) const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";
/// For everything else, should it ever be shown as a page.
const NO_PAGE_POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const PERMISSIONS: &str = "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), \
    gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()";
const YEAR: &str = "max-age=31536000";

pub(crate) const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Adds them to every answer. What is there already stays: pages bring their own policy, and shared files say so.
pub(crate) async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let taken_in = request.uri().path().starts_with("/v1/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let shared = taken_in || headers.contains_key(CORP);
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
        (X_FRAME_OPTIONS, "DENY"),
        (COOP, "same-origin"),
        (PERMISSIONS_POLICY, PERMISSIONS),
        (CONTENT_SECURITY_POLICY, NO_PAGE_POLICY),
        (
            CORP,
            if taken_in {
                "cross-origin"
            } else {
                "same-origin"
            },
        ),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if app.is_https() && !shared {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(YEAR));
    }
    response
}
