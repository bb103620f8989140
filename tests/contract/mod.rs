//! What was promised in writing: the fixtures of the wire protocol, and the codes in `docs/api.md`.

mod description;
mod shapes;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use waymark_collector::error::Code;
use waymark_collector::ingest::envelope::RefusalCode;
use waymark_protocol::{
    Batch, BatchAnswer, ConsentChange, Context, ErrorAnswer, Event, GaLinked, Group, Identify,
    Item, ItemKind, Milestone, PagePing, PageView, Reason, Status,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The fixtures whose name begins so, of every version.
fn fixtures(prefix: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for version in std::fs::read_dir(root().join("protocol/fixtures")).unwrap() {
        for file in std::fs::read_dir(version.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.starts_with(prefix) {
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no fixture begins with {prefix}");
    found
}

/// Reads an item's details as its kind's type and writes them again.
fn again(item: &Item<Value>) -> Value {
    let data = item.data.clone();
    let written = match item.kind {
        ItemKind::PageView => rewrite::<PageView>(data),
        ItemKind::Event => rewrite::<Event<Value>>(data),
        ItemKind::Identify => rewrite::<Identify<Value>>(data),
        ItemKind::Milestone => rewrite::<Milestone<Value>>(data),
        ItemKind::PagePing => rewrite::<PagePing>(data),
        ItemKind::GaLinked => rewrite::<GaLinked>(data),
        ItemKind::Consent => rewrite::<ConsentChange>(data),
        ItemKind::Group => rewrite::<Group<Value>>(data),
    };
    let mut item = item.clone();
    item.data = written;
    serde_json::to_value(item).unwrap()
}

fn rewrite<T: DeserializeOwned + Serialize>(data: Value) -> Value {
    serde_json::to_value(serde_json::from_value::<T>(data).unwrap()).unwrap()
}

#[test]
fn batches_parse_into_the_types_and_come_back_the_same() {
    let mut kinds = BTreeSet::new();
    for (name, text) in fixtures("batch.") {
        let batch: Batch<Context, Item<Value>> =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut written = serde_json::to_value(&batch).unwrap();
        written["items"] = batch.items.iter().map(again).collect();
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written, read, "{name}");
        kinds.extend(batch.items.iter().map(|item| format!("{:?}", item.kind)));
        // As the collector reads it: the outside first.
        let outside: Batch<&RawValue, &RawValue> = serde_json::from_str(&text).unwrap();
        assert_eq!(outside.items.len(), batch.items.len());
    }
    assert_eq!(kinds.len(), 8, "a fixture for every kind: {kinds:?}");
}

#[test]
fn answers_parse_into_the_types_and_come_back_the_same() {
    for (name, text) in fixtures("answer.") {
        let read: Value = serde_json::from_str(&text).unwrap();
        let written = if name.starts_with("answer.error") {
            rewrite::<ErrorAnswer>(read.clone())
        } else {
            rewrite::<BatchAnswer>(read.clone())
        };
        assert_eq!(written, read, "{name}");
    }
}

/// Every word in backticks in `docs/api.md` that looks like a code.
fn documented() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("docs/api.md")).unwrap();
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        })
        .map(str::to_owned)
        .collect()
}

/// The rows of the table under this heading, below its two lines of head: the word in backticks of each first column.
fn table(heading: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("docs/api.md")).unwrap();
    let (_, section) = text
        .split_once(heading)
        .unwrap_or_else(|| panic!("docs/api.md has no {heading}"));
    section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .filter_map(|line| line.split('|').nth(1))
        .filter_map(|cell| cell.split('`').nth(1))
        .map(str::to_owned)
        .collect()
}

fn wire<T: Serialize>(values: &[T]) -> BTreeSet<String> {
    values
        .iter()
        .map(|value| {
            let text = serde_json::to_value(value).unwrap();
            text.as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn every_code_is_documented_and_every_documented_code_exists() {
    let codes: BTreeSet<String> = Code::ALL.iter().map(|c| c.as_str().to_owned()).collect();
    assert_eq!(codes.len(), Code::ALL.len(), "two codes share a text");
    assert_eq!(table("## Errors"), codes);
    let words = documented();
    for code in &codes {
        assert!(words.contains(code), "{code}");
    }
    for refusal in [
        RefusalCode::InvalidJson,
        RefusalCode::InvalidField,
        RefusalCode::UnsupportedVersion,
        RefusalCode::TooManyItems,
    ] {
        assert_eq!(Code::from(refusal).as_str(), refusal.as_str());
    }
}

#[test]
fn every_documented_code_has_the_status_it_is_said_to_have() {
    let text = std::fs::read_to_string(root().join("docs/api.md")).unwrap();
    let (_, section) = text.split_once("## Errors").unwrap();
    for code in Code::ALL {
        let row = section
            .lines()
            .find(|line| line.starts_with(&format!("| `{}` |", code.as_str())))
            .unwrap();
        let status = row.split('|').nth(2).unwrap().trim();
        assert_eq!(status, code.status().as_str(), "{row}");
    }
}

#[test]
fn every_status_and_reason_is_documented_and_the_reverse() {
    let statuses = [
        Status::Accepted,
        Status::Duplicate,
        Status::Dropped,
        Status::Retry,
    ];
    // A new status does not compile until it is listed above.
    for status in statuses {
        match status {
            Status::Accepted | Status::Duplicate | Status::Dropped | Status::Retry => {}
        }
    }
    assert_eq!(table("### What became of an item"), wire(&statuses));
    let reasons = [
        Reason::InvalidField,
        Reason::UnknownType,
        Reason::TooLarge,
        Reason::InvalidTime,
        Reason::UnknownEvent,
        Reason::InvalidProps,
        Reason::Rejected,
        Reason::Erased,
        Reason::Expired,
        Reason::StoreUnavailable,
    ];
    // `Other` is what a sender reads where a newer collector wrote something else; it is never sent.
    for reason in reasons {
        match reason {
            Reason::InvalidField
            | Reason::UnknownType
            | Reason::TooLarge
            | Reason::InvalidTime
            | Reason::UnknownEvent
            | Reason::InvalidProps
            | Reason::Rejected
            | Reason::Erased
            | Reason::Expired
            | Reason::StoreUnavailable
            | Reason::Other => {}
        }
    }
    assert_eq!(table("### Why an item was not stored"), wire(&reasons));
}
