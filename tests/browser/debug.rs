//! Debug mode: the console says what is wrong, and nobody else downloads the words.

use serde_json::json;

use super::{Scene, page_with_sdk};

/// Keeps what the console is told, and which files the page asks for.
const LISTEN: &str = "
    window.told = [];
    for (const method of ['warn', 'groupCollapsed', 'log'])
        console[method] = (...said) => told.push([method, ...said]);
";

const FILES: &str = "return performance.getEntriesByType('resource').map(e => e.name).filter(n => n.includes('inspector')).length";

#[tokio::test]
async fn a_developer_is_told_which_field_is_wrong_and_what_the_core_knows() {
    let scene = Scene::with_pages([("", page_with_sdk("Home", "data-debug", ""))]).await;
    scene.browser.before_each_page(LISTEN).await;
    scene.open("/?utm_source=partner").await;
    scene
        .browser
        .run("waymark.track(''); waymark.conversion('bought', { value: 'much' })")
        .await;
    scene.flushed().await;

    let browser = &scene.browser;
    for (method, word) in [
        ("warn", "name: has to be a text"),
        ("warn", "value: has to be a decimal number"),
        ("groupCollapsed", "consent granted"),
    ] {
        super::eventually(word, || async move {
            let heard = format!(
                "return told.some(([method, ...said]) => method == '{method}' && said.join(' ').includes('{word}'))"
            );
            browser.run(&heard).await == json!(true)
        })
        .await;
    }
    let state = browser.run("return waymark.state()").await;
    let ids = browser.settled("waymark.ready()").await;
    assert_eq!(state["visitor_id"], ids["visitorId"]);
    assert_eq!(state["tab_id"], ids["tabId"]);
    assert_eq!(
        (&state["queued"], &state["user_id"]),
        (&json!(0), &json!(null))
    );
    assert!(
        state["landing_url"]
            .as_str()
            .is_some_and(|url| url.ends_with("/?utm_source=partner")),
        "{state}"
    );
    // What is wrong costs itself alone.
    assert_eq!(
        scene
            .texts("SELECT name, value FROM events WHERE kind = 'event'")
            .await,
        [[super::text("bought"), None]]
    );
}

#[tokio::test]
async fn a_visitor_loads_nothing_of_it() {
    let scene = Scene::start().await;
    scene.browser.before_each_page(LISTEN).await;
    scene.open("/").await;
    scene.browser.run("waymark.track('')").await;
    scene.flushed().await;
    assert_eq!(scene.browser.run(FILES).await, json!(0));
    assert_eq!(scene.browser.run("return told").await, json!([]));
}
