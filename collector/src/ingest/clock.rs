//! Times of a batch, corrected for a wrong clock of the sender.
//!
//! A browser's clock may be wrong by years. What it gets right is how long before sending something happened, and the
//! collector knows when it was sent: just now. So a clock that is off by more than a request may take is moved by the
//! difference; a smaller difference is the network's and says nothing about the clock.

/// A difference that the network may make.
const TOLERANCE_MS: i64 = 60_000;
/// Items older than this are not believed: a sender keeps them for days, not for years.
const OLDEST_MS: i64 = 400 * 24 * 60 * 60 * 1000;
/// How far ahead of its sending something may be told to have happened, where clocks of several systems meet in one sender.
const AHEAD_MS: i64 = 60 * 60 * 1000;
/// A session's start before its item beyond this is not believed; a session lasts for a day by default.
const LONGEST_SESSION_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// One batch's correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    sent_at: i64,
    received_at: i64,
    shift: i64,
}

impl Clock {
    pub(super) fn new(sent_at: i64, received_at: i64) -> Self {
        let difference = received_at.saturating_sub(sent_at);
        Self {
            sent_at,
            received_at,
            shift: if difference.saturating_abs() > TOLERANCE_MS {
                difference
            } else {
                0
            },
        }
    }

    /// The corrected time of an item; `None` if it cannot be true. Nothing happens after it was sent, so a later time
    /// is the time of sending.
    pub(super) fn item(self, at: i64) -> Option<i64> {
        let at = self.correct(at);
        (self.received_at.saturating_sub(at) <= OLDEST_MS).then_some(at)
    }

    /// Whether a time lies so far ahead that it is a plan, or wrong, and nothing that has happened.
    pub(super) fn is_ahead(self, at: i64) -> bool {
        at.saturating_sub(self.sent_at) > AHEAD_MS
    }

    /// Whether the time of an item stands as the sender wrote it, and so is the same in every copy that is sent.
    pub(super) fn agrees_on(self, at: i64) -> bool {
        self.shift == 0 && at <= self.sent_at
    }

    /// The corrected time of a touch, which may lie as far back as the browser remembers; `None` if it is no time.
    pub(super) fn touch(self, at: i64) -> Option<i64> {
        (at > 0).then(|| self.correct(at)).filter(|at| *at > 0)
    }

    /// The corrected start of a session; `None` if it cannot be true.
    pub(super) fn session(self, started_at: i64) -> Option<i64> {
        let started_at = self.correct(started_at);
        (self.received_at.saturating_sub(started_at) <= OLDEST_MS + LONGEST_SESSION_MS)
            .then_some(started_at)
    }

    fn correct(self, at: i64) -> i64 {
        at.min(self.sent_at).saturating_add(self.shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_749_482_510_000;
    const DAY: i64 = 24 * 60 * 60 * 1000;

    #[test]
    fn a_right_clock_is_left_alone_within_the_time_of_a_request() {
        for late in [-60_000, -5, 0, 900, 60_000] {
            assert_eq!(
                Clock::new(NOW, NOW + late).item(NOW - 1000),
                Some(NOW - 1000)
            );
        }
    }

    #[test]
    fn a_wrong_clock_is_moved_by_its_difference() {
        for wrong in [-20 * 365 * DAY, -60_001, 60_001, 3 * DAY, 50 * 365 * DAY] {
            let sent_at = NOW + wrong;
            assert_eq!(
                Clock::new(sent_at, NOW).item(sent_at - 4000),
                Some(NOW - 4000)
            );
        }
    }

    #[test]
    fn nothing_happens_after_it_was_sent() {
        assert_eq!(Clock::new(NOW, NOW).item(NOW + 10 * DAY), Some(NOW));
        assert_eq!(Clock::new(NOW, NOW).item(i64::MAX), Some(NOW));
    }

    #[test]
    fn a_time_that_cannot_be_true_is_none() {
        let clock = Clock::new(NOW, NOW);
        assert_eq!(clock.item(NOW - 400 * DAY), Some(NOW - 400 * DAY));
        assert_eq!(clock.item(NOW - 400 * DAY - 1), None);
        assert_eq!(clock.item(i64::MIN), None);
        assert_eq!(Clock::new(i64::MIN, NOW).item(i64::MIN), None);
        assert_eq!(clock.session(0), None);
        assert_eq!(clock.touch(0), None);
    }
}
