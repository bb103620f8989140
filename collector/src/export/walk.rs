//! The walk through the store, from slice to slice.

use super::layout::{Cell, columns, of_entry, of_journey, of_session};
use super::parquet::Writer;
use super::text::{csv_head, csv_rows, jsonl_rows};
use super::{Export, ExportError, Format, What};
use crate::store::Store;
use crate::store::exports::{Place, Span};

/// Rows of a slice.
const SLICE: u32 = 500;

/// An export on its way.
pub(crate) struct Walk {
    store: Store,
    export: Export,
    span: Span,
    place: Option<Place>,
    step: Step,
    rows: u64,
}

enum Step {
    Head,
    Rows(Target),
    End,
}

enum Target {
    Csv,
    Jsonl,
    Parquet(Box<Writer>),
}

impl Walk {
    pub(super) fn new(store: Store, export: Export, span: Span) -> Self {
        Self {
            store,
            export,
            span,
            place: None,
            step: Step::Head,
            rows: 0,
        }
    }

    /// How many rows have been read so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The next bytes; nothing at the end. After an error there is nothing more.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, ExportError> {
        loop {
            let bytes = match std::mem::replace(&mut self.step, Step::End) {
                Step::Head => {
                    let (target, head) = match self.export.format {
                        Format::Csv => (Target::Csv, csv_head(&columns(self.export.what))?),
                        Format::Jsonl => (Target::Jsonl, Vec::new()),
                        Format::Parquet => (
                            Target::Parquet(Box::new(Writer::new(&self.export)?)),
                            Vec::new(),
                        ),
                    };
                    self.step = Step::Rows(target);
                    head
                }
                Step::Rows(target) => {
                    let rows = self.slice().await?;
                    let is_last = rows.len() < SLICE as usize;
                    self.rows += rows.len() as u64;
                    let (target, bytes) = self.written(target, rows, is_last).await?;
                    if !is_last {
                        self.step = Step::Rows(target);
                    }
                    bytes
                }
                Step::End => return Ok(None),
            };
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
    }

    /// The rows as bytes. It is work for the processor, beside what serves others.
    async fn written(
        &self,
        mut target: Target,
        rows: Vec<Vec<Cell>>,
        is_last: bool,
    ) -> Result<(Target, Vec<u8>), ExportError> {
        let what = self.export.what;
        let written = tokio::task::spawn_blocking(move || {
            let bytes = match &mut target {
                Target::Csv => csv_rows(&columns(what), rows)?,
                Target::Jsonl => jsonl_rows(&columns(what), rows)?,
                Target::Parquet(writer) => {
                    let mut bytes = writer.add(rows)?;
                    if is_last {
                        bytes.extend(writer.finish()?);
                    }
                    bytes
                }
            };
            Ok((target, bytes))
        });
        written
            .await
            .map_err(|error| ExportError::Format(error.to_string()))?
    }

    async fn slice(&mut self) -> Result<Vec<Vec<Cell>>, ExportError> {
        let Export { site_id, what, .. } = self.export;
        let (store, span) = (&self.store, self.span);
        macro_rules! slice {
            ($slice:ident, $row:ident) => {{
                let found = store.$slice(site_id, span, self.place, SLICE).await?;
                self.place = found.last().map(Place::from).or(self.place);
                found.into_iter().map($row).collect()
            }};
        }
        Ok(match what {
            What::Events => slice!(entries_from, of_entry),
            What::Sessions => slice!(sessions_from, of_session),
            What::Journeys => slice!(journeys_from, of_journey),
        })
    }
}
