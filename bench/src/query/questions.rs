//! The questions, as data: what each is called, how it is asked for the n-th time, and what was promised of it.
//!
//! No two turns of a question ask for the same: ranges begin and end on other days, zones differ, filters and people change.
//! What is answered for the second time from something kept would be measured as that.

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use serde_json::{Value, json};
use uuid::Uuid;

use super::shape::STEPS;

/// Days of a month, and of a quarter.
const MONTH: i64 = 30;
const QUARTER: i64 = 90;
/// Days of twelve weeks.
const TWELVE_WEEKS: i64 = 84;
/// People of whom profiles are asked at a time.
pub const PROFILES: usize = 100;
/// Zones in which figures are asked for, whole hours and half ones, with daylight saving and without.
const ZONES: [&str; 12] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Europe/London",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Europe/Paris",
    "Asia/Tokyo",
    "Australia/Sydney",
    "America/Sao_Paulo",
    "Europe/Madrid",
    "Europe/Helsinki",
];
/// Sources by which figures are filtered.
const SOURCES: [&str; 6] = [
    "google",
    "newsletter",
    "facebook",
    "bing",
    "partner",
    "linkedin.com",
];

/// The steps of the funnel that is held against another engine, as they are asked for.
pub const STEPS_CHECKED: &str = r#"[{"event":"analysis_started"},{"event":"analysis_completed"},{"event":"previews_viewed"},{"event":"audience_selected"}]"#;

/// What questions are about.
#[derive(Debug, Clone)]
pub struct World {
    /// The site.
    pub site: i64,
    /// The last day that is whole.
    pub last_day: Date,
    /// Browsers that are there.
    pub visitors: Vec<Uuid>,
}

/// One asking of a question.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'t> {
    /// Which one, from 0.
    pub number: usize,
    /// Where the list of the turn before goes on.
    pub cursor: Option<&'t str>,
}

/// A question.
#[derive(Debug)]
pub struct Question {
    /// What it is called in the report.
    pub name: &'static str,
    /// Path and query.
    pub target: fn(&World, Turn<'_>) -> String,
    /// Milliseconds that the p50 may be while nothing else happens.
    pub still_ms: Option<f64>,
    /// Milliseconds that the p50 may be while items are stored.
    pub loaded_ms: Option<f64>,
    /// Whether the answer may be empty.
    pub may_be_empty: bool,
    /// The same question for DuckDB, in `sql/`.
    pub limit: Option<&'static str>,
}

impl Question {
    const fn new(name: &'static str, target: fn(&World, Turn<'_>) -> String) -> Self {
        Self {
            name,
            target,
            still_ms: None,
            loaded_ms: None,
            may_be_empty: false,
            limit: None,
        }
    }

    const fn within(self, ms: f64) -> Self {
        Self {
            still_ms: Some(ms),
            ..self
        }
    }

    const fn loaded_within(self, ms: f64) -> Self {
        Self {
            loaded_ms: Some(ms),
            ..self
        }
    }

    const fn limited_by(self, sql: &'static str) -> Self {
        Self {
            limit: Some(sql),
            ..self
        }
    }

    const fn or_nothing(self) -> Self {
        Self {
            may_be_empty: true,
            ..self
        }
    }
}

/// All of them.
pub const QUESTIONS: [Question; 23] = [
    Question::new("100 events", |world, turn| {
        listed(world, turn, "events", 100)
    })
    .within(5.0)
    .loaded_within(15.0)
    .limited_by(include_str!("sql/last_events.sql")),
    Question::new("50 sessions", |world, turn| {
        listed(world, turn, "sessions", 50)
    })
    .within(5.0)
    .loaded_within(12.0)
    .limited_by(include_str!("sql/last_sessions.sql")),
    Question::new("visitor", |world, turn| {
        let site = world.site;
        format!("/api/v1/visitors/{}?site={site}", somebody(world, turn))
    })
    .within(5.0)
    .limited_by(include_str!("sql/visitor.sql")),
    Question::new("visitor's events", |world, turn| {
        let (site, visitor) = (world.site, somebody(world, turn));
        format!("/api/v1/events?site={site}&visitor={visitor}&bots=include&limit=50")
    }),
    Question::new("100 profiles", |world, turn| {
        let ids: Vec<String> = profiles(world, turn.number)
            .map(|id| id.to_string())
            .collect();
        format!("/api/v1/profiles?site={}&ids={}", world.site, ids.join(","))
    })
    .within(5.0)
    .limited_by(include_str!("sql/profiles.sql")),
    Question::new("sources, 30 days", |world, turn| {
        figures(world, turn, "sources", MONTH)
    })
    .within(25.0)
    .loaded_within(25.0)
    .limited_by(include_str!("sql/sources.sql")),
    Question::new("overview, 90 days", |world, turn| {
        figures(world, turn, "overview", QUARTER)
    })
    .within(25.0)
    .limited_by(include_str!("sql/overview.sql")),
    Question::new("funnel, 4 steps, 30 days", |world, turn| {
        funnel(world, turn, &STEPS[..4])
    })
    .within(300.0)
    .limited_by(include_str!("sql/funnel.sql")),
    Question::new("retention, 12 weeks", |world, turn| {
        figures(world, turn, "retention", TWELVE_WEEKS)
    })
    .within(300.0)
    .limited_by(include_str!("checks/retention.sql")),
    Question::new("paths, 30 days", |world, turn| {
        figures(world, turn, "paths", MONTH)
    })
    .within(300.0)
    .limited_by(include_str!("sql/paths.sql")),
    Question::new("attribution, all models, 90 days", |world, turn| {
        figures(world, turn, "attribution", QUARTER)
    })
    .within(500.0)
    .limited_by(include_str!("sql/attribution.sql")),
    Question::new("pages, 30 days", |world, turn| {
        figures(world, turn, "pages", MONTH)
    })
    .limited_by(include_str!("sql/pages.sql")),
    Question::new("events, 30 days", |world, turn| {
        figures(world, turn, "events", MONTH)
    })
    .limited_by(include_str!("sql/events.sql")),
    Question::new("properties, 30 days", |world, turn| {
        figures(world, turn, "properties", MONTH) + "&event=cta_clicked"
    }),
    Question::new("stages, 90 days", |world, turn| {
        figures(world, turn, "stages", QUARTER)
    }),
    Question::new("conversions, 90 days", |world, turn| {
        figures(world, turn, "conversions", QUARTER)
    }),
    Question::new("realtime", |world, turn| {
        let zone = ZONES[turn.number % ZONES.len()];
        format!("/api/v1/analytics/realtime?site={}&zone={zone}", world.site)
    })
    .or_nothing(),
    Question::new("overview, 90 days, filtered", |world, turn| {
        figures(world, turn, "overview", QUARTER) + by_source(turn).as_str()
    })
    .limited_by(include_str!("sql/overview_filtered.sql")),
    Question::new("overview, 30 days, compared", |world, turn| {
        figures(world, turn, "overview", MONTH) + "&compare=previous"
    }),
    Question::new("sources, 30 days, filtered by country", |world, turn| {
        let country = ["US", "DE", "GB", "FR", "IN"][turn.number % 5];
        let filter = filters(&json!([{"dimension": "country", "op": "is", "values": [country]}]));
        figures(world, turn, "sources", MONTH) + filter.as_str()
    }),
    Question::new("funnel, filtered", |world, turn| {
        funnel(world, turn, &STEPS[..4]) + by_source(turn).as_str()
    })
    .limited_by(include_str!("sql/funnel_filtered.sql")),
    Question::new("funnel, 9 steps, 30 days", |world, turn| {
        funnel(world, turn, &STEPS)
    }),
    Question::new("revenue by day", |world, turn| {
        let days = 10 + 3 * i64::try_from(turn.number / 9).unwrap_or(0);
        let (from, to) = range(world, turn.number, days);
        format!("/api/v1/revenue?site={}&from={from}&to={to}", world.site)
    }),
];

/// First and last day of a turn's range of about so many days: another one in each of nine turns.
pub fn range(world: &World, turn: usize, days: i64) -> (Date, Date) {
    let back = |days: usize| -> Span { i64::try_from(days).unwrap_or(0).days() };
    let last = world.last_day.saturating_sub(back(turn % 3));
    let first = world
        .last_day
        .saturating_sub((days - 1).days())
        .saturating_sub(back(turn / 3 % 3));
    (first, last)
}

/// First and last day of the last twelve weeks that are whole, from a Monday on.
pub fn weeks(world: &World) -> (Date, Date) {
    let since_sunday = world.last_day.weekday().to_sunday_zero_offset();
    let last = world
        .last_day
        .saturating_sub(i64::from(since_sunday).days());
    (last.saturating_sub((TWELVE_WEEKS - 1).days()), last)
}

/// A zone of a turn: another one after each nine turns.
fn zone(turn: usize) -> &'static str {
    ZONES[turn / 9 % ZONES.len()]
}

/// The browser of a turn.
fn somebody(world: &World, turn: Turn<'_>) -> Uuid {
    let place = turn.number * 17 % world.visitors.len().max(1);
    world.visitors.get(place).copied().unwrap_or_default()
}

/// The browsers of a turn.
pub fn profiles(world: &World, turn: usize) -> impl Iterator<Item = Uuid> {
    let all = world.visitors.iter().cycle();
    let mut ids: Vec<Uuid> = all
        .skip(turn * 17 % world.visitors.len().max(1))
        .take(world.visitors.len().min(2 * PROFILES))
        .copied()
        .collect();
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(*id));
    ids.into_iter().take(PROFILES)
}

/// A page of a list, after the one of the turn before: all of them are read by the same statement.
fn listed(world: &World, turn: Turn<'_>, list: &str, limit: u32) -> String {
    let first = format!("/api/v1/{list}?site={}&limit={limit}", world.site);
    match turn.cursor {
        Some(cursor) => format!("{first}&cursor={}", encoded(cursor)),
        None => first,
    }
}

fn figures(world: &World, turn: Turn<'_>, what: &str, days: i64) -> String {
    let (from, to) = range(world, turn.number, days);
    let zone = zone(turn.number);
    let site = world.site;
    format!("/api/v1/analytics/{what}?site={site}&from={from}&to={to}&zone={zone}")
}

fn funnel(world: &World, turn: Turn<'_>, steps: &[&str]) -> String {
    let steps: Vec<Value> = steps.iter().map(|step| json!({"event": step})).collect();
    let steps = encoded(&Value::from(steps).to_string());
    let days = 3 + turn.number % 11;
    figures(world, turn, "funnel", MONTH) + format!("&steps={steps}&window={days}d").as_str()
}

fn by_source(turn: Turn<'_>) -> String {
    let source = source(turn.number);
    filters(&json!([{"dimension": "source", "op": "is", "values": [source]}]))
}

/// The source of a turn.
pub fn source(turn: usize) -> &'static str {
    SOURCES[turn % SOURCES.len()]
}

/// Conditions, as a parameter.
pub fn filters(filters: &Value) -> String {
    format!("&filters={}", encoded(&filters.to_string()))
}

/// As a value of a query.
pub fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::query::{FIRST_TURN, MOST_REPEATS, WARM_UP_TURNS};

    const TURNS: usize = FIRST_TURN + WARM_UP_TURNS + MOST_REPEATS;

    #[test]
    fn no_two_turns_of_a_question_ask_for_the_same() {
        let world = World {
            site: 1,
            last_day: jiff::civil::date(2026, 3, 31),
            visitors: (1..=2_000).map(Uuid::from_u128).collect(),
        };
        for question in &QUESTIONS {
            let asked: HashSet<String> = (0..TURNS)
                .map(|number| {
                    let cursor = format!("c{number}");
                    let cursor = Some(cursor.as_str());
                    (question.target)(&world, Turn { number, cursor })
                })
                .collect();
            let expected = match question.name {
                "realtime" => ZONES.len(),
                _ => TURNS,
            };
            assert_eq!(asked.len(), expected, "{}", question.name);
        }
        assert_eq!(profiles(&world, 3).count(), PROFILES);
        let (first, last) = weeks(&world);
        assert_eq!(first.weekday(), jiff::civil::Weekday::Monday);
        assert_eq!(last.to_string(), "2026-03-29");
        let (first, last) = range(&world, 0, MONTH);
        assert_eq!(
            (first.to_string(), last.to_string()),
            ("2026-03-02".to_owned(), "2026-03-31".to_owned())
        );
    }

    #[test]
    fn values_of_a_query_are_encoded() {
        assert_eq!(encoded(r#"[{"a b":1}]"#), "%5B%7B%22a%20b%22%3A1%7D%5D");
    }
}
