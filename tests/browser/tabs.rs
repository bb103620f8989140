//! Several tabs and one page that comes back: who sends what, with the Web Locks API and without it.

use serde_json::json;

use super::network::Fate;
use super::{Scene, page_with_sdk};

const COUNTED: &str = "SELECT COUNT(*) FROM events WHERE kind = 'event'";
const DISTINCT: &str = "SELECT COUNT(DISTINCT name) FROM events WHERE kind = 'event'";
const PAGE_VIEWS: &str = "SELECT COUNT(*) FROM events WHERE kind = 'page_view'";
/// Items of one tab that share a number.
const SAME_NUMBER_TWICE: &str = "SELECT COUNT(*) - COUNT(DISTINCT hex(tab_id) || seq) FROM events";

/// What storage holds of items and contexts.
const WAITING: &str = "return Object.keys(localStorage).filter(key => /^wm_[cq]/.test(key))";

fn page(head: &str) -> String {
    page_with_sdk("Page", "", "<a id=next href=/next>Next</a>")
        .replace("<head>", &format!("<head>{head}"))
}

/// As in a browser before the API, or on a page that came by plain http.
const NO_LOCKS: &str = "<script>delete Navigator.prototype.locks</script>";

async fn scene(head: &str) -> Scene {
    Scene::with_pages([("", page(head)), ("next", page(head))]).await
}

async fn what_a_closed_tab_left_is_sent_by_another(head: &str) {
    let scene = scene(head).await;
    scene.open("/").await;
    scene.flushed().await;
    let browser = &scene.browser;
    browser.open_in_new_tab(&scene.site.url("/next")).await;
    browser.settled("waymark.ready()").await;
    browser
        .run("for (let i = 0; i < 30; i++) waymark.track('closing_' + i)")
        .await;
    browser.close_tab().await;
    scene.open("/next").await;
    scene.eventually_number(DISTINCT, 30).await;
    scene.flushed().await;
    assert_eq!(scene.number(COUNTED).await, 30);
    assert_eq!(scene.number("SELECT total_sessions FROM visitors").await, 1);
    assert_eq!(scene.number(SAME_NUMBER_TWICE).await, 0);
    // What held for them goes when the next page has found that nothing needs it.
    scene.open("/next").await;
    scene.flushed().await;
    assert_eq!(
        browser.run(WAITING).await,
        json!([]),
        "nothing stays behind"
    );
}

#[tokio::test]
async fn what_a_closed_tab_left_is_sent_by_another_with_locks() {
    what_a_closed_tab_left_is_sent_by_another("").await;
}

#[tokio::test]
async fn what_a_closed_tab_left_is_sent_by_another_without_locks() {
    what_a_closed_tab_left_is_sent_by_another(NO_LOCKS).await;
}

async fn a_duplicated_tab_counts_for_itself(head: &str) {
    let scene = scene(head).await;
    scene.open("/").await;
    scene.flushed().await;
    let browser = &scene.browser;
    let has_locks = browser.run("return !!navigator.locks").await;
    assert_eq!(has_locks, json!(head.is_empty()));
    let first = browser.settled("waymark.ready()").await;

    // A window opened by a page begins with a copy of its sessionStorage, and with it of the tab's id.
    let known = browser.driver().windows().await.expect("the tabs");
    browser.run("window.open('/next')").await;
    let known = &known;
    super::eventually("the copy has the SDK", || async move {
        let windows = browser.driver().windows().await.expect("the tabs");
        let Some(copy) = windows.into_iter().find(|window| !known.contains(window)) else {
            return false;
        };
        let switched = browser.driver().switch_to_window(copy).await;
        switched.expect("the copy");
        browser.run("return !!window.waymark").await == json!(true)
    })
    .await;
    browser.run("waymark.track('copied')").await;
    scene.flushed().await;
    let second = browser.settled("waymark.ready()").await;
    assert_ne!(first["tabId"], second["tabId"]);
    assert_eq!(first["visitorId"], second["visitorId"]);
    assert_eq!(first["sessionId"], second["sessionId"]);
    assert_eq!(scene.number(PAGE_VIEWS).await, 2);
    assert_eq!(scene.number(SAME_NUMBER_TWICE).await, 0);
}

#[tokio::test]
async fn a_duplicated_tab_counts_for_itself_with_locks() {
    a_duplicated_tab_counts_for_itself("").await;
}

#[tokio::test]
async fn a_duplicated_tab_counts_for_itself_without_locks() {
    a_duplicated_tab_counts_for_itself(NO_LOCKS).await;
}

#[tokio::test]
async fn a_page_back_from_the_cache_is_a_page_view_of_the_same_visit() {
    let noted =
        "<script>addEventListener('pageshow', e => window.persisted = e.persisted)</script>";
    let scene = scene(noted).await;
    scene.open("/").await;
    scene.flushed().await;
    let browser = &scene.browser;
    scene.go_by("#next", "/next").await;
    scene.flushed().await;
    browser.run_to_leave("history.back()").await;
    super::eventually("the first page is back as it was", || async move {
        browser
            .run("return location.pathname == '/' && window.persisted")
            .await
            == json!(true)
    })
    .await;
    browser.run("waymark.track('back_again')").await;
    scene.eventually_number(PAGE_VIEWS, 3).await;
    scene.eventually_number(COUNTED, 1).await;
    scene.flushed().await;
    assert_eq!(scene.number("SELECT total_sessions FROM visitors").await, 1);
    assert_eq!(scene.number("SELECT COUNT(*) FROM visitors").await, 1);
    assert_eq!(scene.number(SAME_NUMBER_TWICE).await, 0);
    assert_eq!(
        scene
            .texts(
                "SELECT v.url FROM events e JOIN events v ON v.id = e.page_view_id
                 WHERE e.kind = 'event' AND v.at = (SELECT MAX(at) FROM events WHERE kind = 'page_view')"
            )
            .await,
        [[super::text(&scene.site.url("/"))]],
        "what happens then belongs to the new page view"
    );
}

#[tokio::test]
async fn what_a_dead_tab_stored_last_may_be_seen_late() {
    let scene = scene("").await;
    scene.open("/").await;
    scene.flushed().await;
    scene.site.network().set(|_| Fate::LostBefore);
    // As if another tab, which is gone, had stored two events. Of one process' storage another one sees the end a little later.
    let leave = "waymark.track('early');
        const stored = (start) => Object.entries(localStorage).find(([key]) => key.startsWith(start));
        const [[context, said], [, item]] = ['wm_c.', 'wm_q.'].map(stored);
        const own = context.split('.')[1];
        const dead = own.slice(0, -1) + (own.endsWith('0') ? '1' : '0');
        const number = context.split('.')[2];
        localStorage['wm_c.' + dead + '.' + number] = said.replace(own, dead);
        const other = (name, seq) => item.replace(/(\"id\":\".{34})../, (_, id) => id + '0' + seq).replace('early', name).replace(/\"seq\":\\d+/, '\"seq\":' + seq);
        localStorage['wm_q.' + dead + '.1'] = other('seen', 1);
        return ['wm_q.' + dead + '.2', other('late', 2)]";
    let late = scene.browser.run(leave).await;
    scene.site.network().set(|_| Fate::Through);
    scene.open("/next").await;
    scene.eventually_number(DISTINCT, 2).await;
    scene.flushed().await;
    let keep = format!("localStorage[{}] = {}", late[0], late[1]);
    scene.browser.run(&keep).await;
    scene.open("/next").await;
    scene.eventually_number(DISTINCT, 3).await;
    scene.flushed().await;
    assert_eq!(scene.number(COUNTED).await, 3);
    scene.open("/next").await;
    scene.flushed().await;
    assert_eq!(
        scene.browser.run(WAITING).await,
        json!([]),
        "nothing stays behind"
    );
}
