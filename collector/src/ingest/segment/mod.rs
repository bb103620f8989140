//! The Segment HTTP API: from its messages to items of the wire, before anything is judged.
//!
//! A message becomes one item and the context it was made in, as JSON of the collector's own protocol, and goes on from
//! there the way of every item: limits, reasons, catalogue, inbox and duplicates are no business of this room. What
//! cannot be converted is converted all the same, without what is missing, so that the next step names it.
//!
//! ```text
//! body ─ read ─ message ─┬─ ids      visitor, session, item
//!                        ├─ moment   times
//!                        ├─ origin   touch, device
//!                        └─ data     what the item says
//!                              │
//!                          [`Part`] ─► Ingest::submit_parts
//! ```
//!
//! Invents nothing: no session is continued by what came before, no device is read from a library's name. What a message
//! does not say is null. docs/segment.md has the table.

mod data;
mod message;
pub(super) mod moment;
mod origin;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use jiff::tz::TimeZone;
use serde_json::value::RawValue;

use super::Received;
use super::envelope::{self, Refused};
use super::fields::Fields;
use super::part::Part;
use crate::enrich::geo::Place;
use crate::journey::Definition;
use crate::store::sites::Site;

/// What a request says its messages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Any number, each of which says what it is.
    Batch,
    /// One, of this type.
    Track,
    /// As above.
    Identify,
    /// As above.
    Page,
    /// As above.
    Screen,
    /// As above.
    Group,
    /// As above.
    Alias,
}

impl Call {
    /// The `type` of a message that came by this call; `None` where the message says it.
    fn message_type(self) -> Option<&'static str> {
        match self {
            Self::Batch => None,
            Self::Track => Some("track"),
            Self::Identify => Some("identify"),
            Self::Page => Some("page"),
            Self::Screen => Some("screen"),
            Self::Group => Some("group"),
            Self::Alias => Some("alias"),
        }
    }
}

/// A request of which nothing but the outside has been read.
pub struct Batch<'a> {
    /// The key that stands in the body.
    pub write_key: Option<String>,
    call: Call,
    sent_at: Option<i64>,
    /// What messages say that do not say it themselves.
    context: Option<Fields<'a>>,
    messages: Vec<&'a RawValue>,
}

/// What an address says: where it is, and as much of it as may be kept.
pub type Located = (Place, Option<String>);

/// What is known of a request beside its body.
pub struct Request<'a> {
    /// Of who sent it.
    pub received: Received,
    /// What the site's milestones are.
    pub stages: &'a Definition,
    /// Tells the place of an address that a message gives for its visitor's. `None` for a sender whose word does not
    /// count for that, nor for the visitor's browser.
    pub locate: Option<&'a dyn Fn(IpAddr) -> Located>,
}

/// Reads the outside of a body.
///
/// # Errors
/// [`Refused`], which names the field at fault.
pub fn read(call: Call, body: &[u8]) -> Result<Batch<'_>, Refused> {
    let raw = envelope::json(body)?;
    let fields = envelope::object(raw)?;
    let (messages, context) = match call {
        Call::Batch => {
            let batch = fields
                .get::<Vec<&RawValue>>("batch")
                .ok_or_else(|| Refused::field("batch", "has to be an array of messages"))?;
            envelope::check_count("batch", batch.len())?;
            (batch, fields.raw("context"))
        }
        _ => (vec![raw], None),
    };
    Ok(Batch {
        write_key: fields
            .get::<String>("writeKey")
            .filter(|key| !key.is_empty()),
        call,
        sent_at: fields.raw("sentAt").and_then(moment::time),
        context: context.and_then(|raw| Fields::read("", raw)),
        messages,
    })
}

impl Batch<'_> {
    /// The messages as items for `site`, in their order.
    pub fn parts(&self, site: &Site, request: &Request<'_>) -> Vec<Part> {
        let zone = TimeZone::get(&site.time_zone).unwrap_or(TimeZone::UTC);
        let outside = message::Outside {
            site,
            zone,
            request,
            message_type: self.call.message_type(),
            sent_at: self.sent_at,
            context: self.context.as_ref(),
        };
        self.messages
            .iter()
            .map(|raw| message::part(raw, &outside))
            .collect()
    }
}
