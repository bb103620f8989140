//! What somebody used of a site, summed by the database from their events when it is asked for.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::journeys::LIST;
use super::persons::Slices;
use super::rows::{Filters, Value, bind, pad};
use super::{Kind, Store, StoreError, on};
use crate::journey::{SessionUsage, Told, Usage, Used, shows_prices};

/// Whose items are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Somebody<'s> {
    /// A browser's.
    Visitor(Uuid),
    /// A person's: those of these browsers, as far as they are theirs.
    Person(&'s Slices),
}

impl<'s> Somebody<'s> {
    fn narrow_entries(self, filters: &mut Filters<'s>) {
        match self {
            Self::Visitor(visitor_id) => filters.add("visitor_id = $?", Some(visitor_id)),
            Self::Person(within) => within.narrow_entries(filters),
        }
    }

    pub(super) fn narrow_sessions(self, filters: &mut Filters<'s>) {
        match self {
            Self::Visitor(visitor_id) => filters.add("visitor_id = $?", Some(visitor_id)),
            Self::Person(within) => within.narrow_sessions(filters),
        }
    }

    fn narrow_transactions(self, filters: &mut Filters<'s>) {
        match self {
            Self::Visitor(visitor_id) => filters.add("visitor_id = $?", Some(visitor_id)),
            Self::Person(within) => within.narrow_transactions(filters),
        }
    }
}

#[derive(FromRow)]
struct Row {
    #[sqlx(default)]
    visitor_id: Option<Uuid>,
    #[sqlx(default)]
    session_id: Option<Uuid>,
    tool: Option<String>,
    events: i64,
    exports: i64,
    uses: i64,
    visible_ms: i64,
}

impl Row {
    fn told(self) -> Told {
        Told {
            tool: self.tool,
            events: self.events,
            exports: self.exports,
            uses: self.uses,
            visible_ms: self.visible_ms,
        }
    }
}

impl Store {
    /// What somebody used in all, and in each of these sessions.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn usage(
        &self,
        site_id: i64,
        of: Somebody<'_>,
        sessions: &[Uuid],
    ) -> Result<Usage, StoreError> {
        let mut own = Filters::new(1);
        of.narrow_entries(&mut own);
        let total = self.used(site_id, "", &own).await?;
        let mut by_session: BTreeMap<(Uuid, Uuid), Vec<Told>> = BTreeMap::new();
        for ids in sessions.chunks(LIST) {
            let mut own = Filters::new(1);
            let ids: Vec<Value<'_>> = ids.iter().copied().map(Value::from).collect();
            own.add_lists("session_id IN ({sessions})", &[("{sessions}", pad(&ids))]);
            of.narrow_entries(&mut own);
            for row in self.used(site_id, "visitor_id, session_id, ", &own).await? {
                if let (Some(visitor_id), Some(session_id)) = (row.visitor_id, row.session_id) {
                    let key = (visitor_id, session_id);
                    by_session.entry(key).or_default().push(row.told());
                }
            }
        }
        Ok(Usage {
            total: Used::of(total.into_iter().map(Row::told)),
            sessions: by_session
                .into_iter()
                .map(|((visitor_id, session_id), told)| SessionUsage {
                    visitor_id,
                    session_id,
                    used: Used::of(told),
                })
                .collect(),
        })
    }

    async fn used(
        &self,
        site_id: i64,
        by: &str,
        filters: &Filters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let text = match self.kind() {
            Kind::Sqlite => include_str!("sql/events/usage.sqlite.sql"),
            Kind::Postgres => include_str!("sql/events/usage.postgres.sql"),
        };
        let sql = filters.apply(text).replace("{by}", by);
        Ok(on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql)).bind(site_id);
            bind!(query, &filters.values).fetch_all(pool).await
        })?)
    }

    /// When somebody ordered first, if they ever did.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn first_order(
        &self,
        site_id: i64,
        of: Somebody<'_>,
    ) -> Result<Option<i64>, StoreError> {
        let mut own = Filters::new(1);
        of.narrow_transactions(&mut own);
        let sql = own.apply(include_str!("sql/orders/first.sql"));
        let (at,): (Option<i64>,) = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql)).bind(site_id);
            bind!(query, &own.values).fetch_one(pool).await
        })?;
        Ok(at)
    }

    /// Somebody's page views of prices between two times, both included, the latest first: time and id. Of more than a
    /// thousand the earlier are left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn price_views(
        &self,
        site_id: i64,
        of: Somebody<'_>,
        (from, to): (i64, i64),
    ) -> Result<Vec<(i64, Uuid)>, StoreError> {
        let mut own = Filters::new(3);
        of.narrow_entries(&mut own);
        let sql = own.apply(include_str!("sql/events/list_prices.sql"));
        let rows: Vec<(i64, Uuid, String)> = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(from)
                .bind(to);
            bind!(query, &own.values).fetch_all(pool).await
        })?;
        let shown = rows.into_iter().filter(|(.., url)| shows_prices(url));
        Ok(shown.map(|(at, id, _)| (at, id)).collect())
    }
}
