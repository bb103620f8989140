//! Clients of the Segment HTTP API as their users install them, before a collector's process and a network that lets
//! nothing pass at the first try: every call lands once.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::support::app::ORIGIN;
use crate::support::collector::{Collector, KEY};
use crate::support::database::Database;
use crate::support::flaky::{Flaky, TRIES};
use crate::support::{on_both_databases, required};

on_both_databases!(
    every_call_of_segments_client_for_node_lands_once,
    every_call_of_segments_client_for_python_lands_once,
    every_call_of_rudderstacks_client_for_node_lands_once,
);

/// How often the last of `tests/segment/calls.json` is made.
const STEPS: i64 = 40;
/// Long enough for clients that wait between tries, on a machine that others use too.
const PATIENCE: Duration = Duration::from_secs(240);

async fn every_call_of_segments_client_for_node_lands_once(database: Database) {
    all_calls_land_once(database, "node", "node.mjs").await;
}

async fn every_call_of_rudderstacks_client_for_node_lands_once(database: Database) {
    all_calls_land_once(database, "node", "rudderstack.mjs").await;
}

async fn every_call_of_segments_client_for_python_lands_once(database: Database) {
    let python = required("WAYMARK_TEST_SEGMENT_PYTHON");
    all_calls_land_once(database, &python, "python.py").await;
}

async fn all_calls_land_once(database: Database, program: &str, script: &str) {
    let collector = Collector::start(database, ORIGIN).await;
    let network = Flaky::before(&collector.origin()).await;
    let script = PathBuf::from(required("WAYMARK_TEST_SEGMENT")).join(script);
    let client = Command::new(program)
        .arg(&script)
        .args([&network.base, KEY])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, client).await;
    let output = output.expect("the client comes to an end").unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");

    // It had to try again with all that it sent, and the collector has had all of it twice.
    let passages = network.passages();
    assert_eq!(i64::try_from(passages.len()), Ok(STEPS + 7));
    for passage in passages {
        assert!(
            passage.tries >= TRIES && passage.carried >= 2,
            "{passage:?}"
        );
    }

    let database = collector.database();
    let rows = database
        .texts("SELECT kind, name, url, value, currency, user_id FROM events WHERE name IS NULL OR name <> 'Step' ORDER BY kind, name, url")
        .await;
    let rows: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|cell| cell.as_deref().unwrap_or("-"))
                .collect()
        })
        .collect();
    let user = "user-7";
    assert_eq!(
        rows,
        [
            ["event", "Order Completed", "-", "49.9", "EUR", user],
            ["event", "Screen Viewed", "-", "-", "-", user],
            ["group", "account-3", "-", "-", "-", user],
            // The alias is the second.
            ["identify", "-", "-", "-", "-", user],
            ["identify", "-", "-", "-", "-", user],
            ["milestone", "signup_at", "-", "-", "-", user],
            ["page_view", "-", "https://shop.example/", "-", "-", user],
        ]
    );
    for (sql, expected) in [
        ("SELECT COUNT(*) FROM events WHERE name = 'Step'", STEPS),
        ("SELECT COUNT(*) FROM events WHERE conversion", 1),
        // The browser, and the person outside of it.
        ("SELECT COUNT(*) FROM visitors", 2),
        ("SELECT COUNT(*) FROM visitors WHERE user_id = 'user-7'", 2),
        (
            "SELECT COUNT(*) FROM visitors WHERE account_id = 'account-3'",
            1,
        ),
        (
            "SELECT COUNT(*) FROM milestones WHERE name = 'signup_at'",
            1,
        ),
        (
            "SELECT CAST(SUM(total_events) AS BIGINT) FROM visitors",
            STEPS + 2,
        ),
        (
            "SELECT CAST(SUM(total_page_views) AS BIGINT) FROM visitors",
            1,
        ),
        // A server's machine is nobody's device, and nobody came from anywhere.
        (
            "SELECT COUNT(*) FROM visitors WHERE device_type IS NULL AND browser IS NULL AND os IS NULL AND NOT touched",
            2,
        ),
        ("SELECT COUNT(*) FROM tab_sequences", 0),
        ("SELECT COUNT(*) FROM rejected", 0),
    ] {
        assert_eq!(database.number(sql).await, expected, "{sql}");
    }
    collector.assert_quiet_log();
}
