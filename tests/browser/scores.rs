//! What is concluded of somebody, as the dashboard shows it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::places::sign_in;
use super::{Chromium, Database, eventually};
use crate::support::app::TestApp;
use crate::support::batch::{Visit, identify, item, milestone, now};

const DAY: i64 = 86_400_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_score_its_parts_and_what_they_suggest_are_shown() {
    let app = TestApp::start(Database::sqlite()).await;
    let mut visit = Visit::new(&app.key);
    for ago in [35, 25, 15] {
        visit.session = Uuid::now_v7();
        visit.started_at = now() - ago * DAY;
        let event = |name: &str, props: Value| {
            let mut event = item("event", json!({"name": name, "props": props}));
            event["at"] = json!(visit.started_at);
            event
        };
        let mut batch = visit.batch(&[
            event("tool_entered", json!({"tool": "editor"})),
            event("tool_exited", json!({"tool": "editor", "seconds": 20})),
            event("content_exported", json!({"content": "invoice"})),
        ]);
        batch["context"]["touch"] = json!({"source": "google", "medium": "cpc"});
        app.accept(&batch).await;
    }

    let browser = Chromium::start().await;
    sign_in(&app, &browser).await;
    let page = format!("{}/journeys/{}", app.base, visit.visitor);
    browser.open(&page).await;
    // 0.4 · 15/30 + 0.4 · 2/10 + 0.2 · 1/5
    let shown = "const text = (id) => document.querySelector(`[data-testid=${id}]`)?.innerText.replace(/\\s+/g, ' ').trim();
                 return [text('score'), text('score-recency'), text('tool'), text('exports'),
                         document.querySelector('[data-testid=insight].risk')?.dataset.rule]";
    let expected = json!([
        "32",
        "Recency × 0.4 50 %",
        "editor 3 uses · 1 min",
        "Exports 3",
        "going_quiet"
    ]);
    let (browser, expected) = (&browser, &expected);
    eventually("the score and what it suggests are shown", || async move {
        let seen = browser.run(shown).await;
        if seen != *expected {
            eprintln!("{seen}");
        }
        seen == *expected
    })
    .await;
    app.log.assert_quiet();
}

/// Sends items in a new session, so many days ago.
async fn there(app: &TestApp, visit: &mut Visit, ago: i64, items: &[Value]) {
    visit.session = Uuid::now_v7();
    visit.started_at = now() - ago * DAY;
    let dated = |item: &Value| {
        let mut item = item.clone();
        item["at"] = json!(visit.started_at);
        item
    };
    let items: Vec<Value> = items.iter().map(dated).collect();
    let mut batch = visit.batch(&items);
    batch["context"]["touch"] = json!({"source": "google", "medium": "cpc"});
    app.accept(&batch).await;
}

/// Waits until a script gives this.
async fn shows(browser: &Chromium, what: &str, script: &str, expected: Value) {
    let expected = &expected;
    eventually(what, || async move {
        let seen = browser.run(script).await;
        if seen != *expected {
            eprintln!("{what}: {seen}");
        }
        seen == *expected
    })
    .await;
}

const ROWS: &str = "return [...document.querySelectorAll('[data-testid=person-row]')].map((row) =>
    [row.dataset.person, ...['browsers', 'score', 'stage'].map((id) => row.querySelector(`[data-testid=${id}]`).innerText.trim())])";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_listed_by_score_and_have_a_history() {
    let app = TestApp::start(Database::sqlite()).await;
    let browser = Chromium::start().await;
    sign_in(&app, &browser).await;
    browser
        .open(&format!("{}/people?sort=score", app.base))
        .await;
    let nobody = "return document.querySelector('[data-testid=no-people] h2')?.innerText";
    let words = json!("Nobody has a score yet");
    shows(&browser, "nobody is there", nobody, words).await;

    let (mut laptop, mut phone) = (Visit::new(&app.key), Visit::new(&app.key));
    for ago in [44, 42, 40] {
        there(&app, &mut laptop, ago, &[identify("ann")]).await;
    }
    there(&app, &mut phone, 5, &[identify("ann")]).await;
    let mut ben = Visit::new(&app.key);
    there(
        &app,
        &mut ben,
        10,
        &[identify("ben"), milestone("signup_at")],
    )
    .await;
    let mut cid = Visit::new(&app.key);
    there(&app, &mut cid, 3, &[identify("cid")]).await;
    // 0.4 · 27/30 + 0.04 + 0.04; 0.4 · 25/30 + 0.04 + 0.04; 0.4 · 20/30 + 0.04 + 0.04
    let row = |user: &str, browsers: &str, score: &str, stage: &str| {
        json!([format!("user:{user}"), browsers, score, stage])
    };
    let ann = row("ann", "2 browsers", "41", "Anonymous");
    let ben = row("ben", "1 browser", "35", "Registered");
    let cid = row("cid", "1 browser", "44", "Anonymous");
    let all = json!([cid, ann, ben]);
    shows(&browser, "they arrive by themselves", ROWS, all).await;
    // All of it is in the address.
    let press = |id: &str| format!("document.querySelector('[data-testid={id}]').click()");
    browser.run(&press("sort-stage")).await;
    shows(&browser, "by stage", ROWS, json!([ben, cid, ann])).await;
    let address = "return location.search";
    shows(
        &browser,
        "the order is in the address",
        address,
        json!("?sort=stage"),
    )
    .await;
    browser
        .open(&format!("{}/people?sort=score&min_score=0.4", app.base))
        .await;
    shows(&browser, "from 40 on", ROWS, json!([cid, ann])).await;
    browser
        .open(&format!("{}/people?sort=score&min_score=0.5", app.base))
        .await;
    shows(&browser, "nobody matches", nobody, json!("Nobody matches")).await;

    // By keys: the second row, opened.
    browser
        .open(&format!("{}/people?sort=score", app.base))
        .await;
    shows(&browser, "all again", ROWS, json!([cid, ann, ben])).await;
    let keys = "for (const key of ['j', 'j']) dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
                document.activeElement.click()";
    browser.run(keys).await;
    let history = "return [document.querySelector('[data-testid=name]')?.innerText,
        ...[...document.querySelectorAll('[data-testid=kept-insight]')].map((one) => `${one.dataset.rule} ${one.dataset.status}`),
        document.querySelectorAll('[data-testid=person-browser]').length,
        document.querySelector('[data-testid=trend]')?.dataset.direction]";
    let expected = json!(["ann", "returned current", "going_quiet ended", 2, "level"]);
    shows(&browser, "their history", history, expected).await;
    browser
        .open(&format!("{}/people/user%3Anobody", app.base))
        .await;
    let missing = "return document.querySelector('[data-testid=not-found]') !== null";
    shows(&browser, "nobody has this id", missing, json!(true)).await;
    app.log.assert_quiet();
}
