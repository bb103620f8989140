//! What the site says in a call, checked: it becomes what an item says, or the reason why not. What is wrong costs that
//! item, or that field, alone.

use waymark_protocol::{Event, Identify, ItemKind, Milestone, limits};

use super::attribution::cut;
use super::item;
use super::json::{self, Raw};
use super::number;
use super::problem::Problem;
use super::signal::{CONVERSION, IDENTIFY, MILESTONE};
use super::text::Fields;

/// What became of a call.
#[derive(Debug)]
pub struct Made {
    /// The kind of the item.
    pub kind: ItemKind,
    /// What the item says; empty if nothing is to be recorded.
    pub data: String,
    /// Whether it is sent at once: what the site's business turns on, and what the site says, is not left to a timer.
    pub urgent: bool,
    /// What is wrong, for the developer.
    pub problem: Problem,
}

/// Reads a call of `track`, `identify`, `milestone` or `conversion`, made at the address `url`.
///
/// The fields are: name or user id, properties or traits as JSON, value, currency, impact. Empty stands for absent, and a
/// name that was no text comes as empty.
pub fn read(kind: u32, url: &str, fields: &mut Fields<'_>) -> Made {
    let mut made = Made {
        kind: ItemKind::Event,
        data: String::new(),
        urgent: true,
        problem: Problem::None,
    };
    let name = fields.take();
    let props = fields.take();
    let most = if kind == IDENTIFY {
        limits::USER_ID_CHARS
    } else {
        limits::NAME_CHARS
    };
    if !item::is_name(name, most) {
        made.problem = Problem::Name;
        return made;
    }
    if !props.is_empty() && !props.starts_with('{') {
        made.problem = Problem::Props;
        return made;
    }
    let props = Some(Raw(props));
    match kind {
        IDENTIFY => {
            made.kind = ItemKind::Identify;
            made.data = json::text(&Identify {
                user_id: name,
                traits: props,
            });
        }
        MILESTONE => {
            made.kind = ItemKind::Milestone;
            made.data = json::text(&Milestone { name, props });
        }
        _ => {
            let conversion = kind == CONVERSION;
            let mut value = fields.take();
            if !number::is_amount(value) {
                if !value.is_empty() {
                    made.problem = Problem::Value;
                }
                value = "";
            }
            let mut currency = fields.take();
            if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
                if !currency.is_empty() {
                    made.problem = Problem::Currency;
                }
                currency = "";
            }
            made.urgent = fields.take() == "high" || conversion;
            made.data = json::text(&Event {
                name,
                props,
                conversion,
                value: Some(value),
                currency: Some(currency),
                url: Some(cut(url, limits::URL_CHARS)),
            });
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::super::signal::TRACK;
    use super::*;
    use serde_json::{Value, json};

    fn call(kind: u32, fields: &[&str]) -> Made {
        read(
            kind,
            "https://a/x",
            &mut super::super::text::fields(&fields.join("\0")),
        )
    }

    fn event(made: &Made) -> Event<Value> {
        assert_eq!(made.kind, ItemKind::Event);
        serde_json::from_str(&made.data).expect("an event")
    }

    #[test]
    fn a_conversion_has_its_amount() {
        let made = call(
            CONVERSION,
            &["bought", "{\"plan\":\"team\"}", "49.90", "EUR"],
        );
        assert_eq!(made.problem, Problem::None);
        assert!(made.urgent);
        let event = event(&made);
        assert_eq!(event.name, "bought");
        assert_eq!(event.props, Some(json!({ "plan": "team" })));
        assert!(event.conversion);
        assert_eq!(event.value.as_deref(), Some("49.90"));
        assert_eq!(event.currency.as_deref(), Some("EUR"));
        assert_eq!(event.url.as_deref(), Some("https://a/x"));
    }

    #[test]
    fn what_the_business_turns_on_is_urgent() {
        assert!(call(IDENTIFY, &["x"]).urgent && call(MILESTONE, &["x"]).urgent);
        assert!(call(CONVERSION, &["x"]).urgent);
        assert!(call(TRACK, &["x", "", "", "", "high"]).urgent);
        assert!(!call(TRACK, &["x", "", "", "", "normal"]).urgent);
    }

    #[test]
    fn a_wrong_amount_costs_itself_alone() {
        for (value, currency, problem) in [
            ("abc", "EUR", Problem::Value),
            ("1", "EURO", Problem::Currency),
            ("1", "€", Problem::Currency),
        ] {
            let made = call(CONVERSION, &["bought", "", value, currency]);
            assert_eq!(made.problem, problem);
            let event = event(&made);
            assert_eq!(event.value.is_some(), problem != Problem::Value);
            assert_eq!(event.currency.is_some(), problem != Problem::Currency);
        }
    }

    #[test]
    fn names_and_properties_are_needed_as_they_should_be() {
        for kind in [TRACK, IDENTIFY, MILESTONE] {
            assert!(call(kind, &["", ""]).data.is_empty());
            assert!(call(kind, &["x", "[1]"]).data.is_empty());
            assert_eq!(call(kind, &["x", "!"]).problem, Problem::Props);
            assert!(!call(kind, &["x", "{}"]).data.is_empty());
        }
        let long = "u".repeat(limits::NAME_CHARS + 1);
        assert_eq!(call(TRACK, &[&long]).problem, Problem::Name);
        assert!(!call(IDENTIFY, &[&long]).data.is_empty());
        assert!(call(IDENTIFY, &[&"u".repeat(257)]).data.is_empty());
    }
}
