//! The document: one JSON object with a version, the events, and what they share.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use waymark_protocol::limits;

use super::schema::Walk;

/// Bytes of a document.
pub(crate) const BYTES: usize = 256 * 1024;
/// Events of a document.
const EVENTS: usize = 500;
/// Definitions and common properties of a document.
const SHARED: usize = 100;
/// Characters of a description.
const DESCRIPTION_CHARS: usize = 1000;
/// The version of the format.
const VERSION: i64 = 1;

/// What is wrong with a document, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", if at.is_empty() { "the document" } else { at })]
pub struct Unfit {
    /// A JSON Pointer into the document; empty for all of it.
    pub at: String,
    /// What is wrong there, as a sentence.
    pub message: String,
}

impl Unfit {
    pub(crate) fn new(at: &str, message: impl Into<String>) -> Self {
        Self {
            at: at.to_owned(),
            message: message.into(),
        }
    }
}

/// `at` and one more step of a JSON Pointer.
pub(super) fn below(at: &str, step: &str) -> String {
    format!("{at}/{}", step.replace('~', "~0").replace('/', "~1"))
}

/// A document that has been checked: everything in it is what it should be, but that its patterns compile, which
/// [`super::Catalogue::compile`] finds out.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Value);

impl Document {
    /// The document of a site that has none yet.
    pub fn empty() -> Self {
        Self(json!({"version": VERSION, "events": {}}))
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`Unfit`], with the first place that is wrong.
    pub fn read(text: &str) -> Result<Self, Unfit> {
        if text.len() > BYTES {
            return Err(Unfit::new(
                "",
                format!("A catalogue may have {BYTES} bytes."),
            ));
        }
        let value = serde_json::from_str(text)
            .map_err(|error| Unfit::new("", format!("This is not JSON: {error}.")))?;
        Self::of(value)
    }

    /// Checks a document.
    ///
    /// # Errors
    /// [`Unfit`], with the first place that is wrong.
    pub fn of(value: Value) -> Result<Self, Unfit> {
        let Value::Object(document) = &value else {
            return Err(Unfit::new("", "A catalogue is a JSON object."));
        };
        only(
            document,
            "",
            &[
                "$schema",
                "version",
                "description",
                "events",
                "common",
                "$defs",
            ],
        )?;
        match document.get("version") {
            Some(version) if version.as_i64() == Some(VERSION) => {}
            Some(_) => {
                return Err(Unfit::new(
                    "/version",
                    "The version of the format has to be 1.",
                ));
            }
            None => return Err(Unfit::new("", "\"version\": 1 is missing.")),
        }
        text(document, "", "$schema")?;
        text(document, "", "description")?;
        let no_defs = Map::new();
        let defs = members(document, "$defs", SHARED)?.unwrap_or(&no_defs);
        for (name, schema) in defs {
            Walk::new(defs).schema(schema, &below("/$defs", name))?;
        }
        for (name, schema) in members(document, "common", SHARED)?.into_iter().flatten() {
            Walk::new(defs).schema(schema, &below("/common", name))?;
        }
        let events = members(document, "events", EVENTS)?
            .ok_or_else(|| Unfit::new("", "\"events\" is missing: an object of events by name."))?;
        for (name, event) in events {
            check_event(name, event, defs)?;
        }
        let size = value.to_string().len();
        if size > BYTES {
            return Err(Unfit::new(
                "",
                format!("A catalogue may have {BYTES} bytes."),
            ));
        }
        Ok(Self(value))
    }

    /// The document as it is stored and shown.
    pub fn to_text(&self) -> String {
        self.0.to_string()
    }

    /// The document as JSON.
    pub fn as_json(&self) -> &Value {
        &self.0
    }

    /// How many events it has.
    pub fn events(&self) -> usize {
        self.0["events"].as_object().map_or(0, Map::len)
    }

    /// The document with an event of this name, of which every property is welcome. `None` if it is there already.
    ///
    /// # Errors
    /// [`Unfit`] where the document would be too large, or the name is none.
    pub fn with_event(&self, name: &str, description: &str) -> Result<Option<Self>, Unfit> {
        let mut value = self.0.clone();
        let Some(events) = value["events"].as_object_mut() else {
            return Ok(None);
        };
        if events.contains_key(name) {
            return Ok(None);
        }
        events.insert(name.to_owned(), json!({"description": description}));
        Self::of(value).map(Some)
    }

    /// The JSON Schema of each event's properties: `None` where every property is welcome. What the events share is in
    /// each of them: definitions where it refers to one, and common properties where it has none of the name itself.
    pub(super) fn schemas(&self) -> BTreeMap<&str, Option<Value>> {
        let members = |name: &str| self.0.get(name).and_then(Value::as_object);
        let (defs, common) = (members("$defs"), members("common"));
        let schema = |props: &Map<String, Value>| {
            let mut schema = props.clone();
            if let Some(common) = common {
                let properties = schema.entry("properties").or_insert_with(|| json!({}));
                for (name, shape) in common {
                    if let Some(properties) = properties.as_object_mut() {
                        properties.entry(name).or_insert_with(|| shape.clone());
                    }
                }
            }
            schema.entry("type").or_insert_with(|| json!("object"));
            if let Some(defs) = defs {
                schema.insert("$defs".to_owned(), Value::Object(defs.clone()));
            }
            Value::Object(schema)
        };
        members("events")
            .into_iter()
            .flatten()
            .map(|(name, event)| {
                (
                    name.as_str(),
                    event.get("props").and_then(Value::as_object).map(schema),
                )
            })
            .map(|(name, schema)| (name, schema.map(without_unused)))
            .collect()
    }
}

/// A schema without definitions that it does not refer to, which would be compiled for nothing.
fn without_unused(mut schema: Value) -> Value {
    let Some(map) = schema.as_object_mut() else {
        return schema;
    };
    if let Some(defs) = map.remove("$defs")
        && (map.contains_key("$ref")
            || Value::Object(map.clone()).to_string().contains("\"$ref\":"))
    {
        map.insert("$defs".to_owned(), defs);
    }
    schema
}

fn check_event(name: &str, event: &Value, defs: &Map<String, Value>) -> Result<(), Unfit> {
    let at = below("/events", name);
    if name.is_empty() || name.trim() != name || name.chars().any(char::is_control) {
        return Err(Unfit::new(
            &at,
            "An event's name is a text without spaces around it.",
        ));
    }
    if name.chars().count() > limits::NAME_CHARS {
        return Err(Unfit::new(
            &at,
            format!(
                "An event's name may have {} characters.",
                limits::NAME_CHARS
            ),
        ));
    }
    let Value::Object(event) = event else {
        return Err(Unfit::new(&at, "An event is an object."));
    };
    only(event, &at, &["description", "deprecated", "props"])?;
    text(event, &at, "description")?;
    if event
        .get("deprecated")
        .is_some_and(|flag| !flag.is_boolean())
    {
        return Err(Unfit::new(
            &below(&at, "deprecated"),
            "This has to be true or false.",
        ));
    }
    let Some(props) = event.get("props") else {
        return Ok(());
    };
    let at = below(&at, "props");
    let Value::Object(schema) = props else {
        return Err(Unfit::new(&at, "This has to be a JSON Schema, an object."));
    };
    if schema.get("type").is_some_and(|kind| kind != "object") {
        return Err(Unfit::new(
            &below(&at, "type"),
            "The properties of an event are an object: \"type\" is \"object\" or left out.",
        ));
    }
    Walk::new(defs).schema(props, &at)
}

/// An error for the first member that is none of `known`.
fn only(object: &Map<String, Value>, at: &str, known: &[&str]) -> Result<(), Unfit> {
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Unfit::new(
            &below(at, name),
            format!(
                "There is no such member here; known are {}.",
                known.join(", ")
            ),
        )),
        None => Ok(()),
    }
}

fn text(object: &Map<String, Value>, at: &str, name: &str) -> Result<(), Unfit> {
    match object.get(name) {
        None => Ok(()),
        Some(Value::String(text)) if text.chars().count() <= DESCRIPTION_CHARS => Ok(()),
        Some(_) => Err(Unfit::new(
            &below(at, name),
            format!("This has to be a text of at most {DESCRIPTION_CHARS} characters."),
        )),
    }
}

/// The members of an object within the document.
fn members<'d>(
    document: &'d Map<String, Value>,
    name: &str,
    most: usize,
) -> Result<Option<&'d Map<String, Value>>, Unfit> {
    let at = below("", name);
    match document.get(name) {
        None => Ok(None),
        Some(Value::Object(members)) if members.len() <= most => Ok(Some(members)),
        Some(Value::Object(_)) => Err(Unfit::new(&at, format!("There may be {most} of them."))),
        Some(_) => Err(Unfit::new(&at, "This has to be an object.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(document: Value) -> (String, String) {
        let unfit = Document::of(document).unwrap_err();
        (unfit.at, unfit.message)
    }

    #[test]
    fn errors_name_the_place() {
        let event = |event: Value| json!({"version": 1, "events": {"a/b": event}});
        for (document, at) in [
            (json!([]), ""),
            (json!({"events": {}}), ""),
            (json!({"version": 2, "events": {}}), "/version"),
            (json!({"version": 1}), ""),
            (json!({"version": 1, "events": {}, "evnets": {}}), "/evnets"),
            (json!({"version": 1, "events": []}), "/events"),
            (json!({"version": 1, "events": {" x": {}}}), "/events/ x"),
            (
                json!({"version": 1, "events": {"x".repeat(101): {}}}),
                &format!("/events/{}", "x".repeat(101)),
            ),
            (event(json!(true)), "/events/a~1b"),
            (event(json!({"propz": {}})), "/events/a~1b/propz"),
            (
                event(json!({"deprecated": "yes"})),
                "/events/a~1b/deprecated",
            ),
            (event(json!({"description": 7})), "/events/a~1b/description"),
            (event(json!({"props": true})), "/events/a~1b/props"),
            (
                event(json!({"props": {"type": "string"}})),
                "/events/a~1b/props/type",
            ),
            (
                event(json!({"props": {"properties": {"n": {"type": "nubmer"}}}})),
                "/events/a~1b/props/properties/n/type",
            ),
        ] {
            let (found, message) = wrong(document);
            assert_eq!(found, at, "{message}");
            assert!(message.ends_with('.'), "{message}");
        }
        assert!(
            Document::read("{")
                .unwrap_err()
                .message
                .contains("not JSON")
        );
        let long = format!(
            "{{\"version\":1,\"events\":{{}},\"description\":\"{}\"}}",
            "x".repeat(BYTES)
        );
        assert!(Document::read(&long).unwrap_err().message.contains("bytes"));
    }

    #[test]
    fn an_event_is_adopted_once() {
        let document = Document::empty();
        let with = document.with_event("opened", "Adopted.").unwrap().unwrap();
        assert_eq!(with.events(), 1);
        assert_eq!(with.with_event("opened", "").unwrap(), None);
        assert!(document.with_event(" ", "").is_err());
    }

    #[test]
    fn what_events_share_is_in_each() {
        let document = Document::of(json!({
            "version": 1,
            "common": {"plan": {"$ref": "#/$defs/plan"}, "n": {"type": "string"}},
            "$defs": {"plan": {"enum": ["a", "b"]}},
            "events": {
                "open": {},
                "own": {"props": {"properties": {"n": {"type": "number"}}, "additionalProperties": false}},
            }
        }))
        .unwrap();
        let schemas = document.schemas();
        assert_eq!(schemas["open"], None);
        let own = schemas["own"].as_ref().unwrap();
        assert_eq!(own["properties"]["n"], json!({"type": "number"}));
        assert_eq!(own["properties"]["plan"], json!({"$ref": "#/$defs/plan"}));
        assert_eq!(own["$defs"]["plan"], json!({"enum": ["a", "b"]}));
        assert_eq!(own["type"], "object");
    }

    /// What editors say of a document is what this says, as far as a schema can: it knows nothing of circles.
    #[test]
    fn the_schema_for_editors_agrees() {
        let schema = include_str!("../../../docs/catalogue.schema.json");
        let schema: Value = serde_json::from_str(schema).unwrap();
        let validator = jsonschema::options().offline().build(&schema).unwrap();
        let cases = include_str!("../../../protocol/fixtures/catalogue/documents.json");
        let cases: Vec<Value> = serde_json::from_str(cases).unwrap();
        for case in cases {
            let document = &case["document"];
            let circle = case["at"] == "/$defs/a/items/$ref";
            let good = Document::of(document.clone()).is_ok() || circle;
            assert_eq!(validator.is_valid(document), good, "{document}");
        }
    }
}
