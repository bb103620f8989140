//! What was known of people on their way at some moment, and what became of them.
//!
//! Moments lie a week apart, back from the last one of which it is known what came within the horizon. Somebody is looked at
//! on each of them on which they were on their way: seen before, in a session within 90 days, and not at the last stage.
//! Nothing that happened at the moment or later is part of a look. Where there are more looks than are needed, those of
//! people whom the seed picks are kept, all of somebody's or none.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{DAY_MS, HORIZON_DAYS};
use crate::analytics::chance::Chance;
use crate::analytics::progress::{Entered, MOST, Stages};
use crate::columns::{Columns, NONE, Visitor, Word};
use crate::journey::EntryKind;

/// Between moments.
const WEEK_MS: i64 = 7 * DAY_MS;
/// The most moments.
const MOST_MOMENTS: i64 = 34;
/// The most moments of the later slice, and those between the slices, in which a label of the earlier one may still look.
const MOST_LATER: i64 = 4;
const BETWEEN: i64 = 4;
/// Who was in no session for longer is not on their way any more.
const LATELY_MS: i64 = 90 * DAY_MS;
/// Looks at journeys of one stage.
const MOST_ROWS: usize = 20_000;
/// Events that are told apart, and those of them that models learn from.
const EVENTS: usize = 64;
const KEY_EVENTS: usize = 12;
/// Channels of the first touch that are told apart.
const CHANNELS: usize = 8;
/// Figures of every journey.
const BASE: usize = 10;

/// How lately somebody was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PredictionRecency)]
#[serde(rename_all = "snake_case")]
pub enum Recency {
    /// In a session that began within a week.
    Week,
    /// Within 30 days.
    Month,
    /// Longer ago.
    Longer,
}

impl Recency {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Week, Self::Month, Self::Longer];
}

/// A look at somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Who, as a number.
    pub person: u64,
    /// When.
    pub at: i64,
    /// The place of the stage.
    pub stage: u8,
    /// Whether it belongs to the later slice or the earlier one; nothing in between.
    pub is_later: Option<bool>,
    /// Whether it is known what became of it.
    pub is_known: bool,
    /// Whether a higher stage was reached within the horizon.
    pub went_on: bool,
    /// Events that happened within 30 days before, as bits by their place.
    pub events: u64,
    since_ms: i64,
    base: [f64; BASE],
    channel: Option<u8>,
    mark: u64,
}

impl Snapshot {
    /// How lately they were seen.
    pub fn recency(&self) -> Recency {
        match self.since_ms / DAY_MS {
            ..7 => Recency::Week,
            7..30 => Recency::Month,
            _ => Recency::Longer,
        }
    }
}

/// What is told apart, by its texts: words are another columns' otherwise.
#[derive(Debug, Default)]
pub struct Kinds {
    events: Vec<String>,
    channels: Vec<Option<String>>,
}

/// The same in the words of some columns.
#[derive(Debug)]
pub struct Looked {
    events: HashMap<Word, u8>,
    channels: HashMap<Word, u8>,
}

/// The history of a site.
#[derive(Debug)]
pub struct Snapshots {
    /// By stage; of a stage by person and time.
    pub rows: Vec<Vec<Snapshot>>,
    /// What is told apart.
    pub kinds: Kinds,
    /// Whether there are moments of either slice.
    pub has_slices: bool,
}

#[derive(Debug, Clone, Copy)]
struct Moments {
    latest: i64,
    count: i64,
    later: i64,
}

impl Moments {
    fn of(earliest: Option<i64>, until: i64) -> Self {
        let latest = until - HORIZON_DAYS * DAY_MS;
        let count = earliest.filter(|earliest| *earliest < latest);
        let count = count.map_or(0, |earliest| (latest - earliest - 1) / WEEK_MS + 1);
        let count = count.min(MOST_MOMENTS);
        Self {
            latest,
            count,
            later: ((count - BETWEEN) / 3).clamp(1, MOST_LATER),
        }
    }

    fn has_slices(self) -> bool {
        self.count > self.later + BETWEEN
    }

    /// Each with its slice.
    fn each(self) -> impl Iterator<Item = (i64, Option<bool>)> {
        (0..self.count).map(move |back| {
            let is_later = if back < self.later {
                Some(true)
            } else {
                (back >= self.later + BETWEEN).then_some(false)
            };
            (self.latest - back * WEEK_MS, is_later)
        })
    }
}

/// Looks that a thread gathers, those with the lowest marks of each stage.
#[derive(Debug, Default)]
struct Kept {
    rows: [Vec<Snapshot>; MOST],
    /// The highest mark that is kept, once there are enough.
    most: [Option<u64>; MOST],
}

impl Kept {
    /// Whether a look at somebody of this mark is not needed.
    fn is_beyond(&self, stage: usize, mark: u64) -> bool {
        self.most[stage].is_some_and(|most| mark > most)
    }

    fn add(&mut self, row: Snapshot) {
        let stage = usize::from(row.stage);
        let rows = &mut self.rows[stage];
        rows.push(row);
        if rows.len() >= 2 * MOST_ROWS {
            cut(rows);
            self.most[stage] = rows.iter().map(|row| row.mark).max();
        }
    }

    fn join(&mut self, other: Self) {
        let rows = other.rows.into_iter().flatten();
        rows.for_each(|row| self.add(row));
    }
}

fn cut(rows: &mut Vec<Snapshot>) {
    if rows.len() > MOST_ROWS {
        rows.select_nth_unstable_by_key(MOST_ROWS, |row| (row.mark, row.person, row.at));
        rows.truncate(MOST_ROWS);
    }
}

impl Snapshots {
    /// Looks at everybody but bots.
    pub fn read(columns: &Columns, stages: &Stages, until: i64, seed: u64) -> Self {
        let (kinds, earliest) = Kinds::of(columns, until);
        let looked = kinds.look(columns);
        let moments = Moments::of(earliest, until);
        let add = |kept: &mut Kept, person: &[Visitor<'_>]| {
            let browsers: Vec<Visitor<'_>> =
                person.iter().filter(|one| !one.is_bot()).copied().collect();
            if browsers.is_empty() {
                return;
            }
            let entered = stages.entered(&browsers);
            let mark = Chance::new(seed, number(&browsers)).draw();
            for (at, is_later) in moments.each() {
                if kept.is_beyond(Stages::at(&entered, at), mark) {
                    continue;
                }
                let look = look(&looked, columns, &browsers, (&entered, stages.len()), at);
                if let Some(mut row) = look {
                    let next = entered[usize::from(row.stage) + 1];
                    row.is_later = is_later;
                    row.is_known = true;
                    row.went_on = next.is_some_and(|next| next < at + HORIZON_DAYS * DAY_MS);
                    row.mark = mark;
                    kept.add(row);
                }
            }
        };
        let kept = columns.fold_persons(Kept::default, add, Kept::join);
        let mut rows: Vec<Vec<Snapshot>> = kept.rows.into_iter().take(stages.len()).collect();
        for rows in &mut rows {
            cut(rows);
            rows.sort_unstable_by_key(|row| (row.person, row.at));
        }
        Self {
            rows,
            kinds,
            has_slices: moments.has_slices(),
        }
    }
}

/// How many people some looks are of, which stand together.
pub fn journeys(rows: &[Snapshot]) -> usize {
    rows.chunk_by(|a, b| a.person == b.person).count()
}

impl Kinds {
    /// The most frequent by people, and when the first item of anybody was.
    fn of(columns: &Columns, until: i64) -> (Self, Option<i64>) {
        #[derive(Default)]
        struct Counts {
            events: HashMap<Word, u64>,
            channels: HashMap<Word, u64>,
            earliest: Option<i64>,
            own: Vec<Word>,
        }
        let add = |counts: &mut Counts, visitor: Visitor<'_>| {
            if visitor.is_bot() || visitor.first_at() >= until {
                return;
            }
            let first = visitor.first_at();
            counts.earliest = Some(counts.earliest.map_or(first, |known| known.min(first)));
            let channel = columns.touches()[visitor.touch() as usize].channel;
            *counts.channels.entry(channel).or_default() += 1;
            let events = visitor.events();
            counts.own.clear();
            for (place, kind) in events.kind.iter().enumerate() {
                if *kind == EntryKind::Event && events.at[place] < until {
                    counts.own.push(events.name[place]);
                }
            }
            counts.own.sort_unstable();
            counts.own.dedup();
            for name in &counts.own {
                *counts.events.entry(*name).or_default() += 1;
            }
        };
        let counts = columns.fold_visitors(Counts::default, add, |all, other| {
            for (word, count) in other.events {
                *all.events.entry(word).or_default() += count;
            }
            for (word, count) in other.channels {
                *all.channels.entry(word).or_default() += count;
            }
            all.earliest = [all.earliest, other.earliest].into_iter().flatten().min();
        });
        let most = |counts: HashMap<Word, u64>, most: usize| {
            let mut all: Vec<(u64, Option<&str>)> = counts
                .into_iter()
                .map(|(word, count)| (count, columns.text(word)))
                .collect();
            all.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            let texts = all.into_iter().map(|(_, text)| text.map(str::to_owned));
            texts.take(most).collect::<Vec<_>>()
        };
        let kinds = Self {
            events: most(counts.events, EVENTS).into_iter().flatten().collect(),
            channels: most(counts.channels, CHANNELS),
        };
        (kinds, counts.earliest)
    }

    /// The names of the events.
    pub fn events(&self) -> &[String] {
        &self.events
    }

    /// In the words of some columns.
    pub fn look(&self, columns: &Columns) -> Looked {
        let words = columns.words();
        let numbered = |(place, text): (usize, Option<&str>)| {
            let word = text.map_or(Some(NONE), |text| words.find(text))?;
            Some((word, place as u8))
        };
        let events = self.events.iter().map(|text| Some(text.as_str()));
        let channels = self.channels.iter().map(Option::as_deref);
        Looked {
            events: events.enumerate().filter_map(numbered).collect(),
            channels: channels.enumerate().filter_map(numbered).collect(),
        }
    }

    /// What a model is told of a look.
    pub fn features(&self, row: &Snapshot) -> Vec<f64> {
        let mut features = row.base.to_vec();
        let channels = 0..self.channels.len();
        features.extend(channels.map(|place| {
            let is_own = row.channel.map(usize::from) == Some(place);
            f64::from(u8::from(is_own))
        }));
        let events = 0..self.events.len().min(KEY_EVENTS);
        features.extend(events.map(|place| (row.events >> place & 1) as f64));
        features
    }
}

/// A person as a number: by the first of their browsers' ids.
fn number(browsers: &[Visitor<'_>]) -> u64 {
    let first = browsers.iter().map(|browser| browser.id()).min();
    let (high, low) = first.unwrap_or_default().as_u64_pair();
    high ^ low.rotate_left(32)
}

/// A person as they were known right before a moment; nothing where they were not on their way.
pub fn look(
    looked: &Looked,
    columns: &Columns,
    browsers: &[Visitor<'_>],
    (entered, stages): (&Entered, usize),
    at: i64,
) -> Option<Snapshot> {
    let first = browsers.iter().min_by_key(|one| one.first_at())?;
    let began = first.first_at();
    let stage = Stages::at(entered, at);
    if began >= at || stage + 1 >= stages {
        return None;
    }
    let (mut last, mut sessions, mut week, mut month) = (i64::MIN, 0, 0, 0);
    let mut channels: Vec<Word> = Vec::new();
    for browser in browsers {
        let own = browser.sessions();
        for (place, start) in own.started_at.iter().enumerate() {
            if *start >= at {
                break;
            }
            last = last.max(*start);
            sessions += 1;
            week += i32::from(at - start <= WEEK_MS);
            month += i32::from(at - start <= HORIZON_DAYS * DAY_MS);
            let channel = columns.touches()[own.touch[place] as usize].channel;
            if channel != NONE && !channels.contains(&channel) {
                channels.push(channel);
            }
        }
    }
    let since_ms = at.saturating_sub(last);
    if sessions == 0 || since_ms > LATELY_MS {
        return None;
    }
    let (mut events, mut count, mut conversions, mut views) = (0_u64, 0, 0, 0);
    for browser in browsers {
        let own = browser.events();
        for (place, moment) in own.at.iter().enumerate() {
            if *moment >= at {
                break;
            }
            conversions += i32::from(own.is_conversion[place]);
            match own.kind[place] {
                EntryKind::PageView => views += 1,
                EntryKind::Event => {
                    count += 1;
                    let is_late = at - moment <= HORIZON_DAYS * DAY_MS;
                    if let Some(event) = looked.events.get(&own.name[place]).filter(|_| is_late) {
                        events |= 1 << event;
                    }
                }
                _ => {}
            }
        }
    }
    let days = |ms: i64| (ms.max(0) as f64 / DAY_MS as f64).ln_1p();
    let many = |count: i32| f64::from(count).ln_1p();
    Some(Snapshot {
        person: number(browsers),
        at,
        stage: stage as u8,
        is_later: None,
        is_known: false,
        went_on: false,
        events,
        since_ms,
        base: [
            days(since_ms),
            days(at - began),
            days(at - entered[stage].unwrap_or(began)),
            many(sessions),
            many(week),
            many(month),
            channels.len() as f64,
            many(views),
            many(count),
            many(conversions),
        ],
        channel: looked
            .channels
            .get(&columns.touches()[first.touch() as usize].channel)
            .copied(),
        mark: 0,
    })
}

#[cfg(test)]
impl Snapshot {
    /// A look at somebody of the first stage of whom nothing is known but this.
    pub(super) fn sketched(
        person: u64,
        since_ms: i64,
        is_told: bool,
        is_later: bool,
        went_on: bool,
    ) -> Self {
        let mut base = [0.0; BASE];
        base[0] = (since_ms as f64 / DAY_MS as f64).ln_1p();
        Self {
            person,
            at: 0,
            stage: 0,
            is_later: Some(is_later),
            is_known: true,
            went_on,
            events: u64::from(is_told),
            since_ms,
            base,
            channel: None,
            mark: 0,
        }
    }

    /// How long ago they were seen.
    pub(super) fn since_ms(&self) -> i64 {
        self.since_ms
    }
}

#[cfg(test)]
impl Kinds {
    /// Of these events.
    pub(super) fn named(events: &[&str]) -> Self {
        Self {
            events: events.iter().map(|name| (*name).to_owned()).collect(),
            channels: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_learned_from_ends_before_what_is_measured_begins() {
        let until = 400 * DAY_MS;
        for days in 30..400 {
            let moments = Moments::of(Some(until - days * DAY_MS), until);
            let of = |slice: bool| {
                let all = moments.each().filter(move |(_, own)| *own == Some(slice));
                all.map(|(at, _)| at).collect::<Vec<_>>()
            };
            let (earlier, later) = (of(false), of(true));
            let horizon = HORIZON_DAYS * DAY_MS;
            assert_eq!(
                moments.has_slices(),
                !earlier.is_empty() && !later.is_empty()
            );
            for at in earlier.iter().chain(&later) {
                assert!(*at + horizon <= until && *at > until - days * DAY_MS);
            }
            if let (Some(last), Some(first)) = (earlier.iter().max(), later.iter().min()) {
                assert!(last + horizon <= *first);
            }
        }
        assert!(!Moments::of(None, until).has_slices());
        assert!(!Moments::of(Some(until - 50 * DAY_MS), until).has_slices());
        assert!(Moments::of(Some(until - 80 * DAY_MS), until).has_slices());
    }
}
