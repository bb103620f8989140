//! Browser, operating system and kind of device, from the `User-Agent` header by the patterns of uap-core.
//!
//! The device's model is not asked for: browsers freeze it, and its patterns are three quarters of the work. Of the
//! device patterns only those that tell a crawler are used.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use lru::LruCache;
use ua_parser::{Regexes, device, os, user_agent};

/// What a `User-Agent` tells. What it does not tell is null.
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
/// Headers remembered. A site sees a few thousand different ones in a month; most requests bear the latest browsers'.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(4096).expect("not zero");

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(Patterns::compile);
static SEEN: LazyLock<Mutex<LruCache<Box<str>, Arc<UserAgent>>>> =
    LazyLock::new(|| Mutex::new(LruCache::new(REMEMBERED)));
static UNKNOWN: LazyLock<Arc<UserAgent>> = LazyLock::new(Arc::default);

struct Patterns {
    browsers: user_agent::Extractor<'static>,
    systems: os::Extractor<'static>,
    crawlers: device::Extractor<'static>,
}

/// Compiles the patterns, which takes a moment: called at the start, the first request need not wait for it.
pub fn warm_up() {
    LazyLock::force(&PATTERNS);
}

/// What a `User-Agent` tells; nothing for a request without one.
pub fn read(header: Option<&str>) -> Arc<UserAgent> {
    let Some(header) = header.map(str::trim).filter(|header| !header.is_empty()) else {
        return Arc::clone(&UNKNOWN);
    };
    let header = &header[..header.floor_char_boundary(LOOKED_AT)];
    let seen = || SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = seen().get(header) {
        return Arc::clone(known);
    }
    // Outside the lock: other requests go on meanwhile, and two that find the same are no harm.
    let found = Arc::new(
        PATTERNS
            .as_ref()
            .map(|p| p.read(header))
            .unwrap_or_default(),
    );
    seen().put(header.into(), Arc::clone(&found));
    found
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
        let mut crawlers = device::Builder::new();
        for parser in regexes.device_parsers {
            if parser.device_replacement.as_deref() == Some(CRAWLER) {
                crawlers = crawlers.push(parser).ok()?;
            }
        }
        Some(Self {
            browsers: browsers.build().ok()?,
            systems: systems.build().ok()?,
            crawlers: crawlers.build().ok()?,
        })
    }

    fn read(&self, header: &str) -> UserAgent {
        let known = |family: &str| (family != "Other").then(|| family.to_owned());
        let browser = self
            .browsers
            .extract(header)
            .and_then(|found| known(&found.family));
        let os = self
            .systems
            .extract(header)
            .and_then(|found| known(&found.os));
        let device = if self.crawlers.extract(header).is_some() || is_program(header) {
            Some(DeviceKind::Bot)
        } else {
            os.as_deref().and_then(|os| kind(os, header))
        };
        UserAgent {
            device,
            browser,
            os,
        }
    }
}

/// What uap-core calls a crawler's device.
const CRAWLER: &str = "Spider";

/// Programs that say what they are and that uap-core takes for no crawler.
fn is_program(header: &str) -> bool {
    const NAMES: [&str; 10] = [
        "curl/",
        "wget/",
        "python-requests/",
        "python-urllib/",
        "go-http-client/",
        "okhttp/",
        "java/",
        "headlesschrome/",
        "libwww-perl/",
        "axios/",
    ];
    let header = header.to_ascii_lowercase();
    NAMES.iter().any(|name| header.contains(name))
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
            let found = read(Some(header));
            assert_eq!(found.device, device, "{header}");
            assert_eq!(found.browser.as_deref(), browser, "{header}");
            assert_eq!(found.os.as_deref(), os, "{header}");
        }
    }

    #[test]
    fn no_header_tells_nothing() {
        assert_eq!(*read(None), UserAgent::default());
        assert_eq!(*read(Some("  ")), UserAgent::default());
    }

    #[test]
    fn an_endless_header_is_cut_between_characters() {
        assert_eq!(*read(Some(&"é".repeat(100_000))), UserAgent::default());
    }
}
