//! What was promised, and whether it was kept.

use serde::Serialize;

use crate::ingest::MAIN;
use crate::report::{Ratios, cell};

/// What the full path should keep of the database's own rate.
const OF_RAW: f64 = 0.8;
/// Above this the raw case was slower than what it should be the limit of, beyond what rounds differ by. Then it limits
/// nothing, and a target held against it is not met but unproven.
const NO_LIMIT: f64 = 1.1;
/// How many times the rate of a transaction for every request.
const TIMES_PER_REQUEST: [(&str, f64); 2] = [("sqlite", 5.0), ("postgres", 3.0)];
/// What the rate should keep while dashboards have a thousand streams open.
const OF_UNWATCHED: f64 = 0.95;
/// What the rate on grown tables should keep of that on empty ones.
const OF_EMPTY: f64 = 0.85;
/// The collector's memory under load from 256 connections.
const MEMORY_MIB: f64 = 100.0;
/// How many times the p99 of a bare commit a lone request may take.
const TIMES_BARE: f64 = 3.0;

/// A figure that was promised.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    name: String,
    /// Nothing where it could not be measured.
    value: Option<f64>,
    op: &'static str,
    target: f64,
    /// Whether it was kept.
    pub pass: bool,
}

impl Target {
    /// Holds a value against what was promised of it.
    pub fn new(name: String, value: f64, op: &'static str, target: f64) -> Self {
        Self::of(name, Some(value), op, target)
    }

    /// The same of a value that may be missing: what was not measured was not kept.
    pub fn of(name: String, value: Option<f64>, op: &'static str, target: f64) -> Self {
        let pass = value.is_some_and(|value| match op {
            ">=" => value >= target,
            _ => value <= target,
        });
        Self {
            name,
            value,
            op,
            target,
            pass,
        }
    }

    /// One line of the table.
    pub fn line(&self) -> String {
        format!(
            "{}  {}: {} {} {:.2}",
            if self.pass { "met   " } else { "missed" },
            self.name,
            cell(self.value, 2),
            self.op,
            self.target
        )
    }
}

/// The targets, and what makes one of them worthless. `memory` is the peak under the load from 256 connections, in MiB.
pub fn of(
    ratios: &[Ratios],
    memory: impl Fn(&'static str) -> Option<f64>,
) -> (Vec<Target>, Vec<String>) {
    let mut targets = Vec::new();
    let mut warnings = Vec::new();
    for ratios in ratios {
        let database = ratios.database;
        let mut add = |name: String, value: Option<f64>, op, target| {
            if let Some(value) = value {
                let name = format!("{database}: {name}");
                targets.push(Target::new(name, value, op, target));
            }
        };
        add(
            format!("full path to raw limit at {MAIN} connections"),
            Some(ratios.full_to_raw),
            ">=",
            OF_RAW,
        );
        let times = TIMES_PER_REQUEST.iter().find(|(name, _)| *name == database);
        add(
            format!("full path to a transaction for every request at {MAIN} connections"),
            Some(ratios.full_to_per_request),
            ">=",
            times.map_or(0.0, |(_, times)| *times),
        );
        add(
            "rate with a thousand open streams to that with none".to_owned(),
            Some(ratios.watched_to_unwatched),
            ">=",
            OF_UNWATCHED,
        );
        add(
            "rate on grown tables to empty ones".to_owned(),
            ratios.grown_to_empty,
            ">=",
            OF_EMPTY,
        );
        add(
            "collector's peak memory at 256 connections, MiB".to_owned(),
            memory(database),
            "<=",
            MEMORY_MIB,
        );
        add(
            "p99 of a lone request to that of a bare commit".to_owned(),
            Some(ratios.lone_to_bare_p99),
            "<=",
            TIMES_BARE,
        );
        if ratios.full_to_raw > NO_LIMIT {
            warnings.push(format!(
                "{database}: the full path is faster than the raw commits, so those are no limit and the ratio proves \
                 nothing; find out what slows them"
            ));
            let first = targets
                .iter_mut()
                .rev()
                .find(|t| t.name.contains("raw limit"));
            if let Some(target) = first {
                target.pass = false;
            }
        }
    }
    (targets, warnings)
}
