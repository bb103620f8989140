//! One visit in a real Chromium, with an empty cache and empty storage.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Figures;
use super::site::Site;
use crate::chromium::Chromium;

/// Waits for what the page waits for, and then for what it does afterwards: 300 ms, several times what the slowest takes.
const WATCH: &str = "
    const done = arguments[0];
    const told = ({ queuedAt, readyAt, tasks }) => ({ queuedAt, readyAt, tasks });
    bench.done.then(() => setTimeout(() => done(told(bench)), 300));
";

impl Chromium {
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
