//! What changed of a site of late: `changes`, for whoever keeps a copy of its rows in memory ([`crate::columns`]).
//!
//! A row is written in the transaction of what it tells of: by a commit with the visitors of its items, by whoever removes or
//! rewrites rows, and by triggers where the rows say best what happened. So nothing that any process does is missed. Rows go
//! after some minutes, the first ones first, and the last of them stays to say so: whoever has not read up to it reads
//! everything again. On PostgreSQL none goes before every transaction has ended that was open beside it.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::rows::Value;
use super::{Kind, Store, StoreError, on};

/// How long rows are kept, in milliseconds.
const KEPT_MS: i64 = 5 * 60 * 1000;

/// The kind of a row that stands for itself and those before it, which have gone.
const GONE: &str = "gone";

/// Up to where somebody has read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Position {
    /// SQLite: the last change that was read. PostgreSQL: the first transaction that may still be open.
    pub(super) next: i64,
    /// PostgreSQL: rows beyond `next` that were read already.
    pub(super) seen: BTreeSet<(i64, i64)>,
}

/// A row of `changes`.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) change: i64,
    pub(super) part: i64,
    pub(super) kind: String,
    pub(super) ids: Option<Vec<u8>>,
    pub(super) link: Option<String>,
}

/// What changed.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Rows that were not read have gone: nothing here says all that changed.
    pub(crate) is_gap: bool,
    /// Somebody has other ids now.
    pub(crate) is_whole: bool,
    /// Who changed, whoever has gone among them.
    pub(crate) visitors: BTreeSet<Uuid>,
    /// Interactions, likewise.
    pub(crate) interactions: BTreeSet<Uuid>,
    /// Links between ids that came or went.
    pub(crate) links: BTreeSet<[String; 2]>,
    /// Hashes of addresses which may be somebody else's now.
    pub(crate) emails: BTreeSet<String>,
}

impl News {
    /// Whether nothing changed.
    pub(crate) fn is_nothing(&self) -> bool {
        !self.is_gap
            && !self.is_whole
            && self.emails.is_empty()
            && self.visitors.is_empty()
            && self.interactions.is_empty()
            && self.links.is_empty()
    }
}

impl Position {
    /// Reads on; `next` is PostgreSQL's first open transaction.
    pub(super) fn read(
        &mut self,
        kind: Kind,
        next: i64,
        rows: Vec<Row>,
    ) -> Result<News, StoreError> {
        let mut news = News::default();
        for row in rows {
            let is_new = match kind {
                Kind::Sqlite => {
                    self.next = row.change;
                    true
                }
                Kind::Postgres => self.seen.insert((row.change, row.part)),
            };
            // Also one that was read as it was before: others before it may have come since, and have gone.
            if is_new || row.kind == GONE {
                news.add(row)?;
            }
        }
        if kind == Kind::Postgres {
            self.next = next;
            self.seen.retain(|(change, _)| *change >= next);
        }
        Ok(news)
    }
}

impl News {
    fn add(&mut self, row: Row) -> Result<(), StoreError> {
        match row.kind.as_str() {
            "visitors" => self.visitors.extend(ids(row.ids.as_deref())),
            "interactions" => self.interactions.extend(ids(row.ids.as_deref())),
            "links" => match row.link.as_deref().map(serde_json::from_str) {
                Some(Ok(link)) => drop(self.links.insert(link)),
                _ => self.is_whole = true,
            },
            "emails" => match row.link {
                Some(hash) => drop(self.emails.insert(hash)),
                None => self.is_whole = true,
            },
            "whole" => self.is_whole = true,
            GONE => self.is_gap = true,
            other => return Err(StoreError::Internal(format!("changes of the kind {other}"))),
        }
        Ok(())
    }
}

fn ids(bytes: Option<&[u8]>) -> impl Iterator<Item = Uuid> {
    let (ids, _) = bytes.unwrap_or_default().as_chunks::<16>();
    ids.iter().map(|id| Uuid::from_bytes(*id))
}

/// Ids as they stand in a row.
pub(super) fn bytes(ids: impl Iterator<Item = Uuid>) -> Vec<u8> {
    ids.flat_map(Uuid::into_bytes).collect()
}

/// Says what changed: the site, the kind, ids.
pub(super) fn tell(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => include_str!("sql/changes/tell.sqlite.sql"),
        Kind::Postgres => include_str!("sql/changes/tell.postgres.sql"),
    }
}

/// Says that browsers changed which others used too than who is being erased.
pub(super) fn tell_shared(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => include_str!("sql/changes/tell_shared.sqlite.sql"),
        Kind::Postgres => include_str!("sql/changes/tell_shared.postgres.sql"),
    }
}

/// Puts visitors' ids in the place of others, given by these; nothing where none of them is told.
pub(super) fn renamed(told: &[u8], fresh: &BTreeMap<Uuid, Uuid>) -> Option<Vec<u8>> {
    let is_told = ids(Some(told)).any(|id| fresh.contains_key(&id));
    is_told.then(|| bytes(ids(Some(told)).map(|id| *fresh.get(&id).unwrap_or(&id))))
}

/// Says in the transaction of an erasure, or of its end, that somebody has other ids, and has no row name them by the old ones,
/// which are given with those that take their place.
macro_rules! tell_erased {
    ($transaction:expr, $kind:expr, $site_id:expr, $browsers:expr) => {{
        use futures_util::TryStreamExt as _;
        use $crate::store::changes;
        for text in [
            changes::tell_shared($kind),
            include_str!("../sql/changes/hush.sql"),
        ] {
            sqlx::query(text)
                .bind($site_id)
                .execute(&mut *$transaction)
                .await?;
        }
        let browsers: std::collections::BTreeMap<Uuid, Uuid> = $browsers.into_iter().collect();
        if !browsers.is_empty() {
            // Looked through once for all of them, and not kept: of a busy site there are very many.
            let mut naming = Vec::new();
            {
                let text = include_str!("../sql/changes/naming.sql");
                let mut told = sqlx::query_as::<_, (i64, i64, Vec<u8>)>(text)
                    .bind($site_id)
                    .fetch(&mut *$transaction);
                while let Some((change, part, ids)) = told.try_next().await? {
                    if let Some(ids) = changes::renamed(&ids, &browsers) {
                        naming.push((change, part, ids));
                    }
                }
            }
            for (change, part, ids) in naming {
                sqlx::query(include_str!("../sql/changes/rename.sql"))
                    .bind($site_id)
                    .bind(change)
                    .bind(part)
                    .bind(ids)
                    .execute(&mut *$transaction)
                    .await?;
            }
        }
        sqlx::query(changes::tell($kind))
            .bind($site_id)
            .bind("whole")
            .bind(None::<Vec<u8>>)
            .execute(&mut *$transaction)
            .await?;
    }};
}
pub(super) use tell_erased;

impl Store {
    /// Removes what was told of a site some minutes ago.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn trim_changes(&self, site_id: i64) -> Result<(), StoreError> {
        let last = match self.kind() {
            Kind::Sqlite => include_str!("sql/changes/last_old.sqlite.sql"),
            Kind::Postgres => include_str!("sql/changes/last_old.postgres.sql"),
        };
        let last: Option<(i64, i64)> = on!(self, write of site_id, |pool| {
            sqlx::query_as(last)
                .bind(site_id)
                .bind(KEPT_MS)
                .fetch_optional(pool)
                .await
        })?;
        let Some((change, part)) = last else {
            return Ok(());
        };
        for text in [
            include_str!("sql/changes/go.sql"),
            include_str!("sql/changes/trim.sql"),
        ] {
            on!(self, write of site_id, |pool| {
                sqlx::query(text)
                    .bind(site_id)
                    .bind(change)
                    .bind(part)
                    .execute(pool)
                    .await
                    .map(drop)?;
            });
        }
        Ok(())
    }
}

/// The visitors of some rows of values, of which the first two are the site and the visitor, by site.
pub(super) fn visitors_of(values: &[Value<'_>], columns: usize) -> Vec<(i64, Vec<u8>)> {
    let mut sites: Vec<(i64, Vec<u8>)> = Vec::new();
    for row in values.chunks_exact(columns) {
        let (Some(Value::Int(Some(site_id))), Some(Value::Id(Some(visitor_id)))) =
            (row.first(), row.get(1))
        else {
            continue;
        };
        match sites.last_mut() {
            Some((last, ids)) if last == site_id => ids.extend(visitor_id.as_bytes()),
            _ => sites.push((*site_id, visitor_id.as_bytes().to_vec())),
        }
    }
    sites
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(change: i64, part: i64, id: u128) -> Row {
        Row {
            change,
            part,
            kind: "visitors".to_owned(),
            ids: Some(bytes(std::iter::once(Uuid::from_u128(id)))),
            link: None,
        }
    }

    fn visitors(news: &News) -> Vec<u128> {
        news.visitors.iter().map(|id| id.as_u128()).collect()
    }

    fn gone(change: i64, part: i64) -> Row {
        Row {
            kind: GONE.to_owned(),
            ids: None,
            ..row(change, part, 0)
        }
    }

    #[test]
    fn a_transaction_that_was_open_is_read_when_it_ends_and_others_once() {
        let mut position = Position {
            next: 5,
            ..Position::default()
        };
        let news = position
            .read(Kind::Postgres, 6, vec![row(5, 2, 1), row(7, 3, 2)])
            .unwrap();
        assert_eq!((visitors(&news), news.is_gap), (vec![1, 2], false));
        assert_eq!(position.next, 6);
        let news = position
            .read(Kind::Postgres, 8, vec![row(6, 4, 3), row(7, 3, 2)])
            .unwrap();
        assert_eq!(visitors(&news), [3]);
        assert_eq!(position.next, 8);
        assert!(position.seen.is_empty());
    }

    #[test]
    fn what_has_gone_unread_is_a_gap() {
        for kind in [Kind::Sqlite, Kind::Postgres] {
            let mut position = Position::default();
            let none = position.read(kind, 1, Vec::new());
            assert!(none.unwrap().is_nothing());
            let first = position.read(kind, 1, vec![row(4, 0, 1)]);
            assert!(!first.unwrap().is_gap);
            // On PostgreSQL the fourth was read, and the third, which was open then, was not.
            let lost = position.read(kind, 1, vec![gone(4, 0), row(9, 0, 1)]);
            assert!(lost.unwrap().is_gap);
        }
    }

    #[test]
    fn ids_take_the_place_of_others() {
        let id = Uuid::from_u128;
        let all = bytes([1, 2, 3].map(id).into_iter());
        let fresh = BTreeMap::from([(id(2), id(9)), (id(7), id(8))]);
        let other = renamed(&all, &fresh).unwrap();
        let other: Vec<u128> = ids(Some(&other)).map(|id| id.as_u128()).collect();
        assert_eq!(other, [1, 9, 3]);
        assert_eq!(renamed(&all, &BTreeMap::from([(id(7), id(8))])), None);
    }

    #[test]
    fn visitors_are_told_by_site() {
        let id = Uuid::from_u128(7);
        let values: Vec<Value<'_>> = [1, 1, 2]
            .into_iter()
            .flat_map(|site_id: i64| [site_id.into(), id.into(), Value::from(0)])
            .collect();
        let told = visitors_of(&values, 3);
        let lengths: Vec<(i64, usize)> =
            told.iter().map(|(site, ids)| (*site, ids.len())).collect();
        assert_eq!(lengths, [(1, 32), (2, 16)]);
    }
}
