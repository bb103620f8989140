//! Funnels, held against every attempt by itself.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Days, everybody, holds, meets, percentile, rate, value};
use crate::api::analytics::ask;
use crate::api::analytics::world::{DAY, Fact, HOUR, MINUTE, World};
use crate::support::app::TestApp;

/// Steps, the window with its length, the order, by what it is broken down, and conditions.
type Case = (
    Value,
    (&'static str, i64),
    &'static str,
    Option<&'static str>,
    Value,
);

fn cases() -> Vec<Case> {
    let mobile = json!([{"dimension": "device", "op": "is", "values": ["mobile", null]}]);
    vec![
        (
            json!([{"page": "/"}, {"page": "/pricing"}, {"event": "checkout_started"}, {"event": "purchase"}]),
            ("7d", 7 * DAY),
            "loose",
            Some("source"),
            Value::Null,
        ),
        (
            json!([{"event": "product_viewed"}, {"event": "added_to_cart"}, {"event": "checkout_started"}]),
            ("90m", 90 * MINUTE),
            "strict",
            Some("device"),
            Value::Null,
        ),
        (
            json!([{"page": "/"}, {"page": "/"}, {"page": "/", "op": "is_not"}]),
            ("24h", 24 * HOUR),
            "strict",
            None,
            mobile.clone(),
        ),
        (
            json!([{"page": "/"}, {"milestone": "signup_at"}, {"milestone": "nda_signed_at"}]),
            ("40d", 40 * DAY),
            "loose",
            Some("channel"),
            json!([{"dimension": "source", "op": "is", "values": ["google", "newsletter"]}]),
        ),
        (
            json!([
                {"event": "cta", "op": "contains", "filters": [{"dimension": "page", "op": "is", "values": ["/pricing", "/"]}]},
                {"event": "purchase", "filters": mobile},
            ]),
            ("30d", 30 * DAY),
            "loose",
            Some("page"),
            Value::Null,
        ),
        (
            json!([
                {"event": "product_viewed", "props": {"colour": ["red", "blue"], "new": true}},
                {"event": "product_viewed", "op": "contains", "props": {"size": [0, "3", 2]}},
                {"event": "purchase", "filters": [{"dimension": "property:currency", "op": "is", "values": ["EUR", null]}]},
            ]),
            ("30d", 30 * DAY),
            "loose",
            Some("property:size"),
            Value::Null,
        ),
        (
            json!([{"event": "added_to_cart", "props": {"colour": null}}, {"event": "purchase", "props": {"shoe": null}}]),
            ("9d", 9 * DAY),
            "strict",
            Some("property:colour"),
            Value::Null,
        ),
    ]
}

pub(super) async fn check(app: &TestApp, world: &World) {
    for days in Days::of(world) {
        for (steps, window, order, breakdown, filters) in cases() {
            for by in ["visitor", "person"] {
                let (text, conditions) = (steps.to_string(), filters.to_string());
                let mut more = vec![
                    ("steps", &*text),
                    ("window", window.0),
                    ("order", order),
                    ("by", by),
                ];
                more.extend(breakdown.map(|dimension| ("breakdown", dimension)));
                if !filters.is_null() {
                    more.push(("filters", &conditions));
                }
                more.extend([("people", "2"), ("outcome", "dropped")]);
                let answer = ask(app, "funnel", &days.asking(&more)).await;
                let attempts: Vec<(&Fact, Vec<i64>)> = everybody(world, by)
                    .iter()
                    .filter_map(|facts| {
                        let begins = |fact: &Fact| days.has(fact.at) && holds(&filters, fact);
                        best(&steps, window.1, order, facts, &begins)
                    })
                    .collect();
                assert!(attempts.len() > 3, "{more:?}");
                let mut expected = rows(&steps, "all", None, &attempts);
                if let Some(dimension) = breakdown {
                    let mut groups: BTreeMap<Option<&str>, Vec<_>> = BTreeMap::new();
                    for attempt in &attempts {
                        let group = groups.entry(value(dimension, attempt.0)).or_default();
                        group.push(attempt.clone());
                    }
                    let mut groups: Vec<_> = groups.into_iter().collect();
                    groups.sort_by_key(|(_, own)| std::cmp::Reverse(own.len()));
                    for (value, own) in groups {
                        expected.extend(rows(&steps, "value", value, &own));
                    }
                }
                assert_eq!(answer["data"]["rows"], json!(expected), "{more:?}");
                let dropped = attempts.iter().filter(|(_, at)| at.len() == 1).count();
                let people = &answer["data"]["people"];
                assert_eq!(people["total"], dropped, "{more:?}");
                assert_eq!(people["ids"].as_array().unwrap().len(), dropped);
                assert_eq!(answer["sample"]["people"], attempts.len());
            }
        }
    }
}

/// Every attempt by itself: the one with which the most steps were made, and of those the first.
fn best<'w>(
    steps: &Value,
    window: i64,
    order: &str,
    facts: &[&'w Fact],
    begins: &dyn Fn(&Fact) -> bool,
) -> Option<(&'w Fact, Vec<i64>)> {
    let steps = steps.as_array().unwrap();
    let mut best: Option<(&Fact, Vec<i64>)> = None;
    for (place, first) in facts.iter().enumerate() {
        if !meets(&steps[0], first) || !begins(first) {
            continue;
        }
        let mut made = vec![first.at];
        for fact in &facts[place + 1..] {
            if made.len() == steps.len() || fact.at > first.at + window {
                break;
            }
            if meets(&steps[made.len()], fact) {
                made.push(fact.at);
            } else if order == "strict"
                && steps.iter().any(|step| meets(step, fact))
                && !steps[..made.len()].iter().any(|step| meets(step, fact))
            {
                break;
            }
        }
        if best
            .as_ref()
            .is_none_or(|(_, best)| best.len() < made.len())
        {
            best = Some((first, made));
        }
    }
    best
}

fn rows(
    steps: &Value,
    group: &str,
    value: Option<&str>,
    attempts: &[(&Fact, Vec<i64>)],
) -> Vec<Value> {
    let made = |step: usize| attempts.iter().filter(|(_, at)| at.len() >= step).count();
    let row = |(place, step): (usize, &Value)| {
        let people = made(place + 1);
        let before = (place > 0).then(|| made(place));
        let took: Vec<i64> = attempts
            .iter()
            .filter(|(_, at)| place > 0 && at.len() > place)
            .map(|(_, at)| at[place] - at[place - 1])
            .collect();
        json!({
            "group": group,
            "value": value,
            "step": place + 1,
            "name": step.as_object().unwrap().values().next(),
            "people": people,
            "rate": rate(people, made(1)),
            "rate_of_previous": before.and_then(|before| rate(people, before)),
            "dropped": before.map(|before| before - people),
            "drop_off": before.and_then(|before| rate(before - people, before)),
            "median_ms": percentile(&took, 50),
            "p90_ms": percentile(&took, 90),
        })
    };
    let steps = steps.as_array().unwrap();
    steps.iter().enumerate().map(row).collect()
}
