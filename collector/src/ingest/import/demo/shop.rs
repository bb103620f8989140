//! What there is: ways to the shop, devices, places, pages, organisations.

/// A page of the shop.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) path: &'static str,
    pub(super) title: &'static str,
}

const fn page(path: &'static str, title: &'static str) -> Page {
    Page { path, title }
}

pub(super) static HOME: Page = page("/", "Demo shop");
pub(super) static PRODUCTS: Page = page("/products", "All kits");
pub(super) static KIT: Page = page("/products/starter-kit", "Starter kit");
pub(super) static BIG_KIT: Page = page("/products/family-kit", "Family kit");
pub(super) static PRICING: Page = page("/pricing", "Plans and prices");
pub(super) static GUIDE: Page = page("/guides/first-steps", "First steps");
pub(super) static STORIES: Page = page("/guides/stories", "Stories of customers");
pub(super) static SIGN_UP: Page = page("/signup", "Sign up");
pub(super) static AGREEMENT: Page = page("/agreement", "Your agreement");
pub(super) static CONNECT: Page = page("/connect", "Connect your kit");
pub(super) static APP: Page = page("/app", "Your home");
pub(super) static REPORTS: Page = page("/app/reports", "Reports");
pub(super) static CHECKOUT: Page = page("/checkout", "Checkout");
pub(super) static THANKS: Page = page("/thanks", "Thank you");

/// What visitors look at who only look, by how often.
pub(super) static LOOKS: [(i64, &Page); 7] = [
    (30, &PRODUCTS),
    (22, &KIT),
    (12, &BIG_KIT),
    (16, &PRICING),
    (12, &GUIDE),
    (5, &STORIES),
    (3, &HOME),
];

/// A way to the shop, as the address of the first page and the page before tell it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) source: Option<&'static str>,
    pub(super) medium: Option<&'static str>,
    pub(super) campaign: Option<&'static str>,
    pub(super) term: Option<&'static str>,
    pub(super) referrer: Option<&'static str>,
}

const fn campaign(source: &'static str, medium: &'static str, campaign: &'static str) -> Way {
    Way {
        source: Some(source),
        medium: Some(medium),
        campaign: Some(campaign),
        term: None,
        referrer: None,
    }
}

const fn by_link(referrer: &'static str) -> Way {
    Way {
        source: None,
        medium: None,
        campaign: None,
        term: None,
        referrer: Some(referrer),
    }
}

pub(super) static DIRECT: Way = Way {
    source: None,
    medium: None,
    campaign: None,
    term: None,
    referrer: None,
};
pub(super) static SEARCH: Way = by_link("https://www.google.com/");
pub(super) static OTHER_SEARCH: Way = by_link("https://www.bing.com/");
pub(super) static REFERRAL: Way = by_link("https://homes.example/best-kits");
pub(super) static SOCIAL: Way = by_link("https://www.reddit.com/");
pub(super) static FIRST_STEPS: Way = Way {
    term: Some("starter kit"),
    ..campaign("google", "cpc", "first_steps")
};
pub(super) static LOOK_AGAIN: Way = campaign("facebook", "paid_social", "look_again");
pub(super) static LETTER: Way = campaign("newsletter", "email", "weekly_letter");
pub(super) static CREATORS: Way = campaign("youtube", "paid_video", "creator_week");
pub(super) static PARTNERS: Way = campaign("homes.example", "affiliate", "partner_offer");

/// With what somebody comes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Agent {
    pub(super) header: &'static str,
    /// Of the screen, and of the window.
    pub(super) size: (i64, i64, i64, i64),
}

pub(super) static LAPTOP: Agent = Agent {
    header: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    size: (1440, 900, 1440, 789),
};
pub(super) static DESKTOP: Agent = Agent {
    header: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    size: (1920, 1080, 1903, 969),
};
pub(super) static FOX: Agent = Agent {
    header: "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    size: (1920, 1200, 1908, 1061),
};
pub(super) static PHONE: Agent = Agent {
    header: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    size: (390, 844, 390, 664),
};
pub(super) static ANDROID: Agent = Agent {
    header: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
    size: (412, 915, 412, 785),
};
pub(super) static TABLET: Agent = Agent {
    header: "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
    size: (834, 1194, 834, 1080),
};
pub(super) static BOT: Agent = Agent {
    header: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    size: (1024, 768, 1024, 768),
};

pub(super) static AGENTS: [(i64, &Agent); 6] = [
    (24, &DESKTOP),
    (18, &LAPTOP),
    (8, &FOX),
    (26, &PHONE),
    (19, &ANDROID),
    (5, &TABLET),
];

/// Where somebody is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) country: &'static str,
    pub(super) city: &'static str,
    pub(super) language: &'static str,
    pub(super) zone: &'static str,
}

const fn place(
    country: &'static str,
    city: &'static str,
    language: &'static str,
    zone: &'static str,
) -> Place {
    Place {
        country,
        city,
        language,
        zone,
    }
}

pub(super) static SWEDEN: Place = place("SE", "Stockholm", "sv-SE", "Europe/Stockholm");

pub(super) static PLACES: [(i64, &Place); 7] = [
    (30, &place("DE", "Berlin", "de-DE", "Europe/Berlin")),
    (14, &place("DE", "Munich", "de-DE", "Europe/Berlin")),
    (16, &place("FR", "Lyon", "fr-FR", "Europe/Paris")),
    (12, &place("GB", "Leeds", "en-GB", "Europe/London")),
    (10, &place("NL", "Utrecht", "nl-NL", "Europe/Amsterdam")),
    (8, &place("US", "Denver", "en-US", "America/Denver")),
    (10, &SWEDEN),
];

/// Organisations whose people sign up: the id, the name and the domain.
pub(super) static ACCOUNTS: [(&str, &str, &str); 6] = [
    ("acme", "Acme Homes", "acme.example"),
    ("birch", "Birch & Sons", "birch.example"),
    ("cedar", "Cedar Housing", "cedar.example"),
    ("delta", "Delta Living", "delta.example"),
    ("elm", "Elm Street Rentals", "elm.example"),
    ("fjord", "Fjord Cabins", "fjord.example"),
];
