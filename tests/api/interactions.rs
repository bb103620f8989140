//! Interactions as they are read: whose they are, in what order they stand, and what moves them.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use uuid::Uuid;
use waymark_collector::commands::{Command, PersonsCommand};

use super::server_keys::add_server_key;
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, identify, item, now, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    an_interaction_finds_its_person_in_every_way,
    an_address_that_a_segment_client_told_counts,
    it_makes_no_difference_when_somebody_is_known,
    one_timeline_has_everything_in_order_page_by_page,
    a_merge_moves_interactions_and_its_end_moves_them_back,
    on_a_shared_computer_the_visitor_id_means_who_was_there,
    what_is_nobodys_is_listed_and_counted,
);

/// What `sha256sum` says of an address.
pub(super) fn hash(address: &str) -> &'static str {
    match address {
        "ann@shop.example" => "6a0bf011a1fc1e9a8add1728704b8ddb5d9d2701ae295a65452d9f1f1cf91be5",
        "ann@other.example" => "424e54fe4f2809ded30a9251c057c80557e552d80c4bce5878ad9b038006e472",
        "zoe.secret@mail.example" => {
            "ff1e0bbc6541e6292b18e478dd967c3ad33e1c757d1db8d483e56fede153a32e"
        }
        other => panic!("{other}"),
    }
}

/// An interaction `ago` milliseconds before now, with whom `whom` says.
pub(super) fn interaction(id: &str, ago: i64, whom: Value) -> Value {
    let mut one = json!({"id": id, "channel": "email", "kind": "opened", "at": now() - ago});
    for (name, value) in whom.as_object().unwrap() {
        one[name] = value.clone();
    }
    one
}

pub(super) async fn send(app: &TestApp, secret: &str, interactions: &[Value]) -> Response {
    app.request(Method::POST, "/v1/interactions")
        .bearer_auth(secret)
        .json(&json!({"interactions": interactions}))
        .send()
        .await
        .unwrap()
}

/// Sends interactions, and gives the lines of the answer.
pub(super) async fn told(app: &TestApp, secret: &str, interactions: &[Value]) -> Vec<Value> {
    let response = send(app, secret, interactions).await;
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    let lines = answer["results"].as_array().unwrap().clone();
    assert_eq!(lines.len(), interactions.len());
    lines
}

/// Sends interactions of which each has to be accepted.
pub(super) async fn accept(app: &TestApp, secret: &str, interactions: &[Value]) {
    for (line, one) in told(app, secret, interactions)
        .await
        .iter()
        .zip(interactions)
    {
        assert_eq!(line, &json!({"id": one["id"], "status": "accepted"}));
    }
}

/// An identify of this user, with traits.
fn known(user: &str, traits: Value) -> Value {
    item("identify", json!({"user_id": user, "traits": traits}))
}

/// The subjects of the interactions in a timeline, latest first.
async fn subjects(app: &TestApp, path: &str) -> Vec<String> {
    let answer = app.json(path).await;
    let timeline = answer.get("timeline").unwrap_or(&answer);
    timeline["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["type"] == "interaction")
        .map(|entry| entry["title"].as_str().unwrap().to_owned())
        .collect()
}

async fn of_person(app: &TestApp, id: &str) -> Vec<String> {
    subjects(app, &format!("/api/v1/persons/{id}/timeline?site=1")).await
}

async fn an_interaction_finds_its_person_in_every_way(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let (known_one, anonymous) = (Visit::new(&app.key), Visit::new(&app.key));
    let traits = json!({"email": " Ann@Shop.example", "plan": "team"});
    app.accept(&known_one.batch(&[page_view("https://shop.example/"), known("42", traits)]))
        .await;
    app.accept(&anonymous.batch(&[event("read")])).await;
    let other = json!({"email_hash": hash("ann@other.example").to_uppercase()});
    app.accept(&known_one.batch(&[known("42", other)])).await;
    let ways = [
        ("user", json!({"user_id": "42"}), "user_id"),
        (
            "visitor",
            json!({"visitor_id": known_one.visitor}),
            "visitor_id",
        ),
        (
            "hash",
            json!({"email_hash": hash("ann@shop.example")}),
            "email_hash",
        ),
        (
            "address",
            json!({"email": "ann@SHOP.example "}),
            "email_hash",
        ),
        (
            "hash told",
            json!({"email": "ann@other.example"}),
            "email_hash",
        ),
        // The first that leads to anybody counts.
        (
            "unknown user",
            json!({"user_id": "nobody", "visitor_id": Uuid::now_v7(), "email": "ann@shop.example"}),
            "email_hash",
        ),
        (
            "known user",
            json!({"user_id": "42", "visitor_id": anonymous.visitor}),
            "user_id",
        ),
    ];
    let sent: Vec<Value> = ways
        .iter()
        .zip(1..)
        .map(|((subject, whom, _), ago)| {
            let mut one = interaction(subject, ago * 1000, whom.clone());
            one["subject"] = json!(subject);
            one
        })
        .collect();
    accept(&app, &secret, &sent).await;
    let mut stranger = interaction("s", 500, json!({"visitor_id": anonymous.visitor}));
    stranger["subject"] = json!("stranger");
    accept(&app, &secret, &[stranger]).await;

    let subjects_of = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    let all: Vec<&str> = ways.iter().map(|(subject, ..)| *subject).collect();
    assert_eq!(of_person(&app, "user:42").await, subjects_of(&all));
    let person = app.json("/api/v1/persons/user:42?site=1").await;
    for (entry, (subject, _, by)) in person["timeline"]["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["type"] == "interaction")
        .zip(&ways)
    {
        assert_eq!(
            entry["interaction"]["matched_by"], *by,
            "{subject}: {entry}"
        );
        assert_eq!(entry["interaction"]["person"], "user:42", "{subject}");
    }
    let channels = &person["interactions"];
    assert_eq!(channels[0]["channel"], "email");
    assert_eq!(channels[0]["interactions"], ways.len());
    assert_eq!(channels[0]["last_at"], sent[0]["at"]);
    // A browser shows what was sent with it.
    let visitor = |visit: &Visit| format!("/api/v1/visitors/{}?site=1", visit.visitor);
    assert_eq!(subjects(&app, &visitor(&known_one)).await, ["visitor"]);
    assert_eq!(subjects(&app, &visitor(&anonymous)).await, ["stranger"]);
    let id = format!("visitor:{}", anonymous.visitor);
    assert_eq!(of_person(&app, &id).await, ["stranger"]);
    app.log.assert_quiet();
}

async fn an_address_that_a_segment_client_told_counts(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let mut sent = interaction("mail", 1000, json!({"email": "ann@shop.example"}));
    sent["subject"] = json!("mail");
    accept(&app, &secret, &[sent]).await;
    let message =
        json!({"userId": "42", "messageId": "m", "traits": {"email": "Ann@Shop.example"}});
    let identify = app
        .request(Method::POST, "/v1/identify")
        .basic_auth(&app.key, Some(""))
        .json(&message);
    assert_eq!(identify.send().await.unwrap().status(), 200);
    assert_eq!(of_person(&app, "user:42").await, ["mail"]);
    app.log.assert_quiet();
}

async fn it_makes_no_difference_when_somebody_is_known(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let visit = Visit::new(&app.key);
    let mut early = Vec::new();
    for (number, whom) in [
        json!({"user_id": "42"}),
        json!({"visitor_id": visit.visitor}),
        json!({"email": "ann@shop.example"}),
        json!({"user_id": "old@shop.example"}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut one = interaction(&format!("i{number}"), 1000 * (number as i64 + 1), whom);
        one["subject"] = json!(format!("i{number}"));
        early.push(one);
    }
    accept(&app, &secret, &early).await;
    let unmatched = app.json("/api/v1/interactions?site=1&matched=false").await;
    assert_eq!(unmatched["data"].as_array().unwrap().len(), 4);
    assert_eq!(
        app.get("/api/v1/persons/user:42?site=1").await.status(),
        404
    );

    app.accept(&visit.batch(&[event("read")])).await;
    let id = format!("visitor:{}", visit.visitor);
    assert_eq!(of_person(&app, &id).await, ["i1"]);
    let alias = json!({"user_id": "42", "previous_id": "old@shop.example", "traits": {"email": "ann@shop.example"}});
    app.accept(&visit.batch(&[item("identify", alias)])).await;
    assert_eq!(of_person(&app, "user:42").await, ["i0", "i1", "i2", "i3"]);
    let late: Vec<Value> = early
        .iter()
        .map(|one| {
            let mut late = one.clone();
            late["id"] = json!(format!("late {}", one["id"].as_str().unwrap()));
            late
        })
        .collect();
    accept(&app, &secret, &late).await;
    let person = app.json("/api/v1/persons/user:42?site=1").await;
    assert_eq!(person["interactions"][0]["interactions"], 8);
    let matched = app.json("/api/v1/interactions?site=1&matched=true").await;
    assert_eq!(matched["data"].as_array().unwrap().len(), 8);
    // Somebody else tells the address later, and has it from then on.
    let other = Visit::new(&app.key);
    app.accept(&other.batch(&[known("43", json!({"email": "ann@shop.example"}))]))
        .await;
    assert_eq!(of_person(&app, "user:43").await, ["i2", "i2"]);
    assert_eq!(of_person(&app, "user:42").await.len(), 6);
    app.log.assert_quiet();
}

async fn one_timeline_has_everything_in_order_page_by_page(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let visit = Visit::new(&app.key);
    let start = now() - 100_000;
    let mut items = vec![known("42", json!({"email": "ann@shop.example"}))];
    items.extend((0..9).map(|number| event(&format!("e{number}"))));
    for (item, number) in items.iter_mut().zip(0..) {
        item["at"] = json!(start + number * 2000);
    }
    app.accept(&visit.batch(&items)).await;
    let whom = [
        json!({"user_id": "42"}),
        json!({"visitor_id": visit.visitor}),
        json!({"email": "ann@shop.example"}),
    ];
    let sent: Vec<Value> = (0..12_i64)
        .map(|number| {
            let mut one = interaction(&format!("i{number}"), 0, whom[number as usize % 3].clone());
            // Some share a millisecond with an event.
            one["at"] = json!(start + number * 1500);
            one
        })
        .collect();
    accept(&app, &secret, &sent).await;
    for path in [
        "/api/v1/persons/user:42/timeline?site=1",
        "/api/v1/events?site=1",
    ] {
        let whole = app.json(&format!("{path}&limit=100")).await;
        assert_eq!(whole["next_cursor"], Value::Null);
        let whole = whole["data"].as_array().unwrap().clone();
        assert_eq!(whole.len(), 22);
        let place = |entry: &Value| {
            let id = entry["id"].as_str().unwrap().to_owned();
            (entry["at"].as_i64().unwrap(), id)
        };
        assert!(whole.is_sorted_by(|a, b| place(a) > place(b)));
        for limit in [1, 4, 21, 22] {
            let (mut read, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = app.json(&format!("{path}&limit={limit}{cursor}")).await;
                let rows = page["data"].as_array().unwrap();
                assert!(rows.len() <= limit);
                read.extend(rows.clone());
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(read, whole, "{path} by {limit}");
        }
    }
    let only = app
        .json("/api/v1/events?site=1&type=interaction&limit=100")
        .await;
    assert_eq!(only["data"].as_array().unwrap().len(), 12);
    let events = app.json("/api/v1/events?site=1&type=event&limit=100").await;
    assert_eq!(events["data"].as_array().unwrap().len(), 9);
    let session = format!("/api/v1/events?site=1&session={}", visit.session);
    assert_eq!(
        app.json(&session).await["data"].as_array().unwrap().len(),
        10
    );
    app.log.assert_quiet();
}

async fn a_merge_moves_interactions_and_its_end_moves_them_back(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    for user in ["ann", "ben"] {
        let visit = Visit::new(&app.key);
        let traits = json!({"email": format!("{user}@shop.example")});
        app.accept(&visit.batch(&[known(user, traits)])).await;
        let mut by_user = interaction(&format!("{user}1"), 2000, json!({"user_id": user}));
        by_user["subject"] = json!(format!("{user} by user"));
        let address = json!({"email": format!("{user}@shop.example")});
        let mut by_address = interaction(&format!("{user}2"), 1000, address);
        by_address["subject"] = json!(format!("{user} by address"));
        accept(&app, &secret, &[by_user, by_address]).await;
    }
    let both = |of: Vec<String>| {
        let mut of = of;
        of.sort();
        of
    };
    let (ann, ben) = (
        ["ann by address", "ann by user"],
        ["ben by address", "ben by user"],
    );
    assert_eq!(of_person(&app, "user:ann").await, ann);
    let pair = |unmerge: bool| {
        let id = |text: &str| text.parse().unwrap();
        let (site, person, other) = (1, id("user:ann"), id("user:ben"));
        Command::Persons(if unmerge {
            PersonsCommand::Unmerge {
                site,
                person,
                other,
            }
        } else {
            PersonsCommand::Merge {
                site,
                person,
                other,
            }
        })
    };
    app.command(&pair(false)).await;
    for id in ["user:ann", "user:ben"] {
        assert_eq!(both(of_person(&app, id).await), [ann, ben].concat());
    }
    app.command(&pair(true)).await;
    assert_eq!(of_person(&app, "user:ann").await, ann);
    assert_eq!(of_person(&app, "user:ben").await, ben);
    app.log.assert_quiet();
}

async fn on_a_shared_computer_the_visitor_id_means_who_was_there(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let visit = Visit::new(&app.key);
    let mut items = [identify("ann"), identify("ben")];
    items[0]["at"] = json!(now() - 60_000);
    items[1]["at"] = json!(now() - 30_000);
    app.accept(&visit.batch(&items)).await;
    let sent: Vec<Value> = [("first", 90_000), ("middle", 45_000), ("last", 1000)]
        .into_iter()
        .map(|(subject, ago)| {
            let mut one = interaction(subject, ago, json!({"visitor_id": visit.visitor}));
            one["subject"] = json!(subject);
            one
        })
        .collect();
    accept(&app, &secret, &sent).await;
    assert_eq!(of_person(&app, "user:ann").await, ["middle", "first"]);
    assert_eq!(of_person(&app, "user:ben").await, ["last"]);
    let visitor = format!("/api/v1/visitors/{}?site=1", visit.visitor);
    assert_eq!(subjects(&app, &visitor).await, ["last", "middle", "first"]);
    let ben = app.json("/api/v1/persons/user:ben?site=1").await;
    assert_eq!(ben["interactions"][0]["interactions"], 1);
    app.log.assert_quiet();
}

async fn what_is_nobodys_is_listed_and_counted(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let visit = Visit::new(&app.key);
    app.accept(&visit.batch(&[identify("42")])).await;
    let mut call = interaction("call", 3000, json!({"user_id": "stranger"}));
    call["channel"] = json!("call");
    call["kind"] = json!("missed");
    let sent = [
        interaction("known", 1000, json!({"user_id": "42"})),
        interaction("unknown", 2000, json!({"email": "zoe@shop.example"})),
        call.clone(),
    ];
    accept(&app, &secret, &sent).await;
    let channels = app.json("/api/v1/interactions/channels?site=1").await;
    let expected = json!([
        {"channel": "call", "interactions": 1, "unmatched": 1, "last_at": call["at"]},
        {"channel": "email", "interactions": 2, "unmatched": 1, "last_at": sent[0]["at"]},
    ]);
    assert_eq!(channels["data"], expected);
    for (filter, count) in [
        ("", 3),
        ("&matched=true", 1),
        ("&matched=false", 2),
        ("&matched=false&channel=email", 1),
        ("&kind=missed", 1),
        ("&channel=fax", 0),
        ("&key=known", 1),
    ] {
        let list = app
            .json(&format!("/api/v1/interactions?site=1{filter}"))
            .await;
        assert_eq!(list["data"].as_array().unwrap().len(), count, "{filter}");
    }
    let wrong = app.get("/api/v1/interactions?site=1&matched=perhaps").await;
    let field = Some("matched".to_owned());
    assert_eq!(
        error(wrong).await,
        (400, "invalid_parameter".to_owned(), field)
    );
    app.log.assert_quiet();
}
