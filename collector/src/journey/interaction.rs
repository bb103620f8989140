//! Interactions: what passes between a site and its people outside of its pages, as servers tell it.
//!
//! An interaction says whom it was with in up to three ways, and belongs to the first of these that somebody is known by:
//!
//! 1. a user id: the person who has it;
//! 2. a visitor id: whoever had the browser then, as an item of it that names no user does;
//! 3. the hash of an e-mail address: the user who told the address last ([`super::email`]).
//!
//! Where none leads to anybody it is nobody's, until an item comes that says who it is.

use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::identity::Identity;
use super::model::UnknownName;

/// Which way an interaction went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the person to the site.
    In,
    /// From the site to the person.
    Out,
}

impl Direction {
    /// The text on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

impl FromStr for Direction {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "in" => Ok(Self::In),
            "out" => Ok(Self::Out),
            _ => Err(UnknownName),
        }
    }
}

/// One interaction that has been read: what the store keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interaction {
    /// The site it was sent to.
    pub site_id: i64,
    /// What follows from the sender's id of it.
    pub id: Uuid,
    /// When it happened, by the sender's corrected clock.
    pub at: i64,
    /// The collector's clock when it arrived.
    pub received_at: i64,
    /// By what means, in lower case: `email`, `call`, …
    pub channel: String,
    /// What happened, in lower case: `sent`, `answered`, …
    pub kind: String,
    /// Which way.
    pub direction: Option<Direction>,
    /// With whom: the site's own id of the person, which is no e-mail address.
    pub user_id: Option<String>,
    /// With whom: a browser.
    pub visitor_id: Option<Uuid>,
    /// With whom: the hash of an e-mail address.
    pub email_hash: Option<String>,
    /// Where it came from, such as an advertising network or the program that sent it.
    pub source: Option<String>,
    /// The campaign.
    pub campaign: Option<String>,
    /// What it was about.
    pub subject: Option<String>,
    /// The sender's words for it.
    pub labels: Vec<String>,
    /// Seconds that it lasted.
    pub duration_s: Option<i64>,
    /// JSON text of an object.
    pub props: Option<Box<str>>,
}

impl Interaction {
    /// Bytes it holds, roughly.
    pub fn weight(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        size_of::<Self>()
            + self.channel.len()
            + self.kind.len()
            + text(&self.user_id)
            + text(&self.email_hash)
            + text(&self.source)
            + text(&self.campaign)
            + text(&self.subject)
            + self.labels.iter().map(String::len).sum::<usize>()
            + self.props.as_ref().map_or(0, |props| props.len())
    }
}

/// What an interaction's entry says beside what all entries say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Contact {
    /// By what means: `email`, `sms`, `call`, `chat`, `meeting`, `ad`, or the sender's own word.
    pub channel: String,
    /// Which way, as the site sees it.
    pub direction: Option<Direction>,
    /// Where it came from.
    pub source: Option<String>,
    /// The campaign.
    pub campaign: Option<String>,
    /// The sender's words for it.
    pub labels: Vec<String>,
    /// Seconds that it lasted.
    pub duration_s: Option<i64>,
    /// The hash of the e-mail address that it was sent with.
    pub email_hash: Option<String>,
    /// An id of the person it belongs to: `user:` and a user id, or `visitor:` and a visitor id. Null while it is nobody's.
    #[schema(value_type = Option<String>)]
    pub person: Option<Identity>,
    /// By what that person was found.
    pub matched_by: Option<MatchedBy>,
}

/// By what an interaction's person was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// The user id.
    UserId,
    /// The visitor id.
    VisitorId,
    /// The hash of an e-mail address.
    EmailHash,
}

/// A person's interactions by one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChannelContacts {
    /// The channel.
    pub channel: String,
    /// How many there were.
    pub interactions: i64,
    /// When the latest was.
    pub last_at: i64,
}

/// A site's interactions by one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChannelTotals {
    /// The channel.
    pub channel: String,
    /// How many there are.
    pub interactions: i64,
    /// How many of them are nobody's.
    pub unmatched: i64,
    /// When the latest was.
    pub last_at: i64,
}
