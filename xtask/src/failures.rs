//! The failure suite: everything that holds items is killed under load, and what was acknowledged is looked for.
//!
//! Owns which tests that are, what they need beside a database, and how often they have to pass in a row: kills meet another
//! moment each time, so that once says little.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::postgres::Cluster;
use crate::step::Steps;
use crate::{build, lint, tools};

/// The tests, by the beginnings of their names.
const TESTS: [&str; 2] = ["queue::faults::", "faults::failover::"];
/// How often they have to pass in a row.
const ROUNDS: usize = 10;

/// The servers that tests kill.
pub struct Servers {
    nats: PathBuf,
    patroni: PathBuf,
    etcd: PathBuf,
    haproxy: PathBuf,
}

impl Servers {
    /// Finds or gets them.
    pub fn prepare(steps: &Steps) -> Result<Self> {
        Ok(Self {
            nats: tools::nats_server(steps)?,
            patroni: tools::patroni(steps)?,
            etcd: tools::etcd(steps)?,
            haproxy: tools::haproxy(steps)?,
        })
    }

    /// Says to tests where they are.
    pub fn tell(&self, command: &mut Command) {
        command
            .env("WAYMARK_TEST_NATS", &self.nats)
            .env("WAYMARK_TEST_PATRONI", &self.patroni)
            .env("WAYMARK_TEST_ETCD", &self.etcd)
            .env("WAYMARK_TEST_HAPROXY", &self.haproxy);
    }
}

/// Runs the suite again and again, and fails at the first round that fails.
pub fn repeated(steps: &Steps) -> Result<String> {
    build::web(steps)?;
    let collector = build::tests(steps)?;
    let servers = Servers::prepare(steps)?;
    let cluster = Cluster::scratch(steps)?;
    let mut output = String::new();
    for round in 1..=ROUNDS {
        let mut run = lint::cargo()?;
        run.args(["test", "--workspace", "--no-fail-fast", "--test", "all"])
            .arg("--")
            .args(TESTS)
            .env("WAYMARK_TEST_POSTGRES_URL", cluster.url())
            .env("WAYMARK_TEST_POSTGRES_BIN", cluster.programs())
            .env("WAYMARK_TEST_COLLECTOR", &collector);
        servers.tell(&mut run);
        let name = format!("failure suite, {round} of {ROUNDS}");
        output.push_str(&steps.run(&name, &mut run)?);
    }
    Ok(output)
}
