//! The erasure of a person: random ids take the place of theirs, and what tells of them is emptied.
//!
//! Rows stay, so every total, rate and sum of money stays, and what one browser did stays together as the way of somebody whom
//! nobody can name. All of it is one transaction: who is killed in the middle has changed nothing.
//!
//! Their ids are kept as keyed hashes in the same transaction ([`crate::store::erased`]), so what arrives of them later is
//! dropped. On PostgreSQL a transaction of items that had begun before may still be open; it is waited for, and what it stored
//! is erased as well.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::deleting::delete;
use super::grace::{Pending, keep};
use super::receipt::Receipt;
use super::tables::PERSONAL;
use super::{Holder, Subject, begin, gather, statement};
use crate::journey::{Identity, friendly};
use crate::store::changes::tell_erased;
use crate::store::erased::{email_key, user_key};
use crate::store::rows::JsonText;
use crate::store::sites::Site;
use crate::store::wall::{Access, Narrow};
use crate::store::{Store, StoreError, audit, on};

/// How long an open transaction is waited for between two looks.
const PAUSE: Duration = Duration::from_millis(20);
/// How often what arrived meanwhile is erased too.
const MOST_TIMES: usize = 100;

/// What becomes of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ErasureMode)]
pub enum Mode {
    /// They stay, and nobody can be told from them.
    Anonymise,
    /// They go, and sums of them by day are kept; orders and refunds stay as when they are anonymised.
    Delete,
}

impl Mode {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Anonymise => "anonymise",
            Self::Delete => "delete",
        }
    }

    pub(super) fn of(text: &str) -> Self {
        if text == "delete" {
            Self::Delete
        } else {
            Self::Anonymise
        }
    }
}

/// How to erase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erasing {
    /// What becomes of the rows.
    pub mode: Mode,
    /// Until when it can be taken back, in milliseconds; not at all without it.
    pub due_at: Option<i64>,
}

/// What an erasure came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// Of what is done for good: one, and one more for each time that something of theirs had been about to be stored meanwhile.
    pub receipts: Vec<Receipt>,
    /// Of what can still be taken back, likewise.
    pub pending: Vec<Pending>,
}

impl Erased {
    /// Whether nobody had the id.
    pub fn is_nothing(&self) -> bool {
        self.receipts.is_empty() && self.pending.is_empty()
    }
}

/// What an erasure would touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Erasable {
    /// Every id that means this person.
    #[schema(value_type = Vec<String>)]
    pub ids: Vec<Identity>,
    /// Browsers that others used too: of these only what is the person's is erased.
    pub shared: Vec<Uuid>,
    /// Rows by table.
    pub rows: BTreeMap<String, i64>,
}

/// What is done before and after the tables of [`PERSONAL`].
const BEFORE: [&str; 4] = [
    include_str!("../sql/privacy/accounts.sql"),
    include_str!("../sql/privacy/accounts_traits.sql"),
    include_str!("../sql/privacy/sessions_shared.sql"),
    include_str!("../sql/privacy/visitors_shared.sql"),
];
const AFTER: &str = include_str!("../sql/privacy/interactions_others.sql");
pub(super) const FORGETTING: [&str; 2] = [
    include_str!("../sql/privacy/forget_ids.sql"),
    include_str!("../sql/privacy/forget_texts.sql"),
];

/// Counts the rows that are somebody's, in a transaction that has gathered.
macro_rules! count {
    ($transaction:expr, $kind:expr, $site_id:expr) => {{
        let mut rows: BTreeMap<String, i64> = BTreeMap::new();
        for table in PERSONAL {
            let text = format!(
                "SELECT COUNT(*) FROM {} WHERE site_id = $1 AND {}",
                table.name, table.own
            );
            let (count,): (i64,) = sqlx::query_as(statement($kind, &text))
                .bind($site_id)
                .fetch_one(&mut *$transaction)
                .await?;
            rows.insert(table.name.to_owned(), count);
        }
        rows
    }};
}

impl Store {
    /// What erasing a person would touch; nothing is changed. `None` where nobody has this id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn erasable(
        &self,
        site_id: i64,
        id: &Subject,
    ) -> Result<Option<Erasable>, StoreError> {
        let Some(holder) = self.holder(site_id, id).await? else {
            return Ok(None);
        };
        let kind = self.kind();
        let rows = on!(self, write, |pool| {
            let mut transaction = pool.begin_with(begin(kind)).await?;
            transaction.narrow(Access::Site(site_id)).await?;
            gather!(transaction, kind, site_id, &holder);
            let rows = count!(transaction, kind, site_id);
            transaction.rollback().await?;
            rows
        });
        Ok(Some(Erasable {
            ids: holder.identities().map(|(old, _)| old).collect(),
            shared: holder.shared.iter().copied().collect(),
            rows,
        }))
    }

    /// Erases a person, for the audit log by `actor`, at once or so that it can be taken back for a time. Nothing where nobody has
    /// this id.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] while the site's past is being searched after a change of its stages; [`StoreError::Newer`];
    /// [`StoreError::Unavailable`]. Without a receipt nothing was changed.
    pub async fn erase(
        &self,
        site: &Site,
        id: &Subject,
        how: Erasing,
        actor: &str,
        now: i64,
    ) -> Result<Erased, StoreError> {
        self.knows_all().await?;
        let mut erased = Erased::default();
        while erased.receipts.len() + erased.pending.len() < MOST_TIMES
            && let Some(holder) = self.holder(site.id, id).await?
        {
            match self
                .erase_once(site, id, &holder, how, (actor, now))
                .await?
            {
                Done::Receipt(receipt) => erased.receipts.push(receipt),
                Done::Pending(pending) => erased.pending.push(pending),
            }
            self.refresh_stages().await?;
            let mut since = None;
            while self.older_writers(&mut since).await? {
                tokio::time::sleep(PAUSE).await;
            }
        }
        if !erased.is_nothing() {
            // Of whoever used their browsers too, and of whom they are now, other things are concluded.
            self.touched().look();
        }
        Ok(erased)
    }

    async fn erase_once(
        &self,
        site: &Site,
        id: &Subject,
        holder: &Holder,
        how: Erasing,
        (actor, now): (&str, i64),
    ) -> Result<Done, StoreError> {
        let (kind, site_id) = (self.kind(), site.id);
        let columns = self.inventory().await?;
        let key = self.make_privacy_key(site_id, now).await?;
        let fresh: HashMap<String, String> = holder
            .identities()
            .map(|(old, fresh)| (old.to_string(), fresh.to_string()))
            .collect();
        let links: HashMap<String, String> = holder
            .identities()
            .map(|(old, fresh)| (old.key(), fresh.key()))
            .collect();
        on!(self, write, |pool| {
            let mut transaction = pool.begin_with(begin(kind)).await?;
            transaction.narrow(Access::Site(site_id)).await?;
            let emails = gather!(transaction, kind, site_id, holder);
            let searching: Option<(i64,)> =
                sqlx::query_as(include_str!("../sql/privacy/restated.sql"))
                    .bind(site_id)
                    .fetch_optional(&mut *transaction)
                    .await?;
            if searching.is_some() {
                // Its place in the past is an item, which would move.
                return Err(StoreError::Conflict(
                    "the site's past is being searched after a change of its stages".to_owned(),
                ));
            }
            let rows = count!(transaction, kind, site_id);
            let person = key.sign(&id.key())?;
            let pending = match how.due_at {
                Some(due_at) => {
                    let pending = Pending::new(how.mode, (now, due_at), actor, rows.clone());
                    keep!(transaction, kind, site_id, &pending, &person, &columns);
                    Some(pending)
                }
                None => None,
            };

            for text in BEFORE {
                sqlx::query(statement(kind, text))
                    .bind(site_id)
                    .execute(&mut *transaction)
                    .await?;
            }
            for text in PERSONAL.iter().filter_map(super::tables::Table::erasing) {
                sqlx::query(statement(kind, &text))
                    .bind(site_id)
                    .execute(&mut *transaction)
                    .await?;
            }
            sqlx::query(statement(kind, AFTER))
                .bind(site_id)
                .execute(&mut *transaction)
                .await?;
            for fresh in holder.browsers.values() {
                sqlx::query(include_str!("../sql/privacy/name.sql"))
                    .bind(site_id)
                    .bind(*fresh)
                    .bind(friendly(*fresh))
                    .execute(&mut *transaction)
                    .await?;
            }

            let linked: Vec<(String, String, String, Option<i64>)> =
                sqlx::query_as(statement(kind, include_str!("../sql/privacy/links.sql")))
                    .bind(site_id)
                    .fetch_all(&mut *transaction)
                    .await?;
            for (one, other, origin, at) in linked {
                sqlx::query(include_str!("../sql/privacy/delete_link.sql"))
                    .bind(site_id)
                    .bind(&one)
                    .bind(&other)
                    .bind(&origin)
                    .execute(&mut *transaction)
                    .await?;
                let mut ends = [one, other].map(|end| links.get(&end).cloned().unwrap_or(end));
                ends.sort();
                sqlx::query(include_str!("../sql/privacy/insert_link.sql"))
                    .bind(site_id)
                    .bind(&ends[0])
                    .bind(&ends[1])
                    .bind(&origin)
                    .bind(at)
                    .execute(&mut *transaction)
                    .await?;
            }
            let audited: Vec<(Uuid, String, String)> =
                sqlx::query_as(include_str!("../sql/privacy/audited.sql"))
                    .bind(site_id)
                    .fetch_all(&mut *transaction)
                    .await?;
            for (id, subject, detail) in audited {
                let Some((subject, detail)) = renamed(&subject, &detail, &fresh) else {
                    continue;
                };
                sqlx::query(include_str!("../sql/privacy/update_audited.sql"))
                    .bind(site_id)
                    .bind(id)
                    .bind(&subject)
                    .bind(JsonText(&detail))
                    .execute(&mut *transaction)
                    .await?;
            }

            // Which is the latest generation is asked of all sites.
            transaction.narrow(Access::EverySite).await?;
            let users = holder.users.keys().map(|user| user_key(user));
            let browsers = holder.browsers.keys();
            let browsers = browsers.map(|browser| Identity::Visitor(*browser).key());
            let addresses = emails.iter().map(|hash| email_key(hash));
            for text in users.chain(browsers).chain(addresses) {
                sqlx::query(include_str!("../sql/privacy/insert_erased.sql"))
                    .bind(site_id)
                    .bind(key.sign(&text)?)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.narrow(Access::Site(site.id)).await?;
            let internal = |error: serde_json::Error| StoreError::Internal(error.to_string());
            let (done, action, subject, detail) = match pending {
                Some(pending) => {
                    let subject = format!("erasure:{}", pending.id);
                    let detail = serde_json::to_string(&pending).map_err(internal)?;
                    (Done::Pending(pending), "persons.hide", subject, detail)
                }
                None => {
                    if how.mode == Mode::Delete {
                        delete!(transaction, kind, site);
                    }
                    let receipt = Receipt::sign(&key, site_id, now, person, how.mode, rows)?;
                    let subject = format!("receipt:{}", receipt.receipt);
                    let detail = serde_json::to_string(&receipt).map_err(internal)?;
                    (Done::Receipt(receipt), "persons.erase", subject, detail)
                }
            };
            let audit_id = match &done {
                Done::Receipt(receipt) => receipt.receipt,
                Done::Pending(pending) => pending.id,
            };
            sqlx::query(audit::INSERT)
                .bind(site_id)
                .bind(audit_id)
                .bind(now)
                .bind(actor)
                .bind(action)
                .bind(&subject)
                .bind(JsonText(&detail))
                .execute(&mut *transaction)
                .await?;
            let renamed = holder.browsers.iter().map(|(old, fresh)| (*old, *fresh));
            tell_erased!(transaction, kind, site_id, renamed);
            for text in FORGETTING {
                sqlx::query(text)
                    .bind(site_id)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(done)
        })
    }
}

/// What one transaction came to.
enum Done {
    Receipt(Receipt),
    Pending(Pending),
}

/// A line of the audit log with other ids; nothing where it has none of these.
fn renamed(
    subject: &str,
    detail: &str,
    fresh: &HashMap<String, String>,
) -> Option<(String, String)> {
    let mut value: Json = serde_json::from_str(detail).ok()?;
    let found = rename(&mut value, fresh);
    match fresh.get(subject) {
        Some(subject) => Some((subject.clone(), value.to_string())),
        None => found.then(|| (subject.to_owned(), value.to_string())),
    }
}

/// Puts other ids into texts of JSON, and says whether there was one.
fn rename(value: &mut Json, fresh: &HashMap<String, String>) -> bool {
    match value {
        Json::String(text) => match fresh.get(text) {
            Some(other) => {
                other.clone_into(text);
                true
            }
            None => false,
        },
        Json::Array(items) => items
            .iter_mut()
            .fold(false, |found, item| rename(item, fresh) | found),
        Json::Object(fields) => fields
            .values_mut()
            .fold(false, |found, field| rename(field, fresh) | found),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_log_tells_other_ids() {
        let fresh = HashMap::from([("user:ann".to_owned(), "user:erased-1".to_owned())]);
        let detail = r#"{"ids":["user:ann","user:ben"]}"#;
        let (subject, detail) = renamed("user:ann", detail, &fresh).unwrap();
        assert_eq!(subject, "user:erased-1");
        assert_eq!(detail, r#"{"ids":["user:erased-1","user:ben"]}"#);
        assert_eq!(
            renamed("user:ben", r#"{"ids":["user:anna"]}"#, &fresh),
            None
        );
    }
}
