//! Signs of life, and paths that are no API.

use reqwest::{Method, Response};
use serde_json::json;

use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    it_says_whether_it_is_ready,
    a_full_queue_is_not_ready,
    every_answer_is_guarded,
    what_a_page_loads_first_arrives_within_its_budget,
    a_path_of_the_api_is_no_page,
    with_https_everything_of_the_dashboard_is_kept_to_it,
    the_visitors_cookie_is_renewed_where_the_site_asks_for_it,
);

async fn it_says_whether_it_is_ready(database: Database) {
    let app = TestApp::start(database).await;
    for path in ["/healthz", "/readyz"] {
        let response = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
    }
}

async fn a_full_queue_is_not_ready(database: Database) {
    let app = TestApp::with(database, |config| config.queue_items = 2).await;
    let response = app.request(Method::GET, "/readyz").send().await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(error(response).await, (503, "overloaded".into(), None));
    let response = app.request(Method::GET, "/healthz").send().await.unwrap();
    assert_eq!(response.status(), 200);
}

/// What the package counts (`npm run size`), as a browser gets it.
async fn what_a_page_loads_first_arrives_within_its_budget(database: Database) {
    const BUDGET: usize = 20 * 1024;
    let app = TestApp::start(database).await;
    let packed = async |path: &str| {
        let request = app.request(Method::GET, path);
        let response = request.header("accept-encoding", "br").send().await;
        let response = response.unwrap();
        assert_eq!(response.headers()["content-encoding"], "br", "{path}");
        response.bytes().await.unwrap().len()
    };
    let script = app.request(Method::GET, "/waymark.js").send().await;
    let script = script.unwrap().text().await.unwrap();
    let (_, rest) = script.split_once("waymark.").unwrap();
    let (hash, _) = rest.split_once(".wasm").unwrap();
    let wasm = format!("/waymark.{hash}.wasm");
    let loaded = packed("/waymark.js").await + packed(&wasm).await;
    assert!((BUDGET / 2..=BUDGET).contains(&loaded), "{loaded} bytes");
}

async fn every_answer_is_guarded(database: Database) {
    let app = TestApp::start(database).await;
    for path in [
        "/healthz",
        "/api/v1/me",
        "/v1/events",
        "/",
        "/nothing.js",
        "/waymark.js",
    ] {
        let response = app.request(Method::GET, path).send().await.unwrap();
        let headers = response.headers();
        let of_everybody = path == "/v1/events" || path == "/waymark.js";
        let shared = if of_everybody {
            "cross-origin"
        } else {
            "same-origin"
        };
        assert_eq!(headers["cross-origin-resource-policy"], shared, "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
        assert_eq!(
            headers["cross-origin-opener-policy"], "same-origin",
            "{path}"
        );
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        let permissions = headers["permissions-policy"].to_str().unwrap();
        assert!(permissions.contains("camera=()"), "{path}: {permissions}");
        assert!(!headers.contains_key("strict-transport-security"), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{path}");
        assert!(headers.contains_key("x-request-id"), "{path}");
    }
    let page = app
        .request(Method::GET, "/journeys/x")
        .send()
        .await
        .unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("script-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let page = page.text().await.unwrap();
    assert!(page.contains("<script"), "{page}");
    for script in page.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap();
        assert!(tag.contains("src="), "an inline script: {page}");
    }
    for inline in ["<style", " style=", " onload=", " onclick="] {
        assert!(!page.contains(inline), "{inline}: {page}");
    }
    let missing = app
        .request(Method::GET, "/assets/gone.js")
        .send()
        .await
        .unwrap();
    assert_eq!(error(missing).await.1, "not_found");
    let wrong = app.request(Method::POST, "/journeys").send().await.unwrap();
    assert_eq!(error(wrong).await.1, "method_not_allowed");
}

async fn a_path_of_the_api_is_no_page(database: Database) {
    let app = TestApp::start(database).await;
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v2/visitors",
        "/v1",
        "/v1/events/",
        "/v1/nothing",
    ] {
        let answer = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(error(answer).await.1, "not_found", "{path}");
    }
}

async fn with_https_everything_of_the_dashboard_is_kept_to_it(database: Database) {
    let app = TestApp::with(database, |config| {
        config.public_url = Some("https://stats.shop.example".parse().unwrap());
    })
    .await;
    for (path, kept) in [
        ("/", true),
        ("/api/v1/me", true),
        // The host may be the site's own, and that is for its owner to say.
        ("/waymark.js", false),
        ("/v1/events", false),
    ] {
        let response = app.request(Method::GET, path).send().await.unwrap();
        let header = response.headers().get("strict-transport-security");
        assert_eq!(header.is_some(), kept, "{path}");
    }
    let token = app
        .setup_link
        .as_deref()
        .unwrap()
        .split('=')
        .nth(1)
        .unwrap();
    let body = json!({"token": token, "email": "a@b.example", "password": "0123456789"});
    let response = app.post("/api/v1/setup", &body).await;
    let set = response.headers()["set-cookie"].to_str().unwrap();
    let (cookie, rules) = set.split_once("; ").unwrap();
    assert!(cookie.starts_with("__Host-wm_login="), "{set}");
    assert_eq!(
        rules,
        "Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure"
    );
    let me = |cookie: &str| {
        let request = app.request(Method::GET, "/api/v1/me");
        request.header("Cookie", cookie).send()
    };
    assert_eq!(me(cookie).await.unwrap().status(), 200);
    let bare = cookie.trim_start_matches("__Host-");
    assert_eq!(me(bare).await.unwrap().status(), 401);
}

async fn the_visitors_cookie_is_renewed_where_the_site_asks_for_it(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("a@b.example", "0123456789").await;
    let visit = Visit::new(&app.key);
    let send = || {
        let batch = visit.batch(&[event("x")]);
        app.request(Method::POST, "/v1/events")
            .header("Origin", "https://www.shop.example")
            .header("Cookie", format!("a=b; wm_id={}", visit.visitor))
            .body(batch.to_string())
            .send()
    };
    let set = |answer: &Response| -> Vec<String> {
        let set = answer.headers().get_all("set-cookie").iter();
        set.map(|value| value.to_str().unwrap().to_owned())
            .collect()
    };
    assert!(set(&send().await.unwrap()).is_empty());
    let changed = app
        .request(Method::PATCH, "/api/v1/sites/1")
        .header("Cookie", owner)
        .json(&json!({"renew_cookie": true, "cookie_domain": "shop.example"}))
        .send()
        .await
        .unwrap();
    assert_eq!(changed.status(), 200);
    eventually("the cookie is renewed", || async {
        !set(&send().await.unwrap()).is_empty()
    })
    .await;
    let rules = "Path=/; Max-Age=34560000; SameSite=Lax; Domain=shop.example; Secure";
    let id = visit.visitor;
    assert_eq!(
        set(&send().await.unwrap()),
        [
            format!("wm_id={id}; {rules}"),
            format!("wm_id_copy={id}; {rules}; HttpOnly")
        ]
    );
    // Who stores nothing in the browser goes on so.
    let batch = visit.batch(&[event("x")]);
    assert!(set(&app.send(&batch).await).is_empty());
    app.log.assert_quiet();
}
