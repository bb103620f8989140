//! Persons as they are read: which ids mean one person, which browsers are theirs, and what those add up to.
//!
//! Nothing of a person is stored but whom the items of a browser name (`visitor_users`) and which ids mean one person
//! (`person_links`). What a person did is read from the rows of their browsers; where a browser has several users, from
//! its items ([`slices`]).

mod links;
mod list;
mod merges;
mod slices;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::page::TextCursor;
use super::rows::{Filters, Value, pad};
use super::{Store, StoreError};
use crate::journey::{Identity, Merge, Person, Slice};

pub use merges::Merged;

/// The most browsers from which a person, or the timeline of an account, is read: those that were made first. Statements
/// name each of them, some twice, and SQLite takes 32,766 values.
pub const MOST_BROWSERS: usize = 5_000;

/// Runs a statement with `{list}` in chunks of the list's items, and gathers the rows.
macro_rules! listed {
    ($store:expr, $site_id:expr, $sql:expr, $items:expr, $row:ty) => {{
        let mut rows: Vec<$row> = Vec::new();
        for items in $items.chunks($crate::store::journeys::LIST) {
            let items = $crate::store::rows::pad(items);
            let sql = $crate::store::rows::with_list($sql, 1, items.len());
            let found: Vec<$row> = $crate::store::on!($store, read of $site_id, |pool| {
                let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind($site_id);
                $crate::store::rows::bind!(query, &items)
                    .fetch_all(pool)
                    .await
            })?;
            rows.extend(found);
        }
        rows
    }};
}
pub(super) use listed;

/// What is known of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// No item and nobody has told it.
    Nobody,
    /// It is this person's: a visitor's user, or the id itself.
    One(Identity),
    /// A visitor with several users; the one named last.
    Several(Identity),
}

/// A person as they are found.
#[derive(Debug)]
pub struct Found {
    /// The person.
    pub person: Person,
    /// What the owner said of their ids.
    pub merges: Vec<Merge>,
    /// What they did, browser by browser.
    pub slices: Vec<Slice>,
    /// Every id that the site has of them.
    pub users: BTreeSet<String>,
    /// Their place in the list of persons.
    place: TextCursor,
}

/// Which browsers, and which parts of browsers, somebody's items are in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slices {
    whole: BTreeSet<Uuid>,
    shared: BTreeSet<Uuid>,
    users: BTreeSet<String>,
    /// All ids that the site has of them, whether a browser is known of each or not.
    named: BTreeSet<String>,
}

impl Slices {
    /// Where these are.
    pub fn of<'s>(slices: impl IntoIterator<Item = &'s Slice>) -> Self {
        let mut own = Self::default();
        for slice in slices {
            match &slice.share {
                None => {
                    own.whole.insert(slice.visitor_id);
                }
                Some(user) => {
                    own.shared.insert(slice.visitor_id);
                    own.users.insert(user.clone());
                }
            }
        }
        let all: BTreeSet<Uuid> = own.whole.union(&own.shared).copied().collect();
        if let Some(beyond) = all.iter().nth(MOST_BROWSERS) {
            own.whole.retain(|id| id < beyond);
            own.shared.retain(|id| id < beyond);
        }
        own
    }

    /// The same of people, with the ids that the site has of them, by which interactions are theirs.
    pub fn of_people<'f>(people: impl IntoIterator<Item = &'f Found> + Clone) -> Self {
        let slices = people.clone().into_iter().flat_map(|found| &found.slices);
        let named = people.into_iter().flat_map(|found| found.users.clone());
        Self {
            named: named.collect(),
            ..Self::of(slices)
        }
    }

    /// Nowhere: of users of whom interactions alone tell.
    pub(super) fn named(users: BTreeSet<String>) -> Self {
        Self {
            named: users,
            ..Self::default()
        }
    }

    /// Browsers that are theirs as a whole.
    pub(super) fn whole(&self) -> impl Iterator<Item = Uuid> {
        self.whole.iter().copied()
    }

    /// Browsers that others used too.
    pub(super) fn shared(&self) -> impl Iterator<Item = Uuid> {
        self.shared.iter().copied()
    }

    /// The ids that the site has of them.
    pub(super) fn users(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(String::as_str)
    }

    pub(super) fn narrow_entries<'a>(&'a self, filters: &mut Filters<'a>) {
        self.narrow(filters, "events.id", "id");
    }

    pub(super) fn narrow_sessions<'a>(&'a self, filters: &mut Filters<'a>) {
        self.narrow(filters, "session_id", "session_id");
    }

    pub(super) fn narrow_transactions<'a>(&'a self, filters: &mut Filters<'a>) {
        self.narrow(filters, "item_id", "id");
    }

    /// `own` is the column of the statement that `column` of a part's items has to hold.
    fn narrow<'a>(&'a self, filters: &mut Filters<'a>, own: &str, column: &str) {
        // The list alone finds the rows by their index, whatever else is asked.
        let all: Vec<Uuid> = self.whole.union(&self.shared).copied().collect();
        if all.is_empty() {
            filters.add_lists("FALSE", &[]);
            return;
        }
        filters.add_lists("visitor_id IN ({all})", &[("{all}", ids(&all))]);
        if self.shared.is_empty() {
            return;
        }
        let owned = include_str!("sql/events/list_owned.sql").replace("{list}", "{shared}");
        let part = format!(
            "(visitor_id, {own}) IN (SELECT visitor_id, {column} FROM ({owned}) AS owned WHERE owner IN ({{users}}))"
        );
        let users: Vec<Value<'a>> = self
            .users
            .iter()
            .take(MOST_BROWSERS)
            .map(|user| user.as_str().into())
            .collect();
        let mut lists = vec![
            (
                "{shared}",
                ids(&self.shared.iter().copied().collect::<Vec<_>>()),
            ),
            ("{users}", pad(&users)),
        ];
        if self.whole.is_empty() {
            filters.add_lists(&part, &lists);
        } else {
            let whole: Vec<Uuid> = self.whole.iter().copied().collect();
            lists.push(("{whole}", ids(&whole)));
            filters.add_lists(&format!("(visitor_id IN ({{whole}}) OR {part})"), &lists);
        }
    }
}

fn ids<'a>(list: &[Uuid]) -> Vec<Value<'a>> {
    pad(&list.iter().copied().map(Value::from).collect::<Vec<_>>())
}

/// A user whom the items of a visitor name, when last, and whether they name others.
type Naming = (Uuid, String, i64, bool);

impl Store {
    /// Who has this id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn known(&self, site_id: i64, id: &Identity) -> Result<Known, StoreError> {
        match id {
            Identity::Visitor(visitor_id) => {
                let visitors = [Value::from(*visitor_id)];
                let mut named = self.users_of_visitors(site_id, &visitors).await?;
                named.sort_by(|a, b| (a.2, &a.1).cmp(&(b.2, &b.1)));
                match named.pop() {
                    Some((_, user, ..)) if named.is_empty() => Ok(Known::One(Identity::User(user))),
                    Some((_, user, ..)) => Ok(Known::Several(Identity::User(user))),
                    None if self.journey(site_id, *visitor_id).await?.is_some() => {
                        Ok(Known::One(id.clone()))
                    }
                    None => Ok(Known::Nobody),
                }
            }
            Identity::User(user) => {
                let users = [user.as_str().into()];
                let found = self.visitors_of_users(site_id, &users).await?;
                if !found.is_empty() || self.is_linked(site_id, id).await? {
                    Ok(Known::One(id.clone()))
                } else {
                    Ok(Known::Nobody)
                }
            }
        }
    }

    /// The person who has this id; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn person(&self, site_id: i64, id: &Identity) -> Result<Option<Found>, StoreError> {
        match self.known(site_id, id).await? {
            Known::Nobody => Ok(None),
            Known::One(id) | Known::Several(id) => Ok(self.people(site_id, &[id]).await?.pop()),
        }
    }

    /// The people who have these ids, each once, by their least id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn people(&self, site_id: i64, ids: &[Identity]) -> Result<Vec<Found>, StoreError> {
        let links = self.links(site_id, ids).await?;
        let persons: BTreeSet<BTreeSet<Identity>> = ids.iter().map(|id| links.person(id)).collect();
        let definition = self.stages(site_id);
        let mut slices = self.slices(site_id, persons.iter().flatten()).await?;
        let mut found = Vec::with_capacity(persons.len());
        for ids in &persons {
            let mut own: BTreeMap<TextCursor, Slice> = BTreeMap::new();
            for id in ids {
                own.extend(slices.remove(id).unwrap_or_default());
            }
            let Some(place) = own.keys().next_back().cloned() else {
                continue;
            };
            let mut own: Vec<Slice> = own.into_values().collect();
            own.sort_by_key(|slice| slice.visitor_id);
            own.truncate(MOST_BROWSERS);
            let together: Vec<&Slice> = own.iter().collect();
            if let Some(person) = Person::of(ids, &together, &definition) {
                found.push(Found {
                    person,
                    merges: links.merges(ids),
                    slices: own,
                    users: ids
                        .iter()
                        .filter_map(|id| id.user().map(str::to_owned))
                        .collect(),
                    place,
                });
            }
        }
        found.sort_by(|a, b| a.person.id.cmp(&b.person.id));
        Ok(found)
    }

    /// The ids of the people of some visitors: their users, or themselves.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn ids_of_visitors(
        &self,
        site_id: i64,
        visitors: &BTreeSet<Uuid>,
    ) -> Result<BTreeSet<Identity>, StoreError> {
        let values: Vec<Value<'_>> = visitors.iter().copied().map(Value::from).collect();
        let named = self.users_of_visitors(site_id, &values).await?;
        let known: BTreeSet<Uuid> = named.iter().map(|(visitor_id, ..)| *visitor_id).collect();
        let nobodys = visitors.difference(&known).copied().map(Identity::Visitor);
        let users = named.into_iter().map(|(_, user, ..)| Identity::User(user));
        Ok(users.chain(nobodys).collect())
    }

    /// The users whom the items of some visitors name.
    async fn users_of_visitors(
        &self,
        site_id: i64,
        visitors: &[Value<'_>],
    ) -> Result<Vec<Naming>, StoreError> {
        Ok(listed!(
            self,
            site_id,
            include_str!("sql/visitor_users/of_visitors.sql"),
            visitors,
            Naming
        ))
    }

    /// The visitors whose items name some users.
    async fn visitors_of_users(
        &self,
        site_id: i64,
        users: &[Value<'_>],
    ) -> Result<Vec<Naming>, StoreError> {
        Ok(listed!(
            self,
            site_id,
            include_str!("sql/visitor_users/of_users.sql"),
            users,
            Naming
        ))
    }
}
