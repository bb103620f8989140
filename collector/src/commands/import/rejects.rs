//! Rows that were not imported: the first ones are named, all are counted, and kept where somebody wants them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use super::CommandError;

/// How many are named.
const NAMED: u64 = 20;

/// One of them.
#[derive(Debug)]
pub(super) struct Reject {
    /// Its line, or its number.
    pub(super) place: u64,
    /// The field and what is wrong with it.
    pub(super) why: String,
    /// The row as it has to be written to be read again.
    pub(super) text: Option<String>,
}

/// All of them.
pub(super) struct Rejects {
    path: Option<PathBuf>,
    head: Option<String>,
    file: Option<BufWriter<File>>,
    count: u64,
}

impl Rejects {
    pub(super) fn new(path: Option<PathBuf>, head: Option<String>) -> Self {
        Self {
            path,
            head,
            file: None,
            count: 0,
        }
    }

    /// Whether their rows are wanted.
    pub(super) fn wants_rows(&self) -> bool {
        self.path.is_some()
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Takes one; gives a line to be said of it, as long as there are few.
    pub(super) fn take(&mut self, reject: &Reject) -> Result<Option<String>, CommandError> {
        self.count += 1;
        if let (Some(path), Some(text)) = (&self.path, &reject.text) {
            let failed = |error| CommandError::Refused(format!("{}: {error}", path.display()));
            let file = match &mut self.file {
                Some(file) => file,
                None => {
                    let file = BufWriter::new(File::create(path).map_err(failed)?);
                    let file = self.file.insert(file);
                    if let Some(head) = &self.head {
                        writeln!(file, "{head}").map_err(failed)?;
                    }
                    file
                }
            };
            writeln!(file, "{text}").map_err(failed)?;
        }
        let named = |n: u64| (n <= NAMED).then(|| format!("line {}: {}", reject.place, reject.why));
        Ok(match self.count {
            count if count == NAMED + 1 => Some("More are only counted.".to_owned()),
            count => named(count),
        })
    }

    /// Writes out what there is.
    pub(super) fn finish(&mut self) -> Result<(), CommandError> {
        match &mut self.file {
            Some(file) => Ok(file.flush()?),
            None => Ok(()),
        }
    }
}
