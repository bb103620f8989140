//! Lengths of time as callers write them: `30m`, `24h`, `7d`.

use std::str::FromStr;

/// The longest.
const MOST_MS: i64 = 366 * 86_400_000;

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Length {
    /// Milliseconds.
    pub(crate) ms: i64,
}

/// A text that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a length of time such as 30m, 24h or 7d, of at most 366 days")]
pub(crate) struct NoLength;

impl Length {
    /// So many days.
    pub(crate) const fn days(days: i64) -> Self {
        Self {
            ms: days * 86_400_000,
        }
    }
}

impl FromStr for Length {
    type Err = NoLength;

    fn from_str(text: &str) -> Result<Self, NoLength> {
        let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        let unit = match &text[digits.len()..] {
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(NoLength),
        };
        let number: u32 = digits.parse().map_err(|_| NoLength)?;
        let ms = i64::from(number) * unit;
        if (1..=MOST_MS).contains(&ms) {
            Ok(Self { ms })
        } else {
            Err(NoLength)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_a_number_and_a_unit() {
        for (text, ms) in [
            ("90s", 90_000),
            ("30m", 1_800_000),
            ("24h", 86_400_000),
            ("7d", 604_800_000),
        ] {
            assert_eq!(text.parse(), Ok(Length { ms }), "{text}");
        }
        for text in [
            "",
            "7",
            "d",
            "0d",
            "-1d",
            "367d",
            "1w",
            "1.5h",
            "7 d",
            "99999999999d",
        ] {
            assert_eq!(text.parse::<Length>(), Err(NoLength), "{text}");
        }
    }
}
