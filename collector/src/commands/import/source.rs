//! Reading rows: from files, plain or gzip, from what is piped in, and from the rows of a query.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use tokio::sync::mpsc::Receiver;

use super::{CommandError, Format};
use crate::ingest::import::Record;
use crate::store::foreign::ForeignError;

/// Rows of JSON that are read before the mapping is made: each may have other members.
const SAMPLED: usize = 1_000;
/// Bytes of one line; a longer one is no row.
const LINE_BYTES: usize = 4 * 1024 * 1024;

/// A row that cannot be read, or no more rows.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
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
pub(in crate::commands) enum Extent {
    /// Of a file, in bytes.
    Bytes(u64),
    /// Of a query, in rows.
    Rows(u64),
}

/// Where rows come from.
pub(super) trait Source: Send {
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
pub(super) fn format_of(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "csv" => Some(Format::Csv),
        "jsonl" | "ndjson" | "json" => Some(Format::Jsonl),
        _ => None,
    }
}

/// A file that is open.
pub(super) struct Opened {
    reader: Box<dyn BufRead + Send>,
    size: Option<u64>,
    read: Arc<AtomicU64>,
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
    pub(super) fn of(path: &Path) -> Result<Self, CommandError> {
        let failed =
            |error: io::Error| CommandError::Refused(format!("{}: {error}", path.display()));
        let (inner, size): (Box<dyn Read + Send>, _) = if path == Path::new("-") {
            (Box::new(io::stdin()), None)
        } else {
            let file = File::open(path).map_err(failed)?;
            let size = file.metadata().map_err(failed)?;
            (Box::new(file), size.is_file().then_some(size.len()))
        };
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            inner,
            read: Arc::clone(&read),
        };
        let mut reader = BufReader::with_capacity(256 * 1024, counted);
        let is_gzip = reader
            .fill_buf()
            .map_err(failed)?
            .starts_with(&[0x1f, 0x8b]);
        let reader: Box<dyn BufRead + Send> = match is_gzip {
            true => Box::new(BufReader::new(MultiGzDecoder::new(reader))),
            false => Box::new(reader),
        };
        Ok(Self { reader, size, read })
    }

    fn extent(&self) -> Option<Extent> {
        self.size.map(Extent::Bytes)
    }

    fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

/// A value as it counts: empty is none, and so is what MySQL and PostgreSQL write for nothing.
fn value(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text != "\\N").then(|| text.to_owned())
}

/// A file of values with a character between.
pub(super) struct Csv {
    reader: csv::Reader<Box<dyn BufRead + Send>>,
    record: csv::ByteRecord,
    columns: Vec<String>,
    delimiter: u8,
    size: Option<Extent>,
    read: Arc<AtomicU64>,
}

impl Csv {
    pub(super) fn new(opened: Opened, delimiter: char) -> Result<Self, CommandError> {
        let (size, read) = (opened.extent(), Arc::clone(&opened.read));
        let delimiter = u8::try_from(delimiter).unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(opened.reader);
        let headers = reader.headers().map_err(|error| {
            CommandError::Refused(format!("the line with the columns' names: {error}"))
        })?;
        let columns: Vec<String> = headers.iter().map(|name| name.trim().to_owned()).collect();
        if columns.iter().all(String::is_empty) {
            let message = "there is no line with the columns' names";
            return Err(CommandError::Refused(message.to_owned()));
        }
        Ok(Self {
            reader,
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
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(error) => return Some(Err(Unreadable::End(error.to_string()))),
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

/// Lines that are rows, as they are.
pub(super) struct Lines {
    opened: Opened,
    place: u64,
}

impl Lines {
    pub(super) fn new(opened: Opened) -> Self {
        Self { opened, place: 0 }
    }

    /// The next line that is not empty.
    fn line(&mut self) -> Option<Result<String, Unreadable>> {
        loop {
            let mut bytes = Vec::new();
            self.place += 1;
            let most = LINE_BYTES as u64 + 1;
            let mut limited = self.opened.reader.by_ref().take(most);
            match limited.read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(_) if bytes.len() > LINE_BYTES => {
                    let place = self.place;
                    let message = format!("line {place} is longer than {LINE_BYTES} bytes");
                    return Some(Err(Unreadable::End(message)));
                }
                Ok(_) => {}
                Err(error) => return Some(Err(Unreadable::End(error.to_string()))),
            }
            let text = match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(_) => {
                    return Some(Err(Unreadable::Row {
                        place: self.place,
                        message: "is not UTF-8".to_owned(),
                        text: None,
                    }));
                }
            };
            let text = text.trim_start_matches('\u{feff}').trim();
            if !text.is_empty() {
                return Some(Ok(text.to_owned()));
            }
        }
    }
}

impl Source for Lines {
    fn columns(&self) -> &[String] {
        &[]
    }

    fn next(&mut self) -> Option<Result<Record, Unreadable>> {
        let line = self.line()?;
        Some(line.map(|line| Record {
            place: self.place,
            values: Vec::new(),
            line: Some(line),
        }))
    }

    fn text(&self, record: &Record) -> String {
        record.line.clone().unwrap_or_default()
    }

    fn extent(&self) -> Option<Extent> {
        self.opened.extent()
    }

    fn bytes_read(&self) -> u64 {
        self.opened.bytes_read()
    }
}

/// Objects: of a file with one on each line, or the rows of a query.
pub(super) struct Json {
    texts: Texts,
    sampled: VecDeque<Result<(u64, String), Unreadable>>,
    columns: Vec<String>,
    places: HashMap<String, usize>,
}

enum Texts {
    File(Lines),
    Query {
        rows: Receiver<Result<String, ForeignError>>,
        total: u64,
        place: u64,
    },
}

impl Texts {
    fn next(&mut self) -> Option<Result<(u64, String), Unreadable>> {
        match self {
            Self::File(lines) => {
                let line = lines.line()?;
                Some(line.map(|line| (lines.place, line)))
            }
            Self::Query { rows, place, .. } => {
                let row = rows.blocking_recv()?;
                *place += 1;
                Some(
                    row.map(|row| (*place, row))
                        .map_err(|error| Unreadable::End(error.to_string())),
                )
            }
        }
    }
}

impl Json {
    pub(super) fn of_file(opened: Opened) -> Result<Self, CommandError> {
        Self::new(Texts::File(Lines::new(opened)))
    }

    /// The rows of a query, `total` of them. Waits for the first ones, so it wants a thread that may.
    pub(super) fn of_query(
        rows: Receiver<Result<String, ForeignError>>,
        total: u64,
    ) -> Result<Box<dyn Source>, CommandError> {
        let texts = Texts::Query {
            rows,
            total,
            place: 0,
        };
        Ok(Box::new(Self::new(texts)?))
    }

    fn new(mut texts: Texts) -> Result<Self, CommandError> {
        let mut columns: Vec<String> = Vec::new();
        let mut places = HashMap::new();
        let mut sampled = VecDeque::new();
        while sampled.len() < SAMPLED
            && let Some(text) = texts.next()
        {
            if let Err(Unreadable::End(message)) = text {
                return Err(CommandError::Refused(message));
            }
            if let Ok((_, text)) = &text
                && let Ok(object) = serde_json::from_str::<Value>(text)
            {
                flatten(&object, &mut String::new(), &mut |name, _| {
                    if !places.contains_key(name) {
                        places.insert(name.to_owned(), columns.len());
                        columns.push(name.to_owned());
                    }
                });
            }
            sampled.push_back(text);
        }
        Ok(Self {
            texts,
            sampled,
            columns,
            places,
        })
    }
}

/// Gives each member that is no object, with the names that lead to it and points between.
fn flatten(value: &Value, path: &mut String, give: &mut impl FnMut(&str, &Value)) {
    let Value::Object(members) = value else {
        give(path, value);
        return;
    };
    for (name, value) in members {
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        path.push_str(name);
        flatten(value, path, give);
        path.truncate(length);
    }
}

impl Source for Json {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn next(&mut self) -> Option<Result<Record, Unreadable>> {
        let next = self.sampled.pop_front();
        let (place, text) = match next.or_else(|| self.texts.next())? {
            Ok(found) => found,
            Err(unreadable) => return Some(Err(unreadable)),
        };
        let object = match serde_json::from_str::<Value>(&text) {
            Ok(object @ Value::Object(_)) => object,
            Ok(_) | Err(_) => {
                return Some(Err(Unreadable::Row {
                    place,
                    message: "is no JSON object".to_owned(),
                    text: Some(text),
                }));
            }
        };
        let mut values = vec![None; self.columns.len()];
        flatten(&object, &mut String::new(), &mut |name, member| {
            if let Some(place) = self.places.get(name) {
                values[*place] = match member {
                    Value::Null => None,
                    Value::String(text) => value(text),
                    other => Some(other.to_string()),
                };
            }
        });
        Some(Ok(Record {
            place,
            values,
            line: Some(text),
        }))
    }

    fn text(&self, record: &Record) -> String {
        record.line.clone().unwrap_or_default()
    }

    fn extent(&self) -> Option<Extent> {
        match &self.texts {
            Texts::File(lines) => lines.extent(),
            Texts::Query { total, .. } => Some(Extent::Rows(*total)),
        }
    }

    fn bytes_read(&self) -> u64 {
        match &self.texts {
            Texts::File(lines) => lines.bytes_read(),
            Texts::Query { .. } => 0,
        }
    }
}
