//! What the owner says of ids: that two mean one person, and that they do not after all.
//!
//! A merge is one row that readers follow. Nothing else is written but the line in the audit log, and that
//! conclusions about them are to be drawn anew, so taking it back leaves everything as it was.

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Known, MOST_BROWSERS};
use crate::journey::{Identity, MOST_IDS};
use crate::store::audit::{Change, noted};
use crate::store::rows::{Filters, Value, bind, pad};
use crate::store::{Store, StoreError};

/// What became of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// It is done.
    Done,
    /// There was nothing to do: the ids meant one person already.
    Nothing,
    /// Nobody has this id.
    Unknown(Identity),
    /// This visitor has several users, each of whom has an id.
    Shared(Identity),
    /// The person would have more ids than [`MOST_IDS`].
    TooMany,
}

impl Store {
    /// Says that two ids mean one person, for the audit log by `actor`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn merge_persons(
        &self,
        site_id: i64,
        ids: [&Identity; 2],
        actor: &str,
        now: i64,
    ) -> Result<Merged, StoreError> {
        let mut own = Vec::with_capacity(2);
        for id in ids {
            match self.known(site_id, id).await? {
                Known::One(id) => own.push(id),
                Known::Nobody => return Ok(Merged::Unknown(id.clone())),
                Known::Several(_) => return Ok(Merged::Shared(id.clone())),
            }
        }
        let links = self.links(site_id, &own).await?;
        own.sort();
        let [one, other] = own.as_slice() else {
            return Ok(Merged::Nothing);
        };
        let together = links.person(one);
        if together.contains(other) {
            return Ok(Merged::Nothing);
        }
        if together.len() + links.person(other).len() > MOST_IDS {
            return Ok(Merged::TooMany);
        }
        let all = together.union(&links.person(other)).cloned().collect();
        let touched = self.browsers_of_people(site_id, &all).await?;
        let touch = touch(&touched);
        let done = noted!(
            self,
            change(site_id, now, actor, "persons.merge", [one, other]),
            sqlx::query(include_str!("../sql/person_links/insert.sql"))
                .bind(site_id)
                .bind(one.key())
                .bind(other.key())
                .bind(now),
            bind!(
                sqlx::query(AssertSqlSafe(touch.0.clone())).bind(site_id),
                &touch.1
            ),
        );
        let touched = touched.into_iter();
        self.touched()
            .add(touched.map(|visitor| (site_id, visitor)));
        Ok(if done { Merged::Done } else { Merged::Nothing })
    }

    /// Takes back that two ids mean one person, for the audit log by `actor`. The ids are those of
    /// [`super::Found::merges`]. Says whether anybody had merged them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn unmerge_persons(
        &self,
        site_id: i64,
        ids: [&Identity; 2],
        actor: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        let [one, other] = ids;
        let (one, other) = (one.min(other), one.max(other));
        let links = self.links(site_id, &[one.clone(), other.clone()]).await?;
        let all = links
            .person(one)
            .union(&links.person(other))
            .cloned()
            .collect();
        let touched = self.browsers_of_people(site_id, &all).await?;
        let touch = touch(&touched);
        let done = noted!(
            self,
            change(site_id, now, actor, "persons.unmerge", [one, other]),
            sqlx::query(include_str!("../sql/person_links/delete.sql"))
                .bind(site_id)
                .bind(one.key())
                .bind(other.key()),
            bind!(
                sqlx::query(AssertSqlSafe(touch.0.clone())).bind(site_id),
                &touch.1
            ),
        );
        let touched = touched.into_iter();
        self.touched()
            .add(touched.map(|visitor| (site_id, visitor)));
        Ok(done)
    }

    /// The browsers of these ids.
    async fn browsers_of_people(
        &self,
        site_id: i64,
        ids: &BTreeSet<Identity>,
    ) -> Result<Vec<Uuid>, StoreError> {
        let users: Vec<&str> = ids.iter().filter_map(Identity::user).collect();
        let visitors: Vec<Uuid> = ids
            .iter()
            .filter_map(|id| match id {
                Identity::Visitor(visitor_id) => Some(*visitor_id),
                Identity::User(_) => None,
            })
            .collect();
        let found = self.browsers_of(site_id, &visitors, &users, &[]).await?;
        Ok(found.into_iter().take(MOST_BROWSERS).collect())
    }
}

/// The statement by which the people of some browsers are judged anew, and its values.
fn touch(browsers: &[Uuid]) -> (String, Vec<Value<'static>>) {
    let mut own = Filters::new(1);
    let all: Vec<Value<'static>> = browsers.iter().copied().map(Value::from).collect();
    own.add_lists("visitor_id IN ({all})", &[("{all}", pad(&all))]);
    let sql = own.apply(include_str!("../sql/judgements/touch_all.sql"));
    (sql, own.values)
}

fn change<'c>(
    site_id: i64,
    at: i64,
    actor: &'c str,
    action: &'static str,
    ids: [&Identity; 2],
) -> Change<'c> {
    Change {
        site_id,
        at,
        actor,
        action,
        subject: ids[0].to_string(),
        detail: serde_json::json!({ "ids": ids }),
    }
}
