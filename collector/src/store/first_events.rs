//! The first times of events that reach a milestone: found in the past, a slice of items at a time, and read in ranges of
//! visitors.
//!
//! A first time is a minimum, so it does not matter in which order slices and new items are stored, nor how often.

use std::collections::{BTreeMap, HashMap};

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::rows::{Marks, Rows, Value, bind, pad, with_list};
use super::stages::Restatement;
use super::{Kind, Store, StoreError, changes, on};
use crate::journey::Firsts;

pub(super) static UPSERT: Rows = Rows::new(include_str!("sql/first_events/upsert.sql"), 4);

/// Rows of one transaction: those who store items wait for no more at a time.
const TOGETHER: usize = 512;

/// A visitor, a name, and the first time.
type First = (Uuid, String, i64);

/// What a slice came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slice {
    /// There is more.
    More,
    /// It was the last one, and the past has been searched.
    Last,
    /// Somebody else has taken it, or another definition holds by now.
    Taken,
}

/// A visitor as a comparison of definitions sees it.
pub(crate) struct Compared {
    pub(crate) visitor_id: Uuid,
    pub(crate) is_bot: bool,
    pub(crate) firsts: Firsts,
}

impl Store {
    /// Searches the next `items` items of a site's past. Ordinary items are stored meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]; the slice can be tried again.
    pub async fn restate_slice(
        &self,
        restatement: &Restatement,
        items: u32,
    ) -> Result<Slice, StoreError> {
        let Restatement {
            site_id,
            version,
            after,
            ..
        } = *restatement;
        let end: Option<(Uuid, Uuid)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/events/slice_end.sql"))
                .bind(site_id)
                .bind(after.0)
                .bind(after.1)
                .bind(i64::from(items) - 1)
                .fetch_optional(pool)
                .await
        })?;
        let up_to = end.unwrap_or((Uuid::max(), Uuid::max()));
        let names: Vec<&str> = restatement.names.iter().map(String::as_str).collect();
        let mut firsts = self.search(site_id, after, up_to, &names).await?;
        // In the order in which those who store items go, so that nobody waits for each other in a circle.
        firsts.sort_unstable();
        self.keep_firsts(site_id, &firsts).await?;
        let moved = on!(self, write, |pool| {
            let query = match end {
                Some((visitor_id, item_id)) => {
                    sqlx::query(include_str!("sql/stages/restate_after.sql"))
                        .bind(site_id)
                        .bind(version)
                        .bind(visitor_id)
                        .bind(item_id)
                        .bind(i64::from(items))
                        .bind(after.0)
                        .bind(after.1)
                }
                None => sqlx::query(include_str!("sql/stages/restated.sql"))
                    .bind(site_id)
                    .bind(version),
            };
            query.execute(pool).await.map(|done| done.rows_affected())
        })?;
        Ok(match (moved, end) {
            (0, _) => Slice::Taken,
            (_, Some(_)) => Slice::More,
            (_, None) => Slice::Last,
        })
    }

    async fn keep_firsts(&self, site_id: i64, firsts: &[First]) -> Result<(), StoreError> {
        let marks = match self.kind() {
            Kind::Sqlite => Marks::Bare,
            Kind::Postgres => Marks::Numbered,
        };
        let values: Vec<Value<'_>> = firsts
            .iter()
            .flat_map(|(visitor_id, name, at)| -> [Value<'_>; 4] {
                [
                    site_id.into(),
                    (*visitor_id).into(),
                    name.as_str().into(),
                    (*at).into(),
                ]
            })
            .collect();
        for values in values.chunks(4 * TOGETHER) {
            on!(self, write, |pool| {
                let mut transaction = pool.begin().await?;
                for (sql, values) in UPSERT.chunks(marks, values) {
                    bind!(sqlx::query(sql), values)
                        .execute(&mut *transaction)
                        .await?;
                }
                for (site_id, ids) in changes::visitors_of(values, 4) {
                    sqlx::query(changes::tell(self.kind()))
                        .bind(site_id)
                        .bind("visitors")
                        .bind(ids)
                        .execute(&mut *transaction)
                        .await?;
                }
                transaction.commit().await?;
            });
        }
        Ok(())
    }

    /// The first times of events of some names among the items after `after` up to `up_to`.
    async fn search(
        &self,
        site_id: i64,
        after: (Uuid, Uuid),
        up_to: (Uuid, Uuid),
        names: &[&str],
    ) -> Result<Vec<First>, StoreError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let names = pad(names);
        let sql = with_list(include_str!("sql/events/firsts.sql"), 5, names.len());
        let names: Vec<Value<'_>> = names.into_iter().map(Value::from).collect();
        Ok(on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(after.0)
                .bind(after.1)
                .bind(up_to.0)
                .bind(up_to.1);
            bind!(query, &names).fetch_all(pool).await
        })?)
    }

    /// The next `visitors` visitors of a site after `after`, with their first times: of milestones, of the events whose
    /// first times are kept, and of those of `unsearched` names, which are looked for.
    pub(crate) async fn compared(
        &self,
        site_id: i64,
        after: Uuid,
        visitors: u32,
        unsearched: &[&str],
    ) -> Result<Vec<Compared>, StoreError> {
        let rows: Vec<(Uuid, bool)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/visitors/range.sql"))
                .bind(site_id)
                .bind(after)
                .bind(i64::from(visitors))
                .fetch_all(pool)
                .await
        })?;
        let Some((last, _)) = rows.last().copied() else {
            return Ok(Vec::new());
        };
        let mut own: BTreeMap<Uuid, Firsts> = BTreeMap::new();
        let within = include_str!("sql/milestones/of_range.sql");
        for (visitor_id, name, at) in self.range(within, site_id, after, last).await? {
            let firsts = own.entry(visitor_id).or_default();
            firsts.milestones.push((name, at));
        }
        let within = include_str!("sql/first_events/of_range.sql");
        let kept = self.range(within, site_id, after, last).await?;
        let found = self
            .search(
                site_id,
                (after, Uuid::max()),
                (last, Uuid::max()),
                unsearched,
            )
            .await?;
        for (visitor_id, name, at) in kept.into_iter().chain(found) {
            own.entry(visitor_id).or_default().events.push((name, at));
        }
        Ok(rows
            .into_iter()
            .map(|(visitor_id, is_bot)| Compared {
                visitor_id,
                is_bot,
                firsts: own.remove(&visitor_id).unwrap_or_default(),
            })
            .collect())
    }

    async fn range(
        &self,
        sql: &'static str,
        site_id: i64,
        after: Uuid,
        last: Uuid,
    ) -> Result<Vec<First>, StoreError> {
        Ok(on!(self, read of site_id, |pool| {
            sqlx::query_as(sql)
                .bind(site_id)
                .bind(after)
                .bind(last)
                .fetch_all(pool)
                .await
        })?)
    }

    /// The first times of some visitors: of milestones, and of events if any reaches one.
    pub(super) async fn firsts(
        &self,
        site_id: i64,
        visitor_ids: &[Uuid],
        with_events: bool,
    ) -> Result<HashMap<Uuid, Firsts>, StoreError> {
        let mut firsts: HashMap<Uuid, Firsts> = HashMap::new();
        let milestones = include_str!("sql/milestones/of_visitors.sql");
        let milestones = self.listed_firsts(milestones, site_id, visitor_ids);
        let events = async {
            if !with_events {
                return Ok(Vec::new());
            }
            let events = include_str!("sql/first_events/of_visitors.sql");
            self.listed_firsts(events, site_id, visitor_ids).await
        };
        let (milestones, events) = tokio::try_join!(milestones, events)?;
        for (visitor_id, name, at) in milestones {
            let own = firsts.entry(visitor_id).or_default();
            own.milestones.push((name, at));
        }
        for (visitor_id, name, at) in events {
            let own = firsts.entry(visitor_id).or_default();
            own.events.push((name, at));
        }
        Ok(firsts)
    }

    async fn listed_firsts(
        &self,
        text: &str,
        site_id: i64,
        visitor_ids: &[Uuid],
    ) -> Result<Vec<First>, StoreError> {
        let mut found = Vec::new();
        for ids in visitor_ids.chunks(super::journeys::LIST) {
            let (sql, ids) = super::journeys::listed(text, ids);
            found.extend(on!(self, read of site_id, |pool| {
                let query = sqlx::query_as(AssertSqlSafe(sql)).bind(site_id);
                bind!(query, &ids).fetch_all(pool).await
            })?);
        }
        Ok(found)
    }
}
