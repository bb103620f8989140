//! What amounts are in a site's currency, by the rates that its owner loaded.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::amount::Sum;
use super::currency::Currency;
use super::rate::Rate;

/// A sum that was converted and not rounded yet: amounts have six digits behind the point, rates twelve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Exact(i128);

impl Exact {
    /// What a sum is at a rate; `None` beyond 10²⁰ units, which is no money.
    pub fn of(sum: Sum, rate: Rate) -> Option<Self> {
        sum.millionths().checked_mul(rate.scaled()).map(Self)
    }

    /// With another one.
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Without another one.
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// To the nearest millionth, half away from zero.
    pub fn rounded(self) -> Sum {
        let one = Rate::ONE.scaled();
        let (whole, rest) = (self.0 / one, self.0 % one);
        let up = i128::from(rest.abs() * 2 >= one) * self.0.signum();
        Sum::of_millionths(whole + up)
    }
}

/// How a site converts: its currency, the days of its time zone, and rates into that currency.
#[derive(Debug, Clone)]
pub struct Exchange {
    currency: Option<Currency>,
    zone: TimeZone,
    rates: BTreeMap<Currency, BTreeMap<Date, Rate>>,
}

impl Exchange {
    /// For a site of this currency and time zone, by its IANA name. Without a currency, nothing can be converted.
    pub fn new(currency: Option<Currency>, time_zone: &str) -> Self {
        Self {
            currency,
            // Checked when the site was made.
            zone: TimeZone::get(time_zone).unwrap_or(TimeZone::UTC),
            rates: BTreeMap::new(),
        }
    }

    /// Adds a rate from `from` into the site's currency, which holds from `day` until there is a later one.
    pub fn add(&mut self, from: Currency, day: Date, rate: Rate) {
        self.rates.entry(from).or_default().insert(day, rate);
    }

    /// The site's currency.
    pub fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// The day in the site's time zone.
    pub fn day(&self, at: i64) -> Date {
        Timestamp::from_millisecond(at)
            .unwrap_or(Timestamp::UNIX_EPOCH)
            .to_zoned(self.zone.clone())
            .date()
    }

    /// Which of some currencies take a rate.
    pub fn foreign(&self, currencies: impl IntoIterator<Item = Currency>) -> BTreeSet<Currency> {
        currencies
            .into_iter()
            .filter(|currency| self.currency.is_some_and(|own| own != *currency))
            .collect()
    }

    /// The rates from a currency into the site's, each with the first moment at which it holds, the earliest first.
    pub fn moments(&self, from: Currency) -> Vec<(i64, Rate)> {
        let rates = self.rates.get(&from).into_iter().flatten();
        rates
            .filter_map(|(day, rate)| {
                let begin = day.to_zoned(self.zone.clone()).ok()?;
                Some((begin.timestamp().as_millisecond(), *rate))
            })
            .collect()
    }

    /// The rate of a day, or else of the latest day before it. `None` where nobody loaded one, where the amount's currency
    /// is not known, and where the site has none: then nothing is concluded from rates the other way or over a third
    /// currency, which are not what anybody would have been paid.
    pub fn rate(&self, from: Option<Currency>, day: Date) -> Option<Rate> {
        let (from, own) = (from?, self.currency?);
        if from == own {
            return Some(Rate::ONE);
        }
        let (_, rate) = self.rates.get(&from)?.range(..=day).next_back()?;
        Some(*rate)
    }
}

/// Milliseconds for which no time zone's day can begin in the middle: every offset of today is a multiple of them.
pub(crate) const QUARTER_MS: i64 = 15 * 60 * 1000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::Amount;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn currency(code: &str) -> Option<Currency> {
        Some(code.parse().unwrap())
    }

    #[test]
    fn the_rate_is_that_of_the_day_or_the_latest_before() {
        let mut exchange = Exchange::new(currency("EUR"), "America/New_York");
        let usd = "USD".parse().unwrap();
        exchange.add(usd, day("2025-03-01"), "0.9".parse().unwrap());
        exchange.add(usd, day("2025-03-10"), "0.8".parse().unwrap());
        for (on, rate) in [
            ("2025-02-28", None),
            ("2025-03-01", Some("0.9")),
            ("2025-03-09", Some("0.9")),
            ("2025-03-10", Some("0.8")),
            ("2026-01-01", Some("0.8")),
        ] {
            let found = exchange.rate(Some(usd), day(on));
            assert_eq!(found.map(|rate| rate.to_string()).as_deref(), rate, "{on}");
        }
        assert_eq!(
            exchange.rate(currency("EUR"), day("1999-01-01")),
            Some(Rate::ONE)
        );
        assert_eq!(exchange.rate(currency("GBP"), day("2025-03-10")), None);
        assert_eq!(exchange.rate(None, day("2025-03-10")), None);
        // Three in the morning, UTC, is still the day before in New York.
        assert_eq!(exchange.day(1_741_575_600_000), day("2025-03-09"));
        let mut homeless = Exchange::new(None, "UTC");
        homeless.add(usd, day("2025-03-01"), Rate::ONE);
        assert_eq!(homeless.rate(Some(usd), day("2025-03-10")), None);
    }

    #[test]
    fn what_is_converted_is_rounded_once() {
        let third: Rate = "0.333333333333".parse().unwrap();
        let cent = Sum::from(Amount::of_text("0.000001").unwrap());
        let thrice = (0..3).try_fold(Exact::default(), |sum, _| sum.plus(Exact::of(cent, third)?));
        assert_eq!(thrice.unwrap().rounded(), cent);
        assert_eq!(Exact::of(cent, third).unwrap().rounded(), Sum::ZERO);
        let half = "0.5".parse().unwrap();
        assert_eq!(Exact::of(cent, half).unwrap().rounded(), cent);
        let back = Exact::default().minus(Exact::of(cent, half).unwrap());
        assert_eq!(back.rounded(), Sum::ZERO - cent);
        let huge = Sum::of(i64::MAX, 0);
        assert_eq!(Exact::of(huge + huge, "9999999".parse().unwrap()), None);
    }

    proptest! {
        #[test]
        fn the_unit_rate_changes_nothing(units in any::<i32>(), millionths in any::<i32>()) {
            let sum = Sum::of(units.into(), millionths.into());
            prop_assert_eq!(Exact::of(sum, Rate::ONE).unwrap().rounded(), sum);
        }
    }
}
