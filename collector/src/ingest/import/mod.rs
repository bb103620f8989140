//! Rows of files and of other tools' exports, as facts: the past, told by whoever kept it.
//!
//! ```text
//! Record ─┬─ sessions   a row is a session, its columns are mapped
//!         ├─ ga4        a row is an event of Google Analytics' export
//!         └─ umami      a row is an event of Umami's export
//!              │
//!          [`Converted`] ─► Ingest::submit_facts
//! ```
//!
//! Plausible exports sums and no visits, which become no facts ([`plausible`]). What nobody kept, because it never happened, is
//! [`demo`]'s, of which every fact is made up and told apart by its site.
//!
//! A fact that is made here goes the way of every other from there on: catalogue, queue, one transaction, the same folds. What
//! differs is the clock. Nothing corrects the times of a row: they are not those of a sender that is just sending, so they
//! stand, however old they are, and one that lies in the future is a fault of its row.
//!
//! Every id follows from the row, so a row that comes again is a duplicate, whatever ran in between and in whichever order.
//! Invents nothing: what a row does not say is null. Reads no file and knows no database.

pub mod demo;
mod facts;
mod fields;
pub mod ga4;
pub mod moment;
pub mod plausible;
pub mod sessions;
mod summary;
pub mod umami;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

pub use fields::{Field, Mapping, MappingError};
pub use summary::Summary;

use crate::journey::{Definition, Fact};
use crate::store::sites::Site;

/// What holds for every row of an import.
#[derive(Debug, Clone)]
pub struct Outside {
    /// Whose history it is.
    pub site: Site,
    /// The site's milestones.
    pub stages: Arc<Definition>,
    /// Of times that name no zone and no offset.
    pub zone: TimeZone,
    /// The collector's clock, in milliseconds: when the rows arrived, and the end of the past.
    pub now: i64,
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The line on which it begins, from 1; of a query, the row's number.
    pub place: u64,
    /// A value for each column; empty text is none.
    pub values: Vec<Option<String>>,
    /// The line as it stood, of a format whose rows are lines.
    pub line: Option<String>,
}

impl Record {
    fn get(&self, column: Option<usize>) -> Option<&str> {
        self.values.get(column?)?.as_deref()
    }
}

/// Why a row cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Bad {
    /// The field at fault, and in brackets the column it was read from, where that has another name.
    pub field: String,
    /// What is wrong with it. Quotes nothing of the row.
    pub message: String,
}

impl Bad {
    /// A fault of one field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// What a row became, for as many rows as go into it.
#[derive(Debug, Default)]
pub struct Converted {
    /// The facts.
    pub facts: Vec<Fact>,
    /// Fields that were left out, and of how many rows.
    pub left_out: BTreeMap<String, u64>,
}

impl Converted {
    fn leave_out(&mut self, fields: impl IntoIterator<Item = String>) {
        for field in fields {
            *self.left_out.entry(field).or_default() += 1;
        }
    }
}

/// Makes facts of rows of one kind.
pub trait Convert: Send {
    /// Adds the facts of a row. Nothing is added for one that is bad.
    ///
    /// # Errors
    /// [`Bad`], with the first field that is wrong.
    fn convert(&self, record: &Record, into: &mut Converted) -> Result<(), Bad>;
}
