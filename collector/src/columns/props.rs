//! What events tell beside their name, of the properties that questions asked about.
//!
//! Properties are free, and no question ever names most of them. So only those are held that one named of late
//! ([`super::keep`]), each as a column of its own: a bit for every entry of the timeline says whether it has the property, and
//! the values of those that do stand one behind the other. A property that one event in ten has costs half a byte for each
//! entry, and its texts.
//!
//! Owns what a value is, so that both databases agree: texts of bounded length, numbers as the text of what they are worth
//! (`4.0` is `4`), and `true` and `false`. Lists, objects, null and longer texts are as if they were not there. Refuses what
//! is no property of an event: traits of a person stay where they are.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess};

use super::words::{NONE, Word, number};

/// The most characters of a property's name.
pub const NAME_CHARS: usize = 100;
/// The most characters of a value.
pub const VALUE_CHARS: usize = 256;

/// Names of the properties that are held, in the order of their columns.
pub type Names = Arc<[String]>;

/// Values of one property, of the entries of a segment.
#[derive(Debug, Clone, Default)]
pub(super) struct Column {
    length: usize,
    /// Whether each entry has a value.
    bits: Vec<u64>,
    /// How many values there are before each block of bits.
    ranks: Vec<u32>,
    words: Vec<Word>,
}

impl Column {
    /// Of so many entries, with the values of some by their places, in any order.
    pub(super) fn of(length: usize, mut values: Vec<(u32, Word)>) -> Self {
        values.sort_unstable_by_key(|(place, _)| *place);
        let mut column = Self::default();
        for (place, word) in values {
            column.fill(place as usize);
            column.push(word);
        }
        column.fill(length);
        column.shrink();
        column
    }

    /// Adds the value of the next entry.
    pub(super) fn push(&mut self, word: Word) {
        let (block, bit) = (self.length / 64, self.length % 64);
        if block == self.bits.len() {
            self.bits.push(0);
            self.ranks.push(number(self.words.len()));
        }
        if word != NONE {
            self.bits[block] |= 1 << bit;
            self.words.push(word);
        }
        self.length += 1;
    }

    /// Adds entries without a value until there are so many.
    fn fill(&mut self, length: usize) {
        let blocks = length.div_ceil(64);
        if blocks > self.bits.len() {
            self.bits.resize(blocks, 0);
            self.ranks.resize(blocks, number(self.words.len()));
        }
        self.length = length;
    }

    /// The value of an entry.
    pub(super) fn word(&self, place: usize) -> Word {
        let (block, bit) = (place / 64, place % 64);
        let bits = self.bits[block];
        if bits >> bit & 1 == 0 {
            return NONE;
        }
        let before = (bits & ((1 << bit) - 1)).count_ones();
        self.words[(self.ranks[block] + before) as usize]
    }

    /// All values.
    pub(super) fn words_mut(&mut self) -> impl Iterator<Item = &mut Word> {
        self.words.iter_mut()
    }

    fn shrink(&mut self) {
        self.bits.shrink_to_fit();
        self.ranks.shrink_to_fit();
        self.words.shrink_to_fit();
    }

    fn bytes(&self) -> usize {
        self.bits.capacity() * 8 + self.ranks.capacity() * 4 + self.words.capacity() * 4
    }
}

/// The columns of a segment, by the places of [`Names`].
#[derive(Debug, Clone, Default)]
pub(super) struct Props(pub(super) Vec<Arc<Column>>);

impl Props {
    /// Of these columns.
    pub(super) fn of(columns: Vec<Column>) -> Self {
        let shrunk = columns.into_iter().map(|mut column| {
            column.shrink();
            Arc::new(column)
        });
        Self(shrunk.collect())
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(|column| column.bytes()).sum()
    }
}

/// Values of a visitor's entries.
#[derive(Debug, Clone, Copy)]
pub struct Properties<'c> {
    columns: &'c [Arc<Column>],
    first: usize,
}

impl<'c> Properties<'c> {
    pub(super) fn of(props: &'c Props, first: usize) -> Self {
        let columns = &props.0;
        Self { columns, first }
    }

    /// The value that the visitor's entry at a place has of a property that is held; [`NONE`] where it has none.
    pub fn value(self, property: usize, place: usize) -> Word {
        let column = self.columns.get(property);
        column.map_or(NONE, |column| column.word(self.first + place))
    }
}

/// A number as the text of what it is worth; nothing where that is too long.
fn number_text(value: f64) -> Option<String> {
    // Minus nothing is nothing.
    let text = (value + 0.0).to_string();
    (value.is_finite() && text.len() <= VALUE_CHARS).then_some(text)
}

/// A value as the text by which it is compared; nothing where it is none.
pub fn text_of(value: &serde_json::Value) -> Option<String> {
    Scalar::deserialize(value).ok()?.0
}

/// Shows the values of those of `names` that an object in JSON has, each with the place of its name.
pub(super) fn read(text: &str, names: &[String], show: &mut impl FnMut(usize, &str)) {
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut found: Vec<Option<String>> = vec![None; names.len()];
    let seed = Object {
        names,
        found: &mut found,
    };
    // What cannot be read tells nothing.
    if seed.deserialize(&mut reader).is_err() {
        return;
    }
    for (place, value) in found.iter().enumerate() {
        if let Some(value) = value {
            show(place, value);
        }
    }
}

struct Object<'f> {
    names: &'f [String],
    found: &'f mut [Option<String>],
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> serde::de::Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            match self.names.iter().position(|own| *own == name) {
                // The last of two of one name counts, as it does in either database.
                Some(place) => self.found[place] = map.next_value::<Scalar>()?.0,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// A value as text.
struct Scalar(Option<String>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

struct Reading;

impl<'de> serde::de::Visitor<'de> for Reading {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        let fits = text.len() <= VALUE_CHARS || text.chars().count() <= VALUE_CHARS;
        Ok(Scalar(fits.then(|| text.to_owned())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar(number_text(value)))
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Scalar, A::Error> {
        while all.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Scalar, A::Error> {
        while all.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_says_what_each_entry_has() {
        for length in [0, 1, 63, 64, 65, 1_000] {
            let has = |place: usize| place.is_multiple_of(7) || (100..300).contains(&place);
            let word = |place: usize| if has(place) { number(place) + 1 } else { NONE };
            let values = (0..length).rev().filter(|place| has(*place));
            let values = values.map(|place| (number(place), word(place))).collect();
            let of = Column::of(length, values);
            let mut pushed = Column::default();
            (0..length).for_each(|place| pushed.push(word(place)));
            for column in [&of, &pushed] {
                assert_eq!(column.length, length);
                for place in 0..length {
                    assert_eq!(column.word(place), word(place), "{place} of {length}");
                }
            }
        }
    }

    #[test]
    fn values_are_texts_of_what_they_are_worth() {
        let long = "ü".repeat(VALUE_CHARS);
        let text = serde_json::json!({
            "plan": "pro", "other": 1, "seats": 4, "half": 0.5, "new": true, "nothing": null, "list": [1, {"a": 2}],
            "deep": {"plan": "free"}, "long": long, "longer": format!("{long}ü"), "empty": "",
        });
        let text = format!(
            "{},\"whole\":4.0,\"none\":-0.0,\"great\":1e3,\"huge\":1e300,\"id\":12345678901234567890,\"twice\":1,\"twice\":2}}",
            text.to_string().strip_suffix('}').unwrap()
        );
        let names = [
            "plan", "seats", "half", "new", "nothing", "list", "deep", "long", "longer", "empty",
            "whole", "none", "great", "huge", "id", "twice", "absent",
        ];
        let names = names.map(str::to_owned);
        let mut found = Vec::new();
        read(&text, &names, &mut |place, value| {
            found.push((names[place].clone(), value.to_owned()));
        });
        let expected = [
            ("plan", "pro"),
            ("seats", "4"),
            ("half", "0.5"),
            ("new", "true"),
            ("long", &*long),
            ("empty", ""),
            ("whole", "4"),
            ("none", "0"),
            ("great", "1000"),
            ("id", "12345678901234567890"),
            ("twice", "2"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(found, expected);
        for broken in [
            "",
            "[1]",
            "{\"plan\":\"pro\"",
            "null",
            "{\"plan\":\"pro\",\"seats\":1e400}",
        ] {
            read(broken, &names, &mut |_, value| panic!("{broken}: {value}"));
        }
        assert_eq!(text_of(&serde_json::json!(4.0)).as_deref(), Some("4"));
        assert_eq!(text_of(&serde_json::json!([4])), None);
    }
}
