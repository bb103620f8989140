//! Which items a destination gets, and what kinds of destinations there are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waymark_protocol::limits;

use crate::journey::UnknownName;

/// Names that a list has at most.
const NAMES: usize = 200;
/// Stands for every name.
const EVERY: &str = "*";

/// What kind of receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DestinationKind)]
pub enum Kind {
    /// Any HTTP server, by signed requests.
    Webhook,
    /// Google Analytics 4, by its Measurement Protocol.
    Ga4,
}

impl Kind {
    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Ga4 => "ga4",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "webhook" => Ok(Self::Webhook),
            "ga4" => Ok(Self::Ga4),
            _ => Err(UnknownName),
        }
    }
}

/// What a destination gets. Without anything of it, nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wants {
    /// Milestones by name, each when a visitor reaches it for the first time; `*` is every one.
    pub milestones: Vec<String>,
    /// Events by name; `*` is every one.
    pub events: Vec<String>,
    /// Every event that counts as a conversion.
    pub conversions: bool,
    /// Only what was done with consent. What was done after a refusal `ga4` gets in no case.
    pub needs_consent: bool,
    /// What milestones and events are called there, by their names here; only for `ga4`.
    pub renamed: BTreeMap<String, String>,
}

/// A field that cannot be as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// The field.
    pub field: String,
    /// What is wrong with it, as a sentence.
    pub message: String,
}

impl Unfit {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

impl Wants {
    /// Whether it wants to be told of a milestone.
    pub fn milestone(&self, name: &str) -> bool {
        has(&self.milestones, name)
    }

    /// Whether it wants an event.
    pub fn event(&self, name: &str, is_conversion: bool) -> bool {
        self.conversions && is_conversion || has(&self.events, name)
    }

    /// Checks what somebody set.
    ///
    /// # Errors
    /// [`Unfit`] names the field.
    pub fn check(&self, kind: Kind) -> Result<(), Unfit> {
        for (field, names) in [("milestones", &self.milestones), ("events", &self.events)] {
            if names.len() > NAMES {
                let message = format!("A list has at most {NAMES} names.");
                return Err(Unfit::new(field, message));
            }
            if let Some(place) = names.iter().position(|name| !is_name(name)) {
                let message = format!("A name has 1 to {} characters.", limits::NAME_CHARS);
                return Err(Unfit::new(format!("{field}[{place}]"), message));
            }
        }
        if kind != Kind::Ga4 && !self.renamed.is_empty() {
            let message = "Only ga4 has names of its own.";
            return Err(Unfit::new("renamed", message));
        }
        if self.renamed.len() > NAMES {
            let message = format!("At most {NAMES} names have another one there.");
            return Err(Unfit::new("renamed", message));
        }
        for (own, theirs) in &self.renamed {
            if !is_name(own) {
                let message = format!("A name has 1 to {} characters.", limits::NAME_CHARS);
                return Err(Unfit::new("renamed", message));
            }
            if super::ga4::event_name(theirs) != *theirs {
                return Err(Unfit::new(
                    format!("renamed.{own}"),
                    "A name of GA4 has 1 to 40 letters, digits and underscores, begins with a letter and is none that Google keeps for itself.",
                ));
            }
        }
        Ok(())
    }
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|own| own == name || own == EVERY)
}

fn is_name(name: &str) -> bool {
    (1..=limits::NAME_CHARS).contains(&name.chars().count()) && !name.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(json: &str) -> Wants {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn names_and_every_name_are_wanted() {
        let some = wants(r#"{"milestones":["signup_at"],"events":["paid"],"conversions":true}"#);
        assert!(some.milestone("signup_at") && !some.milestone("paid"));
        assert!(some.event("paid", false) && some.event("any", true) && !some.event("any", false));
        let all = wants(r#"{"milestones":["*"],"events":["*"]}"#);
        assert!(all.milestone("any") && all.event("any", false));
        assert!(!Wants::default().event("any", true) && !Wants::default().milestone("any"));
    }

    #[test]
    fn what_is_unfit_is_named() {
        let field = |json: &str, kind| wants(json).check(kind).unwrap_err().field;
        assert_eq!(field(r#"{"events":["a",""]}"#, Kind::Webhook), "events[1]");
        assert_eq!(field(r#"{"renamed":{"a":"b"}}"#, Kind::Webhook), "renamed");
        for theirs in ["session_start", "ga_x", "1x", "a-b", ""] {
            let json = format!(r#"{{"renamed":{{"a":"{theirs}"}}}}"#);
            assert_eq!(field(&json, Kind::Ga4), "renamed.a", "{theirs}");
        }
        let good = wants(r#"{"renamed":{"signup_at":"sign_up"}}"#);
        assert_eq!(good.check(Kind::Ga4), Ok(()));
    }
}
