//! What somebody does with the dashboard, page by page.

/// A row of things done on one page.
#[derive(Debug)]
pub struct Act {
    /// What it is called in the report.
    pub name: &'static str,
    /// The address that is opened first.
    pub page: &'static str,
    /// What is there once the page shows something.
    pub ready: &'static str,
    /// What is done, each an interaction or several.
    pub steps: &'static [Step],
}

/// Something that is done.
#[derive(Debug)]
pub enum Step {
    /// The first element of a selector is clicked.
    Click(&'static str),
    /// Keys are pressed one after the other, each an interaction.
    Keys(&'static str),
    /// A key with Control.
    Control(char),
    /// The dashboard goes elsewhere by `g` and a key, until this is there.
    Go(char, &'static str),
}

use Step::{Click, Control, Go, Keys};

const FIGURE: &str = "[data-testid=figure-visitors]";
const ROW: &str = "main [data-testid=table-row]";

/// All of it.
pub const ACTS: [Act; 10] = [
    Act {
        name: "from page to page by keys",
        page: "/?range=90d",
        ready: FIGURE,
        steps: &[
            Go('s', ROW),
            Go('w', ROW),
            Go('j', "[data-testid=journey-row]"),
            Go('p', "[data-testid=person-row]"),
            Go('h', "main svg path"),
            Go('r', "[data-testid=triangle]"),
            Go('a', "[data-testid=attribution]"),
            Go('t', "[data-testid=stage-step]"),
            Go('e', "[data-testid=events]"),
            Go('n', "[data-testid=session-row]"),
            Go('q', "[data-testid=figure-loss]"),
            Go('o', FIGURE),
        ],
    },
    Act {
        name: "overview: other days",
        page: "/",
        ready: FIGURE,
        steps: &[
            Click("[data-testid=range]"),
            Click("[data-testid=range-90d]"),
            Keys("[[]"),
            Click("[data-testid=range]"),
            Click("[data-testid=range-7d]"),
        ],
    },
    Act {
        name: "overview: narrowed by a row",
        page: "/?range=90d",
        ready: ROW,
        steps: &[
            Click("main [data-testid=table-row] button[data-row]"),
            Click("[data-testid=filter-chip] button:last-of-type"),
        ],
    },
    Act {
        name: "overview: the chart as a table",
        page: "/?range=90d",
        ready: "[data-testid=as-table]",
        steps: &[
            Click("[data-testid=as-table]"),
            Click("[data-testid=as-table]"),
        ],
    },
    Act {
        name: "sources: sorted, and deeper",
        page: "/sources?range=90d&by=campaign",
        ready: ROW,
        steps: &[
            Click("[data-testid=sort-visitors]"),
            Click("[data-testid=sort-revenue]"),
            Click("main [data-testid=table-row] button[data-row]"),
        ],
    },
    Act {
        name: "journeys: searched, opened",
        page: "/journeys",
        ready: "[data-testid=journey-row]",
        steps: &[
            Click("[data-testid=search]"),
            Keys("lla"),
            Click("[data-testid=journey-row] [data-testid=name]"),
        ],
    },
    Act {
        name: "the palette",
        page: "/?range=90d",
        ready: FIGURE,
        steps: &[Control('k'), Keys("ret"), Keys("\n")],
    },
    Act {
        name: "retention: other cohorts",
        page: "/retention?range=90d",
        ready: "[data-testid=triangle]",
        steps: &[
            Click("[data-testid=cohort-by]"),
            Click("[data-testid=cohort-first_channel]"),
        ],
    },
    Act {
        name: "attribution: opened",
        page: "/attribution?range=90d",
        ready: "[data-testid=attribution-row]",
        steps: &[Click("[data-testid=open]"), Click("[data-testid=open]")],
    },
    Act {
        name: "dark and light",
        page: "/?range=90d",
        ready: FIGURE,
        steps: &[
            Click("[data-testid=theme]"),
            Click("[data-testid=theme]"),
            Click("[data-testid=theme]"),
        ],
    },
];
