//! What is concluded of somebody when their journey is read: the score with its parts, insights, and what they used.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::interactions::{accept, interaction};
use super::revenue::{at, purchase};
use super::server_keys::add_server_key;
use crate::support::app::TestApp;
use crate::support::batch::{Visit, event, identify, item, now, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    a_score_is_shown_with_its_parts,
    who_was_active_and_is_silent_is_a_risk,
    who_comes_back_is_news,
    many_sessions_without_an_order_are_a_risk,
    pages_of_prices_are_counted_by_their_path,
    what_is_used_is_counted_in_all_and_by_session,
    on_a_shared_computer_everybody_has_their_own,
);

pub(super) const DAY: i64 = 86_400_000;

/// Sends items of a new session of the visitor, so many days ago, by this source and medium.
pub(super) async fn there(
    app: &TestApp,
    visit: &mut Visit,
    ago: i64,
    from: [&str; 2],
    items: &[Value],
) {
    visit.session = Uuid::now_v7();
    visit.started_at = now() - ago * DAY;
    let items: Vec<Value> = items
        .iter()
        .map(|item| at(visit.started_at, item.clone()))
        .collect();
    let mut batch = visit.batch(&items);
    batch["context"]["touch"] = json!({"source": from[0], "medium": from[1]});
    app.accept(&batch).await;
}

pub(super) const NEWSLETTER: [&str; 2] = ["newsletter", "email"];
pub(super) const SEARCH: [&str; 2] = ["google", "cpc"];

async fn of_person(app: &TestApp, id: &str) -> Value {
    app.json(&format!("/api/v1/persons/{id}?site=1")).await
}

async fn of_visitor(app: &TestApp, visit: &Visit) -> Value {
    app.json(&format!("/api/v1/visitors/{}?site=1", visit.visitor))
        .await
}

/// The rules of the insights, each with what it is for.
fn rules(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let insights = answer["insights"].as_array().unwrap().iter();
    insights
        .map(|one| (text(&one["rule"]), text(&one["kind"])))
        .collect()
}

fn named(rules: &[(&str, &str)]) -> Vec<(String, String)> {
    rules
        .iter()
        .map(|(rule, kind)| ((*rule).to_owned(), (*kind).to_owned()))
        .collect()
}

/// The tests take less than an hour, which is this much of a recency.
fn assert_near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < 0.002, "{value} {expected}");
}

async fn a_score_is_shown_with_its_parts(database: Database) {
    let app = TestApp::start(database).await;
    let secret = add_server_key(&app, 1).await;
    let (mut laptop, mut phone) = (Visit::new(&app.key), Visit::new(&app.key));
    there(&app, &mut phone, 40, NEWSLETTER, &[identify("ann")]).await;
    there(&app, &mut laptop, 10, NEWSLETTER, &[identify("ann")]).await;
    there(&app, &mut laptop, 5, SEARCH, &[event("read")]).await;
    let told = |id: &str, ago: i64, channel: &str, kind: &str, direction: &str| {
        let mut one = interaction(id, ago * DAY, json!({"user_id": "ann"}));
        one["channel"] = json!(channel);
        one["kind"] = json!(kind);
        one["direction"] = json!(direction);
        one
    };
    let sent = [
        told("1", 1, "sms", "sent", "out"),
        told("2", 4, "email", "opened", "out"),
        told("3", 3, "call", "answered", "in"),
    ];
    accept(&app, &secret, &sent).await;

    let ann = of_person(&app, "user:ann").await;
    let engagement = &ann["engagement"];
    let parts = &engagement["parts"];
    assert_eq!(engagement["window_days"], 30);
    assert!((now() - engagement["computed_at"].as_i64().unwrap()).abs() < DAY / 24);
    assert_near(&parts["recency"]["value"], 0.9);
    assert_eq!(parts["recency"]["last_at"], sent[2]["at"]);
    assert_near(&parts["frequency"]["value"], 0.4);
    assert_eq!(parts["frequency"]["sessions"], 2);
    assert_eq!(parts["frequency"]["interactions"], 2);
    assert_near(&parts["channels"]["value"], 0.6);
    assert_eq!(
        parts["channels"]["names"],
        json!(["call", "email", "paid search"])
    );
    let weights = ["recency", "frequency", "channels"].map(|part| parts[part]["weight"].clone());
    assert_eq!(weights, [json!(0.4), json!(0.4), json!(0.2)]);
    assert_near(&engagement["score"], 0.36 + 0.16 + 0.12);
    assert_near(&engagement["previous_score"], 0.4 * 2.0 / 3.0 + 0.04 + 0.04);

    assert_eq!(rules(&ann), named(&[("several_channels", "signal")]));
    let insight = &ann["insights"][0];
    assert_eq!(insight["version"], 1);
    assert_eq!(
        insight["text"],
        "Came by 3 channels within 30 days: call, email, paid search."
    );
    let evidence =
        json!({"figure": "channels", "value": 3.0, "asks": "at_least", "threshold": 3.0});
    assert_eq!(insight["evidence"], json!([evidence]));
    let records = insight["records"].as_array().unwrap();
    assert_eq!(records.len(), 4);
    assert_eq!(records[0]["type"], "interaction");
    let last_session = json!({"type": "session", "id": laptop.session});
    assert_eq!(records[2], last_session);

    // A browser has its own part of it, and no more.
    let own = of_visitor(&app, &laptop).await;
    let parts = &own["engagement"]["parts"];
    assert_eq!(parts["frequency"]["sessions"], 2);
    assert_eq!(parts["frequency"]["interactions"], 0);
    assert_eq!(parts["channels"]["names"], json!(["email", "paid search"]));
    assert_eq!(own["engagement"]["previous_score"], Value::Null);
    assert_eq!(rules(&own), named(&[]));
    let old = of_visitor(&app, &phone).await;
    assert_eq!(old["engagement"]["score"], 0.0);
    app.log.assert_quiet();
}

async fn who_was_active_and_is_silent_is_a_risk(database: Database) {
    let app = TestApp::start(database).await;
    let mut visit = Visit::new(&app.key);
    for ago in [40, 30, 20] {
        there(&app, &mut visit, ago, SEARCH, &[event("read")]).await;
    }
    let answer = of_visitor(&app, &visit).await;
    assert_eq!(rules(&answer), named(&[("going_quiet", "risk")]));
    let evidence = &answer["insights"][0]["evidence"];
    assert_eq!(evidence[0]["figure"], "occasions_before");
    assert_eq!(evidence[0]["value"], 3.0);
    assert_near(&evidence[1]["value"], 20.0);
    assert_eq!(evidence[1]["threshold"], 14.0);
    // Whoever is there again is not lost.
    there(&app, &mut visit, 1, SEARCH, &[event("read")]).await;
    assert_eq!(rules(&of_visitor(&app, &visit).await), named(&[]));
    app.log.assert_quiet();
}

async fn who_comes_back_is_news(database: Database) {
    let app = TestApp::start(database).await;
    let mut visit = Visit::new(&app.key);
    there(&app, &mut visit, 50, SEARCH, &[event("read")]).await;
    assert_eq!(rules(&of_visitor(&app, &visit).await), named(&[]));
    there(&app, &mut visit, 2, SEARCH, &[event("read")]).await;
    let answer = of_visitor(&app, &visit).await;
    assert_eq!(rules(&answer), named(&[("returned", "signal")]));
    assert_eq!(
        answer["insights"][0]["records"][0]["id"],
        json!(visit.session)
    );
    // The owner says it is a program: programs have no intentions.
    let path = format!("/api/v1/visitors/{}/bot?site=1", visit.visitor);
    let cookie = app.set_up("ann@shop.example", "correct horse").await;
    let decided = app
        .request(Method::PUT, &path)
        .header("Cookie", &cookie)
        .json(&json!({"bot": true}))
        .send()
        .await
        .unwrap();
    assert_eq!(decided.status(), 200);
    assert_eq!(rules(&of_visitor(&app, &visit).await), named(&[]));
    app.log.assert_quiet();
}

async fn many_sessions_without_an_order_are_a_risk(database: Database) {
    let app = TestApp::start(database).await;
    let mut visit = Visit::new(&app.key);
    for ago in (11..18).rev() {
        there(&app, &mut visit, ago, SEARCH, &[event("read")]).await;
    }
    assert_eq!(rules(&of_visitor(&app, &visit).await), named(&[]));
    there(&app, &mut visit, 10, SEARCH, &[event("read")]).await;
    let answer = of_visitor(&app, &visit).await;
    assert_eq!(rules(&answer), named(&[("no_conversion", "risk")]));
    assert_eq!(answer["insights"][0]["evidence"][0]["value"], 8.0);
    let order = purchase(json!({"order_id": "1", "value": 20, "currency": "EUR"}));
    let batch = visit.batch(&[at(visit.started_at, order)]);
    app.accept(&batch).await;
    assert_eq!(rules(&of_visitor(&app, &visit).await), named(&[]));
    app.log.assert_quiet();
}

async fn pages_of_prices_are_counted_by_their_path(database: Database) {
    let app = TestApp::start(database).await;
    let mut visit = Visit::new(&app.key);
    let seen = [
        page_view("https://shop.example/Pricing?plan=team"),
        page_view("https://shop.example/en/plans"),
        page_view("https://shop.example/?next=/pricing"),
        page_view("https://shop.example/pricing-history"),
    ];
    there(&app, &mut visit, 9, SEARCH, &seen).await;
    // Too long ago to count.
    let old = [page_view("https://shop.example/pricing")];
    there(&app, &mut visit, 31, SEARCH, &old).await;
    assert_eq!(rules(&of_visitor(&app, &visit).await), named(&[]));
    let last = page_view("https://shop.example/prices.html");
    there(&app, &mut visit, 8, SEARCH, std::slice::from_ref(&last)).await;
    let answer = of_visitor(&app, &visit).await;
    assert_eq!(rules(&answer), named(&[("prices_seen", "signal")]));
    let insight = &answer["insights"][0];
    assert_eq!(insight["evidence"][0]["value"], 3.0);
    let record = json!({"type": "page_view", "id": last["id"]});
    assert_eq!(insight["records"][0], record);
    assert_eq!(insight["records"].as_array().unwrap().len(), 3);
    app.log.assert_quiet();
}

fn entered(tool: Value) -> Value {
    item(
        "event",
        json!({"name": "tool_entered", "props": {"tool": tool}}),
    )
}

fn exited(tool: &str, seconds: Value) -> Value {
    item(
        "event",
        json!({"name": "tool_exited", "props": {"tool": tool, "seconds": seconds}}),
    )
}

async fn what_is_used_is_counted_in_all_and_by_session(database: Database) {
    let app = TestApp::start(database).await;
    let mut visit = Visit::new(&app.key);
    let first = [
        page_view("https://shop.example/"),
        entered(json!("chart")),
        entered(json!("chart")),
        exited("chart", json!(2.5)),
        event("content_exported"),
        event("read"),
    ];
    there(&app, &mut visit, 3, SEARCH, &first).await;
    let first = visit.session;
    let second = [
        entered(json!("editor")),
        exited("editor", json!(61)),
        // None of these is a time.
        exited("editor", json!("long")),
        exited("editor", json!(-5)),
        exited("editor", json!(90_000_000)),
        // Nor this a name.
        entered(json!(7)),
        event("content_exported"),
        event("content_exported"),
    ];
    there(&app, &mut visit, 2, SEARCH, &second).await;
    let second = visit.session;
    there(
        &app,
        &mut visit,
        1,
        SEARCH,
        &[page_view("https://shop.example/")],
    )
    .await;

    let usage = of_visitor(&app, &visit).await["usage"].clone();
    let editor = json!({"tool": "editor", "uses": 1, "visible_ms": 61_000});
    let chart = json!({"tool": "chart", "uses": 2, "visible_ms": 2_500});
    assert_eq!(usage["events"], 13);
    assert_eq!(usage["exports"], 3);
    assert_eq!(usage["primary_tool"], "editor");
    assert_eq!(usage["tools"], json!([editor, chart]));
    let of_session = |id: Uuid| {
        let sessions = usage["sessions"].as_array().unwrap();
        assert_eq!(sessions.len(), 2);
        let found = sessions.iter().find(|one| one["session_id"] == json!(id));
        found.unwrap().clone()
    };
    let one = of_session(first);
    assert_eq!(one["visitor_id"], json!(visit.visitor));
    assert_eq!((&one["events"], &one["exports"]), (&json!(5), &json!(1)));
    assert_eq!(one["primary_tool"], "chart");
    assert_eq!(one["tools"], json!([chart]));
    let one = of_session(second);
    assert_eq!((&one["events"], &one["exports"]), (&json!(8), &json!(2)));
    assert_eq!(one["tools"], json!([editor]));
    // The person of the browser alone has the same.
    let id = format!("visitor:{}", visit.visitor);
    assert_eq!(of_person(&app, &id).await["usage"], usage);
    app.log.assert_quiet();
}

async fn on_a_shared_computer_everybody_has_their_own(database: Database) {
    let app = TestApp::start(database).await;
    let mut kiosk = Visit::new(&app.key);
    kiosk.started_at = now() - 6 * DAY;
    let moment = |days: i64, item: Value| at(now() - days * DAY, item);
    let items = [
        moment(6, identify("ann")),
        moment(6, entered(json!("chart"))),
        moment(5, event("content_exported")),
        moment(3, identify("ben")),
        moment(2, entered(json!("editor"))),
    ];
    app.accept(&kiosk.batch(&items)).await;
    let ann = of_person(&app, "user:ann").await;
    let ben = of_person(&app, "user:ben").await;
    assert_eq!(ann["usage"]["primary_tool"], "chart");
    assert_eq!(ann["usage"]["events"], 2);
    assert_eq!(ann["usage"]["exports"], 1);
    assert_eq!(ann["usage"]["sessions"][0]["primary_tool"], "chart");
    assert_eq!(ben["usage"]["primary_tool"], "editor");
    assert_eq!(ben["usage"]["exports"], 0);
    for (person, item) in [(&ann, &items[2]), (&ben, &items[4])] {
        let parts = &person["engagement"]["parts"];
        assert_eq!(parts["recency"]["last_at"], item["at"]);
        assert_eq!(parts["frequency"]["sessions"], 1);
    }
    app.log.assert_quiet();
}
