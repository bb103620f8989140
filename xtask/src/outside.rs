//! The tests from the outside: what they need beside what is compiled, and the browsers and engines that they run with in turn.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::browsers::{self, Browser, Engine, FURTHER, Round};
use crate::clients::{self, Clients};
use crate::failures::Servers;
use crate::postgres::Cluster;
use crate::step::Steps;
use crate::test::{TestOptions, cargo_test};
use crate::{build, examples, places, tools};

/// What the tests from the outside need beside what is compiled.
pub struct Outside {
    places: PathBuf,
    examples: examples::Prepared,
    clients: Clients,
    parquet_python: PathBuf,
    schemathesis: PathBuf,
    nginx: PathBuf,
    caddy: PathBuf,
    strace: PathBuf,
    servers: Servers,
}

impl Outside {
    /// Finds or gets all of it, with the browsers.
    pub fn prepare(steps: &Steps, options: &TestOptions) -> Result<Self> {
        for round in std::iter::once(first(options)).chain(further(options)) {
            round.prepare(steps, &mut Command::new("cargo"))?;
        }
        Ok(Self {
            places: places::database(steps)?,
            examples: examples::prepare(steps)?,
            clients: clients::prepare(steps)?,
            parquet_python: tools::parquet_python(steps)?,
            schemathesis: tools::schemathesis(steps)?,
            nginx: tools::nginx(steps)?,
            caddy: tools::caddy(steps)?,
            strace: tools::strace(steps)?,
            servers: Servers::prepare(steps)?,
        })
    }

    /// Cargo running them in a round.
    fn command(
        &self,
        steps: &Steps,
        options: &TestOptions,
        cluster: &Cluster,
        round: Round,
    ) -> Result<Command> {
        let mut command = cargo_test(options)?;
        command
            .args(["--test", "all"])
            .env("WAYMARK_TEST_POSTGRES_URL", cluster.url())
            .env("WAYMARK_TEST_POSTGRES_BIN", cluster.programs())
            .env("WAYMARK_TEST_COLLECTOR", build::collector(steps))
            .env("WAYMARK_TEST_GEO_DATABASE", &self.places)
            .env("WAYMARK_TEST_SCHEMATHESIS", &self.schemathesis)
            .env("WAYMARK_TEST_NGINX", &self.nginx)
            .env("WAYMARK_TEST_CADDY", &self.caddy)
            .env("WAYMARK_TEST_STRACE", &self.strace)
            .env("WAYMARK_TEST_PACKAGE", &self.examples.package)
            .env("WAYMARK_TEST_FRAMEWORKS", &self.examples.frameworks)
            .env("WAYMARK_TEST_SEGMENT", &self.clients.folder)
            .env("WAYMARK_TEST_SEGMENT_PYTHON", &self.clients.python)
            .env("WAYMARK_TEST_EXPORTS", steps.root().join("tests/exports"))
            .env("WAYMARK_TEST_EXPORTS_PYTHON", &self.parquet_python);
        self.servers.tell(&mut command);
        if options.long {
            command.env("WAYMARK_TEST_LONG", "1");
        }
        round.prepare(steps, &mut command)?;
        Ok(command)
    }

    /// Runs them, and gives what they printed.
    pub fn run(&self, steps: &Steps, options: &TestOptions) -> Result<String> {
        let cluster = Cluster::scratch(steps)?;
        let command = |round| self.command(steps, options, &cluster, round);
        let mut output = String::new();
        let first = first(options);
        if options.clickhouse {
            let mut run = command(first)?;
            run.env("WAYMARK_TEST_CLICKHOUSE", tools::clickhouse(steps)?)
                .args(["--", "--ignored"]);
            output = steps.run("tests that ask ClickHouse", &mut run)?;
        }
        let mut run = command(first)?;
        if is_asked_for(options) {
            if options.filter.is_none() {
                first.choose(&mut run, options.long);
            } else {
                run.arg("--");
                first.leave_out(&mut run);
            }
            output.push_str(&steps.run(&first.name(), &mut run)?);
            return Ok(output);
        }
        let all = "store, API, contract, browser and fault tests";
        output.push_str(&steps.run(all, &mut run)?);
        for time in 2..=options.times {
            let mut run = command(first)?;
            output.push_str(&steps.run(&format!("{all}, time {time}"), &mut run)?);
        }
        for round in further(options) {
            let mut run = command(round)?;
            round.choose(&mut run, options.long);
            let printed = steps.run(&round.name(), &mut run)?;
            output.push_str(browsers::counted(round, &printed)?);
        }
        Ok(output)
    }
}

/// Whether one round alone was asked for.
fn is_asked_for(options: &TestOptions) -> bool {
    options.browser.is_some() || options.engine.is_some()
}

/// The browser and the engine that tests run with.
fn first(options: &TestOptions) -> Round {
    Round {
        browser: options.browser.unwrap_or(Browser::Chromium),
        engine: options.engine.unwrap_or(Engine::Wasm),
    }
}

/// Those that some of them run with after that.
fn further(options: &TestOptions) -> impl Iterator<Item = Round> {
    let has_others = !is_asked_for(options) && options.filter.is_none();
    let long = options.long;
    FURTHER
        .into_iter()
        .filter(move |round| has_others && (long || round.is_usual()))
}
