//! What commits changed, for those who watch.
//!
//! Owns the way from a commit to an open stream: [`Update`] is what one commit changed of one site, [`Feed`] gathers updates,
//! numbers them and hands them to whoever watches. It refuses to make anybody wait: neither a commit for those who watch nor
//! one of them for another. Who reads too slowly, or was away for too long, is told to load everything again. The stream
//! itself is [`crate::http`]'s.
//!
//! Nothing here is durable and nothing crosses processes: a number is good with the collector that gave it, and for as long as
//! it remembers what came after.

mod feed;
mod passing;

pub use feed::{Feed, Telling, Watching};
pub use passing::Passing;

use crate::journey::{Entry, Journey};

/// Bytes of entries in one update, by [`crate::journey::Fact::weight`].
pub(crate) const ENTRY_BYTES: usize = 512 * 1024;
/// Journeys in one update.
pub(crate) const JOURNEYS: usize = 200;

/// What changed of one site.
///
/// It is small, whatever the commit was: one reader that is slow keeps hundreds of them in memory, and nobody reads a feed in
/// which thousands of items pass at once. What is too much is told in one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The site.
    pub site_id: i64,
    /// What is new in the timelines, in the order of time.
    pub entries: Vec<Entry>,
    /// The weight of these.
    pub bytes: usize,
    /// Every journey that the commit touched, as it stands after it.
    pub journeys: Vec<Journey>,
    /// Whether more changed than an update holds, or what everything is shown by: both lists are empty, and whoever shows them
    /// has to load them.
    pub too_much: bool,
}

impl Update {
    /// Whoever shows the site has to load it again.
    pub(crate) fn reload(site_id: i64) -> Self {
        Self {
            site_id,
            entries: Vec::new(),
            bytes: 0,
            journeys: Vec::new(),
            too_much: true,
        }
    }

    /// Adds what changed after it.
    fn add(&mut self, later: Self) {
        self.bytes += later.bytes;
        self.entries.extend(later.entries);
        let is_newer = |journey: &Journey| {
            let mut others = later.journeys.iter();
            others.any(|other| other.visitor_id == journey.visitor_id)
        };
        self.journeys.retain(|journey| !is_newer(journey));
        self.journeys.extend(later.journeys);
        if self.too_much
            || later.too_much
            || self.bytes > ENTRY_BYTES
            || self.journeys.len() > JOURNEYS
        {
            *self = Self::reload(self.site_id);
        }
    }
}
