//! The fold behind the questions that count items by what they are of: pages, and events by name.

use super::scope::Scope;
use crate::columns::{Events, Sessions, Visitor};

/// What is counted of one kind of items, and `more` that a question adds.
#[derive(Debug, Default)]
pub struct Counted<F> {
    /// Items.
    pub items: u64,
    /// Visitors with one.
    pub visitors: u64,
    /// Sessions with one.
    pub sessions: u64,
    /// What else there is.
    pub more: F,
    /// The last visitor and session that were counted.
    seen: (u32, u32),
}

impl<F> Counted<F> {
    /// Adds an item of a visitor; of one whose sessions lie across each other these are counted elsewhere.
    fn add(&mut self, visitor: u32, session: u32, is_tangled: bool) {
        self.items += 1;
        let is_new = self.seen.0 != visitor;
        self.visitors += u64::from(is_new);
        self.sessions += u64::from(!is_tangled && (is_new || self.seen.1 != session));
        self.seen = (visitor, session);
    }
}

/// Items by keys, which are any numbers that are not much greater than there are keys.
#[derive(Debug, Default)]
pub struct Items<F> {
    /// By key: one more than its place, 0 where it was not met yet.
    places: Vec<u32>,
    keys: Vec<u32>,
    all: Vec<Counted<F>>,
    /// Of all keys together.
    pub total: Counted<()>,
    serial: u32,
    counts: Vec<bool>,
    /// Keys and sessions of one visitor.
    pairs: Vec<(u32, u32)>,
}

impl<F: Default> Items<F> {
    /// What is counted of a key.
    pub fn at(&mut self, key: u32) -> &mut Counted<F> {
        let key = key as usize;
        if self.places.len() <= key {
            self.places.resize(key + 1, 0);
        }
        if self.places[key] == 0 {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "keys are numbers of this size"
            )]
            self.keys.push(key as u32);
            self.all.push(Counted::default());
            self.places[key] = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        }
        &mut self.all[self.places[key] as usize - 1]
    }

    /// What was counted of a key, if it was met.
    pub fn get(&self, key: u32) -> Option<&Counted<F>> {
        let place = self.places.get(key as usize)?.checked_sub(1)?;
        self.all.get(place as usize)
    }

    /// Each with its key.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Counted<F>)> {
        self.keys.iter().copied().zip(&self.all)
    }

    /// How many keys were met.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    fn join(&mut self, other: Self, join: &impl Fn(&mut F, F)) {
        self.total.items += other.total.items;
        self.total.visitors += other.total.visitors;
        self.total.sessions += other.total.sessions;
        for (key, one) in other.keys.into_iter().zip(other.all) {
            let own = self.at(key);
            own.items += one.items;
            own.visitors += one.visitors;
            own.sessions += one.sessions;
            join(&mut own.more, one.more);
        }
    }
}

/// What a question counts.
pub struct Question<K, A, V, J> {
    /// The key of an item; nothing where it is not counted.
    pub key: K,
    /// Adds an item to what else there is of its key.
    pub add: A,
    /// Adds what is of a visitor as such, of whose sessions it is told which count.
    pub visitor: V,
    /// Puts together what else there is.
    pub join: J,
}

/// Counts the items of the scope's time, in sessions that count.
pub fn count<F: Default + Send>(
    scope: &Scope<'_>,
    question: &Question<
        impl Fn(&Events<'_>, usize) -> Option<u32> + Sync,
        impl Fn(&mut F, &Events<'_>, usize) + Sync,
        impl Fn(&mut Items<F>, Visitor<'_>, &Sessions<'_>, &[bool]) + Sync,
        impl Fn(&mut F, F) + Sync,
    >,
) -> Items<F> {
    let add = |all: &mut Items<F>, visitor: Visitor<'_>| {
        let mut counts = std::mem::take(&mut all.counts);
        if let Some(sessions) = scope.reach(visitor, &mut counts) {
            all.serial += 1;
            add(all, scope, question, visitor, &counts);
            (question.visitor)(all, visitor, &sessions, &counts);
        }
        all.counts = counts;
    };
    let columns = scope.columns;
    columns.fold_visitors(Items::default, add, |all, other| {
        all.join(other, &question.join);
    })
}

fn add<F: Default, V, J>(
    all: &mut Items<F>,
    scope: &Scope<'_>,
    question: &Question<
        impl Fn(&Events<'_>, usize) -> Option<u32>,
        impl Fn(&mut F, &Events<'_>, usize),
        V,
        J,
    >,
    visitor: Visitor<'_>,
    counts: &[bool],
) {
    let events = visitor.events();
    // Sessions may lie across each other. Where they do not, one that was left does not come again.
    let is_tangled = !events.session.is_sorted();
    all.pairs.clear();
    let serial = all.serial;
    for place in 0..events.at.len() {
        let session = events.session[place];
        if !counts.get(session as usize).copied().unwrap_or(false)
            || !scope.span.has(events.at[place])
        {
            continue;
        }
        let Some(key) = (question.key)(&events, place) else {
            continue;
        };
        if !scope.filters.item(scope.columns, &events, place) {
            continue;
        }
        let counted = all.at(key);
        counted.add(serial, session, is_tangled);
        (question.add)(&mut counted.more, &events, place);
        all.total.add(serial, session, is_tangled);
        if is_tangled {
            all.pairs.push((key, session));
        }
    }
    if is_tangled {
        untangle(all);
    }
}

/// Counts the sessions of a visitor in each key, once each.
fn untangle<F: Default>(all: &mut Items<F>) {
    let mut pairs = std::mem::take(&mut all.pairs);
    pairs.sort_unstable();
    pairs.dedup();
    for (key, _) in &pairs {
        all.at(*key).sessions += 1;
    }
    let mut sessions: Vec<u32> = pairs.iter().map(|(_, session)| *session).collect();
    sessions.sort_unstable();
    sessions.dedup();
    all.total.sessions += sessions.len() as u64;
    all.pairs = pairs;
}
