//! Orders and refunds: what the store says of a set of items, against what
//! [`waymark_collector::journey::fold_revenue`] says of it.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use waymark_collector::journey::{Fact, Order, Revenue, Slice, fold_revenue};
use waymark_collector::money::{DatedRate, Exchange, Rate};
use waymark_collector::store::persons::Slices;
use waymark_collector::store::sites::Site;
use waymark_collector::store::{Bots, OrderFilter, Store};
use waymark_protocol::Status;

use super::desk::{
    Desk, NOW, batch, context, fresh_site, id, item, received, run_sql, site, statuses, submit,
    visitor, walk,
};
use super::fold::facts_of;
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    an_order_that_many_report_at_once_counts_once,
    sums_are_exact_beyond_what_a_double_holds,
    what_was_stored_before_there_were_orders_counts_too,
    rates_are_loaded_once_and_replaced,
);

/// What an order of the property test says. `worth` tells amount and currency, or that none is told.
pub(super) fn order(order: Option<u8>, worth: u8) -> Value {
    let mut props = money(worth);
    if let Some(order) = order {
        props["order_id"] = json!(format!("order-{order}"));
    }
    json!({"name": "purchase", "props": props})
}

/// What a refund of the property test says.
pub(super) fn refund(order: Option<u8>, refund: Option<u8>, worth: u8) -> Value {
    let mut props = money(worth);
    if let Some(order) = order {
        props["order_id"] = json!(format!("order-{order}"));
    }
    if let Some(refund) = refund {
        props["refund_id"] = json!(refund);
    }
    json!({"name": "refund", "props": props})
}

fn money(worth: u8) -> Value {
    match worth {
        0 => json!({"plan": "pro"}),
        1 => json!({"value": "10.10"}),
        2 => json!({"value": 20.2, "currency": "EUR"}),
        3 => json!({"value": 0.000_001, "currency": "EUR"}),
        4 => json!({"value": 30.3, "currency": "USD"}),
        _ => json!({"value": 4, "currency": "GBP"}),
    }
}

/// The day of the tests' clock, and the next one, of which nothing is.
const RATES: [(&str, &str); 2] = [("2025-06-09", "0.876543210987"), ("2025-06-10", "0.5")];

fn rates() -> Vec<DatedRate> {
    RATES
        .iter()
        .map(|(day, rate)| DatedRate::read([day, "USD", "EUR", rate]).unwrap())
        .collect()
}

fn exchange() -> Exchange {
    let mut exchange = Exchange::new("EUR".parse().ok(), "UTC");
    for rate in rates() {
        exchange.add(rate.from, rate.date, rate.rate);
    }
    exchange
}

/// Holds what is read of each visitor and of the site against the definition.
pub(super) async fn agree<'f>(
    store: &Store,
    site: &Site,
    facts: impl Iterator<Item = &'f Fact> + Clone,
) -> Result<(), TestCaseError> {
    let site = Site {
        currency: Some("EUR".to_owned()),
        ..site.clone()
    };
    store
        .load_rates(site.id, &rates(), "cli", NOW)
        .await
        .unwrap();
    let visitors: BTreeSet<Uuid> = facts.clone().map(|fact| fact.arrival.visitor_id).collect();
    for visitor in visitors {
        let filter = OrderFilter {
            visitor: Some(visitor),
            within: None,
        };
        let stored = store.revenue(&site, &filter).await.unwrap();
        let own = |fact: &Fact| fact.arrival.visitor_id == visitor;
        prop_assert_eq!(&stored, &fold_revenue(facts.clone(), own, &exchange()));
        let orders = walk!(store, orders, site.id, &filter, 2);
        prop_assert_eq!(orders.len() as i64, stored.orders);
        let refunds: i64 = orders.iter().map(|order| order.refunds).sum();
        prop_assert!(refunds >= stored.refunds);
    }
    let all = fold_revenue(facts.clone(), |_| true, &exchange());
    let whole = (0, NOW + 86_400_000);
    let stored = store.revenue_of_period(&site, whole, Bots::Include).await;
    prop_assert_eq!(&stored.unwrap().total(), &all);
    let mut sum = (0, 0);
    for bots in [Bots::Exclude, Bots::Only] {
        let part = store.revenue_of_period(&site, whole, bots).await;
        let part = part.unwrap().total();
        sum = (sum.0 + part.orders, sum.1 + part.refunds);
    }
    prop_assert_eq!(sum, (all.orders, all.refunds));
    Ok(())
}

/// Holds what is read of somebody, whose timeline has these items, against the definition.
pub(super) async fn agree_on(
    store: &Store,
    site_id: i64,
    facts: &[&Fact],
    slices: &[Slice],
    timeline: &BTreeSet<Uuid>,
) -> Result<(), TestCaseError> {
    let filter = OrderFilter {
        within: Some(Slices::of(slices)),
        visitor: None,
    };
    let stored = store.revenue(&site(site_id), &filter).await.unwrap();
    let own = |fact: &Fact| timeline.contains(&fact.id);
    let nowhere = Exchange::new(None, "UTC");
    prop_assert_eq!(&stored, &fold_revenue(facts.iter().copied(), own, &nowhere));
    Ok(())
}

fn purchase(number: u64, ago: i64, props: Value) -> Value {
    item(
        "event",
        number,
        ago,
        json!({"name": "purchase", "props": props}),
    )
}

async fn whole(desk: &Desk, site: &Site) -> Revenue {
    let period = (0, NOW + 86_400_000);
    let found = desk
        .store
        .revenue_of_period(site, period, Bots::Include)
        .await;
    found.unwrap().total()
}

async fn an_order_that_many_report_at_once_counts_once(database: Database) {
    let desk = Desk::new(database).await;
    let second = desk.second().await;
    let mut all: Vec<Fact> = Vec::new();
    for round in 0..10_u64 {
        let reports: Vec<Value> = (0..8_u64)
            .map(|who| {
                let props = json!({"order_id": format!("o{round}"), "value": who + 1, "currency": "EUR"});
                let refund = json!({"name": "refund", "props": {"order_id": format!("o{round}"), "refund_id": "r", "value": "0.25"}});
                let number = (round * 8 + who) * 2;
                let items = [
                    purchase(number, 1000 - (who * 7 % 8) as i64, props),
                    item("event", number + 1, 10, refund),
                ];
                batch(&context(who, who), &items)
            })
            .collect();
        let sent = reports.iter().enumerate().map(|(number, report)| {
            let ingest = if number % 2 == 0 {
                &desk.ingest
            } else {
                &second
            };
            submit(ingest, &desk.site, report)
        });
        for answer in join_all(sent).await {
            assert_eq!(statuses(&answer.unwrap()), [Status::Accepted; 2]);
        }
        for report in &reports {
            all.extend(facts_of(&desk.site, report, &received()));
        }
    }
    agree(&desk.store, &desk.site, all.iter()).await.unwrap();
    let revenue = whole(&desk, &desk.site).await;
    assert_eq!((revenue.orders, revenue.refunds), (10, 10));
    // The earliest is that of the first visitor, who says 1.
    let euros = &revenue.by_currency[0];
    assert_eq!(
        (euros.gross.as_str(), euros.net.as_str()),
        ("10.00", "7.50")
    );
    assert_eq!(desk.all_entries().await.len(), 160);
    second.drain().await;
    desk.log.assert_quiet();
}

async fn sums_are_exact_beyond_what_a_double_holds(database: Database) {
    let desk = Desk::new(database).await;
    let site = fresh_site();
    let facts: Vec<Fact> = (0..40_u64)
        .flat_map(|number| {
            let props = json!({"value": "999999999999.999999", "currency": "EUR"});
            let sent = batch(&context(number, number), &[purchase(number, 1000, props)]);
            facts_of(&site, &sent, &received())
        })
        .collect();
    let facts: Vec<&Fact> = facts.iter().collect();
    desk.store.commit(&facts).await.unwrap();
    let euros = &whole(&desk, &site).await.by_currency[0];
    assert_eq!(euros.gross, "39999999999999.99996");
}

async fn what_was_stored_before_there_were_orders_counts_too(database: Database) {
    let desk = Desk::new(database).await;
    let conversion = |number: u64, ago: i64, value: &str, props: Value| {
        let data = json!({"name": "bought", "conversion": true, "value": value, "currency": "EUR", "props": props});
        item("event", number, ago, data)
    };
    let sent = batch(
        &context(0, 0),
        &[
            conversion(0, 5000, "49.90", json!({"order_id": "a"})),
            conversion(1, 4000, "50", json!({"order_id": "a"})),
            conversion(2, 3000, "0.000001", json!({"order_id": 7})),
            conversion(3, 2000, "1000.5", json!({"order_id": {"not": "one"}})),
            item("event", 4, 1000, json!({"name": "x", "value": "5"})),
        ],
    );
    desk.accept(&sent).await;
    let before = whole(&desk, &desk.site).await;
    let filter = OrderFilter {
        visitor: Some(visitor(0)),
        within: None,
    };
    let orders: Vec<Order> = walk!(desk.store, orders, desk.site.id, &filter, 2);
    assert_eq!(orders.len(), 3);
    assert_eq!(orders[2].event_id, id(0));
    run_sql(&desk.database, "DELETE FROM orders", "DELETE FROM orders").await;
    assert_eq!(whole(&desk, &desk.site).await.orders, 0);
    let after_mark = |text: &'static str| {
        let (_, rest) = text
            .split_once("-- The conversions with a value that are stored already.")
            .unwrap();
        rest
    };
    run_sql(
        &desk.database,
        after_mark(include_str!("../../migrations/sqlite/0012_revenue.sql")),
        after_mark(include_str!("../../migrations/postgres/0012_revenue.sql")),
    )
    .await;
    assert_eq!(whole(&desk, &desk.site).await, before);
    assert_eq!(before.by_currency[0].gross, "1050.400001");
    let again: Vec<Order> = walk!(desk.store, orders, desk.site.id, &filter, 2);
    assert_eq!(again, orders);
}

async fn rates_are_loaded_once_and_replaced(database: Database) {
    let desk = Desk::new(database).await;
    let rate =
        |day: &str, from: &str, rate: &str| DatedRate::read([day, from, "EUR", rate]).unwrap();
    let table: Vec<DatedRate> = (1..=28)
        .flat_map(|day| {
            let day = format!("2025-02-{day:02}");
            [rate(&day, "USD", "0.9"), rate(&day, "GBP", "1.2")]
        })
        .collect();
    let load = async |rates: &[DatedRate]| {
        let loaded = desk.store.load_rates(1, rates, "cli", NOW).await.unwrap();
        (loaded.new, loaded.changed, loaded.unchanged)
    };
    assert_eq!(load(&table).await, (56, 0, 0));
    assert_eq!(load(&table).await, (0, 0, 56));
    assert_eq!(load(&[]).await, (0, 0, 0));
    let mut other = table.clone();
    other[3] = rate("2025-02-02", "GBP", "1.25");
    other.push(rate("2025-03-01", "GBP", "1.3"));
    assert_eq!(load(&other).await, (1, 1, 55));
    let listed = walk!(desk.store, rates, 1, Default::default(), 5);
    assert_eq!(listed.len(), 57);
    assert!(listed.is_sorted_by(|a, b| (&a.date, &a.from) > (&b.date, &b.from)));
    let gbp = waymark_collector::store::rates::RateFilter {
        from: "GBP".parse().ok(),
        to: None,
    };
    let pounds = walk!(desk.store, rates, 1, gbp, 4);
    assert_eq!(pounds.len(), 29);
    assert_eq!(
        pounds[27].rate.parse(),
        Ok::<Rate, _>("1.25".parse().unwrap())
    );
    let audited = desk.store.audited(1, None, 10).await.unwrap().data;
    assert_eq!(audited.len(), 2);
    let detail: Value = serde_json::from_str(&audited[0].detail).unwrap();
    assert_eq!(detail, json!({"new": 1, "changed": 1, "unchanged": 55}));
    // Another site has none of them.
    assert!(walk!(desk.store, rates, 2, Default::default(), 5).is_empty());
    let pair = ("GBP".parse().unwrap(), "EUR".parse().unwrap());
    let days = (
        rate("2025-02-02", "USD", "1").date,
        rate("2025-02-03", "USD", "1").date,
    );
    assert!(
        desk.store
            .remove_rates(1, pair, days, "cli", NOW)
            .await
            .unwrap()
    );
    assert!(
        !desk
            .store
            .remove_rates(1, pair, days, "cli", NOW)
            .await
            .unwrap()
    );
    assert_eq!(walk!(desk.store, rates, 1, gbp, 4).len(), 27);
}
