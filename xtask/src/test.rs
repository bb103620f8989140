//! `cargo xtask test`: every check there is, with what it needs installed or started first, and the counts at the end.

use std::process::Command;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::browsers::{Browser, Engine};
use crate::count::Counts;
use crate::outside::Outside;
use crate::step::Steps;
use crate::{build, deploy, failures, lint, tidy, tools};

/// What `cargo xtask test` can be told.
#[derive(Args)]
pub struct TestOptions {
    /// Run the long form of the suites that have one: more cases, more rounds
    #[arg(long)]
    pub long: bool,
    /// Run only these parts, in the usual order
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Pass a filter on to the Rust tests, such as `browser::`
    #[arg(long)]
    pub filter: Option<String>,
    /// Run the tests from the outside so many times, one after the other, such as 10 with `--filter faults::`
    #[arg(long, default_value_t = 1)]
    pub times: u32,
    /// Hold funnels and retention against ClickHouse too, which is installed for it (560 MB)
    #[arg(long)]
    pub clickhouse: bool,
    /// Run the browser tests in this browser alone, and no others
    #[arg(long, value_enum)]
    pub browser: Option<Browser>,
    /// Run the browser tests with this engine alone, and no others
    #[arg(long, value_enum)]
    pub engine: Option<Engine>,
}

impl TestOptions {
    /// The outside tests of this name, and nothing else.
    pub fn outside(filter: &str) -> Self {
        Self {
            long: false,
            only: vec![Part::Outside],
            filter: Some(filter.to_owned()),
            times: 1,
            clickhouse: false,
            browser: None,
            engine: None,
        }
    }
}

/// The parts of the test command, in the order in which they run: cheapest first.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// rustfmt, house rules, licences and bans of dependencies
    Style,
    /// What is in deploy/, by the schemas and linters of who reads it
    Deploy,
    /// The SDK's build and byte budget, the npm package's and the dashboard's own checks
    Web,
    /// Clippy for the host and for WebAssembly, with `--long` for the fuzz targets too, warnings denied
    Clippy,
    /// Unit and property tests within each crate
    Unit,
    /// Store, API, contract, browser and fault tests against the built product
    Outside,
    /// The tests that kill servers under load, ten times in a row; only with `--long` or by this name
    Failures,
}

/// Runs the parts and prints the counts; fails at the first part that fails.
pub fn test(steps: &Steps, options: &TestOptions) -> Result<()> {
    let chosen = |part| options.only.is_empty() || options.only.contains(&part);
    let mut counts = Counts::default();

    let mut prepared = None;
    // What is waited for more than it is worked at goes on beside what follows, which leaves a processor now and then.
    std::thread::scope(|scope| -> Result<()> {
        let (mut licences, mut preparing) = (None, None);
        if chosen(Part::Style) {
            heading("Style");
            style(steps)?;
            licences = Some(scope.spawn(|| self::licences(steps)));
        }
        if chosen(Part::Deploy) {
            heading("Deploy");
            deploy::check(steps)?;
        }
        if chosen(Part::Web) {
            heading("Web");
            counts.add(&build::sdk_checked(steps)?);
            counts.add(&build::dashboard_checked(steps)?);
        }
        if chosen(Part::Outside) {
            build::web(steps)?;
            preparing = Some(scope.spawn(|| Outside::prepare(steps, options)));
        }
        if chosen(Part::Clippy) {
            heading("Clippy");
            clippy(steps, options.long)?;
        }
        if chosen(Part::Unit) || chosen(Part::Outside) {
            build::tests(steps)?;
        }
        licences.map(joined).transpose()?;
        prepared = preparing.map(joined).transpose()?;
        Ok(())
    })?;
    if chosen(Part::Unit) {
        heading("Unit and property tests");
        let mut command = cargo_test(options)?;
        command.args(["--lib", "--bins"]);
        if options.long {
            command.env("PROPTEST_CASES", "4096");
        }
        let output = steps.run("unit tests", &mut command)?;
        counts.add(&output);
    }
    if let Some(prepared) = prepared {
        heading("Tests from the outside");
        counts.add(&prepared.run(steps, options)?);
    }
    if chosen(Part::Failures) && (options.long || !options.only.is_empty()) {
        heading("Failures, again and again");
        counts.add(&failures::repeated(steps)?);
    }

    counts.print();
    if counts.total() == 0 && options.only.is_empty() {
        bail!("no test ran");
    }
    Ok(())
}

fn style(steps: &Steps) -> Result<()> {
    steps.run(
        "rustfmt",
        Command::new("cargo").args(["fmt", "--all", "--check"]),
    )?;
    steps.time("tidy", || tidy::check(steps.root()))
}

fn licences(steps: &Steps) -> Result<()> {
    tools::cargo_deny(steps)?;
    // Advisories live in a repository that cannot be reached everywhere; `cargo deny check advisories` asks it.
    steps.run(
        "cargo deny",
        Command::new("cargo").args(["deny", "check", "bans", "licenses", "sources"]),
    )?;
    Ok(())
}

fn clippy(steps: &Steps, long: bool) -> Result<()> {
    tools::wasm_target(steps)?;
    let deny = ["--", "-D", "warnings"];
    build::tests(steps)?;
    steps.run(
        "clippy for WebAssembly",
        Command::new("cargo")
            .args([
                "clippy",
                "--package",
                "waymark-sdk",
                "--package",
                "waymark-inspector",
                "--target",
                "wasm32-unknown-unknown",
            ])
            .args(deny),
    )?;
    if !long {
        return Ok(());
    }
    // A workspace of its own, which nothing else would notice the end of; what it fuzzes is there under this condition alone. All that
    // it depends on is compiled for it, which takes as long as everything above.
    steps.run(
        "clippy for the fuzz targets",
        Command::new("cargo")
            .args(["clippy", "--manifest-path", "fuzz/Cargo.toml"])
            .args(["--target-dir", "target/fuzz-clippy"])
            .env("RUSTFLAGS", "--cfg fuzzing")
            .args(deny),
    )?;
    Ok(())
}

/// What a thread came to.
fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    match thread.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Cargo running the tests that were chosen.
pub fn cargo_test(options: &TestOptions) -> Result<Command> {
    let mut command = lint::cargo()?;
    // Always all packages: which are named decides the features of what they share, and others would be built anew.
    command.args(["test", "--workspace", "--no-fail-fast"]);
    if let Some(filter) = &options.filter {
        command.arg(filter);
    }
    Ok(command)
}

fn heading(text: &str) {
    eprintln!("\n{text}");
}
