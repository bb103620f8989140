//! What facts would come to, for who wants to know before anything is stored.

use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};

use uuid::Uuid;
use waymark_protocol::ItemKind;

use crate::journey::{Fact, Moment};

/// Figures of facts that are not stored. Keeps eight bytes for each visitor and a few dozen for each session, up to a number of
/// them.
#[derive(Debug)]
pub struct Summary {
    most: usize,
    is_full: bool,
    visitors: HashSet<u64>,
    sessions: HashMap<u64, (Moment, Option<usize>)>,
    channels: Vec<String>,
    kinds: BTreeMap<&'static str, u64>,
    milestones: BTreeMap<String, u64>,
    /// Milestones that were counted: a visitor's rows tell them again and again.
    reached: HashSet<u64>,
    times: Option<(i64, i64)>,
}

fn key(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// Whether it is new, of at most so many.
fn insert(set: &mut HashSet<u64>, key: u64, most: usize, is_full: &mut bool) -> bool {
    if set.len() < most {
        return set.insert(key);
    }
    *is_full |= !set.contains(&key);
    false
}

impl Summary {
    /// Of nothing yet, and of so many visitors and sessions at most.
    pub fn of_at_most(most: usize) -> Self {
        Self {
            most,
            is_full: false,
            visitors: HashSet::new(),
            sessions: HashMap::new(),
            channels: Vec::new(),
            kinds: BTreeMap::new(),
            milestones: BTreeMap::new(),
            reached: HashSet::new(),
            times: None,
        }
    }

    /// Whether there were more visitors, sessions or milestones than are told apart, so that there are at least as many of them
    /// as it says.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Counts facts.
    pub fn add(&mut self, facts: &[Fact]) {
        for fact in facts {
            let arrival = &fact.arrival;
            let (first, last) = self.times.unwrap_or((fact.at, fact.at));
            self.times = Some((first.min(fact.at), last.max(fact.at)));
            let visitor = key(arrival.visitor_id);
            insert(&mut self.visitors, visitor, self.most, &mut self.is_full);
            if fact.kind == ItemKind::Milestone
                && !insert(
                    &mut self.reached,
                    key(fact.id),
                    self.most,
                    &mut self.is_full,
                )
            {
                continue;
            }
            match fact.kind {
                ItemKind::PageView => *self.kinds.entry("page views").or_default() += 1,
                ItemKind::Event => *self.kinds.entry("events").or_default() += 1,
                ItemKind::Milestone => {
                    let name = fact.name.clone().unwrap_or_default();
                    *self.milestones.entry(name).or_default() += 1;
                }
                _ => {}
            }
            if fact.dated {
                let touch = arrival.touch.as_ref();
                let channel = touch.and_then(|touch| touch.channel.as_deref());
                let channel = channel.map(|channel| self.channel(channel));
                self.session(
                    (arrival.visitor_id, arrival.session_id),
                    fact.moment(),
                    channel,
                );
            }
        }
    }

    fn session(&mut self, session: (Uuid, Uuid), moment: Moment, channel: Option<usize>) {
        let is_full = self.sessions.len() >= self.most;
        match self.sessions.entry(key(session)) {
            Entry::Vacant(_) if is_full => self.is_full = true,
            Entry::Vacant(entry) => {
                entry.insert((moment, channel));
            }
            Entry::Occupied(mut entry) if moment < entry.get().0 => {
                entry.insert((moment, channel));
            }
            Entry::Occupied(_) => {}
        }
    }

    fn channel(&mut self, name: &str) -> usize {
        match self.channels.iter().position(|known| known == name) {
            Some(place) => place,
            None => {
                self.channels.push(name.to_owned());
                self.channels.len() - 1
            }
        }
    }

    /// Visitors.
    pub fn visitors(&self) -> usize {
        self.visitors.len()
    }

    /// Sessions.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// The first and the last time.
    pub fn times(&self) -> Option<(i64, i64)> {
        self.times
    }

    /// Items by what they are.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, u64)> {
        self.kinds.iter().map(|(name, count)| (*name, *count))
    }

    /// Visitors' milestones by name.
    pub fn milestones(&self) -> impl Iterator<Item = (&str, u64)> {
        let milestones = self.milestones.iter();
        milestones.map(|(name, count)| (name.as_str(), *count))
    }

    /// Sessions by channel, the most first.
    pub fn channels(&self) -> Vec<(&str, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, channel) in self.sessions.values() {
            let name = channel.map_or("unknown", |place| &self.channels[place]);
            *counts.entry(name).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }
}
