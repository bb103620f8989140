//! Rows as the API has them, and as each format of an export has them, in one form.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::process::Command;

use crate::support::app::TestApp;
use crate::support::required;

/// What a list of the API has, the earliest first, each row with the columns of its export.
pub(super) async fn listed(app: &TestApp, what: &str, site: i64) -> Vec<Row> {
    let list = if what == "journeys" { "visitors" } else { what };
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/{list}?site={site}&limit=5&cursor={cursor}");
        let page = app.json(&path).await;
        rows.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| flat(what, row)),
        );
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    rows.reverse();
    rows
}

/// A row by its columns, each as one text; nothing where it is unknown.
pub(in crate::api) type Row = BTreeMap<String, Option<String>>;

fn flat(what: &str, row: &Value) -> Row {
    let mut cells = row.as_object().unwrap().clone();
    let taken = |cells: &mut Map<String, Value>, name: &str| match cells.remove(name) {
        Some(Value::Object(inner)) => inner,
        _ => Map::new(),
    };
    let moments = |list: Value, name: &str, at: &str| {
        let pairs = list.as_array().unwrap().iter();
        Value::Object(
            pairs
                .map(|one| (one[name].as_str().unwrap().to_owned(), one[at].clone()))
                .collect(),
        )
    };
    cells.remove("interaction");
    cells.remove("kept");
    if what != "events" {
        let mut touch = taken(
            &mut cells,
            if what == "journeys" {
                "first_touch"
            } else {
                "touch"
            },
        );
        // Nothing is known of it where there is none.
        for name in TOUCH {
            let known = touch.remove(name).unwrap_or(Value::Null);
            let column = if name == "at" { "touch_at" } else { name };
            cells.insert(column.to_owned(), known);
        }
        let mut device = taken(&mut cells, "device");
        cells.insert("device_type".into(), device.remove("type").unwrap());
        cells.append(&mut device);
        for (name, id) in taken(&mut cells, "ga") {
            cells.insert(format!("ga_{name}"), id);
        }
    }
    if what == "journeys" {
        let stages = cells.remove("stages").unwrap();
        cells.insert("stages".into(), moments(stages, "stage", "entered_at"));
        let milestones = cells.remove("milestones").unwrap();
        cells.insert("milestones".into(), moments(milestones, "name", "at"));
    }
    cells
        .into_iter()
        .map(|(name, cell)| (name, text(cell)))
        .collect()
}

fn text(cell: Value) -> Option<String> {
    match cell {
        Value::Null => None,
        Value::String(text) => Some(text),
        cell => Some(cell.to_string()),
    }
}

const TOUCH: [&str; 10] = [
    "at",
    "source",
    "medium",
    "campaign",
    "term",
    "content",
    "channel",
    "click_ids",
    "landing_url",
    "referrer",
];

pub(super) const TIMES: [&str; 8] = [
    "at",
    "received_at",
    "started_at",
    "last_activity_at",
    "touch_at",
    "first_seen",
    "last_seen",
    "stage_at",
];

fn millis(text: &str) -> String {
    let at: Timestamp = text.parse().unwrap();
    assert!(text.ends_with('Z') && text.len() == 24, "{text}");
    at.as_millisecond().to_string()
}

/// A cell as [`text`] would have it of the API.
fn told(name: &str, cell: Option<String>) -> Option<String> {
    let cell = cell?;
    match name {
        _ if TIMES.contains(&name) && cell.contains('T') => Some(millis(&cell)),
        "props" | "click_ids" => {
            let value: Value = serde_json::from_str(&cell).unwrap();
            Some(value.to_string())
        }
        "stages" | "milestones" => {
            let value: Map<String, Value> = serde_json::from_str(&cell).unwrap();
            let value: Map<String, Value> = value
                .into_iter()
                .map(|(name, at)| {
                    (
                        name,
                        millis(at.as_str().unwrap()).parse::<i64>().unwrap().into(),
                    )
                })
                .collect();
            Some(Value::Object(value).to_string())
        }
        "value" => {
            let digits = cell.contains('.');
            Some(if digits {
                cell.trim_end_matches('0').to_owned()
            } else {
                cell
            })
        }
        _ => Some(cell),
    }
}

/// The same of what the API has, where a value may have another number of zeros.
pub(super) fn expected(rows: Vec<Row>) -> Vec<Row> {
    let zeros = |(name, cell): (String, Option<String>)| {
        let cell = match name.as_str() {
            "value" => told(&name, cell),
            _ => cell,
        };
        (name, cell)
    };
    rows.into_iter()
        .map(|row| row.into_iter().map(zeros).collect())
        .collect()
}

pub(super) fn of_csv(bytes: &[u8]) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(bytes);
    let names = reader.headers().unwrap().clone();
    let rows = reader.records().map(|record| {
        let record = record.unwrap();
        let cells = names.iter().zip(record.iter()).map(|(name, cell)| {
            assert!(!cell.starts_with(['=', '+', '@']), "{name}: {cell}");
            assert!(!cell.starts_with('-') || name == "value", "{name}: {cell}");
            let cell = cell.strip_prefix('\'').unwrap_or(cell);
            let cell = (!cell.is_empty()).then(|| cell.to_owned());
            (name.to_owned(), told(name, cell))
        });
        cells.collect()
    });
    rows.collect()
}

fn of_json(row: Value) -> Row {
    let cells = row.as_object().unwrap().clone().into_iter();
    cells
        .map(|(name, cell)| {
            let cell = told(&name, text(cell));
            (name, cell)
        })
        .collect()
}

pub(super) fn of_jsonl(bytes: &[u8]) -> Vec<Row> {
    let text = std::str::from_utf8(bytes).unwrap();
    text.lines()
        .map(|line| of_json(serde_json::from_str(line).unwrap()))
        .collect()
}

/// What DuckDB and pandas read of Parquet files: the columns' types, and the rows of each.
pub(in crate::api) async fn of_parquet(files: &str) -> (Value, Vec<Row>, Vec<Row>) {
    let script = PathBuf::from(required("WAYMARK_TEST_EXPORTS")).join("read.py");
    let output = Command::new(required("WAYMARK_TEST_EXPORTS_PYTHON"))
        .arg(script)
        .arg(files)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = |by: &str| -> Vec<Row> {
        let rows = read[by].as_array().unwrap().iter();
        rows.map(|row| of_json(row.clone())).collect()
    };
    (read["types"].clone(), rows("duckdb"), rows("pandas"))
}
