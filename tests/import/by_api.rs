//! `POST /api/v1/sites/{id}/imports`: a file that comes by HTTP becomes what the command line makes of it.

use std::cell::RefCell;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{by, file, fixture, imported, list, state};
use crate::api::workspaces::member;
use crate::support::app::{TestApp, error};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    a_dry_run_by_the_api_writes_nothing,
    it_becomes_what_the_command_makes_of_it,
    rows_that_are_bad_are_named_and_given_back,
    what_cannot_be_taken_in_is_refused,
    it_is_for_owners_of_the_site,
);

pub(super) const OWNER: &str = "owner@shop.example";
pub(super) const PASSWORD: &str = "a long password";

pub(super) async fn start(database: Database) -> (TestApp, String) {
    with(database, 1024 * 1024 * 1024).await
}

async fn with(database: Database, limit: u64) -> (TestApp, String) {
    let app = TestApp::with(database, |config| {
        config.import_limit = limit;
        config.client_rate = 0;
    })
    .await;
    let forever = ["privacy", "retention", "--site", "1", "--forever"];
    crate::support::program::good(app.database.url(), &forever).await;
    let owner = app.set_up(OWNER, PASSWORD).await;
    (app, owner)
}

pub(super) async fn send(
    app: &TestApp,
    login: &str,
    query: &str,
    body: impl Into<reqwest::Body>,
) -> Response {
    let path = format!("/api/v1/sites/1/imports?{query}");
    let request = app.request(Method::POST, &path).header("Cookie", login);
    request.body(body).send().await.unwrap()
}

pub(super) async fn read(app: &TestApp, login: &str, path: &str) -> Response {
    let path = format!("/api/v1/sites/1/imports{path}");
    let request = app.request(Method::GET, &path).header("Cookie", login);
    request.send().await.unwrap()
}

/// Sends a file, and gives the import as it is when it has ended.
pub(super) async fn run(
    app: &TestApp,
    login: &str,
    query: &str,
    body: impl Into<reqwest::Body>,
) -> Value {
    let response = send(app, login, query, body).await;
    let status = response.status();
    let begun: Value = response.json().await.unwrap();
    assert_eq!(status, 202, "{query}: {begun}");
    ended(app, login, begun["id"].as_str().unwrap()).await
}

pub(super) async fn ended(app: &TestApp, login: &str, id: &str) -> Value {
    let last = RefCell::new(Value::Null);
    eventually("the import has ended", || async {
        let import = read(app, login, &format!("/{id}")).await;
        *last.borrow_mut() = import.json().await.unwrap();
        !last.borrow()["ended_at"].is_null()
    })
    .await;
    last.into_inner()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

const CSV: &str = "\
visitor_id,session_id,when,landing_page,utm_source,page_views,signup_at,country
v1,s1,2024-03-01 09:00:00,https://shop.example/pricing,google,3,2024-03-02 10:05:00,DE
v1,s2,2024-03-02 10:00:00,https://shop.example/,newsletter,4,2024-03-02 10:05:00,DE
v2,s3,yesterday,https://shop.example/account,,1,,DE
v3,s4,2024-03-11 07:00:00,https://shop.example/,,2,,Nowhere
";

async fn a_dry_run_by_the_api_writes_nothing(database: Database) {
    let (app, owner) = start(database).await;
    let tables = app.database.tables().await;
    let stored = async || {
        let mut rows = Vec::new();
        for table in &tables {
            // What is known of the asking itself.
            if !["imports", "logins", "sqlite_sequence"].contains(&table.as_str()) {
                rows.push((table.clone(), app.database.rows(table).await));
            }
        }
        rows
    };
    app.judged().await;
    let before = stored().await;
    let query =
        "kind=sessions&file=visits.csv&dry_run=true&map=started=when&time_zone=Europe/Berlin";
    let import = run(&app, &owner, query, CSV).await;
    assert_eq!(stored().await, before);
    assert_eq!(import["state"], "done", "{import}");
    assert_eq!(
        (&import["dry_run"], &import["file"]),
        (&json!(true), &json!("visits.csv"))
    );
    let report = &import["report"];
    assert_eq!(
        (&report["rows"], &report["rejected"]),
        (&json!(4), &json!(1))
    );
    assert_eq!(
        report["rejects"],
        json!([{"line": 4, "field": "started (when)", "message": "is no time, such as 2026-01-31T12:00:00Z or 1769860800"}])
    );
    assert_eq!(report["left_out"], json!({"country": 1}));
    assert_eq!(report["fields"]["started"], "when");
    assert_eq!(report["fields"]["visitor"], "visitor_id");
    assert_eq!(report["columns"][2], "when");
    assert_eq!(
        (&report["new"], &report["known"]),
        (&Value::Null, &Value::Null)
    );
    let summary = &report["summary"];
    for (name, value) in [
        ("visitors", json!(2)),
        ("sessions", json!(3)),
        ("at_least", json!(false)),
        // Nine in Berlin is eight in Greenwich.
        ("first", json!(1_709_280_000_000_i64)),
        ("last", json!(1_710_136_800_000_i64)),
        ("kinds", json!({"page views": 9})),
        ("milestones", json!({"signup_at": 1})),
    ] {
        assert_eq!(summary[name], value, "{name}: {summary}");
    }
    let channels = summary["channels"].as_object().unwrap().values();
    assert_eq!(
        channels.map(|count| count.as_i64().unwrap()).sum::<i64>(),
        3
    );
    app.log.assert_quiet();
}

/// Each way of the command line, and the same by the API.
async fn it_becomes_what_the_command_makes_of_it(database: Database) {
    let (commanded, _) = start(Database::sqlite()).await;
    let (app, owner) = start(database).await;
    let csv = CSV.replace("yesterday", "2024-03-05 08:00:00");
    let sessions = file(&csv, ".csv");
    let sessions = sessions.path().display().to_string();
    let zone = ["--map", "started=when", "--time-zone", "Europe/Berlin"];
    imported(
        &commanded,
        &[&["sessions", sessions.as_str()], &zone[..]].concat(),
    )
    .await;
    let query = "kind=sessions&format=csv&map=started=when&time_zone=Europe/Berlin";
    let import = run(&app, &owner, query, gzip(&csv)).await;
    assert_eq!(
        (
            &import["state"],
            &import["report"]["new"],
            &import["report"]["known"]
        ),
        (&json!("done"), &json!(11), &json!(1)),
        "{import}"
    );
    for (kind, name) in [
        ("ga4", "ga4_events_20260131.jsonl"),
        ("umami", "umami_website_event.csv"),
    ] {
        imported(&commanded, &[kind, &fixture(name)]).await;
        let text = std::fs::read_to_string(fixture(name)).unwrap();
        let query = format!("kind={kind}&file={name}");
        let import = run(&app, &owner, &query, text.clone()).await;
        assert_eq!(import["state"], "done", "{import}");
        let again = run(&app, &owner, &query, gzip(&text)).await;
        assert_eq!(again["report"]["new"], 0, "{again}");
        assert_eq!(
            again["report"]["known"].as_u64(),
            Some(
                import["report"]["new"].as_u64().unwrap()
                    + import["report"]["known"].as_u64().unwrap()
            )
        );
    }
    let folder = std::fs::read_dir(fixture("plausible")).unwrap();
    for sums in folder {
        let path = sums.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        imported(&commanded, &["plausible", path.to_str().unwrap()]).await;
        for _ in 0..2 {
            let text = std::fs::read_to_string(&path).unwrap();
            let import = run(&app, &owner, &format!("kind=plausible&file={name}"), text).await;
            assert_eq!(import["state"], "done", "{import}");
        }
    }
    let there = state(&commanded).await;
    assert!(there["sessions"].as_array().unwrap().len() > 4);
    assert_eq!(state(&app).await, there);
    let sums = "/api/v1/imported?dimension=sources&from=2020-01-01&to=2026-12-31";
    assert_eq!(app.json(sums).await, commanded.json(sums).await);
    assert_ne!(app.json(sums).await["data"], json!([]));

    let all = read(&app, &owner, "").await.json::<Value>().await.unwrap();
    let all = all["data"].as_array().unwrap();
    assert_eq!(all[0]["kind"], "plausible");
    assert_eq!(all.last().unwrap()["kind"], "sessions");
    let audit = app
        .request(Method::GET, "/api/v1/audit?site=1&limit=500")
        .header("Cookie", &owner);
    let audit: Value = audit.send().await.unwrap().json().await.unwrap();
    let lines = by(audit["data"].as_array().unwrap(), "/action");
    assert_eq!(lines["imports.start"], all.len(), "{lines}");
    app.log.assert_quiet();
}

async fn rows_that_are_bad_are_named_and_given_back(database: Database) {
    let (app, owner) = start(database).await;
    let query = "kind=sessions&file=visits.csv.gz&map=started=when";
    let import = run(&app, &owner, query, gzip(CSV)).await;
    assert_eq!(import["state"], "done");
    assert_eq!(import["rejects_kept"], true);
    assert_eq!(import["report"]["rejects"][0]["line"], 4);
    assert_eq!(list(&app, "/api/v1/sessions").await.len(), 3);
    let id = import["id"].as_str().unwrap();
    let rejects = read(&app, &owner, &format!("/{id}/rejects")).await;
    assert_eq!(rejects.headers()["content-type"], "text/csv; charset=utf-8");
    let rejects = rejects.text().await.unwrap();
    let lines: Vec<&str> = rejects.lines().collect();
    assert_eq!(lines.len(), 2, "{rejects}");
    assert_eq!(lines[0], CSV.lines().next().unwrap());
    assert_eq!(lines[1], CSV.lines().nth(3).unwrap());

    // Mended, and sent by itself.
    let mended = rejects.replace("yesterday", "2024-03-05 08:00:00");
    let import = run(&app, &owner, query, mended).await;
    assert_eq!(
        (&import["report"]["rows"], &import["report"]["new"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(import["rejects_kept"], false);
    assert_eq!(list(&app, "/api/v1/sessions").await.len(), 4);

    // What is forgotten is gone, and what it brought in stays.
    let path = format!("/api/v1/sites/1/imports/{id}");
    for status in [204, 404] {
        let request = app.request(Method::DELETE, &path).header("Cookie", &owner);
        assert_eq!(request.send().await.unwrap().status(), status);
    }
    assert_eq!(read(&app, &owner, &format!("/{id}")).await.status(), 404);
    assert_eq!(
        read(&app, &owner, &format!("/{id}/rejects")).await.status(),
        404
    );
    assert_eq!(list(&app, "/api/v1/sessions").await.len(), 4);
    app.log.assert_quiet();
}

async fn what_cannot_be_taken_in_is_refused(database: Database) {
    let (app, owner) = with(database, 2_000).await;
    for (query, field) in [
        ("", "kind"),
        ("kind=matomo", "kind"),
        ("kind=sessions&format=xml", "format"),
        ("kind=sessions&delimiter=ab", "delimiter"),
        ("kind=sessions&time_zone=Berlin", "time_zone"),
        ("kind=sessions&visitor=x", "visitor"),
    ] {
        let (status, code, named) = error(send(&app, &owner, query, CSV).await).await;
        assert_eq!(
            (status, code.as_str()),
            (400, "invalid_parameter"),
            "{query}"
        );
        if field != "kind" && field != "visitor" {
            assert_eq!(named.as_deref(), Some(field), "{query}");
        }
    }
    let large = "x".repeat(2_001);
    let refused = error(send(&app, &owner, "kind=ga4", large).await).await;
    assert_eq!(refused, (413, "body_too_large".into(), Some("body".into())));
    let path = "/api/v1/sites/1/imports?kind=ga4";
    let brotli = app.request(Method::POST, path).header("Cookie", &owner);
    let brotli = brotli.header("Content-Encoding", "br").body("x");
    let refused = error(brotli.send().await.unwrap()).await;
    assert_eq!(refused.1, "unsupported_encoding");
    // Nothing of these is remembered.
    eventually("there is no import", || async {
        read(&app, &owner, "").await.json::<Value>().await.unwrap()["data"] == json!([])
    })
    .await;

    // What is wrong with the file itself, which is told of the import.
    let mut cut = gzip(CSV);
    cut.truncate(cut.len() / 2);
    let open_quote = format!("visitor_id,started_at\n\"{}", "x\n".repeat(5_000_000));
    let problems: Vec<(&str, Vec<u8>, Value, &str)> = vec![
        (
            "kind=sessions",
            CSV.into(),
            json!("format"),
            "The file's name does not tell",
        ),
        (
            "kind=sessions&file=a.csv",
            CSV.into(),
            json!("map"),
            "no column says when a session started",
        ),
        (
            "kind=sessions&file=a.csv&map=started=then",
            CSV.into(),
            json!("map"),
            "started: there is no column \"then\"",
        ),
        (
            "kind=sessions&file=a.csv&map=colour=when",
            CSV.into(),
            json!("map"),
            "there is no field \"colour\"",
        ),
        (
            "kind=sessions&file=a.csv&map=started=when",
            cut,
            Value::Null,
            "",
        ),
        (
            "kind=sessions&file=a.csv",
            Vec::new(),
            Value::Null,
            "there is no line with the columns' names",
        ),
        (
            "kind=sessions&file=a.csv",
            gzip(&open_quote),
            Value::Null,
            "is a quote not closed?",
        ),
        (
            "kind=umami&file=a.csv",
            CSV.into(),
            Value::Null,
            "a.csv: there is no column \"event_id\"",
        ),
        (
            "kind=plausible&file=sources.csv",
            CSV.into(),
            Value::Null,
            "the name is not imported_",
        ),
        (
            "kind=plausible&file=export.zip",
            b"PK\x03\x04rest".into(),
            Value::Null,
            "this is a zip",
        ),
    ];
    assert!(gzip(&open_quote).len() > 2_000);
    let (app, owner) = {
        drop(app);
        with(Database::sqlite(), 1_000_000).await
    };
    for (query, body, field, message) in problems {
        let import = run(&app, &owner, query, body).await;
        assert_eq!(import["state"], "failed", "{query}: {import}");
        let problem = &import["report"]["problem"];
        assert_eq!(problem["field"], field, "{problem}");
        assert!(
            problem["message"].as_str().unwrap().contains(message),
            "{query}: {problem}"
        );
    }
    // Columns are told where it is the mapping that fails, so that it can be made.
    let import = run(&app, &owner, "kind=sessions&file=a.csv", CSV).await;
    assert_eq!(import["report"]["columns"][2], "when", "{import}");
    // Older than the site keeps.
    let days = ["privacy", "retention", "--site", "1", "--days", "30"];
    crate::support::program::good(app.database.url(), &days).await;
    let import = run(
        &app,
        &owner,
        "kind=sessions&file=a.csv&map=started=when",
        CSV,
    )
    .await;
    let told = import["report"]["problem"]["message"].as_str().unwrap();
    assert!(
        told.starts_with("row 2 is of 2024-03-01T09:00:00Z, and the site keeps 30 days"),
        "{told}"
    );
    assert_eq!(
        app.database.number("SELECT COUNT(*) FROM sessions").await,
        0
    );
    app.log.assert_quiet();
}

async fn it_is_for_owners_of_the_site(database: Database) {
    let (app, owner) = start(database).await;
    let import = run(
        &app,
        &owner,
        "kind=sessions&file=a.csv&map=started=when",
        CSV,
    )
    .await;
    let id = import["id"].as_str().unwrap();
    let analyst = member(&app, &owner, "ann@shop.example", "analyst").await;
    assert_eq!(send(&app, &analyst, "kind=ga4", "{}").await.status(), 403);
    for path in ["", &format!("/{id}"), &format!("/{id}/rejects")] {
        assert_eq!(read(&app, &analyst, path).await.status(), 403, "{path}");
    }
    // By the secret of a key that may everything a key may.
    let path = "/api/v1/sites/1/imports?kind=ga4";
    let key = app.request(Method::POST, path).bearer_auth(&app.secret);
    assert_eq!(key.body("{}").send().await.unwrap().status(), 403);
    assert_eq!(app.get("/api/v1/sites/1/imports").await.status(), 403);
    // A page of another site, with the cookie.
    let foreign = app.request(Method::POST, path).header("Cookie", &owner);
    let foreign = foreign.header("Origin", "https://evil.example").body("{}");
    assert_eq!(error(foreign.send().await.unwrap()).await.1, "cross_site");
    // Of another site of the same owner nothing is shown under this one.
    app.add_site("Second", &[]).await;
    let second = app.request(Method::GET, &format!("/api/v1/sites/2/imports/{id}"));
    let second = second.header("Cookie", &owner).send().await.unwrap();
    assert_eq!(second.status(), 404);
    // A demo takes nothing in.
    let demo = app
        .request(Method::POST, "/api/v1/sites/demo")
        .header("Cookie", &owner);
    let demo: Value = demo
        .json(&json!({}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let path = format!("/api/v1/sites/{}/imports?kind=ga4", demo["id"]);
    let refused = app.request(Method::POST, &path).header("Cookie", &owner);
    let refused = error(refused.body("{}").send().await.unwrap()).await;
    assert_eq!(
        refused,
        (400, "invalid_parameter".into(), Some("site".into()))
    );
    app.log.assert_quiet();
}
