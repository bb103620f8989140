//! The fold behind the questions that count sessions and what happened in them, by stretches of time and by groups.
//!
//! Most sessions lie wholly within one stretch; what happened in those is known without looking at it. The items of the
//! others, and all items where there are conditions on items, are looked at one by one ([`within`]).
//!
//! There are millions of sessions and three of a visitor, so a block of visitors is gone through in passes over all of its
//! sessions instead of visitor by visitor: where each session stands, which of them do not count, and the sums. Nothing in those
//! passes depends on chance but what is added, so a processor need not guess.

mod within;

use super::buckets::Buckets;
use super::figures::Figures;
use super::groups::{By, Groups};
use super::prices::Prices;
use super::rows::TooMany;
use super::scope::{Sample, Scope};
use crate::columns::{Block, Sessions};
use within::Within;

/// What to count.
#[derive(Debug, Clone, Copy)]
pub struct Tally<'q> {
    /// Of which rows.
    pub scope: &'q Scope<'q>,
    /// How orders are converted.
    pub prices: &'q Prices,
    /// The stretches of time, together the scope's.
    pub buckets: &'q Buckets,
    /// Told apart by what.
    pub by: Option<&'q By>,
    /// When what happened in a session belongs to its start, whenever it happened; else it belongs to its own time.
    pub is_whole: bool,
}

/// Counts by values of dimensions.
///
/// # Errors
/// [`TooMany`].
pub fn by_values(
    scope: &Scope<'_>,
    prices: &Prices,
    by: &By,
    is_whole: bool,
) -> Result<Tallied, TooMany> {
    let tally = Tally {
        scope,
        prices,
        buckets: &Buckets::whole(scope.span),
        by: Some(by),
        is_whole,
    };
    let tallied = tally.count();
    if tallied.groups.is_full() {
        return Err(TooMany);
    }
    Ok(tallied)
}

/// What was counted.
#[derive(Debug, Default)]
pub struct Tallied {
    /// All of it.
    pub total: Figures,
    /// By stretches of time; nothing where it is by groups.
    pub by_bucket: Vec<Figures>,
    /// By groups.
    pub groups: Groups<Grouped>,
}

/// A group's figures, or those of a stretch of time.
#[derive(Debug, Clone, Default)]
pub struct Grouped {
    pub(super) figures: Figures,
    /// The last visitor that was counted.
    seen: u32,
}

/// What a thread has counted so far, and what it keeps of the block that it is at.
#[derive(Debug, Default)]
struct Gathered {
    by_bucket: Vec<Grouped>,
    groups: Groups<Grouped>,
    /// Visitors who count.
    visitors: u64,
    /// Numbers those who were met.
    serial: u32,
    /// Of the block's sessions: the stretch or the group in which each counts, with [`LOOKS`] where its items are looked at;
    /// [`NOWHERE`] where it does not count.
    stands: Vec<u32>,
    /// Whether each is its visitor's first. One more than there are sessions.
    firsts: Vec<bool>,
    /// Those whose items have to be looked at, in their order.
    looking: Vec<usize>,
    /// Of a visitor's sessions: whether each meets the conditions.
    counts: Vec<bool>,
    within: Within,
}

/// Where a session stands that does not count.
const NOWHERE: u32 = u32::MAX;
/// A session whose items have to be looked at.
const LOOKS: u32 = 1 << 31;

/// Where a session stands.
#[derive(Debug, Clone, Copy)]
struct Found {
    /// The stretch in which it began.
    started: Option<usize>,
    /// Whether its items have to be looked at.
    looks: bool,
}

impl Grouped {
    /// Its figures, to be added to.
    pub(super) fn figures_mut(&mut self) -> &mut Figures {
        &mut self.figures
    }
}

impl Tallied {
    /// What was counted elsewhere, by stretches of time.
    pub(super) fn of_buckets(total: Figures, by_bucket: Vec<Figures>) -> Self {
        Self {
            total,
            by_bucket,
            ..Self::default()
        }
    }

    /// The same by groups.
    pub(super) fn of_groups(total: Figures, groups: Groups<Grouped>) -> Self {
        Self {
            total,
            groups,
            ..Self::default()
        }
    }

    /// How much it rests on.
    pub fn sample(&self) -> Sample {
        Sample {
            people: self.total.visitors,
            sessions: self.total.sessions,
            items: self.total.page_views + self.total.events,
        }
    }
}

impl Gathered {
    fn of(buckets: usize) -> Self {
        Self {
            by_bucket: vec![Grouped::default(); buckets],
            ..Self::default()
        }
    }

    /// Where something counts: in its group, else in its stretch of time.
    fn slot(&mut self, bucket: usize, group: Option<u32>) -> &mut Figures {
        match group {
            Some(group) => &mut self.groups.at(group).figures,
            None => &mut self.by_bucket[bucket].figures,
        }
    }

    fn join(&mut self, other: Self) {
        self.visitors += other.visitors;
        for (all, one) in self.by_bucket.iter_mut().zip(&other.by_bucket) {
            all.figures.join(&one.figures);
        }
        self.groups
            .join(other.groups, |all, one| all.figures.join(&one.figures));
    }

    /// All together is the sum of what was told apart, but for visitors, who may be in several.
    fn tallied(self) -> Tallied {
        let mut total = Figures::default();
        for grouped in &self.by_bucket {
            total.join(&grouped.figures);
        }
        for (_, grouped) in self.groups.iter() {
            total.join(&grouped.figures);
        }
        total.visitors = self.visitors;
        let by_bucket = self.by_bucket.into_iter().map(|one| one.figures);
        Tallied {
            total,
            by_bucket: by_bucket.collect(),
            groups: self.groups,
        }
    }
}

impl Tally<'_> {
    /// Counts.
    pub fn count(&self) -> Tallied {
        let buckets = self.by.map_or(self.buckets.len(), |_| 0);
        let new = || Gathered::of(buckets);
        let add = |all: &mut Gathered, block: Block<'_>| self.add(all, &block);
        let columns = self.scope.columns;
        columns.fold_blocks(new, add, Gathered::join).tallied()
    }

    fn add(&self, all: &mut Gathered, block: &Block<'_>) {
        let sessions = block.sessions();
        self.stand(all, &sessions);
        self.leave_out(all, block, &sessions);
        if let Some(by) = self.by {
            self.tell_apart(all, by, block, &sessions);
        }
        self.add_sessions(all, &sessions);
    }

    /// Says of each session in which stretch it stands.
    fn stand(&self, all: &mut Gathered, sessions: &Sessions<'_>) {
        let length = sessions.started_at.len();
        all.looking.clear();
        all.stands.clear();
        all.firsts.clear();
        all.firsts.resize(length + 1, false);
        let looking = &mut all.looking;
        all.stands.extend((0..length).map(|place| {
            let Some(found) = self.find(sessions, place) else {
                return NOWHERE;
            };
            if found.looks {
                looking.push(place);
            }
            let Some(Ok(bucket)) = found.started.map(u32::try_from) else {
                return NOWHERE;
            };
            bucket | if found.looks { LOOKS } else { 0 }
        }));
    }

    /// Takes away the sessions that do not count, and adds items and orders of those that do, as far as they have to be looked
    /// at.
    fn leave_out(&self, all: &mut Gathered, block: &Block<'_>, sessions: &Sessions<'_>) {
        let scope = self.scope;
        let counts_all = scope.filters.asks_nothing_of_sessions();
        let (looking, mut counts) = (
            std::mem::take(&mut all.looking),
            std::mem::take(&mut all.counts),
        );
        let mut looking_at = looking.iter().copied().peekable();
        for (visitor, is_here) in block.everybody() {
            let own = block.own_sessions(visitor);
            all.firsts[own.start] = true;
            let mut looks = false;
            while looking_at.next_if(|place| *place < own.end).is_some() {
                looks = true;
            }
            let is_reached = is_here
                && if counts_all {
                    scope.has_visitor(visitor)
                } else {
                    scope.reach(visitor, &mut counts).is_some()
                };
            if !is_reached {
                all.stands[own].fill(NOWHERE);
                continue;
            }
            let goes_within = looks || visitor.has_orders();
            if counts_all {
                if goes_within {
                    self.add_within(all, visitor, (sessions, own), looks, |_| true);
                }
                continue;
            }
            for (stand, counts) in all.stands[own.clone()].iter_mut().zip(&counts) {
                if !counts {
                    *stand = NOWHERE;
                }
            }
            if goes_within {
                let first = own.start;
                let meets = |place: usize| counts[place - first];
                self.add_within(all, visitor, (sessions, own), looks, meets);
            }
        }
        (all.looking, all.counts) = (looking, counts);
    }

    /// Puts sessions that count into groups.
    fn tell_apart(&self, all: &mut Gathered, by: &By, block: &Block<'_>, sessions: &Sessions<'_>) {
        let columns = self.scope.columns;
        let Gathered { groups, stands, .. } = all;
        if let Some(things) = by.things(sessions) {
            for (place, stand) in stands.iter_mut().enumerate() {
                if *stand != NOWHERE {
                    let group = groups.of_thing(by, things[place], columns, (sessions, place));
                    *stand = group | (*stand & LOOKS);
                }
            }
            return;
        }
        for (visitor, _) in block.everybody() {
            for place in block.own_sessions(visitor) {
                let stand = &mut stands[place];
                if *stand != NOWHERE {
                    let of = (visitor, sessions, place);
                    let group = groups.of_session(by, columns, of);
                    *stand = group | (*stand & LOOKS);
                }
            }
        }
    }

    /// Adds up.
    fn add_sessions(&self, all: &mut Gathered, sessions: &Sessions<'_>) {
        let slots = match self.by {
            Some(_) => all.groups.all_mut(),
            None => all.by_bucket.as_mut_slice(),
        };
        let (mut serial, mut visitors) = (all.serial, all.visitors);
        let mut counted = serial;
        for (place, (stand, is_first)) in all.stands.iter().zip(&all.firsts).enumerate() {
            serial += u32::from(*is_first);
            if *stand == NOWHERE {
                continue;
            }
            visitors += u64::from(counted != serial);
            counted = serial;
            let Grouped { figures, seen } = &mut slots[(*stand & !LOOKS) as usize];
            figures.visitors += u64::from(*seen != serial);
            *seen = serial;
            figures.add_session(sessions, place, *is_first);
            if *stand & LOOKS == 0 {
                figures.add_items(sessions, place);
            }
        }
        (all.serial, all.visitors) = (serial, visitors);
    }

    /// Where a session stands; nothing where it is beside the time.
    #[inline(always)]
    fn find(&self, sessions: &Sessions<'_>, place: usize) -> Option<Found> {
        let (began, ended) = (sessions.started_at[place], sessions.last_at[place]);
        let started = self.buckets.find(began);
        let is_within = match started {
            Some(bucket) => self.is_whole || self.buckets.holds(bucket, ended),
            None => {
                let span = self.scope.span;
                if self.is_whole || began >= span.end || ended < span.begin {
                    return None;
                }
                false
            }
        };
        Some(Found {
            started,
            looks: !is_within || self.scope.filters.asks_items(),
        })
    }
}
