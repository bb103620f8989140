//! Any part is killed under load: what was acknowledged is there once.

use serde_json::Value;

use super::flow::send;
use super::nats::Nats;
use super::writer::Writer;
use crate::faults::cluster::Cluster;
use crate::faults::load::Load;
use crate::faults::patroni::Patroni;
use crate::support::batch::{Visit, event};
use crate::support::collector::KEY;
use crate::support::database::Database;
use crate::support::{eventually, long};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_servers_writers_and_collectors_lose_nothing() {
    let rounds = if long() { 12 } else { 2 };
    let mut nats = Nats::three().await;
    let mut first = super::collector(&nats, Database::postgres().await, &[]).await;
    let second = super::another(&nats, first.database()).await;
    let mut writers = Vec::new();
    for _ in 0..3 {
        writers.push(Writer::start(&nats, first.database(), &[]).await);
    }
    let mut load = Load::spread(&[&first, &second]);
    for round in 0..rounds {
        // Another number each time, so that kills meet commits and acknowledgements at other points.
        for (number, writer) in writers.iter_mut().enumerate() {
            load.acknowledges(120 + 37 * round + 53 * number).await;
            writer.kill().await;
            writer.up();
        }
        let leader = nats.leader().await;
        load.acknowledges(90 + 41 * round).await;
        nats.kill(leader).await;
        // The others choose another one, and everything goes on without the one that is gone.
        load.acknowledges(400).await;
        nats.up(leader);
        load.acknowledges(70 + 29 * round).await;
        first.kill().await;
        load.acknowledges(100).await;
        first.up().await;
        nats.is_in_step().await;
    }
    load.finish()
        .await
        .check_soon(first.database(), &nats)
        .await;
    for writer in &mut writers {
        writer.is_ready().await;
        writer.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_majority_has_is_not_accepted() {
    let mut nats = Nats::three().await;
    let collector = super::collector(&nats, Database::sqlite(), &[]).await;
    let mut writer = Writer::start(&nats, collector.database(), &[]).await;
    let batch = Visit::new(KEY).batch(&[event("x"), event("y")]);
    let leader = nats.leader().await;
    let others: Vec<usize> = (0..3).filter(|number| *number != leader).collect();
    for number in &others {
        nats.kill(*number).await;
    }
    // The leader is there and has been told, again and again.
    assert_eq!(send(&collector, &batch).await, ["retry", "retry"]);
    for number in &others {
        nats.up(*number);
    }
    eventually("the batch is accepted", || async {
        send(&collector, &batch).await == ["accepted", "accepted"]
    })
    .await;
    nats.is_empty().await;
    eventually("it is stored", || async {
        let stored = collector.database().number("SELECT COUNT(*) FROM events");
        stored.await == 2
    })
    .await;
    writer.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_are_taken_while_the_database_is_away() {
    let rounds = if long() { 8 } else { 2 };
    let nats = Nats::one().await;
    let cluster = Cluster::start().await;
    let collector = super::collector(&nats, Database::shared(&cluster.url()), &[]).await;
    let mut writers = [
        Writer::start(&nats, collector.database(), &[]).await,
        Writer::start(&nats, collector.database(), &[]).await,
    ];
    let mut load = Load::begin(&collector);
    for round in 0..rounds {
        load.acknowledges(200 + 41 * round).await;
        cluster.kill();
        // Nobody who sends has to know.
        load.acknowledges(200).await;
        let ready = reqwest::get(format!("{}/readyz", collector.origin())).await;
        assert_eq!(ready.unwrap().status(), 200);
        cluster.up().await;
        load.acknowledges(100).await;
    }
    load.finish()
        .await
        .check_soon(collector.database(), &nats)
        .await;
    for writer in &mut writers {
        writer.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_primary_is_followed_by_its_standby_and_nobody_has_to_know() {
    let rounds = if long() { 4 } else { 1 };
    let (nats, mut patroni) = tokio::join!(Nats::three(), Patroni::start());
    let mut first = super::collector(&nats, patroni.database(), &[]).await;
    let second = super::another(&nats, first.database()).await;
    let mut writers = [
        Writer::start(&nats, first.database(), &[]).await,
        Writer::start(&nats, first.database(), &[]).await,
    ];
    let mut load = Load::spread(&[&first, &second]);
    for round in 0..rounds {
        load.acknowledges(200 + 41 * round).await;
        // So that writers have less to catch up with than what comes at full speed within ten seconds.
        load.slows(true);
        let gone = patroni.kill_primary().await;
        load.acknowledges(400).await;
        patroni.has_followed(gone).await;
        load.slows(false);
        load.acknowledges(200).await;
        for writer in &writers {
            writer.is_ready().await;
        }
        if round + 1 < rounds {
            patroni.up(gone);
            patroni.is_in_step().await;
        }
    }
    load.finish()
        .await
        .check_soon(first.database(), &nats)
        .await;
    assert!(first.is_up(), "{}", first.log());
    for writer in &mut writers {
        // The one that was started at the beginning.
        writer.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_queue_nothing_is_accepted_and_little_is_kept_waiting() {
    let mut nats = Nats::one().await;
    // Room for one batch of ordinary size and no more.
    let settings = ["--queue-items", "500"];
    let collector = super::collector(&nats, Database::sqlite(), &settings).await;
    let _writer = Writer::start(&nats, collector.database(), &[]).await;
    let client = reqwest::Client::new();
    let post = |items: usize| {
        let items: Vec<Value> = (0..items).map(|_| event("x")).collect();
        let batch = Visit::new(KEY).batch(&items).to_string();
        client
            .post(format!("{}/v1/events", collector.origin()))
            .header("Origin", crate::faults::ORIGIN)
            .body(batch)
            .send()
    };
    assert_eq!(post(1).await.unwrap().status(), 200);
    nats.kill(0).await;
    let ready = format!("{}/readyz", collector.origin());
    eventually("the collector is not ready", || async {
        reqwest::get(&ready).await.unwrap().status() == 503
    })
    .await;
    let waiting = tokio::spawn(post(500));
    eventually("a batch waits", || async {
        let answer = reqwest::get(&ready).await.unwrap();
        answer.text().await.unwrap().contains("overloaded")
    })
    .await;
    let refused = post(1).await.unwrap();
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    // Those who wait are sent back when it takes too long, and nothing that was said is not true.
    let answer: Value = waiting.await.unwrap().unwrap().json().await.unwrap();
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), 500);
    for line in results {
        assert_eq!(
            (&line["status"], &line["reason"]),
            (&"retry".into(), &"store_unavailable".into())
        );
    }
    nats.up(0);
    eventually("items are taken again", || async {
        let answer = post(1).await.unwrap();
        answer.status() == 200 && answer.text().await.unwrap().contains("accepted")
    })
    .await;
    nats.is_empty().await;
    eventually("they are stored", || async {
        collector
            .database()
            .number("SELECT COUNT(*) FROM events")
            .await
            >= 2
    })
    .await;
}
