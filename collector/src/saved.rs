//! What may stand in saved reports, annotations and segments.
//!
//! Checks their shape and makes their text the one by which they are stored. What a question makes of its parameters is known
//! where it is answered, and said there when it is asked. Keeping them is [`crate::store::saved`]'s.

use serde_json::{Map, Value};

use crate::analytics::filter::{Filter, Filters, Op};

/// Characters of a name.
const NAME_CHARS: usize = 100;
/// Characters of an annotation.
const TEXT_CHARS: usize = 500;
/// Conditions of a segment, values of a condition, and characters of a value.
const CONDITIONS: usize = 20;
const VALUES: usize = 100;
const VALUE_CHARS: usize = 500;
/// Parameters of a report, and bytes of them all.
const PARAMETERS: usize = 50;
const PARAMETERS_BYTES: usize = 16 * 1024;
/// How many of each a site may have.
pub(crate) const MOST_REPORTS: usize = 500;
pub(crate) const MOST_ANNOTATIONS: usize = 1_000;
pub(crate) const MOST_SEGMENTS: usize = 200;

/// The questions that can be saved, below `/api/v1/analytics/`.
const QUESTIONS: [&str; 14] = [
    "attribution",
    "conversions",
    "events",
    "funnel",
    "insights",
    "overview",
    "pages",
    "paths",
    "prediction",
    "properties",
    "realtime",
    "retention",
    "sources",
    "stages",
];

/// Something that may not be kept, and the field at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub(crate) struct Unfit {
    pub(crate) field: String,
    pub(crate) message: String,
}

fn unfit(field: impl Into<String>, message: impl Into<String>) -> Unfit {
    Unfit {
        field: field.into(),
        message: message.into(),
    }
}

/// A name without spaces around it.
pub(crate) fn name(told: &str) -> Result<String, Unfit> {
    let name = told.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS || name.contains(char::is_control) {
        let message = format!("The name has to have 1 to {NAME_CHARS} characters.");
        return Err(unfit("name", message));
    }
    Ok(name.to_owned())
}

/// The name of a segment, which is told from its id.
pub(crate) fn segment_name(told: &str) -> Result<String, Unfit> {
    let name = name(told)?;
    if uuid::Uuid::try_parse(&name).is_ok() {
        return Err(unfit("name", "A name may not look like an id."));
    }
    Ok(name)
}

/// The text of an annotation.
pub(crate) fn note(told: &str) -> Result<String, Unfit> {
    let note = told.trim();
    let is_odd = |character: char| character.is_control() && character != '\n';
    if note.is_empty() || note.chars().count() > TEXT_CHARS || note.contains(is_odd) {
        let message = format!("The text has to have 1 to {TEXT_CHARS} characters.");
        return Err(unfit("text", message));
    }
    Ok(note.to_owned())
}

/// The route of a question that can be saved.
pub(crate) fn path(told: &str) -> Result<String, Unfit> {
    let question = told.strip_prefix("/api/v1/analytics/");
    if question.is_some_and(|question| QUESTIONS.contains(&question)) {
        Ok(told.to_owned())
    } else {
        let message = format!(
            "It has to be /api/v1/analytics/ and one of {}.",
            QUESTIONS.join(", ")
        );
        Err(unfit("path", message))
    }
}

/// The parameters of a question, as text.
pub(crate) fn parameters(told: &Map<String, Value>) -> Result<String, Unfit> {
    if told.len() > PARAMETERS {
        let message = format!("There are more than {PARAMETERS} parameters.");
        return Err(unfit("parameters", message));
    }
    for (name, value) in told {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_name) {
            let message = "A parameter's name has lower-case letters, digits and underscores.";
            return Err(unfit("parameters", message));
        }
        if name == "site" {
            let message = "The site is the report's own.";
            return Err(unfit("parameters.site", message));
        }
        if has_zero(value) {
            let message = "A text has no character of the number zero.";
            return Err(unfit(format!("parameters.{name}"), message));
        }
    }
    let mut told = Value::Object(told.clone());
    told.sort_all_objects();
    let text = told.to_string();
    if text.len() > PARAMETERS_BYTES {
        let message = format!("They are longer than {PARAMETERS_BYTES} bytes.");
        return Err(unfit("parameters", message));
    }
    Ok(text)
}

fn has_zero(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_zero),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains('\0') || has_zero(value)),
        _ => false,
    }
}

/// The conditions of a segment, as text.
pub(crate) fn filters(told: &[Filter]) -> Result<String, Unfit> {
    if told.is_empty() || told.len() > CONDITIONS {
        let message = format!("A segment has 1 to {CONDITIONS} conditions.");
        return Err(unfit("filters", message));
    }
    for (place, condition) in told.iter().enumerate() {
        let wrong =
            |field: &str, message: String| Err(unfit(format!("filters[{place}].{field}"), message));
        let values = &condition.values;
        if values.is_empty() || values.len() > VALUES {
            return wrong("values", format!("A condition has 1 to {VALUES} values."));
        }
        let too_long = |text: &&str| text.chars().count() > VALUE_CHARS || text.contains('\0');
        if values
            .iter()
            .flatten()
            .map(String::as_str)
            .any(|text| too_long(&text))
        {
            return wrong(
                "values",
                format!("A value has at most {VALUE_CHARS} characters."),
            );
        }
        if values.contains(&None) && !matches!(condition.op, Op::Is | Op::IsNot) {
            let message = "Only is and is_not compare with null.".to_owned();
            return wrong("values", message);
        }
        if let Err(error) = Filters::of(std::slice::from_ref(condition)) {
            return wrong("values", format!("This condition {error}."));
        }
    }
    serde_json::to_string(told).map_err(|error| unfit("filters", error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(told: Value) -> Result<String, String> {
        let told: Vec<Filter> = serde_json::from_value(told).unwrap();
        filters(&told).map_err(|unfit| unfit.field)
    }

    #[test]
    fn conditions_are_stored_in_one_way() {
        let told = json!([{"values": ["a", null], "op": "is_not", "dimension": "source"}]);
        assert_eq!(
            checked(told).unwrap(),
            r#"[{"dimension":"source","op":"is_not","values":["a",null]}]"#
        );
    }

    #[test]
    fn conditions_have_bounds() {
        let one =
            |op: &str, values: Value| json!({"dimension": "page", "op": op, "values": values});
        let many = |count: usize| -> Vec<String> { (0..count).map(|n| n.to_string()).collect() };
        let all = |count: usize| Value::Array(vec![one("is", json!(["a"])); count]);
        assert!(checked(all(20)).is_ok());
        for (told, field) in [
            (all(0), "filters"),
            (all(21), "filters"),
            (json!([one("is", json!([]))]), "filters[0].values"),
            (json!([one("is", json!(many(101)))]), "filters[0].values"),
            (
                json!([one("is", json!(["x".repeat(501)]))]),
                "filters[0].values",
            ),
            (json!([one("is", json!(["a\0"]))]), "filters[0].values"),
            (json!([one("contains", json!([null]))]), "filters[0].values"),
            (
                json!([one("is", json!(["a"])), one("matches", json!(["("]))]),
                "filters[1].values",
            ),
        ] {
            assert_eq!(checked(told.clone()), Err(field.to_owned()), "{told}");
        }
        assert!(checked(json!([one("is", json!(many(100)))])).is_ok());
        assert!(checked(json!([one("not_matches", json!(["^/a.*$"]))])).is_ok());
    }

    #[test]
    fn parameters_are_stored_in_one_way_and_have_bounds() {
        let object = |told: Value| parameters(told.as_object().unwrap()).map_err(|u| u.field);
        let told = json!({"to": "2026-02-01", "filters": [{"b": 1, "a": 2}], "from": "2026-01-01"});
        assert_eq!(
            object(told).unwrap(),
            r#"{"filters":[{"a":2,"b":1}],"from":"2026-01-01","to":"2026-02-01"}"#
        );
        let long = json!({"steps": "x".repeat(PARAMETERS_BYTES)});
        assert_eq!(object(long), Err("parameters".to_owned()));
        assert_eq!(
            object(json!({"site": 2})),
            Err("parameters.site".to_owned())
        );
        assert_eq!(object(json!({"a b": 2})), Err("parameters".to_owned()));
        assert_eq!(object(json!({"q": ["\0"]})), Err("parameters.q".to_owned()));
        assert_eq!(object(json!({})).unwrap(), "{}");
    }

    #[test]
    fn names_and_paths_are_those_that_can_be_asked() {
        assert_eq!(name("  a b ").unwrap(), "a b");
        assert!(name(" ").is_err() && name(&"x".repeat(101)).is_err() && name("a\tb").is_err());
        assert!(segment_name("0197555d-0000-7000-8000-000000000000").is_err());
        assert_eq!(note("a\nb").unwrap(), "a\nb");
        assert!(note(&"x".repeat(501)).is_err() && note("").is_err() && note("a\0").is_err());
        assert!(path("/api/v1/analytics/funnel").is_ok());
        for other in [
            "/api/v1/visitors",
            "/api/v1/analytics/",
            "/api/v1/analytics/funnel?site=2",
        ] {
            assert_eq!(path(other).unwrap_err().field, "path");
        }
    }
}
