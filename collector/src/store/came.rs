//! How somebody came, as lists are searched by it.

use super::journeys::containing;
use super::rows::Filters;

/// Conditions on how a visitor or a session began; those that are not there hold for everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Came {
    /// By this channel.
    pub channel: Option<String>,
    /// By an address that this is a part of, in any case.
    pub entry_page: Option<String>,
    /// From this country, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Not before this moment.
    pub from: Option<i64>,
    /// Before this moment.
    pub until: Option<i64>,
}

/// The most characters that are searched for: SQLite refuses patterns that are very long.
const MOST_CHARS: usize = 512;

/// What a list is searched by, as patterns, which conditions borrow.
#[derive(Debug)]
pub(super) struct Patterns {
    pub(super) q: Option<String>,
    entry_page: Option<String>,
}

impl Came {
    /// Whether nobody can have come so: no stored text has a zero character, which PostgreSQL refuses, and none is so long.
    pub(super) fn is_impossible(&self) -> bool {
        let texts = [&self.channel, &self.entry_page, &self.country];
        texts.into_iter().flatten().any(|text| is_impossible(text))
    }

    /// With what else is searched for.
    pub(super) fn patterns(&self, q: Option<&str>) -> Patterns {
        Patterns {
            q: q.map(containing),
            entry_page: self.entry_page.as_deref().map(containing),
        }
    }

    /// Adds the conditions to a statement on a table, of which the address it began with is `entry`, and which began and
    /// ended at `first` and `last`.
    pub(super) fn narrow<'a>(
        &'a self,
        filters: &mut Filters<'a>,
        patterns: &'a Patterns,
        [entry, first, last]: [&str; 3],
    ) {
        filters.add("channel = $?", self.channel.as_deref());
        filters.add("country = $?", self.country.as_deref());
        filters.add(
            &format!("lower({entry}) LIKE lower($?) ESCAPE '!'"),
            patterns.entry_page.as_deref(),
        );
        filters.add(&format!("{last} >= $?"), self.from);
        filters.add(&format!("{first} < $?"), self.until);
    }
}

/// Whether a text is one that is stored nowhere.
pub(super) fn is_impossible(text: &str) -> bool {
    text.contains('\0') || text.chars().nth(MOST_CHARS).is_some()
}
