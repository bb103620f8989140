//! What is to be done with a file, and opening it for that.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::sync::Mutex;

use jiff::tz::TimeZone;

use super::desk::locked;
use super::report::Telling;
use super::source::{Format, Opened, format_of};
use super::sums::Sums;
use super::{ImportError, Way};
use crate::ingest::import::Outside;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sessions,
    Ga4,
    Umami,
    Plausible,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Sessions, Self::Ga4, Self::Umami, Self::Plausible];

    /// Its name on the wire and in the database, which is the command's.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Ga4 => "ga4",
            Self::Umami => "umami",
            Self::Plausible => "plausible",
        }
    }
}

/// What is to be done with a file.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) kind: Kind,
    pub(crate) dry_run: bool,
    /// What it is called where it came from.
    pub(crate) file: Option<String>,
    /// Of sessions: how it is written, where its name does not tell; what stands between values; which column says what.
    pub(crate) format: Option<Format>,
    pub(crate) delimiter: char,
    pub(crate) map: Vec<String>,
    pub(crate) zone: TimeZone,
}

/// How the file is written, if that is known.
pub(super) fn format(order: &Order) -> Option<Format> {
    match order.kind {
        Kind::Ga4 => Some(Format::Jsonl),
        Kind::Umami | Kind::Plausible => Some(Format::Csv),
        Kind::Sessions => {
            let by_name = || format_of(order.file.as_deref()?.as_ref());
            order.format.or_else(by_name)
        }
    }
}

/// A file of which the rows can be read.
pub(super) enum Prepared {
    Facts(Way),
    Sums(Box<Sums>),
}

/// Opens it, and tells which columns there are.
///
/// # Errors
/// Its rows cannot be read.
pub(super) fn open(
    order: &Order,
    format: Option<Format>,
    file: &File,
    outside: &Outside,
    telling: &Mutex<Telling>,
) -> Result<Prepared, ImportError> {
    let refused = |error: io::Error| ImportError::Refused(error.to_string());
    let mut file = file.try_clone().map_err(refused)?;
    file.seek(SeekFrom::Start(0)).map_err(refused)?;
    let opened = Opened::of_file(file).map_err(refused)?;
    let name = order.file.as_deref();
    let shown = name.unwrap_or("the file");
    Ok(match order.kind {
        Kind::Sessions => {
            let format = format.ok_or_else(|| ImportError::Argument {
                field: "format",
                message: "The file's name does not tell; give csv or jsonl.".to_owned(),
            })?;
            let source = super::session_rows(opened, format, order.delimiter)?;
            locked(telling).set_columns(source.columns());
            let (way, lines) = super::sessions(source, &order.map, outside)?;
            locked(telling).set_fields(&lines);
            Prepared::Facts(way)
        }
        Kind::Ga4 => Prepared::Facts(super::ga4(vec![opened], outside)),
        Kind::Umami => {
            let way = super::umami((shown, opened), None, outside)?;
            let columns = way.0.first().map(|source| source.columns());
            locked(telling).set_columns(columns.unwrap_or_default());
            Prepared::Facts(way)
        }
        Kind::Plausible => {
            let site_id = outside.site.id;
            Prepared::Sums(Box::new(Sums::open(site_id, name, shown, opened)?))
        }
    })
}
