//! Which properties of events are held: those that questions named of late.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Properties that are held at most.
const MOST: usize = 100;

/// Properties of a site's events, and when a question named each last.
#[derive(Debug)]
pub(super) struct Named {
    times: Mutex<HashMap<String, Instant>>,
    kept: Duration,
}

impl Named {
    /// None so far; each is kept for so long after it was named.
    pub(super) fn new(kept: Duration) -> Self {
        Self {
            times: Mutex::default(),
            kept,
        }
    }

    fn times(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that somebody names some. Those that were named longest ago go for them.
    pub(super) fn add(&self, names: &[String]) {
        let now = Instant::now();
        let mut times = self.times();
        times.extend(names.iter().map(|name| (name.clone(), now)));
        times.retain(|_, at| at.elapsed() <= self.kept);
        while times.len() > MOST {
            let oldest = times.iter().min_by_key(|(_, at)| **at);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
                return;
            };
            times.remove(&oldest);
        }
    }

    /// Those that were named of late, in order.
    pub(super) fn all(&self) -> Vec<String> {
        self.add(&[]);
        let mut names: Vec<String> = self.times().keys().cloned().collect();
        names.sort_unstable();
        names
    }

    /// Some are not to be held.
    pub(super) fn remove(&self, names: &[String]) {
        self.times().retain(|name, _| !names.contains(name));
    }

    /// None is.
    pub(super) fn clear(&self) {
        self.times().clear();
    }
}
