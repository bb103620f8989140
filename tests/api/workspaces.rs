//! Workspaces and their keys, whoever makes them, and the log of what was changed.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use waymark_collector::commands::{
    Command, KeysCommand, SitesCommand, UsersCommand, WorkspacesCommand,
};
use waymark_collector::store::keys::Scope;
use waymark_collector::store::workspaces::Role;

use crate::support::app::{TestApp, after, cookie, error};
use crate::support::batch::{Visit, event};
use crate::support::database::Database;
use crate::support::program::good;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    an_installation_from_before_becomes_one_workspace,
    somebody_is_in_two_workspaces,
    only_the_installations_owner_makes_workspaces,
    a_key_does_what_its_scopes_say,
    keys_say_when_they_were_used,
    whatever_is_changed_is_in_the_log,
    the_command_line_knows_workspaces,
);

pub(super) const PASSWORD: &str = "a long password";

pub(super) async fn ask(
    app: &TestApp,
    cookie: &str,
    method: Method,
    path: &str,
    body: Value,
) -> Response {
    let request = app
        .request(method, path)
        .header("Cookie", cookie)
        .json(&body);
    request.send().await.unwrap()
}

pub(super) async fn read(app: &TestApp, cookie: &str, path: &str) -> Value {
    let request = app.request(Method::GET, path).header("Cookie", cookie);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.json().await.unwrap()
}

/// Invites somebody, and gives the token.
pub(super) async fn invite(
    app: &TestApp,
    owner: &str,
    workspace: i64,
    email: &str,
    role: &str,
) -> String {
    let path = format!("/api/v1/workspaces/{workspace}/invitations");
    let guest = json!({"email": email, "role": role});
    let made = ask(app, owner, Method::POST, &path, guest).await;
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    after(made["link"].as_str().unwrap(), "#token=")
}

pub(super) async fn accept(app: &TestApp, token: &str, password: Option<&str>) -> Response {
    let body = json!({"token": token, "password": password});
    app.post("/api/v1/invitations/accept", &body).await
}

/// Invites somebody and has them choose a password; gives their cookie.
pub(crate) async fn member(app: &TestApp, owner: &str, email: &str, role: &str) -> String {
    let token = invite(app, owner, 1, email, role).await;
    let joined = accept(app, &token, Some(PASSWORD)).await;
    assert_eq!(joined.status(), 204);
    cookie(&joined)
}

async fn an_installation_from_before_becomes_one_workspace(database: Database) {
    let database = database.empty().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.jsonl");
    let digest = |secret: &str| {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(secret.as_bytes());
        digest
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    };
    // As a program wrote it that knew five migrations.
    let old = format!(
        r#"{{"waymark_backup":1,"schema":5,"database":"SQLite","program":"0.1.0","made_at":1}}
{{"table":"sites","columns":["id","name","write_key","origins","time_zone","created_at","server_key_required","renew_cookie","cookie_domain"]}}
[7,"Old","wk_oldoldold","[]","UTC",5,0,0,null]
[9,"Older","wk_olderolder","[]","UTC",6,0,0,null]
{{"table":"users","columns":["id","role","email","password_hash","created_at"]}}
[1,"owner","owner@shop.example","x",4]
[2,"member","ann@shop.example","x",7]
{{"table":"logins","columns":["token_hash","user_id","created_at","expires_at"]}}
["{}",1,1,9000000000000]
["{}",2,1,9000000000000]
{{"table":"api_keys","columns":["id","name","site_id","secret_hash","hint","created_at","kind"]}}
[1,"all",null,"{}","wmk_all",5,"api"]
[2,"one",9,"{}","wmk_one",5,"api"]
[3,"server",7,"{}","wsk_srv",5,"server"]
{{"end":{{"tables":4,"rows":9}}}}
"#,
        digest("owners"),
        digest("anns"),
        digest("wmk_all"),
        digest("wmk_one"),
        digest("wsk_srv"),
    );
    std::fs::write(&file, old).unwrap();
    good(database.url(), &["restore", &file.display().to_string()]).await;
    let app = TestApp::start(database).await;
    let me = read(&app, "wm_login=owners", "/api/v1/me").await;
    let workspaces = me["workspaces"].as_array().unwrap();
    assert_eq!(workspaces.len(), 1, "{me}");
    assert_eq!(
        (&workspaces[0]["id"], &workspaces[0]["role"]),
        (&json!(1), &json!("owner"))
    );
    assert_eq!(me["makes_workspaces"], true);
    let me = read(&app, "wm_login=anns", "/api/v1/me").await;
    assert_eq!(me["workspaces"][0]["role"], "analyst");
    let sites = async |secret: &str| -> Value {
        app.get_with("/api/v1/sites", secret)
            .await
            .json()
            .await
            .unwrap()
    };
    // Beside the two there is the one that the test's own start made.
    assert_eq!(sites("wmk_all").await["data"].as_array().unwrap().len(), 3);
    let one = sites("wmk_one").await;
    assert_eq!(
        (&one["data"][0]["id"], &one["data"][0]["workspace"]),
        (&json!(9), &json!(1))
    );
    let add = app
        .request(Method::POST, "/api/v1/sites")
        .bearer_auth("wmk_all");
    let add = add
        .json(&json!({"name": "New", "origins": []}))
        .send()
        .await
        .unwrap();
    assert_eq!(add.status(), 201, "as much as it could do before");
    for secret in ["wmk_all", "wmk_one"] {
        assert_eq!(
            app.get_with("/api/v1/visitors?site=9", secret)
                .await
                .status(),
            200
        );
        let set = app
            .request(Method::PUT, "/api/v1/sites/9/stages")
            .bearer_auth(secret);
        let set = set.json(&json!({"document": {}})).send().await.unwrap();
        assert_eq!(error(set).await.1, "forbidden", "and nothing more");
    }
    let keys = read(&app, "wm_login=owners", "/api/v1/keys").await;
    let scopes: Vec<&Value> = keys["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["scopes"])
        .collect();
    let expected = [
        json!(["read", "persons", "sites"]),
        json!(["read", "persons"]),
        json!([]),
    ];
    assert_eq!(scopes[..3], expected.iter().collect::<Vec<_>>());
    let visit = Visit::new("wk_oldoldold");
    app.accept(&visit.batch(&[event("x")])).await;
}

async fn somebody_is_in_two_workspaces(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", PASSWORD).await;
    let ann = member(&app, &owner, "ann@shop.example", "viewer").await;
    let add = WorkspacesCommand::Add {
        name: "Ann's".into(),
        owner: Some("ANN@shop.example".into()),
    };
    app.command(&Command::Workspaces(add)).await;
    let sites = "/api/v1/sites";
    // Where she may make sites is one workspace, so it need not be named.
    let new = json!({"name": "Hers", "origins": []});
    let made: Value = ask(&app, &ann, Method::POST, sites, new)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(made["workspace"], 2);
    let new = json!({"name": "Not hers", "origins": [], "workspace": 1});
    assert_eq!(
        error(ask(&app, &ann, Method::POST, sites, new).await)
            .await
            .1,
        "forbidden"
    );
    let new = json!({"name": "Nobody's", "origins": [], "workspace": 3});
    assert_eq!(
        error(ask(&app, &ann, Method::POST, sites, new).await)
            .await
            .1,
        "not_found"
    );
    let seen = read(&app, &ann, sites).await;
    assert_eq!(seen["data"].as_array().unwrap().len(), 2);
    let seen = read(&app, &owner, sites).await;
    assert_eq!(seen["data"].as_array().unwrap().len(), 1);
    let change = json!({"time_zone": "Europe/Berlin"});
    let other = ask(&app, &ann, Method::PATCH, "/api/v1/sites/1", change.clone()).await;
    assert_eq!(error(other).await.1, "forbidden", "she reads it");
    let own = ask(&app, &ann, Method::PATCH, "/api/v1/sites/2", change).await;
    assert_eq!(own.status(), 200);
}

async fn only_the_installations_owner_makes_workspaces(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", PASSWORD).await;
    let ann = member(&app, &owner, "ann@shop.example", "owner").await;
    let path = "/api/v1/workspaces";
    let new = json!({"name": "Client"});
    let refused = ask(&app, &ann, Method::POST, path, new.clone()).await;
    assert_eq!(error(refused).await.1, "forbidden");
    let made = ask(&app, &owner, Method::POST, path, new).await;
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    assert_eq!((&made["id"], &made["role"]), (&json!(2), &json!("owner")));
    let named = ask(
        &app,
        &owner,
        Method::PATCH,
        "/api/v1/workspaces/2",
        json!({"name": "Other"}),
    )
    .await;
    assert_eq!(named.status(), 204);
    let all = read(&app, &owner, path).await;
    assert_eq!(all["data"][1]["name"], "Other");
    for name in ["", "a\u{0}b"] {
        let wrong = ask(&app, &owner, Method::POST, path, json!({"name": name})).await;
        assert_eq!(
            error(wrong).await,
            (400, "invalid_field".into(), Some("name".into()))
        );
    }
}

async fn a_key_does_what_its_scopes_say(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", PASSWORD).await;
    let make = async |wanted: Value| ask(&app, &owner, Method::POST, "/api/v1/keys", wanted).await;
    for wrong in [
        json!({"name": "k", "scopes": []}),
        json!({"name": "k", "site": 1, "scopes": ["sites"]}),
        json!({"name": "k", "site": 1, "kind": "server", "scopes": ["read"]}),
    ] {
        let refused = error(make(wrong.clone()).await).await;
        assert_eq!(
            refused,
            (400, "invalid_field".into(), Some("scopes".into())),
            "{wrong}"
        );
    }
    let refused = error(make(json!({"name": "k", "scopes": ["everything"]})).await).await;
    assert_eq!(refused.1, "invalid_field");
    let made: Value = make(json!({"name": "k", "site": 1, "scopes": ["manage"]}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(made["scopes"], json!(["manage"]));
    let secret = made["secret"].as_str().unwrap();
    let set = app
        .request(Method::PATCH, "/api/v1/sites/1/catalogue")
        .bearer_auth(secret);
    let set = set.json(&json!({"mode": "off"})).send().await.unwrap();
    assert_eq!(set.status(), 200);
    for path in [
        "/api/v1/sites",
        "/api/v1/visitors",
        "/api/v1/audit",
        "/api/v1/keys",
    ] {
        assert_eq!(
            error(app.get_with(path, secret).await).await.1,
            "forbidden",
            "{path}"
        );
    }
    let audit = read(&app, &owner, "/api/v1/audit").await;
    assert_eq!(audit["data"][0]["action"], "catalogue.set");
    assert_eq!(audit["data"][0]["actor"], format!("api_key:{}", made["id"]));
}

async fn keys_say_when_they_were_used(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", PASSWORD).await;
    let used = async || {
        let keys = read(&app, &owner, "/api/v1/keys").await;
        keys["data"][0]["last_used_at"].clone()
    };
    assert_eq!(used().await, Value::Null);
    app.json("/api/v1/sites").await;
    eventually("the use is noted", || async { !used().await.is_null() }).await;
    assert_eq!(used().await.as_i64().unwrap() % (60 * 60 * 1000), 0);
}

async fn whatever_is_changed_is_in_the_log(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", PASSWORD).await;
    let ann = member(&app, &owner, "ann@shop.example", "viewer").await;
    let visit = Visit::new(&app.key);
    app.accept(&visit.batch(&[event("e")])).await;
    let bot = format!("/api/v1/visitors/{}/bot", visit.visitor);
    let stages = json!({"document": {"version": 1, "stages": [{"key": "a", "label": "A"}], "milestones": []}});
    for (method, path, body) in [
        (Method::PATCH, "/api/v1/sites/1", json!({"currency": "EUR"})),
        (
            Method::PATCH,
            "/api/v1/sites/1/catalogue",
            json!({"mode": "off"}),
        ),
        (Method::PUT, "/api/v1/sites/1/stages", stages),
        (Method::PUT, bot.as_str(), json!({"bot": true})),
        (Method::DELETE, "/api/v1/keys/1", json!({})),
        (
            Method::PATCH,
            "/api/v1/workspaces/1/members/2",
            json!({"role": "analyst"}),
        ),
        (Method::DELETE, "/api/v1/workspaces/1/members/2", json!({})),
        (
            Method::PATCH,
            "/api/v1/workspaces/1",
            json!({"name": "Named"}),
        ),
    ] {
        let done = ask(&app, &owner, method, path, body).await;
        assert!(done.status().is_success(), "{path}");
    }
    let path = "/api/v1/workspaces/1/audit";
    let log = read(&app, &owner, path).await;
    let rows = log["data"].as_array().unwrap();
    let told = rows.iter().rev().map(|row| {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        (text("action"), text("actor"), row["site"].as_i64())
    });
    let told: Vec<_> = told.collect();
    let expected = [
        ("sites.add", "cli", None),
        ("keys.add", "cli", None),
        ("invitations.add", "user:1", None),
        ("invitations.accept", "user:2", None),
        ("sites.change", "user:1", Some(1)),
        ("catalogue.set", "user:1", Some(1)),
        ("stages.set", "user:1", Some(1)),
        ("persons.bot", "user:1", Some(1)),
        ("keys.revoke", "user:1", None),
        ("members.role", "user:1", None),
        ("members.remove", "user:1", None),
        ("workspaces.rename", "user:1", None),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(action, actor, site)| ((*action).to_owned(), (*actor).to_owned(), *site))
        .collect();
    assert_eq!(told, expected);
    let text = log.to_string();
    assert!(
        !text.contains("shop.example") && !text.contains("Named"),
        "{text}"
    );
    // Page by page it is the same.
    let mut cursor = String::new();
    let mut paged = Vec::new();
    loop {
        let page = read(&app, &owner, &format!("{path}?limit=5&cursor={cursor}")).await;
        paged.extend(page["data"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(&paged, rows);
    let refused = ask(&app, &ann, Method::GET, path, json!({})).await;
    assert_eq!(error(refused).await.1, "forbidden");
}

async fn the_command_line_knows_workspaces(database: Database) {
    let app = TestApp::start(database).await;
    app.set_up("owner@shop.example", PASSWORD).await;
    let add = |owner: Option<&str>| {
        Command::Workspaces(WorkspacesCommand::Add {
            name: "Client".into(),
            owner: owner.map(str::to_owned),
        })
    };
    let printed = app.command(&add(None)).await;
    assert_eq!(printed, "Workspace 2: Client\n");
    let printed = app.command(&add(Some("ann@client.example"))).await;
    let joined = accept(&app, &after(&printed, "#token="), Some(PASSWORD)).await;
    let ann = cookie(&joined);
    let me = read(&app, &ann, "/api/v1/me").await;
    assert_eq!(
        (&me["workspaces"][0]["id"], &me["workspaces"][0]["role"]),
        (&json!(3), &json!("owner"))
    );
    app.command(&Command::Sites(SitesCommand::Add {
        name: "Client's".into(),
        origins: Vec::new(),
        key: None,
        time_zone: None,
        workspace: Some(3),
    }))
    .await;
    let key = |workspace, site, scopes: &[Scope]| {
        Command::Keys(KeysCommand::Add {
            name: "k".into(),
            site,
            workspace,
            scopes: scopes.to_vec(),
        })
    };
    let printed = app.command(&key(Some(3), None, &[Scope::Read])).await;
    let secret = after(&printed, "Secret, shown this once: ");
    let sites: Value = app
        .get_with("/api/v1/sites", &secret)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(sites["data"].as_array().unwrap().len(), 1);
    assert_eq!(sites["data"][0]["name"], "Client's");
    let refused = app.refused(&key(None, Some(1), &[Scope::Sites])).await;
    assert!(refused.starts_with("--scope"), "{refused}");
    let invite = UsersCommand::Invite {
        email: "owner@shop.example".into(),
        role: Role::Analyst,
        workspace: Some(3),
    };
    let printed = app.command(&Command::Users(invite)).await;
    assert!(printed.contains("analyst of Client"), "{printed}");
    let list = app
        .command(&Command::Workspaces(WorkspacesCommand::List))
        .await;
    assert!(list.contains("3\tClient\t1 sites\t1 members"), "{list}");
    let nowhere = Command::Workspaces(WorkspacesCommand::Rename {
        id: 9,
        name: "x".into(),
    });
    assert!(app.refused(&nowhere).await.contains("no workspace 9"));
}
