//! Definitions of stages: what one that is changed does with the past, with other collectors, and with those that are
//! in the middle of storing something.

use serde_json::json;
use waymark_collector::journey::Definition;
use waymark_collector::store::first_events::Slice;

use super::definitions::{BY, definition, restate, set};
use super::desk::{Desk, batch, context, event, item, submit, visitor};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    another_collector_goes_by_a_new_definition_at_once,
    what_is_being_stored_under_the_old_definition_is_found,
    a_search_of_the_past_goes_on_where_it_ended,
    only_what_is_not_known_is_searched_for,
    a_definition_of_the_past_can_come_back,
);

fn reaching(event: &str) -> Definition {
    let document = json!({
        "version": 1,
        "stages": [{"key": "new", "label": "New"}, {"key": "active", "label": "Active"}],
        "milestones": [{"name": "activated", "stage": "active", "event": event}],
    });
    Definition::of(document).unwrap()
}

/// The stage and the time of the first milestone, of visitor 0.
async fn stage(desk: &Desk) -> (String, Option<i64>) {
    let journey = desk.journey(visitor(0)).await;
    let stage = journey["stage"].as_str().unwrap().to_owned();
    let at = journey["milestones"][0]["at"].as_i64();
    (stage, at.map(|at| super::desk::NOW - at))
}

async fn another_collector_goes_by_a_new_definition_at_once(database: Database) {
    let desk = Desk::new(database).await;
    let second = desk.second().await;
    let one = |number, ago| batch(&context(0, 0), &[event(number, ago, "run")]);
    submit(&second, &desk.site, &one(1, 9000)).await.unwrap();
    set(&desk.store, desk.site.id, &reaching("run")).await;
    // The past is not searched here, so that nothing but the new event can have been noted.
    submit(&second, &desk.site, &one(2, 5000)).await.unwrap();
    assert_eq!(stage(&desk).await, ("active".to_owned(), Some(5000)));
    // A duplicate notes nothing, and an earlier one that comes late moves the time and not the stage.
    submit(&second, &desk.site, &one(1, 9000)).await.unwrap();
    assert_eq!(stage(&desk).await, ("active".to_owned(), Some(5000)));
    submit(&second, &desk.site, &one(3, 7000)).await.unwrap();
    assert_eq!(stage(&desk).await, ("active".to_owned(), Some(7000)));
    restate(&desk.store, desk.site.id, 1).await;
    assert_eq!(stage(&desk).await, ("active".to_owned(), Some(9000)));
    desk.log.assert_quiet();
}

async fn what_is_being_stored_under_the_old_definition_is_found(database: Database) {
    let desk = Desk::new(database).await;
    let second = desk.second().await;
    // Many small transactions run while the definition changes: none of them may slip between the old one and the
    // search of the past.
    for round in 0..10_u64 {
        let name = format!("run-{round}");
        let visits = (0..20_u64).map(|n| {
            let number = round * 100 + n;
            let sent = batch(&context(number, number), &[event(number, 1000, &name)]);
            let ingest = if n % 2 == 0 { &desk.ingest } else { &second };
            let (ingest, site) = (ingest.clone(), desk.site.clone());
            tokio::spawn(async move { submit(&ingest, &site, &sent).await.unwrap() })
        });
        let visits: Vec<_> = visits.collect();
        set(&desk.store, desk.site.id, &reaching(&name)).await;
        restate(&desk.store, desk.site.id, 50).await;
        for visit in visits {
            visit.await.unwrap();
        }
        let mut active = desk.all_journeys().await;
        active.retain(|journey| journey.stage == "active");
        assert_eq!(active.len(), 20, "round {round}");
    }
    desk.log.assert_quiet();
}

async fn a_search_of_the_past_goes_on_where_it_ended(database: Database) {
    let desk = Desk::new(database).await;
    for number in 0..12_u64 {
        let items = [
            event(2 * number, 3000, "run"),
            event(2 * number + 1, 2000, "walk"),
        ];
        desk.accept(&batch(&context(number, number), &items)).await;
    }
    set(&desk.store, desk.site.id, &reaching("run")).await;
    let restatement = async || desk.store.restatements().await.unwrap().remove(0);
    let begun = restatement().await;
    assert_eq!((begun.names.join(" "), begun.items), ("run".to_owned(), 0));
    for items in [7, 14] {
        let slice = desk.store.restate_slice(&restatement().await, 7).await;
        assert_eq!(
            (slice.unwrap(), restatement().await.items),
            (Slice::More, items)
        );
    }
    // Somebody who was asleep does no harm, and does not move the place back.
    let late = desk.store.restate_slice(&begun, 7).await.unwrap();
    assert_eq!((late, restatement().await.items), (Slice::Taken, 14));
    let active = async || {
        let mut all = desk.all_journeys().await;
        all.retain(|journey| journey.stage == "active");
        all.len()
    };
    assert_eq!(active().await, 7);
    assert_eq!(restate(&desk.store, desk.site.id, 7).await, 2);
    assert_eq!(active().await, 12);
    desk.log.assert_quiet();
}

async fn only_what_is_not_known_is_searched_for(database: Database) {
    let desk = Desk::new(database).await;
    let site_id = desk.site.id;
    let names = async || {
        let all = desk.store.restatements().await.unwrap();
        all.first().map(|one| one.names.join(" "))
    };
    let listed = |names: &str| Some(names.to_owned());
    // Without events there is nothing to search for: stages alone hold at once.
    desk.accept(&batch(
        &context(0, 0),
        &[item("milestone", 1, 10, json!({"name": "x"}))],
    ))
    .await;
    set(&desk.store, site_id, &definition(3)).await;
    assert_eq!(names().await, None);
    set(&desk.store, site_id, &definition(2)).await;
    assert_eq!(names().await, listed("e0 e1 e2"));
    // Not searched to the end before the next one: what that names too is searched from the beginning.
    set(&desk.store, site_id, &definition(1)).await;
    assert_eq!(names().await, listed("e1"));
    restate(&desk.store, site_id, 10).await;
    set(&desk.store, site_id, &definition(2)).await;
    assert_eq!(names().await, listed("e0 e2"));
    restate(&desk.store, site_id, 10).await;
    set(&desk.store, site_id, &definition(2)).await;
    assert_eq!(names().await, None);
    // What somebody else has changed in the meantime is not overwritten.
    let another = definition(1);
    let stale = desk.store.set_stages(site_id, 3, &another, BY, None).await;
    assert!(!stale.unwrap());
    let versions = desk.store.stage_versions(site_id, 100).await.unwrap();
    let numbers: Vec<i64> = versions.iter().map(|version| version.version).collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    assert_eq!(versions[0].changed_by.as_deref(), Some("a test"));
}

async fn a_definition_of_the_past_can_come_back(database: Database) {
    let desk = Desk::new(database).await;
    let send = async |number, ago| {
        desk.accept(&batch(&context(0, 0), &[event(number, ago, "run")]))
            .await;
    };
    set(&desk.store, desk.site.id, &reaching("run")).await;
    restate(&desk.store, desk.site.id, 10).await;
    send(1, 5000).await;
    set(&desk.store, desk.site.id, &reaching("walk")).await;
    restate(&desk.store, desk.site.id, 10).await;
    assert_eq!(stage(&desk).await, ("new".to_owned(), None));
    // Not noted, since no milestone asked for it then.
    send(2, 9000).await;
    set(&desk.store, desk.site.id, &reaching("run")).await;
    restate(&desk.store, desk.site.id, 10).await;
    assert_eq!(stage(&desk).await, ("active".to_owned(), Some(9000)));
}
