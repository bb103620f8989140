//! Pages by how often they were viewed, by whom, for how long and how far.

use std::cmp::Ordering;
use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;

use super::figures::{mean, rate};
use super::items::{Counted, Items, Question, count};
use super::scope::{Sample, Scope};
use super::spread::Spread;
use crate::columns::{Columns, Events, Sessions, Visitor};
use crate::journey::{EntryKind, UnknownName};

/// How far a page has to be scrolled to have been read to its end, in per cent.
const DEEP: usize = 90;

/// What else is counted of a page.
#[derive(Debug, Default)]
pub struct More {
    entries: u64,
    exits: u64,
    visible_ms: u64,
    /// How far those views were scrolled of which anything was told.
    scrolls: Spread,
    measured: u64,
}

/// Pages while they are counted, by their numbers.
pub type Pages = Items<More>;

/// Counts the views of the scope's time.
pub fn pages(scope: &Scope<'_>) -> (Pages, Sample) {
    let question = Question {
        key: |events: &Events<'_>, place: usize| {
            (events.kind[place] == EntryKind::PageView).then_some(events.page[place])
        },
        add: |more: &mut More, events: &Events<'_>, place: usize| more.view(events, place),
        visitor: |pages: &mut Pages, _: Visitor<'_>, sessions: &Sessions<'_>, counts: &[bool]| {
            add_ends(pages, scope, sessions, counts);
        },
        join: |more: &mut More, other: More| more.join(other),
    };
    let pages = count(scope, &question);
    let sample = Sample {
        people: pages.total.visitors,
        sessions: pages.total.sessions,
        items: pages.total.items,
    };
    (pages, sample)
}

/// Adds where sessions began and ended that began within the time.
fn add_ends(pages: &mut Pages, scope: &Scope<'_>, sessions: &Sessions<'_>, counts: &[bool]) {
    for (place, counts) in counts.iter().enumerate() {
        if *counts && scope.span.has(sessions.started_at[place]) && sessions.page_views[place] > 0 {
            pages.at(sessions.entry[place]).more.entries += 1;
            pages.at(sessions.exit[place]).more.exits += 1;
        }
    }
}

impl More {
    fn view(&mut self, events: &Events<'_>, place: usize) {
        let (visible, scrolled) = (events.visible_ms[place], events.scroll_max[place]);
        if visible == 0 && scrolled == 0 {
            return;
        }
        self.measured += 1;
        self.visible_ms += u64::from(visible);
        self.scrolls.add(scrolled);
    }

    fn join(&mut self, other: Self) {
        self.entries += other.entries;
        self.exits += other.exits;
        self.visible_ms += other.visible_ms;
        self.measured += other.measured;
        self.scrolls.join(other.scrolls);
    }
}

/// A page.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = PageRow)]
pub struct Row {
    /// Its host; null where the address could not be read.
    pub host: Option<String>,
    /// Its path.
    pub path: Option<String>,
    /// Views in the time.
    pub views: u64,
    /// Visitors who viewed it.
    pub visitors: u64,
    /// Sessions in which it was viewed.
    pub sessions: u64,
    /// Sessions that began in the time and of which it was the first page.
    pub entries: u64,
    /// Likewise the last one.
    pub exits: u64,
    /// Views of which it was told for how long the page was visible or how far it was scrolled. The next three are of them.
    pub measured_views: u64,
    /// How long a view was visible, in milliseconds.
    pub mean_visible_ms: Option<u64>,
    /// How far half of them were scrolled at least, in per cent.
    pub median_scroll: Option<f64>,
    /// Those that were scrolled over nine tenths of the page, of all of them.
    pub deep_rate: Option<f64>,
}

/// All views together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PageTotal)]
pub struct Total {
    /// Views in the time.
    pub views: u64,
    /// Visitors who viewed a page.
    pub visitors: u64,
    /// Sessions in which one was viewed.
    pub sessions: u64,
}

/// Pages, as an answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = PageTable)]
pub struct Table {
    /// Pages, the greatest first.
    pub rows: Vec<Row>,
    /// How many there are, those that are not shown included.
    pub count: usize,
    /// All of them together.
    pub total: Total,
}

/// What pages are sorted by, the greatest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ToSchema)]
#[schema(as = PageSort, rename_all = "snake_case")]
pub enum Sort {
    /// Views.
    #[default]
    Views,
    /// Visitors.
    Visitors,
    /// Sessions.
    Sessions,
    /// Entries.
    Entries,
    /// Exits.
    Exits,
}

impl FromStr for Sort {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "views" => Ok(Self::Views),
            "visitors" => Ok(Self::Visitors),
            "sessions" => Ok(Self::Sessions),
            "entries" => Ok(Self::Entries),
            "exits" => Ok(Self::Exits),
            _ => Err(UnknownName),
        }
    }
}

impl Sort {
    fn of(self, page: &Counted<More>) -> u64 {
        match self {
            Self::Views => page.items,
            Self::Visitors => page.visitors,
            Self::Sessions => page.sessions,
            Self::Entries => page.more.entries,
            Self::Exits => page.more.exits,
        }
    }
}

/// The greatest pages, and what they were in another time.
pub fn tables(
    columns: &Columns,
    (sort, limit): (Sort, usize),
    now: &Pages,
    before: Option<&Pages>,
) -> (Table, Option<Table>) {
    let text = |page: u32| {
        let page = columns.pages()[page as usize];
        (columns.text(page.host), columns.text(page.path))
    };
    let mut all: Vec<(u32, &Counted<More>)> = now.iter().collect();
    all.sort_unstable_by(|(one, a), (other, b)| -> Ordering {
        let by_figures = sort.of(b).cmp(&sort.of(a));
        by_figures
            .then_with(|| b.items.cmp(&a.items))
            .then_with(|| text(*one).cmp(&text(*other)))
    });
    all.truncate(limit);
    let nothing = Counted::default();
    let table = |pages: &Pages| Table {
        rows: all
            .iter()
            .map(|(page, _)| row(text(*page), pages.get(*page).unwrap_or(&nothing)))
            .collect(),
        count: pages.len(),
        total: Total {
            views: pages.total.items,
            visitors: pages.total.visitors,
            sessions: pages.total.sessions,
        },
    };
    (table(now), before.map(table))
}

fn row((host, path): (Option<&str>, Option<&str>), page: &Counted<More>) -> Row {
    let more = &page.more;
    Row {
        host: host.map(str::to_owned),
        path: path.map(str::to_owned),
        views: page.items,
        visitors: page.visitors,
        sessions: page.sessions,
        entries: more.entries,
        exits: more.exits,
        measured_views: more.measured,
        mean_visible_ms: mean(more.visible_ms, more.measured),
        median_scroll: more.scrolls.median(),
        deep_rate: rate(more.scrolls.at_least(DEEP), more.measured),
    }
}
