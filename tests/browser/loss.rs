//! Nothing is lost and nothing counts twice: pages that close, collectors that go away and come back.

use waymark_collector::journey::Loss;
use waymark_collector::store::Store;

use super::{Scene, page_with_sdk};

const COUNTED: &str = "SELECT COUNT(*) FROM events WHERE kind = 'event'";
const DISTINCT: &str = "SELECT COUNT(DISTINCT name) FROM events WHERE kind = 'event'";

fn page() -> String {
    page_with_sdk("Page", "", "<a href=/next>Next</a>")
}

/// What the collector itself says by the numbers of the tabs' items, pings and all.
pub(super) async fn loss(scene: &Scene) -> Loss {
    let store = Store::open(scene.collector.database().url()).await;
    let store = store.expect("the database");
    let loss = store.loss(1, 0, i64::MAX).await.expect("an estimate");
    store.close().await;
    loss
}

#[tokio::test]
async fn a_page_closed_in_the_middle_of_a_batch_loses_nothing() {
    let scene = Scene::with_pages([("", page()), ("next", page())]).await;
    scene.open("/").await;
    scene.flushed().await;
    scene
        .browser
        .open_in_new_tab(&scene.site.url("/next"))
        .await;
    scene.browser.settled("waymark.ready()").await;
    scene
        .browser
        .run("for (let i = 0; i < 30; i++) waymark.track('closing_' + i)")
        .await;
    scene.browser.close_tab().await;

    // What the closing page could not send, the tab that is left or the next page does.
    scene.open("/next").await;
    scene.eventually_number(DISTINCT, 30).await;
    scene.flushed().await;
    assert_eq!(scene.number(COUNTED).await, 30);
    assert_eq!(scene.number("SELECT total_events FROM visitors").await, 30);
    let loss = loss(&scene).await;
    assert_eq!(loss.missing, 0, "{loss:?}");
    assert!(loss.received >= 33, "{loss:?}");
}

#[tokio::test]
async fn what_a_site_calls_on_the_way_out_is_not_lost() {
    let scene = Scene::with_pages([("", page()), ("next", page())]).await;
    scene.open("/").await;
    scene.flushed().await;
    // Listeners of the site's own hear of it when the SDK has heard already.
    let leaving = "addEventListener('pagehide', () => waymark.track('pagehide'));
        document.addEventListener('visibilitychange', () => waymark.track('hidden'))";
    scene.browser.run(leaving).await;
    scene.open("/next").await;
    scene.flushed().await;
    scene.open("/next").await;
    scene.eventually_number(DISTINCT, 2).await;
    scene.flushed().await;
    assert_eq!(scene.number(COUNTED).await, 2);
    assert_eq!(scene.number("SELECT COUNT(*) FROM sessions").await, 1);
    let loss = loss(&scene).await;
    assert_eq!(loss.missing, 0, "{loss:?}");
}

#[tokio::test]
async fn a_collector_that_was_down_across_a_reload_gets_everything_once() {
    let mut scene = Scene::with_pages([("", page()), ("next", page())]).await;
    scene.open("/").await;
    scene.flushed().await;
    scene.collector.kill().await;

    // The SDK itself comes from the collector: this page has it, a page that loads now does not.
    scene
        .browser
        .run("for (let i = 0; i < 10; i++) waymark.track('down_' + i)")
        .await;
    scene.browser.settled("waymark.flush()").await;
    scene.open("/next").await;

    scene.collector.up().await;
    scene.open("/").await;
    scene.browser.run("waymark.track('up_again')").await;
    scene.eventually_number(DISTINCT, 11).await;
    scene.flushed().await;
    assert_eq!(scene.number(COUNTED).await, 11);
    assert_eq!(scene.number("SELECT total_sessions FROM visitors").await, 1);
    assert_eq!(
        scene.number("SELECT total_events FROM visitors").await,
        11,
        "counters count each once"
    );
    assert_eq!(loss(&scene).await.missing, 0);
}

#[tokio::test]
async fn a_collector_killed_while_pages_send_counts_each_item_once() {
    let mut scene = Scene::with_pages([("", page())]).await;
    scene.open("/").await;
    scene.browser.settled("waymark.ready()").await;
    for round in 0..5 {
        scene
            .browser
            .run(&format!(
                "for (let i = 0; i < 20; i++) waymark.track('r{round}_' + i); waymark.flush()"
            ))
            .await;
        scene.collector.kill().await;
        scene.collector.up().await;
    }
    let scene_ref = &scene;
    super::eventually("everything is answered", || async move {
        scene_ref.browser.settled("waymark.flush()").await == 0
    })
    .await;
    assert_eq!(scene.number(DISTINCT).await, 100);
    assert_eq!(scene.number(COUNTED).await, 100);
    assert_eq!(scene.number("SELECT total_events FROM visitors").await, 100);
    assert_eq!(loss(&scene).await.missing, 0);
}
