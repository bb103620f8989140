//! The first pass: every table but those that are bound together, slice by slice in the order of its key, each slice with the
//! progress in one transaction of the target.
//!
//! A slice is read as the source is at that moment; the next one at a later moment. What changes behind the pass stands in the
//! notes. Two rows that can never be there together may meet in the target, when what made one of them unique has gone over to the
//! other between two slices. Then the second has changed since the first was read, so it stands in the notes too, and is left to
//! those.

use super::pair::Pair;
use super::{MoveError, Mover, Watch, marks};
use crate::store::Kind;

/// Rows of a slice.
const SLICE: usize = 2_000;

/// How far a table is.
struct Progress {
    after: Option<String>,
    copied: u64,
    is_done: bool,
}

impl Mover {
    /// Copies what has not been copied yet.
    pub(super) async fn copy(&mut self, watch: &mut dyn Watch) -> Result<(), MoveError> {
        let mut copied = self.copied().await?;
        watch.at(copied);
        for place in 0..self.pairs.len() {
            if self.pairs[place].is_bound {
                continue;
            }
            let mut progress = self.progress(place).await?;
            while !progress.is_done {
                let before = progress.copied;
                progress = self.slice(place, progress).await?;
                copied += progress.copied - before;
                watch.at(copied);
            }
        }
        if self.target.kind() == Kind::Postgres {
            // It knows nothing of tables that were filled just now, and would search them from end to end.
            self.target.execute("ANALYZE".to_owned()).await?;
        }
        Ok(())
    }

    /// Rows that have been copied, by this run and those before.
    pub(super) async fn copied(&mut self) -> Result<u64, MoveError> {
        let sql = "SELECT CAST(SUM(copied) AS BIGINT) FROM moving_tables";
        let copied = self.target.number(sql.to_owned()).await?;
        Ok(copied
            .and_then(|rows| u64::try_from(rows).ok())
            .unwrap_or(0))
    }

    async fn progress(&mut self, place: usize) -> Result<Progress, MoveError> {
        let sql = "SELECT COALESCE(after_key, ''), CAST(copied AS TEXT), CAST(is_done AS TEXT) FROM moving_tables WHERE name = $1";
        let found = self
            .target
            .texts_of(sql, &[&self.pairs[place].name])
            .await?;
        Ok(found.into_iter().next().map_or(
            Progress {
                after: None,
                copied: 0,
                is_done: false,
            },
            |(after, copied, is_done)| Progress {
                after: Some(after).filter(|after| !after.is_empty()),
                copied: copied.parse().unwrap_or(0),
                is_done: is_done == "1",
            },
        ))
    }

    async fn slice(&mut self, place: usize, before: Progress) -> Result<Progress, MoveError> {
        let Self {
            source,
            target,
            pairs,
            run,
            ..
        } = self;
        let pair = &pairs[place];
        let insert = format!("{} WHERE TRUE ON CONFLICT DO NOTHING", pair.insert()?);
        marks::begin(target, run).await?;
        let select = pair.slice(before.after.is_none(), SLICE);
        let given: Vec<&str> = before.after.as_deref().into_iter().collect();
        let mut last = None;
        let rows = source
            .in_groups(select, &given, async |mut group| {
                last = group.last().map(|row| pair.key_of(row)).transpose()?;
                target.insert(&insert, &group.take()).await?;
                Ok::<_, MoveError>(())
            })
            .await?;
        let progress = Progress {
            after: last.or(before.after),
            copied: before.copied + rows,
            is_done: rows < SLICE as u64,
        };
        keep(target, pair, &progress).await?;
        marks::commit(target).await?;
        Ok(progress)
    }
}

async fn keep(
    target: &mut crate::store::dump::connection::Connection,
    pair: &Pair,
    progress: &Progress,
) -> Result<(), MoveError> {
    let sql = format!(
        "INSERT INTO moving_tables (name, after_key, copied, is_done) VALUES ($1, NULLIF($2, ''), {copied}, {is_done})
         ON CONFLICT (name) DO UPDATE SET after_key = excluded.after_key, copied = excluded.copied, is_done = excluded.is_done",
        copied = progress.copied,
        is_done = u8::from(progress.is_done),
    );
    let after = progress.after.as_deref().unwrap_or_default();
    target.change(&sql, &[&pair.name, after]).await?;
    Ok(())
}
