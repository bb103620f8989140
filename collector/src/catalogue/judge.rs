//! A catalogue in the form that judges events: compiled once, asked for every event of its site.

use std::collections::HashMap;
use std::fmt;

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;
use waymark_protocol::Reason;

use super::Mode;
use super::document::{Document, Unfit, below};

/// Bytes that one compiled pattern may take. The engine is linear in the length of the text, whatever the pattern.
const PATTERN_BYTES: usize = 256 * 1024;
/// Characters of a field's path.
const FIELD_CHARS: usize = 200;

/// Events that the SDK and its adapters make themselves. They are known without being declared; a site that declares one
/// says what it looks like.
const OWN: [&str; 18] = [
    "click",
    "content_exported",
    "content_generated",
    "dead_click",
    "file_downloaded",
    "form_abandoned",
    "form_started",
    "form_submitted",
    "generation_failed",
    "js_error",
    "outbound_clicked",
    "rage_click",
    "tool_entered",
    "tool_exited",
    "video_completed",
    "video_progress",
    "video_started",
    "web_vital",
];

/// What is wrong with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Problem {
    /// The catalogue has no event of this name.
    UnknownEvent,
    /// Its properties are not as the catalogue says.
    InvalidProps,
}

impl Problem {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::UnknownEvent, Self::InvalidProps];

    /// Its name, in the API and in the database: that of the reason for which such an item is dropped.
    pub fn as_str(self) -> &'static str {
        crate::outcome::reason_name(self.reason())
    }

    /// The reason for which such an item is dropped.
    pub fn reason(self) -> Reason {
        match self {
            Self::UnknownEvent => Reason::UnknownEvent,
            Self::InvalidProps => Reason::InvalidProps,
        }
    }

    /// The problem for which an item was dropped, if it was one of these.
    pub fn of(reason: Reason) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|problem| problem.reason() == reason)
    }
}

/// What the catalogue holds against one event: the first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub problem: Problem,
    /// Where, such as `data.name` or `data.props.items[].sku`. Never a value.
    pub field: String,
}

/// A compiled catalogue.
pub struct Catalogue {
    mode: Mode,
    events: HashMap<String, Option<Validator>>,
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events = self.events.len();
        write!(f, "Catalogue({}, {events} events)", self.mode.as_str())
    }
}

impl Catalogue {
    /// Compiles a document. Takes a moment.
    ///
    /// # Errors
    /// [`Unfit`] for a pattern that cannot be compiled.
    pub fn compile(document: &Document, mode: Mode) -> Result<Self, Unfit> {
        let mut events = HashMap::new();
        for (name, schema) in document.schemas() {
            let validator = schema.map(|schema| compile(&schema, name)).transpose()?;
            events.insert(name.to_owned(), validator);
        }
        Ok(Self { mode, events })
    }

    /// Whether what it finds wrong is to be dropped.
    pub fn rejects(&self) -> bool {
        self.mode == Mode::Reject
    }

    /// What is wrong with an event. `props` is the JSON text of an object.
    pub fn judge(&self, name: &str, props: Option<&str>) -> Option<Finding> {
        let Some(event) = self.events.get(name) else {
            return (!OWN.contains(&name)).then(|| Finding {
                problem: Problem::UnknownEvent,
                field: "data.name".to_owned(),
            });
        };
        let validator = event.as_ref()?;
        // Text that has been read as an object before; without any, an object with nothing in it.
        let props: Value = serde_json::from_str(props.unwrap_or("{}")).ok()?;
        let error = validator.iter_errors(&props).next()?;
        Some(Finding {
            problem: Problem::InvalidProps,
            field: field(&error),
        })
    }
}

fn compile(schema: &Value, name: &str) -> Result<Validator, Unfit> {
    let patterns = PatternOptions::regex()
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES);
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(patterns)
        .should_validate_formats(false)
        .offline()
        .build(schema)
        .map_err(|error| {
            let at = below(&below("/events", name), "props");
            Unfit::new(
                &format!("{at}{}", error.instance_path()),
                format!("This cannot be used: {error}. Patterns have no look-around and no back-references here."),
            )
        })
}

/// The path of what is wrong, without places in lists: paths are counted, and there should be few.
fn field(error: &ValidationError<'_>) -> String {
    let mut path = "data.props".to_owned();
    for segment in error.instance_path().segments() {
        match segment {
            LocationSegment::Property(name) => {
                path.push('.');
                path.push_str(&name);
            }
            LocationSegment::Index(_) => path.push_str("[]"),
        }
    }
    let last = match error.kind() {
        ValidationErrorKind::Required { property } => property.as_str(),
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected.first().map(String::as_str)
        }
        _ => None,
    };
    if let Some(name) = last {
        path.push('.');
        path.push_str(name);
    }
    path.chars()
        .filter(|c| !c.is_control())
        .take(FIELD_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn catalogue(props: Value) -> Catalogue {
        let document = Document::of(json!({
            "version": 1,
            "$defs": {"sku": {"type": "string", "pattern": "^[A-Z]{2}-\\d+$"}},
            "common": {"team": {"type": "string"}},
            "events": {"bought": {"props": props}, "opened": {}}
        }))
        .unwrap();
        Catalogue::compile(&document, Mode::Flag).unwrap()
    }

    fn found(catalogue: &Catalogue, props: Value) -> Option<String> {
        let finding = catalogue.judge("bought", Some(&props.to_string()))?;
        assert_eq!(finding.problem, Problem::InvalidProps);
        Some(finding.field)
    }

    #[test]
    fn the_field_is_named_and_no_value() {
        let catalogue = catalogue(json!({
            "properties": {
                "plan": {"enum": ["free", "pro"]},
                "seats": {"type": ["integer", "null"], "minimum": 1},
                "items": {"type": "array", "items": {
                    "properties": {"sku": {"$ref": "#/$defs/sku"}}, "required": ["sku"], "additionalProperties": false
                }}
            },
            "required": ["plan"],
            "additionalProperties": false
        }));
        let field = |props| found(&catalogue, props);
        assert_eq!(
            field(json!({"plan": "pro", "seats": null, "team": "a"})),
            None
        );
        assert_eq!(field(json!({})).unwrap(), "data.props.plan");
        assert_eq!(
            catalogue.judge("bought", None).unwrap().field,
            "data.props.plan"
        );
        assert_eq!(field(json!({"plan": "gold"})).unwrap(), "data.props.plan");
        assert_eq!(
            field(json!({"plan": "pro", "colour": 1})).unwrap(),
            "data.props.colour"
        );
        assert_eq!(
            field(json!({"plan": "pro", "seats": 0})).unwrap(),
            "data.props.seats"
        );
        assert_eq!(
            field(json!({"plan": "pro", "team": 7})).unwrap(),
            "data.props.team"
        );
        let items = |sku: Value| json!({"plan": "pro", "items": [{"sku": "AB-1"}, {"sku": sku}]});
        assert_eq!(field(items(json!("AB-12"))), None);
        assert_eq!(field(items(json!("x"))).unwrap(), "data.props.items[].sku");
        assert_eq!(
            field(json!({"plan": "pro", "items": [{}]})).unwrap(),
            "data.props.items[].sku"
        );
    }

    #[test]
    fn the_sdks_own_events_are_those_of_the_fixture() {
        let text = include_str!("../../../protocol/fixtures/catalogue/own.json");
        let names: Vec<String> = serde_json::from_str(text).unwrap();
        assert_eq!(names, OWN);
    }

    #[test]
    fn names_are_known_by_declaration_or_by_the_sdk() {
        let catalogue = catalogue(json!({}));
        assert_eq!(catalogue.judge("opened", Some("{\"x\":1}")), None);
        assert_eq!(catalogue.judge("rage_click", Some("{\"x\":1}")), None);
        let finding = catalogue.judge("Opened", None).unwrap();
        assert_eq!(
            (finding.problem, finding.field.as_str()),
            (Problem::UnknownEvent, "data.name")
        );
    }

    #[test]
    fn patterns_are_linear_or_refused() {
        let slow = catalogue(json!({"properties": {"x": {"pattern": "^(a+)+$"}}}));
        let text = "a".repeat(30_000) + "!";
        let began = std::time::Instant::now();
        assert!(found(&slow, json!({"x": text})).is_some());
        assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
        for pattern in ["(?=a)b", "(a)\\1", "(", "(a{500}){500}"] {
            let document = Document::of(json!({
                "version": 1,
                "events": {"e": {"props": {"properties": {"x": {"pattern": pattern}}}}}
            }))
            .unwrap();
            let unfit = Catalogue::compile(&document, Mode::Flag).unwrap_err();
            assert!(unfit.at.starts_with("/events/e/props"), "{unfit}");
        }
    }

    /// What the browser's debug mode is held against, too.
    #[test]
    fn the_fixtures_are_judged_as_they_say() {
        let text = include_str!("../../../protocol/fixtures/catalogue/judged.json");
        let fixture: Value = serde_json::from_str(text).unwrap();
        let document = Document::of(fixture["document"].clone()).unwrap();
        let catalogue = Catalogue::compile(&document, Mode::Flag).unwrap();
        for case in fixture["cases"].as_array().unwrap() {
            let props = case["props"].to_string();
            let found = catalogue.judge(case["name"].as_str().unwrap(), Some(&props));
            let field = found.map(|found| found.field);
            assert_eq!(field.as_deref(), case["field"].as_str(), "{case}");
        }
    }

    /// What `npx waymark types` is held against, too.
    #[test]
    fn the_fixtures_are_documents_or_say_where_they_are_not() {
        let text = include_str!("../../../protocol/fixtures/catalogue/documents.json");
        let cases: Vec<Value> = serde_json::from_str(text).unwrap();
        for case in cases {
            let read = Document::of(case["document"].clone());
            let at = read.err().map(|unfit| unfit.at);
            assert_eq!(at.as_deref(), case["at"].as_str(), "{case}");
        }
    }
}
