//! A real Chromium, driven over WebDriver: one process with an empty profile for each test, ended with the test.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, TimeoutConfiguration};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::required;

/// A browser and the driver that controls it.
pub struct Chromium {
    driver: Option<WebDriver>,
    process: Child,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// A browser as a visitor has it.
    pub async fn start() -> Self {
        Self::with_preferences(json!({})).await
    }

    /// A browser whose user has set `preferences`, by the names in Chromium's own profile.
    pub async fn with_preferences(preferences: Value) -> Self {
        let browser = required("WAYMARK_TEST_CHROMIUM");
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let (process, port) = start_driver().await;

        let mut options = DesiredCapabilities::chrome();
        options.set_binary(&browser).expect("the browser's path");
        let profile_argument = format!("--user-data-dir={}", profile.path().display());
        for argument in [
            "--headless",
            // A browser without a screen says so, and would be taken for a bot.
            "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            // The names that are set aside for tests (RFC 6761) are this machine.
            "--host-resolver-rules=MAP *.test 127.0.0.1",
            "--window-size=1280,900",
            &profile_argument,
        ] {
            options.add_arg(argument).expect("an argument");
        }
        options
            .add_experimental_option("prefs", preferences)
            .expect("preferences");
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), options)
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
        Self {
            driver: Some(driver),
            process,
            _profile: profile,
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
    pub async fn before_each_page(&self, script: &str) {
        self.devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": script }),
        )
        .await;
    }

    /// A command of the Chrome DevTools protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.driver()
            .cdp()
            .send_raw(command, parameters)
            .await
            .unwrap_or_else(|error| panic!("{command}: {error}"))
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
        // The driver leads a process group of its own, and its browser is in it.
        if let Some(id) = self.process.id() {
            std::process::Command::new("kill")
                .args(["-KILL", "--", &format!("-{id}")])
                .status()
                .ok();
        }
    }
}

/// Starts a WebDriver server on a port of its own choice.
async fn start_driver() -> (Child, u16) {
    let mut process = Command::new(required("WAYMARK_TEST_CHROMEDRIVER"))
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .expect("chromedriver starts");
    let output = process.stdout.take().expect("chromedriver's output");
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await.expect("chromedriver's output") {
        if let Some(port) = line
            .split("started successfully on port ")
            .nth(1)
            .and_then(|rest| rest.trim_end_matches('.').parse().ok())
        {
            // The pipe stays open and is read on, or the driver would end on its next line of output.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (process, port);
        }
    }
    panic!("chromedriver ended without naming its port");
}
