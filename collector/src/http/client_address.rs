//! The visitor's address: the connection's, or what trusted proxies say of it.
//!
//! `X-Forwarded-For` and `Forwarded` (RFC 7239) are lists to which every proxy adds, at the right, who it was asked by.
//! Anybody can send either, so they are read only from a trusted proxy and from the right: the first address that is
//! no trusted proxy's is the visitor's, and what stands left of it is hearsay. An entry that is no address ends the
//! search without one: unknown is null.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::FORWARDED;
use axum::http::{HeaderMap, HeaderName};

use crate::config::Network;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Entries that are looked at. No chain of proxies is as long.
const HOPS: usize = 64;

/// The proxies that are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    pub(crate) fn new(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// The address of who sent a request over a connection from `peer`; `None` where it cannot be told.
    ///
    /// A proxy adds to one of the two headers and may pass the other one on as the visitor wrote it. So where both are
    /// there they have to agree.
    pub(crate) fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> Option<IpAddr> {
        let peer = peer.ip().to_canonical();
        if !self.trusts(peer) {
            return Some(peer);
        }
        let x_forwarded_for = headers.contains_key(X_FORWARDED_FOR).then(|| {
            self.walk(
                peer,
                entries(headers, &X_FORWARDED_FOR).map(|e| address(e?)),
            )
        });
        let forwarded = headers
            .contains_key(FORWARDED)
            .then(|| self.walk(peer, entries(headers, &FORWARDED).map(|e| node(e?))));
        match (x_forwarded_for, forwarded) {
            (None, None) => Some(peer),
            (Some(found), None) | (None, Some(found)) => found,
            (Some(one), Some(other)) => one.filter(|_| one == other),
        }
    }

    /// Walks from the nearest entry to the farthest. When all are trusted, the farthest is who asked.
    fn walk(
        &self,
        peer: IpAddr,
        from_the_right: impl Iterator<Item = Option<IpAddr>>,
    ) -> Option<IpAddr> {
        let mut last = peer;
        for (hop, entry) in from_the_right.enumerate() {
            last = entry.filter(|_| hop < HOPS)?;
            if !self.trusts(last) {
                break;
            }
        }
        Some(last)
    }
}

/// The entries of a header that is a list, over all of its lines, from the right; `None` for a line that is no text.
fn entries<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = Option<&'h str>> + use<'h> {
    let lines: Vec<_> = headers.get_all(name).iter().collect();
    lines.into_iter().rev().flat_map(|line| {
        let (text, broken) = match line.to_str() {
            Ok(text) => (Some(text), None),
            Err(_) => (None, Some(None)),
        };
        let entries = text.into_iter().flat_map(|text| text.rsplit(','));
        entries.map(Some).chain(broken)
    })
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse::<IpAddr>()
        .ok()
        .or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
        .or_else(|| bracketed().map(IpAddr::V6))
        .map(|address| address.to_canonical())
}

/// The address of the `for` parameter of one element of `Forwarded`. A name that hides one, `unknown` or `_secret`, is
/// none. A quoted comma would have cut the element in two, of which neither is an address then.
fn node(element: &str) -> Option<IpAddr> {
    let mut nodes = element.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value)
    });
    let value = nodes.next()?.trim();
    if nodes.next().is_some() {
        return None;
    }
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"')?,
        None => value,
    };
    address(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, headers: &[(&str, &str)]) -> Option<String> {
        let proxies = TrustedProxies(
            trusted
                .split_whitespace()
                .map(|text| text.parse().unwrap())
                .collect(),
        );
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).unwrap();
            let value = axum::http::HeaderValue::from_bytes(value.as_bytes()).unwrap();
            map.append(name, value);
        }
        let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
        proxies.client(peer, &map).map(|found| found.to_string())
    }

    #[test]
    fn nobody_is_believed_who_is_not_trusted() {
        let forged = [("x-forwarded-for", "8.8.8.8"), ("forwarded", "for=8.8.8.8")];
        for trusted in ["", "10.0.0.0/8 fd00::/8"] {
            let found = client(trusted, "203.0.113.9", &forged);
            assert_eq!(found.as_deref(), Some("203.0.113.9"));
        }
    }

    #[test]
    fn the_first_that_is_not_trusted_from_the_right_is_the_visitor() {
        let trusted = "10.0.0.0/8 192.0.2.1 fd00::/8";
        for (peer, header, value, expected) in [
            (
                "10.0.0.1",
                "x-forwarded-for",
                "198.51.100.7",
                "198.51.100.7",
            ),
            (
                "10.0.0.1",
                "x-forwarded-for",
                "8.8.8.8, 198.51.100.7",
                "198.51.100.7",
            ),
            (
                "10.0.0.1",
                "x-forwarded-for",
                "8.8.8.8,198.51.100.7 , 192.0.2.1,10.9.9.9",
                "198.51.100.7",
            ),
            (
                "::ffff:10.0.0.1",
                "x-forwarded-for",
                "198.51.100.7",
                "198.51.100.7",
            ),
            (
                "10.0.0.1",
                "x-forwarded-for",
                "::ffff:198.51.100.7",
                "198.51.100.7",
            ),
            (
                "10.0.0.1",
                "x-forwarded-for",
                "198.51.100.7:5123",
                "198.51.100.7",
            ),
            (
                "fd00::1",
                "x-forwarded-for",
                "[2001:db8::7]:443",
                "2001:db8::7",
            ),
            ("fd00::1", "x-forwarded-for", "[2001:db8::7]", "2001:db8::7"),
            (
                "10.0.0.1",
                "x-forwarded-for",
                "10.0.0.3, 10.0.0.2",
                "10.0.0.3",
            ),
            // Hearsay may be as malformed as it likes.
            (
                "10.0.0.1",
                "x-forwarded-for",
                "unknown, ,198.51.100.7",
                "198.51.100.7",
            ),
            ("10.0.0.1", "forwarded", "for=198.51.100.7", "198.51.100.7"),
            (
                "10.0.0.1",
                "forwarded",
                "for=8.8.8.8;proto=http, For=\"198.51.100.7:80\";by=10.0.0.1, for=192.0.2.1",
                "198.51.100.7",
            ),
            (
                "10.0.0.1",
                "forwarded",
                "proto=https;for=\"[2001:db8:cafe::17]:4711\"",
                "2001:db8:cafe::17",
            ),
        ] {
            let found = client(trusted, peer, &[(header, value)]);
            assert_eq!(found.as_deref(), Some(expected), "{header}: {value}");
        }
        assert_eq!(
            client(trusted, "10.0.0.1", &[]).as_deref(),
            Some("10.0.0.1")
        );
    }

    #[test]
    fn what_is_malformed_is_unknown() {
        for (header, value) in [
            ("x-forwarded-for", ""),
            ("x-forwarded-for", "unknown"),
            ("x-forwarded-for", "8.8.8.8, "),
            ("x-forwarded-for", "8.8.8.8, 198.51.100.256"),
            ("x-forwarded-for", "8.8.8.8, [198.51.100.7]"),
            ("x-forwarded-for", "8.8.8.8, fe80::1%eth0"),
            ("x-forwarded-for", "8.8.8.8\u{e9}"),
            ("forwarded", "for=unknown"),
            ("forwarded", "for=_hidden"),
            ("forwarded", "proto=https"),
            ("forwarded", "for=8.8.8.8;for=9.9.9.9"),
            ("forwarded", "for=\"8.8.8.8"),
            ("forwarded", "for=\"8.8.8.8, x\""),
        ] {
            let found = client("10.0.0.0/8", "10.0.0.1", &[(header, value)]);
            assert_eq!(found, None, "{header}: {value}");
        }
        let endless = vec!["10.0.0.2"; HOPS + 1].join(",");
        let found = client("10.0.0.0/8", "10.0.0.1", &[("x-forwarded-for", &endless)]);
        assert_eq!(found, None);
    }

    #[test]
    fn lines_are_one_list() {
        let lines = [
            ("x-forwarded-for", "8.8.8.8"),
            ("x-forwarded-for", "198.51.100.7"),
            ("x-forwarded-for", "10.0.0.2"),
        ];
        let found = client("10.0.0.0/8", "10.0.0.1", &lines);
        assert_eq!(found.as_deref(), Some("198.51.100.7"));
    }

    #[test]
    fn both_headers_have_to_agree() {
        let found = |one, other| {
            client(
                "10.0.0.0/8",
                "10.0.0.1",
                &[("x-forwarded-for", one), ("forwarded", other)],
            )
        };
        assert_eq!(
            found("198.51.100.7", "for=198.51.100.7").as_deref(),
            Some("198.51.100.7")
        );
        assert_eq!(found("198.51.100.7", "for=8.8.8.8"), None);
        assert_eq!(found("198.51.100.7", "for=unknown"), None);
    }
}
