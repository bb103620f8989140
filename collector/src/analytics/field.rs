//! What a condition is of, or a breakdown: a dimension, or a property of events.
//!
//! Properties are a site's own and free, so they are named by `property:` and their name, and not listed anywhere. Columns have
//! to hold them ([`crate::columns::props`]) before they are asked; what they do not hold nobody has.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, OneOfBuilder, RefOr, Schema, schema::Type};
use utoipa::{PartialSchema, ToSchema};

use super::dimension::{Dimension, Of};
use crate::columns::props::NAME_CHARS;
use crate::columns::{Columns, Events, NONE, Orders, Sessions, Visitor, Word};
use crate::journey::EntryKind;

const PREFIX: &str = "property:";

/// A dimension, or `property:` and the name of a property of events and milestones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// A dimension.
    Dimension(Dimension),
    /// A property, by its name.
    Property(String),
}

/// Why a text is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "is neither a dimension nor property: and a name of up to {} characters",
    NAME_CHARS
)]
pub struct NoField;

impl Field {
    /// A property.
    ///
    /// # Errors
    /// [`NoField`] for a name that no property is found by.
    pub fn property(name: &str) -> Result<Self, NoField> {
        if name.is_empty() || name.chars().count() > NAME_CHARS {
            return Err(NoField);
        }
        Ok(Self::Property(name.to_owned()))
    }

    /// What it is read from.
    pub fn of(&self) -> Of {
        match self {
            Self::Dimension(dimension) => dimension.of(),
            Self::Property(_) => Of::Item,
        }
    }

    /// Whether its values may tell of single persons. Nobody knows what a site tells by properties.
    pub fn is_personal(&self) -> bool {
        match self {
            Self::Dimension(dimension) => dimension.is_personal(),
            Self::Property(_) => true,
        }
    }

    /// The property's name, if it is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Dimension(_) => None,
            Self::Property(name) => Some(name),
        }
    }

    /// Makes it ready to be read from these columns.
    pub fn reading(&self, columns: &Columns) -> Reading {
        match self {
            Self::Dimension(dimension) => Reading::Dimension(*dimension),
            Self::Property(name) => Reading::Property(columns.property(name)),
        }
    }
}

impl From<Dimension> for Field {
    fn from(dimension: Dimension) -> Self {
        Self::Dimension(dimension)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dimension(dimension) => dimension.fmt(f),
            Self::Property(name) => write!(f, "{PREFIX}{name}"),
        }
    }
}

impl FromStr for Field {
    type Err = NoField;

    fn from_str(text: &str) -> Result<Self, NoField> {
        match text.strip_prefix(PREFIX) {
            Some(name) => Self::property(name),
            None => text.parse().map(Self::Dimension).map_err(|_| NoField),
        }
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let error = |error| serde::de::Error::custom(format_args!("{text:?} {error}"));
        text.parse().map_err(error)
    }
}

impl PartialSchema for Field {
    fn schema() -> RefOr<Schema> {
        let property = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^property:"))
            .max_length(Some(PREFIX.len() + NAME_CHARS))
            .description(Some("A property of events and milestones, by its name."));
        OneOfBuilder::new()
            .item(utoipa::openapi::Ref::from_schema_name("Dimension"))
            .item(property)
            .into()
    }
}

impl ToSchema for Field {}

/// A field of some columns.
#[derive(Debug, Clone, Copy)]
pub enum Reading {
    /// A dimension.
    Dimension(Dimension),
    /// The place of a property; nothing where the columns do not hold it.
    Property(Option<usize>),
}

impl Reading {
    /// A visitor's value; [`NONE`] where nothing is known or it is none of a visitor.
    pub fn of_visitor(self, columns: &Columns, visitor: Visitor<'_>) -> Word {
        match self {
            Self::Dimension(dimension) => dimension.of_visitor(columns, visitor),
            Self::Property(_) => NONE,
        }
    }

    /// A session's value; [`NONE`] where nothing is known or it is none of a session.
    pub fn of_session(self, columns: &Columns, sessions: &Sessions<'_>, place: usize) -> Word {
        match self {
            Self::Dimension(dimension) => dimension.of_session(columns, sessions, place),
            Self::Property(_) => NONE,
        }
    }

    /// An item's value; [`NONE`] where it has none.
    pub fn of_item(self, columns: &Columns, events: &Events<'_>, place: usize) -> Word {
        match self {
            Self::Dimension(dimension) => dimension.of_item(columns, events, place),
            Self::Property(Some(property)) => events.properties.value(property, place),
            Self::Property(None) => NONE,
        }
    }

    /// What the event tells that an order of a visitor's came with; [`NONE`] where it tells nothing or is gone.
    pub fn of_order(
        self,
        columns: &Columns,
        visitor: Visitor<'_>,
        orders: &Orders<'_>,
        place: usize,
    ) -> Word {
        let (events, event) = (visitor.events(), orders.event[place] as usize);
        if event < events.at.len() {
            self.of_item(columns, &events, event)
        } else {
            NONE
        }
    }

    /// Whether it says anything of an item.
    pub fn is_of(self, events: &Events<'_>, place: usize) -> bool {
        let kind = events.kind[place];
        match self {
            Self::Dimension(Dimension::Page) => kind == EntryKind::PageView,
            Self::Dimension(Dimension::Event) | Self::Property(_) => {
                matches!(kind, EntryKind::Event | EntryKind::Milestone)
            }
            Self::Dimension(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_what_it_is_written_as() {
        for text in [
            "source",
            "property:plan",
            "property:a:b c",
            "property:source",
        ] {
            let field: Field = text.parse().unwrap();
            assert_eq!(field.to_string(), text);
            let json = serde_json::to_value(&field).unwrap();
            assert_eq!(json, text);
            assert_eq!(serde_json::from_value::<Field>(json).unwrap(), field);
        }
        let long = format!("property:{}", "x".repeat(NAME_CHARS + 1));
        for text in ["", "plan", "property:", "property", "Property:plan", &long] {
            assert_eq!(text.parse::<Field>(), Err(NoField), "{text}");
        }
    }
}
