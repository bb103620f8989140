//! Stages that are changed under load, by several collectors and with one that is killed in the middle.

use serde_json::{Value, json};
use waymark_collector::journey::Definition;
use waymark_collector::store::Store;
use waymark_collector::store::audit::By;

use super::load::Load;
use crate::support::collector::Collector;
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    stages_that_change_under_load_end_right,
    a_killed_collector_goes_on_searching_where_it_was,
);

/// First times that are missing or wrong, of an event of the load.
const WRONG: &str = "SELECT COUNT(*) FROM (
        SELECT site_id, visitor_id, name, MIN(at) AS first_at FROM events
        WHERE kind = 'event' AND name = 'video_played' GROUP BY site_id, visitor_id, name
    ) AS past
    LEFT JOIN first_events AS kept
        ON kept.site_id = past.site_id AND kept.visitor_id = past.visitor_id AND kept.name = past.name
    WHERE kept.first_at IS NULL OR kept.first_at <> past.first_at";
const PENDING: &str = "SELECT COUNT(*) FROM stage_restatements";
const SEARCHED: &str = "SELECT COALESCE(MAX(items), 0) FROM stage_restatements";

fn reaching(events: &[&str]) -> Definition {
    let milestones: Value = events
        .iter()
        .map(|event| json!({"name": event, "stage": "active", "event": event}))
        .collect();
    let document = json!({
        "version": 1,
        "stages": [{"key": "new", "label": "New"}, {"key": "active", "label": "Active"}],
        "milestones": milestones,
    });
    Definition::of(document).unwrap()
}

const BY: By<'static> = By {
    actor: "test",
    now: 1,
};

async fn set(store: &Store, seen: i64, events: &[&str]) {
    let definition = reaching(events);
    let set = store.set_stages(1, seen, &definition, BY, None).await;
    assert!(set.unwrap());
}

async fn searched(database: &Database) {
    eventually("the past is searched", || async {
        database.number(PENDING).await == 0
    })
    .await;
}

async fn stages_that_change_under_load_end_right(database: Database) {
    let collector = super::collector(database, &[]).await;
    let mut loads = vec![Load::begin(&collector)];
    let url = collector.database().url();
    // A file is one collector's; a server has several.
    let second = if collector.database().is_sqlite() {
        None
    } else {
        Some(Collector::joining(Database::shared(url)).await)
    };
    loads.extend(second.iter().map(Load::begin));
    let store = Store::open(url).await.unwrap();
    for load in &mut loads {
        load.acknowledges(200).await;
    }
    for (seen, events) in [
        (0, &["video_played"][..]),
        (1, &["cta_clicked"]),
        (2, &[]),
        (3, &["cta_clicked", "video_played"]),
    ] {
        set(&store, seen, events).await;
        for load in &mut loads {
            load.acknowledges(100).await;
        }
    }
    store.close().await;
    searched(collector.database()).await;
    // The load goes on, so that what is stored by now is noted as it is stored.
    for load in loads {
        load.finish().await;
    }
    assert_eq!(collector.database().number(WRONG).await, 0);
    collector.assert_quiet_log();
    if let Some(second) = second {
        second.assert_quiet_log();
    }
}

async fn a_killed_collector_goes_on_searching_where_it_was(database: Database) {
    let mut collector = super::collector(database, &[]).await;
    // Twenty slices.
    let past = if collector.database().is_sqlite() {
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
         INSERT INTO events (site_id, id, kind, at, received_at, visitor_id, session_id, tab_id, seq, name, conversion)
         SELECT 1, randomblob(16), 'event', 1000000 + i * 7919 % 100000, 1, unhex(printf('%032x', i % 5000 + 1)),
             randomblob(16), randomblob(16), 1, CASE i % 3 WHEN 0 THEN 'video_played' ELSE 'other' END, FALSE
         FROM n"
    } else {
        "INSERT INTO events (site_id, id, kind, at, received_at, visitor_id, session_id, tab_id, seq, name, conversion)
         SELECT 1, gen_random_uuid(), 'event', 1000000 + i * 7919 % 100000, 1, lpad(to_hex(i % 5000 + 1), 32, '0')::uuid,
             gen_random_uuid(), gen_random_uuid(), 1, CASE i % 3 WHEN 0 THEN 'video_played' ELSE 'other' END, FALSE
         FROM generate_series(1::bigint, 200000) AS i"
    };
    collector.database().execute(past).await;
    let store = Store::open(collector.database().url()).await.unwrap();
    set(&store, 0, &["video_played"]).await;
    store.close().await;
    while collector.database().number(SEARCHED).await == 0 {
        tokio::task::yield_now().await;
    }
    collector.kill().await;
    let database = collector.database();
    assert_eq!(database.number(PENDING).await, 1);
    assert!(database.number(WRONG).await > 0);
    let before = database.number(SEARCHED).await;
    assert!((10_000..200_000).contains(&before), "{before}");
    collector.up().await;
    searched(collector.database()).await;
    assert_eq!(collector.database().number(WRONG).await, 0);
    collector.assert_quiet_log();
}
