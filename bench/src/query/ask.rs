//! Asking a collector's process: cold, warm, and warm while items are stored.
//!
//! An answer counts if its status is 200 and there is a figure in it that is not nothing. A route that is not there is told
//! from one that fails; either leaves the question without figures and its target missed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde_json::Value;

use super::questions::{Question, Turn, World};
use super::{COLD_TURN, FIRST_TURN, WARM_UP_TURNS};
use crate::client::Connection;
use crate::figures::percentile;
use crate::server::Server;

/// How long one answer may take. The first one may have to wait for what is made at the start.
const PATIENCE: Duration = Duration::from_secs(600);
/// Of an answer that is no good, so many bytes are repeated.
const QUOTED: usize = 300;
/// What of a row is no figure: it is there whatever is found.
const NO_FIGURES: [&str; 5] = ["at", "begins_at", "step", "offset", "asked"];

/// When a question was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// While nothing else happened.
    Still,
    /// While items were stored at a fixed rate.
    Loaded,
}

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Every answer was good.
    Answered,
    /// The collector has no such route yet.
    NotThere,
    /// An answer was not good; `said` has it.
    Failed,
}

/// A question that was asked many times.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    /// See [`Question::name`].
    pub question: &'static str,
    /// The database.
    pub database: &'static str,
    /// When.
    pub phase: Phase,
    /// What became of it.
    pub state: State,
    /// The first time in a new process; of the still phase.
    pub cold_ms: Option<f64>,
    /// Half of the answers were there within this.
    pub p50_ms: Option<f64>,
    /// 95 of 100 were.
    pub p95_ms: Option<f64>,
    /// Bytes of the answers, the middle one.
    pub bytes: Option<usize>,
    /// What was wrong.
    pub said: Option<String>,
    /// An example of what was asked.
    pub target: String,
    /// Every time, in the order of asking.
    pub all_ms: Vec<f64>,
}

/// Whoever asks: a connection and an API key.
#[derive(Debug)]
pub struct Asker<'s> {
    connection: Connection,
    secret: &'s str,
}

/// An answer.
#[derive(Debug)]
pub struct Answered {
    /// From sending to the last byte.
    pub took: Duration,
    /// The status code.
    pub status: u16,
    /// Its bytes.
    pub bytes: usize,
    /// What it says; null where that is no JSON.
    pub body: Value,
    quoted: String,
}

impl<'s> Asker<'s> {
    /// Connects to a collector.
    ///
    /// # Errors
    /// Nobody listening.
    pub async fn new(server: &Server, secret: &'s str) -> Result<Self> {
        Ok(Self {
            connection: Connection::open(server.address(), "bench").await?,
            secret,
        })
    }

    /// Asks.
    ///
    /// # Errors
    /// No answer that could be understood.
    pub async fn ask(&mut self, target: &str) -> Result<Answered> {
        let sent = Instant::now();
        let answer = self.connection.get(target, self.secret, PATIENCE).await?;
        let took = sent.elapsed();
        let quoted = &answer.body[..answer.body.len().min(QUOTED)];
        Ok(Answered {
            took,
            status: answer.status,
            bytes: answer.body.len(),
            body: serde_json::from_slice(answer.body).unwrap_or_default(),
            quoted: String::from_utf8_lossy(quoted).into_owned(),
        })
    }
}

impl Answered {
    /// What was found, without what is said around it.
    fn found(&self) -> &Value {
        self.body.get("data").unwrap_or(&self.body)
    }

    /// What is wrong with it.
    fn fault(&self, question: &Question) -> Option<(State, String)> {
        let state = match self.status {
            200 if question.may_be_empty || has_figures(self.found()) => return None,
            404 => State::NotThere,
            _ => State::Failed,
        };
        Some((state, format!("{}: {}", self.status, self.quoted)))
    }
}

/// Whether there is any number above nothing.
fn has_figures(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_some_and(|number| number > 0.0),
        Value::Array(values) => values.iter().any(has_figures),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| !NO_FIGURES.contains(&name.as_str()) && has_figures(value)),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

/// Makes an API key that may read everything of a site.
///
/// # Errors
/// A collector that cannot make one.
pub fn key(collector: &Path, url: &str, site: i64) -> Result<String> {
    let output = Command::new(collector)
        .args(["--database-url", url, "keys", "add", "--name", "bench"])
        .args(["--site", &site.to_string()])
        .args(["--scope", "read", "--scope", "persons"])
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", collector.display()))?;
    ensure!(
        output.status.success(),
        "no API key could be made: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let secret = text.lines().find_map(|line| line.split_once("once: "));
    Ok(secret
        .context("no API key was printed")?
        .1
        .trim()
        .to_owned())
}

/// The time of a question that a process is asked for the first time.
///
/// # Errors
/// A broken connection.
pub async fn cold(asker: &mut Asker<'_>, world: &World, question: &Question) -> Result<f64> {
    let turn = Turn {
        number: COLD_TURN,
        cursor: None,
    };
    let answer = asker.ask(&(question.target)(world, turn)).await?;
    Ok(answer.took.as_secs_f64() * 1e3)
}

/// Asks a question again and again, the first few times without a clock.
///
/// # Errors
/// A broken connection.
pub async fn warm(
    asker: &mut Asker<'_>,
    world: &World,
    question: &Question,
    repeats: usize,
    (database, phase): (&'static str, Phase),
) -> Result<Asked> {
    let mut asked = Asked {
        question: question.name,
        database,
        phase,
        state: State::Answered,
        cold_ms: None,
        p50_ms: None,
        p95_ms: None,
        bytes: None,
        said: None,
        target: String::new(),
        all_ms: Vec::new(),
    };
    let mut cursor: Option<String> = None;
    let mut micros = Vec::new();
    let mut bytes = Vec::new();
    for number in FIRST_TURN..FIRST_TURN + WARM_UP_TURNS + repeats {
        let turn = Turn {
            number,
            cursor: cursor.as_deref(),
        };
        let target = (question.target)(world, turn);
        let answer = asker.ask(&target).await?;
        asked.target = target;
        if let Some((state, said)) = answer.fault(question) {
            asked.state = state;
            asked.said = Some(said);
            return Ok(asked);
        }
        if number >= FIRST_TURN + WARM_UP_TURNS {
            micros.push(u32::try_from(answer.took.as_micros()).unwrap_or(u32::MAX));
            bytes.push(answer.bytes);
        }
        cursor = answer.body["next_cursor"].as_str().map(str::to_owned);
    }
    asked.all_ms = micros.iter().map(|us| f64::from(*us) / 1e3).collect();
    micros.sort_unstable();
    bytes.sort_unstable();
    let millis = |percent| percentile(&micros, percent).map(|us| f64::from(us) / 1e3);
    asked.p50_ms = millis(50);
    asked.p95_ms = millis(95);
    asked.bytes = bytes.get(bytes.len() / 2).copied();
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_without_a_figure_is_no_answer() {
        for (body, expected) in [
            (json!([{"at": 5, "events": 2}]), true),
            (json!({"rows": [], "asked": {"days": 5}}), false),
            (json!({"rows": [{"at": 5, "sessions": 0}]}), false),
            (json!({"totals": {"sessions": 0, "visitors": 0.0}}), false),
            (json!({"totals": {"sessions": 1}}), true),
            (Value::Null, false),
        ] {
            assert_eq!(has_figures(&body), expected, "{body}");
        }
    }
}
