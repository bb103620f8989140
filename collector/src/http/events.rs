//! `POST /v1/events`: the way in.
//!
//! Body → envelope → site → origin → [`crate::ingest`], which answers after the commit.

use std::net::SocketAddr;

use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{ORIGIN, USER_AGENT};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use waymark_protocol::BatchAnswer;

use super::cors::OriginListed;
use super::directory::Listed;
use super::{body, origin};
use crate::app::App;
use crate::clock;
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
}

/// Takes a batch.
pub(crate) async fn take(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let mut listed = false;
    let mut response = match ingest(&app, peer, &headers, body, &mut listed).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => error.into_response(),
    };
    if listed {
        response.extensions_mut().insert(OriginListed);
    }
    response
}

async fn ingest(
    app: &App,
    peer: SocketAddr,
    headers: &HeaderMap,
    body: Body,
    listed: &mut bool,
) -> Result<BatchAnswer, ApiError> {
    let body = body::read(headers, body, app.body_limit()).await?;
    // Every browser sends `Origin` with a POST. Who sends none is a server, and where that is says nothing of the visitor.
    let by_server = !headers.contains_key(ORIGIN);
    let address = app.proxies().client(peer, headers).filter(|_| !by_server);
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
    match admission(&site, headers) {
        Admission::Listed => *listed = true,
        Admission::Open => {}
        Admission::Refused => {
            return Err(ApiError::new(
                Code::OriginNotAllowed,
                "This page's origin is not among the site's allowed origins.",
            ));
        }
    }
    Ok(app
        .ingest()
        .submit(&site.site, &envelope, &received)
        .await?)
}

/// A header, where it is readable text.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

/// Every browser sends `Origin` with a POST, so who sends none is a server. The list keeps other people's pages
/// from sending with this key; it is no secret between servers, which can write any header they like.
fn admission(listed: &Listed, headers: &HeaderMap) -> Admission {
    if listed.patterns.is_empty() {
        return Admission::Open;
    }
    match headers.get(ORIGIN) {
        None => Admission::Open,
        Some(value) => match value.to_str() {
            Ok(origin) if origin::is_listed(&listed.patterns, origin) => Admission::Listed,
            _ => Admission::Refused,
        },
    }
}
