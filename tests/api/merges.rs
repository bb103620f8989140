//! Merges of persons, who may make them, and that nothing stays of one that was taken back.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use waymark_collector::commands::{Command, PersonsCommand, UsersCommand};
use waymark_collector::store::workspaces::Role;

use super::persons::{from, ids, lasting, of_user, timed, timeline};
use crate::support::app::{TestApp, after, cookie, error};
use crate::support::batch::{Visit, event, milestone};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    a_merge_is_taken_back_without_a_trace,
    a_viewer_does_not_merge,
    the_command_line_merges,
);

pub(super) async fn post(app: &TestApp, cookie: &str, path: &str, body: &Value) -> Response {
    app.request(Method::POST, path)
        .header("Cookie", cookie)
        .json(body)
        .send()
        .await
        .unwrap()
}

/// The list of people without what is kept of them, which follows a moment later.
async fn everybody(app: &TestApp) -> Value {
    let mut page = app.json("/api/v1/persons").await;
    for person in page["data"].as_array_mut().unwrap() {
        person.as_object_mut().unwrap().remove("kept").unwrap();
    }
    page
}

async fn a_merge_is_taken_back_without_a_trace(database: Database) {
    let app = TestApp::start(database).await;
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    let (known, unknown) = (Visit::new(&app.key), Visit::new(&app.key));
    app.accept(&of_user(&known, "ann", &timed(100, vec![event("known")])))
        .await;
    let items = timed(200, vec![event("unknown"), milestone("signup_at")]);
    app.accept(&from(&unknown, "poster", &items)).await;
    let visitor = format!("visitor:{}", unknown.visitor);
    let by_visitor = format!("/api/v1/persons/{visitor}");
    let before = [
        everybody(&app).await,
        lasting(app.json("/api/v1/persons/user:ann").await),
        lasting(app.json(&by_visitor).await),
    ];
    let pair = json!({"person": "user:ann", "other": visitor});
    let merge = async |body: &Value| post(&app, &cookie, "/api/v1/persons/merge", body).await;
    let unmerge = async |body: &Value| post(&app, &cookie, "/api/v1/persons/unmerge", body).await;

    let merged: Value = merge(&pair).await.json().await.unwrap();
    assert_eq!(merged["id"], "user:ann");
    assert_eq!(merged["stage"], "registered");
    assert_eq!(merged["first_touch"]["source"], "poster");
    assert_eq!(
        timeline(&app, &visitor).await,
        ["unknown", "signup_at", "known"]
    );
    let full = app.json("/api/v1/persons/user:ann").await;
    assert_eq!(full["merges"][0]["ids"], json!(["user:ann", visitor]));
    assert_eq!(ids(&app, "&stage=registered").await, ["user:ann"]);
    // Once is enough, either way round, and a circle closes nothing.
    let turned = json!({"person": visitor, "other": "user:ann"});
    assert_eq!(merge(&turned).await.status(), 200);
    assert_eq!(
        merge(&json!({"person": "user:ann", "other": "user:ann"}))
            .await
            .status(),
        200
    );

    let back: Value = unmerge(&turned).await.json().await.unwrap();
    assert_eq!(back["id"], json!(visitor));
    assert_eq!(error(unmerge(&pair).await).await.1, "not_found");
    let after = [
        everybody(&app).await,
        lasting(app.json("/api/v1/persons/user:ann").await),
        lasting(app.json(&by_visitor).await),
    ];
    assert_eq!(after, before);

    let audit = async |query: &str| {
        let response = app
            .request(Method::GET, &format!("/api/v1/audit{query}"))
            .header("Cookie", &cookie)
            .send()
            .await
            .unwrap();
        response.json::<Value>().await.unwrap()
    };
    let whole = audit("").await;
    let rows = whole["data"].as_array().unwrap();
    let done: Vec<&str> = rows
        .iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect();
    assert_eq!(done, ["persons.unmerge", "persons.merge"]);
    assert_eq!(rows[1]["detail"], json!({"ids": ["user:ann", visitor]}));
    assert_eq!(rows[1]["subject"], "user:ann");
    assert_eq!(rows[1]["actor"], "user:1");
    let first = audit("?limit=1").await;
    let next = first["next_cursor"].as_str().unwrap();
    let second = audit(&format!("?limit=1&cursor={next}")).await;
    assert_eq!(json!([first["data"][0], second["data"][0]]), whole["data"]);
    assert_eq!(second["next_cursor"], Value::Null);
    app.log.assert_quiet();
    assert!(!app.log.text().contains("ann"), "{}", app.log.text());
}

async fn a_viewer_does_not_merge(database: Database) {
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
    let member = app.post("/api/v1/setup", &body).await;
    let member = cookie(&member);
    for user in ["ann", "ben"] {
        let visit = Visit::new(&app.key);
        app.accept(&of_user(&visit, user, &[event("e")])).await;
    }
    let pair = json!({"person": "user:ann", "other": "user:ben"});
    for path in ["/api/v1/persons/merge", "/api/v1/persons/unmerge"] {
        let refused = error(post(&app, &member, path, &pair).await).await;
        assert_eq!(refused.1, "forbidden");
        let by_key = app.request(Method::POST, path).bearer_auth(&app.secret);
        let refused = error(by_key.json(&pair).send().await.unwrap()).await;
        assert_eq!(refused.1, "forbidden");
    }
    assert_eq!(error(app.get("/api/v1/audit").await).await.1, "forbidden");
    let by_member = app
        .request(Method::GET, "/api/v1/audit")
        .header("Cookie", &member);
    assert_eq!(error(by_member.send().await.unwrap()).await.1, "forbidden");
    // The person is still two for everybody, whom a member may see.
    let seen = app
        .request(Method::GET, "/api/v1/persons")
        .header("Cookie", &member);
    let seen: Value = seen.send().await.unwrap().json().await.unwrap();
    assert_eq!(seen["data"].as_array().unwrap().len(), 2);
    let done = post(&app, &owner, "/api/v1/persons/merge", &pair).await;
    assert_eq!(done.status(), 200);
    assert_eq!(ids(&app, "").await, ["user:ann"]);
    app.log.assert_quiet();
}

async fn the_command_line_merges(database: Database) {
    let app = TestApp::start(database).await;
    for user in ["ann", "ben"] {
        let visit = Visit::new(&app.key);
        app.accept(&of_user(&visit, user, &[event("e")])).await;
    }
    let id = |text: &str| text.parse().unwrap();
    let merge = |other: &str| {
        Command::Persons(PersonsCommand::Merge {
            site: 1,
            person: id("user:ann"),
            other: id(other),
        })
    };
    let show = |person: &str| {
        Command::Persons(PersonsCommand::Show {
            site: 1,
            person: id(person),
        })
    };
    let before = app.command(&show("user:ben")).await;
    assert!(before.contains("users: ben\n"), "{before}");
    let merged = app.command(&merge("user:ben")).await;
    assert!(merged.contains("users: ann, ben\n"), "{merged}");
    assert!(merged.contains("merged: user:ann user:ben"), "{merged}");
    assert_eq!(ids(&app, "").await, ["user:ann"]);
    let unmerge = Command::Persons(PersonsCommand::Unmerge {
        site: 1,
        person: id("user:ben"),
        other: id("user:ann"),
    });
    app.command(&unmerge).await;
    assert_eq!(app.command(&show("user:ben")).await, before);
    for (command, message) in [
        (unmerge, "nobody has merged user:ben and user:ann"),
        (merge("user:zoe"), "nobody has the id user:zoe"),
        (show("user:zoe"), "nobody has the id user:zoe"),
    ] {
        assert_eq!(app.refused(&command).await, message);
    }
}
