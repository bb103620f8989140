//! Figures of any kind as exact numbers: counts, parts of one, and money alike.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::money::{Amount, Sum, UnfitAmount};

/// One, in millionths.
const ONE: i128 = 1_000_000;

/// A number, exact to a millionth. In JSON it is decimal text; a number is read as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Number(i128);

impl Number {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A whole number.
    pub const fn whole(count: u64) -> Self {
        Self(count as i128 * ONE)
    }

    /// So many millionths.
    pub const fn of_millionths(millionths: i128) -> Self {
        Self(millionths)
    }

    /// A part of one, to the nearest millionth.
    #[allow(clippy::cast_possible_truncation, reason = "a rate is within 0 and 1")]
    pub fn rate(rate: f64) -> Self {
        Self((rate * 1e6).round() as i128)
    }

    /// Reads decimal text.
    ///
    /// # Errors
    /// [`UnfitAmount`].
    pub fn of_text(text: &str) -> Result<Self, UnfitAmount> {
        Ok(Self(Amount::of_text(text)?.millionths().into()))
    }

    /// Millionths.
    pub fn millionths(self) -> i128 {
        self.0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Sum::of_millionths(self.0).text(0))
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Read)
    }
}

struct Read;

impl Visitor<'_> for Read {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number, such as \"100\" or \"49.90\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
        Number::of_text(text).map_err(|unfit| E::custom(format_args!("the number {unfit}")))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
        let digits = number.to_string();
        let amount = Amount::of_json(&digits);
        let amount = amount.map_err(|unfit| E::custom(format_args!("the number {unfit}")))?;
        Ok(Number(amount.millionths().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_from_text_and_from_numbers_and_written_as_text() {
        for (json, text) in [
            ("100", "100"),
            ("-3", "-3"),
            ("49.9", "49.9"),
            ("\"49.90\"", "49.9"),
            ("\"0.000001\"", "0.000001"),
            ("1e3", "1000"),
        ] {
            let number: Number = serde_json::from_str(json).unwrap();
            assert_eq!(number.to_string(), text, "{json}");
            assert_eq!(
                serde_json::to_string(&number).unwrap(),
                format!("\"{text}\"")
            );
        }
        for json in [
            "\"x\"",
            "null",
            "\"\"",
            "1e300",
            "\"1000000000000\"",
            "true",
        ] {
            assert!(serde_json::from_str::<Number>(json).is_err(), "{json}");
        }
        assert_eq!(Number::rate(1.0 / 3.0).to_string(), "0.333333");
    }
}
