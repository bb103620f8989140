//! How far shares may be off: intervals by drawing people again.
//!
//! Each of so many resamples takes every person as often as chance gives, with a mean of once and independent of the others
//! (the Poisson bootstrap: what drawing as many people with replacement comes to among many), divides again by the same
//! model, and the interval is what lies between the 2.5th and the 97.5th percentile of what a key was given. People who went
//! the same way and brought the same stand together and are drawn as one number. A resample's numbers follow from the seed
//! and its own number alone, so any number of threads finds the same.
//!
//! What it costs is known beforehand: a model that would take more than its budget gets fewer resamples, and none where fewer
//! than [`FEWEST`] would be left; the answer says how many there were.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::markov::Frame;
use super::rules::weights;
use super::{Conversion, Key, Model, Visit, WHOLE, shapley};
use crate::analytics::chance::Chance;

/// Steps that one model's resamples may take together.
const BUDGET: u64 = 1_500_000_000;
/// Fewer resamples than this say nothing of a percentile.
pub const FEWEST: usize = 50;
/// The ends of an interval, in thousandths.
const ENDS: (usize, usize) = (25, 975);

/// People who are drawn together: each had these conversions, of which every one counts once.
#[derive(Debug, Clone)]
pub struct Unit {
    /// How many people.
    pub people: u64,
    /// Places among the conversions.
    pub conversions: Range<usize>,
}

/// Whom resamples draw from.
#[derive(Debug)]
pub struct Population<'a> {
    /// How many keys there are.
    pub keys: usize,
    /// Those who converted.
    pub units: &'a [Unit],
    /// Their conversions. The value is that of one.
    pub conversions: &'a [Conversion],
    /// Those who did not.
    pub visits: &'a [Visit],
}

/// Where something lies, but for one in twenty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interval {
    /// The lower end.
    pub low: i128,
    /// The upper end.
    pub high: i128,
}

/// The intervals of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intervals {
    /// How many resamples they are of; 0 where it would have taken too long.
    pub resamples: usize,
    /// Of the conversions and the value of each key, in millionths; empty without resamples.
    pub keys: Vec<(Interval, Interval)>,
}

/// Conversions and value of each key in a resample, in millionths.
type Given = Vec<(f64, f64)>;

/// What one key is given by one unit.
struct Part {
    unit: u32,
    key: Key,
    conversions: f64,
    value: f64,
}

/// A model, made ready to be asked again and again.
enum Ready {
    Parts(Vec<Part>),
    Chain(Frame),
}

/// Draws again, for each of some models.
pub fn intervals(
    models: &[Model],
    population: &Population<'_>,
    resamples: usize,
    seed: u64,
) -> Vec<Intervals> {
    let ready: Vec<Ready> = models
        .iter()
        .map(|model| prepare(*model, population))
        .collect();
    let counts: Vec<usize> = ready.iter().map(|one| affordable(one, resamples)).collect();
    let most = counts.iter().copied().max().unwrap_or(0);
    let samples: Vec<Vec<Mutex<Given>>> = counts
        .iter()
        .map(|count| (0..*count).map(|_| Mutex::default()).collect())
        .collect();
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= most {
                break;
            }
            let drawn = Drawn::of(population, seed, number);
            for (one, samples) in ready.iter().zip(&samples) {
                if let Some(place) = samples.get(number) {
                    let given = one.given(population, &drawn);
                    *place.lock().unwrap_or_else(PoisonError::into_inner) = given;
                }
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    samples
        .into_iter()
        .map(|all| summed_up(population.keys, all))
        .collect()
}

fn summed_up(keys: usize, samples: Vec<Mutex<Given>>) -> Intervals {
    let samples: Vec<Given> = samples
        .into_iter()
        .map(|one| one.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect();
    let resamples = samples.len();
    let interval = |key: usize, of: fn(&(f64, f64)) -> f64| {
        let mut all: Vec<f64> = samples.iter().map(|one| of(&one[key])).collect();
        all.sort_unstable_by(f64::total_cmp);
        let low = resamples * ENDS.0 / 1000;
        let high = (resamples * ENDS.1).div_ceil(1000) - 1;
        Interval {
            low: all[low].round() as i128,
            high: all[high].round() as i128,
        }
    };
    let keys = (0..keys).filter(|_| resamples > 0);
    Intervals {
        resamples,
        keys: keys
            .map(|key| (interval(key, |one| one.0), interval(key, |one| one.1)))
            .collect(),
    }
}

fn affordable(ready: &Ready, resamples: usize) -> usize {
    let cost = match ready {
        Ready::Parts(parts) => parts.len() as u64,
        Ready::Chain(frame) => frame.cost(),
    };
    let most = usize::try_from(BUDGET / cost.max(1)).unwrap_or(usize::MAX);
    let count = resamples.min(most);
    if count < FEWEST.min(resamples) {
        0
    } else {
        count
    }
}

fn prepare(model: Model, population: &Population<'_>) -> Ready {
    if let Model::Markov { order } = model {
        let mut frame = Frame::new(order.into());
        for conversion in population.conversions {
            frame.add(conversion.touchpoints.iter().map(|touch| touch.key), true);
        }
        for visit in population.visits {
            frame.add(visit.keys.iter().copied(), false);
        }
        frame.settle();
        return Ready::Chain(frame);
    }
    let mut parts = Vec::new();
    for (number, unit) in population.units.iter().enumerate() {
        let first = parts.len();
        for conversion in &population.conversions[unit.conversions.clone()] {
            for (key, share) in shares(model, conversion) {
                let part = Part {
                    unit: number as u32,
                    key,
                    conversions: share * WHOLE as f64,
                    value: share * conversion.value as f64,
                };
                let known = parts[first..]
                    .iter_mut()
                    .find(|one: &&mut Part| one.key == key);
                match known {
                    Some(known) => {
                        known.conversions += part.conversions;
                        known.value += part.value;
                    }
                    None => parts.push(part),
                }
            }
        }
    }
    Ready::Parts(parts)
}

/// What of a conversion each key is given by a model that looks at it alone. Together 1, or nothing without touchpoints.
pub fn shares(model: Model, conversion: &Conversion) -> Vec<(Key, f64)> {
    if conversion.touchpoints.is_empty() {
        return Vec::new();
    }
    if model == Model::Shapley {
        let keys = shapley::keys(conversion);
        let part = 1.0 / keys.len() as f64;
        return keys.into_iter().map(|key| (key, part)).collect();
    }
    let weights = weights(model, conversion);
    let sum: u64 = weights.iter().sum();
    let touchpoints = conversion.touchpoints.iter().zip(weights);
    touchpoints
        .map(|(touch, weight)| (touch.key, weight as f64 / sum as f64))
        .filter(|(_, share)| *share > 0.0)
        .collect()
}

/// How often a resample took whom.
struct Drawn {
    units: Vec<u64>,
    visits: Vec<u64>,
}

impl Drawn {
    fn of(population: &Population<'_>, seed: u64, number: usize) -> Self {
        let mut chance = Chance::new(seed, number as u64);
        let units = population.units.iter();
        let units = units.map(|unit| chance.often(unit.people)).collect();
        let visits = population.visits.iter();
        let visits = visits.map(|visit| chance.often(visit.people)).collect();
        Self { units, visits }
    }
}

impl Ready {
    /// Conversions and value of each key in a resample, in millionths.
    fn given(&self, population: &Population<'_>, drawn: &Drawn) -> Given {
        let mut given = vec![(0.0, 0.0); population.keys];
        match self {
            Self::Parts(parts) => {
                for part in parts {
                    let often = drawn.units[part.unit as usize] as f64;
                    let key = &mut given[part.key as usize];
                    key.0 += often * part.conversions;
                    key.1 += often * part.value;
                }
            }
            Self::Chain(frame) => {
                let mut people = vec![0; population.conversions.len()];
                let (mut whole, mut value) = (0.0, 0.0);
                for (unit, often) in population.units.iter().zip(&drawn.units) {
                    for place in unit.conversions.clone() {
                        let conversion = &population.conversions[place];
                        if conversion.touchpoints.is_empty() {
                            continue;
                        }
                        people[place] = *often;
                        whole += *often as f64 * WHOLE as f64;
                        value += *often as f64 * conversion.value as f64;
                    }
                }
                people.extend(&drawn.visits);
                let shares = frame.shares(&people).unwrap_or_default();
                for (key, share) in frame.keys.iter().zip(shares) {
                    given[*key as usize] = (share * whole, share * value);
                }
            }
        }
        given
    }
}
