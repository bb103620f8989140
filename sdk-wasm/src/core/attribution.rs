//! How the visitor arrived: a touch is read from the landing page's URL and the page before it.
//!
//! Only the ingredients are kept in the browser ([`Landing`]); the [`Touch`] is read from them again whenever a context is
//! made. Raw facts alone leave the browser: source, medium and channel are the collector's conclusions.

use std::borrow::Cow;

use waymark_protocol::{ClickIds, Touch, limits};

use super::number;
use super::text::{Fields, after, before, fields, owned, push};

/// Characters of a landing URL that are kept in the browser. More than what is sent, because campaign parameters may
/// stand behind the cut.
const KEPT_CHARS: usize = 4 * limits::URL_CHARS;

/// An arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// The client's clock at the landing.
    pub at: i64,
    /// The whole URL.
    pub url: String,
    /// The page before, unless it is empty.
    pub referrer: Option<String>,
}

impl Landing {
    /// Leaves out a referrer that is a page of the site itself: it says nothing about where the visitor came from.
    pub fn from_outside(mut self, site: Option<&str>) -> Landing {
        let own = host(&self.url);
        self.referrer = self.referrer.filter(|referrer| {
            let host = host(referrer);
            !referrer.is_empty()
                && (host.is_empty()
                    || (own != host && !site.is_some_and(|site| within(host, site))))
        });
        self
    }

    /// The text kept in storage, which belongs to `owner`, a session or a visitor.
    pub fn text(&self, owner: &str) -> String {
        let mut out = String::from(owner);
        push(&mut out, " ");
        number::push_time(&mut out, self.at);
        push(&mut out, " ");
        // A serialised URL has no spaces; one made by hand may.
        push_token(&mut out, cut(&self.url, KEPT_CHARS));
        push(&mut out, " ");
        push_token(
            &mut out,
            cut(self.referrer.as_deref().unwrap_or(""), limits::URL_CHARS),
        );
        out
    }

    /// Reads what [`Landing::text`] wrote for `owner`; the text of another owner, or anything else, is `None`.
    pub fn parse(text: &str, owner: &str) -> Option<Landing> {
        let mut fields = Fields(text, b' ');
        if fields.take() != owner {
            return None;
        }
        Some(Landing {
            at: number::parse_time(fields.take())?,
            url: fields.take().to_owned(),
            referrer: fields.some(),
        })
    }

    /// The touch as it is sent. `parameters` are those of the URL, decoded: names and values, as fields.
    pub fn touch(&self, parameters: &str) -> Touch {
        let mut touch = Touch {
            at: self.at,
            landing_url: owned(cut(&self.url, limits::URL_CHARS)),
            referrer: self
                .referrer
                .as_deref()
                .and_then(|r| owned(cut(r, limits::URL_CHARS))),
            ..Touch::default()
        };
        let mut query = fields(parameters);
        while !query.is_done() {
            let (name, value) = (query.take(), query.take());
            let field = match name {
                "utm_source" => &mut touch.source,
                "utm_medium" => &mut touch.medium,
                "utm_campaign" => &mut touch.campaign,
                "utm_term" => &mut touch.term,
                "utm_content" => &mut touch.content,
                _ => {
                    if let Some(name) = limits::CLICK_IDS.iter().find(|id| **id == name)
                        && touch.click_ids.get(name).is_none()
                    {
                        push_click_id(&mut touch.click_ids, name, value);
                    }
                    continue;
                }
            };
            if field.is_none() {
                *field = owned(cut(value, limits::TEXT_CHARS));
            }
        }
        touch
    }
}

fn push_click_id(ids: &mut ClickIds, name: &'static str, value: &str) {
    if let Some(value) = owned(cut(value, limits::TEXT_CHARS)) {
        ids.0.push((Cow::Borrowed(name), value));
    }
}

fn push_token(out: &mut String, text: &str) {
    let mut words = Fields(text, b' ');
    push(out, words.take());
    while !words.is_done() {
        push(out, "+");
        push(out, words.take());
    }
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
    let Some(mut rest) = after(url, "://") else {
        return "";
    };
    for end in [b'/', b'?', b'#'] {
        rest = before(rest, end);
    }
    let mut parts = Fields(rest, b'@');
    while !parts.is_done() {
        rest = parts.take();
    }
    before(rest, b':')
}

/// Whether `host` is `site` or a name under it; `site` may begin with a dot.
fn within(host: &str, site: &str) -> bool {
    let site = site.strip_prefix('.').unwrap_or(site);
    host.strip_suffix(site)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn landing(url: &str, referrer: &str) -> Landing {
        Landing {
            at: 5,
            url: url.to_owned(),
            referrer: Some(referrer.to_owned()),
        }
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
        let touch = landing("https://shop.example/p?…", "https://mail.example/inbox").touch(
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
        for name in limits::CLICK_IDS {
            let touch = landing("https://a.example/", "").touch(&[name, "v1"].join("\0"));
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
        let kept = Landing::parse(&landing(&url, "").text("me"), "me").expect("own text");
        assert_eq!(kept.url, url);
        let sent = kept.touch(&["utm_term", &"ü".repeat(600)].join("\0"));
        let chars = |text: Option<String>| text.map(|text| text.chars().count());
        assert_eq!(chars(sent.landing_url), Some(limits::URL_CHARS));
        assert_eq!(chars(sent.term), Some(limits::TEXT_CHARS));
    }

    #[test]
    fn the_sites_own_pages_are_not_where_a_visitor_came_from() {
        let outside = |referrer: &str, site: Option<&str>| {
            landing("https://www.shop.example:8443/a", referrer)
                .from_outside(site)
                .referrer
        };
        assert_eq!(outside("https://www.shop.example/b", None), None);
        assert_eq!(outside("", None), None);
        assert!(outside("https://blog.shop.example/b", None).is_some());
        assert_eq!(
            outside("https://blog.shop.example/b", Some(".shop.example")),
            None
        );
        assert!(outside("https://notshop.example/", Some("shop.example")).is_some());
        assert!(outside("android-app://com.mail/", Some("shop.example")).is_some());
        assert!(outside("https://evil.example/?https://www.shop.example/", None).is_some());
    }

    #[test]
    fn a_landing_of_another_owner_is_not_read() {
        let text = landing("https://a.example/", "https://b.example/").text("me");
        assert!(Landing::parse(&text, "me").is_some());
        assert_eq!(Landing::parse(&text, "you"), None);
        assert_eq!(Landing::parse("", "me"), None);
    }

    proptest! {
        #[test]
        fn no_query_is_too_strange(url in "\\PC{0,80}", referrer in "\\PC{0,20}") {
            let landing = landing(&url, &referrer).from_outside(Some(&referrer));
            landing.touch(&url);
            prop_assert!(Landing::parse(&landing.text("me"), "me").is_some());
        }
    }
}
