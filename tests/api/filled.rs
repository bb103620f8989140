//! A database with something of everything in it.

use std::io::Write;

use reqwest::Method;
use serde_json::json;
use waymark_collector::catalogue::Mode;
use waymark_collector::commands::{
    CatalogueCommand, Command, DestinationWants, DestinationsCommand, PersonsCommand,
    PrivacyCommand, RetentionArguments, SharesCommand, Shown, StagesCommand, UsersCommand,
};
use waymark_collector::store::workspaces::Role;

use super::interactions::{accept, interaction};
use super::server_keys::add_server_key;
use crate::support::app::TestApp;
use crate::support::batch::{Visit, event, identify, item, milestone, now, page_view};
use crate::support::eventually;
use crate::support::program::good;

/// One of everything that a database holds.
pub(super) async fn fill(app: &TestApp) {
    let mut catalogue = tempfile::NamedTempFile::new().unwrap();
    catalogue
        .write_all(br#"{"version": 1, "events": {"opened": {}}}"#)
        .unwrap();
    let set = CatalogueCommand::Set {
        site: 1,
        file: Some(catalogue.path().to_owned()),
        mode: Some(Mode::Flag),
    };
    app.command(&Command::Catalogue(set)).await;
    let mut ping = item("page_ping", json!({"visible_ms": 4000, "scroll_max": 60}));
    let page = page_view("https://shop.example/\u{1f600}\"\\\n?utm_source=news&gclid=x");
    ping["page_view_id"] = page["id"].clone();
    let mut bought = event("bought");
    bought["data"] = json!({
        "name": "bought", "conversion": true, "value": "49.90", "currency": "EUR", "url": "https://shop.example/",
        "props": {"text": "a\tb", "big": 123_456_789_012_345_i64, "half": 0.5, "list": [null, true, {"x": "y"}]},
    });
    let mut batch = Visit::new(&app.key).batch(&[
        page,
        ping,
        bought,
        item(
            "identify",
            json!({"user_id": "user-7", "previous_id": "seven", "traits": {"email": "seven@shop.example"}}),
        ),
        milestone("signup_at"),
        item("ga_linked", json!({"client_id": "1.2"})),
        item("consent", json!({"state": "granted"})),
        item(
            "group",
            json!({"account_id": "acme", "traits": {"seats": 12}}),
        ),
        item("hologram", json!({})),
    ]);
    batch["context"]["touch"] = json!({
        "at": batch["sent_at"], "landing_url": "https://shop.example/?gclid=x", "click_ids": {"gclid": "x"},
    });
    app.send(&batch).await;
    let exported = "INSERT INTO export_schedules (site_id, what, next_day, held_until) VALUES (1, 'events', '2026-03-02', 0)";
    app.database.execute(exported).await;
    let exported = "INSERT INTO exported_days (site_id, what, day, format, row_count, mark, written_at, looked_at)
        VALUES (1, 'events', '2026-03-01', 'parquet', 7, '7:1:0', 1, 2)";
    app.database.execute(exported).await;
    let secret = add_server_key(app, 1).await;
    let mut call = interaction("call", 1000, json!({"email": "seven@shop.example"}));
    call["labels"] = json!(["vip"]);
    call["props"] = json!({"half": 0.5, "list": [null, true]});
    accept(app, &secret, &[call]).await;
    let visit = Visit::new(&app.key);
    let mut refund = event("refund");
    refund["data"]["props"] = json!({"order_id": "A-1", "value": "5.00"});
    app.accept(&visit.batch(&[identify("user-8"), refund]))
        .await;
    let share = SharesCommand::Add {
        site: 1,
        name: "Board".to_owned(),
        shows: Shown::Figures,
        days: 30,
    };
    app.command(&Command::Shares(share)).await;
    super::rates::load(app, "2026-01-31,USD,EUR,0.9123").await;
    let merge = PersonsCommand::Merge {
        site: 1,
        person: "user:user-7".parse().unwrap(),
        other: "user:user-8".parse().unwrap(),
    };
    app.command(&Command::Persons(merge)).await;
    let gone = Visit::new(&app.key);
    app.accept(&gone.batch(&[event("gone")])).await;
    let erase = PrivacyCommand::Erase {
        site: 1,
        person: format!("visitor:{}", gone.visitor).parse().unwrap(),
        delete: false,
        grace_days: None,
        dry_run: false,
    };
    app.command(&Command::Privacy(erase)).await;
    old_and_hidden(app).await;
    app.add_site("Second", &["https://a.example", "https://*.b.example"])
        .await;
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    for (what, body) in [
        (
            "reports",
            json!({"name": "Funnel", "path": "/api/v1/analytics/funnel", "parameters": {"steps": ["a", "b"]}}),
        ),
        (
            "annotations",
            json!({"day": "2026-03-01", "text": "Launch"}),
        ),
        (
            "annotations",
            json!({"at": 1_772_323_200_000_i64, "text": "Campaign"}),
        ),
        (
            "segments",
            json!({"name": "News", "filters": [{"dimension": "source", "op": "is", "values": ["news", null]}]}),
        ),
    ] {
        let path = format!("/api/v1/{what}?site=1");
        let saved = app.request(Method::POST, &path).header("Cookie", &cookie);
        assert_eq!(saved.json(&body).send().await.unwrap().status(), 201);
    }
    let sent = app.request(
        Method::POST,
        "/api/v1/sites/1/imports?kind=ga4&dry_run=true",
    );
    let sent = sent.header("Cookie", &cookie).body("{}").send().await;
    assert_eq!(sent.unwrap().status(), 202);
    eventually("the import has ended", || async {
        let ended = "SELECT COUNT(*) FROM imports WHERE ended_at IS NOT NULL";
        app.database.number(ended).await > 0
    })
    .await;
    super::alerts::fired(app, &cookie).await;
    let prices = || page_view("https://shop.example/pricing");
    let shopper = Visit::new(&app.key);
    app.accept(&shopper.batch(&[prices(), prices(), prices()]))
        .await;
    let mut stages = tempfile::NamedTempFile::new().unwrap();
    stages
        .write_all(
            br#"{"version": 1, "stages": [{"key": "a", "label": "A"}], "milestones": [{"name": "b", "event": "bought"}]}"#,
        )
        .unwrap();
    let set = StagesCommand::Set {
        site: 1,
        file: stages.path().to_owned(),
        by: None,
    };
    app.command(&Command::Stages(set)).await;
    let add = UsersCommand::Add {
        email: "ann@shop.example".to_owned(),
        role: Role::Viewer,
        workspace: None,
    };
    app.command(&Command::Users(add)).await;
    let invite = UsersCommand::Invite {
        email: "ben@shop.example".to_owned(),
        role: Role::Analyst,
        workspace: None,
    };
    app.command(&Command::Users(invite)).await;
    let folder = tempfile::tempdir().unwrap();
    let sums = folder
        .path()
        .join("imported_sources.csv")
        .display()
        .to_string();
    std::fs::write(&sums, "date,source,visitors\n2026-02-01,Google,7\n").unwrap();
    let import = ["import", "plausible", &sums, "--site", &app.key];
    good(app.database.url(), &import).await;
    let add = DestinationsCommand::AddWebhook {
        site: 1,
        name: "CRM".to_owned(),
        url: "https://crm.example/".to_owned(),
        wants: DestinationWants {
            milestones: vec!["told".to_owned()],
            // Nothing is sent, and the delivery stays as it is.
            needs_consent: true,
            ..DestinationWants::default()
        },
    };
    app.command(&Command::Destinations(add)).await;
    let skipped = "SELECT COUNT(*) FROM deliveries WHERE state = 'skipped'";
    eventually("a delivery is skipped", || async {
        app.accept(&visit.batch(&[milestone("told")])).await;
        app.database.number(skipped).await > 0
    })
    .await;
    // A collector that runs hears of what the command line set, and the inbox and what the catalogue found are written
    // after the answer.
    eventually("the stages are the new ones", || async {
        app.json("/api/v1/visitors?site=1").await["data"][0]["stage"] == "a"
    })
    .await;
    for list in ["sites/1/catalogue/findings?", "rejected?site=1"] {
        eventually(list, || async {
            app.json(&format!("/api/v1/{list}")).await["data"] != json!([])
        })
        .await;
    }
    // Last, and by another scale than it began with, so that it can be seen when everybody has been judged for good.
    let scale = json!({
        "weights": {"recency": 0, "frequency": 1, "channels": 0},
        "window_days": 30, "full_occasions": 10, "full_channels": 5,
    });
    let put = app.request(Method::PUT, "/api/v1/sites/1/scores");
    let put = put.header("Cookie", cookie).json(&scale).send().await;
    assert_eq!(put.unwrap().status(), 200);
    app.judged().await;
    let otherwise = "SELECT COUNT(*) FROM judged_persons WHERE standing > 1000000";
    eventually("everybody is judged by the new scale", || async {
        app.database.number(otherwise).await == 0
    })
    .await;
}

/// What has gone for its age, and somebody whose erasure can be taken back.
async fn old_and_hidden(app: &TestApp) {
    let mut old = Visit::new(&app.key);
    old.started_at = now() - 60 * DAY_MS;
    let mut long_ago = event("long_ago");
    long_ago["at"] = json!(old.started_at);
    app.accept(&old.batch(&[long_ago])).await;
    let limits = RetentionArguments {
        site: 1,
        days: Some(50),
        forever: false,
        default: false,
        events: Vec::new(),
        grace_days: Some(7),
        dry_run: false,
        run: true,
    };
    let printed = app
        .command(&Command::Privacy(PrivacyCommand::Retention(limits)))
        .await;
    assert!(
        printed.ends_with("Removed 1 items, 1 sessions, 1 visitors, 0 interactions.\n"),
        "{printed}"
    );
    let hidden = Visit::new(&app.key);
    app.accept(&hidden.batch(&[event("hidden")])).await;
    let erase = PrivacyCommand::Erase {
        site: 1,
        person: format!("visitor:{}", hidden.visitor).parse().unwrap(),
        delete: true,
        grace_days: None,
        dry_run: false,
    };
    app.command(&Command::Privacy(erase)).await;
}

/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
