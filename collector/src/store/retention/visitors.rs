//! Visitors whom nobody has seen for too long, and of whom no item is left that a longer limit keeps: they go, with all that is
//! theirs. Orders, refunds and interactions stay, without whose they are.
//!
//! Somebody may come back at the same moment. Rows are deleted by the conditions that chose them, and where one of them is
//! not as it was any more, nothing is changed: the next round looks again.

use uuid::Uuid;

use super::sweep::{Slice, Turn, count, marks, run};
use super::totals::{ADD, Sums};
use super::{Removed, begin};
use crate::journey::Identity;
use crate::store::changes::tell_erased;
use crate::store::interactions::asked;
use crate::store::judgements::LOCK;
use crate::store::privacy::{random, statement};
use crate::store::rows::{Rows, Value};
use crate::store::sites::Site;
use crate::store::{Kind, Store, StoreError, on};

/// Visitors of a transaction, and the sessions at which it is full.
const VISITORS: i64 = 200;
const SESSIONS: i64 = 1_000;

static IDS: Rows = Rows::new(
    "INSERT INTO erasing_ids (site_id, kind, old, fresh) VALUES {rows} ON CONFLICT DO NOTHING",
    4,
);

/// Where the search for visitors has come to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct After(i64, Uuid);

impl Default for After {
    fn default() -> Self {
        Self(i64::MIN, Uuid::nil())
    }
}

impl Store {
    /// Removes the next visitors whom nobody has seen for too long.
    pub(crate) async fn expire_visitors(
        &self,
        site: &Site,
        after: &mut After,
        turn: Turn,
    ) -> Result<(Slice, Removed), StoreError> {
        let nothing = Removed::default();
        let classes = self.classes(site.id).await?;
        let Some(before) = classes.site().map(|class| class.kept_from) else {
            return Ok((Slice::Last, nothing));
        };
        let found: Vec<(Uuid, i64, i64, bool)> = on!(self, read of site.id, |pool| {
            sqlx::query_as(include_str!("../sql/retention/old_visitors.sql"))
                .bind(site.id)
                .bind(before)
                .bind(after.0)
                .bind(after.1)
                .bind(VISITORS)
                .fetch_all(pool)
                .await
        })?;
        let mut sessions = 0;
        let mut old: Vec<(Uuid, bool)> = Vec::new();
        let mut next = *after;
        for (visitor_id, last_at, own, is_bot) in &found {
            if sessions > 0 && sessions + own > SESSIONS {
                break;
            }
            sessions += own;
            old.push((*visitor_id, *is_bot));
            next = After(*last_at, *visitor_id);
        }
        if old.is_empty() {
            return Ok((Slice::Last, nothing));
        }
        let is_last = old.len() == found.len() && (found.len() as i64) < VISITORS;
        let slice = if is_last { Slice::Last } else { Slice::More };
        let removed = self.remove_visitors(site, &old, before, turn).await?;
        *after = next;
        Ok(match removed {
            Some(removed) => (slice, removed),
            None => (Slice::Taken, nothing),
        })
    }

    /// Removes visitors with all that is theirs; nothing of it where one of them has come back meanwhile. None where somebody else
    /// goes on with the round.
    async fn remove_visitors(
        &self,
        site: &Site,
        old: &[(Uuid, bool)],
        before: i64,
        turn: Turn,
    ) -> Result<Option<Removed>, StoreError> {
        let (kind, site_id) = (self.kind(), site.id);
        let mut ids: Vec<Value<'_>> = Vec::new();
        let mut renamed = Vec::with_capacity(old.len());
        for (visitor_id, is_bot) in old {
            let fresh = random()?;
            renamed.push((*visitor_id, fresh));
            ids.extend([
                site_id.into(),
                "visitor".into(),
                (*visitor_id).into(),
                Value::from(fresh),
            ]);
            if *is_bot {
                ids.extend([
                    site_id.into(),
                    "bot".into(),
                    (*visitor_id).into(),
                    Value::from(fresh),
                ]);
            }
        }
        let text = |text: &str| statement(kind, &asked(text));
        on!(self, write, |pool| {
            let mut transaction = pool.begin_with(begin(kind)).await?;
            if kind == Kind::Postgres {
                // What is being kept of one of them would be there after they are gone.
                sqlx::query(LOCK)
                    .bind(site_id)
                    .execute(&mut *transaction)
                    .await?;
            }
            run!(transaction, marks(kind), IDS, ids);
            let mut sums = Sums::of(site);
            // Before anything of them goes: whose interactions are theirs.
            let users: Vec<(String,)> =
                sqlx::query_as(text(include_str!("../sql/retention/users.sql")))
                    .bind(site_id)
                    .fetch_all(&mut *transaction)
                    .await?;
            for (user,) in &users {
                sqlx::query(include_str!("../sql/privacy/insert_text.sql"))
                    .bind(site_id)
                    .bind("user")
                    .bind(user)
                    .bind("")
                    .execute(&mut *transaction)
                    .await?;
            }
            let links = old
                .iter()
                .map(|(visitor_id, _)| Identity::Visitor(*visitor_id).key())
                .chain(users.iter().map(|(user,)| format!("user:{user}")));
            for link in links {
                sqlx::query(include_str!("../sql/privacy/insert_text.sql"))
                    .bind(site_id)
                    .bind("link")
                    .bind(&link)
                    .bind("")
                    .execute(&mut *transaction)
                    .await?;
            }
            sqlx::query(text(include_str!("../sql/retention/contacts.sql")))
                .bind(site_id)
                .execute(&mut *transaction)
                .await?;

            let sessions: Vec<(i64, Option<String>)> =
                sqlx::query_as(text(include_str!("../sql/retention/delete_sessions.sql")))
                    .bind(site_id)
                    .fetch_all(&mut *transaction)
                    .await?;
            for (at, channel) in &sessions {
                sums.add("session", channel.as_deref().unwrap_or(""), *at);
            }
            for table in ["milestones", "first_events"] {
                let sql = format!(
                    "DELETE FROM {table} WHERE site_id = $1 AND visitor_id IN {{of visitor}}"
                );
                sqlx::query(text(&sql))
                    .bind(site_id)
                    .execute(&mut *transaction)
                    .await?;
            }
            let visitors: Vec<(i64,)> =
                sqlx::query_as(text(include_str!("../sql/retention/delete_visitors.sql")))
                    .bind(site_id)
                    .bind(before)
                    .fetch_all(&mut *transaction)
                    .await?;
            let left: Option<(Uuid,)> =
                sqlx::query_as(text(include_str!("../sql/retention/left.sql")))
                    .bind(site_id)
                    .fetch_optional(&mut *transaction)
                    .await?;
            if visitors.len() != old.len() || left.is_some() {
                // Somebody has come back, or something of theirs has: the next round looks again.
                transaction.rollback().await?;
                return Ok(Some(Removed::default()));
            }
            for (at,) in &visitors {
                sums.add("visitor", "", *at);
            }
            for sql in GOING {
                sqlx::query(text(sql))
                    .bind(site_id)
                    .execute(&mut *transaction)
                    .await?;
            }
            let links: Vec<(String, String, String, Option<i64>)> =
                sqlx::query_as(text(include_str!("../sql/privacy/links.sql")))
                    .bind(site_id)
                    .fetch_all(&mut *transaction)
                    .await?;
            for (one, other, origin, _) in links {
                // Ids that lead from one who is there to another are kept.
                let mut living = 0;
                for end in [&one, &other] {
                    let found: Option<(Uuid,)> = match end.split_once(':') {
                        Some(("user", user)) => {
                            sqlx::query_as(include_str!("../sql/retention/living_user.sql"))
                                .bind(site_id)
                                .bind(user)
                                .fetch_optional(&mut *transaction)
                                .await?
                        }
                        Some((_, visitor)) => {
                            sqlx::query_as(include_str!("../sql/retention/living_visitor.sql"))
                                .bind(site_id)
                                .bind(Uuid::parse_str(visitor).unwrap_or_default())
                                .fetch_optional(&mut *transaction)
                                .await?
                        }
                        None => None,
                    };
                    living += i32::from(found.is_some());
                }
                if living == 0 {
                    sqlx::query(include_str!("../sql/privacy/delete_link.sql"))
                        .bind(site_id)
                        .bind(&one)
                        .bind(&other)
                        .bind(&origin)
                        .execute(&mut *transaction)
                        .await?;
                }
            }
            for sql in STAYING {
                sqlx::query(text(sql))
                    .bind(site_id)
                    .execute(&mut *transaction)
                    .await?;
            }
            let values = sums.values(site_id);
            run!(transaction, marks(kind), ADD, values);
            let removed = Removed {
                sessions: sessions.len() as i64,
                visitors: visitors.len() as i64,
                ..Removed::default()
            };
            if !count!(transaction, site_id, turn, removed) {
                transaction.rollback().await?;
                return Ok(None);
            }
            // What is told of changes would name them for some minutes more.
            tell_erased!(transaction, kind, site_id, renamed.iter().copied());
            transaction.commit().await?;
            Ok(Some(removed))
        })
    }
}

/// What goes with visitors, after them.
const GOING: [&str; 9] = [
    "DELETE FROM judged_visitors WHERE site_id = $1 AND visitor_id IN {of visitor}",
    "DELETE FROM judged_persons WHERE site_id = $1 AND person IN {texts link}",
    "DELETE FROM kept_insights WHERE site_id = $1 AND person IN {texts link}",
    "DELETE FROM visitor_users WHERE site_id = $1 AND visitor_id IN {of visitor}",
    "DELETE FROM user_emails WHERE site_id = $1 AND user_id IN {texts user}",
    "DELETE FROM told_emails WHERE site_id = $1 AND user_id IN {texts user}",
    "DELETE FROM consents WHERE site_id = $1 AND visitor_id IN {of visitor}",
    include_str!("../sql/privacy/accounts.sql"),
    "DELETE FROM visitor_accounts WHERE site_id = $1 AND visitor_id IN {of visitor}",
];

/// What stays without whose it was, and the ids that are forgotten.
const STAYING: [&str; 5] = [
    include_str!("../sql/retention/strip_orders.sql"),
    include_str!("../sql/retention/strip_refunds.sql"),
    include_str!("../sql/retention/strip_contacts.sql"),
    include_str!("../sql/privacy/forget_ids.sql"),
    include_str!("../sql/privacy/forget_texts.sql"),
];
