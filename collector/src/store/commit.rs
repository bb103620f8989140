//! The one way in for items: a set of facts becomes one transaction.
//!
//! Every row is touched once, by what the whole set says of it, and in the order of its key within the order of the
//! tables, so that writers on one PostgreSQL wait for each other and never deadlock. Which items are new the database
//! says inside the transaction; what is not new counts for nothing. Page pings have no row of their own: they are
//! maxima and moments, and saying those twice changes nothing either.
//!
//! Which events reach a milestone the sites' definitions say. The transaction reads their generation, and one that began
//! with an older one is given up and begun anew: what is stored is stored by the definitions of that moment. Erased ids count
//! on with the same generation ([`super::erased`]), and so does the age from which on things are gone ([`super::retention`]):
//! items of the one and beyond the other are not stored.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;
use waymark_protocol::ItemKind;

use super::destinations::Known as Destinations;
use super::first_events::UPSERT as FIRST_EVENTS;
use super::rows::{Rows, Value};
use super::stages::Known as Stages;
use super::{Database, Store, StoreError, changes};
use crate::journey::{EntryKind, Fact};

mod due;
mod hours;
mod people;
mod postgres;
mod sequences;
mod sqlite;
mod tally;
mod transactions;

use transactions::{ORDER_COLUMNS, REFUND_COLUMNS};

/// What a transaction that has been committed did with one fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It was stored.
    New,
    /// It had been stored before.
    Duplicate,
    /// It was not stored: whom it is of has been erased.
    Erased,
    /// It was not stored: it is older than what the site keeps.
    Expired,
}

// What both databases run as it is; their pairs stand with their transactions.
static PAGE_VIEWS: Rows = Rows::new(include_str!("sql/page_views/upsert.sql"), 4);
static MILESTONES: Rows = Rows::new(include_str!("sql/milestones/upsert.sql"), 4);
static VISITORS: Rows = Rows::new(include_str!("sql/visitors/upsert.sql"), VISITOR_COLUMNS);
static SEQUENCES: Rows = Rows::new(include_str!("sql/tab_sequences/upsert.sql"), 5);
static LINKS: Rows = Rows::new(include_str!("sql/person_links/insert_alias.sql"), 4);
static ACCOUNTS: Rows = Rows::new(include_str!("sql/accounts/upsert.sql"), 9);
pub(super) static EMAILS: Rows = Rows::new(include_str!("sql/user_emails/upsert.sql"), 4);
static MEMBERS: Rows = Rows::new(include_str!("sql/visitor_accounts/insert.sql"), 3);

static CONSENTS: Rows = Rows::new(include_str!("sql/consents/insert.sql"), 6);
static ORDERS: Rows = Rows::new(include_str!("sql/orders/upsert.sql"), ORDER_COLUMNS);
static REFUNDS: Rows = Rows::new(include_str!("sql/refunds/upsert.sql"), REFUND_COLUMNS);

/// An item's key: site, visitor, item.
type ItemKey = (i64, Uuid, Uuid);
/// Columns of a row of events.
const EVENT_COLUMNS: usize = 20;
/// Columns of a row of sessions.
const SESSION_COLUMNS: usize = 45;
/// Columns of a row of visitors.
const VISITOR_COLUMNS: usize = 40;
/// How often a transaction is begun when definitions change one after the other.
const BEGINNINGS: usize = 10;
/// A visitor's key.
type VisitorKey = (i64, Uuid);

impl Store {
    /// Stores facts in one transaction and says of each whether it was new. When this returns, all of them are on
    /// stable storage; when it fails, none is.
    ///
    /// The same item may stand in `facts` twice: the first is stored and the second is a duplicate.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] when the database refuses a fact, without saying which;
    /// [`StoreError::Conflict`] when another transaction stood in the way; [`StoreError::Unavailable`].
    pub async fn commit(&self, facts: &[&Fact]) -> Result<Vec<Committed>, StoreError> {
        let mut entries: Vec<&Fact> = facts
            .iter()
            .copied()
            .filter(|fact| !is_ping(fact))
            .collect();
        // Stable, so that the first of two equals stays in front and is the one that is kept.
        entries.sort_by_key(|fact| key(fact));
        entries.dedup_by_key(|fact| key(fact));

        let (new, stages) = self.store(facts, &entries).await?;
        let pings = facts.iter().filter(|fact| is_ping(fact)).count();
        // Nearly always, so that nothing has to be looked up.
        if new.len() + pings == facts.len() && !stages.may_drop() {
            return Ok(vec![Committed::New; facts.len()]);
        }
        let mut new: HashSet<ItemKey> = new.into_iter().map(key).collect();
        Ok(facts
            .iter()
            .map(|fact| {
                if let Some(dropped) = stages.drops(fact) {
                    dropped
                } else if is_ping(fact) || new.remove(&key(fact)) {
                    Committed::New
                } else {
                    Committed::Duplicate
                }
            })
            .collect())
    }
}

impl Store {
    /// Stores facts, of which `entries` are those with a row of their own, and gives the entries that were new, with the
    /// definitions and erased ids that it went by.
    async fn store<'f>(
        &self,
        facts: &[&'f Fact],
        entries: &[&'f Fact],
    ) -> Result<(Vec<&'f Fact>, Arc<Stages>), StoreError> {
        let (mut left, mut left_entries);
        let mut has_asked = false;
        for _ in 0..BEGINNINGS {
            let stages = self.stages_known();
            let destinations = self.destinations_known();
            let known = (&*stages, &*destinations);
            let (mut facts, mut entries) = (facts, entries);
            if stages.may_drop() {
                (left, left_entries) = (facts.to_vec(), entries.to_vec());
                for all in [&mut left, &mut left_entries] {
                    all.retain(|fact| stages.drops(fact).is_none());
                }
                if left.len() < facts.len() && !has_asked {
                    // A transaction would tell that they may be stored after all, but what is dropped has none.
                    has_asked = true;
                    self.refresh_stages().await?;
                    continue;
                }
                (facts, entries) = (&left, &left_entries);
            }
            let new = match self.database() {
                Database::Sqlite { items, .. } => {
                    sqlite::commit(items, facts, entries, known).await?
                }
                Database::Postgres { write, .. } => {
                    let new = postgres::commit(write, facts, entries, known).await?;
                    self.has_grown_by(new.as_ref().map_or(0, Vec::len));
                    new
                }
            };
            match new {
                Some(new) => {
                    destinations.tell(&new);
                    let touched = counting(facts, &new);
                    self.touched().add(touched.map(visitor_key));
                    return Ok((new, stages));
                }
                None => self.refresh_stages().await?,
            }
        }
        Err(StoreError::Conflict(
            "the definitions of stages are being changed all the time".to_owned(),
        ))
    }
}

/// The facts that count: entries that were new, and every ping.
fn counting<'s, 'f>(
    facts: &'s [&'f Fact],
    new: &'s [&'f Fact],
) -> impl Iterator<Item = &'f Fact> + use<'s, 'f> {
    let pings = facts.iter().copied().filter(|fact| is_ping(fact));
    new.iter().copied().chain(pings)
}

/// Visitors of facts that move no row of theirs, beside those of the rows, by site: of pings and milestones that say no time.
/// Nearly always there is none.
fn undated<'f>(facts: impl Iterator<Item = &'f Fact>, rows: &[Value<'_>]) -> Vec<(i64, Vec<u8>)> {
    let undated: BTreeSet<VisitorKey> = facts.filter(|fact| !fact.dated).map(visitor_key).collect();
    if undated.is_empty() {
        return Vec::new();
    }
    let told = changes::visitors_of(rows, VISITOR_COLUMNS);
    let mut others: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
    for (site_id, visitor_id) in undated {
        let is_told = told.iter().any(|(site, ids)| {
            let (ids, _) = ids.as_chunks::<16>();
            *site == site_id && ids.contains(visitor_id.as_bytes())
        });
        if !is_told {
            others
                .entry(site_id)
                .or_default()
                .extend(visitor_id.as_bytes());
        }
    }
    others.into_iter().collect()
}

/// Page pings have no row of their own.
fn is_ping(fact: &Fact) -> bool {
    fact.kind == ItemKind::PagePing
}

fn visitor_key(fact: &Fact) -> VisitorKey {
    (fact.arrival.site_id, fact.arrival.visitor_id)
}

fn key(fact: &Fact) -> ItemKey {
    (fact.arrival.site_id, fact.arrival.visitor_id, fact.id)
}

/// A row for `sql/events/insert.*.sql`; none for what has none.
fn event_row(fact: &Fact) -> Option<[Value<'_>; EVENT_COLUMNS]> {
    let kind = EntryKind::of(fact.kind)?;
    let arrival = &*fact.arrival;
    Some([
        arrival.site_id.into(),
        fact.id.into(),
        kind.as_str().into(),
        fact.at.into(),
        arrival.received_at.into(),
        arrival.visitor_id.into(),
        arrival.session_id.into(),
        arrival.tab_id.into(),
        fact.seq.into(),
        fact.page_view_id.into(),
        (&fact.name).into(),
        (&fact.url).into(),
        (&fact.title).into(),
        (&fact.referrer).into(),
        Value::Json(fact.props.as_deref()),
        fact.conversion.into(),
        (&fact.value).into(),
        (&fact.currency).into(),
        fact.known_user().into(),
        arrival.consent.map(consent).into(),
    ])
}

fn consent(consent: waymark_protocol::Consent) -> &'static str {
    match consent {
        waymark_protocol::Consent::Granted => "granted",
        waymark_protocol::Consent::Denied => "denied",
        waymark_protocol::Consent::Unknown => "unknown",
    }
}

/// What is known of the sites beside their items.
type Known<'k> = (&'k Stages, &'k Destinations);
/// Counts by visitor.
type Created = HashMap<VisitorKey, i64>;
/// Rows by key, in the order of the key.
type Ordered<K, V> = BTreeMap<K, V>;
