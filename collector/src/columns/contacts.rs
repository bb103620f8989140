//! Interactions, and whose they are: by the rules of [`crate::store::Store::timeline`], as far as persons are told apart here.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use uuid::Uuid;

use super::persons::Owner;
use super::site::{Columns, Standing};
use super::words::{NONE, Word, number};

/// An interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Contact {
    pub(super) at: i64,
    pub(super) channel: Word,
    pub(super) kind: Word,
    pub(super) direction: Word,
    pub(super) source: Word,
    pub(super) campaign: Word,
    pub(super) user: Word,
    pub(super) visitor: Option<Uuid>,
    /// Who told its address last.
    pub(super) email_user: Word,
}

/// All interactions of a site by their ids. Clones share all but those that changed of late.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    settled: Arc<BTreeMap<Uuid, Contact>>,
    /// Nothing of those that have gone.
    fresh: BTreeMap<Uuid, Option<Contact>>,
}

impl Told {
    pub(super) fn set(&mut self, id: Uuid, contact: Option<Contact>) {
        self.fresh.insert(id, contact);
        if self.fresh.len() > 1_000.max(self.settled.len() / 8) {
            let mut all = BTreeMap::clone(&self.settled);
            for (id, contact) in std::mem::take(&mut self.fresh) {
                match contact {
                    Some(contact) => drop(all.insert(id, contact)),
                    None => drop(all.remove(&id)),
                }
            }
            self.settled = Arc::new(all);
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (Uuid, Contact)> {
        let settled = self.settled.iter().map(|(id, contact)| (*id, *contact));
        let settled = settled.filter(|(id, _)| !self.fresh.contains_key(id));
        let fresh = self.fresh.iter();
        settled.chain(fresh.filter_map(|(id, contact)| Some((*id, (*contact)?))))
    }

    pub(super) fn bytes(&self) -> usize {
        (self.settled.len() + self.fresh.len()) * (size_of::<(Uuid, Contact)>() + 8)
    }
}

/// Interactions of a person, oldest first, as slices of one length. All but the times are words.
#[derive(Debug, Clone, Copy, Default)]
pub struct Interactions<'c> {
    /// Milliseconds since the Unix epoch.
    pub at: &'c [i64],
    /// email, sms, call and so on.
    pub channel: &'c [Word],
    /// What happened: opened, answered and so on.
    pub kind: &'c [Word],
    /// in or out; [`NONE`] where nobody said so.
    pub direction: &'c [Word],
    /// As it was told.
    pub source: &'c [Word],
    /// As it was told.
    pub campaign: &'c [Word],
}

/// Interactions with persons, those of one side by side.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    at: Vec<i64>,
    channel: Vec<Word>,
    kind: Vec<Word>,
    direction: Vec<Word>,
    source: Vec<Word>,
    campaign: Vec<Word>,
    of: HashMap<Owner, Range<u32>>,
}

impl Contacts {
    /// Those that are with somebody: by `of_user` with the person of a user, by `of_browser` with that of a browser. A user who
    /// is known may have no browser of their own, and then they are with nobody.
    pub(super) fn of(
        columns: &Columns,
        of_user: impl Fn(Word) -> Option<Option<Owner>>,
        of_browser: impl Fn(Standing) -> Owner,
    ) -> Self {
        let mut owned: Vec<(Owner, i64, Uuid, Contact)> = Vec::new();
        for (id, contact) in columns.told.all() {
            let of_user = |user| if user == NONE { None } else { of_user(user) };
            let by_browser = || {
                let standing = columns.standing_of(contact.visitor?)?;
                Some(Some(of_browser(standing)))
            };
            let owner = of_user(contact.user)
                .or_else(by_browser)
                .or_else(|| of_user(contact.email_user));
            if let Some(Some(owner)) = owner {
                owned.push((owner, contact.at, id, contact));
            }
        }
        owned.sort_unstable_by_key(|(owner, at, id, _)| (*owner, *at, *id));
        let mut all = Self::default();
        for run in owned.chunk_by(|one, other| one.0 == other.0) {
            let from = number(all.at.len());
            for (_, at, _, contact) in run {
                all.at.push(*at);
                all.channel.push(contact.channel);
                all.kind.push(contact.kind);
                all.direction.push(contact.direction);
                all.source.push(contact.source);
                all.campaign.push(contact.campaign);
            }
            all.of.insert(run[0].0, from..number(all.at.len()));
        }
        all
    }

    /// Those with one person.
    pub(super) fn with(&self, owner: Owner) -> Interactions<'_> {
        let Some(own) = self.of.get(&owner) else {
            return Interactions::default();
        };
        let own = own.start as usize..own.end as usize;
        Interactions {
            at: &self.at[own.clone()],
            channel: &self.channel[own.clone()],
            kind: &self.kind[own.clone()],
            direction: &self.direction[own.clone()],
            source: &self.source[own.clone()],
            campaign: &self.campaign[own],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(at: i64) -> Contact {
        Contact {
            at,
            channel: 1,
            kind: 2,
            direction: NONE,
            source: NONE,
            campaign: NONE,
            user: NONE,
            visitor: None,
            email_user: NONE,
        }
    }

    #[test]
    fn the_latest_word_on_each_counts() {
        let mut told = Told::default();
        for number in 0..3_000 {
            told.set(Uuid::from_u128(number), Some(contact(0)));
        }
        let copy = told.clone();
        told.set(Uuid::from_u128(5), None);
        told.set(Uuid::from_u128(2_999), Some(contact(1)));
        assert_eq!(copy.all().count(), 3_000);
        assert_eq!(told.all().count(), 2_999);
        let changed: Vec<u128> = told
            .all()
            .filter(|(_, contact)| contact.at == 1)
            .map(|(id, _)| id.as_u128())
            .collect();
        assert_eq!(changed, [2_999]);
    }
}
