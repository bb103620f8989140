//! The database server is killed under load, and comes back.

use super::cluster::Cluster;
use super::load::{Load, stored};
use crate::support::database::Database;
use crate::support::long;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_has_stored_what_was_acknowledged_and_is_found_again() {
    let rounds = if long() { 10 } else { 2 };
    let cluster = Cluster::start().await;
    let mut collector = super::collector(Database::shared(&cluster.url()), &[]).await;
    let mut load = Load::begin(&collector);
    for round in 0..rounds {
        load.acknowledges(200 + 41 * round).await;
        cluster.kill();
        // Senders hear that it is not the time, or wait; the collector itself stays.
        load.is_put_off(8).await;
        let acknowledged = load.known();
        cluster.up().await;
        let stored = stored(collector.database()).await;
        assert_eq!(acknowledged.difference(&stored).count(), 0);
        load.acknowledges(100).await;
        assert!(collector.is_up(), "{}", collector.log());
    }
    load.finish().await.check(collector.database()).await;
}
