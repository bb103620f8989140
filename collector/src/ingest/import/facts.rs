//! What importers have in common: the arrival of a visit, and facts in it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use uuid::Uuid;
use waymark_protocol::{ClickIds, ItemKind, Touch as Raw, limits};

use super::{Bad, Outside};
use crate::enrich::client_hints::ClientHints;
use crate::enrich::{self, touch, user_agent};
use crate::ingest::context;
use crate::ingest::parameters::Parameters;
use crate::ingest::text::{cuttable, whole};
use crate::journey::{Arrival, Device, Fact, Ga, Screen};

/// How a visitor came, as a row tells.
#[derive(Debug, Clone, Default)]
pub(super) struct Way {
    pub(super) landing_url: Option<String>,
    pub(super) referrer: Option<String>,
    pub(super) source: Option<String>,
    pub(super) medium: Option<String>,
    pub(super) campaign: Option<String>,
    pub(super) term: Option<String>,
    pub(super) content: Option<String>,
    pub(super) click_ids: ClickIds,
}

impl Way {
    /// The touch, concluded by the rules that hold for what arrives now. What the row does not say of a campaign, the landing
    /// page's address does.
    pub(super) fn conclude(
        self,
        at: i64,
        outside: &Outside,
        ignored: &mut Vec<String>,
    ) -> crate::journey::Touch {
        let parameters = Parameters::of(self.landing_url.as_deref());
        let told = |own: Option<String>, name: &str| own.or_else(|| parameters.get(name));
        let mut click_ids = self.click_ids;
        for (name, value) in parameters.click_ids().0 {
            if click_ids.get(&name).is_none() {
                click_ids.0.push((name, value));
            }
        }
        let raw = Raw {
            at,
            source: told(self.source, "utm_source"),
            medium: told(self.medium, "utm_medium"),
            campaign: told(self.campaign, "utm_campaign"),
            term: told(self.term, "utm_term"),
            content: told(self.content, "utm_content"),
            landing_url: self.landing_url,
            referrer: self.referrer,
            click_ids,
        };
        let raw = context::fit_touch(raw, "touch", ignored);
        touch::conclude(raw, Some, &outside.site.origins)
    }
}

/// Whose visit it is.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) visitor_id: Uuid,
    pub(super) session_id: Uuid,
    pub(super) started_at: Option<i64>,
    pub(super) user_id: Option<String>,
    pub(super) touch: Option<crate::journey::Touch>,
    pub(super) ga: Option<Ga>,
    pub(super) device: Device,
    pub(super) screen: Screen,
}

impl Visit {
    pub(super) fn arrival(self, outside: &Outside) -> Arc<Arrival> {
        Arc::new(Arrival {
            site_id: outside.site.id,
            visitor_id: self.visitor_id,
            // Nothing counted the items of a tab.
            tab_id: self.session_id,
            session_id: self.session_id,
            started_at: self.started_at,
            user_id: self.user_id,
            touch: self.touch,
            first_touch: None,
            ga: self.ga,
            device: self.device,
            screen: self.screen,
            ip: None,
            rules: enrich::RULES,
            consent: None,
            received_at: outside.now,
            is_history: true,
        })
    }
}

/// A fact of which nothing but its place is known.
pub(super) fn fact(arrival: &Arc<Arrival>, kind: ItemKind, id: Uuid, at: i64) -> Fact {
    Fact {
        page_view_id: (kind == ItemKind::PageView).then_some(id),
        ..Fact::bare(arrival, kind, id, at)
    }
}

/// That a session was there at a time. Like a page ping, it moves the session's first and last time, has no entry, and said
/// twice it changes nothing.
pub(super) fn presence(arrival: &Arc<Arrival>, id: Uuid, at: i64) -> Fact {
    fact(arrival, ItemKind::PagePing, id, at)
}

/// An id that has to be kept whole.
pub(super) fn id_text(text: &str, field: impl FnOnce() -> String) -> Result<String, Bad> {
    whole(text.to_owned(), limits::USER_ID_CHARS).map_err(|_| {
        Bad::new(
            field(),
            format!("is longer than {} characters", limits::USER_ID_CHARS),
        )
    })
}

/// A text that may be cut.
pub(super) fn short(text: Option<&str>, limit: usize) -> Option<String> {
    cuttable(text?.to_owned(), limit).ok().flatten()
}

/// What kind of device a tool's word means; nothing for a word that is none.
pub(super) fn device_kind(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "desktop" | "laptop" | "computer" | "pc" => Some("desktop"),
        "mobile" | "phone" | "smartphone" => Some("mobile"),
        "tablet" => Some("tablet"),
        "bot" | "crawler" => Some("bot"),
        _ => None,
    }
}

/// A line for each name by which exports call a country, in English.
static COUNTRIES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let lines = include_str!("countries.txt").lines();
    let pairs = lines.filter_map(|line| line.split_once(' '));
    pairs.map(|(code, name)| (name, code)).collect()
});

/// A country's code, of a code or a name.
pub(super) fn country(text: &str) -> Option<String> {
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Some(text.to_ascii_uppercase());
    }
    COUNTRIES.get(text).map(|code| (*code).to_owned())
}

/// What a `User-Agent` tells.
pub(super) fn of_agent(header: &str) -> Device {
    let agent = user_agent::read(Some(header), &ClientHints::default());
    Device {
        kind: agent.device.map(|kind| kind.as_str().to_owned()),
        browser: agent.browser.clone(),
        os: agent.os.clone(),
        ..Device::default()
    }
}

/// Names of the click ids that the protocol knows.
pub(super) fn click_id_names() -> BTreeSet<&'static str> {
    limits::CLICK_IDS.into_iter().collect()
}
