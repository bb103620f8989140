//! The channel group of a visit: Google Analytics 4's default groups, by the same rules in the same order.
//!
//! <https://support.google.com/analytics/answer/9756891>. The first rule that fits decides.

use super::sources::{Category, known};

/// The channel group of a source, medium and campaign, all in lower case.
pub fn of(source: Option<&str>, medium: Option<&str>, campaign: Option<&str>) -> &'static str {
    let category = source.and_then(known).map(|known| known.category);
    let is = |wanted| category == Some(wanted);
    let source = source.unwrap_or_default();
    let medium = medium.unwrap_or_default();
    let campaign = campaign.unwrap_or_default();
    let shop = is_shop(campaign);
    let paid = is_paid(medium);

    if matches!(source, "" | "direct" | "(direct)") && matches!(medium, "" | "(none)" | "(not set)")
    {
        "Direct"
    } else if campaign.contains("cross-network") {
        "Cross-network"
    } else if paid && (is(Category::Shopping) || shop) {
        "Paid Shopping"
    } else if paid && is(Category::Search) {
        "Paid Search"
    } else if paid && is(Category::Social) {
        "Paid Social"
    } else if paid && is(Category::Video) {
        "Paid Video"
    } else if matches!(
        medium,
        "display" | "banner" | "expandable" | "interstitial" | "cpm"
    ) {
        "Display"
    } else if paid {
        "Paid Other"
    } else if is(Category::Shopping) || shop {
        "Organic Shopping"
    } else if is(Category::Social)
        || matches!(
            medium,
            "social" | "social-network" | "social-media" | "sm" | "social network" | "social media"
        )
    {
        "Organic Social"
    } else if is(Category::Video) || medium.contains("video") {
        "Organic Video"
    } else if is(Category::Assistant) {
        "AI Assistant"
    } else if is(Category::Search) || medium == "organic" {
        "Organic Search"
    } else if matches!(medium, "referral" | "app" | "link") {
        "Referral"
    } else if is_email(source) || is_email(medium) {
        "Email"
    } else if medium == "affiliate" || medium == "affiliates" {
        "Affiliates"
    } else if medium == "audio" {
        "Audio"
    } else if source == "sms" || medium == "sms" {
        "SMS"
    } else if medium.ends_with("push")
        || medium.contains("mobile")
        || medium.contains("notification")
        || source == "firebase"
    {
        "Mobile Push Notifications"
    } else {
        "Unassigned"
    }
}

/// `^(.*cp.*|ppc|retargeting|paid.*)$`
fn is_paid(medium: &str) -> bool {
    medium.contains("cp")
        || medium == "ppc"
        || medium == "retargeting"
        || medium.starts_with("paid")
}

/// `^(.*(([^a-df-z]|^)shop|shopping).*)$`: the word, but not the end of another such as `workshop`; `eshop` is one.
fn is_shop(campaign: &str) -> bool {
    campaign.contains("shopping")
        || campaign.match_indices("shop").any(|(at, _)| {
            campaign[..at]
                .chars()
                .next_back()
                .is_none_or(|before| !matches!(before, 'a'..='d' | 'f'..='z'))
        })
}

/// `email|e-mail|e_mail|e mail`
fn is_email(text: &str) -> bool {
    ["email", "e-mail", "e_mail", "e mail"]
        .iter()
        .any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source, medium, campaign, channel.
    type Row = (&'static str, &'static str, &'static str, &'static str);

    /// Everything that each rule names, in the order of the rules, with what stands written at
    /// <https://support.google.com/analytics/answer/9756891>; which sites are of which kind is `sources.txt`.
    #[rustfmt::skip]
    const RULES: &[(&str, &[Row])] = &[
        ("Direct: source is direct or not set, and medium is (none), (not set) or not set", &[
            ("", "", "", "Direct"),
            ("direct", "", "", "Direct"),
            ("(direct)", "(none)", "", "Direct"),
            ("direct", "(not set)", "", "Direct"),
            ("", "(none)", "", "Direct"),
            ("direct", "", "my cross-network push", "Direct"),
            ("direct", "", "shop", "Direct"),
            ("direct", "cpc", "", "Paid Other"),
            ("(not set)", "", "", "Unassigned"),
        ]),
        ("Cross-network: campaign contains cross-network", &[
            ("google", "cpc", "my cross-network push", "Cross-network"),
            ("youtube", "referral", "cross-network", "Cross-network"),
            ("google", "cpc", "cross network", "Paid Search"),
        ]),
        // A word that ends in shop is not one, but eshop is.
        ("Paid Shopping: source is a shopping site or campaign matches ^(.*(([^a-df-z]|^)shop|shopping).*)$, and medium matches ^(.*cp.*|ppc|retargeting|paid.*)$", &[
            ("amazon", "cpc", "", "Paid Shopping"),
            ("google", "cpc", "summer-shop", "Paid Shopping"),
            ("google", "cpc", "shop", "Paid Shopping"),
            ("google", "cpc", "eshop", "Paid Shopping"),
            ("google", "cpc", "my shopping", "Paid Shopping"),
            ("google", "cpc", "windowshopping", "Paid Shopping"),
            ("google", "cpc", "workshop", "Paid Search"),
            ("google", "cpc", "photoshop", "Paid Search"),
            ("google", "cpc", "workshop and shop", "Paid Shopping"),
            ("shopify.com", "paid", "", "Paid Shopping"),
            ("ebay", "ppc", "", "Paid Shopping"),
            ("walmart.com", "cpc", "", "Paid Shopping"),
            ("shopping.google.com", "cpc", "", "Paid Shopping"),
        ]),
        ("Paid Search, Paid Social, Paid Video: source is such a site, and medium matches ^(.*cp.*|ppc|retargeting|paid.*)$", &[
            ("google", "cpc", "", "Paid Search"),
            ("google", "cpm", "", "Paid Search"),
            ("www.bing.com", "ppc", "", "Paid Search"),
            ("google.co.uk", "paidsearch", "", "Paid Search"),
            ("duckduckgo", "cpa", "", "Paid Search"),
            ("yandex.ru", "retargeting", "", "Paid Search"),
            ("google", "xcpx", "", "Paid Search"),
            ("facebook", "paid-social", "", "Paid Social"),
            ("fb", "paid", "", "Paid Social"),
            ("ig", "cpc", "", "Paid Social"),
            ("linkedin.com", "retargeting", "", "Paid Social"),
            ("facebook", "cpm", "", "Paid Social"),
            ("youtube", "cpv", "", "Paid Video"),
            ("youtube", "cpc", "", "Paid Video"),
            ("vimeo.com", "ppc", "", "Paid Video"),
            ("yahoo", "cpc", "", "Paid Search"),
            ("baidu.com", "ppc", "", "Paid Search"),
            ("tiktok", "paid", "", "Paid Social"),
            ("pinterest.de", "cpc", "", "Paid Social"),
            ("reddit.com", "paidsocial", "", "Paid Social"),
            ("vimeo", "paid-video", "", "Paid Video"),
        ]),
        // Before what else is paid, because cpm is that too.
        ("Display: medium is display, banner, expandable, interstitial or cpm", &[
            ("adnetwork", "cpm", "", "Display"),
            ("adnetwork", "display", "", "Display"),
            ("adnetwork", "banner", "", "Display"),
            ("adnetwork", "expandable", "", "Display"),
            ("adnetwork", "interstitial", "", "Display"),
            ("google", "display", "", "Display"),
            ("amazon", "display", "shop", "Display"),
            ("facebook", "banner", "", "Display"),
            ("youtube", "display", "", "Display"),
        ]),
        ("Paid Other: medium matches ^(.*cp.*|ppc|retargeting|paid.*)$", &[
            ("adnetwork", "cpc", "", "Paid Other"),
            ("adnetwork", "paid", "", "Paid Other"),
            ("chatgpt.com", "cpc", "", "Paid Other"),
            ("adnetwork", "unpaid", "", "Unassigned"),
            ("adnetwork", "ppcx", "", "Unassigned"),
            ("adnetwork", "my-retargeting", "", "Unassigned"),
            ("mail.google.com", "cpc", "", "Paid Other"),
        ]),
        ("Organic Shopping: source is a shopping site or campaign matches ^(.*(([^a-df-z]|^)shop|shopping).*)$", &[
            ("etsy.com", "referral", "", "Organic Shopping"),
            ("amazon", "", "", "Organic Shopping"),
            ("blog.example", "referral", "shopping week", "Organic Shopping"),
            ("google", "organic", "shop", "Organic Shopping"),
            ("newsletter", "email", "workshop", "Email"),
            ("ebay.co.uk", "referral", "", "Organic Shopping"),
            ("zalando.fr", "referral", "", "Organic Shopping"),
        ]),
        ("Organic Social: source is a social site or medium is social, social-network, social-media, sm, social network or social media", &[
            ("t.co", "referral", "", "Organic Social"),
            ("com.facebook.katana", "app", "", "Organic Social"),
            ("buffer", "social", "", "Organic Social"),
            ("buffer", "social-network", "", "Organic Social"),
            ("buffer", "social-media", "", "Organic Social"),
            ("buffer", "sm", "", "Organic Social"),
            ("buffer", "social network", "", "Organic Social"),
            ("buffer", "social media", "", "Organic Social"),
            ("facebook", "email", "", "Organic Social"),
            ("buffer", "socialite", "", "Unassigned"),
            ("linkedin", "organic", "", "Organic Social"),
            ("bsky.app", "referral", "", "Organic Social"),
            ("news.ycombinator.com", "referral", "", "Organic Social"),
        ]),
        ("Organic Video: source is a video site or medium matches ^(.*video.*)$", &[
            ("youtube.com", "referral", "", "Organic Video"),
            ("partner", "video", "", "Organic Video"),
            ("partner", "my-video-ad", "", "Organic Video"),
            ("twitch.tv", "referral", "", "Organic Video"),
            ("netflix", "", "", "Organic Video"),
        ]),
        ("AI Assistant: source is an assistant", &[
            ("chatgpt.com", "referral", "", "AI Assistant"),
            ("gemini.google.com", "referral", "", "AI Assistant"),
            ("gemini", "", "", "AI Assistant"),
            ("perplexity.ai", "organic", "", "AI Assistant"),
            ("copilot.microsoft.com", "referral", "", "AI Assistant"),
            ("claude.ai", "referral", "", "AI Assistant"),
            ("deepseek.com", "referral", "", "AI Assistant"),
            ("chat.mistral.ai", "referral", "", "AI Assistant"),
        ]),
        ("Organic Search: source is a search site or medium is organic", &[
            ("google", "organic", "", "Organic Search"),
            ("google", "", "", "Organic Search"),
            ("newengine", "organic", "", "Organic Search"),
            ("google", "email", "", "Organic Search"),
            ("ecosia.org", "referral", "", "Organic Search"),
            ("search.brave.com", "referral", "", "Organic Search"),
        ]),
        ("Referral: medium is referral, app or link", &[
            ("blog.example", "referral", "", "Referral"),
            ("mail.google.com", "referral", "", "Referral"),
            ("partner", "link", "", "Referral"),
            ("com.google.android.gm", "app", "", "Referral"),
            ("email", "referral", "", "Referral"),
            ("docs.google.com", "referral", "", "Referral"),
            ("newsletter", "link", "", "Referral"),
        ]),
        ("Email: source or medium matches email|e-mail|e_mail|e mail", &[
            ("newsletter", "email", "", "Email"),
            ("newsletter", "e-mail", "", "Email"),
            ("newsletter", "e_mail", "", "Email"),
            ("newsletter", "e mail", "", "Email"),
            ("email", "blast", "", "Email"),
            ("e-mail", "blast", "", "Email"),
            ("e_mail", "blast", "", "Email"),
            ("e mail", "", "", "Email"),
            ("newsletter", "mail", "", "Unassigned"),
        ]),
        ("Affiliates: medium is affiliate; Audio: medium is audio; SMS: source or medium is sms", &[
            ("partner", "affiliate", "", "Affiliates"),
            ("partner", "affiliates", "", "Affiliates"),
            ("spotify", "audio", "", "Audio"),
            ("sms", "blast", "", "SMS"),
            ("twilio", "sms", "", "SMS"),
        ]),
        ("Mobile Push Notifications: medium ends with push or contains mobile or notification, or source is firebase", &[
            ("app1", "push", "", "Mobile Push Notifications"),
            ("app1", "web-push", "", "Mobile Push Notifications"),
            ("app1", "my-mobile-app", "", "Mobile Push Notifications"),
            ("app1", "in-app notification", "", "Mobile Push Notifications"),
            ("firebase", "x", "", "Mobile Push Notifications"),
            ("app1", "pushed", "", "Unassigned"),
            ("firebase", "", "", "Mobile Push Notifications"),
        ]),
        ("Unassigned: no other rule matches", &[
            ("partner", "partner", "", "Unassigned"),
            ("partner", "", "", "Unassigned"),
        ]),
    ];

    #[test]
    fn every_rule_in_its_order() {
        let text = |text: &'static str| Some(text).filter(|text| !text.is_empty());
        let mut rows = 0;
        for (rule, cases) in RULES {
            for (source, medium, campaign, channel) in *cases {
                assert_eq!(
                    of(text(source), text(medium), text(campaign)),
                    *channel,
                    "{source} / {medium} / {campaign}, by {rule}"
                );
                rows += 1;
            }
        }
        assert!(rows >= 120, "{rows}");
    }
}
