//! Where a visitor is, and whose figures that is, as the dashboard shows it.

use reqwest::Method;
use serde_json::json;

use super::{Chromium, Database, eventually};
use crate::support::app::{ORIGIN, TestApp, after};
use crate::support::batch::{Visit, page_view};
use crate::support::places;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_is_shown_with_the_words_that_its_licence_asks_for() {
    let app = TestApp::with(Database::sqlite(), |config| {
        config.geo_database = places();
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let visit = Visit::new(&app.key);
    let sent = app
        .request(Method::POST, "/v1/events")
        .header("Origin", ORIGIN)
        .header("X-Forwarded-For", "193.99.144.80")
        .body(visit.batch(&[page_view(ORIGIN)]).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200);

    let browser = Chromium::start().await;
    sign_in(&app, &browser).await;
    let page = format!("{}/journeys/{}", app.base, visit.visitor);
    browser.open(&page).await;
    let shown = "const text = (id) => document.querySelector(`[data-testid=${id}]`)?.innerText;
                 return [text('country'), text('attribution'),
                         document.querySelector('[data-testid=attribution] a')?.href]";
    let expected = json!(["Germany", "IP Geolocation by DB-IP", "https://db-ip.com/"]);
    let (browser, expected) = (&browser, &expected);
    eventually("the place and its source are shown", || async move {
        browser.run(shown).await == *expected
    })
    .await;
    app.log.assert_quiet();
}

/// Makes the owner's account of a new collector, and signs the browser in as them.
pub(super) async fn sign_in(app: &TestApp, browser: &Chromium) {
    browser.open(&app.base).await;
    // The page goes to the sign-in by itself, and must not take the browser away from where it is sent next.
    eventually("the sign-in is there", || async {
        browser
            .run("return !!document.querySelector('form[method=post]')")
            .await
            == json!(true)
    })
    .await;
    let owner = json!({
        "token": after(app.setup_link.as_deref().unwrap(), "#token="),
        "email": "owner@example.test",
        "password": "correct horse battery",
    });
    let set_up = format!(
        "fetch('/api/v1/setup', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }}, \
         body: JSON.stringify({owner}) }}).then((answer) => answer.status)"
    );
    assert_eq!(browser.settled(&set_up).await, 204);
}
