//! What destinations are to get of a set of facts: a row for each, written with the facts. Sites without a destination cost
//! a look.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Fact, ItemKind, Known, Stages, Value};
use crate::destinations::HISTORY_MS;
use crate::store::deliveries::State;
use crate::store::destinations::Destination;

/// The rows that a set of facts makes, in the order of their key.
#[derive(Default)]
pub(super) struct Due<'f>(BTreeMap<(i64, Uuid, Uuid), Row<'f>>);

struct Row<'f> {
    fact: &'f Fact,
    milestone: Option<&'f str>,
}

impl<'f> Due<'f> {
    /// Of facts that are new.
    pub(super) fn of(facts: &[&'f Fact], (stages, destinations): Known<'f>) -> Self {
        let mut due = Self::default();
        if !destinations.is_empty() {
            for fact in facts {
                for open in destinations.of(fact.arrival.site_id) {
                    due.add(fact, stages, &open.destination);
                }
            }
        }
        due
    }

    fn add(&mut self, fact: &'f Fact, stages: &'f Stages, destination: &Destination) {
        let Some(name) = fact.name.as_deref() else {
            return;
        };
        let arrival = &fact.arrival;
        if arrival.is_history || arrival.received_at.saturating_sub(fact.at) > HISTORY_MS {
            return;
        }
        let milestone = match fact.kind {
            ItemKind::Milestone => Some(name),
            ItemKind::Event => stages.reached_by_event(fact.arrival.site_id, name),
            _ => return,
        };
        if let Some(milestone) = milestone.filter(|name| destination.wants.milestone(name)) {
            self.insert(fact, destination, Some(milestone));
        }
        if fact.kind == ItemKind::Event && destination.wants.event(name, fact.conversion) {
            self.insert(fact, destination, None);
        }
    }

    fn insert(&mut self, fact: &'f Fact, destination: &Destination, milestone: Option<&'f str>) {
        let id = match milestone {
            Some(milestone) => of_milestone(destination.id, fact.arrival.visitor_id, milestone),
            None => of_item(destination.id, fact.arrival.visitor_id, fact.id),
        };
        self.0
            .entry((destination.site_id, destination.id, id))
            .or_insert(Row { fact, milestone });
    }

    /// Rows for `sql/deliveries/insert.sql`.
    pub(super) fn rows(&self) -> Vec<Value<'f>> {
        self.0
            .iter()
            .flat_map(|((site_id, destination_id, id), row)| -> [Value<'f>; 10] {
                let fact = row.fact;
                [
                    (*site_id).into(),
                    (*destination_id).into(),
                    (*id).into(),
                    fact.arrival.visitor_id.into(),
                    fact.id.into(),
                    row.milestone.into(),
                    fact.arrival.received_at.into(),
                    State::Waiting.as_str().into(),
                    fact.arrival.received_at.into(),
                    0_i64.into(),
                ]
            })
            .collect()
    }
}

/// The id of what tells a destination of a milestone: one for each visitor, whichever item reaches it.
fn of_milestone(destination: Uuid, visitor: Uuid, milestone: &str) -> Uuid {
    derived(&[
        b"milestone",
        destination.as_bytes(),
        visitor.as_bytes(),
        milestone.as_bytes(),
    ])
}

/// The id of what tells a destination of an item. It begins with the item's time, so that rows that are made together stand
/// together.
fn of_item(destination: Uuid, visitor: Uuid, item: Uuid) -> Uuid {
    let id = derived(&[
        b"item",
        destination.as_bytes(),
        visitor.as_bytes(),
        item.as_bytes(),
    ]);
    let mut bytes = id.into_bytes();
    bytes[..6].copy_from_slice(&item.as_bytes()[..6]);
    Uuid::from_bytes(bytes)
}

fn derived(parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
