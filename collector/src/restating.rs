//! Following definitions of stages, whoever changes them: whoever watches a site is told to load it again, and its past is
//! searched for the events that reach a milestone since then.
//!
//! A slice of items at a time, with as long a pause after each as it took, so that storing what arrives goes on beside it.
//! How far it has come stands in the database: who ends in the middle goes on there at the next start, and of several
//! collectors one goes on where another has been. It begins once no transaction is open that goes by an older definition:
//! what is stored by a newer one notes the first times itself.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::live::{Feed, Update};
use crate::store::first_events::Slice;
use crate::store::stages::Restatement;
use crate::store::{Store, StoreError};

/// Items of a slice.
const ITEMS: u32 = 10_000;
/// How soon a change by another process is noticed.
const POLL: Duration = Duration::from_secs(1);
/// The longest pause after a slice.
const PAUSE: Duration = Duration::from_secs(1);
/// How long to leave a site to another collector that is at it.
const LEAVE: Duration = Duration::from_secs(2);
/// The time between two looks at open transactions.
const OPEN: Duration = Duration::from_millis(20);

/// Keeps the definitions known and searches the past, until it is told to stop.
#[derive(Debug)]
pub(crate) struct Restater {
    store: Store,
    live: Feed,
    changed: Notify,
    unsearched: Notify,
}

impl Restater {
    /// `live` is told of sites that have to be loaded again.
    pub(crate) fn new(store: Store, live: Feed) -> Arc<Self> {
        Arc::new(Self {
            store,
            live,
            changed: Notify::new(),
            unsearched: Notify::new(),
        })
    }

    /// Has it look at once.
    pub(crate) fn look(&self) {
        self.changed.notify_one();
        self.unsearched.notify_one();
    }

    /// Works until `stopping` is cancelled.
    pub(crate) async fn run(self: Arc<Self>, stopping: CancellationToken) {
        // A search may take long, and what changes meanwhile is to be known nevertheless.
        tokio::select! {
            () = stopping.cancelled() => {}
            () = self.follow() => {}
            () = self.search() => {}
        }
    }

    async fn follow(&self) {
        let (mut told, _) = self.store.stages_since(0);
        let mut trouble = Trouble::default();
        loop {
            trouble.see(self.learn(&mut told).await);
            asked(&self.changed).await;
        }
    }

    /// `told` is the generation that watchers know of.
    async fn learn(&self, told: &mut i64) -> Result<(), StoreError> {
        self.store.refresh_stages().await?;
        let (generation, changed) = self.store.stages_since(*told);
        *told = generation;
        changed.into_iter().for_each(|site_id| self.tell(site_id));
        Ok(())
    }

    async fn search(&self) {
        let mut waited = HashSet::new();
        let mut trouble = Trouble::default();
        loop {
            trouble.see(self.search_all(&mut waited).await);
            asked(&self.unsearched).await;
        }
    }

    /// `waited` holds the sites and versions for which no older transaction is open any more.
    async fn search_all(&self, waited: &mut HashSet<(i64, i64)>) -> Result<(), StoreError> {
        for restatement in self.store.restatements().await? {
            let site_id = restatement.site_id;
            search(&self.store, restatement, waited, |_| ()).await?;
            self.tell(site_id);
        }
        Ok(())
    }

    fn tell(&self, site_id: i64) {
        self.live.tell(Update::reload(site_id));
    }
}

/// Waits until somebody asks, or it is time to look by oneself.
async fn asked(notify: &Notify) {
    tokio::select! {
        () = notify.notified() => {}
        () = tokio::time::sleep(POLL) => {}
    }
}

/// Says that something fails, once for as long as it goes on: a database that is away is everybody's trouble.
#[derive(Default)]
struct Trouble {
    is_known: bool,
}

impl Trouble {
    fn see(&mut self, result: Result<(), StoreError>) {
        if let Err(error) = &result
            && !self.is_known
        {
            tracing::warn!(%error, "definitions of stages cannot be followed, which is tried again");
        }
        self.is_known = result.is_err();
    }
}

/// Searches all that a site's last definition has left to search. `seen` is told of the items looked at now and then.
///
/// # Errors
/// [`StoreError`]; what was found until then stays, and the search can go on from there.
pub(crate) async fn finish(
    store: &Store,
    site_id: i64,
    mut seen: impl FnMut(i64),
) -> Result<(), StoreError> {
    let mut waited = HashSet::new();
    loop {
        let all = store.restatements().await?;
        let Some(own) = all.into_iter().find(|one| one.site_id == site_id) else {
            return Ok(());
        };
        search(store, own, &mut waited, &mut seen).await?;
    }
}

/// Goes on with a search until it is done, or somebody else does it.
async fn search(
    store: &Store,
    mut restatement: Restatement,
    waited: &mut HashSet<(i64, i64)>,
    mut seen: impl FnMut(i64),
) -> Result<(), StoreError> {
    let Restatement {
        site_id, version, ..
    } = restatement;
    if !waited.contains(&(site_id, version)) {
        let mut since = None;
        while store.older_writers(&mut since).await? {
            tokio::time::sleep(OPEN).await;
        }
        waited.insert((site_id, version));
    }
    loop {
        let began = Instant::now();
        match store.restate_slice(&restatement, ITEMS).await? {
            Slice::More => {}
            Slice::Last => {
                tracing::info!(
                    site_id,
                    version,
                    "the past has been searched for milestones"
                );
                return Ok(());
            }
            Slice::Taken => {
                tokio::time::sleep(LEAVE).await;
                return Ok(());
            }
        }
        tokio::time::sleep(began.elapsed().min(PAUSE)).await;
        let all = store.restatements().await?;
        let Some(next) = all
            .into_iter()
            .find(|one| (one.site_id, one.version) == (site_id, version))
        else {
            return Ok(());
        };
        restatement = next;
        seen(restatement.items);
    }
}
