//! Many at once: one row each, right counters, nothing in the log.

use futures_util::future::join_all;
use waymark_collector::ingest::IngestOptions;
use waymark_collector::store::Store;
use waymark_protocol::Status;

use super::desk::{Desk, batch, context, event, page, statuses, submit, visitor};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    fifty_first_requests_make_one_visitor_and_one_session,
    two_collectors_get_the_same_items_at_once,
    many_visitors_at_once_do_not_deadlock,
    several_open_one_new_database_at_once,
);

async fn fifty_first_requests_make_one_visitor_and_one_session(database: Database) {
    let desk = Desk::new(database).await;
    let sent = (0..50).map(|number| {
        let sent = batch(&context(0, 0), &[page(number, 1000 + number as i64, "/")]);
        let (ingest, site) = (desk.ingest.clone(), desk.site.clone());
        tokio::spawn(async move { submit(&ingest, &site, &sent).await.unwrap() })
    });
    for answer in join_all(sent).await {
        assert_eq!(statuses(&answer.unwrap()), [Status::Accepted]);
    }
    let journeys = desk.all_journeys().await;
    assert_eq!(journeys.len(), 1);
    assert_eq!(
        (journeys[0].total_sessions, journeys[0].total_page_views),
        (1, 50)
    );
    let sessions = desk.all_sessions().await;
    assert_eq!((sessions.len(), sessions[0].page_views), (1, 50));
    desk.log.assert_quiet();
}

async fn two_collectors_get_the_same_items_at_once(database: Database) {
    let desk = Desk::new(database).await;
    let second = desk.second().await;
    for round in 0..20_u64 {
        let items: Vec<_> = (0..10)
            .map(|number| event(round * 10 + number, 5000 - number as i64, "e"))
            .collect();
        let sent = batch(&context(0, round), &items);
        let (one, two) = tokio::join!(
            submit(&desk.ingest, &desk.site, &sent),
            submit(&second, &desk.site, &sent),
        );
        let (one, two) = (statuses(&one.unwrap()), statuses(&two.unwrap()));
        for (one, two) in one.into_iter().zip(two) {
            assert!(
                matches!(
                    (one, two),
                    (Status::Accepted, Status::Duplicate) | (Status::Duplicate, Status::Accepted)
                ),
                "{one:?} and {two:?}"
            );
        }
    }
    let journey = desk.journey(visitor(0)).await;
    assert_eq!(journey["total_events"], 200);
    assert_eq!(journey["total_sessions"], 20);
    assert_eq!(desk.all_entries().await.len(), 200);
    second.drain().await;
    desk.log.assert_quiet();
}

async fn many_visitors_at_once_do_not_deadlock(database: Database) {
    // Small commits and several writers, so that transactions with the same rows overlap for certain.
    let options = IngestOptions {
        commit_items: 8,
        writers: 4,
        ..IngestOptions::default()
    };
    let desk = Desk::with(database, options).await;
    let second = desk.second().await;
    let sent = (0..400_u64).map(|number| {
        let (visitor, session) = (number * 7 % 5, number * 11 % 15);
        // The same visitors forwards and backwards, so that an order of arrival would be one to deadlock in.
        let visitor = if number % 2 == 0 {
            visitor
        } else {
            4 - visitor
        };
        let sent = batch(
            &context(visitor, session),
            &[event(number, number as i64, "e")],
        );
        let ingest = if number % 3 == 0 {
            &second
        } else {
            &desk.ingest
        }
        .clone();
        let site = desk.site.clone();
        tokio::spawn(async move { submit(&ingest, &site, &sent).await.unwrap() })
    });
    for answer in join_all(sent).await {
        assert_eq!(statuses(&answer.unwrap()), [Status::Accepted]);
    }
    let journeys = desk.all_journeys().await;
    assert_eq!(journeys.len(), 5);
    assert_eq!(
        journeys
            .iter()
            .map(|journey| journey.total_events)
            .sum::<i64>(),
        400
    );
    assert_eq!(
        journeys
            .iter()
            .map(|journey| journey.total_sessions)
            .sum::<i64>(),
        desk.all_sessions().await.len() as i64
    );
    second.drain().await;
    desk.log.assert_quiet();
}

async fn several_open_one_new_database_at_once(database: Database) {
    let opened = join_all((0..6).map(|_| {
        let url = database.url().to_owned();
        tokio::spawn(async move { Store::open(&url).await })
    }));
    for store in opened.await {
        let store = store.unwrap().unwrap();
        store.ping().await.unwrap();
        store.close().await;
    }
}
