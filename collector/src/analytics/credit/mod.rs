//! Which keys earned a site's conversions, by several models side by side.
//!
//! [`paths`] reads everybody's way in one walk; here equal ways are put together, and every model divides what was put
//! together, on a thread of its own. What a model divides is the same for all of them and is given away to the last digit:
//! the rows and what is unattributed add up to the total.

pub mod paths;
mod tell;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::attribution::bootstrap::{self, Population, Unit};
use super::attribution::{Attribution, Conversion, Key, Model, Touchpoint, Visit, attribute};
use super::dimension::Dimension;
use super::goal::{Goal, Wanted};
use super::progress::Stages;
use super::scope::{Sample, Scope};
use super::touchpoints::Touchpoints;
use crate::columns::{Columns, Word};
use crate::money::Exchange;
use paths::Paths;

pub use tell::{Credits, Named, Path, PathRow, Row, Share, Stated, Touch, Whole};

/// A day.
pub const DAY_MS: i64 = 86_400_000;
/// Touches and paths of one answer.
const MOST_TOUCHES: usize = 500;
const MOST_PATHS: usize = 100;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// What touchpoints are counted by.
    pub by: Dimension,
    /// What counts as a conversion.
    pub goal: Goal,
    /// How long before a conversion a touchpoint may be, in milliseconds; any time where there is none.
    pub lookback: Option<i64>,
    /// By which models, with the names that answers call them by.
    pub models: Vec<(&'static str, Model)>,
    /// How many keys have a row of their own: those with the most touchpoints.
    pub keys: usize,
    /// Whether the most frequent paths are told.
    pub paths: bool,
    /// How often people are drawn again for intervals, and by which seed.
    pub intervals: Option<(usize, u64)>,
    /// The single touches of this key by this model.
    pub touches: Option<(String, Model)>,
}

/// Keys as numbers: places in a list, the last of which stands for the rest.
#[derive(Debug)]
struct Keys {
    words: Vec<Word>,
    /// By word; what is no key is 0.
    numbers: Vec<Key>,
    /// Touchpoints of each, of conversions and others.
    touchpoints: Vec<u64>,
    has_rest: bool,
}

/// Divides.
pub fn credit(
    scope: &Scope<'_>,
    question: &Question,
    stages: &Stages,
    exchange: &Exchange,
) -> (Credits, Sample) {
    let columns = scope.columns;
    let wanted = Wanted::of(&question.goal, columns, stages, exchange);
    let touchpoints = Touchpoints::of(columns, question.by);
    let mut paths = paths::read(scope, &touchpoints, &wanted, stages, question.lookback);
    // By what they are and not by where they stood, as the others are below, so that resamples draw alike.
    paths
        .conversions
        .sort_by_key(|one| (one.browser, one.happened.at));
    let keys = Keys::of(columns, &paths, question.keys);
    let mut visits = visits(&paths, &keys);
    if question.intervals.is_some() {
        visits.sort_unstable_by(|a, b| a.keys.cmp(&b.keys));
    }
    let together = together(&paths, &keys);
    let divided = divide(&question.models, keys.count(), &together, &visits);
    let drawn = question.intervals.map(|(resamples, seed)| {
        let (units, conversions) = units(&paths, &keys);
        let population = Population {
            keys: keys.count(),
            units: &units,
            conversions: &conversions,
            visits: &visits,
        };
        let models: Vec<Model> = question.models.iter().map(|(_, model)| *model).collect();
        bootstrap::intervals(&models, &population, resamples, seed)
    });
    let sample = paths.sample;
    let telling = tell::Telling {
        columns,
        question,
        wanted: &wanted,
        paths: &paths,
        keys: &keys,
    };
    (telling.tell(&divided, drawn.as_deref(), &visits), sample)
}

impl Keys {
    fn of(columns: &Columns, paths: &Paths, most: usize) -> Self {
        let mut counts = vec![0; columns.words().len()];
        for conversion in &paths.conversions {
            for touch in paths.of(conversion) {
                counts[touch.key as usize] += 1;
            }
        }
        for (path, people) in &paths.lost {
            for key in path {
                counts[*key as usize] += people;
            }
        }
        let mut numbers = vec![0; counts.len()];
        let all = counts.into_iter().zip(0..).filter(|(count, _)| *count > 0);
        let mut all: Vec<(Word, u64)> = all.map(|(count, word)| (word, count)).collect();
        all.sort_unstable_by(|a, b| {
            let texts = || columns.text(a.0).cmp(&columns.text(b.0));
            b.1.cmp(&a.1).then_with(texts)
        });
        let own = all.len().min(most);
        let rest: u64 = all[own..].iter().map(|(_, count)| count).sum();
        let has_rest = own < all.len();
        for (place, (word, _)) in all.iter().enumerate() {
            numbers[*word as usize] = place.min(own) as Key;
        }
        Self {
            numbers,
            words: all[..own].iter().map(|(word, _)| *word).collect(),
            touchpoints: all[..own]
                .iter()
                .map(|(_, count)| *count)
                .chain(has_rest.then_some(rest))
                .collect(),
            has_rest,
        }
    }

    fn count(&self) -> usize {
        self.touchpoints.len()
    }

    fn number(&self, word: Word) -> Key {
        self.numbers[word as usize]
    }

    /// The key of a text; nothing for one without a row of its own.
    fn find(&self, columns: &Columns, text: &str) -> Option<Key> {
        let word = columns.words().find(text)?;
        let place = self.words.iter().position(|known| *known == word)?;
        Some(place as Key)
    }
}

/// What those went who did not convert.
fn visits(paths: &Paths, keys: &Keys) -> Vec<Visit> {
    let lost = paths.lost.iter().map(|(path, people)| {
        let keys = path.iter().map(|word| keys.number(*word)).collect();
        (keys, *people)
    });
    let visit = |(keys, people)| Visit { keys, people };
    if !keys.has_rest {
        return lost.map(visit).collect();
    }
    let mut together: HashMap<Vec<Key>, u64> = HashMap::with_capacity(paths.lost.len());
    for (path, people) in lost {
        *together.entry(path).or_default() += people;
    }
    together.into_iter().map(visit).collect()
}

fn numbered(touchpoints: &[Touchpoint], keys: &Keys) -> Vec<Touchpoint> {
    let touchpoints = touchpoints.iter();
    touchpoints
        .map(|touch| Touchpoint {
            key: keys.number(touch.key),
            ..*touch
        })
        .collect()
}

/// Conversions that models divide alike, put together.
struct Together {
    /// By the keys alone.
    by_path: Vec<Conversion>,
    /// Where times make a difference, which they do not for one touchpoint.
    by_time: Vec<Conversion>,
}

fn together(paths: &Paths, keys: &Keys) -> Together {
    let mut places: HashMap<Vec<(Key, bool)>, usize> = HashMap::new();
    let mut by_path: Vec<Conversion> = Vec::new();
    let mut by_time: Vec<Conversion> = Vec::new();
    for one in &paths.conversions {
        let touchpoints = numbered(paths.of(one), keys);
        let path = touchpoints.iter().map(|touch| (touch.key, touch.is_direct));
        let next = by_path.len();
        let place = *places.entry(path.collect()).or_insert(next);
        let conversion = Conversion {
            count: 1,
            at: one.happened.at,
            value: one.happened.worth.value(),
            touchpoints,
            registered_at: one.registered_at,
            qualified_at: one.qualified_at,
        };
        if conversion.touchpoints.len() > 1 {
            by_time.push(conversion.clone());
        }
        match by_path.get_mut(place) {
            Some(known) => {
                known.count += 1;
                known.value += conversion.value;
            }
            None => by_path.push(conversion),
        }
    }
    let short = by_path.iter().filter(|one| one.touchpoints.len() <= 1);
    by_time.extend(short.cloned());
    Together { by_path, by_time }
}

/// Each model, as many at once as there are processors, the dearest first.
fn divide(
    models: &[(&'static str, Model)],
    keys: usize,
    together: &Together,
    visits: &[Visit],
) -> Vec<Option<Attribution>> {
    let mut order: Vec<usize> = (0..models.len()).collect();
    order.sort_by_key(|place| match models[*place].1 {
        Model::Markov { order } => 3_u8.saturating_sub(order),
        _ => 3,
    });
    let done: Vec<Mutex<Option<Attribution>>> = models.iter().map(|_| Mutex::default()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(place) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let model = models[*place].1;
            let conversions = match model {
                Model::TimeDecay { .. } | Model::WShaped => &together.by_time,
                _ => &together.by_path,
            };
            let divided = attribute(model, keys, conversions, visits);
            *done[*place].lock().unwrap_or_else(PoisonError::into_inner) = divided;
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 1..threads.min(models.len()) {
            scope.spawn(work);
        }
        work();
    });
    done.into_iter()
        .map(|one| one.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect()
}

/// People as resamples draw them. Who has one conversion, by one touchpoint, is drawn with all who have the like.
fn units(paths: &Paths, keys: &Keys) -> (Vec<Unit>, Vec<Conversion>) {
    let mut units: Vec<Unit> = Vec::new();
    let mut conversions: Vec<Conversion> = Vec::new();
    let mut alike: HashMap<(Option<Key>, i128), usize> = HashMap::new();
    for person in paths.conversions.chunk_by(|a, b| a.browser == b.browser) {
        let first = conversions.len();
        let next = units.len();
        if let [one] = person
            && let [] | [_] = paths.of(one)
        {
            let key = paths.of(one).first().map(|touch| keys.number(touch.key));
            let kind = (key, one.happened.worth.value());
            let place = *alike.entry(kind).or_insert(next);
            if place != next {
                units[place].people += 1;
                continue;
            }
        }
        for one in person {
            conversions.push(Conversion {
                count: 1,
                at: one.happened.at,
                value: one.happened.worth.value(),
                touchpoints: numbered(paths.of(one), keys),
                registered_at: one.registered_at,
                qualified_at: one.qualified_at,
            });
        }
        units.push(Unit {
            people: 1,
            conversions: first..conversions.len(),
        });
    }
    (units, conversions)
}
