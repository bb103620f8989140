//! The browser SDK beside others on one page: bytes, time until the first event is in line and until ready, script time,
//! long tasks, heap, with the machine's processor and with a sixth of it.
//!
//! Owns the plan and the targets. A visit has an empty cache and empty storage; every round has every contender once at
//! each speed, in an order that turns from round to round, and a page without any, which is what the others are held
//! against. A visit of which no event arrived at the contender's endpoint is an error.
//!
//! ```text
//! sdk       the plan
//!   ├ site      the page, the scripts, and endpoints that answer as those of the contenders do
//!   ├ visit     one page in Chromium
//!   └ summary   medians, targets; table and JSON
//! ```

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde::{Deserialize, Serialize};

mod site;
mod summary;
mod visit;

use crate::chromium::Chromium;
use site::Site;
use summary::Report;

/// The page without any SDK comes first: it is what the figures of the others are beyond.
pub(crate) const CONTENDERS: [&str; 5] = ["none", "waymark", "snowplow", "posthog", "plausible"];
/// Those that keep events in line and send again what was not answered; plausible's does neither.
pub(crate) const WITH_QUEUE_AND_RETRIES: [&str; 2] = ["snowplow", "posthog"];
/// How many times slower than the machine the processor is made.
pub(crate) const SLOWDOWNS: [u32; 2] = [1, 6];

/// What `sdk` can be told.
#[derive(Debug, Args)]
pub struct SdkOptions {
    /// Times that every contender is visited at each speed
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Chromium
    #[arg(long)]
    chromium: PathBuf,
    /// Its WebDriver
    #[arg(long)]
    chromedriver: PathBuf,
    /// The SDK as it was built
    #[arg(long)]
    dist: PathBuf,
    /// The peers' bundles and files.json
    #[arg(long)]
    peers: PathBuf,
    /// Where the JSON goes
    #[arg(long)]
    out: PathBuf,
}

/// What was built: sizes and versions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Built {
    pub(crate) versions: std::collections::BTreeMap<String, String>,
    pub(crate) files: Vec<Sized>,
}

/// The bytes of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sized {
    pub(crate) of: String,
    pub(crate) what: String,
    /// Whether every page view of a new visitor loads it.
    pub(crate) first_load: bool,
    pub(crate) raw: u64,
    pub(crate) gzip: u64,
    pub(crate) brotli: u64,
}

/// One visit.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sample {
    pub(crate) round: u32,
    pub(crate) contender: &'static str,
    pub(crate) slowdown: u32,
    #[serde(flatten)]
    pub(crate) figures: Figures,
}

/// What a visit told. Milliseconds are since the navigation where a moment is meant.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Figures {
    /// The first call of the page has returned.
    pub(crate) queued_ms: Option<f64>,
    /// The SDK says that it is there.
    pub(crate) ready_ms: Option<f64>,
    /// The processor's time for JavaScript and WebAssembly, compiling included.
    pub(crate) script_ms: Option<f64>,
    /// Tasks of 50 ms and more.
    pub(crate) long_tasks: Option<f64>,
    /// All of the longest task of those.
    pub(crate) longest_task_ms: Option<f64>,
    /// Objects, and buffers as that of WebAssembly's memory, after a collection of garbage.
    pub(crate) heap_kib: Option<f64>,
}

/// Measures, prints the table and writes the JSON.
///
/// # Errors
/// What makes a figure untrue.
pub async fn run(options: &SdkOptions) -> Result<()> {
    let files = options.peers.join("files.json");
    let text = std::fs::read_to_string(&files)
        .with_context(|| format!("cannot read {}", files.display()))?;
    let built: Built = serde_json::from_str(&text)?;
    let site = Site::start(&options.dist, &options.peers).await?;
    let mut browser = Chromium::start(
        &options.chromium,
        &options.chromedriver,
        &["Performance", "Network", "HeapProfiler"],
    )
    .await?;
    // The first page of a browser's life is slower than any.
    browser.visit(&site, "none", 1).await?;
    let mut samples = Vec::new();
    for round in 1..=options.rounds {
        for slowdown in SLOWDOWNS {
            let mut order = CONTENDERS;
            order.rotate_left(round as usize % CONTENDERS.len());
            for contender in order {
                let figures = browser
                    .visit(&site, contender, slowdown)
                    .await
                    .with_context(|| format!("round {round}, {contender} at {slowdown}x"))?;
                samples.push(Sample {
                    round,
                    contender,
                    slowdown,
                    figures,
                });
            }
        }
    }
    let report = Report::new(options.rounds, browser.version().to_owned(), built, samples)?;
    report.print();
    report.write(&options.out)
}
