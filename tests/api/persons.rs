//! Persons: several browsers of one user, several users of one browser, and ids that mean one person.

use serde_json::{Value, json};
use waymark_collector::commands::{Command, PrivacyCommand};

use super::merges::post;
use super::retention::{ago, retention, visit};
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, identify, item, milestone, now, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    two_browsers_of_one_user_read_as_one_person,
    a_shared_computer_keeps_its_users_apart,
    a_shared_computer_is_whose_it_was_last,
    what_is_told_late_moves_what_was_there,
    an_alias_says_that_two_ids_are_one_person,
    persons_of_another_site_are_out_of_reach,
    persons_are_found_and_paged,
    ids_that_cannot_be_read_are_named,
);

/// Items at moments of their own, the first `ago` seconds before now and a second between each two.
pub(super) fn timed(ago: i64, mut items: Vec<Value>) -> Vec<Value> {
    for (place, item) in (0_i64..).zip(&mut items) {
        item["at"] = json!(now() - (ago - place) * 1000);
    }
    items
}

pub(super) fn from(visit: &Visit, source: &str, items: &[Value]) -> Value {
    let mut batch = visit.batch(items);
    batch["context"]["touch"] = json!({"source": source, "medium": "email"});
    batch
}

pub(super) fn of_user(visit: &Visit, user: &str, items: &[Value]) -> Value {
    let mut batch = visit.batch(items);
    batch["context"]["user_id"] = json!(user);
    batch
}

/// The names of a person's entries, oldest first: an event's name, else its type.
pub(super) async fn timeline(app: &TestApp, id: &str) -> Vec<String> {
    let page = app
        .json(&format!("/api/v1/persons/{id}/timeline?site=1"))
        .await;
    let rows = page["data"].as_array().unwrap();
    let name = |row: &Value| {
        row["name"]
            .as_str()
            .or(row["type"].as_str())
            .unwrap()
            .into()
    };
    rows.iter().rev().map(name).collect()
}

pub(super) async fn ids(app: &TestApp, query: &str) -> Vec<String> {
    let page = app.json(&format!("/api/v1/persons?site=1{query}")).await;
    let rows = page["data"].as_array().unwrap();
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

/// What does not move with the time of an answer about a person.
pub(super) fn lasting(mut answer: Value) -> Value {
    assert!(answer["engagement"].take()["score"].is_number());
    assert!(answer["trend"].take()["series"].is_array());
    answer
}

async fn two_browsers_of_one_user_read_as_one_person(database: Database) {
    let app = TestApp::start(database).await;
    let (laptop, phone) = (Visit::new(&app.key), Visit::new(&app.key));
    let items = timed(100, vec![page_view("https://shop.example/"), event("read")]);
    app.accept(&from(&laptop, "newsletter", &items)).await;
    app.accept(&laptop.batch(&timed(90, vec![identify("ann"), milestone("signup_at")])))
        .await;
    let items = timed(
        80,
        vec![page_view("https://shop.example/app"), event("used")],
    );
    let mut batch = of_user(&phone, "ann", &items);
    batch["context"]["touch"] = json!({"source": "google", "medium": "cpc"});
    app.accept(&batch).await;
    let items = timed(70, vec![milestone("signup_at"), milestone("nda_signed_at")]);
    app.accept(&of_user(&phone, "ann", &items)).await;

    assert_eq!(ids(&app, "").await, ["user:ann"]);
    let full = app.json("/api/v1/persons/user:ann").await;
    let person = &full["person"];
    assert_eq!(person["user_ids"], json!(["ann"]));
    assert_eq!(person["stage"], "qualified");
    assert_eq!(person["first_touch"]["source"], "newsletter");
    for (figure, value) in [
        ("total_sessions", 2),
        ("total_page_views", 2),
        ("total_events", 2),
    ] {
        assert_eq!(person[figure], value, "{figure}");
    }
    let names: Vec<&str> = person["milestones"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reached| reached["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["signup_at", "nda_signed_at"]);
    let signed_up = person["milestones"][0]["at"].as_i64().unwrap();
    let span = person["first_seen"].as_i64().unwrap()..person["last_seen"].as_i64().unwrap();
    assert!(span.contains(&signed_up) && signed_up < span.end - 15_000);

    let visitors = person["visitors"].as_array().unwrap();
    let first = app
        .json(&format!("/api/v1/visitors/{}", laptop.visitor))
        .await;
    assert_eq!(visitors.len(), 2);
    assert_eq!(visitors[0]["visitor_id"], json!(laptop.visitor));
    assert_eq!(visitors[0]["name"], first["journey"]["name"]);
    assert_eq!(person["name"], first["journey"]["name"]);
    assert_eq!(visitors[0]["shared"], false);
    assert_eq!(full["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(
        timeline(&app, "user:ann").await,
        [
            "page_view",
            "read",
            "identify",
            "signup_at",
            "page_view",
            "used",
            "signup_at",
            "nda_signed_at"
        ]
    );
    // A browser leads to its person.
    let by_phone = format!("/api/v1/persons/visitor:{}", phone.visitor);
    let found = app.json(&by_phone).await;
    assert_eq!(lasting(found), lasting(full));
    // Journeys of browsers stay what they are.
    let journeys = app.json("/api/v1/visitors").await;
    assert_eq!(journeys["data"].as_array().unwrap().len(), 2);
    app.log.assert_quiet();
}

async fn a_shared_computer_keeps_its_users_apart(database: Database) {
    let app = TestApp::start(database).await;
    let kiosk = Visit::new(&app.key);
    let items = timed(
        100,
        vec![
            page_view("https://shop.example/"),
            event("before"),
            identify("ann"),
            event("as_ann"),
            milestone("signup_at"),
            identify("ben"),
            event("as_ben"),
        ],
    );
    app.accept(&from(&kiosk, "poster", &items)).await;
    // Ann's browser at home, and one that was reset when somebody logged out.
    let home = Visit::new(&app.key);
    app.accept(&of_user(&home, "ann", &timed(50, vec![event("at_home")])))
        .await;
    let reset = Visit::new(&app.key);
    app.accept(&reset.batch(&timed(40, vec![event("after_reset")])))
        .await;

    let anonymous = format!("visitor:{}", reset.visitor);
    assert_eq!(
        ids(&app, "").await,
        [anonymous.as_str(), "user:ann", "user:ben"]
    );
    assert_eq!(
        timeline(&app, "user:ann").await,
        [
            "page_view",
            "before",
            "identify",
            "as_ann",
            "signup_at",
            "at_home"
        ]
    );
    assert_eq!(timeline(&app, "user:ben").await, ["identify", "as_ben"]);
    assert_eq!(timeline(&app, &anonymous).await, ["after_reset"]);

    let ann = app.json("/api/v1/persons/user:ann").await;
    let ben = app.json("/api/v1/persons/user:ben").await;
    assert_eq!(ann["person"]["stage"], "registered");
    assert_eq!(ben["person"]["stage"], "anonymous");
    assert_eq!(ann["person"]["first_touch"]["source"], "poster");
    assert_eq!(
        [
            &ann["person"]["total_events"],
            &ben["person"]["total_events"]
        ],
        [3, 1]
    );
    assert_eq!(ben["person"]["visitors"][0]["shared"], true);
    assert_eq!(ben["sessions"][0]["session_id"], json!(kiosk.session));
    assert_eq!(ann["sessions"].as_array().unwrap().len(), 2);
    // By the browser alone, whoever was named last.
    let by_kiosk = format!("/api/v1/persons/visitor:{}", kiosk.visitor);
    let found = app.json(&by_kiosk).await;
    assert_eq!(lasting(found), lasting(ben));
    app.log.assert_quiet();
}

async fn a_shared_computer_is_whose_it_was_last(database: Database) {
    let app = TestApp::start(database).await;
    let mut kiosk = visit(&app, 60);
    app.accept(&kiosk.batch(&ago(
        60,
        vec![identify("ben"), identify("ann"), event("old")],
    )))
    .await;
    kiosk.session = uuid::Uuid::now_v7();
    kiosk.started_at = now() - 24 * 60 * 60 * 1000;
    app.accept(&kiosk.batch(&ago(1, vec![event("lately")])))
        .await;
    app.command(&retention(|it| {
        it.days = Some(30);
        it.run = true;
    }))
    .await;
    // No item that is left says who was there.
    assert_eq!(timeline(&app, "user:ann").await, ["lately"]);
    let ann = app.json("/api/v1/persons/user:ann").await;
    assert_eq!(ann["person"]["total_events"], 1);
    assert_eq!(ids(&app, "").await, ["user:ann"]);
    app.command(&Command::Privacy(PrivacyCommand::Erase {
        site: 1,
        person: "user:ann".parse().unwrap(),
        delete: true,
        grace_days: None,
        dry_run: false,
    }))
    .await;
    assert_eq!(app.database.rows("events").await, [""; 0]);
    app.log.assert_quiet();
}

async fn what_is_told_late_moves_what_was_there(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    let items = timed(100, vec![event("one"), event("two"), event("three")]);
    app.accept(&visit.batch(&items[2..])).await;
    assert_eq!(ids(&app, "").await, [format!("visitor:{}", visit.visitor)]);
    // Whoever was named first has what came before as well,
    app.accept(&visit.batch(&timed(90, vec![identify("ann")])))
        .await;
    assert_eq!(ids(&app, "").await, ["user:ann"]);
    assert_eq!(timeline(&app, "user:ann").await, ["three", "identify"]);
    // until somebody turns out to have been named before.
    app.accept(&of_user(&visit, "ben", &items[1..2])).await;
    app.accept(&visit.batch(&items[..1])).await;
    assert_eq!(timeline(&app, "user:ben").await, ["one", "two", "three"]);
    assert_eq!(timeline(&app, "user:ann").await, ["identify"]);
    app.log.assert_quiet();
}

async fn an_alias_says_that_two_ids_are_one_person(database: Database) {
    let app = TestApp::start(database).await;
    let (old, new, other) = (
        Visit::new(&app.key),
        Visit::new(&app.key),
        Visit::new(&app.key),
    );
    app.accept(&of_user(&old, "ann@shop", &timed(100, vec![event("old")])))
        .await;
    app.accept(&other.batch(&timed(95, vec![event("unnamed")])))
        .await;
    let alias = |previous: Value| {
        item(
            "identify",
            json!({"user_id": "42", "previous_id": previous}),
        )
    };
    app.accept(&of_user(
        &new,
        "42",
        &timed(90, vec![alias(json!("ann@shop"))]),
    ))
    .await;
    assert_eq!(ids(&app, "&q=ann").await, ["user:42"]);
    let person = app.json("/api/v1/persons/user:ann@shop").await;
    assert_eq!(person["person"]["user_ids"], json!(["42", "ann@shop"]));
    assert_eq!(person["merges"], json!([]));
    assert_eq!(timeline(&app, "user:42").await, ["old", "identify"]);
    // The id before may be a browser's own.
    app.accept(&of_user(
        &new,
        "42",
        &timed(80, vec![alias(json!(other.visitor))]),
    ))
    .await;
    assert_eq!(
        timeline(&app, "user:42").await,
        ["old", "unnamed", "identify", "identify"]
    );
    assert_eq!(ids(&app, "").await, ["user:42"]);
    app.log.assert_quiet();
}

async fn persons_of_another_site_are_out_of_reach(database: Database) {
    let app = TestApp::start(database).await;
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    let other = app.add_site("Other", &[]).await;
    let (here, there) = (Visit::new(&app.key), Visit::new(&other));
    let group = || {
        item(
            "group",
            json!({"account_id": "acme", "traits": {"name": "Acme"}}),
        )
    };
    app.accept(&of_user(&here, "ann", &[event("here"), group()]))
        .await;
    let items = [
        event("there"),
        item("group", json!({"account_id": "globex"})),
    ];
    app.accept(&of_user(&there, "ann", &items)).await;
    let stranger = Visit::new(&other);
    app.accept(&stranger.batch(&[event("there")])).await;

    // The same user id is another person on another site.
    assert_eq!(timeline(&app, "user:ann").await, ["here", "acme"]);
    let unseen = format!("visitor:{}", stranger.visitor);
    for path in [
        format!("/api/v1/persons/{unseen}?site=1"),
        format!("/api/v1/persons/{unseen}/timeline?site=1"),
        format!("/api/v1/persons/{unseen}/sessions?site=1"),
        format!("/api/v1/persons/visitor:{}?site=2", here.visitor),
        "/api/v1/persons/user:nobody?site=1".to_owned(),
        "/api/v1/accounts/acme?site=2".to_owned(),
        "/api/v1/accounts/globex?site=1".to_owned(),
    ] {
        assert_eq!(error(app.get(&path).await).await.1, "not_found", "{path}");
    }
    let own = app.add_key(Some(1)).await;
    for path in [
        "persons?site=2",
        "persons/user:ann?site=2",
        "persons/user:ann/timeline?site=2",
        "persons/user:ann/sessions?site=2",
        "accounts?site=2",
        "accounts/globex?site=2",
    ] {
        let refused = app.get_with(&format!("/api/v1/{path}"), &own).await;
        assert_eq!(error(refused).await.1, "not_found", "{path}");
    }
    // Nobody is merged across sites.
    let pair = json!({"person": "user:ann", "other": unseen});
    let refused = post(&app, &cookie, "/api/v1/persons/merge?site=1", &pair).await;
    assert_eq!(
        error(refused).await,
        (404, "not_found".into(), Some("other".into()))
    );
    // A merge on one site is none on the other.
    let pair = json!({"person": "user:ann", "other": unseen});
    let done = post(&app, &cookie, "/api/v1/persons/merge?site=2", &pair).await;
    assert_eq!(done.status(), 200);
    assert_eq!(timeline(&app, "user:ann").await, ["here", "acme"]);
    app.log.assert_quiet();
}

async fn persons_are_found_and_paged(database: Database) {
    let app = TestApp::start(database).await;
    let at = now() - 1000;
    let mut expected = Vec::new();
    for n in 0..7 {
        let visits = [Visit::new(&app.key), Visit::new(&app.key)];
        for visit in &visits {
            let mut item = event("e");
            // All at the same moment: the order has to come from more than the time.
            item["at"] = json!(at);
            let batch = if n < 4 {
                of_user(visit, &format!("Ann-{n}"), &[item])
            } else {
                visit.batch(&[item])
            };
            app.accept(&batch).await;
            if n >= 4 {
                expected.push(format!("visitor:{}", visit.visitor));
            }
        }
        if n < 4 {
            expected.push(format!("user:Ann-{n}"));
        }
    }
    let kiosk = Visit::new(&app.key);
    for user in ["kay", "lee"] {
        let mut item = identify(user);
        item["at"] = json!(at);
        app.accept(&from(&kiosk, "poster", &[item])).await;
        expected.push(format!("user:{user}"));
    }
    expected.sort();
    let whole = ids(&app, "&limit=500").await;
    let mut sorted = whole.clone();
    sorted.sort();
    assert_eq!(sorted, expected);
    for limit in [1, 2, 5] {
        let mut rows = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/persons?limit={limit}{cursor}");
            let page = app.json(&path).await;
            let data = page["data"].as_array().unwrap();
            rows.extend(
                data.iter()
                    .map(|row| row["id"].as_str().unwrap().to_owned()),
            );
            assert!(rows.len() <= whole.len());
            match page["next_cursor"].as_str() {
                None => break,
                Some(next) => cursor = format!("&cursor={next}"),
            }
            assert_eq!(data.len(), limit, "only the last page is short");
        }
        assert_eq!(rows, whole, "by {limit}");
    }
    assert_eq!(ids(&app, "&q=ann-2").await, ["user:Ann-2"]);
    let names = app.json("/api/v1/persons/user:kay").await;
    let name = names["person"]["name"].as_str().unwrap();
    let mut by_name = ids(&app, &format!("&q={name}")).await;
    by_name.sort();
    assert_eq!(by_name, ["user:kay", "user:lee"]);
    assert_eq!(ids(&app, "&stage=converted").await, [""; 0]);
    assert_eq!(ids(&app, "&bots=only").await, [""; 0]);
    assert_eq!(ids(&app, "&source=nowhere").await, [""; 0]);
    // Of an older browser, not of the one seen last.
    let old = Visit::new(&app.key);
    let items = timed(
        90,
        vec![identify("Ann-1"), milestone("first_connection_at")],
    );
    app.accept(&from(&old, "Fair", &items)).await;
    assert_eq!(ids(&app, "&source=fair").await, ["user:Ann-1"]);
    assert_eq!(ids(&app, "&stage=converted").await, ["user:Ann-1"]);
    assert_eq!(ids(&app, "&stage=converted&source=direct").await, [""; 0]);
    app.log.assert_quiet();
}

async fn ids_that_cannot_be_read_are_named(database: Database) {
    let app = TestApp::start(database).await;
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    for id in ["42", "user:", "visitor:7", "user:%00"] {
        let response = app.get(&format!("/api/v1/persons/{id}")).await;
        assert_eq!(
            error(response).await,
            (400, "invalid_parameter".into(), Some("id".into())),
            "{id}"
        );
    }
    let visit = Visit::new(&app.key);
    app.accept(&visit.batch(&[identify("a/b c"), identify("ben")]))
        .await;
    let found = app.json("/api/v1/persons/user:a%2Fb%20c").await;
    assert_eq!(found["person"]["id"], "user:a/b c");
    let visitor = format!("visitor:{}", visit.visitor);
    for (body, code, field) in [
        (json!({"person": "user:ben"}), "invalid_field", "other"),
        (
            json!({"person": "ben", "other": "user:ben"}),
            "invalid_field",
            "person",
        ),
        (
            json!({"person": "user:ben", "other": visitor}),
            "invalid_field",
            "other",
        ),
        (
            json!({"person": "user:zoe", "other": "user:ben"}),
            "not_found",
            "person",
        ),
    ] {
        let refused = error(post(&app, &cookie, "/api/v1/persons/merge", &body).await).await;
        assert_eq!(
            (refused.1.as_str(), refused.2.as_deref()),
            (code, Some(field)),
            "{body}"
        );
    }
    let cursor = app.get("/api/v1/persons?cursor=7").await;
    assert_eq!(error(cursor).await.2.as_deref(), Some("cursor"));
    app.log.assert_quiet();
}
