//! The dashboard's pages of questions, over a made-up site of which every figure is known.
//!
//! What a page shows is held against the API's answer to the same question, which the tests of the API hold against a reference
//! of their own. Each page is looked at in both themes and on a phone too: nothing may be out of reach for whoever cannot see
//! or point, stick out of the screen, or be refused by the page's own policy.

use serde_json::{Value, json};

use super::places::sign_in;
use super::{Chromium, Database, eventually};
use crate::api::analytics::world::World;
use crate::support::app::TestApp;

/// Every page of the navigation, with what is there once it shows something.
const PAGES: &[(&str, &str)] = &[
    ("/", "[data-testid=figure-visitors]"),
    ("/sources", "[data-testid=sources] [data-testid=table-row]"),
    ("/pages", "[data-testid=pages] [data-testid=table-row]"),
    ("/journeys", "[data-testid=journey-row]"),
    ("/people", "[data-testid=person-row]"),
    ("/live", "main h1"),
    ("/accounts", "main h1"),
    ("/funnels", "main h1"),
    ("/paths", "main h1"),
    ("/retention", "[data-testid=triangle]"),
    ("/attribution", "main h1"),
    ("/stages", "main h1"),
    ("/events", "main h1"),
    ("/sessions", "main h1"),
    ("/insights", "main h1"),
    ("/quality", "main h1"),
    ("/alerts", "[data-testid=no-alerts]"),
    ("/alerts?add=alert", "[data-testid=alert-looks]"),
    ("/settings", "main h1"),
    ("/settings/install", "main h1"),
    ("/settings/stages", "main h1"),
    ("/settings/saved", "main h1"),
    ("/settings/destinations", "main h1"),
    ("/settings/imports", "[data-testid=no-imports]"),
];

/// The rules that accessibility is checked by, as a script.
pub(super) const AXE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../collector/dashboard/node_modules/axe-core/axe.min.js"
);

/// What is wrong by them, once what is on its way to another colour has it.
pub(super) const AXE_CHECK: &str = "Promise.allSettled(document.getAnimations()
        .filter((one) => one.effect?.getComputedTiming().endTime < Infinity)
        .map((one) => one.finished))
    .then(() => axe.run(document, { resultTypes: ['violations'] }))
    .then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`)))";

/// Notes what the page's policy refuses and what it throws.
pub(super) const NOTE: &str = "
    window.noted = [];
    document.addEventListener('securitypolicyviolation', (event) => noted.push(`${event.violatedDirective} ${event.blockedURI}`));
    addEventListener('error', (event) => noted.push(String(event.message)));
    addEventListener('unhandledrejection', (event) => noted.push(String(event.reason)));
";

const ROW: &str = "[data-testid=table-row]";

/// The rows of a table, each with its cells by column, as hints have them to the last digit.
const ROWS: &str = "return [...document.querySelectorAll(`[data-testid=${arguments[0]}] [data-testid=table-row]`)].map((row) =>
    Object.fromEntries([...row.querySelectorAll('td')].map((cell) => [cell.dataset.column, cell.title || cell.innerText.trim()])))";

/// A site full of people, and a browser in which its owner is signed in.
pub(super) struct Desk {
    pub(super) app: TestApp,
    pub(super) browser: Chromium,
    days: (String, String),
}

impl Desk {
    pub(super) async fn start() -> Self {
        let (app, world) = World::start(Database::sqlite(), 7).await;
        let browser = Chromium::start().await;
        browser.before_each_page(NOTE).await;
        sign_in(&app, &browser).await;
        Self {
            app,
            browser,
            days: world.days(),
        }
    }

    pub(super) fn query(&self) -> String {
        format!("from={}&to={}", self.days.0, self.days.1)
    }

    /// Opens a page of the days in which everything happened, and waits until it shows something and no more is on its way.
    pub(super) async fn open(&self, path: &str, shows: &str) {
        let sign = if path.contains('?') { '&' } else { '?' };
        let url = format!("{}{path}{sign}{}", self.app.base, self.query());
        self.browser.open(&url).await;
        let what = format!("{path} shows {shows}");
        let script = format!(
            "return [!!document.querySelector('{shows}'),
                document.querySelectorAll('main [aria-busy=true], main .skeleton, main [data-drawn=false]').length,
                document.querySelector('main')?.innerText.slice(0, 300)]"
        );
        eventually(&what, || async {
            let seen = self.browser.run(&script).await;
            let is_there = seen[0] == json!(true) && seen[1] == json!(0);
            if !is_there {
                eprintln!("{seen}");
            }
            is_there
        })
        .await;
    }

    /// What the API answers to a question about the same days, in the site's time zone.
    pub(super) async fn answer(&self, question: &str) -> Value {
        let sign = if question.contains('?') { '&' } else { '?' };
        let path = format!("/api/v1/analytics/{question}{sign}{}", self.query());
        self.app.json(&path).await
    }

    pub(super) async fn rows(&self, table: &str) -> Vec<Value> {
        let script = ROWS.replace("arguments[0]", &format!("'{table}'"));
        let rows = self.browser.run(&script).await;
        rows.as_array().unwrap().clone()
    }
}

/// A number as the dashboard writes it to the last digit.
pub(super) fn written(value: &Value) -> String {
    let digits = value.as_u64().unwrap().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The first part of a hint: the figure without what it was before.
pub(super) fn figure(cell: &Value) -> &str {
    cell.as_str().unwrap().split(", before").next().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_on_pages_are_those_of_the_answers() {
    let desk = Desk::start().await;

    desk.open("/", "[data-testid=figure-visitors]").await;
    let answer = desk.answer("overview").await;
    for key in ["visitors", "sessions", "page_views", "conversions"] {
        let script = format!(
            "document.querySelector('[data-testid=figure-{key}]').focus();
             return document.querySelector('.tip strong')?.innerText"
        );
        let expected = json!(written(&answer["data"]["total"][key]));
        let what = format!("{key} are {expected}");
        eventually(&what, || async {
            desk.browser.run(&script).await == expected
        })
        .await;
    }
    desk.browser.assert_nothing_noted("/").await;

    for by in ["channel", "campaign", "exit_page"] {
        desk.open(&format!("/sources?by={by}"), ROW).await;
        let answer = desk
            .answer(&format!("sources?by={by}&sort=sessions&limit=100"))
            .await;
        let rows = desk.rows("sources").await;
        let expected = answer["data"]["rows"].as_array().unwrap();
        assert_eq!(rows.len(), expected.len(), "{by}");
        for (row, expected) in rows.iter().zip(expected) {
            for key in ["visitors", "sessions", "conversions", "orders"] {
                assert_eq!(
                    figure(&row[key]),
                    written(&expected[key]),
                    "{by} {key} {row}"
                );
            }
        }
    }
    desk.browser.assert_nothing_noted("/sources").await;

    desk.open("/pages", ROW).await;
    let answer = desk.answer("pages?limit=100").await;
    let rows = desk.rows("pages").await;
    let expected = answer["data"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), expected.len());
    for (row, expected) in rows.iter().zip(expected) {
        for key in ["views", "visitors", "sessions", "entries", "exits"] {
            assert_eq!(figure(&row[key]), written(&expected[key]), "{key} {row}");
        }
    }
    desk.browser.assert_nothing_noted("/pages").await;
    desk.app.log.assert_quiet();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_within_everybodys_reach() {
    let desk = Desk::start().await;
    desk.app.judged().await;
    let axe = std::fs::read_to_string(AXE).unwrap();
    let mut wrong = Vec::new();
    for theme in ["light", "dark"] {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": theme}]});
        desk.browser
            .devtools("Emulation.setEmulatedMedia", features)
            .await;
        for (path, shows) in PAGES {
            desk.open(path, shows).await;
            let name = match path.trim_start_matches('/') {
                "" => "overview".to_owned(),
                name => name.split('?').next().unwrap().replace('/', "-"),
            };
            desk.browser
                .screenshot(&format!("page-{name}-{theme}"))
                .await;
            desk.browser.run(&axe).await;
            let found = desk.browser.settled(AXE_CHECK).await;
            if found != json!([]) {
                wrong.push(format!("{path} in the {theme} theme: {found}"));
            }
            desk.browser.assert_nothing_noted(path).await;
        }
    }
    let phone = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
    desk.browser
        .devtools("Emulation.setDeviceMetricsOverride", phone)
        .await;
    for (path, shows) in PAGES {
        desk.open(path, shows).await;
        // A chart takes its width from its place, a moment after that was laid out.
        let width = desk
            .browser
            .settled(
                "new Promise((told) => {
                    const until = performance.now() + 5000;
                    const look = () => {
                        const width = document.documentElement.scrollWidth;
                        width <= 390 || performance.now() > until ? told(width) : setTimeout(look, 50);
                    };
                    look();
                })",
            )
            .await;
        if width.as_i64().unwrap() > 390 {
            let widest = "return [...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > 390)
                .map((one) => `${one.tagName} ${one.className}`).slice(0, 8)";
            let widest = desk.browser.run(widest).await;
            wrong.push(format!("{path} is {width} wide on a phone: {widest}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    desk.app.log.assert_quiet();
}

/// Of the list with rows `ROW`: headings whose text reaches beyond their place, where it is not cut, and names with little room.
const CRAMPED: &str = "
    const text = (cell) => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        return range.getBoundingClientRect();
    };
    const headings = [...document.querySelectorAll('main table:has(ROW) thead th')].filter((cell) => cell.getBoundingClientRect().width > 1
        && getComputedStyle(cell.closest('thead')).position !== 'absolute');
    const over = headings.filter((cell) => getComputedStyle(cell).textOverflow !== 'ellipsis'
        && text(cell).right > cell.getBoundingClientRect().right + 1);
    const narrow = [...document.querySelectorAll('main ROW')].map((row) => row.querySelector('.lines, .who, td'))
        .filter((cell) => cell.getBoundingClientRect().width < 100);
    return [...over, ...narrow].map((cell) => `${cell.innerText}: ${Math.round(text(cell).right)} in ${Math.round(cell.getBoundingClientRect().right)}`).slice(0, 8);";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_have_room_between_a_phone_and_a_desk() {
    let desk = Desk::start().await;
    let lists = [
        ("/journeys", "[data-testid=journey-row]"),
        ("/people", "[data-testid=person-row]"),
        ("/sessions", "[data-testid=session-row]"),
    ];
    let mut cramped = Vec::new();
    for width in [720, 780, 890, 960, 1020, 1160, 1280] {
        let window =
            json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        desk.browser
            .devtools("Emulation.setDeviceMetricsOverride", window)
            .await;
        for (path, row) in lists {
            desk.open(path, row).await;
            let found = desk.browser.run(&CRAMPED.replace("ROW", row)).await;
            if found != json!([]) {
                cramped.push(format!("{path} at {width}: {found}"));
            }
        }
    }
    assert!(cramped.is_empty(), "{}", cramped.join("\n"));
    desk.app.log.assert_quiet();
}
