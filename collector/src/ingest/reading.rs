//! From an envelope to facts: what is good of a batch, and an answer for every item.

use std::sync::Arc;

use uuid::Uuid;
use waymark_protocol::{ItemAnswer, ItemKind, Reason, Status};

use super::clock::Clock;
use super::envelope::{Envelope, Refused};
use super::{Received, context, item};
use crate::catalogue::Catalogue;
use crate::journey::Fact;
use crate::outcome::{Fault, Outcome};
use crate::store::sites::Site;

/// A batch that has been read.
#[derive(Debug, Default)]
pub struct Reading {
    /// The items that can be stored, in the batch's order.
    pub facts: Vec<Fact>,
    /// A line for every item, final for those that were dropped.
    pub answers: Answers,
}

/// The answer in the making.
#[derive(Debug, Default)]
pub struct Answers {
    lines: Vec<ItemAnswer>,
    /// Which line belongs to each fact.
    open: Vec<usize>,
}

/// Reads the inside of a batch for the site that its key belongs to.
///
/// # Errors
/// [`Refused`] if the context lacks what every item needs.
pub fn read(site: &Site, envelope: &Envelope<'_>, received: &Received) -> Result<Reading, Refused> {
    let clock = Clock::new(envelope.sent_at, received.at_ms);
    let mut left_out = Vec::new();
    let arrival = Arc::new(context::read(
        site,
        envelope.context,
        clock,
        received,
        &mut left_out,
    )?);
    let mut facts = Vec::with_capacity(envelope.items.len());
    let mut answers = Answers::default();
    for (index, raw) in envelope.items.iter().enumerate() {
        // What the context lost, every item of the batch lost.
        let mut ignored = left_out.clone();
        match item::read(raw, index, &arrival, clock, received.protocol, &mut ignored) {
            Ok(fact) => {
                answers.open(fact.id, ignored);
                facts.push(fact);
            }
            Err(bad) => answers.drop(bad.id, bad.fault),
        }
    }
    Ok(Reading { facts, answers })
}

/// The line of an item of which nothing has become yet.
fn open(id: Uuid, ignored: Vec<String>) -> ItemAnswer {
    ItemAnswer {
        id: Some(id),
        status: Status::Retry,
        reason: None,
        field: None,
        limit: None,
        ignored,
        flagged: Vec::new(),
    }
}

/// The line of an item that will not be stored.
fn dropped(id: Option<Uuid>, fault: Fault) -> ItemAnswer {
    let mut line = ItemAnswer {
        id,
        status: Status::Dropped,
        reason: None,
        field: None,
        limit: None,
        ignored: Vec::new(),
        flagged: Vec::new(),
    };
    Outcome::Dropped(fault).write(&mut line);
    line
}

impl Reading {
    /// Of facts that were no items of a batch, a line for each.
    pub(super) fn of_facts(facts: Vec<Fact>) -> Self {
        let lines = facts.iter().map(|fact| open(fact.id, Vec::new()));
        let answers = Answers {
            lines: lines.collect(),
            open: (0..facts.len()).collect(),
        };
        Self { facts, answers }
    }

    /// Reads what came beside others: where the context lacks what every item needs, that costs these items alone.
    pub(crate) fn of_part(site: &Site, envelope: &Envelope<'_>, received: &Received) -> Self {
        read(site, envelope, received).unwrap_or_else(|refused| {
            let fault = Fault {
                reason: match refused.limit {
                    Some(_) => Reason::TooLarge,
                    None => Reason::InvalidField,
                },
                field: refused.field,
                limit: refused.limit.and_then(|limit| u64::try_from(limit).ok()),
            };
            let lines = envelope.items.iter();
            let lines = lines.map(|raw| dropped(item::id(raw), fault.clone()));
            Self {
                facts: Vec::new(),
                answers: Answers {
                    lines: lines.collect(),
                    open: Vec::new(),
                },
            }
        })
    }

    /// Adds another reading's items behind these.
    pub(super) fn append(&mut self, mut other: Self) {
        let before = self.answers.lines.len();
        let open = other.answers.open.iter().map(|index| before + index);
        self.answers.open.extend(open);
        self.answers.lines.append(&mut other.answers.lines);
        self.facts.append(&mut other.facts);
    }

    /// Holds the events against the site's catalogue: what it finds wrong is noted in the item's line, or dropped.
    pub(super) fn judge(&mut self, catalogue: &Catalogue) {
        let lines = &mut self.answers.lines;
        let mut open = self.answers.open.iter();
        let mut good = Vec::with_capacity(self.facts.len());
        self.facts.retain_mut(|fact| {
            let Some(&index) = open.next() else {
                return true;
            };
            let finding = match (fact.kind, fact.name.as_deref()) {
                (ItemKind::Event, Some(name)) => catalogue.judge(name, fact.props.as_deref()),
                _ => None,
            };
            match finding {
                Some(found) if catalogue.rejects() => {
                    let fault = Fault::of(found.problem.reason(), found.field);
                    Outcome::Dropped(fault).write(&mut lines[index]);
                    return false;
                }
                Some(found) => {
                    lines[index].flagged.push(found.field.clone());
                    fact.finding = Some(Box::new(found));
                }
                None => {}
            }
            good.push(index);
            true
        });
        self.answers.open = good;
    }
}

impl Answers {
    /// Adds the line of an item of which the rest will be known once it is stored.
    pub(super) fn open(&mut self, id: Uuid, ignored: Vec<String>) {
        self.open.push(self.lines.len());
        self.lines.push(open(id, ignored));
    }

    /// Adds the line of an item that will not be stored.
    pub(super) fn drop(&mut self, id: Option<Uuid>, fault: Fault) {
        self.lines.push(dropped(id, fault));
    }

    /// Writes down what became of the facts, in their order.
    pub(super) fn settle(&mut self, outcomes: Vec<Outcome>) {
        for (index, outcome) in self.open.drain(..).zip(outcomes) {
            outcome.write(&mut self.lines[index]);
        }
    }

    /// The lines as they are now.
    pub(super) fn lines(&self) -> &[ItemAnswer] {
        &self.lines
    }

    /// The lines, in the batch's order.
    pub(crate) fn into_results(self) -> Vec<ItemAnswer> {
        self.lines
    }
}
