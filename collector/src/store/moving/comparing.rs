//! Holding the two databases against each other: how many rows each table has, and what they come to.

use super::digest::Digest;
use super::{MoveError, Mover, Stage, TableReport, Watch};
use crate::store::dump::DumpError;

/// Rows after which it is told how far it is.
const EVERY: u64 = 1_000;

impl Mover {
    /// Compares every cell of every table. Both have to stand still: the source by its snapshot, the target because nobody else
    /// writes there.
    pub(super) async fn compare_all(&mut self, watch: &mut dyn Watch) -> Result<(), MoveError> {
        let rows = self.rows_here().await?;
        watch.begins(Stage::Comparing { rows });
        let mut different = Vec::new();
        let mut compared = 0;
        for pair in &self.pairs {
            let (mut here, mut there) = (Digest::default(), Digest::default());
            tokio::try_join!(
                self.source.each(pair.rows_here(), |row| {
                    here.add(&row, pair.json())?;
                    if (compared + here.rows).is_multiple_of(EVERY) {
                        watch.at(compared + here.rows);
                    }
                    Ok(())
                }),
                self.target
                    .each(pair.rows_there(), |row| Ok(there.add(&row, pair.json())?)),
            )?;
            compared += here.rows;
            if here != there {
                different.push(TableReport {
                    name: pair.name.clone(),
                    rows: here.rows,
                    rows_there: there.rows,
                    is_same: false,
                });
            }
        }
        watch.at(compared);
        self.compared = compared;
        self.since = 0;
        match different.is_empty() {
            true => Ok(()),
            false => Err(MoveError::Different(different)),
        }
    }

    /// Counts every table on both sides.
    pub(super) async fn counts(&mut self) -> Result<Vec<TableReport>, MoveError> {
        let mut tables = Vec::new();
        for pair in &self.pairs {
            let (here, there) = tokio::try_join!(
                self.source.number(pair.count()),
                self.target.number(pair.count())
            )?;
            tables.push(TableReport {
                name: pair.name.clone(),
                rows: unsigned(here),
                rows_there: unsigned(there),
                is_same: true,
            });
        }
        Ok(tables)
    }

    /// Rows that the source has at the moment.
    pub(super) async fn rows_here(&mut self) -> Result<u64, DumpError> {
        let mut rows = 0;
        for pair in &self.pairs {
            rows += unsigned(self.source.number(pair.count()).await?);
        }
        Ok(rows)
    }
}

fn unsigned(count: Option<i64>) -> u64 {
    count.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0)
}
