//! Persons as the law sees them: everything that is stored of one, and its end.
//!
//! What is somebody's is gathered first, in one transaction: their browsers, sessions, tabs, items, interactions, users,
//! orders and addresses, each with the random id that would take its place (`erasing_ids`, `erasing_texts`). By these
//! every table says which of its rows are theirs ([`tables`]). An export and a rehearsal end there, and are rolled back; an
//! erasure goes on ([`erasing`]). Nobody else ever sees a row of the two tables.

mod deleting;
mod erasing;
mod export;
mod grace;
mod inventory;
mod receipt;
mod replacing;
mod restoring;
mod subject;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::persons::Slices;
use super::{Kind, Store, StoreError, on};
use crate::journey::Identity;

pub use erasing::{Erasable, Erased, Erasing, Mode};
pub use grace::Pending;
pub use inventory::{Column, Erasure};
pub use receipt::Receipt;
pub use subject::Subject;

/// Somebody, and the ids that would take the place of theirs.
struct Holder {
    /// Browsers that are theirs as a whole.
    browsers: BTreeMap<Uuid, Uuid>,
    /// Browsers that others used too, which stay.
    shared: BTreeSet<Uuid>,
    /// Addresses of which nobody knows whose they are.
    emails: BTreeSet<String>,
    /// The site's ids of them.
    users: BTreeMap<String, String>,
    within: Slices,
}

impl Holder {
    fn of(within: Slices) -> Result<Self, StoreError> {
        let browsers = within.whole().map(|id| Ok((id, random()?)));
        let users = within
            .users()
            .map(|user| Ok((user.to_owned(), format!("erased-{}", random()?.simple()))));
        Ok(Self {
            browsers: browsers.collect::<Result<_, StoreError>>()?,
            users: users.collect::<Result<_, StoreError>>()?,
            shared: within.shared().collect(),
            emails: BTreeSet::new(),
            within,
        })
    }

    /// Each of their ids and what would take its place. A browser that others used too is not theirs alone.
    fn identities(&self) -> impl Iterator<Item = (Identity, Identity)> {
        let users = self.users.iter();
        let users =
            users.map(|(old, fresh)| (Identity::User(old.clone()), Identity::User(fresh.clone())));
        let browsers = self.browsers.iter();
        users.chain(
            browsers.map(|(old, fresh)| (Identity::Visitor(*old), Identity::Visitor(*fresh))),
        )
    }

    /// Rows for `sql/privacy/insert_id.sql`.
    fn ids(&self) -> impl Iterator<Item = (&'static str, Uuid, Uuid)> {
        let browsers = self.browsers.iter();
        let browsers = browsers.map(|(old, fresh)| ("visitor", *old, *fresh));
        browsers.chain(self.shared.iter().map(|id| ("shared", *id, *id)))
    }

    /// Rows for `sql/privacy/insert_text.sql`.
    fn texts(&self) -> impl Iterator<Item = (&'static str, String, String)> {
        let users = self.users.iter();
        let users = users.map(|(old, fresh)| ("user", old.clone(), fresh.clone()));
        let emails = self.emails.iter();
        let emails = emails.map(|hash| ("email", hash.clone(), String::new()));
        users.chain(emails).chain(
            self.identities()
                .map(|(old, fresh)| ("link", old.key(), fresh.key())),
        )
    }

    /// What an item of the inbox says only if it is theirs.
    fn needles(&self, emails: &[String]) -> Vec<String> {
        let quoted = |text: &String| serde_json::Value::from(text.as_str()).to_string();
        let browsers = self.browsers.keys().map(Uuid::to_string);
        browsers
            .chain(self.users.keys().map(quoted))
            .chain(emails.iter().cloned())
            .collect()
    }
}

pub(super) fn random() -> Result<Uuid, StoreError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Internal(error.to_string()))?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

/// What begins a transaction that nobody writes beside on SQLite.
fn begin(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "BEGIN IMMEDIATE",
        Kind::Postgres => "BEGIN",
    }
}

/// The statements that gather what is somebody's, in their order.
const GATHERING: [&str; 7] = [
    include_str!("../sql/privacy/gather_items.sql"),
    include_str!("../sql/privacy/gather_owned.sql"),
    include_str!("../sql/privacy/gather_page_views.sql"),
    include_str!("../sql/privacy/gather_sessions.sql"),
    include_str!("../sql/privacy/gather_seen.sql"),
    include_str!("../sql/privacy/gather_tabs.sql"),
    include_str!("../sql/privacy/gather_orders.sql"),
];

/// A statement of `sql/privacy/`, for a database.
pub(super) fn statement(kind: Kind, text: &str) -> sqlx::AssertSqlSafe<String> {
    let owned = include_str!("../sql/events/list_owned.sql").replace(
        "({list})",
        "(SELECT old FROM erasing_ids WHERE site_id = $1 AND kind = 'shared')",
    );
    let text = text.replace("{owned}", owned.trim_end());
    sqlx::AssertSqlSafe(replacing::written(kind, &text))
}

/// Gathers what is somebody's in a transaction, and gives the addresses that are theirs alone.
macro_rules! gather {
    ($transaction:expr, $kind:expr, $site_id:expr, $holder:expr) => {{
        use futures_util::StreamExt;
        let (kind, site_id, holder): ($crate::store::Kind, i64, &Holder) =
            ($kind, $site_id, $holder);
        if kind == $crate::store::Kind::Postgres {
            // One erases at a time, and definitions of stages, which count on with erasures, wait.
            sqlx::query(include_str!("../sql/privacy/lock.postgres.sql"))
                .execute(&mut *$transaction)
                .await?;
            // What is concluded of them is kept before or after, never meanwhile.
            sqlx::query($crate::store::judgements::LOCK)
                .bind(site_id)
                .execute(&mut *$transaction)
                .await?;
        }
        for (what, old, fresh) in holder.ids() {
            sqlx::query(include_str!("../sql/privacy/insert_id.sql"))
                .bind(site_id)
                .bind(what)
                .bind(old)
                .bind(fresh)
                .execute(&mut *$transaction)
                .await?;
        }
        for (what, old, fresh) in holder.texts() {
            sqlx::query(include_str!("../sql/privacy/insert_text.sql"))
                .bind(site_id)
                .bind(what)
                .bind(old)
                .bind(fresh)
                .execute(&mut *$transaction)
                .await?;
        }
        for text in $crate::store::privacy::GATHERING {
            sqlx::query($crate::store::privacy::statement(kind, text))
                .bind(site_id)
                .execute(&mut *$transaction)
                .await?;
        }
        if !holder.emails.is_empty() {
            let contacts = include_str!("../sql/privacy/gather_contacts_of_emails.sql");
            sqlx::query($crate::store::privacy::statement(kind, contacts))
                .bind(site_id)
                .execute(&mut *$transaction)
                .await?;
        }
        let contacts = include_str!("../sql/privacy/gather_contacts.sql");
        for (text, values) in $crate::store::interactions::of_person(contacts, &holder.within) {
            let query = sqlx::query($crate::store::privacy::statement(kind, &text)).bind(site_id);
            $crate::store::rows::bind!(query, &values)
                .execute(&mut *$transaction)
                .await?;
        }
        let emails = include_str!("../sql/privacy/gather_emails.sql");
        sqlx::query($crate::store::privacy::statement(kind, emails))
            .bind(site_id)
            .execute(&mut *$transaction)
            .await?;
        let emails: Vec<(String,)> = sqlx::query_as(include_str!("../sql/privacy/texts.sql"))
            .bind(site_id)
            .bind("email")
            .fetch_all(&mut *$transaction)
            .await?;
        let emails: Vec<String> = emails.into_iter().map(|(hash,)| hash).collect();

        let needles = holder.needles(&emails);
        let mut told: Vec<(&'static str, uuid::Uuid)> = Vec::new();
        let mut inbox =
            sqlx::query_as::<_, (uuid::Uuid, String)>(include_str!("../sql/privacy/rejected.sql"))
                .bind(site_id)
                .fetch(&mut *$transaction);
        while let Some(row) = inbox.next().await {
            let (id, text) = row?;
            if needles.iter().any(|needle| text.contains(needle)) {
                told.push(("rejected", id));
            }
        }
        drop(inbox);
        let ids: Vec<String> = holder
            .identities()
            .map(|(old, _)| old.to_string())
            .collect();
        let audited: Vec<(uuid::Uuid, String, String)> =
            sqlx::query_as(include_str!("../sql/privacy/audited.sql"))
                .bind(site_id)
                .fetch_all(&mut *$transaction)
                .await?;
        for (id, subject, detail) in audited {
            let quoted = |id: &String| serde_json::Value::from(id.as_str()).to_string();
            if ids
                .iter()
                .any(|id| *id == subject || detail.contains(&quoted(id)))
            {
                told.push(("audit", id));
            }
        }
        for (what, id) in told {
            sqlx::query(include_str!("../sql/privacy/insert_id.sql"))
                .bind(site_id)
                .bind(what)
                .bind(id)
                .bind(id)
                .execute(&mut *$transaction)
                .await?;
        }
        if kind == $crate::store::Kind::Postgres {
            // To the planner the two tables are empty, and it would look through a hundred thousand ids for each row.
            sqlx::query(include_str!("../sql/privacy/analyze.postgres.sql"))
                .execute(&mut *$transaction)
                .await?;
        }
        emails
    }};
}
use gather;

impl Store {
    /// Who is meant: a person, or a user or an address of which interactions alone tell.
    async fn holder(&self, site_id: i64, subject: &Subject) -> Result<Option<Holder>, StoreError> {
        let id = match subject {
            Subject::Id(id) => id,
            Subject::Email(hash) => {
                let user: Option<(String,)> = on!(self, read of site_id, |pool| {
                    sqlx::query_as(include_str!("../sql/privacy/user_of_email.sql"))
                        .bind(site_id)
                        .bind(hash)
                        .fetch_optional(pool)
                        .await
                })?;
                if let Some((user,)) = user {
                    let id = Subject::Id(Identity::User(user));
                    return Box::pin(self.holder(site_id, &id)).await;
                }
                let told: Option<(Uuid,)> = on!(self, read of site_id, |pool| {
                    sqlx::query_as(include_str!("../sql/privacy/email_told.sql"))
                        .bind(site_id)
                        .bind(hash)
                        .fetch_optional(pool)
                        .await
                })?;
                if told.is_none() {
                    return Ok(None);
                }
                let mut holder = Holder::of(Slices::named(BTreeSet::new()))?;
                holder.emails.insert(hash.clone());
                return Ok(Some(holder));
            }
        };
        if let Some(found) = self.person(site_id, id).await? {
            return Holder::of(Slices::of_people([&found])).map(Some);
        }
        let Identity::User(user) = id else {
            return Ok(None);
        };
        let told: Option<(Uuid,)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("../sql/privacy/user_told.sql"))
                .bind(site_id)
                .bind(user)
                .fetch_optional(pool)
                .await
        })?;
        if told.is_none() {
            return Ok(None);
        }
        Holder::of(Slices::named(BTreeSet::from([user.clone()]))).map(Some)
    }
}
