//! A real browser, driven over WebDriver: one process with an empty profile for each test, ended with the test.
//!
//! It is Chromium, or another that the test command has asked for ([`Kind`]); what only Chromium can do says so.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::TimeoutConfiguration;
use thirtyfour::extensions::addons::firefox::FirefoxTools;
use thirtyfour::prelude::*;
use tokio::process::Child;
use uuid::Uuid;

use super::drivers::Kind;

/// What the test's own site puts before everything else in its pages.
pub type Prelude = Arc<Mutex<String>>;

/// A browser and the driver that controls it.
pub struct Chromium {
    kind: Kind,
    driver: Option<WebDriver>,
    processes: Vec<Child>,
    prelude: Prelude,
    profile: tempfile::TempDir,
}

impl Chromium {
    /// A browser as a visitor has it.
    pub async fn start() -> Self {
        Self::with_preferences(json!({})).await
    }

    /// A browser whose user has set `preferences`, by the names in its own profile.
    pub async fn with_preferences(preferences: Value) -> Self {
        let kind = Kind::asked_for();
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let (processes, port) = kind.start(profile.path()).await;
        let asked = kind.capabilities(profile.path(), preferences);
        let mut capabilities = Capabilities::new();
        for (name, value) in asked.as_object().expect("an object") {
            capabilities
                .set(name.clone(), value.clone())
                .expect("a capability");
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)
            .await
            .expect("a browser session");
        driver
            .update_timeouts(TimeoutConfiguration::new(
                Some(Duration::from_secs(30)),
                Some(Duration::from_secs(60)),
                None,
            ))
            .await
            .expect("time limits");
        // WebKit's takes no size when it starts, and a narrow dashboard shows less.
        driver
            .set_window_rect(0, 0, 1280, 900)
            .await
            .expect("a window of this size");
        Self {
            kind,
            driver: Some(driver),
            processes,
            prelude: Prelude::default(),
            profile,
        }
    }

    /// The WebDriver session.
    pub fn driver(&self) -> &WebDriver {
        self.driver.as_ref().expect("a session until the drop")
    }

    /// Opens `url` in the current tab and waits for its load event.
    pub async fn open(&self, url: &str) {
        self.driver().goto(url).await.expect("the page loads");
    }

    /// Opens `url` in a new tab, which becomes the current one.
    pub async fn open_in_new_tab(&self, url: &str) {
        let tab = self.driver().new_tab().await.expect("a new tab");
        self.driver().switch_to_window(tab).await.expect("the tab");
        self.open(url).await;
    }

    /// Closes the current tab and turns to the first that is left.
    pub async fn close_tab(&self) {
        self.driver().close_window().await.expect("the tab closes");
        let windows = self.driver().windows().await.expect("the tabs");
        let first = windows.into_iter().next().expect("a tab is left");
        self.driver()
            .switch_to_window(first)
            .await
            .expect("the tab");
    }

    /// Runs `script` as a function body in the page and gives back what it returns.
    pub async fn run(&self, script: &str) -> Value {
        self.driver()
            .execute(script, Vec::new())
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
            .json()
            .clone()
    }

    /// Runs `script`, which ends the page, once the driver has been answered: it calls again what the page's end cuts off.
    pub async fn run_to_leave(&self, script: &str) {
        self.run(&format!("setTimeout(() => {{ {script} }})")).await;
    }

    /// Evaluates the promise `expression` in the page and gives back what it resolves to.
    pub async fn settled(&self, expression: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             Promise.resolve({expression}).then(v => done({{ ok: v ?? null }}), e => done({{ error: String(e) }}));"
        );
        let answer = self
            .driver()
            .execute_async(&script, Vec::new())
            .await
            .unwrap_or_else(|error| panic!("{expression}: {error}"))
            .json()
            .clone();
        assert_eq!(answer.get("error"), None, "{expression} was rejected");
        answer["ok"].clone()
    }

    /// Runs `script` in every page from now on before any of the page's own.
    ///
    /// WebKit has nothing for that: there the test's site writes it into its pages, and pages of others have none.
    pub async fn before_each_page(&self, script: &str) {
        match self.kind {
            Kind::Chromium => {
                let parameters = json!({ "source": script });
                self.devtools("Page.addScriptToEvaluateOnNewDocument", parameters)
                    .await;
            }
            Kind::Firefox => {
                let folder = self.profile.path().join(Uuid::new_v4().to_string());
                write_add_on(&folder, script).expect("an add-on");
                let folder = folder.to_str().expect("a path in Unicode");
                FirefoxTools::new(self.driver().handle().clone())
                    .install_addon(folder, Some(true))
                    .await
                    .expect("Firefox takes the add-on");
            }
            Kind::Webkit => {
                let mut prelude = self.prelude.lock().expect("no test has failed meanwhile");
                prelude.push_str(&format!("<script>{{ {script} }}</script>"));
            }
        }
    }

    /// Fails if a script that runs before each page has put anything into `window.noted`, where it runs in pages of others too.
    pub async fn assert_nothing_noted(&self, page: &str) {
        if self.kind != Kind::Webkit {
            let noted = self.run("return window.noted").await;
            assert_eq!(noted, json!([]), "{page}");
        }
    }

    /// What the test's site writes into its pages.
    pub fn prelude(&self) -> Prelude {
        self.prelude.clone()
    }

    /// A command of the Chrome DevTools protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        assert_eq!(self.kind, Kind::Chromium, "only Chromium has {command}");
        self.driver()
            .cdp()
            .send_raw(command, parameters)
            .await
            .unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Brings this tab to the front. Other drivers have done it when they switch to a tab.
    pub async fn to_front(&self) {
        if self.kind == Kind::Chromium {
            self.devtools("Page.bringToFront", json!({})).await;
        }
    }

    /// Saves what the window shows below `target/screenshots/`.
    pub async fn screenshot(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
        std::fs::create_dir_all(&folder).expect("a folder for screenshots");
        self.driver()
            .screenshot(&folder.join(format!("{name}.png")))
            .await
            .expect("a screenshot");
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The session goes with its processes. Asked to end it politely, the client would wait for an answer that
        // a killed driver never gives.
        if let Some(driver) = self.driver.take() {
            driver.leak().ok();
        }
        // Each leads a process group of its own, and the browser is in its driver's.
        for process in &self.processes {
            if let Some(id) = process.id() {
                std::process::Command::new("kill")
                    .args(["-KILL", "--", &format!("-{id}")])
                    .status()
                    .ok();
            }
        }
    }
}

/// An add-on that runs `script` in every page as one of the page's own, before all others.
fn write_add_on(folder: &Path, script: &str) -> std::io::Result<()> {
    let manifest = json!({
        "manifest_version": 2,
        "name": "Before each page",
        "version": "1",
        "content_scripts": [{
            "matches": ["<all_urls>"],
            "all_frames": true,
            "run_at": "document_start",
            "world": "MAIN",
            "js": ["script.js"],
        }],
    });
    std::fs::create_dir(folder)?;
    std::fs::write(folder.join("manifest.json"), manifest.to_string())?;
    std::fs::write(folder.join("script.js"), format!("{{ {script} }}"))
}
