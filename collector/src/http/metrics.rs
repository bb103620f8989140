//! `GET /metrics`, on an address of its own: what Prometheus reads.
//!
//! Figures for whoever runs the process, over all sites: no label names a site, a visitor, a path as it was sent or
//! anything else that a sender chooses.

use std::borrow::Cow;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use tokio::sync::Mutex;

use crate::alerts::State as Stands;
use crate::app::App;
use crate::clock;
use crate::destinations::wants::Kind;
use crate::error::ApiError;
use crate::journey::Loss;
use crate::scale::Meter;
use crate::store::StoreError;
use crate::store::deliveries::Counts;

/// How long the database has for its part of an answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// What is read from tables is at most this old.
const FRESH: Duration = Duration::from_secs(30);
/// What the loss is an estimate of.
const LOSS_MS: i64 = 24 * 60 * 60 * 1000;

/// What the text is.
pub(super) const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = [(&'static str, Cow<'static, str>); 3];
type ByRoute = Family<[(&'static str, Cow<'static, str>); 1], Histogram, fn() -> Histogram>;

/// Requests that were answered.
pub(crate) struct Requests {
    count: Family<Labels, Counter>,
    seconds: ByRoute,
    tables: Mutex<Option<(Instant, Tables)>>,
}

/// What is read from tables.
#[derive(Debug, Clone)]
struct Tables {
    rejected: i64,
    due_hours: i64,
    firing: i64,
    loss: Loss,
    deliveries: [(Kind, Counts); 2],
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            count: Family::default(),
            // From half a millisecond to a quarter of a minute.
            seconds: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.0005, 2.0, 16))
            }),
            tables: Mutex::default(),
        }
    }
}

impl Requests {
    /// Counts a request. `route` is the pattern that it matched.
    pub(super) fn answered(
        &self,
        method: &Method,
        route: &str,
        status: StatusCode,
        time: Duration,
    ) {
        let route = Cow::<'static, str>::Owned(route.to_owned());
        let labels = [
            ("method", Cow::Borrowed(known(method))),
            ("route", route.clone()),
            ("status", Cow::Owned(status.as_u16().to_string())),
        ];
        self.count.get_or_create(&labels).inc();
        self.seconds
            .get_or_create(&[("route", route)])
            .observe(time.as_secs_f64());
    }
}

/// A sender may make up methods.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The only route of its address.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .with_state(app)
}

async fn metrics(State(app): State<App>) -> Result<impl IntoResponse, ApiError> {
    let mut registry = Registry::with_prefix("waymark");
    let build = Info::new([
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("database", app.store().kind().to_string()),
    ]);
    registry.register("build", "The program and its database", build);
    let requests = app.requests();
    registry.register(
        "http_requests",
        "Requests that were answered, by the pattern of their route",
        requests.count.clone(),
    );
    registry.register_with_unit(
        "http_request",
        "Time until the answer began",
        Unit::Seconds,
        requests.seconds.clone(),
    );
    app.ingest().meter().register(&mut registry);
    app.courier().meter().register(&mut registry);
    app.watch().sender().meter().register(&mut registry);

    let depth = app.ingest().depth();
    whole(
        &mut registry,
        "queue_items",
        "Items that wait for their commit or are in one",
        depth.items,
    );
    whole(
        &mut registry,
        "queue_items_limit",
        "The most there may be",
        depth.items_limit,
    );
    whole(
        &mut registry,
        "queue_bytes",
        "Bytes that those hold",
        depth.bytes,
    );
    whole(
        &mut registry,
        "queue_bytes_limit",
        "The most there may be",
        depth.bytes_limit,
    );

    if let Some(publisher) = app.publisher() {
        publisher.link().meter().register_publishing(&mut registry);
        Meter::register_standing(&mut registry, publisher.standing().await.ok().as_ref());
    }

    let columns = app.columns().keeping();
    whole(
        &mut registry,
        "columns_sites",
        "Sites whose rows are kept in columns",
        columns.sites,
    );
    whole(
        &mut registry,
        "columns_bytes",
        "Memory that those take",
        columns.bytes,
    );
    float(
        &mut registry,
        "columns_age_seconds",
        "The age of the oldest that somebody asked for within a minute",
        columns.age_ms as f64 / 1000.0,
    );
    let loads: Counter = Counter::default();
    loads.inc_by(columns.loads);
    registry.register(
        "columns_loads",
        "Times that all rows of a site were read",
        loads,
    );

    let ping = tokio::time::timeout(PATIENCE, app.store().ping()).await;
    let up = usize::from(matches!(ping, Ok(Ok(()))));
    whole(
        &mut registry,
        "database_up",
        "Whether the database answers",
        up,
    );
    if let Some(tables) = tables(&app).await {
        let Tables {
            rejected,
            due_hours,
            firing,
            loss,
            deliveries,
        } = tables;
        for (state, help) in [
            ("waiting", "Deliveries that are due, now or later"),
            ("dead", "Deliveries that failed too often"),
        ] {
            let counts: Family<[(&'static str, &'static str); 1], Gauge> = Family::default();
            for (kind, count) in &deliveries {
                let count = match state {
                    "waiting" => count.waiting,
                    _ => count.dead,
                };
                counts.get_or_create(&[("kind", kind.as_str())]).set(count);
            }
            registry.register(format!("deliveries_{state}"), help, counts);
        }
        gauge(
            &mut registry,
            "alerts_firing",
            "Alerts that fire and are not paused",
            firing,
        );
        gauge(
            &mut registry,
            "rollups_due_hours",
            "Hours that are counted when they are read, because something changed since they were kept",
            due_hours,
        );
        gauge(
            &mut registry,
            "rejected_items",
            "Dropped items in the inboxes",
            rejected,
        );
        gauge(
            &mut registry,
            "loss_received_items",
            "Items of the last 24 hours that are stored, by the numbers of the tabs",
            loss.received,
        );
        gauge(
            &mut registry,
            "loss_missing_items",
            "Items of the last 24 hours that were made before one of those and are not stored",
            loss.missing,
        );
        if let Some(rate) = loss.rate() {
            float(
                &mut registry,
                "loss_ratio",
                "The share that is missing of the last 24 hours",
                rate,
            );
        }
    }
    let mut text = String::new();
    encode(&mut text, &registry).map_err(ApiError::internal)?;
    Ok(([(CONTENT_TYPE, KIND)], text))
}

fn whole(registry: &mut Registry, name: &str, help: &str, value: usize) {
    gauge(
        registry,
        name,
        help,
        i64::try_from(value).unwrap_or(i64::MAX),
    );
}

fn float(registry: &mut Registry, name: &str, help: &str, value: f64) {
    let gauge = Gauge::<f64, AtomicU64>::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: i64) {
    let gauge: Gauge = Gauge::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

/// What the tables say, or said a moment ago; nothing while the database does not answer in time.
async fn tables(app: &App) -> Option<Tables> {
    let mut last = app.requests().tables.lock().await;
    if let Some((at, tables)) = &*last
        && at.elapsed() < FRESH
    {
        return Some(tables.clone());
    }
    match tokio::time::timeout(PATIENCE, read(app)).await {
        Ok(Ok(tables)) => {
            *last = Some((Instant::now(), tables.clone()));
            Some(tables)
        }
        Ok(Err(error)) => {
            tracing::debug!(%error, "no figures of tables for the metrics");
            None
        }
        Err(_) => None,
    }
}

async fn read(app: &App) -> Result<Tables, StoreError> {
    let now = clock::now();
    let mut loss = Loss::default();
    let mut due_hours = 0;
    for site in app.store().sites().await? {
        due_hours += app.store().count_due_hours(site.id).await?;
        let own = app.store().loss(site.id, now - LOSS_MS, i64::MAX).await?;
        loss = loss.add_times(own, 1);
    }
    let mut deliveries = [Kind::Webhook, Kind::Ga4].map(|kind| (kind, Counts::default()));
    let counts = app.store().delivery_counts(None).await?;
    for own in app.store().destinations(None).await? {
        let of_kind = deliveries.iter_mut().find(|(kind, _)| *kind == own.kind);
        if let (Some((_, sum)), Some(count)) = (of_kind, counts.get(&own.id)) {
            sum.waiting += count.waiting;
            sum.dead += count.dead;
        }
    }
    let alerts = app.store().alerts(None).await?;
    let firing = alerts
        .iter()
        .filter(|alert| !alert.paused && alert.state == Stands::Firing);
    Ok(Tables {
        firing: i64::try_from(firing.count()).unwrap_or(i64::MAX),
        deliveries,
        rejected: app.store().rejected_count().await?,
        due_hours,
        loss,
    })
}
