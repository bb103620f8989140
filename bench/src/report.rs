//! From samples to what is said of them: medians, ratios, targets; a table for people and JSON for comparison.
//!
//! A ratio is the median of the rounds' own ratios, because two cases of one round met the same machine. A target that
//! is missed is said to be missed, and nothing else happens.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::case::{Case, Figures, Sample, name};
use crate::figures::median;
use crate::ingest::{KINDS, MAIN};
use crate::machine::Machine;
use crate::targets::{self, Target};

/// How to take the figures; part of the JSON, printed below the table.
const NOTES: [&str; 7] = [
    "floor: the same process, route and batches, but each item ends its name or URL with a zero character, so that it \
     is read, dropped and answered, and no commit happens. The answers are a little longer, and properties behind a bad \
     name are not walked.",
    "raw: the store's own statements through the driver in this process, in transactions of the size that was fastest \
     before the rounds, as many at a time as the collector has writers; reading is done before the clock runs.",
    "per_request: the same collector with --commit-items 1, which makes every request a transaction; on PostgreSQL as \
     many run at a time as the collector has writers.",
    "grown: the full path on tables that hold the preloaded events.",
    "bare: BEGIN, one row into a table of one column, COMMIT, through the driver with the same durability.",
    "On SQLite the database's processor time is that of the threads that store items and copy its log, with what they do \
     around SQLite.",
    "The load generator shares the machine with the collector and the database; its own column says what it took.",
];

/// What was asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Settings {
    /// Times that every case was measured.
    pub rounds: u32,
    /// Seconds of every measurement.
    pub seconds: u32,
    /// Events in the tables of the grown case.
    pub preload: u64,
    /// Items of one batch.
    pub batch_items: usize,
    /// Items of one transaction of the raw case.
    pub raw_commit_items: BTreeMap<&'static str, usize>,
    /// Events per second of the trials that chose it.
    pub raw_trials: BTreeMap<&'static str, Rates>,
    /// What decided the batches.
    pub seed: u64,
}

/// Events per second by items of a transaction.
pub type Rates = BTreeMap<usize, f64>;

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
pub struct Summary {
    case: Case,
    database: &'static str,
    connections: u32,
    #[serde(flatten)]
    figures: Figures,
}

/// The full path at the main number of connections beside the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ratios {
    /// The database.
    pub database: &'static str,
    /// To the raw commits.
    pub full_to_raw: f64,
    /// To HTTP without commits.
    pub full_to_floor: f64,
    /// To a transaction for every request.
    pub full_to_per_request: f64,
    /// The rate with a thousand open streams to that with none.
    pub watched_to_unwatched: f64,
    /// The rate on grown tables to that on empty ones.
    pub grown_to_empty: Option<f64>,
    /// The p99 of a lone request to that of a bare commit.
    pub lone_to_bare_p99: f64,
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
    notes: [&'static str; NOTES.len()],
    samples: Vec<Sample>,
}

/// Writes a report to the file `out`, in a folder that is made if it is not there.
///
/// # Errors
/// A file that cannot be written.
pub fn write_json(report: &impl Serialize, out: &Path) -> Result<()> {
    if let Some(folder) = out.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut json = serde_json::to_string_pretty(report)?;
    json.push('\n');
    fs::write(out, json).with_context(|| format!("cannot write {}", out.display()))
}

/// A case on a database at a number of connections.
type Key = (Case, &'static str, u32);

impl Report {
    /// Concludes from samples.
    ///
    /// # Errors
    /// A case that was not measured in every round.
    pub fn new(settings: Settings, environment: Environment, samples: Vec<Sample>) -> Result<Self> {
        let mut ratios = Vec::new();
        for database in KINDS.map(name) {
            let rate = |case, connections| {
                let full = (Case::Full, database, MAIN);
                let of = |figures: &Figures| figures.events_per_second;
                ratio(&settings, &samples, full, (case, database, connections), of)
            };
            let full = (Case::Full, database, MAIN);
            ratios.push(Ratios {
                database,
                full_to_raw: rate(Case::Raw, 0)?,
                full_to_floor: ratio(
                    &settings,
                    &samples,
                    full,
                    (Case::Floor, name(KINDS[0]), MAIN),
                    |figures| figures.events_per_second,
                )?,
                full_to_per_request: rate(Case::PerRequest, MAIN)?,
                watched_to_unwatched: 1.0 / rate(Case::Watched, MAIN)?,
                grown_to_empty: (settings.preload > 0)
                    .then(|| rate(Case::Grown, MAIN).map(|ratio| 1.0 / ratio))
                    .transpose()?,
                lone_to_bare_p99: ratio(
                    &settings,
                    &samples,
                    (Case::Full, database, 1),
                    (Case::Bare, database, 0),
                    |figures| figures.p99_ms,
                )?,
            });
        }
        let medians = medians(&samples);
        let memory = |database| {
            medians
                .iter()
                .find(|row| {
                    (row.case, row.database, row.connections) == (Case::Full, database, 256)
                })
                .and_then(|row| row.figures.peak_memory_mib)
        };
        let (targets, warnings) = targets::of(&ratios, memory);
        Ok(Self {
            settings,
            environment,
            ratios,
            targets,
            warnings,
            notes: NOTES,
            medians,
            samples,
        })
    }

    /// Writes the JSON.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, out: &Path) -> Result<()> {
        write_json(self, out)
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
            batch_items,
            ..
        } = self.settings;
        let mut lines = vec![
            String::new(),
            format!("Ingest: medians of {rounds} rounds of {seconds} s, batches of {batch_items}"),
            String::new(),
            format!(
                "{:<9} {:<11} {:>5} {:>9} {:>7} {:>7}  {:>9} {:>8} {:>9}  {:>7} {:>9}",
                "",
                "",
                "conn",
                "events/s",
                "p50 ms",
                "p99 ms",
                "collector",
                "database",
                "generator",
                "MiB",
                "disk B/ev"
            ),
            format!("{:>64} µs of processor for an event", ""),
        ];
        for row in &self.medians {
            let figures = &row.figures;
            let case = serde_json::to_value(row.case).unwrap_or_default();
            lines.push(format!(
                "{:<9} {:<11} {:>5} {:>9} {:>7} {:>7}  {:>9} {:>8} {:>9}  {:>7} {:>9}",
                // The floor has a database only to look up the site in.
                if row.case == Case::Floor {
                    "http"
                } else {
                    row.database
                },
                case.as_str().unwrap_or_default(),
                if row.connections == 0 {
                    "-".to_owned()
                } else {
                    row.connections.to_string()
                },
                cell(figures.events_per_second, 0),
                cell(figures.p50_ms, 2),
                cell(figures.p99_ms, 2),
                cell(figures.collector_cpu_us_per_event, 1),
                cell(figures.database_cpu_us_per_event, 1),
                cell(figures.generator_cpu_us_per_event, 1),
                cell(figures.peak_memory_mib, 0),
                cell(figures.disk_bytes_per_event, 0),
            ));
        }
        lines.push(String::new());
        for ratios in &self.ratios {
            lines.push(format!(
                "{:<9} full/raw {:.2}   full/floor {:.2}   full/per request {:.1}   watched/unwatched {:.2}   grown/empty {}   lone/bare p99 {:.1}",
                ratios.database,
                ratios.full_to_raw,
                ratios.full_to_floor,
                ratios.full_to_per_request,
                ratios.watched_to_unwatched,
                cell(ratios.grown_to_empty, 2),
                ratios.lone_to_bare_p99,
            ));
        }
        lines.push(String::new());
        lines.extend(self.targets.iter().map(Target::line));
        lines.push(String::new());
        lines.extend(self.warnings.iter().map(|warning| format!("! {warning}")));
        lines.extend(self.notes.iter().map(|note| format!("- {note}")));
        lines.join("\n") + "\n"
    }
}

/// A figure of a table; a dash for what was not measured.
pub fn cell(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}

/// The medians of each case, floor first, then by database.
fn medians(samples: &[Sample]) -> Vec<Summary> {
    let mut cases: BTreeMap<_, Vec<&Sample>> = BTreeMap::new();
    for sample in samples {
        let is_database = sample.case != Case::Floor;
        let key = (
            is_database,
            sample.database,
            sample.case,
            sample.connections,
        );
        cases.entry(key).or_default().push(sample);
    }
    cases
        .into_iter()
        .map(|((_, database, case, connections), samples)| {
            let mut figures = Figures::default();
            for of in Figures::ALL {
                let values = samples.iter().filter_map(|s| *of(&mut s.figures.clone()));
                *of(&mut figures) = median(values);
            }
            Summary {
                case,
                database,
                connections,
                figures,
            }
        })
        .collect()
}

/// The median of the rounds' ratios of one case's figure to another's.
fn ratio(
    settings: &Settings,
    samples: &[Sample],
    case: Key,
    limit: Key,
    figure: fn(&Figures) -> Option<f64>,
) -> Result<f64> {
    let mut ratios = Vec::new();
    for round in 1..=settings.rounds {
        let of = |key: Key| {
            samples
                .iter()
                .find(|s| s.round == round && (s.case, s.database, s.connections) == key)
                .and_then(|sample| figure(&sample.figures))
                .with_context(|| format!("round {round} has no {:?} on {}", key.0, key.1))
        };
        ratios.push(of(case)? / of(limit)?);
    }
    median(ratios).context("no round was measured")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(number: u32, speed: f64, raw: f64) -> Vec<Sample> {
        let mut samples = Vec::new();
        let mut add = |case, database, connections, rate: Option<f64>, p99_ms| {
            samples.push(Sample {
                round: number,
                case,
                database,
                connections,
                events: 1,
                seconds: 1.0,
                figures: Figures {
                    events_per_second: rate.map(|rate| rate * speed),
                    p99_ms,
                    peak_memory_mib: Some(90.0),
                    ..Figures::default()
                },
            });
        };
        add(Case::Floor, "sqlite", 64, Some(400.0), None);
        for (database, per_request) in [("sqlite", 10.0), ("postgres", 30.0)] {
            add(Case::Raw, database, 0, Some(raw), None);
            add(Case::PerRequest, database, 64, Some(per_request), None);
            add(Case::Full, database, 64, Some(80.0), Some(9.0));
            add(Case::Full, database, 256, Some(80.0), Some(9.0));
            add(Case::Full, database, 1, Some(20.0), Some(2.0));
            add(Case::Watched, database, 64, Some(64.0), Some(9.0));
            add(Case::Grown, database, 64, Some(60.0), Some(9.0));
            add(Case::Bare, database, 0, None, Some(1.0));
        }
        samples
    }

    fn report(rounds: u32, samples: Vec<Sample>) -> Result<Report> {
        let settings = Settings {
            rounds,
            seconds: 1,
            preload: 100,
            batch_items: 10,
            raw_commit_items: BTreeMap::new(),
            raw_trials: BTreeMap::new(),
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
        // The second round met a machine of half the speed, which no ratio may show.
        let samples = [(1, 1.0), (2, 0.5), (3, 1.0)]
            .into_iter()
            .flat_map(|(number, speed)| round(number, speed, 100.0))
            .collect();
        let report = report(3, samples).unwrap();
        assert_eq!(
            report.ratios[0],
            Ratios {
                database: "sqlite",
                full_to_raw: 0.8,
                full_to_floor: 0.2,
                full_to_per_request: 8.0,
                watched_to_unwatched: 0.8,
                grown_to_empty: Some(0.75),
                lone_to_bare_p99: 2.0,
            }
        );
        let passes: Vec<bool> = report.targets.iter().map(|target| target.pass).collect();
        let of_sqlite = [true, true, false, false, true, true];
        let of_postgres = [true, false, false, false, true, true];
        assert_eq!(passes, [of_sqlite, of_postgres].concat());
        let table = report.table();
        assert!(table.contains("missed  postgres: full path to a transaction for every request"));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["targets"][0]["op"], ">=");
        assert_eq!(json["samples"][0]["case"], "floor");
        assert_eq!(json["samples"][0]["events_per_second"], 400.0);
    }

    #[test]
    fn a_limit_that_is_passed_proves_nothing() {
        let report = report(1, round(1, 1.0, 50.0)).unwrap();
        assert!(!report.targets[0].pass);
        assert_eq!(report.warnings.len(), 2);
        assert!(report.table().contains("! sqlite: the full path is faster"));
    }

    #[test]
    fn a_case_that_is_missing_is_an_error() {
        let mut samples = round(1, 1.0, 100.0);
        samples.retain(|sample| sample.case != Case::Raw);
        let error = report(1, samples).unwrap_err().to_string();
        assert_eq!(error, "round 1 has no Raw on sqlite");
    }
}
