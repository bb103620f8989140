//! The columnar copy against the rows: whatever happens to a site, a copy that was kept is the copy that is made anew, and that
//! is what the reference fold says of the same items.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use waymark_collector::columns::keep::Keeper;
use waymark_collector::expiring;
use waymark_collector::ingest::{Ingest, interactions};
use waymark_collector::journey::Identity;
use waymark_collector::store::Store;
use waymark_collector::store::audit::By;
use waymark_collector::store::privacy::{Erasing, Mode, Pending, Subject};
use waymark_collector::store::retention::Keep;
use waymark_collector::store::sites::Site;

use super::definitions::{DEFINITIONS, definition, restate, set};
use super::desk::{
    Desk, NOW, batch, context, event, fresh_site, item, page, ping, run_sql, submit, visitor,
};
use super::fold::hold;
use super::told::{MEMORY, PROPERTIES, anew, anew_with, told};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    whatever_happens_the_kept_copy_is_the_rows,
    nobody_is_torn_while_items_arrive,
    what_does_not_fit_is_said,
    properties_are_there_once_they_are_named,
);

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// All are old, and have gone but for the last, which says so.
pub(super) const FORGET: &str = "UPDATE changes SET at = 0";

/// Something that happens to a site.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// Items of one visitor: each a kind and a number.
    Items {
        visitor: u64,
        session: u64,
        user: Option<u8>,
        days: i64,
        items: Vec<(u8, u8)>,
    },
    Call {
        user: Option<u8>,
        visitor: Option<u64>,
    },
    Merge(u8, u8),
    Unmerge(u8, u8),
    Bot(u64, Option<bool>),
    /// By user or visitor, whether rows go, and whether it can be taken back.
    Erase(Result<u8, u64>, bool, bool),
    Restore,
    Finish,
    Define(usize),
    /// A round of retention, of so many days.
    Expire(i64),
    /// What was told of changes goes.
    Forget,
}

pub(super) fn piece() -> impl Strategy<Value = Piece> {
    let few = || proptest::option::of(0..3_u8);
    let who = || prop_oneof![(0..3_u8).prop_map(Ok), (0..5_u64).prop_map(Err)];
    prop_oneof![
        24 => (0..5_u64, 0..3_u64, few(), 0..40_i64, proptest::collection::vec((0..9_u8, 0..4_u8), 1..6))
            .prop_map(|(visitor, session, user, days, items)| Piece::Items { visitor, session, user, days, items }),
        2 => (few(), proptest::option::of(0..5_u64))
            .prop_filter("is with somebody", |(user, visitor)| user.is_some() || visitor.is_some())
            .prop_map(|(user, visitor)| Piece::Call { user, visitor }),
        2 => (0..3_u8, 0..3_u8).prop_map(|(one, other)| Piece::Merge(one, other)),
        1 => (0..3_u8, 0..3_u8).prop_map(|(one, other)| Piece::Unmerge(one, other)),
        2 => (0..5_u64, any::<Option<bool>>()).prop_map(|(visitor, bot)| Piece::Bot(visitor, bot)),
        3 => (who(), any::<bool>(), any::<bool>())
            .prop_map(|(who, goes, back)| Piece::Erase(who, goes, back)),
        2 => Just(Piece::Restore),
        1 => Just(Piece::Finish),
        1 => (0..DEFINITIONS).prop_map(Piece::Define),
        1 => prop_oneof![Just(10_i64), Just(30)].prop_map(Piece::Expire),
        1 => Just(Piece::Forget),
    ]
}

fn user(number: u8) -> Identity {
    Identity::User(format!("user-{number}"))
}

/// What is done to one site, and what was erased of it so far and can be taken back.
pub(super) struct Doing<'d> {
    pub(super) desk: &'d Desk,
    pub(super) second: &'d Ingest,
    pub(super) site: Site,
    pub(super) pending: Vec<Pending>,
}

const BY: By<'static> = By {
    actor: "cli",
    now: NOW,
};

impl<'d> Doing<'d> {
    /// On a site of its own.
    pub(super) fn new(desk: &'d Desk, second: &'d Ingest) -> Self {
        Self {
            desk,
            second,
            site: fresh_site(),
            pending: Vec::new(),
        }
    }

    pub(super) fn store(&self) -> &Store {
        &self.desk.store
    }

    pub(super) async fn act(&mut self, number: usize, piece: &Piece) {
        let (store, site) = (self.desk.store.clone(), self.site.clone());
        match piece {
            Piece::Items {
                visitor,
                session,
                user,
                days,
                items,
            } => {
                let mut context = context(*visitor, *visitor * 10 + *session);
                context["session"]["started_at"] = json!(NOW - days * DAY_MS - 60_000);
                if let Some(user) = user {
                    context["user_id"] = json!(format!("user-{user}"));
                }
                if session % 2 == 1 {
                    context["touch"] = json!({"source": format!("s{session}"), "medium": "cpc",
                        "referrer": "https://www.google.com/"});
                }
                let own: Vec<Value> = items
                    .iter()
                    .enumerate()
                    .map(|(place, of)| thing((number * 10 + place) as u64, *days, *of))
                    .collect();
                let ingest = if number.is_multiple_of(2) {
                    &self.desk.ingest
                } else {
                    self.second
                };
                let batch = batch(&context, &own);
                submit(ingest, &site, &batch).await.unwrap();
                if number.is_multiple_of(3) {
                    submit(ingest, &site, &batch).await.unwrap();
                }
            }
            Piece::Call { user, visitor: who } => {
                let body = json!({"interactions": [{
                    "id": format!("i{number}"), "channel": "call", "kind": "answered", "at": NOW,
                    "user_id": user.map(|user| format!("user-{user}")), "visitor_id": who.map(visitor),
                }]});
                let body = body.to_string();
                let calls = interactions::read(body.as_bytes()).unwrap();
                let sent = self.second.submit_interactions(&site, &calls, NOW).await;
                sent.unwrap();
            }
            Piece::Merge(one, other) => {
                let ids = [&user(*one), &user(*other)];
                store.merge_persons(site.id, ids, "cli", NOW).await.unwrap();
            }
            Piece::Unmerge(one, other) => {
                let ids = [&user(*one), &user(*other)];
                let back = store.unmerge_persons(site.id, ids, "cli", NOW).await;
                back.unwrap();
            }
            Piece::Bot(who, bot) => {
                let who = visitor(*who);
                store.decide_bot(site.id, who, *bot, BY).await.unwrap();
            }
            Piece::Erase(who, goes, back) => {
                let id = match who {
                    Ok(number) => user(*number),
                    Err(number) => Identity::Visitor(visitor(*number)),
                };
                let how = Erasing {
                    mode: if *goes { Mode::Delete } else { Mode::Anonymise },
                    due_at: back.then_some(NOW + DAY_MS),
                };
                let erased = store.erase(&site, &Subject::Id(id), how, "cli", NOW).await;
                self.pending.extend(erased.unwrap().pending);
            }
            Piece::Restore => {
                if let Some(pending) = self.pending.pop() {
                    let back = store.restore_erasure(&site, pending.id, "cli", NOW).await;
                    back.unwrap();
                }
            }
            Piece::Finish => {
                if let Some(pending) = self.pending.pop() {
                    store.finish_erasure(&site, pending.id, NOW).await.unwrap();
                }
            }
            Piece::Define(number) => {
                set(&store, site.id, &definition(*number)).await;
                restate(&store, site.id, 3).await;
            }
            Piece::Expire(days) => {
                let limits = BTreeMap::from([(None, Keep::Days(*days))]);
                store
                    .set_limits(site.id, &limits, "test", NOW)
                    .await
                    .unwrap();
                if let Some(turn) = store.begin_round(site.id, i64::MAX, NOW).await.unwrap() {
                    expiring::round(&store, &site, turn).await.unwrap();
                }
            }
            Piece::Forget => {
                run_sql(&self.desk.database, FORGET, FORGET).await;
                store.trim_changes(site.id).await.unwrap();
            }
        }
    }
}

/// An item of one of the kinds that columns hold.
fn thing(number: u64, days: i64, (kind, which): (u8, u8)) -> Value {
    let ago = days * DAY_MS + 1000 * i64::from(which);
    let order = format!("o-{which}");
    match kind {
        0 | 1 => page(number, ago, &format!("/{which}?q=1")),
        2 => ping(
            number,
            ago,
            number.saturating_sub(1),
            100 * number,
            10 * which,
        ),
        3 => {
            let props = match which {
                0 => Value::Null,
                1 => json!({"plan": "pro", "seats": number % 4}),
                2 => {
                    json!({"plan": format!("plan of {number}"), "seats": 2.0, "order_id": ["none"]})
                }
                _ => json!({"plan": null, "seats": true, "other": {"plan": "x"}}),
            };
            let data = json!({"name": format!("e{which}"), "props": props});
            item("event", number, ago, data)
        }
        4 => {
            let data = json!({"name": format!("m{which}"), "props": {"plan": "free"}});
            item("milestone", number, ago, data)
        }
        5 => {
            let previous = (which > 1).then(|| format!("user-{}", which - 1));
            let data = json!({"user_id": format!("user-{which}"), "previous_id": previous,
                "email": format!("{which}@mail.example")});
            item("identify", number, ago, data)
        }
        6 => item(
            "group",
            number,
            ago,
            json!({"account_id": format!("a{which}")}),
        ),
        7 => {
            let props = json!({"order_id": order});
            let data = json!({"name": "purchase", "value": format!("{}.50", number + 1), "currency": "EUR",
                "conversion": true, "props": props});
            item("event", number, ago, data)
        }
        _ => {
            let props = json!({"order_id": order, "refund_id": format!("r-{number}")});
            let data = json!({"name": "refund", "value": "-1", "currency": "EUR", "props": props});
            item("event", number, ago, data)
        }
    }
}

/// The properties that the question after a piece names.
fn named(piece: usize) -> &'static [&'static str] {
    match piece {
        0..3 => &[],
        3..8 => &PROPERTIES[..piece % 2],
        8..12 => &PROPERTIES[1..],
        _ => &PROPERTIES[1..2],
    }
}

async fn whatever_happens_the_kept_copy_is_the_rows(database: Database) {
    let pieces = proptest::collection::vec(piece(), 1..30);
    hold(database, 48, pieces, async |desk, second, pieces| {
        let keeper = Keeper::new(desk.store.clone(), MEMORY);
        let mut doing = Doing::new(desk, second);
        let site_id = doing.site.id;
        for (number, piece) in pieces.iter().enumerate() {
            doing.act(number, piece).await;
            // Not after each, so that some wait for each other.
            if number % 3 == 1 {
                continue;
            }
            // At first none, and then one after the other is named too; nobody says when.
            let names: Vec<String> = named(number)
                .iter()
                .map(|name| (*name).to_owned())
                .collect();
            let kept = keeper.with(site_id, names).await.unwrap();
            let held: Vec<&str> = PROPERTIES
                .into_iter()
                .filter(|name| kept.property(name).is_some())
                .collect();
            prop_assert!(named(number).iter().all(|name| held.contains(name)));
            let made = anew_with(doing.store(), site_id, &held).await;
            prop_assert_eq!(told(&kept), told(&made), "after {:?}", piece);
        }
        Ok(())
    })
    .await;
}

async fn nobody_is_torn_while_items_arrive(database: Database) {
    let desk = Desk::new(database).await;
    let second = desk.second().await;
    let site = fresh_site();
    let keeper = Keeper::new(desk.store.clone(), MEMORY);
    keeper.of(site.id).await.unwrap();
    let sending = async {
        for round in 0..40_u64 {
            for who in 0..4_u64 {
                // Two items at a time: nobody has an odd number of them.
                let first = (round * 4 + who) * 2;
                let items = [event(first, 1000, "a"), event(first + 1, 900, "b")];
                let ingest = if who % 2 == 0 { &desk.ingest } else { &second };
                let batch = batch(&context(who, who * 100 + round), &items);
                submit(ingest, &site, &batch).await.unwrap();
            }
        }
    };
    let asking = async {
        let mut latest = i64::MIN;
        let mut asked = 0;
        loop {
            let columns = keeper.of(site.id).await.unwrap();
            assert!(columns.as_of() >= latest);
            latest = columns.as_of();
            let mut all = 0;
            for visitor in columns.visitors() {
                let sessions = visitor.sessions();
                let counted: u32 = sessions.events.iter().sum();
                assert_eq!(visitor.events().at.len(), counted as usize);
                assert_eq!(counted, 2 * sessions.events.len() as u32);
                all += counted;
            }
            asked += 1;
            if all == 320 {
                return asked;
            }
        }
    };
    let (asked, ()) = tokio::join!(asking, sending);
    assert!(asked > 1);
    let kept = keeper.of(site.id).await.unwrap();
    assert_eq!(told(&kept), told(&*anew(&desk.store, site.id).await));
    second.drain().await;
}

async fn what_does_not_fit_is_said(database: Database) {
    let desk = Desk::new(database).await;
    let (small, large) = (fresh_site(), fresh_site());
    for who in 0..300 {
        let items = [page(who, 1000, &format!("/{who}"))];
        let batch = batch(&context(who, who), &items);
        submit(&desk.ingest, &large, &batch).await.unwrap();
        if who == 0 {
            submit(&desk.ingest, &small, &batch).await.unwrap();
        }
    }
    let all = Keeper::new(desk.store.clone(), MEMORY);
    all.of(small.id).await.unwrap();
    let of_small = all.keeping().bytes;
    all.of(large.id).await.unwrap();
    assert!(all.keeping().bytes > 10 * of_small);

    let tight = Keeper::new(desk.store.clone(), 5 * of_small);
    let refused = tight.of(large.id).await.unwrap_err();
    assert!(refused.to_string().contains("columns_memory"), "{refused}");
    assert_eq!(tight.of(small.id).await.unwrap().visitors().count(), 1);
}

async fn properties_are_there_once_they_are_named(database: Database) {
    let desk = Desk::new(database).await;
    let site = fresh_site();
    let keeper = Keeper::new(desk.store.clone(), MEMORY);
    let bought = |number: u64, plan: Value| {
        let props = json!({"plan": plan, "long": "x".repeat(300), "email": "ann@mail.example"});
        item(
            "event",
            number,
            1000,
            json!({"name": "bought", "props": props}),
        )
    };
    for (who, plan) in [json!("pro"), json!(4.0), json!(null), json!(false)]
        .into_iter()
        .enumerate()
    {
        let who = who as u64;
        let batch = batch(
            &context(who, who),
            &[page(who, 2000, "/"), bought(10 + who, plan)],
        );
        submit(&desk.ingest, &site, &batch).await.unwrap();
    }
    let values = |columns: &waymark_collector::columns::Columns, name: &str| {
        let property = columns.property(name)?;
        let mut all: Vec<Option<String>> = Vec::new();
        for visitor in columns.visitors() {
            let events = visitor.events();
            let of = |at| columns.text(events.properties.value(property, at));
            all.extend((0..events.at.len()).map(|at| of(at).map(str::to_owned)));
        }
        all.sort();
        all.retain(Option::is_some);
        Some(all.into_iter().flatten().collect::<Vec<_>>())
    };
    let with = async |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        keeper.with(site.id, names).await.unwrap()
    };
    let before = with(&[]).await;
    assert_eq!(values(&before, "plan"), None);
    let loads = keeper.keeping().loads;
    let plans = ["4", "false", "pro"].map(str::to_owned).to_vec();
    assert_eq!(values(&*with(&["plan"]).await, "plan"), Some(plans.clone()));
    // A longer text is none, and what was named stays for a while.
    let both = with(&["long", "email"]).await;
    assert_eq!(values(&both, "long"), Some(Vec::new()));
    assert_eq!(values(&both, "email").unwrap().len(), 4);
    assert_eq!(values(&both, "plan"), Some(plans));
    assert_eq!(keeper.keeping().loads, loads, "rows are there already");
    assert!(keeper.keeping().bytes > 0);

    // What comes later is there too, and who is erased is not, not even among the texts.
    let later = batch(&context(9, 9), &[bought(30, json!("team"))]);
    submit(&desk.ingest, &site, &later).await.unwrap();
    let told = values(&*with(&[]).await, "plan").unwrap();
    assert_eq!(told, ["4", "false", "pro", "team"]);
    for (who, mode) in [(0, Mode::Anonymise), (9, Mode::Delete)] {
        let subject = Subject::Id(Identity::Visitor(visitor(who)));
        let how = Erasing { mode, due_at: None };
        let erased = desk.store.erase(&site, &subject, how, "cli", NOW).await;
        erased.unwrap();
    }
    let left = with(&["plan"]).await;
    assert_eq!(values(&left, "plan").unwrap(), ["4", "false"]);
    for gone in ["pro", "team"] {
        assert_eq!(left.words().find(gone), None);
    }
    // What is too old takes its properties with it.
    let mut old = context(20, 20);
    old["session"]["started_at"] = json!(NOW - 40 * DAY_MS - 60_000);
    let props = json!({"plan": "old"});
    let data = json!({"name": "bought", "props": props});
    let old = batch(&old, &[item("event", 40, 40 * DAY_MS, data)]);
    submit(&desk.ingest, &site, &old).await.unwrap();
    let told = values(&*with(&["plan"]).await, "plan").unwrap();
    assert_eq!(told, ["4", "false", "old"]);
    let limits = BTreeMap::from([(None, Keep::Days(30))]);
    let set = desk.store.set_limits(site.id, &limits, "test", NOW).await;
    set.unwrap();
    let turn = desk
        .store
        .begin_round(site.id, i64::MAX, NOW)
        .await
        .unwrap();
    expiring::round(&desk.store, &site, turn.unwrap())
        .await
        .unwrap();
    let left = with(&["plan"]).await;
    assert_eq!(values(&left, "plan").unwrap(), ["4", "false"]);

    // Only so many are held; those that were named longest ago go.
    let many: Vec<String> = (0..100).map(|number| format!("other-{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let others = with(&many).await;
    assert_eq!(others.property("plan"), None);
    assert!(many.iter().all(|name| others.property(name).is_some()));
    assert_eq!(
        values(&*with(&["plan"]).await, "plan").unwrap(),
        ["4", "false"]
    );
}
