//! Shapley's value of a key.
//!
//! A coalition of keys is worth the conversions whose keys are all within it (Zhao, Mahboobi and Bagheri, *Shapley Value
//! Methods for Attribution Modeling in Online Advertising*, 2018). So the game is a sum of games, one for each conversion, which
//! are won by whoever has all of its keys, and Shapley's value of such a game is the same for each of them and nothing for the
//! others. The value is additive; hence the sum of equal parts of each conversion is Shapley's value itself, whatever the number of keys,
//! without going through coalitions or drawing from their orders.

use std::collections::BTreeMap;

use super::{Attribution, Conversion, Key};

/// Divides one conversion among the keys that it has, each as much, however often it was there.
pub fn divide(attribution: &mut Attribution, conversion: &Conversion) {
    let keys = keys(conversion);
    attribution.share(conversion, keys.iter().copied(), &vec![1; keys.len()]);
}

/// The keys of a conversion, in the order of their first touchpoint, so that what cannot be divided evenly falls to the
/// earliest.
pub fn keys(conversion: &Conversion) -> Vec<Key> {
    let mut first = BTreeMap::new();
    for (place, touchpoint) in conversion.touchpoints.iter().enumerate() {
        first.entry(touchpoint.key).or_insert(place);
    }
    let mut keys: Vec<_> = first.into_iter().collect();
    keys.sort_unstable_by_key(|(_, place)| *place);
    keys.into_iter().map(|(key, _)| key).collect()
}
