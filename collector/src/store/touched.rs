//! Visitors whom commits of this process have touched, for whoever judges them ([`crate::judging`]).
//!
//! A hint and no more: what it loses, or another process touched, is found in the rows. Nothing is gathered where nobody
//! takes it.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use uuid::Uuid;

/// The most that wait; beyond, the rows are gone through.
const MOST: usize = 100_000;

/// A site and one of its visitors.
type Key = (i64, Uuid);

#[derive(Debug, Default)]
pub(crate) struct Touched {
    is_taken: AtomicBool,
    has_lost: AtomicBool,
    waiting: Mutex<Waiting>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    all: HashSet<Key>,
    in_order: VecDeque<Key>,
}

impl Touched {
    /// From now on somebody takes them.
    pub(crate) fn listen(&self) {
        self.is_taken.store(true, Ordering::Relaxed);
    }

    /// Adds visitors that were touched.
    pub(super) fn add(&self, keys: impl Iterator<Item = Key>) {
        if !self.is_taken.load(Ordering::Relaxed) {
            return;
        }
        let mut waiting = self.waiting();
        for key in keys {
            if waiting.all.len() >= MOST {
                self.has_lost.store(true, Ordering::Relaxed);
                break;
            }
            if waiting.all.insert(key) {
                waiting.in_order.push_back(key);
            }
        }
        drop(waiting);
        self.news.notify_one();
    }

    /// Has the rows gone through.
    pub(super) fn look(&self) {
        self.has_lost.store(true, Ordering::Relaxed);
        self.news.notify_one();
    }

    /// Takes the visitors of one site that wait longest.
    pub(crate) fn take(&self, most: usize) -> Option<(i64, Vec<Uuid>)> {
        let mut waiting = self.waiting();
        let site_id = waiting.in_order.front()?.0;
        let mut visitors = Vec::new();
        while let Some(next) = waiting.in_order.front().copied()
            && next.0 == site_id
            && visitors.len() < most
        {
            waiting.in_order.pop_front();
            waiting.all.remove(&next);
            visitors.push(next.1);
        }
        Some((site_id, visitors))
    }

    /// Whether some were let go since this was asked last.
    pub(crate) fn has_lost(&self) -> bool {
        self.has_lost.swap(false, Ordering::Relaxed)
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting().all.is_empty()
    }

    /// Waits until there may be more.
    pub(crate) async fn news(&self) {
        self.news.notified().await;
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(site_id: i64, ids: std::ops::Range<u128>) -> impl Iterator<Item = Key> {
        ids.map(move |id| (site_id, Uuid::from_u128(id)))
    }

    #[test]
    fn each_waits_once_and_the_longest_is_first() {
        let touched = Touched::default();
        touched.add(keys(1, 0..3));
        assert!(touched.is_empty(), "nobody takes them");
        touched.listen();
        touched.add(keys(1, 0..3).chain(keys(1, 0..2)).chain(keys(2, 0..1)));
        let ids = |ids: std::ops::Range<u128>| ids.map(Uuid::from_u128).collect();
        assert_eq!(touched.take(2), Some((1, ids(0..2))));
        assert_eq!(touched.take(2), Some((1, ids(2..3))));
        assert_eq!(touched.take(2), Some((2, ids(0..1))));
        assert_eq!(touched.take(2), None);
    }

    #[test]
    fn too_many_are_let_go_and_that_is_known() {
        let touched = Touched::default();
        touched.listen();
        touched.add(keys(1, 0..MOST as u128));
        assert!(!touched.has_lost());
        touched.add(keys(1, 0..MOST as u128 + 1));
        assert!(touched.has_lost() && !touched.has_lost());
    }
}
