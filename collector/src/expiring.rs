//! Removing what is too old, site by site: when rounds are, and how gently; ending erasures that cannot be taken back any
//! more; and when months of items are made and dropped.
//!
//! A round is a row of the database, so it is one round whoever goes on with it: of several collectors one is at it, and
//! where that one was killed another goes on. Slices are small, and each is followed by a longer pause than it took, so that
//! storing what arrives goes on beside it. What is removed and what stays is [`crate::store::retention`]'s.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::store::retention::{After, Removed, Slice, Turn};
use crate::store::sites::Site;
use crate::store::{Store, StoreError};

/// How often it looks whether there is a round to begin or to go on with.
const LOOK: Duration = Duration::from_secs(60);
/// The pause after a slice is this many times as long as the slice took, and at most the other one.
const PAUSES: u32 = 2;
const PAUSE: Duration = Duration::from_secs(2);
/// The time between two looks at the months that there are, and after one that failed.
const MONTHS: (Duration, Duration) = (
    Duration::from_secs(24 * 60 * 60),
    Duration::from_secs(60 * 60),
);
/// How long what is under way when the collector ends may go on, to its next step. What is cut in a transaction has changed nothing, but
/// a database says things about it that look like a fault.
const ENDING: Duration = Duration::from_secs(2);
/// The time between two looks at open transactions.
const OPEN: Duration = Duration::from_millis(20);

/// Removes what is too old, until it is told to stop.
#[derive(Debug)]
pub(crate) struct Expirer {
    store: Store,
    every: Duration,
}

impl Expirer {
    /// `every` is the time between two rounds of a site.
    pub(crate) fn new(store: Store, every: Duration) -> Arc<Self> {
        Arc::new(Self { store, every })
    }

    /// When the next round begins after one that ended then.
    pub(crate) fn next(&self, ended: i64) -> i64 {
        let every = i64::try_from(self.every.as_millis()).unwrap_or(i64::MAX);
        ended.saturating_add(every)
    }

    /// Works until `stopping` is cancelled. The first round is as far off as any other, so that somebody who has just
    /// started can still say how long things are kept.
    pub(crate) async fn run(self: Arc<Self>, stopping: CancellationToken) {
        let cut = async {
            stopping.cancelled().await;
            tokio::time::sleep(ENDING).await;
        };
        tokio::select! {
            () = cut => {}
            () = self.work(&stopping) => {}
        }
    }

    async fn work(&self, stopping: &CancellationToken) {
        let mut is_known = false;
        let mut months = Instant::now();
        loop {
            if Instant::now() >= months {
                months = Instant::now() + self.months().await;
            }
            if has_ended(self.every.min(LOOK), stopping).await {
                return;
            }
            let done = self.look(stopping).await;
            if let Err(error) = &done
                && !is_known
            {
                tracing::warn!(%error, "what is too old cannot be removed, which is tried again");
            }
            is_known = done.is_err();
        }
    }

    /// Makes and drops months of items where they stand in such; gives the time until the next look.
    async fn months(&self) -> Duration {
        match self.store.keep_months(clock::now()).await {
            Ok(kept) => {
                for month in kept.made {
                    tracing::info!(month, "made a partition");
                }
                for month in kept.dropped {
                    tracing::info!(month, "dropped a partition that had no row any more");
                }
                MONTHS.0
            }
            Err(error) => {
                tracing::warn!(%error, "months of items cannot be made or dropped, which is tried again in an hour");
                MONTHS.1
            }
        }
    }

    async fn look(&self, stopping: &CancellationToken) -> Result<(), StoreError> {
        let every = i64::try_from(self.every.as_millis()).unwrap_or(i64::MAX);
        let sites = self.store.sites().await?;
        for (site_id, id) in self.store.due_erasures(clock::now()).await? {
            if stopping.is_cancelled() {
                return Ok(());
            }
            if let Some(site) = sites.iter().find(|site| site.id == site_id) {
                self.store.finish_erasure(site, id, clock::now()).await?;
            }
        }
        for site in sites {
            if stopping.is_cancelled() {
                return Ok(());
            }
            let now = clock::now();
            let since = now.saturating_sub(every);
            let known = self.store.first_look(site.id, now).await?;
            if known <= since
                && let Some(turn) = self.store.begin_round(site.id, since, now).await?
            {
                round_until(stopping, &self.store, &site, turn).await?;
            }
        }
        Ok(())
    }
}

/// A round of a site, from where it has come to, to its end. Gives what it removed itself.
///
/// # Errors
/// [`StoreError`]; what was removed until then stays so, and the round can go on from there.
pub async fn round(store: &Store, site: &Site, turn: Turn) -> Result<Removed, StoreError> {
    round_until(&CancellationToken::new(), store, site, turn).await
}

/// The same to its end or, if that comes first, until the next slice after `stopping` is cancelled.
async fn round_until(
    stopping: &CancellationToken,
    store: &Store,
    site: &Site,
    turn: Turn,
) -> Result<Removed, StoreError> {
    let mut all = Removed::default();
    store.raise_floors(site.id, turn).await?;
    // What began before may still store an item that is too old, and be seen by no slice.
    let mut since = None;
    while store.older_writers(&mut since).await? {
        tokio::time::sleep(OPEN).await;
    }
    let classes = store.classes(site.id).await?;
    for class in classes.all() {
        loop {
            let began = Instant::now();
            let (slice, removed) = store.expire_items(site, &class.name, turn).await?;
            all.add(removed);
            match slice {
                Slice::More if !has_ended(pause(began), stopping).await => {}
                Slice::Last => break,
                Slice::More | Slice::Taken => return Ok(all),
            }
        }
    }
    let mut after = After::default();
    loop {
        let began = Instant::now();
        let (slice, removed) = store.expire_visitors(site, &mut after, turn).await?;
        all.add(removed);
        match slice {
            Slice::More if !has_ended(pause(began), stopping).await => {}
            Slice::Last => break,
            Slice::More | Slice::Taken => return Ok(all),
        }
    }
    loop {
        let began = Instant::now();
        let (slice, removed) = store.expire_interactions(site, turn).await?;
        all.add(removed);
        match slice {
            Slice::More if !has_ended(pause(began), stopping).await => {}
            Slice::Last => break,
            Slice::More | Slice::Taken => return Ok(all),
        }
    }
    store.expire_deliveries(site.id).await?;
    store.end_round(site.id, turn).await?;
    if !all.is_nothing() {
        tracing::info!(
            site = site.id,
            items = all.events,
            sessions = all.sessions,
            visitors = all.visitors,
            interactions = all.interactions,
            "what was too old has been removed"
        );
    }
    Ok(all)
}

/// The pause after a slice that began then.
fn pause(began: Instant) -> Duration {
    (began.elapsed() * PAUSES).min(PAUSE)
}

/// Waits, and says whether `stopping` was cancelled meanwhile.
async fn has_ended(time: Duration, stopping: &CancellationToken) -> bool {
    tokio::time::timeout(time, stopping.cancelled())
        .await
        .is_ok()
}
