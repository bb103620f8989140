//! The sites whose columns are kept, what is shown of each, and when somebody asked.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::held::{Held, SMALL};
use super::named::Named;
use super::site::Columns;
use crate::clock;

/// How often columns are refreshed that somebody asked for a short time ago.
pub(super) const OFTEN: Duration = Duration::from_secs(1);
/// How long ago that is at most.
pub(super) const LATELY: Duration = Duration::from_secs(60);
/// How old columns of more than [`SMALL`] rows may be that questions are answered from: refreshed by [`OFTEN`], they seldom
/// are older.
const FRESH_MS: i64 = 2_000;
/// How often columns are refreshed that nobody asked for lately: more often than what is told of changes goes.
pub(super) const SELDOM: Duration = Duration::from_secs(60);
/// How long columns are kept that nobody asks for.
pub(super) const KEPT: Duration = Duration::from_secs(60 * 60);

/// The sites, and the memory for all of them.
#[derive(Debug)]
pub(super) struct Shelf {
    sites: Mutex<HashMap<i64, Arc<Site>>>,
    most: usize,
    /// How often all rows of a site were loaded.
    pub(super) loads: AtomicU64,
}

/// A site whose columns are kept.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) id: i64,
    pub(super) held: tokio::sync::Mutex<Option<Held>>,
    pub(super) shown: Mutex<Option<Arc<Columns>>>,
    /// Somebody works on what is held for longer than a question should wait.
    pub(super) is_busy: AtomicBool,
    /// Somebody reads properties that are not held yet.
    pub(super) is_filling: AtomicBool,
    pub(super) bytes: AtomicUsize,
    pub(super) times: Mutex<Times>,
    /// The properties of events that are wanted.
    pub(super) named: Named,
}

/// When things happened to a site's columns.
#[derive(Debug)]
pub(super) struct Times {
    pub(super) asked: Instant,
    pub(super) refreshed: Instant,
    /// When it did not fit.
    pub(super) full: Option<Instant>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shelf {
    /// With room for so many bytes.
    pub(super) fn new(most: usize) -> Self {
        Self {
            sites: Mutex::default(),
            most,
            loads: AtomicU64::new(0),
        }
    }

    pub(super) fn site(&self, id: i64) -> Arc<Site> {
        let new = || {
            let now = Instant::now();
            Arc::new(Site {
                id,
                held: tokio::sync::Mutex::default(),
                shown: Mutex::default(),
                is_busy: AtomicBool::new(false),
                is_filling: AtomicBool::new(false),
                named: Named::new(KEPT),
                bytes: AtomicUsize::new(0),
                times: Mutex::new(Times {
                    asked: now,
                    refreshed: now,
                    full: None,
                }),
            })
        };
        let site = Arc::clone(lock(&self.sites).entry(id).or_insert_with(new));
        lock(&site.times).asked = Instant::now();
        site
    }

    pub(super) fn sites(&self) -> Vec<Arc<Site>> {
        lock(&self.sites).values().cloned().collect()
    }

    /// Whether a site may take so many bytes. Sites that were asked about least recently go for it.
    pub(super) fn has_room(&self, site_id: i64, bytes: usize) -> bool {
        if bytes > self.most {
            return false;
        }
        let mut sites = lock(&self.sites);
        if let Some(own) = sites.get(&site_id) {
            own.bytes.store(bytes, Ordering::Relaxed);
        }
        loop {
            let all: usize = sites.values().map(|site| site.bytes()).sum();
            if all <= self.most {
                return true;
            }
            let others = sites.values().filter(|site| site.id != site_id);
            let Some(oldest) = others.min_by_key(|site| lock(&site.times).asked) else {
                return true;
            };
            let oldest = oldest.id;
            sites.remove(&oldest);
        }
    }

    pub(super) fn let_go(&self, id: i64) {
        lock(&self.sites).remove(&id);
    }
}

impl Site {
    pub(super) fn shown(&self) -> Option<Arc<Columns>> {
        lock(&self.shown).clone()
    }

    /// The same, if it has these properties.
    pub(super) fn shown_with(&self, names: &[String]) -> Option<Arc<Columns>> {
        self.shown().filter(|columns| columns.has(names))
    }

    pub(super) fn is_busy(&self) -> bool {
        self.is_busy.load(Ordering::Acquire)
    }

    pub(super) fn is_filling(&self) -> bool {
        self.is_filling.load(Ordering::Acquire)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn was_asked(&self, within: Duration) -> bool {
        lock(&self.times).asked.elapsed() <= within
    }

    pub(super) fn is_due(&self) -> bool {
        let since = lock(&self.times).refreshed.elapsed();
        since >= SELDOM || (since >= OFTEN && self.was_asked(LATELY))
    }
}

/// Whether what is shown is good enough for a question that is asked now. Of a time to come it is not: the clock was set back.
pub(super) fn is_fresh(shown: &Columns) -> bool {
    let age = clock::now() - shown.as_of();
    shown.rows() > SMALL && (0..=FRESH_MS).contains(&age)
}

#[cfg(test)]
mod tests {
    use super::super::part::Part;
    use super::super::segment::Segment;
    use super::*;

    #[test]
    fn only_large_columns_of_a_moment_ago_are_fresh() {
        let fresh = |rows: usize, age: i64| {
            let mut segment = Segment::new();
            segment.events.at = vec![0; rows];
            is_fresh(&Columns {
                segments: vec![Part::of((segment, Default::default()))],
                as_of: clock::now() - age,
                ..Columns::default()
            })
        };
        assert!(fresh(SMALL + 1, 0));
        assert!(!fresh(SMALL, 0));
        assert!(!fresh(SMALL + 1, FRESH_MS + 1));
        assert!(!fresh(SMALL + 1, -60_000));
    }
}
