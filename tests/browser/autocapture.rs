//! Autocapture: what visitors do, without a call for each, in the owner's database; and what never gets there.

mod clicks;
mod errors;
mod forms;
mod frustration;
mod media;
mod vitals;

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::drivers::Kind;
use super::{Scene, eventually, page_with_sdk};

/// Keeps what is listened to and how, what reaches the page as an error, and the files that it asks for.
const WATCH: &str = "
    window.listened = [];
    window.seen = [];
    const add = EventTarget.prototype.addEventListener;
    add.call(window, 'error', e => seen.push(String(e.message)));
    add.call(window, 'unhandledrejection', e => seen.push(String(e.reason)));
    EventTarget.prototype.addEventListener = function (type, listener, options) {
        listened.push([type, options?.passive === true]);
        return add.call(this, type, listener, options);
    };
";

const FILES: &str = "return performance.getEntriesByType('resource').map(e => e.name).filter(n => n.includes('autocapture')).length";

/// What each part listens to that nothing else does.
const ALL: &str = "unhandledrejection";

impl Scene {
    /// A page with this body, of which everything is captured, open.
    async fn capturing(body: &str) -> Self {
        Self::capturing_with("data-autocapture", ALL, body).await
    }

    /// The same with these attributes, once somebody listens to `event`.
    async fn capturing_with(attributes: &str, event: &str, body: &str) -> Self {
        let scene = Self::with_pages([
            ("", page_with_sdk("Home", attributes, body)),
            ("next", page_with_sdk("Next", "", "")),
        ])
        .await;
        scene.browser.before_each_page(WATCH).await;
        scene.open("/").await;
        scene.captures(event).await;
        scene
    }

    /// Waits until the chunk is there.
    async fn captures(&self, event: &str) {
        let script = format!("return listened.some(([type]) => type == '{event}')");
        let (browser, script) = (&self.browser, script.as_str());
        eventually("autocapture begins", || async move {
            browser.run(script).await == json!(true)
        })
        .await;
    }

    async fn find(&self, css: &str) -> WebElement {
        let driver = self.browser.driver();
        driver
            .find(By::Css(css))
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    async fn click_on(&self, css: &str) {
        let element = self.find(css).await;
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    async fn type_into(&self, css: &str, keys: impl Into<TypingData>) {
        let element = self.find(css).await;
        element
            .send_keys(keys)
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// A button of the mouse, pressed and released so many times in the middle of an element.
    async fn press(&self, css: &str, button: &str, times: u32) {
        if Kind::asked_for() != Kind::Chromium {
            assert_eq!(button, "left", "other buttons are Chromium's alone here");
            let element = self.find(css).await;
            let chain = self.browser.driver().action_chain();
            let chain = chain.move_to_element_center(&element);
            let chain = (0..times).fold(chain, |chain, _| chain.click());
            return chain.perform().await.expect("clicks");
        }
        let script = format!(
            "const box = document.querySelector('{css}').getBoundingClientRect();
             return [box.x + box.width / 2, box.y + box.height / 2]"
        );
        let place = self.browser.run(&script).await;
        for count in 1..=times {
            for kind in ["mousePressed", "mouseReleased"] {
                self.browser
                    .devtools(
                        "Input.dispatchMouseEvent",
                        json!({
                            "type": kind, "x": place[0], "y": place[1],
                            "button": button, "clickCount": count,
                        }),
                    )
                    .await;
            }
        }
    }

    /// Name and properties of every event, in the order in which they were made.
    async fn events(&self) -> Vec<(String, Value)> {
        let rows = self
            .texts("SELECT name, coalesce(props, 'null') FROM events WHERE kind = 'event' ORDER BY seq")
            .await;
        rows.into_iter()
            .map(|row| match row.as_slice() {
                [Some(name), Some(props)] => (
                    name.clone(),
                    serde_json::from_str(props).expect("properties"),
                ),
                other => panic!("a name and properties: {other:?}"),
            })
            .collect()
    }

    /// The names of the events.
    async fn names(&self) -> Vec<String> {
        let events = self.events().await;
        events.into_iter().map(|(name, _)| name).collect()
    }

    /// The properties of the events of this name.
    async fn all(&self, name: &str) -> Vec<Value> {
        let events = self.events().await;
        events
            .into_iter()
            .filter_map(|(other, props)| (other == name).then_some(props))
            .collect()
    }

    /// Waits, without asking the page to send anything, until there are so many events of this name.
    async fn eventually_all(&self, name: &str, count: usize) -> Vec<Value> {
        eventually(name, || async move { self.all(name).await.len() >= count }).await;
        self.all(name).await
    }

    /// Fails if autocapture let an error reach the page.
    async fn unharmed(&self) {
        assert_eq!(self.browser.run("return seen").await, json!([]));
    }
}

#[tokio::test]
async fn a_page_without_autocapture_loads_no_chunk() {
    let scene = Scene::with_pages([(
        "",
        page_with_sdk("Home", "data-autocapture=false", "<button>Buy</button>"),
    )])
    .await;
    scene.browser.before_each_page(WATCH).await;
    scene.open("/").await;
    scene.click_on("button").await;
    scene.flushed().await;
    assert_eq!(scene.browser.run(FILES).await, json!(0));
    assert_eq!(scene.names().await, Vec::<String>::new());
}

#[tokio::test]
async fn only_the_parts_that_are_named_are_on() {
    let body = "<button>Buy</button><a href=/next>Next</a>";
    let scene = Scene::capturing_with("data-autocapture='errors, downloads'", ALL, body).await;
    scene.click_on("button").await;
    scene.click_on("a").await;
    scene.flushed().await;
    assert_eq!(scene.names().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_npm_package_captures_what_its_settings_say() {
    let page = "<!doctype html><title>App</title><button>Buy</button><script type=module>
        import waymark from '/sdk/index.js';
        waymark.init({ key: '{{WAYMARK_KEY}}', endpoint: '{{WAYMARK_ORIGIN}}', autocapture: { clicks: true, errors: false } });
        window.waymark = waymark;
    </script>";
    let scene = Scene::with_pages([("", page.to_owned())]).await;
    scene.browser.before_each_page(WATCH).await;
    scene.open("/").await;
    scene.captures("auxclick").await;
    scene
        .browser
        .run("setTimeout(() => { throw new Error('unseen') })")
        .await;
    scene.click_on("button").await;
    scene.flushed().await;
    assert_eq!(scene.names().await, ["click"]);
}

#[tokio::test]
async fn nothing_is_captured_before_consent() {
    let attributes = "data-autocapture data-consent=unknown";
    let scene = Scene::capturing_with(
        attributes,
        ALL,
        "<button onclick='this.append(1)'>Buy</button>",
    )
    .await;
    scene.click_on("button").await;
    assert_eq!(scene.browser.settled("waymark.flush()").await, json!(0));
    assert_eq!(scene.number("SELECT COUNT(*) FROM events").await, 0);
    assert_eq!(
        scene.browser.run("return localStorage.length").await,
        json!(0)
    );

    scene.browser.run("waymark.consent('granted')").await;
    scene.flushed().await;
    assert_eq!(scene.names().await, ["click"], "what was held is released");
    scene.browser.run("waymark.consent('denied')").await;
    scene.click_on("button").await;
    scene.open("/next").await;
    scene.flushed().await;
    assert_eq!(scene.names().await, ["click"], "and no more after a no");
}

#[tokio::test]
async fn no_listener_can_hold_the_page_up() {
    let scene = Scene::capturing_with(
        "data-autocapture='clicks forms outbound downloads media rage errors'",
        ALL,
        "<button>Buy</button>",
    )
    .await;
    let before = scene.browser.run("return listened.length").await;
    scene.click_on("button").await;
    let after = scene.browser.run("return listened.length").await;
    assert!(before.as_u64() < after.as_u64(), "a click is watched");
    let types = "click auxclick submit input playing timeupdate ended error unhandledrejection scroll focusin";
    let script = format!(
        "return '{types}'.split(' ').filter(type => !listened.some(([t, passive]) => t == type && passive)
            || listened.some(([t, passive]) => t == type && !passive))"
    );
    assert_eq!(scene.browser.run(&script).await, json!([]));
    scene.unharmed().await;
}
