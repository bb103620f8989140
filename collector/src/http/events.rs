//! `POST /v1/events`: the way in.
//!
//! Server key or client's rate → body → whether there is time for it → envelope → site → key's rate → origin → [`crate::ingest`], which answers after
//! the commit.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, ORIGIN, USER_AGENT};
use axum::http::{Extensions, HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use waymark_protocol::BatchAnswer;

use super::openapi::{self as wire, Batch, failures};
use super::{admission, body, caller, client, cors, renewal};
use crate::app::App;
use crate::clock;
use crate::credentials;
use crate::enrich::client_hints::ClientHints;
use crate::error::{ApiError, Code};
use crate::ingest::{IngestError, Protocol, Received, envelope};

const SEC_CH_UA: HeaderName = HeaderName::from_static("sec-ch-ua");
const SEC_CH_UA_MOBILE: HeaderName = HeaderName::from_static("sec-ch-ua-mobile");
const SEC_CH_UA_PLATFORM: HeaderName = HeaderName::from_static("sec-ch-ua-platform");

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
    let response = match ingest(&app, request, &mut listed).await {
        Ok((answer, cookies)) => (cookies, Json(answer)).into_response(),
        Err(error) => error.into_response(),
    };
    cors::marked(response, listed)
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
        sniff: false,
    };
    let body = body::read(headers, body, rules).await?;
    app.ingest().admits()?;
    let received = received(app, &parts.extensions, headers);
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
    let has_server_key = matches!(server, ServerKey::Known(_));
    let how = "Authorization: Bearer wsk_…";
    *listed = admission::admit(&site, headers, has_server_key, how)?;
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

/// What is known of a request beside its body.
pub(super) fn received(app: &App, extensions: &Extensions, headers: &HeaderMap) -> Received {
    // Every browser sends `Origin` with a POST. Who sends none is a server, and where that is says nothing of the visitor.
    let by_server = !headers.contains_key(ORIGIN);
    let address = client::address(app, extensions, headers).filter(|_| !by_server);
    Received {
        at_ms: clock::now(),
        protocol: Protocol::Waymark,
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
    }
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
