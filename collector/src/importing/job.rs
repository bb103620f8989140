//! An import that goes on: its signs of life, its work, and how it ended.

use std::fs::File;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::desk::{Desk, Rejected, locked};
use super::order::{Kind, Order, Prepared, format, open};
use super::rejects::Into;
use super::report::Telling;
use super::source::Format;
use super::{ImportError, Pace, Report, Work};
use crate::clock;
use crate::ingest::import::Outside;
use crate::store::Store;
use crate::store::imports::{Standing, State};

/// How often the row of an import is written anew.
const BEAT: Duration = Duration::from_secs(2);
/// Visitors and sessions that are told apart before anything is stored.
const TOLD_APART: usize = 1_000_000;
/// For how long rows that were not imported can be had.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Of those that go on, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) desk: Arc<Desk>,
    pub(super) id: Uuid,
    /// It has ended, in whatever way.
    pub(super) over: CancellationToken,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.over.cancel();
        locked(&self.desk.going_on).remove(&self.id);
    }
}

pub(super) fn text(telling: &Mutex<Telling>) -> String {
    serde_json::to_string(&*locked(telling)).unwrap_or_else(|_| "{}".to_owned())
}

/// An import that goes on.
pub(super) struct Job {
    pub(super) place: Place,
    pub(super) site_id: i64,
    /// Somebody wants it to end.
    pub(super) ending: CancellationToken,
    pub(super) telling: Arc<Mutex<Telling>>,
    /// And the bytes that have come.
    pub(super) progress: Arc<Mutex<(State, u64)>>,
}

/// Says that an import goes on, every now and then.
pub(super) struct Beats {
    store: Store,
    site_id: i64,
    id: Uuid,
    ending: CancellationToken,
    telling: Arc<Mutex<Telling>>,
    progress: Arc<Mutex<(State, u64)>>,
    over: CancellationToken,
}

pub(super) fn standing(telling: &Mutex<Telling>, progress: &Mutex<(State, u64)>) -> Standing {
    let (state, bytes) = *locked(progress);
    Standing {
        state,
        bytes,
        report: text(telling),
    }
}

impl Beats {
    pub(super) async fn beat(self) {
        loop {
            tokio::select! {
                () = self.over.cancelled() => return,
                () = tokio::time::sleep(BEAT) => {}
            }
            let standing = standing(&self.telling, &self.progress);
            let now = clock::now();
            let told = self
                .store
                .import_goes_on(self.site_id, self.id, &standing, now);
            match told.await {
                Ok(true) => {}
                Ok(false) => self.ending.cancel(),
                Err(error) => {
                    tracing::warn!(%error, "it cannot be noted that an import goes on");
                }
            }
        }
    }
}

impl Job {
    pub(super) fn beats(&self) -> Beats {
        Beats {
            store: self.place.desk.store.clone(),
            site_id: self.site_id,
            id: self.place.id,
            ending: self.ending.clone(),
            telling: Arc::clone(&self.telling),
            progress: Arc::clone(&self.progress),
            over: self.place.over.clone(),
        }
    }

    /// Is ready when it has to end, whoever wants that.
    async fn unwanted(&self) {
        tokio::select! {
            () = self.ending.cancelled() => {}
            () = self.place.desk.stopping.cancelled() => {}
        }
    }

    /// Imports, and notes how that ended.
    pub(super) async fn run(self, outside: Outside, order: Order, file: Arc<File>) {
        let ended = self.import(outside, &order, file).await;
        let has_items = order.kind != Kind::Plausible;
        let done = locked(&self.telling).set_end(ended, order.dry_run, has_items);
        let state = match done {
            Some(true) => State::Done,
            Some(false) => State::Failed,
            None if self.ending.is_cancelled() => State::Cancelled,
            None => State::Interrupted,
        };
        locked(&self.progress).0 = state;
        self.place.over.cancel();
        let desk = &self.place.desk;
        let standing = standing(&self.telling, &self.progress);
        let (site, id) = (self.site_id, self.place.id);
        let noted = desk.store.end_import(site, id, &standing, clock::now());
        if let Err(error) = noted.await {
            tracing::error!(%error, site, import = %id, "it cannot be noted how an import ended");
        }
        tracing::info!(site, import = %id, state = ?state, dry_run = order.dry_run, "import ended");
    }

    async fn import(&self, outside: Outside, order: &Order, file: Arc<File>) -> Report {
        let desk = &self.place.desk;
        let (sent, dry_run) = (order.clone(), order.dry_run);
        let rejects = match desk.file().await {
            Ok(file) => file,
            Err(error) => return Report::failed(ImportError::Refused(error.to_string())),
        };
        let telling = Arc::clone(&self.telling);
        let (own, format) = (outside.clone(), format(order));
        let open = move || open(&sent, format, &file, &own, &telling);
        let opened = tokio::task::spawn_blocking(open).await;
        let opened = opened.unwrap_or_else(|error| Err(ImportError::Refused(error.to_string())));
        let prepared = match opened {
            Ok(prepared) => prepared,
            Err(error) => return Report::failed(error),
        };
        let kept = rejects.try_clone();
        let into = Into::Open(rejects, desk.limit);
        let mut told = Arc::clone(&self.telling);
        let report = match prepared {
            Prepared::Facts(way) => {
                let work = Work {
                    store: &desk.store,
                    outside,
                    way,
                    pace: Pace::Beside,
                    dry_run: dry_run.then_some(TOLD_APART),
                    rejects: into,
                };
                work.run(self.unwanted(), &mut told).await
            }
            Prepared::Sums(sums) => {
                sums.run(&desk.store, dry_run, into, self.unwanted(), &mut told)
                    .await
            }
        };
        if let (true, Ok(file)) = (report.rejected > 0, kept) {
            let rejected = Rejected {
                site_id: self.site_id,
                until: Instant::now() + KEPT,
                file: Arc::new(file),
                format: format.unwrap_or(Format::Csv),
            };
            desk.keep(self.place.id, rejected);
        }
        report
    }
}
