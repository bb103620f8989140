//! Whole paths, as far as they are followed, and how many sessions went each.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::things::Things;
use super::{Asking, Passed, Scratch, Sequence, Thing};
use crate::analytics::quantile::rate;
use crate::analytics::rows::TooMany;
use crate::analytics::scope::Scope;
use crate::columns::{Columns, Visitor};

/// The most sequences that are told apart, on each thread.
const MOST: usize = 1_000_000;

#[derive(Default)]
struct Counted {
    sessions: u64,
    ended: u64,
    visitors: u64,
    /// The last visitor that was counted.
    seen: u32,
}

#[derive(Default)]
struct Gathered {
    all: HashMap<Box<[u32]>, Counted>,
    is_full: bool,
    serial: u32,
    /// Of each session of the visitor that is looked at: how many things there are, and whether nothing follows.
    lengths: Vec<(usize, bool)>,
    /// The things of all of them, each with room for as many as there are places.
    things: Vec<u32>,
}

impl Gathered {
    fn add(
        &mut self,
        scope: &Scope<'_>,
        asking: &Asking,
        things: &Things,
        (visitor, scratch): (Visitor<'_>, &mut Scratch),
    ) {
        let sessions = visitor.sessions().started_at.len();
        self.lengths.clear();
        self.lengths.resize(sessions, (0, false));
        self.things.resize(sessions * asking.depth, 0);
        let (lengths, own) = (&mut self.lengths, &mut self.things);
        let any = asking.walk(
            scope,
            things,
            visitor,
            scratch,
            |session, passed| match passed {
                Passed::On(place, _, thing) => {
                    own[session * asking.depth + place] = thing;
                    lengths[session].0 = place + 1;
                }
                Passed::End(..) => lengths[session].1 = true,
            },
        );
        if !any {
            return;
        }
        self.serial += 1;
        for (session, (length, ended)) in self.lengths.iter().enumerate() {
            if *length == 0 {
                continue;
            }
            let steps = &self.things[session * asking.depth..][..*length];
            if !self.all.contains_key(steps) {
                if self.all.len() >= MOST {
                    self.is_full = true;
                    continue;
                }
                self.all.insert(steps.into(), Counted::default());
            }
            let Some(counted) = self.all.get_mut(steps) else {
                continue;
            };
            counted.sessions += 1;
            counted.ended += u64::from(*ended);
            counted.visitors += u64::from(counted.seen != self.serial);
            counted.seen = self.serial;
        }
    }

    fn join(&mut self, other: Self) {
        self.is_full |= other.is_full;
        for (steps, one) in other.all {
            let all = self.all.entry(steps).or_default();
            all.sessions += one.sessions;
            all.ended += one.ended;
            all.visitors += one.visitors;
        }
    }
}

/// So many of the most frequent sequences, of so many sessions; of those alike the first by what is in them.
pub(super) fn sequences(
    scope: &Scope<'_>,
    asking: &Asking,
    things: &Things,
    (most, sessions): (usize, u64),
) -> Result<Vec<Sequence>, TooMany> {
    let new = || (Gathered::default(), Scratch::default());
    let add = |(gathered, scratch): &mut (Gathered, Scratch), visitor: Visitor<'_>| {
        gathered.add(scope, asking, things, (visitor, scratch));
    };
    let columns = scope.columns;
    let (gathered, _) = columns.fold_visitors(new, add, |all, other| all.0.join(other.0));
    if gathered.is_full {
        return Err(TooMany);
    }
    let mut all: Vec<(Box<[u32]>, Counted)> = gathered.all.into_iter().collect();
    let order = |one: &(Box<[u32]>, Counted), other: &(Box<[u32]>, Counted)| {
        let texts = |steps: &[u32]| -> Vec<_> {
            steps
                .iter()
                .map(|thing| text(things, columns, *thing))
                .collect()
        };
        (Reverse(one.1.sessions).cmp(&Reverse(other.1.sessions)))
            .then_with(|| texts(&one.0).cmp(&texts(&other.0)))
    };
    if all.len() > most {
        all.select_nth_unstable_by(most, order);
        all.truncate(most);
    }
    all.sort_unstable_by(order);
    let told = all.into_iter().map(|(steps, counted)| Sequence {
        steps: steps
            .iter()
            .map(|thing| {
                let (kind, name) = things.name(*thing, columns);
                Thing { kind, name }
            })
            .collect(),
        sessions: counted.sessions,
        rate: rate(counted.sessions, sessions),
        ended: counted.ended,
        visitors: counted.visitors,
    });
    Ok(told.collect())
}

fn text<'c>(things: &Things, columns: &'c Columns, thing: u32) -> (Option<&'c str>, u8) {
    let (kind, word) = things.all[thing as usize];
    (columns.text(word), kind as u8)
}
