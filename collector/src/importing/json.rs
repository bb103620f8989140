//! Rows that are lines: JSON objects, of a file or of a query, and lines as they are.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, Read};

use serde_json::Value;
use tokio::sync::mpsc::Receiver;

use super::ImportError;
use super::csv::value;
use super::source::{Extent, Opened, ROW_BYTES, Source, Unreadable};
use crate::ingest::import::Record;
use crate::store::foreign::ForeignError;

/// Rows of JSON that are read before the mapping is made, since each may have other members; and bytes of them.
const SAMPLED: usize = 1_000;
const SAMPLED_BYTES: usize = 4 * ROW_BYTES;

/// Lines that are rows, as they are.
pub(crate) struct Lines {
    opened: Opened,
    place: u64,
}

impl Lines {
    pub(crate) fn new(opened: Opened) -> Self {
        Self { opened, place: 0 }
    }

    /// The next line that is not empty.
    fn line(&mut self) -> Option<Result<String, Unreadable>> {
        loop {
            let mut bytes = Vec::new();
            self.place += 1;
            let most = ROW_BYTES as u64 + 1;
            let mut limited = self.opened.reader.by_ref().take(most);
            match limited.read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(_) if bytes.len() > ROW_BYTES => {
                    let place = self.place;
                    let message = format!("line {place} is longer than {ROW_BYTES} bytes");
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
pub(crate) struct Json {
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
    pub(crate) fn of_file(opened: Opened) -> Result<Self, ImportError> {
        Self::new(Texts::File(Lines::new(opened)))
    }

    /// The rows of a query, `total` of them. Waits for the first ones, so it wants a thread that may.
    pub(crate) fn of_query(
        rows: Receiver<Result<String, ForeignError>>,
        total: u64,
    ) -> Result<Box<dyn Source>, ImportError> {
        let texts = Texts::Query {
            rows,
            total,
            place: 0,
        };
        Ok(Box::new(Self::new(texts)?))
    }

    fn new(mut texts: Texts) -> Result<Self, ImportError> {
        let mut columns: Vec<String> = Vec::new();
        let mut places = HashMap::new();
        let mut sampled = VecDeque::new();
        let mut bytes = 0;
        while sampled.len() < SAMPLED
            && bytes < SAMPLED_BYTES
            && let Some(text) = texts.next()
        {
            if let Err(Unreadable::End(message)) = text {
                return Err(ImportError::Refused(message));
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
            bytes += text.as_ref().map_or(0, |(_, text)| text.len());
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
