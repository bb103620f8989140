//! `/api/v1/sites/{id}/stages`: what a site's own milestones and stages do to its journeys, on both databases.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::catalogue::Owner;
use crate::support::app::{ORIGIN, TestApp, error};
use crate::support::batch::{Visit, event, item, milestone, now, page_view};
use crate::support::database::Database;
use crate::support::stream::Events;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    a_site_has_the_collectors_own_stages_until_it_sets_some,
    events_and_milestones_lead_to_the_sites_own_stages,
    time_in_stages_and_between_milestones_is_told,
    a_preview_says_what_setting_does_and_writes_nothing,
    errors_name_the_place,
    sites_never_see_each_other,
    only_people_set_stages,
);

pub(super) const PATH: &str = "/api/v1/sites/1/stages";

pub(super) fn document() -> Value {
    json!({
        "version": 1,
        "stages": [
            {"key": "visitor", "label": "Visitor"},
            {"key": "trying", "label": "Trying it out"},
            {"key": "paying", "label": "Paying"},
        ],
        "milestones": [
            {"name": "analysed", "stage": "trying", "event": "analysis_started"},
            {"name": "previews_viewed", "event": "previews_viewed"},
            {"name": "first_payment", "stage": "paying", "event": "paid"},
        ],
    })
}

/// An item that happened some time ago.
fn ago(mut item: Value, ms: i64) -> Value {
    item["at"] = json!(now() - ms);
    item
}

async fn set(owner: &Owner, document: &Value) -> Value {
    let body = json!({"document": document});
    let answer = owner.ask(Method::PUT, PATH, Some(&body)).await;
    assert_eq!(answer.status(), 200);
    let app = &owner.app;
    eventually("the past is searched", || async move {
        app.json(PATH).await["restating"].is_null()
    })
    .await;
    answer.json().await.unwrap()
}

async fn previewed(owner: &Owner, body: &Value) -> Value {
    let path = format!("{PATH}/preview");
    let answer = owner.ask(Method::POST, &path, Some(body)).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn journey(app: &TestApp, visit: &Visit) -> Value {
    let path = format!("/api/v1/visitors/{}?site=1", visit.visitor);
    app.json(&path).await["journey"].clone()
}

/// How many journeys a list narrowed to each stage has.
async fn by_stage(app: &TestApp, keys: &[&str]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for key in keys {
        let path = format!("/api/v1/visitors?site=1&limit=500&stage={key}");
        let listed = app.json(&path).await["data"].as_array().unwrap().clone();
        assert!(listed.iter().all(|journey| journey["stage"] == **key));
        counts.insert((*key).to_owned(), listed.len());
    }
    counts
}

async fn a_site_has_the_collectors_own_stages_until_it_sets_some(database: Database) {
    let owner = Owner::start(database).await;
    let own = owner.app.json(PATH).await;
    assert_eq!(
        (&own["version"], &own["changed_at"], &own["restating"]),
        (&json!(0), &Value::Null, &Value::Null)
    );
    let keys: Vec<_> = own["document"]["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["key"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["anonymous", "registered", "qualified", "converted"]);
    assert_eq!(
        own["document"]["milestones"][0],
        json!({"name": "signup_at", "stage": "registered"})
    );
    let history = owner.app.json(&format!("{PATH}/history")).await;
    assert_eq!(history, json!({"data": []}));

    let mut stream = Events::of(owner.app.get("/api/v1/live").await);
    let changed = set(&owner, &document()).await;
    // Whoever watches is told to load everything again.
    assert_eq!(stream.next().await.unwrap().0, "resync");
    assert_eq!(changed["version"], 1);
    assert_eq!(changed["changed_by"], "owner@shop.example");
    assert_eq!(changed["document"], document());
    // What is shown is what can be set.
    set(&owner, &own["document"]).await;
    let history = owner.app.json(&format!("{PATH}/history")).await;
    let documents: Vec<_> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| (&version["version"], &version["document"]))
        .collect();
    assert_eq!(
        documents,
        [(&json!(2), &own["document"]), (&json!(1), &document())]
    );
    assert!(history["data"][0]["changed_at"].as_i64() >= changed["changed_at"].as_i64());
    owner.app.log.assert_quiet();
}

async fn events_and_milestones_lead_to_the_sites_own_stages(database: Database) {
    let owner = Owner::start(database).await;
    let app = &owner.app;
    let before = Visit::new(&app.key);
    let started = ago(event("analysis_started"), 5000);
    app.accept(&before.batch(std::slice::from_ref(&started)))
        .await;
    set(&owner, &document()).await;
    // What happened before the stages were set counts as well.
    let found = journey(app, &before).await;
    assert_eq!(
        (&found["stage"], &found["stage_at"]),
        (&json!("trying"), &started["at"])
    );

    let mut stream = Events::of(app.get("/api/v1/live?site=1").await);
    let visit = Visit::new(&app.key);
    let reach = async |item: Value| {
        app.accept(&visit.batch(&[item])).await;
        journey(app, &visit).await["stage"].clone()
    };
    assert_eq!(reach(page_view("https://shop.example/")).await, "visitor");
    assert_eq!(reach(event("previews_viewed")).await, "visitor");
    // Signing up leads nowhere here, and is kept.
    assert_eq!(reach(milestone("signup_at")).await, "visitor");
    assert_eq!(reach(milestone("first_payment")).await, "paying");
    // A stage never goes back, whatever comes late.
    assert_eq!(
        reach(ago(event("analysis_started"), 60_000)).await,
        "paying"
    );
    assert_eq!(reach(event("analysis_started")).await, "paying");
    let milestones = journey(app, &visit).await["milestones"].clone();
    let milestones: Vec<_> = milestones
        .as_array()
        .unwrap()
        .iter()
        .map(|reached| (&reached["name"], &reached["stage"]))
        .map(|(name, stage)| json!([name, stage]))
        .collect();
    assert_eq!(
        milestones,
        [
            json!(["analysed", "trying"]),
            json!(["previews_viewed", null]),
            json!(["signup_at", null]),
            json!(["first_payment", "paying"]),
        ]
    );
    let counts = by_stage(app, &["visitor", "trying", "paying"]).await;
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [1, 1, 0]);
    let gone = app.get("/api/v1/visitors?site=1&stage=registered").await;
    assert_eq!(
        error(gone).await,
        (400, "invalid_parameter".into(), Some("stage".into()))
    );

    let path = format!("/api/v1/events?site=1&visitor={}", visit.visitor);
    let entries = app.json(&path).await["data"].clone();
    let stages: Vec<_> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| json!([entry["name"], entry["stage"]]))
        .collect();
    for line in [
        json!(["analysis_started", "trying"]),
        json!(["previews_viewed", null]),
        json!(["first_payment", "paying"]),
        json!(["signup_at", null]),
    ] {
        assert!(stages.contains(&line), "{line} in {stages:?}");
    }
    let last = loop {
        let (name, data) = stream.next().await.unwrap();
        match name.as_str() {
            "journey" if data["stage"] == "paying" => break data,
            // The search of the past has ended meanwhile: everything is to be loaded.
            "resync" => break journey(app, &visit).await,
            _ => {}
        }
    };
    assert_eq!(
        (&last["visitor_id"], &last["stage"]),
        (&json!(visit.visitor), &json!("paying"))
    );
    app.log.assert_quiet();
}

async fn time_in_stages_and_between_milestones_is_told(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    let began = now();
    let at = |kind: Value, ms: i64| {
        let mut item = kind;
        item["at"] = json!(began - ms);
        item
    };
    // In an order of their own, and one stage is passed over.
    app.accept(&visit.batch(&[
        at(milestone("first_connection_at"), 1000),
        at(page_view("https://shop.example/"), 60_000),
        at(milestone("signup_at"), 45_000),
    ]))
    .await;
    let found = journey(&app, &visit).await;
    let stages: Vec<_> = found["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| {
            let entered = began - stage["entered_at"].as_i64().unwrap();
            json!([stage["stage"], entered, stage["lasted_ms"]])
        })
        .collect();
    assert_eq!(
        stages,
        [
            json!(["anonymous", 60_000, 15_000]),
            json!(["registered", 45_000, 44_000]),
            json!(["qualified", 1000, 0]),
            json!(["converted", 1000, null]),
        ]
    );
    let gaps: Vec<_> = found["milestones"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| json!([m["since_first_ms"], m["since_previous_ms"]]))
        .collect();
    assert_eq!(gaps, [json!([15_000, null]), json!([59_000, 44_000])]);
}

async fn a_preview_says_what_setting_does_and_writes_nothing(database: Database) {
    let owner = Owner::start(database).await;
    let app = &owner.app;
    // 4 who only look, 3 who sign up, 2 who sign up and analyse, 5 who pay, of whom 1 had connected.
    for number in 0..14 {
        let mut items = vec![page_view("https://shop.example/")];
        match number {
            0..4 => {}
            4..7 => items.push(milestone("signup_at")),
            7..9 => items.extend([milestone("signup_at"), event("analysis_started")]),
            9 => items.extend([milestone("first_connection_at"), event("paid")]),
            _ => items.push(event("paid")),
        }
        app.accept(&Visit::new(&app.key).batch(&items)).await;
    }
    // Bots are no figure's.
    let bot = Visit::new(&app.key).batch(&[event("paid")]);
    let sent = app
        .request(Method::POST, "/v1/events")
        .header("Origin", ORIGIN)
        .header(
            "User-Agent",
            "Googlebot/2.1 (+http://www.google.com/bot.html)",
        )
        .body(bot.to_string())
        .send();
    assert_eq!(sent.await.unwrap().status(), 200);

    app.judged().await;
    let tables = app.database.tables().await;
    let rows = async || {
        let mut rows = Vec::new();
        for table in &tables {
            rows.push(app.database.rows(table).await);
        }
        rows
    };
    let before = rows().await;
    let body = json!({"document": document()});
    let preview = previewed(&owner, &body).await;
    assert_eq!(rows().await, before);
    assert_eq!(
        (&preview["version"], &preview["journeys"], &preview["moved"]),
        (&json!(0), &json!(14), &json!(14))
    );
    let moves: Vec<_> = preview["moves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["from"], one["to"], one["journeys"]]))
        .collect();
    assert_eq!(moves.len(), 5);
    for line in [
        json!(["anonymous", "visitor", 4]),
        json!(["anonymous", "paying", 4]),
        json!(["registered", "visitor", 3]),
        json!(["registered", "trying", 2]),
        json!(["converted", "paying", 1]),
    ] {
        assert!(moves.contains(&line), "{line} in {moves:?}");
    }
    let analysed = &preview["milestones"][0];
    assert_eq!(
        json!([
            analysed["name"],
            analysed["appears"],
            analysed["vanishes"],
            analysed["shifts"]
        ]),
        json!(["analysed", 2, 0, 0])
    );
    let paid = &preview["milestones"][1];
    assert_eq!(
        (&paid["name"], &paid["appears"]),
        (&json!("first_payment"), &json!(5))
    );
    let example = &paid["examples"][0];
    let id: Uuid = example["visitor_id"].as_str().unwrap().parse().unwrap();
    let named = app.json(&format!("/api/v1/visitors/{id}")).await;
    assert_eq!(named["journey"]["name"], example["name"]);

    let told = |preview: &Value, side: &str| -> BTreeMap<String, usize> {
        let stages = preview["stages"].as_array().unwrap().iter();
        stages
            .filter(|stage| stage[side] != json!(0))
            .map(|stage| {
                let count = stage[side].as_u64().unwrap() as usize;
                (stage["stage"].as_str().unwrap().to_owned(), count)
            })
            .collect()
    };
    let shown = by_stage(app, &["anonymous", "registered", "qualified", "converted"]).await;
    let shown: BTreeMap<_, _> = shown.into_iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(shown, told(&preview, "before"));
    set(&owner, &document()).await;
    let shown = by_stage(app, &["visitor", "trying", "paying"]).await;
    assert_eq!(shown, told(&preview, "after"));

    // Once it holds, it changes nothing; a change that is smaller says how small.
    let same = previewed(&owner, &body).await;
    assert_eq!(
        (&same["moved"], &same["moves"], &same["milestones"]),
        (&json!(0), &json!([]), &json!([]))
    );
    let mut smaller = document();
    smaller["milestones"].as_array_mut().unwrap().remove(0);
    let body = json!({"document": smaller});
    let less = previewed(&owner, &body).await;
    assert_eq!((&less["version"], &less["moved"]), (&json!(1), &json!(2)));
    assert_eq!(less["milestones"][0]["vanishes"], 2);
    app.log.assert_quiet();
}

async fn errors_name_the_place(database: Database) {
    let owner = Owner::start(database).await;
    let broken = |at: &str, value: Value| {
        let mut document = document();
        *document.pointer_mut(at).unwrap() = value;
        json!({"document": document})
    };
    let stages: Vec<Value> = (0..21)
        .map(|n| json!({"key": format!("s{n}"), "label": "S"}))
        .collect();
    for (body, field) in [
        (json!({}), "document"),
        (json!({"document": document(), "mode": "x"}), "mode"),
        (json!({"document": []}), "document"),
        (broken("/version", json!(2)), "document/version"),
        (broken("/stages", json!(stages)), "document/stages"),
        (
            broken("/stages/1/key", json!("visitor")),
            "document/stages/1/key",
        ),
        (
            broken("/milestones/2/stage", json!("gone")),
            "document/milestones/2/stage",
        ),
        (
            broken("/milestones/1/name", json!(" ")),
            "document/milestones/1/name",
        ),
        (
            broken("/milestones/1/event", json!("paid")),
            "document/milestones/2/event",
        ),
    ] {
        for (method, path) in [
            (Method::PUT, PATH.to_owned()),
            (Method::POST, format!("{PATH}/preview")),
        ] {
            let answer = owner.ask(method, &path, Some(&body)).await;
            let expected = (400, "invalid_field".to_owned(), Some(field.to_owned()));
            assert_eq!(error(answer).await, expected, "{body}");
        }
    }
    assert_eq!(owner.app.json(PATH).await["version"], 0);
    owner.app.log.assert_quiet();
}

async fn sites_never_see_each_other(database: Database) {
    let owner = Owner::start(database).await;
    let app = &owner.app;
    let second = app.add_site("Second", &[]).await;
    let own_key = app.add_key(Some(2)).await;
    set(&owner, &document()).await;
    for key in [&app.key, &second] {
        let visit = Visit::new(key);
        app.accept(&visit.batch(&[event("paid"), milestone("signup_at")]))
            .await;
    }
    let stage = async |site: i64| {
        let list = app.json(&format!("/api/v1/visitors?site={site}")).await;
        list["data"][0]["stage"].clone()
    };
    assert_eq!(
        (stage(1).await, stage(2).await),
        (json!("paying"), json!("registered"))
    );
    let other = app.json("/api/v1/sites/2/stages").await;
    assert_eq!(other["version"], 0);
    let body = json!({"document": document()});
    for path in [PATH.to_owned(), format!("{PATH}/history")] {
        let answer = app.get_with(&path, &own_key).await;
        assert_eq!(error(answer).await, (404, "not_found".into(), None));
    }
    let preview = app
        .request(Method::POST, &format!("{PATH}/preview"))
        .bearer_auth(&own_key)
        .json(&body);
    assert_eq!(error(preview.send().await.unwrap()).await.0, 404);
    let nobody = owner
        .ask(Method::PUT, "/api/v1/sites/7/stages", Some(&body))
        .await;
    assert_eq!(error(nobody).await, (404, "not_found".into(), None));
    // Its first times neither: the tables hold the first site's alone.
    let kept = "SELECT COUNT(*) FROM first_events WHERE site_id <> 1";
    assert_eq!(app.database.number(kept).await, 0);
    app.log.assert_quiet();
}

async fn only_people_set_stages(database: Database) {
    let app = TestApp::start(database).await;
    let body = json!({"document": document()});
    let asked = |method: Method, path: String| {
        app.request(method, &path)
            .bearer_auth(&app.secret)
            .json(&body)
            .send()
    };
    let answer = asked(Method::PUT, PATH.to_owned()).await.unwrap();
    assert_eq!(error(answer).await, (403, "forbidden".into(), None));
    let preview = asked(Method::POST, format!("{PATH}/preview"))
        .await
        .unwrap();
    assert_eq!(preview.status(), 200);
    let nobody = app.request(Method::GET, PATH).send().await.unwrap();
    assert_eq!(error(nobody).await.0, 401);
    let item = item("event", json!({"name": "paid"}));
    app.accept(&Visit::new(&app.key).batch(&[item])).await;
    app.log.assert_quiet();
}
