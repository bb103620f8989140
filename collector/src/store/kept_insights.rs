//! Kept insights as they are read: `kept_insights`, with the moment of the judgement that they are of.
//!
//! Whether one holds is a matter of the moment in which it is read: its beginning and its end are kept, and either may be yet to
//! come.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::{AssertSqlSafe, FromRow};
use utoipa::ToSchema;
use uuid::Uuid;

use super::judgements::identity;
use super::page::{Page, TextCursor};
use super::persons::listed;
use super::rows::{Filters, Value, bind};
use super::{Store, StoreError, on};
use crate::journey::Identity;

/// An insight as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeptInsight {
    /// Whose.
    #[schema(value_type = String)]
    pub person: Identity,
    /// The rule's name.
    pub rule: String,
    /// The rule's version.
    pub version: i64,
    /// `signal` or `risk`.
    pub kind: String,
    /// What was found, what one could do, the figures and the ids of what they are of, as when it was found.
    #[serde(flatten, serialize_with = "members")]
    #[schema(value_type = crate::journey::InsightDetail)]
    pub detail: String,
    /// `current` or `ended`.
    pub status: String,
    /// Since when it holds, by the times of what happened.
    pub found_at: i64,
    /// Until when that is known: the moment of the latest judgement, or its end.
    pub confirmed_at: i64,
    /// When it ended; null while it holds.
    pub ended_at: Option<i64>,
}

fn members<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let members: BTreeMap<&str, &RawValue> =
        serde_json::from_str(text).map_err(serde::ser::Error::custom)?;
    members.serialize(serializer)
}

/// Which kept insights to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InsightFilter {
    /// Of this rule.
    pub rule: Option<String>,
    /// Signals or risks.
    pub kind: Option<String>,
    /// Those that hold, or those that ended.
    pub current: Option<bool>,
    /// Found at this time or later.
    pub since: Option<i64>,
}

/// Of how many persons a rule holds.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct RuleCount {
    /// The rule's name.
    pub rule: String,
    /// The rule's version.
    pub version: i64,
    /// Persons of whom it held at the end of the time.
    pub holds: i64,
    /// Persons of whom it began to hold in the time.
    pub began: i64,
    /// Persons of whom it ended in the time.
    pub ended: i64,
}

#[derive(FromRow)]
pub(super) struct Row {
    pub(super) person: String,
    pub(super) rule: String,
    pub(super) version: i64,
    pub(super) found_at: i64,
    pub(super) ended_at: i64,
    pub(super) kind: String,
    pub(super) detail: String,
    judged_at: Option<i64>,
}

impl Row {
    fn at(self, now: i64) -> Result<KeptInsight, StoreError> {
        let holds = self.ended_at > now;
        let known_until = self.judged_at.unwrap_or(self.found_at).min(self.ended_at);
        Ok(KeptInsight {
            person: identity(&self.person)?,
            rule: self.rule,
            version: self.version,
            kind: self.kind,
            detail: self.detail,
            status: if holds { "current" } else { "ended" }.to_owned(),
            found_at: self.found_at,
            confirmed_at: known_until.max(self.found_at),
            ended_at: (!holds).then_some(self.ended_at),
        })
    }

    fn place(&self) -> TextCursor {
        TextCursor {
            at: self.found_at,
            id: Uuid::from_u128(u128::from(self.version.unsigned_abs())),
            text: format!("{} {}", self.rule, self.person),
        }
    }
}
impl Store {
    /// Kept insights of a site that have begun, the newest first. `cursor` is what the page before gave, `None` for the
    /// first.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn kept_insights(
        &self,
        site_id: i64,
        filter: &InsightFilter,
        now: i64,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<KeptInsight>, StoreError> {
        let place = TextCursor::read(cursor)?;
        // What has not begun is of nobody yet.
        let at = place.at.min(now.saturating_add(1));
        let version = i64::try_from(place.id.as_u128()).unwrap_or(i64::MAX);
        let (rule, person) = place.text.split_once(' ').unwrap_or_default();
        let mut own = Filters::new(6);
        own.add("k.rule = $?", filter.rule.as_deref());
        own.add("k.kind = $?", filter.kind.as_deref());
        own.add("k.found_at >= $?", filter.since);
        match filter.current {
            Some(true) => own.add("k.ended_at > $?", Some(now)),
            Some(false) => own.add("k.ended_at <= $?", Some(now)),
            None => {}
        }
        // Nothing comes before what has not begun.
        let (version, rule, person) = if place.at > now {
            (-1, "", "")
        } else {
            (version, rule, person)
        };
        let sql = own.apply(include_str!("sql/kept_insights/list.sql"));
        let rows: Vec<Row> = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(at)
                .bind(version)
                .bind(rule)
                .bind(person)
                .bind(i64::from(limit) + 1);
            bind!(query, &own.values).fetch_all(pool).await
        })?;
        let page = Page::cut(rows, limit, Row::place);
        let data = page.data.into_iter().map(|row| row.at(now));
        Ok(Page {
            data: data.collect::<Result<_, _>>()?,
            next_cursor: page.next_cursor,
        })
    }

    /// Of how many persons each rule held before `end`, and of how many it began and ended from `begin` on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insight_counts(
        &self,
        site_id: i64,
        (begin, end): (i64, i64),
    ) -> Result<Vec<RuleCount>, StoreError> {
        let sql = include_str!("sql/kept_insights/count.sql");
        Ok(on!(self, read of site_id, |pool| {
            sqlx::query_as(sql)
                .bind(site_id)
                .bind(begin)
                .bind(end)
                .fetch_all(pool)
                .await
        })?)
    }

    /// How many persons had an insight in a time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insight_persons(
        &self,
        site_id: i64,
        (begin, end): (i64, i64),
    ) -> Result<i64, StoreError> {
        let sql = include_str!("sql/kept_insights/count_persons.sql");
        Ok(on!(self, read of site_id, |pool| {
            sqlx::query_scalar(sql)
                .bind(site_id)
                .bind(begin)
                .bind(end)
                .fetch_one(pool)
                .await
        })?)
    }

    /// What is kept of somebody's insights that have begun, under any of their ids, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insights_of(
        &self,
        site_id: i64,
        ids: &BTreeSet<Identity>,
        now: i64,
    ) -> Result<Vec<KeptInsight>, StoreError> {
        let keys: Vec<String> = ids.iter().map(Identity::key).collect();
        let keys: Vec<Value<'_>> = keys.iter().map(|key| key.as_str().into()).collect();
        let mut rows = listed!(
            self,
            site_id,
            include_str!("sql/kept_insights/of_persons.sql"),
            keys,
            Row
        );
        rows.retain(|row| row.found_at <= now);
        rows.sort_by_key(|row| std::cmp::Reverse(row.place()));
        rows.into_iter().map(|row| row.at(now)).collect()
    }
}
