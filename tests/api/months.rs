//! Items by month on PostgreSQL (docs/partitions.md): a database that becomes one of them, months that come and go, and all that has
//! to be as it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;
use waymark_collector::store::months::{Kept, Month};
use waymark_collector::store::{ROLE, Store};

use super::backup::path;
use super::filled::fill;
use super::moving::{assert_same, assert_same_rows};
use super::retention::retention;
use crate::support::app::TestApp;
use crate::support::batch::{Visit, event, now, page_view};
use crate::support::database::Database;
use crate::support::eventually;
use crate::support::program::{Printed, good, run};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const ITEMS: [&str; 2] = ["events", "page_views"];

/// The same item under an id of version 7 that was made at this time.
fn made_at(mut item: Value, at: i64) -> Value {
    let ms = u64::try_from(at).unwrap();
    let random = *Uuid::new_v4().as_bytes();
    let id = uuid::Builder::from_unix_timestamp_millis(ms, random[..10].try_into().unwrap());
    item["id"] = json!(id.into_uuid());
    if item["type"] == "page_view" {
        item["page_view_id"] = item["id"].clone();
    }
    item
}

/// In which partition each item is.
async fn places(database: &Database) -> Vec<(String, String)> {
    let mut looking = PgConnection::connect(database.looking()).await.unwrap();
    sqlx::query_as(
        "SELECT tableoid::regclass::text, COALESCE(name, kind) FROM events ORDER BY 1, 2",
    )
    .fetch_all(&mut looking)
    .await
    .unwrap()
}

async fn place_of(database: &Database, name: &str) -> String {
    let places = places(database).await;
    let found = places.iter().find(|(_, own)| own == name);
    found
        .unwrap_or_else(|| panic!("{name}: {places:?}"))
        .0
        .clone()
}

/// The partition of `events` for a month.
fn partition(month: Month) -> String {
    format!(
        "public_months.events_{}",
        month.to_string().replace('-', "_")
    )
}

/// The partitions of months that `events` has.
async fn months(database: &Database) -> Vec<String> {
    let rows = database
        .texts(
            "SELECT replace(substr(relname, 8), '_', '-') FROM pg_class
             WHERE relnamespace = 'public_months'::regnamespace AND relname ~ '^events_\\d{4}_\\d\\d$' ORDER BY relname",
        )
        .await;
    rows.into_iter().flatten().flatten().collect()
}

/// Some months from one on, as they are written.
fn from(month: Month, count: usize) -> Vec<String> {
    let following = std::iter::successors(Some(month), |month| Some(month.next()));
    following
        .take(count)
        .map(|month| month.to_string())
        .collect()
}

async fn stored(database: &Database) -> Vec<Vec<String>> {
    join_all(ITEMS.map(|table| database.rows(table))).await
}

async fn statuses(app: &TestApp, batch: &Value) -> Vec<String> {
    let answer: Value = app.send(batch).await.json().await.unwrap();
    let results = answer["results"].as_array().unwrap();
    let status = |result: &Value| result["status"].as_str().unwrap().to_owned();
    results.iter().map(status).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_there_is_stays_and_what_comes_has_its_month() {
    becomes_by_month(Database::postgres_of("").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_is_put_on_goes_on_beside_months() {
    becomes_by_month(Database::empty_postgres().await).await;
}

async fn becomes_by_month(database: Database) {
    let app = TestApp::start(database).await;
    fill(&app).await;
    let visit = Visit::new(&app.key);
    let coming = Month::of(now()).next();
    // A sender whose clock is ahead.
    let ahead = made_at(
        page_view("https://shop.example/ahead"),
        coming.start() + DAY_MS,
    );
    let before = visit.batch(&[ahead, page_view("https://shop.example/"), event("before")]);
    app.accept(&before).await;
    app.judged().await;
    let rows = stored(&app.database).await;
    let tables = app.database.tables().await;

    let dry = good(app.database.url(), &["db", "partition", "--dry-run"]).await;
    assert!(dry.contains("Nothing was changed."), "{dry}");
    assert!(dry.contains(&format!("Items from {coming} on")), "{dry}");
    assert_eq!(place_of(&app.database, "before").await, "events");
    let checked = good(app.database.url(), &["check", "--listen", "127.0.0.1:0"]).await;
    assert!(!checked.contains("months"), "{checked}");

    let done = good(app.database.url(), &["db", "partition"]).await;
    assert!(
        done.contains(&format!("Items from {coming} on are kept by month")),
        "{done}"
    );
    assert_eq!(stored(&app.database).await, rows);
    // Nothing that reads the schema sees more.
    assert_eq!(app.database.tables().await, tables);
    assert_eq!(months(&app.database).await, from(coming, 3));
    assert_eq!(
        place_of(&app.database, "before").await,
        "public_months.events_rest"
    );
    let ahead_in = "SELECT COUNT(*) FROM events WHERE url LIKE '%/ahead' AND tableoid::regclass::text LIKE '%months.events_2%'";
    assert_eq!(app.database.number(ahead_in).await, 1);

    assert_eq!(statuses(&app, &before).await, ["duplicate"; 3]);
    let next = made_at(event("next_month"), coming.start());
    let after = visit.batch(&[next, event("after")]);
    app.accept(&after).await;
    assert_eq!(statuses(&app, &after).await, ["duplicate"; 2]);
    assert_eq!(
        place_of(&app.database, "next_month").await,
        partition(coming)
    );
    assert_eq!(
        place_of(&app.database, "after").await,
        "public_months.events_rest"
    );
    let journey = app
        .json(&format!("/api/v1/visitors/{}?site=1", visit.visitor))
        .await;
    assert_eq!(journey["journey"]["total_events"], 3, "{journey}");
    good(app.database.url(), &["verify"]).await;
    let checked = good(app.database.url(), &["check", "--listen", "127.0.0.1:0"]).await;
    let line = format!("items are kept by month, with partitions from {coming} to ");
    assert!(checked.contains(&line), "{checked}");
    assert!(!checked.contains("does not hold"), "{checked}");
    let again = good(app.database.url(), &["db", "partition"]).await;
    assert!(again.contains("by month already"), "{again}");

    no_wall_is_passed_by(&app.database).await;

    // Everything is in a backup, once, and goes to the other kind of database and back.
    app.judged().await;
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "by-month.jsonl.gz");
    good(app.database.url(), &["backup", &file]).await;
    let restored = Database::empty_postgres().await;
    good(
        restored.url(),
        &["db", "partition", "--from", &Month::of(now()).to_string()],
    )
    .await;
    good(restored.url(), &["restore", &file]).await;
    assert_same_rows(&app.database, &restored).await;
    assert_eq!(
        place_of(&restored, "after").await,
        partition(Month::of(now()))
    );
    assert_eq!(place_of(&restored, "next_month").await, partition(coming));
    good(restored.url(), &["verify"]).await;

    let sqlite = Database::empty_sqlite();
    good(app.database.url(), &["migrate-to", sqlite.url()]).await;
    assert_same(&app.database, &sqlite).await;
    let back = Database::empty_postgres().await;
    good(back.url(), &["db", "partition"]).await;
    good(sqlite.url(), &["migrate-to", back.url()]).await;
    assert_same(&sqlite, &back).await;
    assert_eq!(place_of(&back, "after").await, partition(Month::of(now())));
    good(back.url(), &["verify"]).await;
    // What is given up leaves no trigger behind, and what is partitioned takes items again.
    good(app.database.url(), &["migrate-to", "--give-up"]).await;
    app.accept(&visit.batch(&[event("again")])).await;
}

/// Each partition has its wall for the owner, and is nothing to the role that is put on.
async fn no_wall_is_passed_by(database: &Database) {
    let mut looking = PgConnection::connect(database.looking()).await.unwrap();
    let partitions: Vec<String> = sqlx::query_scalar(
        "SELECT oid::regclass::text FROM pg_class
         WHERE relnamespace = 'public_months'::regnamespace AND relkind IN ('r', 'p')",
    )
    .fetch_all(&mut looking)
    .await
    .unwrap();
    assert_eq!(partitions.len(), 2 * (3 + 3), "{partitions:?}");
    let mut asking = PgConnection::connect(database.url()).await.unwrap();
    let is_owner = database.url() != database.looking();
    if !is_owner {
        let put_on = format!("SET ROLE {ROLE}");
        sqlx::raw_sql(AssertSqlSafe(put_on))
            .execute(&mut asking)
            .await
            .unwrap();
    }
    for partition in partitions {
        for (site, condition) in [
            ("", "FALSE"),
            ("1", "t.site_id = 1"),
            ("999", "FALSE"),
            ("every", "TRUE"),
        ] {
            let tell = format!("SET waymark.site = '{site}'");
            sqlx::raw_sql(AssertSqlSafe(tell))
                .execute(&mut asking)
                .await
                .unwrap();
            let count = |condition: &str| {
                AssertSqlSafe(format!(
                    "SELECT COUNT(*) FROM (SELECT * FROM {partition}) AS t WHERE {condition}"
                ))
            };
            let seen: Result<i64, _> = sqlx::query_scalar(count("TRUE"))
                .fetch_one(&mut asking)
                .await;
            if is_owner {
                let theirs: i64 = sqlx::query_scalar(count(condition))
                    .fetch_one(&mut looking)
                    .await
                    .unwrap();
                assert_eq!(seen.unwrap(), theirs, "{partition} for {site}");
            } else {
                let refused = seen.unwrap_err().to_string();
                assert!(
                    refused.contains("permission denied"),
                    "{partition}: {refused}"
                );
            }
        }
    }
}

/// What erasing renames moves to where ids without a time are, and the hours that it was of are counted again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_item_changes_its_partition_and_marks_its_hour() {
    let database = Database::empty_postgres().await;
    good(database.url(), &["db", "partition"]).await;
    let mut app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    app.accept(&visit.batch(&[page_view("https://shop.example/secret"), event("used")]))
        .await;
    app.stop().await;
    assert_eq!(
        place_of(&app.database, "used").await,
        partition(Month::of(now()))
    );
    app.database.execute("DELETE FROM rollup_marks").await;
    let person = format!("visitor:{}", visit.visitor);
    let erase = ["privacy", "erase", "--site", "1", "--person", &person];
    good(app.database.url(), &erase).await;
    assert_eq!(
        place_of(&app.database, "used").await,
        "public_months.events_rest"
    );
    let marked = "SELECT COUNT(*) FROM rollup_marks AS m JOIN events AS e ON m.hour = e.at / 3600000 WHERE e.name = 'used'";
    assert_eq!(app.database.number(marked).await, 1);
    good(app.database.url(), &["verify"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn months_are_made_ahead_by_one_of_several_collectors() {
    let database = Database::empty_postgres().await;
    good(database.url(), &["db", "partition"]).await;
    let present = Month::of(now());
    assert_eq!(months(&database).await, from(present, 4));
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    let sixth = (0..6).fold(present, |month, _| month.next());
    let early = visit.batch(&[
        made_at(event("early"), sixth.start() + DAY_MS),
        event("now"),
    ]);
    app.accept(&early).await;
    assert_eq!(
        place_of(&app.database, "early").await,
        "public_months.events_beyond"
    );

    // Nobody was there for five months, and then several at once, beside items that come all the time.
    let stores = join_all((0..3).map(|_| Store::open(app.database.url()))).await;
    let stores: Vec<Store> = stores.into_iter().map(Result::unwrap).collect();
    let later = (0..5).fold(present, |month, _| month.next()).start() + 5 * DAY_MS;
    let over = Arc::new(AtomicBool::new(false));
    let ((), kept) = tokio::join!(sending(&app, &over), async {
        let kept = join_all(stores.iter().map(|store| store.keep_months(later))).await;
        over.store(true, Ordering::Relaxed);
        kept
    });
    let made: Vec<String> = kept
        .into_iter()
        .flat_map(|kept| kept.unwrap().made)
        .collect();
    let expected: [Vec<String>; 2] = ITEMS.map(|table| {
        from(present, 9)[4..]
            .iter()
            .map(|month| format!("{table} {month}"))
            .collect()
    });
    assert_eq!(made, expected.concat());
    // Those that are over for a month and have nothing in them went.
    let there = from(present, 9);
    let there: Vec<String> = [&there[..1], &there[4..]].concat();
    assert_eq!(months(&app.database).await, there);
    assert_eq!(place_of(&app.database, "early").await, partition(sixth));
    assert_eq!(statuses(&app, &early).await, ["duplicate"; 2]);
    assert_eq!(stores[0].keep_months(later).await.unwrap(), Kept::default());
    good(app.database.url(), &["verify"]).await;
}

/// Stores items until it is told to stop, each of which has to be accepted.
async fn sending(app: &TestApp, over: &AtomicBool) {
    let visit = Visit::new(&app.key);
    while !over.load(Ordering::Relaxed) {
        app.accept(&visit.batch(&[page_view("https://shop.example/"), event("meanwhile")]))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_goes_once_nobody_can_see_a_row_in_it() {
    let app = TestApp::start(Database::empty_postgres().await).await;
    assert_eq!(app.get("/readyz").await.status(), 200);
    // By now it has looked, and does not for a day.
    let long_ago = Month::of(now() - 300 * DAY_MS).to_string();
    good(
        app.database.url(),
        &["db", "partition", "--from", &long_ago],
    )
    .await;
    let past = months(&app.database).await;
    let store = Store::open(app.database.url()).await.unwrap();
    let is_old =
        |month: &String| month.parse::<Month>().unwrap().next().start() + 31 * DAY_MS <= now();
    let kept_ago = 200 * DAY_MS;
    let mut visit = Visit::new(&app.key);
    visit.started_at = now() - kept_ago;
    let mut old = made_at(page_view("https://shop.example/old"), now() - kept_ago);
    old["at"] = json!(now() - kept_ago);
    let old = visit.batch(&[old]);
    app.accept(&old).await;
    let its = Month::of(now() - kept_ago).to_string();

    // Months without a row go, but not those in which late items are expected, and not the one with a row.
    store.keep_months(now()).await.unwrap();
    let left: Vec<String> = past
        .iter()
        .filter(|month| !is_old(month) || **month == its)
        .cloned()
        .collect();
    assert!(left.len() < past.len() && left.contains(&its));
    assert_eq!(months(&app.database).await, left);

    // Somebody who began to read before it was removed, as a backup does, is shown it to their end.
    let mut reader = PgConnection::connect(app.database.looking()).await.unwrap();
    sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM sites")
        .execute(&mut reader)
        .await
        .unwrap();
    app.command(&retention(|it| {
        it.days = Some(30);
        it.run = true;
    }))
    .await;
    assert_eq!(store.keep_months(now()).await.unwrap(), Kept::default());
    let seen: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM events")
        .fetch_one(&mut reader)
        .await
        .unwrap();
    assert_eq!(seen, 1);
    reader.close().await.unwrap();

    let over = Arc::new(AtomicBool::new(false));
    tokio::join!(sending(&app, &over), async {
        // Until those who store leave a gap in which what is empty can be given back.
        eventually("the month is gone", || async {
            store.keep_months(now()).await.unwrap();
            !months(&app.database).await.contains(&its)
        })
        .await;
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(months(&app.database).await, left[1..]);

    // What is of that month and comes only now has a place, once.
    let late = Visit::new(&app.key).batch(&[made_at(event("late"), now() - kept_ago)]);
    app.accept(&late).await;
    assert_eq!(statuses(&app, &late).await, ["duplicate"]);
    assert_eq!(
        place_of(&app.database, "late").await,
        "public_months.events_beyond"
    );
    assert_eq!(store.keep_months(now()).await.unwrap(), Kept::default());
    // What was removed for its age does not come again.
    assert_eq!(statuses(&app, &old).await, ["dropped"]);
    good(app.database.url(), &["verify"]).await;
}

/// It has migration 30 first, and later ones come to all partitions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_schema_is_brought_up_to_date_first() {
    let database = Database::empty_postgres().await;
    good(database.url(), &["sites", "list"]).await;
    database
        .execute(
            "DROP TRIGGER events_move ON events;
             DROP FUNCTION mark_moved_events();
             CREATE TRIGGER events_move AFTER UPDATE OF visitor_id, session_id ON events
                 FOR EACH ROW WHEN (OLD.visitor_id <> NEW.visitor_id OR OLD.session_id <> NEW.session_id)
                 EXECUTE FUNCTION mark_moved_event();
             DELETE FROM _sqlx_migrations WHERE version = 30;
             INSERT INTO page_views VALUES (1, '019ad735-8400-7000-8000-000000000000', 5, 5)",
        )
        .await;
    good(database.url(), &["db", "partition"]).await;
    let by_row = "SELECT COUNT(*) FROM pg_trigger WHERE tgname = 'events_move' AND tgtype & 1 = 1";
    assert_eq!(database.number(by_row).await, 0);
    assert_eq!(
        database.number("SELECT visible_ms FROM page_views").await,
        5
    );
    database
        .execute(
            "ALTER TABLE events ADD COLUMN of_a_newer_program TEXT;
             CREATE INDEX IF NOT EXISTS events_by_visitor ON events (site_id, visitor_id, at);
             CREATE INDEX events_by_more ON events (site_id, of_a_newer_program)",
        )
        .await;
    let indexes = "SELECT COUNT(*) FROM pg_index WHERE indrelid = 'events'::regclass";
    assert_eq!(database.number(indexes).await, 5);
    let app = TestApp::start(database).await;
    app.accept(&Visit::new(&app.key).batch(&[event("x")])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_partitioned_is_refused_and_stays() {
    let refused = |printed: Printed, why: &str| {
        assert_ne!(printed.code, 0, "{}", printed.out);
        assert!(printed.err.contains(why), "{}", printed.err);
    };
    let sqlite = Database::sqlite();
    refused(
        run(sqlite.url(), &["db", "partition"]).await,
        "SQLite has no partitions",
    );
    let app = TestApp::start(Database::empty_postgres().await).await;
    app.accept(&Visit::new(&app.key).batch(&[event("x")])).await;
    let url = app.database.url();
    let present = Month::of(now()).to_string();
    refused(
        run(url, &["db", "partition", "--from", &present]).await,
        "the database has items",
    );
    for (wrong, why) in [
        ("2099-01", "--from: has to be"),
        ("1999-01", "--from: has to be"),
        ("soon", "such as 2026-11"),
    ] {
        refused(run(url, &["db", "partition", "--from", wrong]).await, why);
    }
    assert_eq!(place_of(&app.database, "x").await, "events");
}
