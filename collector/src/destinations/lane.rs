//! The way to one destination: takes what is due, a few at a time, and notes what became of it. Nobody else waits for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::attempt::{self, millis};
use super::courier::Options;
use super::letter::{self, Written};
use super::meter::Meter;
use super::transport::Transport;
use crate::clock;
use crate::store::deliveries::{Claimed, Ended, State};
use crate::store::destinations::{Destination, Open};
use crate::store::{Store, StoreError};

/// Requests to one destination at a time.
const TOGETHER: usize = 4;
/// How soon a lane looks by itself.
const POLL: Duration = Duration::from_secs(1);
/// What a delivery may take beside its request, before another collector takes it.
const BESIDE: Duration = Duration::from_secs(10);
/// What requests under way get when the collector ends.
const STOPPING: Duration = Duration::from_secs(5);
/// Pauses of the first kind for which a delivery waits for what is missing.
const WAITS: u32 = 60;

/// What lanes share.
#[derive(Clone)]
pub(super) struct Road {
    pub(super) store: Store,
    pub(super) transport: Transport,
    pub(super) options: Options,
    pub(super) meter: Meter,
}

/// Works until the destination is off or gone, or `stopping` is cancelled.
pub(super) async fn run(road: Arc<Road>, site_id: i64, id: Uuid, stopping: CancellationToken) {
    // What is taken here is given back under the same name.
    let claim = Uuid::now_v7();
    let mut under_way = JoinSet::new();
    let mut last = None;
    while !stopping.is_cancelled()
        && let Some(open) = road.store.open_destination(site_id, id)
    {
        let taken = take(&road, &open, claim, TOGETHER - under_way.len()).await;
        let pause = match taken {
            Ok((taken, pause)) => {
                for claimed in taken {
                    let (road, own) = (Arc::clone(&road), Arc::clone(&open.destination));
                    under_way.spawn(async move { deliver(&road, &own, claim, claimed).await });
                }
                pause
            }
            Err(error) => {
                // Whoever stores items says so aloud.
                tracing::debug!(destination = %id, %error, "deliveries cannot be taken, which is tried again");
                POLL
            }
        };
        let due = Arc::clone(&open.due);
        last = Some(open.destination);
        tokio::select! {
            () = stopping.cancelled() => {}
            Some(ended) = under_way.join_next() => ended_well(id, ended),
            () = due.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    let deadline = Instant::now() + STOPPING;
    while let Ok(Some(ended)) = timeout_at(deadline, under_way.join_next()).await {
        ended_well(id, ended);
    }
    under_way.shutdown().await;
    if let Some(own) = last {
        let released = road.store.release_deliveries(&own, claim, clock::now());
        if let Ok(Err(error)) = timeout_at(deadline + STOPPING, released).await {
            tracing::debug!(destination = %id, %error, "deliveries could not be given back, and are taken again after a while");
        }
    }
}

fn ended_well(id: Uuid, ended: Result<Result<(), StoreError>, tokio::task::JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::debug!(destination = %id, %error, "what became of a delivery could not be noted, and it is sent again");
        }
        Err(error) => {
            tracing::error!(destination = %id, panicked = error.is_panic(), "a delivery was given up");
        }
    }
}

/// Takes what is due, and says how long nothing else is.
async fn take(
    road: &Road,
    open: &Open,
    claim: Uuid,
    most: usize,
) -> Result<(Vec<Claimed>, Duration), StoreError> {
    let own = &*open.destination;
    let now = clock::now();
    if most == 0 || own.hold_until > now {
        return Ok((Vec::new(), POLL));
    }
    let Some(due) = road.store.next_delivery(own).await? else {
        return Ok((Vec::new(), POLL));
    };
    if due > now {
        let wait = Duration::from_millis(due.abs_diff(now));
        return Ok((Vec::new(), wait.min(POLL)));
    }
    let lease = millis(road.transport.timeout() + BESIDE);
    let most = i64::try_from(most).unwrap_or(1);
    let taken = road
        .store
        .claim_deliveries(own, claim, now, now.saturating_add(lease), most);
    let taken = taken.await?;
    // Others may be due, unless others have taken them.
    let pause = if taken.is_empty() {
        POLL
    } else {
        Duration::ZERO
    };
    Ok((taken, pause))
}

/// One attempt.
async fn deliver(
    road: &Road,
    own: &Destination,
    claim: Uuid,
    claimed: Claimed,
) -> Result<(), StoreError> {
    let ended = try_once(road, own, &claimed).await?;
    road.store
        .finish_delivery(own, claimed.id, claim, &ended)
        .await?;
    if let Some(outcome) = ended.outcome() {
        road.meter.count(own.kind, outcome);
    }
    if ended.state == State::Dead {
        tracing::warn!(
            destination = %own.id,
            site_id = own.site_id,
            delivery = %claimed.id,
            attempts = claimed.attempts,
            status = ended.status,
            reason = ended.error,
            "a delivery failed too often and is dead, until somebody has it sent again"
        );
    }
    Ok(())
}

async fn try_once(road: &Road, own: &Destination, claimed: &Claimed) -> Result<Ended, StoreError> {
    let now = clock::now();
    if claimed.attempts > road.options.attempts {
        // Somebody took it for the last time and never said what became of it.
        return Ok(ended(State::Dead, now, None, Some("interrupted")));
    }
    let secrets = road.store.destination_secrets(own, now).await?;
    if secrets.is_empty() {
        // So it is after a restore. It waits for somebody to give one.
        let later = now.saturating_add(millis(road.options.backoff * WAITS));
        return Ok(Ended {
            uncounted: true,
            ..ended(State::Waiting, later, None, Some("no_secret"))
        });
    }
    let letter = match letter::write(&road.store, own, &secrets, claimed, now).await? {
        Written::Letter(letter) => letter,
        Written::Skip(reason) => return Ok(ended(State::Skipped, now, None, Some(reason))),
        Written::Wait(reason) => {
            let patience = millis(road.options.backoff * WAITS);
            if now.saturating_sub(claimed.created_at) > patience {
                return Ok(ended(State::Skipped, now, None, Some(reason)));
            }
            let again = now.saturating_add(millis(road.options.backoff));
            return Ok(Ended {
                uncounted: true,
                ..ended(State::Waiting, again, None, Some(reason))
            });
        }
    };
    let failure = match attempt::post(&road.transport, &letter).await {
        Ok(status) => return Ok(ended(State::Delivered, clock::now(), Some(status), None)),
        Err(failure) => failure,
    };
    let now = clock::now();
    let (status, reason) = (failure.status, failure.reason);
    if failure.is_gone() {
        road.store.destination_gone(own, now).await?;
        tracing::warn!(destination = %own.id, site_id = own.site_id, "a receiver says that it is gone, and its destination is paused");
        return Ok(Ended {
            uncounted: true,
            ..ended(State::Waiting, now, status, Some(reason))
        });
    }
    tracing::debug!(destination = %own.id, delivery = %claimed.id, attempt = claimed.attempts, status, reason, "an attempt failed");
    if claimed.attempts >= road.options.attempts {
        return Ok(ended(State::Dead, now, status, Some(reason)));
    }
    if let Some(until) = failure.hold_until(now) {
        road.store.hold_destination(own, until).await?;
    }
    let again = failure.again(road.options, claimed.attempts, now);
    Ok(ended(State::Waiting, again, status, Some(reason)))
}

fn ended(state: State, due_at: i64, status: Option<u16>, error: Option<&'static str>) -> Ended {
    Ended {
        state,
        due_at,
        status,
        error,
        uncounted: false,
    }
}
