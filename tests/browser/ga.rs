//! Google Analytics' ids: from cookies that appear late, under other names or several times, from links and from gtag.js.
//!
//! gtag.js itself cannot be had here: the pages write its cookies and links as it does.

use super::{Scene, eventually, page_with_sdk, text};

/// Writes the two cookies two seconds after the navigation, as gtag does behind a tag manager; where the machine is so
/// slow that they have passed, at once.
fn write_cookies(session_cookie: &str) -> String {
    format!(
        "setTimeout(() => {{
            document.cookie = '_ga=GA1.1.1162820436.1749482504; path=/';
            document.cookie = '_ga_ABC123={session_cookie}; path=/';
        }}, 2000 - performance.now())"
    )
}

async fn late_cookies_reach_session_and_journey(session_cookie: &str, session_id: &str) {
    let page = page_with_sdk("Late", "data-flush-interval-ms=\"200\"", "");
    let scene = Scene::with_pages([("late", page)]).await;
    scene.open("/late").await;
    scene
        .eventually_number("SELECT COUNT(*) FROM events WHERE kind = 'page_view'", 1)
        .await;
    assert_eq!(
        scene.texts("SELECT ga_client_id FROM visitors").await,
        [[None]],
        "the page view was sent before the cookie was there"
    );
    scene.browser.run(&write_cookies(session_cookie)).await;
    scene
        .eventually_number(
            "SELECT COUNT(*) FROM visitors WHERE ga_client_id IS NOT NULL",
            1,
        )
        .await;
    assert_eq!(
        scene
            .texts("SELECT ga_client_id, ga_session_id FROM visitors")
            .await,
        [["1162820436.1749482504", session_id].map(text)]
    );
    assert_eq!(
        scene
            .texts("SELECT ga_client_id, ga_session_id FROM sessions")
            .await,
        [["1162820436.1749482504", session_id].map(text)]
    );
    assert_eq!(
        scene
            .number("SELECT COUNT(*) FROM events WHERE kind = 'ga_linked'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_gs1_cookie_two_seconds_late_is_linked() {
    late_cookies_reach_session_and_journey(
        "GS1.1.1732016998.2.1.1732018235.0.0.692404937",
        "1732016998",
    )
    .await;
}

#[tokio::test]
async fn a_gs2_cookie_two_seconds_late_is_linked() {
    late_cookies_reach_session_and_journey(
        "GS2.1.s1748246127$o6$g1$t1748248990$j22$l0$h263126385",
        "1748246127",
    )
    .await;
}

/// What stands in for gtag.js: `crc32` is what it checks its links by, `brought` makes the value of `_gl` as it does.
const GTAG: &str = "
    const crc32 = (text) => {
        const table = Array.from({ length: 256 }, (_, n) => {
            for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
            return n;
        });
        let sum = 0xffffffff;
        for (let i = 0; i < text.length; i++) sum = (sum >>> 8) ^ table[(sum ^ text.charCodeAt(i)) & 0xff];
        return ((sum ^ -1) >>> 0).toString(36);
    };
    const brought = (cookies, minutes = 0) => {
        const all = Object.entries(cookies).map(([name, value]) => name + '*' + btoa(value).replace(/=/g, '.')).join('*');
        const minute = Math.floor(Date.now() / 60 / 1e3) - minutes;
        const of = [navigator.userAgent, new Date().getTimezoneOffset(), navigator.language, minute, all].join('*');
        return '1*' + crc32(of) + '*' + all;
    };
";

const IDS: &str = "SELECT ga_client_id, ga_session_id FROM visitors";
const KNOWN: &str = "SELECT COUNT(*) FROM visitors WHERE ga_client_id IS NOT NULL";
const LINKED: &str = "SELECT COUNT(*) FROM events WHERE kind = 'ga_linked'";

/// A page with these attributes whose head runs `script` before the SDK.
async fn with(attributes: &str, script: &str) -> Scene {
    let page = page_with_sdk("GA", attributes, "").replace(
        "<script async",
        &format!("<script>{script}</script><script async"),
    );
    Scene::with_pages([("ga", page)]).await
}

/// The ids of the one visitor after everything of a page with these attributes, whose head runs `script`, has arrived.
async fn ids_after(attributes: &str, script: &str) -> Vec<Vec<Option<String>>> {
    let scene = with(attributes, script).await;
    scene.open("/ga").await;
    scene.flushed().await;
    scene.texts(IDS).await
}

#[tokio::test]
async fn cookies_under_the_sites_prefix_count_and_those_without_do_not() {
    let cookies = "document.cookie = '_ga=GA1.1.1.1'; document.cookie = '_ga_ABC=GS1.1.1999999999.1';
        document.cookie = 'shop_ga=GA1.1.22.33'; document.cookie = 'shop_ga_ABC=GS2.1.s1748246127$o6$g1';";
    assert_eq!(
        ids_after("data-ga-cookie-prefix=shop", cookies).await,
        [["22.33", "1748246127"].map(text)]
    );
}

#[tokio::test]
async fn the_widest_of_several_cookies_and_the_sites_own_stream_count() {
    let cookies = "document.cookie = '_ga=GA1.3.33.3; path=/ga'; document.cookie = '_ga=GA1.1-2.12.2; path=/ga';
        document.cookie = '_ga=GA1.1.11.1; path=/'; document.cookie = '_ga_OTHER=GS2.1.s1900000000$o1';
        document.cookie = '_ga_OWN=GS2.1.t1748248990$s1748246127$o6$zNew';";
    let scene = with("data-ga-measurement-id=G-OWN", cookies).await;
    scene.open("/ga").await;
    scene.flushed().await;
    assert_eq!(scene.texts(IDS).await, [["11.1", "1748246127"].map(text)]);
}

#[tokio::test]
async fn deleted_and_foreign_cookies_are_refused_and_the_real_one_is_linked_later() {
    let cookies = "document.cookie = '_ga=deleted'; document.cookie = '_ga_ABC=deleted';";
    let scene = with("data-flush-interval-ms=200", cookies).await;
    scene.open("/ga").await;
    scene.flushed().await;
    assert_eq!(scene.texts(IDS).await, [[None, None]]);
    scene
        .browser
        .run("document.cookie = '_ga=GA1.1.5.6'; document.cookie = '_ga_ABC=GS1.1.77.1';")
        .await;
    scene.eventually_number(KNOWN, 1).await;
    assert_eq!(scene.texts(IDS).await, [["5.6", "77"].map(text)]);
}

#[tokio::test]
async fn gtag_is_asked_where_no_cookie_can_be_read() {
    let gtag = "window.gtag = (command, id, field, then) => setTimeout(() => {
        if (command == 'get' && id == 'G-OWN') then({ client_id: '123.456', session_id: 1748246127 }[field]);
    }, 300);";
    let scene = with(
        "data-ga-measurement-id=G-OWN data-flush-interval-ms=200",
        gtag,
    )
    .await;
    scene.open("/ga?utm_source=partner").await;
    scene.eventually_number(KNOWN, 1).await;
    assert_eq!(
        scene.texts(IDS).await,
        [["123.456", "1748246127"].map(text)]
    );
    assert_eq!(
        scene.texts("SELECT source FROM visitors").await,
        [[text("partner")]]
    );
}

#[tokio::test]
async fn the_stream_to_ask_for_may_be_found_in_its_cookie() {
    let gtag = "document.cookie = '_ga_FOUND=GS2.1.s1748246127$o6';
        window.gtag = (command, id, field, then) => id == 'G-FOUND' && field == 'client_id' && then('123.456');";
    let scene = with(
        "data-ga-measurement-id=auto data-flush-interval-ms=200",
        gtag,
    )
    .await;
    scene.open("/ga").await;
    scene.eventually_number(KNOWN, 1).await;
    assert_eq!(
        scene.texts(IDS).await,
        [["123.456", "1748246127"].map(text)]
    );
}

#[tokio::test]
async fn a_gtag_that_answers_too_late_or_nonsense_is_not_believed_and_nothing_waits_for_it() {
    // Answers of the first time it was asked come once its time is over; later it says undefined, and never anything.
    let gtag = "window.asked = []; window.gtag = (...args) => {
        asked.push(args);
        if (asked.length == 3) args[3](undefined);
        if (asked.length == 5) args[3]('no id');
    };";
    let scene = with(
        "data-ga-measurement-id=G-OWN data-flush-interval-ms=200",
        gtag,
    )
    .await;
    scene.open("/ga").await;
    scene.flushed().await;
    let now =
        "const now = performance.now.bind(performance); performance.now = () => now() + 6_000;";
    scene.browser.run(now).await;
    scene.browser.run("asked[0][3]('123.456')").await;
    for kind in ["one", "two", "three"] {
        scene.browser.run(&format!("waymark.track('{kind}')")).await;
        scene.flushed().await;
        scene.browser.run(now).await;
    }
    assert!(
        scene.browser.run("return asked.length >= 4").await == true,
        "it is asked again once its time is over"
    );
    assert_eq!(scene.texts(IDS).await, [[None, None]]);
    assert_eq!(
        scene.number("SELECT COUNT(*) FROM events").await,
        4,
        "nothing waits for it"
    );
}

#[tokio::test]
async fn a_link_of_another_domain_tells_before_the_cookie_is_written() {
    let link = format!(
        "{GTAG} if (!location.search) location.replace('?_gl=' + brought({{ _ga: '123.456', _ga_ABC: 's1748246127$o6$g1' }}))"
    );
    let scene = with("", &link).await;
    scene.open("/ga").await;
    eventually("the page that was linked to", || async {
        scene.browser.run("return !!location.search").await == true
    })
    .await;
    scene.flushed().await;
    assert_eq!(
        scene.texts(IDS).await,
        [["123.456", "1748246127"].map(text)]
    );
    assert!(
        scene
            .browser
            .run("return document.cookie")
            .await
            .as_str()
            .is_some_and(|all| !all.contains("_ga")),
        "nothing is written in Google Analytics' place"
    );
    // The cookie has the last word.
    scene
        .browser
        .run("document.cookie = '_ga=GA1.1.7.8'; waymark.track('later')")
        .await;
    scene.flushed().await;
    assert_eq!(
        scene.texts("SELECT ga_client_id FROM visitors").await,
        [[text("7.8")]]
    );
}

#[tokio::test]
async fn a_link_that_gtag_would_refuse_is_refused() {
    let link = format!(
        "{GTAG} if (!location.search) location.replace('?_gl=' + brought({{ _ga: '123.456' }}, 5))"
    );
    let scene = with("", &link).await;
    scene.open("/ga").await;
    eventually("the page that was linked to", || async {
        scene.browser.run("return !!location.search").await == true
    })
    .await;
    scene.flushed().await;
    assert_eq!(scene.texts(IDS).await, [[None, None]]);
}

#[tokio::test]
async fn consent_that_comes_late_starts_the_polling_again() {
    let scene = with("data-consent=unknown data-flush-interval-ms=200", "").await;
    // A clock that has all looks over at once would prove nothing: they begin when consent is given.
    scene.open("/ga").await;
    scene.browser.run("waymark.consent('granted')").await;
    scene
        .eventually_number("SELECT COUNT(*) FROM visitors", 1)
        .await;
    assert_eq!(scene.texts(IDS).await, [[None, None]]);
    scene.browser.run("waymark.consent('unknown')").await;
    scene
        .browser
        .run("document.cookie = '_ga=GA1.1.5.6'; document.cookie = '_ga_ABC=GS1.1.77.1';")
        .await;
    scene.browser.run("waymark.consent('granted')").await;
    scene.eventually_number(KNOWN, 1).await;
}

#[tokio::test]
async fn what_is_found_late_is_linked_once_and_the_first_touch_stays() {
    let page = page_with_sdk("Late", "data-flush-interval-ms=200", "");
    let scene = Scene::with_pages([("late", page)]).await;
    scene.open("/late?utm_source=partner").await;
    scene.flushed().await;
    scene
        .browser
        .open_in_new_tab(&scene.site.url("/late"))
        .await;
    scene.flushed().await;
    let before = scene
        .texts("SELECT source, landing_url, CAST(touch_at AS TEXT) FROM visitors")
        .await;
    scene
        .browser
        .run("document.cookie = '_ga=GA1.1.5.6; path=/'; document.cookie = '_ga_ABC=GS1.1.77.1; path=/';")
        .await;
    scene.eventually_number(LINKED, 1).await;
    for kind in ["one", "two"] {
        scene.browser.run(&format!("waymark.track('{kind}')")).await;
        scene.flushed().await;
    }
    scene.browser.close_tab().await;
    scene.browser.run("waymark.track('three')").await;
    scene.flushed().await;
    assert_eq!(scene.number(LINKED).await, 1);
    assert_eq!(
        scene
            .texts("SELECT source, landing_url, CAST(touch_at AS TEXT) FROM visitors")
            .await,
        before
    );
    assert_eq!(scene.texts(IDS).await, [["5.6", "77"].map(text)]);
}
