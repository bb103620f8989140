//! Members, invitations and keys, as the dashboard offers them to whom they are for.

use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::extensions::query::{ElementQuery, ElementQueryable};
use thirtyfour::{By, WebElement};

use super::places::sign_in;
use super::{Chromium, Database, eventually};
use crate::support::app::TestApp;

fn query(browser: &Chromium, id: &str) -> ElementQuery {
    let query = browser.driver().query(By::Testid(id));
    query.wait(Duration::from_secs(45), Duration::from_millis(100))
}

async fn element(browser: &Chromium, id: &str) -> WebElement {
    let found = query(browser, id).first().await;
    found.unwrap_or_else(|error| panic!("{id}: {error}"))
}

/// Once it can be seen: lists that belong together are there before they are shown.
async fn seen(browser: &Chromium, id: &str) -> WebElement {
    let found = query(browser, id).and_displayed().first().await;
    found.unwrap_or_else(|error| panic!("{id}: {error}"))
}

pub(super) async fn click(browser: &Chromium, id: &str) {
    seen(browser, id).await.click().await.unwrap();
}

pub(super) async fn fill(browser: &Chromium, id: &str, text: &str) {
    seen(browser, id).await.send_keys(text).await.unwrap();
}

async fn shows(browser: &Chromium, what: &str, script: &str, expected: Value) {
    let expected = &expected;
    eventually(
        what,
        || async move { browser.run(script).await == *expected },
    )
    .await;
}

const MEMBERS: &str =
    "return [...document.querySelectorAll('[data-testid=member]')].map((member) =>
    [member.querySelector('span').innerText, member.querySelector('select').value])";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_is_invited_joins_and_is_removed() {
    let app = TestApp::start(Database::sqlite()).await;
    let browser = Chromium::start().await;
    sign_in(&app, &browser).await;
    let settings = format!("{}/settings", app.base);
    browser.open(&settings).await;
    fill(&browser, "invite-email", "ann@example.test").await;
    let role =
        "const role = document.querySelector('[data-testid=invite-role]'); role.value = 'analyst';
                role.dispatchEvent(new Event('change', { bubbles: true })); return role.value";
    assert_eq!(browser.run(role).await, "analyst");
    click(&browser, "invite-submit").await;
    let link = element(&browser, "secret-value")
        .await
        .text()
        .await
        .unwrap();
    assert!(
        link.starts_with(&format!("{}/invitation#token=", app.base)),
        "{link}"
    );
    shows(
        &browser,
        "the invitation is listed",
        "return document.querySelector('[data-testid=invitation] span')?.innerText ?? null",
        json!("ann@example.test"),
    )
    .await;

    // Another address of the same page is no new page to a browser.
    browser.open(&app.base).await;
    browser.open(&link).await;
    fill(&browser, "invitation-password", "another long one").await;
    fill(&browser, "invitation-password-again", "another long one").await;
    click(&browser, "invitation-submit").await;
    shows(
        &browser,
        "she sees the site, and no settings",
        "const there = [...document.querySelectorAll('nav a')].map((link) => link.innerText.trim());
         return [location.pathname, ['Overview', 'Journeys', 'Settings'].map((page) => there.includes(page))]",
        json!(["/", [true, true, false]]),
    )
    .await;
    browser.open(&settings).await;
    let told = element(&browser, "no-settings").await.text().await.unwrap();
    assert!(told.contains("an analyst"), "{told}");

    let owner = json!({"email": "owner@example.test", "password": "correct horse battery"});
    let login = format!(
        "fetch('/api/v1/login', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }}, \
         body: JSON.stringify({owner}) }}).then((answer) => answer.status)"
    );
    assert_eq!(browser.settled(&login).await, 204);
    browser.open(&settings).await;
    let both = json!([
        ["owner@example.test (you)", "owner"],
        ["ann@example.test", "analyst"]
    ]);
    shows(&browser, "both are members", MEMBERS, both).await;
    let remove = "document.querySelector('[aria-label=\"Remove ann@example.test\"]').click()";
    browser.run(remove).await;
    click(&browser, "member-remove-sure").await;
    let alone = json!([["owner@example.test (you)", "owner"]]);
    shows(&browser, "she is gone", MEMBERS, alone).await;
    // The last owner cannot go, and is told why.
    click(&browser, "member-remove").await;
    click(&browser, "member-remove-sure").await;
    let told = element(&browser, "failure").await.text().await.unwrap();
    assert!(told.contains("Nobody else owns"), "{told}");
    app.log.assert_quiet();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_made_shown_once_and_revoked() {
    let app = TestApp::start(Database::sqlite()).await;
    let browser = Chromium::start().await;
    sign_in(&app, &browser).await;
    browser.open(&format!("{}/settings", app.base)).await;
    fill(&browser, "key-name", "reports").await;
    click(&browser, "key-submit").await;
    let secret = element(&browser, "secret-value")
        .await
        .text()
        .await
        .unwrap();
    assert!(secret.starts_with("wmk_"), "{secret}");
    assert_eq!(app.get_with("/api/v1/sites", &secret).await.status(), 200);
    assert_eq!(
        app.get_with("/api/v1/visitors", &secret).await.status(),
        403
    );
    let names = "return [...document.querySelectorAll('[data-testid=key] span:first-child')].map((key) => key.innerText.split(' ')[0])";
    shows(
        &browser,
        "both are listed",
        names,
        json!(["tests", "reports"]),
    )
    .await;
    let revoke = "document.querySelector('[aria-label=\"Revoke reports\"]').click()";
    browser.run(revoke).await;
    click(&browser, "key-revoke-sure").await;
    shows(&browser, "it is gone", names, json!(["tests"])).await;
    assert_eq!(app.get_with("/api/v1/sites", &secret).await.status(), 401);
    app.log.assert_quiet();
}
