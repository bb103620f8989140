//! User-Agent Client Hints: what Chromium's browsers say of themselves beside `User-Agent`.
//!
//! Read are the three that are sent without being asked for: `Sec-CH-UA`, `Sec-CH-UA-Mobile` and `Sec-CH-UA-Platform`
//! (<https://wicg.github.io/ua-client-hints/>). They are structured fields (RFC 9651), of which these three use little:
//! a list of quoted texts with parameters, a boolean, a quoted text. What does not have that form says nothing.

use serde::{Deserialize, Serialize};

/// The headers as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientHints {
    /// `Sec-CH-UA`: brands and their versions.
    pub brands: Option<String>,
    /// `Sec-CH-UA-Mobile`: whether it prefers a page for phones.
    pub mobile: Option<String>,
    /// `Sec-CH-UA-Platform`: the operating system.
    pub platform: Option<String>,
}

/// Brands that name a browser, and its family in the words of uap-core. Chromium's own are not here: every browser made
/// of it bears them.
const BROWSERS: [(&str, &str); 9] = [
    ("Microsoft Edge", "Edge"),
    ("Brave", "Brave"),
    ("Opera", "Opera"),
    ("Opera GX", "Opera"),
    ("Vivaldi", "Vivaldi"),
    ("YaBrowser", "Yandex Browser"),
    ("Yandex", "Yandex Browser"),
    ("Samsung Internet", "Samsung Internet"),
    ("DuckDuckGo", "DuckDuckGo"),
];

/// Platforms, and their families in the words of uap-core.
const PLATFORMS: [(&str, &str); 7] = [
    ("Windows", "Windows"),
    ("macOS", "Mac OS X"),
    ("Android", "Android"),
    ("Chrome OS", "Chrome OS"),
    ("Chromium OS", "Chrome OS"),
    ("iOS", "iOS"),
    ("Linux", "Linux"),
];

impl ClientHints {
    /// The family of a browser that is made of Chromium and is not Chrome.
    pub(super) fn browser(&self) -> Option<&'static str> {
        let brands = self.brands.as_deref()?;
        BROWSERS
            .iter()
            .find(|(brand, _)| texts(brands).any(|text| text == *brand))
            .map(|(_, family)| *family)
    }

    /// Whether a brand says that nobody sits before the screen.
    pub(super) fn is_headless(&self) -> bool {
        let brands = self.brands.as_deref().unwrap_or_default();
        texts(brands).any(|text| text.starts_with("Headless"))
    }

    /// Whether it is a phone's browser.
    pub(super) fn is_mobile(&self) -> Option<bool> {
        match self.mobile.as_deref()?.trim() {
            "?1" => Some(true),
            "?0" => Some(false),
            _ => None,
        }
    }

    /// The operating system's family.
    pub(super) fn os(&self) -> Option<&'static str> {
        let platform = texts(self.platform.as_deref()?).next()?;
        PLATFORMS
            .iter()
            .find(|(name, _)| *name == platform)
            .map(|(_, family)| *family)
    }
}

/// The quoted texts of a list that are its members. Versions are quoted too, as parameters after `=`; the invented brand
/// that is mixed in may hold any character and, as none is known by it, is not worth unescaping.
fn texts(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        loop {
            let (before, after) = rest.split_once('"')?;
            let end = closing(after)?;
            rest = &after[end + 1..];
            if !before.trim_end().ends_with('=') {
                return Some(&after[..end]);
            }
        }
    })
}

/// Where a quoted text ends.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(brands: &str, mobile: &str, platform: &str) -> ClientHints {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        ClientHints {
            brands: text(brands),
            mobile: text(mobile),
            platform: text(platform),
        }
    }

    #[test]
    fn brands_are_the_members_of_the_list() {
        for (brands, browser) in [
            (
                r#""Not)A;Brand";v="8", "Chromium";v="138", "Google Chrome";v="138""#,
                None,
            ),
            (
                r#""Chromium";v="138", "Microsoft Edge";v="138", "Not A(Brand";v="24""#,
                Some("Edge"),
            ),
            (
                r#""Brave";v="137", "Chromium";v="137", "Not/A)Brand";v="24""#,
                Some("Brave"),
            ),
            (r#""Opera GX";v="120","Chromium";v="135""#, Some("Opera")),
            (
                r#"" Not \"A;Brand";v="99", "Chromium";v="96", "Opera";v="82""#,
                Some("Opera"),
            ),
            (r#""Chromium";v="Brave""#, None),
            (r#""Chromium"; v = "Brave""#, None),
            (r#""Brave"#, None),
            ("Brave", None),
            ("", None),
        ] {
            assert_eq!(hints(brands, "", "").browser(), browser, "{brands}");
        }
        let headless = r#""HeadlessChrome";v="138", "Chromium";v="138""#;
        assert!(hints(headless, "", "").is_headless());
        assert!(!hints(r#""Chromium";v="Headless""#, "", "").is_headless());
    }

    #[test]
    fn what_has_another_form_says_nothing() {
        let read = |mobile, platform| {
            let hints = hints("", mobile, platform);
            (hints.is_mobile(), hints.os())
        };
        assert_eq!(read("?1", r#""Android""#), (Some(true), Some("Android")));
        assert_eq!(read("?0", r#""macOS""#), (Some(false), Some("Mac OS X")));
        assert_eq!(read("1", r#""Unknown""#), (None, None));
        assert_eq!(read("true", "Windows"), (None, None));
        assert_eq!(read("", r#"""#), (None, None));
    }
}
