//! The connections that are open, and who of them has to go when there are too many.
//!
//! Who waits for its client makes room for who comes: first what is idle, then what is in the middle of a head, then
//! what is slow with a body, of each the one that has waited longest. So connections that are only held open, however
//! many, keep nobody out, and a client that sends its request at once gets through. A request whose answer is being
//! made is never cut.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::progress::{Order, Phase, Progress};

/// What an honest client needs for a head on a bad line, and to take an answer that was just written, in milliseconds.
/// Nobody makes room before.
const HONEST_HEAD: u64 = 200;
/// The same for a body.
const HONEST_BODY: u64 = 500;

#[derive(Default)]
pub(super) struct Crowd(Mutex<HashMap<u64, Arc<Progress>>>);

impl Crowd {
    pub(super) fn add(&self, id: u64, progress: Arc<Progress>) {
        self.lock().insert(id, progress);
    }

    pub(super) fn remove(&self, id: u64) {
        self.lock().remove(&id);
    }

    /// Tells everybody to end with what they are at.
    pub(super) fn finish(&self) {
        for progress in self.lock().values() {
            progress.give(Order::Finish);
        }
    }

    /// Closes those that have waited longest, one in thirty-two and at least one, so that looking through all of them
    /// is not done for each that comes. Says whether there were any.
    pub(super) fn make_room(&self) -> bool {
        let crowd = self.lock();
        let mut waiting: Vec<_> = crowd
            .values()
            .filter_map(|progress| match progress.phase() {
                (Phase::Answer, _) => None,
                (Phase::Body, lasted) if lasted < HONEST_BODY => None,
                (_, lasted) if lasted < HONEST_HEAD => None,
                (phase, lasted) => Some((phase, std::cmp::Reverse(lasted), progress)),
            })
            .collect();
        waiting.sort_by_key(|(phase, lasted, _)| (*phase, *lasted));
        let enough = (crowd.len() / 32).max(1);
        for (_, _, progress) in waiting.iter().take(enough) {
            progress.give(Order::Close);
        }
        !waiting.is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Progress>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn is_closed(progress: &Progress) -> bool {
        progress.order().now_or_never() == Some(Order::Close)
    }

    #[test]
    fn the_idle_go_before_the_slow_and_nobody_who_is_served_or_new() {
        let crowd = Crowd::default();
        let phases = [Phase::Answer, Phase::Head, Phase::Idle, Phase::Body];
        let all = phases.map(|phase| Arc::new(Progress::since(phase, HONEST_HEAD)));
        for (id, progress) in all.iter().enumerate() {
            crowd.add(id as u64, Arc::clone(progress));
        }
        crowd.add(9, Arc::new(Progress::new()));
        for gone in [2, 1] {
            assert!(crowd.make_room());
            assert!(is_closed(&all[gone]), "{gone}");
            crowd.remove(gone as u64);
        }
        assert!(!crowd.make_room());
        assert!(!is_closed(&all[0]) && !is_closed(&all[3]));
    }
}
