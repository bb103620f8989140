//! `/api/v1/exports/…`: items, sessions and journeys as a file, of any size ([`crate::export`]).

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use futures_util::{Stream, StreamExt};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;

use super::caller::Caller;
use super::input::{self, Query};
use super::openapi::failures;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::export::{Days, Export, ExportError, Format, Walk, What};
use crate::store::Bots;
use crate::store::audit::By;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    site: Option<i64>,
    /// The first day; without it, from the beginning.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; without it, until now.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    #[serde(default, deserialize_with = "input::parsed")]
    format: Option<Format>,
    #[serde(default, deserialize_with = "input::parsed")]
    bots: Option<Bots>,
}

/// `GET /api/v1/exports/events`
#[utoipa::path(get, path = "/api/v1/exports/events", tag = "exports", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, description = "Items, the earliest first", content((String = "text/csv"), (String = "application/x-ndjson"), (String = "application/vnd.apache.parquet"))), failures::Asking))]
pub(crate) async fn events(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Response, ApiError> {
    given_out(app, caller, What::Events, params).await
}

/// `GET /api/v1/exports/sessions`
#[utoipa::path(get, path = "/api/v1/exports/sessions", tag = "exports", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, description = "Sessions by their beginning, the earliest first", content((String = "text/csv"), (String = "application/x-ndjson"), (String = "application/vnd.apache.parquet"))), failures::Asking))]
pub(crate) async fn sessions(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Response, ApiError> {
    given_out(app, caller, What::Sessions, params).await
}

/// `GET /api/v1/exports/journeys`
#[utoipa::path(get, path = "/api/v1/exports/journeys", tag = "exports", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, description = "Journeys of visitors that were last seen within the days, the one that was not seen for longest first", content((String = "text/csv"), (String = "application/x-ndjson"), (String = "application/vnd.apache.parquet"))), failures::Asking))]
pub(crate) async fn journeys(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Response, ApiError> {
    given_out(app, caller, What::Journeys, params).await
}

async fn given_out(
    app: App,
    caller: Caller,
    what: What,
    params: Params,
) -> Result<Response, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let export = Export {
        site_id: site.id,
        what,
        days: Days {
            from: params.from,
            to: params.to,
        },
        bots: params.bots.unwrap_or_default(),
        format: params.format.unwrap_or_default(),
    };
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    let walk = export.begin(app.store(), &site, by).await?;
    let mut response = Response::new(Body::from_stream(bytes(walk)));
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_static(export.format.media_type());
    headers.insert(CONTENT_TYPE, media_type);
    let name = format!("attachment; filename=\"{}\"", export.file_name());
    let name = HeaderValue::try_from(name).map_err(ApiError::internal)?;
    headers.insert(CONTENT_DISPOSITION, name);
    Ok(response)
}

impl From<ExportError> for ApiError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => error.into(),
            ExportError::Days(unfit) => {
                let message = format!("The parameter {unfit}.");
                Self::new(Code::InvalidParameter, message).field(unfit.field)
            }
            other => Self::internal(other),
        }
    }
}

/// The walk as a body, which goes on when some of it was taken and ends where nobody takes it. A failure cuts the answer off, so
/// that it is not taken for a whole one.
fn bytes(walk: Walk) -> impl Stream<Item = Result<Bytes, ExportError>> {
    futures_util::stream::unfold(Some(walk), |walk| async {
        let mut walk = walk?;
        match walk.next().await {
            Ok(bytes) => bytes.map(|bytes| (Ok(Bytes::from(bytes)), Some(walk))),
            Err(error) => {
                tracing::error!(%error, rows = walk.rows(), "an export was cut off");
                Some((Err(error), None))
            }
        }
    })
    // What compresses answers asks once more at the end.
    .fuse()
}
