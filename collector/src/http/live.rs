//! `GET /api/v1/live`: what is stored, as it is stored, as server-sent events.
//!
//! A stream begins with `ready`, which says whether it goes on where the reader was. A reader that falls behind is told to
//! `resync` and goes on from the newest; nothing waits for it. The same is said when more is stored at once than anybody can
//! follow. The stream ends when the collector does, and when its reader may no longer read.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use serde::Deserialize;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;

use super::caller::{Caller, Who};
use super::input::{self, Query};
use super::openapi::failures;
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::live::{Passing, Watching};
use crate::store::Bots;

const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How soon a stream ends after its reader signed out or its key was revoked.
const RECHECK: Duration = Duration::from_secs(60);
/// The shortest time between two calls to `resync`: each has its reader load lists.
const RESYNC_PAUSE: Duration = Duration::from_secs(2);
/// What keeps a proxy from taking a quiet stream for a dead one.
const COMMENT: &[u8] = b":\n\n";
const RESYNC: &[u8] = b"event: resync\ndata: {}\n\n";
/// The id of the last event that a reader has seen, as browsers send it.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Keeps a proxy from collecting the stream before it passes it on.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    site: Option<i64>,
    #[serde(default, deserialize_with = "input::parsed")]
    bots: Option<Bots>,
    /// The id of the last event that was seen, for who opens the stream anew and cannot set `Last-Event-ID`, which counts before
    /// this.
    last_event_id: Option<String>,
}

/// Answers with the stream.
#[utoipa::path(get, path = "/api/v1/live", tag = "journeys", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, description = "Server-sent events: ready, entry, journey, resync", body = String, content_type = "text/event-stream"), failures::Asking))]
pub(crate) async fn stream(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let sent = headers
        .get(LAST_EVENT_ID)
        .and_then(|value| value.to_str().ok());
    let after = sent.or(params.last_event_id.as_deref());
    let reader = Reader::new(
        (site.id, params.bots.unwrap_or_default()),
        app.live().watch(after),
        app.stopping().clone(),
    );
    let guard = Guard {
        who: caller.who().clone(),
        headers,
        app,
    };
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-cache"),
        (X_ACCEL_BUFFERING, "no"),
    ];
    let body = Body::from_stream(events(reader, guard));
    Ok((headers, body).into_response())
}

/// One reader's place in the stream of updates.
struct Reader {
    site_id: i64,
    bots: Bots,
    updates: broadcast::Receiver<Arc<Passing>>,
    /// What comes first.
    missed: std::vec::IntoIter<Arc<Passing>>,
    ready: Option<Bytes>,
    resync: Resync,
    quiet: Interval,
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

    fn event(&mut self) -> Bytes {
        self.due = None;
        self.last = Some(Instant::now());
        Bytes::from_static(RESYNC)
    }
}

/// Whether the reader may still read.
struct Guard {
    who: Who,
    headers: HeaderMap,
    app: App,
}

impl Guard {
    /// A database that does not answer is no reason to hang up.
    async fn holds(&self) -> bool {
        match Who::of(&self.headers, &self.app).await {
            Ok(who) => who == self.who,
            Err(error) => !matches!(error.code, Code::Unauthenticated | Code::ShareEnded),
        }
    }
}

fn events(reader: Reader, guard: Guard) -> impl Stream<Item = Result<Bytes, Infallible>> {
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
    fn new((site_id, bots): (i64, Bots), watching: Watching, stopping: CancellationToken) -> Self {
        let (id, is_resumed) = (&watching.id, watching.missed.is_some());
        // With what was missed the reader is where the feed is, and not before.
        let id = if is_resumed {
            String::new()
        } else {
            format!("id: {id}\n")
        };
        let ready = format!("event: ready\ndata: {{\"resumed\":{is_resumed}}}\n{id}\n");
        let mut quiet = interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
        quiet.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            site_id,
            bots,
            updates: watching.updates,
            missed: watching.missed.unwrap_or_default().into_iter(),
            ready: Some(ready.into()),
            resync: Resync::default(),
            quiet,
            stopping,
        }
    }

    /// The next piece of text; nothing at the end. Nothing is lost when the future is dropped half way.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.stopping.is_cancelled() {
                return None;
            }
            if let Some(ready) = self.ready.take() {
                return Some(ready);
            }
            if let Some(missed) = self.missed.next() {
                if let Some(text) = self.text(&missed) {
                    return Some(text);
                }
                continue;
            }
            let update = tokio::select! {
                biased;
                () = self.stopping.cancelled() => return None,
                () = self.resync.due() => return Some(self.resync.event()),
                update = self.updates.recv() => update,
                _ = self.quiet.tick() => return Some(Bytes::from_static(COMMENT)),
            };
            match update {
                Ok(update) => {
                    if let Some(text) = self.text(&update) {
                        self.quiet.reset();
                        return Some(text);
                    }
                }
                Err(RecvError::Lagged(_)) => self.resync.ask(),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// What of an update is for this reader.
    fn text(&self, passing: &Passing) -> Option<Bytes> {
        let text = (passing.update.site_id == self.site_id).then(|| passing.text(self.bots));
        text.filter(|text| !text.is_empty()).map(Bytes::from_owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::live::{Feed, Update};

    fn reader(feed: &Feed, after: Option<&str>) -> Reader {
        let stopping = CancellationToken::new();
        Reader::new((1, Bots::default()), feed.watch(after), stopping)
    }

    async fn next(reader: &mut Reader) -> Option<String> {
        let text = reader.next().await?;
        Some(String::from_utf8(text.to_vec()).unwrap())
    }

    fn id(text: &str) -> &str {
        let line = text.lines().find_map(|line| line.strip_prefix("id: "));
        line.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_told_to_resync_and_goes_on() {
        let feed = Feed::new(2);
        let mut reader = reader(&feed, None);
        assert!(next(&mut reader).await.unwrap().contains("ready"));
        for site_id in 2..7 {
            feed.tell(Update::reload(site_id));
        }
        let first = Instant::now();
        assert_eq!(reader.next().await.unwrap(), RESYNC);
        for site_id in 7..12 {
            feed.tell(Update::reload(site_id));
        }
        assert_eq!(reader.next().await.unwrap(), RESYNC);
        // Each has it load lists.
        assert_eq!(first.elapsed(), RESYNC_PAUSE);
        assert_eq!(reader.next().await.unwrap(), COMMENT);
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_back_goes_on_where_it_was() {
        let feed = Feed::new(8);
        let mut first = reader(&feed, None);
        let ready = next(&mut first).await.unwrap();
        assert!(ready.contains("\"resumed\":false"), "{ready}");
        drop(first);
        feed.tell(Update::reload(1));
        let mut second = reader(&feed, Some(id(&ready)));
        let ready = next(&mut second).await.unwrap();
        assert!(ready.contains("\"resumed\":true"), "{ready}");
        let missed = next(&mut second).await.unwrap();
        assert!(missed.starts_with("event: resync"), "{missed}");
        let mut third = reader(&feed, Some(id(&missed)));
        assert!(next(&mut third).await.unwrap().contains("true"));
        assert_eq!(third.next().await.unwrap(), COMMENT);
    }

    #[tokio::test]
    async fn the_stream_ends_with_the_collector_even_when_events_wait() {
        let feed = Feed::new(2);
        let mut reader = reader(&feed, None);
        reader.stopping.cancel();
        assert!(reader.next().await.is_none());
    }
}
