//! The file of the database of places: opened, watched, replaced.
//!
//! A missing or damaged file never keeps the collector from taking events: places are null until there is a good one.
//! A running collector notices within seconds that the file was replaced and goes on with the old one until the new
//! one has been read whole. What a file says is [`crate::enrich::geo`]'s.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio_util::sync::CancellationToken;

use crate::enrich::geo::{Geo, GeoError, Place};

/// How soon a replaced file is noticed.
const LOOK: Duration = Duration::from_secs(2);
/// A database larger than this is a mistake, and would not fit into memory twice.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// Why a file is no database of places, or could not be put in place.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system.
    #[error("{}: {error}", path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
    /// What the file says.
    #[error("{}: {error}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: GeoError,
    },
}

/// What tells one state of a file from another.
type Stamp = (u64, u64, i64, i64);

/// The database in use. Looking a place up takes no lock.
#[derive(Debug)]
pub(crate) struct GeoFile {
    path: PathBuf,
    current: ArcSwapOption<Geo>,
    seen: Mutex<Option<Stamp>>,
}

impl GeoFile {
    /// Opens the file, if it is there. `demanded` says that somebody named it, so that its absence is worth a warning.
    pub(crate) fn open(path: &Path, demanded: bool) -> Self {
        let file = Self {
            path: path.to_owned(),
            current: ArcSwapOption::empty(),
            seen: Mutex::new(None),
        };
        file.look();
        if file.current.load().is_none() && demanded {
            tracing::warn!(
                file = %path.display(),
                "there is no database of places; country, region and city stay unknown until there is one"
            );
        }
        file
    }

    /// Where an address is; nothing without a database.
    pub(crate) fn locate(&self, address: IpAddr) -> Place {
        self.current
            .load()
            .as_ref()
            .map(|geo| geo.locate(address))
            .unwrap_or_default()
    }

    /// The database in use.
    pub(crate) fn current(&self) -> Option<Arc<Geo>> {
        self.current.load_full()
    }

    /// Looks for a new file again and again, until the collector ends.
    pub(crate) async fn watch(self: Arc<Self>, stopping: CancellationToken) {
        let mut every = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = every.tick() => {}
            }
            let file = Arc::clone(&self);
            // Reading tens of megabytes is no work for a thread that answers requests.
            let _ = tokio::task::spawn_blocking(move || file.look()).await;
        }
    }

    /// Reads the file if it is another one than before. A bad one leaves the database in use as it is.
    fn look(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = fs::metadata(&self.path).ok().as_ref().map(stamp);
        if stamp.is_none() || stamp == *seen {
            return;
        }
        *seen = stamp;
        match read(&self.path) {
            Ok(geo) => {
                tracing::info!(
                    file = %self.path.display(),
                    kind = geo.kind(),
                    built_at = geo.built_at(),
                    "the database of places was read"
                );
                self.current.store(Some(Arc::new(geo)));
            }
            Err(error) => {
                tracing::warn!(%error, "the database of places cannot be used; the one before stays in use");
            }
        }
    }
}

fn stamp(metadata: &fs::Metadata) -> Stamp {
    (
        metadata.ino(),
        metadata.len(),
        metadata.mtime(),
        metadata.mtime_nsec(),
    )
}

/// Opens and reads a file.
///
/// # Errors
/// [`FileError`] names it.
pub(crate) fn read(path: &Path) -> Result<Geo, FileError> {
    let system = |error| FileError::System {
        path: path.to_owned(),
        error,
    };
    let file = File::open(path).map_err(system)?;
    understand(path, contents(file).map_err(system)?)
}

/// Puts the database that `source` holds (plain or gzip) where `path` is, after it has been read and looked through
/// whole. Until the new file is complete and on disk the old one stays; then it is replaced at once.
///
/// # Errors
/// [`FileError`]; the old file is as it was.
pub(crate) fn install(source: &Path, input: impl Read, path: &Path) -> Result<Geo, FileError> {
    let bytes = contents(input).map_err(|error| FileError::System {
        path: source.to_owned(),
        error,
    })?;
    let geo = understand(source, bytes.clone())?;
    geo.verify().map_err(|error| FileError::Content {
        path: source.to_owned(),
        error,
    })?;
    replace(path, &bytes).map_err(|error| FileError::System {
        path: path.to_owned(),
        error,
    })?;
    Ok(geo)
}

fn understand(path: &Path, bytes: Vec<u8>) -> Result<Geo, FileError> {
    Geo::read(bytes).map_err(|error| FileError::Content {
        path: path.to_owned(),
        error,
    })
}

/// Everything of an input, decompressed.
fn contents(input: impl Read) -> io::Result<Vec<u8>> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    let raw = all(input)?;
    if raw.starts_with(&GZIP) {
        all(flate2::read::MultiGzDecoder::new(raw.as_slice()))
    } else {
        Ok(raw)
    }
}

fn all(input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is larger than 1 GiB",
        ));
    }
    Ok(bytes)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = (|| {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        File::open(folder)?.sync_all()
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_database_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("geo.mmdb");
        fs::write(&path, "the old one").unwrap();
        let error = install(Path::new("page.html"), &b"<html>"[..], &path).unwrap_err();
        assert!(error.to_string().starts_with("page.html: "), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"the old one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_replacement_makes_the_folder_and_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/geo.mmdb");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let beside = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(beside, 1);
    }

    #[test]
    fn without_a_file_every_place_is_unknown() {
        let file = GeoFile::open(Path::new("/nonexistent/geo.mmdb"), false);
        assert_eq!(file.locate(IpAddr::from([8, 8, 8, 8])), Place::default());
        assert!(file.current().is_none());
    }
}
