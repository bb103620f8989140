//! What somebody used of a site: tools, exports, events.
//!
//! The names of the events are those that the SDK's adapters send: `tool_entered` and `tool_exited` with `tool`, and with
//! the `seconds` that were spent while the page was visible; `content_exported`.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Tools that are listed; of more, those used most.
const MOST_TOOLS: usize = 50;

/// What somebody used, in all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Usage {
    /// All of it.
    #[serde(flatten)]
    pub total: Used,
    /// Session by session, of the sessions that the answer lists; those without an event are left out.
    pub sessions: Vec<SessionUsage>,
}

/// What was used in one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SessionUsage {
    /// Whose session.
    pub visitor_id: Uuid,
    /// Which.
    pub session_id: Uuid,
    /// What was used in it.
    #[serde(flatten)]
    pub used: Used,
}

/// What was used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Used {
    /// Items of type `event`.
    pub events: i64,
    /// Of these, exports.
    pub exports: i64,
    /// The tool on which most time was spent; of as much time, the one entered most often, then the first by name. Null
    /// where no tool was used.
    pub primary_tool: Option<String>,
    /// The tools, the primary one first; at most fifty.
    pub tools: Vec<ToolUse>,
}

/// What was used of one tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ToolUse {
    /// The tool, as the site calls it.
    pub tool: String,
    /// How often it was entered.
    pub uses: i64,
    /// Milliseconds spent on it while its page was visible, as far as exits told.
    pub visible_ms: i64,
}

/// Events of a session, or of all, that tell of one tool or of none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The tool.
    pub tool: Option<String>,
    /// Events.
    pub events: i64,
    /// Exports among them.
    pub exports: i64,
    /// Entries among them.
    pub uses: i64,
    /// What the exits among them tell.
    pub visible_ms: i64,
}

impl Used {
    /// What some events tell.
    pub fn of(told: impl IntoIterator<Item = Told>) -> Self {
        let mut used = Self::default();
        let mut tools: BTreeMap<String, ToolUse> = BTreeMap::new();
        for one in told {
            used.events += one.events;
            used.exports += one.exports;
            if let Some(name) = one.tool {
                let tool = tools.entry(name).or_insert_with_key(|name| ToolUse {
                    tool: name.clone(),
                    uses: 0,
                    visible_ms: 0,
                });
                tool.uses += one.uses;
                tool.visible_ms += one.visible_ms;
            }
        }
        used.tools = tools.into_values().collect();
        // By name they stand already.
        used.tools
            .sort_by_key(|tool| std::cmp::Reverse((tool.visible_ms, tool.uses)));
        used.tools.truncate(MOST_TOOLS);
        used.primary_tool = used.tools.first().map(|first| first.tool.clone());
        used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(tool: &str, uses: i64, visible_ms: i64) -> Told {
        Told {
            tool: Some(tool.to_owned()),
            events: uses * 2,
            uses,
            visible_ms,
            exports: 0,
        }
    }

    fn primary(told: Vec<Told>) -> Option<String> {
        Used::of(told).primary_tool
    }

    #[test]
    fn the_primary_tool_is_the_one_of_most_time() {
        let (editor, chart) = (told("editor", 1, 9_000), told("chart", 5, 4_000));
        assert_eq!(primary(vec![chart, editor]).as_deref(), Some("editor"));
        let (editor, chart) = (told("editor", 1, 0), told("chart", 5, 0));
        assert_eq!(primary(vec![editor, chart]).as_deref(), Some("chart"));
        let (b, a) = (told("b", 1, 0), told("a", 1, 0));
        assert_eq!(primary(vec![b, a]).as_deref(), Some("a"));
        assert_eq!(primary(Vec::new()), None);
    }

    #[test]
    fn figures_add_up() {
        let export = Told {
            events: 3,
            exports: 2,
            ..Told::default()
        };
        let used = Used::of([told("a", 1, 500), export, told("a", 2, 700)]);
        assert_eq!((used.events, used.exports), (9, 2));
        assert_eq!((used.tools[0].uses, used.tools[0].visible_ms), (3, 1_200));
        assert_eq!(used.tools.len(), 1);
    }
}
