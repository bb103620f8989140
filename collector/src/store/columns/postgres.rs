//! Rows of PostgreSQL.

use futures_util::TryStreamExt;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres};
use uuid::Uuid;

use super::cells::{self, Cells};
use super::{Again, Choose, Refunded, Take, TakeEvents, text};
use crate::store::changes::{News, Position};
use crate::store::orders::refunded as settled;
use crate::store::wall::{Access, Readers};
use crate::store::{Kind, StoreError};

/// Of some visitors.
const SOME: &str = "v.site_id = $1 AND v.visitor_id = ANY($2)";
/// Of the site.
const SITE: &str = "v.site_id = $1";
/// Whatever is read is one moment's state.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
/// Rows after which it is asked whether there is room for more.
const ROWS: usize = 20_000;

/// Whose rows.
#[derive(Clone, Copy)]
enum Whose<'i> {
    Site(i64),
    Some(i64, &'i [Uuid]),
}

impl<'i> Whose<'i> {
    fn text(self, sql: &str) -> AssertSqlSafe<String> {
        let whose = match self {
            Self::Site(_) => SITE,
            Self::Some(..) => SOME,
        };
        AssertSqlSafe(sql.replace("{whose}", whose))
    }

    fn bind<'q>(self, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments>
    where
        'i: 'q,
    {
        match self {
            Self::Site(site_id) => query.bind(site_id),
            Self::Some(site_id, ids) => query.bind(site_id).bind(ids),
        }
    }
}

/// Shows each row of a statement.
async fn each(
    connection: &mut PgConnection,
    sql: &str,
    whose: Whose<'_>,
    mut show: impl FnMut(&PgRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let query = whose.bind(sqlx::query(whose.text(sql)));
    let mut rows = query.fetch(connection);
    while let Some(row) = rows.try_next().await? {
        show(&row)?;
    }
    Ok(())
}

pub(super) async fn position(readers: &Readers, site_id: i64) -> Result<Position, StoreError> {
    let mut connection = readers.of(Access::Site(site_id)).await?;
    let next = sqlx::query_scalar(include_str!("../sql/changes/here.postgres.sql"))
        .fetch_one(&mut *connection)
        .await?;
    Ok(Position {
        next,
        ..Position::default()
    })
}

async fn news(
    connection: &mut PgConnection,
    site_id: i64,
    position: &mut Position,
) -> Result<News, StoreError> {
    let rows = sqlx::query(include_str!("../sql/changes/news.postgres.sql"))
        .bind(site_id)
        .bind(position.next)
        .fetch_all(connection)
        .await?;
    let mut told = Vec::new();
    let mut next = position.next;
    for row in &rows {
        told.extend(cells::change(row)?);
        next = row.number(5)?;
    }
    position.read(Kind::Postgres, next, told)
}

pub(super) async fn read_again<T: Take>(
    readers: &Readers,
    site_id: i64,
    position: &mut Position,
    mut choose: impl Choose,
    mut take: T,
) -> Result<Again<T>, StoreError> {
    let mut connection = readers.of(Access::Site(site_id)).await?;
    let mut moment = connection.begin_with(BEGIN).await?;
    let news = news(&mut moment, site_id, position).await?;
    let mut read = choose.visitors(&news);
    let all = if news.is_whole {
        let ids = sqlx::query_scalar(text::IDS)
            .bind(site_id)
            .fetch_all(&mut *moment)
            .await?;
        Some(ids)
    } else {
        None
    };
    if !read.is_empty() {
        let ids: Vec<Uuid> = read.iter().copied().collect();
        each(
            &mut moment,
            text::REFUNDED,
            Whose::Some(site_id, &ids),
            |row| {
                read.insert(row.id(0)?);
                Ok(())
            },
        )
        .await?;
        let ids: Vec<Uuid> = read.iter().copied().collect();
        rows(&mut moment, Whose::Some(site_id, &ids), &mut take).await?;
    }
    beside(&mut moment, site_id, &news, &mut take).await?;
    moment.rollback().await?;
    Ok(Again {
        news,
        read,
        all,
        take,
    })
}

/// Shows all rows of a site.
pub(super) async fn whole<T: Take>(
    readers: &Readers,
    site_id: i64,
    mut take: T,
) -> Result<T, StoreError> {
    let mut connection = readers.of(Access::Site(site_id)).await?;
    let mut moment = connection.begin_with(BEGIN).await?;
    rows(&mut moment, Whose::Site(site_id), &mut take).await?;
    all_beside(&mut moment, site_id, &mut take).await?;
    moment.rollback().await?;
    Ok(take)
}

/// Whether there is room after one more row, which is asked now and then.
fn room(take: &impl TakeEvents, shown: &mut usize) -> Result<(), StoreError> {
    *shown += 1;
    if shown.is_multiple_of(ROWS) && !take.has_room() {
        return Err(StoreError::Full);
    }
    Ok(())
}

/// Shows all entries of a site.
pub(super) async fn events<T: TakeEvents>(
    readers: &Readers,
    site_id: i64,
    mut take: T,
) -> Result<T, StoreError> {
    let mut connection = readers.of(Access::Site(site_id)).await?;
    let mut moment = connection.begin_with(BEGIN).await?;
    let sql = text::events(&take);
    let mut shown = 0;
    each(&mut moment, &sql, Whose::Site(site_id), |row| {
        cells::event(row, &mut take)?;
        room(&take, &mut shown)
    })
    .await?;
    moment.rollback().await?;
    Ok(take)
}

/// Shows links and interactions that it is told of, or all.
async fn beside<T: Take>(
    moment: &mut PgConnection,
    site_id: i64,
    news: &News,
    take: &mut T,
) -> Result<(), StoreError> {
    if news.is_whole {
        return all_beside(moment, site_id, take).await;
    }
    if !news.links.is_empty() {
        let one: Vec<&str> = news.links.iter().map(|[one, _]| one.as_str()).collect();
        let other: Vec<&str> = news.links.iter().map(|[_, other]| other.as_str()).collect();
        let sql = text::LINKS.replace(
            "{whose}",
            "v.site_id = $1 AND (v.one, v.other) IN (SELECT * FROM unnest($2::text[], $3::text[]))",
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(site_id);
        for row in query.bind(one).bind(other).fetch_all(&mut *moment).await? {
            cells::link(&row, take)?;
        }
    }
    if !news.interactions.is_empty() || !news.emails.is_empty() {
        let ids: Vec<Uuid> = news.interactions.iter().copied().collect();
        let hashes: Vec<&str> = news.emails.iter().map(String::as_str).collect();
        let sql = text::INTERACTIONS.replace(
            "{whose}",
            "v.site_id = $1 AND (v.id = ANY($2) OR v.email_hash = ANY($3))",
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(site_id);
        for row in query.bind(ids).bind(hashes).fetch_all(&mut *moment).await? {
            cells::contact(&row, take)?;
        }
    }
    Ok(())
}

async fn all_beside<T: Take>(
    moment: &mut PgConnection,
    site_id: i64,
    take: &mut T,
) -> Result<(), StoreError> {
    let whose = Whose::Site(site_id);
    each(moment, text::LINKS, whose, |row| cells::link(row, take)).await?;
    each(moment, text::INTERACTIONS, whose, |row| {
        cells::contact(row, take)
    })
    .await
}

async fn rows<T: Take>(
    moment: &mut PgConnection,
    whose: Whose<'_>,
    take: &mut T,
) -> Result<(), StoreError> {
    let mut shown = 0;
    let mut room = |take: &T| room(take, &mut shown);
    each(moment, text::VISITORS, whose, |row| {
        cells::visitor(row, take)?;
        room(take)
    })
    .await?;
    each(moment, text::SESSIONS, whose, |row| {
        cells::session(row, take)?;
        room(take)
    })
    .await?;
    let sql = text::events(take);
    each(moment, &sql, whose, |row| {
        cells::event(row, take)?;
        room(take)
    })
    .await?;
    for sql in [text::MILESTONES, text::FIRST_EVENTS] {
        each(moment, sql, whose, |row| {
            cells::first(row, take)?;
            room(take)
        })
        .await?;
    }
    each(moment, text::SHARING, whose, |row| {
        cells::sharing(row, take)
    })
    .await?;
    let mut refunds = Vec::new();
    each(moment, text::REFUNDS, whose, |row| {
        refunds.push(cells::refund(row)?);
        Ok(())
    })
    .await?;
    let refunded: Refunded = settled(refunds);
    each(moment, text::ORDERS, whose, |row| {
        cells::order(row, &refunded, take)?;
        room(take)
    })
    .await
}
