//! Questions that follow somebody through time, held against references that look at every fact again and again.

mod funnel;
mod paths;
mod retention;
mod stages;

use serde_json::Value;
use uuid::Uuid;

use super::world::{Fact, World, day_in};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(what_follows_is_what_the_references_say);

async fn what_follows_is_what_the_references_say(database: Database) {
    let (app, world) = World::start(database, 41).await;
    funnel::check(&app, &world).await;
    paths::check(&app, &world).await;
    retention::check(&app, &world).await;
    stages::check(&app, &world).await;
    app.log.assert_quiet();
}

/// The days that are asked about.
struct Days {
    from: String,
    to: String,
    zone: &'static str,
}

impl Days {
    /// All there is, and a part of it, in zones of which the clocks change within.
    fn of(world: &World) -> Vec<Self> {
        let (from, to) = world.days();
        let part = |days: i64| day_in(world.anchor + days * super::world::DAY, "UTC").to_string();
        vec![
            Self {
                from,
                to,
                zone: "Europe/Berlin",
            },
            Self {
                from: part(-12),
                to: part(9),
                zone: "America/New_York",
            },
        ]
    }

    fn has(&self, at: i64) -> bool {
        let day = day_in(at, self.zone).to_string();
        self.from <= day && day <= self.to
    }

    fn asking<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let days = [
            ("from", &*self.from),
            ("to", &*self.to),
            ("zone", self.zone),
        ];
        days.into_iter().chain(more.iter().copied()).collect()
    }
}

/// Everybody who is no bot, each with all that they did, oldest first.
fn everybody<'w>(world: &'w World, by: &str) -> Vec<Vec<&'w Fact>> {
    let key = |fact: &Fact| -> (usize, Uuid) {
        let browser = &fact.session.browser;
        match by {
            "visitor" => (browser.number, Uuid::nil()),
            _ => (browser.person, Uuid::nil()),
        }
    };
    let mut facts: Vec<&Fact> = world.facts.iter().collect();
    facts.retain(|fact| !fact.session.browser.is_bot);
    facts.sort_by_key(|fact| (key(fact), fact.at, fact.session.browser.visitor, fact.id));
    let mut all: Vec<Vec<&Fact>> = Vec::new();
    for fact in facts {
        match all.last_mut() {
            Some(last) if key(last[0]) == key(fact) => last.push(fact),
            _ => all.push(vec![fact]),
        }
    }
    all
}

/// Whether a fact is what a step names.
fn meets(step: &Value, fact: &Fact) -> bool {
    let (kind, sought) = step.as_object().unwrap().iter().next().unwrap();
    let text = match kind.as_str() {
        "page" if fact.kind == "page_view" => fact.page.map(|page| page.path),
        kind if fact.kind == kind => fact.name,
        _ => None,
    };
    let sought = sought.as_str().unwrap();
    let is_named = text.is_some_and(|text| match step["op"].as_str() {
        None | Some("is") => text == sought,
        Some("contains") => text.contains(sought),
        Some("is_not") => text != sought,
        Some(other) => panic!("{other}"),
    });
    is_named && holds(&step["filters"], fact) && tells(&step["props"], fact)
}

/// Whether an event tells what a step wants.
fn tells(props: &Value, fact: &Fact) -> bool {
    let mut props = props.as_object().into_iter().flatten();
    props.all(|(name, wanted)| {
        let own = value(&format!("property:{name}"), fact);
        let text = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        match wanted {
            Value::Array(wanted) => wanted.iter().any(|one| text(one).as_deref() == own),
            one => text(one).as_deref() == own,
        }
    })
}

/// Whether conditions hold, all of which are `is`.
fn holds(filters: &Value, fact: &Fact) -> bool {
    let mut filters = filters.as_array().into_iter().flatten();
    filters.all(|filter| {
        let value = value(filter["dimension"].as_str().unwrap(), fact);
        let mut values = filter["values"].as_array().unwrap().iter();
        values.any(|one| one.as_str() == value)
    })
}

fn value<'w>(dimension: &str, fact: &'w Fact) -> Option<&'w str> {
    let session = &fact.session;
    match dimension {
        // The first touch is that of the first item, and asked of that alone.
        "source" | "first_source" => session.touch.source,
        "channel" | "first_channel" => session.touch.channel,
        "device" => session.browser.agent.device,
        "page" => fact.page.map(|page| page.path),
        other => {
            let name = other.strip_prefix("property:").expect(other);
            match fact.props.get(name)? {
                Value::String(text) => Some(text),
                Value::Bool(true) => Some("true"),
                Value::Number(number) => {
                    Some(["0", "1", "2", "3"][number.as_u64().unwrap() as usize])
                }
                _ => None,
            }
        }
    }
}

/// The nearest rank, and null of nothing.
fn percentile(values: &[i64], percent: usize) -> Option<i64> {
    let mut values = values.to_vec();
    values.sort_unstable();
    let rank = (values.len() * percent).div_ceil(100);
    values.get(rank.checked_sub(1)?).copied()
}

fn rate(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Lists that are the same in any order.
fn assert_same(told: &Value, expected: &[Value], what: &str) {
    let sorted = |all: &[Value]| {
        let mut all: Vec<String> = all.iter().map(Value::to_string).collect();
        all.sort();
        all
    };
    let told = sorted(told.as_array().unwrap());
    assert_eq!(told, sorted(expected), "{what}");
}
