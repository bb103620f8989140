//! What is said of the questions: a table for people, JSON for comparison, and whether what was promised was kept.
//!
//! A target is met by a warm p50 that was measured. A question whose route is not there, or of which an answer was no good,
//! has missed its target.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use serde::Serialize;

use super::Measured;
use super::ask::{Asked, Phase, State};
use super::checks::Checked;
use super::duckdb::Limits;
use super::load::{Loaded, Manifest};
use super::pace::Paced;
use super::questions::QUESTIONS;
use crate::case::name;
use crate::machine::Machine;
use crate::report::{cell, write_json};
use crate::targets::Target;

/// How much of the rate has to be stored for the loaded figures to be of that rate.
const OF_RATE: f64 = 0.95;

/// How to take the figures; part of the JSON, printed below the table.
const NOTES: [&str; 7] = [
    "cold: the first time that a new process of the collector is asked it, one question after the other from when it says that it has \
     started. The first one that needs the copy of the site's rows waits until it is there. What the operating system and \
     PostgreSQL's server keep in memory they keep.",
    "warm: after that, in the same process, one connection, one question at a time, from sending to the last byte of the answer.",
    "Every turn asks for other days, zones, filters or people, so that nothing is answered from what was kept of a turn before.",
    "loaded: the same on a copy of the database into which items are stored at a fixed rate over HTTP.",
    "DuckDB: fewer turns, as its `all_ms` says; the same rows as Parquet, linked by numbers and with bots marked beforehand, from its own process without HTTP; of \
     attribution only the models that SQL has.",
    "checks: figures that DuckDB finds in the rows against those of the API. A difference fails the run.",
    "All of it shares one machine: the collector, the database, who asks, and who sends.",
];

/// What was asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Settings {
    /// Rows of events.
    pub events: u64,
    /// What decided them.
    pub seed: u64,
    /// Times that each question was measured.
    pub repeats: u64,
    /// Times before that.
    pub warm_up: usize,
    /// Events per second that were to be stored in the loaded phase.
    pub ingest_rate: u32,
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

/// The most memory that a collector had resident.
#[derive(Debug, Clone, Serialize)]
pub struct Memory {
    /// The database.
    pub database: &'static str,
    /// When.
    pub phase: Phase,
    /// MiB.
    pub peak_mib: Option<f64>,
}

/// A database as it was loaded.
#[derive(Debug, Clone, Serialize)]
struct OfDatabase {
    database: &'static str,
    was_kept: bool,
    #[serde(flatten)]
    manifest: Manifest,
}

/// Everything there is to say of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    settings: Settings,
    environment: Environment,
    databases: Vec<OfDatabase>,
    targets: Vec<Target>,
    checks: Vec<Checked>,
    warnings: Vec<String>,
    memory: Vec<Memory>,
    stored: Vec<Paced>,
    questions: Vec<Asked>,
    duckdb: Option<Limits>,
    notes: [&'static str; NOTES.len()],
}

impl Report {
    /// Concludes.
    pub fn new(
        settings: Settings,
        environment: Environment,
        loaded: &[Loaded],
        measured: Measured,
        duckdb: Option<Limits>,
    ) -> Self {
        let databases = loaded.iter().map(|loaded| OfDatabase {
            database: name(loaded.database.kind()),
            was_kept: loaded.was_kept,
            manifest: Manifest {
                // Who they are tells nobody anything.
                sample: Vec::new(),
                ..loaded.manifest.clone()
            },
        });
        let unjudged = loaded.iter().filter_map(|loaded| {
            let database = name(loaded.database.kind());
            let is_judged = loaded.manifest.judge_seconds.is_some();
            (!is_judged)
                .then(|| format!("{database}: people were being judged and hours counted while questions were asked"))
        });
        let unjudged: Vec<String> = unjudged.collect();
        let warnings = measured.paced.iter().filter_map(|paced| {
            let wanted = f64::from(paced.wanted_per_second);
            (paced.events_per_second < OF_RATE * wanted).then(|| {
                format!(
                    "{}: {:.0} events per second were stored instead of {wanted:.0}, so that loaded figures are of less",
                    paced.database, paced.events_per_second
                )
            })
        });
        Self {
            settings,
            environment,
            databases: databases.collect(),
            targets: targets(&measured.asked),
            warnings: unjudged.into_iter().chain(warnings).collect(),
            checks: measured.checked,
            memory: measured.memory,
            stored: measured.paced,
            questions: measured.asked,
            duckdb,
            notes: NOTES,
        }
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

    /// Whether the figures can be believed.
    ///
    /// # Errors
    /// Figures that differ from DuckDB's, or could not be found in an answer.
    pub fn verdict(&self) -> Result<()> {
        let failed = self.checks.iter().filter(|check| check.same == Some(false));
        match failed.count() {
            0 => Ok(()),
            failed => bail!("{failed} checks against DuckDB failed"),
        }
    }

    fn table(&self) -> String {
        let Settings {
            events, repeats, ..
        } = self.settings;
        let mut lines = vec![
            String::new(),
            format!("Questions over {events} events: {repeats} turns each, in ms"),
            String::new(),
            format!(
                "{:<9} {:<36} {:>9} {:>8} {:>8}  {:>8} {:>8}  {:>8} {:>8}  {:>8}",
                "",
                "",
                "cold",
                "p50",
                "p95",
                "loaded50",
                "loaded95",
                "DuckDB50",
                "DuckDB95",
                "bytes"
            ),
        ];
        let still = self
            .questions
            .iter()
            .filter(|row| row.phase == Phase::Still);
        for row in still {
            let loaded = self.questions.iter().find(|other| {
                other.phase == Phase::Loaded
                    && (other.database, other.question) == (row.database, row.question)
            });
            let limit = self.duckdb.as_ref().and_then(|duckdb| {
                let mut all = duckdb.questions.iter();
                all.find(|limit| limit.question == row.question)
            });
            let beginning = format!("{:<9} {:<36}", row.database, row.question);
            lines.push(match row.state {
                State::Answered => format!(
                    "{beginning} {:>9} {:>8} {:>8}  {:>8} {:>8}  {:>8} {:>8}  {:>8}",
                    cell(row.cold_ms, 1),
                    cell(row.p50_ms, 2),
                    cell(row.p95_ms, 2),
                    cell(loaded.and_then(|row| row.p50_ms), 2),
                    cell(loaded.and_then(|row| row.p95_ms), 2),
                    cell(limit.and_then(|limit| limit.p50_ms), 2),
                    cell(limit.and_then(|limit| limit.p95_ms), 2),
                    row.bytes.unwrap_or_default(),
                ),
                State::NotThere => format!(
                    "{beginning} {:>9}{:>38}  {:>8} {:>8}",
                    "not there",
                    "",
                    cell(limit.and_then(|limit| limit.p50_ms), 2),
                    cell(limit.and_then(|limit| limit.p95_ms), 2),
                ),
                State::Failed => {
                    format!(
                        "{beginning} failed: {}",
                        row.said.as_deref().unwrap_or_default()
                    )
                }
            });
        }
        lines.push(String::new());
        for one in &self.databases {
            let manifest = &one.manifest;
            lines.push(format!(
                "{:<9} {} events, {} sessions, {} visitors: {} MB; loaded within {} s, {}{}",
                one.database,
                manifest.events,
                manifest.sessions,
                manifest.visitors,
                manifest.bytes / 1_000_000,
                manifest.load_seconds,
                match manifest.judge_seconds {
                    Some(seconds) => format!("judged and counted within {seconds} s"),
                    None => "not judged or counted".to_owned(),
                },
                if one.was_kept {
                    ", in an earlier run"
                } else {
                    ""
                }
            ));
        }
        if let Some(duckdb) = &self.duckdb {
            lines.push(format!(
                "{:<9} {} with {} threads: {} MB of Parquet, written within {:.0} s",
                "DuckDB",
                duckdb.version,
                duckdb.threads,
                duckdb.exported.bytes / 1_000_000,
                duckdb.exported.seconds
            ));
        }
        for memory in &self.memory {
            lines.push(format!(
                "{:<9} the collector's peak memory, {}: {} MiB",
                memory.database,
                phase(memory.phase),
                cell(memory.peak_mib, 0)
            ));
        }
        for paced in &self.stored {
            lines.push(format!(
                "{:<9} stored meanwhile: {:.0} events per second, batches p50 {} ms, p99 {} ms",
                paced.database,
                paced.events_per_second,
                cell(paced.p50_ms, 1),
                cell(paced.p99_ms, 1)
            ));
        }
        lines.push(String::new());
        for check in &self.checks {
            let verdict = match check.same {
                Some(true) => format!("same    {} figures", check.figures),
                Some(false) => format!("DIFFERS {}", check.said.join("; ")),
                None => "not there".to_owned(),
            };
            lines.push(format!(
                "{:<9} {:<40} {verdict}",
                check.database, check.name
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

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Still => "still",
        Phase::Loaded => "loaded",
    }
}

/// What was promised of each question that was asked.
fn targets(asked: &[Asked]) -> Vec<Target> {
    let mut targets = Vec::new();
    for row in asked {
        let question = QUESTIONS.iter().find(|one| one.name == row.question);
        let promised = question.and_then(|question| match row.phase {
            Phase::Still => question.still_ms,
            Phase::Loaded => question.loaded_ms,
        });
        if let Some(ms) = promised {
            let when = match row.phase {
                Phase::Still => "warm p50, ms",
                Phase::Loaded => "warm p50 while items are stored, ms",
            };
            let name = format!("{}: {}, {when}", row.database, row.question);
            targets.push(Target::of(name, row.p50_ms, "<=", ms));
        }
    }
    targets
}

/// One line about a question, while others are still being asked.
pub fn line(asked: &Asked) -> String {
    let beginning = format!(
        "{:<9} {:<6} {:<36}",
        asked.database,
        phase(asked.phase),
        asked.question
    );
    match asked.state {
        State::Answered => format!(
            "{beginning} p50 {} ms, p95 {} ms",
            cell(asked.p50_ms, 2),
            cell(asked.p95_ms, 2)
        ),
        State::NotThere => format!("{beginning} not there yet"),
        State::Failed => format!(
            "{beginning} failed: {}",
            asked.said.as_deref().unwrap_or_default()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: &'static str, phase: Phase, p50_ms: Option<f64>) -> Asked {
        Asked {
            question,
            database: "sqlite",
            phase,
            state: match p50_ms {
                Some(_) => State::Answered,
                None => State::NotThere,
            },
            cold_ms: None,
            p50_ms,
            p95_ms: p50_ms,
            bytes: Some(9),
            said: None,
            target: String::new(),
            all_ms: Vec::new(),
        }
    }

    fn report(asked: Vec<Asked>, same: Option<bool>) -> Report {
        let measured = Measured {
            asked,
            checked: vec![Checked {
                name: "sums",
                database: "sqlite",
                same,
                said: vec!["sessions: 1, by DuckDB 2".to_owned()],
                figures: 1,
            }],
            paced: vec![Paced {
                database: "sqlite",
                wanted_per_second: 1_000,
                events_per_second: 400.0,
                p50_ms: Some(1.0),
                p99_ms: None,
            }],
            ..Measured::default()
        };
        let settings = Settings {
            events: 1_000,
            seed: 7,
            repeats: 100,
            warm_up: 5,
            ingest_rate: 1_000,
        };
        let environment = Environment {
            machine: Machine::look(Path::new(".")),
            collector: "0.0.0",
            sqlite: "3".to_owned(),
            postgres: BTreeMap::new(),
        };
        Report::new(settings, environment, &[], measured, None)
    }

    #[test]
    fn what_was_not_answered_has_missed_its_target() {
        let report = report(
            vec![
                asked("100 events", Phase::Still, Some(4.0)),
                asked("50 sessions", Phase::Still, Some(6.0)),
                asked("100 profiles", Phase::Still, None),
                asked("50 sessions", Phase::Loaded, Some(6.0)),
                asked("realtime", Phase::Still, None),
            ],
            Some(true),
        );
        let passes: Vec<bool> = report.targets.iter().map(|target| target.pass).collect();
        assert_eq!(passes, [true, false, false, true]);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["targets"][0]["op"], "<=");
        assert_eq!(json["targets"][2]["value"], serde_json::Value::Null);
        let table = report.table();
        for part in [
            "missed  sqlite: 100 profiles",
            "not there",
            "! sqlite: 400 events",
            "same    1",
        ] {
            assert!(table.contains(part), "{part}: {table}");
        }
        assert!(report.verdict().is_ok());
    }

    #[test]
    fn a_figure_that_differs_fails_the_run() {
        assert!(report(Vec::new(), Some(false)).verdict().is_err());
        assert!(report(Vec::new(), None).verdict().is_ok());
        let table = report(Vec::new(), Some(false)).table();
        assert!(table.contains("DIFFERS sessions: 1, by DuckDB 2"));
    }
}
