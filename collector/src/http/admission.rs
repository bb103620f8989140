//! Whether what a request carries may be stored for a site: by the page's origin, or by a server key.

use axum::http::HeaderMap;
use axum::http::header::ORIGIN;

use super::directory::Listed;
use super::origin;
use crate::error::{ApiError, Code};

/// Whether a page's origin may send to a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Admission {
    /// It is in the list.
    Listed,
    /// There is no list, or no browser.
    Open,
    /// It is not in the list.
    Refused,
    /// No browser, and the site wants a server key from servers.
    KeyWanted,
}

/// Whether the site lists the request's origin. Who `has_server_key` of the site needs none.
///
/// # Errors
/// 403 `origin_not_allowed` and `server_key_required`; `how` says how a server key is told.
pub(super) fn admit(
    listed: &Listed,
    headers: &HeaderMap,
    has_server_key: bool,
    how: &str,
) -> Result<bool, ApiError> {
    match admission(listed, headers) {
        Admission::Listed => Ok(true),
        _ if has_server_key => Ok(false),
        Admission::Open => Ok(false),
        Admission::KeyWanted => Err(ApiError::new(
            Code::ServerKeyRequired,
            format!(
                "This site takes events from its pages and from servers with a server key: {how}"
            ),
        )
        .field("Authorization")),
        Admission::Refused => Err(ApiError::new(
            Code::OriginNotAllowed,
            "This page's origin is not among the site's allowed origins.",
        )),
    }
}

/// Every browser sends `Origin` with a POST, so who sends none is a server. The list keeps other people's pages
/// from sending with this key; it is no secret between servers, which can write any header they like. Who wants to
/// know its servers gives them keys.
fn admission(listed: &Listed, headers: &HeaderMap) -> Admission {
    let origin = headers.get(ORIGIN);
    if origin.is_none() && listed.site.server_key_required {
        return Admission::KeyWanted;
    }
    if listed.patterns.is_empty() {
        return Admission::Open;
    }
    match origin {
        None => Admission::Open,
        Some(value) => match value.to_str() {
            Ok(origin) if origin::is_listed(&listed.patterns, origin) => Admission::Listed,
            _ => Admission::Refused,
        },
    }
}
