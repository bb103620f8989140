//! Insights counted by rule, held against the list of them.

use serde_json::Value;

use super::ask;
use crate::api::scores::{DAY, SEARCH, there};
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, now};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(rules_are_counted_by_those_of_whom_they_hold);

async fn rules_are_counted_by_those_of_whom_they_hold(database: Database) {
    let app = TestApp::start(database).await;
    let empty = ask(&app, "insights", &[]).await;
    let rules = empty["data"]["rows"].as_array().unwrap().len();
    assert!(rules >= 7);
    for agos in [
        [64, 62, 60, 44, 43, 14].as_slice(),
        &[24, 22, 20],
        &[25, 24, 21],
    ] {
        let mut visit = Visit::new(&app.key);
        for ago in agos {
            there(&app, &mut visit, *ago, SEARCH, &[event("read")]).await;
        }
    }
    let listed = || async {
        let list = app.json("/api/v1/insights?site=1&limit=500").await;
        list["data"].as_array().unwrap().clone()
    };
    eventually("insights are kept", || async { listed().await.len() == 4 }).await;
    let list = listed().await;
    let day = |ago: i64| {
        let at = jiff::Timestamp::from_millisecond(now() - ago * DAY).unwrap();
        at.in_tz("UTC").unwrap().date().to_string()
    };
    for (from, to) in [(29, 0), (50, 40), (45, 20), (90, 60), (10, 10)] {
        let (from, to) = (day(from), day(to));
        let parameters = [("from", from.as_str()), ("to", &to), ("zone", "UTC")];
        let answer = ask(&app, "insights", &parameters).await;
        let range = ["begin", "end"].map(|end| answer["range"][end].as_i64().unwrap());
        let end = range[1].min(answer["as_of"].as_i64().unwrap() + 1);
        let within = |at: i64| range[0] <= at && at < end;
        let rows = answer["data"]["rows"].as_array().unwrap();
        assert_eq!(rows.len(), rules);
        for row in rows {
            let own: Vec<&Value> = list
                .iter()
                .filter(|one| one["rule"] == row["rule"])
                .collect();
            let persons = |is: &dyn Fn(i64, i64) -> bool| {
                let mut persons: Vec<&str> = own
                    .iter()
                    .filter(|one| {
                        let ended = one["ended_at"].as_i64().unwrap_or(i64::MAX);
                        is(one["found_at"].as_i64().unwrap(), ended)
                    })
                    .map(|one| one["person"].as_str().unwrap())
                    .collect();
                persons.sort_unstable();
                persons.dedup();
                persons.len()
            };
            assert_eq!(
                row["holds"],
                persons(&|found, ended| found < end && ended >= end),
                "{row}"
            );
            assert_eq!(row["began"], persons(&|found, _| within(found)), "{row}");
            assert_eq!(row["ended"], persons(&|_, ended| within(ended)), "{row}");
            let href = app.json(row["href"].as_str().unwrap()).await;
            let current = own.iter().filter(|one| one["status"] == "current").count();
            assert_eq!(href["data"].as_array().unwrap().len(), current, "{row}");
        }
    }
    let quiet = |rows: &Value| {
        let rows = rows["rows"].as_array().unwrap().iter();
        rows.clone()
            .find(|row| row["rule"] == "going_quiet")
            .unwrap()
            .clone()
    };
    let answer = ask(&app, "insights", &[("compare", "previous")]).await;
    assert_eq!(quiet(&answer["data"])["holds"], 2, "{answer}");
    assert_eq!(quiet(&answer["data"])["began"], 3, "{answer}");
    assert_eq!(quiet(&answer["previous"])["ended"], 1, "{answer}");
    for (query, field) in [
        (
            "filters=[{\"dimension\":\"source\",\"op\":\"is\",\"values\":[\"x\"]}]",
            "filters",
        ),
        ("bots=include", "bots"),
        ("rule=fading", "rule"),
    ] {
        let response = app
            .get(&format!("/api/v1/analytics/insights?{query}"))
            .await;
        let (status, _, named) = error(response).await;
        assert_eq!((status, named.as_deref()), (400, Some(field)), "{query}");
    }
    let described = app.json("/api/v1/openapi.json").await;
    let described = &described["paths"]["/api/v1/analytics/insights"]["get"]["parameters"];
    let mut names: Vec<&str> = described
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["compare", "format", "from", "site", "to", "zone"]);
    app.log.assert_quiet();
}
