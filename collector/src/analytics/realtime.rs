//! Who is there now: the half hour before a moment.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::buckets::Span;
use super::scope::{Sample, Scope};
use crate::columns::{Columns, Events, Sessions, Visitor, Word};
use crate::journey::EntryKind;

const MINUTE_MS: i64 = 60_000;
/// How many minutes are told one by one, and how many of them are now.
const MINUTES: usize = 30;
const NOW_MS: i64 = 5 * MINUTE_MS;
/// The most rows of each list.
const MOST: usize = 10;

/// A minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = RealtimeMinute)]
pub struct Minute {
    /// Its first moment, in milliseconds since the Unix epoch.
    pub at: i64,
    /// Visitors who did something in it.
    pub visitors: u64,
    /// Page views in it.
    pub page_views: u64,
    /// Items of the type event.
    pub events: u64,
    /// Items that are a conversion.
    pub conversions: u64,
}

/// A page of now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RealtimePage)]
pub struct Page {
    /// Its host.
    pub host: Option<String>,
    /// Its path.
    pub path: Option<String>,
    /// Visitors who viewed it.
    pub visitors: u64,
    /// How often.
    pub count: u64,
}

/// A value of now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RealtimeValue)]
pub struct Named {
    /// The source, country or event; null where none is known.
    pub name: Option<String>,
    /// Visitors of whom it is.
    pub visitors: u64,
    /// Sessions of a source or a country; how often an event happened.
    pub count: u64,
}

/// Visitors and sessions of which there was an item or a page ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = RealtimeActive)]
pub struct Active {
    /// Visitors.
    pub visitors: u64,
    /// Sessions.
    pub sessions: u64,
}

/// Who is there now. Lists are of thirty minutes, the most visitors first, ten of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Realtime {
    /// Minute by minute, the earliest first.
    pub rows: Vec<Minute>,
    /// In the last five minutes.
    pub last_5_minutes: Active,
    /// In the last thirty.
    pub last_30_minutes: Active,
    /// Pages that were viewed.
    pub pages: Vec<Page>,
    /// Where active sessions came from.
    pub sources: Vec<Named>,
    /// Where they were.
    pub countries: Vec<Named>,
    /// What happened.
    pub events: Vec<Named>,
}

/// A count with the visitors behind it.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    count: u64,
    visitors: u64,
    seen: u32,
}

type Counts = HashMap<u32, Count>;

fn add_to(counts: &mut Counts, key: u32, visitor: u32) {
    let count = counts.entry(key).or_default();
    count.count += 1;
    count.visitors += u64::from(count.seen != visitor);
    count.seen = visitor;
}

#[derive(Default)]
struct Gathered {
    minutes: [Minute; MINUTES],
    now: Active,
    all: Active,
    pages: Counts,
    sources: Counts,
    countries: Counts,
    events: Counts,
    serial: u32,
    items: u64,
    counts: Vec<bool>,
}

/// The span that it is about: the minutes up to the one in which `now` is, that one included.
pub fn span(now: i64) -> Span {
    let end = (now / MINUTE_MS + 1) * MINUTE_MS;
    #[allow(clippy::cast_possible_wrap, reason = "thirty")]
    let begin = end - MINUTES as i64 * MINUTE_MS;
    Span { begin, end }
}

/// Who is there; the scope's span is that of [`span`].
pub fn realtime(scope: &Scope<'_>, now: i64) -> (Realtime, Sample) {
    let add = |all: &mut Gathered, visitor: Visitor<'_>| {
        let mut counts = std::mem::take(&mut all.counts);
        if let Some(sessions) = scope.reach(visitor, &mut counts) {
            all.add(scope, visitor, (&sessions, &counts), now);
        }
        all.counts = counts;
    };
    let columns = scope.columns;
    let all = columns.fold_visitors(Gathered::default, add, Gathered::join);
    let mut rows = all.minutes;
    let starts = (0..).map(|minute| scope.span.begin + minute * MINUTE_MS);
    for (row, at) in rows.iter_mut().zip(starts) {
        row.at = at;
    }
    let sample = Sample {
        people: all.all.visitors,
        sessions: all.all.sessions,
        items: all.items,
    };
    let told = Realtime {
        rows: rows.to_vec(),
        last_5_minutes: all.now,
        last_30_minutes: all.all,
        pages: top(&all.pages, |page| {
            let page = columns.pages()[page as usize];
            (columns.text(page.host), columns.text(page.path))
        })
        .into_iter()
        .map(|((host, path), count)| Page {
            host: host.map(str::to_owned),
            path: path.map(str::to_owned),
            visitors: count.visitors,
            count: count.count,
        })
        .collect(),
        sources: named(columns, &all.sources),
        countries: named(columns, &all.countries),
        events: named(columns, &all.events),
    };
    (told, sample)
}

impl Gathered {
    fn add(
        &mut self,
        scope: &Scope<'_>,
        visitor: Visitor<'_>,
        (sessions, counts): (&Sessions<'_>, &[bool]),
        now: i64,
    ) {
        self.serial += 1;
        let columns = scope.columns;
        let (mut is_active, mut is_now) = (false, false);
        for (place, counts) in counts.iter().enumerate() {
            if !counts || !scope.span.has(sessions.last_at[place]) {
                continue;
            }
            is_active = true;
            self.all.sessions += 1;
            if sessions.last_at[place] > now - NOW_MS {
                is_now = true;
                self.now.sessions += 1;
            }
            let touch = columns.touches()[sessions.touch[place] as usize];
            let country = columns.places()[sessions.place[place] as usize].country;
            add_to(&mut self.sources, touch.source, self.serial);
            add_to(&mut self.countries, country, self.serial);
        }
        self.all.visitors += u64::from(is_active);
        self.now.visitors += u64::from(is_now);
        if is_active {
            self.add_items(scope, &visitor.events(), counts);
        }
    }

    fn add_items(&mut self, scope: &Scope<'_>, events: &Events<'_>, counts: &[bool]) {
        let mut last = None;
        for place in (0..events.at.len()).rev() {
            let at = events.at[place];
            if at < scope.span.begin {
                break;
            }
            let session = events.session[place] as usize;
            if !scope.span.has(at)
                || !counts.get(session).copied().unwrap_or(false)
                || !scope.filters.item(scope.columns, events, place)
            {
                continue;
            }
            self.items += 1;
            let minute = usize::try_from((at - scope.span.begin) / MINUTE_MS).unwrap_or(0);
            let row = &mut self.minutes[minute.min(MINUTES - 1)];
            row.visitors += u64::from(last.replace(minute) != Some(minute));
            row.conversions += u64::from(events.is_conversion[place]);
            match events.kind[place] {
                EntryKind::PageView => {
                    row.page_views += 1;
                    add_to(&mut self.pages, events.page[place], self.serial);
                }
                EntryKind::Event => {
                    row.events += 1;
                    add_to(&mut self.events, events.name[place], self.serial);
                }
                _ => {}
            }
        }
    }

    fn join(&mut self, other: Self) {
        for (all, one) in self.minutes.iter_mut().zip(other.minutes) {
            all.visitors += one.visitors;
            all.page_views += one.page_views;
            all.events += one.events;
            all.conversions += one.conversions;
        }
        for (all, one) in [(&mut self.now, other.now), (&mut self.all, other.all)] {
            all.visitors += one.visitors;
            all.sessions += one.sessions;
        }
        self.items += other.items;
        for (all, one) in [
            (&mut self.pages, other.pages),
            (&mut self.sources, other.sources),
            (&mut self.countries, other.countries),
            (&mut self.events, other.events),
        ] {
            for (key, count) in one {
                let all = all.entry(key).or_default();
                all.count += count.count;
                all.visitors += count.visitors;
            }
        }
    }
}

/// The keys with the most visitors, each as its text.
fn top<T: Ord>(counts: &Counts, text: impl Fn(u32) -> T) -> Vec<(T, Count)> {
    let mut all: Vec<(T, Count)> = counts.iter().map(|(key, one)| (text(*key), *one)).collect();
    all.sort_unstable_by(|(one, a), (other, b)| {
        let by_count = (b.visitors, b.count).cmp(&(a.visitors, a.count));
        by_count.then_with(|| one.cmp(other))
    });
    all.truncate(MOST);
    all
}

fn named(columns: &Columns, counts: &Counts) -> Vec<Named> {
    let top = top(counts, |word: Word| columns.text(word));
    top.into_iter()
        .map(|(name, count)| Named {
            name: name.map(str::to_owned),
            visitors: count.visitors,
            count: count.count,
        })
        .collect()
}
