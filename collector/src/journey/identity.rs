//! Ids of persons, and which of them mean one.
//!
//! A person is known by a user id of the site, or, while nobody has said who they are, by the visitor id of their browser.
//! Two ids mean one person where an item says so (an alias) or the owner does (a merge). Both are links between two
//! ids and nothing else: a person is every id that links lead to, so taking a link away leaves what was there before,
//! and a circle of links is one person like any other.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;
use waymark_protocol::limits;

/// The most ids of one person. Where links of items lead to more they are somebody's mistake or mischief, and none of
/// those counts: the owner's alone do.
pub const MOST_IDS: usize = 100;

/// One id of a person: `user:42`, or `visitor:` and the id of a browser whose items name no user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// The site's own id of a user.
    User(String),
    /// A browser.
    Visitor(Uuid),
}

/// A text that is no id of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is neither user: with a user id nor visitor: with a visitor id")]
pub struct NoIdentity;

impl Identity {
    /// The text by which the database has it.
    pub fn key(&self) -> String {
        match self {
            Self::User(id) => format!("user:{id}"),
            Self::Visitor(id) => format!("visitor:{}", id.simple()),
        }
    }

    /// Whether it is the id of one of these browsers, told as if it were a user's: an alias cannot say which it means.
    pub fn is_told_of(&self, browsers: &BTreeSet<Uuid>) -> bool {
        let visitor = self.user().and_then(|id| id.parse().ok());
        visitor.is_some_and(|visitor: Uuid| browsers.contains(&visitor))
    }

    /// The user id, if it is one.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::User(id) => Some(id),
            Self::Visitor(_) => None,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Visitor(id) => write!(f, "visitor:{id}"),
        }
    }
}

impl FromStr for Identity {
    type Err = NoIdentity;

    fn from_str(text: &str) -> Result<Self, NoIdentity> {
        match text.split_once(':') {
            // No item can have told any other.
            Some(("user", id))
                if !id.is_empty()
                    && !id.contains('\0')
                    && id.chars().nth(limits::USER_ID_CHARS).is_none() =>
            {
                Ok(Self::User(id.to_owned()))
            }
            Some(("visitor", id)) => id.parse().map(Self::Visitor).map_err(|_| NoIdentity),
            _ => Err(NoIdentity),
        }
    }
}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Who says that two ids mean one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An item.
    Alias,
    /// The owner.
    Owner,
}

/// Two ids that the owner says mean one person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct Merge {
    /// The two, the lesser first.
    #[schema(value_type = Vec<String>)]
    pub ids: [Identity; 2],
    /// When that was said, by the collector's clock.
    pub at: i64,
}

/// Links between ids.
#[derive(Debug, Default)]
pub struct Links {
    linked: HashMap<Identity, Vec<(Identity, Origin)>>,
    merges: BTreeSet<Merge>,
}

impl Links {
    /// Adds what an item says.
    pub fn alias(&mut self, one: &Identity, other: &Identity) {
        self.add(one, other, Origin::Alias);
    }

    /// Adds what the owner says.
    pub fn merge(&mut self, merge: Merge) {
        let [one, other] = &merge.ids;
        self.add(one, other, Origin::Owner);
        self.merges.insert(merge);
    }

    fn add(&mut self, one: &Identity, other: &Identity, origin: Origin) {
        for (from, to) in [(one, other), (other, one)] {
            let to = (to.clone(), origin);
            let links = self.linked.entry(from.clone()).or_default();
            if !links.contains(&to) {
                links.push(to);
            }
        }
    }

    /// Every id of the person who has this one.
    pub fn person(&self, id: &Identity) -> BTreeSet<Identity> {
        let all = self.reach(id, |_| true, MOST_IDS);
        if all.len() > MOST_IDS {
            self.reach(id, |origin| origin == Origin::Owner, usize::MAX)
        } else {
            all
        }
    }

    /// The owner's words among these ids, in their order.
    pub fn merges(&self, ids: &BTreeSet<Identity>) -> Vec<Merge> {
        let among = |merge: &&Merge| merge.ids.iter().all(|id| ids.contains(id));
        self.merges.iter().filter(among).cloned().collect()
    }

    /// The ids that links of an origin lead to from this one, itself among them; no more than one above `most`.
    fn reach(
        &self,
        from: &Identity,
        counts: impl Fn(Origin) -> bool,
        most: usize,
    ) -> BTreeSet<Identity> {
        let mut reached = BTreeSet::from([from.clone()]);
        let mut open = vec![from];
        while let Some(id) = open.pop() {
            for (other, origin) in self.linked.get(id).into_iter().flatten() {
                if reached.len() > most {
                    return reached;
                }
                if counts(*origin) && reached.insert(other.clone()) {
                    open.push(other);
                }
            }
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: impl fmt::Display) -> Identity {
        Identity::User(id.to_string())
    }

    fn merge(one: &Identity, other: &Identity) -> Merge {
        Merge {
            ids: [one.clone(), other.clone()],
            at: 0,
        }
    }

    #[test]
    fn ids_and_their_texts_lead_back() {
        let visitor = Identity::Visitor(Uuid::from_u128(7));
        for id in [user("42"), user("a:b c/%"), visitor.clone()] {
            assert_eq!(id.to_string().parse(), Ok(id.clone()));
            assert_eq!(id.key().parse(), Ok(id));
        }
        let long = format!("user:{}", "x".repeat(257));
        for text in ["", "42", "user:", "visitor:7", "person:1", "user:\0", &long] {
            assert_eq!(text.parse::<Identity>(), Err(NoIdentity), "{text}");
        }
    }

    #[test]
    fn links_lead_both_ways_and_in_circles() {
        let mut links = Links::default();
        links.alias(&user(1), &user(2));
        links.alias(&user(3), &user(2));
        links.merge(merge(&user(1), &user(3)));
        for id in 1..=3 {
            assert_eq!(
                links.person(&user(id)),
                [user(1), user(2), user(3)].into(),
                "{id}"
            );
        }
        assert_eq!(links.person(&user(4)), [user(4)].into());
        let ids = links.person(&user(2));
        assert_eq!(links.merges(&ids), [merge(&user(1), &user(3))]);
    }

    #[test]
    fn too_many_ids_are_nobody() {
        let mut links = Links::default();
        let most = i32::try_from(MOST_IDS).unwrap();
        for id in 1..most {
            links.alias(&user(id), &user(id + 1));
        }
        assert_eq!(links.person(&user(1)).len(), MOST_IDS);
        links.alias(&user(most), &user(0));
        links.merge(merge(&user(0), &user(1)));
        for id in [0, 1] {
            assert_eq!(links.person(&user(id)), [user(0), user(1)].into());
        }
        assert_eq!(links.person(&user(50)), [user(50)].into());
    }
}
