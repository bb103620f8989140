//! The stages of a journey and the milestones that lead to them, as a site defines them.
//!
//! Owns the definition: its document, what is wrong with one, and which stage a milestone or an event leads to. What a
//! journey has reached by it is [`super::progress`]'s. A stage is the highest that any milestone of the journey leads
//! to, whatever order they came in: it never goes back, and one that was passed over is not demanded.
//!
//! An event reaches a milestone by its name alone. So the first time of an event is the same under every definition that
//! names the event, and a definition that is changed has nothing to ask of the events that were named before.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_path_to_error::Segment;
use utoipa::ToSchema;
use waymark_protocol::limits;

use crate::catalogue::Unfit;

/// Bytes of a document.
const BYTES: usize = 48 * 1024;
/// Stages of a definition.
const STAGES: std::ops::RangeInclusive<usize> = 1..=20;
/// Milestones of a definition.
const MILESTONES: usize = 100;
/// Characters of a stage's key.
const KEY_CHARS: usize = 40;
/// Characters of a stage's label.
const LABEL_CHARS: usize = 60;
/// The version of the format.
const VERSION: u32 = 1;

/// A stage of the journey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Its name in the API: small letters, digits and `_`.
    pub key: String,
    /// Its name for people.
    pub label: String,
}

/// A milestone that a site has defined. One that it has not is kept and shown all the same, and leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MilestoneRule {
    /// Its name, as senders say it.
    pub name: String,
    /// The key of the stage that it leads to; none for one that is only to be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The name of an event that reaches it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
}

/// What a definition is written as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StagesDocument {
    /// The version of the format: 1.
    #[schema(minimum = 1, maximum = 1)]
    pub version: u32,
    /// The stages in order, 1 to 20. Everyone begins at the first.
    pub stages: Vec<Stage>,
    /// The milestones in order, at most 100.
    pub milestones: Vec<MilestoneRule>,
}

/// A document that has been checked, ready to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    document: StagesDocument,
    /// Places of milestones by name, and by the event that reaches them.
    by_name: HashMap<String, usize>,
    by_event: HashMap<String, usize>,
    /// The place of each milestone's stage.
    ranks: Vec<Option<usize>>,
}

/// What an item that reaches a milestone reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached<'d> {
    /// The milestone.
    pub milestone: &'d str,
    /// The place of the stage that it leads to, from 0.
    pub rank: Option<usize>,
}

static STANDARD: LazyLock<Arc<Definition>> = LazyLock::new(|| {
    let stage = |key: &str, label: &str| Stage {
        key: key.to_owned(),
        label: label.to_owned(),
    };
    let milestone = |name: &str, stage: &str| MilestoneRule {
        name: name.to_owned(),
        stage: Some(stage.to_owned()),
        event: None,
    };
    Arc::new(Definition::index(StagesDocument {
        version: VERSION,
        stages: vec![
            stage("anonymous", "Anonymous"),
            stage("registered", "Registered"),
            stage("qualified", "Qualified"),
            stage("converted", "Converted"),
        ],
        milestones: vec![
            milestone("signup_at", "registered"),
            milestone("nda_signed_at", "qualified"),
            milestone("fee_agreement_at", "qualified"),
            milestone("first_connection_at", "converted"),
        ],
    }))
});

impl Definition {
    /// The one that holds where a site has none of its own.
    pub fn standard() -> Arc<Self> {
        Arc::clone(&STANDARD)
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`Unfit`], with the first place that is wrong.
    pub fn read(text: &str) -> Result<Self, Unfit> {
        if text.len() > BYTES {
            return Err(Unfit::new(
                "",
                format!("A definition of stages may have {BYTES} bytes."),
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
        let document: StagesDocument =
            serde_path_to_error::deserialize(value).map_err(|error| {
                let at = pointer(error.path());
                Unfit::new(&at, format!("Not as expected: {}.", error.into_inner()))
            })?;
        if document.version != VERSION {
            return Err(Unfit::new(
                "/version",
                "The version of the format has to be 1.",
            ));
        }
        check_stages(&document.stages)?;
        check_milestones(&document)?;
        Ok(Self::index(document))
    }

    /// `document` has been checked.
    fn index(document: StagesDocument) -> Self {
        let places = |key: fn(&MilestoneRule) -> Option<&String>| {
            let named = document.milestones.iter().enumerate();
            named
                .filter_map(|(place, rule)| Some((key(rule)?.clone(), place)))
                .collect()
        };
        let rank = |rule: &MilestoneRule| {
            let key = rule.stage.as_ref()?;
            document.stages.iter().position(|stage| stage.key == *key)
        };
        Self {
            by_name: places(|rule| Some(&rule.name)),
            by_event: places(|rule| rule.event.as_ref()),
            ranks: document.milestones.iter().map(rank).collect(),
            document,
        }
    }

    /// The document.
    pub fn document(&self) -> &StagesDocument {
        &self.document
    }

    /// The stages, in order.
    pub fn stages(&self) -> &[Stage] {
        &self.document.stages
    }

    /// The milestones, in order.
    pub fn milestones(&self) -> &[MilestoneRule] {
        &self.document.milestones
    }

    /// The stage at a place.
    pub fn key(&self, rank: usize) -> &str {
        self.document
            .stages
            .get(rank)
            .map_or("", |stage| stage.key.as_str())
    }

    /// The place of a stage; nothing for a key that is none.
    pub fn rank(&self, key: &str) -> Option<usize> {
        self.stages().iter().position(|stage| stage.key == key)
    }

    /// Whether a milestone has this name.
    pub fn has_milestone(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The stage that the milestone `name` leads to.
    pub fn rank_of_milestone(&self, name: &str) -> Option<usize> {
        self.ranks[*self.by_name.get(name)?]
    }

    /// What an event of this name reaches.
    pub fn reached_by_event(&self, name: &str) -> Option<Reached<'_>> {
        let place = *self.by_event.get(name)?;
        Some(Reached {
            milestone: &self.document.milestones[place].name,
            rank: self.ranks[place],
        })
    }

    /// Whether any event reaches a milestone.
    pub fn has_events(&self) -> bool {
        !self.by_event.is_empty()
    }

    /// The names of the events that reach a milestone.
    pub fn events(&self) -> BTreeSet<&str> {
        self.by_event.keys().map(String::as_str).collect()
    }

    /// The milestones, and the events, that lead to a stage for which `wanted` holds.
    pub fn leading_to(&self, wanted: impl Fn(usize) -> bool) -> (Vec<&str>, Vec<&str>) {
        let rules = || {
            let all = self.milestones().iter().zip(&self.ranks);
            all.filter(|(_, rank)| rank.is_some_and(&wanted))
                .map(|(rule, _)| rule)
        };
        (
            rules().map(|rule| rule.name.as_str()).collect(),
            rules().filter_map(|rule| rule.event.as_deref()).collect(),
        )
    }
}

fn check_stages(stages: &[Stage]) -> Result<(), Unfit> {
    if !STAGES.contains(&stages.len()) {
        return Err(Unfit::new(
            "/stages",
            format!("There have to be 1 to {} stages.", STAGES.end()),
        ));
    }
    for (place, stage) in stages.iter().enumerate() {
        let at = |field: &str| format!("/stages/{place}/{field}");
        let key = stage.key.as_bytes();
        let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_';
        if !(1..=KEY_CHARS).contains(&key.len()) || !key.iter().all(plain) {
            return Err(Unfit::new(
                &at("key"),
                format!("A key has 1 to {KEY_CHARS} of the characters a to z, 0 to 9 and _."),
            ));
        }
        if stages[..place].iter().any(|other| other.key == stage.key) {
            return Err(Unfit::new(
                &at("key"),
                format!("There is a stage \"{}\" before this one.", stage.key),
            ));
        }
        if !is_name(&stage.label, LABEL_CHARS) {
            return Err(Unfit::new(
                &at("label"),
                format!("A label has 1 to {LABEL_CHARS} characters, without spaces around them."),
            ));
        }
    }
    Ok(())
}

fn check_milestones(document: &StagesDocument) -> Result<(), Unfit> {
    let milestones = &document.milestones;
    if milestones.len() > MILESTONES {
        return Err(Unfit::new(
            "/milestones",
            format!("There may be {MILESTONES} milestones."),
        ));
    }
    for (place, rule) in milestones.iter().enumerate() {
        let at = |field: &str| format!("/milestones/{place}/{field}");
        let before = &milestones[..place];
        let names = [("name", Some(&rule.name)), ("event", rule.event.as_ref())];
        for (field, name) in names {
            if name.is_some_and(|name| !is_name(name, limits::NAME_CHARS)) {
                return Err(Unfit::new(
                    &at(field),
                    format!(
                        "A name has 1 to {} characters, without spaces around them.",
                        limits::NAME_CHARS
                    ),
                ));
            }
        }
        if before.iter().any(|other| other.name == rule.name) {
            return Err(Unfit::new(
                &at("name"),
                format!("There is a milestone \"{}\" before this one.", rule.name),
            ));
        }
        if let Some(event) = &rule.event
            && let Some(other) = before.iter().find(|other| other.event == rule.event)
        {
            return Err(Unfit::new(
                &at("event"),
                format!(
                    "The event \"{event}\" reaches \"{}\" already; one event reaches one milestone.",
                    other.name
                ),
            ));
        }
        if let Some(key) = &rule.stage {
            match document.stages.iter().position(|stage| stage.key == *key) {
                Some(0) => {
                    return Err(Unfit::new(
                        &at("stage"),
                        "Everyone begins at the first stage, so nothing leads there; leave the stage out.",
                    ));
                }
                Some(_) => {}
                None => {
                    return Err(Unfit::new(&at("stage"), "There is no stage with this key."));
                }
            }
        }
    }
    Ok(())
}

fn is_name(text: &str, most: usize) -> bool {
    !text.is_empty()
        && text.trim() == text
        && !text.chars().any(char::is_control)
        && text.chars().count() <= most
}

/// A path as a JSON Pointer.
fn pointer(path: &serde_path_to_error::Path) -> String {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{key}")),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn good() -> Value {
        json!({
            "version": 1,
            "stages": [{"key": "new", "label": "New"}, {"key": "active", "label": "Active"}, {"key": "paying", "label": "Paying"}],
            "milestones": [
                {"name": "first_run", "stage": "active", "event": "run"},
                {"name": "looked", "event": "look"},
                {"name": "paid_at", "stage": "paying"},
            ],
        })
    }

    #[test]
    fn the_standard_one_is_what_it_always_was() {
        let standard = Definition::standard();
        let keys: Vec<&str> = standard.stages().iter().map(|s| s.key.as_str()).collect();
        assert_eq!(keys, ["anonymous", "registered", "qualified", "converted"]);
        for (name, rank) in [
            ("signup_at", Some(1)),
            ("nda_signed_at", Some(2)),
            ("fee_agreement_at", Some(2)),
            ("first_connection_at", Some(3)),
            ("Signup_at", None),
        ] {
            assert_eq!(standard.rank_of_milestone(name), rank, "{name}");
        }
        assert!(!standard.has_events());
        let document = serde_json::to_value(standard.document()).unwrap();
        assert_eq!(Definition::of(document).unwrap(), *standard);
    }

    #[test]
    fn a_definition_says_what_leads_where() {
        let definition = Definition::of(good()).unwrap();
        let run = definition.reached_by_event("run").unwrap();
        assert_eq!((run.milestone, run.rank), ("first_run", Some(1)));
        let look = definition.reached_by_event("look").unwrap();
        assert_eq!((look.milestone, look.rank), ("looked", None));
        assert_eq!(definition.reached_by_event("first_run"), None);
        assert_eq!(definition.events(), ["look", "run"].into());
        assert_eq!(
            (definition.key(2), definition.rank("paying")),
            ("paying", Some(2))
        );
        assert_eq!(
            definition.leading_to(|rank| rank >= 1),
            (vec!["first_run", "paid_at"], vec!["run"])
        );
    }

    #[test]
    fn the_example_of_the_guide_is_one() {
        let text = include_str!("../../../docs/stages.product.json");
        let definition = Definition::read(text).unwrap();
        assert_eq!(definition.milestones().len(), 9);
        assert!(
            definition
                .milestones()
                .iter()
                .all(|rule| rule.event.is_some())
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let many = |count: usize, one: &dyn Fn(usize) -> Value| -> Value {
            (0..count).map(one).collect::<Vec<_>>().into()
        };
        let stage = |n: usize| json!({"key": format!("s{n}"), "label": "S"});
        let milestone = |n: usize| json!({"name": format!("m{n}")});
        for (at, value, place) in [
            ("/version", json!(2), "/version"),
            ("/version", json!("1"), "/version"),
            ("/stages", json!({}), "/stages"),
            ("/stages", json!([]), "/stages"),
            ("/stages", many(21, &stage), "/stages"),
            ("/stages/1", json!({"key": "x"}), "/stages/1"),
            ("/stages/1/key", json!("new"), "/stages/1/key"),
            ("/stages/1/key", json!("Neu"), "/stages/1/key"),
            ("/stages/1/key", json!(""), "/stages/1/key"),
            ("/stages/1/key", json!("x".repeat(41)), "/stages/1/key"),
            ("/stages/1/label", json!(" "), "/stages/1/label"),
            ("/stages/1/label", json!(7), "/stages/1/label"),
            ("/milestones", many(101, &milestone), "/milestones"),
            ("/milestones/0/name", json!("a\nb"), "/milestones/0/name"),
            (
                "/milestones/0/name",
                json!("x".repeat(101)),
                "/milestones/0/name",
            ),
            ("/milestones/2/name", json!("looked"), "/milestones/2/name"),
            ("/milestones/0/stage", json!("gone"), "/milestones/0/stage"),
            ("/milestones/0/stage", json!("new"), "/milestones/0/stage"),
            ("/milestones/1/event", json!("run"), "/milestones/1/event"),
            ("/milestones/1/event", json!(""), "/milestones/1/event"),
            (
                "/milestones/1",
                json!({"name": "a", "stages": "x"}),
                "/milestones/1/stages",
            ),
        ] {
            let mut document = good();
            *document.pointer_mut(at).unwrap() = value;
            let unfit = Definition::of(document).unwrap_err();
            assert_eq!(unfit.at, place, "{unfit}");
        }
        for text in ["", "[]", "7", r#"{"version": 1, "stages": []}"#] {
            assert_eq!(Definition::read(text).unwrap_err().at, "", "{text}");
        }
        assert_eq!(Definition::read(&" ".repeat(BYTES + 1)).unwrap_err().at, "");
    }
}
