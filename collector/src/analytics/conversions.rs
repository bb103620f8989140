//! Who converts, how many of how many, and after how long a journey.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::dimension::Dimension;
use super::field::Field;
use super::goal::{Goal, Happened, Wanted};
use super::prices::Worth;
use super::progress::{MOST, Stages};
use super::scope::{Sample, Scope};
use super::touchpoints::{Touchpoints, leading};
use crate::columns::{NONE, Person, Visitor, Word};
use crate::money::{Currency, Exchange, Sum};

const DAY_MS: f64 = 86_400_000.0;

/// What persons are counted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// A dimension of the first touch.
    First(Dimension),
    /// A property, as the item tells it with which somebody converted first.
    Told(Field),
    /// The highest stage before the end of the time.
    Stage,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// What persons are counted by.
    pub by: By,
    /// What counts as a conversion.
    pub goal: Goal,
    /// How long before a conversion a touchpoint may be; any time where there is none.
    pub lookback: Option<i64>,
    /// How many keys have a row of their own: those of the most persons.
    pub keys: usize,
}

/// Who converts.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Conversions)]
pub struct Conversions {
    /// By what persons are counted by, the most persons first; stages in their order.
    pub rows: Vec<Row>,
    /// All persons together.
    pub total: Figures,
    /// The currency of values; null where there are none.
    pub currency: Option<String>,
    /// Of the same persons, how far they have come.
    pub stages: Vec<StageRow>,
}

/// Persons who have something in common.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ConversionsRow)]
pub struct Row {
    /// What they have in common; null where it is not known, and of the rest.
    pub key: Option<String>,
    /// Whether these are all the keys without a row of their own.
    pub rest: bool,
    /// How they convert.
    #[serde(flatten)]
    pub figures: Figures,
}

/// How persons convert. The lengths are those of journeys up to a person's first conversion of the time; null without one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ConversionsFigures)]
pub struct Figures {
    /// Persons who were there, or converted.
    pub persons: u64,
    /// Those of them who converted.
    pub converted: u64,
    /// The part of them, from 0 to 1; null where there is nobody.
    pub rate: Option<f64>,
    /// All conversions of theirs.
    pub conversions: u64,
    /// Days from the first item to the conversion.
    pub days_mean: Option<f64>,
    /// Half of the journeys took no longer.
    pub days_median: Option<f64>,
    /// Sessions up to the conversion.
    pub sessions_mean: Option<f64>,
    /// Half had no more.
    pub sessions_median: Option<f64>,
    /// Touchpoints within the look-back.
    pub touchpoints_mean: Option<f64>,
    /// Half had no more.
    pub touchpoints_median: Option<f64>,
    /// What the conversions are worth, net of refunds, as decimal text; null where conversions have no value.
    #[schema(format = "decimal")]
    pub value: Option<String>,
    /// That by conversion, of those whose value is known; null without one.
    #[schema(format = "decimal")]
    pub value_per_conversion: Option<String>,
    /// Conversions whose order tells no value, or one that cannot be converted: no part of the value.
    pub conversions_without_value: u64,
}

/// A stage, and who came to it and further.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ConversionsStage)]
pub struct StageRow {
    /// The stage's key.
    pub stage: String,
    /// Persons who had reached it, or a higher one, before the end of the time.
    pub reached: u64,
    /// Those of them who had reached a higher one; null of the last stage.
    pub went_on: Option<u64>,
    /// The part of them; null of the last stage and where nobody reached it.
    pub rate: Option<f64>,
    /// Days from the first item until it was reached; null of the first stage and where nobody reached it.
    pub days_mean: Option<f64>,
    /// Half took no longer.
    pub days_median: Option<f64>,
}

/// Numbers of which mean and median are told.
#[derive(Debug, Clone, Default)]
struct Lengths(Vec<i64>);

impl Lengths {
    fn mean(&self, unit: f64) -> Option<f64> {
        let sum: i128 = self.0.iter().map(|one| i128::from(*one)).sum();
        (!self.0.is_empty()).then(|| sum as f64 / self.0.len() as f64 / unit)
    }

    fn median(&mut self, unit: f64) -> Option<f64> {
        self.0.sort_unstable();
        let middle = self.0.len() / 2;
        let upper = *self.0.get(middle)?;
        let lower = self.0[middle - usize::from(self.0.len().is_multiple_of(2))];
        Some((lower as f64 + upper as f64) / 2.0 / unit)
    }
}

#[derive(Debug, Clone, Default)]
struct Tally {
    persons: u64,
    converted: u64,
    conversions: u64,
    without_value: u64,
    value: i128,
    took: Lengths,
    sessions: Lengths,
    touchpoints: Lengths,
}

impl Tally {
    fn join(&mut self, other: &Self) {
        self.persons += other.persons;
        self.converted += other.converted;
        self.conversions += other.conversions;
        self.without_value += other.without_value;
        self.value += other.value;
        for (own, more) in [
            (&mut self.took, &other.took),
            (&mut self.sessions, &other.sessions),
            (&mut self.touchpoints, &other.touchpoints),
        ] {
            own.0.extend_from_slice(&more.0);
        }
    }

    fn figures(mut self, currency: Option<Currency>) -> Figures {
        let valued = self.conversions - self.without_value;
        let text = |millionths: i128| {
            let decimals = currency.map(Currency::decimals);
            decimals.map(|decimals| Sum::of_millionths(millionths).text(decimals))
        };
        Figures {
            persons: self.persons,
            converted: self.converted,
            rate: part(self.converted, self.persons),
            conversions: self.conversions,
            days_mean: self.took.mean(DAY_MS),
            days_median: self.took.median(DAY_MS),
            sessions_mean: self.sessions.mean(1.0),
            sessions_median: self.sessions.median(1.0),
            touchpoints_mean: self.touchpoints.mean(1.0),
            touchpoints_median: self.touchpoints.median(1.0),
            value: text(self.value),
            value_per_conversion: (valued > 0)
                .then(|| text(nearest(self.value, valued.into())))
                .flatten(),
            conversions_without_value: self.without_value,
        }
    }
}

fn part(of: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| of as f64 / all as f64)
}

/// A quotient to the nearest integer, half away from zero.
fn nearest(whole: i128, by: i128) -> i128 {
    (whole.abs() * 2 + by) / (by * 2) * whole.signum()
}

#[derive(Debug, Default)]
struct Gathered {
    by_word: HashMap<Word, Tally>,
    by_stage: [Tally; MOST],
    total: Tally,
    reached: [u64; MOST],
    took: [Lengths; MOST],
    sample: Sample,
    happened: Vec<Happened>,
    own: Vec<super::attribution::Touchpoint>,
}

struct Reading<'a, 'c> {
    scope: &'a Scope<'c>,
    question: &'a Question,
    stages: &'a Stages,
    wanted: Wanted,
    touchpoints: Touchpoints<'c>,
}

/// Counts.
pub fn conversions(
    scope: &Scope<'_>,
    question: &Question,
    stages: &Stages,
    exchange: &Exchange,
) -> (Conversions, Sample) {
    let told = match &question.by {
        By::Told(field) => Some(field.reading(scope.columns)),
        _ => None,
    };
    let read = Reading {
        scope,
        question,
        stages,
        wanted: Wanted::of(&question.goal, scope.columns, stages, exchange).with(told),
        touchpoints: Touchpoints::of(scope.columns, Dimension::Channel),
    };
    let add = |gathered: &mut Gathered, person: Person<'_>| gathered.add(&read, person);
    let mut all = scope
        .columns
        .fold_people(Gathered::default, add, Gathered::join);
    let currency = read.wanted.currency().filter(|_| read.wanted.has_value());
    let sample = all.sample;
    let conversions = Conversions {
        stages: all.stage_rows(stages),
        total: std::mem::take(&mut all.total).figures(currency),
        rows: match &question.by {
            By::First(_) | By::Told(_) => read.rows(all.by_word, currency),
            By::Stage => {
                let tallies = all.by_stage.into_iter().take(stages.len()).enumerate();
                tallies
                    .map(|(rank, tally)| Row {
                        key: Some(stages.key(rank).to_owned()),
                        rest: false,
                        figures: tally.figures(currency),
                    })
                    .collect()
            }
        },
        currency: currency.map(|currency| currency.to_string()),
    };
    (conversions, sample)
}

impl Gathered {
    fn add(&mut self, read: &Reading<'_, '_>, person: Person<'_>) {
        let scope = read.scope;
        let span = scope.span;
        let is_out = |one: &Visitor<'_>| one.last_at() < span.begin || one.first_at() >= span.end;
        if person.browsers.iter().all(is_out) {
            return;
        }
        let browsers = scope.browsers_of(person.browsers);
        let Some(first) = browsers.iter().min_by_key(|one| one.first_at()) else {
            return;
        };
        self.happened.clear();
        read.wanted.find(scope, &browsers, &mut self.happened);
        let was_there = browsers
            .iter()
            .any(|one| scope.last_session(*one).is_some());
        if self.happened.is_empty() && !was_there {
            return;
        }
        let entered = read.stages.entered(&browsers);
        let rank = Stages::at(&entered, span.end);
        let began = first.first_at();
        for (place, at) in entered.iter().enumerate().take(rank + 1) {
            self.reached[place] += 1;
            if let Some(at) = at.filter(|_| place > 0) {
                self.took[place].0.push(at - began);
            }
        }
        self.sample.people += 1;
        self.sample.items += self.happened.len() as u64;
        let tally = match &read.question.by {
            By::Told(_) => {
                let word = self.happened.first().map_or(NONE, |one| one.told);
                self.by_word.entry(word).or_default()
            }
            By::First(dimension) => {
                let word = dimension.of_visitor(scope.columns, *first);
                self.by_word.entry(word).or_default()
            }
            By::Stage => &mut self.by_stage[rank],
        };
        let mut own = Tally {
            persons: 1,
            conversions: self.happened.len() as u64,
            ..Tally::default()
        };
        if let Some(converted) = self.happened.first() {
            let interactions = &person.interactions;
            read.touchpoints
                .read(&browsers, interactions, span.end, &mut self.own);
            let begun = browsers.iter().map(|one| {
                let starts = one.sessions().started_at;
                starts.partition_point(|start| *start <= converted.at)
            });
            let sessions: usize = begun.sum();
            let leads = leading(&self.own, converted.at, read.question.lookback);
            own.converted = 1;
            // A conversion may be told as earlier than the first item that is known.
            own.took.0.push((converted.at - began).max(0));
            own.sessions.0.push(sessions as i64);
            own.touchpoints.0.push(leads.len() as i64);
            self.sample.sessions += sessions as u64;
            for one in &self.happened {
                own.value += one.worth.value();
                let is_unknown = matches!(one.worth, Worth::Untold | Worth::Foreign(..));
                own.without_value += u64::from(is_unknown);
            }
        }
        tally.join(&own);
        self.total.join(&own);
    }

    fn join(&mut self, other: Self) {
        for (word, tally) in other.by_word {
            self.by_word.entry(word).or_default().join(&tally);
        }
        for (own, more) in self.by_stage.iter_mut().zip(&other.by_stage) {
            own.join(more);
        }
        for (own, more) in self.reached.iter_mut().zip(other.reached) {
            *own += more;
        }
        for (own, more) in self.took.iter_mut().zip(other.took) {
            own.0.extend(more.0);
        }
        self.total.join(&other.total);
        self.sample.add(other.sample);
    }

    fn stage_rows(&mut self, stages: &Stages) -> Vec<StageRow> {
        let rows = (0..stages.len()).map(|rank| {
            let reached = self.reached[rank];
            let went_on = (rank + 1 < stages.len()).then(|| self.reached[rank + 1]);
            StageRow {
                stage: stages.key(rank).to_owned(),
                reached,
                went_on,
                rate: went_on.and_then(|went_on| part(went_on, reached)),
                days_mean: self.took[rank].mean(DAY_MS),
                days_median: self.took[rank].median(DAY_MS),
            }
        });
        rows.collect()
    }
}

impl Reading<'_, '_> {
    fn rows(&self, tallies: HashMap<Word, Tally>, currency: Option<Currency>) -> Vec<Row> {
        let text = |word: Word| self.scope.columns.text(word);
        let mut all: Vec<(Word, Tally)> = tallies.into_iter().collect();
        all.sort_unstable_by(|(a, one), (b, other)| {
            let texts = || text(*a).cmp(&text(*b));
            other.persons.cmp(&one.persons).then_with(texts)
        });
        let rest = all.split_off(all.len().min(self.question.keys));
        let mut rows: Vec<Row> = all
            .into_iter()
            .map(|(word, tally)| Row {
                key: text(word).map(str::to_owned).filter(|_| word != NONE),
                rest: false,
                figures: tally.figures(currency),
            })
            .collect();
        if !rest.is_empty() {
            let mut together = Tally::default();
            rest.iter().for_each(|(_, tally)| together.join(tally));
            rows.push(Row {
                key: None,
                rest: true,
                figures: together.figures(currency),
            });
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_an_even_number_is_between_the_middle_two() {
        for (numbers, median) in [
            (vec![], None),
            (vec![3], Some(3.0)),
            (vec![4, 1], Some(2.5)),
            (vec![9, 1, 2], Some(2.0)),
        ] {
            assert_eq!(Lengths(numbers).median(1.0), median);
        }
    }

    #[test]
    fn a_quotient_is_the_nearest() {
        for (whole, by, found) in [(10, 4, 3), (-10, 4, -3), (9, 4, 2), (0, 3, 0), (8, 4, 2)] {
            assert_eq!(nearest(whole, by), found, "{whole} by {by}");
        }
    }
}
