//! `/api/v1/rejected`: the inbox of dropped items as its readers see it.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, item};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    the_inbox_is_a_list,
    only_people_change_it_and_only_their_sites,
    items_are_tried_again_when_a_rule_is_fixed,
    one_that_is_not_whole_says_so,
);

/// Waits until the list at `path` has as many rows.
pub(super) async fn rows(app: &TestApp, path: &str, count: usize) -> Vec<Value> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(15);
    loop {
        let answer = app.json(path).await;
        let data = answer["data"].as_array().unwrap();
        if data.len() == count {
            return data.clone();
        }
        assert!(tokio::time::Instant::now() < deadline, "{answer}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn nameless() -> Value {
    let mut item = event("x");
    item["data"] = json!({"props": {"n": 1}});
    item
}

async fn change(app: &TestApp, method: Method, path: &str, cookie: &str) -> Response {
    app.request(method, path)
        .header("Cookie", cookie)
        .send()
        .await
        .unwrap()
}

async fn the_inbox_is_a_list(database: Database) {
    let app = TestApp::start(database).await;
    let items = [nameless(), item("hologram", json!({})), nameless()];
    app.send(&Visit::new(&app.key).batch(&items)).await;
    let all = rows(&app, "/api/v1/rejected", 3).await;
    let first = all.iter().find(|row| row["id"] == items[0]["id"]).unwrap();
    assert_eq!(
        (&first["reason"], &first["field"], &first["sdk"]),
        (
            &json!("invalid_field"),
            &json!("data.name"),
            &json!("waymark-js 0.1.0")
        )
    );
    assert_eq!(
        (&first["state"], &first["retryable"]),
        (&json!("whole"), &json!(true))
    );
    let payload: Value = serde_json::from_str(first["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload, items[0]);
    assert!(first["received_at"].as_i64().unwrap() > 0);
    assert_eq!(first.as_object().unwrap().len(), 8);

    let unknown = rows(&app, "/api/v1/rejected?reason=unknown_type", 1).await;
    assert_eq!(unknown[0]["id"], items[1]["id"]);
    let page = app.json("/api/v1/rejected?limit=2").await;
    assert_eq!(page["let_go"], 0);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = app
        .json(&format!("/api/v1/rejected?limit=2&cursor={cursor}"))
        .await;
    assert_eq!(rest["data"].as_array().unwrap().len(), 1);
    assert_eq!(rest["next_cursor"], Value::Null);
    for (query, field) in [
        ("reason=bored", "reason"),
        ("cursor=x", "cursor"),
        ("x=1", "x"),
    ] {
        let response = app.get(&format!("/api/v1/rejected?{query}")).await;
        let expected = (400, "invalid_parameter".into(), Some(field.to_owned()));
        assert_eq!(error(response).await, expected);
    }
    app.log.assert_quiet();
}

async fn only_people_change_it_and_only_their_sites(database: Database) {
    let app = TestApp::start(database).await;
    let second = app.add_site("Second", &[]).await;
    let own_key = app.add_key(Some(1)).await;
    let foreign = nameless();
    app.send(&Visit::new(&second).batch(std::slice::from_ref(&foreign)))
        .await;
    app.send(&Visit::new(&app.key).batch(&[nameless(), nameless()]))
        .await;
    rows(&app, "/api/v1/rejected?site=2", 1).await;
    rows(&app, "/api/v1/rejected?site=1", 2).await;

    let list = app.get_with("/api/v1/rejected?site=2", &own_key).await;
    assert_eq!(error(list).await.0, 404);
    let anonymous = app.request(Method::GET, "/api/v1/rejected").send().await;
    assert_eq!(error(anonymous.unwrap()).await.0, 401);
    let id = foreign["id"].as_str().unwrap();
    for (method, path) in [
        (Method::DELETE, format!("/api/v1/rejected/{id}?site=2")),
        (Method::DELETE, "/api/v1/rejected?site=2".to_owned()),
        (Method::POST, format!("/api/v1/rejected/{id}/retry?site=2")),
        (Method::POST, "/api/v1/rejected/retry?site=2".to_owned()),
    ] {
        let request = app.request(method, &path).bearer_auth(&app.secret);
        assert_eq!(error(request.send().await.unwrap()).await.1, "forbidden");
    }

    let cookie = app.set_up("owner@shop.example", "a long password").await;
    // By the id of one site, an item of another is not there.
    let wrong = format!("/api/v1/rejected/{id}?site=1");
    let response = change(&app, Method::DELETE, &wrong, &cookie).await;
    assert_eq!(error(response).await.0, 404);
    let right = format!("/api/v1/rejected/{id}?site=2");
    let response = change(&app, Method::DELETE, &right, &cookie).await;
    assert_eq!(response.status(), 204);
    let all = "/api/v1/rejected?site=1&reason=invalid_field";
    let response = change(&app, Method::DELETE, all, &cookie).await;
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer, json!({"removed": 2}));
}

async fn items_are_tried_again_when_a_rule_is_fixed(database: Database) {
    let app = TestApp::start(database).await;
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    let mut items: Vec<Value> = (0..5).map(|_| nameless()).collect();
    items.push(item("hologram", json!({})));
    let visit = Visit::new(&app.key);
    app.send(&visit.batch(&items)).await;
    rows(&app, "/api/v1/rejected", 6).await;
    let retry = |path: String| {
        let (app, cookie) = (&app, &cookie);
        async move {
            let response = change(app, Method::POST, &path, cookie).await;
            assert_eq!(response.status(), 200, "{path}");
            response.json::<Value>().await.unwrap()
        }
    };
    let one = format!(
        "/api/v1/rejected/{}/retry",
        items[0]["id"].as_str().unwrap()
    );
    // The rule still holds, and the item stays.
    let line = retry(one.clone()).await;
    assert_eq!(
        (&line["status"], &line["field"]),
        (&json!("dropped"), &json!("data.name"))
    );
    rows(&app, "/api/v1/rejected", 6).await;

    // What a rule refuses cannot be changed from here, so the items are made such as a newer rule would take.
    app.database
        .execute("UPDATE rejected SET payload = replace(payload, '\"props\"', '\"name\":\"fixed\",\"props\"') WHERE reason = 'invalid_field'")
        .await;
    let line = retry(one.clone()).await;
    assert_eq!(line, json!({"id": items[0]["id"], "status": "accepted"}));
    let gone = change(&app, Method::POST, &one, &cookie).await;
    assert_eq!(error(gone).await.0, 404);

    let tried = retry("/api/v1/rejected/retry?reason=invalid_field".to_owned()).await;
    let expected =
        json!({"accepted": 4, "duplicate": 0, "dropped": 0, "retry": 0, "not_retryable": 0});
    assert_eq!(tried, expected);
    let tried = retry("/api/v1/rejected/retry".to_owned()).await;
    assert_eq!(
        (&tried["accepted"], &tried["dropped"]),
        (&json!(0), &json!(1))
    );
    let left = rows(&app, "/api/v1/rejected", 1).await;
    assert_eq!(left[0]["id"], items[5]["id"]);
    let entries = rows(&app, "/api/v1/events?name=fixed", 5).await;
    assert!(
        entries
            .iter()
            .all(|entry| entry["props"] == json!({"n": 1}))
    );
    // Their sender sends them again all the same: they are there.
    for item in &mut items[..5] {
        item["data"]["name"] = json!("fixed");
    }
    let answer: Value = app
        .send(&visit.batch(&items[..5]))
        .await
        .json()
        .await
        .unwrap();
    for line in answer["results"].as_array().unwrap() {
        assert_eq!(line["status"], "duplicate");
    }
}

async fn one_that_is_not_whole_says_so(database: Database) {
    let app = TestApp::start(database).await;
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    let mut leaky = nameless();
    leaky["data"]["props"] = json!({"mail": "bob@mail.example"});
    app.send(&Visit::new(&app.key).batch(std::slice::from_ref(&leaky)))
        .await;
    let row = &rows(&app, "/api/v1/rejected", 1).await[0];
    assert_eq!(
        (&row["state"], &row["retryable"]),
        (&json!("masked"), &json!(false))
    );
    assert!(!row["payload"].as_str().unwrap().contains("bob"));
    let path = format!("/api/v1/rejected/{}/retry", leaky["id"].as_str().unwrap());
    let response = change(&app, Method::POST, &path, &cookie).await;
    assert_eq!(error(response).await, (409, "not_retryable".into(), None));
    let response = change(&app, Method::POST, "/api/v1/rejected/retry", &cookie).await;
    let tried: Value = response.json().await.unwrap();
    assert_eq!(tried["not_retryable"], 1);
}
