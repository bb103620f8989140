//! The columns: their names, their types, and where their values come from.

use std::borrow::Cow;

use jiff::Timestamp;

use super::What;
use crate::journey::{Device, Entry, Ga, Journey, MarkedBy, Session, Touch};
use crate::money::Amount;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text; ids are text too.
    Text,
    /// The text of a JSON value.
    Json,
    /// A whole number.
    Int,
    /// A number that need not be whole.
    Double,
    /// A moment, in milliseconds.
    Time,
    /// Yes or no.
    Bool,
    /// Money.
    Amount,
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: Kind,
}

/// A value of a row; none is unknown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(Option<String>),
    Int(Option<i64>),
    Double(Option<f64>),
    Bool(Option<bool>),
    /// The text as it was told, with what it is.
    Amount(Option<(String, Amount)>),
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<Option<i64>> for Cell {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Self::Bool(Some(flag))
    }
}

/// The columns of `what`, in their order.
pub(super) fn columns(what: What) -> Vec<Column> {
    match what {
        What::Events => EVENTS.to_vec(),
        What::Sessions => [SESSION, TOUCH, &DEVICE[..OF_SESSIONS], GA, SESSION_MARKS].concat(),
        What::Journeys => [JOURNEY, TOUCH, DEVICE, GA, JOURNEY_MARKS].concat(),
    }
}

const fn column(name: &'static str, kind: Kind) -> Column {
    let name = Cow::Borrowed(name);
    Column { name, kind }
}

const EVENTS: &[Column] = &[
    column("id", Kind::Text),
    column("type", Kind::Text),
    column("at", Kind::Time),
    column("received_at", Kind::Time),
    column("visitor_id", Kind::Text),
    column("visitor_name", Kind::Text),
    column("session_id", Kind::Text),
    column("page_view_id", Kind::Text),
    column("name", Kind::Text),
    column("url", Kind::Text),
    column("title", Kind::Text),
    column("referrer", Kind::Text),
    column("props", Kind::Json),
    column("conversion", Kind::Bool),
    column("value", Kind::Amount),
    column("currency", Kind::Text),
    column("user_id", Kind::Text),
    column("visible_ms", Kind::Int),
    column("scroll_max", Kind::Int),
    column("stage", Kind::Text),
    column("bot", Kind::Bool),
];

const SESSION: &[Column] = &[
    column("session_id", Kind::Text),
    column("visitor_id", Kind::Text),
    column("visitor_name", Kind::Text),
    column("started_at", Kind::Time),
    column("last_activity_at", Kind::Time),
    column("page_views", Kind::Int),
    column("events", Kind::Int),
    column("visible_ms", Kind::Int),
    column("entry_url", Kind::Text),
    column("exit_url", Kind::Text),
];

const SESSION_MARKS: &[Column] = &[
    column("ip", Kind::Text),
    column("bot", Kind::Bool),
    column("rules", Kind::Int),
];

const JOURNEY: &[Column] = &[
    column("visitor_id", Kind::Text),
    column("name", Kind::Text),
    column("user_id", Kind::Text),
    column("account_id", Kind::Text),
    column("first_seen", Kind::Time),
    column("last_seen", Kind::Time),
    column("stage", Kind::Text),
    column("stage_at", Kind::Time),
    column("stages", Kind::Json),
    column("milestones", Kind::Json),
    column("total_sessions", Kind::Int),
    column("total_page_views", Kind::Int),
    column("total_events", Kind::Int),
];

const JOURNEY_MARKS: &[Column] = &[
    column("bot", Kind::Bool),
    column("bot_by", Kind::Text),
    column("rules", Kind::Int),
];

const TOUCH: &[Column] = &[
    column("touch_at", Kind::Time),
    column("source", Kind::Text),
    column("medium", Kind::Text),
    column("campaign", Kind::Text),
    column("term", Kind::Text),
    column("content", Kind::Text),
    column("channel", Kind::Text),
    column("click_ids", Kind::Json),
    column("landing_url", Kind::Text),
    column("referrer", Kind::Text),
];

const DEVICE: &[Column] = &[
    column("device_type", Kind::Text),
    column("browser", Kind::Text),
    column("os", Kind::Text),
    column("country", Kind::Text),
    column("region", Kind::Text),
    column("city", Kind::Text),
    column("language", Kind::Text),
    column("time_zone", Kind::Text),
];
/// The others of a device are of journeys alone.
const OF_SESSIONS: usize = 6;

const GA: &[Column] = &[
    column("ga_client_id", Kind::Text),
    column("ga_session_id", Kind::Text),
];

/// A row, in the order of [`EVENTS`].
pub(super) fn of_entry(entry: Entry) -> Vec<Cell> {
    let id = |id: Option<uuid::Uuid>| Cell::Text(id.map(|id| id.to_string()));
    vec![
        entry.id.to_string().into(),
        entry.kind.as_str().to_owned().into(),
        entry.at.into(),
        entry.received_at.into(),
        id(entry.visitor_id),
        entry.visitor_name.into(),
        id(entry.session_id),
        id(entry.page_view_id),
        entry.name.into(),
        entry.url.into(),
        entry.title.into(),
        entry.referrer.into(),
        entry.props.map(String::from).into(),
        entry.conversion.into(),
        amount(entry.value),
        entry.currency.into(),
        entry.user_id.into(),
        entry.visible_ms.into(),
        entry.scroll_max.into(),
        entry.stage.into(),
        entry.bot.into(),
    ]
}

/// A row of a session, in the order of [`columns`].
pub(super) fn of_session(session: Session) -> Vec<Cell> {
    let mut row = vec![
        session.session_id.to_string().into(),
        session.visitor_id.to_string().into(),
        session.visitor_name.into(),
        session.started_at.into(),
        session.last_activity_at.into(),
        session.page_views.into(),
        session.events.into(),
        session.visible_ms.into(),
        session.entry_url.into(),
        session.exit_url.into(),
    ];
    row.extend(touch(session.touch));
    row.extend(device(session.device).into_iter().take(OF_SESSIONS));
    row.extend(ga(session.ga));
    row.extend([session.ip.into(), session.bot.into(), session.rules.into()]);
    row
}

/// A row of a journey, in the order of [`columns`].
pub(super) fn of_journey(journey: Journey) -> Vec<Cell> {
    let stages = journey.stages.into_iter();
    let milestones = journey.milestones.into_iter();
    let mut row = vec![
        journey.visitor_id.to_string().into(),
        journey.name.into(),
        journey.user_id.into(),
        journey.account_id.into(),
        journey.first_seen.into(),
        journey.last_seen.into(),
        journey.stage.into(),
        journey.stage_at.into(),
        moments(stages.map(|reached| (reached.stage, reached.entered_at))),
        moments(milestones.map(|milestone| (milestone.name, milestone.at))),
        journey.total_sessions.into(),
        journey.total_page_views.into(),
        journey.total_events.into(),
    ];
    row.extend(touch(journey.first_touch));
    row.extend(device(journey.device));
    row.extend(ga(journey.ga));
    let by = journey.bot_by.map(|by| match by {
        MarkedBy::Rules => "rules".to_owned(),
        MarkedBy::Owner => "owner".to_owned(),
    });
    row.extend([journey.bot.into(), by.into(), journey.rules.into()]);
    row
}

/// What a sender told of money; nothing where it is no amount.
fn amount(told: Option<String>) -> Cell {
    let known = told.and_then(|text| {
        let amount = Amount::of_text(&text).ok()?;
        Some((text, amount))
    });
    Cell::Amount(known)
}

fn touch(touch: Option<Touch>) -> [Cell; 10] {
    let touch = touch.unwrap_or_default();
    [
        touch.at.into(),
        touch.source.into(),
        touch.medium.into(),
        touch.campaign.into(),
        touch.term.into(),
        touch.content.into(),
        touch.channel.into(),
        touch.click_ids.into(),
        touch.landing_url.into(),
        touch.referrer.into(),
    ]
}

fn device(device: Device) -> [Cell; 8] {
    [
        device.kind.into(),
        device.browser.into(),
        device.os.into(),
        device.country.into(),
        device.region.into(),
        device.city.into(),
        device.language.into(),
        device.time_zone.into(),
    ]
}

fn ga(ga: Ga) -> [Cell; 2] {
    [ga.client_id.into(), ga.session_id.into()]
}

/// Moments by name, as the text of an object.
fn moments(moments: impl Iterator<Item = (String, i64)>) -> Cell {
    let object: serde_json::Map<String, serde_json::Value> = moments
        .map(|(name, at)| (name, moment(at).into()))
        .collect();
    serde_json::Value::Object(object).to_string().into()
}

/// A moment as ISO 8601 in UTC, with milliseconds; nothing beyond the years that have a date.
pub(super) fn moment(at: i64) -> Option<String> {
    let at = Timestamp::from_millisecond(at).ok()?;
    Some(format!("{at:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_to_the_millisecond() {
        assert_eq!(moment(0).as_deref(), Some("1970-01-01T00:00:00.000Z"));
        assert_eq!(
            moment(1_749_482_510_120).as_deref(),
            Some("2025-06-09T15:21:50.120Z")
        );
        assert_eq!(moment(i64::MAX), None);
    }

    #[test]
    fn names_are_those_of_one_column_each() {
        for what in What::ALL {
            let names: std::collections::BTreeSet<_> = columns(what)
                .into_iter()
                .map(|column| column.name)
                .collect();
            assert_eq!(names.len(), columns(what).len(), "{what}");
        }
    }
}
