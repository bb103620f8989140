//! A row of Google Analytics 4's export to BigQuery, as JSON: one event.
//!
//! `user_pseudo_id` is the client id of the `_ga` cookie. The visitor's id follows from it, and the id itself is kept, so that it can
//! be seen beside visitors that the SDK saw with the same cookie. A session is what has one `ga_session_id` of one client, as
//! Google Analytics counts them. `session_start`, `first_visit` and `user_engagement` are that tool's own conclusions, of which
//! there is a row in each session: here they say that the session was there, and make no entry.
//!
//! Numbers may stand as texts, which is how BigQuery writes its integers into JSON.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;
use waymark_protocol::{ClickIds, ItemKind, limits};

use super::facts::{self, Visit, Way};
use super::{Bad, Convert, Converted, Outside, Record, moment};
use crate::ingest::ids;
use crate::ingest::money::{self, Names, Told};
use crate::ingest::text::{object_with, whole};
use crate::journey::{Arrival, Device, Fact, Ga, Screen, Touch};
use crate::money::Amount;

/// Events that say nothing but that the session was there.
const PRESENCE: [&str; 3] = ["session_start", "first_visit", "user_engagement"];
/// Parameters that are no properties of an event: they are kept elsewhere, or are the tool's own book-keeping.
const HOUSEKEEPING: [&str; 23] = [
    "batch_ordering_id",
    "batch_page_id",
    "campaign",
    "campaign_id",
    "content",
    "currency",
    "debug_mode",
    "dclid",
    "engaged_session_event",
    "engagement_time_msec",
    "entrances",
    "ga_session_id",
    "ga_session_number",
    "gclid",
    "ignore_referrer",
    "medium",
    "page_location",
    "page_referrer",
    "page_title",
    "session_engaged",
    "source",
    "term",
    "value",
];
/// The property that is the id of an order.
const ORDER_ID: &str = "transaction_id";
/// A session of the tool begins with its id, in seconds, and does not outlast two days.
const LONGEST_MS: i64 = 48 * 60 * 60 * 1000;

/// Makes facts of events of the export.
#[derive(Debug)]
pub struct Ga4(Outside);

#[derive(Deserialize)]
struct Row {
    event_timestamp: Value,
    event_name: Option<String>,
    #[serde(default)]
    event_params: Vec<Param>,
    user_pseudo_id: Option<String>,
    user_id: Option<String>,
    #[serde(default)]
    user_first_touch_timestamp: Value,
    #[serde(default)]
    event_bundle_sequence_id: Value,
    #[serde(default)]
    batch_page_id: Value,
    #[serde(default)]
    batch_ordering_id: Value,
    #[serde(default)]
    batch_event_index: Value,
    #[serde(default)]
    device: Value,
    #[serde(default)]
    geo: Value,
    #[serde(default)]
    traffic_source: Value,
    #[serde(default)]
    collected_traffic_source: Value,
    #[serde(default)]
    session_traffic_source_last_click: Value,
    #[serde(default)]
    ecommerce: Value,
}

#[derive(Deserialize)]
struct Param {
    key: String,
    #[serde(default)]
    value: Typed,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    string_value: Option<String>,
    int_value: Value,
    float_value: Value,
    double_value: Value,
}

/// A whole number, also where it stands as a text.
fn integer(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// A text that says something; the tool has several words for nothing.
fn told(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    (!matches!(text, "" | "(not set)" | "(none)" | "<Other>")).then(|| text.to_owned())
}

impl Typed {
    /// The value, whichever of its kinds it has; numbers as they were written.
    fn value(&self) -> Value {
        if let Some(text) = &self.string_value {
            return Value::String(text.clone());
        }
        if let Some(number) = integer(&self.int_value) {
            return number.into();
        }
        [&self.double_value, &self.float_value]
            .into_iter()
            .find(|value| !value.is_null())
            .cloned()
            .unwrap_or_default()
    }
}

impl Row {
    fn param(&self, key: &str) -> Value {
        let param = self.event_params.iter().find(|param| param.key == key);
        param.map(|param| param.value.value()).unwrap_or_default()
    }

    fn text(&self, key: &str) -> Option<String> {
        told(&self.param(key))
    }

    /// What tells the event apart from every other of its client. Nothing that the tool adds later is part of it.
    fn id(&self, site_id: i64, who: &[u8], at: i64) -> Uuid {
        let mut params: Vec<(&str, String)> = self
            .event_params
            .iter()
            .map(|param| (param.key.as_str(), param.value.value().to_string()))
            .collect();
        params.sort_unstable();
        let micros = integer(&self.event_timestamp).unwrap_or(at * 1000);
        let order = [
            &self.event_bundle_sequence_id,
            &self.batch_page_id,
            &self.batch_ordering_id,
            &self.batch_event_index,
        ]
        .map(|value| integer(value).unwrap_or(-1).to_be_bytes());
        let micros = micros.to_be_bytes();
        let mut parts: Vec<&[u8]> = vec![b"ga4", who, &micros];
        parts.extend(order.iter().map(<[u8; 8]>::as_slice));
        parts.push(self.event_name.as_deref().unwrap_or_default().as_bytes());
        for (key, value) in &params {
            parts.extend([key.as_bytes(), value.as_bytes()]);
        }
        ids::imported(site_id, &parts)
    }

    /// How the session came about: by the tool's own conclusion where the row has it, else by what it collected, else by the
    /// page before.
    fn way(&self) -> Way {
        let landing_url = self.text("page_location");
        let clicked = &self.collected_traffic_source;
        let click_ids: Vec<_> = ["gclid", "dclid"]
            .into_iter()
            .filter_map(|name| Some((name.into(), told(&clicked[name])?)))
            .collect();
        let own = Way {
            landing_url,
            referrer: self.text("page_referrer"),
            click_ids: ClickIds(click_ids),
            ..Way::default()
        };
        let last = &self.session_traffic_source_last_click["manual_campaign"];
        let ads = &self.session_traffic_source_last_click["google_ads_campaign"];
        let told_by = |of: &Value, names: [&str; 5]| {
            let [source, medium, campaign, term, content] = names.map(|name| told(&of[name]));
            Way {
                source,
                medium,
                campaign,
                term,
                content,
                ..own.clone()
            }
        };
        let names = ["source", "medium", "campaign_name", "term", "content"];
        let manual = [
            "manual_source",
            "manual_medium",
            "manual_campaign_name",
            "manual_term",
            "manual_content",
        ];
        let by_params = Way {
            source: self.text("source"),
            medium: self.text("medium"),
            campaign: self.text("campaign"),
            term: self.text("term"),
            content: self.text("content"),
            ..own.clone()
        };
        let by_ads = Way {
            campaign: told(&ads["campaign_name"]),
            source: told(&ads["customer_id"]).map(|_| "google".to_owned()),
            medium: told(&ads["customer_id"]).map(|_| "cpc".to_owned()),
            ..own.clone()
        };
        let known = [
            told_by(last, names),
            by_ads,
            told_by(clicked, manual),
            by_params,
        ]
        .into_iter()
        .find(|way| way.source.is_some() || way.medium.is_some());
        match known {
            // Whoever came directly came by no link, whatever the page before was.
            Some(way) if way.source.as_deref() == Some("(direct)") => Way {
                landing_url: way.landing_url,
                ..Way::default()
            },
            Some(way) => Way {
                campaign: way.campaign.filter(|name| !name.starts_with('(')),
                ..way
            },
            None => own,
        }
    }

    /// How the visitor came for the first time, where that was before this session.
    fn first_way(&self, session_start: i64) -> Option<(i64, Way)> {
        let first = integer(&self.user_first_touch_timestamp)? / 1000;
        let source = told(&self.traffic_source["source"])?;
        if first >= session_start {
            return None;
        }
        let direct = source == "(direct)";
        let told = |name: &str| told(&self.traffic_source[name]).filter(|_| !direct);
        Some((
            first,
            Way {
                source: (!direct).then_some(source.clone()),
                medium: told("medium"),
                campaign: told("name").filter(|name| !name.starts_with('(')),
                ..Way::default()
            },
        ))
    }

    fn device(&self, left_out: &mut Vec<String>) -> Device {
        let text = |value: &Value| facts::short(told(value).as_deref(), limits::TEXT_CHARS);
        let country = told(&self.geo["country"]);
        let code = country.as_deref().and_then(facts::country);
        if country.is_some() && code.is_none() {
            left_out.push("geo.country".to_owned());
        }
        Device {
            kind: told(&self.device["category"])
                .and_then(|kind| facts::device_kind(&kind))
                .map(str::to_owned),
            browser: text(&self.device["web_info"]["browser"])
                .or_else(|| text(&self.device["browser"])),
            os: text(&self.device["operating_system"]),
            country: code,
            region: text(&self.geo["region"]),
            city: text(&self.geo["city"]),
            language: text(&self.device["language"]),
            time_zone: None,
        }
    }

    /// The parameters that are properties, as JSON, and with them the id of an order that stands beside them.
    fn props(&self, names: &mut Names) -> Option<Box<str>> {
        let own = self
            .event_params
            .iter()
            .filter(|param| !HOUSEKEEPING.contains(&param.key.as_str()))
            .map(|param| (param.key.clone(), param.value.value()));
        let mut props: Map<String, Value> = own.collect();
        if let Some(order) = self.ecommerce["transaction_id"].as_str()
            && !["", "(not set)"].contains(&order)
        {
            props.entry(ORDER_ID).or_insert_with(|| order.into());
        }
        if props.is_empty() {
            return None;
        }
        let text = serde_json::to_string(&props).ok()?;
        object_with(serde_json::from_str(&text).ok()?, |name| names.see(name)).ok()
    }

    /// Money that the event earned, or gave back.
    fn value(&self) -> Option<String> {
        let paid = match self.event_name.as_deref() {
            Some("purchase") => &self.ecommerce["purchase_revenue"],
            Some("refund") => &self.ecommerce["refund_value"],
            _ => &Value::Null,
        };
        let value = match self.param("value") {
            Value::Null => paid.clone(),
            value => value,
        };
        let written = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        let amount = Amount::of_text(&written).or_else(|_| Amount::of_json(&written));
        amount.ok().map(|amount| amount.to_string())
    }
}

impl Ga4 {
    /// For rows of this export.
    pub fn new(outside: Outside) -> Self {
        Self(outside)
    }

    fn at(&self, row: &Row) -> Result<i64, Bad> {
        let micros = integer(&row.event_timestamp)
            .ok_or_else(|| Bad::new("event_timestamp", "is no number of microseconds"))?;
        let text = micros.to_string();
        moment::read(&text, &self.0.zone, self.0.now)
            .map_err(|message| Bad::new("event_timestamp", message))
    }

    /// The session and when it began.
    fn session(&self, row: &Row, visitor_id: Uuid, at: i64) -> (Uuid, Option<i64>) {
        let site_id = self.0.site.id;
        match integer(&row.param("ga_session_id")) {
            Some(number) => {
                let began = number.saturating_mul(1000);
                let credible = (at.saturating_sub(LONGEST_MS)..=at).contains(&began);
                let id = ids::session(site_id, visitor_id, &number.to_string());
                (id, credible.then_some(began))
            }
            None => {
                let day = Timestamp::from_millisecond(at)
                    .map(|at| at.to_zoned(self.0.zone.clone()).date().to_string());
                (
                    ids::day(site_id, visitor_id, &day.unwrap_or_default()),
                    None,
                )
            }
        }
    }

    fn fact(&self, row: &Row, name: String, arrival: &Arc<Arrival>, id: Uuid, at: i64) -> Fact {
        let url = facts::short(row.text("page_location").as_deref(), limits::URL_CHARS);
        if PRESENCE.contains(&name.as_str()) {
            return facts::presence(arrival, id, at);
        }
        if name == "page_view" && url.is_some() {
            let mut fact = facts::fact(arrival, ItemKind::PageView, id, at);
            fact.url = url;
            let title = row.text("page_title");
            fact.title = facts::short(title.as_deref(), limits::TEXT_CHARS);
            let referrer = row.text("page_referrer");
            fact.referrer = facts::short(referrer.as_deref(), limits::URL_CHARS);
            return fact;
        }
        let kind = match self.0.stages.has_milestone(&name) {
            true => ItemKind::Milestone,
            false => ItemKind::Event,
        };
        let mut fact = facts::fact(arrival, kind, id, at);
        let mut names = Names::default();
        fact.props = row.props(&mut names);
        fact.name = Some(name);
        if kind == ItemKind::Event {
            fact.url = url;
            let value = row.value();
            let currency = value.as_ref().and_then(|_| row.text("currency"));
            let told = Told {
                value,
                currency,
                names,
            };
            // What it cannot keep is counted with the site's findings.
            money::read(&mut fact, told, &mut Vec::new());
        }
        fact
    }
}

impl Convert for Ga4 {
    fn convert(&self, record: &Record, into: &mut Converted) -> Result<(), Bad> {
        let line = record.line.as_deref().unwrap_or_default();
        let row: Row = serde_json::from_str(line).map_err(|error| {
            let message = format!("is no event of the export: column {}", error.column());
            Bad::new("row", message)
        })?;
        let site_id = self.0.site.id;
        let at = self.at(&row)?;
        let name = row.event_name.clone().unwrap_or_default();
        let name = whole(name, limits::NAME_CHARS)
            .map_err(|_| Bad::new("event_name", "has to have 1 to 100 characters"))?;
        let user_id = row.user_id.as_deref().filter(|id| !id.is_empty());
        let user_id = user_id
            .map(|id| facts::id_text(id, || "user_id".to_owned()))
            .transpose()?;
        let client = row.user_pseudo_id.clone().filter(|id| !id.is_empty());
        let visitor_id = match (&client, &user_id) {
            (Some(client), _) => ids::ga_client(site_id, client),
            (None, Some(user)) => {
                let visitor = ids::visitor(site_id, None, Some(user));
                visitor.unwrap_or_default()
            }
            (None, None) => {
                let message = "is empty: without consent Google Analytics tells nobody apart";
                return Err(Bad::new("user_pseudo_id", message));
            }
        };
        let who = client
            .clone()
            .or_else(|| user_id.clone())
            .unwrap_or_default();
        let id = row.id(site_id, who.as_bytes(), at);
        let (session_id, started_at) = self.session(&row, visitor_id, at);
        let mut left_out = Vec::new();
        let touch = row.way().conclude(at, &self.0, &mut left_out);
        let first: Option<Touch> = row
            .first_way(started_at.unwrap_or(at))
            .map(|(first, way)| way.conclude(first, &self.0, &mut left_out));
        let visit = Visit {
            visitor_id,
            session_id,
            started_at,
            user_id,
            touch: Some(touch),
            ga: client.map(|client_id| Ga {
                client_id: facts::short(Some(&client_id), limits::TEXT_CHARS),
                session_id: integer(&row.param("ga_session_id")).map(|id| id.to_string()),
            }),
            device: row.device(&mut left_out),
            screen: Screen::default(),
        };
        let mut arrival = visit.arrival(&self.0);
        if let (Some(first), Some(arrival)) = (first, Arc::get_mut(&mut arrival)) {
            arrival.first_touch = Some(first);
        }
        let fact = self.fact(&row, name, &arrival, id, at);
        into.facts.push(fact);
        into.leave_out(left_out);
        Ok(())
    }
}
