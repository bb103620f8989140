//! Everything of a person: the inventory, exports, and what an erasure leaves.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use waymark_collector::commands::{Command, PersonsCommand, PrivacyCommand};
use waymark_collector::journey::email_hash;

use super::interactions::{accept, interaction};
use super::persons::{from, lasting, of_user, timed, timeline};
use super::revenue::{at, purchase, refund};
use super::server_keys::add_server_key;
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, item, milestone, now, page_view};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    every_column_is_known,
    an_export_has_every_row_of_a_person,
    an_erasure_leaves_nothing_but_the_totals,
    a_shared_browser_keeps_the_others,
);

pub(super) const USER: &str = "ann.secret@shop.example";

/// Somebody with two browsers, of which another one uses the second too, and with one of everything.
pub(super) struct Ann {
    pub(super) laptop: Visit,
    pub(super) shared: Visit,
    pub(super) server_key: String,
}

pub(super) async fn ann(app: &TestApp) -> Ann {
    let (laptop, shared) = (Visit::new(&app.key), Visit::new(&app.key));
    let mut page = page_view("https://shop.example/u/ann.secret@shop.example/?q=annsecretword#x");
    page["data"]["referrer"] = json!("https://mail.example/?annsecretword");
    let mut ping = item("page_ping", json!({"visible_ms": 4000, "scroll_max": 60}));
    ping["page_view_id"] = page["id"].clone();
    let mut used = event("used");
    used["data"]["props"] = json!({"note": "annsecretword"});
    let items = timed(
        500,
        vec![
            page,
            used,
            item(
                "identify",
                json!({"user_id": USER, "traits": {"email": "ann.other@shop.example", "name": "annsecretword"}}),
            ),
            milestone("signup_at"),
            item("ga_linked", json!({"client_id": "77.annsecretword"})),
            item("consent", json!({"state": "granted"})),
            item(
                "group",
                json!({"account_id": "annsecretword-ltd", "traits": {"name": "Annsecretword"}}),
            ),
        ],
    );
    let mut batch = from(&laptop, "newsletter", &items);
    batch["context"]["touch"]["landing_url"] = json!("https://shop.example/?gclid=annsecretword");
    batch["context"]["touch"]["click_ids"] = json!({"gclid": "annsecretword"});
    batch["items"].as_array_mut().unwrap().push(ping);
    app.accept(&batch).await;
    let bought = at(
        now() - 400_000,
        purchase(json!({"order_id": "annsecretword-1", "value": "49.90", "currency": "EUR"})),
    );
    let back = at(
        now() - 300_000,
        refund(json!({"order_id": "annsecretword-1", "value": "9.90", "currency": "EUR"})),
    );
    app.accept(&of_user(&laptop, USER, &[bought, back])).await;

    let own = vec![
        page_view("https://shop.example/a?annsecretword"),
        event("a"),
    ];
    app.accept(&of_user(&shared, USER, &timed(300, own))).await;
    let bens = vec![page_view("https://shop.example/b?benword"), event("b")];
    app.accept(&of_user(&shared, "ben", &timed(200, bens)))
        .await;
    let mut bad = event("bad");
    bad["data"] = json!({});
    app.send(&laptop.batch(&[bad])).await;

    let server_key = add_server_key(app, 1).await;
    let mut mail = interaction(
        "annsecretword-mail",
        1000,
        json!({"email": "ann.other@shop.example"}),
    );
    mail["subject"] = json!("annsecretword");
    mail["props"] = json!({"x": "annsecretword"});
    let call = interaction("call", 900, json!({"user_id": USER}));
    let visit = interaction("visit", 800, json!({"visitor_id": laptop.visitor}));
    let bens = interaction("bens", 700, json!({"user_id": "ben"}));
    accept(app, &server_key, &[mail, call, visit, bens]).await;

    let other = Visit::new(&app.key);
    let items = timed(600, vec![page_view("https://shop.example/"), event("e")]);
    app.accept(&from(&other, "poster", &items)).await;
    let merge = PersonsCommand::Merge {
        site: 1,
        person: format!("user:{USER}").parse().unwrap(),
        other: format!("visitor:{}", other.visitor).parse().unwrap(),
    };
    app.command(&Command::Persons(merge)).await;
    let stranger = Visit::new(&app.key);
    app.accept(&stranger.batch(&timed(100, vec![page_view("https://shop.example/c?x=1")])))
        .await;
    eventually("the inbox has the bad item", || async {
        app.json("/api/v1/rejected?site=1").await["data"] != json!([])
    })
    .await;
    app.judged().await;
    Ann {
        laptop,
        shared,
        server_key,
    }
}

pub(super) fn erase(dry_run: bool) -> Command {
    Command::Privacy(PrivacyCommand::Erase {
        site: 1,
        person: format!("user:{USER}").parse().unwrap(),
        delete: false,
        grace_days: None,
        dry_run,
    })
}

pub(super) fn export() -> Command {
    Command::Privacy(PrivacyCommand::Export {
        site: 1,
        person: format!("user:{USER}").parse().unwrap(),
        out: None,
    })
}

/// Every row of every table, by table.
pub(super) async fn everything(app: &TestApp) -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    for table in app.database.tables().await {
        // When a key was used is noted beside the answer.
        if table == "api_keys" {
            continue;
        }
        let rows = app.database.rows(&table).await;
        all.push((table, rows));
    }
    all
}

/// The figures of a site that no erasure may move.
pub(super) async fn totals(app: &TestApp) -> Value {
    let mut persons = Vec::new();
    for person in app.json("/api/v1/persons?site=1").await["data"]
        .as_array()
        .unwrap()
    {
        let mut own = vec![person["first_touch"]["source"].clone()];
        for name in [
            "stage",
            "total_sessions",
            "total_page_views",
            "total_events",
            "first_seen",
            "last_seen",
            "milestones",
        ] {
            own.push(person[name].clone());
        }
        own.push(json!(person["visitors"].as_array().unwrap().len()));
        persons.push(json!(own));
    }
    let mut sessions = Vec::new();
    for session in app.json("/api/v1/sessions?site=1").await["data"]
        .as_array()
        .unwrap()
    {
        sessions.push(json!([
            session["started_at"],
            session["page_views"],
            session["events"],
            session["touch"]["source"],
            session["touch"]["channel"],
            session["visible_ms"],
        ]));
    }
    persons.sort_by_key(Value::to_string);
    sessions.sort_by_key(Value::to_string);
    json!({
        "persons": persons,
        "sessions": sessions,
        "visitors": app.json("/api/v1/visitors?site=1").await["data"].as_array().unwrap().len(),
        "events": app.json("/api/v1/events?site=1&limit=500").await["data"].as_array().unwrap().len(),
        "channels": app.json("/api/v1/interactions/channels?site=1").await,
        "revenue": app.json("/api/v1/revenue?site=1").await,
        "loss": app.json("/api/v1/loss?site=1").await,
    })
}

async fn every_column_is_known(database: Database) {
    let app = TestApp::start(database).await;
    let printed = app
        .command(&Command::Privacy(PrivacyCommand::Inventory))
        .await;
    let columns: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let unknown: Vec<&Value> = columns
        .iter()
        .filter(|column| column["erasure"].is_null())
        .collect();
    assert!(
        unknown.is_empty(),
        "say in store/privacy/tables.rs what becomes of {unknown:?}"
    );
    let mut tables: Vec<&str> = columns
        .iter()
        .map(|column| column["table"].as_str().unwrap())
        .collect();
    tables.dedup();
    assert_eq!(tables, app.database.tables().await);
    let personal: Vec<&str> = columns
        .iter()
        .filter(|column| {
            ["visitor_id", "user_id", "email_hash"].contains(&column["column"].as_str().unwrap())
        })
        .filter(|column| column["personal"] == false)
        .map(|column| column["table"].as_str().unwrap())
        .collect();
    // Their users are those who sign in.
    assert_eq!(personal, ["logins", "setup_tokens", "workspace_members"]);
}

async fn an_export_has_every_row_of_a_person(database: Database) {
    let app = TestApp::start(database).await;
    let ann = ann(&app).await;
    let before = everything(&app).await;
    let printed = app.command(&export()).await;
    // Nothing is changed, and that it was given out is noted.
    let mut after = everything(&app).await;
    let noted = after
        .iter_mut()
        .find(|(table, _)| table == "audit")
        .map(|(_, rows)| {
            let place = rows.iter().position(|row| row.contains("persons.export"));
            rows.remove(place.unwrap())
        });
    assert!(noted.unwrap().contains(USER));
    assert_eq!(after, before);
    let lines: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["waymark_export"], 1);
    let count = |table: &str| lines.iter().filter(|line| line["table"] == table).count();
    for (table, rows) in [
        // Two of the browser that is merged with her.
        ("events", 7 + 2 + 2 + 2),
        ("page_views", 1),
        // The one on the browser that she shares is Ben's as well.
        ("sessions", 2),
        ("visitors", 2),
        ("milestones", 1),
        ("visitor_users", 2),
        ("orders", 1),
        ("refunds", 1),
        ("interactions", 3),
        ("person_links", 1),
        ("audit", 1),
        ("visitor_accounts", 1),
        ("user_emails", 2),
        ("rejected", 1),
    ] {
        assert_eq!(count(table), rows, "{table}");
    }
    // How many blocks the numbers of a tab fall into depends on where they begin.
    assert!(count("tab_sequences") >= 2);
    let end = lines.last().unwrap();
    assert_eq!(end["end"]["rows"], lines.len() - 2);
    assert!(!printed.contains("benword") && !printed.contains("user:ben"));
    let events: Vec<&Value> = lines
        .iter()
        .filter(|line| line["table"] == "events")
        .map(|line| &line["row"])
        .collect();
    assert!(events.iter().any(|row| {
        row["visitor_id"] == json!(ann.laptop.visitor)
            && row["props"] == json!({"note": "annsecretword"})
            && row["conversion"] == false
    }));
    // The same by the API.
    let owner = app.set_up("owner@shop.example", "a long password").await;
    let response = app
        .request(
            Method::GET,
            &format!("/api/v1/persons/user:{USER}/export?site=1"),
        )
        .header("Cookie", &owner)
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let text = response.text().await.unwrap();
    assert!(text.ends_with('\n'));
    // It has the line of the other one too.
    let mut rows: Vec<&str> = text.lines().skip(1).collect();
    let noted = rows.iter().position(|row| row.contains("persons.export"));
    rows.remove(noted.unwrap());
    let end = rows.pop().unwrap();
    assert!(end.contains(&(lines.len() - 1).to_string()), "{end}");
    let others: Vec<&str> = printed.lines().skip(1).collect();
    assert_eq!(rows, others[..others.len() - 1]);
}

async fn an_erasure_leaves_nothing_but_the_totals(database: Database) {
    let app = TestApp::start(database).await;
    let ann = ann(&app).await;
    let before = totals(&app).await;
    let rows = everything(&app).await;

    let would: Value = serde_json::from_str(&app.command(&erase(true)).await).unwrap();
    assert_eq!(everything(&app).await, rows);
    assert_eq!(would["rows"]["events"], 13);
    assert_eq!(would["shared"], json!([ann.shared.visitor]));
    let receipt: Value = serde_json::from_str(&app.command(&erase(false)).await).unwrap();
    assert_eq!(receipt["rows"], would["rows"]);

    assert_eq!(totals(&app).await, before);
    let id = |id: &Uuid| {
        [
            id.to_string(),
            id.simple().to_string(),
            id.simple().to_string().to_uppercase(),
        ]
    };
    let mut needles: Vec<String> = id(&ann.laptop.visitor).into();
    needles.extend(id(&ann.laptop.session));
    needles.extend(id(&ann.laptop.tab));
    needles
        .extend(["ann.secret", "ann.other", "annsecretword", "Annsecretword"].map(str::to_owned));
    needles.extend([USER, "ann.other@shop.example"].map(|email| email_hash(email).unwrap()));
    for (table, rows) in everything(&app).await {
        for row in rows {
            for needle in &needles {
                assert!(!row.contains(needle), "{needle} in {table}: {row}");
            }
            assert!(!table.starts_with("erasing_"), "{table}: {row}");
        }
    }
    let gone = app.get(&format!("/api/v1/persons/user:{USER}")).await;
    assert_eq!(error(gone).await.1, "not_found");
    assert_eq!(
        app.refused(&erase(false)).await,
        format!("nobody has the id user:{USER}")
    );
    app.log.assert_quiet();
    for needle in &needles {
        assert!(!app.log.text().contains(needle), "{needle}");
    }
}

async fn a_shared_browser_keeps_the_others(database: Database) {
    let app = TestApp::start(database).await;
    let ann = ann(&app).await;
    let mut before = lasting(app.json("/api/v1/persons/user:ben?site=1").await);
    app.command(&erase(false)).await;
    // The session, which they share, began on a page of hers.
    let entry = &mut before["sessions"][0]["entry_url"];
    assert_eq!(*entry, "https://shop.example/a?annsecretword");
    *entry = json!("https://shop.example/a");
    let after = app.json("/api/v1/persons/user:ben?site=1").await;
    assert_eq!(lasting(after), before);
    // Ben goes on, on the same browser.
    app.accept(&of_user(&ann.shared, "ben", &[event("c")]))
        .await;
    let names = timeline(&app, "user:ben").await;
    assert_eq!(names, ["page_view", "b", "opened", "c"]);
}
