//! Who is a bot: the mark, what the owner says of it, and lists with or without them.
//!
//! The mark is the visitor's: its sessions and entries are a bot's because it is one. The rules mark a visitor whose
//! earliest item had the device type `bot`; the owner's decision stands beside that and before it, and taking it back
//! leaves everything as it was. Nothing of a bot is ever thrown away.

use std::str::FromStr;

use uuid::Uuid;

use super::audit::{By, Change, noted};
use super::{Store, StoreError};
use crate::journey::{Identity, MarkedBy, UnknownName};

/// What a list does with bots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Bots {
    /// Leaves them out.
    #[default]
    Exclude,
    /// Shows everybody.
    Include,
    /// Shows nobody else.
    Only,
}

impl Bots {
    /// The text in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exclude => "exclude",
            Self::Include => "include",
            Self::Only => "only",
        }
    }

    /// Whether a bot, or somebody who is none, is shown.
    pub fn shows(self, bot: bool) -> bool {
        self.wanted().is_none_or(|wanted| wanted == bot)
    }

    /// Of whom a list is: bots, others, or either.
    pub(super) fn wanted(self) -> Option<bool> {
        match self {
            Self::Exclude => Some(false),
            Self::Include => None,
            Self::Only => Some(true),
        }
    }
}

impl FromStr for Bots {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let mut all = [Self::Exclude, Self::Include, Self::Only].into_iter();
        all.find(|bots| bots.as_str() == text).ok_or(UnknownName)
    }
}

/// Whether a visitor is a bot and who says so: the owner, or the rules by the device type. As `sql/*/list.sql` has it.
pub(super) fn mark(decision: Option<bool>, device_type: Option<&str>) -> (bool, Option<MarkedBy>) {
    match decision {
        Some(bot) => (bot, Some(MarkedBy::Owner)),
        None if device_type == Some("bot") => (true, Some(MarkedBy::Rules)),
        None => (false, None),
    }
}

impl Store {
    /// Keeps what the owner says of a visitor: a bot, no bot, or whatever the rules say. `false` if there is no such
    /// visitor.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn decide_bot(
        &self,
        site_id: i64,
        visitor_id: Uuid,
        decision: Option<bool>,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let change = Change {
            site_id,
            at: by.now,
            actor: by.actor,
            // One of a person's, whose ids change when they are erased.
            action: "persons.bot",
            subject: Identity::Visitor(visitor_id).to_string(),
            detail: serde_json::json!({"bot": decision}),
        };
        let changed = noted!(
            self,
            change,
            sqlx::query(include_str!("sql/visitors/decide_bot.sql"))
                .bind(site_id)
                .bind(visitor_id)
                .bind(decision)
        );
        self.touched().add(std::iter::once((site_id, visitor_id)));
        Ok(changed)
    }
}
