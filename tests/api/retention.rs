//! What is too old goes, with every total as it was, and does not come again.

use reqwest::Method;
use serde_json::{Value, json};
use waymark_collector::commands::{Command, PrivacyCommand, RetentionArguments};
use waymark_collector::store::retention::Keep;

use super::interactions::{accept, interaction, told};
use super::merges::post;
use super::persons::of_user;
use super::privacy::everything;
use super::revenue::{purchase, refund};
use super::server_keys::add_server_key;
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, item, milestone, now, page_view};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    what_is_too_old_goes_and_every_total_stays,
    what_is_gone_does_not_come_again,
    an_event_has_a_limit_of_its_own,
    nothing_goes_where_nothing_is_too_old,
    only_the_owner_sets_how_long,
    the_collector_removes_by_itself,
);

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) fn retention(change: impl FnOnce(&mut RetentionArguments)) -> Command {
    let mut arguments = RetentionArguments {
        site: 1,
        days: None,
        forever: false,
        default: false,
        events: Vec::new(),
        grace_days: None,
        dry_run: false,
        run: false,
    };
    change(&mut arguments);
    Command::Privacy(PrivacyCommand::Retention(arguments))
}

/// The items, each so many days ago, and milliseconds apart.
pub(super) fn ago(days: i64, mut items: Vec<Value>) -> Vec<Value> {
    for (place, item) in (0_i64..).zip(&mut items) {
        item["at"] = json!(now() - days * DAY_MS + place);
    }
    items
}

/// A visit that began so many days ago.
pub(super) fn visit(app: &TestApp, days: i64) -> Visit {
    let mut visit = Visit::new(&app.key);
    visit.started_at = now() - days * DAY_MS;
    visit
}

/// Somebody who was there sixty days ago alone, with one of everything, and somebody who has come back.
struct Site {
    old: Visit,
    old_batch: Value,
    back: Visit,
    server_key: String,
    calls: Vec<Value>,
}

async fn site(app: &TestApp) -> Site {
    let old = visit(app, 60);
    let mut page = page_view("https://shop.example/old");
    page["data"]["title"] = json!("oldword");
    let mut ping = item("page_ping", json!({"visible_ms": 4000, "scroll_max": 60}));
    ping["page_view_id"] = page["id"].clone();
    let mut items = ago(
        60,
        vec![
            page,
            ping,
            event("used"),
            item(
                "identify",
                json!({"user_id": "old-user", "traits": {"email": "old@shop.example", "previous": "x"}}),
            ),
            milestone("signup_at"),
            item("consent", json!({"state": "granted", "version": "v7"})),
            item(
                "group",
                json!({"account_id": "old-ltd", "traits": {"name": "Old"}}),
            ),
            purchase(json!({"order_id": "A-1", "value": "49.90", "currency": "EUR"})),
        ],
    );
    // Refunds come later than the limit, too.
    items.extend(ago(
        59,
        vec![refund(
            json!({"order_id": "A-1", "value": "9.90", "currency": "EUR"}),
        )],
    ));
    let old_batch = of_user(&old, "old-user", &items);
    app.accept(&old_batch).await;

    let mut back = visit(app, 58);
    let mut page = page_view("https://shop.example/back");
    let mut ping = item("page_ping", json!({"visible_ms": 7000, "scroll_max": 60}));
    ping["page_view_id"] = page["id"].clone();
    page["data"]["title"] = json!("backword");
    app.accept(&back.batch(&ago(58, vec![page, ping, event("used")])))
        .await;
    back.session = uuid::Uuid::now_v7();
    back.started_at = now();
    app.accept(&back.batch(&[page_view("https://shop.example/"), event("used")]))
        .await;

    let server_key = add_server_key(app, 1).await;
    let calls = vec![
        interaction("mail", 55 * DAY_MS, json!({"email": "old@shop.example"})),
        interaction("nobodys", 54 * DAY_MS, json!({"user_id": "nobody"})),
        interaction("late", 5 * DAY_MS, json!({"email": "old@shop.example"})),
        interaction("visit", 4 * DAY_MS, json!({"visitor_id": back.visitor})),
    ];
    accept(app, &server_key, &calls).await;
    Site {
        old,
        old_batch,
        back,
        server_key,
        calls,
    }
}

/// Adds up what rows there are and what is kept of those that are gone.
pub(super) async fn totals(app: &TestApp) -> Value {
    let day = |days: i64| {
        let at = jiff::Timestamp::from_millisecond(now() - days * DAY_MS).unwrap();
        at.strftime("%Y-%m-%d").to_string()
    };
    let period = format!("from={}&to={}", day(80), day(0));
    let mut counts = std::collections::BTreeMap::new();
    let mut add = |kind: &str, name: Option<&str>, day: String, items: i64| {
        let key = format!("{kind} {} {day}", name.unwrap_or(""));
        *counts.entry(key).or_insert(0) += items;
    };
    let of = |at: &Value| {
        let at = jiff::Timestamp::from_millisecond(at.as_i64().unwrap()).unwrap();
        at.strftime("%Y-%m-%d").to_string()
    };
    for path in ["events", "sessions", "visitors"] {
        let page = app.json(&format!("/api/v1/{path}?site=1&limit=500")).await;
        for row in page["data"].as_array().unwrap() {
            match path {
                "events" => match row["type"].as_str().unwrap() {
                    kind @ ("event" | "milestone") => {
                        add(kind, row["name"].as_str(), of(&row["at"]), 1);
                    }
                    // Their totals are by channel.
                    "interaction" => {}
                    "ga_linked" => add("other", None, of(&row["at"]), 1),
                    kind => add(kind, None, of(&row["at"]), 1),
                },
                "sessions" => add(
                    "session",
                    row["touch"]["channel"].as_str(),
                    of(&row["started_at"]),
                    1,
                ),
                _ => add("visitor", None, of(&row["first_seen"]), 1),
            }
        }
    }
    let kept = app
        .json(&format!("/api/v1/sites/1/retention/totals?{period}"))
        .await;
    for row in kept["data"].as_array().unwrap() {
        let kind = row["kind"].as_str().unwrap();
        if !kind.contains("interaction") {
            let day = row["day"].as_str().unwrap().to_owned();
            add(
                kind,
                row["name"].as_str(),
                day,
                row["items"].as_i64().unwrap(),
            );
        }
    }
    json!({
        "counts": counts,
        "channels": app.json("/api/v1/interactions/channels?site=1").await,
        "revenue": app.json(&format!("/api/v1/revenue?site=1&{period}")).await,
        "loss": app.json(&format!("/api/v1/loss?site=1&{period}")).await,
    })
}

/// All rows but sums by hour, which are counted beside.
async fn stored(app: &TestApp) -> Vec<(String, Vec<String>)> {
    let mut all = everything(app).await;
    all.retain(|(table, _)| !table.starts_with("rollup"));
    all
}

async fn what_is_too_old_goes_and_every_total_stays(database: Database) {
    let app = TestApp::start(database).await;
    let site = site(&app).await;
    // What is concluded of people is kept beside, a moment later.
    app.judged().await;
    let before = totals(&app).await;
    let back = app
        .json(&format!("/api/v1/visitors/{}?site=1", site.back.visitor))
        .await;
    let rows = stored(&app).await;
    let dry = app
        .command(&retention(|it| {
            it.days = Some(30);
            it.dry_run = true;
        }))
        .await;
    assert_eq!(stored(&app).await, rows);
    let removed = "10 items, 1 sessions, 1 visitors, 2 interactions.\n";
    assert!(
        dry.ends_with(&format!("A round would remove {removed}")),
        "{dry}"
    );
    let done = app
        .command(&retention(|it| {
            it.days = Some(30);
            it.run = true;
        }))
        .await;
    assert!(done.ends_with(&format!("Removed {removed}")), "{done}");

    assert_eq!(totals(&app).await, before);
    // The one who came back has the figures of before.
    let after = app
        .json(&format!("/api/v1/visitors/{}?site=1", site.back.visitor))
        .await;
    assert_eq!(after["journey"], back["journey"]);
    let sessions = app
        .json(&format!(
            "/api/v1/sessions?site=1&visitor={}",
            site.back.visitor
        ))
        .await;
    let visible: Vec<&Value> = sessions["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|session| &session["visible_ms"])
        .collect();
    assert_eq!(visible, [0, 7000]);
    // Of the other one nothing is left by which they could be told.
    let hex = site.old.visitor.simple().to_string();
    for (table, rows) in everything(&app).await {
        for row in rows {
            for needle in [&hex, &site.old.visitor.to_string(), "old-user", "oldword"] {
                let row = row.to_lowercase();
                assert!(!row.contains(needle), "{needle} in {table}: {row}");
            }
        }
    }
    assert_eq!(app.database.rows("events").await.len(), 2);
    for table in [
        "page_views",
        "milestones",
        "user_emails",
        "consents",
        "accounts",
    ] {
        assert!(app.database.rows(table).await.is_empty(), "{table}");
    }
    // Told, and once more nothing.
    let status = app.command(&retention(|_| {})).await;
    assert!(status.contains("Kept for 30 days."), "{status}");
    assert!(
        status.ends_with(&format!(" and removed {removed}")),
        "{status}"
    );
    let again = app.command(&retention(|it| it.run = true)).await;
    assert!(again.ends_with("Removed 0 items, 0 sessions, 0 visitors, 0 interactions.\n"));
    app.log.assert_quiet();
}

async fn what_is_gone_does_not_come_again(database: Database) {
    let app = TestApp::start(database).await;
    let site = site(&app).await;
    app.command(&retention(|it| {
        it.days = Some(30);
        it.run = true;
    }))
    .await;
    let before = totals(&app).await;
    // Not even where things are kept longer by now.
    app.command(&retention(|it| it.forever = true)).await;
    let answer: Value = app.send(&site.old_batch).await.json().await.unwrap();
    for result in answer["results"].as_array().unwrap() {
        assert_eq!(
            (&result["status"], &result["reason"]),
            (&json!("dropped"), &json!("expired")),
            "{answer}"
        );
    }
    let lines = told(&app, &site.server_key, &site.calls).await;
    let words: Vec<&Value> = lines.iter().map(|line| &line["status"]).collect();
    assert_eq!(words, ["dropped", "dropped", "duplicate", "duplicate"]);
    assert_eq!(lines[0]["reason"], "expired");
    // The order's report by another way is no other order.
    let other = Visit::new(&app.key);
    app.accept(&other.batch(&[purchase(
        json!({"order_id": "A-1", "value": "49.90", "currency": "EUR"}),
    )]))
    .await;
    let after = totals(&app).await;
    for figure in ["channels", "revenue"] {
        assert_eq!(after[figure], before[figure], "{figure}");
    }
    // Neighbours are stored, and another site knows nothing of it.
    let key = app.add_site("Second", &[]).await;
    let mut there = site.old_batch.clone();
    there["key"] = json!(key);
    app.accept(&there).await;
    app.command(&retention(|it| it.run = true)).await;
    let inbox = app.json("/api/v1/rejected?site=1").await;
    assert_eq!(inbox["data"], json!([]), "{inbox}");
    app.log.assert_quiet();
}

async fn an_event_has_a_limit_of_its_own(database: Database) {
    let app = TestApp::start(database).await;
    let long = visit(&app, 60);
    app.accept(&long.batch(&ago(60, vec![event("paid"), event("else")])))
        .await;
    let short = visit(&app, 3);
    app.accept(&short.batch(&ago(3, vec![event("moved"), event("else")])))
        .await;
    let before = totals(&app).await;
    app.command(&retention(|it| {
        it.days = Some(30);
        it.events = vec![
            ("paid".to_owned(), Keep::Forever),
            ("moved".to_owned(), Keep::Days(1)),
        ];
        it.run = true;
    }))
    .await;
    let names = async || {
        let page = app.json("/api/v1/events?site=1").await;
        let rows = page["data"].as_array().unwrap().iter();
        let mut names: Vec<String> = rows
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names().await, ["else", "paid"]);
    // What is kept keeps whose it is.
    let visitors = app.json("/api/v1/visitors?site=1").await;
    assert_eq!(visitors["data"].as_array().unwrap().len(), 2);
    assert_eq!(totals(&app).await, before);
    // An old one that arrives late is stored, as long as its own limit keeps it.
    app.accept(&long.batch(&ago(61, vec![event("paid")]))).await;
    let late = short.batch(&ago(2, vec![event("moved")]));
    let answer: Value = app.send(&late).await.json().await.unwrap();
    assert_eq!(answer["results"][0]["reason"], "expired");
    let before = totals(&app).await;
    app.command(&retention(|it| {
        it.events = vec![("paid".to_owned(), Keep::Default)];
        it.run = true;
    }))
    .await;
    assert_eq!(names().await, ["else"]);
    let visitors = app.json("/api/v1/visitors?site=1").await;
    assert_eq!(visitors["data"].as_array().unwrap().len(), 1);
    assert_eq!(totals(&app).await, before);
}

async fn nothing_goes_where_nothing_is_too_old(database: Database) {
    let app = TestApp::start(database).await;
    let visit = visit(&app, 380);
    // Nobody has said how long, and a year is over.
    app.accept(&visit.batch(&ago(380, vec![event("old")])))
        .await;
    let rows = app.database.rows("events").await;
    app.command(&retention(|it| it.forever = true)).await;
    app.command(&retention(|it| it.run = true)).await;
    assert_eq!(app.database.rows("events").await, rows);
    app.command(&retention(|it| it.default = true)).await;
    app.command(&retention(|it| it.run = true)).await;
    assert!(app.database.rows("events").await.is_empty());
    assert!(app.database.rows("visitors").await.is_empty());
}

async fn only_the_owner_sets_how_long(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", "a long password").await;
    let path = "/api/v1/sites/1/retention";
    let change = async |body: Value| {
        app.request(Method::PATCH, path)
            .header("Cookie", &owner)
            .json(&body)
            .send()
            .await
            .unwrap()
    };
    let by_key = app.request(Method::PATCH, path).bearer_auth(&app.secret);
    let by_key = by_key.json(&json!({"days": 3})).send().await.unwrap();
    assert_eq!(error(by_key).await.1, "forbidden");
    let wrong = change(json!({"days": 0})).await;
    assert_eq!(
        error(wrong).await,
        (400, "invalid_field".to_owned(), Some("days".to_owned()))
    );
    let wrong = change(json!({"events": {"a": 40_000}})).await;
    assert_eq!(error(wrong).await.2.as_deref(), Some("events.a"));
    let wrong = change(json!({"grace_days": 1000})).await;
    assert_eq!(error(wrong).await.2.as_deref(), Some("grace_days"));
    assert_eq!(app.json(path).await["days"], 365);

    let old = visit(&app, 60);
    app.accept(&old.batch(&ago(60, vec![event("old")]))).await;
    let dry: Value = change(json!({"days": 30, "dry_run": true}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        dry["would"],
        json!({"events": 1, "sessions": 1, "visitors": 1, "interactions": 0})
    );
    assert_eq!(app.json(path).await["days"], 365);
    let done: Value = change(json!({"days": "forever", "events": {"old": 30}, "grace_days": 9}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(done["days"], Value::Null);
    assert_eq!(done["events"], json!({"old": 30}));
    assert_eq!(done["grace_days"], 9);
    app.command(&retention(|it| it.run = true)).await;
    let audit = app
        .request(Method::GET, "/api/v1/audit?site=1")
        .header("Cookie", &owner);
    let audit: Value = audit.send().await.unwrap().json().await.unwrap();
    let actions: Vec<&Value> = audit["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["action"])
        .collect();
    assert_eq!(
        actions,
        ["retention.round", "retention.set", "erasures.grace"]
    );
    assert_eq!(audit["data"][0]["detail"]["events"], 1);
    let _ = post(&app, &owner, "/api/v1/logout", &json!({})).await;
}

async fn the_collector_removes_by_itself(database: Database) {
    let app = TestApp::with(database, |config| {
        config.retention_every = std::time::Duration::from_millis(100);
    })
    .await;
    let (old, new) = (visit(&app, 380), visit(&app, 300));
    app.accept(&old.batch(&ago(380, vec![event("old")]))).await;
    app.accept(&new.batch(&ago(300, vec![event("new")]))).await;
    eventually("the old one is gone", || async {
        app.database.rows("visitors").await.len() == 1
    })
    .await;
    assert_eq!(app.database.rows("events").await.len(), 1);
    eventually("the round has ended", || async {
        let status = app.json("/api/v1/sites/1/retention").await;
        status["round"]["ended_at"].is_i64() && status["next_at"].is_i64()
    })
    .await;
    app.log.assert_quiet();
}
