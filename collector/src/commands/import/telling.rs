//! What an import says while it goes on and at its end, and how it is interrupted.

use std::future::Future;
use std::io::Write;

use tokio::signal::unix::{SignalKind, signal};

use super::CommandError;
use super::progress::Progress;
use crate::clock::moment;
use crate::importing::{Extent, Reject, Report, Told};
use crate::ingest::import::Summary;

/// How many rows that are not imported are named.
const NAMED: u64 = 20;

/// Tells the operator's terminal.
pub(super) struct Telling {
    progress: Option<Progress>,
    /// What stands before a row that is not imported.
    part: String,
}

impl Telling {
    /// Of so much, if that is known.
    pub(super) fn new(extent: Option<Extent>) -> Self {
        Self {
            progress: Some(Progress::new(extent)),
            part: String::new(),
        }
    }

    /// Only of rows that are not imported, of a part of the import.
    pub(super) fn of_part(part: &str) -> Self {
        Self {
            progress: None,
            part: format!("{part}: "),
        }
    }
}

impl Told for Telling {
    fn at(&mut self, rows: u64, bytes: u64) {
        if let Some(progress) = &mut self.progress {
            progress.at(rows, bytes);
        }
    }

    fn rejected(&mut self, reject: &Reject, nth: u64) {
        let Reject {
            place,
            field,
            message,
            ..
        } = reject;
        let line = match nth {
            ..=NAMED => format!("{}line {place}: {field}: {message}", self.part),
            nth if nth == NAMED + 1 => format!("{}More are only counted.", self.part),
            _ => return,
        };
        match &self.progress {
            Some(progress) => progress.note(&line),
            // Who does not listen is no reason to stop.
            None => drop(writeln!(std::io::stderr(), "{line}")),
        }
    }

    fn finish(&mut self) {
        if let Some(progress) = &self.progress {
            progress.finish();
        }
    }
}

/// Is ready when somebody wants the import to end. From here on a signal does not end the process at once.
pub(super) fn interruption() -> Result<impl Future<Output = ()>, CommandError> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

pub(super) fn interrupted(rows: u64) -> CommandError {
    CommandError::Interrupted(format!(
        "interrupted after {rows} rows, all of which are dealt with; the same command goes on from there"
    ))
}

pub(super) fn tell(
    report: &Report,
    dry_run: bool,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    writeln!(
        out,
        "{} rows read, {} of them not imported.",
        report.rows, report.rejected
    )?;
    for (field, count) in &report.left_out {
        writeln!(
            out,
            "{field} could not be read and was left out of {count} rows."
        )?;
    }
    if dry_run {
        writeln!(out, "Nothing was written.")?;
    } else {
        let (new, known) = (report.new, report.known);
        writeln!(
            out,
            "{} items: {new} new, {known} there already.",
            new + known
        )?;
    }
    Ok(())
}

pub(super) fn describe(summary: &Summary, out: &mut impl Write) -> Result<(), CommandError> {
    writeln!(
        out,
        "{} visitors, {} sessions",
        summary.visitors(),
        summary.sessions()
    )?;
    if let Some((first, last)) = summary.times() {
        writeln!(out, "from {} to {}", moment(first), moment(last))?;
    }
    for (kind, count) in summary.kinds() {
        writeln!(out, "  {kind}: {count}")?;
    }
    for (name, count) in summary.milestones() {
        writeln!(out, "  {name}: {count}")?;
    }
    writeln!(out, "Sessions by channel:")?;
    for (channel, count) in summary.channels() {
        writeln!(out, "  {channel}: {count}")?;
    }
    Ok(())
}
