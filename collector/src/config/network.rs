//! A network of addresses, as a setting.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnetwork::IpNetwork;
use serde::Deserialize;

/// A network, written `10.0.0.0/8`, `fd00::/8` or as a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNetwork);

impl Network {
    /// Whether an address is one of its.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        self.0.contains(address)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.trim()
            .parse()
            .map(Self)
            .map_err(|_| format!("{text:?} is neither an address nor a network such as 10.0.0.0/8"))
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_or_named_as_wrong() {
        let has = |network: &str, address: &str| {
            let network: Network = network.parse().unwrap();
            network.contains(address.parse().unwrap())
        };
        assert!(has("10.1.2.3/8", "10.9.9.9"));
        assert!(!has("10.1.2.3/8", "11.0.0.1"));
        assert!(has(" ::1 ", "::1"));
        assert!(!has("0.0.0.0/0", "::1"));
        for wrong in ["10.0.0.0/33", "proxy.example", "", "10.0.0.0/8 ::1"] {
            let error = wrong.parse::<Network>().unwrap_err();
            assert!(error.contains(wrong), "{error}");
        }
    }
}
