//! What a writer behind a queue tells those who watch over it: signs of life and metrics, on the address of the metrics.

use std::future::IntoFuture;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::metrics::KIND;
use crate::error::ApiError;
use crate::ingest::Ingest;
use crate::scale::{Link, Meter, Standing};
use crate::store::Store;

/// How long the database has for its word.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is asked.
#[derive(Clone)]
pub(crate) struct Watched {
    /// The database.
    pub(crate) store: Store,
    /// What commits.
    pub(crate) ingest: Ingest,
    /// Where it is taken from.
    pub(crate) link: Link,
}

impl Watched {
    async fn has_database(&self) -> bool {
        let ping = tokio::time::timeout(PATIENCE, self.store.ping());
        matches!(ping.await, Ok(Ok(())))
    }
}

/// Serves until `stopping` is cancelled.
pub(crate) async fn serve(listener: TcpListener, watched: Watched, stopping: CancellationToken) {
    let router = Router::new()
        .route("/healthz", get(super::health::alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(watched);
    tokio::select! {
        _ = axum::serve(listener, router).into_future() => {}
        () = stopping.cancelled() => {}
    }
}

/// Both ends of its way are there.
async fn ready(State(watched): State<Watched>) -> (StatusCode, &'static str) {
    if !watched.has_database().await {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer\n",
        );
    }
    match Standing::look(&watched.link).await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the queue does not answer\n",
        ),
    }
}

async fn metrics(State(watched): State<Watched>) -> Result<impl IntoResponse, ApiError> {
    let mut registry = Registry::with_prefix("waymark");
    let build = Info::new([
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("database", watched.store.kind().to_string()),
    ]);
    registry.register("build", "The program and its database", build);
    watched.ingest.meter().register(&mut registry);
    watched.link.meter().register_taking(&mut registry);
    let (has_database, standing) =
        tokio::join!(watched.has_database(), Standing::of(&watched.link));
    Meter::register_standing(&mut registry, standing.ok().as_ref());
    let up: Gauge = Gauge::default();
    up.set(i64::from(has_database));
    registry.register("database_up", "Whether the database answers", up);
    let mut text = String::new();
    encode(&mut text, &registry).map_err(ApiError::internal)?;
    Ok(([(CONTENT_TYPE, KIND)], text))
}
