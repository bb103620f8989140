//! What is said of an alert: to programs as the body of a webhook, to people as a mail.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::figure::Figure;
use super::look::Looked;
use super::mail::Letter;
use super::number::Number;
use super::rules::{Kind, Scale};
use super::window::Length;
use super::{Rule, State};
use crate::destinations::webhook;
use crate::export::days;

/// A change of an alert's state, with everything that was known of it then: every attempt says the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AlertTold)]
pub struct Told {
    /// The site's name.
    pub site_name: String,
    /// The alert's id.
    pub alert_id: Uuid,
    /// The alert's name.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// How it stood before.
    pub was: State,
    /// What was looked at.
    pub rule: Rule,
    /// The time zone of the window.
    pub time_zone: String,
    /// The currency of money.
    pub currency: Option<String>,
    /// What was found.
    pub looked: Looked,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) site_id: i64,
    /// The change; nothing of a test.
    pub(crate) change_id: Option<Uuid>,
    pub(crate) told: &'a Told,
    /// Where people reach the collector, without a trailing slash.
    pub(crate) base: &'a str,
    pub(crate) at: i64,
}

#[derive(Serialize)]
struct Data<'a> {
    site_id: i64,
    change_id: Option<Uuid>,
    #[serde(flatten)]
    told: &'a Told,
    link: String,
}

impl About<'_> {
    fn link(&self) -> String {
        format!("{}/?site={}", self.base, self.site_id)
    }

    /// The body of a webhook.
    ///
    /// # Errors
    /// Those of JSON, which would be a defect.
    pub(crate) fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let kind = match (self.change_id, self.told.state) {
            (None, _) => "alert.test",
            (Some(_), State::Firing) => "alert.firing",
            (Some(_), _) => "alert.recovered",
        };
        let data = Data {
            site_id: self.site_id,
            change_id: self.change_id,
            told: self.told,
            link: self.link(),
        };
        serde_json::to_vec(&webhook::told(kind, self.at, data))
    }

    /// The mail with an id to an address.
    pub(crate) fn letter(&self, id: Uuid, to: String) -> Letter {
        let told = self.told;
        let (subject, first) = match (self.change_id, told.state) {
            (None, _) => (
                "Test",
                format!(
                    "This is a test of the alert “{}”. Nothing has happened.",
                    told.name
                ),
            ),
            (Some(_), State::Firing) => ("Firing", format!("The alert “{}” fires.", told.name)),
            (Some(_), _) => (
                "Recovered",
                format!("The alert “{}” does not fire any more.", told.name),
            ),
        };
        let mut lines = vec![first, String::new()];
        lines.extend(told.lines());
        lines.push(format!("Site: {}", told.site_name));
        lines.push(String::new());
        lines.push(self.link());
        Letter {
            id,
            to,
            subject: format!("[Waymark] {subject}: {}", told.name),
            text: lines.join("\n") + "\n",
        }
    }
}

impl Told {
    /// The figure, what it is held against, and the time that it is of.
    fn lines(&self) -> Vec<String> {
        let shown = |number: Number| self.shown(number);
        let rule = &self.rule;
        let event = rule.event.as_ref();
        let of = event.map_or_else(String::new, |event| format!(" of “{event}”"));
        let figure = self.looked.figure.map_or_else(|| "none".to_owned(), shown);
        let mut lines = vec![format!("{}{of}: {figure}", label(rule.figure))];
        if let Some(segment) = &rule.segment {
            lines.push(format!("Segment: {segment}"));
        }
        if let Some(baseline) = &self.looked.finding.baseline {
            if let Some(expected) = baseline.expected {
                let expected = shown(expected);
                lines.push(match (rule.condition.kind, baseline.samples) {
                    (Kind::Anomaly, Some(weeks)) => {
                        format!(
                            "Usual at this time of the week: {expected}, by {weeks} weeks before"
                        )
                    }
                    _ => format!("In the {} before: {expected}", unit(rule.window)),
                });
            }
            let low = baseline.low.map(|low| format!("below {}", shown(low)));
            let high = baseline.high.map(|high| format!("above {}", shown(high)));
            let bounds: Vec<String> = low.into_iter().chain(high).collect();
            lines.push(format!("Fires {}", bounds.join(" and ")));
        }
        lines.push(format!("Window: {}", self.window()));
        lines
    }

    /// A number as people read it.
    fn shown(&self, number: Number) -> String {
        let rounded = |millionths: i128| {
            let hundredths = (millionths + 5_000).div_euclid(10_000);
            Number::of_millionths(hundredths * 10_000)
        };
        match self.rule.figure.scale() {
            Scale::Count => rounded(number.millionths()).to_string(),
            Scale::Rate => format!("{} %", rounded(number.millionths() * 100)),
            Scale::Money => {
                let currency = self.currency.as_deref().unwrap_or_default();
                format!("{} {currency}", rounded(number.millionths()))
            }
        }
    }

    fn window(&self) -> String {
        let zone = days::zone(&self.time_zone);
        let (begin, end) = (self.looked.begin, self.looked.end);
        format!(
            "{} to {} ({})",
            clock_time(begin, &zone),
            clock_time(end, &zone),
            self.time_zone
        )
    }
}

fn clock_time(at: i64, zone: &TimeZone) -> String {
    Timestamp::from_millisecond(at).map_or_else(
        |_| at.to_string(),
        |at| {
            at.to_zoned(zone.clone())
                .strftime("%Y-%m-%d %H:%M")
                .to_string()
        },
    )
}

fn unit(length: Length) -> &'static str {
    match length {
        Length::Hour => "hour",
        Length::Day => "day",
        Length::Week => "week",
    }
}

fn label(figure: Figure) -> &'static str {
    match figure {
        Figure::Visitors => "Visitors",
        Figure::NewVisitors => "New visitors",
        Figure::Sessions => "Sessions",
        Figure::PageViews => "Page views",
        Figure::Events => "Events",
        Figure::Items => "Page views and events",
        Figure::Conversions => "Conversions",
        Figure::Orders => "Orders",
        Figure::Revenue => "Revenue, net of refunds",
        Figure::BounceRate => "Bounce rate",
        Figure::EngagedRate => "Engaged sessions",
        Figure::ConversionRate => "Conversion rate",
        Figure::Rejected => "Dropped items",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(figure: &str, found: Value) -> Told {
        serde_json::from_value(json!({
            "site_name": "Shop", "alert_id": Uuid::nil(), "name": "Sign-ups", "state": "firing", "was": "ok",
            "rule": {"figure": figure, "window": "hour", "condition": {"kind": "anomaly"}, "segment": "News"},
            "time_zone": "Europe/Berlin", "currency": "EUR", "looked": found,
        }))
        .unwrap()
    }

    #[test]
    fn a_mail_says_figure_baseline_window_and_where_to_look() {
        let told = told(
            "bounce_rate",
            json!({
                "begin": 1_774_742_400_000_i64, "end": 1_774_746_000_000_i64, "figure": "0.912345",
                "verdict": "firing", "why": null,
                "baseline": {"expected": "0.4", "spread": "0.01", "low": "0.37", "high": "0.43", "samples": 8},
            }),
        );
        let about = About {
            site_id: 7,
            change_id: Some(Uuid::nil()),
            told: &told,
            base: "https://stats.shop.example",
            at: 0,
        };
        let letter = about.letter(Uuid::nil(), "ann@shop.example".to_owned());
        assert_eq!(letter.subject, "[Waymark] Firing: Sign-ups");
        assert_eq!(
            letter.text,
            "The alert “Sign-ups” fires.\n\nBounce rate: 91.23 %\nSegment: News\n\
             Usual at this time of the week: 40 %, by 8 weeks before\nFires below 37 % and above 43 %\n\
             Window: 2026-03-29 01:00 to 2026-03-29 03:00 (Europe/Berlin)\nSite: Shop\n\n\
             https://stats.shop.example/?site=7\n"
        );
        let body: Value = serde_json::from_slice(&about.body().unwrap()).unwrap();
        assert_eq!(body["type"], "alert.firing");
        assert_eq!(body["data"]["looked"]["figure"], "0.912345");
        assert_eq!(body["data"]["link"], "https://stats.shop.example/?site=7");
        let test = About {
            change_id: None,
            ..about
        };
        let body: Value = serde_json::from_slice(&test.body().unwrap()).unwrap();
        assert_eq!(
            (&body["type"], &body["data"]["change_id"]),
            (&json!("alert.test"), &Value::Null)
        );
        assert!(
            test.letter(Uuid::nil(), String::new())
                .subject
                .contains("Test")
        );
    }

    #[test]
    fn money_has_its_currency() {
        let told = told(
            "revenue",
            json!({
                "begin": 0, "end": 3_600_000, "figure": "1234.5", "verdict": "unknown", "why": "not_enough_history", "baseline": null,
            }),
        );
        assert_eq!(told.lines()[0], "Revenue, net of refunds: 1234.5 EUR");
    }
}
