//! The npm package and its adapters as users meet them: each example with the packed package, built, served, and used by a
//! visitor. All examples are the same site, so that the rows have to be the same too.

use std::time::Duration;

use serde_json::json;
use thirtyfour::prelude::*;

use super::chromium::Chromium;
use super::example::{Example, Served};
use super::site::Address;
use super::text;
use crate::support::collector::{Collector, KEY};
use crate::support::database::Database;
use crate::support::{DEADLINE, eventually};

/// The API of whatever measures the page: the examples leave no global behind, and the SDK notes itself under this symbol.
const API: &str = "window[Symbol.for('waymark')]";

/// Keeps what a page says of warnings and errors, from before its first script.
const LISTEN: &str = "
    window.complaints = [];
    for (const kind of ['error', 'warn']) {
        const say = console[kind];
        console[kind] = (...args) => {
            complaints.push(`${kind}: ${args.map(String).join(' ')}`);
            say.apply(console, args);
        };
    }
    addEventListener('error', event => complaints.push(`uncaught: ${event.message}`));
    addEventListener('unhandledrejection', event => complaints.push(`unhandled: ${event.reason}`));
";

const EVENTS: &str = "SELECT name FROM events WHERE kind = 'event' ORDER BY at, seq";
const ENTRIES: &str = "SELECT COUNT(*) FROM events WHERE name = 'tool_entered'";
const EXITS: &str = "SELECT COUNT(*) FROM events WHERE name = 'tool_exited'";

/// A served example, its collector, and a visitor's browser.
struct Shown {
    origin: String,
    served: Served,
    collector: Collector,
    browser: Chromium,
}

impl Shown {
    /// The example `name`, built and served by `server`.
    async fn start(name: &str, server: &[&str]) -> Self {
        let (address, collector, example) = Self::installed(name).await;
        example.build().await;
        Self::served(address, collector, example, server).await
    }

    async fn installed(name: &str) -> (Address, Collector, Example) {
        let address = Address::take().await;
        let collector = Collector::start(Database::sqlite(), &address.origin()).await;
        let example = Example::install(name, &collector.origin()).await;
        (address, collector, example)
    }

    async fn served(
        address: Address,
        collector: Collector,
        example: Example,
        server: &[&str],
    ) -> Self {
        let origin = address.origin();
        let served = example.serve(address, server).await;
        let browser = Chromium::start().await;
        browser.before_each_page(LISTEN).await;
        Self {
            origin,
            served,
            collector,
            browser,
        }
    }

    /// Opens a page and waits until it is measured, which it is once the framework has taken it over.
    async fn open(&self, path: &str) {
        self.browser.open(&format!("{}{path}", self.origin)).await;
        let browser = &self.browser;
        eventually("the page is measured", || async move {
            browser.run(&format!("return !!{API}")).await == json!(true)
        })
        .await;
    }

    /// The element, once the router shows it.
    async fn element(&self, css: &str) -> WebElement {
        self.browser
            .driver()
            .query(By::Css(css))
            .wait(DEADLINE, Duration::from_millis(50))
            .first()
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    async fn click(&self, css: &str) {
        let element = self.element(css).await;
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Waits until everything that the page made has been answered.
    async fn flushed(&self) {
        let browser = &self.browser;
        browser.settled(&format!("{API}.ready()")).await;
        eventually("everything is answered", || async move {
            browser.settled(&format!("{API}.flush()")).await == 0
        })
        .await;
    }

    async fn number(&self, sql: &'static str) -> i64 {
        self.collector.database().number(sql).await
    }

    async fn texts(&self, sql: &'static str) -> Vec<Vec<Option<String>>> {
        self.collector.database().texts(sql).await
    }

    async fn assert_no_complaints(&self) {
        let complaints = self.browser.run("return window.complaints").await;
        assert_eq!(complaints, json!([]), "{}", self.served.log());
    }

    /// The server's HTML has the page in it, and the server has met no error.
    async fn is_rendered_by_its_server(&self) {
        let answer = reqwest::get(format!("{}/editor", self.origin)).await;
        let html = answer.expect("an answer").text().await.expect("HTML");
        assert!(html.contains("<h1>Editor</h1>"), "{html}");
        let log = self.served.log();
        assert!(!log.contains('⨯') && !log.contains("Error"), "{log}");
    }

    /// One visit from the landing page to the purchase, and what it has to leave in the database.
    async fn is_visited(&self) {
        self.open("/?utm_source=newsletter&utm_medium=email").await;
        self.click("#cta").await;
        self.click("a[href='/editor']").await;
        self.click("#generate").await;
        self.click("#export").await;
        self.click("a[href='/signup']").await;
        let field = self.element("#name").await;
        field.send_keys("Ada Lovelace").await.expect("a name");
        self.click("#join").await;
        self.click("#buy").await;
        self.flushed().await;
        self.assert_no_complaints().await;

        let views = "SELECT url FROM events WHERE kind = 'page_view' ORDER BY seq";
        let paths = [
            "/?utm_source=newsletter&utm_medium=email",
            "/editor",
            "/signup",
            "/welcome",
        ];
        assert_eq!(
            self.texts(views).await,
            paths.map(|path| vec![Some(format!("{}{path}", self.origin))]),
            "one page view for each page"
        );
        assert_eq!(
            self.texts(EVENTS).await,
            [
                "cta_clicked",
                "tool_entered",
                "content_generated",
                "content_exported",
                "tool_exited",
                "form_started",
                "form_submitted",
                "plan_bought"
            ]
            .map(|name| [text(name)])
        );
        assert_eq!(
            self.texts(
                "SELECT props->>'tool', props->>'mode', CAST(props->>'seconds' >= 0 AS TEXT) FROM events
                 WHERE name LIKE 'tool_%' ORDER BY seq"
            )
            .await,
            [
                [text("editor"), text("freehand"), None],
                [text("editor"), text("freehand"), text("1")]
            ],
            "the exit says how long the tool was used"
        );
        assert_eq!(
            self.texts(
                "SELECT props->>'content', props->>'format', CAST(props->>'points' AS TEXT) FROM events
                 WHERE name = 'content_exported'"
            )
            .await,
            [["drawing", "svg", "9"].map(text)]
        );
        assert_eq!(
            self.texts("SELECT props->>'place' FROM events WHERE name = 'cta_clicked'")
                .await,
            [[text("hero")]]
        );
        assert_eq!(
            self.texts("SELECT props->>'form' FROM events WHERE name LIKE 'form_%' ORDER BY seq")
                .await,
            [[text("signup")], [text("signup")]]
        );
        assert_eq!(
            self.number(
                "SELECT COUNT(*) FROM events WHERE props LIKE '%Ada%' OR props LIKE '%Lovelace%'"
            )
            .await,
            0,
            "what was typed stays in the page"
        );
        assert_eq!(
            self.texts("SELECT name FROM events WHERE kind = 'milestone'")
                .await,
            [[text("signup_at")]]
        );
        assert_eq!(
            self.texts("SELECT value, currency FROM events WHERE conversion")
                .await,
            [["49.90", "EUR"].map(text)]
        );
        assert_eq!(
            self.texts("SELECT source, user_id FROM visitors").await,
            [["newsletter", "user-7"].map(text)]
        );
        assert_eq!(self.number("SELECT COUNT(*) FROM sessions").await, 1);
    }

    /// A tool whose page is closed is left with it, and a form that was begun there is given up.
    async fn is_left(&self) {
        self.open("/editor").await;
        self.flushed().await;
        assert_eq!(self.number(ENTRIES).await, 2);
        self.browser.open("about:blank").await;
        self.eventually_number(EXITS, 2).await;

        self.open("/signup").await;
        let field = self.element("#name").await;
        field.send_keys("Ada").await.expect("a name");
        self.click("a[href='/']").await;
        self.element("#cta").await;
        self.flushed().await;
        assert_eq!(
            self.number("SELECT COUNT(*) FROM events WHERE name = 'form_abandoned'")
                .await,
            1
        );
        self.assert_no_complaints().await;
        assert_eq!(self.number(ENTRIES).await, 2, "no entry was made twice");
        assert_eq!(self.number(EXITS).await, 2, "no exit was made twice");
        self.collector.assert_quiet_log();
    }

    async fn eventually_number(&self, sql: &'static str, expected: i64) {
        eventually(sql, || async move { self.number(sql).await >= expected }).await;
    }
}

const PREVIEW: [&str; 4] = ["vite", "preview", "--host=127.0.0.1", "--strictPort"];

#[tokio::test]
async fn react_with_vite() {
    let shown = Shown::start("vite-react", &PREVIEW).await;
    shown.is_visited().await;
    shown.is_left().await;
}

#[tokio::test]
async fn react_in_strict_mode_counts_everything_once() {
    // StrictMode mounts everything twice in development alone.
    let (address, collector, example) = Shown::installed("vite-react").await;
    let server = ["vite", "--host=127.0.0.1", "--strictPort"];
    let shown = Shown::served(address, collector, example, &server).await;
    shown.is_visited().await;
    shown.is_left().await;
}

#[tokio::test]
async fn a_tool_is_left_with_its_page_and_entered_again_when_the_page_comes_back() {
    let shown = Shown::start("vite-svelte", &PREVIEW).await;
    let browser = &shown.browser;
    browser
        .before_each_page("addEventListener('pageshow', e => window.persisted = e.persisted)")
        .await;
    shown.open("/editor").await;
    shown.flushed().await;
    browser.run("location.href = '/'").await;
    shown.element("#cta").await;
    shown.flushed().await;
    assert_eq!(shown.number(EXITS).await, 1);
    browser.run("history.back()").await;
    eventually("the page is back as it was", || async move {
        browser
            .run("return location.pathname == '/editor' && window.persisted")
            .await
            == json!(true)
    })
    .await;
    shown.flushed().await;
    shown.click("a[href='/']").await;
    shown.element("#cta").await;
    shown.flushed().await;
    assert_eq!(
        shown.texts(EVENTS).await,
        ["tool_entered", "tool_exited", "tool_entered", "tool_exited"].map(|name| [text(name)])
    );
}

#[tokio::test]
async fn vue_with_vite() {
    let shown = Shown::start("vite-vue", &PREVIEW).await;
    shown.is_visited().await;
    shown.is_left().await;
}

#[tokio::test]
async fn svelte_with_vite() {
    let shown = Shown::start("vite-svelte", &PREVIEW).await;
    shown.is_visited().await;
    shown.is_left().await;
}

#[tokio::test]
async fn next_built_and_started() {
    let server = ["next", "start", "--hostname=127.0.0.1"];
    let shown = Shown::start("next", &server).await;
    shown.is_rendered_by_its_server().await;
    shown.is_visited().await;
    shown.is_left().await;
    shown.is_rendered_by_its_server().await;
}

#[tokio::test]
async fn next_in_development_is_hydrated_without_a_warning() {
    // Only here React says what differs, and StrictMode mounts everything twice.
    let (address, collector, example) = Shown::installed("next").await;
    let server = ["next", "dev", "--hostname=127.0.0.1"];
    let shown = Shown::served(address, collector, example, &server).await;
    shown.is_visited().await;
    shown.is_rendered_by_its_server().await;
}

#[tokio::test]
async fn the_first_lines_of_the_packages_readme_make_an_event() {
    let (address, collector, example) = Shown::installed("vite-svelte").await;
    let readme = example.read("node_modules/waymark/README.md");
    let block = |language: &str| {
        let (_, rest) = readme
            .split_once(&format!("```{language}\n"))
            .expect(language);
        rest.split_once("```").expect("its end").0
    };
    let (install, code) = (block("sh"), block("js"));
    assert_eq!(install, "npm install waymark\n");
    assert!(install.lines().count() + code.lines().count() <= 5);
    assert!(code.contains("wk_…") && code.contains("https://collector.example"));
    example.write(
        "src/main.ts",
        &code
            .replace("wk_…", KEY)
            .replace("https://collector.example", &collector.origin()),
    );
    example.build().await;
    let shown = Shown::served(address, collector, example, &PREVIEW).await;
    shown.open("/").await;
    shown.flushed().await;
    let kinds = "SELECT kind, name FROM events ORDER BY seq";
    assert_eq!(
        shown.texts(kinds).await,
        [
            [text("page_view"), None],
            [text("event"), text("cta_clicked")]
        ]
    );
    shown.assert_no_complaints().await;
}
