//! Commands and collectors that are killed while they remove what is too old, or erase somebody: nothing is half done.

use std::time::Duration;

use sqlx::Connection;
use tokio::process::Child;

use super::load::Load;
use crate::support::collector::Collector;
use crate::support::database::Database;
use crate::support::program::{good, program, run};
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    a_killed_round_goes_on_where_it_was,
    a_killed_erasure_has_changed_nothing,
    rounds_of_several_beside_ingest_keep_every_total,
);

const EVENTS: i64 = 60_000;
const VISITORS: i64 = 3_000;

/// Items of visitors who were there forty days ago, of five sessions each.
async fn fill(database: &Database) {
    database
        .execute(if database.is_sqlite() {
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 59999)
             INSERT INTO events (site_id, id, kind, at, received_at, visitor_id, session_id, tab_id, seq, name, conversion)
             SELECT 1, unhex(printf('%032x', i + 1)), 'event', unixepoch() * 1000 - 3456000000 + i * 7, 1,
                 unhex(printf('%032x', i % 3000 + 1)), unhex(printf('%032x', i % 15000 + 1)), randomblob(16), 1, 'used', FALSE
             FROM n;
             INSERT INTO sessions (site_id, visitor_id, session_id, started_at, first_at, first_item, last_at, last_item, page_views, events, touched)
             SELECT site_id, visitor_id, session_id, MIN(at), MIN(at), MIN(id), MAX(at), MAX(id), 0, COUNT(*), FALSE
             FROM events GROUP BY site_id, visitor_id, session_id;
             INSERT INTO visitors (site_id, visitor_id, name, first_at, first_item, last_at, last_item, total_sessions, total_page_views, total_events, touched)
             SELECT site_id, visitor_id, 'x', MIN(at), MIN(id), MAX(at), MAX(id), 5, 0, COUNT(*), FALSE
             FROM events GROUP BY site_id, visitor_id"
        } else {
            "INSERT INTO events (site_id, id, kind, at, received_at, visitor_id, session_id, tab_id, seq, name, conversion)
             SELECT 1, lpad(to_hex(i + 1), 32, '0')::uuid, 'event', CAST(extract(epoch FROM now()) AS BIGINT) * 1000 - 3456000000 + i * 7, 1,
                 lpad(to_hex(i % 3000 + 1), 32, '0')::uuid, lpad(to_hex(i % 15000 + 1), 32, '0')::uuid, gen_random_uuid(), 1, 'used', FALSE
             FROM generate_series(0::bigint, 59999) AS i;
             INSERT INTO sessions (site_id, visitor_id, session_id, started_at, first_at, first_item, last_at, last_item, page_views, events, touched)
             SELECT site_id, visitor_id, session_id, MIN(at), MIN(at), MIN(id::text)::uuid, MAX(at), MAX(id::text)::uuid, 0, COUNT(*), FALSE
             FROM events GROUP BY site_id, visitor_id, session_id;
             INSERT INTO visitors (site_id, visitor_id, name, first_at, first_item, last_at, last_item, total_sessions, total_page_views, total_events, touched)
             SELECT site_id, visitor_id, 'x', MIN(at), MIN(id::text)::uuid, MAX(at), MAX(id::text)::uuid, 5, 0, COUNT(*), FALSE
             FROM events GROUP BY site_id, visitor_id"
        })
        .await;
}

const LIMIT: [&str; 7] = [
    "privacy",
    "retention",
    "--site",
    "1",
    "--days",
    "30",
    "--run",
];

/// Rows that are there and those that are counted as gone.
async fn totals(database: &Database) -> (i64, i64, i64) {
    let events = "SELECT (SELECT COUNT(*) FROM events) + (SELECT CAST(COALESCE(SUM(items), 0) AS BIGINT) FROM kept_totals WHERE kind = 'event')";
    let sessions = "SELECT (SELECT COUNT(*) FROM sessions) + (SELECT CAST(COALESCE(SUM(items), 0) AS BIGINT) FROM kept_totals WHERE kind = 'session')";
    let visitors = "SELECT (SELECT COUNT(*) FROM visitors) + (SELECT CAST(COALESCE(SUM(items), 0) AS BIGINT) FROM kept_totals WHERE kind = 'visitor')";
    (
        database.number(events).await,
        database.number(sessions).await,
        database.number(visitors).await,
    )
}

async fn kill(mut process: Child) {
    process.kill().await.unwrap();
}

async fn a_killed_round_goes_on_where_it_was(database: Database) {
    good(database.url(), &["sites", "add", "--name", "Tests"]).await;
    fill(&database).await;
    let before = totals(&database).await;
    assert_eq!(before, (EVENTS, 15_000, VISITORS));
    // Once while items go, and once while visitors do.
    for there in [
        "SELECT COUNT(*) FROM events",
        "SELECT COUNT(*) FROM visitors",
    ] {
        let rows = database.number(there).await;
        let process = loop {
            let mut process = program(database.url(), &LIMIT).spawn().unwrap();
            // Somebody who was killed holds the round for some seconds.
            let ended = loop {
                if database.number(there).await < rows {
                    break false;
                }
                if process.try_wait().unwrap().is_some() {
                    break true;
                }
            };
            if !ended {
                break process;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        kill(process).await;
        assert_eq!(totals(&database).await, before);
        assert!(database.number(there).await > 0, "{there}");
        let half =
            "SELECT (SELECT COUNT(*) FROM erasing_ids) + (SELECT COUNT(*) FROM erasing_texts)";
        assert_eq!(database.number(half).await, 0);
    }
    eventually("somebody else ends the round", || async {
        run(database.url(), &LIMIT).await.code == 0
    })
    .await;
    assert_eq!(totals(&database).await, before);
    for table in ["events", "sessions", "visitors"] {
        assert!(database.rows(table).await.is_empty(), "{table}");
    }
    let round =
        "SELECT events + sessions + visitors FROM retention_rounds WHERE ended_at IS NOT NULL";
    assert_eq!(database.number(round).await, EVENTS + 15_000 + VISITORS);
}

/// Whether somebody is in the midst of an erasure.
async fn is_erasing(database: &Database) -> bool {
    if !database.is_sqlite() {
        let locks =
            "SELECT COUNT(*) FROM pg_locks JOIN pg_class ON pg_class.oid = pg_locks.relation
            JOIN pg_database ON pg_database.oid = pg_locks.database
            WHERE pg_class.relname = 'erased_ids' AND pg_locks.mode = 'ShareRowExclusiveLock'
              AND pg_database.datname = current_database()";
        return database.number(locks).await > 0;
    }
    let mut connection = sqlx::SqliteConnection::connect(database.url())
        .await
        .unwrap();
    sqlx::raw_sql("PRAGMA busy_timeout = 0")
        .execute(&mut connection)
        .await
        .unwrap();
    let tried = sqlx::raw_sql("BEGIN IMMEDIATE; ROLLBACK")
        .execute(&mut connection)
        .await;
    tried.is_err()
}

async fn a_killed_erasure_has_changed_nothing(database: Database) {
    good(database.url(), &["sites", "add", "--name", "Tests"]).await;
    fill(&database).await;
    // One who did it all.
    let all = if database.is_sqlite() {
        "UPDATE events SET visitor_id = unhex('000000000000000000000000000000aa')"
    } else {
        "UPDATE events SET visitor_id = '00000000-0000-0000-0000-0000000000aa'"
    };
    database.execute(all).await;
    let rest = if database.is_sqlite() {
        "DELETE FROM sessions; DELETE FROM visitors WHERE visitor_id <> unhex(printf('%032x', 1));
         UPDATE visitors SET visitor_id = unhex('000000000000000000000000000000aa')"
    } else {
        "DELETE FROM sessions; DELETE FROM visitors WHERE visitor_id <> '00000000-0000-0000-0000-000000000001';
         UPDATE visitors SET visitor_id = '00000000-0000-0000-0000-0000000000aa'"
    };
    database.execute(rest).await;
    let person = "visitor:00000000-0000-0000-0000-0000000000aa";
    let own = if database.is_sqlite() {
        "SELECT COUNT(*) FROM events WHERE visitor_id = unhex('000000000000000000000000000000aa')"
    } else {
        "SELECT COUNT(*) FROM events WHERE visitor_id = '00000000-0000-0000-0000-0000000000aa'"
    };
    let traces = "SELECT (SELECT COUNT(*) FROM erasing_ids) + (SELECT COUNT(*) FROM erased_ids)
        + (SELECT COUNT(*) FROM pending_rows) + (SELECT COUNT(*) FROM pending_erasures) + (SELECT COUNT(*) FROM kept_totals)";
    let erase = ["privacy", "erase", "--site", "1", "--person", person];
    for more in [
        &["--grace-days", "0"][..],
        &["--grace-days", "5"],
        &["--delete"],
    ] {
        let arguments = [&erase[..], more].concat();
        let mut process = program(database.url(), &arguments).spawn().unwrap();
        while !is_erasing(&database).await {
            assert!(process.try_wait().unwrap().is_none(), "it was too fast");
            tokio::task::yield_now().await;
        }
        kill(process).await;
        // The server notices that nobody is there any more.
        eventually("the transaction is gone", || async {
            !is_erasing(&database).await
        })
        .await;
        assert_eq!(database.number(own).await, EVENTS, "{more:?}");
        assert_eq!(database.number(traces).await, 0, "{more:?}");
    }
    good(database.url(), &[&erase[..], &["--delete"]].concat()).await;
    assert_eq!(database.number(own).await, 0);
    let kept = "SELECT CAST(SUM(items) AS BIGINT) FROM kept_totals WHERE kind = 'event'";
    assert_eq!(database.number(kept).await, EVENTS);
}

async fn rounds_of_several_beside_ingest_keep_every_total(database: Database) {
    let collector = super::collector(database, &[]).await;
    fill(collector.database()).await;
    let mut loads = vec![Load::begin(&collector)];
    let url = collector.database().url();
    // A file is one collector's; a server has several.
    let second = if collector.database().is_sqlite() {
        None
    } else {
        Some(Collector::joining(Database::shared(url)).await)
    };
    loads.extend(second.iter().map(Load::begin));
    for load in &mut loads {
        load.acknowledges(100).await;
    }
    let (one, two) = tokio::join!(run(url, &LIMIT), run(url, &LIMIT));
    // One of the two did it, and perhaps the other one after it.
    assert!(one.code == 0 || two.code == 0, "{}{}", one.err, two.err);
    for load in &mut loads {
        load.acknowledges(100).await;
    }
    let old = "SELECT CAST(SUM(items) AS BIGINT) FROM kept_totals WHERE kind = 'event'";
    assert_eq!(collector.database().number(old).await, EVENTS);
    let visitors = "SELECT CAST(SUM(items) AS BIGINT) FROM kept_totals WHERE kind = 'visitor'";
    assert_eq!(collector.database().number(visitors).await, VISITORS);
    if second.is_none() {
        for load in loads {
            load.finish().await.check(collector.database()).await;
        }
    } else {
        let mut acknowledged = 0;
        for load in loads {
            acknowledged += load.finish().await.acknowledged();
        }
        let there = super::load::stored(collector.database()).await;
        assert_eq!(there.len(), acknowledged);
    }
    collector.assert_quiet_log();
    if let Some(second) = second {
        second.assert_quiet_log();
    }
}
