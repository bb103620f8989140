//! Texts as numbers.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

/// A text of [`Words`], by its place there. The same text is always the same word.
pub type Word = u32;

/// The word for no text at all, which is null and not an empty text.
pub const NONE: Word = 0;

/// Every text that a site's columns hold, each once.
///
/// Clones share all texts but those that were added since [`Words::settle`], so that a copy for readers costs little.
#[derive(Debug, Clone, Default)]
pub struct Words {
    settled: Arc<Layer>,
    fresh: Layer,
}

impl Words {
    /// The word of a text, which is added where it is new. No text is [`NONE`].
    pub fn add(&mut self, text: Option<&str>) -> Word {
        let Some(text) = text else { return NONE };
        if let Some(word) = self.find(text) {
            return word;
        }
        let word = number(self.len());
        self.fresh.add(text);
        word
    }

    /// The word of a text that is there.
    pub fn find(&self, text: &str) -> Option<Word> {
        let settled = self.settled.find(text).map(|place| place + 1);
        settled.or_else(|| {
            let place = self.fresh.find(text)?;
            Some(number(self.settled.len()) + place + 1)
        })
    }

    /// The text of a word; nothing of [`NONE`].
    pub fn text(&self, word: Word) -> Option<&str> {
        let place = (word as usize).checked_sub(1)?;
        match place.checked_sub(self.settled.len()) {
            None => self.settled.text(place),
            Some(place) => self.fresh.text(place),
        }
    }

    /// How many words there are, [`NONE`] included: every word is below.
    pub fn len(&self) -> usize {
        self.settled.len() + self.fresh.len() + 1
    }

    /// Whether there is none but [`NONE`].
    pub fn is_empty(&self) -> bool {
        self.len() == 1
    }

    /// Has clones share everything that is there by now.
    pub(super) fn settle(&mut self) {
        if self.fresh.len() == 0 {
            return;
        }
        let mut all = Layer::clone(&self.settled);
        for place in 0..self.fresh.len() {
            all.add(self.fresh.text(place).unwrap_or_default());
        }
        *self = Self {
            settled: Arc::new(all),
            fresh: Layer::default(),
        };
    }

    /// Words that clones do not share.
    pub(super) fn fresh(&self) -> usize {
        self.fresh.len()
    }

    /// Bytes of memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.settled.bytes() + self.fresh.bytes()
    }
}

/// Texts one behind the other, and a table of their places by hash.
#[derive(Debug, Clone, Default)]
struct Layer {
    texts: String,
    ends: Vec<usize>,
    /// Places, from 1; 0 where there is none. A power of two of them, half of which are free at least.
    table: Vec<u32>,
    hasher: RandomState,
}

impl Layer {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn text(&self, place: usize) -> Option<&str> {
        let end = *self.ends.get(place)?;
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.texts.get(start..end)
    }

    /// Where a text stands in the table, or would.
    fn slot(&self, text: &str) -> usize {
        let most = self.table.len() - 1;
        let mut slot = self.hasher.hash_one(text) as usize & most;
        loop {
            match self.table[slot] {
                0 => return slot,
                place if self.text(place as usize - 1) == Some(text) => return slot,
                _ => slot = (slot + 1) & most,
            }
        }
    }

    fn find(&self, text: &str) -> Option<u32> {
        if self.table.is_empty() {
            return None;
        }
        self.table[self.slot(text)].checked_sub(1)
    }

    /// Adds a text that is not there.
    fn add(&mut self, text: &str) {
        self.texts.push_str(text);
        self.ends.push(self.texts.len());
        if self.len() * 2 > self.table.len() {
            self.table = vec![0; (self.len() * 4).next_power_of_two()];
            for place in 0..self.len() {
                self.enter(place);
            }
        } else {
            self.enter(self.len() - 1);
        }
    }

    fn enter(&mut self, place: usize) {
        let slot = self.slot(self.text(place).unwrap_or_default());
        self.table[slot] = number(place + 1);
    }

    fn bytes(&self) -> usize {
        self.texts.capacity() + self.ends.capacity() * 8 + self.table.capacity() * 4
    }
}

/// Things that are there many times, each kept once. The first is the thing of which nothing is known.
#[derive(Debug, Clone)]
pub struct Kept<T> {
    all: Vec<T>,
    places: HashMap<T, u32>,
}

impl<T: Copy + Eq + Hash + Default> Default for Kept<T> {
    fn default() -> Self {
        let nothing = T::default();
        Self {
            all: vec![nothing],
            places: HashMap::from([(nothing, 0)]),
        }
    }
}

impl<T: Copy + Eq + Hash> Kept<T> {
    /// The place of a thing, which is added where it is new.
    pub fn add(&mut self, thing: T) -> u32 {
        let next = number(self.all.len());
        let place = *self.places.entry(thing).or_insert(next);
        if place == next {
            self.all.push(thing);
        }
        place
    }

    /// The thing at a place.
    pub fn get(&self, place: u32) -> T {
        self.all[place as usize]
    }

    /// All of them, by place.
    pub fn all(&self) -> &[T] {
        &self.all
    }

    /// Bytes of memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.all.capacity() * size_of::<T>() + self.places.capacity() * (size_of::<(T, u32)>() + 1)
    }
}

/// A place in a list. There are never so many that it does not fit: the memory that columns may take ends before.
pub(super) fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_word_and_none_is_no_text() {
        let mut words = Words::default();
        let google = words.add(Some("google"));
        assert_eq!(words.add(Some("google")), google);
        assert_ne!(words.add(Some("")), NONE);
        assert_eq!(words.add(None), NONE);
        assert_eq!(words.text(google), Some("google"));
        assert_eq!(words.text(NONE), None);
        assert_eq!(words.find("bing"), None);
        assert_eq!(words.len(), 3);
    }

    #[test]
    fn words_stay_what_they_are_when_they_settle() {
        let mut words = Words::default();
        let texts: Vec<String> = (0..1000).map(|number| format!("text {number}")).collect();
        let mut all: Vec<Word> = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            all.push(words.add(Some(text)));
            if number % 300 == 0 {
                words.settle();
                assert_eq!(words.fresh(), 0);
            }
        }
        let copy = words.clone();
        words.settle();
        for words in [&words, &copy] {
            assert_eq!(words.len(), 1001);
            for (text, word) in texts.iter().zip(&all) {
                assert_eq!(words.text(*word), Some(text.as_str()));
                assert_eq!(words.find(text), Some(*word));
            }
        }
    }

    #[test]
    fn a_thing_is_kept_once() {
        let mut kept: Kept<(Word, Word)> = Kept::default();
        assert_eq!(kept.add((0, 0)), 0);
        assert_eq!(kept.add((1, 2)), 1);
        assert_eq!(kept.add((1, 2)), 1);
        assert_eq!(kept.get(1), (1, 2));
        assert_eq!(kept.all().len(), 2);
    }
}
