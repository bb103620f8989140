//! Rounds: what is too old goes, a slice to a transaction, with its sums.
//!
//! Who goes on with a round holds it for some seconds, and says so in each of its transactions: of several collectors on one
//! database one is at it, and where that one is killed another goes on. How far it has come stands in the database too, so
//! nothing is looked at twice. Items and interactions go by their time; visitors are [`super::visitors`]'. Tables are locked in the
//! order in which items are stored ([`crate::store::commit`]).

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use sqlx::{AssertSqlSafe, FromRow};
use utoipa::ToSchema;
use uuid::Uuid;

use super::totals::{ADD, Sums};
use super::{Class, Classes, Round, begin, generated};
use crate::store::interactions::asked;
use crate::store::rows::{JsonText, Marks, Rows, Value, bind, pad, with_list};
use crate::store::sites::Site;
use crate::store::{Kind, Store, StoreError, audit, changes, on};

/// Items of a transaction.
const ITEMS: i64 = 1_000;
/// How long a round is held without a sign of life, in milliseconds.
pub(super) const HELD_MS: i64 = 15_000;

static VISIBLE: Rows = Rows::new(include_str!("../sql/retention/add_visible.sql"), 4);

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, FromRow, ToSchema)]
#[schema(as = RetentionRemoved)]
pub struct Removed {
    /// Items with a row of their own: events, page views and so on.
    pub events: i64,
    /// Sessions.
    pub sessions: i64,
    /// Visitors.
    pub visitors: i64,
    /// Interactions.
    pub interactions: i64,
}

impl Removed {
    pub(crate) fn add(&mut self, more: Self) {
        self.events += more.events;
        self.sessions += more.sessions;
        self.visitors += more.visitors;
        self.interactions += more.interactions;
    }

    /// Whether it is nothing.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// The right to go on with a round.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    pub(super) holder: Uuid,
    /// The clock that the round goes by, in milliseconds.
    now: i64,
}

/// What a slice came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slice {
    /// There is more.
    More,
    /// It was the last one.
    Last,
    /// Somebody else goes on with the round.
    Taken,
}

#[derive(FromRow)]
struct Gone {
    visitor_id: Uuid,
    session_id: Uuid,
    id: Uuid,
    kind: String,
    name: Option<String>,
    at: i64,
}

/// Counts a slice; false where somebody else has the round by now.
macro_rules! count {
    ($transaction:expr, $site_id:expr, $turn:expr, $removed:expr) => {{
        let removed: $crate::store::retention::Removed = $removed;
        let counted = sqlx::query(include_str!("../sql/retention/count_round.sql"))
            .bind($site_id)
            .bind($turn.holder)
            .bind(crate::clock::now() + $crate::store::retention::sweep::HELD_MS)
            .bind(removed.events)
            .bind(removed.sessions)
            .bind(removed.visitors)
            .bind(removed.interactions)
            .execute(&mut *$transaction)
            .await?
            .rows_affected();
        counted > 0
    }};
}

pub(super) use count;

/// Runs a statement for rows.
macro_rules! run {
    ($transaction:expr, $marks:expr, $rows:expr, $values:expr) => {{
        for (sql, values) in $rows.chunks($marks, &$values) {
            $crate::store::rows::bind!(sqlx::query(sql), values)
                .execute(&mut *$transaction)
                .await?;
        }
    }};
}

pub(super) use run;

pub(in crate::store) fn marks(kind: Kind) -> Marks {
    match kind {
        Kind::Sqlite => Marks::Bare,
        Kind::Postgres => Marks::Numbered,
    }
}

impl Store {
    /// When rounds of a site were looked for first: as if one had ended then, so that the first one is as far off as any other.
    pub(crate) async fn first_look(&self, site_id: i64, now: i64) -> Result<i64, StoreError> {
        if let Some(round) = self.round(site_id).await? {
            return Ok(round.ended_at.unwrap_or(0));
        }
        on!(self, write, |pool| {
            sqlx::query(include_str!("../sql/retention/first_look.sql"))
                .bind(site_id)
                .bind(now)
                .execute(pool)
                .await
                .map(drop)
        })?;
        Ok(now)
    }

    /// Begins a round of a site, or goes on with one, unless somebody else is at it or the last one ended after `since`.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::Unavailable`].
    pub async fn begin_round(
        &self,
        site_id: i64,
        since: i64,
        now: i64,
    ) -> Result<Option<Turn>, StoreError> {
        self.knows_all().await?;
        let turn = Turn {
            holder: Uuid::now_v7(),
            now,
        };
        let clock = crate::clock::now();
        let held = on!(self, write, |pool| {
            sqlx::query(include_str!("../sql/retention/hold.sql"))
                .bind(site_id)
                .bind(turn.holder)
                .bind(clock)
                .bind(clock + HELD_MS)
                .bind(since)
                .execute(pool)
                .await
                .map(|done| done.rows_affected())
        })?;
        Ok((held > 0).then_some(turn))
    }

    /// Ends a round.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn end_round(&self, site_id: i64, turn: Turn) -> Result<(), StoreError> {
        let now = crate::clock::now();
        on!(self, write, |pool| {
            let mut transaction = pool.begin_with(begin(self.kind())).await?;
            let ended = sqlx::query(include_str!("../sql/retention/end_round.sql"))
                .bind(site_id)
                .bind(turn.holder)
                .bind(now)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            let round: Option<Round> = sqlx::query_as(include_str!("../sql/retention/round.sql"))
                .bind(site_id)
                .fetch_optional(&mut *transaction)
                .await?;
            if ended > 0
                && let Some(Round { removed, .. }) = round
                && !removed.is_nothing()
            {
                let detail = serde_json::to_string(&removed)
                    .map_err(|error| StoreError::Internal(error.to_string()))?;
                sqlx::query(audit::INSERT)
                    .bind(site_id)
                    .bind(Uuid::now_v7())
                    .bind(now)
                    .bind("collector")
                    .bind("retention.round")
                    .bind(format!("site:{site_id}"))
                    .bind(JsonText(&detail))
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(())
        })
    }

    /// Says from when on each class is kept, where something is older. Says whether anything changed.
    pub(crate) async fn raise_floors(&self, site_id: i64, turn: Turn) -> Result<bool, StoreError> {
        let classes = self.classes(site_id).await?;
        let mut raised = Vec::new();
        for class in classes.all() {
            let Some(cutoff) = classes.cutoff(class, turn.now) else {
                continue;
            };
            if cutoff > class.kept_from && self.has_older(site_id, &classes, class, cutoff).await? {
                raised.push((class.name.as_str(), cutoff));
            }
        }
        if raised.is_empty() {
            return Ok(false);
        }
        on!(self, write, |pool| {
            let mut transaction = pool.begin_with(begin(self.kind())).await?;
            if self.kind() == Kind::Postgres {
                sqlx::query(include_str!("../sql/privacy/lock.postgres.sql"))
                    .execute(&mut *transaction)
                    .await?;
            }
            for (name, cutoff) in raised {
                sqlx::query(generated(include_str!("../sql/retention/raise.sql")))
                    .bind(site_id)
                    .bind(name)
                    .bind(cutoff)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok::<(), StoreError>(())
        })?;
        self.refresh_stages().await?;
        Ok(true)
    }

    async fn has_older(
        &self,
        site_id: i64,
        classes: &Classes,
        class: &Class,
        cutoff: i64,
    ) -> Result<bool, StoreError> {
        let filters = classes.filters(class, 3);
        let text = self.by_second(include_str!("../sql/retention/any_event.sql"));
        let sql = filters.apply(&text);
        let mut older: Option<(i64,)> = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(class.swept_to)
                .bind(cutoff);
            bind!(query, &filters.values).fetch_optional(pool).await
        })?;
        let texts = [
            include_str!("../sql/retention/any_visitor.sql"),
            include_str!("../sql/retention/any_interaction.sql"),
        ];
        for text in texts.into_iter().filter(|_| class.name.is_empty()) {
            if older.is_none() {
                older = on!(self, read of site_id, |pool| {
                    sqlx::query_as(AssertSqlSafe(self.by_second(text)))
                        .bind(site_id)
                        .bind(cutoff)
                        .fetch_optional(pool)
                        .await
                })?;
            }
        }
        Ok(older.is_some())
    }

    /// Removes the next items of a class.
    pub(crate) async fn expire_items(
        &self,
        site: &Site,
        name: &str,
        turn: Turn,
    ) -> Result<(Slice, Removed), StoreError> {
        let classes = self.classes(site.id).await?;
        let nothing = Removed::default();
        let Some(class) = classes.all().find(|class| class.name == name) else {
            return Ok((Slice::Last, nothing));
        };
        let (from, to) = (class.swept_to, class.kept_from);
        if from >= to {
            return Ok((Slice::Last, nothing));
        }
        let window: Option<(i64,)> = on!(self, read of site.id, |pool| {
            let text = include_str!("../sql/retention/window_end.sql");
            sqlx::query_as(AssertSqlSafe(self.by_second(text)))
                .bind(site.id)
                .bind(from)
                .bind(to)
                .bind(ITEMS)
                .fetch_optional(pool)
                .await
        })?;
        // A whole second, because items stand in no order within one.
        let end = window.map_or(to, |(second,)| ((second + 1) * 1000).min(to));
        let filters = classes.filters(class, 4);
        let text = self.by_second(include_str!("../sql/retention/delete_events.sql"));
        let sql = filters.apply(&text);
        on!(self, write, |pool| {
            let mut transaction = pool.begin_with(begin(self.kind())).await?;
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site.id)
                .bind(from)
                .bind(end)
                .bind(ITEMS);
            let gone: Vec<Gone> = bind!(query, &filters.values)
                .fetch_all(&mut *transaction)
                .await?;
            let mut sums = Sums::of(site);
            let mut pages: HashMap<Uuid, (Uuid, Uuid)> = HashMap::new();
            for item in &gone {
                sums.add_item(&item.kind, item.name.as_deref(), item.at);
                if item.kind == "page_view" {
                    pages.insert(item.id, (item.visitor_id, item.session_id));
                }
            }
            let ids: Vec<Value<'_>> = pages.keys().copied().map(Value::from).collect();
            if !ids.is_empty() {
                let ids = pad(&ids);
                let text = include_str!("../sql/retention/delete_page_views.sql");
                let sql = AssertSqlSafe(with_list(text, 1, ids.len()));
                let query = sqlx::query_as(sql).bind(site.id);
                let seen: Vec<(Uuid, i64)> =
                    bind!(query, &ids).fetch_all(&mut *transaction).await?;
                let mut visible: std::collections::BTreeMap<(Uuid, Uuid), i64> =
                    std::collections::BTreeMap::new();
                for (id, visible_ms) in seen {
                    if let Some(key) = pages.get(&id) {
                        *visible.entry(*key).or_default() += visible_ms;
                    }
                }
                let values: Vec<Value<'_>> = visible
                    .into_iter()
                    .flat_map(|((visitor_id, session_id), visible_ms)| {
                        [
                            site.id.into(),
                            visitor_id.into(),
                            session_id.into(),
                            Value::from(visible_ms),
                        ]
                    })
                    .collect();
                run!(transaction, marks(self.kind()), VISIBLE, values);
            }
            if !gone.is_empty() {
                let visitors: BTreeSet<Uuid> = gone.iter().map(|item| item.visitor_id).collect();
                sqlx::query(changes::tell(self.kind()))
                    .bind(site.id)
                    .bind("visitors")
                    .bind(changes::bytes(visitors.into_iter()))
                    .execute(&mut *transaction)
                    .await?;
            }
            let values = sums.values(site.id);
            run!(transaction, marks(self.kind()), ADD, values);
            let is_through = (gone.len() as i64) < ITEMS;
            if is_through {
                sqlx::query(include_str!("../sql/retention/swept.sql"))
                    .bind(site.id)
                    .bind(name)
                    .bind(end)
                    .execute(&mut *transaction)
                    .await?;
            }
            let removed = Removed {
                events: gone.len() as i64,
                ..nothing
            };
            if !count!(transaction, site.id, turn, removed) {
                transaction.rollback().await?;
                return Ok((Slice::Taken, nothing));
            }
            transaction.commit().await?;
            let is_last = is_through && end == to;
            Ok((if is_last { Slice::Last } else { Slice::More }, removed))
        })
    }

    /// Removes the next interactions that are too old.
    pub(crate) async fn expire_interactions(
        &self,
        site: &Site,
        turn: Turn,
    ) -> Result<(Slice, Removed), StoreError> {
        let nothing = Removed::default();
        let classes = self.classes(site.id).await?;
        let Some(before) = classes.site().map(|class| class.kept_from) else {
            return Ok((Slice::Last, nothing));
        };
        let sql = self.by_second(&asked(include_str!(
            "../sql/retention/old_interactions.sql"
        )));
        on!(self, write, |pool| {
            let mut transaction = pool.begin_with(begin(self.kind())).await?;
            let old: Vec<(Uuid, i64, String, bool)> = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site.id)
                .bind(before)
                .bind(ITEMS)
                .fetch_all(&mut *transaction)
                .await?;
            let ids: Vec<Value<'_>> = old.iter().map(|(id, ..)| (*id).into()).collect();
            let mut sums = Sums::of(site);
            let mut interactions = 0;
            if !ids.is_empty() {
                let ids = pad(&ids);
                let text = include_str!("../sql/retention/delete_interactions.sql");
                let query = sqlx::query_as(AssertSqlSafe(with_list(text, 1, ids.len())));
                let gone: Vec<(Uuid,)> = bind!(query.bind(site.id), &ids)
                    .fetch_all(&mut *transaction)
                    .await?;
                interactions = gone.len() as i64;
            }
            for (_, at, channel, matched) in &old {
                sums.add("interaction", channel, *at);
                if !matched {
                    sums.add("unmatched_interaction", channel, *at);
                }
            }
            let values = sums.values(site.id);
            run!(transaction, marks(self.kind()), ADD, values);
            let removed = Removed {
                interactions,
                ..nothing
            };
            let is_whole = interactions == old.len() as i64;
            if !is_whole || !count!(transaction, site.id, turn, removed) {
                transaction.rollback().await?;
                return Ok((Slice::Taken, nothing));
            }
            transaction.commit().await?;
            let is_last = (old.len() as i64) < ITEMS;
            Ok((if is_last { Slice::Last } else { Slice::More }, removed))
        })
    }

    /// Removes what was sent on of items that are too old.
    pub(crate) async fn expire_deliveries(&self, site_id: i64) -> Result<(), StoreError> {
        let classes = self.classes(site_id).await?;
        let before = classes.site().map_or(0, |class| class.kept_from);
        on!(self, write, |pool| {
            sqlx::query(include_str!("../sql/retention/delete_deliveries.sql"))
                .bind(site_id)
                .bind(before)
                .execute(pool)
                .await
                .map(drop)
        })?;
        Ok(())
    }
}
