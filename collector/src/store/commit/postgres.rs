//! The transaction on PostgreSQL: statements for many rows, because every statement is a way to the server and back.

use std::collections::{BTreeSet, HashMap, HashSet};

use sqlx::PgPool;
use uuid::Uuid;

use super::due::Due;
use super::hours::{self, MARK_COLUMNS};
use super::people::{People, USER_COLUMNS};
use super::tally::Tally;
use super::transactions::Transactions;
use super::{
    ACCOUNTS, CONSENTS, EMAILS, EVENT_COLUMNS, FIRST_EVENTS, ItemKey, Known, LINKS, MEMBERS,
    MILESTONES, ORDERS, PAGE_VIEWS, REFUNDS, SEQUENCES, SESSION_COLUMNS, StoreError,
    VISITOR_COLUMNS, Value, VisitorKey, counting, event_row, key, sequences, undated,
};
use crate::journey::Fact;
use crate::store::deliveries::INSERT as DELIVERIES;
use crate::store::rows::{Marks, Rows, bind, bind_columns};
use crate::store::{Kind, changes};

static EVENTS: Rows = Rows::new(
    include_str!("../sql/events/insert.postgres.sql"),
    EVENT_COLUMNS,
);
static SESSIONS: Rows = Rows::new(
    include_str!("../sql/sessions/upsert.postgres.sql"),
    SESSION_COLUMNS,
);

/// By the same statement it is told who they are: another one would be another way to the server.
static VISITORS: Rows = Rows::new(
    concat!(
        "WITH told AS (",
        include_str!("../sql/visitors/upsert.sql"),
        "RETURNING site_id, visitor_id) ",
        include_str!("../sql/changes/tell_told.postgres.sql"),
    ),
    VISITOR_COLUMNS,
);

/// After the visitors, whose rows are the transaction's by then.
static MARKS: Rows = Rows::new(
    include_str!("../sql/rollups/mark.postgres.sql"),
    MARK_COLUMNS,
);

static USERS: Rows = Rows::new(
    include_str!("../sql/visitor_users/upsert.postgres.sql"),
    USER_COLUMNS,
);
static SHARE: Rows = Rows::new(include_str!("../sql/visitor_users/share.postgres.sql"), 2);

/// Runs a statement for some rows on a transaction, by one way there and back, and gathers what it answers.
macro_rules! fetch {
    ($transaction:expr, $statement:expr, $values:expr, $row:ty) => {{
        let values = $values;
        let mut rows: Vec<$row> = Vec::new();
        if $statement.are_many(&values) {
            let query = sqlx::query_as::<_, $row>($statement.unnested());
            let query = bind_columns!(query, $statement.columns(&values));
            rows = query.fetch_all(&mut *$transaction).await?;
        } else {
            for (sql, values) in $statement.chunks(Marks::Numbered, &values) {
                let query = bind!(sqlx::query_as::<_, $row>(sql), values);
                rows = query.fetch_all(&mut *$transaction).await?;
            }
        }
        rows
    }};
}

/// Runs a statement for some rows on a transaction, for its effect.
macro_rules! execute {
    ($transaction:expr, $statement:expr, $values:expr) => {
        fetch!($transaction, $statement, $values, ())
    };
}

/// Commits on PostgreSQL; gives those entries that were new, or nothing where `known` is not the latest, and then nothing
/// was stored.
pub(super) async fn commit<'f>(
    pool: &PgPool,
    facts: &[&'f Fact],
    entries: &[&'f Fact],
    known: Known<'_>,
) -> Result<Option<Vec<&'f Fact>>, StoreError> {
    let mut transaction = pool.begin().await?;
    let rows = entries
        .iter()
        .filter_map(|fact| event_row(fact))
        .flatten()
        .collect::<Vec<_>>();
    // An id that another transaction has written and not yet committed makes this wait for its end, so that exactly
    // one of the two is told that the item is new.
    let inserted = fetch!(transaction, EVENTS, rows, (i64, Uuid, Uuid, Option<i64>));
    // The generation stands beside each key, and is that of the moment in which the statement began.
    let latest = inserted.first().and_then(|(.., generation)| *generation);
    if latest.is_some_and(|latest| latest > known.0.generation) {
        transaction.rollback().await?;
        return Ok(None);
    }
    let new = if inserted.len() == entries.len() {
        entries.to_vec()
    } else {
        let inserted: HashSet<ItemKey> = inserted
            .into_iter()
            .map(|(site_id, visitor_id, id, _)| (site_id, visitor_id, id))
            .collect();
        let is_new = |fact: &&Fact| inserted.contains(&key(fact));
        entries.iter().copied().filter(is_new).collect()
    };

    let tally = Tally::of(counting(facts, &new), known.0);
    let mut created: HashMap<VisitorKey, i64> = HashMap::new();
    let sessions = fetch!(
        transaction,
        SESSIONS,
        tally.session_rows(),
        (i64, Uuid, Uuid, bool)
    );
    for (site_id, visitor_id, _, is_new) in &sessions {
        *created.entry((*site_id, *visitor_id)).or_default() += i64::from(*is_new);
    }
    execute!(transaction, PAGE_VIEWS, tally.page_view_rows());
    execute!(transaction, MILESTONES, tally.milestone_rows());
    execute!(transaction, FIRST_EVENTS, tally.first_event_rows());
    let visitors = tally.visitor_rows(&created);
    execute!(transaction, VISITORS, &visitors);
    let views = hours::views(counting(facts, &new));
    let marks = hours::rows(hours::of_items(&new), sessions, views);
    execute!(transaction, MARKS, marks);
    for (site_id, ids) in undated(counting(facts, &new), &visitors) {
        sqlx::query(changes::tell(Kind::Postgres))
            .bind(site_id)
            .bind("visitors")
            .bind(ids)
            .execute(&mut *transaction)
            .await?;
    }
    execute!(
        transaction,
        SEQUENCES,
        sequences::rows(counting(facts, &new))
    );
    let people = People::of(new.iter().copied());
    let users = fetch!(transaction, USERS, people.user_rows(), (i64, Uuid, bool));
    let joined: BTreeSet<VisitorKey> = users
        .into_iter()
        .filter_map(|(site_id, visitor_id, is_new)| is_new.then_some((site_id, visitor_id)))
        .collect();
    let joined: Vec<Value<'_>> = joined
        .into_iter()
        .flat_map(|(site_id, visitor_id)| [site_id.into(), visitor_id.into()])
        .collect();
    execute!(transaction, SHARE, joined);
    execute!(transaction, LINKS, people.link_rows());
    execute!(transaction, EMAILS, people.email_rows());
    execute!(transaction, ACCOUNTS, people.account_rows());
    execute!(transaction, MEMBERS, people.member_rows());
    execute!(transaction, CONSENTS, people.consent_rows());
    let transactions = Transactions::of(new.iter().copied());
    execute!(transaction, ORDERS, transactions.order_rows());
    execute!(transaction, REFUNDS, transactions.refund_rows());
    execute!(transaction, DELIVERIES, Due::of(&new, known).rows());
    transaction.commit().await?;
    Ok(Some(new))
}
