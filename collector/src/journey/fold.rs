//! What a set of facts means, said as plainly as can be.
//!
//! This is the definition. It takes all facts at once, looks at each figure by itself, and does nothing fast. The store
//! reaches the same figures row by row as items arrive; the property tests hold the two against each other for every
//! order, duplication and split.
//!
//! - first things are those of the earliest fact, last things those of the latest that knows them;
//! - counts count the facts; how a page is going is the most that any ping said;
//! - a fact that is not dated says how a page is going, or that a milestone was reached, and nothing else;
//! - what a tab's numbers leave out is missing;
//! - the entry and the exit are the first and the last page of which an address is known;
//! - a page's visible time belongs to the session in which the page was opened;
//! - a milestone is reached by the first fact that reaches it, and a stage is the highest that any fact leads to, by the
//!   definition of the site;
//! - of several reports of one order or refund the earliest with a value counts, else the earliest.

mod interactions;
mod persons;
mod revenue;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;
use waymark_protocol::ItemKind;

use super::fact::Fact;
use super::model::{Entry, Ga, Journey, MarkedBy, Milestone, ReachedStage, Session};
use super::names::friendly;
use super::sequence::{BLOCK, EMPTY_BLOCKS, Loss, MOST};
use super::stages::Definition;
pub use interactions::{Contacts, contacts};
pub use persons::{Persons, persons};
pub use revenue::revenue;

/// Everything that readers see of a set of facts of one site.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// Most recently seen first.
    pub journeys: Vec<Journey>,
    /// Latest start first.
    pub sessions: Vec<Session>,
    /// Latest first.
    pub entries: Vec<Entry>,
}

/// Folds facts of one site, each of them once: which of two facts with one id counts is for the caller to say.
pub fn fold<'f>(facts: impl IntoIterator<Item = &'f Fact>, definition: &Definition) -> Folded {
    let mut facts: Vec<&Fact> = facts.into_iter().collect();
    facts.sort_by_key(|fact| fact.moment());

    let mut visitors: BTreeMap<Uuid, Vec<&Fact>> = BTreeMap::new();
    let mut sessions: BTreeMap<(Uuid, Uuid), Vec<&Fact>> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.dated) {
        let visitor_id = fact.arrival.visitor_id;
        visitors.entry(visitor_id).or_default().push(fact);
        sessions
            .entry((visitor_id, fact.arrival.session_id))
            .or_default()
            .push(fact);
    }

    let mut told: BTreeMap<Uuid, Vec<&Fact>> = BTreeMap::new();
    for fact in facts
        .iter()
        .filter(|fact| fact.dated || fact.kind == ItemKind::Milestone)
    {
        let visitor_id = fact.arrival.visitor_id;
        told.entry(visitor_id).or_default().push(fact);
    }

    let is_known_bot = |visitor| visitors.get(visitor).is_some_and(|own| is_bot(own));
    let mut folded = Folded {
        journeys: visitors
            .iter()
            .filter_map(|(visitor, own)| journey(own, &told[visitor], definition))
            .collect(),
        sessions: sessions
            .iter()
            .filter_map(|((visitor, _), own)| session(own, &facts, is_known_bot(visitor)))
            .collect(),
        entries: facts
            .iter()
            .filter_map(|fact| {
                let mut entry = entry(fact, &facts, definition)?;
                entry.bot = is_known_bot(&fact.arrival.visitor_id);
                Some(entry)
            })
            .collect(),
    };
    folded
        .journeys
        .sort_by_key(|journey| std::cmp::Reverse((journey.last_seen, journey.visitor_id)));
    folded.sessions.sort_by_key(|session| {
        std::cmp::Reverse((session.started_at, session.session_id, session.visitor_id))
    });
    folded.entries.reverse();
    folded
}

/// Whether a visitor of whom these are the facts, in order, is a bot by the rules: what its device was at first.
fn is_bot(own: &[&Fact]) -> bool {
    own.first()
        .is_some_and(|first| first.arrival.device.is_bot())
}

/// `own` are the facts of one visitor, in order, and `told` those and the milestones that are not dated.
fn journey(own: &[&Fact], told: &[&Fact], definition: &Definition) -> Option<Journey> {
    let (first, last) = (own.first()?, own.last()?);
    let of_kind = |kind| own.iter().filter(|fact| fact.kind == kind).count() as i64;
    let sessions: BTreeSet<Uuid> = own.iter().map(|fact| fact.arrival.session_id).collect();
    let (stage, stage_at, stages) = progress(first.at, told, definition);
    Some(Journey {
        visitor_id: first.arrival.visitor_id,
        name: friendly(first.arrival.visitor_id),
        user_id: own
            .iter()
            .rev()
            .find_map(|fact| fact.known_user())
            .map(str::to_owned),
        account_id: own
            .iter()
            .rev()
            .find_map(|fact| fact.account())
            .map(str::to_owned),
        stage,
        stage_at,
        stages,
        first_seen: first.at,
        last_seen: last.at,
        total_sessions: sessions.len() as i64,
        total_page_views: of_kind(ItemKind::PageView),
        total_events: of_kind(ItemKind::Event),
        first_touch: first.origin().cloned(),
        device: first.arrival.device.clone(),
        ga: ga(own.iter().rev()),
        milestones: milestones(first.at, told, definition),
        bot: is_bot(own),
        bot_by: is_bot(own).then_some(MarkedBy::Rules),
        rules: first.arrival.rules,
    })
}

/// The highest stage that facts, in order, lead to, when it was entered, and the stages up to it.
fn progress(
    first_seen: i64,
    own: &[&Fact],
    definition: &Definition,
) -> (String, Option<i64>, Vec<ReachedStage>) {
    let entered = |place| entered(first_seen, own, place, definition);
    let rank = own.iter().filter_map(|fact| rank(fact, definition)).max();
    let rank = rank.unwrap_or(0);
    let stages = (0..=rank)
        .map(|place| ReachedStage {
            stage: definition.key(place).to_owned(),
            entered_at: entered(place),
            lasted_ms: (place < rank).then(|| entered(place + 1) - entered(place)),
        })
        .collect();
    let stage_at = (rank > 0).then(|| entered(rank));
    (definition.key(rank).to_owned(), stage_at, stages)
}

/// The place of the stage that a fact leads to.
fn rank(fact: &Fact, definition: &Definition) -> Option<usize> {
    fact.reaches(definition)?.rank
}

/// When a visitor of whom these are the facts, in order, entered a stage: at the first fact that leads to it or to a
/// higher one; the first stage, to which nothing leads, when the visitor was first seen.
fn entered(first_seen: i64, own: &[&Fact], place: usize, definition: &Definition) -> i64 {
    own.iter()
        .find(|fact| place > 0 && rank(fact, definition) >= Some(place))
        .map_or(first_seen, |fact| fact.at)
}

fn milestones(first_seen: i64, own: &[&Fact], definition: &Definition) -> Vec<Milestone> {
    let mut reached: Vec<(i64, &str, Option<usize>)> = Vec::new();
    for fact in own {
        if let Some(one) = fact.reaches(definition)
            && reached.iter().all(|(_, name, _)| *name != one.milestone)
        {
            reached.push((fact.at, one.milestone, one.rank));
        }
    }
    reached.sort_unstable();
    let before = |place: usize| place.checked_sub(1).map(|place| reached[place].0);
    let milestones = reached.iter().enumerate();
    milestones
        .map(|(place, (at, name, rank))| Milestone {
            name: (*name).to_owned(),
            at: *at,
            stage: rank.map(|rank| definition.key(rank).to_owned()),
            since_first_ms: at - first_seen,
            since_previous_ms: before(place).map(|before| at - before),
        })
        .collect()
}

/// `own` are the facts of one session, `all` those of its site, both in order.
fn session(own: &[&Fact], all: &[&Fact], bot: bool) -> Option<Session> {
    let (first, last) = (own.first()?, own.last()?);
    let pages = || own.iter().filter(|fact| fact.kind == ItemKind::PageView);
    Some(Session {
        session_id: first.arrival.session_id,
        visitor_id: first.arrival.visitor_id,
        visitor_name: friendly(first.arrival.visitor_id),
        started_at: own.iter().map(|fact| fact.session_start()).min()?,
        last_activity_at: last.at,
        page_views: pages().count() as i64,
        events: own
            .iter()
            .filter(|fact| fact.kind == ItemKind::Event)
            .count() as i64,
        visible_ms: pages()
            .filter_map(|page| most(all, page.id, |ping| ping.visible_ms))
            .sum(),
        entry_url: pages().find_map(|page| page.url.clone()),
        exit_url: pages().rev().find_map(|page| page.url.clone()),
        touch: first.arrival.touch.clone(),
        device: first.arrival.device.clone(),
        ga: ga(own.iter()),
        ip: first.arrival.ip.clone(),
        bot,
        rules: first.arrival.rules,
    })
}

fn entry(fact: &Fact, all: &[&Fact], definition: &Definition) -> Option<Entry> {
    let mut entry = fact.entry(definition)?;
    if fact.kind == ItemKind::PageView {
        entry.visible_ms = most(all, fact.id, |ping| ping.visible_ms);
        entry.scroll_max = most(all, fact.id, |ping| ping.scroll_max);
    }
    Some(entry)
}

/// The most that any ping said of a page view.
fn most(
    all: &[&Fact],
    page_view_id: Uuid,
    figure: impl Fn(&super::fact::Engagement) -> i64,
) -> Option<i64> {
    all.iter()
        .filter(|fact| fact.page_view_id == Some(page_view_id))
        .filter_map(|fact| fact.engagement.as_ref())
        .map(figure)
        .max()
}

fn ga<'f>(mut facts: impl Iterator<Item = &'f &'f Fact>) -> Ga {
    facts
        .find_map(|fact| fact.known_ga())
        .cloned()
        .unwrap_or_default()
}

/// How many items of the tabs' blocks that began from `from` on and before `to` arrived, and how many did not.
pub fn loss<'f>(facts: impl IntoIterator<Item = &'f Fact>, from: i64, to: i64) -> Loss {
    let mut tabs: BTreeMap<Uuid, Vec<&Fact>> = BTreeMap::new();
    for fact in facts {
        if (1..=MOST).contains(&fact.seq) {
            tabs.entry(fact.arrival.tab_id).or_default().push(fact);
        }
    }
    let mut sum = Loss::default();
    for own in tabs.values() {
        let numbers: BTreeSet<i64> = own.iter().map(|fact| fact.seq).collect();
        // Numbers before the block, of blocks of which nothing arrived.
        let mut silent = 0;
        for first in (1..=numbers.last().copied().unwrap_or(0)).step_by(BLOCK as usize) {
            let block = first..first + BLOCK;
            let received = numbers.range(block.clone()).count() as i64;
            if received == 0 {
                silent += BLOCK;
                continue;
            }
            let made = numbers
                .range(first..)
                .next_back()
                .map_or(0, |highest| (highest + 1 - first).min(BLOCK));
            let began = own
                .iter()
                .filter(|fact| fact.dated && block.contains(&fact.seq))
                .map(|fact| fact.at)
                .min();
            if began.is_some_and(|at| (from..to).contains(&at)) {
                sum.received += received;
                sum.missing += made - received;
                if silent <= EMPTY_BLOCKS * BLOCK {
                    sum.missing += silent;
                }
            }
            silent = 0;
        }
    }
    sum
}
