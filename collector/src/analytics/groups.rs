//! Figures told apart by values of dimensions.
//!
//! A group is the combination of up to four words. Where all dimensions are read from one of the things that sessions have in
//! common (a touch, a page, a device, a place), the group of each such thing is looked up once and remembered by its number,
//! so that millions of sessions cost an array's element each.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::dimension::{Dimension, Of};
use crate::columns::{Columns, NONE, Sessions, Visitor, Word};

/// The most dimensions of one question.
pub const MOST_DIMENSIONS: usize = 4;
/// The most groups that are told apart.
pub const MOST_GROUPS: usize = 200_000;

/// A value for each dimension; [`NONE`] for those that are not asked for.
pub type Key = [Word; MOST_DIMENSIONS];

/// Where all dimensions of a question are read from, if it is one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Touch,
    Device,
    Place,
    Entry,
    Exit,
}

fn origin(dimension: Dimension) -> Option<Origin> {
    use Dimension::{
        Browser, Campaign, Channel, City, Content, Country, Device, EntryPage, ExitPage, Hostname,
        Language, Medium, Os, Referrer, Region, Source, Term,
    };
    match dimension {
        Channel | Source | Medium | Campaign | Term | Content | Referrer => Some(Origin::Touch),
        Device | Browser | Os | Language => Some(Origin::Device),
        Country | Region | City => Some(Origin::Place),
        EntryPage | Hostname => Some(Origin::Entry),
        ExitPage => Some(Origin::Exit),
        _ => None,
    }
}

/// By which dimensions sessions are told apart.
#[derive(Debug, Clone)]
pub struct By {
    dimensions: Vec<Dimension>,
    origin: Option<Origin>,
}

impl By {
    /// By these: dimensions of sessions and visitors, of which there are no more than [`MOST_DIMENSIONS`].
    pub fn of(dimensions: Vec<Dimension>) -> Self {
        let mut origins = dimensions.iter().map(|one| origin(*one));
        let first = origins.next().flatten();
        let origin = first.filter(|first| origins.all(|other| other == Some(*first)));
        Self { dimensions, origin }
    }

    /// Of each session the number of the thing that all dimensions are read from; nothing where there is no such thing.
    pub fn things<'s>(&self, sessions: &Sessions<'s>) -> Option<&'s [u32]> {
        self.origin.map(|origin| match origin {
            Origin::Touch => sessions.touch,
            Origin::Device => sessions.device,
            Origin::Place => sessions.place,
            Origin::Entry => sessions.entry,
            Origin::Exit => sessions.exit,
        })
    }

    /// The dimensions.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    fn key(&self, word_of: impl Fn(Dimension) -> Word) -> Key {
        let mut key = [NONE; MOST_DIMENSIONS];
        for (word, dimension) in key.iter_mut().zip(&self.dimensions) {
            *word = word_of(*dimension);
        }
        key
    }
}

/// A hash for words, which nobody outside chooses.
#[derive(Debug, Default)]
struct WordHasher(u64);

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            let mixed = self.0.rotate_left(5) ^ u64::from_le_bytes(word);
            self.0 = mixed.wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

/// Groups with what is gathered of each.
#[derive(Debug)]
pub struct Groups<T> {
    numbers: HashMap<Key, u32, BuildHasherDefault<WordHasher>>,
    keys: Vec<Key>,
    all: Vec<T>,
    /// By the number of the thing that dimensions are read from: one more than its group, 0 where it was not met yet.
    met: Vec<u32>,
    is_full: bool,
}

impl<T> Default for Groups<T> {
    fn default() -> Self {
        Self {
            numbers: HashMap::default(),
            keys: Vec::new(),
            all: Vec::new(),
            met: Vec::new(),
            is_full: false,
        }
    }
}

impl<T: Default> Groups<T> {
    /// The number of the group of a session of which [`By::things`] gives this thing. It is asked for each of millions of
    /// sessions.
    #[inline(always)]
    pub fn of_thing(
        &mut self,
        by: &By,
        thing: u32,
        columns: &Columns,
        (sessions, place): (&Sessions<'_>, usize),
    ) -> u32 {
        match self.met.get(thing as usize) {
            Some(number) if *number != 0 => number - 1,
            _ => self.meet(by, thing as usize, columns, (sessions, place)),
        }
    }

    /// The same of a thing that was not met yet.
    #[cold]
    fn meet(
        &mut self,
        by: &By,
        thing: usize,
        columns: &Columns,
        (sessions, place): (&Sessions<'_>, usize),
    ) -> u32 {
        let number = self.find(by.key(|dimension| dimension.of_session(columns, sessions, place)));
        if self.met.len() <= thing {
            self.met.resize(thing + 1, 0);
        }
        self.met[thing] = 1 + number;
        number
    }

    /// The number of a session's group.
    pub fn of_session(
        &mut self,
        by: &By,
        columns: &Columns,
        (visitor, sessions, place): (Visitor<'_>, &Sessions<'_>, usize),
    ) -> u32 {
        self.find(by.key(|dimension| match dimension.of() {
            Of::Visitor => dimension.of_visitor(columns, visitor),
            _ => dimension.of_session(columns, sessions, place),
        }))
    }

    /// The number of a key's group, which is added where it is new; some other group's once there are too many.
    pub fn find(&mut self, key: Key) -> u32 {
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        if self.all.len() >= MOST_GROUPS {
            self.is_full = true;
            return 0;
        }
        #[allow(clippy::cast_possible_truncation, reason = "there are never so many")]
        let number = self.all.len() as u32;
        self.numbers.insert(key, number);
        self.keys.push(key);
        self.all.push(T::default());
        number
    }

    /// What is gathered of a group.
    pub fn at(&mut self, number: u32) -> &mut T {
        &mut self.all[number as usize]
    }

    /// The same of all of them, by their numbers.
    pub fn all_mut(&mut self) -> &mut [T] {
        &mut self.all
    }

    /// What is gathered of a key, if there is anything.
    pub fn get(&self, key: &Key) -> Option<&T> {
        Some(&self.all[*self.numbers.get(key)? as usize])
    }

    /// Adds the groups of others.
    pub fn join(&mut self, other: Self, mut join: impl FnMut(&mut T, T)) {
        self.is_full |= other.is_full;
        for (key, one) in other.keys.into_iter().zip(other.all) {
            let number = self.find(key);
            join(&mut self.all[number as usize], one);
        }
    }

    /// Whether there were more of them than are told apart.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Each with its key.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &T)> {
        self.keys.iter().zip(&self.all)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_group_on_whatever_thread() {
        let mut one: Groups<u64> = Groups::default();
        for (key, count) in [([1, 2, 0, 0], 1), ([2, 1, 0, 0], 2), ([1, 2, 0, 0], 4)] {
            let number = one.find(key);
            *one.at(number) += count;
        }
        let mut other = Groups::default();
        let number = other.find([2, 1, 0, 0]);
        *other.at(number) += 8;
        one.join(other, |all, one| *all += one);
        assert_eq!(one.len(), 2);
        assert_eq!(one.get(&[1, 2, 0, 0]), Some(&5));
        assert_eq!(one.get(&[2, 1, 0, 0]), Some(&10));
        assert_eq!(one.get(&[0; 4]), None);
        assert!(!one.is_full());
    }

    #[test]
    fn things_are_looked_up_where_all_dimensions_are_of_them() {
        use Dimension::{Campaign, Country, FirstSource, Source};
        assert_eq!(By::of(vec![Source, Campaign]).origin, Some(Origin::Touch));
        assert_eq!(By::of(vec![Source, Country]).origin, None);
        assert_eq!(By::of(vec![FirstSource]).origin, None);
        assert_eq!(By::of(vec![Source, FirstSource]).origin, None);
        assert_eq!(By::of(Vec::new()).origin, None);
    }
}
