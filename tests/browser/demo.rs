//! Tried as a new user: from the set-up link, by clicks alone, to answers about the demo; each is held against the API's.

use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::extensions::query::ElementQueryable;
use thirtyfour::{By, WebElement};

use super::pages::written;
use super::{Chromium, Database, eventually};
use crate::support::app::TestApp;

/// Somebody who has just installed it.
struct User {
    app: TestApp,
    browser: Chromium,
    /// The demo's id.
    site: i64,
}

impl User {
    async fn find(&self, by: By, what: &str) -> WebElement {
        let query = self.browser.driver().query(by);
        let query = query.wait(Duration::from_secs(60), Duration::from_millis(100));
        let found = query.and_clickable().first().await;
        found.unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    async fn click(&self, testid: &str) {
        self.find(By::Testid(testid), testid)
            .await
            .click()
            .await
            .unwrap();
    }

    /// Clicks at what is called so, of the elements that `css` selects.
    async fn click_on(&self, css: &str, name: &str) {
        let script = format!(
            "const found = [...document.querySelectorAll('{css}')].find((one) => one.innerText.trim() === '{name}' || one.innerText.trim().startsWith('{name}'));
             found?.scrollIntoView({{ block: 'center' }}); return !!found"
        );
        self.until(&format!("{name} is there"), &script).await;
        let path =
            format!("//*[self::a or self::button][starts-with(normalize-space(.), '{name}')]");
        self.find(By::XPath(path.as_str()), name)
            .await
            .click()
            .await
            .unwrap();
    }

    async fn fill(&self, testid: &str, text: &str) {
        self.find(By::Testid(testid), testid)
            .await
            .send_keys(text)
            .await
            .unwrap();
    }

    /// Waits until a script says so.
    async fn until(&self, what: &str, script: &str) {
        eventually(what, || async {
            self.browser.run(script).await == json!(true)
        })
        .await;
    }

    /// Waits until a page shows something and no more is on its way.
    async fn shows(&self, selector: &str) {
        let script = format!(
            "return !!document.querySelector('{selector}') &&
                document.querySelectorAll('main [aria-busy=true], main .skeleton, main [data-drawn=false]').length === 0"
        );
        self.until(&format!("{selector} is shown"), &script).await;
    }

    async fn text(&self, script: &str) -> String {
        let said = self.browser.run(script).await;
        said.as_str()
            .unwrap_or_else(|| panic!("{script}: {said}"))
            .to_owned()
    }

    /// What the API answers about the days that the page says it asked about.
    async fn answer(&self, question: &str) -> Value {
        let days = self
            .text("const { searchParams: asked } = new URL(document.querySelector('main a[download]').href); return `from=${asked.get('from')}&to=${asked.get('to')}`")
            .await;
        let site = self.site;
        let path = format!("/api/v1/analytics/{question}&{days}&site={site}");
        self.app.json(&path).await
    }
}

fn rows(answer: &Value) -> &Vec<Value> {
    answer["data"]["rows"].as_array().unwrap()
}

fn number(value: &Value) -> f64 {
    let text = value.as_str().map(|text| text.parse().unwrap());
    text.or_else(|| value.as_f64()).unwrap_or(0.0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_user_is_answered_by_clicks_alone() {
    let app = TestApp::start(Database::sqlite()).await;
    let browser = Chromium::start().await;
    let mut user = User {
        app,
        browser,
        site: 0,
    };

    // Set-up, and the button of a site from which nothing has come.
    let link = user.app.setup_link.clone().unwrap();
    user.browser.open(&link).await;
    user.fill("setup-email", "owner@example.test").await;
    user.fill("setup-password", "correct horse battery").await;
    user.fill("setup-password-again", "correct horse battery")
        .await;
    user.click("setup-submit").await;
    user.find(By::Testid("empty"), "the first page").await;
    user.browser.screenshot("first-steps").await;
    user.click("demo-make").await;
    user.find(By::Testid("demo-banner"), "the banner").await;
    user.shows("[data-testid=figure-visitors]").await;
    let sites = user.app.json("/api/v1/sites").await;
    let demo = sites["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|site| site["is_demo"] == true);
    user.site = demo.unwrap()["id"].as_i64().unwrap();

    campaigns(&user).await;
    drop_out(&user).await;
    nora(&user).await;
    weeks(&user).await;

    // And an end to it: nothing of it is left, and the first page is as it was.
    user.click("demo-remove").await;
    user.click("demo-remove-sure").await;
    user.find(By::Testid("empty"), "the first page again").await;
    let sites = user.app.json("/api/v1/sites").await;
    assert_eq!(sites["data"].as_array().unwrap().len(), 1);
    user.app.log.assert_quiet();
}

/// Which campaign earned the most revenue under three models?
async fn campaigns(user: &User) {
    user.click_on("nav a", "Attribution").await;
    user.shows("[data-testid=leader]").await;
    user.click_on("main [role=tab]", "Campaigns").await;
    user.until(
        "campaigns are shown",
        "return !!document.querySelector('[data-testid=attribution][aria-label*=campaign]')",
    )
    .await;
    user.shows("[data-testid=attribution-row]").await;
    let answer = user
        .answer("attribution?by=campaign&models=first,last,linear")
        .await;
    let cards = "return JSON.stringify([...document.querySelectorAll('[data-testid=leader]')].map((card) => [card.dataset.model, card.querySelector('[data-testid=leader-name]').innerText.trim()]))";
    let said: Value = serde_json::from_str(&user.text(cards).await).unwrap();
    let mut expected = Vec::new();
    for model in ["first", "last", "linear"] {
        let named = rows(&answer).iter().filter(|row| row["key"].is_string());
        let worth = |row: &&Value| number(&row["models"][model]["value"]);
        let most = named
            .max_by(|one, other| worth(one).total_cmp(&worth(other)))
            .unwrap();
        expected.push(json!([model, most["key"]]));
    }
    assert_eq!(said, json!(expected));
    // It hangs on the model, and the page says so.
    assert!(
        expected.windows(2).all(|two| two[0][1] != two[1][1]),
        "{expected:?}"
    );
    let told = user
        .text("return document.querySelector('[data-testid=leaders] h2').innerText")
        .await;
    assert!(told.contains("Depends on the model"), "{told}");
}

/// Where do sign-ups drop out, and how many does that cost?
async fn drop_out(user: &User) {
    user.click_on("nav a", "Funnels").await;
    user.click("funnel-suggestion").await;
    user.shows("[data-testid=funnel-step]").await;
    let asked = "return new URL(document.querySelector('[data-testid=chart-csv]').href).searchParams.get('steps')";
    let steps = user.text(asked).await;
    let steps: String = url::form_urlencoded::byte_serialize(steps.as_bytes()).collect();
    let answer = user.answer(&format!("funnel?steps={steps}")).await;
    let steps = rows(&answer);
    let people = |row: &Value| row["people"].as_f64().unwrap();
    let finished = people(steps.last().unwrap());
    let costs = steps.windows(2).map(|two| {
        let lost = people(&two[0]) - people(&two[1]);
        (
            lost * finished / people(&two[1]),
            two[1]["people"].clone(),
            lost,
        )
    });
    let (cost, _, lost) = costs
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .unwrap();
    let said = user
        .text("return document.querySelector('[data-testid=funnel-said]').innerText")
        .await;
    assert!(
        lost > 0.0 && said.contains(&written(&json!(lost as u64))),
        "{lost}: {said}"
    );
    let figure = user
        .text("return document.querySelector('[data-testid=funnel-cost]').innerText")
        .await;
    assert!(
        figure.contains(&written(&json!(cost.round() as u64))),
        "{cost}: {figure}"
    );
}

/// What did one visitor do, on all of their devices?
async fn nora(user: &User) {
    user.click_on("nav a", "People").await;
    user.shows("[data-testid=person-row]").await;
    user.fill("search", "nora").await;
    user.until(
        "one is left",
        "return document.querySelectorAll('[data-testid=person-row]').length === 1",
    )
    .await;
    // WebKit's driver takes what may be cut for hidden, and clicks at it all the same.
    let name = By::Css("[data-testid=person-row] a");
    let nora = user.browser.driver().find(name).await.unwrap();
    nora.click().await.unwrap();
    user.shows("[data-testid=lane]").await;
    let path = format!("/api/v1/persons/user:nora.lindqvist?site={}", user.site);
    let answer = user.app.json(&path).await;
    let person = &answer["person"];
    let browsers = person["visitors"].as_array().unwrap().len();
    assert_eq!(browsers, 3);
    let shown = user
        .browser
        .run("return document.querySelectorAll('[data-testid=person-browser]').length")
        .await;
    assert_eq!(shown, json!(browsers));
    let sessions = user
        .browser
        .run("return new Set([...document.querySelectorAll('[data-testid=session][data-session-id]')].map((one) => one.dataset.sessionId)).size")
        .await;
    assert_eq!(sessions, person["total_sessions"]);
    let milestones = user.browser.run("return [...document.querySelectorAll('[data-testid=milestone]')].map((one) => one.dataset.name).sort()").await;
    let mut expected: Vec<&str> = person["milestones"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    expected.sort_unstable();
    assert_eq!(milestones, json!(expected));
    assert_eq!(
        expected,
        ["fee_agreement_at", "first_connection_at", "signup_at"]
    );
}

/// Which week's visitors came back most?
async fn weeks(user: &User) {
    user.click_on("nav a", "Retention").await;
    user.shows("[data-testid=triangle]").await;
    user.click("range").await;
    user.click("range-90d").await;
    user.until(
        "the days are asked about",
        "return location.search.includes('range=90d')",
    )
    .await;
    user.shows("[data-testid=best]").await;
    let answer = user.answer("retention?period=week&periods=13").await;
    let first = rows(&answer).iter().filter(|row| {
        row["offset"] == 1 && row["is_whole"] == true && row["of"].as_i64() >= Some(10)
    });
    let best = first
        .max_by(|one, other| number(&one["rate"]).total_cmp(&number(&other["rate"])))
        .unwrap();
    let marked = user
        .text("return document.querySelector('[data-testid=best]').closest('tr').dataset.cohort")
        .await;
    assert_eq!(json!(marked), best["cohort"]);
    let said = user
        .text("return document.querySelector('[data-testid=retention-said]').innerText")
        .await;
    let rate = format!("{:.1} %", number(&best["rate"]) * 100.0);
    assert!(said.contains(&rate), "{rate}: {said}");
}
