//! The inbox of dropped items as the store and the ingest keep it.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use waymark_collector::ingest::IngestOptions;
use waymark_collector::store::rejected::{Again, Bounds, NewRejected, Rejected, State};
use waymark_collector::store::{Store, StoreError};
use waymark_protocol::Status;

use super::desk::{Desk, Hold, NOW, batch, context, event, id, item, run_sql, statuses, walk};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    what_is_dropped_can_be_looked_at,
    what_the_database_refuses_can_be_tried_again,
    the_inbox_is_bounded_by_number,
    the_inbox_is_bounded_by_age,
    several_collectors_share_an_inbox,
    secrets_never_get_there,
    an_item_that_is_good_after_all_is_stored_once,
    what_is_not_whole_cannot_be_tried_again,
    a_database_that_hangs_costs_the_inbox_and_no_request,
    an_inbox_that_is_off_keeps_nothing,
);

/// An inbox that takes the clock of these tests for no long time ago.
async fn desk(database: Database) -> Desk {
    let options = IngestOptions {
        rejected_age: WEEK * 5_000,
        ..IngestOptions::default()
    };
    Desk::with(database, options).await
}

async fn inbox(desk: &Desk) -> Vec<Rejected> {
    walk!(desk.store, rejected, desk.site.id, None, 2)
}

/// Waits until the inbox holds as many.
async fn held(desk: &Desk, count: usize) -> Vec<Rejected> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(15);
    loop {
        let rows = inbox(desk).await;
        if rows.len() == count {
            return rows;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "{} rows, not {count}",
            rows.len()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn what_is_dropped_can_be_looked_at(database: Database) {
    let desk = desk(database).await;
    let mut nameless = event(1, 1000, "x");
    nameless["data"] = json!({"props": {"a": 1.50}});
    let mut without_id = event(2, 1000, "x");
    without_id["id"] = json!("seven");
    let items = [
        nameless.clone(),
        event(3, 1000, "good"),
        without_id,
        item("hologram", 4, 1000, json!({})),
    ];
    let sent = batch(&context(0, 0), &items);
    for _ in 0..2 {
        let answer = desk.send(&sent).await;
        assert_eq!(answer.results[0].status, Status::Dropped);
    }
    // The one without an id is another one each time.
    let rows = held(&desk, 4).await;
    let of = |reason: &str| {
        let own: Vec<&Rejected> = rows.iter().filter(|row| row.reason == reason).collect();
        own
    };
    assert_eq!(of("unknown_type").len(), 1);
    let row = rows.iter().find(|row| row.id == id(1)).unwrap();
    assert_eq!(row.field.as_deref(), Some("data.name"));
    assert_eq!(row.sdk.as_deref(), Some("waymark-js 0.1.0"));
    assert_eq!((row.received_at, row.state), (NOW, State::Whole));
    assert_eq!(row.payload, nameless.to_string());
    let again = row.again.as_ref().unwrap();
    assert!(row.retryable && again.sender.as_ref().unwrap().contains("Firefox"));
    let filtered = desk
        .store
        .rejected(desk.site.id, Some("unknown_type"), None, 10)
        .await
        .unwrap();
    assert_eq!(filtered.data.len(), 1);
    let elsewhere = desk.store.rejected(2, None, None, 10).await.unwrap();
    assert_eq!(elsewhere.data, []);
    desk.ingest.drain().await;
    desk.log.assert_quiet();
}

async fn what_the_database_refuses_can_be_tried_again(database: Database) {
    let desk = desk(database).await;
    run_sql(
        &desk.database,
        "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.name = 'poison'
         BEGIN SELECT RAISE(ABORT, 'poison'); END",
        "ALTER TABLE events ADD CONSTRAINT refuse CHECK (name <> 'poison')",
    )
    .await;
    let items = [event(1, 1000, "fine"), event(2, 1000, "poison")];
    let sent = batch(&context(0, 0), &items);
    let told = statuses(&desk.send(&sent).await);
    assert_eq!(told, [Status::Accepted, Status::Dropped]);
    let row = held(&desk, 1).await.remove(0);
    assert_eq!((row.id, row.reason.as_str()), (id(2), "rejected"));
    run_sql(
        &desk.database,
        "DROP TRIGGER refuse",
        "ALTER TABLE events DROP CONSTRAINT refuse",
    )
    .await;
    let line = desk.ingest.again(&desk.site, &row).await.unwrap();
    assert_eq!(line.unwrap().status, Status::Accepted);
    assert_eq!(statuses(&desk.send(&sent).await), [Status::Duplicate; 2]);
}

fn row(number: u64, received_at: i64) -> NewRejected {
    NewRejected {
        site_id: 1,
        id: id(number),
        received_at,
        reason: "invalid_field",
        field: None,
        sdk: None,
        payload: "{}".to_owned(),
        state: State::Whole,
        again: Some(Again {
            context: "{}".to_owned(),
            sent_at: NOW,
            sender: None,
        }),
    }
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

async fn the_inbox_is_bounded_by_number(database: Database) {
    let desk = desk(database).await;
    let bounds = Bounds {
        items: 3,
        age: WEEK,
    };
    let other = NewRejected {
        site_id: 2,
        ..row(50, NOW - 5000)
    };
    let rows: Vec<NewRejected> = (0..5)
        .map(|number| row(number, NOW - 1000 + number as i64))
        .chain([other])
        .collect();
    let gone = desk
        .store
        .add_rejected(&rows, &[(1, 7), (3, 1)], bounds, NOW)
        .await
        .unwrap();
    assert_eq!((gone.too_many, gone.too_old), (2, 0));
    let kept: Vec<_> = inbox(&desk).await.into_iter().map(|row| row.id).collect();
    assert_eq!(kept, [id(4), id(3), id(2)]);
    for (site, let_go) in [(1, 9), (2, 0), (3, 1)] {
        assert_eq!(desk.store.rejected_let_go(site).await.unwrap(), let_go);
    }
    assert_eq!(desk.store.rejected_count().await.unwrap(), 4);
    // What is there already makes no room for itself.
    let gone = desk
        .store
        .add_rejected(&rows[4..5], &[], bounds, NOW)
        .await
        .unwrap();
    assert_eq!(gone.too_many, 0);
    assert!(desk.store.remove_rejected(1, id(4)).await.unwrap());
    assert!(!desk.store.remove_rejected(1, id(4)).await.unwrap());
    let empty = async |reason| desk.store.empty_rejected(1, reason).await.unwrap();
    assert_eq!(empty(Some("rejected")).await, 0);
    assert_eq!(empty(None).await, 2);
    assert_eq!(desk.store.rejected_count().await.unwrap(), 1);
}

async fn the_inbox_is_bounded_by_age(database: Database) {
    let desk = desk(database).await;
    let bounds = Bounds {
        items: 100,
        age: WEEK,
    };
    let week = i64::try_from(WEEK.as_millis()).unwrap();
    let rows = [row(1, NOW - week), row(2, NOW)];
    let add = async |rows, now| {
        desk.store
            .add_rejected(rows, &[], bounds, now)
            .await
            .unwrap()
    };
    assert_eq!(add(&rows[..], NOW).await.too_old, 0);
    assert_eq!(add(&[], NOW + 1).await.too_old, 1);
    assert_eq!(inbox(&desk).await[0].id, id(2));
}

async fn several_collectors_share_an_inbox(database: Database) {
    let desk = desk(database).await;
    let other = Store::open(desk.database.url()).await.unwrap();
    let bounds = Bounds {
        items: 30,
        age: WEEK,
    };
    let writers = (0..8_u64).map(|writer| {
        let store = if writer % 2 == 0 { &desk.store } else { &other };
        async move {
            // Overlapping, and in different orders.
            let mut rows: Vec<NewRejected> = (writer * 10..writer * 10 + 40)
                .map(|number| row(number, NOW - 1000 + number as i64))
                .collect();
            if writer % 3 == 0 {
                rows.reverse();
            }
            loop {
                match store.add_rejected(&rows, &[], bounds, NOW).await {
                    Ok(gone) => return gone.too_many,
                    Err(StoreError::Conflict(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    });
    let gone: u64 = join_all(writers).await.into_iter().sum();
    let kept: Vec<_> = inbox(&desk).await.into_iter().map(|row| row.id).collect();
    // The newest of all, whoever wrote them.
    assert_eq!(kept, (80..110).rev().map(id).collect::<Vec<_>>());
    let counted = desk.store.rejected_let_go(1).await.unwrap();
    assert_eq!(counted, i64::try_from(gone).unwrap());
    other.close().await;
}

async fn secrets_never_get_there(database: Database) {
    let desk = desk(database).await;
    let mut leaky = event(1, 1000, "x");
    leaky["data"] = json!({"props": {
        "password": "hunter2", "note": "mail bob@mail.example", "key": "k-123", "site": "wk_test",
        "nested": [{"access_token": {"deep": "hunter2"}}],
    }});
    let mut context = context(0, 0);
    context["user_id"] = json!("alice@mail.example");
    let mut whole = event(2, 1000, "x");
    whole["data"] = json!({});
    desk.send(&batch(&context, &[leaky, whole])).await;
    let rows = held(&desk, 2).await;
    for row in &rows {
        assert_eq!(row.state, State::Masked);
        assert!(!row.retryable);
    }
    let columns = "SELECT payload, field, sdk, state, reason, context, sender FROM rejected";
    let written = format!("{:?}", desk.database.texts(columns).await);
    for secret in [
        "hunter2",
        "mail.example",
        "k-123",
        "wk_test",
        "alice",
        "bob",
    ] {
        assert!(!written.contains(secret), "{secret}: {written}");
    }
    assert!(written.contains("[masked]"));
}

async fn an_item_that_is_good_after_all_is_stored_once(database: Database) {
    let desk = desk(database).await;
    // Dropped by a rule that does not hold any more: what was kept is a good item.
    let good = event(1, 4000, "bought");
    let sent_at = NOW - 3_600_000;
    let kept = NewRejected {
        payload: good.to_string(),
        again: Some(Again {
            context: context(0, 0).to_string(),
            sent_at,
            sender: Some(json!({"user_agent": FIREFOX}).to_string()),
        }),
        ..row(1, NOW - 60_000)
    };
    let bounds = Bounds {
        items: 10,
        age: WEEK,
    };
    desk.store
        .add_rejected(&[kept], &[], bounds, NOW)
        .await
        .unwrap();
    let rejected = desk.store.rejected_item(1, id(1)).await.unwrap().unwrap();
    for expected in [Status::Accepted, Status::Duplicate] {
        let line = desk.ingest.again(&desk.site, &rejected).await.unwrap();
        assert_eq!(line.unwrap().status, expected);
    }
    let entries = desk.all_entries().await;
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (entries[0].id, entries[0].received_at),
        (id(1), NOW - 60_000)
    );
    // The sender's clock was 59 minutes behind the collector's when the item arrived.
    assert_eq!(entries[0].at, sent_at + 59 * 60_000);
    let journey = desk.journey(super::desk::visitor(0)).await;
    assert_eq!(journey["device"]["browser"], "Firefox");
}

async fn what_is_not_whole_cannot_be_tried_again(database: Database) {
    let desk = desk(database).await;
    let mut large = event(1, 1000, "x");
    large["data"]["props"] = json!({"text": "x".repeat(40_000)});
    assert_eq!(
        statuses(&desk.send(&batch(&context(0, 0), &[large])).await),
        [Status::Dropped]
    );
    let rows = held(&desk, 1).await;
    assert_eq!(rows[0].state, State::Cut);
    assert!(rows[0].payload.len() <= 8 * 1024);
    assert_eq!(desk.ingest.again(&desk.site, &rows[0]).await.unwrap(), None);
}

async fn a_database_that_hangs_costs_the_inbox_and_no_request(database: Database) {
    let desk = desk(database).await;
    let hold = Hold::take(&desk.database).await;
    let bad: Vec<Value> = (0..100)
        .map(|number| item("hologram", number, 1000, json!({})))
        .collect();
    // Nothing of these is to be committed, so nobody waits for the database; more than the way in holds are let go.
    for round in 0..30_u64 {
        let mut bad = bad.clone();
        for (number, item) in bad.iter_mut().enumerate() {
            item["id"] = json!(id(round * 100 + number as u64));
        }
        let began = tokio::time::Instant::now();
        let answer = desk.send(&batch(&context(0, 0), &bad)).await;
        assert_eq!(statuses(&answer), [Status::Dropped; 100]);
        assert!(began.elapsed() < Duration::from_secs(2));
    }
    hold.release().await;
    desk.ingest.drain().await;
    let kept = desk.store.rejected_count().await.unwrap();
    let let_go = desk.store.rejected_let_go(1).await.unwrap();
    assert!(kept >= 256, "{kept}");
    assert_eq!(kept + let_go, 3000, "every one is there or counted");
}

async fn an_inbox_that_is_off_keeps_nothing(database: Database) {
    let options = IngestOptions {
        rejected_items: 0,
        ..IngestOptions::default()
    };
    let desk = Desk::with(database, options).await;
    desk.send(&batch(
        &context(0, 0),
        &[item("hologram", 1, 1000, json!({}))],
    ))
    .await;
    desk.ingest.drain().await;
    assert_eq!(desk.store.rejected_count().await.unwrap(), 0);
}
