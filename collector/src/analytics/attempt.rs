//! Somebody's way through steps, by the times at which they met them.
//!
//! An attempt begins at an item that meets the first step and goes on to the first later one that meets the second, and so on,
//! as long as no more than the window has passed since it began. An item is one step of an attempt at most. Of items at the same
//! time, the later in their order is the later. With [`Order::Strict`] an attempt ends at an item that meets only steps whose turn
//! has not come, which is what `strict_order` of ClickHouse's `windowFunnel` means where only items that meet a step are asked;
//! its default is [`Order::Loose`].

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::steps::MOST_STEPS;
use crate::journey::UnknownName;

/// What may lie between two steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FunnelOrder)]
pub enum Order {
    /// Anything.
    #[default]
    Loose,
    /// No step whose turn has not come.
    Strict,
}

impl FromStr for Order {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "loose" => Ok(Self::Loose),
            "strict" => Ok(Self::Strict),
            _ => Err(UnknownName),
        }
    }
}

/// What an attempt has to keep to.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// How many steps there are.
    pub steps: usize,
    /// Milliseconds from the first step to the last, that one included.
    pub window: i64,
    /// What may lie between.
    pub order: Order,
}

/// An item that meets a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Met {
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    /// The steps, as bits from the lowest on.
    pub steps: u32,
}

/// How far somebody came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The place of the item with which it began.
    pub start: usize,
    /// How many steps it made, the first included.
    pub reached: usize,
    /// When each of those was made.
    pub at: [i64; MOST_STEPS],
}

/// The best attempt among items in their order: the one that came furthest, of equal ones the first. Each looks at every item
/// at most twice for each step, whatever they are.
pub fn best(items: &[Met], rule: Rule, may_begin: impl Fn(usize) -> bool) -> Option<Attempt> {
    // Where the search for each step stands, and that for what ends an attempt before it. Later attempts never look before.
    let mut found = [0; MOST_STEPS];
    let mut ended = [0; MOST_STEPS];
    let mut best: Option<Attempt> = None;
    for (start, first) in items.iter().enumerate() {
        if first.steps & 1 == 0 || !may_begin(start) {
            continue;
        }
        let last = first.at.saturating_add(rule.window);
        let mut attempt = Attempt {
            start,
            reached: 1,
            at: [first.at; MOST_STEPS],
        };
        let mut from = start;
        for step in 1..rule.steps {
            let next = seek(items, &mut found[step], from, |steps| {
                steps >> step & 1 == 1
            });
            if next >= items.len() || items[next].at > last {
                break;
            }
            let turn = (2_u32 << step) - 1;
            if rule.order == Order::Strict
                && seek(items, &mut ended[step], from, |steps| steps & turn == 0) < next
            {
                break;
            }
            from = next;
            attempt.reached = step + 1;
            attempt.at[step] = items[next].at;
        }
        if best.is_none_or(|best| best.reached < attempt.reached) {
            best = Some(attempt);
            if attempt.reached == rule.steps {
                break;
            }
        }
    }
    best
}

/// The first item after `from` whose steps are wanted, from where a search with an earlier `from` stands on.
fn seek(items: &[Met], stands: &mut usize, from: usize, wanted: impl Fn(u32) -> bool) -> usize {
    *stands = (*stands).max(from + 1);
    while items.get(*stands).is_some_and(|item| !wanted(item.steps)) {
        *stands += 1;
    }
    *stands
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Letters are steps, the place in the text is the time.
    fn reached(text: &str, steps: usize, window: i64, order: Order) -> usize {
        let items: Vec<Met> = (0..)
            .zip(text.bytes())
            .map(|(at, letter)| Met {
                at,
                steps: 1 << (letter - b'A'),
            })
            .collect();
        let rule = Rule {
            steps,
            window,
            order,
        };
        best(&items, rule, |_| true).map_or(0, |attempt| attempt.reached)
    }

    #[test]
    fn steps_are_made_in_their_order_within_the_window() {
        for (text, window, loose, strict) in [
            ("", 9, 0, 0),
            ("BC", 9, 0, 0),
            ("ABC", 9, 3, 3),
            ("ABC", 1, 2, 2),
            ("ADBC", 9, 3, 1),
            ("ABDC", 9, 3, 2),
            ("ABBC", 9, 3, 3),
            ("ABAC", 9, 3, 3),
            ("ACB", 9, 2, 1),
            ("ADABC", 9, 3, 3),
            ("AAABC", 2, 3, 3),
        ] {
            let both = [Order::Loose, Order::Strict].map(|order| reached(text, 3, window, order));
            assert_eq!(both, [loose, strict], "{text} within {window}");
        }
    }

    #[test]
    fn an_item_is_one_step_and_of_equal_attempts_the_first_counts() {
        let both = Met { at: 0, steps: 0b11 };
        let rule = Rule {
            steps: 2,
            window: 5,
            order: Order::Loose,
        };
        assert_eq!(best(&[both], rule, |_| true).unwrap().reached, 1);
        let twice = best(&[both, both, both], rule, |_| true).unwrap();
        assert_eq!((twice.start, twice.reached), (0, 2));
        let later = best(&[both, both, both], rule, |place| place > 0).unwrap();
        assert_eq!(later.start, 1);
    }

    /// Every attempt by itself, each looking at every item: the definition, word by word.
    fn slow(items: &[Met], rule: Rule) -> Option<Attempt> {
        let mut all = Vec::new();
        for (start, first) in items.iter().enumerate() {
            if first.steps & 1 == 0 {
                continue;
            }
            let mut attempt = Attempt {
                start,
                reached: 1,
                at: [first.at; MOST_STEPS],
            };
            for item in &items[start + 1..] {
                let step = attempt.reached;
                if step == rule.steps || item.at - first.at > rule.window {
                    break;
                }
                if item.steps >> step & 1 == 1 {
                    attempt.at[step] = item.at;
                    attempt.reached += 1;
                } else if rule.order == Order::Strict && item.steps & ((1 << step) - 1) == 0 {
                    break;
                }
            }
            all.push(attempt);
        }
        let furthest = all.iter().map(|attempt| attempt.reached).max()?;
        all.into_iter().find(|attempt| attempt.reached == furthest)
    }

    proptest! {
        #[test]
        fn the_best_attempt_is_that_of_the_definition(
            gaps in prop::collection::vec((0_i64..4, 1_u32..16), 0..40),
            steps in 1_usize..5,
            window in 0_i64..30,
            strict: bool,
        ) {
            let mut at = 0;
            let items: Vec<Met> = gaps.into_iter().map(|(gap, steps)| {
                at += gap;
                Met { at, steps }
            }).collect();
            let order = if strict { Order::Strict } else { Order::Loose };
            let rule = Rule { steps, window, order };
            let found = best(&items, rule, |_| true);
            let slow = slow(&items, rule);
            prop_assert_eq!(found.map(|a| (a.start, a.reached)), slow.map(|a| (a.start, a.reached)));
            if let (Some(found), Some(slow)) = (found, slow) {
                prop_assert_eq!(&found.at[..found.reached], &slow.at[..slow.reached]);
                // A wider window or a looser order never takes a step away.
                let wider = best(&items, Rule { window: window + 1, ..rule }, |_| true).unwrap();
                let looser = best(&items, Rule { order: Order::Loose, ..rule }, |_| true).unwrap();
                prop_assert!(wider.reached >= found.reached && looser.reached >= found.reached);
            }
        }
    }
}
