//! What a set of facts says of orders and refunds.

use std::collections::BTreeMap;

use crate::journey::Fact;
use crate::journey::revenue::{Ledger, Revenue};
use crate::journey::transaction::{Back, Sold, Transaction, TransactionKind, rank, settle};
use crate::money::{Exchange, Sum};

/// Events that tell one order, or one refund.
type Reports<'f> = Vec<(&'f Fact, &'f Transaction)>;

/// What the orders brought whose reports that count are among `own`, and what refunds took back of them, whoever told
/// those; also refunds among `own` of orders of which nothing is known. `facts` are all of a site, each of them once.
pub fn revenue<'f>(
    facts: impl IntoIterator<Item = &'f Fact>,
    own: impl Fn(&Fact) -> bool,
    exchange: &Exchange,
) -> Revenue {
    let mut orders: BTreeMap<&str, Reports<'_>> = BTreeMap::new();
    let mut refunds: BTreeMap<&str, BTreeMap<&str, Reports<'_>>> = BTreeMap::new();
    for fact in facts {
        let Some(told) = fact.transaction.as_deref() else {
            continue;
        };
        let reports = match &told.kind {
            TransactionKind::Order => orders.entry(&told.order_key).or_default(),
            TransactionKind::Refund { key } => refunds
                .entry(&told.order_key)
                .or_default()
                .entry(key)
                .or_default(),
        };
        reports.push((fact, told));
    }
    let mut ledger = Ledger::default();
    let mut known: BTreeMap<&str, (bool, Sold)> = BTreeMap::new();
    for (key, reports) in &orders {
        let Some((fact, told)) = counting(reports) else {
            continue;
        };
        let sold = Sold {
            at: fact.at,
            amount: told.amount,
            currency: told.currency,
        };
        known.insert(key, (own(fact), sold));
        if own(fact) {
            ledger.sell_one(&sold, exchange);
        }
    }
    for (order, refunds) in &refunds {
        let order = known.get(order);
        let mut backs: Vec<Back> = Vec::new();
        for (fact, told) in refunds.values().filter_map(|reports| counting(reports)) {
            if order.map_or_else(|| own(fact), |(own, _)| *own) {
                backs.push(Back {
                    at: fact.at,
                    item_id: fact.id,
                    visitor_id: fact.arrival.visitor_id,
                    amount: told.amount,
                    currency: told.currency,
                });
            }
        }
        let sold = order.map(|(_, sold)| *sold);
        let takings = settle(sold.as_ref(), &mut backs);
        for (back, taken) in backs.iter().zip(takings) {
            let told = (back.currency, back.amount.map(Sum::from));
            ledger.refund(sold.as_ref(), taken, told, exchange);
        }
    }
    ledger.close(exchange)
}

fn counting<'r, 'f>(
    reports: &'r [(&'f Fact, &'f Transaction)],
) -> Option<&'r (&'f Fact, &'f Transaction)> {
    reports
        .iter()
        .min_by_key(|(fact, told)| rank(told.amount, fact.at, fact.id, fact.arrival.visitor_id))
}
