//! What may stand at a place of a path: pages, events and milestones, by number.

use super::{At, Of};
use crate::analytics::scope::Scope;
use crate::analytics::steps::Kind;
use crate::columns::{Columns, Events, Visitor, Word};
use crate::journey::EntryKind;

/// Every thing that may stand at a place, by number.
pub(super) struct Things {
    /// What each is.
    pub(super) all: Vec<(Kind, Word)>,
    by_page: Vec<u32>,
    by_event: Vec<u32>,
    by_milestone: Vec<u32>,
}

pub(super) const NO_THING: u32 = u32::MAX;

impl Things {
    /// What a thing is called: its kind, and its path or name.
    pub(super) fn name(&self, thing: u32, columns: &Columns) -> (At, Option<String>) {
        let (kind, word) = self.all[thing as usize];
        let at = match kind {
            Kind::Page => At::Page,
            Kind::Event => At::Event,
            Kind::Milestone => At::Milestone,
        };
        (at, columns.text(word).map(str::to_owned))
    }

    /// Of pages, and of names where they may stand anywhere.
    pub(super) fn of(scope: &Scope<'_>, has_names: bool) -> Self {
        let columns = scope.columns;
        let words = columns.words().len();
        let mut all = Vec::new();
        let mut add = |thing| {
            all.push(thing);
            u32::try_from(all.len() - 1).unwrap_or(NO_THING)
        };
        let mut by_path = vec![NO_THING; words];
        let by_page = columns.pages().iter();
        let by_page = by_page.map(|page| {
            let known = &mut by_path[page.path as usize];
            if *known == NO_THING {
                *known = add((Kind::Page, page.path));
            }
            *known
        });
        let by_page = by_page.collect();
        let mark = |named: &mut [Vec<bool>; 2], visitor: Visitor<'_>| {
            if !has_names || !is_there(scope, visitor) {
                return;
            }
            let events = visitor.events();
            for (kind, name) in events.kind.iter().zip(events.name) {
                match kind {
                    EntryKind::Event => named[0][*name as usize] = true,
                    EntryKind::Milestone => named[1][*name as usize] = true,
                    _ => {}
                }
            }
        };
        let new = || [vec![false; words], vec![false; words]];
        let named = columns.fold_visitors(new, mark, |all, other| {
            for (all, other) in all.iter_mut().zip(other) {
                all.iter_mut()
                    .zip(other)
                    .for_each(|(all, other)| *all |= other);
            }
        });
        let mut by_name = |kind, named: &[bool]| {
            let numbered = (0..).zip(named);
            numbered
                .map(|(word, is_named)| {
                    if *is_named {
                        add((kind, word))
                    } else {
                        NO_THING
                    }
                })
                .collect()
        };
        Self {
            by_page,
            by_event: by_name(Kind::Event, &named[0]),
            by_milestone: by_name(Kind::Milestone, &named[1]),
            all,
        }
    }

    /// What an item is, and whether paths are of its like.
    pub(super) fn at(&self, of: Of, events: &Events<'_>, place: usize) -> Option<(u32, bool)> {
        let (thing, follows) = match events.kind[place] {
            EntryKind::PageView => (self.by_page[events.page[place] as usize], of != Of::Events),
            EntryKind::Event => (self.by_event[events.name[place] as usize], of != Of::Pages),
            EntryKind::Milestone => (
                self.by_milestone[events.name[place] as usize],
                of != Of::Pages,
            ),
            _ => return None,
        };
        Some((thing, follows))
    }
}

/// Whether a visitor may have a session that counts.
pub(super) fn is_there(scope: &Scope<'_>, visitor: Visitor<'_>) -> bool {
    visitor.last_at() >= scope.span.begin
}
