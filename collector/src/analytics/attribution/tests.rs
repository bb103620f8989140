//! Every model against what it promises, and against an independent reckoning that is small and slow.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400_000;
const MODELS: [Model; 11] = [
    Model::First,
    Model::Last,
    Model::LastNonDirect,
    Model::Linear,
    Model::TimeDecay {
        half_life_ms: 7 * DAY,
    },
    Model::Position,
    Model::WShaped,
    Model::Markov { order: 1 },
    Model::Markov { order: 2 },
    Model::Markov { order: 3 },
    Model::Shapley,
];
const KEYS: usize = 5;

fn conversion(keys: &[Key], value: i128) -> Conversion {
    let touchpoints = keys.iter().enumerate().map(|(day, key)| Touchpoint {
        key: *key,
        at: day as i64 * DAY,
        is_direct: *key == 0,
    });
    Conversion {
        at: keys.len() as i64 * DAY,
        value,
        touchpoints: touchpoints.collect(),
        ..Conversion::default()
    }
}

fn shares(model: Model, conversion: Conversion) -> Vec<i128> {
    let divided = attribute(model, KEYS, &[conversion], &[]).unwrap();
    let credits = divided.credits.iter();
    credits.map(|credit| credit.conversions).collect()
}

#[test]
fn rules_give_what_their_names_say() {
    let of = |model, keys: &[Key]| shares(model, conversion(keys, 0));
    assert_eq!(of(Model::First, &[1, 2, 0]), [0, WHOLE.into(), 0, 0, 0]);
    assert_eq!(of(Model::Last, &[1, 2, 0]), [WHOLE.into(), 0, 0, 0, 0]);
    assert_eq!(
        of(Model::LastNonDirect, &[1, 2, 0]),
        [0, 0, WHOLE.into(), 0, 0]
    );
    assert_eq!(
        of(Model::LastNonDirect, &[0, 0]),
        [WHOLE.into(), 0, 0, 0, 0],
        "direct, where there is nothing else"
    );
    assert_eq!(
        of(Model::Linear, &[1, 2, 1, 3]),
        [0, 500_000, 250_000, 250_000, 0]
    );
    assert_eq!(
        of(Model::Position, &[1, 2, 3, 4]),
        [0, 400_000, 100_000, 100_000, 400_000]
    );
    assert_eq!(of(Model::Position, &[1, 2]), [0, 500_000, 500_000, 0, 0]);
    assert_eq!(of(Model::Position, &[1]), [0, WHOLE.into(), 0, 0, 0]);
}

#[test]
fn a_touchpoint_that_is_a_half_life_older_is_given_half() {
    let mut week = conversion(&[1, 2], 0);
    week.touchpoints[1].at = 7 * DAY;
    week.at = 7 * DAY;
    let decay = Model::TimeDecay {
        half_life_ms: 7 * DAY,
    };
    assert_eq!(shares(decay, week), [0, 333_333, 666_667, 0, 0]);
    let mut ages = conversion(&[1, 2], 0);
    ages.at = 1_000_000 * DAY;
    let divided = shares(decay, ages);
    assert!(
        divided[1] > 470_000 && divided[2] > 520_000,
        "only the time between counts, however long ago: {divided:?}"
    );
}

#[test]
fn w_shaped_gives_thirty_to_each_mark_and_ten_to_the_others() {
    let mut marked = conversion(&[1, 2, 3, 4, 0], 0);
    marked.registered_at = Some(DAY + 5);
    marked.qualified_at = Some(3 * DAY);
    assert_eq!(
        shares(Model::WShaped, marked.clone()),
        [50_000, 300_000, 300_000, 50_000, 300_000]
    );
    marked.qualified_at = None;
    assert_eq!(
        shares(Model::WShaped, marked.clone()),
        [47_619, 428_572, 428_571, 47_619, 47_619],
        "what cannot be given is the rest's in proportion"
    );
    marked.registered_at = Some(5);
    let divided = shares(Model::WShaped, marked);
    assert_eq!(divided[1], 857_143, "the first touchpoint is both");
}

#[test]
fn a_conversion_without_touchpoints_is_told_apart() {
    for model in MODELS {
        let conversions = [conversion(&[], 77), conversion(&[2], 5)];
        let divided = attribute(model, KEYS, &conversions, &[]).unwrap();
        let (apart, given) = (divided.unattributed, divided.credits[2]);
        assert_eq!((apart.conversions, apart.value), (WHOLE.into(), 77));
        assert_eq!((given.conversions, given.value), (WHOLE.into(), 5));
        let nothing = attribute(model, KEYS, &[], &[]).unwrap();
        assert_eq!(nothing.total(), Credit::default());
    }
}

#[test]
fn a_chain_that_can_be_reckoned_by_hand() {
    // C1 C2 C3 converts once, C1 does not once, C2 C3 does not once (Anderl et al., by hand).
    let conversions = [conversion(&[1, 2, 3], 0)];
    let visits = [(&[1][..], 1), (&[2, 3][..], 1)].map(|(keys, people)| Visit {
        keys: keys.to_vec(),
        people,
    });
    let divided = attribute(Model::Markov { order: 1 }, KEYS, &conversions, &visits).unwrap();
    // P = 2/3·1/2·1/2 + 1/3·1/2 = 1/3; without C1 1/6, without C2 or C3 0.
    let given: Vec<i128> = divided.credits.iter().map(|c| c.conversions).collect();
    assert_eq!(given, [0, 200_000, 400_000, 400_000, 0]);
}

prop_compose! {
    fn paths()(
        won in prop::collection::vec((prop::collection::vec(0..KEYS as Key, 0..6), -1_000_000_000..1_000_000_000_i128, 0..9_i64, 0..9_i64), 1..30),
        lost in prop::collection::vec((prop::collection::vec(0..KEYS as Key, 1..6), 1..50_u64), 0..30),
    ) -> (Vec<Conversion>, Vec<Visit>) {
        let conversions = won.into_iter().map(|(keys, value, registered, qualified)| Conversion {
            registered_at: Some(registered * DAY),
            qualified_at: Some(qualified * DAY),
            ..conversion(&keys, value)
        });
        let visits = lost.into_iter().map(|(keys, people)| Visit { keys, people });
        (conversions.collect(), visits.collect())
    }
}

proptest! {
    #[test]
    fn every_model_conserves_the_total_and_gives_nothing_to_who_was_not_there((conversions, visits) in paths()) {
        let value: i128 = conversions.iter().map(|conversion| conversion.value).sum();
        let there: BTreeSet<Key> = conversions.iter().flat_map(|c| c.touchpoints.iter().map(|t| t.key)).collect();
        for model in MODELS {
            let divided = attribute(model, KEYS, &conversions, &visits).unwrap();
            let total = divided.total();
            prop_assert_eq!(total.conversions, i128::from(WHOLE) * conversions.len() as i128, "{:?}", model);
            prop_assert_eq!(total.value, value, "{:?}", model);
            for (key, credit) in divided.credits.iter().enumerate() {
                prop_assert!(credit.conversions >= 0);
                // By a chain, who only leads to others is given something for that.
                let may = matches!(model, Model::Markov { .. }) || there.contains(&(key as Key));
                prop_assert!(may || *credit == Credit::default());
            }
        }
    }

    #[test]
    fn the_order_of_rows_makes_no_difference((mut conversions, mut visits) in paths()) {
        let divided = MODELS.map(|model| attribute(model, KEYS, &conversions, &visits));
        conversions.reverse();
        let middle = visits.len() / 2;
        visits.rotate_left(middle);
        prop_assert_eq!(divided, MODELS.map(|model| attribute(model, KEYS, &conversions, &visits)));
    }

    #[test]
    fn a_chains_removal_effects_are_those_of_an_independent_walk((conversions, visits) in paths()) {
        let conversions: Vec<_> = conversions.into_iter().filter(|c| !c.touchpoints.is_empty()).collect();
        prop_assume!(!conversions.is_empty());
        for order in 1..=3 {
            let divided = attribute(Model::Markov { order }, KEYS, &conversions, &visits).unwrap();
            let walked = walk(&conversions, &visits, order.into());
            for (key, share) in solved(&conversions, &visits, order.into()) {
                prop_assert!((walked[key as usize] - share).abs() < 1e-9, "{} and {}", walked[key as usize], share);
            }
            for (credit, share) in divided.credits.iter().zip(walked) {
                let exact = share * WHOLE as f64 * conversions.len() as f64;
                prop_assert!((credit.conversions as f64 - exact).abs() < 2.0, "{} and {exact}", credit.conversions);
            }
        }
    }

    #[test]
    fn shapleys_value_is_that_of_all_coalitions((conversions, _) in paths()) {
        let conversions: Vec<_> = conversions.into_iter().filter(|c| !c.touchpoints.is_empty()).collect();
        let divided = attribute(Model::Shapley, KEYS, &conversions, &[]).unwrap();
        for (key, credit) in divided.credits.iter().enumerate() {
            let exact = brute_force(&conversions, key as Key) * WHOLE as f64;
            // Each conversion may have been rounded by less than a millionth.
            prop_assert!((credit.conversions as f64 - exact).abs() <= conversions.len() as f64);
        }
    }

    #[test]
    fn shapleys_value_is_additive_and_symmetric((conversions, _) in paths()) {
        let middle = conversions.len() / 2;
        let of = |conversions: &[Conversion]| attribute(Model::Shapley, KEYS, conversions, &[]).unwrap();
        let (one, other, both) = (of(&conversions[..middle]), of(&conversions[middle..]), of(&conversions));
        for key in 0..KEYS {
            prop_assert_eq!(one.credits[key].value + other.credits[key].value, both.credits[key].value);
        }
        // Whoever changes places with another changes shares with them.
        let mut changed = conversions.clone();
        for touchpoint in changed.iter_mut().flat_map(|c| &mut c.touchpoints) {
            touchpoint.key = match touchpoint.key { 1 => 2, 2 => 1, key => key };
        }
        let changed = of(&changed);
        prop_assert_eq!(changed.credits[1], both.credits[2]);
        prop_assert_eq!(changed.credits[2], both.credits[1]);
    }
}

/// The worth of a coalition by the definition, and Shapley's formula over all coalitions.
fn brute_force(conversions: &[Conversion], key: Key) -> f64 {
    let worth = |coalition: u32| {
        let within = |c: &&Conversion| c.touchpoints.iter().all(|t| coalition & (1 << t.key) != 0);
        conversions.iter().filter(within).count() as f64
    };
    let factorial = |n: u32| f64::from((1..=n).product::<u32>());
    let keys = KEYS as u32;
    (0..1_u32 << keys)
        .filter(|coalition| coalition & (1 << key) == 0)
        .map(|coalition| {
            let size = coalition.count_ones();
            let weight = factorial(size) * factorial(keys - size - 1) / factorial(keys);
            weight * (worth(coalition | (1 << key)) - worth(coalition))
        })
        .sum()
}

/// The shares by going along the chain: the likelihood of every state is moved on, step by step, until nobody is left.
fn walk(conversions: &[Conversion], visits: &[Visit], order: usize) -> Vec<f64> {
    let mut journeys: Vec<(Vec<Key>, f64, bool)> = Vec::new();
    for conversion in conversions {
        let keys = conversion.touchpoints.iter().map(|t| t.key).collect();
        journeys.push((keys, 1.0, true));
    }
    for visit in visits {
        journeys.push((visit.keys.clone(), visit.people as f64, false));
    }
    let context = |keys: &[Key]| keys[keys.len().saturating_sub(order)..].to_vec();
    let mut contexts: BTreeSet<Vec<Key>> = BTreeSet::from([Vec::new()]);
    for (keys, ..) in &journeys {
        contexts.extend((0..=keys.len()).map(|end| context(&keys[..end])));
    }
    let contexts: Vec<_> = contexts.into_iter().collect();
    let state = |keys: &[Key]| contexts.binary_search(&context(keys)).unwrap();
    let mut moves = vec![vec![0.0; contexts.len()]; contexts.len()];
    let (mut won, mut all) = (vec![0.0; contexts.len()], vec![0.0; contexts.len()]);
    for (keys, people, converts) in &journeys {
        for end in 0..keys.len() {
            moves[state(&keys[..end])][state(&keys[..=end])] += people;
            all[state(&keys[..end])] += people;
        }
        all[state(keys)] += people;
        won[state(keys)] += if *converts { *people } else { 0.0 };
    }
    let likelihood = |removed: Option<Key>| {
        let mut there = vec![0.0; contexts.len()];
        there[0] = 1.0;
        let mut converted = 0.0;
        while there.iter().sum::<f64>() > 1e-14 {
            let mut next = vec![0.0; contexts.len()];
            for (from, people) in there
                .iter()
                .enumerate()
                .filter(|(_, people)| **people > 0.0)
            {
                converted += people * won[from] / all[from];
                for (to, often) in moves[from].iter().enumerate() {
                    if removed.is_none() || contexts[to].last().copied() != removed {
                        next[to] += people * often / all[from];
                    }
                }
            }
            there = next;
        }
        converted
    };
    let solution = |removed: Option<Key>| {
        let stays = |to: usize| removed.is_none() || contexts[to].last().copied() != removed;
        let size = contexts.len();
        let row = |from: usize| -> Vec<f64> {
            let part = |to: usize| {
                if stays(to) {
                    moves[from][to] / all[from]
                } else {
                    0.0
                }
            };
            let row = (0..size).map(|to| f64::from(u8::from(to == from)) - part(to));
            row.chain([won[from] / all[from]]).collect()
        };
        jordan((0..size).map(row).collect())[0]
    };
    for removed in (0..KEYS as Key).map(Some).chain([None]) {
        let (walked, solved) = (likelihood(removed), solution(removed));
        assert!((walked - solved).abs() < 1e-9, "{walked} and {solved}");
    }
    let whole = likelihood(None);
    let effects: Vec<f64> = (0..KEYS as Key)
        .map(|key| (whole - likelihood(Some(key))) / whole)
        .collect();
    let sum: f64 = effects.iter().sum();
    effects.into_iter().map(|effect| effect / sum).collect()
}

/// The shares as the model finds them, before they are rounded.
fn solved(conversions: &[Conversion], visits: &[Visit], order: usize) -> Vec<(Key, f64)> {
    let mut frame = markov::Frame::new(order);
    for conversion in conversions {
        frame.add(conversion.touchpoints.iter().map(|touch| touch.key), true);
    }
    for visit in visits {
        frame.add(visit.keys.iter().copied(), false);
    }
    frame.settle();
    let people = conversions.iter().map(|one| one.count);
    let people: Vec<u64> = people
        .chain(visits.iter().map(|visit| visit.people))
        .collect();
    let shares = frame.shares(&people).unwrap();
    frame.keys.iter().copied().zip(shares).collect()
}

/// Gauss and Jordan's elimination of a whole matrix with its right side: an independent solution.
fn jordan(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let size = rows.len();
    for column in 0..size {
        let by_size =
            |a: &usize, b: &usize| rows[*a][column].abs().total_cmp(&rows[*b][column].abs());
        let pivot = (column..size).max_by(by_size).unwrap();
        rows.swap(column, pivot);
        let head = rows[column][column];
        rows[column].iter_mut().for_each(|one| *one /= head);
        let pivot = rows[column].clone();
        for (place, row) in rows
            .iter_mut()
            .enumerate()
            .filter(|(place, _)| *place != column)
        {
            let factor = row[column];
            debug_assert_ne!(place, column);
            row.iter_mut()
                .zip(&pivot)
                .for_each(|(one, by)| *one -= factor * by);
        }
    }
    rows.into_iter().map(|row| row[size]).collect()
}

#[test]
fn shapleys_value_is_exact_for_more_keys_than_coalitions_are_gone_through() {
    // Seventeen keys have 131,072 coalitions: the equal parts of each conversion are what all of them come to.
    const MANY: u32 = 17;
    let paths: [&[Key]; 6] = [
        &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
        &[0, 16, 3],
        &[5],
        &[5, 5, 2],
        &[16, 1],
        &[9, 10, 11, 9],
    ];
    let conversions: Vec<Conversion> = paths.iter().map(|keys| conversion(keys, 0)).collect();
    let divided = attribute(Model::Shapley, MANY as usize, &conversions, &[]).unwrap();
    let masks: Vec<u32> = paths
        .iter()
        .map(|keys| keys.iter().fold(0, |mask, key| mask | 1 << key))
        .collect();
    let worth = |coalition: u32| masks.iter().filter(|mask| **mask & !coalition == 0).count();
    // Of a coalition of this size, how likely it is the one that is there when a key comes.
    let mut likely = [0.0; MANY as usize];
    for (size, likely) in likely.iter_mut().enumerate() {
        let choices = (0..size as u32).fold(1.0, |all, one| {
            all * f64::from(MANY - 1 - one) / f64::from(one + 1)
        });
        *likely = 1.0 / choices / f64::from(MANY);
    }
    for key in 0..MANY {
        let exact: f64 = (0..1_u32 << MANY)
            .filter(|coalition| coalition & 1 << key == 0)
            .map(|coalition| {
                let gain = worth(coalition | 1 << key) - worth(coalition);
                likely[coalition.count_ones() as usize] * gain as f64
            })
            .sum();
        let given = divided.credits[key as usize].conversions as f64;
        assert!(
            (given - exact * WHOLE as f64).abs() <= paths.len() as f64,
            "{key}: {given}"
        );
    }
}

#[test]
fn several_that_stand_together_are_divided_like_each_alone() {
    for model in MODELS {
        let each = [
            conversion(&[1, 2, 3], 7),
            conversion(&[1, 2, 3], 5),
            conversion(&[], 3),
        ];
        let together = [
            Conversion {
                count: 2,
                ..conversion(&[1, 2, 3], 12)
            },
            conversion(&[], 3),
        ];
        let (each, together) = (
            attribute(model, KEYS, &each, &[]),
            attribute(model, KEYS, &together, &[]),
        );
        let (each, together) = (each.unwrap(), together.unwrap());
        assert_eq!(each.total(), together.total());
        for (one, other) in each.credits.iter().zip(&together.credits) {
            assert_eq!(one.conversions, other.conversions, "{model:?}");
            // What they are worth is rounded once instead of twice.
            assert!((one.value - other.value).abs() <= 2, "{model:?}");
        }
    }
}

#[test]
fn an_interval_follows_from_the_seed_and_holds_what_was_found() {
    use bootstrap::{Population, Unit, intervals};
    let conversions: Vec<Conversion> = (0..40_u32)
        .map(|one| conversion(if one % 4 == 0 { &[1, 2] } else { &[2] }, 1_000_000))
        .collect();
    let units: Vec<Unit> = (0..40)
        .map(|one| Unit {
            people: 1,
            conversions: one..one + 1,
        })
        .collect();
    let visits = [
        Visit {
            keys: vec![1],
            people: 300,
        },
        Visit {
            keys: vec![1, 2],
            people: 60,
        },
    ];
    let population = Population {
        keys: KEYS,
        units: &units,
        conversions: &conversions,
        visits: &visits,
    };
    let found = intervals(&MODELS, &population, 200, 5);
    assert_eq!(found, intervals(&MODELS, &population, 200, 5));
    assert_ne!(found, intervals(&MODELS, &population, 200, 6));
    for (model, drawn) in MODELS.into_iter().zip(found) {
        assert_eq!(drawn.resamples, 200);
        let divided = attribute(model, KEYS, &conversions, &visits).unwrap();
        for (credit, (conversions, value)) in divided.credits.iter().zip(drawn.keys) {
            let lies =
                conversions.low <= credit.conversions && credit.conversions <= conversions.high;
            assert!(lies, "{model:?}: {credit:?} {conversions:?}");
            assert!(value.low <= credit.value && credit.value <= value.high);
            let is_none = *credit == Credit::default();
            assert_eq!(conversions.low == conversions.high, is_none, "{model:?}");
        }
    }
}
