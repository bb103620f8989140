//! The rows of an answer as a table: CSV, one JSON object in a line, or Parquet.
//!
//! A question's `data` has its rows in `rows`, each an object. What is nested in one becomes a column of its own, named by the
//! way to it with dots; a list stays JSON. Parquet has the columns of CSV, each of the type that the answer's description tells
//! ([`super::layout`]), and is written as exports are.

use std::str::FromStr;

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::layout::Layout;
use super::rows::wrong;
use crate::analytics::definitions::Definition;
use crate::error::ApiError;
use crate::export::{self, Cell, Column, Kind, Writer};
use crate::journey::UnknownName;
use crate::money::Amount;

/// How an answer is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ToSchema)]
#[schema(as = AnswerFormat, rename_all = "snake_case")]
pub(crate) enum Format {
    /// With everything that answers say.
    #[default]
    Json,
    /// The rows alone, with a line of names.
    Csv,
    /// The rows alone, a JSON object in each line.
    Jsonl,
    /// The rows alone, as an Apache Parquet file.
    Parquet,
}

impl FromStr for Format {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::Jsonl),
            "parquet" => Ok(Self::Parquet),
            _ => Err(UnknownName),
        }
    }
}

/// The rows of some data as a file.
pub(super) fn response<D: Serialize + ToSchema>(
    format: Format,
    definition: Definition,
    site_id: i64,
    data: &D,
) -> Result<Response, ApiError> {
    let data = serde_json::to_value(data).map_err(ApiError::internal)?;
    let rows = rows(data);
    let (kind, ending, bytes) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv", csv(&rows)?),
        Format::Parquet => (
            export::Format::Parquet.media_type(),
            "parquet",
            parquet(&Layout::of::<D>(), definition, site_id, rows)?,
        ),
        _ => ("application/jsonl", "jsonl", lines(rows)),
    };
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}.{ending}\"", definition.name),
        ),
    ];
    Ok((headers, bytes).into_response())
}

fn rows(data: Value) -> Vec<Map<String, Value>> {
    let rows = match data {
        Value::Object(mut fields) => match fields.remove("rows") {
            Some(Value::Array(rows)) => rows,
            _ => vec![Value::Object(fields)],
        },
        other => vec![other],
    };
    rows.into_iter()
        .map(|row| {
            let mut flat = Map::new();
            flatten("", row, &mut flat);
            flat
        })
        .collect()
}

fn flatten(way: &str, value: Value, flat: &mut Map<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let way = if way.is_empty() {
                    name
                } else {
                    format!("{way}.{name}")
                };
                flatten(&way, value, flat);
            }
        }
        other => {
            flat.insert(way.to_owned(), other);
        }
    }
}

fn lines(rows: Vec<Map<String, Value>>) -> Vec<u8> {
    let mut text = String::new();
    for row in rows {
        text.push_str(&Value::Object(row).to_string());
        text.push('\n');
    }
    text.into_bytes()
}

/// Names of columns, in the order in which rows have them.
fn names(rows: &[Map<String, Value>]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in rows.iter().flat_map(Map::keys) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn parquet(
    layout: &Layout,
    definition: Definition,
    site_id: i64,
    rows: Vec<Map<String, Value>>,
) -> Result<Vec<u8>, ApiError> {
    let mut ways: Vec<String> = names(&rows).into_iter().map(str::to_owned).collect();
    if ways.is_empty() {
        // A file without a row still says what its rows would have.
        ways = layout.ways();
    }
    let column = |way: String| Column {
        kind: layout.kind(&way).unwrap_or(Kind::Text),
        name: way.into(),
    };
    let columns: Vec<Column> = ways.into_iter().map(column).collect();
    let about = [
        ("what", definition.name.to_owned()),
        ("version", definition.version.to_string()),
        ("site", site_id.to_string()),
    ];
    let mut writer = Writer::of(&columns, about).map_err(ApiError::internal)?;
    let mut bytes = Vec::new();
    for mut row in rows {
        let cells = columns.iter().map(|column| {
            let value = row.remove(&*column.name).unwrap_or_default();
            typed(column, value)
        });
        let cells = cells.collect::<Result<_, _>>()?;
        bytes.extend(writer.add(vec![cells]).map_err(ApiError::internal)?);
    }
    bytes.extend(writer.finish().map_err(ApiError::internal)?);
    Ok(bytes)
}

/// A value in a cell of a column's type.
fn typed(column: &Column, value: Value) -> Result<Cell, ApiError> {
    let is_null = value.is_null();
    let cell = match column.kind {
        Kind::Int | Kind::Time => Cell::Int(value.as_i64()),
        Kind::Double => Cell::Double(value.as_f64()),
        Kind::Bool => Cell::Bool(value.as_bool()),
        Kind::Amount => {
            let text = value.as_str().map(str::to_owned);
            Cell::Amount(text.and_then(|text| {
                let amount = Amount::of_text(&text).ok()?;
                Some((text, amount))
            }))
        }
        Kind::Text => Cell::Text(match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }),
        Kind::Json => Cell::Text((!is_null).then(|| value.to_string())),
    };
    let is_lost = !is_null
        && matches!(
            cell,
            Cell::Int(None) | Cell::Double(None) | Cell::Bool(None) | Cell::Amount(None)
        );
    if is_lost {
        let message = format!("{} is too great for Parquet: ask for csv", column.name);
        return Err(wrong("format", &message));
    }
    Ok(cell)
}

fn csv(rows: &[Map<String, Value>]) -> Result<Vec<u8>, ApiError> {
    let names = names(rows);
    let mut writer = csv::Writer::from_writer(Vec::new());
    if !names.is_empty() {
        writer.write_record(&names).map_err(ApiError::internal)?;
    }
    for row in rows {
        let cells = names
            .iter()
            .map(|name| row.get(*name).map(cell).unwrap_or_default());
        writer.write_record(cells).map_err(ApiError::internal)?;
    }
    writer.into_inner().map_err(ApiError::internal)
}

/// A value in a cell. A text that a spreadsheet would take for a formula gets an apostrophe before it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
            format!("'{text}")
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_become_a_table_and_formulas_do_not_run() {
        let data = json!({"total": 3, "rows": [
            {"source": "=HYPERLINK(\"x\")", "now": {"sessions": 2, "rate": null}},
            {"source": "a,b", "extra": [1], "now": {"sessions": -1, "rate": 0.5}},
        ]});
        let text = String::from_utf8(csv(&rows(data.clone())).unwrap()).unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("source,now.sessions,now.rate,extra"));
        assert_eq!(lines.next(), Some("\"'=HYPERLINK(\"\"x\"\")\",2,,"));
        assert_eq!(lines.next(), Some("\"a,b\",-1,0.5,[1]"));
        let text = String::from_utf8(super::lines(rows(data))).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(csv(&[]).unwrap().is_empty());
    }
}
