//! Finding sessions and visitors, and many of them at once by their ids.

use serde_json::{Value, json};
use uuid::Uuid;

use super::analytics::encoded;
use super::merges::post;
use super::persons::{from, timed};
use super::revenue::at;
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, identify, milestone, now, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    many_are_told_at_once_by_their_ids,
    sessions_and_visitors_are_found,
    what_cannot_be_searched_for_is_named,
);

const DAY: i64 = 86_400_000;

async fn profiles(app: &TestApp, ids: &str) -> Value {
    app.json(&format!("/api/v1/profiles?site=1&ids={}", encoded(ids)))
        .await
}

async fn many_are_told_at_once_by_their_ids(database: Database) {
    let app = TestApp::start(database).await;
    let owner = app.set_up("owner@shop.example", "a long password").await;
    let (laptop, phone) = (Visit::new(&app.key), Visit::new(&app.key));
    let bought = vec![
        page_view("https://shop.example/"),
        identify("ann,b"),
        milestone("signup_at"),
    ];
    app.accept(&from(&laptop, "newsletter", &timed(300, bought)))
        .await;
    let again = Visit {
        session: Uuid::now_v7(),
        started_at: now() - 100_000,
        ..laptop.clone()
    };
    app.accept(&from(&again, "poster", &timed(100, vec![event("back")])))
        .await;
    app.accept(&from(
        &phone,
        "search",
        &timed(90, vec![event("there"), identify("ann,b")]),
    ))
    .await;
    let kiosk = Visit::new(&app.key);
    let shared = timed(50, vec![identify("ann,b"), event("x"), identify("ben")]);
    app.accept(&from(&kiosk, "kiosk", &shared)).await;
    let alone = Visit::new(&app.key);
    app.accept(&from(&alone, "friend", &timed(80, vec![event("x")])))
        .await;
    let merge = json!({"person": "user:ben", "other": format!("visitor:{}", alone.visitor)});
    post(&app, &owner, "/api/v1/persons/merge?site=1", &merge).await;
    app.judged().await;

    let nobody = Uuid::now_v7();
    let ids = json!([
        laptop.visitor,
        format!("visitor:{}", phone.visitor),
        "user:ann,b",
        "user:ben",
        "user:zoe",
        nobody
    ]);
    let answer = profiles(&app, &ids.to_string()).await;
    assert_eq!(answer["unknown"], json!([nobody, "user:zoe"]));
    let data = answer["data"].as_object().unwrap();
    assert_eq!(data.len(), 4);
    let browser = &data[&laptop.visitor.to_string()];
    let full = app
        .json(&format!("/api/v1/visitors/{}?site=1", laptop.visitor))
        .await;
    for (name, value) in full["journey"].as_object().unwrap() {
        assert_eq!(&browser[name], value, "{name}");
    }
    assert_eq!(browser["total_sessions"], 2);
    assert_eq!(browser["stage"], "registered");
    assert_eq!(browser["first_touch"]["source"], "newsletter");
    assert_eq!(browser["last_touch"]["source"], "poster");
    assert_eq!(browser["last_session_at"], again.started_at);
    assert!(browser["kept"]["score"].is_number());
    assert_eq!(
        data[&format!("visitor:{}", phone.visitor)]["last_touch"]["source"],
        "search"
    );

    let person = &data["user:ann,b"];
    let full = app
        .json(&format!("/api/v1/persons/{}?site=1", encoded("user:ann,b")))
        .await;
    for (name, value) in full["person"].as_object().unwrap() {
        assert_eq!(&person[name], value, "{name}");
    }
    assert_eq!(person["visitors"].as_array().unwrap().len(), 3);
    // The kiosk is not theirs alone, so its last session may be somebody else's.
    assert_eq!(person["last_touch"]["source"], "search");
    assert!(person["kept"]["score"].is_number());
    let merged = &data["user:ben"];
    assert_eq!(merged["visitors"].as_array().unwrap().len(), 2);
    assert_eq!(merged["last_touch"]["source"], "friend");

    let one = profiles(&app, &laptop.visitor.to_string()).await;
    assert_eq!(one["data"][laptop.visitor.to_string()]["user_id"], "ann,b");
    let others = app.add_site("Second", &[]).await;
    assert!(!others.is_empty());
    let there = app
        .json(&format!("/api/v1/profiles?site=2&ids={}", laptop.visitor))
        .await;
    assert_eq!(there, json!({"data": {}, "unknown": [laptop.visitor]}));
    let many: Vec<String> = (0..101).map(|_| Uuid::now_v7().to_string()).collect();
    for ids in [
        many.join(","),
        "user".to_owned(),
        String::new(),
        "[1]".to_owned(),
    ] {
        let answer = app
            .get(&format!("/api/v1/profiles?site=1&ids={}", encoded(&ids)))
            .await;
        let (status, _, field) = error(answer).await;
        assert_eq!((status, field.as_deref()), (400, Some("ids")), "{ids}");
    }
    let answer = app.get("/api/v1/profiles?site=1").await;
    assert_eq!(error(answer).await.2.as_deref(), Some("ids"));
    assert_eq!(
        profiles(&app, &many[..100].join(",")).await["unknown"]
            .as_array()
            .unwrap()
            .len(),
        100
    );
    app.log.assert_quiet();
}

/// A session that began at a moment.
async fn visit(app: &TestApp, at_ms: i64, touch: Value, page: &str) -> Visit {
    let visit = Visit {
        started_at: at_ms,
        ..Visit::new(&app.key)
    };
    let items = [
        at(visit.started_at, page_view(page)),
        at(visit.started_at + 1, event("e")),
    ];
    let mut batch = visit.batch(&items);
    batch["context"]["touch"] = touch;
    app.accept(&batch).await;
    visit
}

async fn found(app: &TestApp, list: &str, query: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app
            .json(&format!("/api/v1/{list}?site=1&limit=1{query}{cursor}"))
            .await;
        let data = page["data"].as_array().unwrap().iter();
        all.extend(data.map(|one| one["visitor_id"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

async fn sessions_and_visitors_are_found(database: Database) {
    let app = TestApp::start(database).await;
    let began = now();
    let spring = json!({"source": "google", "medium": "cpc", "campaign": "Spring_sale", "landing_url": "https://shop.example/pricing?x=1"});
    let ad = visit(
        &app,
        began - 9 * DAY,
        spring,
        "https://shop.example/pricing?x=1",
    )
    .await;
    let mail =
        json!({"source": "newsletter", "medium": "email", "landing_url": "https://shop.example/"});
    let letter = visit(&app, began - 5 * DAY, mail, "https://shop.example/").await;
    let known = at(letter.started_at + 5, identify("ann@shop.example"));
    app.accept(&letter.batch(&[known])).await;
    let unknown = visit(
        &app,
        began - DAY,
        Value::Null,
        "https://shop.example/100%25_off",
    )
    .await;
    let name = app
        .json(&format!("/api/v1/visitors/{}?site=1", ad.visitor))
        .await["journey"]["name"]
        .clone();
    let name = name.as_str().unwrap().to_uppercase();
    let day = |days: i64| {
        let at = jiff::Timestamp::from_millisecond(began - days * DAY).unwrap();
        at.in_tz("UTC").unwrap().date().to_string()
    };
    let [ad, letter, unknown] = [ad, letter, unknown].map(|visit| json!(visit.visitor));
    let all = vec![unknown.clone(), letter.clone(), ad.clone()];
    for (query, sessions, visitors) in [
        (String::new(), all.clone(), all.clone()),
        (
            "&source=google".to_owned(),
            vec![ad.clone()],
            vec![ad.clone()],
        ),
        ("&source=Google".to_owned(), vec![], vec![]),
        (
            "&channel=Email".to_owned(),
            vec![letter.clone()],
            vec![letter.clone()],
        ),
        ("&country=DE".to_owned(), vec![], vec![]),
        (
            "&entry_page=/PRICING".to_owned(),
            vec![ad.clone()],
            vec![ad.clone()],
        ),
        (format!("&q={name}"), vec![ad.clone()], vec![ad.clone()]),
        (
            "&q=ann%40".to_owned(),
            vec![letter.clone()],
            vec![letter.clone()],
        ),
        ("&q=spring_".to_owned(), vec![ad.clone()], vec![]),
        ("&q=100%25%25".to_owned(), vec![], vec![]),
        ("&q=%00".to_owned(), vec![], vec![]),
        ("&channel=%00".to_owned(), vec![], vec![]),
        (
            format!("&zone=UTC&from={}", day(5)),
            vec![unknown.clone(), letter.clone()],
            vec![unknown.clone(), letter.clone()],
        ),
        (
            format!("&zone=UTC&to={}", day(5)),
            vec![letter.clone(), ad.clone()],
            vec![letter.clone(), ad.clone()],
        ),
        (
            format!("&zone=UTC&from={}&to={}", day(6), day(4)),
            vec![letter.clone()],
            vec![letter.clone()],
        ),
        (
            format!("&zone=UTC&to={}&channel=Email", day(6)),
            vec![],
            vec![],
        ),
    ] {
        assert_eq!(
            found(&app, "sessions", &query).await,
            sessions,
            "sessions {query}"
        );
        assert_eq!(
            found(&app, "visitors", &query).await,
            visitors,
            "visitors {query}"
        );
    }
    app.log.assert_quiet();
}

async fn what_cannot_be_searched_for_is_named(database: Database) {
    let app = TestApp::start(database).await;
    for list in ["sessions", "visitors"] {
        for (query, field) in [
            ("from=yesterday", "from"),
            ("from=2026-02-02&to=2026-02-01", "from"),
            ("to=2026-02-30", "to"),
            ("zone=Europe/Atlantis", "zone"),
            ("from=2026-02-02&zone=x", "zone"),
            ("city=Berlin", "city"),
        ] {
            let answer = app.get(&format!("/api/v1/{list}?site=1&{query}")).await;
            let (status, _, named) = error(answer).await;
            assert_eq!(
                (status, named.as_deref()),
                (400, Some(field)),
                "{list} {query}"
            );
        }
    }
}
