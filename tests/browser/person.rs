//! One person as they come: on two devices, in five visits, with an e-mail, a call and a server that knows more of them.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::Command;

use super::{Chromium, Database, KEY, Scene, eventually, page_with_sdk};
use crate::support::app::after;
use crate::support::batch::now;
use crate::support::program::good;
use crate::support::required;

/// Another half hour has gone by, as the page sees it.
const LATER: &str = "{ const now = Date.now; Date.now = () => now() + 31 * 60 * 1000; }";

#[tokio::test]
async fn five_visits_on_two_devices_are_one_journey_on_sqlite() {
    five_visits_on_two_devices_are_one_journey(Database::sqlite()).await;
}

#[tokio::test]
async fn five_visits_on_two_devices_are_one_journey_on_postgres() {
    five_visits_on_two_devices_are_one_journey(Database::postgres().await).await;
}

async fn five_visits_on_two_devices_are_one_journey(database: Database) {
    let pages = [
        ("", page_with_sdk("Home", "", "")),
        ("pricing", page_with_sdk("Pricing", "", "")),
    ];
    let scene = Scene::with(database, pages, Chromium::start().await).await;

    // Three visits on a computer: by the newsletter, by themselves, by an advertisement, and then they sign up.
    let computer = &scene.browser;
    let newsletter = "/?utm_source=newsletter&utm_medium=email&utm_campaign=june";
    let first = scene.visit(computer, newsletter, "").await;
    computer.before_each_page(LATER).await;
    scene.visit(computer, "/pricing", "").await;
    computer.before_each_page(LATER).await;
    let sign_up = "waymark.identify('user-9'); waymark.milestone('signup_at')";
    let third = scene
        .visit(computer, "/?utm_source=google&utm_medium=cpc", sign_up)
        .await;
    assert_eq!(first["visitorId"], third["visitorId"]);

    // Two on a phone, where they are logged in.
    let phone = Chromium::start().await;
    scene
        .visit(&phone, "/pricing", "waymark.identify('user-9')")
        .await;
    phone.before_each_page(LATER).await;
    let fifth = scene.visit(&phone, "/", "").await;
    assert_ne!(first["visitorId"], fifth["visitorId"]);

    // What only the shop's servers know: by a client of Segment's, and by the door for interactions.
    scene.tell_by_segments_client(&fifth).await;
    let database = scene.collector.database();
    let add = ["keys", "add-server", "--name", "CRM", "--site", "1"];
    let secret = after(
        &good(database.url(), &add).await,
        "Secret, shown this once: ",
    );
    let told = reqwest::Client::new()
        .post(format!("{}/v1/interactions", scene.collector.origin()))
        .bearer_auth(secret)
        .json(&json!({"interactions": [
            {"id": "mail-1", "channel": "email", "kind": "opened", "direction": "out", "at": now(), "email": "Ann@Shop.example"},
            {"id": "call-1", "channel": "call", "kind": "answered", "direction": "in", "at": now(), "duration_s": 300,
             "user_id": "user-9"},
        ]}))
        .send()
        .await
        .expect("an answer");
    let answer: Value = told.json().await.expect("JSON");
    let became: Vec<&Value> = answer["results"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|line| &line["status"])
        .collect();
    assert_eq!(became, ["accepted", "accepted"]);

    let add = ["keys", "add", "--name", "reader"];
    let secret = after(
        &good(database.url(), &add).await,
        "Secret, shown this once: ",
    );
    let found = scene.read("/api/v1/persons?site=1", &secret).await;
    assert_eq!(found["data"].as_array().expect("a list").len(), 1);
    let person = &found["data"][0];
    assert_eq!(person["user_ids"], json!(["user-9"]));
    assert_eq!(person["visitors"].as_array().expect("a list").len(), 2);
    assert_eq!(
        (&person["total_sessions"], &person["total_page_views"]),
        (&json!(5), &json!(5))
    );
    assert_eq!(person["stage"], "converted");
    let touch = &person["first_touch"];
    assert_eq!(
        (&touch["source"], &touch["medium"], &touch["campaign"]),
        (&json!("newsletter"), &json!("email"), &json!("june"))
    );
    let mut reached: Vec<&str> = person["milestones"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|milestone| milestone["name"].as_str())
        .collect();
    reached.sort_unstable();
    assert_eq!(
        reached,
        ["fee_agreement_at", "first_connection_at", "signup_at"]
    );

    let one = format!(
        "/api/v1/persons/{}?site=1&limit=100",
        person["id"].as_str().expect("an id")
    );
    let one = scene.read(&one, &secret).await;
    assert_eq!(one["sessions"].as_array().expect("a list").len(), 5);
    let mut contacts: Vec<(&str, i64)> = one["interactions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|channel| {
            let name = channel["channel"].as_str().expect("a name");
            (name, channel["interactions"].as_i64().expect("a number"))
        })
        .collect();
    contacts.sort_unstable();
    assert_eq!(contacts, [("call", 1), ("email", 1)]);
    let timeline = one["timeline"]["data"].as_array().expect("a list");
    let of = |kind: &str| timeline.iter().filter(|one| one["type"] == kind).count();
    assert_eq!(
        (of("page_view"), of("milestone"), of("interaction")),
        (5, 3, 2)
    );
    let times: Vec<i64> = timeline
        .iter()
        .map(|one| one["at"].as_i64().expect("a time"))
        .collect();
    assert!(
        times.is_sorted_by(|one, next| one >= next),
        "the latest first: {times:?}"
    );

    // Erased, nobody finds them any more, and every total is what it was.
    let before = scene.totals().await;
    let id = person["id"].as_str().expect("an id");
    let erase = ["privacy", "erase", "--site", "1", "--person", id];
    good(database.url(), &erase).await;
    assert_eq!(scene.totals().await, before);
    let by_user = scene.read("/api/v1/persons?site=1&q=user-9", &secret).await;
    assert_eq!(by_user["data"], json!([]));
    let everybody = scene.read("/api/v1/persons?site=1", &secret).await;
    let left = everybody.to_string();
    for told in [
        "user-9",
        first["visitorId"].as_str().expect("an id"),
        fifth["visitorId"].as_str().expect("an id"),
    ] {
        assert!(!left.contains(told), "{told}: {left}");
    }
    scene.collector.assert_quiet_log();
}

impl Scene {
    /// What was counted of everybody.
    async fn totals(&self) -> Vec<i64> {
        let mut totals = Vec::new();
        for sql in [
            "SELECT COUNT(*) FROM events",
            "SELECT COUNT(*) FROM sessions",
            "SELECT COUNT(*) FROM visitors",
            "SELECT COUNT(*) FROM milestones",
            "SELECT COUNT(*) FROM interactions",
            "SELECT CAST(SUM(total_page_views) AS BIGINT) FROM visitors",
            "SELECT COUNT(*) FROM sessions WHERE source = 'newsletter'",
            "SELECT COUNT(*) FROM visitors WHERE source = 'newsletter'",
        ] {
            totals.push(self.number(sql).await);
        }
        totals
    }

    /// Opens a page in a browser, does something there, and waits until all of it is answered. The ids of the visit.
    async fn visit(&self, browser: &Chromium, path: &str, then: &str) -> Value {
        browser.open(&self.site.url(path)).await;
        let ids = browser.settled("waymark.ready()").await;
        browser.run(then).await;
        eventually("everything is answered", || async move {
            browser.settled("waymark.flush()").await == 0
        })
        .await;
        ids
    }

    /// The shop's server tells of the user what it knows.
    async fn tell_by_segments_client(&self, ids: &Value) {
        let script = PathBuf::from(required("WAYMARK_TEST_SEGMENT")).join("person.mjs");
        let output = Command::new("node")
            .arg(script)
            .args([&self.collector.origin(), KEY, &ids.to_string()])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .expect("the client runs");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{said}");
    }

    async fn read(&self, path: &str, secret: &str) -> Value {
        let answer = reqwest::Client::new()
            .get(format!("{}{path}", self.collector.origin()))
            .bearer_auth(secret)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.expect("JSON")
    }
}
