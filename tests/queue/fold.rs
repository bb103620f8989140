//! Journeys are what the reference fold says of the set of items, however the queue delivers them: several times, in any order,
//! to several writers, some of which take messages and never say what became of them.

use std::collections::HashMap;

use async_nats::jetstream::AckKind;
use async_nats::jetstream::consumer::PullConsumer;
use futures_util::StreamExt;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use uuid::Uuid;
use waymark_collector::journey::Fact;
use waymark_collector::scale::{form, partition};
use waymark_collector::store::Store;
use waymark_collector::store::sites::Site;

use super::nats::{Nats, STREAM};
use super::writer::Writer;
use crate::store::definitions::{definition, restate, set};
use crate::store::desk::fresh_site;
use crate::store::fold::{Delivery, agrees, delivery, facts_of};
use crate::support::database::Database;
use crate::support::{long, on_both_databases};

on_both_databases!(any_delivery_by_the_queue_adds_up_to_the_fold);

async fn any_delivery_by_the_queue_adds_up_to_the_fold(database: Database) {
    let cases = if long() { 600 } else { 40 };
    let nats = Nats::one().await;
    let store = Store::open(database.url()).await.unwrap();
    let mut runner = TestRunner::default();
    let strategy = delivery();
    let mut all = Vec::new();
    for _ in 0..cases {
        let delivery = strategy.new_tree(&mut runner).unwrap().current();
        let site = fresh_site();
        let (stages, _) = delivery.definitions;
        if stages > 0 {
            set(&store, site.id, &definition(stages)).await;
            restate(&store, site.id, 3).await;
        }
        all.push((delivery, site));
    }
    // The first one makes the consumers, and ends.
    Writer::start(&nats, &database, &[]).await.end().await;
    let mut facts: Vec<HashMap<Uuid, Fact>> = vec![HashMap::new(); all.len()];
    let batches: Vec<Vec<_>> = all.iter().map(|(delivery, _)| delivery.batches()).collect();
    let most = batches.iter().map(Vec::len).max().unwrap();
    // The cases take turns, so that their messages are mixed.
    for turn in 0..most {
        for (case, (_, site)) in all.iter().enumerate() {
            let Some((batch, received)) = batches[case].get(turn) else {
                continue;
            };
            let own = facts_of(site, batch, received);
            publish(&nats, &own).await;
            facts[case].extend(own.into_iter().map(|fact| (fact.id, fact)));
        }
    }
    take_and_say_nothing(nats.stream().await).await;
    let mut writers = vec![Writer::start(&nats, &database, &[]).await];
    // SQLite has one writer.
    if !database.is_sqlite() {
        writers.push(Writer::start(&nats, &database, &[]).await);
    }
    nats.is_empty().await;
    let mut redelivered = 0.0;
    for writer in &mut writers {
        redelivered += writer.metric("stream_redelivered_messages_total").await;
        assert!(!writer.log().contains("ERROR"), "{}", writer.log());
        writer.end().await;
    }
    assert!(redelivered > 20.0, "{redelivered} came twice");
    for ((delivery, site), facts) in all.iter().zip(&facts) {
        check(&store, delivery, site, facts).await;
    }
    store.close().await;
}

async fn check(store: &Store, delivery: &Delivery, site: &Site, facts: &HashMap<Uuid, Fact>) {
    let (stages, _) = delivery.definitions;
    if let Err(error) = agrees(store, site, facts, stages).await {
        panic!("{error}\n{delivery:#?}");
    }
}

/// Without an id, so that the stream takes the same items as often as they come.
async fn publish(nats: &Nats, facts: &[Fact]) {
    let Some(first) = facts.first() else {
        return;
    };
    let subject = format!("{STREAM}.items.{}", partition(first.arrival.visitor_id));
    let sent = nats
        .jetstream()
        .publish(subject, form::encode(facts).into());
    sent.await.unwrap().await.unwrap();
}

/// Takes messages of all partitions as a writer does. Most it gives back, which come again at once and behind others; some it
/// keeps, as one that was killed does.
async fn take_and_say_nothing(stream: async_nats::jetstream::stream::Stream) {
    let lanes: Vec<PullConsumer> = futures_util::future::join_all((0..16).map(|partition| {
        let stream = &stream;
        async move {
            stream
                .get_consumer(&format!("writers-{partition}"))
                .await
                .unwrap()
        }
    }))
    .await;
    let mut taken = 0_usize;
    for round in 0..3 {
        for lane in &lanes {
            let mut messages = lane
                .fetch()
                .max_messages(30 + round)
                .messages()
                .await
                .unwrap();
            while let Some(Ok(message)) = messages.next().await {
                taken += 1;
                if !taken.is_multiple_of(5) {
                    message.ack_with(AckKind::Nak(None)).await.unwrap();
                }
            }
        }
    }
}
