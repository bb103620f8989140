//! An alert's figure is the overview's, and what it is held against is made of the overview's too: held against the answers of
//! the question itself over a made-up world with a change of clocks within.

use reqwest::Method;
use serde_json::{Value, json};

use super::ask;
use super::world::{DAY, World, day_in};
use crate::support::app::TestApp;
use crate::support::batch::now;
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(an_alerts_figures_are_the_overviews);

const ZONE: &str = "Europe/Berlin";

/// What an alert would have found, from the window that begins at `since` on.
async fn preview(app: &TestApp, cookie: &str, rule: &Value, since: i64) -> Vec<Value> {
    let body = json!({"rule": rule, "windows": 500});
    let request = app.request(Method::POST, "/api/v1/alerts/preview?site=1");
    let answer = request.header("Cookie", cookie).json(&body).send().await;
    let answer: Value = answer.unwrap().json().await.unwrap();
    let all = answer["data"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    let all = all
        .iter()
        .filter(|one| one["begin"].as_i64() >= Some(since));
    all.cloned().collect()
}

/// The figure in a row of the overview.
fn figure(name: &str, row: &Value) -> Option<f64> {
    match name {
        "items" => Some(row["page_views"].as_f64().unwrap() + row["events"].as_f64().unwrap()),
        "revenue" => row["revenue"]["net"]
            .as_str()
            .map(|net| net.parse().unwrap()),
        _ => row[name].as_f64(),
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_str().map(|text| text.parse().unwrap())
}

fn is_near(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() < 2e-6 * other.abs().max(1.0),
        (one, other) => one == other,
    }
}

/// The rows of the overview, by their first moment.
async fn rows(app: &TestApp, world: &World, interval: &str, filters: &str) -> Vec<Value> {
    // Whole weeks that are over, so that no row is a part of one.
    let monday = |at: i64| {
        let day = day_in(at, ZONE);
        day.checked_sub(jiff::Span::new().days(i64::from(day.weekday().to_monday_zero_offset())))
            .unwrap()
    };
    let (from, to) = (
        monday(world.anchor - 40 * DAY),
        monday(now().min(world.anchor + 47 * DAY)),
    );
    let (from, to) = (from.to_string(), to.yesterday().unwrap().to_string());
    let asked = [
        ("from", &*from),
        ("to", &to),
        ("zone", ZONE),
        ("interval", interval),
        ("filters", filters),
    ];
    let answer = ask(app, "overview", &asked).await;
    answer["data"]["rows"].as_array().unwrap().clone()
}

fn median(all: &[f64]) -> f64 {
    let mut all = all.to_vec();
    all.sort_by(f64::total_cmp);
    (all[(all.len() - 1) / 2] + all[all.len() / 2]) / 2.0
}

async fn an_alerts_figures_are_the_overviews(database: Database) {
    let (app, world) = World::start(database, 1).await;
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    let begin = world.anchor - 50 * DAY;
    let google = json!([{"dimension": "source", "op": "is", "values": ["google", null]}]);
    let purchase = json!([{"dimension": "event", "op": "is", "values": ["purchase"]}]);
    let mut seen = 0.0;
    for (window, name, filters, event) in [
        ("day", "visitors", json!([]), None),
        ("day", "new_visitors", google.clone(), None),
        ("day", "sessions", json!([]), None),
        ("week", "page_views", json!([]), None),
        ("day", "events", purchase.clone(), Some("purchase")),
        ("week", "conversions", purchase, Some("purchase")),
        ("day", "items", google, None),
        ("week", "orders", json!([]), None),
        ("day", "revenue", json!([]), None),
        ("week", "bounce_rate", json!([]), None),
        ("day", "engaged_rate", json!([]), None),
        ("day", "conversion_rate", json!([]), None),
    ] {
        let own = event.map_or_else(|| filters.clone(), |_| json!([]));
        let rule = json!({
            "figure": name, "event": event, "filters": own, "window": window,
            "condition": {"kind": "below", "value": 0},
        });
        let found = preview(&app, &cookie, &rule, begin).await;
        let rows = rows(&app, &world, window, &filters.to_string()).await;
        let mut held = 0;
        for row in &rows {
            let found = found.iter().find(|one| one["begin"] == row["at"]);
            let found = found.unwrap_or_else(|| panic!("{name}: no window at {}", row["at"]));
            let expected = figure(name, row);
            assert!(
                is_near(number(&found["figure"]), expected),
                "{name}: {found} {row}"
            );
            held += usize::from(expected.is_some());
            seen += expected.unwrap_or(0.0);
        }
        assert!(held > 4, "{name}");
    }
    assert!(seen > 1000.0);
    what_is_usual_is_made_of_the_overviews(&app, &world, &cookie).await;
    app.log.assert_quiet();
}

/// By the same days of the weeks before, as the calendar has them.
async fn what_is_usual_is_made_of_the_overviews(app: &TestApp, world: &World, cookie: &str) {
    let rule = json!({
        "figure": "sessions", "window": "day",
        "condition": {"kind": "anomaly", "weeks": 5, "least": 3, "spreads": "1.5"},
    });
    let rows = rows(app, world, "day", "[]").await;
    let history = world.facts.iter().map(|fact| fact.at).min().unwrap();
    let found = preview(app, cookie, &rule, rows[0]["at"].as_i64().unwrap()).await;
    let (mut fired, mut silent, mut ok) = (0, 0, 0);
    for (place, row) in rows.iter().enumerate() {
        let found = found.iter().find(|one| one["begin"] == row["at"]).unwrap();
        // The day on which the first item came is only partly known.
        let past: Vec<f64> = (1..=5)
            .filter_map(|week| rows.get(place.checked_sub(7 * week)?))
            .filter(|past| past["at"].as_i64().unwrap() >= history)
            .map(|past| past["sessions"].as_f64().unwrap())
            .collect();
        if past.len() < 3 {
            assert_eq!(found["why"], "not_enough_history", "{found}");
            assert_eq!(found["verdict"], "unknown");
            silent += 1;
            continue;
        }
        let middle = median(&past);
        let far: Vec<f64> = past.iter().map(|one| (one - middle).abs()).collect();
        let spread = (1.4826 * median(&far)).max(middle.sqrt()).max(1.0);
        let baseline = &found["baseline"];
        assert_eq!(baseline["samples"], past.len(), "{found}");
        assert!(
            is_near(number(&baseline["expected"]), Some(middle)),
            "{found}"
        );
        assert!(
            is_near(number(&baseline["spread"]), Some(spread)),
            "{found}"
        );
        let fires = (row["sessions"].as_f64().unwrap() - middle).abs() > 1.5 * spread + 1e-5;
        assert_eq!(found["verdict"] == "firing", fires, "{found}");
        fired += usize::from(fires);
        ok += usize::from(!fires);
    }
    assert!(silent > 20 && ok > 5 && fired > 0, "{silent} {ok} {fired}");
}
