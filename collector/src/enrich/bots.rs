//! Programs that are nobody's browser, by the patterns of isbot.
//!
//! The patterns are JavaScript's, matched in any case anywhere in a header. The few that look around need an engine
//! that can, and are asked only where the words they are about occur; the others are one expression that takes a time
//! proportional to the header.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let list: Vec<String> = serde_json::from_str(include_str!("isbot/patterns.json")).ok()?;
    Patterns::compile(&list)
});

struct Patterns {
    plain: Regex,
    /// What those that look around match when they do not: most headers have none of it, which is soon told.
    around: Regex,
    looking_around: fancy_regex::Regex,
}

/// Compiles the patterns, which takes a moment: called at the start, the first request need not wait for it.
pub(super) fn warm_up() {
    LazyLock::force(&PATTERNS);
}

/// Whether a `User-Agent` is a bot's.
pub(super) fn is_bot(header: &str) -> bool {
    PATTERNS.as_ref().is_some_and(|patterns| {
        patterns.plain.is_match(header.as_bytes())
            || patterns.around.is_match(header.as_bytes())
                // It gives up on a header that is made to take long; no browser's is.
                && patterns.looking_around.is_match(header).unwrap_or(true)
    })
}

impl Patterns {
    /// `None` only if the committed list does not fit the engines, which the tests would tell.
    fn compile(list: &[String]) -> Option<Self> {
        let (looking_around, plain): (Vec<&str>, Vec<&str>) =
            list.iter().map(String::as_str).partition(|pattern| {
                ["(?=", "(?!", "(?<"]
                    .iter()
                    .any(|mark| pattern.contains(mark))
            });
        let around: Vec<String> = looking_around
            .iter()
            .map(|pattern| without_looking_around(pattern))
            .collect();
        let around: Vec<&str> = around.iter().map(String::as_str).collect();
        let looking_around = fancy_regex::RegexBuilder::new(&alternatives(&looking_around))
            .case_insensitive(true)
            .build()
            .ok()?;
        Some(Self {
            plain: linear(&plain)?,
            around: linear(&around)?,
            looking_around,
        })
    }
}

/// One expression of all, by the engine that takes linear time. JavaScript's classes such as `\w` are ASCII's.
fn linear(patterns: &[&str]) -> Option<Regex> {
    RegexBuilder::new(&alternatives(patterns))
        .case_insensitive(true)
        .unicode(false)
        .build()
        .ok()
}

/// A pattern that matches wherever this one does: it asks nothing of what stands around.
fn without_looking_around(pattern: &str) -> String {
    let mut rest = pattern;
    let mut kept = String::new();
    while let Some(at) = ["(?=", "(?!", "(?<"]
        .iter()
        .filter_map(|mark| rest.find(mark))
        .min()
    {
        kept.push_str(&rest[..at]);
        let mut depth = 0;
        let end = rest[at..].find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        rest = end.map_or("", |end| &rest[at + end + 1..]);
    }
    kept + rest
}

fn alternatives(patterns: &[&str]) -> String {
    patterns
        .iter()
        // JavaScript takes a hyphen beside a class for itself; here that has to be said.
        .map(|pattern| format!("(?:{pattern})").replace("\\d-", "\\d\\-"))
        .collect::<Vec<_>>()
        .join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_none() {
        for header in [
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36 OPR/121.0.0.0",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/138.0.7204.119 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/376.0.776130 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 330.0.3.29.109 (iPhone14,5; iOS 17_5; en_GB; en; scale=3.00; 1170x2532; 597187706)",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBDV/iPhone14,3;FBMD/iPhone;FBSN/iOS;FBSV/16.5;FBSS/3;FBID/phone;FBLC/en_US;FBOP/5]",
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 13; CUBOT P60) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP2A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.122 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15 Ddg/17.5",
            "",
            "\u{1f980}",
        ] {
            assert!(!is_bot(header), "{header}");
        }
    }

    #[test]
    fn every_pattern_is_understood() {
        assert!(PATTERNS.is_some());
    }

    #[test]
    fn what_stands_around_is_left_out() {
        for (pattern, without) in [
            ("(?<! cu)bots?(?:\\b|_)", "bots?(?:\\b|_)"),
            (
                "(?<! channel/|google/)google(?!(?:wv|app|/google| pixel))",
                "google",
            ),
            ("(?:^|[^g])news(?!sapphire)", "(?:^|[^g])news"),
            ("plain", "plain"),
        ] {
            assert_eq!(without_looking_around(pattern), without);
        }
    }

    #[test]
    fn bots_are_some() {
        for header in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/138.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
            "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
            "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "WhatsApp/2.23.20.0",
            "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
            "curl/8.5.0",
            "Wget/1.21.4",
            "python-requests/2.32.3",
            "Go-http-client/2.0",
            "okhttp/4.12.0",
            "axios/1.7.2",
            "Java/17.0.2",
            "PostmanRuntime/7.39.0",
            "node",
        ] {
            assert!(is_bot(header), "{header}");
        }
    }

    #[test]
    fn a_header_made_to_take_long_does_not() {
        let began = std::time::Instant::now();
        for text in ["google", "not ", "bots", "; w w w", "mozilla/5.0 (1.1 "] {
            is_bot(&text.repeat(512 / text.len()));
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(2));
    }
}
