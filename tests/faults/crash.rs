//! The collector is killed in the middle of its work, again and again.

use super::load::{Load, stored};
use crate::support::database::Database;
use crate::support::{long, on_both_databases};

on_both_databases!(a_killed_collector_has_stored_what_it_acknowledged);

async fn a_killed_collector_has_stored_what_it_acknowledged(database: Database) {
    let rounds = if long() { 20 } else { 4 };
    let mut collector = super::collector(database, &[]).await;
    let mut load = Load::begin(&collector);
    for round in 0..rounds {
        // Another number each time, so that the kill meets commits at other points.
        load.acknowledges(200 + 37 * round).await;
        collector.kill().await;
        let acknowledged = load.known();
        let stored = stored(collector.database()).await;
        let lost = acknowledged.difference(&stored).count();
        assert_eq!(lost, 0, "acknowledged and not there after kill {round}");
        collector.up().await;
    }
    load.acknowledges(1).await;
    load.finish().await.check(collector.database()).await;
    collector.assert_quiet_log();
}
