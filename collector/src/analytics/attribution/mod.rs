//! Which touchpoints earned a conversion.
//!
//! A [`Conversion`] has the touchpoints that led to it, the oldest first; a [`Visit`] has those of somebody who did not
//! convert. A [`Model`] divides each conversion, and what it is worth, among them. Whatever the model, **what is divided is
//! conserved**: the shares add up to the total exactly, because they are integers, rounded by largest remainders
//! ([`apportion`]). A conversion of which no touchpoint is known is nobody's and is told apart, never spread over the rest.
//!
//! | Models | Need |
//! |---|---|
//! | first, last, last non-direct, linear, time decay, position, W-shaped ([`rules`]) | a conversion alone |
//! | Shapley ([`shapley`]) | which keys a conversion has |
//! | Markov ([`markov`]) | all conversions, and the visits that led to none |

mod apportion;
pub mod bootstrap;
mod linear;
mod markov;
mod rules;
mod shapley;

use apportion::apportion;

/// Millionths of a conversion that one conversion has.
pub const WHOLE: i64 = 1_000_000;

/// What touchpoints are counted by (a channel, a source, a campaign): a place in the caller's list of them.
pub type Key = u32;

/// The start of a session, or an interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touchpoint {
    /// What it is counted as.
    pub key: Key,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    /// Whether nobody and nothing sent the visitor.
    pub is_direct: bool,
}

/// A conversion with what led to it, or several that a model divides alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// How many there are.
    pub count: u64,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    /// What all of them are worth, in millionths of the currency; below zero where more was refunded than paid.
    pub value: i128,
    /// The touchpoints within the look-back, the oldest first, none later than the conversion.
    pub touchpoints: Vec<Touchpoint>,
    /// When the second stage was reached (`registered`, where the site has no stages of its own).
    pub registered_at: Option<i64>,
    /// When the third stage was reached (`qualified`).
    pub qualified_at: Option<i64>,
}

impl Default for Conversion {
    fn default() -> Self {
        Self {
            count: 1,
            at: 0,
            value: 0,
            touchpoints: Vec::new(),
            registered_at: None,
            qualified_at: None,
        }
    }
}

impl Conversion {
    /// Millionths of a conversion that all of them have.
    fn whole(&self) -> i128 {
        i128::from(WHOLE) * i128::from(self.count)
    }
}

/// Touchpoints of people who did not convert, and how many had just these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// What the touchpoints are counted as, the oldest first.
    pub keys: Vec<Key>,
    /// How many people.
    pub people: u64,
}

/// How a conversion is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// All to the first touchpoint.
    First,
    /// All to the last.
    Last,
    /// All to the last that is not direct; to the last where all are.
    LastNonDirect,
    /// As much to each.
    Linear,
    /// Half as much to a touchpoint that is `half_life_ms` older.
    TimeDecay {
        /// Milliseconds, above 0.
        half_life_ms: i64,
    },
    /// 40 to the first, 40 to the last, 20 to those between. Of two, half each.
    Position,
    /// 30 to the first, 30 to the last before the second stage, 30 to the last before the third, 10 to the rest.
    WShaped,
    /// What would be lost without a key, by an absorbing Markov chain of this order.
    Markov {
        /// How many touchpoints a state remembers: 1 to 3.
        order: u8,
    },
    /// What a key adds on average to those that are there before it, over all orders in which keys could come.
    Shapley,
}

/// What a key is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Credit {
    /// Millionths of a conversion.
    pub conversions: i128,
    /// Millionths of the currency.
    pub value: i128,
}

impl Credit {
    fn add(&mut self, conversions: i128, value: i128) {
        self.conversions += conversions;
        self.value += value;
    }
}

/// Every conversion, divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// What each key is given, by key.
    pub credits: Vec<Credit>,
    /// The conversions of which no touchpoint is known.
    pub unattributed: Credit,
}

impl Attribution {
    fn new(keys: usize) -> Self {
        Self {
            credits: vec![Credit::default(); keys],
            unattributed: Credit::default(),
        }
    }

    /// The whole that was divided.
    pub fn total(&self) -> Credit {
        let mut total = self.unattributed;
        for credit in &self.credits {
            total.add(credit.conversions, credit.value);
        }
        total
    }

    /// Divides one conversion among its touchpoints by `weights`, one for each.
    fn divide(&mut self, conversion: &Conversion, weights: &[u64]) {
        let keys = conversion.touchpoints.iter().map(|touch| touch.key);
        self.share(conversion, keys, weights);
    }

    /// Divides one conversion among keys by `weights`, one for each. Each of several that stand together is divided alike;
    /// what they are worth is divided once.
    fn share(&mut self, conversion: &Conversion, keys: impl Iterator<Item = Key>, weights: &[u64]) {
        let count = i128::from(conversion.count);
        let conversions = apportion(WHOLE.into(), weights).into_iter();
        let values = apportion(conversion.value, weights);
        for ((key, one), value) in keys.zip(conversions).zip(values) {
            self.credits[key as usize].add(one * count, value);
        }
    }
}

/// Divides `conversions` by `model`. Every key is below `keys`; `visits` are those that led to none, in any order.
///
/// Nothing where the chain of [`Model::Markov`] has no solution to be found, which takes chains of more than a thousand
/// states in which hardly anybody ever arrives.
///
/// # Panics
/// Where a key is not below `keys`.
pub fn attribute(
    model: Model,
    keys: usize,
    conversions: &[Conversion],
    visits: &[Visit],
) -> Option<Attribution> {
    let mut attribution = Attribution::new(keys);
    let mut known = Vec::with_capacity(conversions.len());
    for conversion in conversions {
        if conversion.touchpoints.is_empty() {
            let apart = &mut attribution.unattributed;
            apart.add(conversion.whole(), conversion.value);
        } else {
            known.push(conversion);
        }
    }
    match model {
        Model::Markov { order } => {
            markov::divide(&mut attribution, &known, visits, order.into())?;
        }
        Model::Shapley => known
            .iter()
            .for_each(|conversion| shapley::divide(&mut attribution, conversion)),
        _ => {
            for conversion in known {
                let weights = rules::weights(model, conversion);
                attribution.divide(conversion, &weights);
            }
        }
    }
    Some(attribution)
}

#[cfg(test)]
mod tests;
