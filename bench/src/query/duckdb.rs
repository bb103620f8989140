//! The columnar limit: the rows of one database as Parquet, and the same questions in DuckDB, in a process of its own.
//!
//! DuckDB is of the measurement and never of the product. It comes from the package index by way of `cargo xtask`, which also
//! says where it is.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use waymark_collector::store::Kind;

use super::checks::CHECKS;
use super::load::{Loaded, Manifest};
use super::questions::{PROFILES, QUESTIONS, World, profiles, range, source, weeks};
use super::{COLD_TURN, DAY_MS, FIRST_TURN};
use crate::figures::percentile;

/// Its processors: as many as the collector has where it is measured.
const THREADS: usize = 2;

/// What DuckDB is asked with.
#[derive(Debug, Clone, Copy)]
pub struct Engine<'e> {
    /// A Python that has it.
    pub python: &'e Path,
    /// The script.
    pub script: &'e Path,
    /// Where Parquet files are kept.
    pub folder: &'e Path,
}

/// The files that were written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exported {
    /// Rows of each.
    pub rows: BTreeMap<String, u64>,
    /// Bytes of all.
    pub bytes: u64,
    /// Seconds that it took.
    pub seconds: f64,
}

/// A question in DuckDB.
#[derive(Debug, Clone, Serialize)]
pub struct Limit {
    /// See [`super::questions::Question::name`].
    pub question: &'static str,
    /// The first time.
    pub cold_ms: f64,
    /// Half of the times after it.
    pub p50_ms: Option<f64>,
    /// 95 of 100.
    pub p95_ms: Option<f64>,
    /// Every time after the first.
    pub all_ms: Vec<f64>,
}

/// What DuckDB says.
#[derive(Debug, Clone, Serialize)]
pub struct Limits {
    /// Its version.
    pub version: String,
    /// Its threads.
    pub threads: usize,
    /// The files.
    pub exported: Exported,
    /// The questions.
    pub questions: Vec<Limit>,
    /// What checks are held against, by their names: rows of JSON.
    #[serde(skip)]
    pub checks: BTreeMap<&'static str, Value>,
}

#[derive(Deserialize)]
struct Said {
    version: String,
    answers: BTreeMap<String, Times>,
}

#[derive(Deserialize)]
struct Times {
    all_ms: Vec<f64>,
    rows: Value,
}

/// Writes the files where they are not of this database already, and asks every question.
///
/// # Errors
/// No DuckDB, or a question that it does not understand.
pub fn measure(
    engine: Engine<'_>,
    loaded: &Loaded,
    world: &World,
    repeats: usize,
) -> Result<Limits> {
    let (folder, exported) = files(engine, loaded)?;
    let turns = |asked: usize| -> Vec<Value> {
        let numbers = std::iter::once(COLD_TURN).chain(FIRST_TURN..FIRST_TURN + asked);
        numbers.map(|number| parameters(world, number)).collect()
    };
    let mut asked = Vec::new();
    for question in &QUESTIONS {
        if let Some(sql) = question.limit {
            let turns = turns(repeats);
            asked.push(json!({"name": question.name, "sql": sql, "turns": turns, "rows": false}));
        }
    }
    for check in &CHECKS {
        let turns = [parameters(world, COLD_TURN)];
        asked.push(json!({"name": check.name, "sql": check.sql, "turns": turns, "rows": true}));
    }
    let request = json!({"folder": folder, "threads": THREADS, "questions": asked});
    let mut said: Said = serde_json::from_value(say(engine, "ask", &request)?)?;
    let mut questions = Vec::new();
    for question in QUESTIONS.iter().filter(|question| question.limit.is_some()) {
        let times = said.answers.remove(question.name);
        let mut all_ms = times.context("DuckDB left out a question")?.all_ms;
        let cold_ms = all_ms.remove(0);
        let mut micros: Vec<u32> = all_ms.iter().map(|ms| (ms * 1e3) as u32).collect();
        micros.sort_unstable();
        let millis = |percent| percentile(&micros, percent).map(|us| f64::from(us) / 1e3);
        questions.push(Limit {
            question: question.name,
            cold_ms,
            p50_ms: millis(50),
            p95_ms: millis(95),
            all_ms,
        });
    }
    let checks = CHECKS
        .iter()
        .filter_map(|check| Some((check.name, said.answers.remove(check.name)?.rows)))
        .collect();
    Ok(Limits {
        version: said.version,
        threads: THREADS,
        exported,
        questions,
        checks,
    })
}

/// The folder with the rows of this database, and what is in it. One set of files is kept for each size.
fn files(engine: Engine<'_>, loaded: &Loaded) -> Result<(PathBuf, Exported)> {
    #[derive(Serialize, Deserialize)]
    struct Noted {
        manifest: Manifest,
        exported: Exported,
        script: String,
    }
    let manifest = &loaded.manifest;
    let folder = engine.folder.join(format!("parquet_{}", manifest.events));
    let noted = folder.join("exported.json");
    let script = fs::read_to_string(engine.script)
        .with_context(|| format!("cannot read {}", engine.script.display()))?;
    if let Some(known) = fs::read(&noted)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Noted>(&bytes).ok())
        && known.script == script
        // Both databases hold the same events, and either may have been exported.
        && (known.manifest.seed, known.manifest.end, known.manifest.version)
            == (manifest.seed, manifest.end, manifest.version)
    {
        return Ok((folder, known.exported));
    }
    eprintln!("  writing Parquet from {}", loaded.database.kind());
    let url = loaded.database.url();
    let source = match loaded.database.kind() {
        Kind::Sqlite => json!({"sqlite": url.trim_start_matches("sqlite:")}),
        Kind::Postgres => json!({"postgres": url}),
    };
    let request =
        json!({"folder": folder, "threads": THREADS, "source": source, "site": manifest.site});
    let exported: Exported = serde_json::from_value(say(engine, "export", &request)?)?;
    for (table, expected) in [
        ("events", manifest.events),
        ("sessions", manifest.sessions),
        ("visitors", manifest.visitors),
    ] {
        ensure!(
            exported.rows.get(table) == Some(&expected),
            "{table}: {:?} rows in Parquet instead of {expected}",
            exported.rows.get(table)
        );
    }
    let known = Noted {
        manifest: manifest.clone(),
        exported: exported.clone(),
        script,
    };
    crate::report::write_json(&known, &noted)?;
    Ok((folder, exported))
}

fn say(engine: Engine<'_>, what: &str, request: &Value) -> Result<Value> {
    let mut child = Command::new(engine.python)
        .arg(engine.script)
        .arg(what)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", engine.python.display()))?;
    let mut to = child.stdin.take().context("its input is a pipe")?;
    to.write_all(request.to_string().as_bytes())?;
    drop(to);
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "DuckDB ended with {}",
        output.status
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What a turn's questions are about, by the names that SQL has for it.
fn parameters(world: &World, turn: usize) -> Value {
    let moments = |(first, last)| (super::midnight(first), super::midnight(last) + DAY_MS);
    let length = |days| moments(range(world, turn, days));
    let (month, quarter) = (length(30), length(90));
    let whole_weeks = moments(weeks(world));
    let ids: Vec<String> = profiles(world, turn).map(|id| id.to_string()).collect();
    let window = (3 + i64::try_from(turn % 11).unwrap_or(0)) * DAY_MS;
    json!({
        "from": month.0, "to": month.1,
        "quarter_from": quarter.0, "quarter_to": quarter.1,
        "monday_from": whole_weeks.0, "monday_to": whole_weeks.1,
        "id": ids.first(), "ids": &ids[..ids.len().min(PROFILES)],
        "source": source(turn), "window": window,
    })
}
