//! What has to be found of the ways to conversions, from the facts of a world: looked up one by one, and no faster.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::world::{Browser, Fact, Interaction, Session, World};

/// Whether columns know which browsers are one person, and what refunds took back.
const IS_LINKED: bool = true;

/// What counts as a conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    Conversions,
    Orders,
    Event(&'static str),
    Milestone(&'static str),
}

/// What an order is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worth {
    NoOrder,
    /// Millionths of a euro.
    Value(i128),
    Untold,
    Foreign(Option<&'static str>, i64),
}

impl Worth {
    pub(super) fn value(self) -> i128 {
        match self {
            Self::Value(value) => value,
            _ => 0,
        }
    }
}

/// A touchpoint: when, counted as what, and whether nobody sent them.
pub(super) type Touch = (i64, Option<&'static str>, bool);

/// What somebody did.
#[derive(Debug)]
pub(super) struct Journey {
    pub(super) began: i64,
    /// Of the time, the earliest first.
    pub(super) conversions: Vec<(i64, Worth)>,
    /// What the item of the first of them tells.
    pub(super) told: Value,
    /// All that there are, the oldest first.
    pub(super) touches: Vec<Touch>,
    /// When their sessions began.
    pub(super) sessions: Vec<i64>,
    /// When the last session of the time began that counts.
    pub(super) last: Option<i64>,
    /// When each of the four stages was entered.
    pub(super) entered: [Option<i64>; 4],
    /// Of the browser that was seen first.
    pub(super) first_touch: &'static super::world::Touch,
}

/// Whose a browser is.
fn person(browser: &Browser) -> (bool, usize) {
    if IS_LINKED {
        (true, browser.person)
    } else {
        (false, browser.number)
    }
}

fn worth(world: &World, fact: &Fact) -> Worth {
    let Some(order) = &fact.order else {
        return Worth::NoOrder;
    };
    let Some(amount) = order.amount else {
        return Worth::Untold;
    };
    let net = amount - if IS_LINKED { order.refunded } else { 0 };
    match order.currency {
        Some("EUR") => Worth::Value(net.into()),
        Some("USD") => {
            let rate = match world.euros(fact.at) {
                "0.9" => 9_000,
                "0.8125" => 8_125,
                other => panic!("no rate of the world: {other}"),
            };
            Worth::Value((i128::from(net) * rate + 5_000) / 10_000)
        }
        other => Worth::Foreign(other, net),
    }
}

/// The journeys of those who were there from `begin` to before `end`, or converted, who are no bots. `counts` says which
/// sessions count.
pub(super) fn journeys(
    world: &World,
    (begin, end): (i64, i64),
    goal: Goal,
    key: fn(&Session) -> Option<&'static str>,
    counted: fn(&Interaction) -> Option<&'static str>,
    counts: fn(&Session) -> bool,
) -> Vec<Journey> {
    let mut people: BTreeMap<(bool, usize), Vec<&Fact>> = BTreeMap::new();
    for fact in &world.facts {
        let browser = &fact.session.browser;
        if !browser.is_bot {
            people.entry(person(browser)).or_default().push(fact);
        }
    }
    let within = |at: i64| begin <= at && at < end;
    let mut journeys = Vec::new();
    for facts in people.into_values() {
        let mut sessions: Vec<&Arc<Session>> = facts.iter().map(|fact| &fact.session).collect();
        sessions.sort_by_key(|session| (session.started_at, session.number));
        sessions.dedup_by_key(|session| session.number);
        let mut touches: Vec<Touch> = sessions
            .iter()
            .map(|session| {
                let channel = session.touch.channel;
                let is_direct = channel.is_none() || channel == Some("Direct");
                (session.started_at, key(session), is_direct)
            })
            .collect();
        let own = facts[0].session.browser.person;
        let interactions = world
            .interactions
            .iter()
            .filter(|one| IS_LINKED && one.person == own);
        touches.extend(interactions.map(|one| (one.at, counted(one), false)));
        touches.sort_by_key(|touch| touch.0);
        let first_of = |names: &[&str]| {
            let told = facts.iter().filter(|fact| fact.kind == "milestone");
            let told = told.filter(|fact| names.contains(&fact.name.unwrap()));
            told.min_by_key(|fact| fact.at).copied()
        };
        let mut items: Vec<&Fact> = match goal {
            Goal::Milestone(name) => first_of(&[name]).into_iter().collect(),
            _ => facts
                .iter()
                .copied()
                .filter(|fact| match goal {
                    Goal::Orders => fact.order.is_some(),
                    Goal::Event(name) => fact.kind == "event" && fact.name == Some(name),
                    _ => fact.is_conversion,
                })
                .collect(),
        };
        items.retain(|fact| within(fact.at) && counts(&fact.session));
        items.sort_by_key(|fact| fact.at);
        let worth = |fact: &Fact| match goal {
            Goal::Milestone(_) => Worth::NoOrder,
            _ => worth(world, fact),
        };
        let conversions: Vec<(i64, Worth)> =
            items.iter().map(|fact| (fact.at, worth(fact))).collect();
        let last = sessions
            .iter()
            .filter(|one| within(one.started_at) && counts(one));
        let last = last.map(|session| session.started_at).max();
        if conversions.is_empty() && last.is_none() {
            continue;
        }
        let earliest = facts.iter().min_by_key(|fact| fact.at).unwrap();
        let at = |names: &[&str]| first_of(names).map(|fact| fact.at);
        let began = facts.iter().map(|fact| fact.at).min().unwrap();
        let first = earliest.session.browser.clone();
        let mut of_first = sessions
            .iter()
            .filter(|one| one.browser.number == first.number);
        journeys.push(Journey {
            first_touch: of_first.next().unwrap().touch,
            began,
            conversions,
            told: items.first().map_or(Value::Null, |fact| fact.props.clone()),
            touches,
            sessions: sessions.iter().map(|session| session.started_at).collect(),
            last,
            entered: [
                Some(began),
                at(&["signup_at", "nda_signed_at", "first_connection_at"]),
                at(&["nda_signed_at", "first_connection_at"]),
                at(&["first_connection_at"]),
            ],
        });
    }
    journeys
}

/// The touchpoints that may have led to what happened at a moment.
pub(super) fn leading(journey: &Journey, at: i64, lookback: Option<i64>) -> Vec<Touch> {
    let within = |touch: &&Touch| touch.0 <= at && lookback.is_none_or(|days| touch.0 >= at - days);
    journey.touches.iter().filter(within).copied().collect()
}

/// What each touchpoint is given of a conversion, by a model that looks at it alone.
pub(super) fn weights(model: &str, journey: &Journey, at: i64, touches: &[Touch]) -> Vec<f64> {
    let count = touches.len();
    let mut weights = vec![0.0; count];
    match model {
        "first" => weights[0] = 1.0,
        "last" => weights[count - 1] = 1.0,
        "last_non_direct" => {
            let found = (0..count).rev().find(|place| !touches[*place].2);
            weights[found.unwrap_or(count - 1)] = 1.0;
        }
        "linear" => weights.fill(1.0),
        "time_decay" => {
            for (weight, touch) in weights.iter_mut().zip(touches) {
                *weight = 0.5_f64.powf((at - touch.0) as f64 / (7.0 * 86_400_000.0));
            }
        }
        "position" => {
            weights.fill(if count > 2 {
                0.2 / (count - 2) as f64
            } else {
                0.0
            });
            weights[0] = if count > 2 { 0.4 } else { 0.5 };
            weights[count - 1] = weights[0];
        }
        "w_shaped" => {
            let mut marks = vec![0; count];
            marks[0] += 1;
            for moment in [journey.entered[1], journey.entered[2]]
                .into_iter()
                .flatten()
            {
                let before = (0..count).rev().find(|place| touches[*place].0 <= moment);
                if let Some(before) = before.filter(|_| moment <= at) {
                    marks[before] += 1;
                }
            }
            let others = marks.iter().filter(|marks| **marks == 0).count();
            for (weight, marks) in weights.iter_mut().zip(marks) {
                *weight = if marks > 0 {
                    0.3 * f64::from(marks)
                } else {
                    0.1 / others as f64
                };
            }
        }
        "shapley" => {
            for (place, touch) in touches.iter().enumerate() {
                let is_first = touches[..place].iter().all(|other| other.1 != touch.1);
                weights[place] = f64::from(u8::from(is_first));
            }
        }
        other => panic!("no model that looks at a conversion alone: {other}"),
    }
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

/// The latest keys of a path.
type Context = Vec<Option<&'static str>>;

/// The parts of a chain's keys, by going along it until nobody is left.
pub(super) fn chain(
    order: usize,
    paths: &[(Vec<Option<&'static str>>, bool)],
) -> BTreeMap<Option<&'static str>, f64> {
    let context = |keys: &[Option<&'static str>]| keys[keys.len().saturating_sub(order)..].to_vec();
    let mut all: BTreeMap<Context, f64> = BTreeMap::new();
    let mut won: BTreeMap<Context, f64> = BTreeMap::new();
    let mut moves: BTreeMap<Context, BTreeMap<Context, f64>> = BTreeMap::new();
    for (keys, converts) in paths {
        for end in 0..=keys.len() {
            *all.entry(context(&keys[..end])).or_default() += 1.0;
            if end < keys.len() {
                let next = moves.entry(context(&keys[..end])).or_default();
                *next.entry(context(&keys[..=end])).or_default() += 1.0;
            }
        }
        *won.entry(context(keys)).or_default() += f64::from(u8::from(*converts));
    }
    let likelihood = |removed: Option<Option<&str>>| {
        let mut there = BTreeMap::from([(Vec::new(), 1.0)]);
        let mut converted = 0.0;
        while there.values().sum::<f64>() > 1e-13 {
            let mut next: BTreeMap<Context, f64> = BTreeMap::new();
            for (from, people) in &there {
                converted += people * won.get(from).unwrap_or(&0.0) / all[from];
                for (to, often) in moves.get(from).into_iter().flatten() {
                    if removed.is_none() || to.last().copied() != removed {
                        *next.entry(to.clone()).or_default() += people * often / all[from];
                    }
                }
            }
            there = next;
        }
        converted
    };
    let whole = likelihood(None);
    let keys: BTreeSet<Option<&'static str>> =
        paths.iter().flat_map(|path| path.0.clone()).collect();
    let effects: BTreeMap<_, f64> = keys
        .into_iter()
        .map(|key| (key, (whole - likelihood(Some(key))) / whole))
        .collect();
    let sum: f64 = effects.values().sum();
    effects
        .into_iter()
        .map(|(key, effect)| (key, effect / sum))
        .collect()
}

/// Millionths of decimal text.
pub(super) fn millionths(text: &str) -> i128 {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let whole: i128 = whole.parse().unwrap();
    whole * 1_000_000 + sign * format!("{rest:0<6}").parse::<i128>().unwrap()
}
