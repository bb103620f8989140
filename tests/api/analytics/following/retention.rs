//! Retention, held against every person's periods by the calendar.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use serde_json::{Value, json};

use super::{Days, everybody, holds, rate, value};
use crate::api::analytics::ask;
use crate::api::analytics::world::{Fact, World, day_in};
use crate::support::app::TestApp;

const PERIODS: usize = 9;

/// Somebody of a cohort: the first day of their period, the dimension's value, and the first days of those in which they came back.
struct Member<'w> {
    began: Date,
    value: Option<&'w str>,
    back: Vec<Date>,
}

pub(super) async fn check(app: &TestApp, world: &World) {
    let mobile = json!([{"dimension": "device", "op": "is", "values": ["mobile"]}]);
    for days in Days::of(world) {
        for (cohort, returning, period, filters) in [
            ("first_seen", "session", "week", Value::Null),
            ("first_seen", "event:product_viewed", "day", mobile.clone()),
            ("first_source", "session", "month", Value::Null),
            ("first_channel", "page:/pricing", "week", mobile.clone()),
            ("milestone:signup_at", "session", "week", Value::Null),
            ("event:cta_clicked", "event:cta_clicked", "day", Value::Null),
        ] {
            for by in ["visitor", "person"] {
                let (count, conditions) = (PERIODS.to_string(), filters.to_string());
                let mut more = vec![
                    ("cohort", cohort),
                    ("returning", returning),
                    ("period", period),
                    ("periods", &*count),
                    ("by", by),
                ];
                if !filters.is_null() {
                    more.push(("filters", &conditions));
                }
                let answer = ask(app, "retention", &days.asking(&more)).await;
                let members: Vec<Member<'_>> = everybody(world, by)
                    .iter()
                    .filter_map(|facts| member(facts, &days, cohort, returning, period, &filters))
                    .collect();
                assert!(!members.is_empty(), "{more:?}");
                let today = day_in(answer["as_of"].as_i64().unwrap(), days.zone);
                let told = &answer["data"];
                let rows = rows(&members, &days, cohort, period, today);
                let bare: Vec<Value> = told["rows"].as_array().unwrap().iter().map(bare).collect();
                assert_eq!(json!(bare), json!(rows), "{more:?}");
                let curve: Vec<Value> = (0..PERIODS)
                    .map(|offset| {
                        let of: Vec<&Member<'_>> = members
                            .iter()
                            .filter(|one| is_over(one.began, offset, period, today))
                            .collect();
                        let people = of.iter().filter(|one| came(one, offset, period)).count();
                        (of.len(), people, rate(people, of.len()))
                    })
                    .map(|(of, people, rate)| json!({"of": of, "people": people, "rate": rate}))
                    .collect();
                for (told, expected) in told["curve"].as_array().unwrap().iter().zip(curve) {
                    assert_eq!(told["of"], expected["of"], "{more:?}");
                    assert_eq!(told["rate"], expected["rate"], "{more:?}");
                    if !told["people"].is_null() {
                        assert_eq!(told["people"], expected["people"], "{more:?}");
                    }
                }
                assert_eq!(told["curve"][0]["rate"], 1.0);
                assert_eq!(answer["sample"]["people"], members.len());
            }
        }
    }
}

/// A row without what says which cohort it is in other words.
fn bare(row: &Value) -> Value {
    let mut row = row.clone();
    for name in ["kind", "begins_at", "is_whole"] {
        row.as_object_mut().unwrap().remove(name).unwrap();
    }
    row
}

fn first(day: Date, period: &str) -> Date {
    match period {
        "week" => {
            let mut day = day;
            while day.weekday() != Weekday::Monday {
                day = day.yesterday().unwrap();
            }
            day
        }
        "month" => day.first_of_month(),
        _ => day,
    }
}

fn next(mut day: Date, period: &str, times: usize) -> Date {
    for _ in 0..times {
        let begun = first(day, period);
        while first(day, period) == begun {
            day = day.tomorrow().unwrap();
        }
    }
    day
}

fn does(what: &str, fact: &Fact) -> bool {
    let (kind, name) = what.split_once(':').unwrap();
    match kind {
        "page" => fact.kind == "page_view" && fact.page.is_some_and(|page| page.path == name),
        kind => fact.kind == kind && fact.name == Some(name),
    }
}

fn member<'w>(
    facts: &[&'w Fact],
    days: &Days,
    cohort: &str,
    returning: &str,
    period: &str,
    filters: &Value,
) -> Option<Member<'w>> {
    let began = facts
        .iter()
        .find(|fact| cohort.starts_with("first_") || does(cohort, fact))?;
    if !days.has(began.at) || !holds(filters, began) {
        return None;
    }
    let back = facts.iter().filter_map(|fact| match returning {
        "session" => Some(fact.session.started_at),
        what => does(what, fact).then_some(fact.at),
    });
    Some(Member {
        began: first(day_in(began.at, days.zone), period),
        value: match cohort {
            "first_source" | "first_channel" => value(cohort, began),
            _ => None,
        },
        back: back
            .map(|at| first(day_in(at, days.zone), period))
            .collect(),
    })
}

/// Whether the period so many after the one that begins on a day is over. Everybody is there in their own.
fn is_over(began: Date, offset: usize, period: &str, today: Date) -> bool {
    offset == 0 || next(began, period, offset + 1) <= today
}

fn came(member: &Member<'_>, offset: usize, period: &str) -> bool {
    offset == 0 || member.back.contains(&next(member.began, period, offset))
}

fn rows(
    members: &[Member<'_>],
    days: &Days,
    cohort: &str,
    period: &str,
    today: Date,
) -> Vec<Value> {
    let last: Date = days.to.parse().unwrap();
    let mut begun = vec![first(days.from.parse().unwrap(), period)];
    while let Some(next) = begun
        .last()
        .map(|day| next(*day, period, 1))
        .filter(|day| *day <= last)
    {
        begun.push(next);
    }
    let mut cohorts: Vec<(Option<String>, Vec<&Member<'_>>, Vec<Date>)> = Vec::new();
    if matches!(cohort, "first_source" | "first_channel") {
        let mut by_value: BTreeMap<Option<&str>, Vec<&Member<'_>>> = BTreeMap::new();
        for member in members {
            by_value.entry(member.value).or_default().push(member);
        }
        let mut by_value: Vec<_> = by_value.into_iter().collect();
        by_value.sort_by_key(|(_, own)| std::cmp::Reverse(own.len()));
        for (value, own) in by_value {
            cohorts.push((value.map(str::to_owned), own, begun.clone()));
        }
    } else {
        for day in begun {
            let own = members.iter().filter(|one| one.began == day).collect();
            cohorts.push((Some(day.to_string()), own, vec![day]));
        }
    }
    let mut rows = Vec::new();
    for (cohort, own, begun) in cohorts {
        for offset in 0..PERIODS {
            let over = |day: Date| is_over(day, offset, period, today);
            let of: Vec<_> = own.iter().filter(|one| over(one.began)).collect();
            let people = of.iter().filter(|one| came(one, offset, period)).count();
            let is_known = begun.iter().any(|day| over(*day));
            rows.push(json!({
                "cohort": cohort,
                "size": own.len(),
                "offset": offset,
                "of": of.len(),
                "people": is_known.then_some(people),
                "rate": rate(people, of.len()),
            }));
        }
    }
    rows
}
