//! From visits to what is said of them: medians, targets; a table for people and JSON for comparison.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use super::{Built, CONTENDERS, Figures, SLOWDOWNS, Sample, WITH_QUEUE_AND_RETRIES};
use crate::figures::median;
use crate::machine::Machine;
use crate::targets::Target;

/// What everything that a first page view loads may have, in brotli.
const FIRST_LOAD: f64 = 20_480.0;
/// And what it is meant to have.
const GOAL: f64 = 16_384.0;

/// How to take the figures; part of the JSON, printed below the table.
const NOTES: [&str; 5] = [
    "queued and ready: milliseconds since the navigation, from an async script tag in the head; the same for all.",
    "script: processor time of JavaScript and WebAssembly until 300 ms after everything was ready, compiling included, \
     beyond that of the page without an SDK in the same round. heap: objects and buffers beyond that page's, after a \
     collection of garbage.",
    "long: rounds with more tasks of 50 ms or more than the page without an SDK had in that round; longest: the longest \
     such task of all rounds.",
    "posthog-js runs with autocapture, recording, surveys, heatmaps and external scripts off; the others with what they do \
     by themselves. plausible's keeps nothing and sends nothing again.",
    "Files come from loopback, uncompressed: over a network the bytes decide as well.",
];

/// Where it was measured.
#[derive(Debug, Serialize)]
struct Environment {
    machine: Machine,
    chromium: String,
}

/// Medians of one contender at one speed, beyond the page without any where a figure is a sum.
#[derive(Debug, Clone, Serialize)]
struct Summary {
    contender: &'static str,
    slowdown: u32,
    queued_ms: Option<f64>,
    ready_ms: Option<f64>,
    own_script_ms: f64,
    rounds_with_long_tasks: u32,
    longest_task_ms: f64,
    own_heap_kib: f64,
}

/// Everything there is to say of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    rounds: u32,
    environment: Environment,
    built: Built,
    medians: Vec<Summary>,
    targets: Vec<Target>,
    notes: [&'static str; NOTES.len()],
    samples: Vec<Sample>,
}

impl Report {
    pub(crate) fn new(
        rounds: u32,
        chromium: String,
        built: Built,
        samples: Vec<Sample>,
    ) -> Result<Self> {
        let mut medians = Vec::new();
        for slowdown in SLOWDOWNS {
            for contender in CONTENDERS {
                medians.push(summary(&samples, rounds, contender, slowdown)?);
            }
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let targets = targets(&built, &medians)?;
        Ok(Self {
            rounds,
            environment: Environment {
                machine: Machine::look(root),
                chromium,
            },
            built,
            medians,
            targets,
            notes: NOTES,
            samples,
        })
    }

    /// Writes the JSON.
    pub(crate) fn write(&self, out: &Path) -> Result<()> {
        crate::report::write_json(self, out)
    }

    /// Prints the table.
    #[expect(clippy::print_stdout, reason = "the table is the program's result")]
    pub(crate) fn print(&self) {
        print!("{}", self.table());
    }

    fn table(&self) -> String {
        let mut lines = vec![
            String::new(),
            format!(
                "SDK: medians of {} rounds, {}",
                self.rounds, self.environment.chromium
            ),
            String::new(),
            format!("{:<34} {:>9} {:>9} {:>9}", "bytes", "raw", "gzip", "brotli"),
        ];
        for file in &self.built.files {
            let first = if file.first_load { "*" } else { "" };
            let name = format!("{} {}{first}", file.of, file.what);
            lines.push(format!(
                "{name:<34} {:>9} {:>9} {:>9}",
                file.raw, file.gzip, file.brotli
            ));
        }
        lines.push("* what a first page view loads".to_owned());
        for slowdown in SLOWDOWNS {
            lines.push(String::new());
            lines.push(format!(
                "{:<12} {:>9} {:>9} {:>9} {:>6} {:>9} {:>9}",
                format!("at {slowdown}x"),
                "queued ms",
                "ready ms",
                "script ms",
                "long",
                "longest",
                "heap KiB"
            ));
            for row in self.medians.iter().filter(|row| row.slowdown == slowdown) {
                lines.push(format!(
                    "{:<12} {:>9} {:>9} {:>9.1} {:>6} {:>9.0} {:>9.0}",
                    row.contender,
                    cell(row.queued_ms),
                    cell(row.ready_ms),
                    row.own_script_ms,
                    row.rounds_with_long_tasks,
                    row.longest_task_ms,
                    row.own_heap_kib,
                ));
            }
        }
        lines.push(String::new());
        lines.extend(self.targets.iter().map(Target::line));
        lines.push(String::new());
        lines.extend(self.notes.iter().map(|note| format!("- {note}")));
        lines.join("\n") + "\n"
    }
}

fn cell(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"))
}

fn summary(
    samples: &[Sample],
    rounds: u32,
    contender: &'static str,
    slowdown: u32,
) -> Result<Summary> {
    let mut pairs = Vec::new();
    for round in 1..=rounds {
        let of = |contender: &str| {
            samples
                .iter()
                .find(|s| (s.round, s.contender, s.slowdown) == (round, contender, slowdown))
                .map(|sample| &sample.figures)
                .with_context(|| format!("round {round} has no {contender} at {slowdown}x"))
        };
        pairs.push((of(contender)?, of("none")?));
    }
    let of = |figure: fn(&Figures) -> Option<f64>| {
        median(pairs.iter().filter_map(|(own, _)| figure(own)))
    };
    let beyond = |figure: fn(&Figures) -> Option<f64>| {
        // The page without any says what it takes itself.
        let plain = |(own, none): &(&Figures, &Figures)| {
            let base = if contender == "none" {
                0.0
            } else {
                figure(none)?
            };
            Some(figure(own)? - base)
        };
        median(pairs.iter().filter_map(plain)).context("no round was measured")
    };
    Ok(Summary {
        contender,
        slowdown,
        queued_ms: of(|figures| figures.queued_ms),
        ready_ms: of(|figures| figures.ready_ms),
        own_script_ms: beyond(|figures| figures.script_ms)?,
        rounds_with_long_tasks: pairs
            .iter()
            .filter(|(own, none)| contender != "none" && own.long_tasks > none.long_tasks)
            .count()
            .try_into()?,
        longest_task_ms: pairs
            .iter()
            .filter_map(|(own, _)| own.longest_task_ms)
            .fold(0.0, f64::max),
        own_heap_kib: beyond(|figures| figures.heap_kib)?,
    })
}

fn targets(built: &Built, medians: &[Summary]) -> Result<Vec<Target>> {
    let row = |contender: &str, slowdown| {
        medians
            .iter()
            .find(|row| (row.contender, row.slowdown) == (contender, slowdown))
            .with_context(|| format!("{contender} was not measured"))
    };
    let first_load = built
        .files
        .iter()
        .filter(|file| file.of == "waymark" && file.first_load);
    let bytes = first_load.map(|file| file.brotli).sum::<u64>() as f64;
    let mut targets = vec![
        Target::new("first load, brotli".to_owned(), bytes, "<=", FIRST_LOAD),
        Target::new("first load, brotli (goal)".to_owned(), bytes, "<=", GOAL),
        Target::new(
            "rounds with a long task at 6x".to_owned(),
            row("waymark", 6)?.rounds_with_long_tasks.into(),
            "<=",
            0.0,
        ),
    ];
    for slowdown in SLOWDOWNS {
        for peer in WITH_QUEUE_AND_RETRIES {
            targets.push(Target::new(
                format!("script ms at {slowdown}x beside {peer}"),
                row("waymark", slowdown)?.own_script_ms,
                "<=",
                row(peer, slowdown)?.own_script_ms,
            ));
        }
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::Sized;
    use super::*;

    fn samples(waymark_ms: f64, long_tasks: f64) -> Vec<Sample> {
        let sample = |contender, slowdown: u32| {
            let own = match contender {
                "none" => 0.0,
                "waymark" => waymark_ms,
                _ => 30.0,
            };
            Sample {
                round: 1,
                contender,
                slowdown,
                figures: Figures {
                    script_ms: Some((own + 5.0) * f64::from(slowdown)),
                    long_tasks: Some(if contender == "waymark" {
                        long_tasks
                    } else {
                        1.0
                    }),
                    longest_task_ms: Some(60.0),
                    heap_kib: Some(100.0 + own),
                    ..Figures::default()
                },
            }
        };
        let at = |slowdown| CONTENDERS.map(|contender| sample(contender, slowdown));
        SLOWDOWNS.into_iter().flat_map(at).collect()
    }

    fn report(waymark_ms: f64, long_tasks: f64, brotli: u64) -> Report {
        let file = |of: &str, first_load, brotli| Sized {
            of: of.to_owned(),
            what: "script".to_owned(),
            first_load,
            raw: 0,
            gzip: 0,
            brotli,
        };
        let built = Built {
            versions: BTreeMap::new(),
            files: vec![
                file("waymark", true, brotli),
                file("waymark", false, 90_000),
                file("posthog", true, 90_000),
            ],
        };
        Report::new(
            1,
            "Chromium".to_owned(),
            built,
            samples(waymark_ms, long_tasks),
        )
        .unwrap()
    }

    #[test]
    fn figures_are_beyond_those_of_the_page_without_an_sdk() {
        let report = report(10.0, 1.0, 19_000);
        let row = report
            .medians
            .iter()
            .find(|row| row.contender == "waymark")
            .unwrap();
        assert_eq!((row.own_script_ms, row.own_heap_kib), (10.0, 10.0));
        assert_eq!(row.rounds_with_long_tasks, 0, "the page has one by itself");
        let passed: Vec<bool> = report.targets.iter().map(|target| target.pass).collect();
        assert_eq!(passed, [true, false, true, true, true, true, true]);
        assert!(report.table().contains("missed  first load, brotli (goal)"));
    }

    #[test]
    fn what_is_slower_or_larger_than_promised_is_missed() {
        let report = report(31.0, 2.0, 20_481);
        assert!(
            report.targets.iter().all(|target| !target.pass),
            "{:?}",
            report.targets
        );
    }

    #[test]
    fn a_round_without_a_contender_is_an_error() {
        let mut samples = samples(1.0, 0.0);
        samples.pop();
        let built = Built {
            versions: BTreeMap::new(),
            files: Vec::new(),
        };
        assert!(Report::new(1, String::new(), built, samples).is_err());
    }
}
