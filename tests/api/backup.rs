//! `collector backup` and `restore`, by the program itself, from and into both databases.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use waymark_collector::catalogue::Mode;
use waymark_collector::commands::{
    CatalogueCommand, Command, DestinationWants, DestinationsCommand, PersonsCommand,
    PrivacyCommand, RetentionArguments, SharesCommand, Shown, StagesCommand, UsersCommand,
};
use waymark_collector::store::workspaces::Role;

use super::interactions::{accept, interaction};
use super::server_keys::add_server_key;
use crate::support::app::TestApp;
use crate::support::batch::{Visit, event, identify, item, milestone, now, page_view};
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

/// One of everything that a database holds.
pub(super) async fn fill(app: &TestApp) {
    let mut catalogue = tempfile::NamedTempFile::new().unwrap();
    catalogue
        .write_all(br#"{"version": 1, "events": {"opened": {}}}"#)
        .unwrap();
    let set = CatalogueCommand::Set {
        site: 1,
        file: Some(catalogue.path().to_owned()),
        mode: Some(Mode::Flag),
    };
    app.command(&Command::Catalogue(set)).await;
    let mut ping = item("page_ping", json!({"visible_ms": 4000, "scroll_max": 60}));
    let page = page_view("https://shop.example/\u{1f600}\"\\\n?utm_source=news&gclid=x");
    ping["page_view_id"] = page["id"].clone();
    let mut bought = event("bought");
    bought["data"] = json!({
        "name": "bought", "conversion": true, "value": "49.90", "currency": "EUR", "url": "https://shop.example/",
        "props": {"text": "a\tb", "big": 123_456_789_012_345_i64, "half": 0.5, "list": [null, true, {"x": "y"}]},
    });
    let mut batch = Visit::new(&app.key).batch(&[
        page,
        ping,
        bought,
        item(
            "identify",
            json!({"user_id": "user-7", "previous_id": "seven", "traits": {"email": "seven@shop.example"}}),
        ),
        milestone("signup_at"),
        item("ga_linked", json!({"client_id": "1.2"})),
        item("consent", json!({"state": "granted"})),
        item(
            "group",
            json!({"account_id": "acme", "traits": {"seats": 12}}),
        ),
        item("hologram", json!({})),
    ]);
    batch["context"]["touch"] = json!({
        "at": batch["sent_at"], "landing_url": "https://shop.example/?gclid=x", "click_ids": {"gclid": "x"},
    });
    app.send(&batch).await;
    let exported = "INSERT INTO export_schedules (site_id, what, next_day, held_until) VALUES (1, 'events', '2026-03-02', 0)";
    app.database.execute(exported).await;
    let exported = "INSERT INTO exported_days (site_id, what, day, format, row_count, mark, written_at, looked_at)
        VALUES (1, 'events', '2026-03-01', 'parquet', 7, '7:1:0', 1, 2)";
    app.database.execute(exported).await;
    let secret = add_server_key(app, 1).await;
    let mut call = interaction("call", 1000, json!({"email": "seven@shop.example"}));
    call["labels"] = json!(["vip"]);
    call["props"] = json!({"half": 0.5, "list": [null, true]});
    accept(app, &secret, &[call]).await;
    let visit = Visit::new(&app.key);
    let mut refund = event("refund");
    refund["data"]["props"] = json!({"order_id": "A-1", "value": "5.00"});
    app.accept(&visit.batch(&[identify("user-8"), refund]))
        .await;
    let share = SharesCommand::Add {
        site: 1,
        name: "Board".to_owned(),
        shows: Shown::Figures,
        days: 30,
    };
    app.command(&Command::Shares(share)).await;
    super::rates::load(app, "2026-01-31,USD,EUR,0.9123").await;
    let merge = PersonsCommand::Merge {
        site: 1,
        person: "user:user-7".parse().unwrap(),
        other: "user:user-8".parse().unwrap(),
    };
    app.command(&Command::Persons(merge)).await;
    let gone = Visit::new(&app.key);
    app.accept(&gone.batch(&[event("gone")])).await;
    let erase = PrivacyCommand::Erase {
        site: 1,
        person: format!("visitor:{}", gone.visitor).parse().unwrap(),
        delete: false,
        grace_days: None,
        dry_run: false,
    };
    app.command(&Command::Privacy(erase)).await;
    old_and_hidden(app).await;
    app.add_site("Second", &["https://a.example", "https://*.b.example"])
        .await;
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    for (what, body) in [
        (
            "reports",
            json!({"name": "Funnel", "path": "/api/v1/analytics/funnel", "parameters": {"steps": ["a", "b"]}}),
        ),
        (
            "annotations",
            json!({"day": "2026-03-01", "text": "Launch"}),
        ),
        (
            "annotations",
            json!({"at": 1_772_323_200_000_i64, "text": "Campaign"}),
        ),
        (
            "segments",
            json!({"name": "News", "filters": [{"dimension": "source", "op": "is", "values": ["news", null]}]}),
        ),
    ] {
        let path = format!("/api/v1/{what}?site=1");
        let saved = app.request(Method::POST, &path).header("Cookie", &cookie);
        assert_eq!(saved.json(&body).send().await.unwrap().status(), 201);
    }
    super::alerts::fired(app, &cookie).await;
    let prices = || page_view("https://shop.example/pricing");
    let shopper = Visit::new(&app.key);
    app.accept(&shopper.batch(&[prices(), prices(), prices()]))
        .await;
    let mut stages = tempfile::NamedTempFile::new().unwrap();
    stages
        .write_all(
            br#"{"version": 1, "stages": [{"key": "a", "label": "A"}], "milestones": [{"name": "b", "event": "bought"}]}"#,
        )
        .unwrap();
    let set = StagesCommand::Set {
        site: 1,
        file: stages.path().to_owned(),
        by: None,
    };
    app.command(&Command::Stages(set)).await;
    let add = UsersCommand::Add {
        email: "ann@shop.example".to_owned(),
        role: Role::Viewer,
        workspace: None,
    };
    app.command(&Command::Users(add)).await;
    let invite = UsersCommand::Invite {
        email: "ben@shop.example".to_owned(),
        role: Role::Analyst,
        workspace: None,
    };
    app.command(&Command::Users(invite)).await;
    let folder = tempfile::tempdir().unwrap();
    let sums = path(&folder, "imported_sources.csv");
    std::fs::write(&sums, "date,source,visitors\n2026-02-01,Google,7\n").unwrap();
    let import = ["import", "plausible", &sums, "--site", &app.key];
    good(app.database.url(), &import).await;
    let add = DestinationsCommand::AddWebhook {
        site: 1,
        name: "CRM".to_owned(),
        url: "https://crm.example/".to_owned(),
        wants: DestinationWants {
            milestones: vec!["told".to_owned()],
            // Nothing is sent, and the delivery stays as it is.
            needs_consent: true,
            ..DestinationWants::default()
        },
    };
    app.command(&Command::Destinations(add)).await;
    let skipped = "SELECT COUNT(*) FROM deliveries WHERE state = 'skipped'";
    while app.database.number(skipped).await == 0 {
        app.accept(&visit.batch(&[milestone("told")])).await;
    }
    // A collector that runs hears of what the command line set, and the inbox and what the catalogue found are written
    // after the answer.
    while app.json("/api/v1/visitors?site=1").await["data"][0]["stage"] != "a" {}
    while app.json("/api/v1/sites/1/catalogue/findings").await["data"] == json!([]) {}
    while app.json("/api/v1/rejected?site=1").await["data"] == json!([]) {}
    // Last, and by another scale than it began with, so that it can be seen when everybody has been judged for good.
    let scale = json!({
        "weights": {"recency": 0, "frequency": 1, "channels": 0},
        "window_days": 30, "full_occasions": 10, "full_channels": 5,
    });
    let put = app.request(Method::PUT, "/api/v1/sites/1/scores");
    let put = put.header("Cookie", cookie).json(&scale).send().await;
    assert_eq!(put.unwrap().status(), 200);
    app.judged().await;
    let otherwise = "SELECT COUNT(*) FROM judged_persons WHERE standing > 1000000";
    while app.database.number(otherwise).await > 0 {}
}

/// What has gone for its age, and somebody whose erasure can be taken back.
async fn old_and_hidden(app: &TestApp) {
    let mut old = Visit::new(&app.key);
    old.started_at = now() - 60 * DAY_MS;
    let mut long_ago = event("long_ago");
    long_ago["at"] = json!(old.started_at);
    app.accept(&old.batch(&[long_ago])).await;
    let limits = RetentionArguments {
        site: 1,
        days: Some(50),
        forever: false,
        default: false,
        events: Vec::new(),
        grace_days: Some(7),
        dry_run: false,
        run: true,
    };
    let printed = app
        .command(&Command::Privacy(PrivacyCommand::Retention(limits)))
        .await;
    assert!(
        printed.ends_with("Removed 1 items, 1 sessions, 1 visitors, 0 interactions.\n"),
        "{printed}"
    );
    let hidden = Visit::new(&app.key);
    app.accept(&hidden.batch(&[event("hidden")])).await;
    let erase = PrivacyCommand::Erase {
        site: 1,
        person: format!("visitor:{}", hidden.visitor).parse().unwrap(),
        delete: true,
        grace_days: None,
        dry_run: false,
    };
    app.command(&Command::Privacy(erase)).await;
}

/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

/// A backup's rows by table, as a reader of JSON sees them.
fn tables(file: &str) -> BTreeMap<String, Vec<Vec<Value>>> {
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
        // By the key; the names in an object come in an order of their own.
        rows.sort_by_key(|cells| {
            cells
                .iter()
                .take(3)
                .map(Value::to_string)
                .collect::<Vec<_>>()
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

    for (number, target) in [Database::sqlite(), Database::postgres().await]
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
    let target = Database::sqlite();
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

    let nowhere = Database::sqlite();
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
        let target = if app.database.is_sqlite() {
            Database::sqlite()
        } else {
            Database::postgres().await
        };
        let printed = run(target.url(), &["restore", &file]).await;
        assert_eq!(printed.code, 1, "{name}");
        assert!(printed.err.contains(part), "{name}: {}", printed.err);
        // Nothing of it is there, and the whole one still can be restored.
        good(target.url(), &["restore", &whole]).await;
        assert_eq!(target.number("SELECT COUNT(*) FROM events").await, 2);
    }
}

async fn a_backup_of_an_older_schema_is_brought_up_to_date(database: Database) {
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
