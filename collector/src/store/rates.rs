//! Rates of exchange that a site's owner loaded, by the day from which they hold.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;
use sqlx::{AssertSqlSafe, FromRow};
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::{self, Change, noted};
use super::page::{Page, TextCursor};
use super::rows::{Filters, JsonText, Marks, Rows, Value, bind, pad, with_list};
use super::sites::Site;
use super::{Kind, Store, StoreError, on};
use crate::money::{Currency, DatedRate, Exchange, Rate};

static INSERT: Rows = Rows::new(include_str!("sql/rates/insert.sql"), 6);
static REPLACE: Rows = Rows::new(include_str!("sql/rates/replace.sql"), 6);

/// What became of rates that were loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Loaded {
    /// Rates that were not there before.
    pub new: u64,
    /// Rates that were there with another value, which holds no more.
    pub changed: u64,
    /// Rates that were there.
    pub unchanged: u64,
}

/// A rate as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow, ToSchema)]
pub struct LoadedRate {
    /// The day from which it holds, in the site's time zone, until there is a later one.
    #[sqlx(rename = "day")]
    #[schema(format = Date)]
    pub date: String,
    /// One unit of this currency is…
    #[sqlx(rename = "from_currency")]
    pub from: String,
    /// …so many of this one.
    #[sqlx(rename = "to_currency")]
    pub to: String,
    /// How many, as decimal text.
    pub rate: String,
    /// When it was loaded.
    pub loaded_at: i64,
}

/// Which rates.
#[derive(Debug, Clone, Copy, Default)]
pub struct RateFilter {
    /// From this currency.
    pub from: Option<Currency>,
    /// Into this one.
    pub to: Option<Currency>,
}

impl Store {
    /// Loads rates, all or none; for the audit log by `actor`. No two of them may be of the same day and currencies.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn load_rates(
        &self,
        site_id: i64,
        rates: &[DatedRate],
        actor: &str,
        now: i64,
    ) -> Result<Loaded, StoreError> {
        let marks = match self.kind() {
            Kind::Sqlite => Marks::Bare,
            Kind::Postgres => Marks::Numbered,
        };
        // In the order of the key, so that two who load at once wait for each other in one direction.
        let ordered: BTreeMap<_, &DatedRate> = rates
            .iter()
            .map(|rate| ((rate.to, rate.from, rate.date), rate))
            .collect();
        let texts: Vec<(String, String)> = ordered
            .values()
            .map(|rate| (rate.date.to_string(), rate.rate.to_string()))
            .collect();
        let values: Vec<Value<'_>> = ordered
            .values()
            .zip(&texts)
            .flat_map(|(one, (day, rate))| -> [Value<'_>; 6] {
                [
                    site_id.into(),
                    one.to.code().into(),
                    one.from.code().into(),
                    day.as_str().into(),
                    rate.as_str().into(),
                    now.into(),
                ]
            })
            .collect();
        let loaded = on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            let mut touched = [0_u64; 2];
            for (statement, touched) in [&INSERT, &REPLACE].into_iter().zip(&mut touched) {
                for (sql, values) in statement.chunks(marks, &values) {
                    let done = bind!(sqlx::query(sql), values)
                        .execute(&mut *transaction)
                        .await?;
                    *touched += done.rows_affected();
                }
            }
            let [new, changed] = touched;
            let loaded = Loaded {
                new,
                changed,
                unchanged: (texts.len() as u64).saturating_sub(new + changed),
            };
            if new + changed > 0 {
                let detail = serde_json::json!(loaded).to_string();
                sqlx::query(audit::INSERT)
                    .bind(site_id)
                    .bind(Uuid::now_v7())
                    .bind(now)
                    .bind(actor)
                    .bind("rates.load")
                    .bind("rates")
                    .bind(JsonText(&detail))
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            loaded
        });
        Ok(loaded)
    }

    /// Takes rates away: from one currency into another, from one day to another, both included; for the audit log by
    /// `actor`. Says whether there were any.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn remove_rates(
        &self,
        site_id: i64,
        (from, to): (Currency, Currency),
        (first, last): (Date, Date),
        actor: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        let (first, last) = (first.to_string(), last.to_string());
        let change = Change {
            site_id,
            at: now,
            actor,
            action: "rates.remove",
            subject: format!("{from} {to}"),
            detail: serde_json::json!({"first": first, "last": last}),
        };
        Ok(noted!(
            self,
            change,
            sqlx::query(include_str!("sql/rates/delete.sql"))
                .bind(site_id)
                .bind(from.code())
                .bind(to.code())
                .bind(&first)
                .bind(&last)
        ))
    }

    /// The rates of a site, the latest day first. `cursor` is what the page before gave, `None` for the first.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn rates(
        &self,
        site_id: i64,
        filter: RateFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<LoadedRate>, StoreError> {
        let place = TextCursor::read(cursor)?.text;
        let mut place = place.split(' ');
        // Behind every day and every code.
        let mut next = || place.next().filter(|part| !part.is_empty()).unwrap_or("~");
        let (day, from, to) = (next(), next(), next());
        let mut filters = Filters::new(5);
        filters.add("from_currency = $?", filter.from.map(Currency::code));
        filters.add("to_currency = $?", filter.to.map(Currency::code));
        let sql = filters.apply(include_str!("sql/rates/list.sql"));
        let rows: Vec<LoadedRate> = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(day)
                .bind(from)
                .bind(to)
                .bind(i64::from(limit) + 1);
            bind!(query, &filters.values).fetch_all(pool).await
        })?;
        Ok(Page::cut(rows, limit, |row| TextCursor {
            at: 0,
            id: Uuid::nil(),
            text: format!("{} {} {}", row.date, row.from, row.to),
        }))
    }

    /// How a site converts amounts of some currencies.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn exchange(
        &self,
        site: &Site,
        currencies: impl Iterator<Item = Currency>,
    ) -> Result<Exchange, StoreError> {
        let own: Option<Currency> = site.currency.as_deref().and_then(|own| own.parse().ok());
        let mut exchange = Exchange::new(own, &site.time_zone);
        let foreign: BTreeSet<Currency> = exchange.foreign(currencies);
        let Some(own) = own.filter(|_| !foreign.is_empty()) else {
            return Ok(exchange);
        };
        let codes: Vec<Value<'_>> = foreign
            .iter()
            .map(|currency| currency.code().into())
            .collect();
        let codes = pad(&codes);
        let sql = with_list(include_str!("sql/rates/into.sql"), 2, codes.len());
        let rows: Vec<(String, String, String)> = on!(self, read of site.id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site.id)
                .bind(own.code());
            bind!(query, &codes).fetch_all(pool).await
        })?;
        for (from, day, rate) in rows {
            let corrupt = || StoreError::Internal(format!("exchange_rates: {from} {day} {rate}"));
            let from = from.parse().map_err(|_| corrupt())?;
            let day = day.parse().map_err(|_| corrupt())?;
            let rate: Rate = rate.parse().map_err(|_| corrupt())?;
            exchange.add(from, day, rate);
        }
        Ok(exchange)
    }
}
