//! How the visitor arrived: a touch is read from the landing page's URL and the page before it.
//!
//! Only the ingredients are kept in the browser ([`Landing`]); the touch is read from them again whenever a context is
//! made. Raw facts alone leave the browser: source, medium and channel are the collector's conclusions.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use uuid::Uuid;
use waymark_protocol::{Empty, Touch, limits};

use super::text::{Fields, after, before, fields, push};
use super::{id, json, number};

/// Characters of a landing URL that are kept in the browser. More than what is sent, because campaign parameters may
/// stand behind the cut.
const KEPT_CHARS: usize = 4 * limits::URL_CHARS;

/// An arrival, as a text says it: time, URL and the page before, separated by spaces, of which neither has any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landing<'a> {
    /// The client's clock at the landing.
    pub at: i64,
    /// The whole URL.
    pub url: &'a str,
    /// The page before; empty if there was none.
    pub referrer: &'a str,
}

impl<'a> Landing<'a> {
    /// Reads an arrival; what cannot be read is empty.
    pub fn parse(text: &'a str) -> Landing<'a> {
        let mut fields = Fields(text, b' ');
        Landing {
            at: number::count(fields.take()) as i64,
            url: fields.take(),
            referrer: fields.take(),
        }
    }

    /// Reads what [`Landing::text`] wrote for `owner`; the text of another owner, or anything else, is `None`.
    pub fn of(text: &'a str, owner: &Uuid) -> Option<Landing<'a>> {
        let mut fields = Fields(text, b' ');
        (fields.take() == id::text(owner)).then(|| Landing::parse(fields.0))
    }

    /// Leaves out a referrer that is a page of the site itself: it says nothing about where the visitor came from. The
    /// site is the page's own host and, unless that is empty, every host under `site`.
    pub fn from_outside(mut self, site: &str) -> Landing<'a> {
        let host = host(self.referrer);
        if !host.is_empty() && (host == self::host(self.url) || within(host, site)) {
            self.referrer = "";
        }
        self
    }

    /// The text kept in storage, which belongs to `owner`, a session or a visitor.
    pub fn text(&self, owner: &Uuid) -> String {
        let mut out = id::text(owner);
        push(&mut out, " ");
        number::push_time(&mut out, self.at);
        push(&mut out, " ");
        push(&mut out, cut(self.url, KEPT_CHARS));
        push(&mut out, " ");
        push(&mut out, cut(self.referrer, limits::URL_CHARS));
        out
    }

    /// The JSON of the touch as it is sent. `parameters` are those of the URL, decoded: names and values, as fields.
    pub fn touch(&self, parameters: &str) -> String {
        let utm = |name| Some(cut(value(parameters, name), limits::TEXT_CHARS));
        json::text(&Touch {
            at: self.at,
            landing_url: Some(cut(self.url, limits::URL_CHARS)),
            referrer: Some(self.referrer),
            source: utm("utm_source"),
            medium: utm("utm_medium"),
            campaign: utm("utm_campaign"),
            term: utm("utm_term"),
            content: utm("utm_content"),
            click_ids: Clicks(parameters),
        })
    }
}

/// The advertising click ids among parameters.
#[derive(Debug, Default)]
struct Clicks<'a>(&'a str);

impl Empty for Clicks<'_> {
    fn is_empty(&self) -> bool {
        // The serializer leaves out what turns out to be empty.
        false
    }
}

impl Serialize for Clicks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut ids = serializer.serialize_struct("", 0)?;
        for name in &limits::CLICK_IDS {
            ids.serialize_field(name, cut(value(self.0, name), limits::TEXT_CHARS))?;
        }
        ids.end()
    }
}

/// The first value under `name` that is not empty.
#[inline(never)]
fn value<'a>(parameters: &'a str, name: &str) -> &'a str {
    let mut fields = fields(parameters);
    while !fields.is_done() {
        let found = fields.take() == name;
        let value = fields.take();
        if found && !value.is_empty() {
            return value;
        }
    }
    ""
}

/// The first `chars` characters.
#[inline(never)]
pub fn cut(text: &str, chars: usize) -> &str {
    let mut left = chars;
    for (at, byte) in text.bytes().enumerate() {
        // Any byte but the first of a character.
        if byte & 0xc0 == 0x80 {
            continue;
        }
        if left == 0 {
            return text.get(..at).unwrap_or(text);
        }
        left -= 1;
    }
    text
}

/// The host name of an absolute URL, without port and user; empty if there is none.
fn host(url: &str) -> &str {
    let mut rest = after(url, "://");
    for end in b"/?#" {
        rest = before(rest, *end);
    }
    let mut parts = Fields(rest, b'@');
    while !parts.is_done() {
        rest = parts.take();
    }
    before(rest, b':')
}

/// Whether `host` is `site` or a name under it; `site` may begin with a dot, or be empty for none.
fn within(host: &str, site: &str) -> bool {
    let site = site.strip_prefix(".").unwrap_or(site);
    !site.is_empty()
        && host
            .strip_suffix(site)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn landing<'a>(url: &'a str, referrer: &'a str) -> Landing<'a> {
        Landing {
            at: 5,
            url,
            referrer,
        }
    }

    fn owner(byte: u8) -> Uuid {
        id::new(1, [u64::from(byte); 2])
    }

    fn touch(landing: &Landing<'_>, parameters: &str) -> Touch {
        serde_json::from_str(&landing.touch(parameters)).expect("a touch")
    }

    #[test]
    fn a_campaign_link_is_read_whole() {
        let parameters = [
            ("utm_source", "news letter"),
            ("utm_medium", "e mail"),
            ("utm_campaign", "jüni"),
            ("utm_term", "a+b"),
            ("utm_content", ""),
            ("gclid", "Cj0"),
            ("x", "1"),
            ("ScCid", "s"),
            ("gclid", "later"),
            ("utm_source", "no"),
        ];
        let touch = touch(
            &landing("https://shop.example/p?…", "https://mail.example/inbox"),
            &parameters
                .map(|(name, value)| [name, value].join("\0"))
                .join("\0"),
        );
        assert_eq!(touch.source.as_deref(), Some("news letter"));
        assert_eq!(touch.medium.as_deref(), Some("e mail"));
        assert_eq!(touch.campaign.as_deref(), Some("jüni"));
        assert_eq!(touch.term.as_deref(), Some("a+b"));
        assert_eq!(touch.content, None);
        assert_eq!(
            touch.referrer.as_deref(),
            Some("https://mail.example/inbox")
        );
        let ids: Vec<_> = touch
            .click_ids
            .0
            .iter()
            .map(|(n, v)| (n.as_ref(), v.as_str()))
            .collect();
        assert_eq!(ids, [("gclid", "Cj0"), ("ScCid", "s")]);
    }

    #[test]
    fn every_click_id_is_known() {
        for name in &limits::CLICK_IDS {
            let touch = touch(&landing("https://a.example/", ""), &[name, "v1"].join("\0"));
            assert_eq!(touch.click_ids.get(name), Some("v1"));
        }
    }

    #[test]
    fn more_of_the_url_is_kept_than_is_sent() {
        // Campaign parameters may stand behind the cut.
        let url = [
            "https://a.example/?pad=",
            &"x".repeat(3_000),
            "&utm_source=late",
        ]
        .concat();
        let text = landing(&url, "").text(&owner(1));
        let kept = Landing::of(&text, &owner(1)).expect("own text");
        assert_eq!(kept.url, url);
        let sent = touch(&kept, &["utm_term", &"ü".repeat(600)].join("\0"));
        let chars = |text: Option<String>| text.map(|text| text.chars().count());
        assert_eq!(chars(sent.landing_url), Some(limits::URL_CHARS));
        assert_eq!(chars(sent.term), Some(limits::TEXT_CHARS));
    }

    #[test]
    fn the_sites_own_pages_are_not_where_a_visitor_came_from() {
        let outside = |referrer: &str, site: &str| {
            !landing("https://www.shop.example:8443/a", referrer)
                .from_outside(site)
                .referrer
                .is_empty()
        };
        assert!(!outside("https://www.shop.example/b", ""));
        assert!(!outside("", ""));
        assert!(outside("https://blog.shop.example/b", ""));
        assert!(!outside("https://blog.shop.example/b", ".shop.example"));
        assert!(outside("https://notshop.example/", "shop.example"));
        assert!(outside("android-app://com.mail/", "shop.example"));
        assert!(outside(
            "https://evil.example/?https://www.shop.example/",
            ""
        ));
    }

    #[test]
    fn a_landing_of_another_owner_is_not_read() {
        let text = landing("https://a.example/", "https://b.example/").text(&owner(1));
        assert!(Landing::of(&text, &owner(1)).is_some());
        assert_eq!(Landing::of(&text, &owner(2)), None);
        assert_eq!(Landing::of("", &owner(1)), None);
    }

    proptest! {
        #[test]
        fn no_query_is_too_strange(url in "[^ ]{0,80}", referrer in "[^ ]{0,20}") {
            let landing = landing(&url, &referrer).from_outside(&referrer);
            touch(&landing, &url);
            let text = landing.text(&owner(1));
            prop_assert_eq!(Landing::of(&text, &owner(1)), Some(landing));
        }
    }
}
