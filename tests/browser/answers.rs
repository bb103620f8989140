//! What the collector may answer, or not answer at all, and what the SDK makes of each.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::network::{Fate, Sent, names};
use super::{Scene, eventually, page_with_own_sdk, text};

const COUNTED: &str = "SELECT COUNT(*) FROM events WHERE kind = 'event'";
const NAMES: &str = "SELECT name FROM events WHERE kind = 'event' ORDER BY name";

/// A site whose page has sent its page view. What it makes waits until it is asked for.
async fn scene() -> Scene {
    let patient = "data-flush-interval-ms=60000 data-batch-size=400";
    let page = page_with_own_sdk("Home", patient, "<a href=/plain>Plain</a>");
    let plain = "<!doctype html><title>Plain</title>".to_owned();
    let scene = Scene::with_pages([("", page), ("plain", plain)]).await;
    scene.open("/").await;
    scene.flushed().await;
    scene
}

fn items(batch: &Value) -> &Vec<Value> {
    batch["items"].as_array().expect("items")
}

impl Scene {
    /// Makes these events, and sends them once.
    async fn send(&self, names: &[&str]) -> Value {
        let calls: String = names
            .iter()
            .map(|name| format!("waymark.track('{name}');"))
            .collect();
        self.browser.run(&calls).await;
        self.browser.settled("waymark.flush()").await
    }

    /// How many requests had events in them.
    fn requests(&self) -> usize {
        let sent = self.site.network().sent();
        sent.iter().filter(|sent| !sent.names().is_empty()).count()
    }

    async fn assert_names(&self, expected: &[&str]) {
        let expected: Vec<_> = expected.iter().map(|name| vec![text(name)]).collect();
        assert_eq!(self.texts(NAMES).await, expected);
    }
}

#[tokio::test]
async fn what_an_answer_names_is_done_and_the_rest_is_sent_again() {
    let scene = scene().await;
    let mut answered = false;
    scene.site.network().set(move |batch| {
        if std::mem::replace(&mut answered, true) {
            return Fate::Through;
        }
        let results: Vec<_> = items(batch)
            .iter()
            .filter_map(|item| match item["data"]["name"].as_str() {
                Some("dropped") => {
                    Some(json!({ "id": item["id"], "status": "dropped", "reason": "too_large" }))
                }
                Some("later") => Some(
                    json!({ "id": item["id"], "status": "retry", "reason": "store_unavailable" }),
                ),
                _ => None,
            })
            .collect();
        Fate::Answered(200, None, json!({ "results": results }).to_string())
    });
    scene.send(&["dropped", "later", "unnamed"]).await;
    scene.flushed().await;
    scene.assert_names(&["later", "unnamed"]).await;
    let sent = scene.site.network().sent();
    let again: Vec<_> = sent
        .iter()
        .map(Sent::names)
        .filter(|names| !names.is_empty())
        .collect();
    assert_eq!(
        again,
        [
            vec!["dropped", "later", "unnamed"],
            vec!["later", "unnamed"]
        ]
    );
}

#[tokio::test]
async fn a_batch_that_is_too_large_is_halved_until_it_fits() {
    let scene = scene().await;
    scene.site.network().set(|batch| match items(batch).len() {
        0..=2 => Fate::Through,
        _ => Fate::Answered(413, None, String::new()),
    });
    let made = ["a", "b", "c", "d", "e", "f", "g"];
    scene.send(&made).await;
    scene.flushed().await;
    scene.assert_names(&made).await;
    assert!(
        scene.requests() <= 3 + made.len(),
        "{} requests",
        scene.requests()
    );
}

#[tokio::test]
async fn an_item_that_is_too_large_by_itself_costs_itself_alone() {
    let scene = scene().await;
    scene.site.network().set(|batch| {
        if names(batch).contains(&"huge") {
            Fate::Answered(413, None, String::new())
        } else {
            Fate::Through
        }
    });
    scene.send(&["a", "huge", "z"]).await;
    scene.flushed().await;
    scene.assert_names(&["a", "z"]).await;
}

#[tokio::test]
async fn an_answer_that_asks_to_wait_is_waited_for() {
    for status in [429, 503] {
        let scene = scene().await;
        let mut asked = false;
        scene.site.network().set(move |_| {
            if std::mem::replace(&mut asked, true) {
                Fate::Through
            } else {
                Fate::Answered(status, Some(2), String::new())
            }
        });
        assert_eq!(scene.send(&["patient"]).await, json!(1), "it still waits");
        assert_eq!(
            scene.send(&["hasty"]).await,
            json!(2),
            "however often it is asked"
        );
        scene.eventually_number(COUNTED, 2).await;
        let times: Vec<_> = (scene.site.network().sent().iter())
            .filter(|sent| !sent.names().is_empty())
            .map(|sent| sent.at)
            .collect();
        let [first, second] = times[..] else {
            panic!("{status}: {} requests", times.len());
        };
        assert!(
            second - first >= Duration::from_millis(1_990),
            "{status}: {:?}",
            second - first
        );
        scene.flushed().await;
    }
}

#[tokio::test]
async fn a_collector_that_refuses_for_a_while_gets_everything_once() {
    let scene = scene().await;
    // More than can be stored, for longer than one wait and over two pages.
    let until = Instant::now() + Duration::from_secs(6);
    scene.site.network().set(move |_| {
        if Instant::now() < until {
            Fate::Answered(503, Some(1), String::new())
        } else {
            Fate::Through
        }
    });
    for name in ["a", "b"] {
        scene.send(&[name]).await;
    }
    scene.open("/").await;
    for name in ["c", "d"] {
        scene.send(&[name]).await;
    }
    scene.eventually_number(COUNTED, 4).await;
    scene.flushed().await;
    scene.assert_names(&["a", "b", "c", "d"]).await;
    // It came again by itself, and not at once each time.
    let requests = scene.site.network().sent().len();
    assert!((4..=20).contains(&requests), "{requests} requests");
}

#[tokio::test]
async fn a_key_or_page_that_is_refused_stops_sending_until_the_next_page() {
    for status in [401, 403] {
        let scene = scene().await;
        scene
            .site
            .network()
            .set(move |_| Fate::Answered(status, None, String::new()));
        assert_eq!(scene.send(&["one"]).await, json!(1));
        assert_eq!(scene.send(&["two"]).await, json!(2));
        assert_eq!(scene.requests(), 1, "{status}: nobody is asked again");
        scene.site.network().set(|_| Fate::Through);
        scene.open("/").await;
        scene.flushed().await;
        scene.assert_names(&["one", "two"]).await;
    }
}

#[tokio::test]
async fn a_context_that_cannot_be_read_is_held_back_and_the_next_goes_through() {
    let scene = scene().await;
    scene.site.network().set(|batch| {
        if batch["context"]["user_id"].is_null() {
            Fate::Answered(400, None, String::new())
        } else {
            Fate::Through
        }
    });
    scene.send(&["held"]).await;
    scene.browser.run("waymark.identify('user-7')").await;
    scene.send(&["goes"]).await;
    scene.eventually_number(COUNTED, 1).await;
    scene.assert_names(&["goes"]).await;
    let tries = |scene: &Scene| {
        let sent = scene.site.network().sent();
        sent.iter()
            .filter(|sent| sent.names().contains(&"held"))
            .count()
    };
    assert_eq!(tries(&scene), 1, "it is not tried at once again");
    scene.site.network().set(|_| Fate::Through);
    scene.open("/").await;
    scene.flushed().await;
    scene.assert_names(&["goes", "held"]).await;
}

#[tokio::test]
async fn a_request_or_an_answer_that_is_lost_counts_each_event_once() {
    let scene = scene().await;
    let mut fates = [
        Fate::LostBefore,
        Fate::LostAfter,
        Fate::Answered(502, None, "<html>".to_owned()),
    ]
    .into_iter();
    scene
        .site
        .network()
        .set(move |_| fates.next().unwrap_or(Fate::Through));
    scene.send(&["a", "b", "c"]).await;
    scene.flushed().await;
    scene.assert_names(&["a", "b", "c"]).await;
    assert!(scene.requests() >= 4);
    assert_eq!(scene.number("SELECT total_events FROM visitors").await, 3);
}

#[tokio::test]
async fn a_browser_without_requests_that_outlive_the_page_sends_a_beacon() {
    let patient = "data-flush-interval-ms=60000";
    let page = page_with_own_sdk("Home", patient, "<a href=/plain>Plain</a>");
    let plain = "<!doctype html><title>Plain</title>".to_owned();
    let scene = Scene::with_pages([("", page), ("plain", plain)]).await;
    // Firefox before 133.
    let old = "delete Request.prototype.keepalive;
        const send = navigator.sendBeacon;
        navigator.sendBeacon = function (...args) {
            sessionStorage.setItem('beacons', 1 + +sessionStorage.getItem('beacons'));
            return send.apply(this, args);
        }";
    scene.browser.before_each_page(old).await;
    scene.open("/").await;
    scene.flushed().await;
    scene
        .browser
        .run("waymark.track('leaving'); document.querySelector('a').click()")
        .await;
    scene.eventually_number(COUNTED, 1).await;
    assert_eq!(
        scene.browser.run("return location.pathname").await,
        json!("/plain")
    );
    assert_eq!(
        scene
            .browser
            .run("return +sessionStorage.getItem('beacons')")
            .await,
        json!(1)
    );

    // Nobody heard whether it arrived, so the next page sends it again.
    scene.open("/").await;
    scene.flushed().await;
    let sent = scene.site.network().sent();
    assert_eq!(
        sent.iter()
            .filter(|sent| sent.names() == ["leaving"])
            .count(),
        2
    );
    assert_eq!(scene.number(COUNTED).await, 1);
    assert_eq!(scene.number("SELECT total_events FROM visitors").await, 1);
    assert_eq!(
        scene.number("SELECT total_page_views FROM visitors").await,
        2
    );
}

#[tokio::test]
async fn what_is_more_than_may_outlive_the_page_waits_for_the_next() {
    let scene = scene().await;
    // An answer would make room again.
    scene
        .site
        .network()
        .set(|_| Fate::Late(Duration::from_secs(4)));
    scene
        .browser
        .run("for (let i = 0; i < 25; i++) waymark.track('big_' + i, { text: 'x'.repeat(9000) })")
        .await;
    let before = scene.site.network().sent().len();
    scene.open("/plain").await;
    let scene_ref = &scene;
    eventually("the page has sent what it may", || async move {
        scene_ref.site.network().sent().len() > before
    })
    .await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let sent = scene.site.network().sent().split_off(before);
    let bytes: usize = sent.iter().map(|sent| sent.bytes).sum();
    assert!((50_000..=60 * 1024).contains(&bytes), "{bytes} bytes");
    let carried: HashSet<_> = sent.iter().flat_map(Sent::names).collect();
    assert!((5..25).contains(&carried.len()), "{carried:?}");

    scene.site.network().set(|_| Fate::Through);
    scene.open("/").await;
    scene.flushed().await;
    scene.eventually_number(COUNTED, 25).await;
    assert_eq!(
        scene
            .number("SELECT COUNT(DISTINCT name) FROM events WHERE kind = 'event'")
            .await,
        25
    );
    assert_eq!(scene.number("SELECT total_events FROM visitors").await, 25);
}
