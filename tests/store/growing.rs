//! A database that grows: what a commit reads follows from what is committed, and not from what is there already, also by the plans
//! that PostgreSQL made while there was little.

use futures_util::future::join_all;
use waymark_collector::ingest::IngestOptions;
use waymark_protocol::Status;

use super::desk::{Desk, batch, context, event, page, ping, statuses};
use crate::support::database::Database;
use crate::support::eventually;

/// Commits that follow each other, and the visits of each.
const ROUNDS: u64 = 150;
const VISITS: u64 = 20;
/// Items and entries of their indexes that may be read for a visit of two items and a ping, on the average: by a plan that goes through
/// all of a site's items for each row that it is told of it would be thousands.
const READ_OF_A_VISIT: i64 = 50;

/// Since the database was made.
const READ: &str = "SELECT (
        (SELECT SUM(seq_tup_read) FROM pg_stat_user_tables WHERE relname = 'events')
        + (SELECT SUM(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'events')
    )::bigint";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_on_postgres_reads_no_more_as_tables_grow() {
    let options = IngestOptions {
        writers: 1,
        ..IngestOptions::default()
    };
    let desk = Desk::with(Database::postgres().await, options).await;
    // A server tells of what was read when a connection ends.
    let before = desk.database.number(READ).await;
    for round in 0..ROUNDS {
        let visits = (round * VISITS..(round + 1) * VISITS).map(|visit| {
            let (first, ago) = (visit * 3, 60_000 - visit as i64);
            batch(
                &context(visit, visit),
                &[
                    page(first, ago, "/"),
                    event(first + 1, ago - 10, "e"),
                    ping(first + 2, ago - 20, first, 1_000, 50),
                ],
            )
        });
        let visits: Vec<_> = visits.collect();
        for answer in join_all(visits.iter().map(|visit| desk.send(visit))).await {
            assert_eq!(statuses(&answer), [Status::Accepted; 3]);
        }
    }
    desk.ingest.drain().await;
    desk.store.close().await;
    let left = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'waymark'";
    eventually("its connections are gone", || async {
        desk.database.number(left).await == 0
    })
    .await;
    let read = desk.database.number(READ).await - before;
    let allowed = READ_OF_A_VISIT * (ROUNDS * VISITS) as i64;
    assert!(
        read <= allowed,
        "{read} items and entries were read, of {allowed}"
    );
    let events = "SELECT COUNT(*) FROM events";
    assert_eq!(
        desk.database.number(events).await as u64,
        2 * ROUNDS * VISITS
    );
    desk.log.assert_quiet();
}
