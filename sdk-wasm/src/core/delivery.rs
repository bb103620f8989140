//! What an answer means for what was sent, and when to send again.

/// What to do after an answer. `0` stands for no answer at all: the network failed or the time was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The answer names the items.
    Read,
    /// Too large: send fewer at once.
    Split,
    /// This context cannot be read: hold it back, send the others.
    HoldContext,
    /// The collector refuses this site or page: nothing gets through for now.
    Refused,
    /// Try again later.
    Later,
}

/// The verdict on a status, by `docs/api.md`. `readable` is whether the body was a list of results.
pub fn verdict(status: u64, readable: bool) -> Verdict {
    match status {
        200 if readable => Verdict::Read,
        413 => Verdict::Split,
        400 => Verdict::HoldContext,
        401 | 403 => Verdict::Refused,
        _ => Verdict::Later,
    }
}

/// Whether a status word in an answer is final, so that the item may be forgotten.
pub fn is_final(status: &str) -> bool {
    matches!(status, "accepted" | "duplicate" | "dropped")
}

/// How long a refused site or context waits, in milliseconds.
pub const REFUSED_WAIT: i64 = 5 * 60_000;

const FIRST_WAIT: i64 = 1_000;
const LONGEST_WAIT: i64 = 5 * 60_000;

/// Exponential back-off with full jitter, so that many browsers do not come back at one moment.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
    until: i64,
    /// Whether the collector itself has asked for the wait.
    asked: bool,
}

impl Backoff {
    /// No failure yet.
    pub const fn new() -> Backoff {
        Backoff {
            failures: 0,
            until: 0,
            asked: false,
        }
    }

    /// Milliseconds to wait from `now`.
    pub fn wait(&self, now: i64) -> i64 {
        // A clock that was set back by days must not stretch the wait.
        (self.until - now).clamp(0, MAX_RETRY_AFTER)
    }

    /// The same for a page that is left. One failure by itself may be the leaving's own: Firefox and WebKit end requests before
    /// the page hears of it, and there is no later attempt than this.
    pub fn wait_to_leave(&self, now: i64) -> i64 {
        if self.failures == 1 && !self.asked {
            0
        } else {
            self.wait(now)
        }
    }

    /// A batch got through.
    pub fn succeeded(&mut self) {
        *self = Backoff::default();
    }

    /// An attempt failed. `random` is in 0..1; `retry_after` is what the collector asked for, in milliseconds, and is
    /// the least wait.
    pub fn failed(&mut self, now: i64, random: f64, retry_after: i64) {
        let ceiling = (FIRST_WAIT << self.failures.min(9)).min(LONGEST_WAIT);
        self.failures += 1;
        self.asked = retry_after > 0;
        // Never quite at once, even when the dice say so.
        let jittered = ((ceiling as f64) * random) as i64;
        self.until = now
            + jittered
                .max(FIRST_WAIT / 4)
                .max(retry_after.min(MAX_RETRY_AFTER));
    }

    /// The collector refuses: wait long.
    pub fn refused(&mut self, now: i64) {
        self.until = now + REFUSED_WAIT;
        self.asked = true;
    }
}

/// The longest wait that is taken from a collector: a day.
const MAX_RETRY_AFTER: i64 = 24 * 3_600_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn statuses_have_their_verdicts() {
        assert_eq!(verdict(200, true), Verdict::Read);
        assert_eq!(verdict(200, false), Verdict::Later);
        assert_eq!(verdict(413, false), Verdict::Split);
        assert_eq!(verdict(400, false), Verdict::HoldContext);
        assert_eq!(verdict(401, false), Verdict::Refused);
        assert_eq!(verdict(403, false), Verdict::Refused);
        for later in [0, 204, 302, 404, 429, 500, 503] {
            assert_eq!(verdict(later, true), Verdict::Later, "{later}");
        }
    }

    #[test]
    fn a_page_that_is_left_tries_again_after_one_failure_that_nobody_asked_to_wait_for() {
        let mut backoff = Backoff::new();
        backoff.failed(1_000, 1.0, 0);
        assert!(backoff.wait(1_000) > 0);
        assert_eq!(backoff.wait_to_leave(1_000), 0);
        backoff.failed(1_000, 1.0, 0);
        assert!(
            backoff.wait_to_leave(1_000) > 0,
            "it is no accident any more"
        );
        backoff.succeeded();
        backoff.failed(1_000, 0.0, 2_000);
        assert_eq!(backoff.wait_to_leave(1_000), 2_000);
        backoff.succeeded();
        backoff.failed(1_000, 0.0, 0);
        backoff.refused(1_000);
        assert_eq!(backoff.wait_to_leave(1_000), REFUSED_WAIT);
    }

    #[test]
    fn only_a_named_end_is_final() {
        assert!(is_final("accepted") && is_final("duplicate") && is_final("dropped"));
        assert!(!is_final("retry") && !is_final("") && !is_final("Accepted"));
    }

    #[test]
    fn the_collector_decides_how_long_at_least() {
        let mut backoff = Backoff::default();
        backoff.failed(1_000, 0.5, 30_000);
        assert_eq!(backoff.wait(1_000), 30_000);
        assert_eq!(backoff.wait(40_000), 0);
        backoff.succeeded();
        assert_eq!(backoff.wait(1_000), 0);
        backoff.refused(0);
        assert_eq!(backoff.wait(0), REFUSED_WAIT);
    }

    #[test]
    fn waits_grow_to_five_minutes() {
        let mut backoff = Backoff::default();
        let mut waits = Vec::new();
        for _ in 0..12 {
            backoff.failed(0, 0.999_999, 0);
            waits.push(backoff.wait(0));
        }
        assert!(waits.is_sorted());
        assert!((900..=1_000).contains(&waits[0]), "{waits:?}");
        assert!((299_000..=300_000).contains(&waits[11]), "{waits:?}");
    }

    proptest! {
        #[test]
        fn a_wait_is_within_its_bounds(failures in 1usize..40, random in 0.0f64..1.0) {
            let mut backoff = Backoff::default();
            for _ in 0..failures {
                backoff.failed(0, random, 0);
            }
            prop_assert!((250..=LONGEST_WAIT).contains(&backoff.wait(0)));
        }
    }
}
