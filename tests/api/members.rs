//! Who is in a workspace: invitations, and members that come, change and go.

use reqwest::Method;
use serde_json::{Value, json};
use waymark_collector::commands::{Command, UsersCommand, WorkspacesCommand};

use super::workspaces::{PASSWORD, accept, ask, invite, member, read};
use crate::support::app::{TestApp, cookie, error};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    an_invitation_is_good_once_and_for_one_address,
    an_invitation_ends,
    whoever_is_removed_is_out_at_once,
    the_last_owner_stays,
    two_owners_do_not_take_each_other_away,
);

async fn an_invitation_is_good_once_and_for_one_address(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", PASSWORD).await;
    let token = invite(&app, &owner, 1, " Ann@Shop.example", "analyst").await;
    let stored = app.database.rows("workspace_invitations").await;
    assert!(!stored[0].contains(&token), "a digest of it is stored");
    let look = app
        .post("/api/v1/invitations/look", &json!({"token": token}))
        .await;
    let asked: Value = look.json().await.unwrap();
    assert_eq!(
        asked,
        json!({"workspace": "Workspace", "email": "ann@shop.example", "role": "analyst", "has_login": false})
    );
    for (password, field) in [(None, "password"), (Some("short"), "password")] {
        let refused = error(accept(&app, &token, password).await).await;
        assert_eq!(refused, (400, "invalid_field".into(), Some(field.into())));
    }
    let wrong = error(accept(&app, "0000", Some(PASSWORD)).await).await;
    assert_eq!(wrong, (401, "wrong_token".into(), None));
    let joined = accept(&app, &token, Some(PASSWORD)).await;
    assert_eq!(joined.status(), 204);
    let ann = cookie(&joined);
    let me = read(&app, &ann, "/api/v1/me").await;
    assert_eq!(
        (&me["email"], &me["workspaces"][0]["role"]),
        (&json!("ann@shop.example"), &json!("analyst"))
    );
    let again = error(accept(&app, &token, Some(PASSWORD)).await).await;
    assert_eq!(again, (410, "invitation_used".into(), None));
    let login = json!({"email": "ann@shop.example", "password": PASSWORD});
    assert_eq!(app.post("/api/v1/login", &login).await.status(), 204);

    // Whoever signs in already has to show that it is they: a link alone opens no login, and makes none.
    let add = WorkspacesCommand::Add {
        name: "Second".into(),
        owner: Some("ann@shop.example".into()),
    };
    app.command(&Command::Workspaces(add)).await;
    let token = invite(&app, &ann, 2, "owner@shop.example", "viewer").await;
    let refused = error(accept(&app, &token, Some("somebody else's password")).await).await;
    assert_eq!(refused, (401, "unauthenticated".into(), None));
    let body = json!({"token": token});
    let other = ask(
        &app,
        &ann,
        Method::POST,
        "/api/v1/invitations/accept",
        body.clone(),
    )
    .await;
    assert_eq!(error(other).await.1, "forbidden");
    let own = ask(
        &app,
        &owner,
        Method::POST,
        "/api/v1/invitations/accept",
        body,
    )
    .await;
    assert_eq!(own.status(), 204);
    let me = read(&app, &owner, "/api/v1/me").await;
    assert_eq!(me["workspaces"].as_array().unwrap().len(), 2);
    // A member is not asked again.
    let guest = json!({"email": "owner@shop.example", "role": "owner"});
    let there = ask(
        &app,
        &ann,
        Method::POST,
        "/api/v1/workspaces/2/invitations",
        guest,
    )
    .await;
    assert_eq!(
        error(there).await,
        (400, "invalid_field".into(), Some("email".into()))
    );
    assert!(!app.log.text().contains("ann@shop"), "{}", app.log.text());
    assert!(!app.log.text().contains(&token));
}

async fn an_invitation_ends(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", PASSWORD).await;
    let path = "/api/v1/workspaces/1/invitations";
    let revoked = invite(&app, &owner, 1, "ann@shop.example", "viewer").await;
    let list = read(&app, &owner, path).await;
    let one = &list["data"][0];
    assert_eq!(
        (&one["email"], &one["role"]),
        (&json!("ann@shop.example"), &json!("viewer"))
    );
    let week = 7 * 24 * 60 * 60 * 1000;
    assert_eq!(
        one["expires_at"].as_i64().unwrap() - one["created_at"].as_i64().unwrap(),
        week
    );
    let take_back = format!("{path}/{}", one["id"].as_str().unwrap());
    let gone = ask(&app, &owner, Method::DELETE, &take_back, json!({})).await;
    assert_eq!(gone.status(), 204);
    let gone = ask(&app, &owner, Method::DELETE, &take_back, json!({})).await;
    assert_eq!(error(gone).await.0, 404);
    let refused = error(accept(&app, &revoked, Some(PASSWORD)).await).await;
    assert_eq!(refused, (401, "wrong_token".into(), None));

    let late = invite(&app, &owner, 1, "ben@shop.example", "viewer").await;
    app.database
        .execute("UPDATE workspace_invitations SET expires_at = 1")
        .await;
    let refused = error(accept(&app, &late, Some(PASSWORD)).await).await;
    assert_eq!(refused, (410, "invitation_expired".into(), None));
    assert_eq!(read(&app, &owner, path).await["data"], json!([]));
    assert_eq!(app.database.number("SELECT COUNT(*) FROM users").await, 1);
}

async fn whoever_is_removed_is_out_at_once(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", PASSWORD).await;
    let ann = member(&app, &owner, "ann@shop.example", "analyst").await;
    let read_as = async |cookie: &str| {
        let request = app.request(Method::GET, "/api/v1/visitors?site=1");
        request
            .header("Cookie", cookie)
            .send()
            .await
            .unwrap()
            .status()
    };
    assert_eq!(read_as(&ann).await, 200);
    let define = async || {
        let body = json!({"mode": "off"});
        ask(&app, &ann, Method::PATCH, "/api/v1/sites/1/catalogue", body)
            .await
            .status()
    };
    assert_eq!(define().await, 200);
    let path = "/api/v1/workspaces/1/members/2";
    let viewer = ask(&app, &owner, Method::PATCH, path, json!({"role": "viewer"})).await;
    assert_eq!(viewer.status(), 204);
    assert_eq!(
        (define().await, read_as(&ann).await),
        (403.try_into().unwrap(), 200.try_into().unwrap())
    );
    let out = ask(&app, &owner, Method::DELETE, path, json!({})).await;
    assert_eq!(out.status(), 204);
    assert_eq!(read_as(&ann).await, 403);
    let me = read(&app, &ann, "/api/v1/me").await;
    assert_eq!(me["workspaces"], json!([]), "the login is still there");
    let again = ask(&app, &owner, Method::DELETE, path, json!({})).await;
    assert_eq!(error(again).await.1, "not_found");

    let ben = member(&app, &owner, "ben@shop.example", "viewer").await;
    let left = ask(
        &app,
        &ben,
        Method::POST,
        "/api/v1/workspaces/1/leave",
        json!({}),
    )
    .await;
    assert_eq!(left.status(), 204);
    assert_eq!(read_as(&ben).await, 403);
    let members = read(&app, &owner, "/api/v1/workspaces/1/members").await;
    let emails: Vec<&Value> = members["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["email"])
        .collect();
    assert_eq!(emails, ["owner@shop.example"]);
    assert_eq!(members["data"][0]["you"], true);
}

async fn the_last_owner_stays(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", PASSWORD).await;
    let ann = member(&app, &owner, "ann@shop.example", "analyst").await;
    let own = "/api/v1/workspaces/1/members/1";
    for (method, path, body) in [
        (Method::PATCH, own, json!({"role": "viewer"})),
        (Method::DELETE, own, json!({})),
        (Method::POST, "/api/v1/workspaces/1/leave", json!({})),
    ] {
        let refused = ask(&app, &owner, method, path, body).await;
        assert_eq!(error(refused).await, (409, "last_owner".into(), None));
    }
    let same = ask(&app, &owner, Method::PATCH, own, json!({"role": "owner"})).await;
    assert_eq!(same.status(), 204);
    let second = json!({"role": "owner"});
    let second = ask(
        &app,
        &owner,
        Method::PATCH,
        "/api/v1/workspaces/1/members/2",
        second,
    )
    .await;
    assert_eq!(second.status(), 204);
    let left = ask(
        &app,
        &owner,
        Method::POST,
        "/api/v1/workspaces/1/leave",
        json!({}),
    )
    .await;
    assert_eq!(left.status(), 204);
    let refused = ask(
        &app,
        &ann,
        Method::POST,
        "/api/v1/workspaces/1/leave",
        json!({}),
    )
    .await;
    assert_eq!(error(refused).await.1, "last_owner");
    let remove = UsersCommand::Remove {
        user: "ann@shop.example".into(),
    };
    let refused = app.refused(&Command::Users(remove)).await;
    assert!(
        refused.contains("nobody else owns workspace 1"),
        "{refused}"
    );
    // Who left stays out, however often the collector starts.
    let url = app.database.url().to_owned();
    let again = TestApp::start(Database::shared(&url)).await;
    let me = read(&again, &owner, "/api/v1/me").await;
    assert_eq!(me["workspaces"], json!([]));
}

async fn two_owners_do_not_take_each_other_away(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", PASSWORD).await;
    let ann = member(&app, &owner, "ann@shop.example", "owner").await;
    for _ in 0..10 {
        let leave = |cookie| {
            ask(
                &app,
                cookie,
                Method::POST,
                "/api/v1/workspaces/1/leave",
                json!({}),
            )
        };
        let (one, other) = tokio::join!(leave(&owner), leave(&ann));
        let mut done = [one.status().as_u16(), other.status().as_u16()];
        done.sort_unstable();
        assert_eq!(done, [204, 409]);
        let owners = "SELECT COUNT(*) FROM workspace_members WHERE role = 'owner'";
        assert_eq!(app.database.number(owners).await, 1);
        app.database
            .execute("DELETE FROM workspace_members; INSERT INTO workspace_members (workspace_id, user_id, role, joined_at) VALUES (1, 1, 'owner', 1), (1, 2, 'owner', 1)")
            .await;
    }
}
