//! Files of sums, each row a sum, written as they are: what Plausible exports.

use std::collections::BTreeMap;
use std::future::Future;

use super::csv::Csv;
use super::rejects::{Into, Reject, Rejects};
use super::source::{Opened, Source, Unreadable};
use super::{End, ImportError, Report, Told};
use crate::ingest::import::plausible::{DIMENSIONS, Plausible, dimension_of};
use crate::store::Store;
use crate::store::totals::NewTotal;

/// Rows of one transaction.
const GROUP: usize = 5_000;

/// Rows by their key, so that no two of a transaction have the same.
type Group = BTreeMap<(String, uuid::Uuid), NewTotal>;

/// A file of sums that can be read.
pub(crate) struct Sums {
    dimension: &'static str,
    source: Csv,
    reader: Plausible,
    site_id: i64,
}

impl Sums {
    /// By its name, which says what its sums are by; `shown` is the name in messages.
    ///
    /// # Errors
    /// It is none of the export's files.
    pub(crate) fn open(
        site_id: i64,
        name: Option<&str>,
        shown: &str,
        opened: Opened,
    ) -> Result<Self, ImportError> {
        let failed = |message: String| ImportError::Refused(format!("{shown}: {message}"));
        let dimension = name.and_then(dimension_of).ok_or_else(|| {
            let known: Vec<&str> = DIMENSIONS.iter().map(|(name, _)| *name).collect();
            let known = known.join(", ");
            failed(format!("the name is not imported_ and one of {known}"))
        })?;
        let source = Csv::new(opened, ',')?;
        let reader = Plausible::new(site_id, dimension, source.columns())
            .map_err(|column| failed(format!("there is no column \"{column}\"")))?;
        Ok(Self {
            dimension,
            source,
            reader,
            site_id,
        })
    }

    pub(crate) fn dimension(&self) -> &'static str {
        self.dimension
    }

    /// Writes them, or only reads them, until there are no more or `interrupted` is ready.
    pub(crate) async fn run(
        mut self,
        store: &Store,
        dry_run: bool,
        rejects: Into,
        interrupted: impl Future<Output = ()>,
        told: &mut dyn Told,
    ) -> Report {
        let mut rejects = Rejects::new(rejects, self.source.head());
        let mut rows = 0;
        let ended = tokio::select! {
            biased;
            () = interrupted => Ok(true),
            done = self.put_all(store, dry_run, &mut rejects, &mut rows, told) => done.map(|()| false),
        };
        told.finish();
        let rejected = rejects.count();
        Report {
            rows,
            rejected,
            end: match rejects.finish().and(ended) {
                Ok(true) => End::Interrupted,
                Ok(false) => End::Done,
                Err(error) => End::Failed(error),
            },
            ..Report::begun()
        }
    }

    async fn put_all(
        &mut self,
        store: &Store,
        dry_run: bool,
        rejects: &mut Rejects,
        rows: &mut u64,
        told: &mut dyn Told,
    ) -> Result<(), ImportError> {
        loop {
            let mut group = Group::new();
            let mut is_last = true;
            while let Some(record) = self.source.next() {
                *rows += 1;
                let bad = match record {
                    Ok(record) => match self.reader.read(&record) {
                        Ok(total) => {
                            group.insert((total.day.clone(), total.id), total);
                            None
                        }
                        Err(bad) => {
                            let text = Some(self.source.text(&record));
                            Some(Reject::bad(record.place, bad, text))
                        }
                    },
                    Err(Unreadable::Row {
                        place,
                        message,
                        text,
                    }) => Some(Reject::unreadable(place, message, text)),
                    Err(Unreadable::End(message)) => return Err(ImportError::Refused(message)),
                };
                if let Some(reject) = bad {
                    rejects.take(&reject)?;
                    told.rejected(&reject, rejects.count());
                }
                if group.len() >= GROUP || rows.is_multiple_of(GROUP as u64) {
                    is_last = false;
                    break;
                }
            }
            let totals: Vec<NewTotal> = group.into_values().collect();
            if !dry_run && !totals.is_empty() {
                store.put_totals(self.site_id, &totals).await?;
            }
            told.at(*rows, self.source.bytes_read());
            if is_last {
                return Ok(());
            }
            // Reading is work of this thread, and others want their turn.
            tokio::task::yield_now().await;
        }
    }
}
