//! Pages, events and what events tell beside their name, held against every fact.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::ask;
use super::reference::{earned, of, on_days, people, sessions};
use super::world::{DAY, Fact, Page, Session, World, day_in};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(pages_are_those_of_the_facts, events_are_those_of_the_facts);

fn visitors(facts: &[&Fact]) -> usize {
    let all: BTreeSet<usize> = facts
        .iter()
        .map(|fact| fact.session.browser.number)
        .collect();
    all.len()
}

/// A page's figures of a time.
fn page(
    world: &World,
    means: &dyn Fn(&Session) -> bool,
    within: &dyn Fn(i64) -> bool,
    page: Page,
) -> Value {
    let facts = people(world)
        .into_iter()
        .filter(|fact| means(&fact.session));
    let all: Vec<&Fact> = facts.collect();
    let views: Vec<&Fact> = all
        .iter()
        .copied()
        .filter(|fact| fact.kind == "page_view" && fact.page == Some(page) && within(fact.at))
        .collect();
    let ends = |is_last: bool| {
        let begun = sessions(&all)
            .into_iter()
            .filter(|one| within(one.started_at));
        let count = begun.filter(|session| {
            let own = of(world, session);
            let mut pages = own.iter().filter(|fact| fact.kind == "page_view");
            let end = if is_last {
                pages.next_back()
            } else {
                pages.next()
            };
            end.is_some_and(|fact| fact.page == Some(page))
        });
        count.count()
    };
    let measured: Vec<&Fact> = views
        .iter()
        .copied()
        .filter(|fact| fact.visible_ms > 0 || fact.scroll_max > 0)
        .collect();
    let count = measured.len();
    let visible: i64 = measured.iter().map(|fact| fact.visible_ms).sum();
    let mut scrolls: Vec<i64> = measured.iter().map(|fact| fact.scroll_max).collect();
    scrolls.sort_unstable();
    let median = (count > 0).then(|| (scrolls[(count - 1) / 2] + scrolls[count / 2]) as f64 / 2.0);
    let deep = scrolls.iter().filter(|scrolled| **scrolled >= 90).count();
    json!({
        "host": page.host,
        "path": page.path,
        "views": views.len(),
        "visitors": visitors(&views),
        "sessions": sessions(&views).len(),
        "entries": ends(false),
        "exits": ends(true),
        "measured_views": count,
        "mean_visible_ms": (count > 0).then(|| (visible as u64 + count as u64 / 2) / count as u64),
        "median_scroll": median,
        "deep_rate": (count > 0).then(|| deep as f64 / count as f64),
    })
}

async fn pages_are_those_of_the_facts(database: Database) {
    let (app, world) = World::start(database, 3).await;
    let from = day_in(world.anchor - 12 * DAY, "UTC").to_string();
    let to = day_in(world.anchor + DAY, "UTC").to_string();
    let earlier = day_in(world.anchor - 26 * DAY, "UTC").to_string();
    let before = day_in(world.anchor - 13 * DAY, "UTC").to_string();
    let all: BTreeSet<Page> = world.facts.iter().filter_map(|fact| fact.page).collect();
    let mobile = r#"[{"dimension":"device","op":"is","values":["mobile"]}]"#;
    type Means = fn(&Session) -> bool;
    let asked: [(&str, Means); 2] = [
        ("[]", |_| true),
        (mobile, |session| {
            session.browser.agent.device == Some("mobile")
        }),
    ];
    for (filters, means) in asked {
        let answer = ask(
            &app,
            "pages",
            &[
                ("from", &from),
                ("to", &to),
                ("zone", "America/New_York"),
                ("compare", "previous"),
                ("filters", filters),
            ],
        )
        .await;
        for (data, from, to) in [("data", &from, &to), ("previous", &earlier, &before)] {
            let within = on_days(from, to, "America/New_York");
            let rows = answer[data]["rows"].as_array().unwrap();
            for row in rows {
                let one = all
                    .iter()
                    .find(|one| row["host"] == one.host && row["path"] == one.path);
                assert_eq!(row, &page(&world, &means, &within, *one.unwrap()));
            }
            let views: Vec<&Fact> = people(&world)
                .into_iter()
                .filter(|fact| fact.kind == "page_view" && within(fact.at) && means(&fact.session))
                .collect();
            let total = json!({
                "views": views.len(),
                "visitors": visitors(&views),
                "sessions": sessions(&views).len(),
            });
            assert_eq!(answer[data]["total"], total);
            if data == "data" {
                let shown: BTreeSet<&str> = rows
                    .iter()
                    .map(|row| row["path"].as_str().unwrap())
                    .collect();
                let viewed: BTreeSet<&str> =
                    views.iter().map(|fact| fact.page.unwrap().path).collect();
                assert!(shown.is_superset(&viewed) && viewed.len() > 2);
            }
        }
    }
    // What was told of a page counts where it was viewed.
    let filters = r#"[{"dimension":"page","op":"contains","values":["/BLOG"]}]"#;
    let answer = ask(
        &app,
        "pages",
        &[
            ("from", &from),
            ("to", &to),
            ("filters", filters),
            ("sort", "entries"),
        ],
    )
    .await;
    for row in answer["data"]["rows"].as_array().unwrap() {
        assert!(
            row["views"] == 0 || row["path"].as_str().unwrap().starts_with("/blog"),
            "{row}"
        );
    }
    app.log.assert_quiet();
}

async fn events_are_those_of_the_facts(database: Database) {
    let (app, world) = World::start(database, 4).await;
    let from = day_in(world.anchor - 15 * DAY, "UTC").to_string();
    let to = day_in(world.anchor + 2 * DAY, "UTC").to_string();
    let asked = [("from", &*from), ("to", &to), ("zone", "Europe/Berlin")];
    let answer = ask(&app, "events", &asked).await;
    let within = on_days(&from, &to, "Europe/Berlin");
    let all: Vec<&Fact> = people(&world)
        .into_iter()
        .filter(|fact| ["event", "milestone"].contains(&fact.kind) && within(fact.at))
        .collect();
    let names: BTreeSet<_> = all.iter().map(|fact| (fact.kind, fact.name)).collect();
    let rows = answer["data"]["rows"].as_array().unwrap();
    assert!(rows.len() > 8);
    assert_eq!(rows.len(), names.len());
    for row in rows {
        let own: Vec<&Fact> = all
            .iter()
            .copied()
            .filter(|fact| row["kind"] == fact.kind && row["name"].as_str() == fact.name)
            .collect();
        let mut expected = json!({
            "name": row["name"],
            "kind": row["kind"],
            "count": own.len(),
            "visitors": visitors(&own),
            "sessions": sessions(&own).len(),
            "conversions": own.iter().filter(|fact| fact.is_conversion).count(),
        });
        for (name, value) in earned(&world, &own).as_object().unwrap() {
            expected[name] = value.clone();
        }
        assert_eq!(row, &expected);
    }
    assert_eq!(answer["data"]["total"]["count"], all.len());
    assert_eq!(answer["data"]["total"]["visitors"], visitors(&all));
    assert_eq!(answer["data"]["total"]["sessions"], sessions(&all).len());
    properties_are_those_of_the_latest_events(&app, &world, &asked, &all).await;
    app.log.assert_quiet();
}

async fn properties_are_those_of_the_latest_events(
    app: &crate::support::app::TestApp,
    world: &World,
    asked: &[(&str, &str)],
    all: &[&Fact],
) {
    let mut viewed: Vec<&Fact> = all
        .iter()
        .copied()
        .filter(|fact| fact.name == Some("product_viewed"))
        .collect();
    viewed.sort_by_key(|fact| std::cmp::Reverse((fact.at, fact.session.browser.visitor)));
    for most in [1000, 20] {
        let most_text = most.to_string();
        let mut asked = asked.to_vec();
        asked.extend([("event", "product_viewed"), ("events", &*most_text)]);
        let answer = ask(app, "properties", &asked).await;
        let looked: Vec<&Fact> = viewed.iter().copied().take(most).collect();
        assert_eq!(answer["data"]["looked_at"], looked.len());
        assert_eq!(answer["data"]["first_at"], looked.last().unwrap().at);
        assert_eq!(answer["sample"]["items"], viewed.len());
        assert_eq!(answer["sample"]["people"], visitors(&viewed));
        for row in answer["data"]["rows"].as_array().unwrap() {
            let name = row["property"].as_str().unwrap();
            let values: Vec<&Value> = looked
                .iter()
                .filter_map(|fact| fact.props.get(name))
                .collect();
            assert_eq!(row["count"], values.len());
            let texts: BTreeSet<String> = values.iter().map(|value| value.to_string()).collect();
            assert_eq!(row["distinct"], texts.len());
            for told in row["values"].as_array().unwrap() {
                let count = values
                    .iter()
                    .filter(|value| **value == &told["value"])
                    .count();
                assert_eq!(told["count"], count, "{row}");
            }
        }
        assert_eq!(answer["data"]["rows"].as_array().unwrap().len(), 3);
    }
    let mut asked = asked.to_vec();
    asked.extend([
        ("event", "product_viewed"),
        ("property", "colour"),
        ("limit", "1"),
    ]);
    let answer = ask(app, "properties", &asked).await;
    let rows = answer["data"]["rows"].as_array().unwrap();
    assert_eq!(
        (rows.len(), &rows[0]["values"][0]["value"]),
        (1, &json!("red"))
    );
    assert_eq!(rows[0]["values"].as_array().unwrap().len(), 1);
    assert!(world.browsers.len() > 50);
}
