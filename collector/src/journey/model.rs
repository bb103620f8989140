//! The answers: what a reader of the API sees of journeys, sessions and single entries.
//!
//! Field names and nulls are the contract of `docs/api.md`; times are milliseconds since the Unix epoch.

use std::fmt;
use std::str::FromStr;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;
use waymark_protocol::ItemKind;

use super::interaction::Contact;

/// How a visitor arrived, with the conclusions drawn from it. One record from one item: a null field was not known
/// at that moment and is never filled from another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Touch {
    /// When, by the corrected client clock.
    pub at: Option<i64>,
    /// Where from, lower-cased: `google`, `newsletter`, `direct`, a host.
    pub source: Option<String>,
    /// By what means, lower-cased: `cpc`, `email`, `organic`, `referral`; null for direct visits.
    pub medium: Option<String>,
    /// `utm_campaign`.
    pub campaign: Option<String>,
    /// `utm_term`.
    pub term: Option<String>,
    /// `utm_content`.
    pub content: Option<String>,
    /// The channel group, such as `Paid Search`.
    pub channel: Option<String>,
    /// Click ids of advertising networks: the JSON text of an object of strings by parameter name, null where there is
    /// none. Readers get the object.
    #[serde(serialize_with = "click_ids")]
    #[schema(value_type = HashMap<String, String>)]
    pub click_ids: Option<String>,
    /// The whole URL of the landing page.
    pub landing_url: Option<String>,
    /// The page before it.
    pub referrer: Option<String>,
}

fn click_ids<S: Serializer>(ids: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = ids.as_deref().unwrap_or("{}");
    serde_json::from_str::<&RawValue>(text)
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}

pub(super) fn free_object<S: Serializer>(
    text: &Option<Box<str>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    text.as_deref()
        .map(serde_json::from_str::<&RawValue>)
        .transpose()
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}

/// The device of a visit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Device {
    /// `desktop`, `mobile`, `tablet` or `bot`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The browser's family, such as `Firefox`.
    pub browser: Option<String>,
    /// The operating system's family, such as `Windows`.
    pub os: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// The country's subdivision.
    pub region: Option<String>,
    /// The city's name.
    pub city: Option<String>,
    /// A BCP 47 tag.
    pub language: Option<String>,
    /// An IANA time zone.
    pub time_zone: Option<String>,
}

impl Device {
    /// Whether the rules take it for a program that is nobody's browser.
    pub fn is_bot(&self) -> bool {
        self.kind.as_deref() == Some("bot")
    }
}

/// Sizes in CSS pixels. Kept with a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Screen {
    /// Width of the screen.
    pub width: Option<i64>,
    /// Height of the screen.
    pub height: Option<i64>,
    /// Width of the window at the session's start.
    pub viewport_width: Option<i64>,
    /// Height of the window at the session's start.
    pub viewport_height: Option<i64>,
}

/// Google Analytics' ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ga {
    /// The client id of the `_ga` cookie.
    pub client_id: Option<String>,
    /// The session id of the `_ga_<stream>` cookie.
    pub session_id: Option<String>,
}

/// A named moment that a visitor has reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Milestone {
    /// Such as `signup_at`.
    pub name: String,
    /// The first time.
    pub at: i64,
    /// The key of the stage it leads to, if it leads to one.
    pub stage: Option<String>,
    /// Milliseconds since the visitor was first seen.
    pub since_first_ms: i64,
    /// Milliseconds since the milestone before it; null for the first.
    pub since_previous_ms: Option<i64>,
}

/// A stage that a journey has reached, or passed over on its way to a higher one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReachedStage {
    /// Its key.
    pub stage: String,
    /// The first time that a milestone of it or of a higher stage was reached; when the visitor was first seen for the
    /// first stage.
    pub entered_at: i64,
    /// Milliseconds until the next stage was entered; null while it lasts.
    pub lasted_ms: Option<i64>,
}

/// Who says whether a visitor is a bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarkedBy {
    /// The rules, by the user agent.
    Rules,
    /// The owner, whatever the rules say.
    Owner,
}

/// Everything known of one visitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Journey {
    /// The browser's lasting id.
    pub visitor_id: Uuid,
    /// The friendly name that follows from the id.
    pub name: String,
    /// The site's own id of the person, as last told.
    pub user_id: Option<String>,
    /// The site's own id of the account that the visitor belongs to, as last told.
    pub account_id: Option<String>,
    /// The key of the highest stage reached.
    pub stage: String,
    /// When that stage was entered; null for the first one, at which everyone begins.
    pub stage_at: Option<i64>,
    /// The stages up to that one, in order.
    pub stages: Vec<ReachedStage>,
    /// Time of the earliest item.
    pub first_seen: i64,
    /// Time of the latest item.
    pub last_seen: i64,
    /// Sessions seen.
    pub total_sessions: i64,
    /// Items of type `page_view`.
    pub total_page_views: i64,
    /// Items of type `event`.
    pub total_events: i64,
    /// How the visitor came for the first time.
    pub first_touch: Option<Touch>,
    /// The device at the earliest item.
    pub device: Device,
    /// The latest known Google Analytics ids.
    pub ga: Ga,
    /// By time, then name.
    pub milestones: Vec<Milestone>,
    /// Whether it is a bot's. Bots are kept, and left out of lists and figures unless asked for.
    pub bot: bool,
    /// Who says whether it is a bot's; null where the rules found none and nobody said anything.
    pub bot_by: Option<MarkedBy>,
    /// The version of the enrichment rules behind source, channel, device and the rules' mark.
    pub rules: i64,
}

/// One session of a visitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Session {
    /// Made by the browser, shared by its tabs.
    pub session_id: Uuid,
    /// Whose session.
    pub visitor_id: Uuid,
    /// The visitor's friendly name.
    pub visitor_name: String,
    /// The first activity.
    pub started_at: i64,
    /// The latest activity.
    pub last_activity_at: i64,
    /// Items of type `page_view`.
    pub page_views: i64,
    /// Items of type `event`.
    pub events: i64,
    /// Milliseconds for which the session's pages were visible.
    pub visible_ms: i64,
    /// The URL of the earliest page view.
    pub entry_url: Option<String>,
    /// The URL of the latest page view.
    pub exit_url: Option<String>,
    /// How the visitor came to this session.
    pub touch: Option<Touch>,
    /// The device at the session's earliest item.
    #[serde(serialize_with = "session_device")]
    pub device: Device,
    /// The earliest Google Analytics ids of the session.
    pub ga: Ga,
    /// The address at the session's earliest item, as far as the collector keeps addresses.
    pub ip: Option<String>,
    /// Whether its visitor is a bot.
    pub bot: bool,
    /// The version of the enrichment rules behind source, channel and device.
    pub rules: i64,
}

/// A session answers for what was on the line, not for the browser's language and zone, which belong to the journey.
fn session_device<S: Serializer>(device: &Device, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(6))?;
    map.serialize_entry("type", &device.kind)?;
    map.serialize_entry("browser", &device.browser)?;
    map.serialize_entry("os", &device.os)?;
    map.serialize_entry("country", &device.country)?;
    map.serialize_entry("region", &device.region)?;
    map.serialize_entry("city", &device.city)?;
    map.end()
}

/// The kinds of items that stand in a timeline. Page pings do not: they are figures of their page view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A page was shown.
    PageView,
    /// Something the site names happened.
    Event,
    /// The visitor became a known user.
    Identify,
    /// A milestone was reached.
    Milestone,
    /// Google Analytics' ids appeared.
    GaLinked,
    /// The consent changed.
    Consent,
    /// The visitor became part of an account.
    Group,
    /// Something passed between the site and the person outside of its pages.
    Interaction,
}

impl EntryKind {
    /// The text on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PageView => "page_view",
            Self::Event => "event",
            Self::Identify => "identify",
            Self::Milestone => "milestone",
            Self::GaLinked => "ga_linked",
            Self::Consent => "consent",
            Self::Group => "group",
            Self::Interaction => "interaction",
        }
    }

    /// The entry that an item makes; `None` for a ping, which makes none.
    pub fn of(kind: ItemKind) -> Option<Self> {
        match kind {
            ItemKind::PageView => Some(Self::PageView),
            ItemKind::Event => Some(Self::Event),
            ItemKind::Identify => Some(Self::Identify),
            ItemKind::Milestone => Some(Self::Milestone),
            ItemKind::PagePing => None,
            ItemKind::GaLinked => Some(Self::GaLinked),
            ItemKind::Consent => Some(Self::Consent),
            ItemKind::Group => Some(Self::Group),
        }
    }
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EntryKind {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        [
            Self::PageView,
            Self::Event,
            Self::Identify,
            Self::Milestone,
            Self::GaLinked,
            Self::Consent,
            Self::Group,
            Self::Interaction,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == text)
        .ok_or(UnknownName)
    }
}

/// A text that names none of the values it could.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not one of the known names")]
pub struct UnknownName;

/// One line of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Entry {
    /// The item's id.
    pub id: Uuid,
    /// What kind of item.
    #[serde(rename = "type")]
    pub kind: EntryKind,
    /// When it happened, by the corrected client clock.
    pub at: i64,
    /// The collector's clock when it arrived.
    pub received_at: i64,
    /// Who; of an interaction, the browser that it was sent with.
    pub visitor_id: Option<Uuid>,
    /// The visitor's friendly name.
    pub visitor_name: Option<String>,
    /// In which session; null for an interaction.
    pub session_id: Option<Uuid>,
    /// During which page view.
    pub page_view_id: Option<Uuid>,
    /// The name of an event or milestone; of a group, the account's id; of an interaction, what happened.
    pub name: Option<String>,
    /// The page's URL.
    pub url: Option<String>,
    /// The page's title; of an interaction, what it was about.
    pub title: Option<String>,
    /// The page before.
    pub referrer: Option<String>,
    /// Properties, traits, or what else the kind says: the JSON text of an object. Readers get the object.
    #[serde(serialize_with = "free_object")]
    #[schema(value_type = Option<HashMap<String, serde_json::Value>>)]
    pub props: Option<Box<str>>,
    /// Whether it counts as a conversion.
    pub conversion: bool,
    /// Money earned, as decimal text.
    pub value: Option<String>,
    /// The value's currency.
    pub currency: Option<String>,
    /// The user id known at that moment.
    pub user_id: Option<String>,
    /// Milliseconds for which the page was visible (page views).
    pub visible_ms: Option<i64>,
    /// The furthest scroll in per cent (page views).
    pub scroll_max: Option<i64>,
    /// The key of the stage it leads to (milestones, and events that reach one).
    pub stage: Option<String>,
    /// What else there is to say of an interaction; null for all else.
    pub interaction: Option<Contact>,
    /// Whether its visitor is a bot.
    pub bot: bool,
}
