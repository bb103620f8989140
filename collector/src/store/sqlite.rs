//! The SQLite connection that stores items, and who writes when.
//!
//! The driver that everything else goes through runs each statement in a thread of its own, with a copy of every value,
//! and a transaction has hundreds. Here the caller's thread runs them: for ten items that is half of the time, and for
//! hundreds a third.
//!
//! One connection of a file writes at a time. SQLite has those who wait look again now and then, so that under load a
//! waiter may never find a gap; here everyone takes a [`Turn`], in the order of asking.
//!
//! What is committed goes into the write-ahead log, and has to be copied from there into the file now and then. That is
//! done beside the commits, in a thread of its own:
//!
//! ```text
//! log ── copied and flushed beside the commits ──► file        once the log is long: again, until little is left
//!     ── the little that is left, by a commit ───► file        and the log begins anew
//! ```
//!
//! The log only begins anew when all of it has been copied and flushed, which can only be while nobody commits. SQLite flushes the
//! file then and not before: after a second of commits that would be tens of milliseconds for which everybody waits.
//!
//! Nobody else copies: what SQLite does by itself after a commit (`wal_autocheckpoint`) says nothing of a disk that failed, and the
//! next attempt would succeed without what was lost.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::ffi::SQLITE_IOERR_FSYNC;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{Mutex, MutexGuard};

use super::StoreError;
use super::open::BUSY;

/// Memory for pages of the file on the connection. A commit touches about a page for every item, at other places each
/// time; what is not kept is read from the file again, and written out in the middle of a transaction.
const CACHE_KIB: u32 = 24 * 1024;
/// The same for an import, whose transactions touch many more pages: what does not fit is written in the middle of one, and read
/// again for the next.
const BULK_CACHE_KIB: u32 = 192 * 1024;
/// Statements that are kept prepared: all there are.
const PREPARED: usize = 26;
/// Connections that read rows and are kept open while nobody uses them.
const IDLE: usize = 4;
/// Pages in the log, not yet in the file, at which copying begins: 32 MiB. Many commits write the same pages, which are
/// then copied once.
const COPY_AT_PAGES: i64 = 8_192;
/// Pages in the log at which it should begin anew: 128 MiB.
const LONG_AT_PAGES: i64 = 32_768;
/// How many of them may be left for a commit to copy then: about what one large transaction writes while the last of it is copied.
const LITTLE_PAGES: i64 = 2_048;
/// Bytes that the log's file keeps once it has begun anew: 256 MiB.
pub(super) const KEPT_BYTES: u32 = 256 * 1024 * 1024;
/// Where the index of the log says how many of its pages have been copied (<https://www.sqlite.org/walformat.html#the_wal_index_file_format>).
const COPIED_AT: u64 = 96;

/// The connection of one file.
#[derive(Debug)]
pub(crate) struct Items {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// None after a failure; opened again when it is needed.
    connection: Option<Connection>,
    /// None once the store is closed.
    copying: Option<Copying>,
}

/// The thread that copies.
#[derive(Debug)]
struct Copying {
    /// Wakes it; it ends when this is gone.
    ask: SyncSender<()>,
    thread: JoinHandle<()>,
    /// It copies or flushes, for which a commit that did the same would wait.
    is_busy: Arc<AtomicBool>,
}

impl Copying {
    fn ask(&self) {
        self.is_busy.store(true, Ordering::Release);
        // Full while it has been asked already.
        let _ = self.ask.try_send(());
    }

    fn is_busy(&self) -> bool {
        self.is_busy.load(Ordering::Acquire)
    }
}

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'i> {
    path: &'i Path,
    state: MutexGuard<'i, State>,
}

impl Items {
    /// Opens the file at `path`, which is there and has the schema.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = connect(path)?;
        let copying = connect(path)?;
        let (ask, asked) = sync_channel(1);
        let is_busy = Arc::new(AtomicBool::new(false));
        let thread = thread::Builder::new()
            .name("sqlite-copies".to_owned())
            .spawn({
                let (path, is_busy) = (path.to_owned(), Arc::clone(&is_busy));
                move || copy_when(&asked, &copying, &path, &is_busy)
            })
            .map_err(|error| StoreError::Unavailable(error.kind().to_string()))?;
        Ok(Self {
            path: path.to_owned(),
            state: Mutex::new(State {
                connection: Some(connection),
                copying: Some(Copying {
                    ask,
                    thread,
                    is_busy,
                }),
            }),
        })
    }

    /// Waits until nobody else writes.
    pub(super) async fn turn(&self) -> Turn<'_> {
        Turn {
            path: &self.path,
            state: self.state.lock().await,
        }
    }
}

impl Turn<'_> {
    /// Writes with the connection. Blocks the thread.
    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let path = self.path;
        let State {
            connection,
            copying: Some(copying),
        } = &mut *self.state
        else {
            return Err(StoreError::Unavailable("the store is closed".to_owned()));
        };
        let open = match connection {
            Some(open) => open,
            None => connection.insert(connect(path)?),
        };
        let result = work(open);
        match &result {
            Ok(_) => {
                if !copying.is_busy() && next_of(open) == Next::BeginAnew {
                    copy(open, path);
                }
            }
            // A disk that was full or failed leaves a connection in a state that nobody has described.
            Err(StoreError::Unavailable(_) | StoreError::Internal(_)) => *connection = None,
            Err(_) => {}
        }
        result
    }

    /// Takes the memory that large transactions want, for as long as the connection is open.
    pub(super) fn expect_bulk(&mut self) -> Result<(), StoreError> {
        self.write(|connection| {
            Ok(connection.pragma_update(None, "cache_size", -i64::from(BULK_CACHE_KIB))?)
        })
    }

    /// The settings that durability rests on, as the connection says them: journal mode and level of synchronising.
    pub(super) fn durability(&mut self) -> Result<(String, i64), StoreError> {
        self.write(|connection| {
            let mode = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
            let level = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
            Ok((mode, level))
        })
    }

    /// Closes the connections for good. Blocks the thread until what is being copied has been.
    pub(super) fn close(&mut self) {
        if let Some(Copying { ask, thread, .. }) = self.state.copying.take() {
            drop(ask);
            // Fails only if the thread panicked, and then it has ended too.
            let _ = thread.join();
        }
        self.state.connection = None;
    }
}

impl Drop for Turn<'_> {
    /// Has copied what was written in it, also through the driver.
    fn drop(&mut self) {
        let State {
            connection: Some(open),
            copying: Some(copying),
        } = &*self.state
        else {
            return;
        };
        match next_of(open) {
            Next::Copy => copying.ask(),
            // While it is busy a commit will do it soon.
            Next::BeginAnew if !copying.is_busy() => copying.ask(),
            Next::BeginAnew | Next::Nothing => {}
        }
    }
}

/// Connections that read rows by the thousand, for [`super::columns`]: through the driver each row would cost several times
/// as much.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    /// Those that nobody uses; nothing once the store is closed.
    idle: std::sync::Mutex<Option<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            idle: std::sync::Mutex::new(Some(Vec::new())),
        }
    }

    /// Reads with a connection, of which all that `work` reads is one moment's state. Blocks the thread.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = match &mut *self.idle() {
            Some(idle) => idle.pop(),
            None => return Err(StoreError::Unavailable("the store is closed".to_owned())),
        };
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&self.path, flags)?;
                connection.busy_timeout(BUSY)?;
                connection.set_prepared_statement_cache_capacity(PREPARED);
                connection
            }
        };
        connection.execute_batch("BEGIN")?;
        let result = work(&connection);
        // A connection that failed is not used again.
        if result.is_ok() && connection.execute_batch("ROLLBACK").is_ok() {
            let mut idle = self.idle();
            if let Some(idle) = idle.as_mut().filter(|idle| idle.len() < IDLE) {
                idle.push(connection);
            }
        }
        result
    }

    /// Closes those that nobody uses; others are closed when they are done.
    pub(super) fn close(&self) {
        *self.idle() = None;
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Option<Vec<Connection>>> {
        self.idle
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    connection.pragma_update(None, "foreign_keys", true)?;
    // In WAL mode NORMAL loses the latest commits with the power; `accepted` promises that nothing does.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -i64::from(CACHE_KIB))?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", KEPT_BYTES)?;
    Ok(connection)
}

/// How long the log is, in pages.
#[derive(Debug, Clone, Copy)]
struct Log {
    pages: i64,
    /// Those that are not in the file yet.
    waiting: i64,
}

/// What is to be done about the log after a commit.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Nothing,
    Copy,
    BeginAnew,
}

impl Log {
    fn next(self) -> Next {
        let is_long = self.pages >= LONG_AT_PAGES;
        match self.waiting {
            ..=0 => Next::Nothing,
            ..=LITTLE_PAGES if is_long => Next::BeginAnew,
            waiting if is_long || waiting >= COPY_AT_PAGES => Next::Copy,
            _ => Next::Nothing,
        }
    }
}

fn log_of(connection: &Connection) -> Result<Log, StoreError> {
    // Copies nothing: <https://www.sqlite.org/pragma.html#pragma_wal_checkpoint>.
    let mut statement = connection.prepare_cached("PRAGMA wal_checkpoint(NOOP)")?;
    let log = statement.query_row((), |row| {
        let (pages, copied): (i64, i64) = (row.get(1)?, row.get(2)?);
        Ok(Log {
            pages,
            waiting: pages - copied,
        })
    })?;
    Ok(log)
}

/// What is to be done about the log; where that cannot be said, a later commit says it.
fn next_of(connection: &Connection) -> Next {
    log_of(connection).map_or(Next::Nothing, Log::next)
}

/// Copies as much as can be copied without anybody waiting, and says how far the log has been copied then, if it does not stand still.
fn copy(connection: &Connection, path: &Path) -> Option<i64> {
    let copied = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |row| row.get(2));
    match copied {
        // Negative while somebody else copies.
        Ok(copied) => Some(copied).filter(|&copied: &i64| copied >= 0),
        Err(error) => {
            let code = error.sqlite_error().map(|error| error.extended_code);
            if code == Some(SQLITE_IOERR_FSYNC) {
                give_up(path, &error);
            }
            // A later commit will do it.
            tracing::debug!(error = %StoreError::from(error), "the log could not be copied into the file");
            None
        }
    }
}

/// Ends the process, since what was copied did not come to the disk. The system says so once and forgets it: were the log to begin anew
/// or be removed at an orderly end, what it alone has would be gone. The next start copies all of it again.
fn give_up(path: &Path, error: &dyn std::fmt::Display) -> ! {
    // Where another process has the file open, the next start would go by this number; nobody does when it is the only one.
    let mut index = path.as_os_str().to_owned();
    index.push("-shm");
    if let Ok(index) = File::options().write(true).open(index) {
        // Not closed, since that would end SQLite's locks before the process ends.
        let index = ManuallyDrop::new(index);
        let _ = index.write_all_at(&[0; 4], COPIED_AT);
    }
    tracing::error!(%error, "the disk did not take what was copied into the database; the collector ends at once, and what was acknowledged is in the log beside the file");
    std::process::abort();
}

/// Copies each time it is asked to, and flushes what was copied.
fn copy_when(asked: &Receiver<()>, connection: &Connection, path: &Path, is_busy: &AtomicBool) {
    let mut file = None;
    let mut flushed = None;
    while asked.recv().is_ok() {
        is_busy.store(true, Ordering::Release);
        if file.is_none() {
            // Before anything is copied, so that it hears of what fails from then on. It is never closed: closing any descriptor of a
            // file ends all locks that the process has on it, SQLite's among them
            // (<https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>).
            file = File::open(path).ok().map(ManuallyDrop::new);
        }
        // Without it, as where too many files are open, a later commit asks again.
        if let Some(file) = &file {
            let copied = copy(connection, path);
            // While somebody reads what is old, nothing more can be copied.
            if copied.is_some() && copied != flushed {
                if let Err(error) = file.sync_data() {
                    give_up(path, &error);
                }
                flushed = copied;
            }
        }
        is_busy.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_begins_anew_when_little_of_it_is_left() {
        let next = |pages, waiting| Log { pages, waiting }.next();
        assert_eq!(next(8_000, 8_000), Next::Nothing);
        assert_eq!(next(8_192, 8_192), Next::Copy);
        assert_eq!(next(20_000, 500), Next::Nothing);
        assert_eq!(next(32_768, 2_049), Next::Copy);
        assert_eq!(next(32_768, 2_048), Next::BeginAnew);
        assert_eq!(next(40_000, 1), Next::BeginAnew);
        // The next commit begins it anew by itself.
        assert_eq!(next(40_000, 0), Next::Nothing);
    }
}
