//! Whether a question is about browsers or about people.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::columns::{Columns, Visitor};
use crate::journey::UnknownName;

/// Who counts as one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CountedBy)]
pub enum By {
    /// A browser.
    Visitor,
    /// A person with all of their browsers.
    #[default]
    Person,
}

impl FromStr for By {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "visitor" => Ok(Self::Visitor),
            "person" => Ok(Self::Person),
            _ => Err(UnknownName),
        }
    }
}

impl By {
    /// Folds over everybody, each with the browsers that are theirs: [`Columns::fold_visitors`] or [`Columns::fold_persons`].
    pub fn fold<A: Send>(
        self,
        columns: &Columns,
        new: impl Fn() -> A + Sync,
        add: impl Fn(&mut A, &[Visitor<'_>]) + Sync,
        join: impl FnMut(&mut A, A),
    ) -> A {
        match self {
            Self::Visitor => {
                columns.fold_visitors(new, |gathered, visitor| add(gathered, &[visitor]), join)
            }
            Self::Person => columns.fold_persons(new, add, join),
        }
    }
}
