//! What is counted on the way of items, for whoever watches over the process.
//!
//! Every label has a closed set of values that are written here or in [`crate::outcome`]; nothing of a batch becomes one.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use waymark_protocol::{Engine, ItemAnswer, Reason, Sdk};

use super::inbox::Gone;
use crate::outcome::{Outcome, reason_name};

/// The fields that an item may do without, as an answer names them.
const FIELDS: [&str; 42] = [
    "context.consent",
    "context.device",
    "context.device.language",
    "context.device.screen_height",
    "context.device.screen_width",
    "context.device.time_zone",
    "context.device.viewport_height",
    "context.device.viewport_width",
    "context.first_touch",
    "context.first_touch.at",
    "context.first_touch.campaign",
    "context.first_touch.click_ids",
    "context.first_touch.content",
    "context.first_touch.landing_url",
    "context.first_touch.medium",
    "context.first_touch.referrer",
    "context.first_touch.source",
    "context.first_touch.term",
    "context.ga",
    "context.ga.client_id",
    "context.ga.session_id",
    "context.session.started_at",
    "context.touch",
    "context.touch.at",
    "context.touch.campaign",
    "context.touch.click_ids",
    "context.touch.content",
    "context.touch.landing_url",
    "context.touch.medium",
    "context.touch.referrer",
    "context.touch.source",
    "context.touch.term",
    "context.user_id",
    "data.conversion",
    "data.currency",
    "data.previous_id",
    "data.props",
    "data.referrer",
    "data.title",
    "data.traits",
    "data.url",
    "data.value",
];
/// What a field that is not in the list is counted as.
const OTHER: &str = "other";

type Label = [(&'static str, &'static str); 1];
type Labels = [(&'static str, &'static str); 2];

/// The counters. Clones count together.
#[derive(Debug, Clone)]
pub struct Meter {
    batches: Family<Label, Counter>,
    outcomes: Family<Labels, Counter>,
    accepted: Counter,
    duplicate: Counter,
    ignored: Family<Label, Counter>,
    commit_seconds: Histogram,
    commit_items: Histogram,
    let_go: Family<Label, Counter>,
}

impl Default for Meter {
    fn default() -> Self {
        let outcomes = Family::<Labels, Counter>::default();
        Self {
            accepted: outcomes.get_or_create_owned(&labels("accepted", "")),
            duplicate: outcomes.get_or_create_owned(&labels("duplicate", "")),
            batches: Family::default(),
            outcomes,
            ignored: Family::default(),
            // From half a millisecond to half a minute.
            commit_seconds: Histogram::new(exponential_buckets(0.0005, 2.0, 17)),
            commit_items: Histogram::new(exponential_buckets(1.0, 2.0, 14)),
            let_go: Family::default(),
        }
    }
}

fn labels(outcome: &'static str, reason: &'static str) -> Labels {
    [("outcome", outcome), ("reason", reason)]
}

impl Meter {
    /// Adds everything to a registry.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "batches",
            "Batches that were taken in, by what ran the SDK's core",
            self.batches.clone(),
        );
        registry.register(
            "items",
            "Items that were answered, by what became of them",
            self.outcomes.clone(),
        );
        registry.register(
            "ignored_fields",
            "Optional fields that could not be read and cost no more than themselves",
            self.ignored.clone(),
        );
        registry.register_with_unit(
            "commit",
            "Time from taking a group of items to its commit",
            Unit::Seconds,
            self.commit_seconds.clone(),
        );
        registry.register(
            "commit_items",
            "Items of one commit",
            self.commit_items.clone(),
        );
        registry.register(
            "rejected_let_go",
            "Dropped items that the inbox does not hold any more or never held, by cause",
            self.let_go.clone(),
        );
    }

    /// Counts a batch.
    pub(super) fn batch(&self, sdk: Option<&Sdk>) {
        let engine = match sdk.and_then(|sdk| sdk.engine) {
            Some(Engine::Wasm) => "wasm",
            Some(Engine::Js) => "js",
            None => "none",
        };
        self.batches.get_or_create(&[("engine", engine)]).inc();
    }

    /// Counts what a commit did with items.
    pub(super) fn outcomes(&self, outcomes: &[Outcome]) {
        let count = |wanted| {
            outcomes
                .iter()
                .filter(|outcome| **outcome == wanted)
                .count()
        };
        self.accepted.inc_by(count(Outcome::Accepted) as u64);
        self.duplicate.inc_by(count(Outcome::Duplicate) as u64);
        for outcome in outcomes {
            match outcome {
                Outcome::Accepted | Outcome::Duplicate => {}
                Outcome::Dropped(fault) => self.dropped(fault.reason),
                Outcome::Retry => {
                    let labels = labels("retry", reason_name(Reason::StoreUnavailable));
                    self.outcomes.get_or_create(&labels).inc();
                }
            }
        }
    }

    /// Counts an item that is never stored.
    pub(super) fn dropped(&self, reason: Reason) {
        let labels = labels("dropped", reason_name(reason));
        self.outcomes.get_or_create(&labels).inc();
    }

    /// Counts the fields that an item was read without.
    pub(super) fn ignored(&self, line: &ItemAnswer) {
        for field in &line.ignored {
            self.ignored.get_or_create(&[("field", name(field))]).inc();
        }
    }

    /// Notes a commit.
    pub(super) fn committed(&self, items: usize, time: Duration) {
        self.commit_seconds.observe(time.as_secs_f64());
        self.commit_items
            .observe(f64::from(u32::try_from(items).unwrap_or(u32::MAX)));
    }

    /// Counts rows that the inbox let go.
    pub(super) fn let_go(&self, cause: Gone, items: u64) {
        if items > 0 {
            self.let_go
                .get_or_create(&[("cause", cause.as_str())])
                .inc_by(items);
        }
    }
}

/// The field as the list writes it.
fn name(field: &str) -> &'static str {
    // One name for all click ids.
    let field = match field.find(".click_ids.") {
        Some(end) => &field[..end + ".click_ids".len()],
        None => field,
    };
    FIELDS
        .into_iter()
        .find(|known| *known == field)
        .unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_from_a_closed_set() {
        assert_eq!(name("data.props"), "data.props");
        assert_eq!(
            name("context.touch.click_ids.gclid"),
            "context.touch.click_ids"
        );
        assert_eq!(name("context.whatever"), OTHER);
    }
}
