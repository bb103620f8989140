//! Catching up: what the notes tell is taken to the target, round by round, until the last one, for which the source is held.
//!
//! A round reads in one snapshot of the source, in which every change is there together with its note. The target's rows of all
//! keys that are noted go first, then those that the snapshot has come anew, and the tables that are bound together are written
//! whole if one of them was noted. What was not noted has not changed since it was copied. So after a round the target is what the
//! snapshot is, row by row: what was erased is gone, and nothing that is unique is there twice in between. Only then are the notes
//! of that snapshot removed; a run that is killed before does them again and comes to the same.

use std::time::{Duration, Instant};

use serde_json::value::RawValue;

use super::digest::Digest;
use super::notes::{self, Seen};
use super::pair::LEFT_OUT;
use super::{MoveError, Mover, Stage, TableReport, Watch, marks};
use crate::store::Kind;

/// Whoever writes waits for the last round, so it has to be short: it comes when the round before it took no longer.
const SHORT: Duration = Duration::from_secs(1);
/// Rounds after which the source changes faster than it can be copied.
const ROUNDS: usize = 100;

/// What a round did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Applied {
    /// Keys that were noted.
    pub(super) noted: u64,
    /// Rows that were written, and read back.
    pub(super) written: u64,
}

impl Mover {
    /// Rounds, until one was short.
    pub(super) async fn catch_up(&mut self, watch: &mut dyn Watch) -> Result<(), MoveError> {
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let applied = self.round(None).await?;
            if applied.noted > 0 {
                watch.begins(Stage::CaughtUp {
                    noted: applied.noted,
                });
            }
            if began.elapsed() <= SHORT {
                return Ok(());
            }
        }
        Err(MoveError::TooFast)
    }

    /// A round after which everything is compared, while the source goes on.
    pub(super) async fn compare(&mut self, watch: &mut dyn Watch) -> Result<(), MoveError> {
        self.round(Some(watch)).await?;
        Ok(())
    }

    async fn round(&mut self, compare: Option<&mut dyn Watch>) -> Result<Applied, MoveError> {
        self.source.begin_reading().await?;
        let seen = Seen::now(&mut self.source, &self.id).await?;
        let applied = self.apply().await?;
        self.since += applied.written;
        if let Some(watch) = compare {
            self.compare_all(watch).await?;
        }
        self.source.execute("ROLLBACK".to_owned()).await?;
        seen.forget(&mut self.source).await?;
        Ok(applied)
    }

    /// The last round. From its beginning on nobody writes to the source, and from its end on nobody can.
    pub(super) async fn finish_source(
        &mut self,
    ) -> Result<(Vec<TableReport>, Duration), MoveError> {
        notes::hold(&mut self.source, &self.pairs).await?;
        let held = Instant::now();
        let tables = match self.last_round().await {
            Ok(tables) => tables,
            Err(error) => {
                // The source goes on as if nobody had held it. Should even this fail, it does when the connection ends.
                let _ = self.source.execute("ROLLBACK".to_owned()).await;
                return Err(error);
            }
        };
        self.source.execute("COMMIT".to_owned()).await?;
        Ok((tables, held.elapsed()))
    }

    async fn last_round(&mut self) -> Result<Vec<TableReport>, MoveError> {
        Seen::now(&mut self.source, &self.id).await?;
        self.since += self.apply().await?.written;
        let tables = self.counts().await?;
        if !tables.iter().all(TableReport::is_equal) {
            return Err(MoveError::Different(tables));
        }
        self.count_on().await?;
        notes::refuse(&mut self.source, &self.pairs, &self.shown.1).await?;
        let sql =
            "UPDATE moving SET state = 'moved' WHERE side = 'source'; DELETE FROM moving_keys";
        self.source.execute(sql.to_owned()).await?;
        Ok(tables)
    }

    /// Takes to the target what is noted.
    async fn apply(&mut self) -> Result<Applied, MoveError> {
        let noted = "SELECT DISTINCT of_table FROM moving_keys".to_owned();
        let noted = self.source.lines(noted, &[]).await?;
        let mut applied = Applied::default();
        let mut bound = !self.has_bound;
        for place in 0..self.pairs.len() {
            let pair = &self.pairs[place];
            if !noted.contains(&pair.name) {
                continue;
            }
            if pair.is_bound {
                bound = true;
                continue;
            }
            applied.noted += self.take_away(place).await?;
            applied.written += self.bring(place).await?;
        }
        if bound {
            applied.written += self.bring_bound().await?;
            self.has_bound = true;
        }
        Ok(applied)
    }

    /// Removes the target's rows whose keys are noted.
    async fn take_away(&mut self, place: usize) -> Result<u64, MoveError> {
        let Self {
            source,
            target,
            pairs,
            run,
            ..
        } = self;
        let pair = &pairs[place];
        let delete = pair.delete();
        let keys = "SELECT DISTINCT row_key FROM moving_keys WHERE of_table = $1".to_owned();
        source
            .in_groups(keys, &[&pair.name], async |mut group| {
                let keys = group.take();
                marks::begin(target, run).await?;
                match target.kind() {
                    Kind::Sqlite => {
                        for key in serde_json::from_str::<Vec<&RawValue>>(&keys)? {
                            target.insert(&delete, key.get()).await?;
                        }
                    }
                    Kind::Postgres => target.insert(&delete, &keys).await?,
                }
                marks::commit(target).await
            })
            .await
    }

    /// Writes the source's rows whose keys are noted, and reads them back.
    async fn bring(&mut self, place: usize) -> Result<u64, MoveError> {
        let Self {
            source,
            target,
            pairs,
            run,
            ..
        } = self;
        let pair = &pairs[place];
        let (insert, again, json) = (pair.insert()?, pair.again(), pair.json());
        source
            .in_groups(pair.noted(), &[&pair.name], async |mut group| {
                let rows = group.take();
                marks::begin(target, run).await?;
                target.insert(&insert, &rows).await?;
                let (mut here, mut there) = (Digest::default(), Digest::default());
                here.add_all(&rows, json)?;
                for row in target.lines(again.clone(), &[&rows]).await? {
                    there.add(&row, json)?;
                }
                if here != there {
                    return Err(MoveError::Different(vec![TableReport {
                        name: pair.name.clone(),
                        rows: here.rows,
                        rows_there: there.rows,
                        is_same: false,
                    }]));
                }
                marks::commit(target).await
            })
            .await
    }

    /// Writes the tables that are bound together, whole: they go in an order in which nothing refers to what is gone, and come in one
    /// in which nothing refers to what is not there yet.
    async fn bring_bound(&mut self) -> Result<u64, MoveError> {
        let Self {
            source,
            target,
            pairs,
            run,
            ..
        } = self;
        let bound: Vec<_> = pairs.iter().filter(|pair| pair.is_bound).collect();
        marks::begin(target, run).await?;
        for pair in bound.iter().rev() {
            target
                .execute(format!("DELETE FROM \"{}\"", pair.name))
                .await?;
        }
        let mut written = 0;
        for pair in &bound {
            let insert = pair.insert()?;
            written += source
                .in_groups(pair.rows_here(), &[], async |mut group| {
                    Ok::<_, MoveError>(target.insert(&insert, &group.take()).await?)
                })
                .await?;
        }
        marks::commit(target).await?;
        Ok(written)
    }

    /// Lets the ids that the target gives out go on after the last one that the source gave out, also where its row is gone.
    async fn count_on(&mut self) -> Result<(), MoveError> {
        let counters = match self.source.kind() {
            Kind::Sqlite => include_str!("../sql/moving/counters.sqlite.sql"),
            Kind::Postgres => include_str!("../sql/moving/counters.postgres.sql"),
        };
        let counters = self.source.texts(counters).await?;
        marks::begin(&mut self.target, &self.run).await?;
        for (table, last, _) in counters {
            let last: i64 = last.parse().unwrap_or(0);
            let sql = match self.target.kind() {
                Kind::Postgres => format!(
                    "SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'), {last}) WHERE {last} > 0"
                ),
                Kind::Sqlite => format!(
                    "DELETE FROM sqlite_sequence WHERE name = '{table}';
                     INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', {last})"
                ),
            };
            self.target.execute(sql).await?;
        }
        marks::commit(&mut self.target).await
    }

    /// Makes the target a database like any other.
    pub(super) async fn finish_target(&mut self) -> Result<(), MoveError> {
        marks::begin(&mut self.target, &self.run).await?;
        // Triggers have told of what was copied there, and nobody has a copy or sums of it yet.
        for table in LEFT_OUT {
            self.target.execute(format!("DELETE FROM {table}")).await?;
        }
        self.target
            .execute("DROP TABLE moving_tables; DROP TABLE moving".to_owned())
            .await?;
        marks::commit(&mut self.target).await
    }
}
