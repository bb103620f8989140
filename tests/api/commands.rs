//! The command line's work on a database that a collector is using.

use serde_json::json;
use waymark_collector::commands::{Command, KeysCommand, SitesCommand, UsersCommand};

use crate::support::app::{TestApp, after, error};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    a_site_with_a_given_key_is_made_once,
    a_new_set_up_link_replaces_the_password,
    what_is_listed_has_no_secret,
);

async fn a_site_with_a_given_key_is_made_once(database: Database) {
    let app = TestApp::start(database).await;
    let add = |name: &str| {
        Command::Sites(SitesCommand::Add {
            name: name.into(),
            origins: vec!["https://Demo.example".into()],
            key: Some("wk_demo12345".into()),
            time_zone: Some("Europe/Berlin".into()),
        })
    };
    let first = app.command(&add("Demo")).await;
    assert!(first.contains("data-key=\"wk_demo12345\""), "{first}");
    assert!(first.contains("/waymark.js\""), "{first}");
    let second = app.command(&add("Renamed")).await;
    assert!(second.contains("Demo (was there already"), "{second}");
    let sites = app.json("/api/v1/sites").await;
    assert_eq!(sites["data"].as_array().unwrap().len(), 2);
    let site = &sites["data"][1];
    assert_eq!(site["name"], "Demo");
    assert_eq!(site["origins"], json!(["https://demo.example"]));
    assert_eq!(site["time_zone"], "Europe/Berlin");
    let list = app.command(&Command::Sites(SitesCommand::List)).await;
    assert!(list.contains("wk_demo12345"));
}

async fn a_new_set_up_link_replaces_the_password(database: Database) {
    let mut app = TestApp::start(database).await;
    let old_cookie = app.set_up("owner@shop.example", "the first password").await;
    let printed = app.command(&Command::Users(UsersCommand::SetupLink)).await;
    app.setup_link = Some(printed.trim().to_owned());
    app.set_up("owner@shop.example", "the second password")
        .await;
    let login = |password: &str| {
        let body = json!({"email": "owner@shop.example", "password": password});
        let app = &app;
        async move { app.post("/api/v1/login", &body).await }
    };
    assert_eq!(error(login("the first password").await).await.0, 401);
    assert_eq!(login("the second password").await.status(), 204);
    let me = app
        .request(reqwest::Method::GET, "/api/v1/me")
        .header("Cookie", old_cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(me.status(), 401, "a changed password ends every sign-in");
    let users = app.command(&Command::Users(UsersCommand::List)).await;
    assert!(users.contains("owner\towner@shop.example"), "{users}");
}

async fn what_is_listed_has_no_secret(database: Database) {
    let app = TestApp::start(database).await;
    let secret = app.add_key(Some(1)).await;
    let list = app.command(&Command::Keys(KeysCommand::List)).await;
    assert!(list.contains("site 1") && !list.contains(&secret), "{list}");
    let printed = app
        .command(&Command::Keys(KeysCommand::Revoke { id: 2 }))
        .await;
    assert_eq!(after(&printed, "Key 2 is "), "revoked.");
    assert_eq!(app.get_with("/api/v1/sites", &secret).await.status(), 401);
}
