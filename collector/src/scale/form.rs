//! How facts are written into a message and read again.
//!
//! ```text
//! {"v": 1, "arrivals": [{…}], "facts": [{"arrival": 0, …}, {"arrival": 0, …}]}
//! ```
//!
//! JSON, since a message may wait while programs are exchanged, and may have to be looked at by a person. What items of one
//! batch have in common stands once. A version is what it is for ever: whoever adds a field makes a new version, and a field that
//! a version does not have is refused, because leaving it out would store something that nobody sent. docs/queue.md describes it.

mod arrived;
mod told;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::arrived::Arrived;
use self::told::Told;
use crate::journey::{Arrival, Fact};

/// The version that is written, and the only one that is read.
pub const VERSION: u64 = 1;

/// Why a message cannot be read. Names places and never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is of a version that this program does not know.
    #[error("version {0} of the form is not known")]
    Version(u64),
    /// It is not JSON, or not of the form.
    #[error("it is not of the form at line {line}, column {column}")]
    Form {
        /// Where.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// A value is none that an item can have.
    #[error("{0} has no possible value")]
    Value(&'static str),
}

impl Unreadable {
    /// The stable name of the kind of fault.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Version(_) => "unknown_version",
            Self::Form { .. } | Self::Value(_) => "unreadable",
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'m> {
    v: u64,
    #[serde(borrow)]
    arrivals: Vec<Arrived<'m>>,
    facts: Vec<Told<'m>>,
}

/// The version alone, whatever else there is.
#[derive(Deserialize)]
struct Versioned {
    v: u64,
}

/// Facts as a message. Those of one batch have to stand beside each other for what they have in common to stand once.
pub fn encode<'f>(facts: impl IntoIterator<Item = &'f Fact>) -> Vec<u8> {
    let mut message = Message {
        v: VERSION,
        arrivals: Vec::new(),
        facts: Vec::new(),
    };
    let mut last: Option<&Arc<Arrival>> = None;
    for fact in facts {
        if last.is_none_or(|last| !Arc::ptr_eq(last, &fact.arrival)) {
            message.arrivals.push(Arrived::of(&fact.arrival));
            last = Some(&fact.arrival);
        }
        message
            .facts
            .push(Told::of(fact, message.arrivals.len() - 1));
    }
    let mut bytes = Vec::with_capacity(1024);
    // Texts, numbers and lists of these: there is nothing that could not be written.
    if let Err(error) = serde_json::to_writer(&mut bytes, &message) {
        tracing::error!(%error, "items could not be written into a message");
    }
    bytes
}

/// One fact for people to read: what its batch says, and what it says itself.
pub fn show(fact: &Fact) -> (String, String) {
    let json = |result: serde_json::Result<String>| result.unwrap_or_default();
    (
        json(serde_json::to_string(&Arrived::of(&fact.arrival))),
        json(serde_json::to_string(&Told::of(fact, 0))),
    )
}

/// The facts of a message, in their order.
///
/// # Errors
/// [`Unreadable`], where not all of them can be read.
pub fn decode(bytes: &[u8]) -> Result<Vec<Fact>, Unreadable> {
    let message: Message<'_> = match serde_json::from_slice(bytes) {
        Ok(message) => message,
        // A later version may look like anything else.
        Err(error) => {
            return Err(match serde_json::from_slice(bytes) {
                Ok(Versioned { v }) if v != VERSION => Unreadable::Version(v),
                _ => Unreadable::Form {
                    line: error.line(),
                    column: error.column(),
                },
            });
        }
    };
    if message.v != VERSION {
        return Err(Unreadable::Version(message.v));
    }
    let arrivals: Vec<Arc<Arrival>> = message
        .arrivals
        .into_iter()
        .map(|arrived| Arc::new(arrived.into_arrival()))
        .collect();
    message
        .facts
        .into_iter()
        .map(|told| told.into_fact(&arrivals))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;
    use waymark_protocol::{Consent, ItemKind};

    use super::*;
    use crate::catalogue::{Finding, Problem};
    use crate::journey::{Device, Engagement, Ga, Screen, Touch, Transaction, TransactionKind};
    use crate::money::Amount;

    /// Every field has a value.
    fn full() -> Vec<Fact> {
        let text = |text: &str| Some(text.to_owned());
        let touch = Touch {
            at: Some(1),
            source: text("google"),
            medium: text("cpc"),
            campaign: text("c"),
            term: text("t"),
            content: text("x"),
            channel: text("Paid Search"),
            click_ids: text(r#"{"gclid":"1"}"#),
            landing_url: text("https://shop.example/"),
            referrer: text("https://www.google.com/"),
        };
        let arrival = Arc::new(Arrival {
            site_id: 7,
            visitor_id: Uuid::from_u128(1),
            tab_id: Uuid::from_u128(2),
            session_id: Uuid::from_u128(3),
            started_at: Some(4),
            user_id: text("user-7"),
            touch: Some(touch.clone()),
            first_touch: Some(Touch { at: None, ..touch }),
            ga: Some(Ga {
                client_id: text("1.2"),
                session_id: text("3"),
            }),
            device: Device {
                kind: text("desktop"),
                browser: text("Firefox"),
                os: text("Linux"),
                country: text("DE"),
                region: text("Bavaria"),
                city: text("Munich"),
                language: text("de"),
                time_zone: text("Europe/Berlin"),
            },
            screen: Screen {
                width: Some(1),
                height: Some(2),
                viewport_width: Some(3),
                viewport_height: Some(4),
            },
            ip: text("192.0.2.0"),
            rules: 3,
            consent: Some(Consent::Granted),
            received_at: 1_749_482_510_000,
            is_history: false,
        });
        let order = Fact {
            seq: 9,
            page_view_id: Some(Uuid::from_u128(5)),
            name: text("purchase"),
            url: text("https://shop.example/thanks"),
            title: text("Thänks \u{1f600}\n"),
            referrer: text("https://shop.example/cart"),
            props: Some(r#"{"b": 1.50, "a": [null, 12345678901234567890]}"#.into()),
            conversion: true,
            value: text("49.90"),
            currency: text("EUR"),
            transaction: Some(Box::new(Transaction {
                kind: TransactionKind::Refund {
                    key: "r1".to_owned(),
                },
                order_key: "o4711".to_owned(),
                order_id: text("4711"),
                amount: Amount::of_text("49.9").ok(),
                currency: "EUR".parse().ok(),
            })),
            user_id: text("user-8"),
            previous_id: Some("lead-1".into()),
            ga: Some(Ga {
                client_id: text("1.3"),
                session_id: None,
            }),
            engagement: Some(Engagement {
                visible_ms: 10,
                scroll_max: 11,
            }),
            dated: false,
            finding: Some(Box::new(Finding {
                problem: Problem::InvalidProps,
                field: "data.props.b".to_owned(),
            })),
            ..Fact::bare(
                &arrival,
                ItemKind::Event,
                Uuid::from_u128(6),
                1_749_482_500_000,
            )
        };
        let ping = Fact::bare(&arrival, ItemKind::PagePing, Uuid::from_u128(8), 12);
        let other = Arc::new(Arrival {
            touch: None,
            first_touch: None,
            ga: None,
            user_id: None,
            started_at: None,
            ip: None,
            consent: None,
            device: Device::default(),
            screen: Screen::default(),
            is_history: true,
            ..(*arrival).clone()
        });
        let sold = Fact {
            transaction: Some(Box::new(Transaction {
                kind: TransactionKind::Order,
                order_key: "i1".to_owned(),
                order_id: None,
                amount: None,
                currency: None,
            })),
            ..Fact::bare(&other, ItemKind::Milestone, Uuid::from_u128(10), -3)
        };
        vec![order, ping, sold]
    }

    /// What stands there was written by the first program that had this version, and is not written again.
    const KEPT: &str = include_str!("form/v1.json");

    #[test]
    fn the_first_version_is_what_it_was() {
        assert_eq!(decode(KEPT.as_bytes()).unwrap(), full());
        let written = String::from_utf8(encode(&full())).unwrap();
        assert_eq!(written, KEPT.trim_end());
    }

    #[test]
    fn what_a_batch_has_in_common_stands_once() {
        let facts = decode(&encode(&full())).unwrap();
        assert!(Arc::ptr_eq(&facts[0].arrival, &facts[1].arrival));
        assert!(!Arc::ptr_eq(&facts[1].arrival, &facts[2].arrival));
    }

    #[test]
    fn what_cannot_be_read_is_told_without_a_value() {
        let kept = KEPT.trim_end();
        let decode = |text: &str| decode(text.as_bytes());
        assert_eq!(
            decode(&kept.replacen("\"v\":1", "\"v\":2", 1)),
            Err(Unreadable::Version(2))
        );
        assert_eq!(
            decode(r#"{"v":3,"all":"else"}"#),
            Err(Unreadable::Version(3))
        );
        for bad in [
            "",
            "{}",
            "[1]",
            &kept[..kept.len() - 1],
            &kept.replacen("\"seq\":9", "\"seq\":\"purloined\"", 1),
            &kept.replacen("\"seq\":9", "\"seq\":9,\"new\":1", 1),
        ] {
            let unreadable = decode(bad).unwrap_err();
            assert!(matches!(unreadable, Unreadable::Form { .. }), "{bad}");
            assert!(!unreadable.to_string().contains("purloined"));
        }
        for (good, bad, field) in [
            ("\"arrival\":1", "\"arrival\":2", "arrival"),
            ("\"currency\":\"EUR\"}", "\"currency\":\"???\"}", "currency"),
            ("\"invalid_props\"", "\"purloined\"", "finding"),
        ] {
            let text = kept.replacen(good, bad, 1);
            assert_ne!(text, kept);
            assert_eq!(decode(&text), Err(Unreadable::Value(field)), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_text_and_number_comes_back(
            texts in proptest::collection::vec(proptest::option::of(any::<String>()), 4),
            props in proptest::option::of(any::<String>()),
            at in any::<i64>(),
            seq in any::<i64>(),
            millionths in -999_999_999_999_999_999..1_000_000_000_000_000_000_i64,
            ids in any::<(u128, u128)>(),
        ) {
            let mut facts = full();
            let [name, title, user_id, key] = <[Option<String>; 4]>::try_from(texts).unwrap();
            let mut arrival = (*facts[0].arrival).clone();
            arrival.user_id = user_id;
            arrival.visitor_id = Uuid::from_u128(ids.0);
            let fact = &mut facts[0];
            fact.arrival = Arc::new(arrival);
            (fact.name, fact.title, fact.at, fact.seq) = (name, title, at, seq);
            fact.id = Uuid::from_u128(ids.1);
            fact.props = props.map(Into::into);
            if let Some(transaction) = &mut fact.transaction {
                transaction.amount = Amount::of_millionths(millionths);
                transaction.order_key = key.unwrap_or_default();
            }
            prop_assert_eq!(decode(&encode(&facts)).unwrap(), facts);
        }

        #[test]
        fn nothing_that_arrives_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }
}
