//! Where rows come from: a file that is open, plain or gzip, and what is read of it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::ValueEnum;
use flate2::read::MultiGzDecoder;

use super::ImportError;
use crate::ingest::import::Record;

/// Bytes of one row; what is longer is no row.
pub(super) const ROW_BYTES: usize = 4 * 1024 * 1024;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Values with commas between, under a line with the columns' names.
    Csv,
    /// A JSON object on each line.
    Jsonl,
}

/// A row that cannot be read, or no more rows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    /// This row.
    #[error("line {place}: {message}")]
    Row {
        place: u64,
        message: String,
        text: Option<String>,
    },
    /// And nothing after it.
    #[error("{0}")]
    End(String),
}

/// How far the reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Of a file, in bytes.
    Bytes(u64),
    /// Of a query, in rows.
    Rows(u64),
}

/// Where rows come from.
pub(crate) trait Source: Send {
    /// The columns' names.
    fn columns(&self) -> &[String];

    /// The next row.
    fn next(&mut self) -> Option<Result<Record, Unreadable>>;

    /// A row as it has to be written to be read again.
    fn text(&self, record: &Record) -> String;

    /// What stands before all rows where they are written.
    fn head(&self) -> Option<String> {
        None
    }

    /// How much there is, if that is known.
    fn extent(&self) -> Option<Extent>;

    /// Bytes that have been read of it.
    fn bytes_read(&self) -> u64;
}

/// How a file is written, by its name.
pub(crate) fn format_of(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "csv" => Some(Format::Csv),
        "jsonl" | "ndjson" | "json" => Some(Format::Jsonl),
        _ => None,
    }
}

/// A file that is open.
pub(crate) struct Opened {
    pub(super) reader: Box<dyn BufRead + Send>,
    size: Option<u64>,
    pub(super) read: Arc<AtomicU64>,
}

/// Counts what is read through it.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Opened {
    /// Opens a file, or what is piped in.
    pub(crate) fn of(path: &Path) -> Result<Self, ImportError> {
        let failed =
            |error: io::Error| ImportError::Refused(format!("{}: {error}", path.display()));
        if path == Path::new("-") {
            return Self::new(Box::new(io::stdin()), None).map_err(failed);
        }
        let file = File::open(path).map_err(failed)?;
        Self::of_file(file).map_err(failed)
    }

    /// A file that somebody else opened, from where it stands.
    pub(super) fn of_file(file: File) -> io::Result<Self> {
        let size = file.metadata()?;
        let size = size.is_file().then_some(size.len());
        Self::new(Box::new(file), size)
    }

    fn new(inner: Box<dyn Read + Send>, size: Option<u64>) -> io::Result<Self> {
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            inner,
            read: Arc::clone(&read),
        };
        let mut reader = BufReader::with_capacity(256 * 1024, counted);
        let begins = reader.fill_buf()?;
        if begins.starts_with(b"PK\x03\x04") {
            return Err(io::Error::other(
                "this is a zip; take the files out of it, and import those",
            ));
        }
        let is_gzip = begins.starts_with(&[0x1f, 0x8b]);
        let reader: Box<dyn BufRead + Send> = match is_gzip {
            true => Box::new(BufReader::new(MultiGzDecoder::new(reader))),
            false => Box::new(reader),
        };
        Ok(Self { reader, size, read })
    }

    pub(super) fn extent(&self) -> Option<Extent> {
        self.size.map(Extent::Bytes)
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

/// What stands between the values of a CSV file: one ASCII character.
///
/// # Errors
/// It is none: what it has to be.
pub(crate) fn delimiter(text: &str) -> Result<char, String> {
    match text {
        "\\t" | "tab" => Ok('\t'),
        _ => match text.chars().next() {
            Some(one) if text.len() == 1 => Ok(one),
            _ => Err("has to be one ASCII character, or tab".to_owned()),
        },
    }
}
