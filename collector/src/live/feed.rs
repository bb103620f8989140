//! The feed: numbers updates, remembers the latest, and passes them on.
//!
//! Of one site something is passed on ten times a second at most: what commits change in the meantime is one update. A site that
//! changes faster than anybody can follow is passed on in one word every two seconds. So what watching costs depends on how
//! many watch, not on how much is stored.
//!
//! Commits end at the same time, and reading what a journey is after one takes a moment. What they tell is passed on in the order in
//! which they came for it ([`Feed::turn`]), so that the last word of a journey is the latest.
//!
//! While nobody watches, commits build no updates. For a minute after the last commit that somebody watched they still do, because
//! most who leave come back: a laptop that wakes, a network that changes. What was not built is not remembered, and whoever comes back
//! after that is told to load everything again.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::broadcast;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Passing, Update};

/// How often something of a site is passed on at most.
const PAUSE: Duration = Duration::from_millis(100);
/// How often it is said that too much has changed: each has every reader load lists.
const FLOOD_PAUSE: Duration = Duration::from_secs(2);
/// How long updates are built for those who may come back.
const LINGER: Duration = Duration::from_secs(60);
/// Bytes of entries that are remembered.
const REMEMBERED_BYTES: usize = 16 * 1024 * 1024;
/// Tellings that wait for an earlier one at most: one that is held up does not hold up all others for ever.
const EARLY: usize = 64;
/// What a journey is taken to weigh.
const JOURNEY_BYTES: usize = 2 * 1024;

/// Where commits tell what they changed, and streams get it. Clones are one feed.
#[derive(Debug, Clone)]
pub struct Feed(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Tells this feed's numbers from those of the process before.
    run: String,
    sender: broadcast::Sender<Arc<Passing>>,
    /// Updates that are remembered at most.
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The number of the last update.
    last: u64,
    /// Updates without a gap, up to the last.
    remembered: VecDeque<Arc<Passing>>,
    bytes: usize,
    /// Sites of which something was passed on.
    sites: HashMap<i64, Turn>,
    /// When somebody watched last; nothing where nobody did since the last gap.
    watched: Option<Instant>,
    /// Turns that were given.
    turns: u64,
    /// Turns before this one have told what they had to.
    told: u64,
    /// What was told before it was its turn.
    early: BTreeMap<u64, Vec<Update>>,
}

/// A place in the order in which is told what changed. Without a word it ends when it is dropped.
#[derive(Debug)]
pub struct Telling {
    feed: Feed,
    number: u64,
    updates: Vec<Update>,
}

impl Telling {
    /// Adds what changed. It is told with all else of this turn.
    pub fn add(&mut self, update: Update) {
        self.updates.push(update);
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        let updates = std::mem::take(&mut self.updates);
        self.feed.told(self.number, updates);
    }
}

/// When it is a site's turn.
#[derive(Debug, Default)]
struct Turn {
    waiting: Option<Update>,
    /// Whether a task comes for it.
    is_awaited: bool,
    passed: Option<Instant>,
    flooded: Option<Instant>,
}

/// What a stream begins with.
#[derive(Debug)]
pub struct Watching {
    /// The id of what was passed on last.
    pub id: String,
    /// What was passed on after the id that was asked for; nothing where that is not known any more, or none was asked for.
    pub missed: Option<Vec<Arc<Passing>>>,
    /// What is passed on from now on.
    pub updates: broadcast::Receiver<Arc<Passing>>,
}

impl Turn {
    /// When what waits may be passed on.
    fn due(&self) -> Option<Instant> {
        let is_flood = self.waiting.as_ref().is_some_and(|update| update.too_much);
        let flood = self.flooded.filter(|_| is_flood).map(|at| at + FLOOD_PAUSE);
        self.passed.map(|at| at + PAUSE).max(flood)
    }
}

impl Feed {
    /// Remembers so many updates.
    pub fn new(most: usize) -> Self {
        let most = most.max(1);
        Self(Arc::new(Shared {
            run: Uuid::now_v7().simple().to_string(),
            sender: broadcast::Sender::new(most),
            most,
            state: Mutex::new(State {
                last: 0,
                remembered: VecDeque::new(),
                bytes: 0,
                sites: HashMap::new(),
                watched: None,
                turns: 0,
                told: 0,
                early: BTreeMap::new(),
            }),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let lock = self.0.state.lock();
        lock.unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody watches or may come back. Where nobody does, what happens meanwhile is remembered as a gap.
    pub fn is_watched(&self) -> bool {
        let mut state = self.state();
        let now = Instant::now();
        if self.0.sender.receiver_count() > 0 {
            state.watched = Some(now);
        }
        let is_watched = state.watched.is_some_and(|at| now - at < LINGER);
        if !is_watched {
            state.forget();
        }
        is_watched
    }

    /// Begins to watch, after what had the id if there is one.
    pub fn watch(&self, after: Option<&str>) -> Watching {
        let mut state = self.state();
        let updates = self.0.sender.subscribe();
        state.watched = Some(Instant::now());
        let after = after.and_then(|id| self.number(id));
        Watching {
            id: self.id(state.last),
            missed: after.and_then(|after| state.since(after)),
            updates,
        }
    }

    /// Tells what changed, in nobody's order.
    ///
    /// Has to be called within a tokio runtime.
    pub fn tell(&self, update: Update) {
        self.tell_now(&mut self.state(), update);
    }

    /// Takes a place in the order, after a commit and before anything is read of what it changed: what is told in a later turn was
    /// read no earlier than any commit of the turns before it.
    pub fn turn(&self) -> Telling {
        let mut state = self.state();
        let number = state.turns;
        state.turns += 1;
        Telling {
            feed: self.clone(),
            number,
            updates: Vec::new(),
        }
    }

    fn told(&self, number: u64, updates: Vec<Update>) {
        let mut state = self.state();
        state.early.insert(number, updates);
        while let Some((next, _)) = state.early.first_key_value()
            && (*next <= state.told || state.early.len() > EARLY)
            && let Some((next, updates)) = state.early.pop_first()
        {
            state.told = state.told.max(next + 1);
            for update in updates {
                self.tell_now(&mut state, update);
            }
        }
    }

    fn tell_now(&self, state: &mut State, update: Update) {
        let site_id = update.site_id;
        let turn = state.sites.entry(site_id).or_default();
        match &mut turn.waiting {
            Some(waiting) => waiting.add(update),
            None => turn.waiting = Some(update),
        }
        self.pass(state, site_id);
    }

    /// Whether so much has changed of a site already that whatever else does will be passed on in the same word.
    pub(crate) fn is_flooded(&self, site_id: i64) -> bool {
        let state = self.state();
        let waiting = state
            .sites
            .get(&site_id)
            .and_then(|turn| turn.waiting.as_ref());
        waiting.is_some_and(|update| update.too_much)
    }

    /// Passes on what waits of a site, now or when it is its turn.
    fn pass(&self, state: &mut State, site_id: i64) {
        let now = Instant::now();
        let Some(turn) = state.sites.get_mut(&site_id) else {
            return;
        };
        if turn.is_awaited {
            return;
        }
        match turn.due().filter(|due| *due > now) {
            Some(due) => {
                // Where there is no runtime any more, nobody watches.
                let Ok(runtime) = Handle::try_current() else {
                    return;
                };
                turn.is_awaited = true;
                let feed = self.clone();
                runtime.spawn(async move {
                    tokio::time::sleep_until(due).await;
                    let mut state = feed.state();
                    if let Some(turn) = state.sites.get_mut(&site_id) {
                        turn.is_awaited = false;
                    }
                    feed.pass(&mut state, site_id);
                });
            }
            None => {
                let Some(mut update) = turn.waiting.take() else {
                    return;
                };
                update.entries.sort_by_key(|entry| (entry.at, entry.id));
                turn.passed = Some(now);
                if update.too_much {
                    turn.flooded = Some(now);
                }
                let number = state.last + 1;
                let passing = Arc::new(Passing::new(number, self.id(number), update));
                state.remember(Arc::clone(&passing), self.0.most);
                // Fails where nobody watches at present.
                let _ = self.0.sender.send(passing);
            }
        }
    }

    fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.0.run)
    }

    fn number(&self, id: &str) -> Option<u64> {
        let (run, number) = id.rsplit_once('-')?;
        if run != self.0.run {
            return None;
        }
        number.parse().ok()
    }
}

fn weight(passing: &Passing) -> usize {
    passing.update.bytes + passing.update.journeys.len() * JOURNEY_BYTES
}

impl State {
    fn remember(&mut self, passing: Arc<Passing>, most: usize) {
        self.last = passing.number;
        self.bytes += weight(&passing);
        self.remembered.push_back(passing);
        while self.remembered.len() > most || self.bytes > REMEMBERED_BYTES {
            let Some(oldest) = self.remembered.pop_front() else {
                break;
            };
            self.bytes -= weight(&oldest);
        }
    }

    /// Something happens that nobody is told of: no number before it is good any more.
    fn forget(&mut self) {
        self.watched = None;
        self.last += 1;
        self.remembered.clear();
        self.bytes = 0;
    }

    /// What came after a number; nothing where some of that is gone.
    fn since(&self, number: u64) -> Option<Vec<Arc<Passing>>> {
        let first = self
            .remembered
            .front()
            .map_or(self.last + 1, |oldest| oldest.number);
        if number > self.last || number + 1 < first {
            return None;
        }
        let all = self.remembered.iter();
        Some(
            all.filter(|passing| passing.number > number)
                .cloned()
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(site_id: i64) -> Update {
        Update {
            too_much: false,
            ..Update::reload(site_id)
        }
    }

    fn numbers(missed: Option<&Vec<Arc<Passing>>>) -> Option<Vec<u64>> {
        Some(missed?.iter().map(|passing| passing.number).collect())
    }

    async fn pause() {
        tokio::time::sleep(PAUSE).await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_back_gets_what_came_meanwhile() {
        let feed = Feed::new(3);
        let first = feed.watch(None);
        assert!(first.missed.is_none());
        let mut ids = vec![first.id.clone()];
        for _ in 0..4 {
            assert!(feed.is_watched());
            feed.tell(small(1));
            ids.push(feed.watch(None).id);
            pause().await;
        }
        drop(first);
        let missed = |id: &str| numbers(feed.watch(Some(id)).missed.as_ref());
        assert_eq!(missed(&ids[4]), Some(vec![]));
        assert_eq!(missed(&ids[1]), Some(vec![2, 3, 4]));
        // Of the first it is not remembered.
        assert_eq!(missed(&ids[0]), None);
        for id in ["", "-", "4", "another-4", &ids[4].replace("-4", "-5")] {
            assert_eq!(missed(id), None, "{id}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_was_told_of_is_a_gap() {
        let feed = Feed::new(8);
        let id = feed.watch(None).id;
        tokio::time::sleep(LINGER - PAUSE).await;
        assert!(feed.is_watched());
        feed.tell(small(1));
        assert!(feed.watch(Some(&id)).missed.is_some());
        tokio::time::sleep(LINGER).await;
        // Nothing has happened since, so nothing is missing.
        assert!(feed.watch(Some(&id)).missed.is_some());
        tokio::time::sleep(LINGER).await;
        assert!(!feed.is_watched());
        assert!(feed.watch(Some(&id)).missed.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_is_passed_on_so_often_and_floods_seldom() {
        let feed = Feed::new(64);
        let mut updates = feed.watch(None).updates;
        let began = Instant::now();
        // The first at once, each site for itself, the others together.
        for site_id in [1, 1, 2, 1] {
            feed.tell(small(site_id));
        }
        let mut next = async || {
            let passing = updates.recv().await.unwrap();
            let update = &passing.update;
            (update.site_id, update.too_much, began.elapsed())
        };
        assert_eq!(next().await, (1, false, Duration::ZERO));
        assert_eq!(next().await, (2, false, Duration::ZERO));
        assert_eq!(next().await, (1, false, PAUSE));
        assert!(!feed.is_flooded(1));
        feed.tell(Update::reload(1));
        assert!(feed.is_flooded(1) && !feed.is_flooded(2));
        assert_eq!(next().await, (1, true, 2 * PAUSE));
        assert!(!feed.is_flooded(1));
        // The last word of a flood is not lost.
        for _ in 0..10 {
            feed.tell(Update::reload(1));
            feed.tell(small(1));
        }
        assert_eq!(next().await, (1, true, 2 * PAUSE + FLOOD_PAUSE));
        feed.tell(small(1));
        assert_eq!(next().await, (1, false, 3 * PAUSE + FLOOD_PAUSE));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_seen_last_is_told_last() {
        let feed = Feed::new(256);
        let mut updates = feed.watch(None).updates;
        let mut told = || {
            updates
                .try_recv()
                .ok()
                .map(|passing| passing.update.site_id)
        };
        let mut turns: Vec<Telling> = (0..4).map(|_| feed.turn()).collect();
        for (turn, site_id) in turns.iter_mut().zip([1, 2, 3]) {
            turn.add(small(site_id));
        }
        drop(turns.remove(1));
        // Nobody knows yet what came before it.
        assert_eq!(told(), None);
        drop(turns.remove(0));
        assert_eq!((told(), told(), told()), (Some(1), Some(2), None));
        // One that has nothing to tell holds up nobody.
        drop(turns.remove(1));
        drop(turns);
        assert_eq!((told(), told()), (Some(3), None));
        // Nor does one that is stuck, for ever.
        let mut stuck = feed.turn();
        stuck.add(small(9));
        let sites: Vec<i64> = (10..).take(EARLY + 1).collect();
        for site_id in &sites {
            assert_eq!(told(), None);
            feed.turn().add(small(*site_id));
        }
        assert_eq!(std::iter::from_fn(&mut told).collect::<Vec<_>>(), sites);
        drop(stuck);
        assert_eq!((told(), told()), (Some(9), None));
    }
}
