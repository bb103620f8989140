//! What is counted at the stream, for whoever watches over the process.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::Standing;

/// The counters. Clones count together.
#[derive(Debug, Clone)]
pub struct Meter {
    published: Counter,
    published_items: Counter,
    noticed: Counter,
    repeated: Counter,
    given_up: Counter,
    ack_seconds: Histogram,
    taken: Counter,
    redelivered: Counter,
    found: Counter,
    acknowledged: Counter,
    set_aside: Family<[(&'static str, &'static str); 1], Counter>,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            published: Counter::default(),
            published_items: Counter::default(),
            noticed: Counter::default(),
            repeated: Counter::default(),
            given_up: Counter::default(),
            // From half a millisecond to a quarter of a minute.
            ack_seconds: Histogram::new(exponential_buckets(0.0005, 2.0, 16)),
            taken: Counter::default(),
            redelivered: Counter::default(),
            found: Counter::default(),
            acknowledged: Counter::default(),
            set_aside: Family::default(),
        }
    }
}

impl Meter {
    /// Adds what is counted where items are published.
    pub(crate) fn register_publishing(&self, registry: &mut Registry) {
        for (name, help, counter) in [
            (
                "stream_published_messages",
                "Messages of which the stream said that it has them",
                &self.published,
            ),
            (
                "stream_published_items",
                "Items in those",
                &self.published_items,
            ),
            (
                "stream_noticed_messages",
                "Those of them that it had before",
                &self.noticed,
            ),
            (
                "stream_repeated_publishes",
                "Times that a message was published again because nothing was said of it",
                &self.repeated,
            ),
            (
                "stream_given_up_items",
                "Items that were sent back because nothing was said of them for too long",
                &self.given_up,
            ),
        ] {
            registry.register(name, help, counter.clone());
        }
        registry.register_with_unit(
            "stream_ack",
            "Time until the stream said that it has a message",
            Unit::Seconds,
            self.ack_seconds.clone(),
        );
    }

    /// Adds what is counted where they are taken again.
    pub(crate) fn register_taking(&self, registry: &mut Registry) {
        for (name, help, counter) in [
            (
                "stream_taken_messages",
                "Messages that were taken from the stream",
                &self.taken,
            ),
            (
                "stream_redelivered_messages",
                "Those of them that had been given out before",
                &self.redelivered,
            ),
            (
                "stream_found_messages",
                "Messages that were found in the stream because no consumer gave them out in time",
                &self.found,
            ),
            (
                "stream_acknowledged_messages",
                "Messages that the stream was told to forget, after their commit",
                &self.acknowledged,
            ),
        ] {
            registry.register(name, help, counter.clone());
        }
        registry.register(
            "stream_set_aside_messages",
            "Messages that were put into the stream of dead letters, by reason",
            self.set_aside.clone(),
        );
    }

    /// Adds how the stream stands; nothing of a stream that does not answer but that it does not.
    pub(crate) fn register_standing(registry: &mut Registry, standing: Option<&Standing>) {
        let mut gauge = |name: &str, help: &str, value: u64| {
            let gauge: Gauge = Gauge::default();
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
            registry.register(name, help, gauge);
        };
        gauge(
            "stream_up",
            "Whether the stream answers",
            u64::from(standing.is_some()),
        );
        let Some(standing) = standing else {
            return;
        };
        let lanes = &standing.lanes;
        for (name, help, value) in [
            (
                "stream_messages",
                "Messages that the stream has",
                standing.messages,
            ),
            ("stream_bytes", "Bytes of those", standing.bytes),
            (
                "stream_waiting_messages",
                "Messages that no writer has taken yet",
                lanes.waiting,
            ),
            (
                "stream_held_messages",
                "Messages that writers have taken and not acknowledged",
                lanes.held,
            ),
            (
                "stream_redelivered_held_messages",
                "Those of them that were given out more than once",
                lanes.redelivered,
            ),
            (
                "stream_replicas",
                "Servers that have a copy",
                standing.replicas,
            ),
            (
                "stream_replicas_in_step",
                "Those of them that have all of it",
                standing.in_step,
            ),
            (
                "stream_dead_letters",
                "Messages that were set aside",
                standing.dead_letters,
            ),
        ] {
            gauge(name, help, value);
        }
    }

    pub(super) fn published(&self, items: usize, is_new: bool, time: Duration) {
        self.published.inc();
        self.published_items.inc_by(items as u64);
        self.noticed.inc_by(u64::from(!is_new));
        self.ack_seconds.observe(time.as_secs_f64());
    }

    pub(super) fn repeated(&self) {
        self.repeated.inc();
    }

    pub(super) fn given_up(&self, items: usize) {
        self.given_up.inc_by(items as u64);
    }

    pub(super) fn taken(&self, is_first: bool) {
        self.taken.inc();
        self.redelivered.inc_by(u64::from(!is_first));
    }

    pub(super) fn found(&self) {
        self.found.inc();
    }

    pub(super) fn acknowledged(&self) {
        self.acknowledged.inc();
    }

    pub(super) fn set_aside(&self, reason: &'static str) {
        self.set_aside.get_or_create(&[("reason", reason)]).inc();
    }
}
