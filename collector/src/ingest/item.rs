//! One item: read by its type, with its limits. A fault drops this item and no other.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;
use waymark_protocol::{
    ConsentChange, Event, GaLinked, Group, Identify, Item, ItemKind, Milestone, PagePing, PageView,
    Reason, limits,
};

use super::Protocol;
use super::clock::Clock;
use super::context::{ga, text};
use super::fields::Fields;
use super::money::{self, Names, Told};
use super::text::{self as limit, Unfit};
use crate::journey::{Arrival, Engagement, Fact};
use crate::outcome::Fault;

/// What is wrong with an item, and which item it was, as far as that could be read.
pub(super) struct Bad {
    pub(super) id: Option<Uuid>,
    pub(super) fault: Fault,
}

/// The raw text of a free object. The protocol's optional fields ask for a default, which raw text has none of.
#[derive(Deserialize)]
#[serde(transparent)]
struct Free<'r>(#[serde(borrow)] &'r RawValue);

impl Default for Free<'_> {
    fn default() -> Self {
        Self(RawValue::NULL)
    }
}

/// Reads one item. `ignored` gets the paths of optional fields that were left out; `index` is its place in the batch.
pub(super) fn read(
    raw: &RawValue,
    index: usize,
    arrival: &Arc<Arrival>,
    clock: Clock,
    protocol: Protocol,
    ignored: &mut Vec<String>,
) -> Result<Fact, Bad> {
    let item = match serde_json::from_str::<Item<&RawValue>>(raw.get()) {
        Ok(item) => item,
        Err(_) => leniently(raw, index, ignored)?,
    };
    let id = item.id;
    let good = match protocol {
        Protocol::Waymark => is_version_7(id),
        Protocol::Segment | Protocol::Interactions => !id.is_nil(),
    };
    if !good {
        return Err(Bad {
            id: Some(id),
            fault: Fault::invalid("id"),
        });
    }
    let data = item.data;
    let fact = fact(raw, index, item, arrival, clock, ignored);
    let mut fact = fact.map_err(|fault| Bad {
        id: Some(id),
        fault,
    })?;
    if protocol == Protocol::Segment && fact.kind == ItemKind::PageView {
        let raw = Fields::read("data.", data).and_then(|fields| fields.raw("props"));
        fact.props = free(raw.map(Free), "data.props", ignored);
    }
    Ok(fact)
}

/// The id of an item, as far as it can be read.
pub(super) fn id(raw: &RawValue) -> Option<Uuid> {
    Fields::read("", raw)?.get("id")
}

/// The name of an event that has been read before.
pub(super) fn event_name(raw: &RawValue) -> Option<String> {
    let item = serde_json::from_str::<Item<&RawValue>>(raw.get());
    let data = match &item {
        Ok(item) => item.data,
        Err(_) => Fields::read("", raw)?.raw("data")?,
    };
    let name = Fields::read("data.", data)?.get::<String>("name")?;
    limit::whole(name, limits::NAME_CHARS).ok()
}

/// Whether an id is of the kind that items have. Keys that grow with time keep the index fast; whether the time in
/// this one is true does not matter.
fn is_version_7(id: Uuid) -> bool {
    id.get_variant() == uuid::Variant::RFC4122 && id.get_version_num() == 7
}

fn no_id(index: usize) -> Bad {
    Bad {
        id: None,
        fault: Fault::invalid(format!("items[{index}].id")),
    }
}

/// Reads the outside of an item field by field.
fn leniently<'r>(
    raw: &'r RawValue,
    index: usize,
    ignored: &mut Vec<String>,
) -> Result<Item<&'r RawValue>, Bad> {
    let fields = Fields::read("", raw).ok_or_else(|| Bad {
        id: None,
        fault: Fault::invalid(format!("items[{index}]")),
    })?;
    let id = fields.get::<Uuid>("id").ok_or_else(|| no_id(index))?;
    let mut rest = || {
        fields.required::<String>("type")?;
        Ok(Item {
            kind: fields
                .get("type")
                .ok_or_else(|| Fault::of(Reason::UnknownType, "type"))?,
            id,
            at: fields.required("at")?,
            seq: fields.required("seq")?,
            page_view_id: fields.optional("page_view_id", ignored),
            data: fields.raw("data").ok_or_else(|| Fault::invalid("data"))?,
        })
    };
    rest().map_err(|fault| Bad {
        id: Some(id),
        fault,
    })
}

fn fact(
    raw: &RawValue,
    index: usize,
    item: Item<&RawValue>,
    arrival: &Arc<Arrival>,
    clock: Clock,
    ignored: &mut Vec<String>,
) -> Result<Fact, Fault> {
    if raw.get().len() > limits::ITEM_BYTES {
        return Err(Fault::too_large(
            format!("items[{index}]"),
            limits::ITEM_BYTES,
        ));
    }
    let at = clock
        .item(item.at)
        .ok_or_else(|| Fault::of(Reason::InvalidTime, "at"))?;
    let mut fact = Fact {
        seq: i64::try_from(item.seq).map_err(|_| Fault::invalid("seq"))?,
        page_view_id: item.page_view_id.filter(|id| !id.is_nil()),
        dated: item.kind != ItemKind::PagePing || clock.agrees_on(item.at),
        ..Fact::bare(arrival, item.kind, item.id, at)
    };
    match item.kind {
        ItemKind::PageView => page_view(&mut fact, item.data, ignored)?,
        ItemKind::Event => event(&mut fact, item.data, ignored)?,
        ItemKind::Identify => {
            let data: Identify<Free<'_>> = whole_or(item.data, |fields| {
                Ok(Identify {
                    user_id: fields.required("user_id")?,
                    previous_id: fields.optional("previous_id", ignored),
                    traits: fields.raw("traits").map(Free),
                })
            })?;
            fact.user_id = Some(kept(data.user_id, limits::USER_ID_CHARS, "data.user_id")?);
            fact.props = traits(data.traits, ignored);
            if let Some(previous) = data.previous_id {
                match limit::whole(previous, limits::USER_ID_CHARS) {
                    Ok(id) => {
                        fact.props =
                            limit::with_text(fact.props.take(), PREVIOUS_ID, &id, &[PREVIOUS_ID]);
                        fact.previous_id = Some(id.into_boxed_str());
                    }
                    Err(_) => ignored.push("data.previous_id".to_owned()),
                }
            }
        }
        ItemKind::Group => {
            let data: Group<Free<'_>> = whole_or(item.data, |fields| {
                Ok(Group {
                    account_id: fields.required("account_id")?,
                    traits: fields.raw("traits").map(Free),
                })
            })?;
            let id = kept(data.account_id, limits::USER_ID_CHARS, "data.account_id")?;
            fact.name = Some(id);
            fact.props = traits(data.traits, ignored);
        }
        ItemKind::Milestone => {
            let data: Milestone<Free<'_>> = whole_or(item.data, |fields| {
                Ok(Milestone {
                    name: fields.required("name")?,
                    props: fields.raw("props").map(Free),
                })
            })?;
            fact.name = Some(kept(data.name, limits::NAME_CHARS, "data.name")?);
            fact.props = free(data.props, "data.props", ignored);
        }
        ItemKind::PagePing => page_ping(&mut fact, item.data)?,
        ItemKind::GaLinked => {
            let data: GaLinked = whole_or(item.data, |fields| {
                Ok(GaLinked {
                    client_id: fields.required("client_id")?,
                    session_id: fields.optional("session_id", ignored),
                })
            })?;
            let ids = ga(Some(data.client_id), data.session_id, "data", ignored)
                .ok_or_else(|| Fault::invalid("data.client_id"))?;
            fact.props = props(&ids);
            fact.ga = Some(ids);
        }
        ItemKind::Consent => {
            let data: ConsentChange = whole_or(item.data, |fields| {
                Ok(ConsentChange {
                    state: fields.required("state")?,
                })
            })?;
            // The SDK sends none; who tells consents from elsewhere may.
            let version = Fields::read("data.", item.data)
                .and_then(|fields| fields.optional::<String>("version", ignored))
                .and_then(|version| match limit::whole(version, limits::NAME_CHARS) {
                    Ok(version) => Some(version),
                    Err(_) => {
                        ignored.push("data.version".to_owned());
                        None
                    }
                });
            fact.props = props(&crate::journey::Consented {
                state: data.state,
                version,
            });
        }
    }
    Ok(fact)
}

fn page_view(fact: &mut Fact, data: &RawValue, ignored: &mut Vec<String>) -> Result<(), Fault> {
    let data: PageView = whole_or(data, |fields| {
        Ok(PageView {
            url: fields.required("url")?,
            title: fields.optional("title", ignored),
            referrer: fields.optional("referrer", ignored),
        })
    })?;
    let url = limit::cuttable(data.url, limits::URL_CHARS);
    fact.url = Some(
        url.ok()
            .flatten()
            .ok_or_else(|| Fault::invalid("data.url"))?,
    );
    fact.title = text(data.title, limits::TEXT_CHARS, "data", "title", ignored);
    fact.referrer = text(
        data.referrer,
        limits::URL_CHARS,
        "data",
        "referrer",
        ignored,
    );
    // A page view is its own page view, whether its sender said so or not.
    fact.page_view_id = Some(fact.id);
    Ok(())
}

fn event(fact: &mut Fact, data: &RawValue, ignored: &mut Vec<String>) -> Result<(), Fault> {
    let data: Event<Free<'_>> = whole_or(data, |fields| {
        Ok(Event {
            name: fields.required("name")?,
            props: fields.raw("props").map(Free),
            conversion: fields.optional("conversion", ignored).unwrap_or(false),
            value: fields.optional("value", ignored),
            currency: fields.optional("currency", ignored),
            url: fields.optional("url", ignored),
        })
    })?;
    fact.name = Some(kept(data.name, limits::NAME_CHARS, "data.name")?);
    let mut names = Names::default();
    fact.props = data.props.and_then(|props| {
        limit::object_with(props.0, |name| names.see(name))
            .inspect_err(|_| ignored.push("data.props".to_owned()))
            .ok()
    });
    fact.conversion = data.conversion;
    let told = Told {
        value: data.value,
        currency: data.currency,
        names,
    };
    money::read(fact, told, ignored);
    fact.url = text(data.url, limits::URL_CHARS, "data", "url", ignored);
    Ok(())
}

fn page_ping(fact: &mut Fact, data: &RawValue) -> Result<(), Fault> {
    let data: PagePing = whole_or(data, |fields| {
        Ok(PagePing {
            visible_ms: fields.required("visible_ms")?,
            scroll_max: fields.required("scroll_max")?,
        })
    })?;
    if fact.page_view_id.is_none() {
        return Err(Fault::invalid("page_view_id"));
    }
    let visible_ms =
        i64::try_from(data.visible_ms).map_err(|_| Fault::invalid("data.visible_ms"))?;
    // A page that is open for longer than a month is not being read; the figure would drown every sum it is part of.
    if visible_ms > 31 * 24 * 60 * 60 * 1000 {
        return Err(Fault::invalid("data.visible_ms"));
    }
    if data.scroll_max > 100 {
        return Err(Fault::invalid("data.scroll_max"));
    }
    fact.engagement = Some(Engagement {
        visible_ms,
        scroll_max: i64::from(data.scroll_max),
    });
    Ok(())
}

/// Reads `data` as a whole, or else field by field.
fn whole_or<'r, T: Deserialize<'r>>(
    data: &'r RawValue,
    leniently: impl FnOnce(&Fields<'r>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    match serde_json::from_str(data.get()) {
        Ok(data) => Ok(data),
        Err(_) => {
            let fields = Fields::read("data.", data).ok_or_else(|| Fault::invalid("data"))?;
            leniently(&fields)
        }
    }
}

/// A required text that is never cut.
pub(super) fn kept(text: String, most: usize, field: &str) -> Result<String, Fault> {
    limit::whole(text, most).map_err(|unfit| match unfit {
        Unfit::Invalid => Fault::invalid(field),
        Unfit::TooLarge => Fault::too_large(field, most),
    })
}

/// A free object, left out where it cannot be kept.
fn free(raw: Option<Free<'_>>, field: &str, ignored: &mut Vec<String>) -> Option<Box<str>> {
    limit::object(raw?.0)
        .inspect_err(|_| ignored.push(field.to_owned()))
        .ok()
}

/// Where the entry of an `identify` keeps the user's other id, beside the traits; a trait of this name gives way.
const PREVIOUS_ID: &str = "previous_id";

/// An object of traits, without those that cannot be kept.
fn traits(raw: Option<Free<'_>>, ignored: &mut Vec<String>) -> Option<Box<str>> {
    let (kept, all) = limit::traits(raw?.0);
    // The names are the sender's own, so the answer names the object, once.
    if !all {
        ignored.push("data.traits".to_owned());
    }
    kept
}

/// A kind's own data as the entry's properties.
fn props(data: &impl serde::Serialize) -> Option<Box<str>> {
    serde_json::to_string(data).ok().map(String::into_boxed_str)
}
