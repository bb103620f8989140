//! One message: who, in which session, and what it says, as an item of the wire and its context.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;
use waymark_protocol::{Context, Item, Sdk, Session};

use super::super::clock::Clock;
use super::super::fields::Fields;
use super::super::part::Part;
use super::super::{Protocol, Received, ids};
use super::moment::{self, Moment};
use super::{Request, data, origin};
use crate::store::sites::Site;

/// A value as its sender wrote it, or as it has to be written; whether it is good is for the reader of items to say.
pub(super) type Text<'r> = Cow<'r, RawValue>;

/// What holds for every message of a request.
pub(super) struct Outside<'a> {
    pub(super) site: &'a Site,
    /// The site's own.
    pub(super) zone: TimeZone,
    pub(super) request: &'a Request<'a>,
    /// What the messages are, where that is not for them to say.
    pub(super) message_type: Option<&'static str>,
    pub(super) sent_at: Option<i64>,
    pub(super) context: Option<&'a Fields<'a>>,
}

/// A message's `context`: its own members, and those of its batch where it has none of the name.
pub(super) struct Surroundings<'r> {
    own: Option<Fields<'r>>,
    shared: Option<&'r Fields<'r>>,
}

impl<'r> Surroundings<'r> {
    /// The member of this name.
    pub(super) fn raw(&self, name: &str) -> Option<&'r RawValue> {
        let own = self.own.as_ref().and_then(|own| own.raw(name));
        own.or_else(|| self.shared?.raw(name))
    }

    /// The member of this name, if it is an object.
    pub(super) fn object(&self, name: &str) -> Option<Fields<'r>> {
        Fields::read("", self.raw(name)?)
    }

    /// The member of this name, if it is a text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.raw(name)?.get()).ok()
    }
}

/// Converts one message.
pub(super) fn part<'r>(raw: &'r RawValue, outside: &'r Outside<'_>) -> Part {
    let site_id = outside.site.id;
    let Some(message) = Fields::read("", raw) else {
        return unreadable(raw, outside);
    };
    let context = Surroundings {
        own: message.raw("context").and_then(|raw| Fields::read("", raw)),
        shared: outside.context,
    };
    let anonymous = id_text(&message, "anonymousId");
    let user = id_text(&message, "userId");
    let visitor = ids::visitor(site_id, anonymous.as_deref(), user.as_deref());
    let moment = moment::read(&message, outside.sent_at, outside.request.received.at_ms);
    let session = visitor.map(|visitor| session(visitor, moment, &context, outside));
    let user = user.map(|id| text(&id));
    let said = data::of(&message, &context, user.clone(), outside);
    Part {
        context: json(&Context {
            visitor_id: visitor,
            // Nothing counts its items here.
            tab_id: session,
            session: Session {
                id: session,
                started_at: moment.at,
            },
            user_id: user,
            touch: origin::touch(&context, moment.at),
            first_touch: None,
            ga: None,
            device: origin::device(&context),
            consent: None,
        }),
        item: said.item(item_id(&message, moment, site_id), moment.at),
        sent_at: moment.sent_at,
        sdk: library(&context),
        received: origin::received(&context, outside.request),
    }
}

/// What is no object has no identity either, and stands for itself in the inbox.
fn unreadable(raw: &RawValue, outside: &Outside<'_>) -> Part {
    Part {
        context: json(&serde_json::json!({"session": {}})),
        item: raw.to_owned(),
        sent_at: outside.request.received.at_ms,
        sdk: None,
        received: Received {
            protocol: Protocol::Segment,
            ..outside.request.received.clone()
        },
    }
}

/// The session that the sender names, or else the visitor's day on the site's calendar.
///
/// Which session a message belongs to must not depend on which others have arrived, so it cannot end by silence.
fn session(
    visitor: Uuid,
    moment: Moment,
    context: &Surroundings<'_>,
    outside: &Outside<'_>,
) -> Uuid {
    let site_id = outside.site.id;
    if let Some(named) = context.raw("sessionId").and_then(plain) {
        return ids::session(site_id, visitor, &named);
    }
    let clock = Clock::new(moment.sent_at, outside.request.received.at_ms);
    let at = clock.item(moment.at).unwrap_or(moment.at);
    let day = Timestamp::from_millisecond(at)
        .map(|at| at.to_zoned(outside.zone.clone()).date().to_string())
        .unwrap_or_default();
    ids::day(site_id, visitor, &day)
}

/// A message that has no id and says when it happened is known again by all that it says; without a time, two that are
/// alike may well be two.
fn item_id(message: &Fields<'_>, moment: Moment, site_id: i64) -> Uuid {
    if let Some(id) = id_text(message, "messageId") {
        return ids::message(site_id, &id);
    }
    if !moment.told {
        return Uuid::now_v7();
    }
    // What differs from one sending to the next is no part of it.
    let said: BTreeMap<&str, &str> = message
        .members()
        .filter(|(name, _)| !["sentAt", "writeKey"].contains(name))
        .collect();
    ids::content(site_id, said.into_iter())
}

fn library(context: &Surroundings<'_>) -> Option<Sdk> {
    let library = context.object("library")?;
    Some(Sdk {
        name: library.get::<String>("name")?.into(),
        version: library.get::<String>("version").unwrap_or_default().into(),
        engine: None,
    })
}

/// An id; some senders write theirs as numbers. Empty is none.
fn id_text(fields: &Fields<'_>, name: &str) -> Option<String> {
    fields.raw(name).and_then(plain)
}

fn plain(raw: &RawValue) -> Option<String> {
    let text = match serde_json::from_str::<String>(raw.get()) {
        Ok(text) => text,
        Err(_) => serde_json::from_str::<serde_json::Number>(raw.get())
            .ok()?
            .to_string(),
    };
    Some(text).filter(|text| !text.is_empty())
}

/// A text as JSON.
pub(super) fn text(text: &str) -> Text<'static> {
    Cow::Owned(json(text))
}

/// An item of the wire.
pub(super) fn item<D: Serialize>(
    kind: waymark_protocol::ItemKind,
    id: Uuid,
    at: i64,
    data: D,
) -> Box<RawValue> {
    json(&Item {
        kind,
        id,
        at,
        // Counts nothing, so that nothing is held to be lost.
        seq: 0,
        page_view_id: None,
        data,
    })
}

/// Plain data as JSON; writing it into memory does not fail.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
