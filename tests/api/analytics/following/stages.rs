//! Journeys by stage, held against each person's milestones.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Days, assert_same, everybody, holds, percentile, rate, value};
use crate::api::analytics::ask;
use crate::api::analytics::world::{DAY, Fact, World};
use crate::support::app::TestApp;

const STAGES: [(&str, &str); 4] = [
    ("anonymous", "Anonymous"),
    ("registered", "Registered"),
    ("qualified", "Qualified"),
    ("converted", "Converted"),
];
/// The standard milestones with the places of their stages.
const MILESTONES: [(&str, usize); 4] = [
    ("signup_at", 1),
    ("nda_signed_at", 2),
    ("fee_agreement_at", 2),
    ("first_connection_at", 3),
];

/// How far somebody came: when they entered each stage, and reached each milestone, oldest first.
struct Journey<'w> {
    first: &'w Fact,
    entered: Vec<i64>,
    reached: Vec<(i64, &'static str)>,
}

pub(super) async fn check(app: &TestApp, world: &World) {
    for days in Days::of(world) {
        for (breakdown, within, filters) in [
            ("first_source", ("7d", 7 * DAY), Value::Null),
            (
                "device",
                ("20d", 20 * DAY),
                json!([{"dimension": "source", "op": "is", "values": ["google", "direct"]}]),
            ),
        ] {
            let conditions = filters.to_string();
            let mut more = vec![("breakdown", breakdown), ("within", within.0)];
            if !filters.is_null() {
                more.push(("filters", &conditions));
            }
            let answer = ask(app, "stages", &days.asking(&more)).await;
            let as_of = answer["as_of"].as_i64().unwrap();
            let journeys: Vec<Journey<'_>> = everybody(world, "person")
                .iter()
                .map(|facts| journey(facts))
                .filter(|one| days.has(one.first.at) && holds(&filters, one.first))
                .collect();
            let all: Vec<&Journey<'_>> = journeys.iter().collect();
            let mut expected = rows("all", None, &all, within.1, as_of);
            let mut groups: BTreeMap<Option<&str>, Vec<&Journey<'_>>> = BTreeMap::new();
            for journey in &journeys {
                groups
                    .entry(value(breakdown, journey.first))
                    .or_default()
                    .push(journey);
            }
            let mut groups: Vec<_> = groups.into_iter().collect();
            groups.sort_by_key(|(_, own)| std::cmp::Reverse(own.len()));
            for (value, own) in groups {
                expected.extend(rows("value", value, &own, within.1, as_of));
            }
            let data = &answer["data"];
            assert_eq!(data["rows"], json!(expected), "{more:?}");
            assert_eq!(data["times"], json!(times(&journeys)), "{more:?}");
            assert_eq!(data["milestones"], json!(milestones(&journeys)), "{more:?}");
            assert_same(&data["between"], &between(&journeys), "between");
            for bottleneck in data["bottlenecks"].as_array().unwrap() {
                assert!(
                    bottleneck["followed"].as_u64().unwrap() >= 30,
                    "{bottleneck}"
                );
                let loss = bottleneck["loss"].as_f64().unwrap();
                assert!(
                    loss > 0.3 || bottleneck["rule"] == "worse_than_before",
                    "{bottleneck}"
                );
            }
        }
    }
}

fn journey<'w>(facts: &[&'w Fact]) -> Journey<'w> {
    let time = |name: &str| {
        let reached = facts
            .iter()
            .find(|fact| fact.kind == "milestone" && fact.name == Some(name));
        reached.map(|fact| fact.at)
    };
    let first = facts[0];
    let reached = MILESTONES
        .iter()
        .filter_map(|(name, _)| Some((time(name)?, *name)));
    let mut reached: Vec<(i64, &str)> = reached.collect();
    reached.sort_by_key(|(at, _)| *at);
    let entered = (0..STAGES.len()).map_while(|place| {
        let leading = MILESTONES.iter().filter(|(_, rank)| *rank >= place);
        match place {
            0 => Some(first.at),
            _ => leading.filter_map(|(name, _)| time(name)).min(),
        }
    });
    Journey {
        first,
        entered: entered.collect(),
        reached,
    }
}

fn rows(
    group: &str,
    value: Option<&str>,
    journeys: &[&Journey<'_>],
    within: i64,
    as_of: i64,
) -> Vec<Value> {
    let reached = |place: usize| {
        journeys
            .iter()
            .filter(|one| one.entered.len() > place)
            .count()
    };
    let row = |(place, (stage, label)): (usize, &(&str, &str))| {
        let there: Vec<&&Journey<'_>> = journeys
            .iter()
            .filter(|one| one.entered.len() > place)
            .collect();
        let length: Vec<i64> = there
            .iter()
            .map(|one| one.entered[place] - one.first.at)
            .collect();
        let spent = spent(journeys.iter().copied(), place);
        let before = (place > 0).then(|| reached(place - 1));
        let followed: Vec<_> = there
            .iter()
            .filter(|one| one.entered[place] + within <= as_of)
            .collect();
        let went_on = followed.iter().filter(|one| {
            let next = one.entered.get(place + 1);
            next.is_some_and(|next| next - one.entered[place] <= within)
        });
        let went_on = went_on.count();
        let is_last = place + 1 == STAGES.len();
        let mean = length.iter().sum::<i64>().checked_div(length.len() as i64);
        json!({
            "group": group,
            "value": value,
            "stage": stage,
            "label": label,
            "people": journeys.iter().filter(|one| one.entered.len() == place + 1).count(),
            "reached": there.len(),
            "rate": rate(there.len(), journeys.len()),
            "rate_of_previous": before.and_then(|before| rate(there.len(), before)),
            "mean_length_ms": mean,
            "median_length_ms": percentile(&length, 50),
            "median_ms": percentile(&spent, 50),
            "p90_ms": percentile(&spent, 90),
            "followed": (!is_last).then_some(followed.len()),
            "went_on": (!is_last).then_some(went_on),
            "loss": if is_last { None } else { rate(followed.len() - went_on, followed.len()) },
        })
    };
    STAGES.iter().enumerate().map(row).collect()
}

/// How long those who left a stage had been in it.
fn spent<'a>(journeys: impl Iterator<Item = &'a Journey<'a>>, place: usize) -> Vec<i64> {
    let left = journeys.filter_map(|one| Some(one.entered.get(place + 1)? - one.entered[place]));
    left.collect()
}

fn times(journeys: &[Journey<'_>]) -> Vec<Value> {
    let hours = [1, 24, 72, 168, 336, 720, 1440, 2160];
    let mut all = Vec::new();
    for (place, (stage, _)) in STAGES.iter().enumerate() {
        let spent = spent(journeys.iter(), place);
        let mut from = 0;
        for below in hours
            .iter()
            .map(|hours| Some(hours * 3_600_000_i64))
            .chain([None])
        {
            let most = below.unwrap_or(i64::MAX);
            let people = spent
                .iter()
                .filter(|ms| from <= **ms && **ms < most)
                .count();
            all.push(json!({"stage": stage, "below_ms": below, "people": people}));
            from = most;
        }
    }
    all
}

fn milestones(journeys: &[Journey<'_>]) -> Vec<Value> {
    let told = MILESTONES.iter().map(|(name, _)| {
        let times = journeys.iter().filter_map(|one| {
            let reached = one.reached.iter().find(|(_, other)| other == name);
            Some(reached?.0 - one.first.at)
        });
        let times: Vec<i64> = times.collect();
        json!({
            "milestone": name,
            "people": times.len(),
            "median_ms": percentile(&times, 50),
            "p90_ms": percentile(&times, 90),
        })
    });
    told.collect()
}

fn between(journeys: &[Journey<'_>]) -> Vec<Value> {
    let mut gaps: BTreeMap<(&str, &str), Vec<i64>> = BTreeMap::new();
    for pair in journeys.iter().flat_map(|one| one.reached.windows(2)) {
        let gap = gaps.entry((pair[0].1, pair[1].1)).or_default();
        gap.push(pair[1].0 - pair[0].0);
    }
    let told = gaps.into_iter().map(|((from, to), times)| {
        json!({
            "from": from,
            "to": to,
            "people": times.len(),
            "median_ms": percentile(&times, 50),
            "p90_ms": percentile(&times, 90),
        })
    });
    told.collect()
}
