//! Whether what is kept beside the items is what the items add up to.
//!
//! Sessions, visitors, first times, users and orders are folds of the items ([`crate::journey::fold`]) that every commit
//! moves on. Here they are counted anew from the rows of the items, a slice of visitors at a time and each slice in one
//! statement, so that commits beside it change nothing in between. Items that are gone for their age cannot be counted: what
//! was first seen before a site's rounds of retention came by may be more than is counted, never less.

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::rows::{Value, bind, pad, with_list};
use super::{Store, StoreError, on};

/// Visitors of a slice.
const VISITORS: i64 = 20_000;

/// Something that is kept and can be counted.
#[derive(Debug, Clone, Copy)]
struct Check {
    name: &'static str,
    sql: &'static str,
    /// What stands in the place of words of the statement.
    words: &'static [(&'static str, &'static str)],
}

macro_rules! checks {
    ($($name:literal = $file:literal $(, $word:literal = $by:literal)*;)*) => {
        &[$(Check {
            name: $name,
            sql: include_str!(concat!("sql/verify/", $file, ".sql")),
            words: &[$(($word, $by)),*],
        }),*]
    };
}

const CHECKS: &[Check] = checks! {
    "items have a visitor" = "homeless";
    "page views and events have a session" = "sessions_of_items";
    "page views of sessions" = "session_counts", "{column}" = "page_views", "{kind}" = "page_view";
    "events of sessions" = "session_counts", "{column}" = "events", "{kind}" = "event";
    "first pages of sessions" = "session_pages", "{column}" = "entry_at", "{extreme}" = "MIN";
    "last pages of sessions" = "session_pages", "{column}" = "exit_at", "{extreme}" = "MAX";
    "sessions of visitors" = "visitor_sessions";
    "page views of visitors" = "visitor_counts", "{column}" = "total_page_views", "{kind}" = "page_view";
    "events of visitors" = "visitor_counts", "{column}" = "total_events", "{kind}" = "event";
    "first times of visitors" = "visitor_times", "{column}" = "first_at", "{extreme}" = "MIN", "{beyond}" = ">";
    "last times of visitors" = "visitor_times", "{column}" = "last_at", "{extreme}" = "MAX", "{beyond}" = "<";
    "milestones" = "firsts", "{table}" = "milestones", "{kind}" = "milestone", "{names}" = "";
    "users of visitors" = "users";
    "orders" = "orders";
};

/// Of the events that reach a milestone, whose names are put in.
const FIRST_EVENTS: Check = Check {
    name: "first times of events",
    sql: include_str!("sql/verify/firsts.sql"),
    words: &[("{table}", "first_events"), ("{kind}", "event")],
};

/// A visitor of whom something else is kept than is counted.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, serde::Serialize)]
pub struct Difference {
    /// Whose.
    pub visitor_id: Uuid,
    /// What is kept; null where it is missing.
    pub stored: Option<i64>,
    /// What the items add up to; null where there is none.
    pub counted: Option<i64>,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Verified {
    /// What was counted.
    pub name: &'static str,
    /// How many differ.
    pub different: usize,
    /// The first of them.
    pub examples: Vec<Difference>,
}

/// The most examples of a check.
pub(super) const EXAMPLES: usize = 5;

/// How much a site has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow, serde::Serialize)]
pub struct Totals {
    /// Visitors.
    pub visitors: i64,
    /// Sessions.
    pub sessions: i64,
    /// Items with a row of their own.
    pub items: i64,
    /// Items that are a conversion.
    pub conversions: i64,
}

impl Store {
    /// How much a site has, counted by the database.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn counted_totals(&self, site_id: i64) -> Result<Totals, StoreError> {
        Ok(on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/verify/totals.sql"))
                .bind(site_id)
                .fetch_one(pool)
                .await
        })?)
    }

    /// Counts a site's items anew and says of everything that is kept beside them what differs.
    /// Changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn verify(&self, site_id: i64) -> Result<Vec<Verified>, StoreError> {
        let before: i64 = on!(self, read of site_id, |pool| {
            sqlx::query_scalar(include_str!("sql/verify/gone_before.sql"))
                .bind(site_id)
                .fetch_one(pool)
                .await
        })?;
        let names = self.first_event_names(site_id).await?;
        let names = pad(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let mut checks: Vec<(Check, String, Verified)> = CHECKS
            .iter()
            .chain((!names.is_empty()).then_some(&FIRST_EVENTS))
            .map(|check| {
                let nothing = Verified {
                    name: check.name,
                    different: 0,
                    examples: Vec::new(),
                };
                (*check, check.text(names.len()), nothing)
            })
            .collect();
        let mut after = Uuid::nil();
        loop {
            let to: Option<Uuid> = on!(self, read of site_id, |pool| {
                sqlx::query_scalar(include_str!("sql/verify/range.sql"))
                    .bind(site_id)
                    .bind(after)
                    .bind(VISITORS)
                    .fetch_optional(pool)
                    .await
            })?;
            // The last slice goes beyond everybody, so that items without a visitor are found there too.
            let last = to.is_none();
            let to = to.unwrap_or(Uuid::max());
            for (check, sql, verified) in &mut checks {
                let names: Vec<Value<'_>> = match check.name == FIRST_EVENTS.name {
                    true => names.iter().map(|name| Value::from(*name)).collect(),
                    false => Vec::new(),
                };
                let found: Vec<Difference> = on!(self, read of site_id, |pool| {
                    let query = sqlx::query_as(AssertSqlSafe(sql.as_str()))
                        .bind(site_id)
                        .bind(after)
                        .bind(to)
                        .bind(before);
                    bind!(query, &names).fetch_all(pool).await
                })?;
                verified.different += found.len();
                let room = EXAMPLES.saturating_sub(verified.examples.len());
                verified.examples.extend(found.into_iter().take(room));
            }
            if last {
                break;
            }
            after = to;
        }
        Ok(checks.into_iter().map(|(.., verified)| verified).collect())
    }

    /// The events whose first times are kept; none while the past is still being searched for them.
    async fn first_event_names(&self, site_id: i64) -> Result<Vec<String>, StoreError> {
        let restating = self.restatements().await?;
        if restating.iter().any(|one| one.site_id == site_id) {
            return Ok(Vec::new());
        }
        let definition = self.stages(site_id);
        Ok(definition.events().into_iter().map(str::to_owned).collect())
    }
}

impl Check {
    fn text(&self, names: usize) -> String {
        let mut text = self.sql.to_owned();
        for (word, by) in self.words {
            text = text.replace(word, by);
        }
        with_list(&text.replace("{names}", "AND name IN ({list})"), 4, names)
    }
}
