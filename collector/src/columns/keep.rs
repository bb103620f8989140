//! Who makes columns, keeps them fresh and lets them go.
//!
//! The columns of a site are loaded when somebody asks about it first. From then on each question reads again who changed since
//! the one before, so that its answer has everything that was committed before it was asked. Of a large site, to which somebody
//! comes at every moment, that would cost each question more than its answer, for a difference that nobody can see: there
//! columns are fresh enough for a while ([`is_fresh`]). Where many changed, a task of its own reads them a slice at a time, and questions
//! meanwhile are answered from what there is. The same holds while all is put together or loaded anew. [`Columns::as_of`] says
//! of when an answer is.
//!
//! Properties of events are held from when a question names them until none has for an hour. One that is not held yet is read
//! of all entries and put beside what is there ([`super::fill`]), while other questions are answered from that.
//!
//! Loads and refreshes are tasks of their own: who asked may go away, and others who wait for the same get it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::held::{Held, SMALL, Step};
use super::shelf::{KEPT, LATELY, OFTEN, SELDOM, Shelf, Site, is_fresh, lock};
use super::site::Columns;
use crate::clock;
use crate::store::{Store, StoreError};

/// Visitors that are read again while somebody waits, and of a slice beyond.
const VISITORS: usize = 500;
/// How much longer than its work the rest after a slice is.
const REST: u32 = 1;
/// How often the rest is read at once, if it is few.
const AGAIN: usize = 3;
/// How often rows are loaded of which it is forgotten meanwhile what changed.
const LOADS: usize = 3;
/// How long it is not tried again to load what did not fit.
const FULL: Duration = Duration::from_secs(60);

/// The columns of the sites that somebody asked about. Clones share them.
#[derive(Debug, Clone)]
pub struct Keeper {
    store: Store,
    shelf: Arc<Shelf>,
}

/// What is kept at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// Sites.
    pub sites: usize,
    /// Bytes of memory, about.
    pub bytes: usize,
    /// The age of the oldest columns that somebody asked for lately, in milliseconds.
    pub age_ms: i64,
    /// How often all rows of a site were loaded since the start.
    pub loads: u64,
}

impl Keeper {
    /// Of what this store has, in at most so many bytes of memory.
    pub fn new(store: Store, most: usize) -> Self {
        Self {
            store,
            shelf: Arc::new(Shelf::new(most)),
        }
    }

    /// The columns of a site: everything that was committed before the call, unless [`Columns::as_of`] is earlier, as it is by
    /// some moments for large sites.
    ///
    /// # Errors
    /// [`StoreError::Full`] when the site's rows do not fit into memory; [`StoreError::Unavailable`].
    pub async fn of(&self, site_id: i64) -> Result<Arc<Columns>, StoreError> {
        self.with(site_id, Vec::new()).await
    }

    /// The same with these properties of events.
    ///
    /// # Errors
    /// Those of [`Self::of`]; [`StoreError::Full`] also when the properties do not fit, and then the site's columns are there
    /// without them.
    pub async fn with(&self, site_id: i64, names: Vec<String>) -> Result<Arc<Columns>, StoreError> {
        let site = self.shelf.site(site_id);
        site.named.add(&names);
        if let Some(shown) = site.shown_with(&names)
            && (site.is_busy() || site.is_filling() || is_fresh(&shown))
        {
            return Ok(shown);
        }
        let full = lock(&site.times).full;
        if full.is_some_and(|at| at.elapsed() < FULL) {
            return Err(StoreError::Full);
        }
        let (store, shelf) = (self.store.clone(), Arc::clone(&self.shelf));
        let columns = tokio::spawn(async move {
            let columns = site.refresh(&store, &shelf, &names).await?;
            // Others may have named so many meanwhile that these had to go.
            if columns.has(&names) {
                return Ok(columns);
            }
            Err(StoreError::Unavailable(
                "questions name more properties than are held".to_owned(),
            ))
        });
        columns
            .await
            .map_err(|error| StoreError::Internal(error.to_string()))?
    }

    /// What is kept at present.
    pub fn keeping(&self) -> Keeping {
        let sites = self.shelf.sites();
        let now = clock::now();
        let ages = sites.iter().filter(|site| site.was_asked(LATELY));
        let ages = ages.filter_map(|site| Some(now - site.shown()?.as_of()));
        Keeping {
            age_ms: ages.max().unwrap_or(0).max(0),
            sites: sites.len(),
            bytes: sites.iter().map(|site| site.bytes()).sum(),
            loads: self.shelf.loads.load(Ordering::Relaxed),
        }
    }

    /// Keeps columns fresh until `stopping` is cancelled, lets go those that nobody asks for, and removes what was told of changes
    /// long ago.
    pub(crate) async fn run(&self, stopping: CancellationToken) {
        tokio::select! {
            () = stopping.cancelled() => {}
            () = self.work() => {}
        }
    }

    async fn work(&self) {
        let mut trimmed: Option<Instant> = None;
        loop {
            for site in self.shelf.sites() {
                if !site.was_asked(KEPT) {
                    self.shelf.let_go(site.id);
                } else if site.is_due() && !site.is_busy() && site.shown().is_some() {
                    let done = site.refresh(&self.store, &self.shelf, &[]).await;
                    if let Err(error) = done {
                        tracing::debug!(%error, site_id = site.id, "columns cannot be refreshed, which is tried again");
                    }
                }
            }
            if trimmed.is_none_or(|at| at.elapsed() > SELDOM) {
                trimmed = Some(Instant::now());
                if let Err(error) = self.trim().await {
                    tracing::debug!(%error, "old changes cannot be removed, which is tried again");
                }
            }
            tokio::time::sleep(OFTEN).await;
        }
    }

    async fn trim(&self) -> Result<(), StoreError> {
        for site in self.store.sites().await? {
            self.store.trim_changes(site.id).await?;
        }
        Ok(())
    }
}

impl Site {
    /// Columns as fresh as can be had at once.
    async fn refresh(
        self: &Arc<Self>,
        store: &Store,
        shelf: &Arc<Shelf>,
        names: &[String],
    ) -> Result<Arc<Columns>, StoreError> {
        let mut held = self.held.lock().await;
        if let Some(own) = &mut *held {
            let missing = own.keep_names(&self.named.all());
            let mut step = if missing.is_empty() {
                own.step(store, shelf, VISITORS).await
            } else {
                self.fill(own, store, shelf, &missing).await?
            };
            // Who turned out to be new while others were read.
            for _ in 0..AGAIN {
                if !matches!(step, Ok(Step::More)) || own.waiting() > VISITORS {
                    break;
                }
                step = own.step(store, shelf, VISITORS).await;
            }
            match step {
                Ok(Step::Done) => {
                    let is_small = own.rows() <= SMALL;
                    let is_scattered = own.is_scattered();
                    if is_scattered
                        && is_small
                        && let Err(error) = own.put_together().await
                    {
                        *held = None;
                        return Err(error);
                    }
                    let columns = self.show(own, shelf);
                    if is_scattered && !is_small {
                        self.go_on(store, shelf);
                    }
                    return Ok(columns);
                }
                Ok(Step::More) => {
                    let columns = self.show(own, shelf);
                    self.go_on(store, shelf);
                    return Ok(columns);
                }
                Ok(Step::Lost) => {
                    let is_small = own.rows() <= SMALL;
                    *held = None;
                    if let Some(shown) = self.shown_with(names).filter(|_| !is_small) {
                        self.go_on(store, shelf);
                        return Ok(shown);
                    }
                }
                Err(error) => {
                    *held = None;
                    return Err(error);
                }
            }
        }
        self.load(&mut held, store, shelf).await
    }

    /// Reads properties that are not held yet, and whoever changed meanwhile. An error of the first leaves what is held as it
    /// was; that of the second is told as a step's.
    async fn fill(
        &self,
        own: &mut Held,
        store: &Store,
        shelf: &Arc<Shelf>,
        missing: &[String],
    ) -> Result<Result<Step, StoreError>, StoreError> {
        self.is_filling.store(true, Ordering::Release);
        let _done = Done(&self.is_filling);
        match own.fill(store, shelf, missing).await {
            Ok(moment) => Ok(own.settle(store, shelf, (moment, VISITORS)).await),
            Err(error) => {
                self.named.remove(missing);
                self.bytes.store(own.bytes(), Ordering::Relaxed);
                Err(error)
            }
        }
    }

    /// Loads all rows, and reads again who changed meanwhile.
    async fn load(
        &self,
        held: &mut Option<Held>,
        store: &Store,
        shelf: &Arc<Shelf>,
    ) -> Result<Arc<Columns>, StoreError> {
        let loaded = async {
            for _ in 0..LOADS {
                shelf.loads.fetch_add(1, Ordering::Relaxed);
                let mut own = Held::load(store, self.id, shelf, self.named.all().into()).await?;
                loop {
                    match own.step(store, shelf, VISITORS).await? {
                        Step::Done => return Ok(own),
                        Step::More if own.is_whole() => return Ok(own),
                        Step::More => {}
                        Step::Lost => break,
                    }
                }
            }
            Err(StoreError::Unavailable(
                "what changes is forgotten before a site's rows are read".to_owned(),
            ))
        };
        match loaded.await {
            Ok(own) => Ok(self.show(held.insert(own), shelf)),
            Err(error) => {
                if matches!(error, StoreError::Full) {
                    lock(&self.times).full = Some(Instant::now());
                    self.bytes.store(0, Ordering::Relaxed);
                    // It may fit without.
                    self.named.clear();
                    *lock(&self.shown) = None;
                }
                Err(error)
            }
        }
    }

    fn show(&self, held: &mut Held, shelf: &Shelf) -> Arc<Columns> {
        let columns = Arc::new(held.columns());
        *lock(&self.shown) = Some(Arc::clone(&columns));
        {
            let mut times = lock(&self.times);
            times.refreshed = Instant::now();
            times.full = None;
        }
        shelf.has_room(self.id, held.bytes());
        columns
    }

    /// Goes on in a task of its own with what takes longer, while questions are answered from what is shown.
    fn go_on(self: &Arc<Self>, store: &Store, shelf: &Arc<Shelf>) {
        if self.is_busy.swap(true, Ordering::AcqRel) {
            return;
        }
        let (site, store, shelf) = (Arc::clone(self), store.clone(), Arc::clone(shelf));
        tokio::spawn(async move {
            let _done = Done(&site.is_busy);
            if let Err(error) = site.catch_up(&store, &shelf).await {
                tracing::debug!(%error, site_id = site.id, "columns cannot be refreshed, which is tried again");
            }
        });
    }

    async fn catch_up(&self, store: &Store, shelf: &Arc<Shelf>) -> Result<(), StoreError> {
        loop {
            let mut held = self.held.lock().await;
            let began = Instant::now();
            let step = match &mut *held {
                Some(own) => own.step(store, shelf, VISITORS).await,
                None => Ok(Step::Lost),
            };
            match (step, &mut *held) {
                (Ok(Step::Done), Some(own)) => {
                    if own.is_scattered()
                        && let Err(error) = own.put_together().await
                    {
                        *held = None;
                        return Err(error);
                    }
                    self.show(own, shelf);
                    return Ok(());
                }
                (Ok(Step::More), Some(own)) => {
                    self.show(own, shelf);
                }
                (Err(error), _) => {
                    *held = None;
                    return Err(error);
                }
                _ => {
                    *held = None;
                    self.load(&mut held, store, shelf).await?;
                    return Ok(());
                }
            }
            drop(held);
            tokio::time::sleep(began.elapsed() * REST).await;
        }
    }
}

/// Something is so until this is dropped.
struct Done<'s>(&'s AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
