//! Erasures that can be taken back for a time, that delete, and that are of an address alone.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use waymark_collector::commands::{Command, PrivacyCommand};
use waymark_collector::journey::email_hash;

use super::interactions::{accept, interaction, told};
use super::merges::post;
use super::persons::of_user;
use super::privacy::{USER, ann, everything, totals};
use super::retention::totals as sums;
use super::server_keys::add_server_key;
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, item};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    what_is_taken_back_is_what_was_there,
    nobody_finds_who_is_hidden_and_it_ends_when_it_is_due,
    a_deletion_leaves_no_row_and_every_total,
    a_hidden_person_is_deleted_when_it_is_due,
    an_address_of_interactions_alone_is_erased,
    the_owner_takes_back,
    consents_are_kept_with_their_version,
);

fn erase(person: &str, delete: bool, grace_days: i64) -> Command {
    Command::Privacy(PrivacyCommand::Erase {
        site: 1,
        person: person.parse().unwrap(),
        delete,
        grace_days: Some(grace_days),
        dry_run: false,
    })
}

fn user() -> String {
    format!("user:{USER}")
}

fn restore(pending: &Value) -> Command {
    Command::Privacy(PrivacyCommand::Restore {
        site: 1,
        erasure: pending["id"].as_str().unwrap().parse().unwrap(),
    })
}

/// All but what tells that there was an erasure: the log, and how often conclusions were drawn anew.
async fn rows(app: &TestApp) -> Vec<(String, Vec<String>)> {
    let mut all = everything(app).await;
    let telling = [
        "audit",
        "changes",
        "erased_ids",
        "privacy_keys",
        "judged_visitors",
        "judged_persons",
        "kept_insights",
    ];
    all.retain(|(table, _)| !telling.contains(&table.as_str()) && !table.starts_with("rollup"));
    for (table, rows) in &mut all {
        if table == "visitors" {
            // Their revision is the last column but one.
            for row in rows.iter_mut() {
                let end = row.rfind(',').unwrap();
                let start = row[..end].rfind(',').unwrap();
                row.replace_range(start..end, "");
            }
        }
        rows.sort();
    }
    all
}

async fn what_is_taken_back_is_what_was_there(database: Database) {
    let app = TestApp::start(database).await;
    let ann = ann(&app).await;
    let (before, audit) = (rows(&app).await, app.database.rows("audit").await);
    let figures = totals(&app).await;
    let printed = app.command(&erase(&user(), false, 7)).await;
    let pending: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(pending["rows"]["events"], 13);
    assert_eq!(totals(&app).await, figures);
    // Who shares a browser goes on meanwhile, and that stays.
    let listed = app
        .command(&Command::Privacy(PrivacyCommand::Pending { site: 1 }))
        .await;
    assert_eq!(listed, printed);
    app.command(&restore(&pending)).await;
    for (now, then) in rows(&app).await.into_iter().zip(before) {
        assert_eq!(now, then);
    }
    let now = app.database.rows("audit").await;
    assert!(audit.iter().all(|row| now.contains(row)));
    // They are taken in again.
    app.accept(&ann.laptop.batch(&[event("again")])).await;
    app.accept(&of_user(&Visit::new(&app.key), USER, &[event("again")]))
        .await;
    let twice = app.refused(&restore(&pending)).await;
    assert!(twice.contains("could be taken back"), "{twice}");
    // And can be erased for good.
    app.command(&erase(&user(), false, 0)).await;
    let dropped: Value = app
        .send(&ann.laptop.batch(&[event("again")]))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(dropped["results"][0]["reason"], "erased");
    app.log.assert_quiet();
}

async fn nobody_finds_who_is_hidden_and_it_ends_when_it_is_due(database: Database) {
    let mut app = TestApp::with(database, |config| {
        config.retention_every = Duration::from_millis(100);
    })
    .await;
    let ann = ann(&app).await;
    let before = totals(&app).await;
    let printed = app.command(&erase(&user(), false, 1)).await;
    let gone = app.get(&format!("/api/v1/persons/{}", user())).await;
    assert_eq!(error(gone).await.1, "not_found");
    assert_eq!(
        app.refused(&erase(&user(), false, 1)).await,
        format!("nobody has the id {}", user())
    );
    for path in [
        "persons",
        "visitors",
        "sessions",
        "events",
        "interactions",
        "accounts",
    ] {
        let page = app.get(&format!("/api/v1/{path}?site=1&limit=100")).await;
        let text = page.text().await.unwrap();
        for needle in [
            "annsecretword",
            "ann.secret",
            &ann.laptop.visitor.to_string(),
        ] {
            assert!(!text.contains(needle), "{needle} in {path}");
        }
    }
    let answer: Value = app
        .send(&ann.laptop.batch(&[event("again")]))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(answer["results"][0]["reason"], "erased");
    let lines = told(
        &app,
        &ann.server_key,
        &[interaction(
            "again",
            10,
            json!({"email": "ann.other@shop.example"}),
        )],
    )
    .await;
    assert_eq!(lines[0]["reason"], "erased");
    assert_eq!(totals(&app).await, before);
    assert_eq!(
        app.database
            .number("SELECT COUNT(*) FROM pending_erasures")
            .await,
        1
    );

    app.database
        .execute("UPDATE pending_erasures SET due_at = 1")
        .await;
    eventually("the erasure has ended", || async {
        app.database
            .number("SELECT COUNT(*) FROM pending_erasures")
            .await
            == 0
    })
    .await;
    for (table, rows) in everything(&app).await {
        assert!(!table.starts_with("pending_") || rows.is_empty(), "{table}");
        for row in rows {
            for needle in ["annsecretword", "ann.secret", "ann.other"] {
                assert!(!row.contains(needle), "{needle} in {table}: {row}");
            }
        }
    }
    assert_eq!(totals(&app).await, before);
    let pending: Value = serde_json::from_str(&printed).unwrap();
    let late = app.refused(&restore(&pending)).await;
    assert!(late.contains("could be taken back"), "{late}");
    app.stop().await;
    app.log.assert_quiet();
}

async fn a_deletion_leaves_no_row_and_every_total(database: Database) {
    let app = TestApp::start(database).await;
    let ann = ann(&app).await;
    let before = sums(&app).await;
    let events = app.database.rows("events").await.len();
    let printed = app.command(&erase(&user(), true, 0)).await;
    let receipt: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(receipt["mode"], "delete");
    assert_eq!(receipt["rows"]["events"], 13);
    assert_eq!(sums(&app).await, before);
    assert_eq!(app.database.rows("events").await.len(), events - 13);
    // Ben's and the stranger's.
    assert_eq!(app.database.rows("visitors").await.len(), 2);
    assert_eq!(app.database.rows("interactions").await.len(), 1);
    assert!(app.database.rows("milestones").await.is_empty());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &printed).unwrap();
    let verify = Command::Privacy(PrivacyCommand::Verify {
        file: file.path().to_owned(),
    });
    assert!(app.command(&verify).await.ends_with(" is genuine.\n"));
    let forged = printed.replace("\"mode\":\"delete\",", "");
    assert_ne!(forged, printed);
    std::fs::write(file.path(), forged).unwrap();
    assert!(app.refused(&verify).await.contains("was not signed"));
    let answer: Value = app
        .send(&ann.laptop.batch(&[event("again")]))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(answer["results"][0]["reason"], "erased");
    app.accept(&of_user(&ann.shared, "ben", &[event("c")]))
        .await;
    app.log.assert_quiet();
}

async fn a_hidden_person_is_deleted_when_it_is_due(database: Database) {
    let app = TestApp::with(database, |config| {
        config.retention_every = Duration::from_millis(100);
    })
    .await;
    ann(&app).await;
    let before = sums(&app).await;
    let events = app.database.rows("events").await.len();
    app.command(&erase(&user(), true, 1)).await;
    assert_eq!(app.database.rows("events").await.len(), events);
    assert_eq!(sums(&app).await, before);
    app.database
        .execute("UPDATE pending_erasures SET due_at = 1")
        .await;
    eventually("the rows are gone", || async {
        app.database.rows("events").await.len() == events - 13
    })
    .await;
    assert_eq!(sums(&app).await, before);
    app.log.assert_quiet();
}

async fn an_address_of_interactions_alone_is_erased(database: Database) {
    let app = TestApp::start(database).await;
    let server_key = add_server_key(&app, 1).await;
    let mut mail = interaction("mail", 900, json!({"email": "lead@else.example"}));
    mail["subject"] = json!("leadword");
    let named = interaction(
        "named",
        800,
        json!({"email": "lead@else.example", "user_id": "somebody"}),
    );
    accept(&app, &server_key, &[mail, named]).await;
    let before = totals(&app).await;
    let hash = email_hash("lead@else.example").unwrap();
    let export = Command::Privacy(PrivacyCommand::Export {
        site: 1,
        person: "email:Lead@else.example".parse().unwrap(),
        out: None,
    });
    assert!(app.command(&export).await.contains("leadword"));
    let printed = app
        .command(&erase("email:lead@else.example", false, 0))
        .await;
    let receipt: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(receipt["rows"]["interactions"], 1);
    assert_eq!(totals(&app).await, before);
    for row in app.database.rows("interactions").await {
        assert!(!row.contains("leadword") && !row.contains(&hash), "{row}");
    }
    let again = interaction("again", 10, json!({"email": "lead@else.example"}));
    let lines = told(&app, &server_key, &[again]).await;
    assert_eq!(lines[0]["reason"], "erased");
    assert_eq!(
        app.refused(&erase("email:lead@else.example", false, 0))
            .await,
        format!("nobody has the id email:{hash}")
    );
    // Of an address that a user told, it is that user.
    let visit = Visit::new(&app.key);
    let identify = item(
        "identify",
        json!({"user_id": "zoe", "traits": {"email": "zoe@else.example"}}),
    );
    app.accept(&visit.batch(&[identify])).await;
    app.command(&erase("email:zoe@else.example", false, 0))
        .await;
    let gone = app.get("/api/v1/persons/user:zoe?site=1").await;
    assert_eq!(error(gone).await.1, "not_found");
}

async fn the_owner_takes_back(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", "a long password").await;
    let visit = Visit::new(&app.key);
    app.accept(&of_user(&visit, "zoe", &[event("e")])).await;
    let path = "/api/v1/persons/user:zoe/erase?site=1";
    let wrong = post(&app, &owner, path, &json!({"grace_days": -1})).await;
    assert_eq!(error(wrong).await.2.as_deref(), Some("grace_days"));
    let wrong = post(&app, &owner, path, &json!({"mode": "burn"})).await;
    assert_eq!(error(wrong).await.0, 400);
    let body = json!({"grace_days": 3, "mode": "delete", "dry_run": true});
    let dry: Value = post(&app, &owner, path, &body).await.json().await.unwrap();
    assert_eq!(dry["would"]["rows"]["events"], 1);
    assert!(dry["due_at"].is_i64());
    let body = json!({"grace_days": 3});
    let done: Value = post(&app, &owner, path, &body).await.json().await.unwrap();
    assert_eq!(done["receipts"], json!([]));
    let pending = &done["pending"][0];
    let listed = app
        .request(Method::GET, "/api/v1/erasures?site=1")
        .header("Cookie", &owner);
    let listed: Value = listed.send().await.unwrap().json().await.unwrap();
    assert_eq!(listed["data"][0], *pending);
    assert!(!listed.to_string().contains("zoe"));
    let restore = |site: i64| {
        let id = pending["id"].as_str().unwrap();
        format!("/api/v1/erasures/{id}/restore?site={site}")
    };
    let by_key = app.request(Method::POST, &restore(1));
    let by_key = by_key.bearer_auth(&app.secret).json(&json!({}));
    assert_eq!(error(by_key.send().await.unwrap()).await.1, "forbidden");
    app.add_site("Second", &[]).await;
    let there = post(&app, &owner, &restore(2), &json!({})).await;
    assert_eq!(error(there).await.1, "not_found");
    let back = post(&app, &owner, &restore(1), &json!({})).await;
    assert_eq!(back.status(), 200);
    let person = app.json("/api/v1/persons/user:zoe?site=1").await;
    assert_eq!(person["person"]["total_events"], 1);
    let audit = app
        .request(Method::GET, "/api/v1/audit?site=1")
        .header("Cookie", &owner);
    let audit: Value = audit.send().await.unwrap().json().await.unwrap();
    let actions: Vec<&Value> = audit["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["action"])
        .collect();
    assert_eq!(actions, ["persons.restore", "persons.hide"]);
}

async fn consents_are_kept_with_their_version(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    let told = |state: &str, version: Value| {
        let mut event = event("consent");
        event["data"]["props"] = json!({"state": state, "version": version});
        event
    };
    let batch = visit.batch(&[
        item("consent", json!({"state": "granted", "version": "2026-01"})),
        told("granted", json!("2026-05")),
        told("denied", Value::Null),
        // These are events like others.
        told("perhaps", json!("x")),
        told("granted", json!("x".repeat(101))),
    ]);
    app.accept(&batch).await;
    let again: Value = app.send(&batch).await.json().await.unwrap();
    assert_eq!(again["results"][1]["status"], "duplicate");
    let long = item(
        "consent",
        json!({"state": "granted", "version": "x".repeat(101)}),
    );
    let answer: Value = app.send(&visit.batch(&[long])).await.json().await.unwrap();
    assert_eq!(answer["results"][0]["ignored"], json!(["data.version"]));
    let export = Command::Privacy(PrivacyCommand::Export {
        site: 1,
        person: format!("visitor:{}", visit.visitor).parse().unwrap(),
        out: None,
    });
    let printed = app.command(&export).await;
    let mut consents: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["table"] == "consents")
        .map(|line| json!([line["row"]["state"], line["row"]["version"]]))
        .collect();
    consents.sort_by_key(Value::to_string);
    assert_eq!(
        json!(consents),
        json!([
            ["denied", null],
            ["granted", "2026-01"],
            ["granted", "2026-05"],
            ["granted", null]
        ])
    );
}
