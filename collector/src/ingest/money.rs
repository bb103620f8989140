//! What an event says of money: its value and currency, and whether it is an order or a refund.
//!
//! Money stands in the wire's own fields (`data.value`, `data.currency`) or among the properties, where `track` and other
//! clients put it. Of an order or a refund whatever is wrong is named, and costs that field; of other events a property is
//! money only where an amount and a currency stand beside each other, because `value` alone may be anything.

use serde_json::value::RawValue;

use super::fields::Fields;
use super::text as limit;
use crate::catalogue::{Finding, Problem};
use crate::journey::{Fact, Transaction, TransactionKind, key_of_id, key_of_item};
use crate::money::{Amount, Currency};

/// Events that are orders whatever else they say: of Google Analytics, and of Segment today and before.
const ORDERS: [&str; 3] = ["purchase", "Order Completed", "Completed Order"];
/// Events by which money goes back.
const REFUNDS: [&str; 2] = ["refund", "Order Refunded"];
/// Properties of an order that say what it brought: the first that is there.
const BROUGHT: [&str; 3] = ["revenue", "value", "total"];
/// Properties of a refund that say what it takes back.
const TAKEN: [&str; 3] = ["total", "revenue", "value"];
/// Properties with the id of an order.
const ORDER_IDS: [&str; 2] = ["order_id", "transaction_id"];
const REFUND_ID: &str = "refund_id";
/// Characters of the id of an order or a refund.
const ID_CHARS: usize = 256;

/// Which names stand among an event's properties, as far as they may have to do with money.
#[derive(Clone, Copy, Default)]
pub(super) struct Names {
    any: bool,
    currency: bool,
}

impl Names {
    /// Looks at the name of a property.
    pub(super) fn see(&mut self, name: &str) {
        match name.len() {
            5 => self.any |= name == "value" || name == "total",
            7 => self.any |= name == "revenue",
            8 => {
                self.currency |= name == "currency";
                self.any |= self.currency || name == "order_id";
            }
            9 => self.any |= name == REFUND_ID,
            14 => self.any |= name == "transaction_id",
            _ => {}
        }
    }
}

/// What an event is, as far as money goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Order,
    Refund,
    Other,
}

impl Role {
    fn of(name: &str, conversion: bool) -> Self {
        if REFUNDS.contains(&name) {
            Self::Refund
        } else if conversion || ORDERS.contains(&name) {
            Self::Order
        } else {
            Self::Other
        }
    }

    /// The properties that say how much: the first that is there.
    fn amounts(self) -> &'static [&'static str] {
        match self {
            Self::Order => &BROUGHT,
            Self::Refund => &TAKEN,
            Self::Other => &["value"],
        }
    }
}

/// What the wire's own fields say.
pub(super) struct Told {
    pub(super) value: Option<String>,
    pub(super) currency: Option<String>,
    /// Among the properties.
    pub(super) names: Names,
}

/// An amount, and how it was written.
struct Value {
    text: String,
    amount: Amount,
}

/// Reads what an event, of which all else has been read, says of money.
pub(super) fn read(fact: &mut Fact, told: Told, ignored: &mut Vec<String>) {
    let name = fact.name.as_deref().unwrap_or_default();
    let role = Role::of(name, fact.conversion);
    fact.conversion |= ORDERS.contains(&name);
    let among_props = match role {
        Role::Other => told.names.currency,
        Role::Order | Role::Refund => told.names.any,
    };
    if told.value.is_none() && told.currency.is_none() && !among_props {
        return;
    }
    let props: Option<&RawValue> = fact
        .props
        .as_deref()
        .filter(|_| among_props)
        .and_then(|props| serde_json::from_str(props).ok());
    let fields = props.and_then(|props| Fields::read("data.props.", props));
    let mut reading = Reading {
        role,
        fields: fields.as_ref(),
        wrong: Vec::new(),
    };
    let beside = told.value.is_none() && told.currency.is_none();
    let value = reading.value(told.value);
    let amount_is_wrong = !reading.wrong.is_empty();
    let currency = reading.currency(told.currency);
    let (value, currency) = match (value, currency) {
        (Some(value), Some(currency)) => (Some(value), Some(currency)),
        // By itself it may be anything.
        _ if role == Role::Other && beside => (None, None),
        other => other,
    };
    // A refund of an amount that cannot be read is not one of all that is left.
    if role == Role::Order || (role == Role::Refund && !amount_is_wrong) {
        let amount = value.as_ref().map(|value| value.amount);
        fact.transaction = reading.transaction(fact, amount, currency).map(Box::new);
    }
    if let Some(field) = reading.wrong.first() {
        fact.finding = Some(Box::new(Finding {
            problem: Problem::InvalidProps,
            field: field.clone(),
        }));
    }
    ignored.append(&mut reading.wrong);
    fact.value = value.map(|value| value.text);
    fact.currency = currency.map(|currency| currency.to_string());
}

struct Reading<'r> {
    role: Role,
    fields: Option<&'r Fields<'r>>,
    /// Paths of what cannot be kept.
    wrong: Vec<String>,
}

impl<'r> Reading<'r> {
    /// The first of some properties that is there, and its name.
    fn first(&self, names: &[&'static str]) -> Option<(&'static str, &'r RawValue)> {
        let fields = self.fields?;
        names
            .iter()
            .find_map(|name| Some((*name, fields.raw(name)?)))
    }

    /// Notes what cannot be kept; properties of events that are neither order nor refund are none of money.
    fn wrong(&mut self, name: &str) {
        if self.role != Role::Other {
            self.wrong.push(format!("data.props.{name}"));
        }
    }

    fn value(&mut self, told: Option<String>) -> Option<Value> {
        let is_fit = |amount: &Amount| self.role == Role::Other || !amount.is_negative();
        if let Some(text) = told {
            let amount = Amount::of_text(&text).ok().filter(is_fit);
            if amount.is_none() {
                self.wrong.push("data.value".to_owned());
            }
            return amount.map(|amount| Value { text, amount });
        }
        let (name, raw) = self.first(self.role.amounts())?;
        let Some(amount) = Amount::of_json(raw.get()).ok().filter(is_fit) else {
            self.wrong(name);
            return None;
        };
        let written = raw.get().trim_matches('"');
        let text = match Amount::of_text(written) {
            Ok(_) => written.to_owned(),
            Err(_) => amount.to_string(),
        };
        Some(Value { text, amount })
    }

    fn currency(&mut self, told: Option<String>) -> Option<Currency> {
        if let Some(code) = told {
            let currency = code.parse().ok();
            if currency.is_none() {
                self.wrong.push("data.currency".to_owned());
            }
            return currency;
        }
        let (name, raw) = self.first(&["currency"])?;
        let code: Option<String> = serde_json::from_str(raw.get()).ok();
        let currency = code.and_then(|code| code.parse().ok());
        if currency.is_none() {
            self.wrong(name);
        }
        currency
    }

    fn id(&mut self, names: &[&'static str]) -> Option<String> {
        let (name, raw) = self.first(names)?;
        // Shops count their orders, so an id may be a number.
        let whole = raw.get().bytes().all(|byte| byte.is_ascii_digit());
        let text = if whole {
            Some(raw.get().to_owned())
        } else {
            serde_json::from_str(raw.get()).ok()
        };
        let id = text.and_then(|text| limit::whole(text, ID_CHARS).ok());
        if id.is_none() {
            self.wrong(name);
        }
        id
    }

    /// The order or refund, if what is known of it is of any use.
    fn transaction(
        &mut self,
        fact: &Fact,
        amount: Option<Amount>,
        currency: Option<Currency>,
    ) -> Option<Transaction> {
        let order_id = self.id(&ORDER_IDS);
        if order_id.is_none() && amount.is_none() {
            return None;
        }
        let own = || key_of_item(fact.arrival.visitor_id, fact.id);
        let kind = if self.role == Role::Refund {
            let refund_id = self.id(&[REFUND_ID]);
            TransactionKind::Refund {
                key: refund_id.as_deref().map_or_else(own, key_of_id),
            }
        } else {
            TransactionKind::Order
        };
        Some(Transaction {
            kind,
            order_key: order_id.as_deref().map_or_else(own, key_of_id),
            order_id,
            amount,
            currency,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::{Envelope, Received, read as read_batch};
    use super::*;

    const NOW: i64 = 1_749_482_510_000;

    /// What is kept of an event, and what is ignored.
    fn read(data: &Json) -> (Fact, Vec<String>) {
        let id = "01975560-7a00-7000-8000-000000000001";
        let context =
            json!({"visitor_id": id, "tab_id": id, "session": {"id": id, "started_at": NOW}});
        let item = json!({"type": "event", "id": id, "at": NOW, "seq": 1, "data": data});
        let (context, item) = (context.to_string(), item.to_string());
        let envelope = Envelope {
            key: String::new(),
            sent_at: NOW,
            sdk: None,
            context: serde_json::from_str(&context).unwrap(),
            items: vec![serde_json::from_str(&item).unwrap()],
        };
        let received = Received {
            at_ms: NOW,
            ..Received::default()
        };
        let mut reading = read_batch(&crate::fuzzing::site(), &envelope, &received).unwrap();
        let ignored = reading.answers.lines()[0].ignored.clone();
        (reading.facts.remove(0), ignored)
    }

    fn money(data: &Json) -> (Option<String>, Option<String>) {
        let (fact, _) = read(data);
        (fact.value, fact.currency)
    }

    fn texts(value: &str, currency: &str) -> (Option<String>, Option<String>) {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (text(value), text(currency))
    }

    #[test]
    fn money_is_read_from_properties_as_it_was_written() {
        let raw = r#"{"name": "purchase", "props": {"value": 19.99, "currency": "eur", "order_id": "A-1"}}"#;
        let (fact, ignored) = read(&serde_json::from_str(raw).unwrap());
        assert_eq!(ignored, [""; 0]);
        assert!(fact.conversion);
        assert_eq!(
            (fact.value.as_deref(), fact.currency.as_deref()),
            (Some("19.99"), Some("EUR"))
        );
        let transaction = fact.transaction.unwrap();
        assert_eq!(transaction.kind, TransactionKind::Order);
        assert_eq!(transaction.order_id.as_deref(), Some("A-1"));
        assert_eq!(transaction.order_key, "oA-1");
        assert_eq!(transaction.amount.unwrap().millionths(), 19_990_000);
        for (data, read) in [
            (
                json!({"name": "purchase", "props": {"value": "20.00"}}),
                texts("20.00", ""),
            ),
            (
                json!({"name": "purchase", "props": {"value": 3.300_000_000_000_000_3}}),
                texts("3.3", ""),
            ),
            (
                json!({"name": "Order Completed", "props": {"revenue": 5, "total": 9, "value": 7}}),
                texts("5", ""),
            ),
            (
                json!({"name": "Order Refunded", "props": {"total": 9, "revenue": 5, "currency": "USD"}}),
                texts("9", "USD"),
            ),
            // The wire's own field comes first.
            (
                json!({"name": "x", "conversion": true, "value": "1.50", "props": {"value": 7, "currency": "EUR"}}),
                texts("1.50", "EUR"),
            ),
            (
                json!({"name": "add_to_cart", "props": {"value": 7, "currency": "EUR"}}),
                texts("7", "EUR"),
            ),
            (
                json!({"name": "balance", "value": "-3", "currency": "EUR"}),
                texts("-3", "EUR"),
            ),
            // By itself it may be anything.
            (
                json!({"name": "web_vital", "props": {"value": 7.5}}),
                texts("", ""),
            ),
            (
                json!({"name": "web_vital", "props": {"value": "good", "currency": "EUR"}}),
                texts("", ""),
            ),
            (
                json!({"name": "settings", "props": {"currency": "EUR"}}),
                texts("", ""),
            ),
        ] {
            assert_eq!(money(&data), read, "{data}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_costs_that_field() {
        for (data, fields) in [
            (
                json!({"name": "x", "value": "lots", "currency": "EURO"}),
                vec!["data.value", "data.currency"],
            ),
            (
                json!({"name": "x", "value": "1000000000000"}),
                vec!["data.value"],
            ),
            (json!({"name": "x", "value": "1e3"}), vec!["data.value"]),
            (
                json!({"name": "x", "currency": "ABC"}),
                vec!["data.currency"],
            ),
            (
                json!({"name": "x", "conversion": true, "value": "-3"}),
                vec!["data.value"],
            ),
            (
                json!({"name": "purchase", "props": {"value": -3, "currency": "Euro", "order_id": ""}}),
                vec![
                    "data.props.value",
                    "data.props.currency",
                    "data.props.order_id",
                ],
            ),
            (
                json!({"name": "purchase", "props": {"value": [1], "transaction_id": {"a": 1}}}),
                vec!["data.props.value", "data.props.transaction_id"],
            ),
            (
                json!({"name": "purchase", "props": {"value": "1.1234567", "order_id": "x".repeat(257)}}),
                vec!["data.props.value", "data.props.order_id"],
            ),
            (
                json!({"name": "refund", "props": {"value": 1e12, "order_id": "a", "refund_id": true}}),
                vec!["data.props.value"],
            ),
            (
                json!({"name": "refund", "props": {"value": 1, "order_id": "a", "refund_id": true}}),
                vec!["data.props.refund_id"],
            ),
            (
                json!({"name": "web_vital", "props": {"value": "good", "currency": 7}}),
                vec![],
            ),
        ] {
            let (fact, ignored) = read(&data);
            assert_eq!(ignored, fields, "{data}");
            let found = fact.finding.map(|finding| finding.field);
            assert_eq!(found.as_deref(), fields.first().copied(), "{data}");
        }
    }

    #[test]
    fn orders_and_refunds_are_what_can_be_counted() {
        let key = |data: &Json| {
            let transaction = read(data).0.transaction?;
            let refund = match transaction.kind {
                TransactionKind::Order => String::new(),
                TransactionKind::Refund { key } => key,
            };
            Some((
                transaction.order_key,
                refund,
                transaction.amount.map(|amount| amount.to_string()),
            ))
        };
        let id = "01975560-7a00-7000-8000-000000000001".replace('-', "");
        let own = format!("i{id}{id}");
        let some = |order: &str, refund: &str, amount: &str| {
            let amount = (!amount.is_empty()).then(|| amount.to_owned());
            Some((order.to_owned(), refund.to_owned(), amount))
        };
        for (data, counted) in [
            (
                json!({"name": "purchase", "props": {"order_id": 1234, "transaction_id": "t"}}),
                some("o1234", "", ""),
            ),
            (
                json!({"name": "purchase", "props": {"transaction_id": "t", "value": "2"}}),
                some("ot", "", "2"),
            ),
            (
                json!({"name": "bought", "conversion": true, "value": "2"}),
                some(&own, "", "2"),
            ),
            (json!({"name": "signed_up", "conversion": true}), None),
            (json!({"name": "purchase", "props": {"plan": "pro"}}), None),
            (
                json!({"name": "Checkout Started", "props": {"order_id": "a", "revenue": 5, "value": 5, "currency": "EUR"}}),
                None,
            ),
            (
                json!({"name": "refund", "props": {"order_id": "a"}}),
                some("oa", &own, ""),
            ),
            (
                json!({"name": "refund", "props": {"order_id": "a", "refund_id": "r", "value": 5}}),
                some("oa", "or", "5"),
            ),
            (
                json!({"name": "refund", "conversion": true, "value": "5"}),
                some(&own, &own, "5"),
            ),
            // Not all of the order, because how much of it cannot be read.
            (
                json!({"name": "refund", "props": {"order_id": "a", "value": "five"}}),
                None,
            ),
            (json!({"name": "refund"}), None),
        ] {
            assert_eq!(key(&data), counted, "{data}");
        }
    }
}
