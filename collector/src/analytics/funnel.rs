//! How many made one step after another, and how long it took them.

use std::cmp::Reverse;
use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::attempt::{Attempt, Met, Rule, best};
use super::beginning::Beginning;
use super::breakdown::{Figures, Group, Groups};
use super::field::Reading;
use super::quantile::{percentile, rate};
use super::scope::{Sample, Scope};
use super::steps::{Sought, value};
use super::whose::By;
use crate::columns::{NO_SESSION, NONE, Visitor};
use crate::journey::UnknownName;

/// The most people of a list.
pub const MOST_PEOPLE: usize = 500;

/// Which people of a step are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FunnelOutcome)]
pub enum Outcome {
    /// Those who made it.
    #[default]
    Reached,
    /// Those who made the step before and not this one.
    Dropped,
}

impl FromStr for Outcome {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "reached" => Ok(Self::Reached),
            "dropped" => Ok(Self::Dropped),
            _ => Err(UnknownName),
        }
    }
}

/// What is asked.
#[derive(Debug)]
pub struct Asking {
    /// The steps.
    pub sought: Sought,
    /// What they are called.
    pub names: Vec<String>,
    /// What an attempt has to keep to.
    pub rule: Rule,
    /// Who counts as one.
    pub by: By,
    /// By what the answer is broken down.
    pub breakdown: Option<Reading>,
    /// Of which step, from 1, which people are listed.
    pub people: Option<(usize, Outcome)>,
}

/// A step of a funnel.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = FunnelRow)]
pub struct Row {
    /// Of whom.
    pub group: Group,
    /// The value of what it is broken down by, where the row is of one.
    pub value: Option<String>,
    /// From 1.
    pub step: usize,
    /// What it is called.
    pub name: String,
    /// Who made it.
    pub people: u64,
    /// Of those who made the first.
    pub rate: Option<f64>,
    /// Of those who made the one before.
    pub rate_of_previous: Option<f64>,
    /// Who made the one before and not this one.
    pub dropped: Option<u64>,
    /// Those, of those who made the one before.
    pub drop_off: Option<f64>,
    /// Milliseconds from the step before, which half of them did not exceed.
    pub median_ms: Option<i64>,
    /// Milliseconds from the step before, which nine of ten did not exceed.
    pub p90_ms: Option<i64>,
}

/// Who is behind a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FunnelPeople)]
pub struct People {
    /// From 1.
    pub step: usize,
    /// Which of them.
    pub outcome: Outcome,
    /// How many there are.
    pub total: u64,
    /// At most 500, the latest beginnings first: ids of visitors, or of persons, as `visitor:` and the browser in which they began.
    pub ids: Vec<String>,
}

/// A funnel.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Funnel {
    /// The steps in their order: of all, then of each value of the dimension, the greatest first.
    pub rows: Vec<Row>,
    /// Who is behind the step that was asked for.
    pub people: Option<People>,
}

/// Those who began alike.
#[derive(Debug)]
struct Steps {
    reached: Vec<u64>,
    /// How long each step took, without the first.
    took: Vec<Vec<i64>>,
}

impl Steps {
    fn new(steps: usize) -> Self {
        Self {
            reached: vec![0; steps],
            took: vec![Vec::new(); steps],
        }
    }

    fn add(&mut self, attempt: &Attempt) {
        for step in 0..attempt.reached {
            self.reached[step] += 1;
            if step > 0 {
                self.took[step].push(attempt.at[step] - attempt.at[step - 1]);
            }
        }
    }
}

impl Figures for Steps {
    fn join(&mut self, other: Self) {
        for (all, other) in self.reached.iter_mut().zip(other.reached) {
            *all += other;
        }
        for (all, other) in self.took.iter_mut().zip(other.took) {
            all.extend(other);
        }
    }

    fn size(&self) -> u64 {
        self.reached[0]
    }
}

/// An item of somebody that meets a step.
#[derive(Debug, Clone, Copy)]
struct Item {
    met: Met,
    browser: usize,
    /// Among the browser's items; nothing for a first time without one.
    place: Option<usize>,
    /// Whether an attempt may begin with it.
    begins: bool,
}

#[derive(Default)]
struct Gathered {
    groups: Groups<Steps>,
    people: Vec<(Reverse<i64>, Uuid)>,
    listed: u64,
    sample: Sample,
    /// Of the person that is looked at.
    items: Vec<Item>,
    met: Vec<Met>,
}

/// Counts.
pub fn funnel(scope: &Scope<'_>, asking: &Asking) -> (Funnel, Sample) {
    let add = |gathered: &mut Gathered, browsers: &[Visitor<'_>]| {
        gathered.add(scope, asking, browsers);
    };
    let mut gathered = asking
        .by
        .fold(scope.columns, Gathered::default, add, Gathered::join);
    gathered.trim(MOST_PEOPLE);
    let people = asking.people.map(|(step, outcome)| People {
        step,
        outcome,
        total: gathered.listed,
        ids: gathered
            .people
            .iter()
            .map(|(_, id)| match asking.by {
                By::Visitor => id.to_string(),
                By::Person => format!("visitor:{id}"),
            })
            .collect(),
    });
    let mut all = Steps::new(asking.rule.steps);
    let mut rows = Vec::new();
    for (group, value, steps) in gathered.groups.ranked(scope.columns) {
        if asking.breakdown.is_some() {
            rows.extend(asking.rows(group, value, &steps));
        }
        all.join(steps);
    }
    let mut whole = asking.rows(Group::All, None, &all);
    whole.append(&mut rows);
    (
        Funnel {
            rows: whole,
            people,
        },
        gathered.sample,
    )
}

impl Asking {
    /// The items of a browser that meet a step, from the time that is asked about until nothing can follow any more. Whether
    /// an attempt may begin with any.
    fn gather(
        &self,
        scope: &Scope<'_>,
        (browser, visitor): (usize, Visitor<'_>),
        items: &mut Vec<Item>,
    ) -> bool {
        let span = scope.span;
        let last = (span.end - 1).saturating_add(self.rule.window);
        let beginning = Beginning::of(scope, visitor);
        let mut any = false;
        let mut add = |at: i64, steps: u32, session: u32, place: Option<usize>| {
            let begins = steps & 1 == 1 && span.has(at) && beginning.counts(session);
            any |= begins;
            items.push(Item {
                met: Met { at, steps },
                browser,
                place,
                begins,
            });
        };
        let events = visitor.events();
        if visitor.last_at() >= span.begin && visitor.first_at() <= last {
            let from = events.at.partition_point(|at| *at < span.begin);
            for place in from..events.at.len() {
                let at = events.at[place];
                if at > last {
                    break;
                }
                let steps = self.sought.item(scope.columns, visitor, &events, place);
                if steps != 0 {
                    add(at, steps, events.session[place], Some(place));
                }
            }
        }
        if self.sought.has_milestones() {
            let firsts = visitor.firsts();
            for (name, at) in firsts.name.iter().zip(firsts.at) {
                let steps = self.sought.first(scope.columns, visitor, *name);
                if steps == 0 || *at < span.begin || *at > last {
                    continue;
                }
                let from = events.at.partition_point(|other| other < at);
                let mut same = (from..events.at.len()).take_while(|place| events.at[*place] == *at);
                if !same.any(|place| events.name[place] == *name) {
                    add(*at, steps, NO_SESSION, None);
                }
            }
        }
        any
    }

    fn rows(&self, group: Group, value: Option<String>, steps: &Steps) -> Vec<Row> {
        let row = |(place, name): (usize, &String)| {
            let people = steps.reached[place];
            let before = place.checked_sub(1).map(|before| steps.reached[before]);
            let dropped = before.map(|before| before - people);
            let mut took = steps.took[place].clone();
            Row {
                group,
                value: value.clone(),
                step: place + 1,
                name: name.clone(),
                people,
                rate: rate(people, steps.reached[0]),
                rate_of_previous: before.and_then(|before| rate(people, before)),
                dropped,
                drop_off: dropped.and_then(|dropped| rate(dropped, before?)),
                median_ms: percentile(&mut took, 50),
                p90_ms: percentile(&mut took, 90),
            }
        };
        self.names.iter().enumerate().map(row).collect()
    }
}

impl Gathered {
    fn add(&mut self, scope: &Scope<'_>, asking: &Asking, browsers: &[Visitor<'_>]) {
        self.items.clear();
        let mut any = false;
        for (browser, visitor) in browsers.iter().enumerate() {
            if scope.bots.shows(visitor.is_bot()) {
                any |= asking.gather(scope, (browser, *visitor), &mut self.items);
            }
        }
        if !any {
            return;
        }
        if browsers.len() > 1 || asking.sought.has_milestones() {
            let order = |item: &Item| (item.met.at, item.browser, item.place.is_none(), item.place);
            self.items.sort_by_key(order);
        }
        self.met.clear();
        self.met.extend(self.items.iter().map(|item| item.met));
        let items = &self.items;
        let Some(attempt) = best(&self.met, asking.rule, |place| items[place].begins) else {
            return;
        };
        let first = self.items[attempt.start];
        let visitor = browsers[first.browser];
        let word = asking.breakdown.map_or(NONE, |field| {
            value(
                field,
                scope.columns,
                visitor,
                &visitor.events(),
                first.place,
            )
        });
        let group = self.groups.of(word, || Steps::new(asking.rule.steps));
        group.add(&attempt);
        self.sample.people += 1;
        self.sample.items += self.items.len() as u64;
        let sessions = browsers
            .iter()
            .map(|visitor| visitor.sessions().started_at.len() as u64);
        self.sample.sessions += sessions.sum::<u64>();
        let is_listed = asking.people.is_some_and(|(step, outcome)| match outcome {
            Outcome::Reached => attempt.reached >= step,
            Outcome::Dropped => attempt.reached + 1 == step,
        });
        if is_listed {
            self.listed += 1;
            self.people.push((Reverse(attempt.at[0]), visitor.id()));
            if self.people.len() >= 4 * MOST_PEOPLE {
                self.trim(MOST_PEOPLE);
            }
        }
    }

    fn trim(&mut self, most: usize) {
        self.people.sort_unstable();
        self.people.truncate(most);
    }

    fn join(&mut self, other: Self) {
        self.groups.join(other.groups);
        self.people.extend(other.people);
        self.listed += other.listed;
        self.sample.add(other.sample);
    }
}
