//! What is counted of alerts, for whoever watches over the process. No label names a site, an alert or a receiver.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::rules::Verdict;

/// The counters. Clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter {
    looks: Family<[(&'static str, &'static str); 1], Counter>,
    notices: Family<[(&'static str, &'static str); 2], Counter>,
}

impl Meter {
    /// Adds everything to a registry.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "alert_looks",
            "Windows of alerts that were looked at, by what was found",
            self.looks.clone(),
        );
        registry.register(
            "alert_notices",
            "Attempts to tell somebody of an alert, by what became of them",
            self.notices.clone(),
        );
    }

    /// Counts a window.
    pub(super) fn looked(&self, verdict: Verdict) {
        let verdict = match verdict {
            Verdict::Unknown => "unknown",
            Verdict::Ok => "ok",
            Verdict::Firing => "firing",
        };
        self.looks.get_or_create(&[("verdict", verdict)]).inc();
    }

    /// Counts an attempt: `delivered`, `skipped`, `failed` or `dead`.
    pub(super) fn told(&self, channel: &'static str, outcome: &'static str) {
        let labels = [("channel", channel), ("outcome", outcome)];
        self.notices.get_or_create(&labels).inc();
    }
}
