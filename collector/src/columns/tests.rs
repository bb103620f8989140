//! Rows in any order and in any parts are the same columns.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::compact::compact;
use super::contacts::Told;
use super::gather::{Gather, Room};
use super::kinds::Common;
use super::marks::Marks;
use super::part::{Part, merge};
use super::props::Props;
use super::segment::{NO_EVENT, NO_SESSION, Segment};
use super::shelf::Shelf;
use super::site::Columns;
use super::visitor::Visitor;
use super::words::NONE;
use crate::journey::EntryKind;
use crate::store::columns::{
    DeviceRow, EventRow, FirstRow, OrderRow, SessionRow, Take, TakeEvents, TouchRow, VisitorRow,
};

const VISITORS: u128 = 40;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn room() -> Room {
    Room {
        site_id: 1,
        held: 0,
        shelf: Arc::new(Shelf::new(usize::MAX)),
    }
}

fn device(number: u128) -> DeviceRow<'static> {
    DeviceRow {
        kind: Some("desktop"),
        browser: [Some("Firefox"), Some("Safari"), None][(number % 3) as usize],
        os: None,
        country: Some("DE"),
        region: None,
        city: None,
        language: Some("de"),
    }
}

/// Rows of some visitors: sessions, events and first times backwards if so wanted.
fn gather(common: Common, numbers: &[u128], backwards: bool) -> ((Segment, Props), Common) {
    let names = ["which".to_owned(), "whose".to_owned()];
    let mut gather = Gather::new(common, names.into(), room());
    let turned = |length: u128| -> Vec<u128> {
        let all = 0..length;
        if backwards {
            all.rev().collect()
        } else {
            all.collect()
        }
    };
    for number in numbers {
        let user = format!("user-{number}");
        gather.visitor(&VisitorRow {
            visitor_id: id(*number),
            first_at: 0,
            last_at: 9,
            bot: number % 5 == 0,
            user: Some(user.as_str()).filter(|_| number % 2 == 0),
            account: None,
            shared: false,
            owner: None,
            touch: None,
            device: device(*number),
        });
    }
    for number in numbers {
        for session in turned(3) {
            let source = format!("s{}", number % 4);
            gather.session(&SessionRow {
                visitor_id: id(*number),
                session_id: id(number * 100 + session),
                started_at: session as i64 * 10,
                last_at: session as i64 * 10 + 5,
                page_views: 1,
                events: 1,
                entry_url: Some("https://shop.example/?a=1"),
                exit_url: None,
                past_visible_ms: 1,
                touch: Some(TouchRow {
                    source: Some(&source),
                    medium: None,
                    campaign: None,
                    term: None,
                    content: None,
                    channel: Some("Direct"),
                    referrer: Some("https://www.google.com/search"),
                }),
                device: device(*number),
            });
        }
        for event in turned(6) {
            let url = format!("https://shop.example/{event}#x");
            let props = (event % 3 != 1)
                .then(|| format!(r#"{{"which": {event}, "whose": "of-{number}"}}"#));
            gather.event(&EventRow {
                visitor_id: id(*number),
                // Of the last one there is no session.
                session_id: id(number * 100 + event / 2 * if event == 5 { 50 } else { 1 }),
                at: event as i64 / 2 * 10,
                id: id(event),
                kind: EntryKind::PageView,
                name: None,
                url: Some(&url),
                conversion: event % 2 == 0,
                visible_ms: Some(100),
                scroll_max: Some(50),
                props: props.as_deref(),
            });
        }
        for order in turned(3) {
            gather.order(&OrderRow {
                visitor_id: id(*number),
                session_id: id(number * 100),
                at: 10,
                // Of the last one there is no item.
                item_id: id(order + 2),
                key: &order.to_string(),
                name: "purchase",
                amount: None,
                refunded: 0,
                currency: None,
            });
        }
        for first in turned(3) {
            gather.first(&FirstRow {
                visitor_id: id(*number),
                name: ["b", "a", "b"][first as usize],
                first_at: 5 + first as i64,
            });
        }
        // Nobody knows whose this is.
        gather.first(&FirstRow {
            visitor_id: id(1_000_000),
            name: "a",
            first_at: 0,
        });
    }
    gather.finish()
}

fn columns(common: &mut Common, parts: Vec<Part>) -> Columns {
    Columns {
        known: Arc::new(common.known(&super::kinds::Known::default())),
        segments: parts,
        ..Columns::default()
    }
}

fn told(columns: &Columns) -> Vec<String> {
    let of = |visitor: Visitor<'_>| {
        let (sessions, events, firsts) = (visitor.sessions(), visitor.events(), visitor.firsts());
        let sources = sessions.touch.iter().map(|touch| {
            let touch = columns.touches()[*touch as usize];
            (columns.text(touch.source), columns.text(touch.referrer))
        });
        let pages = events.page.iter().map(|page| {
            let page = columns.pages()[*page as usize];
            columns.text(page.path)
        });
        let names = firsts.name.iter().map(|name| columns.text(*name));
        let values = (0..events.at.len())
            .flat_map(|place| [0, 1].map(|property| events.properties.value(property, place)));
        format!(
            "{} {} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            visitor.id(),
            visitor.is_bot(),
            columns.text(visitor.user()),
            columns.text(columns.devices()[visitor.device() as usize].browser),
            sessions.started_at,
            sessions.conversions,
            sessions.visible_ms,
            sources.collect::<Vec<_>>(),
            events.at,
            events.session,
            pages.collect::<Vec<_>>(),
            names.collect::<Vec<_>>(),
            firsts.at,
            values.map(|word| columns.text(word)).collect::<Vec<_>>(),
            visitor.orders().event,
        )
    };
    let mut all: Vec<String> = columns.visitors().map(of).collect();
    all.sort();
    all
}

#[test]
fn rows_come_in_any_order_and_stand_in_that_of_their_visitors() {
    let numbers: Vec<u128> = (0..VISITORS).collect();
    let turned: Vec<u128> = numbers.iter().rev().copied().collect();
    let all = [(&numbers, false), (&turned, true)].map(|(numbers, backwards)| {
        let (rows, mut common) = gather(Common::default(), numbers, backwards);
        assert_eq!(rows.0.len(), numbers.len());
        columns(&mut common, vec![Part::of(rows)])
    });
    assert_eq!(told(&all[0]), told(&all[1]));
    let one = all[0].visitor(id(7)).unwrap();
    assert_eq!(one.sessions().started_at, [0, 10, 20]);
    assert_eq!(one.sessions().conversions, [1, 1, 1]);
    assert_eq!(one.sessions().visible_ms, [201, 201, 101]);
    assert_eq!(one.events().at, [0, 0, 10, 10, 20, 20]);
    assert_eq!(one.events().session, [0, 0, 1, 1, 2, NO_SESSION]);
    assert_eq!(one.firsts().at, [6, 5]);
    let values = [0, 1].map(|property| {
        let value = |place| all[0].text(one.events().properties.value(property, place));
        (0..6).map(value).collect::<Vec<_>>()
    });
    assert_eq!(
        values[0],
        [Some("0"), None, Some("2"), Some("3"), None, Some("5")]
    );
    assert_eq!(values[1][..2], [Some("of-7"), None]);
    assert_eq!(one.events().properties.value(2, 0), NONE);
    assert_eq!(one.orders().event, [2, 3, NO_EVENT]);
}

#[test]
fn several_segments_are_one_without_those_who_left() {
    let (first, common) = gather(Common::default(), &(0..VISITORS).collect::<Vec<_>>(), false);
    let (second, mut common) = gather(common, &[3, 30, 50], true);
    let mut gone = Marks::default();
    for number in [3, 7, 30] {
        gone.add(first.0.find(id(number)).unwrap());
    }
    let mut parts = [first, second].map(Part::of).to_vec();
    parts[0].gone = Arc::new(gone);
    let before = columns(&mut common, parts.clone());
    assert!(before.visitor(id(7)).is_none());
    assert_eq!(before.visitors().count() as u128, VISITORS);
    let mut merged = merge(&parts);
    assert_eq!(merged.0.len() as u128, VISITORS);
    let (mut common, ..) = compact(&mut merged, &Told::default(), &BTreeSet::new(), &common);
    let after = columns(&mut common, vec![Part::of(merged)]);
    assert_eq!(told(&after), told(&before));
    assert!(before.words().find("user-30").is_some());
    assert!(after.words().find("user-30").is_some());
}

#[test]
fn whoever_was_asked_about_least_recently_makes_room() {
    let shelf = Shelf::new(100);
    for site_id in [1, 2, 3] {
        shelf.site(site_id);
        assert!(shelf.has_room(site_id, 30));
    }
    shelf.site(1);
    assert!(shelf.has_room(3, 60));
    let left = |shelf: &Shelf| {
        let mut ids: Vec<i64> = shelf.sites().iter().map(|site| site.id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(left(&shelf), [1, 3]);
    assert!(!shelf.has_room(3, 101));
    assert_eq!(
        left(&shelf),
        [1, 3],
        "nobody goes for who does not fit anyway"
    );
}

#[test]
fn texts_that_nobody_holds_leave() {
    let (first, common) = gather(Common::default(), &[2, 4], false);
    let mut gone = Marks::default();
    gone.add(first.0.find(id(4)).unwrap());
    let mut part = Part::of(first);
    part.gone = Arc::new(gone);
    let mut merged = merge(&[part]);
    let (common, ..) = compact(&mut merged, &Told::default(), &BTreeSet::new(), &common);
    assert_eq!(common.words.find("user-4"), None);
    assert_eq!(common.words.find("s0"), None);
    assert_eq!(common.words.find("of-4"), None);
    assert!(common.words.find("of-2").is_some());
    assert!(common.words.find("user-2").is_some());
}

#[test]
fn a_fold_goes_over_everybody_once_and_puts_parts_together_in_order() {
    let (first, common) = gather(Common::default(), &(0..VISITORS).collect::<Vec<_>>(), false);
    let (second, mut common) = gather(common, &[100, 101], false);
    let parts = [first, second].map(Part::of).to_vec();
    let columns = columns(&mut common, parts);
    let join = |all: &mut Vec<u128>, more: Vec<u128>| all.extend(more);
    let visitors = columns.fold_visitors(
        Vec::new,
        |all, visitor| all.push(visitor.id().as_u128()),
        join,
    );
    let expected: Vec<u128> = (0..VISITORS).chain([100, 101]).collect();
    assert_eq!(visitors, expected);
    let persons = columns.fold_persons(
        Vec::new,
        |all, browsers| all.push(browsers[0].id().as_u128()),
        join,
    );
    assert_eq!(persons, expected);
}
