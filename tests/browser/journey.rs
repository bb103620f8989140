//! The main job, end to end: through a campaign link to the demo site, a sign-up, and the journey in the dashboard,
//! live, on both databases.

use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::{Chromium, Database, KEY, Scene, eventually, text};
use crate::support::app::after;
use crate::support::batch::{Visit, event, item, now, page_view};
use crate::support::program::good;

const EMAIL: &str = "owner@example.test";
const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn a_visit_becomes_a_journey_in_the_dashboard_on_sqlite() {
    a_visit_becomes_a_journey_in_the_dashboard(Database::sqlite(), "sqlite").await;
}

#[tokio::test]
async fn a_visit_becomes_a_journey_in_the_dashboard_on_postgres() {
    a_visit_becomes_a_journey_in_the_dashboard(Database::postgres().await, "postgres").await;
}

async fn a_visit_becomes_a_journey_in_the_dashboard(database: Database, kind: &str) {
    let scene = Scene::with(database, [], Chromium::start().await).await;
    let browser = &scene.browser;

    // The owner's first steps, and a dashboard that waits.
    scene.set_up().await;
    let snippet = scene
        .element("snippet")
        .await
        .text()
        .await
        .expect("its text");
    assert!(
        snippet.contains(KEY),
        "the snippet is this site's: {snippet}"
    );
    browser.screenshot(&format!("waiting-{kind}")).await;
    let dashboard = browser.driver().window().await.expect("this tab");

    // A visitor arrives through the newsletter's link, looks around and signs up.
    browser
        .open_in_new_tab(&scene.site.url("/index.html"))
        .await;
    scene.flushed().await;
    scene.follow("utm_source=newsletter").await;
    scene.follow("pricing.html").await;
    scene.follow("signup.html").await;
    let form = browser
        .driver()
        .find(By::Css("#signup button"))
        .await
        .expect("the form's button");
    form.click().await.expect("a click");
    scene.arrived_at("thanks.html").await;
    scene.flushed().await;
    let visitor = browser.settled("waymark.ready()").await["visitorId"]
        .as_str()
        .expect("a visitor id")
        .to_owned();
    let site = browser.driver().window().await.expect("this tab");

    scene
        .eventually_number(
            "SELECT COUNT(*) FROM visitors AS v JOIN milestones AS m ON m.visitor_id = v.visitor_id
             WHERE m.name = 'signup_at' AND v.source = 'newsletter'",
            1,
        )
        .await;
    assert_eq!(
        scene
            .texts("SELECT medium, campaign FROM visitors WHERE source = 'newsletter'")
            .await,
        [["email", "june-tides"].map(text)]
    );

    // The waiting dashboard has become the list, without a reload.
    browser
        .driver()
        .switch_to_window(dashboard.clone())
        .await
        .expect("the dashboard");
    let row = scene.row_of(&visitor).await;
    // WebKit's driver leaves out the text of cells that end in an ellipsis.
    let shown = browser
        .driver()
        .execute(
            "return arguments[0].innerText",
            vec![row.to_json().expect("an element")],
        )
        .await
        .expect("its text")
        .json()
        .to_string();
    for expected in ["newsletter", "email", "june-tides", "index.html"] {
        assert!(shown.contains(expected), "the row says {expected}: {shown}");
    }
    // The stages to choose from are the site's, by the names it has for them.
    let chip = scene.element("stage-filter-qualified").await;
    assert_eq!(chip.text().await.expect("its text"), "Qualified");
    browser.screenshot(&format!("journeys-{kind}")).await;

    // One journey: source, landing page, pages, milestone, stage.
    let name = scene.within(&row, "name").await;
    Scene::open_row(&row).await;
    scene
        .eventually_shows(&[
            &name,
            "newsletter",
            "june-tides",
            "signup_at",
            "pricing.html",
        ])
        .await;
    let stage = scene.element("stage").await.text().await.expect("its text");
    assert_eq!(stage.to_lowercase(), "registered");
    let entries = scene.count("entry").await;
    assert!(
        entries >= 5,
        "four page views, identify and milestone, but {entries} entries"
    );

    // It goes on while the owner watches.
    browser
        .driver()
        .switch_to_window(site)
        .await
        .expect("the demo site");
    browser
        .run("waymark.milestone('first_connection_at')")
        .await;
    scene.flushed().await;
    browser
        .driver()
        .switch_to_window(dashboard)
        .await
        .expect("the dashboard");
    scene.eventually_shows(&["first_connection_at"]).await;
    let scene_ref = &scene;
    eventually("the stage moves on, live", || async move {
        let stage = scene_ref
            .element("stage")
            .await
            .text()
            .await
            .expect("its text");
        stage.to_lowercase() == "converted"
    })
    .await;
    browser.screenshot(&format!("journey-{kind}")).await;
    scene.collector.assert_quiet_log();
}

/// What a person's browser says that it is.
pub(super) const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

#[tokio::test]
async fn a_journey_shows_the_person_on_all_of_their_browsers() {
    let scene = Scene::start().await;
    scene.set_up().await;
    scene.element("snippet").await;
    let (phone, laptop) = (Visit::new(KEY), Visit::new(KEY));
    for (visit, name) in [(&phone, "on_the_phone"), (&laptop, "on_the_laptop")] {
        let mut batch = visit.batch(&[event(name)]);
        batch["context"]["user_id"] = "ann".into();
        scene.send_as_page(&batch, BROWSER).await;
    }
    let row = scene.row_of(&phone.visitor.to_string()).await;
    Scene::open_row(&row).await;
    let both = ["One person", "2 browsers", "on_the_phone", "on_the_laptop"];
    scene.eventually_shows(&both).await;
    assert_eq!(scene.count("person-browser").await, 2);
    let sums = scene.element("sessions").await.text().await;
    assert_eq!(sums.expect("its text"), "2 sessions");
    // What another of their browsers does is there at once.
    let mut batch = laptop.batch(&[event("while_watched")]);
    batch["context"]["user_id"] = "ann".into();
    scene.send_as_page(&batch, BROWSER).await;
    scene.eventually_shows(&["while_watched"]).await;
    // So is what they buy there, in the currency in which it was paid, and what goes back of it.
    let bought = json!({"order_id": "A-1", "value": 1249.5, "currency": "EUR"});
    let back = json!({"order_id": "A-1", "value": "0.50"});
    let mut batch = laptop.batch(&[
        item("event", json!({"name": "purchase", "props": bought})),
        item("event", json!({"name": "refund", "props": back})),
    ]);
    batch["context"]["user_id"] = "ann".into();
    scene.send_as_page(&batch, BROWSER).await;
    scene
        .eventually_shows(&["Conversion · €1,249.50", "1 order", "€1,249.00"])
        .await;
    scene.browser.screenshot("person").await;
    scene.collector.assert_quiet_log();
}

#[tokio::test]
async fn a_journey_shows_what_happened_outside_of_the_pages() {
    let scene = Scene::start().await;
    scene.set_up().await;
    scene.element("snippet").await;
    let url = scene.collector.database().url();
    let add = ["keys", "add-server", "--name", "tests", "--site", "1"];
    let key = after(&good(url, &add).await, "Secret, shown this once: ");
    let visit = Visit::new(KEY);
    let told = json!({"user_id": "ann", "traits": {"email": "ann@shop.example"}});
    let batch = visit.batch(&[event("looked_around"), item("identify", told)]);
    scene.send_as_page(&batch, BROWSER).await;
    let tell = async |interaction: Value| {
        let sent = reqwest::Client::new()
            .post(format!("{}/v1/interactions", scene.collector.origin()))
            .bearer_auth(&key)
            .json(&json!({"interactions": [interaction]}))
            .send()
            .await
            .expect("an answer");
        assert_eq!(sent.status(), 200);
    };
    tell(json!({
        "id": "mail", "channel": "email", "kind": "opened", "at": now() - 60_000, "direction": "out",
        "email": "Ann@shop.example", "subject": "Your offer", "campaign": "spring",
    }))
    .await;
    let row = scene.row_of(&visit.visitor.to_string()).await;
    Scene::open_row(&row).await;
    let mail = [
        "Email opened: Your offer",
        "to them · spring",
        "Outside a session",
    ];
    scene.eventually_shows(&mail).await;
    // What comes while somebody looks is there at once.
    let call = json!({
        "id": "call", "channel": "call", "kind": "answered", "at": now(), "direction": "in", "user_id": "ann",
        "duration_s": 185, "labels": ["support"],
    });
    tell(call).await;
    scene
        .eventually_shows(&["Call answered", "from them · 3 min 5 s · support"])
        .await;
    scene.browser.screenshot("interactions").await;
    scene
        .browser
        .run("document.documentElement.dataset.theme = 'dark'")
        .await;
    scene.browser.screenshot("interactions-dark").await;
    // And in the feed of the site, with whom it was.
    let live = format!("{}/live", scene.collector.origin());
    scene.browser.open(&live).await;
    scene
        .eventually_shows(&["Email opened: Your offer", "Call answered", "ann"])
        .await;
    scene.browser.screenshot("interactions-live").await;
    scene.collector.assert_quiet_log();
}

#[tokio::test]
async fn a_bot_is_out_of_sight_until_the_owner_lets_it_in() {
    let scene = Scene::start().await;
    let browser = &scene.browser;
    scene.set_up().await;
    scene.element("snippet").await;

    // A person, and a crawler that runs the pages' scripts.
    let visit = Visit::new(KEY);
    let crawler = Visit::new(KEY);
    for (visit, agent) in [
        (&visit, BROWSER),
        (
            &crawler,
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        ),
    ] {
        let page = page_view(&scene.site.url("/"));
        scene.send_as_page(&visit.batch(&[page]), agent).await;
    }
    scene.row_of(&visit.visitor.to_string()).await;
    assert_eq!(scene.count("journey-row").await, 1);

    scene.click("bots-filter").await;
    let row = scene.row_of(&crawler.visitor.to_string()).await;
    assert_eq!(scene.count("journey-row").await, 1);
    Scene::open_row(&row).await;
    scene.eventually_shows(&["Yes, by its user agent"]).await;
    browser.screenshot("bot").await;
    scene.click("bot-decide").await;
    scene.eventually_shows(&["No, as was decided here"]).await;

    let journeys = format!("{}/journeys", scene.collector.origin());
    browser.open(&journeys).await;
    scene.row_of(&visit.visitor.to_string()).await;
    Scene::open_row(&scene.row_of(&crawler.visitor.to_string()).await).await;
    scene.click("bot-undo").await;
    scene.eventually_shows(&["Yes, by its user agent"]).await;
    scene.collector.assert_quiet_log();
}

/// Keeps the first answer about one visitor back until it is let go.
const HELD: &str = "
    const ask = window.fetch;
    window.fetch = async (...asked) => {
        const answer = await ask(...asked);
        const { pathname } = new URL(asked[0], location.href);
        if (window.letGo === undefined && /^\\/api\\/v1\\/visitors\\/[^/]+$/.test(pathname)) {
            await new Promise((done) => { window.letGo = done; });
        }
        return answer;
    };";

#[tokio::test]
async fn what_is_decided_outlasts_an_answer_from_before() {
    let scene = Scene::start().await;
    let browser = &scene.browser;
    browser.before_each_page(HELD).await;
    scene.set_up().await;
    let visit = Visit::new(KEY);
    let page = page_view(&scene.site.url("/"));
    scene.send_as_page(&visit.batch(&[page]), BROWSER).await;
    Scene::open_row(&scene.row_of(&visit.visitor.to_string()).await).await;
    // The list knew the journey, so that it can be decided about before the answer is here.
    scene.click("bot-decide").await;
    scene.eventually_shows(&["Yes, as was decided here"]).await;
    browser.run("window.letGo?.()").await;
    eventually("the journey has been read", || async {
        let state = "return document.querySelector('header[aria-busy]').getAttribute('aria-busy')";
        browser.run(state).await == json!("false")
    })
    .await;
    let said = "return document.querySelector('[data-testid=bot]').innerText";
    let said = browser.run(said).await;
    let said = said.as_str().expect("a text");
    assert!(said.starts_with("Yes, as was decided here"), "{said}");
    scene.collector.assert_quiet_log();
}

impl Scene {
    /// Sends a batch as a page of the demo site does, from this user agent.
    pub(super) async fn send_as_page(&self, batch: &Value, agent: &str) {
        let page = self.site.url("/");
        let sent = reqwest::Client::new()
            .post(format!("{}/v1/events", self.collector.origin()))
            .header("Origin", page.trim_end_matches('/'))
            .header("User-Agent", agent)
            .body(batch.to_string())
            .send()
            .await
            .expect("an answer");
        assert_eq!(sent.status(), 200);
    }

    /// The owner's first steps, to the list of journeys.
    pub(super) async fn set_up(&self) {
        self.browser.open(self.collector.setup_link()).await;
        self.fill("setup-email", EMAIL).await;
        self.fill("setup-password", PASSWORD).await;
        self.fill("setup-password-again", PASSWORD).await;
        self.click("setup-submit").await;
        eventually("the overview, which is the first page", || async {
            self.browser.run("return location.pathname").await == json!("/")
        })
        .await;
        let journeys = format!("{}/journeys", self.collector.origin());
        self.browser.open(&journeys).await;
    }

    pub(super) async fn click(&self, id: &str) {
        let element = self.element(id).await;
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("{id}: {error}"));
    }

    /// The first element with this test id, as soon as it is there.
    pub(super) async fn element(&self, id: &str) -> WebElement {
        self.browser
            .driver()
            .query(By::Testid(id))
            .wait(Duration::from_secs(45), Duration::from_millis(100))
            .first()
            .await
            .unwrap_or_else(|error| panic!("{id}: {error}"))
    }

    pub(super) async fn fill(&self, id: &str, value: &str) {
        self.element(id)
            .await
            .send_keys(value)
            .await
            .unwrap_or_else(|error| panic!("{id}: {error}"));
    }

    pub(super) async fn count(&self, id: &str) -> usize {
        self.browser
            .driver()
            .find_all(By::Testid(id))
            .await
            .expect("a search")
            .len()
    }

    async fn within(&self, parent: &WebElement, id: &str) -> String {
        let element = parent.find(By::Testid(id)).await.expect("the element");
        element.text().await.expect("its text")
    }

    /// The row that leads to this visitor's journey, as soon as it is there.
    pub(super) async fn row_of(&self, visitor: &str) -> WebElement {
        let selector = format!("[data-testid=journey-row]:has(a[href*='{visitor}'])");
        self.browser
            .driver()
            .query(By::Css(selector))
            .wait(Duration::from_secs(45), Duration::from_millis(100))
            .first()
            .await
            .expect("the visitor's row appears by itself")
    }

    /// Follows a row's link with the keyboard: Firefox's driver cannot click at a row, nor WebKit's at a link in one.
    pub(super) async fn open_row(row: &WebElement) {
        let link = row.find(By::Css("a")).await.expect("the row's link");
        link.send_keys(Key::Enter).await.expect("a key");
    }

    /// Waits until the page shows all of these texts.
    pub(super) async fn eventually_shows(&self, texts: &[&str]) {
        let expected = json!(texts).to_string();
        let script = format!("return {expected}.filter(t => !document.body.innerText.includes(t))");
        let script = script.as_str();
        eventually(&format!("the page shows {expected}"), || async move {
            self.browser.run(script).await == json!([])
        })
        .await;
    }

    /// Clicks the first link whose address contains `part`, and waits for its page.
    async fn follow(&self, part: &str) {
        let link = self
            .browser
            .driver()
            .find(By::Css(format!("a[href*='{part}']")))
            .await
            .unwrap_or_else(|error| panic!("a link with {part}: {error}"));
        // The driver scrolls no further than it must, which leaves the link below what the page keeps in view.
        self.browser
            .driver()
            .execute(
                "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })",
                vec![link.to_json().expect("an element")],
            )
            .await
            .expect("the page scrolls");
        link.click().await.expect("a click");
        self.arrived_at(part).await;
    }

    async fn arrived_at(&self, part: &str) {
        eventually(&format!("the browser is at {part}"), || async move {
            let ready = self
                .browser
                .run("return document.readyState == 'complete' && location.href")
                .await;
            ready.as_str().is_some_and(|url| url.contains(part))
        })
        .await;
    }
}
