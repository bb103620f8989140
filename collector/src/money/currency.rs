//! The currencies of ISO 4217.

use std::fmt;
use std::str::FromStr;

/// A currency: its place in the list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(&'static str);

/// A text that is no code of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no code of ISO 4217, such as EUR")]
pub struct UnknownCurrency;

/// Codes by the digits that their smallest unit stands behind the point, as ISO 4217 has them: those of today, and those
/// that went since 2020 and may stand in what is sent later. Codes without a smallest unit (gold, testing, no currency)
/// are none of money earned.
const CODES: [(usize, &str); 4] = [
    (
        0,
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    ),
    (
        2,
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW \
         CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF \
         IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV \
         MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD \
         SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ZWL",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

impl Currency {
    /// Every one.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES
            .iter()
            .flat_map(|(_, codes)| codes.split(' '))
            .map(Self)
    }

    /// The code, in capitals.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// How many digits behind the point its smallest unit is: 2 for EUR, 0 for JPY.
    pub fn decimals(self) -> usize {
        CODES
            .iter()
            .find(|(_, codes)| codes.split(' ').any(|code| code == self.0))
            .map_or(2, |(decimals, _)| *decimals)
    }
}

/// By its code, in any case.
impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        if text.len() != 3 {
            return Err(UnknownCurrency);
        }
        Self::all()
            .find(|known| known.0.eq_ignore_ascii_case(text))
            .ok_or(UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_stand_once_and_are_codes() {
        let codes: Vec<&str> = CODES
            .iter()
            .flat_map(|(_, codes)| codes.split(' '))
            .collect();
        assert!(
            codes.iter().all(|code| {
                code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
            })
        );
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    }

    #[test]
    fn a_code_is_known_or_refused() {
        let decimals = |code: &str| code.parse::<Currency>().map(Currency::decimals);
        for (code, digits) in [("EUR", 2), ("usd", 2), ("Jpy", 0), ("KWD", 3), ("CLF", 4)] {
            assert_eq!(decimals(code), Ok(digits), "{code}");
        }
        for code in [
            "", "EU", "EURO", "€", "E U", "XXX", "XTS", "XAU", "BTC", "R R",
        ] {
            assert_eq!(decimals(code), Err(UnknownCurrency), "{code}");
        }
        assert_eq!("eur".parse::<Currency>().unwrap().to_string(), "EUR");
    }
}
