//! Bringing in history: reading rows of files, making facts of them, and storing those, whoever asks for it.
//!
//! ```text
//! command line ─┐                 ┌ csv, json ┐
//!               ├─► Opened ─► Source ─► Record ─► ingest::import ─► work: a group, a transaction ─► Report
//! desk (HTTP) ──┘                                     └─► sums, of Plausible
//! ```
//!
//! What a row means is [`crate::ingest::import`]'s. Here are the files and their limits, the groups in which rows are stored, and
//! what is said of it at the end, so that a file that comes by the API becomes the same rows as one that the command line reads.
//! Knows no arguments and no HTTP.

mod csv;
pub(crate) mod desk;
mod job;
mod json;
mod kept;
pub(crate) mod order;
mod rejects;
pub(crate) mod report;
mod source;
pub(crate) mod sums;
mod work;

use jiff::tz::TimeZone;

pub(crate) use self::csv::Csv;
pub(crate) use self::json::{Json, Lines};
pub(crate) use self::rejects::{Into, Reject};
pub use self::source::Format;
pub(crate) use self::source::{Extent, Opened, Source, delimiter, format_of};
pub(crate) use self::work::{Pace, Work};

use std::collections::BTreeMap;

use crate::clock;
use crate::ingest::import::ga4::Ga4;
use crate::ingest::import::sessions::Sessions;
use crate::ingest::import::umami::Umami;
use crate::ingest::import::{Convert, Mapping, MappingError, Outside, Summary};
use crate::store::sites::Site;
use crate::store::{Store, StoreError};

/// Why an import did not begin, or ended before its rows did.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// What was asked for cannot be used: the field, and a sentence.
    #[error("{field}: {message}")]
    Argument {
        field: &'static str,
        message: String,
    },
    /// The file, or what it is imported into.
    #[error("{0}")]
    Refused(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<MappingError> for ImportError {
    fn from(error: MappingError) -> Self {
        Self::Argument {
            field: "map",
            message: error.to_string(),
        }
    }
}

/// Where rows come from, and what makes facts of them.
pub(crate) type Way = (Vec<Box<dyn Source>>, Box<dyn Convert>);

/// Who is told while an import goes on.
pub(crate) trait Told: Send {
    /// So many rows are done, up to so many bytes.
    fn at(&mut self, rows: u64, bytes: u64);

    /// A row is not imported; it is the nth, from 1.
    fn rejected(&mut self, reject: &Reject, nth: u64);

    /// All rows were read; what comes is about them as a whole.
    fn finish(&mut self) {}
}

/// How an import ended.
#[derive(Debug)]
pub(crate) enum End {
    /// With the last row.
    Done,
    /// Because somebody wanted it to; the same again goes on from there.
    Interrupted,
    /// For this. What was stored before stays.
    Failed(ImportError),
}

/// What came of an import.
#[derive(Debug)]
pub(crate) struct Report {
    /// Rows that are dealt with.
    pub(crate) rows: u64,
    /// Items that were stored now, and that were there already. Sums have no items.
    pub(crate) new: u64,
    pub(crate) known: u64,
    /// Rows that are not imported.
    pub(crate) rejected: u64,
    /// Fields that could not be read and were left out, and of how many rows.
    pub(crate) left_out: BTreeMap<String, u64>,
    /// What the rows come to, where nothing was stored and all were looked at.
    pub(crate) summary: Option<Summary>,
    pub(crate) end: End,
}

impl Report {
    /// Of nothing.
    fn begun() -> Self {
        Self {
            rows: 0,
            new: 0,
            known: 0,
            rejected: 0,
            left_out: BTreeMap::new(),
            summary: None,
            end: End::Done,
        }
    }

    /// Of an import that did not begin.
    pub(crate) fn failed(error: ImportError) -> Self {
        Self {
            end: End::Failed(error),
            ..Self::begun()
        }
    }
}

/// How much all of them have, if that is known.
pub(crate) fn extent(sources: &[Box<dyn Source>]) -> Option<Extent> {
    let mut bytes = 0;
    for source in sources {
        match source.extent()? {
            Extent::Bytes(own) => bytes += own,
            rows @ Extent::Rows(_) => return Some(rows),
        }
    }
    Some(Extent::Bytes(bytes))
}

/// The zone of times that name none.
///
/// # Errors
/// It is no IANA name.
pub(crate) fn zone(name: &str) -> Result<TimeZone, ImportError> {
    TimeZone::get(name).map_err(|_| ImportError::Argument {
        field: "time_zone",
        message: "There is no such zone; give an IANA name such as Europe/Berlin.".to_owned(),
    })
}

/// What holds for every row of an import into this site.
///
/// # Errors
/// A demo takes nothing in.
pub(crate) fn outside(store: &Store, site: Site, zone: TimeZone) -> Result<Outside, ImportError> {
    if site.is_demo {
        return Err(ImportError::Argument {
            field: "site",
            message: "This is a demo site, of which everything is made up; it takes nothing in."
                .to_owned(),
        });
    }
    Ok(Outside {
        stages: store.stages(site.id),
        site,
        zone,
        now: clock::now(),
    })
}

/// The rows of a file of sessions.
///
/// # Errors
/// It has no rows.
pub(crate) fn session_rows(
    opened: Opened,
    format: Format,
    delimiter: char,
) -> Result<Box<dyn Source>, ImportError> {
    Ok(match format {
        Format::Csv => Box::new(Csv::new(opened, delimiter)?),
        Format::Jsonl => Box::new(Json::of_file(opened)?),
    })
}

/// Sessions, a row each, and what is read from where: a line for each field.
///
/// # Errors
/// No mapping can be made.
pub(crate) fn sessions(
    source: Box<dyn Source>,
    map: &[String],
    outside: &Outside,
) -> Result<(Way, Vec<String>), ImportError> {
    let mapping = Mapping::find(map, source.columns(), &outside.stages)?;
    let lines = mapping.lines().collect();
    let converter = Box::new(Sessions::new(outside.clone(), mapping));
    Ok(((vec![source], converter), lines))
}

/// Events of Google Analytics 4.
pub(crate) fn ga4(files: Vec<Opened>, outside: &Outside) -> Way {
    let lines = |opened| Box::new(Lines::new(opened)) as Box<dyn Source>;
    let sources = files.into_iter().map(lines).collect();
    (sources, Box::new(Ga4::new(outside.clone())))
}

/// Events of Umami, and the table of its sessions where the events do not say what is in it. Each file with its name.
///
/// # Errors
/// A file is none of these.
pub(crate) fn umami(
    (name, events): (&str, Opened),
    sessions: Option<(&str, Opened)>,
    outside: &Outside,
) -> Result<Way, ImportError> {
    let source = Csv::new(events, ',')?;
    let missing = |file: &str, column: &str, columns: &[String]| {
        let columns = columns.join(", ");
        let message = format!("{file}: there is no column \"{column}\"; there are {columns}");
        ImportError::Refused(message)
    };
    let mut converter = Umami::new(outside.clone(), source.columns())
        .map_err(|column| missing(name, column, source.columns()))?;
    if let Some((name, sessions)) = sessions {
        let mut sessions = Csv::new(sessions, ',')?;
        let columns = sessions.columns().to_vec();
        if !columns.iter().any(|column| column == "session_id") {
            return Err(missing(name, "session_id", &columns));
        }
        while let Some(record) = sessions.next() {
            let record = record
                .map_err(|unreadable| ImportError::Refused(format!("{name}: {unreadable}")))?;
            converter.know_session(&columns, &record);
        }
    }
    Ok((vec![Box::new(source)], Box::new(converter)))
}
