//! Real pages in a real browser against the running collector; what counts is the rows in the owner's database.
//!
//! Each test has a browser with an empty profile, a collector process and a database of its own.

mod adapters;
mod agreement;
mod alerts;
mod answers;
mod autocapture;
mod chromium;
mod consent;
mod csp;
mod debug;
mod demo;
mod documents;
mod drivers;
mod erasure;
mod example;
mod figures;
mod ga;
mod hostile;
mod identity;
mod imports;
mod inspector;
mod journey;
mod lifecycle;
mod linker;
mod loss;
mod money;
mod network;
mod own_path;
mod pages;
mod parked;
mod person;
mod pictures;
mod places;
mod privacy;
mod questions;
mod reports;
mod schedules;
mod scores;
mod settings;
mod shares;
mod sisters;
mod site;
mod tabs;
mod visit;

use std::time::{Duration, Instant};

use chromium::Chromium;
use drivers::Engine;
use site::{Address, Site, page_with_own_sdk, page_with_sdk};

use crate::support::collector::{Collector, KEY};
use crate::support::{DEADLINE, database::Database, eventually};

/// A cell as [`Database::texts`] gives it.
fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

/// The names of all that the page's origin keeps in the browser, where a script can see it; `noted` is a test's own.
const HELD: &str = "return [...Object.keys(localStorage), ...Object.keys(sessionStorage),
    ...document.cookie.split('; ').map(cookie => cookie.split('=')[0])].filter(name => name && name != 'noted').sort()";

/// A site with a few plain pages, a collector that knows it, and a visitor's browser.
struct Scene {
    site: Site,
    collector: Collector,
    browser: Chromium,
}

impl Scene {
    /// The usual pages: two with the script tag, on SQLite.
    async fn start() -> Self {
        Self::with_pages([
            (
                "",
                page_with_sdk("Home", "", "<a href=/pricing>Pricing</a>"),
            ),
            ("pricing", page_with_sdk("Pricing", "", "")),
        ])
        .await
    }

    /// These pages, on SQLite.
    async fn with_pages(pages: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self::with(Database::sqlite(), pages, Chromium::start().await).await
    }

    /// All of it chosen.
    async fn with(
        database: Database,
        pages: impl IntoIterator<Item = (&'static str, String)>,
        browser: Chromium,
    ) -> Self {
        let address = Address::take().await;
        let collector = Collector::start(database, &address.origin()).await;
        let site = address.serve(pages, &collector.origin(), KEY);
        site.begin_pages_with(browser.prelude());
        Self {
            site,
            collector,
            browser,
        }
    }

    async fn open(&self, path: &str) {
        self.browser.open(&self.site.url(path)).await;
    }

    /// Leaves the page whose module is held back. Only then do modules come at once: its own request for it may still be on its
    /// way, and would be answered. To a page of the same origin: on the way to another Firefox may end the process, and with it
    /// the script that hears of leaving.
    async fn leave_without_module(&self) {
        self.open("/nowhere").await;
        self.site.delay_engine(Duration::ZERO);
    }

    /// Waits until the SDK of the current page is there and has an answer for all that it made.
    async fn flushed(&self) {
        self.browser.settled("waymark.ready()").await;
        self.assert_engine(Engine::asked_for()).await;
        self.answered().await;
    }

    /// The same, whatever runs the SDK.
    async fn answered(&self) {
        self.browser.settled("waymark.ready()").await;
        let browser = &self.browser;
        eventually("everything is answered", || async move {
            browser.settled("waymark.flush()").await == 0
        })
        .await;
    }

    /// Fails if another engine than this runs in the current page.
    async fn assert_engine(&self, engine: Engine) {
        let loaded = "return performance.getEntriesByType('resource').some(e => /fallback[^/]*\\.js/.test(e.name))";
        let is_js = self.browser.run(loaded).await == serde_json::json!(true);
        assert_eq!(is_js, engine == Engine::Js, "the page loads the fallback");
    }

    /// Clicks on the element `link` and waits until the page at `path` and its SDK are there.
    async fn go_by(&self, link: &str, path: &str) {
        let browser = &self.browser;
        browser
            .run_to_leave(&format!("document.querySelector('{link}').click()"))
            .await;
        let there = format!("return location.pathname == '{path}' && !!window.waymark");
        let there = &there;
        eventually("the next page is there", || async move {
            browser.run(there).await == serde_json::json!(true)
        })
        .await;
    }

    /// Waits until the SDK of the current page is there and has done what it was told, which may be nothing.
    async fn heard(&self) {
        self.browser.settled("waymark.flush()").await;
    }

    async fn number(&self, sql: &'static str) -> i64 {
        self.collector.database().number(sql).await
    }

    async fn texts(&self, sql: &'static str) -> Vec<Vec<Option<String>>> {
        self.collector.database().texts(sql).await
    }

    /// Waits until `sql` selects `expected`.
    async fn eventually_number(&self, sql: &'static str, expected: i64) {
        let started = Instant::now();
        loop {
            let number = self.number(sql).await;
            if number == expected {
                return;
            }
            assert!(
                started.elapsed() < DEADLINE,
                "{sql}: still {number}, not {expected}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
