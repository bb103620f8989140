//! A site as a whole: series, totals by values, conditions, and what cannot be asked.

use serde_json::{Value, json};

use super::reference::{by_time, figures, hold_rows, of, on_days, people, sessions};
use super::world::{DAY, Fact, HOUR, Session, World, day_in};
use super::{ask, encoded};
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    a_site_is_counted_as_a_whole,
    what_cannot_be_asked_names_its_parameter,
    figures_of_a_world_are_those_of_its_facts,
);

async fn a_site_is_counted_as_a_whole(database: Database) {
    let app = TestApp::start(database).await;
    let empty = ask(&app, "overview", &[]).await;
    assert_eq!(empty["data"]["total"]["visitors"], 0);
    let (one, other) = (Visit::new(&app.key), Visit::new(&app.key));
    let mut bought = event("bought");
    bought["data"] = json!({"name": "bought", "conversion": true});
    app.accept(&one.batch(&[page_view("https://shop.example/"), bought]))
        .await;
    app.accept(&other.batch(&[page_view("https://shop.example/pricing")]))
        .await;
    let answer = ask(&app, "overview", &[("compare", "previous")]).await;
    let total = &answer["data"]["total"];
    assert_eq!(total["visitors"], 2, "{answer}");
    assert_eq!(total["sessions"], 2);
    assert_eq!(total["page_views"], 2);
    assert_eq!(total["events"], 1);
    assert_eq!(total["conversions"], 1);
    assert_eq!(answer["previous"]["total"]["sessions"], 0);
    assert_eq!(answer["data"]["rows"].as_array().unwrap().len(), 30);
    assert_eq!(answer["sample"]["people"], 2);
    let pricing = r#"[{"dimension":"page","op":"contains","values":["/PRIC"]}]"#;
    let answer = ask(&app, "overview", &[("filters", pricing)]).await;
    assert_eq!(answer["data"]["total"]["visitors"], 1);
    assert_eq!(answer["data"]["total"]["events"], 0);
    let text = app.get("/api/v1/analytics/overview?format=csv").await;
    assert_eq!(text.headers()["content-type"], "text/csv; charset=utf-8");
    let text = text.text().await.unwrap();
    assert_eq!(text.lines().count(), 31);
    assert!(
        text.starts_with("at,visitors,new_visitors,sessions,engaged_sessions,engaged_rate,"),
        "{text}"
    );
    app.log.assert_quiet();
}

async fn what_cannot_be_asked_names_its_parameter(database: Database) {
    let app = TestApp::start(database).await;
    for (query, field) in [
        ("from=2026-02-30".to_owned(), "from"),
        ("from=2026-02-02&to=2026-02-01".to_owned(), "from"),
        ("from=2001-01-01&to=2026-02-01".to_owned(), "from"),
        ("zone=Europe/Atlantis".to_owned(), "zone"),
        (
            "interval=hour&from=2025-01-01&to=2025-12-31".to_owned(),
            "interval",
        ),
        ("interval=decade".to_owned(), "interval"),
        ("breakdown=shoe_size".to_owned(), "breakdown"),
        ("breakdown=page".to_owned(), "breakdown"),
        ("breakdown=source,medium,channel".to_owned(), "breakdown"),
        ("breakdown=source,source".to_owned(), "breakdown"),
        ("breakdown=source&sort=shoes".to_owned(), "sort"),
        ("breakdown=source&limit=0".to_owned(), "limit"),
        ("compare=never".to_owned(), "compare"),
        ("filters=x".to_owned(), "filters"),
        (
            format!(
                "filters={}",
                encoded(r#"[{"dimension":"source","op":"matches","values":["("]}]"#)
            ),
            "filters",
        ),
        (
            format!(
                "filters={}",
                encoded(r#"[{"dimension":"shoe_size","op":"is","values":["44"]}]"#)
            ),
            "filters",
        ),
        ("shoes=1".to_owned(), "shoes"),
    ] {
        let response = app
            .get(&format!("/api/v1/analytics/overview?{query}"))
            .await;
        let (status, _, named) = error(response).await;
        assert_eq!((status, named.as_deref()), (400, Some(field)), "{query}");
    }
    assert_eq!(app.get("/api/v1/definitions/nothing").await.status(), 404);
}

/// The days of an answer's rows, each with what it has to be.
fn hold_days(world: &World, answer: &Value, zone: &str) {
    let rows = answer["data"]["rows"].as_array().unwrap();
    assert!(rows.len() > 60);
    for row in rows {
        let day = day_in(row["at"].as_i64().unwrap(), zone).to_string();
        let mut expected = by_time(world, &|_| true, &on_days(&day, &day, zone));
        expected["at"] = row["at"].clone();
        assert_eq!(row, &expected, "{day} {zone}");
    }
}

async fn figures_of_a_world_are_those_of_its_facts(database: Database) {
    let (app, world) = World::start(database, 1).await;
    let (from, to) = world.days();
    for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"] {
        let asked = [
            ("from", &*from),
            ("to", &to),
            ("zone", zone),
            ("interval", "day"),
        ];
        let answer = ask(&app, "overview", &asked).await;
        hold_days(&world, &answer, zone);
        let total = by_time(&world, &|_| true, &on_days(&from, &to, zone));
        assert_eq!(answer["data"]["total"], total, "{zone}");
        assert!(total["orders"].as_u64() > Some(10) && total["sessions"].as_u64() > Some(100));
        assert_eq!(answer["data"]["currency"], "EUR");
    }
    // The hours of the day on which clocks were changed.
    let change = day_in(world.anchor, "Europe/Berlin").to_string();
    let asked = [
        ("from", &*change),
        ("to", &change),
        ("interval", "hour"),
        ("zone", "Europe/Berlin"),
    ];
    let answer = ask(&app, "overview", &asked).await;
    let rows = answer["data"]["rows"].as_array().unwrap();
    assert!(rows.len() == 23 || rows.len() == 25, "{}", rows.len());
    for row in rows {
        let begin = row["at"].as_i64().unwrap();
        let within = |at: i64| begin <= at && at < begin + HOUR;
        let mut expected = by_time(&world, &|_| true, &within);
        expected["at"] = row["at"].clone();
        assert_eq!(row, &expected);
    }
    // Part of it, and the same days before.
    let middle = day_in(world.anchor - 20 * DAY, "UTC").to_string();
    let before = day_in(world.anchor - 21 * DAY, "UTC").to_string();
    let earlier = day_in(world.anchor - 32 * DAY, "UTC").to_string();
    let end = day_in(world.anchor - 9 * DAY, "UTC").to_string();
    for (filters, means) in [
        (
            json!([{"dimension": "source", "op": "is", "values": ["google", null]}]),
            (|session: &Session| [Some("google"), None].contains(&session.touch.source))
                as fn(&Session) -> bool,
        ),
        (
            json!([{"dimension": "device", "op": "is_not", "values": ["desktop"]},
                   {"dimension": "country", "op": "matches", "values": ["^D"]}]),
            |session| {
                session.browser.agent.device != Some("desktop")
                    && session.browser.country == Some("DE")
            },
        ),
        (
            json!([{"dimension": "account", "op": "contains", "values": ["ACM"]}]),
            |session| session.browser.account.as_deref() == Some("acme"),
        ),
    ] {
        let filters = filters.to_string();
        let asked = [
            ("from", &*middle),
            ("to", &end),
            ("zone", "UTC"),
            ("filters", &filters),
            ("compare", "previous"),
        ];
        let answer = ask(&app, "overview", &asked).await;
        for (data, from, to) in [("data", &middle, &end), ("previous", &earlier, &before)] {
            let total = by_time(&world, &means, &on_days(from, to, "UTC"));
            assert_eq!(answer[data]["total"], total, "{filters} {data}");
        }
    }
    what_happened_is_counted_as_far_as_it_meets_the_conditions(&app, &world, (&middle, &end)).await;
    values_add_up(&app, &world, (&middle, &end)).await;
    app.log.assert_quiet();
}

async fn what_happened_is_counted_as_far_as_it_meets_the_conditions(
    app: &TestApp,
    world: &World,
    (from, to): (&str, &str),
) {
    let filters = r#"[{"dimension":"event","op":"is","values":["purchase"]},{"dimension":"page","op":"is_not","values":["/pricing"]}]"#;
    let asked = [
        ("from", from),
        ("to", to),
        ("zone", "UTC"),
        ("filters", filters),
    ];
    let answer = ask(app, "overview", &asked).await;
    let facts = people(world);
    let means = |session: &Session| {
        let own = of(world, session);
        own.iter().any(|fact| fact.name == Some("purchase"))
            && own
                .iter()
                .all(|fact| fact.kind != "page_view" || fact.page.unwrap().path != "/pricing")
    };
    let within = on_days(from, to, "UTC");
    let facts: Vec<&Fact> = facts
        .into_iter()
        .filter(|fact| means(&fact.session))
        .collect();
    let begun: Vec<&Session> = sessions(&facts)
        .into_iter()
        .filter(|session| within(session.started_at))
        .collect();
    let items: Vec<&Fact> = facts
        .into_iter()
        .filter(|fact| within(fact.at) && fact.name.is_none_or(|name| name == "purchase"))
        .collect();
    let expected = figures(world, &begun, &items);
    assert!(expected["conversions"].as_u64() > Some(1), "{expected}");
    assert_eq!(answer["data"]["total"], expected);
}

async fn values_add_up(app: &TestApp, world: &World, (from, to): (&str, &str)) {
    let within = on_days(from, to, "America/New_York");
    for (dimensions, limit) in [
        (&["device", "country"][..], "3"),
        (&["entry_page"][..], "1000"),
        (&["first_source", "account"][..], "1000"),
    ] {
        let breakdown = dimensions.join(",");
        let asked = [
            ("from", from),
            ("to", to),
            ("zone", "America/New_York"),
            ("breakdown", &breakdown),
            ("limit", limit),
        ];
        let answer = ask(app, "overview", &asked).await;
        hold_rows(world, &answer["data"], dimensions, &|means| {
            by_time(world, means, &within)
        });
    }
}
