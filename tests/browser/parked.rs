//! Pages that are left or hidden before the SDK's module is there, or before it may say who the visitor is: what they leave in
//! `wm_stub`, and who plays it.

use std::time::Duration;

use serde_json::json;

use super::{Scene, eventually, page_with_own_sdk, text};

const COUNTED: &str = "SELECT COUNT(*) FROM events WHERE kind = 'event'";
const PAGE_VIEWS: &str = "SELECT COUNT(*) FROM events WHERE kind = 'page_view'";

/// How long the module of these pages takes.
const MODULE_COMES: Duration = Duration::from_secs(30);

async fn scene(attributes: &str) -> Scene {
    let scene = Scene::with_pages([
        ("slow", page_with_own_sdk("Slow", attributes, "")),
        ("next", page_with_own_sdk("Next", "", "")),
    ])
    .await;
    scene.site.delay_engine(MODULE_COMES);
    scene
}

impl Scene {
    /// Opens the page whose module does not come in time and makes a call there.
    async fn open_slow(&self, name: &str) {
        self.open("/slow").await;
        let browser = &self.browser;
        eventually("the script is there", || async move {
            browser.run("return !!window.waymark").await == json!(true)
        })
        .await;
        browser.run(&format!("waymark.track('{name}')")).await;
    }

    async fn parked(&self) -> i64 {
        let count =
            "return Object.keys(localStorage).filter(key => key.startsWith('wm_stub.')).length";
        self.browser.run(count).await.as_i64().expect("a number")
    }
}

#[tokio::test]
async fn several_pages_left_before_the_module_came_are_played_once_in_their_order() {
    let scene = scene("").await;
    for name in ["one", "two", "three"] {
        scene.open_slow(name).await;
        let loaded = "return performance.getEntriesByType('navigation')[0].loadEventEnd";
        let loaded = scene.browser.run(loaded).await.as_f64().expect("a time");
        assert!(
            loaded < MODULE_COMES.as_secs_f64() * 1000.0 / 2.0,
            "no page waits for its own module or for an earlier one's: {loaded}"
        );
    }
    scene.leave_without_module().await;
    scene.open("/next").await;
    scene.flushed().await;
    assert_eq!(scene.parked().await, 0);
    scene.open("/next").await;
    scene.flushed().await;
    assert_eq!(
        scene
            .texts("SELECT name FROM events WHERE kind = 'event' ORDER BY at")
            .await,
        ["one", "two", "three"].map(|name| [text(name)])
    );
    assert_eq!(scene.number(PAGE_VIEWS).await, 5);
    assert_eq!(scene.number("SELECT COUNT(*) FROM sessions").await, 1);
    let lost = "SELECT COUNT(*) FROM events e LEFT JOIN events v ON v.id = e.page_view_id
        WHERE e.kind = 'event' AND (v.url IS NULL OR v.url NOT LIKE '%/slow')";
    assert_eq!(
        scene.number(lost).await,
        0,
        "each belongs to its own page view"
    );
    let seen =
        "SELECT COUNT(*) FROM page_views p JOIN events e ON e.id = p.id WHERE e.url LIKE '%/slow'";
    assert_eq!(
        scene.number(seen).await,
        0,
        "for how long it was seen is not known"
    );
}

#[tokio::test]
async fn a_page_hidden_before_the_module_came_plays_its_calls_itself() {
    let scene = scene("").await;
    scene.site.delay_engine(Duration::from_secs(4));
    scene.open_slow("once").await;
    let driver = scene.browser.driver();
    let this = driver.window().await.expect("this tab");
    scene.browser.open_in_new_tab("about:blank").await;
    scene.browser.to_front().await;
    driver.switch_to_window(this).await.expect("the first tab");
    let browser = &scene.browser;
    eventually("the page has parked what it has", || async {
        scene.parked().await == 1
    })
    .await;
    browser.to_front().await;
    scene.flushed().await;
    assert_eq!(scene.parked().await, 0);
    scene.open("/next").await;
    scene.flushed().await;
    assert_eq!(
        (scene.number(COUNTED).await, scene.number(PAGE_VIEWS).await),
        (1, 2)
    );
}

#[tokio::test]
async fn a_module_that_comes_to_a_page_that_is_left_takes_nothing_out() {
    let scene = scene("").await;
    scene.site.delay_engine(Duration::from_secs(1));
    scene.open_slow("left").await;
    let browser = &scene.browser;
    // A page goes on for a moment after it was told that it is left, and may be kept for the way back.
    let event =
        |what| format!("dispatchEvent(new PageTransitionEvent('{what}', {{ persisted: true }}))");
    browser.run(&event("pagehide")).await;
    assert_eq!(scene.parked().await, 1);
    eventually("the module is there", || async {
        let loaded = "return performance.getEntriesByType('resource').some(e => /wasm|fallback/.test(e.name) && e.responseEnd)";
        browser.run(loaded).await == json!(true)
    })
    .await;
    browser
        .settled("new Promise(done => setTimeout(done, 300))")
        .await;
    assert_eq!(scene.parked().await, 1, "it waits for whoever comes next");
    browser.run(&event("pageshow")).await;
    scene.flushed().await;
    assert_eq!(
        (scene.number(COUNTED).await, scene.number(PAGE_VIEWS).await),
        (1, 2),
        "back again, the page plays what is still there"
    );
    assert_eq!(scene.parked().await, 0);
}

#[tokio::test]
async fn what_a_site_calls_on_the_way_out_is_parked_too() {
    let scene = scene("").await;
    scene.open_slow("here").await;
    // Listeners of the site's own hear of it when the loader has heard already.
    let leaving = "addEventListener('pagehide', () => waymark.track('pagehide'));
        document.addEventListener('visibilitychange', () => waymark.track('hidden'))";
    scene.browser.run(leaving).await;
    scene.leave_without_module().await;
    scene.open("/next").await;
    scene.flushed().await;
    scene.open("/next").await;
    scene.eventually_number(COUNTED, 3).await;
    scene.flushed().await;
    assert_eq!(scene.number(PAGE_VIEWS).await, 3);
}

#[tokio::test]
async fn a_page_left_before_the_tabs_have_agreed_makes_no_visitor() {
    // Another tab has the lock and keeps it, and this one never loses its patience.
    let locked = "<head><script>
        navigator.locks.request('wm-session', () => new Promise(() => {}));
        const later = setTimeout;
        window.setTimeout = (job, ms, ...rest) => (ms == 1000 ? 0 : later(job, ms, ...rest));
    </script>";
    let page = |title, head| page_with_own_sdk(title, "", "").replace("<head>", head);
    let pages = [
        ("locked", page("Locked", locked)),
        ("next", page("Next", "<head>")),
    ];
    let scene = Scene::with_pages(pages).await;
    scene.open("/locked?utm_source=first").await;
    let browser = &scene.browser;
    eventually("the module waits for the lock", || async {
        browser.run("return !!sessionStorage.wm_tab").await == json!(true)
    })
    .await;
    browser.run("waymark.track('early')").await;
    browser
        .run("addEventListener('pagehide', () => waymark.track('late'))")
        .await;
    browser
        .run("dispatchEvent(new PageTransitionEvent('pagehide'))")
        .await;
    assert_eq!(scene.parked().await, 1);
    assert_eq!(browser.run("return document.cookie").await, json!(""));
    scene.open("/next").await;
    scene.flushed().await;
    assert_eq!(scene.parked().await, 0);
    assert_eq!(
        scene
            .texts("SELECT name FROM events WHERE kind = 'event' ORDER BY at, seq")
            .await,
        ["early", "late", "late"].map(|name| [text(name)]),
        "the page heard of its end twice"
    );
    assert_eq!(scene.number(PAGE_VIEWS).await, 2);
    let source = scene.texts("SELECT source FROM visitors").await;
    assert_eq!(source, [[text("first")]]);
}

#[tokio::test]
async fn a_page_without_consent_leaves_nothing() {
    let scene = scene("data-consent=unknown").await;
    scene.open_slow("unasked").await;
    scene.leave_without_module().await;
    scene.open("/next").await;
    assert_eq!(scene.parked().await, 0);
    scene.flushed().await;
    assert_eq!(
        (scene.number(COUNTED).await, scene.number(PAGE_VIEWS).await),
        (0, 1)
    );
}
