//! What is said of a run: a table for people, JSON for comparison, targets.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use super::model::{self, Need, Prediction};
use super::overload::{AS_BEFORE, Overload};
use super::through::Through;
use super::{NODES, WRITERS, cores};
use crate::figures::median;
use crate::report::{Environment, cell, write_json};
use crate::targets::Target;

/// By what the model may be wrong.
const MODEL_ERROR: f64 = 0.25;
/// What of the sustainable rate is accepted when there is three times as much.
const GOODPUT: f64 = 0.8;
/// The collector's memory then.
const MEMORY_MIB: f64 = 256.0;
/// Until everything is as it was before.
const RECOVERY_MS: f64 = 1_000.0;

/// How to take the figures; part of the JSON, printed below the table.
const NOTES: [&str; 5] = [
    "Everything is on this machine: the generator takes processors that the tiers lack, three times over in the overload. At a constant \
     rate it goes before all others, as machines elsewhere would (nice -10, where that is allowed).",
    "Writers: senders are held back while 3,000 messages of ten events wait in the stream, so that the rate is that of the whole way.",
    "Latencies of constant rates count from the moment at which a batch was due; the generator's timer has steps of a millisecond.",
    "With a queue, `sustainable` is what collectors and stream accept; writers commit less at that moment, and the stream keeps the rest.",
    "Recovery: from the end of the overload, at half of the sustainable rate, to when nobody is refused and a quarter of a second has at \
     most twice the p99 of before.",
];

/// What was asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Settings {
    /// Times that every case with writers was measured.
    pub rounds: u32,
    /// Seconds of a measurement.
    pub seconds: u32,
    /// Seconds before it.
    pub lead_seconds: u32,
    /// Seconds of the overload.
    pub overload_seconds: u32,
    /// Items of one batch.
    pub batch_items: usize,
    /// What decided the batches.
    pub seed: u64,
    /// The version of NATS.
    pub nats: Option<String>,
}

/// Everything there is to say of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    settings: Settings,
    environment: Environment,
    predictions: Vec<Prediction>,
    needs: Vec<Need>,
    targets: Vec<Target>,
    notes: [&'static str; NOTES.len()],
    overload: Vec<Overload>,
    samples: Vec<Through>,
}

impl Report {
    /// Concludes from what was measured.
    pub fn new(
        settings: Settings,
        environment: Environment,
        samples: Vec<Through>,
        overload: Vec<Overload>,
    ) -> Self {
        let mut predictions = Vec::new();
        for nodes in NODES {
            for writers in WRITERS.into_iter().skip(1) {
                predictions.extend(model::predict(&samples, nodes, writers, cores()));
            }
        }
        let mut targets: Vec<Target> = predictions
            .iter()
            .filter(|prediction| prediction.writers == 4)
            .map(|prediction| {
                let name = format!(
                    "{} NATS: the model's rate of 4 writers to the measured one, less 1",
                    prediction.nodes
                );
                Target::new(name, prediction.error.abs(), "<=", MODEL_ERROR)
            })
            .collect();
        targets.extend(overload.iter().flat_map(of_overload));
        Self {
            needs: model::needs(&samples, 3),
            settings,
            environment,
            predictions,
            targets,
            notes: NOTES,
            overload,
            samples,
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

    fn table(&self) -> String {
        let mut lines = vec![
            String::new(),
            format!(
                "{:>5} {:>8} {:>9}  {:>9} {:>9} {:>7} {:>8} {:>9} {:>6}  {:>5} {:>9} {:>9}",
                "NATS",
                "writers",
                "events/s",
                "generator",
                "collector",
                "NATS",
                "writers",
                "database",
                "all",
                "busy",
                "disk B/ev",
                "log B/ev"
            ),
            format!("{:>60} µs of processor for an event", ""),
        ];
        let mut cases: Vec<(usize, usize)> =
            self.samples.iter().map(|s| (s.nodes, s.writers)).collect();
        cases.sort_unstable();
        cases.dedup();
        for (nodes, writers) in cases {
            let of = |figure: fn(&Through) -> f64| {
                let rounds = self
                    .samples
                    .iter()
                    .filter(|s| (s.nodes, s.writers) == (nodes, writers));
                median(rounds.map(figure))
            };
            lines.push(format!(
                "{nodes:>5} {writers:>8} {:>9}  {:>9} {:>9} {:>7} {:>8} {:>9} {:>6}  {:>5} {:>9} {:>9}",
                cell(of(|s| s.events_per_second), 0),
                cell(of(|s| s.cpu_us_per_event.generator), 1),
                cell(of(|s| s.cpu_us_per_event.collector), 1),
                cell(of(|s| s.cpu_us_per_event.nats), 1),
                cell(of(|s| s.cpu_us_per_event.writers), 1),
                cell(of(|s| s.cpu_us_per_event.database), 1),
                cell(of(|s| s.cpu_us_per_event_of_all), 1),
                cell(of(|s| s.busy), 2),
                cell(of(|s| s.disk_bytes_per_event), 0),
                cell(of(|s| s.log_bytes_per_event), 0),
            ));
        }
        lines.push(String::new());
        lines.extend(self.predictions.iter().map(|p| {
            format!(
                "{} NATS, {} writers: {:.0} events/s by the model, {:.0} measured ({:+.0} %)",
                p.nodes,
                p.writers,
                p.predicted,
                p.measured,
                p.error * 100.0
            )
        }));
        for over in &self.overload {
            lines.extend(of_one(over));
        }
        lines.push(String::new());
        lines.extend(self.targets.iter().map(Target::line));
        lines.push(String::new());
        lines.extend(NOTES.iter().map(|note| format!("- {note}")));
        lines.join("\n") + "\n"
    }
}

fn name(over: &Overload) -> String {
    match over.nodes {
        0 => over.database.to_owned(),
        nodes => format!("{} behind {nodes} NATS", over.database),
    }
}

fn of_one(over: &Overload) -> Vec<String> {
    let Overload {
        uncongested,
        overloaded,
        seen_at_half,
        seen_at_low,
        ..
    } = over;
    let ms = |value| cell(value, 1);
    let seen = |seen: &super::probe::Seen| {
        format!(
            "answer {} / {}, stream {} / {}, list {} / {} ms (p50 / p99 of {})",
            ms(seen.answered_p50_ms),
            ms(seen.answered_p99_ms),
            ms(seen.streamed_p50_ms),
            ms(seen.streamed_p99_ms),
            ms(seen.listed_p50_ms),
            ms(seen.listed_p99_ms),
            seen.probes
        )
    };
    vec![
        String::new(),
        format!(
            "{}: {:.0} events/s sustained (closed loop {:.0})",
            name(over),
            over.sustainable_events_per_second,
            over.closed_events_per_second
        ),
        format!(
            "  at half:   p50 {} p99 {} ms, refused {:.2} %",
            ms(uncongested.p50_ms),
            ms(uncongested.p99_ms),
            uncongested.refused * 100.0
        ),
        format!("  seen at half:    {}", seen(seen_at_half)),
        format!("  seen at 100/s:   {}", seen(seen_at_low)),
        format!(
            "  at 3 times: {:.0} offered, {:.0} accepted; accepted {:.1} %, 503 {:.1} %, 429 {:.1} %, retry {:.1} %; p50 {} p99 {} longest {} ms; \
             refused p99 {} ms; generator late p99 {} ms and {:.0} % of the machine",
            overloaded.offered_per_second,
            overloaded.accepted_per_second,
            overloaded.accepted * 100.0,
            overloaded.refused * 100.0,
            overloaded.too_many * 100.0,
            overloaded.retry * 100.0,
            ms(overloaded.p50_ms),
            ms(overloaded.p99_ms),
            ms(overloaded.longest_ms),
            ms(overloaded.refused_p99_ms),
            ms(overloaded.late_p99_ms),
            over.generator_share * 100.0
        ),
        format!(
            "  collector {} MiB before, {} MiB by the end; recovered in {} ms; {} accepted, {} stored; {} messages were left, committed in {:.0} s",
            cell(over.memory_before_mib, 0),
            cell(over.memory_mib, 0),
            cell(over.recovery_ms, 0),
            over.accepted,
            over.stored,
            over.backlog_messages.unwrap_or_default(),
            over.drain_s
        ),
    ]
}

/// What was promised of an overload.
fn of_overload(over: &Overload) -> Vec<Target> {
    let name = |what: &str| format!("{}: {what}", name(over));
    let unsaid = over.overloaded.without_retry_after as f64;
    let lost = over.accepted.abs_diff(over.stored) as f64;
    vec![
        Target::of(
            name("p99 of accepted at 3 times the sustainable rate to that at half of it"),
            over.p99_ratio,
            "<=",
            AS_BEFORE,
        ),
        Target::new(
            name("accepted then to sustainable"),
            over.goodput,
            ">=",
            GOODPUT,
        ),
        Target::new(name("refusals without Retry-After"), unsaid, "<=", 0.0),
        Target::of(
            name("collector's peak memory, MiB"),
            over.memory_mib,
            "<=",
            MEMORY_MIB,
        ),
        Target::of(
            name("until all is accepted as before, ms"),
            over.recovery_ms,
            "<=",
            RECOVERY_MS,
        ),
        Target::new(
            name("events acknowledged and not stored, or the other way"),
            lost,
            "<=",
            0.0,
        ),
    ]
}
