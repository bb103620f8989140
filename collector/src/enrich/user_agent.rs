//! Browser, operating system and kind of device, from the `User-Agent` header by the patterns of uap-core and from the
//! client hints beside it.
//!
//! Chromium's browsers freeze their `User-Agent` and say in their hints what it no longer tells, so a hint wins where it
//! says more: the platform over the header's system, but for `Linux`, of which the header may know the distribution; phone
//! or not over what the header is read to mean; a brand that names a browser over the header, which calls all of them
//! Chrome. Where the brand is Chrome's own the header has the last word: apps that show pages by it name themselves there.
//! A bot is one if either says so. The device's model is not asked for: browsers freeze it too, and its patterns are
//! three quarters of the work.

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};

use lru::LruCache;
use ua_parser::{Regexes, os, user_agent};

use super::bots;
use super::client_hints::ClientHints;

/// What the headers of a browser tell. What they do not tell is null.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserAgent {
    /// The kind of device.
    pub device: Option<DeviceKind>,
    /// The browser's family, such as `Firefox`.
    pub browser: Option<String>,
    /// The operating system's family, such as `Windows`.
    pub os: Option<String>,
}

/// Kinds of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceKind {
    /// A computer.
    Desktop,
    /// A phone.
    Mobile,
    /// A tablet.
    Tablet,
    /// A program that is nobody's browser.
    Bot,
}

impl DeviceKind {
    /// The text in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Bot => "bot",
        }
    }
}

/// Bytes of a header that are looked at. Longer ones are no browser's, and the patterns take time by length.
const LOOKED_AT: usize = 512;
/// Combinations of headers that each thread remembers. Most requests bear those of the latest browsers.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(1024).expect("not zero");

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(Patterns::compile);
static UNKNOWN: LazyLock<Arc<UserAgent>> = LazyLock::new(Arc::default);

thread_local! {
    /// Of each thread, so that no request waits for another one's lookup.
    static SEEN: RefCell<Seen> = RefCell::new(Seen {
        key: String::new(),
        known: LruCache::new(REMEMBERED),
    });
}

/// What was concluded from which headers.
struct Seen {
    /// The headers being looked up, kept for its memory.
    key: String,
    known: LruCache<Box<str>, Arc<UserAgent>>,
}

struct Patterns {
    browsers: user_agent::Extractor<'static>,
    systems: os::Extractor<'static>,
}

/// Compiles the patterns, which takes a moment: called at the start, the first request need not wait for it.
pub fn warm_up() {
    LazyLock::force(&PATTERNS);
    bots::warm_up();
}

/// What a `User-Agent` and the client hints beside it tell; nothing for a request without any.
pub fn read(header: Option<&str>, hints: &ClientHints) -> Arc<UserAgent> {
    let header = header.map(str::trim).unwrap_or_default();
    let parts = [
        Some(header),
        hints.brands.as_deref(),
        hints.mobile.as_deref(),
        hints.platform.as_deref(),
    ]
    .map(|part| cut(part.unwrap_or_default()));
    if parts.iter().all(|part| part.is_empty()) {
        return Arc::clone(&UNKNOWN);
    }
    SEEN.with_borrow_mut(|seen| {
        seen.key.clear();
        for part in parts {
            seen.key.push_str(part);
            // No header has a line break in it.
            seen.key.push('\n');
        }
        if let Some(known) = seen.known.get(seen.key.as_str()) {
            return Arc::clone(known);
        }
        let hints = ClientHints {
            brands: Some(parts[1].to_owned()),
            mobile: Some(parts[2].to_owned()),
            platform: Some(parts[3].to_owned()),
        };
        let found = PATTERNS
            .as_ref()
            .map(|patterns| patterns.read(parts[0], &hints))
            .unwrap_or_default();
        let found = Arc::new(found);
        seen.known.put(seen.key.as_str().into(), Arc::clone(&found));
        found
    })
}

fn cut(header: &str) -> &str {
    &header[..header.floor_char_boundary(LOOKED_AT)]
}

impl Patterns {
    /// `None` only if the committed file does not fit the parser, which the tests would tell.
    fn compile() -> Option<Self> {
        let regexes: Regexes<'static> =
            serde_saphyr::from_str(include_str!("uap-core/regexes.yaml")).ok()?;
        let mut browsers = user_agent::Builder::new();
        for parser in regexes.user_agent_parsers {
            browsers = browsers.push(parser).ok()?;
        }
        let mut systems = os::Builder::new();
        for parser in regexes.os_parsers {
            systems = systems.push(parser).ok()?;
        }
        Some(Self {
            browsers: browsers.build().ok()?,
            systems: systems.build().ok()?,
        })
    }

    fn read(&self, header: &str, hints: &ClientHints) -> UserAgent {
        let known = |family: &str| (family != "Other").then(|| family.to_owned());
        let browser = self
            .browsers
            .extract(header)
            .and_then(|found| known(&found.family));
        let system = self
            .systems
            .extract(header)
            .and_then(|found| known(&found.os));
        let os = match (hints.os(), system) {
            // A distribution says more than its kind.
            (Some("Linux"), Some(system)) => Some(system),
            (Some(hinted), _) => Some(hinted.to_owned()),
            (None, system) => system,
        };
        let device = if bots::is_bot(header) || hints.is_headless() {
            Some(DeviceKind::Bot)
        } else {
            match hints.is_mobile() {
                Some(true) => Some(DeviceKind::Mobile),
                Some(false) if os.as_deref() == Some("Android") => Some(DeviceKind::Tablet),
                _ => os.as_deref().and_then(|os| kind(os, header)),
            }
        };
        UserAgent {
            device,
            browser: hints.browser().map(str::to_owned).or(browser),
            os,
        }
    }
}

/// The kind of device that runs a system. An Android tablet is one that does not say `Mobile`
/// (<https://developer.chrome.com/docs/multidevice/user-agent>); an iPad in its desktop mode says it is a Mac.
fn kind(os: &str, header: &str) -> Option<DeviceKind> {
    if header.contains("iPad") || header.contains("Tablet") || header.contains("Silk/") {
        return Some(DeviceKind::Tablet);
    }
    match os {
        "iOS" | "Windows Phone" | "BlackBerry OS" | "KaiOS" | "HarmonyOS" | "Firefox OS" => {
            Some(DeviceKind::Mobile)
        }
        "Android" if header.contains("Mobile") => Some(DeviceKind::Mobile),
        "Android" => Some(DeviceKind::Tablet),
        "Windows" | "Mac OS X" | "Linux" | "Ubuntu" | "Chrome OS" | "Fedora" | "Debian"
        | "FreeBSD" | "OpenBSD" | "NetBSD" | "Red Hat" | "SUSE" | "Mint" | "Solaris" => {
            Some(DeviceKind::Desktop)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_browsers_systems_and_devices() {
        use DeviceKind::{Bot, Desktop, Mobile, Tablet};
        for (header, device, browser, os) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
                Some(Desktop),
                Some("Chrome"),
                Some("Windows"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
                Some(Desktop),
                Some("Edge"),
                Some("Windows"),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
                Some(Desktop),
                Some("Safari"),
                Some("Mac OS X"),
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                Some(Desktop),
                Some("Firefox"),
                Some("Linux"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
                Some(Mobile),
                Some("Mobile Safari"),
                Some("iOS"),
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                Some(Tablet),
                Some("Mobile Safari"),
                Some("iOS"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
                Some(Mobile),
                Some("Chrome Mobile"),
                Some("Android"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
                Some(Tablet),
                Some("Chrome"),
                Some("Android"),
            ),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                Some(Bot),
                Some("Googlebot"),
                None,
            ),
            ("curl/8.5.0", Some(Bot), Some("curl"), None),
            ("\u{1f980}", None, None, None),
        ] {
            let found = read(Some(header), &ClientHints::default());
            assert_eq!(found.device, device, "{header}");
            assert_eq!(found.browser.as_deref(), browser, "{header}");
            assert_eq!(found.os.as_deref(), os, "{header}");
        }
    }

    /// Chrome's header, with a system and what follows.
    fn chrome(system: &str, tail: &str) -> String {
        format!(
            "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 {tail}Safari/537.36"
        )
    }

    #[test]
    fn hints_win_where_they_say_more() {
        use DeviceKind::{Bot, Desktop, Mobile, Tablet};
        const CHROME: &str = r#""Not)A;Brand";v="8", "Chromium";v="138", "Google Chrome";v="138""#;
        const BRAVE: &str = r#""Not)A;Brand";v="8", "Chromium";v="138", "Brave";v="138""#;
        const HEADLESS: &str = r#""Chromium";v="138", "HeadlessChrome";v="138""#;
        let windows = chrome("Windows NT 10.0; Win64; x64", "");
        let linux = chrome("X11; Linux x86_64", "");
        let phone = chrome("Linux; Android 10; K", "Mobile ");
        let instagram = "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.0.0 Mobile Safari/537.36 Instagram 330.0.0.40.92 Android";
        let ubuntu =
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
        for (header, brands, mobile, platform, device, browser, os) in [
            // Chrome's brand leaves the header its word, the others do not.
            (
                &*windows,
                CHROME,
                "?0",
                r#""Windows""#,
                Some(Desktop),
                Some("Chrome"),
                Some("Windows"),
            ),
            (
                &*windows,
                BRAVE,
                "?0",
                r#""Windows""#,
                Some(Desktop),
                Some("Brave"),
                Some("Windows"),
            ),
            (
                &*phone,
                CHROME,
                "?1",
                r#""Android""#,
                Some(Mobile),
                Some("Chrome Mobile"),
                Some("Android"),
            ),
            (
                instagram,
                CHROME,
                "?1",
                r#""Android""#,
                Some(Mobile),
                Some("Instagram"),
                Some("Android"),
            ),
            // A phone that was asked for the page of a computer says so in its header, and what it is in its hints.
            (
                &*linux,
                CHROME,
                "?1",
                r#""Android""#,
                Some(Mobile),
                Some("Chrome"),
                Some("Android"),
            ),
            (
                &*phone,
                CHROME,
                "?0",
                r#""Android""#,
                Some(Tablet),
                Some("Chrome Mobile"),
                Some("Android"),
            ),
            (
                &*linux,
                CHROME,
                "?0",
                r#""Chrome OS""#,
                Some(Desktop),
                Some("Chrome"),
                Some("Chrome OS"),
            ),
            (
                ubuntu,
                "",
                "?0",
                r#""Linux""#,
                Some(Desktop),
                Some("Firefox"),
                Some("Ubuntu"),
            ),
            // What cannot be read leaves the header its word.
            (
                &*windows,
                "Brave",
                "yes",
                "macOS",
                Some(Desktop),
                Some("Chrome"),
                Some("Windows"),
            ),
            (
                "",
                BRAVE,
                "?0",
                r#""macOS""#,
                Some(Desktop),
                Some("Brave"),
                Some("Mac OS X"),
            ),
            // Neither can take back that the other one names a bot.
            (
                googlebot,
                CHROME,
                "?1",
                r#""Android""#,
                Some(Bot),
                Some("Googlebot"),
                Some("Android"),
            ),
            (
                &*windows,
                HEADLESS,
                "?0",
                r#""Windows""#,
                Some(Bot),
                Some("Chrome"),
                Some("Windows"),
            ),
        ] {
            let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let hints = ClientHints {
                brands: text(brands),
                mobile: text(mobile),
                platform: text(platform),
            };
            let found = read(Some(header), &hints);
            let found = (found.device, found.browser.as_deref(), found.os.as_deref());
            assert_eq!(found, (device, browser, os), "{header} {hints:?}");
        }
    }

    #[test]
    fn no_header_tells_nothing() {
        let none = ClientHints::default();
        assert_eq!(*read(None, &none), UserAgent::default());
        assert_eq!(*read(Some("  "), &none), UserAgent::default());
    }

    #[test]
    fn an_endless_header_is_cut_between_characters() {
        let found = read(Some(&"é ".repeat(100_000)), &ClientHints::default());
        assert_eq!(*found, UserAgent::default());
    }
}
