//! What figures are filtered and counted by.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::columns::{Columns, Events, NONE, Sessions, Visitor, Word};
use crate::journey::{EntryKind, UnknownName};

macro_rules! dimensions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What figures are filtered and counted by. Most are of a session; `first_…`, `user` and `account` are of its
        /// visitor, `event` and `page` of each item in it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Dimension {
            $($(#[$doc])* $name,)*
        }

        impl Dimension {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The text in the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

dimensions! {
    /// The channel group, such as `Paid Search`.
    Channel = "channel",
    /// `google`, `newsletter`, `direct`.
    Source = "source",
    /// `cpc`, `email`; null for direct traffic.
    Medium = "medium",
    /// `utm_campaign`.
    Campaign = "campaign",
    /// `utm_term`.
    Term = "term",
    /// `utm_content`.
    Content = "content",
    /// Host of the referring page.
    Referrer = "referrer",
    /// Path of the session's first page.
    EntryPage = "entry_page",
    /// Path of the session's last page.
    ExitPage = "exit_page",
    /// Host of the session's first page.
    Hostname = "hostname",
    /// `desktop`, `mobile`, `tablet`, `bot`.
    Device = "device",
    /// The browser's family.
    Browser = "browser",
    /// The operating system's family.
    Os = "os",
    /// A BCP 47 tag.
    Language = "language",
    /// ISO 3166-1 alpha-2.
    Country = "country",
    /// The country's subdivision.
    Region = "region",
    /// The city's name.
    City = "city",
    /// Channel of the visitor's first touch.
    FirstChannel = "first_channel",
    /// Source of the visitor's first touch.
    FirstSource = "first_source",
    /// Medium of the visitor's first touch.
    FirstMedium = "first_medium",
    /// Campaign of the visitor's first touch.
    FirstCampaign = "first_campaign",
    /// The site's own id of the user who was named last; null for anonymous visitors.
    User = "user",
    /// The account that was told last.
    Account = "account",
    /// The name of an event or a milestone.
    Event = "event",
    /// Path of a page that was viewed.
    Page = "page",
}

/// What a dimension is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// A visitor.
    Visitor,
    /// A session.
    Session,
    /// An item of a session.
    Item,
}

impl Dimension {
    /// What it is read from.
    pub fn of(self) -> Of {
        match self {
            Self::FirstChannel
            | Self::FirstSource
            | Self::FirstMedium
            | Self::FirstCampaign
            | Self::User
            | Self::Account => Of::Visitor,
            Self::Event | Self::Page => Of::Item,
            _ => Of::Session,
        }
    }

    /// Whether its values tell of single persons.
    pub fn is_personal(self) -> bool {
        matches!(self, Self::User | Self::Account)
    }

    /// A visitor's value; [`NONE`] where nothing is known or it is none of a visitor.
    pub fn of_visitor(self, columns: &Columns, visitor: Visitor<'_>) -> Word {
        let touch = || columns.touches()[visitor.touch() as usize];
        match self {
            Self::FirstChannel => touch().channel,
            Self::FirstSource => touch().source,
            Self::FirstMedium => touch().medium,
            Self::FirstCampaign => touch().campaign,
            Self::User => visitor.user(),
            Self::Account => visitor.account(),
            _ => NONE,
        }
    }

    /// A session's value; [`NONE`] where nothing is known or it is none of a session.
    pub fn of_session(self, columns: &Columns, sessions: &Sessions<'_>, place: usize) -> Word {
        let touch = || columns.touches()[sessions.touch[place] as usize];
        let device = || columns.devices()[sessions.device[place] as usize];
        let home = || columns.places()[sessions.place[place] as usize];
        let entry = || columns.pages()[sessions.entry[place] as usize];
        match self {
            Self::Channel => touch().channel,
            Self::Source => touch().source,
            Self::Medium => touch().medium,
            Self::Campaign => touch().campaign,
            Self::Term => touch().term,
            Self::Content => touch().content,
            Self::Referrer => touch().referrer,
            Self::EntryPage => entry().path,
            Self::Hostname => entry().host,
            Self::ExitPage => columns.pages()[sessions.exit[place] as usize].path,
            Self::Device => device().kind,
            Self::Browser => device().browser,
            Self::Os => device().os,
            Self::Language => device().language,
            Self::Country => home().country,
            Self::Region => home().region,
            Self::City => home().city,
            _ => NONE,
        }
    }

    /// An item's value; [`NONE`] where it has none.
    pub fn of_item(self, columns: &Columns, events: &Events<'_>, place: usize) -> Word {
        match (self, events.kind[place]) {
            (Self::Event, EntryKind::Event | EntryKind::Milestone) => events.name[place],
            (Self::Page, EntryKind::PageView) => columns.pages()[events.page[place] as usize].path,
            _ => NONE,
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Dimension {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL
            .iter()
            .find(|dimension| dimension.as_str() == text);
        found.copied().ok_or(UnknownName)
    }
}
