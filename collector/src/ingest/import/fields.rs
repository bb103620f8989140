//! What a row of sessions may say, and which column says it.

use std::collections::{BTreeMap, BTreeSet};

use waymark_protocol::limits;

use super::facts;
use crate::journey::Definition;

/// A field, its name on the command line, and the columns that are taken for it where nobody says otherwise, the first of
/// them that is there.
macro_rules! fields {
    ($($field:ident $name:literal $about:literal [$($column:literal),*],)*) => {
        /// What a column may be mapped to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Field {
            $(#[doc = $about] $field,)*
        }

        impl Field {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$field,)*];

            /// Its name on the command line.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)*
                }
            }

            fn well_known(self) -> &'static [&'static str] {
                match self {
                    $(Self::$field => &[$($column),*],)*
                }
            }
        }
    };
}

fields! {
    Visitor "visitor" "The browser's lasting id." ["visitor_id", "visitor", "anonymous_id", "distinct_id", "client_id", "device_id"],
    User "user" "The site's own id of the person." ["user_id", "user"],
    Session "session" "The session's id." ["session_id", "session", "visit_id", "id"],
    Started "started" "When the session began." ["started_at", "start_time", "session_start", "started", "created_at", "timestamp", "first_seen_at"],
    Ended "ended" "When the visitor was last active in it." ["ended_at", "end_time", "session_end", "ended", "last_activity_at", "last_seen_at"],
    Duration "duration" "How long it lasted, in seconds." ["duration_seconds", "duration_s", "duration"],
    Landing "landing" "The URL of its first page." ["landing_url", "landing_page", "entry_url", "entry_page", "page_url", "url"],
    Exit "exit" "The URL of its last page." ["exit_url", "exit_page"],
    Referrer "referrer" "The page before the first." ["referrer", "referrer_url", "referer", "http_referer", "http_referrer"],
    Source "utm_source" "`utm_source`." ["utm_source", "source"],
    Medium "utm_medium" "`utm_medium`." ["utm_medium", "medium"],
    Campaign "utm_campaign" "`utm_campaign`." ["utm_campaign", "campaign"],
    Term "utm_term" "`utm_term`." ["utm_term", "term"],
    Content "utm_content" "`utm_content`." ["utm_content", "content"],
    GaClient "ga_client_id" "Google Analytics' client id." ["ga_client_id", "ga_cid"],
    GaSession "ga_session_id" "Google Analytics' session id." ["ga_session_id"],
    PageViews "page_views" "How many pages were shown." ["page_views", "pageviews", "page_view_count", "pages_viewed"],
    UserAgent "user_agent" "The browser's `User-Agent`." ["user_agent", "useragent"],
    Device "device" "desktop, mobile or tablet." ["device_type", "device"],
    Browser "browser" "The browser's family." ["browser", "browser_name"],
    Os "os" "The operating system's family." ["os", "os_name", "operating_system"],
    Country "country" "Two letters, ISO 3166-1." ["country_code", "country"],
    Region "region" "The country's subdivision." ["region"],
    City "city" "The city's name." ["city"],
    Language "language" "A BCP 47 tag." ["language", "locale"],
    TimeZone "time_zone" "An IANA time zone." ["time_zone", "timezone"],
}

/// Which column says what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    fields: BTreeMap<Field, usize>,
    /// By name, ordered.
    pub(super) milestones: Vec<(String, usize)>,
    pub(super) click_ids: Vec<(&'static str, usize)>,
    columns: Vec<String>,
}

/// Why a mapping cannot be used: a sentence that says what there is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not of the form `field=column`.
    #[error("\"{0}\" is not field=column")]
    Form(String),
    /// There is no such field.
    #[error(
        "there is no field \"{name}\"; there are {fields}, the click ids such as gclid, and the site's milestones: {milestones}"
    )]
    Field {
        /// What was asked for.
        name: String,
        /// What there is.
        fields: String,
        /// And the milestones.
        milestones: String,
    },
    /// There is no such column.
    #[error("{field}: there is no column \"{column}\"; there are {columns}")]
    Column {
        /// The field.
        field: String,
        /// What was asked for.
        column: String,
        /// What there is.
        columns: String,
    },
    /// Nothing says what every session needs.
    #[error("no column says {what}: give {field}=COLUMN; there are {columns}")]
    Missing {
        /// The field.
        field: &'static str,
        /// In words.
        what: &'static str,
        /// What there is.
        columns: String,
    },
}

impl Mapping {
    /// Finds the columns: by `pairs`, each `field=column`, and by well-known names where those say nothing. A field that is
    /// mapped to an empty name is read from nowhere.
    ///
    /// # Errors
    /// [`MappingError`].
    pub fn find(
        pairs: &[String],
        columns: &[String],
        stages: &Definition,
    ) -> Result<Self, MappingError> {
        let listed = || columns.join(", ");
        let place = |name: &str| {
            let exact = columns.iter().position(|column| column == name);
            exact.or_else(|| {
                columns
                    .iter()
                    .position(|column| column.eq_ignore_ascii_case(name))
            })
        };
        let click_ids = facts::click_id_names();
        let mut asked: BTreeMap<&str, &str> = BTreeMap::new();
        for pair in pairs.iter().filter(|pair| !pair.is_empty()) {
            let (field, column) = pair
                .split_once('=')
                .ok_or_else(|| MappingError::Form(pair.clone()))?;
            let field = field.trim();
            let known = Field::ALL.iter().any(|known| known.name() == field)
                || stages.has_milestone(field)
                || click_ids.contains(field);
            if !known {
                let names = Field::ALL.iter().map(|field| field.name());
                let milestones = stages.milestones().iter();
                return Err(MappingError::Field {
                    name: field.to_owned(),
                    fields: names.collect::<Vec<_>>().join(", "),
                    milestones: milestones
                        .map(|milestone| milestone.name.as_str())
                        .collect::<Vec<_>>()
                        .join(", "),
                });
            }
            asked.insert(field, column.trim());
        }
        // What one field was given is not what another one finds by itself.
        let taken: BTreeSet<usize> = asked.values().filter_map(|column| place(column)).collect();
        let find = |field: &str, well_known: &[&str]| match asked.get(field) {
            Some(&"") => Ok(None),
            Some(column) => place(column).map(Some).ok_or_else(|| MappingError::Column {
                field: field.to_owned(),
                column: (*column).to_owned(),
                columns: listed(),
            }),
            None => Ok(well_known
                .iter()
                .find_map(|name| place(name).filter(|place| !taken.contains(place)))),
        };
        let mut mapping = Self {
            columns: columns.to_vec(),
            ..Self::default()
        };
        for field in Field::ALL {
            if let Some(column) = find(field.name(), field.well_known())? {
                mapping.fields.insert(*field, column);
            }
        }
        for milestone in stages.milestones() {
            if let Some(column) = find(&milestone.name, &[&milestone.name])? {
                mapping.milestones.push((milestone.name.clone(), column));
            }
        }
        for name in limits::CLICK_IDS {
            if let Some(column) = find(name, &[name])? {
                mapping.click_ids.push((name, column));
            }
        }
        mapping.check(listed)
    }

    fn check(self, listed: impl Fn() -> String) -> Result<Self, MappingError> {
        let missing = |field: Field, what| {
            Err(MappingError::Missing {
                field: field.name(),
                what,
                columns: listed(),
            })
        };
        let has = |field: Field| self.fields.contains_key(&field);
        if !has(Field::Started) {
            return missing(Field::Started, "when a session started");
        }
        if !has(Field::Visitor) && !has(Field::User) && !has(Field::GaClient) {
            return missing(Field::Visitor, "whose session it is");
        }
        Ok(self)
    }

    /// The column of a field.
    pub(super) fn column(&self, field: Field) -> Option<usize> {
        self.fields.get(&field).copied()
    }

    /// A field or milestone with its column, for a message.
    pub(super) fn label(&self, field: &str, column: Option<usize>) -> String {
        match column.and_then(|column| self.columns.get(column)) {
            Some(column) if column != field => format!("{field} ({column})"),
            _ => field.to_owned(),
        }
    }

    /// What is read from where, a line each: `visitor = visitor_id`.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        let fields = self
            .fields
            .iter()
            .map(|(field, column)| (field.name(), *column));
        let milestones = self
            .milestones
            .iter()
            .map(|(name, column)| (name.as_str(), *column));
        let click_ids = self.click_ids.iter().map(|(name, column)| (*name, *column));
        fields
            .chain(milestones)
            .chain(click_ids)
            .map(|(name, column)| format!("{name} = {}", self.columns[column]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pairs: &[&str], columns: &[&str]) -> Result<Mapping, String> {
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        Mapping::find(&owned(pairs), &owned(columns), &Definition::standard())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn well_known_columns_are_found_by_themselves() {
        let columns = [
            "ID",
            "visitor_id",
            "created_at",
            "signup_at",
            "gclid",
            "notes",
        ];
        let mapping = find(&[], &columns).unwrap();
        assert_eq!(
            mapping.lines().collect::<Vec<_>>(),
            [
                "visitor = visitor_id",
                "session = ID",
                "started = created_at",
                "signup_at = signup_at",
                "gclid = gclid"
            ]
        );
    }

    #[test]
    fn what_is_asked_for_goes_first() {
        let pairs = [
            "visitor=user",
            "started= when ",
            "signup_at=joined",
            "session=",
        ];
        let columns = [
            "user",
            "session",
            "when",
            "joined",
            "signup_at",
            "started_at",
        ];
        let mapping = find(&pairs, &columns).unwrap();
        assert_eq!(
            mapping.lines().collect::<Vec<_>>(),
            ["visitor = user", "started = when", "signup_at = joined"]
        );
    }

    #[test]
    fn an_error_says_what_there_is() {
        let columns = ["who", "when"];
        for (pairs, message) in [
            (
                vec!["visitor=whom", "started=when"],
                "visitor: there is no column \"whom\"; there are who, when",
            ),
            (
                vec!["visitor=who"],
                "no column says when a session started: give started=COLUMN; there are who, when",
            ),
            (
                vec!["started=when"],
                "no column says whose session it is: give visitor=COLUMN; there are who, when",
            ),
            (vec!["visitor"], "\"visitor\" is not field=column"),
        ] {
            assert_eq!(find(&pairs, &columns).unwrap_err(), message);
        }
        let unknown = find(&["colour=who"], &columns).unwrap_err();
        assert!(
            unknown.starts_with("there is no field \"colour\"; there are visitor, user, session")
                && unknown.ends_with("first_connection_at"),
            "{unknown}"
        );
    }
}
