//! What a commit changed, for those who watch.

use crate::journey::{Entry, Journey};

/// One commit's changes to one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The site.
    pub site_id: i64,
    /// What is new in the timelines, in the order of time.
    pub entries: Vec<Entry>,
    /// Every journey that the commit touched, as it stands after it.
    pub journeys: Vec<Journey>,
}
