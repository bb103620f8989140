//! Rows that were not imported: all are counted, and kept in the form in which they came where somebody wants them.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use super::ImportError;
use crate::ingest::import::Bad;

/// One of them.
#[derive(Debug)]
pub(crate) struct Reject {
    /// Its line, or its number.
    pub(crate) place: u64,
    /// The field at fault, or the row as a whole.
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) message: String,
    /// The row as it has to be written to be read again.
    pub(crate) text: Option<String>,
}

impl Reject {
    /// Of a row that cannot be read at all.
    pub(super) fn unreadable(place: u64, message: String, text: Option<String>) -> Self {
        Self {
            place,
            field: "row".to_owned(),
            message,
            text,
        }
    }

    /// Of one that can be read and is not good.
    pub(super) fn bad(place: u64, bad: Bad, text: Option<String>) -> Self {
        Self {
            place,
            field: bad.field,
            message: bad.message,
            text,
        }
    }
}

/// Where their rows go.
#[derive(Debug)]
pub(crate) enum Into {
    /// Nowhere.
    Nothing,
    /// Into the file of this name, which is made with the first of them.
    Named(PathBuf),
    /// Into this file, up to so many bytes: whoever sent them has the rest.
    Open(File, u64),
}

/// All of them.
pub(crate) struct Rejects {
    into: Into,
    head: Option<String>,
    file: Option<BufWriter<File>>,
    count: u64,
}

impl Rejects {
    /// Nothing yet; `head` is what stands before the first.
    pub(crate) fn new(into: Into, head: Option<String>) -> Self {
        Self {
            into,
            head,
            file: None,
            count: 0,
        }
    }

    /// Whether their rows are wanted.
    pub(crate) fn wants_rows(&self) -> bool {
        !matches!(self.into, Into::Nothing)
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Takes one.
    pub(crate) fn take(&mut self, reject: &Reject) -> Result<(), ImportError> {
        self.count += 1;
        let Some(text) = &reject.text else {
            return Ok(());
        };
        self.write(text).map_err(|error| {
            ImportError::Refused(match &self.into {
                Into::Named(path) => format!("{}: {error}", path.display()),
                _ => format!("the rows that are not imported cannot be kept: {error}"),
            })
        })
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = match &self.into {
                    Into::Nothing => return Ok(()),
                    Into::Named(path) => File::create(path)?,
                    Into::Open(file, _) => file.try_clone()?,
                };
                let file = self.file.insert(BufWriter::new(file));
                if let Some(head) = &self.head {
                    writeln!(file, "{head}")?;
                }
                file
            }
        };
        if let Into::Open(_, left) = &mut self.into {
            let bytes = text.len() as u64 + 1;
            if bytes > *left {
                *left = 0;
                return Ok(());
            }
            *left -= bytes;
        }
        writeln!(file, "{text}")
    }

    /// Writes out what there is.
    pub(crate) fn finish(&mut self) -> Result<(), ImportError> {
        match &mut self.file {
            Some(file) => file
                .flush()
                .map_err(|error| ImportError::Refused(error.to_string())),
            None => Ok(()),
        }
    }
}
