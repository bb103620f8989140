//! The Segment HTTP API: `POST /v1/batch` and its relatives, for clients that are there already.
//!
//! Key or client's rate → body → messages → site → key's rate → origin → [`crate::ingest`], which answers after the
//! commit. The key stands where these clients put it: as the user name of Basic authentication, or as `writeKey` in the
//! body. It is the site's write key, or a server key, which is a secret: only who has one is believed about the address
//! and the browser of somebody else.
//!
//! An answer is for the whole request, as these clients know it: success means that everything in it has an outcome for
//! good. What has to be tried again is a 503, after which they send all of it again, and what was stored stays stored once.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, ORIGIN};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;
use waymark_protocol::Status;

use super::directory::Listed;
use super::openapi::{Messages, failures};
use super::{admission, body, caller, client, cors, events};
use crate::app::App;
use crate::clock;
use crate::credentials;
use crate::error::{ApiError, Code};
use crate::ingest::segment::{self, Call, Located};
use crate::ingest::{IngestError, Protocol, Received};

/// How server keys begin.
const SERVER_KEY: &str = "wsk_";

/// The answer that these clients wait for.
#[derive(Serialize, ToSchema)]
pub(crate) struct Success {
    success: bool,
}

/// Who sends.
struct Sender {
    site: Arc<Listed>,
    has_server_key: bool,
}

/// A handler for each call, described as a route of its own.
macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident $path:literal $call:ident,)*) => {$(
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "sending", security((), ("write_key" = [])), request_body(content = Messages, description = "Of any content type, gzip or not, whatever the headers say"), responses((status = 200, body = Success), failures::Sending))]
        pub(crate) async fn $name(State(app): State<App>, request: Request) -> Response {
            take(&app, request, Call::$call).await
        }
    )*};
}

calls! {
    /// Takes messages of Segment's API, any number of any type.
    batch "/v1/batch" Batch,
    /// Takes messages of Segment's API, as `/v1/batch` does.
    import "/v1/import" Batch,
    /// Takes one message of Segment's API: something happened.
    track "/v1/track" Track,
    /// Takes one message of Segment's API: who somebody is.
    identify "/v1/identify" Identify,
    /// Takes one message of Segment's API: a page was shown.
    page "/v1/page" Page,
    /// Takes one message of Segment's API: a screen was shown.
    screen "/v1/screen" Screen,
    /// Takes one message of Segment's API: somebody belongs to an account.
    group "/v1/group" Group,
    /// Takes one message of Segment's API: two ids are one user.
    alias "/v1/alias" Alias,
}

async fn take(app: &App, request: Request, call: Call) -> Response {
    let mut listed = false;
    let response = match ingest(app, request, call, &mut listed).await {
        Ok(()) => Json(Success { success: true }).into_response(),
        Err(error) => error.into_response(),
    };
    cors::marked(response, listed)
}

async fn ingest(
    app: &App,
    request: Request,
    call: Call,
    listed: &mut bool,
) -> Result<(), ApiError> {
    let (parts, body) = request.into_parts();
    let headers = &parts.headers;
    let sender = match credential(headers) {
        Some(key) => find(app, &key).await?.ok_or(Some("Authorization")),
        None => Err(None),
    };
    // A server sends for everybody from one address; its key's rate is enough.
    if !matches!(&sender, Ok(sender) if sender.has_server_key) {
        client::check_rate(app, &parts.extensions, headers)?;
    }
    if let Err(Some(field)) = sender {
        return Err(wrong_key(field));
    }
    let rules = body::Rules {
        limit: app.body_limit(),
        patience: app.body_timeout(),
        budget: app.bodies(),
        sniff: true,
    };
    let body = body::read(headers, body, rules).await?;
    app.ingest().admits()?;
    let batch = segment::read(call, &body).map_err(IngestError::from)?;
    let sender = match (sender, &batch.write_key) {
        (Ok(sender), _) => sender,
        (Err(_), Some(key)) => find(app, key).await?.ok_or_else(|| wrong_key("writeKey"))?,
        (Err(_), None) => return Err(no_key()),
    };
    let site = &sender.site.site;
    app.key_rate()
        .take(site.id)
        .map_err(|wait| ApiError::rate_limited("with this write key", wait))?;
    let how = "give it as the write key.";
    *listed = admission::admit(&sender.site, headers, sender.has_server_key, how)?;
    let stages = app.store().stages(site.id);
    let items = {
        let locate = |address: IpAddr| located(app, address);
        let request = segment::Request {
            stages: &stages,
            received: received(app, &parts.extensions, headers),
            locate: sender
                .has_server_key
                .then_some(&locate as &dyn Fn(IpAddr) -> Located),
        };
        batch.parts(site, &request)
    };
    let lines = app.ingest().submit_parts(site, &items).await?;
    if lines.iter().any(|line| line.status == Status::Retry) {
        return Err(ApiError::new(
            Code::StoreUnavailable,
            "The database does not answer. Send all of this again in a moment.",
        )
        .retry_after(Duration::from_secs(2)));
    }
    Ok(())
}

/// The key in `Authorization`: the user name of Basic authentication, whatever its password, or a bearer token.
fn credential(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?;
    if let Some(token) = caller::bearer(value) {
        return Some(token.to_owned());
    }
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    // What cannot be read is a wrong key, and not none.
    let pair = STANDARD.decode(encoded.trim()).unwrap_or_default();
    let pair = String::from_utf8(pair).unwrap_or_default();
    let user = pair.split(':').next().unwrap_or_default();
    Some(user.to_owned())
}

/// Whose key this is.
async fn find(app: &App, key: &str) -> Result<Option<Sender>, ApiError> {
    let directory = app.directory();
    let has_server_key = key.starts_with(SERVER_KEY);
    let site = if has_server_key {
        directory.of_server_key(&credentials::digest(key)).await?
    } else {
        directory.find(key).await?
    };
    Ok(site.map(|site| Sender {
        site,
        has_server_key,
    }))
}

fn wrong_key(field: &str) -> ApiError {
    ApiError::new(
        Code::UnknownKey,
        "No site has this write key or server key.",
    )
    .field(field)
}

fn no_key() -> ApiError {
    ApiError::new(
        Code::UnknownKey,
        "Say the site's write key, as the user name of Basic authentication or as writeKey in the body.",
    )
    .field("writeKey")
}

/// What the request itself tells. A browser's is the visitor's; who sends no `Origin` is a server or an app, of which
/// neither the address nor the library's name says anything of whom it sends for.
fn received(app: &App, extensions: &axum::http::Extensions, headers: &HeaderMap) -> Received {
    let received = if headers.contains_key(ORIGIN) {
        events::received(app, extensions, headers)
    } else {
        Received {
            at_ms: clock::now(),
            by_server: true,
            ..Received::default()
        }
    };
    Received {
        protocol: Protocol::Segment,
        ..received
    }
}

fn located(app: &App, address: IpAddr) -> Located {
    let kept = app.kept_address().of(address);
    (
        app.geo().locate(address),
        kept.map(|address| address.to_string()),
    )
}
