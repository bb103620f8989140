//! Attribution: shares held against the facts of a world, opened down, and drawn again.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde_json::Value;
use waymark_collector::commands::{Command, KeysCommand};
use waymark_collector::store::keys::Scope;

use super::ask;
use super::credited::{Goal, Journey, Worth, chain, journeys, leading, millionths, weights};
use super::world::{DAY, Interaction, Session, World};
use crate::support::app::{TestApp, after, error};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    shares_of_a_world_are_those_of_its_facts,
    a_share_is_opened_down_to_its_paths_and_touches,
    an_interval_follows_from_its_seed,
    what_cannot_be_asked_of_shares_names_its_parameter,
);

const RULES: [&str; 8] = [
    "first",
    "last",
    "last_non_direct",
    "linear",
    "time_decay",
    "position",
    "w_shaped",
    "shapley",
];

type Key = Option<&'static str>;

/// What is asked, and how the reference is asked it.
struct Case {
    parameters: Vec<(&'static str, String)>,
    goal: Goal,
    key: fn(&Session) -> Key,
    counted: fn(&Interaction) -> Key,
    counts: fn(&Session) -> bool,
    lookback: Option<i64>,
}

fn cases(world: &World) -> Vec<Case> {
    let (first, last) = world.days();
    let day = |days: i64| {
        let at = jiff::Timestamp::from_millisecond(world.anchor + days * DAY).unwrap();
        at.in_tz("UTC").unwrap().date().to_string()
    };
    let whole = vec![("from", first), ("to", last)];
    // Clocks change within, in Berlin and in New York.
    let within = |days: i64, zone: &str| {
        vec![
            ("from", day(-days)),
            ("to", day(days)),
            ("zone", zone.to_owned()),
        ]
    };
    let with = |mut parameters: Vec<(&'static str, String)>, more: &[(&'static str, &str)]| {
        parameters.extend(
            more.iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        parameters
    };
    let emails = r#"[{"dimension":"channel","op":"is","values":["Email"]}]"#;
    vec![
        Case {
            parameters: whole.clone(),
            goal: Goal::Conversions,
            key: |session| session.touch.channel,
            // An e-mail is of the channel of those who come by one.
            counted: |one| {
                Some(if one.channel == "email" {
                    "Email"
                } else {
                    one.channel
                })
            },
            counts: |_| true,
            lookback: Some(30 * DAY),
        },
        Case {
            parameters: with(
                within(12, "America/New_York"),
                &[
                    ("by", "source"),
                    ("conversion", "orders"),
                    ("lookback", "7"),
                ],
            ),
            goal: Goal::Orders,
            key: |session| session.touch.source,
            counted: |one| one.source,
            counts: |_| true,
            lookback: Some(7 * DAY),
        },
        Case {
            parameters: with(
                within(33, "Europe/Berlin"),
                &[
                    ("by", "campaign"),
                    ("conversion", "event:product_viewed"),
                    ("lookback", "all"),
                    ("filters", emails),
                ],
            ),
            goal: Goal::Event("product_viewed"),
            key: |session| session.touch.campaign,
            counted: |one| one.campaign,
            counts: |session| session.touch.channel == Some("Email"),
            lookback: None,
        },
        Case {
            parameters: with(
                whole,
                &[("conversion", "milestone:signup_at"), ("by", "medium")],
            ),
            goal: Goal::Milestone("signup_at"),
            key: |session| session.touch.medium,
            counted: |_| None,
            counts: |_| true,
            lookback: Some(30 * DAY),
        },
    ]
}

async fn answer(app: &TestApp, case: &Case, more: &[(&str, &str)]) -> Value {
    let own = case
        .parameters
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    let parameters: Vec<(&str, &str)> = own.chain(more.iter().copied()).collect();
    ask(app, "attribution", &parameters).await
}

fn found(world: &World, case: &Case, answer: &Value) -> Vec<Journey> {
    let span = ["begin", "end"].map(|end| answer["range"][end].as_i64().unwrap());
    journeys(
        world,
        (span[0], span[1]),
        case.goal,
        case.key,
        case.counted,
        case.counts,
    )
}

async fn shares_of_a_world_are_those_of_its_facts(database: Database) {
    let (app, world) = World::start(database, 11).await;
    for case in cases(&world) {
        let answer = answer(&app, &case, &[]).await;
        let journeys = found(&world, &case, &answer);
        holds(&case, &answer, &journeys);
    }
    app.log.assert_quiet();
}

fn holds(case: &Case, answer: &Value, journeys: &[Journey]) {
    let data = &answer["data"];
    let told = &case.parameters;
    let mut given: BTreeMap<(&str, Key), (f64, f64)> = BTreeMap::new();
    let mut touchpoints: BTreeMap<Key, u64> = BTreeMap::new();
    let (mut count, mut value, mut apart) = (0_i128, 0_i128, (0_i128, 0_i128));
    let mut paths: Vec<(Vec<Key>, bool)> = Vec::new();
    let mut worths = Vec::new();
    for journey in journeys {
        if journey.conversions.is_empty() {
            let own = leading(journey, journey.last.unwrap(), case.lookback);
            paths.push((own.iter().map(|touch| touch.1).collect(), false));
            continue;
        }
        for (at, worth) in &journey.conversions {
            let own = leading(journey, *at, case.lookback);
            count += 1;
            value += worth.value();
            worths.push(*worth);
            if own.is_empty() {
                apart = (apart.0 + 1, apart.1 + worth.value());
                continue;
            }
            paths.push((own.iter().map(|touch| touch.1).collect(), true));
            for model in RULES {
                let weights = weights(model, journey, *at, &own);
                for (touch, weight) in own.iter().zip(weights) {
                    let sum = given.entry((model, touch.1)).or_default();
                    sum.0 += weight;
                    sum.1 += weight * worth.value() as f64;
                }
            }
        }
    }
    assert!(
        count > 3 && paths.len() > 12,
        "{told:?}: too little to tell"
    );
    for path in &paths {
        for key in &path.0 {
            *touchpoints.entry(*key).or_default() += 1;
        }
    }
    let known = (count - apart.0) as f64;
    for order in 1..=3 {
        let model = ["markov_1", "markov_2", "markov_3"][order - 1];
        for (key, part) in chain(order, &paths) {
            let whole = (value - apart.1) as f64;
            given.insert((model, key), (part * known, part * whole));
        }
    }
    let has_value = !data["currency"].is_null();
    assert_eq!(
        has_value,
        !matches!(case.goal, Goal::Milestone(_)),
        "{told:?}"
    );
    let whole = |figure: &Value| {
        let value = figure["value"].as_str().map(millionths);
        (millionths(figure["conversions"].as_str().unwrap()), value)
    };
    let expected = |(count, value): (i128, i128)| (count * 1_000_000, has_value.then_some(value));
    assert_eq!(whole(&data["total"]), expected((count, value)), "{told:?}");
    assert_eq!(whole(&data["unattributed"]), expected(apart), "{told:?}");
    let lost = journeys
        .iter()
        .filter(|one| one.conversions.is_empty())
        .count();
    assert_eq!(data["not_converted"], lost, "{told:?}");
    let untold = worths
        .iter()
        .filter(|worth| **worth == Worth::Untold)
        .count();
    assert_eq!(data["orders_without_value"], untold, "{told:?}");
    let foreign: u64 = data["unconverted"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["orders"].as_u64().unwrap())
        .sum();
    let expected_foreign = worths
        .iter()
        .filter(|worth| matches!(worth, Worth::Foreign(..)));
    assert_eq!(foreign, expected_foreign.count() as u64, "{told:?}");
    let rows = data["rows"].as_array().unwrap();
    assert_eq!(rows.len(), touchpoints.len(), "{told:?} {data}");
    for row in rows {
        let key = touchpoints
            .keys()
            .find(|key| row["key"].as_str() == **key)
            .unwrap();
        assert_eq!(row["touchpoints"], touchpoints[key], "{told:?} {key:?}");
    }
    for model in RULES
        .into_iter()
        .chain(["markov_1", "markov_2", "markov_3"])
    {
        let mut sum = (apart.0 * 1_000_000, apart.1);
        for row in rows {
            let key = touchpoints
                .keys()
                .find(|key| row["key"].as_str() == **key)
                .unwrap();
            let share = &row["models"][model];
            let (conversions, value) = whole(share);
            sum = (sum.0 + conversions, sum.1 + value.unwrap_or_default());
            let exact = given.get(&(model, *key)).copied().unwrap_or_default();
            let off = (conversions as f64 / 1e6 - exact.0).abs();
            assert!(
                off < 1e-3,
                "{told:?} {model} {key:?}: {share} for {exact:?}"
            );
            if let Some(value) = value {
                let off = (value as f64 - exact.1).abs();
                assert!(
                    off < 1e3 + exact.1.abs() * 1e-6,
                    "{told:?} {model} {key:?}: {share} for {exact:?}"
                );
            }
        }
        let whole = (count * 1_000_000, if has_value { value } else { 0 });
        assert_eq!(sum, whole, "{told:?} {model}: to the last digit");
    }
}

async fn a_share_is_opened_down_to_its_paths_and_touches(database: Database) {
    let (app, world) = World::start(database, 12).await;
    let case = cases(&world).swap_remove(0);
    for model in ["linear", "w_shaped", "shapley"] {
        let more = [("paths", "true"), ("touches", "Email"), ("model", model)];
        let answer = answer(&app, &case, &more).await;
        let data = &answer["data"];
        let touches = data["touches"].as_array().unwrap();
        assert!(!touches.is_empty() && touches.len() < 500, "{answer}");
        let sum: f64 = touches
            .iter()
            .map(|one| one["weight"].as_f64().unwrap())
            .sum();
        let rows = data["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["key"] == "Email").unwrap();
        let share = row["models"][model]["conversions"].as_str().unwrap();
        let share = millionths(share) as f64 / 1e6;
        assert!((sum - share).abs() < 1e-3, "{model}: {sum} and {share}");
        for touch in touches {
            let person = touch["person"].as_str().unwrap();
            let known = app.get(&format!("/api/v1/persons/{person}")).await;
            assert_eq!(known.status(), StatusCode::OK, "{person}");
            assert!(touch["at"].as_i64() <= touch["conversion_at"].as_i64());
        }
        let journeys = found(&world, &case, &answer);
        let mut paths: BTreeMap<Vec<Key>, u64> = BTreeMap::new();
        for journey in &journeys {
            for (at, _) in &journey.conversions {
                let own = leading(journey, *at, case.lookback);
                *paths
                    .entry(own.iter().map(|touch| touch.1).collect())
                    .or_default() += 1;
            }
        }
        let told = data["paths"].as_array().unwrap();
        assert_eq!(told.len(), paths.len().min(100));
        for one in told {
            let path: Vec<Key> = one["path"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| {
                    paths
                        .keys()
                        .flatten()
                        .copied()
                        .find(|known| key.as_str() == *known)
                        .unwrap()
                })
                .collect();
            assert_eq!(one["conversions"], paths[&path], "{one}");
        }
    }
    app.log.assert_quiet();
}

async fn an_interval_follows_from_its_seed(database: Database) {
    let (app, world) = World::start(database, 13).await;
    let case = cases(&world).swap_remove(0);
    let with = |seed: &'static str| [("intervals", "true"), ("resamples", "100"), ("seed", seed)];
    let first = answer(&app, &case, &with("7")).await;
    let again = answer(&app, &case, &with("7")).await;
    let other = answer(&app, &case, &with("8")).await;
    assert_eq!(first["data"], again["data"]);
    assert_ne!(first["data"]["rows"], other["data"]["rows"]);
    for model in first["data"]["asked"]["models"].as_array().unwrap() {
        assert_eq!(model["resamples"], 100);
    }
    for row in first["data"]["rows"].as_array().unwrap() {
        for (model, share) in row["models"].as_object().unwrap() {
            let of = |name: &str| millionths(share[name].as_str().unwrap());
            assert!(of("conversions_low") <= of("conversions"), "{model} {row}");
            assert!(of("conversions") <= of("conversions_high"), "{model} {row}");
            assert!(of("value_low") <= of("value_high"), "{model} {row}");
        }
    }
    let without = answer(&app, &case, &[]).await;
    for row in without["data"]["rows"].as_array().unwrap() {
        assert!(row["models"]["linear"]["conversions_low"].is_null());
    }
    app.log.assert_quiet();
}

async fn what_cannot_be_asked_of_shares_names_its_parameter(database: Database) {
    let app = TestApp::start(database).await;
    for (query, field) in [
        ("by=page", "by"),
        ("by=user", "by"),
        ("by=shoes", "by"),
        ("conversion=event:", "conversion"),
        ("lookback=0", "lookback"),
        ("lookback=366", "lookback"),
        ("models=first,best", "models"),
        ("half_life=0", "half_life"),
        ("keys=101", "keys"),
        ("intervals=true&resamples=1001", "resamples"),
        ("touches=Email&model=markov_1", "model"),
    ] {
        let response = app
            .get(&format!("/api/v1/analytics/attribution?{query}"))
            .await;
        let (status, _, named) = error(response).await;
        assert_eq!((status, named.as_deref()), (400, Some(field)), "{query}");
    }
    let printed = app
        .command(&Command::Keys(KeysCommand::Add {
            name: "figures".to_owned(),
            site: None,
            workspace: None,
            scopes: vec![Scope::Read],
        }))
        .await;
    let figures = after(&printed, "Secret, shown this once: ");
    for (query, field) in [
        ("attribution?touches=Email", "touches"),
        ("prediction?person=user:1", "person"),
    ] {
        let response = app
            .get_with(&format!("/api/v1/analytics/{query}"), &figures)
            .await;
        let (status, _, named) = error(response).await;
        assert_eq!((status, named.as_deref()), (403, Some(field)), "{query}");
    }
    let empty = ask(
        &app,
        "attribution",
        &[("intervals", "true"), ("paths", "true")],
    )
    .await;
    assert_eq!(empty["data"]["total"]["conversions"], "0");
    assert_eq!(empty["data"]["rows"].as_array().unwrap().len(), 0);
    let some = ask(
        &app,
        "attribution",
        &[("models", "linear,first"), ("keys", "1")],
    )
    .await;
    let models = some["data"]["asked"]["models"].as_array().unwrap();
    assert_eq!(models.len(), 2);
    app.log.assert_quiet();
}
