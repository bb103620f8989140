//! Funnels and retention, held against another engine's own functions on the same log: `windowFunnel` and `retention` of
//! ClickHouse. It is large, so it comes, and these are asked, by `cargo xtask test --clickhouse` alone.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::ask;
use super::world::{Fact, World};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::required;

/// The zone of days, whose clocks change within them.
const ZONE: &str = "Europe/Berlin";
/// Milliseconds are counted in thousandths, so that items at one time have an order.
const PARTS: i64 = 1_000;

/// What somebody did, as ClickHouse reads it.
struct Line {
    who: usize,
    at: i64,
    kind: &'static str,
    name: &'static str,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs ClickHouse: cargo xtask test --clickhouse"]
async fn clickhouse_counts_the_same() {
    let (app, world) = World::start(Database::sqlite(), 77).await;
    let (from, to) = world.days();
    let days = [
        ("from", &*from),
        ("to", &*to),
        ("zone", ZONE),
        ("by", "visitor"),
    ];
    let folder = tempfile::tempdir().unwrap();
    loose_funnels(&app, &world, &days, folder.path()).await;
    strict_funnels(&app, &world, &days, folder.path()).await;
    returns(&app, &world, &days, folder.path()).await;
}

/// Steps, as they are asked and as ClickHouse has them.
const STEPS: [[(&str, &str); 4]; 2] = [
    [
        ("page", "/"),
        ("page", "/pricing"),
        ("event", "added_to_cart"),
        ("event", "purchase"),
    ],
    [
        ("event", "cta_clicked"),
        ("event", "product_viewed"),
        ("page", "/"),
        ("event", "checkout_started"),
    ],
];

async fn loose_funnels(app: &TestApp, world: &World, days: &[(&str, &str)], folder: &Path) {
    let log = log(folder, &items(world));
    for steps in STEPS {
        let conditions = steps.map(is).join(", ");
        for hours in [1, 24, 240] {
            let window = hours * 3_600_000 * PARTS + PARTS - 1;
            let rows = query(&format!(
                "SELECT level, count() AS people FROM (SELECT who, windowFunnel({window})(at, {conditions}) AS level FROM {log} GROUP BY who) GROUP BY level"
            ))
            .await;
            assert_eq!(
                counts(app, days, steps, hours, "loose").await,
                reached(&rows),
                "{steps:?} within {hours} h"
            );
        }
    }
}

/// `strict_order` ends at the first item out of its turn, wherever somebody began; so it is asked from each beginning on.
async fn strict_funnels(app: &TestApp, world: &World, days: &[(&str, &str)], folder: &Path) {
    let log = log(folder, &items(world));
    for steps in STEPS {
        let conditions = steps.map(is).join(", ");
        let (any, first) = (steps.map(is).join(" OR "), is(steps[0]));
        for hours in [1, 24, 240] {
            let window = hours * 3_600_000 * PARTS + PARTS - 1;
            let rows = query(&format!(
                "WITH met AS (SELECT * FROM {log} WHERE {any}), begun AS (SELECT who, at AS start FROM met WHERE {first}),
                 attempts AS (SELECT who, start, windowFunnel({window}, 'strict_order')(at, {conditions}) AS level
                     FROM met JOIN begun USING (who) WHERE at >= start GROUP BY who, start)
                 SELECT level, count() AS people FROM (SELECT who, max(level) AS level FROM attempts GROUP BY who) GROUP BY level"
            ))
            .await;
            assert_eq!(
                counts(app, days, steps, hours, "strict").await,
                reached(&rows),
                "{steps:?} within {hours} h"
            );
        }
    }
}

async fn returns(app: &TestApp, world: &World, days: &[(&str, &str)], folder: &Path) {
    let mut lines = Vec::new();
    let mut began = BTreeMap::new();
    for fact in facts(world) {
        let who = fact.session.browser.number;
        began.entry(who).or_insert(fact.at);
        lines.push(Line {
            who,
            at: fact.session.started_at,
            kind: "session",
            name: "",
        });
    }
    lines.extend(began.into_iter().map(|(who, at)| Line {
        who,
        at,
        kind: "began",
        name: "",
    }));
    let log = log(folder, &lines);
    for (period, start, add) in [
        ("week", "toMonday", "addWeeks"),
        ("day", "toDate", "addDays"),
    ] {
        let day = format!("{start}(fromUnixTimestamp64Milli(at, '{ZONE}'))");
        let back: Vec<String> = (1..6)
            .map(|offset| format!("kind = 'session' AND period = {add}(cohort, {offset})"))
            .collect();
        let back = back.join(", ");
        let rows = query(&format!(
            "WITH days AS (SELECT who, kind, {day} AS period FROM {log}),
             cohorts AS (SELECT DISTINCT period AS cohort FROM days WHERE kind = 'began'),
             told AS (SELECT who, cohort, retention(kind = 'began' AND period = cohort, {back}) AS back FROM days CROSS JOIN cohorts GROUP BY who, cohort)
             SELECT toString(cohort) AS cohort, sumForEach(back) AS people FROM told GROUP BY cohort ORDER BY cohort"
        ))
        .await;
        let asked = [("period", period), ("periods", "6")];
        let asked: Vec<_> = days.iter().chain(&asked).copied().collect();
        let answer = ask(app, "retention", &asked).await;
        let mut told: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for row in answer["data"]["rows"].as_array().unwrap() {
            let cohort = told
                .entry(row["cohort"].as_str().unwrap().to_owned())
                .or_default();
            cohort.extend(row["people"].as_i64());
        }
        told.retain(|_, people| people[0] > 0);
        assert_eq!(told.len(), rows.len(), "{period}");
        for row in rows {
            let people = &told[row["cohort"].as_str().unwrap()];
            let other: Vec<i64> = row["people"]
                .as_array()
                .unwrap()
                .iter()
                .map(number)
                .collect();
            // Of periods that are not over nothing is told here.
            assert!(people.len() > 1);
            assert_eq!(people[..], other[..people.len()], "{period} {row}");
        }
    }
}

/// What those who are no bots did, by browser, time and id.
fn facts(world: &World) -> impl Iterator<Item = &Fact> {
    world
        .facts
        .iter()
        .filter(|fact| !fact.session.browser.is_bot)
}

fn items(world: &World) -> Vec<Line> {
    let numbered = (0..).zip(facts(world));
    numbered
        .map(|(number, fact)| Line {
            who: fact.session.browser.number,
            at: fact.at * PARTS + number % PARTS,
            kind: match fact.kind {
                "page_view" => "page",
                other => other,
            },
            name: fact
                .name
                .or(fact.page.map(|page| page.path))
                .unwrap_or_default(),
        })
        .collect()
}

/// Writes lines where ClickHouse reads them, and says how.
fn log(folder: &Path, lines: &[Line]) -> String {
    let path = folder.join("log.csv");
    let mut text = String::new();
    for line in lines {
        writeln!(text, "{},{},{},{}", line.who, line.at, line.kind, line.name).unwrap();
    }
    std::fs::write(&path, text).unwrap();
    let columns = "who UInt32, at Int64, kind String, name String";
    format!(
        "(SELECT who, toUInt64(at) AS at, kind, name FROM file('{}', 'CSV', '{columns}'))",
        path.display()
    )
}

fn is((kind, name): (&str, &str)) -> String {
    format!("(kind = '{kind}' AND name = '{name}')")
}

async fn counts(
    app: &TestApp,
    days: &[(&str, &str)],
    steps: [(&str, &str); 4],
    hours: i64,
    order: &str,
) -> Vec<i64> {
    let steps: Vec<Value> = steps
        .iter()
        .map(|(kind, name)| json!({*kind: name}))
        .collect();
    let (steps, window) = (json!(steps).to_string(), format!("{hours}h"));
    let asked = [("steps", &*steps), ("window", &window), ("order", order)];
    let asked: Vec<_> = days.iter().chain(&asked).copied().collect();
    let answer = ask(app, "funnel", &asked).await;
    let rows = answer["data"]["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| row["people"].as_i64().unwrap())
        .collect()
}

/// How many came to each step or beyond, from how many stopped at each.
fn reached(rows: &[Value]) -> Vec<i64> {
    let beyond = |step: i64| {
        let further = rows.iter().filter(|row| number(&row["level"]) >= step);
        further.map(|row| number(&row["people"])).sum()
    };
    let reached: Vec<i64> = (1..=4).map(beyond).collect();
    assert!(reached[1] > 0, "{reached:?}");
    reached
}

/// ClickHouse writes large numbers as text.
fn number(value: &Value) -> i64 {
    let text = value.as_str().map(|text| text.parse().unwrap());
    text.or(value.as_i64()).unwrap()
}

async fn query(sql: &str) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/clickhouse/query.py");
    let mut asking = Command::new(required("WAYMARK_TEST_CLICKHOUSE"))
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = asking.stdin.take().unwrap();
    input.write_all(sql.as_bytes()).await.unwrap();
    drop(input);
    let output = asking.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{sql}: {said}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
