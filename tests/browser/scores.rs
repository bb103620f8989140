//! What is concluded of somebody, as the dashboard shows it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::places::sign_in;
use super::{Chromium, Database, eventually};
use crate::support::app::TestApp;
use crate::support::batch::{Visit, item, now};

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
