//! What holds of questions that follow somebody, whatever the rows are.

use jiff::civil::date;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::attempt::{Order, Rule};
use super::buckets::{Buckets, Interval};
use super::dimension::Dimension;
use super::field::Reading;
use super::filter::Filters;
use super::scope::Scope;
use super::steps::{Sought, Step};
use super::whose::By;
use super::{funnel, paths, retention};
use crate::columns::Columns;
use crate::journey::{DAY_MS, Definition, EntryKind};
use crate::store::Bots;
use crate::store::columns::{DeviceRow, EventRow, SessionRow, Take, VisitorRow};

const DAYS: i64 = 20;
const DEVICE: DeviceRow<'static> = DeviceRow {
    kind: None,
    browser: None,
    os: None,
    country: None,
    region: None,
    city: None,
    language: None,
};

/// A session: the hour in which it begins, and its items, each with minutes since the one before.
type Session = (i64, Vec<(usize, i64)>);

fn sessions() -> impl Strategy<Value = Vec<Vec<Session>>> {
    let items = prop::collection::vec((0_usize..6, 0_i64..40), 1..8);
    let sessions = prop::collection::vec((0_i64..DAYS * 24, items), 1..5);
    prop::collection::vec(sessions, 1..25)
}

fn begin() -> i64 {
    let days = Buckets::of(
        date(2026, 3, 20),
        date(2026, 3, 20),
        &TimeZone::UTC,
        Interval::Day,
    );
    days.unwrap().span().begin
}

/// Tells of visitors, of whom each has the id that `ids` says; of their items backwards if so wanted.
fn tell(take: &mut dyn Take, visitors: &[Vec<Session>], ids: &[u32], backwards: bool) {
    for (sessions, id) in visitors.iter().zip(ids) {
        let visitor_id = Uuid::from_u128(u128::from(*id) + 1);
        let (mut rows, mut items) = (Vec::new(), Vec::new());
        for (number, (hour, told)) in sessions.iter().enumerate() {
            let session_id = Uuid::from_u128(number as u128);
            let started_at = begin() + hour * 3_600_000;
            let mut at = started_at;
            for (what, minutes) in told {
                at += minutes * 60_000;
                items.push((at, session_id, *what));
            }
            rows.push((session_id, started_at, at, told[0].0));
        }
        let times = items.iter().map(|(at, ..)| *at);
        take.visitor(&VisitorRow {
            visitor_id,
            first_at: times.clone().min().unwrap(),
            last_at: times.max().unwrap(),
            bot: false,
            user: None,
            owner: None,
            account: None,
            shared: false,
            touch: None,
            device: DEVICE,
        });
        let mut numbered: Vec<_> = items.into_iter().enumerate().collect();
        if backwards {
            rows.reverse();
            numbered.reverse();
        }
        for (session_id, started_at, last_at, entry) in rows {
            take.session(&SessionRow {
                visitor_id,
                session_id,
                started_at,
                last_at,
                page_views: 0,
                events: 0,
                entry_url: Some(&format!("https://shop.example/{entry}")),
                exit_url: None,
                past_visible_ms: 0,
                touch: None,
                device: DEVICE,
            });
        }
        for (number, (at, session_id, what)) in numbered {
            let (kind, name, page) = match what {
                0..3 => (EntryKind::PageView, None, what),
                3 => (EntryKind::Milestone, Some("signup_at"), 0),
                4 => (EntryKind::Event, Some("look"), 0),
                _ => (EntryKind::Event, Some("buy"), 0),
            };
            take.event(&EventRow {
                visitor_id,
                session_id,
                at,
                id: Uuid::from_u128(number as u128),
                kind,
                name,
                url: Some(&format!("https://shop.example/{page}")),
                conversion: false,
                visible_ms: None,
                scroll_max: None,
                props: None,
            });
        }
    }
}

fn steps(names: Value) -> Vec<Step> {
    serde_json::from_value(names).unwrap()
}

/// What is answered, in two places: of a funnel, of retention, of paths.
fn answers(columns: &Columns, order: Order, hours: i64) -> [Value; 3] {
    let last = date(2026, 3, 20)
        .checked_add(jiff::Span::new().days(DAYS - 1))
        .unwrap();
    let span = Buckets::of(date(2026, 3, 20), last, &TimeZone::UTC, Interval::Day)
        .unwrap()
        .span();
    let scope = Scope {
        columns,
        span,
        bots: Bots::default(),
        filters: Filters::default().decide(columns),
    };
    let standard = Definition::standard();
    let sought = |names: Value| Sought::of(columns, &steps(names), &standard).unwrap();
    let asking = funnel::Asking {
        sought: sought(
            json!([{"page": "/0"}, {"event": "look"}, {"milestone": "signup_at"}, {"page": "/1"}]),
        ),
        names: (0..4).map(|step| step.to_string()).collect(),
        rule: Rule {
            steps: 4,
            window: hours * 3_600_000,
            order,
        },
        by: By::Person,
        breakdown: Some(Reading::Dimension(Dimension::EntryPage)),
        people: None,
    };
    let (funnel, _) = funnel::funnel(&scope, &asking);
    let asking = retention::Asking {
        since: retention::Since::FirstSeen,
        returning: retention::Returning::Session,
        by: By::Visitor,
        periods: retention::Periods::of(date(2026, 3, 20), last, &TimeZone::UTC, Interval::Week, 4)
            .unwrap(),
        offsets: 4,
    };
    let (retention, _) = retention::retention(&scope, &asking);
    let asking = paths::Asking {
        way: paths::Way::After,
        anchor: None,
        depth: 4,
        top: 2,
        of: paths::Of::Both,
        sequences: Some(100),
    };
    let (paths, _) = paths::paths(&scope, &asking).unwrap();
    [json!(funnel), json!(retention), json!(paths)]
}

fn sum(rows: &Value, name: &str, wanted: impl Fn(&Value) -> bool) -> u64 {
    let rows = rows.as_array().unwrap().iter().filter(|row| wanted(row));
    rows.map(|row| row[name].as_u64().unwrap()).sum()
}

proptest! {
    #[test]
    fn answers_are_what_they_have_to_be(
        visitors in sessions(),
        (ids, order, hours) in (prop::collection::hash_set(0_u32..10_000, 25), prop::bool::ANY, 1_i64..300),
    ) {
        let order = if order { Order::Strict } else { Order::Loose };
        let as_of = begin() + 30 * DAY_MS;
        let plain: Vec<u32> = (0..25).collect();
        let columns = Columns::made(as_of, |take| tell(take, &visitors, &plain, false));
        let told = answers(&columns, order, hours);
        // Who stands where, what came in which order, and which number a text has, is nothing.
        let ids: Vec<u32> = ids.into_iter().collect();
        let other = Columns::made(as_of, |take| tell(take, &visitors, &ids, true));
        prop_assert_eq!(&answers(&other, order, hours), &told);
        let [funnel, retention, paths] = told;

        // Nobody makes a step without the one before, and groups are parts of the whole.
        for rows in funnel["rows"].as_array().unwrap().windows(2) {
            prop_assert!(rows[1]["step"] == 1 || rows[0]["people"].as_u64() >= rows[1]["people"].as_u64());
        }
        for step in 1..=4 {
            let of = |group: &str| sum(&funnel["rows"], "people", |row| row["step"] == step && row["group"] == group);
            prop_assert_eq!(of("all"), of("value"));
        }

        // Everybody is there at first, and never more come back than there were.
        for row in retention["rows"].as_array().unwrap() {
            prop_assert!(row["offset"] != 0 || row["people"] == row["size"]);
            prop_assert!(row["people"].as_u64() <= row["of"].as_u64() && row["of"].as_u64() <= row["size"].as_u64());
        }
        prop_assert_eq!(sum(&retention["rows"], "size", |row| row["offset"] == 0), visitors.len() as u64);

        // Every session is somewhere at first, and goes on or ends wherever it is.
        let sessions: usize = visitors.iter().map(Vec::len).sum();
        prop_assert_eq!(&paths["sessions"], sessions as u64);
        prop_assert_eq!(sum(&paths["nodes"], "sessions", |node| node["depth"] == 0), sessions as u64);
        let sequences = paths["sequences"].as_array().unwrap();
        let told = sum(&paths["sequences"], "sessions", |_| true);
        prop_assert!(told == sessions as u64 || sequences.len() == 100 && told < sessions as u64);
        for depth in 0..3 {
            let there = sum(&paths["nodes"], "sessions", |node| node["depth"] == depth);
            let ended = sum(&paths["nodes"], "ended", |node| node["depth"] == depth);
            let next = sum(&paths["nodes"], "sessions", |node| node["depth"] == depth + 1);
            let links = sum(&paths["rows"], "sessions", |link| link["depth"] == depth);
            prop_assert_eq!((there, there), (links, ended + next));
        }
    }
}
