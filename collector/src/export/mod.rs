//! What is given out whole: items, sessions and journeys as CSV, JSON Lines or Parquet, in one layout (`docs/export.md`).
//!
//! Owns which columns there are, how a value is written in each format, and the walk: the store is asked for a slice at a time,
//! ordered by time, so that an export of any size needs the memory of a slice and, in Parquet, of a row group. Nothing goes on
//! that nobody takes: the next slice is read when the one before has been taken.
//!
//! Refuses to know who asks ([`crate::http`]) and when ([`crate::exporting`]).

pub(crate) mod days;
pub(crate) mod file;
mod layout;
mod parquet;
mod text;
mod walk;

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::journey::UnknownName;
use crate::store::audit::By;
use crate::store::exports::Span;
use crate::store::sites::Site;
use crate::store::{Bots, Store, StoreError};

pub(crate) use days::Days;
pub(crate) use layout::{Cell, Column, Kind};
pub(crate) use parquet::Writer;
pub(crate) use walk::Walk;

/// The version of the layout, which stands in Parquet files. A new column is no new version.
const LAYOUT: &str = "1";

/// What is given out.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    ValueEnum,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Items, by when they happened.
    Events,
    /// Sessions, by when they began.
    Sessions,
    /// Journeys, by when their visitors were last seen.
    Journeys,
}

impl What {
    /// Everything there is.
    pub const ALL: [Self; 3] = [Self::Events, Self::Sessions, Self::Journeys];

    /// Its name in paths, settings and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Sessions => "sessions",
            Self::Journeys => "journeys",
        }
    }

    /// What the audit log calls giving it out.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::Events => "events.export",
            Self::Sessions => "sessions.export",
            Self::Journeys => "journeys.export",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How rows are written.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Comma-separated values, with a line of names.
    #[default]
    Csv,
    /// A JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// The end of a file's name, and its name in parameters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Jsonl => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

impl FromStr for Format {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let mut all = [Self::Csv, Self::Jsonl, Self::Parquet].into_iter();
        all.find(|format| format.as_str() == text)
            .ok_or(UnknownName)
    }
}

/// An export: of a site, what, of which days, of whom, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Export {
    pub(crate) site_id: i64,
    pub(crate) what: What,
    pub(crate) days: Days,
    pub(crate) bots: Bots,
    pub(crate) format: Format,
}

impl Export {
    /// The walk through it, once the audit log says that it is given out.
    ///
    /// # Errors
    /// [`ExportError`].
    pub(crate) async fn begin(
        self,
        store: &Store,
        site: &Site,
        by: By<'_>,
    ) -> Result<Walk, ExportError> {
        let (from, to) = self.days.bounds(&days::zone(&site.time_zone))?;
        let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string());
        let noted = serde_json::json!({
            "from": day(self.days.from), "to": day(self.days.to), "format": self.format, "bots": self.bots.as_str(),
        });
        let subject = format!("site:{}", site.id);
        store
            .note_export(site.id, self.what.action(), subject, noted, by)
            .await?;
        let span = Span {
            from,
            to,
            bots: self.bots,
        };
        Ok(Walk::new(store.clone(), self, span))
    }

    /// The name of a file of it.
    pub(crate) fn file_name(&self) -> String {
        let mut name = format!("{}-site-{}", self.what, self.site_id);
        for (word, day) in [("from", self.days.from), ("to", self.days.to)] {
            if let Some(day) = day {
                name.push_str(&format!("-{word}-{day}"));
            }
        }
        format!("{name}.{}", self.format.as_str())
    }
}

/// Why an export was not finished.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are no such days.
    #[error(transparent)]
    Days(#[from] days::UnfitDays),
    /// A row could not be written.
    #[error("cannot write {0}")]
    Format(String),
    /// A file or folder.
    #[error("{}: {error}", path.display())]
    File {
        path: std::path::PathBuf,
        error: std::io::Error,
    },
}
