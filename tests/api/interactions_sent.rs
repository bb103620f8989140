//! `POST /v1/interactions`: who may tell, what counts once, what becomes of bad ones, and that no address is kept.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::interactions::{accept, hash, interaction, send, told};
use super::server_keys::add_server_key;
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, identify, now};
use crate::support::database::Database;
use crate::support::stream::Events;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    an_interaction_counts_once,
    a_fault_costs_the_field_or_the_item,
    only_a_server_key_of_the_site_tells_and_nobody_sees_anothers,
    a_request_has_limits,
    a_dropped_interaction_can_be_tried_again,
    no_address_is_stored_or_logged,
    an_open_dashboard_is_told,
    what_cannot_be_stored_now_is_sent_back,
    the_example_of_the_documentation_works,
);

async fn an_interaction_counts_once(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let all: Vec<Value> = (0..20)
        .map(|number| interaction(&format!("m{number}"), 1000, json!({"user_id": "42"})))
        .collect();
    let answers = join_all((0..8).map(|lane| {
        let (app, secret) = (&app, &secret);
        let mut sent = all.clone();
        // Each in another order.
        sent.rotate_left(lane * 2);
        async move { told(app, secret, &sent).await }
    }))
    .await;
    let lines: Vec<&Value> = answers.iter().flatten().collect();
    let of = |status: &str| lines.iter().filter(|line| line["status"] == status).count();
    assert_eq!((of("accepted"), of("duplicate")), (20, 140));
    assert_eq!(
        app.database
            .number("SELECT COUNT(*) FROM interactions")
            .await,
        20
    );
    // The first stays, whatever the second says, also within one request.
    let mut other = all[0].clone();
    other["kind"] = json!("clicked");
    let twice = interaction("twice", 1000, json!({"user_id": "42"}));
    let mut second = twice.clone();
    second["kind"] = json!("clicked");
    let lines = told(&app, &secret, &[other, twice, second]).await;
    let statuses: Vec<&Value> = lines.iter().map(|line| &line["status"]).collect();
    assert_eq!(statuses, ["duplicate", "accepted", "duplicate"]);
    let found = app.json("/api/v1/interactions?site=1&key=twice").await;
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    assert_eq!(found["data"][0]["name"], "opened");
    assert_eq!(found["data"][0]["interaction"]["channel"], "email");
    // A UUID is itself.
    let id = Uuid::new_v4();
    accept(
        &app,
        &secret,
        &[interaction(&id.to_string(), 0, json!({"user_id": "u"}))],
    )
    .await;
    let found = app
        .json(&format!("/api/v1/interactions?site=1&key={id}"))
        .await;
    assert_eq!(found["data"][0]["id"], json!(id));
    app.log.assert_quiet();
}

async fn a_fault_costs_the_field_or_the_item(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let whom = || json!({"user_id": "42"});
    let mut full = interaction("full", 5000, whom());
    let more = json!({
        "channel": "Call", "kind": "answered", "direction": "in", "duration_s": 180, "source": "switchboard",
        "campaign": "spring", "subject": "A question", "labels": ["vip", "support"], "props": {"agent": "Bo", "n": 1.50},
    });
    for (name, value) in more.as_object().unwrap() {
        full[name] = value.clone();
    }
    let mut lame = interaction("lame", 4000, whom());
    lame["direction"] = json!("sideways");
    lame["visitor_id"] = json!("no uuid");
    lame["props"] = json!([1]);
    let mut timeless = interaction("timeless", 0, whom());
    timeless["at"] = json!("yesterday");
    let mut planned = interaction("planned", 0, whom());
    planned["at"] = json!(now() + 24 * 60 * 60 * 1000);
    let mut ancient = interaction("ancient", 0, whom());
    ancient["at"] = json!("2001-01-01T00:00:00Z");
    let mut large = interaction("large", 0, whom());
    large["channel"] = json!("x".repeat(101));
    let lines = told(
        &app,
        &secret,
        &[
            full.clone(),
            lame,
            interaction("whose", 0, json!({})),
            json!(7),
            json!({"channel": "email"}),
            timeless,
            planned,
            ancient,
            large,
            interaction("ahead", -30_000, whom()),
        ],
    )
    .await;
    let dropped = |id: Option<&str>, reason: &str, field: &str| {
        let mut line = json!({"status": "dropped", "reason": reason, "field": field});
        if let Some(id) = id {
            line["id"] = json!(id);
        }
        line
    };
    let mut too_large = dropped(Some("large"), "too_large", "channel");
    too_large["limit"] = json!(100);
    let ignored = json!({"id": "lame", "status": "accepted", "ignored": ["visitor_id", "direction", "props"]});
    assert_eq!(
        lines,
        [
            json!({"id": "full", "status": "accepted"}),
            ignored,
            dropped(Some("whose"), "invalid_field", "user_id"),
            dropped(None, "invalid_field", "interactions[3]"),
            dropped(None, "invalid_field", "interactions[4].id"),
            dropped(Some("timeless"), "invalid_field", "at"),
            dropped(Some("planned"), "invalid_time", "at"),
            dropped(Some("ancient"), "invalid_time", "at"),
            too_large,
            json!({"id": "ahead", "status": "accepted"}),
        ]
    );
    let list = app.json("/api/v1/interactions?site=1").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 3);
    let entry = &list["data"][2];
    assert_eq!(
        (&entry["at"], &entry["title"]),
        (&full["at"], &json!("A question"))
    );
    assert_eq!(
        (&entry["name"], &entry["type"]),
        (&json!("answered"), &json!("interaction"))
    );
    assert_eq!(entry["props"], json!({"agent": "Bo", "n": 1.5}));
    assert_eq!(
        (&entry["visitor_id"], &entry["session_id"]),
        (&Value::Null, &Value::Null)
    );
    let contact = json!({
        "channel": "call", "direction": "in", "source": "switchboard", "campaign": "spring", "labels": ["vip", "support"],
        "duration_s": 180, "email_hash": null, "person": null, "matched_by": null,
    });
    assert_eq!(entry["interaction"], contact);
    // A clock that is an hour late is set right by when it sent.
    let late = now() - 60 * 60 * 1000;
    let body = json!({"sent_at": late, "interactions": [{"id": "late", "channel": "sms", "kind": "sent", "at": late - 5000, "user_id": "42"}]});
    let request = app
        .request(Method::POST, "/v1/interactions")
        .bearer_auth(&secret);
    assert_eq!(request.json(&body).send().await.unwrap().status(), 200);
    let list = app.json("/api/v1/interactions?site=1&channel=SMS").await;
    let at = list["data"][0]["at"].as_i64().unwrap();
    assert!((now() - 60_000..now()).contains(&at), "{list}");
    app.log.assert_quiet();
}

async fn only_a_server_key_of_the_site_tells_and_nobody_sees_anothers(database: Database) {
    let app = TestApp::start(database).await;
    app.add_site("Other", &[]).await;
    let (own, other) = (add_server_key(&app, 1).await, add_server_key(&app, 2).await);
    let one = interaction("a", 0, json!({"user_id": "42"}));
    let refused = |status, code: &str| (status, code.to_owned(), Some("Authorization".to_owned()));
    for (key, expected) in [
        (app.key.clone(), refused(403, "server_key_required")),
        (app.secret.clone(), refused(401, "unknown_key")),
        (
            format!("wsk_{}", "0".repeat(64)),
            refused(401, "unknown_key"),
        ),
    ] {
        let answer = send(&app, &key, std::slice::from_ref(&one)).await;
        assert_eq!(error(answer).await, expected);
    }
    let body = json!({"interactions": [one]});
    let keyless = app.post("/v1/interactions", &body).await;
    assert_eq!(error(keyless).await, refused(401, "unknown_key"));
    // The same id in two sites is two interactions.
    accept(&app, &own, std::slice::from_ref(&one)).await;
    let mut another = one.clone();
    another["subject"] = json!("of the other site");
    accept(&app, &other, &[another]).await;
    let visit = Visit::new(&app.key);
    app.accept(&visit.batch(&[identify("42")])).await;
    assert_eq!(
        app.json("/api/v1/persons/user:42?site=1").await["interactions"][0]["interactions"],
        1
    );
    let seen = app.json("/api/v1/interactions?site=2").await;
    assert_eq!(seen["data"][0]["title"], "of the other site");
    assert_eq!(seen["data"][0]["interaction"]["person"], Value::Null);
    let key = app.add_key(Some(1)).await;
    for path in ["/api/v1/interactions", "/api/v1/interactions/channels"] {
        let foreign = app.get_with(&format!("{path}?site=2"), &key).await;
        assert_eq!(error(foreign).await.1, "not_found");
        assert_eq!(app.get_with(path, &key).await.status(), 200);
        let server = app.get_with(&format!("{path}?site=1"), &own).await;
        assert_eq!(error(server).await.1, "unauthenticated");
    }
    app.log.assert_quiet();
}

async fn a_request_has_limits(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let many = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|number| interaction(&format!("m{number}"), 1000, json!({"user_id": "42"})))
            .collect()
    };
    accept(&app, &secret, &many(500)).await;
    let refused = error(send(&app, &secret, &many(501)).await).await;
    let field = Some("interactions".to_owned());
    assert_eq!(refused, (413, "too_many_items".to_owned(), field.clone()));
    assert_eq!(
        app.database
            .number("SELECT COUNT(*) FROM interactions")
            .await,
        500
    );
    let mut large = interaction("large", 0, json!({"user_id": "42"}));
    large["props"] = json!({"text": "x".repeat(33 * 1024)});
    let lines = told(&app, &secret, &[large]).await;
    assert_eq!(
        (&lines[0]["reason"], &lines[0]["limit"]),
        (&json!("too_large"), &json!(32768))
    );
    for (body, expected) in [
        ("{", (400, "invalid_json".to_owned(), None)),
        ("[]", (400, "invalid_json".to_owned(), None)),
        (
            r#"{"interactions": {}}"#,
            (400, "invalid_field".to_owned(), field),
        ),
    ] {
        let request = app
            .request(Method::POST, "/v1/interactions")
            .bearer_auth(&secret);
        assert_eq!(
            error(request.body(body).send().await.unwrap()).await,
            expected
        );
    }
    assert!(told(&app, &secret, &[]).await.is_empty());
    app.log.assert_quiet();
}

async fn a_dropped_interaction_can_be_tried_again(database: Database) {
    let app = TestApp::start(database).await;
    let cookie = app
        .set_up("owner@shop.example", "correct horse battery")
        .await;
    let secret = add_server_key(&app, 1).await;
    let mut planned = interaction("planned", 0, json!({"email": "ann@shop.example"}));
    planned["at"] = json!(now() + 2 * 60 * 60 * 1000);
    told(&app, &secret, &[planned]).await;
    eventually("it stands in the inbox", || async {
        let inbox = app.json("/api/v1/rejected?site=1").await;
        !inbox["data"].as_array().unwrap().is_empty()
    })
    .await;
    let inbox = app.json("/api/v1/rejected?site=1").await;
    let row = &inbox["data"][0];
    assert_eq!(
        (&row["reason"], &row["state"]),
        (&json!("invalid_time"), &json!("whole"))
    );
    let payload = row["payload"].as_str().unwrap();
    assert!(payload.contains(hash("ann@shop.example")), "{payload}");
    let path = format!(
        "/api/v1/rejected/{}/retry?site=1",
        row["id"].as_str().unwrap()
    );
    let again = app.request(Method::POST, &path).header("Cookie", &cookie);
    let line: Value = again.send().await.unwrap().json().await.unwrap();
    // Its time is judged as when it came.
    assert_eq!(
        (&line["status"], &line["reason"]),
        (&json!("dropped"), &json!("invalid_time"))
    );
    let fixed = "UPDATE rejected SET payload = replace(payload, '\"at\":', '\"at\":\"2026-11-01T00:00:00Z\",\"was\":')";
    app.database.execute(fixed).await;
    let again = app.request(Method::POST, &path).header("Cookie", &cookie);
    let line: Value = again.send().await.unwrap().json().await.unwrap();
    assert_eq!(line["status"], "accepted", "{line}");
    let list = app.json("/api/v1/interactions?site=1&key=planned").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    let inbox = app.json("/api/v1/rejected?site=1").await;
    assert!(inbox["data"].as_array().unwrap().is_empty());
}

async fn no_address_is_stored_or_logged(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let address = "zoe.secret@mail.example";
    let mut told_all = interaction(&format!("to:{address}"), 0, json!({"email": address}));
    told_all["subject"] = json!(format!("For {address}"));
    told_all["labels"] = json!([address]);
    told_all["props"] = json!({"to": [address], address: 1, "link": format!("https://x.example/?e={}", address.replace('@', "%40"))});
    let mut as_user = interaction("u", 0, json!({"user_id": address}));
    as_user["campaign"] = json!(address);
    let mut bad = interaction("bad", 0, json!({"email": address}));
    bad["at"] = json!(0);
    bad["subject"] = json!(address);
    let lines = told(&app, &secret, &[told_all, as_user, bad]).await;
    let statuses: Vec<&Value> = lines.iter().map(|line| &line["status"]).collect();
    assert_eq!(statuses, ["accepted", "accepted", "dropped"]);
    eventually("it stands in the inbox", || async {
        let inbox = app.json("/api/v1/rejected?site=1").await;
        !inbox["data"].as_array().unwrap().is_empty()
    })
    .await;
    for path in ["/api/v1/interactions?site=1", "/api/v1/rejected?site=1"] {
        let text = app.json(path).await.to_string();
        assert!(!text.contains("zoe.secret"), "{text}");
        assert!(text.contains(hash(address)), "{text}");
    }
    for table in app.database.tables().await {
        for row in app.database.rows(&table).await {
            assert!(!row.contains("zoe.secret"), "{table}: {row}");
        }
    }
    assert!(!app.log.text().contains("zoe.secret"));
}

async fn an_open_dashboard_is_told(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let visit = Visit::new(&app.key);
    app.accept(&visit.batch(&[identify("42")])).await;
    let mut stream = Events::of(app.get("/api/v1/live?site=1").await);
    let sent = [
        interaction("a", 2000, json!({"user_id": "42"})),
        interaction("b", 1000, json!({"email": "zoe@shop.example"})),
    ];
    accept(&app, &secret, &sent).await;
    for (one, person) in sent.iter().zip([json!("user:42"), Value::Null]) {
        let (name, entry) = stream.next().await.unwrap();
        assert_eq!(name, "entry");
        assert_eq!(
            (&entry["at"], &entry["type"]),
            (&one["at"], &json!("interaction"))
        );
        assert_eq!(entry["interaction"]["person"], person);
    }
}

async fn what_cannot_be_stored_now_is_sent_back(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let sent = [
        interaction("a", 1000, json!({"user_id": "42"})),
        interaction("b", 1000, json!({})),
    ];
    app.database
        .execute("ALTER TABLE interactions RENAME TO away")
        .await;
    let lines = told(&app, &secret, &sent).await;
    let again = json!({"id": "a", "status": "retry", "reason": "store_unavailable"});
    assert_eq!(lines[0], again);
    assert_eq!(lines[1]["status"], "dropped");
    app.database
        .execute("ALTER TABLE away RENAME TO interactions")
        .await;
    accept(&app, &secret, &sent[..1]).await;
    let lines = told(&app, &secret, &sent[..1]).await;
    assert_eq!(lines[0]["status"], "duplicate");
}

async fn the_example_of_the_documentation_works(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let page = include_str!("../../docs/interactions.md");
    let (_, rest) = page.split_once("-d '").unwrap();
    let (body, rest) = rest.split_once("'\n```").unwrap();
    let (_, rest) = rest.split_once("```json\n").unwrap();
    let (answer, _) = rest.split_once("\n```").unwrap();
    // Its times have to be of late.
    let body = body.replace("\"2026-11-28T14:37:08Z\"", &(now() - 1000).to_string());
    let body = body.replace("1795876628628", &now().to_string());
    let request = app.request(Method::POST, "/v1/interactions");
    let sent = request.bearer_auth(&secret).body(body).send().await;
    let told: Value = sent.unwrap().json().await.unwrap();
    let documented: Value = serde_json::from_str(answer).unwrap();
    assert_eq!(told["results"], documented["results"]);
    app.log.assert_quiet();
}
