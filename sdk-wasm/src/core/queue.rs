//! The items that no answer has named yet, in the order in which they were made.
//!
//! Owns what is kept, what is given up when there is too much, and which items make the next batch. Storage holds a copy
//! of every item under a key of its own, written and removed by `browser/outbox` as this queue says. An item goes on
//! to `batch`, and leaves for good when an answer names it.

use std::rc::Rc;

use uuid::Uuid;

use super::context::Context;
use super::{id, text};

/// Items kept at most.
pub const MAX_ITEMS: usize = 1_000;
/// Bytes of JSON kept at most.
pub const MAX_BYTES: usize = 1_000_000;
/// Milliseconds that an item is kept.
pub const MAX_AGE: i64 = 7 * 24 * 3_600_000;

/// One item.
#[derive(Debug)]
pub struct Entry {
    /// The item's id.
    pub id: Uuid,
    /// What holds for it. The tab that made it is in there; with `seq` it names the item's place in storage.
    pub context: Rc<Context>,
    /// The item's number within the tab.
    pub seq: u64,
    /// The item.
    pub json: String,
    /// The request that carries it now; 0 if none.
    pub flight: u32,
    /// Whether storage holds a copy.
    pub stored: bool,
    /// Whether it was ever in a batch: then it may have arrived and must not change any more.
    pub sent: bool,
}

impl Entry {
    /// An item read back from storage; its id is nil if the text is not an item.
    pub fn restored(seq: u64, context: Rc<Context>, json: String) -> Entry {
        Entry {
            id: id::parse(text::before(text::after(&json, "\"id\":\""), b'"')),
            context,
            seq,
            json,
            flight: 0,
            stored: true,
            // It may have been, before the page went away.
            sent: true,
        }
    }

    /// Whether losing it costs little: a later ping says the same and more.
    fn is_low(&self) -> bool {
        self.json.starts_with("{\"type\":\"page_ping\"")
    }
}

/// Which items a batch may take.
#[derive(Debug, Clone, Copy)]
pub struct Take {
    /// Items at most.
    pub items: usize,
    /// Bytes of items at most, with a comma each. Unless `hard`, one item is always taken.
    pub bytes: usize,
    /// Whether `bytes` is a hard limit that also has to hold the context and the envelope.
    pub hard: bool,
    /// Items in requests up to this number are taken again: an ordinary request may die with the page. 0 for none.
    pub again_after: u32,
}

/// The queue.
#[derive(Debug)]
pub struct Queue {
    entries: Vec<Entry>,
    bytes: usize,
    dropped: u64,
}

impl Default for Queue {
    fn default() -> Queue {
        Queue::new()
    }
}

impl Queue {
    /// An empty queue.
    pub const fn new() -> Queue {
        Queue {
            entries: Vec::new(),
            bytes: 0,
            dropped: 0,
        }
    }

    /// Items that wait for an answer.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Items that are in no request now.
    pub fn waiting(&self) -> usize {
        self.entries.iter().filter(|e| e.flight == 0).count()
    }

    /// Items given up since the page was loaded.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Adds an item. An id that is there already is left alone.
    pub fn push(&mut self, entry: Entry) {
        if !self.entries.iter().any(|e| e.id == entry.id) {
            self.bytes += entry.json.len();
            self.entries.push(entry);
        }
    }

    /// Gives up an item that is too old or one too many: the oldest of those that matter least. To be asked until there
    /// is none.
    pub fn surplus(&mut self, now: i64) -> Option<Entry> {
        let old = |entry: &Entry| now - id::made_at(&entry.id) > MAX_AGE;
        let mut at = self.entries.iter().position(old);
        if at.is_none() && (self.entries.len() > MAX_ITEMS || self.bytes > MAX_BYTES) {
            at = Some(self.entries.iter().position(Entry::is_low).unwrap_or(0));
        }
        let gone = self.remove(at?)?;
        self.dropped += 1;
        Some(gone)
    }

    /// Gives up an item of a request that is too large to be sent.
    pub fn give_up(&mut self, flight: u32) -> Option<Entry> {
        let at = self.entries.iter().position(|e| e.flight == flight)?;
        self.dropped += 1;
        self.remove(at)
    }

    /// Puts the next items of one context into request `flight`; the context, or `None` if there is nothing to send.
    pub fn take(&mut self, flight: u32, now: i64, limit: Take) -> Option<Rc<Context>> {
        let free = |entry: &Entry| {
            (entry.flight == 0 || entry.flight <= limit.again_after)
                && entry.context.hold_until.get() <= now
        };
        let first = self.entries.iter().find(|entry| free(entry))?;
        let context = Rc::clone(&first.context);
        let mut left = limit.bytes;
        if limit.hard {
            left = left.saturating_sub(context.json.len() + super::batch::ENVELOPE);
        }
        let mut count = 0;
        for entry in &mut self.entries {
            if count == limit.items || !Rc::ptr_eq(&entry.context, &context) || !free(entry) {
                continue;
            }
            let cost = entry.json.len() + 1;
            if cost > left && (limit.hard || count > 0) {
                break;
            }
            left = left.saturating_sub(cost);
            entry.flight = flight;
            entry.sent = true;
            count += 1;
        }
        (count > 0).then_some(context)
    }

    /// The items of request `flight`, in their order.
    pub fn aboard(&self, flight: u32) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |e| e.flight == flight)
    }

    /// An answer has named the item: it is done.
    pub fn settle(&mut self, id: &Uuid) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.id == *id)?;
        self.remove(at)
    }

    /// Request `flight` has ended; what it left may be sent again. Returns how many that are.
    pub fn land(&mut self, flight: u32) -> usize {
        let mut left = 0;
        for entry in &mut self.entries {
            if entry.flight == flight {
                entry.flight = 0;
                left += 1;
            }
        }
        left
    }

    /// Takes the items of the context in request `flight` off the wire until `until`.
    pub fn hold(&self, flight: u32, until: i64) {
        for entry in self.aboard(flight) {
            entry.context.hold_until.set(until);
        }
    }

    /// The item, as long as it has never been in a batch.
    pub fn unsent(&mut self, id: &Uuid) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|e| e.id == *id && !e.sent)
    }

    /// Whether an item made until `at` is in no request.
    pub fn is_due(&self, at: i64) -> bool {
        let due = |entry: &Entry| entry.flight == 0 && id::made_at(&entry.id) <= at;
        self.entries.iter().any(due)
    }

    /// Replaces the JSON of an item that has never been in a batch, and gives back the item.
    pub fn replace(&mut self, id: &Uuid, json: String) -> Option<&mut Entry> {
        let more = json.len();
        let entry = self.unsent(id)?;
        let less = std::mem::replace(&mut entry.json, json).len();
        self.bytes = self.bytes + more - less;
        self.unsent(id)
    }

    /// Whether an item waits whose context is stored under the same key.
    pub fn uses(&self, context: &Context) -> bool {
        let same = |e: &Entry| e.context.number == context.number && e.context.tab == context.tab;
        self.entries.iter().any(same)
    }

    /// Forgets, in memory, the items that storage holds: another tab may own them by now.
    pub fn forget_stored(&mut self) {
        while let Some(at) = self.entries.iter().position(|e| e.stored) {
            self.remove(at);
        }
    }

    #[inline(never)]
    fn remove(&mut self, at: usize) -> Option<Entry> {
        let entry = self.entries.remove(at);
        self.bytes -= entry.json.len();
        Some(entry)
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
