//! Overview and sources from sums by hour, held against the same questions asked of a copy of the rows.

use std::time::Duration;

use serde_json::Value;

use super::ask;
use super::world::World;
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    a_site_that_does_not_fit_is_answered_from_sums,
    many_visitors_are_estimated_within_the_stated_error,
);

/// Another collector on the same database, with so little memory that no copy fits.
async fn without_memory(app: &TestApp) -> TestApp {
    let database = Database::shared(app.database.url());
    TestApp::with(database, |config| config.columns_memory = 1).await
}

/// Asks until all hours are kept.
async fn ask_sums(app: &TestApp, question: &str, asked: &[(&str, &str)]) -> Value {
    let query: Vec<String> = asked
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let path = format!("/api/v1/analytics/{question}?{}", query.join("&"));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
    while app.get(&path).await.status() == 507 {
        assert!(tokio::time::Instant::now() < deadline, "no hour is kept");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    ask(app, question, asked).await
}

/// What an answer says, without when and how long.
fn said(answer: &Value) -> [&Value; 5] {
    ["range", "compared", "sample", "data", "previous"].map(|part| &answer[part])
}

async fn a_site_that_does_not_fit_is_answered_from_sums(database: Database) {
    let (app, world) = World::start(database, 3).await;
    let tight = without_memory(&app).await;
    let (from, to) = world.days();
    let days = [("site", "1"), ("from", &*from), ("to", &*to)];
    for own in [
        &[("zone", "Europe/Berlin"), ("interval", "day")][..],
        &[("zone", "America/New_York"), ("interval", "week")],
        &[("interval", "month"), ("bots", "include")],
        &[("bots", "only"), ("compare", "previous")],
    ] {
        let asked = [&days[..], own].concat();
        let sums = ask_sums(&tight, "overview", &asked).await;
        assert_eq!(sums["visitors_error"], 0.0, "{sums}");
        let exact = ask(&app, "overview", &asked).await;
        assert_eq!(exact["visitors_error"], Value::Null);
        assert!(exact["data"]["total"]["sessions"].as_u64().unwrap() > 0);
        assert_eq!(said(&sums), said(&exact), "{own:?}");
    }
    for own in [
        &[("zone", "Europe/Berlin"), ("compare", "previous")][..],
        &[("by", "channel"), ("sort", "revenue"), ("limit", "3")],
        &[("by", "campaign,source"), ("bots", "include")],
    ] {
        let asked = [&days[..], own].concat();
        let sums = ask_sums(&tight, "sources", &asked).await;
        assert_eq!(sums["visitors_error"], 0.0, "{sums}");
        let exact = ask(&app, "sources", &asked).await;
        assert!(exact["data"]["rows"].as_array().unwrap().len() > 1);
        assert_eq!(said(&sums), said(&exact), "{own:?}");
    }
    // What sums do not tell waits for a copy, for which there is no room.
    for beside in [
        "overview?zone=Australia/Adelaide",
        "overview?breakdown=source",
        "overview?filters=[{\"dimension\":\"source\",\"op\":\"is\",\"values\":[\"google\"]}]",
        "sources?by=entry_page",
    ] {
        let response = tight
            .get(&format!("/api/v1/analytics/{beside}&site=1"))
            .await;
        let (status, code, _) = error(response).await;
        assert_eq!((status, &*code), (507, "insufficient_memory"), "{beside}");
    }
    app.log.assert_quiet();
}

async fn many_visitors_are_estimated_within_the_stated_error(database: Database) {
    let app = TestApp::start(database).await;
    // Also if an hour ends meanwhile, one of the two has many.
    let told = 1_100;
    for _ in 0..told {
        let visit = Visit::new(&app.key);
        app.accept(&visit.batch(&[page_view("https://shop.example/"), event("seen")]))
            .await;
    }
    let tight = without_memory(&app).await;
    let asked = [("site", "1"), ("compare", "previous")];
    let exact = ask(&app, "overview", &asked).await;
    let mut sums = ask_sums(&tight, "overview", &asked).await;
    let stated = sums["visitors_error"].as_f64().unwrap();
    assert!(stated > 0.0 && stated < 0.02, "{stated}");
    let visitors = |answer: &Value| answer["data"]["total"]["visitors"].as_f64().unwrap();
    assert_eq!(visitors(&exact), f64::from(told));
    let off = (visitors(&sums) - visitors(&exact)).abs() / visitors(&exact);
    assert!(off < 4.0 * stated, "{sums}");
    // All else is exact.
    sums["data"]["total"]["visitors"] = exact["data"]["total"]["visitors"].clone();
    assert_eq!(sums["data"]["total"], exact["data"]["total"]);
    assert_eq!(sums["previous"]["total"], exact["previous"]["total"]);
    let sources = ask_sums(&tight, "sources", &asked).await;
    assert_eq!(sources["data"]["rows"].as_array().unwrap().len(), 1);
    let row = &sources["data"]["rows"][0];
    assert_eq!(sources["data"]["total"]["visitors"], row["visitors"]);
    assert_eq!(row["sessions"], told);
    app.log.assert_quiet();
}
