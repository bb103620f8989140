//! Figures that DuckDB finds in the same rows, held against those of the API: an engine that shares no line with the collector,
//! at full size.
//!
//! A difference is a failure of the measurement as a whole. So is an answer in which a figure cannot be found: it is not known
//! to be right.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::questions::{STEPS_CHECKED, World, encoded, filters, range, source, weeks};
use super::{COLD_TURN, DAY_MS};

/// How far two figures may be apart that are no whole numbers, and what part of them: models divide to a millionth.
const MOST_APART: f64 = 0.005;
const PART_APART: f64 = 1e-6;
/// Differences that are told one by one.
const MOST_TOLD: usize = 8;

/// What is compared.
#[derive(Debug)]
pub struct Check {
    /// What it is called in the report.
    pub name: &'static str,
    /// What the API is asked.
    pub target: fn(&World) -> String,
    /// What DuckDB is asked.
    pub sql: &'static str,
    /// The figures in the API's answer, by name. Nothing where one is not there.
    pub told: fn(&Value) -> Option<Figures>,
    /// The figures in DuckDB's rows. What neither has is nothing.
    pub found: fn(&[Value]) -> Option<Figures>,
    /// Whether DuckDB may find more than is told.
    pub is_part: bool,
}

/// Figures by name.
pub type Figures = BTreeMap<String, f64>;

/// How a check went.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// See [`Check::name`].
    pub name: &'static str,
    /// The database.
    pub database: &'static str,
    /// Whether all figures were the same. Nothing where the route is not there.
    pub same: Option<bool>,
    /// What differs, or could not be found.
    pub said: Vec<String>,
    /// Figures that were compared.
    pub figures: usize,
}

/// Figures of sessions and of what happened in them.
const OF_SESSIONS: [&str; 6] = [
    "visitors",
    "sessions",
    "engaged_sessions",
    "page_views",
    "events",
    "conversions",
];
/// Models of attribution that SQL has, as the API calls them.
const MODELS: [&str; 4] = ["first", "last", "linear", "time_decay"];

/// All of them.
pub const CHECKS: [Check; 7] = [
    Check {
        name: "revenue",
        target: |world| {
            let (from, to) = range(world, COLD_TURN, 30);
            format!("/api/v1/revenue?site={}&from={from}&to={to}", world.site)
        },
        sql: "SELECT COUNT(*) AS orders, SUM(revenue) AS gross FROM events \
              WHERE NOT bot AND conversion AND moment >= $from AND moment < $to",
        told: |answer| named("", &answer["total"], &["orders", "gross"]),
        found: |rows| named("", rows.first()?, &["orders", "gross"]),
        is_part: false,
    },
    Check {
        name: "sources: every row and the whole",
        target: |world| analytics(world, "sources", 30) + "&limit=1000",
        sql: include_str!("checks/sources.sql"),
        told: |answer| table(&answer["data"], |row| Some(way(&row["by"]))),
        found: |rows| {
            let each = rows.iter().map(|row| {
                if row["is_total"] == 1 {
                    return earned(row);
                }
                named(&way(row), row, &OF_SESSIONS)
            });
            joined(each)
        },
        is_part: false,
    },
    Check {
        name: "overview: every day and the whole",
        target: |world| analytics(world, "overview", 90) + "&interval=day",
        sql: include_str!("checks/overview.sql"),
        told: |answer| {
            let day = |row: &Value| Some(format!("day {} ", row["at"].as_i64()? / DAY_MS));
            table(&answer["data"], day)
        },
        found: |rows| {
            let each = rows.iter().map(|row| match row["day"].as_i64() {
                None => earned(row),
                Some(day) => named(&format!("day {day} "), row, &OF_SESSIONS),
            });
            joined(each)
        },
        is_part: false,
    },
    Check {
        name: "overview: of one source",
        target: |world| {
            let source = source(COLD_TURN);
            let filter =
                serde_json::json!([{"dimension": "source", "op": "is", "values": [source]}]);
            analytics(world, "overview", 90) + filters(&filter).as_str()
        },
        sql: include_str!("checks/overview_filtered.sql"),
        told: |answer| named("", &answer["data"]["total"], &FILTERED),
        found: |rows| named("", rows.first()?, &FILTERED),
        is_part: false,
    },
    Check {
        name: "funnel: people at each step",
        target: |world| {
            let steps = encoded(STEPS_CHECKED);
            // The window that this turn has in DuckDB.
            analytics(world, "funnel", 30) + format!("&steps={steps}&window=3d").as_str()
        },
        sql: include_str!("sql/funnel.sql"),
        told: |answer| {
            let rows = answer["data"]["rows"].as_array()?.iter();
            let step =
                |row: &Value| Some((format!("step_{}", row["step"]), number(&row["people"])?));
            rows.map(step).collect()
        },
        found: |rows| named("", rows.first()?, &["step_1", "step_2", "step_3", "step_4"]),
        is_part: false,
    },
    Check {
        name: "retention: every cohort and week",
        target: |world| {
            let (from, to) = weeks(world);
            let site = world.site;
            format!(
                "/api/v1/analytics/retention?site={site}&from={from}&to={to}&zone=UTC&period=week"
            )
        },
        sql: include_str!("checks/retention.sql"),
        told: |answer| {
            let rows = answer["data"]["rows"].as_array()?.iter();
            // Of what is not over nothing is told.
            let known = rows.filter(|row| !row["people"].is_null());
            let cell = |row: &Value| {
                let name = format!("{} + {}", row["cohort"].as_str()?, row["offset"]);
                Some((name, number(&row["people"])?))
            };
            known.map(cell).collect()
        },
        found: |rows| {
            let cell = |row: &Value| {
                let name = format!("{} + {}", row["monday"].as_str()?, row["later"]);
                Some((name, number(&row["people"])?))
            };
            rows.iter().map(cell).collect()
        },
        is_part: true,
    },
    Check {
        name: "attribution: four models by channel",
        target: |world| analytics(world, "attribution", 90) + "&keys=100",
        sql: include_str!("sql/attribution.sql"),
        told: |answer| {
            let mut told = Figures::new();
            for row in answer["data"]["rows"].as_array()? {
                let channel = row["key"].as_str().unwrap_or("-");
                for model in MODELS {
                    let share = number(&row["models"][model]["conversions"])?;
                    told.insert(format!("{channel} {model}"), share);
                }
            }
            Some(told)
        },
        found: |rows| {
            let each = rows.iter().map(|row| {
                let channel = row["channel"].as_str().unwrap_or("-");
                named(&format!("{channel} "), row, &MODELS)
            });
            joined(each)
        },
        is_part: false,
    },
];

/// Figures that do not need to know when a session was engaged.
const FILTERED: [&str; 5] = [
    "visitors",
    "sessions",
    "page_views",
    "events",
    "conversions",
];

fn analytics(world: &World, what: &str, days: i64) -> String {
    let (from, to) = range(world, COLD_TURN, days);
    let site = world.site;
    format!("/api/v1/analytics/{what}?site={site}&from={from}&to={to}&zone=UTC")
}

/// A number, or the text of one.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_f64(),
    }
}

/// What a group has none of is null in SQL.
fn named(of: &str, row: &Value, names: &[&str]) -> Option<Figures> {
    let figure = |name: &&str| {
        let value = row.get(*name)?;
        let figure = if value.is_null() { 0.0 } else { number(value)? };
        Some((format!("{of}{name}"), figure))
    };
    names.iter().map(figure).collect()
}

/// The figures of every row and of the whole, with what that earned, in the API's answer.
fn table(data: &Value, name: impl Fn(&Value) -> Option<String>) -> Option<Figures> {
    let total = &data["total"];
    let mut figures = named("", total, &OF_SESSIONS)?;
    figures.insert("gross".to_owned(), number(&total["revenue"]["gross"])?);
    for row in data["rows"].as_array()? {
        figures.extend(named(&name(row)?, row, &OF_SESSIONS)?);
    }
    Some(figures)
}

/// The figures of a whole in a row of DuckDB.
fn earned(row: &Value) -> Option<Figures> {
    let mut figures = named("", row, &OF_SESSIONS)?;
    figures.extend(named("", row, &["gross"])?);
    Some(figures)
}

/// The name of where sessions came from.
fn way(row: &Value) -> String {
    let part = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
    ["source", "medium", "campaign", "channel", ""]
        .map(part)
        .join("/")
}

fn joined(each: impl Iterator<Item = Option<Figures>>) -> Option<Figures> {
    each.collect::<Option<Vec<Figures>>>()
        .map(|all| all.into_iter().flatten().collect())
}

/// Holds one against the other.
pub fn compare(
    check: &Check,
    database: &'static str,
    (status, answer): (u16, &Value),
    rows: Option<&Value>,
) -> Checked {
    let mut checked = Checked {
        name: check.name,
        database,
        same: Some(false),
        said: Vec::new(),
        figures: 0,
    };
    if status == 404 {
        checked.same = None;
        checked.said.push("no such route yet".to_owned());
        return checked;
    }
    let rows = rows.and_then(Value::as_array);
    let Some(found) = rows.and_then(|rows| (check.found)(rows)) else {
        checked.said.push("DuckDB has no figure".to_owned());
        return checked;
    };
    let told = (check.told)(answer).filter(|told| !told.is_empty());
    let Some(told) = told else {
        let said = format!("{status}, and no figure where it is looked for");
        checked.said.push(said);
        return checked;
    };
    checked.figures = told.len();
    let names = told
        .keys()
        .chain(found.keys().filter(|name| !told.contains_key(*name)));
    for name in names {
        if check.is_part && !told.contains_key(name) {
            continue;
        }
        let of = |figures: &Figures| figures.get(name).copied().unwrap_or_default();
        let (told, found) = (of(&told), of(&found));
        if (told - found).abs() > MOST_APART + PART_APART * found.abs() {
            checked
                .said
                .push(format!("{name}: {told}, by DuckDB {found}"));
        }
    }
    checked.same = Some(checked.said.is_empty());
    let more = checked.said.len().saturating_sub(MOST_TOLD);
    if more > 0 {
        checked.said.truncate(MOST_TOLD);
        checked.said.push(format!("and {more} more"));
    }
    checked
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_and_a_figure_that_is_not_there_are_failures() {
        let check = &CHECKS[0];
        let rows = json!([{"orders": 4, "gross": "12.50"}]);
        let against = |status, answer| compare(check, "sqlite", (status, &answer), Some(&rows));
        let good = against(200, json!({"total": {"orders": 4, "gross": "12.5"}}));
        assert_eq!((good.same, good.figures), (Some(true), 2));
        let other = against(200, json!({"total": {"orders": 5, "gross": "12.5"}}));
        assert_eq!(other.same, Some(false));
        assert!(
            other.said[0].contains("orders: 5, by DuckDB 4"),
            "{other:?}"
        );
        assert_eq!(against(200, json!({"totals": 1})).same, Some(false));
        assert_eq!(against(404, json!({})).same, None);
        assert_eq!(
            compare(check, "sqlite", (200, &rows), None).same,
            Some(false)
        );
    }

    #[test]
    fn a_row_that_only_one_side_has_is_a_difference_unless_a_part_is_told() {
        let retention = &CHECKS[5];
        let told = |cohort: &str, offset: u32, people: Value| json!({"cohort": cohort, "offset": offset, "people": people});
        let answer = json!({"data": {"rows": [
            told("2026-03-02", 0, json!(9)),
            told("2026-03-02", 1, json!(0)),
            told("2026-03-02", 2, Value::Null),
        ]}});
        let found = |later: u32, people: u32| json!({"monday": "2026-03-02", "later": later, "people": people});
        let rows = json!([found(0, 9), found(2, 4)]);
        let checked = compare(retention, "sqlite", (200, &answer), Some(&rows));
        assert_eq!(
            (checked.same, checked.figures),
            (Some(true), 2),
            "{checked:?}"
        );
        let rows = json!([found(0, 9), found(1, 1)]);
        let checked = compare(retention, "sqlite", (200, &answer), Some(&rows));
        assert_eq!(checked.said, ["2026-03-02 + 1: 0, by DuckDB 1"]);
        let attribution = &CHECKS[6];
        let share = json!({"conversions": "1.000000"});
        let models = json!({"first": share, "last": share, "linear": share, "time_decay": share});
        let answer = json!({"data": {"rows": [{"key": "Direct", "models": models}]}});
        let row = |channel: &str| json!({"channel": channel, "first": 1, "last": 1, "linear": 1.0, "time_decay": 1.0});
        let both = json!([row("Direct"), row("Email")]);
        let checked = compare(attribution, "sqlite", (200, &answer), Some(&both));
        assert_eq!(checked.said.len(), MODELS.len(), "{checked:?}");
        let checked = compare(
            attribution,
            "sqlite",
            (200, &answer),
            Some(&json!([row("Direct")])),
        );
        assert_eq!(checked.same, Some(true), "{checked:?}");
    }
}
