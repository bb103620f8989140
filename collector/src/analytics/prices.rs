//! What orders brought, in the site's currency as far as there are rates, and apart where there is none.
//!
//! [`crate::money`] says how is converted: by the rate of the order's day, exactly, refunds like their order. Here stands
//! what a fold over many orders needs: rates by moments instead of days, currencies by their words.

use serde::Serialize;
use utoipa::ToSchema;

use crate::columns::{Columns, NONE, Orders, Word};
use crate::money::{Currency, Exact, Exchange, Rate, Sum};

/// The currencies that orders of some columns may be in.
pub fn currencies(columns: &Columns) -> impl Iterator<Item = Currency> {
    Currency::all().filter(|currency| columns.words().find(currency.code()).is_some())
}

/// How the orders of some columns are converted.
#[derive(Debug)]
pub struct Prices {
    own: Option<Currency>,
    /// Of the currencies that there are words for.
    rates: Vec<Rates>,
}

/// A currency, and its rates from moments on, the earliest first.
#[derive(Debug)]
struct Rates {
    word: Word,
    currency: Currency,
    from: Vec<(i64, Rate)>,
}

impl Prices {
    /// By these rates.
    pub fn of(columns: &Columns, exchange: &Exchange) -> Self {
        let own = exchange.currency();
        let rates = currencies(columns).filter_map(|currency| {
            let word = columns.words().find(currency.code())?;
            let from = if own == Some(currency) {
                vec![(i64::MIN, Rate::ONE)]
            } else {
                exchange.moments(currency)
            };
            Some(Rates {
                word,
                currency,
                from,
            })
        });
        Self {
            own,
            rates: rates.collect(),
        }
    }

    /// The site's currency.
    pub fn currency(&self) -> Option<&'static str> {
        self.own.map(Currency::code)
    }

    /// The same, as a currency.
    pub fn own(&self) -> Option<Currency> {
        self.own
    }

    /// What an order is worth, net of refunds.
    pub fn worth(&self, orders: &Orders<'_>, place: usize) -> Worth {
        let Some(amount) = orders.amount[place] else {
            return Worth::Untold;
        };
        let net = amount.saturating_sub(orders.refunded[place]);
        let currency = orders.currency[place];
        let rate = self.rate(currency, orders.at[place]);
        let exact = rate.and_then(|rate| Exact::of(Sum::of(0, net), rate));
        exact.map_or_else(
            || Worth::Foreign(self.rates(currency).map(|known| known.currency), net),
            |exact| Worth::Value(exact.rounded().millionths()),
        )
    }

    fn rates(&self, currency: Word) -> Option<&Rates> {
        self.rates.iter().find(|known| known.word == currency)
    }

    fn rate(&self, currency: Word, at: i64) -> Option<Rate> {
        let from = &self.rates(currency)?.from;
        let next = from.partition_point(|(begin, _)| *begin <= at);
        Some(from[next.checked_sub(1)?].1)
    }
}

/// What an order behind something is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// There is no order.
    NoOrder,
    /// Millionths of the site's currency, to the nearest one.
    Value(i128),
    /// An order that tells no value.
    Untold,
    /// Millionths of a currency, or of one that was not told, for which there is no rate.
    Foreign(Option<Currency>, i64),
}

impl Worth {
    /// Millionths of the site's currency; nothing where there is no value in it.
    pub fn value(self) -> i128 {
        match self {
            Self::Value(value) => value,
            _ => 0,
        }
    }
}

/// Orders of one currency that cannot be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Apart {
    currency: Word,
    orders: u64,
    gross: Sum,
    refunded: Sum,
}

/// What some orders brought, while they are added up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Takings {
    orders: u64,
    gross: Exact,
    refunded: Exact,
    apart: Vec<Apart>,
}

impl Takings {
    /// Adds an order.
    pub fn add(&mut self, prices: &Prices, orders: &Orders<'_>, place: usize) {
        self.orders += 1;
        let Some(amount) = orders.amount[place] else {
            return;
        };
        let (gross, refunded) = (Sum::of(0, amount), Sum::of(0, orders.refunded[place]));
        let currency = orders.currency[place];
        let converted = prices.rate(currency, orders.at[place]).and_then(|rate| {
            let gross = self.gross.plus(Exact::of(gross, rate)?)?;
            Some((gross, self.refunded.plus(Exact::of(refunded, rate)?)?))
        });
        match converted {
            Some(both) => (self.gross, self.refunded) = both,
            None => self.add_apart(Apart {
                currency,
                orders: 1,
                gross,
                refunded,
            }),
        }
    }

    fn add_apart(&mut self, other: Apart) {
        match self
            .apart
            .iter_mut()
            .find(|one| one.currency == other.currency)
        {
            Some(one) => {
                one.orders += other.orders;
                one.gross += other.gross;
                one.refunded += other.refunded;
            }
            None => self.apart.push(other),
        }
    }

    /// Adds what other orders brought.
    pub fn join(&mut self, other: &Self) {
        self.orders += other.orders;
        // It takes more than 10²⁰ orders for these not to fit.
        self.gross = self.gross.plus(other.gross).unwrap_or(self.gross);
        self.refunded = self.refunded.plus(other.refunded).unwrap_or(self.refunded);
        for apart in &other.apart {
            self.add_apart(*apart);
        }
    }

    /// What is left of them in the site's currency, to sort by.
    pub fn net(&self) -> Exact {
        self.gross.minus(self.refunded)
    }

    /// How many.
    pub fn orders(&self) -> u64 {
        self.orders
    }

    /// As answers say it.
    pub fn told(&self, columns: &Columns, prices: &Prices) -> Earned {
        let decimals = prices.own.map_or(0, Currency::decimals);
        let text = |exact: Exact| prices.own.map(|_| exact.rounded().text(decimals));
        let mut unconverted: Vec<Unconverted> =
            self.apart.iter().map(|apart| apart.told(columns)).collect();
        unconverted.sort_by(|one, other| one.currency.cmp(&other.currency));
        Earned {
            orders: self.orders,
            revenue: Money {
                gross: text(self.gross),
                refunded: text(self.refunded),
                net: text(self.net()),
            },
            unconverted,
        }
    }
}

impl Apart {
    fn told(&self, columns: &Columns) -> Unconverted {
        let code = columns
            .text(self.currency)
            .filter(|_| self.currency != NONE);
        let currency: Option<Currency> = code.and_then(|code| code.parse().ok());
        let decimals = currency.map_or(0, Currency::decimals);
        Unconverted {
            currency: code.map(str::to_owned),
            orders: self.orders,
            gross: self.gross.text(decimals),
            refunded: self.refunded.text(decimals),
            net: (self.gross - self.refunded).text(decimals),
        }
    }
}

/// What some orders brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Earned {
    /// Orders, each once.
    pub orders: u64,
    /// In the site's currency, as far as it can be converted.
    pub revenue: Money,
    /// What of that is not part of it because there is no rate, by currency.
    pub unconverted: Vec<Unconverted>,
}

/// Money in the site's currency, as decimal text; null where the site has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = QuestionMoney)]
pub struct Money {
    /// What the orders brought.
    #[schema(format = "decimal")]
    pub gross: Option<String>,
    /// What refunds took back of that so far.
    #[schema(format = "decimal")]
    pub refunded: Option<String>,
    /// The difference.
    #[schema(format = "decimal")]
    pub net: Option<String>,
}

/// Orders in one currency that cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Unconverted {
    /// ISO 4217; null where none was told.
    pub currency: Option<String>,
    /// Those of them that told a value.
    pub orders: u64,
    /// What they brought, as decimal text.
    #[schema(format = "decimal")]
    pub gross: String,
    /// What refunds took back of that so far.
    #[schema(format = "decimal")]
    pub refunded: String,
    /// The difference.
    #[schema(format = "decimal")]
    pub net: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_holds_from_the_first_moment_of_its_day() {
        let mut exchange = Exchange::new("EUR".parse().ok(), "Europe/Berlin");
        let dollar: Currency = "USD".parse().unwrap();
        for (day, rate) in [("2026-03-01", "0.5"), ("2026-03-29", "2")] {
            exchange.add(dollar, day.parse().unwrap(), rate.parse().unwrap());
        }
        let prices = Prices {
            own: exchange.currency(),
            rates: vec![Rates {
                word: 7,
                currency: dollar,
                from: exchange.moments(dollar),
            }],
        };
        // Midnight in Berlin, when it was still an hour ahead.
        let change = 1_774_738_800_000;
        for (currency, at, rate) in [
            (7, change - 1, Some("0.5")),
            (7, change, Some("2")),
            (7, change - 30 * 86_400_000, None),
            (8, change, None),
            (NONE, change, None),
        ] {
            let found = prices.rate(currency, at).map(|rate| rate.to_string());
            assert_eq!(found.as_deref(), rate, "{currency} {at}");
        }
    }
}
