//! What figures have to be, by looking at every fact of a world again and again.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::{Fact, Order, Session, World, day_in};

/// Facts of those who are no bots.
pub(super) fn people(world: &World) -> Vec<&Fact> {
    let facts = world.facts.iter();
    facts.filter(|fact| !fact.session.browser.is_bot).collect()
}

/// The sessions of some facts, by their numbers.
pub(super) fn sessions<'w>(facts: &[&'w Fact]) -> Vec<&'w Session> {
    let mut all: Vec<&Session> = facts.iter().map(|fact| &*fact.session).collect();
    all.sort_by_key(|session| session.number);
    all.dedup_by_key(|session| session.number);
    all
}

/// Facts of a session, oldest first.
pub(super) fn of<'w>(world: &'w World, session: &Session) -> Vec<&'w Fact> {
    let own = world.facts.iter();
    own.filter(|fact| fact.session.number == session.number)
        .collect()
}

/// Whether a session is its browser's first.
fn is_first(world: &World, session: &Session) -> bool {
    world.facts.iter().all(|fact| {
        fact.session.browser.number != session.browser.number
            || fact.session.started_at >= session.started_at
    })
}

/// Milliseconds that pages of a session were visible.
fn visible(world: &World, session: &Session) -> i64 {
    of(world, session).iter().map(|fact| fact.visible_ms).sum()
}

fn has_conversion(world: &World, session: &Session) -> bool {
    of(world, session).iter().any(|fact| fact.is_conversion)
}

fn is_engaged(world: &World, session: &Session) -> bool {
    let own = of(world, session);
    let views = own.iter().filter(|fact| fact.kind == "page_view").count();
    visible(world, session) > 10_000 || has_conversion(world, session) || views >= 2
}

/// The figures of sessions that began at a time, and of items; both are given.
pub(super) fn figures(world: &World, begun: &[&Session], items: &[&Fact]) -> Value {
    let count = begun.len() as u64;
    let counted = |is: &dyn Fn(&Session) -> bool| begun.iter().filter(|s| is(s)).count() as u64;
    let visitors: BTreeSet<usize> = begun.iter().map(|s| s.browser.number).collect();
    let engaged = counted(&|session| is_engaged(world, session));
    let converted = counted(&|session| has_conversion(world, session));
    let rate = |part: u64| (count > 0).then(|| part as f64 / count as f64);
    let mean = |sum: i64| (count > 0).then(|| (sum as u64 + count / 2) / count);
    let of_kind = |kind: &str| items.iter().filter(|fact| fact.kind == kind).count();
    let mut all = json!({
        "visitors": visitors.len(),
        "new_visitors": counted(&|session| is_first(world, session)),
        "sessions": count,
        "engaged_sessions": engaged,
        "engaged_rate": rate(engaged),
        "bounce_rate": rate(count - engaged),
        "page_views": of_kind("page_view"),
        "events": of_kind("event"),
        "conversions": items.iter().filter(|fact| fact.is_conversion).count(),
        "converted_sessions": converted,
        "conversion_rate": rate(converted),
        "mean_duration_ms": mean(begun.iter().map(|s| s.last_at - s.started_at).sum()),
        "mean_visible_ms": mean(begun.iter().map(|s| visible(world, s)).sum()),
    });
    let earned = earned(world, items);
    for (name, value) in earned.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

/// What the orders among some items brought.
pub(super) fn earned(world: &World, items: &[&Fact]) -> Value {
    let orders: Vec<(&Order, i64)> = items
        .iter()
        .filter_map(|fact| Some((fact.order.as_ref()?, fact.at)))
        .collect();
    // In 10⁻¹⁰ of the site's currency.
    let rate = |order: &Order, at: i64| match order.currency? {
        "EUR" => Some(10_000),
        "USD" => Some((world.euros(at).parse::<f64>().unwrap() * 1e4).round() as i128),
        _ => None,
    };
    let sum = |what: &dyn Fn(&Order) -> i64| {
        let all = orders
            .iter()
            .filter(|(order, _)| order.amount.is_some())
            .filter_map(|(order, at)| Some(i128::from(what(order)) * rate(order, *at)?));
        let all: i128 = all.sum();
        text((all + 5_000).div_euclid(10_000), 2)
    };
    let gross = |order: &Order| order.amount.unwrap();
    let apart: BTreeSet<Option<&str>> = orders
        .iter()
        .filter(|(order, at)| order.amount.is_some() && rate(order, *at).is_none())
        .map(|(order, _)| order.currency)
        .collect();
    let line = |currency: Option<&str>| {
        let own = orders
            .iter()
            .filter(|(order, _)| order.amount.is_some() && order.currency == currency);
        let own: Vec<&Order> = own.map(|(order, _)| *order).collect();
        let sum = |what: &dyn Fn(&Order) -> i64| {
            text(own.iter().map(|order| i128::from(what(order))).sum(), 0)
        };
        json!({
            "currency": currency,
            "orders": own.len(),
            "gross": sum(&gross),
            "refunded": sum(&|order| order.refunded),
            "net": sum(&|order| order.amount.unwrap() - order.refunded),
        })
    };
    json!({
        "orders": orders.len(),
        "revenue": {
            "gross": sum(&gross),
            "refunded": sum(&|order| order.refunded),
            "net": sum(&|order| order.amount.unwrap() - order.refunded),
        },
        "unconverted": apart.into_iter().map(line).collect::<Vec<_>>(),
    })
}

/// Millionths as decimal text with at least so many decimals.
fn text(millionths: i128, decimals: usize) -> String {
    let text = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
    let (whole, fraction) = text.split_once('.').unwrap();
    let mut fraction = fraction.to_owned();
    while fraction.len() > decimals && fraction.ends_with('0') {
        fraction.pop();
    }
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// Figures by time: of sessions that began in it and items that happened in it, as far as their session is meant.
pub(super) fn by_time(
    world: &World,
    means: &dyn Fn(&Session) -> bool,
    within: &dyn Fn(i64) -> bool,
) -> Value {
    let facts = people(world);
    let facts: Vec<&Fact> = facts.into_iter().filter(|f| means(&f.session)).collect();
    let begun: Vec<&Session> = sessions(&facts)
        .into_iter()
        .filter(|session| within(session.started_at))
        .collect();
    let items: Vec<&Fact> = facts.into_iter().filter(|fact| within(fact.at)).collect();
    figures(world, &begun, &items)
}

/// Figures of whole sessions that began in a time.
pub(super) fn of_sessions(
    world: &World,
    means: &dyn Fn(&Session) -> bool,
    within: &dyn Fn(i64) -> bool,
) -> Value {
    let facts = people(world).into_iter();
    let items: Vec<&Fact> = facts
        .filter(|fact| means(&fact.session) && within(fact.session.started_at))
        .collect();
    figures(world, &sessions(&items), &items)
}

/// Whether a moment is on one of some days of a time zone.
pub(super) fn on_days<'d>(from: &'d str, to: &'d str, zone: &'d str) -> impl Fn(i64) -> bool + 'd {
    move |at| {
        let day = day_in(at, zone).to_string();
        from <= day.as_str() && day.as_str() <= to
    }
}

/// What an event or a milestone tells of a property, as it is compared. Numbers of a world are whole.
pub(super) fn told(fact: &Fact, name: &str) -> Option<String> {
    match fact.props.get(name)? {
        _ if !["event", "milestone"].contains(&fact.kind) => None,
        Value::String(text) => Some(text.clone()),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}

/// A session's value of a dimension.
pub(super) fn value(world: &World, session: &Session, dimension: &str) -> Option<String> {
    let browser = &session.browser;
    let touch = session.touch;
    let page = |is_last: bool| {
        let own = of(world, session);
        let mut pages = own.iter().filter(|fact| fact.kind == "page_view");
        let found = if is_last {
            pages.next_back()
        } else {
            pages.next()
        };
        found.and_then(|fact| fact.page)
    };
    let first = || {
        let own = world.facts.iter().map(|fact| &fact.session);
        let own = own.filter(|other| other.browser.number == browser.number);
        own.min_by_key(|other| other.started_at).unwrap().touch
    };
    let text = match dimension {
        "channel" => touch.channel,
        "source" => touch.source,
        "medium" => touch.medium,
        "campaign" => touch.campaign,
        "term" => touch.term,
        "content" => touch.content,
        "referrer" => touch.referrer,
        "entry_page" => page(false).map(|page| page.path),
        "exit_page" => page(true).map(|page| page.path),
        "hostname" => page(false).map(|page| page.host),
        "device" => browser.agent.device,
        "browser" => browser.agent.browser,
        "os" => browser.agent.os,
        "language" => browser.language,
        "country" => browser.country,
        "region" | "city" => None,
        "first_source" => first().source,
        "first_channel" => first().channel,
        "account" => browser.account.as_deref(),
        other => panic!("{other}"),
    };
    text.map(str::to_owned)
}

/// What a question has to answer of the sessions that meet a condition.
type Expected<'e> = &'e dyn Fn(&dyn Fn(&Session) -> bool) -> Value;

/// Holds rows of values against what they have to be: each value once, with these figures, and the others beyond.
pub(super) fn hold_rows(
    world: &World,
    answer: &Value,
    dimensions: &[&str],
    expected: Expected<'_>,
) {
    let all = people(world);
    let key = |session: &Session| -> Vec<Option<String>> {
        let values = dimensions.iter();
        values.map(|name| value(world, session, name)).collect()
    };
    let keys: BTreeSet<Vec<Option<String>>> = sessions(&all)
        .into_iter()
        .filter(|session| {
            let own = expected(&|other| other.number == session.number);
            let is_there = |name: &str| own[name] != 0;
            ["sessions", "page_views", "events", "conversions", "orders"]
                .into_iter()
                .any(is_there)
        })
        .map(key)
        .collect();
    let mut shown = BTreeSet::new();
    let mut last = u64::MAX;
    for row in answer["rows"].as_array().unwrap() {
        let own: Vec<Option<String>> = dimensions
            .iter()
            .map(|name| row["by"][name].as_str().map(str::to_owned))
            .collect();
        let mut wanted = expected(&|session| key(session) == own);
        wanted["by"] = row["by"].clone();
        assert_eq!(row, &wanted);
        let sessions = row["sessions"].as_u64().unwrap();
        assert!(sessions <= last, "{answer}");
        last = sessions;
        assert!(keys.contains(&own) && shown.insert(own), "{row}");
    }
    assert_eq!(answer["count"], keys.len());
    let others = expected(&|session| !shown.contains(&key(session)));
    if shown.len() == keys.len() {
        assert_eq!(answer["others"], Value::Null);
    } else {
        for name in ["sessions", "page_views", "conversions", "orders", "revenue"] {
            assert_eq!(answer["others"][name], others[name], "{name}");
        }
        for name in ["sessions", "visitors"] {
            assert!(answer["others"][name].as_u64() <= Some(last * (keys.len() as u64)));
        }
    }
    assert_eq!(answer["total"], expected(&|_| true));
}
