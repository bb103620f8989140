//! Imports that the API begins: a file is taken in, and its rows are imported while the request is over already.
//!
//! ```text
//! begin ─► Receiving: bytes into a file without a name ─► start ─► a task: read, convert, store ─► how it ended
//!    └──── a row of the site, with a sign of life every two seconds ────────────────────────────────────┘
//! ```
//!
//! The file has no name in its folder, so whatever ends the process, it is gone. So are the rows that were not imported, which are
//! kept in another one for as long as somebody may want them. What is known of an import besides is in the database
//! ([`crate::store::imports`]), where other collectors find it and can say that it is not wanted any more.
//!
//! Items are stored by writers of its own, also where the collector's own items go through a queue.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::instrument::WithSubscriber;
use uuid::Uuid;

use super::ImportError;
use super::job::{Job, Place, standing, text};
use super::order::Order;
use super::report::Telling;
use super::source::Format;
use crate::clock;
use crate::config::Config;
use crate::ingest::import::Outside;
use crate::store::audit::By;
use crate::store::imports::{NewImport, State};
use crate::store::sites::Site;
use crate::store::{self, Store, StoreError};

/// Imports at a time, of all sites.
const AT_ONCE: usize = 4;
/// Imports of which rows that were not imported are kept.
const MOST_KEPT: usize = 32;

/// Why no import began.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BeginError {
    #[error("another import of the site goes on")]
    Busy,
    #[error("too many imports go on")]
    Crowded,
    #[error(transparent)]
    Unfit(#[from] ImportError),
    #[error("no file can be made in {}: {error}", folder.display())]
    Folder { folder: PathBuf, error: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a file was not taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiveError {
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    #[error("not wanted any more")]
    Unwanted,
    #[error("the file cannot be kept: {0}")]
    Disk(io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes files in, and has their rows imported.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(super) store: Store,
    folder: PathBuf,
    pub(super) limit: u64,
    pub(super) going_on: Mutex<HashMap<Uuid, CancellationToken>>,
    rejects: Mutex<BTreeMap<Uuid, Rejected>>,
    tasks: TaskTracker,
    pub(super) stopping: CancellationToken,
}

/// Rows that were not imported.
#[derive(Debug, Clone)]
pub(crate) struct Rejected {
    pub(super) site_id: i64,
    pub(super) until: Instant,
    pub(super) file: Arc<File>,
    /// How its rows are written.
    pub(crate) format: Format,
}

impl Rejected {
    /// Some bytes of it, none at its end.
    pub(crate) async fn read(&self, at: u64) -> io::Result<Vec<u8>> {
        let file = Arc::clone(&self.file);
        let read = move || {
            let mut bytes = vec![0; 64 * 1024];
            let count = file.read_at(&mut bytes, at)?;
            bytes.truncate(count);
            Ok(bytes)
        };
        tokio::task::spawn_blocking(read).await?
    }
}

/// What is in it, whoever panicked with it.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// Files are in the folder that the settings name while they are needed, else in that of the SQLite file, else in the
    /// system's for what is temporary.
    pub(crate) fn new(store: Store, config: &Config) -> Arc<Self> {
        let of_database = || store::folder(&config.database_url);
        let folder = config.import_folder.clone().or_else(of_database);
        Arc::new(Self {
            store,
            folder: folder.unwrap_or_else(std::env::temp_dir),
            limit: config.import_limit,
            going_on: Mutex::default(),
            rejects: Mutex::default(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        })
    }

    /// Bytes that a file may have.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// Ends what goes on, and returns when that is noted.
    pub(crate) async fn stop(&self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Makes a file without a name, which is gone with its last handle.
    pub(super) async fn file(&self) -> Result<File, BeginError> {
        let folder = self.folder.clone();
        let make = move || {
            std::fs::create_dir_all(&folder)
                .and_then(|()| tempfile::tempfile_in(&folder))
                .map_err(|error| BeginError::Folder { folder, error })
        };
        match tokio::task::spawn_blocking(make).await {
            Ok(made) => made,
            Err(error) => Err(BeginError::Folder {
                folder: self.folder.clone(),
                error: error.into(),
            }),
        }
    }

    /// Begins to take in a file for a site.
    ///
    /// # Errors
    /// [`BeginError`]; nothing began then.
    pub(crate) async fn begin(
        self: &Arc<Self>,
        site: Site,
        order: Order,
        actor: &str,
    ) -> Result<Receiving, BeginError> {
        let outside = super::outside(&self.store, site, order.zone.clone())?;
        let file = self.file().await?;
        let id = Uuid::now_v7();
        let ending = CancellationToken::new();
        {
            let mut going_on = locked(&self.going_on);
            if going_on.len() >= AT_ONCE || self.stopping.is_cancelled() {
                return Err(BeginError::Crowded);
            }
            going_on.insert(id, ending.clone());
        }
        let place = Place {
            desk: Arc::clone(self),
            id,
            over: CancellationToken::new(),
        };
        let telling = Arc::new(Mutex::new(Telling::default()));
        let text = text(&telling);
        let new = NewImport {
            site_id: outside.site.id,
            id,
            kind: order.kind.as_str(),
            dry_run: order.dry_run,
            file: order.file.as_deref(),
            report: &text,
        };
        let by = By {
            actor,
            now: clock::now(),
        };
        if !self.store.begin_import(&new, by).await? {
            return Err(BeginError::Busy);
        }
        let job = Job {
            place,
            site_id: outside.site.id,
            ending,
            telling,
            progress: Arc::new(Mutex::new((State::Receiving, 0))),
        };
        self.tasks
            .spawn(job.beats().beat().with_current_subscriber());
        Ok(Receiving {
            begun: Some((job, outside, order)),
            file: Arc::new(file),
        })
    }

    /// Ends an import of this collector at once; one of another collector sees it in the database.
    pub(crate) fn cancel(&self, id: Uuid) {
        if let Some(ending) = locked(&self.going_on).get(&id) {
            ending.cancel();
        }
        locked(&self.rejects).remove(&id);
    }

    /// The rows of an import that were not imported, if they are here.
    pub(crate) fn rejected(&self, site_id: i64, id: Uuid) -> Option<Rejected> {
        let mut kept = locked(&self.rejects);
        let now = Instant::now();
        kept.retain(|_, rejected| rejected.until > now);
        kept.get(&id)
            .filter(|rejected| rejected.site_id == site_id)
            .cloned()
    }

    pub(super) fn keep(&self, id: Uuid, rejected: Rejected) {
        let mut kept = locked(&self.rejects);
        kept.insert(id, rejected);
        while kept.len() > MOST_KEPT {
            // Ids are in the order of time.
            kept.pop_first();
        }
    }
}

/// A file that is on its way. Where it is dropped before it is whole, nothing began.
pub(crate) struct Receiving {
    begun: Option<(Job, Outside, Order)>,
    file: Arc<File>,
}

impl Receiving {
    /// Takes some bytes.
    ///
    /// # Errors
    /// [`ReceiveError`]; it is to be dropped then.
    pub(crate) async fn take(&mut self, bytes: bytes::Bytes) -> Result<(), ReceiveError> {
        let Some((job, ..)) = &self.begun else {
            return Err(ReceiveError::Unwanted);
        };
        let desk = &job.place.desk;
        if job.ending.is_cancelled() || desk.stopping.is_cancelled() {
            return Err(ReceiveError::Unwanted);
        }
        let count = bytes.len() as u64;
        if locked(&job.progress).1 + count > desk.limit {
            return Err(ReceiveError::TooLarge(desk.limit));
        }
        let file = Arc::clone(&self.file);
        let write = move || (&*file).write_all(&bytes);
        let written = tokio::task::spawn_blocking(write).await;
        written
            .unwrap_or_else(|error| Err(error.into()))
            .map_err(ReceiveError::Disk)?;
        locked(&job.progress).1 += count;
        Ok(())
    }

    /// The file is whole: its rows are imported. Gives the import's id.
    ///
    /// # Errors
    /// [`ReceiveError`]; nothing began then.
    pub(crate) async fn start(mut self) -> Result<Uuid, ReceiveError> {
        let Some((job, ..)) = &self.begun else {
            return Err(ReceiveError::Unwanted);
        };
        // Whoever asks from now on hears of it.
        locked(&job.progress).0 = State::Running;
        let standing = standing(&job.telling, &job.progress);
        let (store, id) = (&job.place.desk.store, job.place.id);
        let told = store.import_goes_on(job.site_id, id, &standing, clock::now());
        if !told.await? {
            return Err(ReceiveError::Unwanted);
        }
        let Some((job, outside, order)) = self.begun.take() else {
            return Err(ReceiveError::Unwanted);
        };
        let desk = Arc::clone(&job.place.desk);
        let file = Arc::clone(&self.file);
        desk.tasks
            .spawn(job.run(outside, order, file).with_current_subscriber());
        Ok(id)
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        let Some((job, ..)) = self.begun.take() else {
            return;
        };
        job.place.over.cancel();
        let desk = Arc::clone(&job.place.desk);
        let forgotten = async move {
            let (site, id) = (job.site_id, job.place.id);
            if let Err(error) = job.place.desk.store.drop_import(site, id).await {
                tracing::warn!(%error, "an import that did not begin cannot be forgotten");
            }
        };
        desk.tasks.spawn(forgotten.with_current_subscriber());
    }
}
