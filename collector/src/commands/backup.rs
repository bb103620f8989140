//! `collector backup` and `collector restore`: everything in the database as one file, and back.
//!
//! The file is JSON Lines in a format of its own, so that what was kept in SQLite can go on in PostgreSQL and the
//! reverse. It holds the hashes of passwords and keys: its owner alone may read it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::clock;
use crate::config::Config;
use crate::store::dump::{DumpError, Dumped};
use crate::store::{Store, StoreError};

/// `collector backup …`
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct BackupArguments {
    /// Where to write, such as waymark.jsonl.gz; .gz compresses. A file that is there stays as it is
    pub file: PathBuf,
}

/// `collector restore …`
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct RestoreArguments {
    /// The file that `collector backup` wrote. The database of --database-url has to be empty or not there yet; it need not
    /// be of the kind that the backup was made of
    pub file: PathBuf,
}

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is in the file, or in the database.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// The file.
    #[error("{}: {error}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// The output was closed.
    #[error("cannot print: {0}")]
    Output(#[from] std::io::Error),
}

fn compressed(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "gz")
}

/// Writes a backup. The file has its name only when it is whole and on disk.
///
/// # Errors
/// [`BackupError`]; there is no file of that name then.
pub async fn backup(
    arguments: &BackupArguments,
    config: &Config,
    out: &mut (impl Write + Send),
) -> Result<(), BackupError> {
    let file = &arguments.file;
    let failed = |error| BackupError::File {
        file: file.clone(),
        error,
    };
    if file.exists() {
        return Err(failed(std::io::ErrorKind::AlreadyExists.into()));
    }
    let mut part = file.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = write(&part, compressed(file), &config.database_url).await;
    let dumped = match written {
        Ok(dumped) => dumped,
        Err(error) => {
            // What there is of it is of no use, and whether it can be removed changes nothing.
            let _ = std::fs::remove_file(&part);
            return Err(error);
        }
    };
    std::fs::rename(&part, file).map_err(failed)?;
    let bytes = std::fs::metadata(file).map_err(failed)?.len();
    writeln!(
        out,
        "{} rows of {} tables of {} are in {} ({bytes} bytes).",
        dumped.rows,
        dumped.tables,
        dumped.kind,
        file.display()
    )?;
    Ok(())
}

async fn write(part: &Path, compress: bool, url: &str) -> Result<Dumped, BackupError> {
    let failed = |error| BackupError::File {
        file: part.to_owned(),
        error,
    };
    let target = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(part)
        .map_err(failed)?;
    let (dumped, target) = if compress {
        let mut writer = GzEncoder::new(BufWriter::new(target), Compression::default());
        let dumped = Store::dump(url, &mut writer, clock::now()).await?;
        (dumped, writer.finish().map_err(failed)?)
    } else {
        let mut writer = BufWriter::new(target);
        let dumped = Store::dump(url, &mut writer, clock::now()).await?;
        (dumped, writer)
    };
    let target = target.into_inner().map_err(|e| failed(e.into_error()))?;
    target.sync_all().map_err(failed)?;
    Ok(dumped)
}

/// Fills an empty database.
///
/// # Errors
/// [`BackupError`]; no row was written then.
pub async fn restore(
    arguments: &RestoreArguments,
    config: &Config,
    out: &mut (impl Write + Send),
) -> Result<(), BackupError> {
    let file = &arguments.file;
    let source = File::open(file).map_err(|error| BackupError::File {
        file: file.clone(),
        error,
    })?;
    let mut reader: Box<dyn BufRead + Send> = if compressed(file) {
        Box::new(BufReader::new(MultiGzDecoder::new(BufReader::new(source))))
    } else {
        Box::new(BufReader::new(source))
    };
    let dumped = Store::restore(&config.database_url, &mut reader).await?;
    writeln!(
        out,
        "{} rows of {} tables are restored into {}.",
        dumped.rows, dumped.tables, dumped.kind
    )?;
    Ok(())
}
