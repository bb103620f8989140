//! The settings of a page, read from the plain object that the wrapper passes.

use wasm_bindgen::JsValue;
use waymark_protocol::{Consent, Engine, Sdk};

use super::{clock, dom, identity};
use crate::core::attribution::Landing;
use crate::core::{batch, consent, session};

/// The settings.
#[derive(Debug)]
pub(crate) struct Options {
    /// The site's write key.
    pub(crate) key: String,
    /// The full URL of `POST /v1/events`.
    pub(crate) endpoint: String,
    /// The wrapper's version.
    pub(crate) version: String,
    /// Whether the core was translated to JavaScript.
    pub(crate) is_js: bool,
    /// Whether to tell the developer what went wrong.
    pub(crate) debug: bool,
    /// The state of consent at the start.
    pub(crate) consent: Consent,
    /// Whether page views are sent without being called for.
    pub(crate) auto: bool,
    /// Whether the fragment is part of a page's address.
    pub(crate) by_hash: bool,
    /// Whether to wait for Google Analytics' cookies.
    pub(crate) ga: bool,
    /// The domain of the visitor's cookie; the page's own host if absent.
    pub(crate) cookie_domain: Option<String>,
    /// Milliseconds until a batch goes out.
    pub(crate) flush_after: i64,
    /// Items that make a batch go out.
    pub(crate) batch_size: usize,
    /// Milliseconds between two looks at the visible time.
    pub(crate) heartbeat: u32,
    /// How long a session lives.
    pub(crate) session: session::Limits,
    /// How the page was entered, as seen before anything could rewrite the URL.
    pub(crate) landing: Landing,
    /// How the visit was entered, where that was on an earlier page, left before its core was there.
    pub(crate) arrival: Option<Landing>,
}

impl Options {
    /// Reads the settings; what is absent or of another type has its default.
    pub(crate) fn read(from: &JsValue) -> Options {
        let text = |name| dom::text(from, name);
        let flag = |name, default| dom::get(from, name).as_bool().unwrap_or(default);
        let number = |name, default: f64, least: f64| {
            dom::number(from, name)
                .filter(|n| *n >= least)
                .unwrap_or(default)
        };
        let landing = |name| {
            let from = dom::get(from, name);
            from.is_object().then(|| Landing {
                at: dom::number(&from, "at").map_or_else(clock::now, |at| at as i64),
                url: dom::text(&from, "url").unwrap_or_else(address),
                referrer: dom::text(&from, "referrer").filter(|r| !r.is_empty()),
            })
        };
        Options {
            key: text("key").unwrap_or_default(),
            endpoint: text("endpoint").unwrap_or_default(),
            version: text("version").unwrap_or_default(),
            is_js: text("engine").is_some_and(|engine| engine == "js"),
            debug: flag("debug", false),
            consent: text("consent")
                .and_then(|state| consent::parse(&state))
                .unwrap_or(Consent::Granted),
            auto: flag("autoPageViews", true),
            by_hash: flag("hashRouting", false),
            ga: flag("gaPolling", true),
            cookie_domain: text("cookieDomain").filter(|domain| !domain.is_empty()),
            flush_after: number("flushIntervalMs", 5_000.0, 0.0) as i64,
            batch_size: number("batchSize", 20.0, 1.0) as usize,
            heartbeat: number("heartbeatMs", 15_000.0, 100.0) as u32,
            session: session::Limits {
                idle: (number("sessionIdleMinutes", 30.0, 0.001) * 60_000.0) as i64,
                max: (number("sessionMaxHours", 24.0, 0.001) * 3_600_000.0) as i64,
            },
            landing: landing("landing").unwrap_or_else(|| Landing {
                at: clock::now(),
                url: address(),
                referrer: None,
            }),
            arrival: landing("arrival"),
        }
    }
}

impl Options {
    /// What every batch of the page begins with.
    pub(crate) fn head(&self) -> String {
        let sdk = Sdk {
            name: "waymark-js".into(),
            version: self.version.clone().into(),
            engine: Some(if self.is_js { Engine::Js } else { Engine::Wasm }),
        };
        batch::head(
            &identity::stringify(&JsValue::from_str(&self.key)).unwrap_or_default(),
            &identity::json(&sdk).unwrap_or_default(),
        )
    }
}

/// The address of the page now.
pub(crate) fn address() -> String {
    dom::text(&dom::get(&dom::window(), "location"), "href").unwrap_or_default()
}
