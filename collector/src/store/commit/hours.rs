//! Which hours' sums a set of facts changes ([`crate::store::rollups`]): those of its items, those in which the sessions of these
//! began, and more where something came late.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Fact, Value};
use crate::rollups::hours::hour_of;

/// Columns of a row for `sql/rollups/mark.postgres.sql`.
pub(super) const MARK_COLUMNS: usize = 6;

/// The hours of items, each with its site.
pub(super) fn of_items(new: &[&Fact]) -> BTreeSet<(i64, i64)> {
    let hours = new
        .iter()
        .map(|fact| (fact.arrival.site_id, hour_of(fact.at)));
    hours.collect()
}

/// The page views that facts tell more of, each after its site and visitor. They may be of another session.
pub(super) fn views<'f>(facts: impl Iterator<Item = &'f Fact>) -> BTreeSet<(i64, Uuid, Uuid)> {
    let told = facts.filter(|fact| fact.engagement.is_some());
    told.filter_map(|fact| {
        Some((
            fact.arrival.site_id,
            fact.arrival.visitor_id,
            fact.page_view_id?,
        ))
    })
    .collect()
}

/// Rows for `sql/rollups/mark.postgres.sql`: hours, sessions and whether each is new, and page views.
pub(super) fn rows(
    hours: impl IntoIterator<Item = (i64, i64)>,
    sessions: impl IntoIterator<Item = (i64, Uuid, Uuid, bool)>,
    views: impl IntoIterator<Item = (i64, Uuid, Uuid)>,
) -> Vec<Value<'static>> {
    let row = |site_id: i64, hour: Option<i64>, ids: [Option<Uuid>; 3], is_new: bool| {
        let [visitor_id, session_id, page_view_id] = ids;
        [
            site_id.into(),
            hour.into(),
            visitor_id.into(),
            session_id.into(),
            is_new.into(),
            page_view_id.into(),
        ]
    };
    let hours = hours
        .into_iter()
        .map(|(site_id, hour)| row(site_id, Some(hour), [None; 3], false));
    let sessions = sessions
        .into_iter()
        .map(|(site_id, visitor, session, is_new)| {
            row(site_id, None, [Some(visitor), Some(session), None], is_new)
        });
    let views = views.into_iter().map(|(site_id, visitor, view)| {
        row(site_id, None, [Some(visitor), None, Some(view)], false)
    });
    hours.chain(sessions).chain(views).flatten().collect()
}
