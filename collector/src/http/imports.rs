//! `/api/v1/sites/{id}/imports`: history from files, as `collector import` brings it in ([`crate::importing`]).

use axum::Json as Answer;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, FromRequestParts, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::{Stream, StreamExt};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::caller::Caller;
use super::input::{self, Id, Query};
use super::openapi::failures;
use super::serve::Arriving;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::importing::desk::{BeginError, Desk, ReceiveError, Receiving, Rejected};
use crate::importing::order::{Kind, Order};
use crate::importing::report::Telling;
use crate::importing::{self, Format, ImportError};
use crate::store::audit::By;
use crate::store::imports::{KeptImport, State as ImportState};

/// Letters of a file's name that are kept.
const NAME: usize = 200;
/// Bytes of a body that is too large which are read and thrown away: most clients look for an answer only when they have sent
/// everything.
const THROWN_AWAY: u64 = 64 * 1024 * 1024;
/// When it is worth to try again where others import.
const CROWDED: Duration = Duration::from_secs(30);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// What the file is: `sessions`, `ga4`, `umami` or `plausible`.
    #[serde(deserialize_with = "kind")]
    #[param(value_type = String)]
    kind: Kind,
    /// Whether nothing is stored, and only said what would be.
    dry_run: Option<bool>,
    /// What the file is called. Of sessions its end tells the format, and of Plausible's files what their sums are by.
    file: Option<String>,
    /// Of sessions: `csv` or `jsonl`, where the name does not tell.
    #[serde(default, deserialize_with = "format")]
    #[param(value_type = Option<String>)]
    format: Option<Format>,
    /// Of sessions as CSV: what stands between values, one ASCII character or `tab`.
    delimiter: Option<String>,
    /// Of sessions: which column says what, such as `visitor=cookie,started=first_hit`; an empty column for none.
    map: Option<String>,
    /// The zone of times that name none: an IANA name. UTC where nobody says.
    time_zone: Option<String>,
}

fn kind<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut kinds = Kind::ALL.into_iter();
    kinds
        .find(|kind| kind.as_str() == text)
        .ok_or_else(|| serde::de::Error::custom("has to be sessions, ga4, umami or plausible"))
}

fn format<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Format>, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "csv" => Ok(Some(Format::Csv)),
        "jsonl" => Ok(Some(Format::Jsonl)),
        _ => Err(serde::de::Error::custom("has to be csv or jsonl")),
    }
}

impl Params {
    fn order(self) -> Result<Order, ApiError> {
        let wrong = |field: &str, message: String| {
            let message = format!("The query parameter {field}: {message}.");
            Err(ApiError::new(Code::InvalidParameter, message).field(field))
        };
        let delimiter = match self.delimiter.as_deref().map(importing::delimiter) {
            None => ',',
            Some(Ok(delimiter)) => delimiter,
            Some(Err(message)) => return wrong("delimiter", message),
        };
        let file = self.file.map(|name| {
            // Browsers say the name alone, and others may say a path.
            let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
            name.chars()
                .filter(|c| !c.is_control())
                .take(NAME)
                .collect()
        });
        let map = self.map.unwrap_or_default();
        Ok(Order {
            kind: self.kind,
            dry_run: self.dry_run.unwrap_or_default(),
            file,
            format: self.format,
            delimiter,
            map: map.split(',').map(str::to_owned).collect(),
            zone: importing::zone(self.time_zone.as_deref().unwrap_or("UTC"))?,
        })
    }
}

/// An import, and what came of it until now.
#[derive(Serialize, ToSchema)]
#[schema(as = Import)]
pub(crate) struct Import {
    id: Uuid,
    /// What the file is.
    kind: String,
    /// Whether nothing is stored.
    dry_run: bool,
    /// What the file is called.
    file: Option<String>,
    /// Bytes of it that have come.
    bytes: i64,
    state: ImportState,
    report: Telling,
    /// Whether the rows that were not imported can be had from this collector.
    rejects_kept: bool,
    created_at: i64,
    /// By whom, as in the audit log.
    created_by: String,
    ended_at: Option<i64>,
}

impl Import {
    fn new(kept: KeptImport, site_id: i64, desk: &Desk) -> Self {
        Self {
            rejects_kept: desk.rejected(site_id, kept.id).is_some(),
            id: kept.id,
            kind: kept.kind,
            dry_run: kept.dry_run,
            file: kept.file,
            bytes: kept.bytes,
            state: kept.state,
            report: serde_json::from_str(&kept.report).unwrap_or_default(),
            created_at: kept.created_at,
            created_by: kept.created_by,
            ended_at: kept.ended_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Imports)]
pub(crate) struct Imports {
    /// The latest first.
    data: Vec<Import>,
    /// Bytes that a file may have.
    limit: u64,
}

/// The site and the import of a path.
pub(crate) struct Named(i64, Uuid);

impl FromRequestParts<App> for Named {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let (site, id) = input::two_ids(parts, app, "import").await?;
        Ok(Self(site, id))
    }
}

/// `GET /api/v1/sites/{id}/imports`
#[utoipa::path(get, path = "/api/v1/sites/{id}/imports", tag = "imports", security(("cookie" = [])), params(("id" = i64, Path)), responses((status = 200, body = Imports), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
) -> Result<Answer<Imports>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let kept = app.store().imports(site.id, clock::now()).await?;
    let desk = app.imports();
    let data = kept.into_iter();
    Ok(Answer(Imports {
        data: data.map(|kept| Import::new(kept, site.id, desk)).collect(),
        limit: desk.limit(),
    }))
}

/// `POST /api/v1/sites/{id}/imports`
#[utoipa::path(post, path = "/api/v1/sites/{id}/imports", tag = "imports", security(("cookie" = [])), params(("id" = i64, Path), Params), request_body(content = String, content_type = "application/octet-stream", description = "The file, plain or gzip"), responses((status = 202, body = Import, description = "The file is here, and its rows are being read"), failures::Importing))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    Query(params): Query<Params>,
    arriving: Option<Extension<Arriving>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Answer<Import>), ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let order = params.order()?;
    encoding(&headers)?;
    let desk = app.imports();
    let site_id = site.id;
    let receiving = desk.begin(site, order, &caller.actor()).await?;
    let arriving = arriving.map(|Extension(arriving)| arriving);
    let id = take(receiving, body, arriving, app.body_timeout()).await?;
    let kept = app.store().import(site_id, id, clock::now()).await?;
    let kept = kept.ok_or_else(ApiError::not_found)?;
    let import = Import::new(kept, site_id, desk);
    Ok((StatusCode::ACCEPTED, Answer(import)))
}

/// What is sent compressed is a compressed file.
fn encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    for value in headers.get_all(CONTENT_ENCODING) {
        let name = value.to_str().unwrap_or("?").to_ascii_lowercase();
        if !matches!(name.as_str(), "" | "identity" | "gzip" | "x-gzip") {
            let message = "Content-Encoding has to be gzip or identity, once.";
            return Err(ApiError::new(Code::UnsupportedEncoding, message).field("Content-Encoding"));
        }
    }
    Ok(())
}

/// Takes the file in, which may last: as long as some of it comes, nobody is late.
async fn take(
    mut receiving: Receiving,
    body: Body,
    arriving: Option<Arriving>,
    patience: Duration,
) -> Result<Uuid, ApiError> {
    let mut chunks = body.into_data_stream();
    loop {
        let chunk = tokio::time::timeout(patience, chunks.next())
            .await
            .map_err(|_| ApiError::late_body(patience))?;
        let Some(chunk) = chunk else {
            return Ok(receiving.start().await?);
        };
        let chunk = chunk.map_err(|_| {
            let message = "The file ended before it was complete.";
            ApiError::new(Code::InvalidField, message).field("body")
        })?;
        if let Some(arriving) = &arriving {
            arriving.goes_on();
        }
        if let Err(error) = receiving.take(chunk).await {
            drop(receiving);
            let mut thrown_away = 0;
            while thrown_away < THROWN_AWAY
                && let Ok(Some(Ok(chunk))) = tokio::time::timeout(patience, chunks.next()).await
            {
                thrown_away += chunk.len() as u64;
            }
            return Err(error.into());
        }
    }
}

/// `GET /api/v1/sites/{id}/imports/{import}`
#[utoipa::path(get, path = "/api/v1/sites/{id}/imports/{import}", tag = "imports", security(("cookie" = [])), params(("id" = i64, Path), ("import" = Uuid, Path)), responses((status = 200, body = Import), failures::Asking))]
pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Named(site, id): Named,
) -> Result<Answer<Import>, ApiError> {
    let site = caller.site(&app, Some(site)).await?;
    let kept = app.store().import(site.id, id, clock::now()).await?;
    let kept = kept.ok_or_else(ApiError::not_found)?;
    Ok(Answer(Import::new(kept, site.id, app.imports())))
}

/// `DELETE /api/v1/sites/{id}/imports/{import}`
#[utoipa::path(delete, path = "/api/v1/sites/{id}/imports/{import}", tag = "imports", security(("cookie" = [])), params(("id" = i64, Path), ("import" = Uuid, Path)), responses((status = 204, description = "One that goes on ends, and one that has ended is forgotten"), failures::Changing))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Named(site, id): Named,
) -> Result<StatusCode, ApiError> {
    let site = caller.site(&app, Some(site)).await?;
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    let store = app.store();
    if !store.cancel_or_forget_import(site.id, id, by).await? {
        return Err(ApiError::not_found());
    }
    app.imports().cancel(id);
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/sites/{id}/imports/{import}/rejects`
#[utoipa::path(get, path = "/api/v1/sites/{id}/imports/{import}/rejects", tag = "imports", security(("cookie" = [])), params(("id" = i64, Path), ("import" = Uuid, Path)), responses((status = 200, description = "The rows that were not imported, in the form in which they came", content((String = "text/csv"), (String = "application/x-ndjson"))), failures::Asking))]
pub(crate) async fn rejects(
    State(app): State<App>,
    caller: Caller,
    Named(site, id): Named,
) -> Result<Response, ApiError> {
    let site = caller.site(&app, Some(site)).await?;
    let rejected = app.imports().rejected(site.id, id);
    let rejected = rejected.ok_or_else(ApiError::not_found)?;
    let (media_type, name) = match rejected.format {
        Format::Csv => (
            "text/csv; charset=utf-8",
            "attachment; filename=\"rejects.csv\"",
        ),
        Format::Jsonl => (
            "application/x-ndjson",
            "attachment; filename=\"rejects.jsonl\"",
        ),
    };
    let mut response = Response::new(Body::from_stream(bytes(rejected)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(name));
    Ok(response)
}

fn bytes(rejected: Rejected) -> impl Stream<Item = std::io::Result<Bytes>> {
    futures_util::stream::unfold(Some((rejected, 0)), |state| async {
        let (rejected, at) = state?;
        match rejected.read(at).await {
            Ok(bytes) if bytes.is_empty() => None,
            Ok(bytes) => {
                let next = at + bytes.len() as u64;
                Some((Ok(Bytes::from(bytes)), Some((rejected, next))))
            }
            Err(error) => Some((Err(error), None)),
        }
    })
    // What compresses answers asks once more at the end.
    .fuse()
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Argument { field, message } => {
                Self::new(Code::InvalidParameter, message).field(field)
            }
            ImportError::Refused(message) => Self::new(Code::InvalidField, message).field("body"),
            ImportError::Store(error) => error.into(),
        }
    }
}

impl From<BeginError> for ApiError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Busy => Self::new(
                Code::ImportGoesOn,
                "An import of this site goes on. Wait for its end, or end it.",
            ),
            BeginError::Crowded => Self::new(
                Code::Overloaded,
                "The collector has enough imports to do. Try again when one has ended.",
            )
            .retry_after(CROWDED),
            BeginError::Unfit(error) => error.into(),
            BeginError::Store(error) => error.into(),
            error @ BeginError::Folder { .. } => no_room().detail(error),
        }
    }
}

fn no_room() -> ApiError {
    ApiError::new(
        Code::InsufficientSpace,
        "The collector has no room for the file in the folder that its setting import_folder names. Its log says more.",
    )
}

impl From<ReceiveError> for ApiError {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::TooLarge(limit) => Self::new(
                Code::BodyTooLarge,
                format!(
                    "The file is larger than {limit} bytes. Send it in parts or as gzip; whoever runs the collector can raise the setting import_limit."
                ),
            )
            .field("body")
            .limit(usize::try_from(limit).unwrap_or(usize::MAX)),
            ReceiveError::Unwanted => Self::new(
                Code::ImportEnded,
                "The import was ended before its file was here.",
            ),
            ReceiveError::Store(error) => error.into(),
            error @ ReceiveError::Disk(_) => no_room().detail(error),
        }
    }
}
