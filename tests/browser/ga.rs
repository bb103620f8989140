//! Google Analytics' cookies that appear after the SDK has already sent its first batch.

use super::{Scene, page_with_sdk, text};

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
