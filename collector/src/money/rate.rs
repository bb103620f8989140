//! Rates of exchange.

use std::fmt;
use std::str::FromStr;

/// Digits behind the point that a rate has room for.
const DECIMALS: usize = 12;
/// Digits before the point that a rate has at most.
const WHOLE: usize = 7;

/// What one unit of a currency is in another, exact, with at most seven digits before the point and twelve behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(i128);

/// A text that is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "has to be a decimal number above zero with at most 7 digits before the point and 12 behind it"
)]
pub struct UnfitRate;

impl Rate {
    /// That of a currency in itself.
    pub const ONE: Self = Self(10_i128.pow(DECIMALS as u32));

    /// Times 10¹².
    pub(super) fn scaled(self) -> i128 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = UnfitRate;

    fn from_str(text: &str) -> Result<Self, UnfitRate> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(whole, WHOLE) || !digits(fraction, DECIMALS) {
            return Err(UnfitRate);
        }
        let scaled: i128 = format!("{whole}{fraction:0<DECIMALS$}")
            .parse()
            .map_err(|_| UnfitRate)?;
        if scaled > 0 {
            Ok(Self(scaled))
        } else {
            Err(UnfitRate)
        }
    }
}

/// Written with as many digits behind the point as it needs.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / Self::ONE.0, self.0 % Self::ONE.0);
        let text = format!("{whole}.{rest:0DECIMALS$}");
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rate_is_a_positive_decimal() {
        for (written, read) in [
            ("1", "1"),
            ("0.9123", "0.9123"),
            ("0.000000000001", "0.000000000001"),
            ("9999999.999999999999", "9999999.999999999999"),
            ("1.10", "1.1"),
        ] {
            let rate: Rate = written.parse().unwrap();
            assert_eq!(rate.to_string(), read);
        }
        for bad in [
            "",
            "0",
            "0.0",
            "-1",
            "+1",
            "1e3",
            ".5",
            "5.",
            "1,1",
            "12345678",
            "0.1234567890123",
            "x",
        ] {
            assert_eq!(bad.parse::<Rate>(), Err(UnfitRate), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_rate_survives_its_text(scaled in 1..10_i128.pow(19)) {
            prop_assert_eq!(Rate(scaled).to_string().parse(), Ok(Rate(scaled)));
        }
    }
}
