//! Which numbers of its tabs a set of facts says have arrived, gathered in memory, so that a row is touched once.

use uuid::Uuid;

use super::{Fact, Ordered, Value};
use crate::journey::sequence;

/// Rows for `sql/tab_sequences/upsert.sql`, in the order of their key.
pub(super) fn rows<'f>(facts: impl Iterator<Item = &'f Fact>) -> Vec<Value<'static>> {
    let mut blocks: Ordered<(i64, Uuid, i64), (Option<i64>, i64)> = Ordered::new();
    for fact in facts {
        let Some(place) = sequence::place(fact.seq) else {
            continue;
        };
        let (first_at, bits) = blocks
            .entry((fact.arrival.site_id, fact.arrival.tab_id, place.block))
            .or_default();
        *bits |= place.bit;
        if fact.dated {
            *first_at = Some(first_at.map_or(fact.at, |at| at.min(fact.at)));
        }
    }
    blocks
        .into_iter()
        .flat_map(|((site_id, tab_id, block), (first_at, bits))| {
            [
                site_id.into(),
                tab_id.into(),
                block.into(),
                first_at.into(),
                bits.into(),
            ]
        })
        .collect()
}
