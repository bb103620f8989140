//! Rate limits: how many requests a client, or a write key, may make.
//!
//! Each has a bucket that holds ten seconds' worth and fills at its rate, kept as one number: the time at which it will
//! be full again (the generic cell rate algorithm). The buckets are in a table of fixed size, eight to a row. When a
//! row is full the fullest bucket makes room, the one that knows least: a flood of new addresses takes no memory, and
//! wins no address back what it has used up before.
//!
//! `governor` keeps one entry for each key it has ever seen, until told to sweep; the table is what that lacks.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Seconds' worth of requests that may be made at once.
const BURST: u64 = 10;
const WAYS: usize = 8;

/// A table of buckets that all have one rate.
pub(crate) struct RateLimit {
    /// Nanoseconds that one request uses up; 0 for no limit.
    cost: u64,
    rows: Box<[Mutex<[Bucket; WAYS]>]>,
    hasher: RandomState,
    start: Instant,
}

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    /// The key's hash, in which two keys agree once in a table of many lifetimes.
    key: u64,
    /// Nanoseconds from the start at which it is full.
    full_at: u64,
}

impl RateLimit {
    /// Lets through `per_second` requests of each key, without limit if that is 0, and keeps in mind 8 times `rows`
    /// keys.
    pub(crate) fn new(per_second: u32, rows: usize) -> Self {
        let cost = 1_000_000_000_u64
            .checked_div(per_second.into())
            .map_or(0, |cost| cost.max(1));
        let rows = if cost == 0 { 0 } else { rows };
        Self {
            cost,
            rows: (0..rows).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            start: Instant::now(),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// How long to wait, if the bucket is empty. Such a request is not counted.
    pub(crate) fn take(&self, key: impl Hash) -> Result<(), Duration> {
        if self.cost == 0 {
            return Ok(());
        }
        self.take_at(key, Instant::now())
    }

    fn take_at(&self, key: impl Hash, now: Instant) -> Result<(), Duration> {
        let key = self.hasher.hash_one(key);
        let now = now.saturating_duration_since(self.start).as_nanos();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        let Some(row) = usize::try_from(key % self.rows.len().max(1) as u64)
            .ok()
            .and_then(|row| self.rows.get(row))
        else {
            return Ok(());
        };
        let mut row = row.lock().unwrap_or_else(PoisonError::into_inner);
        let place = row
            .iter()
            .position(|bucket| bucket.key == key)
            .or_else(|| (0..WAYS).min_by_key(|&n| row[n].full_at));
        let Some(bucket) = place.and_then(|place| row.get_mut(place)) else {
            return Ok(());
        };
        if bucket.key != key {
            *bucket = Bucket { key, full_at: now };
        }
        let full_at = bucket.full_at.max(now).saturating_add(self.cost);
        let allowed = now.saturating_add((BURST * 1_000_000_000).max(self.cost));
        if full_at > allowed {
            return Err(Duration::from_nanos(full_at - allowed));
        }
        bucket.full_at = full_at;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let limit = RateLimit::new(10, 16);
        let now = limit.start;
        for _ in 0..100 {
            limit.take_at("a", now).unwrap();
        }
        let wait = limit.take_at("a", now).unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        limit.take_at("b", now).unwrap();
        limit.take_at("a", now + wait).unwrap();
        assert!(limit.take_at("a", now + wait).is_err());
        for _ in 0..100 {
            limit.take_at("a", now + Duration::from_secs(60)).unwrap();
        }
        assert!(limit.take_at("a", now + Duration::from_secs(60)).is_err());
    }

    #[test]
    fn what_is_refused_is_not_counted() {
        let limit = RateLimit::new(1, 16);
        while limit.take_at("a", limit.start).is_ok() {}
        for _ in 0..1000 {
            assert!(limit.take_at("a", limit.start).is_err());
        }
        let later = limit.start + Duration::from_secs(1);
        assert!(limit.take_at("a", later).is_ok());
    }

    #[test]
    fn nothing_is_no_limit() {
        let limit = RateLimit::new(0, 16);
        for _ in 0..10_000 {
            limit.take("a").unwrap();
        }
        assert!(limit.rows.is_empty());
    }

    #[test]
    fn a_flood_of_others_neither_grows_the_table_nor_frees_who_is_limited() {
        let limit = RateLimit::new(1, 64);
        while limit.take_at("a", limit.start).is_ok() {}
        for n in 0..1_000_000_u32 {
            let _ = limit.take_at(n, limit.start);
        }
        assert!(limit.take_at("a", limit.start).is_err());
        assert_eq!(limit.rows.len(), 64);
    }
}
