//! What each figure means, with a version that counts on whenever it comes to mean something else.
//!
//! The words are those of `docs/analytics.md`, a section for each, so that people and programs read the same.

use serde::Serialize;
use utoipa::ToSchema;

const TEXT: &str = include_str!("../../../docs/analytics.md");

/// A definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Definition {
    /// Its name: the title of its section, in lower case.
    pub name: &'static str,
    /// Counts on when figures come to mean something else.
    pub version: u32,
}

/// Series of a site as a whole.
pub const OVERVIEW: Definition = Definition {
    name: "overview",
    version: 1,
};

/// Sessions by where they came from.
pub const SOURCES: Definition = Definition {
    name: "sources",
    version: 1,
};

/// Pages that were viewed.
pub const PAGES: Definition = Definition {
    name: "pages",
    version: 1,
};

/// Events and milestones by their names.
pub const EVENTS: Definition = Definition {
    name: "events",
    version: 1,
};

/// What events tell beside their name.
pub const PROPERTIES: Definition = Definition {
    name: "properties",
    version: 1,
};

/// Who is there now.
pub const REALTIME: Definition = Definition {
    name: "realtime",
    version: 1,
};

/// Conversions, divided among what led to them.
pub const ATTRIBUTION: Definition = Definition {
    name: "attribution",
    version: 1,
};
/// Who converts, and after how long.
pub const CONVERSIONS: Definition = Definition {
    name: "conversions",
    version: 1,
};
/// The chance of the next stage.
pub const PREDICTION: Definition = Definition {
    name: "prediction",
    version: 1,
};
/// Of how many persons each insight holds.
pub const INSIGHTS: Definition = Definition {
    name: "insights",
    version: 1,
};

/// How many made one step after another.
pub const FUNNEL: Definition = Definition {
    name: "funnel",
    version: 1,
};

/// Where sessions go on to, place by place.
pub const PATHS: Definition = Definition {
    name: "paths",
    version: 1,
};

/// How many came back, period by period.
pub const RETENTION: Definition = Definition {
    name: "retention",
    version: 1,
};

/// Journeys by stage, how long they took, and where they stay behind.
pub const STAGES: Definition = Definition {
    name: "stages",
    version: 1,
};

/// Every definition.
pub const ALL: &[Definition] = &[
    OVERVIEW,
    SOURCES,
    PAGES,
    EVENTS,
    PROPERTIES,
    REALTIME,
    ATTRIBUTION,
    CONVERSIONS,
    PREDICTION,
    INSIGHTS,
    FUNNEL,
    PATHS,
    RETENTION,
    STAGES,
];

impl Definition {
    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|one| one.name == name)
    }

    /// Where it is read.
    pub fn path(self) -> String {
        format!("/api/v1/definitions/{}", self.name)
    }

    /// Its section, as Markdown without the title.
    pub fn text(self) -> &'static str {
        section(self.name).unwrap_or_default()
    }
}

fn section(name: &str) -> Option<&'static str> {
    TEXT.split("\n## ").skip(1).find_map(|section| {
        let (title, text) = section.split_once('\n')?;
        title.eq_ignore_ascii_case(name).then_some(text.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_has_its_section_and_its_own_name() {
        for one in ALL {
            assert!(
                section(one.name).is_some_and(|text| !text.is_empty()),
                "{}",
                one.name
            );
            assert_eq!(Definition::named(one.name), Some(*one));
        }
    }
}
