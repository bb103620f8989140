//! Holds back who tries passwords.
//!
//! Two limits, both in memory and bounded: after five failures an address has to wait, twice as long each time
//! up to fifteen minutes; and all addresses together have sixty failures a minute. An attempt counts when it
//! begins, so that many at once are not all let through; success takes it back.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::credentials;

const FREE_FAILURES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(15);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
const FAILURES_A_MINUTE: u32 = 60;
const MINUTE: Duration = Duration::from_secs(60);
const ADDRESSES: usize = 10_000;

/// The failures of late.
#[derive(Default)]
pub(crate) struct Throttle {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By digest: addresses are not kept.
    by_address: HashMap<Vec<u8>, Failures>,
    minute: Option<(Instant, u32)>,
}

struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    /// When the next attempt may come.
    fn open_at(&self) -> Instant {
        match self.count.checked_sub(FREE_FAILURES) {
            None => self.last,
            Some(beyond) => {
                let wait = FIRST_WAIT.saturating_mul(1 << beyond.min(10));
                self.last + wait.min(LONGEST_WAIT)
            }
        }
    }
}

impl Throttle {
    /// Counts an attempt for `email`.
    ///
    /// # Errors
    /// How long to wait, if the attempt may not be made.
    pub(crate) fn begin(&self, email: &str, now: Instant) -> Result<(), Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = match state.minute {
            Some((start, count)) if now.duration_since(start) < MINUTE => (start, count),
            _ => (now, 0),
        };
        if minute.1 >= FAILURES_A_MINUTE {
            return Err(MINUTE.saturating_sub(now.duration_since(minute.0)));
        }
        let address = credentials::digest(email);
        if let Some(failures) = state.by_address.get(&address) {
            let open_at = failures.open_at();
            if open_at > now {
                return Err(open_at.duration_since(now));
            }
        }
        state.make_room(now);
        let failures = state.by_address.entry(address).or_insert(Failures {
            count: 0,
            last: now,
        });
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
        state.minute = Some((minute.0, minute.1 + 1));
        Ok(())
    }

    /// Takes back the attempts for `email`: its owner is in.
    pub(crate) fn succeed(&self, email: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.by_address.remove(&credentials::digest(email));
        if let Some((_, count)) = &mut state.minute {
            *count = count.saturating_sub(1);
        }
    }
}

impl State {
    fn make_room(&mut self, now: Instant) {
        if self.by_address.len() < ADDRESSES {
            return;
        }
        self.by_address
            .retain(|_, failures| now.duration_since(failures.last) < LONGEST_WAIT);
        if self.by_address.len() >= ADDRESSES {
            let oldest = self
                .by_address
                .iter()
                .min_by_key(|(_, failures)| failures.last)
                .map(|(address, _)| address.clone());
            if let Some(oldest) = oldest {
                self.by_address.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_five_failures_an_address_waits_longer_each_time() {
        let throttle = Throttle::default();
        let mut now = Instant::now();
        for _ in 0..5 {
            assert!(throttle.begin("a@x.example", now).is_ok());
        }
        let first = throttle.begin("a@x.example", now).unwrap_err();
        assert!(throttle.begin("b@x.example", now).is_ok());
        now += first;
        assert!(throttle.begin("a@x.example", now).is_ok());
        let second = throttle.begin("a@x.example", now).unwrap_err();
        assert_eq!(second, first * 2);
    }

    #[test]
    fn success_starts_afresh() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for _ in 0..20 {
            assert!(throttle.begin("a@x.example", now).is_ok());
            throttle.succeed("a@x.example");
        }
    }

    #[test]
    fn all_addresses_together_have_a_limit_and_it_passes() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for n in 0..FAILURES_A_MINUTE {
            assert!(throttle.begin(&format!("{n}@x.example"), now).is_ok());
        }
        assert!(throttle.begin("new@x.example", now).is_err());
        assert!(throttle.begin("new@x.example", now + MINUTE).is_ok());
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        let start = Instant::now();
        for n in 0..(ADDRESSES as u32 + 50) {
            let now = start + MINUTE * n / 20;
            let _ = throttle.begin(&format!("{n}@x.example"), now);
        }
        let state = throttle.state.lock().unwrap();
        assert!(state.by_address.len() <= ADDRESSES);
    }
}
