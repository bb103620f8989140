//! What is removed for its age beside what arrives: in any order, repeated, over two collectors, with rounds in between.

use std::collections::{BTreeMap, HashMap};

use futures_util::future::join_all;
use proptest::prelude::*;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use waymark_collector::expiring;
use waymark_collector::ingest::Ingest;
use waymark_collector::judging::made;
use waymark_collector::store::retention::Keep;
use waymark_collector::store::sites::Site;
use waymark_collector::store::{EntryFilter, SessionFilter, Store, VisitorFilter};
use waymark_protocol::{Reason, Status};

use super::desk::{
    Desk, NOW, batch, context, entries, event, fresh_site, id, item, journeys, page, ping,
    sessions, submit, visitor,
};
use super::fold::hold;
use super::verify::verified;
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(whatever_arrives_and_goes_is_counted_once);

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// What the site keeps, and the events `long` and `short`.
const DAYS: i64 = 30;
const LONG_DAYS: i64 = 60;
const SHORT_DAYS: i64 = 3;

#[derive(Debug, Clone)]
struct Atom {
    visitor: u64,
    session: u64,
    days: i64,
    kind: u8,
}

#[derive(Debug, Clone)]
struct Delivery {
    atoms: Vec<Atom>,
    /// Numbers of atoms in the order of arrival, each at least once.
    order: Vec<usize>,
    together: usize,
    /// Requests at a time, and after how many of them there are rounds beside them.
    lanes: usize,
    every: usize,
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let days = proptest::sample::select(vec![0_i64, 2, 5, 29, 31, 45, 59, 61, 90]);
    let atom =
        (0..4_u64, 0..3_u64, days, 0..7_u8).prop_map(|(visitor, session, days, kind)| Atom {
            visitor,
            session,
            days,
            kind,
        });
    (
        proptest::collection::vec((atom, 1..4_usize), 1..30),
        1..5_usize,
        1..4_usize,
        1..5_usize,
    )
        .prop_flat_map(|(atoms, together, lanes, every)| {
            let order: Vec<usize> = atoms
                .iter()
                .enumerate()
                .flat_map(|(number, (_, times))| std::iter::repeat_n(number, *times))
                .collect();
            let atoms: Vec<Atom> = atoms.into_iter().map(|(atom, _)| atom).collect();
            Just(order).prop_shuffle().prop_map(move |order| Delivery {
                atoms: atoms.clone(),
                order,
                together,
                lanes,
                every,
            })
        })
}

impl Atom {
    fn item(&self, number: usize) -> Value {
        let (place, ago) = (number as u64, self.days * DAY_MS + number as i64);
        match self.kind {
            0 => page(place, ago, "/"),
            1 => event(place, ago, "used"),
            2 => event(place, ago, "long"),
            3 => event(place, ago, "short"),
            4 => item("milestone", place, ago, json!({"name": "signup_at"})),
            5 => {
                let user = format!("user-{}", self.visitor % 2);
                item("identify", place, ago, json!({"user_id": user}))
            }
            // About whatever stands before it.
            _ => ping(place, ago, place.saturating_sub(1), 10 * place, 5),
        }
    }

    fn is_ping(&self) -> bool {
        self.kind > 5
    }

    fn is_too_old(&self) -> bool {
        self.days
            >= match self.kind {
                2 => LONG_DAYS,
                3 => SHORT_DAYS,
                _ => DAYS,
            }
    }
}

impl Delivery {
    fn batches(&self) -> Vec<(Value, Vec<usize>)> {
        let mut batches = Vec::new();
        for numbers in self.order.chunks(self.together) {
            let mut by_visit: BTreeMap<(u64, u64), Vec<usize>> = BTreeMap::new();
            for number in numbers {
                let atom = &self.atoms[*number];
                by_visit
                    .entry((atom.visitor, atom.session))
                    .or_default()
                    .push(*number);
            }
            for ((visitor, session), numbers) in by_visit {
                let context = context(visitor, session);
                let items: Vec<Value> = numbers
                    .iter()
                    .map(|number| self.atoms[*number].item(*number))
                    .collect();
                batches.push((batch(&context, &items), numbers));
            }
        }
        batches
    }
}

/// A round, unless somebody else is at one.
async fn round(store: &Store, site: &Site) {
    if let Some(turn) = store.begin_round(site.id, i64::MAX, NOW).await.unwrap() {
        expiring::round(store, site, turn).await.unwrap();
    }
}

/// Items that are there and that are counted as gone, by kind and name.
async fn counts(store: &Store, site: &Site) -> BTreeMap<(String, String), i64> {
    let mut counts = BTreeMap::new();
    for entry in entries(store, site.id, &EntryFilter::default()).await {
        let name = entry.name.unwrap_or_default();
        *counts
            .entry((entry.kind.as_str().to_owned(), name))
            .or_insert(0) += 1;
    }
    for kept in store.kept_totals(site.id, "", "9").await.unwrap() {
        if !["session", "visitor"].contains(&kept.kind.as_str()) {
            *counts.entry((kept.kind, kept.name)).or_insert(0) += kept.items;
        }
    }
    counts
}

async fn kept(store: &Store, site: &Site, kind: &str) -> i64 {
    let all = store.kept_totals(site.id, "", "9").await.unwrap();
    let own = all.iter().filter(|kept| kept.kind == kind);
    own.map(|kept| kept.items).sum()
}

async fn whatever_arrives_and_goes_is_counted_once(database: Database) {
    hold(database, 48, delivery(), async |desk, second, delivery| {
        deliver(desk, second, delivery).await
    })
    .await;
}

async fn deliver(desk: &Desk, second: &Ingest, delivery: &Delivery) -> Result<(), TestCaseError> {
    let site = fresh_site();
    let store = &desk.store;
    let limits = BTreeMap::from([
        (None, Keep::Days(DAYS)),
        (Some("long".to_owned()), Keep::Days(LONG_DAYS)),
        (Some("short".to_owned()), Keep::Days(SHORT_DAYS)),
    ]);
    store
        .set_limits(site.id, &limits, "test", NOW)
        .await
        .unwrap();
    let batches = delivery.batches();
    let mut accepted: HashMap<usize, usize> = HashMap::new();
    for (turn, lanes) in batches.chunks(delivery.lanes).enumerate() {
        let sent = lanes.iter().enumerate().map(|(lane, (batch, _))| {
            let ingest = if lane % 2 == 0 { &desk.ingest } else { second };
            submit(ingest, &site, batch)
        });
        let rounds = async {
            if turn % delivery.every == 0 {
                round(store, &site).await;
            }
        };
        let (answers, ()) = tokio::join!(join_all(sent), rounds);
        for ((_, numbers), answer) in lanes.iter().zip(answers) {
            for (number, result) in numbers.iter().zip(answer.unwrap().results) {
                match result.status {
                    Status::Accepted if delivery.atoms[*number].is_ping() => {}
                    Status::Accepted => *accepted.entry(*number).or_default() += 1,
                    Status::Duplicate => {}
                    Status::Dropped => {
                        prop_assert_eq!(result.reason, Some(Reason::Expired));
                        prop_assert!(delivery.atoms[*number].is_too_old());
                    }
                    Status::Retry => prop_assert!(false, "{result:?}"),
                }
            }
        }
    }
    for (number, times) in &accepted {
        prop_assert_eq!(*times, 1, "{} was accepted twice", number);
    }
    for (number, atom) in delivery.atoms.iter().enumerate() {
        let is_in = accepted.contains_key(&number) || atom.is_ping() || atom.is_too_old();
        prop_assert!(is_in, "{} was dropped and is not too old", number);
    }

    let before = counts(store, &site).await;
    let visitors = journeys(store, site.id, &VisitorFilter::default()).await;
    let visits = sessions(store, site.id, &SessionFilter::default()).await;
    let gone = (
        kept(store, &site, "visitor").await,
        kept(store, &site, "session").await,
    );
    let visible: i64 = visits.iter().map(|session| session.visible_ms).sum();
    prop_assert_eq!(before.values().sum::<i64>(), accepted.len() as i64);
    round(store, &site).await;
    prop_assert_eq!(counts(store, &site).await, before.clone());
    for entry in entries(store, site.id, &EntryFilter::default()).await {
        let number = delivery
            .atoms
            .iter()
            .enumerate()
            .position(|(number, _)| id(number as u64) == entry.id);
        prop_assert!(!delivery.atoms[number.unwrap()].is_too_old(), "{:?}", entry);
    }
    let left = journeys(store, site.id, &VisitorFilter::default()).await;
    let left_visits = sessions(store, site.id, &SessionFilter::default()).await;
    prop_assert_eq!(
        kept(store, &site, "visitor").await + left.len() as i64,
        gone.0 + visitors.len() as i64
    );
    prop_assert_eq!(
        kept(store, &site, "session").await + left_visits.len() as i64,
        gone.1 + visits.len() as i64
    );
    // Who is still there has the figures of before.
    for journey in &left {
        prop_assert!(visitors.contains(journey), "{:?}", journey);
    }
    for session in &left_visits {
        prop_assert!(visits.contains(session), "{:?}", session);
    }
    let left_visible: i64 = left_visits.iter().map(|session| session.visible_ms).sum();
    prop_assert!(left_visible <= visible);

    // All of it once more: nothing is new.
    for (batch, numbers) in &batches {
        let answer = submit(&desk.ingest, &site, batch).await.unwrap();
        for (number, result) in numbers.iter().zip(answer.results) {
            let is_known = matches!(result.status, Status::Duplicate | Status::Dropped);
            let is_ping = delivery.atoms[*number].is_ping();
            prop_assert!(is_known || is_ping, "{:?}", result);
        }
    }
    round(store, &site).await;
    prop_assert_eq!(counts(store, &site).await, before);
    verified(store, site.id).await
}

/// As many as wait for one another in the database.
const WAITING: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_judged_while_they_go_leaves_nothing_behind() {
    let desk = Desk::new(Database::postgres().await).await;
    let (store, site) = (&desk.store, &desk.site);
    submit(
        &desk.ingest,
        site,
        &batch(&context(0, 0), &[event(1, 45 * DAY_MS, "long_ago")]),
    )
    .await
    .unwrap();
    let limits = BTreeMap::from([(None, Keep::Days(DAYS))]);
    store
        .set_limits(site.id, &limits, "test", NOW)
        .await
        .unwrap();
    let judged = made(store, site.id, &[visitor(0)], &[], NOW).await.unwrap();
    assert_eq!(judged.people.len(), 1);

    // The round has begun, since it waits for everybody who wrote before, and stops at the first event.
    let mut at_events = PgConnection::connect(desk.database.looking())
        .await
        .unwrap();
    let mut before = at_events.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE events IN EXCLUSIVE MODE")
        .execute(&mut *before)
        .await
        .unwrap();
    let going = tokio::spawn({
        let (store, site) = (store.clone(), site.clone());
        async move { round(&store, &site).await }
    });
    eventually("the round waits", || async {
        desk.database.number(WAITING).await == 1
    })
    .await;
    // Keeping stops at the person's row, after it was looked whether the visitor is there.
    let mut at_person = PgConnection::connect(desk.database.looking())
        .await
        .unwrap();
    let mut in_the_way = at_person.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO judged_persons (site_id, person, judged_at, stale_at, keeping) VALUES ($1, $2, 1, 1, 1)",
    )
    .bind(site.id)
    .bind(judged.people[0].person.key())
    .execute(&mut *in_the_way)
    .await
    .unwrap();
    let keeping = tokio::spawn({
        let (store, site_id) = (store.clone(), site.id);
        async move { store.keep_judgements(site_id, &judged).await.unwrap() }
    });
    eventually("keeping waits", || async {
        desk.database.number(WAITING).await == 2
    })
    .await;
    before.rollback().await.unwrap();
    eventually("the visitor goes or waits", || async {
        going.is_finished() || desk.database.number(WAITING).await == 2
    })
    .await;
    in_the_way.rollback().await.unwrap();
    keeping.await.unwrap();
    going.await.unwrap();
    for table in ["visitors", "judged_visitors", "judged_persons"] {
        assert_eq!(desk.database.rows(table).await, [""; 0], "{table}");
    }
    desk.log.assert_quiet();
}
