//! What the site says in a call, checked: it becomes an item's data, or the reason why not. What is wrong costs that
//! item, or that field, alone.

use waymark_protocol::{Event, Identify, Milestone, limits};

use super::item::{self, Data};
use super::json::Raw;
use super::number;
use super::signal::{CONVERSION, IDENTIFY, MILESTONE};
use super::text::Fields;

/// What became of a call.
#[derive(Debug, Default)]
pub struct Made {
    /// What is to be recorded, if anything.
    pub data: Option<Data<Raw>>,
    /// Whether the site wants it sent at once.
    pub urgent: bool,
    /// What is wrong, for the developer; empty if nothing is.
    pub problem: &'static str,
}

/// Reads a call of `track`, `identify`, `milestone` or `conversion`, made at the address `url`.
///
/// The fields are: name or user id, properties or traits as JSON, value, currency, impact. Empty stands for absent, and a
/// name that was no text comes as empty.
pub fn read(kind: u32, url: &str, fields: &mut Fields<'_>) -> Made {
    let mut made = Made::default();
    let name = fields.take();
    let props = fields.some();
    if !item::is_name(
        name,
        if kind == IDENTIFY {
            limits::USER_ID_CHARS
        } else {
            limits::NAME_CHARS
        },
    ) {
        made.problem = "name or user_id: 1 to 100 or 256 characters";
        return made;
    }
    if props.as_ref().is_some_and(|props| !props.starts_with('{')) {
        made.problem = "props or traits: no JSON object";
        return made;
    }
    let name = name.to_owned();
    let props = props.map(Raw);
    made.data = Some(match kind {
        IDENTIFY => Data::Identify(Identify {
            user_id: name,
            traits: props,
        }),
        MILESTONE => Data::Milestone(Milestone { name, props }),
        _ => {
            let value = fields.some();
            let given = value.is_some();
            let value = value.filter(|value| number::amount(value).is_some());
            if given && value.is_none() {
                made.problem = "value: no decimal number";
            }
            let currency = fields.take();
            let code = currency.to_ascii_uppercase();
            let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
            if !currency.is_empty() && !is_code {
                made.problem = "currency: no code of three letters";
            }
            made.urgent = fields.take() == "high";
            Data::Event(Event {
                name,
                props,
                conversion: kind == CONVERSION,
                value,
                currency: is_code.then_some(code),
                url: Some(item::view(url, None, None).url),
            })
        }
    });
    made
}

#[cfg(test)]
mod tests {
    use super::super::signal::TRACK;
    use super::*;

    fn call(kind: u32, fields: &[&str]) -> Made {
        read(
            kind,
            "https://a/x",
            &mut super::super::text::fields(&fields.join("\0")),
        )
    }

    #[test]
    fn a_conversion_has_its_amount() {
        let made = call(
            CONVERSION,
            &["bought", "{\"plan\":\"team\"}", "49.90", "eur", "high"],
        );
        assert_eq!(made.problem, "");
        assert!(made.urgent);
        let Some(Data::Event(event)) = made.data else {
            panic!("an event was expected");
        };
        assert_eq!(event.name, "bought");
        assert_eq!(event.props, Some(Raw("{\"plan\":\"team\"}".to_owned())));
        assert!(event.conversion);
        assert_eq!(event.value.as_deref(), Some("49.90"));
        assert_eq!(event.currency.as_deref(), Some("EUR"));
        assert_eq!(event.url.as_deref(), Some("https://a/x"));
    }

    #[test]
    fn a_wrong_amount_costs_itself_alone() {
        for (value, currency, field) in [
            ("abc", "EUR", "value"),
            ("1", "euro", "currency"),
            ("1", "€", "currency"),
        ] {
            let made = call(CONVERSION, &["bought", "", value, currency]);
            assert!(made.problem.starts_with(field));
            let Some(Data::Event(event)) = made.data else {
                panic!("an event was expected");
            };
            assert_eq!(event.value.is_some(), field != "value");
            assert_eq!(event.currency.is_some(), field != "currency");
        }
    }

    #[test]
    fn names_and_properties_are_needed_as_they_should_be() {
        for kind in [TRACK, IDENTIFY, MILESTONE] {
            assert!(call(kind, &["", ""]).data.is_none());
            assert!(call(kind, &["x", "[1]"]).data.is_none());
            assert!(call(kind, &["x", "!"]).problem.starts_with("props"));
            assert!(call(kind, &["x", "{}"]).data.is_some());
        }
        let long = "u".repeat(limits::NAME_CHARS + 1);
        assert!(call(TRACK, &[&long]).problem.starts_with("name"));
        assert!(call(IDENTIFY, &[&long]).data.is_some());
        assert!(call(IDENTIFY, &[&"u".repeat(257)]).data.is_none());
    }
}
