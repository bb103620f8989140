//! What leads to what: the things that are told by themselves at each place, and the sessions between them.

use std::cmp::Reverse;

use super::things::Things;
use super::{Asking, At, Node, Passed, Paths, Row, Scratch};
use crate::analytics::quantile::rate;
use crate::analytics::scope::Scope;
use crate::columns::{Columns, Visitor};

/// What is told by itself at a place.
pub(super) struct Told {
    things: Vec<u32>,
    /// The place of each thing in `things`, or its length.
    ranks: Vec<u8>,
}

impl Told {
    pub(super) fn of(seen: &[u32], top: usize, columns: &Columns, things: &Things) -> Self {
        let mut all: Vec<u32> = (0..)
            .zip(seen)
            .filter(|(_, seen)| **seen > 0)
            .map(|(thing, _)| thing)
            .collect();
        all.sort_by_cached_key(|thing| {
            let (kind, word) = things.all[*thing as usize];
            (
                Reverse(seen[*thing as usize]),
                columns.text(word).map(str::to_owned),
                kind,
            )
        });
        let others = all.len().min(top);
        #[allow(
            clippy::cast_possible_truncation,
            reason = "at most 50 are told by themselves"
        )]
        let mut ranks = vec![others as u8; seen.len()];
        all.truncate(top);
        for (rank, thing) in (0..).zip(&all) {
            ranks[*thing as usize] = rank;
        }
        Self { things: all, ranks }
    }

    /// Things that are told, and the others.
    fn len(&self) -> usize {
        self.things.len() + 1
    }

    fn name(&self, rank: usize, columns: &Columns, things: &Things) -> (At, Option<String>) {
        match self.things.get(rank) {
            Some(thing) => things.name(*thing, columns),
            None => (At::Others, None),
        }
    }
}

/// How many sessions go from what to what.
pub(super) struct Links {
    /// By place, by what is there, by what is at the next place.
    on: Vec<Vec<Vec<u64>>>,
    /// By place, by what is there: sessions that have it there, and those that end with it.
    there: Vec<Vec<(u64, u64)>>,
}

impl Links {
    fn new(told: &[Told]) -> Self {
        let pairs = told.windows(2);
        Self {
            on: pairs
                .map(|pair| vec![vec![0; pair[1].len()]; pair[0].len()])
                .collect(),
            there: told.iter().map(|told| vec![(0, 0); told.len()]).collect(),
        }
    }

    pub(super) fn count(
        scope: &Scope<'_>,
        asking: &Asking,
        things: &Things,
        told: &[Told],
    ) -> Self {
        let rank = |depth: usize, thing: u32| told[depth].ranks[thing as usize] as usize;
        let new = || (Self::new(told), Scratch::default());
        let add = |(links, scratch): &mut (Self, Scratch), visitor: Visitor<'_>| {
            asking.walk(scope, things, visitor, scratch, |_, passed| match passed {
                Passed::On(depth, before, thing) => {
                    let to = rank(depth, thing);
                    links.there[depth][to].0 += 1;
                    if let Some(before) = before {
                        links.on[depth - 1][rank(depth - 1, before)][to] += 1;
                    }
                }
                Passed::End(depth, thing) => links.there[depth][rank(depth, thing)].1 += 1,
            });
        };
        let (links, _) = scope.columns.fold_visitors(new, add, |all, other| {
            let on = all.0.on.iter_mut().flatten().flatten();
            on.zip(other.0.on.into_iter().flatten().flatten())
                .for_each(|(all, other)| *all += other);
            let there = all.0.there.iter_mut().flatten();
            for (all, other) in there.zip(other.0.there.into_iter().flatten()) {
                all.0 += other.0;
                all.1 += other.1;
            }
        });
        links
    }

    pub(super) fn paths(
        &self,
        columns: &Columns,
        things: &Things,
        told: &[Told],
        sessions: u64,
    ) -> Paths {
        let (mut nodes, mut rows) = (Vec::new(), Vec::new());
        for (depth, there) in self.there.iter().enumerate() {
            let mut links = Vec::new();
            for (rank, (seen, ended)) in there.iter().enumerate() {
                if *seen == 0 {
                    continue;
                }
                let (kind, name) = told[depth].name(rank, columns, things);
                let mut link = |to_kind, to, sessions: u64| {
                    links.push(Row {
                        depth,
                        from_kind: kind,
                        from: name.clone(),
                        to_kind,
                        to,
                        sessions,
                        rate: rate(sessions, *seen),
                    });
                };
                if let Some(on) = self.on.get(depth) {
                    for (to, sessions) in on[rank].iter().enumerate() {
                        let (to_kind, to) = told[depth + 1].name(to, columns, things);
                        link(to_kind, to, *sessions);
                    }
                }
                link(At::End, None, *ended);
                nodes.push(Node {
                    depth,
                    kind,
                    name,
                    sessions: *seen,
                    rate: rate(*seen, sessions),
                    ended: *ended,
                });
            }
            links.retain(|link| link.sessions > 0);
            links.sort_by_key(|link| Reverse(link.sessions));
            rows.append(&mut links);
        }
        Paths {
            rows,
            nodes,
            sessions,
            sequences: None,
        }
    }
}
