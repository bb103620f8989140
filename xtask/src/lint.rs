//! Clippy as the compiler of the workspace's own crates, so that what is compiled for the tests is linted on the way. A check of its
//! own would compile all that they depend on a second time, which takes longer than the lints.
//!
//! Cargo keeps what this compiler made apart from what rustc made, so whoever uses it here does so for every command that builds or
//! runs tests, with the same arguments.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// As `cargo clippy -- -D warnings` hands them over.
const DENY: &str = "-Dwarnings__CLIPPY_HACKERY__";

/// Cargo that lints, with warnings denied.
///
/// # Errors
/// A toolchain without Clippy.
pub fn cargo() -> Result<Command> {
    let mut command = Command::new("cargo");
    command
        .env("RUSTC_WORKSPACE_WRAPPER", driver()?)
        .env("CLIPPY_ARGS", DENY);
    Ok(command)
}

/// Clippy of the toolchain in use.
fn driver() -> Result<PathBuf> {
    let output = Command::new("rustc")
        .args(["--print", "sysroot"])
        .output()
        .context("cannot start `rustc`")?;
    let sysroot = String::from_utf8_lossy(&output.stdout);
    let driver = PathBuf::from(sysroot.trim()).join("bin/clippy-driver");
    ensure!(
        driver.exists(),
        "{} is not there: `rustup component add clippy` installs it",
        driver.display()
    );
    Ok(driver)
}
