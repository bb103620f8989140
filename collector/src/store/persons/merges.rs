//! What the owner says of ids: that two mean one person, and that they do not after all.
//!
//! A merge is one row that readers follow. Nothing else is written but the line in the audit log, so taking it back leaves
//! everything as it was.

use super::Known;
use crate::journey::{Identity, MOST_IDS};
use crate::store::audit::{Change, noted};
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
        let done = noted!(
            self,
            change(site_id, now, actor, "persons.merge", [one, other]),
            sqlx::query(include_str!("../sql/person_links/insert.sql"))
                .bind(site_id)
                .bind(one.key())
                .bind(other.key())
                .bind(now)
        );
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
        Ok(noted!(
            self,
            change(site_id, now, actor, "persons.unmerge", [one, other]),
            sqlx::query(include_str!("../sql/person_links/delete.sql"))
                .bind(site_id)
                .bind(one.key())
                .bind(other.key())
        ))
    }
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
