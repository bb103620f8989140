//! How far people have come by the stages of a site, how long it took them, and where they stay behind.
//!
//! A journey here is a person's: the first times of all their browsers together. What is lost at a stage is told in
//! [`super::bottlenecks`].

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::beginning::{Beginning, first_seen};
use super::bottlenecks::{Bottleneck, Followed, Judging, judge};
use super::breakdown::{Figures, Group, Groups};
use super::buckets::Span;
use super::dimension::Dimension;
use super::quantile::{percentile, rate};
use super::scope::{Sample, Scope};
use crate::columns::{NO_SESSION, NONE, Visitor};
use crate::journey::{DAY_MS, Definition};

/// Where the buckets of the time in a stage end, in milliseconds.
const BUCKETS: [i64; 8] = [
    3_600_000,
    DAY_MS,
    3 * DAY_MS,
    7 * DAY_MS,
    14 * DAY_MS,
    30 * DAY_MS,
    60 * DAY_MS,
    90 * DAY_MS,
];

/// What is asked.
#[derive(Debug)]
pub struct Asking<'d> {
    /// The site's stages.
    pub definition: &'d Definition,
    /// By what the answer is broken down.
    pub breakdown: Option<Dimension>,
    /// How losses are judged.
    pub judging: Judging,
}

/// A stage of the journeys that began in the time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = StageRow)]
pub struct Row {
    /// Of whom.
    pub group: Group,
    /// The dimension's value where the row is of one.
    pub value: Option<String>,
    /// The stage's key.
    pub stage: String,
    /// Its name.
    pub label: String,
    /// Who is in it now.
    pub people: u64,
    /// Who is in it or beyond.
    pub reached: u64,
    /// Those, of all.
    pub rate: Option<f64>,
    /// Those, of who reached the stage before.
    pub rate_of_previous: Option<f64>,
    /// The mean time from the first visit to the stage, in milliseconds, rounded down.
    pub mean_length_ms: Option<i64>,
    /// The median of it.
    pub median_length_ms: Option<i64>,
    /// How long who left the stage for a later one had been in it: the median.
    pub median_ms: Option<i64>,
    /// What nine of ten of them did not exceed.
    pub p90_ms: Option<i64>,
    /// Who entered the stage long enough ago to say whether they went on in time; null for the last stage.
    pub followed: Option<u64>,
    /// Who of those did.
    pub went_on: Option<u64>,
    /// The others, of `followed`.
    pub loss: Option<f64>,
}

/// How many were so long in a stage before they left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = StageTime)]
pub struct Spent {
    /// The stage's key.
    pub stage: String,
    /// Less than this, in milliseconds, and no less than the one before; null for what is beyond all.
    pub below_ms: Option<i64>,
    /// How many.
    pub people: u64,
}

/// A milestone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MilestoneTime)]
pub struct Reached {
    /// Its name.
    pub milestone: String,
    /// Who reached it.
    pub people: u64,
    /// From the first visit: the median, in milliseconds.
    pub median_ms: Option<i64>,
    /// What nine of ten did not exceed.
    pub p90_ms: Option<i64>,
}

/// From one milestone to the one that the same person reached next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MilestoneGap)]
pub struct Gap {
    /// From which.
    pub from: String,
    /// To which.
    pub to: String,
    /// How many went this way.
    pub people: u64,
    /// The median, in milliseconds.
    pub median_ms: Option<i64>,
    /// What nine of ten did not exceed.
    pub p90_ms: Option<i64>,
}

/// Stages, and the way through them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Stages {
    /// Stages in their order: of all, then of each value of the dimension, the greatest first.
    pub rows: Vec<Row>,
    /// Of all, how long they were in each stage.
    pub times: Vec<Spent>,
    /// Of all, when milestones were reached, in the definition's order.
    pub milestones: Vec<Reached>,
    /// Of all, how long it took from milestone to milestone, the most frequent first.
    pub between: Vec<Gap>,
    /// Where more stay behind than should.
    pub bottlenecks: Vec<Bottleneck>,
}

/// Journeys of people who are alike.
#[derive(Debug, Clone)]
pub(super) struct Journeys {
    /// By stage, where they are now.
    pub(super) people: Vec<u64>,
    /// By stage, who came there or further.
    pub(super) reached: Vec<u64>,
    /// By stage, from the first visit.
    length: Vec<Vec<i64>>,
    /// By stage, who has left it.
    pub(super) spent: Vec<Vec<i64>>,
    /// By stage but the last.
    pub(super) followed: Vec<Followed>,
}

impl Journeys {
    pub(super) fn new(stages: usize) -> Self {
        Self {
            people: vec![0; stages],
            reached: vec![0; stages],
            length: vec![Vec::new(); stages],
            spent: vec![Vec::new(); stages],
            followed: vec![Followed::default(); stages.saturating_sub(1)],
        }
    }
}

impl Figures for Journeys {
    fn join(&mut self, other: Self) {
        let counts = self.people.iter_mut().chain(&mut self.reached);
        counts
            .zip(other.people.into_iter().chain(other.reached))
            .for_each(|(all, other)| *all += other);
        let times = self.length.iter_mut().chain(&mut self.spent);
        times
            .zip(other.length.into_iter().chain(other.spent))
            .for_each(|(all, other)| all.extend(other));
        for (all, other) in self.followed.iter_mut().zip(other.followed) {
            all.join(other);
        }
    }

    fn size(&self) -> u64 {
        self.reached[0]
    }
}

/// What the names of first times mean by a definition.
struct Names {
    /// By word: the milestone of this name, and the one that an event of this name reaches.
    by_word: Vec<[Option<u8>; 2]>,
    /// By milestone.
    ranks: Vec<Option<usize>>,
}

impl Names {
    fn of(scope: &Scope<'_>, definition: &Definition) -> Self {
        let words = scope.columns.words();
        let mut by_word = vec![[None; 2]; words.len()];
        for (place, rule) in (0..).zip(definition.milestones()) {
            if let Some(word) = words.find(&rule.name) {
                by_word[word as usize][0] = Some(place);
            }
            if let Some(word) = rule.event.as_deref().and_then(|event| words.find(event)) {
                by_word[word as usize][1] = Some(place);
            }
        }
        let rules = definition.milestones().iter();
        Self {
            by_word,
            ranks: rules
                .map(|rule| definition.rank_of_milestone(&rule.name))
                .collect(),
        }
    }
}

struct Gathered {
    groups: Groups<Journeys>,
    before: Vec<Followed>,
    milestones: Vec<Vec<i64>>,
    between: BTreeMap<(usize, usize), Vec<i64>>,
    sample: Sample,
    /// Of the person that is looked at: when each milestone was reached, and each stage.
    first: Vec<Option<i64>>,
    entered: Vec<Option<i64>>,
}

/// Counts.
pub fn stages(scope: &Scope<'_>, asking: &Asking<'_>) -> (Stages, Sample) {
    let definition = asking.definition;
    let names = Names::of(scope, definition);
    let count = definition.stages().len();
    let new = || Gathered {
        groups: Groups::default(),
        before: vec![Followed::default(); count.saturating_sub(1)],
        milestones: vec![Vec::new(); definition.milestones().len()],
        between: BTreeMap::new(),
        sample: Sample::default(),
        first: vec![None; definition.milestones().len()],
        entered: vec![None; count],
    };
    let add = |gathered: &mut Gathered, browsers: &[Visitor<'_>]| {
        gathered.add(scope, asking, &names, browsers);
    };
    let gathered = scope.columns.fold_persons(new, add, Gathered::join);
    let mut all = Journeys::new(count);
    let mut groups = Vec::new();
    for (group, value, journeys) in gathered.groups.ranked(scope.columns) {
        if asking.breakdown.is_some() {
            groups.push((group, value, journeys.clone()));
        }
        all.join(journeys);
    }
    let times = times(definition, &all);
    groups.insert(0, (Group::All, None, all));
    let bottlenecks = judge(definition, &asking.judging, &groups, &gathered.before);
    let rows = groups
        .into_iter()
        .flat_map(|(group, value, journeys)| rows(definition, group, &value, journeys))
        .collect();
    let (milestones, between) = milestones(definition, gathered.milestones, gathered.between);
    let stages = Stages {
        rows,
        times,
        milestones,
        between,
        bottlenecks,
    };
    (stages, gathered.sample)
}

fn rows(
    definition: &Definition,
    group: Group,
    value: &Option<String>,
    mut journeys: Journeys,
) -> Vec<Row> {
    let all = journeys.reached.first().copied().unwrap_or(0);
    let row = |(place, stage): (usize, &crate::journey::Stage)| {
        let reached = journeys.reached[place];
        let before = place.checked_sub(1).map(|before| journeys.reached[before]);
        let followed = journeys.followed.get(place);
        let length = &mut journeys.length[place];
        let sum: i128 = length.iter().map(|ms| i128::from(*ms)).sum();
        let mean = sum.checked_div(length.len() as i128);
        Row {
            group,
            value: value.clone(),
            stage: stage.key.clone(),
            label: stage.label.clone(),
            people: journeys.people[place],
            reached,
            rate: rate(reached, all),
            rate_of_previous: before.and_then(|before| rate(reached, before)),
            mean_length_ms: mean.and_then(|mean| i64::try_from(mean).ok()),
            median_length_ms: percentile(length, 50),
            median_ms: percentile(&mut journeys.spent[place], 50),
            p90_ms: percentile(&mut journeys.spent[place], 90),
            followed: followed.map(|followed| followed.all),
            went_on: followed.map(|followed| followed.went_on),
            loss: followed.and_then(|followed| followed.loss()),
        }
    };
    definition.stages().iter().enumerate().map(row).collect()
}

fn times(definition: &Definition, journeys: &Journeys) -> Vec<Spent> {
    let mut all = Vec::new();
    for (stage, spent) in definition.stages().iter().zip(&journeys.spent) {
        let mut people = [0; BUCKETS.len() + 1];
        for ms in spent {
            people[BUCKETS.partition_point(|below| below <= ms)] += 1;
        }
        let ends = BUCKETS.iter().copied().map(Some).chain([None]);
        all.extend(ends.zip(people).map(|(below_ms, people)| Spent {
            stage: stage.key.clone(),
            below_ms,
            people,
        }));
    }
    all
}

fn milestones(
    definition: &Definition,
    since_first: Vec<Vec<i64>>,
    between: BTreeMap<(usize, usize), Vec<i64>>,
) -> (Vec<Reached>, Vec<Gap>) {
    let name = |place: usize| definition.milestones()[place].name.clone();
    let reached = since_first.into_iter().enumerate();
    let reached = reached.map(|(place, mut times)| Reached {
        milestone: name(place),
        people: times.len() as u64,
        median_ms: percentile(&mut times, 50),
        p90_ms: percentile(&mut times, 90),
    });
    let mut gaps: Vec<Gap> = between
        .into_iter()
        .map(|((from, to), mut times)| Gap {
            from: name(from),
            to: name(to),
            people: times.len() as u64,
            median_ms: percentile(&mut times, 50),
            p90_ms: percentile(&mut times, 90),
        })
        .collect();
    gaps.sort_by_key(|gap| std::cmp::Reverse(gap.people));
    (reached.collect(), gaps)
}

impl Gathered {
    fn add(
        &mut self,
        scope: &Scope<'_>,
        asking: &Asking<'_>,
        names: &Names,
        browsers: &[Visitor<'_>],
    ) {
        let Some((began, browser, session)) = first_seen(scope, browsers) else {
            return;
        };
        let is_asked = scope.span.has(began);
        let earlier = Span {
            begin: scope.span.begin - asking.judging.before_ms,
            end: scope.span.begin,
        };
        if !is_asked && !earlier.has(began) {
            return;
        }
        self.enter(scope, names, began, browsers);
        let followed = |entered: &[Option<i64>], add: &mut [Followed]| {
            for (pair, followed) in entered.windows(2).zip(add) {
                if let Some(at) = pair[0] {
                    followed.add(at, pair[1], &asking.judging);
                }
            }
        };
        if !is_asked {
            followed(&self.entered, &mut self.before);
            return;
        }
        let visitor = browsers[browser];
        if !Beginning::of(scope, visitor).counts(session) {
            return;
        }
        let word = asking
            .breakdown
            .map_or(NONE, |dimension| match dimension.of() {
                super::dimension::Of::Session if session != NO_SESSION => {
                    dimension.of_session(scope.columns, &visitor.sessions(), session as usize)
                }
                _ => dimension.of_visitor(scope.columns, visitor),
            });
        let journeys = self.groups.of(word, || Journeys::new(self.entered.len()));
        let rank = self.entered.iter().take_while(|at| at.is_some()).count() - 1;
        journeys.people[rank] += 1;
        for (place, at) in self.entered[..=rank].iter().flatten().enumerate() {
            journeys.reached[place] += 1;
            journeys.length[place].push((at - began).max(0));
            if let Some(Some(left)) = self.entered.get(place + 1) {
                journeys.spent[place].push((left - at).max(0));
            }
        }
        followed(&self.entered, &mut journeys.followed);
        self.pass(began);
        self.sample.people += 1;
        for visitor in browsers {
            self.sample.sessions += visitor.sessions().started_at.len() as u64;
            self.sample.items += visitor.events().at.len() as u64;
        }
    }

    /// When a person reached each milestone, and with it each stage: the first with the first visit, any other with the first
    /// milestone of it or of a higher one.
    fn enter(&mut self, scope: &Scope<'_>, names: &Names, began: i64, browsers: &[Visitor<'_>]) {
        self.first.fill(None);
        self.entered.fill(None);
        for visitor in browsers {
            if !scope.bots.shows(visitor.is_bot()) {
                continue;
            }
            let firsts = visitor.firsts();
            for (name, at) in firsts.name.iter().zip(firsts.at) {
                for place in names.by_word[*name as usize].into_iter().flatten() {
                    let place = usize::from(place);
                    let first = &mut self.first[place];
                    *first = Some(first.map_or(*at, |first| first.min(*at)));
                    if let Some(rank) = names.ranks[place] {
                        for entered in &mut self.entered[1..=rank] {
                            *entered = Some(entered.map_or(*at, |entered| entered.min(*at)));
                        }
                    }
                }
            }
        }
        self.entered[0] = Some(began);
    }

    /// How long a person took from milestone to milestone.
    fn pass(&mut self, began: i64) {
        let reached = self.first.iter().enumerate();
        let mut reached: Vec<(i64, usize)> = reached
            .filter_map(|(place, at)| Some(((*at)?, place)))
            .collect();
        reached.sort_unstable();
        for (at, place) in &reached {
            self.milestones[*place].push((at - began).max(0));
        }
        for pair in reached.windows(2) {
            let gap = pair[1].0 - pair[0].0;
            self.between
                .entry((pair[0].1, pair[1].1))
                .or_default()
                .push(gap);
        }
    }

    fn join(&mut self, other: Self) {
        self.groups.join(other.groups);
        for (all, other) in self.before.iter_mut().zip(other.before) {
            all.join(other);
        }
        for (all, other) in self.milestones.iter_mut().zip(other.milestones) {
            all.extend(other);
        }
        for (pair, times) in other.between {
            self.between.entry(pair).or_default().extend(times);
        }
        self.sample.add(other.sample);
    }
}
