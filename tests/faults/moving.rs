//! A database is moved while a collector takes events on it, and the move is killed.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};

use super::load::{Load, stored};
use crate::api::backup::{path, tables};
use crate::support::database::Database;
use crate::support::program::{good, program, run};
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    what_is_accepted_during_a_move_is_there_once,
    a_killed_move_goes_on,
);

/// What the process gets to end in.
const END: Duration = Duration::from_secs(20);

async fn what_is_accepted_during_a_move_is_there_once(database: Database) {
    let target = database.of_the_other_kind().await;
    let mut collector = super::collector(database, &[]).await;
    let mut load = Load::begin(&collector);
    load.acknowledges(300).await;
    let before = load.known().len();
    good(collector.database().url(), &["migrate-to", target.url()]).await;
    assert!(
        load.known().len() > before,
        "nothing was accepted meanwhile"
    );
    // From here on nothing is acknowledged, and nobody is told otherwise.
    let acknowledged = load.known();
    load.is_put_off(3).await;
    assert!(acknowledged.is_subset(&stored(&target).await));
    assert!(collector.log().contains("has been moved to"));
    collector.terminate().await;
    collector.ended(END).await;
    let source = collector.point_to(target);
    collector.up().await;
    load.acknowledges(200).await;
    let ledger = load.finish().await;
    ledger.check(collector.database()).await;
    assert!(
        stored(&source)
            .await
            .is_subset(&stored(collector.database()).await)
    );

    // A collector that is started where it was says where it is.
    let started = run(source.url(), &["serve"]).await;
    assert_eq!(started.code, 1);
    assert!(started.err.contains("has been moved to"), "{}", started.err);
}

/// Rows whose keys are texts, and which a slice has only a part of.
const RATES: &str = "
    INSERT INTO exchange_rates (site_id, to_currency, from_currency, day, rate, loaded_at)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
    SELECT 1, 'EUR', 'USD', '''day\" ' || n, '0.9', n FROM numbers";
/// Some of them go, come and change, on both sides of where the first pass may be.
const CHANGES: [&str; 3] = [
    "DELETE FROM exchange_rates WHERE loaded_at % 97 = 5;
     UPDATE exchange_rates SET rate = '1.1' WHERE loaded_at % 89 = 7",
    "UPDATE exchange_rates SET day = 'renamed ' || day WHERE loaded_at % 83 = 11;
     UPDATE sites SET name = 'Renamed'",
    "DELETE FROM exchange_rates WHERE loaded_at % 79 = 13;
     INSERT INTO exchange_rates (site_id, to_currency, from_currency, day, rate, loaded_at) VALUES (1, 'EUR', 'CHF', '', '1', 0)",
];

async fn a_killed_move_goes_on(database: Database) {
    good(
        database.url(),
        &["sites", "add", "--name", "Moved", "--key", "wk_moved00000"],
    )
    .await;
    database.execute(RATES).await;
    let target = database.of_the_other_kind().await;
    let arguments = ["migrate-to", target.url()];
    // In the first pass, twice, and when it says that everything is compared.
    for (round, change) in CHANGES.into_iter().enumerate() {
        let mut moving = program(database.url(), &arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(moving.stderr.take().unwrap()).lines();
        let mark = if round < 2 { "Copying" } else { "Comparing" };
        loop {
            let line = lines.next_line().await.unwrap().expect("it goes on");
            if line.starts_with(mark) {
                break;
            }
        }
        if round < 2 {
            let goal = 3_000 + 6_000 * i64::try_from(round).unwrap();
            eventually("a part has been copied", || async {
                target
                    .number("SELECT CAST(COALESCE(SUM(copied), 0) AS BIGINT) FROM moving_tables")
                    .await
                    >= goal
            })
            .await;
        }
        moving.kill().await.unwrap();
        // Where it was faster than the kill it has moved all the same.
        let moved = "SELECT COUNT(*) FROM moving WHERE state = 'moved'";
        if database.number(moved).await > 0 {
            break;
        }
        database.execute(change).await;
    }
    let printed = good(database.url(), &arguments).await;
    assert!(!printed.contains("DIFFERS"), "{printed}");
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (path(&folder, "here.jsonl"), path(&folder, "there.jsonl"));
    good(database.url(), &["backup", &here]).await;
    good(target.url(), &["backup", &there]).await;
    assert!(tables(&here) == tables(&there), "the rows differ");
    let renamed = "SELECT COUNT(*) FROM exchange_rates WHERE day LIKE 'renamed %'";
    assert!(target.number(renamed).await > 100);
    assert_eq!(
        target
            .number("SELECT COUNT(*) FROM sites WHERE name = 'Renamed'")
            .await,
        1
    );
}
