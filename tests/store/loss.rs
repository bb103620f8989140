//! What the numbers of a tab's items say of those that never arrived.

use serde_json::{Value, json};
use waymark_collector::journey::Loss;

use super::desk::{Desk, NOW, batch, context, event, id, ping, submit};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    gaps_are_counted_and_filled,
    a_repeated_ping_counts_once,
    a_tab_counts_for_the_day_of_each_block,
    numbers_that_nobody_counted_to_say_nothing,
    sites_and_tabs_are_apart,
);

fn numbered(number: u64, ago: i64, seq: u64) -> Value {
    let mut item = event(number, ago, "e");
    item["seq"] = json!(seq);
    item
}

async fn loss(desk: &Desk) -> (i64, i64) {
    let loss = desk.store.loss(desk.site.id, 0, i64::MAX).await.unwrap();
    (loss.received, loss.missing)
}

async fn gaps_are_counted_and_filled(database: Database) {
    let desk = Desk::new(database).await;
    assert_eq!(loss(&desk).await, (0, 0));
    for (seq, expected) in [
        (5, (1, 4)),
        (2, (2, 3)),
        (5, (2, 3)),
        // The first block is over, and one lies between.
        (130, (3, 127)),
        (100, (4, 126)),
    ] {
        desk.send(&batch(&context(0, 0), &[numbered(seq, 1000, seq)]))
            .await;
        assert_eq!(loss(&desk).await, expected, "after {seq}");
    }
    let rest: Vec<Value> = (1..130)
        .filter(|seq| ![2, 5, 100].contains(seq))
        .map(|seq| numbered(seq, 1000, seq))
        .collect();
    desk.accept(&batch(&context(0, 0), &rest)).await;
    assert_eq!(loss(&desk).await, (130, 0));
}

async fn a_repeated_ping_counts_once(database: Database) {
    let desk = Desk::new(database).await;
    let mut late = batch(&context(0, 0), &[ping(2, 1000, 1, 10, 10)]);
    // A clock that is off: the ping has no time that every copy of it would have.
    late["sent_at"] = json!(NOW - 3_600_000);
    for _ in 0..2 {
        submit(&desk.ingest, &desk.site, &late).await.unwrap();
        assert_eq!(loss(&desk).await, (0, 0), "of no known day yet");
    }
    desk.accept(&batch(&context(0, 0), &[numbered(0, 1000, 1)]))
        .await;
    assert_eq!(loss(&desk).await, (2, 1), "number 3 and 1, and not 2");
    desk.accept(&batch(&context(0, 0), &[ping(1, 1000, 1, 5, 5)]))
        .await;
    assert_eq!(loss(&desk).await, (3, 0));
}

async fn a_tab_counts_for_the_day_of_each_block(database: Database) {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let desk = Desk::new(database).await;
    let items = [
        numbered(1, DAY + 5000, 1),
        numbered(2, DAY + 4000, 3),
        numbered(3, 3000, 64),
    ];
    desk.accept(&batch(&context(0, 0), &items)).await;
    let between = async |from, to| desk.store.loss(desk.site.id, from, to).await.unwrap();
    let of = |received, missing| Loss { received, missing };
    assert_eq!(between(NOW - 2 * DAY, NOW - DAY).await, of(2, 61));
    assert_eq!(between(NOW - DAY, NOW).await, of(1, 0));
    assert_eq!(between(NOW, NOW + DAY).await, of(0, 0));
}

async fn numbers_that_nobody_counted_to_say_nothing(database: Database) {
    let desk = Desk::new(database).await;
    let items = [
        numbered(1, 1000, 0),
        numbered(2, 1000, 1_000_001),
        numbered(3, 1000, i64::MAX as u64),
    ];
    desk.accept(&batch(&context(0, 0), &items)).await;
    assert_eq!(loss(&desk).await, (0, 0));
    desk.accept(&batch(&context(0, 0), &[numbered(4, 1000, 900_000)]))
        .await;
    let (received, missing) = loss(&desk).await;
    assert_eq!(received, 1);
    assert!(missing < 63, "one forged number is not a loss: {missing}");
}

async fn sites_and_tabs_are_apart(database: Database) {
    let desk = Desk::new(database).await;
    let mut other = context(0, 0);
    other["tab_id"] = json!(id(3_000_001));
    desk.accept(&batch(&context(0, 0), &[numbered(1, 1000, 3)]))
        .await;
    desk.accept(&batch(&other, &[numbered(2, 1000, 2)])).await;
    assert_eq!(loss(&desk).await, (2, 3));
    let elsewhere = desk.store.loss(desk.site.id + 1, 0, i64::MAX).await;
    assert_eq!(elsewhere.unwrap(), Loss::default());
}
