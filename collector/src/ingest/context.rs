//! A batch's context: who, in which session, how they came.
//!
//! Ids are required: without them no item could be told to belong to anybody, and the batch is refused. Everything else
//! is left out where it cannot be read, down to a single field of a touch.

use std::sync::Arc;

use serde_json::value::RawValue;
use uuid::Uuid;
use waymark_protocol::{ClickIds, Context, Device, GaIds, Session, Touch, limits};

use super::Received;
use super::clock::Clock;
use super::envelope::Refused;
use super::fields::Fields;
use super::text::{cuttable, whole};
use crate::enrich::user_agent::{self, DeviceKind};
use crate::enrich::{self, touch};
use crate::journey::{self, Arrival, Ga, Screen};
use crate::store::sites::Site;

/// Reads, corrects and enriches a context. `ignored` gets the paths of what was left out.
pub(super) fn read(
    site: &Site,
    raw: &RawValue,
    clock: Clock,
    received: &Received,
    ignored: &mut Vec<String>,
) -> Result<Arrival, Refused> {
    if raw.get().len() > limits::CONTEXT_BYTES {
        let should = format!("is longer than {} bytes", limits::CONTEXT_BYTES);
        return Err(Refused {
            limit: Some(limits::CONTEXT_BYTES),
            ..Refused::field("context", &should)
        });
    }
    let context = match serde_json::from_str::<Context>(raw.get()) {
        Ok(context) => context,
        Err(_) => leniently(raw, ignored)?,
    };
    for (id, field) in [
        (context.visitor_id, "context.visitor_id"),
        (context.tab_id, "context.tab_id"),
        (context.session.id, "context.session.id"),
    ] {
        if id.is_nil() {
            return Err(Refused::field(field, "has to be an id that somebody made"));
        }
    }
    let started_at = clock.session(context.session.started_at);
    if started_at.is_none() {
        ignored.push("context.session.started_at".to_owned());
    }
    let user_id = context.user_id.and_then(|id| {
        whole(id, limits::USER_ID_CHARS)
            .inspect_err(|_| ignored.push("context.user_id".to_owned()))
            .ok()
    });
    let mut conclude = |raw: Option<Touch>, path: &str| {
        raw.map(|raw| {
            touch::conclude(
                fit_touch(raw, path, ignored),
                clock_at(clock),
                &site.origins,
            )
        })
    };
    let arrived = conclude(context.touch, "context.touch");
    let first_touch = conclude(context.first_touch, "context.first_touch");
    let (device, screen) = device(context.device.unwrap_or_default(), received, ignored);
    Ok(Arrival {
        site_id: site.id,
        visitor_id: context.visitor_id,
        tab_id: context.tab_id,
        session_id: context.session.id,
        started_at,
        user_id,
        touch: arrived,
        first_touch,
        ga: context
            .ga
            .and_then(|ids| ga(ids.client_id, ids.session_id, "context.ga", ignored)),
        device,
        screen,
        ip: received.ip.clone(),
        rules: enrich::RULES,
        consent: context.consent,
        received_at: received.at_ms,
        is_history: false,
    })
}

fn clock_at(clock: Clock) -> impl Fn(i64) -> Option<i64> {
    move |at| clock.touch(at)
}

/// Google Analytics' ids within the limits; none without a client id, which is what they are about.
pub(super) fn ga(
    client_id: Option<String>,
    session_id: Option<String>,
    path: &str,
    ignored: &mut Vec<String>,
) -> Option<Ga> {
    let client_id = text(client_id, limits::TEXT_CHARS, path, "client_id", ignored)?;
    Some(Ga {
        client_id: Some(client_id),
        session_id: text(session_id, limits::TEXT_CHARS, path, "session_id", ignored),
    })
}

/// An optional text within its limit; one that cannot be stored is named in `ignored`.
pub(super) fn text(
    text: Option<String>,
    limit: usize,
    path: &str,
    name: &str,
    ignored: &mut Vec<String>,
) -> Option<String> {
    cuttable(text?, limit).unwrap_or_else(|_| {
        ignored.push(format!("{path}.{name}"));
        None
    })
}

/// A touch within the limits.
pub(super) fn fit_touch(touch: Touch, path: &str, ignored: &mut Vec<String>) -> Touch {
    let mut short = |value, name| text(value, limits::TEXT_CHARS, path, name, ignored);
    let (source, medium) = (short(touch.source, "source"), short(touch.medium, "medium"));
    let (campaign, term) = (short(touch.campaign, "campaign"), short(touch.term, "term"));
    let content = short(touch.content, "content");
    let mut url = |value, name| text(value, limits::URL_CHARS, path, name, ignored);
    let (landing_url, referrer) = (
        url(touch.landing_url, "landing_url"),
        url(touch.referrer, "referrer"),
    );
    let mut click_ids = ClickIds::default();
    let mut left_out = false;
    for (name, value) in touch.click_ids.0 {
        let known = limits::CLICK_IDS.contains(&name.as_ref());
        match cuttable(value, limits::TEXT_CHARS) {
            Ok(Some(value)) if known => click_ids.0.push((name, value)),
            Ok(None) if known => {}
            _ => left_out = true,
        }
    }
    // The names are the sender's own, any number of anything, so the answer names the object, once.
    if left_out {
        ignored.push(format!("{path}.click_ids"));
    }
    Touch {
        at: touch.at,
        landing_url,
        referrer,
        source,
        medium,
        campaign,
        term,
        content,
        click_ids,
    }
}

fn device(
    device: Device,
    received: &Received,
    ignored: &mut Vec<String>,
) -> (journey::Device, Screen) {
    let mut agent = user_agent::read(received.user_agent.as_deref(), &received.hints);
    if received.by_server && agent.device == Some(DeviceKind::Bot) {
        agent = Arc::default();
    }
    let mut short = |value, name| text(value, limits::TEXT_CHARS, "context.device", name, ignored);
    let size = |size: Option<u32>| size.map(i64::from);
    (
        journey::Device {
            kind: agent.device.map(|kind| kind.as_str().to_owned()),
            browser: agent.browser.clone(),
            os: agent.os.clone(),
            country: received.place.country.clone(),
            region: received.place.region.clone(),
            city: received.place.city.clone(),
            language: short(device.language, "language"),
            time_zone: short(device.time_zone, "time_zone"),
        },
        Screen {
            width: size(device.screen_width),
            height: size(device.screen_height),
            viewport_width: size(device.viewport_width),
            viewport_height: size(device.viewport_height),
        },
    )
}

/// Reads field by field.
fn leniently(raw: &RawValue, ignored: &mut Vec<String>) -> Result<Context, Refused> {
    let fields = Fields::read("context.", raw)
        .ok_or_else(|| Refused::field("context", "has to be an object"))?;
    let session = fields
        .raw("session")
        .and_then(|raw| Fields::read("context.session.", raw))
        .ok_or_else(|| Refused::field("context.session", "has to be an object"))?;
    let id = |fields: &Fields<'_>, name: &str, path: &str| {
        fields
            .get::<Uuid>(name)
            .ok_or_else(|| Refused::field(path, "has to be a UUID"))
    };
    Ok(Context {
        visitor_id: id(&fields, "visitor_id", "context.visitor_id")?,
        tab_id: id(&fields, "tab_id", "context.tab_id")?,
        session: Session {
            id: id(&session, "id", "context.session.id")?,
            started_at: session.get("started_at").ok_or_else(|| {
                Refused::field(
                    "context.session.started_at",
                    "has to be a time in milliseconds, a whole number",
                )
            })?,
        },
        user_id: fields.optional("user_id", ignored),
        touch: fields
            .object("touch", "context.touch.", ignored)
            .map(|fields| lenient_touch(&fields, "context.touch.click_ids.", ignored)),
        first_touch: fields
            .object("first_touch", "context.first_touch.", ignored)
            .map(|fields| lenient_touch(&fields, "context.first_touch.click_ids.", ignored)),
        ga: fields
            .object("ga", "context.ga.", ignored)
            .map(|fields| GaIds {
                client_id: fields.optional("client_id", ignored),
                session_id: fields.optional("session_id", ignored),
            }),
        device: fields
            .object("device", "context.device.", ignored)
            .map(|fields| Device {
                screen_width: fields.optional("screen_width", ignored),
                screen_height: fields.optional("screen_height", ignored),
                viewport_width: fields.optional("viewport_width", ignored),
                viewport_height: fields.optional("viewport_height", ignored),
                language: fields.optional("language", ignored),
                time_zone: fields.optional("time_zone", ignored),
            }),
        consent: fields.optional("consent", ignored),
    })
}

fn lenient_touch(
    fields: &Fields<'_>,
    click_ids_path: &'static str,
    ignored: &mut Vec<String>,
) -> Touch {
    Touch {
        at: fields.optional("at", ignored).unwrap_or_default(),
        landing_url: fields.optional("landing_url", ignored),
        referrer: fields.optional("referrer", ignored),
        source: fields.optional("source", ignored),
        medium: fields.optional("medium", ignored),
        campaign: fields.optional("campaign", ignored),
        term: fields.optional("term", ignored),
        content: fields.optional("content", ignored),
        click_ids: fields
            .object("click_ids", click_ids_path, ignored)
            .map(|fields| {
                let known = limits::CLICK_IDS
                    .iter()
                    .filter_map(|name| Some(((*name).into(), fields.optional(name, ignored)?)));
                ClickIds(known.collect())
            })
            .unwrap_or_default(),
    }
}
