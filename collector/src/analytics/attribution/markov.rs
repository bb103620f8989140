//! What would be lost without a key, by an absorbing Markov chain.
//!
//! States are the latest touchpoints of somebody, as many as the chain's order, from the start to a conversion or to none; how
//! likely one follows another is how often it did (Anderl, Becker, von Wangenheim and Schumann, *Mapping the customer journey*,
//! 2016). A key is removed by sending everybody who would come to it to no conversion. The removal effect is the part of the likelihood
//! of a conversion that is lost with it, `(P − P₋ₖ) / P`; the conversions, and what they are worth, are divided by the removal
//! effects of all keys. Likelihoods are solved for and not drawn.
//!
//! Which states and steps there are ([`Frame`]) is kept apart from how often each was gone, so that what is drawn again for an
//! interval only counts anew.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::apportion::{apportion, fraction};
use super::linear::{Row, solve};
use super::{Attribution, Conversion, Key, Visit};

/// How many touchpoints a state remembers at most.
const MAX_ORDER: usize = 3;

/// Divides `conversions`, all with a touchpoint, with what is known of those who did not convert. Nothing where the chain has
/// no solution.
pub fn divide(
    attribution: &mut Attribution,
    conversions: &[&Conversion],
    visits: &[Visit],
    order: usize,
) -> Option<()> {
    let mut frame = Frame::new(order);
    let mut people = Vec::with_capacity(conversions.len() + visits.len());
    let (mut value, mut whole) = (0, 0);
    for conversion in conversions {
        frame.add(conversion.touchpoints.iter().map(|touch| touch.key), true);
        people.push(conversion.count);
        value += conversion.value;
        whole += conversion.whole();
    }
    for visit in visits {
        frame.add(visit.keys.iter().copied(), false);
        people.push(visit.people);
    }
    frame.settle();
    let weights: Vec<u64> = frame.shares(&people)?.into_iter().map(fraction).collect();
    let shares = apportion(whole, &weights).into_iter();
    let values = apportion(value, &weights);
    for ((key, conversions), value) in frame.keys.iter().zip(shares).zip(values) {
        attribution.credits[*key as usize].add(conversions, value);
    }
    Some(())
}

/// The latest keys, the newest last; fewer than there is room for are filled up from the left. The start has none.
type Context = [Option<Key>; MAX_ORDER];

const START: Context = [None; MAX_ORDER];

/// The states and steps that there are, and of each path which steps it takes.
#[derive(Debug)]
pub struct Frame {
    order: usize,
    states: HashMap<Context, u32>,
    contexts: Vec<Context>,
    known: HashMap<(u32, u32), u32>,
    /// From which state to which.
    steps: Vec<(u32, u32)>,
    /// Steps of all paths, one path after the other.
    gone: Vec<u32>,
    paths: Vec<Path>,
    /// Every key that is there: also what no conversion had, because others came from it to what one had.
    pub keys: Vec<Key>,
}

#[derive(Debug)]
struct Path {
    gone: Range<usize>,
    last: u32,
    converts: bool,
}

impl Frame {
    /// Without a path.
    pub fn new(order: usize) -> Self {
        Self {
            order: order.clamp(1, MAX_ORDER),
            states: HashMap::from([(START, 0)]),
            contexts: vec![START],
            known: HashMap::new(),
            steps: Vec::new(),
            gone: Vec::new(),
            paths: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// Adds a path.
    pub fn add(&mut self, keys: impl Iterator<Item = Key>, converts: bool) {
        let (mut context, mut last) = (START, self.states[&START]);
        let first = self.gone.len();
        for key in keys {
            context.rotate_left(1);
            context[MAX_ORDER - 1] = Some(key);
            context[..MAX_ORDER - self.order].fill(None);
            let next = self.contexts.len() as u32;
            let state = *self.states.entry(context).or_insert(next);
            if state == next {
                self.contexts.push(context);
            }
            let next = self.steps.len() as u32;
            let step = *self.known.entry((last, state)).or_insert(next);
            if step == next {
                self.steps.push((last, state));
            }
            self.gone.push(step);
            last = state;
        }
        self.paths.push(Path {
            gone: first..self.gone.len(),
            last,
            converts,
        });
    }

    /// Puts states and steps into the order of what they are, so that a chain is the same whatever was added first: sums of
    /// floats depend on their order. The start is the first. Nothing is added afterwards.
    pub fn settle(&mut self) {
        let mut order: Vec<u32> = (0..self.contexts.len() as u32).collect();
        order.sort_unstable_by_key(|state| self.contexts[*state as usize]);
        let places = inverse(&order);
        self.contexts = pick(&self.contexts, &order);
        for (from, to) in &mut self.steps {
            *from = places[*from as usize];
            *to = places[*to as usize];
        }
        let mut order: Vec<u32> = (0..self.steps.len() as u32).collect();
        order.sort_unstable_by_key(|step| self.steps[*step as usize]);
        let moved = inverse(&order);
        self.steps = pick(&self.steps, &order);
        for step in &mut self.gone {
            *step = moved[*step as usize];
        }
        for path in &mut self.paths {
            path.last = places[path.last as usize];
        }
        let newest = self
            .contexts
            .iter()
            .filter_map(|context| context[MAX_ORDER - 1]);
        self.keys = newest.collect::<BTreeSet<_>>().into_iter().collect();
        (self.states, self.known) = (HashMap::new(), HashMap::new());
    }

    /// About how many steps it takes to find the shares once.
    pub fn cost(&self) -> u64 {
        // A solution is swept for some thirty times, for each key and the whole.
        let solving = (self.steps.len() + self.contexts.len()) * (self.keys.len() + 1) * 30;
        (solving + self.gone.len() + self.paths.len()) as u64
    }

    /// The removal effects of [`Self::keys`] as parts of their sum, where so many people went each path. Nothing where the
    /// chain has no solution; nothing for anybody where nobody converted.
    pub fn shares(&self, people: &[u64]) -> Option<Vec<f64>> {
        let effects = self.chain(people).removal_effects(&self.keys)?;
        let sum: f64 = effects.iter().sum();
        let part = |effect: f64| if sum > 0.0 { effect / sum } else { 0.0 };
        Some(effects.into_iter().map(part).collect())
    }

    fn chain(&self, people: &[u64]) -> Chain {
        let states = self.contexts.len();
        let mut often = vec![0_u64; self.steps.len()];
        let (mut all, mut won) = (vec![0_u64; states], vec![0_u64; states]);
        for (path, people) in self.paths.iter().zip(people) {
            for step in &self.gone[path.gone.clone()] {
                often[*step as usize] += people;
            }
            all[path.last as usize] += people;
            won[path.last as usize] += if path.converts { *people } else { 0 };
        }
        for ((from, _), often) in self.steps.iter().zip(&often) {
            all[*from as usize] += often;
        }
        let mut rows: Vec<Row> = vec![Row::new(); states];
        for ((from, to), often) in self.steps.iter().zip(&often) {
            if *often > 0 {
                let likely = *often as f64 / all[*from as usize] as f64;
                rows[*from as usize].push((*to as usize, likely));
            }
        }
        // Nobody came to a state without anybody.
        let worth = won.iter().zip(&all);
        Chain {
            newest: self.contexts.iter().map(|one| one[MAX_ORDER - 1]).collect(),
            worth: worth
                .map(|(won, all)| *won as f64 / (*all).max(1) as f64)
                .collect(),
            rows,
        }
    }
}

/// Where each stands in an order.
fn inverse(order: &[u32]) -> Vec<u32> {
    let mut places = vec![0; order.len()];
    for (place, one) in order.iter().enumerate() {
        places[*one as usize] = place as u32;
    }
    places
}

fn pick<T: Copy>(all: &[T], order: &[u32]) -> Vec<T> {
    order.iter().map(|one| all[*one as usize]).collect()
}

struct Chain {
    /// The newest key of each state; the start, which has none, is the first.
    newest: Vec<Option<Key>>,
    rows: Vec<Row>,
    worth: Vec<f64>,
}

impl Chain {
    /// How likely a start ends in a conversion, where nobody comes to `removed`.
    fn likelihood(&self, removed: Option<Key>) -> Option<f64> {
        let is_gone = |state: usize| removed.is_some() && self.newest[state] == removed;
        let kept = |(state, row): (usize, &Row)| {
            let next = row
                .iter()
                .filter(|(next, _)| !is_gone(state) && !is_gone(*next));
            next.copied().collect()
        };
        let rows: Vec<Row> = self.rows.iter().enumerate().map(kept).collect();
        solve(&rows, &self.worth).map(|found| found[0])
    }

    fn removal_effects(&self, keys: &[Key]) -> Option<Vec<f64>> {
        let whole = self.likelihood(None)?;
        if whole <= 0.0 {
            return Some(vec![0.0; keys.len()]);
        }
        let effect = |key: &Key| {
            let without = self.likelihood(Some(*key))?;
            Some(((whole - without) / whole).clamp(0.0, 1.0))
        };
        keys.iter().map(effect).collect()
    }
}
