//! Days that are written to a folder by the collector itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use waymark_collector::config::Config;
use waymark_collector::exporting::Plan;

use super::exports::{Row, WHAT, of_parquet};
use crate::support::app::TestApp;
use crate::support::batch::{Visit, event, now};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    a_day_is_written_once_it_is_over,
    a_day_that_changed_is_written_again,
    a_restart_neither_repeats_nor_forgets_a_day,
    a_folder_that_cannot_be_written_costs_no_day,
    several_collectors_write_a_day_once,
);

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn plan(folder: &Path) -> impl FnOnce(&mut Config) {
    let plan = Plan {
        grace: Duration::ZERO,
        again: Duration::from_millis(100),
        ..Plan::of(folder.to_owned())
    };
    |config| config.export = Some(plan)
}

/// So many days before today, in UTC.
fn day(ago: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(now() - ago * DAY_MS).unwrap();
    at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

fn file(folder: &Path, what: &str, ago: i64) -> PathBuf {
    folder.join(format!("{what}/site=1/day={}/{what}.parquet", day(ago)))
}

/// Somebody who was there so many days ago.
async fn visited(app: &TestApp, ago: i64, name: &str) -> Visit {
    let mut visit = Visit::new(&app.key);
    visit.started_at = now() - ago * DAY_MS;
    let mut one = event(name);
    one["at"] = json!(visit.started_at);
    app.accept(&visit.batch(&[one])).await;
    visit
}

/// What both engines read of a day's file.
async fn rows(path: &Path) -> Vec<Row> {
    let (_, by_duckdb, by_pandas) = of_parquet(&path.display().to_string()).await;
    assert_eq!(by_duckdb.len(), by_pandas.len());
    by_duckdb
}

fn names(rows: &[Row]) -> Vec<&str> {
    let names = rows.iter().map(|row| row["name"].as_deref().unwrap());
    names.collect()
}

/// Waits until each of the three has been looked at since now.
async fn looked(app: &TestApp) {
    let begun = now();
    eventually("the days are looked at", || async {
        let looked = "SELECT COALESCE(MIN(looked_at), 0) FROM exported_days";
        app.database.number(looked).await > begun
    })
    .await;
}

async fn a_day_is_written_once_it_is_over(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::start(database).await;
    visited(&app, 1, "yesterday").await;
    visited(&app, 0, "today").await;
    visited(&app, 2, "before").await;
    let app = TestApp::with(Database::shared(app.database.url()), plan(folder.path())).await;
    for what in WHAT {
        let path = file(folder.path(), what, 1);
        eventually("yesterday is written", async || path.exists()).await;
        let rows = rows(&path).await;
        assert_eq!(rows.len(), 1, "{what}: {rows:?}");
        // The folders are columns to readers that know them.
        assert_eq!(rows[0]["day"], Some(day(1)));
        assert_eq!(rows[0]["site"], Some("1".to_owned()));
        // Of the site that was added when the second one began there is a file without rows.
        let all = folder.path().join(format!("{what}/*/*/*.parquet"));
        let (_, all, _) = of_parquet(&all.display().to_string()).await;
        assert_eq!(all.len(), 1, "{what}");
        assert!(!file(folder.path(), what, 0).exists());
        assert!(!file(folder.path(), what, 2).exists());
    }
    let events = rows(&file(folder.path(), "events", 1)).await;
    assert_eq!(names(&events), ["yesterday"]);
    app.log.assert_quiet();
}

async fn a_day_that_changed_is_written_again(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::with(database, plan(folder.path())).await;
    for what in WHAT {
        eventually("yesterday is written", async || {
            file(folder.path(), what, 1).exists()
        })
        .await;
    }
    // It was empty, and something came late.
    let gone = visited(&app, 1, "late").await;
    let path = file(folder.path(), "events", 1);
    for what in WHAT {
        let path = file(folder.path(), what, 1);
        eventually("what came late is written", async || {
            rows(&path).await.len() == 1
        })
        .await;
    }
    visited(&app, 1, "later").await;
    eventually("and what came later", async || rows(&path).await.len() == 2).await;
    let mut kept: Vec<_> = rows(&path).await;
    kept.sort_by_key(|row| row["received_at"].clone());
    assert_eq!(names(&kept), ["late", "later"]);
    // Who is erased leaves the files that are still looked at.
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    let erase = format!("/api/v1/persons/visitor:{}/erase?site=1", gone.visitor);
    let erased = app
        .request(reqwest::Method::POST, &erase)
        .header("Cookie", cookie);
    assert_eq!(erased.json(&json!({})).send().await.unwrap().status(), 200);
    eventually("the id is in no file", async || {
        let mut found = false;
        for what in WHAT {
            let rows = rows(&file(folder.path(), what, 1)).await;
            let id = Some(gone.visitor.to_string());
            found |= rows.iter().any(|row| row["visitor_id"] == id);
        }
        !found
    })
    .await;
    assert_eq!(rows(&path).await.len(), 2);
    // Beside the file there is nothing.
    looked(&app).await;
    assert_eq!(
        std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
        1
    );
    app.log.assert_quiet();
}

async fn a_restart_neither_repeats_nor_forgets_a_day(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let mut app = TestApp::with(database, plan(folder.path())).await;
    for ago in 1..5 {
        visited(&app, ago, "x").await;
    }
    for what in WHAT {
        let path = file(folder.path(), what, 1);
        eventually("yesterday is written", async || {
            path.exists() && rows(&path).await.len() == 1
        })
        .await;
    }
    looked(&app).await;
    app.stop().await;
    // It is taken away, which is its owner's right, and three days more are missing, as if nothing had run then.
    for what in WHAT {
        std::fs::remove_file(file(folder.path(), what, 1)).unwrap();
    }
    let sql = format!("UPDATE export_schedules SET next_day = '{}'", day(4));
    app.database.execute(String::leak(sql)).await;
    let sql = "DELETE FROM exported_days WHERE site_id = 1 AND what = 'sessions'";
    let written = "SELECT COUNT(*) FROM exported_days WHERE site_id = 1";
    app.database.execute(sql).await;
    let app = TestApp::with(Database::shared(app.database.url()), plan(folder.path())).await;
    eventually("all days are written", async || {
        app.database.number(written).await == 12
    })
    .await;
    looked(&app).await;
    for what in WHAT {
        for ago in 1..5 {
            assert_eq!(
                rows(&file(folder.path(), what, ago)).await.len(),
                1,
                "{what} {ago}"
            );
        }
        std::fs::remove_file(file(folder.path(), what, 1)).unwrap();
    }
    let app = TestApp::with(Database::shared(app.database.url()), plan(folder.path())).await;
    looked(&app).await;
    for what in WHAT {
        assert!(!file(folder.path(), what, 1).exists(), "{what}");
    }
    app.log.assert_quiet();
}

async fn a_folder_that_cannot_be_written_costs_no_day(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("exports");
    std::fs::write(&blocked, "a file").unwrap();
    let app = TestApp::with(database, plan(&blocked)).await;
    eventually("it is said", async || {
        app.log.text().contains("a day cannot be exported")
    })
    .await;
    std::fs::remove_file(&blocked).unwrap();
    for what in WHAT {
        eventually("yesterday is written", async || {
            file(&blocked, what, 1).exists()
        })
        .await;
    }
    assert_eq!(
        app.log.text().matches("a day cannot be exported").count(),
        1
    );
}

async fn several_collectors_write_a_day_once(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::start(database).await;
    visited(&app, 1, "x").await;
    let url = app.database.url();
    let (one, other) = tokio::join!(
        TestApp::with(Database::shared(url), plan(folder.path())),
        TestApp::with(Database::shared(url), plan(folder.path())),
    );
    for what in WHAT {
        eventually("yesterday is written", async || {
            file(folder.path(), what, 1).exists()
        })
        .await;
    }
    looked(&one).await;
    looked(&other).await;
    let times = "SELECT COUNT(*) FROM audit WHERE site_id = 1 AND action LIKE '%.export'";
    assert_eq!(app.database.number(times).await, 3);
    one.log.assert_quiet();
    other.log.assert_quiet();
}
