//! What the site says in a call, checked: it becomes what an item says, or the reason why not. What is wrong costs that
//! item, or that field, alone.

use waymark_protocol::{Event, Identify, ItemKind, Milestone, limits};

use super::attribution::cut;
use super::item;
use super::json::{self, Raw};
use super::number;
use super::problem::Problem;
use super::signal::{CONVERSION, GROUP, IDENTIFY, MILESTONE};
use super::text::{self, Fields, push};

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

/// Reads a call of `track`, `identify`, `group`, `milestone` or `conversion`, made at the address `url`.
///
/// The fields are: name, properties as JSON, value, currency, impact; or the id of a user or account, the previous id of
/// the user, and traits as [`object`] reads them. Empty stands for absent, and a name that was no text comes as empty.
/// `known` is the user known until now, who is meant by a previous id of [`SAME`] alone.
pub fn read(kind: u32, url: &str, fields: &mut Fields<'_>, known: &str) -> Made {
    let mut made = Made {
        kind: ItemKind::Event,
        data: String::new(),
        urgent: true,
        problem: Problem::None,
    };
    let name = fields.take();
    let props = fields.take();
    let of_somebody = kind == IDENTIFY || kind == GROUP;
    let most = if of_somebody {
        limits::USER_ID_CHARS
    } else {
        limits::NAME_CHARS
    };
    if !item::is_name(name, most) {
        made.problem = Problem::Name;
        return made;
    }
    if of_somebody {
        let traits = object(fields, &mut made.problem);
        let mut previous = if props == SAME { known } else { props };
        if previous == name || !item::is_name(previous, limits::USER_ID_CHARS) {
            previous = "";
        }
        made.kind = ItemKind::Identify;
        made.data = json::text(&Identify {
            user_id: name,
            previous_id: Some(previous),
            traits: Some(Raw(&traits)),
        });
        if kind == GROUP {
            // The protocol's `Group` is the same under another name, which is less than the code to write it.
            made.kind = ItemKind::Group;
            let mut data = text::own("{\"account");
            push(&mut data, text::after(&made.data, "{\"user"));
            made.data = data;
        }
        return made;
    }
    if !props.is_empty() && !props.starts_with("{") {
        made.problem = Problem::Props;
        return made;
    }
    let props = Some(Raw(props));
    match kind {
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

/// Stands for the user known until now, in the place of a previous id.
pub const SAME: &str = "=";

/// Whether the JSON of an object is one that a page may add to the properties of its events: there is room for the event's own.
pub fn is_super(json: &str) -> bool {
    json.len() <= SUPER_BYTES && item::depth(json) <= limits::PROPS_DEPTH
}

/// Bytes of all properties that a page adds to its events.
const SUPER_BYTES: usize = 8 * 1024;

/// The JSON of an object, from its names and values, which are JSON themselves; empty if it has none. What is no JSON, too
/// long or too deep is left out, and the rest stays.
#[inline(never)]
pub fn object(fields: &mut Fields<'_>, problem: &mut Problem) -> String {
    let mut out = String::new();
    while !fields.is_done() {
        let start = out.len();
        push(&mut out, if start == 0 { "{" } else { "," });
        push(&mut out, fields.take());
        push(&mut out, ":");
        let value = fields.take();
        push(&mut out, value);
        if value == NO_JSON
            || out.len() - start > limits::TRAIT_BYTES
            || out.len() >= limits::TRAITS_BYTES
            || item::depth(value) >= limits::PROPS_DEPTH
        {
            *problem = Problem::Trait;
            out.truncate(start);
        }
    }
    if !out.is_empty() {
        push(&mut out, "}");
    }
    out
}

/// What stands for a value that has no JSON.
const NO_JSON: &str = "!";

#[cfg(test)]
mod tests {
    use super::super::signal::TRACK;
    use super::*;
    use serde_json::{Value, json};
    use waymark_protocol::Group;

    fn call(kind: u32, fields: &[&str]) -> Made {
        read(
            kind,
            "https://a/x",
            &mut super::super::text::fields(&fields.join("\0")),
            "known",
        )
    }

    fn identity(made: &Made) -> Identify<Value> {
        assert_eq!(made.kind, ItemKind::Identify);
        serde_json::from_str(&made.data).expect("an identify")
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
        for kind in [TRACK, MILESTONE] {
            assert!(call(kind, &["", ""]).data.is_empty());
            assert!(call(kind, &["x", "[1]"]).data.is_empty());
            assert_eq!(call(kind, &["x", "!"]).problem, Problem::Props);
            assert!(!call(kind, &["x", "{}"]).data.is_empty());
        }
        let long = "u".repeat(limits::NAME_CHARS + 1);
        assert_eq!(call(TRACK, &[&long]).problem, Problem::Name);
        for kind in [IDENTIFY, GROUP] {
            assert!(call(kind, &["", ""]).data.is_empty());
            assert!(!call(kind, &[&long]).data.is_empty());
            assert!(call(kind, &[&"u".repeat(257)]).data.is_empty());
        }
    }

    #[test]
    fn traits_keep_their_order_and_form() {
        let made = call(IDENTIFY, &["7", "", "\"b\"", "1.50", "\"a\"", "[\"x\"]"]);
        assert_eq!(
            made.data,
            "{\"user_id\":\"7\",\"traits\":{\"b\":1.50,\"a\":[\"x\"]}}"
        );
        assert_eq!(made.problem, Problem::None);
        assert_eq!(call(IDENTIFY, &["7", "", ""]).data, "{\"user_id\":\"7\"}");
    }

    #[test]
    fn a_trait_that_is_too_long_or_deep_costs_itself_alone() {
        let long = format!("\"{}\"", "x".repeat(limits::TRAIT_BYTES));
        let deep = format!(
            "{}{}",
            "[".repeat(limits::PROPS_DEPTH),
            "]".repeat(limits::PROPS_DEPTH)
        );
        for bad in [long.as_str(), &deep, "!"] {
            for kind in [IDENTIFY, GROUP] {
                let given = ["7", "", "\"a\"", "1", "\"bad\"", bad, "\"z\"", "2"];
                let made = call(kind, &given);
                assert_eq!(made.problem, Problem::Trait);
                let data: Value = serde_json::from_str(&made.data).expect("JSON");
                assert_eq!(data["traits"], json!({ "a": 1, "z": 2 }));
            }
            assert_eq!(
                identity(&call(IDENTIFY, &["7", "", "\"bad\"", bad])).traits,
                None
            );
        }
        let within = &deep[1..deep.len() - 1];
        assert!(
            identity(&call(IDENTIFY, &["7", "", "\"a\"", within]))
                .traits
                .is_some()
        );
    }

    #[test]
    fn however_many_traits_there_are_the_item_fits() {
        let value = format!("\"{}\"", "x".repeat(2_000));
        let names: Vec<String> = (0..40).map(|n| format!("\"t{n}\"")).collect();
        let mut given = vec!["7", ""];
        for name in &names {
            given.extend([name.as_str(), &value]);
        }
        let made = call(GROUP, &given);
        assert_eq!(made.problem, Problem::Trait);
        assert!(made.data.len() < limits::ITEM_BYTES / 2 + 1_000);
        let group: Group<Value> = serde_json::from_str(&made.data).expect("a group");
        let kept = group
            .traits
            .as_ref()
            .and_then(Value::as_object)
            .map(|traits| traits.len());
        assert_eq!(kept, Some(8), "the first come in");
    }

    #[test]
    fn an_alias_names_the_id_before() {
        let previous =
            |given: &str, name: &str| identity(&call(IDENTIFY, &[name, given])).previous_id;
        assert_eq!(previous("", "7"), None);
        assert_eq!(previous("ann", "7").as_deref(), Some("ann"));
        assert_eq!(previous(SAME, "7").as_deref(), Some("known"));
        assert_eq!(previous(SAME, "known"), None, "the same id is no other one");
        assert_eq!(previous(&"u".repeat(257), "7"), None);
    }
}
