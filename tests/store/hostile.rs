//! Senders that are wrong or mean harm: what they send stays theirs, and stays small.

use serde_json::{Value, json};
use waymark_collector::ingest::{Received, envelope};
use waymark_protocol::{Reason, Status};

use super::answers::lines;
use super::desk::{Desk, NOW, batch, context, event, page, ping, received, statuses};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    an_item_id_is_of_version_7_and_its_time_may_be_anything,
    the_answer_does_not_grow_with_what_was_left_out,
    numbers_that_grow_when_they_are_kept_are_left_out,
    a_copy_of_a_ping_changes_nothing_though_the_clock_is_wrong,
);

async fn an_item_id_is_of_version_7_and_its_time_may_be_anything(database: Database) {
    let desk = Desk::new(database).await;
    let with = |id: &str| {
        let mut item = event(1, 1000, "e");
        item["id"] = json!(id);
        item
    };
    let items = [
        with("2b1f0f4e-8d5c-4b5e-9a57-1f3c2d4e5f60"),
        with("00000000-0000-0000-0000-000000000000"),
        // The version is right and the variant is another family's.
        with("01975560-7a00-7000-c000-000000000001"),
        with("00000000-0000-7000-8000-000000000001"),
        with("ffffffff-ffff-7fff-bfff-ffffffffffff"),
    ];
    let answer = desk.send(&batch(&context(0, 0), &items)).await;
    let bad = (Status::Dropped, Some(Reason::InvalidField), Some("id"));
    let good = (Status::Accepted, None, None);
    assert_eq!(lines(&answer), [bad, bad, bad, good, good]);
    for (line, item) in answer.results.iter().zip(&items) {
        assert_eq!(json!(line.id), item["id"]);
    }
    // Other ids may be any but the one that nobody made.
    let mut context = context(0, 0);
    context["visitor_id"] = json!("2b1f0f4e-8d5c-4b5e-9a57-1f3c2d4e5f60");
    context["session"]["id"] = json!("2b1f0f4e-8d5c-1b5e-9a57-1f3c2d4e5f60");
    desk.accept(&batch(&context, &[event(2, 1000, "e")])).await;
    desk.log.assert_quiet();
}

async fn the_answer_does_not_grow_with_what_was_left_out(database: Database) {
    let desk = Desk::new(database).await;
    let mut context = context(0, 0);
    let unknown: serde_json::Map<String, Value> = (0..1000)
        .map(|number| (format!("c{number}"), json!("x")))
        .collect();
    context["touch"] = json!({"at": NOW - 9000, "click_ids": unknown});
    let items = [event(1, 1000, "a"), event(2, 1000, "b")];
    let answer = desk.send(&batch(&context, &items)).await;
    for line in &answer.results {
        assert_eq!(line.status, Status::Accepted);
        assert_eq!(line.ignored, ["context.touch.click_ids"]);
    }
}

async fn numbers_that_grow_when_they_are_kept_are_left_out(database: Database) {
    let desk = Desk::new(database).await;
    let props =
        |text: &str| serde_json::from_str::<Box<serde_json::value::RawValue>>(text).unwrap();
    for (number, text, kept) in [
        (
            1,
            format!(r#"{{"a": [{}]}}"#, vec!["1e300"; 3000].join(", ")),
            false,
        ),
        (2, r#"{"a": 1e-20000}"#.to_owned(), false),
        (3, r#"{"a": 1.5e+3}"#.to_owned(), true),
    ] {
        // Written by hand, because a JSON value would read the numbers and write them its own way.
        let item = event(number, 1000, "e").to_string();
        let item = item.replace(
            r#"{"name":"e"}"#,
            &format!(r#"{{"name":"e","props":{}}}"#, props(&text).get()),
        );
        let body = batch(&context(0, 0), &[json!("ITEM")])
            .to_string()
            .replace(r#""ITEM""#, &item);
        let envelope = envelope::read(body.as_bytes()).unwrap();
        let answer = desk
            .ingest
            .submit(&desk.site, &envelope, &received())
            .await
            .unwrap();
        assert_eq!(answer.results[0].status, Status::Accepted, "{text:.40}");
        assert_eq!(answer.results[0].ignored.is_empty(), kept, "{text:.40}");
    }
    let entries = desk.all_entries().await;
    let kept: Vec<Value> = entries
        .iter()
        .filter_map(|entry| serde_json::from_str(entry.props.as_deref()?).ok())
        .collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["a"].as_f64(), Some(1500.0));
}

async fn a_copy_of_a_ping_changes_nothing_though_the_clock_is_wrong(database: Database) {
    let desk = Desk::new(database).await;
    const HOUR: i64 = 60 * 60 * 1000;
    // Each time it is sent, a batch is on its way for another while; `wrong` is what the sender's clock is ahead.
    let deliver = |items: Vec<Value>, wrong: i64, travel: i64| {
        let mut sent = batch(&context(0, 0), &items);
        sent["sent_at"] = json!(NOW + wrong);
        let body = sent.to_string();
        let (ingest, site) = (desk.ingest.clone(), desk.site.clone());
        let received = Received {
            at_ms: NOW + travel,
            ..received()
        };
        async move {
            let envelope = envelope::read(body.as_bytes()).unwrap();
            ingest.submit(&site, &envelope, &received).await.unwrap()
        }
    };
    let pings = |wrong: i64| {
        vec![
            ping(2, 3000 - wrong, 1, 1000, 50),
            ping(3, 1000 - wrong, 1, 2000, 60),
        ]
    };
    deliver(vec![page(1, 5000 - HOUR, "/")], HOUR, 20).await;
    let mut seen = Vec::new();
    for travel in [10, 400, 90, 7000] {
        let answer = deliver(pings(HOUR), HOUR, travel).await;
        assert_eq!(statuses(&answer), [Status::Accepted; 2]);
        seen.push((
            desk.all_journeys().await,
            desk.all_sessions().await,
            desk.all_entries().await,
        ));
    }
    assert!(seen.iter().all(|state| *state == seen[0]));
    assert_eq!(seen[0].0[0].last_seen, NOW - 5000 + 20);
    assert_eq!(seen[0].1[0].visible_ms, 2000);

    // A clock that is right says when the page was last looked at, in every copy the same.
    for travel in [10, 400, 90] {
        deliver(pings(0), 0, travel).await;
        assert_eq!(desk.all_journeys().await[0].last_seen, NOW - 1000);
    }
}
