//! Webhooks whose receivers fail, ask for time, take their time or are gone, on both databases.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use waymark_collector::commands::{Command, DestinationsCommand, OneDestination};
use waymark_collector::store::Store;
use waymark_collector::store::deliveries::Bounds;

use super::destinations::{Desk, is_signed_by};
use crate::support::batch::{Visit, event, now};
use crate::support::database::Database;
use crate::support::receiver::{Receiver, Reply};
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    what_fails_is_sent_again_under_the_same_id,
    what_fails_too_often_is_dead_until_it_is_replayed,
    a_receiver_may_ask_for_time_or_say_that_it_is_gone,
    a_slow_receiver_holds_nobody_up,
    what_is_beyond_the_bounds_is_dead_and_then_let_go,
    without_a_secret_nothing_is_sent,
);

async fn what_fails_is_sent_again_under_the_same_id(database: Database) {
    let desk = Desk::with(database, |config| {
        config.destination_timeout = Duration::from_secs(5);
    })
    .await;
    let receiver = Receiver::start().await;
    let (id, secret) = desk.webhook(&receiver).await;
    receiver.next(&[
        Reply::Status(500),
        Reply::Close,
        Reply::HalfHead,
        Reply::Hang,
        Reply::With(302, "location", receiver.url("/elsewhere")),
        Reply::HalfBody,
    ]);
    let batch = Visit::new(&desk.app.key).batch(&[event("seen")]);
    desk.app.accept(&batch).await;
    let asked = receiver.gets(6).await;
    let delivered = desk.has(&id, "delivered", 1).await;
    assert_eq!(delivered[0]["attempts"], 6, "a status was said");
    for one in &asked {
        assert_eq!(one.target, "/hook?k=v", "a redirect is not followed");
        assert_eq!((one.id(), &one.body), (asked[0].id(), &asked[0].body));
        assert!(is_signed_by(one, &secret));
    }
    // The same item again is nothing new, and nobody is told of it.
    let again = desk.app.send(&batch).await.json::<Value>().await.unwrap();
    assert_eq!(again["results"][0]["status"], "duplicate");
    desk.app
        .accept(&Visit::new(&desk.app.key).batch(&[event("next")]))
        .await;
    let asked = receiver.gets(7).await;
    assert_eq!(asked.len(), 7);
    assert_eq!(asked[6].json()["data"]["name"], "next");
    desk.app.log.assert_quiet();
}

async fn what_fails_too_often_is_dead_until_it_is_replayed(database: Database) {
    let desk = Desk::with(database, |config| config.destination_attempts = 2).await;
    let receiver = Receiver::start().await;
    let (id, _) = desk.webhook(&receiver).await;
    receiver.always(Some(Reply::Status(400)));
    for name in ["one", "two"] {
        desk.app
            .accept(&Visit::new(&desk.app.key).batch(&[event(name)]))
            .await;
    }
    let dead = desk.has(&id, "dead", 2).await;
    for one in &dead {
        assert_eq!(
            (&one["attempts"], &one["status"], &one["error"]),
            (&json!(2), &json!(400), &json!("refused"))
        );
    }
    assert_eq!(receiver.asked().len(), 4);
    let shown = desk.json(Method::GET, &format!("/{id}"), None).await;
    assert_eq!(
        shown["deliveries"],
        json!({"waiting": 0, "delivered": 0, "skipped": 0, "dead": 2})
    );
    let one = OneDestination {
        site: 1,
        destination: id.parse().unwrap(),
    };
    let printed = desk
        .app
        .command(&Command::Destinations(DestinationsCommand::Dead(one)))
        .await;
    assert_eq!(
        printed.matches("2 attempts\trefused 400").count(),
        2,
        "{printed}"
    );

    receiver.always(None);
    let first = dead[0]["id"].as_str().unwrap();
    let replay = async |body: Value| {
        let path = format!("/{id}/replay");
        desk.json(Method::POST, &path, Some(&body)).await["replayed"].clone()
    };
    assert_eq!(replay(json!({"delivery": first})).await, true);
    let asked = receiver.gets(5).await;
    assert_eq!(asked[4].id(), first, "the id stays");
    desk.has(&id, "delivered", 1).await;
    let replay_all = Command::Destinations(DestinationsCommand::Replay {
        one,
        delivery: None,
    });
    desk.app.command(&replay_all).await;
    desk.has(&id, "delivered", 2).await;
    assert_eq!(replay(json!({})).await, false);
    assert!(desk.app.refused(&replay_all).await.contains("nothing"));
    assert_eq!(receiver.asked().len(), 6);
    let log = desk.app.log.text();
    assert_eq!(log.matches("a delivery failed too often").count(), 2);
}

async fn a_receiver_may_ask_for_time_or_say_that_it_is_gone(database: Database) {
    let desk = Desk::open(database).await;
    let receiver = Receiver::start().await;
    let (id, _) = desk.webhook(&receiver).await;
    let send = async |name: &str| {
        desk.app
            .accept(&Visit::new(&desk.app.key).batch(&[event(name)]))
            .await;
    };
    receiver.next(&[Reply::With(429, "retry-after", "3600".to_owned())]);
    let before = now();
    send("one").await;
    receiver.gets(1).await;
    eventually("the delivery waits", || async {
        let waiting = desk.deliveries(&id, "waiting").await;
        waiting[0]["status"] == 429
    })
    .await;
    let shown = desk.json(Method::GET, &format!("/{id}"), None).await;
    let hour = before + 3_600_000;
    assert!(shown["hold_until"].as_i64().unwrap() >= hour);
    let waiting = desk.deliveries(&id, "waiting").await;
    assert!(waiting[0]["due_at"].as_i64().unwrap() >= hour);

    // Whoever changes it wants it tried again.
    let name = json!({"name": "CRM 2"});
    let shown = desk
        .json(Method::PATCH, &format!("/{id}"), Some(&name))
        .await;
    assert_eq!(
        (&shown["hold_until"], &shown["name"]),
        (&json!(0), &json!("CRM 2"))
    );
    send("again").await;
    assert_eq!(receiver.gets(2).await[1].json()["data"]["name"], "again");

    // Another destination has its own way.
    let other = Receiver::start().await;
    let (gone, _) = desk.webhook(&other).await;
    other.next(&[Reply::Status(410)]);
    send("two").await;
    eventually("it is paused", || async {
        let shown = desk.json(Method::GET, &format!("/{gone}"), None).await;
        shown["paused"] == "gone"
    })
    .await;
    assert_eq!(other.asked().len(), 1);
    send("unheard").await;
    let resume = json!({"paused": false});
    desk.json(Method::PATCH, &format!("/{gone}"), Some(&resume))
        .await;
    send("three").await;
    let asked = other.gets(3).await;
    let mut names: Vec<String> = asked[1..]
        .iter()
        .map(|one| one.json()["data"]["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["three", "two"],
        "what waited is sent, what came meanwhile is not"
    );
    assert_eq!(receiver.gets(5).await.len(), 5);
}

async fn a_slow_receiver_holds_nobody_up(database: Database) {
    let desk = Desk::open(database).await;
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.always(Some(Reply::Hang));
    desk.webhook(&slow).await;
    desk.webhook(&quick).await;
    let items: Vec<Value> = (0..20).map(|n| event(&format!("e{n}"))).collect();
    desk.app
        .accept(&Visit::new(&desk.app.key).batch(&items))
        .await;
    quick.gets(20).await;
    assert!(
        (1..=4).contains(&slow.connections()),
        "{}",
        slow.connections()
    );
}

async fn what_is_beyond_the_bounds_is_dead_and_then_let_go(database: Database) {
    let desk = Desk::open(database).await;
    let receiver = Receiver::start().await;
    let hour = "3600".to_owned();
    receiver.always(Some(Reply::With(503, "retry-after", hour)));
    let (id, _) = desk.webhook(&receiver).await;
    let items: Vec<Value> = (0..6).map(|n| event(&format!("e{n}"))).collect();
    desk.app
        .accept(&Visit::new(&desk.app.key).batch(&items))
        .await;
    receiver.gets(1).await;
    eventually("nothing is under way", || async {
        let shown = desk.json(Method::GET, &format!("/{id}"), None).await;
        let taken = "SELECT COUNT(*) FROM deliveries WHERE claim IS NOT NULL";
        shown["hold_until"] != 0 && desk.app.database.number(taken).await == 0
    })
    .await;
    let store = Store::open(desk.app.database.url()).await.unwrap();
    let own = store.destination(1, id.parse().unwrap()).await.unwrap();
    let own = own.unwrap();
    let mut bounds = Bounds::default();
    assert_eq!(
        store.bound_deliveries(&own, bounds, now()).await.unwrap(),
        0
    );
    bounds.waiting = 4;
    assert_eq!(
        store.bound_deliveries(&own, bounds, now()).await.unwrap(),
        2
    );
    assert_eq!(desk.deliveries(&id, "waiting").await.len(), 4);
    let dead = desk.deliveries(&id, "dead").await;
    assert_eq!(dead.len(), 2);
    assert_eq!(dead[0]["error"], "too_many_waiting");
    bounds.dead = 1;
    assert_eq!(
        store.bound_deliveries(&own, bounds, now()).await.unwrap(),
        0
    );
    store.close().await;
    let shown = desk.json(Method::GET, &format!("/{id}"), None).await;
    let counts = json!({"waiting": 4, "delivered": 0, "skipped": 0, "dead": 1});
    assert_eq!(
        (&shown["deliveries"], &shown["let_go"]),
        (&counts, &json!(1))
    );
}

async fn without_a_secret_nothing_is_sent(database: Database) {
    let desk = Desk::open(database).await;
    let receiver = Receiver::start().await;
    let (id, _) = desk.webhook(&receiver).await;
    // As it is after a restore.
    let forget = "DELETE FROM destination_secrets";
    desk.app.database.execute(forget).await;
    desk.app
        .accept(&Visit::new(&desk.app.key).batch(&[event("seen")]))
        .await;
    eventually("it waits", || async {
        let waiting = desk.deliveries(&id, "waiting").await;
        waiting
            .first()
            .is_some_and(|one| one["error"] == "no_secret")
    })
    .await;
    let tried = desk.json(Method::POST, &format!("/{id}/test"), None).await;
    assert_eq!(tried["error"], "no_secret");
    assert_eq!(receiver.connections(), 0);
    let path = format!("/{id}/secret");
    let renewed = desk.json(Method::POST, &path, Some(&json!({}))).await;
    let asked = receiver.gets(1).await.remove(0);
    assert!(is_signed_by(&asked, renewed["secret"].as_str().unwrap()));
    assert_eq!(desk.has(&id, "delivered", 1).await[0]["attempts"], 1);
}
