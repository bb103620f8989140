//! What a sender is told, and that it is true.

use serde_json::{Value, json};
use tokio::time::timeout;
use waymark_protocol::{BatchAnswer, Reason, Status};

use super::desk::{
    Desk, batch, context, event, id, item, page, ping, site, statuses, submit, visitor,
};
use crate::support::database::Database;
use crate::support::on_both_databases;
use crate::support::stream::PATIENCE;

on_both_databases!(
    a_whole_batch_can_be_read_back,
    sending_again_changes_nothing,
    one_id_counts_once_however_often_it_stands_in_a_batch,
    an_id_is_its_visitors,
    a_bad_item_costs_itself_alone,
    a_bad_optional_field_costs_that_field,
    a_ping_may_come_before_its_page_view,
    later_items_erase_nothing,
    a_stage_never_goes_back,
    sites_do_not_see_each_other,
    those_who_watch_are_told_after_the_commit,
);

async fn a_whole_batch_can_be_read_back(database: Database) {
    let desk = Desk::new(database).await;
    let full: Value =
        serde_json::from_str(include_str!("../../protocol/fixtures/v1/batch.full.json")).unwrap();
    let answer = desk.send(&full).await;
    assert_eq!(statuses(&answer), [Status::Accepted; 9]);

    let journey = serde_json::to_value(&desk.all_journeys().await[0]).unwrap();
    let first_touch = json!({
        "at": 1_748_000_000_000_i64, "source": "search.example", "medium": "referral", "campaign": null,
        "term": null, "content": null, "channel": "Referral", "click_ids": {},
        "landing_url": "https://shop.example/", "referrer": "https://search.example/",
    });
    let ga = json!({"client_id": "1162820436.1749482504", "session_id": "1749482504"});
    assert_eq!(
        journey,
        json!({
            "visitor_id": "01975560-7a00-7000-8000-000000000001", "name": "cosmic-gull-81",
            "user_id": "user-7", "account_id": "acme", "stage": "registered", "stage_at": 1_749_482_507_000_i64,
            "first_seen": 1_749_482_504_001_i64, "last_seen": 1_749_482_509_700_i64,
            "total_sessions": 1, "total_page_views": 1, "total_events": 1,
            "first_touch": first_touch,
            "device": {
                "type": "desktop", "browser": "Firefox", "os": "Linux", "country": null, "region": null,
                "city": null, "language": "en-GB", "time_zone": "Europe/Berlin",
            },
            "ga": ga,
            "stages": [{"stage": "anonymous", "entered_at": 1_749_482_504_001_i64, "lasted_ms": 2999}, {"stage": "registered", "entered_at": 1_749_482_507_000_i64, "lasted_ms": null}],
            "milestones": [{"name": "signup_at", "at": 1_749_482_507_000_i64, "stage": "registered", "since_first_ms": 2999, "since_previous_ms": null}],
            "bot": false,
            "bot_by": null,
            "rules": 1,
        })
    );

    let session = serde_json::to_value(&desk.all_sessions().await[0]).unwrap();
    assert_eq!(session["touch"]["source"], "newsletter");
    assert_eq!(session["touch"]["channel"], "Email");
    assert_eq!(session["touch"]["click_ids"], json!({"gclid": "Cj0abc"}));
    assert_eq!(session["visible_ms"], 4000);
    assert_eq!(session["started_at"], 1_749_482_504_000_i64);
    assert_eq!(session["last_activity_at"], 1_749_482_509_700_i64);
    assert_eq!(session["entry_url"], "https://shop.example/pricing");
    assert_eq!(session["ga"], ga);
    assert_eq!(session["device"].as_object().unwrap().len(), 6);

    let entries: Vec<Value> = desk
        .all_entries()
        .await
        .iter()
        .map(|entry| serde_json::to_value(entry).unwrap())
        .collect();
    let kinds: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry["type"].as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "identify",
            "group",
            "consent",
            "ga_linked",
            "milestone",
            "identify",
            "event",
            "page_view"
        ]
    );
    assert_eq!(
        entries[0]["props"],
        json!({"previous_id": "ann@shop.example"})
    );
    assert_eq!(entries[1]["name"], "acme");
    assert_eq!(entries[1]["props"], json!({"name": "Acme", "seats": 12}));
    let entries = &entries[2..];
    assert_eq!(entries[0]["props"], json!({"state": "granted"}));
    assert_eq!(entries[1]["props"], ga);
    assert_eq!(entries[2]["stage"], "registered");
    assert_eq!(entries[3]["props"], json!({"plan": "team"}));
    let bought = &entries[4];
    assert_eq!(
        (&bought["value"], &bought["currency"]),
        (&json!("49.90"), &json!("EUR"))
    );
    assert_eq!(bought["conversion"], true);
    assert_eq!(bought["props"], full["items"][1]["data"]["props"]);
    assert_eq!(
        (&entries[5]["visible_ms"], &entries[5]["scroll_max"]),
        (&json!(4000), &json!(60))
    );
}

async fn sending_again_changes_nothing(database: Database) {
    let desk = Desk::new(database).await;
    let items = [
        page(0, 5000, "/"),
        event(1, 4000, "a"),
        ping(2, 3000, 0, 1000, 50),
    ];
    let sent = batch(&context(0, 0), &items);
    desk.accept(&sent).await;
    let before = (
        desk.all_journeys().await,
        desk.all_sessions().await,
        desk.all_entries().await,
    );
    for _ in 0..3 {
        let again = desk.send(&sent).await;
        // A ping has no row to be a duplicate of; it says the same once more.
        assert_eq!(
            statuses(&again),
            [Status::Duplicate, Status::Duplicate, Status::Accepted]
        );
    }
    let after = (
        desk.all_journeys().await,
        desk.all_sessions().await,
        desk.all_entries().await,
    );
    assert_eq!(after, before);
    desk.log.assert_quiet();
}

async fn one_id_counts_once_however_often_it_stands_in_a_batch(database: Database) {
    let desk = Desk::new(database).await;
    let items = [
        event(1, 5000, "kept"),
        event(1, 4000, "not kept"),
        event(2, 3000, "b"),
    ];
    let answer = desk.send(&batch(&context(0, 0), &items)).await;
    assert_eq!(
        statuses(&answer),
        [Status::Accepted, Status::Duplicate, Status::Accepted]
    );
    assert_eq!(desk.journey(visitor(0)).await["total_events"], 2);
    let names: Vec<_> = desk
        .all_entries()
        .await
        .into_iter()
        .filter_map(|entry| entry.name)
        .collect();
    assert_eq!(names, ["b", "kept"]);
}

async fn an_id_is_its_visitors(database: Database) {
    let desk = Desk::new(database).await;
    let items = [event(1, 100, "looked"), event(2, 50, "bought")];
    for visitor in [1, 2, 1] {
        desk.send(&batch(&context(visitor, visitor), &items)).await;
    }
    let journeys = desk.all_journeys().await;
    assert_eq!(journeys.len(), 2);
    assert!(journeys.iter().all(|journey| journey.total_events == 2));
    assert_eq!(desk.all_entries().await.len(), 4);
}

pub(super) fn lines(answer: &BatchAnswer) -> Vec<(Status, Option<Reason>, Option<&str>)> {
    answer
        .results
        .iter()
        .map(|line| (line.status, line.reason, line.field.as_deref()))
        .collect()
}

async fn a_bad_item_costs_itself_alone(database: Database) {
    let desk = Desk::new(database).await;
    let no_id = json!({"type": "event", "at": 0, "seq": 1, "data": {"name": "x"}});
    let mut no_page = ping(6, 100, 0, 5, 5);
    no_page.as_object_mut().unwrap().remove("page_view_id");
    let items = [
        event(1, 5000, "good"),
        no_id,
        item("event", 2, 0, json!({"name": "n".repeat(101)})),
        item("identify", 3, 0, json!({"traits": {}})),
        item("hologram", 4, 0, json!({})),
        item(
            "event",
            5,
            401 * 24 * 60 * 60 * 1000,
            json!({"name": "old"}),
        ),
        no_page,
        ping(7, 100, 0, 5, 101),
        json!("not an object"),
        item(
            "event",
            8,
            0,
            json!({"name": "big", "props": {"x": "y".repeat(33_000)}}),
        ),
        json!({"type": "event", "id": id(9), "at": "now", "seq": 1, "data": {"name": "x"}}),
        json!({"type": "event", "id": id(11), "at": 0, "seq": 1}),
        event(10, 4000, "also good"),
    ];
    let answer = desk.send(&batch(&context(0, 0), &items)).await;
    let bad = |field| (Status::Dropped, Some(Reason::InvalidField), Some(field));
    assert_eq!(
        lines(&answer),
        [
            (Status::Accepted, None, None),
            bad("items[1].id"),
            (Status::Dropped, Some(Reason::TooLarge), Some("data.name")),
            bad("data.user_id"),
            (Status::Dropped, Some(Reason::UnknownType), Some("type")),
            (Status::Dropped, Some(Reason::InvalidTime), Some("at")),
            bad("page_view_id"),
            bad("data.scroll_max"),
            bad("items[8]"),
            (Status::Dropped, Some(Reason::TooLarge), Some("items[9]")),
            bad("at"),
            bad("data"),
            (Status::Accepted, None, None),
        ]
    );
    assert_eq!(answer.results[9].id, Some(id(8)));
    assert_eq!(answer.results[1].id, None);
    assert_eq!(desk.journey(visitor(0)).await["total_events"], 2);
    desk.log.assert_quiet();
}

async fn a_bad_optional_field_costs_that_field(database: Database) {
    let desk = Desk::new(database).await;
    let mut context = context(0, 0);
    context["touch"] = json!({"at": "yesterday", "source": 7, "medium": "Email", "campaign": "a\u{0}b", "click_ids": {"gclid": 1, "fbclid": "f"}});
    context["ga"] = json!([]);
    context["device"] = json!({"screen_width": -1, "language": "de"});
    context["consent"] = json!("perhaps");
    context["user_id"] = json!("u".repeat(257));
    let items = [
        item(
            "event",
            1,
            0,
            json!({"name": "a", "value": "lots", "currency": "euro", "conversion": "yes", "props": [1], "url": 5}),
        ),
        item(
            "page_view",
            2,
            0,
            json!({"url": "x".repeat(3000), "title": {"no": "text"}, "referrer": "a\u{0}"}),
        ),
    ];
    let answer = desk.send(&batch(&context, &items)).await;
    assert_eq!(statuses(&answer), [Status::Accepted, Status::Accepted]);
    let of_context = [
        "context.touch.at",
        "context.touch.source",
        "context.touch.click_ids.gclid",
        "context.ga",
        "context.device.screen_width",
        "context.consent",
        "context.user_id",
        "context.touch.campaign",
    ];
    let mut expected: Vec<&str> = of_context.to_vec();
    expected.extend([
        "data.value",
        "data.currency",
        "data.conversion",
        "data.props",
        "data.url",
    ]);
    let mut ignored: Vec<&str> = answer.results[0]
        .ignored
        .iter()
        .map(String::as_str)
        .collect();
    ignored.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ignored, expected);

    let session = serde_json::to_value(&desk.all_sessions().await[0]).unwrap();
    assert_eq!(session["touch"]["medium"], "email");
    assert_eq!(session["touch"]["source"], "facebook");
    assert_eq!(session["touch"]["campaign"], Value::Null);
    assert_eq!(session["touch"]["click_ids"], json!({"fbclid": "f"}));
    assert_eq!(session["entry_url"].as_str().unwrap().len(), 2048);
    let journey = desk.journey(visitor(0)).await;
    assert_eq!(journey["device"]["language"], "de");
    assert_eq!(journey["user_id"], Value::Null);
}

async fn a_ping_may_come_before_its_page_view(database: Database) {
    let desk = Desk::new(database).await;
    // In a later session, as when a tab has stood open for long.
    desk.accept(&batch(&context(0, 1), &[ping(5, 100, 1, 9000, 80)]))
        .await;
    assert_eq!(desk.journey(visitor(0)).await["total_page_views"], 0);
    assert_eq!(desk.journey(visitor(0)).await["total_sessions"], 1);
    desk.accept(&batch(&context(0, 0), &[page(1, 20_000, "/")]))
        .await;
    desk.accept(&batch(&context(0, 0), &[ping(4, 15_000, 1, 3000, 90)]))
        .await;
    let entries = desk.all_entries().await;
    assert_eq!(
        (entries[0].visible_ms, entries[0].scroll_max),
        (Some(9000), Some(90))
    );
    let visible: Vec<i64> = desk
        .all_sessions()
        .await
        .iter()
        .map(|session| session.visible_ms)
        .collect();
    assert_eq!(visible.iter().sum::<i64>(), 9000);
    let opened_in = desk
        .all_sessions()
        .await
        .into_iter()
        .find(|s| s.page_views == 1)
        .unwrap();
    assert_eq!(opened_in.visible_ms, 9000);
}

async fn later_items_erase_nothing(database: Database) {
    let desk = Desk::new(database).await;
    let mut rich = context(0, 0);
    rich["user_id"] = json!("u1");
    rich["touch"] = json!({"at": NOW_TOUCH, "source": "google", "medium": "cpc", "campaign": "c"});
    rich["ga"] = json!({"client_id": "1.2", "session_id": "3"});
    rich["device"] = json!({"language": "fr", "time_zone": "Europe/Paris"});
    desk.accept(&batch(&rich, &[page(1, 9000, "/first")])).await;
    let before = desk.journey(visitor(0)).await;
    desk.accept(&batch(&context(0, 0), &[event(2, 1000, "later")]))
        .await;
    let after = desk.journey(visitor(0)).await;
    for field in [
        "user_id",
        "first_touch",
        "ga",
        "device",
        "first_seen",
        "stage",
    ] {
        assert_eq!(after[field], before[field], "{field}");
    }
    let session = &desk.all_sessions().await[0];
    assert_eq!(
        session.touch.as_ref().unwrap().campaign.as_deref(),
        Some("c")
    );
    assert_eq!(
        session.entry_url.as_deref(),
        Some("https://shop.example/first")
    );
    assert_eq!(session.ga.client_id.as_deref(), Some("1.2"));

    // An earlier item that comes late is the first touch, even where it knows less.
    desk.accept(&batch(&context(0, 0), &[page(3, 20_000, "/earlier")]))
        .await;
    let corrected = desk.journey(visitor(0)).await;
    assert_eq!(corrected["first_touch"], Value::Null);
    assert_eq!(corrected["device"]["language"], Value::Null);
    assert_eq!(corrected["user_id"], "u1");
    assert_eq!(corrected["ga"], before["ga"]);
    let session = &desk.all_sessions().await[0];
    assert_eq!(
        session.entry_url.as_deref(),
        Some("https://shop.example/earlier")
    );
    assert_eq!(
        session.exit_url.as_deref(),
        Some("https://shop.example/first")
    );
}

const NOW_TOUCH: i64 = super::desk::NOW - 9000;

async fn a_stage_never_goes_back(database: Database) {
    let desk = Desk::new(database).await;
    let reach = |number, ago, name: &str| {
        batch(
            &context(0, 0),
            &[item("milestone", number, ago, json!({"name": name}))],
        )
    };
    let mut seen = Vec::new();
    for (number, ago, name) in [
        (1, 5000, "fee_agreement_at"),
        (2, 9000, "signup_at"),
        (3, 7000, "nda_signed_at"),
        (4, 1000, "nda_signed_at"),
        (5, 4000, "first_connection_at"),
        (6, 500, "signup_at"),
        (7, 100, "something_else"),
    ] {
        desk.accept(&reach(number, ago, name)).await;
        let journey = desk.journey(visitor(0)).await;
        seen.push((
            journey["stage"].as_str().unwrap().to_owned(),
            super::desk::NOW - journey["stage_at"].as_i64().unwrap(),
        ));
    }
    let stage = |name: &str, ago: i64| (name.to_owned(), ago);
    assert_eq!(
        seen,
        [
            stage("qualified", 5000),
            stage("qualified", 5000),
            stage("qualified", 7000),
            stage("qualified", 7000),
            stage("converted", 4000),
            stage("converted", 4000),
            stage("converted", 4000),
        ]
    );
    let journey = desk.journey(visitor(0)).await;
    let names: Vec<&str> = journey["milestones"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|milestone| milestone["name"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "signup_at",
            "nda_signed_at",
            "fee_agreement_at",
            "first_connection_at",
            "something_else"
        ]
    );
}

async fn sites_do_not_see_each_other(database: Database) {
    let desk = Desk::new(database).await;
    let other = site(2);
    let sent = batch(
        &context(0, 0),
        &[page(1, 1000, "/"), ping(2, 500, 1, 700, 7)],
    );
    desk.accept(&sent).await;
    let answer = submit(&desk.ingest, &other, &sent).await.unwrap();
    assert_eq!(statuses(&answer), [Status::Accepted, Status::Accepted]);
    let more = batch(&context(0, 0), &[ping(3, 400, 1, 900, 9)]);
    submit(&desk.ingest, &other, &more).await.unwrap();
    assert_eq!(desk.journey(visitor(0)).await["total_page_views"], 1);
    assert_eq!(desk.all_entries().await[0].visible_ms, Some(700));
    assert!(desk.store.journey(3, visitor(0)).await.unwrap().is_none());
}

async fn those_who_watch_are_told_after_the_commit(database: Database) {
    let desk = Desk::new(database).await;
    let mut watching = desk.live.watch(None).updates;
    let items = [
        event(2, 1000, "second"),
        page(1, 2000, "/"),
        ping(3, 500, 1, 700, 7),
    ];
    desk.accept(&batch(&context(0, 0), &items)).await;
    let passing = timeout(PATIENCE, watching.recv()).await.unwrap().unwrap();
    let update = &passing.update;
    assert_eq!(update.site_id, 1);
    let ids: Vec<_> = update.entries.iter().map(|entry| entry.id).collect();
    assert_eq!(ids, [id(1), id(2)]);
    assert_eq!(update.journeys, desk.all_journeys().await);
    assert!(!update.too_much);

    // What waits for a slow reader stays small, however much is stored at once.
    let long = json!({"name": "e", "props": {"text": "x".repeat(20_000)}});
    let items: Vec<Value> = (10..50)
        .map(|number| item("event", number, 100, long.clone()))
        .collect();
    desk.accept(&batch(&context(0, 0), &items)).await;
    let passing = timeout(PATIENCE, watching.recv()).await.unwrap().unwrap();
    let update = &passing.update;
    assert!(update.too_much && update.entries.is_empty() && update.journeys.is_empty());
}
