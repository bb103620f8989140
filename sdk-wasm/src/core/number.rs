//! Numbers as text, without the weight of `core::fmt`.

use super::text::{Fields, push as append};

/// Appends `number` in decimal.
pub fn push(out: &mut String, number: u64) {
    let rest = number / 10;
    if rest > 0 {
        push(out, rest);
    }
    // The remainder of a division by ten is a digit.
    let digit = (number % 10) as usize;
    append(out, "0123456789".get(digit..=digit).unwrap_or_default());
}

/// `number` in decimal.
pub fn text(number: u64) -> String {
    let mut out = String::new();
    push(&mut out, number);
    out
}

/// Appends a time; one before the epoch counts as 0.
pub fn push_time(out: &mut String, at: i64) {
    push(out, at.max(0) as u64);
}

/// Reads up to 15 decimal digits, which a JavaScript number holds exactly. Negative if the text is anything else, and then
/// so is what is made of it and others by `|`.
#[inline(never)]
pub fn parse(text: &str) -> i64 {
    if text.is_empty() || text.len() > 15 {
        return -1;
    }
    let mut sum = 0;
    for byte in text.bytes() {
        if !byte.is_ascii_digit() {
            return -1;
        }
        sum = sum * 10 + i64::from(byte - b'0');
    }
    sum
}

/// The same, where what is no number counts as 0.
#[inline(never)]
pub fn count(text: &str) -> u64 {
    parse(text).max(0) as u64
}

/// Whether a text is an amount of money as plain decimals: an optional minus sign, 1 to 15 digits, and up to 6 decimals.
pub fn is_amount(text: &str) -> bool {
    let digits = text.strip_prefix("-").unwrap_or(text);
    let mut parts = Fields(digits, b'.');
    let whole = parts.take();
    // Up to 15 digits are what `parse` reads.
    parse(whole) >= 0
        && (whole.len() == digits.len() || (parts.0.len() <= 6 && parse(parts.0) >= 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_plain_decimals() {
        for good in ["0", "49.90", "-3", "999999999999999", "0.000001"] {
            assert!(is_amount(good), "{good}");
        }
        for bad in [
            "",
            "-",
            ".5",
            "5.",
            "1e3",
            "1,5",
            "NaN",
            "Infinity",
            " 1",
            "+1",
            "1.0000001",
            "1000000000000000",
            "--1",
            "1.2.3",
        ] {
            assert!(!is_amount(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn numbers_survive_text(number in 0u64..1_000_000_000_000_000) {
            let mut text = String::new();
            push(&mut text, number);
            prop_assert_eq!(&text, &number.to_string());
            prop_assert_eq!(parse(&text), number as i64);
        }

        #[test]
        fn parse_takes_nothing_but_digits(text in "\\PC{0,18}") {
            let number = text.parse().ok().filter(|_| {
                text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit())
            });
            prop_assert_eq!(parse(&text), number.unwrap_or(-1));
            prop_assert_eq!(count(&text), number.unwrap_or(0) as u64);
        }
    }
}
