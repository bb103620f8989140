//! The one way in for items: a set of facts becomes one transaction.
//!
//! Every row is touched once, by what the whole set says of it, and in the order of its key within the order of the
//! tables, so that writers on one PostgreSQL wait for each other and never deadlock. Which items are new the database
//! says inside the transaction; what is not new counts for nothing. Page pings have no row of their own: they are
//! maxima and moments, and saying those twice changes nothing either.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::{Connection, PgPool, SqliteConnection, SqlitePool};
use uuid::Uuid;
use waymark_protocol::ItemKind;

use super::rows::{Marks, Rows, Value, bind};
use super::{Database, Store, StoreError};
use crate::journey::{EntryKind, Fact};
use tally::Tally;

mod sequences;
mod tally;

/// What a transaction that has been committed did with one fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It was stored.
    New,
    /// It had been stored before.
    Duplicate,
}

static EVENTS_EXISTING: Rows = Rows::new(include_str!("sql/events/existing.sqlite.sql"), 2);
static EVENTS_SQLITE: Rows = Rows::new(include_str!("sql/events/insert.sqlite.sql"), 20);
static EVENTS_POSTGRES: Rows = Rows::new(include_str!("sql/events/insert.postgres.sql"), 20);
static SESSIONS_EXISTING: Rows = Rows::new(include_str!("sql/sessions/existing.sqlite.sql"), 3);
static SESSIONS_SQLITE: Rows = Rows::new(include_str!("sql/sessions/upsert.sqlite.sql"), 45);
static SESSIONS_POSTGRES: Rows = Rows::new(include_str!("sql/sessions/upsert.postgres.sql"), 45);
static PAGE_VIEWS: Rows = Rows::new(include_str!("sql/page_views/upsert.sql"), 4);
static MILESTONES: Rows = Rows::new(include_str!("sql/milestones/upsert.sql"), 4);
static VISITORS: Rows = Rows::new(include_str!("sql/visitors/upsert.sql"), 39);
static SEQUENCES: Rows = Rows::new(include_str!("sql/tab_sequences/upsert.sql"), 5);

/// An item's key.
type ItemKey = (i64, Uuid);
/// A visitor's key.
type VisitorKey = (i64, Uuid);

/// Runs a multi-row statement on a transaction, for its effect.
macro_rules! execute {
    ($marks:expr, $transaction:expr, $statement:expr, $values:expr) => {
        for (sql, values) in $statement.chunks($marks, $values) {
            bind!(sqlx::query(sql), values)
                .execute(&mut *$transaction)
                .await?;
        }
    };
}

/// Runs a multi-row statement on a transaction and gathers what it answers.
macro_rules! fetch {
    ($marks:expr, $transaction:expr, $statement:expr, $values:expr, $row:ty) => {{
        let mut rows: Vec<$row> = Vec::new();
        for (sql, values) in $statement.chunks($marks, $values) {
            rows.extend(
                bind!(sqlx::query_as::<_, $row>(sql), values)
                    .fetch_all(&mut *$transaction)
                    .await?,
            );
        }
        rows
    }};
}

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

        let new = match self.database() {
            Database::Sqlite { write, .. } => sqlite(write, facts, &entries).await?,
            Database::Postgres { write, .. } => postgres(write, facts, &entries).await?,
        };
        let pings = facts.iter().filter(|fact| is_ping(fact)).count();
        // Nearly always, so that nothing has to be looked up.
        if new.len() + pings == facts.len() {
            return Ok(vec![Committed::New; facts.len()]);
        }
        let mut new: HashSet<ItemKey> = new.into_iter().map(key).collect();
        Ok(facts
            .iter()
            .map(|fact| {
                if is_ping(fact) || new.remove(&key(fact)) {
                    Committed::New
                } else {
                    Committed::Duplicate
                }
            })
            .collect())
    }
}

/// Commits on SQLite; gives those entries that were new.
async fn sqlite<'f>(
    pool: &SqlitePool,
    facts: &[&'f Fact],
    entries: &[&'f Fact],
) -> Result<Vec<&'f Fact>, StoreError> {
    let mut connection = pool.acquire().await?;
    let result = sqlite_on(&mut connection, facts, entries).await;
    if matches!(
        result,
        Err(StoreError::Unavailable(_) | StoreError::Internal(_))
    ) {
        // SQLite rolls back by itself when the disk is full or fails. The driver does not learn of it and believes the
        // connection to be in a transaction for ever, so a new one takes its place.
        let _ = connection.close().await;
    }
    result
}

async fn sqlite_on<'f>(
    connection: &mut SqliteConnection,
    facts: &[&'f Fact],
    entries: &[&'f Fact],
) -> Result<Vec<&'f Fact>, StoreError> {
    // Takes the write lock at once: what is looked up below cannot change before the commit.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;

    let keys: Vec<Value<'_>> = entries
        .iter()
        .flat_map(|fact| [fact.arrival.site_id.into(), fact.id.into()])
        .collect();
    let existing: HashSet<ItemKey> =
        fetch!(Marks::Bare, transaction, EVENTS_EXISTING, &keys, ItemKey)
            .into_iter()
            .collect();
    let new: Vec<&Fact> = entries
        .iter()
        .copied()
        .filter(|fact| !existing.contains(&key(fact)))
        .collect();
    execute!(Marks::Bare, transaction, EVENTS_SQLITE, &event_rows(&new));

    let tally = Tally::of(counting(facts, &new));
    let known = fetch!(
        Marks::Bare,
        transaction,
        SESSIONS_EXISTING,
        &tally.session_keys(),
        (i64, Uuid, Uuid)
    );
    execute!(
        Marks::Bare,
        transaction,
        SESSIONS_SQLITE,
        &tally.session_rows()
    );
    let mut created = tally.sessions_by_visitor();
    for (site_id, visitor_id, _) in known {
        if let Some(count) = created.get_mut(&(site_id, visitor_id)) {
            *count -= 1;
        }
    }
    execute!(
        Marks::Bare,
        transaction,
        PAGE_VIEWS,
        &tally.page_view_rows()
    );
    execute!(
        Marks::Bare,
        transaction,
        MILESTONES,
        &tally.milestone_rows()
    );
    execute!(
        Marks::Bare,
        transaction,
        VISITORS,
        &tally.visitor_rows(&created)
    );
    let sequences = sequences::rows(counting(facts, &new));
    execute!(Marks::Bare, transaction, SEQUENCES, &sequences);
    transaction.commit().await?;
    Ok(new)
}

/// Commits on PostgreSQL; gives those entries that were new.
async fn postgres<'f>(
    pool: &PgPool,
    facts: &[&'f Fact],
    entries: &[&'f Fact],
) -> Result<Vec<&'f Fact>, StoreError> {
    let mut transaction = pool.begin().await?;
    let rows = event_rows(entries);
    // An id that another transaction has written and not yet committed makes this wait for its end, so that exactly
    // one of the two is told that the item is new.
    let inserted = fetch!(
        Marks::Numbered,
        transaction,
        EVENTS_POSTGRES,
        &rows,
        ItemKey
    );
    let new = if inserted.len() == entries.len() {
        entries.to_vec()
    } else {
        let inserted: HashSet<ItemKey> = inserted.into_iter().collect();
        let is_new = |fact: &&Fact| inserted.contains(&key(fact));
        entries.iter().copied().filter(is_new).collect()
    };

    let tally = Tally::of(counting(facts, &new));
    let mut created: HashMap<VisitorKey, i64> = HashMap::new();
    let rows = tally.session_rows();
    for (site_id, visitor_id, is_new) in fetch!(
        Marks::Numbered,
        transaction,
        SESSIONS_POSTGRES,
        &rows,
        (i64, Uuid, bool)
    ) {
        *created.entry((site_id, visitor_id)).or_default() += i64::from(is_new);
    }
    execute!(
        Marks::Numbered,
        transaction,
        PAGE_VIEWS,
        &tally.page_view_rows()
    );
    execute!(
        Marks::Numbered,
        transaction,
        MILESTONES,
        &tally.milestone_rows()
    );
    execute!(
        Marks::Numbered,
        transaction,
        VISITORS,
        &tally.visitor_rows(&created)
    );
    let sequences = sequences::rows(counting(facts, &new));
    execute!(Marks::Numbered, transaction, SEQUENCES, &sequences);
    transaction.commit().await?;
    Ok(new)
}

/// The facts that count: entries that were new, and every ping.
fn counting<'s, 'f>(
    facts: &'s [&'f Fact],
    new: &'s [&'f Fact],
) -> impl Iterator<Item = &'f Fact> + use<'s, 'f> {
    let pings = facts.iter().copied().filter(|fact| is_ping(fact));
    new.iter().copied().chain(pings)
}

/// Page pings have no row of their own.
fn is_ping(fact: &Fact) -> bool {
    fact.kind == ItemKind::PagePing
}

fn key(fact: &Fact) -> ItemKey {
    (fact.arrival.site_id, fact.id)
}

fn event_rows<'f>(facts: &[&'f Fact]) -> Vec<Value<'f>> {
    facts
        .iter()
        .filter_map(|fact| Some((*fact, EntryKind::of(fact.kind)?)))
        .flat_map(|(fact, kind)| {
            let arrival = &*fact.arrival;
            [
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
            ]
        })
        .collect()
}

fn consent(consent: waymark_protocol::Consent) -> &'static str {
    match consent {
        waymark_protocol::Consent::Granted => "granted",
        waymark_protocol::Consent::Denied => "denied",
        waymark_protocol::Consent::Unknown => "unknown",
    }
}

/// Counts by visitor.
type Created = HashMap<VisitorKey, i64>;
/// Rows by key, in the order of the key.
type Ordered<K, V> = BTreeMap<K, V>;
