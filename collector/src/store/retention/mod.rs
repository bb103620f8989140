//! How long a site's rows are kept: limits of age, what has gone for its age, and the sums that stay of it.
//!
//! A site has one limit, and events may have their own by name. What is older goes in rounds ([`sweep`]), a slice at a time. A
//! round first says in the table `retention` from when on things are kept, by the generation of the definitions of stages
//! ([`super::stages`]), so no transaction stores an item that is older than what is removed: what is gone cannot come again and
//! count twice. That moment never goes back, also where a limit is made longer. It moves only when there is something to
//! remove, so a site can still import its past before it has lost any.
//!
//! When rounds are is [`crate::expiring`]'s.

mod sweep;
mod totals;
mod visitors;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use sqlx::{AssertSqlSafe, FromRow};
use utoipa::ToSchema;

use super::rows::{Filters, JsonText, Value, bind};
use super::{Kind, Store, StoreError, audit, on};
use crate::journey::{EntryKind, Fact, Interaction};

pub(crate) use sweep::Slice;
pub(super) use sweep::marks;
pub use sweep::{Removed, Turn};
pub use totals::KeptTotal;
pub(super) use totals::{ADD, Sums};
pub(crate) use visitors::After;

/// Days for which things are kept where nobody has said how many.
pub const DEFAULT_DAYS: i64 = 365;
/// The most days of a limit: a century.
pub const MOST_DAYS: i64 = 36_500;
/// The most events of a site with a limit of their own.
pub const MOST_EVENTS: usize = 100;
/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// What stands for ever in the place of days.
const FOREVER: i64 = 0;
/// Marks a row of `sql/stages/newer.sql` as a limit.
pub(super) const LIMIT: i64 = -1;

/// For how long something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// So many days, from 1 on.
    Days(i64),
    /// For ever.
    Forever,
    /// As long as the site's other things, or of a site by default.
    Default,
}

impl Keep {
    fn column(self) -> Option<i64> {
        match self {
            Self::Days(days) => Some(days),
            Self::Forever => Some(FOREVER),
            Self::Default => None,
        }
    }
}

/// A site's limits; none where things are kept for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RetentionLimits)]
pub struct Limits {
    /// Days for which things are kept; null for ever.
    pub days: Option<i64>,
    /// Days of the events that have a limit of their own, by name; null for ever.
    pub events: BTreeMap<String, Option<i64>>,
}

impl Limits {
    /// These, once some are changed: of the site by no name, or of events by theirs.
    pub fn with(mut self, changes: &BTreeMap<Option<String>, Keep>) -> Self {
        for (name, keep) in changes {
            let days = match keep {
                Keep::Days(days) => Some(*days),
                Keep::Forever => None,
                Keep::Default => Some(DEFAULT_DAYS),
            };
            match (name, keep) {
                (None, _) => self.days = days,
                (Some(name), Keep::Default) => {
                    self.events.remove(name);
                }
                (Some(name), _) => {
                    self.events.insert(name.clone(), days);
                }
            }
        }
        self
    }

    /// The moment from which on an item is kept, as far as its age alone says.
    pub fn kept_from(&self, event: Option<&str>, now: i64) -> Option<i64> {
        let own = event.and_then(|name| self.events.get(name));
        let days = own.copied().unwrap_or(self.days)?;
        Some(now - days * DAY_MS)
    }
}

/// Rounds, as a site's status tells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow, ToSchema)]
#[schema(as = RetentionRound)]
pub struct Round {
    /// When it began.
    pub began_at: i64,
    /// When it ended; null while it is under way.
    pub ended_at: Option<i64>,
    /// What it removed.
    #[serde(flatten)]
    #[sqlx(flatten)]
    pub removed: Removed,
}

/// All that has one limit: the events of a name, or without a name all else.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Class {
    pub(crate) name: String,
    /// 0 for ever, none as the site or by default.
    days: Option<i64>,
    pub(crate) kept_from: i64,
    pub(crate) swept_to: i64,
}

/// A site's classes, the one without a name first.
#[derive(Debug, Clone)]
pub(crate) struct Classes(Vec<Class>);

impl Classes {
    pub(crate) fn all(&self) -> impl Iterator<Item = &Class> {
        self.0.iter()
    }

    /// The one without a name.
    pub(crate) fn site(&self) -> Option<&Class> {
        self.0.first()
    }

    fn own_names(&self) -> Vec<Value<'_>> {
        let named = self.0.iter().filter(|class| !class.name.is_empty());
        named.map(|class| class.name.as_str().into()).collect()
    }

    /// The conditions that events are of a class.
    fn filters<'c>(&'c self, class: &'c Class, own: usize) -> Filters<'c> {
        let mut filters = Filters::new(own);
        let names = self.own_names();
        if !class.name.is_empty() {
            filters.add("kind = 'event' AND name = $?", Some(class.name.as_str()));
        } else if !names.is_empty() {
            let condition = "(kind <> 'event' OR name NOT IN ({names}))";
            filters.add_lists(condition, &[("{names}", names)]);
        }
        filters
    }

    fn limits(&self) -> Limits {
        let kept = |days: i64| (days != FOREVER).then_some(days);
        let site = self.site().and_then(|site| site.days);
        let days = kept(site.unwrap_or(DEFAULT_DAYS));
        let named = self.0.iter().filter(|class| !class.name.is_empty());
        Limits {
            days,
            events: named
                .filter_map(|class| Some((class.name.clone(), kept(class.days?))))
                .collect(),
        }
    }

    /// The moment from which on things of a class are kept, by their age.
    fn cutoff(&self, class: &Class, now: i64) -> Option<i64> {
        let event = (!class.name.is_empty()).then_some(class.name.as_str());
        self.limits().kept_from(event, now)
    }
}

/// From when on a site's things are kept, as transactions know it.
#[derive(Debug, Clone, Default)]
pub(super) struct Floors {
    site: i64,
    events: HashMap<String, i64>,
}

impl Floors {
    /// Learns a row: the moment, a space, and the event's name.
    pub(super) fn learn(&mut self, text: &str) {
        let (at, name) = text.split_once(' ').unwrap_or((text, ""));
        let at = at.parse().unwrap_or(0);
        if name.is_empty() {
            self.site = at;
        } else {
            self.events.insert(name.to_owned(), at);
        }
    }

    /// Whether an item is older than what is kept.
    pub(super) fn has_passed(&self, fact: &Fact) -> bool {
        let is_event = EntryKind::of(fact.kind) == Some(EntryKind::Event);
        let name = fact.name.as_deref().filter(|_| is_event);
        let own = name.and_then(|name| self.events.get(name));
        fact.at < own.copied().unwrap_or(self.site)
    }

    /// The same of an interaction.
    pub(super) fn has_passed_interaction(&self, one: &Interaction) -> bool {
        one.at < self.site
    }
}

/// A statement that counts on with the generation of definitions.
fn generated(text: &str) -> AssertSqlSafe<String> {
    let generations = include_str!("../sql/retention/generations.sql");
    AssertSqlSafe(text.replace("{generations}", generations.trim_end()))
}

impl Store {
    /// A site's limits.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn limits(&self, site_id: i64) -> Result<Limits, StoreError> {
        Ok(self.classes(site_id).await?.limits())
    }

    pub(crate) async fn classes(&self, site_id: i64) -> Result<Classes, StoreError> {
        let mut classes: Vec<Class> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("../sql/retention/list.sql"))
                .bind(site_id)
                .fetch_all(pool)
                .await
        })?;
        if classes.first().is_none_or(|class| !class.name.is_empty()) {
            let site = Class {
                name: String::new(),
                days: None,
                kept_from: 0,
                swept_to: 0,
            };
            classes.insert(0, site);
        }
        Ok(Classes(classes))
    }

    /// Sets limits, of the site by no name or of events by theirs, and notes it in the audit log.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was changed then.
    pub async fn set_limits(
        &self,
        site_id: i64,
        changes: &BTreeMap<Option<String>, Keep>,
        actor: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let detail: BTreeMap<&str, Keep> = changes
            .iter()
            .map(|(name, keep)| (name.as_deref().unwrap_or(""), *keep))
            .collect();
        let detail = serde_json::json!({"limits": detail}).to_string();
        on!(self, write, |pool| {
            let mut transaction = pool.begin_with(begin(self.kind())).await?;
            if self.kind() == Kind::Postgres {
                sqlx::query(include_str!("../sql/privacy/lock.postgres.sql"))
                    .execute(&mut *transaction)
                    .await?;
            }
            for (name, keep) in changes {
                sqlx::query(generated(include_str!("../sql/retention/set.sql")))
                    .bind(site_id)
                    .bind(name.as_deref().unwrap_or(""))
                    .bind(keep.column())
                    .execute(&mut *transaction)
                    .await?;
            }
            sqlx::query(audit::INSERT)
                .bind(site_id)
                .bind(uuid::Uuid::now_v7())
                .bind(now)
                .bind(actor)
                .bind("retention.set")
                .bind(format!("site:{site_id}"))
                .bind(JsonText(&detail))
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok::<(), StoreError>(())
        })?;
        self.refresh_stages().await
    }

    /// The last round of a site, or the one that is under way.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn round(&self, site_id: i64) -> Result<Option<Round>, StoreError> {
        Ok(on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("../sql/retention/round.sql"))
                .bind(site_id)
                .fetch_optional(pool)
                .await
        })?)
    }

    /// What a round would remove now; nothing is changed. An item that is too old in two ways counts once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn expirable(
        &self,
        site_id: i64,
        limits: &Limits,
        now: i64,
    ) -> Result<Removed, StoreError> {
        let mut removed = Removed::default();
        let classes = Classes(
            std::iter::once((String::new(), Some(limits.days.unwrap_or(FOREVER))))
                .chain(limits.events.iter().map(|(name, days)| {
                    let days = days.unwrap_or(FOREVER);
                    (name.clone(), Some(days))
                }))
                .map(|(name, days)| Class {
                    name,
                    days,
                    kept_from: 0,
                    swept_to: 0,
                })
                .collect(),
        );
        for class in classes.all() {
            let Some(cutoff) = classes.cutoff(class, now) else {
                continue;
            };
            let filters = classes.filters(class, 3);
            let text = self.by_second(include_str!("../sql/retention/count_events.sql"));
            let sql = filters.apply(&text);
            let (count, _): (i64, i64) = on!(self, read of site_id, |pool| {
                let query = sqlx::query_as(AssertSqlSafe(sql))
                    .bind(site_id)
                    .bind(0_i64)
                    .bind(cutoff);
                bind!(query, &filters.values).fetch_one(pool).await
            })?;
            removed.events += count;
        }
        let Some(cutoff) = limits.kept_from(None, now) else {
            return Ok(removed);
        };
        let mut filters = Filters::new(2);
        let mut kept = String::from("e.at >= $2");
        let mut lists: Vec<(&str, Vec<Value<'_>>)> = Vec::new();
        let marks: Vec<String> = (0..limits.events.len())
            .map(|n| format!("{{own{n}}}"))
            .collect();
        for ((name, days), mark) in limits.events.iter().zip(&marks) {
            // Of those that are kept longer.
            let from = days.map_or(0, |days| now - days * DAY_MS);
            if from < cutoff {
                kept.push_str(&format!(
                    " OR e.kind = 'event' AND e.name IN ({mark}) AND e.at >= {from}"
                ));
                lists.push((mark, vec![name.as_str().into()]));
            }
        }
        filters.add_lists(&format!("({kept})"), &lists);
        let sql = filters.apply(include_str!("../sql/retention/count_visitors.sql"));
        let (visitors, sessions): (i64, i64) = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(cutoff);
            bind!(query, &filters.values).fetch_one(pool).await
        })?;
        let (interactions,): (i64,) = on!(self, read of site_id, |pool| {
            let text = include_str!("../sql/retention/count_interactions.sql");
            sqlx::query_as(AssertSqlSafe(self.by_second(text)))
                .bind(site_id)
                .bind(cutoff)
                .fetch_one(pool)
                .await
        })?;
        removed.visitors = visitors;
        removed.sessions = sessions;
        removed.interactions = interactions;
        Ok(removed)
    }
}

/// What begins a transaction that nobody writes beside on SQLite.
fn begin(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "BEGIN IMMEDIATE",
        Kind::Postgres => "BEGIN",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_events_own_limit_stands_before_the_sites() {
        let limits = Limits {
            days: Some(10),
            events: BTreeMap::from([("paid".to_owned(), None), ("seen".to_owned(), Some(1))]),
        };
        let now = 100 * DAY_MS;
        assert_eq!(limits.kept_from(None, now), Some(90 * DAY_MS));
        assert_eq!(limits.kept_from(Some("else"), now), Some(90 * DAY_MS));
        assert_eq!(limits.kept_from(Some("seen"), now), Some(99 * DAY_MS));
        assert_eq!(limits.kept_from(Some("paid"), now), None);
    }

    #[test]
    fn rows_of_limits_are_read() {
        let mut floors = Floors::default();
        floors.learn("17 ");
        floors.learn("12 a b");
        assert_eq!((floors.site, floors.events["a b"]), (17, 12));
    }
}
