//! The body of a webhook, version 1.
//!
//! ```json
//! {"version":1,"type":"milestone.reached","timestamp":"2026-01-01T12:00:00.123Z","data":{…}}
//! ```
//!
//! What stands in it follows from the item as it was stored, so that every attempt says the same. Fields may be added
//! within a version; none is taken away or changes its meaning.

use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::store::outgoing::Outgoing;

/// See the module.
const VERSION: u32 = 1;
/// What [`test`] is called.
const TEST: &str = "destination.test";

/// What every body is.
#[derive(Serialize)]
pub(crate) struct Body<D> {
    version: u32,
    r#type: &'static str,
    timestamp: String,
    data: D,
}

#[derive(Serialize)]
struct Data<'o> {
    site_id: i64,
    item_id: Uuid,
    at: i64,
    received_at: i64,
    visitor_id: Uuid,
    visitor_name: Option<&'o str>,
    session_id: Uuid,
    user_id: Option<&'o str>,
    /// Only of what is told as a milestone.
    milestone: Option<&'o str>,
    /// The kind of the item: `event` or `milestone`.
    kind: &'o str,
    name: Option<&'o str>,
    url: Option<&'o str>,
    title: Option<&'o str>,
    page_view_id: Option<Uuid>,
    props: Option<&'o RawValue>,
    conversion: bool,
    value: Option<&'o str>,
    currency: Option<&'o str>,
}

/// What is said of an item: of the milestone that it reaches, or of itself.
///
/// # Errors
/// Those of JSON, which would be a defect.
pub(crate) fn body(
    site_id: i64,
    outgoing: &Outgoing,
    milestone: Option<&str>,
) -> Result<Vec<u8>, serde_json::Error> {
    let data = Data {
        site_id,
        item_id: outgoing.item_id,
        at: outgoing.at,
        received_at: outgoing.received_at,
        visitor_id: outgoing.visitor_id,
        visitor_name: outgoing.visitor_name.as_deref(),
        session_id: outgoing.session_id,
        user_id: outgoing.user_id.as_deref(),
        milestone,
        kind: &outgoing.kind,
        name: outgoing.name.as_deref(),
        url: outgoing.url.as_deref(),
        title: outgoing.title.as_deref(),
        page_view_id: outgoing.page_view_id,
        props: outgoing
            .props
            .as_deref()
            .map(serde_json::from_str)
            .transpose()?,
        conversion: outgoing.conversion,
        value: outgoing.value.as_deref(),
        currency: outgoing.currency.as_deref(),
    };
    let kind = match milestone {
        Some(_) => "milestone.reached",
        None => "event.recorded",
    };
    serde_json::to_vec(&told(kind, outgoing.at, data))
}

/// What is sent to try a receiver.
///
/// # Errors
/// Those of JSON, which would be a defect.
pub(crate) fn test(site_id: i64, now: i64) -> Result<Vec<u8>, serde_json::Error> {
    let data = serde_json::json!({ "site_id": site_id });
    serde_json::to_vec(&told(TEST, now, data))
}

/// Something of a kind that happened at a moment.
pub(crate) fn told<D>(kind: &'static str, at: i64, data: D) -> Body<D> {
    Body {
        version: VERSION,
        r#type: kind,
        timestamp: jiff::Timestamp::from_millisecond(at)
            .map_or_else(|_| at.to_string(), |at| format!("{at:.3}")),
        data,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_body_says_what_is_stored() {
        let outgoing = Outgoing {
            kind: "event".to_owned(),
            at: 1_767_268_800_123,
            received_at: 1_767_268_800_500,
            name: Some("paid".to_owned()),
            props: Some(r#"{"plan":"pro","seats":3.50}"#.to_owned()),
            conversion: true,
            value: Some("49.90".to_owned()),
            currency: Some("EUR".to_owned()),
            ..Outgoing::default()
        };
        let text = body(7, &outgoing, None).unwrap();
        assert!(String::from_utf8_lossy(&text).contains(r#""seats":3.50"#));
        let read: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(read["version"], 1);
        assert_eq!(read["type"], "event.recorded");
        assert_eq!(read["timestamp"], "2026-01-01T12:00:00.123Z");
        assert_eq!(read["data"]["value"], "49.90");
        assert_eq!(read["data"]["milestone"], Value::Null);
        let text = body(7, &outgoing, Some("first_payment")).unwrap();
        let read: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(read["type"], "milestone.reached");
        assert_eq!(
            (&read["data"]["milestone"], &read["data"]["name"]),
            (&json!("first_payment"), &json!("paid"))
        );
    }
}
