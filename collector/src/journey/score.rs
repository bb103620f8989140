//! How engaged somebody is: a number between 0 and 1 with the parts that it is made of.
//!
//! An [`Occasion`] is a session, or an interaction in which the person took part. The score of a moment is a pure function
//! of the occasions of the window before it, as the site's [`Scale`] measures, so it decays as time goes by without anything being written, and the
//! score of a moment in the past can be had the same way. What it means is told in `docs/scores.md`; what follows from it
//! is [`super::insights`]'s.

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::person::PersonVisitor;
use super::scale::Scale;

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;
/// What servers tell of their own doing. Without a word that it came from the person, it says nothing of the person.
const ONE_SIDED: [&str; 5] = ["delivered", "missed", "sent", "shown", "voicemail"];
/// What did not come about, or ends something.
const NOTHING: [&str; 7] = [
    "bounced",
    "canceled",
    "deferred",
    "dropped",
    "failed",
    "no_show",
    "unsubscribed",
];

/// What an occasion, or another thing that is pointed at, is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// A session.
    Session,
    /// An interaction.
    Interaction,
    /// A page view.
    PageView,
}

/// A session, or an interaction in which the person took part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// Which of the two.
    pub kind: RecordKind,
    /// Its id.
    pub id: Uuid,
    /// When it began.
    pub began: i64,
    /// Its latest activity.
    pub last: i64,
    /// The session's channel group or the interaction's channel.
    pub channel: Option<String>,
}

/// Somebody's occasions, as many as are known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Occasions {
    /// By their beginning, the earliest first.
    known: Vec<Occasion>,
    /// Before this moment there may be more.
    whole_since: Option<i64>,
    scale: Scale,
}

/// How engaged somebody is at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EngagementScore {
    /// The moment.
    pub computed_at: i64,
    /// Days before that moment from which occasions count.
    pub window_days: i64,
    /// The sum of the parts, each times its weight: from 0 to 1. Null where nothing is known.
    pub score: Option<f64>,
    /// What it is made of.
    pub parts: Option<Parts>,
    /// The score one window earlier; null where nothing is known of that time, or not all.
    pub previous_score: Option<f64>,
}

/// What a score is made of.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Parts {
    /// From 1 at the moment of the last activity to 0 a window later.
    pub recency: Recency,
    /// Sessions and interactions, 1 from ten on.
    pub frequency: Frequency,
    /// Distinct channels, 1 from five on.
    pub channels: Diversity,
}

/// How long ago somebody was there.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Recency {
    /// From 0 to 1.
    pub value: f64,
    /// How much it counts.
    pub weight: f64,
    /// The latest activity of an occasion.
    pub last_at: i64,
}

/// How often somebody was there.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Frequency {
    /// From 0 to 1.
    pub value: f64,
    /// How much it counts.
    pub weight: f64,
    /// Sessions that began within the window.
    pub sessions: i64,
    /// Interactions within the window in which the person took part.
    pub interactions: i64,
}

/// By how many ways somebody came.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Diversity {
    /// From 0 to 1.
    pub value: f64,
    /// How much it counts.
    pub weight: f64,
    /// The channels of the occasions within the window, in lower case.
    pub names: Vec<String>,
}

impl Occasion {
    /// This session as one of a person on a browser. On one that others used too it is the person's only while they were
    /// there.
    pub fn on(mut self, visitor_id: Uuid, visitors: &[PersonVisitor]) -> Self {
        let own = visitors
            .iter()
            .find(|visitor| visitor.shared && visitor.visitor_id == visitor_id);
        if let Some(own) = own {
            self.began = self.began.max(own.first_seen);
            self.last = self.last.min(own.last_seen);
        }
        self
    }

    /// Whether the person took part in an interaction, as far as its kind and direction tell.
    pub fn takes_part(kind: &str, direction: Option<&str>) -> bool {
        !NOTHING.contains(&kind) && (direction == Some("in") || !ONE_SIDED.contains(&kind))
    }
}

impl Occasions {
    /// These. Of a list that was cut, `whole_since` says from which moment on it is whole.
    pub fn of(mut known: Vec<Occasion>, whole_since: Option<i64>) -> Self {
        known.sort_by_key(|one| (one.began, one.kind, one.id));
        Self {
            known,
            whole_since,
            scale: Scale::default(),
        }
    }

    /// The same, measured otherwise.
    pub fn measured(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// How they are measured.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// From which moment on all are known; `None` where none is missing.
    pub fn whole_since(&self) -> Option<i64> {
        self.whole_since
    }

    /// All that are known, the earliest first.
    pub fn all(&self) -> &[Occasion] {
        &self.known
    }

    /// Those that began within the window before a moment.
    pub fn within_window(&self, as_of: i64) -> impl Iterator<Item = &Occasion> {
        let window = as_of - self.scale.window_ms() + 1..=as_of;
        self.known
            .iter()
            .filter(move |one| window.contains(&one.began))
    }

    /// The latest activity up to a moment. Whoever is there at the moment was there last then.
    pub fn last_at(&self, as_of: i64) -> Option<i64> {
        let begun = self.known.iter().filter(|one| one.began <= as_of);
        begun.map(|one| one.last.max(one.began).min(as_of)).max()
    }

    /// Whether all that a score of this moment is made of is known.
    pub(super) fn are_whole_at(&self, as_of: i64) -> bool {
        let begins = as_of - self.scale.window_ms();
        self.whole_since.is_none_or(|since| since <= begins)
    }

    /// The score at a moment, and the one before.
    pub fn score(&self, as_of: i64) -> EngagementScore {
        let parts = self.parts(as_of);
        let before = as_of - self.scale.window_ms();
        EngagementScore {
            computed_at: as_of,
            window_days: self.scale.window_days,
            score: parts.as_ref().map(Parts::sum),
            parts,
            previous_score: self.value(before).filter(|_| self.are_whole_at(before)),
        }
    }

    /// The score at a moment alone.
    pub fn value(&self, as_of: i64) -> Option<f64> {
        self.parts(as_of).as_ref().map(Parts::sum)
    }

    /// The score at a moment without what recency takes from everybody alike as time goes by, in millionths, so that people
    /// keep their order. [`Scale::score_of`] leads back.
    pub fn standing(&self, as_of: i64) -> Option<i64> {
        let parts = self.parts(as_of)?;
        let rest = parts.frequency.value * parts.frequency.weight
            + parts.channels.value * parts.channels.weight;
        Some((rest * 1_000_000.0).round() as i64 + self.scale.of_recency(parts.recency.last_at))
    }

    /// When the next of the occasions that count leaves the window, if nothing else happens.
    pub fn next_leaves(&self, as_of: i64) -> Option<i64> {
        let within = self.within_window(as_of);
        within.map(|one| one.began + self.scale.window_ms()).min()
    }

    fn parts(&self, as_of: i64) -> Option<Parts> {
        let last_at = self.last_at(as_of)?;
        let count = |kind| {
            let own = self.within_window(as_of).filter(|one| one.kind == kind);
            own.count() as i64
        };
        let (sessions, interactions) = (count(RecordKind::Session), count(RecordKind::Interaction));
        let names: BTreeSet<String> = self
            .within_window(as_of)
            .filter_map(|one| one.channel.as_ref().map(|name| name.to_lowercase()))
            .collect();
        let silence = (as_of - last_at) as f64 / self.scale.window_ms() as f64;
        let full = |count: i64, full: i64| (count as f64 / full as f64).min(1.0);
        Some(Parts {
            recency: Recency {
                value: (1.0 - silence).max(0.0),
                weight: self.scale.recency(),
                last_at,
            },
            frequency: Frequency {
                value: full(sessions + interactions, self.scale.full_occasions),
                weight: self.scale.frequency(),
                sessions,
                interactions,
            },
            channels: Diversity {
                value: full(names.len() as i64, self.scale.full_channels),
                weight: self.scale.channels(),
                names: names.into_iter().collect(),
            },
        })
    }
}

impl Parts {
    /// The score. Rounding does not lead past 1.
    fn sum(&self) -> f64 {
        let weighed = self.recency.value * self.recency.weight
            + self.frequency.value * self.frequency.weight
            + self.channels.value * self.channels.weight;
        weighed.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    fn session(id: u128, ago: i64, lasted: i64, channel: Option<&str>) -> Occasion {
        Occasion {
            kind: RecordKind::Session,
            id: Uuid::from_u128(id),
            began: NOW - ago,
            last: NOW - ago + lasted,
            channel: channel.map(str::to_owned),
        }
    }

    fn at_now(known: Vec<Occasion>) -> EngagementScore {
        Occasions::of(known, None).score(NOW)
    }

    fn any_occasion() -> impl Strategy<Value = Occasion> {
        (
            any::<bool>(),
            any::<u128>(),
            -5 * DAY_MS..120 * DAY_MS,
            0..DAY_MS,
            proptest::option::of(0..8_u8),
        )
            .prop_map(|(is_session, id, ago, lasted, channel)| Occasion {
                kind: if is_session {
                    RecordKind::Session
                } else {
                    RecordKind::Interaction
                },
                channel: channel.map(|channel| format!("Channel {channel}")),
                ..session(id, ago, if is_session { lasted } else { 0 }, None)
            })
    }

    fn any_occasions() -> impl Strategy<Value = Vec<Occasion>> {
        proptest::collection::vec(any_occasion(), 0..20)
    }

    #[test]
    fn a_score_is_made_of_its_parts() {
        let mut call = session(3, 20 * DAY_MS, 0, Some("call"));
        call.kind = RecordKind::Interaction;
        let score = at_now(vec![
            session(1, 15 * DAY_MS, 0, Some("Email")),
            session(2, 16 * DAY_MS, 0, Some("email")),
            call,
            session(4, 40 * DAY_MS, 0, Some("Paid Search")),
        ]);
        let parts = score.parts.as_ref().unwrap();
        assert!(close(parts.recency.value, 0.5));
        assert_eq!(parts.recency.last_at, NOW - 15 * DAY_MS);
        assert_eq!(
            (parts.frequency.sessions, parts.frequency.interactions),
            (2, 1)
        );
        assert!(close(parts.frequency.value, 0.3));
        assert_eq!(parts.channels.names, ["call", "email"]);
        assert!(close(
            score.score.unwrap(),
            0.4 * 0.5 + 0.4 * 0.3 + 0.2 * 0.4
        ));
        // A window earlier there was the one session, ten days before.
        let before = 0.4 * (20.0 / 30.0) + 0.4 * 0.1 + 0.2 * 0.2;
        assert!(close(score.previous_score.unwrap(), before));
    }

    #[test]
    fn of_nothing_there_is_no_score() {
        let score = at_now(Vec::new());
        assert_eq!(
            (score.score, score.parts, score.previous_score),
            (None, None, None)
        );
        // What is to come says nothing yet.
        assert_eq!(at_now(vec![session(1, -DAY_MS, 0, None)]).score, None);
        // Who was there long ago is known, and not engaged.
        assert_eq!(
            at_now(vec![session(1, 31 * DAY_MS, 0, None)]).score,
            Some(0.0)
        );
    }

    #[test]
    fn of_a_time_that_is_not_known_whole_there_is_no_score() {
        let known = vec![session(1, 35 * DAY_MS, 0, None), session(2, 0, 0, None)];
        let cut = |since| Occasions::of(known.clone(), since).score(NOW);
        assert_eq!(cut(Some(NOW - 59 * DAY_MS)).previous_score, None);
        assert!(cut(Some(NOW - 60 * DAY_MS)).previous_score.is_some());
        assert!(cut(Some(NOW)).score.is_some());
    }

    #[test]
    fn what_a_server_does_alone_says_nothing_of_the_person() {
        for (kind, direction, counts) in [
            ("sent", Some("out"), false),
            ("sent", None, false),
            ("sent", Some("in"), true),
            ("opened", Some("out"), true),
            ("answered", None, true),
            ("missed", Some("out"), false),
            ("missed", Some("in"), true),
            ("bounced", Some("in"), false),
            ("unsubscribed", None, false),
        ] {
            assert_eq!(
                Occasion::takes_part(kind, direction),
                counts,
                "{kind} {direction:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_score_is_between_nothing_and_one(known in any_occasions()) {
            let score = at_now(known);
            prop_assert_eq!(score.score.is_some(), score.parts.is_some());
            for score in score.score.into_iter().chain(score.previous_score) {
                prop_assert!((0.0..=1.0).contains(&score));
            }
            if let Some(parts) = score.parts {
                for part in [parts.recency.value, parts.frequency.value, parts.channels.value] {
                    prop_assert!((0.0..=1.0).contains(&part));
                }
            }
        }

        #[test]
        fn the_order_makes_no_difference(known in any_occasions()) {
            let turned = known.iter().rev().cloned().collect();
            prop_assert_eq!(at_now(known), at_now(turned));
        }

        #[test]
        fn another_occasion_takes_nothing_away(known in any_occasions(), one in any_occasion()) {
            let before = at_now(known.clone());
            let after = at_now(known.into_iter().chain([one]).collect());
            prop_assert!(before.score <= after.score);
            if let (Some(before), Some(after)) = (before.parts, after.parts) {
                prop_assert!(before.recency.value <= after.recency.value);
                prop_assert!(before.frequency.value <= after.frequency.value);
                prop_assert!(before.channels.value <= after.channels.value);
            }
        }

        /// A standing leads back to the score until the next occasion leaves the window, and keeps people in their order.
        #[test]
        fn a_standing_is_a_score_of_any_moment(
            known in any_occasions(),
            other in any_occasions(),
            share in 0.0..1.0_f64,
        ) {
            let past = |all: Vec<Occasion>| {
                Occasions::of(all.into_iter().filter(|one| one.last <= NOW).collect(), None)
            };
            let (known, other) = (past(known), past(other));
            let leaves = |of: &Occasions| of.next_leaves(NOW).unwrap_or(NOW + 30 * DAY_MS);
            let until = leaves(&known).min(leaves(&other)) - NOW - 1;
            let later = NOW + (until as f64 * share) as i64;
            let scale = known.scale();
            for of in [&known, &other] {
                prop_assert_eq!(of.standing(NOW).is_some(), of.value(NOW).is_some());
                if let (Some(standing), Some(score)) = (of.standing(NOW), of.value(later)) {
                    prop_assert!((scale.score_of(standing, later) - score).abs() < 3e-6);
                    let least = scale.standing_of(score, later);
                    prop_assert!(score == 0.0 || (least - standing).abs() <= 3);
                }
            }
            if let (Some(one), Some(two)) = (known.standing(NOW), other.standing(NOW))
                && one > two + 3
            {
                prop_assert!(known.value(later) >= other.value(later));
            }
        }

        #[test]
        fn a_score_decays_without_occasions(known in any_occasions(), days in 0..40_i64) {
            let known: Vec<Occasion> = known.into_iter().filter(|one| one.last <= NOW).collect();
            let occasions = Occasions::of(known, None);
            let later = NOW + days * DAY_MS;
            let score = |at| occasions.score(at);
            prop_assert!(score(later).score <= score(NOW).score);
            // Then as now: the score of a moment does not depend on when it is asked for.
            let month = NOW + 30 * DAY_MS;
            prop_assert_eq!(score(month).previous_score, score(NOW).score);
        }
    }
}
