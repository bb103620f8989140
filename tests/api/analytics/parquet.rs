//! Answers as Parquet, read by DuckDB and pandas, against the same rows as CSV.

use std::collections::BTreeMap;

use serde_json::Value;

use super::encoded;
use super::world::World;
use crate::api::exports::{Row, of_parquet};
use crate::support::app::{TestApp, error};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    an_answer_is_the_same_as_parquet,
    a_file_without_rows_has_the_types_of_one_with_rows,
);

const STEPS: &str = r#"[{"page":"/"},{"event":"product_viewed","props":{"new":true}}]"#;

/// The answer to a question in a format.
async fn file(app: &TestApp, question: &str, format: &str) -> Vec<u8> {
    let path = format!("/api/v1/analytics/{question}&format={format}");
    let response = app.get(&path).await;
    assert_eq!(response.status(), 200, "{path}");
    let name = question.split('?').next().unwrap();
    let disposition = response.headers()["content-disposition"].to_str().unwrap();
    assert_eq!(
        disposition,
        format!("attachment; filename=\"{name}.{format}\"")
    );
    if format == "parquet" {
        let kind = &response.headers()["content-type"];
        assert_eq!(kind, "application/vnd.apache.parquet");
    }
    response.bytes().await.unwrap().to_vec()
}

async fn read(app: &TestApp, question: &str) -> (Value, Vec<Row>, Vec<Row>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.parquet");
    std::fs::write(&path, file(app, question, "parquet").await).unwrap();
    of_parquet(&path.display().to_string()).await
}

/// Rows of CSV by their columns.
fn of_csv(bytes: &[u8]) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(bytes);
    let names = reader.headers().unwrap().clone();
    let rows = reader.records().map(|record| {
        let record = record.unwrap();
        let cells = names.iter().zip(record.iter());
        cells
            .map(|(name, cell)| {
                (
                    name.to_owned(),
                    Some(cell.to_owned()).filter(|cell| !cell.is_empty()),
                )
            })
            .collect()
    });
    rows.collect()
}

/// The same row whatever number of zeros money has.
fn plain(row: &Row, types: &Value) -> Row {
    let cells = row.iter().map(|(name, cell)| {
        let is_money = types[name] == "DECIMAL(18,6)" || name == "value";
        let cell = cell.as_deref().map(|cell| {
            if is_money && cell.contains('.') {
                cell.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                cell.to_owned()
            }
        });
        (name.clone(), cell)
    });
    cells.collect()
}

async fn an_answer_is_the_same_as_parquet(database: Database) {
    let (app, world) = World::start(database, 61).await;
    let (from, to) = world.days();
    let steps = encoded(STEPS);
    for (question, kinds) in [
        (
            "overview?interval=week".to_owned(),
            BTreeMap::from([
                ("at", "TIMESTAMP WITH TIME ZONE"),
                ("sessions", "BIGINT"),
                ("bounce_rate", "DOUBLE"),
                ("revenue.net", "DECIMAL(18,6)"),
                ("unconverted", "JSON"),
            ]),
        ),
        (
            "sources?by=source,medium".to_owned(),
            BTreeMap::from([("by.source", "VARCHAR"), ("by.medium", "VARCHAR")]),
        ),
        (
            "events?breakdown=property:colour".to_owned(),
            BTreeMap::from([("by.property:colour", "VARCHAR"), ("count", "BIGINT")]),
        ),
        (
            format!("funnel?breakdown=device&steps={steps}"),
            BTreeMap::from([("median_ms", "BIGINT"), ("drop_off", "DOUBLE")]),
        ),
        (
            "retention?period=week".to_owned(),
            BTreeMap::from([
                ("begins_at", "TIMESTAMP WITH TIME ZONE"),
                ("is_whole", "BOOLEAN"),
            ]),
        ),
        (
            "attribution?models=first,markov_1&conversion=orders".to_owned(),
            BTreeMap::from([
                ("rest", "BOOLEAN"),
                ("models.markov_1.value", "DECIMAL(18,6)"),
                ("models.first.share", "DOUBLE"),
            ]),
        ),
        (
            "conversions?by=property:currency&conversion=orders".to_owned(),
            BTreeMap::from([("value", "DECIMAL(18,6)"), ("days_median", "DOUBLE")]),
        ),
        (
            "properties?event=product_viewed".to_owned(),
            BTreeMap::from([("values", "JSON"), ("distinct", "BIGINT")]),
        ),
    ] {
        let question = format!("{question}&from={from}&to={to}");
        let (types, by_duckdb, by_pandas) = read(&app, &question).await;
        let rows = of_csv(&file(&app, &question, "csv").await);
        assert!(rows.len() > 2, "{question}");
        let expected: Vec<Row> = rows.iter().map(|row| plain(row, &types)).collect();
        for told in [by_duckdb, by_pandas] {
            let told: Vec<Row> = told.iter().map(|row| plain(row, &types)).collect();
            assert_eq!(told, expected, "{question}");
        }
        for (name, kind) in kinds {
            assert_eq!(types[name], kind, "{question} {name}");
        }
    }
    app.log.assert_quiet();
}

async fn a_file_without_rows_has_the_types_of_one_with_rows(database: Database) {
    let app = TestApp::start(database).await;
    let (types, none, _) = read(&app, "events?sort=count").await;
    assert_eq!(none.len(), 0);
    for (name, kind) in [
        ("name", "VARCHAR"),
        ("count", "BIGINT"),
        ("revenue.net", "DECIMAL(18,6)"),
        ("unconverted", "JSON"),
    ] {
        assert_eq!(types[name], kind, "{name}");
    }
    // Of a question whose figures are all unknown.
    let (types, rows, _) = read(&app, "overview?interval=day").await;
    assert_eq!(rows.len(), 30);
    assert!(rows.iter().all(|row| row["bounce_rate"].is_none()));
    assert_eq!(types["bounce_rate"], "DOUBLE");
    let response = app.get("/api/v1/analytics/events?format=xlsx").await;
    let (status, _, named) = error(response).await;
    assert_eq!((status, named.as_deref()), (400, Some("format")));
    app.log.assert_quiet();
}
