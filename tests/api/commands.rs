//! The command line's work on a database that a collector is using.

use serde_json::json;
use waymark_collector::commands::{Command, KeysCommand, SitesCommand, UsersCommand};
use waymark_collector::store::workspaces::Role;

use crate::support::app::{TestApp, after, error};
use crate::support::batch::{Visit, event};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    a_site_with_a_given_key_is_made_once,
    a_new_set_up_link_replaces_the_password,
    what_is_listed_has_no_secret,
    a_site_can_be_changed,
    a_new_key_replaces_the_old_one,
    people_come_and_go,
    what_is_not_there_is_an_error,
);

async fn a_site_with_a_given_key_is_made_once(database: Database) {
    let app = TestApp::start(database).await;
    let add = |name: &str| {
        Command::Sites(SitesCommand::Add {
            name: name.into(),
            origins: vec!["https://Demo.example".into()],
            key: Some("wk_demo12345".into()),
            time_zone: Some("Europe/Berlin".into()),
            workspace: None,
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
    assert!(
        users.contains("1\towner@shop.example\towner of workspace 1"),
        "{users}"
    );
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

async fn a_site_can_be_changed(database: Database) {
    let app = TestApp::start(database).await;
    let update = |name: Option<&str>, origins: &[&str], any_origin, time_zone: Option<&str>| {
        Command::Sites(SitesCommand::Set {
            id: 1,
            name: name.map(str::to_owned),
            origins: origins.iter().map(|&o| o.to_owned()).collect(),
            any_origin,
            time_zone: time_zone.map(str::to_owned),
            server_key_required: None,
            renew_cookie: None,
            cookie_domain: None,
            currency: None,
        })
    };
    let site = async || app.json("/api/v1/sites").await["data"][0].clone();
    let before = site().await;
    let printed = app
        .command(&update(None, &["https://Own.example"], false, None))
        .await;
    assert!(printed.contains("https://own.example"), "{printed}");
    let changed = site().await;
    assert_eq!(changed["origins"], json!(["https://own.example"]));
    for same in ["id", "name", "key", "time_zone", "created_at"] {
        assert_eq!(changed[same], before[same], "{same}");
    }
    app.command(&update(Some("Renamed"), &[], false, Some("Europe/Berlin")))
        .await;
    let changed = site().await;
    assert_eq!(
        (&changed["name"], &changed["origins"], &changed["time_zone"]),
        (
            &json!("Renamed"),
            &json!(["https://own.example"]),
            &json!("Europe/Berlin")
        )
    );
    app.command(&update(None, &[], true, None)).await;
    assert_eq!(site().await["origins"], json!([]));
    for (wrong, part) in [
        (update(Some(" "), &[], false, None), "--name"),
        (update(None, &["nope"], false, None), "--origin"),
        (update(None, &[], false, Some("Mars")), "--time-zone"),
    ] {
        let error = app.refused(&wrong).await;
        assert!(error.contains(part), "{error}");
    }
}

async fn a_new_key_replaces_the_old_one(database: Database) {
    let app = TestApp::start(database).await;
    let printed = app
        .command(&Command::Sites(SitesCommand::RotateKey { id: 1 }))
        .await;
    let key = after(&printed, "Write key: ");
    assert_ne!(key, app.key);
    assert!(
        printed.contains(&format!("data-key=\"{key}\"")),
        "{printed}"
    );
    app.accept(&Visit::new(&key).batch(&[event("x")])).await;
    // The collector knows within two seconds.
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    while app
        .send(&Visit::new(&app.key).batch(&[event("x")]))
        .await
        .status()
        != 401
    {
        assert!(tokio::time::Instant::now() < deadline);
    }
}

async fn people_come_and_go(database: Database) {
    let mut app = TestApp::start(database).await;
    app.set_up("owner@shop.example", "the first password").await;
    let users = |command: UsersCommand| Command::Users(command);
    let add = users(UsersCommand::Add {
        email: " Ann@Shop.example".into(),
        role: Role::Viewer,
        workspace: None,
    });
    let printed = app.command(&add).await;
    assert!(
        app.refused(&add)
            .await
            .contains("ann@shop.example is there already")
    );
    let list = app.command(&users(UsersCommand::List)).await;
    assert!(
        list.contains("2\tann@shop.example (not set up yet)\tviewer of workspace 1"),
        "{list}"
    );
    app.setup_link = Some(after(&printed, "24 hours: "));
    let taken = json!({
        "token": after(&printed, "#token="), "email": "owner@shop.example", "password": "the second password",
    });
    let refused = app.post("/api/v1/setup", &taken).await;
    let expected = (400, "invalid_field".to_owned(), Some("email".to_owned()));
    assert_eq!(error(refused).await, expected);
    let cookie = app.set_up("ann@shop.example", "the second password").await;
    let me = async |cookie: &str| {
        let request = app.request(reqwest::Method::GET, "/api/v1/me");
        request.header("Cookie", cookie).send().await.unwrap()
    };
    let answer: serde_json::Value = me(&cookie).await.json().await.unwrap();
    assert_eq!(answer["email"], "ann@shop.example");

    let reset = users(UsersCommand::ResetPassword {
        user: "ANN@shop.example".into(),
    });
    let link = app.command(&reset).await;
    let body = json!({
        "token": after(&link, "#token="), "email": "ann@shop.example", "password": "the third password",
    });
    let response = app.post("/api/v1/setup", &body).await;
    assert_eq!(response.status(), 204);
    let new_cookie = crate::support::app::cookie(&response);
    assert_eq!(me(&cookie).await.status(), 401);
    assert_eq!(me(&new_cookie).await.status(), 200);

    let remove = |user: &str| users(UsersCommand::Remove { user: user.into() });
    assert!(
        app.refused(&remove("1"))
            .await
            .contains("the owner cannot be removed")
    );
    app.command(&remove("ann@shop.example")).await;
    assert_eq!(me(&new_cookie).await.status(), 401, "at once");
    let login = json!({"email": "ann@shop.example", "password": "the third password"});
    assert_eq!(app.post("/api/v1/login", &login).await.status(), 401);
}

async fn what_is_not_there_is_an_error(database: Database) {
    let app = TestApp::start(database).await;
    for (command, part) in [
        (Command::Keys(KeysCommand::Revoke { id: 99 }), "no key 99"),
        (
            Command::Sites(SitesCommand::RotateKey { id: 99 }),
            "no site 99",
        ),
        (
            Command::Users(UsersCommand::Remove {
                user: "nobody@shop.example".into(),
            }),
            "no user nobody@shop.example",
        ),
        (
            Command::Users(UsersCommand::Add {
                email: "nobody".into(),
                role: Role::Viewer,
                workspace: None,
            }),
            "no e-mail address",
        ),
    ] {
        let error = app.refused(&command).await;
        assert!(error.contains(part), "{error}");
    }
}
