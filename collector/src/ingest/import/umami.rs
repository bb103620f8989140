//! A row of Umami's export of events: a page view or an event, with what is known of its session.
//!
//! What Umami calls a session is a visitor, and what it calls a visit is a session: it counts visitors by `session_id` and visits
//! by `visit_id`. The event's id is the item's. `distinct_id` is what the site told Umami of who it is, so it is the user.

use std::collections::HashMap;

use waymark_protocol::{ClickIds, ItemKind, limits};

use super::facts::{self, Visit, Way};
use super::{Bad, Convert, Converted, Outside, Record, moment};
use crate::ingest::ids;
use crate::ingest::text::whole;
use crate::journey::{Device, Screen};

/// The columns without which a row says nothing.
pub const REQUIRED: [&str; 5] = [
    "event_id",
    "session_id",
    "visit_id",
    "created_at",
    "event_type",
];

/// Makes facts of rows of the export.
#[derive(Debug)]
pub struct Umami {
    outside: Outside,
    columns: HashMap<String, usize>,
    /// What is known of a session, where the rows of events do not say it.
    sessions: HashMap<String, Session>,
}

/// What a row of the table of sessions adds.
#[derive(Debug, Default, Clone)]
struct Session {
    device: Device,
    screen: Screen,
    user_id: Option<String>,
}

impl Umami {
    /// For rows with these columns.
    ///
    /// # Errors
    /// The first column that is missing.
    pub fn new(outside: Outside, columns: &[String]) -> Result<Self, &'static str> {
        let places = columns.iter().enumerate();
        let columns: HashMap<String, usize> = places
            .map(|(place, name)| (name.to_ascii_lowercase(), place))
            .collect();
        match REQUIRED.iter().find(|name| !columns.contains_key(**name)) {
            Some(missing) => Err(missing),
            None => Ok(Self {
                outside,
                columns,
                sessions: HashMap::new(),
            }),
        }
    }

    /// Learns what a row of the table of sessions says, of an export that has the two apart.
    pub fn know_session(&mut self, columns: &[String], record: &Record) {
        let get = |name: &str| {
            let place = columns.iter().position(|column| column == name);
            record.get(place)
        };
        if let Some(id) = get("session_id") {
            let session = session(&get);
            self.sessions.insert(id.to_owned(), session);
        }
    }
}

fn session<'r>(get: &impl Fn(&str) -> Option<&'r str>) -> Session {
    let short = |name| facts::short(get(name), limits::TEXT_CHARS);
    let sizes = get("screen").and_then(|text| text.split_once('x'));
    let size = |text: &str| text.parse().ok().filter(|size| *size > 0);
    Session {
        device: Device {
            kind: get("device")
                .and_then(facts::device_kind)
                .map(str::to_owned),
            browser: short("browser"),
            os: short("os"),
            country: get("country").and_then(facts::country),
            region: short("region").or_else(|| short("subdivision1")),
            city: short("city"),
            language: short("language"),
            time_zone: None,
        },
        screen: Screen {
            width: sizes.and_then(|(width, _)| size(width)),
            height: sizes.and_then(|(_, height)| size(height)),
            ..Screen::default()
        },
        user_id: get("distinct_id").map(str::to_owned),
    }
}

/// An address out of its parts.
fn address(host: Option<&str>, path: Option<&str>, query: Option<&str>) -> Option<String> {
    let host = host?;
    let mut url = format!("https://{host}{}", path.unwrap_or("/"));
    if let Some(query) = query {
        url.push('?');
        url.push_str(query.trim_start_matches('?'));
    }
    facts::short(Some(&url), limits::URL_CHARS)
}

impl Convert for Umami {
    fn convert(&self, record: &Record, into: &mut Converted) -> Result<(), Bad> {
        let site_id = self.outside.site.id;
        let get = |name: &str| record.get(self.columns.get(name).copied());
        let need = |name: &'static str| get(name).ok_or_else(|| Bad::new(name, "is empty"));
        let at = moment::read(need("created_at")?, &self.outside.zone, self.outside.now)
            .map_err(|message| Bad::new("created_at", message))?;
        let session_key = need("session_id")?;
        let visitor_id = ids::visitor(site_id, Some(session_key), None).unwrap_or_default();
        let session_id = ids::session(site_id, visitor_id, need("visit_id")?);
        let id = ids::imported_known(site_id, need("event_id")?);
        let kind = match need("event_type")? {
            "1" => ItemKind::PageView,
            "2" => ItemKind::Event,
            _ => {
                return Err(Bad::new(
                    "event_type",
                    "is neither 1, a page view, nor 2, an event",
                ));
            }
        };
        let name = match kind {
            ItemKind::Event => Some(
                whole(need("event_name")?.to_owned(), limits::NAME_CHARS)
                    .map_err(|_| Bad::new("event_name", "is longer than 100 characters"))?,
            ),
            _ => None,
        };

        let url = address(
            get("hostname").or_else(|| self.host()),
            get("url_path"),
            get("url_query"),
        )
        .or_else(|| facts::short(get("url_path"), limits::URL_CHARS));
        let referrer = address(
            get("referrer_domain"),
            get("referrer_path"),
            get("referrer_query"),
        );
        let text = |name: &str| get(name).map(str::to_owned);
        let click_ids = limits::CLICK_IDS.iter();
        let way = Way {
            landing_url: url.clone(),
            referrer: referrer.clone(),
            source: text("utm_source"),
            medium: text("utm_medium"),
            campaign: text("utm_campaign"),
            term: text("utm_term"),
            content: text("utm_content"),
            click_ids: ClickIds(
                click_ids
                    .filter_map(|name| Some(((*name).into(), text(name)?)))
                    .collect(),
            ),
        };
        let mut left_out = Vec::new();
        let known = match self.sessions.get(session_key) {
            Some(known) => known.clone(),
            None => session(&get),
        };
        let user_id = known.user_id;
        let user_id = user_id
            .map(|id| facts::id_text(&id, || "distinct_id".to_owned()))
            .transpose()?;
        let visit = Visit {
            visitor_id,
            session_id,
            started_at: None,
            user_id,
            touch: Some(way.conclude(at, &self.outside, &mut left_out)),
            ga: None,
            device: known.device,
            screen: known.screen,
        };
        let arrival = visit.arrival(&self.outside);
        let mut fact = facts::fact(&arrival, kind, id, at);
        fact.url = url;
        if kind == ItemKind::PageView {
            fact.title = facts::short(get("page_title"), limits::TEXT_CHARS);
            fact.referrer = referrer;
        } else if name
            .as_deref()
            .is_some_and(|name| self.outside.stages.has_milestone(name))
        {
            fact.kind = ItemKind::Milestone;
            fact.url = None;
        }
        fact.name = name;
        into.facts.push(fact);
        into.leave_out(left_out);
        Ok(())
    }
}

impl Umami {
    /// The host of the site, for rows that do not name theirs.
    fn host(&self) -> Option<&str> {
        let plain = |origin: &&String| !origin.contains('*');
        let origin = self.outside.site.origins.iter().find(plain)?;
        origin.split_once("://").map(|(_, host)| host)
    }
}
