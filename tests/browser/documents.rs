//! One document after another, within another, or ahead of its time: reloads, frames and prerendered pages.

use serde_json::json;

use super::lifecycle::{PAGE_VIEWS, VIEWS};
use super::{Scene, eventually, page_with_sdk, text};

#[tokio::test]
async fn a_reload_is_one_page_view_more_with_the_same_referrer() {
    let scene = Scene::start().await;
    scene.open("/").await;
    scene.flushed().await;
    scene
        .browser
        .run("document.querySelector('a').click()")
        .await;
    scene.eventually_at("/pricing").await;
    scene.flushed().await;
    scene.browser.driver().refresh().await.expect("a reload");
    scene.flushed().await;
    scene
        .assert_views(&[
            ("/", "Home", None),
            ("/pricing", "Pricing", Some("/")),
            ("/pricing", "Pricing", Some("/")),
        ])
        .await;
    assert_eq!(scene.number("SELECT COUNT(*) FROM sessions").await, 1);
}

#[tokio::test]
async fn a_frame_of_the_same_site_is_a_page_view_of_the_same_visit() {
    let outer = page_with_sdk("Outer", "", "<iframe src=/inner></iframe>");
    let inner = page_with_sdk("Inner", "", "");
    let scene = Scene::with_pages([("outer", outer), ("inner", inner)]).await;
    scene.open("/outer").await;
    scene.flushed().await;
    scene.eventually_number(PAGE_VIEWS, 2).await;
    // A frame shares the tab's own storage with its page, and both count on.
    scene
        .after("waymark.track('outer'); frames[0].waymark.track('inner'); waymark.track('outer_again')")
        .await;
    scene.browser.settled("frames[0].waymark.flush()").await;
    scene
        .eventually_number("SELECT COUNT(*) FROM events WHERE kind = 'event'", 3)
        .await;
    let mut views = scene.texts(VIEWS).await;
    views.sort();
    let (outer, inner) = (scene.site.url("/outer"), scene.site.url("/inner"));
    assert_eq!(
        views,
        [
            [text(&inner), text("Inner"), text(&outer)],
            [text(&outer), text("Outer"), None]
        ]
    );
    assert_eq!(scene.number("SELECT COUNT(*) FROM sessions").await, 1);
    let twice = "SELECT COUNT(*) - COUNT(DISTINCT hex(tab_id) || seq) FROM events";
    assert_eq!(scene.number(twice).await, 0);
    scene.open("/inner").await;
    scene.flushed().await;
    assert_eq!(scene.number(twice).await, 0);
    assert_eq!(scene.number(PAGE_VIEWS).await, 3);
}

#[tokio::test]
async fn a_frame_of_another_site_is_a_page_view_of_its_own() {
    let widget = page_with_sdk("Widget", "", "").replace("{{WAYMARK_KEY}}", "wk_othersite1");
    // The browser knows no relation between the two names of this machine.
    let outer = page_with_sdk(
        "Outer",
        "",
        "<script>const frame = document.createElement('iframe');
         frame.src = `http://127.0.0.1:${location.port}/widget`;
         document.body.append(frame)</script>",
    );
    let scene = Scene::with_pages([("outer", outer), ("widget", widget)]).await;
    scene.collector.add_site("Widget", "wk_othersite1").await;
    scene.open("/outer").await;
    scene.flushed().await;
    let views = "SELECT COUNT(*) FROM events WHERE kind = 'page_view' AND site_id <> 1";
    scene.eventually_number(views, 1).await;
    assert_eq!(scene.number(PAGE_VIEWS).await, 2);
    assert_eq!(scene.number("SELECT COUNT(*) FROM visitors").await, 2);
    scene.collector.assert_quiet_log();
}

/// Notes when a page is rendered ahead, and when it is shown.
const AHEAD: &str = "<script>
    if (document.prerendering) {
        window.ahead = true;
        document.addEventListener('prerenderingchange', () => window.shownAt = Date.now());
        const called = setInterval(() => {
            if (!window.waymark) return;
            clearInterval(called);
            waymark.track('ahead');
            localStorage.setItem('ahead', 'called');
        }, 10);
    }
</script>";

#[tokio::test]
async fn a_prerendered_page_counts_only_once_it_is_shown_and_with_that_time() {
    let rules = "<script type=speculationrules>
        {\"prerender\": [{\"urls\": [\"/next\"], \"eagerness\": \"immediate\"}]}
    </script><a href=/next>Next</a>";
    let scene = Scene::with_pages([
        ("", page_with_sdk("Home", "", rules)),
        ("next", page_with_sdk("Next", "", AHEAD)),
    ])
    .await;
    scene.open("/").await;
    let browser = &scene.browser;
    eventually("the next page is rendered ahead and has made its call", || async move {
        browser.run("return localStorage.getItem('ahead')").await == json!("called")
    })
    .await;
    // Longer than the core takes to load there.
    browser
        .settled("new Promise(done => setTimeout(done, 1500))")
        .await;
    scene.flushed().await;
    assert_eq!(
        scene.number("SELECT COUNT(*) FROM events").await,
        1,
        "nobody has seen it"
    );

    browser.run("document.querySelector('a').click()").await;
    scene.eventually_at("/next").await;
    assert_eq!(
        browser.run("return window.ahead").await,
        json!(true),
        "it was rendered ahead"
    );
    scene.flushed().await;
    scene
        .assert_views(&[("/", "Home", None), ("/next", "Next", Some("/"))])
        .await;
    let shown = browser
        .run("return shownAt")
        .await
        .as_i64()
        .expect("a time");
    let at = scene
        .number("SELECT MAX(at) FROM events WHERE kind = 'page_view'")
        .await;
    assert!((0..1_000).contains(&(at - shown)), "{at} against {shown}");
    let call = "SELECT e.at - v.at FROM events e JOIN events v ON v.id = e.page_view_id WHERE e.name = 'ahead'";
    assert!(
        (0..1_000).contains(&scene.number(call).await),
        "the call happened when it was shown"
    );
    let since = browser.run("return Date.now() - shownAt").await;
    let since = since.as_i64().expect("a time");
    scene.open("/").await;
    scene.flushed().await;
    let visible = scene
        .number("SELECT p.visible_ms FROM page_views p JOIN events e ON e.id = p.id WHERE e.url LIKE '%/next'")
        .await;
    assert!(
        visible >= since - 100 && visible < since + 1_000,
        "it was seen since it was shown: {visible} ms against {since} ms"
    );
}
