//! Things that somebody may have done: a page that was seen, an event, a milestone, as callers name them and as questions find
//! them among the items of a visitor.
//!
//! A milestone is reached by an item of its name, by an event that the site's definition of stages names for it, or by a first
//! time that has no item, as an import tells it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::dimension::{Dimension, Of};
use super::field::{Field, NoField, Reading};
use super::filter::{Filter, MOST_FILTERS, Op, Question, Unfit};
use crate::columns::props::text_of;
use crate::columns::{Columns, Events, NO_SESSION, NONE, Visitor, Word, Words};
use crate::journey::{Definition, EntryKind};

/// The most steps that are looked for at once.
pub const MOST_STEPS: usize = 20;

/// A thing that somebody may have done: exactly one of `event`, `page` and `milestone`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The name of an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The path of a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The name of a milestone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milestone: Option<String>,
    /// How the name or path is compared; `is` where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op: Option<Op>,
    /// What it is called in the answer; the name or path where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Conditions on the item, its session and its visitor. `page` is the page on which the item happened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Filter>,
    /// What an event or a milestone has to tell beside its name: by the name of a property a value, null where it has to have
    /// none, or a list of which one has to be it. `filters` compare properties in other ways.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, example = json!({"plan": "pro", "seats": [1, 2]}))]
    pub props: Option<Map<String, Value>>,
}

/// What a step is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StepKind)]
pub enum Kind {
    /// A page view.
    Page,
    /// An event.
    Event,
    /// A milestone.
    Milestone,
}

/// Why a step is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoStep {
    /// None of the three, or several.
    #[error("has to name exactly one of event, page and milestone")]
    Kind,
    /// A page has none.
    #[error("has props, which only events and milestones have")]
    Props,
    /// A property that cannot be looked for.
    #[error(
        "has the property {0:?}, which has to have a text, a number, a boolean, null or a list of these"
    )]
    Property(String),
    /// A property's name.
    #[error("has a property of which the name {0}")]
    Name(#[from] NoField),
    /// A condition that cannot be.
    #[error("{0}")]
    Filter(#[from] Unfit),
}

impl Step {
    /// What it is of, and the text that is looked for.
    pub fn sought(&self) -> Result<(Kind, &str), NoStep> {
        match (&self.page, &self.event, &self.milestone) {
            (Some(text), None, None) => Ok((Kind::Page, text)),
            (None, Some(text), None) => Ok((Kind::Event, text)),
            (None, None, Some(text)) => Ok((Kind::Milestone, text)),
            _ => Err(NoStep::Kind),
        }
    }

    /// What it is called.
    pub fn title(&self) -> &str {
        let sought = self.sought().map_or("", |(_, text)| text);
        self.name.as_deref().unwrap_or(sought)
    }

    /// Says what is wrong with it, before there are columns.
    ///
    /// # Errors
    /// [`NoStep`].
    pub fn check(&self) -> Result<(), NoStep> {
        self.question()?;
        let conditions = self.conditions()?;
        if conditions.len() > MOST_FILTERS {
            return Err(Unfit::TooMany.into());
        }
        for filter in &conditions {
            Question::of(filter)?;
        }
        Ok(())
    }

    /// All conditions, those on properties included.
    ///
    /// # Errors
    /// [`NoStep`].
    pub fn conditions(&self) -> Result<Vec<Filter>, NoStep> {
        let mut all = self.filters.clone();
        let props = self.props.iter().flatten();
        if self.props.is_some() && self.page.is_some() {
            return Err(NoStep::Props);
        }
        for (name, value) in props {
            let values = match value {
                Value::Array(values) => values.as_slice(),
                value => std::slice::from_ref(value),
            };
            let text = |value: &Value| match (value, text_of(value)) {
                (Value::Null, _) => Ok(None),
                (_, Some(text)) => Ok(Some(text)),
                (_, None) => Err(NoStep::Property(name.clone())),
            };
            all.push(Filter {
                dimension: Field::property(name)?,
                op: Op::Is,
                values: values.iter().map(text).collect::<Result<_, _>>()?,
            });
        }
        Ok(all)
    }

    fn question(&self) -> Result<(Kind, Question), NoStep> {
        let (kind, text) = self.sought()?;
        let filter = Filter {
            dimension: match kind {
                Kind::Page => Dimension::Page.into(),
                Kind::Event | Kind::Milestone => Dimension::Event.into(),
            },
            op: self.op.unwrap_or(Op::Is),
            values: vec![Some(text.to_owned())],
        };
        Ok((kind, Question::of(&filter)?))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Page => "page",
            Self::Event => "event",
            Self::Milestone => "milestone",
        })
    }
}

/// A condition of a step, decided.
#[derive(Debug)]
struct Condition {
    field: Reading,
    holds: Vec<bool>,
}

/// Steps, ready to be found among the items of some columns: which of them an item meets, as bits.
#[derive(Debug)]
pub struct Sought {
    /// By the name of events.
    events: Vec<u32>,
    /// By the name of milestones.
    milestones: Vec<u32>,
    /// By page.
    pages: Vec<u32>,
    conditions: Vec<Vec<Condition>>,
    /// Steps that have conditions.
    conditioned: u32,
    /// Whether a first time can be a step.
    has_milestones: bool,
}

/// Every word for which a question holds. One that looks for a text alone is not asked of all.
fn meeting(question: &Question, words: &Words) -> Vec<Word> {
    if let Some(texts) = question.texts() {
        return texts.filter_map(|text| words.find(text)).collect();
    }
    #[allow(clippy::cast_possible_truncation, reason = "words are numbered by u32")]
    let all = 1..words.len() as Word;
    all.filter(|word| question.holds(words.text(*word)))
        .collect()
}

impl Sought {
    /// Makes steps ready, of which there are at most [`MOST_STEPS`].
    ///
    /// # Errors
    /// [`NoStep`].
    pub fn of(columns: &Columns, steps: &[Step], stages: &Definition) -> Result<Self, NoStep> {
        let words = columns.words();
        let mut sought = Self {
            events: vec![0; words.len()],
            milestones: vec![0; words.len()],
            pages: vec![0; columns.pages().len()],
            conditions: Vec::new(),
            conditioned: 0,
            has_milestones: false,
        };
        for (place, step) in steps.iter().enumerate() {
            let bit = 1_u32 << place;
            let (kind, question) = step.question()?;
            match kind {
                Kind::Page => {
                    for (page, bits) in columns.pages().iter().zip(&mut sought.pages) {
                        if page.path != NONE && question.holds(words.text(page.path)) {
                            *bits |= bit;
                        }
                    }
                }
                Kind::Event => {
                    for word in meeting(&question, words) {
                        sought.events[word as usize] |= bit;
                    }
                }
                Kind::Milestone => {
                    sought.has_milestones = true;
                    for word in meeting(&question, words) {
                        sought.milestones[word as usize] |= bit;
                    }
                    let reaching = stages.milestones().iter();
                    let reaching = reaching.filter(|rule| question.holds(Some(&rule.name)));
                    for event in reaching.filter_map(|rule| words.find(rule.event.as_ref()?)) {
                        sought.events[event as usize] |= bit;
                    }
                }
            }
            let asked = step.conditions()?;
            let conditions = asked.iter().map(|filter| {
                let question = Question::of(filter)?;
                let texts = (0..words.len()).map(|word| {
                    #[allow(clippy::cast_possible_truncation, reason = "words are numbered by u32")]
                    words.text(word as Word)
                });
                Ok::<_, NoStep>(Condition {
                    field: filter.dimension.reading(columns),
                    holds: texts.map(|text| question.holds(text)).collect(),
                })
            });
            sought
                .conditions
                .push(conditions.collect::<Result<_, _>>()?);
            if !asked.is_empty() {
                sought.conditioned |= bit;
            }
        }
        Ok(sought)
    }

    /// Whether first times can be steps.
    pub fn has_milestones(&self) -> bool {
        self.has_milestones
    }

    /// The steps that an item meets.
    pub fn item(
        &self,
        columns: &Columns,
        visitor: Visitor<'_>,
        events: &Events<'_>,
        place: usize,
    ) -> u32 {
        let bits = match events.kind[place] {
            EntryKind::PageView => self.pages[events.page[place] as usize],
            EntryKind::Event => self.events[events.name[place] as usize],
            EntryKind::Milestone => self.milestones[events.name[place] as usize],
            _ => 0,
        };
        if bits & self.conditioned == 0 {
            return bits;
        }
        self.conditioned(bits, |field| {
            value(field, columns, visitor, events, Some(place))
        })
    }

    /// The steps that a first time meets of which there is no item.
    pub fn first(&self, columns: &Columns, visitor: Visitor<'_>, name: Word) -> u32 {
        let bits = self.milestones[name as usize];
        if bits & self.conditioned == 0 {
            return bits;
        }
        let events = visitor.events();
        self.conditioned(bits, |field| match field {
            Reading::Dimension(Dimension::Event) => name,
            other => value(other, columns, visitor, &events, None),
        })
    }

    fn conditioned(&self, bits: u32, value: impl Fn(Reading) -> Word) -> u32 {
        let mut met = bits;
        for (place, conditions) in self.conditions.iter().enumerate() {
            let holds = |one: &Condition| one.holds[value(one.field) as usize];
            if bits >> place & 1 == 1 && !conditions.iter().all(holds) {
                met &= !(1 << place);
            }
        }
        met
    }
}

/// What a field is of an item: its own, its session's or its visitor's. `page` is the page on which it happened.
pub fn value(
    field: Reading,
    columns: &Columns,
    visitor: Visitor<'_>,
    events: &Events<'_>,
    place: Option<usize>,
) -> Word {
    let dimension = match (field, place) {
        (Reading::Dimension(dimension), _) => dimension,
        (_, Some(place)) => return field.of_item(columns, events, place),
        (_, None) => return NONE,
    };
    match (dimension.of(), place) {
        (Of::Visitor, _) => dimension.of_visitor(columns, visitor),
        (_, None) => NONE,
        (Of::Session, Some(place)) => match events.session[place] {
            NO_SESSION => NONE,
            session => dimension.of_session(columns, &visitor.sessions(), session as usize),
        },
        (Of::Item, Some(place)) => match dimension {
            Dimension::Page => columns.pages()[events.page[place] as usize].path,
            _ => dimension.of_item(columns, events, place),
        },
    }
}
