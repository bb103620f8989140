//! The panel of debug mode: opened by a page's address, kept for the tab, and of no weight to the page.

use serde_json::{Value, json};
use waymark_collector::catalogue::Mode;
use waymark_collector::store::Store;
use waymark_collector::store::audit::By;

use super::{Scene, page_with_sdk};
use crate::support::eventually;

/// Keeps what the console is told.
const LISTEN: &str = "
    window.told = [];
    for (const method of ['warn', 'groupCollapsed', 'log'])
        console[method] = (...said) => told.push([method, ...said.map(String)].join(' '));
";

/// The panel's root, or nothing.
const ROOT: &str = "document.querySelector('waymark-inspector')?.shadowRoot";

/// What the panel shows, as text.
async fn shown(scene: &Scene) -> String {
    let text = format!("return {ROOT}?.querySelector('.panel:not([hidden])')?.textContent ?? ''");
    let text = scene.browser.run(&text).await;
    text.as_str().unwrap_or_default().to_owned()
}

async fn shows(scene: &Scene, words: &str) {
    eventually(words, || async move { shown(scene).await.contains(words) }).await;
}

async fn choose(scene: &Scene, tab: &str) {
    let click = format!("{ROOT}.querySelector('#tab-{tab}').click()");
    scene.browser.run(&click).await;
}

/// A catalogue for the site, before the collector is asked for anything.
async fn set_catalogue(scene: &Scene, mode: Mode) {
    let document = json!({
        "version": 1,
        "events": {"plan_chosen": {"props": {"properties": {"plan": {"enum": ["free", "pro"]}}, "required": ["plan"]}}}
    });
    let store = Store::open(scene.collector.database().url())
        .await
        .expect("the database");
    let text = document.to_string();
    let by = By {
        actor: "test",
        now: 1,
    };
    let set = store.set_catalogue(1, mode, Some(&text), 0, by);
    assert!(set.await.expect("the catalogue is set"));
    store.close().await;
}

#[tokio::test]
async fn the_address_opens_it_and_its_button_ends_it_for_the_tab() {
    let scene = Scene::start().await;
    scene.open("/?waymark_debug&utm_source=partner").await;
    scene
        .browser
        .run("waymark.track('cta_clicked', { place: 'hero' })")
        .await;
    shows(&scene, "granted").await;
    choose(&scene, "queue").await;
    shows(&scene, "cta_clicked event").await;
    scene.flushed().await;
    shows(&scene, "Nothing waits").await;
    choose(&scene, "activity").await;
    for words in [
        "Batch 1",
        "cta_clicked event",
        "accepted",
        "page_view",
        "200",
    ] {
        shows(&scene, words).await;
    }
    choose(&scene, "visitor").await;
    let ids = scene.browser.settled("waymark.ready()").await;
    for id in ["visitorId", "sessionId", "tabId"] {
        shows(&scene, ids[id].as_str().expect("an id")).await;
    }
    shows(&scene, "Sourcepartner").await;

    // Kept for the tab, on a page that says nothing of it.
    scene.go_by("a", "/pricing").await;
    shows(&scene, "granted").await;
    let end =
        format!("[...{ROOT}.querySelectorAll('button')].find(b => b.textContent == 'End').click()");
    scene.browser.run(&end).await;
    assert_eq!(
        scene.browser.run("return [!!document.querySelector('waymark-inspector'), sessionStorage.waymark_debug ?? null]").await,
        json!([false, null])
    );
    scene.open("/pricing").await;
    scene.flushed().await;
    let files = "return performance.getEntriesByType('resource').filter(e => e.name.includes('inspector')).length";
    assert_eq!(scene.browser.run(files).await, json!(0));
}

#[tokio::test]
async fn escape_folds_it_and_no_key_of_it_reaches_the_page() {
    let scene = Scene::start().await;
    scene
        .browser
        .before_each_page(
            "window.keys = []; document.addEventListener('keydown', e => keys.push(e.key))",
        )
        .await;
    scene.open("/?waymark_debug").await;
    shows(&scene, "granted").await;
    let press = |key: &str| {
        format!(
            "{ROOT}.querySelector('#tab-activity').dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true, composed: true }}))"
        )
    };
    scene.browser.run(&press("ArrowRight")).await;
    let chosen = format!("return {ROOT}.querySelector('[aria-selected=true]').id");
    assert_eq!(scene.browser.run(&chosen).await, json!("tab-queue"));
    scene.browser.run(&press("Escape")).await;
    assert_eq!(shown(&scene).await, "");
    let folded = format!("return [{ROOT}.activeElement.className, keys]");
    assert_eq!(scene.browser.run(&folded).await, json!(["pill", []]));
    scene
        .browser
        .run(&format!("{ROOT}.querySelector('.pill').click()"))
        .await;
    shows(&scene, "granted").await;
}

#[tokio::test]
async fn what_the_catalogue_finds_is_said_in_panel_and_console() {
    let scene = Scene::start().await;
    set_catalogue(&scene, Mode::Flag).await;
    scene.browser.before_each_page(LISTEN).await;
    scene.open("/?waymark_debug").await;
    choose_when_there(&scene, "catalogue").await;
    shows(&scene, "flags what does not fit").await;
    scene
        .browser
        .run("waymark.track('plan_chosen', { plan: 'gold' }); waymark.track('plan_choosen'); waymark.track('plan_chosen', { plan: 'pro' })")
        .await;
    shows(&scene, "data.props.plan has to be one of").await;
    shows(&scene, "data.name there is no event plan_choosen").await;
    scene.flushed().await;
    for words in [
        "warn [waymark] catalogue: plan_chosen: data.props.plan has to be one of \"free\", \"pro\"",
        "warn [waymark] catalogue: plan_choosen: data.name",
        "groupCollapsed [waymark] batch 1: ",
        "log accepted event [object Object] flagged: data.props.plan",
    ] {
        let heard = format!("return told.some(line => line.includes({}))", json!(words));
        let (browser, heard) = (&scene.browser, &heard);
        eventually(
            words,
            || async move { browser.run(heard).await == json!(true) },
        )
        .await;
    }
    choose(&scene, "activity").await;
    shows(&scene, "data.props.plan: has to be one of").await;
    assert_eq!(
        scene
            .number("SELECT COUNT(*) FROM events WHERE kind = 'event'")
            .await,
        3
    );
    scene
        .eventually_number("SELECT COALESCE(SUM(items), 0) FROM catalogue_findings", 2)
        .await;
}

/// Chooses a tab once the panel is there.
async fn choose_when_there(scene: &Scene, tab: &str) {
    shows(scene, "granted").await;
    choose(scene, tab).await;
}

#[tokio::test]
async fn a_rejected_event_says_why_it_was_dropped() {
    let scene = Scene::start().await;
    set_catalogue(&scene, Mode::Reject).await;
    scene.open("/?waymark_debug").await;
    shows(&scene, "granted").await;
    scene.browser.run("waymark.track('nothing')").await;
    scene.flushed().await;
    shows(&scene, "dropped").await;
    shows(&scene, "unknown_event: data.name").await;
    assert_eq!(
        scene
            .number("SELECT COUNT(*) FROM events WHERE kind = 'event'")
            .await,
        0
    );
}

/// What the page's own elements are, and where.
const LAYOUT: &str = "return [...document.body.querySelectorAll('*')].map(e => {
    const { x, y, width, height } = e.getBoundingClientRect();
    return [e.tagName, x, y, width, height];
}).concat([[document.documentElement.scrollWidth, document.documentElement.scrollHeight, document.body.children.length,
    document.styleSheets.length, document.adoptedStyleSheets.length]])";

#[tokio::test]
async fn the_page_is_laid_out_as_without_it() {
    // Rules that catch every element, and a body that lays out its children in a row.
    let page = "<style>* { position: static !important; display: flex; margin: 9px; width: 50% } body > * { float: left }</style>
        <main>Text</main><p>More</p>";
    let scene = Scene::with_pages([("", page_with_sdk("Home", "", page))]).await;
    scene.open("/").await;
    scene.flushed().await;
    let before: Value = scene.browser.run(LAYOUT).await;
    scene.open("/?waymark_debug").await;
    shows(&scene, "granted").await;
    scene.flushed().await;
    assert_eq!(scene.browser.run(LAYOUT).await, before);
    let host = "const e = document.querySelector('waymark-inspector'), s = getComputedStyle(e), r = e.getBoundingClientRect();
        return [e.parentNode == document.documentElement, e.attributes.length, s.position, s.margin, r.width > 300, r.right <= innerWidth]";
    assert_eq!(
        scene.browser.run(host).await,
        json!([true, 0, "fixed", "0px", true, true])
    );
}
