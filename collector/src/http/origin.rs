//! Which pages may send to a site: origin patterns and how an `Origin` header is held against them.
//!
//! A pattern is `https://shop.example`, `https://*.shop.example` (any host below, at any depth, but not
//! `shop.example` itself) or either with `:*` for any port, as in `http://localhost:*`. Matching compares
//! parts, never text: `https://shop.example.evil.test` does not match `https://shop.example`.

use url::{Host, Url};

/// A parsed pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OriginPattern {
    scheme: String,
    host: String,
    subdomains: bool,
    port: Port,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Any,
    Is(u16),
}

impl OriginPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is no origin: write https://shop.example, https://*.shop.example or http://localhost:*"
            )
        };
        let (scheme, rest) = text.trim().split_once("://").ok_or_else(wrong)?;
        let (rest, any_port) = match rest.strip_suffix(":*") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (rest, subdomains) = match rest.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        // The last are characters that the URL parser leaves out without a word.
        if rest.contains(['*', '/', '?', '#', '@', '\\']) || text.trim().contains(char::is_control)
        {
            return Err(wrong());
        }
        let (scheme, host, port) = parts(&format!("{scheme}://{rest}")).ok_or_else(wrong)?;
        Ok(Self {
            scheme,
            host,
            subdomains,
            port: if any_port { Port::Any } else { Port::Is(port) },
        })
    }

    fn matches(&self, (scheme, host, port): &(String, String, u16)) -> bool {
        let host_matches = if self.subdomains {
            host.strip_suffix(&self.host)
                .is_some_and(|below| below.len() > 1 && below.ends_with('.'))
        } else {
            *host == self.host
        };
        self.scheme == *scheme
            && host_matches
            && match self.port {
                Port::Any => true,
                Port::Is(own) => own == *port,
            }
    }
}

/// The text in which a pattern is stored: what was written, without the spaces around it and in lower case.
///
/// # Errors
/// A sentence that says what is wrong with the pattern.
pub(crate) fn normalise(text: &str) -> Result<String, String> {
    OriginPattern::parse(text)?;
    Ok(text.trim().to_ascii_lowercase())
}

/// Whether `origin`, an `Origin` header's value, is among the patterns. `null`, which a sandboxed frame or a
/// local file sends, is among none.
pub(crate) fn is_listed(patterns: &[OriginPattern], origin: &str) -> bool {
    parts(origin).is_some_and(|parts| patterns.iter().any(|pattern| pattern.matches(&parts)))
}

/// Scheme, host and port of an origin; nothing if there is more or less to it.
fn parts(origin: &str) -> Option<(String, String, u16)> {
    let url = Url::parse(origin).ok()?;
    let default = match url.scheme() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    if !url.username().is_empty() || url.password().is_some() || url.path() != "/" {
        return None;
    }
    if url.query().is_some() || url.fragment().is_some() {
        return None;
    }
    let host = match url.host()? {
        Host::Domain(name) => name.trim_end_matches('.').to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => format!("[{address}]"),
    };
    (!host.is_empty()).then(|| (url.scheme().to_owned(), host, url.port().unwrap_or(default)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_what_they_say_and_no_more() {
        let table: [(&str, &[&str], &[&str]); 5] = [
            (
                "https://shop.example",
                &[
                    "https://shop.example",
                    "https://shop.example:443",
                    "https://SHOP.example",
                ],
                &[
                    "http://shop.example",
                    "https://shop.example:8443",
                    "https://shop.example.evil.test",
                    "https://a.shop.example",
                    "null",
                    "",
                ],
            ),
            (
                "https://*.shop.example",
                &["https://a.shop.example", "https://a.b.shop.example"],
                &[
                    "https://shop.example",
                    "https://evilshop.example",
                    "http://a.shop.example",
                ],
            ),
            (
                "http://localhost:*",
                &["http://localhost", "http://localhost:5173"],
                &["https://localhost", "http://localhost.evil.test:5173"],
            ),
            (
                "http://127.0.0.1:8000",
                &["http://127.0.0.1:8000"],
                &["http://127.0.0.1", "http://127.0.0.1:80"],
            ),
            (
                "http://[::1]:*",
                &["http://[::1]:3000"],
                &["http://[::2]:3000"],
            ),
        ];
        for (pattern, yes, no) in table {
            let patterns = [OriginPattern::parse(pattern).unwrap()];
            for origin in yes {
                assert!(is_listed(&patterns, origin), "{pattern} {origin}");
            }
            for origin in no {
                assert!(!is_listed(&patterns, origin), "{pattern} {origin}");
            }
        }
    }

    #[test]
    fn a_pattern_is_a_scheme_a_host_and_perhaps_a_port() {
        for wrong in [
            "",
            "shop.example",
            "https://",
            "*",
            "https://*",
            "https://a.*.example",
            "https://shop.example/path",
            "https://user@shop.example",
            "ftp://shop.example",
            "https://shop.example?x",
            "https://sh\top.example",
            "https://shop.example\0",
        ] {
            assert!(OriginPattern::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            normalise(" https://*.Shop.example:* ").unwrap(),
            "https://*.shop.example:*"
        );
    }
}
