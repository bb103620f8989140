//! `cargo xtask test`: every check there is, with what it needs installed or started first, and the counts at the end.

use std::process::Command;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::browsers::{self, Browser, Engine, FURTHER, Round};
use crate::count::Counts;
use crate::failures::{self, Servers};
use crate::postgres::Cluster;
use crate::step::Steps;
use crate::{build, clients, deploy, examples, places, tidy, tools};

/// What `cargo xtask test` can be told.
#[derive(Args)]
pub struct TestOptions {
    /// Run the long form of the suites that have one: more cases, more rounds
    #[arg(long)]
    long: bool,
    /// Run only these parts, in the usual order
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Pass a filter on to the Rust tests, such as `browser::`
    #[arg(long)]
    filter: Option<String>,
    /// Run the tests from the outside so many times, one after the other, such as 10 with `--filter faults::`
    #[arg(long, default_value_t = 1)]
    times: u32,
    /// Hold funnels and retention against ClickHouse too, which is installed for it (560 MB)
    #[arg(long)]
    clickhouse: bool,
    /// Run the browser tests in this browser alone, and no others
    #[arg(long, value_enum)]
    browser: Option<Browser>,
    /// Run the browser tests with this engine alone, and no others
    #[arg(long, value_enum)]
    engine: Option<Engine>,
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
    /// Clippy for the host and for WebAssembly, warnings denied
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

    if chosen(Part::Style) {
        heading("Style");
        style(steps)?;
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
    if chosen(Part::Clippy) {
        heading("Clippy");
        clippy(steps)?;
    }
    if chosen(Part::Unit) {
        heading("Unit and property tests");
        build::tests(steps)?;
        let mut command = cargo_test(options);
        command.args(["--lib", "--bins"]);
        if options.long {
            command.env("PROPTEST_CASES", "4096");
        }
        let output = steps.run("unit tests", &mut command)?;
        counts.add(&output);
    }
    if chosen(Part::Outside) {
        heading("Tests from the outside");
        counts.add(&outside(steps, options)?);
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
    steps.time("tidy", || tidy::check(steps.root()))?;
    tools::cargo_deny(steps)?;
    // Advisories live in a repository that cannot be reached everywhere; `cargo deny check advisories` asks it.
    steps.run(
        "cargo deny",
        Command::new("cargo").args(["deny", "check", "bans", "licenses", "sources"]),
    )?;
    Ok(())
}

fn clippy(steps: &Steps) -> Result<()> {
    tools::wasm_target(steps)?;
    let deny = ["--", "-D", "warnings"];
    steps.run(
        "clippy",
        Command::new("cargo")
            .args(["clippy", "--workspace", "--all-targets"])
            .args(deny),
    )?;
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
    // A workspace of its own, which nothing else would notice the end of; what it fuzzes is there under this condition alone.
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

fn outside(steps: &Steps, options: &TestOptions) -> Result<String> {
    build::web(steps)?;
    let places = places::database(steps)?;
    let examples = examples::prepare(steps)?;
    let clients = clients::prepare(steps)?;
    let parquet_python = tools::parquet_python(steps)?;
    let collector = build::tests(steps)?;
    let schemathesis = tools::schemathesis(steps)?;
    let (nginx, caddy) = (tools::nginx(steps)?, tools::caddy(steps)?);
    let servers = Servers::prepare(steps)?;
    let cluster = Cluster::scratch(steps)?;
    let command = |round: Round| -> Result<Command> {
        let mut command = cargo_test(options);
        command
            .args(["--test", "all"])
            .env("WAYMARK_TEST_POSTGRES_URL", cluster.url())
            .env("WAYMARK_TEST_POSTGRES_BIN", cluster.programs())
            .env("WAYMARK_TEST_COLLECTOR", &collector)
            .env("WAYMARK_TEST_GEO_DATABASE", &places)
            .env("WAYMARK_TEST_SCHEMATHESIS", &schemathesis)
            .env("WAYMARK_TEST_NGINX", &nginx)
            .env("WAYMARK_TEST_CADDY", &caddy)
            .env("WAYMARK_TEST_PACKAGE", &examples.package)
            .env("WAYMARK_TEST_FRAMEWORKS", &examples.frameworks)
            .env("WAYMARK_TEST_SEGMENT", &clients.folder)
            .env("WAYMARK_TEST_SEGMENT_PYTHON", &clients.python)
            .env("WAYMARK_TEST_EXPORTS", steps.root().join("tests/exports"))
            .env("WAYMARK_TEST_EXPORTS_PYTHON", &parquet_python);
        servers.tell(&mut command);
        if options.long {
            command.env("WAYMARK_TEST_LONG", "1");
        }
        round.prepare(steps, &mut command)?;
        Ok(command)
    };
    let asked_for = options.browser.is_some() || options.engine.is_some();
    let first = Round {
        browser: options.browser.unwrap_or(Browser::Chromium),
        engine: options.engine.unwrap_or(Engine::Wasm),
    };
    let mut run = command(first)?;
    let mut output = String::new();
    if options.clickhouse {
        let mut run = command(first)?;
        run.env("WAYMARK_TEST_CLICKHOUSE", tools::clickhouse(steps)?)
            .args(["--", "--ignored"]);
        output = steps.run("tests that ask ClickHouse", &mut run)?;
    }
    if !asked_for {
        let all = "store, API, contract, browser and fault tests";
        output.push_str(&steps.run(all, &mut run)?);
        for time in 2..=options.times {
            let mut run = command(first)?;
            output.push_str(&steps.run(&format!("{all}, time {time}"), &mut run)?);
        }
        if options.filter.is_none() {
            for round in FURTHER.into_iter().filter(|r| options.long || r.is_usual()) {
                let mut run = command(round)?;
                round.choose(&mut run, options.long);
                let printed = steps.run(&round.name(), &mut run)?;
                output.push_str(browsers::counted(round, &printed)?);
            }
        }
        return Ok(output);
    }
    if options.filter.is_none() {
        first.choose(&mut run, options.long);
    } else {
        run.arg("--");
        first.leave_out(&mut run);
    }
    output.push_str(&steps.run(&first.name(), &mut run)?);
    Ok(output)
}

fn cargo_test(options: &TestOptions) -> Command {
    let mut command = Command::new("cargo");
    // Always all packages: which are named decides the features of what they share, and others would be built anew.
    command.args(["test", "--workspace", "--no-fail-fast"]);
    if let Some(filter) = &options.filter {
        command.arg(filter);
    }
    command
}

fn heading(text: &str) {
    eprintln!("\n{text}");
}
