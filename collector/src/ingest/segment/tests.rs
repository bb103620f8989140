//! What each message becomes, as JSON of the wire.

use serde_json::{Value, json};

use super::*;
use crate::ingest::Protocol;

const NOW: i64 = 1_795_876_628_628;
const BROWSER: &str = "0197f0a2-5e1f-7c3a-9a44-5f0c2ab1d001";

fn site() -> Site {
    Site {
        id: 1,
        workspace: 1,
        name: "Shop".into(),
        key: "wk_a".into(),
        origins: Vec::new(),
        time_zone: "America/New_York".into(),
        server_key_required: false,
        renew_cookie: false,
        cookie_domain: None,
        currency: None,
        is_demo: false,
        created_at: 0,
    }
}

fn located(address: IpAddr) -> Located {
    let place = Place {
        country: Some("DE".into()),
        ..Place::default()
    };
    (place, Some(address.to_string()))
}

/// What becomes of one message.
struct Converted {
    item: Value,
    context: Value,
    received: Received,
    sent_at: i64,
}

fn convert_as(call: Call, believed: bool, body: &Value) -> Converted {
    let body = body.to_string();
    let batch = read(call, body.as_bytes()).unwrap();
    let stages = Definition::standard();
    let request = Request {
        stages: &stages,
        received: Received {
            at_ms: NOW,
            by_server: true,
            ..Received::default()
        },
        locate: believed.then_some(&located as &dyn Fn(IpAddr) -> Located),
    };
    let part = batch.parts(&site(), &request).pop().unwrap();
    let json = |raw: &RawValue| serde_json::from_str(raw.get()).unwrap();
    Converted {
        item: json(&part.item),
        context: json(&part.context),
        received: part.received,
        sent_at: part.sent_at,
    }
}

fn convert(message: &Value) -> Converted {
    convert_as(Call::Batch, false, &json!({"batch": [message]}))
}

/// The type and the details of the item that a message becomes.
fn said(message: &Value) -> (Value, Value) {
    let Value::Object(mut item) = convert(message).item else {
        panic!("no item");
    };
    (item["type"].take(), item["data"].take())
}

#[test]
fn each_type_has_its_kind_of_item() {
    for (message, kind, data) in [
        (
            json!({"type": "track", "event": "Plan Chosen", "properties": {"plan": "pro"},
                   "context": {"page": {"url": "https://shop.example/plans"}}}),
            "event",
            json!({"name": "Plan Chosen", "props": {"plan": "pro"}, "url": "https://shop.example/plans"}),
        ),
        (
            json!({"type": "track", "event": "signup_at", "properties": {"plan": "pro"}}),
            "milestone",
            json!({"name": "signup_at", "props": {"plan": "pro"}}),
        ),
        (
            json!({"type": "page", "name": "Home", "category": "Public",
                   "properties": {"url": "https://shop.example/", "title": "Shop", "tier": 2},
                   "context": {"page": {"url": "https://other.example/", "referrer": "https://news.example/"}}}),
            "page_view",
            json!({"url": "https://shop.example/", "title": "Shop", "referrer": "https://news.example/",
                   "props": {"name": "Home", "category": "Public", "url": "https://shop.example/",
                             "title": "Shop", "tier": 2}}),
        ),
        (
            json!({"type": "page", "name": "Home"}),
            "event",
            json!({"name": "Page Viewed", "props": {"name": "Home"}}),
        ),
        (
            json!({"type": "screen", "name": "Start", "properties": {"tab": 1}}),
            "event",
            json!({"name": "Screen Viewed", "props": {"name": "Start", "tab": 1}}),
        ),
        (
            json!({"type": "identify", "userId": 7, "traits": {"plan": "pro"}}),
            "identify",
            json!({"user_id": "7", "traits": {"plan": "pro"}}),
        ),
        (
            json!({"type": "identify", "userId": "u1", "context": {"traits": {"plan": "pro"}}}),
            "identify",
            json!({"user_id": "u1", "traits": {"plan": "pro"}}),
        ),
        (
            json!({"type": "alias", "userId": "u1", "previousId": "u0"}),
            "identify",
            json!({"user_id": "u1", "previous_id": "u0"}),
        ),
        (
            json!({"type": "group", "userId": "u1", "groupId": "g1", "traits": {"seats": 3}}),
            "group",
            json!({"account_id": "g1", "traits": {"seats": 3}}),
        ),
    ] {
        assert_eq!(said(&message), (json!(kind), data), "{message}");
    }
}

#[test]
fn money_is_the_decimal_that_was_meant() {
    let of = |event: &str, properties: Value| {
        let (_, data) = said(&json!({"type": "track", "event": event, "properties": properties}));
        (
            data["value"].clone(),
            data["currency"].clone(),
            data["conversion"] == true,
        )
    };
    let order = |properties: Value| of("Order Completed", properties);
    let (euro, null) = (json!("EUR"), Value::Null);
    assert_eq!(
        order(json!({"revenue": 49.9, "total": 60, "currency": "EUR"})),
        (json!("49.9"), euro.clone(), true)
    );
    assert_eq!(
        order(json!({"total": "60.00"})),
        (json!("60.00"), null.clone(), true)
    );
    assert_eq!(
        order(json!({"order_id": "o1"})),
        (null.clone(), null.clone(), true)
    );
    // Three times 1.1, in JavaScript.
    assert_eq!(
        order(json!({"revenue": 3.3000000000000003})).0,
        json!("3.3")
    );
    assert_eq!(order(json!({"revenue": 1e3})).0, json!("1000.0"));
    assert_eq!(order(json!({"revenue": [1]})).0, json!([1]));
    assert_eq!(
        of(
            "Plan Chosen",
            json!({"value": 5, "total": 6, "currency": "EUR"})
        ),
        (json!("5"), euro, false)
    );
    assert_eq!(of("Plan Chosen", json!({"total": 6})).0, null);
    assert_eq!(
        of("Order Refunded", json!({"revenue": 5, "currency": "EUR"})),
        (null.clone(), null, false)
    );
}

#[test]
fn what_is_missing_is_left_for_the_reader_of_items_to_name() {
    assert_eq!(said(&json!({"type": "track"})).1["name"], Value::Null);
    assert_eq!(
        said(&json!({"type": "identify", "anonymousId": "a"})).1["user_id"],
        Value::Null
    );
    assert_eq!(
        said(&json!({"type": "group", "userId": "u1"})).1["account_id"],
        Value::Null
    );
    // No message passes for a kind of the wire's own.
    assert_eq!(said(&json!({"type": "page_ping"})).0, "segment.page_ping");
    assert_eq!(said(&json!({"event": "x"})).0, Value::Null);
    let nobody = convert(&json!({"type": "track", "event": "x"}));
    assert_eq!(nobody.context["visitor_id"], Value::Null);
    assert_eq!(convert(&json!(7)).item, 7);
}

#[test]
fn ids_and_times_are_the_messages_own() {
    let message = |more: Value| {
        let mut message = json!({"type": "track", "event": "x", "anonymousId": BROWSER, "messageId": "m1",
                                 "timestamp": "2026-11-28T14:37:08.628Z", "sentAt": "2026-11-28T14:37:10Z"});
        for (name, value) in more.as_object().unwrap() {
            message[name] = value.clone();
        }
        convert(&message)
    };
    let plain = message(json!({}));
    assert_eq!(plain.context["visitor_id"], BROWSER);
    assert_eq!(
        (&plain.item["at"], plain.sent_at),
        (&json!(NOW), NOW + 1372)
    );
    assert_eq!(plain.item["seq"], 0);
    let later = message(json!({"sentAt": "2026-11-28T14:40:00Z"}));
    assert_eq!(plain.item["id"], later.item["id"]);
    // Without an id of its own, what it says is what it is known by.
    let unnamed = |more: Value| {
        let mut more = more;
        more["messageId"] = Value::Null;
        message(more).item["id"].clone()
    };
    assert_eq!(
        unnamed(json!({})),
        unnamed(json!({"sentAt": "2026-11-28T14:40:00Z"}))
    );
    assert_ne!(unnamed(json!({})), unnamed(json!({"event": "y"})));
    let undated = json!({"timestamp": null});
    assert_ne!(unnamed(undated.clone()), unnamed(undated));
}

#[test]
fn a_session_is_named_or_the_visitors_day_where_the_site_is() {
    let session = |visitor: &str, time: &str, named: Value| {
        let message = json!({"type": "track", "event": "x", "anonymousId": visitor, "messageId": "m1",
                             "timestamp": time, "context": {"sessionId": named}});
        convert(&message).context["session"]["id"].clone()
    };
    let null = Value::Null;
    // Seven in the evening and two in the morning, in New York.
    let evening = session(BROWSER, "2026-11-27T00:00:00Z", null.clone());
    assert_eq!(
        evening,
        session(BROWSER, "2026-11-26T07:00:00Z", null.clone())
    );
    assert_ne!(
        evening,
        session(BROWSER, "2026-11-27T07:00:00Z", null.clone())
    );
    assert_ne!(
        evening,
        session("other", "2026-11-27T00:00:00Z", null.clone())
    );
    let named = session(BROWSER, "2026-11-27T00:00:00Z", json!(1_795_876_628));
    assert_eq!(
        named,
        session(BROWSER, "2026-11-25T00:00:00Z", json!("1795876628"))
    );
    assert_ne!(named, evening);
    assert_eq!(
        session(BROWSER, "2026-11-27T00:00:00Z", json!(BROWSER)),
        BROWSER
    );
}

#[test]
fn a_touch_is_told_by_who_knows_of_one() {
    let touch = |context: Value| {
        let message = json!({"type": "track", "event": "x", "userId": "u1", "timestamp": NOW, "context": context});
        convert(&message).context["touch"].clone()
    };
    assert_eq!(touch(json!({})), Value::Null);
    assert_eq!(
        touch(json!({"page": {"url": "https://shop.example/"}})),
        Value::Null
    );
    assert_eq!(
        touch(
            json!({"campaign": {"name": "June", "source": "news", "medium": "email", "term": "t", "content": "c"}})
        ),
        json!({"at": NOW, "campaign": "June", "source": "news", "medium": "email", "term": "t", "content": "c"})
    );
    assert_eq!(
        touch(json!({"page": {"url": "https://shop.example/", "referrer": ""}})),
        json!({"at": NOW, "landing_url": "https://shop.example/", "referrer": ""})
    );
    let url = "https://shop.example/?utm_source=ads&utm_medium=&gclid=G1";
    assert_eq!(
        touch(json!({"page": {"url": url}, "referrer": {"url": "https://www.google.com/"}})),
        json!({"at": NOW, "landing_url": url, "referrer": "https://www.google.com/", "source": "ads",
               "click_ids": {"gclid": "G1"}})
    );
}

#[test]
fn an_address_and_a_browser_count_from_who_is_believed() {
    let body = json!({"userId": "u1", "event": "x", "context": {
        "ip": "192.0.2.7", "userAgent": "Mozilla/5.0", "locale": "de-DE", "timezone": "Europe/Berlin",
        "screen": {"width": 390, "height": "x"}, "library": {"name": "lib", "version": "1"}}});
    let stranger = convert_as(Call::Track, false, &body);
    assert_eq!(stranger.received.protocol, Protocol::Segment);
    assert_eq!(
        (&stranger.received.user_agent, &stranger.received.ip),
        (&None, &None)
    );
    let device = json!({"language": "de-DE", "time_zone": "Europe/Berlin", "screen_width": 390});
    assert_eq!(stranger.context["device"], device);
    let believed = convert_as(Call::Track, true, &body).received;
    assert_eq!(believed.user_agent.as_deref(), Some("Mozilla/5.0"));
    assert_eq!(believed.ip.as_deref(), Some("192.0.2.7"));
    assert_eq!(believed.place.country.as_deref(), Some("DE"));
    assert!(!believed.by_server);
}

#[test]
fn a_batch_speaks_for_messages_that_do_not_say() {
    let batch = json!({"batch": [{"type": "track", "event": "x", "userId": "u1", "timestamp": NOW}],
                       "context": {"locale": "fr"}, "sentAt": NOW + 5, "writeKey": "wk_a"});
    let converted = convert_as(Call::Batch, false, &batch);
    assert_eq!(converted.context["device"]["language"], "fr");
    assert_eq!(converted.sent_at, NOW + 5);
    let text = batch.to_string();
    let key = read(Call::Batch, text.as_bytes()).unwrap().write_key;
    assert_eq!(key.as_deref(), Some("wk_a"));
}

#[test]
fn a_body_that_cannot_be_read_is_refused_by_name() {
    let refused = |call, body: &str| {
        let refused = read(call, body.as_bytes()).err().unwrap();
        (refused.code.as_str(), refused.field)
    };
    let batch = Some("batch".to_owned());
    assert_eq!(refused(Call::Batch, "{"), ("invalid_json", None));
    assert_eq!(refused(Call::Track, "[]"), ("invalid_json", None));
    assert_eq!(refused(Call::Batch, "{}"), ("invalid_field", batch.clone()));
    assert_eq!(
        refused(Call::Batch, r#"{"batch": {}}"#),
        ("invalid_field", batch.clone())
    );
    let many = format!(r#"{{"batch": [{}]}}"#, vec!["{}"; 501].join(","));
    assert_eq!(refused(Call::Batch, &many), ("too_many_items", batch));
}
