//! What is told of an import that the API began, from its first byte to its end. It is kept in the database, so it is small, and
//! quotes nothing of the rows but the names of columns.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{End, ImportError, Reject, Report, Told};
use crate::ingest::import::Summary;
use crate::store::StoreError;

/// Rows that are named.
const NAMED: usize = 20;
/// Columns that are, and letters of each.
const COLUMNS: usize = 200;
const LETTERS: usize = 100;

/// What came of an import until now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportReport)]
pub(crate) struct Telling {
    /// Bytes of the file that have been read.
    pub(crate) bytes_read: u64,
    /// Rows that are dealt with.
    pub(crate) rows: u64,
    /// Rows that are not imported.
    pub(crate) rejected: u64,
    /// The first of them.
    pub(crate) rejects: Vec<Named>,
    /// Items that were stored now; null where nothing is, or no items.
    pub(crate) new: Option<u64>,
    /// Items that were there already.
    pub(crate) known: Option<u64>,
    /// Fields that could not be read and were left out, and of how many rows.
    pub(crate) left_out: BTreeMap<String, u64>,
    /// The columns of the file, where it has such.
    pub(crate) columns: Vec<String>,
    /// Which field is read from which of them.
    pub(crate) fields: BTreeMap<String, String>,
    /// What the rows come to, once all were looked at and nothing stored.
    pub(crate) summary: Option<Sums>,
    /// Why it ended before its rows did.
    pub(crate) problem: Option<Problem>,
}

/// A row that is not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportReject)]
pub(crate) struct Named {
    /// The line on which it begins, from 1.
    pub(crate) line: u64,
    /// The field at fault, and in brackets its column where that has another name; `row` for the row as a whole.
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) message: String,
}

/// Why an import ended before its rows did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportProblem)]
pub(crate) struct Problem {
    /// The parameter at fault, if one is.
    pub(crate) field: Option<String>,
    /// A sentence for people.
    pub(crate) message: String,
}

/// What rows come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportSums)]
pub(crate) struct Sums {
    pub(crate) visitors: usize,
    pub(crate) sessions: usize,
    /// Whether there are more visitors, sessions or milestones than were told apart.
    pub(crate) at_least: bool,
    /// The first and the last moment.
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
    /// Items by what they are.
    pub(crate) kinds: BTreeMap<String, u64>,
    /// Visitors' milestones by name.
    pub(crate) milestones: BTreeMap<String, u64>,
    /// Sessions by channel.
    pub(crate) channels: BTreeMap<String, usize>,
}

impl Sums {
    fn of(summary: &Summary) -> Self {
        let named = |(name, count): (&str, u64)| (name.to_owned(), count);
        let channels = summary.channels().into_iter();
        let times = summary.times();
        Self {
            visitors: summary.visitors(),
            sessions: summary.sessions(),
            at_least: summary.is_full(),
            first: times.map(|(first, _)| first),
            last: times.map(|(_, last)| last),
            kinds: summary.kinds().map(named).collect(),
            milestones: summary.milestones().map(named).collect(),
            channels: channels
                .map(|(name, count)| (name.to_owned(), count))
                .collect(),
        }
    }
}

/// The beginning of a text.
fn short(text: &str) -> String {
    text.chars().take(LETTERS).collect()
}

impl Telling {
    /// The names of the file's columns.
    pub(super) fn set_columns(&mut self, columns: &[String]) {
        self.columns = columns
            .iter()
            .take(COLUMNS)
            .map(|name| short(name))
            .collect();
    }

    /// What is read from where: a line for each field, `visitor = visitor_id`.
    pub(super) fn set_fields(&mut self, lines: &[String]) {
        let pairs = lines.iter().filter_map(|line| line.split_once(" = "));
        self.fields = pairs
            .map(|(field, column)| (field.to_owned(), short(column)))
            .collect();
    }

    /// How it ended; whether that was with its last row, or null where somebody wanted it to.
    pub(super) fn set_end(
        &mut self,
        report: Report,
        dry_run: bool,
        has_items: bool,
    ) -> Option<bool> {
        self.rows = report.rows;
        self.rejected = report.rejected;
        if has_items && !dry_run {
            self.new = Some(report.new);
            self.known = Some(report.known);
        }
        self.left_out = report.left_out;
        self.summary = report.summary.as_ref().map(Sums::of);
        match report.end {
            End::Done => Some(true),
            End::Interrupted => None,
            End::Failed(error) => {
                self.problem = Some(problem(error));
                Some(false)
            }
        }
    }
}

fn problem(error: ImportError) -> Problem {
    match error {
        ImportError::Argument { field, message } => Problem {
            field: Some(field.to_owned()),
            message,
        },
        ImportError::Refused(message) => Problem {
            field: None,
            message,
        },
        ImportError::Store(error) => {
            tracing::error!(%error, "an import was cut off");
            let message = match error {
                StoreError::Newer(_) => {
                    "The database is of a newer version of the collector, which has to do this."
                }
                _ => {
                    "The database does not answer. What was stored before stays, and the same file goes on from there."
                }
            };
            Problem {
                field: None,
                message: message.to_owned(),
            }
        }
    }
}

impl Told for std::sync::Arc<std::sync::Mutex<Telling>> {
    fn at(&mut self, rows: u64, bytes: u64) {
        if let Ok(mut telling) = self.lock() {
            telling.rows = rows;
            telling.bytes_read = bytes;
        }
    }

    fn rejected(&mut self, reject: &Reject, nth: u64) {
        let Ok(mut telling) = self.lock() else {
            return;
        };
        telling.rejected = nth;
        if telling.rejects.len() < NAMED {
            telling.rejects.push(Named {
                line: reject.place,
                field: short(&reject.field),
                message: reject.message.clone(),
            });
            // Several groups may be on their way.
            telling.rejects.sort_by_key(|one| one.line);
        }
    }
}
