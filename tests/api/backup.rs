//! `collector backup` and `restore`, by the program itself, from and into both databases.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::filled::fill;
use crate::support::app::TestApp;
use crate::support::batch::{Visit, event};
use crate::support::database::Database;
use crate::support::on_both_databases;
use crate::support::program::{good, run};

on_both_databases!(
    what_is_restored_is_what_was_there,
    a_backup_under_load_is_one_moment,
    nothing_is_overwritten,
    half_a_backup_is_none,
    a_backup_of_an_older_schema_is_brought_up_to_date,
);

pub(crate) fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

/// A backup's rows by table, as a reader of JSON sees them.
pub(crate) fn tables(file: &str) -> BTreeMap<String, Vec<Vec<Value>>> {
    let mut text = String::new();
    std::fs::File::open(file)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    let mut tables: BTreeMap<String, Vec<Vec<Value>>> = BTreeMap::new();
    let mut table = String::new();
    for line in text.lines() {
        match serde_json::from_str(line).unwrap() {
            Value::Array(cells) => {
                let cells = cells.into_iter().map(inside).collect();
                tables.get_mut(&table).unwrap().push(cells);
            }
            head => {
                if let Some(name) = head["table"].as_str() {
                    name.clone_into(&mut table);
                    tables.insert(table.clone(), Vec::new());
                }
            }
        }
    }
    for rows in tables.values_mut() {
        // The names in an object come in an order of their own, and are in no key.
        rows.sort_by_key(|cells| {
            let cells = cells.iter().filter(|cell| !cell.is_object());
            cells.map(Value::to_string).collect::<Vec<_>>()
        });
    }
    tables
}

/// The databases write the same JSON object in different ways.
fn inside(cell: Value) -> Value {
    match cell.as_str() {
        Some(text) if text.starts_with('{') => serde_json::from_str(text).unwrap_or(cell),
        _ => cell,
    }
}

async fn what_is_restored_is_what_was_there(database: Database) {
    let app = TestApp::start(database).await;
    fill(&app).await;
    let folder = tempfile::tempdir().unwrap();
    let (plain, packed) = (path(&folder, "a.jsonl"), path(&folder, "a.jsonl.gz"));
    for file in [&plain, &packed] {
        let printed = good(app.database.url(), &["backup", file]).await;
        assert!(printed.contains(" rows of "), "{printed}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "it holds hashes of passwords");
        }
        assert!(!Path::new(&format!("{file}.part")).exists());
    }
    let before = tables(&plain);
    // Every table there is but that of the secrets, that of what is told to processes that run and sums by hour, and something in each but in those that are empty once the past has been searched, and
    // those that are filled and emptied by one transaction.
    let mut expected = app.database.tables().await;
    expected.retain(|table| {
        !["destination_secrets", "changes"].contains(&table.as_str())
            && !table.starts_with("rollup")
    });
    assert_eq!(before.keys().cloned().collect::<Vec<_>>(), expected);
    for (table, rows) in &before {
        let of_the_past = ["stage_restatements", "told_emails"].contains(&table.as_str());
        let of_a_transaction = ["erasing_ids", "erasing_texts"].contains(&table.as_str());
        assert_eq!(rows.is_empty(), of_the_past || of_a_transaction, "{table}");
        assert_eq!(rows.len(), app.database.rows(table).await.len(), "{table}");
    }

    for (number, target) in [Database::empty_sqlite(), Database::empty_postgres().await]
        .into_iter()
        .enumerate()
    {
        let source = if number == 0 { &plain } else { &packed };
        let printed = good(target.url(), &["restore", source]).await;
        assert!(printed.contains("are restored into"), "{printed}");
        let again = path(&folder, &format!("again-{number}.jsonl"));
        good(target.url(), &["backup", &again]).await;
        assert_eq!(tables(&again), before);
        if target.is_sqlite() == app.database.is_sqlite() {
            for table in before.keys() {
                let (there, here) = (target.rows(table).await, app.database.rows(table).await);
                assert_eq!(there, here, "{table}");
            }
        }
        // It is a database like any other: read, written, and its ids go on.
        let restored = TestApp::start(target).await;
        for path in ["visitors", "sessions", "events", "rejected"] {
            let path = format!("/api/v1/{path}?site=1");
            assert_eq!(restored.json(&path).await, app.json(&path).await, "{path}");
        }
        let sites = restored.json("/api/v1/sites").await;
        let ids: Vec<&Value> = sites["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| &s["id"])
            .collect();
        assert_eq!(ids, [1, 2, 3]);
        restored
            .accept(&Visit::new(&app.key).batch(&[event("x")]))
            .await;
        let login = json!({"email": "owner@shop.example", "password": "a long password"});
        assert_eq!(restored.post("/api/v1/login", &login).await.status(), 204);
    }
    app.log.assert_quiet();
}

async fn a_backup_under_load_is_one_moment(database: Database) {
    let app = TestApp::start(database).await;
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "b.jsonl.gz");
    app.accept(&Visit::new(&app.key).batch(&[event("first")]))
        .await;
    let load = async {
        loop {
            let items: Vec<Value> = (0..20).map(|_| event("x")).collect();
            app.accept(&Visit::new(&app.key).batch(&items)).await;
        }
    };
    let arguments = ["backup", file.as_str()];
    tokio::select! {
        () = load => {}
        printed = good(app.database.url(), &arguments) => assert!(printed.contains("rows")),
    }
    let target = Database::empty_sqlite();
    good(target.url(), &["restore", &file]).await;
    let events = target.number("SELECT COUNT(*) FROM events").await;
    assert!(events >= 1);
    // What was counted with the events is there with them: no half of a transaction.
    for sum in [
        "SELECT SUM(total_events) FROM visitors",
        "SELECT SUM(events) FROM sessions",
    ] {
        assert_eq!(target.number(sum).await, events, "{sum}");
    }
}

async fn nothing_is_overwritten(database: Database) {
    let app = TestApp::start(database).await;
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "c.jsonl");
    good(app.database.url(), &["backup", &file]).await;
    let length = std::fs::metadata(&file).unwrap().len();
    let printed = run(app.database.url(), &["backup", &file]).await;
    assert_eq!(printed.code, 1);
    assert!(printed.err.contains("exists"), "{}", printed.err);
    assert_eq!(std::fs::metadata(&file).unwrap().len(), length);

    let printed = run(app.database.url(), &["restore", &file]).await;
    assert_eq!(printed.code, 1);
    assert!(printed.err.contains("is not empty"), "{}", printed.err);
    assert_eq!(
        app.json("/api/v1/sites").await["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let nowhere = Database::empty_sqlite();
    let printed = run(nowhere.url(), &["backup", &path(&folder, "d.jsonl")]).await;
    assert_eq!(printed.code, 1);
    assert!(printed.err.contains("no database"), "{}", printed.err);
    assert!(!folder.path().join("d.jsonl").exists());
    assert!(!folder.path().join("d.jsonl.part").exists());
}

async fn half_a_backup_is_none(database: Database) {
    let app = TestApp::start(database).await;
    app.accept(&Visit::new(&app.key).batch(&[event("x"), event("y")]))
        .await;
    let folder = tempfile::tempdir().unwrap();
    let whole = path(&folder, "whole.jsonl");
    good(app.database.url(), &["backup", &whole]).await;
    let text = std::fs::read_to_string(&whole).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let without = |place: usize| {
        let mut rest = lines.clone();
        rest.remove(place);
        rest.join("\n")
    };
    let row = lines.iter().position(|line| line.starts_with('[')).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    let mut packed = packed.finish().unwrap();
    packed.truncate(packed.len() / 2);
    for (name, bytes, part) in [
        (
            "end.jsonl",
            without(lines.len() - 1).into_bytes(),
            "not a whole backup",
        ),
        ("row.jsonl", without(row).into_bytes(), "rows are missing"),
        ("head.jsonl", without(0).into_bytes(), "not a backup"),
        ("cut.jsonl.gz", packed, "line "),
        ("other.jsonl", b"hello\n".to_vec(), "not a backup"),
        (
            "newer.jsonl",
            text.replacen("\"schema\":", "\"schema\":9", 1).into_bytes(),
            "newer program",
        ),
        (
            "column.jsonl",
            text.replacen("\"write_key\"", "\"no_such\"", 1)
                .into_bytes(),
            "does not have",
        ),
    ] {
        let file = path(&folder, name);
        std::fs::write(&file, bytes).unwrap();
        let target = app.database.empty().await;
        let printed = run(target.url(), &["restore", &file]).await;
        assert_eq!(printed.code, 1, "{name}");
        assert!(printed.err.contains(part), "{name}: {}", printed.err);
        // Nothing of it is there, and the whole one still can be restored.
        good(target.url(), &["restore", &whole]).await;
        assert_eq!(target.number("SELECT COUNT(*) FROM events").await, 2);
    }
}

async fn a_backup_of_an_older_schema_is_brought_up_to_date(database: Database) {
    let database = database.empty().await;
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "old.jsonl");
    // As a program wrote it that knew two migrations.
    let old = r#"{"waymark_backup":1,"schema":2,"database":"SQLite","program":"0.1.0","made_at":1}
{"table":"sites","columns":["id","name","write_key","origins","time_zone","created_at"]}
[7,"Old","wk_oldoldold","[]","UTC",5]
{"end":{"tables":1,"rows":1}}
"#;
    std::fs::write(&file, old).unwrap();
    good(database.url(), &["restore", &file]).await;
    let app = TestApp::start(database).await;
    let sites = app.json("/api/v1/sites").await;
    assert_eq!(sites["data"][0]["name"], "Old");
    assert_eq!(sites["data"][1]["id"], 8);
    app.accept(&Visit::new("wk_oldoldold").batch(&[event("x")]))
        .await;
}
