//! What the columnar copy says, in words and in an order that do not depend on how it came to be, and what the reference fold
//! says of the same items.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use waymark_collector::columns::keep::Keeper;
use waymark_collector::columns::{Columns, Visitor};
use waymark_collector::journey::{EntryKind, Folded, Person};
use waymark_collector::store::Store;
use waymark_collector::store::sites::Site;

/// More than any of these needs.
pub(super) const MEMORY: usize = 64 * 1024 * 1024;

/// Properties of events that may be held.
pub(super) const PROPERTIES: [&str; 3] = ["plan", "order_id", "seats"];

/// All that columns hold, in an order and in words that do not depend on how they came to be.
pub(super) fn told(columns: &Columns) -> Vec<Value> {
    let mut all: Vec<Value> = columns
        .visitors()
        .map(|visitor| told_of(columns, visitor))
        .collect();
    all.sort_by_key(|visitor| visitor["id"].to_string());
    let mut persons = columns.fold_people(
        Vec::new,
        |all: &mut Vec<Value>, person| {
            let ids: Vec<Uuid> = person.browsers.iter().map(|browser| browser.id()).collect();
            let own = person.interactions;
            let told: Vec<Value> = (0..own.at.len())
                .map(|at| {
                    json!([
                        own.at[at],
                        columns.text(own.channel[at]),
                        columns.text(own.kind[at]),
                        columns.text(own.direction[at]),
                        columns.text(own.source[at]),
                        columns.text(own.campaign[at])
                    ])
                })
                .collect();
            all.push(json!([ids, told]));
        },
        |all, more| all.extend(more),
    );
    persons.sort_by_key(Value::to_string);
    all.extend(persons);
    all
}

fn told_of(columns: &Columns, visitor: Visitor<'_>) -> Value {
    let text = |word| columns.text(word);
    let touch = |place: u32| {
        let touch = columns.touches()[place as usize];
        json!([
            touch.is_known,
            text(touch.source),
            text(touch.medium),
            text(touch.campaign),
            text(touch.channel),
            text(touch.referrer)
        ])
    };
    let place = |place: u32| json!(text(columns.places()[place as usize].country));
    let device = |place: u32| {
        let device = columns.devices()[place as usize];
        json!([
            text(device.kind),
            text(device.browser),
            text(device.os),
            text(device.language)
        ])
    };
    let page = |place: u32| {
        let page = columns.pages()[place as usize];
        json!([text(page.host), text(page.path)])
    };
    let own = visitor.sessions();
    let sessions: Vec<Value> = (0..own.started_at.len())
        .map(|at| {
            json!([
                own.started_at[at],
                own.last_at[at],
                touch(own.touch[at]),
                place(own.place[at]),
                device(own.device[at]),
                page(own.entry[at]),
                page(own.exit[at]),
                own.page_views[at],
                own.events[at],
                own.conversions[at],
                own.visible_ms[at]
            ])
        })
        .collect();
    let own = visitor.events();
    let events: Vec<Value> = (0..own.at.len())
        .map(|at| {
            let property = |name| {
                let held = columns.property(name);
                held.map(|held| text(own.properties.value(held, at)))
            };
            json!([
                own.at[at],
                own.kind[at],
                own.is_conversion[at],
                text(own.name[at]),
                page(own.page[at]),
                own.session[at],
                own.visible_ms[at],
                own.scroll_max[at],
                PROPERTIES.map(property)
            ])
        })
        .collect();
    let own = visitor.firsts();
    let firsts: Vec<Value> = (0..own.at.len())
        .map(|at| json!([text(own.name[at]), own.at[at]]))
        .collect();
    let own = visitor.orders();
    let orders: Vec<Value> = (0..own.at.len())
        .map(|at| {
            json!([
                own.at[at],
                own.session[at],
                own.amount[at],
                own.refunded[at],
                text(own.currency[at]),
                text(own.name[at]),
                own.event[at]
            ])
        })
        .collect();
    json!({
        "id": visitor.id(), "first_at": visitor.first_at(), "last_at": visitor.last_at(), "bot": visitor.is_bot(),
        "shared": visitor.is_shared(), "touch": touch(visitor.touch()), "place": place(visitor.place()),
        "device": device(visitor.device()), "user": text(visitor.user()), "account": text(visitor.account()),
        "sessions": sessions, "events": events, "firsts": firsts, "orders": orders,
    })
}

/// A copy that is made now.
pub(super) async fn anew(store: &Store, site_id: i64) -> Arc<Columns> {
    Keeper::new(store.clone(), MEMORY)
        .of(site_id)
        .await
        .unwrap()
}

/// The same with these properties.
pub(super) async fn anew_with(store: &Store, site_id: i64, names: &[&str]) -> Arc<Columns> {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Keeper::new(store.clone(), MEMORY)
        .with(site_id, names)
        .await
        .unwrap()
}

/// Holds columns against what the reference fold says of the same items.
pub(super) async fn agree(
    store: &Store,
    site: &Site,
    folded: &Folded,
) -> Result<(), TestCaseError> {
    let columns = anew(store, site.id).await;
    let text = |word| columns.text(word).map(str::to_owned);
    prop_assert_eq!(columns.visitors().count(), folded.journeys.len());
    for journey in &folded.journeys {
        let Some(own) = columns.visitor(journey.visitor_id) else {
            return Err(TestCaseError::fail("a visitor is not there"));
        };
        prop_assert_eq!(own.first_at(), journey.first_seen);
        prop_assert_eq!(own.last_at(), journey.last_seen);
        prop_assert_eq!(own.is_bot(), journey.bot);
        prop_assert_eq!(text(own.user()), journey.user_id.clone());
        prop_assert_eq!(text(own.account()), journey.account_id.clone());
        let touch = columns.touches()[own.touch() as usize];
        let source = journey
            .first_touch
            .as_ref()
            .and_then(|touch| touch.source.clone());
        prop_assert_eq!(text(touch.source), source);
        prop_assert_eq!(touch.is_known, journey.first_touch.is_some());
        let language = columns.devices()[own.device() as usize].language;
        prop_assert_eq!(text(language), journey.device.language.clone());

        let sessions = own.sessions();
        let of_visitor = folded.sessions.iter().rev();
        let of_visitor: Vec<_> = of_visitor
            .filter(|session| session.visitor_id == journey.visitor_id)
            .collect();
        prop_assert_eq!(sessions.started_at.len(), of_visitor.len());
        for (place, session) in of_visitor.iter().enumerate() {
            prop_assert_eq!(sessions.started_at[place], session.started_at);
            prop_assert_eq!(i64::from(sessions.page_views[place]), session.page_views);
            prop_assert_eq!(i64::from(sessions.events[place]), session.events);
            prop_assert_eq!(sessions.visible_ms[place], session.visible_ms);
        }
        let events = own.events();
        let entries = folded.entries.iter().rev();
        let entries: Vec<_> = entries
            .filter(|entry| entry.visitor_id == Some(journey.visitor_id))
            .collect();
        prop_assert_eq!(events.at.len(), entries.len());
        for (place, entry) in entries.iter().enumerate() {
            prop_assert_eq!(events.at[place], entry.at);
            prop_assert_eq!(events.kind[place], entry.kind);
            prop_assert_eq!(text(events.name[place]), entry.name.clone());
            prop_assert_eq!(events.is_conversion[place], entry.conversion);
            let session = of_visitor[events.session[place] as usize];
            prop_assert_eq!(Some(session.session_id), entry.session_id);
            if entry.kind == EntryKind::PageView {
                prop_assert_eq!(
                    i64::from(events.visible_ms[place]),
                    entry.visible_ms.unwrap_or(0)
                );
                prop_assert_eq!(
                    i64::from(events.scroll_max[place]),
                    entry.scroll_max.unwrap_or(0)
                );
            }
        }
        let firsts = own.firsts();
        for milestone in &journey.milestones {
            // Under its own name, or under that of the event that reached it.
            prop_assert!(firsts.at.contains(&milestone.at), "{:?}", milestone);
        }
    }
    Ok(())
}

/// Holds columns against persons of the reference fold: whole browsers together, shared ones each alone.
pub(super) async fn agree_on_persons(
    store: &Store,
    site_id: i64,
    persons: &[Person],
) -> Result<(), TestCaseError> {
    let columns = anew(store, site_id).await;
    let mut own: Vec<Vec<Uuid>> = columns.fold_persons(
        Vec::new,
        |all: &mut Vec<Vec<Uuid>>, browsers| {
            all.push(browsers.iter().map(|browser| browser.id()).collect());
        },
        |all, more| all.extend(more),
    );
    own.sort();
    let mut shared: BTreeSet<Uuid> = BTreeSet::new();
    let mut all: Vec<Vec<Uuid>> = Vec::new();
    for person in persons {
        let (theirs, others): (Vec<_>, Vec<_>) =
            person.visitors.iter().partition(|browser| !browser.shared);
        shared.extend(others.iter().map(|browser| browser.visitor_id));
        let mut theirs: Vec<Uuid> = theirs.iter().map(|browser| browser.visitor_id).collect();
        theirs.sort();
        if !theirs.is_empty() {
            all.push(theirs);
        }
    }
    all.extend(shared.into_iter().map(|browser| vec![browser]));
    all.sort();
    prop_assert_eq!(own, all);
    Ok(())
}
