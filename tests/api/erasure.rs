//! Around an erasure: what arrives afterwards, who may, receipts.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use uuid::Uuid;
use waymark_collector::commands::{Command, PrivacyCommand, UsersCommand};
use waymark_collector::store::privacy::Subject;
use waymark_collector::store::workspaces::Role;

use super::interactions::{accept, interaction, told};
use super::merges::post;
use super::persons::of_user;
use super::privacy::{USER, ann, erase, everything, totals};
use super::server_keys::add_server_key;
use crate::support::app::{TestApp, after, cookie, error};
use crate::support::batch::{Visit, event, item};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    what_arrives_later_is_dropped,
    only_the_owner_exports_and_erases,
    receipts_are_signed,
    somebody_of_interactions_alone_is_erased,
);

async fn what_arrives_later_is_dropped(database: Database) {
    let app = TestApp::start(database).await;
    let ann = ann(&app).await;
    app.command(&erase(false)).await;
    let before = totals(&app).await;
    let dropped = async |batch: &Value| {
        let answer: Value = app.send(batch).await.json().await.unwrap();
        let result = &answer["results"][0];
        assert_eq!(
            (&result["status"], &result["reason"]),
            (&json!("dropped"), &json!("erased")),
            "{answer}"
        );
    };
    // The collector heard of it by the transaction itself: the command was another process's.
    dropped(&ann.laptop.batch(&[event("again")])).await;
    dropped(&of_user(&Visit::new(&app.key), USER, &[event("again")])).await;
    let alias = item("identify", json!({"user_id": "new", "previous_id": USER}));
    dropped(&Visit::new(&app.key).batch(&[alias])).await;
    let mut ping = item("page_ping", json!({"visible_ms": 4000, "scroll_max": 60}));
    ping["page_view_id"] = json!(Uuid::now_v7());
    dropped(&ann.laptop.batch(&[ping])).await;
    for whom in [
        json!({"user_id": USER}),
        json!({"visitor_id": ann.laptop.visitor}),
        json!({"email": "ann.other@shop.example"}),
    ] {
        let lines = told(&app, &ann.server_key, &[interaction("again", 10, whom)]).await;
        assert_eq!(lines[0]["reason"], "erased", "{lines:?}");
    }
    assert_eq!(totals(&app).await, before);
    // Neighbours are stored all the same, and another site knows nothing of it.
    app.accept(&ann.shared.batch(&[event("else")])).await;
    let key = app.add_site("Second", &[]).await;
    app.accept(&of_user(&Visit::new(&key), USER, &[event("there")]))
        .await;
    assert!(!app.log.text().contains("ann.secret"));
    let inbox = app.json("/api/v1/rejected?site=1").await;
    assert_eq!(inbox["data"], json!([]), "{inbox}");
}

async fn only_the_owner_exports_and_erases(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", "a long password").await;
    let add = UsersCommand::Add {
        email: "member@shop.example".to_owned(),
        role: Role::Viewer,
        workspace: None,
    };
    let printed = app.command(&Command::Users(add)).await;
    let body = json!({
        "token": after(&printed, "#token="), "email": "member@shop.example", "password": "another long one",
    });
    let member = cookie(&app.post("/api/v1/setup", &body).await);
    let visit = Visit::new(&app.key);
    app.accept(&of_user(&visit, "zoe", &[event("e")])).await;
    app.add_site("Second", &[]).await;
    let other = app.add_key(Some(2)).await;
    app.judged().await;
    let rows = everything(&app).await;
    let path = |verb: &str, site: i64| format!("/api/v1/persons/user:zoe/{verb}?site={site}");
    let forbidden = async |response: Response| assert_eq!(error(response).await.1, "forbidden");
    for secret in [&app.secret, &other] {
        forbidden(app.get_with(&path("export", 1), secret).await).await;
        let erase = app.request(Method::POST, &path("erase", 1));
        let erase = erase.bearer_auth(secret).json(&json!({}));
        forbidden(erase.send().await.unwrap()).await;
    }
    let by_member = app
        .request(Method::GET, &path("export", 1))
        .header("Cookie", &member);
    forbidden(by_member.send().await.unwrap()).await;
    forbidden(post(&app, &member, &path("erase", 1), &json!({})).await).await;
    // Of another site she is nobody.
    let there = post(&app, &owner, &path("erase", 2), &json!({})).await;
    assert_eq!(error(there).await.1, "not_found");
    let wrong = post(&app, &owner, &path("erase", 1), &json!({"dry": true})).await;
    assert_eq!(error(wrong).await.0, 400);
    let dry: Value = post(&app, &owner, &path("erase", 1), &json!({"dry_run": true}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        dry["would"]["ids"],
        json!(["user:zoe", format!("visitor:{}", visit.visitor)])
    );
    let changed: Vec<_> = everything(&app)
        .await
        .into_iter()
        .zip(rows)
        .filter(|(a, b)| a != b)
        .collect();
    assert!(changed.is_empty(), "{changed:?}");
    let done: Value = post(&app, &owner, &path("erase", 1), &json!({}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(done["receipts"][0]["rows"]["events"], 1);
    let audit = app
        .request(Method::GET, "/api/v1/audit?site=1")
        .header("Cookie", &owner);
    let audit: Value = audit.send().await.unwrap().json().await.unwrap();
    assert_eq!(audit["data"][0]["action"], "persons.erase");
    assert_eq!(audit["data"][0]["actor"], "user:1");
    assert_eq!(audit["data"][0]["detail"], done["receipts"][0]);
    assert!(!audit.to_string().contains("zoe"));
}

async fn receipts_are_signed(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    app.accept(&of_user(&visit, USER, &[event("e")])).await;
    let receipt = app.command(&erase(false)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("receipt.json");
    let verify = Command::Privacy(PrivacyCommand::Verify { file: file.clone() });
    std::fs::write(&file, &receipt).unwrap();
    assert!(app.command(&verify).await.ends_with(" is genuine.\n"));
    let forged = receipt.replace("\"events\":1", "\"events\":2");
    assert_ne!(forged, receipt);
    std::fs::write(&file, &forged).unwrap();
    let refused = app.refused(&verify).await;
    assert!(
        refused.contains("was not signed by this installation"),
        "{refused}"
    );
    std::fs::write(&file, "{}").unwrap();
    assert_eq!(app.refused(&verify).await, "this is no receipt");
}

async fn somebody_of_interactions_alone_is_erased(database: Database) {
    let app = TestApp::start(database).await;
    let server_key = add_server_key(&app, 1).await;
    let call = interaction("call", 900, json!({"user_id": "anna-77"}));
    accept(&app, &server_key, &[call]).await;
    let before = totals(&app).await;
    let person: Subject = "user:anna-77".parse().unwrap();
    let export = Command::Privacy(PrivacyCommand::Export {
        site: 1,
        person: person.clone(),
        out: None,
    });
    assert!(app.command(&export).await.contains("\"interactions\""));
    let erase = Command::Privacy(PrivacyCommand::Erase {
        site: 1,
        person,
        delete: false,
        grace_days: None,
        dry_run: false,
    });
    app.command(&erase).await;
    assert_eq!(totals(&app).await, before);
    let rows = app.database.rows("interactions").await;
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].contains("anna-77"), "{rows:?}");
}
