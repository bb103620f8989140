//! What comes of messages of the Segment HTTP API: items, journeys, and the inbox.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::rejected::rows;
use super::segment::{BROWSER, batch, events, succeeds, to, track};
use crate::support::app::TestApp;
use crate::support::batch::{Visit, now, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    a_message_that_is_no_good_costs_itself,
    a_batch_sent_many_times_at_once_counts_once,
    any_order_makes_the_same_journeys,
    a_wrong_clock_is_put_right,
    each_call_has_a_route,
    the_ids_of_a_page_lead_into_its_session,
    a_message_that_the_catalogue_refused_is_let_in_later,
);

async fn a_message_that_is_no_good_costs_itself(database: Database) {
    let mut app = TestApp::start(database).await;
    let named = |id: &str, message: Value| {
        let mut message = message;
        message["messageId"] = json!(id);
        message
    };
    let library = json!({"library": {"name": "@segment/analytics-node", "version": "3.1.0"}});
    let messages = [
        named("m1", json!({"type": "track", "event": "nobody's"})),
        named(
            "m2",
            json!({"type": "track", "userId": "u1", "properties": {"n": 1}, "context": library}),
        ),
        named("m3", json!({"type": "hologram", "userId": "u1"})),
        named(
            "m4",
            json!({"type": "track", "event": "x".repeat(101), "userId": "u1"}),
        ),
        named(
            "m5",
            json!({"type": "track", "event": "old", "userId": "u1", "timestamp": "2001-01-01T00:00:00Z"}),
        ),
        named(
            "m6",
            json!({"type": "identify", "anonymousId": BROWSER, "traits": {"plan": "pro"}}),
        ),
        json!("no message"),
        named(
            "m7",
            json!({"type": "track", "event": "good", "userId": "u1", "properties": "none", "context": 7,
                           "timestamp": "soon"}),
        ),
        named(
            "m8",
            json!({"type": "identify", "userId": 7, "traits": {"plan": "pro", "deep": "x".repeat(5000)}}),
        ),
    ];
    succeeds(batch(&app, &messages).await).await;
    assert_eq!(events(&app).await, 2);
    let identify = app.json("/api/v1/events?type=identify").await;
    assert_eq!(identify["data"][0]["user_id"], "7");
    assert_eq!(identify["data"][0]["props"], json!({"plan": "pro"}));

    rows(&app, "/api/v1/rejected", 7).await;
    succeeds(batch(&app, &messages).await).await;
    // Sent again, each is the line that it was; but for the one without an id.
    let rows = rows(&app, "/api/v1/rejected", 8).await;
    assert_eq!(events(&app).await, 2);
    let mut faults: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| {
            (
                row["reason"].as_str().unwrap(),
                row["field"].as_str().unwrap(),
            )
        })
        .collect();
    faults.sort_unstable();
    faults.dedup();
    assert_eq!(
        faults,
        [
            ("invalid_field", "context.visitor_id"),
            ("invalid_field", "data.name"),
            ("invalid_field", "data.user_id"),
            ("invalid_time", "at"),
            ("too_large", "data.name"),
            ("unknown_type", "type"),
        ]
    );
    let row = rows.iter().find(|row| row["sdk"] != Value::Null).unwrap();
    assert_eq!(row["sdk"], "@segment/analytics-node 3.1.0");
    assert_eq!(row["retryable"], true);
    let payload: Value = serde_json::from_str(row["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload["data"]["props"], json!({"n": 1}));

    // What is wrong with them is still wrong.
    let cookie = app
        .set_up("owner@shop.example", "correct horse battery")
        .await;
    let again = app
        .request(Method::POST, "/api/v1/rejected/retry")
        .header("Cookie", cookie)
        .send()
        .await
        .unwrap();
    let again: Value = again.json().await.unwrap();
    assert_eq!(
        (&again["dropped"], &again["accepted"]),
        (&json!(8), &json!(0))
    );
    app.log.assert_quiet();
    app.stop().await;
}

async fn a_batch_sent_many_times_at_once_counts_once(database: Database) {
    let app = TestApp::start(database).await;
    let mut messages: Vec<Value> = (0..20).map(|n| track(&format!("e{n}"), n)).collect();
    messages.push(json!({"type": "page", "userId": "u1", "messageId": "p", "properties": {"url": "https://shop.example/"}}));
    messages.push(json!({"type": "track", "event": "signup_at", "userId": "u1", "messageId": "s"}));
    // A client that sends one message twice in a batch.
    messages.push(messages[0].clone());
    let send = async |_| loop {
        let sent = batch(&app, &messages).await;
        if sent.status() == 503 {
            assert!(sent.headers().contains_key("retry-after"));
            continue;
        }
        succeeds(sent).await;
        break;
    };
    join_all((0..40).map(send)).await;
    for (sql, expected) in [
        ("SELECT COUNT(*) FROM events", 22),
        ("SELECT COUNT(*) FROM visitors", 2),
        ("SELECT CAST(SUM(total_events) AS BIGINT) FROM visitors", 20),
        (
            "SELECT CAST(SUM(total_page_views) AS BIGINT) FROM visitors",
            1,
        ),
        ("SELECT COUNT(*) FROM milestones", 1),
    ] {
        assert_eq!(app.database.number(sql).await, expected, "{sql}");
    }
}

async fn any_order_makes_the_same_journeys(database: Database) {
    let at = now() - 86_400_000 * 3;
    let mut messages = Vec::new();
    for n in 0..12_i64 {
        let mut message = json!({
            "type": "track", "event": format!("e{}", n % 5), "messageId": format!("m{n}"),
            // Few times, so that the ids decide between some.
            "timestamp": at + (n / 3) * 40_000_000,
            "context": {"campaign": {"source": format!("s{n}")}, "locale": format!("l{n}")},
        });
        message["anonymousId"] = if n % 2 == 0 {
            json!(BROWSER)
        } else {
            json!("a browser")
        };
        if n % 3 == 0 {
            message["userId"] = json!(format!("u{n}"));
        }
        messages.push(message);
    }
    messages.push(json!({"type": "page", "anonymousId": BROWSER, "messageId": "p1", "timestamp": at - 1000,
                         "properties": {"url": "https://shop.example/a"}, "context": {"page": {"referrer": ""}}}));
    messages.push(json!({"type": "page", "anonymousId": BROWSER, "messageId": "p2", "timestamp": at + 50_000_000,
                         "properties": {"url": "https://shop.example/b"}}));
    messages.push(json!({"type": "group", "anonymousId": BROWSER, "messageId": "g1", "groupId": "one", "timestamp": at}));
    messages.push(json!({"type": "group", "anonymousId": BROWSER, "messageId": "g2", "groupId": "two", "timestamp": at}));
    messages.push(
        json!({"type": "track", "event": "signup_at", "anonymousId": "a browser", "messageId": "s",
                         "timestamp": at + 5, "context": {"sessionId": 7}}),
    );

    let mut databases = vec![database];
    for _ in 0..3 {
        let another = match databases[0].is_sqlite() {
            true => Database::sqlite(),
            false => Database::postgres().await,
        };
        databases.push(another);
    }
    let count = messages.len();
    let mut seen = Vec::new();
    for (n, database) in databases.into_iter().enumerate() {
        let app = TestApp::start(database).await;
        let mut order: Vec<&Value> = messages.iter().collect();
        match n {
            0 => {}
            1 => order.reverse(),
            // Every fifth, again and again; with some sent twice.
            n => {
                order = (0..count + 9)
                    .map(|k| &messages[(k * (2 * n + 1)) % count])
                    .collect();
                assert!(messages.iter().all(|message| order.contains(&message)));
            }
        }
        for together in order.chunks(n * 2 + 1) {
            let together: Vec<Value> = together.iter().map(|&message| message.clone()).collect();
            succeeds(batch(&app, &together).await).await;
        }
        let journeys = app.json("/api/v1/visitors").await["data"].clone();
        let sessions = app.json("/api/v1/sessions?limit=100").await["data"].clone();
        let mut entries = app.json("/api/v1/events?limit=100").await["data"].clone();
        for entry in entries.as_array_mut().unwrap() {
            entry["received_at"].take();
        }
        assert_eq!(journeys.as_array().unwrap().len(), 2);
        assert_eq!(entries.as_array().unwrap().len(), count);
        seen.push((journeys, sessions, entries));
    }
    for other in &seen[1..] {
        assert_eq!(&seen[0], other);
    }
    let sessions = seen[0].1.as_array().unwrap();
    assert!((4..12).contains(&sessions.len()), "{}", sessions.len());
}

async fn a_wrong_clock_is_put_right(database: Database) {
    let app = TestApp::start(database).await;
    let hour = 3_600_000;
    let wrong = now() - 30 * hour;
    let message = |id: &str, more: Value| {
        let mut message = json!({"type": "track", "event": id, "userId": "u1", "messageId": id});
        message
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        message
    };
    let body = json!({"sentAt": wrong, "batch": [
        message("an hour ago", json!({"timestamp": wrong - hour})),
        message("two hours ago", json!({"originalTimestamp": wrong - 2 * hour, "sentAt": wrong})),
        message("said", json!({"originalTimestamp": wrong, "timestamp": now() - 3 * hour})),
        message("to come", json!({"timestamp": now() + 48 * hour, "sentAt": now()})),
        message("undated", json!({})),
    ]});
    let before = now();
    let sent = to(&app, "/v1/batch", &body).basic_auth(&app.key, Some(""));
    succeeds(sent.send().await.unwrap()).await;
    let list = app.json("/api/v1/events").await;
    let entries = list["data"].as_array().unwrap();
    assert_eq!(entries.len(), 5);
    for entry in entries {
        let ago = match entry["name"].as_str().unwrap() {
            "an hour ago" => hour,
            "two hours ago" => 2 * hour,
            "said" => 3 * hour,
            _ => 0,
        };
        let at = entry["at"].as_i64().unwrap();
        // To within what a slow machine needs between two looks at its clock.
        assert!((at - (before - ago)).abs() < 60_000, "{entry}");
        assert!(at <= entry["received_at"].as_i64().unwrap());
    }
}

async fn each_call_has_a_route(database: Database) {
    let app = TestApp::start(database).await;
    for (path, message) in [
        (
            "/v1/identify",
            json!({"userId": "u1", "traits": {"plan": "pro"}}),
        ),
        (
            "/v1/track",
            json!({"userId": "u1", "event": "Plan Chosen", "type": "page"}),
        ),
        (
            "/v1/page",
            json!({"userId": "u1", "name": "Home", "properties": {"url": "https://shop.example/", "tier": 2}}),
        ),
        ("/v1/screen", json!({"userId": "u1", "name": "Start"})),
        ("/v1/group", json!({"userId": "u1", "groupId": "g1"})),
        ("/v1/alias", json!({"userId": "u1", "previousId": "u0"})),
        (
            "/v1/import",
            json!({"batch": [{"type": "track", "event": "Imported", "userId": "u1"}]}),
        ),
        ("/v1/batch", json!({"batch": []})),
    ] {
        let sent = to(&app, path, &message).basic_auth(&app.key, Some(""));
        succeeds(sent.send().await.unwrap()).await;
    }
    let list = app.json("/api/v1/events").await;
    let entries = list["data"].as_array().unwrap();
    let mut kinds: Vec<(&str, &str)> = entries
        .iter()
        .map(|entry| {
            (
                entry["type"].as_str().unwrap(),
                entry["name"].as_str().unwrap_or("-"),
            )
        })
        .collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            ("event", "Imported"),
            ("event", "Plan Chosen"),
            ("event", "Screen Viewed"),
            ("group", "g1"),
            ("identify", "-"),
            ("identify", "-"),
            ("page_view", "-"),
        ]
    );
    let page = entries
        .iter()
        .find(|entry| entry["type"] == "page_view")
        .unwrap();
    assert_eq!(
        page["props"],
        json!({"name": "Home", "url": "https://shop.example/", "tier": 2})
    );
    assert_eq!(page["page_view_id"], page["id"]);
    let journeys = app.json("/api/v1/visitors").await;
    let journeys = journeys["data"].as_array().unwrap();
    assert_eq!(journeys.len(), 1);
    assert_eq!(
        (
            &journeys[0]["user_id"],
            &journeys[0]["account_id"],
            &journeys[0]["first_touch"]
        ),
        (&json!("u1"), &json!("g1"), &Value::Null)
    );
    let alias = entries
        .iter()
        .find(|entry| entry["props"]["previous_id"] == "u0");
    assert!(alias.is_some());
}

async fn the_ids_of_a_page_lead_into_its_session(database: Database) {
    let app = TestApp::start(database).await;
    let session = "0197f0a2-5e1f-7c3a-9a44-5f0c2ab1d002";
    let mut visit = Visit::new(&app.key);
    visit.visitor = BROWSER.parse().unwrap();
    visit.session = session.parse().unwrap();
    app.accept(&visit.batch(&[page_view("https://shop.example/")]))
        .await;
    let mut paid = track("Order Completed", 0);
    paid["context"] = json!({"sessionId": session});
    succeeds(batch(&app, &[paid]).await).await;
    let sessions = app.json("/api/v1/sessions").await;
    let sessions = sessions["data"].as_array().unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!(
        (&sessions[0]["events"], &sessions[0]["page_views"]),
        (&json!(1), &json!(1))
    );
}

async fn a_message_that_the_catalogue_refused_is_let_in_later(database: Database) {
    let app = TestApp::start(database).await;
    let cookie = app
        .set_up("owner@shop.example", "correct horse battery")
        .await;
    let set = async |change: Value| {
        let path = "/api/v1/sites/1/catalogue";
        let request = app.request(Method::PATCH, path).header("Cookie", &cookie);
        assert_eq!(request.json(&change).send().await.unwrap().status(), 200);
    };
    set(json!({"mode": "reject", "document": {"version": 1, "events": {"paid": {}}}})).await;
    // An id of version 4, which no item of the SDK's has.
    let id = "979efbf7-a5e2-49b0-8de6-d9285606a626";
    let mut viewed = track("Product Viewed", 60_000);
    viewed["messageId"] = json!(id);
    viewed["context"] = json!({"campaign": {"source": "news", "medium": "email"}});
    let messages = [viewed, track("paid", 0)];
    succeeds(batch(&app, &messages).await).await;
    assert_eq!(events(&app).await, 1);
    let dropped = rows(&app, "/api/v1/rejected", 1).await;
    assert_eq!(
        (&dropped[0]["id"], &dropped[0]["reason"]),
        (&json!(id), &json!("unknown_event"))
    );

    set(json!({"mode": "off"})).await;
    let retry = app
        .request(Method::POST, &format!("/api/v1/rejected/{id}/retry"))
        .header("Cookie", &cookie);
    let line: Value = retry.send().await.unwrap().json().await.unwrap();
    assert_eq!(line["status"], "accepted", "{line}");
    succeeds(batch(&app, &messages).await).await;
    assert_eq!(events(&app).await, 2);
    // It is the earlier of the two, so by it the visitor came.
    let journey = app.json(&format!("/api/v1/visitors/{BROWSER}")).await;
    assert_eq!(journey["journey"]["first_touch"]["source"], "news");
    app.log.assert_quiet();
}
