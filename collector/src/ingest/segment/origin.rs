//! Where a message's visitor came from, and with what: `context.campaign`, `context.page`, the device.
//!
//! A touch is told only by a message that knows of one: of a campaign, or of the page and what was before it. A server's
//! event without either says nothing of how anybody came, and certainly not that they came directly.

use std::borrow::Cow;
use std::net::IpAddr;

use serde_json::value::RawValue;
use waymark_protocol::{Device, Touch};

use super::super::fields::Fields;
use super::super::parameters::Parameters;
use super::super::{Protocol, Received};
use super::Request;
use super::message::{Surroundings, Text, text};
use crate::enrich::client_hints::ClientHints;
use crate::enrich::geo::Place;

/// How the visitor came, as far as the message tells.
pub(super) fn touch<'r>(context: &Surroundings<'r>, at: i64) -> Option<Touch<Text<'r>>> {
    let (page, campaign) = (context.object("page"), context.object("campaign"));
    let of = |fields: &Option<Fields<'r>>, name: &str| fields.as_ref()?.raw(name);
    let landing = of(&page, "url");
    let referrer = referrer(page.as_ref(), context);
    let address = landing.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
    let parameters = Parameters::of(address.as_deref());
    // Who sends the page alone has not read its address.
    let told = |name: &str, utm: &str| {
        of(&campaign, name)
            .map(Cow::Borrowed)
            .or_else(|| Some(text(&parameters.get(utm)?)))
    };
    let touch = Touch {
        at,
        landing_url: landing.map(Cow::Borrowed),
        referrer: referrer.map(Cow::Borrowed),
        source: told("source", "utm_source"),
        medium: told("medium", "utm_medium"),
        campaign: told("name", "utm_campaign"),
        term: told("term", "utm_term"),
        content: told("content", "utm_content"),
        click_ids: parameters.click_ids(),
    };
    let known = touch.source.is_some()
        || touch.medium.is_some()
        || touch.campaign.is_some()
        || touch.referrer.is_some()
        || !touch.click_ids.0.is_empty();
    known.then_some(touch)
}

/// The page before, if the message says whether there was one: an empty text says that there was none.
pub(super) fn referrer<'r>(
    page: Option<&Fields<'r>>,
    context: &Surroundings<'r>,
) -> Option<&'r RawValue> {
    page.and_then(|page| page.raw("referrer"))
        .or_else(|| context.object("referrer")?.raw("url"))
}

/// What the message says of the device itself; its sender's own machine is nobody's.
pub(super) fn device(context: &Surroundings<'_>) -> Option<Device> {
    let screen = context.object("screen");
    let size = |name: &str| screen.as_ref()?.get::<u32>(name);
    let device = Device {
        screen_width: size("width"),
        screen_height: size("height"),
        viewport_width: None,
        viewport_height: None,
        language: context.text("locale"),
        time_zone: context.text("timezone"),
    };
    (device != Device::default()).then_some(device)
}

/// What is known of the visitor's connection and browser: what the request tells, or what a message of a sender whose
/// word counts says instead.
pub(super) fn received(context: &Surroundings<'_>, request: &Request<'_>) -> Received {
    let mut received = Received {
        protocol: Protocol::Segment,
        ..request.received.clone()
    };
    let Some(locate) = request.locate else {
        return received;
    };
    if let Some(agent) = context.text("userAgent") {
        received.user_agent = Some(agent);
        received.hints = ClientHints::default();
        // Now it is the visitor's.
        received.by_server = false;
    }
    if let Some(address) = context.text("ip") {
        (received.place, received.ip) = match address.trim().parse::<IpAddr>() {
            Ok(address) => locate(address.to_canonical()),
            Err(_) => (Place::default(), None),
        };
    }
    received
}
