//! The maintained list of well-known sources, `sources.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What kind of place a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Category {
    Search,
    Social,
    Video,
    Shopping,
    Assistant,
    /// None of them, below a host that is one.
    Other,
}

/// A well-known source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) category: Category,
    pub(super) name: &'static str,
}

/// The list, ready to be looked up.
struct Sources {
    names: HashMap<&'static str, Known>,
    hosts: HashMap<&'static str, Known>,
    /// `google` of `google.*`.
    labels: HashMap<&'static str, Known>,
}

static SOURCES: LazyLock<Sources> = LazyLock::new(|| Sources::read(include_str!("sources.txt")));

/// The source at a host or under a name, both in lower case.
pub(super) fn known(source: &str) -> Option<Known> {
    SOURCES
        .names
        .get(source)
        .copied()
        .or_else(|| at_host(source))
}

/// The source at a host in lower case. The longest match decides: `gemini.google.com` is not Google's search.
pub(super) fn at_host(host: &str) -> Option<Known> {
    let mut rest = host;
    loop {
        if let Some(known) = SOURCES.hosts.get(rest) {
            return Some(*known);
        }
        let (label, after) = rest.split_once('.')?;
        if let Some(known) = SOURCES.labels.get(label)
            && is_public_suffix(after)
        {
            return Some(*known);
        }
        rest = after;
    }
}

/// Whether a text has the form of what stands after the name in a country's host: `de`, `co.uk`, `com.br`, `com`.
fn is_public_suffix(text: &str) -> bool {
    let is_country = |label: &str| label.len() == 2;
    match text.split_once('.') {
        None => is_country(text) || text == "com",
        Some((second, country)) => matches!(second, "co" | "com" | "ne") && is_country(country),
    }
}

impl Sources {
    fn read(text: &'static str) -> Self {
        let mut sources = Self {
            names: HashMap::new(),
            hosts: HashMap::new(),
            labels: HashMap::new(),
        };
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let category = match words.next() {
                Some("search") => Category::Search,
                Some("social") => Category::Social,
                Some("video") => Category::Video,
                Some("shopping") => Category::Shopping,
                Some("assistant") => Category::Assistant,
                Some("other") => Category::Other,
                _ => continue,
            };
            let Some(name) = words.next() else { continue };
            let known = Known { category, name };
            sources.names.insert(name, known);
            for host in words {
                match host.strip_suffix(".*") {
                    Some(label) => sources.labels.insert(label, known),
                    None => sources.hosts.insert(host, known),
                };
            }
        }
        sources
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_understood() {
        let lines = include_str!("sources.txt")
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (mut names, mut hosts) = (0, 0);
        for line in lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert!(words.len() >= 3, "{line}");
            assert!(SOURCES.names.contains_key(words[1]), "{line}");
            names += 1;
            hosts += words.len() - 2;
        }
        assert_eq!(names, SOURCES.names.len(), "a name stands twice");
        let kept = SOURCES.hosts.len() + SOURCES.labels.len();
        assert_eq!(hosts, kept, "a host stands twice");
    }

    #[test]
    fn the_longest_host_decides() {
        let name = |host| at_host(host).map(|known| known.name);
        for (host, source) in [
            ("www.google.com", Some("google")),
            ("google.de", Some("google")),
            ("www.google.co.uk", Some("google")),
            ("gemini.google.com", Some("gemini")),
            ("google.evil.example", None),
            ("notgoogle.com", None),
            ("l.facebook.com", Some("facebook")),
            ("m.youtube.com", Some("youtube")),
            ("com", None),
            ("mail.google.com", Some("googlemail")),
            ("aws.amazon.com", Some("aws")),
            ("smile.amazon.co.jp", Some("amazon")),
            ("fb", Some("facebook")),
            ("", None),
        ] {
            assert_eq!(name(host), source, "{host}");
        }
        assert_eq!(
            known("linkedin").map(|known| known.category),
            Some(Category::Social)
        );
    }
}
