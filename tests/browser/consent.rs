//! What the visitor has agreed to: what is held back, where, for how long, and what the browser's own signals count for.

use serde_json::json;

use super::{Chromium, Database, HELD, Scene, page_with_sdk, text};

const ITEMS: &str = "SELECT COUNT(*) FROM events";
const PAGE_VIEWS: &str = "SELECT COUNT(*) FROM events WHERE kind = 'page_view'";
const VISITORS: &str = "SELECT COUNT(*) FROM visitors";
const NAMES: &str = "SELECT name FROM events WHERE kind = 'event' ORDER BY at, seq";

/// The browser's signals, as a visitor switches them on.
const GPC: &str =
    "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })";
const DNT: &str = "Object.defineProperty(Navigator.prototype, 'doNotTrack', { get: () => '1' })";

async fn scene(attributes: &'static str) -> Scene {
    Scene::with_pages([
        ("", page_with_sdk("Home", attributes, "")),
        ("next", page_with_sdk("Next", attributes, "")),
    ])
    .await
}

/// A visitor whose browser sends a signal.
async fn signalled(signal: &str, attributes: &'static str) -> Scene {
    let browser = Chromium::start().await;
    browser.before_each_page(signal).await;
    let pages = [
        ("", page_with_sdk("Home", attributes, "")),
        ("next", page_with_sdk("Next", attributes, "")),
    ];
    Scene::with(Database::sqlite(), pages, browser).await
}

impl Scene {
    /// Nothing is stored in the browser, and nothing has arrived.
    async fn assert_nothing(&self) {
        self.heard().await;
        assert_eq!(self.browser.run(HELD).await, json!([]));
        assert_eq!(self.number(ITEMS).await, 0);
    }
}

#[tokio::test]
async fn without_an_answer_calls_wait_in_memory_and_a_yes_releases_them() {
    let scene = scene("data-consent=\"unknown\"").await;
    scene.open("/?utm_source=partner").await;
    scene
        .browser
        .run("waymark.register({ plan: 'team' }); waymark.track('held'); window.calledAt = Date.now()")
        .await;
    scene.assert_nothing().await;

    scene.browser.run("waymark.consent('granted')").await;
    scene.flushed().await;
    assert_eq!(scene.number(PAGE_VIEWS).await, 1);
    assert_eq!(scene.texts(NAMES).await, [[text("held")]]);
    assert_eq!(
        scene.texts("SELECT source FROM visitors").await,
        [[text("partner")]]
    );
    let props = scene
        .texts("SELECT props FROM events WHERE name = 'held'")
        .await;
    assert_eq!(props, [[text("{\"plan\":\"team\"}")]]);
    let called_at = scene.browser.run("return calledAt").await;
    let at = scene
        .number("SELECT at FROM events WHERE name = 'held'")
        .await;
    assert!(at <= called_at.as_i64().expect("a time"), "the call's time");
    assert_eq!(
        scene
            .texts("SELECT props FROM events WHERE kind = 'consent'")
            .await,
        [[text("{\"state\":\"granted\"}")]]
    );
    scene.collector.assert_quiet_log();
}

#[tokio::test]
async fn what_was_held_without_an_answer_ends_with_the_page() {
    let scene = scene("data-consent=\"unknown\"").await;
    scene.open("/").await;
    scene.browser.run("waymark.track('held')").await;
    scene.assert_nothing().await;
    scene.open("/next").await;
    scene.assert_nothing().await;
    scene.browser.run("waymark.consent('granted')").await;
    scene.flushed().await;
    assert_eq!(scene.number(PAGE_VIEWS).await, 1);
    assert_eq!(scene.texts(NAMES).await.len(), 0);
}

#[tokio::test]
async fn a_yes_given_later_starts_the_look_for_ga4() {
    let scene = scene("data-consent=\"unknown\" data-flush-interval-ms=\"200\"").await;
    scene.open("/").await;
    scene.assert_nothing().await;
    scene.browser.run("waymark.consent('granted')").await;
    scene.eventually_number(PAGE_VIEWS, 1).await;
    // Written after the yes, as tag managers do.
    scene
        .browser
        .run(
            "document.cookie = '_ga=GA1.1.1162820436.1749482504; path=/';
             document.cookie = '_ga_ABC=GS2.1.s1748246127$o6$g1; path=/'",
        )
        .await;
    scene
        .eventually_number(
            "SELECT COUNT(*) FROM visitors WHERE ga_client_id = '1162820436.1749482504'",
            1,
        )
        .await;
}

#[tokio::test]
async fn a_no_removes_what_was_stored_and_records_nothing_more() {
    let scene = scene("").await;
    scene.open("/").await;
    scene
        .browser
        .run("waymark.register({ plan: 'team' })")
        .await;
    scene.flushed().await;
    let before = scene.number(ITEMS).await;
    assert_ne!(scene.browser.run(HELD).await, json!([]));

    scene
        .browser
        .run("waymark.consent('denied'); waymark.track('no'); waymark.page({ url: location.href + 'x' })")
        .await;
    scene.heard().await;
    assert_eq!(scene.browser.run(HELD).await, json!([]));
    assert_eq!(scene.number(ITEMS).await, before);
    scene.browser.run("waymark.consent('granted')").await;
    scene.flushed().await;
    assert_eq!(scene.number(VISITORS).await, 2, "who agrees again is new");
    assert_eq!(scene.texts(NAMES).await.len(), 0);
}

#[tokio::test]
async fn global_privacy_control_counts_as_a_no() {
    let scene = signalled(GPC, "").await;
    scene.open("/").await;
    scene.browser.run("waymark.track('no')").await;
    scene.assert_nothing().await;
}

#[tokio::test]
async fn a_visitor_who_was_asked_and_agreed_counts_in_spite_of_the_signal() {
    let scene = signalled(GPC, "").await;
    scene.open("/").await;
    scene.assert_nothing().await;
    scene.browser.run("waymark.consent('granted')").await;
    scene.flushed().await;
    // The next page need not ask again.
    scene.open("/next").await;
    scene.flushed().await;
    assert_eq!(scene.number(PAGE_VIEWS).await, 2);
    assert_eq!(scene.number(VISITORS).await, 1);
    // A no is remembered by forgetting the yes.
    scene.browser.run("waymark.consent('denied')").await;
    scene.heard().await;
    scene.open("/").await;
    scene.heard().await;
    assert_eq!(scene.browser.run(HELD).await, json!([]));
    assert_eq!(scene.number(PAGE_VIEWS).await, 2);
}

#[tokio::test]
async fn a_setting_leaves_global_privacy_control_to_the_site() {
    let scene = signalled(GPC, "data-global-privacy-control=\"false\"").await;
    scene.open("/").await;
    scene.flushed().await;
    assert_eq!(scene.number(PAGE_VIEWS).await, 1);
}

#[tokio::test]
async fn do_not_track_counts_where_a_setting_says_so() {
    let scene = signalled(DNT, "data-do-not-track").await;
    scene.open("/").await;
    scene.browser.run("waymark.track('no')").await;
    scene.assert_nothing().await;
}

#[tokio::test]
async fn do_not_track_counts_for_nothing_by_itself() {
    let scene = signalled(DNT, "").await;
    scene.open("/").await;
    scene.flushed().await;
    assert_eq!(scene.number(PAGE_VIEWS).await, 1);
}
