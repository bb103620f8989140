//! Requests of Google Analytics 4's Measurement Protocol.
//!
//! An event goes there under the client id and the session id that Google's own cookies had in the visitor's browser, so that
//! it stands beside what Google saw of them. Names, numbers and lengths keep to Google's limits, because what does not is
//! dropped there without a word:
//! <https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events>,
//! <https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference>.
//!
//! Never sends a user id, an address, or a text with an `@` in it: Google's terms forbid what tells who somebody is.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::store::outgoing::Outgoing;

/// How far back an event may lie.
pub(crate) const OLDEST_MS: i64 = 72 * 60 * 60 * 1000;
/// Where events go.
pub(crate) const COLLECT: &str = "/mp/collect";
/// Where they are only checked.
pub(crate) const CHECK: &str = "/debug/mp/collect";
/// Where destinations are without a word of their own.
pub(crate) const SERVER: &str = "https://www.google-analytics.com";

const NAME_CHARS: usize = 40;
const PARAMS: usize = 25;
const VALUE_CHARS: usize = 100;
/// Params that are set here.
const OWN: [&str; 4] = ["session_id", "engagement_time_msec", "value", "currency"];
/// What names that Google keeps for itself begin with.
const RESERVED_PREFIXES: [&str; 4] = ["firebase_", "ga_", "google_", "gtag."];
/// Names of events that Google keeps for itself.
const RESERVED: &[&str] = &[
    "ad_activeview",
    "ad_click",
    "ad_exposure",
    "ad_query",
    "ad_reward",
    "adunit_exposure",
    "app_background",
    "app_clear_data",
    "app_exception",
    "app_remove",
    "app_store_refund",
    "app_store_subscription_cancel",
    "app_store_subscription_convert",
    "app_store_subscription_renew",
    "app_update",
    "app_upgrade",
    "dynamic_link_app_open",
    "dynamic_link_app_update",
    "dynamic_link_first_open",
    "error",
    "firebase_campaign",
    "firebase_in_app_message_action",
    "first_open",
    "first_visit",
    "in_app_purchase",
    "notification_dismiss",
    "notification_foreground",
    "notification_open",
    "notification_receive",
    "notification_send",
    "os_update",
    "screen_view",
    "session_start",
    "session_start_with_rollout",
    "user_engagement",
];
/// What stands before a name that would be reserved or does not begin with a letter.
const PREFIX: &str = "wm_";

/// The ids of a browser by Google's cookies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) client_id: String,
    pub(crate) session_id: Option<String>,
}

#[derive(Serialize)]
struct Body<'e> {
    client_id: &'e str,
    timestamp_micros: i64,
    events: [Event<'e>; 1],
}

#[derive(Serialize)]
struct Event<'e> {
    name: String,
    params: Params<'e>,
}

#[derive(Serialize)]
struct Params<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'e str>,
    engagement_time_msec: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'e RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'e str>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// A name of an event as Google takes it: letters, digits and underscores, 40 at most, and none that is reserved.
pub(crate) fn event_name(name: &str) -> String {
    let name = clean(name);
    if RESERVED.contains(&&*name) || has_reserved_prefix(&name) {
        cut(&format!("{PREFIX}{name}"), NAME_CHARS)
    } else {
        name
    }
}

fn param_name(name: &str) -> String {
    let name = clean(name);
    if has_reserved_prefix(&name) || OWN.contains(&name.as_str()) {
        cut(&format!("{PREFIX}{name}"), NAME_CHARS)
    } else {
        name
    }
}

fn clean(name: &str) -> String {
    let kept: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if kept.starts_with(|c: char| c.is_ascii_alphabetic()) {
        cut(&kept, NAME_CHARS)
    } else {
        cut(&format!("{PREFIX}{kept}"), NAME_CHARS)
    }
}

fn has_reserved_prefix(name: &str) -> bool {
    RESERVED_PREFIXES
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

fn cut(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

/// The body for an item under a name. `client` is whose it is.
///
/// # Errors
/// Those of JSON, which would be a defect.
pub(crate) fn body(
    outgoing: &Outgoing,
    name: &str,
    client: &Client,
) -> Result<Vec<u8>, serde_json::Error> {
    // Google takes a value with its currency or not at all. As a number it stands as it was written.
    let money = outgoing.value.as_deref().zip(outgoing.currency.as_deref());
    let money = money.and_then(|(value, currency)| Some((number(value)?, currency)));
    let own = 1 + usize::from(client.session_id.is_some()) + if money.is_some() { 2 } else { 0 };
    let body = Body {
        client_id: &client.client_id,
        timestamp_micros: outgoing.at.saturating_mul(1000),
        events: [Event {
            name: event_name(name),
            params: Params {
                session_id: client.session_id.as_deref(),
                // Without one the event is missing in reports of users; this is the least there is.
                engagement_time_msec: 1,
                value: money.as_ref().map(|(value, _)| &**value),
                currency: money.as_ref().map(|(_, currency)| *currency),
                others: params(outgoing.props.as_deref(), PARAMS - own),
            },
        }],
    };
    serde_json::to_vec(&body)
}

/// What is sent to have a destination's settings checked.
///
/// # Errors
/// Those of JSON, which would be a defect.
pub(crate) fn test(now: i64) -> Result<Vec<u8>, serde_json::Error> {
    let outgoing = Outgoing {
        at: now,
        ..Outgoing::default()
    };
    let client = Client {
        client_id: "1.1".to_owned(),
        session_id: None,
    };
    body(&outgoing, "destination_test", &client)
}

/// A decimal text as a number of JSON, which begins with no zero that says nothing.
fn number(text: &str) -> Option<Box<RawValue>> {
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text), |rest| ("-", rest));
    let digits = digits.trim_start_matches('0');
    let zero = if digits.starts_with(|c: char| c.is_ascii_digit()) {
        ""
    } else {
        "0"
    };
    RawValue::from_string(format!("{sign}{zero}{digits}")).ok()
}

/// The properties that Google takes: texts, numbers and flags, the first ones by name.
fn params(props: Option<&str>, most: usize) -> Map<String, Value> {
    let props: Map<String, Value> = props
        .and_then(|props| serde_json::from_str(props).ok())
        .unwrap_or_default();
    let mut params = Map::new();
    for (name, value) in props {
        let value = match value {
            Value::String(text) if !text.contains('@') => Value::String(cut(&text, VALUE_CHARS)),
            Value::Bool(flag) => Value::String(flag.to_string()),
            number @ Value::Number(_) => number,
            Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => continue,
        };
        if params.len() < most {
            params.entry(param_name(&name)).or_insert(value);
        }
    }
    params
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn client() -> Client {
        Client {
            client_id: "1162820436.1749482504".to_owned(),
            session_id: Some("1749482504".to_owned()),
        }
    }

    fn read(outgoing: &Outgoing, name: &str) -> Value {
        serde_json::from_slice(&body(outgoing, name, &client()).unwrap()).unwrap()
    }

    #[test]
    fn an_event_stands_under_its_client_and_session() {
        let outgoing = Outgoing {
            at: 1_767_268_800_123,
            props: Some(
                json!({"plan": "pro", "seats": 3, "trial": false, "mail": "a@b.example", "deep": {"a": 1},
                    "session_id": "mine", "long": "x".repeat(300), "ga_x": 1, "0th": 2})
                .to_string(),
            ),
            value: Some("0049.90".to_owned()),
            currency: Some("EUR".to_owned()),
            ..Outgoing::default()
        };
        let text = String::from_utf8(body(&outgoing, "paid", &client()).unwrap()).unwrap();
        assert!(text.contains(r#""value":49.90,"#), "{text}");
        assert_eq!(
            read(&outgoing, "paid"),
            json!({
                "client_id": "1162820436.1749482504",
                "timestamp_micros": 1_767_268_800_123_000_i64,
                "events": [{"name": "paid", "params": {
                    "session_id": "1749482504", "engagement_time_msec": 1, "value": 49.9, "currency": "EUR",
                    "plan": "pro", "seats": 3, "trial": "false", "wm_session_id": "mine",
                    "long": "x".repeat(100), "wm_ga_x": 1, "wm_0th": 2,
                }}],
            })
        );
    }

    #[test]
    fn a_value_without_a_currency_stays_here() {
        let outgoing = Outgoing {
            value: Some("1".to_owned()),
            ..Outgoing::default()
        };
        let params = &read(&outgoing, "paid")["events"][0]["params"];
        assert_eq!(
            params,
            &json!({"session_id": "1749482504", "engagement_time_msec": 1})
        );
        for (text, number_text) in [("0", "0"), ("-0.50", "-0.50"), ("000", "0"), ("10", "10")] {
            assert_eq!(number(text).unwrap().get(), number_text);
        }
    }

    #[test]
    fn reserved_names_get_another_one() {
        for (name, theirs) in [
            ("signup_at", "signup_at"),
            ("session_start", "wm_session_start"),
            ("ga_session", "wm_ga_session"),
            ("2nd visit", "wm_2nd_visit"),
            ("müsli gekauft", "m_sli_gekauft"),
        ] {
            assert_eq!(event_name(name), theirs);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sent_keeps_to_the_limits(
            name in "\\PC{1,100}",
            props in prop::collection::btree_map("\\PC{1,60}", "\\PC{0,200}", 0..60),
        ) {
            let outgoing = Outgoing {
                props: Some(json!(props).to_string()),
                value: Some("1".to_owned()),
                currency: Some("EUR".to_owned()),
                ..Outgoing::default()
            };
            let sent = read(&outgoing, &name);
            let named = |name: &str| {
                name.len() <= NAME_CHARS && name.starts_with(|c: char| c.is_ascii_alphabetic())
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                    && !has_reserved_prefix(name)
            };
            let event = &sent["events"][0];
            let name = event["name"].as_str().unwrap();
            prop_assert!(named(name) && !RESERVED.contains(&name));
            let params = event["params"].as_object().unwrap();
            prop_assert!(params.len() <= PARAMS);
            for (name, value) in params {
                prop_assert!(named(name), "{name}");
                if let Some(text) = value.as_str() {
                    prop_assert!(text.chars().count() <= VALUE_CHARS && !text.contains('@'));
                }
            }
            prop_assert_eq!(params["session_id"].as_str(), Some("1749482504"));
        }
    }
}
