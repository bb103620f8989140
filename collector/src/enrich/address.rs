//! How much of an address is kept: nothing unless asked.

use std::net::{IpAddr, Ipv6Addr};

use clap::ValueEnum;
use serde::Deserialize;

/// What becomes of a visitor's address once it has told the place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptAddress {
    /// It is not kept.
    #[default]
    None,
    /// Its network is kept: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address.
    Truncate,
    /// It is kept whole.
    Full,
}

impl KeptAddress {
    /// What is kept of an address.
    pub fn of(self, address: IpAddr) -> Option<IpAddr> {
        match (self, address.to_canonical()) {
            (Self::None, _) => None,
            (Self::Full, address) => Some(address),
            (Self::Truncate, IpAddr::V4(address)) => {
                Some(IpAddr::from((u32::from(address) & (!0 << 8)).to_be_bytes()))
            }
            (Self::Truncate, IpAddr::V6(address)) => {
                Some(Ipv6Addr::from(u128::from(address) & (!0 << 80)).into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_as_much_as_was_asked_for() {
        use KeptAddress::{Full, None, Truncate};
        for (kept, address, expected) in [
            (None, "192.0.2.77", Option::None),
            (Truncate, "192.0.2.77", Some("192.0.2.0")),
            (Truncate, "2001:db8:1:2:3:4:5:6", Some("2001:db8:1::")),
            (Truncate, "::ffff:192.0.2.77", Some("192.0.2.0")),
            (Full, "192.0.2.77", Some("192.0.2.77")),
            (Full, "::ffff:192.0.2.77", Some("192.0.2.77")),
            (Full, "2001:db8:1:2:3:4:5:6", Some("2001:db8:1:2:3:4:5:6")),
        ] {
            let found = kept.of(address.parse().unwrap());
            assert_eq!(
                found.map(|address| address.to_string()).as_deref(),
                expected,
                "{kept:?} {address}"
            );
        }
    }
}
