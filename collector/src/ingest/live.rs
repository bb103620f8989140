//! What a commit changed, for those who watch.
//!
//! An update is small, whatever the commit was: one reader that is slow keeps hundreds of them in memory, and nobody
//! reads a feed in which thousands of items pass at once. What is too much is told in one word.

use crate::journey::{Entry, Journey};

/// Bytes of entries in one update, by [`crate::journey::Fact::weight`].
pub(super) const ENTRY_BYTES: usize = 512 * 1024;
/// Journeys in one update.
pub(super) const JOURNEYS: usize = 200;

/// One commit's changes to one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The site.
    pub site_id: i64,
    /// What is new in the timelines, in the order of time.
    pub entries: Vec<Entry>,
    /// Every journey that the commit touched, as it stands after it.
    pub journeys: Vec<Journey>,
    /// Whether more changed than an update holds, or what everything is shown by: both lists are empty, and whoever shows them has to load them.
    pub too_much: bool,
}

impl Update {
    /// Whoever shows the site has to load it again.
    pub(crate) fn reload(site_id: i64) -> Self {
        Self {
            site_id,
            entries: Vec::new(),
            journeys: Vec::new(),
            too_much: true,
        }
    }
}
