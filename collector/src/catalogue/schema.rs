//! The part of JSON Schema, draft 2020-12, that a catalogue may use.
//!
//! It is the part that the collector, the generated types and the browser's debug mode all understand, so that the three
//! cannot disagree: a keyword beyond it is refused here, by name. Nothing is fetched: a `$ref` leads to the document's own
//! `$defs`, and never in a circle.

use serde_json::{Map, Value};

use super::document::{Unfit, below};

/// Levels of schemas within schemas.
const DEPTH: usize = 16;
/// Schemas of one event, each counted as often as it is referred to.
const SCHEMAS: usize = 2_000;
/// Values of an `enum`.
const VALUES: usize = 500;
/// Characters of a `pattern`.
const PATTERN_CHARS: usize = 500;

const TYPES: [&str; 7] = [
    "string", "number", "integer", "boolean", "object", "array", "null",
];

/// One look at a schema with everything that it refers to.
pub(super) struct Walk<'d> {
    defs: &'d Map<String, Value>,
    /// Definitions that are being looked at.
    within: Vec<&'d str>,
    depth: usize,
    schemas: usize,
}

impl<'d> Walk<'d> {
    pub(super) fn new(defs: &'d Map<String, Value>) -> Self {
        Self {
            defs,
            within: Vec::new(),
            depth: 0,
            schemas: 0,
        }
    }

    /// Checks the schema at `at`.
    pub(super) fn schema(&mut self, schema: &'d Value, at: &str) -> Result<(), Unfit> {
        self.schemas += 1;
        if self.schemas > SCHEMAS {
            return Err(Unfit::new(
                at,
                format!("One event may have {SCHEMAS} schemas."),
            ));
        }
        if self.depth == DEPTH {
            return Err(Unfit::new(
                at,
                format!("Schemas may be {DEPTH} levels deep."),
            ));
        }
        self.depth += 1;
        let checked = match schema {
            Value::Bool(_) => Ok(()),
            Value::Object(keywords) => keywords
                .iter()
                .try_for_each(|(keyword, value)| self.keyword(keyword, value, &below(at, keyword))),
            _ => Err(Unfit::new(at, "A schema is an object, true or false.")),
        };
        self.depth -= 1;
        checked
    }

    fn keyword(&mut self, keyword: &str, value: &'d Value, at: &str) -> Result<(), Unfit> {
        let wants = |good: bool, what: &str| {
            if good {
                Ok(())
            } else {
                Err(Unfit::new(at, format!("This has to be {what}.")))
            }
        };
        match keyword {
            "type" => wants(
                match value {
                    Value::Array(kinds) => !kinds.is_empty() && kinds.iter().all(is_type),
                    kind => is_type(kind),
                },
                &format!("one of {}, or a list of them", TYPES.join(", ")),
            ),
            "const" => wants(is_scalar(value), "a text, a number, true, false or null"),
            "enum" => wants(
                value.as_array().is_some_and(|values| {
                    (1..=VALUES).contains(&values.len()) && values.iter().all(is_scalar)
                }),
                &format!("a list of 1 to {VALUES} texts, numbers, true, false or null"),
            ),
            "properties" => match value {
                Value::Object(properties) => properties
                    .iter()
                    .try_for_each(|(name, schema)| self.schema(schema, &below(at, name))),
                _ => wants(false, "an object of schemas by property"),
            },
            "required" => wants(
                value
                    .as_array()
                    .is_some_and(|names| names.iter().all(Value::is_string)),
                "a list of names",
            ),
            "additionalProperties" | "items" => self.schema(value, at),
            "anyOf" | "oneOf" | "allOf" => match value {
                Value::Array(schemas) if !schemas.is_empty() => {
                    schemas.iter().enumerate().try_for_each(|(index, schema)| {
                        self.schema(schema, &below(at, &index.to_string()))
                    })
                }
                _ => wants(false, "a list of schemas"),
            },
            "minLength" | "maxLength" | "minItems" | "maxItems" => {
                wants(value.as_u64().is_some(), "a whole number, 0 or more")
            }
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
                wants(value.is_number(), "a number")
            }
            "multipleOf" => wants(
                value.as_f64().is_some_and(|number| number > 0.0),
                "a number above 0",
            ),
            "uniqueItems" => wants(value.is_boolean(), "true or false"),
            "pattern" => wants(
                value
                    .as_str()
                    .is_some_and(|pattern| pattern.chars().count() <= PATTERN_CHARS),
                &format!("a regular expression of at most {PATTERN_CHARS} characters"),
            ),
            "$ref" => self.reference(value, at),
            "title" | "description" | "$comment" | "format" => wants(value.is_string(), "a text"),
            "deprecated" => wants(value.is_boolean(), "true or false"),
            "default" | "examples" => Ok(()),
            _ => Err(Unfit::new(
                at,
                format!("The keyword {keyword} is not among those that a catalogue may use."),
            )),
        }
    }

    fn reference(&mut self, value: &Value, at: &str) -> Result<(), Unfit> {
        let name = value
            .as_str()
            .and_then(|target| target.strip_prefix("#/$defs/"));
        let Some((name, schema)) = name.and_then(|name| self.defs.get_key_value(name)) else {
            return Err(Unfit::new(
                at,
                "A reference has to lead to one of the document's own $defs: \"#/$defs/name\".",
            ));
        };
        if self.within.contains(&name.as_str()) {
            return Err(Unfit::new(at, "This reference leads back to itself."));
        }
        self.within.push(name);
        let checked = self.schema(schema, &below("/$defs", name));
        self.within.pop();
        checked
    }
}

fn is_type(kind: &Value) -> bool {
    kind.as_str().is_some_and(|kind| TYPES.contains(&kind))
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(schema: &Value, defs: &Value) -> Result<(), Unfit> {
        let none = Map::new();
        Walk::new(defs.as_object().unwrap_or(&none)).schema(schema, "")
    }

    #[test]
    fn every_keyword_is_read_strictly() {
        for good in [
            json!(true),
            json!({"type": ["string", "null"], "minLength": 1, "pattern": "^a", "format": "email"}),
            json!({"enum": ["a", 1, true, null]}),
            json!({"type": "array", "items": {"const": 1}, "uniqueItems": true, "maxItems": 3}),
            json!({"properties": {"x": {}}, "required": ["x"], "additionalProperties": {"type": "number"}}),
            json!({"anyOf": [{"minimum": 1.5}, {"multipleOf": 0.5}], "default": {}}),
        ] {
            assert_eq!(check(&good, &Value::Null), Ok(()), "{good}");
        }
        for (bad, at) in [
            (json!("string"), ""),
            (json!({"type": []}), "/type"),
            (json!({"enum": []}), "/enum"),
            (json!({"enum": [{}]}), "/enum"),
            (json!({"const": []}), "/const"),
            (json!({"properties": {"x": 1}}), "/properties/x"),
            (json!({"required": [1]}), "/required"),
            (json!({"anyOf": []}), "/anyOf"),
            (json!({"oneOf": [{}, {"not": {}}]}), "/oneOf/1/not"),
            (json!({"minLength": -1}), "/minLength"),
            (json!({"multipleOf": 0}), "/multipleOf"),
            (json!({"patternProperties": {}}), "/patternProperties"),
            (json!({"$id": "https://a.example"}), "/$id"),
            (json!({"$ref": "https://a.example/x.json"}), "/$ref"),
            (json!({"$ref": "#/$defs/x"}), "/$ref"),
        ] {
            assert_eq!(check(&bad, &Value::Null).unwrap_err().at, at, "{bad}");
        }
    }

    #[test]
    fn references_neither_turn_in_circles_nor_multiply() {
        let circle =
            json!({"a": {"items": {"$ref": "#/$defs/b"}}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}});
        let error = check(&json!({"$ref": "#/$defs/a"}), &circle).unwrap_err();
        assert_eq!(error.at, "/$defs/b/anyOf/0/$ref");
        let twice = |name: &str| {
            let reference = json!({"$ref": format!("#/$defs/{name}")});
            json!({"anyOf": [reference, reference, reference]})
        };
        let bomb = json!({"a": twice("b"), "b": twice("c"), "c": twice("d"), "d": twice("e"), "e": twice("f"),
            "f": twice("g"), "g": {}});
        let error = check(&json!({"$ref": "#/$defs/a"}), &bomb).unwrap_err();
        assert!(
            error.message.contains("2000") || error.message.contains("levels"),
            "{error}"
        );
    }

    #[test]
    fn schemas_have_a_depth() {
        let deep = (0..DEPTH).fold(json!({}), |inner, _| json!({"items": inner}));
        assert!(
            check(&deep, &Value::Null)
                .unwrap_err()
                .message
                .contains("levels")
        );
        assert_eq!(check(&deep["items"], &Value::Null), Ok(()));
    }
}
