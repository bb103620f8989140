//! Who converts and after how long, held against the facts of a world.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ask;
use super::credited::{Goal, Journey, Worth, journeys, leading, millionths};
use super::world::{DAY, World};
use crate::support::app::{TestApp, error};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    rates_of_a_world_are_those_of_its_facts,
    what_cannot_be_asked_of_rates_names_its_parameter,
);

const STAGES: [&str; 4] = ["anonymous", "registered", "qualified", "converted"];

async fn rates_of_a_world_are_those_of_its_facts(database: Database) {
    let (app, world) = World::start(database, 21).await;
    let (first, last) = world.days();
    for (by, goal, name) in [
        ("first_channel", Goal::Conversions, "conversions"),
        ("first_source", Goal::Orders, "orders"),
        (
            "first_campaign",
            Goal::Milestone("signup_at"),
            "milestone:signup_at",
        ),
        (
            "property:colour",
            Goal::Event("product_viewed"),
            "event:product_viewed",
        ),
        ("property:currency", Goal::Orders, "orders"),
        ("property:currency", Goal::Conversions, "conversions"),
        (
            "stage",
            Goal::Event("product_viewed"),
            "event:product_viewed",
        ),
    ] {
        let parameters = [
            ("from", first.as_str()),
            ("to", &last),
            ("by", by),
            ("conversion", name),
            ("compare", "previous"),
        ];
        let answer = ask(&app, "conversions", &parameters).await;
        let span = ["begin", "end"].map(|end| answer["range"][end].as_i64().unwrap());
        let journeys = journeys(
            &world,
            (span[0], span[1]),
            goal,
            |_| None,
            |_| None,
            |_| true,
        );
        let data = &answer["data"];
        let mut groups: BTreeMap<Option<&str>, Vec<&Journey>> = BTreeMap::new();
        let rank = |journey: &Journey| {
            let is_in = |at: &Option<i64>| at.is_some_and(|at| at < span[1]);
            journey.entered.iter().rposition(is_in).unwrap()
        };
        if by == "stage" {
            groups.extend(STAGES.map(|stage| (Some(stage), Vec::new())));
        }
        for journey in &journeys {
            let key = match by {
                "first_channel" => journey.first_touch.channel,
                "first_source" => journey.first_touch.source,
                "first_campaign" => journey.first_touch.campaign,
                "property:colour" => journey.told["colour"].as_str(),
                "property:currency" => journey.told["currency"].as_str(),
                _ => Some(STAGES[rank(journey)]),
            };
            groups.entry(key).or_default().push(journey);
        }
        let rows = data["rows"].as_array().unwrap();
        assert_eq!(rows.len(), groups.len(), "{by}: {data}");
        for row in rows {
            let key = groups.keys().find(|key| row["key"].as_str() == **key);
            let own = &groups[key.unwrap_or_else(|| panic!("{by}: {row}"))];
            holds(row, own, goal);
        }
        holds(&data["total"], &journeys.iter().collect::<Vec<_>>(), goal);
        for (place, row) in data["stages"].as_array().unwrap().iter().enumerate() {
            let reached = journeys.iter().filter(|one| rank(one) >= place).count();
            assert_eq!(
                (&row["stage"], &row["reached"]),
                (&STAGES[place].into(), &reached.into())
            );
            let went_on = journeys.iter().filter(|one| rank(one) > place).count();
            let went_on = (place < 3).then_some(went_on);
            assert_eq!(row["went_on"], serde_json::json!(went_on), "{row}");
        }
        assert_eq!(answer["previous"]["total"]["persons"], 0);
        assert!(answer["previous"]["total"]["rate"].is_null());
    }
    app.log.assert_quiet();
}

fn holds(row: &Value, journeys: &[&Journey], goal: Goal) {
    let converted: Vec<&&Journey> = journeys
        .iter()
        .filter(|one| !one.conversions.is_empty())
        .collect();
    let conversions: Vec<Worth> = journeys
        .iter()
        .flat_map(|one| &one.conversions)
        .map(|one| one.1)
        .collect();
    assert_eq!(row["persons"], journeys.len(), "{row}");
    assert_eq!(row["converted"], converted.len(), "{row}");
    assert_eq!(row["conversions"], conversions.len(), "{row}");
    near(
        &row["rate"],
        (!journeys.is_empty()).then(|| converted.len() as f64 / journeys.len() as f64),
    );
    let lengths = |of: &dyn Fn(&Journey, i64) -> f64| {
        let mut all: Vec<f64> = converted
            .iter()
            .map(|one| of(one, one.conversions[0].0))
            .collect();
        all.sort_by(f64::total_cmp);
        let mean = (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64);
        let middle = all.len() / 2;
        let median = match all.len() {
            0 => None,
            odd if odd % 2 == 1 => Some(all[middle]),
            _ => Some((all[middle - 1] + all[middle]) / 2.0),
        };
        (mean, median)
    };
    let days = lengths(&|one, at| (at - one.began) as f64 / DAY as f64);
    let sessions =
        lengths(&|one, at| one.sessions.iter().filter(|start| **start <= at).count() as f64);
    let touchpoints = lengths(&|one, at| leading(one, at, Some(30 * DAY)).len() as f64);
    for (name, (mean, median)) in [
        ("days", days),
        ("sessions", sessions),
        ("touchpoints", touchpoints),
    ] {
        near(&row[format!("{name}_mean")], mean);
        near(&row[format!("{name}_median")], median);
    }
    let unknown = conversions
        .iter()
        .filter(|worth| matches!(worth, Worth::Untold | Worth::Foreign(..)));
    let unknown = unknown.count();
    assert_eq!(row["conversions_without_value"], unknown, "{row}");
    if let Goal::Milestone(_) = goal {
        assert!(row["value"].is_null() && row["value_per_conversion"].is_null());
        return;
    }
    let value: i128 = conversions.iter().map(|worth| worth.value()).sum();
    assert_eq!(millionths(row["value"].as_str().unwrap()), value, "{row}");
    let valued = (conversions.len() - unknown) as f64;
    let each = row["value_per_conversion"]
        .as_str()
        .map(|text| millionths(text) as f64);
    match each {
        Some(each) => assert!((each * valued - value as f64).abs() <= valued, "{row}"),
        None => assert_eq!(valued, 0.0, "{row}"),
    }
}

fn near(told: &Value, exact: Option<f64>) {
    match (told.as_f64(), exact) {
        (Some(told), Some(exact)) => assert!((told - exact).abs() < 1e-9, "{told} for {exact}"),
        (told, exact) => assert_eq!(told, exact),
    }
}

async fn what_cannot_be_asked_of_rates_names_its_parameter(database: Database) {
    let app = TestApp::start(database).await;
    for (query, field) in [
        ("by=channel", "by"),
        ("conversion=sales", "conversion"),
        ("lookback=never", "lookback"),
        ("keys=0", "keys"),
        ("models=first", "models"),
    ] {
        let response = app
            .get(&format!("/api/v1/analytics/conversions?{query}"))
            .await;
        let (status, _, named) = error(response).await;
        assert_eq!((status, named.as_deref()), (400, Some(field)), "{query}");
    }
    let empty = ask(&app, "conversions", &[]).await;
    assert!(empty["data"]["total"]["rate"].is_null());
    app.log.assert_quiet();
}
