//! Pages and browsers that make it hard: no storage, the script twice, a module that is slow to come.

use std::time::Duration;

use serde_json::json;

use super::drivers::Kind;
use super::network::Fate;
use super::{Chromium, Database, Scene, page_with_own_sdk, page_with_sdk, text};

/// Collects every error that reaches the page.
const WATCH_ERRORS: &str = "
    window.seen = [];
    addEventListener('error', e => seen.push(String(e.message)));
    addEventListener('unhandledrejection', e => seen.push(String(e.reason)));
";

const PAGE_VIEWS: &str = "SELECT COUNT(*) FROM events WHERE kind = 'page_view'";

#[tokio::test]
async fn a_browser_that_blocks_all_storage_still_counts_and_never_throws() {
    let block_cookies_and_storage = match Kind::asked_for() {
        Kind::Firefox => json!({ "network.cookie.cookieBehavior": 2 }),
        _ => json!({ "profile.default_content_setting_values.cookies": 2 }),
    };
    let browser = Chromium::with_preferences(block_cookies_and_storage).await;
    browser.before_each_page(WATCH_ERRORS).await;
    let scene = Scene::with(
        Database::sqlite(),
        [("", page_with_sdk("Home", "", ""))],
        browser,
    )
    .await;
    scene.open("/?utm_source=partner").await;
    let refused = scene
        .browser
        .run("try { localStorage.length; return false } catch { return true }")
        .await;
    assert_eq!(refused, json!(true), "the browser does block storage");
    scene.browser.run("waymark.track('still_works')").await;
    scene.flushed().await;

    assert_eq!(scene.number(PAGE_VIEWS).await, 1);
    assert_eq!(
        scene
            .texts("SELECT name FROM events WHERE kind = 'event'")
            .await,
        [[text("still_works")]]
    );
    assert_eq!(
        scene.texts("SELECT source FROM visitors").await,
        [[text("partner")]]
    );
    assert_eq!(scene.browser.run("return seen").await, json!([]));
}

#[tokio::test]
async fn a_storage_that_the_site_has_filled_stays_the_sites_and_the_visit_counts() {
    let fill = "
        let part = 'x'.repeat(1 << 20);
        for (let i = 0; part; i++) try { localStorage['own' + i] = part } catch { part = part.slice(part.length / 2 + 1) }
        window.own = Object.keys(localStorage).length;
    ";
    let browser = Chromium::start().await;
    browser.before_each_page(WATCH_ERRORS).await;
    let filled =
        page_with_sdk("Home", "", "").replace("<head>", &format!("<head><script>{fill}</script>"));
    let scene = Scene::with(Database::sqlite(), [("", filled)], browser).await;
    scene.open("/").await;
    scene.browser.run("waymark.track('still_works')").await;
    scene.flushed().await;

    assert_eq!(scene.number(PAGE_VIEWS).await, 1);
    let names = scene
        .texts("SELECT name FROM events WHERE kind = 'event'")
        .await;
    assert_eq!(names, [[text("still_works")]]);
    let own =
        "return [own > 4, Object.keys(localStorage).filter(key => /^own/.test(key)).length == own]";
    assert_eq!(scene.browser.run(own).await, json!([true, true]));
    assert_eq!(scene.browser.run("return seen").await, json!([]));
}

#[tokio::test]
async fn what_waits_is_bounded_and_what_had_to_go_is_reported_as_lost() {
    let scene = Scene::with_pages([("", page_with_own_sdk("Home", "", ""))]).await;
    scene.site.network().set(|_| Fate::LostBefore);
    scene.open("/").await;
    let browser = &scene.browser;
    browser.settled("waymark.ready()").await;
    browser
        .run("for (let i = 0; i < 1100; i++) waymark.track('e' + i)")
        .await;
    let stored = "return Object.keys(localStorage).filter(key => /^wm_q/.test(key)).length";
    assert_eq!(browser.run(stored).await, json!(1_000));
    let cookie = browser.run("return document.cookie.length").await;
    assert!(
        cookie
            .as_i64()
            .is_some_and(|bytes| bytes > 0 && bytes < 200),
        "{cookie}"
    );

    scene.site.network().set(|_| Fate::Through);
    scene.open("/").await;
    let latest = "SELECT COUNT(*) FROM events WHERE name IN ('e1099', 'e1098')";
    scene.eventually_number(latest, 2).await;
    scene.flushed().await;
    let events = scene
        .number("SELECT COUNT(*) FROM events WHERE kind = 'event'")
        .await;
    assert!(
        (990..=1_000).contains(&events),
        "the earliest had to go: {events}"
    );
    let loss = super::loss::loss(&scene).await;
    // The page view and the first events.
    assert!(loss.missing >= 1_101 - events - 1, "{loss:?}");
}

#[tokio::test]
async fn a_script_loaded_twice_counts_once() {
    let again = page_with_sdk("Twice", "", "");
    let tag = again
        .split_once("<script")
        .and_then(|(_, rest)| rest.split_once("</script>"))
        .map(|(tag, _)| format!("<script{tag}</script>"))
        .expect("a script tag");
    let browser = Chromium::start().await;
    browser.before_each_page(WATCH_ERRORS).await;
    let scene = Scene::with(
        Database::sqlite(),
        [("", page_with_sdk("Twice", "", &tag))],
        browser,
    )
    .await;
    scene.open("/").await;
    scene.browser.run("waymark.track('once')").await;
    scene.flushed().await;

    assert_eq!(scene.number(PAGE_VIEWS).await, 1);
    assert_eq!(
        scene
            .number("SELECT COUNT(*) FROM events WHERE kind = 'event'")
            .await,
        1
    );
    assert_eq!(scene.browser.run("return seen").await, json!([]));
}

/// A page whose site serves the SDK itself, so that the module can be held back.
pub(super) fn self_served(title: &str, before: &str) -> String {
    format!(
        "<!doctype html><html><head><title>{title}</title>
         <script async src=\"/sdk/waymark.js\" data-key=\"{{{{WAYMARK_KEY}}}}\" data-endpoint=\"{{{{WAYMARK_ORIGIN}}}}/v1/events\"></script>
         </head><body><h1>{title}</h1>{before}</body></html>"
    )
}

#[tokio::test]
async fn a_slow_module_keeps_landing_page_calls_and_their_times() {
    // The router takes the campaign out of the address long before the module is there.
    let router = "<script>
        const called = setInterval(() => {
            if (!window.waymark) return;
            clearInterval(called);
            waymark.track('early');
            history.replaceState({}, '', '/slow');
            window.calledAt = Date.now();
        }, 10);
    </script>";
    let scene = Scene::with_pages([("slow", self_served("Slow", router))]).await;
    scene.site.delay_engine(Duration::from_secs(3));
    scene
        .open("/slow?utm_source=newsletter&utm_campaign=late")
        .await;
    scene.flushed().await;

    assert_eq!(
        scene.texts("SELECT source, campaign FROM visitors").await,
        [["newsletter", "late"].map(text)]
    );
    let called_at = scene
        .browser
        .run("return calledAt")
        .await
        .as_i64()
        .expect("a time");
    let at = scene
        .number("SELECT at FROM events WHERE name = 'early'")
        .await;
    assert!(
        (at - called_at).abs() < 1000,
        "the item has the time of the call: {at} against {called_at}"
    );
}

/// A visit whose first page, at `address`, makes `calls` and is left before its module comes; the next page is open.
pub(super) async fn left_before_the_module(calls: &str, address: &str) -> Scene {
    let early = format!(
        "<script>
        const called = setInterval(() => {{
            if (!window.waymark) return;
            clearInterval(called);
            {calls}
            window.called = true;
        }}, 10);
    </script>"
    );
    let scene = Scene::with_pages([
        ("slow", self_served("Slow", &early)),
        ("next", self_served("Next", "")),
    ])
    .await;
    scene.site.delay_engine(Duration::from_secs(20));
    scene.open(address).await;
    let browser = &scene.browser;
    super::eventually("the page has made its call", || async move {
        browser.run("return !!window.called").await == json!(true)
    })
    .await;
    scene.leave_without_module().await;
    scene.open("/next").await;
    scene
}

#[tokio::test]
async fn a_page_left_before_the_module_came_is_delivered_by_the_next() {
    let scene = left_before_the_module(
        "waymark.track('left_early');",
        "/slow?utm_source=newsletter",
    )
    .await;
    scene.flushed().await;

    assert_eq!(
        scene
            .texts("SELECT name FROM events WHERE kind = 'event'")
            .await,
        [[text("left_early")]]
    );
    assert_eq!(scene.number(PAGE_VIEWS).await, 2);
    assert_eq!(
        scene.texts("SELECT source FROM visitors").await,
        [[text("newsletter")]],
        "the first touch is that of the page that was left"
    );
}
