//! An import of what the site would remove again ends, before anything of it is stored.

use waymark_protocol::ItemKind;

use crate::clock::moment;
use crate::ingest::import::Outside;
use crate::journey::Fact;
use crate::store::retention::Limits;
use crate::store::{Store, StoreError};

/// How long the site keeps what is imported.
pub(super) struct Kept {
    limits: Limits,
    now: i64,
    site_id: i64,
}

impl Kept {
    pub(super) async fn of(store: &Store, outside: &Outside) -> Result<Self, StoreError> {
        Ok(Self {
            limits: store.limits(outside.site.id).await?,
            now: outside.now,
            site_id: outside.site.id,
        })
    }

    /// The time of an item that the next round would remove.
    pub(super) fn passed(&self, facts: &[Fact]) -> Option<i64> {
        facts
            .iter()
            .find(|fact| {
                let event = fact.name.as_deref();
                let event = event.filter(|_| fact.kind == ItemKind::Event);
                let from = self.limits.kept_from(event, self.now);
                // What is not dated is kept by the visitor.
                fact.dated && from.is_some_and(|from| fact.at < from)
            })
            .map(|fact| fact.at)
    }

    pub(super) fn refusal(&self, place: u64, old: i64) -> String {
        let days = self.limits.days.map_or_else(
            || "keeps some events for a limited time".to_owned(),
            |days| format!("keeps {days} days"),
        );
        let site = self.site_id;
        format!(
            "row {place} is of {}, and the site {days}: what is older would be removed again. Keep it first, with `collector privacy retention --site {site} --days N` or `--forever` or in the site's settings; rows before this one are dealt with, and the same import again goes on from there",
            moment(old)
        )
    }
}
