//! Chances learned from journeys of which it is known how they came about.

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use uuid::Uuid;

use super::ask;
use crate::api::scores::{SEARCH, there};
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, milestone, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    a_chance_is_learned_from_what_came_before_and_shown_with_its_quality,
    what_is_too_little_to_learn_from_says_so,
);

const VISITORS: u64 = 520;
const DAYS: u64 = 150;

/// Chance that hangs on a number alone.
fn dice(number: u64, below: u64) -> u64 {
    let mixed = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 33) % below
}

/// Somebody who came for the first time on a day of the past, and may have asked for a demo; most of those who did sign up
/// between ten and twenty days later, few of the others do.
async fn live(app: &TestApp, number: u64) -> (Uuid, bool, i64) {
    let mut visit = Visit::new(&app.key);
    let first = (number * (DAYS - 1) / VISITORS) as i64;
    let asked = dice(number, 10) < 4;
    let signs = dice(number + 1_000_000, 100) < if asked { 75 } else { 6 };
    let later = 10 + dice(number + 2_000_000, 10) as i64;
    let view = || page_view("https://shop.example/");
    let start = if asked {
        vec![view(), event("demo_asked")]
    } else {
        vec![view()]
    };
    there(app, &mut visit, first, SEARCH, &start).await;
    for after in [6, later] {
        let ago = first - after;
        if ago > 0 {
            let items = match after == later && signs {
                true => vec![view(), milestone("signup_at")],
                false => vec![view()],
            };
            there(app, &mut visit, ago, SEARCH, &items).await;
        }
    }
    (visit.visitor, asked, first)
}

async fn a_chance_is_learned_from_what_came_before_and_shown_with_its_quality(database: Database) {
    let app = TestApp::start(database).await;
    let all: Vec<(Uuid, bool, i64)> = stream::iter(0..VISITORS)
        .map(|number| live(&app, number))
        .buffer_unordered(8)
        .collect()
        .await;
    let answer = ask(&app, "prediction", &[]).await;
    let rows = answer["data"]["rows"].as_array().unwrap();
    let stages: Vec<_> = rows
        .iter()
        .map(|row| (&row["stage"], &row["next"]))
        .collect();
    assert_eq!(stages[0], (&json!("anonymous"), &json!("registered")));
    assert_eq!(stages.len(), 3, "the last stage has no next one");
    let row = &rows[0];
    assert!(row["reason"].is_null(), "{row}");
    let journeys = row["journeys"].as_u64().unwrap();
    assert!((200..=VISITORS).contains(&journeys), "{row}");
    let quality = &row["quality"];
    let figure = |name: &str| quality[name].as_f64().unwrap();
    assert!(figure("auc") > 0.7 && figure("auc") <= 1.0, "{quality}");
    assert!(figure("brier_skill") > 0.05, "{quality}");
    let skill = 1.0 - figure("brier") / figure("brier_of_base_rate");
    assert!((figure("brier_skill") - skill).abs() < 1e-9);
    let deciles = quality["calibration"].as_array().unwrap();
    let counts: u64 = deciles
        .iter()
        .map(|one| one["count"].as_u64().unwrap())
        .sum();
    assert_eq!(quality["measured_on"], counts);
    let observed: f64 = deciles
        .iter()
        .map(|one| one["observed"].as_f64().unwrap() * one["count"].as_f64().unwrap())
        .sum();
    assert!((observed - figure("measured_went_on")).abs() < 1e-6);
    let expected = row["expected"].as_f64().unwrap();
    assert!(
        expected > 0.0 && expected < row["persons"].as_f64().unwrap(),
        "{row}"
    );
    let actions = row["actions"].as_array().unwrap();
    assert!(!actions.is_empty(), "{row}");
    for one in actions {
        assert_eq!(one["event"], "demo_asked");
        assert!(one["low"].as_f64().unwrap() > 0.0, "{one}");
    }
    assert_eq!(rows[1]["reason"], "too_few_journeys", "{row}");
    assert!(rows[1]["chance"].is_null() && rows[1]["expected"].is_null());

    let recent = |asked: bool| {
        let found = all
            .iter()
            .find(|one| one.1 == asked && (2..=6).contains(&one.2));
        format!("visitor:{}", found.unwrap().0)
    };
    let nobody = format!("visitor:{}", Uuid::now_v7());
    let names = [recent(true), recent(false), nobody].join(",");
    let told = ask(&app, "prediction", &[("person", &names)]).await;
    assert_eq!(
        told["data"]["rows"][0]["quality"], *quality,
        "it is the same model"
    );
    let persons = told["data"]["persons"].as_array().unwrap();
    let chance = |place: usize| persons[place]["chance"].as_f64().unwrap();
    assert!(chance(0) > 2.0 * chance(1), "{persons:?}");
    assert_eq!(persons[2]["reason"], "nobody_known");
    assert!(persons[2]["chance"].is_null());
    app.log.assert_quiet();
}

async fn what_is_too_little_to_learn_from_says_so(database: Database) {
    let app = TestApp::start(database).await;
    let mut visit = Visit::new(&app.key);
    there(
        &app,
        &mut visit,
        3,
        SEARCH,
        &[page_view("https://shop.example/")],
    )
    .await;
    let answer = ask(&app, "prediction", &[]).await;
    for row in answer["data"]["rows"].as_array().unwrap() {
        assert_eq!(row["reason"], "history_too_short");
        assert_eq!(row["actions"], json!([]));
        for figure in ["chance", "expected", "quality"] {
            assert_eq!(row[figure], Value::Null, "{row}");
        }
    }
    assert_eq!(answer["data"]["rows"][0]["persons"], 1);
    let person = format!("visitor:{}", visit.visitor);
    let told = ask(&app, "prediction", &[("person", &person)]).await;
    let told = &told["data"]["persons"][0];
    assert_eq!(told["reason"], "history_too_short");
    assert_eq!(told["stage"], "anonymous");
    for (query, field) in [
        ("person=somebody", "person"),
        ("compare=previous", "compare"),
        ("seed=4", "seed"),
    ] {
        let response = app
            .get(&format!("/api/v1/analytics/prediction?{query}"))
            .await;
        let (status, _, named) = error(response).await;
        assert_eq!((status, named.as_deref()), (400, Some(field)), "{query}");
    }
    app.log.assert_quiet();
}
