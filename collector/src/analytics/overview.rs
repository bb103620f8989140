//! A site as a whole, by stretches of time or by values. What happened in a session belongs to its own time.

use super::buckets::Buckets;
use super::groups::By;
use super::prices::Prices;
use super::rows::TooMany;
use super::scope::Scope;
use super::tally::{Tallied, Tally, by_values};

/// Counts by stretches of time.
pub fn series(scope: &Scope<'_>, prices: &Prices, buckets: &Buckets) -> Tallied {
    let tally = Tally {
        scope,
        prices,
        buckets,
        by: None,
        is_whole: false,
    };
    tally.count()
}

/// Counts by values of dimensions.
///
/// # Errors
/// [`TooMany`].
pub fn breakdown(scope: &Scope<'_>, prices: &Prices, by: &By) -> Result<Tallied, TooMany> {
    by_values(scope, prices, by, false)
}
