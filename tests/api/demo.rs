//! The demo site: full of what can be asked about, apart from everything else, and gone without a trace.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::workspaces::{ask, member, read};
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, page_view};
use crate::support::database::Database;
use crate::support::program::{good, run};
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    a_demo_answers_and_is_kept_apart,
    a_demo_is_removed_with_all_of_its_rows,
    who_may_not_makes_none,
);

async fn owner(database: Database) -> (TestApp, String) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", "a long password").await;
    (app, owner)
}

async fn make(app: &TestApp, owner: &str) -> Value {
    let wanted = json!({"time_zone": "Europe/Berlin"});
    let made = ask(app, owner, Method::POST, "/api/v1/sites/demo", wanted).await;
    assert_eq!(made.status(), 201);
    made.json().await.unwrap()
}

/// The key with the greatest part by a model, of those that have one.
fn leader(answer: &Value, model: &str) -> String {
    let rows = answer["data"]["rows"].as_array().unwrap().iter();
    let named = rows.filter(|row| row["key"].is_string());
    let worth = |row: &Value| {
        let given = row["models"][model]["value"].as_str().unwrap_or("0");
        (given.parse::<f64>().unwrap() * 1e6) as i64
    };
    let most = named.max_by_key(|row| worth(row)).unwrap();
    most["key"].as_str().unwrap().to_owned()
}

async fn a_demo_answers_and_is_kept_apart(database: Database) {
    let (app, owner) = owner(database).await;
    app.accept(&Visit::new(&app.key).batch(&[page_view("https://shop.example/")]))
        .await;
    let site = make(&app, &owner).await;
    assert_eq!(
        (&site["is_demo"], &site["currency"], &site["time_zone"]),
        (&json!(true), &json!("EUR"), &json!("Europe/Berlin"))
    );
    let again = ask(&app, &owner, Method::POST, "/api/v1/sites/demo", json!({})).await;
    assert_eq!(error(again).await, (409, "demo_exists".into(), None));

    let id = &site["id"];
    let of = async |question: &str| {
        let sign = if question.contains('?') { '&' } else { '?' };
        app.json(&format!("/api/v1/{question}{sign}site={id}"))
            .await
    };
    let overview = of("analytics/overview").await;
    assert!(
        overview["data"]["total"]["sessions"].as_i64().unwrap() > 500,
        "{overview}"
    );
    let shares = of("analytics/attribution?by=campaign&models=first,last,linear").await;
    let leaders: BTreeSet<String> = ["first", "last", "linear"]
        .map(|model| leader(&shares, model))
        .into();
    assert_eq!(leaders.len(), 3, "{leaders:?}");
    let accounts = of("accounts").await;
    assert_eq!(accounts["data"].as_array().unwrap().len(), 6);
    let star = of("persons/user:nora.lindqvist").await;
    assert_eq!(
        star["person"]["visitors"].as_array().map(Vec::len),
        Some(3),
        "{star}"
    );
    let contacts = of("interactions/channels").await;
    assert!(
        contacts["data"].as_array().unwrap().len() >= 2,
        "{contacts}"
    );
    let loss = of("loss").await;
    assert!(loss["total"]["missing"].as_i64().unwrap() > 0, "{loss}");

    // Nothing of it is the other site's, and nothing more gets into it.
    let own = app.json("/api/v1/analytics/overview?site=1").await;
    assert_eq!(own["data"]["total"]["sessions"], 1);
    let key = site["key"].as_str().unwrap();
    let sent = app
        .send(&Visit::new(key).batch(&[page_view("https://shop.example/")]))
        .await;
    assert_eq!(error(sent).await.1, "unknown_key");
    let url = app.database.url();
    let report: Value =
        serde_json::from_str(&good(url, &["verify", &id.to_string(), "--json"]).await).unwrap();
    assert_eq!(report["ok"], true, "{report}");
    let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    std::fs::write(file.path(), "visitor,started\na,2026-01-01\n").unwrap();
    let file = file.path().to_str().unwrap();
    let imported = run(url, &["import", "sessions", file, "--site", key]).await;
    assert_eq!(imported.code, 2, "{}", imported.out);
    app.log.assert_quiet();
}

async fn a_demo_is_removed_with_all_of_its_rows(database: Database) {
    let (app, owner) = owner(database).await;
    let site = make(&app, &owner).await;
    eventually("somebody is judged", || async {
        let judged = "SELECT COUNT(*) FROM judged_visitors";
        app.database.number(judged).await > 0
    })
    .await;
    let path = format!("/api/v1/sites/{}", site["id"]);
    let refused = ask(&app, &owner, Method::DELETE, "/api/v1/sites/1", Value::Null).await;
    assert_eq!(error(refused).await, (409, "not_a_demo".into(), None));
    let gone = ask(&app, &owner, Method::DELETE, &path, Value::Null).await;
    assert_eq!(gone.status(), 204);
    let again = ask(&app, &owner, Method::DELETE, &path, Value::Null).await;
    assert_eq!(error(again).await.0, 404);
    let sites = read(&app, &owner, "/api/v1/sites").await;
    assert_eq!(sites["data"].as_array().unwrap().len(), 1);

    // The log of the workspace says so, and those rows stay by which collectors learn that something changed.
    let audit = read(&app, &owner, "/api/v1/workspaces/1/audit").await;
    assert_eq!(audit["data"][0]["action"], "sites.remove", "{audit}");
    let condition = format!("site_id = {}", site["id"]);
    let inventory = waymark_collector::store::Store::open(app.database.url())
        .await
        .unwrap();
    let columns = inventory.inventory().await.unwrap();
    let of_sites: BTreeSet<&str> = columns
        .iter()
        .filter(|column| column.column == "site_id")
        .map(|column| column.table.as_str())
        .collect();
    assert!(of_sites.len() > 40, "{of_sites:?}");
    for table in of_sites {
        if ![
            "retention",
            "stage_definitions",
            "erased_ids",
            "privacy_keys",
        ]
        .contains(&table)
        {
            let left = app.database.rows_where(table, &condition).await;
            assert_eq!(left, Vec::<String>::new(), "{table}");
        }
    }
    inventory.close().await;

    // There can be another one, which is another site.
    let other = make(&app, &owner).await;
    assert_ne!(other["id"], site["id"]);
    app.log.assert_quiet();
}

async fn who_may_not_makes_none(database: Database) {
    let (app, owner) = owner(database).await;
    for role in ["viewer", "analyst"] {
        let email = format!("{role}@shop.example");
        let cookie = member(&app, &owner, &email, role).await;
        let refused = ask(&app, &cookie, Method::POST, "/api/v1/sites/demo", json!({})).await;
        assert_eq!(error(refused).await.0, 403, "{role}");
    }
    let zone = ask(
        &app,
        &owner,
        Method::POST,
        "/api/v1/sites/demo",
        json!({"time_zone": "Mars/Olympus"}),
    )
    .await;
    assert_eq!(
        error(zone).await,
        (400, "invalid_field".into(), Some("time_zone".into()))
    );
    assert_eq!(app.database.number("SELECT COUNT(*) FROM sites").await, 1);
    app.log.assert_quiet();
}
