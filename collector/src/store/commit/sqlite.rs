//! The transaction on SQLite: statements for one row, because a statement that is prepared costs nothing to run again.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params_from_iter};
use uuid::Uuid;

use super::due::Due;
use super::people::{People, USER_COLUMNS};
use super::tally::Tally;
use super::transactions::Transactions;
use super::{
    ACCOUNTS, CONSENTS, EMAILS, EVENT_COLUMNS, FIRST_EVENTS, Known, LINKS, MEMBERS, MILESTONES,
    ORDERS, PAGE_VIEWS, REFUNDS, SEQUENCES, SESSION_COLUMNS, StoreError, VISITOR_COLUMNS, VISITORS,
    counting, event_row, hours, sequences, undated,
};
use crate::journey::Fact;
use crate::rollups::hours::hour_of;
use crate::store::deliveries::INSERT as DELIVERIES;
use crate::store::rows::{Rows, Value};
use crate::store::sqlite::Items;
use crate::store::{Kind, changes};

static EVENTS: Rows = Rows::new(
    include_str!("../sql/events/insert.sqlite.sql"),
    EVENT_COLUMNS,
);
static SESSIONS: Rows = Rows::new(
    include_str!("../sql/sessions/upsert.sqlite.sql"),
    SESSION_COLUMNS,
);

/// Commits; gives those entries that were new, or nothing where `known` is not the latest, and then nothing was stored.
/// Waits for its turn, and then blocks its thread until all is on disk.
pub(super) async fn commit<'f>(
    items: &Items,
    facts: &[&'f Fact],
    entries: &[&'f Fact],
    known: Known<'_>,
) -> Result<Option<Vec<&'f Fact>>, StoreError> {
    let mut turn = items.turn().await;
    turn.write(|connection| write(connection, facts, entries, known))
}

fn write<'f>(
    connection: &mut Connection,
    facts: &[&'f Fact],
    entries: &[&'f Fact],
    known: Known<'_>,
) -> Result<Option<Vec<&'f Fact>>, StoreError> {
    // Takes the write lock at once: what is looked up below cannot change before the commit.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;

    let mut generation =
        transaction.prepare_cached(include_str!("../sql/stages/generation.sql"))?;
    let latest: Option<i64> = generation.query_row((), |row| row.get(0))?;
    drop(generation);
    if latest.is_some_and(|latest| latest > known.0.generation) {
        return Ok(None);
    }

    let mut new: Vec<&Fact> = Vec::with_capacity(entries.len());
    let mut insert = transaction.prepare_cached(EVENTS.one())?;
    for fact in entries {
        if let Some(row) = event_row(fact)
            && insert.execute(params_from_iter(row))? == 1
        {
            new.push(fact);
        }
    }
    drop(insert);

    let tally = Tally::of(counting(facts, &new), known.0);
    let mut created = tally.sessions_by_visitor();
    let mut due = hours::of_items(&new);
    let mut begun = Vec::new();
    let mut stored =
        transaction.prepare_cached(include_str!("../sql/sessions/exists.sqlite.sql"))?;
    for ((site_id, visitor_id, session_id), started_at) in tally.session_starts() {
        let key = [site_id.into(), visitor_id.into(), Value::from(session_id)];
        let before: Option<i64> = stored
            .query_row(params_from_iter(key), |row| row.get(0))
            .optional()?;
        let start = before.map_or(started_at, |before| before.min(started_at));
        due.insert((site_id, hour_of(start)));
        if before != Some(start) {
            begun.push((site_id, visitor_id, session_id, start));
            due.extend(before.map(|before| (site_id, hour_of(before))));
        }
        if before.is_some()
            && let Some(count) = created.get_mut(&(site_id, visitor_id))
        {
            *count -= 1;
        }
    }
    drop(stored);
    run(&transaction, &SESSIONS, &tally.session_rows())?;
    run(&transaction, &PAGE_VIEWS, &tally.page_view_rows())?;
    run(&transaction, &MILESTONES, &tally.milestone_rows())?;
    run(&transaction, &FIRST_EVENTS, &tally.first_event_rows())?;
    let visitors = tally.visitor_rows(&created);
    run(&transaction, &VISITORS, &visitors)?;
    let mut tell = transaction.prepare_cached(changes::tell(Kind::Sqlite))?;
    let undated = undated(counting(facts, &new), &visitors);
    for (site_id, ids) in changes::visitors_of(&visitors, VISITOR_COLUMNS)
        .into_iter()
        .chain(undated)
    {
        tell.execute((site_id, "visitors", ids))?;
    }
    drop(tell);
    mark_hours(&transaction, due, &begun, counting(facts, &new))?;
    let sequences = sequences::rows(counting(facts, &new));
    run(&transaction, &SEQUENCES, &sequences)?;
    let people = People::of(new.iter().copied());
    write_users(&transaction, &people.user_rows())?;
    run(&transaction, &LINKS, &people.link_rows())?;
    run(&transaction, &EMAILS, &people.email_rows())?;
    run(&transaction, &ACCOUNTS, &people.account_rows())?;
    run(&transaction, &MEMBERS, &people.member_rows())?;
    run(&transaction, &CONSENTS, &people.consent_rows())?;
    let transactions = Transactions::of(new.iter().copied());
    run(&transaction, &ORDERS, &transactions.order_rows())?;
    run(&transaction, &REFUNDS, &transactions.refund_rows())?;
    run(&transaction, &DELIVERIES, &Due::of(&new, known).rows())?;
    transaction.commit()?;
    Ok(Some(new))
}

/// Marks the hours whose sums are others now: those that are known, those of the sessions after ones that are new or have moved,
/// and those of the sessions of page views that more is told of.
fn mark_hours<'f>(
    connection: &Connection,
    mut due: BTreeSet<(i64, i64)>,
    begun: &[(i64, Uuid, Uuid, i64)],
    facts: impl Iterator<Item = &'f Fact>,
) -> Result<(), StoreError> {
    let next = include_str!("../sql/rollups/next_session.sqlite.sql");
    let mut next = connection.prepare_cached(next)?;
    for (site_id, visitor_id, session_id, started_at) in begun {
        let key = [
            Value::from(*site_id),
            (*visitor_id).into(),
            (*started_at).into(),
            (*session_id).into(),
        ];
        let hour: Option<i64> = next
            .query_row(params_from_iter(key), |row| row.get(0))
            .optional()?;
        due.extend(hour.map(|hour| (*site_id, hour)));
    }
    let of_view = include_str!("../sql/rollups/session_of_view.sqlite.sql");
    let mut of_view = connection.prepare_cached(of_view)?;
    for (site_id, visitor_id, view) in hours::views(facts) {
        let key = [Value::from(site_id), visitor_id.into(), view.into()];
        let hour: Option<i64> = of_view
            .query_row(params_from_iter(key), |row| row.get(0))
            .optional()?;
        due.extend(hour.map(|hour| (site_id, hour)));
    }
    let mark = include_str!("../sql/rollups/mark.sqlite.sql");
    let mut mark = connection.prepare_cached(mark)?;
    for hour in due {
        mark.execute(hour)?;
    }
    Ok(())
}

/// Nearly always the visitor is known as this user already.
fn write_users(connection: &Connection, rows: &[Value<'_>]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let update = include_str!("../sql/visitor_users/update.sqlite.sql");
    let mut update = connection.prepare_cached(update)?;
    for row in rows.chunks_exact(USER_COLUMNS) {
        if update.execute(params_from_iter(row))? == 0 {
            let insert = include_str!("../sql/visitor_users/insert.sqlite.sql");
            let share = include_str!("../sql/visitor_users/share.sqlite.sql");
            connection
                .prepare_cached(insert)?
                .execute(params_from_iter(row))?;
            connection
                .prepare_cached(share)?
                .execute(params_from_iter(&row[..2]))?;
        }
    }
    Ok(())
}

/// Runs a statement for each of some rows.
fn run(
    connection: &Connection,
    rows: &'static Rows,
    values: &[Value<'_>],
) -> Result<(), StoreError> {
    if values.is_empty() {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(rows.one())?;
    for row in rows.each(values) {
        statement.execute(params_from_iter(row))?;
    }
    Ok(())
}
