//! The settings of a page, with their defaults and bounds.

use waymark_protocol::{Consent, Engine, Sdk};

use super::attribution::Landing;
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
    /// The domain of the visitor's cookie; the page's own host if absent.
    pub cookie_domain: Option<String>,
    /// Milliseconds until a batch goes out.
    pub flush_after: i64,
    /// Items that make a batch go out.
    pub batch_size: usize,
    /// Milliseconds between two looks at the visible time.
    pub heartbeat: i64,
    /// How long a session lives.
    pub session: session::Limits,
    /// Whether the browser has locks across tabs: not on plain http, and not before Safari 15.4.
    pub locks: bool,
    /// Whether the page is rendered ahead of being shown, and has no visitor yet.
    pub prerendering: bool,
    /// Whether the page came over https.
    pub secure: bool,
    /// How the page was entered, as seen before anything could rewrite the URL.
    pub landing: Landing,
    /// How the visit was entered, where that was on an earlier page, left before its core was there.
    pub arrival: Option<Landing>,
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
            cookie_domain: None,
            flush_after: 0,
            batch_size: 0,
            heartbeat: 0,
            session: session::Limits { idle: 0, max: 0 },
            locks: false,
            prerendering: false,
            secure: false,
            landing: Landing {
                at: 0,
                url: String::new(),
                referrer: None,
            },
            arrival: None,
        }
    }

    /// Reads the settings in the order of the fields below; what is empty or no whole number has its default, and a flag
    /// is `0` or `1`.
    ///
    /// key, endpoint, version, engine, debug, consent, autoPageViews, hashRouting, gaPolling, cookieDomain,
    /// flushIntervalMs, batchSize, heartbeatMs, session idle and maximum in milliseconds, locks, prerendering, secure;
    /// landing and arrival, each as time, URL and page before.
    pub fn read(given: &str) -> Options {
        let mut fields = text::fields(given);
        let key = fields.take();
        let endpoint = fields.take().to_owned();
        let version = fields.take().to_owned();
        let engine = match fields.take() {
            "js" => Engine::Js,
            _ => Engine::Wasm,
        };
        let mut key_json = String::new();
        json::quote(&mut key_json, key);
        let sdk = Sdk {
            name: "waymark-js".into(),
            version: version.into(),
            engine: Some(engine),
        };
        Options {
            endpoint,
            head: batch::head(&key_json, &json::text(&sdk)),
            debug: flag(&mut fields, false),
            consent: consent::parse(fields.take()).unwrap_or(Consent::Granted),
            auto: flag(&mut fields, true),
            by_hash: flag(&mut fields, false),
            ga: flag(&mut fields, true),
            cookie_domain: fields.some(),
            flush_after: whole(&mut fields, 5_000, 0),
            batch_size: whole(&mut fields, 20, 1) as usize,
            heartbeat: whole(&mut fields, 15_000, 100),
            session: session::Limits {
                idle: whole(&mut fields, 30 * 60_000, 1),
                max: whole(&mut fields, 24 * 3_600_000, 1),
            },
            locks: flag(&mut fields, false),
            prerendering: flag(&mut fields, false),
            secure: flag(&mut fields, false),
            landing: landing(&mut fields),
            arrival: Some(landing(&mut fields)).filter(|landing| !landing.url.is_empty()),
        }
    }
}

#[inline(never)]
fn flag(fields: &mut Fields<'_>, default: bool) -> bool {
    match fields.take() {
        "" => default,
        given => given == "1",
    }
}

#[inline(never)]
fn whole(fields: &mut Fields<'_>, default: i64, least: i64) -> i64 {
    match number::parse_time(fields.take()) {
        Some(number) if number >= least => number,
        _ => default,
    }
}

fn landing(fields: &mut Fields<'_>) -> Landing {
    Landing {
        at: whole(fields, 0, 0),
        url: fields.take().to_owned(),
        referrer: fields.some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_counts() {
        let options = Options::read(
            &[
                "wk_1",
                "https://c/v1/events",
                "0.1.0",
                "js",
                "1",
                "unknown",
                "0",
                "1",
                "0",
                "a.example",
                "300",
                "5",
                "1000",
                "60000",
                "3600000",
                "1",
                "0",
                "1",
                "7",
                "https://a/",
                "https://b/",
                "5",
                "https://a/x",
                "",
            ]
            .join("\0"),
        );
        assert_eq!(options.endpoint, "https://c/v1/events");
        assert!(options.head.contains("\"key\":\"wk_1\""));
        assert!(options.head.contains("\"engine\":\"js\""));
        assert!(options.debug && options.by_hash && options.locks && options.secure);
        assert!(!options.auto && !options.ga && !options.prerendering);
        assert_eq!(options.consent, Consent::Unknown);
        assert_eq!(options.cookie_domain.as_deref(), Some("a.example"));
        assert_eq!((options.flush_after, options.batch_size), (300, 5));
        assert_eq!(options.heartbeat, 1_000);
        assert_eq!(
            (options.session.idle, options.session.max),
            (60_000, 3_600_000)
        );
        assert_eq!(options.landing.at, 7);
        assert_eq!(options.landing.referrer.as_deref(), Some("https://b/"));
        let arrival = options.arrival.expect("an arrival");
        assert_eq!(
            (arrival.at, arrival.url.as_str(), arrival.referrer),
            (5, "https://a/x", None)
        );
    }

    #[test]
    fn what_is_absent_or_out_of_bounds_has_its_default() {
        let given = [
            "", "", "", "", "", "perhaps", "", "", "", "", "-5", "0", "99", "NaN", "1e21",
        ];
        let options = Options::read(&given.join("\0"));
        assert_eq!(options.consent, Consent::Granted);
        assert!(options.auto && options.ga && !options.debug && !options.locks);
        assert_eq!((options.flush_after, options.batch_size), (5_000, 20));
        assert_eq!(options.heartbeat, 15_000);
        assert_eq!(
            (options.session.idle, options.session.max),
            (1_800_000, 86_400_000)
        );
        assert!(options.arrival.is_none());
    }
}
