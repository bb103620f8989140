//! When insights held: the times at which each rule's condition began and ended to be met, from all that is known of somebody.
//!
//! A rule looks at a moment, and what it finds changes only where something begins, ends or leaves the window; between two such
//! moments a score can only fall. So the whole history is a pure function of the set of occasions, whatever the order in which
//! they were told and whenever it is asked for. It also says what is to come if nothing more happens: that somebody will have
//! gone quiet, and until when a score stays high.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::rules::{Finding, QUIET_DAYS, RETURN_DAYS, RULES, Rule};
use super::{Insight, Seen, insights};
use crate::journey::score::{DAY_MS, Occasions, RecordKind};

/// Occasions that a history looks at; of more, the latest. What held when the earliest of them began is told from then on.
const MOST_OCCASIONS: usize = 200;

/// All that is known of somebody, of every moment.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// When they were there.
    pub occasions: Occasions,
    /// Sessions ever.
    pub total_sessions: i64,
    /// When they ordered first.
    pub first_order: Option<i64>,
    /// When they reached the site's last stage.
    pub converted_at: Option<i64>,
    /// Views of the prices: time and id, the latest first.
    pub price_views: Vec<(i64, Uuid)>,
}

/// A time in which an insight holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Spell {
    /// The insight as it was when it was found.
    pub insight: Insight,
    /// The first moment in which it holds.
    pub found_at: i64,
    /// The first moment in which it does not any more, if nothing else happens.
    pub ended_at: i64,
}

impl Known {
    /// What the rules find at a moment.
    pub fn insights(&self, now: i64) -> Vec<Insight> {
        self.look(now, insights)
    }

    /// The times in which each rule finds something, by beginning and then by rule.
    pub fn spells(&self) -> Vec<Spell> {
        let moments: Vec<i64> = self.moments().into_iter().collect();
        let mut spells = Vec::new();
        for rule in &RULES {
            let mut open: Option<(Insight, i64)> = None;
            for (place, from) in moments.iter().enumerate() {
                // After the last moment nothing holds: every rule asks for something of late.
                let next = moments.get(place + 1).copied().unwrap_or(from + 1);
                let Some(finding) = self.find(rule, *from) else {
                    spells.extend(open.take().map(|open| spell(open, *from)));
                    continue;
                };
                open.get_or_insert_with(|| (rule.insight(finding), *from));
                if self.find(rule, next - 1).is_none() {
                    let ended_at = self.last_found(rule, *from, next - 1) + 1;
                    spells.extend(open.take().map(|open| spell(open, ended_at)));
                }
            }
            let end = moments.last().map_or(0, |last| last + 1);
            spells.extend(open.take().map(|open| spell(open, end)));
        }
        spells.sort_by_key(|one| (one.found_at, one.insight.rule));
        spells
    }

    /// The last moment in which a rule finds something, between one in which it does and one in which it does not.
    fn last_found(&self, rule: &Rule, mut found: i64, mut not: i64) -> i64 {
        while not - found > 1 {
            let middle = found + (not - found) / 2;
            if self.find(rule, middle).is_some() {
                found = middle;
            } else {
                not = middle;
            }
        }
        found
    }

    fn find(&self, rule: &Rule, at: i64) -> Option<Finding> {
        self.look(at, |seen| (rule.find)(seen))
    }

    fn look<T>(&self, now: i64, look: impl FnOnce(&Seen<'_>) -> T) -> T {
        let occasions = &self.occasions;
        let later = occasions.all().iter().rev();
        let later = later.take_while(|one| one.began > now);
        let sessions_later = later.filter(|one| one.kind == RecordKind::Session).count();
        let views = &self.price_views;
        let oldest = now - occasions.scale().window_ms() + 1;
        let from = views.partition_point(|(at, _)| *at > now);
        let to = views.partition_point(|(at, _)| *at >= oldest);
        let has = |at: Option<i64>| at.is_some_and(|at| at <= now);
        look(&Seen {
            now,
            occasions,
            score: &occasions.score(now),
            total_sessions: self.total_sessions - sessions_later as i64,
            has_ordered: has(self.first_order),
            is_converted: has(self.converted_at),
            price_views: views.get(from..to).unwrap_or_default(),
        })
    }

    /// The moments in which what a rule finds may begin, or end without a score that falls.
    fn moments(&self) -> BTreeSet<i64> {
        let all = self.occasions.all();
        let latest = &all[all.len().saturating_sub(MOST_OCCASIONS)..];
        let Some(first) = latest.first().map(|one| one.began) else {
            return BTreeSet::new();
        };
        let since = first.max(self.occasions.whole_since().unwrap_or(first));
        let window = self.occasions.scale().window_ms();
        let (quiet, gone) = QUIET_DAYS;
        let (_, news) = RETURN_DAYS;
        let mut moments = BTreeSet::from([since]);
        for one in all {
            let (began, last) = (one.began, one.last.max(one.began));
            moments.extend([
                began,
                last,
                began + news * DAY_MS + 1,
                began + window,
                began + 2 * window,
                last + window,
                last + quiet * DAY_MS,
                last + gone * DAY_MS + 1,
            ]);
        }
        for (at, _) in &self.price_views {
            moments.extend([*at, at + window]);
        }
        moments.extend(self.first_order);
        moments.extend(self.converted_at);
        moments.extend(self.occasions.whole_since().map(|since| since + 2 * window));
        moments.split_off(&since)
    }
}

fn spell((insight, found_at): (Insight, i64), ended_at: i64) -> Spell {
    Spell {
        insight,
        found_at,
        ended_at,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::journey::score::Occasion;

    const NOW: i64 = 1_790_000_000_000;

    fn session(id: u128, began: i64, lasted: i64, channel: u8) -> Occasion {
        Occasion {
            kind: RecordKind::Session,
            id: Uuid::from_u128(id),
            began,
            last: began + lasted,
            channel: Some(format!("channel {channel}")),
        }
    }

    fn there(days_ago: &[i64]) -> Known {
        let known = days_ago.iter().zip(0..);
        let known = known.map(|(ago, id)| session(id, NOW - ago * DAY_MS, 0, 0));
        Known {
            total_sessions: days_ago.len() as i64,
            occasions: Occasions::of(known.collect(), None),
            ..Known::default()
        }
    }

    /// Rule, and days from now at which it was found and ended.
    fn told(known: &Known) -> Vec<(&'static str, f64, f64)> {
        let days = |at: i64| ((at - NOW) as f64 / DAY_MS as f64 * 100.0).round() / 100.0;
        let spells = known.spells().into_iter();
        spells
            .map(|one| (one.insight.rule, days(one.found_at), days(one.ended_at)))
            .collect()
    }

    #[test]
    fn silence_begins_and_ends_an_insight_by_itself() {
        assert_eq!(told(&there(&[4, 2, 0])), [("going_quiet", 14.0, 90.0)]);
        // Whoever comes back in time was not quiet, and who comes late was.
        assert_eq!(told(&there(&[24, 22, 20, 7])), [("going_quiet", 7.0, 83.0)]);
        assert_eq!(
            told(&there(&[24, 22, 20, 5])),
            [("going_quiet", -6.0, -5.0), ("going_quiet", 9.0, 85.0)]
        );
        assert_eq!(
            told(&there(&[100, 99, 98, 5])),
            [("going_quiet", -84.0, -8.0), ("returned", -5.0, 2.0),]
        );
    }

    #[test]
    fn a_high_score_ends_when_it_has_fallen() {
        // Seven sessions: 0.4 · recency + 0.28 + 0.04, which is 0.7 half a day later · 30 / 0.4.
        let known = there(&[6, 5, 4, 3, 2, 1, 0]);
        let high: Vec<_> = told(&known)
            .into_iter()
            .filter(|one| one.0 == "high_engagement")
            .collect();
        assert_eq!(high, [("high_engagement", 0.0, 1.5)]);
        assert_eq!(known.insights(NOW)[0].rule, "high_engagement");
    }

    #[test]
    fn an_order_ends_the_want_of_one() {
        let mut known = there(&[7, 6, 5, 4, 3, 2, 1, 0]);
        let open = |known: &Known| {
            let all = told(known).into_iter();
            all.filter(|one| one.0 == "no_conversion")
                .collect::<Vec<_>>()
        };
        assert_eq!(open(&known), [("no_conversion", 0.0, 30.0)]);
        known.first_order = Some(NOW + DAY_MS);
        assert_eq!(open(&known), [("no_conversion", 0.0, 1.0)]);
        known.converted_at = Some(NOW - DAY_MS);
        assert_eq!(open(&known), []);
    }

    #[test]
    fn of_many_occasions_the_latest_count() {
        let all: Vec<i64> = (0..300).rev().collect();
        let first = there(&all)
            .spells()
            .into_iter()
            .map(|one| one.found_at)
            .min();
        assert_eq!(first, Some(NOW - 199 * DAY_MS));
        assert_eq!(there(&[]).spells(), []);
    }

    fn any_known() -> impl Strategy<Value = Known> {
        let one = (any::<u128>(), 0..150_i64, 0..100_i64, 0..5_u8);
        let views = proptest::collection::vec(0..200_i64, 0..6);
        let firsts = proptest::option::of(0..150_i64);
        (
            proptest::collection::vec(one, 0..16),
            views,
            firsts.clone(),
            firsts,
            proptest::option::of(40..160_i64),
        )
            .prop_map(|(all, views, ordered, converted, whole)| {
                let ago = |days: i64| NOW - days * DAY_MS;
                let all = all.into_iter();
                let occasions: Vec<Occasion> = all
                    .map(|(id, days, lasted, channel)| {
                        session(id, ago(days), lasted * 600_000, channel)
                    })
                    .collect();
                let mut price_views: Vec<(i64, Uuid)> = views
                    .into_iter()
                    .map(|days| (ago(days), Uuid::from_u128(days as u128)))
                    .collect();
                price_views.sort_unstable_by(|a, b| b.cmp(a));
                Known {
                    total_sessions: occasions.len() as i64,
                    occasions: Occasions::of(occasions, whole.map(ago)),
                    first_order: ordered.map(ago),
                    converted_at: converted.map(ago),
                    price_views,
                }
            })
    }

    proptest! {
        /// What is kept says the same of any moment as the rules do when they are asked in it.
        #[test]
        fn at_any_moment_a_history_says_what_the_rules_say(
            known in any_known(),
            asked in proptest::collection::vec(-150 * DAY_MS..200 * DAY_MS, 20),
        ) {
            let spells = known.spells();
            let since = known.moments().first().copied().unwrap_or(i64::MAX);
            let edges = spells.iter().flat_map(|one| [one.found_at, one.ended_at - 1, one.ended_at]);
            for at in asked.into_iter().map(|ago| NOW + ago).chain(edges) {
                if at < since {
                    continue;
                }
                let mut kept: Vec<&str> = spells
                    .iter()
                    .filter(|one| (one.found_at..one.ended_at).contains(&at))
                    .map(|one| one.insight.rule)
                    .collect();
                let mut found: Vec<&str> = known.insights(at).iter().map(|one| one.rule).collect();
                kept.sort_unstable();
                found.sort_unstable();
                prop_assert_eq!(kept, found, "{} days", (at - NOW) as f64 / DAY_MS as f64);
            }
        }

        #[test]
        fn spells_of_a_rule_do_not_touch(known in any_known()) {
            let spells = known.spells();
            for one in &spells {
                prop_assert!(one.found_at < one.ended_at);
                for other in &spells {
                    if one.insight.rule == other.insight.rule && one.found_at < other.found_at {
                        prop_assert!(one.ended_at < other.found_at);
                    }
                }
            }
        }
    }
}
