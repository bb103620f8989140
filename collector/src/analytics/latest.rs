//! The latest events of a name, for what only their rows tell.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use uuid::Uuid;

use super::scope::{Sample, Scope};
use crate::columns::{Visitor, Word};
use crate::journey::EntryKind;

/// Events of a name: how many there are, and who had the latest of them when.
#[derive(Debug, Default)]
pub struct Latest {
    /// Moments and visitors, the latest first; of those at one moment, the greater ids.
    pub moments: Vec<(i64, Uuid)>,
    /// How much all of them are.
    pub sample: Sample,
}

#[derive(Default)]
struct Gathered {
    /// The earliest on top.
    heap: BinaryHeap<Reverse<(i64, Uuid)>>,
    sample: Sample,
    counts: Vec<bool>,
}

impl Gathered {
    fn add(&mut self, moment: (i64, Uuid), most: usize) {
        if self.heap.len() < most {
            self.heap.push(Reverse(moment));
        } else if self.heap.peek().is_some_and(|least| least.0 < moment) {
            self.heap.pop();
            self.heap.push(Reverse(moment));
        }
    }
}

/// The latest events of a name in the scope's time, at most so many.
pub fn latest(scope: &Scope<'_>, name: Word, most: usize) -> Latest {
    let add = |all: &mut Gathered, visitor: Visitor<'_>| {
        let mut counts = std::mem::take(&mut all.counts);
        if scope.reach(visitor, &mut counts).is_some() {
            add(all, scope, visitor, &counts, (name, most));
        }
        all.counts = counts;
    };
    let columns = scope.columns;
    let all = columns.fold_visitors(Gathered::default, add, |all, other| {
        for Reverse(moment) in other.heap {
            all.add(moment, most);
        }
        all.sample.add(other.sample);
    });
    let mut moments: Vec<(i64, Uuid)> = all.heap.into_iter().map(|one| one.0).collect();
    moments.sort_unstable_by(|one, other| other.cmp(one));
    Latest {
        moments,
        sample: all.sample,
    }
}

fn add(
    all: &mut Gathered,
    scope: &Scope<'_>,
    visitor: Visitor<'_>,
    counts: &[bool],
    (name, most): (Word, usize),
) {
    let events = visitor.events();
    let mut found = 0;
    let mut sessions: Vec<u32> = Vec::new();
    for place in 0..events.at.len() {
        let session = events.session[place];
        let is_meant = events.name[place] == name && events.kind[place] == EntryKind::Event;
        if is_meant
            && scope.span.has(events.at[place])
            && counts.get(session as usize).copied().unwrap_or(false)
            && scope.filters.item(scope.columns, &events, place)
        {
            found += 1;
            if !sessions.contains(&session) {
                sessions.push(session);
            }
            all.add((events.at[place], visitor.id()), most);
        }
    }
    all.sample.items += found;
    all.sample.people += u64::from(found > 0);
    all.sample.sessions += sessions.len() as u64;
}
