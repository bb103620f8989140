//! Exact amounts of money and their sums.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// Digits behind the point that an amount has room for.
const DECIMALS: usize = 6;
/// Millionths of one unit.
const UNIT: i64 = 1_000_000;
/// Digits before the point that an amount has at most: a thousand milliards, less one millionth, is the greatest.
const WHOLE: usize = 12;

/// An amount of money in some currency, exact to a millionth of its unit, and below 10¹² units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(i64);

/// Why a text or number is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitAmount {
    /// It is no plain decimal number.
    #[error("is no decimal number")]
    NoNumber,
    /// It has more digits behind the point than six.
    #[error("has more than six digits behind the point")]
    TooManyDecimals,
    /// It has more digits before the point than twelve.
    #[error("has more than twelve digits before the point")]
    TooLarge,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of so many millionths; `None` beyond the limit.
    pub fn of_millionths(millionths: i64) -> Option<Self> {
        let limit = 10_i64.pow((WHOLE + DECIMALS) as u32);
        (-limit < millionths && millionths < limit).then_some(Self(millionths))
    }

    /// Reads plain decimals, as in `49.90` or `-3`: no exponent, no sign of plus, no separator of thousands.
    ///
    /// # Errors
    /// [`UnfitAmount`]: nothing is rounded, because a text says what was meant.
    pub fn of_text(text: &str) -> Result<Self, UnfitAmount> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        if !is_digits(whole) || !is_digits(fraction) {
            return Err(UnfitAmount::NoNumber);
        }
        if fraction.len() > DECIMALS {
            return Err(UnfitAmount::TooManyDecimals);
        }
        Self::of_digits(text.starts_with('-'), whole, fraction, 0)
    }

    /// Reads what stands in JSON: a text as [`Amount::of_text`], a number by its digits, never as a float. A number is what
    /// a client's double came out as, so one with more than six digits behind the point is the nearest with six.
    ///
    /// # Errors
    /// [`UnfitAmount`].
    pub fn of_json(json: &str) -> Result<Self, UnfitAmount> {
        if json.starts_with('"') {
            let text: String = serde_json::from_str(json).map_err(|_| UnfitAmount::NoNumber)?;
            return Self::of_text(&text);
        }
        let unsigned = json.strip_prefix('-').unwrap_or(json);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        if !is_digits(whole) || !is_digits(fraction) {
            return Err(UnfitAmount::NoNumber);
        }
        Self::of_digits(json.starts_with('-'), whole, fraction, exponent)
    }

    /// The amount with these digits before and behind the point, times ten to the power of `exponent`, rounded half away
    /// from zero to a millionth.
    fn of_digits(
        negative: bool,
        whole: &str,
        fraction: &str,
        exponent: i64,
    ) -> Result<Self, UnfitAmount> {
        // How many of the digits stand before the millionths end.
        let length = i64::try_from(whole.len()).map_err(|_| UnfitAmount::TooLarge)?;
        let kept = length
            .saturating_add(exponent)
            .saturating_add(DECIMALS as i64);
        let mut digits = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0');
        let mut millionths: i128 = 0;
        let mut place = 0;
        let limit = 10_i128.pow((WHOLE + DECIMALS) as u32);
        while place < kept {
            let digit = digits.next();
            if digit.is_none() && millionths == 0 {
                break;
            }
            millionths = millionths * 10 + i128::from(digit.unwrap_or(0));
            if millionths >= limit {
                return Err(UnfitAmount::TooLarge);
            }
            place += 1;
        }
        if kept >= 0 && digits.next().is_some_and(|next| next >= 5) {
            millionths += 1;
        }
        let signed = if negative { -millionths } else { millionths };
        let signed = i64::try_from(signed).ok();
        signed
            .and_then(Self::of_millionths)
            .ok_or(UnfitAmount::TooLarge)
    }

    /// Millionths of the currency's unit.
    pub fn millionths(self) -> i64 {
        self.0
    }

    /// Whether it is less than nothing.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The decimal text with at least so many digits behind the point.
    pub fn text(self, decimals: usize) -> String {
        Sum::from(self).text(decimals)
    }
}

/// Written with as many digits behind the point as it needs.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(0))
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        // Both are below 10¹⁸, so no difference is beyond what fits.
        Self(self.0 - other.0)
    }
}

/// A sum of amounts in one currency, exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sum(i128);

impl Sum {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A sum of so many units and so many millionths, of which either may be any number.
    pub fn of(units: i64, millionths: i64) -> Self {
        Self(i128::from(units) * i128::from(UNIT) + i128::from(millionths))
    }

    /// A sum of so many millionths.
    pub fn of_millionths(millionths: i128) -> Self {
        Self(millionths)
    }

    /// Millionths of the currency's unit.
    pub fn millionths(self) -> i128 {
        self.0
    }

    /// The decimal text with at least so many digits behind the point, of which there are at most six.
    pub fn text(self, decimals: usize) -> String {
        let unit = UNIT.unsigned_abs();
        let (whole, rest) = {
            let all = self.0.unsigned_abs();
            (all / u128::from(unit), all % u128::from(unit))
        };
        let mut text = format!("{}{whole}.{rest:06}", if self.0 < 0 { "-" } else { "" });
        let fewest = text.len() - (DECIMALS - decimals.min(DECIMALS));
        while text.len() > fewest && text.ends_with('0') {
            text.pop();
        }
        if text.ends_with('.') {
            text.pop();
        }
        text
    }
}

impl From<Amount> for Sum {
    fn from(amount: Amount) -> Self {
        Self(i128::from(amount.0))
    }
}

impl Add for Sum {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        // It takes more than 10²⁰ amounts to get here.
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Sum {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The exponent of a number; one that is absurd is as good as the greatest or least.
fn exponent_of(text: &str) -> Result<i64, UnfitAmount> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !is_digits(digits) {
        return Err(UnfitAmount::NoNumber);
    }
    let size = digits.parse().unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
    Ok(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Result<String, UnfitAmount> {
        Amount::of_text(text).map(|amount| amount.to_string())
    }

    fn json(text: &str) -> Result<String, UnfitAmount> {
        Amount::of_json(text).map(|amount| amount.to_string())
    }

    #[test]
    fn texts_are_taken_as_they_are_or_not_at_all() {
        for (written, read) in [
            ("0", "0"),
            ("49.90", "49.9"),
            ("-12.5", "-12.5"),
            ("-0", "0"),
            ("007.10", "7.1"),
            ("0.000001", "0.000001"),
            ("999999999999.999999", "999999999999.999999"),
            ("000000000000000000001", "1"),
        ] {
            assert_eq!(text(written).as_deref(), Ok(read), "{written}");
        }
        for (written, why) in [
            ("", UnfitAmount::NoNumber),
            ("-", UnfitAmount::NoNumber),
            ("--1", UnfitAmount::NoNumber),
            (".5", UnfitAmount::NoNumber),
            ("5.", UnfitAmount::NoNumber),
            ("1e3", UnfitAmount::NoNumber),
            ("1,5", UnfitAmount::NoNumber),
            ("+1", UnfitAmount::NoNumber),
            (" 1", UnfitAmount::NoNumber),
            ("NaN", UnfitAmount::NoNumber),
            ("Infinity", UnfitAmount::NoNumber),
            ("1.2.3", UnfitAmount::NoNumber),
            ("٣", UnfitAmount::NoNumber),
            ("1.1234567", UnfitAmount::TooManyDecimals),
            ("1000000000000", UnfitAmount::TooLarge),
            ("-1000000000000", UnfitAmount::TooLarge),
            ("99999999999999999999999999", UnfitAmount::TooLarge),
        ] {
            assert_eq!(text(written), Err(why), "{written}");
        }
    }

    #[test]
    fn numbers_are_read_by_their_digits() {
        for (written, read) in [
            ("19.99", "19.99"),
            ("0.1", "0.1"),
            ("3.3000000000000003", "3.3"),
            ("0.30000000000000004", "0.3"),
            ("1.0049999999999999", "1.005"),
            ("0.0000005", "0.000001"),
            ("-0.0000005", "-0.000001"),
            ("0.00000049", "0"),
            ("1e3", "1000"),
            ("1E+3", "1000"),
            ("1.5e-3", "0.0015"),
            ("5e-7", "0.000001"),
            ("4e-7", "0"),
            ("1e-400", "0"),
            ("9e-99999999999999999999", "0"),
            ("0e99999999999999999999", "0"),
            ("0.000001e6", "1"),
            ("123456e-8", "0.001235"),
            ("\"49.90\"", "49.9"),
        ] {
            assert_eq!(json(written).as_deref(), Ok(read), "{written}");
        }
        for (written, why) in [
            ("1e12", UnfitAmount::TooLarge),
            ("1e400", UnfitAmount::TooLarge),
            ("1e99999999999999999999", UnfitAmount::TooLarge),
            ("999999999999.9999999", UnfitAmount::TooLarge),
            ("null", UnfitAmount::NoNumber),
            ("true", UnfitAmount::NoNumber),
            ("[1]", UnfitAmount::NoNumber),
            ("{}", UnfitAmount::NoNumber),
            ("1e", UnfitAmount::NoNumber),
            ("\"1e3\"", UnfitAmount::NoNumber),
            ("\"1.1234567\"", UnfitAmount::TooManyDecimals),
            ("\"\"", UnfitAmount::NoNumber),
        ] {
            assert_eq!(json(written), Err(why), "{written}");
        }
    }

    #[test]
    fn a_text_has_as_many_decimals_as_the_currency() {
        let amount = |text| Amount::of_text(text).unwrap();
        assert_eq!(amount("19.9").text(2), "19.90");
        assert_eq!(amount("19").text(2), "19.00");
        assert_eq!(amount("19.999").text(2), "19.999");
        assert_eq!(amount("-0.5").text(3), "-0.500");
        assert_eq!(amount("1000").text(0), "1000");
        assert_eq!(amount("0").text(9), "0.000000");
        assert_eq!(Sum::of(-1, -500_000).text(0), "-1.5");
        assert_eq!(Sum::of(3, -500_000).text(0), "2.5");
    }

    proptest! {
        #[test]
        fn an_amount_survives_its_text(millionths in -999_999_999_999_999_999_i64..1_000_000_000_000_000_000, decimals in 0..9_usize) {
            let amount = Amount::of_millionths(millionths).unwrap();
            prop_assert_eq!(Amount::of_text(&amount.text(decimals)), Ok(amount));
            prop_assert_eq!(Amount::of_json(&amount.to_string()), Ok(amount));
            prop_assert_eq!(Amount::of_json(&format!("\"{amount}\"")), Ok(amount));
        }

        #[test]
        fn cents_that_went_through_a_double_are_those_cents(cents in 0..100_000_000_000_000_i64) {
            let number = cents as f64 / 100.0;
            let json = serde_json::to_string(&number).unwrap();
            prop_assert_eq!(Amount::of_json(&json).unwrap().millionths(), cents * 10_000);
        }

        #[test]
        fn an_exponent_moves_the_point(digits in 0..1_000_000_i64, exponent in -6..=5_i32) {
            let plain = format!("{digits}e{exponent}");
            let moved = i128::from(digits) * 10_i128.pow((6 + exponent) as u32);
            prop_assert_eq!(i128::from(Amount::of_json(&plain).unwrap().millionths()), moved);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let by_hand = {
                let digits = text.strip_prefix('-').unwrap_or(&text);
                let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
                is_digits(whole) && is_digits(fraction) && fraction.len() <= 6
                    && whole.trim_start_matches('0').len() <= 12
            };
            prop_assert_eq!(Amount::of_text(&text).is_ok(), by_hand);
            let _ = Amount::of_json(&text);
        }

        #[test]
        fn any_number_is_read_or_too_large(number in "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?") {
            let float: f64 = number.parse().unwrap();
            match Amount::of_json(&number) {
                Ok(amount) => {
                    let near = amount.millionths() as f64 / 1e6;
                    prop_assert!((near - float).abs() <= 5.1e-7 + float.abs() * 1e-15, "{} {}", near, float);
                }
                Err(why) => {
                    prop_assert_eq!(why, UnfitAmount::TooLarge);
                    prop_assert!(float.abs() >= 0.999_999e12, "{}", float);
                }
            }
        }

        #[test]
        fn sums_are_exact_in_any_order(amounts in proptest::collection::vec(-999_999_999_999_999_999_i64..1_000_000_000_000_000_000, 0..50)) {
            let forth = amounts.iter().fold(Sum::ZERO, |sum, one| sum + Sum::of(0, *one));
            let back = amounts.iter().rev().fold(Sum::ZERO, |sum, one| sum + Sum::of(one / UNIT, one % UNIT));
            prop_assert_eq!(forth, back);
            prop_assert_eq!(forth.millionths(), amounts.iter().map(|one| i128::from(*one)).sum::<i128>());
        }
    }
}
