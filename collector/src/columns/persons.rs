//! Which browsers are one person.
//!
//! Worked out from all visitors and links when somebody asks about persons, and then kept with the columns. Browsers in which
//! the same one user was named are one person, and so are those whose ids links lead to each other
//! ([`crate::journey::identity`]). A browser in which several users were named is a person of its own.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::contacts::Contacts;
use super::marks::Marks;
use super::site::{Columns, Standing};
use super::words::{NONE, Word};
use crate::journey::{Identity, Links, Merge};
use crate::store::persons::MOST_BROWSERS;

/// What somebody said of two ids: that they mean one person, and whether it was the owner.
pub(super) type Link = ([String; 2], bool);

/// Which visitors are one person, where more than one are; and whose interactions are.
#[derive(Debug, Default)]
pub(super) struct Persons {
    /// Persons of several browsers, each in the order of the browsers' ids.
    pub(super) groups: Vec<Vec<Standing>>,
    /// The browsers of the groups, by segment.
    pub(super) grouped: Vec<Marks>,
    /// What passed between the site and persons.
    pub(super) contacts: Contacts,
}

/// Whose something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Owner {
    /// The place of a group.
    Group(u32),
    /// A browser that is nobody else's.
    Alone(Standing),
}

/// Browsers by their one user, in the order of users.
struct ByUser(Vec<(Word, Standing)>);

impl ByUser {
    fn of(columns: &Columns) -> Self {
        let mut all = Vec::new();
        for (standing, visitor) in columns.standings() {
            if visitor.owner() != NONE {
                all.push((visitor.owner(), standing));
            }
        }
        all.sort_unstable();
        Self(all)
    }

    fn range(&self, user: Word) -> Range<usize> {
        let from = self.0.partition_point(|(own, _)| *own < user);
        let length = self.0[from..].partition_point(|(own, _)| *own == user);
        from..from + length
    }

    fn browsers(&self, user: Word) -> impl Iterator<Item = Standing> + '_ {
        self.0[self.range(user)]
            .iter()
            .map(|(_, standing)| *standing)
    }
}

impl Persons {
    pub(super) fn of(columns: &Columns) -> Self {
        let users = ByUser::of(columns);
        let mut groups: Vec<Vec<Standing>> = Vec::new();
        // Users whose browsers are in a group by links.
        let mut linked: HashSet<Word> = HashSet::new();
        // Who has a linked id: any browser of theirs, if they have one.
        let mut ids: HashMap<Identity, Option<Standing>> = HashMap::new();
        for person in linked_ids(columns) {
            let mut browsers: Vec<Standing> = Vec::new();
            for id in &person {
                match id {
                    Identity::User(user) => {
                        if let Some(user) = columns.words().find(user) {
                            linked.insert(user);
                            browsers.extend(users.browsers(user));
                        }
                    }
                    // A browser of which a user is known is that user's.
                    Identity::Visitor(id) => {
                        let is_own = |standing: &Standing| {
                            let browser = columns.standing(*standing);
                            browser.owner() == NONE && !browser.is_shared()
                        };
                        browsers.extend(columns.standing_of(*id).filter(is_own));
                    }
                }
            }
            let any = browsers.first().copied();
            ids.extend(person.into_iter().map(|id| (id, any)));
            groups.push(browsers);
        }
        for run in users.0.chunk_by(|one, other| one.0 == other.0) {
            if run.len() > 1 && !linked.contains(&run[0].0) {
                groups.push(run.iter().map(|(_, standing)| *standing).collect());
            }
        }
        for group in &mut groups {
            group.sort_unstable_by_key(|standing| columns.standing(*standing).id());
            // The others are persons of their own.
            group.truncate(MOST_BROWSERS);
        }
        groups.retain(|group| group.len() > 1);
        groups.sort_unstable_by_key(|group| columns.standing(group[0]).id());
        let mut grouped = vec![Marks::default(); columns.segments.len()];
        let mut owners: HashMap<Standing, u32> = HashMap::new();
        for (place, group) in (0..).zip(&groups) {
            for standing in group {
                grouped[standing.0 as usize].add(standing.1 as usize);
                owners.insert(*standing, place);
            }
        }
        let owner = |standing: Standing| match owners.get(&standing) {
            Some(group) => Owner::Group(*group),
            None => Owner::Alone(standing),
        };
        let of_user = |user: Word| {
            let text = columns.text(user)?;
            let link = ids.get(&Identity::User(text.to_owned()));
            let any = match link {
                Some(any) => *any,
                None => users.browsers(user).next(),
            };
            let is_known = any.is_some() || link.is_some() || columns.sharing.contains(&user);
            is_known.then_some(any.map(owner))
        };
        let contacts = Contacts::of(columns, of_user, owner);
        Self {
            groups,
            grouped,
            contacts,
        }
    }
}

/// The ids of each person who has several.
fn linked_ids(columns: &Columns) -> Vec<BTreeSet<Identity>> {
    let mut links = Links::default();
    let mut all: BTreeSet<Identity> = BTreeSet::new();
    for (ids, by_owner) in columns.links.iter() {
        let [Ok(one), Ok(other)] = ids.each_ref().map(|id| id.parse::<Identity>()) else {
            continue;
        };
        if *by_owner {
            links.merge(Merge {
                ids: [one.clone(), other.clone()],
                at: 0,
            });
        } else {
            links.alias(&one, &other);
        }
        all.extend([one, other]);
    }
    let mut persons = Vec::new();
    let mut done: HashSet<&Identity> = HashSet::new();
    for id in &all {
        if done.contains(id) {
            continue;
        }
        let person = links.person(id);
        done.extend(person.iter().filter_map(|other| all.get(other)));
        persons.push(person);
    }
    persons
}
