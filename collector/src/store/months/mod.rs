//! Items by month on PostgreSQL, where somebody has asked for it (`collector db partition`, `docs/partitions.md`).
//!
//! ```text
//! events ─┬─ events_months ─┬─ events_2026_11, events_2026_12, …   ids of a month: UUIDs of version 7 begin with their time
//!         │                 └─ events_beyond                       ids of a time of which there is no month
//!         └─ events_rest                                           all else: what was there before, ids that hold no time
//! ```
//!
//! and `page_views` likewise. No statement that stores or asks knows of it. What stands below `events` is in a schema of its own, which is named
//! after the collector's: what reads the catalogue of tables, this program's or an older one's, sees the tables that it knows.
//! Nobody but the owner of the tables has a right there, and each has its wall ([`super::wall`]).
//!
//! [`keeping`] makes months ahead and drops those that are over and have no row any more, [`dividing`] brings a database into
//! this form. Which rows go for their age, and when, is [`super::retention`]'s. SQLite has no partitions.

mod dividing;
mod keeping;

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

pub use dividing::{Divided, Division, MOST_PAST};
pub use keeping::Kept;

use super::StoreError;

/// The tables that have a row for an item, or for each of many.
pub const TABLES: [&str; 2] = ["events", "page_views"];
/// Months that there are beside the present one.
const AHEAD: usize = 3;
/// Where ids of months end: those of version 7 begin so in the year 2039, and nearly all that hold no time come after it.
const END: Uuid = Uuid::from_u128(0x02 << 120);
/// Only one changes partitions at a time, of all collectors and commands on a database.
const LOCK: i64 = 8_731_905_524_030;

/// A month, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Date);

impl Month {
    /// The month of a time in milliseconds.
    pub fn of(at: i64) -> Self {
        let at = Timestamp::from_millisecond(at).unwrap_or_default();
        Self(at.to_zoned(TimeZone::UTC).date().first_of_month())
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        // The calendar ends in the year 9999.
        Self(self.0.checked_add(1.month()).unwrap_or(self.0))
    }

    /// Its first moment, in milliseconds.
    pub fn start(self) -> i64 {
        let start = self.0.to_zoned(TimeZone::UTC);
        start.map_or(0, |start| start.timestamp().as_millisecond())
    }

    /// The first id of version 7 that can be made in it: the time is the leading 48 bits.
    fn first_id(self) -> Uuid {
        Uuid::from_u128(u128::try_from(self.start()).unwrap_or(0) << 80)
    }

    /// As it stands in the names of tables.
    fn name(self) -> String {
        self.0.strftime("%Y_%m").to_string()
    }

    /// The month of which this is the partition of a table.
    fn named(table: &str, partition: &str) -> Option<Self> {
        let month = partition.strip_prefix(table)?.strip_prefix('_')?;
        month.replace('_', "-").parse().ok()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m"))
    }
}

impl FromStr for Month {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date: Option<Date> = match text.len() {
            7 => format!("{text}-01").parse().ok(),
            _ => None,
        };
        date.map(Self).ok_or("has to be a month such as 2026-11")
    }
}

/// The months of which a table has a partition, in their order; none where it is not partitioned.
pub(super) async fn of_table(
    connection: &mut PgConnection,
    table: &str,
) -> Result<Vec<Month>, StoreError> {
    let names: Vec<String> = sqlx::query_scalar(include_str!("../sql/months/list.postgres.sql"))
        .bind(table)
        .fetch_all(connection)
        .await?;
    let months = names.iter().filter_map(|name| Month::named(table, name));
    Ok(months.collect())
}

/// Whether items stand in partitions.
pub(super) async fn is_partitioned(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let sql = include_str!("../sql/months/is_partitioned.postgres.sql");
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// What a statement of `sql/months/` is about, for the rest of the transaction.
async fn name(connection: &mut PgConnection, settings: &[(&str, &str)]) -> Result<(), sqlx::Error> {
    for (setting, value) in settings {
        sqlx::query("SELECT set_config('waymark.' || $1, $2, true)")
            .bind(setting)
            .bind(value)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Makes the partition of a month, within a transaction.
async fn make(connection: &mut PgConnection, table: &str, month: Month) -> Result<(), sqlx::Error> {
    let (first, next) = (
        month.first_id().to_string(),
        month.next().first_id().to_string(),
    );
    let settings = [
        ("divided", table),
        ("month", &month.name()),
        ("month_from", &first),
        ("month_to", &next),
    ];
    name(connection, &settings).await?;
    run(connection, include_str!("../sql/months/make.postgres.sql")).await
}

/// Runs a statement that is given nothing but what the transaction says.
async fn run(connection: &mut PgConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sql).execute(connection).await.map(drop)
}

/// For how long a transaction waits for a table before it stands back: all who come after it wait as well.
async fn stand_back_after(connection: &mut PgConnection, ms: u32) -> Result<(), sqlx::Error> {
    let sql = format!("SET LOCAL lock_timeout = '{ms}ms'");
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_with_the_first_id_of_its_first_millisecond() {
        let month: Month = "2026-12".parse().unwrap();
        assert_eq!(month.start(), 1_796_083_200_000);
        let first = month.first_id();
        for (at, is_in) in [(-1, false), (0, true)] {
            let ms = u64::try_from(month.start() + at).unwrap();
            for filling in [0, 0xff] {
                let id = uuid::Builder::from_unix_timestamp_millis(ms, &[filling; 10]).into_uuid();
                assert_eq!(id >= first, is_in, "{id} {first}");
                assert!(id < END);
            }
        }
        assert_eq!(month.next().to_string(), "2027-01");
        assert_eq!(Month::of(month.start() - 1).to_string(), "2026-11");
        assert_eq!(Month::of(month.start()), month);
    }

    #[test]
    fn a_month_is_read_as_it_is_written() {
        let month: Month = "2026-02".parse().unwrap();
        assert_eq!(Month::named("events", "events_2026_02"), Some(month));
        assert_eq!(format!("events_{}", month.name()), "events_2026_02");
        for other in [
            "events_rest",
            "events_beyond",
            "events_2026",
            "page_views_2026_02",
        ] {
            assert_eq!(Month::named("events", other), None);
        }
        for wrong in ["", "2026", "2026-13", "2026-1", "26-01-01", "2026-01-01"] {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
    }
}
