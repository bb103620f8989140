//! Whom to judge, and what is kept of people for lists: `judged_visitors` and `judged_persons`.
//!
//! `visitors.revision` counts on in the transaction of whatever may change a conclusion, so who has to be judged stands in the
//! rows and outlives a kill. How a judgement is kept is [`keeping`]'s, how insights are read [`super::kept_insights`]'s; what a
//! judgement says is [`crate::judging`]'s.

mod keeping;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::page::TextCursor;
use super::persons::listed;
use super::rows::{Filters, Value, bind, pad};
use super::{Store, StoreError, on};
use crate::journey::{Identity, Occasion, PersonVisitor, RecordKind, Spell};
use crate::store::usage::Somebody;

/// Sessions that a judgement looks at; of more, the latest.
const SESSIONS: usize = 500;

/// What is concluded of one person.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The person.
    pub person: Identity,
    /// All of their ids, and those of their browsers: what is kept under another of them is of the past.
    pub ids: BTreeSet<Identity>,
    /// When it is judged again though nothing happened.
    pub stale_at: i64,
    /// The score, in millionths, without what recency takes from all alike.
    pub standing: Option<i64>,
    /// The place of their stage.
    pub rank: usize,
    /// The times in which insights hold.
    pub spells: Vec<Spell>,
}

/// Judgements that are kept together.
#[derive(Debug)]
pub struct Judgements {
    /// When they were made.
    pub judged_at: i64,
    /// What they were made by.
    pub basis: i64,
    /// The browsers of these people, as they were before anything else was read.
    pub seen: Seen,
    /// The people.
    pub people: Vec<Judgement>,
    /// Ids that were judged before and may be nobody's any more, with the keepings of these judgements, read before anything
    /// else too.
    pub asked: BTreeMap<Identity, Option<i64>>,
}

/// Browsers, each with its revision and the keeping of its latest judgement. Whoever judges in the meantime, knowing of another
/// browser of the same person, draws another keeping, though these revisions are what they were.
pub type Seen = BTreeMap<Uuid, (i64, Option<i64>)>;

/// A person's kept score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptScore {
    /// When it was judged.
    pub judged_at: i64,
    /// See [`Judgement::standing`].
    pub standing: Option<i64>,
}

/// What a list of people is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranking {
    /// The score.
    Score,
    /// The stage, then the score.
    Stage,
}

impl Ranking {
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Score => "standing",
            Self::Stage => "staged",
        }
    }
}

/// Visitor, revision, keeping.
type SeenRow = (Uuid, i64, Option<i64>);

fn seen(rows: Vec<SeenRow>) -> Seen {
    let each = rows.into_iter();
    each.map(|(visitor_id, revision, keeping)| (visitor_id, (revision, keeping)))
        .collect()
}

pub(super) fn identity(key: &str) -> Result<Identity, StoreError> {
    key.parse()
        .map_err(|_| StoreError::Internal("judged_persons: no id of a person".to_owned()))
}
impl Store {
    /// Some visitors at present. Those that are not known are left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn revisions(
        &self,
        site_id: i64,
        visitors: impl Iterator<Item = Uuid>,
    ) -> Result<Seen, StoreError> {
        let visitors: Vec<Value<'_>> = visitors.map(Value::from).collect();
        let rows = listed!(
            self,
            site_id,
            include_str!("sql/judgements/revisions.sql"),
            visitors,
            SeenRow
        );
        Ok(seen(rows))
    }

    /// The keepings of what was judged of some ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn keepings(
        &self,
        site_id: i64,
        ids: &[Identity],
    ) -> Result<BTreeMap<Identity, Option<i64>>, StoreError> {
        let keys: Vec<String> = ids.iter().map(Identity::key).collect();
        let keys: Vec<Value<'_>> = keys.iter().map(|key| key.as_str().into()).collect();
        let rows = listed!(
            self,
            site_id,
            include_str!("sql/judgements/keepings.sql"),
            keys,
            (String, i64)
        );
        let mut all: BTreeMap<Identity, Option<i64>> =
            ids.iter().map(|id| (id.clone(), None)).collect();
        for (person, keeping) in rows {
            all.insert(identity(&person)?, Some(keeping));
        }
        Ok(all)
    }

    /// Those of some visitors who have changed since their people were judged.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn changed(
        &self,
        site_id: i64,
        visitors: &[Uuid],
    ) -> Result<Vec<Uuid>, StoreError> {
        let visitors: Vec<Value<'_>> = visitors.iter().copied().map(Value::from).collect();
        let rows = listed!(
            self,
            site_id,
            include_str!("sql/judgements/due.sql"),
            visitors,
            (Uuid,)
        );
        Ok(rows.into_iter().map(|(visitor_id,)| visitor_id).collect())
    }

    /// Of the next `visitors` visitors after `after` those whose people have to be judged, and the last one looked at;
    /// `None` at the end.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn unjudged(
        &self,
        site_id: i64,
        after: Uuid,
        visitors: u32,
        basis: i64,
    ) -> Result<(Vec<Uuid>, Option<Uuid>), StoreError> {
        let rows: Vec<(Uuid, i32)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/judgements/unjudged.sql"))
                .bind(site_id)
                .bind(after)
                .bind(i64::from(visitors))
                .bind(basis)
                .fetch_all(pool)
                .await
        })?;
        let last = rows.last().map(|(visitor_id, _)| *visitor_id);
        let due = rows.into_iter().filter(|(_, due)| *due == 1);
        Ok((due.map(|(visitor_id, _)| visitor_id).collect(), last))
    }

    /// People whose score is of the past by now, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn stale_people(
        &self,
        site_id: i64,
        now: i64,
        most: u32,
    ) -> Result<Vec<Identity>, StoreError> {
        let rows: Vec<(String,)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/judgements/stale.sql"))
                .bind(site_id)
                .bind(now)
                .bind(i64::from(most))
                .fetch_all(pool)
                .await
        })?;
        rows.iter().map(|(person,)| identity(person)).collect()
    }

    /// Somebody's latest sessions as occasions, and from which moment on these are all, where some were left out. On
    /// `shared` browsers a session is theirs only while they were there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn session_occasions(
        &self,
        site_id: i64,
        of: Somebody<'_>,
        visitors: &[PersonVisitor],
    ) -> Result<(Vec<Occasion>, Option<i64>), StoreError> {
        let mut own = Filters::new(2);
        of.narrow_sessions(&mut own);
        let sql = self.indexed(&own.apply(include_str!("sql/sessions/list_occasions.sql")));
        let mut rows: Vec<(Uuid, Uuid, i64, i64, Option<String>)> = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(SESSIONS as i64 + 1);
            bind!(query, &own.values).fetch_all(pool).await
        })?;
        let more = rows.len() > SESSIONS;
        rows.truncate(SESSIONS);
        let whole_since = rows.last().map(|(_, _, began, ..)| *began).filter(|_| more);
        let occasion = |(visitor_id, id, began, last, channel): (Uuid, Uuid, i64, i64, _)| {
            Occasion {
                kind: RecordKind::Session,
                id,
                began,
                last,
                channel,
            }
            .on(visitor_id, visitors)
        };
        Ok((rows.into_iter().map(occasion).collect(), whole_since))
    }

    /// The kept scores of some people.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn kept_scores<'i>(
        &self,
        site_id: i64,
        ids: impl Iterator<Item = &'i Identity>,
    ) -> Result<HashMap<Identity, KeptScore>, StoreError> {
        let keys: Vec<String> = ids.map(Identity::key).collect();
        let keys: Vec<Value<'_>> = keys.iter().map(|key| key.as_str().into()).collect();
        let rows = listed!(
            self,
            site_id,
            include_str!("sql/judgements/of_persons.sql"),
            keys,
            (String, i64, Option<i64>)
        );
        rows.into_iter()
            .map(|(person, judged_at, standing)| {
                let score = KeptScore {
                    judged_at,
                    standing,
                };
                Ok((identity(&person)?, score))
            })
            .collect()
    }

    /// What was kept of the people of some visitors.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn kept_scores_of_visitors(
        &self,
        site_id: i64,
        visitors: impl Iterator<Item = Uuid>,
    ) -> Result<HashMap<Uuid, KeptScore>, StoreError> {
        let visitors: Vec<Value<'_>> = visitors.map(Value::from).collect();
        let rows = listed!(
            self,
            site_id,
            include_str!("sql/judgements/of_visitors.sql"),
            visitors,
            (Uuid, i64, Option<i64>)
        );
        let kept = |(visitor_id, judged_at, standing)| {
            let kept = KeptScore {
                judged_at,
                standing,
            };
            (visitor_id, kept)
        };
        Ok(rows.into_iter().map(kept).collect())
    }

    /// The next people by a ranking, the highest first, with their places; of a standing of at least `least`.
    pub(super) async fn ranked(
        &self,
        site_id: i64,
        by: Ranking,
        least: Option<i64>,
        after: &TextCursor,
        limit: u32,
    ) -> Result<Vec<(TextCursor, Identity)>, StoreError> {
        let mut own = Filters::new(4);
        own.add("standing >= $?", least);
        let sql = own
            .apply(include_str!("sql/judgements/ranked.sql"))
            .replace("{place}", by.column());
        let rows: Vec<(i64, String)> = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(after.at)
                .bind(&after.text)
                .bind(i64::from(limit));
            bind!(query, &own.values).fetch_all(pool).await
        })?;
        rows.into_iter()
            .map(|(at, text)| {
                let id = identity(&text)?;
                let place = TextCursor {
                    at,
                    id: Uuid::nil(),
                    text,
                };
                Ok((place, id))
            })
            .collect()
    }

    /// The browsers of people who are named one way or another.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(super) async fn browsers_of(
        &self,
        site_id: i64,
        visitors: &[Uuid],
        users: &[&str],
        emails: &[&str],
    ) -> Result<BTreeSet<Uuid>, StoreError> {
        let mut own = Filters::new(1);
        let visitors: Vec<Value<'_>> = visitors.iter().copied().map(Value::from).collect();
        own.add_lists(
            include_str!("sql/judgements/of_named.sql").trim_end(),
            &[
                ("{visitors}", pad(&visitors)),
                ("{users}", texts(users)),
                ("{emails}", texts(emails)),
            ],
        );
        let sql = own.apply(include_str!("sql/judgements/browsers_of.sql"));
        let rows: Vec<(Uuid,)> = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql)).bind(site_id);
            bind!(query, &own.values).fetch_all(pool).await
        })?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }
}

fn texts<'t>(texts: &[&'t str]) -> Vec<Value<'t>> {
    let all: Vec<Value<'t>> = texts.iter().copied().map(Value::from).collect();
    pad(&all)
}

/// See `sql/judgements/lock.postgres.sql`.
pub(super) const LOCK: &str = include_str!("sql/judgements/lock.postgres.sql");
/// Says in a visitor's row that their people have to be judged.
pub(super) const TOUCH: &str = include_str!("sql/judgements/touch.sql");
