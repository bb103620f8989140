//! A site's worth of made-up visitors, told to the collector as browsers and servers tell it, with a plain list of the facts.
//!
//! A reference implementation reads [`World::facts`] and nothing else: what has been stored once everything was told, late
//! parts, repetitions and erasures included. The same seed makes the same visitors; their times hang on the last change of
//! clocks in Europe ([`World::anchor`]), which lies in the middle of them, so that every time zone with daylight saving
//! has a day of 23 or 25 hours among theirs. What happens by itself is made in [`people`].

#![allow(dead_code, reason = "a question asks for some of what there is")]

mod dice;
mod people;
mod tables;
mod telling;
mod visit;

use std::ops::Deref;
use std::sync::Arc;

use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use serde_json::Value;
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::batch::now;
use crate::support::database::Database;

pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// Days before and after the change of clocks.
const DAYS: i64 = 35;

/// How somebody came to a session, as it is told and as it has to be concluded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Touch {
    /// What the page tells.
    told: &'static str,
    pub(super) source: Option<&'static str>,
    pub(super) medium: Option<&'static str>,
    pub(super) campaign: Option<&'static str>,
    pub(super) term: Option<&'static str>,
    pub(super) content: Option<&'static str>,
    pub(super) channel: Option<&'static str>,
    /// Host of the page before.
    pub(super) referrer: Option<&'static str>,
}

/// With what somebody comes, as the header tells it and as it has to be concluded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Agent {
    header: Option<&'static str>,
    pub(super) device: Option<&'static str>,
    pub(super) browser: Option<&'static str>,
    pub(super) os: Option<&'static str>,
}

/// What has become of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    /// Erased: their facts count on, under ids that nobody knows.
    Anonymous,
    /// Erased with their rows: no fact of theirs is left.
    Deleted,
}

/// A browser.
#[derive(Debug, Clone)]
pub(super) struct Browser {
    /// Its place among all of them.
    pub(super) number: usize,
    /// Its id; of an erased one that is gone, the id of before.
    pub(super) visitor: Uuid,
    /// Whose it is: browsers of one number are one person, by a user, an alias or a merge. One that two users shared is
    /// nobody else's.
    pub(super) person: usize,
    /// The user that was named last; of an erased person another one, which nobody knows.
    pub(super) user: Option<String>,
    /// The account that was told last.
    pub(super) account: Option<String>,
    pub(super) is_bot: bool,
    pub(super) gone: Option<Gone>,
    pub(super) agent: &'static Agent,
    pub(super) language: Option<&'static str>,
    pub(super) country: Option<&'static str>,
}

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    /// Its place among all of them.
    pub(super) number: usize,
    pub(super) browser: Arc<Browser>,
    pub(super) touch: &'static Touch,
    pub(super) started_at: i64,
    /// The last item's time, page pings included.
    pub(super) last_at: i64,
}

/// An order, on the event of which it is the report that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) id: String,
    /// Millionths.
    pub(super) amount: Option<i64>,
    pub(super) currency: Option<&'static str>,
    /// Millionths that refunds took back, of whatever time.
    pub(super) refunded: i64,
}

/// An entry of a browser's timeline, as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub(super) session: Arc<Session>,
    what: What,
}

/// What it is, which a fact is read for.
#[derive(Debug, Clone)]
pub(super) struct What {
    pub(super) id: Uuid,
    pub(super) at: i64,
    /// `page_view`, `event`, `milestone`, `identify` or `group`.
    pub(super) kind: &'static str,
    /// Of events and milestones.
    pub(super) name: Option<&'static str>,
    /// The page that was shown, or on which it happened.
    pub(super) page: Option<Page>,
    pub(super) is_conversion: bool,
    /// Of page views of which a ping told.
    pub(super) visible_ms: i64,
    /// Likewise.
    pub(super) scroll_max: i64,
    /// Of events; null where there are none.
    pub(super) props: Value,
    pub(super) order: Option<Order>,
}

impl Deref for Fact {
    type Target = What;

    fn deref(&self) -> &What {
        &self.what
    }
}

/// An address without query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Page {
    pub(super) host: &'static str,
    pub(super) path: &'static str,
}

/// Something between the site and somebody outside of its pages, which finds its person.
#[derive(Debug, Clone)]
pub(super) struct Interaction {
    pub(super) at: i64,
    pub(super) person: usize,
    pub(super) channel: &'static str,
    pub(super) kind: &'static str,
    pub(super) source: Option<&'static str>,
    pub(super) campaign: Option<&'static str>,
    told: Value,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct World {
    /// The last change of clocks in Europe that is long enough ago.
    pub(super) anchor: i64,
    /// Whom there are, erased ones included.
    pub(super) browsers: Vec<Arc<Browser>>,
    /// What is stored, by browser, time and id.
    pub(super) facts: Vec<Fact>,
    /// What is stored, by time.
    pub(super) interactions: Vec<Interaction>,
    sendings: Vec<telling::Sending>,
    /// Ids that are said to mean one person.
    merges: Vec<(String, String)>,
}

impl World {
    /// Makes everything up.
    pub(super) fn new(seed: u64) -> Self {
        people::world(seed, anchor())
    }

    /// A collector that knows places, with a site in Berlin that counts in euros, and that was told everything. There is a
    /// rate for dollars and none for yen.
    pub(crate) async fn start(database: Database, seed: u64) -> (TestApp, Self) {
        let world = Self::new(seed);
        let app = telling::collector(database).await;
        world.tell(&app).await;
        (app, world)
    }

    /// The first and the last day on which there is anything, in UTC.
    pub(crate) fn days(&self) -> (String, String) {
        (
            day(self.anchor - DAYS * DAY).to_string(),
            day(self.anchor + DAYS * DAY).to_string(),
        )
    }

    /// How much a dollar is worth on the day of a moment, in euros.
    pub(super) fn euros(&self, at: i64) -> &'static str {
        let first = day(self.anchor);
        if day_in(at, "Europe/Berlin") < first {
            RATES.0
        } else {
            RATES.1
        }
    }
}

/// Until the day of the change, and from then on.
const RATES: (&str, &str) = ("0.9", "0.8125");

/// The last Sunday of March or October that is long enough ago for everything to have happened.
fn anchor() -> i64 {
    let today = day(now());
    let last = |year: i16, month: i8| {
        let sunday = date(year, month, 1).nth_weekday_of_month(-1, Weekday::Sunday);
        start(sunday.unwrap()) + HOUR
    };
    let years = [today.year(), today.year() - 1];
    years
        .into_iter()
        .flat_map(|year| [last(year, 10), last(year, 3)])
        .find(|change| change + (DAYS + 2) * DAY <= now())
        .unwrap()
}

fn start(day: Date) -> i64 {
    let zoned = day.to_zoned(TimeZone::UTC).unwrap();
    zoned.timestamp().as_millisecond()
}

fn day(at: i64) -> Date {
    day_in(at, "UTC")
}

/// The day of a moment in a time zone.
pub(super) fn day_in(at: i64, zone: &str) -> Date {
    let at = jiff::Timestamp::from_millisecond(at).unwrap();
    at.in_tz(zone).unwrap().date()
}
