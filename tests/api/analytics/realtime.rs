//! Who is there now.

use serde_json::{Value, json};

use super::ask;
use crate::api::persons::from;
use crate::api::revenue::at;
use crate::support::app::TestApp;
use crate::support::batch::{Visit, event, now, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(who_is_there_now_is_counted_by_minute);

const MINUTE: i64 = 60_000;

async fn who_is_there_now_is_counted_by_minute(database: Database) {
    let app = TestApp::start(database).await;
    let (one, other, gone) = (
        Visit::new(&app.key),
        Visit::new(&app.key),
        Visit::new(&app.key),
    );
    let (home, pricing) = ("https://shop.example/", "https://shop.example/pricing?x=1");
    let began = now();
    let ago = |minutes: i64, item: Value| at(began - minutes * MINUTE, item);
    let early = |visit: &Visit, minutes: i64| Visit {
        started_at: began - minutes * MINUTE,
        ..visit.clone()
    };
    app.accept(&from(
        &early(&one, 40),
        "newsletter",
        &[
            ago(40, page_view(home)),
            ago(20, page_view(pricing)),
            ago(1, event("asked")),
        ],
    ))
    .await;
    app.accept(&from(
        &early(&other, 12),
        "poster",
        &[ago(12, page_view(pricing)), ago(11, page_view(pricing))],
    ))
    .await;
    app.accept(&from(
        &early(&gone, 50),
        "poster",
        &[ago(45, page_view(home))],
    ))
    .await;
    let answer = ask(&app, "realtime", &[]).await;
    let data = &answer["data"];
    assert_eq!(
        data["last_5_minutes"],
        json!({"visitors": 1, "sessions": 1})
    );
    assert_eq!(
        data["last_30_minutes"],
        json!({"visitors": 2, "sessions": 2})
    );
    let rows = data["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 30);
    let sum = |name: &str| -> u64 { rows.iter().map(|row| row[name].as_u64().unwrap()).sum() };
    assert_eq!(
        (sum("page_views"), sum("events"), sum("visitors")),
        (3, 1, 4)
    );
    let busy: Vec<usize> = (0..30)
        .filter(|row| rows[*row]["page_views"] != 0)
        .collect();
    assert_eq!(busy.len(), 3);
    // The clock may have gone on by a minute since the items were made.
    assert!(
        [9, 8].contains(&busy[0]) && busy[1] - busy[0] == 8,
        "{busy:?}"
    );
    assert_eq!(
        data["pages"],
        json!([{"host": "shop.example", "path": "/pricing", "visitors": 2, "count": 3}])
    );
    assert_eq!(
        data["sources"],
        json!([
            {"name": "newsletter", "visitors": 1, "count": 1},
            {"name": "poster", "visitors": 1, "count": 1},
        ])
    );
    assert_eq!(
        data["events"],
        json!([{"name": "asked", "visitors": 1, "count": 1}])
    );
    assert_eq!(
        data["countries"],
        json!([{"name": null, "visitors": 2, "count": 2}])
    );
    assert_eq!(
        answer["range"]["end"].as_i64().unwrap() - answer["range"]["begin"].as_i64().unwrap(),
        30 * MINUTE
    );
    let poster = r#"[{"dimension":"source","op":"is","values":["poster"]}]"#;
    let answer = ask(&app, "realtime", &[("filters", poster)]).await;
    assert_eq!(answer["data"]["last_30_minutes"]["visitors"], 1);
    app.log.assert_quiet();
}
