//! Where a visit came from: source, medium and channel out of the raw facts of a touch.
//!
//! UTM parameters decide, then click ids, then the referrer, and a visit with none of them is direct. UTM and click
//! ids are the advertiser's own word, so they stand before what the browser says of the page before.

use url::Url;
use waymark_protocol::{ClickIds, Touch as Raw};

use super::channel;
use super::sources::{self, Category};
use crate::journey::Touch;

/// The source of a visit that came from nowhere.
pub const DIRECT: &str = "direct";

/// What a click id says: whose it is, and by what means a visitor who bears it came.
const NETWORKS: [(&str, &str, &str); 17] = [
    ("gclid", "google", "cpc"),
    ("gbraid", "google", "cpc"),
    ("wbraid", "google", "cpc"),
    ("dclid", "google", "display"),
    ("msclkid", "bing", "cpc"),
    ("yclid", "yandex", "cpc"),
    ("fbclid", "facebook", "social"),
    ("igshid", "instagram", "social"),
    ("ttclid", "tiktok", "social"),
    ("twclid", "twitter", "social"),
    ("li_fat_id", "linkedin", "social"),
    ("ScCid", "snapchat", "social"),
    ("epik", "pinterest", "social"),
    ("rdt_cid", "reddit", "social"),
    ("qclid", "quora", "social"),
    ("irclickid", "impact", "affiliate"),
    ("cjevent", "cj", "affiliate"),
];

/// Draws the conclusions. `time` corrects a time of the sender's clock, and `origins` are the site's own, which are no
/// place that a visitor comes from.
pub fn conclude(raw: Raw, time: impl Fn(i64) -> Option<i64>, origins: &[String]) -> Touch {
    let (source, medium) = way(&raw, origins);
    let campaign = lower(raw.campaign.as_deref());
    let channel = channel::of(source.as_deref(), medium.as_deref(), campaign.as_deref());
    Touch {
        at: time(raw.at),
        source,
        medium,
        campaign: raw.campaign,
        term: raw.term,
        content: raw.content,
        channel: Some(channel.to_owned()),
        click_ids: (!raw.click_ids.0.is_empty())
            .then(|| serde_json::to_string(&raw.click_ids).ok())
            .flatten(),
        landing_url: raw.landing_url,
        referrer: raw.referrer,
    }
}

/// Source and medium.
fn way(raw: &Raw, origins: &[String]) -> (Option<String>, Option<String>) {
    let click = by_click(&raw.click_ids);
    let owned = |text: &str| Some(text.to_owned());
    match (lower(raw.source.as_deref()), lower(raw.medium.as_deref())) {
        (None, None) => match click {
            Some((network, medium)) => (owned(network), owned(medium)),
            None => by_referrer(raw, origins).unwrap_or_else(|| (owned(DIRECT), None)),
        },
        // A click id fills in what the campaign leaves open, unless it is another network's: links in a newsletter
        // that somebody shares on a social network bear both.
        (Some(source), None) => {
            let medium = click.filter(|(network, _)| source.contains(network));
            (Some(source), medium.and_then(|(_, medium)| owned(medium)))
        }
        (None, medium) => (click.and_then(|(network, _)| owned(network)), medium),
        both => both,
    }
}

/// The network and medium of the first click id that tells.
fn by_click(ids: &ClickIds) -> Option<(&'static str, &'static str)> {
    NETWORKS
        .iter()
        .find(|(name, ..)| ids.get(name).is_some())
        .map(|(_, network, medium)| (*network, *medium))
}

/// The place of the page before, unless it is the site itself.
fn by_referrer(raw: &Raw, origins: &[String]) -> Option<(Option<String>, Option<String>)> {
    let referrer = Url::parse(raw.referrer.as_deref()?).ok()?;
    let host = match referrer.scheme() {
        "http" | "https" => referrer.host_str()?,
        // An Android app names itself by its package: android-app://com.google.android.gm/
        "android-app" => {
            let package = referrer.host_str().filter(|host| !host.is_empty())?;
            return Some((Some(package.to_lowercase()), Some("app".to_owned())));
        }
        _ => return None,
    };
    let landing = raw
        .landing_url
        .as_deref()
        .and_then(|url| Url::parse(url).ok());
    let landed_on = landing.as_ref().and_then(Url::host_str);
    if landed_on.is_some_and(|own| bare(own) == bare(host))
        || origins.iter().any(|origin| is_of(host, origin))
    {
        return None;
    }
    let (source, medium) = match sources::at_host(host) {
        Some(known) if known.category == Category::Search => (known.name, "organic"),
        _ => (bare(host), "referral"),
    };
    Some((Some(source.to_owned()), Some(medium.to_owned())))
}

/// A host without the `www.` that says nothing.
fn bare(host: &str) -> &str {
    host.strip_prefix("www.")
        .filter(|rest| !rest.is_empty())
        .unwrap_or(host)
}

/// Whether a host belongs to an origin pattern such as `https://shop.example`, `http://localhost:*` or
/// `https://*.shop.example`.
fn is_of(host: &str, origin: &str) -> bool {
    let own = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    let own = own.split(['/', ':']).next().unwrap_or_default();
    match own.strip_prefix("*.") {
        Some(parent) => host
            .strip_suffix(parent)
            .is_some_and(|sub| sub.is_empty() || sub.ends_with('.')),
        None => !own.is_empty() && bare(own).eq_ignore_ascii_case(bare(host)),
    }
}

fn lower(text: Option<&str>) -> Option<String> {
    text.map(|text| text.trim().to_lowercase())
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A touch out of `source=…&medium=…&…`, for short tables.
    fn touch(text: &str) -> Touch {
        let mut raw: Raw = Raw {
            landing_url: Some("https://shop.example/pricing".to_owned()),
            ..Raw::default()
        };
        for (name, value) in text.split('&').filter_map(|pair| pair.split_once('=')) {
            let value = value.to_owned();
            match name {
                "source" => raw.source = Some(value),
                "medium" => raw.medium = Some(value),
                "campaign" => raw.campaign = Some(value),
                "referrer" => raw.referrer = Some(value),
                id => raw.click_ids.0.push((id.to_owned().into(), value)),
            }
        }
        let origins = [
            "https://shop.example".to_owned(),
            "https://*.shop.test".to_owned(),
        ];
        conclude(raw, Some, &origins)
    }

    #[test]
    fn who_decides() {
        for (text, source, medium, channel) in [
            ("", "direct", "", "Direct"),
            (
                "source=Newsletter&medium=E-Mail",
                "newsletter",
                "e-mail",
                "Email",
            ),
            (
                "source=newsletter&medium=email&gclid=1&referrer=https://www.google.com/",
                "newsletter",
                "email",
                "Email",
            ),
            ("source=google&gclid=1", "google", "cpc", "Paid Search"),
            ("source=newsletter&fbclid=1", "newsletter", "", "Unassigned"),
            ("medium=cpc&msclkid=1", "bing", "cpc", "Paid Search"),
            ("medium=email", "", "email", "Email"),
            ("campaign=june", "direct", "", "Direct"),
            (
                "gclid=1&referrer=https://www.google.com/",
                "google",
                "cpc",
                "Paid Search",
            ),
            ("wbraid=1", "google", "cpc", "Paid Search"),
            (
                "fbclid=1&referrer=https://l.facebook.com/",
                "facebook",
                "social",
                "Organic Social",
            ),
            (
                "source=facebook&medium=paid&fbclid=1",
                "facebook",
                "paid",
                "Paid Social",
            ),
            ("li_fat_id=1", "linkedin", "social", "Organic Social"),
            (
                "mc_eid=1&referrer=https://blog.example/",
                "blog.example",
                "referral",
                "Referral",
            ),
            (
                "referrer=https://www.google.co.uk/",
                "google",
                "organic",
                "Organic Search",
            ),
            (
                "referrer=https://duckduckgo.com/",
                "duckduckgo",
                "organic",
                "Organic Search",
            ),
            (
                "referrer=https://www.Blog.example/a?b=c",
                "blog.example",
                "referral",
                "Referral",
            ),
            (
                "referrer=https://t.co/x",
                "t.co",
                "referral",
                "Organic Social",
            ),
            (
                "referrer=https://chatgpt.com/",
                "chatgpt.com",
                "referral",
                "AI Assistant",
            ),
            ("referrer=https://www.shop.example/", "direct", "", "Direct"),
            ("referrer=https://eu.shop.test/", "direct", "", "Direct"),
            (
                "referrer=https://notshop.test/",
                "notshop.test",
                "referral",
                "Referral",
            ),
            (
                "referrer=android-app://com.google.android.gm/",
                "com.google.android.gm",
                "app",
                "Referral",
            ),
            ("referrer=about:blank", "direct", "", "Direct"),
            ("referrer=no url", "direct", "", "Direct"),
        ] {
            let touch = touch(text);
            let text_of = |text: Option<String>| text.unwrap_or_default();
            assert_eq!(
                (
                    text_of(touch.source),
                    text_of(touch.medium),
                    text_of(touch.channel)
                ),
                (source.to_owned(), medium.to_owned(), channel.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn raw_facts_are_kept_beside_the_conclusion() {
        let touch = touch("campaign=June&gclid=Cj0abc&referrer=https://www.google.com/");
        assert_eq!(touch.campaign.as_deref(), Some("June"));
        assert_eq!(touch.click_ids.as_deref(), Some(r#"{"gclid":"Cj0abc"}"#));
        assert_eq!(
            touch.landing_url.as_deref(),
            Some("https://shop.example/pricing")
        );
        assert_eq!(touch.referrer.as_deref(), Some("https://www.google.com/"));
    }
}
