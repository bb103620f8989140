//! A database that refuses, stalls or goes away: nothing is lost, nothing is claimed, and work goes on by itself.

use std::time::Duration;

use serde_json::json;
use waymark_collector::ingest::{IngestError, IngestOptions};
use waymark_collector::store::{Kind, Store, StoreError};
use waymark_protocol::{Reason, Status};

use super::desk::{
    Desk, Hold, batch, context, event, page, run_sql, statuses, submit, until, visitor,
};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    an_item_that_the_database_refuses_is_found_and_dropped_alone,
    items_come_back_while_the_database_cannot_take_them,
    a_full_queue_refuses_whole_batches,
    what_a_context_holds_counts_as_waiting,
    a_slow_transaction_is_one_short_line_in_the_log,
    draining_answers_everyone_and_takes_no_more,
    a_closed_store_says_so,
);

async fn an_item_that_the_database_refuses_is_found_and_dropped_alone(database: Database) {
    let desk = Desk::new(database).await;
    run_sql(
        &desk.database,
        "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.name = 'poison'
         BEGIN SELECT RAISE(ABORT, 'poison'); END",
        "ALTER TABLE events ADD CONSTRAINT refuse CHECK (name <> 'poison')",
    )
    .await;
    let items: Vec<_> = (0..20)
        .map(|number| {
            let name = if matches!(number, 3 | 17) {
                "poison"
            } else {
                "fine"
            };
            event(number, 5000, name)
        })
        .collect();
    let answer = desk.send(&batch(&context(0, 0), &items)).await;
    for (number, line) in answer.results.iter().enumerate() {
        if matches!(number, 3 | 17) {
            assert_eq!(
                (line.status, line.reason),
                (Status::Dropped, Some(Reason::Rejected))
            );
        } else {
            assert_eq!(line.status, Status::Accepted, "{number}");
        }
    }
    assert_eq!(desk.journey(visitor(0)).await["total_events"], 18);
    assert_eq!(desk.journey(visitor(0)).await["total_sessions"], 1);
    let log = desk.log.text();
    assert_eq!(log.matches("the database refuses it").count(), 2, "{log}");
    assert!(
        !log.contains("poison"),
        "a value of the item is in the log: {log}"
    );
}

async fn items_come_back_while_the_database_cannot_take_them(database: Database) {
    let desk = Desk::new(database).await;
    let sent = batch(&context(0, 0), &[page(1, 1000, "/"), event(2, 500, "e")]);
    let away = "ALTER TABLE visitors RENAME TO away";
    run_sql(&desk.database, away, away).await;
    let answer = desk.send(&sent).await;
    for line in &answer.results {
        assert_eq!(
            (line.status, line.reason),
            (Status::Retry, Some(Reason::StoreUnavailable))
        );
    }
    let back = "ALTER TABLE away RENAME TO visitors";
    run_sql(&desk.database, back, back).await;
    // Nothing of the failed transaction was kept, so nothing is a duplicate.
    desk.accept(&sent).await;
    assert_eq!(desk.journey(visitor(0)).await["total_sessions"], 1);
}

async fn a_full_queue_refuses_whole_batches(database: Database) {
    let options = IngestOptions {
        queue_items: 10,
        commit_items: 4,
        ..IngestOptions::default()
    };
    let desk = Desk::with(database, options).await;
    let hold = Hold::take(&desk.database).await;
    let mut waiting = Vec::new();
    for number in 0..5_u64 {
        let items = [event(number * 2, 100, "a"), event(number * 2 + 1, 100, "b")];
        let sent = batch(&context(0, 0), &items);
        let (ingest, site) = (desk.ingest.clone(), desk.site.clone());
        waiting.push(tokio::spawn(
            async move { submit(&ingest, &site, &sent).await },
        ));
    }
    until("ten items wait", || desk.ingest.depth().items == 10).await;
    assert!(!desk.ingest.depth().has_room());
    let refused = submit(
        &desk.ingest,
        &desk.site,
        &batch(&context(0, 0), &[event(99, 0, "late")]),
    )
    .await;
    assert!(
        matches!(refused, Err(IngestError::Overloaded { retry_after }) if retry_after >= Duration::from_secs(1)),
        "{refused:?}"
    );
    hold.release().await;
    for answer in waiting {
        assert_eq!(
            statuses(&answer.await.unwrap().unwrap()),
            [Status::Accepted; 2]
        );
    }
    assert_eq!(desk.ingest.depth().items, 0);
    assert_eq!(desk.ingest.depth().bytes, 0);
    desk.accept(&batch(&context(0, 0), &[event(99, 0, "late")]))
        .await;
    assert_eq!(desk.journey(visitor(0)).await["total_events"], 11);
}

async fn what_a_context_holds_counts_as_waiting(database: Database) {
    let desk = Desk::new(database).await;
    let hold = Hold::take(&desk.database).await;
    let mut heavy = context(0, 0);
    let url = format!("https://shop.example/?{}", "a".repeat(2000));
    let touch = json!({"at": 1, "landing_url": url, "referrer": url});
    heavy["touch"] = touch.clone();
    heavy["first_touch"] = touch;
    let sent = batch(&heavy, &[event(1, 100, "a")]);
    let (ingest, site) = (desk.ingest.clone(), desk.site.clone());
    let waiting = tokio::spawn(async move { submit(&ingest, &site, &sent).await });
    until("the item waits", || desk.ingest.depth().items == 1).await;
    assert!(
        desk.ingest.depth().bytes > 8000,
        "{:?}",
        desk.ingest.depth()
    );
    hold.release().await;
    waiting.await.unwrap().unwrap();
    assert_eq!(desk.ingest.depth().bytes, 0);
}

async fn a_slow_transaction_is_one_short_line_in_the_log(database: Database) {
    let desk = Desk::new(database).await;
    let hold = Hold::take(&desk.database).await;
    let sent = batch(&context(0, 0), &[event(1, 100, "a")]);
    let (ingest, site) = (desk.ingest.clone(), desk.site.clone());
    let waiting = tokio::spawn(async move { submit(&ingest, &site, &sent).await });
    until("the item waits", || desk.ingest.depth().items == 1).await;
    // What is slow is a matter of time.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    hold.release().await;
    waiting.await.unwrap().unwrap();
    let log = desk.log.text();
    assert_eq!(log.matches("a transaction was slow").count(), 1, "{log}");
    assert!(!log.contains("VALUES"), "{log}");
}

/// SQLite bounds its waiting by itself, so this is about PostgreSQL alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_hangs_is_given_up() {
    let options = IngestOptions {
        commit_time: Duration::from_millis(300),
        ..IngestOptions::default()
    };
    let desk = Desk::with(Database::postgres().await, options).await;
    let hold = Hold::take(&desk.database).await;
    let sent = batch(&context(0, 0), &[event(1, 100, "a")]);
    let answer = tokio::time::timeout(Duration::from_secs(10), desk.send(&sent)).await;
    let line = &answer.unwrap().results[0];
    assert_eq!(
        (line.status, line.reason),
        (Status::Retry, Some(Reason::StoreUnavailable))
    );
    hold.release().await;
    // What was given up may have gone on and be a duplicate by now, but it is stored once.
    for _ in 0..2 {
        let status = desk.send(&sent).await.results[0].status;
        assert!(
            matches!(status, Status::Accepted | Status::Duplicate),
            "{status:?}"
        );
    }
    assert_eq!(desk.journey(visitor(0)).await["total_events"], 1);
}

async fn draining_answers_everyone_and_takes_no_more(database: Database) {
    let options = IngestOptions {
        commit_items: 2,
        ..IngestOptions::default()
    };
    let desk = Desk::with(database, options).await;
    let hold = Hold::take(&desk.database).await;
    let mut waiting = Vec::new();
    for number in 0..6_u64 {
        let sent = batch(&context(0, 0), &[event(number, 100, "a")]);
        let (ingest, site) = (desk.ingest.clone(), desk.site.clone());
        waiting.push(tokio::spawn(
            async move { submit(&ingest, &site, &sent).await },
        ));
    }
    until("six items wait", || desk.ingest.depth().items == 6).await;
    let drained = tokio::spawn({
        let ingest = desk.ingest.clone();
        async move { ingest.drain().await }
    });
    let late = batch(&context(0, 0), &[event(99, 0, "late")]);
    let mut number = 100;
    loop {
        // Until the other task has come to close the queue.
        match submit_within(&desk, &late).await {
            Some(Err(IngestError::ShuttingDown)) => break,
            Some(other) => panic!("{other:?}"),
            None => number += 1,
        }
        assert!(number < 200, "the queue is still open");
    }
    assert!(!drained.is_finished());
    hold.release().await;
    for answer in waiting {
        assert_eq!(
            statuses(&answer.await.unwrap().unwrap()),
            [Status::Accepted]
        );
    }
    drained.await.unwrap();
    assert_eq!(desk.ingest.depth().items, 0);
}

/// The answer, if there is one at once: a batch that is taken in waits for the one who holds the database.
async fn submit_within(
    desk: &Desk,
    batch: &serde_json::Value,
) -> Option<Result<waymark_protocol::BatchAnswer, IngestError>> {
    tokio::time::timeout(
        Duration::from_millis(20),
        submit(&desk.ingest, &desk.site, batch),
    )
    .await
    .ok()
}

async fn a_closed_store_says_so(database: Database) {
    let store = Store::open(database.url()).await.unwrap();
    store.ping().await.unwrap();
    let kind = if database.url().starts_with("sqlite:") {
        Kind::Sqlite
    } else {
        Kind::Postgres
    };
    assert_eq!(store.kind(), kind);
    store.close().await;
    let error = store.ping().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
}

#[tokio::test]
async fn an_unknown_scheme_is_not_repeated_with_its_password() {
    let error = Store::open("mysql://me:secret@host/db").await.unwrap_err();
    assert!(matches!(error, StoreError::Configuration(_)));
    assert!(!error.to_string().contains("secret"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_drops_its_connections_is_found_again() {
    let database = Database::postgres().await;
    let desk = Desk::new(database).await;
    desk.accept(&batch(&context(0, 0), &[event(1, 1000, "before")]))
        .await;
    for number in 2..6 {
        run_sql(
            &desk.database,
            "",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await;
        // The first answer may be that of a connection that is gone; the sender then sends again, as the answer says.
        let sent = batch(&context(0, 0), &[event(number, 500, "after")]);
        let first = statuses(&desk.send(&sent).await)[0];
        if first == Status::Retry {
            desk.accept(&sent).await;
        } else {
            assert_eq!(first, Status::Accepted);
        }
    }
    assert_eq!(desk.journey(visitor(0)).await["total_events"], 5);
}
