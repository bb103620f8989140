//! `POST /v1/events`: the way in.
//!
//! Body → envelope → site → origin → [`crate::ingest`], which answers after the commit.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ORIGIN, USER_AGENT};
use axum::response::{IntoResponse, Response};
use waymark_protocol::BatchAnswer;

use super::cors::OriginListed;
use super::directory::Listed;
use super::{body, origin};
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::ingest::{IngestError, Received, envelope};

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
pub(crate) async fn take(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    let mut listed = false;
    let mut response = match ingest(&app, &headers, body, &mut listed).await {
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
    headers: &HeaderMap,
    body: Body,
    listed: &mut bool,
) -> Result<BatchAnswer, ApiError> {
    let body = body::read(headers, body, app.body_limit()).await?;
    let received = Received {
        at_ms: clock::now(),
        user_agent: headers
            .get(USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
        ip: None,
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
