//! `GET /api/v1/live`: what is stored, as it is stored, as server-sent events.
//!
//! A reader that falls behind is told to `resync` and goes on from the newest; nothing waits for it. The same is said
//! when more is stored at once than anybody can follow. The stream
//! ends when the collector does, and when its reader may no longer read.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use serde::Deserialize;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;

use super::caller::Caller;
use super::input::{self, Query};
use super::openapi::failures;
use crate::app::App;
use crate::error::ApiError;
use crate::ingest::live::Update;
use crate::store::Bots;

const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How soon a stream ends after its reader signed out or its key was revoked.
const RECHECK: Duration = Duration::from_secs(60);
/// The shortest time between two calls to `resync`: each has its reader load lists.
const RESYNC_PAUSE: Duration = Duration::from_secs(2);
/// Keeps a proxy from collecting the stream before it passes it on.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    site: Option<i64>,
    #[serde(default, deserialize_with = "input::parsed")]
    bots: Option<Bots>,
}

/// Answers with the stream.
#[utoipa::path(get, path = "/api/v1/live", tag = "journeys", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, description = "Server-sent events: entry, journey, resync", body = String, content_type = "text/event-stream"), failures::Asking))]
pub(crate) async fn stream(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let reader = Reader {
        site_id: site.id,
        bots: params.bots.unwrap_or_default(),
        updates: app.live().subscribe(),
        waiting: VecDeque::new(),
        resync: Resync::default(),
        stopping: app.stopping().clone(),
    };
    let guard = Guard {
        caller,
        headers,
        app,
    };
    let sse = Sse::new(events(reader, guard)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(([(X_ACCEL_BUFFERING, "no")], sse).into_response())
}

/// One reader's place in the stream of updates.
struct Reader {
    site_id: i64,
    bots: Bots,
    updates: broadcast::Receiver<Arc<Update>>,
    waiting: VecDeque<Event>,
    resync: Resync,
    stopping: CancellationToken,
}

/// When to tell a reader to load its lists: at once, and then not again for a while.
#[derive(Default)]
struct Resync {
    due: Option<Instant>,
    last: Option<Instant>,
}

impl Resync {
    fn ask(&mut self) {
        let earliest = self.last.map(|last| last + RESYNC_PAUSE);
        let now = Instant::now();
        self.due
            .get_or_insert_with(|| earliest.map_or(now, |earliest| earliest.max(now)));
    }

    /// Waits until it is due; for ever if it is not.
    async fn due(&self) {
        match self.due {
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    fn event(&mut self) -> Event {
        self.due = None;
        self.last = Some(Instant::now());
        Event::default().event("resync").data("{}")
    }
}

/// Whether the reader may still read.
struct Guard {
    caller: Caller,
    headers: HeaderMap,
    app: App,
}

impl Guard {
    /// A database that does not answer is no reason to hang up.
    async fn holds(&self) -> bool {
        match Caller::of(&self.headers, &self.app).await {
            Ok(caller) => caller == self.caller,
            Err(error) => error.code != crate::error::Code::Unauthenticated,
        }
    }
}

fn events(reader: Reader, guard: Guard) -> impl Stream<Item = Result<Event, Infallible>> {
    let mut recheck = interval_at(Instant::now() + RECHECK, RECHECK);
    recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
    futures_util::stream::unfold(
        (reader, guard, recheck),
        |(mut reader, guard, mut recheck): (Reader, Guard, Interval)| async move {
            loop {
                tokio::select! {
                    event = reader.next() => {
                        return event.map(|event| (Ok(event), (reader, guard, recheck)));
                    }
                    _ = recheck.tick() => {
                        if !guard.holds().await {
                            return None;
                        }
                    }
                }
            }
        },
    )
}

impl Reader {
    /// The next event; nothing at the end. Nothing is lost when the future is dropped half way.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.stopping.is_cancelled() {
                return None;
            }
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            let update = tokio::select! {
                biased;
                () = self.stopping.cancelled() => return None,
                () = self.resync.due() => return Some(self.resync.event()),
                update = self.updates.recv() => update,
            };
            match update {
                Ok(update) if update.site_id != self.site_id => {}
                Ok(update) if update.too_much => self.resync.ask(),
                Ok(update) => self.take(&update),
                Err(RecvError::Lagged(_)) => self.resync.ask(),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn take(&mut self, update: &Update) {
        let entries = update
            .entries
            .iter()
            .filter(|entry| self.bots.shows(entry.bot))
            .map(|entry| Event::default().event("entry").json_data(entry));
        let journeys = update
            .journeys
            .iter()
            .filter(|journey| self.bots.shows(journey.bot))
            .map(|journey| Event::default().event("journey").json_data(journey));
        for event in entries.chain(journeys) {
            match event {
                Ok(event) => self.waiting.push_back(event),
                Err(error) => tracing::error!(%error, "an update cannot be written as JSON"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(updates: broadcast::Receiver<Arc<Update>>) -> Reader {
        Reader {
            site_id: 1,
            bots: Bots::default(),
            updates,
            waiting: VecDeque::new(),
            resync: Resync::default(),
            stopping: CancellationToken::new(),
        }
    }

    fn empty(site_id: i64) -> Arc<Update> {
        Arc::new(Update {
            site_id,
            entries: Vec::new(),
            journeys: Vec::new(),
            too_much: false,
        })
    }

    fn text(event: Event) -> String {
        format!("{event:?}")
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_to_resync_and_goes_on() {
        let (sender, receiver) = broadcast::channel(2);
        let mut reader = reader(receiver);
        for _ in 0..5 {
            sender.send(empty(1)).unwrap();
        }
        let event = reader.next().await.unwrap();
        assert!(text(event).contains("resync"));
        drop(sender);
        assert!(reader.next().await.is_none());
    }

    #[tokio::test]
    async fn the_stream_ends_with_the_collector_even_when_events_wait() {
        let (sender, receiver) = broadcast::channel(2);
        let mut reader = reader(receiver);
        reader.waiting.push_back(Event::default().data("x"));
        reader.stopping.cancel();
        assert!(reader.next().await.is_none());
        drop(sender);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_much_is_told_at_once_and_then_not_all_the_time() {
        let (sender, receiver) = broadcast::channel(64);
        let mut reader = reader(receiver);
        let flood = |site_id| {
            Arc::new(Update {
                too_much: true,
                ..(*empty(site_id)).clone()
            })
        };
        let began = Instant::now();
        for _ in 0..10 {
            sender.send(flood(2)).unwrap();
            sender.send(flood(1)).unwrap();
        }
        assert!(text(reader.next().await.unwrap()).contains("resync"));
        assert_eq!(began.elapsed(), Duration::ZERO);
        // The last word of a flood is not lost.
        assert!(text(reader.next().await.unwrap()).contains("resync"));
        assert_eq!(began.elapsed(), RESYNC_PAUSE);
        let nothing = tokio::time::timeout(RECHECK, reader.next()).await;
        assert!(nothing.is_err());
    }
}
