//! The WebDriver servers of the three browsers, and the settings by which each starts without what would disturb a test.
//!
//! Owns which browser and which engine the test command has asked for; Chromium and WebAssembly where it asks for nothing.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::{eventually, required, setting};

/// What pages are opened in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Chromium,
    Firefox,
    Webkit,
}

impl Kind {
    /// The one that the test command has asked for.
    pub fn asked_for() -> Self {
        match setting("WAYMARK_TEST_BROWSER").as_deref() {
            None | Some("chromium") => Self::Chromium,
            Some("firefox") => Self::Firefox,
            Some("webkit") => Self::Webkit,
            Some(other) => panic!("WAYMARK_TEST_BROWSER: {other} is no browser that is known here"),
        }
    }

    /// What a new session is asked to be; `preferences` are by the names of the browser's own profile.
    pub fn capabilities(self, profile: &Path, preferences: Value) -> Value {
        match self {
            Self::Chromium => json!({
                "goog:chromeOptions": {
                    "binary": required("WAYMARK_TEST_CHROMIUM"),
                    "prefs": preferences,
                    "args": [
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
                        format!("--user-data-dir={}", profile.display()),
                    ],
                },
            }),
            Self::Firefox => {
                let mut preferences = preferences;
                // Videos play without a click, as they do in Chromium here.
                preferences["media.autoplay.default"] = json!(0);
                json!({
                    "moz:firefoxOptions": {
                        "binary": required("WAYMARK_TEST_FIREFOX"),
                        "prefs": preferences,
                        "args": ["-headless", "-width", "1280", "-height", "900"],
                    },
                })
            }
            Self::Webkit => {
                assert_eq!(
                    preferences,
                    json!({}),
                    "WebKit's driver takes no preferences"
                );
                json!({
                    "webkitgtk:browserOptions": {
                        "binary": required("WAYMARK_TEST_WEBKIT"),
                        "args": ["--automation"],
                    },
                })
            }
        }
    }

    /// Starts what drives the browser, in a process group of its own, with a screen where it needs one.
    ///
    /// A driver finds its port free for one of the two families of addresses, or is told so by us, and ends when another
    /// program has taken it in the other, or since. Beside a hundred open connections that happens; it is then started again.
    pub async fn start(self, home: &Path) -> (Vec<Child>, u16) {
        let mut said = String::new();
        for _ in 0..5 {
            match self.start_once(home).await {
                Ok(started) => return started,
                Err(error) => said = error,
            }
        }
        panic!("{said}");
    }

    async fn start_once(self, home: &Path) -> Result<(Vec<Child>, u16), String> {
        let program = |name| {
            let mut command = Command::new(required(name));
            // Whatever a browser keeps beside its profile, and the profile that Firefox's driver makes and leaves behind.
            command
                .env("HOME", home)
                .env("TMPDIR", home)
                .env("XDG_CACHE_HOME", home)
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .process_group(0)
                .kill_on_drop(true);
            command
        };
        match self {
            Self::Chromium => {
                let mut driver = program("WAYMARK_TEST_CHROMEDRIVER");
                let (process, line) = spawn(driver.arg("--port=0"), |line| {
                    line.contains("started successfully on port ")
                })
                .await?;
                let port = line
                    .rsplit(' ')
                    .next()
                    .and_then(|port| port.trim_end_matches('.').parse().ok());
                Ok((vec![process], port.expect("the driver's port")))
            }
            Self::Firefox => {
                // It compares the port of each request with the one that it was given, and refuses every one with 0.
                let port = free_port();
                let mut driver = program("WAYMARK_TEST_GECKODRIVER");
                let arguments = ["--port", &port.to_string(), "--websocket-port", "0"];
                let (process, _) =
                    spawn(driver.args(arguments), |line| line.contains("Listening on")).await?;
                Ok((vec![process], port))
            }
            Self::Webkit => {
                let mut screen = program("WAYMARK_TEST_XVFB");
                screen.args(["-displayfd", "1", "-nolisten", "tcp"]);
                screen.args(["-screen", "0", "1280x1024x24"]);
                let (screen, display) =
                    spawn(&mut screen, |line| line.parse::<u32>().is_ok()).await?;
                let port = free_port();
                let mut driver = program("WAYMARK_TEST_WEBKITDRIVER");
                driver
                    .arg(format!("--port={port}"))
                    .env("DISPLAY", format!(":{display}"))
                    // Without a session bus of its own, tests would share whatever the machine has.
                    .env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
                let process = driver
                    .stdout(Stdio::null())
                    .spawn()
                    .expect("the driver starts");
                eventually("WebKit's driver answers", || async move {
                    tokio::net::TcpStream::connect(("127.0.0.1", port))
                        .await
                        .is_ok()
                })
                .await;
                Ok((vec![process, screen], port))
            }
        }
    }
}

/// What runs the core in this run's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Wasm,
    /// Pages forbid WebAssembly.
    Js,
}

impl Engine {
    /// The one that the test command has asked for.
    pub fn asked_for() -> Self {
        match setting("WAYMARK_TEST_ENGINE").as_deref() {
            None | Some("wasm") => Self::Wasm,
            Some("js") => Self::Js,
            Some(other) => panic!("WAYMARK_TEST_ENGINE: {other} is no engine"),
        }
    }
}

/// A port that nothing listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}

/// Starts a program and waits for the line that says it is there.
///
/// # Errors
/// What it said last, where it ends without that line.
async fn spawn(
    command: &mut Command,
    is_ready: impl Fn(&str) -> bool,
) -> Result<(Child, String), String> {
    let name = format!("{:?}", command.as_std().get_program());
    let mut process = command
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let output = process.stdout.take().expect("its output");
    let mut lines = BufReader::new(output).lines();
    let wait = async {
        let mut last = String::new();
        while let Some(line) = lines.next_line().await.expect("its output") {
            if is_ready(&line) {
                return Ok(line);
            }
            last = line;
        }
        Err(format!(
            "{name} ended without saying that it is there; its last words: {last}"
        ))
    };
    let line = tokio::time::timeout(Duration::from_secs(30), wait)
        .await
        .unwrap_or_else(|_| panic!("{name} does not say that it is there"))?;
    // The pipe stays open and is read on, or the program would end on its next line of output.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((process, line))
}
