//! The browsers beside Chromium, and which browser tests run in what.
//!
//! Owns the rounds: a browser, an engine, and the tests that it runs in the usual and in the long form. The tests learn
//! both from their environment; a test that a browser cannot run is named here with the reason, and docs/browsers.md says
//! the same to people.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::count::Counts;
use crate::step::Steps;
use crate::tools;

/// What pages are opened in.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Browser {
    /// Chromium
    Chromium,
    /// Firefox, the extended support release
    Firefox,
    /// WebKitGTK's MiniBrowser
    Webkit,
}

/// What runs the SDK's core.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// WebAssembly
    Wasm,
    /// The fallback for pages that refuse WebAssembly
    Js,
}

/// A browser and an engine in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// The browser.
    pub browser: Browser,
    /// The engine.
    pub engine: Engine,
}

/// The rounds behind the first one, which is Chromium with WebAssembly and has every test there is.
pub const FURTHER: [Round; 5] = [
    Round::of(Browser::Chromium, Engine::Js),
    Round::of(Browser::Firefox, Engine::Wasm),
    Round::of(Browser::Webkit, Engine::Wasm),
    Round::of(Browser::Firefox, Engine::Js),
    Round::of(Browser::Webkit, Engine::Js),
];

/// What every further round runs in the usual form: the main job, visits and their ends, consent.
const MAIN: [&str; 5] = [
    "browser::journey::a_visit_becomes_a_journey_in_the_dashboard_on_sqlite",
    "browser::visit::",
    "browser::loss::a_page_closed",
    "browser::consent::",
    "browser::tabs::a_page_back_from_the_cache",
];
/// And what it runs where pages do not forbid WebAssembly in any case.
const POLICIES: [&str; 2] = ["browser::csp::", "browser::own_path::"];

/// Names of tests that a browser cannot run.
const CHROMIUM_ALONE: [&str; 13] = [
    // They are about frameworks and names of hosts, and Chromium alone is told where `*.test` is.
    "browser::adapters::",
    "browser::linker::",
    // Two browsers at once, each with a clock of its own.
    "browser::person::",
    // Pages crash, storage is emptied, the middle button is pressed and three clicks select by the DevTools protocol.
    "browser::schedules::",
    "browser::autocapture::clicks::a_link_is_followed",
    "browser::autocapture::frustration::clicks_in_quick_succession",
    // The dark theme and the size of a phone are set by that protocol.
    "browser::imports::a_file_is_looked_at",
    "browser::pages::lists_have_room",
    "browser::pages::pages_are_within_everybodys_reach",
    "browser::pictures::",
    // Nobody else renders pages ahead, or measures all that web-vitals asks for.
    "browser::documents::a_prerendered_page",
    "browser::autocapture::vitals::a_page_has_each_vital",
    "browser::autocapture::vitals::page_views_within_an_app",
];
const NOT_IN_FIREFOX: [&str; 3] = [
    // It keeps no page that has held a lock: going back loads the page anew.
    "browser::tabs::a_page_back_from_the_cache",
    "browser::agreement::a_page_back_from_the_cache",
    // Now and then its driver closes a tab without a word to the page, whose time stamp then counts for three minutes.
    "browser::tabs::what_a_closed_tab_left_is_sent_by_another_without_locks",
];
const NOT_IN_WEBKIT: [&str; 5] = [
    // Its driver has no setting for it,
    "browser::hostile::a_browser_that_blocks_all_storage",
    // hides no tab,
    "browser::figures::visible_time_counts",
    "browser::figures::time_hidden",
    "browser::parked::a_page_hidden",
    // and lets no script open a window.
    "browser::tabs::a_duplicated_tab",
];
/// What the fallback cannot do: debug mode's words about the core are in a WebAssembly module of their own.
const NOT_WITH_JS: [&str; 1] = ["browser::debug::a_developer_is_told_which_field"];

impl Round {
    const fn of(browser: Browser, engine: Engine) -> Self {
        Self { browser, engine }
    }

    /// Whether the usual form has it; the long form has all.
    pub fn is_usual(self) -> bool {
        self.browser == Browser::Chromium || self.engine == Engine::Wasm
    }

    /// How it is called in the list of steps.
    pub fn name(self) -> String {
        format!(
            "browser tests in {} with {}",
            word(&self.browser),
            word(&self.engine)
        )
    }

    /// Tells `cargo test` behind `--` what to run.
    pub fn choose(self, command: &mut Command, long: bool) {
        command.arg("--");
        if long {
            command.arg("browser::");
        } else {
            command.args(MAIN);
            if self.engine == Engine::Wasm {
                command.args(POLICIES);
            }
        }
        self.leave_out(command);
    }

    /// Names behind `--` what the browser cannot run.
    pub fn leave_out(self, command: &mut Command) {
        let own: &[&str] = match self.browser {
            Browser::Chromium => &[],
            Browser::Firefox => &NOT_IN_FIREFOX,
            Browser::Webkit => &NOT_IN_WEBKIT,
        };
        let elsewhere: &[&str] = match self.browser {
            Browser::Chromium => &[],
            Browser::Firefox | Browser::Webkit => &CHROMIUM_ALONE,
        };
        let engine: &[&str] = match self.engine {
            Engine::Wasm => &[],
            Engine::Js => &NOT_WITH_JS,
        };
        for test in own.iter().chain(elsewhere).chain(engine) {
            command.args(["--skip", test]);
        }
    }

    /// Installs what is missing, and tells the tests.
    pub fn prepare(self, steps: &Steps, command: &mut Command) -> Result<()> {
        command
            .env("WAYMARK_TEST_BROWSER", word(&self.browser))
            .env("WAYMARK_TEST_ENGINE", word(&self.engine));
        match self.browser {
            Browser::Chromium => {
                let (browser, driver) = tools::chromium(steps)?;
                command
                    .env("WAYMARK_TEST_CHROMIUM", browser)
                    .env("WAYMARK_TEST_CHROMEDRIVER", driver);
            }
            Browser::Firefox => {
                command
                    .env("WAYMARK_TEST_FIREFOX", tools::firefox(steps)?)
                    .env("WAYMARK_TEST_GECKODRIVER", tools::geckodriver(steps)?);
            }
            Browser::Webkit => {
                let webkit = tools::webkit(steps)?;
                command
                    .env("WAYMARK_TEST_WEBKIT", webkit.browser)
                    .env("WAYMARK_TEST_WEBKITDRIVER", webkit.driver)
                    .env("WAYMARK_TEST_XVFB", webkit.screen);
            }
        }
        Ok(())
    }
}

/// The paths that WebKit needs.
pub struct Webkit {
    /// MiniBrowser.
    pub browser: PathBuf,
    /// WebKitWebDriver.
    pub driver: PathBuf,
    /// Xvfb: MiniBrowser has no headless mode.
    pub screen: PathBuf,
}

/// Fails if a round ran nothing, which only a renamed test explains.
pub fn counted(round: Round, output: &str) -> Result<&str> {
    let mut counts = Counts::default();
    counts.add(output);
    if counts.total() == 0 {
        bail!("{}: none ran", round.name());
    }
    Ok(output)
}

/// A value as it is written on the command line.
fn word(value: &impl ValueEnum) -> String {
    value
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}
