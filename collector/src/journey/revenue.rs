//! Revenue as a reader of the API sees it: what orders brought and refunds took back, by currency, and in the site's own
//! currency as far as there are rates.
//!
//! A [`Ledger`] adds up, exactly, and rounds when it is asked. What cannot be converted is shown apart and is never
//! part of a converted figure.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::transaction::{Sold, Taken};
use crate::money::{Currency, Exact, Exchange, Sum};

/// What orders brought and refunds took back. Money is decimal text, exact to a millionth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Revenue {
    /// The site's currency, in which the next three are; null where the site has none.
    #[schema(value_type = Option<String>)]
    pub currency: Option<String>,
    /// What orders brought, as far as it can be converted; null where the site has no currency.
    pub gross: Option<String>,
    /// What refunds took back of that.
    pub refunded: Option<String>,
    /// The difference.
    pub net: Option<String>,
    /// Orders, each once.
    pub orders: i64,
    /// Refunds of these orders.
    pub refunds: i64,
    /// The same in the currencies in which it was paid, by code.
    pub by_currency: Vec<InCurrency>,
    /// What of that is not part of the converted figures, because there is no rate.
    pub unconverted: Vec<InCurrency>,
    /// Refunds that take nothing, because their order is not known, tells no value or is in another currency.
    pub unmatched_refunds: Vec<UnmatchedRefunds>,
}

/// What was paid in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct InCurrency {
    /// The code; null where none was told.
    pub currency: Option<String>,
    /// Orders, each once.
    pub orders: i64,
    /// Those of them whose value is not known.
    pub orders_without_value: i64,
    /// Refunds of these orders.
    pub refunds: i64,
    /// What the orders brought.
    pub gross: String,
    /// What refunds took back of that.
    pub refunded: String,
    /// The difference.
    pub net: String,
}

/// Refunds in one currency that take nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnmatchedRefunds {
    /// The code; null where none was told.
    pub currency: Option<String>,
    /// How many.
    pub refunds: i64,
    /// What those of them add up to that tell an amount.
    pub amount: String,
}

/// An order as it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Order {
    /// The site's own id of it; null where the event told none.
    pub order_id: Option<String>,
    /// When, by the event that counts.
    pub at: i64,
    /// That event's name.
    pub name: String,
    /// Its id.
    pub event_id: Uuid,
    /// Whose browser told it.
    pub visitor_id: Uuid,
    /// In which session.
    pub session_id: Uuid,
    /// In which currency the next three are; null where none was told.
    pub currency: Option<String>,
    /// What it brought; null where that is not known.
    pub gross: Option<String>,
    /// What refunds took back of that.
    pub refunded: Option<String>,
    /// The difference.
    pub net: Option<String>,
    /// Refunds of it.
    pub refunds: i64,
}

/// Orders of one currency and one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sales {
    /// The currency, if it was told.
    pub currency: Option<Currency>,
    /// The day in the site's time zone.
    pub day: Date,
    /// Orders.
    pub orders: i64,
    /// Those of them whose value is not known.
    pub without_value: i64,
    /// What the others brought.
    pub gross: Sum,
}

/// What is being added up in one currency.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    orders: i64,
    without_value: i64,
    refunds: i64,
    gross: Sum,
    refunded: Sum,
}

/// Revenue being added up.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    lines: BTreeMap<Option<Currency>, Line>,
    unconverted: BTreeMap<Option<Currency>, Line>,
    gross: Exact,
    refunded: Exact,
    unmatched: BTreeMap<Option<Currency>, (i64, Sum)>,
}

impl Ledger {
    /// Adds orders.
    pub fn sell(&mut self, sales: &Sales, exchange: &Exchange) {
        let valued = sales.orders - sales.without_value;
        let line = self.lines.entry(sales.currency).or_default();
        line.orders += sales.orders;
        line.without_value += sales.without_value;
        line.gross += sales.gross;
        if valued == 0 {
            return;
        }
        let converted = exchange
            .rate(sales.currency, sales.day)
            .and_then(|rate| Exact::of(sales.gross, rate))
            .and_then(|gross| self.gross.plus(gross));
        match converted {
            Some(gross) => self.gross = gross,
            None => {
                let line = self.unconverted.entry(sales.currency).or_default();
                line.orders += valued;
                line.gross += sales.gross;
            }
        }
    }

    /// Adds one order.
    pub fn sell_one(&mut self, order: &Sold, exchange: &Exchange) {
        let sales = Sales {
            currency: order.currency,
            day: exchange.day(order.at),
            orders: 1,
            without_value: i64::from(order.amount.is_none()),
            gross: order.amount.unwrap_or_default().into(),
        };
        self.sell(&sales, exchange);
    }

    /// Adds a refund of an order, which takes an amount of it: converted as the order was, so that what is taken back as a
    /// whole leaves nothing. One that takes nothing, in its own currency, is shown apart.
    pub fn refund(
        &mut self,
        order: Option<&Sold>,
        taken: Taken,
        (own, told): (Option<Currency>, Option<Sum>),
        exchange: &Exchange,
    ) {
        let (Some(order), Some(taken)) = (order, taken) else {
            let (refunds, amount) = self.unmatched.entry(own).or_default();
            *refunds += 1;
            *amount += told.unwrap_or_default();
            return;
        };
        let add = |line: &mut Line| {
            line.refunds += 1;
            line.refunded += taken.into();
        };
        add(self.lines.entry(order.currency).or_default());
        let converted = exchange
            .rate(order.currency, exchange.day(order.at))
            .and_then(|rate| Exact::of(taken.into(), rate))
            .and_then(|refunded| self.refunded.plus(refunded));
        match converted {
            Some(refunded) => self.refunded = refunded,
            None => add(self.unconverted.entry(order.currency).or_default()),
        }
    }

    /// What it comes to.
    pub fn close(&self, exchange: &Exchange) -> Revenue {
        let own = exchange.currency();
        let decimals = own.map_or(0, Currency::decimals);
        let converted = |exact: Exact| own.map(|_| exact.rounded().text(decimals));
        let sum = |count: fn(&Line) -> i64| self.lines.values().map(count).sum::<i64>();
        let unmatched = self.unmatched.iter();
        Revenue {
            currency: own.map(|own| own.to_string()),
            gross: converted(self.gross),
            refunded: converted(self.refunded),
            net: converted(self.gross.minus(self.refunded)),
            orders: sum(|line| line.orders),
            refunds: sum(|line| line.refunds),
            by_currency: listed(&self.lines),
            unconverted: listed(&self.unconverted),
            unmatched_refunds: unmatched
                .map(|(currency, (refunds, amount))| UnmatchedRefunds {
                    currency: code(*currency),
                    refunds: *refunds,
                    amount: amount.text(digits(*currency)),
                })
                .collect(),
        }
    }
}

fn listed(lines: &BTreeMap<Option<Currency>, Line>) -> Vec<InCurrency> {
    lines
        .iter()
        .map(|(currency, line)| {
            let text = |sum: Sum| sum.text(digits(*currency));
            InCurrency {
                currency: code(*currency),
                orders: line.orders,
                orders_without_value: line.without_value,
                refunds: line.refunds,
                gross: text(line.gross),
                refunded: text(line.refunded),
                net: text(line.gross - line.refunded),
            }
        })
        .collect()
}

fn code(currency: Option<Currency>) -> Option<String> {
    currency.map(|currency| currency.to_string())
}

fn digits(currency: Option<Currency>) -> usize {
    currency.map_or(0, Currency::decimals)
}
