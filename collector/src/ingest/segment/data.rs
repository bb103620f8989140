//! What a message says: its type, and the details that the item's kind has a place for.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;
use waymark_protocol::{Event, Group, Identify, ItemKind, Milestone};

use super::super::fields::Fields;
use super::super::text::with_text;
use super::message::{self, Outside, Surroundings, Text};
use super::origin;
use crate::journey::Definition;
use crate::money::Amount;

/// The events that an order makes: the first is today's name, the other the one before it.
const ORDERED: [&str; 2] = ["Order Completed", "Completed Order"];
/// What it takes back stands among its properties, for the reader of items.
const REFUNDED: &str = "Order Refunded";
/// A page or screen of which no address is known has been seen all the same.
const PAGE_VIEWED: &str = "Page Viewed";
const SCREEN_VIEWED: &str = "Screen Viewed";

/// An item's details, by its kind.
pub(super) enum Said<'r> {
    Event(Event<Text<'r>, Text<'r>>),
    Milestone(Milestone<Text<'r>, Text<'r>>),
    Page(Page<'r>),
    Identify(Identify<Text<'r>, Text<'r>>),
    Group(Group<Text<'r>, Text<'r>>),
    /// A message of a type that is none.
    Unknown(Option<String>),
}

/// A page view, and what its sender says beyond that.
#[derive(Serialize)]
pub(super) struct Page<'r> {
    url: Text<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<Text<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    referrer: Option<Text<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    props: Option<Text<'r>>,
}

/// An item that names a type which the wire does not have.
#[derive(Serialize)]
struct Unknown<'s> {
    #[serde(rename = "type")]
    kind: Option<&'s str>,
    id: Uuid,
    at: i64,
    seq: u64,
    data: (),
}

impl Said<'_> {
    /// The item as JSON of the wire.
    pub(super) fn item(&self, id: Uuid, at: i64) -> Box<RawValue> {
        match self {
            Self::Event(data) => message::item(ItemKind::Event, id, at, data),
            Self::Milestone(data) => message::item(ItemKind::Milestone, id, at, data),
            Self::Page(data) => message::item(ItemKind::PageView, id, at, data),
            Self::Identify(data) => message::item(ItemKind::Identify, id, at, data),
            Self::Group(data) => message::item(ItemKind::Group, id, at, data),
            Self::Unknown(kind) => message::json(&Unknown {
                kind: kind.as_deref(),
                id,
                at,
                seq: 0,
                data: (),
            }),
        }
    }
}

/// What a message says. `user` is its `userId`, and `known` its type where the message is not asked.
pub(super) fn of<'r>(
    message: &Fields<'r>,
    context: &Surroundings<'r>,
    user: Option<Text<'r>>,
    outside: &Outside<'_>,
) -> Said<'r> {
    let named = match outside.message_type {
        Some(known) => Some(known.to_owned()),
        None => message.get::<String>("type"),
    };
    match named.as_deref() {
        Some("track") => track(message, context, outside.request.stages),
        Some("page") => page(message, context),
        Some("screen") => Said::Event(seen(SCREEN_VIEWED, message, context)),
        Some("identify") => Said::Identify(Identify {
            user_id: user.unwrap_or_else(null),
            previous_id: None,
            traits: message
                .raw("traits")
                .or_else(|| context.raw("traits"))
                .map(Cow::Borrowed),
        }),
        Some("alias") => Said::Identify(Identify {
            user_id: user.unwrap_or_else(null),
            previous_id: message.raw("previousId").map(Cow::Borrowed),
            traits: None,
        }),
        Some("group") => Said::Group(Group {
            account_id: message.raw("groupId").map_or_else(null, Cow::Borrowed),
            traits: message.raw("traits").map(Cow::Borrowed),
        }),
        // By this no message can pass for a kind of the wire's own.
        _ => Said::Unknown(named.map(|named| format!("segment.{named}"))),
    }
}

fn track<'r>(message: &Fields<'r>, context: &Surroundings<'r>, stages: &Definition) -> Said<'r> {
    let named = message.get::<String>("event").unwrap_or_default();
    let name = message.raw("event").map_or_else(null, Cow::Borrowed);
    let props = message.raw("properties").map(Cow::Borrowed);
    if stages.has_milestone(&named) {
        return Said::Milestone(Milestone { name, props });
    }
    let properties = message
        .raw("properties")
        .and_then(|raw| Fields::read("", raw));
    let of = |field: &str| properties.as_ref()?.raw(field);
    let ordered = ORDERED.contains(&named.as_str());
    let earned = match named.as_str() {
        REFUNDED => None,
        _ => of("revenue")
            .or_else(|| of("value"))
            .or_else(|| of("total").filter(|_| ordered)),
    };
    Said::Event(Event {
        name,
        props,
        conversion: ordered,
        value: earned.map(amount),
        currency: earned.and_then(|_| of("currency")).map(Cow::Borrowed),
        url: context
            .object("page")
            .and_then(|page| page.raw("url"))
            .map(Cow::Borrowed),
    })
}

/// A page whose address is known is a page view; without one it has only been seen.
fn page<'r>(message: &Fields<'r>, context: &Surroundings<'r>) -> Said<'r> {
    let properties = message
        .raw("properties")
        .and_then(|raw| Fields::read("", raw));
    let around = context.object("page");
    let of = |name: &str| {
        let own = properties.as_ref().and_then(|fields| fields.raw(name));
        own.or_else(|| around.as_ref()?.raw(name))
    };
    let Some(url) = of("url") else {
        return Said::Event(seen(PAGE_VIEWED, message, context));
    };
    Said::Page(Page {
        url: Cow::Borrowed(url),
        title: of("title").map(Cow::Borrowed),
        referrer: of("referrer")
            .or_else(|| origin::referrer(None, context))
            .map(Cow::Borrowed),
        props: properties_and_names(message),
    })
}

fn seen<'r>(
    event: &str,
    message: &Fields<'r>,
    context: &Surroundings<'r>,
) -> Event<Text<'r>, Text<'r>> {
    Event {
        name: message::text(event),
        props: properties_and_names(message),
        conversion: false,
        value: None,
        currency: None,
        url: context
            .object("page")
            .and_then(|page| page.raw("url"))
            .map(Cow::Borrowed),
    }
}

/// The properties, with the `name` and `category` that stand beside them.
fn properties_and_names<'r>(message: &Fields<'r>) -> Option<Text<'r>> {
    let properties = message.raw("properties");
    // What is no object is left out by the reader of items, who says so.
    if properties.is_some_and(|raw| !raw.get().starts_with('{')) {
        return properties.map(Cow::Borrowed);
    }
    let mut text: Option<Box<str>> = None;
    for name in ["category", "name"] {
        if let Some(value) = message.get::<String>(name) {
            let object = text.or_else(|| properties.map(|raw| raw.get().into()));
            text = with_text(object, name, &value, &[name]);
        }
    }
    match text {
        Some(text) => RawValue::from_string(text.into()).ok().map(Cow::Owned),
        None => properties.map(Cow::Borrowed),
    }
}

/// Money as the wire has it, as decimal text. A text is taken as it is, and what is no amount too, for the reader of items to
/// name.
fn amount(raw: &RawValue) -> Text<'_> {
    let written = raw.get();
    if written.starts_with('"') {
        return Cow::Borrowed(raw);
    }
    match (Amount::of_text(written), Amount::of_json(written)) {
        (Ok(_), _) => message::text(written),
        (_, Ok(amount)) => message::text(&amount.to_string()),
        _ => Cow::Borrowed(raw),
    }
}

fn null<'r>() -> Text<'r> {
    Cow::Borrowed(RawValue::NULL)
}
