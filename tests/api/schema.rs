//! This program on a database that a newer one has changed: what only has more is worked with, what takes something away is
//! refused (docs/schema-changes.md). The changes are made up, and applied the way in which a program applies its own.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqlSafeStr, SqliteConnection};
use waymark_collector::commands::{Command, PrivacyCommand};

use super::analytics::ask;
use super::filled::fill;
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, page_view};
use crate::support::database::Database;
use crate::support::program::{good, program, run};
use crate::support::stream::PATIENCE;
use crate::support::{DEADLINE, eventually, on_both_databases};

on_both_databases!(
    a_schema_that_has_more_is_worked_with,
    what_has_to_know_every_column_is_left_to_the_newer_program,
    a_schema_that_takes_something_away_is_refused,
);

/// A change of the schema waits for a reader who takes long, and nobody waits behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_stands_back_for_those_who_use_the_table() {
    let database = Database::postgres().await;
    let url = database.url();
    good(url, &["sites", "list"]).await;
    // As a program left it that did not know migration 24.
    for undone in [
        "ALTER TABLE judged_visitors DROP COLUMN keeping",
        "ALTER TABLE judged_persons DROP COLUMN keeping",
        "DELETE FROM _sqlx_migrations WHERE version = 24",
    ] {
        database.execute(undone).await;
    }
    let mut reader = PgConnection::connect(database.looking()).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT COUNT(*) FROM judged_visitors")
        .execute(&mut reader)
        .await
        .unwrap();
    let start = tokio::spawn({
        let mut program = program(url, &["sites", "list"]);
        async move { program.output().await.unwrap() }
    });
    let waiting = "SELECT COUNT(*) FROM pg_locks WHERE relation = 'judged_visitors'::regclass AND NOT granted";
    eventually("the change waits for the reader", || async {
        database.number(waiting).await > 0
    })
    .await;
    let others = database.number("SELECT COUNT(*) FROM judged_visitors");
    let others = tokio::time::timeout(PATIENCE, others).await;
    assert_eq!(others.expect("somebody waits behind the change"), 0);
    assert!(!start.is_finished());
    reader.close().await.unwrap();
    let ended = tokio::time::timeout(DEADLINE, start)
        .await
        .unwrap()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    let kept = "SELECT COUNT(*) FROM information_schema.columns WHERE table_name LIKE 'judged_%' AND column_name = 'keeping'";
    assert_eq!(database.number(kept).await, 2);
}

/// Applies a made-up migration.
async fn apply(database: &Database, version: i64, name: &'static str, sql: String) {
    let sql = AssertSqlSafe(sql).into_sql_str();
    let migration = Migration::new(version, name.into(), MigrationType::Simple, sql, false);
    let mut migrator = Migrator::with_migrations(vec![migration]);
    migrator.set_ignore_missing(true);
    if database.is_sqlite() {
        let mut connection = SqliteConnection::connect(database.looking()).await.unwrap();
        migrator.run(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = PgConnection::connect(database.looking()).await.unwrap();
        migrator.run(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// A column more in every table there is, and a table more.
async fn expand(database: &Database) {
    let mut sql = String::from(
        "CREATE TABLE notes (site_id BIGINT NOT NULL, id BIGINT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (site_id, id));
         CREATE INDEX notes_by_note ON notes (site_id, note);
         INSERT INTO notes (site_id, id, note) VALUES (1, 7, 'of a newer program');",
    );
    if !database.is_sqlite() {
        sql.push_str("SELECT raise_wall('notes');");
    }
    for (number, table) in database.tables().await.iter().enumerate() {
        // The two ways in which a column may be added.
        let kind = ["TEXT", "BIGINT NOT NULL DEFAULT 7"][number % 2];
        sql.push_str(&format!(
            "ALTER TABLE \"{table}\" ADD COLUMN of_a_newer_program {kind};"
        ));
    }
    apply(database, 9001, "notes", sql).await;
}

/// What this program does all day: storing, answering, keeping, backing up.
async fn works(app: &TestApp, name: &str) {
    let visit = Visit::new(&app.key);
    let page = page_view("https://shop.example/pricing?utm_source=news");
    app.accept(&visit.batch(&[page, event(name)])).await;
    let again = app.send(&visit.batch(&[event(name)])).await;
    assert_eq!(again.status(), 200);
    app.judged().await;
    let id = visit.visitor;
    for path in [
        "/api/v1/sites".to_owned(),
        "/api/v1/visitors?site=1".to_owned(),
        "/api/v1/persons?site=1".to_owned(),
        "/api/v1/accounts?site=1".to_owned(),
        format!("/api/v1/visitors/{id}?site=1"),
        format!("/api/v1/persons/visitor:{id}?site=1"),
        format!("/api/v1/persons/visitor:{id}/timeline?site=1"),
        format!("/api/v1/persons/visitor:{id}/sessions?site=1"),
        "/api/v1/sites/1/stages".to_owned(),
    ] {
        app.json(&path).await;
    }
    for question in ["overview", "sources", "events", "conversions"] {
        let answer = ask(app, question, &[("site", "1")]).await;
        assert!(answer["data"].is_object() || answer["data"].is_array());
    }
    let events = ask(app, "events", &[("site", "1")]).await.to_string();
    assert!(events.contains(name), "{events}");
    let report: Value =
        serde_json::from_str(&good(app.database.url(), &["verify", "1", "--json"]).await).unwrap();
    assert_eq!(report["ok"], true, "{report}");
}

async fn a_schema_that_has_more_is_worked_with(database: Database) {
    let mut app = TestApp::start(Database::shared(database.url())).await;
    fill(&app).await;
    app.judged().await;
    works(&app, "before").await;
    // As a newer program does it while this one still runs.
    expand(&database).await;
    works(&app, "beside").await;
    app.log.assert_quiet();
    let (key, secret) = (app.key.clone(), app.secret.clone());
    app.stop().await;
    drop(app);

    // And as it is after a start, of one that was put back.
    let mut app = TestApp::start(Database::shared(database.url())).await;
    assert!(app.log.text().contains("of a newer program"));
    (app.key, app.secret) = (key, secret);
    works(&app, "after").await;
    let report: Value = serde_json::from_str(
        &run(
            database.url(),
            &["check", "--json", "--listen", "127.0.0.1:0"],
        )
        .await
        .out,
    )
    .unwrap();
    let checks = report["checks"].as_array().unwrap();
    let schema = checks.iter().find(|check| check["name"] == "schema");
    assert_eq!(schema.unwrap()["status"], "warning", "{report}");

    // A backup has what is not known too, and is for the program that knows it.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("waymark.jsonl");
    let file = file.to_str().unwrap();
    good(database.url(), &["backup", file]).await;
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains("of_a_newer_program"));
    assert!(text.contains("\"notes\"") && text.contains("of a newer program"));
    let other = Database::sqlite();
    let restored = run(other.url(), &["restore", file]).await;
    assert_eq!(restored.code, 1, "{}", restored.out);
    assert!(restored.err.contains("newer program"), "{}", restored.err);
}

async fn what_has_to_know_every_column_is_left_to_the_newer_program(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    app.accept(&visit.batch(&[event("seen")])).await;
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    app.judged().await;
    expand(&app.database).await;
    let person = format!("/api/v1/persons/visitor:{}", visit.visitor);
    for (method, path) in [
        (Method::GET, format!("{person}/export?site=1")),
        (Method::POST, format!("{person}/erase?site=1")),
    ] {
        let mut asked = app.request(method, &path).header("Cookie", &cookie);
        if path.contains("erase") {
            asked = asked.json(&json!({}));
        }
        let answer = asked.send().await.unwrap();
        let asks_to_wait = answer.headers().contains_key("retry-after");
        let (status, code, field) = error(answer).await;
        assert!(asks_to_wait, "{path}: {status} {code} {field:?}");
        assert_eq!(
            (status, code.as_str()),
            (503, "store_unavailable"),
            "{path}"
        );
    }
    let erase = Command::Privacy(PrivacyCommand::Erase {
        site: 1,
        person: format!("visitor:{}", visit.visitor).parse().unwrap(),
        delete: false,
        grace_days: None,
        dry_run: false,
    });
    let said = app.refused(&erase).await;
    assert!(said.contains("does not know"), "{said}");
    // Nothing was changed for it.
    let left = app.database.number("SELECT COUNT(*) FROM events").await;
    assert_eq!(left, 1);
    let printed = run(
        app.database.url(),
        &["privacy", "retention", "--site", "1", "--run"],
    )
    .await;
    assert!(printed.err.contains("does not know"), "{}", printed.err);
}

async fn a_schema_that_takes_something_away_is_refused(database: Database) {
    let (url, nothing) = (database.url(), || "SELECT 1".to_owned());
    good(url, &["sites", "list"]).await;
    apply(&database, 9001, "notes", nothing()).await;
    // What this program knows that it may not use any more.
    apply(&database, 9002, "contract 0009 old column", nothing()).await;
    good(url, &["sites", "list"]).await;
    apply(&database, 9003, "contract 9001 events", nothing()).await;
    for command in [
        &["sites", "list"][..],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        let printed = run(url, command).await;
        assert_eq!(printed.code, 1, "{}", printed.out);
        for part in ["version 9003", "know 9001", "newer program"] {
            assert!(printed.err.contains(part), "{}", printed.err);
        }
    }
    let check = run(url, &["check", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(check.code, 1);
    assert!(
        check.out.contains("asks for programs that know 9001"),
        "{}",
        check.out
    );
}
