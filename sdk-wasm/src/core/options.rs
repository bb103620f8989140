//! The settings of a page, with their defaults and bounds.

use waymark_protocol::{Consent, Engine, Sdk};

use super::text::Fields;
use super::{batch, consent, json, number, session, text};

/// The settings.
#[derive(Debug)]
pub struct Options {
    /// The full URL of `POST /v1/events`.
    pub endpoint: String,
    /// What every batch of the page begins with.
    pub head: String,
    /// Whether to tell the developer what went wrong.
    pub debug: bool,
    /// The state of consent at the start.
    pub consent: Consent,
    /// Whether page views are sent without being called for.
    pub auto: bool,
    /// Whether the fragment is part of a page's address.
    pub by_hash: bool,
    /// Whether to wait for Google Analytics' cookies.
    pub ga: bool,
    /// Whether nothing is stored in the browser, so that what was stored before goes.
    pub cookieless: bool,
    /// Milliseconds until a batch goes out.
    pub flush_after: i64,
    /// Items that make a batch go out.
    pub batch_size: usize,
    /// Milliseconds between two looks at the visible time.
    pub heartbeat: i64,
    /// How long a session lives.
    pub session: session::Limits,
}

impl Options {
    /// Before there are any.
    pub const fn none() -> Options {
        Options {
            endpoint: String::new(),
            head: String::new(),
            debug: false,
            consent: Consent::Unknown,
            auto: false,
            by_hash: false,
            ga: false,
            cookieless: false,
            flush_after: 0,
            batch_size: 0,
            heartbeat: 0,
            session: session::Limits { idle: 0, max: 0 },
        }
    }

    /// Reads the settings in the order of the fields below. A flag is set by `1`; a consent that has no such name counts as
    /// granted; a number that is missing or out of bounds has its default.
    ///
    /// key, endpoint, version, engine, consent, debug, autoPageViews, hashRouting, gaPolling, cookieless,
    /// flushIntervalMs, batchSize, heartbeatMs, session idle and maximum in milliseconds. Returns what follows.
    pub fn read<'a>(&mut self, given: &'a str) -> &'a str {
        let mut fields = text::fields(given);
        let mut key = String::new();
        json::quote(&mut key, fields.take());
        self.endpoint = text::own(fields.take());
        let version = fields.take();
        let sdk = Sdk {
            name: "waymark-js",
            version,
            engine: Some(if fields.take() == "js" {
                Engine::Js
            } else {
                Engine::Wasm
            }),
        };
        self.head = batch::head(&key, &json::text(&sdk));
        self.consent = consent::parse(fields.take()).unwrap_or(Consent::Granted);
        let mut flag = || fields.take() == "1";
        self.debug = flag();
        self.auto = flag();
        self.by_hash = flag();
        self.ga = flag();
        self.cookieless = flag();
        self.flush_after = whole(&mut fields, 5_000, 0);
        self.batch_size = whole(&mut fields, 20, 1) as usize;
        self.heartbeat = whole(&mut fields, 15_000, 100);
        self.session = session::Limits {
            idle: whole(&mut fields, 30 * 60_000, 1),
            max: whole(&mut fields, 24 * 3_600_000, 1),
        };
        fields.0
    }
}

#[inline(never)]
fn whole(fields: &mut Fields<'_>, default: i64, least: i64) -> i64 {
    let number = number::parse(fields.take());
    if number >= least { number } else { default }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_counts() {
        let given = [
            "wk_1",
            "https://c/v1/events",
            "0.1.0",
            "js",
            "unknown",
            "1",
            "0",
            "1",
            "0",
            "0",
            "300",
            "5",
            "1000",
            "60000",
            "3600000",
            "7 https://a/ https://b/",
        ]
        .join("\0");
        let mut options = Options::none();
        let rest = options.read(&given);
        assert_eq!(rest, "7 https://a/ https://b/");
        assert_eq!(options.endpoint, "https://c/v1/events");
        assert!(options.head.contains("\"key\":\"wk_1\""));
        assert!(options.head.contains("\"version\":\"0.1.0\""));
        assert!(options.head.contains("\"engine\":\"js\""));
        assert!(options.debug && options.by_hash);
        assert!(!options.auto && !options.ga && !options.cookieless);
        assert_eq!(options.consent, Consent::Unknown);
        assert_eq!((options.flush_after, options.batch_size), (300, 5));
        assert_eq!(options.heartbeat, 1_000);
        assert_eq!(
            (options.session.idle, options.session.max),
            (60_000, 3_600_000)
        );
    }

    #[test]
    fn what_is_absent_or_out_of_bounds_has_its_default() {
        let given = [
            "", "", "", "", "perhaps", "", "", "", "", "", "-5", "0", "99", "NaN", "1e21",
        ]
        .join("\0");
        let mut options = Options::none();
        options.read(&given);
        assert_eq!(options.consent, Consent::Granted);
        assert!(options.head.contains("\"engine\":\"wasm\""));
        assert_eq!((options.flush_after, options.batch_size), (5_000, 20));
        assert_eq!(options.heartbeat, 15_000);
        assert_eq!(
            (options.session.idle, options.session.max),
            (1_800_000, 86_400_000)
        );
    }
}
