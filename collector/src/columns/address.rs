//! Host and path of an address, as [`url::Url`] has them.
//!
//! Nearly every address is written as it would be written again, and then its parts are there to be cut out; reading it by all
//! rules takes ten times as long, and there are millions. Whatever may be written otherwise is read by all rules.

use std::borrow::Cow;

use url::Url;

/// Host and path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    pub(super) host: Option<Cow<'a, str>>,
    pub(super) path: Cow<'a, str>,
}

/// Reads an address; nothing where it is none.
pub(super) fn read(text: &str) -> Option<Address<'_>> {
    plain(text).or_else(|| {
        let url = Url::parse(text).ok()?;
        Some(Address {
            host: url.host_str().map(|host| Cow::Owned(host.to_owned())),
            path: Cow::Owned(url.path().to_owned()),
        })
    })
}

/// The parts of an address that is written as it would be written again.
fn plain(text: &str) -> Option<Address<'_>> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let host_end = rest
        .bytes()
        .position(|byte| !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'))
        .unwrap_or(rest.len());
    let (host, rest) = rest.split_at(host_end);
    // A name ends in letters; numbers may be an address, and names in other scripts are checked.
    let last = host.rsplit('.').next()?;
    if host.is_empty()
        || host.contains("xn--")
        || last.is_empty()
        || !last.bytes().all(|byte| byte.is_ascii_lowercase())
    {
        return None;
    }
    let path_end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (path, rest) = rest.split_at(path_end);
    // Breaks and tabs are taken out wherever they are, and blanks at the end.
    if rest.bytes().any(|byte| byte <= b' ') {
        return None;
    }
    let is_plain = path.bytes().all(|byte| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'/' | b'-'
                    | b'_'
                    | b'.'
                    | b'~'
                    | b'+'
                    | b','
                    | b'='
                    | b'@'
                    | b':'
                    | b'!'
                    | b'$'
                    | b'&'
                    | b'('
                    | b')'
                    | b'*'
                    | b';'
            )
    });
    if !is_plain || path.contains("/.") {
        return None;
    }
    let path = match path.as_bytes().first() {
        None => "/",
        Some(b'/') => path,
        Some(_) => return None,
    };
    Some(Address {
        host: Some(Cow::Borrowed(host)),
        path: Cow::Borrowed(path),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_all_rules(text: &str) -> Option<(Option<String>, String)> {
        let url = Url::parse(text).ok()?;
        Some((url.host_str().map(str::to_owned), url.path().to_owned()))
    }

    fn by_us(text: &str) -> Option<(Option<String>, String)> {
        let address = read(text)?;
        Some((address.host.map(Cow::into_owned), address.path.into_owned()))
    }

    #[test]
    fn what_is_plain_is_cut_out_and_all_else_is_read_by_all_rules() {
        for text in [
            "https://shop.example/pricing",
            "https://shop.example",
            "https://shop.example?a=1",
            "http://shop.example/a/b.html?utm_source=x#y",
            "https://a-b.c-d.example/@me:1/x,y;z=1",
        ] {
            assert!(plain(text).is_some(), "{text}");
            assert_eq!(by_us(text), by_all_rules(text), "{text}");
        }
        for text in [
            "https://Shop.Example/Pricing",
            "https://shop.example:443/",
            "https://shop.example:8443/a",
            "https://user@shop.example/",
            "https://1.2.3/",
            "https://0x7f.1/",
            "https://shop.example/a/../b",
            "https://shop.example/./b",
            "https://shop.example/%2e%2e/b",
            "https://shop.example/ä",
            "https://bücher.example/",
            "https://xn--bcher-kva.example/",
            "https://shop.example/a\\b",
            "https://shop.example/?a b",
            "https://shop.example/a\tb",
            " https://shop.example/",
            "https://shop.example./",
            "https:///shop.example/",
            "https://",
            "/pricing",
            "about:blank",
            "mailto:a@b.example",
            "android-app://com.example.app/",
            "",
        ] {
            assert!(plain(text).is_none(), "{text}");
            assert_eq!(by_us(text), by_all_rules(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn both_ways_say_the_same(
            text in "https?://[a-z0-9.-]{0,12}[a-z.0-9]{0,4}(:[0-9]{1,3})?(/[a-zA-Z0-9 ./%:@é\\\\\t-]{0,12}){0,3}([?#][a-z =\n]{0,5})?"
        ) {
            prop_assert_eq!(by_us(&text), by_all_rules(&text));
        }
    }
}
