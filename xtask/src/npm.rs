//! npm for the parts of the project that are written in TypeScript.
//!
//! Owns when packages are installed (once for each state of `package-lock.json`) and how a package's scripts are run.
//! What a script does is the package's own business.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::step::Steps;

/// A copy of the lock file that `node_modules` was installed from. It lies inside, so that it goes when the folder goes.
const STAMP: &str = "node_modules/.installed-lock.json";

/// Installs the packages of `dir` exactly as its `package-lock.json` says, unless they are there already.
pub fn install(steps: &Steps, dir: &Path) -> Result<()> {
    if is_installed(dir)? {
        return Ok(());
    }
    let lock = lock_file(dir)?;
    let stamp = dir.join(STAMP);
    steps.run(
        &format!("npm ci in {}", name(dir)),
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(dir),
    )?;
    fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Whether the packages of `dir` are those that its `package-lock.json` says.
pub fn is_installed(dir: &Path) -> Result<bool> {
    let lock = lock_file(dir)?;
    Ok(fs::read(dir.join(STAMP)).is_ok_and(|installed| installed == lock))
}

fn lock_file(dir: &Path) -> Result<Vec<u8>> {
    let path = dir.join("package-lock.json");
    fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// Runs the script `script` of the package in `dir` and returns what it printed.
pub fn run(steps: &Steps, dir: &Path, script: &str) -> Result<String> {
    steps.run(
        &format!("npm run {script} in {}", name(dir)),
        Command::new("npm")
            .args(["run", "--silent", script])
            .current_dir(dir),
    )
}

fn name(dir: &Path) -> String {
    dir.file_name().map_or_else(
        || dir.display().to_string(),
        |n| n.to_string_lossy().into_owned(),
    )
}
