//! How the visitor arrived: a touch is read from the landing page's URL and the page before it.
//!
//! Only the ingredients are kept in the browser ([`Landing`]); the [`Touch`] is read from them again whenever a context is
//! made. Raw facts alone leave the browser: source, medium and channel are the collector's conclusions.

use std::borrow::Cow;

use waymark_protocol::{ClickIds, Touch, limits};

use super::text::{after, before, owned, parts, split};
use super::{id, number};

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
            !referrer.is_empty()
                && host(referrer).is_none_or(|host| {
                    own != Some(host) && !site.is_some_and(|site| within(host, site))
                })
        });
        self
    }

    /// The text kept in storage, which belongs to `owner`, a session or a visitor.
    pub fn text(&self, owner: &str) -> String {
        let mut out = String::from(owner);
        out.push(' ');
        number::push_time(&mut out, self.at);
        out.push(' ');
        // A serialised URL has no spaces; one made by hand may.
        push_token(&mut out, cut(&self.url, KEPT_CHARS));
        out.push(' ');
        push_token(
            &mut out,
            cut(self.referrer.as_deref().unwrap_or(""), limits::URL_CHARS),
        );
        out
    }

    /// Reads what [`Landing::text`] wrote for `owner`; the text of another owner, or anything else, is `None`.
    pub fn parse(text: &str, owner: &str) -> Option<Landing> {
        let (at, rest) = split(text.strip_prefix(owner)?.strip_prefix(' ')?, b' ')?;
        let (url, referrer) = split(rest, b' ')?;
        Some(Landing {
            at: number::parse_time(at)?,
            url: url.to_owned(),
            referrer: owned(referrer),
        })
    }

    /// The touch as it is sent.
    pub fn touch(&self) -> Touch {
        let mut touch = Touch {
            at: self.at,
            landing_url: owned(cut(&self.url, limits::URL_CHARS)),
            referrer: self
                .referrer
                .as_deref()
                .and_then(|r| owned(cut(r, limits::URL_CHARS))),
            ..Touch::default()
        };
        for (name, value) in parameters(&self.url) {
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
                *field = decoded(value);
            }
        }
        touch
    }
}

fn push_click_id(ids: &mut ClickIds, name: &'static str, value: &str) {
    if let Some(value) = decoded(value) {
        ids.0.push((Cow::Borrowed(name), value));
    }
}

fn push_token(out: &mut String, text: &str) {
    out.extend(text.chars().map(|c| if c == ' ' { '+' } else { c }));
}

/// The first `chars` characters.
pub fn cut(text: &str, chars: usize) -> &str {
    if text.len() <= chars {
        return text;
    }
    text.char_indices()
        .nth(chars)
        .and_then(|(end, _)| text.get(..end))
        .unwrap_or(text)
}

/// The host name of an absolute URL, without port and user.
fn host(url: &str) -> Option<&str> {
    let authority = before(after(url, "://")?, b'/');
    let authority = before(before(authority, b'?'), b'#');
    let host = parts(authority, b'@').last()?;
    Some(before(host, b':'))
}

/// Whether `host` is `site` or a name under it; `site` may begin with a dot.
fn within(host: &str, site: &str) -> bool {
    let site = site.strip_prefix('.').unwrap_or(site);
    host.strip_suffix(site)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The raw pairs of a URL's query.
fn parameters(url: &str) -> impl Iterator<Item = (&str, &str)> {
    let query = split(before(url, b'#'), b'?').map_or("", |(_, query)| query);
    parts(query, b'&').filter_map(|pair| split(pair, b'='))
}

/// A form-encoded value (`+` is a space), within the limit of a text; `None` if nothing is left.
fn decoded(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let ahead = rest.clone();
                match (rest.next().and_then(id::hex), rest.next().and_then(id::hex)) {
                    (Some(high), Some(low)) => high * 16 + low,
                    // Not an escape: the sign stands for itself.
                    _ => {
                        rest = ahead;
                        b'%'
                    }
                }
            }
            other => other,
        });
    }
    // What is not UTF-8 stays as it was encoded.
    let text = String::from_utf8(bytes);
    owned(cut(text.as_deref().unwrap_or(value), limits::TEXT_CHARS))
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
        let touch = landing(
            "https://shop.example/p?utm_source=news%20letter&utm_medium=e+mail&utm_campaign=j%C3%BCni&utm_term=a%2Bb&utm_content=&gclid=Cj0&x=1&ScCid=s&gclid=later#utm_source=no",
            "https://mail.example/inbox",
        )
        .touch();
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
            let url = ["https://a.example/?", name, "=v1"].concat();
            assert_eq!(landing(&url, "").touch().click_ids.get(name), Some("v1"));
        }
    }

    #[test]
    fn parameters_behind_the_cut_of_the_url_are_still_read() {
        let url = [
            "https://a.example/?pad=",
            &"x".repeat(3_000),
            "&utm_source=late",
        ]
        .concat();
        let kept = Landing::parse(&landing(&url, "").text("me"), "me").expect("own text");
        let touch = kept.touch();
        assert_eq!(touch.source.as_deref(), Some("late"));
        assert_eq!(
            touch.landing_url.map(|u| u.chars().count()),
            Some(limits::URL_CHARS)
        );
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
            landing.touch();
            prop_assert!(Landing::parse(&landing.text("me"), "me").is_some());
        }

        #[test]
        fn encoded_values_come_back(value in "\\PC{1,60}") {
            let encoded: String = value.bytes().flat_map(|b| {
                [b'%', b"0123456789ABCDEF"[usize::from(b >> 4)], b"0123456789abcdef"[usize::from(b & 15)]]
            }).map(char::from).collect();
            prop_assert_eq!(decoded(&encoded), Some(value));
        }
    }
}
