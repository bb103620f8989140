//! What there is to choose from: ways to come, browsers, pages, names.

use super::{Agent, Page, Touch};

const fn touch(
    told: &'static str,
    [source, medium, campaign, term, content, channel, referrer]: [Option<&'static str>; 7],
) -> Touch {
    Touch {
        told,
        source,
        medium,
        campaign,
        term,
        content,
        channel,
        referrer,
    }
}

#[rustfmt::skip]
pub(super) static TOUCHES: [(i64, Touch); 9] = [
    (24, touch(r#"{"landing_url": "https://shop.example/"}"#,
        [Some("direct"), None, None, None, None, Some("Direct"), None])),
    (22, touch(r#"{"referrer": "https://www.google.com/"}"#,
        [Some("google"), Some("organic"), None, None, None, Some("Organic Search"), Some("www.google.com")])),
    (14, touch(r#"{"source": "google", "medium": "cpc", "campaign": "spring", "term": "shoes", "content": "a"}"#,
        [Some("google"), Some("cpc"), Some("spring"), Some("shoes"), Some("a"), Some("Paid Search"), None])),
    (6, touch(r#"{"source": "google", "medium": "cpc", "campaign": "winter", "content": "b"}"#,
        [Some("google"), Some("cpc"), Some("winter"), None, Some("b"), Some("Paid Search"), None])),
    (14, touch(r#"{"source": "Newsletter", "medium": "email", "campaign": "june"}"#,
        [Some("newsletter"), Some("email"), Some("june"), None, None, Some("Email"), None])),
    (8, touch(r#"{"referrer": "https://blog.example/post?x=1"}"#,
        [Some("blog.example"), Some("referral"), None, None, None, Some("Referral"), Some("blog.example")])),
    (8, touch(r#"{"source": "facebook", "medium": "social"}"#,
        [Some("facebook"), Some("social"), None, None, None, Some("Organic Social"), None])),
    (3, touch(r#"{"source": "mystery", "medium": "pigeon"}"#,
        [Some("mystery"), Some("pigeon"), None, None, None, Some("Unassigned"), None])),
    // Of which nothing is known.
    (4, touch("", [None; 7])),
];

const fn agent(
    header: Option<&'static str>,
    [device, browser, os]: [Option<&'static str>; 3],
) -> Agent {
    Agent {
        header,
        device,
        browser,
        os,
    }
}

#[rustfmt::skip]
pub(super) static AGENTS: [(i64, Agent); 5] = [
    (40, agent(Some("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"),
        [Some("desktop"), Some("Chrome"), Some("Windows")])),
    (30, agent(Some("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"),
        [Some("mobile"), Some("Mobile Safari"), Some("iOS")])),
    (15, agent(Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        [Some("desktop"), Some("Firefox"), Some("Linux")])),
    (5, agent(Some("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"),
        [Some("tablet"), Some("Mobile Safari"), Some("iOS")])),
    (5, agent(None, [None; 3])),
];

pub(super) static BOT: Agent = agent(
    Some("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    [Some("bot"), Some("Googlebot"), None],
);

const SHOP: &str = "shop.example";
const DOCS: &str = "docs.shop.example";
pub(super) const PAGES: [(i64, Page); 8] = [
    (40, page(SHOP, "/")),
    (20, page(SHOP, "/pricing")),
    (12, page(SHOP, "/features")),
    (8, page(SHOP, "/blog/a")),
    (6, page(SHOP, "/blog/b")),
    (6, page(SHOP, "/checkout")),
    (4, page(DOCS, "/")),
    (4, page(DOCS, "/start")),
];

const fn page(host: &'static str, path: &'static str) -> Page {
    Page { host, path }
}

/// Names of milestones, in the order in which people reach them.
pub(super) const MILESTONES: [&str; 3] = ["signup_at", "nda_signed_at", "first_connection_at"];

/// A name that is one of a few.
pub(super) fn known(name: &str) -> &'static str {
    let events = [
        "opened",
        "cta_clicked",
        "product_viewed",
        "added_to_cart",
        "checkout_started",
        "demo_booked",
        "purchase",
        "refund",
    ];
    let mut all = events.into_iter().chain(MILESTONES);
    all.find(|one| *one == name).unwrap()
}
