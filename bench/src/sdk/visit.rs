//! One visit in a real Chromium, with an empty cache and empty storage.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, TimeoutConfiguration};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::Figures;
use super::site::Site;

/// Waits for what the page waits for, and then for what it does afterwards: 300 ms, several times what the slowest takes.
const WATCH: &str = "
    const done = arguments[0];
    const told = ({ queuedAt, readyAt, tasks }) => ({ queuedAt, readyAt, tasks });
    bench.done.then(() => setTimeout(() => done(told(bench)), 300));
";

/// A browser and the driver that controls it.
pub(crate) struct Chromium {
    driver: WebDriver,
    version: String,
    process: Child,
    _profile: tempfile::TempDir,
}

impl Chromium {
    pub(crate) async fn start(browser: &Path, driver: &Path) -> Result<Self> {
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
        for domain in ["Performance", "Network", "HeapProfiler"] {
            let parameters = match domain {
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

    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Opens the contender's page as a new visitor and watches it until it is at rest.
    pub(crate) async fn visit(
        &mut self,
        site: &Site,
        contender: &str,
        slowdown: u32,
    ) -> Result<Figures> {
        let cdp = self.driver.cdp();
        let heard = site.heard(contender);
        let storage = json!({ "origin": site.origin(), "storageTypes": "all" });
        cdp.send_raw("Storage.clearDataForOrigin", storage).await?;
        cdp.send_raw("Network.clearBrowserCache", json!({})).await?;
        let rate = json!({ "rate": slowdown });
        cdp.send_raw("Emulation.setCPUThrottlingRate", rate).await?;
        let before = self.script_ms().await?;
        self.driver.goto(site.page(contender)).await?;
        let told = self.driver.execute_async(WATCH, Vec::new()).await?;
        let told = told.json().clone();
        let after = self.script_ms().await?;
        cdp.send_raw("Emulation.setCPUThrottlingRate", json!({ "rate": 1 }))
            .await?;
        let cdp = self.driver.cdp();
        cdp.send_raw("HeapProfiler.collectGarbage", json!({}))
            .await?;
        let heap = cdp.send_raw("Runtime.getHeapUsage", json!({})).await?;
        let bytes = |field: &str| heap[field].as_f64().unwrap_or_default();
        // Leaving makes every contender send what it has.
        self.driver.goto(site.page("none")).await?;
        if contender != "none" {
            site.hears(contender, heard).await?;
        }
        let tasks: Vec<f64> = told["tasks"]
            .as_array()
            .context("the page told of no tasks")?
            .iter()
            .filter_map(Value::as_f64)
            .collect();
        Ok(Figures {
            queued_ms: told["queuedAt"].as_f64(),
            ready_ms: told["readyAt"].as_f64(),
            // A page in another process begins at zero.
            script_ms: Some(if after < before {
                after
            } else {
                after - before
            }),
            long_tasks: Some(tasks.len() as f64),
            longest_task_ms: Some(tasks.into_iter().fold(0.0, f64::max)),
            heap_kib: Some((bytes("usedSize") + bytes("backingStorageSize")) / 1024.0),
        })
    }

    /// What JavaScript has taken of this page's processor, so far.
    async fn script_ms(&self) -> Result<f64> {
        let metrics = self
            .driver
            .cdp()
            .send_raw("Performance.getMetrics", json!({}))
            .await?;
        let metrics = metrics["metrics"].as_array().context("no metrics")?;
        let sum = |names: &[&str]| -> f64 {
            metrics
                .iter()
                .filter(|metric| names.iter().any(|name| metric["name"] == *name))
                .filter_map(|metric| metric["value"].as_f64())
                .sum()
        };
        ensure!(
            metrics
                .iter()
                .any(|metric| metric["name"] == "ScriptDuration"),
            "no script time"
        );
        Ok(1000.0 * sum(&["ScriptDuration", "V8CompileDuration"]))
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
