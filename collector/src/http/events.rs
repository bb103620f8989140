//! `POST /v1/events`: the way in.
//!
//! Server key or client's rate → body → envelope → site → key's rate → origin → [`crate::ingest`], which answers after
//! the commit.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, ORIGIN, USER_AGENT};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use waymark_protocol::BatchAnswer;

use super::cors::OriginListed;
use super::directory::Listed;
use super::openapi::{self as wire, Batch, failures};
use super::{body, caller, client, origin, renewal};
use crate::app::App;
use crate::clock;
use crate::credentials;
use crate::enrich::client_hints::ClientHints;
use crate::error::{ApiError, Code};
use crate::ingest::{IngestError, Received, envelope};

const SEC_CH_UA: HeaderName = HeaderName::from_static("sec-ch-ua");
const SEC_CH_UA_MOBILE: HeaderName = HeaderName::from_static("sec-ch-ua-mobile");
const SEC_CH_UA_PLATFORM: HeaderName = HeaderName::from_static("sec-ch-ua-platform");

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

/// What `Authorization` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServerKey {
    /// No bearer token.
    None,
    /// A server key of the site with this id.
    Known(i64),
    /// A bearer token that is no server key.
    Unknown,
}

/// Takes a batch.
#[utoipa::path(post, path = "/v1/events", tag = "sending", security((), ("server_key" = [])), request_body(content = Batch, description = "Of any content type; browsers send text/plain"), responses((status = 200, body = wire::BatchAnswer), failures::Sending))]
pub(crate) async fn take(State(app): State<App>, request: Request) -> Response {
    let mut listed = false;
    let mut response = match ingest(&app, request, &mut listed).await {
        Ok((answer, cookies)) => (cookies, Json(answer)).into_response(),
        Err(error) => error.into_response(),
    };
    if listed {
        response.extensions_mut().insert(OriginListed);
    }
    response
}

/// The answer, and the headers that renew cookies.
async fn ingest(
    app: &App,
    request: Request,
    listed: &mut bool,
) -> Result<(BatchAnswer, HeaderMap), ApiError> {
    let (parts, body) = request.into_parts();
    let headers = &parts.headers;
    let server = server_key(app, headers).await?;
    // A server sends for everybody from one address; its key's rate is enough.
    match server {
        ServerKey::Known(_) => {}
        ServerKey::None => client::check_rate(app, &parts.extensions, headers)?,
        ServerKey::Unknown => {
            client::check_rate(app, &parts.extensions, headers)?;
            return Err(wrong_server_key());
        }
    }
    let rules = body::Rules {
        limit: app.body_limit(),
        patience: app.body_timeout(),
        budget: app.bodies(),
    };
    let body = body::read(headers, body, rules).await?;
    // Every browser sends `Origin` with a POST. Who sends none is a server, and where that is says nothing of the visitor.
    let by_server = !headers.contains_key(ORIGIN);
    let address = client::address(app, &parts.extensions, headers).filter(|_| !by_server);
    let received = Received {
        at_ms: clock::now(),
        by_server,
        user_agent: text(headers, &USER_AGENT),
        hints: ClientHints {
            brands: text(headers, &SEC_CH_UA),
            mobile: text(headers, &SEC_CH_UA_MOBILE),
            platform: text(headers, &SEC_CH_UA_PLATFORM),
        },
        place: address
            .map(|address| app.geo().locate(address))
            .unwrap_or_default(),
        ip: address
            .and_then(|address| app.kept_address().of(address))
            .map(|address| address.to_string()),
    };
    let envelope = envelope::read(&body).map_err(IngestError::from)?;
    let site = app.directory().find(&envelope.key).await?.ok_or_else(|| {
        ApiError::new(Code::UnknownKey, "No site has this write key.").field("key")
    })?;
    if matches!(server, ServerKey::Known(id) if id != site.site.id) {
        return Err(wrong_server_key());
    }
    app.key_rate()
        .take(site.site.id)
        .map_err(|wait| ApiError::rate_limited("with this write key", wait))?;
    match admission(&site, headers) {
        Admission::Listed => *listed = true,
        _ if matches!(server, ServerKey::Known(_)) => {}
        Admission::Open => {}
        Admission::KeyWanted => {
            return Err(ApiError::new(
                Code::ServerKeyRequired,
                "This site takes events from its pages and from servers with a server key: \
                 Authorization: Bearer wsk_…",
            )
            .field("Authorization"));
        }
        Admission::Refused => {
            return Err(ApiError::new(
                Code::OriginNotAllowed,
                "This page's origin is not among the site's allowed origins.",
            ));
        }
    }
    let answer = app
        .ingest()
        .submit(&site.site, &envelope, &received)
        .await?;
    let mut cookies = HeaderMap::new();
    let from_https = headers
        .get(ORIGIN)
        .is_some_and(|origin| origin.as_bytes().starts_with(b"https:"));
    let secure = app.is_https() || from_https;
    renewal::renew(&site.site, secure, headers, &mut cookies);
    Ok((answer, cookies))
}

/// Decided before the body is read.
async fn server_key(app: &App, headers: &HeaderMap) -> Result<ServerKey, ApiError> {
    let Some(secret) = headers.get(AUTHORIZATION).and_then(caller::bearer) else {
        return Ok(ServerKey::None);
    };
    let digest = credentials::digest(secret);
    Ok(match app.directory().server_key(&digest).await? {
        Some(site) => ServerKey::Known(site),
        None => ServerKey::Unknown,
    })
}

fn wrong_server_key() -> ApiError {
    ApiError::new(Code::UnknownKey, "The site has no such server key.").field("Authorization")
}

/// A header, where it is readable text.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
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
