//! From samples to what is said of them: medians, ratios, targets; a table for people and JSON for comparison.
//!
//! A ratio is the median of the rounds' own ratios, because two cases of one round met the same machine. A target that
//! is missed is said to be missed, and nothing else happens.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use waymark_collector::store::Kind;

use crate::figures::median;
use crate::ingest::{Case, Sample, name};
use crate::machine::Machine;

/// What the full path should keep of the store's own rate.
const OF_RAW: f64 = 0.8;
/// Above this the raw case was slower than what it should be the limit of, beyond what rounds differ by. Then it limits
/// nothing, and a target held against it is not met but unproven.
const NO_LIMIT: f64 = 1.1;

/// How to take the figures; part of the JSON, printed below the table.
const NOTES: [&str; 3] = [
    "floor: the same process, route and batches, but each item ends its name or URL with a zero character, so that it \
     is read, dropped and answered, and no commit happens. The answers are a little longer, and properties behind a bad \
     name are not walked.",
    "raw: the store's commit in this process, 1,000 items a transaction, as many at a time as the collector has writers; \
     reading is done before the clock runs.",
    "The load generator shares the machine with the collector and the database; its own column says what it took.",
];

/// What was asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Settings {
    /// Times that every case was measured.
    pub rounds: u32,
    /// Seconds of every measurement.
    pub seconds: u32,
    /// Keep-alive connections.
    pub connections: u32,
    /// Items of one batch.
    pub batch_items: usize,
    /// Items of one transaction of the raw case.
    pub raw_commit_items: usize,
    /// What decided the batches.
    pub seed: u64,
}

/// Where it was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Environment {
    /// The machine and the source.
    pub machine: Machine,
    /// The collector's version.
    pub collector: &'static str,
    /// SQLite's version.
    pub sqlite: String,
    /// PostgreSQL's version and the settings that matter.
    pub postgres: BTreeMap<&'static str, String>,
}

/// Medians of one case on one database.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Summary {
    case: Case,
    database: &'static str,
    events_per_second: f64,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    collector_cpu_us_per_event: Option<f64>,
    generator_cpu_us_per_event: Option<f64>,
}

/// The full path beside the two limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Ratios {
    database: &'static str,
    full_to_raw: f64,
    full_to_floor: f64,
}

/// A figure that was promised.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Target {
    name: String,
    value: f64,
    op: &'static str,
    target: f64,
    pass: bool,
}

/// Everything there is to say of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    settings: Settings,
    environment: Environment,
    medians: Vec<Summary>,
    ratios: Vec<Ratios>,
    targets: Vec<Target>,
    warnings: Vec<String>,
    notes: [&'static str; 3],
    samples: Vec<Sample>,
}

impl Report {
    /// Concludes from samples.
    ///
    /// # Errors
    /// A case that was not measured in every round.
    pub fn new(settings: Settings, environment: Environment, samples: Vec<Sample>) -> Result<Self> {
        let mut medians = Vec::new();
        let mut ratios = Vec::new();
        medians.extend(summary(&samples, Case::Floor, name(Kind::Sqlite)));
        for database in [name(Kind::Sqlite), name(Kind::Postgres)] {
            medians.extend(summary(&samples, Case::Raw, database));
            medians.extend(summary(&samples, Case::Full, database));
            ratios.push(Ratios {
                database,
                full_to_raw: ratio(&settings, &samples, database, (Case::Raw, database))?,
                full_to_floor: ratio(
                    &settings,
                    &samples,
                    database,
                    (Case::Floor, name(Kind::Sqlite)),
                )?,
            });
        }
        let targets = ratios
            .iter()
            .map(|ratios| Target {
                name: format!(
                    "{}: full path to raw limit at {} connections",
                    ratios.database, settings.connections
                ),
                value: ratios.full_to_raw,
                op: ">=",
                target: OF_RAW,
                pass: (OF_RAW..=NO_LIMIT).contains(&ratios.full_to_raw),
            })
            .collect();
        let warnings = ratios
            .iter()
            .filter(|ratios| ratios.full_to_raw > NO_LIMIT)
            .map(|ratios| {
                format!(
                    "{}: the full path is faster than the raw commits, so those are no limit and the ratio proves \
                     nothing; find out what slows transactions of {} items",
                    ratios.database, settings.raw_commit_items
                )
            })
            .collect();
        Ok(Self {
            settings,
            environment,
            medians,
            ratios,
            targets,
            warnings,
            notes: NOTES,
            samples,
        })
    }

    /// Writes the JSON.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, out: &Path) -> Result<()> {
        if let Some(folder) = out.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut json = serde_json::to_string_pretty(self)?;
        json.push('\n');
        fs::write(out, json).with_context(|| format!("cannot write {}", out.display()))
    }

    /// Prints the table.
    #[expect(clippy::print_stdout, reason = "the table is the program's result")]
    pub fn print(&self) {
        print!("{}", self.table());
    }

    fn table(&self) -> String {
        let Settings {
            rounds,
            seconds,
            connections,
            batch_items,
            ..
        } = self.settings;
        let mut lines = vec![
            String::new(),
            format!(
                "Ingest: medians of {rounds} rounds of {seconds} s, {connections} connections, batches of {batch_items}"
            ),
            String::new(),
            format!(
                "{:<9} {:<6} {:>10} {:>8} {:>8} {:>15} {:>15}",
                "", "", "events/s", "p50 ms", "p99 ms", "collector µs/ev", "generator µs/ev"
            ),
        ];
        for row in &self.medians {
            lines.push(format!(
                "{:<9} {:<6} {:>10.0} {:>8} {:>8} {:>15} {:>15}",
                // The floor has a database only to look up the site in.
                if row.case == Case::Floor {
                    "http"
                } else {
                    row.database
                },
                format!("{:?}", row.case).to_lowercase(),
                row.events_per_second,
                cell(row.p50_ms),
                cell(row.p99_ms),
                cell(row.collector_cpu_us_per_event),
                cell(row.generator_cpu_us_per_event),
            ));
        }
        lines.push(String::new());
        for ratios in &self.ratios {
            lines.push(format!(
                "{:<9} full/raw {:.2}   full/floor {:.2}",
                ratios.database, ratios.full_to_raw, ratios.full_to_floor
            ));
        }
        lines.push(String::new());
        for target in &self.targets {
            lines.push(format!(
                "{}  {}: {:.2} {} {:.2}",
                if target.pass { "met   " } else { "missed" },
                target.name,
                target.value,
                target.op,
                target.target
            ));
        }
        lines.push(String::new());
        lines.extend(self.warnings.iter().map(|warning| format!("! {warning}")));
        lines.extend(self.notes.iter().map(|note| format!("- {note}")));
        lines.join("\n") + "\n"
    }
}

fn cell(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"))
}

fn of<'s>(
    samples: &'s [Sample],
    case: Case,
    database: &'static str,
) -> impl Iterator<Item = &'s Sample> {
    samples
        .iter()
        .filter(move |sample| sample.case == case && sample.database == database)
}

fn summary(samples: &[Sample], case: Case, database: &'static str) -> Option<Summary> {
    let middle =
        |figure: fn(&Sample) -> Option<f64>| median(of(samples, case, database).filter_map(figure));
    Some(Summary {
        case,
        database,
        events_per_second: middle(|sample| Some(sample.events_per_second))?,
        p50_ms: middle(|sample| sample.p50_ms),
        p99_ms: middle(|sample| sample.p99_ms),
        collector_cpu_us_per_event: middle(|sample| sample.collector_cpu_us_per_event),
        generator_cpu_us_per_event: middle(|sample| sample.generator_cpu_us_per_event),
    })
}

/// The median of the rounds' ratios of the full path on a database to a limit.
fn ratio(
    settings: &Settings,
    samples: &[Sample],
    database: &'static str,
    (limit, of_database): (Case, &'static str),
) -> Result<f64> {
    let mut ratios = Vec::new();
    for round in 1..=settings.rounds {
        let rate = |case, database| {
            of(samples, case, database)
                .find(|sample| sample.round == round)
                .map(|sample| sample.events_per_second)
                .with_context(|| format!("round {round} has no {case:?} on {database}"))
        };
        ratios.push(rate(Case::Full, database)? / rate(limit, of_database)?);
    }
    median(ratios).context("no round was measured")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(round: u32, case: Case, database: &'static str, rate: f64) -> Sample {
        Sample {
            round,
            case,
            database,
            events: 1,
            seconds: 1.0,
            events_per_second: rate,
            p50_ms: None,
            p99_ms: None,
            collector_cpu_us_per_event: None,
            generator_cpu_us_per_event: None,
        }
    }

    fn report(rounds: u32, samples: Vec<Sample>) -> Result<Report> {
        let settings = Settings {
            rounds,
            seconds: 1,
            connections: 64,
            batch_items: 10,
            raw_commit_items: 1000,
            seed: 1,
        };
        let environment = Environment {
            machine: Machine::look(Path::new(".")),
            collector: "0.0.0",
            sqlite: "3".to_owned(),
            postgres: BTreeMap::new(),
        };
        Report::new(settings, environment, samples)
    }

    #[test]
    fn ratios_are_of_one_round_and_targets_say_the_truth() {
        let mut samples = Vec::new();
        // The second round met a machine of half the speed, which no ratio may show.
        for (round, speed) in [(1, 1.0), (2, 0.5), (3, 1.0)] {
            samples.push(sample(round, Case::Floor, "sqlite", 400.0 * speed));
            samples.push(sample(round, Case::Raw, "sqlite", 100.0 * speed));
            samples.push(sample(round, Case::Full, "sqlite", 80.0 * speed));
            samples.push(sample(round, Case::Raw, "postgres", 100.0 * speed));
            samples.push(sample(round, Case::Full, "postgres", 79.0 * speed));
        }
        let report = report(3, samples).unwrap();
        let passes: Vec<bool> = report.targets.iter().map(|target| target.pass).collect();
        assert_eq!(passes, [true, false]);
        assert_eq!(report.ratios[0].full_to_raw, 0.8);
        assert_eq!(report.ratios[1].full_to_raw, 0.79);
        assert_eq!(report.ratios[0].full_to_floor, 0.2);
        assert_eq!(report.medians.len(), 5);
        let table = report.table();
        assert!(
            table.contains(
                "missed  postgres: full path to raw limit at 64 connections: 0.79 >= 0.80"
            )
        );
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["targets"][0]["op"], ">=");
        assert_eq!(json["samples"][0]["case"], "floor");
    }

    #[test]
    fn a_limit_that_is_passed_proves_nothing() {
        let samples = vec![
            sample(1, Case::Floor, "sqlite", 400.0),
            sample(1, Case::Raw, "sqlite", 100.0),
            sample(1, Case::Full, "sqlite", 178.0),
            sample(1, Case::Raw, "postgres", 100.0),
            sample(1, Case::Full, "postgres", 105.0),
        ];
        let report = report(1, samples).unwrap();
        let passes: Vec<bool> = report.targets.iter().map(|target| target.pass).collect();
        assert_eq!(passes, [false, true]);
        assert_eq!(report.warnings.len(), 1);
        assert!(report.table().contains("! sqlite: the full path is faster"));
    }

    #[test]
    fn a_case_that_is_missing_is_an_error() {
        let samples = vec![sample(1, Case::Full, "sqlite", 1.0)];
        let error = report(1, samples).unwrap_err().to_string();
        assert_eq!(error, "round 1 has no Raw on sqlite");
    }
}
