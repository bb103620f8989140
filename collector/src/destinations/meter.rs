//! What is counted of deliveries, for whoever watches over the process. No label names a site or a receiver.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::wants::Kind;

type Labels = [(&'static str, &'static str); 2];

/// The counters. Clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter {
    ended: Family<Labels, Counter>,
}

impl Meter {
    /// Adds everything to a registry.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "deliveries",
            "Attempts to send an item on to a destination, by what became of them",
            self.ended.clone(),
        );
    }

    /// Counts an attempt: `delivered`, `skipped`, `failed` or `dead`.
    pub(super) fn count(&self, kind: Kind, outcome: &'static str) {
        self.ended
            .get_or_create(&[("kind", kind.as_str()), ("outcome", outcome)])
            .inc();
    }
}
