//! One field broken at a time, in every way that a field can be broken: the field is named, its neighbours are stored,
//! and the database never has to refuse anything.

use serde_json::{Value, json};
use waymark_collector::ingest::IngestError;
use waymark_protocol::{Reason, Status};

use super::desk::{Desk, fresh_site, submit};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(a_broken_field_costs_no_more_than_its_item);

/// What no field expects.
pub(super) fn broken() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(""),
        json!("\u{0}"),
        json!("a\u{0}b"),
        json!("'; DROP TABLE events; --"),
        json!("\u{202e}\u{1f980}".repeat(3000)),
        json!("00000000-0000-0000-0000-000000000000"),
        json!([]),
        json!({}),
        json!({"\u{0}": "\u{0}"}),
        json!({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": {}}}}}}}}}}),
    ]
}

/// Paths of all fields of a value, each as a JSON pointer.
pub(super) fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let path = format!("{at}/{name}");
                found.push(path.clone());
                paths(field, &path, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let path = format!("{at}/{index}");
                found.push(path.clone());
                paths(item, &path, found);
            }
        }
        _ => {}
    }
}

async fn a_broken_field_costs_no_more_than_its_item(database: Database) {
    let desk = Desk::new(database).await;
    let full: Value =
        serde_json::from_str(include_str!("../../protocol/fixtures/v1/batch.full.json")).unwrap();
    let mut all = Vec::new();
    paths(&full, "", &mut all);
    assert!(all.len() > 80, "{}", all.len());
    let mut refused = 0;
    let mut dropped = 0;
    for path in &all {
        for bad in broken() {
            let mut batch = full.clone();
            *batch.pointer_mut(path).unwrap() = bad.clone();
            let case = format!(
                "{path} = {}",
                bad.to_string().chars().take(60).collect::<String>()
            );
            let answer = match submit(&desk.ingest, &fresh_site(), &batch).await {
                Ok(answer) => answer,
                Err(IngestError::Refused(refusal)) => {
                    refused += 1;
                    assert!(!path.starts_with("/items/"), "{case}: {refusal}");
                    // The first part of the path at least.
                    let field = refusal
                        .field
                        .unwrap_or_else(|| panic!("{case}: no field is named"));
                    let first = path.trim_start_matches('/').split('/').next().unwrap();
                    assert!(field.starts_with(first), "{case}: {field}");
                    continue;
                }
                Err(other) => panic!("{case}: {other}"),
            };
            let own = path
                .strip_prefix("/items/")
                .and_then(|rest| rest.split('/').next())
                .and_then(|index| index.parse::<usize>().ok());
            for (index, line) in answer.results.iter().enumerate() {
                assert_ne!(line.reason, Some(Reason::Rejected), "{case}: item {index}");
                // A broken time of sending makes every time untrue.
                if own == Some(index) || path == "/sent_at" {
                    dropped += i32::from(line.status == Status::Dropped);
                    assert_ne!(line.status, Status::Retry, "{case}: {line:?}");
                } else {
                    assert_eq!(
                        line.status,
                        Status::Accepted,
                        "{case}: item {index}: {line:?}"
                    );
                }
            }
        }
    }
    assert!(
        refused > 50 && dropped > 100,
        "{refused} refused, {dropped} dropped"
    );
    desk.log.assert_quiet();
}
