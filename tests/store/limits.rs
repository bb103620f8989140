//! Every limit of the protocol: what stays within it is taken, what passes it is told the field and the limit.

use serde_json::{Value, json};
use waymark_protocol::{Reason, Status, limits};

use super::desk::{Desk, batch, context, event, item, page, submit};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    texts_that_are_kept_whole_have_a_limit,
    an_item_has_a_limit_of_bytes,
    texts_that_may_be_cut_are_cut,
    objects_have_a_limit_of_depth,
    a_trait_beyond_a_limit_costs_itself_alone,
    a_batch_has_a_limit_of_items_and_of_context,
);

async fn texts_that_are_kept_whole_have_a_limit(database: Database) {
    let desk = Desk::new(database).await;
    let text = |length: usize| "ü".repeat(length);
    for (number, kind, name, limit) in [
        (0, "event", "name", limits::NAME_CHARS),
        (10, "milestone", "name", limits::NAME_CHARS),
        (20, "identify", "user_id", limits::USER_ID_CHARS),
        (30, "group", "account_id", limits::USER_ID_CHARS),
    ] {
        let items = [
            item(kind, number, 1000, json!({name: text(limit)})),
            item(kind, number + 1, 1000, json!({name: text(limit + 1)})),
            event(number + 2, 1000, "neighbour"),
        ];
        let answer = desk.send(&batch(&context(0, 0), &items)).await;
        let [within, beyond, neighbour] = &answer.results[..] else {
            panic!("{answer:?}");
        };
        assert_eq!(within.status, Status::Accepted, "{kind}");
        assert_eq!(beyond.reason, Some(Reason::TooLarge), "{kind}");
        assert_eq!(beyond.field, Some(format!("data.{name}")));
        assert_eq!(beyond.limit, Some(limit as u64));
        assert_eq!(neighbour.status, Status::Accepted);
    }
}

async fn a_trait_beyond_a_limit_costs_itself_alone(database: Database) {
    let desk = Desk::new(database).await;
    // A value of so many bytes has two quotation marks, and its name of three letters too.
    let long = |bytes: usize| json!("x".repeat(bytes - 7));
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    let cases = [
        (long(limits::TRAIT_BYTES), true),
        (long(limits::TRAIT_BYTES + 1), false),
        (nested(limits::PROPS_DEPTH - 1), true),
        (nested(limits::PROPS_DEPTH), false),
        (json!("\0"), false),
    ];
    for (number, (value, fits)) in cases.into_iter().enumerate() {
        for (kind, id) in [("identify", "user_id"), ("group", "account_id")] {
            let number = 2 * number as u64 + u64::from(kind == "group");
            let traits = json!({"aaa": 1, "bad": value, "zzz": [2]});
            let given = item(kind, number, 1000, json!({id: "7", "traits": traits}));
            let answer = desk.send(&batch(&context(0, 0), &[given])).await;
            assert_eq!(answer.results[0].status, Status::Accepted);
            let ignored: &[&str] = if fits { &[] } else { &["data.traits"] };
            assert_eq!(answer.results[0].ignored, ignored, "{kind} {number}");
            let entries = desk.all_entries().await;
            let made = entries
                .iter()
                .find(|entry| entry.id == super::desk::id(number));
            let kept = serde_json::to_value(made.unwrap()).unwrap()["props"].clone();
            let expected = if fits {
                traits
            } else {
                json!({"aaa": 1, "zzz": [2]})
            };
            assert_eq!(kept, expected, "{kind} {number}");
        }
    }
    // Together they have a limit too, and the first come in.
    let mut many = serde_json::Map::new();
    for number in 10..20 {
        many.insert(format!("t{number}"), json!("x".repeat(2_000)));
    }
    let given = item(
        "identify",
        50,
        1000,
        json!({"user_id": "7", "traits": many}),
    );
    let answer = desk.send(&batch(&context(0, 0), &[given])).await;
    assert_eq!(answer.results[0].ignored, ["data.traits"]);
    let entries = desk.all_entries().await;
    let made = entries
        .iter()
        .find(|entry| entry.id == super::desk::id(50))
        .unwrap();
    let kept = made.props.as_deref().unwrap();
    assert!(
        kept.contains("t17") && !kept.contains("t18"),
        "{}",
        kept.len()
    );
}

async fn an_item_has_a_limit_of_bytes(database: Database) {
    let desk = Desk::new(database).await;
    let of_bytes = |number: u64, bytes: usize| {
        let mut item = event(number, 1000, "e");
        item["data"]["props"] = json!({"text": ""});
        let missing = bytes - item.to_string().len();
        item["data"]["props"]["text"] = json!("x".repeat(missing));
        assert_eq!(item.to_string().len(), bytes);
        item
    };
    let items = [
        of_bytes(0, limits::ITEM_BYTES),
        of_bytes(1, limits::ITEM_BYTES + 1),
    ];
    let answer = desk.send(&batch(&context(0, 0), &items)).await;
    assert_eq!(answer.results[0].status, Status::Accepted);
    let beyond = &answer.results[1];
    assert_eq!(beyond.reason, Some(Reason::TooLarge));
    assert_eq!(beyond.field.as_deref(), Some("items[1]"));
    assert_eq!(beyond.limit, Some(limits::ITEM_BYTES as u64));
}

async fn texts_that_may_be_cut_are_cut(database: Database) {
    let desk = Desk::new(database).await;
    let mut long = page(0, 1000, &format!("/{}", "p".repeat(limits::URL_CHARS)));
    long["data"]["title"] = json!("t".repeat(limits::TEXT_CHARS + 1));
    desk.accept(&batch(&context(0, 0), &[long])).await;
    let entry = &desk.all_entries().await[0];
    let chars = |text: &Option<String>| text.as_ref().map(|text| text.chars().count());
    assert_eq!(chars(&entry.url), Some(limits::URL_CHARS));
    assert_eq!(chars(&entry.title), Some(limits::TEXT_CHARS));
}

async fn objects_have_a_limit_of_depth(database: Database) {
    let desk = Desk::new(database).await;
    let nested = |levels| (1..levels).fold(json!({}), |inner, _| json!({"a": inner}));
    let of_depth = |number: u64, levels: usize| {
        let mut item = event(number, 1000, "e");
        item["data"]["props"] = nested(levels);
        item
    };
    let items = [
        of_depth(0, limits::PROPS_DEPTH),
        of_depth(1, limits::PROPS_DEPTH + 2),
    ];
    let answer = desk.send(&batch(&context(0, 0), &items)).await;
    let told: Vec<(Status, &[String])> = answer
        .results
        .iter()
        .map(|line| (line.status, &line.ignored[..]))
        .collect();
    assert_eq!(
        told,
        [
            (Status::Accepted, &[][..]),
            (Status::Accepted, &["data.props".to_owned()][..])
        ]
    );
}

async fn a_batch_has_a_limit_of_items_and_of_context(database: Database) {
    let desk = Desk::new(database).await;
    let items: Vec<Value> = (0..=limits::BATCH_ITEMS as u64)
        .map(|number| event(number, 1000, "e"))
        .collect();
    let refused = |batch: Value| async move {
        let error = submit(&desk.ingest, &desk.site, &batch).await.unwrap_err();
        match error {
            waymark_collector::ingest::IngestError::Refused(refused) => {
                (refused.field.unwrap(), refused.limit.unwrap(), desk)
            }
            other => panic!("{other:?}"),
        }
    };
    let (field, limit, desk) = refused(batch(&context(0, 0), &items)).await;
    assert_eq!((field.as_str(), limit), ("items", limits::BATCH_ITEMS));
    desk.accept(&batch(&context(0, 0), &items[1..])).await;

    let mut large = context(0, 0);
    large["whatever"] = json!("x".repeat(limits::CONTEXT_BYTES));
    let error = submit(&desk.ingest, &desk.site, &batch(&large, &items[..1])).await;
    let Err(waymark_collector::ingest::IngestError::Refused(refused)) = error else {
        panic!("{error:?}");
    };
    assert_eq!(refused.field.as_deref(), Some("context"));
    assert_eq!(refused.limit, Some(limits::CONTEXT_BYTES));
}
