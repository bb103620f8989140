//! Signs of life for whoever watches over the process.

use std::time::Duration;

use axum::extract::State;

use super::openapi::failures;
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::scale::Standing;

const PATIENCE: Duration = Duration::from_secs(2);

/// `GET /healthz`: the process lives.
#[utoipa::path(get, path = "/healthz", tag = "about", responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: what items are stored in answers, the queue has room, and the end is not near.
#[utoipa::path(get, path = "/readyz", tag = "about", responses((status = 200, body = String, content_type = "text/plain"), failures::Living))]
pub(crate) async fn ready(State(app): State<App>) -> Result<&'static str, ApiError> {
    if app.stopping().is_cancelled() {
        return Err(ApiError::shutting_down());
    }
    if !app.ingest().depth().has_room() {
        return Err(ApiError::new(Code::Overloaded, "The queue is full.")
            .retry_after(Duration::from_secs(1)));
    }
    // Items are taken while the database is away: that is what the other queue is for.
    if let Some(publisher) = app.publisher() {
        let there = Standing::look(publisher.link()).await;
        return there.map(|()| "ready\n").map_err(|error| {
            ApiError::new(
                Code::StoreUnavailable,
                "The queue does not answer within 2 s.",
            )
            .detail(error)
            .retry_after(PATIENCE)
        });
    }
    match tokio::time::timeout(PATIENCE, app.store().ping()).await {
        Ok(answer) => answer?,
        Err(_) => {
            return Err(ApiError::new(
                Code::StoreUnavailable,
                "The database does not answer within 2 s.",
            )
            .retry_after(Duration::from_secs(2)));
        }
    }
    Ok("ready\n")
}

/// For methods a route does not have.
pub(crate) async fn wrong_method() -> ApiError {
    ApiError::new(
        Code::MethodNotAllowed,
        "This path does not take this method.",
    )
}

/// For paths of the API that do not exist.
pub(crate) async fn nothing_here() -> ApiError {
    ApiError::not_found()
}
