//! The body of a request: ready JSON texts put together, so that nothing is serialised twice.

use super::number;
use super::text::{own, push};

/// Bytes that a batch has around its context and items, generously.
pub const ENVELOPE: usize = 512;

/// What is the same in every batch of a page: everything up to the time of sending.
///
/// `key` and `sdk` are JSON.
pub fn head(key: &str, sdk: &str) -> String {
    let mut out = own("{\"v\":");
    number::push(&mut out, u64::from(waymark_protocol::VERSION));
    push(&mut out, ",\"key\":");
    push(&mut out, key);
    push(&mut out, ",\"sdk\":");
    push(&mut out, sdk);
    push(&mut out, ",\"sent_at\":");
    out
}

/// The body. `ga` is the JSON of Google Analytics' ids, empty if there are none, put into the context here and not when an item was made: an item
/// made before the cookie was there would otherwise go without.
pub fn body<'a>(
    head: &str,
    sent_at: i64,
    context: &str,
    ga: &str,
    items: impl Iterator<Item = &'a str>,
) -> String {
    let mut out = own(head);
    number::push_time(&mut out, sent_at);
    push(&mut out, ",\"context\":");
    let mut context = context;
    if !ga.is_empty()
        && let Some(rest) = context.strip_prefix("{")
    {
        push(&mut out, "{\"ga\":");
        push(&mut out, ga);
        push(&mut out, ",");
        context = rest;
    }
    push(&mut out, context);
    push(&mut out, ",\"items\":");
    let mut separator = "[";
    for item in items {
        push(&mut out, separator);
        push(&mut out, item);
        separator = ",";
    }
    push(&mut out, "]}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use waymark_protocol::Batch;

    const FULL: &str = include_str!("../../../protocol/fixtures/v1/batch.full.json");

    #[test]
    fn the_body_is_the_protocols_batch() {
        let fixture: Value = serde_json::from_str(FULL).expect("the fixture is JSON");
        let typed: Batch<waymark_protocol::Context, Value> =
            serde_json::from_str(FULL).expect("the fixture is a batch");
        let mut context = typed.context;
        let ga = serde_json::to_string(&context.ga.take()).expect("serialises");
        let items: Vec<String> = typed.items.iter().map(Value::to_string).collect();
        let head = head(
            "\"wk_fixture\"",
            &serde_json::to_string(&typed.sdk).expect("serialises"),
        );
        let body = body(
            &head,
            typed.sent_at,
            &serde_json::to_string(&context).expect("serialises"),
            &ga,
            items.iter().map(String::as_str),
        );
        assert_eq!(
            serde_json::from_str::<Value>(&body).expect("the body is JSON"),
            fixture
        );
    }

    #[test]
    fn without_ga_the_context_stays_as_it_is() {
        assert_eq!(
            body("{", 7, "{\"a\":1}", "", ["1", "2"].into_iter()),
            "{7,\"context\":{\"a\":1},\"items\":[1,2]}"
        );
    }
}
