//! What a visitor consented to: a state, and the version of the text that they were shown.
//!
//! Items of the type `consent` tell it, and so do events that are called `consent` and have the properties `state` and `version`,
//! by which a page says what the SDK does not know.

use serde::{Deserialize, Serialize};
use waymark_protocol::{Consent, ItemKind, limits};

use super::Fact;

/// The name of an event that tells a consent.
const EVENT: &str = "consent";

/// What was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consented {
    /// The state.
    pub state: Consent,
    /// The version of what was consented to, where it was told: at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl Consented {
    /// What an item tells, if it tells that. An event whose properties are something else is an event like any other.
    pub fn of(fact: &Fact) -> Option<Self> {
        match (fact.kind, fact.name.as_deref()) {
            (ItemKind::Consent, _) | (ItemKind::Event, Some(EVENT)) => {}
            _ => return None,
        }
        let told: Self = serde_json::from_str(fact.props.as_deref()?).ok()?;
        let fits = |version: &String| version.chars().count() <= limits::NAME_CHARS;
        told.version.as_ref().is_none_or(fits).then_some(told)
    }
}
