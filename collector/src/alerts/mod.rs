//! Alerts: a figure of a site, looked at once for each window of time that is over, and who is told when it changes sides.
//!
//! ```text
//! watch         whose window is over? one collector holds the alert
//!   └ look      the question's own fold over the windows that are asked about → figures
//!       └ rules     figure and history → firing, ok, or nothing that can be said
//!   ┌ store     the window is done, the state, its history and the notices, in one transaction
//! sending       takes what is due → webhook by destinations, e-mail by mail
//! ```
//!
//! [`window`] says what an hour, a day and a week of a time zone are and which past ones are like one; [`rules`] what fires.
//! Both do no I/O and know no clock. Who may set an alert up, and what may stand in it, is [`crate::site_alerts`]'.
//!
//! Refuses to count: every figure is the overview's ([`crate::analytics::overview`]), so an alert and a chart never differ. What
//! cannot be said changes no state, and nobody is told twice of the same one.

pub mod figure;
pub(crate) mod look;
pub(crate) mod mail;
mod meter;
pub(crate) mod notice;
pub mod number;
pub mod rules;
pub(crate) mod sending;
pub(crate) mod watch;
pub mod window;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::analytics::dimension::Dimension;
use crate::analytics::filter::{Filter, Op};
use figure::Figure;
use rules::Condition;
use window::Length;

/// What is looked at, and when it fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlertRule)]
pub struct Rule {
    /// The figure.
    pub figure: Figure,
    /// Only events of this name; of the figures `events` and `conversions`.
    pub event: Option<String>,
    /// Conditions, as questions take them.
    #[serde(default)]
    pub filters: Vec<Filter>,
    /// The name or id of a segment, whose conditions have to hold too, as they are when the window is looked at.
    pub segment: Option<String>,
    /// How long a window is.
    pub window: Length,
    /// When it fires.
    pub condition: Condition,
}

impl Rule {
    /// Its own conditions, the event's name among them.
    pub fn conditions(&self) -> Vec<Filter> {
        let event = self.event.as_ref().map(|event| Filter {
            dimension: Dimension::Event.into(),
            op: Op::Is,
            values: vec![Some(event.clone())],
        });
        self.filters.iter().cloned().chain(event).collect()
    }
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = AlertChannel)]
pub enum Channel {
    /// A destination of the site of the kind `webhook`, which need not want anything else.
    Webhook {
        /// The destination's id.
        destination: Uuid,
    },
    /// One address.
    Email {
        /// The address.
        to: String,
    },
}

impl Channel {
    /// What kind it is.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Email { .. } => "email",
        }
    }
}

/// How an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlertState)]
pub enum State {
    /// Nothing could be said yet.
    Unknown,
    /// It does not fire.
    Ok,
    /// It fires.
    Firing,
}

impl State {
    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Ok => "ok",
            Self::Firing => "firing",
        }
    }

    /// Reads what is stored.
    pub(crate) fn read(text: &str) -> Self {
        match text {
            "ok" => Self::Ok,
            "firing" => Self::Firing,
            _ => Self::Unknown,
        }
    }
}
