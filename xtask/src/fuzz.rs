//! `cargo xtask fuzz`: the fuzz targets of `fuzz/`, each for a while, from the corpus that is kept.
//!
//! Builds them without cargo-fuzz, which wants a nightly compiler for its sanitizers: the project has no unsafe code in
//! what is fuzzed, and the coverage that guides the fuzzer is had from the stable one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::step::Steps;

/// What cargo-fuzz hands to the compiler, less the sanitizer.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// What `cargo xtask fuzz` can be told.
#[derive(Args)]
pub struct FuzzOptions {
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Run only these targets
    #[arg(long, value_name = "TARGET", value_delimiter = ',')]
    only: Vec<String>,
    /// Put what was found into the corpus that is kept, as few files as reach the same code
    #[arg(long)]
    keep: bool,
}

/// Builds the targets and runs each; fails at the first that finds a fault.
pub fn fuzz(steps: &Steps, options: &FuzzOptions) -> Result<()> {
    let home = steps.root().join("fuzz");
    let built = steps.root().join("target/fuzz");
    let host = host()?;
    steps.run(
        "build the fuzz targets",
        Command::new("cargo")
            // With the target named, build scripts and macros are left as they are.
            .args(["build", "--release", "--target", &host])
            .arg("--manifest-path")
            .arg(home.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&built)
            .env("RUSTFLAGS", FLAGS),
    )?;
    let targets = targets(&home)?;
    if let Some(unknown) = options.only.iter().find(|name| !targets.contains(name)) {
        bail!(
            "there is no fuzz target {unknown}; there are {}",
            targets.join(", ")
        );
    }
    let chosen = |name: &&String| options.only.is_empty() || options.only.contains(name);
    for name in targets.iter().filter(chosen) {
        let target = Target {
            name,
            program: built.join(&host).join("release").join(name),
            kept: home.join("corpus").join(name),
            found: built.join("corpus").join(name),
        };
        target.run(steps, &home, options.seconds)?;
        if options.keep {
            target.keep(steps, &built)?;
        }
    }
    Ok(())
}

struct Target<'a> {
    name: &'a str,
    program: PathBuf,
    /// The corpus in the repository.
    kept: PathBuf,
    /// What this machine has found since.
    found: PathBuf,
}

impl Target<'_> {
    fn run(&self, steps: &Steps, home: &Path, seconds: u32) -> Result<()> {
        let artifacts = home.join("artifacts").join(self.name);
        fs::create_dir_all(&artifacts)?;
        fs::create_dir_all(&self.found)?;
        steps
            .run(
                &format!("fuzz {} for {seconds} s", self.name),
                Command::new(&self.program)
                    .arg(format!("-max_total_time={seconds}"))
                    .args(["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"])
                    .arg(format!("-artifact_prefix={}/", artifacts.display()))
                    .args([&self.found, &self.kept]),
            )
            .with_context(|| {
                format!(
                    "what broke it is in {}: mend it, and put the file into {}",
                    artifacts.display(),
                    self.kept.display()
                )
            })?;
        Ok(())
    }

    fn keep(&self, steps: &Steps, built: &Path) -> Result<()> {
        let few = built.join("few").join(self.name);
        if few.exists() {
            fs::remove_dir_all(&few)?;
        }
        fs::create_dir_all(&few)?;
        steps.run(
            &format!("choose the corpus of {}", self.name),
            Command::new(&self.program).arg("-set_cover_merge=1").args([
                &few,
                &self.kept,
                &self.found,
            ]),
        )?;
        for file in fs::read_dir(&few)? {
            let file = file?;
            fs::copy(file.path(), self.kept.join(file.file_name()))?;
        }
        Ok(())
    }
}

/// The names of the targets: a file for each.
fn targets(home: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for file in fs::read_dir(home.join("targets"))? {
        let path = file?.path();
        if let Some(name) = path.file_stem().and_then(|name| name.to_str()) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The compiler's own target.
fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    String::from_utf8(output.stdout)?
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .context("rustc does not say what it compiles for")
}
