//! Accounts: what the site told of them, and the journeys of their people as one.

use serde_json::{Value, json};

use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, identify, item, milestone, now};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    an_account_is_the_union_of_its_people,
    accounts_are_found_by_what_the_site_told,
);

fn group(account: &str, traits: Value) -> Value {
    item("group", json!({"account_id": account, "traits": traits}))
}

fn at(ago: i64, mut item: Value) -> Value {
    item["at"] = json!(now() - ago * 1000);
    item
}

async fn an_account_is_the_union_of_its_people(database: Database) {
    let app = TestApp::start(database).await;
    // Ann on two browsers, of which one told the account; Ben; and Cleo, who shares a browser with Ann.
    let [laptop, phone, bens, own] = std::array::from_fn(|_| Visit::new(&app.key));
    let items = [
        at(100, event("landed")),
        at(90, identify("ann")),
        at(80, group("acme", json!({"name": "Acme", "seats": 3}))),
        at(70, identify("cleo")),
        at(60, event("cleos")),
    ];
    let mut batch = laptop.batch(&items);
    batch["context"]["touch"] = json!({"source": "fair", "medium": "event"});
    app.accept(&batch).await;
    let items = [at(50, identify("ann")), at(40, milestone("signup_at"))];
    app.accept(&phone.batch(&items)).await;
    let items = [
        at(30, identify("ben")),
        at(
            20,
            group(
                "acme",
                json!({"name": "Acme Ltd", "website": "https://www.acme.example/"}),
            ),
        ),
        at(10, milestone("nda_signed_at")),
    ];
    app.accept(&bens.batch(&items)).await;
    app.accept(&own.batch(&[at(5, event("nobodys"))])).await;

    let full = app.json("/api/v1/accounts/acme").await;
    let account = &full["account"];
    assert_eq!(account["name"], "Acme Ltd");
    assert_eq!(account["domain"], "acme.example");
    assert_eq!(
        account["traits"],
        json!({"name": "Acme Ltd", "website": "https://www.acme.example/"})
    );
    let people: Vec<&str> = full["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(|person| person["id"].as_str().unwrap())
        .collect();
    assert_eq!(people, ["user:ben", "user:ann"]);
    assert_eq!(full["total_people"], 2);
    let figures = &full["figures"];
    assert_eq!(figures["stage"], "qualified");
    assert_eq!(figures["first_touch"]["source"], "fair");
    assert_eq!(figures["total_sessions"], 3);
    assert_eq!(figures["total_events"], 1);
    let reached: Vec<&str> = figures["milestones"]
        .as_array()
        .unwrap()
        .iter()
        .map(|milestone| milestone["name"].as_str().unwrap())
        .collect();
    assert_eq!(reached, ["signup_at", "nda_signed_at"]);
    let entries = full["timeline"]["data"].as_array().unwrap();
    let names: Vec<&str> = entries
        .iter()
        .rev()
        .map(|entry| entry["name"].as_str().or(entry["type"].as_str()).unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "landed",
            "identify",
            "acme",
            "identify",
            "signup_at",
            "identify",
            "acme",
            "nda_signed_at"
        ]
    );
    // A page at a time.
    let first = app.json("/api/v1/accounts/acme?limit=3").await;
    let next = first["timeline"]["next_cursor"].as_str().unwrap();
    let second = app
        .json(&format!("/api/v1/accounts/acme?limit=500&cursor={next}"))
        .await;
    let mut rows = first["timeline"]["data"].as_array().unwrap().clone();
    rows.extend(
        second["timeline"]["data"]
            .as_array()
            .unwrap()
            .iter()
            .cloned(),
    );
    assert_eq!(&rows, entries);
    let ann = app.json("/api/v1/persons/user:ann").await;
    assert_eq!(ann["person"]["account_ids"], json!(["acme"]));
    let cleo = app.json("/api/v1/persons/user:cleo").await;
    assert_eq!(cleo["person"]["account_ids"], json!([]));
    app.log.assert_quiet();
}

async fn accounts_are_found_by_what_the_site_told(database: Database) {
    let app = TestApp::start(database).await;
    for (account, traits, ago) in [
        (
            "acme",
            json!({"name": "Acme GmbH", "domain": "ACME.example"}),
            30,
        ),
        ("acme-labs", json!({"website": "acme.example/labs"}), 20),
        // An address of one of its people says nothing of an account.
        ("globex", json!({"email": "hank@mail.example"}), 10),
    ] {
        let visit = Visit::new(&app.key);
        app.accept(&visit.batch(&[at(ago, group(account, traits))]))
            .await;
    }
    let ids = async |query: &str| {
        let page = app.json(&format!("/api/v1/accounts?{query}")).await;
        let rows = page["data"].as_array().unwrap();
        rows.iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let whole = ["globex", "acme-labs", "acme"];
    assert_eq!(ids("").await, whole);
    assert_eq!(ids("domain=Acme.example").await, ["acme-labs", "acme"]);
    assert_eq!(ids("domain=mail.example").await, [""; 0]);
    assert_eq!(ids("q=gmbh").await, ["acme"]);
    assert_eq!(ids("q=LABS").await, ["acme-labs"]);
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.json(&format!("/api/v1/accounts?limit=1{cursor}")).await;
        rows.push(page["data"][0]["id"].as_str().unwrap().to_owned());
        match page["next_cursor"].as_str() {
            None => break,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
    assert_eq!(rows, whole);
    assert_eq!(
        error(app.get("/api/v1/accounts/nobody").await).await.1,
        "not_found"
    );
    let cursor = app.get("/api/v1/accounts?cursor=7").await;
    assert_eq!(error(cursor).await.2.as_deref(), Some("cursor"));
    app.log.assert_quiet();
}
