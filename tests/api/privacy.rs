//! Everything of a person, and their end: exports, erasures, receipts, and what arrives afterwards.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use uuid::Uuid;
use waymark_collector::commands::{Command, PersonsCommand, PrivacyCommand, UsersCommand};
use waymark_collector::journey::email_hash;

use super::interactions::{accept, interaction, told};
use super::merges::post;
use super::persons::{from, of_user, timed, timeline};
use super::revenue::{at, purchase, refund};
use super::server_keys::add_server_key;
use crate::support::app::{TestApp, after, cookie, error};
use crate::support::batch::{Visit, event, item, milestone, now, page_view};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    every_column_is_known,
    an_export_has_every_row_of_a_person,
    an_erasure_leaves_nothing_but_the_totals,
    a_shared_browser_keeps_the_others,
    what_arrives_later_is_dropped,
    only_the_owner_exports_and_erases,
    receipts_are_signed,
    somebody_of_interactions_alone_is_erased,
);

const USER: &str = "ann.secret@shop.example";

/// Somebody with two browsers, of which another one uses the second too, and with one of everything.
struct Ann {
    laptop: Visit,
    shared: Visit,
    server_key: String,
}

async fn ann(app: &TestApp) -> Ann {
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
    app.send(&of_user(&laptop, USER, &[bad])).await;

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
    Ann {
        laptop,
        shared,
        server_key,
    }
}

fn erase(dry_run: bool) -> Command {
    Command::Privacy(PrivacyCommand::Erase {
        site: 1,
        person: format!("user:{USER}").parse().unwrap(),
        dry_run,
    })
}

fn export() -> Command {
    Command::Privacy(PrivacyCommand::Export {
        site: 1,
        person: format!("user:{USER}").parse().unwrap(),
        out: None,
    })
}

/// Every row of every table, by table.
async fn everything(app: &TestApp) -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    for table in app.database.tables().await {
        let rows = app.database.rows(&table).await;
        all.push((table, rows));
    }
    all
}

/// The figures of a site that no erasure may move.
async fn totals(app: &TestApp) -> Value {
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
        "say in store/privacy/inventory.rs what becomes of {unknown:?}"
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
    assert_eq!(personal, ["logins", "setup_tokens"]);
}

async fn an_export_has_every_row_of_a_person(database: Database) {
    let app = TestApp::start(database).await;
    let ann = ann(&app).await;
    let before = everything(&app).await;
    let printed = app.command(&export()).await;
    assert_eq!(everything(&app).await, before);
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
        ("sessions", 3),
        ("visitors", 2),
        ("milestones", 1),
        ("visitor_users", 2),
        ("tab_sequences", 2),
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
    let rest = |text: &str| text.split_once('\n').unwrap().1.to_owned();
    assert_eq!(rest(&text), rest(&printed));
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
    let before = app.json("/api/v1/persons/user:ben?site=1").await;
    app.command(&erase(false)).await;
    assert_eq!(app.json("/api/v1/persons/user:ben?site=1").await, before);
    // Ben goes on, on the same browser.
    app.accept(&of_user(&ann.shared, "ben", &[event("c")]))
        .await;
    let names = timeline(&app, "user:ben").await;
    assert_eq!(names, ["page_view", "b", "opened", "c"]);
}

async fn what_arrives_later_is_dropped(database: Database) {
    let app = TestApp::start(database).await;
    let ann = ann(&app).await;
    app.command(&erase(false)).await;
    let before = totals(&app).await;
    let dropped = async |batch: &Value| {
        let answer: Value = app.send(batch).await.json().await.unwrap();
        let result = &answer["results"][0];
        assert_eq!(
            (&result["status"], &result["reason"]),
            (&json!("dropped"), &json!("erased")),
            "{answer}"
        );
    };
    // The collector heard of it by the transaction itself: the command was another process's.
    dropped(&ann.laptop.batch(&[event("again")])).await;
    dropped(&of_user(&Visit::new(&app.key), USER, &[event("again")])).await;
    let alias = item("identify", json!({"user_id": "new", "previous_id": USER}));
    dropped(&Visit::new(&app.key).batch(&[alias])).await;
    let mut ping = item("page_ping", json!({"visible_ms": 4000, "scroll_max": 60}));
    ping["page_view_id"] = json!(Uuid::now_v7());
    dropped(&ann.laptop.batch(&[ping])).await;
    for whom in [
        json!({"user_id": USER}),
        json!({"visitor_id": ann.laptop.visitor}),
        json!({"email": "ann.other@shop.example"}),
    ] {
        let lines = told(&app, &ann.server_key, &[interaction("again", 10, whom)]).await;
        assert_eq!(lines[0]["reason"], "erased", "{lines:?}");
    }
    assert_eq!(totals(&app).await, before);
    // Neighbours are stored all the same, and another site knows nothing of it.
    app.accept(&ann.shared.batch(&[event("else")])).await;
    let key = app.add_site("Second", &[]).await;
    app.accept(&of_user(&Visit::new(&key), USER, &[event("there")]))
        .await;
    assert!(!app.log.text().contains("ann.secret"));
    let inbox = app.json("/api/v1/rejected?site=1").await;
    assert_eq!(inbox["data"], json!([]), "{inbox}");
}

async fn only_the_owner_exports_and_erases(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", "a long password").await;
    let add = UsersCommand::Add {
        email: "member@shop.example".to_owned(),
    };
    let printed = app.command(&Command::Users(add)).await;
    let body = json!({
        "token": after(&printed, "#token="), "email": "member@shop.example", "password": "another long one",
    });
    let member = cookie(&app.post("/api/v1/setup", &body).await);
    let visit = Visit::new(&app.key);
    app.accept(&of_user(&visit, "zoe", &[event("e")])).await;
    app.add_site("Second", &[]).await;
    let other = app.add_key(Some(2)).await;
    let rows = everything(&app).await;
    let path = |verb: &str, site: i64| format!("/api/v1/persons/user:zoe/{verb}?site={site}");
    let forbidden = async |response: Response| assert_eq!(error(response).await.1, "forbidden");
    for secret in [&app.secret, &other] {
        forbidden(app.get_with(&path("export", 1), secret).await).await;
        let erase = app.request(Method::POST, &path("erase", 1));
        let erase = erase.bearer_auth(secret).json(&json!({}));
        forbidden(erase.send().await.unwrap()).await;
    }
    let by_member = app
        .request(Method::GET, &path("export", 1))
        .header("Cookie", &member);
    forbidden(by_member.send().await.unwrap()).await;
    forbidden(post(&app, &member, &path("erase", 1), &json!({})).await).await;
    // Of another site she is nobody.
    let there = post(&app, &owner, &path("erase", 2), &json!({})).await;
    assert_eq!(error(there).await.1, "not_found");
    let wrong = post(&app, &owner, &path("erase", 1), &json!({"dry": true})).await;
    assert_eq!(error(wrong).await.0, 400);
    let dry: Value = post(&app, &owner, &path("erase", 1), &json!({"dry_run": true}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        dry["would"]["ids"],
        json!(["user:zoe", format!("visitor:{}", visit.visitor)])
    );
    let changed: Vec<_> = everything(&app)
        .await
        .into_iter()
        .zip(rows)
        .filter(|(a, b)| a != b)
        .collect();
    assert!(changed.is_empty(), "{changed:?}");
    let done: Value = post(&app, &owner, &path("erase", 1), &json!({}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(done["receipts"][0]["rows"]["events"], 1);
    let audit = app
        .request(Method::GET, "/api/v1/audit?site=1")
        .header("Cookie", &owner);
    let audit: Value = audit.send().await.unwrap().json().await.unwrap();
    assert_eq!(audit["data"][0]["action"], "persons.erase");
    assert_eq!(audit["data"][0]["actor"], "user:1");
    assert_eq!(audit["data"][0]["detail"], done["receipts"][0]);
    assert!(!audit.to_string().contains("zoe"));
}

async fn receipts_are_signed(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    app.accept(&of_user(&visit, USER, &[event("e")])).await;
    let receipt = app.command(&erase(false)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("receipt.json");
    let verify = Command::Privacy(PrivacyCommand::Verify { file: file.clone() });
    std::fs::write(&file, &receipt).unwrap();
    assert!(app.command(&verify).await.ends_with(" is genuine.\n"));
    let forged = receipt.replace("\"events\":1", "\"events\":2");
    assert_ne!(forged, receipt);
    std::fs::write(&file, &forged).unwrap();
    let refused = app.refused(&verify).await;
    assert!(
        refused.contains("was not signed by this installation"),
        "{refused}"
    );
    std::fs::write(&file, "{}").unwrap();
    assert_eq!(app.refused(&verify).await, "this is no receipt");
}

async fn somebody_of_interactions_alone_is_erased(database: Database) {
    let app = TestApp::start(database).await;
    let server_key = add_server_key(&app, 1).await;
    let call = interaction("call", 900, json!({"user_id": USER}));
    accept(&app, &server_key, &[call]).await;
    let before = totals(&app).await;
    assert!(app.command(&export()).await.contains("\"interactions\""));
    app.command(&erase(false)).await;
    assert_eq!(totals(&app).await, before);
    let rows = app.database.rows("interactions").await;
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].contains(USER), "{rows:?}");
}
