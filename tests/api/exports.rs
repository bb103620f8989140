//! Exports: the rows of the API in each format, of any size, and what is said of them in the audit log.

mod rows;

use std::io::Read;

use flate2::read::GzDecoder;
use futures_util::StreamExt;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

pub(super) use self::rows::{Row, of_parquet};
use self::rows::{TIMES, expected, listed, of_csv, of_jsonl};
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, identify, item, milestone, now, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;
use crate::support::program::{good, run};

on_both_databases!(
    every_format_has_the_rows_of_the_api,
    the_command_writes_what_the_route_answers,
    days_and_bots_are_those_that_were_asked_for,
    an_export_is_read_as_it_is_taken,
    what_travels_packed_is_whole,
    the_audit_log_says_what_was_given_out,
);

pub(super) const WHAT: [&str; 3] = ["events", "sessions", "journeys"];
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// A bot that says so.
const GOOGLEBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/// Some visitors with one of everything that a column can hold.
async fn fill(app: &TestApp) {
    for place in 0..3 {
        let visit = Visit::new(&app.key);
        let mut page =
            page_view("https://shop.example/?utm_source=News&utm_campaign=a%2Cb&gclid=x");
        page["data"]["title"] = json!("=cmd|' /C calc'!A0");
        page["data"]["referrer"] = json!("https://else.example/\"quoted\"");
        let mut ping = item("page_ping", json!({"visible_ms": 4000, "scroll_max": 60}));
        ping["page_view_id"] = page["id"].clone();
        let mut bought = event("bought");
        bought["data"] = json!({
            "name": "bought", "conversion": true, "value": "49.90", "currency": "EUR", "url": "https://shop.example/",
            "props": {"text": "a\tb\n\"c\", ü", "half": 0.5, "list": [null, true, {"x": "y"}], "place": place},
        });
        let mut back = event("'quoted'");
        back["data"] = json!({"name": "'quoted'", "conversion": true, "value": "-0.000001", "currency": "JPY"});
        let mut batch = visit.batch(&[
            page,
            ping,
            bought,
            back,
            identify(&format!("+49 {place}")),
            milestone("signup_at"),
            item(
                "group",
                json!({"account_id": "acme", "traits": {"seats": 12}}),
            ),
            item("ga_linked", json!({"client_id": "1.2"})),
        ]);
        batch["context"]["touch"] = json!({
            "at": batch["sent_at"], "landing_url": "https://shop.example/?gclid=x", "click_ids": {"gclid": "x"},
        });
        app.accept(&batch).await;
    }
    app.accept(&Visit::new(&app.key).batch(&[event("alone")]))
        .await;
}

async fn exported(app: &TestApp, path: &str) -> Vec<u8> {
    let response = app.get(&format!("/api/v1/exports/{path}")).await;
    assert_eq!(response.status(), 200, "{path}");
    response.bytes().await.unwrap().to_vec()
}

/// A file with these bytes, for as long as its folder is there.
fn file_of(bytes: &[u8]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.parquet");
    std::fs::write(&path, bytes).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

async fn every_format_has_the_rows_of_the_api(database: Database) {
    let app = TestApp::start(database).await;
    fill(&app).await;
    for what in WHAT {
        let rows = expected(listed(&app, what, 1).await);
        assert!(rows.len() > 3, "{what}");
        let of =
            async |format: &str| exported(&app, &format!("{what}?site=1&format={format}")).await;
        assert_eq!(of_csv(&of("csv").await), rows, "{what}");
        assert_eq!(of_jsonl(&of("jsonl").await), rows, "{what}");
        let (_folder, path) = file_of(&of("parquet").await);
        let (types, by_duckdb, by_pandas) = of_parquet(&path).await;
        assert_eq!(by_duckdb, rows, "{what}");
        assert_eq!(by_pandas, rows, "{what}");
        for name in rows[0].keys() {
            let kind = match name.as_str() {
                "value" => "DECIMAL(18,6)",
                "conversion" | "bot" => "BOOLEAN",
                "props" | "click_ids" | "stages" | "milestones" => "JSON",
                "page_views" | "visible_ms" | "scroll_max" | "rules" | "total_sessions"
                | "total_page_views" | "total_events" => "BIGINT",
                "events" => "BIGINT",
                name if TIMES.contains(&name) => "TIMESTAMP WITH TIME ZONE",
                _ => "VARCHAR",
            };
            assert_eq!(types[name], kind, "{what}.{name}");
        }
    }
    let response = app
        .get("/api/v1/exports/events?site=1&format=parquet&from=2026-03-01")
        .await;
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/vnd.apache.parquet");
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"events-site-1-from-2026-03-01.parquet\""
    );
    // A file without rows is one too.
    let (_folder, path) =
        file_of(&exported(&app, "events?site=1&format=parquet&to=1999-12-31").await);
    let (types, none, _) = of_parquet(&path).await;
    assert_eq!(
        (types["at"].as_str(), none.len()),
        (Some("TIMESTAMP WITH TIME ZONE"), 0)
    );
    app.log.assert_quiet();
}

async fn the_command_writes_what_the_route_answers(database: Database) {
    let app = TestApp::start(database).await;
    fill(&app).await;
    let folder = tempfile::tempdir().unwrap();
    for what in WHAT {
        for format in ["csv", "jsonl", "parquet"] {
            let route = exported(&app, &format!("{what}?site=1&format={format}")).await;
            let file = folder.path().join(format!("{what}.{format}"));
            let path = file.display().to_string();
            let arguments = [
                "export",
                "1",
                "--what",
                what,
                "--format",
                format,
                "--to-file",
                &path,
            ];
            let printed = good(app.database.url(), &arguments).await;
            assert!(printed.contains(" rows in "), "{printed}");
            assert_eq!(std::fs::read(&file).unwrap(), route, "{what} {format}");
        }
        let printed = good(app.database.url(), &["export", "1", "--what", what]).await;
        let route = exported(&app, &format!("{what}?site=1")).await;
        assert_eq!(printed.into_bytes(), route, "{what}");
    }
    // Nothing but the files is left in the folder.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 9);
    let turned = [
        "export",
        "1",
        "--what",
        "events",
        "--from",
        "2026-03-02",
        "--to",
        "2026-03-01",
    ];
    let printed = run(app.database.url(), &turned).await;
    assert_eq!(printed.code, 2, "{}", printed.err);
    let nowhere = folder
        .path()
        .join("nowhere")
        .join("x.csv")
        .display()
        .to_string();
    let printed = run(
        app.database.url(),
        &["export", "1", "--what", "events", "--to-file", &nowhere],
    )
    .await;
    assert_eq!(printed.code, 1);
    assert!(printed.err.contains("nowhere"), "{}", printed.err);
}

async fn days_and_bots_are_those_that_were_asked_for(database: Database) {
    let app = TestApp::start(database).await;
    let zone = json!({"time_zone": "Pacific/Kiritimati"});
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    let changed = app
        .request(reqwest::Method::PATCH, "/api/v1/sites/1")
        .header("Cookie", cookie)
        .json(&zone)
        .send()
        .await
        .unwrap();
    assert_eq!(changed.status(), 200);
    // A moment before and at the beginning of the day that was there two days ago.
    let there = jiff::tz::TimeZone::get("Pacific/Kiritimati").unwrap();
    let at = Timestamp::from_millisecond(now() - 2 * DAY_MS).unwrap();
    let day = at.to_zoned(there.clone()).date();
    let begin = day.to_zoned(there).unwrap().timestamp().as_millisecond();
    for (name, at) in [
        ("before", begin - 1),
        ("first", begin),
        ("last", begin + DAY_MS - 1),
        ("after", begin + DAY_MS),
    ] {
        let mut visit = Visit::new(&app.key);
        visit.started_at = at;
        let mut one = event(name);
        one["at"] = json!(at);
        app.accept(&visit.batch(&[one])).await;
    }
    let names = async |query: &str| {
        let rows = of_csv(&exported(&app, &format!("events?site=1&{query}")).await);
        let names = rows.iter().map(|row| row["name"].clone().unwrap());
        names.collect::<Vec<_>>().join(" ")
    };
    let (before, next) = (day.yesterday().unwrap(), day.tomorrow().unwrap());
    assert_eq!(names(&format!("from={day}&to={day}")).await, "first last");
    assert_eq!(names(&format!("to={before}")).await, "before");
    assert_eq!(names(&format!("from={next}")).await, "after");
    assert_eq!(names("").await, "before first last after");
    for what in ["sessions", "journeys"] {
        let rows = of_csv(&exported(&app, &format!("{what}?site=1&from={day}&to={day}")).await);
        assert_eq!(rows.len(), 2, "{what}");
    }
    for (query, field) in [
        ("from=2026-03-02&to=2026-03-01", "from"),
        ("to=9999-12-31", "to"),
        ("from=yesterday", "from"),
        ("format=xml", "format"),
        ("bots=maybe", "bots"),
        ("zone=UTC", "zone"),
    ] {
        let response = app
            .get(&format!("/api/v1/exports/events?site=1&{query}"))
            .await;
        let wrong = (400, "invalid_parameter".to_owned(), Some(field.to_owned()));
        assert_eq!(error(response).await, wrong, "{query}");
    }

    let bot = Visit::new(&app.key);
    let sent = app
        .request(reqwest::Method::POST, "/v1/events")
        .header("User-Agent", GOOGLEBOT)
        .header("Origin", "https://shop.example")
        .body(bot.batch(&[event("crawled")]).to_string())
        .send();
    assert_eq!(sent.await.unwrap().status(), 200);
    for what in WHAT {
        let count = async |bots: &str| {
            let path = format!("{what}?site=1&bots={bots}");
            of_csv(&exported(&app, &path).await).len()
        };
        let counts = [
            count("exclude").await,
            count("include").await,
            count("only").await,
            count("").await,
        ];
        assert_eq!(counts, [4, 5, 1, 4], "{what}");
    }
    app.log.assert_quiet();
}

/// Items of 20 KB, in batches of as many as a body has room for.
async fn fill_with_large(app: &TestApp, items: usize) {
    let long = "x".repeat(20_000);
    let large = |_| {
        let mut one = event("large");
        one["data"]["props"] = json!({"long": long});
        one
    };
    for _ in 0..items.div_ceil(45) {
        let items: Vec<Value> = (0..45).map(large).collect();
        app.accept(&Visit::new(&app.key).batch(&items)).await;
    }
}

async fn what_travels_packed_is_whole(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    for round in 0..60 {
        let items: Vec<Value> = (0..50)
            .map(|place| event(&format!("event {round} {place}")))
            .collect();
        app.accept(&visit.batch(&items)).await;
    }
    let plain = exported(&app, "events?site=1&format=csv").await;
    // As browsers ask.
    let packed = app
        .request(Method::GET, "/api/v1/exports/events?site=1&format=csv")
        .bearer_auth(&app.secret)
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let packed = packed.bytes().await.unwrap();
    let mut text = Vec::new();
    GzDecoder::new(&packed[..]).read_to_end(&mut text).unwrap();
    assert_eq!(text.len(), plain.len());
    assert!(text == plain);
    app.log.assert_quiet();
}

async fn an_export_is_read_as_it_is_taken(database: Database) {
    let mut app = TestApp::start(database).await;
    // Far more than what lies between the two in buffers of the system.
    fill_with_large(&app, 1800).await;
    for format in ["jsonl", "csv"] {
        let response = app
            .get(&format!("/api/v1/exports/events?site=1&format={format}"))
            .await;
        let mut body = response.bytes_stream();
        let first = body.next().await.unwrap().unwrap();
        assert!(!first.is_empty());
        // What is stored after the first bytes came is still among the last rows: they had not been read.
        let late = format!("late-{format}");
        app.accept(&Visit::new(&app.key).batch(&[event(&late)]))
            .await;
        let mut taken = first.len();
        let mut tail = Vec::new();
        while let Some(bytes) = body.next().await {
            let bytes = bytes.unwrap();
            taken += bytes.len();
            tail.extend_from_slice(&bytes);
            let extra = tail.len().saturating_sub(4096);
            tail.drain(..extra);
        }
        assert!(taken > 30_000_000, "{taken}");
        assert!(String::from_utf8_lossy(&tail).contains(&late), "{format}");
    }
    // Row groups come as they are full.
    let response = app
        .get("/api/v1/exports/events?site=1&format=parquet")
        .await;
    let chunks: Vec<_> = response.bytes_stream().collect().await;
    assert!(chunks.len() > 3, "{}", chunks.len());
    // Whoever goes away keeps nothing: the end does not wait for an export of theirs.
    let response = app.get("/api/v1/exports/events?site=1&format=jsonl").await;
    let mut body = response.bytes_stream();
    body.next().await.unwrap().unwrap();
    drop(body);
    app.stop().await;
    app.log.assert_quiet();
}

async fn the_audit_log_says_what_was_given_out(database: Database) {
    let app = TestApp::start(database).await;
    fill(&app).await;
    let visit = Visit::new(&app.key);
    app.accept(&visit.batch(&[event("x")])).await;
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    exported(&app, "events?site=1&from=2026-03-01&format=jsonl&bots=only").await;
    good(app.database.url(), &["export", "1", "--what", "journeys"]).await;
    let asked = async |method: &str, path: &str, body: Value| {
        let request = app.request(method.parse().unwrap(), path);
        let response = request
            .header("Cookie", &cookie)
            .json(&body)
            .send()
            .await
            .unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        text
    };
    let person = format!("/api/v1/persons/visitor:{}", visit.visitor);
    asked(
        "PUT",
        &format!("/api/v1/visitors/{}/bot?site=1", visit.visitor),
        json!({"bot": false}),
    )
    .await;
    asked("GET", &format!("{person}/export?site=1"), json!({})).await;
    // Nobody's is nothing that was given out.
    let nobody = app.request(
        reqwest::Method::GET,
        "/api/v1/persons/user:nobody/export?site=1",
    );
    let nobody = nobody.header("Cookie", &cookie).send().await.unwrap();
    assert_eq!(nobody.status(), 404);
    let lines = async || {
        let text = asked("GET", "/api/v1/audit?site=1", json!({})).await;
        let answer: Value = serde_json::from_str(&text).unwrap();
        answer["data"].as_array().unwrap().clone()
    };
    let noted: Vec<Value> = lines()
        .await
        .into_iter()
        .filter(|line| line["action"].as_str().unwrap().ends_with(".export"))
        .map(|line| {
            json!([
                line["action"],
                line["actor"],
                line["subject"],
                line["detail"]
            ])
        })
        .collect();
    let all = json!({"from": null, "to": null, "format": "csv", "bots": "exclude"});
    assert_eq!(noted[0][0], "persons.export");
    assert_eq!(noted[0][2], format!("visitor:{}", visit.visitor));
    assert_eq!(noted[1], json!(["journeys.export", "cli", "site:1", all]));
    let some = json!({"from": "2026-03-01", "to": null, "format": "jsonl", "bots": "only"});
    assert_eq!(
        (&noted[2][0], &noted[2][3]),
        (&json!("events.export"), &some)
    );
    assert_eq!(noted.len(), 3, "{noted:?}");
    // Who is erased is named by none of the lines.
    asked("POST", &format!("{person}/erase?site=1"), json!({})).await;
    let text = format!("{:?}", lines().await);
    assert!(!text.contains(&visit.visitor.to_string()), "{text}");
    assert!(
        !text.contains(&visit.visitor.simple().to_string()),
        "{text}"
    );
    app.log.assert_quiet();
}
