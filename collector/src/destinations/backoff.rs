//! When to try again.

use std::time::Duration;

/// The longest pause between two attempts, of one's own accord.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);
/// The longest that a receiver can ask for.
pub(crate) const LONGEST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);

/// The pause after the attempt number `attempt`, from 1: `base`, doubled with each attempt, of which the latter half is
/// left to chance, so that what failed together does not come back together. `chance` is within 0 to 1.
pub(crate) fn pause(base: Duration, attempt: i64, chance: f64) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(1).clamp(0, 31)).unwrap_or(31);
    let whole = base.saturating_mul(1 << doublings).min(LONGEST);
    whole / 2 + (whole / 2).mul_f64(chance.clamp(0.0, 1.0))
}

/// A number within 0 to 1; in the middle where the system gives no random ones.
pub(crate) fn chance() -> f64 {
    let mut bytes = [0_u8; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}

/// What `Retry-After` asks for: seconds, or a date, of which `now` is told in milliseconds.
/// <https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3>
pub(crate) fn asked(text: &str, now: i64) -> Option<Duration> {
    let text = text.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            let ms = at.as_millisecond().saturating_sub(now);
            Duration::from_millis(u64::try_from(ms).unwrap_or(0))
        }
    };
    Some(wait.min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_receiver_may_ask_for_seconds_or_a_date() {
        assert_eq!(asked("120", 0), Some(Duration::from_secs(120)));
        assert_eq!(asked("9999999999", 0), Some(LONGEST_ASKED));
        let at = 784_111_777_000; // Sun, 06 Nov 1994 08:49:37 GMT
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(asked(date, at - 5_000), Some(Duration::from_secs(5)));
        assert_eq!(asked(date, at + 5_000), Some(Duration::ZERO));
        assert_eq!(asked("soon", 0), None);
        assert_eq!(asked("-1", 0), None);
    }

    proptest! {
        #[test]
        fn a_pause_is_within_half_and_whole_of_its_doubling(
            base in 1_u64..60_000, attempt in 1_i64..200, chance in 0.0..=1.0_f64,
        ) {
            let base = Duration::from_millis(base);
            let pause = pause(base, attempt, chance);
            let whole = base.saturating_mul(1 << (attempt - 1).min(31)).min(LONGEST);
            prop_assert!(pause <= whole && pause >= whole / 2 - Duration::from_nanos(1));
        }
    }
}
