//! `collector check`, and the log that machines read, by the program itself.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_both_databases;
use crate::support::program::{good, program, run};

on_both_databases!(
    a_new_place_is_fine_and_stays_as_it_is,
    a_running_collector_is_fine,
    a_schema_of_another_program_is_told,
    every_line_of_the_log_is_json_with_the_requests_id,
);

/// The status and message of every check, by name.
async fn check(url: &str, arguments: &[&str]) -> (i32, Value) {
    let printed = run(url, &[&["check", "--json"], arguments].concat()).await;
    let report: Value =
        serde_json::from_str(&printed.out).unwrap_or_else(|e| panic!("{e}: {}", printed.err));
    assert_eq!(report["ok"], json!(printed.code == 0));
    (printed.code, report)
}

fn line<'r>(report: &'r Value, name: &str) -> (&'r str, &'r str) {
    let checks = report["checks"].as_array().unwrap();
    let found = checks
        .iter()
        .find(|check| check["name"] == name)
        .unwrap_or_else(|| panic!("no {name}: {report}"));
    (
        found["status"].as_str().unwrap(),
        found["message"].as_str().unwrap(),
    )
}

const FREE: [&str; 2] = ["--listen", "127.0.0.1:0"];

async fn a_new_place_is_fine_and_stays_as_it_is(database: Database) {
    let database = database.empty().await;
    let url = ["--public-url", "https://stats.shop.example"];
    let (code, report) = check(database.url(), &[&FREE[..], &url].concat()).await;
    assert_eq!(code, 0, "{report}");
    for name in [
        "config",
        "database",
        "permissions",
        "clock",
        "listen",
        "public_url",
    ] {
        assert_eq!(line(&report, name).0, "ok", "{report}");
    }
    assert!(line(&report, "schema").1.contains("will be made"));
    if database.is_sqlite() {
        assert_eq!(line(&report, "folder").0, "ok");
        let file = database.url().strip_prefix("sqlite:").unwrap();
        assert!(
            !std::path::Path::new(file).exists(),
            "looking makes nothing"
        );
        // A folder that cannot be made.
        let (code, report) = check("sqlite:/proc/nowhere/waymark.db", &FREE).await;
        assert_eq!((code, line(&report, "folder").0), (1, "failed"));
    } else {
        assert_eq!(database.tables().await, [""; 0]);
        let (base, _) = database.url().rsplit_once('/').unwrap();
        let (code, report) = check(&format!("{base}/no_such_database"), &FREE).await;
        assert_eq!((code, line(&report, "database").0), (1, "failed"));
    }
    let folder = tempfile::tempdir().unwrap();
    let exports = folder.path().join("exports").display().to_string();
    for (folder, status) in [
        (exports.as_str(), "ok"),
        ("/proc/nowhere/exports", "failed"),
    ] {
        let named = ["--export-folder", folder];
        let (_, report) = check(database.url(), &[&FREE[..], &named].concat()).await;
        assert_eq!(line(&report, "export_folder").0, status, "{report}");
    }
    assert!(!folder.path().join("exports").exists());
    let printed = run(database.url(), &["check", "--listen", "127.0.0.1:0"]).await;
    assert!(
        printed
            .out
            .lines()
            .all(|line| line.starts_with("ok ") || line.starts_with("warning "))
    );
    assert!(printed.out.contains("public_url"), "{}", printed.out);
}

async fn a_running_collector_is_fine(database: Database) {
    let app = TestApp::start(database).await;
    let address = app.base.strip_prefix("http://").unwrap();
    let (code, report) = check(app.database.url(), &["--listen", address]).await;
    assert_eq!(code, 0, "{report}");
    assert!(
        line(&report, "schema")
            .1
            .contains("as this program wants it")
    );
    assert_eq!(line(&report, "listen").0, "warning");
    assert_eq!(line(&report, "public_url").0, "warning");
    app.log.assert_quiet();
}

async fn a_schema_of_another_program_is_told(database: Database) {
    drop(TestApp::start(Database::shared(database.url())).await);
    // As an older program left it, and as a newer one did.
    database
        .execute("DELETE FROM _sqlx_migrations WHERE version = 4")
        .await;
    let (code, report) = check(database.url(), &FREE).await;
    assert_eq!((code, line(&report, "schema").0), (0, "warning"));
    database
        .execute("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 2")
        .await;
    let (code, report) = check(database.url(), &FREE).await;
    assert_eq!((code, line(&report, "schema").0), (0, "warning"));
    assert!(line(&report, "schema").1.contains("newer"), "{report}");
    database
        .execute("UPDATE _sqlx_migrations SET description = 'contract 9998 x' WHERE version = 9999")
        .await;
    let (code, report) = check(database.url(), &FREE).await;
    assert_eq!((code, line(&report, "schema").0), (1, "failed"));
    assert!(line(&report, "schema").1.contains("9998"), "{report}");
}

async fn every_line_of_the_log_is_json_with_the_requests_id(database: Database) {
    good(database.url(), &["sites", "list"]).await;
    let options = ["--log-format", "json", "--log-level", "debug", "serve"];
    let mut process = program(database.url(), &[&FREE[..], &options].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let mut log: Vec<Value> = Vec::new();
    let mut address = None;
    let mut asked = false;
    while let Some(text) = tokio::time::timeout(Duration::from_secs(30), lines.next_line())
        .await
        .unwrap()
        .unwrap()
    {
        let line: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        if line["message"] == "collector started" {
            address = line["address"].as_str().map(str::to_owned);
        }
        if let Some(address) = &address
            && !asked
        {
            asked = true;
            let url = format!("http://{address}/api/v1/me");
            let request = reqwest::Client::new().get(url);
            let answer = request.header("X-Request-Id", "operator-1").send().await;
            assert_eq!(answer.unwrap().status(), 401);
            let ended = tokio::process::Command::new("kill")
                .arg(process.id().unwrap().to_string())
                .status();
            assert!(ended.await.unwrap().success());
        }
        log.push(line);
    }
    assert!(process.wait().await.unwrap().success());
    for line in &log {
        assert!(
            line["timestamp"].is_string() && line["level"].is_string(),
            "{line}"
        );
    }
    let answered = log
        .iter()
        .find(|line| line["message"] == "answered")
        .unwrap();
    assert_eq!(answered["span"]["id"], "operator-1");
    assert_eq!(answered["span"]["route"], "/api/v1/me");
    assert_eq!(answered["status"], 401);
    assert!(log.iter().any(|line| line["message"] == "stopped"));
}
