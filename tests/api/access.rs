//! Who may read and change what.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::app::{TestApp, after, cookie, error};
use crate::support::batch::{Visit, identify, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    nothing_is_readable_without_a_key_or_a_sign_in,
    the_set_up_link_is_good_once,
    a_sign_in_lasts_until_the_sign_out,
    passwords_cannot_be_tried_for_ever,
    other_sites_cannot_change_anything,
    an_api_key_sees_its_site_alone,
    api_keys_are_made_and_revoked,
    the_log_holds_nothing_personal,
    what_a_database_cannot_keep_is_no_failure,
    a_site_tells_where_its_script_is,
);

const EMAIL: &str = "owner@shop.example";
const PASSWORD: &str = "correct horse battery";

async fn nothing_is_readable_without_a_key_or_a_sign_in(database: Database) {
    let app = TestApp::start(database).await;
    for path in [
        "/api/v1/me",
        "/api/v1/sites",
        "/api/v1/visitors",
        "/api/v1/visitors/01975560-7a00-7000-8000-000000000001",
        "/api/v1/sessions",
        "/api/v1/events",
        "/api/v1/live",
        "/api/v1/keys",
    ] {
        let nobody = app.request(Method::GET, path);
        let wrong_key = app.request(Method::GET, path).bearer_auth("wmk_wrong");
        let wrong_cookie = app
            .request(Method::GET, path)
            .header("Cookie", "wm_login=0000");
        let not_bearer = app
            .request(Method::GET, path)
            .header("Authorization", format!("Basic {}", app.secret));
        for request in [nobody, wrong_key, wrong_cookie, not_bearer] {
            let response = request.send().await.unwrap();
            assert_eq!(response.headers()["cache-control"], "no-store");
            assert_eq!(error(response).await.1, "unauthenticated", "{path}");
        }
    }
    assert_eq!(error(app.get("/api/v1/nothing").await).await.1, "not_found");
    assert_eq!(
        error(app.post("/api/v1/visitors", &json!({})).await)
            .await
            .1,
        "method_not_allowed"
    );
    app.log.assert_quiet();
}

async fn the_set_up_link_is_good_once(database: Database) {
    let app = TestApp::with(database, |config| {
        config.public_url = Some("https://stats.example".parse().unwrap());
    })
    .await;
    let link = app.setup_link.clone().unwrap();
    assert!(
        link.starts_with("https://stats.example/setup#token="),
        "{link}"
    );
    let token = after(&link, "#token=");
    let body = |token: &str, email: &str, password: &str| json!({"token": token, "email": email, "password": password});
    let set_up = async |body: Value| app.post("/api/v1/setup", &body).await;
    let short = set_up(body(&token, EMAIL, "123456789")).await;
    assert_eq!(
        error(short).await,
        (400, "invalid_field".into(), Some("password".into()))
    );
    let no_email = set_up(body(&token, "owner", PASSWORD)).await;
    assert_eq!(
        error(no_email).await,
        (400, "invalid_field".into(), Some("email".into()))
    );
    let missing = app.post("/api/v1/setup", &json!({"token": token})).await;
    assert_eq!(
        error(missing).await,
        (400, "invalid_field".into(), Some("email".into()))
    );
    let wrong = set_up(body("0000", EMAIL, PASSWORD)).await;
    assert_eq!(error(wrong).await, (401, "wrong_token".into(), None));

    let response = set_up(body(&token, EMAIL, PASSWORD)).await;
    assert_eq!(response.status(), 204);
    let set = response.headers()["set-cookie"].to_str().unwrap();
    for flag in [
        "__Host-wm_login=",
        "HttpOnly",
        "SameSite=Strict",
        "Secure",
        "Path=/",
        "Max-Age=2592000",
    ] {
        assert!(set.contains(flag), "{set}");
    }
    let again = set_up(body(&token, "thief@x.example", PASSWORD)).await;
    assert_eq!(error(again).await, (410, "setup_done".into(), None));
    assert_eq!(app.database.number("SELECT COUNT(*) FROM users").await, 1);
    app.log.assert_quiet();
}

async fn me(app: &TestApp, cookie: &str) -> Response {
    app.request(Method::GET, "/api/v1/me")
        .header("Cookie", cookie)
        .send()
        .await
        .unwrap()
}

async fn a_sign_in_lasts_until_the_sign_out(database: Database) {
    let app = TestApp::start(database).await;
    let first = app.set_up(EMAIL, PASSWORD).await;
    let who: Value = me(&app, &first).await.json().await.unwrap();
    assert_eq!(
        (&who["email"], &who["kind"]),
        (&json!(EMAIL), &json!("user"))
    );
    assert_eq!(who["workspaces"][0]["role"], "owner");
    let who = app.json("/api/v1/me").await;
    assert_eq!(
        (&who["email"], &who["kind"]),
        (&Value::Null, &json!("api_key"))
    );
    assert_eq!(who["scopes"], json!(["read", "persons", "sites"]));

    // Capitals and spaces around an address are typing, not identity.
    let body = json!({"email": " Owner@Shop.example", "password": PASSWORD});
    let response = app.post("/api/v1/login", &body).await;
    assert_eq!(response.status(), 204);
    assert!(
        !response.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Secure")
    );
    let second = cookie(&response);
    assert_ne!(first, second);

    let response = app
        .request(Method::POST, "/api/v1/logout")
        .header("Cookie", &first)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 204);
    assert!(
        response.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    assert_eq!(me(&app, &first).await.status(), 401);
    assert_eq!(me(&app, &second).await.status(), 200);
    let stored = app.database.number("SELECT COUNT(*) FROM logins").await;
    assert_eq!(stored, 1);
    app.log.assert_quiet();
}

async fn passwords_cannot_be_tried_for_ever(database: Database) {
    let app = TestApp::start(database).await;
    app.set_up(EMAIL, PASSWORD).await;
    let try_with = |email: &str, password: &str| {
        let body = json!({"email": email, "password": password});
        let request = app.request(Method::POST, "/api/v1/login").json(&body);
        async move { request.send().await.unwrap() }
    };
    for _ in 0..5 {
        let wrong = try_with(EMAIL, "wrong password").await;
        assert_eq!(error(wrong).await, (401, "wrong_credentials".into(), None));
    }
    // The right password has to wait as well, or the answer would tell that it is right.
    let response = try_with(EMAIL, PASSWORD).await;
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(error(response).await.0, 429);
    let other = try_with("nobody@shop.example", PASSWORD).await;
    assert_eq!(error(other).await.1, "wrong_credentials");
}

async fn other_sites_cannot_change_anything(database: Database) {
    let app = TestApp::start(database).await;
    let cookie = app.set_up(EMAIL, PASSWORD).await;
    let add = || -> RequestBuilder {
        app.request(Method::POST, "/api/v1/sites")
            .header("Cookie", &cookie)
            .json(&json!({"name": "New", "origins": []}))
    };
    let host = app.base.clone();
    let evil = "https://evil.example";
    for (headers, allowed) in [
        (
            vec![("Sec-Fetch-Site", "cross-site"), ("Origin", evil)],
            false,
        ),
        (vec![("Sec-Fetch-Site", "same-site")], false),
        (vec![("Origin", evil)], false),
        (vec![("Origin", "null")], false),
        (
            vec![("Sec-Fetch-Site", "same-origin"), ("Origin", host.as_str())],
            true,
        ),
        (vec![("Origin", host.as_str())], true),
        (vec![], true),
    ] {
        let mut request = add();
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        if allowed {
            assert_eq!(response.status(), 201, "{headers:?}");
        } else {
            assert_eq!(error(response).await.1, "cross_site", "{headers:?}");
        }
    }
    let form = app
        .request(Method::POST, "/api/v1/sites")
        .header("Cookie", &cookie)
        .header("Content-Type", "text/plain")
        .body(json!({"name": "Form", "origins": []}).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(error(form).await.1, "unsupported_media_type");
    assert_eq!(app.database.number("SELECT COUNT(*) FROM sites").await, 4);
}

async fn an_api_key_sees_its_site_alone(database: Database) {
    let app = TestApp::start(database).await;
    let other_key = app.add_site("Other", &[]).await;
    let mine = Visit::new(&app.key);
    let other = Visit::new(&other_key);
    app.accept(&mine.batch(&[page_view("https://shop.example/")]))
        .await;
    app.accept(&other.batch(&[page_view("https://other.example/")]))
        .await;
    let secret = app.add_key(Some(1)).await;

    let get = |path: String| {
        let (app, secret) = (&app, &secret);
        async move { app.get_with(&path, secret).await }
    };
    let sites: Value = get("/api/v1/sites".into()).await.json().await.unwrap();
    assert_eq!(sites["data"].as_array().unwrap().len(), 1);
    // With one site to see, it need not be named.
    let list: Value = get("/api/v1/visitors".into()).await.json().await.unwrap();
    assert_eq!(list["data"][0]["visitor_id"], json!(mine.visitor));
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    for path in [
        "/api/v1/visitors?site=2".to_owned(),
        "/api/v1/sessions?site=2".to_owned(),
        "/api/v1/events?site=2".to_owned(),
        "/api/v1/live?site=2".to_owned(),
        "/api/v1/visitors?site=999".to_owned(),
        format!("/api/v1/visitors/{}", other.visitor),
        format!("/api/v1/visitors/{}?site=2", other.visitor),
    ] {
        assert_eq!(
            error(get(path.clone()).await).await,
            (404, "not_found".into(), None),
            "{path}"
        );
    }
    let add = app
        .request(Method::POST, "/api/v1/sites")
        .bearer_auth(&secret)
        .json(&json!({"name": "New", "origins": []}))
        .send()
        .await
        .unwrap();
    assert_eq!(error(add).await.1, "forbidden");
    assert_eq!(error(get("/api/v1/keys".into()).await).await.1, "forbidden");
    // Who sees both has to say which.
    let which = app.get("/api/v1/visitors").await;
    assert_eq!(
        error(which).await,
        (400, "invalid_parameter".into(), Some("site".into()))
    );
    app.log.assert_quiet();
}

async fn api_keys_are_made_and_revoked(database: Database) {
    let app = TestApp::start(database).await;
    let cookie = app.set_up(EMAIL, PASSWORD).await;
    let as_owner = |method, path: &str| app.request(method, path).header("Cookie", &cookie);
    let made: Value = as_owner(Method::POST, "/api/v1/keys")
        .json(&json!({"name": "reports", "site": 1}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("wmk_") && secret.len() > 60);
    assert_eq!(app.get_with("/api/v1/sites", secret).await.status(), 200);
    let list = as_owner(Method::GET, "/api/v1/keys").send().await.unwrap();
    let text = list.text().await.unwrap();
    assert!(text.contains("reports") && !text.contains(secret));

    let path = format!("/api/v1/keys/{}", made["id"]);
    let revoke = || as_owner(Method::DELETE, &path).send();
    assert_eq!(revoke().await.unwrap().status(), 204);
    assert_eq!(app.get_with("/api/v1/sites", secret).await.status(), 401);
    assert_eq!(error(revoke().await.unwrap()).await.1, "not_found");
    let wrong = as_owner(Method::DELETE, "/api/v1/keys/x")
        .send()
        .await
        .unwrap();
    assert_eq!(
        error(wrong).await,
        (400, "invalid_parameter".into(), Some("id".into()))
    );
    let no_site = as_owner(Method::POST, "/api/v1/keys")
        .json(&json!({"name": "reports", "site": 77}))
        .send()
        .await
        .unwrap();
    assert_eq!(
        error(no_site).await,
        (400, "invalid_field".into(), Some("site".into()))
    );
}

async fn the_log_holds_nothing_personal(database: Database) {
    let app = TestApp::start(database).await;
    app.set_up(EMAIL, PASSWORD).await;
    let visit = Visit::new(&app.key);
    let secret_url = "https://shop.example/reset?token=very-secret";
    app.accept(&visit.batch(&[page_view(secret_url), identify("jane.doe@mail.example")]))
        .await;
    app.json("/api/v1/visitors?q=jane.doe@mail.example").await;
    app.json(&format!("/api/v1/visitors/{}", visit.visitor))
        .await;
    let log = app.log.text();
    assert!(log.contains("answered"), "the debug lines are there: {log}");
    let link = app.setup_link.as_deref().unwrap();
    for secret in [
        EMAIL,
        PASSWORD,
        "very-secret",
        "jane.doe",
        "127.0.0.1",
        &app.secret,
        &after(link, "#token="),
        &visit.visitor.to_string(),
    ] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

async fn what_a_database_cannot_keep_is_no_failure(database: Database) {
    let app = TestApp::start(database).await;
    let cookie = app.set_up(EMAIL, PASSWORD).await;
    let login = json!({"email": "owner\u{0}@shop.example", "password": PASSWORD});
    let answer = app.post("/api/v1/login", &login).await;
    assert_eq!(error(answer).await, (401, "wrong_credentials".into(), None));
    let answer = app
        .request(Method::POST, "/api/v1/keys")
        .header("Cookie", &cookie)
        .json(&json!({"name": "a\u{0}b"}))
        .send()
        .await
        .unwrap();
    assert_eq!(
        error(answer).await,
        (400, "invalid_field".into(), Some("name".into()))
    );
    let answer = app
        .request(Method::POST, "/api/v1/sites")
        .bearer_auth(&app.secret)
        .json(&json!({"name": "x", "origins": ["https://shop.example\u{0}"]}))
        .send()
        .await
        .unwrap();
    assert_eq!(
        error(answer).await,
        (400, "invalid_field".into(), Some("origins[0]".into()))
    );
    app.log.assert_quiet();
}

async fn a_site_tells_where_its_script_is(database: Database) {
    let url = database.url().to_owned();
    let unknown = TestApp::start(Database::shared(&url)).await;
    let sites = unknown.json("/api/v1/sites").await;
    assert_eq!(sites["data"][0]["script_url"], Value::Null, "{sites}");
    drop(unknown);

    let app = TestApp::with(Database::shared(&url), |config| {
        config.public_url = Some("https://stats.shop.example".parse().unwrap());
        config.script_name = "js/w.js".into();
    })
    .await;
    let script = json!("https://stats.shop.example/js/w.js");
    let sites = app.json("/api/v1/sites").await;
    assert_eq!(sites["data"][0]["script_url"], script, "{sites}");
    let made = app
        .request(Method::POST, "/api/v1/sites")
        .bearer_auth(&app.secret)
        .json(&json!({"name": "Second", "origins": []}))
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    assert_eq!(
        (&made["name"], &made["script_url"]),
        (&json!("Second"), &script)
    );
}
