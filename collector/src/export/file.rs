//! An export as a file: under a name of its own until it is whole and on disk, and for its owner alone to read.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::{ExportError, Walk};

/// Writes what is left of a walk to a file, in the place of the one that has the name.
///
/// # Errors
/// [`ExportError`]; what had the name is as it was then.
pub(crate) async fn write(walk: Walk, path: &Path) -> Result<u64, ExportError> {
    let part = Part::of(path);
    let rows = write_part(walk, &part.0).await?;
    std::fs::rename(&part.0, path).map_err(|error| failed(path, error))?;
    Ok(rows)
}

/// What there is of a file, beside it and hidden, so that nobody who reads the folder's files reads half of one. It goes when
/// nobody writes it any more.
struct Part(PathBuf);

impl Part {
    fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self(path.with_file_name(format!(".{name}.{}.part", Uuid::now_v7().simple())))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It is not there where it has been renamed, and whether it can be removed changes nothing.
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn write_part(mut walk: Walk, part: &Path) -> Result<u64, ExportError> {
    let target = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(part)
        .map_err(|error| failed(part, error))?;
    let mut target = BufWriter::new(target);
    while let Some(bytes) = walk.next().await? {
        let written = target.write_all(&bytes);
        written.map_err(|error| failed(part, error))?;
    }
    let target: Result<File, _> = target.into_inner().map_err(|error| error.into_error());
    let synced = target.and_then(|target| target.sync_all());
    synced.map_err(|error| failed(part, error))?;
    Ok(walk.rows())
}

fn failed(path: &Path, error: std::io::Error) -> ExportError {
    ExportError::File {
        path: path.to_owned(),
        error,
    }
}
