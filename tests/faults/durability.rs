//! A power cut cannot be had here. What stands in for it are the settings that decide whether a commit outlives one, read
//! back from the connections that commit, and the collector's complaint where the server's are wrong.

use waymark_collector::store::Store;

use super::cluster::Cluster;
use crate::support::database::Database;

#[tokio::test]
async fn sqlite_flushes_every_commit() {
    let database = Database::sqlite();
    let store = Store::open(database.url()).await.unwrap();
    let durability = store.durability().await.unwrap();
    assert_eq!(
        durability.settings,
        [
            ("journal_mode", "wal".to_owned()),
            // 2 is FULL.
            ("synchronous", "2".to_owned()),
        ]
    );
    assert!(durability.weak().next().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_may_lose_commits_is_complained_about() {
    let cluster = Cluster::start().await;
    let mut collector = super::collector(Database::shared(&cluster.url()), &[]).await;
    let store = Store::open(&cluster.url()).await.unwrap();
    let durability = store.durability().await.unwrap();
    store.close().await;
    assert_eq!(
        durability.settings,
        [
            ("synchronous_commit", "on".to_owned()),
            ("fsync", "on".to_owned()),
            ("full_page_writes", "on".to_owned()),
        ]
    );
    collector.assert_quiet_log();
    collector.kill().await;

    cluster.set("synchronous_commit = off").await;
    cluster.set("fsync = off").await;
    let store = Store::open(&cluster.url()).await.unwrap();
    let durability = store.durability().await.unwrap();
    store.close().await;
    // The collector's own connections ask for what the server does not do by itself, as far as a connection can.
    assert_eq!(durability.settings[0].1, "on");
    assert_eq!(durability.weak().collect::<Vec<_>>(), [("fsync", "off")]);
    collector.up().await;
    let log = collector.log();
    assert!(log.contains("WARN") && log.contains("fsync"), "{log}");
}
