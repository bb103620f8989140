//! What a page view is said to have been: for how long it was visible, and how far it was scrolled.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::network::Fate;
use super::{Scene, eventually, page_with_own_sdk, page_with_sdk};

/// Measures visible time beside the SDK and leaves the figure to the next page.
const MEASURE: &str = "
    let seen = 0, since = document.hidden ? -1 : 0, gone = -1, hidden = 0;
    document.addEventListener('visibilitychange', () => {
        const now = performance.now();
        if (document.hidden) { seen += now - since; gone = now; }
        else { since = now; hidden += gone < 0 ? 0 : now - gone; gone = -1; }
    });
    window.measured = () => ({ seen: seen + performance.now() - since, hidden });
    addEventListener('pagehide', () => sessionStorage.setItem('measured', JSON.stringify(measured())));
";

const FIGURES: &str = "SELECT p.visible_ms FROM page_views p JOIN events e ON e.id = p.id ORDER BY e.at, e.seq LIMIT 1";

impl Scene {
    async fn wait(&self, ms: u64) {
        let timer = format!("new Promise(done => setTimeout(done, {ms}))");
        self.browser.settled(&timer).await;
    }

    /// Brings another tab to the front for as long as that, and then this one again.
    async fn hide_for(&self, ms: u64) {
        let driver = self.browser.driver();
        let this = driver.window().await.expect("this tab");
        let other = driver.new_tab().await.expect("another tab");
        driver.switch_to_window(other).await.expect("the other tab");
        self.browser.to_front().await;
        tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
        driver.close_window().await.expect("it closes");
        driver.switch_to_window(this).await.expect("this tab");
        self.browser.to_front().await;
        eventually("the tab is seen again", || async move {
            self.browser.run("return document.hidden").await == json!(false)
        })
        .await;
    }

    /// Leaves for the plain page `/next`, and says what was measured beside the SDK: milliseconds visible, and hidden.
    async fn leave(&self) -> (i64, i64) {
        self.open("/next").await;
        self.flushed().await;
        let measured = self
            .browser
            .run("return JSON.parse(sessionStorage.getItem('measured'))")
            .await;
        let figure = |name: &str| measured[name].as_f64().expect("a figure").round();
        (figure("seen") as i64, figure("hidden") as i64)
    }
}

fn assert_near(said: i64, measured: i64) {
    assert!(
        (said - measured).abs() < 600,
        "{said} ms against {measured} ms"
    );
}

#[tokio::test]
async fn visible_time_counts_only_while_visible() {
    let scene = Scene::with_pages([
        ("", page_with_sdk("Home", "", "")),
        ("next", page_with_sdk("Next", "", "")),
    ])
    .await;
    scene.browser.before_each_page(MEASURE).await;
    scene.open("/").await;
    scene.flushed().await;
    scene.wait(700).await;
    scene.hide_for(2_000).await;
    scene.wait(500).await;
    let (seen, hidden) = scene.leave().await;
    assert!(hidden >= 1_500, "the tab was hidden: {hidden} ms");
    assert_near(scene.number(FIGURES).await, seen);
}

#[tokio::test]
async fn time_hidden_before_consent_is_not_counted_either() {
    let scene = Scene::with_pages([
        ("", page_with_sdk("Home", "data-consent=unknown", "")),
        ("next", page_with_sdk("Next", "", "")),
    ])
    .await;
    scene.browser.before_each_page(MEASURE).await;
    scene.open("/").await;
    eventually("the script is there", || async {
        scene.browser.run("return !!window.waymark").await == json!(true)
    })
    .await;
    scene.wait(700).await;
    scene.hide_for(2_000).await;
    scene.browser.run("waymark.consent('granted')").await;
    scene.flushed().await;
    scene.wait(300).await;
    let (seen, hidden) = scene.leave().await;
    assert!(hidden >= 1_500, "the tab was hidden: {hidden} ms");
    assert_near(scene.number(FIGURES).await, seen);
}

#[tokio::test]
async fn a_page_of_an_app_counts_until_the_next() {
    let scene = Scene::with_pages([
        ("", page_with_sdk("Home", "", "")),
        ("next", page_with_sdk("Next", "", "")),
    ])
    .await;
    scene.browser.before_each_page(MEASURE).await;
    scene.open("/").await;
    scene.flushed().await;
    scene.wait(600).await;
    let first = scene
        .browser
        .run("history.pushState({}, '', '/app'); return measured().seen")
        .await;
    scene.wait(900).await;
    let (seen, _) = scene.leave().await;
    let first = first.as_f64().expect("a figure").round() as i64;
    assert_near(scene.number(FIGURES).await, first);
    let both = "SELECT SUM(p.visible_ms) FROM page_views p JOIN events e ON e.id = p.id WHERE e.url NOT LIKE '%/next'";
    assert_near(scene.number(both).await, seen);
}

#[tokio::test]
async fn the_furthest_scroll_of_a_page_view_counts() {
    let tall = "<div style=height:6000px></div>";
    let scene = Scene::with_pages([
        ("", page_with_sdk("Home", "", tall)),
        ("next", page_with_sdk("Next", "", "")),
    ])
    .await;
    scene.open("/").await;
    scene.flushed().await;
    let scroll = "return new Promise(done => {
        addEventListener('scroll', () => requestAnimationFrame(() => requestAnimationFrame(done)), { once: true });
        scrollTo(0, 2000);
    })";
    let browser = &scene.browser;
    browser.settled(&format!("(() => {{ {scroll} }})()")).await;
    let furthest = browser
        .run(
            "return Math.round(100 * (2000 + innerHeight) / document.documentElement.scrollHeight)",
        )
        .await;
    browser
        .settled(&format!("(() => {{ {} }})()", scroll.replace("2000", "0")))
        .await;
    scene.open("/next").await;
    scene.flushed().await;
    let said =
        "SELECT p.scroll_max FROM page_views p JOIN events e ON e.id = p.id ORDER BY e.at LIMIT 1";
    assert_eq!(json!(scene.number(said).await), furthest);
}

#[tokio::test]
async fn a_lost_ping_costs_nothing_because_the_next_says_it_all() {
    let often = "data-heartbeat-ms=300 data-flush-interval-ms=50";
    let scene = Scene::with_pages([
        ("", page_with_own_sdk("Home", often, "")),
        ("next", page_with_own_sdk("Next", "", "")),
    ])
    .await;
    scene.browser.before_each_page(MEASURE).await;
    let lost = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&lost);
    scene.site.network().set(move |batch| {
        let items = batch["items"].as_array().expect("items");
        if items.iter().any(|item| item["type"] != "page_ping") {
            return Fate::Through;
        }
        // The page believes that it arrived, and forgets it.
        count.fetch_add(1, Ordering::SeqCst);
        let results: Vec<_> = items
            .iter()
            .map(|item| json!({ "id": item["id"], "status": "accepted" }))
            .collect();
        Fate::Answered(200, None, json!({ "results": results }).to_string())
    });
    scene.open("/").await;
    scene.flushed().await;
    // On a slow machine a first ping travels with the page view, and arrives.
    let arrived = "SELECT COALESCE(SUM(visible_ms), 0) FROM page_views";
    let (before, enough) = (scene.number(arrived).await, lost.load(Ordering::SeqCst) + 3);
    eventually("three pings are lost", || async {
        lost.load(Ordering::SeqCst) >= enough
    })
    .await;
    assert_eq!(scene.number(arrived).await, before, "they are lost");
    scene.site.network().set(|_| Fate::Through);
    let (seen, _) = scene.leave().await;
    assert!(seen > 900, "there was something to lose: {seen} ms");
    assert_near(scene.number(FIGURES).await, seen);
}
