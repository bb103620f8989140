//! The store against the definition for what an import makes of rows of sessions: in any order, any number of times, in any
//! groups, by two imports at once, they add up to what [`waymark_collector::journey::fold`] says of the set.

use std::collections::{BTreeMap, HashMap};

use jiff::tz::TimeZone;
use proptest::prelude::*;
use uuid::Uuid;
use waymark_collector::ingest::Ingest;
use waymark_collector::ingest::import::sessions::Sessions;
use waymark_collector::ingest::import::{Convert, Converted, Mapping, Outside, Record};
use waymark_collector::journey::{Definition, Fact, fold};
use waymark_collector::store::{EntryFilter, SessionFilter, Store, VisitorFilter};
use waymark_protocol::Status;

use super::desk::{NOW, entries, fresh_site, journeys, sessions};
use super::fold::{hold, readable};
use super::persons;
use super::verify::verified;
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(any_import_adds_up_to_the_same);

const COLUMNS: [&str; 10] = [
    "visitor_id",
    "session_id",
    "started_at",
    "user_id",
    "ended_at",
    "landing_url",
    "exit_url",
    "page_views",
    "signup_at",
    "nda_signed_at",
];

/// A row, small enough that cases meet often.
type Row = (
    (u8, u8, i64),
    Option<u8>,
    Option<i64>,
    (Option<u8>, Option<u8>, Option<u8>),
    (Option<i64>, Option<i64>),
);

/// Rows, the order in which they come, each any number of times, and how many of them together.
type Delivery = (Vec<Row>, Vec<usize>, usize);

fn delivery() -> impl Strategy<Value = Delivery> {
    let few = || proptest::option::of(0..3_u8);
    let ago = || proptest::option::of(0..8_i64);
    let row = (
        (0..3_u8, 0..3_u8, 0..6_i64),
        proptest::option::weighted(0.7, 0..2_u8),
        ago(),
        (few(), few(), few()),
        (ago(), ago()),
    );
    (
        proptest::collection::vec((row, 1..3_usize), 1..16),
        1..6_usize,
    )
        .prop_flat_map(|(rows, together)| {
            // What is one item has to be told in one way: a row is known by its visitor, session and start.
            let unique: BTreeMap<_, (Row, usize)> = rows
                .into_iter()
                .map(|(row, times)| (row.0, (row, times)))
                .collect();
            let (rows, times): (Vec<Row>, Vec<usize>) = unique.into_values().unzip();
            let order: Vec<usize> = times
                .iter()
                .enumerate()
                .flat_map(|(number, times)| vec![number; *times])
                .collect();
            (Just(rows), Just(order).prop_shuffle(), Just(together))
        })
}

fn record(row: &Row) -> Record {
    let ((visitor, session, started), user, lasted, (landing, exit, pages), (signup, nda)) = *row;
    let second = |ago: i64| (NOW / 1000 - 100 + ago * 10).to_string();
    let url = |page: u8| format!("https://shop.example/{page}?utm_source=s{page}");
    Record {
        place: 1,
        values: vec![
            Some(format!("v{visitor}")),
            Some(format!("s{session}")),
            Some(second(started)),
            user.map(|user| format!("u{user}")),
            lasted.map(|lasted| second(started + lasted)),
            landing.map(url),
            exit.map(url),
            pages.map(|pages| pages.to_string()),
            signup.map(second),
            nda.map(second),
        ],
        line: None,
    }
}

async fn any_import_adds_up_to_the_same(database: Database) {
    hold(database, 64, delivery(), async |desk, second, delivery| {
        deliver(&desk.store, [&desk.ingest, second], delivery).await
    })
    .await;
}

async fn deliver(
    store: &Store,
    ingests: [&Ingest; 2],
    (rows, order, together): &Delivery,
) -> Result<(), TestCaseError> {
    let site = fresh_site();
    let outside = Outside {
        site: site.clone(),
        stages: Definition::standard(),
        zone: TimeZone::UTC,
        now: NOW,
    };
    let columns = COLUMNS.map(str::to_owned);
    let mapping = Mapping::find(&[], &columns, &outside.stages).unwrap();
    let converter = Sessions::new(outside, mapping);
    let convert = |rows: &mut dyn Iterator<Item = &Row>| {
        let mut converted = Converted::default();
        for row in rows {
            converter.convert(&record(row), &mut converted).unwrap();
        }
        converted.facts
    };
    let groups = order.chunks(*together).enumerate().map(|(number, group)| {
        let facts = convert(&mut group.iter().map(|row| &rows[*row]));
        ingests[number % 2].submit_facts(&site, facts)
    });
    for answers in futures_util::future::join_all(groups).await {
        let answers = answers.unwrap();
        let good = |status| matches!(status, Status::Accepted | Status::Duplicate);
        prop_assert!(answers.iter().all(|line| good(line.status)));
    }

    let facts: HashMap<Uuid, Fact> = convert(&mut rows.iter())
        .into_iter()
        .map(|fact| (fact.id, fact))
        .collect();
    let folded = fold(facts.values(), &Definition::standard());
    let stored = journeys(store, site.id, &VisitorFilter::default()).await;
    prop_assert_eq!(stored, folded.journeys);
    let stored = sessions(store, site.id, &SessionFilter::default()).await;
    prop_assert_eq!(readable(&stored), readable(&folded.sessions));
    let stored = entries(store, site.id, &EntryFilter::default()).await;
    prop_assert_eq!(readable(&stored), readable(&folded.entries));
    verified(store, site.id).await?;
    persons::agree(store, site.id, facts.values()).await
}
