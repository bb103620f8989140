//! Servers that send: server keys, and sites that take nothing from servers without one.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use waymark_collector::commands::{Command, KeysCommand, SitesCommand};

use crate::support::app::{ORIGIN, TestApp, after, error};
use crate::support::batch::{Visit, event};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

const OWNER: (&str, &str) = ("owner@shop.example", "correct horse battery");

on_both_databases!(
    a_server_key_sends_for_its_site_alone,
    a_site_can_demand_a_server_key_from_servers,
    a_server_key_reads_nothing_and_an_api_key_sends_nothing,
    a_site_is_changed_by_people_and_by_command,
);

/// Sends one event as a server does, without an origin.
async fn send(app: &TestApp, write_key: &str, secret: Option<&str>) -> Response {
    let batch = Visit::new(write_key).batch(&[event("paid")]);
    let mut request = app.request(Method::POST, "/v1/events").json(&batch);
    if let Some(secret) = secret {
        request = request.bearer_auth(secret);
    }
    request.send().await.unwrap()
}

pub(super) async fn add_server_key(app: &TestApp, site: i64) -> String {
    let add = KeysCommand::AddServer {
        name: "shop backend".into(),
        site,
    };
    let printed = app.command(&Command::Keys(add)).await;
    after(&printed, "Secret, shown this once: ")
}

fn refused() -> (u16, String, Option<String>) {
    (401, "unknown_key".into(), Some("Authorization".into()))
}

async fn a_server_key_sends_for_its_site_alone(database: Database) {
    let app = TestApp::start(database).await;
    let other = app.add_site("Other", &["https://other.example"]).await;
    let secret = add_server_key(&app, 2).await;
    assert!(secret.starts_with("wsk_") && secret.len() > 60);
    assert_eq!(send(&app, &other, Some(&secret)).await.status(), 200);
    // Known by its key, it needs no origin of the site's list.
    let batch = Visit::new(&other).batch(&[event("paid")]);
    let listed = app
        .request(Method::POST, "/v1/events")
        .header("Origin", "https://elsewhere.example")
        .bearer_auth(&secret)
        .json(&batch)
        .send()
        .await
        .unwrap();
    assert_eq!(listed.status(), 200);
    assert_eq!(
        error(send(&app, &app.key, Some(&secret)).await).await,
        refused()
    );
    let wrong = format!("wsk_{}", "0".repeat(64));
    assert_eq!(
        error(send(&app, &app.key, Some(&wrong)).await).await,
        refused()
    );
    let list = app.command(&Command::Keys(KeysCommand::List)).await;
    assert!(list.contains("sends for site 2"), "{list}");
    assert!(!list.contains(&secret), "{list}");

    app.command(&Command::Keys(KeysCommand::Revoke { id: 2 }))
        .await;
    eventually("the revoked key is refused", || async {
        send(&app, &other, Some(&secret)).await.status() == 401
    })
    .await;
    assert_eq!(app.database.number("SELECT COUNT(*) FROM sites").await, 2);
    app.log.assert_quiet();
}

async fn a_site_can_demand_a_server_key_from_servers(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    assert_eq!(send(&app, &app.key, None).await.status(), 200);
    app.command(&demand(1)).await;
    eventually("the demand is known", || async {
        send(&app, &app.key, None).await.status() == 403
    })
    .await;
    assert_eq!(
        error(send(&app, &app.key, None).await).await,
        (
            403,
            "server_key_required".into(),
            Some("Authorization".into())
        )
    );
    assert_eq!(send(&app, &app.key, Some(&secret)).await.status(), 200);
    // Pages go on as before.
    app.accept(&Visit::new(&app.key).batch(&[event("seen")]))
        .await;
    // A proxy's own password is no bearer token, and no key.
    let basic = app
        .request(Method::POST, "/v1/events")
        .header("Origin", ORIGIN)
        .basic_auth("staging", Some("x"))
        .json(&Visit::new(&app.key).batch(&[event("seen")]))
        .send()
        .await
        .unwrap();
    assert_eq!(basic.status(), 200);
    app.log.assert_quiet();
}

pub(super) fn demand(id: i64) -> Command {
    Command::Sites(SitesCommand::Set {
        id,
        name: None,
        origins: Vec::new(),
        any_origin: false,
        time_zone: None,
        server_key_required: Some(true),
        renew_cookie: None,
        cookie_domain: None,
        currency: None,
    })
}

async fn a_server_key_reads_nothing_and_an_api_key_sends_nothing(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let read = app.get_with("/api/v1/sites", &secret).await;
    assert_eq!(error(read).await.1, "unauthenticated");
    let sent = send(&app, &app.key, Some(&app.secret)).await;
    assert_eq!(error(sent).await, refused());

    let cookie = app.set_up(OWNER.0, OWNER.1).await;
    let add = |body: Value| {
        let request = app.request(Method::POST, "/api/v1/keys");
        request.header("Cookie", &cookie).json(&body).send()
    };
    let made = add(json!({"name": "backend", "kind": "server", "site": 1}))
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    assert_eq!(
        (&made["kind"], &made["site"]),
        (&json!("server"), &json!(1))
    );
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with(made["hint"].as_str().unwrap()));
    assert_eq!(send(&app, &app.key, Some(secret)).await.status(), 200);
    let siteless = add(json!({"name": "backend", "kind": "server"})).await;
    assert_eq!(
        error(siteless.unwrap()).await,
        (400, "invalid_field".into(), Some("site".into()))
    );
    let unknown = add(json!({"name": "backend", "kind": "master"})).await;
    assert_eq!(
        error(unknown.unwrap()).await,
        (400, "invalid_field".into(), Some("kind".into()))
    );
}

async fn a_site_is_changed_by_people_and_by_command(database: Database) {
    let app = TestApp::start(database).await;
    let cookie = app.set_up(OWNER.0, OWNER.1).await;
    let change = |id: i64, body: Value| {
        let request = app.request(Method::PATCH, &format!("/api/v1/sites/{id}"));
        request.header("Cookie", &cookie).json(&body).send()
    };
    let origins = json!(["https://Shop.example"]);
    let body = json!({"origins": origins, "cookie_domain": ".shop.example", "renew_cookie": true});
    let changed = change(1, body).await.unwrap();
    assert_eq!(changed.status(), 200);
    let changed: Value = changed.json().await.unwrap();
    assert_eq!(changed["name"], "Shop");
    assert_eq!(changed["origins"], json!(["https://shop.example"]));
    assert_eq!(changed["cookie_domain"], "shop.example");
    assert_eq!(changed["server_key_required"], false);
    let null = change(1, json!({"cookie_domain": null})).await.unwrap();
    let null: Value = null.json().await.unwrap();
    assert_eq!(
        (&null["cookie_domain"], &null["renew_cookie"]),
        (&Value::Null, &json!(true))
    );
    app.command(&demand(1)).await;
    let sites = app.json("/api/v1/sites").await;
    assert_eq!(sites["data"][0]["server_key_required"], true, "{sites}");
    assert_eq!(sites["data"][0]["renew_cookie"], true, "{sites}");

    for (body, field) in [
        (json!({"name": " "}), "name"),
        (json!({"origins": ["nope"]}), "origins[0]"),
        (json!({"cookie_domain": "a;b"}), "cookie_domain"),
        (json!({"key": "wk_12345678"}), "key"),
    ] {
        let answer = error(change(1, body).await.unwrap()).await;
        assert_eq!(answer, (400, "invalid_field".into(), Some(field.into())));
    }
    let missing = change(77, json!({"name": "x"})).await.unwrap();
    assert_eq!(error(missing).await.1, "not_found");
    let machine = app
        .request(Method::PATCH, "/api/v1/sites/1")
        .bearer_auth(&app.secret)
        .json(&json!({"name": "x"}))
        .send()
        .await
        .unwrap();
    assert_eq!(error(machine).await.1, "forbidden");
    app.log.assert_quiet();
}
