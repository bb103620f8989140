//! How far a connection is with its request, and since when: written by what moves its bytes, read by its watch.
//!
//! A connection waits for its client in three ways: idle between requests, in the middle of a head, in the middle of a
//! body. While the collector works on the answer nobody waits for the client. Beside that it may be stuck in writing.
//! All of it is two numbers, so that keeping them costs nothing that can be measured.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// What the connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// The next request, of which nothing has come.
    Idle,
    /// The rest of a request's head.
    Head,
    /// The rest of a request's body.
    Body,
    /// Its own answer.
    Answer,
}

/// What the connection has been told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Go on.
    None,
    /// End after the answer that is being made, at once if there is none.
    Finish,
    /// End at once.
    Close,
}

/// How long a client may take for each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) idle: Duration,
    pub(super) head: Duration,
    pub(super) body: Duration,
    /// For any byte of an answer to be taken.
    pub(super) write: Duration,
}

/// One connection's state.
#[derive(Debug)]
pub(super) struct Progress {
    /// Milliseconds since [`START`], and in the last two bits the phase.
    phase: AtomicU64,
    /// Milliseconds since [`START`] plus one; 0 while bytes are taken.
    stuck: AtomicU64,
    order: AtomicU8,
    ordered: Notify,
}

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

fn now() -> u64 {
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            phase: AtomicU64::new(now() << 2),
            stuck: AtomicU64::new(0),
            order: AtomicU8::new(0),
            ordered: Notify::new(),
        }
    }

    /// A connection that is in a phase since some milliseconds ago.
    #[cfg(test)]
    pub(super) fn since(phase: Phase, ago: u64) -> Self {
        // The clock starts with its first use, before which nothing was.
        while now() < ago {
            std::hint::spin_loop();
        }
        let progress = Self::new();
        let value = (now() - ago) << 2 | phase as u64;
        progress.phase.store(value, Ordering::Relaxed);
        progress
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase
            .store(now() << 2 | phase as u64, Ordering::Relaxed);
    }

    /// Bytes came in.
    pub(super) fn received(&self) {
        if self.phase().0 == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    /// The body has come, or nobody wants the rest of it.
    pub(super) fn body_ended(&self) {
        if self.phase().0 == Phase::Body {
            self.enter(Phase::Answer);
        }
    }

    /// A write was tried, and `moved` or not.
    pub(super) fn wrote(&self, moved: bool) {
        let stuck = self.stuck.load(Ordering::Relaxed);
        if moved && stuck != 0 {
            self.stuck.store(0, Ordering::Relaxed);
        } else if !moved && stuck == 0 {
            self.stuck.store(now() + 1, Ordering::Relaxed);
        }
    }

    /// The phase, and the milliseconds for which it lasts.
    pub(super) fn phase(&self) -> (Phase, u64) {
        let value = self.phase.load(Ordering::Relaxed);
        let phase = match value & 3 {
            0 => Phase::Idle,
            1 => Phase::Head,
            2 => Phase::Body,
            _ => Phase::Answer,
        };
        (phase, now().saturating_sub(value >> 2))
    }

    /// Whether the client has used up its time; if not, when it is worth to look again.
    pub(super) fn is_overdue(&self, patience: &Patience) -> Result<(), Duration> {
        let (phase, lasted) = self.phase();
        // A request may begin right after this look, and its head has the shortest time of all.
        let soon = patience.head / 2;
        let left = |limit: Duration, lasted: u64| limit.checked_sub(Duration::from_millis(lasted));
        let waits = match phase {
            Phase::Idle => left(patience.idle, lasted),
            Phase::Head => left(patience.head, lasted),
            Phase::Body => left(patience.body, lasted),
            Phase::Answer => Some(soon),
        };
        let writes = match self.stuck.load(Ordering::Relaxed) {
            0 => Some(soon),
            since => left(patience.write, now().saturating_sub(since - 1)),
        };
        match (waits, writes) {
            (Some(waits), Some(writes)) => {
                Err(waits.min(writes).min(soon).max(Duration::from_millis(1)))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn give(&self, order: Order) {
        self.order.fetch_max(order as u8, Ordering::Relaxed);
        self.ordered.notify_one();
    }

    /// Waits for an order.
    pub(super) async fn order(&self) -> Order {
        self.ordered.notified().await;
        match self.order.load(Ordering::Relaxed) {
            0 => Order::None,
            1 => Order::Finish,
            _ => Order::Close,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: Patience = Patience {
        idle: Duration::ZERO,
        head: Duration::ZERO,
        body: Duration::ZERO,
        write: Duration::ZERO,
    };
    const HOUR: Duration = Duration::from_secs(3600);

    fn is_overdue(progress: &Progress, patience: Patience) -> bool {
        progress.is_overdue(&patience).is_ok()
    }

    /// Every phase began in an earlier millisecond.
    fn later() {
        let began = now();
        while now() < began + 2 {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn each_phase_has_its_own_patience() {
        let progress = Progress::new();
        let patient = Patience {
            idle: HOUR,
            head: HOUR,
            body: HOUR,
            write: HOUR,
        };
        for (phase, impatient) in [
            (
                Phase::Idle,
                Patience {
                    idle: Duration::ZERO,
                    ..patient
                },
            ),
            (
                Phase::Head,
                Patience {
                    head: Duration::ZERO,
                    ..patient
                },
            ),
            (
                Phase::Body,
                Patience {
                    body: Duration::ZERO,
                    ..patient
                },
            ),
        ] {
            progress.enter(phase);
            later();
            assert!(is_overdue(&progress, impatient), "{phase:?}");
            assert!(!is_overdue(&progress, patient), "{phase:?}");
        }
        progress.enter(Phase::Answer);
        later();
        assert!(!is_overdue(&progress, ZERO));
    }

    #[test]
    fn an_answer_that_nobody_takes_is_overdue_until_some_of_it_is() {
        let progress = Progress::new();
        progress.enter(Phase::Answer);
        progress.wrote(false);
        later();
        assert!(is_overdue(&progress, ZERO));
        progress.wrote(true);
        assert!(!is_overdue(&progress, ZERO));
    }

    #[test]
    fn only_the_first_byte_begins_a_head_and_only_a_body_ends() {
        let progress = Progress::new();
        progress.received();
        assert_eq!(progress.phase().0, Phase::Head);
        progress.body_ended();
        assert_eq!(progress.phase().0, Phase::Head);
        progress.enter(Phase::Body);
        progress.received();
        assert_eq!(progress.phase().0, Phase::Body);
        progress.body_ended();
        assert_eq!(progress.phase().0, Phase::Answer);
    }

    #[tokio::test]
    async fn the_harder_order_counts() {
        let progress = Progress::new();
        progress.give(Order::Close);
        progress.give(Order::Finish);
        assert_eq!(progress.order().await, Order::Close);
    }
}
