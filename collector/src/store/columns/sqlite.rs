//! Rows of SQLite. Each function blocks the thread.

use std::collections::BTreeSet;
use std::time::Instant;

use rusqlite::{Connection, Params};
use uuid::Uuid;

use super::cells::{self, Cells};
use super::{Refunded, Take, TakeEvents, text};
use crate::store::changes::{News, Position};
use crate::store::orders::refunded as settled;
use crate::store::{Kind, Store, StoreError};

/// Of one visitor.
const ONE: &str = "v.site_id = $1 AND v.visitor_id = $2";
/// Of the site, in the order of the file: no index is to be used.
const SLICE: &str = "+v.site_id = $1 AND v.rowid > $2 AND v.rowid <= $3";
/// Of the site.
const SITE: &str = "v.site_id = $1";
/// Rows of a slice.
const ROWS: i64 = 20_000;
/// Of a site with so few visitors, or with less than this share of all, rows are looked up, and the other sites' are not gone
/// through.
const FEW: usize = 5_000;
const SHARE: i64 = 8;
/// Visitors that are looked up together.
const TOGETHER: usize = 200;
/// The share of its time for which reading a whole site rests.
const REST: u32 = 8;

/// Shows each row of a statement.
fn each(
    connection: &Connection,
    (sql, whose): (&str, &str),
    parameters: impl Params,
    mut show: impl FnMut(&rusqlite::Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(&sql.replace("{whose}", whose))?;
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        show(row)?;
    }
    Ok(())
}

pub(super) fn position(connection: &Connection, site_id: i64) -> Result<Position, StoreError> {
    let sql = include_str!("../sql/changes/here.sqlite.sql");
    let mut position = Position::default();
    each(connection, (sql, ""), [site_id], |row| {
        position.next = row.number(0)?;
        Ok(())
    })?;
    Ok(position)
}

pub(super) fn news(
    connection: &Connection,
    site_id: i64,
    position: &mut Position,
) -> Result<News, StoreError> {
    let sql = include_str!("../sql/changes/news.sqlite.sql");
    let mut rows = Vec::new();
    each(connection, (sql, ""), (site_id, position.next), |row| {
        rows.extend(cells::change(row)?);
        Ok(())
    })?;
    position.read(Kind::Sqlite, 0, rows)
}

pub(super) fn ids(connection: &Connection, site_id: i64) -> Result<Vec<Uuid>, StoreError> {
    let mut ids = Vec::new();
    each(connection, (text::IDS, ""), [site_id], |row| {
        ids.push(row.id(0)?);
        Ok(())
    })?;
    Ok(ids)
}

/// Shows all rows of some visitors.
pub(super) fn visitors(
    connection: &Connection,
    site_id: i64,
    ids: &BTreeSet<Uuid>,
    take: &mut impl Take,
) -> Result<(), StoreError> {
    let of = |id: &Uuid| (site_id, id.into_bytes());
    let events = text::events(take);
    for id in ids {
        each(connection, (text::VISITORS, ONE), of(id), |row| {
            cells::visitor(row, take)
        })?;
    }
    for id in ids {
        each(connection, (text::SESSIONS, ONE), of(id), |row| {
            cells::session(row, take)
        })?;
        each(connection, (&events, ONE), of(id), |row| {
            cells::event(row, take)
        })?;
        for sql in [text::MILESTONES, text::FIRST_EVENTS] {
            each(connection, (sql, ONE), of(id), |row| {
                cells::first(row, take)
            })?;
        }
        each(connection, (text::SHARING, ONE), of(id), |row| {
            cells::sharing(row, take)
        })?;
        let refunded = taken(connection, ONE, of(id))?;
        each(connection, (text::ORDERS, ONE), of(id), |row| {
            cells::order(row, &refunded, take)
        })?;
        if !take.has_room() {
            return Err(StoreError::Full);
        }
    }
    Ok(())
}

fn taken(
    connection: &Connection,
    whose: &str,
    parameters: impl Params,
) -> Result<Refunded, StoreError> {
    let mut refunds = Vec::new();
    each(connection, (text::REFUNDS, whose), parameters, |row| {
        refunds.push(cells::refund(row)?);
        Ok(())
    })?;
    Ok(settled(refunds))
}

/// Shows links and interactions that it is told of, or all.
pub(super) fn beside(
    connection: &Connection,
    site_id: i64,
    news: &News,
    take: &mut impl Take,
) -> Result<(), StoreError> {
    if news.is_whole {
        return all_beside(connection, site_id, take);
    }
    for [one, other] in &news.links {
        let whose = "v.site_id = $1 AND v.one = $2 AND v.other = $3";
        each(
            connection,
            (text::LINKS, whose),
            (site_id, one, other),
            |row| cells::link(row, take),
        )?;
    }
    for id in &news.interactions {
        let whose = "v.site_id = $1 AND v.id = $2";
        let parameters = (site_id, id.into_bytes());
        each(connection, (text::INTERACTIONS, whose), parameters, |row| {
            cells::contact(row, take)
        })?;
    }
    for hash in &news.emails {
        let whose = "v.site_id = $1 AND v.email_hash = $2";
        each(
            connection,
            (text::INTERACTIONS, whose),
            (site_id, hash),
            |row| cells::contact(row, take),
        )?;
    }
    Ok(())
}

fn all_beside(
    connection: &Connection,
    site_id: i64,
    take: &mut impl Take,
) -> Result<(), StoreError> {
    each(connection, (text::LINKS, SITE), [site_id], |row| {
        cells::link(row, take)
    })?;
    each(connection, (text::INTERACTIONS, SITE), [site_id], |row| {
        cells::contact(row, take)
    })
}

/// Whose orders the refunds of some visitors are of.
pub(super) fn refunded(
    connection: &Connection,
    site_id: i64,
    ids: &BTreeSet<Uuid>,
) -> Result<BTreeSet<Uuid>, StoreError> {
    let mut found = BTreeSet::new();
    for id in ids {
        let parameters = (site_id, id.into_bytes());
        each(connection, (text::REFUNDED, ONE), parameters, |row| {
            found.insert(row.id(0)?);
            Ok(())
        })?;
    }
    Ok(found)
}

/// A table that is read in slices of its file's order.
#[derive(Clone, Copy)]
enum Sliced {
    Visitors,
    Sessions,
    Events,
    Milestones,
    FirstEvents,
}

impl Sliced {
    /// Shows a slice.
    fn read(
        self,
        connection: &Connection,
        (site_id, after): (i64, i64),
        take: &mut impl Take,
    ) -> Result<(), StoreError> {
        let sql = match self {
            Self::Visitors => text::VISITORS,
            Self::Sessions => text::SESSIONS,
            Self::Events => return slice(connection, (site_id, after), take),
            Self::Milestones => text::MILESTONES,
            Self::FirstEvents => text::FIRST_EVENTS,
        };
        let parameters = (site_id, after, after + ROWS);
        each(connection, (sql, SLICE), parameters, |row| match self {
            Self::Visitors => cells::visitor(row, take),
            Self::Sessions => cells::session(row, take),
            Self::Events => cells::event(row, take),
            Self::Milestones | Self::FirstEvents => cells::first(row, take),
        })
    }

    /// The last row's number.
    fn end(self, connection: &Connection) -> Result<i64, StoreError> {
        let sql = match self {
            Self::Visitors => "SELECT COALESCE(MAX(rowid), 0) FROM visitors",
            Self::Sessions => "SELECT COALESCE(MAX(rowid), 0) FROM sessions",
            Self::Events => "SELECT COALESCE(MAX(rowid), 0) FROM events",
            Self::Milestones => "SELECT COALESCE(MAX(rowid), 0) FROM milestones",
            Self::FirstEvents => "SELECT COALESCE(MAX(rowid), 0) FROM first_events",
        };
        Ok(connection.query_row(sql, (), |row| row.get(0))?)
    }
}

/// Shows a slice of entries.
fn slice(
    connection: &Connection,
    (site_id, after): (i64, i64),
    take: &mut impl TakeEvents,
) -> Result<(), StoreError> {
    let parameters = (site_id, after, after + ROWS);
    each(
        connection,
        (&text::events(take), SLICE),
        parameters,
        |row| cells::event(row, take),
    )
}

/// The visitors of a site whose rows are to be looked up; nothing where all tables are to be gone through.
async fn few(store: &Store, site_id: i64) -> Result<Option<Vec<Uuid>>, StoreError> {
    let (ids, all) = store
        .blocking(move |connection| {
            let all = Sliced::Visitors.end(connection)?;
            Ok((self::ids(connection, site_id)?, all))
        })
        .await?;
    let is_few = (ids.len() as i64).saturating_mul(SHARE) < all || ids.len() <= FEW;
    Ok(is_few.then_some(ids))
}

/// Shows rows of some visitors after others, with rests.
async fn together<T: TakeEvents>(
    store: &Store,
    ids: Vec<Uuid>,
    mut take: T,
    show: impl Fn(&Connection, &BTreeSet<Uuid>, &mut T) -> Result<(), StoreError>
    + Copy
    + Send
    + 'static,
) -> Result<T, StoreError> {
    for ids in ids.chunks(TOGETHER) {
        let began = Instant::now();
        let ids: BTreeSet<Uuid> = ids.iter().copied().collect();
        take = store
            .blocking(move |connection| {
                show(connection, &ids, &mut take)?;
                Ok(take)
            })
            .await?;
        tokio::time::sleep(began.elapsed() / REST).await;
    }
    Ok(take)
}

/// Shows a table slice by slice, with rests.
async fn sliced<T: TakeEvents>(
    store: &Store,
    of: Sliced,
    mut take: T,
    show: impl Fn(&Connection, i64, &mut T) -> Result<(), StoreError> + Copy + Send + 'static,
) -> Result<T, StoreError> {
    // Rows that come behind it meanwhile are told as changes.
    let end = store.blocking(move |connection| of.end(connection)).await?;
    let mut after = 0;
    while after < end {
        let began = Instant::now();
        take = store
            .blocking(move |connection| {
                show(connection, after, &mut take)?;
                Ok(take)
            })
            .await?;
        if !take.has_room() {
            return Err(StoreError::Full);
        }
        after += ROWS;
        tokio::time::sleep(began.elapsed() / REST).await;
    }
    Ok(take)
}

/// Shows all entries of a site.
pub(super) async fn events<T: TakeEvents>(
    store: &Store,
    site_id: i64,
    take: T,
) -> Result<T, StoreError> {
    let Some(ids) = few(store, site_id).await? else {
        let show = move |connection: &Connection, after: i64, take: &mut T| {
            slice(connection, (site_id, after), take)
        };
        return sliced(store, Sliced::Events, take, show).await;
    };
    let show = move |connection: &Connection, ids: &BTreeSet<Uuid>, take: &mut T| {
        let sql = text::events(take);
        for id in ids {
            let parameters = (site_id, id.into_bytes());
            each(connection, (&sql, ONE), parameters, |row| {
                cells::event(row, take)
            })?;
        }
        if take.has_room() {
            Ok(())
        } else {
            Err(StoreError::Full)
        }
    };
    together(store, ids, take, show).await
}

/// Shows all rows of a site.
pub(super) async fn whole<T: Take>(
    store: &Store,
    site_id: i64,
    mut take: T,
) -> Result<T, StoreError> {
    if let Some(ids) = few(store, site_id).await? {
        let show = move |connection: &Connection, ids: &BTreeSet<Uuid>, take: &mut T| {
            visitors(connection, site_id, ids, take)
        };
        take = together(store, ids, take, show).await?;
        return store
            .blocking(move |connection| {
                all_beside(connection, site_id, &mut take)?;
                Ok(take)
            })
            .await;
    }
    for of in [
        Sliced::Visitors,
        Sliced::Sessions,
        Sliced::Events,
        Sliced::Milestones,
        Sliced::FirstEvents,
    ] {
        let show = move |connection: &Connection, after: i64, take: &mut T| {
            of.read(connection, (site_id, after), take)
        };
        take = sliced(store, of, take, show).await?;
    }
    store
        .blocking(move |connection| {
            each(connection, (text::SHARING, SITE), [site_id], |row| {
                cells::sharing(row, &mut take)
            })?;
            let refunded = taken(connection, SITE, [site_id])?;
            each(connection, (text::ORDERS, SITE), [site_id], |row| {
                cells::order(row, &refunded, &mut take)
            })?;
            all_beside(connection, site_id, &mut take)?;
            Ok(take)
        })
        .await
}
