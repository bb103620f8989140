//! An update on its way to those who watch, as the text of server-sent events.
//!
//! The text is made once for all who want the same of it, when the first of them does: a thousand readers cost a thousand
//! copies of a pointer.

use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use super::Update;
use crate::store::Bots;

/// An update with its number.
#[derive(Debug)]
pub struct Passing {
    /// The number in the feed.
    pub number: u64,
    /// What changed.
    pub update: Update,
    /// The id with which its last event ends.
    id: String,
    /// With bots left out, with all, with nobody else.
    texts: [OnceLock<Arc<[u8]>>; 3],
}

impl Passing {
    pub(super) fn new(number: u64, id: String, update: Update) -> Self {
        Self {
            number,
            update,
            id,
            texts: Default::default(),
        }
    }

    /// The events for whoever sees bots or does not; empty where nothing is for them.
    pub fn text(&self, bots: Bots) -> Arc<[u8]> {
        let place = match bots {
            Bots::Exclude => 0,
            Bots::Include => 1,
            Bots::Only => 2,
        };
        self.texts[place].get_or_init(|| self.write(bots)).clone()
    }

    fn write(&self, bots: Bots) -> Arc<[u8]> {
        let mut events = Vec::new();
        if self.update.too_much {
            events.push("event: resync\ndata: {}\n".to_owned());
        }
        let entries = self.update.entries.iter();
        let journeys = self.update.journeys.iter();
        events.extend(
            entries
                .filter(|entry| bots.shows(entry.bot))
                .filter_map(|entry| event("entry", entry))
                .chain(
                    journeys
                        .filter(|journey| bots.shows(journey.bot))
                        .filter_map(|journey| event("journey", journey)),
                ),
        );
        // Whoever is cut off before the last gets all of it once more.
        if let Some(last) = events.last_mut() {
            let _ = writeln!(last, "id: {}", self.id);
        }
        let mut text = String::new();
        for event in events {
            text.push_str(&event);
            text.push('\n');
        }
        text.into_bytes().into()
    }
}

/// An event without its end.
fn event(name: &str, data: &impl Serialize) -> Option<String> {
    match serde_json::to_string(data) {
        Ok(data) => Some(format!("event: {name}\ndata: {data}\n")),
        Err(error) => {
            tracing::error!(%error, "an update cannot be written as JSON");
            None
        }
    }
}
