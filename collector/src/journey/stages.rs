//! The stages of a journey and the milestones that lead to them.
//!
//! A stage is the highest one that any milestone of the journey leads to, whatever order they came in: it never
//! goes back, and a step that was skipped is not demanded. The stage's time is the first time one of its own
//! milestones was reached.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;

use super::model::UnknownName;

/// A stage of the journey, lowest first.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nothing is known of the person.
    #[default]
    Anonymous,
    /// Signed up.
    Registered,
    /// Showed that they mean it.
    Qualified,
    /// Did what the site is for.
    Converted,
}

impl Stage {
    /// Every stage, lowest first.
    pub const ALL: [Self; 4] = [
        Self::Anonymous,
        Self::Registered,
        Self::Qualified,
        Self::Converted,
    ];

    /// The stage that the milestone `name` leads to, if it leads to one.
    pub fn of_milestone(name: &str) -> Option<Self> {
        match name {
            "signup_at" => Some(Self::Registered),
            "nda_signed_at" | "fee_agreement_at" => Some(Self::Qualified),
            "first_connection_at" => Some(Self::Converted),
            _ => None,
        }
    }

    /// The stage's place in the order, from 0; how the database keeps it.
    pub fn rank(self) -> i64 {
        self as i64
    }

    /// The stage at a place in the order; a place of a newer collector reads as the highest stage known here.
    pub fn from_rank(rank: i64) -> Self {
        match rank {
            ..=0 => Self::Anonymous,
            1 => Self::Registered,
            2 => Self::Qualified,
            3.. => Self::Converted,
        }
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Registered => "registered",
            Self::Qualified => "qualified",
            Self::Converted => "converted",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.as_str() == text)
            .ok_or(UnknownName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_and_names_lead_back() {
        for stage in Stage::ALL {
            assert_eq!(Stage::from_rank(stage.rank()), stage);
            assert_eq!(stage.as_str().parse(), Ok(stage));
        }
        assert_eq!("lost".parse::<Stage>(), Err(UnknownName));
    }

    #[test]
    fn the_order_is_the_way_of_a_journey() {
        assert!(Stage::ALL.is_sorted());
        assert_eq!(Stage::of_milestone("signup_at"), Some(Stage::Registered));
        assert_eq!(
            Stage::of_milestone("nda_signed_at"),
            Stage::of_milestone("fee_agreement_at")
        );
        assert_eq!(
            Stage::of_milestone("first_connection_at"),
            Some(Stage::Converted)
        );
        assert_eq!(Stage::of_milestone("Signup_at"), None);
    }
}
