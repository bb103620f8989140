//! The paths of everybody, read in one walk over the columns.

use std::collections::HashMap;
use std::ops::Range;

use uuid::Uuid;

use crate::analytics::attribution::Touchpoint;
use crate::analytics::goal::{Happened, Wanted};
use crate::analytics::prices::Worth;
use crate::analytics::progress::Stages;
use crate::analytics::scope::{Sample, Scope};
use crate::analytics::touchpoints::{Touchpoints, leading};
use crate::columns::{NONE, Person, Visitor, Word};

/// A conversion with the place of its touchpoints.
#[derive(Debug, Clone)]
pub struct Credited {
    /// The person's first browser, which stands for them.
    pub browser: Uuid,
    /// The site's id of them, if one is known.
    pub user: Word,
    /// When, and for what.
    pub happened: Happened,
    /// Among [`Paths::touchpoints`].
    pub touchpoints: Range<usize>,
    /// When the second stage was reached.
    pub registered_at: Option<i64>,
    /// When the third was.
    pub qualified_at: Option<i64>,
}

/// Everybody's paths. Keys are words.
#[derive(Debug, Default)]
pub struct Paths {
    /// Persons one after the other, and of a person the earliest first.
    pub conversions: Vec<Credited>,
    /// The touchpoints that led to them, the oldest of each first.
    pub touchpoints: Vec<Touchpoint>,
    /// What those went who did not convert, and how many of them.
    pub lost: HashMap<Box<[Word]>, u64>,
    /// What it rests on.
    pub sample: Sample,
}

/// What a thread gathers, with room that is used again.
#[derive(Default)]
struct Gathered {
    paths: Paths,
    happened: Vec<Happened>,
    own: Vec<Touchpoint>,
    keys: Vec<Word>,
}

/// Reads the paths.
pub fn read(
    scope: &Scope<'_>,
    touchpoints: &Touchpoints<'_>,
    wanted: &Wanted,
    stages: &Stages,
    lookback: Option<i64>,
) -> Paths {
    let read = Reading {
        scope,
        touchpoints,
        wanted,
        stages,
        lookback,
    };
    let add = |gathered: &mut Gathered, person: Person<'_>| gathered.add(&read, person);
    let join = |all: &mut Gathered, other: Gathered| all.paths.join(other.paths);
    scope
        .columns
        .fold_people(Gathered::default, add, join)
        .paths
}

/// What is read of each person.
struct Reading<'a, 'c> {
    scope: &'a Scope<'c>,
    touchpoints: &'a Touchpoints<'c>,
    wanted: &'a Wanted,
    stages: &'a Stages,
    lookback: Option<i64>,
}

impl Gathered {
    fn add(&mut self, read: &Reading<'_, '_>, person: Person<'_>) {
        let span = read.scope.span;
        let is_out = |one: &Visitor<'_>| one.last_at() < span.begin || one.first_at() >= span.end;
        if person.browsers.iter().all(is_out) {
            return;
        }
        let browsers = read.scope.browsers_of(person.browsers);
        if browsers.is_empty() {
            return;
        }
        self.happened.clear();
        read.wanted.find(read.scope, &browsers, &mut self.happened);
        let last = browsers
            .iter()
            .filter_map(|one| read.scope.last_session(*one));
        let last = last.max();
        if self.happened.is_empty() && last.is_none() {
            return;
        }
        let paths = &mut self.paths;
        paths.sample.people += 1;
        paths.sample.items += self.happened.len() as u64;
        let interactions = &person.interactions;
        read.touchpoints
            .read(&browsers, interactions, span.end, &mut self.own);
        if let Some(last) = last.filter(|_| self.happened.is_empty()) {
            let own = leading(&self.own, last, read.lookback);
            paths.sample.sessions += own.len() as u64;
            self.keys.clear();
            self.keys
                .extend(self.own[own].iter().map(|touch| touch.key));
            match paths.lost.get_mut(self.keys.as_slice()) {
                Some(people) => *people += 1,
                None => {
                    paths.lost.insert(self.keys.as_slice().into(), 1);
                }
            }
            return;
        }
        let entered = read.stages.entered(&browsers);
        let user = browsers.iter().map(|one| one.user());
        let user = user.into_iter().find(|user| *user != NONE).unwrap_or(NONE);
        let mut counted = 0;
        for happened in &self.happened {
            let own = leading(&self.own, happened.at, read.lookback);
            paths.sample.sessions += own.end.saturating_sub(own.start.max(counted)) as u64;
            counted = counted.max(own.end);
            let first = paths.touchpoints.len();
            paths.touchpoints.extend_from_slice(&self.own[own]);
            paths.conversions.push(Credited {
                browser: browsers[0].id(),
                user,
                happened: *happened,
                touchpoints: first..paths.touchpoints.len(),
                registered_at: entered[1],
                qualified_at: entered[2],
            });
        }
    }
}

impl Paths {
    /// Adds a later thread's.
    fn join(&mut self, other: Self) {
        let before = self.touchpoints.len();
        self.touchpoints.extend_from_slice(&other.touchpoints);
        let moved = other.conversions.into_iter().map(|one| Credited {
            touchpoints: one.touchpoints.start + before..one.touchpoints.end + before,
            ..one
        });
        self.conversions.extend(moved);
        for (path, people) in other.lost {
            *self.lost.entry(path).or_default() += people;
        }
        self.sample.add(other.sample);
    }

    /// The touchpoints of a conversion.
    pub fn of(&self, conversion: &Credited) -> &[Touchpoint] {
        &self.touchpoints[conversion.touchpoints.clone()]
    }

    /// What all conversions are worth, in millionths of the site's currency.
    pub fn value(&self) -> i128 {
        let worths = self.conversions.iter();
        worths.map(|one| one.happened.worth.value()).sum()
    }

    /// How many conversions have an order of this kind.
    pub fn count(&self, is: impl Fn(Worth) -> bool) -> u64 {
        let worths = self.conversions.iter().map(|one| one.happened.worth);
        worths.filter(|worth| is(*worth)).count() as u64
    }
}
