//! A real Chromium under its WebDriver, with an empty profile of its own, for what is measured in the browser.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, TimeoutConfiguration};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A browser and the driver that controls it.
pub(crate) struct Chromium {
    pub(crate) driver: WebDriver,
    version: String,
    process: Child,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Starts one, with these domains of its protocol.
    ///
    /// # Errors
    /// A program that cannot be started, or does not answer.
    pub(crate) async fn start(browser: &Path, driver: &Path, domains: &[&str]) -> Result<Self> {
        let profile = tempfile::tempdir()?;
        let (process, port) = start_driver(driver).await?;
        let mut options = DesiredCapabilities::chrome();
        options.set_binary(&browser.to_string_lossy())?;
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            // A page that waits in the cache for its return would be measured with the next.
            "--disable-features=BackForwardCache",
            // plausible's tracker leaves driven browsers out.
            "--disable-blink-features=AutomationControlled",
            &format!("--user-data-dir={}", profile.path().display()),
        ] {
            options.add_arg(argument)?;
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), options).await?;
        let limit = Some(Duration::from_secs(60));
        driver
            .update_timeouts(TimeoutConfiguration::new(limit, limit, None))
            .await?;
        let cdp = driver.cdp();
        for domain in domains {
            let parameters = match *domain {
                // Processor time: what else the machine does has no part in it.
                "Performance" => json!({ "timeDomain": "threadTicks" }),
                _ => json!({}),
            };
            cdp.send_raw(&format!("{domain}.enable"), parameters)
                .await?;
        }
        let version = cdp.send_raw("Browser.getVersion", json!({})).await?;
        let version = version["product"].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            driver,
            version,
            process,
            _profile: profile,
        })
    }

    /// Its name and version.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The driver leads a process group of its own, and its browser is in it.
        if let Some(id) = self.process.id() {
            let group = format!("-{id}");
            std::process::Command::new("kill")
                .args(["-KILL", "--", &group])
                .status()
                .ok();
        }
    }
}

/// Starts a WebDriver server on a port of its own choice.
async fn start_driver(program: &Path) -> Result<(Child, u16)> {
    let mut process = Command::new(program)
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let output = process.stdout.take().context("no output")?;
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        let port = line.split("started successfully on port ").nth(1);
        if let Some(port) = port.and_then(|rest| rest.trim_end_matches('.').parse().ok()) {
            // The pipe stays open and is read on, or the driver would end on its next line of output.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok((process, port));
        }
    }
    anyhow::bail!("chromedriver ended without naming its port")
}
