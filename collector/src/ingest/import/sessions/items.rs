//! The items that a session's row makes.

use std::sync::Arc;

use uuid::Uuid;
use waymark_protocol::ItemKind;

use super::super::{Converted, facts};
use crate::ingest::ids;
use crate::journey::{Arrival, Device};

/// A session's span and pages.
pub(super) struct Span {
    pub(super) started: i64,
    pub(super) ended: i64,
    pub(super) pages: u32,
    pub(super) landing: Option<String>,
    pub(super) exit: Option<String>,
    pub(super) referrer: Option<String>,
}

/// The pages, with the addresses that are known.
pub(super) fn page_views(arrival: &Arc<Arrival>, span: Span, into: &mut Converted) {
    let Span { started, pages, .. } = span;
    let (mut landing, mut exit, mut referrer) = (span.landing, span.exit, span.referrer);
    for page in 0..pages {
        let (url, referrer, at) = match page {
            0 => (landing.take(), referrer.take(), started),
            // The last page was not the first, also where both have one time.
            _ if page + 1 == pages && exit.is_some() => {
                (exit.take(), None, span.ended.max(started + 1))
            }
            _ => (None, None, started),
        };
        let id = item(
            arrival,
            started,
            b"page",
            &page.to_be_bytes(),
            url.as_deref(),
        );
        let mut fact = facts::fact(arrival, ItemKind::PageView, id, at);
        fact.url = url;
        fact.referrer = referrer;
        into.facts.push(fact);
    }
}

/// What says that the session was there, where no page view says it.
pub(super) fn presences(arrival: &Arc<Arrival>, span: &Span, into: &mut Converted) {
    let at = |what: &[u8], at| {
        let id = item(arrival, span.started, what, &[], None);
        facts::presence(arrival, id, at)
    };
    if span.pages == 0 {
        into.facts.push(at(b"start", span.started));
        if let Some(user) = &arrival.user_id {
            // Presences tell nobody's name.
            let id = item(arrival, span.started, b"user", &[], Some(user));
            let mut fact = facts::fact(arrival, ItemKind::Identify, id, span.started);
            fact.user_id = Some(user.clone());
            into.facts.push(fact);
        }
    }
    if span.ended > span.started {
        into.facts.push(at(b"end", span.ended));
    }
}

/// That a visitor reached a milestone.
pub(super) fn milestone(visit: &Arrival, name: &str, at: i64, into: &mut Converted) {
    let (site_id, visitor_id) = (visit.site_id, visit.visitor_id);
    let parts: [&[u8]; 4] = [
        visitor_id.as_bytes(),
        b"milestone",
        name.as_bytes(),
        &at.to_be_bytes(),
    ];
    let nowhere = ids::no_session(site_id, visitor_id);
    // Nothing of the row: it is the same item whichever of the visitor's rows tells it.
    let arrival = Arc::new(Arrival {
        session_id: nowhere,
        tab_id: nowhere,
        started_at: None,
        user_id: None,
        touch: None,
        ga: None,
        device: Device::default(),
        ..visit.clone()
    });
    let id = ids::imported(site_id, &parts);
    let mut fact = facts::fact(&arrival, ItemKind::Milestone, id, at);
    fact.name = Some(name.to_owned());
    fact.dated = false;
    into.facts.push(fact);
}

fn item(arrival: &Arrival, started: i64, what: &[u8], place: &[u8], text: Option<&str>) -> Uuid {
    let parts: [&[u8]; 6] = [
        arrival.visitor_id.as_bytes(),
        arrival.session_id.as_bytes(),
        &started.to_be_bytes(),
        what,
        place,
        text.unwrap_or_default().as_bytes(),
    ];
    ids::imported(arrival.site_id, &parts)
}
