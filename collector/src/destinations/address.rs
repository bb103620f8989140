//! Where nothing may be sent: the addresses and ports behind which are the collector's own machine, its neighbours and its
//! cloud, rather than somebody on the internet.
//!
//! Whoever sets up a destination names a host, and the host's name server says what its address is, at each moment anew.
//! So it is the address of the very connection that is judged, by [`Guard::refuses`], and not the name.
//!
//! IPv4 is public but for what is reserved; of IPv6 only what has been given out is. Addresses that stand for one of IPv4
//! are judged by that. <https://www.iana.org/assignments/iana-ipv4-special-registry>,
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::config::Network;

/// Judges addresses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    /// Networks that the operator allows beside the internet.
    allowed: Vec<Network>,
}

impl Guard {
    pub(crate) fn new(allowed: Vec<Network>) -> Self {
        Self { allowed }
    }

    /// Whether any network is allowed beside the internet.
    pub(crate) fn allows_any(&self) -> bool {
        !self.allowed.is_empty()
    }

    /// Whether the operator allows an address by name of its network.
    pub(crate) fn allows(&self, address: IpAddr) -> bool {
        let plain = address.to_canonical();
        self.allowed
            .iter()
            .any(|network| network.contains(address) || network.contains(plain))
    }

    /// Whether nothing may be sent to an address: it is not on the public internet and its network is not allowed.
    pub(crate) fn refuses(&self, address: IpAddr) -> bool {
        !self.allows(address) && !is_public(address)
    }

    /// Whether a connection to a port of an address may not be made, by `https` or without.
    pub(crate) fn refuses_port(&self, address: IpAddr, port: u16, is_https: bool) -> bool {
        if self.allows(address) {
            return false;
        }
        // Below 1024 stand servers of other protocols, which may take a request for something of theirs.
        !is_https || (port < 1024 && port != 443 && port != 80)
    }
}

/// Whether an address is one of the public internet.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    let within = |network: [u8; 4], length: u32| {
        let mask = u32::MAX << (32 - length);
        bits & mask == Ipv4Addr::from(network).to_bits()
    };
    let reserved = [
        ([0, 0, 0, 0], 8),        // this network
        ([10, 0, 0, 0], 8),       // private
        ([100, 64, 0, 0], 10),    // carrier-grade NAT
        ([127, 0, 0, 0], 8),      // loopback
        ([169, 254, 0, 0], 16),   // link-local, with the clouds' metadata
        ([172, 16, 0, 0], 12),    // private
        ([192, 0, 0, 0], 24),     // protocol assignments
        ([192, 0, 2, 0], 24),     // documentation
        ([192, 88, 99, 0], 24),   // 6to4 relays
        ([192, 168, 0, 0], 16),   // private
        ([198, 18, 0, 0], 15),    // benchmarks
        ([198, 51, 100, 0], 24),  // documentation
        ([203, 0, 113, 0], 24),   // documentation
        ([224, 0, 0, 0], 4),      // multicast
        ([240, 0, 0, 0], 4),      // reserved, broadcast
        ([168, 63, 129, 16], 32), // Azure's own services, behind an address that looks public
    ];
    !reserved
        .iter()
        .any(|(network, length)| within(*network, *length))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let within = |network: [u16; 8], length: u32| {
        let mask = u128::MAX << (128 - length);
        address.to_bits() & mask == Ipv6Addr::from(network).to_bits()
    };
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    // NAT64: what a network without IPv4 has for an address of IPv4.
    if within([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    // 6to4 carries an address of IPv4 too, and nobody on the internet has one any more.
    let reserved = [
        ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // protocol assignments, Teredo
        ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation
        ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4
        ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation
    ];
    within([0x2000, 0, 0, 0, 0, 0, 0, 0], 3)
        && !reserved
            .iter()
            .any(|(network, length)| within(*network, *length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001:801::200e",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(public(text), "{text}");
        }
    }

    #[test]
    fn all_others_are_not() {
        for text in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "168.63.129.16",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(!public(text), "{text}");
        }
    }

    #[test]
    fn what_is_allowed_is_that_network_alone() {
        let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()]);
        let refuses = |text: &str| guard.refuses(text.parse().unwrap());
        assert!(!refuses("127.0.0.1") && !refuses("::ffff:127.0.0.1"));
        assert!(refuses("10.0.0.1") && refuses("::1") && refuses("169.254.169.254"));
        assert!(!refuses("8.8.8.8"));
        let port = |text: &str, port, https| guard.refuses_port(text.parse().unwrap(), port, https);
        assert!(!port("127.0.0.1", 25, false));
        assert!(port("8.8.8.8", 80, false), "without TLS");
        assert!(port("8.8.8.8", 25, true));
        assert!(!port("8.8.8.8", 443, true) && !port("8.8.8.8", 8443, true));
    }

    proptest! {
        /// Said another way than above: by what the standard library knows of an address.
        #[test]
        fn nothing_that_the_library_calls_special_is_public(bits: u32, six: u128) {
            let four = Ipv4Addr::from_bits(bits);
            let special = four.is_private() || four.is_loopback() || four.is_link_local()
                || four.is_multicast() || four.is_broadcast() || four.is_documentation()
                || four.is_unspecified();
            prop_assert!(!(special && is_public(four.into())));
            let six = Ipv6Addr::from_bits(six);
            let special = six.is_loopback() || six.is_unspecified() || six.is_multicast()
                || six.is_unique_local() || six.is_unicast_link_local();
            prop_assert!(!(special && is_public(six.into())));
        }

        #[test]
        fn an_address_within_an_address_is_judged_as_itself(bits: u32) {
            let four = Ipv4Addr::from_bits(bits);
            let own = is_public(four.into());
            prop_assert_eq!(is_public(four.to_ipv6_mapped().into()), own);
            let nat64 = Ipv6Addr::from_bits((0x0064_ff9b_u128 << 96) | u128::from(bits));
            prop_assert_eq!(is_public(nat64.into()), own);
            let six_to_four = Ipv6Addr::from_bits((0x2002_u128 << 112) | (u128::from(bits) << 80));
            prop_assert!(!is_public(six_to_four.into()));
            let compatible = Ipv6Addr::from_bits(u128::from(bits));
            prop_assert!(!is_public(compatible.into()));
        }

        #[test]
        fn every_address_of_a_reserved_network_is_refused(low: u32, network in 0_usize..9) {
            let (base, length): ([u8; 4], u32) = [
                ([10, 0, 0, 0], 8), ([127, 0, 0, 0], 8), ([169, 254, 0, 0], 16), ([172, 16, 0, 0], 12),
                ([192, 168, 0, 0], 16), ([100, 64, 0, 0], 10), ([224, 0, 0, 0], 4), ([240, 0, 0, 0], 4),
                ([198, 18, 0, 0], 15),
            ][network];
            let address = Ipv4Addr::from_bits(Ipv4Addr::from(base).to_bits() | (low >> length));
            prop_assert!(Guard::default().refuses(address.into()));
        }
    }
}
