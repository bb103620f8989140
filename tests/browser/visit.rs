//! Visits as they happen: the first, the next, in two tabs, within a single-page app.

use super::{Scene, page_with_sdk, text};

const VISITORS: &str = "SELECT COUNT(*) FROM visitors";
const SESSIONS: &str = "SELECT COUNT(*) FROM sessions";
const PAGE_VIEWS: &str = "SELECT COUNT(*) FROM events WHERE kind = 'page_view'";

/// Moves the page's clock on, as time does between two visits.
const LATER: &str = "const now = Date.now; Date.now = () => now() + 31 * 60 * 1000;";

#[tokio::test]
async fn a_first_visit_with_utm_is_a_journey_with_its_first_touch() {
    let scene = Scene::start().await;
    scene
        .open("/pricing?utm_source=Newsletter&utm_medium=email&utm_campaign=june&utm_term=boats&utm_content=top&gclid=Cj0a")
        .await;
    scene.flushed().await;

    assert_eq!(scene.number(VISITORS).await, 1);
    assert_eq!(scene.number(SESSIONS).await, 1);
    assert_eq!(scene.number(PAGE_VIEWS).await, 1);
    assert_eq!(
        scene
            .texts("SELECT lower(source), medium, campaign, term, content FROM visitors")
            .await,
        [["newsletter", "email", "june", "boats", "top"].map(text)]
    );
    let landing = scene
        .texts("SELECT landing_url, click_ids FROM visitors")
        .await;
    let [landing_url, click_ids] = landing[0].as_slice() else {
        panic!("one row of two columns: {landing:?}");
    };
    assert!(
        landing_url
            .as_deref()
            .is_some_and(|url| url.contains("/pricing?utm_source=Newsletter"))
    );
    assert!(click_ids.as_deref().is_some_and(|ids| ids.contains("Cj0a")));
    assert_eq!(
        scene
            .texts("SELECT device_type, browser, os FROM visitors")
            .await[0]
            .iter()
            .filter(|value| value.is_none())
            .count(),
        0,
        "a real browser is known by its user agent"
    );
    let id = scene.browser.settled("waymark.ready()").await;
    assert!(
        id["visitorId"].as_str().is_some_and(|id| id.len() == 36),
        "{id}"
    );
    scene.collector.assert_quiet_log();
}

#[tokio::test]
async fn a_return_after_half_an_hour_is_the_same_visitor_in_a_second_session() {
    let scene = Scene::start().await;
    scene.open("/?utm_source=partner&utm_medium=referral").await;
    scene.flushed().await;
    scene.browser.before_each_page(LATER).await;
    scene
        .open("/pricing?utm_source=google&utm_medium=cpc")
        .await;
    scene.flushed().await;
    scene.open("/").await;
    scene.flushed().await;

    assert_eq!(scene.number(VISITORS).await, 1);
    assert_eq!(scene.number("SELECT total_sessions FROM visitors").await, 2);
    assert_eq!(scene.number(SESSIONS).await, 2);
    assert_eq!(scene.number(PAGE_VIEWS).await, 3);
    assert_eq!(
        scene.texts("SELECT source FROM visitors").await,
        [[text("partner")]],
        "the first touch stays"
    );
    assert_eq!(
        scene
            .texts("SELECT source FROM sessions ORDER BY started_at")
            .await,
        [[text("partner")], [text("google")]]
    );
}

#[tokio::test]
async fn a_second_tab_shares_visitor_and_session() {
    let scene = Scene::start().await;
    scene.open("/").await;
    scene.flushed().await;
    scene
        .browser
        .open_in_new_tab(&scene.site.url("/pricing"))
        .await;
    scene.flushed().await;

    assert_eq!(scene.number(VISITORS).await, 1);
    assert_eq!(scene.number(SESSIONS).await, 1);
    assert_eq!(
        scene
            .number("SELECT COUNT(DISTINCT tab_id) FROM events")
            .await,
        2
    );
    assert_eq!(scene.number(PAGE_VIEWS).await, 2);
}

#[tokio::test]
async fn navigation_within_a_page_app_is_one_page_view_each() {
    let app = "<script>
        function go(path, title) { history.pushState({}, '', path); document.title = title; }
    </script>";
    let scene = Scene::with_pages([("app", page_with_sdk("Start", "", app))]).await;
    scene.open("/app").await;
    scene.flushed().await;
    scene.browser.run("go('/app/one', 'One')").await;
    scene.eventually_page_views(2).await;
    scene.browser.run("go('/app/two', 'Two')").await;
    scene.eventually_page_views(3).await;
    scene.browser.run("history.back()").await;
    scene.eventually_page_views(4).await;
    // The same place again is not another page view.
    scene
        .browser
        .run("history.replaceState({}, '', location.href)")
        .await;
    scene.flushed().await;

    let origin = scene.site.url("");
    let views = scene
        .texts("SELECT url, title, referrer FROM events WHERE kind = 'page_view' ORDER BY seq")
        .await;
    let paths: Vec<_> = views
        .iter()
        .map(|view| view[0].as_deref().and_then(|url| url.strip_prefix(&origin)))
        .collect();
    assert_eq!(
        paths,
        ["/app", "/app/one", "/app/two", "/app/one"].map(Some)
    );
    assert_eq!(views[1][1], text("One"), "the title that the router set");
    assert_eq!(views[2][1], text("Two"));
    assert_eq!(
        views[2][2],
        Some(format!("{origin}/app/one")),
        "the page before"
    );
    assert_eq!(scene.number(SESSIONS).await, 1);
}

impl Scene {
    /// Asks the page to send what it has until the database holds this many page views.
    async fn eventually_page_views(&self, expected: i64) {
        let scene = self;
        super::eventually("the page view arrives", || async move {
            scene.browser.settled("waymark.flush()").await;
            scene.number(PAGE_VIEWS).await >= expected
        })
        .await;
    }
}
