//! Keeps a lane for each destination that is on, until it is told to stop; and tries a destination when somebody asks.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::instrument::WithSubscriber;
use utoipa::ToSchema;
use uuid::Uuid;

use super::lane::{self, Road};
use super::meter::Meter;
use super::transport::{Transport, TransportError};
use super::wants::Kind;
use super::{ga4, letter, webhook};
use crate::clock;
use crate::config::Config;
use crate::store::deliveries::Bounds;
use crate::store::destinations::Destination;
use crate::store::{Store, StoreError};

/// How soon a change by another process is noticed.
const POLL: Duration = Duration::from_secs(1);
/// How often the bounds are seen to.
const BOUNDS: Duration = Duration::from_secs(60);
/// Bytes of what Google says of an event.
const CHECKED: usize = 64 * 1024;
/// Characters of a message that are shown.
const MESSAGE: usize = 300;

/// How deliveries are tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// The pause after the first attempt; it doubles.
    pub(crate) backoff: Duration,
    /// Attempts of one delivery.
    pub(crate) attempts: i64,
}

/// Sends on what destinations are to get.
pub(crate) struct Courier {
    road: Arc<Road>,
    changed: Notify,
}

/// What came of trying a destination.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DestinationTried)]
pub(crate) struct Tried {
    /// Whether the receiver took it.
    pub(crate) ok: bool,
    /// The status of its answer.
    pub(crate) status: Option<u16>,
    /// Why not.
    pub(crate) error: Option<String>,
}

impl Courier {
    /// As the settings say.
    ///
    /// # Errors
    /// [`TransportError`] names the file of certificates.
    pub(crate) fn open(config: &Config, store: Store) -> Result<Self, TransportError> {
        let transport = Transport::new(
            config.destination_guard(),
            config.destination_timeout,
            config.destination_ca.as_deref(),
        )?;
        let options = Options {
            backoff: config.destination_backoff,
            attempts: config.destination_attempts.into(),
        };
        Ok(Self {
            road: Arc::new(Road {
                store,
                transport,
                options,
                meter: Meter::default(),
            }),
            changed: Notify::new(),
        })
    }

    /// Has it look at once.
    pub(crate) fn look(&self) {
        self.changed.notify_one();
    }

    pub(crate) fn meter(&self) -> &Meter {
        &self.road.meter
    }

    pub(crate) fn options(&self) -> Options {
        self.road.options
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.road.transport
    }

    /// Works until `stopping` is cancelled, and then until what is under way has ended or a few seconds have passed.
    pub(crate) async fn run(self: Arc<Self>, stopping: CancellationToken) {
        let mut lanes: HashMap<Uuid, tokio::task::AbortHandle> = HashMap::new();
        let mut tasks = JoinSet::new();
        let mut bounds = Instant::now();
        let mut is_known = false;
        while !stopping.is_cancelled() {
            let refreshed = self.road.store.refresh_destinations().await;
            if let Err(error) = &refreshed
                && !is_known
            {
                tracing::warn!(%error, "destinations cannot be followed, which is tried again");
            }
            is_known = refreshed.is_err();
            lanes.retain(|_, lane| !lane.is_finished());
            for open in self.road.store.open_destinations() {
                let own = &open.destination;
                lanes.entry(own.id).or_insert_with(|| {
                    let road = Arc::clone(&self.road);
                    let lane = lane::run(road, own.site_id, own.id, stopping.clone());
                    tasks.spawn(lane.with_current_subscriber())
                });
            }
            while tasks.try_join_next().is_some() {}
            if bounds.elapsed() >= BOUNDS {
                bounds = Instant::now();
                self.bound().await;
            }
            tokio::select! {
                () = stopping.cancelled() => {}
                () = self.changed.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    async fn bound(&self) {
        let store = &self.road.store;
        let Ok(all) = store.destinations(None).await else {
            return;
        };
        for own in all {
            let bounded = store.bound_deliveries(&own, Bounds::default(), clock::now());
            match bounded.await {
                Ok(0) => {}
                Ok(dead) => {
                    tracing::warn!(destination = %own.id, site_id = own.site_id, dead, "too many deliveries wait, and the oldest are dead");
                }
                Err(error) => {
                    tracing::debug!(destination = %own.id, %error, "deliveries could not be bounded");
                }
            }
        }
    }

    /// Sends a destination something to try it: a webhook a message of its own, Google an event that it checks and does
    /// not keep. Nothing is repeated.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn test(&self, own: &Destination) -> Result<Tried, StoreError> {
        let failed = |status, error: &str| Tried {
            ok: false,
            status,
            error: Some(error.to_owned()),
        };
        let internal = |error: serde_json::Error| StoreError::Internal(error.to_string());
        let now = clock::now();
        let secrets = self.road.store.destination_secrets(own, now).await?;
        if secrets.is_empty() {
            return Ok(failed(None, "no_secret"));
        }
        let letter = match own.kind {
            Kind::Webhook => {
                let body = webhook::test(own.site_id, now).map_err(internal)?;
                letter::signed(own, &secrets, Uuid::now_v7(), now, body)
            }
            Kind::Ga4 => {
                let body = ga4::test(now).map_err(internal)?;
                letter::to_google(own, &secrets, ga4::CHECK, body)
            }
        };
        let Some(letter) = letter else {
            return Ok(failed(None, "invalid_url"));
        };
        let answer = match self.road.transport.post(&letter, CHECKED).await {
            Ok(answer) => answer,
            Err(lost) => return Ok(failed(None, lost.as_str())),
        };
        let status = Some(answer.status.as_u16());
        if !answer.status.is_success() {
            return Ok(failed(status, "refused"));
        }
        match complaint(&answer.body).filter(|_| own.kind == Kind::Ga4) {
            Some(complaint) => Ok(failed(status, &complaint)),
            None => Ok(Tried {
                ok: true,
                status,
                error: None,
            }),
        }
    }
}

/// The first thing that Google finds wrong.
fn complaint(body: &[u8]) -> Option<String> {
    let checked: serde_json::Value = serde_json::from_slice(body).ok()?;
    let first = checked.get("validationMessages")?.get(0)?;
    let text = first.get("description").and_then(|text| text.as_str());
    let text = text.unwrap_or("Google finds something wrong with it");
    Some(text.chars().take(MESSAGE).collect())
}
