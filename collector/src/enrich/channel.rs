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

    #[test]
    fn every_rule_in_its_order() {
        for (source, medium, campaign, channel) in [
            ("", "", "", "Direct"),
            ("direct", "", "", "Direct"),
            ("(direct)", "(none)", "", "Direct"),
            ("direct", "(not set)", "", "Direct"),
            ("google", "cpc", "my cross-network push", "Cross-network"),
            ("amazon", "cpc", "", "Paid Shopping"),
            ("google", "cpc", "summer-shop", "Paid Shopping"),
            ("google", "cpc", "eshop", "Paid Shopping"),
            ("google", "cpc", "workshop", "Paid Search"),
            ("google", "cpc", "", "Paid Search"),
            ("www.bing.com", "ppc", "", "Paid Search"),
            ("google.co.uk", "paidsearch", "", "Paid Search"),
            ("facebook", "paid-social", "", "Paid Social"),
            ("linkedin.com", "retargeting", "", "Paid Social"),
            ("youtube", "cpv", "", "Paid Video"),
            ("youtube", "cpc", "", "Paid Video"),
            ("adnetwork", "cpm", "", "Display"),
            ("google", "cpm", "", "Paid Search"),
            ("adnetwork", "banner", "", "Display"),
            ("adnetwork", "cpc", "", "Paid Other"),
            ("etsy.com", "referral", "", "Organic Shopping"),
            (
                "blog.example",
                "referral",
                "shopping week",
                "Organic Shopping",
            ),
            ("t.co", "referral", "", "Organic Social"),
            ("buffer", "social", "", "Organic Social"),
            ("youtube.com", "referral", "", "Organic Video"),
            ("partner", "video", "", "Organic Video"),
            ("chatgpt.com", "referral", "", "AI Assistant"),
            ("gemini.google.com", "referral", "", "AI Assistant"),
            ("google", "organic", "", "Organic Search"),
            ("newengine", "organic", "", "Organic Search"),
            ("blog.example", "referral", "", "Referral"),
            ("partner", "link", "", "Referral"),
            ("newsletter", "email", "", "Email"),
            ("e-mail", "blast", "", "Email"),
            ("partner", "affiliate", "", "Affiliates"),
            ("spotify", "audio", "", "Audio"),
            ("sms", "blast", "", "SMS"),
            ("twilio", "sms", "", "SMS"),
            ("app1", "web-push", "", "Mobile Push Notifications"),
            ("firebase", "x", "", "Mobile Push Notifications"),
            ("partner", "partner", "", "Unassigned"),
            ("partner", "", "", "Unassigned"),
        ] {
            let text = |text: &'static str| Some(text).filter(|text| !text.is_empty());
            assert_eq!(
                of(text(source), text(medium), text(campaign)),
                channel,
                "{source} / {medium} / {campaign}"
            );
        }
    }
}
