//! PostgreSQL's primary is gone under load, and its standby follows it: no queue is needed for nothing to be lost, and the
//! collector finds the new primary by itself.

use super::load::{Load, stored};
use super::patroni::Patroni;
use crate::support::long;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_when_the_standby_takes_over() {
    let rounds = if long() { 6 } else { 2 };
    let mut patroni = Patroni::start().await;
    let mut collector = super::collector(patroni.database(), &[]).await;
    let mut load = Load::begin(&collector);
    for round in 0..rounds {
        let is_killed = round % 2 == 0;
        load.acknowledges(200 + 41 * round).await;
        // What the standby does not have would go with the primary, so nobody hears that it is stored.
        let held = patroni.hold_back_standby().await;
        patroni.has_commits_that_wait().await;
        let gone = if is_killed {
            patroni.kill_primary().await
        } else {
            patroni.silence_primary().await
        };
        drop(held);
        // Senders hear that it is not the time, or wait; the collector itself stays.
        load.is_put_off(8).await;
        let acknowledged = load.known();
        patroni.has_followed(gone).await;
        let stored = stored(collector.database()).await;
        let lost = acknowledged.difference(&stored).count();
        assert_eq!(lost, 0, "acknowledged and gone in round {round}");
        load.acknowledges(100).await;
        if is_killed {
            patroni.up(gone);
        } else {
            // It takes itself for the primary until it has asked.
            patroni.wake(gone);
        }
        patroni.is_in_step().await;
        load.acknowledges(100).await;
        assert!(collector.is_up(), "{}", collector.log());
    }
    load.finish().await.check(collector.database()).await;
}
