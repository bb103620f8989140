//! Events as a site of some size has them: who comes when, from where, and what they do, from a seed.
//!
//! Owns the shape: counts, rhythm, frequencies, the order of steps. Refuses the store and the clock: what it makes are
//! batches as browsers send them, which the collector's own reading takes. The same seed, size and end make the same
//! bytes. Whoever changes what comes out raises [`VERSION`], so that kept databases are made anew.
//!
//! ```text
//! calendar   visits: when, who, how many rows
//! visit      one visit: pages, steps, milestones, orders, by what the visitor has done before
//! body       the visit as a batch
//! market     what there is to draw from, weights how often
//! ```

mod body;
mod calendar;
mod market;
mod visit;
mod weights;

pub use visit::{Sent, Visits};

/// Of what comes out.
pub const VERSION: u32 = 3;

/// A millisecond's multiples.
const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;
/// Days from the first to the last visit: three months.
pub const DAYS: i64 = 92;

/// The steps of the way that the site wants people to go, in order.
pub const STEPS: [&str; 9] = [
    "analysis_started",
    "analysis_completed",
    "previews_viewed",
    "audience_selected",
    "content_generated",
    "project_saved",
    "content_exported",
    "registration",
    "first_payment",
];

/// What decides everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// The seed.
    pub seed: u64,
    /// Rows of events.
    pub events: u64,
    /// The end, in milliseconds.
    pub end: i64,
}

impl Shape {
    /// Browsers: one for ten events.
    pub fn visitors(&self) -> usize {
        usize::try_from(self.events / 10).unwrap_or(0).max(1)
    }

    /// Sessions: three for each browser.
    pub fn sessions(&self) -> usize {
        3 * self.visitors()
    }

    /// Midnight, in UTC, of the first day.
    pub fn start(&self) -> i64 {
        self.end - self.end.rem_euclid(DAY) - (DAYS - 1) * DAY
    }
}

/// A seed for one matter of many that one seed decides.
fn mix(seed: u64, matter: u64) -> u64 {
    // SplitMix64.
    let mut mixed = seed ^ matter.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
