//! Conditions on dimensions, as callers state them and as tests of words.
//!
//! A condition is of the values that there are, so it is decided once for every word and then looked up: a regular expression
//! over ten million rows costs what it costs over the distinct texts among them.

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dimension::{Dimension, Of};
use super::field::{Field, Reading};
use crate::columns::{Columns, Events, Orders, Sessions, Visitor, Word, Words};

/// The most conditions of one question, and values of one condition.
pub const MOST_FILTERS: usize = 20;
/// The most values of one condition.
pub const MOST_VALUES: usize = 100;
/// Bytes that a regular expression may take once it is built.
const REGEX_BYTES: usize = 1 << 20;

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// It is one of the values.
    Is,
    /// It is none of them.
    IsNot,
    /// It contains one of them, in upper or lower case. Null contains nothing.
    Contains,
    /// It contains none of them.
    NotContains,
    /// One of them, as a regular expression, matches a part of it. Null matches nothing.
    Matches,
    /// None of them matches.
    NotMatches,
}

impl Op {
    fn is_negative(self) -> bool {
        matches!(self, Self::IsNot | Self::NotContains | Self::NotMatches)
    }
}

/// A condition. Of what is an item's (`event`, `page`, a property) it holds for a session in which one item meets it, or for a
/// negative one in which no item meets its opposite; items are counted as far as they meet it themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Of what: a dimension, or `property:` and a property's name.
    pub dimension: Field,
    /// How it is compared.
    pub op: Op,
    /// With what: texts, and null for what is not known.
    pub values: Vec<Option<String>>,
}

/// Why a condition is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Too many.
    #[error("has more than {MOST_FILTERS} conditions")]
    TooMany,
    /// A condition without values, or with too many.
    #[error("has a condition on {0} without values or with more than {MOST_VALUES}")]
    Values(Field),
    /// Null where a text is looked for.
    #[error("looks for null within {0}: only is and is_not compare with null")]
    Null(Field),
    /// No regular expression.
    #[error("has a regular expression on {0} that cannot be read: {1}")]
    Regex(Field, String),
}

/// A condition that can be asked of texts.
#[derive(Debug)]
struct Test {
    field: Field,
    wants: bool,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Is(Vec<Option<String>>),
    /// In lower case.
    Contains(Vec<String>),
    Matches(Vec<Regex>),
}

impl Test {
    fn of(filter: &Filter) -> Result<Self, Unfit> {
        let field = || filter.dimension.clone();
        if filter.values.is_empty() || filter.values.len() > MOST_VALUES {
            return Err(Unfit::Values(field()));
        }
        let texts = || {
            let texts: Option<Vec<&str>> = filter.values.iter().map(Option::as_deref).collect();
            texts.ok_or_else(|| Unfit::Null(field()))
        };
        let kind = match filter.op {
            Op::Is | Op::IsNot => Kind::Is(filter.values.clone()),
            Op::Contains | Op::NotContains => {
                Kind::Contains(texts()?.into_iter().map(str::to_lowercase).collect())
            }
            Op::Matches | Op::NotMatches => {
                let built = texts()?.into_iter().map(|text| {
                    let built = RegexBuilder::new(text).size_limit(REGEX_BYTES).build();
                    built.map_err(|error| Unfit::Regex(field(), error.to_string()))
                });
                Kind::Matches(built.collect::<Result<_, _>>()?)
            }
        };
        Ok(Self {
            field: field(),
            wants: !filter.op.is_negative(),
            kind,
        })
    }

    /// Whether a text meets the condition, or for a negative one its opposite.
    fn finds(&self, text: Option<&str>) -> bool {
        match (&self.kind, text) {
            (Kind::Is(values), _) => values.iter().any(|value| value.as_deref() == text),
            (_, None) => false,
            (Kind::Contains(parts), Some(text)) => {
                let text = text.to_lowercase();
                parts.iter().any(|part| text.contains(part))
            }
            (Kind::Matches(all), Some(text)) => all.iter().any(|one| one.is_match(text)),
        }
    }

    /// The answer for every word.
    fn decide(&self, words: &Words) -> Vec<bool> {
        #[allow(clippy::cast_possible_truncation, reason = "words are numbered by u32")]
        let all = 0..words.len() as Word;
        all.map(|word| self.finds(words.text(word))).collect()
    }
}

/// A condition as a question to a text, for those who ask of other things than sessions.
#[derive(Debug)]
pub struct Question(Test);

impl Question {
    /// Reads a condition.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn of(filter: &Filter) -> Result<Self, Unfit> {
        Ok(Self(Test::of(filter)?))
    }

    /// Whether a text meets it.
    pub fn holds(&self, text: Option<&str>) -> bool {
        self.0.finds(text) == self.0.wants
    }

    /// The texts that meet it, where it names them.
    pub fn texts(&self) -> Option<impl Iterator<Item = &str>> {
        match &self.0.kind {
            Kind::Is(values) if self.0.wants => Some(values.iter().filter_map(Option::as_deref)),
            _ => None,
        }
    }
}

/// Conditions that were read.
#[derive(Debug, Default)]
pub struct Filters(Vec<Test>);

impl Filters {
    /// Reads them.
    ///
    /// # Errors
    /// [`Unfit`] says of which dimension the condition is that cannot be.
    pub fn of(filters: &[Filter]) -> Result<Self, Unfit> {
        if filters.len() > MOST_FILTERS {
            return Err(Unfit::TooMany);
        }
        Ok(Self(
            filters.iter().map(Test::of).collect::<Result<_, _>>()?,
        ))
    }

    /// Makes them ready to be asked of these columns.
    pub fn decide(&self, columns: &Columns) -> Decided {
        let mut decided = Decided::default();
        for test in &self.0 {
            let condition = Condition {
                field: test.field.reading(columns),
                wants: test.wants,
                found: test.decide(columns.words()),
            };
            match test.field.of() {
                Of::Visitor => decided.visitors.push(condition),
                Of::Session => decided.sessions.push(condition),
                Of::Item => decided.items.push(condition),
            }
        }
        decided
    }
}

/// A condition with its answer for every word.
#[derive(Debug)]
struct Condition {
    field: Reading,
    wants: bool,
    found: Vec<bool>,
}

impl Condition {
    fn finds(&self, word: Word) -> bool {
        self.found[word as usize]
    }

    fn holds(&self, word: Word) -> bool {
        self.finds(word) == self.wants
    }
}

/// Conditions, decided for the words of some columns.
#[derive(Debug, Default)]
pub struct Decided {
    visitors: Vec<Condition>,
    sessions: Vec<Condition>,
    items: Vec<Condition>,
}

impl Decided {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.visitors.is_empty() && self.sessions.is_empty() && self.items.is_empty()
    }

    /// Whether all are on visitors, if there is any.
    pub fn asks_nothing_of_sessions(&self) -> bool {
        self.sessions.is_empty() && self.items.is_empty()
    }

    /// Whether there is one on items.
    pub fn asks_items(&self) -> bool {
        !self.items.is_empty()
    }

    /// Whether there is one on sessions.
    pub fn asks_sessions(&self) -> bool {
        !self.sessions.is_empty()
    }

    /// Whether a visitor meets those on visitors.
    pub fn visitor(&self, columns: &Columns, visitor: Visitor<'_>) -> bool {
        self.visitors
            .iter()
            .all(|one| one.holds(one.field.of_visitor(columns, visitor)))
    }

    /// Whether a session meets those on sessions. Those on items are [`Self::items`]'.
    pub fn session(&self, columns: &Columns, sessions: &Sessions<'_>, place: usize) -> bool {
        self.sessions
            .iter()
            .all(|one| one.holds(one.field.of_session(columns, sessions, place)))
    }

    /// Of each session of a visitor, whether its items meet the conditions on items.
    pub fn items(&self, columns: &Columns, sessions: usize, events: &Events<'_>) -> Vec<bool> {
        let mut all = vec![true; sessions];
        for one in &self.items {
            let mut found = vec![false; sessions];
            for place in 0..events.at.len() {
                if let Some(found) = found.get_mut(events.session[place] as usize) {
                    *found |= one.field.is_of(events, place)
                        && one.finds(one.field.of_item(columns, events, place));
                }
            }
            for (all, found) in all.iter_mut().zip(found) {
                *all &= found == one.wants;
            }
        }
        all
    }

    /// Whether an order of a visitor's meets the conditions on events, as the event that told it does, so that it is counted.
    pub fn order(
        &self,
        columns: &Columns,
        visitor: Visitor<'_>,
        orders: &Orders<'_>,
        place: usize,
    ) -> bool {
        self.items.iter().all(|one| match one.field {
            Reading::Dimension(Dimension::Event) => one.holds(orders.name[place]),
            Reading::Dimension(_) => true,
            Reading::Property(_) => one.holds(one.field.of_order(columns, visitor, orders, place)),
        })
    }

    /// Whether an item meets the conditions on items of its kind, so that it is counted.
    pub fn item(&self, columns: &Columns, events: &Events<'_>, place: usize) -> bool {
        self.items.iter().all(|one| {
            !one.field.is_of(events, place) || one.holds(one.field.of_item(columns, events, place))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(op: Op, values: &[Option<&str>]) -> Result<Test, Unfit> {
        Test::of(&Filter {
            dimension: Dimension::Source.into(),
            op,
            values: values.iter().map(|v| v.map(str::to_owned)).collect(),
        })
    }

    #[test]
    fn a_text_is_compared_as_the_condition_says() {
        for (op, values, text, finds) in [
            (Op::Is, vec![Some("google")], Some("google"), true),
            (Op::Is, vec![Some("google")], Some("Google"), false),
            (Op::Is, vec![Some("bing"), None], None, true),
            (Op::Contains, vec![Some("GOO")], Some("google"), true),
            (Op::Contains, vec![Some("")], None, false),
            (Op::Matches, vec![Some("^goo.*e$")], Some("google"), true),
            (Op::Matches, vec![Some("^oo")], Some("google"), false),
            (Op::Matches, vec![Some(".*")], None, false),
        ] {
            let test = test(op, &values).unwrap();
            assert_eq!(test.finds(text), finds, "{op:?} {values:?} {text:?}");
        }
    }

    #[test]
    fn what_is_no_condition_says_why() {
        assert_eq!(
            test(Op::Is, &[]).unwrap_err(),
            Unfit::Values(Dimension::Source.into())
        );
        assert_eq!(
            test(Op::Contains, &[None]).unwrap_err(),
            Unfit::Null(Dimension::Source.into())
        );
        let broken = test(Op::Matches, &[Some("(")]).unwrap_err();
        assert!(matches!(
            broken,
            Unfit::Regex(Field::Dimension(Dimension::Source), _)
        ));
        let huge = test(Op::Matches, &[Some("(?:a{1000}){1000}")]).unwrap_err();
        assert!(matches!(huge, Unfit::Regex(..)));
    }
}
