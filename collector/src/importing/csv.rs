//! Rows of a file of values with a character between, under a line with the columns' names.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::ImportError;
use super::source::{Extent, Opened, ROW_BYTES, Source, Unreadable};
use crate::ingest::import::Record;

/// A value as it counts: empty is none, and so is what MySQL and PostgreSQL write for nothing.
pub(super) fn value(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text != "\\N").then(|| text.to_owned())
}

/// Gives no more than a row may have until somebody says that a row is over. What reads CSV keeps a row whole, and a quote that
/// nobody closes would make one row of the rest of the file.
struct Bounded {
    inner: Box<dyn BufRead + Send>,
    left: Arc<AtomicUsize>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            let message = format!("a row is longer than {ROW_BYTES} bytes; is a quote not closed?");
            return Err(io::Error::other(message));
        }
        let most = buffer.len().min(left);
        let count = self.inner.read(&mut buffer[..most])?;
        self.left.store(left - count, Ordering::Relaxed);
        Ok(count)
    }
}

/// A file of values with a character between.
pub(crate) struct Csv {
    reader: csv::Reader<Bounded>,
    left: Arc<AtomicUsize>,
    record: csv::ByteRecord,
    columns: Vec<String>,
    delimiter: u8,
    size: Option<Extent>,
    read: Arc<AtomicU64>,
}

/// What is wrong, in the words of whatever was read.
fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    }
}

impl Csv {
    pub(crate) fn new(opened: Opened, delimiter: char) -> Result<Self, ImportError> {
        let (size, read) = (opened.extent(), Arc::clone(&opened.read));
        let delimiter = u8::try_from(delimiter).unwrap_or(b',');
        let left = Arc::new(AtomicUsize::new(ROW_BYTES));
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(Bounded {
                inner: opened.reader,
                left: Arc::clone(&left),
            });
        let headers = reader.headers().map_err(|error| {
            ImportError::Refused(format!(
                "the line with the columns' names: {}",
                reason(&error)
            ))
        })?;
        let columns: Vec<String> = headers.iter().map(|name| name.trim().to_owned()).collect();
        if columns.iter().all(String::is_empty) {
            let message = "there is no line with the columns' names";
            return Err(ImportError::Refused(message.to_owned()));
        }
        Ok(Self {
            reader,
            left,
            record: csv::ByteRecord::new(),
            columns,
            delimiter,
            size,
            read,
        })
    }

    fn write<'t>(&self, values: impl Iterator<Item = &'t str>) -> String {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(self.delimiter)
            .from_writer(Vec::new());
        let text = writer
            .write_record(values)
            .ok()
            .and_then(|()| writer.into_inner().ok())
            .unwrap_or_default();
        String::from_utf8_lossy(&text).trim_end().to_owned()
    }
}

impl Source for Csv {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn next(&mut self) -> Option<Result<Record, Unreadable>> {
        self.left.store(ROW_BYTES, Ordering::Relaxed);
        let line = self.reader.position().line();
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(error) => {
                // Of what cannot be read the library says no line.
                let message = format!("after line {line}: {}", reason(&error));
                return Some(Err(Unreadable::End(message)));
            }
        }
        let place = self.record.position().map_or(0, csv::Position::line);
        let broken = |message: String, record: &csv::ByteRecord| {
            let texts: Vec<_> = record.iter().map(String::from_utf8_lossy).collect();
            Some(Err(Unreadable::Row {
                place,
                message,
                text: Some(self.write(texts.iter().map(AsRef::as_ref))),
            }))
        };
        if self.record.len() != self.columns.len() {
            let (values, columns) = (self.record.len(), self.columns.len());
            let message = format!("has {values} values for {columns} columns");
            return broken(message, &self.record);
        }
        let values = self.record.iter().map(std::str::from_utf8);
        let values: Result<Vec<Option<String>>, _> = values.map(|text| text.map(value)).collect();
        match values {
            Ok(values) => Some(Ok(Record {
                place,
                values,
                line: None,
            })),
            Err(_) => broken("is not UTF-8".to_owned(), &self.record),
        }
    }

    fn text(&self, record: &Record) -> String {
        let values = record.values.iter();
        self.write(values.map(|value| value.as_deref().unwrap_or_default()))
    }

    fn head(&self) -> Option<String> {
        Some(self.write(self.columns.iter().map(String::as_str)))
    }

    fn extent(&self) -> Option<Extent> {
        self.size
    }

    fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}
