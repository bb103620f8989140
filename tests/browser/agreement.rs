//! What is said in one tab holds in all: who the visitor is, and what they have agreed to.

use serde_json::{Value, json};

use super::{Scene, eventually, page_with_own_sdk, text};

const EVENTS: &str = "SELECT COUNT(*) FROM events WHERE kind = 'event'";

/// Two tabs on the same site. The first is the current one.
struct Tabs {
    scene: Scene,
    first: thirtyfour::WindowHandle,
    second: thirtyfour::WindowHandle,
}

impl Tabs {
    async fn open(attributes: &str) -> Self {
        let scene = Scene::with_pages([
            (
                "",
                page_with_own_sdk("Home", attributes, "<a href=/next>Next</a>"),
            ),
            ("next", page_with_own_sdk("Next", attributes, "")),
        ])
        .await;
        let driver = scene.browser.driver();
        scene.open("/").await;
        scene.loaded().await;
        let first = driver.window().await.expect("a tab");
        scene
            .browser
            .open_in_new_tab(&scene.site.url("/next"))
            .await;
        scene.loaded().await;
        let second = driver.window().await.expect("a tab");
        let tabs = Self {
            scene,
            first,
            second,
        };
        tabs.to_first().await;
        tabs
    }

    async fn to_first(&self) {
        let driver = self.scene.browser.driver();
        driver
            .switch_to_window(self.first.clone())
            .await
            .expect("the first tab");
    }

    async fn to_second(&self) {
        let driver = self.scene.browser.driver();
        driver
            .switch_to_window(self.second.clone())
            .await
            .expect("the second tab");
    }

    async fn ids(&self) -> Value {
        self.scene.browser.settled("waymark.ready()").await
    }

    /// Waits until the current tab is measured for this visitor.
    async fn eventually_visitor(&self, expected: &Value) {
        eventually("the tab has heard of it", || async move {
            self.ids().await["visitorId"] == *expected
        })
        .await;
    }
}

impl Scene {
    async fn loaded(&self) {
        eventually("the script has taken over", || async move {
            self.browser
                .run("return !!window.waymark && !Array.isArray(waymark.q)")
                .await
                == json!(true)
        })
        .await;
    }

    /// What is stored under names of the SDK, and whether its cookie is there.
    async fn kept(&self) -> Value {
        self.browser
            .run("return [Object.keys(localStorage).filter(key => key.startsWith('wm_')), document.cookie.includes('wm_id')]")
            .await
    }
}

#[tokio::test]
async fn a_reset_in_one_tab_ends_the_visitor_in_the_others() {
    let often = "data-heartbeat-ms=100 data-flush-interval-ms=50";
    let tabs = Tabs::open(often).await;
    let scene = &tabs.scene;
    // Both pages are seen by the visitor whom the reset ends.
    tabs.to_second().await;
    let old = tabs.ids().await["visitorId"].clone();
    scene.flushed().await;
    tabs.to_first().await;
    tabs.eventually_visitor(&old).await;
    scene.browser.run("waymark.reset()").await;
    let new = tabs.ids().await["visitorId"].clone();
    assert_ne!(new, old);

    tabs.to_second().await;
    tabs.eventually_visitor(&new).await;
    // What is stored in one process another sees a little later; until then the tab measures as before.
    let heard_at = scene.browser.run("return Date.now()").await;
    let heard_at = heard_at.as_i64().expect("a time");
    // Its page is left open, scrolled and brought to the front.
    scene.browser.to_front().await;
    scene
        .browser
        .run("dispatchEvent(new Event('scroll'))")
        .await;
    scene
        .browser
        .settled("new Promise(done => setTimeout(done, 500))")
        .await;
    scene.browser.run("waymark.track('afterwards')").await;
    scene.flushed().await;
    scene.eventually_number(EVENTS, 1).await;
    let late: Vec<Value> = (scene.site.network().sent().iter())
        .filter(|sent| sent.batch["context"]["visitor_id"] == old)
        .flat_map(|sent| sent.batch["items"].as_array().cloned().unwrap_or_default())
        .filter(|item| item["at"].as_i64() > Some(heard_at))
        .collect();
    assert_eq!(
        late,
        Vec::<Value>::new(),
        "nothing more is written for the old visitor"
    );
    let event =
        "SELECT lower(hex(visitor_id)), hex(page_view_id) FROM events WHERE name = 'afterwards'";
    let visitor = new.as_str().expect("an id").replace('-', "");
    assert_eq!(
        scene.texts(event).await,
        [[text(&visitor), text("")]],
        "nor for their page view"
    );
    assert_eq!(scene.number("SELECT COUNT(*) FROM visitors").await, 2);
}

#[tokio::test]
async fn a_person_known_in_one_tab_is_known_in_the_others() {
    let tabs = Tabs::open("").await;
    let scene = &tabs.scene;
    tabs.ids().await;
    tabs.to_second().await;
    tabs.ids().await;
    scene.flushed().await;
    tabs.to_first().await;
    scene.browser.run("waymark.identify('user-7')").await;
    scene.flushed().await;
    tabs.to_second().await;
    scene.browser.run("waymark.track('afterwards')").await;
    scene.flushed().await;
    let sent = scene.site.network().sent();
    let batch = sent
        .iter()
        .find(|sent| sent.names() == ["afterwards"])
        .expect("the event was sent");
    assert_eq!(batch.batch["context"]["user_id"], json!("user-7"));
    assert_eq!(scene.number("SELECT COUNT(*) FROM sessions").await, 1);
}

/// Makes a call in the second tab while the first is shown, and waits until it is stored, not sent.
async fn track_behind(tabs: &Tabs, name: &str) {
    let scene = &tabs.scene;
    tabs.to_second().await;
    scene.flushed().await;
    // A tab that is left sends what it has.
    let later = format!("setTimeout(() => waymark.track('{name}'), 400)");
    scene.browser.run(&later).await;
    tabs.to_first().await;
    scene.flushed().await;
    let stored =
        format!("return Object.values(localStorage).some(text => text.includes('{name}'))");
    let stored = stored.as_str();
    eventually("the call is stored", || async move {
        scene.browser.run(stored).await == json!(true)
    })
    .await;
}

#[tokio::test]
async fn consent_withdrawn_in_one_tab_silences_the_others() {
    let tabs = Tabs::open("data-flush-interval-ms=3000").await;
    let scene = &tabs.scene;
    track_behind(&tabs, "not_sent_yet").await;
    let sent = scene.site.network().sent().len();
    scene.browser.run("waymark.consent('denied')").await;
    tabs.to_second().await;
    scene.browser.run("waymark.track('too_late')").await;
    // Longer than what is made waits for company.
    scene
        .browser
        .settled("new Promise(done => setTimeout(done, 3500))")
        .await;
    assert_eq!(scene.browser.settled("waymark.flush()").await, json!(0));
    tabs.to_first().await;
    assert_eq!(
        scene.site.network().sent().len(),
        sent,
        "nobody sends anything"
    );
    assert_eq!(scene.number(EVENTS).await, 0);
}

#[tokio::test]
async fn consent_withdrawn_in_one_tab_leaves_nothing_behind_and_may_be_given_again() {
    let tabs = Tabs::open("").await;
    let scene = &tabs.scene;
    track_behind(&tabs, "forgotten").await;
    scene.browser.run("waymark.consent('denied')").await;
    tabs.to_second().await;
    scene
        .browser
        .run("waymark.track('too_late'); dispatchEvent(new Event('scroll'))")
        .await;
    scene
        .browser
        .settled("new Promise(done => setTimeout(done, 200))")
        .await;
    assert_eq!(scene.kept().await, json!([[], false]));
    // Given in either tab, it is given in both, to a visitor whom nobody knows.
    scene
        .browser
        .run("waymark.consent('granted'); waymark.track('again_second')")
        .await;
    scene.flushed().await;
    tabs.to_first().await;
    scene.browser.run("waymark.track('again_first')").await;
    scene.flushed().await;
    assert_eq!(
        scene
            .texts("SELECT name FROM events WHERE kind = 'event' ORDER BY name")
            .await,
        [[text("again_first")], [text("again_second")]]
    );
    assert_eq!(scene.number("SELECT COUNT(*) FROM visitors").await, 2);
    assert_eq!(
        scene
            .number("SELECT COUNT(*) FROM events WHERE kind = 'consent'")
            .await,
        1
    );
}

#[tokio::test]
async fn consent_given_in_one_tab_releases_what_the_others_hold() {
    let tabs = Tabs::open("data-consent=unknown").await;
    let scene = &tabs.scene;
    tabs.to_second().await;
    scene.browser.run("waymark.track('held')").await;
    tabs.to_first().await;
    assert_eq!(scene.kept().await, json!([[], false]));
    scene.browser.run("waymark.consent('granted')").await;
    scene.flushed().await;
    tabs.to_second().await;
    scene.flushed().await;
    assert_eq!(
        scene
            .number("SELECT COUNT(*) FROM events WHERE kind = 'page_view'")
            .await,
        2
    );
    assert_eq!(scene.number(EVENTS).await, 1);
    assert_eq!(
        scene
            .number("SELECT COUNT(*) FROM events WHERE kind = 'consent'")
            .await,
        1
    );
    assert_eq!(scene.number("SELECT COUNT(*) FROM visitors").await, 1);
    assert_eq!(scene.number("SELECT COUNT(*) FROM sessions").await, 1);
}

#[tokio::test]
async fn a_page_back_from_the_cache_knows_that_consent_was_withdrawn() {
    let noted = "<script>addEventListener('pageshow', e => window.persisted = e.persisted)</script><a href=/next>Next</a>";
    let scene = Scene::with_pages([
        ("", page_with_own_sdk("Home", "", noted)),
        ("next", page_with_own_sdk("Next", "", "")),
    ])
    .await;
    scene.open("/").await;
    scene.flushed().await;
    let browser = &scene.browser;
    scene.go_by("a", "/next").await;
    scene.flushed().await;
    browser.run("waymark.consent('denied')").await;
    let sent = scene.site.network().sent().len();
    browser.run_to_leave("history.back()").await;
    eventually("the first page is back as it was", || async move {
        browser
            .run("return location.pathname == '/' && window.persisted")
            .await
            == json!(true)
    })
    .await;
    browser.run("waymark.track('too_late')").await;
    assert_eq!(browser.settled("waymark.flush()").await, json!(0));
    browser
        .settled("new Promise(done => setTimeout(done, 500))")
        .await;
    assert_eq!(scene.kept().await, json!([[], false]));
    assert_eq!(scene.site.network().sent().len(), sent, "nothing was sent");
}

#[tokio::test]
async fn a_site_that_empties_its_storage_keeps_its_visitor() {
    let scene = Scene::start().await;
    scene.open("/").await;
    scene.flushed().await;
    let before = scene.browser.settled("waymark.ready()").await;
    scene
        .browser
        .run("localStorage.clear(); waymark.track('goes_on')")
        .await;
    scene.flushed().await;
    let after = scene.browser.settled("waymark.ready()").await;
    assert_eq!(before["visitorId"], after["visitorId"]);
    assert_eq!(scene.number(EVENTS).await, 1);
    assert_eq!(scene.number("SELECT COUNT(*) FROM visitors").await, 1);
}
