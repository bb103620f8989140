//! How far a journey has come: its milestones and stages, from the first times that are stored.
//!
//! A stage is entered when the first milestone of it or of a higher one is reached, and the first stage when the visitor
//! is first seen; it lasts until the next stage that was reached is entered. A stage that was passed over lasted no time.

use std::collections::BTreeMap;

use super::model::{Milestone, ReachedStage};
use super::stages::Definition;

/// The part of a journey that a definition decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) rank: usize,
    pub(crate) stage_at: Option<i64>,
    pub(crate) stages: Vec<ReachedStage>,
    pub(crate) milestones: Vec<Milestone>,
}

/// The first times of a visitor: of milestones that were sent, and of events that may reach one.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Firsts {
    pub(crate) milestones: Vec<(String, i64)>,
    pub(crate) events: Vec<(String, i64)>,
}

impl Firsts {
    /// The first time of each milestone that they come to, sent or reached by an event.
    pub(crate) fn reached<'f>(&'f self, definition: &'f Definition) -> BTreeMap<&'f str, i64> {
        let sent = self
            .milestones
            .iter()
            .map(|(name, at)| (name.as_str(), *at));
        let by_event = self.events.iter().filter_map(|(name, at)| {
            let reached = definition.reached_by_event(name)?;
            Some((reached.milestone, *at))
        });
        let mut first = BTreeMap::new();
        for (name, at) in sent.chain(by_event) {
            let kept = first.entry(name).or_insert(at);
            *kept = at.min(*kept);
        }
        first
    }

    /// The place of the highest stage that they come to.
    pub(crate) fn rank(&self, definition: &Definition) -> usize {
        let reached = self.reached(definition);
        let ranks = reached
            .keys()
            .filter_map(|name| definition.rank_of_milestone(name));
        ranks.max().unwrap_or(0)
    }
}

impl Progress {
    /// Of a visitor who was first seen at `first_seen`.
    pub(crate) fn of(definition: &Definition, first_seen: i64, firsts: &Firsts) -> Self {
        let reached = firsts.reached(definition);
        // When the first milestone of each stage was reached.
        let mut own: BTreeMap<usize, i64> = BTreeMap::new();
        for (name, at) in &reached {
            if let Some(rank) = definition.rank_of_milestone(name) {
                let first = own.entry(rank).or_insert(*at);
                *first = (*first).min(*at);
            }
        }
        let rank = own.keys().next_back().copied().unwrap_or(0);
        let entered = |rank: usize| match rank {
            0 => Some(first_seen),
            rank => own.range(rank..).map(|(_, at)| *at).min(),
        };
        let stages = (0..=rank)
            .filter_map(|place| {
                let entered_at = entered(place)?;
                let left_at = (place < rank).then(|| entered(place + 1)).flatten();
                Some(ReachedStage {
                    stage: definition.key(place).to_owned(),
                    entered_at,
                    lasted_ms: left_at.map(|left_at| left_at - entered_at),
                })
            })
            .collect();
        Self {
            rank,
            stage_at: (rank > 0).then(|| entered(rank)).flatten(),
            stages,
            milestones: milestones(definition, first_seen, &reached),
        }
    }
}

fn milestones(
    definition: &Definition,
    first_seen: i64,
    reached: &BTreeMap<&str, i64>,
) -> Vec<Milestone> {
    let mut ordered: Vec<(i64, &str)> = reached.iter().map(|(name, at)| (*at, *name)).collect();
    ordered.sort_unstable();
    let mut previous = None;
    ordered
        .into_iter()
        .map(|(at, name)| Milestone {
            name: name.to_owned(),
            at,
            stage: definition
                .rank_of_milestone(name)
                .map(|rank| definition.key(rank).to_owned()),
            since_first_ms: at - first_seen,
            since_previous_ms: previous.replace(at).map(|before: i64| at - before),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(reached: &[(&str, i64)]) -> Progress {
        let firsts = Firsts {
            milestones: reached
                .iter()
                .map(|(n, at)| ((*n).to_owned(), *at))
                .collect(),
            events: vec![("signup_at".to_owned(), 1)],
        };
        Progress::of(&Definition::standard(), 100, &firsts)
    }

    fn stages(progress: &Progress) -> Vec<(&str, i64, Option<i64>)> {
        let all = progress.stages.iter();
        all.map(|s| (s.stage.as_str(), s.entered_at, s.lasted_ms))
            .collect()
    }

    #[test]
    fn nobody_has_come_further_than_the_first_stage_at_first() {
        let none = progress(&[("x", 150)]);
        assert_eq!(stages(&none), [("anonymous", 100, None)]);
        assert_eq!((none.rank, none.stage_at), (0, None));
        assert_eq!(none.milestones[0].since_first_ms, 50);
    }

    #[test]
    fn a_stage_lasts_until_the_next_one_is_entered() {
        let all = progress(&[
            ("fee_agreement_at", 400),
            ("nda_signed_at", 300),
            ("signup_at", 110),
            ("first_connection_at", 900),
        ]);
        assert_eq!(
            stages(&all),
            [
                ("anonymous", 100, Some(10)),
                ("registered", 110, Some(190)),
                ("qualified", 300, Some(600)),
                ("converted", 900, None)
            ]
        );
        assert_eq!(all.stage_at, Some(900));
        let gaps: Vec<_> = all
            .milestones
            .iter()
            .map(|m| (m.since_first_ms, m.since_previous_ms))
            .collect();
        assert_eq!(
            gaps,
            [
                (10, None),
                (200, Some(190)),
                (300, Some(100)),
                (800, Some(500))
            ]
        );
    }

    #[test]
    fn one_that_was_passed_over_took_no_time_and_a_late_milestone_takes_nothing_back() {
        let skipped = [
            ("anonymous", 100, Some(100)),
            ("registered", 200, Some(0)),
            ("qualified", 200, None),
        ];
        assert_eq!(stages(&progress(&[("nda_signed_at", 200)])), skipped);
        let late = progress(&[("nda_signed_at", 200), ("signup_at", 250)]);
        assert_eq!(stages(&late), skipped);
        assert_eq!(late.rank, 2);
    }
}
