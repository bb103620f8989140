//! CSV and JSON Lines.

use serde::ser::{SerializeMap, Serializer as _};

use super::ExportError;
use super::layout::{Cell, Column, Kind, moment};

/// What a spreadsheet takes for the beginning of a formula, and the mark that says it is none. A text that begins with the mark
/// itself gets another one, so that taking one away always gives what was there.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

/// A text that no spreadsheet calculates.
fn defused(text: String) -> String {
    if text.starts_with(FORMULA) {
        format!("'{text}")
    } else {
        text
    }
}

/// The line of names.
pub(super) fn csv_head(columns: &[Column]) -> Result<Vec<u8>, ExportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(columns.iter().map(|column| column.name.as_bytes()));
    written.map_err(|error| ExportError::Format(error.to_string()))?;
    finished(writer)
}

/// Rows as CSV.
pub(super) fn csv_rows(columns: &[Column], rows: Vec<Vec<Cell>>) -> Result<Vec<u8>, ExportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let cells = columns.iter().zip(row);
        let cells = cells.map(|(column, cell)| plain(column.kind, cell).unwrap_or_default());
        let written = writer.write_record(cells);
        written.map_err(|error| ExportError::Format(error.to_string()))?;
    }
    finished(writer)
}

fn finished(writer: csv::Writer<Vec<u8>>) -> Result<Vec<u8>, ExportError> {
    let inner = writer.into_inner();
    inner.map_err(|error| ExportError::Format(error.to_string()))
}

fn plain(kind: Kind, cell: Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => text.map(defused),
        Cell::Int(Some(at)) if kind == Kind::Time => moment(at),
        Cell::Int(number) => number.map(|number| number.to_string()),
        Cell::Double(number) => number.map(|number| number.to_string()),
        Cell::Bool(flag) => flag.map(|flag| flag.to_string()),
        Cell::Amount(amount) => amount.map(|(text, _)| text),
    }
}

/// Rows as JSON Lines.
pub(super) fn jsonl_rows(columns: &[Column], rows: Vec<Vec<Cell>>) -> Result<Vec<u8>, ExportError> {
    let mut bytes = Vec::new();
    for row in rows {
        let line = jsonl_row(columns, row, &mut bytes);
        line.map_err(|error| ExportError::Format(error.to_string()))?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

fn jsonl_row(
    columns: &[Column],
    row: Vec<Cell>,
    bytes: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    let mut serializer = serde_json::Serializer::new(bytes);
    let mut map = serializer.serialize_map(Some(columns.len()))?;
    for (column, cell) in columns.iter().zip(row) {
        match cell {
            Cell::Text(text) => map.serialize_entry(&column.name, &text)?,
            Cell::Int(at) if column.kind == Kind::Time => {
                map.serialize_entry(&column.name, &at.and_then(moment))?;
            }
            Cell::Int(number) => map.serialize_entry(&column.name, &number)?,
            Cell::Double(number) => map.serialize_entry(&column.name, &number)?,
            Cell::Bool(flag) => map.serialize_entry(&column.name, &flag)?,
            Cell::Amount(amount) => {
                map.serialize_entry(&column.name, &amount.map(|(text, _)| text))?;
            }
        }
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::money::Amount;

    const COLUMNS: &[Column] = &[
        Column {
            name: Cow::Borrowed("text"),
            kind: Kind::Text,
        },
        Column {
            name: Cow::Borrowed("at"),
            kind: Kind::Time,
        },
        Column {
            name: Cow::Borrowed("value"),
            kind: Kind::Amount,
        },
        Column {
            name: Cow::Borrowed("bot"),
            kind: Kind::Bool,
        },
    ];

    fn rows() -> Vec<Vec<Cell>> {
        let value = Some(("-5.00".to_owned(), Amount::of_text("-5.00").unwrap()));
        vec![
            vec![
                "=1+1".to_owned().into(),
                0_i64.into(),
                Cell::Amount(value),
                true.into(),
            ],
            vec![
                "a,\"b\"\nc".to_owned().into(),
                Cell::Int(None),
                Cell::Amount(None),
                Cell::Bool(None),
            ],
            vec![
                "'quoted".to_owned().into(),
                5_i64.into(),
                Cell::Amount(None),
                false.into(),
            ],
        ]
    }

    #[test]
    fn csv_has_no_formula_but_negative_money_is_a_number() {
        let text = String::from_utf8(csv_rows(COLUMNS, rows()).unwrap()).unwrap();
        assert_eq!(
            text,
            "'=1+1,1970-01-01T00:00:00.000Z,-5.00,true\n\"a,\"\"b\"\"\nc\",,,\n''quoted,1970-01-01T00:00:00.005Z,,false\n"
        );
        assert_eq!(csv_head(COLUMNS).unwrap(), b"text,at,value,bot\n");
    }

    #[test]
    fn json_lines_have_texts_as_they_are() {
        let text = String::from_utf8(jsonl_rows(COLUMNS, rows()).unwrap()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(
            lines[0],
            r#"{"text":"=1+1","at":"1970-01-01T00:00:00.000Z","value":"-5.00","bot":true}"#
        );
        assert_eq!(
            lines[1],
            r#"{"text":"a,\"b\"\nc","at":null,"value":null,"bot":null}"#
        );
    }
}
