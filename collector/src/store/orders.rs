//! Orders and refunds as they are read: `orders`, `refunds`, and what they are in the site's currency.
//!
//! The rows are the reports that count ([`crate::journey`]'s rules). A site's revenue is summed by the database; whose
//! orders are few is read order by order. Both are converted by the rates of the moment in which somebody asks.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::bots::Bots;
use super::page::{Cursor, Page};
use super::persons::{Slices, listed};
use super::rows::{Filters, Value, bind};
use super::sites::Site;
use super::{Store, StoreError, on};
use crate::journey::{Back, Ledger, Order, Revenue, Sales, Sold, Taken, settle};
use crate::money::{Amount, Currency, Exchange, QUARTER_MS, Sum};

/// Whose orders to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Of this visitor.
    pub visitor: Option<Uuid>,
    /// Of these browsers, as far as they are one person's.
    pub within: Option<Slices>,
}

impl OrderFilter {
    fn narrow<'a>(&'a self, filters: &mut Filters<'a>) {
        filters.add("visitor_id = $?", self.visitor);
        if let Some(within) = &self.within {
            within.narrow_transactions(filters);
        }
    }
}

/// What a site's orders and refunds of some days are.
#[derive(Debug)]
pub struct Period {
    /// Orders by currency and day; of a currency and a day there may be several.
    sales: Vec<Sales>,
    refunds: Vec<Refunded>,
    exchange: Exchange,
}

impl Period {
    /// All together.
    pub fn total(&self) -> Revenue {
        let mut ledger = Ledger::default();
        for sales in &self.sales {
            ledger.sell(sales, &self.exchange);
        }
        for refunded in &self.refunds {
            refunded.add_to(&mut ledger, &self.exchange);
        }
        ledger.close(&self.exchange)
    }

    /// By day of the site's time zone; days without anything are not there.
    pub fn days(&self) -> BTreeMap<Date, Revenue> {
        let mut days: BTreeMap<Date, Ledger> = BTreeMap::new();
        for sales in &self.sales {
            let ledger = days.entry(sales.day).or_default();
            ledger.sell(sales, &self.exchange);
        }
        for refunded in &self.refunds {
            let day = self.exchange.day(refunded.refund.at);
            refunded.add_to(days.entry(day).or_default(), &self.exchange);
        }
        days.into_iter()
            .map(|(day, ledger)| (day, ledger.close(&self.exchange)))
            .collect()
    }

    /// What nothing is.
    pub fn nothing(&self) -> Revenue {
        Ledger::default().close(&self.exchange)
    }
}

/// A refund and what it takes of its order.
#[derive(Debug)]
struct Refunded {
    order: Option<Sold>,
    refund: Back,
    taken: Taken,
}

impl Refunded {
    fn add_to(&self, ledger: &mut Ledger, exchange: &Exchange) {
        let told = self.refund.amount.map(Sum::from);
        let own = (self.refund.currency, told);
        ledger.refund(self.order.as_ref(), self.taken, own, exchange);
    }
}

#[derive(FromRow)]
struct OrderRow {
    order_key: String,
    order_id: Option<String>,
    at: i64,
    item_id: Uuid,
    visitor_id: Uuid,
    session_id: Uuid,
    name: String,
    amount: Option<i64>,
    currency: Option<String>,
}

impl OrderRow {
    fn sold(&self) -> Sold {
        sold(self.at, self.amount, self.currency.as_deref())
    }

    fn into_order(self, takings: &[Taken]) -> Order {
        let sold = self.sold();
        let decimals = sold.currency.map_or(0, Currency::decimals);
        let refunded = takings
            .iter()
            .flatten()
            .fold(Sum::ZERO, |sum, taken| sum + (*taken).into());
        let text = |sum: Sum| sum.text(decimals);
        Order {
            order_id: self.order_id,
            at: self.at,
            name: self.name,
            event_id: self.item_id,
            visitor_id: self.visitor_id,
            session_id: self.session_id,
            currency: sold.currency.map(|currency| currency.to_string()),
            gross: sold.amount.map(|amount| text(amount.into())),
            refunded: sold.amount.map(|_| text(refunded)),
            net: sold.amount.map(|amount| text(Sum::from(amount) - refunded)),
            refunds: takings.len() as i64,
        }
    }
}

#[derive(FromRow)]
pub(super) struct RefundRow {
    pub(super) order_key: String,
    pub(super) at: i64,
    pub(super) item_id: Uuid,
    pub(super) visitor_id: Uuid,
    pub(super) amount: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) order_at: Option<i64>,
    pub(super) order_amount: Option<i64>,
    pub(super) order_currency: Option<String>,
}

#[derive(FromRow)]
struct SumRow {
    currency: Option<String>,
    quarter: i64,
    orders: i64,
    without_value: i64,
    units: i64,
    millionths: i64,
}

fn sold(at: i64, amount: Option<i64>, currency: Option<&str>) -> Sold {
    Sold {
        at,
        amount: amount.and_then(Amount::of_millionths),
        currency: known(currency),
    }
}

/// A currency as it is stored; one from before there was a list may be none.
fn known(code: Option<&str>) -> Option<Currency> {
    code.and_then(|code| code.parse().ok())
}

/// What refunds take of their orders, by the order's key.
fn settled(rows: Vec<RefundRow>) -> BTreeMap<String, Vec<Refunded>> {
    let mut orders: BTreeMap<String, (Option<Sold>, Vec<Back>)> = BTreeMap::new();
    for row in rows {
        let order = row
            .order_at
            .map(|at| sold(at, row.order_amount, row.order_currency.as_deref()));
        let (_, refunds) = orders
            .entry(row.order_key)
            .or_insert_with(|| (order, Vec::new()));
        refunds.push(Back {
            at: row.at,
            item_id: row.item_id,
            visitor_id: row.visitor_id,
            amount: row.amount.and_then(Amount::of_millionths),
            currency: known(row.currency.as_deref()),
        });
    }
    let by_order = |(key, (order, mut refunds)): (String, (Option<Sold>, Vec<Back>))| {
        let takings = settle(order.as_ref(), &mut refunds);
        let refunded = refunds
            .into_iter()
            .zip(takings)
            .map(|(refund, taken)| Refunded {
                order,
                refund,
                taken,
            });
        (key, refunded.collect())
    };
    orders.into_iter().map(by_order).collect()
}

/// What refunds took of their orders so far, in millionths of the order's currency, by the order's key.
pub(super) fn refunded(rows: Vec<RefundRow>) -> HashMap<String, i64> {
    settled(rows)
        .into_iter()
        .map(|(key, refunds)| {
            let takings = refunds.iter().filter_map(|refunded| refunded.taken);
            (key, takings.map(Amount::millionths).sum())
        })
        .collect()
}

/// The conditions that rows are of bots or of others: what was noted of a visitor who is gone, the site and the visitor of a
/// row.
fn of_bots<'a>(filters: &mut Filters<'a>, bots: Bots, [noted, site, visitor]: [&str; 3]) {
    let condition = format!(
        "COALESCE({noted}, EXISTS (SELECT 1 FROM visitors AS v WHERE v.site_id = {site} AND v.visitor_id = {visitor}
                 AND COALESCE(v.bot_decision, v.device_type = 'bot', FALSE))) = $?"
    );
    filters.add(&condition, bots.wanted());
}

/// Runs a statement that is put together of a text and conditions, and gathers the rows.
macro_rules! filtered {
    ($store:expr, $site_id:expr, $text:expr, $filters:expr, $row:ty) => {{
        let sql = $filters.apply($text);
        let rows: Vec<$row> = on!($store, read of $site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql)).bind($site_id);
            bind!(query, &$filters.values).fetch_all(pool).await
        })?;
        rows
    }};
}

impl Store {
    /// What somebody's orders brought, and what refunds took back of them; also refunds that they told of orders of which
    /// nothing is known.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn revenue(&self, site: &Site, filter: &OrderFilter) -> Result<Revenue, StoreError> {
        let mut own = Filters::new(1);
        filter.narrow(&mut own);
        let orders = filtered!(
            self,
            site.id,
            include_str!("sql/orders/list_all.sql"),
            own,
            (i64, Option<i64>, Option<String>)
        );
        let orders: Vec<Sold> = orders
            .into_iter()
            .map(|(at, amount, currency)| sold(at, amount, currency.as_deref()))
            .collect();
        let mut refunds = Vec::new();
        if !orders.is_empty() {
            let text = include_str!("sql/refunds/list_of_orders.sql");
            refunds = filtered!(self, site.id, text, own, RefundRow);
        }
        let text = include_str!("sql/refunds/list_without_order.sql");
        refunds.extend(filtered!(self, site.id, text, own, RefundRow));
        let currencies = orders.iter().filter_map(|order| order.currency);
        let exchange = self.exchange(site, currencies).await?;
        let mut ledger = Ledger::default();
        for order in &orders {
            ledger.sell_one(order, &exchange);
        }
        for refunded in settled(refunds).values().flatten() {
            refunded.add_to(&mut ledger, &exchange);
        }
        Ok(ledger.close(&exchange))
    }

    /// Somebody's orders, latest first, each as it counts. `cursor` is what the page before gave, `None` for the first.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn orders(
        &self,
        site_id: i64,
        filter: &OrderFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Order>, StoreError> {
        let cursor = Cursor::read(cursor)?;
        let mut filters = Filters::new(5);
        filter.narrow(&mut filters);
        let sql = filters.apply(include_str!("sql/orders/list.sql"));
        let rows: Vec<OrderRow> = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(cursor.at)
                .bind(cursor.id)
                .bind(cursor.tie)
                .bind(i64::from(limit) + 1);
            bind!(query, &filters.values).fetch_all(pool).await
        })?;
        let page = Page::cut(rows, limit, |row| Cursor {
            at: row.at,
            id: row.item_id,
            tie: row.visitor_id,
        });
        let keys: Vec<Value<'_>> = page
            .data
            .iter()
            .map(|row| row.order_key.as_str().into())
            .collect();
        let refunds = listed!(
            self,
            site_id,
            include_str!("sql/refunds/list_of_keys.sql"),
            keys,
            RefundRow
        );
        let mut refunds = settled(refunds);
        let order = |row: OrderRow| {
            let own = refunds.remove(&row.order_key).unwrap_or_default();
            let takings: Vec<Taken> = own.iter().map(|refunded| refunded.taken).collect();
            row.into_order(&takings)
        };
        Ok(Page {
            data: page.data.into_iter().map(order).collect(),
            next_cursor: page.next_cursor,
        })
    }

    /// What a site's orders brought from `from` to before `to`, and what refunds of that time took back, of orders of
    /// whatever time. Both times have to be the beginnings of days of its time zone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn revenue_of_period(
        &self,
        site: &Site,
        (from, to): (i64, i64),
        bots: Bots,
    ) -> Result<Period, StoreError> {
        let mut filters = Filters::new(1);
        filters.add("at >= $?", Some(from));
        filters.add("at < $?", Some(to));
        let of = ["orders.of_bot", "orders.site_id", "orders.visitor_id"];
        of_bots(&mut filters, bots, of);
        let sums = filtered!(
            self,
            site.id,
            include_str!("sql/orders/sum.sql"),
            filters,
            SumRow
        );
        let mut filters = Filters::new(3);
        of_bots(
            &mut filters,
            bots,
            [
                "CASE WHEN o.visitor_id IS NULL THEN r.of_bot ELSE o.of_bot END",
                "r.site_id",
                "COALESCE(o.visitor_id, r.visitor_id)",
            ],
        );
        let sql = filters.apply(include_str!("sql/refunds/list_of_period.sql"));
        let refunds: Vec<RefundRow> = on!(self, read of site.id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site.id)
                .bind(from)
                .bind(to);
            bind!(query, &filters.values).fetch_all(pool).await
        })?;
        let mut refunds: Vec<Refunded> = settled(refunds).into_values().flatten().collect();
        refunds.retain(|refunded| (from..to).contains(&refunded.refund.at));
        let orders = refunds
            .iter()
            .filter_map(|refunded| refunded.order?.currency);
        let sold = sums.iter().filter_map(|row| known(row.currency.as_deref()));
        let exchange = self.exchange(site, sold.chain(orders)).await?;
        let sales = sums.iter().map(|row| Sales {
            currency: known(row.currency.as_deref()),
            day: exchange.day(row.quarter * QUARTER_MS),
            orders: row.orders,
            without_value: row.without_value,
            gross: Sum::of(row.units, row.millionths),
        });
        Ok(Period {
            sales: sales.collect(),
            refunds,
            exchange,
        })
    }
}
