//! Imports that end before they are done, and go on.

use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin};

use super::{file, imported};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::program::program;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    what_is_killed_goes_on_when_it_is_started_again,
    what_is_interrupted_ends_after_the_group_under_way,
    a_collector_stores_beside_it,
);

const ROWS: usize = 12_000;

/// Rows of sessions of three hundred visitors, from `from` on.
fn rows(from: usize, to: usize) -> String {
    let row = |n: usize| {
        let (visitor, minute) = (n % 300, n % 60);
        let (day, hour) = (n / 1440 % 28 + 1, n / 60 % 24);
        let time = format!("2024-05-{day:02}T{hour:02}:{minute:02}:00Z");
        format!("v{visitor},{n},{time},https://shop.example/{n},{time}\n")
    };
    (from..to).map(row).collect()
}

const HEAD: &str = "visitor_id,session_id,started_at,landing_url,signup_at\n";

/// What everything adds up to, as far as one number can tell.
async fn figures(app: &TestApp) -> Vec<i64> {
    let mut figures = Vec::new();
    for sql in [
        "SELECT COUNT(*) FROM events",
        "SELECT CAST(SUM(at % 1000003) AS BIGINT) FROM events",
        "SELECT COUNT(*) FROM sessions",
        "SELECT CAST(SUM(page_views) AS BIGINT) FROM sessions",
        "SELECT CAST(SUM(last_at % 1000003) AS BIGINT) FROM sessions",
        "SELECT COUNT(*) FROM visitors",
        "SELECT CAST(SUM(total_sessions) AS BIGINT) FROM visitors",
        "SELECT CAST(SUM(total_page_views) AS BIGINT) FROM visitors",
        "SELECT CAST(SUM(first_at % 1000003 + last_at % 1000003) AS BIGINT) FROM visitors",
        "SELECT CAST(SUM(first_at % 1000003) AS BIGINT) FROM milestones",
    ] {
        figures.push(app.database.number(sql).await);
    }
    figures
}

/// Starts an import of what is piped in, of which there are more rows to come, and waits until a group is stored.
async fn begun(app: &TestApp) -> (Child, ChildStdin) {
    let arguments = [
        "import", "sessions", "-", "--format", "csv", "--site", &app.key,
    ];
    let mut child = program(app.database.url(), &arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = format!("{HEAD}{}", rows(0, 7_000));
    stdin.write_all(text.as_bytes()).await.unwrap();
    eventually("a group is stored", || async {
        app.database.number("SELECT COUNT(*) FROM sessions").await > 0
    })
    .await;
    (child, stdin)
}

async fn what_is_killed_goes_on_when_it_is_started_again(database: Database) {
    let app = super::start(database).await;
    let (mut child, _stdin) = begun(&app).await;
    child.kill().await.unwrap();
    let stored = app.database.number("SELECT COUNT(*) FROM sessions").await;
    assert!((1..7_000).contains(&stored), "{stored}");

    let all = file(&format!("{HEAD}{}", rows(0, ROWS)), ".csv");
    let path = all.path().display().to_string();
    let printed = imported(&app, &["sessions", &path]).await;
    assert!(!printed.contains(" 0 there already"), "{printed}");
    let resumed = figures(&app).await;

    let whole = super::start(Database::sqlite()).await;
    imported(&whole, &["sessions", &path]).await;
    assert_eq!(resumed, figures(&whole).await);
    assert_eq!(resumed[2], ROWS as i64);
}

async fn what_is_interrupted_ends_after_the_group_under_way(database: Database) {
    let app = super::start(database).await;
    let (child, _stdin) = begun(&app).await;
    let id = child.id().unwrap().to_string();
    let told = tokio::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(told.await.unwrap().success());
    let output = child.wait_with_output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(
        said.contains("the same command goes on from there"),
        "{said}"
    );
    let out = String::from_utf8(output.stdout).unwrap();
    let stored = app.database.number("SELECT COUNT(*) FROM sessions").await;
    assert!(
        out.contains(&format!("{stored} rows read, 0 of them not imported.")),
        "{out}"
    );
    assert!((1..7_000).contains(&stored), "{stored}");
}

async fn a_collector_stores_beside_it(database: Database) {
    use crate::support::batch::{Visit, page_view};

    let app = super::start(database).await;
    let all = file(&format!("{HEAD}{}", rows(0, ROWS)), ".csv");
    let path = all.path().display().to_string();
    let arguments = ["sessions", path.as_str()];
    let importing = imported(&app, &arguments);
    let sending = async {
        let mut sent = 0;
        loop {
            let visit = Visit::new(&app.key);
            app.accept(&visit.batch(&[page_view("https://shop.example/live")]))
                .await;
            sent += 1;
            let stored = app.database.number("SELECT COUNT(*) FROM sessions").await;
            if stored >= ROWS as i64 + sent {
                return sent;
            }
        }
    };
    let (_, sent) = tokio::join!(importing, sending);
    assert_eq!(figures(&app).await[2], ROWS as i64 + sent);
    app.log.assert_quiet();
}
