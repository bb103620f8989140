//! The build order: SDK before the collector that serves it, dashboard before the collector that embeds it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::Result;

use crate::step::Steps;
use crate::{lint, npm, sdk, tools};

/// The dashboard's folder, and what of it decides how its build turns out.
const DASHBOARD: &str = "collector/dashboard";
const DASHBOARD_INPUTS: [&str; 9] = [
    "src",
    "public",
    "index.html",
    "package.json",
    "package-lock.json",
    "svelte.config.js",
    "tsconfig.json",
    "vite.config.ts",
    "budget.mjs",
];

/// Builds everything that `cargo xtask run` starts and returns the collector's binary.
pub fn product(steps: &Steps) -> Result<PathBuf> {
    web(steps)?;
    steps.run(
        "compile the collector",
        Command::new("cargo").args(["build", "--release", "--package", "waymark-collector"]),
    )?;
    Ok(steps.root().join("target/release/collector"))
}

/// Builds what browsers load: the SDK and the dashboard.
pub fn web(steps: &Steps) -> Result<()> {
    tools::node()?;
    sdk::build(steps)?;
    dashboard(steps)
}

/// Builds the SDK, holds it to its byte budget and runs the npm package's own checks; returns what they printed.
pub fn sdk_checked(steps: &Steps) -> Result<String> {
    tools::node()?;
    sdk::build(steps)?;
    let wrapper = steps.root().join("js-wrapper");
    let budget = npm::run(steps, &wrapper, "size")?;
    eprintln!("{}", budget.trim_end());
    npm::run(steps, &wrapper, "check")?;
    npm::run(steps, &wrapper, "test")
}

/// Builds the dashboard and runs its own checks; returns what they printed.
pub fn dashboard_checked(steps: &Steps) -> Result<String> {
    tools::node()?;
    dashboard(steps)?;
    let folder = steps.root().join(DASHBOARD);
    npm::run(steps, &folder, "check")?;
    npm::run(steps, &folder, "test")
}

/// Builds all tests, and the collector as the outside tests run it, which is given back. Lints everything on the way.
pub fn tests(steps: &Steps) -> Result<PathBuf> {
    steps.run(
        "compile and lint the tests and what they run",
        lint::cargo()?.args(["build", "--workspace", "--all-targets"]),
    )?;
    Ok(collector(steps))
}

/// The collector as the outside tests run it.
pub fn collector(steps: &Steps) -> PathBuf {
    steps.root().join("target/debug/collector")
}

fn dashboard(steps: &Steps) -> Result<()> {
    let folder = steps.root().join(DASHBOARD);
    npm::install(steps, &folder)?;
    let built = modified(&folder.join("dist/index.html"));
    let newest = DASHBOARD_INPUTS
        .iter()
        .filter_map(|input| newest_below(&folder.join(input)))
        .max();
    if built.is_some() && built >= newest {
        return Ok(());
    }
    npm::run(steps, &folder, "build").map(drop)
}

fn newest_below(path: &Path) -> Option<SystemTime> {
    if path.is_dir() {
        std::fs::read_dir(path)
            .ok()?
            .filter_map(|entry| newest_below(&entry.ok()?.path()))
            .max()
    } else {
        modified(path)
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|meta| meta.modified()).ok()
}
