//! How long it will take until what has been taken in is answered, and whether more is refused for that.
//!
//! The limits of the [queue](super::queue) bound memory. They are no bound of time: at thirty thousand items a second a queue of
//! fifty thousand is a wait of two seconds for everybody, and who sends more than can be stored keeps it full. So time has a
//! limit of its own (docs/decisions/0038-overload-is-refused-by-the-time-it-would-take.md):
//!
//! ```text
//! time = items taken in and not answered ÷ items answered a second
//!
//! at ease ─┬─ time > most, for longer than a burst ──────────────┬─► refusing beyond a twentieth of most
//!    ▲     └─ time grows, for longer than a burst, to some of most ─┘        │
//!    └──────────────────── nothing refused for a while ◄─────────────────────┘
//! ```
//!
//! A burst is taken in whole, and so is what a fixed number of senders that begin together can have under way: it makes the line long,
//! and then no longer. What stays or goes on growing is more than can be stored; it is refused before it waits, and those who are taken in are
//! answered about as soon as ever. A database that does nothing for a
//! while is no such thing: nobody knows how long it will take, so what arrives meanwhile waits within the other limits.
//!
//! Pure: it is told the time.

use std::time::{Duration, Instant};

/// More than `most` for less than this is a burst.
const BURST: Duration = Duration::from_millis(50);
/// As long as something was refused within this, refusing goes on at the tighter limit.
const CALM: Duration = Duration::from_secs(2);
/// A line that is longer in each window than in the one before, by this share of what was answered meanwhile, grows.
const GROWING: f64 = 0.25;
/// After how much work the highest rate counts for half.
const FAST: Duration = Duration::from_secs(10);
/// More than this is no burst, and so many windows no stall, if the line has come to so much of `most`: what is shorter is no harm.
const GROWN: (Duration, u32, f64) = (Duration::from_millis(75), 3, 0.4);
/// What of `most` is taken in while some are refused.
const PART: u32 = 20;
/// No limit is tighter than so many of the shortest transactions, so that a slow disk is not taken for an overload.
const TRANSACTIONS: u32 = 4;
/// Nor than so many items, if they take no more than half of `most` or than some transactions do that are as long as those of now. A
/// transaction costs as much as some hundred items, whatever is in it: where less is taken in the rate falls, less is taken in for that,
/// and all that is left is one batch after the other.
const ITEMS: f64 = 640.0;
const SOME: u32 = 3;
/// For how long a transaction counts as the shortest one, at least.
const REMEMBERED: Duration = Duration::from_secs(600);
/// Over how long the rate is taken, at least, and the time of a window that counts for as much as all before it.
const WINDOW: (Duration, Duration) = (Duration::from_millis(15), Duration::from_millis(25));

/// What is known of the pace.
#[derive(Debug)]
pub(super) struct Pressure {
    most: Option<Duration>,
    /// Items a second while there was always something to do.
    rate: Option<f64>,
    /// The highest that was lately: what a line is held against that has only begun to grow, since a database may be slow for a moment.
    fast: f64,
    /// While there is always something to do.
    window: Option<Window>,
    /// The shortest transactions, lately and before that.
    shortest: [Option<Duration>; 2],
    turned: Option<Instant>,
    /// When items were answered last, and after how long a transaction.
    answered: Option<(Instant, Duration)>,
    over_since: Option<Instant>,
    refusing_until: Option<Instant>,
}

/// A short time in which there was always something to do.
#[derive(Debug, Clone, Copy)]
struct Window {
    began: Instant,
    /// Items answered in it.
    answered: usize,
    /// The most items that were taken in and not answered.
    longest: usize,
    /// The same of the window before.
    before: usize,
    /// Since when the line has grown with every window, and with how many before this one.
    growing: (Instant, u32),
}

impl Pressure {
    /// With this limit, or none.
    pub(super) fn new(most: Option<Duration>) -> Self {
        Self {
            most,
            rate: None,
            fast: 0.0,
            window: None,
            shortest: [None; 2],
            turned: None,
            answered: None,
            over_since: None,
            refusing_until: None,
        }
    }

    /// Whether something more is taken in beside so many items.
    pub(super) fn admits(&mut self, items: usize, now: Instant) -> bool {
        let (Some((most, tight)), Some(rate)) = (self.limits(), self.rate) else {
            return true;
        };
        let time = time_of(items as f64, rate);
        if self.refusing_until.is_some_and(|until| now < until) {
            let is_refused = items > 0 && time > tight;
            if is_refused {
                self.refusing_until = Some(now + CALM);
            }
            return !is_refused;
        }
        self.refusing_until = None;
        let is_stalled = self
            .answered
            .is_some_and(|(answered, took)| now.duration_since(answered) > most.max(took * 2));
        if time <= most || is_stalled {
            self.over_since = None;
            return true;
        }
        let since = *self.over_since.get_or_insert(now);
        if now.duration_since(since) < BURST {
            return true;
        }
        self.over_since = None;
        self.refusing_until = Some(now + CALM);
        false
    }

    /// Whether anybody is refused now, so that it is worth asking before a request is read.
    pub(super) fn is_refusing(&self, now: Instant) -> bool {
        self.refusing_until.is_some_and(|until| now < until)
    }

    /// Notes that items were answered after a transaction of this length, and how many are left.
    pub(super) fn answered(&mut self, items: usize, left: usize, took: Duration, now: Instant) {
        self.answered = Some((now, took));
        if self
            .turned
            .is_none_or(|turned| now.duration_since(turned) > REMEMBERED)
        {
            self.turned = Some(now);
            self.shortest = [None, self.shortest[0]];
        }
        self.shortest[0] = Some(self.shortest[0].map_or(took, |known| known.min(took)));
        let line = items + left;
        self.window = match self.window {
            // What comes next begins with waiting for it.
            _ if left == 0 => None,
            None => Some(Window {
                began: now,
                answered: 0,
                longest: line,
                before: line,
                growing: (now, 0),
            }),
            Some(window) => {
                let window = Window {
                    answered: window.answered + items,
                    longest: window.longest.max(line),
                    ..window
                };
                Some(match now.duration_since(window.began) < WINDOW.0 {
                    true => window,
                    false => self.over(&window, left, now),
                })
            }
        };
    }

    /// Learns from a window that is over, and gives the next.
    fn over(&mut self, window: &Window, left: usize, now: Instant) -> Window {
        let time = now.duration_since(window.began);
        let rate = window.answered as f64 / time.as_secs_f64();
        let weight = (time.as_secs_f64() / WINDOW.1.as_secs_f64()).min(1.0) / 2.0;
        let rate = self
            .rate
            .map_or(rate, |known| known + (rate - known) * weight);
        self.rate = Some(rate);
        let kept = 0.5_f64.powf(time.as_secs_f64() / FAST.as_secs_f64());
        self.fast = rate.max(self.fast * kept);
        let (before, answered) = (window.before as f64, window.answered as f64);
        let (since, windows) = window.growing;
        let growing = match window.longest as f64 > before + answered * GROWING {
            true => (since, windows + 1),
            false => (now, 0),
        };
        let (burst, stall, share) = GROWN;
        if let Some((most, _)) = self.limits()
            && now.duration_since(growing.0) > burst
            && growing.1 >= stall
            && time_of(left as f64, self.fast) > most.mul_f64(share)
        {
            self.refusing_until = Some(now + CALM);
        }
        Window {
            began: now,
            answered: 0,
            longest: left,
            before: window.longest,
            growing,
        }
    }

    /// What begins refusing, and what is kept then.
    fn limits(&self) -> Option<(Duration, Duration)> {
        let most = self.most?;
        let shortest = self.shortest.into_iter().flatten().min();
        let tight = (most / PART).max(shortest.unwrap_or_default() * TRANSACTIONS);
        let some = match self.rate {
            Some(rate) => {
                let took = self.answered.map_or(Duration::ZERO, |(_, took)| took);
                time_of(ITEMS, rate).min((most / 2).max(took * SOME))
            }
            None => Duration::ZERO,
        };
        Some((most.max(tight * 2), tight.max(some)))
    }
}

/// How long so many items take.
fn time_of(items: f64, rate: f64) -> Duration {
    Duration::from_secs_f64(items / rate.max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Duration = Duration::from_millis(250);
    const STEP: Duration = Duration::from_millis(1);

    /// A writer that answers what it took when its transaction is over, and takes what waits.
    struct Store {
        pressure: Pressure,
        now: Instant,
        waiting: usize,
        taken: Option<(usize, Instant)>,
        /// Of every transaction, and for each item of it.
        costs: (Duration, Duration),
        refused: usize,
        longest: usize,
    }

    impl Store {
        fn new(transaction_us: u64, item_us: u64) -> Self {
            Self {
                pressure: Pressure::new(Some(MOST)),
                now: Instant::now(),
                waiting: 0,
                taken: None,
                costs: (
                    Duration::from_micros(transaction_us),
                    Duration::from_micros(item_us),
                ),
                refused: 0,
                longest: 0,
            }
        }

        fn left(&self) -> usize {
            self.waiting + self.taken.map_or(0, |(items, _)| items)
        }

        /// So many milliseconds in which so many items arrive each.
        fn run(&mut self, milliseconds: usize, items: usize) -> &mut Self {
            (self.refused, self.longest) = (0, 0);
            for _ in 0..milliseconds {
                self.now += STEP;
                for _ in 0..items {
                    match self.pressure.admits(self.left(), self.now) {
                        true => self.waiting += 1,
                        false => self.refused += 1,
                    }
                }
                self.longest = self.longest.max(self.left());
                let took =
                    |items: usize| self.costs.0 + self.costs.1 * u32::try_from(items).unwrap();
                if let Some((items, began)) = self.taken
                    && self.now >= began + took(items)
                {
                    self.taken = None;
                    let (left, time) = (self.waiting, self.now - began);
                    self.pressure.answered(items, left, time, self.now);
                }
                if self.taken.is_none() && self.waiting > 0 {
                    let taken = self.waiting.min(2_000);
                    self.waiting -= taken;
                    self.taken = Some((taken, self.now));
                }
            }
            self
        }
    }

    #[test]
    fn what_can_be_stored_is_never_refused() {
        // 50 items a millisecond at most.
        let mut store = Store::new(2_000, 20);
        for items in [1, 10, 40] {
            assert_eq!(store.run(5_000, items).refused, 0, "{items}");
        }
        // A disk on which a transaction takes longer than most.
        let mut slow = Store::new(400_000, 20);
        assert_eq!(slow.run(30_000, 3).refused, 0);
    }

    #[test]
    fn too_much_is_refused_and_the_rest_waits_little() {
        let mut store = Store::new(2_000, 20);
        store.run(2_000, 25);
        // Three times what it can do. What came before it was noticed is worked off within a second.
        let refused = store.run(1_000, 150).refused;
        assert!(refused > 0);
        store.run(10_000, 150);
        let stored = 150 * 10_000 - store.refused;
        assert!(stored > 35 * 10_000, "{stored} stored");
        // Some twenty milliseconds of work, and not the seconds that the rest would be.
        assert!(store.longest < 25 * 50, "{} under way", store.longest);
        // Less arrives, and at once nobody is refused any more.
        assert_eq!(store.run(100, 0).run(5_000, 25).refused, 0);
    }

    #[test]
    fn a_line_that_grows_is_noticed_before_it_is_long() {
        let mut store = Store::new(2_000, 20);
        store.run(2_000, 25);
        // Twice what it can do would be a line of 250 ms after 250 ms.
        store.run(200, 100);
        assert!(store.refused > 0);
        assert!(store.longest < 180 * 50, "{} under way", store.longest);
    }

    #[test]
    fn a_line_that_grows_no_more_is_what_some_senders_have_under_way() {
        let mut store = Store::new(2_000, 20);
        store.run(2_000, 25);
        // Two hundred milliseconds of work, from senders that come one after the other, each of which sends again once it is answered.
        let (mut senders, mut refused) = (0, 0);
        for _ in 0..5_000 {
            senders = 10_000.min(senders + 200);
            store.run(1, senders - store.left());
            refused += store.refused;
        }
        assert_eq!(refused, 0);
    }

    #[test]
    fn transactions_that_take_long_for_their_size_are_no_stall() {
        // Two thousand items take 400 ms.
        let mut store = Store::new(2_000, 200);
        store.run(2_000, 3);
        assert!(store.run(2_000, 15).refused > 0);
        store.run(5_000, 15);
        // What is always taken in, and not the twice as much that is the most.
        assert!(store.longest < 700, "{} under way", store.longest);
    }

    #[test]
    fn transactions_that_have_become_long_are_filled() {
        for (long, wanted) in [(30, 5), (100, 2), (200, 1)] {
            // One of a millisecond has been seen, and now each is as long.
            let mut store = Store::new(1_000, 20);
            store.run(2_000, 1);
            store.costs.0 = Duration::from_millis(long);
            store.run(5_000, 150);
            store.run(5_000, 150);
            let stored = 150 * 5_000 - store.refused;
            assert!(stored > wanted * 5_000, "{stored} stored by {long} ms");
        }
    }

    #[test]
    fn a_burst_is_taken_in_whole() {
        let mut store = Store::new(2_000, 20);
        store.run(2_000, 25);
        assert_eq!(store.run(60, 400).refused, 0);
    }

    #[test]
    fn a_stall_is_no_overload() {
        let mut store = Store::new(2_000, 20);
        store.run(2_000, 25);
        // A transaction that began is not over for five seconds.
        let costs = std::mem::replace(&mut store.costs, (Duration::from_secs(5), Duration::ZERO));
        assert_eq!(store.run(4_900, 25).refused, 0);
        store.costs = costs;
        // What has gathered is worked off before more is taken in.
        store.run(4_000, 25);
        assert!(store.refused > 0);
        assert_eq!(store.run(5_000, 25).refused, 0);
    }

    #[test]
    fn a_slow_moment_is_no_overload() {
        let mut store = Store::new(2_000, 20);
        store.run(500, 60);
        store.run(3_000, 25);
        // For 220 ms it does a quarter of what it did, without a pause.
        let costs = std::mem::replace(
            &mut store.costs,
            (Duration::from_millis(2), Duration::from_micros(80)),
        );
        assert_eq!(store.run(220, 25).refused, 0);
        store.costs = costs;
        assert_eq!(store.run(5_000, 25).refused, 0);
    }

    #[test]
    fn a_short_stall_is_no_overload_however_much_arrives() {
        let mut store = Store::new(2_000, 20);
        store.run(2_000, 25);
        // A transaction takes 200 ms, and 40 of 50 items a millisecond are left to work off what has gathered.
        let costs = std::mem::replace(
            &mut store.costs,
            (Duration::from_millis(200), Duration::ZERO),
        );
        assert_eq!(store.run(150, 40).refused, 0);
        store.costs = costs;
        assert_eq!(store.run(5_000, 40).refused, 0);
    }

    #[test]
    fn without_a_limit_nothing_is_refused() {
        let mut store = Store::new(2_000, 20);
        store.pressure = Pressure::new(None);
        store.run(2_000, 25);
        assert_eq!(store.run(2_000, 150).refused, 0);
    }
}
