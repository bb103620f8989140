//! `GET /api/v1/loss`: what never arrived, by day.

use serde_json::{Value, json};
use waymark_collector::commands::{Command, SitesCommand};

use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, now};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    days_have_what_arrived_and_what_did_not,
    days_begin_in_the_sites_time_zone,
    a_range_has_to_be_one,
);

const DAY: i64 = 24 * 60 * 60 * 1000;

fn numbered(seq: u64, at: i64) -> Value {
    let mut item = event("e");
    item["seq"] = json!(seq);
    item["at"] = json!(at);
    item
}

async fn days_have_what_arrived_and_what_did_not(database: Database) {
    let app = TestApp::start(database).await;
    let today = now() - now() % DAY;
    let (yesterday, before) = (today - DAY / 2, today - DAY - 1);
    app.accept(&Visit::new(&app.key).batch(&[numbered(1, before), numbered(4, before)]))
        .await;
    app.accept(&Visit::new(&app.key).batch(&[numbered(1, yesterday)]))
        .await;
    let answer = app.json("/api/v1/loss").await;
    assert_eq!(answer["time_zone"], "UTC");
    let data = answer["data"].as_array().unwrap();
    assert_eq!(data.len(), 30);
    let figures = |day: &Value| {
        (
            day["received"].clone(),
            day["missing"].clone(),
            day["rate"].clone(),
        )
    };
    assert_eq!(figures(&data[29]), (json!(0), json!(0), Value::Null));
    assert_eq!(figures(&data[28]), (json!(1), json!(0), json!(0.0)));
    assert_eq!(figures(&data[27]), (json!(2), json!(2), json!(0.5)));
    assert_eq!(figures(&answer["total"]), (json!(3), json!(2), json!(0.4)));
    let day = data[27]["day"].as_str().unwrap();
    let one = app.json(&format!("/api/v1/loss?from={day}&to={day}")).await;
    assert_eq!(one["data"], json!([data[27]]));
}

async fn days_begin_in_the_sites_time_zone(database: Database) {
    let app = TestApp::start(database).await;
    app.command(&Command::Sites(SitesCommand::Add {
        name: "Far".to_owned(),
        origins: Vec::new(),
        key: Some("wk_kiritimati".to_owned()),
        time_zone: Some("Pacific/Kiritimati".to_owned()),
        workspace: None,
    }))
    .await;
    // Fourteen hours ahead: noon in Greenwich is the next day's small hours there.
    let noon = now() - now() % DAY - DAY / 2;
    app.accept(&Visit::new("wk_kiritimati").batch(&[numbered(1, noon)]))
        .await;
    app.accept(&Visit::new(&app.key).batch(&[numbered(1, noon)]))
        .await;
    let day_of = async |site: u8| {
        let answer = app.json(&format!("/api/v1/loss?site={site}")).await;
        let data = answer["data"].as_array().unwrap().clone();
        let day = data.into_iter().find(|day| day["received"] == 1).unwrap();
        day["day"].as_str().unwrap().to_owned()
    };
    assert!(day_of(2).await > day_of(1).await);
}

async fn a_range_has_to_be_one(database: Database) {
    let app = TestApp::start(database).await;
    for (query, field) in [
        ("from=yesterday", "from"),
        ("from=2026-02-30", "from"),
        ("from=2026-02-02&to=2026-02-01", "from"),
        ("from=2024-01-01&to=2026-01-01", "from"),
        ("to=-9999-01-01", "to"),
        ("to=9999-12-31", "to"),
        ("form=2026-01-01", "form"),
    ] {
        let response = app.get(&format!("/api/v1/loss?{query}")).await;
        let (status, code, named) = error(response).await;
        assert_eq!(
            (status, code.as_str()),
            (400, "invalid_parameter"),
            "{query}"
        );
        assert_eq!(named.as_deref(), Some(field), "{query}");
    }
}
