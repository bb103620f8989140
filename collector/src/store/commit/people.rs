//! What a set of facts says of users, of ids that mean one person, and of accounts, gathered in memory, so that a row is
//! touched once. Facts without any of that cost a look.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Fact, ItemKind, Ordered, Value, consent, is_ping};
use crate::journey::{Consented, Identity, Moment, named, told_emails};

/// Columns of a row of users of a visitor.
pub(super) const USER_COLUMNS: usize = 4;

/// The rows that a set of facts touches.
#[derive(Default)]
pub(super) struct People<'f> {
    users: Ordered<(i64, Uuid, &'f str), i64>,
    links: BTreeSet<(i64, String, String)>,
    emails: Ordered<(i64, String, &'f str), i64>,
    accounts: Ordered<(i64, &'f str), AccountTally<'f>>,
    members: BTreeSet<(i64, Uuid, &'f str)>,
    consents: Ordered<(i64, Uuid, Uuid), (i64, Consented)>,
}

/// What a set says of one account.
struct AccountTally<'f> {
    first_at: i64,
    last_at: i64,
    traits: Option<(Moment, &'f str)>,
    name: Option<String>,
    domain: Option<String>,
}

impl<'f> People<'f> {
    pub(super) fn of(facts: impl Iterator<Item = &'f Fact>) -> Self {
        let mut people = Self::default();
        for fact in facts {
            if let Some(user) = fact.known_user()
                && !is_ping(fact)
            {
                people.add_user(fact, user);
                people.add_emails(fact);
            }
            if let (ItemKind::Group, Some(account)) = (fact.kind, fact.name.as_deref()) {
                people.add_account(fact, account);
            }
            if let Some(consented) = Consented::of(fact) {
                let key = (fact.arrival.site_id, fact.arrival.visitor_id, fact.id);
                people.consents.insert(key, (fact.at, consented));
            }
        }
        for account in people.accounts.values_mut() {
            if let Some((_, traits)) = account.traits {
                (account.name, account.domain) = named(traits);
            }
        }
        people
    }

    fn add_user(&mut self, fact: &'f Fact, user: &'f str) {
        let (site_id, visitor_id) = (fact.arrival.site_id, fact.arrival.visitor_id);
        let last_at = self
            .users
            .entry((site_id, visitor_id, user))
            .or_insert(fact.at);
        *last_at = fact.at.max(*last_at);
        if let Some(previous) = fact.previous_id.as_deref() {
            let user = Identity::User(user.to_owned());
            self.link(site_id, &user, &Identity::User(previous.to_owned()));
            // Whoever has no user id before may tell the visitor's.
            if let Ok(visitor) = previous.parse() {
                self.link(site_id, &user, &Identity::Visitor(visitor));
            }
        }
    }

    fn add_emails(&mut self, fact: &'f Fact) {
        told_emails(fact, |hash, user| {
            let key = (fact.arrival.site_id, hash, user);
            let last_at = self.emails.entry(key).or_insert(fact.at);
            *last_at = fact.at.max(*last_at);
        });
    }

    fn link(&mut self, site_id: i64, one: &Identity, other: &Identity) {
        if one != other {
            let (one, other) = (one.min(other), one.max(other));
            self.links.insert((site_id, one.key(), other.key()));
        }
    }

    fn add_account(&mut self, fact: &'f Fact, id: &'f str) {
        let site_id = fact.arrival.site_id;
        let account = self
            .accounts
            .entry((site_id, id))
            .or_insert_with(|| AccountTally {
                first_at: fact.at,
                last_at: fact.at,
                traits: None,
                name: None,
                domain: None,
            });
        account.first_at = account.first_at.min(fact.at);
        account.last_at = account.last_at.max(fact.at);
        let moment = fact.moment();
        if let Some(traits) = fact.props.as_deref()
            && account.traits.is_none_or(|(at, _)| moment > at)
        {
            account.traits = Some((moment, traits));
        }
        self.members.insert((site_id, fact.arrival.visitor_id, id));
    }

    /// Rows for `sql/consents/insert.sql`, in the order of their key.
    pub(super) fn consent_rows(&self) -> Vec<Value<'_>> {
        self.consents
            .iter()
            .flat_map(|((site_id, visitor_id, item_id), (at, consented))| {
                [
                    (*site_id).into(),
                    (*visitor_id).into(),
                    (*item_id).into(),
                    (*at).into(),
                    consent(consented.state).into(),
                    (&consented.version).into(),
                ]
            })
            .collect()
    }

    /// Rows for `sql/visitor_users/*.sql`, in the order of their key.
    pub(super) fn user_rows(&self) -> Vec<Value<'_>> {
        let row = |((site_id, visitor_id, user), last_at): (&(i64, Uuid, &'f str), &i64)| {
            [
                (*site_id).into(),
                (*visitor_id).into(),
                (*user).into(),
                (*last_at).into(),
            ]
        };
        self.users.iter().flat_map(row).collect()
    }

    /// Rows for `sql/person_links/insert_alias.sql`.
    pub(super) fn link_rows(&self) -> Vec<Value<'_>> {
        let mut rows = Vec::with_capacity(self.links.len() * 4);
        for (site_id, one, other) in &self.links {
            rows.extend::<[Value<'_>; 4]>([
                (*site_id).into(),
                one.as_str().into(),
                other.as_str().into(),
                "alias".into(),
            ]);
        }
        rows
    }

    /// Rows for `sql/user_emails/upsert.sql`.
    pub(super) fn email_rows(&self) -> Vec<Value<'_>> {
        let mut rows = Vec::with_capacity(self.emails.len() * 4);
        for ((site_id, hash, user), last_at) in &self.emails {
            rows.extend::<[Value<'_>; 4]>([
                (*site_id).into(),
                hash.as_str().into(),
                (*user).into(),
                (*last_at).into(),
            ]);
        }
        rows
    }

    /// Rows for `sql/accounts/upsert.sql`.
    pub(super) fn account_rows(&self) -> Vec<Value<'_>> {
        let mut rows = Vec::with_capacity(self.accounts.len() * 9);
        for ((site_id, id), account) in &self.accounts {
            let moment = account.traits.map(|(moment, _)| moment);
            rows.extend::<[Value<'_>; 9]>([
                (*site_id).into(),
                (*id).into(),
                account.first_at.into(),
                account.last_at.into(),
                (&account.name).into(),
                (&account.domain).into(),
                Value::Json(account.traits.map(|(_, traits)| traits)),
                moment.map(|(at, _)| at).into(),
                moment.map(|(_, item)| item).into(),
            ]);
        }
        rows
    }

    /// Rows for `sql/visitor_accounts/insert.sql`.
    pub(super) fn member_rows(&self) -> Vec<Value<'_>> {
        self.members
            .iter()
            .flat_map(|(site_id, visitor_id, account)| {
                [(*site_id).into(), (*visitor_id).into(), (*account).into()]
            })
            .collect()
    }
}
