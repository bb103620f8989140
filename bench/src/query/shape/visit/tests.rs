//! What the collector reads of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use waymark_collector::ingest::{Received, envelope, read};
use waymark_collector::journey::Fact;
use waymark_protocol::ItemKind;

use super::*;
use crate::query::load::received;
use crate::traffic::tests::site;

const SHAPE: Shape = Shape {
    seed: 7,
    events: 20_000,
    end: 1_790_000_000_000,
};

fn batches(shape: Shape) -> Vec<(Sent, Vec<u8>)> {
    let mut visits = Visits::new(shape);
    let mut all = Vec::new();
    let mut body = Vec::new();
    while let Some(sent) = visits.write_next(&mut body).unwrap() {
        all.push((sent, body.clone()));
    }
    all
}

fn facts(sent: &Sent, body: &[u8]) -> Vec<Fact> {
    let received: Received = received(sent);
    let facts = read(&site(), &envelope::read(body).unwrap(), &received)
        .unwrap()
        .facts;
    assert_eq!(facts.len(), sent.items, "{}", String::from_utf8_lossy(body));
    facts
}

#[test]
fn a_seed_decides_every_byte() {
    let small = Shape {
        events: 2_000,
        ..SHAPE
    };
    let first = batches(small);
    assert_eq!(first, batches(small));
    assert_ne!(first, batches(Shape { seed: 8, ..small }));
}

#[test]
fn the_collector_takes_all_of_it_and_has_as_many_rows_as_were_asked_for() {
    let mut ids = HashSet::new();
    let mut last: HashMap<_, (i64, Uuid)> = HashMap::new();
    let mut sessions = HashSet::new();
    let (mut rows, mut pings) = (0, 0);
    for (sent, body) in batches(SHAPE) {
        for fact in facts(&sent, &body) {
            assert!(ids.insert(fact.id));
            assert!(fact.at <= SHAPE.end && fact.at >= SHAPE.start());
            sessions.insert(fact.arrival.session_id);
            if fact.kind == ItemKind::PagePing {
                pings += 1;
                continue;
            }
            rows += 1;
            let before = last.insert(fact.arrival.visitor_id, fact.moment());
            assert!(before.is_none_or(|before| before.0 <= fact.at));
        }
    }
    assert_eq!(rows, SHAPE.events);
    assert_eq!(last.len(), SHAPE.visitors());
    assert_eq!(sessions.len(), SHAPE.sessions());
    assert!(pings * 4 > rows, "{pings}");
}

#[test]
fn fewer_take_each_step_and_some_of_them_are_known_by_name() {
    let mut reached: BTreeMap<String, HashSet<Uuid>> = BTreeMap::new();
    let mut browsers: HashMap<String, HashSet<Uuid>> = HashMap::new();
    let mut orders = HashSet::new();
    let (mut bots, mut pages) = (HashSet::new(), HashMap::<String, u64>::new());
    for (sent, body) in batches(SHAPE) {
        for fact in facts(&sent, &body) {
            let visitor = fact.arrival.visitor_id;
            if fact.arrival.device.is_bot() {
                bots.insert(visitor);
            }
            if let Some(user) = fact.known_user() {
                browsers.entry(user.to_owned()).or_default().insert(visitor);
            }
            if fact.kind == ItemKind::PageView {
                *pages.entry(fact.url.clone().unwrap()).or_default() += 1;
            }
            if let Some(transaction) = &fact.transaction {
                assert!(fact.conversion && fact.value.is_some() && fact.currency.is_some());
                assert!(orders.insert(format!("{transaction:?}")));
            }
            if let Some(name) = fact.name.clone() {
                reached.entry(name).or_default().insert(visitor);
            }
        }
    }
    let counts: Vec<usize> = STEPS.iter().map(|step| reached[*step].len()).collect();
    assert!(counts.is_sorted_by(|a, b| a >= b), "{counts:?}");
    assert!(counts[0] * 100 > SHAPE.visitors() * 15, "{counts:?}");
    assert!(
        counts[PAYMENT] > 0 && counts[PAYMENT] * 2 < counts[0],
        "{counts:?}"
    );
    assert_eq!(reached["signup_at"].len(), counts[REGISTRATION]);
    assert!(!reached["nda_signed_at"].is_empty() && !orders.is_empty());
    assert!(browsers.values().any(|own| own.len() == 2));
    assert!(browsers.values().all(|own| own.len() <= 2));
    assert!(
        (1..=SHAPE.visitors() / 25).contains(&bots.len()),
        "{}",
        bots.len()
    );
    let (home, other) = (
        pages["https://shop.example/"],
        pages["https://shop.example/app"],
    );
    assert!(
        (35..=70).contains(&(home * 10 / other)),
        "{home} to {other}"
    );
}
