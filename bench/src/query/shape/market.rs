//! Who comes from where and what there is to see: pages, ways to the site, campaigns, countries, browsers.

use super::weights::Weights;

/// Where the pages are.
pub use crate::traffic::ORIGIN;

/// Pages of the site.
pub const PAGES: usize = 2_000;
/// Ways to the site, named ones and other sites.
pub const WAYS: usize = NAMED_WAYS.len() + REFERRING;
/// Sites without a name that link to this one.
const REFERRING: usize = 60;
/// Campaigns.
pub const CAMPAIGNS: usize = 24;

/// The pages that are seen most: path and title.
const NAMED_PAGES: [(&str, &str); 10] = [
    ("/", "Harbor: sail further"),
    ("/pricing", "Pricing and plans"),
    ("/features", "What it does"),
    ("/journal", "Journal"),
    ("/app", "Analysis"),
    ("/docs", "Documentation"),
    ("/sign-up", "Sign up"),
    ("/about", "About us"),
    ("/contact", "Write to us"),
    ("/customers", "Customers"),
];

/// How somebody came: the referrer, what the landing URL says of the source, and whether it names a campaign.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// The referrer; nothing where there is none.
    pub referrer: &'static str,
    /// The query of the landing URL, without the campaign.
    pub query: &'static str,
    /// `utm_source` and `utm_medium`, as the SDK reads them from the query.
    pub utm: Option<(&'static str, &'static str)>,
    /// Name and value of a click id, likewise.
    pub click: Option<(&'static str, &'static str)>,
}

const fn from(referrer: &'static str) -> Way {
    Way {
        referrer,
        query: "",
        utm: None,
        click: None,
    }
}

/// The oftenest first.
const NAMED_WAYS: [Way; 16] = [
    from("https://www.google.com/"),
    from(""),
    Way {
        referrer: "https://www.google.com/",
        query: "utm_source=google&utm_medium=cpc&gclid=Cj0KCQjw6cHoBhDdARIsADiTTzZ",
        utm: Some(("google", "cpc")),
        click: Some(("gclid", "Cj0KCQjw6cHoBhDdARIsADiTTzZ")),
    },
    Way {
        referrer: "",
        query: "utm_source=newsletter&utm_medium=email",
        utm: Some(("newsletter", "email")),
        click: None,
    },
    Way {
        referrer: "https://l.facebook.com/",
        query: "utm_source=facebook&utm_medium=paid_social&fbclid=IwAR2F4dbP0l7Mn1IawQ",
        utm: Some(("facebook", "paid_social")),
        click: Some(("fbclid", "IwAR2F4dbP0l7Mn1IawQ")),
    },
    from("https://www.bing.com/"),
    from("https://www.linkedin.com/"),
    Way {
        referrer: "https://partner.example/",
        query: "utm_source=partner&utm_medium=affiliate",
        utm: Some(("partner", "affiliate")),
        click: None,
    },
    from("https://www.youtube.com/"),
    from("https://t.co/x"),
    from("https://duckduckgo.com/"),
    from("https://chatgpt.com/"),
    from("https://www.reddit.com/"),
    Way {
        referrer: "https://www.bing.com/",
        query: "utm_source=bing&utm_medium=cpc&msclkid=c1f0e2b7a94c1f5d",
        utm: Some(("bing", "cpc")),
        click: Some(("msclkid", "c1f0e2b7a94c1f5d")),
    },
    Way {
        referrer: "",
        query: "utm_source=display&utm_medium=banner",
        utm: Some(("display", "banner")),
        click: None,
    },
    from("https://github.com/"),
];

/// Somebody who typed the address, or came from where nothing tells of it.
pub const DIRECT: usize = 1;

/// A country: code, cities, language, time zone, hours before Greenwich.
pub type Country = (
    &'static str,
    [&'static str; 2],
    &'static str,
    &'static str,
    i64,
);

/// The oftenest first.
pub const COUNTRIES: [Country; 14] = [
    (
        "US",
        ["New York", "Chicago"],
        "en-US",
        "America/New_York",
        -5,
    ),
    ("DE", ["Berlin", "Hamburg"], "de-DE", "Europe/Berlin", 1),
    ("GB", ["London", "Leeds"], "en-GB", "Europe/London", 0),
    ("FR", ["Paris", "Lyon"], "fr-FR", "Europe/Paris", 1),
    ("IN", ["Mumbai", "Delhi"], "en-IN", "Asia/Kolkata", 5),
    (
        "NL",
        ["Amsterdam", "Utrecht"],
        "nl-NL",
        "Europe/Amsterdam",
        1,
    ),
    ("ES", ["Madrid", "Valencia"], "es-ES", "Europe/Madrid", 1),
    (
        "CA",
        ["Toronto", "Montreal"],
        "en-CA",
        "America/Toronto",
        -5,
    ),
    (
        "BR",
        ["São Paulo", "Recife"],
        "pt-BR",
        "America/Sao_Paulo",
        -3,
    ),
    ("AU", ["Sydney", "Perth"], "en-AU", "Australia/Sydney", 10),
    ("PL", ["Warsaw", "Kraków"], "pl-PL", "Europe/Warsaw", 1),
    ("SE", ["Stockholm", "Malmö"], "sv-SE", "Europe/Stockholm", 1),
    ("JP", ["Tokyo", "Osaka"], "ja-JP", "Asia/Tokyo", 9),
    (
        "MX",
        ["Mexico City", "Puebla"],
        "es-MX",
        "America/Mexico_City",
        -6,
    ),
];

/// What browsers call themselves, with their windows; the oftenest first.
pub const BROWSERS: [(&str, [u32; 2]); 8] = [
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        [1920, 1080],
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
        [390, 844],
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
        [412, 915],
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
        [1512, 982],
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
        [1536, 864],
    ),
    (
        "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
        [1920, 1200],
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0",
        [1920, 1080],
    ),
    (
        "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
        [820, 1180],
    ),
];

/// What those call themselves who are none.
pub const BOT: (&str, [u32; 2]) = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    [1024, 768],
);

/// How often each of all that is drawn.
#[derive(Debug)]
pub struct Market {
    /// Pages.
    pub pages: Weights,
    /// Ways to the site.
    pub ways: Weights,
    /// Campaigns.
    pub campaigns: Weights,
    /// Countries.
    pub countries: Weights,
    /// Browsers.
    pub browsers: Weights,
}

impl Market {
    /// By Zipf's law, all of them.
    pub fn new() -> Self {
        Self {
            pages: Weights::zipf(PAGES, 1.0),
            ways: Weights::zipf(WAYS, 1.1),
            campaigns: Weights::zipf(CAMPAIGNS, 0.9),
            countries: Weights::zipf(COUNTRIES.len(), 1.0),
            browsers: Weights::zipf(BROWSERS.len(), 0.8),
        }
    }
}

/// Path and title of a page.
pub fn page(rank: usize) -> (String, String) {
    match NAMED_PAGES.get(rank) {
        Some((path, title)) => ((*path).to_owned(), (*title).to_owned()),
        None if rank.is_multiple_of(3) => (
            format!("/journal/entry-{rank}"),
            format!("Journal, entry {rank}"),
        ),
        None => (format!("/boats/model-{rank}"), format!("Boat {rank}")),
    }
}

/// The way of a rank, with its referrer.
pub fn way(rank: usize) -> (Way, String) {
    match NAMED_WAYS.get(rank) {
        Some(way) => (*way, way.referrer.to_owned()),
        None => (from(""), format!("https://site-{rank}.example/read")),
    }
}

/// What a campaign is called.
pub fn campaign(rank: usize) -> String {
    const THEMES: [&str; 6] = [
        "spring", "brand", "launch", "retarget", "webinar", "regatta",
    ];
    format!(
        "{}-{}",
        THEMES[rank % THEMES.len()],
        rank / THEMES.len() + 1
    )
}
