//! One field of a message of the Segment HTTP API broken at a time, in every way that a field can be broken: it costs its
//! message at most, and the database never has to refuse anything.

use serde_json::{Value, json};
use waymark_collector::ingest::Received;
use waymark_collector::ingest::segment::{self, Call, Located, Request};
use waymark_protocol::{Reason, Status};

use super::desk::{Desk, NOW, fresh_site};
use super::fuzz::{broken, paths};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(a_broken_field_costs_no_more_than_its_message);

/// A message of each type with all that this door looks at.
fn full() -> Value {
    let context = json!({
        "campaign": {"source": "s", "medium": "m", "name": "n", "term": "t", "content": "c"},
        "page": {"url": "https://shop.example/?gclid=1", "referrer": "https://news.example/", "title": "Shop"},
        "referrer": {"url": "https://news.example/"},
        "ip": "192.0.2.7", "userAgent": "Mozilla/5.0", "locale": "de", "timezone": "Europe/Berlin",
        "screen": {"width": 390, "height": 844}, "sessionId": "1795876628",
        "library": {"name": "lib", "version": "1"}, "traits": {"plan": "team"},
    });
    let message = |kind: &str, more: Value| {
        let mut message = json!({
            "type": kind, "messageId": format!("id of {kind}"), "anonymousId": "a browser", "userId": "u1",
            "timestamp": NOW - 5000, "sentAt": NOW, "context": context,
        });
        let own = more.as_object().unwrap().clone();
        message.as_object_mut().unwrap().extend(own);
        message
    };
    let bought = json!({"revenue": 49.9, "currency": "EUR", "products": [{"sku": "a"}]});
    json!({"sentAt": NOW, "context": {"locale": "en"}, "batch": [
        message("track", json!({"event": "Order Completed", "properties": bought})),
        message("page", json!({"name": "Home", "category": "c", "properties": {"url": "https://shop.example/"}})),
        message("screen", json!({"name": "Start", "originalTimestamp": NOW - 6000})),
        message("identify", json!({"traits": {"plan": "pro"}})),
        message("group", json!({"groupId": "g1", "traits": {"seats": 3}})),
        message("alias", json!({"previousId": "u0"})),
    ]})
}

async fn a_broken_field_costs_no_more_than_its_message(database: Database) {
    let desk = Desk::new(database).await;
    let full = full();
    let mut all = Vec::new();
    paths(&full, "", &mut all);
    assert!(all.len() > 150, "{}", all.len());
    let (mut refused, mut dropped) = (0, 0);
    for path in &all {
        for bad in broken() {
            let mut body = full.clone();
            *body.pointer_mut(path).unwrap() = bad.clone();
            let case: String = format!("{path} = {bad}").chars().take(90).collect();
            let text = body.to_string();
            let Ok(batch) = segment::read(Call::Batch, text.as_bytes()) else {
                assert_eq!(path, "/batch", "{case}");
                refused += 1;
                continue;
            };
            let locate = |_| -> Located { Located::default() };
            let stages = desk.store.stages(1);
            let request = Request {
                stages: &stages,
                received: Received {
                    at_ms: NOW,
                    ..Received::default()
                },
                locate: Some(&locate),
            };
            let site = fresh_site();
            let parts = batch.parts(&site, &request);
            let lines = desk.ingest.submit_parts(&site, &parts).await.unwrap();
            let own = path
                .strip_prefix("/batch/")
                .and_then(|rest| rest.split('/').next())
                .and_then(|index| index.parse::<usize>().ok());
            for (index, line) in lines.iter().enumerate() {
                assert_ne!(line.reason, Some(Reason::Rejected), "{case}: {index}");
                if own == Some(index) {
                    dropped += i32::from(line.status == Status::Dropped);
                    assert_ne!(line.status, Status::Retry, "{case}: {line:?}");
                } else {
                    assert_eq!(line.status, Status::Accepted, "{case}: {index}: {line:?}");
                }
            }
        }
    }
    assert!(
        refused > 10 && dropped > 100,
        "{refused} refused, {dropped} dropped"
    );
    desk.log.assert_quiet();
}
